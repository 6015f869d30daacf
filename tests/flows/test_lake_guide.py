"""The guide from one locked DuckDB file to a lake, as one script on generated data, while
dashboards read. The extension is the judge."""
import hashlib
import json
import os
import pathlib
import pwd
import re
import subprocess
import sys
import time

import duckdb
import pytest

from support import sensor_data
from support.judge import open_judge

SCRIPT = pathlib.Path(__file__).parent / "lake_guide.sh"
ROWS = 2_000_000
DASHBOARDS = 3
READER = "nobody"

# Asks as Grafana would, with the settings that `connect` prints, until standard input closes.
DASHBOARD = """
import json, select, sys
sys.path.insert(0, sys.argv[1])
from support.judge import open_judge
catalog, data = sys.argv[2], sys.argv[3]
asked, errors, least = 0, [], 0
connection = open_judge("ducklake", "sqlite_scanner")
while not select.select([sys.stdin], [], [], 0.1)[0]:
    try:
        connection.execute(
            f"ATTACH 'ducklake:sqlite:{catalog}' AS lake (READ_ONLY, DATA_PATH '{data}/')")
        rows = connection.execute("SELECT count(*) FROM lake.measurements").fetchone()[0]
        connection.execute("SELECT device, avg(usv_h) FROM lake.measurements WHERE when_captured > "
                           "TIMESTAMP '2025-02-01' GROUP BY device").fetchall()
        connection.execute("DETACH lake")
        if rows < least:
            errors.append(f"{rows} rows after {least}")
        asked, least = asked + 1, rows
    except Exception as error:
        errors.append(str(error))
        break
print(json.dumps({"asked": asked, "errors": errors}))
"""


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Guide:
    """The script's run: output by step, what dashboards saw meanwhile."""

    def __init__(self, sluice, folder):
        self.folder = folder
        folder.chmod(0o755)
        for above in list(folder.parents)[:-2]:
            above.chmod(above.stat().st_mode | 0o011)
        newest = sensor_data.make_file(folder / "devices.duckdb", ROWS)
        self.readings = sensor_data.make_feeds(folder / "feed", newest)
        self.before = digest(folder / "devices.duckdb")
        environment = sluice.environment({"READER": READER, "SLUICE_STATE": folder / "state"})
        with open(folder / "out", "w", encoding="utf-8") as out:
            script = subprocess.Popen(["bash", str(SCRIPT), str(sluice.binary), str(folder)],
                                      env=environment, stdout=out, stderr=subprocess.STDOUT)
            self.wait_for("migrated", script)
            dashboards = [self.dashboard() for _ in range(DASHBOARDS)]
            self.wait_for("ingested", script)
            for one in dashboards:
                one.stdin.close()
            self.seen = [json.loads(one.stdout.read()) for one in dashboards]
            for one in dashboards:
                one.wait()
            self.code = script.wait(timeout=300)
        self.output = (folder / "out").read_text(encoding="utf-8")
        parts = re.split(r"^== ", self.output, flags=re.M)[1:]
        self.steps = {part.split()[0]: part for part in parts}

    def wait_for(self, name, script):
        while not (self.folder / name).exists() and script.poll() is None:
            time.sleep(0.05)

    def dashboard(self):
        grafana = self.folder / "grafana"
        return subprocess.Popen(
            [sys.executable, "-c", DASHBOARD, str(SCRIPT.parent.parent),
             str(grafana / "catalog.sqlite"), str(grafana / "data")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("guide")


def rows_of(connection, table):
    return connection.execute(f"SELECT count(*), sum(hash(t)::HUGEINT) FROM {table} t").fetchone()


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files to another user")
def test_the_lake_guide_runs_from_backup_to_rollback(sluice, folder):
    guide = Guide(sluice, folder)
    assert guide.code == 0, guide.output
    ingests = [f"3.{feed:02}" for feed in range(1, sensor_data.FEEDS + 1)]
    assert list(guide.steps) == ["1.1", "1.2", "1.3", "1.4", "2.1", *ingests, "4.1", "4.2", "4.3",
                                 "5.1", "5.2", "5.3", "6.1", "6.2", "6.3", "done"]
    assert [error for one in guide.seen for error in one["errors"]] == []
    assert all(one["asked"] > 0 for one in guide.seen)
    assert "INSTALL ducklake" in guide.steps["2.1"] and READER in guide.steps["2.1"]

    with open_judge("ducklake", "sqlite_scanner") as connection:
        connection.execute(f"ATTACH '{folder}/devices.duckdb' AS old (READ_ONLY)")
        connection.execute(f"ATTACH '{folder}/since.duckdb' AS since (READ_ONLY)")
        connection.execute(f"ATTACH '{folder}/restored.duckdb' AS restored (READ_ONLY)")
        connection.execute(f"ATTACH 'ducklake:sqlite:{folder}/copy/catalog.sqlite' AS copy "
                           f"(READ_ONLY, DATA_PATH '{folder}/copy/data/')")
        old = rows_of(connection, "old.measurements")
        assert old[0] > ROWS
        assert f"\n{old[0]}\n" in guide.steps["4.2"]
        assert rows_of(connection, "restored.measurements") == old
        # Content of the lake at its end: what was there, and each new reading once.
        connection.execute("CREATE TEMP TABLE added AS FROM old.measurements LIMIT 0")
        connection.executemany(
            "INSERT INTO added VALUES ($device, $when_captured, $device_urn, $lnd_7318u, $usv_h, "
            "$lat, $lon)", list(guide.readings.values()))
        connection.execute("CREATE TEMP VIEW wanted AS FROM old.measurements UNION ALL FROM added")
        wanted = rows_of(connection, "wanted")
        assert wanted[0] == old[0] + len(guide.readings)
        for place in ("since", "copy"):
            assert rows_of(connection, f"{place}.measurements") == wanted
            assert rows_of(connection, f"{place}.devices") == rows_of(connection, "old.devices")
        at_first = connection.execute("SELECT count(*) FROM copy.measurements AT (VERSION => 1)")
        assert at_first.fetchone() == (old[0],)
    assert digest(folder / "devices.duckdb") == guide.before
    assert_the_reader_owned_all(guide)


def assert_the_reader_owned_all(guide):
    user = pwd.getpwnam(READER).pw_uid
    dropped = [line for line in guide.steps["3.01"].splitlines() if "10 rows dropped" in line]
    assert dropped, guide.steps["3.01"]
    stats = [path.stat() for path in (guide.folder / "grafana").rglob("*.parquet")]
    # What `lake compact` wrote belongs to the user who ran it; the dashboard's user reads it too.
    assert sum(stat.st_uid == user for stat in stats) > sensor_data.FEEDS
    assert all(stat.st_uid == user or stat.st_mode & 0o004 for stat in stats)
