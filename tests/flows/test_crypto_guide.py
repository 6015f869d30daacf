"""The crypto guide, from the dry run to the rollback, as one script on generated data."""
import pathlib
import re
import sqlite3
import subprocess

import pytest

from support import crypto_data
from support.compare import differences, register_sqlite_table
from support.postgres import SECRET, SECRETIVE

SCRIPT = pathlib.Path(__file__).parent / "crypto_guide.sh"
TABLE_NAMES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


class Guide:
    """The script's run: output by step, the folder that it worked in, the lake, the database."""

    def __init__(self, sluice, server, folder):
        self.server = server
        self.lake = crypto_data.make(folder / "lake")
        self.folder = folder / "work"
        self.database, _ = server.new_database()
        server.psql(self.database, f"GRANT ALL ON DATABASE {self.database} TO {SECRETIVE}; "
                                   f"GRANT ALL ON SCHEMA public TO {SECRETIVE}")
        environment = sluice.environment({
            "PG_USER": SECRETIVE, "PG_PASS": SECRET, "PG_HOST": server.host, "PG_PORT": server.port,
            "PG_NAME": self.database, "SLUICE_STATE": folder / "state",
        })
        done = subprocess.run(
            ["bash", str(SCRIPT), str(sluice.binary), str(self.lake), str(self.folder)],
            env=environment, capture_output=True, text=True, timeout=120, check=False)
        self.code, self.stdout, self.stderr = done.returncode, done.stdout, done.stderr
        self.steps = dict(
            (part.split()[0], part) for part in re.split(r"^== ", done.stdout,
                                                               flags=re.M)[1:])


@pytest.fixture
def guide(sluice, postgres, tmp_path):
    ran = Guide(sluice, postgres, tmp_path)
    assert ran.code == 0, f"{ran.stdout}\n{ran.stderr}"
    return ran


def test_the_crypto_guide_runs_from_dry_run_to_rollback(sluice, guide, judge):
    assert list(guide.steps) == ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.4", "3.1", "3.2",
                                 "3.3",
                                 "3.4", "3.5", "3.6", "done"]
    for step in ("1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "3.2", "3.3", "3.4"):
        for table in crypto_data.TABLES:
            assert table in guide.steps[step], f"{table} in step {step}"
    for step in ("2.3", "3.4"):
        assert_verification_table(guide.steps[step])
    assert "72000|0|744" in guide.steps["2.4"]
    assert_copies_are_equal(guide, judge)
    assert_values_are_spotless(guide)
    assert SECRET not in guide.stdout + guide.stderr


def assert_verification_table(text):
    """A line for each table with the rows of both sides."""
    for table, rows in crypto_data.ROWS.items():
        line, = [line for line in text.splitlines() if re.search(rf"\b{table}\b", line)]
        numbers = [int(word.replace(",", "").replace("'", ""))
                   for word in re.findall(r"(?<![\w.])\d[\d,']*(?![\w.])", line)]
        assert numbers.count(rows) == 2, line


def assert_copies_are_equal(guide, judge):
    server = guide.server
    judge.execute(f"ATTACH '{guide.lake}' AS lake (READ_ONLY)")
    judge.execute(f"ATTACH 'host={server.host} port={server.port} user=postgres "
                  f"dbname={guide.database}' AS production (TYPE postgres)")
    for table in crypto_data.TABLES:
        columns = judge.execute(f"DESCRIBE lake.{table}").fetchall()
        names = ", ".join(f"{c[0]}::{c[1]} AS {c[0]}" for c in columns)
        first = f"SELECT {names} FROM lake.{table}"
        count = judge.execute(f"SELECT count(*) FROM ({first})").fetchone()[0]
        assert count == crypto_data.ROWS[table]
        exported = f"SELECT {names} FROM '{guide.folder}/migration-test/{table}.parquet'"
        assert differences(judge, first, exported) == ""
        rehearsal = register_sqlite_table(judge, guide.folder / "migration-rehearsal.db", table,
                                          "r")
        assert differences(judge, first, f"SELECT {names} FROM {rehearsal}") == ""
        assert differences(judge, first, f"SELECT {names} FROM production.public.{table}") == ""


def assert_values_are_spotless(guide):
    checks = [
        ("SELECT count(*), sum(close IS NULL), sum(open IS NULL) FROM bars_1m", (1200, 14, 0)),
        ("SELECT sum(open_interest IS NULL), count(*) FROM funding_oi_hourly", (30, 720)),
        ("SELECT sum(value IS NULL), sum(source_name = ''), sum(source_name IS NULL) "
         "FROM macro_minute",
         (131, 206, 0)),
        ("SELECT min(ts), typeof(ts) FROM bars_1s", (1_700_000_000_000, "integer")),
    ]
    connection = sqlite3.connect(guide.folder / "migration-rehearsal.db")
    for sql, wanted in checks:
        assert connection.execute(sql).fetchone() == wanted, sql
    connection.close()
    missing = "SELECT count(*) FILTER (WHERE open_interest IS NULL) FROM funding_oi_hourly"
    assert guide.server.psql(guide.database, missing) == "30"


def test_rollback_of_the_guide_puts_the_database_back(sluice, guide):
    """Step 3.5 removed what 3.3 made, before 3.6 made it again; now the last run goes too."""
    rolled_back = guide.steps["3.5"].split("== ")[0]
    assert "bars_1s" in rolled_back
    environment = {
        "SLUICE_STATE": guide.folder.parent / "state",
        "CRYPTO_DB_URL": f"postgresql+pg8000://{SECRETIVE}:{SECRET}@{guide.server.host}:"
                         f"{guide.server.port}/{guide.database}",
    }
    names = guide.server.psql(guide.database, TABLE_NAMES)
    assert names.split("\n") == sorted(crypto_data.TABLES)
    sluice.run("rollback", "last", env=environment, check_code=0)
    assert guide.server.psql(guide.database, TABLE_NAMES) == ""
    schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE '%sluice%'"
    assert guide.server.psql(guide.database, schemas) == "0"


def test_the_password_of_the_guide_is_in_no_file_that_it_left(guide):
    for folder in (guide.folder.parent / "state", guide.folder):
        for file in folder.rglob("*"):
            if file.is_file():
                assert SECRET.encode() not in file.read_bytes(), file
