"""Catalogs in SQL of Delta tables on S3: imported, compared, read, committed to and mirrored, as
delta-rs and DuckDB's extension read the logs and each database's own client the catalog."""
import json
import urllib.parse

import pyarrow
import pytest

from support import delta_logs
from support.catalogs import make_catalog, sqlite_catalog
from support.faults import KILLED
from support.program import Sluice
from support.s3 import SECRET
from support.s3_delta import S3Delta
from support.targets import DuckdbTarget
from support.thorough import ALL, some

DONE, DIFFERS, CONFLICT, DENIED, UNSUPPORTED = 0, 5, 6, 8, 10
POINTS_MAX = 60


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def catalog(request, tmp_path):
    return make_catalog(request.param, tmp_path, request)


@pytest.fixture
def lite(tmp_path):
    return sqlite_catalog(tmp_path)


@pytest.fixture
def place(s3):
    return S3Delta(s3, "tables")


def do(sluice, place, *words, check_code=DONE, env=None):
    """The server's address comes from the environment: a catalog's location does not say it."""
    env = {**place.server.environment(), **(env or {})}
    found = sluice.run(*words, "--json", check_code=check_code, env=env)
    assert SECRET not in found.stdout + found.stderr
    return found.json


def through(place, catalog, below=""):
    """The location of tables that are kept in the catalog."""
    return f"delta:{place.root}{below}?catalog={urllib.parse.quote(catalog.uri, safe='/:')}"


def imported(sluice, place, catalog, *more, **rest):
    return do(sluice, place, "catalog", "import", f"delta:{place.root}", catalog.uri,
              "--recursive", *more, **rest)


def seed(place, name, numbers, mode="append"):
    rows = pyarrow.table({"id": pyarrow.array(list(numbers), pyarrow.int64()),
                          "v": ["seed"] * len(list(numbers))})
    place.write(name, rows, mode=mode)


def ids(place, name):
    """As delta-rs and DuckDB's extension read the log."""
    rows = place.rows(name)
    assert rows == place.scanned(name)
    return sorted(int(row[0]) for row in rows)


def assert_same(sluice, place, catalog):
    found = do(sluice, place, "catalog", "validate", f"delta:{place.root}", catalog.uri)
    assert found["state"] == "same"
    assert catalog.lines("SELECT count(*) FROM delta_unmirrored") == ["0"]


def numbers_in(folder, **tables):
    source = DuckdbTarget(folder)
    for name, numbers in tables.items():
        source.execute(f"CREATE TABLE {name} (id BIGINT, v VARCHAR)",
                       *[f"INSERT INTO {name} VALUES ({number}, 'new')" for number in numbers])
    return source


def test_a_tree_is_imported_compared_and_taken_out_again(sluice, place, catalog):
    for table in ("eu/orders", "eu/items", "us/orders"):
        seed(place, table, range(4))
        seed(place, table, range(4, 6))
    found = imported(sluice, place, catalog, "--exclude", "us", "--parallel", 2)
    assert [one["table_id"] for one in found["tables"]] == ["eu/items", "eu/orders"]
    assert all(one["state"] == "imported" and one["commits"] == 2 for one in found["tables"])
    listed = place.table("eu/orders").file_uris()
    ours = catalog.lines("SELECT location, path FROM delta_tables t JOIN delta_files f "
                         "ON t.table_id = f.table_id WHERE t.table_id = 'eu/orders'")
    assert sorted(line.replace("|", "/") for line in ours) == sorted(listed)
    imported(sluice, place, catalog)
    assert_same(sluice, place, catalog)
    place.table("us/orders").delete("id < 2")
    lag = do(sluice, place, "catalog", "status", catalog.uri, "--table-id", "us/orders")
    assert lag["tables"][0]["versions_behind"] == 1 and lag["tables"][0]["drift"] is None
    behind = do(sluice, place, "catalog", "validate", f"delta:{place.root}/us", catalog.uri,
                check_code=DIFFERS)
    assert [one["kind"] for one in behind["tables"][0]["differences"]] == ["version"]
    assert imported(sluice, place, catalog)["tables"][2]["commits"] == 1
    assert_same(sluice, place, catalog)
    asked = do(sluice, place, "catalog", "compare", f"delta:{place.root}/us/orders", catalog.uri)
    assert all(one["same"] for one in asked["questions"])
    before = place.keys()
    do(sluice, place, "catalog", "rollback", catalog.uri, "--table-id", "eu/items", "--dry-run")
    do(sluice, place, "catalog", "rollback", catalog.uri, "--table-id", "eu/items")
    do(sluice, place, "catalog", "drop", catalog.uri, "--table-id", "eu/orders")
    assert catalog.lines("SELECT table_id FROM delta_tables") == ["us/orders"]
    assert place.keys() == before


def test_a_long_commit_is_imported_in_parts(sluice, place, lite, tmp_path):
    """Of more bytes than are read at once."""
    states = delta_logs.write_table(tmp_path / "t", commits=2, files=22_000)
    place.upload(tmp_path / "t", "t")
    commits = list((tmp_path / "t/_delta_log").glob("*.json"))
    assert max(path.stat().st_size for path in commits) > 1 << 22
    done = imported(sluice, place, lite)["tables"][0]
    assert done["version"] == 1
    paths = lite.lines("SELECT path FROM delta_files WHERE removed_version IS NULL")
    assert sorted(paths) == sorted(states[1])
    assert_same(sluice, place, lite)


def test_what_was_replaced_is_found(sluice, place, lite):
    seed(place, "t", range(3))
    imported(sluice, place, lite)
    for key in place.keys("t/"):
        place.delete(key)
    seed(place, "t", range(30, 33))
    found = imported(sluice, place, lite, check_code=CONFLICT)
    assert found["error"]["vendor_code"] == "log_replaced" or "not the one" in str(found)


def test_every_version_is_read_out_of_sql(sluice, place, catalog, tmp_path):
    seed(place, "t", range(4))
    seed(place, "t", [10])
    place.table("t").delete("id < 2")
    imported(sluice, place, catalog)
    for version in range(3):
        words = ["SELECT id, v FROM t ORDER BY id", "--at", str(version)]
        rows = do(sluice, place, "query", through(place, catalog, "/t"), *words)
        assert rows == do(sluice, place, "query", f"delta:{place.root}/t", *words)
        assert len(rows) == len(place.rows("t", version))
    seed(place, "t", [99])
    copy = f"duckdb:{tmp_path / 'copy.duckdb'}"
    do(sluice, place, "migrate", through(place, catalog), copy)
    found = do(sluice, place, "query", copy, "SELECT id FROM t ORDER BY id")
    assert [row["id"] for row in found] == [2, 3, 10], "what came since is not seen"
    shown = do(sluice, place, "lake", "snapshots", through(place, catalog, "/t"))
    assert len(shown["snapshots"]) == 3


def test_runs_commit_in_sql_and_the_logs_follow(sluice, place, catalog, tmp_path):
    seed(place, "a", range(3))
    imported(sluice, place, catalog)
    source = numbers_in(tmp_path, a=[10, 11], b=[1])
    words = ["migrate", source.uri, through(place, catalog)]
    do(sluice, place, *words, "--if-exists", "append")
    assert ids(place, "a") == [0, 1, 2, 10, 11] and ids(place, "b") == [1]
    assert_same(sluice, place, catalog)
    assert sorted(catalog.lines("SELECT table_id, version FROM delta_tables")) == ["a|1", "b|0"]
    do(sluice, place, "rollback", "last")
    assert ids(place, "a") == [0, 1, 2] and place.keys("b/") == []
    assert catalog.lines("SELECT table_id FROM delta_tables") == ["a"]
    assert_same(sluice, place, catalog)
    for choice, count in (("replace", 2), ("merge", 2)):
        more = ["--key", "id"] if choice == "merge" else []
        do(sluice, place, *words, "--table", "a", "--if-exists", choice, *more)
        assert len(ids(place, "a")) == count
    do(sluice, place, "forget", "last")
    for _ in range(8):
        do(sluice, place, *words, "--table", "a", "--if-exists", "append")
        do(sluice, place, "forget", "last")
    log = [key.rsplit("/", 1)[1] for key in place.keys("a/_delta_log/")]
    assert "0" * 18 + "10.checkpoint.parquet" in log
    compacted = do(sluice, place, "lake", "compact", through(place, catalog, "/a"))
    assert compacted["tables"][0]["files_rewritten"] >= 9
    assert ids(place, "a") == sorted([10, 11] * 9)
    assert_same(sluice, place, catalog)


def test_somebody_who_knows_no_catalog_is_followed(sluice, place, lite, tmp_path):
    """Their commit comes between the one in SQL and its mirror."""
    seed(place, "a", range(3))
    imported(sluice, place, lite)
    source = numbers_in(tmp_path, a=[10])
    words = ["migrate", source.uri, through(place, lite), "--if-exists", "append"]
    env = place.server.environment()
    for point in range(1, POINTS_MAX):
        died = sluice.run(*words, env={**env, "SLUICE_CRASH_AT": point})
        assert died.code == KILLED, "it never died behind the commit in SQL"
        if lite.lines("SELECT count(*) FROM delta_unmirrored") == ["1"]:
            break
        do(sluice, place, "rollback", "last")
    assert ids(place, "a") == [0, 1, 2]
    seed(place, "a", [77])
    told = do(sluice, place, "catalog", "mirror", lite.uri)
    assert [one["state"] for one in told["commits"]] == ["moved"]
    assert ids(place, "a") == [0, 1, 2, 10, 77]
    do(sluice, place, "resume", "last")
    assert ids(place, "a") == [0, 1, 2, 10, 77]
    assert_same(sluice, place, lite)


@pytest.mark.parametrize("kind", some(["sqlite", "postgres"], 2, 1))
@pytest.mark.parametrize("way", ["resume", "rollback", "mirror"])
def test_a_run_that_died_is_finished_or_undone(s3, request, tmp_path, kind, way):
    # A usual run of the tests takes turns among the places.
    first = 1 + ["resume", "rollback", "mirror"].index(way)
    for point in range(1 if ALL else first, POINTS_MAX, 1 if ALL else 3):
        folder = tmp_path / str(point)
        folder.mkdir()
        place = S3Delta(s3)
        catalog = make_catalog(kind, folder, request)
        sluice = Sluice(folder)
        seed(place, "a", range(3))
        imported(sluice, place, catalog)
        source = numbers_in(folder, a=[10], b=[1])
        words = ["migrate", source.uri, through(place, catalog), "--if-exists", "append"]
        env = {**place.server.environment(), "SLUICE_CRASH_AT": point}
        died = sluice.run(*words, "--json", env=env)
        assert died.code in (DONE, KILLED), died
        runs = do(sluice, place, "runs")
        runs = runs["runs"] if isinstance(runs, dict) else runs
        if way == "mirror":
            do(sluice, place, "catalog", "mirror", catalog.uri)
        if runs and not (way != "rollback" and runs[0]["state"] == "done"):
            do(sluice, place, "rollback" if way == "rollback" else "resume", "last")
        if way == "rollback":
            assert ids(place, "a") == [0, 1, 2], point
            assert place.keys("b/") == [] and [k for k in place.keys() if ".sluice" in k] == []
        elif runs:
            assert ids(place, "a") == [0, 1, 2, 10] and ids(place, "b") == [1], point
        assert_same(sluice, place, catalog)
        if died.code == DONE:
            assert point > 5
            return
    raise AssertionError(f"still dying at point {POINTS_MAX}")


def test_a_state_is_exported_beside_its_table(sluice, place, lite):
    seed(place, "t", range(3))
    seed(place, "t", [9])
    imported(sluice, place, lite)
    beside = f"{place.root}/copy"
    do(sluice, place, "catalog", "export", lite.uri, beside, "--at", 0)
    rows = do(sluice, place, "query", f"delta:{beside}", "SELECT id FROM copy ORDER BY id")
    assert [row["id"] for row in rows] == [0, 1, 2]
    text = place.read(f"copy/_delta_log/{0:020}.json")
    named = [line["add"]["path"] for line in map(json.loads, text.splitlines()) if "add" in line]
    assert named == place.table("t", 0).file_uris(), "names that are whole"
    again = do(sluice, place, "catalog", "export", lite.uri, beside, check_code=CONFLICT)
    assert again["error"]["kind"] == "exists"
    for key in place.keys("t/_delta_log/"):
        place.delete(key)
    do(sluice, place, "catalog", "export", lite.uri, f"{place.root}/t")
    assert ids(place, "t") == [0, 1, 2, 9]
    refused = do(sluice, place, "catalog", "export", lite.uri, "here", check_code=UNSUPPORTED)
    assert "only one of them is on S3" in refused["error"]["message"]


def test_without_keys_the_place_is_named(sluice, place, lite):
    seed(place, "t", range(3))
    imported(sluice, place, lite)
    bare = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": "/nonexistent"}
    refused = do(sluice, place, "catalog", "rollback", lite.uri, check_code=DENIED, env=bare)
    assert place.bucket in refused["error"]["message"] and refused["error"]["hint"]
    shown = do(sluice, place, "catalog", "status", lite.uri, env=bare)
    assert place.bucket in shown["tables"][0]["drift"]


def test_a_name_of_a_table_elsewhere_is_not_taken_for_it(sluice, place, lite, s3):
    other = S3Delta(s3, "tables")
    seed(place, "t", range(3))
    seed(other, "t", range(2))
    imported(sluice, place, lite)
    refused = imported(sluice, other, lite, check_code=CONFLICT)
    assert place.bucket in json.dumps(refused)
    named = do(sluice, other, "catalog", "import", f"delta:{other.root}/t", lite.uri,
               "--table-id", "other")
    assert named["tables"][0]["version"] == 0
