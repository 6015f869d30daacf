"""Rows too wide for the memory that is allowed: the error says what can be given instead."""
import json
import subprocess
import sys

import duckdb
import pytest

from support.lakes import Lake

def test_out_of_memory_names_both_bounds_and_resume_goes_on_with_more(sluice, tmp_path):
    source = tmp_path / "wide.duckdb"
    with duckdb.connect(str(source)) as connection:
        connection.execute("CREATE TABLE t AS SELECT i, repeat(chr(97 + i::INT), 4000000) AS v "
                           "FROM range(12) r(i)")
    out = tmp_path / "out"
    report = sluice.run("migrate", f"duckdb:{source}", f"parquet:{out}", "--memory", "20MB",
                        "--batch-size", "5000", "--json", check_code=7).json
    assert report["error"]["kind"] == "limit"
    assert "\n" not in report["error"]["message"]
    hint = report["error"]["hint"]
    assert "--memory is 19.1 MiB" in hint and "--batch-size 5000 rows" in hint
    assert f"sluice resume {report['run']} --memory" in hint
    sluice.run("resume", report["run"], "--memory", "2GB", check_code=0)
    assert duckdb.sql(f"SELECT count(*), sum(len(v)) FROM read_parquet('{out}/t.parquet')"
                      ).fetchall() == [(12, 48000000)]


WATCH = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], check=False).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_bytes(sluice, *args):
    """Seen by a small process of its own: the peak of a child begins with its parent's size."""
    command = [sluice.binary, "--state", sluice.folder / "state", "--quiet", *args]
    told = subprocess.run([sys.executable, "-c", WATCH, *map(str, command)], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    code, peak = told.split()
    assert code == "0"
    return int(peak) * 1024


@pytest.mark.parametrize("memory,most", [("64MB", 200), ("256MB", 450)])
def test_ingest_keeps_to_its_memory(sluice, tmp_path, memory, most):
    records = tmp_path / "records.ndjson"
    with open(records, "w", encoding="utf-8") as out:
        for i in range(300_000):
            out.write(json.dumps({"id": i, "text": f"{i} " * 60}) + "\n")
    assert records.stat().st_size > 100 << 20
    lake = Lake(tmp_path)
    lake.run("CREATE TABLE t (id BIGINT, text VARCHAR)")
    peak = peak_bytes(sluice, "ingest", lake.uri, "--table", "t", "--key", "id", "--memory", memory,
                      records)
    # The program itself takes some 60 MiB more.
    assert peak < most << 20
    assert lake.rows("SELECT count(*), count(DISTINCT id) FROM t") == [("300000", "300000")]
