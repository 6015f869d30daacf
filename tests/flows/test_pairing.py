"""verify pairs tables as migrate named them, also where a schema became a part of the name."""
import duckdb
import pytest


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA sales")
        connection.execute("CREATE TABLE main.p AS SELECT 1 AS a")
        connection.execute("CREATE TABLE sales.p AS SELECT 2 AS a")
        connection.execute("CREATE TABLE sales.q AS SELECT 3 AS a")
    return f"duckdb:{path}"


@pytest.mark.parametrize("target", ["sqlite:b.db", "parquet:out"])
def test_a_schema_in_the_name_is_found_again_in_both_directions(sluice, source, target):
    sluice.run("migrate", source, target, check_code=0)
    there = sluice.run("verify", source, target, "--json", check_code=0).json
    assert sorted((t["source"], t["target"]) for t in there["tables"]) == [
        ("main.p", "p"), ("sales.p", "sales_p"), ("sales.q", "sales_q")]
    back = sluice.run("verify", target, source, "--json", check_code=0).json
    assert sorted((t["source"], t["target"]) for t in back["tables"]) == [
        ("p", "main.p"), ("sales_p", "sales.p"), ("sales_q", "sales.q")]


def test_a_table_that_is_gone_is_not_paired_with_another_of_its_name(sluice, source, tmp_path):
    sluice.run("migrate", source, "sqlite:b.db", "--exclude", "sales.p", check_code=0)
    report = sluice.run("verify", source, "sqlite:b.db", "--json", check_code=5).json
    assert {t["source"]: t["target"] for t in report["tables"]} == {
        "main.p": "p", "sales.p": "", "sales.q": "sales_q"}


def test_a_rename_is_followed(sluice, source):
    sluice.run("migrate", source, "sqlite:b.db", "--rename", "sales.p=other", check_code=0)
    report = sluice.run("verify", source, "sqlite:b.db", "--rename", "sales.p=other", "--json",
                        check_code=0).json
    assert ("sales.p", "other") in {(t["source"], t["target"]) for t in report["tables"]}
