"""`lake compact` and `lake expire` of Delta tables: delta-rs and DuckDB's extension read the same
rows from every version that is kept, and what nobody needs is gone."""
import datetime
import json
import pathlib

import deltalake
import pyarrow
import pytest

from support.delta import (HandWritten, features, field, inline_vector, open_delta_judge,
                           relative_vector, texts, unpack)


def lake(sluice, verb, table, *words, check_code=0):
    return sluice.run("lake", verb, f"delta:{table}", *words, "--json", check_code=check_code).json


def judged(table, version=None):
    """The rows by DuckDB's extension, which delta-rs confirms by their number."""
    at = "" if version is None else f", version := {version}"
    rows = texts(open_delta_judge(), f"FROM delta_scan('{table}'{at})")
    opened = deltalake.DeltaTable(table, version=version)
    features_of = opened.protocol().reader_features or []
    if "deletionVectors" not in features_of:
        assert opened.to_pyarrow_dataset().count_rows() == len(rows)
    return rows


def sound(sluice, table):
    report = lake(sluice, "fsck", table)
    assert report["findings"] == [] and report["staging"] == []
    return report


@pytest.fixture
def table(tmp_path):
    """Versions 0 to 11 of 3 partitions, of which one file was rewritten by delta-rs."""
    folder = tmp_path / "t"
    for i in range(11):
        deltalake.write_deltalake(folder, pyarrow.table({
            "id": list(range(i * 9, i * 9 + 9)),
            "p": ["a b", "ü", None] * 3,
            "x": [float(i), None, float("nan")] * 3,
            "at": [datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)] * 9,
            "s": [{"l": [i, None], "m": "z" * 50}] * 9}), mode="append", partition_by=["p"])
    deltalake.DeltaTable(folder).delete("id = 4")
    return folder


def actions(table, version):
    path = table / f"_delta_log/{version:020}.json"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_small_files_become_one_a_partition(sluice, table):
    before = judged(table)
    old = judged(table, 5)
    plan = lake(sluice, "compact", table, "--dry-run")
    assert plan["state"] == "dry_run" and plan["tables"][0]["files_rewritten"] == 33
    report = lake(sluice, "compact", table)
    [row] = report["tables"]
    assert (report["state"], report["snapshot"]) == ("compacted", 12)
    assert (row["files_rewritten"], row["files_written"], row["rows"]) == (33, 3, 98)
    assert judged(table) == before and judged(table, 5) == old
    assert sound(sluice, table)["files"] == 3
    kinds = [(name, action.get("dataChange")) for line in actions(table, 12)
             for name, action in line.items() if name in ("add", "remove")]
    assert kinds.count(("add", False)) == 3 and kinds.count(("remove", False)) == 33
    assert len(kinds) == 36
    assert lake(sluice, "compact", table)["state"] == "nothing_to_do"
    assert {add["p"] for add in deltalake.DeltaTable(table).partitions()} == {"a b", "ü", None}


def test_a_target_size_gives_several_files(sluice, tmp_path):
    folder = tmp_path / "t"
    for i in range(8):
        deltalake.write_deltalake(folder, pyarrow.table({"id": range(i * 1000, i * 1000 + 1000)}),
                                  mode="append")
    size = max(pathlib.Path(path).stat().st_size for path in folder.glob("*.parquet"))
    before = judged(folder)
    [row] = lake(sluice, "compact", folder, "--target-size", 4 * size)["tables"]
    assert row["files_written"] in (2, 3) and judged(folder) == before


def test_deleted_rows_are_left_out(sluice, tmp_path):
    table = HandWritten(tmp_path / "t", [field("id", "long"), field("n", "integer")], [],
                        features("deletionVectors"))
    [vector] = relative_vector(table, "", [0, 1, 2])
    adds = [table.file({"id": range(10), "n": [None] * 9 + [1]}, "a.parquet", vector=vector),
            table.file({"id": range(10, 20)}, "b.parquet", vector=inline_vector(list(range(10)))),
            table.file({"id": range(20, 30)}, "c.parquet")]
    table.commit(*table.head(), *adds)
    before = judged(table.folder)
    [row] = lake(sluice, "compact", table.folder)["tables"]
    assert (row["files_rewritten"], row["files_written"]) == (3, 1)
    assert (row["rows"], row["rows_deleted"]) == (17, 13)
    assert judged(table.folder) == before and judged(table.folder, 0) == before
    vectors = [action["remove"].get("deletionVector") for action in actions(table.folder, 1)
               if "remove" in action]
    assert len([one for one in vectors if one]) == 2


@pytest.mark.parametrize("name", ["dv-with-columnmapping", "table-with-columnmapping-mode-id",
                                  "data-reader-partition-values", "type-widening",
                                  "v2-checkpoint-json", "time-travel-schema-changes-b"])
def test_a_golden_table_reads_the_same_after_compaction(sluice, data_folder, tmp_path, name):
    table, _ = unpack(data_folder, name, tmp_path)
    before = texts(open_delta_judge(), f"FROM delta_scan('{table}')")
    done = sluice.run("lake", "compact", f"delta:{table}", "--json")
    assert done.code in (0, 10), done
    assert texts(open_delta_judge(), f"FROM delta_scan('{table}')") == before
    if done.code == 10:
        assert "is not written" in done.json["error"]["message"]


def test_versions_and_what_only_they_need_expire(sluice, table):
    lake(sluice, "compact", table)
    deltalake.write_deltalake(table, deltalake.DeltaTable(table).to_pyarrow_table().slice(0, 3),
                              mode="append")
    kept = {version: judged(table, version) for version in (12, 13)}
    plan = lake(sluice, "expire", table, "--keep", 2, "--grace", "0s", "--dry-run")
    assert judged(table, 3)
    report = lake(sluice, "expire", table, "--keep", 2, "--grace", "0s")
    assert [row["snapshot"] for row in report["expired"]] == list(range(12))
    assert report["kept"] == 2
    assert {row["path"] for row in plan["deleted"]} == {row["path"] for row in report["deleted"]}
    assert {version: judged(table, version) for version in (12, 13)} == kept
    assert not (table / f"_delta_log/{0:020}.json").exists()
    assert len(list(table.rglob("*.parquet"))) == sound(sluice, table)["files"] + 1
    refused = sluice.run("query", f"delta:{table}", "FROM t", "--at", "11", "--json", check_code=3)
    assert "the earliest is 12" in refused.json["error"]["message"]
    again = lake(sluice, "expire", table, "--keep", 2, "--grace", "0s")
    assert again["expired"] == [] and again["deleted"] == []


def test_a_file_waits_for_its_grace(sluice, table):
    lake(sluice, "compact", table)
    report = lake(sluice, "expire", table, "--keep", 1, "--grace", "1h")
    assert len(report["waiting"]) == 34
    assert all("_delta_log" in row["path"] for row in report["deleted"])
    later = lake(sluice, "expire", table, "--keep", 1, "--grace", "0s")
    assert len(later["deleted"]) == 34
    assert sound(sluice, table)["files"] == 3


def test_versions_younger_than_asked_for_stay(sluice, table):
    report = lake(sluice, "expire", table, "--older-than", "1h", "--grace", "0s")
    assert report["expired"] == [] and report["kept"] == 12 and report["deleted"] == []


def test_a_deletion_vector_goes_with_its_last_version(sluice, tmp_path):
    table = HandWritten(tmp_path / "t", [field("id", "long")], [], features("deletionVectors"))
    add = table.file({"id": range(10)}, "a.parquet")
    table.commit(*table.head(), add)
    [first] = relative_vector(table, "", [0])
    [second] = relative_vector(table, "", [0, 1])
    table.commit({"remove": {"path": "a.parquet", "deletionTimestamp": 1, "dataChange": True}},
                 {"add": {**add["add"], "deletionVector": first}})
    table.commit({"remove": {"path": "a.parquet", "deletionTimestamp": 1, "dataChange": True,
                             "deletionVector": first}},
                 {"add": {**add["add"], "deletionVector": second}})
    before = judged(table.folder)
    report = lake(sluice, "expire", table.folder, "--keep", 1, "--grace", "0s")
    gone = [row["path"] for row in report["deleted"] if row["path"].endswith(".bin")]
    assert len(gone) == 1 and len(list(table.folder.glob("*.bin"))) == 1
    assert judged(table.folder) == before
    sound(sluice, table.folder)


def test_orphans_go_when_they_are_asked_for(sluice, table):
    orphan = table / "left.parquet"
    orphan.write_bytes(b"of a writer that died")
    lake(sluice, "expire", table, "--keep", 100, "--grace", "0s")
    assert orphan.exists()
    waits = lake(sluice, "expire", table, "--keep", 100, "--orphans", "--grace", "1h")
    assert orphan.exists() and [row["path"] for row in waits["waiting"]] == [str(orphan)]
    report = lake(sluice, "expire", table, "--keep", 100, "--orphans", "--grace", "0s")
    assert [row["path"] for row in report["orphans"]] == [str(orphan)] and not orphan.exists()


def test_a_run_that_may_be_rolled_back_keeps_its_version(sluice, table, tmp_path):
    judge = open_delta_judge()
    judge.execute(f"ATTACH '{tmp_path}/s.duckdb' AS s")
    judge.execute(f"CREATE TABLE s.t AS FROM delta_scan('{table}') LIMIT 2")
    judge.execute("DETACH s")
    before = judged(table)
    sluice.run("migrate", f"duckdb:{tmp_path}/s.duckdb", f"delta:{tmp_path}", "--if-exists",
               "replace", "--table", "t", check_code=0)
    report = lake(sluice, "expire", table, "--keep", 1, "--grace", "0s")
    assert "sluice forget" in report["left"][0]["reason"] and report["kept"] == 2
    sluice.run("rollback", "last", check_code=0)
    assert judged(table) == before


def test_freeze_is_refused_with_what_to_do_instead(sluice, table, tmp_path):
    error = sluice.run("lake", "freeze", f"delta:{table}", tmp_path / "f.db", "--json",
                       check_code=10).json["error"]
    assert "no catalog" in error["message"] and "--at" in error["hint"]
