"""Rows that are deleted from Iceberg tables, by place, by value and by vectors of version 3. The
delete files are made by hand; values are literals, PyIceberg is asked where it reads them."""
import pyarrow
import pyarrow.parquet
import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import IntegerType, LongType, NestedField, StringType, StructType

from support.iceberg import PAIR, Lake, abc, error, local, pairs, remove, rows, texts


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def test_position_deletes_of_pyiceberg_s_own_reader(sluice, lake):
    abc(lake)
    lake.catalog.load_table("shop.t").append(pairs((4, "d"), (5, "e")))
    hand = lake.hand("shop.t")
    new, old = hand.data_files()
    hand.commit([hand.position_deletes([(old, 0), (old, 2), (new, 1)])])
    assert texts(sluice, lake.uri, "shop.t") == [("2", "b"), ("4", "d")]
    table = lake.catalog.load_table("shop.t")
    assert sorted(table.scan().to_arrow()["id"].to_pylist()) == [2, 4]
    # A second file of deletes, and rows that come later, which older deletes are not about.
    hand = lake.hand("shop.t")
    hand.commit([hand.position_deletes([(old, 1), (old, 1)])])
    lake.catalog.load_table("shop.t").append(pairs((1, "again"),))
    assert texts(sluice, lake.uri, "shop.t") == [("1", "again"), ("4", "d")]


def test_equality_deletes_are_of_older_rows_only(sluice, lake):
    abc(lake)
    hand = lake.hand("shop.t")
    deletes = hand.equality_deletes({"id": [1, 3, 77]}, {"id": 1}, {"id": pyarrow.int64()})
    hand.commit([deletes])
    assert texts(sluice, lake.uri, "shop.t") == [("2", "b")]
    lake.catalog.load_table("shop.t").append(pairs((1, "new"), (None, "none")))
    assert texts(sluice, lake.uri, "shop.t") == [("1", "new"), ("2", "b"), (None, "none")]
    # By two columns, NULL being equal to NULL.
    hand = lake.hand("shop.t")
    hand.commit([hand.equality_deletes(
        {"name": ["none", "b"], "id": [None, 1]}, {"name": 2, "id": 1},
        {"name": pyarrow.string(), "id": pyarrow.int64()})])
    assert texts(sluice, lake.uri, "shop.t") == [("1", "new"), ("2", "b")]


def test_equality_deletes_by_a_column_that_was_renamed_promoted_or_dropped(sluice, lake):
    schema = Schema(NestedField(1, "id", IntegerType()), NestedField(2, "name", StringType()))
    narrow = pyarrow.schema([("id", pyarrow.int32()), ("name", pyarrow.string())])
    table = lake.table("n.t", schema, pyarrow.Table.from_pylist(
        [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": "c"}], schema=narrow))
    hand = lake.hand("n.t")
    hand.commit([hand.equality_deletes({"id": [1]}, {"id": 1}, {"id": pyarrow.int32()})])
    hand.commit([hand.equality_deletes({"name": ["b"]}, {"name": 2}, {"name": pyarrow.string()})])
    table = lake.catalog.load_table("n.t")
    with table.update_schema() as change:
        change.update_column("id", LongType())
        change.rename_column("id", "key")
        change.delete_column("name")
    assert texts(sluice, lake.uri, "n.t") == [("3",)]


def test_equality_deletes_by_a_part_of_a_struct(sluice, lake):
    inner = StructType(NestedField(3, "k", LongType()), NestedField(4, "v", StringType()))
    table = lake.table("n.t", Schema(NestedField(1, "id", LongType()), NestedField(2, "s", inner)))
    table.append(pyarrow.Table.from_pylist(
        [{"id": 1, "s": {"k": 1, "v": "x"}}, {"id": 2, "s": {"k": 2, "v": "x"}},
         {"id": 3, "s": None}], schema=table.schema().as_arrow()))
    hand = lake.hand("n.t")
    path = hand.new_path("data", ".parquet")
    part = pyarrow.field("k", pyarrow.int64(), metadata={"PARQUET:field_id": "3"})
    whole = pyarrow.field("s", pyarrow.struct([part]), metadata={"PARQUET:field_id": "2"})
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([{"s": {"k": 2}}],
                                                          schema=pyarrow.schema([whole])), path)
    hand.commit([{"content": 2, "file_path": f"file://{path}", "file_format": "PARQUET",
                  "record_count": 1, "file_size_in_bytes": path.stat().st_size,
                  "equality_ids": [3]}])
    assert rows(sluice, lake.uri, "SELECT id FROM n.t ORDER BY id") == [(1,), (3,)]


def test_deletes_of_one_partition_do_not_touch_another(sluice, lake):
    spec = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "name"))
    table = lake.table("n.t", PAIR, partition_spec=spec)
    table.append(pairs((1, "a"), (2, "a"), (1, "b")))
    hand = lake.hand("n.t")
    partition = {"type": "record", "name": "r102", "fields": [
        {"name": "name", "type": ["null", "string"], "default": None, "field-id": 1000}]}
    fields = [{"source-id": 2, "field-id": 1000, "transform": "identity", "name": "name"}]
    deletes = hand.equality_deletes({"id": [1]}, {"id": 1}, {"id": pyarrow.int64()},
                                    partition={"name": "a"})
    hand.commit([deletes], partition=partition, spec_fields=fields)
    assert texts(sluice, lake.uri, "n.t") == [("1", "b"), ("2", "a")]


def test_deletion_vectors_of_version_3(sluice, lake):
    abc(lake)
    lake.catalog.load_table("shop.t").append(pairs((4, "d"), (5, "e")))
    hand = lake.hand("shop.t")
    new, old = hand.data_files()
    hand.upgrade()
    hand.commit(hand.vectors({old: [0, 1], new: [1]}))
    assert texts(sluice, lake.uri, "shop.t") == [("3", "c"), ("4", "d")]
    done = sluice.run("lake", "files", lake.uri, "--json", check_code=0).json
    assert sorted((file["rows"], file["deleted"]) for file in done["tables"][0]["files"]) == [
        (2, 1), (3, 2)]


def test_a_damaged_or_missing_delete_file_is_an_error_that_names_it(sluice, lake):
    abc(lake)
    hand = lake.hand("shop.t")
    (data,) = hand.data_files()
    before = hand.snapshot()["snapshot-id"]
    hand.upgrade()
    (vector,) = hand.vectors({data: [0]})
    hand.commit([vector])
    path = local(vector["file_path"])
    bytes_of = path.read_bytes()
    path.write_bytes(bytes_of[:30] + bytes([bytes_of[30] ^ 1]) + bytes_of[31:])
    found = error(sluice, 9, "query", lake.uri, "FROM shop.t")
    assert path.name in found["message"] and "--at" in found["hint"]
    remove(vector["file_path"])
    assert path.name in error(sluice, 3, "query", lake.uri, "FROM shop.t")["message"]
    assert len(texts(sluice, f"{lake.uri}?snapshot={before}", "shop.t")) == 3
