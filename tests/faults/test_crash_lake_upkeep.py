"""kill -9 at each place of `lake compact` and `lake expire`: the lake is sound and reads as before,
and running the command again finishes what was begun."""
import pytest

from support.faults import KILLED
from support.lake_states import history
from support.lakes import Lake
from support.program import Sluice
from support.sound_lakes import IN_FILES, TWO, numbers, rewrite
from support.thorough import some

POINTS_MAX = 60
KINDS = ["sqlite", "postgres", "duckdb"]


def make(folder, kind, server):
    folder.mkdir()
    lake = Lake(folder, kind, server)
    lake.run(TWO, "CREATE TABLE u (id bigint, v varchar)", numbers("t", 0, 3), numbers("u", 0, 3),
             IN_FILES, numbers("t", 0, 40), numbers("t", 40, 80), "DELETE FROM t WHERE id < 20",
             numbers("u", 0, 40), numbers("u", 40, 80))
    return lake


def lake_files(lake):
    return sorted(str(path) for path in lake.data.rglob("*.parquet"))


def fsck(sluice, lake):
    return sluice.run("lake", "fsck", lake.uri, "--json").json


@pytest.mark.parametrize("kind", some(KINDS, 3))
def test_a_compaction_that_died_changed_nothing_or_all(postgres, tmp_path, kind):
    for point in range(1, POINTS_MAX):
        folder = tmp_path / str(point)
        lake = make(folder, kind, postgres)
        sluice = Sluice(folder)
        before = history(lake)
        newest = max(before)
        result = sluice.run("lake", "compact", lake.uri, "--json",
                            env={"SLUICE_CRASH_AT": point})
        assert result.code in (0, KILLED), result
        after = history(lake)
        assert {number: after[number] for number in before} == before, point
        assert after[max(after)] == before[newest], point
        kinds = {finding["kind"] for finding in fsck(sluice, lake)["findings"]}
        assert kinds <= {"orphan_file"}, (point, kinds)
        again = sluice.run("lake", "compact", lake.uri, "--json", check_code=0).json
        assert again["state"] == ("compacted" if max(after) == newest else "nothing_to_do")
        # What the dead one left is of no use to anybody.
        sluice.run("lake", "expire", lake.uri, "--keep", 1000, "--orphans", "--grace", "0s",
                   check_code=0)
        sluice.run("lake", "expire", lake.uri, "--keep", 1000, "--orphans", "--grace", "0s",
                   check_code=0)
        report = fsck(sluice, lake)
        assert report["findings"] == [] and report["staging"] == [], point
        last = history(lake)
        assert last[max(last)] == before[newest] and len(last) == len(before) + 1
        if result.code == 0:
            assert point > 4
            return
    raise AssertionError(f"still dying at point {POINTS_MAX}")


@pytest.mark.parametrize("kind", some(KINDS, 3))
def test_an_expiry_that_died_is_finished_by_the_next(postgres, tmp_path, kind):
    for point in range(1, POINTS_MAX):
        folder = tmp_path / str(point)
        lake = make(folder, kind, postgres)
        lake.run(rewrite("t"))
        sluice = Sluice(folder)
        before = history(lake)
        kept = {number: before[number] for number in sorted(before)[-1:]}
        words = ["lake", "expire", lake.uri, "--keep", 1, "--grace", "0s", "--json"]
        result = sluice.run(*words, env={"SLUICE_CRASH_AT": point})
        assert result.code in (0, KILLED), result
        after = history(lake)
        assert after in (before, kept), point
        assert fsck(sluice, lake)["findings"] == [], point
        sluice.run(*words, check_code=0)
        assert history(lake) == kept
        report = fsck(sluice, lake)
        assert report["findings"] == [] and report["staging"] == [], point
        assert len(lake_files(lake)) == report["files"], point
        if result.code == 0:
            assert point > 4
            return
    raise AssertionError(f"still dying at point {POINTS_MAX}")
