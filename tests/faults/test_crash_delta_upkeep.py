"""kill -9 at each place of `lake compact`, `lake expire` and `lake fsck --repair` of a Delta table,
and writers of another program beside them: every kept version reads as before, and running the
command again finishes what was begun."""
import shutil
import threading

import deltalake
import pyarrow

from support.delta import open_delta_judge, texts
from support.faults import KILLED
from support.program import Sluice

POINTS_MAX = 90


def rows(first, count):
    return pyarrow.table({"id": range(first, first + count),
                          "p": [f"p {i % 2}" for i in range(count)]})


def make(folder):
    for i in range(5):
        deltalake.write_deltalake(folder, rows(i * 10, 10), mode="append", partition_by=["p"])
    deltalake.DeltaTable(folder).delete("id = 7")


def judged(table, version=None):
    at = "" if version is None else f", version := {version}"
    return texts(open_delta_judge(), f"FROM delta_scan('{table}'{at})")


def history(table, versions):
    return {version: judged(table, version) for version in versions}


def fsck(sluice, table):
    return sluice.run("lake", "fsck", f"delta:{table}", "--json").json


def test_a_compaction_that_died_changed_nothing_or_all(tmp_path):
    make(tmp_path / "seed")
    before = history(tmp_path / "seed", range(6))
    for point in range(1, POINTS_MAX):
        home = tmp_path / str(point)
        table = home / "t"
        shutil.copytree(tmp_path / "seed", table)
        sluice = Sluice(home)
        result = sluice.run("lake", "compact", f"delta:{table}", "--json",
                            env={"SLUICE_CRASH_AT": point})
        assert result.code in (0, KILLED), result
        newest = deltalake.DeltaTable(table).version()
        assert newest in (5, 6) and history(table, before) == before, point
        assert judged(table) == before[5], point
        assert fsck(sluice, table)["findings"] == [], point
        again = sluice.run("lake", "compact", f"delta:{table}", "--json", check_code=0).json
        assert again["state"] == ("compacted" if newest == 5 else "nothing_to_do"), point
        # What the dead one left is of no use to anybody.
        for _ in range(2):
            sluice.run("lake", "expire", f"delta:{table}", "--keep", 1000, "--orphans", "--grace",
                       "0s", check_code=0)
        report = fsck(sluice, table)
        assert report["findings"] == report["notes"] == report["staging"] == [], point
        assert judged(table) == before[5] and deltalake.DeltaTable(table).version() == 6
        assert not list((table / "_delta_log").glob("*.tmp*")), point
        if result.code == 0:
            assert point > 4
            return
    raise AssertionError(f"still dying at point {POINTS_MAX}")


def test_an_expiry_that_died_is_finished_by_the_next(tmp_path):
    make(tmp_path / "seed")
    Sluice(tmp_path).run("lake", "compact", f"delta:{tmp_path}/seed", check_code=0)
    kept = history(tmp_path / "seed", [6])
    for point in range(1, POINTS_MAX):
        home = tmp_path / str(point)
        table = home / "t"
        shutil.copytree(tmp_path / "seed", table)
        sluice = Sluice(home)
        words = ["lake", "expire", f"delta:{table}", "--keep", 1, "--grace", "0s", "--json"]
        result = sluice.run(*words, env={"SLUICE_CRASH_AT": point})
        assert result.code in (0, KILLED), result
        assert history(table, kept) == kept, point
        assert deltalake.DeltaTable(table).to_pyarrow_dataset().count_rows() == 49, point
        assert fsck(sluice, table)["findings"] == [], point
        sluice.run(*words, "--orphans", check_code=0)
        assert history(table, kept) == kept, point
        report = fsck(sluice, table)
        assert report["findings"] == [] and report["staging"] == [], point
        assert len(list(table.rglob("part-*.parquet"))) == 0, point
        assert len(list((table / "_delta_log").glob("*.json"))) == 1, point
        if result.code == 0:
            assert point > 10
            return
    raise AssertionError(f"still dying at point {POINTS_MAX}")


def test_a_repair_that_died_is_finished_by_the_next(tmp_path):
    make(tmp_path / "seed")
    commit = tmp_path / f"seed/_delta_log/{4:020}.json"
    commit.write_text(commit.read_text().replace('\\"numRecords\\":5', '\\"numRecords\\":6'))
    before = history(tmp_path / "seed", range(6))
    for point in range(1, POINTS_MAX):
        home = tmp_path / str(point)
        table = home / "t"
        shutil.copytree(tmp_path / "seed", table)
        sluice = Sluice(home)
        words = ["lake", "fsck", f"delta:{table}", "--repair", "--json"]
        result = sluice.run(*words, env={"SLUICE_CRASH_AT": point})
        assert result.code in (0, KILLED), result
        assert history(table, before) == before, point
        sluice.run(*words, check_code=0)
        assert fsck(sluice, table)["findings"] == [], point
        assert deltalake.DeltaTable(table).version() == 6
        assert judged(table) == before[5], point
        if result.code == 0:
            assert point > 3
            return
    raise AssertionError(f"still dying at point {POINTS_MAX}")


def test_writers_of_another_program_lose_nothing_beside_compactions(tmp_path):
    table = tmp_path / "t"
    make(table)
    sluice = Sluice(tmp_path)
    failed = []

    def write():
        try:
            for i in range(25):
                deltalake.write_deltalake(table, rows(1000 + i * 10, 10), mode="append")
                if i % 8 == 3:
                    deltalake.DeltaTable(table).delete(f"id = {1000 + i * 10}")
        except Exception as error:  # told by the assertion below
            failed.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    states = []
    while writer.is_alive():
        done = sluice.run("lake", "compact", f"delta:{table}", "--json")
        assert done.code in (0, 6), done
        states.append(done.code)
    writer.join()
    # Of a writer that deletes, delta-rs may itself say that a compaction was first.
    assert all("conflict" in str(error).lower() or "concurrent" in str(error).lower()
               for error in failed), failed
    found = {int(row[0]) for row in judged(table)}
    if not failed:
        expected = set(range(50)) - {7} | set(range(1000, 1250))
        expected -= {1000 + i * 10 for i in range(25) if i % 8 == 3}
        assert found == expected
    assert len(found) == len(judged(table))
    assert 0 in states
    sluice.run("lake", "compact", f"delta:{table}", check_code=0)
    assert {int(row[0]) for row in judged(table)} == found
    assert fsck(sluice, table)["findings"] == []
