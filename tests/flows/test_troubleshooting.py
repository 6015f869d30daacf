"""What is told where a lake cannot be read: each error says what to do."""
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest

from support.lakes import Lake
from support.program import BINARY, Sluice
from support.targets import DuckdbTarget
from support.users import needs_root, open_folder, sluice_as_nobody

NOT_FOUND, CONFLICT, DENIED, INVALID = 3, 6, 8, 2


@pytest.fixture
def lake(tmp_path):
    open_folder(tmp_path)
    made = Lake(tmp_path)
    made.run("CREATE TABLE t AS SELECT range AS i FROM range(1000)")
    return made


def read(lake):
    return ["query", lake.uri, "SELECT count(*) FROM t", "--format", "csv"]


def test_a_missing_extension_is_named_and_doctor_says_it_too(tmp_path, lake):
    place = tmp_path / "bin"
    (place / "extensions").mkdir(parents=True)
    shutil.copy2(BINARY, place / "sluice")
    home = tmp_path / "home"
    home.mkdir()
    bare = Sluice(home, place / "sluice")
    error = bare.run("connect", "grafana", lake.uri, "--json", check_code=NOT_FOUND).json["error"]
    assert 'extension "ducklake" is not at' in error["message"]
    assert str(place / "extensions") in error["message"]
    assert "sluice doctor" in error["hint"] and "INSTALL ducklake" in error["hint"]
    checks = bare.run("doctor", "--json", check_code=NOT_FOUND).json["checks"]
    broken = [check["name"] for check in checks if not check["sound"]]
    assert broken == ["extension sqlite_scanner", "extension postgres_scanner",
                      "extension ducklake", "extension delta", "extension httpfs",
                      "extension avro", "extension iceberg"]


def test_doctor_finds_the_extensions_that_it_brings(sluice):
    checks = {c["name"]: c for c in sluice.run("doctor", "--json", check_code=0).json["checks"]}
    assert checks["extension ducklake"]["sound"]


@needs_root
@pytest.mark.parametrize("what, mode, command", [
    ("catalog", 0o600, "chmod o+r"), ("data folder", 0o700, "chmod o+rx"),
    ("table folder", 0o700, "chmod o+rx"), ("data file", 0o600, "chmod o+r")])
def test_permission_denied_names_the_path_its_owner_and_the_command(
        tmp_path, lake, what, mode, command):
    assert sluice_as_nobody(tmp_path, *read(lake)).stdout.split()[-1] == "1000"
    file = next(lake.data.rglob("*.parquet"))
    closed = {"catalog": lake.catalog, "data folder": lake.data, "table folder": file.parent,
              "data file": file}[what]
    closed.chmod(mode)
    done = sluice_as_nobody(tmp_path, *read(lake))
    assert done.returncode == DENIED, done.stderr
    assert f'"{closed}" is root:root {mode:04o}, and this is nobody' in done.stderr
    assert f"{command} {closed}" in done.stderr
    assert f"chown nobody: {closed}" in done.stderr
    # What it says helps.
    subprocess.run([*command.split(), str(closed)], check=True)
    assert sluice_as_nobody(tmp_path, *read(lake)).returncode == 0


@needs_root
def test_a_writer_who_may_not_write_is_told_the_path(tmp_path, lake):
    (tmp_path / "a.json").write_text('{"i": 5000}\n')
    done = sluice_as_nobody(tmp_path, "ingest", lake.uri, "--table", "t", "--key", "i",
                            tmp_path / "a.json")
    assert done.returncode == DENIED, done.stderr
    assert str(lake.catalog) in done.stderr or str(lake.data) in done.stderr


@pytest.fixture
def holder():
    """Starts Python with a DuckDB file open; returns its process."""
    started = []

    def hold(path):
        process = subprocess.Popen(
            [sys.executable, "-c",
             "import duckdb, sys, time\n"
             "c = duckdb.connect(sys.argv[1])\n"
             "print('held', flush=True)\n"
             "time.sleep(600)", str(path)], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.wait()


def test_a_locked_duckdb_file_says_who_holds_it(sluice, tmp_path, holder):
    source = DuckdbTarget(tmp_path)
    source.execute("CREATE TABLE t AS SELECT 1 AS i")
    process = holder(source.path)
    for words in (["query", source.uri, "SELECT 1"], ["connect", "grafana", source.uri],
                  ["migrate", source.uri, f"sqlite:{tmp_path}/x.db"]):
        error = sluice.run(*words, "--json", check_code=CONFLICT).json["error"]
        assert f"is locked by process {process.pid} (python" in error["message"]
        assert error["hint"]


def test_a_lake_whose_duckdb_catalog_is_held_says_who_holds_it(sluice, tmp_path, holder):
    lake = Lake(tmp_path, "duckdb")
    lake.run("CREATE TABLE t AS SELECT 1 AS i")
    process = holder(lake.catalog)
    begun = time.monotonic()
    error = sluice.run("query", lake.uri, "FROM t", "--json", check_code=CONFLICT).json["error"]
    assert f"process {process.pid} (python" in error["message"]
    assert "ducklake:sqlite:PATH" in error["hint"]
    assert time.monotonic() - begun > 1


def test_a_folder_that_was_moved_names_data_path(sluice, tmp_path, lake):
    moved = tmp_path / "elsewhere"
    lake.data.rename(moved)
    error = sluice.run("query", lake.uri, "FROM t", "--json", check_code=NOT_FOUND).json["error"]
    assert str(lake.data) in error["message"] and "data_path=" in error["hint"]
    done = sluice.run("query", f"{lake.uri}?data_path={moved}", "SELECT count(*) AS n FROM t",
                      "--format", "json", check_code=0)
    assert done.json == [{"n": 1000}]
    # A run that writes needs it where the catalog says, and the hint brings it there.
    (sluice.folder / "a.json").write_text('{"i": 5000}\n')
    error = sluice.run("ingest", f"{lake.uri}?data_path={moved}", "--table", "t", "--key", "i",
                       "a.json", "--json").json["error"]
    assert f"ln -s {moved} {lake.data}" in error["hint"]
    os.symlink(moved, lake.data)
    sluice.run("ingest", lake.uri, "--table", "t", "--key", "i", "a.json", check_code=0)
    assert lake.rows("SELECT count(*) FROM t") == [("1001",)]


def test_one_file_that_is_gone_leads_to_fsck(sluice, lake):
    file = next(lake.data.rglob("*.parquet"))
    file.unlink()
    result = sluice.run("query", lake.uri, "FROM t", "--json")
    error = result.json["error"]
    assert result.code != 0 and str(file) in error["message"]
    assert "sluice lake fsck" in error["hint"]


def test_no_lake_at_the_path_says_what_to_check(sluice, tmp_path):
    error = sluice.run("query", f"ducklake:sqlite:{tmp_path}/none.sqlite", "SELECT 1", "--json",
                       check_code=NOT_FOUND).json["error"]
    assert error["hint"]
    assert not pathlib.Path(f"{tmp_path}/none.sqlite").exists()
