"""How a lake's files are parted and sorted; judge: DuckDB's extension, given the same rows."""
import duckdb
import pytest

from support.lakes import Lake
from support.targets import DuckdbTarget

INVALID, UNSUPPORTED = 2, 10


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path)
    made.uri += f"?data_path={made.data}"
    return made


@pytest.fixture
def source(tmp_path):
    return DuckdbTarget(tmp_path)


def parted(lake, table):
    """Rows of each of a table's files, as text, with the values that its partition has."""
    files = lake.catalog_rows(
        "SELECT f.path, f.data_file_id, s.path || t.path FROM ducklake_data_file f JOIN "
        "ducklake_table t ON t.table_id = f.table_id JOIN ducklake_schema s ON s.schema_id = "
        f"t.schema_id WHERE t.table_name = '{table}' AND t.end_snapshot IS NULL AND "
        "f.end_snapshot IS NULL")
    found = {}
    for path, file, folder in files:
        values = tuple(value for value, in lake.catalog_rows(
            "SELECT partition_value FROM ducklake_file_partition_value WHERE data_file_id = "
            f"{file} ORDER BY partition_key_index"))
        rows = duckdb.sql(f"SELECT COLUMNS(*)::VARCHAR FROM read_parquet('{lake.data}/{folder}"
                          f"{path}', hive_partitioning = false)").fetchall()
        found.setdefault(values, set()).update(rows)
    return found


def migrate(sluice, source, lake, *more, check_code=0):
    return sluice.run("migrate", source.uri, lake.uri, "--json", *more, check_code=check_code).json


VALUES = {
    "boolean": ["true", "false"],
    "tinyint": ["-128", "0", "127"], "smallint": ["-32768", "34"],
    "integer": ["-2147483648", "34", "1000000"],
    "bigint": ["'-9223372036854775808'", "34", "9223372036854775807"],
    "hugeint": ["'-99999999999999999999999999999999999999'", "34"],
    "utinyint": ["0", "255"], "usmallint": ["65535"], "uinteger": ["4294967295", "34"],
    "ubigint": ["18446744073709551615", "34"], "uhugeint": ["34"],
    "float": ["1.5", "0.1", "'-inf'", "'-0.0'"],
    "double": ["1.5", "0.1", "'nan'", "'inf'", "'-0.0'", "1e308"],
    "decimal(4,1)": ["14.2", "-0.1"], "decimal(9,2)": ["14.20", "-9999999.99"],
    "decimal(18,3)": ["14.200", "-999999999999999.999"],
    "decimal(38,10)": ["14.2", "-9999999999999999999999999999.9999999999"],
    "varchar": ["''", "'iceberg'", "'Ünï''\"'", "repeat('z', 300)"],
    "blob": ["''", "'\\x00\\xFF'", "'abcde'"],
    "date": ["'1970-01-01'", "'2017-11-16'", "'0001-01-01'"],
    "time": ["'00:00:00'", "'22:31:08.000001'"],
    "timestamp": ["'1969-12-31 23:59:59'", "'2017-11-16 22:31:08.000001'"],
    "timestamp_s": ["'2017-11-16 22:31:08'"], "timestamp_ms": ["'2017-11-16 22:31:08.001'"],
    "timestamp_ns": ["'2017-11-16 22:31:08.000000001'"],
    "timestamptz": ["'2017-11-16 14:31:08-08'"],
    "uuid": ["'f79c3e09-677c-4bbd-a479-3f349cb785e7'"],
}


@pytest.mark.parametrize("type_name", VALUES)
def test_buckets_are_those_of_the_extension(sluice, source, lake, type_name):
    values = VALUES[type_name]
    rows = ", ".join(f"(({value})::{type_name})" for value in [*values, "NULL"])
    source.execute(f"CREATE TABLE ours AS SELECT * FROM (VALUES {rows}) v(v)")
    migrate(sluice, source, lake, "--partition", "ours:bucket(1000, v)")
    lake.run("CALL lake.set_option('data_inlining_row_limit', 0)",
             f"CREATE TABLE theirs (v {type_name})",
             "ALTER TABLE theirs SET PARTITIONED BY (bucket(1000, v))",
             f"INSERT INTO theirs VALUES {rows}")
    found = parted(lake, "ours")
    if type_name.endswith("hugeint"):  # whose values the extension's files keep as floats
        assert set(found) == set(parted(lake, "theirs"))
        return
    assert found == parted(lake, "theirs")
    assert sum(map(len, found.values())) == len(values) + 1
    for value in values:  # the extension looks into the value's bucket only
        assert lake.rows(f"FROM ours WHERE v = ({value})::{type_name}") != []
    # What is added next goes where the extension would have put it.
    migrate(sluice, source, lake, "--table", "ours", "--if-exists", "append")
    lake.run(f"INSERT INTO theirs VALUES {rows}")
    assert parted(lake, "ours") == parted(lake, "theirs")
    assert len(lake.rows("FROM ours")) == 2 * (len(values) + 1)


EVENTS = ("CREATE TABLE events AS SELECT i AS id, 'device ' || i % 3 AS device, "
          "TIMESTAMP '2026-01-30 22:00:00' + to_hours(i * 13) AS seen FROM range(40) r(i)")


@pytest.mark.parametrize("fields", [
    "device", "year(seen), device", "month(seen)", "day(seen)", "bucket(4, device), month(seen)",
    "bucket(2, id), bucket(3, device)"])
def test_files_are_parted_as_the_extension_parts_them(sluice, source, lake, fields):
    source.execute(EVENTS)
    migrate(sluice, source, lake, "--partition", f"events:{fields}")
    lake.run("CALL lake.set_option('data_inlining_row_limit', 0)",
             "CREATE TABLE theirs AS FROM events LIMIT 0",
             f"ALTER TABLE theirs SET PARTITIONED BY ({fields})",
             "INSERT INTO theirs FROM events")
    assert parted(lake, "events") == parted(lake, "theirs")
    assert len(parted(lake, "events")) > 1
    # Both go on with it: the extension on ours, sluice on theirs.
    lake.run("INSERT INTO events SELECT id + 1000, device, seen FROM events")
    with duckdb.connect(str(source.path)) as connection:
        connection.execute("UPDATE events SET id = id + 1000")
        connection.execute("ALTER TABLE events RENAME TO theirs")
    migrate(sluice, source, lake, "--if-exists", "append")
    assert parted(lake, "events") == parted(lake, "theirs")
    assert len(lake.rows("FROM theirs")) == 80


def test_ingest_gives_rows_the_partition_of_the_table(sluice, lake):
    lake.run("CALL lake.set_option('data_inlining_row_limit', 0)",
             "CREATE TABLE t (id BIGINT, seen TIMESTAMP)", "CREATE TABLE theirs AS FROM t",
             "ALTER TABLE t SET PARTITIONED BY (month(seen), bucket(4, id))",
             "ALTER TABLE theirs SET PARTITIONED BY (month(seen), bucket(4, id))",
             "INSERT INTO theirs SELECT i, TIMESTAMP '2026-01-01' + to_days(i::INT) FROM "
             "range(90) r(i)")
    lines = lake.data.parent / "a.csv"
    duckdb.sql(f"COPY (SELECT i AS id, TIMESTAMP '2026-01-01' + to_days(i::INT) AS seen FROM "
               f"range(90) r(i)) TO '{lines}' (FORMAT csv, HEADER)")
    sluice.run("ingest", lake.uri, "--table", "t", "--key", "id", lines, check_code=0)
    assert parted(lake, "t") == parted(lake, "theirs")
    files = sluice.run("lake", "files", lake.uri, "--table", "t", "--json", check_code=0).json
    assert {tuple(file["partition"]) for file in files["tables"][0]["files"]} == {
        ("month(seen)", "bucket(4, id)")}


def test_the_history_names_a_bucket_as_it_was_asked_for(sluice, lake):
    lake.run("CREATE TABLE t (id BIGINT)", "ALTER TABLE t SET PARTITIONED BY (bucket(4, id))")
    found = sluice.run("lake", "snapshots", lake.uri, "--json", check_code=0).json["snapshots"]
    assert found[-1]["changes"] == ["partitioned main.t by bucket(4, id)"]


def test_rows_of_a_file_are_sorted_as_asked(sluice, source, lake):
    source.execute("CREATE TABLE t AS SELECT (i * 7919) % 1000 AS id, i % 5 AS g FROM "
                   "range(1000) r(i)")
    migrate(sluice, source, lake, "--partition", "t:g", "--sort", "t:id desc")
    for rows in lake.catalog_rows("SELECT path FROM ducklake_data_file"):
        ids = [number for number, in duckdb.sql(
            f"SELECT id FROM read_parquet('{lake.data}/main/t/{rows[0]}', "
            "hive_partitioning = false)").fetchall()]
        assert ids == sorted(ids, reverse=True)
        assert len(ids) == 200


@pytest.mark.parametrize("fields,message", [
    ("t:bucket(0, id)", "from 1 to 2147483647"), ("t:bucket(x, id)", "whole number N"),
    ("t:bucket(id)", "whole number N"), ("t:bucket(4, gone)", 'has no column "gone"'),
    ("t:bucket(4, l)", "which has no bucket(4)"), ("t:week(at)", "is none of COLUMN"),
    ("t:year(id)", "which has no year"), ("t:", "a column is missing"),
    ("x:id", 'there is no table "x"')])
def test_a_partition_that_cannot_be_is_refused(sluice, source, lake, fields, message):
    source.execute("CREATE TABLE t AS SELECT 1 AS id, [1] AS l, now()::TIMESTAMP AS at")
    result = sluice.run("migrate", source.uri, lake.uri, "--partition", fields,
                        check_code=INVALID)
    assert message in result.stderr
    assert "--partition" in result.stderr
    assert not lake.catalog.exists()


def test_only_lakes_have_partitions(sluice, source, tmp_path):
    source.execute("CREATE TABLE t AS SELECT 1 AS id")
    result = sluice.run("migrate", source.uri, f"sqlite:{tmp_path}/x.db", "--partition", "id",
                        check_code=UNSUPPORTED)
    assert "--partition: sqlite keeps no files" in result.stderr
