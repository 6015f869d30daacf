"""kill -9 at the first, second, third ... place until a run ends by itself; resume or rollback.

The places stand around every commit and between the steps of a run; SLUICE_CRASH_AT counts them.
"""
import pytest

from support.faults import Scene
from support.targets import KINDS

POINTS_MIN = 12  # fewer would mean that the program does not stop where it has to
POINTS_MAX = 400
# Places of a run at which the ways back are killed too.
NESTED_STEP = 7


@pytest.fixture(params=KINDS)
def scene(request, postgres, judge, tmp_path):
    return Scene(request.param, tmp_path, postgres, judge)


def each_death(scene, step=1):
    """Yields (N, attempt) for each point N at which a run dies; ends with the run that does not."""
    for point in range(1, POINTS_MAX, step):
        attempt = scene.new_attempt()
        died = attempt.migrate(point)
        if not died:
            attempt.assert_moved()
            attempt.close()
            assert point > POINTS_MIN
            return
        try:
            yield point, attempt
        except BaseException as error:
            raise AssertionError(f"crash point {point}, see {attempt.folder}") from error
        attempt.close()
    raise AssertionError(f"still dying at point {POINTS_MAX}")


def test_a_run_that_died_at_any_point_resumes_or_rolls_back(scene):
    failures = []
    for point, attempt in each_death(scene):
        try:
            if point % 2 == 0:
                attempt.assert_resumes()
            else:
                attempt.assert_rolls_back()
        except AssertionError as error:
            failures.append(f"point {point}, {'resume' if point % 2 == 0 else 'rollback'}: {error}")
    assert not failures, "\n".join(failures)


def test_a_run_that_died_at_any_point_rolls_back_or_resumes_the_other_way_round(scene):
    failures = []
    for point, attempt in each_death(scene):
        try:
            if point % 2 == 1:
                attempt.assert_resumes()
            else:
                attempt.assert_rolls_back()
        except AssertionError as error:
            failures.append(f"point {point}, {'resume' if point % 2 == 1 else 'rollback'}: {error}")
    assert not failures, "\n".join(failures)


def test_a_resume_that_died_too_is_resumed_or_rolled_back(scene):
    failures = []
    for point, attempt in each_death(scene, NESTED_STEP):
        nested = 1 + point // NESTED_STEP % 4
        deaths = 0
        while deaths < 3 and attempt.resume_dies(nested + 2 * deaths):
            deaths += 1
        try:
            if point // NESTED_STEP % 2 == 0:
                attempt.assert_resumes()
            else:
                attempt.assert_rolls_back()
        except AssertionError as error:
            failures.append(f"point {point}, then {deaths} deaths from {nested}: {error}")
    assert not failures, "\n".join(failures)


def test_a_rollback_that_died_too_is_rolled_back(scene):
    failures = []
    for point, attempt in each_death(scene, NESTED_STEP):
        nested = 1
        while nested < POINTS_MAX and attempt.rollback_dies(nested):
            nested += 1
        try:
            attempt.assert_rolls_back()
        except AssertionError as error:
            failures.append(f"point {point}, then {nested - 1} deaths: {error}")
    assert not failures, "\n".join(failures)


def test_a_rollback_of_a_finished_run_that_died_is_rolled_back(scene):
    for nested in range(1, POINTS_MAX):
        attempt = scene.new_attempt()
        assert not attempt.migrate(0)
        died = attempt.rollback_dies(nested)
        attempt.assert_rolls_back()
        attempt.close()
        if not died:
            return
    raise AssertionError("the rollback never ended by itself")
