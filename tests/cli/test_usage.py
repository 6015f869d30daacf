"""Wrong usage: exit code 2, a message that names what is wrong, one JSON object with --json."""
import json
import sqlite3
import subprocess

import duckdb
import pytest

WRONG = [
    ([], "no command is given"),
    (["migarte"], 'unknown command "migarte"'),
    (["migrate", "a"], "SOURCE and TARGET"),
    (["migrate", "a", "b", "--plan", "p"], "SOURCE and TARGET"),
    (["migrate", "a", "b", "--tabel", "x"], 'unknown option "--tabel"'),
    (["migrate", "a", "b", "--if-exists", "replce"], '"replce" is not one of fail, replace'),
    (["migrate", "a", "b", "--verify", "rows"], '"rows" is not one of counts'),
    (["migrate", "a", "b", "--rename", "x"], '"x" is not of the form OLD=NEW'),
    (["migrate", "a", "b", "--batch-size", "0"], '"0" is not a whole number'),
    (["inspect"], "LOCATION is required"),
    (["inspect", "a", "b"], 'unexpected argument "b"'),
    (["verify", "a"], "SOURCE and TARGET"),
    (["runs", "--memory", "12XB"], '"12XB" is not a size'),
    (["--memory", "lots", "runs"], '"lots" is not a size'),
    (["runs", "--threads", "none"], '"none" is not a whole number'),
    (["types", "duckdb"], "FROM and TO"),
    (["types", "duckdb", "oracle"], '"oracle"'),
    (["completions", "fish"], '"fish" is not one of bash, zsh'),
    (["inspect", "foo:bar"], '"foo:" is no kind of location'),
    (["migrate", "--plan", "p", "--table", "t"], "--table has no effect beside --plan"),
    (["migrate", "--plan", "p", "--no-backup"], "--no-backup has no effect beside --plan"),
    (["migrate", "a", "b", "--key", "id"], "--key has no effect without --if-exists merge"),
    (["plan", "a", "b", "--key", "id"], "--key has no effect without --if-exists merge"),
    (["plan", "a"], "SOURCE and TARGET"),
    (["plan", "a", "b", "--job", "j"], "SOURCE and TARGET"),
]


@pytest.fixture
def shop(sluice):
    connection = sqlite3.connect(sluice.folder / "shop.sqlite")
    connection.executescript(
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, big INTEGER, share REAL);"
        "INSERT INTO orders VALUES (1, 'a', 9007199254740993, 0.5), (2, NULL, 7, 1e300),"
        " (3, '', -1, -2.0), (4, 'x,\"y\"', 0, NULL);"
    )
    connection.close()
    return "sqlite:shop.sqlite"


@pytest.mark.parametrize("words, message", WRONG, ids=lambda value: " ".join(value)[:40])
def test_wrong_usage_is_named(sluice, words, message):
    result = sluice.run(*words, check_code=2)
    assert result.stdout == ""
    assert result.stderr.startswith("sluice: ")
    assert message in result.stderr.splitlines()[0]
    assert not sluice.state.exists()


@pytest.mark.parametrize("words, message", WRONG, ids=lambda value: " ".join(value)[:40])
def test_wrong_usage_is_one_json_object(sluice, words, message):
    result = sluice.run(*words, "--json", check_code=2)
    error = result.json["error"]
    assert set(error) == {"kind", "message", "object", "vendor_code", "hint"}
    assert error["kind"] == "invalid"
    assert message in error["message"]


def test_the_nearest_command_is_offered(sluice):
    assert "did you mean `sluice migrate`?" in sluice.run("migarte").stderr


@pytest.mark.parametrize("words, code", [
    (["inspect", "sqlite:nowhere.db"], 3),
    (["inspect", "nowhere"], 3),
    (["inspect", "oracle://h/db"], 2),
    (["report", "last"], 3),
    (["status"], 3),
    (["status", "01NOPE"], 3),
    (["resume", "last"], 3),
    (["rollback", "last"], 3),
    (["forget", "last"], 3),
    (["publish", "last"], 3),
    (["verify", "--certificate", "none.json"], 3),
    (["migrate", "--plan", "none.json"], 3),
    (["migrate", "--job", "none"], 3),
    (["runs", "--config", "none.toml"], 3),
])
def test_failures_have_their_code_in_text_and_json(sluice, words, code):
    text = sluice.run(*words, check_code=code)
    parsed = sluice.run("--json", *words, check_code=code).json
    assert isinstance(parsed, dict)
    if code:
        assert text.stderr.startswith("sluice: ")
        assert parsed["error"]["message"] in text.stderr


@pytest.mark.parametrize("words", [
    ["doctor"], ["runs"], ["types"], ["types", "duckdb", "postgres"], ["completions", "bash"],
    ["--version"], ["--help"], ["inspect", "sqlite:shop.sqlite"], ["discover", "."],
    ["plan", "sqlite:shop.sqlite", "duckdb:copy.duckdb"],
    ["migrate", "sqlite:shop.sqlite", "duckdb:copy.duckdb", "--dry-run"],
])
def test_json_is_one_object(sluice, shop, words):
    result = sluice.run(*words, "--json", check_code=0)
    assert isinstance(result.json, dict)
    assert result.json


def test_a_dry_run_says_what_would_move_and_writes_nothing(sluice, shop):
    result = sluice.run("migrate", shop, "duckdb:copy.duckdb", "--dry-run", check_code=0)
    assert "would move orders -> main.orders (4 rows)" in result.stdout
    assert not (sluice.folder / "copy.duckdb").exists()
    assert sluice.run("runs", "--json").json == {"runs": []}


def test_a_plan_is_written_and_carried_out(sluice, shop):
    sluice.run("plan", shop, "duckdb:copy.duckdb", "--out", "plan.json", check_code=0)
    planned = json.loads((sluice.folder / "plan.json").read_text())
    assert [table["source"] for table in planned["tables"]]
    report = sluice.run("migrate", "--plan", "plan.json", "--json", check_code=0).json
    assert report["state"] == "done"
    assert report["tables"][0]["rows_target"] == 4


def test_query_prints_json_with_exact_numbers(sluice, shop):
    sql = "SELECT id, name, big, share FROM orders ORDER BY id"
    rows = sluice.run("query", shop, sql, "--format", "json", check_code=0).json
    assert rows == [
        {"id": 1, "name": "a", "big": "9007199254740993", "share": 0.5},
        {"id": 2, "name": None, "big": 7, "share": 1e300},
        {"id": 3, "name": "", "big": -1, "share": -2.0},
        {"id": 4, "name": 'x,"y"', "big": 0, "share": None},
    ]
    assert sluice.run("query", shop, sql, "--json", check_code=0).json == rows


def test_query_prints_csv_and_a_table(sluice, shop):
    sql = "SELECT id, name FROM orders ORDER BY id"
    csv = sluice.run("query", shop, sql, "--format", "csv", check_code=0).stdout
    assert csv == 'id,name\n1,a\n2,\n3,""\n4,"x,""y"""\n'
    table = sluice.run("query", shop, sql, check_code=0).stdout
    assert table == 'id  name\n--  -----\n 1  a\n 2  NULL\n 3\n 4  x,"y"\n(4 rows)\n'


def test_query_without_rows_has_its_columns(sluice, shop):
    sql = "SELECT id, name FROM orders WHERE id > 9"
    assert sluice.run("query", shop, sql, "--format", "csv", check_code=0).stdout == "id,name\n"
    assert sluice.run("query", shop, sql, "--format", "json", check_code=0).json == []


def test_query_that_fails_in_the_middle_prints_no_half_of_an_array(sluice, shop):
    sql = "SELECT CASE WHEN id = 4 THEN error('stop') ELSE 'x' END AS a FROM orders ORDER BY id"
    result = sluice.run("query", shop, sql, "--json")
    assert result.code != 0
    assert set(result.json) == {"error"}


def test_query_only_reads(sluice, shop):
    assert sluice.run("query", shop, "DELETE FROM orders").code != 0
    left = sluice.run("query", shop, "SELECT count(*) AS n FROM orders", "--json").json
    assert left == [{"n": 4}]


def test_a_full_disk_behind_standard_output_is_an_error(sluice):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sluice.binary, "types"], cwd=sluice.folder, env=sluice.environment(), stdout=full,
            stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 7
    assert "standard output" in done.stderr


def test_a_reader_that_goes_away_ends_it_quietly(sluice, shop):
    sql = "SELECT i, repeat('x', 1000) FROM range(100000) t(i)"
    process = sluice.start("query", shop, sql, "--format", "csv")
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(60) == -13


def test_quiet_prints_no_report_and_verbose_says_more_of_an_error(sluice, shop):
    quiet = sluice.run("--quiet", "migrate", shop, "duckdb:copy.duckdb", check_code=0)
    assert (quiet.stdout, quiet.stderr) == ("", "")
    verbose = sluice.run("--verbose", "inspect", "sqlite:nowhere.db", check_code=3)
    assert "kind: not_found" in verbose.stderr


def test_a_dry_run_names_each_table_once(sluice, shop):
    result = sluice.run("migrate", shop, "duckdb:copy.duckdb", "--dry-run", check_code=0)
    assert result.stdout.count("orders -> main.orders") == 1


@pytest.mark.parametrize("words", [
    ["migrate", "sqlite:shop.sqlite", "sqlite:taken.sqlite"],
    ["verify", "sqlite:shop.sqlite", "sqlite:other.sqlite"],
    ["plan", "duckdb:list.duckdb", "sqlite:new.sqlite"],
    ["migrate", "duckdb:list.duckdb", "sqlite:new.sqlite"],
])
def test_an_error_is_printed_once(sluice, shop, words):
    for name in ("taken", "other"):
        with sqlite3.connect(sluice.folder / f"{name}.sqlite") as connection:
            connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT,"
                               " big INTEGER, share REAL)")
    with duckdb.connect(str(sluice.folder / "list.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS SELECT [1] AS l")
    result = sluice.run(*words)
    assert result.code in (4, 5, 6)
    first = result.stderr.splitlines()[0]
    assert first.startswith("sluice: ")
    assert first.removeprefix("sluice: ") not in result.stdout
    assert "--accept-loss" not in result.stdout


def test_a_job_is_planned_and_its_renames_beside_another_table_are_a_finding(sluice, shop):
    (sluice.folder / "sluice.toml").write_text(
        '[jobs.nightly]\nsource = "sqlite:shop.sqlite"\ntarget = "duckdb:copy.duckdb"\n'
        '[jobs.nightly.rename]\norders = "bought"\n')
    plan = sluice.run("plan", "--job", "nightly", "--json", check_code=0).json
    assert [table["target"] for table in plan["tables"]] == ["main.bought"]
    with sqlite3.connect(sluice.folder / "shop.sqlite") as connection:
        connection.execute("CREATE TABLE other (a INT)")
    plan = sluice.run("plan", "--job", "nightly", "--table", "other", "--json", check_code=0).json
    assert [table["target"] for table in plan["tables"]] == ["main.other"]
    assert "rename_not_used" in {finding["kind"] for finding in plan["findings"]}


def test_discover_tells_of_a_location_that_is_missing_and_lists_the_others(sluice, shop):
    found = sluice.run("discover", shop, "sqlite:none.sqlite", "--json", check_code=0).json
    problems = {one["location"]: one["problem"] for one in found["locations"]}
    assert problems["sqlite:shop.sqlite"] is None
    assert "none.sqlite" in problems["sqlite:none.sqlite"]
    sluice.run("discover", "sqlite:none.sqlite", check_code=3)


@pytest.mark.parametrize("glob, tables", [
    ("ORDERS", {"orders"}), ("Order?", {"orders"}), ("[m-p]*", {"orders"}), ("[!m-p]*", {"Trips"}),
])
def test_tables_of_sqlite_are_chosen_in_whatever_case(sluice, shop, glob, tables):
    with sqlite3.connect(sluice.folder / "shop.sqlite") as connection:
        connection.execute("CREATE TABLE Trips (a INT)")
    found = sluice.run("inspect", shop, "--table", glob, "--json", check_code=0).json
    assert {table["name"] for table in found["tables"]} == tables


@pytest.mark.parametrize("typed, right", [
    ("duckdb:shop.sqlite", "sqlite:shop.sqlite"), ("parquet:shop.sqlite", "sqlite:shop.sqlite"),
    ("csv:shop.sqlite", "sqlite:shop.sqlite"), ("sqlite:b.duckdb", "duckdb:b.duckdb"),
    ("sqlite:t.parquet", "parquet:t.parquet"), ("duckdb:t.csv", "csv:t.csv"),
])
def test_a_file_of_another_kind_is_named_with_what_to_type(sluice, shop, typed, right):
    with duckdb.connect(str(sluice.folder / "b.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
        for kind in ("parquet", "csv"):
            connection.execute(f"COPY t TO '{sluice.folder}/t.{kind}' (FORMAT {kind})")
    result = sluice.run("inspect", typed, check_code=2)
    assert result.stderr.splitlines()[1].strip() == f"type {right}"
    sluice.run("inspect", right, check_code=0)


def test_help_says_whose_sql_query_takes_and_cuts_no_sentence(sluice):
    assert "DuckDB's SQL" in sluice.run("query", "--help", check_code=0).stdout
    text = sluice.run("types", "--help", check_code=0).stdout
    assert "duckdb, sqlite, postgres, mysql, parquet" in text


def test_bytes_are_reported_for_duckdb_too(sluice, shop):
    report = sluice.run("migrate", shop, "duckdb:copy.duckdb", "--json", check_code=0).json
    # Three columns of eight bytes and the texts 'a' and 'x,"y"' in four rows.
    assert report["tables"][0]["bytes"] == 4 * 3 * 8 + 1 + 5
    assert report["bytes"] == report["tables"][0]["bytes"]


def test_a_name_that_stands_twice(sluice, shop):
    rows = sluice.run("query", shop, "SELECT 1 AS a, 2 AS a, 3 AS a", "--json", check_code=0).json
    assert rows == [{"a": 1, "a_1": 2, "a_2": 3}]
