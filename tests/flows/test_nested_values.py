"""Values inside of lists, structs and maps are looked at like plain ones; JSON text is JSON."""
import json
import sqlite3

import duckdb
import pytest

from support.losses import accept_flags

# A value that Parquet cannot hold, and the same where it is NULL.
VALUES = {
    "late": ("TIME '24:00:00'", "out_of_range_as_null"),
    "day": ("DATE 'infinity'", "infinity_as_null"),
    "moment": ("TIMESTAMP '-infinity'", "infinity_as_null"),
    "zoned": ("TIMESTAMPTZ 'infinity'", "infinity_as_null"),
    "huge": ("170141183460469231731687303715884105727::HUGEINT", "out_of_range_as_null"),
}
SHAPES = {
    "list": "[NULL, {0}]",
    "list_of_lists": "[[{0}], NULL]",
    "struct": "{{'a b': {0}, 'c': 1}}",
    "map": "MAP {{'k': {0}}}",
    "list_of_structs": "[NULL, {{'{{x}}': [{0}]}}]",
}


def make(path, sql):
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TABLE t AS {sql}")
    return f"duckdb:{path}"


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("value", VALUES)
def test_a_value_inside_is_refused_by_name_and_null_where_that_is_accepted(
    sluice, tmp_path, value, shape
):
    literal, reason = VALUES[value]
    nested = SHAPES[shape].format(literal)
    source = make(tmp_path / "a.duckdb", f"SELECT 1 AS id, {nested} AS v UNION ALL SELECT 2, NULL")
    target = f"parquet:{tmp_path / 'out'}"
    refusal = sluice.run("migrate", source, target, "--json", check_code=4)
    assert accept_flags(refusal) == [f"main.t.v:{reason}"]
    assert not (tmp_path / "out").exists()
    sluice.run("migrate", source, target, "--accept-loss", f"t.v:{reason}", check_code=0)
    found = duckdb.sql(
        f"SELECT v::VARCHAR FROM read_parquet('{tmp_path}/out/t.parquet') ORDER BY id").fetchall()
    expected = duckdb.sql("SELECT " + nested.replace(literal, "NULL::INTEGER") + "::VARCHAR")
    assert found == [expected.fetchone(), (None,)]


def test_a_key_of_a_map_cannot_become_null(sluice, tmp_path):
    source = make(tmp_path / "a.duckdb", "SELECT MAP {DATE 'infinity': 1} AS v")
    target = f"parquet:{tmp_path / 'out'}"
    refusal = sluice.run("migrate", source, target, "--json", check_code=4)
    assert accept_flags(refusal) == ["main.t.v:as_text"]
    sluice.run("migrate", source, target, "--accept-loss", "t.v:as_text", check_code=0)
    assert duckdb.sql(f"FROM read_parquet('{tmp_path}/out/t.parquet')").fetchall() == [
        ("{infinity=1}",)]


def test_values_that_parquet_holds_pass_inside_too(sluice, tmp_path):
    source = make(tmp_path / "a.duckdb",
                  "SELECT [TIME '23:59:59.999999'] AS t, [DATE '2024-01-01'] AS d, "
                  "['nan'::DOUBLE, 'inf'] AS f, [12::HUGEINT] AS h")
    sluice.run("migrate", source, f"parquet:{tmp_path / 'out'}", check_code=0)
    assert duckdb.sql(f"SELECT h[1]::BIGINT FROM read_parquet('{tmp_path}/out/t.parquet')"
                      ).fetchall() == [(12,)]


def test_nan_and_infinity_become_strings_of_valid_json(sluice, tmp_path):
    source = make(tmp_path / "a.duckdb",
                  "SELECT ['nan'::DOUBLE, 'inf', '-inf', 1.5, NULL] AS l, "
                  "{'f': 'nan'::FLOAT, 'n': NULL::FLOAT, 's': 'nan'} AS s, "
                  "MAP {'k': 'inf'::DOUBLE} AS m, NULL::DOUBLE[] AS none")
    target = tmp_path / "b.db"
    losses = [word for c in ("l", "s", "m", "none") for word in ("--accept-loss", f"t.{c}:as_json")]
    sluice.run("migrate", source, f"sqlite:{target}", *losses, check_code=0)
    with sqlite3.connect(target) as connection:
        l, s, m, none = connection.execute("SELECT l, s, m, none FROM t").fetchone()
    assert json.loads(l) == ["NaN", "Infinity", "-Infinity", 1.5, None]
    assert json.loads(s) == {"f": "NaN", "n": None, "s": "nan"}
    assert json.loads(m) == {"k": "Infinity"}
    assert none is None


def test_json_of_a_query_has_nested_values_as_json(sluice, tmp_path):
    source = make(tmp_path / "a.duckdb", """SELECT [1, NULL, 9007199254740993::BIGINT] AS l,
        {'a b': 1.50::DECIMAL(4,2), 'big': 12345678901234567.89::DECIMAL(30,2), 'n': NULL,
         'd': DATE '2026-01-02', 'in': ['x"y', '{0}']} AS s,
        MAP {'k': 'nan'::DOUBLE, 'z': -0.5} AS m, [[true], []] AS ll, NULL::INTEGER[] AS none""")
    found = sluice.run("query", source, "SELECT *, l FROM t", "--format", "json",
                       check_code=0).json
    assert found == [{
        "l": [1, None, "9007199254740993"],
        "s": {"a b": 1.5, "big": "12345678901234567.89", "n": None, "d": "2026-01-02",
              "in": ['x"y', "{0}"]},
        "m": {"k": "NaN", "z": -0.5}, "ll": [[True], []], "none": None,
        "l_1": [1, None, "9007199254740993"]}]
    assert "'a b': 1.50" in sluice.run("query", source, "FROM t", check_code=0).stdout
