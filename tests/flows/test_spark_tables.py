"""Tables that Spark wrote with Iceberg 1.12 and Delta 4.4 as sluice reads them: merge-on-read
deletes, deletion vectors, evolved and mapped columns, widened types, tracked rows. Spark says
itself what is in them; what it wrote is kept in tests/spark/tables.tar.gz."""
import duckdb
import pytest

from support import spark

TABLES = spark.unpacked()


def cell(name, kind):
    if kind.endswith("[]") or kind.startswith("STRUCT"):
        return f'CAST(to_json("{name}") AS VARCHAR)'
    if kind == "BLOB":
        return f'hex("{name}")'
    return f'CAST("{name}" AS VARCHAR)'


def rows_of(copy, relation):
    with duckdb.connect(str(copy), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        columns = connection.execute(f"DESCRIBE {relation}").fetchall()
        cells = ", ".join(cell(name, kind) for name, kind, *_ in columns)
        found = connection.execute(f"SELECT {cells} FROM {relation}").fetchall()
    zoned = [kind == "TIMESTAMP WITH TIME ZONE" for _, kind, *_ in columns]
    return sorted(([c.removesuffix("+00") if c and z else c for c, z in zip(row, zoned)]
                   for row in found), key=str)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_spark_s_has_the_rows_that_spark_reads(sluice, tmp_path, name):
    lake, table = name.split("/")
    copy = tmp_path / "copy.duckdb"
    schema = "db" if lake == "iceberg" else "main"
    sluice.run("migrate", f"{lake}:{spark.PLACE}/{lake}", f"duckdb:{copy}", "--table",
               f"db.{table}" if lake == "iceberg" else table, check_code=0)
    assert rows_of(copy, f'{schema}."{table}"') == TABLES[name]


@pytest.mark.parametrize("name", TABLES)
def test_nothing_is_found_wrong_with_a_table_of_spark_s(sluice, name):
    lake, table = name.split("/")
    pattern = f"db.{table}" if lake == "iceberg" else table
    report = sluice.run("lake", "fsck", f"{lake}:{spark.PLACE}/{lake}", "--table", pattern,
                        "--json", check_code=0).json
    assert report["findings"] == []
