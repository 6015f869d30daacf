"""`lake compact`, judged by DuckDB's extension: every snapshot reads as before, rows keep their
numbers, and what others do meanwhile is not lost."""
import json
import signal
import threading
import time

import pytest

from support.faults import wait_until_stopped
from support.lake_states import changes, history, state_at
from support.lakes import Lake
from support.sound_lakes import (CLEAN_UP, EXPIRE, FLUSH, IN_FILES, MERGE, SCENARIOS, TWO, make,
                                 make_at_random, make_with_files_of_others, numbers, rewrite)
from support.thorough import of_kinds, some

KINDS = ["sqlite", "postgres", "duckdb"]


def compact(sluice, lake, *words, check_code=0):
    return sluice.run("lake", "compact", lake.uri, *words, "--json", check_code=check_code).json


def assert_sound(sluice, lake):
    report = sluice.run("lake", "fsck", lake.uri, "--json").json
    assert report["findings"] == [] and report["staging"] == []


def live_files(sluice, lake):
    report = sluice.run("lake", "files", lake.uri, "--json", check_code=0).json
    return {table["table"]: table for table in report["tables"]}


def assert_compacts(sluice, lake):
    """Returns the report. A second run finds nothing to do."""
    before = history(lake)
    newest = max(before)
    told = changes(lake, min(before), newest)
    report = compact(sluice, lake)
    after = history(lake)
    assert {number: after[number] for number in before} == before
    assert after[max(after)] == before[newest]
    assert changes(lake, min(before), newest) == told
    assert_sound(sluice, lake)
    if report["state"] == "nothing_to_do":
        assert max(after) == newest
        return report
    assert max(after) == newest + 1 == report["snapshot"]
    changes(lake, newest, max(after))
    assert compact(sluice, lake)["state"] == "nothing_to_do"
    lake.run("DELETE FROM t WHERE true" if ("main", "t") in after[max(after)] else "SELECT 1")
    assert_sound(sluice, lake)
    return report


@pytest.mark.parametrize("kind, name", of_kinds(SCENARIOS, {"sqlite": 4, "postgres": 12}))
def test_every_snapshot_reads_as_before(sluice, postgres, tmp_path, kind, name):
    lake = Lake(tmp_path, kind, postgres)
    make(lake, name)
    assert_compacts(sluice, lake)


@pytest.mark.parametrize("seed", some(range(10), 6))
def test_lakes_of_random_statements_read_as_before(sluice, postgres, tmp_path, seed):
    lake = Lake(tmp_path, KINDS[seed % 3], postgres)
    print(";\n".join(make_at_random(lake, seed)))
    assert_compacts(sluice, lake)
    lake.run("UPDATE r1 SET v = 'after' WHERE id % 2 = 0", "DELETE FROM r2 WHERE id % 3 = 0",
             numbers("r1 (id, v)", 0, 50), MERGE, rewrite("r1"), FLUSH)
    assert_sound(sluice, lake)


@pytest.mark.parametrize("kind", KINDS)
def test_small_files_deletions_and_inlined_rows_become_one_file(sluice, postgres, tmp_path, kind):
    lake = Lake(tmp_path, kind, postgres)
    lake.run(TWO, *[numbers("t", i * 20, i * 20 + 20) for i in range(12)],
             "DELETE FROM t WHERE id % 4 = 0", numbers("t", 1000, 1004))
    before = live_files(sluice, lake)["main.t"]
    assert len(before["files"]) == 12 and before["rows_in_catalog"] == 4
    report = assert_compacts(sluice, lake)
    [table] = report["tables"]
    assert (table["files_rewritten"], table["files_written"]) == (12, 1)
    assert (table["rows"], table["rows_deleted"], table["rows_in_catalog"]) == (184, 60, 4)
    [snapshot] = [s for s in sluice.run("lake", "snapshots", lake.uri, "--json").json["snapshots"]
                  if s["snapshot"] == report["snapshot"]]
    assert snapshot["author"] == "sluice"
    assert snapshot["message"] == f"sluice lake compact {report['run']}"
    difference = sluice.run("lake", "diff", lake.uri, "--since", report["snapshot"] - 1, "--until",
                            report["snapshot"], "--json", check_code=0).json
    assert difference["state"] == "same"


def test_files_of_consecutive_rows_need_no_column_of_numbers(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run(TWO, IN_FILES, numbers("t", 0, 20), numbers("t", 20, 40), numbers("t", 40, 60))
    assert_compacts(sluice, lake)
    assert lake.catalog_rows("SELECT row_id_start, record_count FROM ducklake_data_file WHERE "
                             "begin_snapshot = 5") == [(0, 60)]


def test_the_target_size_is_kept_to(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t (id bigint, v varchar)", IN_FILES,
             *[f"INSERT INTO t SELECT i, hash(i)::varchar || random() FROM range({i * 1000}, "
               f"{i * 1000 + 1000}) r(i)" for i in range(20)])
    small = live_files(sluice, lake)["main.t"]
    size = small["bytes"] // 5
    report = compact(sluice, lake, "--target-size", size)
    assert report["tables"][0]["files_written"] in (5, 6)
    # Rows of many files compress better than those of one: there may be room for more.
    for _ in range(4):
        if compact(sluice, lake, "--target-size", size)["state"] == "nothing_to_do":
            break
    else:
        raise AssertionError("it never comes to an end")
    big = live_files(sluice, lake)["main.t"]
    assert all(file["bytes"] < size * 1.2 for file in big["files"])
    assert big["rows"] == 20_000
    assert_sound(sluice, lake)


def test_partitions_stay_apart(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE p (n integer, d date, k varchar)",
             "ALTER TABLE p SET PARTITIONED BY (year(d), k)",
             *[f"INSERT INTO p SELECT i, date '2019-12-01' + i::int * 20, 'k=/%' || i % 2 "
               f"FROM range({i * 40}, {i * 40 + 40}) r(i)" for i in range(4)],
             "INSERT INTO p VALUES (1000, '2020-05-05', NULL), (1001, NULL, 'z')")
    assert_compacts(sluice, lake)
    table = live_files(sluice, lake)["main.p"]
    assert table["rows_in_catalog"] == 0
    parts = [tuple(file["partition"].items()) for file in table["files"]]
    assert len(parts) == len(set(parts)) and all(len(part) == 2 for part in parts)
    assert lake.rows("SELECT count(*) FROM p WHERE year(d) = 2020 AND k IS NULL") == [("1",)]


def test_a_sorted_table_stays_sorted(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run(TWO.replace(" t ", " s "), IN_FILES, "ALTER TABLE s SET SORTED BY (id DESC)",
             numbers("s", 0, 50), numbers("s", 50, 90), numbers("s", 20, 30))
    assert_compacts(sluice, lake)
    [file] = live_files(sluice, lake)["main.s"]["files"]
    with lake.connect() as connection:
        ids = [i for i, in connection.execute(
            f"SELECT id FROM read_parquet('{file['path']}')").fetchall()]
    assert ids == sorted(ids, reverse=True)


def test_only_the_tables_asked_for_and_a_dry_run_nothing(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE a (id bigint, v varchar)", "CREATE TABLE b (id bigint, v varchar)",
             *[numbers(table, 0, 20) for table in "abab"])
    before = history(lake), sorted(lake.data.rglob("*"))
    report = compact(sluice, lake, "--dry-run")
    assert report["state"] == "dry_run" and len(report["tables"]) == 2
    assert (history(lake), sorted(lake.data.rglob("*"))) == before
    report = compact(sluice, lake, "--table", "a")
    assert [table["table"] for table in report["tables"]] == ["main.a"]
    assert len(live_files(sluice, lake)["main.b"]["files"]) == 2
    sluice.run("lake", "compact", lake.uri, "--table", "nothing", check_code=3)


def test_files_of_others_are_left_and_told(sluice, tmp_path):
    lake = Lake(tmp_path)
    make_with_files_of_others(lake, tmp_path)
    lake.run("INSERT INTO t SELECT i, 'own', {'a': 2} FROM range(30) r(i)")
    report = assert_compacts(sluice, lake)
    assert [left["file"].endswith("other.parquet") for left in report["left"]] == [True]


def test_values_that_files_cannot_hold_stay_in_the_catalog(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t (a hugeint, b varchar)",
             "INSERT INTO t VALUES (170141183460469231731687303715884105727, 'x')")
    before = state_at(lake)
    report = compact(sluice, lake)
    assert report["state"] == "nothing_to_do" and len(report["left"]) == 1
    assert state_at(lake) == before


# The extension's changes between a compaction's reading and its commit.
MEANWHILE = {
    "a few deletions": (["DELETE FROM t WHERE id IN (3, 45)"], 2),
    "many deletions": (["DELETE FROM t WHERE id < 30"], 2),
    "an update": (["UPDATE t SET v = 'changed' WHERE id BETWEEN 10 AND 50"], 2),
    "an update in the catalog": (["UPDATE t SET v = 'changed' WHERE id = 1001"], 2),
    "a deletion in the catalog": (["DELETE FROM t WHERE id = 1001"], 2),
    "rows": ([numbers("t", 500, 540), numbers("t", 600, 602)], 1),
    "a column": (["ALTER TABLE t ADD COLUMN w int DEFAULT 3"], 2),
    "another name": (["ALTER TABLE t RENAME TO u"], 1),
    "another compaction": ([MERGE], 2),
    "a flush": ([FLUSH], 2),
    "a rewrite": ([rewrite("t")], 2),
    "another table": (["CREATE TABLE other AS FROM range(3)"], 1),
    "no more snapshots": ([EXPIRE, CLEAN_UP], 1),
}


@pytest.mark.parametrize("name", some(MEANWHILE, 3))
def test_what_others_did_meanwhile_is_not_lost(sluice, tmp_path, name):
    statements, tries = MEANWHILE[name]
    lake = Lake(tmp_path)
    lake.run(TWO, numbers("t", 0, 40), numbers("t", 40, 80), numbers("t", 80, 120),
             "DELETE FROM t WHERE id = 7", numbers("t", 1000, 1003))
    process = stopped_before_commit(sluice, lake)
    lake.run(*statements)
    wanted = state_at(lake)
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, (out, err)
    report = json.loads(out)
    assert state_at(lake) == wanted
    assert report["tries"] == tries, report
    assert_sound(sluice, lake)


def stopped_before_commit(sluice, lake):
    """A process that has written all and has not begun its commit yet, stopped by SIGSTOP."""
    process = sluice.start("lake", "compact", lake.uri, "--json", env={"SLUICE_STOP_AT": 2})
    wait_until_stopped(process)
    return process


@pytest.mark.parametrize("statement", [
    "DELETE FROM t WHERE id = 3", "DELETE FROM t WHERE id < 30",
    "UPDATE t SET v = 'q' WHERE id = 3", "UPDATE t SET v = 'q' WHERE id < 30",
    "DELETE FROM t WHERE id = 1001", "INSERT INTO t SELECT i, 'n' FROM range(30) r(i)"])
def test_the_extension_notices_a_compaction_under_its_transaction(sluice, postgres, tmp_path,
                                                                  statement):
    """A deletion is refused, since its file is not read any more; rows are added."""
    lake = Lake(tmp_path, "postgres", postgres)
    lake.run(TWO, numbers("t", 0, 40), numbers("t", 40, 80), numbers("t", 1000, 1003))
    before = state_at(lake)["main", "t"][1]
    with lake.connect() as connection:
        connection.execute("BEGIN")
        connection.execute(statement)
        assert compact(sluice, lake)["state"] == "compacted"
        if statement.startswith("INSERT"):
            connection.execute("COMMIT")
            assert len(state_at(lake)["main", "t"][1]) == len(before) + 30
        else:
            with pytest.raises(Exception, match="onflict"):
                connection.execute("COMMIT")
            assert state_at(lake)["main", "t"][1] == before
    assert_sound(sluice, lake)


@pytest.mark.parametrize("kind", KINDS)
def test_compactions_among_writers_lose_nothing(sluice, postgres, tmp_path, kind):
    """The extension adds and deletes, compactions go on: at the end each row is there once."""
    lake = Lake(tmp_path, kind, postgres)
    lake.run(TWO, numbers("t", 0, 100))
    wanted = set(range(100))
    done = threading.Event()
    errors = []

    def write():
        try:
            for i in range(1, 13):
                for statement in (numbers("t", i * 100, i * 100 + (100 if i % 2 else 5)),
                                  f"DELETE FROM t WHERE id IN ({i * 100 - 1}, {i * 7})"):
                    retry(lake, statement)
        except Exception as error:  # pylint: disable=broad-except
            errors.append(error)
        finally:
            done.set()

    for i in range(1, 13):
        wanted |= set(range(i * 100, i * 100 + (100 if i % 2 else 5)))
        wanted -= {i * 100 - 1, i * 7}
    writer = threading.Thread(target=write)
    writer.start()
    runs = 0
    while not done.is_set() or runs < 2:
        result = sluice.run("lake", "compact", lake.uri, "--json")
        assert result.code in (0, 6), result
        runs += 1
    writer.join()
    assert not errors, errors
    assert sorted(int(i) for i, in lake.rows("SELECT id FROM t")) == sorted(wanted)
    assert_sound(sluice, lake)
    made = sluice.run("lake", "snapshots", lake.uri, "--json", check_code=0).json["snapshots"]
    assert any(snapshot["author"] == "sluice" for snapshot in made)


def retry(lake, statement):
    for _ in range(200):
        try:
            lake.run(statement)
            return
        except Exception as error:  # pylint: disable=broad-except
            text = str(error).lower()
            if not any(word in text for word in ("conflict", "lock", "serialize", "wal")):
                raise
            time.sleep(0.05)
    raise AssertionError(f"never got through: {statement}")


INLINED = {
    "a file of deletions between": ["DELETE FROM t WHERE id % 2 = 0", "DELETE FROM t WHERE id = 1",
                                    "DELETE FROM t WHERE id % 11 = 3"],
    "before any file": ["DELETE FROM t WHERE id = 1", "DELETE FROM t WHERE id = 3"],
    "after a file": ["DELETE FROM t WHERE id % 3 = 0", "DELETE FROM t WHERE id = 1",
                     "DELETE FROM t WHERE id = 5"],
    "flushed and deleted again": ["DELETE FROM t WHERE id % 2 = 0", "DELETE FROM t WHERE id = 1",
                                  FLUSH, "DELETE FROM t WHERE id = 3"],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("deletions", INLINED.values(), ids=INLINED)
def test_a_flush_behind_a_compaction_leaves_every_snapshot(sluice, postgres, tmp_path, kind,
                                                           deletions):
    lake = Lake(tmp_path, kind, postgres)
    lake.run(TWO, numbers("t", 0, 2000), *deletions, numbers("t", 2000, 3000))
    before = history(lake)
    read = {at: sluice.run("query", lake.uri, "select count(*) n, sum(id) s from t", "--at", at,
                           "--json", check_code=0).json for at in before if at >= 2}
    report = compact(sluice, lake)
    assert (report["state"], report["left"]) == ("compacted", [])
    after = history(lake)
    assert {at: after[at] for at in before} == before
    lake.run(FLUSH)
    assert {at: rows for at, rows in history(lake).items() if at in after} == after
    for at, rows in read.items():
        assert sluice.run("query", lake.uri, "select count(*) n, sum(id) s from t", "--at", at,
                          "--json", check_code=0).json == rows
    assert_sound(sluice, lake)
    lake.run(CLEAN_UP)
    assert {at: rows for at, rows in history(lake).items() if at in after} == after
    assert_sound(sluice, lake)
