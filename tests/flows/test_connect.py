"""The settings that `connect` prints, as DuckDB itself takes them."""
import json
import pathlib
import re

import duckdb
import pytest

from support.judge import EXTENSIONS
from support.lakes import Lake
from support.targets import DuckdbTarget
from support.users import judge_as_nobody, needs_root, open_folder

INVALID, NOT_FOUND, DENIED, UNSUPPORTED = 2, 3, 8, 10


@pytest.fixture(params=["sqlite", "postgres", "duckdb"])
def lake(request, postgres, tmp_path):
    made = Lake(tmp_path, request.param, postgres)
    made.run("CREATE TABLE t AS SELECT range AS i FROM range(100)", "CREATE SCHEMA stock",
             "CREATE TABLE stock.part (id INT)", "INSERT INTO stock.part VALUES (1), (2)")
    return made


@pytest.fixture
def installed(tmp_path):
    """A folder of extensions as INSTALL leaves one, so that nothing is fetched."""
    version = duckdb.sql("SELECT library_version FROM pragma_version()").fetchone()[0]
    platform = duckdb.sql("SELECT platform FROM pragma_platform()").fetchone()[0]
    folder = tmp_path / "extensions" / version / platform
    folder.mkdir(parents=True)
    for file in EXTENSIONS.glob("*.duckdb_extension"):
        (folder / file.name).symlink_to(file.resolve())
    return {"extension_directory": str(tmp_path / "extensions")}


def connect(sluice, tool, location, *more, code=0):
    return sluice.run("connect", tool, location, *more, "--json", check_code=code).json


def setting(report, name):
    return next(item["value"] for item in report["settings"] if item["name"] == name)


def test_grafanas_init_sql_attaches_the_lake_read_only(sluice, lake, installed):
    report = connect(sluice, "grafana", lake.uri)
    assert report["tables"] == 2 and report["error"] is None
    init = setting(report, "Init SQL")
    assert "INSTALL ducklake;" in init and "READ_ONLY" in init and init.endswith("USE lake;")
    with duckdb.connect(config=installed) as connection:
        for statement in init.split(";\n"):
            connection.execute(statement)
        assert connection.execute("SELECT count(*) FROM t").fetchall() == [(100,)]
        assert connection.execute("SELECT sum(id) FROM stock.part").fetchall() == [(3,)]
        with pytest.raises(duckdb.Error):
            connection.execute("INSERT INTO t VALUES (1)")


def test_supersets_uri_opens_the_lake(sluice, lake, installed):
    report = connect(sluice, "superset", lake.uri)
    uri = setting(report, "SQLAlchemy URI")
    parameters = json.loads(setting(report, "Engine parameters (Advanced, Other)"))
    arguments = parameters["connect_args"]
    assert uri.startswith("duckdb:///ducklake:") and arguments["read_only"] is True
    # What duckdb-engine does with the two.
    with duckdb.connect(uri.removeprefix("duckdb:///"), read_only=True,
                        config=installed) as connection:
        for name in arguments["preload_extensions"]:
            connection.execute(f"LOAD {name}")
        assert connection.execute("SELECT count(*) FROM t").fetchall() == [(100,)]


def test_dbts_profile_attaches_the_lake(sluice, lake, installed):
    report = connect(sluice, "dbt", lake.uri)
    profile = setting(report, "profiles.yml")
    path = json.loads(re.search(r"- path: (\".*\")", profile).group(1))
    extensions = re.findall(r"^        - (\w+)$", profile, re.M)
    assert "type: duckdb" in profile and "read_only: true" in profile
    with duckdb.connect(config=installed) as connection:
        for name in extensions:
            connection.execute(f"INSTALL {name}; LOAD {name}")
        connection.execute(f"ATTACH '{path}' AS lake (READ_ONLY)")
        assert connection.execute("SELECT count(*) FROM lake.t").fetchall() == [(100,)]
    assert "alias: lake" in profile and "database: lake" in setting(report, "sources of a project")


def test_a_duckdb_file_is_attached_too(sluice, tmp_path, installed):
    source = DuckdbTarget(tmp_path)
    source.execute("CREATE TABLE t AS SELECT 1 AS i")
    report = connect(sluice, "grafana", source.uri)
    assert report["tables"] == 1
    with duckdb.connect(config=installed) as connection:
        for statement in setting(report, "Init SQL").split(";\n"):
            connection.execute(statement)
        assert connection.execute("SELECT i FROM t").fetchall() == [(1,)]


def test_the_text_says_what_was_checked(sluice, lake):
    text = sluice.run("connect", "grafana", lake.uri, check_code=0).stdout
    assert "Init SQL" in text and "CHECKED" in text and "2 tables" in text


def test_no_password_is_printed(sluice, postgres, tmp_path):
    lake = Lake(tmp_path, "postgres", postgres)
    lake.run("CREATE TABLE t AS SELECT 1 AS i")
    location = lake.uri.replace("postgres@", "postgres:very-secret-word@")
    assert location != lake.uri
    for tool in ("grafana", "superset", "dbt"):
        for more in ([], ["--json"]):
            done = sluice.run("connect", tool, location, *more, check_code=0)
            assert "very-secret-word" not in done.stdout + done.stderr
            assert "PGPASSWORD" in done.stdout


def test_a_folder_that_was_moved_is_attached_at_its_new_place(sluice, tmp_path, installed):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t AS SELECT range AS i FROM range(100)")
    moved = tmp_path / "elsewhere"
    lake.data.rename(moved)
    error = connect(sluice, "grafana", lake.uri, code=NOT_FOUND)["error"]
    assert "data_path=" in error["hint"] and str(lake.data) in error["message"]
    report = connect(sluice, "grafana", f"{lake.uri}?data_path={moved}")
    init = setting(report, "Init SQL")
    assert "OVERRIDE_DATA_PATH true" in init
    with duckdb.connect(config=installed) as connection:
        for statement in init.split(";\n"):
            connection.execute(statement)
        assert connection.execute("SELECT count(*) FROM t").fetchall() == [(100,)]


@needs_root
def test_a_user_who_can_read_all_of_it_is_said_so(sluice, tmp_path):
    open_folder(tmp_path)
    lake = Lake(tmp_path)
    source = DuckdbTarget(tmp_path)
    source.execute("CREATE TABLE t AS SELECT range AS i FROM range(100)")
    sluice.run("migrate", source.uri, lake.uri, "--owner", "nobody:nogroup", check_code=0)
    report = connect(sluice, "grafana", lake.uri, "--user", "nobody")
    assert report["user"] == "nobody" and report["tables"] == 1


@needs_root
@pytest.mark.parametrize("what", ["catalog", "data folder", "data file", "folder above"])
def test_a_user_who_cannot_read_something_is_told_what_and_the_command(sluice, tmp_path, what):
    open_folder(tmp_path)
    place = tmp_path / "place"
    place.mkdir()
    lake = Lake(place)
    source = DuckdbTarget(tmp_path)
    source.execute("CREATE TABLE t AS SELECT range AS i FROM range(100)")
    sluice.run("migrate", source.uri, f"{lake.uri}?data_path={lake.data}", check_code=0)
    file = next(lake.data.rglob("*.parquet"))
    closed, command, mode = {
        "catalog": (lake.catalog, "o+r", 0o600), "data folder": (lake.data, "o+x", 0o700),
        "data file": (file, "o+r", 0o640), "folder above": (place, "o+x", 0o700)}[what]
    closed.chmod(mode)
    error = connect(sluice, "grafana", lake.uri, "--user", "nobody", code=DENIED)["error"]
    assert error["object"] == str(closed)
    assert "nobody cannot" in error["message"] and f"{mode:04o}" in error["message"]
    assert f"chmod {command} {closed}" in error["hint"]


@needs_root
def test_a_wal_catalog_without_its_side_files_is_told_before_they_are_made_again(sluice, tmp_path):
    open_folder(tmp_path)
    lake = Lake(tmp_path)
    source = DuckdbTarget(tmp_path)
    source.execute("CREATE TABLE t AS SELECT range AS i FROM range(100)")
    sluice.run("migrate", source.uri, f"{lake.uri}?data_path={lake.data}", "--owner",
               "nobody:nogroup", check_code=0)
    side = [pathlib.Path(str(lake.catalog) + ending) for ending in ("-wal", "-shm")]
    assert all(path.exists() for path in side)
    lake.run("INSERT INTO t VALUES (100)")  # takes them away
    for path in side:
        path.unlink(missing_ok=True)
    # Who may not write in the folder cannot make them.
    alone = judge_as_nobody(lake.attach, "SELECT count(*) FROM t")
    assert alone.returncode != 0
    for _ in range(2):
        error = connect(sluice, "grafana", lake.uri, "--user", "nobody", code=DENIED)["error"]
        assert error["object"] == str(tmp_path)
        assert "-wal and -shm" in error["hint"]
        assert f"sluice lake snapshots {lake.uri}" in error["hint"]
        assert f"chmod o+wx {tmp_path}" in error["hint"]
        assert not any(path.exists() for path in side)
    sluice.run("lake", "snapshots", lake.uri, check_code=0)
    assert all(path.exists() for path in side)
    seen = judge_as_nobody(lake.attach, "SELECT count(*) FROM t")
    assert seen.stdout.strip() == "[(101,)]", seen.stderr
    assert connect(sluice, "grafana", lake.uri, "--user", "nobody")["user"] == "nobody"


@needs_root
def test_a_catalog_that_is_not_in_wal_mode_needs_no_side_files(sluice, tmp_path):
    open_folder(tmp_path)
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t AS SELECT range AS i FROM range(100)")
    assert not pathlib.Path(f"{lake.catalog}-wal").exists()
    assert connect(sluice, "grafana", lake.uri, "--user", "nobody")["user"] == "nobody"


def test_wrong_use_is_refused(sluice, tmp_path, postgres):
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t AS SELECT 1 AS i")
    error = connect(sluice, "tableau", lake.uri, code=INVALID)["error"]
    assert "grafana, superset and dbt" in error["hint"]
    error = connect(sluice, "grafana", f"sqlite:{lake.catalog}", code=UNSUPPORTED)["error"]
    assert "connect is for lakes" in error["message"]
    error = connect(sluice, "grafana", lake.uri, "--user", "nosuch", code=INVALID)["error"]
    assert 'no user "nosuch"' in error["message"] and "getent passwd" in error["hint"]
    error = connect(sluice, "grafana", f"ducklake:sqlite:{tmp_path}/none.sqlite",
                    code=NOT_FOUND)["error"]
    assert error["hint"]
