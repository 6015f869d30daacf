"""Tables that DuckDB's own extension writes through a REST catalog (Nessie): its inserts, and its
updates and deletes, which are position deletes, are read as it reads them; sluice goes on with
one, and the extension reads that."""
import uuid

import pytest

from support.judge import open_judge
from support.s3_lakes import open_s3
from support.targets import DuckdbTarget

VALUES = """(1, 'plain', 1.5, DATE '2024-02-29', TIMESTAMP '1969-12-31 23:59:59.999999',
             TIMESTAMPTZ '2024-01-01 00:00:00+00', 12345.678, true, [1, 2], {'a': 7, 'b': 'x'}),
            (2, 'größe €', 'nan'::DOUBLE, DATE '0001-01-01', TIMESTAMP '2262-04-11 23:47:16',
             TIMESTAMPTZ '1970-01-01 00:00:00+00', -0.001, false, [], {'a': NULL, 'b': ''}),
            (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
            (4, '', '-infinity'::DOUBLE, DATE '9999-12-31', TIMESTAMP '1970-01-01 00:00:00',
             TIMESTAMPTZ '2024-06-01 12:00:00.5+00', 0, true, [NULL], {'a': -1, 'b': 'y'})"""
COLUMNS = ("id BIGINT, name VARCHAR, x DOUBLE, day DATE, moment TIMESTAMP, seen TIMESTAMPTZ, "
           "price DECIMAL(18,3), ok BOOLEAN, list INTEGER[], s STRUCT(a INTEGER, b VARCHAR)")


class DuckdbLake:
    """A namespace in Nessie, open in a DuckDB with the extension."""

    def __init__(self, nessie, s3):
        self.environment = s3.environment()
        self.space = f"n{uuid.uuid4().hex[:12]}"
        self.uri = f"iceberg:rest:{nessie.uri}?warehouse={nessie.warehouse}&schema={self.space}"
        self.connection = open_s3(open_judge("iceberg"), s3)
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute(f"ATTACH '{nessie.warehouse}' AS ice (TYPE iceberg, ENDPOINT "
                                f"'{nessie.uri}', AUTHORIZATION_TYPE 'none', "
                                "ACCESS_DELEGATION_MODE 'none')")
        self.run(f"CREATE SCHEMA ice.{self.space}", f"USE ice.{self.space}")

    def run(self, *statements):
        for statement in statements:
            self.connection.execute(statement)

    def rows(self, sql):
        return texts(self.connection, sql)


def texts(connection, sql):
    return sorted(connection.execute(f"SELECT COLUMNS(*)::VARCHAR FROM ({sql})").fetchall(),
                  key=str)


@pytest.fixture
def lake(nessie, s3):
    lake = DuckdbLake(nessie, s3)
    yield lake
    lake.connection.close()


def moved(sluice, lake, folder, *words):
    folder.mkdir()
    out = DuckdbTarget(folder)
    sluice.run("migrate", lake.uri, out.uri, *words, "--json", check_code=0, env=lake.environment)
    return out


def test_rows_that_the_extension_wrote_changed_and_deleted(sluice, lake, tmp_path):
    lake.run(f"CREATE TABLE t ({COLUMNS})", f"INSERT INTO t VALUES {VALUES}",
             "INSERT INTO t (id, name) SELECT 100 + i, 'n' || i FROM range(50) r(i)",
             "DELETE FROM t WHERE id BETWEEN 110 AND 119 OR id = 4",
             "UPDATE t SET name = 'changed' WHERE id = 100")
    out = moved(sluice, lake, tmp_path / "out")
    found = out.rows("SELECT * EXCLUDE (list, s) REPLACE (epoch_us(seen) AS seen) "
                     f"FROM {lake.space}.t ORDER BY id")
    assert len(found) == 43
    assert found[0] == ("1", "plain", "1.5", "2024-02-29", "1969-12-31 23:59:59.999999",
                        "1704067200000000", "12345.678", "True")
    assert found[2] == ("3", *[None] * 7)
    assert found[3][:2] == ("100", "changed")
    found = out.rows("SELECT id, name, isnan(x), day::VARCHAR, list::VARCHAR, s::VARCHAR "
                     f"FROM {lake.space}.t WHERE id = 2")
    assert found == [("2", "größe €", "True", "0001-01-01", "[]", "{'a': NULL, 'b': ''}")]
    assert lake.rows("SELECT count(*) FROM t") == [("43",)]


def test_the_extension_reads_what_sluice_appended_and_merged_into_its_table(
        sluice, lake, tmp_path):
    lake.run("CREATE TABLE t (id BIGINT, name VARCHAR)",
             "INSERT INTO t SELECT i, 'old' FROM range(100) r(i)", "DELETE FROM t WHERE id < 10")
    source = DuckdbTarget(tmp_path)
    source.execute("CREATE TABLE t AS SELECT i AS id, 'new' AS name FROM range(95, 105) r(i)")
    sluice.run("migrate", source.uri, lake.uri, "--if-exists", "merge", "--key", "id", "--json",
               check_code=0, env=lake.environment)
    look = ("SELECT count(*), count(DISTINCT id), count(*) FILTER (name = 'new'), min(id) "
            f"FROM {lake.space}.t")
    assert lake.rows(look) == [("95", "95", "10", "10")]
    lake.run("INSERT INTO t VALUES (1000, 'theirs')")
    assert lake.rows(look)[0][0] == "96"
    out = moved(sluice, lake, tmp_path / "out")
    assert out.rows(look) == lake.rows(look)
