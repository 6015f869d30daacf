"""kill -9 at each place of `evolve up` and `evolve down` on each system: a script is there as a
whole or not at all, or goes on where it was, and running the command again ends as if nothing had
been."""
import pytest

from support.faults import KILLED
from support.program import Sluice
from support.scripts import EVENTS, KINDS, PEOPLE, Scripts, content, fill
from support.targets import make_target
from support.thorough import ALL

POINTS_MAX = 160
STEP = 1 if ALL else 4


def make(kind, folder, server):
    folder.mkdir()
    target = make_target(kind, folder, server)
    if kind == "ducklake":
        target.execute("CREATE TABLE bystander (a INTEGER)")
    return target


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_is_killed_is_finished_by_the_next(postgres, tmp_path, kind):
    scripts = fill(Scripts(tmp_path))
    ended = False
    for point in range(1, POINTS_MAX, STEP):
        folder = tmp_path / str(point)
        target = make(kind, folder, postgres)
        sluice = Sluice(folder)
        arguments = (target.uri, "--dir", scripts.folder, "--no-backup", "--json")
        died = sluice.run("evolve", "up", *arguments, env={"SLUICE_CRASH_AT": point})
        assert died.code in (0, KILLED), died
        ended = died.code == 0
        sluice.run("evolve", "up", *arguments, check_code=0)
        assert content(target) == (EVENTS, PEOPLE), point
        assert sluice.run("evolve", "verify", *arguments[:3], "--json",
                          check_code=0).json["state"] == "same", point
        died = sluice.run("evolve", "down", *arguments, "--to", 0,
                          env={"SLUICE_CRASH_AT": point})
        assert died.code in (0, KILLED), died
        ended &= died.code == 0
        sluice.run("evolve", "down", *arguments, "--to", 0, check_code=0)
        assert not target.exists("events") and not target.exists("people"), point
        assert target.rows("SELECT version FROM schema_migrations") == [], point
        if ended:
            break
    assert ended and point > 10
