"""Tables that sluice makes and changes in an Iceberg catalog, as PyIceberg reads and extends them;
values are literals and what DuckDB says of the source."""
import datetime
import json

import duckdb
import fastavro
import pyarrow.parquet
import pytest
from pyiceberg.expressions import EqualTo, IsNull

from support import delta
from support.iceberg import Hand, local
from support.iceberg_edges import EDGES, ROWS, edge_rows
from support.iceberg_target import IcebergTarget
from support.judge import open_judge
from support.targets import DuckdbTarget


@pytest.fixture
def source(tmp_path):
    return DuckdbTarget(tmp_path)


@pytest.fixture
def lake(tmp_path):
    return IcebergTarget(tmp_path / "lake")


def migrate(sluice, source, lake, *more, check_code=0):
    lake.folder.mkdir(exist_ok=True)
    return sluice.run("migrate", source.uri, lake.uri, "--json", *more, check_code=check_code).json


def expected(source, sql="FROM t"):
    with duckdb.connect(str(source.path), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return delta.texts(connection, sql)


def test_schemas_become_namespaces_and_every_type_is_read_alike(sluice, source, lake):
    source.execute(f"CREATE TABLE t AS {edge_rows()}", "CREATE SCHEMA marts",
                   "CREATE TABLE marts.empty (a INTEGER NOT NULL, b DECIMAL(9,2))",
                   "COMMENT ON TABLE t IS 'all of it'")
    moved = migrate(sluice, source, lake)
    assert lake.tables() == ["main.t", "marts.empty"]
    assert lake.texts("main.t") == expected(source)
    assert lake.texts("marts.empty") == []
    table = lake.table("main.t")
    assert table.format_version == 2
    assert table.properties["comment"] == "all of it"
    snapshot = table.current_snapshot()
    assert snapshot.summary["sluice.run"] == moved["run"]
    assert snapshot.summary["total-records"] == str(ROWS)
    empty = lake.table("marts.empty")
    assert [field.required for field in empty.schema().fields] == [True, False]
    assert len(empty.snapshots()) == 1
    sluice.run("verify", source.uri, lake.uri, "--json", check_code=0)


def test_data_files_have_field_ids_and_zstd(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT 1 AS id, {'a': [1]} AS s")
    migrate(sluice, source, lake)
    (task,) = lake.table("main.t").scan().plan_files()
    file = pyarrow.parquet.ParquetFile(local(task.file.file_path))
    ids = {}

    def walk(fields):
        for field in fields:
            ids[field.name] = int(field.metadata[b"PARQUET:field_id"])
            if hasattr(field.type, "fields"):
                walk(field.type.fields)
            elif pyarrow.types.is_list(field.type):
                walk([field.type.value_field])
    walk(file.schema_arrow)
    names = {name: ids[name] for name in ("id", "s", "a", "element")}
    schema = lake.table("main.t").schema()
    assert names == {name: schema.find_field(path).field_id for name, path in
                     [("id", "id"), ("s", "s"), ("a", "s.a"), ("element", "s.a.element")]}
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_an_equality_filter_on_each_value_finds_its_rows(sluice, source, lake):
    """One row a file, so that wrong bounds lose it."""
    source.execute(f"CREATE TABLE t AS {edge_rows()}")
    migrate(sluice, source, lake, "--partition", "t:id")
    table = lake.table("main.t")
    assert len(list(table.scan().plan_files())) == ROWS
    rows = lake.arrow("main.t")
    for name, (kind, _) in EDGES.items():
        for value in {str(value): value for value in rows[name].to_pylist()}.values():
            if name == "f32" and abs(value or 0) == float("inf"):
                continue  # PyIceberg holds it to be above every float
            if value is None or value != value:
                found = table.scan(row_filter=IsNull(name)) if value is None else None
                wanted = [v is None for v in rows[name].to_pylist()]
            else:
                shown = value
                if isinstance(value, datetime.datetime):
                    shown = value.isoformat()
                found = table.scan(row_filter=EqualTo(name, shown))
                wanted = [v == value for v in rows[name].to_pylist()]
            if found is None:
                continue
            ids = [id for id, is_it in zip(rows["id"].to_pylist(), wanted) if is_it]
            assert sorted(found.to_arrow()["id"].to_pylist()) == sorted(ids), (name, kind, value)


def test_bounds_are_those_of_the_specification(sluice, source, lake):
    """The manifest is read by fastavro; bytes are literals (appendix D)."""
    source.execute(
        "CREATE TABLE t AS SELECT * FROM (VALUES "
        "(-1, -1.29::DECIMAL(5,2), 'zzzzzzzzzzzzzzzzzz', '-0.0'::DOUBLE, 'nan'::FLOAT), "
        "(300, 1.28, 'a', 0.0, 1)) v(i, m, t, d, n)")
    migrate(sluice, source, lake)
    (manifest,) = lake.table("main.t").current_snapshot().manifests(lake.table("main.t").io)
    with open(local(manifest.manifest_path), "rb") as file:
        (entry,) = list(fastavro.reader(file))
    file = entry["data_file"]
    pairs = {kind: {pair["key"]: pair["value"] for pair in file[kind]}
             for kind in ("lower_bounds", "upper_bounds", "null_value_counts", "value_counts",
                          "nan_value_counts")}
    assert pairs["lower_bounds"] == {
        1: b"\xff\xff\xff\xff", 2: b"\xff\x7f", 3: b"a", 4: b"\0\0\0\0\0\0\0\x80"}
    assert pairs["upper_bounds"] == {
        1: b"\x2c\x01\0\0", 2: b"\0\x80", 3: b"z" * 15 + b"{", 4: b"\0" * 8}
    assert pairs["null_value_counts"] == dict.fromkeys(range(1, 6), 0)
    assert pairs["value_counts"] == dict.fromkeys(range(1, 6), 2)
    assert pairs["nan_value_counts"] == {4: 0}
    assert (file["record_count"], file["file_format"]) == (2, "parquet")
    assert file["file_size_in_bytes"] == local(file["file_path"]).stat().st_size


def test_append_replace_and_merge_keep_the_history(sluice, source, lake):
    source.execute(f"CREATE TABLE t AS {edge_rows()}")
    migrate(sluice, source, lake)
    first = expected(source)
    migrate(sluice, source, lake, "--if-exists", "append")
    assert lake.texts("main.t") == sorted(first + first, key=str)
    sluice.run("rollback", "last", check_code=0)
    assert lake.texts("main.t") == first
    source.execute("DROP TABLE t", f"CREATE TABLE t AS {edge_rows(ROWS // 2)}")
    migrate(sluice, source, lake, "--if-exists", "merge", "--key", "id")
    merged = sorted([row for row in first if int(row[0]) < ROWS // 2] + expected(source), key=str)
    assert lake.texts("main.t") == merged
    (snapshot,) = [one for one in lake.table("main.t").snapshots()
                   if one.summary.operation.value == "overwrite"]
    assert snapshot.summary["added-position-deletes"] == str(ROWS // 2)
    migrate(sluice, source, lake, "--if-exists", "replace")
    assert lake.texts("main.t") == expected(source)
    assert lake.operations("main.t") == ["append", "overwrite", "overwrite"]
    assert lake.texts("main.t", snapshot_id=snapshot.snapshot_id) == merged
    sluice.run("rollback", "last", check_code=0)
    assert lake.texts("main.t") == merged


def test_other_columns_replace_a_table_and_a_rollback_brings_the_old_ones(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT 1::BIGINT AS id, 'x' AS name")
    migrate(sluice, source, lake, "--partition", "t:name")
    before = lake.dump()
    old = lake.table("main.t").schema()
    source.execute("DROP TABLE t",
                   "CREATE TABLE t AS SELECT 2::BIGINT AS id, 1.50::DECIMAL(9,2) AS name, "
                   "true AS b")
    migrate(sluice, source, lake, "--if-exists", "replace", "--partition", "t:bucket(4,id)")
    schema = lake.table("main.t").schema()
    assert schema.find_field("id").field_id == old.find_field("id").field_id
    assert schema.find_field("name").field_id > old.find_field("name").field_id
    assert lake.texts("main.t") == [("2", "1.50", "true")]
    sluice.run("rollback", "last", check_code=0)
    assert lake.dump() == before


@pytest.mark.parametrize("partition, message", [
    ("id,id", 'column "id" is there twice'),
    ("bucket(2,id),bucket(3,ID)", 'column "ID" is there twice'),
    ("hour(day)", "hour does not take type date"),
    ("bucket(4,ratio)", "bucket[4] does not take type double")])
def test_a_partition_that_iceberg_has_not_is_refused_with_what_to_do(sluice, source, lake,
                                                                     partition, message):
    source.execute("CREATE TABLE t AS SELECT 1 AS id, DATE '2024-01-01' AS day, 0.5::DOUBLE ratio")
    error = migrate(sluice, source, lake, "--partition", partition, check_code=2)["error"]
    assert message in error["message"]
    assert "--partition" in error["hint"]
    assert lake.tables() == []


def test_partitions_and_order_are_those_that_were_asked_for(sluice, source, lake):
    source.execute("CREATE TABLE o AS SELECT i AS id, DATE '1969-11-15' + (i * 9)::INTEGER AS at, "
                   "CASE WHEN i % 5 = 0 THEN NULL ELSE 'c' || i % 3 END AS who "
                   "FROM range(40) t(i)")
    migrate(sluice, source, lake, "--partition", "month(at),bucket(4,id),who", "--sort", "at desc")
    table = lake.table("main.o")
    assert [(field.name, str(field.transform)) for field in table.spec().fields] == [
        ("at_month", "month"), ("id_bucket", "bucket[4]"), ("who", "identity")]
    assert [(field.source_id, field.direction.value) for field in table.sort_order().fields] == [
        (table.schema().find_field("at").field_id, "desc")]
    tasks = list(table.scan().plan_files())
    assert len(tasks) > 20
    for task in tasks:
        rows = pyarrow.parquet.read_table(local(task.file.file_path)).to_pylist()
        transforms = {field.name: (field.transform.transform(
            table.schema().find_field(field.source_id).field_type),
            table.schema().find_field(field.source_id).name) for field in table.spec().fields}
        for place, field in enumerate(table.spec().fields):
            made, column = transforms[field.name]
            from pyiceberg.utils.datetime import date_to_days
            values = {made(date_to_days(row[column]) if column == "at" else row[column])
                      for row in rows}
            assert values == {task.file.partition[place]}, (field.name, rows)
        assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert lake.texts("main.o") == expected(source, "FROM o")
    few = lake.arrow("main.o", row_filter="at < '1970-01-01'")
    assert few.num_rows == sum(1 for row in expected(source, "FROM o") if row[1] < "1970-01-01")
    migrate(sluice, source, lake, "--if-exists", "append")
    assert lake.arrow("main.o").num_rows == 80


def test_rows_merge_into_what_pyiceberg_changed(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT i AS id, 'a' AS name FROM range(10) t(i)")
    migrate(sluice, source, lake, "--partition", "t:bucket(3,id)")
    lake.append("main.t", {"id": [20, 21], "name": ["p", "p"]})
    lake.table("main.t").delete("id = 3")
    source.execute("DELETE FROM t", "INSERT INTO t VALUES (1, 'm'), (3, 'm'), (20, 'm'), (30, 'm')")
    migrate(sluice, source, lake, "--if-exists", "merge", "--key", "id")
    names = {row[0]: row[1] for row in lake.texts("main.t")}
    assert names == {**{str(i): "a" for i in range(10)}, "1": "m", "3": "m", "20": "m", "21": "p",
                     "30": "m"}
    assert len(lake.texts("main.t")) == 13
    migrate(sluice, source, lake, "--if-exists", "merge", "--key", "id")
    assert len(lake.texts("main.t")) == 13


def test_a_table_of_version_1_is_appended_to_and_merged_into(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT i AS id, 'a' AS name FROM range(5) t(i)")
    lake.folder.mkdir()
    lake.catalog.create_namespace("main")
    rows = pyarrow.table({"id": pyarrow.array([0, 9], pyarrow.int64()), "name": ["o", "o"]})
    version = {"format-version": "1"}
    lake.catalog.create_table("main.t", rows.schema, properties=version).append(rows)
    migrate(sluice, source, lake, "--if-exists", "merge", "--key", "id")
    assert lake.table("main.t").format_version == 1
    assert lake.texts("main.t") == [("0", "a"), ("1", "a"), ("2", "a"), ("3", "a"), ("4", "a"),
                                    ("9", "o")]
    migrate(sluice, source, lake, "--if-exists", "append")
    assert len(lake.texts("main.t")) == 11


def test_files_are_as_big_as_the_table_wants_them(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT i AS id, md5(CAST(i AS VARCHAR)) AS name "
                   "FROM range(600000) t(i)")
    lake.folder.mkdir()
    uri = f"{lake.uri}&target_file_size=4MB"
    sluice.run("migrate", source.uri, uri, check_code=0)
    assert lake.table("main.t").properties["write.target-file-size-bytes"] == "4000000"
    sizes = [one["file_size_in_bytes"] for one in lake.table("main.t").inspect.files().to_pylist()]
    assert len(sizes) > 2 and max(sizes) < 16e6
    assert by_duckdb(lake, "main.t", "count(*), count(DISTINCT id), sum(id)") == [
        (600000, 600000, 600000 * 599999 // 2)]
    # Also where somebody else set it, for the rows that come, and for what is tidied up.
    with lake.table("main.t").transaction() as change:
        change.set_properties({"write.target-file-size-bytes": "100000000"})
    assert sluice.run("lake", "compact", lake.uri, "--target-size", "4MB", "--json",
                      check_code=0).json["state"] in ("nothing_to_do", "compacted")
    before = len(lake.table("main.t").inspect.files())
    [row] = sluice.run("lake", "compact", lake.uri, "--json", check_code=0).json["tables"]
    assert row["files_rewritten"] == before and row["files_written"] == 1
    sluice.run("migrate", source.uri, lake.uri, "--if-exists", "append", check_code=0)
    assert len(lake.table("main.t").inspect.files()) < 1 + len(sizes)
    error = sluice.run("migrate", source.uri, f"{lake.uri}&target_file_size=big", "--json",
                       check_code=2).json["error"]
    assert "big" in error["message"] and "128MB" in error["hint"]


def by_duckdb(lake, name, columns="*"):
    judge = open_judge("iceberg")
    place = local(lake.table(name).metadata_location)
    return sorted(judge.execute(f"SELECT {columns} FROM iceberg_scan('{place}')").fetchall())


@pytest.mark.parametrize("before", ["nothing", "vectors", "positions", "positions of several"])
def test_rows_merge_into_a_table_of_version_3_by_vectors(sluice, source, lake, before):
    """One vector a data file, with what was deleted of it before."""
    source.execute("CREATE TABLE t AS SELECT i AS id, 'a' AS name FROM range(20) t(i)")
    migrate(sluice, source, lake, "--partition", "t:bucket(2,id)")
    hand = Hand(lake, "main.t")
    [first, second] = hand.data_files()
    bucket = pyarrow.parquet.read_table(local(first))["id"].to_pylist()
    part = {"partition": {"type": "record", "name": "r102", "fields": [
        {"name": "id_bucket", "type": ["null", "int"], "field-id": 1000}]},
        "spec_fields": hand.metadata["partition-specs"][0]["fields"]}
    value = {"partition": {"id_bucket": next(
        one["partition"]["id_bucket"] for one in lake.table("main.t").inspect.files().to_pylist()
        if one["file_path"] == first)}}
    gone = set() if before == "nothing" else {bucket[0], bucket[2]}
    if before.startswith("positions"):
        made = hand.position_deletes([(first, 0), (first, 2)], **value)
        if before == "positions":
            made["referenced_data_file"] = first
        hand.commit([made], **part)
    hand = Hand(lake, "main.t")
    hand.upgrade()
    hand.save()
    if before == "vectors":
        hand.commit(hand.vectors({first: [0, 2]}, **value), **part)
    source.execute("DELETE FROM t", f"INSERT INTO t VALUES ({bucket[1]}, 'm'), ({bucket[2]}, 'm'), "
                   "(30, 'm')")
    migrate(sluice, source, lake, "--if-exists", "merge", "--key", "id")
    merged = {bucket[1]: "m", bucket[2]: "m", 30: "m"}
    expected = sorted({**{i: "a" for i in range(20) if i not in gone}, **merged}.items())
    assert by_duckdb(lake, "main.t") == expected
    assert sorted((int(row[0]), row[1]) for row in lake.texts("main.t")) == expected
    found = sluice.run("query", lake.uri, "SELECT * FROM main.t ORDER BY ALL", "--format", "json",
                       check_code=0).json
    assert [(row["id"], row["name"]) for row in found] == expected
    deletes = lake.table("main.t").inspect.delete_files().to_pylist()
    vectors = [one for one in deletes if one["file_format"] == "PUFFIN"]
    assert len(vectors) == 1
    assert vectors[0]["record_count"] == {"nothing": 2}.get(before, 3)
    assert len(deletes) == (2 if before == "positions of several" else 1)
    summary = lake.table("main.t").current_snapshot().summary.additional_properties
    assert summary["added-dvs"] == "1" and "added-position-delete-files" not in summary
    ids = by_duckdb(lake, "main.t", "_row_id")
    assert len(set(ids)) == len(expected)
    report = sluice.run("lake", "fsck", lake.uri, "--json", check_code=0).json
    assert report["findings"] == []
    # Merged once more: the vector is merged with itself.
    migrate(sluice, source, lake, "--if-exists", "merge", "--key", "id")
    assert by_duckdb(lake, "main.t") == expected
    sluice.run("rollback", "last", check_code=0)
    assert by_duckdb(lake, "main.t") == expected
    # A run that merged is taken back, whatever came of it.
    sluice.run("lake", "compact", lake.uri, check_code=0)
    assert by_duckdb(lake, "main.t") == expected


def test_what_others_committed_is_kept_or_refused(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT i AS id FROM range(3) t(i)")
    migrate(sluice, source, lake)
    migrate(sluice, source, lake, "--if-exists", "append", "--no-publish")
    lake.append("main.t", {"id": [100]})
    sluice.run("publish", "last", check_code=0)
    assert [row[0] for row in lake.texts("main.t")] == ["0", "0", "1", "1", "100", "2", "2"]
    migrate(sluice, source, lake, "--if-exists", "replace", "--no-publish")
    lake.append("main.t", {"id": [101]})
    error = sluice.run("publish", "last", "--json").json["error"]
    assert error["kind"] == "conflict"
    sluice.run("rollback", "last", check_code=0)
    assert len(lake.texts("main.t")) == 8
    assert [path for path in lake.leftovers() if "/.sluice_" not in path] == []


def test_a_rollback_that_would_drop_rows_of_others_is_refused_unless_forced(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT i AS id FROM range(3) t(i)")
    migrate(sluice, source, lake)
    before = lake.dump()
    migrate(sluice, source, lake, "--if-exists", "append")
    lake.append("main.t", {"id": [100]})
    now = lake.dump()
    assert sluice.run("rollback", "last", "--json").json["error"]["kind"] == "conflict"
    assert lake.dump() == now
    sluice.run("rollback", "last", "--force", check_code=0)
    assert lake.dump() == before


def test_a_rollback_of_new_tables_leaves_nothing(sluice, source, lake):
    source.execute("CREATE SCHEMA raw", "CREATE TABLE raw.t AS SELECT i AS id FROM range(3) t(i)",
                   "CREATE TABLE u (a INTEGER)")
    migrate(sluice, source, lake, "--partition", "raw.t:id")
    sluice.run("rollback", "last", check_code=0)
    assert lake.tables() == []
    assert lake.catalog.list_namespaces() == []
    assert lake.leftovers() == []


def test_what_has_no_place_is_refused(sluice, source, lake):
    source.execute("CREATE TABLE t (id INTEGER, v INTERVAL)")
    lake.folder.mkdir()
    result = sluice.run("migrate", source.uri, lake.uri, "--json")
    assert result.code == 4 and result.json["state"] == "refused"
    assert lake.tables() == []
    source.execute("DROP TABLE t", "CREATE TABLE t AS SELECT 1 AS id")
    error = sluice.run("migrate", source.uri, f"iceberg:sqlite:{lake.database}", "--json").json
    assert "warehouse" in json.dumps(error["error"])
