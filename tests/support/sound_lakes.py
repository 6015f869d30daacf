"""Lakes that DuckDB's extension wrote, in every way that it can: sound, whatever looks at them."""
import random

EVERY_TYPE = (
    "b boolean, i8 tinyint, i16 smallint, i32 integer, i64 bigint, i128 hugeint, u8 utinyint, "
    "u64 ubigint, u128 uhugeint, f float, d double, dec decimal(38, 5), small decimal(4, 1), "
    "dt date, tm time, tmz timetz, ts timestamp, tss timestamp_s, tsms timestamp_ms, "
    "tsns timestamp_ns, tz timestamptz, iv interval, vc varchar, bl blob, u uuid, l integer[], "
    "s struct(a varchar, b double), m map(varchar, integer), j json, ll varchar[][], "
    "ls struct(p double, q integer[])[]")
VALUES = [
    "(true, -128, -32768, -2147483648, -9223372036854775808, -12345678901234, 255, "
    "18446744073709551615, 12345678901234, 'nan', '-infinity', "
    "123456789012345678901234567890123.12345, -999.9, '0001-01-01', '23:59:59.999999', "
    "'12:34:56.5+15:59', '2020-01-02 03:04:05.678901', '2020-01-02 03:04:05', "
    "'2020-01-02 03:04:05.123', '2020-01-02 03:04:05.123456789', "
    "'2020-01-02 03:04:05.678901+05', interval '1 month 2 days 3.5 seconds', "
    "'it''s \u00e4 \"q\" \\ ' || chr(10), '\\x00\\xFFa'::blob, "
    "'f7744206-1ac4-404e-9cb9-9a830834aa99', [1, NULL, -3], {'a': 'x,\"y', 'b': 1.5}, "
    "map {'k': 1, 'z': NULL}, '{\"a\": [1, 2.50]}', [['a,b', ''], [], NULL], "
    "[{'p': 'nan', 'q': [1, NULL]}, NULL])",
    "(false, 127, 32767, 2147483647, 9223372036854775807, 98765432109876, 0, 0, 0, '-0.0', 'nan', "
    "-0.00001, 999.9, '9999-12-31', '00:00:00', '00:00:00-15:59', '1969-12-31 23:59:59.999999', "
    "'1969-12-31 23:59:59', '1969-12-31 23:59:59.999', '1969-12-31 23:59:59.999999999', "
    "'infinity', interval '0 days', '', ''::blob, '00000000-0000-0000-0000-000000000000', [], "
    "{'a': NULL, 'b': 2}, map {}, 'null', [], [{'p': -1.5, 'q': []}])",
    "(NULL, 0, -1, 5, NULL, 0, 1, 2, 3, '0.1', '0.1', 1.5, 0.0, '1970-01-01', '12:00:00', "
    "'12:00:00+00', '-infinity', '1970-01-01', '1970-01-01', '1970-01-01', "
    "'1970-01-01 00:00:00+00', interval '1 year', '\U0001f986 9', '\\xFF\\xFF\\xFF'::blob, "
    "'ffffffff-ffff-ffff-ffff-ffffffffffff', [NULL], NULL, NULL, '0', [[NULL]], [])",
    "(" + ", ".join(["NULL"] * 31) + ")",
]
IN_FILES = "CALL lake.set_option('data_inlining_row_limit', 0)"
FLUSH = "CALL ducklake_flush_inlined_data('lake')"
MERGE = "CALL ducklake_merge_adjacent_files('lake')"
EXPIRE = "CALL ducklake_expire_snapshots('lake', older_than => now() + interval 1 day)"
CLEAN_UP = "CALL ducklake_cleanup_old_files('lake', cleanup_all => true)"


def rewrite(table):
    return f"CALL ducklake_rewrite_data_files('lake', '{table}', delete_threshold => 0)"


def numbers(table, begin, end, step=1):
    return f"INSERT INTO {table} SELECT i, 'v' || i FROM range({begin}, {end}, {step}) r(i)"


def every_type(in_files):
    insert = "INSERT INTO t VALUES "
    return [f"CREATE TABLE t ({EVERY_TYPE})", *([IN_FILES] if in_files else []),
            insert + VALUES[0], insert + VALUES[1], insert + ", ".join(VALUES),
            insert + VALUES[3], "DELETE FROM t WHERE i8 = 127", insert + VALUES[2]]


TWO = "CREATE TABLE t (id bigint, v varchar)"
SCENARIOS = {
    "nothing": [],
    "empty tables": [TWO, "CREATE TABLE u (a int)", "ALTER TABLE u ADD COLUMN b int"],
    "inserts": [TWO, numbers("t", 0, 100), numbers("t", 0, 5), numbers("t", 50, 200)],
    "every type in the catalog": every_type(False),
    "every type in files": every_type(True),
    "every type flushed": [*every_type(False), FLUSH],
    "every type merged": [*every_type(True), MERGE],
    "deletes": [
        TWO, numbers("t", 0, 1000), "DELETE FROM t WHERE id = 5", "DELETE FROM t WHERE id % 7 = 0",
        "DELETE FROM t WHERE id IN (6, 8)", "DELETE FROM t WHERE id > 900", numbers("t", 0, 3),
        "DELETE FROM t WHERE id = 1", "DELETE FROM t WHERE id BETWEEN 10 AND 40"],
    "a whole file deleted": [
        TWO, numbers("t", 0, 100), numbers("t", 100, 200), "DELETE FROM t WHERE id < 100",
        "DELETE FROM t", numbers("t", 0, 50)],
    "updates": [
        TWO, numbers("t", 0, 300), "UPDATE t SET v = 'x' WHERE id < 100",
        "UPDATE t SET v = NULL WHERE id = 7", "UPDATE t SET id = id + 1000 WHERE id > 250",
        numbers("t", 0, 4), "UPDATE t SET v = v || 'y' WHERE id < 3"],
    "inlined, deleted and flushed": [
        TWO, numbers("t", 0, 1000), numbers("t", 5000, 5003), "DELETE FROM t WHERE id = 3",
        "DELETE FROM t WHERE id = 5001", "UPDATE t SET v = 'changed' WHERE id IN (1, 5002)", FLUSH,
        numbers("t", 6000, 6002), "DELETE FROM t WHERE id IN (10, 5000, 6001)", FLUSH,
        "DELETE FROM t WHERE id < 50", numbers("t", 7000, 7001)],
    "merged": [
        TWO, *[numbers("t", i, i + 20) for i in range(0, 100, 20)], MERGE, numbers("t", 100, 140),
        "DELETE FROM t WHERE id = 3", "DELETE FROM t WHERE id > 90", numbers("t", 0, 30), MERGE],
    "merged with deletes": [
        TWO, numbers("t", 0, 50), numbers("t", 50, 90), "DELETE FROM t WHERE id % 5 = 0",
        "DELETE FROM t WHERE id = 1", MERGE, rewrite("t"), MERGE],
    "rewritten": [
        TWO, numbers("t", 0, 500), "DELETE FROM t WHERE id % 3 = 0", rewrite("t"),
        numbers("t", 500, 700), "DELETE FROM t WHERE id > 400", "DELETE FROM t WHERE id = 1",
        rewrite("t"), "DELETE FROM t WHERE id < 20"],
    "rewritten after a column came": [
        TWO, numbers("t", 0, 50), "ALTER TABLE t ADD COLUMN w int DEFAULT 7",
        "ALTER TABLE t ADD COLUMN s struct(x int)", "DELETE FROM t WHERE id < 5", rewrite("t"),
        "INSERT INTO t SELECT i, 'n', i, {'x': i} FROM range(20) r(i)", "BEGIN",
        "INSERT INTO t SELECT i, 'n', i, {'x': i} FROM range(20) r(i)",
        "ALTER TABLE t ADD COLUMN z int", "COMMIT"],
    "expired": [
        TWO, numbers("t", 0, 300), "DELETE FROM t WHERE id < 100", numbers("t", 300, 305),
        "UPDATE t SET v = 'u' WHERE id = 200", rewrite("t"), "CREATE TABLE gone (a int)",
        "INSERT INTO gone SELECT range FROM range(40)", "DROP TABLE gone",
        "ALTER TABLE t ADD COLUMN w int", "ALTER TABLE t RENAME COLUMN v TO was_v", EXPIRE],
    "expired and cleaned up": [
        TWO, numbers("t", 0, 300), "DELETE FROM t WHERE id < 100", numbers("t", 0, 30),
        rewrite("t"), MERGE, FLUSH, "CREATE TABLE gone AS FROM range(100)", "DROP TABLE gone",
        EXPIRE, CLEAN_UP,
        numbers("t", 900, 950), "DELETE FROM t WHERE id = 910"],
    "dropped": [
        TWO, numbers("t", 0, 100), "DELETE FROM t WHERE id = 3", "DELETE FROM t WHERE id > 50",
        numbers("t", 0, 3), "CREATE TABLE u (a int)", "INSERT INTO u VALUES (1)", "DROP TABLE t",
        "DROP TABLE u", TWO, numbers("t", 0, 50), 'CREATE SCHEMA "odd ""schema"',
        'CREATE TABLE "odd ""schema"."a, ""b" (x int)',
        'INSERT INTO "odd ""schema"."a, ""b" SELECT range FROM range(30)',
        'DROP TABLE "odd ""schema"."a, ""b"', 'DROP SCHEMA "odd ""schema"'],
    "renamed": [
        TWO, numbers("t", 0, 30), "ALTER TABLE t RENAME TO u", numbers("u", 30, 60),
        numbers("u", 0, 3), "ALTER TABLE u RENAME TO t2", "DELETE FROM t2 WHERE id = 1", TWO,
        numbers("t", 0, 20)],
    "columns came and went": [
        "CREATE TABLE t (a integer, b varchar, s struct(x integer, y varchar), "
        "l struct(p int)[], f float)",
        "INSERT INTO t SELECT i, 'b' || i, {'x': i, 'y': 'y'}, [{'p': i}], i / 10 "
        "FROM range(20) r(i)",
        "INSERT INTO t VALUES (100, 'inlined', {'x': 1, 'y': NULL}, NULL, 0.1), "
        "(101, NULL, NULL, [], 'nan')",
        "ALTER TABLE t ADD COLUMN c integer DEFAULT 7", "ALTER TABLE t RENAME COLUMN b TO was_b",
        "INSERT INTO t SELECT i, 'n' || i, {'x': i, 'y': 'z'}, [], 0.3, i FROM range(50, 70) r(i)",
        "ALTER TABLE t ADD COLUMN s.z varchar",
        "INSERT INTO t VALUES (90000, 'big', {'x': 2, 'y': 'q', 'z': 'new'}, [{'p': 5}], 0.1, 8)",
        "ALTER TABLE t DROP COLUMN s.y", "ALTER TABLE t RENAME COLUMN s.x TO first",
        "ALTER TABLE t ADD COLUMN b varchar",
        "INSERT INTO t SELECT i, 'w', {'first': i, 'z': 'zz'}, NULL, 0.7, 1, 'b2' "
        "FROM range(30) r(i)",
        "ALTER TABLE t DROP COLUMN c", "DELETE FROM t WHERE a IN (4, 55, 100)", FLUSH, MERGE,
        "INSERT INTO t SELECT i, 'w', NULL, NULL, i, 'b2' FROM range(3) r(i)", EXPIRE, CLEAN_UP],
    "types changed": [
        "CREATE TABLE t (a integer, f float, s struct(x smallint), l tinyint[])",
        "INSERT INTO t SELECT i, i / 10, {'x': i}, [i] FROM range(20) r(i)",
        "ALTER TABLE t ALTER COLUMN a SET DATA TYPE bigint",
        "ALTER TABLE t ALTER COLUMN f SET DATA TYPE double",
        "INSERT INTO t VALUES (90000000000, 0.1, {'x': -1}, [7])",
        "INSERT INTO t SELECT -i, -i / 3, {'x': i}, [NULL] FROM range(20) r(i)",
        "DELETE FROM t WHERE a = 3", FLUSH, MERGE],
    "partitions": [
        "CREATE TABLE p (n integer NOT NULL, d date, k varchar)",
        "INSERT INTO p SELECT i, '2020-01-01', 'before' FROM range(20) r(i)",
        "ALTER TABLE p SET PARTITIONED BY (year(d), k)",
        "INSERT INTO p SELECT i, date '2019-12-01' + i::int * 20, 'k=/%' || i % 3 "
        "FROM range(40) r(i)",
        "INSERT INTO p SELECT i, NULL, NULL FROM range(20) r(i)",
        "INSERT INTO p VALUES (1, NULL, '')",
        "ALTER TABLE p SET PARTITIONED BY (bucket(4, n))",
        "INSERT INTO p SELECT i, '2020-01-01', 'b' FROM range(20) r(i)",
        "DELETE FROM p WHERE n < 3", "UPDATE p SET k = 'moved' WHERE n = 7",
        "ALTER TABLE p RESET PARTITIONED BY", FLUSH, MERGE],
    "not a number": [
        "CREATE TABLE t (f float, d double, l double[])",
        "INSERT INTO t VALUES ('nan', 'nan', ['nan'])",
        "INSERT INTO t VALUES (1, 2, [3])",
        "INSERT INTO t SELECT 'nan', NULL, [] FROM range(30)",
        "INSERT INTO t SELECT i, 'nan', [i::double, 'nan'] FROM range(30) r(i)",
        "INSERT INTO t SELECT '-inf', 'inf', ['inf'] FROM range(12)", FLUSH, MERGE,
        "DELETE FROM t WHERE isnan(f)", rewrite("t")],
    "rows first in files": [
        "CREATE TABLE t (i128 hugeint, tmz timetz, iv interval, f float)", IN_FILES,
        "INSERT INTO t VALUES (5, '12:00:00+01', interval 1 day, 1), (NULL, NULL, NULL, NULL)",
        "CALL lake.set_option('data_inlining_row_limit', 10)",
        "INSERT INTO t VALUES (-7, '10:00:00+01', interval 1 month, -3)",
        "INSERT INTO t VALUES (NULL, NULL, NULL, NULL)", FLUSH],
    "views, macros, comments and sort orders": [
        TWO, numbers("t", 0, 30), "CREATE VIEW w AS FROM t", "CREATE MACRO m(a) AS a + 1",
        "COMMENT ON TABLE t IS 'it''s a table'", "COMMENT ON COLUMN t.v IS 'text'", "DROP VIEW w",
        "ALTER TABLE t SET SORTED BY (id ASC)", numbers("t", 0, 30), FLUSH],
    "one transaction": [
        TWO, "BEGIN", numbers("t", 0, 100), "DELETE FROM t WHERE id = 1", numbers("t", 100, 103),
        "UPDATE t SET v = 'x' WHERE id = 2", "ALTER TABLE t ADD COLUMN w int",
        "INSERT INTO t VALUES (1, 'a', 2)", "COMMIT", "BEGIN", "CREATE TABLE u AS FROM t",
        "DELETE FROM u WHERE id < 10", "DROP TABLE t", "COMMIT"],
    "checkpoint": [
        TWO, numbers("t", 0, 100), "DELETE FROM t WHERE id < 30", numbers("t", 0, 4), "CHECKPOINT",
        numbers("t", 4, 9), "CHECKPOINT"],
}


def make(lake, name):
    lake.run(*SCENARIOS[name])


def make_with_files_of_others(lake, folder):
    """Files without field ids, which the extension was told of."""
    with lake.connect() as connection:
        connection.execute(
            f"COPY (SELECT i AS id, 'f' || i AS v, {{'a': i}} AS s FROM range(50) r(i)) "
            f"TO '{folder}/other.parquet'")
        connection.execute("CREATE TABLE t (id bigint, v varchar, s struct(a bigint))")
        connection.execute(f"CALL ducklake_add_data_files('lake', 't', '{folder}/other.parquet')")
        connection.execute("INSERT INTO t SELECT i, 'own', {'a': 1} FROM range(30) r(i)")
        connection.execute("DELETE FROM t WHERE id < 5")


def random_statement(random_, tables):
    table = random_.choice(tables)
    begin = random_.randrange(0, 500)
    rows = random_.choice([1, 3, 10, 40, 200])
    nan = random_.choice(["CASE WHEN i % 5 = 0 THEN 'nan' ELSE i / 3 END", "i / 3", "NULL"])
    return random_.choice([
        f"INSERT INTO {table} (id, v, d, l, s) SELECT i, 'v' || i % 7, {nan}, [i, NULL], "
        f"{{'x': i, 'y': NULL}} FROM range({begin}, {begin + rows}) r(i)",
        f"INSERT INTO {table} (id) VALUES ({begin})",
        random_.choice([f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS e integer DEFAULT {rows}",
                        f"ALTER TABLE {table} DROP COLUMN IF EXISTS e"]),
        f"DELETE FROM {table} WHERE id BETWEEN {begin} AND {begin + rows}",
        f"DELETE FROM {table} WHERE id % {random_.choice([2, 3, 11])} = 0",
        f"UPDATE {table} SET v = 'u{begin}', d = d * 2 WHERE id BETWEEN {begin} AND {begin + rows}",
        random_.choice([FLUSH, MERGE, rewrite(table), EXPIRE, CLEAN_UP, "CHECKPOINT"]),
    ])


def make_at_random(lake, seed, statements=25):
    random_ = random.Random(seed)
    tables = ["r1", "r2"]
    made = [f"CREATE TABLE {table} (id bigint, v varchar, d double, l bigint[], "
            "s struct(x bigint, y varchar))" for table in tables]
    made += [random_statement(random_, tables) for _ in range(statements)]
    lake.run(*made)
    return made
