"""Tables of Delta Lake: the golden ones, ones whose log a test writes itself, and their judge."""
import base64
import json
import struct
import subprocess
import uuid
import zlib

import pyarrow
import pyarrow.parquet

from support.judge import EXTENSIONS, open_judge

Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
VECTOR_MAGIC = 1681511377
ARRAY_VALUES_MAX = 4096
NEWEST_FEATURES = {"minReaderVersion": 3, "minWriterVersion": 7}


def unpack(data_folder, name, folder):
    """Unpacks a golden table; returns (the table's folder, the glob of its expected rows or None).
    """
    archive = data_folder / f"delta/{name}.tar.zst"
    subprocess.run(["tar", "--zstd", "-xf", archive, "-C", folder], check=True)
    table = folder / name / "delta"
    expected = folder / name / "expected"
    return (table if table.is_dir() else folder / name,
            f"{expected}/*.parquet" if expected.is_dir() else None)


def open_delta_judge():
    """A DuckDB that knows delta_scan(). Timestamps are of UTC."""
    judge = open_judge()
    load_delta(judge)
    judge.execute("SET TimeZone = 'UTC'")
    return judge


def load_delta(judge):
    judge.execute(f"LOAD '{EXTENSIONS / 'delta.duckdb_extension'}'")


def texts(judge, sql):
    """Rows with each cell as DuckDB prints it, sorted."""
    return sorted(judge.execute(f"SELECT COLUMNS(*)::VARCHAR FROM ({sql})").fetchall(), key=str)


def field(name, kind, nullable=True, **metadata):
    return {"name": name, "type": kind, "nullable": nullable, "metadata": metadata}


def mapped(name, kind, column_id, physical, **metadata):
    """A column of a table with column mapping."""
    return field(name, kind, **{"delta.columnMapping.id": column_id,
                                "delta.columnMapping.physicalName": physical, **metadata})


def features(*names):
    return {**NEWEST_FEATURES, "readerFeatures": list(names), "writerFeatures": list(names)}


class HandWritten:
    """A table whose log is written here, action by action; data files by pyarrow."""

    def __init__(self, folder, fields, partition=(), protocol=None, **properties):
        self.folder = folder
        self.log = folder / "_delta_log"
        self.log.mkdir(parents=True)
        self.version = -1
        self.protocol = protocol or {"minReaderVersion": 1, "minWriterVersion": 2}
        self.metadata = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, str(folder))),
            "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps({"type": "struct", "fields": fields}),
            "partitionColumns": list(partition), "configuration": properties, "createdTime": 0}

    @property
    def uri(self):
        return f"delta:{self.folder}"

    def head(self):
        """The two actions that a first version has."""
        return [{"protocol": self.protocol}, {"metaData": self.metadata}]

    def commit(self, *actions, version=None):
        """Writes the next version, or `version`."""
        self.version = self.version + 1 if version is None else version
        path = self.log / f"{self.version:020}.json"
        path.write_text("".join(json.dumps(action) + "\n" for action in actions))
        return self.version

    def file(self, columns, path, partition=None, uri=None, vector=None, **more):
        """Writes a data file; returns its add action. `uri`: how the log spells the path."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        table = columns if isinstance(columns, pyarrow.Table) else pyarrow.table(columns)
        pyarrow.parquet.write_table(table, target)
        action = {"path": uri or path, "partitionValues": partition or {},
                  "size": target.stat().st_size, "modificationTime": 0, "dataChange": True,
                  "stats": json.dumps({"numRecords": table.num_rows}), **more}
        if vector:
            action["deletionVector"] = vector
        return {"add": action}

    def parquet(self, name, actions):
        """Writes actions as a checkpoint's Parquet file, below the log."""
        target = self.log / name
        target.parent.mkdir(exist_ok=True)
        rows = [{key: action.get(key) for key in ACTION_TYPES} for action in actions]
        schema = pyarrow.schema([(key, kind) for key, kind in ACTION_TYPES.items()])
        pyarrow.parquet.write_table(
            pyarrow.Table.from_pylist([tidied(row) for row in rows], schema), target)
        return target


def removed(add, **more):
    """The remove action of an add action."""
    action = {"path": add["add"]["path"], "deletionTimestamp": 1, "dataChange": True, **more}
    if "deletionVector" in add["add"]:
        action["deletionVector"] = add["add"]["deletionVector"]
    return {"remove": action}


STRINGS = pyarrow.map_(pyarrow.string(), pyarrow.string())
VECTOR = pyarrow.struct([
    ("storageType", pyarrow.string()), ("pathOrInlineDv", pyarrow.string()),
    ("offset", pyarrow.int32()), ("sizeInBytes", pyarrow.int32()),
    ("cardinality", pyarrow.int64())])
ACTION_TYPES = {
    "protocol": pyarrow.struct([
        ("minReaderVersion", pyarrow.int32()), ("minWriterVersion", pyarrow.int32()),
        ("readerFeatures", pyarrow.list_(pyarrow.string())),
        ("writerFeatures", pyarrow.list_(pyarrow.string()))]),
    "metaData": pyarrow.struct([
        ("id", pyarrow.string()),
        ("format", pyarrow.struct([("provider", pyarrow.string()), ("options", STRINGS)])),
        ("schemaString", pyarrow.string()), ("partitionColumns", pyarrow.list_(pyarrow.string())),
        ("configuration", STRINGS), ("createdTime", pyarrow.int64())]),
    "txn": pyarrow.struct([("appId", pyarrow.string()), ("version", pyarrow.int64())]),
    "add": pyarrow.struct([
        ("path", pyarrow.string()), ("partitionValues", STRINGS), ("size", pyarrow.int64()),
        ("modificationTime", pyarrow.int64()), ("dataChange", pyarrow.bool_()),
        ("stats", pyarrow.string()), ("deletionVector", VECTOR)]),
    "remove": pyarrow.struct([
        ("path", pyarrow.string()), ("deletionTimestamp", pyarrow.int64()),
        ("dataChange", pyarrow.bool_()), ("deletionVector", VECTOR)]),
    "sidecar": pyarrow.struct([("path", pyarrow.string()), ("sizeInBytes", pyarrow.int64()),
                               ("modificationTime", pyarrow.int64())]),
    "checkpointMetadata": pyarrow.struct([("version", pyarrow.int64())]),
}


def tidied(value):
    """Maps as pyarrow takes them: lists of pairs."""
    if not isinstance(value, dict):
        return value
    return {key: list(item.items()) if key in ("partitionValues", "configuration", "options")
            else tidied(item) for key, item in value.items()}


def z85(data):
    """Z85 is base85 with another alphabet."""
    ascii85 = base64.b85encode(data).decode()
    order = ("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
             "!#$%&()*+-;<=>?@^_`{|}~")
    return ascii85.translate(str.maketrans(order, Z85))


def bitmap_array(rows):
    """The serialized form of a deletion vector: a Roaring bitmap for each 2^32 rows."""
    parts = {}
    for row in sorted(rows):
        parts.setdefault(row >> 32, []).append(row & 0xFFFFFFFF)
    out = struct.pack("<IQ", VECTOR_MAGIC, len(parts))
    for high, low in parts.items():
        containers = {}
        for row in low:
            containers.setdefault(row >> 16, []).append(row & 0xFFFF)
        out += struct.pack("<III", high, 12346, len(containers))
        for key, values in containers.items():
            out += struct.pack("<HH", key, len(values) - 1)
        at = 8 + 8 * len(containers)
        bodies = [container(values) for values in containers.values()]
        for body in bodies:
            out += struct.pack("<I", at)
            at += len(body)
        out += b"".join(bodies)
    return out


def container(values):
    """Few values of one 2^16 are an array of them, many a set of bits."""
    if len(values) <= ARRAY_VALUES_MAX:
        return struct.pack(f"<{len(values)}H", *values)
    return sum(1 << value for value in values).to_bytes(8192, "little")


def inline_vector(rows):
    data = bitmap_array(rows)
    padded = data + b"\0" * (-len(data) % 4)
    return {"storageType": "i", "pathOrInlineDv": z85(padded), "sizeInBytes": len(data),
            "cardinality": len(rows)}


def vector_file(path, *row_sets):
    """Writes a file of deletion vectors; returns (offset, bytes, cardinality) of each."""
    out, found = b"\x01", []
    for rows in row_sets:
        data = bitmap_array(rows)
        found.append((len(out), len(data), len(rows)))
        out += struct.pack(">I", len(data)) + data + struct.pack(">I", zlib.crc32(data))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out)
    return found


def relative_vector(table, prefix, *row_sets):
    """Descriptors of storage "u" in one file of the table, below the folder `prefix`."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{table.folder} {prefix} {row_sets}")
    path = table.folder / prefix / f"deletion_vector_{name}.bin"
    return [{"storageType": "u", "pathOrInlineDv": prefix + z85(name.bytes), "offset": offset,
             "sizeInBytes": size, "cardinality": count}
            for offset, size, count in vector_file(path, *row_sets)]
