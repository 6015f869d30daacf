"""What is typed wrongly is refused by name, with what to type instead."""
import gzip

import duckdb
import pytest

from support.lakes import Lake
from support.targets import DuckdbTarget

INVALID, NOT_FOUND, CORRUPT, EXISTS, UNSUPPORTED = 2, 3, 9, 6, 10


@pytest.fixture
def source(tmp_path):
    made = DuckdbTarget(tmp_path)
    made.execute("CREATE TABLE t AS SELECT range AS i FROM range(100)")
    return made


def refused(sluice, *words, code=INVALID):
    return sluice.run(*words, "--json", check_code=code).json["error"]


def test_a_kind_of_catalog_that_is_none_makes_no_lake(sluice, source, tmp_path):
    error = refused(sluice, "migrate", source.uri, "ducklake:sqlit:oops.sqlite")
    assert error["message"] == '"sqlit:" is no kind of catalog'
    assert "ducklake:sqlite:PATH" in error["hint"] and "./sqlit:oops.sqlite" in error["hint"]
    assert not list(sluice.folder.glob("sqlit:*"))
    sluice.run("migrate", source.uri, "ducklake:./sqlit:oops.sqlite", check_code=0)
    assert (sluice.folder / "sqlit:oops.sqlite").exists()


@pytest.mark.parametrize("location, name, known", [
    ("ducklake:sqlite:l.sqlite?data_pth=x", "data_pth", "did you mean data_path?"),
    ("ducklake:duckdb:l.ducklake?host=x", "host", "known are data_path, metadata_schema"),
    ("delta:d?verson=3", "verson", "known are snapshot, at, timezone"),
    ("sqlite:x.db?mode=ro", "mode", "known are schema"),
    ("duckdb:x.duckdb?read_only=1", "read_only", "known are schema"),
    ("parquet:x?snapshot=3", "snapshot", "known are schema"),
    ("csv:x?delimiter=;", "delimiter", "known are schema"),
    ("json:x?password=p", "password", "known are schema"),
])
def test_a_parameter_that_a_location_has_not_is_refused_by_name(
        sluice, source, location, name, known):
    for words in (["inspect", location], ["migrate", source.uri, location],
                  ["migrate", location, "duckdb:new.duckdb"]):
        error = refused(sluice, *words)
        assert f'parameter "{name}"' in error["message"] and known in error["hint"]
    assert {path.name for path in sluice.folder.iterdir()} <= {source.path.name, ".sluice"}


def test_schema_is_where_a_run_makes_its_tables(sluice, source):
    for target in ("duckdb:new.duckdb", "ducklake:sqlite:new.sqlite", "parquet:new"):
        sluice.run("migrate", source.uri, target + "?schema=staging", check_code=0)
        tables = sluice.run("inspect", target, "--json", check_code=0).json["tables"]
        assert {table["name"].split(".")[0] for table in tables} == {"staging"}


def test_a_server_names_the_parameters_that_it_knows(sluice, source, postgres):
    _, uri = postgres.new_database()
    for location in (uri, "ducklake:" + uri):
        location += ("&" if "?" in uri else "?") + "data_pth=x"
        error = refused(sluice, "migrate", source.uri, location)
        assert 'parameter "data_pth"' in error["message"] and "known are" in error["hint"]


def test_expire_says_which_numbers_it_takes_and_not_both(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t AS SELECT 1 AS i")
    error = refused(sluice, "lake", "expire", lake.uri, "--keep", "0")
    assert error["message"] == '--keep: "0" is not a whole number from 1 to 2147483647'
    error = refused(sluice, "lake", "expire", lake.uri, "--keep", "3", "--older-than", "1d")
    assert "not both" in error["message"]
    error = refused(sluice, "lake", "expire", lake.uri)
    assert "needs one of" in error["message"]


def test_a_catalog_that_is_named_as_a_file_is_told_how_it_is_named(sluice, source, tmp_path):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t AS SELECT 1 AS i")
    for verb in ("fsck", "snapshots", "compact"):
        error = refused(sluice, "lake", verb, str(tmp_path / "none.sqlite"), code=NOT_FOUND)
        assert error["message"] == f'"{tmp_path}/none.sqlite" is not there'
        assert "ducklake:sqlite:PATH" in error["hint"]
        error = refused(sluice, "lake", verb, str(lake.catalog), code=UNSUPPORTED)
        assert error["hint"] == f"type {lake.uri}"
        error = refused(sluice, "lake", verb, source.uri, code=UNSUPPORTED)
        assert f"ducklake:{source.uri}" in error["hint"]


def test_a_catalog_of_another_kind_is_told_what_it_is(sluice, source, tmp_path):
    path = source.uri.removeprefix("duckdb:")
    for words in (["inspect"], ["lake", "fsck"], ["migrate", source.uri]):
        error = refused(sluice, *words, f"ducklake:sqlite:{path}")
        assert error["hint"] == f"type ducklake:duckdb:{path}"
        assert "of kind duckdb, not sqlite" in error["message"]
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t AS SELECT 1 AS i")
    error = refused(sluice, "inspect", f"ducklake:duckdb:{lake.catalog}")
    assert error["hint"] == f"type {lake.uri}"


def test_a_restore_over_a_lake_in_a_server_says_that_it_is_there(sluice, postgres, tmp_path):
    lake = Lake(tmp_path, "postgres", postgres)
    lake.run("CREATE TABLE t AS SELECT 1 AS i")
    sluice.run("backup", "create", lake.uri, check_code=0)
    plain = lake.uri.split("?data_path")[0]
    error = refused(sluice, "backup", "restore", "last", plain, code=EXISTS)
    assert "is there already" in error["message"] and "--force" in error["hint"]
    error = refused(sluice, "backup", "restore", "last", plain, "--force")
    assert "needs a folder" in error["message"] and "data_path=DIR" in error["hint"]
    assert "holds no lake" not in error["message"]
    assert lake.rows("SELECT * FROM t") == [("1",)]


def test_a_key_that_is_no_column_names_the_columns(sluice, tmp_path):
    lake = Lake(tmp_path)
    (sluice.folder / "a.json").write_text('{"device": 1, "reading": 2.5}\n')
    words = ["ingest", lake.uri, "--table", "t", "a.json"]
    error = refused(sluice, *words, "--key", "nokey")
    assert error["hint"] == "the columns are device, reading"
    sluice.run(*words, "--key", "device", check_code=0)
    error = refused(sluice, *words, "--key", "device,nokey")
    assert error["hint"] == "the columns are device, reading"


def test_inputs_that_tell_no_columns_say_what_helps(sluice, tmp_path):
    lake = Lake(tmp_path)
    (sluice.folder / "empty").mkdir()
    whole = gzip.compress(b'{"id": 1}\n' * 5000)
    (sluice.folder / "cut.json.gz").write_bytes(whole[:len(whole) // 2])
    words = ["ingest", lake.uri, "--table", "t"]
    error = refused(sluice, *words, "empty", code=CORRUPT)
    assert "there is no input" in error["message"] and "check the path" in error["hint"]
    error = refused(sluice, *words, "cut.json.gz", code=CORRUPT)
    assert "the gzip data ends too early" in error["message"]
    assert "get this input again" in error["hint"] and "--map" not in error["hint"]


def test_a_table_in_other_case_is_reported_as_the_lake_has_it(sluice, tmp_path):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t (i BIGINT)")
    (sluice.folder / "a.json").write_text('{"i": 1}\n')
    words = ["ingest", lake.uri, "a.json", "--table"]
    assert "inserted into main.t " in sluice.run(*words, "T", check_code=0).stdout
    assert sluice.run(*words, "MAIN.T", "--json", check_code=0).json["table"] == "main.t"
    assert lake.rows("SELECT count(*) FROM t") == [("2",)]
