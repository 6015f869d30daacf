"""kill -9 at each place of `lake expire` on an Iceberg table: it reads as before, no kept snapshot
misses a file, and running the command again, with --orphans, finishes what was begun."""
from support.faults import KILLED
from support.iceberg import Lake, abc, local, pairs
from support.program import Sluice

POINTS_MAX = 60


def make(folder):
    folder.mkdir()
    lake = Lake(folder / "lake")
    table = abc(lake)
    table.append(pairs((4, "d")))
    table.overwrite(pairs((7, "x"), (8, "y")))
    table.append(pairs((9, "z")))
    return lake


def rows(lake):
    """The ids at each snapshot."""
    table = lake.catalog.load_table("shop.t")
    return {one.snapshot_id: sorted(table.scan(snapshot_id=one.snapshot_id).to_arrow()["id"]
                                    .to_pylist()) for one in table.metadata.snapshots}


def data_files(lake):
    folder = local(lake.catalog.load_table("shop.t").metadata.location)
    return len(list(folder.rglob("*.parquet"))) + len(list(folder.rglob("*.avro")))


def test_an_expiry_that_died_is_finished_by_the_next(tmp_path):
    for point in range(1, POINTS_MAX):
        lake = make(tmp_path / str(point))
        sluice = Sluice(tmp_path / str(point))
        before = rows(lake)
        newest = lake.catalog.load_table("shop.t").metadata.current_snapshot_id
        kept = {newest: before[newest]}
        words = ["lake", "expire", lake.uri, "--keep", 1, "--grace", "0s", "--orphans", "--json"]
        result = sluice.run(*words, env={"SLUICE_CRASH_AT": point})
        assert result.code in (0, KILLED), result
        assert rows(lake) in (before, kept), point
        assert sluice.run("lake", "fsck", lake.uri, "--json", check_code=0).json["findings"] == []
        sluice.run(*words, check_code=0)
        assert rows(lake) == kept == {newest: [7, 8, 9]}
        report = sluice.run("lake", "fsck", lake.uri, "--json", check_code=0).json
        assert report["notes"] == [], point
        assert data_files(lake) == report["files"] + 3, point  # two manifests and their list
        sluice.close()
        if result.code == 0:
            assert point > 6
            return
    raise AssertionError(f"still dying at point {POINTS_MAX}")
