"""A lake that another user reads: --owner, --file-mode and --dir-mode of migrate, ingest and backup
restore, and whose the files are that compact writes."""
import os
import stat

import duckdb
import pytest

from support.lakes import Lake
from support.targets import DuckdbTarget
from support.users import (NOBODY, judge_as_nobody, needs_root, open_folder, sluice_as_nobody)

pytestmark = needs_root

INVALID, DENIED = 2, 8
OWNER = ["--owner", "nobody:nogroup"]


@pytest.fixture
def lake(tmp_path):
    open_folder(tmp_path)
    made = Lake(tmp_path)
    made.uri += f"?data_path={made.data}"
    return made


@pytest.fixture
def source(tmp_path):
    made = DuckdbTarget(tmp_path)
    made.execute("CREATE TABLE t AS SELECT range AS i, 'x' || range AS s FROM range(1000)")
    return made


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def all_of(folder):
    return [folder, *folder.rglob("*")]


def migrate(sluice, source, lake, *more, code=0):
    return sluice.run("migrate", source.uri, lake.uri, "--json", *more, check_code=code).json


def is_nobodys(path):
    return (path.stat().st_uid, path.stat().st_gid) == (NOBODY.pw_uid, NOBODY.pw_gid)


def test_all_that_a_run_makes_is_the_owners_with_the_modes_that_were_asked_for(
        sluice, source, lake):
    migrate(sluice, source, lake, *OWNER, "--file-mode", "0640", "--dir-mode", "750")
    assert all(is_nobodys(path) for path in all_of(lake.data / "main"))
    for path in all_of(lake.data / "main") + [lake.data]:
        assert mode_of(path) == (0o750 if path.is_dir() else 0o640), path
    for ending in ["", "-wal", "-shm"]:
        side = lake.catalog.with_name(lake.catalog.name + ending)
        if side.exists():
            assert is_nobodys(side) and mode_of(side) == 0o640, side
    seen = judge_as_nobody(lake.attach, "SELECT count(*), sum(i) FROM t")
    assert seen.stdout.strip() == "[(1000, 499500)]", seen.stderr


def test_the_owner_reads_while_the_folder_of_the_catalog_is_closed_for_writing(
        sluice, source, lake):
    migrate(sluice, source, lake, *OWNER)
    assert mode_of(lake.catalog.parent) & 0o002 == 0
    before = judge_as_nobody(lake.attach, "SELECT count(*) FROM t")
    assert before.stdout.strip() == "[(1000,)]", before.stderr
    migrate(sluice, source, lake, *OWNER, "--if-exists", "append")
    after = judge_as_nobody(lake.attach, "SELECT count(*) FROM t")
    assert after.stdout.strip() == "[(2000,)]", after.stderr


def test_ingest_gives_what_it_makes_too(sluice, lake):
    path = sluice.folder / "a.json"
    path.write_text('{"id": 1}\n{"id": 2}\n')
    sluice.run("ingest", lake.uri, "--table", "t", "--key", "id", *OWNER, "--file-mode", "600",
               "--dir-mode", "700", path, check_code=0)
    for path in all_of(lake.data):
        assert is_nobodys(path), path
        assert mode_of(path) == (0o700 if path.is_dir() else 0o600), path
    seen = judge_as_nobody(lake.attach, "SELECT count(*) FROM t")
    assert seen.stdout.strip() == "[(2,)]", seen.stderr
    path.write_text('{"id": 3}\n')
    sluice.run("ingest", lake.uri, "--table", "t", "--key", "id", *OWNER, path, check_code=0)
    seen = judge_as_nobody(lake.attach, "SELECT count(*) FROM t")
    assert seen.stdout.strip() == "[(3,)]", seen.stderr


def test_a_folder_above_that_is_closed_stops_the_run_before_it_is_seen(sluice, source, tmp_path):
    open_folder(tmp_path)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    lake = Lake(closed)
    lake.uri += f"?data_path={lake.data}"
    report = migrate(sluice, source, lake, *OWNER, code=DENIED)
    error = report["error"]
    assert error["kind"] == "denied" and error["object"] == str(closed)
    assert "nobody cannot enter the folder" in error["message"] and "0700" in error["message"]
    assert f"chmod o+x {closed}" in error["hint"]
    run = report["run"]
    assert f"sluice resume {run}" in error["hint"]
    closed.chmod(0o711)
    done = sluice.run("resume", run, "--json", check_code=0).json
    assert done["state"] == "done"
    seen = judge_as_nobody(lake.attach, "SELECT count(*) FROM t")
    assert seen.stdout.strip() == "[(1000,)]", seen.stderr


def test_a_member_of_the_group_is_checked_where_the_mode_lets_the_group_read(
        sluice, source, lake):
    migrate(sluice, source, lake, "--owner", "root:nogroup", "--file-mode", "640", "--dir-mode",
            "750")
    seen = judge_as_nobody(lake.attach, "SELECT count(*) FROM t")
    assert seen.stdout.strip() == "[(1000,)]", seen.stderr
    other = Lake(lake.catalog.parent, name="other")
    other.uri += f"?data_path={other.data}"
    error = migrate(sluice, source, other, "--owner", "root:nogroup", "--file-mode", "640",
                    "--dir-mode", "700", code=DENIED)["error"]
    assert "a member of group nogroup cannot enter the folder" in error["message"]
    assert error["object"] == str(other.data)
    assert f"chmod g+x {other.data}" in error["hint"]


@pytest.mark.parametrize("words, what", [
    (["--owner", "nosuch:nogroup"], 'there is no user "nosuch"'),
    (["--owner", "nobody:nosuch"], 'there is no group "nosuch"'),
    (["--owner", ":"], "--owner wants USER:GROUP"),
    (["--file-mode", "rw-r--r--"], '"rw-r--r--" is no mode'),
    (["--file-mode", "999"], '"999" is no mode'),
    (["--file-mode", "040"], "cannot read and write its files"),
    (["--dir-mode", "640"], "cannot enter and change its folders"),
])
def test_bad_values_are_refused_before_anything_is_written(sluice, source, lake, words, what):
    for command in (["migrate", source.uri, lake.uri], ["plan", source.uri, lake.uri]):
        error = sluice.run(*command, *words, "--json", check_code=INVALID).json["error"]
        assert what in error["message"] and error["hint"]
    (sluice.folder / "a.json").write_text('{"id": 1}\n')
    error = sluice.run("ingest", lake.uri, "--table", "t", *words, "a.json", "--json",
                       check_code=INVALID).json["error"]
    assert what in error["message"]
    assert not lake.data.exists() and not lake.catalog.exists()


def test_a_number_that_no_user_has_is_taken_as_it_is(sluice, source, lake):
    migrate(sluice, source, lake, "--owner", "4711:4712")
    assert all(path.stat().st_uid == 4711 and path.stat().st_gid == 4712
               for path in all_of(lake.data / "main"))


def test_targets_that_are_no_files_are_refused(sluice, source, tmp_path):
    error = sluice.run("migrate", source.uri, f"sqlite:{tmp_path}/x.db", *OWNER, "--json",
                       check_code=INVALID).json["error"]
    assert "--owner, --file-mode and --dir-mode" in error["message"]


def test_who_is_not_root_is_told_what_to_do(tmp_path):
    open_folder(tmp_path)
    place = tmp_path / "nobodys"
    place.mkdir()
    os.chown(place, NOBODY.pw_uid, NOBODY.pw_gid)
    with duckdb.connect(str(place / "s.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS i")
    words = ["migrate", f"duckdb:{place}/s.duckdb", f"ducklake:sqlite:{place}/l.sqlite"]
    (place / "s.duckdb").chmod(0o644)
    refused = sluice_as_nobody(tmp_path, *words, "--owner", "root:root")
    assert refused.returncode == DENIED
    assert "only root can give files away, and this is nobody" in refused.stderr
    assert "sudo" in refused.stderr
    done = sluice_as_nobody(tmp_path, *words, "--owner", "nobody", "--file-mode", "600")
    assert done.returncode == 0, done.stderr
    assert mode_of(place / "l.sqlite") == 0o600


def test_parquet_files_and_their_folder_are_given(sluice, source, tmp_path):
    open_folder(tmp_path)
    target = tmp_path / "out"
    words = ["migrate", source.uri, f"parquet:{target}", *OWNER, "--file-mode", "640",
             "--dir-mode", "750", "--batch-size", "300"]
    sluice.run(*words, check_code=0)
    for path in [target, target / "t", *(target / "t").rglob("*.parquet")]:
        assert is_nobodys(path), path
        assert mode_of(path) == (0o750 if path.is_dir() else 0o640), path
    sluice.run("rollback", "last", check_code=0)
    assert not target.exists()


def test_a_rollback_of_an_append_leaves_a_lake_that_the_owner_reads(sluice, source, lake):
    migrate(sluice, source, lake, *OWNER, "--file-mode", "640", "--dir-mode", "750")
    source.execute("UPDATE t SET s = 'new' WHERE i < 10")
    migrate(sluice, source, lake, *OWNER, "--file-mode", "640", "--if-exists", "merge", "--key",
            "i")
    sluice.run("rollback", "last", check_code=0)
    seen = judge_as_nobody(lake.attach, "SELECT count(*), count(*) FILTER (s = 'new') FROM t")
    assert seen.stdout.strip() == "[(1000, 0)]", seen.stderr
    assert all(is_nobodys(path) for path in (lake.data / "main").rglob("*.parquet"))


def test_a_replaced_table_keeps_what_it_had_and_comes_back_with_it(sluice, source, lake):
    migrate(sluice, source, lake)
    old = set((lake.data / "main").rglob("*.parquet"))
    migrate(sluice, source, lake, *OWNER, "--if-exists", "replace")
    new = set((lake.data / "main").rglob("*.parquet")) - old
    assert new and all(is_nobodys(path) for path in new)
    assert not any(is_nobodys(path) for path in old)
    sluice.run("rollback", "last", check_code=0)
    assert lake.rows("SELECT count(*) FROM t") == [("1000",)]


def test_a_rollback_gives_a_catalog_that_was_there_back(sluice, source, lake):
    migrate(sluice, source, lake)
    lake.catalog.chmod(0o644)
    migrate(sluice, source, lake, *OWNER, "--file-mode", "600", "--if-exists", "append")
    assert is_nobodys(lake.catalog) and mode_of(lake.catalog) == 0o600
    sluice.run("rollback", "last", check_code=0)
    assert lake.catalog.stat().st_uid == 0 and mode_of(lake.catalog) == 0o644
    # What somebody else gave it since stays.
    migrate(sluice, source, lake, *OWNER, "--if-exists", "append")
    os.chown(lake.catalog, 4711, 4711)
    sluice.run("rollback", "last", check_code=0)
    assert lake.catalog.stat().st_uid == 4711


@pytest.mark.parametrize("made_by", ["the run", "somebody else"])
def test_a_rollback_leaves_a_catalog_that_others_wrote_to_whose_it_is(
        sluice, source, lake, made_by):
    if made_by == "somebody else":
        lake.run("CREATE TABLE first (i INT)")
    words = [*OWNER, "--file-mode", "640"]
    migrate(sluice, source, lake, *words)
    (sluice.folder / "a.json").write_text('{"id": 1}\n')
    sluice.run("ingest", lake.uri, "--table", "other", *words, "a.json", check_code=0)
    sluice.run("rollback", "last", "--force", check_code=0)
    for ending in ["", "-wal", "-shm"]:
        side = lake.catalog.with_name(lake.catalog.name + ending)
        assert is_nobodys(side) and mode_of(side) == 0o640, side
    seen = judge_as_nobody(lake.attach, "SELECT count(*) FROM other")
    assert seen.stdout.strip() == "[(1,)]", seen.stderr
    seen = judge_as_nobody(lake.attach, "SELECT count(*) FROM t")
    assert seen.returncode != 0


def test_a_timer_gets_the_options_along(sluice, lake):
    out = sluice.run("ingest", lake.uri, "--table", "t", "--key", "id", "in", "--every", "60s",
                     "--install-timer", *OWNER, "--file-mode", "640", check_code=0).stdout
    assert "--owner nobody:nogroup --file-mode 640" in out
    assert "--wait 60s " in out


def assert_all_nobodys(lake, file_mode, folder_mode):
    for path in all_of(lake.data / "main"):
        assert is_nobodys(path), path
        assert mode_of(path) == (folder_mode if path.is_dir() else file_mode), path


def test_compacted_files_are_whose_those_were_that_they_take_the_place_of(sluice, source, lake):
    words = [*OWNER, "--file-mode", "640", "--dir-mode", "750"]
    migrate(sluice, source, lake, *words)
    migrate(sluice, source, lake, *words, "--if-exists", "append")
    old = set((lake.data / "main").rglob("*.parquet"))
    report = sluice.run("lake", "compact", lake.uri, "--json", check_code=0).json
    assert report["state"] == "compacted"
    assert set((lake.data / "main").rglob("*.parquet")) > old
    assert_all_nobodys(lake, 0o640, 0o750)
    seen = judge_as_nobody(lake.attach, "SELECT count(*), sum(i) FROM t")
    assert seen.stdout.strip() == "[(2000, 999000)]", seen.stderr


def test_compacted_rows_of_the_catalog_and_their_folders_are_the_readers_too(sluice, source, lake):
    words = [*OWNER, "--file-mode", "640", "--dir-mode", "750"]
    migrate(sluice, source, lake, *words)
    lake.run("ALTER TABLE t SET PARTITIONED BY (s)", "INSERT INTO t VALUES (-1, 'a'), (-2, 'b')")
    sluice.run("lake", "compact", lake.uri, check_code=0)
    assert len([path for path in all_of(lake.data / "main" / "t") if path.is_dir()]) > 1
    assert_all_nobodys(lake, 0o640, 0o750)
    # The first file of a table is whose the folder is, or the one above it.
    lake.run("CREATE TABLE u (i INT)", "INSERT INTO u VALUES (1)")
    (lake.data / "main" / "u").rmdir()
    sluice.run("lake", "compact", lake.uri, "--table", "u", check_code=0)
    assert_all_nobodys(lake, 0o640, 0o750)
    for table, rows in (("t", 1002), ("u", 1)):
        seen = judge_as_nobody(lake.attach, f"SELECT count(*) FROM {table}")
        assert seen.stdout.strip() == f"[({rows},)]", seen.stderr


def test_who_may_not_give_files_away_compacts_into_its_own(sluice, source, lake, tmp_path):
    migrate(sluice, source, lake, "--file-mode", "646", "--dir-mode", "757")
    migrate(sluice, source, lake, "--file-mode", "646", "--if-exists", "append")
    for folder in (lake.catalog.parent, lake.data):
        folder.chmod(0o757)
    old = set((lake.data / "main").rglob("*.parquet"))
    done = sluice_as_nobody(tmp_path, "lake", "compact", lake.uri)
    assert done.returncode == 0, done.stderr
    [new] = set((lake.data / "main").rglob("*.parquet")) - old
    assert is_nobodys(new) and mode_of(new) == 0o646
    assert lake.rows("SELECT count(*) FROM t") == [("2000",)]


WORDS = [*OWNER, "--file-mode", "640", "--dir-mode", "750"]


def lake_to_restore(folder, kind="sqlite", postgres=None):
    made = Lake(folder, kind, postgres, "restored")
    made.uri += ("&" if "?" in made.uri else "?") + f"data_path={made.data}"
    return made


@pytest.fixture
def archived(sluice, source, lake):
    migrate(sluice, source, lake)
    lake.run("INSERT INTO t VALUES (-1, 'in the catalog')")
    sluice.run("backup", "create", lake.uri, check_code=0)
    return lake


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgres"])
def test_a_restored_lake_is_the_owners_with_the_modes_that_were_asked_for(
        sluice, archived, postgres, tmp_path, kind):
    place = tmp_path / "new" / "lake"
    copy = lake_to_restore(place, kind, postgres)
    sluice.run("backup", "restore", "last", copy.uri, *WORDS, check_code=0)
    for path in all_of(place.parent):
        assert is_nobodys(path), path
        assert mode_of(path) == (0o750 if path.is_dir() else 0o640), path
    assert copy.rows("SELECT count(*) FROM t") == [("1001",)]
    if kind != "postgres":
        seen = judge_as_nobody(copy.attach, "SELECT count(*), sum(i) FROM t")
        assert seen.stdout.strip() == "[(1001, 499499)]", seen.stderr


def test_a_restore_below_a_closed_folder_says_what_to_open(sluice, archived, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    copy = lake_to_restore(closed)
    words = ["backup", "restore", "last", copy.uri, *OWNER]
    error = sluice.run(*words, "--json", check_code=DENIED).json["error"]
    assert "nobody cannot enter the folder" in error["message"] and error["object"] == str(closed)
    assert f"chmod o+x {closed}" in error["hint"] and "--force" in error["hint"]
    assert not copy.catalog.exists()
    closed.chmod(0o711)
    sluice.run(*words, "--force", check_code=0)
    seen = judge_as_nobody(copy.attach, "SELECT count(*) FROM t")
    assert seen.stdout.strip() == "[(1001,)]", seen.stderr


def test_a_restored_database_file_is_given_or_not_there(sluice, source, tmp_path):
    open_folder(tmp_path)
    sluice.run("backup", "create", source.uri, check_code=0)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    sluice.run("backup", "restore", "last", f"duckdb:{closed}/copy.duckdb", *OWNER,
               check_code=DENIED)
    assert not list(closed.iterdir())
    copy = tmp_path / "new" / "copy.duckdb"
    sluice.run("backup", "restore", "last", f"duckdb:{copy}", *WORDS, check_code=0)
    assert is_nobodys(copy) and mode_of(copy) == 0o640
    assert is_nobodys(copy.parent) and mode_of(copy.parent) == 0o750


def test_a_restore_refuses_bad_values_before_it_writes(sluice, archived, tmp_path):
    copy = lake_to_restore(tmp_path / "new")
    for words, what in ((["--owner", "nosuch"], 'there is no user "nosuch"'),
                        (["--file-mode", "999"], '"999" is no mode'),
                        (["--dir-mode", "640"], "cannot enter and change its folders")):
        error = sluice.run("backup", "restore", "last", copy.uri, *words, "--json",
                           check_code=INVALID).json["error"]
        assert what in error["message"] and error["hint"]
    assert not (tmp_path / "new").exists()


@pytest.fixture
def closed_lake(sluice, source, tmp_path):
    open_folder(tmp_path)
    place = tmp_path / "place"
    place.mkdir()
    made = Lake(place)
    made.uri += f"?data_path={made.data}"
    migrate(sluice, source, made)
    return made


def test_who_may_not_write_is_told_whose_it_is_and_what_to_run(
        sluice, closed_lake, source, tmp_path):
    lake, place = closed_lake, closed_lake.catalog.parent
    source.path.chmod(0o644)
    (tmp_path / "a.json").write_text('{"i": 1}\n')
    on_catalog = f"run: chmod o+rw {lake.catalog}\n"
    on_folder = f"run: chmod o+wx {place}\n"
    for words, command in [
            (["lake", "expire", lake.uri, "--keep", "1"], on_catalog),
            (["lake", "compact", lake.uri], on_catalog),
            (["ingest", lake.uri, "--table", "t", tmp_path / "a.json"], on_catalog),
            (["migrate", source.uri, f"ducklake:sqlite:{place}/new.sqlite"], on_folder),
            (["ingest", f"ducklake:sqlite:{place}/new.sqlite", "--table", "t",
              tmp_path / "a.json"], on_folder),
            (["migrate", source.uri, f"parquet:{place}/out"], on_folder),
            (["backup", "create", lake.uri, "--dir", place / "archives"], on_folder),
            (["lake", "freeze", lake.uri, place / "x.ducklake"], on_folder)]:
        done = sluice_as_nobody(tmp_path, *words)
        assert done.returncode == DENIED, (words, done.stdout, done.stderr)
        assert "root:root 0" in done.stderr and "this is nobody" in done.stderr, done.stderr
        assert command in done.stderr.replace("\n  ", "\n").replace("  run:", "run:"), done.stderr
    assert sorted(path.name for path in place.iterdir() if "lake" not in path.name) == []
    place.chmod(0o757)
    done = sluice_as_nobody(tmp_path, "lake", "freeze", lake.uri, place / "x.ducklake")
    assert done.returncode == 0, done.stderr


def test_a_freeze_into_a_folder_that_is_not_there_says_so(sluice, closed_lake, tmp_path):
    error = sluice.run("lake", "freeze", closed_lake.uri, tmp_path / "none" / "x.ducklake",
                       "--json", check_code=3).json["error"]
    assert error["hint"] == f"make its folder: mkdir -p {tmp_path}/none"
    assert "sluice_tmp" not in error["message"]
