"""Lakes that DuckDB's extension wrote are read as it reads them, at each of their snapshots."""
import sqlite3
import uuid

import duckdb
import pytest

from support.lakes import Lake
from support.targets import DuckdbTarget

EVERY_TYPE = (
    "b boolean, i8 tinyint, i16 smallint, i32 integer, i64 bigint, i128 hugeint, u8 utinyint, "
    "u16 usmallint, u32 uinteger, u64 ubigint, u128 uhugeint, f float, d double, "
    "dec decimal(38, 5), small decimal(4, 1), dt date, tm time, tmz timetz, ts timestamp, "
    "tss timestamp_s, tsms timestamp_ms, tsns timestamp_ns, tz timestamptz, iv interval, "
    "vc varchar, bl blob, u uuid, l integer[], s struct(a varchar, b double), "
    "m map(varchar, integer), j json, ll varchar[][]")
EVERY_VALUE = (
    "(true, -128, -32768, -2147483648, -9223372036854775808, "
    "170141183460469231731687303715884105727, 255, 65535, 4294967295, 18446744073709551615, "
    "340282366920938463463374607431768211455, 'nan', '-infinity', "
    "123456789012345678901234567890123.12345, -999.9, '0001-01-01', '23:59:59.999999', "
    "'12:34:56.5+15:59', '2020-01-02 03:04:05.678901', '2020-01-02 03:04:05', "
    "'2020-01-02 03:04:05.123', '2020-01-02 03:04:05.123456789', "
    "'2020-01-02 03:04:05.678901+05', interval '-1 month 2 days 3.5 seconds', "
    "'it''s \u00e4 \"q\" \\ ' || chr(10), '\\x00\\xFFa'::blob, "
    "'f7744206-1ac4-404e-9cb9-9a830834aa99', [1, NULL, -3], {'a': 'x,\"y''', 'b': 1.5}, "
    "map {'k': 1, 'z': NULL}, '{\"a\": [1, 2.50]}', [['a,b', ''], [], NULL])")
NOTHING = "(" + ", ".join(["NULL"] * 32) + ")"


@pytest.fixture(params=["sqlite", "postgres", "duckdb"])
def lake(request, postgres, tmp_path):
    return Lake(tmp_path, request.param, postgres)


def of_sluice(sluice, lake, table, at=None):
    """Rows as sluice reads them: brought into a DuckDB file, printed by the duckdb package."""
    folder = sluice.folder / uuid.uuid4().hex
    folder.mkdir()
    target = DuckdbTarget(folder)
    source = lake.uri if at is None else f"{lake.uri}{'&' if '?' in lake.uri else '?'}snapshot={at}"
    sluice.run("migrate", source, target.uri, "--table", table, check_code=0)
    with duckdb.connect(str(target.path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        rows = connection.execute(f"SELECT COLUMNS(*)::VARCHAR FROM main.{table}").fetchall()
        return sorted(rows, key=str)


def assert_same_at_each_snapshot(sluice, lake, table, first):
    for snapshot in range(first, lake.newest() + 1):
        assert of_sluice(sluice, lake, table, snapshot) == lake.rows(f"FROM {table}", snapshot), (
            f"snapshot {snapshot}")


@pytest.mark.parametrize("inlined", [True, False])
def test_values_of_every_type(sluice, lake, inlined):
    lake.run(f"CREATE TABLE t ({EVERY_TYPE})")
    if not inlined:
        lake.run("CALL lake.set_option('data_inlining_row_limit', 0)")
    values = EVERY_VALUE
    if not inlined:  # the extension writes no negative intervals to files, and HUGEINT as DOUBLE
        values = values.replace("'-1 month", "'1 month").replace(
            "170141183460469231731687303715884105727", "-12345678901234").replace(
            "340282366920938463463374607431768211455", "12345678901234")
    lake.run(f"INSERT INTO t VALUES {values}, {NOTHING}")
    assert of_sluice(sluice, lake, "t") == lake.rows("FROM t")


def test_rows_and_deletions_in_the_catalog_and_in_files(sluice, lake):
    lake.run(
        "CREATE TABLE t (id bigint, v varchar)",
        "INSERT INTO t SELECT i, 'file ' || i FROM range(1000) r(i)",
        "INSERT INTO t VALUES (5000, 'inlined'), (5001, '')",
        "DELETE FROM t WHERE id = 3",
        "INSERT INTO t SELECT i, 'second ' || i FROM range(2000, 2500) r(i)",
        "DELETE FROM t WHERE id % 7 = 0",
        "DELETE FROM t WHERE id IN (5000, 2001, 5)",
        "UPDATE t SET v = 'changed' WHERE id IN (1, 2002)",
        "INSERT INTO t VALUES (6000, NULL)")
    assert_same_at_each_snapshot(sluice, lake, "t", 1)
    before = lake.newest()
    lake.run("CALL ducklake_flush_inlined_data('lake')")
    lake.run("CALL ducklake_merge_adjacent_files('lake')")
    lake.run("INSERT INTO t VALUES (7000, 'after')", "DELETE FROM t WHERE id = 10")
    assert lake.newest() > before
    assert_same_at_each_snapshot(sluice, lake, "t", 1)


def test_columns_that_came_went_and_changed(sluice, lake):
    lake.run(
        "CREATE TABLE t (a integer, b varchar, s struct(x integer, y varchar), l struct(p int)[])",
        "INSERT INTO t SELECT i, 'b' || i, {'x': i, 'y': 'y'}, [{'p': i}] FROM range(20) r(i)",
        "INSERT INTO t VALUES (100, 'inlined', {'x': 1, 'y': NULL}, NULL), (101, NULL, NULL, [])",
        "ALTER TABLE t ADD COLUMN c integer DEFAULT 7",
        "ALTER TABLE t RENAME COLUMN b TO was_b",
        "INSERT INTO t SELECT i, 'n' || i, {'x': i, 'y': 'z'}, [], i FROM range(50, 70) r(i)",
        "ALTER TABLE t ALTER COLUMN a SET DATA TYPE bigint",
        "ALTER TABLE t ADD COLUMN s.z varchar",
        "INSERT INTO t VALUES (90000, 'big', {'x': 2, 'y': 'q', 'z': 'new'}, [{'p': 5}], 8)",
        "ALTER TABLE t DROP COLUMN s.y",
        "ALTER TABLE t RENAME COLUMN s.x TO first",
        "ALTER TABLE t ADD COLUMN b varchar",
        "INSERT INTO t SELECT i, 'w', {'first': i, 'z': 'zz'}, NULL, 1, 'b2' FROM range(30) r(i)",
        "ALTER TABLE t DROP COLUMN c",
        "DELETE FROM t WHERE a IN (4, 55, 100)")
    assert_same_at_each_snapshot(sluice, lake, "t", 1)


def test_schemas_partitions_names_and_comments(sluice, lake, tmp_path):
    lake.run(
        'CREATE SCHEMA "odd ""schema"',
        'CREATE TABLE "odd ""schema"."a table, ""b" (x int, "y z" int)',
        'INSERT INTO "odd ""schema"."a table, ""b" SELECT i, -i FROM range(30) r(i)',
        "CREATE TABLE p (n integer NOT NULL DEFAULT 5, d date, k varchar)",
        "ALTER TABLE p SET PARTITIONED BY (year(d), k)",
        "COMMENT ON TABLE p IS 'it''s partitioned'", "COMMENT ON COLUMN p.n IS 'a number'",
        "INSERT INTO p SELECT i, date '2019-12-01' + i::int * 20, 'k=/%' || i % 3 "
        "FROM range(40) r(i)",
        "INSERT INTO p SELECT i, NULL, NULL FROM range(20) r(i)",
        "CREATE VIEW v AS SELECT n FROM p")
    target = DuckdbTarget(tmp_path)
    report = sluice.run("migrate", lake.uri, target.uri, "--json", check_code=0).json
    assert {table["target"] for table in report["tables"]} == {
        'odd "schema.a table, "b', "main.p"}
    assert [found["object"] for found in report["findings"]] == ["main.v"]
    with duckdb.connect(str(target.path)) as connection:
        found = connection.execute('FROM "odd ""schema"."a table, ""b" ORDER BY x').fetchall()
        assert found == [(i, -i) for i in range(30)]
        found = connection.execute("SELECT COLUMNS(*)::VARCHAR FROM p").fetchall()
        assert sorted(found, key=str) == lake.rows("FROM p")
        comments = connection.execute(
            "SELECT comment FROM duckdb_tables() WHERE table_name = 'p' UNION ALL SELECT comment "
            "FROM duckdb_columns() WHERE table_name = 'p' AND column_name = 'n'").fetchall()
        assert comments == [("it's partitioned",), ("a number",)]
        defaults = connection.execute("INSERT INTO p (d) VALUES (NULL) RETURNING n").fetchall()
        assert defaults == [(5,)]


def test_query_and_verify_and_inspect(sluice, lake, tmp_path):
    lake.run("CREATE TABLE t AS SELECT i AS id, 'v' || i AS v FROM range(300000) r(i)",
             "DELETE FROM t WHERE id BETWEEN 1000 AND 1999")
    found = sluice.run("query", lake.uri, "SELECT count(*) AS n, max(id) AS m FROM t",
                       "--format", "json", check_code=0).json
    assert found == [{"n": 299000, "m": 299999}]
    looked = sluice.run("inspect", lake.uri, "--json", check_code=0).json
    assert [(table["name"], table["rows"]) for table in looked["tables"]] == [("main.t", 299000)]
    target = DuckdbTarget(tmp_path)
    sluice.run("migrate", lake.uri, target.uri, "--batch-size", "50000", check_code=0)
    sluice.run("verify", lake.uri, target.uri, check_code=0)
    target.execute("UPDATE t SET v = 'other' WHERE id = 7")
    differs = sluice.run("verify", lake.uri, target.uri, "--level", "rows", "--key", "id",
                         "--json", check_code=5).json
    assert [d["key"] for d in differs["tables"][0]["differences"]] == [{"id": "7"}]


def test_a_moment_by_time_and_moments_that_are_not_there(sluice, lake):
    lake.run("CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)")
    with lake.connect(read_only=True) as connection:
        times = dict(connection.execute(
            "SELECT snapshot_id, snapshot_time::VARCHAR "
            "FROM ducklake_snapshots('lake')").fetchall())
    mark = "&" if "?" in lake.uri else "?"
    at = times[2].replace("+", "%2B")
    found = sluice.run("query", f"{lake.uri}{mark}at={at}", "SELECT id FROM t", "--format", "json",
                       check_code=0).json
    assert found == [{"id": 1}]
    missing = sluice.run("query", f"{lake.uri}{mark}snapshot=99", "SELECT 1", check_code=3)
    assert "snapshot 99" in missing.stderr and "lake snapshots" in missing.stderr
    sluice.run("query", f"{lake.uri}{mark}snapshot=new", "SELECT 1", check_code=2)


def test_what_is_no_lake(sluice, tmp_path):
    missing = sluice.run("inspect", f"ducklake:sqlite:{tmp_path}/none.sqlite", check_code=3)
    assert "none.sqlite" in missing.stderr
    (tmp_path / "plain.sqlite").touch()
    empty = sluice.run("inspect", f"ducklake:sqlite:{tmp_path}/plain.sqlite", check_code=3)
    assert "ducklake_snapshot" in empty.stderr
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t (id int)")
    with sqlite3.connect(lake.catalog) as connection:
        connection.execute("UPDATE ducklake_metadata SET value = '7.5' WHERE key = 'version'")
    newer = sluice.run("inspect", lake.uri, check_code=10)
    assert "7.5" in newer.stderr and "1.0" in newer.stderr
