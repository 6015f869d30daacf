"""PostgreSQL's own values go to every target: exact by literals, or refused by name; and back."""
import duckdb
import pytest

from support import postgres_values as cases
from support.all_types import NULL_MAKING
from support.losses import migrate_accepting, refused_columns
from support.targets import KINDS, PostgresTarget, make_target, quoted


@pytest.fixture
def source(postgres):
    target = PostgresTarget(postgres)
    cases.make_tables(target)
    return target


def refused_by_plan(sluice, source, target):
    plan = sluice.run("plan", source.uri, target.uri, "--json").json
    return {
        table["source"].split(".")[-1] for table in plan["tables"] for column in table["columns"]
        for loss in column.get("losses", []) if not loss["accepted"]
    }


def reasons(report, table):
    return {loss["reason"] for t in report["tables"] if t["source"].split(".")[-1] == table
            for loss in t["losses"]}


def assert_equal(found, wanted, null_allowed, what):
    assert len(found) == len(wanted), what
    for cell, text in zip(found, wanted):
        assert cell == text or (null_allowed and cell is None), f"{what}: {cell!r}, not {text!r}"


def direct_texts(target, name):
    """What the target's own program prints."""
    if target.kind == "postgres":
        expression = "trim_scale(v)::text" if name == "numeric_unbounded" else "v::text"
    else:
        expression = "CAST(v AS VARCHAR)" if target.kind not in ("sqlite", "mysql") else "v"
    return [row[0] for row in target.rows(f"SELECT {expression} FROM {quoted(name)} ORDER BY id")]


@pytest.mark.parametrize("kind", KINDS)
def test_each_value_is_exact_by_literals_or_refused_by_name(
    sluice, postgres, source, tmp_path, kind
):
    target = make_target(kind, tmp_path, postgres)
    refused = refused_by_plan(sluice, source, target)
    assert refused & cases.EXACT[kind] == set()
    before = target.dump()
    for name in sorted(refused):
        alone = sluice.run("migrate", source.uri, target.uri, "--json", "--table", name)
        assert alone.code == 4, alone
        assert refused_columns(alone.json) == {(name, "v")}
    assert target.dump() == before

    allowed = {}
    for name in sorted(refused):
        report, accepted = migrate_accepting(sluice, source.uri, target.uri, "--table", name)
        assert accepted and all(f"{name}.v:" in loss for loss in accepted)
        allowed[name] = reasons(report, name)
    rest = [word for name in cases.CASES if name not in refused for word in ("--table", name)]
    sluice.run("migrate", source.uri, target.uri, *rest, check_code=0)
    for name in cases.CASES:
        if (kind, name) in cases.DIRECT:
            assert_equal(direct_texts(target, name), cases.DIRECT[(kind, name)],
                         bool(allowed.get(name, set()) & NULL_MAKING), f"{kind} {name}")

    back = PostgresTarget(postgres)
    back.execute(cases.TYPES)
    report_back, _ = migrate_accepting(sluice, target.uri, back.uri)
    for name in cases.CASES:
        declared = cases.CASES[name][0]
        losses = allowed.get(name, set()) | reasons(report_back, name)
        if "as_json" in losses and name in (
                "one_place", "place_array", "money_array", "mood_array"):
            continue  # JSON is not the text of these
        found = [row[0] for row in back.rows(came_back(name, declared, losses))]
        if "negative_zero" in losses:
            found = ["-0" if cell == "0" else cell for cell in found]
        assert_equal(found, cases.expected(name), bool(losses & NULL_MAKING), f"{kind} {name} back")


ARRAYS_OF_TEXT = {"inet_array", "box_array"}


def came_back(name, declared, losses):
    """psql's text of a value that may have come back in another type."""
    if losses & {"as_json"}:
        array = "regexp_replace(translate(v::text, '[] ', '{}'), '\\mnull\\M', 'NULL', 'g')"
        if name in ARRAYS_OF_TEXT:
            array = f"({array})::text[]::{declared}::text"
        return f"SELECT CASE WHEN v IS NOT NULL THEN {array} END FROM {name} ORDER BY id"
    if name in ARRAYS_OF_TEXT:
        return f"SELECT v::text[]::{declared}::text FROM {name} ORDER BY id"
    if declared == "numeric":
        return f"SELECT trim_scale(v::text::numeric)::text FROM {name} ORDER BY id"
    if name == "array_of_text":
        return f"SELECT v::text FROM {name} ORDER BY id"
    return f"SELECT v::text::{declared}::text FROM {name} ORDER BY id"


def test_values_from_postgres_to_postgres_keep_their_types(sluice, postgres, tmp_path):
    source = PostgresTarget(postgres)
    names = sorted(cases.EXACT["postgres"] - {"domain_positive"})
    cases.make_tables(source, names)
    target = PostgresTarget(postgres)
    target.execute(cases.TYPES)
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    types = ("SELECT c.relname, format_type(atttypid, atttypmod) "
             "FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid "
             "WHERE attname = 'v' AND relkind = 'r' ORDER BY 1")
    assert target.rows(types) == source.rows(types)
    for name in names:
        texts = f"SELECT id, v::text FROM {name} ORDER BY id"
        if cases.CASES[name][0] == "numeric":
            texts = f"SELECT id, trim_scale(v)::text FROM {name} ORDER BY id"
        assert target.rows(texts) == source.rows(texts), name


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "postgres"])
def test_the_plan_says_what_is_another_type_elsewhere(sluice, postgres, source, tmp_path, kind):
    target = make_target(kind, tmp_path, postgres)
    words = [word for name in sorted(cases.FOREIGN) for word in ("--table", name)]
    plan = sluice.run("plan", source.uri, target.uri, *words, "--json", check_code=0).json
    columns = {table["source"].split(".")[-1]: table["columns"][1] for table in plan["tables"]}
    assert columns.keys() == cases.FOREIGN
    for name, column in columns.items():
        said = ("money is carried as a number" if name == "money" else
                f"values of {column['source_type']} are carried as their text")
        assert column["mapping"] == "widened" and column["reason"].startswith(said), column


LONG = "l" * 63
NAMES = ["select", "Upper", "MiXed Case", 'quo"te', "dot.ted", "ünï中", LONG]


@pytest.mark.parametrize("kind", KINDS)
def test_odd_identifiers_arrive_as_they_are(sluice, postgres, tmp_path, kind):
    source = PostgresTarget(postgres)
    names = NAMES if kind != "parquet" else [n for n in NAMES if "." not in n]
    for i, name in enumerate(names):
        source.execute(
            f"CREATE TABLE {quoted(name)} ({quoted(name)} integer PRIMARY KEY, "
            f"{quoted('order')} text, {quoted('A' + LONG[1:])} text)",
            f"INSERT INTO {quoted(name)} VALUES ({i}, 'value', NULL)")
    target = make_target(kind, tmp_path, postgres)
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    for i, name in enumerate(names):
        if kind == "parquet":
            with duckdb.connect() as connection:
                relation = target.relation(name)
                found = connection.execute(f"SELECT * FROM {relation}")
                assert [c[0] for c in found.description] == [name, "order", "A" + LONG[1:]]
                assert found.fetchall() == [(i, "value", None)]
            continue
        sql = (f"SELECT {quoted(name)}, {quoted('order')}, {quoted('A' + LONG[1:])} "
               f"FROM {quoted(name)}")
        assert target.rows(sql) == [(str(i), "value", None)]


def test_a_name_that_postgres_would_cut_is_a_conflict_and_changes_nothing(sluice, postgres,
                                                                          tmp_path):
    target = PostgresTarget(postgres)
    source = tmp_path / "long.duckdb"
    with duckdb.connect(str(source)) as connection:
        connection.execute(f"CREATE TABLE {LONG}xa AS SELECT 1 AS a")
        connection.execute(f"CREATE TABLE {LONG}xb AS SELECT 1 AS a")
    before = target.dump()
    result = sluice.run("migrate", f"duckdb:{source}", target.uri, "--json", check_code=6)
    assert LONG in result.json["error"]["message"]
    assert target.dump() == before
