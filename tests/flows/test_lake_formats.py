"""Our Avro and Iceberg bytes against fastavro's and PyIceberg's: each reads what the other wrote.

The probe (tests/probe) reads a file with the product's code and writes it again with it.
"""
import datetime
import decimal
import json
import pathlib
import subprocess
import uuid

import fastavro
import pyarrow
import pytest
from pyiceberg import conversions, transforms, types
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.manifest import clear_manifest_cache
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.deletion_vector import deletion_vectors_from_puffin_file
from pyiceberg.table.puffin import PuffinFile
from pyiceberg.utils import truncate

from support import program

PROBE = program.BINARY.parent / "lake_probe"


def probe(*words):
    assert PROBE.exists(), f"{PROBE} is not built: cmake --build build/release --target lake_probe"
    done = subprocess.run([PROBE, *map(str, words)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


AVRO_SCHEMA = {
    "type": "record",
    "name": "a.b.row",
    "fields": [
        {"name": "flag", "type": "boolean", "field-id": 1},
        {"name": "small", "type": "int"},
        {"name": "large", "type": ["null", "long"], "default": None},
        {"name": "single", "type": "float"},
        {"name": "double", "type": "double"},
        {"name": "bytes", "type": "bytes"},
        {"name": "text", "type": ["string", "null"]},
        {"name": "kind", "type": {"type": "enum", "name": "kind", "symbols": ["A", "B"]}},
        {"name": "id", "type": {"type": "fixed", "name": "id", "size": 3}},
        {"name": "list", "type": {"type": "array", "items": ["null", "long"], "element-id": 7}},
        {"name": "map", "type": {"type": "map", "values": {"type": "array", "items": "string"}}},
        {"name": "next", "type": ["null", "a.b.row"]},
    ],
}


def avro_rows(count):
    for i in range(count):
        row = {
            "flag": i % 2 == 0,
            "small": (-1) ** i * i,
            "large": None if i % 5 == 0 else 2**62 - i,
            "single": i / 4,
            "double": i / 3,
            "bytes": bytes([i % 256, 0, 255]),
            "text": None if i % 7 == 0 else f"t{i}ü",
            "kind": "AB"[i % 2],
            "id": b"x\0" + bytes([i % 256]),
            "list": [None, i, -i][: i % 4],
            "map": {f"k{j}": ["v"] * j for j in range(i % 3)},
            "next": None,
        }
        yield {**row, "next": dict(row)} if i % 10 == 0 else row


@pytest.mark.parametrize("codec", ["null", "deflate", "snappy", "zstandard"])
def test_fastavro_reads_what_we_wrote_and_we_what_it_wrote(tmp_path, codec):
    rows = list(avro_rows(3000))
    with open(tmp_path / "in.avro", "wb") as file:
        fastavro.writer(file, AVRO_SCHEMA, rows, codec=codec, metadata={"k": "v"})
    probe("avro", tmp_path / "in.avro", tmp_path / "out.avro", codec)
    with open(tmp_path / "out.avro", "rb") as file:
        reader = fastavro.reader(file)
        assert list(reader) == rows
        assert reader.codec == codec
        fields = reader.writer_schema["fields"]
    assert fields[0]["field-id"] == 1
    assert fields[9]["type"]["element-id"] == 7


VALUES = [
    (types.BooleanType(), True, True),
    (types.IntegerType(), -7, -7),
    (types.LongType(), 2**40 + 5, 2**40 + 5),
    (types.LongType(), -(2**62), -(2**62)),
    (types.FloatType(), 1.5, 1.5),
    (types.DoubleType(), -2.25, -2.25),
    (types.DateType(), "1969-12-31", -1),
    (types.TimeType(), "22:31:08.000001", 81068000001),
    (types.TimestampType(), "1969-12-31T23:59:59.999999", -1),
    (types.TimestamptzType(), "2017-11-16T22:31:08+00:00", 1510871468000000),
    (types.StringType(), "iceberg", "iceberg"),
    (types.StringType(), "ééééééééééééééééz", "ééééééééééééééééz"),
    (types.StringType(), "0123456789abcde\U0010ffffx", "0123456789abcde\U0010ffffx"),
    (types.UUIDType(), "f79c3e09-677c-4bbd-a479-3f349cb785e7",
     uuid.UUID("f79c3e09-677c-4bbd-a479-3f349cb785e7")),
    (types.FixedType(4), "00010203", bytes([0, 1, 2, 3])),
    (types.BinaryType(), "61" * 15 + "ffff", b"a" * 15 + b"\xff\xff"),
] + [
    (types.DecimalType(38, 2), text, decimal.Decimal(text))
    for text in ("0.00", "1.27", "1.28", "-1.28", "-1.29", "14.20", "-0.01", "9" * 36 + ".99")
]


def applicable(kind):
    candidates = ["identity", "bucket[16]", "truncate[3]", "year", "month", "day", "hour"]
    for text in candidates:
        transform = transforms.parse_transform(text)
        if transform.can_transform(kind):
            yield text, transform


def check_bounds(value, lower, upper, judged):
    assert lower == value[:16]
    # Behind a character that was raised PyIceberg keeps the ones that nothing is above; Java and
    # we cut them off, which is a bound as good and nearer.
    assert value <= upper <= judged
    assert upper == judged or judged.startswith(upper)


def test_bytes_bounds_and_transforms_are_pyicebergs(tmp_path):
    cases = [
        (kind, given, value, text, transform)
        for kind, given, value in VALUES
        for text, transform in applicable(kind)
    ]
    lines = [f"{kind}\t{json.dumps(given)}\t{text}" for kind, given, _, text, _ in cases]
    (tmp_path / "values").write_text("\n".join(lines) + "\n")
    out = probe("values", tmp_path / "values").splitlines()
    assert len(out) == len(cases) > 60
    for line, (kind, given, value, text, transform) in zip(out, cases):
        whole, lower, upper, made = line.split("\t")
        assert whole == conversions.to_bytes(kind, value).hex(), (kind, given)
        if isinstance(kind, types.StringType):
            check_bounds(value, bytes.fromhex(lower).decode(), bytes.fromhex(upper).decode(),
                         truncate.truncate_upper_bound_text_string(value, 16))
        if isinstance(kind, types.BinaryType):
            check_bounds(value, bytes.fromhex(lower), bytes.fromhex(upper),
                         truncate.truncate_upper_bound_binary_string(value, 16))
        result = transform.transform(kind)(value)
        expected = conversions.to_bytes(transform.result_type(kind), result).hex()
        assert made == expected, (kind, given, text)


SCHEMA = Schema(
    types.NestedField(1, "id", types.LongType(), required=True),
    types.NestedField(2, "day", types.DateType()),
    types.NestedField(3, "price", types.DecimalType(9, 2)),
    types.NestedField(4, "name", types.StringType()),
    types.NestedField(5, "tags", types.ListType(6, types.StringType(), element_required=False)),
)


def spec_of(*parts):
    return PartitionSpec(
        *(
            PartitionField(source, 1000 + i, transforms.parse_transform(text), name)
            for i, (source, name, text) in enumerate(parts)
        )
    )


SPECS = {
    "none": spec_of(),
    "many": spec_of((1, "id_b", "bucket[4]"), (2, "m", "month"), (3, "price", "identity"),
                    (4, "name_t", "truncate[2]")),
    "day": spec_of((2, "d", "day")),
}


def sample_rows():
    count = 40
    days = [datetime.date(1969, 12, 20) + datetime.timedelta(days=i) for i in range(count)]
    return pyarrow.table(
        {
            "id": pyarrow.array(range(count), pyarrow.int64()),
            "day": pyarrow.array([None if i % 9 == 0 else d for i, d in enumerate(days)]),
            "price": pyarrow.array(
                [decimal.Decimal(i % 3 - 1) * decimal.Decimal("1.28") for i in range(count)],
                pyarrow.decimal128(9, 2),
            ),
            "name": pyarrow.array([f"name {i % 4}" for i in range(count)]),
            "tags": pyarrow.array([["a"] * (i % 3) for i in range(count)]),
        },
        schema=SCHEMA.as_arrow(),
    )


def local(uri):
    return pathlib.Path(uri.removeprefix("file://"))


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("spec", list(SPECS))
def test_pyiceberg_reads_its_table_after_we_wrote_all_its_metadata_again(tmp_path, spec, version):
    catalog = SqlCatalog("c", uri=f"sqlite:///{tmp_path}/c.db", warehouse=f"file://{tmp_path}/w")
    catalog.create_namespace("n")
    table = catalog.create_table(
        "n.t", SCHEMA, partition_spec=SPECS[spec], properties={"format-version": version}
    )
    rows = sample_rows()
    table.append(rows)
    table.append(rows.slice(0, 7))
    table.delete("id = 5")
    table = catalog.load_table("n.t")
    expected = table.scan().to_arrow().sort_by([("id", "ascending")])
    before = json.loads(table.metadata.model_dump_json())

    rewritten = set()
    for snapshot in table.snapshots():
        lines = snapshot.manifests(table.io)
        for line in lines:
            if line.manifest_path not in rewritten:
                path = local(line.manifest_path)
                probe("manifest", path, path)
                rewritten.add(line.manifest_path)
        path = local(snapshot.manifest_list)
        probe("manifest-list", path, tmp_path / "list")
        # Sizes of manifests stand in the list; PyIceberg does not look at them.
        path.write_bytes((tmp_path / "list").read_bytes())
    path = local(table.metadata_location)
    probe("metadata", path, path)

    clear_manifest_cache()
    table = catalog.load_table("n.t")
    assert json.loads(table.metadata.model_dump_json()) == before
    assert table.scan().to_arrow().sort_by([("id", "ascending")]).equals(expected)
    for row_filter in ("id = 3", "day = '1969-12-31'", "price = -1.28", "name = 'name 2'"):
        found = table.scan(row_filter=row_filter).to_arrow().num_rows
        assert found > 0, row_filter
    table.append(rows.slice(0, 2))
    assert table.scan().to_arrow().num_rows == expected.num_rows + 2


def test_pyiceberg_reads_our_deletion_vector(tmp_path):
    rows = [0, 5, 6, 7, 65535, 65536, 2**32, 2**32 + 9]
    probe("puffin", tmp_path / "p", "file:///a.parquet", *rows)
    (vector,) = deletion_vectors_from_puffin_file(PuffinFile((tmp_path / "p").read_bytes()))
    assert vector.to_vector().to_pylist() == rows
    assert probe("puffin-rows", tmp_path / "p").split()[1:] == [str(row) for row in rows]
