"""`lake fsck --repair`: each planted damage that the files know better is corrected, the rest is
left and told; DuckDB's extension reads the same rows as before the damage."""
import pathlib
import shutil
import sqlite3

import duckdb
import pytest

from support.damaged_lakes import DAMAGES, SUBJECT, Subject
from support.lake_states import history, state_at
from support.lakes import Lake
from support.sound_lakes import IN_FILES, TWO, numbers
from support.thorough import some

KINDS = ["sqlite", "postgres", "duckdb"]
# A file that is gone or damaged, or that holds other columns, cannot be made up again.
NOT_REPAIRED = {"missing_data_file", "missing_deletion_file", "damaged_file", "orphan_file",
                "deletion_beyond_file", "missing_inlined_table", "missing_schema_version",
                "wrong_count", "no_field_ids", "wrong_column_type", "missing_column",
                "overlapping_row_numbers", "missing_snapshot_changes", "beyond_newest_snapshot"}


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("subject")
    lake = Lake(folder)
    lake.run(*SUBJECT)
    return folder, state_at(lake)


@pytest.fixture
def subject(original, tmp_path):
    shutil.copytree(original[0], tmp_path / "lake")
    lake = Lake.__new__(Lake)
    lake.kind = "sqlite"
    lake.data = tmp_path / "lake" / "lake_files"
    lake.catalog = tmp_path / "lake" / "lake.sqlite"
    lake.attach = lake.uri = f"ducklake:sqlite:{lake.catalog}"
    lake.moved()
    return lake


def repair(sluice, lake, *words, check_code=0):
    return sluice.run("lake", "fsck", lake.uri, "--repair", *words, "--json",
                      check_code=check_code).json


@pytest.mark.parametrize("name", some(DAMAGES, 5))
def test_a_damage_is_repaired_or_left_and_told(sluice, original, subject, tmp_path, name):
    damage, kind, _ = DAMAGES[name]
    damage(Subject(tmp_path / "lake"))
    damaged = subject.catalog.read_bytes()
    told = repair(sluice, subject, "--dry-run", check_code=5)
    assert subject.catalog.read_bytes() == damaged
    assert told["repair"]["backup"] is None and told["repair"]["dry_run"] is True
    if kind in NOT_REPAIRED:
        report = repair(sluice, subject, check_code=5)
        assert {finding["kind"] for finding in report["findings"]} == {kind}
        assert report["repair"] == {"dry_run": False, "backup": None, "steps": []}
        return
    report = repair(sluice, subject)
    assert report["state"] == "sound" and report["repair"]["steps"] == told["repair"]["steps"]
    assert kind in {step["kind"].replace("missing_table", "wrong_table")
                    for step in told["repair"]["steps"]} | {"missing_table_stats"}
    assert state_at(subject) == original[1]
    backup = pathlib.Path(report["repair"]["backup"])
    assert backup.parent == subject.catalog.parent and backup.stat().st_size > 0
    # Whoever does not like the repair has the catalog of before.
    for ending in ("-wal", "-shm"):
        pathlib.Path(f"{subject.catalog}{ending}").unlink(missing_ok=True)
    shutil.copy(backup, subject.catalog)
    again = sluice.run("lake", "fsck", subject.uri, "--json", check_code=5).json
    assert {finding["kind"] for finding in again["findings"]} == {kind}


FILTERS = ["id = 99", "id = 149", "v = 'v99'", "v IS NULL", "isnan(d)", "dec = -149",
           "tz >= '2020-04-09 00:00:00+00'", "s.a = 99", "id > 1 AND id < 3"]


@pytest.mark.parametrize("name", some([name for name, (_, kind, _t) in DAMAGES.items()
                                       if kind in ("wrong_file_stats", "wrong_table_stats")], 6))
def test_readers_skip_no_row_after_a_repair(sluice, subject, tmp_path, name):
    wanted = {where: subject.rows(f"SELECT count(*) FROM t WHERE {where}") for where in FILTERS}
    DAMAGES[name][0](Subject(tmp_path / "lake"))
    repair(sluice, subject)
    assert wanted == {where: subject.rows(f"SELECT count(*) FROM t WHERE {where}")
                      for where in FILTERS}
    subject.run("INSERT INTO t (id, v) SELECT i, 'new' FROM range(2000, 2030) r(i)",
                "DELETE FROM t WHERE id = 2001")
    assert subject.rows("SELECT count(*) FROM t WHERE v = 'new'") == [("29",)]
    sluice.run("lake", "fsck", subject.uri, check_code=0)


def test_entries_of_missing_files_go_on_request_only(sluice, subject):
    [path] = [row for row, in subject.catalog_rows(
        "SELECT f.path FROM ducklake_data_file f JOIN ducklake_table t USING (table_id) WHERE "
        "table_name = 'grew' AND record_count = 20")]
    (subject.data / "main" / "grew" / path).unlink()
    report = repair(sluice, subject, check_code=5)
    assert report["findings"][0]["kind"] == "missing_data_file"
    report = repair(sluice, subject, "--drop-missing")
    assert report["state"] == "sound" and "20 rows" in report["repair"]["steps"][0]["what"]
    assert subject.rows("SELECT count(*) FROM grew") == [("30",)]


def test_a_deletion_file_that_is_gone_gives_its_rows_back(sluice, subject):
    [path] = [row for row, in subject.catalog_rows("SELECT path FROM ducklake_delete_file")]
    (subject.data / "main" / "t" / path).unlink()
    repair(sluice, subject, "--drop-missing")
    assert subject.rows("SELECT count(*) FROM t WHERE id BETWEEN 10 AND 30") == [("21",)]


def damage(lake, *statements):
    """{} is where the catalog's tables are."""
    if lake.kind == "sqlite":
        with sqlite3.connect(lake.catalog) as connection:
            for statement in statements:
                connection.execute(statement.format(""))
        connection.close()
        return
    with lake.connect() as connection:
        for statement in statements:
            connection.execute(statement.format("__ducklake_metadata_lake."))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_catalog_is_backed_up_and_repaired(sluice, postgres, tmp_path, kind):
    lake = Lake(tmp_path, kind, postgres)
    lake.run(TWO, IN_FILES, numbers("t", 0, 50), numbers("t", 50, 80), "DELETE FROM t WHERE id = 3")
    before = history(lake)
    damage(lake, "UPDATE {}ducklake_data_file SET record_count = 17, file_size_bytes = 3 "
                 "WHERE data_file_id = 0",
           "UPDATE {}ducklake_table_stats SET record_count = 1, next_row_id = 5",
           "UPDATE {}ducklake_table_column_stats SET max_value = '1' WHERE column_id = 1")
    report = repair(sluice, lake)
    assert report["state"] == "sound" and history(lake) == before
    backup = report["repair"]["backup"]
    if kind == "postgres":
        assert backup.startswith("public_sluice_backup_")
        with lake.connect() as connection:
            [[rows]] = connection.execute(
                "SELECT record_count FROM postgres_query('__ducklake_metadata_lake', 'SELECT "
                f"record_count FROM \"{backup}\".ducklake_data_file WHERE data_file_id = 0')"
            ).fetchall()
        assert rows == 17
    elif kind == "duckdb":
        with duckdb.connect(backup, read_only=True) as connection:
            assert connection.execute("SELECT record_count FROM ducklake_data_file WHERE "
                                      "data_file_id = 0").fetchall() == [(17,)]
    lake.run(numbers("t", 80, 120))
    assert lake.rows("SELECT count(*), count(DISTINCT rowid) FROM t") == [("119", "119")]
    assert repair(sluice, lake)["repair"]["steps"] == []


def test_repair_is_of_the_whole_lake_and_its_options_need_it(sluice, subject):
    assert sluice.run("lake", "fsck", subject.uri, "--repair", "--table", "t").code == 2
    assert sluice.run("lake", "fsck", subject.uri, "--drop-missing").code == 2
    assert sluice.run("lake", "fsck", subject.uri, "--dry-run").code == 2
