"""Several writers append to one Iceberg table at once: no row is lost and none is there twice."""
import concurrent.futures
import time

import duckdb
import pyarrow
from pyiceberg.exceptions import CommitFailedException

from support import thorough
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
