"""Runs whose snapshots were expired, or those that others made behind them: a run that landed is
not published again, is not taken back in part, and can be forgotten. And what a run staged in parts
is nobody's orphan."""
import duckdb
import pytest
from pyiceberg.transforms import IdentityTransform

from support.faults import KILLED
from support.iceberg import Lake, abc, pairs
from support.program import Sluice

POINTS_MAX = 60


class Scene:
    """shop.t with 1, 2 and 3, to which a run adds 4 and 5; it dies at crash point `point`."""

    def __init__(self, folder, point=None, is_parted=False):
        folder.mkdir()
        self.lake = Lake(folder / "lake")
        table = abc(self.lake)
        if is_parted:
            with table.update_spec() as update:
                update.add_field("name", IdentityTransform(), "name")
        self.sluice = Sluice(folder)
        with duckdb.connect(str(folder / "source.duckdb")) as connection:
            connection.execute("CREATE SCHEMA shop; CREATE TABLE shop.t AS "
                               "SELECT * FROM (VALUES (4::BIGINT, 'd'), (5, 'e')) v(id, name)")
        self.uri = f"{self.lake.uri}?warehouse={folder}/lake/warehouse"
        self.code = self.sluice.run(
            "migrate", f"duckdb:{folder}/source.duckdb", self.uri, "--if-exists", "append",
            env={"SLUICE_CRASH_AT": point}).code

    @property
    def table(self):
        return self.lake.catalog.load_table("shop.t")

    def ids(self):
        return sorted(self.table.scan().to_arrow()["id"].to_pylist())

    def others_commit(self):
        for number in (90, 91):
            self.table.append(pairs((number, "of others")))

    def expire_by_sluice(self):
        """Keeps the run's snapshot, and the one before it."""
        self.sluice.run("lake", "expire", self.uri, "--keep", 1, "--grace", "0s", check_code=0)

    def staged(self):
        table = self.table
        named = {task.file.file_path for task in table.scan().plan_files()}
        return [path for path in self.lake.folder.rglob("sluice_*/**/*.parquet")
                if f"file://{path}" not in named]

    def expire_by_others(self):
        table = self.table
        gone = [one.snapshot_id for one in table.snapshots()
                if one.snapshot_id != table.current_snapshot().snapshot_id]
        table.maintenance.expire_snapshots().by_ids(gone).commit()


@pytest.fixture(scope="module")
def landed_at(tmp_path_factory):
    """The crash point right behind the commit."""
    folder = tmp_path_factory.mktemp("landed")
    for point in range(15, POINTS_MAX):
        scene = Scene(folder / str(point), point)
        if len(scene.table.snapshots()) == 2:
            assert scene.code == KILLED and point > 15
            return point
    raise AssertionError("it never lands")


@pytest.mark.parametrize("expire", [Scene.expire_by_sluice, Scene.expire_by_others])
def test_a_run_that_died_behind_its_commit_is_not_published_again(tmp_path, landed_at, expire):
    scene = Scene(tmp_path / "scene", landed_at)
    scene.others_commit()
    expire(scene)
    refused = scene.sluice.run("rollback", "last", "--json", check_code=6).json
    assert "others" in refused["error"]["message"]
    assert scene.ids() == [1, 2, 3, 4, 5, 90, 91]
    scene.sluice.run("resume", "last", check_code=0)
    assert scene.ids() == [1, 2, 3, 4, 5, 90, 91]
    scene.sluice.run("forget", "last", check_code=0)


@pytest.mark.parametrize("expire", [Scene.expire_by_sluice, Scene.expire_by_others])
def test_a_run_behind_which_snapshots_were_expired_is_not_taken_back(tmp_path, expire):
    scene = Scene(tmp_path / "scene")
    scene.others_commit()
    expire(scene)
    scene.sluice.run("rollback", "last", "--json", check_code=6)
    assert scene.ids() == [1, 2, 3, 4, 5, 90, 91]
    scene.sluice.run("forget", "last", check_code=0)
    assert not list(scene.lake.folder.rglob(".sluice_*"))


def test_what_others_made_is_dropped_by_force_alone(tmp_path):
    scene = Scene(tmp_path / "scene")
    scene.others_commit()
    scene.expire_by_sluice()
    scene.sluice.run("rollback", "last", "--force", check_code=0)
    assert scene.ids() == [1, 2, 3]


def test_what_a_run_staged_in_parts_is_no_orphan(tmp_path, landed_at):
    scene = Scene(tmp_path / "scene", landed_at - 1, is_parted=True)
    assert scene.code == KILLED and len(scene.staged()) == 2
    sluice, words = scene.sluice, ["lake", "fsck", scene.uri, "--json"]
    assert sluice.run(*words, check_code=0).json["notes"] == []
    sluice.run("lake", "expire", scene.uri, "--keep", 1, "--grace", "0s", "--orphans", check_code=0)
    assert len(scene.staged()) == 2
    sluice.run("resume", "last", check_code=0)
    assert scene.ids() == [1, 2, 3, 4, 5]


def test_a_run_whose_files_somebody_removed_publishes_nothing(tmp_path, landed_at):
    scene = Scene(tmp_path / "scene", landed_at - 1, is_parted=True)
    scene.staged()[0].unlink()
    error = scene.sluice.run("resume", "last", "--json", check_code=3).json["error"]
    assert "which the run staged, is gone" in error["message"]
    assert scene.ids() == [1, 2, 3]
    scene.sluice.run("rollback", "last", check_code=0)
    assert scene.staged() == []
