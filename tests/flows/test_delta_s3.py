"""Delta tables on S3: read, made, changed, kept and taken back, as delta-rs reads them with storage
options, DuckDB's extension over httpfs, and boto3 lists them."""
import json
import signal

import duckdb
import pyarrow
import pytest

from support.delta import HandWritten, features, field, relative_vector
from support.faults import KILLED, wait_until_stopped
from support.program import Sluice
from support.s3 import SECRET
from support.s3_delta import S3Delta
from support.s3_lakes import ORDERS
from support.targets import DuckdbTarget
from support.thorough import ALL, some

POINTS_MAX = 60


@pytest.fixture
def source(tmp_path):
    return DuckdbTarget(tmp_path)


@pytest.fixture
def place(s3):
    return S3Delta(s3, "tables/with blank %41 ü")


@pytest.fixture
def plain(s3):
    return S3Delta(s3)


def do(sluice, place, *words, check_code=0, env=None):
    env = {**place.env, **(env or {})}
    return sluice.run(*words, "--json", check_code=check_code, env=env).json


def uri_of(place):
    return place.uri.replace("%", "%25")  # a location's escapes are decoded


def target_in(folder):
    folder.mkdir()
    return DuckdbTarget(folder)


def migrate(sluice, source, place, *more, **rest):
    return do(sluice, place, "migrate", source.uri, uri_of(place), *more, **rest)


def texts(target, sql):
    with duckdb.connect(str(target.path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TEMP TABLE found AS {sql}")
        return sorted(connection.execute("SELECT COLUMNS(*)::VARCHAR FROM found").fetchall(),
                      key=str)


def test_tables_are_made_there_read_again_and_compared(sluice, source, plain):
    source.execute(ORDERS, "CREATE SCHEMA deep", "CREATE TABLE deep.one AS SELECT 1 AS x",
                   "CREATE TABLE nothing (x INTEGER)")
    report = migrate(sluice, source, plain, "--batch-size", 300)
    assert all(table["verified"] == "content" for table in report["tables"])
    name = "orders"
    assert plain.rows(name) == plain.scanned(name) == texts(source, "FROM orders")
    assert len([key for key in plain.keys(f"{name}/") if key.endswith(".parquet")]) == 4
    sluice.run("forget", "last", check_code=0, env=plain.env)
    assert [key for key in plain.keys() if ".sluice" in key] == []
    assert do(sluice, plain, "verify", source.uri, plain.uri)["state"] == "same"
    back = target_in(source.path.parent / "back")
    do(sluice, plain, "migrate", plain.one(name), back.uri)
    assert texts(back, "FROM orders") == texts(source, "FROM orders")
    assert SECRET not in json.dumps(report)


def test_odd_prefixes_and_parts_are_the_keys_that_they_are(sluice, source, place):
    source.execute("CREATE TABLE t AS SELECT i AS id, ['a/b', 'x?*[1] %41 é', NULL][1 + i % 3] AS "
                   "part, DATE '2024-01-01' + CAST(i % 2 AS INTEGER) AS day FROM range(60) t(i)")
    migrate(sluice, source, place, "--partition", "part,day", "--batch-size", 30)
    name = next(key for key in place.keys() if "_delta_log" in key).rsplit("/_delta_log", 1)[0]
    assert do(sluice, place, "verify", source.uri, uri_of(place))["state"] == "same"
    assert do(sluice, place, "lake", "fsck", uri_of(place))["findings"] == []
    assert all("%" not in key for key in place.keys(name)), "no escapes in keys below the table"


def test_parts_are_read_by_others(sluice, source, plain):
    source.execute("CREATE TABLE t AS SELECT i AS id, ['a/b', 'x?*[1] %41 é', NULL][1 + i % 3] AS "
                   "part FROM range(60) t(i)")
    migrate(sluice, source, plain, "--partition", "part", "--batch-size", 30)
    name = next(key for key in plain.keys() if "_delta_log" in key).rsplit("/_delta_log", 1)[0]
    assert plain.rows(name) == plain.scanned(name) == texts(source, "FROM t")


def test_what_delta_rs_wrote_is_read_at_each_version(sluice, plain, tmp_path):
    for i in range(12):
        plain.write("t", pyarrow.table({"id": list(range(i * 10, i * 10 + 10)),
                                        "day": [f"d:{i % 2} %"] * 10}), mode="append",
                    partition_by=["day"])
    plain.table("t").delete("id < 5")
    plain.table("t").create_checkpoint()
    plain.write("t", pyarrow.table({"id": [1000], "day": ["a/b c"]}), mode="append")
    back = target_in(tmp_path / "back")
    report = do(sluice, plain, "migrate", plain.one("t"), back.uri)
    assert report["tables"][0]["verified"] == "content"
    assert texts(back, "FROM t") == plain.rows("t")
    shown = do(sluice, plain, "lake", "snapshots", plain.one("t"))["snapshots"]
    assert [one["snapshot"] for one in shown] == list(range(14))
    old = target_in(tmp_path / "old")
    do(sluice, plain, "migrate", plain.one("t") + "&snapshot=3", old.uri)
    assert texts(old, "FROM t") == plain.rows("t", 3)
    assert do(sluice, plain, "lake", "fsck", plain.one("t"))["findings"] == []


def test_deletion_vectors_are_read_by_ranges(sluice, plain, tmp_path):
    made = HandWritten(tmp_path / "made", [field("id", "long")],
                       protocol=features("deletionVectors"))
    _, vector = relative_vector(made, "", [1], [3, 50, 99])
    made.commit(*made.head(), made.file({"id": list(range(100))}, "a.parquet", vector=vector))
    plain.upload(made.folder, "t")
    back = target_in(tmp_path / "back")
    do(sluice, plain, "migrate", plain.one("t"), back.uri)
    assert {int(row[0]) for row in back.rows("SELECT id FROM t")} == set(range(100)) - {3, 50, 99}
    assert plain.scanned("t") == texts(back, "FROM t")


def test_append_replace_and_merge_and_each_way_back(sluice, source, plain):
    source.execute(ORDERS)
    migrate(sluice, source, plain)
    name = next(key for key in plain.keys() if "_delta_log" in key).rsplit("/_delta_log", 1)[0]
    first = plain.rows(name)
    sluice.run("forget", "last", check_code=0, env=plain.env)
    source.execute("DELETE FROM orders WHERE id >= 10", "UPDATE orders SET name = 'changed'",
                   "INSERT INTO orders VALUES (5000, 'more', 1, DATE '2024-02-01')")
    for words, count in ((["--if-exists", "append"], 1011), (["--if-exists", "replace"], 11),
                         (["--if-exists", "merge", "--key", "id"], 1001)):
        migrate(sluice, source, plain, *words)
        assert len(plain.rows(name)) == count and plain.scanned(name) == plain.rows(name)
        do(sluice, plain, "rollback", "last")
        assert plain.rows(name) == first
        assert [key for key in plain.keys() if ".sluice" in key] == []


def test_a_table_that_a_run_made_is_gone_after_its_rollback(sluice, source, plain):
    source.execute(ORDERS)
    migrate(sluice, source, plain, "--partition", "day")
    assert plain.keys() != []
    do(sluice, plain, "rollback", "last")
    assert plain.keys() == []


def test_upkeep_and_checkpoints(sluice, source, plain):
    source.execute("CREATE TABLE t AS SELECT i AS id FROM range(100) t(i)")
    migrate(sluice, source, plain)
    for _ in range(11):
        migrate(sluice, source, plain, "--if-exists", "append")
        sluice.run("forget", "last", check_code=0, env=plain.env)
    name = next(key for key in plain.keys() if "_delta_log" in key).rsplit("/_delta_log", 1)[0]
    log = [key.rsplit("/", 1)[1] for key in plain.keys(f"{name}/_delta_log/")]
    assert "0" * 18 + "10.checkpoint.parquet" in log and "_last_checkpoint" in log
    assert len(plain.rows(name)) == 1200
    where = plain.one(name)
    assert do(sluice, plain, "lake", "compact", where)["tables"][0]["files_rewritten"] == 12
    plain.put(f"{name}/lost.parquet", b"x")
    expired = do(sluice, plain, "lake", "expire", where, "--keep", 1, "--orphans", "--grace", "0s")
    assert len(expired["orphans"]) == 1
    data = [key for key in plain.keys(f"{name}/") if "_delta_log" not in key]
    assert len(data) == 1 and len(plain.rows(name)) == 1200
    assert do(sluice, plain, "lake", "fsck", where)["findings"] == []
    plain.delete(data[0])
    found = do(sluice, plain, "lake", "fsck", where, check_code=5)["findings"]
    assert [finding["kind"] for finding in found] == ["missing_data_file"]
    failed = do(sluice, plain, "query", where, "SELECT count(id) FROM t", check_code=3)
    assert failed["error"]["kind"] == "not_found"


@pytest.mark.parametrize("choice", some(["replace", "append", "merge", "new"], 4))
@pytest.mark.parametrize("way", ["resume", "rollback"])
def test_a_run_that_died_is_finished_or_undone(s3, tmp_path, choice, way):
    """At each place where it can die: nothing shows before the commit, and no live file goes."""
    # A usual run of the tests takes turns among the places.
    first = 1 if ALL or way == "resume" else 2
    for point in range(first, POINTS_MAX, 1 if ALL else 2):
        folder = tmp_path / str(point)
        folder.mkdir()
        place = S3Delta(s3)
        before, keys = [], []
        if choice != "new":
            place.write("orders", pyarrow.table({"id": list(range(50)), "name": ["old"] * 50}))
            before, keys = place.rows("orders"), place.keys()
        source = DuckdbTarget(folder)
        source.execute(
            "CREATE TABLE orders AS SELECT i AS id, 'new' AS name FROM range(40, 100) t(i)")
        words = ["migrate", source.uri, place.uri, "--batch-size", 20]
        words += [] if choice == "new" else ["--if-exists", choice]
        words += ["--key", "id"] if choice == "merge" else []
        sluice = Sluice(folder)
        died = sluice.run(*words, "--json", env={**place.env, "SLUICE_CRASH_AT": point})
        assert died.code in (0, KILLED), died
        count = {"replace": 60, "append": 110, "merge": 100, "new": 60}[choice]
        if before:
            now = place.rows("orders")
            assert now == before or len(now) == count, point
        runs = sluice.run("runs", "--json", env=place.env).json
        runs = runs["runs"] if isinstance(runs, dict) else runs
        if runs and not (way == "resume" and runs[0]["state"] == "done"):
            do(sluice, place, way, "last")
        if way == "rollback":
            assert set(keys) <= set(place.keys())
            assert [key for key in place.keys() if ".sluice" in key] == [], point
            if before:
                assert place.rows("orders") == before, point
            else:
                assert place.keys() == [], point
        elif runs:
            assert len(place.rows("orders")) == count, point
        if died.code == 0:
            assert point > 4
            return
    raise AssertionError(f"still dying at point {POINTS_MAX}")


@pytest.mark.parametrize("choice", ["append", "replace"])
def test_of_two_that_write_at_once_none_is_lost(sluice, source, plain, tmp_path, choice):
    plain.write("t", pyarrow.table({"id": list(range(10))}))
    source.execute("CREATE TABLE t AS SELECT i AS id FROM range(10, 30) t(i)")
    words = ["migrate", source.uri, plain.uri, "--if-exists", choice, "--json"]
    stopped = sluice.start(*words, env={**plain.env, "SLUICE_STOP_AT": 4})
    wait_until_stopped(stopped)
    plain.write("t", pyarrow.table({"id": list(range(100, 105))}), mode="append")
    stopped.send_signal(signal.SIGCONT)
    out, errors = stopped.communicate(timeout=60)
    ids = sorted(int(row[0]) for row in plain.rows("t"))
    if choice == "append":
        assert stopped.returncode == 0, out + errors
        assert ids == [*range(30), *range(100, 105)]
    else:
        assert stopped.returncode == 6, out + errors
        assert ids == [*range(10), *range(100, 105)]


def test_what_cannot_be_there_is_refused_by_name(sluice, source, plain):
    source.execute("CREATE TABLE t AS SELECT 1 AS x")
    migrate(sluice, source, plain)
    nothing = do(sluice, plain, "inspect", f"{plain.one('nothing')}", check_code=3)
    assert nothing["error"]["kind"] == "not_found"
    for location in ("parquet:s3://bucket/x", "csv:s3://bucket/x"):
        refused = do(sluice, plain, "inspect", location, check_code=10)
        assert refused["error"]["kind"] == "unsupported"


@pytest.mark.parametrize("prefix", ["lake", "tables/with blank ü"])
def test_the_extension_reads_it_on_a_second_path(sluice, s3, source, prefix):
    place = S3Delta(s3, prefix)
    source.execute(ORDERS)
    report = migrate(sluice, source, place, "--verify", "independent")
    assert [table["verified"] for table in report["tables"]] == ["independent"]
    source.execute("UPDATE orders SET id = id + 100000 WHERE id = 7")
    found = do(sluice, place, "verify", source.uri, uri_of(place), "--level", "independent",
               check_code=5)
    assert found["state"] == "differs"
