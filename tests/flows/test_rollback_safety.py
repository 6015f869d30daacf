"""What rollback must not destroy: additions of others, later runs, targets that are gone."""
import pathlib
import shutil
import sqlite3

import pytest

from support import items
from support.targets import DATABASES, KINDS, make_target

ADDITIONS = {
    "a column": (["ALTER TABLE item ADD COLUMN note TEXT", "UPDATE item SET note = 'mine'"],
                 'column "note"'),
    "an index": (["CREATE INDEX mine ON item (price)"], 'index "mine"'),
    "a view": (["CREATE VIEW mine AS SELECT id FROM item"], "mine"),
}


@pytest.fixture
def source(tmp_path):
    return items.make_source(tmp_path / "source.duckdb")


def message(result):
    error = result.json["error"]
    return f"{error['message']} {error['object']} {error['hint']}"


@pytest.mark.parametrize("addition", ADDITIONS)
@pytest.mark.parametrize("kind", DATABASES)
def test_what_was_added_to_a_published_table_keeps_rollback_back(
    sluice, postgres, tmp_path, source, kind, addition
):
    target = make_target(kind, tmp_path, postgres)
    sluice.run("migrate", source, target.uri, check_code=0)
    statements, named = ADDITIONS[addition]
    target.execute(*statements)
    before = target.dump()
    for more in (["--dry-run"], []):
        result = sluice.run("rollback", "last", *more, "--json", check_code=6)
        assert named in result.json["error"]["message"], result
        assert "--force" in result.json["error"]["hint"]
    assert target.dump() == before
    if (kind, addition) == ("postgres", "a view"):
        target.execute("DROP VIEW mine")
    sluice.run("rollback", "last", "--force", check_code=0)
    assert not target.exists("item")
    assert target.leftovers() == []


@pytest.mark.parametrize("choice", ["append", "replace"])
def test_rows_of_others_that_refer_to_the_runs_rows_keep_an_sqlite_rollback_back(
    sluice, tmp_path, choice
):
    (tmp_path / "from").mkdir()
    source, target = make_target("sqlite", tmp_path / "from"), make_target("sqlite", tmp_path)
    source.execute("CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT)",
                   "INSERT INTO p VALUES (5, 'x')")
    target.execute("CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT)",
                   "CREATE TABLE c (pid INTEGER REFERENCES p (id))")
    sluice.run("migrate", source.uri, target.uri, "--if-exists", choice, check_code=0)
    target.execute("INSERT INTO c VALUES (5)")
    before = target.dump()
    result = sluice.run("rollback", "last", "--json", check_code=6)
    assert 'row 1 of table "c" refers to a row of "p"' in result.json["error"]["message"]
    assert target.dump() == before
    target.execute("DELETE FROM c")
    sluice.run("rollback", "last", check_code=0)
    assert target.rows("SELECT count(*) FROM p") == [("0",)]
    assert target.leftovers() == []


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_file_that_the_run_made_stays_for_what_others_put_into_it(
    sluice, tmp_path, source, kind
):
    target = make_target(kind, tmp_path)
    sluice.run("migrate", source, target.uri, check_code=0)
    target.execute("CREATE TABLE mine (a INTEGER)", "INSERT INTO mine VALUES (42)")
    sluice.run("rollback", "last", check_code=0)
    assert target.rows("SELECT a FROM mine") == [("42",)]
    assert not target.exists("item")
    assert target.leftovers() == []


def test_a_trigger_on_a_published_table_keeps_rollback_back(sluice, tmp_path, source):
    target = make_target("sqlite", tmp_path)
    sluice.run("migrate", source, target.uri, check_code=0)
    target.execute("CREATE TRIGGER mine AFTER INSERT ON item BEGIN SELECT 1; END")
    result = sluice.run("rollback", "last", "--json", check_code=6)
    assert 'trigger "mine"' in message(result)


def test_a_file_in_the_folder_of_a_published_table_keeps_rollback_back(sluice, tmp_path, source):
    target = make_target("parquet", tmp_path)
    sluice.run("migrate", source, target.uri, "--batch-size", 1, check_code=0)
    folder = target.path / "item"
    if not folder.is_dir():
        folder.mkdir()
        shutil.move(target.path / "item.parquet", folder / "item.parquet")
        pytest.skip("the table is one file")
    (folder / "notes.txt").write_text("mine")
    result = sluice.run("rollback", "last", "--json", check_code=6)
    assert "item/notes.txt" in message(result)
    assert (folder / "notes.txt").read_text() == "mine"
    sluice.run("rollback", "last", "--force", check_code=0)
    assert not target.exists("item")


def test_a_view_over_a_published_table_of_postgres_is_named_even_when_forced(
    sluice, postgres, tmp_path, source
):
    target = make_target("postgres", tmp_path, postgres)
    sluice.run("migrate", source, target.uri, check_code=0)
    target.execute("CREATE SCHEMA other", "CREATE VIEW other.mine AS SELECT id FROM public.item",
                   "CREATE TABLE sale (item_id bigint REFERENCES item (id))")
    before = target.dump()
    result = sluice.run("rollback", "last", "--force", "--json", check_code=6)
    assert "view other.mine" in message(result) and "sale_item_id_fkey" in message(result)
    assert "drop it" in result.json["error"]["hint"]
    assert target.dump() == before
    target.execute("DROP VIEW other.mine", "DROP TABLE sale")
    sluice.run("rollback", "last", check_code=0)
    assert not target.exists("item")


def test_a_view_over_a_table_that_rows_were_added_to_does_not_keep_rollback_back(
    sluice, postgres, tmp_path
):
    target = make_target("postgres", tmp_path, postgres)
    items.seed(target)
    target.execute("CREATE VIEW theirs AS SELECT id FROM item")
    fresh = items.make_source(tmp_path / "fresh.duckdb", items.FRESH)
    sluice.run("migrate", fresh, target.uri, "--if-exists", "append", check_code=0)
    sluice.run("rollback", "last", check_code=0)
    assert items.rows(target) == items.EXISTING
    assert target.rows("SELECT count(*) FROM theirs") == [("3",)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_rollback_under_a_later_run_names_it_and_changes_nothing(
    sluice, postgres, tmp_path, source, kind, force
):
    target = make_target(kind, tmp_path, postgres)
    first = sluice.run("migrate", source, target.uri, "--json", check_code=0).json["run"]
    # The same rows: content alone would not tell the two runs apart.
    second = sluice.run("migrate", source, target.uri, "--if-exists", "replace", "--json",
                        check_code=0).json["run"]
    before = target.dump()
    result = sluice.run("rollback", first, *force, "--json", check_code=6)
    assert second in result.json["error"]["message"]
    assert f"sluice rollback {second}" in result.json["error"]["hint"]
    assert target.dump() == before
    sluice.run("rollback", second, check_code=0)
    sluice.run("rollback", first, check_code=0)
    assert not target.exists("item")
    assert target.leftovers() == []


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_rollback_under_a_forgotten_run_needs_force(sluice, tmp_path, source, kind):
    target = make_target(kind, tmp_path)
    target.execute("CREATE TABLE bystander (a INTEGER)")
    first = sluice.run("migrate", source, target.uri, "--json", check_code=0).json["run"]
    second = sluice.run("migrate", source, target.uri, "--if-exists", "replace", "--json",
                        check_code=0).json["run"]
    sluice.run("forget", second, check_code=0)
    result = sluice.run("rollback", first, "--json", check_code=6)
    assert second in message(result) and "--force" in result.json["error"]["hint"]
    assert items.rows(target) == items.INCOMING
    sluice.run("rollback", first, "--force", check_code=0)
    assert not target.exists("item") and target.exists("bystander")
    assert target.leftovers() == []


def test_resume_of_a_run_that_was_rolled_back_says_so(sluice, tmp_path, source):
    target = make_target("sqlite", tmp_path)
    sluice.run("migrate", source, target.uri, check_code=0)
    sluice.run("rollback", "last", check_code=0)
    pathlib.Path(source.removeprefix("duckdb:")).unlink()
    result = sluice.run("resume", "last", "--json", check_code=6)
    assert "was rolled back" in result.json["error"]["message"]
    assert "sluice migrate" in result.json["error"]["hint"]


def remove(target):
    if target.kind == "postgres":
        target.server.psql("postgres", f"DROP DATABASE {target.database}")
    elif target.kind == "mysql":
        target.server.sql("mysql", f"DROP DATABASE {target.database}")
    elif target.kind in ("parquet", "delta"):
        shutil.rmtree(target.path)
    else:
        target.path.unlink()


@pytest.mark.parametrize("command, state", [(["rollback", "--force"], "rolled_back"),
                                            (["forget"], "forgotten")])
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_whose_target_is_gone_can_be_closed(
    sluice, postgres, tmp_path, source, kind, command, state
):
    target = make_target(kind, tmp_path, postgres)
    sluice.run("migrate", source, target.uri, check_code=0)
    remove(target)
    result = sluice.run("rollback", "last", "--json", check_code=3)
    assert "--force" in message(result) and "sluice forget" in message(result)
    result = sluice.run(command[0], "last", *command[1:], "--json", check_code=0).json
    assert result["state"] == state
    assert "not there any more" in result["steps"][0]
    assert sluice.run("status", "last", "--json", check_code=0).json["state"] == state
    if kind not in ("postgres", "mysql"):
        assert not target.path.exists()
    assert sluice.run("rollback", "last", "--json").code == 6


def test_a_server_that_does_not_answer_is_not_taken_for_a_target_that_is_gone(
    sluice, own_postgres, tmp_path, source
):
    target = make_target("postgres", tmp_path, own_postgres)
    sluice.run("migrate", source, target.uri, check_code=0)
    own_postgres.stop_server()
    sluice.run("rollback", "last", "--force", "--json", check_code=3)
    sluice.run("forget", "last", "--json", check_code=3)
    assert sluice.run("status", "last", "--json", check_code=0).json["state"] == "done"


def test_last_is_named_and_is_not_the_run_before_one_that_was_killed_while_planning(
    sluice, tmp_path
):
    path = tmp_path / "s.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a int)")
        connection.execute("INSERT INTO t WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                           "FROM r WHERE i < 3000000) SELECT i FROM r")
    first = sluice.run("migrate", f"sqlite:{path}", "duckdb:a.duckdb", "--json", check_code=0).json
    process = sluice.start("migrate", f"sqlite:{path}", "duckdb:b.duckdb")
    marks = sluice.state / "planning"
    while not (marks.exists() and any(marks.iterdir())):
        assert process.poll() is None
    process.kill()
    process.wait()
    assert [run["run"] for run in sluice.run("runs", "--json").json["runs"]] == [first["run"]]
    refusal = sluice.run("rollback", "last", check_code=6)
    assert f"last is run {first['run']}" in refusal.stderr
    assert f"`sluice rollback {first['run']}`" in refusal.stderr
    assert (sluice.folder / "a.duckdb").exists()
    sluice.run("migrate", f"sqlite:{path}", "duckdb:c.duckdb", check_code=0)
    assert not marks.exists()
    sluice.run("rollback", "last", check_code=0)
    sluice.run("rollback", first["run"], check_code=0)
    assert not (sluice.folder / "a.duckdb").exists()
