"""A filter on bytes finds its rows in every file that sluice writes: the bloom filters that the
engine would write lose those that are not ASCII. DuckDB itself asks."""
import duckdb
import pytest

from support.judge import open_judge
from support.targets import make_target

ROWS = 6000
VALUES = [r"\xFF\x01", "abc", r"\x80", r"\xC3\xBC"]


@pytest.fixture
def source(sluice):
    path = sluice.folder / "source.duckdb"
    with duckdb.connect(str(path)) as connection:
        values = ", ".join(f"'{value}'::BLOB" for value in VALUES)
        connection.execute(f"CREATE TABLE t AS SELECT i AS id, [{values}][i % 4 + 1] AS b, "
                           f"{{'in': [{values}][i % 4 + 1]}} AS s FROM range({ROWS}) r(i)")
    return path


def counts(ask):
    return {value: int(ask(f"SELECT count(*) FROM t WHERE {column} = '{value}'::BLOB"))
            for value in VALUES for column in ("b", "s['in']")}


def files_of(folder):
    return [str(path) for path in folder.rglob("*.parquet")]


@pytest.mark.parametrize("kind", ["parquet", "ducklake", "delta"])
def test_filters_on_bytes_find_their_rows(sluice, source, kind):
    target = make_target(kind, sluice.folder)
    sluice.run("migrate", f"duckdb:{source}", target.uri, check_code=0)
    judge = open_judge()
    judge.execute(f"CREATE VIEW t AS FROM read_parquet({files_of(sluice.folder)})")
    wanted = dict.fromkeys(VALUES, ROWS // 4)
    assert counts(lambda sql: judge.execute(sql).fetchone()[0]) == wanted
    assert counts(lambda sql: sluice.run("query", target.uri, sql, "--format", "csv",
                                         check_code=0).stdout.split()[1]) == wanted


def test_filters_on_bytes_of_an_export_find_their_rows(sluice, source):
    sluice.run("export", f"duckdb:{source}", "x", "--format", "parquet", check_code=0)
    judge = open_judge()
    judge.execute(f"CREATE VIEW t AS FROM read_parquet({files_of(sluice.folder)})")
    assert counts(lambda sql: judge.execute(sql).fetchone()[0]) == dict.fromkeys(
        VALUES, ROWS // 4)
