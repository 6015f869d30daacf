"""Iceberg tables that sluice makes on S3, in a catalog on this machine; PyIceberg reads them."""
import duckdb
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from support import delta
from support import s3 as s3_servers
from support.targets import DuckdbTarget


@pytest.fixture
def place(s3):
    return f"s3://{s3.new_bucket()}/ware house"


def catalog_of(server, database):
    return SqlCatalog("sluice", uri=f"sqlite:///{database}", **{
        "s3.endpoint": server.endpoint, "s3.access-key-id": s3_servers.KEY_ID,
        "s3.secret-access-key": s3_servers.SECRET, "s3.region": s3_servers.REGION})


def ids(server, database):
    table = catalog_of(server, database).load_table("main.t")
    connection = duckdb.connect()
    connection.register("ice", table.scan().to_arrow())
    return delta.texts(connection, "SELECT id, name FROM ice")


def test_tables_on_s3_are_made_changed_and_taken_back(sluice, s3, place, tmp_path):
    database = tmp_path / "c.db"
    uri = f"iceberg:sqlite:{database}?warehouse={place}"
    env = s3.environment()
    source = DuckdbTarget(tmp_path)
    source.execute("CREATE TABLE t AS SELECT i AS id, CASE WHEN i = 2 THEN 'x/y %+' ELSE 'n' END "
                   "AS name FROM range(4) t(i)")
    first = [("0", "n"), ("1", "n"), ("2", "x/y %+"), ("3", "n")]

    def migrate(*more):
        sluice.run("migrate", source.uri, uri, "--json", *more, env=env, check_code=0)

    migrate("--partition", "t:name")
    assert ids(s3, database) == first
    sluice.run("verify", source.uri, uri, "--json", env=env, check_code=0)
    migrate("--if-exists", "append")
    assert len(ids(s3, database)) == 8
    sluice.run("rollback", "last", env=env, check_code=0)
    assert ids(s3, database) == first
    source.execute("UPDATE t SET name = 'm' WHERE id = 1", "DELETE FROM t WHERE id = 3")
    migrate("--if-exists", "merge", "--key", "id")
    assert ids(s3, database) == [("0", "n"), ("1", "m"), ("2", "x/y %+"), ("3", "n")]
    sluice.run("rollback", "last", env=env, check_code=0)
    assert ids(s3, database) == first
    report = sluice.run("lake", "fsck", uri, "--json", env=env, check_code=0).json
    assert report["findings"] == []


def test_tables_on_s3_are_tidied_up(sluice, s3, place, tmp_path):
    database = tmp_path / "c.db"
    uri = f"iceberg:sqlite:{database}?warehouse={place}"
    env = s3.environment()
    source = DuckdbTarget(tmp_path)
    source.execute("CREATE TABLE t AS SELECT i AS id, 'n' || i % 2 AS name FROM range(6) t(i)")
    for more in ([], ["--if-exists", "append"], ["--if-exists", "merge", "--key", "id"]):
        sluice.run("migrate", source.uri, f"{uri}&target_file_size=128MB", "--partition", "t:name",
                   *more, env=env, check_code=0)
    rows = ids(s3, database)
    [row] = sluice.run("lake", "compact", uri, "--json", env=env, check_code=0).json["tables"]
    assert (row["files_rewritten"], row["files_written"], row["rows_deleted"]) == (6, 2, 12)
    assert ids(s3, database) == rows and len(rows) == 6
    files = catalog_of(s3, database).load_table("main.t").inspect.files().to_pylist()
    assert [one["content"] for one in files] == [0, 0]
    report = sluice.run("lake", "fsck", uri, "--repair", "--json", env=env, check_code=0).json
    assert report["findings"] == [] and report["repair"]["steps"] == []
