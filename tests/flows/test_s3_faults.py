"""Moves to and from lakes on S3 over a wire with faults: every n-th answer is an error, is late, is
cut off or never comes, for sluice's own client and for DuckDB's httpfs alike. A run ends with the
right content, or with an error and a state from which `resume` goes on; nothing comes twice."""
import json

import duckdb
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from support import s3 as servers
from support.faulty_proxy import FaultyProxy
from support.s3_delta import S3Delta
from support.s3_lakes import ORDERS, S3Lake
from support.targets import DuckdbTarget
from support.thorough import ALL, some

FAULTS = ["500", "503", "lost", "silent", "cut", "body", "slow"]
KINDS = ["ducklake", "delta", "iceberg"]
DONE, TRANSIENT = 0, 7


class Place:
    """A lake of one kind in a bucket of its own; its location does not say where the server is."""

    def __init__(self, kind, folder, server):
        self.kind, self.server = kind, server
        self.database = folder / "c.db"
        if kind == "ducklake":
            self.judge = S3Lake(folder, "sqlite", None, server, prefix="p")
            self.uri = self.judge.uri.split("&endpoint")[0]
        elif kind == "delta":
            self.judge = S3Delta(server, "p")
            self.uri = f"delta:{self.judge.root}"
        else:
            self.judge = None
            self.uri = f"iceberg:sqlite:{self.database}?warehouse=s3://{server.new_bucket()}/p"

    def orders(self):
        """(id, name) of all rows, by a program that is not sluice, over a sound wire."""
        if self.kind == "ducklake":
            rows = self.judge.rows("SELECT id, name FROM orders")
        elif self.kind == "delta":
            rows = [row[:2] for row in self.judge.rows("orders")]
        else:
            catalog = SqlCatalog("sluice", uri=f"sqlite:///{self.database}", **{
                "s3.endpoint": self.server.endpoint, "s3.access-key-id": servers.KEY_ID,
                "s3.secret-access-key": servers.SECRET, "s3.region": servers.REGION})
            found = catalog.load_table("main.orders").scan().to_arrow()
            rows = [(str(i), n) for i, n in zip(found["id"].to_pylist(),
                                                found["name"].to_pylist())]
        return sorted((int(i), n) for i, n in rows)


def expected(source, times=1):
    with duckdb.connect(str(source.path)) as connection:
        rows = connection.execute("SELECT id, name FROM orders").fetchall()
    return sorted(rows * times)


@pytest.fixture
def proxy(s3):
    made = []

    def start(fault, every, **more):
        made.append(FaultyProxy(s3.port, fault, every, **more))
        return made[-1]

    yield start
    for one in made:
        one.stop()


def over(server, proxy):
    return {**server.environment(), "AWS_ENDPOINT_URL_S3": proxy.endpoint}


def go_on(sluice, s3, done):
    """After a clear error the same run ends well over a sound wire."""
    if done.code == DONE:
        return
    error = done.json["error"]
    assert error["message"] and done.code in (3, TRANSIENT), done
    if sluice.run("runs", "--json").json not in ([], {"runs": []}):
        again = sluice.run("resume", "last", "--json", env=s3.environment())
        assert again.code == DONE, (done, again)


def cases():
    every = [3, 7] if ALL else [7]
    pairs = [(kind, fault, n) for kind in KINDS for fault in FAULTS for n in every]
    return some(pairs, 3)


@pytest.mark.parametrize("kind, fault, every", cases())
def test_a_move_there_and_back_has_the_right_content(
        sluice, s3, tmp_path, proxy, kind, fault, every):
    place = Place(kind, tmp_path, s3)
    source = DuckdbTarget(tmp_path)
    source.execute(ORDERS)
    broken = proxy(fault, every)
    words = ["migrate", source.uri, place.uri, "--batch-size", 200, "--json"]
    done = sluice.run(*words, env=over(s3, broken))
    go_on(sluice, s3, done)
    if not done.json["error"] or sluice.run("runs", "--json").json not in ([], {"runs": []}):
        assert place.orders() == expected(source)
    else:
        sluice.run(*words, env=s3.environment(), check_code=DONE)
    sluice.run("forget", "last", env=s3.environment(), check_code=DONE)
    done = sluice.run(*words, "--if-exists", "append", env=over(s3, broken))
    go_on(sluice, s3, done)
    assert place.orders() == expected(source, 2)
    (tmp_path / "back").mkdir()
    back = DuckdbTarget(tmp_path / "back")
    done = sluice.run("migrate", place.uri, back.uri, "--json", env=over(s3, broken))
    if done.code == DONE:
        assert expected(back) == expected(source, 2)
    else:
        assert done.code in (3, TRANSIENT) and done.json["error"]["message"], done
    assert broken.answers > every


@pytest.mark.parametrize("fault", ["lost", "silent", "cut", "500"])
@pytest.mark.parametrize("choice", ["new", "append", "replace", "merge"])
def test_a_delta_commit_whose_answer_was_lost_is_known_as_its_own(
        sluice, s3, tmp_path, proxy, fault, choice):
    place = Place("delta", tmp_path, s3)
    source = DuckdbTarget(tmp_path)
    source.execute("CREATE TABLE orders AS SELECT i AS id, 'n' || i AS name FROM range(10) t(i)")
    if choice != "new":
        sluice.run("migrate", source.uri, place.uri, env=s3.environment(), check_code=DONE)
        sluice.run("forget", "last", env=s3.environment(), check_code=DONE)
    broken = proxy(fault, 1, only=r"^PUT \S*_delta_log/\d{20}\.json")
    more = ["--key", "id"] if choice == "merge" else []
    more += ["--if-exists", choice] if choice != "new" else []
    done = sluice.run("migrate", source.uri, place.uri, "--json", *more, env=over(s3, broken),
                      check_code=DONE)
    assert done.json["state"] == "done" and broken.answers == 1, "it was not put a second time"
    log = [key for key in place.judge.keys("orders/_delta_log/") if key.endswith(".json")]
    assert len(log) == (1 if choice == "new" else 2)
    assert place.orders() == expected(source, 2 if choice == "append" else 1)
    sluice.run("rollback", "last", env=s3.environment(), check_code=DONE)
    if choice != "new":
        assert place.orders() == expected(source)


def test_a_server_that_always_fails_is_named_with_what_to_do(sluice, s3, tmp_path, proxy):
    place = Place("delta", tmp_path, s3)
    source = DuckdbTarget(tmp_path)
    source.execute("CREATE TABLE orders AS SELECT 1 AS id, 'a' AS name")
    sluice.run("migrate", source.uri, place.uri, env=s3.environment(), check_code=DONE)
    broken = proxy("503", 1)
    error = sluice.run("query", place.uri, "FROM orders", "--json",
                       env=over(s3, broken)).json["error"]
    assert error["kind"] == "transient" and "SlowDown" in error["message"], json.dumps(error)
    assert "fewer requests" in error["hint"]
