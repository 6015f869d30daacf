"""`lake expire`, judged by DuckDB's extension: kept snapshots read as before, what only the others
had is gone, and no file goes that somebody may need."""
import os
import sqlite3
import time

import pytest

from support.lake_states import changes, history, snapshots, state_at
from support.lakes import Lake
from support.sound_lakes import (CLEAN_UP, EXPIRE, FLUSH, IN_FILES, MERGE, SCENARIOS, TWO, make,
                                 make_at_random, numbers, rewrite)
from support.thorough import of_kinds, some

KINDS = ["sqlite", "postgres", "duckdb"]
ULID = "01K8Z0W6J5Q2V3X4Y5Z6A7B8C9"


def expire(sluice, lake, *words, check_code=0):
    return sluice.run("lake", "expire", lake.uri, *words, "--json", check_code=check_code).json


def assert_sound(sluice, lake):
    report = sluice.run("lake", "fsck", lake.uri, "--json").json
    assert report["findings"] == []


def data_files(lake):
    return {str(path) for path in lake.data.rglob("*.parquet")}


def assert_expires(sluice, lake, keep):
    before = history(lake)
    files = data_files(lake)
    report = expire(sluice, lake, "--keep", keep, "--grace", "0s")
    kept = sorted(before)[-keep:]
    assert history(lake) == {number: before[number] for number in kept}
    assert [s["snapshot"] for s in report["expired"]] == sorted(before)[:-keep]
    assert report["kept"] == len(kept) and report["waiting"] == [] and report["left"] == []
    assert files - data_files(lake) == {file["path"] for file in report["deleted"]
                                        if file["path"] in files}
    assert_sound(sluice, lake)
    changes(lake, kept[0], kept[-1])
    return report


@pytest.mark.parametrize("kind, name", of_kinds(SCENARIOS, {"postgres": 12, "sqlite": 4}))
def test_kept_snapshots_read_as_before(sluice, postgres, tmp_path, kind, name):
    lake = Lake(tmp_path, kind, postgres)
    make(lake, name)
    assert_expires(sluice, lake, 3)
    assert_expires(sluice, lake, 1)
    again = expire(sluice, lake, "--keep", 1, "--grace", "0s")
    assert again["expired"] == again["deleted"] == []


@pytest.mark.parametrize("seed", some(range(10, 20), 6))
def test_lakes_of_random_statements_are_thinned_out(sluice, postgres, tmp_path, seed):
    lake = Lake(tmp_path, KINDS[seed % 3], postgres)
    print(";\n".join(make_at_random(lake, seed)))
    assert_expires(sluice, lake, 5)
    sluice.run("lake", "compact", lake.uri, check_code=0)
    assert_expires(sluice, lake, 2)
    lake.run("DELETE FROM r1 WHERE id % 2 = 0", numbers("r2 (id, v)", 0, 50), MERGE,
             rewrite("r1"), FLUSH, EXPIRE, CLEAN_UP)
    assert_sound(sluice, lake)
    state = state_at(lake)
    assert_expires(sluice, lake, 1)
    assert state_at(lake) == state


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_stays_that_only_old_snapshots_had(sluice, postgres, tmp_path, kind):
    lake = Lake(tmp_path, kind, postgres)
    lake.run(TWO, numbers("t", 0, 100), "DELETE FROM t WHERE id < 50", numbers("t", 200, 203),
             "UPDATE t SET v = 'x' WHERE id = 201", "CREATE TABLE gone (a int)",
             "INSERT INTO gone SELECT range FROM range(40)", "INSERT INTO gone VALUES (1)",
             "COMMENT ON TABLE gone IS 'x'", "CREATE VIEW w AS FROM t", "DROP VIEW w",
             "DROP TABLE gone", "CREATE SCHEMA s2", "DROP SCHEMA s2",
             "ALTER TABLE t RENAME TO t2", "ALTER TABLE t2 SET SORTED BY (id ASC)",
             "CREATE MACRO m(a) AS a + 1", "DROP MACRO m", "COMMENT ON TABLE t2 IS 'one'",
             "COMMENT ON TABLE t2 IS 'two'")
    sluice.run("lake", "compact", lake.uri, check_code=0)
    report = assert_expires(sluice, lake, 1)
    assert len(report["deleted"]) == 3
    with lake.connect() as connection:
        def count(table):
            return connection.execute(
                f"SELECT count(*) FROM __ducklake_metadata_lake.{table}").fetchone()[0]
        wanted = {"ducklake_snapshot": 1, "ducklake_snapshot_changes": 1, "ducklake_table": 2,
                  "ducklake_schema": 1, "ducklake_view": 0, "ducklake_macro": 0,
                  "ducklake_macro_impl": 0, "ducklake_data_file": 1, "ducklake_delete_file": 0,
                  "ducklake_tag": 1, "ducklake_column": 2, "ducklake_table_stats": 1,
                  "ducklake_files_scheduled_for_deletion": 0}
        assert {table: count(table) for table in wanted} == wanted
        inlined = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE "
            "table_name LIKE 'ducklake_inlined_data_2%'").fetchall()
        assert inlined == []


def test_a_file_is_deleted_when_the_grace_is_over(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run(TWO, IN_FILES, numbers("t", 0, 20), numbers("t", 20, 40), "DELETE FROM t WHERE id = 3",
             rewrite("t"))
    files = data_files(lake)
    report = expire(sluice, lake, "--keep", 1)
    assert report["scheduled"] == 2 and len(report["waiting"]) == 2 and report["deleted"] == []
    assert data_files(lake) == files
    assert_sound(sluice, lake)
    assert len(expire(sluice, lake, "--keep", 1, "--grace", "1h")["waiting"]) == 2
    time.sleep(1.1)
    report = expire(sluice, lake, "--keep", 1, "--grace", "1s")
    assert len(report["deleted"]) == 2 and report["waiting"] == []
    assert data_files(lake) == files - {file["path"] for file in report["deleted"]}
    assert_sound(sluice, lake)


def test_by_age_and_never_the_newest(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run(TWO, numbers("t", 0, 20), numbers("t", 20, 40))
    assert expire(sluice, lake, "--older-than", "1h")["expired"] == []
    time.sleep(1.5)
    lake.run(numbers("t", 40, 60))
    report = expire(sluice, lake, "--older-than", "1s")
    assert [s["snapshot"] for s in report["expired"]] == [0, 1, 2, 3][:len(report["expired"])]
    assert 3 <= len(report["expired"])
    time.sleep(1.1)
    assert expire(sluice, lake, "--older-than", "0s")["kept"] == 1
    assert lake.rows("SELECT count(*) FROM t") == [("60",)]


def test_a_dry_run_says_what_would_go(sluice, tmp_path):
    lake = Lake(tmp_path)
    make(lake, "expired and cleaned up")
    lake.run(rewrite("t"))
    before = history(lake), data_files(lake), lake.catalog.read_bytes()
    told = expire(sluice, lake, "--keep", 1, "--grace", "0s", "--dry-run")
    assert told["state"] == "dry_run"
    assert (history(lake), data_files(lake), lake.catalog.read_bytes()) == before
    done = expire(sluice, lake, "--keep", 1, "--grace", "0s")
    assert [s["snapshot"] for s in told["expired"]] == [s["snapshot"] for s in done["expired"]]
    assert ({file["path"] for file in told["deleted"]}
            == {file["path"] for file in done["deleted"]} != set())


def test_one_of_age_and_number_is_needed(sluice, tmp_path):
    lake = Lake(tmp_path)
    make(lake, "inserts")
    for words in ([], ["--keep", 1, "--older-than", "1h"], ["--keep", 0], ["--keep", -1]):
        result = sluice.run("lake", "expire", lake.uri, *words, "--json")
        assert result.code == 2, result
    assert len(snapshots(lake)) == 5


def test_orphans_only_on_request_and_not_those_of_a_run(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run(TWO, IN_FILES, numbers("t", 0, 20))
    [live] = data_files(lake)
    table = lake.data / "main" / "t"
    orphan = table / "left.parquet"
    of_run = table / f"sluice_{ULID.lower()}-000001.parquet"
    of_dead = table / f"sluice_{ULID.lower()[:-1]}d-000001.parquet"
    other = lake.data / "notes.txt"
    for path in (orphan, of_run, of_dead, other):
        path.write_bytes(b"PAR1")
    run = lake.data / f".sluice_{ULID.lower()}"
    run.mkdir()
    (run / "ledger.jsonl").write_text("")
    dead = lake.data / f".sluice_{ULID.lower()[:-1]}d"
    (dead / "bundle").mkdir(parents=True)
    (dead / "bundle" / "half.parquet").write_bytes(b"PAR1")
    assert expire(sluice, lake, "--keep", 1, "--grace", "0s")["orphans"] == []
    report = expire(sluice, lake, "--keep", 1, "--orphans")
    assert report["orphans"] == [] and len(report["waiting"]) == 1
    told = expire(sluice, lake, "--keep", 1, "--orphans", "--grace", "0s", "--dry-run")
    assert orphan.exists() and dead.exists()
    report = expire(sluice, lake, "--keep", 1, "--orphans", "--grace", "0s")
    assert {file["path"] for file in report["orphans"]} == {str(orphan), str(of_dead), str(dead)}
    assert len(told["orphans"]) == 2  # and what the folder of the dead run protects
    assert not orphan.exists() and not of_dead.exists() and not dead.exists()
    assert of_run.exists() and run.exists() and other.exists() and os.path.exists(live)
    assert lake.rows("SELECT count(*) FROM t") == [("20",)]


def test_a_file_in_use_is_not_deleted_whatever_the_list_says(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run(TWO, IN_FILES, numbers("t", 0, 20))
    with sqlite3.connect(lake.catalog) as connection:
        connection.execute("INSERT INTO ducklake_files_scheduled_for_deletion SELECT data_file_id, "
                           "'main/t/' || path, 1, '2020-01-01 00:00:00+00' FROM ducklake_data_file")
    connection.close()
    report = expire(sluice, lake, "--keep", 1)
    assert report["deleted"] == [] and "in use" in report["left"][0]["reason"]
    assert lake.rows("SELECT count(*) FROM t") == [("20",)]


def test_a_reader_of_an_expired_snapshot_finishes(sluice, postgres, tmp_path):
    lake = Lake(tmp_path, "postgres", postgres)
    lake.run(TWO, IN_FILES, numbers("t", 0, 20), numbers("t", 20, 40))
    with lake.connect(read_only=True) as reader:
        reader.execute("BEGIN")
        before = reader.execute("SELECT count(*) FROM t").fetchall()
        sluice.run("lake", "compact", lake.uri, check_code=0)
        expire(sluice, lake, "--keep", 1)
        assert reader.execute("SELECT count(*) FROM (FROM t ORDER BY id)").fetchall() == before
        reader.execute("COMMIT")
