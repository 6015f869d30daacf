"""What a Delta table's rows are: partitions, paths, deletion vectors, mapped columns, wider types.
The tests write the logs themselves; values are literals, DuckDB's extension is asked too."""
import datetime
import decimal
import json
import sqlite3

import pyarrow
import pyarrow.parquet
import pytest

from support.delta import (
    HandWritten, features, field, inline_vector, mapped, open_delta_judge, relative_vector, texts,
    vector_file)

UTC = datetime.timezone.utc


def rows_of(sluice, table, *more, judged=True):
    """All rows as sluice prints them, sorted; the extension has to give the same where it reads
    such tables."""
    done = sluice.run("query", table.uri, f'SELECT COLUMNS(*)::VARCHAR FROM "{table.folder.name}"',
                      "--format", "json", *more, check_code=0)
    rows = sorted((tuple(row.values()) for row in done.json), key=str)
    if judged:
        assert rows == texts(open_delta_judge(), f"FROM delta_scan('{table.folder}')")
    return rows


def error_of(sluice, table, code):
    return sluice.run("query", table.uri, f'FROM "{table.folder.name}"', "--json",
                      check_code=code).json["error"]


def test_paths_are_decoded_once(sluice, tmp_path):
    table = HandWritten(tmp_path / "t", [field("v", "long"), field("p", "string")], ["p"])
    spelt = {"p=a b/x y.parquet": "p=a%20b/x%20y.parquet",
             "p=a%2Fb/100%.parquet": "p=a%252Fb/100%25.parquet",
             "p=München/日本.parquet": "p=M%C3%BCnchen/%E6%97%A5%E6%9C%AC.parquet",
             "p=plus+#?/f.parquet": "p=plus+%23%3F/f.parquet"}
    values = ["a b", "a/b", "München", "plus+#?"]
    table.commit(*table.head(), *[
        table.file({"v": [i]}, path, {"p": value}, uri=uri)
        for i, ((path, uri), value) in enumerate(zip(spelt.items(), values))])
    found = [("0", "a b"), ("1", "a/b"), ("2", "München"), ("3", "plus+#?")]
    assert rows_of(sluice, table) == found
    outside = tmp_path / "else where.parquet"
    add = table.file({"v": [9]}, "moved.parquet", {"p": "absolute"},
                     uri=f"file://{tmp_path}/else%20where.parquet")
    (table.folder / "moved.parquet").rename(outside)
    table.commit(add)
    assert rows_of(sluice, table, judged=False) == [*found, ("9", "absolute")]


def test_a_path_that_is_no_uri_or_elsewhere_is_refused_by_name(sluice, tmp_path):
    table = HandWritten(tmp_path / "t", [field("v", "long")])
    table.commit(*table.head(), table.file({"v": [1]}, "f.parquet", uri="f%zz.parquet"))
    assert 'path "f%zz.parquet"' in error_of(sluice, table, 9)["message"]
    away = HandWritten(tmp_path / "away", [field("v", "long")])
    away.commit(*away.head(), away.file({"v": [1]}, "f.parquet", uri="s3://bucket/f.parquet"))
    error = error_of(sluice, away, 10)
    assert "s3://bucket/f.parquet" in error["message"] and error["hint"]


PARTITIONS = [
    ("string", "héllo", "héllo"), ("long", "-9223372036854775808", "-9223372036854775808"),
    ("integer", "2147483647", "2147483647"), ("short", "-1", "-1"), ("byte", "127", "127"),
    ("float", "1.5", "1.5"), ("double", "-1.0E-7", "-1e-07"), ("boolean", "true", "true"),
    ("date", "0001-01-01", "0001-01-01"), ("decimal(10,2)", "-12345678.90", "-12345678.90"),
    ("decimal(38,0)", "9" * 38, "9" * 38), ("binary", "\u0001\u0002a", "\\x01\\x02a"),
    ("timestamp", "1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999+00"),
    ("timestamp", "2021-09-08T11:11:11.5Z", "2021-09-08 11:11:11.5+00"),
    ("timestamp", "2021-09-08T13:11:11+02:00", "2021-09-08 11:11:11+00"),
    ("timestamp_ntz", "2021-09-08 11:11:11.000001", "2021-09-08 11:11:11.000001")]


def test_partition_values_of_every_type_are_exact(sluice, tmp_path):
    fields = [field("v", "long")] + [field(f"p{i}", kind)
                                     for i, (kind, _, _) in enumerate(PARTITIONS)]
    names = [one["name"] for one in fields[1:]]
    table = HandWritten(tmp_path / "t", fields, names, protocol=features("timestampNtz"))
    values = {f"p{i}": text for i, (_, text, _) in enumerate(PARTITIONS)}
    table.commit(*table.head(), table.file({"v": [1, 2]}, "a.parquet", values),
                 table.file({"v": [3]}, "b.parquet", dict.fromkeys(names)),
                 table.file({"v": [4]}, "c.parquet", dict.fromkeys(names, "")))
    expected = [text for _, _, text in PARTITIONS]
    assert rows_of(sluice, table, judged=False) == [
        ("1", *expected), ("2", *expected), ("3", *[None] * len(names)),
        ("4", *[None] * len(names))]


@pytest.mark.parametrize("kind, text", [
    ("integer", "2147483648"), ("byte", "x"), ("decimal(4,1)", "1.23"), ("date", "2021-13-01"),
    ("boolean", "yes"), ("double", "1.0x")])
def test_a_partition_value_that_is_none_of_its_type_is_corrupt(sluice, tmp_path, kind, text):
    table = HandWritten(tmp_path / "t", [field("v", "long"), field("p", kind)], ["p"])
    table.commit(*table.head(), table.file({"v": [1]}, "a.parquet", {"p": text}))
    assert f'partition value "{text}"' in error_of(sluice, table, 9)["message"]


def test_a_name_of_a_folder_is_no_partition_value(sluice, tmp_path):
    table = HandWritten(tmp_path / "t", [field("v", "long"), field("p", "string")], ["p"])
    table.commit(*table.head(), table.file({"v": [1]}, "p=wrong/a.parquet", {"p": "right"}),
                 table.file({"v": [2], "p": ["in the file"]}, "b.parquet", {"p": "in the log"}))
    assert rows_of(sluice, table) == [("1", "right"), ("2", "in the log")]


def numbered(tmp_path, name="t", **more):
    return HandWritten(tmp_path / name, [field("v", "long")],
                       protocol=features("deletionVectors"), **more)


def test_deletion_vectors_of_every_storage(sluice, tmp_path):
    table = numbered(tmp_path)
    first, second = relative_vector(table, "", [0, 2], [1])
    below, = relative_vector(table, "ab", [0])
    (offset, size, count), = vector_file(tmp_path / "else where/v.bin", [3])
    absolute = {"storageType": "p", "pathOrInlineDv": f"file://{tmp_path}/else%20where/v.bin",
                "offset": offset, "sizeInBytes": size, "cardinality": count}
    vectors = [first, second, below, absolute, inline_vector([2, 3]), None]
    table.commit(*table.head(), *[
        table.file({"v": list(range(10 * i, 10 * i + 4))}, f"{i}.parquet", vector=vector)
        for i, vector in enumerate(vectors)])
    assert rows_of(sluice, table) == sorted(
        ((str(v),) for v in [1, 3, 10, 12, 13, 21, 22, 23, 30, 31, 32, 40, 41, 50, 51, 52, 53]),
        key=str)


def test_a_deletion_vector_over_many_rows_and_chunks(sluice, tmp_path):
    table = numbered(tmp_path)
    rows = 400_000
    gone = list(range(0, rows, 3))
    vector, = relative_vector(table, "", gone)
    target = table.file({"v": list(range(rows))}, "f.parquet", vector=vector)
    table.commit(*table.head(), target)
    asked = sluice.run("query", table.uri, "SELECT count(*) AS n, sum(v)::BIGINT AS s, "
                       "count(*) FILTER (v % 3 = 0) AS gone FROM t", "--format", "json",
                       check_code=0).json
    kept = [v for v in range(rows) if v % 3]
    assert asked == [{"n": len(kept), "s": sum(kept), "gone": 0}]
    done = sluice.run("migrate", table.uri, f"sqlite:{tmp_path}/out.sqlite", "--batch-size",
                      "100000", "--json", check_code=0).json
    assert done["tables"][0]["rows_target"] == len(kept)


def test_a_changed_deletion_vector_takes_the_place_of_the_one_before(sluice, tmp_path):
    table = numbered(tmp_path)
    add = table.file({"v": [0, 1, 2, 3]}, "f.parquet")
    table.commit(*table.head(), add)
    fewer = {"add": {**add["add"], "deletionVector": inline_vector([0])}}
    table.commit({"add": fewer["add"]}, {"remove": {"path": "f.parquet", "dataChange": True}})
    fewest = {"add": {**add["add"], "deletionVector": inline_vector([0, 3])}}
    table.commit({"remove": {"path": "f.parquet", "dataChange": True,
                             "deletionVector": fewer["add"]["deletionVector"]}}, fewest)
    assert rows_of(sluice, table) == [("1",), ("2",)]
    assert rows_of(sluice, table, "--at", "1", judged=False) == [("1",), ("2",), ("3",)]
    files = sluice.run("lake", "files", table.uri, "--json", check_code=0).json
    assert (files["rows"], files["tables"][0]["files"][0]["deleted"]) == (2, 2)


@pytest.mark.parametrize("damage, words", [
    (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "its checksum is"),
    (lambda data: b"\x02" + data[1:], "of version 2"),
    (lambda data: data[:20], "its file ends within it"),
    (None, "No such file")])
def test_a_damaged_deletion_vector_is_refused_and_no_row_is_shown(sluice, tmp_path, damage, words):
    table = numbered(tmp_path)
    vector, = relative_vector(table, "", [1])
    table.commit(*table.head(), table.file({"v": [0, 1]}, "f.parquet", vector=vector))
    path, = table.folder.glob("deletion_vector_*.bin")
    if damage:
        path.write_bytes(damage(path.read_bytes()))
    else:
        path.unlink()
    done = sluice.run("query", table.uri, "FROM t", "--json")
    assert done.code in (3, 9, 10) and words in done.json["error"]["message"], done
    assert "f.parquet" in done.json["error"]["message"]


def test_a_deletion_vector_with_another_cardinality_is_corrupt(sluice, tmp_path):
    table = numbered(tmp_path)
    table.commit(*table.head(), table.file(
        {"v": [0, 1]}, "f.parquet", vector={**inline_vector([1]), "cardinality": 2}))
    assert "it deletes 1 rows, its descriptor says 2" in error_of(sluice, table, 9)["message"]


def test_columns_mapped_by_name_keep_their_values_when_they_are_renamed(sluice, tmp_path):
    def inner(first_id):
        return {"type": "struct", "fields": [mapped("y", "long", first_id, "col-y"),
                                             mapped("new", "long", first_id + 1, "col-new")]}

    elements = {"type": "array", "elementType": inner(20), "containsNull": True}
    fields = [mapped("renamed", "long", 1, "col-a"), mapped("s", inner(10), 2, "col-s"),
              mapped("l", elements, 5, "col-l"),
              mapped("p", "string", 6, "col-p"), mapped("came", "string", 7, "col-came")]
    table = HandWritten(tmp_path / "t", fields, ["p"],
                        protocol={"minReaderVersion": 2, "minWriterVersion": 5},
                        **{"delta.columnMapping.mode": "name"})
    data = {"col-a": [1, 2], "col-s": [{"col-y": 10}, None],
            "col-l": [[{"col-y": 7}, None], []], "renamed": [-1, -1], "col-dropped": [5, 6]}
    table.commit(*table.head(), table.file(data, "x.parquet", {"col-p": "part"}))
    assert rows_of(sluice, table, judged=False) == [
        ("1", "{'y': 10, 'new': NULL}", "[{'y': 7, 'new': NULL}, NULL]", "part", None),
        ("2", None, "[]", "part", None)]


def with_ids(columns):
    """A pyarrow table with field ids: {name: (id, values)}."""
    arrays = {name: pyarrow.array(values) for name, (_, values) in columns.items()}
    schema = pyarrow.schema([
        pyarrow.field(name, arrays[name].type, metadata={"PARQUET:field_id": str(number)})
        for name, (number, _) in columns.items()])
    return pyarrow.table(list(arrays.values()), schema=schema)


def test_columns_mapped_by_id_are_found_whatever_they_are_called_in_a_file(sluice, tmp_path):
    fields = [mapped("a", "long", 1, "col-1"), mapped("b", "string", 2, "col-2"),
              mapped("c", "long", 3, "col-3")]
    table = HandWritten(tmp_path / "t", fields,
                        protocol={"minReaderVersion": 2, "minWriterVersion": 5},
                        **{"delta.columnMapping.mode": "id"})
    table.commit(
        *table.head(), table.file(with_ids({"col-1": (1, [1]), "col-2": (2, ["x"])}), "1.parquet"),
        table.file(with_ids({"a": (3, [30]), "c": (1, [2]), "zz": (2, ["y"])}), "2.parquet"))
    assert rows_of(sluice, table, judged=False) == [("1", "x", None), ("2", "y", "30")]
    table.commit(table.file({"col-1": [3], "col-2": ["z"]}, "3.parquet"))
    error = error_of(sluice, table, 10)
    assert "3.parquet" in error["message"] and "no field ids" in error["message"]


def test_types_of_older_files_are_widened_in_lists_and_structs_too(sluice, tmp_path):
    changes = [{"fromType": "integer", "toType": "long"}]
    inner = {"type": "struct", "fields": [field("x", "double")]}
    fields = [field("v", "long", **{"delta.typeChanges": changes}),
              field("l", {"type": "array", "elementType": "long", "containsNull": True},
                    **{"delta.typeChanges": [{**changes[0], "fieldPath": "element"}]}),
              field("s", inner), field("d", "decimal(12,4)"), field("when", "timestamp_ntz")]
    table = HandWritten(tmp_path / "t", fields, protocol=features("typeWidening", "timestampNtz"))
    types = pyarrow.schema([
        ("v", pyarrow.int32()), ("l", pyarrow.list_(pyarrow.int32())),
        ("s", pyarrow.struct([("x", pyarrow.float32())])), ("d", pyarrow.decimal128(6, 2)),
        ("when", pyarrow.date32())])
    old = pyarrow.Table.from_pylist(
        [{"v": -2147483648, "l": [1, None], "s": {"x": 0.5}, "d": decimal.Decimal("12.25"),
          "when": datetime.date(1969, 7, 20)}], types)
    table.commit(*table.head(), table.file(old, "old.parquet"))
    assert rows_of(sluice, table, judged=False) == [
        ("-2147483648", "[1, NULL]", "{'x': 0.5}", "12.2500", "1969-07-20 00:00:00")]


def test_a_change_of_type_that_is_no_widening_is_refused_by_name(sluice, tmp_path):
    changes = [{"fromType": "string", "toType": "integer"}]
    table = HandWritten(tmp_path / "t", [field("v", "integer", **{"delta.typeChanges": changes})],
                        protocol=features("typeWidening"))
    table.commit(*table.head(), table.file({"v": [1]}, "f.parquet"))
    assert 'column "v" was changed from string to integer' in error_of(sluice, table, 10)["message"]


def test_timestamps_with_and_without_a_zone_stay_apart(sluice, tmp_path):
    table = HandWritten(tmp_path / "t", [field("z", "timestamp"), field("n", "timestamp_ntz")],
                        protocol=features("timestampNtz"))
    moment = datetime.datetime(1, 1, 1, 0, 0, 0, 1)
    table.commit(*table.head(), table.file(pyarrow.table({
        "z": pyarrow.array([moment.replace(tzinfo=UTC)], pyarrow.timestamp("us", "UTC")),
        "n": pyarrow.array([moment], pyarrow.timestamp("us"))}), "f.parquet"))
    assert rows_of(sluice, table) == [("0001-01-01 00:00:00.000001+00",
                                       "0001-01-01 00:00:00.000001")]
    types = sluice.run("inspect", table.uri, "--json", check_code=0).json["tables"][0]["columns"]
    assert [column["type"] for column in types] == ["timestamptz", "timestamp"]


def test_columns_that_came_and_went_and_void_ones(sluice, tmp_path):
    table = HandWritten(tmp_path / "t", [field("a", "long"), field("nothing", "void"),
                                         field("b", "string")])
    table.commit(*table.head(), table.file({"a": [1], "gone": ["x"]}, "1.parquet"),
                 table.file({"b": ["y"], "a": [2]}, "2.parquet"))
    assert rows_of(sluice, table, judged=False) == [("1", None), ("2", "y")]
    found = sluice.run("inspect", table.uri, "--json", check_code=0).json["findings"]
    assert [(one["kind"], one["object"]) for one in found] == [("void_column", "t.nothing")]


def test_constraints_generated_columns_and_comments_are_told(sluice, tmp_path):
    table = HandWritten(
        tmp_path / "t", [field("a", "long", nullable=False, comment="the key"),
                         field("g", "long", **{"delta.generationExpression": "a + 1"}),
                         field("i", "long", **{"delta.invariants": json.dumps(
                             {"expression": {"expression": "i > 0"}})})],
        protocol={"minReaderVersion": 1, "minWriterVersion": 4},
        **{"delta.constraints.positive": "a > 0"})
    table.commit(*table.head(), table.file({"a": [1], "g": [2], "i": [3]}, "1.parquet"))
    assert rows_of(sluice, table) == [("1", "2", "3")]
    plan = sluice.run("plan", table.uri, f"duckdb:{tmp_path}/d.duckdb", "--json", check_code=0).json
    assert [(one["kind"], one["object"], one["message"]) for one in plan["findings"]] == [
        ("generated_not_carried", "t.g",
         "a generated column: its values are moved, the rule that computes them is not"),
        ("check_not_carried", "t", "check i > 0"), ("check_not_carried", "t", "check a > 0")]
    columns = sluice.run("inspect", table.uri, "--json",
                         check_code=0).json["tables"][0]["columns"]
    assert [column["nullable"] for column in columns] == [False, True, True]


@pytest.mark.parametrize("told", [None, 0, 1, 299, 301, 100_000])
def test_statistics_that_lie_or_are_missing_lose_no_row(sluice, tmp_path, told):
    table = numbered(tmp_path)
    stats = json.dumps({"numRecords": told}) if told is not None else None
    table.commit(*table.head(), *[
        table.file({"v": list(range(300 * i, 300 * i + 300))}, f"{i}.parquet", stats=stats,
                   vector=inline_vector([299]) if i == 1 else None) for i in range(3)])
    out = tmp_path / "out.sqlite"
    done = sluice.run("migrate", table.uri, f"sqlite:{out}", "--batch-size", "100", "--json",
                      check_code=0).json
    assert (done["tables"][0]["rows_source"], done["tables"][0]["rows_target"]) == (899, 899)
    with sqlite3.connect(out) as copy:
        assert copy.execute("SELECT sum(v) FROM t").fetchone() == (sum(range(900)) - 599,)
    counted = sluice.run("query", table.uri, "SELECT count(*) AS n FROM t", "--format", "json",
                         check_code=0).json
    assert counted == [{"n": 899}]


def test_rows_that_the_log_does_not_tell_are_shown_as_unknown(sluice, tmp_path):
    table = numbered(tmp_path)
    table.commit(*table.head(), table.file({"v": [1, 2]}, "a.parquet", stats=None),
                 table.file({"v": [3]}, "b.parquet"))
    told = sluice.run("lake", "files", table.uri, "--json", check_code=0).json
    assert told["rows"] is None and told["tables"][0]["rows"] is None
    assert [file["rows"] for file in told["tables"][0]["files"]] == [None, 1]
    text = sluice.run("lake", "files", table.uri, check_code=0).stdout
    assert text.count("rows not told") == 2 and "?" in text
    tables = sluice.run("inspect", table.uri, "--json", check_code=0).json["tables"]
    assert tables[0]["rows"] == 3
