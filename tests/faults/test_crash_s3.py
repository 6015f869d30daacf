"""kill -9 at each place of what changes lakes on S3: nothing is lost, nothing comes twice, no live
file goes, and doing it again finishes what was begun. DuckDB's extensions, delta-rs and PyIceberg
say what is there, boto3 which keys."""
import duckdb
import pyarrow
import pytest

from support.faults import KILLED
from support.lake_states import history
from support.program import Sluice
from support.s3_delta import S3Delta
from support.s3_iceberg import S3Iceberg
from support.s3_lakes import S3Lake
from support.sound_lakes import IN_FILES, TWO, numbers, rewrite
from support.targets import DuckdbTarget
from support.thorough import ALL, some

POINTS_MAX = 200
# Each place in a thorough run; a usual one takes turns.
STEP = 1 if ALL else 3


def points(first=1):
    return range(first, POINTS_MAX, STEP)


def ducklake(folder, s3, kind="sqlite", server=None):
    lake = S3Lake(folder, kind, server, s3, prefix="p")
    lake.run(TWO, "CREATE TABLE u (id bigint, v varchar)", numbers("t", 0, 3), numbers("u", 0, 3),
             IN_FILES, numbers("t", 0, 40), numbers("t", 40, 80), "DELETE FROM t WHERE id < 20",
             numbers("u", 0, 40), numbers("u", 40, 80))
    return lake


def delta(s3):
    place = S3Delta(s3)
    for i in range(4):
        place.write("t", pyarrow.table({"id": range(i * 10, i * 10 + 10), "p": ["a", "b"] * 5}),
                    mode="append", partition_by=["p"])
    place.table("t").delete("id = 7")
    return place


def ids(*numbers_):
    return pyarrow.table({"id": pyarrow.array(numbers_, pyarrow.int64()),
                          "name": ["old"] * len(numbers_)})


def run(sluice, lake, *words, point=None, check_code=None):
    env = dict(lake.env) if point is None else {**lake.env, "SLUICE_CRASH_AT": point}
    return sluice.run(*words, "--json", env=env, check_code=check_code)


def fsck(sluice, lake, uri):
    return run(sluice, lake, "lake", "fsck", uri).json


def swept(sluice, lake, uri):
    """What dead ones left is of no use to anybody."""
    for _ in range(2):
        run(sluice, lake, "lake", "expire", uri, "--keep", 1000, "--orphans", "--grace", "0s",
            check_code=0)
    return fsck(sluice, lake, uri)


def test_a_compaction_of_a_ducklake(s3, tmp_path):
    for point in points():
        folder = tmp_path / str(point)
        folder.mkdir()
        lake, sluice = ducklake(folder, s3), Sluice(folder)
        before = history(lake)
        died = run(sluice, lake, "lake", "compact", lake.uri, point=point)
        assert died.code in (0, KILLED), died
        after = history(lake)
        assert {number: after[number] for number in before} == before, point
        assert after[max(after)] == before[max(before)], point
        assert {one["kind"] for one in fsck(sluice, lake, lake.uri)["findings"]} <= {"orphan_file"}
        run(sluice, lake, "lake", "compact", lake.uri, check_code=0)
        assert swept(sluice, lake, lake.uri)["findings"] == [], point
        last = history(lake)
        assert last[max(last)] == before[max(before)] and len(last) == len(before) + 1
        if died.code == 0:
            assert point > 4
            return
    raise AssertionError("still dying")


def test_an_expiry_of_a_ducklake(s3, tmp_path):
    for point in points():
        folder = tmp_path / str(point)
        folder.mkdir()
        lake, sluice = ducklake(folder, s3), Sluice(folder)
        lake.run(rewrite("t"))
        before = history(lake)
        kept = {max(before): before[max(before)]}
        words = ["lake", "expire", lake.uri, "--keep", 1, "--grace", "0s"]
        died = run(sluice, lake, *words, point=point)
        assert died.code in (0, KILLED), died
        assert history(lake) in (before, kept), point
        assert fsck(sluice, lake, lake.uri)["findings"] == [], point
        run(sluice, lake, *words, check_code=0)
        assert history(lake) == kept and fsck(sluice, lake, lake.uri)["findings"] == [], point
        report = fsck(sluice, lake, lake.uri)
        assert len([key for key in lake.keys() if key.endswith(".parquet")]) == report["files"]
        if died.code == 0:
            assert point > 3
            return
    raise AssertionError("still dying")


def test_a_compaction_of_a_delta_table(s3, tmp_path):
    for point in points():
        folder = tmp_path / str(point)
        folder.mkdir()
        place, sluice = delta(s3), Sluice(folder)
        uri = place.one("t")
        before = {version: place.rows("t", version) for version in range(5)}
        died = run(sluice, place, "lake", "compact", uri, point=point)
        assert died.code in (0, KILLED), died
        newest = place.table("t").version()
        assert newest in (4, 5), point
        assert {version: place.rows("t", version) for version in before} == before, point
        assert place.rows("t") == place.scanned("t") == before[4], point
        again = run(sluice, place, "lake", "compact", uri, check_code=0).json
        assert again["state"] == ("compacted" if newest == 4 else "nothing_to_do"), point
        report = swept(sluice, place, uri)
        assert report["findings"] == report["notes"] == report["staging"] == [], point
        assert place.rows("t") == before[4] and place.table("t").version() == 5
        if died.code == 0:
            assert point > 2
            return
    raise AssertionError("still dying")


def test_an_expiry_of_a_delta_table(s3, tmp_path):
    for point in points():
        folder = tmp_path / str(point)
        folder.mkdir()
        place, sluice = delta(s3), Sluice(folder)
        uri = place.one("t")
        rows = place.rows("t")
        words = ["lake", "expire", uri, "--keep", 1, "--grace", "0s"]
        died = run(sluice, place, *words, point=point)
        assert died.code in (0, KILLED), died
        assert place.rows("t") == place.scanned("t") == rows, point
        assert fsck(sluice, place, uri)["findings"] == [], point
        run(sluice, place, *words, "--orphans", check_code=0)
        assert place.rows("t") == place.scanned("t") == rows, point
        assert fsck(sluice, place, uri)["findings"] == [], point
        assert len([key for key in place.keys("t/_delta_log/") if key.endswith(".json")]) == 1
        live = {uri.rsplit("/", 1)[1] for uri in place.table("t").file_uris()}
        data = {key.rsplit("/", 1)[1] for key in place.keys("t/") if "_delta_log" not in key}
        assert data == live, point
        if died.code == 0:
            assert point > 3
            return
    raise AssertionError("still dying")


@pytest.mark.parametrize("kind", ["ducklake", "delta"])
def test_a_run_that_is_forgotten(s3, tmp_path, kind):
    for point in range(1, POINTS_MAX):
        folder = tmp_path / str(point)
        folder.mkdir()
        source, sluice = DuckdbTarget(folder), Sluice(folder)
        source.execute("CREATE TABLE t AS SELECT i AS id, 'b' AS p FROM range(30, 60) t(i)")
        lake = S3Lake(folder, "sqlite", None, s3, prefix="p") if kind == "ducklake" else delta(s3)
        if kind == "ducklake":
            lake.run("CREATE TABLE t AS SELECT range AS id, 'a' AS p FROM range(40)")
        words = ["migrate", source.uri, lake.uri, "--if-exists", "replace"]
        run(sluice, lake, *words, check_code=0)
        look = (lambda: lake.rows("FROM t")) if kind == "ducklake" else (lambda: lake.rows("t"))
        rows = look()
        assert len(rows) == 30
        died = run(sluice, lake, "forget", "last", point=point)
        assert died.code in (0, KILLED), died
        assert look() == rows, point
        if died.code != 0:
            again = run(sluice, lake, "forget", "last")
            assert again.code in (0, 3), again
        assert look() == rows and [key for key in lake.keys() if ".sluice" in key] == [], point
        if died.code == 0:
            assert point > 1
            return
    raise AssertionError("still dying")


CHOICES = {"create": [], "replace": ["--if-exists", "replace"],
           "append": ["--if-exists", "append"],
           "merge": ["--if-exists", "merge", "--key", "id"]}


@pytest.mark.parametrize("way", ["resume", "rollback"])
@pytest.mark.parametrize("choice", some(CHOICES, 1))
def test_a_run_that_writes_iceberg(s3, tmp_path, choice, way):
    with duckdb.connect(str(tmp_path / "source.duckdb")) as connection:
        connection.execute("CREATE TABLE a AS SELECT i AS id, 'n' AS name FROM range(30) t(i)")
    new = [(i, "n") for i in range(30)]
    old = [(1, "old"), (5000, "old")]
    wanted = sorted(new + {"append": old, "merge": old[1:]}.get(choice, []), key=str)
    for point in points(1 if way == "resume" else 2):
        folder = tmp_path / str(point)
        folder.mkdir()
        lake, sluice = S3Iceberg(folder, s3), Sluice(folder)
        lake.make("main.other", [ids(1)])
        if choice != "create":
            lake.make("main.a", [ids(1, 5000)])
        keys = set(lake.keys())
        died = run(sluice, lake, "migrate", f"duckdb:{tmp_path}/source.duckdb", lake.uri,
                   "--batch-size", 10, *CHOICES[choice], point=point)
        assert died.code in (0, KILLED), died
        runs = run(sluice, lake, "runs").json["runs"]
        if runs and not (way == "resume" and runs[0]["state"] == "done"):
            run(sluice, lake, way, "last", check_code=0)
        assert keys <= set(lake.keys()), "what was there is there"
        assert lake.rows("main.other") == [(1, "old")]
        if way == "resume" and runs:
            assert lake.rows("main.a") == wanted, point
        elif choice == "create":
            assert lake.names() == ["main.other"], point
        else:
            assert lake.rows("main.a") == old, point
        if way == "rollback":
            left = [key for key in lake.keys()
                    if key not in lake.named() and not key.endswith(".metadata.json")]
            assert left == [], point
        if died.code == 0:
            assert point > 4
            return
    raise AssertionError("still dying")


def test_an_expiry_of_an_iceberg_table(s3, tmp_path):
    for point in points():
        folder = tmp_path / str(point)
        folder.mkdir()
        lake, sluice = S3Iceberg(folder, s3), Sluice(folder)
        table = lake.make("shop.t", [ids(1, 2), ids(3)])
        table.overwrite(ids(7, 8))
        table.append(ids(9))
        before = lake.history("shop.t")
        newest = lake.catalog.load_table("shop.t").metadata.current_snapshot_id
        kept = {newest: before[newest]}
        words = ["lake", "expire", lake.uri, "--keep", 1, "--grace", "0s", "--orphans"]
        died = run(sluice, lake, *words, point=point)
        assert died.code in (0, KILLED), died
        assert lake.history("shop.t") in (before, kept), point
        assert fsck(sluice, lake, lake.uri)["findings"] == [], point
        run(sluice, lake, *words, check_code=0)
        assert lake.history("shop.t") == kept and len(kept[newest]) == 3, point
        assert fsck(sluice, lake, lake.uri)["findings"] == [], point
        live = {key for key in lake.keys() if key.endswith((".parquet", ".avro"))}
        assert live <= lake.named(), point
        if died.code == 0:
            assert point > 4
            return
    raise AssertionError("still dying")
