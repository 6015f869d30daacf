"""`lake fsck` finds nothing in lakes that DuckDB's extension wrote, and each planted damage by its
kind and nothing beside it."""
import hashlib
import pathlib
import shutil
import sqlite3

import pytest

from support.damaged_lakes import DAMAGES, SUBJECT, Subject, overwrite, sql, stats, table_stats
from support.judge import open_judge
from support.lakes import Lake
from support.sound_lakes import (FLUSH, SCENARIOS, make, make_at_random,
                                 make_with_files_of_others, numbers)
from support.thorough import of_kinds, some

ULID = "01K8Z0W6J5Q2V3X4Y5Z6A7B8C9"


def fsck(sluice, uri, *words, check_code=None):
    return sluice.run("lake", "fsck", uri, *words, "--json", check_code=check_code).json


def assert_sound(sluice, lake):
    report = fsck(sluice, lake.uri)
    assert report["findings"] == [] and report["staging"] == []
    assert report["state"] == "sound" and report["error"] is None


@pytest.mark.parametrize("kind, name", of_kinds(SCENARIOS, {"sqlite": 2, "postgres": 8}))
def test_a_lake_of_the_extension_is_sound(sluice, postgres, tmp_path, kind, name):
    lake = Lake(tmp_path, kind, postgres)
    make(lake, name)
    assert_sound(sluice, lake)


@pytest.mark.parametrize("seed", some(range(8), 4))
def test_a_lake_of_random_statements_is_sound(sluice, postgres, tmp_path, seed):
    lake = Lake(tmp_path, ["sqlite", "postgres"][seed % 2], postgres)
    made = make_at_random(lake, seed)
    print(";\n".join(made))
    assert_sound(sluice, lake)


def test_a_lake_with_files_of_others_is_sound(sluice, tmp_path):
    lake = Lake(tmp_path)
    make_with_files_of_others(lake, tmp_path)
    assert_sound(sluice, lake)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("subject")
    Lake(folder).run(*SUBJECT)
    return folder


@pytest.fixture
def subject(original, tmp_path):
    shutil.copytree(original, tmp_path / "lake")
    return Subject(tmp_path / "lake")


def test_the_lake_that_is_damaged_was_sound(sluice, subject):
    report = fsck(sluice, subject.uri, check_code=0)
    assert report["findings"] == []
    assert (report["tables"], report["files"]) == (3, 7)


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damage_is_found_by_its_kind_and_nothing_else(sluice, subject, name):
    damage, kind, table = DAMAGES[name]
    damage(subject)
    report = fsck(sluice, subject.uri, check_code=5)
    found = {(finding["kind"], finding["table"]) for finding in report["findings"]}
    expected = None if table is None else table if " " in table else f"main.{table}"
    assert found == {(kind, expected)}, report["findings"]
    assert report["state"] == "damaged"
    for finding in report["findings"]:
        assert finding["message"] and finding["hint"]
        # Only what is not there has nothing to compare.
        assert finding["kind"] == "missing_snapshot_changes" or finding["expected"]
        assert finding["kind"] == "missing_snapshot_changes" or finding["found"]


def test_a_finding_names_table_file_column_and_both_values(sluice, subject):
    stats(1, "max_value = '9'")(subject)
    path = subject.files("t")[0]
    [finding] = fsck(sluice, subject.uri, check_code=5)["findings"]
    assert (finding["table"], finding["column"], finding["expected"], finding["found"]) == (
        "main.t", "id", "max_value 9", "99")
    assert pathlib.Path(finding["file"]) == path
    text = sluice.run("lake", "fsck", subject.uri, check_code=5).stdout
    assert "wrong_file_stats" in text and path.name in text and "1 finding" in text


def test_a_choice_of_tables_leaves_the_others_alone(sluice, subject):
    subject.files("grew")[0].unlink()
    subject.sql("DELETE FROM ducklake_snapshot_changes WHERE snapshot_id = 3")
    shutil.copy(subject.files("t")[0], subject.files("t")[0].with_name("x.parquet"))

    def kinds(*words):
        return {finding["kind"] for finding in fsck(sluice, subject.uri, *words)["findings"]}

    assert kinds("--table", "m") == set()
    assert kinds("--table", "grew") == {"missing_data_file"}
    assert kinds("--table", "t") == {"orphan_file"}
    assert kinds() == {"missing_data_file", "orphan_file", "missing_snapshot_changes"}
    fsck(sluice, subject.uri, "--table", "nothing", check_code=3)


def test_deleted_rows_need_no_statistics_of_the_table(sluice, subject):
    """Another writer may narrow a table's bounds when it deletes rows."""
    with open_judge("ducklake", "sqlite_scanner") as connection:
        connection.execute(f"ATTACH 'ducklake:sqlite:{subject.catalog}' AS lake "
                           f"(DATA_PATH '{subject.data}/', OVERRIDE_DATA_PATH true)")
        connection.execute("DELETE FROM lake.t WHERE id < 40")
        connection.execute("DELETE FROM lake.t WHERE id = 99")
    table_stats(1, "min_value = '40'")(subject)
    table_stats(5, "min_value = '2020-02-10 00:00:00+00'")(subject)
    table_stats(5, "max_value = '2020-04-08 00:00:00+00'")(subject)
    fsck(sluice, subject.uri, check_code=0)
    table_stats(1, "min_value = '41'")(subject)
    [finding] = fsck(sluice, subject.uri, check_code=5)["findings"]
    assert (finding["kind"], finding["found"]) == ("wrong_table_stats", "40")


def test_staging_of_a_run_is_no_orphan(sluice, subject):
    staging = subject.data / "main" / f".sluice_{ULID.lower()}" / "t"
    staging.mkdir(parents=True)
    shutil.copy(subject.files("t")[0], staging / "chunk.parquet")
    report = fsck(sluice, subject.uri, check_code=0)
    assert report["findings"] == []
    assert [(folder["run"], pathlib.Path(folder["path"])) for folder in report["staging"]] == [
        (ULID, staging.parent)]
    assert ULID in sluice.run("lake", "fsck", subject.uri, check_code=0).stdout


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "duckdb"])
def test_a_lake_that_sluice_wrote_is_sound_at_each_step(sluice, postgres, tmp_path, kind):
    lake = Lake(tmp_path, kind, postgres)
    target = f"{lake.uri}{'&' if '?' in lake.uri else '?'}data_path={lake.data}"
    with open_judge() as connection:
        connection.execute(f"ATTACH '{tmp_path}/s.duckdb' AS s")
        connection.execute(
            "CREATE TABLE s.t AS SELECT i AS id, 'v' || i AS v, [i, NULL] AS l, {'a': i} AS s, "
            "CASE WHEN i % 7 = 0 THEN 'nan'::double ELSE i / 3 END AS d, i::decimal(9, 2) AS c, "
            "'\\xFF'::blob AS b, NULL::int AS n FROM range(30000) r(i)")
        connection.execute("CREATE TABLE s.k AS SELECT i AS id, 'a' AS v FROM range(500) r(i)")
    source = f"duckdb:{tmp_path}/s.duckdb"

    def step(*words):
        sluice.run(*words, check_code=0)
        report = fsck(sluice, lake.uri, check_code=0)
        assert report["findings"] == [], words
        return report

    step("migrate", source, target, "--batch-size", "10000")
    staged = step("migrate", source, target, "--if-exists", "replace", "--no-publish")
    assert len(staged["staging"]) == 2
    step("publish", "last")
    step("migrate", source, target, "--if-exists", "append", "--table", "t")
    step("migrate", source, target, "--if-exists", "merge", "--key", "id", "--table", "k")
    step("rollback", "last")
    runs = sluice.run("runs", "--json", check_code=0).json["runs"]
    made = {row["run"] for row in
            sluice.run("lake", "snapshots", lake.uri, "--json", check_code=0).json["snapshots"]}
    assert made - {None} == {run["run"] for run in runs}


def test_statistics_that_the_extension_left_wrong_are_found(sluice, tmp_path):
    """Rows of two types leave the catalog in one flush: the extension then forgets the bounds, and
    its own queries miss rows."""
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t (a int)", "INSERT INTO t SELECT range FROM range(50)",
             "INSERT INTO t VALUES (100)", "ALTER TABLE t ALTER COLUMN a SET DATA TYPE bigint",
             "INSERT INTO t VALUES (90000000000)", FLUSH, "INSERT INTO t VALUES (0), (2)")
    [[filtered]] = lake.rows("SELECT count(*) FROM t WHERE a > 10")
    [[counted]] = lake.rows("SELECT count(*) FILTER (WHERE a > 10) FROM t")
    report = fsck(sluice, lake.uri)
    kinds = {(finding["kind"], finding["column"]) for finding in report["findings"]}
    assert kinds == ({("wrong_table_stats", "a")} if filtered != counted else set())


def digest_of(folder):
    return {path: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
            for path in sorted(folder.rglob("*")) if path.is_file()}


def test_no_command_writes_to_the_lake_or_waits_for_a_writer(sluice, subject):
    before = digest_of(subject.catalog.parent)
    with sqlite3.connect(subject.catalog, isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        fsck(sluice, subject.uri, check_code=0)
        sluice.run("lake", "snapshots", subject.uri, check_code=0)
        sluice.run("lake", "files", subject.uri, check_code=0)
        sluice.run("lake", "diff", subject.uri, "--since", "2", check_code=0)
        writer.execute("ROLLBACK")
    assert digest_of(subject.catalog.parent) == before


@pytest.mark.parametrize("table", ["ducklake_data_file", "ducklake_metadata", "ducklake_column"])
def test_a_catalog_that_cannot_be_read_is_an_error(sluice, subject, table):
    subject.sql(f"DROP TABLE {table}")
    assert fsck(sluice, subject.uri, check_code=9)["error"]["kind"] == "corrupt"
    overwrite(subject.catalog, 0, b"\x00" * 4096)
    fsck(sluice, subject.uri, check_code=9)


@pytest.mark.parametrize("damage, kind", [
    ("UPDATE ducklake_data_file SET record_count = 1 WHERE data_file_id = 0", "wrong_record_count"),
    ("UPDATE ducklake_file_column_stats SET max_value = '9' WHERE data_file_id = 0 "
     "AND column_id = 1", "wrong_file_stats"),
    ("UPDATE ducklake_table_column_stats SET contains_null = false", "wrong_table_stats"),
    ("DELETE FROM ducklake_snapshot_changes WHERE snapshot_id = 2", "missing_snapshot_changes"),
    ("INSERT INTO ducklake_inlined_delete_1 VALUES (0, 3, 4)", "deleted_twice"),
])
def test_damages_of_a_catalog_in_postgres_are_found(sluice, postgres, tmp_path, damage, kind):
    lake = Lake(tmp_path, "postgres", postgres)
    lake.run("CREATE TABLE t (id bigint, v varchar)", numbers("t", 0, 100),
             "INSERT INTO t VALUES (1000, NULL), (1001, 'inlined')", "DELETE FROM t WHERE id = 3")
    assert_sound(sluice, lake)
    postgres.psql(lake.uri.rsplit("/", 1)[1], damage)
    kinds = {finding["kind"] for finding in fsck(sluice, lake.uri, check_code=5)["findings"]}
    assert kinds == {kind}
