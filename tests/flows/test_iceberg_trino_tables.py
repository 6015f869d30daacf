"""Tables that Trino wrote and changed, as sluice reads them: merge-on-read deletes, columns and
partitions that changed, old snapshots. Trino says itself what is in them."""
import duckdb
import pytest
from pyiceberg.catalog import load_catalog

from support import trino as engines
from support.delta import texts


class Lake:
    """A catalog of Trino's own. `uri`: as sluice types it."""

    def __init__(self, postgres, trino, folder):
        database = postgres.new_database()
        self.trino = trino
        self.name = trino.new_catalog({
            **engines.jdbc_catalog(postgres, database.name, "lake", f"file://{folder}/w"),
            **engines.local_files()})
        self.uri = f"iceberg:{database.uri}?catalog=lake"
        # Trino does not make the catalog's own tables.
        load_catalog("lake", type="sql", warehouse=f"file://{folder}/w",
                     uri=database.uri.replace("postgres://", "postgresql+psycopg2://"))
        self.run("CREATE SCHEMA LAKE.shop")

    def run(self, *statements):
        for statement in statements:
            rows = self.trino.rows(statement.replace("LAKE", self.name))
        return rows

    def texts(self, columns, of="t"):
        items = ", ".join(f"CAST({column} AS VARCHAR)" for column in columns)
        return sorted((tuple(row) for row in self.run(f"SELECT {items} FROM LAKE.shop.{of}")),
                      key=str)


@pytest.fixture
def lake(postgres, trino, tmp_path):
    return Lake(postgres, trino, tmp_path)


def read(sluice, uri, folder, sql="FROM shop.t"):
    """What sluice copies to DuckDB, verified, as texts."""
    copy = folder / "copy.duckdb"
    copy.unlink(missing_ok=True)
    sluice.run("migrate", uri, f"duckdb:{copy}", "--json", check_code=0)
    with duckdb.connect(str(copy), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return texts(connection, sql)



def test_rows_that_trino_deleted_updated_and_merged(sluice, lake, tmp_path):
    lake.run(
        "CREATE TABLE LAKE.shop.t (id BIGINT, name VARCHAR, price DECIMAL(9, 2), "
        "seen TIMESTAMP(6)) WITH (partitioning = ARRAY['bucket(id, 3)'], format_version = 2)",
        "INSERT INTO LAKE.shop.t SELECT i, 'n' || CAST(i AS VARCHAR), i - DECIMAL '10.25', "
        "TIMESTAMP '1969-12-31 23:59:59.999999' + i * INTERVAL '1' DAY "
        "FROM UNNEST(sequence(1, 40)) s(i)",
        "DELETE FROM LAKE.shop.t WHERE id % 7 = 0",
        "UPDATE LAKE.shop.t SET name = NULL, price = price * 2 WHERE id BETWEEN 10 AND 12",
        "MERGE INTO LAKE.shop.t USING (VALUES (1, 'one'), (2, NULL), (99, 'new')) s(id, name) "
        "ON t.id = s.id WHEN MATCHED AND s.name IS NULL THEN DELETE "
        "WHEN MATCHED THEN UPDATE SET name = s.name "
        "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)")
    deletes = lake.run('SELECT count(*) FROM LAKE.shop."t$files" WHERE content = 1')
    assert deletes[0][0] > 0
    columns = ["id", "name", "price"]
    assert read(sluice, lake.uri, tmp_path, f"SELECT {', '.join(columns)} FROM shop.t") == (
        lake.texts(columns))
    assert read(sluice, lake.uri, tmp_path, "SELECT strftime(seen, '%Y-%m-%d %H:%M:%S.%f') "
                "FROM shop.t") == lake.texts(["seen"])
    report = sluice.run("lake", "fsck", lake.uri, "--json", check_code=0).json
    assert report["findings"] == []
    snapshots = lake.run(
        'SELECT snapshot_id FROM LAKE.shop."t$snapshots" ORDER BY committed_at')
    for (snapshot,) in snapshots:
        old = lake.texts(["id", "name"], f"t FOR VERSION AS OF {snapshot}")
        assert read(sluice, f"{lake.uri}&snapshot={snapshot}", tmp_path,
                    "SELECT id, name FROM shop.t") == old


def test_columns_and_partitions_that_trino_changed(sluice, lake, tmp_path):
    lake.run(
        "CREATE TABLE LAKE.shop.t (id INTEGER, name VARCHAR, seen DATE, gone INTEGER, "
        "deep ROW(a INTEGER, b VARCHAR)) WITH (partitioning = ARRAY['year(seen)'])",
        "INSERT INTO LAKE.shop.t VALUES (1, 'a', DATE '1969-12-31', 7, ROW(1, 'x')), "
        "(2, NULL, NULL, NULL, NULL)",
        "ALTER TABLE LAKE.shop.t RENAME COLUMN name TO label",
        "ALTER TABLE LAKE.shop.t ALTER COLUMN id SET DATA TYPE BIGINT",
        "ALTER TABLE LAKE.shop.t DROP COLUMN gone",
        "ALTER TABLE LAKE.shop.t ADD COLUMN gone VARCHAR",
        "ALTER TABLE LAKE.shop.t ADD COLUMN deep.c DOUBLE",
        "ALTER TABLE LAKE.shop.t SET PROPERTIES "
        "partitioning = ARRAY['truncate(label, 2)', 'month(seen)']",
        "INSERT INTO LAKE.shop.t VALUES (9999999999, 'zürich', DATE '2020-02-29', "
        "ROW(2, 'y', 0.5), 'new')",
        "DELETE FROM LAKE.shop.t WHERE id = 1",
        "INSERT INTO LAKE.shop.t VALUES (3, NULL, DATE '1600-01-01', NULL, NULL)")
    columns = ["id", "label", "seen", "deep.a", "deep.b", "deep.c", "gone"]
    found = read(sluice, lake.uri, tmp_path, f"SELECT {', '.join(columns)} FROM shop.t")
    assert found == [(a, b, c, d, e, "0.5" if f == "5.0E-1" else f, g)
                     for a, b, c, d, e, f, g in lake.texts(columns)]
    assert [row[0] for row in found] == ["2", "3", "9999999999"]
    assert sluice.run("lake", "fsck", lake.uri, "--json", check_code=0).json["findings"] == []


@pytest.mark.parametrize("version", [1, 2])
def test_sluice_goes_on_with_a_table_of_trino_s(sluice, lake, tmp_path, version):
    lake.run(
        "CREATE TABLE LAKE.shop.t (id BIGINT, name VARCHAR, day DATE) "
        f"WITH (partitioning = ARRAY['day(day)', 'truncate(name, 1)'], format_version = {version})",
        "INSERT INTO LAKE.shop.t VALUES (1, 'old', DATE '1969-12-31'), "
        "(2, 'old', DATE '1969-12-31')")
    source = tmp_path / "source.duckdb"
    with duckdb.connect(str(source)) as connection:
        connection.execute("CREATE SCHEMA shop; CREATE TABLE shop.t AS SELECT * FROM (VALUES "
                           "(2::BIGINT, 'new', DATE '1970-01-01'), (3, NULL, NULL)) v(id, name, "
                           "day)")
    uri = f"{lake.uri}&warehouse={tmp_path}/w"
    before = lake.texts(["id", "name", "day"])
    sluice.run("migrate", f"duckdb:{source}", uri, "--if-exists", "merge", "--key", "id",
               check_code=0)
    assert lake.texts(["id", "name", "day"]) == [
        ("1", "old", "1969-12-31"), ("2", "new", "1970-01-01"), ("3", None, None)]
    assert lake.run("SELECT id FROM LAKE.shop.t WHERE day = DATE '1970-01-01'") == [[2]]
    sluice.run("rollback", "last", check_code=0)
    assert lake.texts(["id", "name", "day"]) == before
    lake.run("INSERT INTO LAKE.shop.t VALUES (4, 'x', NULL)")
    assert len(lake.texts(["id"])) == 3
