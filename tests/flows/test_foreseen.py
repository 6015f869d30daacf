"""What a target or the engine would refuse midway is refused by the plan, with what to do."""
import shlex
import sqlite3
import subprocess
import time

import duckdb
import pytest

from support import mariadb
from support.postgres import SECRET, SECRETIVE
from support.targets import MysqlTarget, PostgresTarget, make_target


def refused(sluice, source, target, code):
    error = sluice.run("plan", source, target, "--json", check_code=code).json["error"]
    assert sluice.run("migrate", source, target, "--json", check_code=code).json["error"] == error
    assert sluice.run("runs", "--json").json == {"runs": []}
    return error


@pytest.mark.parametrize("kind", ["postgres", "parquet"])
def test_columns_that_differ_in_case_alone(sluice, postgres, tmp_path, kind):
    source = PostgresTarget(postgres)
    source.execute('CREATE TABLE t ("A" int, a int)', "INSERT INTO t VALUES (1, 2)",
                   "CREATE TABLE u (x int)", "INSERT INTO u VALUES (7)",
                   'CREATE VIEW v AS SELECT "A" AS big, a AS small FROM t')
    target = make_target(kind, tmp_path, postgres)
    error = refused(sluice, source.uri, target.uri, 10)
    assert 'columns "A" and "a" differ in case alone' in error["message"]
    words = shlex.split(error["hint"].rsplit("out: ", 1)[1])
    sluice.run("migrate", source.uri, target.uri, *words, check_code=0)
    sluice.run("migrate", source.uri, target.uri, "--table", "v", check_code=0)
    assert target.rows("SELECT big, small FROM v") == [("1", "2")]


@pytest.mark.parametrize("kind", ["postgres", "duckdb", "sqlite"])
def test_null_in_a_key(sluice, postgres, tmp_path, kind):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.executescript(
            "CREATE TABLE t (k text PRIMARY KEY, v int);"
            "INSERT INTO t VALUES ('a', 1), (NULL, 2), (NULL, 3)")
    source = f"sqlite:{tmp_path / 'a.db'}"
    target = make_target(kind, tmp_path, postgres)
    if kind == "sqlite":
        sluice.run("migrate", source, target.uri, check_code=0)
    else:
        error = refused(sluice, source, target.uri, 6)
        assert "2 rows have NULL in the primary key (k)" in error["message"]
        (sluice.folder / "t.sql").write_text('SELECT * FROM "t"')
        words = shlex.split(error["hint"].split("key: ", 1)[1].split(", a file")[0])
        sluice.run("migrate", source, target.uri, *words, check_code=0)
    assert target.rows("SELECT v FROM t ORDER BY v") == [("1",), ("2",), ("3",)]


def test_letters_that_mysql_takes_for_one(sluice, tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute('CREATE TABLE t ("É" int, "é" int)')
        connection.execute('CREATE TABLE u ("É" int, "e" int, "Ü" int)')
    source, target = f"sqlite:{tmp_path / 'a.db'}", MysqlTarget()
    error = refused(sluice, source, target.uri, 6)
    assert "two columns would both be" in error["message"] and "--map" in error["hint"]
    sluice.run("migrate", source, target.uri, "--table", "u", check_code=0)


def test_a_server_that_takes_no_rows_from_its_clients(sluice, tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    server = mariadb.shared()
    target = MysqlTarget(server)
    server.sql("mysql", "SET GLOBAL local_infile = OFF")
    try:
        error = refused(sluice, f"sqlite:{tmp_path / 'a.db'}", target.uri, 8)
        sluice.run("query", target.uri, "SELECT 1", check_code=0)
    finally:
        server.sql("mysql", "SET GLOBAL local_infile = ON")
    assert "local_infile is OFF" in error["message"] and "SET GLOBAL" in error["hint"]


def test_a_database_that_quotes_all_names(sluice, postgres, tmp_path):
    source = PostgresTarget(postgres)
    source.execute("CREATE TABLE t (id serial PRIMARY KEY, d date DEFAULT now(), "
                   "n numeric(10,2), tags text[])",
                   "CREATE VIEW v AS SELECT id FROM t", "CREATE INDEX i ON t (n DESC)",
                   "INSERT INTO t (d, n, tags) VALUES ('2024-02-29', 1.5, '{a}')",
                   f"ALTER DATABASE {source.database} SET quote_all_identifiers = on")
    target = PostgresTarget(postgres)
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    assert target.rows("SELECT * FROM t") == [("1", "2024-02-29", "1.50", "{a}")]
    lite = make_target("sqlite", tmp_path)
    sluice.run("migrate", source.uri, lite.uri, "--accept-loss", "t.tags:as_json", check_code=0)
    assert lite.rows("SELECT id, d, n FROM t") == [("1", "2024-02-29", "1.5")]


@pytest.mark.parametrize("table, column", [('a"b', "id"), ("t", 'i"d'), ("a.b", "i'd")])
def test_names_with_quotes_hand_out_numbers_in_duckdb(sluice, postgres, tmp_path, table, column):
    source = PostgresTarget(postgres)
    quoted = ['"' + name.replace('"', '""') + '"' for name in (table, column)]
    source.execute(f"CREATE TABLE {quoted[0]} ({quoted[1]} serial PRIMARY KEY, v int)",
                   f"INSERT INTO {quoted[0]} (v) VALUES (10), (20)")
    target = make_target("duckdb", tmp_path)
    sluice.run("migrate", source.uri, target.uri, check_code=0)
    target.execute(f"INSERT INTO {quoted[0]} (v) VALUES (30)")
    assert target.rows(f"SELECT max({quoted[1]}) FROM {quoted[0]}") == [("3",)]
    sluice.run("rollback", "last", "--force", check_code=0)


def test_a_materialized_view_is_told_of(sluice, postgres):
    source, target = PostgresTarget(postgres), PostgresTarget(postgres)
    source.execute("CREATE TABLE t AS SELECT 1 AS a", "CREATE MATERIALIZED VIEW m AS TABLE t")
    report = sluice.run("migrate", source.uri, target.uri, "--json", check_code=0).json
    [finding] = [f for f in report["findings"] if f["kind"] == "materialized_view"]
    assert finding["object"] == "public.m" and "an ordinary view" in finding["message"]


def test_numbers_that_no_decimal_holds_are_kept_as_text_by_one_flag(sluice, postgres):
    source, target = PostgresTarget(postgres), MysqlTarget()
    source.execute("CREATE TABLE t (n numeric)",
                   "INSERT INTO t VALUES ('NaN'), ('Infinity'), (1e130000), (1.5)")
    refusal = sluice.run("plan", source.uri, target.uri, "--json", check_code=4).json
    assert refusal["accept"] == ["--accept-loss public.t.n:as_text"]
    sluice.run("migrate", source.uri, target.uri, *shlex.split(refusal["accept"][0]), check_code=0)
    assert ("Infinity",) in target.rows("SELECT n FROM t")


def test_a_null_in_place_of_a_value_is_not_the_only_remedy(sluice, tmp_path):
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS SELECT 'nan'::DOUBLE AS x")
    error = sluice.run("migrate", f"duckdb:{tmp_path / 'a.duckdb'}", MysqlTarget().uri, "--json",
                       check_code=4).json["error"]
    assert "t.x:nan_as_null" in error["hint"] and "as_text in place of" in error["hint"]


def test_merge_into_parquet_takes_the_key_of_the_source(sluice, tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.executescript("CREATE TABLE t (id integer PRIMARY KEY, v text);"
                                 "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    source, target = f"sqlite:{tmp_path / 'a.db'}", make_target("parquet", tmp_path)
    sluice.run("migrate", source, target.uri, check_code=0)
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("UPDATE t SET v = 'B' WHERE id = 2")
        connection.execute("INSERT INTO t VALUES (3, 'c')")
    sluice.run("migrate", source, target.uri, "--if-exists", "merge", check_code=0)
    assert target.rows("SELECT * FROM t ORDER BY id") == [("1", "a"), ("2", "B"), ("3", "c")]


def test_a_text_too_long_for_a_key_of_mariadb(sluice, postgres):
    source = PostgresTarget(postgres)
    source.execute("CREATE TABLE t (k text PRIMARY KEY, v int)",
                   "INSERT INTO t VALUES (repeat('x', 769), 1), (repeat('y', 768), 2)")
    target = MysqlTarget()
    error = refused(sluice, source.uri, target.uri, 6)
    assert '1 row has more than 768 characters in column "k"' in error["message"]
    (sluice.folder / "t.sql").write_text('SELECT * FROM "t"')
    words = shlex.split(error["hint"].split("keys: ", 1)[1].split(", a file")[0])
    sluice.run("migrate", source.uri, target.uri, *words, check_code=0)
    source.execute("DELETE FROM t WHERE v = 1")
    other = MysqlTarget()
    sluice.run("migrate", source.uri, other.uri, check_code=0)
    assert other.rows("SELECT length(k), v FROM t") == [("768", "2")]


def test_names_that_end_in_a_blank(sluice, postgres):
    source = PostgresTarget(postgres)
    source.execute('CREATE TABLE a ("Id " int)', 'CREATE TABLE "b " (x int)')
    target = MysqlTarget()
    for table, name in (("a", "Id "), ("b ", "b ")):
        error = sluice.run("plan", source.uri, target.uri, "--table", table, "--json",
                           check_code=6).json["error"]
        assert f'no names that end in a blank: "{name}"' in error["message"]
    sluice.run("migrate", source.uri, target.uri, "--table", "b ", "--rename", "b =b",
               check_code=0)


def test_a_user_who_may_make_no_schema(sluice, postgres, tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    target = PostgresTarget(postgres)
    target.execute(f"GRANT ALL ON SCHEMA public TO {SECRETIVE}")
    user = target.uri.replace("postgres@", f"{SECRETIVE}@")
    environment = {"PGPASSWORD": SECRET}
    words = ["migrate", f"sqlite:{tmp_path / 'a.db'}", user, "--json"]
    error = sluice.run(*words, "--dry-run", env=environment, check_code=8).json["error"]
    grant = error["hint"].split("runs: ", 1)[1]
    target.execute(grant)
    sluice.run(*words, env=environment, check_code=0)


def test_a_folder_that_is_not_there(sluice, tmp_path):
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    error = refused(sluice, f"sqlite:{tmp_path / 'a.db'}", f"duckdb:{tmp_path}/no/b.duckdb", 3)
    assert f"mkdir -p {tmp_path}/no" in error["hint"]


def test_a_table_of_mariadb_that_somebody_locked(sluice, tmp_path):
    source = MysqlTarget()
    source.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    server = source.server
    asleep = "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(50)%'"
    other = subprocess.Popen(
        [mariadb.find_program("mariadb"), "--no-defaults", "-h", server.host, "-P",
         str(server.port), "-u", "root", source.database, "-e",
         "LOCK TABLES t WRITE; SELECT SLEEP(50)"], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: source.rows(asleep))
        started = time.monotonic()
        result = sluice.run("migrate", source.uri, f"duckdb:{tmp_path / 'b.duckdb'}")
        assert result.code == 6 and time.monotonic() - started < 40, result
    finally:
        for (sleeper,) in source.rows(asleep):
            server.sql("mysql", f"KILL {sleeper}")
        other.wait()
    assert list(tmp_path.glob("b.duckdb*")) == []
    sluice.run("migrate", source.uri, f"duckdb:{tmp_path / 'b.duckdb'}", check_code=0)


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)
