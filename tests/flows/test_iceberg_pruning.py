"""A query opens only the files of an Iceberg table that can hold a row of it, by partitions and
bounds: the others are no Parquet files any more, and nobody notices. No filter ever loses a row.
The tables are PyIceberg's; what is expected DuckDB says of the same rows, or a literal."""
import datetime
import decimal
import pathlib
import random

import duckdb
import pyarrow
import pytest
from pyiceberg.schema import Schema
from pyiceberg.types import (DateType, DecimalType, DoubleType, IntegerType, LongType, NestedField,
                             StringType, TimestampType, TimestamptzType)

from support.iceberg import Lake, local

FILES = 12
ROWS = 50  # of a file
FIRST = datetime.date(2024, 1, 1)
MOMENT = datetime.datetime(2024, 1, 1, 12)


def columns(number):
    """The rows of file `number`; each 10th value is NULL, in one file all of them."""
    ids = range(number * ROWS, (number + 1) * ROWS)

    def values(of):
        return [None if i % 10 == 9 or number == 7 else of(i) for i in ids]

    return {
        "id": list(ids),
        "small": values(lambda i: i // 3 - 100),
        "day": values(lambda i: FIRST + datetime.timedelta(days=i // 20)),
        "moment": values(lambda i: MOMENT + datetime.timedelta(seconds=i, microseconds=1)),
        "instant": values(lambda i: (MOMENT + datetime.timedelta(hours=i)).replace(
            tzinfo=datetime.timezone.utc)),
        "name": values(lambda i: f"it's ü{i:03} {'n' * 20}"),
        "price": values(lambda i: decimal.Decimal(i - 300) / 4),
        "ratio": values(lambda i: float("nan") if i % 7 == 0 else i / 8 - 20),
    }


ARROW = pyarrow.schema([
    ("id", pyarrow.int64()), ("small", pyarrow.int32()), ("day", pyarrow.date32()),
    ("moment", pyarrow.timestamp("us")), ("instant", pyarrow.timestamp("us", tz="UTC")),
    ("name", pyarrow.string()), ("price", pyarrow.decimal128(9, 2)), ("ratio", pyarrow.float64())])


def schema():
    kinds = [LongType(), IntegerType(), DateType(), TimestampType(), TimestamptzType(),
             StringType(), DecimalType(9, 2), DoubleType()]
    return Schema(*[NestedField(number, name, kind)
                    for number, (name, kind) in enumerate(zip(ARROW.names, kinds), start=1)])


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    made = Lake(tmp_path_factory.mktemp("pruning"))
    table = made.table("raw.t", schema())
    for number in range(FILES):
        table.append(pyarrow.table(columns(number), schema=ARROW))
    return made


@pytest.fixture(scope="module")
def judge(lake):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    rows = pyarrow.concat_tables(pyarrow.table(columns(number), schema=ARROW)
                                 for number in range(FILES))
    connection.execute("CREATE SCHEMA raw")
    connection.register("rows", rows)
    connection.execute("CREATE TABLE raw.t AS FROM rows")
    connection.execute("CREATE VIEW t AS FROM raw.t")
    return connection


def asked(sluice, lake, sql, code=0):
    result = sluice.run("query", lake.uri, sql, "--format", "csv", check_code=code)
    return result.stdout.splitlines()[1:]


def told(judge, sql):
    return [",".join("" if cell is None else str(cell) for cell in row)
            for row in judge.execute(sql).fetchall()]


def files_of(lake):
    """The data files by their number, which their first id tells."""
    found = {}
    for task in lake.catalog.load_table("raw.t").scan().plan_files():
        path = pathlib.Path(local(task.file.file_path))
        first = duckdb.sql(f"SELECT min(id) FROM read_parquet('{path}')").fetchone()[0]
        found[first // ROWS] = path
    return found


@pytest.fixture
def broken_but(lake):
    """`broken_but(3, 4)` breaks all files but these; all are whole again after the test."""
    kept = {}

    def make(*numbers):
        for number, path in files_of(lake).items():
            if number not in numbers:
                kept[path] = path.read_bytes()
                path.write_bytes(b"no Parquet file" * 10)

    yield make
    for path, data in kept.items():
        path.write_bytes(data)


@pytest.mark.parametrize("where, files, rows", [
    ("id = 175", [3], 1),
    ("id >= 590", [11], 10),
    ("id < 3", [0], 3),
    ("id > 148 AND id <= 150", [2, 3], 2),
    ("id BETWEEN 160 AND 170", [3], 11),
    ("small = 0", [6], 3),
    ("day = '2024-01-02'", [0], 18),
    ("day > DATE '2024-01-29'", [11], 18),
    ("moment < TIMESTAMP '2024-01-01 12:00:02.000001'", [0], 2),
    ("instant >= TIMESTAMPTZ '2024-01-26 00:00:00+02'", [11], 12),
    ("name = 'it''s ü170 nnnnnnnnnnnnnnnnnnnn'", [3], 1),
    ("name >= 'it''s ü597'", [11], 2),
    ("price = 74.5", [11], 1),
    ("id + 0 = 175 AND id > 160 AND id < 180", [3], 1),
])
def test_other_files_are_not_opened(sluice, lake, judge, broken_but, where, files, rows):
    sql = f"SELECT count(*) FROM raw.t WHERE {where}"
    assert told(judge, sql) == [str(rows)]
    broken_but(*files)
    assert asked(sluice, lake, sql) == [str(rows)]
    asked(sluice, lake, "SELECT count(*), max(name) FROM raw.t", code=9)


def test_a_file_is_left_out_only_where_every_scan_of_the_table_rules_it_out(sluice, lake, judge,
                                                                             broken_but):
    broken_but(3, 4)
    for sql in ("SELECT count(*) FROM t a JOIN t b USING (id) WHERE a.id = 170",
                "WITH x AS (SELECT * FROM t WHERE id = 170) SELECT count(*) FROM x"):
        assert asked(sluice, lake, sql) == told(judge, sql) == ["1"], sql
    for sql in ("SELECT count(*) FROM t a, t b WHERE a.id = 170 AND b.id = 20",
                "SELECT (SELECT count(*) FROM t WHERE id = 170) + (SELECT count(name) FROM t)",
                "SELECT count(name) FROM t a LEFT JOIN t b ON a.id = b.id AND b.id = 170",
                "SELECT count(*) FROM t WHERE id = 170 OR small = 0",
                "SELECT count(*) FROM (SELECT * FROM t WHERE id = 170 UNION ALL "
                "SELECT * FROM t WHERE id = 20)"):
        asked(sluice, lake, sql, code=9)


def random_condition(dice):
    name = dice.choice(ARROW.names)
    row = columns(dice.randrange(FILES))[name][dice.randrange(ROWS)]
    value = {"day": "DATE '{}'", "moment": "TIMESTAMP '{}'", "instant": "TIMESTAMPTZ '{}'",
             "name": "'{}'", "ratio": "'{}'::DOUBLE"}.get(name, "{}")
    literal = "NULL" if row is None else value.format(str(row).replace("'", "''"))
    comparison = dice.choice(["=", "<", "<=", ">", ">=", "<>", "IS DISTINCT FROM"])
    return f"{name} {comparison} {literal}"


def random_query(dice):
    where = f" {dice.choice(['AND', 'AND', 'OR'])} ".join(
        random_condition(dice) for _ in range(dice.randrange(1, 4)))
    if dice.random() < 0.3:
        where = f"NOT ({where})"
    shapes = ["SELECT count(*), sum(id) FROM t WHERE {}",
              "SELECT count(*), sum(a.id) FROM t a JOIN t b ON a.id = b.id + 1 WHERE a.id IN "
              "(SELECT id FROM t WHERE {})",
              "SELECT count(*), sum(id) FROM (SELECT id FROM t WHERE {} ORDER BY id)",
              "SELECT count(b.id), sum(a.id) FROM t a LEFT JOIN (SELECT * FROM t WHERE {}) b "
              "ON a.small = b.small",
              "SELECT count(*), max(s) FROM (SELECT small AS s, count(*) FROM t WHERE {} "
              "GROUP BY ALL)"]
    return dice.choice(shapes).format(where)


@pytest.mark.parametrize("seed", range(8))
def test_no_filter_loses_a_row(sluice, lake, judge, seed):
    dice = random.Random(seed)
    for _ in range(12):
        sql = random_query(dice)
        assert asked(sluice, lake, sql) == told(judge, sql), sql


def test_the_lines_of_a_text_set_no_condition(sluice, tmp_path):
    lake = Lake(tmp_path)
    table = lake.table("raw.t", Schema(NestedField(1, "n", LongType()),
                                       NestedField(2, "name", StringType())))
    for n, name in ((1, "a\nn=2\nb"), (2, "c")):
        table.append(pyarrow.table({"n": [n], "name": [name]}))
    where = "name = 'a' || chr(10) || 'n=2' || chr(10) || 'b'"
    assert asked(sluice, lake, f"SELECT n FROM t WHERE {where}") == ["1"]


def test_columns_that_were_promoted_and_renamed(sluice, tmp_path):
    lake = Lake(tmp_path)
    table = lake.table("raw.t", Schema(NestedField(1, "n", IntegerType()),
                                       NestedField(2, "d", DecimalType(5, 2))))
    arrow = pyarrow.schema([("n", pyarrow.int32()), ("d", pyarrow.decimal128(5, 2))])
    for first in (0, 100):
        rows = {"n": range(first, first + 10),
                "d": [decimal.Decimal(i) for i in range(first, first + 10)]}
        table.append(pyarrow.table(rows, schema=arrow))
    with table.update_schema() as update:
        update.update_column("n", LongType())
        update.update_column("d", DecimalType(9, 2))
    with table.update_schema() as update:
        update.rename_column("n", "number")
    with table.update_schema() as update:
        update.add_column("n", LongType())
    arrow = pyarrow.schema([("number", pyarrow.int64()), ("d", pyarrow.decimal128(9, 2)),
                            ("n", pyarrow.int64())])
    table.append(pyarrow.table({"number": [2**40], "d": [decimal.Decimal("100000.25")],
                                "n": [105]}, schema=arrow))
    for where, count in (("number = 5", 1), ("number > 50", 11), ("number = 1099511627776", 1),
                         ("d = 105", 1), ("d > 100000", 1), ("n = 105", 1), ("n IS NULL", 20),
                         ("n = 5", 0), ("number < 3.5", 4)):
        assert asked(sluice, lake, f"SELECT count(*) FROM t WHERE {where}") == [str(count)], where
