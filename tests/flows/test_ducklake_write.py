"""Lakes that sluice makes and changes, as DuckDB's extension reads and goes on writing them."""
import signal
import subprocess

import duckdb
import pytest

from support import postgres as servers
from support.faults import wait_until_stopped
from support.lakes import Lake
from support.targets import DuckdbTarget
from support.thorough import some

ROWS = 250_000


@pytest.fixture(params=["sqlite", "postgres", "duckdb"])
def lake(request, postgres, tmp_path):
    made = Lake(tmp_path, request.param, postgres)
    mark = "&" if "?" in made.uri else "?"
    made.uri += f"{mark}data_path={made.data}"
    return made


@pytest.fixture
def source(tmp_path):
    return DuckdbTarget(tmp_path)


def rows_of(target, sql):
    with duckdb.connect(str(target.path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TEMP TABLE found AS {sql}")
        return sorted(connection.execute("SELECT COLUMNS(*)::VARCHAR FROM found").fetchall(),
                      key=str)


def migrate(sluice, source, lake, *more, check_code=0):
    return sluice.run("migrate", source.uri, lake.uri, "--json", *more, check_code=check_code).json


# Every type that a lake holds, with values at its edges; `price` has NaN and infinities.
EDGES = (
    "CREATE TABLE edge AS SELECT * FROM (VALUES "
    "(1, true, '-128'::tinyint, '255'::utinyint, '-32768'::smallint, "
    " '-9223372036854775808'::bigint, "
    " '18446744073709551615'::ubigint, '-inf'::float, 'nan'::double, -999.99::decimal(5,2), "
    " '-99999999999999999999999999999999999999'::decimal(38,0), '', '\\x00\\xFF'::blob, "
    " '0001-01-01'::date, '00:00:00'::time, '0001-01-01 00:00:00'::timestamp, "
    " '1969-12-31 23:59:59'::timestamp_s, '1969-12-31 23:59:59.999'::timestamp_ms, "
    " '1969-12-31 23:59:59.999999999'::timestamp_ns, '1900-01-01 00:00:00+00'::timestamptz, "
    " interval '0 days', '00000000-0000-0000-0000-000000000000'::uuid, '{}'::json, "
    " []::int[], {'a': NULL::int, 'b': ''}, map([]::varchar[], []::int[])), "
    "(2, false, 127, 0, 32767, 9223372036854775807, 0, 'inf', -0.5, 999.99, "
    " '99999999999999999999999999999999999999'::decimal(38,0), 'Ünï ''\"' || chr(10) || "
    " repeat('z', 400), ''::blob, "
    " '9999-12-31', '23:59:59.999999', '9999-12-31 23:59:59.999999', '2262-01-01 00:00:00', "
    " '2262-01-01 00:00:00.001', '2262-01-01 00:00:00.000000001', '2262-01-01 00:00:00+00', "
    " interval '2 years 3 days 4.567 seconds', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '[1.50]', "
    " [1, NULL], {'a': 1, 'b': 'x'}, map(['k'], [NULL::int])), "
    "(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, "
    " NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), "
    "(4, true, 0, 1, 0, 0, 1, -1.5, 1e308, 0.00, 0, 'A', 'A'::blob, '1970-01-01', '12:00:00', "
    " '1970-01-01 00:00:00', '1970-01-01 00:00:00', '1970-01-01 00:00:00', "
    " '1970-01-01 00:00:00', '1970-01-01 00:00:00+00', interval '1 month', "
    " '80000000-0000-0000-0000-000000000000', 'null', [NULL, 2], NULL, map(['a', 'b'], [1, 2]))) "
    "t(id, b, i8, u8, i16, i64, u64, f, price, dec, big, txt, bin, d, tm, ts, tss, tsms, tsns, tz, "
    "iv, u, j, l, s, m)")
PLAIN = "b i8 u8 i16 i64 u64 f price dec big txt bin d tm ts tss tsms tsns tz u".split()


def test_every_type_is_read_by_the_extension_with_the_same_values(sluice, source, lake):
    source.execute(EDGES)
    report = migrate(sluice, source, lake)
    assert report["state"] == "done" and report["tables"][0]["verified"] == "content"
    found = lake.rows("FROM edge")
    assert len(found) == 4
    assert found == rows_of(source, "FROM edge")
    types = dict(lake.rows("SELECT column_name, column_type FROM (DESCRIBE edge)"))
    assert types["tss"] == "TIMESTAMP_S" and types["tsns"] == "TIMESTAMP_NS"
    assert types["big"] == "DECIMAL(38,0)" and types["s"] == "STRUCT(a INTEGER, b VARCHAR)"


def test_a_filter_on_each_value_finds_its_row_so_the_bounds_are_right(sluice, source, lake):
    source.execute(EDGES)
    # Small chunks: each row is a file, so that wrong bounds would lose it.
    migrate(sluice, source, lake, "--batch-size", "1")
    with duckdb.connect(str(source.path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        literals = {
            name: connection.execute(
                f"SELECT id, CAST({name} AS VARCHAR), typeof({name}) FROM edge WHERE {name} IS NOT "
                "NULL").fetchall() for name in PLAIN}
    with lake.connect(read_only=True) as connection:
        for name, values in literals.items():
            for row, text, kind in values:
                found = connection.execute(
                    f"SELECT id FROM edge WHERE {name} = CAST(? AS {kind})", [text]).fetchall()
                assert (row,) in found, f"{name} = {text}"
            nulls = connection.execute(f"SELECT id FROM edge WHERE {name} IS NULL").fetchall()
            assert (3,) in nulls, name


def test_what_a_lake_cannot_hold_is_refused_by_name_and_moves_as_text(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT 1 AS id, '12:00:00+02'::timetz AS tz, "
                   "'101'::bit AS b, interval '-1 day' AS iv")
    refused = migrate(sluice, source, lake, check_code=4)
    assert refused["error"]["kind"] == "would_lose_data"
    for column in ("tz", "b", "iv"):
        assert f"t.{column}:as_text" in refused["error"]["hint"] or column in str(refused)
    assert not lake.data.exists()
    flags = [word for c in ("tz", "b", "iv") for word in ("--accept-loss", f"main.t.{c}:as_text")]
    migrate(sluice, source, lake, *flags)
    assert lake.rows("SELECT tz, b FROM t") == [("12:00:00+02", "101")]


def test_schemas_comments_defaults_and_not_null_are_carried(sluice, source, lake):
    source.execute(
        "CREATE SCHEMA stock", "CREATE TABLE stock.part (id INT NOT NULL, name VARCHAR DEFAULT "
        "'it''s', n DOUBLE DEFAULT 1.5)", "INSERT INTO stock.part VALUES (1, 'a', NULL)",
        "COMMENT ON TABLE stock.part IS 'the parts'",
        "COMMENT ON COLUMN stock.part.name IS 'of it'",
        "CREATE TABLE \"Odd name/ä\" (\"a b\" INT)", "INSERT INTO \"Odd name/ä\" VALUES (7)",
        "CREATE TABLE nothing (a INT)")
    migrate(sluice, source, lake)
    lake.run("INSERT INTO stock.part (id) VALUES (2)")
    assert lake.rows("FROM stock.part") == [("1", "a", None), ("2", "it's", "1.5")]
    assert lake.rows("FROM \"Odd name/ä\"") == [("7",)]
    assert lake.rows("FROM nothing") == []
    with lake.connect() as connection:
        assert connection.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'part'"
                                  ).fetchall() == [("the parts",)]
        assert connection.execute("SELECT comment FROM duckdb_columns() WHERE table_name = 'part' "
                                  "AND column_name = 'name'").fetchall() == [("of it",)]
        with pytest.raises(duckdb.Error, match="NOT NULL"):
            connection.execute("INSERT INTO stock.part VALUES (NULL, 'x', 1)")


def test_all_tables_of_a_run_are_one_snapshot_with_author_and_run(sluice, source, lake):
    source.execute("CREATE TABLE a AS SELECT 1 AS x", "CREATE TABLE b AS SELECT 2 AS x")
    run = migrate(sluice, source, lake)["run"]
    assert lake.newest() == 1
    found = lake.rows("SELECT author, commit_message, commit_extra_info FROM "
                      "ducklake_snapshots('lake') WHERE snapshot_id = 1")
    assert found == [("sluice", f"sluice run {run}", '{"sluice_run":"' + run + '"}')]


def test_the_extension_goes_on_with_what_sluice_made(sluice, source, lake):
    source.execute(f"CREATE TABLE m AS SELECT i AS id, 'd' || i % 7 AS device, i / 3 AS v FROM "
                   f"range({ROWS}) t(i)")
    migrate(sluice, source, lake)
    lake.run("INSERT INTO m VALUES (-1, 'new', 0.5)", "DELETE FROM m WHERE device = 'd3'",
             "UPDATE m SET v = -1 WHERE id = 0", "ALTER TABLE m ADD COLUMN w INT DEFAULT 3",
             "CALL ducklake_flush_inlined_data('lake')",
             "CALL ducklake_merge_adjacent_files('lake')",
             "CALL ducklake_rewrite_data_files('lake', delete_threshold => 0)")
    source.execute("INSERT INTO m VALUES (-1, 'new', 0.5)", "DELETE FROM m WHERE device = 'd3'",
                   "UPDATE m SET v = -1 WHERE id = 0", "ALTER TABLE m ADD COLUMN w INT DEFAULT 3")
    assert lake.rows("SELECT count(*), sum(id), sum(v)::decimal(30,3), sum(w) FROM m") == rows_of(
        source, "SELECT count(*), sum(id), sum(v)::decimal(30,3), sum(w) FROM m")
    done = sluice.run("verify", source.uri, lake.uri, "--json", check_code=0)
    assert done.json["state"] == "same"


def test_rows_that_the_extension_keeps_in_the_catalog_of_our_lake_are_read(sluice, source, lake,
                                                                         tmp_path):
    source.execute("CREATE TABLE t AS SELECT i AS id FROM range(100) r(i)",
                   "CREATE TABLE u AS SELECT 'a' AS name")
    migrate(sluice, source, lake)
    # It makes a table of rows, and with it a schema version, that no table is listed with.
    lake.run("INSERT INTO t VALUES (1000)", "INSERT INTO u VALUES ('b')",
             "ALTER TABLE t ADD COLUMN note VARCHAR", "INSERT INTO t VALUES (1001, 'added')")
    read = sluice.run("query", lake.uri, "SELECT id, note FROM t WHERE id >= 99 ORDER BY id",
                      "--json", check_code=0).json
    assert read == [{"id": 99, "note": None}, {"id": 1000, "note": None},
                    {"id": 1001, "note": "added"}]
    (tmp_path / "copy").mkdir()
    copy = DuckdbTarget(tmp_path / "copy")
    sluice.run("migrate", lake.uri, copy.uri, check_code=0)
    assert rows_of(copy, "FROM t WHERE id >= 99") == [
        ("1000", None), ("1001", "added"), ("99", None)]
    assert rows_of(copy, "FROM u") == [("a",), ("b",)]
    sluice.run("lake", "fsck", lake.uri, check_code=0)
    sluice.run("lake", "compact", lake.uri, check_code=0)
    assert len(lake.rows("FROM t")) == 102
    sluice.run("lake", "expire", lake.uri, "--keep", "1", check_code=0)
    lake.run("INSERT INTO u VALUES ('c')")
    counts = sluice.run("query", lake.uri, "SELECT (SELECT count(*) FROM t) AS t, (SELECT count(*) "
                        "FROM u) AS u", "--json", check_code=0).json
    assert counts == [{"t": 102, "u": 3}]


def test_append_and_merge_into_a_table_that_the_extension_made(sluice, source, lake):
    lake.run("CREATE TABLE item (id BIGINT, name VARCHAR, l INT[])",
             "INSERT INTO item SELECT i, 'old' || i, [i] FROM range(100) t(i)",
             "INSERT INTO item VALUES (1000, 'inlined', NULL)", "DELETE FROM item WHERE id = 5",
             "DELETE FROM item WHERE id BETWEEN 10 AND 40")
    source.execute("CREATE TABLE item AS SELECT * FROM (VALUES (7::bigint, 'new7', [7, 7]), "
                   "(5, 'new5', NULL), (1000, 'new1000', []), (2000, 'new2000', NULL)) "
                   "t(id, name, l)")
    before = lake.rows("FROM item")
    migrate(sluice, source, lake, "--if-exists", "merge", "--key", "id")
    new = [("1000", "new1000", "[]"), ("2000", "new2000", None), ("5", "new5", None),
           ("7", "new7", "[7, 7]")]
    kept = [row for row in before if row[0] not in ("7", "1000")]
    assert lake.rows("FROM item") == sorted(kept + new, key=str)
    sluice.run("rollback", "last", check_code=0)
    assert lake.rows("FROM item") == before
    migrate(sluice, source, lake, "--if-exists", "append")
    assert lake.rows("FROM item") == sorted(before + new, key=str)
    sluice.run("rollback", "last", check_code=0)
    assert lake.rows("FROM item") == before
    lake.run("INSERT INTO item VALUES (3000, 'after', NULL)")
    assert lake.rows("FROM item") == sorted([*before, ("3000", "after", None)], key=str)


# What another does between the search for replaced rows and the commit.
MEANWHILE = {
    "nothing": [],
    "rows that are replaced": ["INSERT INTO item SELECT 7, 'late' FROM range(20)"],
    "rows in the catalog": ["INSERT INTO item VALUES (7, 'late')"],
    "a row that is replaced goes": ["DELETE FROM item WHERE id = 7"],
    "another row of the file goes": ["DELETE FROM item WHERE id = 50"],
    "rows go by a file": ["DELETE FROM item WHERE id BETWEEN 40 AND 80"],
    "all in one file": ["CALL ducklake_flush_inlined_data('lake')",
                        "CALL ducklake_rewrite_data_files('lake', delete_threshold => 0)",
                        "CALL ducklake_merge_adjacent_files('lake')"],
    "another table": ["INSERT INTO other SELECT range FROM range(30)"],
}
SEARCHED = 11  # the point behind the search of a run of one table and one chunk


@pytest.mark.parametrize("name", some(MEANWHILE, 4))
def test_a_merge_holds_no_lock_while_it_looks_for_rows(sluice, source, lake, name):
    lake.run("CREATE TABLE item (id BIGINT, name VARCHAR)", "CREATE TABLE other (id BIGINT)",
             "INSERT INTO item SELECT i, 'old' || i FROM range(60) t(i)",
             "INSERT INTO item SELECT i, 'old' || i FROM range(60, 100) t(i)",
             "DELETE FROM item WHERE id = 5", "INSERT INTO item VALUES (7, 'again')")
    source.execute("CREATE TABLE item AS SELECT * FROM (VALUES (7::bigint, 'new7'), "
                   "(70, 'new70'), (2000, 'new2000')) t(id, name)")
    process = sluice.start("migrate", source.uri, lake.uri, "--if-exists", "merge", "--key", "id",
                           "--json", env={"SLUICE_STOP_AT": SEARCHED})
    wait_until_stopped(process)
    assert len(list(lake.data.glob("main/item/*-delete-*"))) == 2
    lake.run(*MEANWHILE[name])
    others = lake.rows("FROM item WHERE id NOT IN (7, 70, 2000)")
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, (out, err)
    assert lake.rows("FROM item WHERE id IN (7, 70, 2000)") == [
        ("2000", "new2000"), ("7", "new7"), ("70", "new70")]
    assert lake.rows("FROM item WHERE id NOT IN (7, 70, 2000)") == others
    sluice.run("lake", "fsck", lake.uri, check_code=0)
    sluice.run("rollback", "last", check_code=0)
    assert lake.rows("FROM item WHERE id NOT IN (7, 70, 2000)") == others


def test_processes_that_add_at_once_all_succeed(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT i AS id FROM range(1000) t(i)")
    migrate(sluice, source, lake)
    command = [sluice.binary, "migrate", source.uri, lake.uri, "--if-exists", "append", "--json"]
    writers = [
        subprocess.Popen([*map(str, command), "--state", str(sluice.folder / f"state{i}")],
                         cwd=sluice.folder, env=sluice.environment(), stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True) for i in range(6)]
    for writer in writers:
        out, err = writer.communicate(timeout=110)
        assert writer.returncode == 0, out + err
    assert lake.rows("SELECT count(*), count(DISTINCT id) FROM t") == [("7000", "1000")]
    assert lake.newest() == 7


def test_a_table_that_changed_meanwhile_is_not_replaced(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT 1 AS id")
    migrate(sluice, source, lake)
    migrate(sluice, source, lake, "--if-exists", "replace", "--no-publish")
    lake.run("INSERT INTO t VALUES (2)")
    refused = sluice.run("publish", "last", "--json", check_code=6).json
    assert refused["error"]["kind"] == "conflict" and "t" in refused["error"]["message"]
    assert lake.rows("FROM t") == [("1",), ("2",)]
    sluice.run("rollback", "last", check_code=0)
    assert lake.rows("FROM t") == [("1",), ("2",)]


def test_locations_that_cannot_be_written(sluice, source, lake, tmp_path):
    source.execute("CREATE TABLE t AS SELECT 1 AS id")
    mark = "&" if "?" in lake.uri else "?"
    at = sluice.run("migrate", source.uri, f"{lake.uri}{mark}snapshot=0", check_code=2)
    assert "newest snapshot" in at.stderr
    migrate(sluice, source, lake)
    other = lake.uri.replace(str(lake.data), str(tmp_path / "elsewhere"))
    moved = sluice.run("migrate", source.uri, other, "--if-exists", "replace", check_code=2)
    assert str(lake.data) in moved.stderr and "elsewhere" in moved.stderr
    if lake.kind == "sqlite":
        source.execute("CREATE TABLE other AS SELECT 1 AS id")
        plain = tmp_path / "plain.db"
        sluice.run("migrate", source.uri, f"sqlite:{plain}", check_code=0)
        taken = sluice.run("migrate", source.uri, f"ducklake:sqlite:{plain}", check_code=6)
        assert "holds no lake" in taken.stderr
        assert "ducklake:sqlite:" in sluice.run("inspect", "ducklake:none", check_code=2).stderr
    elif lake.kind == "postgres":
        database = lake.uri.split("?")[0]
        assert servers.OWNER in database
        empty = sluice.run("migrate", source.uri, f"{database}?metadata_schema=nowhere",
                           check_code=2)
        assert "data_path" in empty.stderr


def test_new_schemas_and_tables_with_any_name(sluice, source, lake):
    source.execute('CREATE SCHEMA "my ops"', 'CREATE SCHEMA "ünï"',
                   'CREATE TABLE "my ops"."t 1" AS SELECT 1 AS id',
                   'CREATE TABLE "my ops".u AS SELECT 2 AS id',
                   """CREATE TABLE "ünï"."o'p" AS SELECT 3 AS id""")
    migrate(sluice, source, lake)
    assert lake.rows("""SELECT t.id, u.id, o.id FROM "my ops"."t 1" t, "my ops".u u,
                        "ünï"."o'p" o""") == [("1", "2", "3")]
    sluice.run("verify", source.uri, lake.uri, check_code=0)
    sluice.run("lake", "fsck", lake.uri, check_code=0)
    folders = {path.parent.parent for path in lake.data.rglob("*.parquet") if "/." not in str(path)}
    assert len(folders) == 2  # a folder for each schema


def test_a_lake_whose_folder_is_missing_is_no_target(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT 1 AS id")
    migrate(sluice, source, lake)
    lake.data.rename(lake.data.parent / "moved")
    refused = sluice.run("migrate", source.uri, lake.uri, "--if-exists", "append", check_code=3)
    assert "there is no such folder" in refused.stderr
    assert not lake.data.exists()
