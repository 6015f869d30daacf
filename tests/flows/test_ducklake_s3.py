"""DuckLakes whose files are on S3: made, changed, kept and taken back, as DuckDB's extension reads
them over httpfs and boto3 lists them."""
import json
import signal

import pytest

from support.faults import KILLED, wait_until_stopped
from support.program import Sluice
from support.s3 import SECRET
from support.s3_lakes import ORDERS, S3Lake, client_of, keys_below
from support.targets import DuckdbTarget
from support.thorough import ALL, some

POINTS_MAX = 60


@pytest.fixture
def source(tmp_path):
    return DuckdbTarget(tmp_path)


@pytest.fixture(params=["sqlite", "postgres", "duckdb"])
def lake(request, postgres, s3, tmp_path):
    return S3Lake(tmp_path, request.param, postgres, s3)


@pytest.fixture
def small(postgres, s3, tmp_path):
    """With its catalog in SQLite."""
    return S3Lake(tmp_path, "sqlite", postgres, s3)


def do(sluice, lake, *words, check_code=0, env=None):
    return sluice.run(*words, "--json", check_code=check_code, env={**lake.env, **(env or {})}).json


def target_in(folder):
    folder.mkdir()
    return DuckdbTarget(folder)


def migrate(sluice, source, lake, *more, **rest):
    return do(sluice, lake, "migrate", source.uri, lake.uri, *more, **rest)


def text_rows(target, sql):
    return sorted((tuple(None if cell is None else str(cell) for cell in row)
                   for row in target.rows(sql)), key=str)


def test_a_lake_is_made_there_read_again_and_compared(sluice, source, lake):
    source.execute(ORDERS, "CREATE SCHEMA \"odd %41\"", "CREATE TABLE \"odd %41\".\"a/b?*[c]\" AS "
                   "SELECT 1 AS x", "CREATE TABLE nothing (x INTEGER)")
    report = migrate(sluice, source, lake, "--batch-size", 300)
    assert report["state"] == "done"
    assert all(table["verified"] == "content" for table in report["tables"])
    assert lake.rows("FROM orders") == text_rows(source, "FROM orders")
    assert lake.rows("FROM \"odd %41\".\"a/b?*[c]\"") == [("1",)]
    keys = lake.keys()
    assert len([key for key in keys if key.startswith("main/orders/")]) == 4
    sluice.run("forget", "last", check_code=0, env=lake.env)
    assert [key for key in lake.keys() if ".sluice" in key] == []
    verified = do(sluice, lake, "verify", source.uri, lake.uri)
    assert verified["state"] == "same"
    back = target_in(source.path.parent / "back")
    do(sluice, lake, "migrate", lake.uri, back.uri)
    assert text_rows(back, "FROM orders") == text_rows(source, "FROM orders")
    assert SECRET not in json.dumps(report)


def test_parts_are_keys_with_their_escapes(sluice, source, small):
    source.execute("CREATE TABLE t AS SELECT i AS id, ['a/b', 'x?*[1] %41 é', NULL, ''][1 + i % 4] "
                   "AS part FROM range(40) t(i)")
    migrate(sluice, source, small, "--partition", "part", "--batch-size", 20)
    assert small.rows("FROM t") == text_rows(source, "FROM t")
    assert small.rows("SELECT count(*) FROM t WHERE part = 'x?*[1] %41 é'") == [("10",)]
    assert do(sluice, small, "verify", source.uri, small.uri)["state"] == "same"
    assert do(sluice, small, "lake", "fsck", small.uri)["findings"] == []


def test_what_the_extension_wrote_is_read(sluice, lake, tmp_path):
    lake.run("CREATE TABLE t (id BIGINT, v VARCHAR)", "INSERT INTO t VALUES (1, 'inlined')",
             "INSERT INTO t SELECT i, 'v' || i FROM range(100) t(i)", "DELETE FROM t WHERE id < 10",
             "UPDATE t SET v = 'new' WHERE id = 50")
    back = target_in(tmp_path / "back")
    report = do(sluice, lake, "migrate", lake.uri, back.uri)
    assert report["tables"][0]["verified"] == "content"
    assert text_rows(back, "FROM t") == lake.rows("FROM t")
    with_env = {**lake.env, **lake.server.environment()}  # the endpoint from the environment too
    found = sluice.run("lake", "files", lake.uri.split("?data_path")[0].split("&data_path")[0],
                       "--json", check_code=0, env=with_env).json
    assert found["tables"][0]["table"].endswith("t")


def test_append_replace_and_merge_and_each_way_back(sluice, source, lake):
    source.execute(ORDERS)
    migrate(sluice, source, lake)
    first = lake.rows("FROM orders")
    sluice.run("forget", "last", check_code=0, env=lake.env)
    source.execute("DELETE FROM orders WHERE id >= 10", "UPDATE orders SET name = 'changed'",
                   "INSERT INTO orders VALUES (5000, 'more', 1, DATE '2024-02-01')")
    for words, count in ((["--if-exists", "append"], 1011), (["--if-exists", "replace"], 11),
                         (["--if-exists", "merge", "--key", "id"], 1001)):
        migrate(sluice, source, lake, *words)
        assert lake.rows("SELECT count(*) FROM orders") == [(str(count),)]
        assert lake.rows("FROM orders WHERE id = 5000") == [
            ("5000", "more", text_rows(source, "FROM orders WHERE id = 5000")[0][2], "2024-02-01")]
        do(sluice, lake, "rollback", "last")
        assert lake.rows("FROM orders") == first
        assert [key for key in lake.keys() if ".sluice" in key] == []


def test_a_lake_that_a_run_made_is_gone_after_its_rollback(sluice, source, small):
    source.execute(ORDERS)
    migrate(sluice, source, small)
    assert small.keys() != []
    do(sluice, small, "rollback", "last")
    assert small.keys() == [] and not small.catalog.exists()


def test_upkeep(sluice, source, lake):
    source.execute(ORDERS)
    migrate(sluice, source, lake, "--batch-size", 100)
    sluice.run("forget", "last", check_code=0, env=lake.env)
    lake.run("DELETE FROM orders WHERE id % 10 = 3")
    rows = lake.rows("FROM orders")
    shown = do(sluice, lake, "lake", "snapshots", lake.uri)["snapshots"]
    assert len(shown) >= 3
    changed = do(sluice, lake, "lake", "diff", lake.uri, "--since", shown[-2]["snapshot"],
                 "--until", shown[-1]["snapshot"])
    assert changed["tables"]
    compacted = do(sluice, lake, "lake", "compact", lake.uri)
    assert compacted["tables"][0]["files_rewritten"] == 10
    assert lake.rows("FROM orders") == rows
    client_of(lake.server).put_object(
        Bucket=lake.bucket, Key=f"{lake.prefix}/main/orders/lost.parquet", Body=b"x")
    kinds = [finding["kind"]
             for finding in do(sluice, lake, "lake", "fsck", lake.uri, check_code=5)["findings"]]
    assert kinds == ["orphan_file"]
    expired = do(sluice, lake, "lake", "expire", lake.uri, "--keep", 1, "--orphans", "--grace",
                 "0s")
    assert len(expired["deleted"]) >= 10 and len(expired["orphans"]) == 1
    assert do(sluice, lake, "lake", "fsck", lake.uri)["findings"] == []
    assert lake.rows("FROM orders") == rows
    assert len(lake.keys("main/orders/")) == 1


def test_a_file_that_is_gone_is_named(sluice, source, small, tmp_path):
    source.execute(ORDERS)
    migrate(sluice, source, small)
    key = next(key for key in small.keys() if key.endswith(".parquet"))
    client_of(small.server).delete_object(Bucket=small.bucket, Key=f"{small.prefix}/{key}")
    back = target_in(tmp_path / "back")
    failed = do(sluice, small, "migrate", small.uri, back.uri, check_code=3)
    assert failed["error"]["kind"] == "not_found" and key in failed["error"]["message"]
    found = do(sluice, small, "lake", "fsck", small.uri, check_code=5)["findings"]
    assert [finding["kind"] for finding in found] == ["missing_data_file"]


def test_ingest_writes_there_and_a_dead_batch_leaves_nothing(sluice, small, tmp_path):
    lines = tmp_path / "rows.ndjson"
    lines.write_text("".join(json.dumps({"id": i, "v": f"v{i}"}) + "\n" for i in range(100)))
    words = ["ingest", small.uri, lines, "--table", "t", "--key", "id"]
    for point in range(1, POINTS_MAX):
        result = sluice.run(*words, "--json",
                            env={**small.env, "SLUICE_CRASH_AT": point})
        assert result.code in (0, KILLED), result
        if result.code == 0:
            break
    assert point > 2
    assert small.rows("SELECT count(*), count(DISTINCT id) FROM t") == [("100", "100")]
    live = {key for key in small.keys() if key.endswith(".parquet")}
    found = do(sluice, small, "lake", "fsck", small.uri)
    assert found["findings"] == [] and live


@pytest.mark.parametrize("choice", some(["replace", "append", "merge"], 3))
@pytest.mark.parametrize("way", ["resume", "rollback"])
def test_a_run_that_died_is_finished_or_undone(postgres, s3, tmp_path, choice, way):
    """At each place where it can die: nothing shows before the commit, and no live file goes."""
    # A usual run of the tests takes turns among the places.
    first = 1 if ALL or way == "resume" else 2
    for point in range(first, POINTS_MAX, 1 if ALL else 2):
        folder = tmp_path / str(point)
        folder.mkdir()
        lake = S3Lake(folder, "sqlite", postgres, s3)
        lake.run("CREATE TABLE orders (id BIGINT, name VARCHAR)",
                 "INSERT INTO orders SELECT i, 'old' FROM range(50) t(i)")
        before, keys = lake.rows("FROM orders"), lake.keys()
        source = DuckdbTarget(folder)
        source.execute(
            "CREATE TABLE orders AS SELECT i AS id, 'new' AS name FROM range(40, 100) t(i)")
        words = ["migrate", source.uri, lake.uri, "--if-exists", choice, "--batch-size", 20]
        words += ["--key", "id"] if choice == "merge" else []
        sluice = Sluice(folder)
        died = sluice.run(*words, "--json", env={**lake.env, "SLUICE_CRASH_AT": point})
        assert died.code in (0, KILLED), died
        count = {"replace": 60, "append": 110, "merge": 100}[choice]
        now = lake.rows("FROM orders")
        assert now == before or len(now) == count, point
        runs = sluice.run("runs", "--json", env=lake.env).json
        runs = runs["runs"] if isinstance(runs, dict) else runs
        if runs and not (way == "resume" and runs[0]["state"] == "done"):
            do(sluice, lake, way, "last")
        if way == "rollback":
            assert lake.rows("FROM orders") == before, point
            assert set(keys) <= set(lake.keys())
            assert [key for key in lake.keys() if ".sluice" in key] == []
        elif runs:
            assert len(lake.rows("FROM orders")) == count, point
        if died.code == 0:
            assert point > 4
            return
    raise AssertionError(f"still dying at point {POINTS_MAX}")


def test_of_two_that_write_at_once_both_are_in(sluice, source, small, tmp_path):
    source.execute(ORDERS)
    migrate(sluice, source, small)
    sluice.run("forget", "last", check_code=0, env=small.env)
    words = ["migrate", source.uri, small.uri, "--if-exists", "append", "--json"]
    stopped = sluice.start(*words, env={**small.env, "SLUICE_STOP_AT": 4})
    wait_until_stopped(stopped)
    (tmp_path / "other").mkdir()
    other = Sluice(tmp_path / "other")
    do(other, small, *words[:-1])
    stopped.send_signal(signal.SIGCONT)
    out, errors = stopped.communicate(timeout=60)
    assert stopped.returncode == 0, out + errors
    assert small.rows("SELECT count(*), count(DISTINCT id) FROM orders") == [("3000", "1000")]


def test_what_cannot_be_there_is_refused_by_name(sluice, source, small, postgres):
    source.execute("CREATE TABLE t AS SELECT 1 AS x")
    refused = migrate(sluice, source, small, "--owner", "root", check_code=10)
    assert refused["error"]["kind"] == "unsupported" and small.data in refused["error"]["message"]
    migrate(sluice, source, small)
    assert keys_below(small.server, small.bucket) != []
    _, uri = postgres.new_database()
    moved = f"ducklake:{uri}{'&' if '?' in uri else '?'}" + small.uri.split("?", 1)[1]
    refused = do(sluice, small, "migrate", small.uri, moved, check_code=10)
    assert "is not moved" in refused["error"]["message"]
    no_keys = {**small.env, "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None,
               "HOME": str(source.path.parent)}
    denied = do(sluice, small, "lake", "files", small.uri, check_code=8, env=no_keys)
    assert denied["error"]["kind"] == "denied"
