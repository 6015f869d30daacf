"""What every test may ask for. See tests/support/ for how each works."""
import os
import pathlib
import shutil

import pytest

from support import judge as judges
from support import nessie as rest_catalogs
from support import postgres as servers
from support import program
from support import s3 as s3_servers
from support import trino as engines

DATA = pathlib.Path(os.environ.get("SLUICE_TEST_DATA") or program.CHECKOUT / "../shared/data")


@pytest.fixture
def sluice(tmp_path):
    """The built program with its state in a folder of this test: `sluice.run("runs", "--json")`."""
    assert program.BINARY.exists(), f"{program.BINARY} is not built: run make"
    folder = tmp_path / "sluice"
    folder.mkdir()
    runner = program.Sluice(folder)
    yield runner
    runner.close()


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL 15 for the whole session; take a database of your own by `.new_database()`."""
    try:
        server = servers.Postgres()
    except servers.Unavailable as reason:
        pytest.skip(str(reason))
    yield server
    server.stop()


@pytest.fixture
def own_postgres():
    """A PostgreSQL that this test may stop, crash and start again."""
    try:
        server = servers.Postgres()
    except servers.Unavailable as reason:
        pytest.skip(str(reason))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def s3():
    """An S3 server for the whole session; take a bucket of your own by `.new_bucket()`."""
    try:
        server = s3_servers.S3Server()
    except servers.Unavailable as reason:
        pytest.skip(str(reason))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def nessie(s3):
    """An Iceberg REST catalog for the whole session, its tables in a bucket of `s3`."""
    try:
        server = rest_catalogs.Nessie(s3)
    except servers.Unavailable as reason:
        pytest.skip(str(reason))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def trino():
    """A Trino for the whole session; take a catalog of your own by `.new_catalog(settings)`."""
    try:
        server = engines.Trino()
    except servers.Unavailable as reason:
        pytest.skip(str(reason))
    yield server
    server.stop()


@pytest.fixture
def judge():
    """A DuckDB connection with postgres_scanner and sqlite_scanner, independent of sluice."""
    connection = judges.open_judge("postgres_scanner", "sqlite_scanner")
    yield connection
    connection.close()


@pytest.fixture
def tpch(tmp_path):
    """A function that makes a DuckDB file of TPC-H tables: `tpch(scale=0.01)` returns its path."""

    def make(scale=0.01):
        path = tmp_path / f"tpch-{scale}.duckdb"
        connection = judges.open_judge()
        judges.load_tpch(connection)
        connection.execute(f"ATTACH '{path}' AS made; USE made; CALL dbgen(sf = {scale})")
        connection.close()
        return path

    return make


@pytest.fixture
def newer_duckdb():
    """A function that runs SQL on a file by a newer DuckDB: `newer_duckdb(path, "CREATE ...")`."""
    return judges.write_with_newer_duckdb


@pytest.fixture
def data_folder():
    """The folder of real inputs beside the checkout, or SLUICE_TEST_DATA."""
    if not DATA.is_dir():
        pytest.skip(f"no real inputs in {DATA}; SLUICE_TEST_DATA names another folder")
    return DATA.resolve()


@pytest.fixture
def chinook(data_folder, tmp_path):
    """The path of a copy of the Chinook music store, a SQLite file of 11 tables and 15,607 rows."""
    original = data_folder / "chinook/Chinook_Sqlite.sqlite"
    if not original.exists():
        pytest.skip(f"no {original}")
    copy = tmp_path / "chinook.sqlite"
    shutil.copyfile(original, copy)
    return copy
