"""What cannot be done is said by the plan, before a byte is written, with what to type instead."""
import shlex
import sqlite3

import duckdb
import pytest

from support.losses import accept_flags
from support.targets import make_target


def duck(path, *statements):
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    return f"duckdb:{path}"


def lite(path, script):
    with sqlite3.connect(path) as connection:
        connection.executescript(script)
    return f"sqlite:{path}"


def refused(sluice, source, target, code):
    """The plan's error; migrate says the same and leaves nothing behind."""
    error = sluice.run("plan", source, target, "--json", check_code=code).json["error"]
    assert sluice.run("migrate", source, target, "--json", check_code=code).json["error"] == error
    assert sluice.run("runs", "--json").json == {"runs": []}
    return error


def test_a_type_that_sluice_does_not_know_is_refused_beside_one_that_is_looked_at(
    sluice, tmp_path
):
    with duckdb.connect() as connection:
        connection.execute(
            f"ATTACH '{tmp_path / 'variant.duckdb'}' AS v (STORAGE_VERSION 'v1.5.0'); "
            "CREATE TABLE v.t (a VARIANT, n DECIMAL(10,2), x DOUBLE, f VARCHAR); "
            "INSERT INTO v.t VALUES ('10.0.0.1/8'::VARIANT, 1.5, 2, 'x'); DETACH v")
    source = f"duckdb:{tmp_path / 'variant.duckdb'}"
    for target in (f"parquet:{tmp_path / 'out'}", f"sqlite:{tmp_path / 'b.db'}"):
        refusal = sluice.run("migrate", source, target, "--json", check_code=4)
        flags = accept_flags(refusal)
        assert [flag.split(".", 1)[1] for flag in flags] == ["t.a:as_text"]
        sluice.run("migrate", source, target, "--accept-loss", flags[0], check_code=0)
    with sqlite3.connect(tmp_path / "b.db") as connection:
        assert connection.execute("SELECT a FROM t").fetchall() == [("10.0.0.1/8",)]


def test_a_type_of_postgres_that_has_no_kind_is_its_text(sluice, postgres, tmp_path):
    source = make_target("postgres", tmp_path, postgres)
    source.execute("CREATE TABLE t (a inet, n numeric(10,2), x double precision, f text)",
                   "INSERT INTO t VALUES ('10.0.0.1/8', 1.5, 2, 'x')")
    for target in (f"parquet:{tmp_path / 'out'}", f"sqlite:{tmp_path / 'b.db'}"):
        plan = sluice.run("plan", source.uri, target, "--json", check_code=0).json
        column = plan["tables"][0]["columns"][0]
        assert (column["mapping"], column["reason"]) == (
            "widened", "values of inet are carried as their text")
        sluice.run("migrate", source.uri, target, check_code=0)
    with sqlite3.connect(tmp_path / "b.db") as connection:
        assert connection.execute("SELECT a FROM t").fetchall() == [("10.0.0.1/8",)]
    assert sluice.run("query", source.uri, "SELECT a FROM t", "--json", check_code=0).json == [
        {"a": "10.0.0.1/8"}]
    sluice.run("verify", source.uri, f"sqlite:{tmp_path / 'b.db'}", check_code=0)


def test_a_table_without_columns(sluice, postgres, tmp_path):
    source = make_target("postgres", tmp_path, postgres)
    source.execute("CREATE TABLE t ()", "CREATE TABLE u (a int)")
    target = f"sqlite:{tmp_path / 'b.db'}"
    error = refused(sluice, source.uri, target, 10)
    assert "has no columns" in error["message"]
    words = shlex.split(error["hint"].split(": ", 1)[1])
    sluice.run("migrate", source.uri, target, *words, check_code=0)


@pytest.mark.parametrize("kind, name, why", [
    ("sqlite", "sqlite_x", "sqlite keeps names"), ("sqlite", "SQLite_y", "sqlite keeps names"),
    ("parquet", "a/b", 'no "/"'), ("parquet", "..", "skip those"), ("parquet", "_x", "skip those"),
])
def test_a_name_that_the_target_cannot_have(sluice, tmp_path, kind, name, why):
    source = duck(tmp_path / "a.duckdb", f'CREATE TABLE "{name}" AS SELECT 1 AS a')
    target = f"{kind}:{tmp_path / 'out'}"
    error = refused(sluice, source, target, 6)
    assert name in error["message"] and why in error["message"]
    words = shlex.split(error["hint"].split(": ", 1)[1])
    sluice.run("migrate", source, target, *words, check_code=0)


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgres"])
def test_rows_that_a_foreign_key_would_refuse(sluice, postgres, tmp_path, kind):
    source = lite(tmp_path / "a.db",
                  "CREATE TABLE p (id INTEGER PRIMARY KEY);"
                  "CREATE TABLE q (id INTEGER PRIMARY KEY);"
                  "CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p, q INT REFERENCES q);"
                  "INSERT INTO p VALUES (1); INSERT INTO q VALUES (1);"
                  "INSERT INTO c VALUES (1, 1, 1), (2, 99, 1), (3, 98, 1), (4, NULL, NULL);")
    target = make_target(kind, tmp_path, postgres)
    error = refused(sluice, source, target.uri, 6)
    assert '"c": 2 rows refer to no row of' in error["message"] and "(p)" in error["message"]
    first, second = error["hint"].rsplit("out: ", 1)[1].split(", then ")
    sluice.run("migrate", source, target.uri, *shlex.split(first), check_code=0)
    sluice.run("migrate", source, target.uri, *shlex.split(second), check_code=0)
    assert target.rows("SELECT count(*) FROM c") == [("4",)]


@pytest.mark.parametrize("name", ["two words", "it's", "$HOME", "a;b", "x`y`", "grün*"])
def test_what_a_refusal_says_to_type_survives_a_shell(sluice, tmp_path, name):
    source = duck(tmp_path / "a.duckdb", f'CREATE TABLE "{name}" AS SELECT [1] AS "c {name}"')
    target = f"sqlite:{tmp_path / 'b.db'}"
    refusal = sluice.run("plan", source, target, "--json", check_code=4).json
    words = shlex.split(refusal["accept"][0])
    assert words == ["--accept-loss", f"main.{name}.c {name}:as_json"]
    sluice.run("migrate", source, target, *words, check_code=0)


def test_a_loss_of_a_mapped_column_is_named(sluice, tmp_path):
    source = duck(tmp_path / "a.duckdb", "CREATE TABLE t AS SELECT [1] AS l")
    (sluice.folder / "m.sql").write_text("SELECT l AS items FROM t")
    refusal = sluice.run("plan", source, "sqlite:b.db", "--map", "m.sql", "--json", check_code=4)
    assert refusal.json["accept"] == ["--accept-loss m.items:as_json"]


@pytest.mark.parametrize("sql", [
    "SELECT a FROM t -- the end", "SELECT a FROM t; -- the end", "SELECT a FROM t;\n\n;\n",
    "SELECT a /* ; */ FROM t /* done */ ;\n-- bye\n", "SELECT a FROM t WHERE b <> '-- no; '",
])
def test_sql_may_end_in_a_comment_or_a_semicolon(sluice, tmp_path, sql):
    source = duck(tmp_path / "a.duckdb", "CREATE TABLE t AS SELECT 1 AS a, 'x' AS b")
    (sluice.folder / "m.sql").write_text(sql)
    sluice.run("migrate", source, "sqlite:b.db", "--map", "m.sql", check_code=0)
    assert sluice.run("query", "sqlite:b.db", "SELECT * FROM m", "--json").json == [{"a": 1}]
    assert sluice.run("query", source, sql, "--json", check_code=0).json == [{"a": 1}]
    sluice.run("export", source, "out", "--query", sql, "--format", "csv", check_code=0)
    assert (sluice.folder / "out/query.csv").read_text() == '"a"\n"1"\n'


def test_the_same_server_under_another_name_is_the_same_place(sluice, postgres):
    here = postgres.new_database().uri
    assert "127.0.0.1" in here
    sluice.run("query", here, "SELECT 1", check_code=0)
    there = here.replace("127.0.0.1", "localhost")
    error = sluice.run("migrate", here, there, "--json", check_code=2).json["error"]
    assert "same place" in error["message"]
