"""Iceberg tables whose files are on S3, with a catalog on this machine or on a PostgreSQL server,
or with none. PyIceberg writes them; what it reads is what sluice has to read."""
import pyarrow
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.transforms import IdentityTransform

from support import s3 as s3_servers
from support.iceberg import PAIR

NAMES = ["plain", "a b", "ü", "100%", "x/y", "a*b?[c]", "p+q#r&s"]


def storage(server):
    return {"s3.endpoint": server.endpoint, "s3.access-key-id": s3_servers.KEY_ID,
            "s3.secret-access-key": s3_servers.SECRET, "s3.region": s3_servers.REGION}


def fill(catalog):
    catalog.create_namespace("shop")
    spec = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "name"))
    table = catalog.create_table("shop.t", PAIR, partition_spec=spec)
    table.append(pyarrow.table({"id": pyarrow.array(range(len(NAMES)), pyarrow.int64()),
                                "name": NAMES}))
    table.append(pyarrow.table({"id": pyarrow.array([90, 91], pyarrow.int64()),
                                "name": ["plain", "plain"]}))
    table.delete("id = 90")
    return table


def texts(sluice, server, uri, *more):
    done = sluice.run("query", uri, "SELECT id, name FROM shop.t ORDER BY id", "--format", "json",
                      *more, env=server.environment(), check_code=0)
    return [tuple(row.values()) for row in done.json]


ALL = [*enumerate(NAMES), (91, "plain")]


@pytest.fixture
def place(s3):
    return f"s3://{s3.new_bucket()}/ware house"


def test_a_catalog_in_sqlite(sluice, s3, place, tmp_path):
    catalog = SqlCatalog("sluice", uri=f"sqlite:///{tmp_path}/c.db", warehouse=place, **storage(s3))
    table = fill(catalog)
    uri = f"iceberg:sqlite:{tmp_path}/c.db"
    assert texts(sluice, s3, uri) == ALL
    first = table.metadata.snapshots[0].snapshot_id
    assert texts(sluice, s3, f"{uri}?snapshot={first}") == ALL[:-1]
    found = sluice.run("migrate", uri, f"duckdb:{tmp_path}/o.duckdb", "--json",
                       env=s3.environment(), check_code=0).json
    assert [(one["rows_target"], one["verified"]) for one in found["tables"]] == [(8, "content")]
    report = sluice.run("lake", "fsck", uri, "--json", env=s3.environment(), check_code=0).json
    assert report["rows"] == 8 and report["findings"] == []
    # The settings of the location itself.
    own = {**s3.environment(), "AWS_ENDPOINT_URL_S3": None}
    done = sluice.run("query", f"{uri}?endpoint={s3.endpoint}", "SELECT count(*) AS n FROM shop.t",
                      "--format", "json", env=own, check_code=0)
    assert done.json == [{"n": 8}]


def test_a_folder_of_a_bucket_without_a_catalog(sluice, s3, place, tmp_path):
    fill(SqlCatalog("sluice", uri=f"sqlite:///{tmp_path}/c.db", warehouse=place, **storage(s3)))
    assert texts(sluice, s3, f"iceberg:{place}") == ALL
    report = sluice.run("inspect", f"iceberg:{place}", "--json", env=s3.environment(),
                        check_code=0).json
    assert [(table["name"], table["rows"]) for table in report["tables"]] == [("shop.t", 8)]


def test_a_catalog_on_a_server(sluice, s3, place, postgres):
    database = postgres.new_database()
    url = database.uri.replace("postgres://", "postgresql+psycopg2://")
    catalog = SqlCatalog("sluice", uri=url, warehouse=place, **storage(s3))
    fill(catalog)
    assert texts(sluice, s3, "iceberg:" + database.uri) == ALL


def test_a_file_that_is_gone_and_keys_that_are_missing(sluice, s3, place, tmp_path):
    catalog = SqlCatalog("sluice", uri=f"sqlite:///{tmp_path}/c.db", warehouse=place, **storage(s3))
    table = fill(catalog)
    path = table.inspect.files()["file_path"].to_pylist()[0]
    table.io.delete(path)
    uri = f"iceberg:sqlite:{tmp_path}/c.db"
    done = sluice.run("query", uri, "FROM shop.t", "--json", env=s3.environment())
    assert done.code == 3 and path.rsplit("/", 1)[1] in done.json["error"]["message"]
    report = sluice.run("lake", "fsck", uri, "--json", env=s3.environment(), check_code=5).json
    assert [(one["kind"], one["file"]) for one in report["findings"]] == [
        ("missing_data_file", path)]
    without = {name: None for name in s3.environment() if name.startswith("AWS_")}
    done = sluice.run("query", uri, "FROM shop.t", "--json",
                      env={**without, "HOME": str(tmp_path)})
    assert done.code == 8 and "keys" in done.json["error"]["message"]
    assert s3_servers.SECRET not in done.stdout + done.stderr
