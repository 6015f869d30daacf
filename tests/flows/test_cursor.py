"""`--if-exists append --cursor COLUMN`: the daily job that brings only what is new."""
import json

import duckdb
import pytest

from support.targets import make_target

KINDS = ["postgres", "sqlite", "duckdb", "ducklake", "delta", "iceberg"]
INVALID, CONFLICT = 2, 6


@pytest.fixture
def source(sluice):
    path = sluice.folder / "shop.duckdb"
    run(path, "CREATE TABLE orders (id BIGINT, day DATE, moment TIMESTAMP, price DECIMAL(8,2), "
              "name VARCHAR)", *[order(number) for number in (1, 2, 3)])
    return path


def run(path, *statements):
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)


def order(number, day="2024-05-01"):
    return (f"INSERT INTO orders VALUES ({number}, DATE '{day}', TIMESTAMP "
            f"'{day} 10:00:0{number}.5', {number}.25, 'n{number}')")


def append(sluice, source, target, cursor, code=0, *more):
    return sluice.run("migrate", f"duckdb:{source}", target.uri, "--if-exists", "append",
                      "--cursor", cursor, "--json", *more, check_code=code).json


def ids(target):
    return sorted(row[0] for row in target.rows("SELECT id FROM orders"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cursor", ["id", "orders:moment"])
def test_only_what_is_new_is_moved(sluice, postgres, source, kind, cursor):
    target = make_target(kind, sluice.folder, postgres)
    first = append(sluice, source, target, cursor)
    assert first["tables"][0]["rows_target"] == 3
    assert append(sluice, source, target, cursor)["tables"][0]["rows_target"] == 0
    run(source, order(4), order(5))
    report = append(sluice, source, target, cursor)
    assert (report["tables"][0]["rows_source"], report["tables"][0]["rows_target"]) == (2, 2)
    assert report["tables"][0]["verified"] == "content"
    assert ids(target) == ["1", "2", "3", "4", "5"]
    sluice.run("rollback", report["run"], check_code=0)
    assert ids(target) == ["1", "2", "3"]


def test_rows_that_came_late_are_not_left_out_in_silence(sluice, source):
    target = make_target("duckdb", sluice.folder)
    append(sluice, source, target, "day")
    run(source, order(4))  # of the same day as the last
    report = append(sluice, source, target, "day", CONFLICT)
    assert "4 rows up to 2024-05-01" in report["error"]["message"]
    assert "the target has 3" in report["error"]["message"]
    assert "merge" in report["error"]["hint"]
    assert ids(target) == ["1", "2", "3"]


def test_rows_that_the_source_has_no_more_are_no_obstacle(sluice, source):
    target = make_target("duckdb", sluice.folder)
    append(sluice, source, target, "id")
    run(source, "DELETE FROM orders WHERE id < 3", order(7))
    append(sluice, source, target, "id")
    assert ids(target) == ["1", "2", "3", "7"]


def test_null_has_no_place(sluice, source):
    target = make_target("duckdb", sluice.folder)
    run(source, "INSERT INTO orders (id) VALUES (9), (10)")
    report = append(sluice, source, target, "day", CONFLICT)
    assert "NULL in 2 rows of the source" in report["error"]["message"]
    assert not target.exists("orders")


@pytest.mark.parametrize("cursor, more, message", [
    ("nowhere", (), "no table that is moved has this column"),
    ("other:id", (), "no table that is moved has this column"),
    ("name", (), "text has no order that both sides share"),
    ("id", ("--if-exists", "replace"), "by an append alone"),
])
def test_cursors_that_cannot_be(sluice, source, cursor, more, message):
    target = make_target("duckdb", sluice.folder)
    words = more or ("--if-exists", "append")
    report = sluice.run("migrate", f"duckdb:{source}", target.uri, *words, "--cursor", cursor,
                        "--json", check_code=INVALID).json
    assert message in report["error"]["message"]


def test_a_saved_plan_is_refused_once_the_target_went_on(sluice, source):
    target = make_target("duckdb", sluice.folder)
    append(sluice, source, target, "id")
    run(source, order(4))
    plan = sluice.folder / "plan.json"
    text = sluice.run("plan", f"duckdb:{source}", target.uri, "--if-exists", "append", "--cursor",
                      "id", "--out", plan, check_code=0).stdout
    assert "only rows where" in text
    assert json.loads(plan.read_text())["tables"][0]["cursor"] == "id"
    append(sluice, source, target, "id")
    refused = sluice.run("migrate", "--plan", plan, "--json", check_code=CONFLICT).json
    assert "when the plan was made" in refused["error"]["message"]
    assert ids(target) == ["1", "2", "3", "4"]


def test_a_run_that_stopped_goes_on_with_its_own_rows(sluice, source):
    target = make_target("duckdb", sluice.folder)
    append(sluice, source, target, "id")
    run(source, order(4))
    stopped = append(sluice, source, target, "id", 0, "--no-publish")
    run(source, order(5))
    sluice.run("publish", stopped["run"], check_code=0)
    assert ids(target) == ["1", "2", "3", "4"]
    append(sluice, source, target, "id")
    assert ids(target) == ["1", "2", "3", "4", "5"]
