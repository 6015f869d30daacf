"""What other readers see in a folder of Parquet files that sluice wrote. DuckDB is the judge."""
import duckdb
import pyarrow
import pyarrow.parquet
import pytest

from support.targets import PostgresTarget


def make_source(path, rows, word):
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE t AS SELECT i AS id, '{word}' || i AS v "
                           f"FROM range({rows}) r(i)")
    return f"duckdb:{path}"


def seen(folder):
    """What a reader finds that asks for all files below the folder: its `**` does not pass hidden
    folders by."""
    with duckdb.connect() as connection:
        return connection.execute(
            f"SELECT count(*), count(DISTINCT id), min(v) FROM '{folder}/**/*.parquet'").fetchone()


@pytest.mark.parametrize("rows", [1000, 300_000])  # a file, a folder of files
@pytest.mark.parametrize("choice", ["replace", "append", "merge"])
def test_all_files_below_the_folder_are_the_table_at_each_step(sluice, tmp_path, rows, choice):
    folder = tmp_path / "out"
    target = f"parquet:{folder}"
    first = make_source(tmp_path / "a.duckdb", rows, "a")
    sluice.run("migrate", first, target, "--batch-size", "125000", check_code=0)
    assert (folder / "t").is_dir() == (rows > 1000)
    assert seen(folder) == (rows, rows, "a0")

    second = make_source(tmp_path / "b.duckdb", rows, "b")
    words = ["--key", "id"] if choice == "merge" else []
    staged = ["migrate", second, target, "--if-exists", choice, *words, "--batch-size", "125000"]
    sluice.run(*staged, "--no-publish", check_code=0)
    assert seen(folder) == (rows, rows, "a0")
    sluice.run("publish", "last", check_code=0)
    both = {"append": (2 * rows, rows, "a0")}.get(choice, (rows, rows, "b0"))
    assert seen(folder) == both
    sluice.run("verify", second, target, "--json", check_code=5 if choice == "append" else 0)

    sluice.run("rollback", "last", check_code=0)
    assert seen(folder) == (rows, rows, "a0")
    sluice.run("verify", first, target, check_code=0)
    assert [path.name for path in sorted(folder.rglob("*")) if "b" == path.name[:1]] == []


JSON_TYPES = "SELECT name, converted_type FROM parquet_schema('{}') WHERE name IN ('j', 'b', 'v')"


def test_json_says_that_it_is_json(sluice, postgres, tmp_path):
    source = PostgresTarget(postgres)
    source.execute("CREATE TABLE t (id integer, j json, b jsonb, v text)",
                   "INSERT INTO t VALUES (1, '{\"a\" : [1e400, null]}', '{\"b\": 2}', '{}'), "
                   "(2, NULL, NULL, NULL), (3, '  7 ', '\"x\"', 'plain')")
    folder = tmp_path / "out"
    for choice in ("fail", "append"):
        sluice.run("migrate", source.uri, f"parquet:{folder}", "--if-exists", choice, "--verify",
                   "independent", check_code=0)
    with duckdb.connect() as connection:
        files = [row[0] for row in connection.execute(
            f"FROM glob('{folder}/t/*.parquet')").fetchall()]
        assert len(files) == 2
        for file in files:
            assert sorted(connection.execute(JSON_TYPES.format(file)).fetchall()) == [
                ("b", "JSON"), ("j", "JSON"), ("v", "UTF8")]
        rows = connection.execute(
            f"SELECT DISTINCT id, j::VARCHAR, b::VARCHAR FROM '{folder}/t/*.parquet' ORDER BY id")
        assert rows.fetchall() == [(1, '{"a" : [1e400, null]}', '{"b": 2}'), (2, None, None),
                                   (3, "  7 ", '"x"')]


def test_json_that_only_its_database_understands_is_refused_by_name(sluice, postgres, tmp_path):
    source = PostgresTarget(postgres)
    source.execute("CREATE TABLE t (id integer, j json)",
                   r"""INSERT INTO t VALUES (1, '"\ud800"'), (2, '1')""")
    target = f"parquet:{tmp_path / 'out'}"
    refused = sluice.run("migrate", source.uri, target, check_code=4)
    assert "is not JSON" in refused.stdout + refused.stderr
    sluice.run("migrate", source.uri, target, "--accept-loss", "t.j:as_text", check_code=0)
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT j FROM '{tmp_path}/out/t.parquet' ORDER BY id")
        assert rows.fetchall() == [(r'"\ud800"',), ("1",)]


def test_filters_find_nan_that_statistics_leave_out(sluice, tmp_path):
    """A file by Arrow, whose bounds are 1 and 2: to an engine NaN is above them."""
    folder = tmp_path / "t"
    folder.mkdir()
    pyarrow.parquet.write_table(pyarrow.table({"x": [1.0, 2.0, float("nan")]}),
                                folder / "a.parquet")
    for condition, count in [("x > 100", 1), ("x = 'nan'", 1), ("x < 2", 1)]:
        found = sluice.run("query", f"parquet:{tmp_path}", f"SELECT count(*) AS n FROM t WHERE "
                           f"{condition}", "--format", "json", check_code=0)
        assert found.json == [{"n": count}], condition
