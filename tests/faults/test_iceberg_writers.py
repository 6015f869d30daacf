"""Several writers append to one Iceberg table at once: no row is lost and none is there twice."""
import concurrent.futures
import time

import duckdb
import pyarrow
import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import CommitFailedException

from support import s3 as s3_servers
from support import thorough
from support.faulty_proxy import FaultyProxy
from support.iceberg_target import IcebergTarget
from support.program import Sluice

SLUICES = 4
PYTHONS = 2
RUNS = 34 if thorough.ALL else 5  # of each


def test_appends_of_sluice_and_pyiceberg_are_all_there_once(tmp_path):
    lake = IcebergTarget(tmp_path / "lake")
    lake.folder.mkdir()
    lake.catalog.create_namespace("main")
    lake.catalog.create_table("main.t", pyarrow.schema([("id", pyarrow.int64())]))

    def by_sluice(writer):
        folder = tmp_path / f"sluice-{writer}"
        folder.mkdir()
        sluice = Sluice(folder)
        for run in range(RUNS):
            source = folder / f"{run}.duckdb"
            with duckdb.connect(str(source)) as connection:
                connection.execute(f"CREATE TABLE t AS SELECT {writer * 1000 + run}::BIGINT AS id")
            sluice.run("migrate", f"duckdb:{source}", lake.uri, "--if-exists", "append",
                       check_code=0)

    def by_pyiceberg(writer):
        for run in range(RUNS):
            rows = pyarrow.table({"id": pyarrow.array([writer * 1000 + run], pyarrow.int64())})
            while True:
                try:
                    lake.catalog.load_table("main.t").append(rows)
                    break
                except CommitFailedException:
                    time.sleep(0.05)

    with concurrent.futures.ThreadPoolExecutor(SLUICES + PYTHONS) as pool:
        jobs = [pool.submit(by_sluice, writer) for writer in range(SLUICES)]
        jobs += [pool.submit(by_pyiceberg, SLUICES + writer) for writer in range(PYTHONS)]
        for job in jobs:
            job.result()
    wanted = [writer * 1000 + run for writer in range(SLUICES + PYTHONS) for run in range(RUNS)]
    assert sorted(lake.arrow("main.t")["id"].to_pylist()) == wanted
    assert len(lake.operations("main.t")) == len(wanted)
    assert [path for path in lake.leftovers()
            if ".metadata.json" not in path and ".sluice_" not in path] == []


def test_nothing_is_lost_or_doubled_beside_compactions(tmp_path):
    """Two writers of each kind, and two that tidy up all the time."""
    lake = IcebergTarget(tmp_path / "lake")
    lake.folder.mkdir()
    lake.catalog.create_namespace("main")
    lake.catalog.create_table("main.t", pyarrow.schema([("id", pyarrow.int64())]))
    compacted = []

    def new_sluice(name):
        (tmp_path / name).mkdir()
        return Sluice(tmp_path / name)

    def by_sluice(writer):
        sluice = new_sluice(f"sluice-{writer}")
        for run in range(RUNS):
            source = sluice.folder / f"{run}.duckdb"
            with duckdb.connect(str(source)) as connection:
                connection.execute(f"CREATE TABLE t AS SELECT {writer * 1000 + run}::BIGINT AS id")
            sluice.run("migrate", f"duckdb:{source}", lake.uri, "--if-exists", "append",
                       check_code=0)

    def by_pyiceberg(writer):
        for run in range(RUNS):
            rows = pyarrow.table({"id": pyarrow.array([writer * 1000 + run], pyarrow.int64())})
            while True:
                try:
                    lake.catalog.load_table("main.t").append(rows)
                    break
                except CommitFailedException:
                    time.sleep(0.05)

    def tidy_up(number, jobs):
        sluice = new_sluice(f"keeper-{number}")
        while not all(job.done() for job in jobs):
            compacted.append(sluice.run("lake", "compact", lake.uri, "--json", check_code=0).json)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(by_sluice, 0), pool.submit(by_sluice, 1), pool.submit(by_pyiceberg, 2),
                pool.submit(by_pyiceberg, 3)]
        keepers = [pool.submit(tidy_up, number, jobs) for number in range(2)]
        for job in jobs + keepers:
            job.result()
    assert "compacted" in {report["state"] for report in compacted}
    wanted = [writer * 1000 + run for writer in range(4) for run in range(RUNS)]
    assert sorted(lake.arrow("main.t")["id"].to_pylist()) == wanted
    # PyIceberg leaves the file of a commit that it gave up.
    assert [path for path in lake.leftovers() if "upkeep-" in path or "/sluice_" in path] == []


@pytest.mark.parametrize("fault", ["lost", "cut", "silent"])
def test_a_compaction_whose_answers_are_lost_loses_and_doubles_nothing(nessie, s3, tmp_path, fault):
    """Behind REST: after a commit whose answer was lost the table is asked, and no file that may be
    of it is deleted."""
    catalog = load_catalog("lake", type="rest", uri=nessie.uri, warehouse=nessie.warehouse, **{
        "s3.endpoint": s3.endpoint, "s3.access-key-id": s3_servers.KEY_ID,
        "s3.secret-access-key": s3_servers.SECRET, "s3.region": s3_servers.REGION})
    catalog.create_namespace_if_not_exists("n")
    name = f"n.{fault}"
    table = catalog.create_table(name, pyarrow.schema([("id", pyarrow.int64())]))
    sluice = Sluice(tmp_path)
    wanted, states = [], set()
    for every in range(1, 9):
        for _ in range(2):
            wanted.append(len(wanted))
            table.refresh().append(pyarrow.table({"id": pyarrow.array(wanted[-1:],
                                                                      pyarrow.int64())}))
        proxy = FaultyProxy(nessie.port, fault, every)
        place = f"iceberg:rest:{proxy.endpoint}/iceberg?warehouse={nessie.warehouse}&table={name}"
        done = sluice.run("lake", "compact", place, "--json", env=s3.environment())
        proxy.stop()
        assert done.code in (0, 3, 6, 7), done
        states.add(done.json.get("state", "error"))
        assert sorted(table.refresh().scan().to_arrow()["id"].to_pylist()) == wanted, every
    assert "compacted" in states
    place = f"iceberg:rest:{nessie.uri}?warehouse={nessie.warehouse}&table={name}"
    sluice.run("lake", "compact", place, "--json", env=s3.environment(), check_code=0)
    assert len(table.refresh().inspect.files()) == 1
    report = sluice.run("lake", "fsck", place, "--json", env=s3.environment(), check_code=0).json
    assert report["findings"] == []
    assert sorted(table.scan().to_arrow()["id"].to_pylist()) == wanted
