"""`sluice doctor LOCATION`: which versions go together, and what does not."""
import struct

import duckdb
import pytest

NOT_FOUND = 3


def checks_of(sluice, *words, check_code=0):
    report = sluice.run("doctor", *words, "--json", check_code=check_code).json
    return {check["name"]: check for check in report["checks"]}


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    return path


def test_versions_that_go_together_are_listed(sluice):
    checks = checks_of(sluice)
    assert checks["DuckDB files"]["detail"].startswith("storage versions 64 to 68;")
    assert checks["Iceberg tables"]["detail"] == "format versions 1 to 3"
    assert checks["DuckLake catalogs"]["detail"] == "format version 1.0"


def test_a_location_says_what_wrote_it(sluice, shop):
    detail = checks_of(sluice, f"duckdb:{shop}")[f"duckdb:{shop}"]["detail"]
    assert detail == f"DuckDB v{duckdb.__version__}, storage version 64, 1 table"


def test_a_file_of_a_later_duckdb_is_broken_and_says_why(sluice, shop):
    data = bytearray(shop.read_bytes())
    data[12:20] = struct.pack("<Q", 69)
    shop.write_bytes(data)
    check = checks_of(sluice, f"duckdb:{shop}", "--dir", shop.parent,
                      check_code=NOT_FOUND)[f"duckdb:{shop}"]
    assert not check["sound"]
    assert "storage version 69" in check["detail"] and "64 to 68" in check["detail"]


def test_a_schema_that_is_newer_than_the_scripts_is_broken(sluice, shop, tmp_path):
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    for version, name in ((22, "one"), (23, "two")):
        (scripts / f"00{version}_{name}.up.sql").write_text(f"CREATE TABLE {name} (a INTEGER);\n")
    words = [f"duckdb:{shop}", "--dir", scripts]
    name = f"schema of duckdb:{shop}"
    assert "version 0, newest script 23: pending" in checks_of(sluice, *words)[name]["detail"]
    sluice.run("evolve", "up", *words, check_code=0)
    assert checks_of(sluice, *words)[name]["detail"] == "version 23, newest script 23: current"
    (scripts / "0023_two.up.sql").unlink()
    check = checks_of(sluice, *words, check_code=NOT_FOUND)[name]
    assert not check["sound"]
    assert "schema version mismatch: database 23, scripts 22" in check["detail"]
