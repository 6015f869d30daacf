"""What `query` says of SQL that it does not take: in sluice's words, with the next command."""
import pytest

from support.lakes import Lake

INVALID = 2


@pytest.fixture(params=["sqlite", "duckdb"])
def lake(request, tmp_path):
    made = Lake(tmp_path, request.param)
    made.run("CREATE TABLE devices AS SELECT 1 AS i", "INSERT INTO devices VALUES (2)",
             "CREATE SCHEMA stock", "CREATE TABLE stock.parts (id INT)",
             "CREATE TABLE enumeration (id INT)")
    return made


def refused(sluice, location, sql):
    return sluice.run("query", location, sql, "--json", check_code=INVALID).json["error"]


@pytest.mark.parametrize("sql", [
    "SELECT * FROM devices AT (VERSION => 1)",
    "select count(*) from devices at(timestamp => now())",
])
def test_time_travel_in_sql_names_the_option(sluice, lake, sql):
    error = refused(sluice, lake.uri, sql)
    assert f"sluice query {lake.uri} --at" in error["hint"]
    assert f"sluice lake snapshots {lake.uri}" in error["hint"]
    assert "AT (...)" in error["message"]
    found = sluice.run("query", lake.uri, "SELECT count(*) AS n FROM devices", "--at", "1",
                       check_code=0).stdout
    assert found.split() == ["n", "-", "1", "(1", "row)"]


@pytest.mark.parametrize("sql", [
    "SELECT * FROM ducklake_snapshots('lake')", "SELECT * FROM ducklake_snapshot",
    "SELECT * FROM ducklake_table_info ('lake')",
])
def test_what_the_extension_knows_names_the_commands(sluice, lake, sql):
    error = refused(sluice, lake.uri, sql)
    assert f"sluice lake snapshots {lake.uri}" in error["hint"] and "--at" in error["hint"]
    assert "INSTALL" not in error["message"] + error["hint"]


@pytest.mark.parametrize("typed, meant", [
    ("devcies", "devices"), ("stock.part", None), ("pg_enum1", None), ("enum", None),
    ("nothing_like_it", None),
])
def test_only_tables_of_the_location_are_suggested(sluice, lake, typed, meant):
    error = refused(sluice, lake.uri, f"SELECT * FROM {typed}")
    assert "pg_" not in error["message"].replace("pg_enum1", "") + error["hint"]
    assert "information_schema" not in error["message"] + error["hint"]
    if meant:
        assert meant in error["hint"] and "did you mean" in error["hint"]
    else:
        assert "did you mean" not in error["hint"].lower() + error["message"].lower()


def test_a_file_without_snapshots_says_so(sluice, tmp_path):
    (tmp_path / "a.csv").write_text("i\n1\n")
    error = refused(sluice, f"csv:{tmp_path}/a.csv", "SELECT * FROM a AT (VERSION => 1)")
    assert "has no older moments" in error["hint"]
