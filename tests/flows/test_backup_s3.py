"""Archives of lakes whose files are on S3, and restores to S3; DuckDB's extension over httpfs is
the judge of what was restored, boto3 lists and damages what is there."""
import json
import pathlib
import shutil

import pytest

from support.faults import KILLED
from support.lakes import Lake
from support.program import Sluice
from support.s3 import SECRET
from support.s3_lakes import S3Lake, client_of
from support.thorough import some

DONE, NOT_FOUND, DIFFERS, EXISTS, CORRUPT, UNSUPPORTED = 0, 3, 5, 6, 9, 10
KINDS = ["sqlite", "postgres", "duckdb"]
POINTS_MAX = 60
MAKE = (
    "CREATE TABLE t AS SELECT range AS i, 'row ' || range AS s FROM range(5000)",
    "CREATE SCHEMA stock", "CREATE TABLE stock.part (id INT, name VARCHAR)",
    "INSERT INTO t SELECT range, 'more' FROM range(1000)",
    "DELETE FROM t WHERE i % 7 = 0",
    "INSERT INTO stock.part VALUES (1, 'one'), (2, NULL)",
    "DELETE FROM t WHERE i = 8",
)


@pytest.fixture(params=some(KINDS, 2))
def lake(request, postgres, s3, tmp_path):
    made = S3Lake(tmp_path, request.param, postgres, s3)
    made.run(*MAKE)
    return made


@pytest.fixture
def small(postgres, s3, tmp_path):
    made = S3Lake(tmp_path, "sqlite", postgres, s3)
    made.run(*MAKE)
    return made


def backup(sluice, lake, verb, *args, code=DONE, env=None):
    env = {**lake.server.environment(), **(env or {})}
    found = sluice.run("backup", verb, *args, "--json", check_code=code, env=env)
    assert SECRET not in found.stdout + found.stderr
    return found.json


def content(lake, snapshot=None):
    return lake.rows("FROM t", snapshot), lake.rows("FROM stock.part", snapshot)


def elsewhere(folder, s3, postgres, kind="sqlite"):
    folder.mkdir()
    return S3Lake(folder, kind, postgres, s3, prefix="restored")


def files_in(archive):
    """By their paths, as the manifest has them."""
    manifest = json.loads((pathlib.Path(archive["path"]) / "manifest.json").read_text())
    return {file["path"]: file for file in manifest["files"]}


def test_an_archive_is_one_consistent_set_and_restores_to_s3_and_to_folders(
        sluice, lake, s3, postgres, tmp_path):
    before = content(lake)
    archive = backup(sluice, lake, "create", lake.uri)["archive"]
    assert archive["drilled"] and archive["snapshot"] == lake.newest()
    kept = {name.removeprefix("data/") for name in files_in(archive) if name.startswith("data/")}
    assert kept == set(lake.keys()), "the keys as they are"
    assert backup(sluice, lake, "verify", "last")["state"] == "sound"
    earlier = content(lake, archive["snapshot"] - 1)
    for kind in KINDS:
        copy = elsewhere(tmp_path / f"s3-{kind}", s3, postgres, kind)
        done = backup(sluice, copy, "restore", "last", copy.uri)
        assert done["tables"] == 2 and done["data_path"] == f"{copy.data}/"
        assert content(copy) == before and content(copy, archive["snapshot"] - 1) == earlier
        assert set(copy.keys()) == kept
        copy.run("INSERT INTO t SELECT range, 'again' FROM range(2000)")
        assert len(copy.rows("FROM t")) == len(before[0]) + 2000
        sound = sluice.run("lake", "fsck", copy.uri, "--json", env=s3.environment()).json
        assert sound["state"] == "sound", sound
    here = Lake(tmp_path, name="here")
    backup(sluice, lake, "restore", "last", f"{here.uri}?data_path={here.data}")
    assert content(here) == before


def test_a_lake_in_a_folder_goes_to_s3(sluice, s3, postgres, tmp_path):
    here = Lake(tmp_path, name="here")
    here.run(*MAKE)
    before = content(here)
    copy = elsewhere(tmp_path / "there", s3, postgres)
    backup(sluice, copy, "create", here.uri)
    shutil.rmtree(here.data)
    backup(sluice, copy, "restore", "last", copy.uri)
    assert content(copy) == before


def test_what_is_there_is_kept_without_force_and_never_rewritten(sluice, small, s3):
    before = content(small)
    backup(sluice, small, "create", small.uri)
    refused = backup(sluice, small, "restore", "last", small.uri, code=EXISTS)
    assert refused["error"]["kind"] == "exists" and content(small) == before
    small.run("DELETE FROM t", "INSERT INTO stock.part VALUES (9, 'later')")
    client = client_of(s3)
    pages = client.list_objects_v2(Bucket=small.bucket)["Contents"]
    old = {one["Key"]: one["LastModified"] for one in pages}
    lost = next(key for key in old if key.endswith(".parquet") and "delete" not in key)
    client.delete_object(Bucket=small.bucket, Key=lost)
    backup(sluice, small, "restore", "last", small.uri, "--force")
    assert content(small) == before
    now = {one["Key"]: one["LastModified"]
           for one in client.list_objects_v2(Bucket=small.bucket)["Contents"]}
    assert lost in now and set(old) <= set(now)
    assert [key for key in old if key != lost and now[key] != old[key]] == []


def test_files_that_are_gone_end_a_backup(sluice, small, s3):
    lost = next(key for key in small.keys() if key.endswith(".parquet"))
    client_of(s3).delete_object(Bucket=small.bucket, Key=f"{small.prefix}/{lost}")
    error = backup(sluice, small, "create", small.uri, code=NOT_FOUND)["error"]
    assert lost.rsplit("/", 1)[1] in error["message"] and "fsck" in error["hint"]
    assert backup(sluice, small, "list")["archives"] == []


def test_a_damaged_archive_is_not_restored(sluice, small, s3, postgres, tmp_path):
    archive = backup(sluice, small, "create", small.uri)["archive"]
    name = next(name for name in files_in(archive) if name.endswith(".parquet"))
    path = pathlib.Path(archive["path"]) / name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    copy = elsewhere(tmp_path / "copy", s3, postgres)
    backup(sluice, copy, "restore", "last", copy.uri, code=CORRUPT)
    assert copy.keys() == [] and not copy.catalog.exists()


def test_files_on_s3_have_no_owner(sluice, small, s3, postgres, tmp_path):
    backup(sluice, small, "create", small.uri)
    copy = elsewhere(tmp_path / "copy", s3, postgres)
    refused = backup(sluice, copy, "restore", "last", copy.uri, "--file-mode", "640",
                     code=UNSUPPORTED)
    assert "no owner, group and mode" in refused["error"]["message"] and copy.keys() == []


@pytest.mark.parametrize("kind", some(["sqlite", "postgres"], 2, 1))
def test_a_restore_that_died_is_none_or_whole(small, s3, postgres, tmp_path, kind):
    """No catalog names a file that is not there; --force goes on."""
    before = content(small)
    for point in range(1, POINTS_MAX):
        folder = tmp_path / str(point)
        folder.mkdir()
        sluice = Sluice(folder)
        archives = ["--dir", tmp_path / "archives"]
        if point == 1:
            backup(sluice, small, "create", small.uri, *archives)
        copy = elsewhere(folder / "copy", s3, postgres, kind)
        died = sluice.run("backup", "restore", "last", copy.uri, *archives,
                          env={**s3.environment(), "SLUICE_CRASH_AT": point})
        assert died.code in (DONE, KILLED), died
        shown = sluice.run("lake", "snapshots", copy.uri, "--json", env=s3.environment())
        if shown.code == DONE:
            assert content(copy) == before, point
        if died.code == DONE:
            assert point > 3
            return
        backup(sluice, copy, "restore", "last", copy.uri, "--force", *archives)
        assert content(copy) == before, point
    raise AssertionError("still dying")
