"""Four sluice and two PyIceberg writers append to one Iceberg table through a wire that loses
answers of the catalog, so that a commit may have landed and nobody was told: no row is lost and
none is there twice, and all that the table names can be read."""
import concurrent.futures
import time

import duckdb
import pyarrow
import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import CommitFailedException, ValidationException

from support import s3 as s3_servers
from support import thorough
from support.faulty_proxy import FaultyProxy
from support.program import Sluice

SLUICES = 4
PYTHONS = 2
RUNS = 34 if thorough.ALL else 4  # of each
TRIES_MAX = 60
# After a conflict PyIceberg looks for the snapshot before, which Nessie does not show.
NOT_COMMITTED = (CommitFailedException, ValidationException)
SCHEMA = pyarrow.schema([("id", pyarrow.int64())])


class InPostgres:
    """The rows of Iceberg's SQL catalog; files on this machine."""

    def __init__(self, request, folder):
        server = request.getfixturevalue("postgres")
        database = server.new_database()
        self.port = server.port
        warehouse = f"file://{folder}/w"
        self.environment = {}
        self.load = lambda: load_catalog(
            "sluice", type="sql", warehouse=warehouse,
            uri=database.uri.replace("postgres://", "postgresql+psycopg2://"))
        self.location = f"iceberg:{database.uri}?warehouse={folder}/w"

    def through(self, proxy):
        return self.location.replace(f":{self.port}/", f":{proxy.listener.getsockname()[1]}/")


class BehindRest:
    """Nessie; files on S3, reached without the proxy."""

    def __init__(self, request, folder):
        server = request.getfixturevalue("nessie")
        s3 = request.getfixturevalue("s3")
        self.port = server.port
        self.environment = s3.environment()
        self.load = lambda: load_catalog(
            "judge", type="rest", uri=server.uri, warehouse=server.warehouse, **{
                "s3.endpoint": s3.endpoint, "s3.region": s3_servers.REGION,
                "s3.access-key-id": s3_servers.KEY_ID, "s3.secret-access-key": s3_servers.SECRET})
        self.location = f"iceberg:rest:{server.uri}?warehouse={server.warehouse}"

    def through(self, proxy):
        return self.location.replace(f":{self.port}/", f":{proxy.listener.getsockname()[1]}/")


def finish(sluice, source, location, environment):
    """Runs a migration and resumes it until it is done; a run that never began is begun again."""
    words = ["migrate", f"duckdb:{source}", location, "--if-exists", "append"]
    before = len(sluice.run("runs", "--json", check_code=0).json["runs"])
    said = []
    for _ in range(TRIES_MAX):
        done = sluice.run(*words, env=environment)
        if done.code == 0:
            return
        said.append(done.stderr[-400:])
        runs = sluice.run("runs", "--json", check_code=0).json["runs"]
        if len(runs) > before:
            if runs[0]["state"] == "done":
                return
            words = ["resume", runs[0]["run"]]
        time.sleep(0.1)
    raise AssertionError("\n".join(said[-5:]))


@pytest.mark.parametrize("make, fault, every", [
    (InPostgres, "lost", 37), (InPostgres, "cut", 23), (BehindRest, "lost", 7),
    (BehindRest, "cut", 5)], ids=lambda value: getattr(value, "__name__", str(value)))
def test_no_row_is_lost_or_doubled_where_answers_are_lost(request, tmp_path, make, fault, every):
    lake = make(request, tmp_path)
    space = f"n{abs(hash(str(tmp_path)))}"
    catalog = lake.load()
    catalog.create_namespace(space)
    # Not empty: Nessie does not look whether a table has no snapshot yet.
    catalog.create_table((space, "t"), SCHEMA).append(pyarrow.table({"id": [-1]}, schema=SCHEMA))
    proxy = FaultyProxy(lake.port, fault, every)

    def by_sluice(writer):
        folder = tmp_path / f"sluice-{writer}"
        folder.mkdir()
        sluice = Sluice(folder)
        for run in range(RUNS):
            source = folder / f"{run}.duckdb"
            with duckdb.connect(str(source)) as connection:
                connection.execute(f"CREATE SCHEMA {space}; CREATE TABLE {space}.t AS "
                                   f"SELECT {writer * 1000 + run}::BIGINT AS id")
            finish(sluice, source, lake.through(proxy), lake.environment)

    def by_pyiceberg(writer):
        for run in range(RUNS):
            rows = pyarrow.table({"id": [writer * 1000 + run]}, schema=SCHEMA)
            while True:
                try:
                    lake.load().load_table((space, "t")).append(rows)
                    break
                except NOT_COMMITTED:
                    time.sleep(0.05)

    with concurrent.futures.ThreadPoolExecutor(SLUICES + PYTHONS) as pool:
        jobs = [pool.submit(by_sluice, writer) for writer in range(SLUICES)]
        jobs += [pool.submit(by_pyiceberg, SLUICES + writer) for writer in range(PYTHONS)]
        for job in jobs:
            job.result()
    proxy.stop()
    assert proxy.answers > every
    wanted = [writer * 1000 + run for writer in range(SLUICES + PYTHONS) for run in range(RUNS)]
    table = lake.load().load_table((space, "t"))
    assert sorted(table.scan().to_arrow()["id"].to_pylist()) == [-1, *wanted]
