"""`sluice lake` on Iceberg tables: snapshots, files, differences, and what fsck finds in tables
that were damaged by hand."""
import datetime
import json
import os
import time

import fastavro
import pyarrow
import pyarrow.parquet
import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import HourTransform, IdentityTransform, MonthTransform
from pyiceberg.types import (
    DateType, DecimalType, DoubleType, LongType, NestedField, StringType, TimestamptzType)

from support.iceberg import PAIR, Lake, abc, local, pairs, remove, write_avro

UTC = datetime.timezone.utc


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def fsck(sluice, lake, *more):
    done = sluice.run("lake", "fsck", lake.uri, "--json", *more)
    assert done.code in (0, 5), done
    assert (done.code == 5) == (done.json["state"] == "damaged") == bool(done.json["findings"])
    return done.json


def kinds(report):
    return sorted(finding["kind"] for finding in report["findings"])


def test_snapshots_are_listed_with_their_branches(sluice, lake):
    table = abc(lake)
    table.append(pairs((4, "d")), snapshot_properties={"sluice.run": "01J0000000000000000000000A"})
    table.manage_snapshots().create_tag(table.metadata.snapshots[0].snapshot_id, "v1").commit()
    done = sluice.run("lake", "snapshots", lake.uri, "--json", check_code=0).json
    first, second = done["snapshots"]
    assert first["snapshot"] == table.metadata.snapshots[0].snapshot_id
    assert first["changes"] == ["append: 1 file added, 3 rows added", 'tag "v1"']
    assert second["run"] == "01J0000000000000000000000A"
    assert second["changes"][-1] == 'branch "main"'
    lake.table("shop.u", PAIR)
    done = sluice.run("lake", "snapshots", lake.uri, "--json", check_code=2).json
    assert "table=" in done["error"]["hint"]
    one = sluice.run("lake", "snapshots", f"{lake.uri}?table=shop.t", "--json", check_code=0).json
    assert len(one["snapshots"]) == 2


def test_a_difference_is_of_rows_whatever_deletes_them(sluice, lake):
    table = abc(lake)
    first = table.current_snapshot().snapshot_id
    table.append(pairs((4, "d")))
    with table.update_schema() as change:
        change.rename_column("name", "title")
        change.add_column("more", LongType())
    hand = lake.hand("shop.t")
    hand.commit([hand.equality_deletes({"id": [2]}, {"id": 1}, {"id": pyarrow.int64()})])
    done = sluice.run("lake", "diff", lake.uri, "--since", first, "--limit", "10", "--json",
                      check_code=0).json
    (table_diff,) = done["tables"]
    assert table_diff["schema_changes"] == [
        'renamed column "name" to "title"', 'added column "more" long']
    assert sorted((row["change"], row["row"]["id"], row["row"]["title"])
                  for row in table_diff["rows"]) == [("added", "4", "d"), ("removed", "2", "b")]
    same = sluice.run("lake", "diff", lake.uri, "--since",
                      lake.hand("shop.t").snapshot()["snapshot-id"], "--json", check_code=0).json
    assert same["state"] == "same"


def test_sound_tables_of_pyiceberg_have_no_finding(sluice, lake):
    schema = Schema(
        NestedField(1, "id", LongType()), NestedField(2, "day", DateType()),
        NestedField(3, "at", TimestamptzType()), NestedField(4, "name", StringType()),
        NestedField(5, "price", DecimalType(12, 3)), NestedField(6, "x", DoubleType()))
    spec = PartitionSpec(PartitionField(2, 1000, MonthTransform(), "month"),
                         PartitionField(3, 1001, HourTransform(), "hour"),
                         PartitionField(4, 1002, IdentityTransform(), "name"))
    table = lake.table("n.t", schema, partition_spec=spec)
    rows = []
    for i, day in enumerate([datetime.date(1969, 12, 31), datetime.date(1970, 1, 1),
                             datetime.date(2024, 2, 29), None]):
        at = day and datetime.datetime(day.year, day.month, day.day, 23, 59, 59, 999999, UTC)
        rows.append({"id": i, "day": day, "at": at, "name": "é" * 20 if i % 2 else None,
                     "price": None, "x": float("nan") if i else -0.0})
    arrow = pyarrow.Table.from_pylist(rows, schema=table.schema().as_arrow())
    table.append(arrow)
    table.append(arrow)
    table.delete("id = 1")
    report = fsck(sluice, lake)
    assert report["findings"] == [] and report["tables"] == 1
    assert report["rows"] == 6 and report["files"] >= 8


def rewrite_manifest(hand, change, content=0):
    """Changes the entries of the newest manifest of a content."""
    line = [line for line in hand.list()[0] if line["content"] == content][-1]
    entries, metadata = hand.entries(line)
    for entry in entries:
        change(entry["data_file"])
    kept = {key: value for key, value in metadata.items() if not key.startswith("avro.")}
    path = local(line["manifest_path"])
    write_avro(path, json.loads(metadata["avro.schema"]), entries, kept)
    rewrite_list(hand, lambda other: other.update(
        {"manifest_length": path.stat().st_size}
        if other["manifest_path"] == line["manifest_path"] else {}))


def rewrite_list(hand, change):
    lines, schema = hand.list()
    for line in lines:
        change(line)
    with open(local(hand.snapshot()["manifest-list"]), "rb") as file:
        metadata = fastavro.reader(file).metadata
    kept = {key: value for key, value in metadata.items() if not key.startswith("avro.")}
    write_avro(local(hand.snapshot()["manifest-list"]), schema, lines, kept)


def test_files_that_are_gone_cut_or_of_nobody(sluice, lake):
    table = abc(lake)
    for i in range(4, 7):
        table.append(pairs((i, "x")))
    newest, third, second, first = lake.hand("shop.t").data_files()
    remove(newest)
    data = local(third).read_bytes()
    local(third).write_bytes(data[:-20])
    orphan = local(second).with_name("orphan.parquet")
    orphan.write_bytes(local(second).read_bytes())
    young = local(second).with_name("young.parquet")
    young.write_bytes(b"")
    old = time.time() - 7200
    os.utime(orphan, (old, old))
    report = fsck(sluice, lake)
    assert kinds(report) == ["damaged_file", "missing_data_file", "orphan_file", "wrong_file_size"]
    assert {finding["kind"]: finding["file"].removeprefix("file://")
            for finding in report["findings"]} == {
        "missing_data_file": str(local(newest)), "wrong_file_size": str(local(third)),
        "damaged_file": str(local(third)), "orphan_file": str(orphan)}
    assert [(note["kind"], note["file"]) for note in report["notes"]] == [
        ("uncommitted_file", str(young))]


def test_counts_and_bounds_that_are_wrong(sluice, lake):
    abc(lake)

    def lie(file):
        file["record_count"] = 4
        file["lower_bounds"] = [
            {"key": 1, "value": (2).to_bytes(8, "little")}, {"key": 2, "value": b"a"}]
        file["upper_bounds"] = [
            {"key": 1, "value": (3).to_bytes(8, "little")}, {"key": 2, "value": b"bz"}]
        file["null_value_counts"] = [{"key": 1, "value": 1}, {"key": 2, "value": 0}]

    hand = lake.hand("shop.t")
    rewrite_manifest(hand, lie)
    report = fsck(sluice, lake)
    found = sorted((one["kind"], one["column"], one["found"]) for one in report["findings"]
                   if one["kind"] != "wrong_manifest_count")
    assert found == [("wrong_file_stats", "id", "0 NULLs"), ("wrong_file_stats", "id", "1 to 3"),
                     ("wrong_file_stats", "name", "a to c"),
                     ("wrong_record_count", None, "3 rows")]
    assert "wrong_manifest_count" in kinds(report)  # the list still says three rows


def test_rows_of_another_partition(sluice, lake):
    spec = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "name"))
    table = lake.table("n.t", PAIR, partition_spec=spec)
    table.append(pairs((1, "a"), (2, "a")))
    rewrite_manifest(lake.hand("n.t"), lambda file: file.update({"partition": {"name": "b"}}))
    report = fsck(sluice, lake)
    assert kinds(report) == ["wrong_manifest_bounds", "wrong_partition"]
    assert report["findings"][-1]["found"] == "2 other rows"


def test_manifests_that_are_gone_damaged_or_miscounted(sluice, lake):
    table = abc(lake)
    first = lake.hand("shop.t")
    table.append(pairs((4, "d")))
    hand = lake.hand("shop.t")
    rewrite_list(hand, lambda line: line.update({"added_files_count": 7}))
    assert kinds(fsck(sluice, lake)) == ["wrong_manifest_count"] * 2
    remove(first.snapshot()["manifest-list"])
    assert "missing_manifest_list" in kinds(fsck(sluice, lake))
    path = local(hand.list()[0][0]["manifest_path"])
    path.write_bytes(path.read_bytes()[:50])
    found = kinds(fsck(sluice, lake))
    assert "damaged_manifest" in found


def test_deletes_of_nothing_beyond_the_file_and_damaged_ones(sluice, lake):
    table = abc(lake)
    table.append(pairs((4, "d")))
    hand = lake.hand("shop.t")
    new, old = hand.data_files()
    hand.commit([hand.position_deletes([(old, 3)]),
                 hand.position_deletes([(new, 0)], referenced_data_file="file:///gone.parquet")])
    report = fsck(sluice, lake)
    assert kinds(report) == ["deletion_beyond_file"]
    assert [note["kind"] for note in report["notes"]] == ["deletes_of_nothing"]
    other = lake.table("shop.v", PAIR, pairs((1, "a"), (2, "b")))
    assert other
    hand = lake.hand("shop.v")
    hand.upgrade()
    (vector,) = hand.vectors({hand.data_files()[0]: [1]})
    hand.commit([{**vector, "record_count": 2}])
    assert kinds(fsck(sluice, lake, "--table", "v")) == ["damaged_deletion_file"]
