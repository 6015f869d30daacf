"""Iceberg's SQL catalog: PyIceberg finds what we committed and we find what it committed."""
import shutil
import subprocess

import pyarrow
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField

from support import program

PROBE = program.BINARY.parent / "catalog_probe"

SCHEMA = Schema(NestedField(1, "id", LongType(), required=False))


def probe(*words):
    assert PROBE.exists(), f"{PROBE} is not built: its target is {PROBE.name}"
    done = subprocess.run([PROBE, *map(str, words)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def rows(count):
    return pyarrow.table({"id": pyarrow.array(range(count), pyarrow.int64())})


@pytest.fixture
def lake(tmp_path):
    """PyIceberg's catalog `c` and the words by which the probe finds the same one."""
    made = SqlCatalog("c", uri=f"sqlite:///{tmp_path}/c.db", warehouse=f"file://{tmp_path}/w")
    return made, (f"sqlite:{tmp_path}/c.db", "c")


def test_we_find_what_pyiceberg_committed(lake):
    catalog, ours = lake
    catalog.create_namespace("a.b")
    table = catalog.create_table("a.b.t", SCHEMA)
    assert probe(*ours, "namespaces") == ["a.b"]
    assert probe(*ours, "tables", "a.b") == ["t"]
    assert probe(*ours, "find", "a.b", "t") == [table.metadata_location]
    table.append(rows(3))
    assert probe(*ours, "find", "a.b", "t") == [table.metadata_location]
    catalog.drop_table("a.b.t")
    assert probe(*ours, "find", "a.b", "t") == ["none"]


def test_pyiceberg_commits_on_top_of_us_and_we_are_refused_on_an_old_state(lake, tmp_path):
    catalog, ours = lake
    catalog.create_namespace("n")
    first = catalog.create_table("n.t", SCHEMA).metadata_location
    stale = catalog.load_table("n.t")
    moved = first.replace(".metadata.json", "-moved.metadata.json")
    shutil.copy(first.removeprefix("file://"), moved.removeprefix("file://"))
    assert probe(*ours, "commit", "n", "t", first, moved) == ["committed"]
    assert probe(*ours, "commit", "n", "t", first, moved) == ["conflict"]
    assert catalog.load_table("n.t").metadata_location == moved
    # It was opened before our commit, and commits on top of it.
    stale.append(rows(4))
    found = catalog.load_table("n.t")
    assert found.scan().to_arrow().num_rows == 4
    assert moved in [entry.metadata_file for entry in found.metadata.metadata_log]
    assert probe(*ours, "commit", "n", "t", moved, first) == ["conflict"]
    assert probe(*ours, "find", "n", "t") == [found.metadata_location]


def test_pyiceberg_reads_a_catalog_that_we_made(tmp_path):
    other = SqlCatalog("c", uri=f"sqlite:///{tmp_path}/o.db", warehouse=f"file://{tmp_path}/w")
    other.create_namespace("n")
    location = other.create_table("n.t", SCHEMA).metadata_location

    ours = (f"sqlite:{tmp_path}/c.db", "c")
    probe(*ours, "prepare")
    probe(*ours, "namespace", "n")
    assert probe(*ours, "create", "n", "t", location) == ["committed"]
    assert probe(*ours, "create", "n", "t", location) == ["conflict"]
    catalog = SqlCatalog("c", uri=f"sqlite:///{tmp_path}/c.db", warehouse=f"file://{tmp_path}/w")
    assert catalog.list_namespaces() == [("n",)]
    assert catalog.list_tables("n") == [("n", "t")]
    catalog.load_table("n.t").append(rows(2))
    assert probe(*ours, "rename", "n", "t", "n", "u") == ["committed"]
    assert catalog.load_table("n.u").scan().to_arrow().num_rows == 2
    location = catalog.load_table("n.u").metadata_location
    assert probe(*ours, "drop", "n", "u", location) == ["committed"]
    with pytest.raises(NoSuchTableError):
        catalog.load_table("n.u")


def test_postgres_keeps_the_same_rows(postgres):
    database = postgres.new_database()
    ours = (database.uri, "c")
    probe(*ours, "prepare")
    probe(*ours, "prepare")
    probe(*ours, "namespace", "n")
    assert probe(*ours, "create", "n", "t", "m1") == ["committed"]
    assert probe(*ours, "create", "n", "t", "m1") == ["conflict"]
    assert probe(*ours, "commit", "n", "t", "m1", "m2") == ["committed"]
    assert probe(*ours, "commit", "n", "t", "m1", "m3") == ["conflict"]
    found = postgres.psql(database.name, "SELECT * FROM iceberg_tables")
    assert found == "c|n|t|m2|m1|TABLE"
    assert probe(*ours, "namespaces") == ["n"]
