"""Imports into the SQL catalog of Delta tables that are killed: what has landed stays, nothing
comes twice, and the status says how it stands. sqlite3 reads what is there."""
import random
import sqlite3
import time

import pytest

from support import delta_logs, thorough

TABLES, COMMITS, FILES = 200, 6, 5
KILLS = 10
KILLED, DONE = -9, 0
POINTS_MAX = 400


def rows(path, sql):
    with sqlite3.connect(path) as connection:
        return connection.execute(sql).fetchall()


def assert_whole(path, names, states):
    assert rows(path, "SELECT count(*), min(version), max(version) FROM delta_tables") == [
        (len(names), COMMITS - 1, COMMITS - 1)]
    twice = rows(path, "SELECT table_id, path, added_version FROM delta_files GROUP BY table_id, "
                       "path, added_version HAVING count(*) > 1")
    assert twice == []
    live = {}
    for table, file in rows(path, "SELECT table_id, path FROM delta_files WHERE removed_version "
                                  "IS NULL"):
        live.setdefault(table, []).append(file)
    assert {name: sorted(files) for name, files in live.items()} == {
        name: states[-1] for name in names}
    last = rows(path, "SELECT status, count(*) FROM migration_status m WHERE started_at = (SELECT "
                      "max(started_at) FROM migration_status o WHERE o.table_id = m.table_id) "
                      "GROUP BY status")
    assert dict(last).keys() == {"completed"}
    assert rows(path, "SELECT count(*) FROM migration_status WHERE status = 'running'") == [(0,)]


def test_200_tables_killed_at_random_ten_times_are_complete_after_resume(sluice, tmp_path):
    tree = tmp_path / "lake"
    names = [f"part{i % 7}/t{i:03}" for i in range(TABLES)]
    for name in names:
        states = delta_logs.write_table(tree / name, COMMITS, FILES)
    path = tmp_path / "catalog.db"
    command = ["catalog", "import", f"delta:{tree}", f"sqlite:{path}", "--recursive", "--parallel",
               "2", "--batch-size", "3", "--resume"]
    chance = random.Random(20260706)
    for kill in range(KILLS):
        if kill % 2:  # around a commit
            point = chance.randint(1, 150)
            assert sluice.run(*command, env={"SLUICE_CRASH_AT": point}).code == KILLED
            continue
        process = sluice.start(*command)
        time.sleep(chance.uniform(0.05, 0.3))
        process.kill()
        process.communicate()
        assert process.returncode == KILLED, "it was done before it could be killed"
    sluice.run(*command, check_code=DONE)
    assert_whole(path, names, states)
    checked = sluice.run("catalog", "validate", f"delta:{tree}", f"sqlite:{path}", "--json",
                         check_code=DONE).json
    assert len(checked["tables"]) == TABLES


@pytest.mark.parametrize("resume", [["--resume"], []])
def test_an_import_killed_around_any_commit_goes_on(sluice, tmp_path, resume):
    table = tmp_path / "t"
    states = delta_logs.write_table(table, COMMITS, FILES)
    for point in thorough.some(range(1, POINTS_MAX), 3, 1 if resume else 2):
        path = tmp_path / f"{point}.db"
        command = ["catalog", "import", f"delta:{table}", f"sqlite:{path}", "--batch-size", "2"]
        code = sluice.run(*command, env={"SLUICE_CRASH_AT": point}).code
        if code == DONE:
            break
        assert code == KILLED
        shown = rows(path, "SELECT version FROM delta_tables")
        version = shown[0][0] if shown else None
        if version is not None:
            at = (f"added_version <= {version} AND (removed_version IS NULL OR removed_version > "
                  f"{version})")
            live = rows(path, f"SELECT path FROM delta_files WHERE {at} ORDER BY path")
            assert [one[0] for one in live] == states[version]
        sluice.run(*command, *resume, check_code=DONE)
        assert_whole(path, ["t"], states)
        path.unlink()
    else:
        raise AssertionError("no run came to its end")


def test_of_two_imports_at_once_one_is_whole_and_none_does_harm(sluice, tmp_path):
    table = tmp_path / "t"
    states = delta_logs.write_table(table, COMMITS, FILES)
    path = tmp_path / "catalog.db"
    command = ["catalog", "import", f"delta:{table}", f"sqlite:{path}", "--batch-size", "1"]
    processes = [sluice.start(*command, "--json") for _ in range(3)]
    codes = [process.wait(timeout=60) for process in processes]
    assert set(codes) <= {DONE, 6}, codes
    sluice.run(*command, check_code=DONE)
    with sqlite3.connect(path) as connection:
        live = connection.execute("SELECT path FROM delta_files WHERE removed_version IS NULL "
                                  "ORDER BY path").fetchall()
    assert [one[0] for one in live] == states[-1]
    sluice.run("catalog", "validate", f"delta:{table}", f"sqlite:{path}", check_code=DONE)


def test_a_drop_that_is_killed_took_all_or_nothing(sluice, tmp_path):
    table = tmp_path / "t"
    delta_logs.write_table(table, COMMITS, FILES)
    path = tmp_path / "catalog.db"
    sluice.run("catalog", "import", f"delta:{table}", f"sqlite:{path}", check_code=DONE)
    before = rows(path, "SELECT count(*) FROM delta_files")
    code = sluice.run("catalog", "rollback", f"sqlite:{path}", env={"SLUICE_CRASH_AT": 1}).code
    assert code == KILLED
    assert rows(path, "SELECT count(*) FROM delta_files") == before
    assert sluice.run("catalog", "rollback", f"sqlite:{path}",
                      env={"SLUICE_CRASH_AT": 2}).code == KILLED
    assert rows(path, "SELECT count(*) FROM delta_files") == [(0,)]
    assert rows(path, "SELECT count(*) FROM delta_tables") == [(0,)]
