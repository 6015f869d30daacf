"""No space left on the target's device: exit code 7, and the run goes on or back from there."""
import os
import shutil
import subprocess

import duckdb
import pytest

from support.targets import make_target

ROWS = 120_000
SMALL, LARGE = "2m", "64m"


@pytest.fixture
def small_device(tmp_path):
    """A function's worth of a disk: a folder on a tmpfs of 2 MB, and `grow()`."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small tmpfs")
    folder = tmp_path / "device"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "none", str(folder)],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"mount is not permitted here: {done.stderr.strip()}")

    def grow():
        subprocess.run(["mount", "-o", f"remount,size={LARGE}", str(folder)], check=True)

    yield folder, grow
    subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.duckdb"
    with duckdb.connect(str(path)) as connection:
        # Compresses well at the source, so that the need is not known before it is met.
        connection.execute(f"CREATE TABLE item AS SELECT i AS id, md5((i % 9)::VARCHAR) || "
                           f"uuid() AS name FROM range({ROWS}) t(i)")
    return path


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "parquet"])
@pytest.mark.parametrize("then", ["resume", "rollback"])
def test_a_full_device_interrupts_the_run_which_then_goes_on_or_back(
    sluice, tmp_path, small_device, source, kind, then
):
    folder, grow = small_device
    target = make_target(kind, folder)
    result = sluice.run("migrate", f"duckdb:{source}", target.uri, "--batch-size", 5000, "--json",
                        check_code=7)
    error = result.json["error"]
    assert error["kind"] == "limit"
    assert "space" in error["message"] + error["hint"] or "full" in error["message"]
    run_began = bool(result.json.get("run"))
    if not run_began:
        # The plan saw it coming: nothing was begun.
        assert target.dump() is None
        grow()
        sluice.run("migrate", f"duckdb:{source}", target.uri, check_code=0)
        return
    if then == "resume":
        grow()
        assert sluice.run("resume", "last", "--json", check_code=0).json["state"] == "done"
        sluice.run("forget", "last", check_code=0)
        assert target.rows("SELECT count(*), count(DISTINCT name) FROM item") == \
            [(str(ROWS), str(ROWS))]
    else:
        sluice.run("rollback", "last", check_code=0)
        assert not target.exists("item")
    assert target.leftovers() == []


def test_an_archive_that_has_no_room_is_not_begun(sluice, tmp_path, small_device, source):
    folder, _ = small_device
    error = sluice.run("backup", "create", f"duckdb:{source}", "--dir", folder, "--json",
                       check_code=7).json["error"]
    assert error["kind"] == "limit" and "has " in error["message"] and "free" in error["message"]
    assert list(folder.iterdir()) == []
    sluice.run("backup", "create", f"duckdb:{source}", "--no-drill", check_code=0)
    error = sluice.run("backup", "restore", "last", f"duckdb:{folder}/copy.duckdb", "--json",
                       check_code=7).json["error"]
    assert error["kind"] == "limit" and list(folder.iterdir()) == []
