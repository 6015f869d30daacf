"""kill -9 at each place of a run that writes Iceberg tables, then resume or rollback; PyIceberg
says what is there, and that no file is there which no table names."""
import duckdb
import pyarrow
import pytest

from support import delta
from support.iceberg import Hand
from support.iceberg_target import IcebergTarget
from support.program import Sluice

KILLED = -9
POINTS_MIN = 8
POINTS_MAX = 200
CHOICES = {"create": [], "replace": ["--if-exists", "replace"],
           "append": ["--if-exists", "append"],
           "merge": ["--if-exists", "merge", "--key", "id"],
           "merge into version 3": ["--if-exists", "merge", "--key", "id"]}


class Scene:
    """A source of two tables; an attempt has a lake of its own, both tables in it unless they are
    to be made, and a bystander."""

    def __init__(self, folder, choice):
        self.folder = folder
        self.choice = choice
        self.made = 0
        self.source = folder / "source.duckdb"
        with duckdb.connect(str(self.source)) as connection:
            connection.execute("CREATE TABLE a AS SELECT i AS id, 'a' || i AS name "
                               "FROM range(900) t(i)")
            connection.execute("CREATE TABLE b AS SELECT i AS id, 'b' || i AS name "
                               "FROM range(3) t(i)")
        self.old = pyarrow.table({"id": pyarrow.array([1, 5000], pyarrow.int64()),
                                  "name": ["old", "old"]})

    def attempt(self):
        self.made += 1
        folder = self.folder / f"attempt-{self.made}"
        folder.mkdir()
        lake = IcebergTarget(folder / "lake")
        lake.folder.mkdir()
        catalog = lake.catalog
        names = ["other.bystander"] + ([] if self.choice == "create" else ["main.a", "main.b"])
        for name in names:
            catalog.create_namespace_if_not_exists(name.split(".")[0])
            catalog.create_table(name, self.old.schema).append(self.old)
            if self.choice == "merge into version 3" and name.startswith("main."):
                hand = Hand(lake, name)
                hand.upgrade()
                hand.save()
        (folder / "work").mkdir()
        return Attempt(self, lake, Sluice(folder / "work"))

    def wanted(self, table, old):
        with duckdb.connect(str(self.source), read_only=True) as connection:
            new = delta.texts(connection, f"FROM {table}")
        keys = {row[0] for row in new}
        kept = {"create": [], "replace": [], "append": old}.get(
            self.choice, [row for row in old if row[0] not in keys])
        return sorted(new + kept, key=str)


class Attempt:
    def __init__(self, scene, lake, sluice):
        self.scene, self.lake, self.sluice = scene, lake, sluice
        self.before = lake.dump()
        self.command = ["migrate", f"duckdb:{scene.source}", lake.uri, *CHOICES[scene.choice],
                        "--batch-size", "300", "--json"]

    def dies(self, point, *command):
        result = self.sluice.run(*command, env={"SLUICE_CRASH_AT": point})
        assert result.code in (0, KILLED, 3, 6), result
        return result.code == KILLED

    def state(self):
        runs = self.sluice.run("runs", "--json", check_code=0).json
        runs = runs["runs"] if isinstance(runs, dict) else runs
        return runs[0]["state"] if runs else None

    def assert_moved(self):
        old = [] if self.scene.choice == "create" else [("1", "old"), ("5000", "old")]
        for table in ("a", "b"):
            assert self.lake.texts(f"main.{table}") == self.scene.wanted(table, old)
            own = [one for one in self.lake.table(f"main.{table}").snapshots()
                   if "sluice.run" in one.summary.additional_properties]
            assert len(own) == 1
        assert self.lake.texts("other.bystander") == [("1", "old"), ("5000", "old")]

    def assert_as_before(self):
        assert self.lake.dump() == self.before

    def assert_resumes(self):
        if self.state() is None:
            return self.assert_as_before()
        if self.state() == "done":
            return self.assert_moved()
        result = self.sluice.run("resume", "last", "--json")
        assert result.code == 0, result
        return self.assert_moved()

    def assert_rolls_back(self):
        state = self.state()
        if state not in (None, "rolled_back"):
            result = self.sluice.run("rollback", "last", "--json")
            assert result.code == 0, (state, result)
        self.assert_as_before()
        hidden = [path for path in self.lake.leftovers() if ".metadata.json" not in path]
        assert hidden == []


@pytest.fixture(params=list(CHOICES))
def scene(request, tmp_path):
    return Scene(tmp_path, request.param)


def test_a_run_that_died_resumes_or_rolls_back(scene):
    """Points take turns: one is resumed, the next one rolled back."""
    for point in range(1, POINTS_MAX):
        attempt = scene.attempt()
        died = attempt.dies(point, *attempt.command)
        try:
            if not died:
                attempt.assert_moved()
            elif point % 2 == 0:
                attempt.assert_resumes()
            else:
                attempt.assert_rolls_back()
        except AssertionError as error:
            raise AssertionError(f"crash point {point}: {error}") from error
        if not died:
            assert point > POINTS_MIN
            return
    raise AssertionError(f"still dying at point {POINTS_MAX}")


def test_a_publication_or_its_rollback_that_died_is_finished(scene):
    """From a run that is verified: each point of publish, and of rollback after it."""
    for verb in ("publish", "rollback"):
        for point in range(1, POINTS_MAX):
            attempt = scene.attempt()
            assert not attempt.dies(0, *attempt.command, "--no-publish")
            if verb == "rollback":
                attempt.sluice.run("publish", "last", check_code=0)
            died = attempt.dies(point, verb, "last", "--json")
            try:
                if verb == "publish" and point % 2 == 1 and attempt.state() != "done":
                    attempt.assert_resumes()
                else:
                    attempt.assert_rolls_back()
            except AssertionError as error:
                raise AssertionError(f"{verb}, crash point {point}: {error}") from error
            if not died:
                break
        else:
            raise AssertionError(f"still dying at point {POINTS_MAX}")
