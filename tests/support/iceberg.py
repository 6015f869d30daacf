"""Iceberg tables for tests: PyIceberg's own, and what it cannot write, made by hand out of the
specification with fastavro: equality deletes, position deletes, deletion vectors, version 3."""
import copy
import io
import json
import os
import pathlib
import sqlite3
import struct
import time
import uuid
import zlib

import fastavro
import pyarrow
import pyarrow.parquet
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType

from support.delta import bitmap_array

CATALOG = "sluice"
PAIR = Schema(NestedField(1, "id", LongType()), NestedField(2, "name", StringType()))


class Lake:
    """A SQL catalog of PyIceberg in SQLite. Attributes: catalog, uri (as sluice has it), folder."""

    def __init__(self, folder, warehouse=None, **properties):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.database = self.folder / "catalog.db"
        self.warehouse = warehouse or f"file://{self.folder}/warehouse"
        self.catalog = SqlCatalog(CATALOG, uri=f"sqlite:///{self.database}",
                                  warehouse=self.warehouse, **properties)
        self.uri = f"iceberg:sqlite:{self.database}"

    def table(self, name, schema, rows=None, **more):
        """Makes a table, with its namespace; `rows` is the first thing in it."""
        self.catalog.create_namespace_if_not_exists(name.rsplit(".", 1)[0])
        table = self.catalog.create_table(name, schema, **more)
        if rows is not None:
            table.append(rows)
        return table

    def hand(self, name):
        return Hand(self, name)


def local(address):
    return pathlib.Path(address.removeprefix("file://"))


PARTITION = {"type": "record", "name": "r102", "fields": []}


def optional(name, kind, field_id):
    return {"name": name, "type": ["null", kind], "default": None, "field-id": field_id}


def required(name, kind, field_id):
    return {"name": name, "type": kind, "field-id": field_id}


def bounds(name, key, value, field_id, value_type):
    item = {"type": "record", "name": f"k{key}_v{value}",
            "fields": [required("key", "int", key), required("value", value_type, value)]}
    return optional(name, {"type": "array", "logicalType": "map", "items": item}, field_id)


def entry_schema(partition):
    data_file = {"type": "record", "name": "r2", "fields": [
        required("content", "int", 134), required("file_path", "string", 100),
        required("file_format", "string", 101), required("partition", partition, 102),
        required("record_count", "long", 103), required("file_size_in_bytes", "long", 104),
        bounds("null_value_counts", 121, 122, 110, "long"),
        bounds("lower_bounds", 126, 127, 125, "bytes"),
        bounds("upper_bounds", 129, 130, 128, "bytes"),
        optional("equality_ids", {"type": "array", "items": "int", "element-id": 136}, 135),
        optional("referenced_data_file", "string", 143), optional("content_offset", "long", 144),
        optional("content_size_in_bytes", "long", 145)]}
    return {"type": "record", "name": "manifest_entry", "fields": [
        required("status", "int", 0), optional("snapshot_id", "long", 1),
        optional("sequence_number", "long", 3), optional("file_sequence_number", "long", 4),
        required("data_file", data_file, 2)]}


LIST_FIELDS = {
    "manifest_path": "", "manifest_length": 0, "partition_spec_id": 0, "content": 0,
    "sequence_number": 0, "min_sequence_number": 0, "added_snapshot_id": 0, "added_files_count": 0,
    "existing_files_count": 0, "deleted_files_count": 0, "added_rows_count": 0,
    "existing_rows_count": 0, "deleted_rows_count": 0}


def write_avro(path, schema, records, metadata):
    out = io.BytesIO()
    fastavro.writer(out, schema, records, metadata=metadata, codec="deflate")
    path.write_bytes(out.getvalue())
    return len(out.getvalue())


class Hand:
    """Commits to a table of a lake whatever it is given. The metadata is a dict."""

    def __init__(self, lake, name):
        self.lake = lake
        self.space, self.name = name.rsplit(".", 1)
        with sqlite3.connect(lake.database) as database:
            (self.location,), = database.execute(
                "SELECT metadata_location FROM iceberg_tables WHERE table_namespace = ? AND "
                "table_name = ?", (self.space, self.name))
        self.metadata = json.loads(local(self.location).read_text())
        self.folder = local(self.metadata["location"])

    def new_path(self, folder, ending):
        path = self.folder / folder / f"{uuid.uuid4()}{ending}"
        path.parent.mkdir(exist_ok=True)
        return path

    def snapshot(self):
        found = [one for one in self.metadata["snapshots"]
                 if one["snapshot-id"] == self.metadata["current-snapshot-id"]]
        return found[0]

    def list(self):
        """The lines of the newest manifest list, and its schema."""
        with open(local(self.snapshot()["manifest-list"]), "rb") as file:
            reader = fastavro.reader(file)
            return list(reader), json.loads(reader.metadata["avro.schema"])

    def entries(self, line):
        with open(local(line["manifest_path"]), "rb") as file:
            reader = fastavro.reader(file)
            return list(reader), reader.metadata

    def data_files(self):
        """The live data files' addresses, in the order of the manifests."""
        out = []
        for line in self.list()[0]:
            if line["content"] == 0:
                out += [entry["data_file"]["file_path"] for entry in self.entries(line)[0]
                        if entry["status"] != 2]
        return out

    # Files

    def parquet(self, columns, ids, types):
        """Writes a Parquet file with these field ids; a fact of a manifest about it."""
        fields = [pyarrow.field(name, kind, metadata={"PARQUET:field_id": str(ids[name])})
                  for name, kind in types.items()]
        path = self.new_path("data", ".parquet")
        table = pyarrow.table(
            [pyarrow.array(columns[name], kind) for name, kind in types.items()],
            schema=pyarrow.schema(fields))
        pyarrow.parquet.write_table(table, path)
        return {"file_path": f"file://{path}", "file_format": "PARQUET",
                "record_count": table.num_rows, "file_size_in_bytes": path.stat().st_size}

    def equality_deletes(self, columns, ids, types, **more):
        file = self.parquet(columns, ids, types)
        return {**file, "content": 2, "equality_ids": list(ids.values()), **more}

    def position_deletes(self, rows, **more):
        """`rows`: pairs of a data file's address and a place in it."""
        columns = {"file_path": [path for path, _ in rows], "pos": [place for _, place in rows]}
        file = self.parquet(columns, {"file_path": 2147483546, "pos": 2147483545},
                            {"file_path": pyarrow.string(), "pos": pyarrow.int64()})
        return {**file, "content": 1, **more}

    def vectors(self, rows_of, **more):
        """Deletion vectors in one puffin file; `rows_of`: places by data file."""
        out = b"PFA1"
        blobs, files = [], []
        for address, rows in rows_of.items():
            data = bitmap_array(rows)
            blob = struct.pack(">I", len(data)) + data + struct.pack(">I", zlib.crc32(data))
            blobs.append({"type": "deletion-vector-v1", "fields": [], "snapshot-id": -1,
                          "sequence-number": -1, "offset": len(out), "length": len(blob),
                          "properties": {"referenced-data-file": address,
                                         "cardinality": str(len(rows))}})
            files.append({"content": 1, "file_format": "PUFFIN", "record_count": len(rows),
                          "referenced_data_file": address, "content_offset": len(out),
                          "content_size_in_bytes": len(blob), **more})
            out += blob
        footer = json.dumps({"blobs": blobs}).encode()
        out += b"PFA1" + footer + struct.pack("<I", len(footer)) + b"\0\0\0\0" + b"PFA1"
        path = self.new_path("data", ".puffin")
        path.write_bytes(out)
        for file in files:
            file.update(file_path=f"file://{path}", file_size_in_bytes=len(out))
        return files

    # Commits

    def manifest(self, files, content, snapshot_id, sequence, partition=None, spec_id=0,
                 spec_fields=()):
        schema = entry_schema(partition or PARTITION)
        records = []
        for file in files:
            empty = {field["name"]: None for field in schema["fields"][4]["type"]["fields"]}
            data_file = {**empty, "content": 0, "partition": {}, **file}
            records.append({"status": 1, "snapshot_id": snapshot_id, "sequence_number": None,
                            "file_sequence_number": None, "data_file": data_file})
        path = self.new_path("metadata", ".avro")
        length = write_avro(
            path, schema, records, {
                "schema": json.dumps(self.metadata["schemas"][-1]), "content": content,
                "partition-spec": json.dumps(list(spec_fields)),
                "partition-spec-id": str(spec_id),
                "format-version": str(self.metadata["format-version"])})
        rows = sum(file["record_count"] for file in files)
        return {**LIST_FIELDS, "manifest_path": f"file://{path}", "manifest_length": length,
                "partition_spec_id": spec_id, "content": int(content == "deletes"),
                "sequence_number": sequence, "min_sequence_number": sequence,
                "added_snapshot_id": snapshot_id, "added_files_count": len(files),
                "added_rows_count": rows}

    def commit(self, files, content="deletes", keep=lambda line: True, **more):
        """One snapshot more: what was there, with a manifest of these files."""
        lines, schema = self.list()
        now = max(int(time.time() * 1000), self.metadata["last-updated-ms"] + 1)
        sequence = self.metadata["last-sequence-number"] + 1
        snapshot_id = uuid.uuid4().int >> 66
        lines = [line for line in lines if keep(line)]
        if files:
            lines.append(self.manifest(files, content, snapshot_id, sequence, **more))
        path = self.new_path("metadata", ".avro")
        write_avro(path, schema, lines,
                   {"format-version": str(self.metadata["format-version"])})
        snapshot = {"snapshot-id": snapshot_id, "parent-snapshot-id":
                    self.metadata["current-snapshot-id"], "sequence-number": sequence,
                    "timestamp-ms": now, "manifest-list": f"file://{path}",
                    "summary": {"operation": "overwrite"},
                    "schema-id": self.metadata["current-schema-id"]}
        if self.metadata["format-version"] == 3:
            snapshot.update({"first-row-id": self.metadata["next-row-id"], "added-rows": 0})
        self.metadata["snapshots"].append(snapshot)
        self.metadata["current-snapshot-id"] = snapshot_id
        self.metadata["refs"]["main"] = {"snapshot-id": snapshot_id, "type": "branch"}
        self.metadata["snapshot-log"].append({"snapshot-id": snapshot_id, "timestamp-ms": now})
        self.metadata["last-sequence-number"] = sequence
        self.metadata["last-updated-ms"] = now
        self.save()
        return snapshot_id

    def upgrade(self):
        """To version 3."""
        self.metadata.update({"format-version": 3, "next-row-id": 0})

    def save(self, ending=".metadata.json", pack=lambda text: text):
        """Writes the metadata as it stands and points the catalog at it."""
        old = self.location
        number = int(local(old).name.split("-")[0]) + 1
        self.metadata.setdefault("metadata-log", []).append(
            {"metadata-file": old, "timestamp-ms": self.metadata["last-updated-ms"]})
        path = self.folder / "metadata" / f"{number:05}-{uuid.uuid4()}{ending}"
        path.write_bytes(pack(json.dumps(self.metadata).encode()))
        self.location = f"file://{path}"
        with sqlite3.connect(self.lake.database) as database:
            database.execute(
                "UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = ? "
                "WHERE table_namespace = ? AND table_name = ?",
                (self.location, old, self.space, self.name))

    def copy(self):
        out = copy.copy(self)
        out.metadata = copy.deepcopy(self.metadata)
        return out


def remove(address):
    os.remove(local(address))


def rows(sluice, uri, sql, *more):
    done = sluice.run("query", uri, sql, "--format", "json", *more, check_code=0)
    return [tuple(row.values()) for row in done.json]


def texts(sluice, uri, name, *more):
    return sorted(rows(sluice, uri, f"SELECT COLUMNS(*)::VARCHAR FROM {name}", *more), key=str)


def error(sluice, code, *args):
    return sluice.run(*args, "--json", check_code=code).json["error"]


def pairs(*values):
    return pyarrow.table({"id": pyarrow.array([id for id, _ in values], pyarrow.int64()),
                          "name": pyarrow.array([name for _, name in values], pyarrow.string())})


def abc(lake, **more):
    """A table with 1 a, 2 b, 3 c in one file."""
    return lake.table("shop.t", PAIR, pairs((1, "a"), (2, "b"), (3, "c")), **more)
