"""Ctrl-C and SIGTERM end a run in good order: exit code 7, and resume finishes it."""
import signal
import sqlite3
import time

import pytest

from support.faults import Scene
from support.targets import KINDS

ROWS = 60_000
WAIT_SECONDS = 30


def wait_until_copying(attempt, process):
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if attempt.sluice.state.exists() and attempt.state() == "copying":
            return
        time.sleep(0.01)


def stop_outside_of_the_journal(attempt, process):
    """Stopped in the middle of a transaction it would hold the journal's lock."""
    for _ in range(50):
        process.send_signal(signal.SIGSTOP)
        journal = sqlite3.connect(attempt.sluice.state / "journal.db", timeout=0.1)
        try:
            journal.execute("BEGIN IMMEDIATE")
            journal.execute("ROLLBACK")
            return
        except sqlite3.OperationalError:
            process.send_signal(signal.SIGCONT)
            time.sleep(0.01)
        finally:
            journal.close()
    raise AssertionError("the journal was locked each time")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_in_the_middle_is_exit_code_7_and_resume_finishes(
    postgres, judge, tmp_path, kind, how
):
    scene = Scene(kind, tmp_path, postgres, judge, rows=ROWS)
    attempt = scene.new_attempt()
    process = attempt.sluice.start(*attempt.command)
    wait_until_copying(attempt, process)
    assert process.poll() is None, "the run ended before the signal"
    process.send_signal(how)
    out, err = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 7, out + err
    assert '"interrupted"' in out and "resume" in out
    assert attempt.state() == "interrupted"
    status = attempt.sluice.run("status", "last", check_code=0)
    assert "resume" in status.stdout
    attempt.assert_resumes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_was_interrupted_rolls_back(postgres, judge, tmp_path, kind):
    scene = Scene(kind, tmp_path, postgres, judge, rows=ROWS)
    attempt = scene.new_attempt()
    process = attempt.sluice.start(*attempt.command)
    wait_until_copying(attempt, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 7
    attempt.assert_rolls_back()


def test_a_run_at_work_is_not_resumed_or_rolled_back_by_another_process(
    postgres, judge, tmp_path
):
    scene = Scene("postgres", tmp_path, postgres, judge, rows=ROWS)
    attempt = scene.new_attempt()
    process = attempt.sluice.start(*attempt.command)
    wait_until_copying(attempt, process)
    stop_outside_of_the_journal(attempt, process)
    try:
        for command in ("resume", "rollback", "publish", "forget"):
            result = attempt.sluice.run(command, "last", "--json", check_code=6)
            if command in ("resume", "rollback"):
                assert str(process.pid) in result.json["error"]["message"], result
    finally:
        process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    attempt.assert_moved()
