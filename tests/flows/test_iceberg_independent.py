"""--verify independent of an Iceberg table: DuckDB's own extension reads it."""
import datetime
import decimal
import shutil
import uuid

import pyarrow
import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform, MonthTransform
from pyiceberg.types import (
    BinaryType, BooleanType, DateType, DecimalType, DoubleType, FixedType, FloatType, IntegerType,
    ListType, LongType, MapType, NestedField, StringType, StructType, TimestampType,
    TimestamptzType, TimeType, UUIDType)

from support import s3 as s3_servers
from support.iceberg import PAIR, Lake, abc, pairs
from support.program import BINARY, Sluice

UTC = datetime.timezone.utc


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "la ke")


def migrated(sluice, uri, tmp_path, check_code, **more):
    return sluice.run("migrate", uri, f"duckdb:{tmp_path}/copy.duckdb", "--verify", "independent",
                      "--json", check_code=check_code, **more).json


def rows_on_both(sluice, lake, tmp_path, parameters=""):
    """How many rows the copy read, which are what the extension reads."""
    [table] = migrated(sluice, lake.uri + parameters, tmp_path, 0)["tables"]
    assert table["verified"] == "independent"
    return table["rows_source"]


def test_every_type_is_the_same_on_both_paths(sluice, lake, tmp_path):
    schema = Schema(
        NestedField(1, "yes", BooleanType()), NestedField(2, "i", IntegerType()),
        NestedField(3, "l", LongType()), NestedField(4, "f", FloatType()),
        NestedField(5, "d", DoubleType()), NestedField(6, "m", DecimalType(38, 10)),
        NestedField(7, "day", DateType()), NestedField(8, "clock", TimeType()),
        NestedField(9, "at", TimestampType()), NestedField(10, "instant", TimestamptzType()),
        NestedField(11, "s", StringType()), NestedField(12, "u", UUIDType()),
        NestedField(13, "x", FixedType(3)), NestedField(14, "b", BinaryType()),
        NestedField(15, "deep", StructType(
            NestedField(16, "many", ListType(17, LongType(), False)),
            NestedField(18, "by", MapType(19, StringType(), 20, DoubleType(), False)))))
    row = {
        "yes": True, "i": -2**31, "l": 2**63 - 1, "f": float("nan"), "d": -0.0,
        "m": decimal.Decimal("-1234567890123456789012345678.0123456789"),
        "day": datetime.date(1, 1, 1), "clock": datetime.time(23, 59, 59, 999999),
        "at": datetime.datetime(1969, 12, 31, 23, 59, 59, 999999),
        "instant": datetime.datetime(9999, 12, 31, 23, 59, 59, 999999, UTC), "s": "héllo\n",
        "u": uuid.UUID("00112233-4455-6677-8899-aabbccddeeff").bytes, "x": b"\x00\xff1",
        "b": b"", "deep": {"many": [1, None], "by": [("k", float("inf"))]}}
    table = lake.table("all.types", schema)
    table.append(pyarrow.Table.from_pylist([row, dict.fromkeys(row)],
                                           schema=table.schema().as_arrow()))
    assert rows_on_both(sluice, lake, tmp_path) == 2


@pytest.mark.parametrize("kind", ["positions", "values", "vectors"])
def test_deleted_rows_are_out_on_both_paths(sluice, lake, tmp_path, kind):
    abc(lake)
    hand = lake.hand("shop.t")
    if kind == "vectors":
        hand.upgrade()
        files = hand.vectors({hand.data_files()[0]: [1]})
    elif kind == "positions":
        files = [hand.position_deletes([(hand.data_files()[0], 1)])]
    else:
        files = [hand.equality_deletes({"id": [2]}, {"id": 1}, {"id": pyarrow.int64()})]
    hand.commit(files)
    assert rows_on_both(sluice, lake, tmp_path) == 2


def test_columns_and_partitions_that_changed(sluice, lake, tmp_path):
    schema = Schema(NestedField(1, "id", IntegerType()), NestedField(2, "name", StringType()),
                    NestedField(3, "at", DateType()))
    day = datetime.date(1969, 12, 31)
    arrow = pyarrow.schema([("id", pyarrow.int32()), ("name", pyarrow.string()),
                            ("at", pyarrow.date32())])
    table = lake.table("shop.t", schema, pyarrow.Table.from_pylist(
        [{"id": 1, "name": "ü", "at": day}, {"id": None, "name": None, "at": None}], arrow),
        partition_spec=PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "name"),
                                     PartitionField(3, 1001, MonthTransform(), "at_month")))
    with table.update_schema() as change:
        change.rename_column("name", "label")
        change.update_column("id", LongType())
        change.add_column("more", DoubleType())
    with table.update_spec() as change:
        change.remove_field("at_month")
    table.append(pyarrow.Table.from_pylist(
        [{"id": 2**40, "label": "x", "at": day, "more": 1.5}], table.schema().as_arrow()))
    assert rows_on_both(sluice, lake, tmp_path) == 3


def test_a_snapshot_of_the_past_is_read_on_both_paths(sluice, lake, tmp_path):
    table = abc(lake)
    first = table.metadata.current_snapshot_id
    table.append(pairs((4, "d")))
    table.manage_snapshots().create_branch(first, "audit").commit()
    done = migrated(sluice, f"{lake.uri}?snapshot={first}", tmp_path, 0)
    assert done["tables"][0]["rows_source"] == 3
    (tmp_path / "copy.duckdb").unlink()
    assert rows_on_both(sluice, lake, tmp_path, "?at=audit") == 3
    (tmp_path / "copy.duckdb").unlink()
    assert rows_on_both(sluice, lake, tmp_path) == 4


def test_a_branch_that_is_read_with_newer_columns_is_refused_by_name(sluice, lake, tmp_path):
    table = abc(lake)
    table.manage_snapshots().create_branch(table.metadata.current_snapshot_id, "audit").commit()
    with table.update_schema() as change:
        change.add_column("z", LongType())
    table.append(pyarrow.table({"id": [4], "name": ["d"], "z": [1]}))
    error = migrated(sluice, f"{lake.uri}?at=audit", tmp_path, 10)["error"]
    assert "end of a branch and has schema 0, not 1" in error["message"]


def test_a_table_without_a_snapshot(sluice, lake, tmp_path):
    lake.table("shop.t", PAIR)
    assert rows_on_both(sluice, lake, tmp_path) == 0


def test_a_table_in_a_folder_without_a_catalog(sluice, lake, tmp_path):
    abc(lake)
    done = migrated(sluice, f"iceberg:{lake.folder}/warehouse", tmp_path, 0)
    assert done["tables"][0]["verified"] == "independent"


def test_what_sluice_wrote(sluice, lake, tmp_path):
    sluice.run("migrate", lake_of_sluice(lake), f"{lake.uri}?warehouse={lake.folder}/wh",
               "--partition", "id", check_code=0)
    assert rows_on_both(sluice, lake, tmp_path) == 5


def lake_of_sluice(lake):
    folder = lake.folder / "csv"
    folder.mkdir()
    (folder / "n.csv").write_text("id,name\n1,a\n2,b\n3,\n4,d\n5,e\n")
    return f"csv:{folder}"


def test_on_s3(sluice, s3, tmp_path):
    bucket = s3.new_bucket()
    lake = Lake(tmp_path / "lake", warehouse=f"s3://{bucket}/ware house", **{
        "s3.endpoint": s3.endpoint, "s3.access-key-id": s3_servers.KEY_ID,
        "s3.secret-access-key": s3_servers.SECRET, "s3.region": s3_servers.REGION})
    abc(lake)
    done = migrated(sluice, lake.uri, tmp_path, 0, env=s3.environment())
    assert done["tables"][0]["verified"] == "independent"


def test_a_fault_on_one_path_is_seen(sluice, lake, tmp_path):
    """Deletes that name a row of a file which their manifest does not: one path drops that row."""
    abc(lake)
    lake.catalog.load_table("shop.t").append(pairs((4, "d"), (5, "e")))
    hand = lake.hand("shop.t")
    new, old = hand.data_files()
    deletes = hand.position_deletes([(old, 0), (new, 0)])
    hand.commit([{**deletes, "referenced_data_file": old}])
    report = migrated(sluice, lake.uri, tmp_path, 5)
    [row] = report["tables"]
    assert row["digest_source"] != row["digest_target"]


@pytest.fixture
def without_extension(tmp_path):
    """The program as somebody has it who left DuckDB's iceberg extension away."""
    folder = tmp_path / "program"
    (folder / "extensions").mkdir(parents=True)
    shutil.copy(BINARY, folder / "sluice")
    for path in (BINARY.parent / "extensions").glob("*.duckdb_extension"):
        if path.name != "iceberg.duckdb_extension":
            (folder / "extensions" / path.name).symlink_to(path.resolve())
    (tmp_path / "home").mkdir()
    return Sluice(tmp_path / "home", folder / "sluice")


def test_without_the_extension_it_is_refused_by_name(without_extension, lake, tmp_path):
    sluice = without_extension
    abc(lake)
    run = migrated(sluice, lake.uri, tmp_path, 10)
    assert "iceberg.duckdb_extension" in run["error"]["message"]
    assert f"sluice rollback {run['run']}" in run["error"]["hint"]
    sluice.run("rollback", run["run"], check_code=0)
    refused = sluice.run("verify", lake.uri, lake.uri, "--level", "independent", "--json",
                         check_code=10).json
    assert "INSTALL iceberg" in refused["error"]["hint"]
