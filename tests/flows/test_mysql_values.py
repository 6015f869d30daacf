"""MariaDB's own values go to other systems and to another MariaDB: exact by literals, or refused by
name."""
import duckdb
import pytest

from support import mysql_values as cases
from support.losses import refused_columns
from support.targets import MysqlTarget, PostgresTarget, make_target, quoted

EXACT = [word for name in cases.CASES for word in ("--table", name)]


@pytest.fixture
def source():
    target = MysqlTarget()
    cases.make_tables(target)
    return target


def duckdb_texts(path, name):
    """As the duckdb package prints them; a geometry as its well-known text."""
    with duckdb.connect(str(path)) as connection:
        kind = connection.execute(
            f"SELECT data_type FROM duckdb_columns() WHERE table_name = '{name}' "
            "AND column_name = 'v'").fetchone()[0]
        text = "CAST(v AS VARCHAR)"
        if kind == "TIMESTAMP WITH TIME ZONE":
            connection.execute("SET TimeZone = 'UTC'")
        return [r[0] for r in connection.execute(
            f"SELECT {text} FROM {quoted(name)} ORDER BY id").fetchall()]


def test_each_value_in_duckdb_is_its_literal(sluice, source, tmp_path):
    target = make_target("duckdb", tmp_path)
    report = sluice.run("migrate", source.uri, target.uri, *EXACT, "--json", "--verify",
                        "independent", "--accept-loss", "decimal_65_30.v:as_text",
                        check_code=0).json
    assert {table["verified"] for table in report["tables"]} == {"independent"}
    found = {name: duckdb_texts(target.path, name) for name in cases.CASES}
    assert found == {name: cases.wanted(cases.CASES, name) for name in cases.CASES}


def test_each_value_in_another_mariadb_is_what_the_client_prints(sluice, source):
    target = MysqlTarget()
    sluice.run("migrate", source.uri, target.uri, *EXACT, "--verify", "independent", check_code=0)
    for name, (kind, _) in cases.CASES.items():
        value = "v"
        if kind.startswith(("bit", "binary", "varbinary", "geometry")):
            value = "hex(v)"
        if "zerofill" in kind:  # the zeros are no part of the number
            value = "v + 0"
        if kind in ("float", "double"):
            value = "CAST(v AS DOUBLE)"
        if kind.startswith(("datetime", "timestamp")):
            value = "CAST(v AS DATETIME(6))"
        sql = f"SELECT id, {value} FROM {quoted(name)} ORDER BY id"
        assert target.rows(sql) == source.rows(sql), name


KEPT_TYPES = {
    "tinyint_1": "tinyint(1)", "tinyint_unsigned": "tinyint(3) unsigned", "year": "year(4)",
    "bigint_unsigned": "bigint(20) unsigned", "decimal_65_30": "decimal(65,30)",
    "char_blank": "char(5)", "varchar_blank": "varchar(5)", "binary_padded": "binary(4)",
    "varbinary": "varbinary(10)", "bit_10": "bit(10)", "timestamp_3": "timestamp(3)",
    "time_span": "time(6)", "enum": "enum('a','it''s','','c,d')", "set": "set('x','y','z w')",
    "uuid": "uuid", "inet6": "inet6", "geometry": "geometry", "datetime_0": "datetime",
}


def test_types_are_kept_in_another_mariadb(sluice, source):
    target = MysqlTarget()
    sluice.run("migrate", source.uri, target.uri, *EXACT, check_code=0)
    found = dict(target.rows("SELECT table_name, column_type FROM information_schema.columns WHERE "
                             "table_schema = DATABASE() AND column_name = 'v'"))
    assert {name: found[name] for name in KEPT_TYPES} == KEPT_TYPES
    assert target.rows("SELECT collation_name FROM information_schema.columns WHERE table_schema = "
                       "DATABASE() AND table_name = 'latin1' AND column_name = 'v'"
                       ) == [("latin1_swedish_ci",)]
    checks = target.rows("SELECT check_clause FROM information_schema.check_constraints WHERE "
                         "constraint_schema = DATABASE() AND table_name = 'json'")
    assert checks == [('json_valid("v")',)]


@pytest.mark.parametrize("kind", ["duckdb", "postgres", "sqlite", "mysql", "parquet"])
@pytest.mark.parametrize("name", cases.HAZARDS)
def test_a_value_that_no_type_carries_is_refused_by_name(sluice, source, postgres, tmp_path, kind,
                                                         name):
    target = make_target(kind, tmp_path, postgres)
    before = target.dump()
    result = sluice.run("migrate", source.uri, target.uri, "--table", name, "--json", check_code=4)
    assert refused_columns(result.json) == {(name, "v")}
    assert f"--accept-loss {name}.v:as_text" in result.json["error"]["hint"]
    assert target.dump() == before


def test_an_accepted_loss_arrives_as_the_text_that_mariadb_prints(sluice, source, tmp_path):
    target = make_target("duckdb", tmp_path)
    for name in cases.HAZARDS:
        sluice.run("migrate", source.uri, target.uri, "--table", name, "--accept-loss",
                   f"{name}.v:as_text", check_code=0)
        assert duckdb_texts(target.path, name) == cases.wanted(cases.HAZARDS, name)


def test_a_latin1_source_arrives_in_postgres_as_psql_prints_it(sluice, source, postgres):
    target = PostgresTarget(postgres)
    names = ["latin1", "ucs2", "text_all", "varchar_blank", "bigint_unsigned", "decimal_65_30",
             "time_span", "json", "uuid"]
    tables = [word for name in names for word in ("--table", name)]
    sluice.run("migrate", source.uri, target.uri, *tables, "--verify", "independent", check_code=0)
    for name in names:
        found = [row[0] for row in target.rows(f"SELECT v::text FROM {name} ORDER BY id")]
        assert found == cases.wanted(cases.CASES, name), name
