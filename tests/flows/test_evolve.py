"""`sluice evolve`: versioned scripts on each system; psql, mariadb, sqlite3 and DuckDB judge."""
import concurrent.futures

import duckdb
import pytest

from support.scripts import EVENTS, KINDS, PEOPLE, SERVERS, Scripts, content, fill
from support.targets import make_target

CONFLICT, INVALID, NOT_FOUND, MISMATCH, UNSUPPORTED = 6, 2, 3, 5, 10


@pytest.fixture
def scripts(tmp_path):
    return Scripts(tmp_path)


@pytest.fixture
def target(request, postgres, sluice):
    made = make_target(request.param, sluice.folder, postgres)
    if request.param == "ducklake":
        made.execute("CREATE TABLE bystander (a INTEGER)")  # makes the lake
    return made


each_kind = pytest.mark.parametrize("target", KINDS, indirect=True)


def evolve(sluice, verb, target, scripts, *more, code=0):
    """The verb's JSON. A server is backed up in a test of its own, since that takes its time."""
    if verb in ("up", "down") and target.kind in SERVERS:
        more = (*more, "--no-backup")
    return sluice.run("evolve", verb, target.uri, "--dir", scripts.folder, "--json", *more,
                      check_code=code).json


def applied(target):
    return [row[0] for row in target.rows("SELECT version FROM schema_migrations "
                                          "ORDER BY version")]


@each_kind
def test_up_down_and_up_again(sluice, target, scripts):
    fill(scripts)
    first = evolve(sluice, "up", target, scripts, "--to", 2)
    assert (first["version_before"], first["version"], first["state"]) == (None, 2, "pending")
    assert applied(target) == ["1", "2"]
    done = evolve(sluice, "up", target, scripts)
    assert [script["version"] for script in done["scripts"]] == [3, 4, 5]
    assert (done["version"], done["state"]) == (5, "current")
    assert content(target) == (EVENTS, PEOPLE)
    assert evolve(sluice, "up", target, scripts)["scripts"] == []
    assert evolve(sluice, "verify", target, scripts)["state"] == "same"
    one = evolve(sluice, "down", target, scripts)
    assert [(script["version"], script["state"]) for script in one["scripts"]] == [(5, "reverted")]
    rest = evolve(sluice, "down", target, scripts, "--to", 0)
    assert [script["version"] for script in rest["scripts"]] == [4, 3, 2, 1]
    assert applied(target) == [] and not target.exists("events")
    evolve(sluice, "up", target, scripts)
    assert content(target) == (EVENTS, PEOPLE)


@each_kind
def test_a_script_that_fails_is_not_there_in_half(sluice, target, scripts):
    fill(scripts, 2)
    scripts.add(3, "broken", "CREATE TABLE half (a INTEGER);\n\nINSERT INTO half VALUES (1);\n"
                             "INSERT INTO no_such_table VALUES (1);\n", "DROP TABLE half;")
    failed = sluice.run("evolve", "up", target.uri, "--dir", scripts.folder, "--json",
                        *(["--no-backup"] if target.kind in SERVERS else [])).json
    assert failed["version"] == 2
    message = failed["error"]["message"]
    assert "0003_broken.up.sql" in message and "statement 3 of 3, line 4" in message
    assert "no_such_table" in message
    if target.kind == "mysql":  # it commits each statement by itself
        assert failed["state"] == "interrupted"
        assert target.rows("SELECT a FROM half") == [("1",)]
    else:
        assert failed["state"] == "pending" and not target.exists("half")
    # What was not done yet may be mended.
    scripts.add(3, "broken", "CREATE TABLE half (a INTEGER);\n\nINSERT INTO half VALUES (1);\n"
                             "INSERT INTO half VALUES (2);\n", "DROP TABLE half;")
    done = evolve(sluice, "up", target, scripts)
    assert done["scripts"][0]["resumed_at"] == (2 if target.kind == "mysql" else 0)
    assert target.rows("SELECT a FROM half ORDER BY a") == [("1",), ("2",)]


def test_what_is_done_of_an_interrupted_script_must_not_change(sluice, scripts):
    target = make_target("mysql", sluice.folder)
    scripts.add(1, "x", "CREATE TABLE a (i INT);\nINSERT INTO missing VALUES (1);")
    sluice.run("evolve", "up", target.uri, "--dir", scripts.folder, "--no-backup", check_code=3)
    scripts.add(1, "x", "CREATE TABLE b (i INT);\nINSERT INTO b VALUES (1);")
    report = evolve(sluice, "up", target, scripts, code=CONFLICT)
    assert "its first 1 statements are done, and were changed since" in report["error"]["message"]
    assert not target.exists("b")


@each_kind
def test_what_does_not_fit_is_refused(sluice, target, scripts):
    fill(scripts)
    evolve(sluice, "up", target, scripts)
    original = scripts.path(2, "status").read_text()
    scripts.path(2, "status").write_text(original + "-- a comment more\n")
    changed = evolve(sluice, "up", target, scripts, code=CONFLICT)
    assert "0002_status.up.sql was changed since it was applied" in changed["error"]["message"]
    differs = evolve(sluice, "verify", target, scripts, code=MISMATCH)
    assert [finding["kind"] for finding in differs["findings"]] == ["changed_script"]
    scripts.path(2, "status").write_text(original)
    for direction in ("up", "down"):
        scripts.path(5, "more", direction).unlink()
    newer = evolve(sluice, "up", target, scripts, code=CONFLICT)
    assert newer["error"]["message"] == "schema version mismatch: database 5, scripts 4"
    assert evolve(sluice, "status", target, scripts, code=CONFLICT)["state"] == "mismatch"
    assert content(target) == (EVENTS, PEOPLE)


@each_kind
def test_a_schema_that_somebody_changed_is_noticed(sluice, target, scripts):
    fill(scripts, 2)
    evolve(sluice, "up", target, scripts)
    target.execute("INSERT INTO events (id) VALUES (4)")
    assert evolve(sluice, "verify", target, scripts)["state"] == "same"
    target.execute("ALTER TABLE events ADD COLUMN by_hand INTEGER")
    report = evolve(sluice, "verify", target, scripts, code=MISMATCH)
    assert [finding["kind"] for finding in report["findings"]] == ["schema_changed"]


@each_kind
def test_a_baseline_takes_over_what_another_program_kept(sluice, target, scripts):
    target.execute("CREATE TABLE schema_migrations (version BIGINT, dirty INTEGER)",
                   "INSERT INTO schema_migrations VALUES (22, 0)",
                   "CREATE TABLE events (id BIGINT)")
    scripts.add(22, "there", "CREATE TABLE events (id BIGINT);")
    scripts.add(23, "next", "ALTER TABLE events ADD COLUMN note VARCHAR(10);")
    refused = sluice.run("evolve", "up", target.uri, "--dir", scripts.folder, "--json",
                         check_code=CONFLICT).json
    assert "another program's: its columns are version, dirty" in refused["error"]["message"]
    assert "evolve baseline" in refused["error"]["hint"]
    done = evolve(sluice, "baseline", target, scripts, "--to", 22)
    assert done["error"] is None and done["version"] == 22
    assert target.rows(f"SELECT version FROM {done['set_aside']}") == [("22",)]
    up = evolve(sluice, "up", target, scripts)
    assert [script["version"] for script in up["scripts"]] == [23]
    again = evolve(sluice, "baseline", target, scripts, "--to", 23, code=CONFLICT)
    assert "has a history already" in again["error"]["message"]
    no_way = evolve(sluice, "down", target, scripts, "--to", 0, code=INVALID)
    assert "has no down script" in no_way["error"]["message"]


@each_kind
def test_many_runners_at_once_run_each_script_once(sluice, target, scripts):
    fill(scripts)

    def one(_):
        return sluice.run("evolve", "up", target.uri, "--dir", scripts.folder, "--json",
                          "--no-backup", check_code=0).json

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(one, range(4)))
    assert sorted(script["version"] for report in reports for script in report["scripts"]) == \
        [1, 2, 3, 4, 5]
    assert content(target) == (EVENTS, PEOPLE)


@pytest.mark.parametrize("target", ["duckdb", "sqlite", "ducklake"], indirect=True)
def test_the_backup_before_it_brings_everything_back(sluice, target, scripts):
    fill(scripts, 2)
    evolve(sluice, "up", target, scripts)
    scripts.add(3, "bad_idea", "DELETE FROM events;\nDROP TABLE events;")
    report = evolve(sluice, "up", target, scripts)
    assert {finding["kind"] for finding in report["findings"]} == {"loses_data", "no_way_back"}
    assert not target.exists("events")
    restored = make_target(target.kind, sluice.folder.parent, None)
    sluice.run("backup", "restore", report["backup"], restored.uri, check_code=0)
    assert sorted(restored.rows("SELECT id, title FROM events")) == sorted(
        [("1", "a;b"), ("2", "it's"), ("3", None)], key=lambda row: row[0])


@pytest.mark.parametrize("target", SERVERS, indirect=True)
def test_a_server_is_backed_up_before(sluice, target, scripts):
    fill(scripts, 2)
    evolve(sluice, "up", target, scripts)
    scripts.add(3, "bad_idea", "DROP TABLE events;")
    report = sluice.run("evolve", "up", target.uri, "--dir", scripts.folder, "--json",
                        check_code=0).json
    assert report["version"] == 3 and not target.exists("events")
    done = sluice.run("backup", "restore", report["backup"], target.uri, "--force", "--json",
                      check_code=0).json
    assert done["kept"].startswith(target.database)
    assert sorted(target.rows("SELECT id, title FROM events")) == sorted(
        [("1", "a;b"), ("2", "it's"), ("3", None)], key=lambda row: row[0])
    assert applied(target) == ["1", "2"]
    # Where there is no tool for it, nothing is run.
    no_tool = sluice.run("evolve", "up", target.uri, "--dir", scripts.folder, "--json",
                         env={"PATH": str(sluice.folder)}, check_code=NOT_FOUND).json
    assert "apt-get install" in no_tool["error"]["hint"] and target.exists("events")


def test_statements_without_a_transaction(sluice, postgres, scripts):
    target = make_target("postgres", sluice.folder, postgres)
    scripts.add(1, "t", "CREATE TABLE t (a INTEGER);\nINSERT INTO t VALUES (1), (2);")
    scripts.add(2, "i", "-- sluice: no transaction\nCREATE INDEX CONCURRENTLY t_a ON t (a);\n"
                        "INSERT INTO t VALUES (3);\nVACUUM t;\n")
    done = evolve(sluice, "up", target, scripts)
    assert [script["statements"] for script in done["scripts"]] == [2, 3]
    assert target.rows("SELECT indexname FROM pg_indexes WHERE tablename = 't'") == [("t_a",)]
    assert target.rows("SELECT count(*) FROM t") == [("3",)]


def test_bodies_and_quotes_of_each_system(sluice, postgres, scripts):
    target = make_target("postgres", sluice.folder, postgres)
    scripts.add(1, "f", "CREATE TABLE log (t TEXT);\n"
                        "CREATE FUNCTION f() RETURNS trigger AS $body$\n"
                        "BEGIN\n  INSERT INTO log VALUES ('a;b'); RETURN NEW;\n"
                        "END $body$ LANGUAGE plpgsql;\n"
                        "CREATE FUNCTION g(x int) RETURNS int BEGIN ATOMIC SELECT x; "
                        "SELECT x + 1; END;\n/* one; /* two; */ three; */\n"
                        "INSERT INTO log VALUES (E'it\\'s; ' || g(1));\n")
    evolve(sluice, "up", target, scripts)
    assert target.rows("SELECT t FROM log") == [("it's; 2",)]


def test_a_trigger_of_sqlite_is_one_statement(sluice, scripts):
    target = make_target("sqlite", sluice.folder)
    scripts.add(1, "t", "CREATE TABLE t (a INTEGER);\nCREATE TABLE log (a INTEGER);\n"
                        "CREATE TRIGGER g AFTER INSERT ON t BEGIN\n"
                        "  INSERT INTO log VALUES (CASE WHEN NEW.a > 1 THEN 1 ELSE 0 END);\n"
                        "  UPDATE log SET a = a + 10;\nEND;\nINSERT INTO t VALUES (5);")
    assert evolve(sluice, "up", target, scripts)["scripts"][0]["statements"] == 4
    assert target.rows("SELECT a FROM log") == [("11",)]


def test_mysql_scripts_may_set_the_delimiter(sluice, scripts):
    target = make_target("mysql", sluice.folder)
    scripts.add(1, "p", "CREATE TABLE t (a VARCHAR(20)); # a comment; here\nDELIMITER //\n"
                        "CREATE PROCEDURE p() BEGIN INSERT INTO t VALUES (\"x;\\\"y\"); "
                        "INSERT INTO t VALUES ('z'); END//\nDELIMITER ;\nCALL p();\n")
    assert evolve(sluice, "up", target, scripts)["scripts"][0]["statements"] == 3
    assert sorted(target.rows("SELECT a FROM t")) == [('x;"y',), ("z",)]


@pytest.mark.parametrize("files, message", [
    ({"0001_a.up.sql": "SELECT 1;", "0003_b.up.sql": "SELECT 1;"}, "version 3 comes after 1"),
    ({"0001_a.down.sql": "SELECT 1;"}, "undoes a script that is not there"),
    ({"0001_a.up.sql": "SELECT 1;", "0001_b.up.sql": "SELECT 1;"}, 'version 1 is "a" already'),
    ({"first.sql": "SELECT 1;"}, "is not called like NNNN_name.up.sql"),
    ({"0001_a.up.sql": "SELECT 'x;"}, "line 1: a text does not end"),
    ({"0001_a.up.sql": "SELECT 1;\n/* no end"}, "line 2: a comment does not end"),
    ({"0001_a.up.sql": "-- nothing\n"}, "has no statement"),
    ({"0001_a.up.sql": "CREATE TABLE t (a INT);\nCOMMIT;"}, "line 2: COMMIT ends what"),
])
def test_scripts_that_are_wrong(sluice, scripts, files, message):
    for name, text in files.items():
        (scripts.folder / name).write_text(text)
    result = sluice.run("evolve", "up", "duckdb:x.duckdb", "--dir", scripts.folder, "--json",
                        check_code=INVALID)
    assert message in result.json["error"]["message"], result


def test_new_makes_the_next_two_files(sluice, scripts):
    fill(scripts)
    made = sluice.run("evolve", "new", "geo_index", "--dir", scripts.folder, "--json",
                      check_code=0).json["files"]
    assert made == [str(scripts.path(6, "geo_index")), str(scripts.path(6, "geo_index", "down"))]
    assert "cannot be the name of a script" in sluice.run(
        "evolve", "new", "a b", "--dir", scripts.folder, check_code=INVALID).stderr


def test_places_where_no_script_runs(sluice, scripts):
    fill(scripts)
    for place, code in (("parquet:x", UNSUPPORTED), ("delta:x", UNSUPPORTED)):
        sluice.run("evolve", "up", place, "--dir", scripts.folder, check_code=code)
    sluice.run("evolve", "status", "duckdb:missing.duckdb", "--dir", scripts.folder,
               check_code=NOT_FOUND)
    sluice.run("evolve", "up", "duckdb:x.duckdb", "--dir", "nowhere", check_code=NOT_FOUND)
    dry = sluice.run("evolve", "up", "duckdb:x.duckdb", "--dir", scripts.folder, "--dry-run",
                     "--json", check_code=0).json
    assert [script["state"] for script in dry["scripts"]] == ["pending"] * 5
    assert not (sluice.folder / "x.duckdb").exists()


def test_a_file_that_another_program_has_open(sluice, scripts):
    fill(scripts)
    held = duckdb.connect(str(sluice.folder / "held.duckdb"))
    refused = sluice.run("evolve", "up", "duckdb:held.duckdb", "--dir", scripts.folder, "--wait",
                         "1s", "--json", check_code=CONFLICT).json
    assert "--wait" in refused["error"]["hint"]
    held.close()
    sluice.run("evolve", "up", "duckdb:held.duckdb", "--dir", scripts.folder, check_code=0)
