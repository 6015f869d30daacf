"""SIGINT and SIGTERM stop a run cleanly: exit code 7, and what goes on from there is said."""
import json
import signal
import time

import pytest

WAIT_SECONDS_MAX = 60


def wait_for_rows(sluice, process):
    """Until the run that is going on has landed rows, or the process has ended."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        runs = sluice.run("runs", "--json").json.get("runs", [])
        if runs and runs[0]["rows"] > 0:
            return
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_is_stopped_and_resumed(sluice, tpch, number):
    source = tpch(0.05)
    process = sluice.start(
        "migrate", f"duckdb:{source}", "sqlite:copy.db", "--batch-size", "20000", "--json"
    )
    wait_for_rows(sluice, process)
    process.send_signal(number)
    stdout, _ = process.communicate(timeout=WAIT_SECONDS_MAX)
    report = json.loads(stdout)
    if process.returncode == 0:
        pytest.skip("the run was done before the signal came")
    assert process.returncode == 7
    assert report["state"] == "interrupted"
    assert all(table["rows_source"] > 0 for table in report["tables"])
    assert report["error"]["kind"] == "cancelled"
    assert report["next"] == f"sluice resume {report['run']}"
    assert report["next"] in report["error"]["hint"]
    assert sluice.run("status", "--json").json["state"] == "interrupted"
    resumed = sluice.run("resume", report["run"], "--json", check_code=0).json
    assert resumed["state"] == "done"
    sluice.run("verify", f"duckdb:{source}", "sqlite:copy.db", check_code=0)


def test_watching_ends_with_the_run(sluice, tpch):
    process = sluice.start("migrate", f"duckdb:{tpch(0.01)}", "sqlite:copy.db", "--quiet")
    wait_for_rows(sluice, process)
    watched = sluice.run("status", "--watch", check_code=0)
    assert process.wait(WAIT_SECONDS_MAX) == 0
    assert "state    done" in watched.stdout
