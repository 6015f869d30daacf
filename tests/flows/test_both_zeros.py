"""-0.0 and 0.0 of one column, whose values repeat: the engine's dictionaries make one value of
them, sluice writes both. pyarrow, the ducklake extension, delta-rs and PyIceberg say what is
there."""
from collections import Counter

import deltalake
import pyarrow
import pyarrow.parquet
import pytest

from support.iceberg_target import IcebergTarget
from support.lakes import Lake

ROWS = 6000
ZEROS = ["0.0", "-0.0", "1.5"]


def zero_rows(first, count=ROWS):
    numbers = range(first, first + count)
    return pyarrow.table({
        "id": pyarrow.array(numbers, pyarrow.int64()),
        "d": pyarrow.array([float(ZEROS[number % 3]) for number in numbers], pyarrow.float64()),
        "s": pyarrow.array([{"f": [float(ZEROS[number % 3])]} for number in numbers],
                           pyarrow.struct([("f", pyarrow.list_(pyarrow.float32()))])),
        "part": pyarrow.array([number % 2 for number in numbers], pyarrow.int32()),
    })


def counted(table):
    """How often a value of id modulo 3 goes with these values, by their texts."""
    return Counter((row["id"] % 3, str(row["d"]), str(row["s"]["f"][0]))
                   for row in table.to_pylist())


def expected(rows):
    return Counter({(place, text, text): rows // 3 for place, text in enumerate(ZEROS)})


@pytest.fixture
def source(sluice):
    folder = sluice.folder / "in"
    folder.mkdir()
    # What pyarrow calls a dictionary keeps both.
    pyarrow.parquet.write_table(zero_rows(0), folder / "t.parquet")
    return folder


class ParquetFolder:
    def __init__(self, folder):
        self.folder = folder / "out"
        self.uri = f"parquet:{self.folder}"

    def table(self):
        found = self.folder / "t.parquet"
        return pyarrow.parquet.read_table(found if found.exists() else self.folder / "t")


class DuckLakeFolder:
    def __init__(self, folder):
        self.lake = Lake(folder)
        self.lake.run("SELECT 1")  # makes it, where the extension says
        self.uri = self.lake.uri

    def table(self):
        connection = self.lake.connect(read_only=True)
        return connection.execute("SELECT * FROM t").arrow().read_all()


class DeltaFolder:
    def __init__(self, folder):
        self.folder = folder / "out"
        self.uri = f"delta:{self.folder}"

    def table(self):
        table = deltalake.DeltaTable(str(self.folder / "t"))
        rows = deltalake.QueryBuilder().register("t", table).execute("SELECT * FROM t")
        return pyarrow.table(rows.read_all())


class IcebergFolder:
    def __init__(self, folder):
        self.target = IcebergTarget(folder)
        self.uri = self.target.uri

    def table(self):
        return self.target.arrow("main.t")


KINDS = {"parquet": ParquetFolder, "ducklake": DuckLakeFolder, "delta": DeltaFolder,
         "iceberg": IcebergFolder}


def migrated(sluice, source, target, *more):
    return sluice.run("migrate", f"parquet:{source}", target.uri, *more, check_code=0)


@pytest.mark.parametrize("kind, more", [
    *((kind, ()) for kind in KINDS),
    *((kind, ("--partition", "part")) for kind in ("ducklake", "delta", "iceberg"))])
def test_a_migration_keeps_both(sluice, source, kind, more):
    target = KINDS[kind](sluice.folder)
    report = migrated(sluice, source, target, "--json", *more)
    assert counted(target.table()) == expected(ROWS)
    # The second try of a chunk counts its rows once.
    assert [table["rows_target"] for table in report.json["tables"]] == [ROWS]


@pytest.mark.parametrize("kind", KINDS)
def test_a_merge_keeps_both_in_the_rows_beside(sluice, source, kind):
    target = KINDS[kind](sluice.folder)
    migrated(sluice, source, target)
    pyarrow.parquet.write_table(zero_rows(ROWS - 30, 60), source / "t.parquet")
    migrated(sluice, source, target, "--if-exists", "merge", "--key", "id")
    assert counted(target.table()) == expected(ROWS + 30)


@pytest.mark.parametrize("kind", ["ducklake", "delta", "iceberg"])
def test_compaction_keeps_both(sluice, source, kind):
    target = KINDS[kind](sluice.folder)
    migrated(sluice, source, target)
    pyarrow.parquet.write_table(zero_rows(ROWS), source / "t.parquet")
    migrated(sluice, source, target, "--if-exists", "append")
    done = sluice.run("lake", "compact", target.uri, "--json", check_code=0).json
    assert [table["files_rewritten"] for table in done["tables"]] == [2]
    assert counted(target.table()) == expected(2 * ROWS)


def test_an_export_keeps_both(sluice, source):
    sluice.run("export", f"parquet:{source}", sluice.folder / "x", "--format", "parquet",
               check_code=0)
    table = pyarrow.parquet.read_table(sluice.folder / "x" / "t.parquet")
    assert counted(table) == expected(ROWS)
