"""kill -9 at each place of `lake expire`, `lake compact` and `lake fsck --repair` of an Iceberg
table: it reads as before, no kept snapshot misses a file, and running the command again finishes
what was begun."""
import pyarrow

from support.faults import KILLED
from support.iceberg import Lake, abc, local, pairs
from support.judge import open_judge
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


def rows_by_duckdb(lake):
    """The same by DuckDB's extension, which reads every kind of deletes."""
    table = lake.catalog.load_table("shop.t")
    judge = open_judge("iceberg")
    out = {}
    for one in table.metadata.snapshots:
        found = judge.execute(f"SELECT id FROM iceberg_scan('{local(table.metadata_location)}', "
                              f"snapshot_from_id := {one.snapshot_id}::UBIGINT)").fetchall()
        out[one.snapshot_id] = sorted(row[0] for row in found)
    return out


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


def worn(folder):
    """Small files, and each kind of deletes."""
    lake = make(folder)
    hand = lake.hand("shop.t")
    first, last = hand.data_files()[0], hand.data_files()[-1]
    hand.commit([hand.position_deletes([(last, 0)])])
    hand.commit([hand.equality_deletes({"id": [8]}, {"id": 1}, {"id": pyarrow.int64()})])
    assert first != last
    return lake


def test_a_compaction_that_died_changed_nothing_or_all(tmp_path):
    for point in range(1, POINTS_MAX):
        lake = worn(tmp_path / str(point))
        sluice = Sluice(tmp_path / str(point))
        before = rows_by_duckdb(lake)
        newest = lake.catalog.load_table("shop.t").metadata.current_snapshot_id
        words = ["lake", "compact", lake.uri, "--json"]
        result = sluice.run(*words, env={"SLUICE_CRASH_AT": point})
        assert result.code in (0, KILLED), result
        after = rows_by_duckdb(lake)
        assert {key: after[key] for key in before} == before, point
        assert len(after) - len(before) in (0, 1), point
        assert all(after[key] == before[newest] for key in after if key not in before), point
        report = sluice.run("lake", "fsck", lake.uri, "--json", check_code=0).json
        assert report["findings"] == [], point
        again = sluice.run(*words, check_code=0).json
        assert again["state"] == ("compacted" if len(after) == len(before) else "nothing_to_do")
        # What the dead one left is of no use to anybody.
        sluice.run("lake", "expire", lake.uri, "--keep", 1, "--orphans", "--grace", "0s",
                   check_code=0)
        report = sluice.run("lake", "fsck", lake.uri, "--json", check_code=0).json
        assert report["findings"] == report["notes"] == [], point
        [left] = rows_by_duckdb(lake).values()
        assert left == before[newest] and report["files"] == 1, point
        assert len(list(lake.folder.rglob("*.parquet"))) == 1, point
        sluice.close()
        if result.code == 0:
            assert point > 4
            return
    raise AssertionError(f"still dying at point {POINTS_MAX}")


def test_a_repair_that_died_is_finished_by_the_next(tmp_path):
    for point in range(1, POINTS_MAX):
        lake = make(tmp_path / str(point))
        sluice = Sluice(tmp_path / str(point))
        hand = lake.hand("shop.t")
        hand.metadata["refs"]["lost"] = {"snapshot-id": 4711, "type": "branch"}
        hand.save()
        snapshots = len(hand.metadata["snapshots"])
        gone = hand.data_files()[0]
        local(gone).unlink()
        words = ["lake", "fsck", lake.uri, "--repair", "--drop-missing", "--json"]
        result = sluice.run(*words, env={"SLUICE_CRASH_AT": point})
        assert result.code in (5, KILLED), result
        # The older snapshots still name the file.
        sluice.run(*words, check_code=5)
        table = lake.catalog.load_table("shop.t")
        assert sorted(table.scan().to_arrow()["id"].to_pylist()) == [7, 8], point
        assert len(table.metadata.snapshots) == snapshots + 1, point
        assert set(table.metadata.refs) == {"main"}
        sluice.run("lake", "expire", lake.uri, "--keep", 1, "--orphans", "--grace", "0s",
                   check_code=0)
        report = sluice.run("lake", "fsck", lake.uri, "--json", check_code=0).json
        assert report["findings"] == report["notes"] == [], point
        sluice.close()
        if result.code == 5:
            assert point > 3
            return
    raise AssertionError(f"still dying at point {POINTS_MAX}")
