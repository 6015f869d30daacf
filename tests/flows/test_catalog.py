"""The SQL catalog of Delta tables in SQLite, PostgreSQL and MariaDB. What it holds is read by each
database's own client, in SQL; delta-rs says which files a table has."""
import json
import os
import shutil
import sqlite3
import subprocess

import deltalake
import pyarrow
import pytest

from support import delta_logs, mariadb
from support.delta import HandWritten, field, inline_vector, open_delta_judge, unpack

DONE, INVALID, NOT_FOUND, DIFFERS, CONFLICT, DENIED = 0, 2, 3, 5, 6, 8
AT = "added_version <= {0} AND (removed_version IS NULL OR removed_version > {0})"


class Catalog:
    """A catalog's location, and a client of its database that is not sluice's."""

    def __init__(self, kind, uri, ask):
        self.kind, self.uri, self.ask = kind, uri, ask

    def lines(self, sql):
        text = self.ask(sql)
        return text.split("\n") if text else []

    def paths(self, version, table="t"):
        sql = f"SELECT path FROM delta_files WHERE table_id = '{table}' AND {AT.format(version)}"
        return sorted(self.lines(sql))


def ask_sqlite(path):
    def ask(sql):
        with sqlite3.connect(path) as connection:
            rows = connection.execute(sql).fetchall()
        return "\n".join("|".join("" if c is None else str(c) for c in row) for row in rows)
    return ask


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def catalog(request, tmp_path):
    if request.param == "sqlite":
        path = tmp_path / "catalog.db"
        return Catalog("sqlite", f"sqlite:{path}", ask_sqlite(path))
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        made = server.new_database()
        return Catalog("postgres", made.uri, lambda sql: server.psql(made.name, sql))
    try:
        server = mariadb.shared()
    except mariadb.Unavailable as reason:
        pytest.skip(str(reason))
    made = server.new_database()
    return Catalog("mysql", made.uri, lambda sql: server.sql(made.name, sql).replace("\t", "|"))


@pytest.fixture
def lite(tmp_path):
    path = tmp_path / "catalog.db"
    return Catalog("sqlite", f"sqlite:{path}", ask_sqlite(path))


def imported(sluice, table, catalog, *more, code=DONE):
    return sluice.run("catalog", "import", f"delta:{table}", catalog.uri, "--json", *more,
                      check_code=code).json


def validated(sluice, table, catalog, *more, code=DONE):
    return sluice.run("catalog", "validate", f"delta:{table}", catalog.uri, "--json", *more,
                      check_code=code).json


def test_every_version_of_a_log_is_in_sql(sluice, catalog, tmp_path):
    states = delta_logs.write_table(tmp_path / "t", commits=6, files=4)
    done = imported(sluice, tmp_path / "t", catalog)
    assert done["state"] == "done" and done["error"] is None
    assert done["tables"][0]["version"] == 5 and done["tables"][0]["commits"] == 6
    for version, paths in enumerate(states):
        assert catalog.paths(version) == paths
        listed = deltalake.DeltaTable(tmp_path / "t", version=version).file_uris()
        assert [f"{tmp_path}/t/{path}" for path in paths] == sorted(listed)
    assert catalog.lines("SELECT status, version, files_processed, error_message FROM "
                         "migration_status WHERE table_id = 't'")[0].startswith("completed|5|29|")
    assert catalog.lines("SELECT count(*) FROM delta_commits") == ["6"]
    assert catalog.lines("SELECT max(txn_version) FROM delta_txns") == ["5"]
    assert validated(sluice, tmp_path / "t", catalog)["state"] == "same"


def test_a_second_import_reads_only_new_commits(sluice, catalog, tmp_path):
    table = tmp_path / "t"
    delta_logs.write_table(table, commits=3)
    imported(sluice, table, catalog)
    again = imported(sluice, table, catalog)["tables"][0]
    assert again["state"] == "unchanged" and again["commits"] == 0 and again["files"] == 0
    delta_logs.commit(table, 3, delta_logs.add(500, 3), delta_logs.remove(delta_logs.add(1)))
    lag = sluice.run("catalog", "validate", f"delta:{table}", catalog.uri, "--watch", "--count",
                     "1", "--json", check_code=DONE).json["tables"][0]
    assert lag["versions_behind"] == 1 and lag["log_version"] == 3
    behind = validated(sluice, table, catalog, code=DIFFERS)["tables"][0]["differences"]
    assert [one["kind"] for one in behind] == ["version"]
    more = imported(sluice, table, catalog)["tables"][0]
    assert more["state"] == "imported" and more["commits"] == 1 and more["files"] == 2
    assert validated(sluice, table, catalog)["state"] == "same"
    assert "day=2024-01-02/part-000001.parquet" not in catalog.paths(3)
    assert "day=2024-01-02/part-000001.parquet" in catalog.paths(2)


def test_vectors_tags_row_ids_and_domains_are_kept(sluice, catalog, tmp_path):
    table = HandWritten(tmp_path / "t", [field("v", "long")], protocol={
        "minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["deletionVectors"],
        "writerFeatures": ["deletionVectors", "rowTracking", "domainMetadata"]})
    first = table.file({"v": [1, 2, 3]}, "a.parquet", tags={"K": "x\t\\y\n'z"}, baseRowId=7,
                       defaultRowCommitVersion=0, clusteringProvider="liquid")
    table.commit({"commitInfo": {"operation": "WRITE", "own": {"k": [1, "é"]}}}, *table.head(),
                 {"domainMetadata": {"domain": "d", "configuration": "{\"a\":1}",
                                     "removed": False}}, first)
    vector = inline_vector([1])
    second = {"add": {**first["add"], "deletionVector": vector}}
    gone = {"remove": {"path": "a.parquet", "deletionTimestamp": 5, "dataChange": True,
                       "tags": {"t": "1"}, "stats": "{\"numRecords\":3}", "baseRowId": 7}}
    table.commit({"commitInfo": {"operation": "DELETE"}}, gone, second,
                 {"domainMetadata": {"domain": "d", "configuration": "", "removed": True}})
    imported(sluice, table.folder, catalog)
    assert catalog.lines("SELECT added_version, removed_version, base_row_id, dv_cardinality, "
                         "clustering_provider FROM delta_files ORDER BY added_version") in (
        ["0|1|7||liquid", "1||7|1|liquid"], ["0|1|7|NULL|liquid", "1|NULL|7|1|liquid"])
    if catalog.kind == "sqlite":
        tags = catalog.lines("SELECT tags FROM delta_files")
        assert [json.loads(one) for one in tags] == [{"K": "x\t\\y\n'z"}] * 2
        raw = catalog.lines("SELECT commit_info FROM delta_commits WHERE version = 0")
        assert json.loads(raw[0])["own"] == {"k": [1, "é"]}
    assert catalog.lines("SELECT path, deletion_timestamp, stats FROM delta_removes") == [
        'a.parquet|5|{"numRecords":3}']
    assert validated(sluice, table.folder, catalog)["state"] == "same"


GOLDEN = ["basic_partitioned", "compacted-log-files-table", "dv-partitioned-with-checkpoint",
          "dv-with-columnmapping", "multi-part-checkpoint", "v2-checkpoint-json",
          "v2-checkpoint-parquet", "v2-checkpoints-json-with-sidecars", "type-widening",
          "delete-re-add-same-file-different-transactions", "snapshot-repartitioned",
          "corrupted-last-checkpoint-kernel", "data-reader-escaped-chars"]


@pytest.mark.parametrize("name", GOLDEN)
def test_a_golden_table_is_the_same_in_log_and_catalog(sluice, lite, data_folder, tmp_path, name):
    table, _ = unpack(data_folder, name, tmp_path)
    imported(sluice, table, lite, "--table-id", "t", "--batch-size", "2")
    assert validated(sluice, table, lite)["state"] == "same"
    listed = sluice.run("lake", "files", f"delta:{table}", "--json", check_code=DONE).json
    files = sum(len(one["files"]) for one in listed["tables"])
    newest = lite.lines("SELECT version FROM delta_tables")[0]
    assert len(lite.paths(newest)) == files


def test_a_log_that_was_cleaned_up_begins_with_its_checkpoint(sluice, catalog, tmp_path):
    table = HandWritten(tmp_path / "t", [field("v", "long")])
    adds = [table.file({"v": [i]}, f"{i}.parquet") for i in range(5)]
    table.commit(*table.head(), adds[0])
    for one in adds[1:]:
        table.commit(one)
    table.parquet("00000000000000000003.checkpoint.parquet", [*table.head(), *adds[:4]])
    for version in range(4):
        (table.log / f"{version:020}.json").unlink()
    imported(sluice, table.folder, catalog)
    assert catalog.lines("SELECT first_version, version FROM delta_tables") == ["3|4"]
    assert catalog.paths(3) == ["0.parquet", "1.parquet", "2.parquet", "3.parquet"]
    assert validated(sluice, table.folder, catalog)["state"] == "same"


def test_validate_names_what_somebody_changed_in_sql(sluice, lite, tmp_path):
    table = tmp_path / "t"
    delta_logs.write_table(table, commits=3)
    imported(sluice, table, lite)
    path = lite.paths(2)[0]
    with sqlite3.connect(tmp_path / "catalog.db") as connection:
        connection.execute("UPDATE delta_files SET size_bytes = 1 WHERE path = ?", [path])
        connection.execute("UPDATE delta_txns SET txn_version = 99 WHERE version = 2")
        connection.execute("DELETE FROM delta_files WHERE path = ?", [lite.paths(2)[1]])
        connection.execute("DELETE FROM delta_removes WHERE removed_version = 1")
    found = validated(sluice, table, lite, code=DIFFERS)["tables"][0]["differences"]
    assert [(one["kind"], one["side"], one["field"]) for one in found] == [
        ("txn", "both", "version"), ("file", "both", "size"), ("file", "log", None),
        ("tombstone", "log", None)]
    assert found[1]["object"] == path and found[1]["catalog"] == "1"


@pytest.mark.parametrize("how", ["other content", "fewer versions", "other table"])
def test_a_replaced_log_is_refused_by_name(sluice, catalog, tmp_path, how):
    table = tmp_path / "t"
    delta_logs.write_table(table, commits=4)
    imported(sluice, table, catalog)
    before = catalog.lines("SELECT count(*) FROM delta_files")
    if how == "other content":
        delta_logs.commit(table, 3, delta_logs.add(900))
        delta_logs.commit(table, 4, delta_logs.add(901))
    elif how == "fewer versions":
        (table / f"_delta_log/{3:020}.json").unlink()
    else:
        shutil.rmtree(table)
        delta_logs.write_table(table, commits=9, files=2)
    error = imported(sluice, table, catalog, code=CONFLICT)["error"]
    assert error["vendor_code"] == "log_replaced" and "catalog drop" in error["hint"]
    assert catalog.lines("SELECT count(*) FROM delta_files") == before


def test_a_dry_run_changes_nothing(sluice, tmp_path, lite):
    delta_logs.write_table(tmp_path / "t", commits=3)
    done = imported(sluice, tmp_path / "t", lite, "--dry-run")
    assert done["dry_run"] and done["tables"][0]["state"] == "dry_run"
    assert done["tables"][0]["files"] == 14 and done["tables"][0]["version"] == 2
    assert not (tmp_path / "catalog.db").exists()


def test_a_tree_is_imported_in_parallel_without_what_is_excluded(sluice, catalog, tmp_path):
    tree = tmp_path / "lake"
    for name in ("a", "b/c", "b/d/e", "temp", "b/_staging/x", "b/d/e/f"):
        if name != "b/d/e/f":
            delta_logs.write_table(tree / name, commits=3)
    done = imported(sluice, tree, catalog, "--recursive", "--parallel", "3", "--exclude", "temp",
                    "--exclude", "_*")
    assert sorted(one["table_id"] for one in done["tables"]) == ["a", "b/c", "b/d/e"]
    assert catalog.lines("SELECT DISTINCT status FROM migration_status") == ["completed"]
    shallow = imported(sluice, tree, catalog, "--recursive", "--max-depth", "2", "--dry-run")
    assert sorted(one["table_id"] for one in shallow["tables"]) == ["a", "b/c", "temp"]
    assert validated(sluice, tree / "b/d", catalog)["state"] == "same"
    missing = validated(sluice, tree / "b", catalog, code=NOT_FOUND)["error"]
    assert missing["object"] == str(tree / "b/_staging/x")
    whole = sluice.run("catalog", "validate", f"delta:{tree}", catalog.uri, "--recursive",
                       "--exclude", "temp", "--exclude", "_*", "--json", check_code=DONE).json
    assert sorted(one["table_id"] for one in whole["tables"]) == ["a", "b/c", "b/d/e"]
    refused = imported(sluice, tree, catalog, code=NOT_FOUND)["error"]
    assert "--recursive" in refused["hint"]


def test_rollback_verifies_then_removes_and_refuses_what_would_be_lost(sluice, catalog, tmp_path):
    table = tmp_path / "t"
    delta_logs.write_table(table, commits=3)
    imported(sluice, table, catalog)
    dry = sluice.run("catalog", "rollback", catalog.uri, "--table-id", "t", "--dry-run", "--json",
                     check_code=DONE).json
    assert dry["state"] == "dry_run" and dry["files"] == 12
    log = table / "_delta_log"
    newest = log / f"{2:020}.json"
    text = newest.read_text()
    newest.unlink()
    refused = sluice.run("catalog", "rollback", catalog.uri, "--json", check_code=DIFFERS).json
    assert refused["state"] == "refused"
    assert refused["differences"][0]["kind"] == "version"
    newest.write_text(text)
    done = sluice.run("catalog", "rollback", catalog.uri, "--json", check_code=DONE).json
    assert done["state"] == "rolled_back"
    for name in ("delta_files", "delta_tables", "migration_status", "delta_commits"):
        assert catalog.lines(f"SELECT count(*) FROM {name}") == ["0"]
    error = sluice.run("catalog", "drop", catalog.uri, "--table-id", "t", "--json",
                       check_code=NOT_FOUND).json["error"]
    assert error["object"] == "t"
    imported(sluice, table, catalog)
    sluice.run("catalog", "drop", catalog.uri, "--table-id", "t", check_code=DONE)
    assert catalog.lines("SELECT count(*) FROM delta_removes") == ["0"]


def test_an_exported_log_is_read_by_delta_rs(sluice, catalog, tmp_path):
    table = tmp_path / "t"
    for rows in ([1, 2], [3], [4, 5]):
        deltalake.write_deltalake(table, pyarrow.table({"v": rows}), mode="append")
    imported(sluice, table, catalog)
    there = sluice.run("catalog", "export", catalog.uri, table, "--json", check_code=CONFLICT)
    assert there.json["error"]["kind"] == "exists"
    shutil.move(table / "_delta_log", tmp_path / "moved")
    done = sluice.run("catalog", "export", catalog.uri, table, "--json", check_code=DONE).json
    assert done["version"] == 2 and done["files"] == 3
    assert sorted(deltalake.DeltaTable(table).to_pyarrow_table()["v"].to_pylist()) == [
        1, 2, 3, 4, 5]
    old = tmp_path / "old"
    sluice.run("catalog", "export", catalog.uri, old, "--at", "1", check_code=DONE)
    rows = open_delta_judge().execute(f"SELECT v FROM delta_scan('{old}') ORDER BY v").fetchall()
    assert rows == [(1,), (2,), (3,)]


def test_log_and_catalog_answer_alike_and_both_are_timed(sluice, catalog, tmp_path):
    delta_logs.write_table(tmp_path / "t", commits=20, files=20)
    imported(sluice, tmp_path / "t", catalog)
    done = sluice.run("catalog", "compare", f"delta:{tmp_path / 't'}", catalog.uri, "--json",
                      check_code=DONE).json
    assert [one["question"] for one in done["questions"]] == [
        "list files", "point lookup", "partition prune", "time travel"]
    assert all(one["same"] and one["log_seconds"] > 0 and one["catalog_seconds"] > 0
               for one in done["questions"])
    assert [one["files"] for one in done["questions"]][:2] == [381, 1]
    text = sluice.run("catalog", "compare", f"delta:{tmp_path / 't'}", catalog.uri,
                      check_code=DONE).stdout
    assert "point lookup" in text and "x" in text


def test_one_id_is_of_one_place(sluice, lite, tmp_path):
    for name in ("a/t", "b/t"):
        delta_logs.write_table(tmp_path / name, commits=1)
    imported(sluice, tmp_path / "a/t", lite)
    error = imported(sluice, tmp_path / "b/t", lite, code=CONFLICT)["error"]
    assert error["kind"] == "exists" and "--table-id" in error["hint"]
    imported(sluice, tmp_path / "b/t", lite, "--table-id", "other")
    status = sluice.run("catalog", "status", lite.uri, "--json", check_code=DONE).json
    assert sorted(one["table_id"] for one in status["migrations"]) == ["other", "t"]


def test_an_empty_log_is_told_with_what_to_do(sluice, lite, tmp_path):
    (tmp_path / "t/_delta_log").mkdir(parents=True)
    error = imported(sluice, tmp_path / "t", lite, code=NOT_FOUND)["error"]
    assert "no checkpoint or JSON files found" in error["message"]
    assert "_delta_log" in error["hint"]


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_a_server_that_is_not_there_is_told_with_what_to_do(sluice, tmp_path, kind):
    delta_logs.write_table(tmp_path / "t", commits=1)
    done = sluice.run("catalog", "import", f"delta:{tmp_path / 't'}",
                      f"{kind}://nobody@127.0.0.1:1/x", "--json", check_code=NOT_FOUND)
    assert done.json["error"]["message"].startswith("database connection failed")
    assert done.json["error"]["hint"]


def test_missing_rights_are_told_with_what_to_do(sluice, postgres, tmp_path):
    delta_logs.write_table(tmp_path / "t", commits=1)
    made = postgres.new_database()
    postgres.psql(made.name, "REVOKE ALL ON SCHEMA public FROM PUBLIC, secretive; "
                             "REVOKE CREATE ON DATABASE " + made.name + " FROM PUBLIC")
    done = sluice.run("catalog", "import", f"delta:{tmp_path / 't'}",
                      postgres.uri(made.name, "secretive"), "--json", env={"PGPASSWORD": "wrong"})
    assert done.code == DENIED, done
    assert done.json["error"]["hint"]


def test_a_full_disk_is_told_and_the_import_goes_on_from_there(sluice, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small tmpfs")
    device = tmp_path / "device"
    device.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(device)],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("mount is not permitted here")
    try:
        delta_logs.write_table(tmp_path / "t", commits=20, files=400)
        path = device / "catalog.db"
        small = Catalog("sqlite", f"sqlite:{path}", ask_sqlite(path))
        done = imported(sluice, tmp_path / "t", small, code=7)
        assert done["error"]["message"].startswith("disk space exhausted")
        assert "--resume" in done["error"]["hint"]
        subprocess.run(["mount", "-o", "remount,size=64m", str(device)], check=True)
        imported(sluice, tmp_path / "t", small, "--resume")
        assert validated(sluice, tmp_path / "t", small)["state"] == "same"
    finally:
        subprocess.run(["umount", "-l", str(device)], check=False)


def test_what_a_database_answers_is_no_failure_to_connect(sluice, catalog):
    error = sluice.run("catalog", "status", catalog.uri, "--json",
                       check_code=NOT_FOUND).json["error"]
    assert "connection failed" not in error["message"]


def test_versions_that_the_log_lost_since_do_not_stand_in_a_comparison(sluice, lite, tmp_path):
    table = tmp_path / "t"
    for i in range(12):
        deltalake.write_deltalake(str(table), pyarrow.table({"v": [i]}), mode="append")
    imported(sluice, table, lite)
    sluice.run("lake", "expire", f"delta:{table}", "--keep", "2", "--grace", "0s", check_code=0)
    assert not (table / f"_delta_log/{0:020}.json").exists()
    report = sluice.run("catalog", "compare", f"delta:{table}", lite.uri, "--json",
                        check_code=DONE).json
    assert {"list files", "time travel"} <= {row["question"] for row in report["questions"]}
