"""Sequences at their end, rights that hide columns, hosts by name, geometries with measures."""
import duckdb
import pytest

from support.targets import DuckdbTarget, MysqlTarget, ParquetTarget, PostgresTarget, SqliteTarget

TOP = 9223372036854775807


def test_a_sequence_that_is_used_up_stops_nothing(sluice, postgres, tmp_path):
    source = PostgresTarget(postgres)
    source.execute("CREATE TABLE full_up (id bigserial PRIMARY KEY)",
                   f"SELECT setval('full_up_id_seq', {TOP})",
                   "CREATE TABLE down (id integer PRIMARY KEY)",
                   "CREATE SEQUENCE back INCREMENT -1", "INSERT INTO down VALUES (7)")
    target = DuckdbTarget(tmp_path)
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    with duckdb.connect(str(target.path)) as connection:
        assert connection.execute("SELECT id FROM down").fetchall() == [(7,)]


def make_target(kind, tmp_path, postgres):
    return {"postgres": lambda: PostgresTarget(postgres), "duckdb": lambda: DuckdbTarget(tmp_path),
            "sqlite": lambda: SqliteTarget(tmp_path)}[kind]()


@pytest.mark.parametrize("kind", ["postgres", "duckdb", "sqlite"])
@pytest.mark.parametrize("declared, highest", [
    ("tinyint", 127), ("bigint", TOP), ("bigint unsigned", 18446744073709551615)])
def test_the_highest_number_of_a_key_is_moved(sluice, postgres, tmp_path, kind, declared, highest):
    source = MysqlTarget()
    source.execute(f"CREATE TABLE s (id {declared} AUTO_INCREMENT PRIMARY KEY)",
                   f"INSERT INTO s VALUES ({highest})")
    target = make_target(kind, tmp_path, postgres)
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    assert [str(row[0]) for row in target.rows("SELECT id FROM s")] == [str(highest)]


def test_the_next_number_follows_the_highest(sluice, postgres):
    source = MysqlTarget()
    source.execute("CREATE TABLE s (id bigint AUTO_INCREMENT PRIMARY KEY, v int)",
                   "INSERT INTO s VALUES (41, 1)",
                   "CREATE TABLE none (id bigint AUTO_INCREMENT PRIMARY KEY, v int)")
    target = PostgresTarget(postgres)
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    target.execute("INSERT INTO s (v) VALUES (2)", "INSERT INTO none (v) VALUES (3)")
    assert [str(row[0]) for row in target.rows("SELECT id FROM s ORDER BY id")] == ["41", "42"]
    assert [str(row[0]) for row in target.rows("SELECT id FROM none")] == ["1"]


def test_a_column_that_may_not_be_read_is_no_column_less(sluice, tmp_path):
    source = MysqlTarget()
    user = f"half_{source.database}"[:60]
    source.execute("CREATE TABLE t (a int, b int)", "INSERT INTO t VALUES (1, 2)",
                   f"CREATE USER '{user}'@'%'", f"GRANT SELECT (a) ON t TO '{user}'@'%'")
    found = sluice.run("migrate", source.uri.replace("root@", f"{user}@"),
                       DuckdbTarget(tmp_path).uri, "--table", "t", check_code=8)
    assert "t" in found.stderr and "denied" in found.stderr


def test_localhost_with_a_port_is_the_server_at_that_port(sluice):
    source = MysqlTarget()
    source.execute("CREATE TABLE t (a int)")
    uri = source.uri.replace(source.server.host, "localhost")
    found = sluice.run("inspect", uri, "--json", check_code=0).json
    assert [table["name"] for table in found["tables"]] == ["t"]


@pytest.mark.parametrize("value", ["POINT M(1 2 3)", "LINESTRING ZM(1 2 3 4, 5 6 7 8)"])
def test_measures_are_refused_by_name_for_parquet(sluice, tmp_path, value):
    source = DuckdbTarget(tmp_path)
    with duckdb.connect(str(source.path)) as connection:
        connection.execute(f"CREATE TABLE g AS SELECT '{value}'::GEOMETRY AS shape")
    target = ParquetTarget(tmp_path)
    refused = sluice.run("migrate", source.uri, target.uri, check_code=4)
    assert "--accept-loss main.g.shape:as_blob" in refused.stderr + refused.stdout
    sluice.run("migrate", source.uri, target.uri, "--accept-loss", "main.g.shape:as_blob",
               check_code=0)
    wanted = duckdb.execute(f"SELECT hex(ST_AsWKB('{value}'::GEOMETRY))").fetchone()
    assert target.rows("SELECT hex(shape) FROM g") == [wanted]
