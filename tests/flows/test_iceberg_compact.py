"""`lake compact` of Iceberg tables: PyIceberg and DuckDB's extension read the same rows before and
after, at every snapshot that is kept; deletes are made by hand."""
import datetime
import decimal
import json
import signal
import threading

import duckdb
import pyarrow
import pyarrow.parquet
import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import NullOrder, SortDirection, SortField, SortOrder
from pyiceberg.transforms import BucketTransform, IdentityTransform, MonthTransform
from pyiceberg.types import (
    DateType, DecimalType, DoubleType, FixedType, LongType, NestedField, StringType, StructType)

from support.faults import wait_until_stopped
from support.iceberg import PAIR, Lake, abc, local, pairs
from support.judge import open_judge


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def compact(sluice, lake, *more, check_code=0):
    return sluice.run("lake", "compact", lake.uri, "--json", *more, check_code=check_code).json


def table_of(lake, name="shop.t"):
    return lake.catalog.load_table(name)


def by_pyiceberg(lake, name="shop.t", **scan):
    rows = table_of(lake, name).scan(**scan).to_arrow().to_pylist()
    return sorted((tuple(row.values()) for row in rows), key=str)


def by_duckdb(lake, name="shop.t", snapshot=None, columns="*"):
    judge = open_judge("iceberg")
    judge.execute("SET TimeZone = 'UTC'")
    at = "" if snapshot is None else f", snapshot_from_id := {snapshot}::UBIGINT"
    place = local(table_of(lake, name).metadata_location)
    rows = judge.execute(f"SELECT {columns} FROM iceberg_scan('{place}'{at})").fetchall()
    return sorted(rows, key=str)


def history(lake, name="shop.t", read=by_pyiceberg):
    """The rows at each snapshot."""
    if read is by_duckdb:
        return {one.snapshot_id: by_duckdb(lake, name, one.snapshot_id)
                for one in table_of(lake, name).metadata.snapshots}
    return {one.snapshot_id: by_pyiceberg(lake, name, snapshot_id=one.snapshot_id)
            for one in table_of(lake, name).metadata.snapshots}


def files(lake, name="shop.t"):
    return table_of(lake, name).inspect.files().to_pylist()


def sound(sluice, lake):
    report = sluice.run("lake", "fsck", lake.uri, "--json", check_code=0).json
    assert report["findings"] == []
    return report


def check_same(sluice, lake, before, name="shop.t"):
    """The kept snapshots read as they did, the newest as the one before it."""
    after = history(lake, name)
    assert {key: after[key] for key in before} == before
    newest = table_of(lake, name).metadata.current_snapshot_id
    parent = table_of(lake, name).current_snapshot().parent_snapshot_id
    assert after[newest] == before[parent]
    assert history(lake, name, by_duckdb) == after
    sound(sluice, lake)


def test_many_small_files_become_one(sluice, lake):
    abc(lake)
    for i in range(10, 20):
        table_of(lake).append(pairs((i, f"n{i}")))
    before = history(lake)
    plan = compact(sluice, lake, "--dry-run")
    assert plan["state"] == "dry_run" and plan["tables"][0]["files_rewritten"] == 11
    assert history(lake) == before
    report = compact(sluice, lake)
    assert report["state"] == "compacted" and report["tries"] == 1
    [row] = report["tables"]
    assert (row["files_rewritten"], row["files_written"], row["rows"]) == (11, 1, 13)
    check_same(sluice, lake, before)
    snapshot = table_of(lake).current_snapshot()
    assert snapshot.summary.operation.value == "replace"
    assert snapshot.snapshot_id == report["snapshot"]
    assert snapshot.summary.additional_properties["total-records"] == "13"
    assert snapshot.summary.additional_properties["total-data-files"] == "1"
    assert compact(sluice, lake)["state"] == "nothing_to_do"


def test_partitions_stay_apart_and_files_of_an_older_spec_in_theirs(sluice, lake):
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "name", StringType()),
                    NestedField(3, "at", DateType()))
    table = lake.table("shop.t", schema, partition_spec=PartitionSpec(
        PartitionField(2, 1000, IdentityTransform(), "name"),
        PartitionField(3, 1001, MonthTransform(), "at_month")))
    arrow = table.schema().as_arrow()

    def rows(first):
        day = datetime.date(1969, 12, 31)
        return pyarrow.Table.from_pylist(
            [{"id": first + i, "name": [None, "ü/x", "b"][i % 3],
              "at": day + datetime.timedelta(days=i)} for i in range(6)], arrow)

    table.append(rows(0))
    table.append(rows(10))
    with table.update_spec() as change:
        change.remove_field("at_month")
        change.add_field("id", BucketTransform(2), "id_bucket")
    table.append(rows(20))
    table.append(rows(30))
    before = history(lake)
    parts = {(one["spec_id"], str(one["partition"])) for one in files(lake)}
    [row] = compact(sluice, lake)["tables"]
    after = files(lake)
    assert {(one["spec_id"], str(one["partition"])) for one in after} == parts
    assert len(after) == len(parts) == row["files_written"] + 1  # one part had one file only
    check_same(sluice, lake, before)
    assert by_pyiceberg(lake, row_filter="name = 'b' and id >= 20") == sorted(
        (one for one in by_pyiceberg(lake) if one[1] == "b" and one[0] >= 20), key=str)


def test_a_sorted_table_stays_sorted(sluice, lake):
    order = SortOrder(SortField(2, IdentityTransform(), SortDirection.DESC, NullOrder.NULLS_LAST),
                      SortField(1, IdentityTransform(), SortDirection.ASC, NullOrder.NULLS_FIRST))
    table = lake.table("shop.t", PAIR, sort_order=order)
    table.append(pairs((1, "a"), (2, "c"), (None, "c"), (9, None)))
    table.append(pairs((3, "b"), (1, "c")))
    before = history(lake)
    compact(sluice, lake)
    check_same(sluice, lake, before)
    [file] = files(lake)
    assert file["sort_order_id"] == 1
    rows = pyarrow.parquet.read_table(local(file["file_path"])).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        (None, "c"), (1, "c"), (2, "c"), (3, "b"), (1, "a"), (9, None)]


@pytest.mark.parametrize("kind", ["positions", "values", "vectors"])
def test_deleted_rows_are_left_out_and_their_deletes_go(sluice, lake, kind):
    abc(lake)
    hand = lake.hand("shop.t")
    if kind == "vectors":
        hand.upgrade()
        made = hand.vectors({hand.data_files()[0]: [1]})
    elif kind == "positions":
        made = [hand.position_deletes([(hand.data_files()[0], 1)])]
    else:
        made = [hand.equality_deletes({"id": [2]}, {"id": 1}, {"id": pyarrow.int64()})]
    hand.commit(made)
    old = table_of(lake).metadata.current_snapshot_id
    expected = [(1, "a"), (3, "c")]
    assert by_duckdb(lake) == expected
    [row] = compact(sluice, lake)["tables"]
    assert (row["rows"], row["rows_deleted"]) == (2, 1)
    assert by_pyiceberg(lake) == by_duckdb(lake) == expected
    assert by_duckdb(lake, snapshot=old) == expected
    assert [one["content"] for one in files(lake)] == [0]
    assert sound(sluice, lake)["notes"] == []
    assert compact(sluice, lake)["state"] == "nothing_to_do"


def test_a_delete_file_that_other_files_need_stays(sluice, lake):
    """One file of positions for two files, of which one is big enough to be left alone."""
    table = lake.table("shop.t", PAIR, pairs(*((i, f"{i * 7919}") for i in range(20000))))
    table.append(pairs((90001, "x"), (90002, "y")))
    hand = lake.hand("shop.t")
    small, big = hand.data_files()
    hand.commit([hand.position_deletes([(small, 0), (big, 5)])])
    before = history(lake)
    [row] = compact(sluice, lake, "--target-size", "64KiB")["tables"]
    assert (row["files_rewritten"], row["rows_deleted"]) == (1, 1)
    assert sorted(one["content"] for one in files(lake)) == [0, 0, 1]
    check_same(sluice, lake, before)


def append_by_sluice(sluice, lake, rows):
    """To shop.t, of any version."""
    source = lake.folder / "source.duckdb"
    source.unlink(missing_ok=True)
    with duckdb.connect(str(source)) as connection:
        connection.execute("CREATE SCHEMA shop; CREATE TABLE shop.t (id BIGINT, name VARCHAR)")
        connection.executemany("INSERT INTO shop.t VALUES (?, ?)", rows)
    sluice.run("migrate", f"duckdb:{source}", f"{lake.uri}?warehouse={lake.folder}/wh",
               "--if-exists", "append", check_code=0)


def test_rows_of_version_3_keep_their_numbers(sluice, lake):
    lake.table("shop.t", PAIR)
    hand = lake.hand("shop.t")
    hand.upgrade()
    hand.save()
    append_by_sluice(sluice, lake, [(1, "a"), (2, "b"), (3, "c")])
    append_by_sluice(sluice, lake, [(4, "d"), (5, "e")])
    hand = lake.hand("shop.t")
    hand.commit(hand.vectors({hand.data_files()[0]: [0]}))
    lineage = "_row_id, _last_updated_sequence_number, id"
    numbers = by_duckdb(lake, columns=lineage)
    assert len({one[0] for one in numbers}) == 4 and {one[1] for one in numbers} == {1, 2}
    compact(sluice, lake)
    assert by_duckdb(lake, columns=lineage) == numbers
    assert by_pyiceberg(lake) == by_duckdb(lake)
    next_row = table_of(lake).metadata.next_row_id
    # New rows beside moved ones, and moved once more.
    append_by_sluice(sluice, lake, [(6, "f")])
    numbers = by_duckdb(lake, columns=lineage)
    assert max(one[0] for one in numbers) >= next_row
    compact(sluice, lake)
    assert by_duckdb(lake, columns=lineage) == numbers
    assert len(files(lake)) == 1
    sound(sluice, lake)


def test_columns_that_changed_are_written_as_they_are_now(sluice, lake):
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "name", StringType()),
                    NestedField(3, "deep", StructType(NestedField(4, "x", DoubleType()))),
                    NestedField(5, "m", DecimalType(9, 2)))
    table = lake.table("shop.t", schema)
    table.append(pyarrow.Table.from_pylist(
        [{"id": 1, "name": "a", "deep": {"x": float("nan")}, "m": decimal.Decimal("-1.50")},
         {"id": 2, "name": None, "deep": None, "m": None}], table.schema().as_arrow()))
    with table.update_schema() as change:
        change.rename_column("name", "label")
        change.add_column(("deep", "y"), StringType())
        change.update_column("m", DecimalType(18, 2))
        change.add_column("more", LongType())
    table.append(pyarrow.Table.from_pylist(
        [{"id": 3, "label": "c", "deep": {"x": -0.0, "y": "ü"}, "m": None, "more": 2**40}],
        table.schema().as_arrow()))
    before = by_duckdb(lake)
    compact(sluice, lake)
    assert str(by_duckdb(lake)) == str(before)
    assert len(files(lake)) == 1
    sound(sluice, lake)


def test_one_table_of_several(sluice, lake):
    for name in ["a.t", "b.t"]:
        table = lake.table(name, PAIR, pairs((1, "a")))
        table.append(pairs((2, "b")))
    report = compact(sluice, lake, "--table", "b.*")
    assert [row["table"] for row in report["tables"]] == ["b.t"]
    assert (len(files(lake, "a.t")), len(files(lake, "b.t"))) == (2, 1)
    assert compact(sluice, lake, "--table", "c.*", check_code=3)["error"]


def test_what_cannot_be_written_again_exactly_is_left_and_told(sluice, lake):
    schema = Schema(NestedField(1, "x", FixedType(2)))
    table = lake.table("shop.t", schema)
    for _ in range(2):
        table.append(pyarrow.table({"x": pyarrow.array([b"ab"], pyarrow.binary(2))}))
    report = compact(sluice, lake)
    assert report["state"] == "nothing_to_do"
    [left] = report["left"]
    assert left["table"] == "shop.t" and 'column "x", fixed[2]' in left["reason"]


def test_a_branch_and_a_tag_stay_what_they_are(sluice, lake):
    table = abc(lake)
    table.append(pairs((4, "d")))
    first, second = [one.snapshot_id for one in table.metadata.snapshots]
    table.manage_snapshots().create_branch(first, "audit").create_tag(second, "then").commit()
    compact(sluice, lake)
    refs = table_of(lake).metadata.refs
    assert (refs["audit"].snapshot_id, refs["then"].snapshot_id) == (first, second)
    assert by_duckdb(lake, snapshot=second) == by_pyiceberg(lake)


def test_writers_of_another_program_lose_nothing_beside_compactions(sluice, lake):
    abc(lake)
    failed = []

    def write():
        try:
            for i in range(12):
                table = table_of(lake)
                table.append(pairs((100 + i, "x")))
                if i % 4 == 3:
                    table_of(lake).delete(f"id = {100 + i}")
        except Exception as error:  # told by the assertion below
            failed.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        assert sluice.run("lake", "compact", lake.uri, "--json").code in (0, 6)
    writer.join()
    # A delete is told that the files it looked at were compacted meanwhile.
    told = ("CommitFailedException", "ValidationException")
    assert all(type(error).__name__ in told for error in failed), failed
    found = by_pyiceberg(lake)
    assert len(set(found)) == len(found)
    if not failed:
        expected = {1, 2, 3} | {100 + i for i in range(12) if i % 4 != 3}
        assert {row[0] for row in found} == expected
    compact(sluice, lake)
    assert by_pyiceberg(lake) == by_duckdb(lake) == found
    sound(sluice, lake)


def meanwhile(sluice, lake, change, at=2, check_code=0, words=()):
    """A compaction that is stopped at a place while `change` is done; its report. The second place
    is after the rows were written, the third before the commit."""
    process = sluice.start("lake", "compact", lake.uri, "--json", *words,
                           env={"SLUICE_STOP_AT": str(at)})
    wait_until_stopped(process)
    change()
    process.send_signal(signal.SIGCONT)
    out, errors = process.communicate(timeout=120)
    assert process.returncode == check_code, (out, errors)
    return json.loads(out)


@pytest.mark.parametrize("at", [2, 3])
@pytest.mark.parametrize("kind", ["positions", "values", "vectors"])
def test_rows_that_are_deleted_while_they_are_written_stay_deleted(sluice, lake, kind, at):
    abc(lake).append(pairs((4, "d"), (5, "e")))
    if kind == "vectors":
        hand = lake.hand("shop.t")
        hand.upgrade()
        hand.commit([])  # gives the rows their numbers
    def delete():
        hand = lake.hand("shop.t")
        address = hand.data_files()[-1]
        hand.commit(hand.vectors({address: [1]}) if kind == "vectors" else
                    [hand.position_deletes([(address, 1)])] if kind == "positions" else
                    [hand.equality_deletes({"id": [2]}, {"id": 1}, {"id": pyarrow.int64()})])

    report = meanwhile(sluice, lake, delete, at)
    expected = [(1, "a"), (3, "c"), (4, "d"), (5, "e")]
    assert by_duckdb(lake) == expected
    # Rows need not be written again for a delete by value: it is of the new file too.
    assert report["tries"] == (1 if kind == "values" else 2)
    assert [one["content"] for one in files(lake)].count(0) == 1
    compact(sluice, lake)
    assert by_pyiceberg(lake) == by_duckdb(lake) == expected
    sound(sluice, lake)


def test_what_is_added_or_replaced_meanwhile_is_there(sluice, lake):
    abc(lake).append(pairs((4, "d")))
    report = meanwhile(sluice, lake, lambda: table_of(lake).append(pairs((9, "new"))), 3)
    assert report["tries"] == 1
    assert by_pyiceberg(lake) == [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (9, "new")]
    report = meanwhile(sluice, lake, lambda: table_of(lake).overwrite(pairs((7, "x"))), 3)
    assert report["state"] == "nothing_to_do"
    assert by_pyiceberg(lake) == by_duckdb(lake) == [(7, "x")]
    assert len(files(lake)) == 1
    assert len(list(local(table_of(lake).metadata.location).rglob("upkeep-*.parquet"))) == 1
    sound(sluice, lake)


def test_a_table_that_is_dropped_meanwhile_is_none(sluice, lake):
    abc(lake).append(pairs((4, "d")))
    folder = local(table_of(lake).metadata.location)
    report = meanwhile(sluice, lake, lambda: lake.catalog.drop_table("shop.t"), 3)
    assert report["state"] == "nothing_to_do"
    assert not list(folder.rglob("upkeep-*"))


def test_others_that_are_always_first_end_it_with_a_conflict(sluice, lake):
    abc(lake).append(pairs((4, "d")))
    error = meanwhile(sluice, lake, lambda: table_of(lake).append(pairs((9, "new"))), 3, 6,
                      ["--wait", "0s"])["error"]
    assert "others committed to it" in error["message"] and "again" in error["hint"]
    assert not list(local(table_of(lake).metadata.location).rglob("upkeep-*"))


def test_two_compactions_at_once_double_nothing(sluice, lake):
    abc(lake).append(pairs((4, "d")))
    report = meanwhile(sluice, lake, lambda: compact(sluice, lake), 3)
    assert report["state"] == "nothing_to_do"
    assert by_pyiceberg(lake) == by_duckdb(lake) == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]
    assert len(files(lake)) == 1
    sound(sluice, lake)


def test_a_table_of_version_1(sluice, lake):
    table = lake.table("shop.t", PAIR, pairs((1, "a")), properties={"format-version": "1"})
    table.append(pairs((2, "b")))
    before = history(lake)
    compact(sluice, lake)
    assert table_of(lake).format_version == 1 and len(files(lake)) == 1
    check_same(sluice, lake, before)


def test_deletes_that_apply_to_nothing_go_by_themselves(sluice, lake):
    abc(lake)
    hand = lake.hand("shop.t")
    hand.commit([hand.position_deletes([("file:///nowhere.parquet", 0)]),
                 hand.position_deletes([(hand.data_files()[0], 1)])])
    table_of(lake).overwrite(pairs((7, "x")))
    report = sluice.run("lake", "fsck", lake.uri, "--json", check_code=0).json
    assert "deletes_of_nothing" in {one["kind"] for one in report["notes"]}
    assert compact(sluice, lake)["state"] == "compacted"
    assert by_pyiceberg(lake) == by_duckdb(lake) == [(7, "x")]
    assert [one["content"] for one in files(lake)] == [0]
    assert compact(sluice, lake)["state"] == "nothing_to_do"
    assert sound(sluice, lake)["notes"] == []


def test_a_run_is_taken_back_after_its_files_were_compacted(sluice, lake):
    """A compaction is nobody's change of rows."""
    lake.table("shop.t", PAIR, pairs((1, "a")))
    append_by_sluice(sluice, lake, [(2, "b")])
    compact(sluice, lake)
    assert by_pyiceberg(lake) == [(1, "a"), (2, "b")] and len(files(lake)) == 1
    sluice.run("rollback", "last", check_code=0)
    assert by_pyiceberg(lake) == by_duckdb(lake) == [(1, "a")]
