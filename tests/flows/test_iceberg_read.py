"""What an Iceberg table's rows are, whoever wrote it and however it changed: PyIceberg writes, and
where it cannot a table is made by hand; values are literals, PyIceberg is asked too."""
import datetime
import decimal
import gzip
import json
import uuid

import pyarrow
import pyarrow.parquet
import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform
from pyiceberg.types import (
    BinaryType, BooleanType, DateType, DecimalType, DoubleType, FixedType, FloatType, IntegerType,
    ListType, LongType, MapType, NestedField, StringType, StructType, TimestampType,
    TimestamptzType, TimeType, UUIDType)

from support.iceberg import PAIR, Lake, abc, error, local, pairs, remove, rows, texts

UTC = datetime.timezone.utc


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def test_every_type_is_read_exactly(sluice, lake):
    schema = Schema(
        NestedField(1, "yes", BooleanType()), NestedField(2, "i", IntegerType()),
        NestedField(3, "l", LongType()), NestedField(4, "f", FloatType()),
        NestedField(5, "d", DoubleType()), NestedField(6, "m", DecimalType(38, 10)),
        NestedField(7, "day", DateType()), NestedField(8, "clock", TimeType()),
        NestedField(9, "at", TimestampType()), NestedField(10, "instant", TimestamptzType()),
        NestedField(11, "s", StringType()), NestedField(12, "u", UUIDType()),
        NestedField(13, "x", FixedType(3)), NestedField(14, "b", BinaryType()))
    row = {
        "yes": True, "i": -2**31, "l": 2**63 - 1, "f": 1.5, "d": -1e-300,
        "m": decimal.Decimal("-1234567890123456789012345678.0123456789"),
        "day": datetime.date(1, 1, 1), "clock": datetime.time(23, 59, 59, 999999),
        "at": datetime.datetime(1969, 12, 31, 23, 59, 59, 999999),
        "instant": datetime.datetime(9999, 12, 31, 23, 59, 59, 999999, UTC), "s": "héllo\n",
        "u": uuid.UUID("00112233-4455-6677-8899-aabbccddeeff").bytes, "x": b"\x00\xff1",
        "b": b""}
    table = lake.table("all.types", schema)
    table.append(pyarrow.Table.from_pylist([row, dict.fromkeys(row)],
                                           schema=table.schema().as_arrow()))
    found = texts(sluice, lake.uri, "\"all\".types")
    assert found == [
        ("true", "-2147483648", "9223372036854775807", "1.5", "-1e-300",
         "-1234567890123456789012345678.0123456789", "0001-01-01", "23:59:59.999999",
         "1969-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999+00", "héllo\n",
         "00112233-4455-6677-8899-aabbccddeeff", "\\x00\\xFF1", ""),
        (None,) * 14]
    done = sluice.run("inspect", lake.uri, "--json", check_code=0).json
    kinds = [column["type"] for column in done["tables"][0]["columns"]]
    assert kinds == ["boolean", "int32", "int64", "float32", "float64", "decimal(38,10)", "date",
                     "time", "timestamp", "timestamptz", "text", "uuid", "blob", "blob"]


def test_columns_are_found_by_their_ids_however_the_schema_changed(sluice, lake):
    schema = Schema(
        NestedField(1, "id", IntegerType()), NestedField(2, "name", StringType()),
        NestedField(3, "s", StructType(NestedField(4, "a", IntegerType()),
                                       NestedField(5, "b", StringType()))),
        NestedField(6, "gone", StringType()),
        NestedField(7, "many", ListType(8, StructType(NestedField(9, "x", IntegerType())), False)),
        NestedField(10, "by", MapType(11, StringType(), 12,
                                      StructType(NestedField(13, "y", FloatType())), False)))
    table = lake.table("n.t", schema)
    table.append(pyarrow.Table.from_pylist(
        [{"id": 1, "name": "x", "s": {"a": 1, "b": "q"}, "gone": "old", "many": [{"x": 1}, None],
          "by": [("k", {"y": 0.5})]},
         {"id": 2}], schema=table.schema().as_arrow()))
    # PyIceberg makes an empty list of NULL: here it is NULL.
    path = local(table.inspect.files()["file_path"].to_pylist()[0])
    written = pyarrow.parquet.read_table(path)
    first, second = written.to_pylist()
    second.update(many=None, by=None)
    pyarrow.parquet.write_table(
        pyarrow.Table.from_pylist([first, second], schema=written.schema), path)
    with table.update_schema() as change:
        change.rename_column("name", "title")
        change.delete_column("gone")
        change.add_column("gone", LongType())  # another column of that name
        change.update_column("id", LongType())
        change.rename_column("s.a", "aa")
        change.delete_column("s.b")
        change.add_column(("s", "z"), DoubleType())
        change.rename_column("many.x", "xx")
        change.update_column("by.y", DoubleType())
    with table.update_schema() as change:
        change.move_first("gone")
    table.append(pyarrow.Table.from_pylist(
        [{"gone": 7, "id": 2**40, "title": "z", "s": {"aa": 5, "z": 1.5}, "many": [{"xx": 3}],
          "by": []}], schema=table.schema().as_arrow()))
    assert texts(sluice, lake.uri, "n.t") == [
        ("7", "1099511627776", "z", "{'aa': 5, 'z': 1.5}", "[{'xx': 3}]", "{}"),
        (None, "1", "x", "{'aa': 1, 'z': NULL}", "[{'xx': 1}, NULL]", "{k={'y': 0.5}}"),
        (None, "2", None, None, None, None)]
    # As it was called at the first snapshot.
    first = table.metadata.snapshots[0].snapshot_id
    assert texts(sluice, f"{lake.uri}?snapshot={first}", "n.t")[0] == (
        "1", "x", "{'a': 1, 'b': q}", "old", "[{'x': 1}, NULL]", "{k={'y': 0.5}}")


def test_a_struct_of_which_nothing_is_left_in_a_file_keeps_its_nulls(sluice, lake):
    schema = Schema(NestedField(1, "s", StructType(NestedField(2, "a", IntegerType()))))
    table = lake.table("n.t", schema)
    table.append(pyarrow.Table.from_pylist([{"s": {"a": 1}}, {"s": None}],
                                           schema=table.schema().as_arrow()))
    with table.update_schema() as change:
        change.add_column(("s", "b"), IntegerType())
    with table.update_schema() as change:
        change.delete_column("s.a")
    assert texts(sluice, lake.uri, "n.t") == [("{'b': NULL}",), (None,)]


def test_values_that_only_the_partition_has_and_initial_defaults(sluice, lake):
    """Files that somebody else wrote have no column of the partition."""
    spec = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "name"))
    table = lake.table("n.t", PAIR, partition_spec=spec)
    table.append(pairs((1, "a"), (2, "b"), (3, None)))
    for path in table.inspect.files()["file_path"].to_pylist():
        file = pyarrow.parquet.read_table(local(path)).drop_columns(["name"])
        pyarrow.parquet.write_table(file, local(path))
    assert texts(sluice, lake.uri, "n.t") == [("1", "a"), ("2", "b"), ("3", None)]
    assert rows(sluice, lake.uri, "SELECT id FROM n.t WHERE name = 'b'") == [(2,)]
    hand = lake.hand("n.t")
    hand.upgrade()
    hand.metadata["schemas"][-1]["fields"].append(
        {"id": 3, "name": "since", "type": "date", "required": True,
         "initial-default": "2020-02-29", "write-default": "2020-02-29"})
    hand.metadata["last-column-id"] = 3
    hand.save()
    assert texts(sluice, lake.uri, "n.t") == [
        ("1", "a", "2020-02-29"), ("2", "b", "2020-02-29"), ("3", None, "2020-02-29")]


def test_a_name_mapping_reads_files_without_ids_and_without_one_they_are_refused(sluice, lake):
    table = abc(lake)
    path = local(table.inspect.files()["file_path"].to_pylist()[0])
    plain = pyarrow.table({"name": ["x"], "id": pyarrow.array([9], pyarrow.int64())})
    pyarrow.parquet.write_table(plain, path)
    found = error(sluice, 10, "query", lake.uri, "FROM shop.t")
    assert "no field ids" in found["message"] and path.name in found["message"] and found["hint"]
    hand = lake.hand("shop.t")
    hand.metadata["properties"]["schema.name-mapping.default"] = json.dumps(
        [{"field-id": 1, "names": ["key", "id"]}, {"field-id": 2, "names": ["name"]}])
    hand.save()
    assert texts(sluice, lake.uri, "shop.t") == [("9", "x")]


def test_snapshots_times_branches_and_tags(sluice, lake):
    table = abc(lake)
    first = table.current_snapshot()
    table.manage_snapshots().create_tag(first.snapshot_id, "release").commit()
    table.append(pairs((4, "d")))
    second = table.current_snapshot()
    table.manage_snapshots().create_branch(first.snapshot_id, "audit").commit()
    three, four = [("1", "a"), ("2", "b"), ("3", "c")], 4
    for moment in (str(first.snapshot_id), "release", "audit"):
        assert texts(sluice, lake.uri, "shop.t", "--at", moment) == three
    at = datetime.datetime.fromtimestamp(first.timestamp_ms / 1000, UTC)
    assert texts(sluice, lake.uri, "shop.t", "--at", at.isoformat()) == three
    assert len(texts(sluice, f"{lake.uri}?snapshot={second.snapshot_id}", "shop.t")) == four
    assert len(texts(sluice, lake.uri, "shop.t", "--at", "main")) == four
    early = (at - datetime.timedelta(milliseconds=1)).isoformat()
    assert "no snapshot" in error(sluice, 3, "query", lake.uri, "FROM shop.t", "--at",
                                  early)["message"]
    assert "audit, main, release" in error(sluice, 3, "query", lake.uri, "FROM shop.t", "--at",
                                           "relaese")["message"]


def test_a_folder_without_a_catalog_is_read_at_its_newest_metadata(sluice, lake):
    abc(lake)
    lake.table("other.deep.u", PAIR, pairs((7, "u")))
    hand = lake.hand("shop.t")
    hand.commit([hand.position_deletes([(hand.data_files()[0], 0)])])
    folder = lake.folder / "warehouse"
    assert texts(sluice, f"iceberg:{folder}", "shop.t") == [("2", "b"), ("3", "c")]
    assert texts(sluice, f"iceberg:{folder}/shop/t", "t") == [("2", "b"), ("3", "c")]
    # A plain path is recognised by what is in it.
    assert len(rows(sluice, str(folder), "FROM shop.t")) == 2
    found = sluice.run("discover", folder, "--recursive", "--json", check_code=0).json
    assert [(one["kind"], one["tables"]) for one in found["locations"]] == [("iceberg", 1)] * 2
    # Packed metadata.
    hand.save(".gz.metadata.json", gzip.compress)
    assert texts(sluice, f"iceberg:{folder}", "shop.t") == [("2", "b"), ("3", "c")]
    assert texts(sluice, lake.uri, "shop.t") == [("2", "b"), ("3", "c")]


def test_version_1_and_evolved_partitions(sluice, lake):
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "at", TimestampType()))
    arrow = pyarrow.schema([("id", pyarrow.int64()), ("at", pyarrow.timestamp("us"))])
    table = lake.table("n.t", schema, properties={"format-version": "1"},
                       partition_spec=PartitionSpec(
                           PartitionField(2, 1000, DayTransform(), "day")))
    assert table.format_version == 1
    moments = [datetime.datetime(1969, 12, 31, 23), datetime.datetime(1970, 1, 1), None]
    table.append(pyarrow.Table.from_pylist(
        [{"id": i, "at": at} for i, at in enumerate(moments)], schema=arrow))
    with table.update_spec() as change:
        change.remove_field("day")
        change.add_field("id", BucketTransform(4), "bucket")
    table.append(pyarrow.Table.from_pylist([{"id": 9, "at": moments[0]}], schema=arrow))
    assert texts(sluice, lake.uri, "n.t") == [
        ("0", "1969-12-31 23:00:00"), ("1", "1970-01-01 00:00:00"), ("2", None),
        ("9", "1969-12-31 23:00:00")]
    files = sluice.run("lake", "files", lake.uri, "--json", check_code=0).json["tables"][0]
    assert {tuple(file["partition"].items()) for file in files["files"]} >= {
        (("day", "1969-12-31"),), (("day", "1970-01-01"),), (("day", None),)}


def test_types_that_are_not_read_are_named_and_the_other_columns_are_there(sluice, lake):
    abc(lake)
    hand = lake.hand("shop.t")
    hand.upgrade()
    hand.metadata["schemas"][-1]["fields"] += [
        {"id": 3, "name": "v", "type": "variant", "required": False},
        {"id": 4, "name": "g", "type": "geometry(OGC:CRS84)", "required": False},
        {"id": 5, "name": "n", "type": "unknown", "required": False}]
    hand.metadata["last-column-id"] = 5
    hand.save()
    assert rows(sluice, lake.uri, "SELECT id FROM shop.t ORDER BY id") == [(1,), (2,), (3,)]
    found = error(sluice, 2, "query", lake.uri, "SELECT v FROM shop.t")
    assert 'column "v"' in found["message"] and "variant" in found["message"]
    done = sluice.run("inspect", lake.uri, "--json", check_code=0).json
    assert [one["object"] for one in done["findings"]] == [
        "shop.t.v", "shop.t.g", "shop.t.n"]


def test_instants_with_nanoseconds_are_not_cut_without_a_word(sluice, lake, tmp_path):
    abc(lake)
    hand = lake.hand("shop.t")
    hand.upgrade()
    hand.metadata["schemas"][-1]["fields"] += [
        {"id": 3, "name": "z", "type": "timestamptz_ns", "required": False},
        {"id": 4, "name": "n", "type": "timestamp_ns", "required": False}]
    hand.metadata["last-column-id"] = 4
    nanos = 1_700_000_000_123_456_789
    file = hand.parquet({"id": [1], "z": [nanos], "n": [nanos]}, {"id": 1, "z": 3, "n": 4},
                        {"id": pyarrow.int64(), "z": pyarrow.timestamp("ns", "UTC"),
                         "n": pyarrow.timestamp("ns")})
    hand.commit([file], content="data", keep=lambda line: False)
    assert rows(sluice, lake.uri, "SELECT n::VARCHAR FROM shop.t") == [
        ("2023-11-14 22:13:20.123456789",)]
    refused = sluice.run("migrate", lake.uri, f"duckdb:{tmp_path}/o.duckdb", "--json")
    assert refused.code == 4 and "truncate_sub_micro" in json.dumps(refused.json)


def test_a_missing_data_file_is_named(sluice, lake):
    table = abc(lake)
    (path,) = table.inspect.files()["file_path"].to_pylist()
    remove(path)
    found = error(sluice, 3, "query", lake.uri, "FROM shop.t")
    assert local(path).name in found["message"] and "lake fsck" in found["hint"]


def test_paths_with_letters_that_mean_something_elsewhere(sluice, lake):
    spec = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "name"))
    table = lake.table("n.t", PAIR, partition_spec=spec)
    names = ["a*b", "a[x]b", "axb", "100%", "%20", "ü ?", "it's", "a=b&c"]
    table.append(pairs(*[(i, name) for i, name in enumerate(names)]))
    assert texts(sluice, lake.uri, "n.t") == [(str(i), name) for i, name in enumerate(names)]


def test_migrate_and_verify_to_duckdb_and_parquet(sluice, lake, tmp_path):
    table = abc(lake)
    table.append(pairs(*[(i, f"n{i}") for i in range(10, 300)]))
    hand = lake.hand("shop.t")
    hand.commit([hand.equality_deletes({"id": [2, 20]}, {"id": 1}, {"id": pyarrow.int64()})])
    for target in (f"duckdb:{tmp_path}/o.duckdb", f"parquet:{tmp_path}/files"):
        done = sluice.run("migrate", lake.uri, target, "--batch-size", "50", "--json",
                          check_code=0).json
        assert [(one["rows_source"], one["verified"]) for one in done["tables"]] == [
            (291, "content")]
        assert sluice.run("verify", lake.uri, target, "--json",
                          check_code=0).json["state"] == "same"
    exported = tmp_path / "csv"
    sluice.run("export", lake.uri, exported, "--format", "csv", check_code=0)
    (file,) = exported.rglob("*.csv")
    assert len(file.read_text().splitlines()) == 292


def test_columns_whose_names_differ_in_case_are_told_apart_or_refused(sluice, lake):
    """A file has "a" and "A"; the engine by itself would read the one for the other."""
    both = Schema(NestedField(1, "a", LongType()), NestedField(2, "A", LongType()))
    table = lake.table("n.t", both)
    table.append(pyarrow.table({"a": pyarrow.array([1]), "A": pyarrow.array([2])}))
    found = error(sluice, 10, "query", lake.uri, "FROM n.t")
    assert '"a"' in found["message"] and '"A"' in found["message"] and "rename" in found["hint"]
    with table.update_schema() as change:
        change.delete_column("a")
    assert texts(sluice, lake.uri, "n.t") == [("2",)]
