"""Tables that sluice makes and changes through a REST catalog (Nessie) with their files on S3,
where the catalog chooses their place: with one's own keys, and with none but those that it lends.
PyIceberg reads them through the same catalog."""
import uuid

import boto3
import duckdb
import pytest
from pyiceberg.catalog import load_catalog

from support import delta
from support import s3 as s3_servers
from support.lending import Lending
from support.targets import DuckdbTarget

# What the tests' environment has of its own must not help.
NO_KEYS = {name: None for name in (
    "AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}

KILLED = -9
POINTS_MAX = 60


class RestLake:
    """`uri`: as sluice types it; `environment`: what it runs with."""

    def __init__(self, server, s3, environment):
        self.server, self.s3 = server, s3
        self.environment = environment
        self.uri = f"iceberg:rest:{server.uri}?warehouse={server.warehouse}"
        self.space = f"n{uuid.uuid4().hex[:12]}"
        self.only = f"{self.uri}&schema={self.space}"

    @property
    def catalog(self):
        return load_catalog("judge", type="rest", uri=self.server.uri,
                            warehouse=self.server.warehouse, **{
                                "s3.endpoint": self.s3.endpoint, "s3.region": s3_servers.REGION,
                                "s3.access-key-id": s3_servers.KEY_ID,
                                "s3.secret-access-key": s3_servers.SECRET})

    def table(self, name="t"):
        return self.catalog.load_table((self.space, name))

    def rows(self, name="t", **scan):
        connection = duckdb.connect()
        connection.register("ice", self.table(name).scan(**scan).to_arrow())
        return delta.texts(connection, "SELECT * FROM ice")

    def append(self, rows):
        table = self.table()
        table.append(rows.cast(table.schema().as_arrow()))

    def keys(self):
        """Of all objects of the namespace."""
        client = boto3.client("s3", endpoint_url=self.s3.endpoint, region_name=s3_servers.REGION,
                              aws_access_key_id=s3_servers.KEY_ID,
                              aws_secret_access_key=s3_servers.SECRET)
        found = client.list_objects_v2(Bucket=self.server.bucket,
                                       Prefix=f"nessie/{self.space}/").get("Contents", [])
        return {f"s3://{self.server.bucket}/{one['Key']}" for one in found}


@pytest.fixture(scope="module")
def lending(nessie):
    server = Lending(nessie)
    yield server
    server.stop()


@pytest.fixture(params=["own_keys", "lent_keys"])
def lake(request, s3):
    if request.param == "own_keys":
        return RestLake(request.getfixturevalue("nessie"), s3, s3.environment())
    local = {"NO_PROXY": s3.host, "no_proxy": s3.host}
    return RestLake(request.getfixturevalue("lending"), s3, {**NO_KEYS, **local})


@pytest.fixture
def source(lake, tmp_path):
    made = DuckdbTarget(tmp_path)
    made.execute(f"CREATE SCHEMA {lake.space}",
                 f"CREATE TABLE {lake.space}.t AS SELECT i AS id, 'n' || i AS name, "
                 "DATE '1969-12-20' + (i * 9)::INTEGER AS day FROM range(6) t(i)")
    return made


def run(sluice, lake, *words, check_code=0):
    done = sluice.run(*words, "--json", env=lake.environment, check_code=check_code)
    assert s3_servers.SECRET not in done.stdout + done.stderr
    return done.json


def rows_of(source, lake):
    with duckdb.connect(str(source.path), read_only=True) as connection:
        return delta.texts(connection, f"SELECT * FROM {lake.space}.t")


def test_tables_are_made_changed_and_taken_back_by_the_catalog(sluice, lake, source):
    def migrate(*more):
        return run(sluice, lake, "migrate", source.uri, lake.uri, *more)

    migrate("--partition", "t:month(day)")
    first = rows_of(source, lake)
    assert lake.rows() == first
    assert lake.table().location().startswith(f"s3://{lake.server.bucket}/nessie/{lake.space}/")
    run(sluice, lake, "verify", source.uri, lake.only)
    assert run(sluice, lake, "lake", "fsck", lake.only)["findings"] == []

    migrate("--if-exists", "append")
    assert lake.rows() == sorted(first * 2)
    run(sluice, lake, "rollback", "last")
    assert lake.rows() == first

    source.execute(f"UPDATE {lake.space}.t SET name = 'm' WHERE id = 1",
                   f"DELETE FROM {lake.space}.t WHERE id > 3")
    merge = migrate("--if-exists", "merge", "--key", "id")["run"]
    merged = sorted([row for row in first if int(row[0]) > 3] + rows_of(source, lake))
    assert lake.rows() == merged
    migrate("--if-exists", "replace")
    assert lake.rows() == rows_of(source, lake)
    run(sluice, lake, "rollback", "last")
    assert lake.rows() == merged
    run(sluice, lake, "rollback", merge)
    assert lake.rows() == first
    assert run(sluice, lake, "lake", "fsck", lake.only)["state"] == "sound"


def test_a_new_table_that_is_taken_back_leaves_no_object(sluice, lake, source):
    run(sluice, lake, "migrate", source.uri, lake.uri)
    assert lake.keys()
    run(sluice, lake, "rollback", "last")
    assert (lake.space,) not in lake.catalog.list_namespaces()
    assert lake.keys() == set()
    assert not (sluice.state / "notes").exists()


def test_a_run_that_is_not_published_is_seen_by_nobody_and_goes_on_in_another_process(
        sluice, lake, source):
    run(sluice, lake, "migrate", source.uri, lake.uri, "--no-publish")
    assert lake.catalog.list_tables(lake.space) == []
    run(sluice, lake, "publish", "last")
    assert lake.rows() == rows_of(source, lake)
    run(sluice, lake, "migrate", source.uri, lake.uri, "--if-exists", "append", "--no-publish")
    lake.append(lake.table().scan(row_filter="id = 0").to_arrow())
    run(sluice, lake, "publish", "last")
    assert len(lake.rows()) == 13
    error = run(sluice, lake, "rollback", "last", check_code=None)["error"]
    assert error is None or error["kind"] == "conflict"


@pytest.mark.parametrize("ending", ["resume", "rollback"])
def test_a_run_that_is_killed_anywhere_is_ended_or_taken_back(sluice, lake, source, ending):
    """New tables: where the catalog lends keys, another process is lent those of another place."""
    before = set()
    for point in range(1, POINTS_MAX):
        environment = {**lake.environment, "SLUICE_CRASH_AT": str(point)}
        if sluice.run("migrate", source.uri, lake.uri, env=environment).code != KILLED:
            break
        if not sluice.run("runs", "--json").json["runs"]:
            continue
        done = sluice.run(ending, "last", "--json", env=lake.environment)
        if ending == "rollback":
            assert done.code == 0, done
            assert (lake.space,) not in lake.catalog.list_namespaces()
            # What a request may still name that was on its way when its process died.
            may_land = "a commit may still name them" in done.stdout
            assert may_land or lake.keys() == before
            before = lake.keys()
            continue
        was_done = sluice.run("status", "last", "--json", check_code=0).json["state"] == "done"
        assert done.code == 0 or done.code == 6 and was_done, done
        assert lake.rows() == rows_of(source, lake)
        run(sluice, lake, "rollback", "last")
    assert point > 4
    assert lake.rows() == rows_of(source, lake)


def test_keys_that_end_soon_are_asked_for_again(sluice, lending, s3, tmp_path):
    lake = RestLake(lending, s3, {**NO_KEYS, "NO_PROXY": s3.host, "no_proxy": s3.host})
    made = DuckdbTarget(tmp_path)
    made.execute(f"CREATE SCHEMA {lake.space}",
                 f"CREATE TABLE {lake.space}.t AS SELECT i AS id FROM range(6) t(i)")
    run(sluice, lake, "migrate", made.uri, lake.uri)

    def asked():
        before = lending.lent
        run(sluice, lake, "migrate", made.uri, lake.uri, "--if-exists", "append")
        return lending.lent - before
    usual = asked()
    lending.seconds = 60
    try:
        assert asked() > usual
    finally:
        lending.seconds = 3600
    assert lake.rows() == sorted(rows_of(made, lake) * 3)
