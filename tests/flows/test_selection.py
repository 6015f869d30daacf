"""Which tables, under which names, by which plan; bad rows, accepted losses, the config file."""
import json
import sqlite3

import duckdb
import pytest

from support import items
from support.targets import DATABASES, KINDS, make_target


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE orders AS SELECT i AS id, i * 1.5::DOUBLE AS price "
                           "FROM range(1000) t(i)")
        connection.execute("CREATE TABLE order_lines AS SELECT i AS id, i % 1000 AS order_id "
                           "FROM range(3000) t(i)")
        connection.execute("CREATE TABLE secrets AS SELECT 'hidden' AS word")
        connection.execute("CREATE VIEW dear AS SELECT * FROM orders WHERE price > 1000")
    return f"duckdb:{path}"


@pytest.mark.parametrize("kind", KINDS)
def test_globs_excludes_and_renames_choose_and_name_the_tables(
    sluice, postgres, tmp_path, source, kind
):
    target = make_target(kind, tmp_path, postgres)
    report = sluice.run("migrate", source, target.uri, "--table", "order*", "--table", "secrets",
                        "--exclude", "secr*", "--rename", "orders=purchases", "--json",
                        check_code=0).json
    assert {t["target"].split(".")[-1] for t in report["tables"]} == {"purchases", "order_lines"}
    assert target.rows("SELECT count(*), max(price) FROM purchases")[0][0] == "1000"
    assert target.rows("SELECT count(*) FROM order_lines") == [("3000",)]
    assert not target.exists("orders") and not target.exists("secrets")


def test_all_schemas_of_a_server_move_unless_the_location_names_some(sluice, postgres, tmp_path):
    name, uri = postgres.new_database()
    postgres.psql(name, "CREATE SCHEMA sales; CREATE TABLE sales.orders AS SELECT 1 AS id; "
                        "CREATE TABLE orders AS SELECT 2 AS id; CREATE SCHEMA shut; "
                        "CREATE TABLE shut.t AS SELECT 3 AS id")
    everything, some = make_target("duckdb", tmp_path), make_target("sqlite", tmp_path)
    report = sluice.run("migrate", uri, everything.uri, "--json", check_code=0).json
    assert [t["source"] for t in report["tables"]] == ["public.orders", "sales.orders", "shut.t"]
    assert everything.rows("SELECT id FROM sales.orders") == [("1",)]
    assert everything.rows("SELECT id FROM main.orders") == [("2",)]
    report = sluice.run("migrate", f"{uri}?schema=sales", some.uri, "--json", check_code=0).json
    assert [t["source"] for t in report["tables"]] == ["sales.orders"]
    # A schema that the role may not look into stays behind, and that is said.
    postgres.psql(name, "CREATE ROLE reader_of_some LOGIN; GRANT USAGE ON SCHEMA sales TO "
                        "reader_of_some; GRANT SELECT ON sales.orders, orders TO reader_of_some")
    postgres.psql(name, "ALTER ROLE reader_of_some PASSWORD 'look'")
    as_reader = uri.replace("postgres@", "reader_of_some:look@")
    found = sluice.run("inspect", as_reader, "--json", check_code=0).json
    assert ("schema_not_readable", "shut") in {(f["kind"], f["object"]) for f in found["findings"]}


def test_views_move_only_when_they_are_named(sluice, tmp_path, source):
    everything, named = make_target("sqlite", tmp_path), make_target("duckdb", tmp_path)
    sluice.run("migrate", source, everything.uri, check_code=0)
    assert not everything.exists("dear")
    sluice.run("migrate", source, named.uri, "--table", "dear", check_code=0)
    assert named.rows("SELECT count(*) FROM dear") == [("333",)]


def test_a_view_that_refers_to_nothing_does_not_keep_tables_from_moving(sluice, tmp_path):
    path = tmp_path / "broken.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a INTEGER)")
        connection.execute("INSERT INTO t VALUES (7)")
        connection.execute("CREATE VIEW v AS SELECT * FROM gone")
    target = make_target("duckdb", tmp_path)
    report = sluice.run("migrate", f"sqlite:{path}", target.uri, "--json", check_code=0).json
    assert target.rows("SELECT a FROM t") == [("7",)]
    assert ("view_broken", "v") in {(f["kind"], f["object"]) for f in report["findings"]}
    assert any("gone" in f["message"] for f in report["findings"])


def test_a_table_that_no_glob_finds_is_an_error_that_names_the_nearest(sluice, tmp_path, source):
    target = make_target("sqlite", tmp_path)
    result = sluice.run("migrate", source, target.uri, "--table", "ordres", "--json", check_code=3)
    assert "ordres" in result.json["error"]["message"]
    assert "orders" in result.json["error"]["message"] + result.json["error"]["hint"]
    assert target.dump() is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_map_file_makes_the_target_table_by_sql(sluice, postgres, tmp_path, source, kind):
    target = make_target(kind, tmp_path, postgres)
    map_file = tmp_path / "totals.sql"
    map_file.write_text("SELECT o.id, o.price, count(*) AS lines FROM orders o JOIN order_lines l "
                        "ON l.order_id = o.id WHERE o.id < 10 GROUP BY ALL")
    report = sluice.run("migrate", source, target.uri, "--map", map_file, "--json",
                        check_code=0).json
    assert report["state"] == "done"
    found = target.rows('SELECT id, price, "lines" FROM totals ORDER BY id')
    assert [(r[0], float(r[1]), r[2]) for r in found] == [(str(i), i * 1.5, "3") for i in range(10)]


@pytest.mark.parametrize("kind", KINDS)
def test_no_publish_shows_nothing_until_publish(sluice, postgres, tmp_path, source, kind):
    target = make_target(kind, tmp_path, postgres)
    report = sluice.run("migrate", source, target.uri, "--no-publish", "--json", check_code=0).json
    assert report["state"] == "verified"
    assert not target.exists("orders")
    published = sluice.run("publish", report["run"], "--json", check_code=0).json
    assert published["state"] == "done"
    assert target.rows("SELECT count(*) FROM orders") == [("1000",)]
    assert sluice.run("publish", report["run"]).code == 6
    sluice.run("forget", "last", check_code=0)
    assert target.leftovers() == []


@pytest.mark.parametrize("kind", DATABASES)
def test_a_plan_of_a_file_is_executed_unchanged(sluice, postgres, tmp_path, source, kind):
    target = make_target(kind, tmp_path, postgres)
    before = target.dump()
    plan = tmp_path / "plan.json"
    sluice.run("plan", source, target.uri, "--table", "orders", "--rename", "orders=bought",
               "--out",
               plan, check_code=0)
    assert target.dump() == before
    document = json.loads(plan.read_text())
    assert [t["target"].split(".")[-1] for t in document["tables"]] == ["bought"]
    assert {c["mapping"] for c in document["tables"][0]["columns"]} <= {"exact", "widened"}
    sluice.run("migrate", "--plan", plan, check_code=0)
    assert target.rows("SELECT count(*) FROM bought") == [("1000",)]


def test_a_plan_whose_table_changed_meanwhile_is_a_conflict(sluice, tmp_path, source):
    target = make_target("sqlite", tmp_path)
    plan = tmp_path / "plan.json"
    sluice.run("plan", source, target.uri, "--out", plan, check_code=0)
    with duckdb.connect(source.removeprefix("duckdb:")) as connection:
        connection.execute("DROP VIEW dear")
        connection.execute("ALTER TABLE orders DROP COLUMN price")
    result = sluice.run("migrate", "--plan", plan, "--json", check_code=6)
    assert "orders" in result.json["error"]["message"]
    assert not target.exists("orders")


def test_a_cut_plan_file_is_invalid(sluice, tmp_path, source):
    target = make_target("sqlite", tmp_path)
    plan = tmp_path / "plan.json"
    sluice.run("plan", source, target.uri, "--out", plan, check_code=0)
    plan.write_text(plan.read_text()[:-200])
    sluice.run("migrate", "--plan", plan, "--json", check_code=2)
    assert not target.exists("orders")


@pytest.fixture
def bad_rows(tmp_path):
    path = tmp_path / "bad.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE notes (id BIGINT, note VARCHAR)")
        connection.execute("INSERT INTO notes SELECT i, CASE WHEN i = 7 OR i = 42 THEN "
                           "'nul' || chr(0) || i ELSE 'note ' || i END FROM range(100) t(i)")
    return f"duckdb:{path}"


def test_bad_rows_refuse_the_run_by_name_and_by_count(sluice, postgres, tmp_path, bad_rows):
    target = make_target("postgres", tmp_path, postgres)
    result = sluice.run("migrate", bad_rows, target.uri, "--json", check_code=4)
    assert result.json["tables"][0]["losses"][0]["column"] == "note"
    assert "2 values" in result.stdout
    assert not target.exists("notes")


def test_rejected_rows_go_to_a_file_and_the_exit_code_says_so(sluice, postgres, tmp_path, bad_rows):
    target = make_target("postgres", tmp_path, postgres)
    result = sluice.run("migrate", bad_rows, target.uri, "--on-bad-row", "reject", "--json",
                        check_code=5)
    assert target.rows("SELECT count(*), sum(id) FROM notes") == [("98", str(4950 - 49))]
    files = [p for p in (tmp_path / "sluice").rglob("*") if p.is_file() and "rejects" in p.parts]
    assert len(files) == 1, result
    with duckdb.connect() as connection:
        ids = connection.execute(f"SELECT id FROM '{files[0]}' ORDER BY 1").fetchall()
    assert [int(i) for (i,) in ids] == [7, 42]


@pytest.mark.parametrize("loss, code", [
    ("notes.no_such_column:as_blob", 2), ("notes.note:no_such_reason", 2), ("note", 2),
    ("notes.note:as_blob", 0), ("notes.note:strip_nul", 0)])
def test_accepted_losses_are_checked_by_name(sluice, postgres, tmp_path, bad_rows, loss, code):
    target = make_target("postgres", tmp_path, postgres)
    result = sluice.run("migrate", bad_rows, target.uri, "--accept-loss", loss, "--json")
    assert result.code == code, result
    if code != 0:
        assert loss.split(":")[0].split(".")[-1] in result.json["error"]["message"]
        assert not target.exists("notes")
        return
    found = target.rows("SELECT note::text FROM notes WHERE id = 7")
    assert found == [("\\x6e756c0037",)] if "blob" in loss else found == [("nul7",)]
    accepted, = result.json["tables"][0]["losses"]
    assert accepted == {"column": "note", "reason": loss.split(":")[1], "accepted": True}


CONFIG = """
[locations.shop]
url = "duckdb:${SHOP_FILE}"
[locations.copy]
kind = "sqlite"
path = "copy.sqlite"
[jobs.nightly]
source = "shop"
target = "copy"
tables = ["order*"]
if_exists = "replace"
[jobs.nightly.rename]
orders = "bought"
"""


def test_names_and_jobs_of_the_config_file_are_what_they_stand_for(sluice, tmp_path, source):
    (sluice.folder / "sluice.toml").write_text(CONFIG)
    environment = {"SHOP_FILE": source.removeprefix("duckdb:")}
    sluice.run("migrate", "shop", "copy", "--table", "secrets", env=environment, check_code=0)
    sluice.run("migrate", "--job", "nightly", env=environment, check_code=0)
    sluice.run("migrate", "--job", "nightly", env=environment, check_code=0)
    copy = make_target("sqlite", tmp_path)
    copy.path = sluice.folder / "copy.sqlite"
    assert copy.rows("SELECT count(*) FROM bought") == [("1000",)]
    assert copy.rows("SELECT count(*) FROM secrets") == [("1",)]
    assert not copy.exists("orders")
    missing = sluice.run("migrate", "shop", "copy", "--json", check_code=2)
    assert "SHOP_FILE" in missing.json["error"]["message"]


@pytest.mark.parametrize("kind", DATABASES)
def test_a_run_into_its_own_source_is_refused(sluice, postgres, tmp_path, kind):
    target = make_target(kind, tmp_path, postgres)
    items.seed(target)
    before = target.dump()
    sluice.run("migrate", target.uri, target.uri, "--if-exists", "replace", check_code=2)
    assert target.dump() == before
