"""Delta tables that another user reads: --owner, --file-mode and --dir-mode of migrate, judged by
delta-rs as that user; and where these are refused."""
import os
import stat
import subprocess
import sys

import deltalake
import pyarrow
import pytest

from support.faults import KILLED
from support.s3_delta import S3Delta
from support.targets import DuckdbTarget
from support.users import NOBODY, needs_root, open_folder

pytestmark = needs_root

INVALID, DENIED, UNSUPPORTED = 2, 8, 10
OWNER = ["--owner", "nobody:nogroup", "--file-mode", "640", "--dir-mode", "750"]

READ = """
import os, sys
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[1]))
import deltalake
print(deltalake.DeltaTable(sys.argv[3]).to_pyarrow_table().num_rows, flush=True)
os._exit(0)  # its threads do not always end in good order
"""


@pytest.fixture
def lake(tmp_path):
    open_folder(tmp_path)
    return tmp_path / "lake"


@pytest.fixture
def source(tmp_path):
    made = DuckdbTarget(tmp_path)
    made.execute("CREATE TABLE t AS SELECT range AS i, 'x' || range % 3 AS s FROM range(1000)")
    return made


def migrate(sluice, source, lake, *more, code=0):
    return sluice.run("migrate", source.uri, f"delta:{lake}", "--json", *more,
                      check_code=code).json


def count_as_nobody(table):
    read = subprocess.run([sys.executable, "-c", READ, str(NOBODY.pw_uid), str(NOBODY.pw_gid),
                           str(table)], capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr
    return int(read.stdout)


def assert_all_is_nobodys(folder):
    for path in [folder, *folder.rglob("*")]:
        facts = path.stat()
        assert (facts.st_uid, facts.st_gid) == (NOBODY.pw_uid, NOBODY.pw_gid), path
        assert stat.S_IMODE(facts.st_mode) == (0o750 if path.is_dir() else 0o640), path


def test_all_that_a_run_makes_is_the_owners(sluice, source, lake):
    migrate(sluice, source, lake, *OWNER, "--partition", "s", "--batch-size", 300)
    assert_all_is_nobodys(lake / "t")
    assert count_as_nobody(lake / "t") == 1000
    for choice, rows in (("append", 2000), ("merge", 1000), ("replace", 1000)):
        more = ["--key", "i"] if choice == "merge" else []
        if choice == "merge":
            migrate(sluice, source, lake, *OWNER, "--if-exists", "replace")
        migrate(sluice, source, lake, *OWNER, "--if-exists", choice, *more)
        assert_all_is_nobodys(lake / "t")
        assert count_as_nobody(lake / "t") == rows
    sluice.run("rollback", "last", check_code=0)
    assert_all_is_nobodys(lake / "t")
    assert count_as_nobody(lake / "t") == 1000


def test_checkpoints_are_the_owners_too(sluice, source, lake):
    for _ in range(11):
        migrate(sluice, source, lake, *OWNER, "--if-exists", "append")
        sluice.run("forget", "last", check_code=0)
    assert (lake / "t/_delta_log/_last_checkpoint").exists()
    assert_all_is_nobodys(lake / "t")
    assert count_as_nobody(lake / "t") == 11_000


def test_what_compact_writes_is_whose_the_files_were(sluice, source, lake):
    for _ in range(2):
        migrate(sluice, source, lake, *OWNER, "--if-exists", "append")
        sluice.run("forget", "last", check_code=0)
    before = set((lake / "t").glob("*.parquet"))
    sluice.run("lake", "compact", f"delta:{lake}", check_code=0)
    new = set((lake / "t").glob("*.parquet")) - before
    assert new
    for path in new:
        assert path.stat().st_uid == NOBODY.pw_uid
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_log_that_is_closed_stops_the_run_before_it_is_seen(sluice, source, lake):
    rows = pyarrow.table({"i": pyarrow.array([1], pyarrow.int64()), "s": ["a"]})
    deltalake.write_deltalake(lake / "t", rows)
    commit = lake / "t/_delta_log" / f"{0:020}.json"
    commit.chmod(0o600)
    report = migrate(sluice, source, lake, *OWNER, "--if-exists", "append", code=DENIED)
    assert report["error"]["object"] == str(commit) and "0600" in report["error"]["message"]
    assert len(list((lake / "t/_delta_log").glob("*.json"))) == 1
    commit.chmod(0o644)
    assert sluice.run("resume", "last", "--json", check_code=0).json["state"] == "done"
    assert count_as_nobody(lake / "t") == 1001


def test_a_run_that_died_and_went_on_gives_all_away(sluice, source, tmp_path):
    open_folder(tmp_path)
    for point in range(1, 40):
        lake = tmp_path / f"lake{point}"
        died = sluice.run("migrate", source.uri, f"delta:{lake}", *OWNER, "--batch-size", 400,
                          env={"SLUICE_CRASH_AT": point})
        assert died.code in (0, KILLED), died
        if sluice.run("runs", "--json").json and died.code == KILLED:
            sluice.run("resume", "last")
        if (lake / "t/_delta_log").exists():
            assert_all_is_nobodys(lake / "t")
            assert count_as_nobody(lake / "t") == 1000
        if died.code == 0:
            assert point > 4
            return
    raise AssertionError("still dying")


def test_where_files_have_no_owner_it_is_refused(sluice, source, lake, s3):
    place = S3Delta(s3)
    refused = sluice.run("migrate", source.uri, place.uri, *OWNER, "--json",
                         check_code=UNSUPPORTED, env=place.env).json["error"]
    assert "no owner, group and mode" in refused["message"] and "policy" in refused["hint"]
    assert place.keys() == []
    catalog = lake.parent / "catalog.db"
    deltalake.write_deltalake(lake / "t", pyarrow.table({"i": pyarrow.array([1], pyarrow.int64()),
                                                         "s": ["a"]}))
    sluice.run("catalog", "import", f"delta:{lake}/t", f"sqlite:{catalog}", check_code=0)
    refused = migrate(sluice, source, f"{lake}?catalog=sqlite:{catalog}", *OWNER, "--if-exists",
                      "append", code=UNSUPPORTED)["error"]
    assert "catalog" in refused["message"] and "--owner" in refused["hint"]
    for target in (f"iceberg:sqlite:{lake}/i.db?warehouse={lake}/i", f"sqlite:{lake}/x.sqlite"):
        refused = sluice.run("migrate", source.uri, target, *OWNER, "--json",
                             check_code=INVALID).json["error"]
        assert "--owner" in refused["message"] and "delta:" in refused["hint"]
    assert os.path.exists(lake)
