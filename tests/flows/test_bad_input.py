"""Bad input is a clear error with the right exit code, and nothing changed on either side."""
import os
import re
import sqlite3
import subprocess
import sys
import time

import duckdb
import pytest

from support import items, judge
from support.postgres import SECRET, SECRETIVE
from support.targets import DATABASES, KINDS, make_target, sha256

ROWS = 60_000


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE item AS SELECT i AS id, md5(i::VARCHAR) AS name, "
                           f"i / 4.0::DOUBLE AS price FROM range({ROWS}) t(i)")
    return path


@pytest.fixture
def target(tmp_path):
    return make_target("sqlite", tmp_path)


def refused(sluice, source, target, code, *words, before=None):
    """Runs migrate, which fails by `code`, all `words` in its error; the target stays `before`."""
    result = sluice.run("migrate", source, target.uri, "--json", check_code=code)
    error = result.json["error"]
    text = " ".join(str(error[field]) for field in ("message", "object", "hint"))
    for word in words:
        assert str(word) in text, f"{word} is not in: {error}"
    assert target.dump() == before
    assert target.leftovers() == []
    plain = sluice.run("migrate", source, target.uri, check_code=code)
    assert without_run(error["message"]) in without_run(plain.stderr)
    return error


def without_run(text):
    """Each attempt is a run of its own: its ULID is left out."""
    return re.sub(r"[0-9A-HJKMNP-TV-Z]{26}", "RUN", text)


MISSING = ["duckdb:/no/such/file.duckdb", "sqlite:/no/such/file.sqlite", "parquet:/no/such/folder",
           "csv:/no/such/folder", "/no/such/file.parquet", "postgres://postgres@127.0.0.1:1/db",
           "postgres://postgres@no-such-host.invalid/db"]


@pytest.mark.parametrize("location", MISSING)
def test_a_location_that_is_not_there_is_not_found(sluice, target, location):
    error = refused(sluice, location, target, 3, location.split(":")[-1].split("/")[-1])
    assert error["kind"] in ("not_found", "transient")


def test_a_database_or_role_that_is_not_there_is_named(sluice, postgres, target):
    refused(sluice, postgres.uri("no_such_database"), target, 3, "no_such_database")


def test_a_wrong_password_is_denied_and_not_printed(sluice, postgres, target):
    uri = f"postgres://{SECRETIVE}:wrong-word@{postgres.host}:{postgres.port}/postgres"
    result = sluice.run("inspect", uri, "--json", check_code=8)
    assert "wrong-word" not in result.stdout + result.stderr
    assert SECRETIVE in result.json["error"]["message"]
    assert refused(sluice, uri, target, 8)["kind"] == "denied"
    good = f"postgres://{SECRETIVE}:{SECRET}@{postgres.host}:{postgres.port}/postgres"
    sluice.run("inspect", good, "--json", check_code=0)


def test_a_target_without_permission_is_denied_and_unchanged(sluice, postgres, source, tmp_path):
    target = make_target("postgres", tmp_path, postgres)
    before = target.dump()
    server = f"{postgres.host}:{postgres.port}"
    target.uri = f"postgres://{SECRETIVE}:{SECRET}@{server}/{target.database}"
    refused(sluice, f"duckdb:{source}", target, 8, before=before)


@pytest.mark.parametrize("kind", ["duckdb", "sqlite", "parquet", "plain"])
def test_a_file_of_another_kind_is_named_and_unchanged(sluice, target, tmp_path, kind):
    file = tmp_path / f"letter.{kind if kind != 'plain' else 'bin'}"
    file.write_bytes(b"Dear reader, this is no database at all. " * 500)
    before = sha256(file)
    location = str(file) if kind == "plain" else f"{kind}:{file}"
    result = sluice.run("migrate", location, target.uri, "--json")
    assert result.code in (2, 9), result
    assert file.name in result.json["error"]["message"]
    assert sha256(file) == before
    assert target.dump() is None


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "parquet"])
def test_a_file_that_was_cut_off_is_corrupt_and_unchanged(
    sluice, target, tmp_path, source, kind
):
    (tmp_path / "whole").mkdir()
    whole = make_target(kind, tmp_path / "whole")
    sluice.run("migrate", f"duckdb:{source}", whole.uri, check_code=0)
    file = whole.path if kind != "parquet" else next(whole.path.rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:file.stat().st_size // 2])
    before = sha256(file)
    cut = target if kind != "sqlite" else make_target("duckdb", tmp_path)
    refused(sluice, whole.uri, cut, 9, file.name)
    assert sha256(file) == before
    # The run that made the folder keeps its ledger there until it is forgotten.
    shown = [p.name for p in file.parent.iterdir() if not p.name.startswith(".sluice_")]
    assert shown == [file.name]


def test_a_duckdb_file_with_damaged_bytes_is_corrupt(sluice, target, source):
    damaged = bytearray(source.read_bytes())
    for at in range(len(damaged) // 2, len(damaged), 4096):
        damaged[at:at + 64] = b"\xa5" * 64
    source.write_bytes(damaged)
    before = sha256(source)
    refused(sluice, f"duckdb:{source}", target, 9)
    assert sha256(source) == before


def test_a_file_of_a_newer_duckdb_names_both_versions_and_stays_as_it_is(
    sluice, target, tmp_path, newer_duckdb
):
    file = tmp_path / "newer.duckdb"
    if not judge.NEWER_DUCKDB.exists():
        pytest.skip(f"no {judge.NEWER_DUCKDB}")
    newer_duckdb(file, "CREATE TABLE t AS SELECT 1 AS a")
    before = sha256(file)
    error = refused(sluice, f"duckdb:{file}", target, 10, file.name, "1.5.5")
    assert error["kind"] == "unsupported"
    assert "2.0" in error["message"] + error["hint"] or "69" in error["message"]
    sluice.run("migrate", str(file), target.uri, check_code=10)
    sluice.run("inspect", f"duckdb:{file}", check_code=10)
    other = items.make_source(tmp_path / "other.duckdb")
    sluice.run("migrate", other, f"duckdb:{file}", check_code=10)
    assert sha256(file) == before
    assert sorted(p.name for p in file.parent.glob("newer*")) == [file.name]


LOCKER = """
import duckdb, sys, time
connection = duckdb.connect(sys.argv[1])
connection.execute("INSERT INTO item SELECT * FROM item LIMIT 0")
print("locked", flush=True)
time.sleep(60)
"""


@pytest.fixture
def locked(source):
    """The source file, open for writing in another process, and that process."""
    process = subprocess.Popen([sys.executable, "-c", LOCKER, str(source)], stdout=subprocess.PIPE,
                               text=True)
    assert process.stdout.readline() == "locked\n"
    yield source, process
    process.kill()
    process.communicate()


def test_a_locked_duckdb_file_names_the_process_that_holds_it(sluice, target, locked):
    path, process = locked
    refused(sluice, f"duckdb:{path}", target, 6, path.name, process.pid)


def test_a_locked_duckdb_target_names_the_process_and_stays(sluice, tmp_path, locked):
    path, process = locked
    source = items.make_source(tmp_path / "other.duckdb")
    result = sluice.run("migrate", source, f"duckdb:{path}", "--json", check_code=6)
    assert str(process.pid) in result.json["error"]["message"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_existing_table_is_exists_for_every_target(sluice, postgres, tmp_path, source, kind):
    target = make_target(kind, tmp_path, postgres)
    items.seed(target)
    refused(sluice, f"duckdb:{source}", target, 6, "item", "--if-exists", before=target.dump())


UNKNOWN_KEYS = {
    "top level": ("[location.x]\nurl = 'duckdb:a'\n", ["location", "locations"]),
    "location": ("[locations.x]\nurrl = 'duckdb:a'\n", ["urrl", "url"]),
    "job": ("[jobs.j]\nsource = 'a'\ntarget = 'b'\ntabels = ['t']\n", ["tabels", "tables"]),
    "choice": ("[jobs.j]\nsource = 'a'\ntarget = 'b'\nif_exists = 'replaced'\n",
               ["replaced", "replace"]),
    "syntax": ("[locations\n", ["sluice.toml:1"]),
}


@pytest.mark.parametrize("case", UNKNOWN_KEYS)
def test_an_unknown_config_key_is_an_error_that_names_the_nearest(sluice, source, target, case):
    text, words = UNKNOWN_KEYS[case]
    (sluice.folder / "sluice.toml").write_text(text)
    refused(sluice, f"duckdb:{source}", target, 2, "sluice.toml", *words)


def test_a_config_file_that_was_named_and_is_not_there_is_not_found(sluice, source, target):
    result = sluice.run("migrate", f"duckdb:{source}", target.uri, "--config", "none.toml",
                        "--json",
                        check_code=3)
    assert "none.toml" in result.json["error"]["message"]


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_locked_sqlite_target_names_the_process_that_holds_it(sluice, tmp_path, mode):
    source, target = tmp_path / "source.db", tmp_path / "target.db"
    with sqlite3.connect(source) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    writer = sqlite3.connect(target, isolation_level=None)
    writer.execute(f"PRAGMA journal_mode = {mode}")
    writer.execute("CREATE TABLE other (a)")
    writer.execute("BEGIN IMMEDIATE")
    try:
        result = sluice.run("migrate", f"sqlite:{source}", f"sqlite:{target}", "--json",
                            check_code=6)
        assert f"(process {os.getpid()})" in result.json["error"]["message"]
    finally:
        writer.close()


def wait_for_rows(sluice, process, seconds=20):
    """Until the run has landed rows, or has ended."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        runs = sluice.run("runs", "--json").json.get("runs", [])
        if runs and runs[0]["rows"] > 0:
            return
        time.sleep(0.02)


@pytest.mark.parametrize("kind", ["postgres"])
def test_a_target_that_is_dropped_in_the_middle_ends_the_run_with_an_error(
    sluice, postgres, tmp_path, kind
):
    path = tmp_path / "big.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE big AS SELECT i AS id, md5(i::VARCHAR) AS a, "
                           "md5((i + 1)::VARCHAR) AS b FROM range(1500000) t(i)")
    target = make_target(kind, tmp_path, postgres)
    process = sluice.start("migrate", f"duckdb:{path}", target.uri, "--batch-size", 5000, "--json")
    wait_for_rows(sluice, process)
    assert process.poll() is None, "the run ended before the test could drop its target"
    postgres.psql("postgres", f"DROP DATABASE {target.database} WITH (FORCE)")
    out, err = process.communicate(timeout=60)
    assert process.returncode in (3, 6, 7), out + err
    assert target.database in out
    status = sluice.run("status", "last", "--json", check_code=0)
    assert "done" not in status.json["state"]
    assert sluice.run("resume", "last", "--json").code == 3


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_target_file_that_is_removed_in_the_middle_ends_the_run_with_an_error(
    sluice, postgres, tmp_path, kind
):
    path = tmp_path / "big.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE big AS SELECT i AS id, md5(i::VARCHAR) AS a "
                           "FROM range(1500000) t(i)")
    target = make_target(kind, tmp_path, postgres)
    process = sluice.start("migrate", f"duckdb:{path}", target.uri, "--batch-size", 20000, "--json")
    wait_for_rows(sluice, process)
    assert process.poll() is None, "the run ended before the test could remove its target"
    for file in target.path.parent.iterdir():
        file.unlink()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 6, out + err
    assert target.path.name in out
    status = sluice.run("status", "last", "--json", check_code=0)
    assert "done" not in status.json["state"]
