"""Iceberg catalogs: what we make and change is what PyIceberg and Trino see, and the other way
round, in SQLite, in PostgreSQL and behind REST."""
import os
import subprocess

import pyarrow
import pytest
from pyiceberg.catalog import load_catalog

from support import program
from support import trino as engines

PROBE = program.BINARY.parent / "iceberg_probe"


class Lake:
    """One catalog: `location` is ours, `pyiceberg` PyIceberg's; `trino_settings` may be None."""

    def __init__(self, location, pyiceberg, trino_settings=None, environment=None):
        self.location = location
        self.pyiceberg = pyiceberg
        self.trino_settings = trino_settings
        self.environment = environment or {}

    def probe(self, *words, expect=0):
        assert PROBE.exists(), f"{PROBE} is not built: its target is {PROBE.name}"
        done = subprocess.run(
            [PROBE, self.location, *words], capture_output=True, text=True, timeout=60,
            env={**os.environ, **self.environment}
        )
        assert done.returncode == expect, done.stderr
        return done.stdout.split()


def s3_of_pyiceberg(server):
    variables = server.environment()
    return {
        "s3.endpoint": server.endpoint,
        "s3.region": variables["AWS_REGION"],
        "s3.access-key-id": variables["AWS_ACCESS_KEY_ID"],
        "s3.secret-access-key": variables["AWS_SECRET_ACCESS_KEY"],
    }


def in_sqlite(request, folder):
    made = load_catalog("lake", type="sql", uri=f"sqlite:///{folder}/c.db",
                        warehouse=f"file://{folder}/w")
    return Lake(f"iceberg:sqlite:{folder}/c.db?catalog=lake&warehouse={folder}/w", made)


def in_postgres(request, folder):
    server = request.getfixturevalue("postgres")
    s3 = request.getfixturevalue("s3")
    database = server.new_database()
    warehouse = f"s3://{s3.new_bucket()}/w"
    made = load_catalog(
        "lake", type="sql", uri=database.uri.replace("postgres://", "postgresql+psycopg2://"),
        warehouse=warehouse, **s3_of_pyiceberg(s3)
    )
    settings = engines.jdbc_catalog(server, database.name, "lake", warehouse)
    return Lake(
        f"iceberg:{database.uri}?catalog=lake&warehouse={warehouse}", made,
        {**settings, **engines.s3_files(s3)}, s3.environment()
    )


def behind_rest(request, folder):
    server = request.getfixturevalue("nessie")
    s3 = request.getfixturevalue("s3")
    made = load_catalog("lake", type="rest", uri=server.uri, warehouse=server.warehouse,
                        **s3_of_pyiceberg(s3))
    return Lake(
        f"iceberg:rest:{server.uri}?warehouse={server.warehouse}", made,
        {**engines.rest_catalog(server), **engines.s3_files(s3)}, s3.environment()
    )


@pytest.fixture(params=[in_sqlite, in_postgres, behind_rest], ids=lambda make: make.__name__)
def lake(request, tmp_path):
    made = request.param(request, tmp_path)
    made.space = f"n{abs(hash(str(tmp_path)))}"
    made.probe("namespace", made.space)
    return made


def rows(*ids):
    text = [None if i % 2 else f"text {i}" for i in ids]
    return pyarrow.table({"id": pyarrow.array(ids, pyarrow.int64()),
                          "text": pyarrow.array(text, pyarrow.string())})


def test_pyiceberg_writes_to_a_table_that_we_made_and_we_change_what_it_wrote(lake):
    space = lake.space
    assert lake.probe("make", space, "t") == ["committed"]
    assert (space,) in lake.pyiceberg.list_namespaces()
    table = lake.pyiceberg.load_table((space, "t"))
    assert [field.name for field in table.schema().fields] == ["id", "text"]
    table.append(rows(1, 2, 3))
    assert lake.probe("set", space, "t", "owner", "o'brien & co") == ["committed"]
    table.append(rows(4))
    found = lake.pyiceberg.load_table((space, "t"))
    assert found.properties["owner"] == "o'brien & co"
    assert sorted(found.scan().to_arrow()["id"].to_pylist()) == [1, 2, 3, 4]
    location, uuid, snapshot = lake.probe("load", space, "t")
    assert location == found.metadata_location
    assert uuid == str(found.metadata.table_uuid)
    assert int(snapshot) == found.metadata.current_snapshot_id


def test_we_see_what_pyiceberg_makes_renames_and_drops(lake):
    space = lake.space
    lake.pyiceberg.create_table((space, "t"), rows(1).schema)
    assert lake.probe("tables", space) == ["t"]
    lake.pyiceberg.rename_table((space, "t"), (space, "u"))
    assert lake.probe("tables", space) == ["u"]
    assert lake.probe("rename", space, "u", space, "v") == ["committed"]
    assert lake.pyiceberg.list_tables(space) == [(space, "v")]
    assert lake.probe("drop", space, "v") == ["committed"]
    assert lake.pyiceberg.list_tables(space) == []
    lake.probe("load", space, "v", expect=3)


def test_trino_reads_and_writes_a_table_that_we_made_and_pyiceberg_filled(lake, trino):
    if lake.trino_settings is None:
        pytest.skip("Trino's JDBC catalog has no driver for SQLite")
    space = lake.space
    lake.probe("make", space, "t")
    lake.pyiceberg.load_table((space, "t")).append(rows(1, 2, 3))
    catalog = trino.new_catalog(lake.trino_settings)
    assert trino.rows(f"SELECT id, text FROM {catalog}.{space}.t ORDER BY id") == [
        [1, None], [2, "text 2"], [3, None]]
    trino.rows(f"INSERT INTO {catalog}.{space}.t VALUES (9, 'nine')")
    trino.rows(f"DELETE FROM {catalog}.{space}.t WHERE id = 2")
    found = lake.pyiceberg.load_table((space, "t"))
    assert sorted(found.scan().to_arrow()["id"].to_pylist()) == [1, 3, 9]
    assert lake.probe("set", space, "t", "comment", "after trino") == ["committed"]
    newest = trino.rows(
        f'SELECT snapshot_id FROM {catalog}.{space}."t$snapshots" ORDER BY committed_at DESC')
    assert lake.probe("load", space, "t")[2] == str(newest[0][0])
    assert lake.probe("load", space, "t")[0] == lake.pyiceberg.load_table(
        (space, "t")).metadata_location
    trino.rows(f"CREATE TABLE {catalog}.{space}.made AS SELECT 1 AS a")
    assert lake.probe("tables", space) == ["made", "t"]
    assert trino.rows(f"SELECT a FROM {catalog}.{space}.made") == [[1]]


def test_trino_reads_what_was_compacted_with_the_deletes_that_it_made(lake, trino, sluice):
    if lake.trino_settings is None:
        pytest.skip("Trino's JDBC catalog has no driver for SQLite")
    space = lake.space
    lake.probe("make", space, "t")
    for first in (1, 4, 7):
        lake.pyiceberg.load_table((space, "t")).append(rows(first, first + 1, first + 2))
    catalog = trino.new_catalog(lake.trino_settings)
    trino.rows(f"DELETE FROM {catalog}.{space}.t WHERE id IN (2, 8)")
    trino.rows(f"UPDATE {catalog}.{space}.t SET text = 'five' WHERE id = 5")
    wanted = trino.rows(f"SELECT id, text FROM {catalog}.{space}.t ORDER BY id")
    assert len(wanted) == 7
    before = lake.pyiceberg.load_table((space, "t")).metadata.current_snapshot_id
    place = f"{lake.location}&table={space}.t"
    done = sluice.run("lake", "compact", place, "--json", env=lake.environment, check_code=0)
    assert done.json["tables"][0]["files_written"] == 1
    assert trino.rows(f"SELECT id, text FROM {catalog}.{space}.t ORDER BY id") == wanted
    assert trino.rows(f"SELECT text FROM {catalog}.{space}.t WHERE id = 5") == [["five"]]
    kept = lake.pyiceberg.load_table((space, "t")).metadata.snapshots
    if len(kept) > 1:  # Nessie shows the newest alone
        assert trino.rows(f"SELECT id, text FROM {catalog}.{space}.t FOR VERSION AS OF {before} "
                          "ORDER BY id") == wanted
    assert trino.rows(f'SELECT content FROM {catalog}.{space}."t$files"') == [[0]]
