"""`lake fsck --repair` of Iceberg tables: manifests are damaged by hand, PyIceberg and DuckDB's
extension filter by what was repaired."""
import json

import fastavro
import pytest

from support.iceberg import Lake, abc, error, local, pairs, remove, write_avro
from support.judge import open_judge


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def table_of(lake):
    return lake.catalog.load_table("shop.t")


def by_duckdb(lake, where="true"):
    place = local(table_of(lake).metadata_location)
    judge = open_judge("iceberg")
    return sorted(judge.execute(f"SELECT id FROM iceberg_scan('{place}') WHERE {where}").fetchall())


def by_pyiceberg(lake, where="true"):
    scan = table_of(lake).scan() if where == "true" else table_of(lake).scan(row_filter=where)
    return sorted((id,) for id in scan.to_arrow()["id"].to_pylist())


def spoil_manifest(lake, change):
    """Changes the entries of the newest data manifest, whose size stays what its list says, and
    the line's size with it."""
    hand = lake.hand("shop.t")
    lines, list_schema = hand.list()
    line = next(one for one in lines if one["content"] == 0)
    path = local(line["manifest_path"])
    with open(path, "rb") as file:
        reader = fastavro.reader(file)
        entries, schema, metadata = list(reader), reader.writer_schema, dict(reader.metadata)
    for entry in entries:
        change(entry["data_file"])
    meta = {key: value for key, value in metadata.items() if not key.startswith("avro.")}
    line["manifest_length"] = write_avro(path, json.loads(metadata["avro.schema"]), entries, meta)
    spoil_list(hand, lines, list_schema)


def spoil_list(hand, lines, schema):
    path = local(hand.snapshot()["manifest-list"])
    with open(path, "rb") as file:
        metadata = {key: value for key, value in fastavro.reader(file).metadata.items()
                    if not key.startswith("avro.")}
    write_avro(path, schema, lines, metadata)


def fsck(sluice, lake, *more, check_code=0):
    return sluice.run("lake", "fsck", lake.uri, "--json", *more, check_code=check_code).json


def kinds(report):
    return {one["kind"] for one in report["findings"]}


def test_bounds_that_do_not_bound_are_taken_away(sluice, lake):
    abc(lake)

    def change(file):
        for bound in file["upper_bounds"]:
            if bound["key"] == 1:
                bound["value"] = (2).to_bytes(8, "little")
    spoil_manifest(lake, change)
    assert by_pyiceberg(lake, "id = 3") == []  # what the damage does
    assert kinds(fsck(sluice, lake, check_code=5)) == {"wrong_file_stats"}
    location = local(table_of(lake).metadata_location)
    old = location.read_bytes()
    plan = fsck(sluice, lake, "--repair", "--dry-run", check_code=5)
    assert [step["kind"] for step in plan["repair"]["steps"]] == ["wrong_file_stats"]
    assert local(table_of(lake).metadata_location) == location
    report = fsck(sluice, lake, "--repair")
    assert report["state"] == "sound" and len(report["repair"]["steps"]) == 1
    backup = local(report["repair"]["backup"])
    assert backup.read_bytes() == old and backup.name.startswith(location.name)
    assert by_pyiceberg(lake, "id = 3") == by_duckdb(lake, "id = 3") == [(3,)]
    assert by_pyiceberg(lake) == [(1,), (2,), (3,)]
    assert table_of(lake).current_snapshot().summary.operation.value == "replace"
    assert fsck(sluice, lake, "--repair")["repair"]["steps"] == []


def test_wrong_sizes_and_counts_are_measured_anew(sluice, lake):
    abc(lake)

    def change(file):
        file["record_count"] += 7
        file["file_size_in_bytes"] += 1
        file["value_counts"] = None
    spoil_manifest(lake, change)
    found = kinds(fsck(sluice, lake, check_code=5))
    assert {"wrong_file_size", "wrong_record_count", "wrong_manifest_count"} <= found
    report = fsck(sluice, lake, "--repair", check_code=5)
    # The snapshot before says what it said, until it goes.
    sluice.run("lake", "expire", lake.uri, "--keep", "1", "--grace", "0s", check_code=0)
    assert fsck(sluice, lake)["findings"] == []
    [file] = table_of(lake).inspect.files().to_pylist()
    assert file["record_count"] == 3 and len(report["repair"]["steps"]) == 2
    assert file["file_size_in_bytes"] == local(file["file_path"]).stat().st_size
    assert by_pyiceberg(lake) == by_duckdb(lake) == [(1,), (2,), (3,)]


def test_counts_of_a_manifest_list_are_written_anew(sluice, lake):
    abc(lake)
    hand = lake.hand("shop.t")
    lines, schema = hand.list()
    lines[0]["added_rows_count"] += 5
    spoil_list(hand, lines, schema)
    assert kinds(fsck(sluice, lake, check_code=5)) == {"wrong_manifest_count"}
    fsck(sluice, lake, "--repair", check_code=5)
    sluice.run("lake", "expire", lake.uri, "--keep", "1", "--grace", "0s", check_code=0)
    assert fsck(sluice, lake)["findings"] == []
    assert by_pyiceberg(lake) == by_duckdb(lake) == [(1,), (2,), (3,)]


def test_a_branch_of_a_snapshot_that_is_not_there_goes(sluice, lake):
    abc(lake)
    hand = lake.hand("shop.t")
    hand.metadata["refs"]["lost"] = {"snapshot-id": 4711, "type": "tag"}
    hand.save()
    report = fsck(sluice, lake, check_code=5)
    assert kinds(report) == {"missing_snapshot"}
    assert '"lost" is snapshot 4711' in report["findings"][0]["message"]
    report = fsck(sluice, lake, "--repair")
    assert [step["kind"] for step in report["repair"]["steps"]] == ["missing_snapshot"]
    assert set(table_of(lake).metadata.refs) == {"main"}
    assert len(table_of(lake).metadata.snapshots) == 1


@pytest.mark.parametrize("kind", ["data", "deletes"])
def test_entries_of_files_that_are_gone_go_only_when_it_is_asked_for(sluice, lake, kind):
    abc(lake).append(pairs((4, "d")))
    hand = lake.hand("shop.t")
    new, old = hand.data_files()
    if kind == "deletes":
        deletes = hand.position_deletes([(old, 1)])
        hand.commit([deletes])
        remove(deletes["file_path"])
    else:
        remove(new)
    report = fsck(sluice, lake, "--repair", check_code=5)
    assert report["repair"]["steps"] == [] and report["repair"]["backup"] is None
    fsck(sluice, lake, "--repair", "--drop-missing", check_code=5)
    expected = [(1,), (2,), (3,)] + ([(4,)] if kind == "deletes" else [])
    assert by_pyiceberg(lake) == by_duckdb(lake) == expected
    sluice.run("lake", "expire", lake.uri, "--keep", "1", "--grace", "0s", check_code=0)
    assert fsck(sluice, lake)["findings"] == []


def test_what_nothing_can_be_said_for_stays_a_finding(sluice, lake):
    abc(lake)
    [address] = lake.hand("shop.t").data_files()
    size = local(address).stat().st_size
    local(address).write_bytes(b"x" * size)
    report = fsck(sluice, lake, "--repair", check_code=5)
    assert kinds(report) == {"damaged_file"} and report["repair"]["steps"] == []


def test_an_old_metadata_file_that_is_gone_is_a_note(sluice, lake):
    table = abc(lake)
    table.append(pairs((4, "d")))
    gone = table_of(lake).metadata.metadata_log[0].metadata_file
    remove(gone)
    report = fsck(sluice, lake)
    assert [(one["kind"], one["file"]) for one in report["notes"]] == [
        ("missing_old_metadata", gone)]


def test_freezing_is_refused_with_the_reason(sluice, lake):
    abc(lake)
    found = error(sluice, 10, "lake", "freeze", lake.uri, lake.folder / "frozen.duckdb")
    assert "read without a catalog" in found["message"] and "--at TAG" in found["hint"]
