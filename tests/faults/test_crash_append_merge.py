"""kill -9 at each place of a run that appends to, or merges into, a table with a definition."""
import pytest

from support import thorough
from support.faults import GrowingScene
from support.targets import DATABASES

KINDS = [*DATABASES, "delta", "iceberg"]

POINTS_MAX = 400
# test_crash_points.py stops at every place of a run; here those of publishing are all taken, of the
# rest every eighth, or every fourth.
STEP = 4 if thorough.ALL else 8


@pytest.fixture(params=[(kind, choice) for kind in KINDS for choice in ("append", "merge")],
                ids=lambda param: "-".join(param))
def scene(request, postgres, judge, tmp_path):
    return GrowingScene(*request.param, tmp_path, postgres, judge)


def test_a_run_that_died_resumes_or_rolls_back(scene):
    """Points take turns: one is resumed, the next one rolled back."""
    for point in range(1, POINTS_MAX, STEP):
        attempt = scene.new_attempt()
        died = attempt.migrate(point)
        try:
            if not died:
                attempt.assert_moved()
            elif point // STEP % 2 == 0:
                attempt.assert_resumes()
            else:
                attempt.assert_rolls_back()
        except AssertionError as error:
            raise AssertionError(f"crash point {point}: {error}") from error
        attempt.close()
        if not died:
            return
    raise AssertionError(f"still dying at point {POINTS_MAX}")


def test_a_publication_or_its_rollback_that_died_is_finished(scene):
    """From a run that is verified: each point of publish, and of rollback after it."""
    for verb in ("publish", "rollback"):
        for point in range(1, POINTS_MAX):
            attempt = scene.new_attempt()
            attempt.command.append("--no-publish")
            assert not attempt.migrate(0)
            if verb == "rollback":
                attempt.sluice.run("publish", "last", check_code=0)
            died = attempt.dies(point, verb, "last", "--json")
            if verb == "publish" and point % 2 == 1 and attempt.state() != "done":
                attempt.assert_resumes()
            else:
                attempt.assert_rolls_back()
            attempt.close()
            if not died:
                break
        else:
            raise AssertionError(f"still dying at point {POINTS_MAX}")
