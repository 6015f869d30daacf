"""The guide of a dbt shop: PostgreSQL to Iceberg tables on S3, models built by dbt, read by Trino,
with a day's changes, time travel, the way back, and PostgreSQL again."""
import json
import os
import shutil
import subprocess
import sys

import duckdb
import pytest

from support import thorough
from support import trino as engines
from support.program import BINARY, CHECKOUT

EXAMPLE = CHECKOUT / "examples/jaffle"
DBT = CHECKOUT / ".deps/dbt/bin/dbt"
ORDERS = 1_000_000 if thorough.ALL else 20_000
RAW = {
    "raw_customers": "id BIGINT PRIMARY KEY, first_name TEXT, last_name TEXT",
    "raw_orders": "id BIGINT PRIMARY KEY, user_id BIGINT NOT NULL, order_date DATE NOT NULL, "
                  "status TEXT NOT NULL",
    "raw_payments": "id BIGINT PRIMARY KEY, order_id BIGINT NOT NULL, payment_method TEXT, "
                    "amount BIGINT NOT NULL",
}
LAYERS = {
    "raw": {"raw_customers", "raw_orders", "raw_payments"},
    "staging": {"stg_customers", "stg_orders", "stg_payments"},
    "marts": {"customers", "orders"},
    "ddi": {"at_risk_customers", "rolling_30_day_orders"},
}
# A day's changes: one order is completed, one is new.
CHANGES = """
    UPDATE raw_orders SET status = 'completed' WHERE id = 1;
    INSERT INTO raw_orders VALUES (9000001, 1, '2026-01-01', 'placed');
"""


class Shop:
    """A PostgreSQL database with the three tables, and the lake that they go to."""

    def __init__(self, postgres, s3, trino, seeds, work):
        self.postgres, self.s3, self.trino = postgres, s3, trino
        self.database = postgres.new_database()
        for table, columns in RAW.items():
            postgres.psql(self.database.name, f"CREATE TABLE {table} ({columns})")
            postgres.psql(self.database.name,
                          f"COPY {table} FROM '{seeds}/{table}.csv' (FORMAT csv, HEADER)")
        lake = postgres.new_database()
        warehouse = f"s3://{s3.new_bucket()}/jaffle"
        self.lake = f"iceberg:{lake.uri}?warehouse={warehouse}"
        self.iceberg = trino.new_catalog(
            {**engines.jdbc_catalog(postgres, lake.name, "sluice", warehouse),
             **engines.s3_files(s3)})
        self.source = trino.new_catalog(
            {"connection-url":
                 f"jdbc:postgresql://{postgres.host}:{postgres.port}/{self.database.name}",
             "connection-user": "postgres", "connection-password": "unused"}, "postgresql")
        self.work = work

    def run_example(self):
        environment = {**os.environ, **self.s3.environment(), "SLUICE_BIN": str(BINARY),
                       "DBT": str(DBT), "JAFFLE_WORK": str(self.work),
                       "JAFFLE_SOURCE": self.database.uri, "JAFFLE_LAKE": self.lake}
        done = subprocess.run([EXAMPLE / "run.sh"], env=environment, capture_output=True, text=True,
                              timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def trino_rows(self, sql):
        return self.trino.rows(sql.replace("LAKE", self.iceberg).replace("SHOP", self.source))

    def differences(self, table):
        """Rows of one side that the other has not, by Trino, which reads both."""
        one, other = f"SELECT * FROM LAKE.raw.{table}", f"SELECT * FROM SHOP.public.{table}"
        return self.trino_rows(f"SELECT (SELECT count(*) FROM ({one} EXCEPT {other})), "
                               f"(SELECT count(*) FROM ({other} EXCEPT {one})), "
                               f"(SELECT count(*) FROM LAKE.raw.{table}) - "
                               f"(SELECT count(*) FROM SHOP.public.{table})")


def make_seeds(folder):
    subprocess.run([sys.executable, EXAMPLE / "make_shop.py", folder, "--orders", str(ORDERS)],
                   check=True)
    # The server's user reads them.
    for file in folder.iterdir():
        file.chmod(0o644)
    return folder


def open_for_others(folder):
    for above in [folder, *folder.parents]:
        if above == above.parent or above.stat().st_mode & 0o005 == 0o005:
            continue
        above.chmod(above.stat().st_mode | 0o055)


@pytest.fixture(params=["generated", "real"])
def shop(request, postgres, s3, trino, tmp_path):
    if not DBT.exists():
        pytest.skip(f"{DBT} is not there: run tools/setup.sh")
    seeds = tmp_path / "seeds"
    if request.param == "real":
        shutil.copytree(request.getfixturevalue("data_folder") / "jaffle", seeds)
    else:
        make_seeds(seeds)
    open_for_others(seeds)
    return Shop(postgres, s3, trino, seeds, tmp_path / "work")


def as_text(value):
    """A value as Trino's protocol gives it."""
    return value if value is None or isinstance(value, int) else str(value)


def models_in_duckdb(path, table):
    with duckdb.connect(str(path), read_only=True) as connection:
        return sorted([as_text(value) for value in row]
                      for row in connection.execute(f"FROM {table}").fetchall())


def test_the_whole_guide(shop, sluice):
    shop.run_example()
    # Trino sees the layers, and in them what PostgreSQL has and what dbt built.
    for layer, tables in LAYERS.items():
        assert {name for name, in shop.trino_rows(f"SHOW TABLES FROM LAKE.{layer}")} == tables
    for table in RAW:
        assert shop.differences(table) == [[0, 0, 0]]
    for table in ("marts.customers", "marts.orders", "ddi.at_risk_customers",
                  "ddi.rolling_30_day_orders"):
        rows = sorted(shop.trino_rows(f"SELECT * FROM LAKE.{table}"), key=str)
        assert rows == sorted(models_in_duckdb(shop.work / "shop.duckdb", table), key=str)
    # What the guide looks at: snapshots, files, properties.
    run = sluice_report(sluice, shop)
    [[operation, recorded]] = shop.trino_rows(
        "SELECT operation, element_at(summary, 'sluice.run') "
        'FROM LAKE.marts."customers$snapshots"')
    assert operation == "append" and recorded == run
    files = shop.trino_rows('SELECT file_format, record_count FROM LAKE.raw."raw_orders$files"')
    assert sum(count for _, count in files) == count_of(shop, "raw_orders")
    assert {kind for kind, _ in files} == {"PARQUET"}
    properties = dict(shop.trino_rows('SELECT * FROM LAKE.marts."customers$properties"'))
    assert properties["format-version"] == "2"
    # A day's changes by key; what was there before stays readable.
    before = shop.trino_rows("SELECT count(*), max(id) FROM LAKE.raw.raw_orders")
    [[first]] = shop.trino_rows('SELECT snapshot_id FROM LAKE.raw."raw_orders$snapshots"')
    shop.postgres.psql(shop.database.name, CHANGES)
    merge = ("migrate", shop.database.uri, f"{shop.lake}&schema=raw", "--table",
             "public.raw_orders", "--if-exists", "merge", "--key", "id")
    sluice.run(*merge, env=shop.s3.environment(), check_code=0)
    assert shop.differences("raw_orders") == [[0, 0, 0]]
    assert shop.trino_rows("SELECT status FROM LAKE.raw.raw_orders WHERE id = 1") == [["completed"]]
    assert shop.trino_rows("SELECT count(*), max(id) FROM LAKE.raw.raw_orders "
                           f"FOR VERSION AS OF {first}") == before
    back = sluice.run("query", shop.lake, "SELECT count(*) AS n, max(id) AS m FROM raw.raw_orders",
                      "--at", first, "--format", "json", env=shop.s3.environment(), check_code=0)
    assert [list(row.values()) for row in back.json] == before
    # The way back: the merge goes, and is there again after another run.
    sluice.run("rollback", "last", env=shop.s3.environment(), check_code=0)
    assert shop.trino_rows("SELECT count(*), max(id) FROM LAKE.raw.raw_orders") == before
    sluice.run(*merge, env=shop.s3.environment(), check_code=0)
    assert shop.differences("raw_orders") == [[0, 0, 0]]
    # PostgreSQL again.
    again = shop.postgres.new_database()
    sluice.run("migrate", f"{shop.lake}&schema=raw", again.uri, env=shop.s3.environment(),
               check_code=0)
    for table in RAW:
        sql = f"SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM {{}}{table} t"
        assert shop.postgres.psql(again.name, sql.format("raw.")) == shop.postgres.psql(
            shop.database.name, sql.format("public."))


def count_of(shop, table):
    return int(shop.postgres.psql(shop.database.name, f"SELECT count(*) FROM {table}"))


def sluice_report(sluice, shop):
    """The run that published the lake, by the example's own state."""
    done = subprocess.run([BINARY, "--state", shop.work / "state", "runs", "--json"],
                          capture_output=True, text=True, check=True)
    runs = json.loads(done.stdout)
    runs = runs["runs"] if isinstance(runs, dict) else runs
    return max(run["run"] for run in runs)
