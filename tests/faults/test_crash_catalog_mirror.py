"""kill -9 at each place of a run through the catalog of Delta tables, and then `catalog mirror`:
log and catalog say the same, nothing that was acknowledged is lost, nothing stands twice. And
writers side by side: four of sluice through one catalog, one of delta-rs at the log.
"""
import signal
import subprocess
import sys
import threading

import deltalake
import duckdb
import pyarrow
import pytest

from support import delta
from support.catalogs import make_catalog, sqlite_catalog
from support.faults import KILLED, wait_until_stopped
from support.program import Sluice
from support.thorough import ALL, some

DONE = 0
POINTS_MAX = 80
EACH = 50 if ALL else 8

DELTA_RS = """
import sys
import deltalake, pyarrow
folder, count = sys.argv[1], int(sys.argv[2])
for commit in range(count):
    rows = pyarrow.table({"w": [-2], "c": [commit]})
    for left in range(100, 0, -1):
        try:
            deltalake.write_deltalake(folder, rows, mode="append")
            break
        except deltalake.exceptions.CommitFailedError:
            if left == 1:
                raise
"""


def make_lake(folder, *tables):
    for table in tables:
        deltalake.write_deltalake(folder / table, pyarrow.table({"w": [-1], "c": [-1]}))
    return folder


def make_source(path, writer, commit, *tables):
    with duckdb.connect(str(path)) as connection:
        for table in tables:
            connection.execute(f"CREATE TABLE {table} AS SELECT {writer}::BIGINT AS w, "
                               f"{commit}::BIGINT AS c")
    return f"duckdb:{path}"


def rows(table):
    found = deltalake.DeltaTable(table).to_pyarrow_table().to_pydict()
    return sorted(zip(found["w"], found["c"]))


def assert_same(sluice, lake, catalog):
    report = sluice.run("catalog", "validate", f"delta:{lake}", catalog.uri, "--json")
    assert report.code == DONE, report
    assert catalog.lines("SELECT count(*) FROM delta_unmirrored") == ["0"]


def begin(folder, kind, request):
    folder.mkdir()
    (folder / "work").mkdir()
    catalog = make_catalog(kind, folder, request)
    lake = make_lake(folder / "lake", "t", "u")
    sluice = Sluice(folder / "work")
    sluice.run("catalog", "import", f"delta:{lake}", catalog.uri, "--recursive", check_code=DONE)
    return sluice, lake, catalog


@pytest.mark.parametrize("kind", some(["sqlite", "postgres", "mysql"], 1))
def test_a_run_that_died_is_mirrored_whole(tmp_path, request, kind):
    for point in range(1, POINTS_MAX):
        folder = tmp_path / str(point)
        sluice, lake, catalog = begin(folder, kind, request)
        run = sluice.run("migrate", make_source(folder / "s.duckdb", 1, 1, "t", "u", "n"),
                         catalog.of(lake), "--if-exists", "append", "--json",
                         env={"SLUICE_CRASH_AT": point})
        assert run.code in (DONE, KILLED), run
        # Readers of the catalog have all of it or nothing.
        have = catalog.lines("SELECT count(*) FROM delta_txns")
        assert have in (["0"], ["3"]), (point, have)
        reconcilers = [subprocess.Popen([sluice.binary, "catalog", "mirror", catalog.uri],
                                        env=sluice.environment(), stdout=subprocess.DEVNULL)
                       for _ in range(2)]
        for process in reconcilers:
            assert process.wait() == DONE
        sluice.run("catalog", "mirror", catalog.uri, check_code=DONE)
        wanted = [(-1, -1)] + ([(1, 1)] if have == ["3"] else [])
        assert rows(lake / "t") == rows(lake / "u") == wanted, point
        assert (lake / "n" / "_delta_log" / f"{0:020}.json").exists() == (have == ["3"])
        assert_same(sluice, lake, catalog)
        if run.code == DONE:
            assert have == ["3"] and point > 6
            return
        # It is taken back as a whole, too.
        listed = sluice.run("runs", "--json").json
        if listed["runs"]:
            sluice.run("rollback", listed["runs"][0]["run"])
            assert rows(lake / "t") == rows(lake / "u") == [(-1, -1)], point
            assert not (lake / "n").exists(), point
            assert_same(sluice, lake, catalog)
        sluice.close()
    raise AssertionError(f"still dying at point {POINTS_MAX}")


@pytest.mark.parametrize("kind", some(["sqlite", "postgres", "mysql"], 1))
def test_a_reconciler_that_died_is_followed_by_the_next(tmp_path, request, kind):
    sluice, lake, catalog = begin(tmp_path / "one", kind, request)
    uri = make_source(tmp_path / "s.duckdb", 1, 1, "t", "u")
    for point in range(1, POINTS_MAX):
        sluice.run("migrate", uri, catalog.of(lake), "--if-exists", "append",
                   env={"SLUICE_CRASH_AT": point})
        if catalog.lines("SELECT count(*) FROM delta_unmirrored") != ["0"]:
            break
        runs = sluice.run("runs", "--json").json["runs"]
        if runs:
            sluice.run("rollback", runs[0]["run"])
    before = len(rows(lake / "u"))
    deltalake.write_deltalake(lake / "t", pyarrow.table({"w": [-2], "c": [0]}), mode="append")
    for point in range(1, POINTS_MAX):
        done = sluice.run("catalog", "mirror", catalog.uri, env={"SLUICE_CRASH_AT": point})
        assert done.code in (DONE, KILLED), done
        if done.code == DONE:
            break
    assert len(rows(lake / "u")) == before + 1
    assert rows(lake / "t").count((1, 1)) == 1 and (-2, 0) in rows(lake / "t")
    assert_same(sluice, lake, catalog)


def append(folder, target, writer, failures):
    folder.mkdir()
    sluice = Sluice(folder)
    for commit in range(EACH):
        uri = make_source(folder / f"{commit}.duckdb", writer, commit, "t")
        result = sluice.run("migrate", uri, target, "--if-exists", "append", "--json")
        if result.code != DONE:
            failures.append(result)
    sluice.close()


def test_writers_through_one_catalog_and_one_beside_them(tmp_path):
    catalog = sqlite_catalog(tmp_path)
    lake = make_lake(tmp_path / "lake", "t")
    (tmp_path / "work").mkdir()
    sluice = Sluice(tmp_path / "work")
    sluice.run("catalog", "import", f"delta:{lake}", catalog.uri, "--recursive", check_code=DONE)
    failures = []
    other = subprocess.Popen([sys.executable, "-c", DELTA_RS, str(lake / "t"), str(EACH)],
                             stderr=subprocess.PIPE, text=True)
    threads = [threading.Thread(target=append, args=(tmp_path / f"w{writer}", catalog.of(lake),
                                                     writer, failures)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _, errors = other.communicate()
    assert other.returncode == 0, errors
    assert not failures, failures[0]
    wanted = sorted([(-1, -1)] + [(writer, commit) for writer in (-2, 0, 1, 2, 3)
                                  for commit in range(EACH)])
    assert rows(lake / "t") == wanted
    seen = delta.texts(delta.open_delta_judge(), f"FROM delta_scan('{lake}/t')")
    assert len(seen) == len(wanted)
    sluice.run("catalog", "import", f"delta:{lake}", catalog.uri, "--recursive", check_code=DONE)
    versions = [int(line) for line in
                catalog.lines("SELECT version FROM delta_commits ORDER BY version")]
    assert versions == list(range(5 * EACH + 1))
    assert_same(sluice, lake, catalog)


def died_at(tmp_path, wanted):
    """A run into the tables a and b that was killed when they were at the wanted versions."""
    for point in range(1, POINTS_MAX):
        folder = tmp_path / str(point)
        folder.mkdir()
        (folder / "work").mkdir()
        lake = make_lake(folder / "lake", "a", "b")
        sluice = Sluice(folder / "work")
        run = sluice.run("migrate", make_source(folder / "s.duckdb", 1, 1, "a", "b"),
                         f"delta:{lake}", "--if-exists", "append",
                         env={"SLUICE_CRASH_AT": str(point)})
        assert run.code == KILLED, f"no place where the tables are at {wanted}"
        if [deltalake.DeltaTable(lake / table).version() for table in "ab"] == wanted:
            return sluice, lake
    raise AssertionError("no such place")


def test_a_rollback_of_half_a_publication_keeps_what_others_added_since(tmp_path):
    sluice, lake = died_at(tmp_path, [1, 0])
    deltalake.write_deltalake(lake / "a", pyarrow.table({"w": [999], "c": [999]}), mode="append")
    refused = sluice.run("rollback", "last", check_code=6)
    assert "others committed versions 2 to 2" in refused.stderr
    assert rows(lake / "a") == [(-1, -1), (1, 1), (999, 999)]
    sluice.run("resume", "last", check_code=DONE)
    assert rows(lake / "b") == [(-1, -1), (1, 1)]
    sluice.run("rollback", "last", check_code=6)
    assert (999, 999) in rows(lake / "a")
    sluice.run("rollback", "last", "--force", check_code=DONE)
    assert rows(lake / "a") == rows(lake / "b") == [(-1, -1)]


def test_half_a_publication_that_nobody_wrote_behind_is_rolled_back(tmp_path):
    sluice, lake = died_at(tmp_path, [1, 0])
    sluice.run("rollback", "last", check_code=DONE)
    assert rows(lake / "a") == rows(lake / "b") == [(-1, -1)]


def test_a_rollback_of_a_publication_that_nobody_knows_of_keeps_what_others_added(tmp_path):
    sluice, lake = died_at(tmp_path, [1, 1])
    deltalake.write_deltalake(lake / "b", pyarrow.table({"w": [999], "c": [999]}), mode="append")
    refused = sluice.run("rollback", "last", check_code=6)
    assert "others committed versions 2 to 2" in refused.stderr
    assert rows(lake / "a") == [(-1, -1), (1, 1)]
    assert rows(lake / "b") == [(-1, -1), (1, 1), (999, 999)]


def test_a_rollback_through_a_catalog_sees_what_others_put_into_a_log(tmp_path, request):
    sluice, lake, catalog = begin(tmp_path / "one", "sqlite", request)
    sluice.run("migrate", make_source(tmp_path / "s.duckdb", 1, 1, "t", "u"),
               f"delta:{lake}?catalog={catalog.uri}", "--if-exists", "append", check_code=DONE)
    deltalake.write_deltalake(lake / "u", pyarrow.table({"w": [999], "c": [999]}), mode="append")
    for _ in range(2):
        refused = sluice.run("rollback", "last", check_code=6)
        assert "--force" in refused.stderr
        assert rows(lake / "t") == [(-1, -1), (1, 1)]
        assert rows(lake / "u") == [(-1, -1), (1, 1), (999, 999)]
    sluice.run("rollback", "last", "--force", check_code=DONE)
    assert rows(lake / "t") == rows(lake / "u") == [(-1, -1)]
    assert_same(sluice, lake, catalog)


def committed_in_sql_alone(tmp_path, request):
    for point in range(1, POINTS_MAX):
        sluice, lake, catalog = begin(tmp_path / str(point), "sqlite", request)
        run = sluice.run("migrate", make_source(tmp_path / f"{point}.duckdb", 1, 1, "t", "u"),
                         f"delta:{lake}?catalog={catalog.uri}", "--if-exists", "append",
                         env={"SLUICE_CRASH_AT": str(point)})
        assert run.code == KILLED
        if catalog.lines("SELECT count(*) FROM delta_unmirrored") == ["2"]:
            return sluice, lake, catalog
    raise AssertionError("no such place")


def test_a_commit_waits_for_a_folder_that_is_away(tmp_path, request):
    sluice, lake, catalog = committed_in_sql_alone(tmp_path, request)
    (lake / "u").rename(lake.parent / "away")
    told = sluice.run("catalog", "mirror", catalog.uri)
    assert told.code == 3 and "has no log" in told.stdout + told.stderr, told
    assert not (lake / "u").exists()
    assert "1" in catalog.lines("SELECT count(*) FROM delta_unmirrored WHERE table_id = 'u'")
    (lake.parent / "away").rename(lake / "u")
    sluice.run("catalog", "mirror", catalog.uri, check_code=DONE)
    assert_same(sluice, lake, catalog)
    assert rows(lake / "t") == rows(lake / "u") == [(-1, -1), (1, 1)]


def test_an_empty_catalog_is_none_that_was_meant(tmp_path, request):
    sluice, lake, _ = begin(tmp_path / "one", "sqlite", request)
    refused = sluice.run("query", f"delta:{lake}?catalog=", "FROM t", check_code=2)
    assert "catalog= names no catalog" in refused.stderr


def test_a_connection_that_is_lost_before_the_mirror_is_no_success(tmp_path, request):
    """The server ends the session when the commit is in SQL and in no log."""
    for point in range(1, POINTS_MAX):
        folder = tmp_path / str(point)
        sluice, lake, catalog = begin(folder, "postgres", request)
        process = sluice.start("migrate", make_source(folder / "s.duckdb", 1, 1, "t", "u"),
                               catalog.of(lake), "--if-exists", "append",
                               env={"SLUICE_STOP_AT": str(point)})
        wait_until_stopped(process)
        is_there = catalog.lines("SELECT count(*) FROM delta_unmirrored") == ["2"]
        if is_there:
            catalog.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                        "current_database() AND pid <> pg_backend_pid()")
        process.send_signal(signal.SIGCONT)
        process.wait(timeout=120)
        if not is_there:
            continue
        if process.returncode == DONE:
            assert_same(sluice, lake, catalog)
        else:
            assert process.returncode == 7, process.communicate()
            sluice.run("resume", "last", check_code=DONE)
        assert_same(sluice, lake, catalog)
        assert rows(lake / "t") == rows(lake / "u") == [(-1, -1), (1, 1)]
        return
    raise AssertionError("no such place")
