"""50 kills at random instants of a migration into PostgreSQL and into DuckDB."""
import random
import subprocess
import time

import pytest

from support.faults import KILLED, Scene

KILLS = 25  # into each of the two
ROWS = 20_000
SEED = 20_240_229


def run_time(scene):
    attempt = scene.new_attempt()
    start = time.monotonic()
    attempt.sluice.run(*attempt.command, check_code=0)
    seconds = time.monotonic() - start
    attempt.close()
    return seconds


def kill_within(attempt, delay):
    """Returns True where the process was alive to be killed."""
    process = attempt.sluice.start(*attempt.command)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    return process.returncode == KILLED


@pytest.mark.parametrize("kind", ["postgres", "duckdb"])
def test_25_kills_at_random_instants_each_end_equal_to_the_source_or_as_before(
    postgres, judge, tmp_path, kind
):
    pick = random.Random(SEED)
    scene = Scene(kind, tmp_path, postgres, judge, rows=ROWS)
    seconds = run_time(scene)
    kills, attempts = 0, 0
    ends = {"resumed": 0, "rolled back": 0}
    while kills < KILLS:
        attempts += 1
        assert attempts < 4 * KILLS, f"only {kills} of {attempts} runs were alive then"
        attempt = scene.new_attempt()
        delay = pick.uniform(0, seconds)
        way = pick.choice(list(ends))
        killed = kill_within(attempt, delay)
        kills += killed
        try:
            if not killed:
                attempt.assert_moved()
            elif way == "resumed":
                attempt.assert_resumes()
            else:
                attempt.assert_rolls_back()
        except AssertionError as error:
            raise AssertionError(f"kill {kills} after {delay:.3f} s, {way}: see {attempt.folder}") \
                from error
        ends[way] += killed
        attempt.close()
    assert min(ends.values()) >= KILLS // 5
