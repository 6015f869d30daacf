"""Messages of a NATS stream into tables, each once; judges: DuckDB, psql, the server's monitor."""
import json
import signal
import subprocess
import time

import duckdb
import pytest

from support import nats
from support.lakes import Lake
from support.nats import NatsClient, NatsServer
from support.thorough import ALL

pytestmark = pytest.mark.skipif(nats.SERVER is None, reason=nats.NO_SERVER)

INVALID, NOT_FOUND, REJECTED, DENIED = 2, 3, 5, 8
STREAM = ["--stream", "MEDIA_EVENTS", "--subject", "playback.events.>", "--durable",
          "media-processor"]


@pytest.fixture
def server(tmp_path):
    server = NatsServer(tmp_path)
    yield server
    server.stop()


class Table:
    """A table in one of the targets, read by who made the target's system."""

    def __init__(self, kind, folder, postgres=None):
        self.kind = kind
        if kind == "duckdb":
            self.path = folder / "t.duckdb"
            self.uri = f"duckdb:{self.path}"
        elif kind == "ducklake":
            self.lake = Lake(folder)
            self.lake.data = folder / "lake.sqlite.files"
            self.uri = self.lake.uri
        else:
            self.server = postgres
            self.database, self.uri = postgres.new_database()

    def rows(self, sql):
        """Rows with each cell as text."""
        if self.kind == "duckdb":
            with duckdb.connect(str(self.path), read_only=True) as connection:
                found = connection.execute(
                    f"SELECT COLUMNS(*)::VARCHAR FROM ({sql}) q").fetchall()
            return sorted(found, key=str)
        if self.kind == "ducklake":
            return self.lake.rows(sql)
        return sorted((tuple(line.split("|")) for line in
                       self.server.psql(self.database, sql).splitlines()), key=str)

    def count(self):
        """(rows, distinct ids)"""
        (row,) = self.rows("SELECT count(*) AS n, count(DISTINCT id) AS d FROM events")
        return int(row[0]), int(row[1])


@pytest.fixture(params=["duckdb", "ducklake", "postgres"])
def table(request, tmp_path, postgres):
    return Table(request.param, tmp_path, postgres)


def event(number):
    return ("playback.events.started",
            json.dumps({"id": number, "title": f"film {number}",
                        "started": "2024-05-06T07:08:09Z"}))


def follow(sluice, server, table, *more, code=0, env=None):
    result = sluice.run("follow", server.url, table.uri, "--table", "events", *STREAM, "--once",
                        "--batch-time", "200ms", *more, "--json", env=env)
    assert result.code == code, result
    return result.json if result.stdout else None


def make_stream(sluice, server, table, *more):
    """Only the stream and its consumer: nothing is in it."""
    return follow(sluice, server, table, *more)


def counts(report):
    return [report[name] for name in ("received", "inserted", "dropped", "redelivered", "dead")]


def test_a_stream_and_a_consumer_are_made_with_the_settings_of_the_guide(sluice, server, tmp_path):
    make_stream(sluice, server, Table("duckdb", tmp_path))
    stream = server.streams()["MEDIA_EVENTS"]
    config = stream["config"]
    assert (config["subjects"], config["retention"], config["storage"], config["discard"],
            config["max_age"]) == (["playback.events.>"], "workqueue", "file", "old",
                                   7 * 24 * 3600 * 10**9)
    (consumer,) = stream["consumer_detail"]
    config = consumer["config"]
    assert (consumer["name"], config["ack_policy"], config["max_deliver"], config["ack_wait"],
            config["max_ack_pending"]) == ("media-processor", "explicit", 5, 30 * 10**9, 40_000)


def test_messages_land_as_rows_and_leave_the_stream(sluice, server, table):
    make_stream(sluice, server, table)
    with NatsClient(server.url) as client:
        client.publish([event(i) for i in range(2500)])
    report = follow(sluice, server, table, "--key", "id", "--batch-size", 1000)
    assert counts(report) == [2500, 2500, 0, 0, 0]
    assert report["state"] == "done" and report["batches"] == 3
    assert table.count() == (2500, 2500)
    assert table.rows("SELECT id, title, started FROM events WHERE id = 17") == [
        ("17", "film 17", "2024-05-06 07:08:09+00")]
    assert server.streams()["MEDIA_EVENTS"]["state"]["messages"] == 0
    status = sluice.run("follow", "status", server.url, table.uri, "--table", "events", "--stream",
                        "MEDIA_EVENTS", "--durable", "media-processor", "--json",
                        check_code=0).json
    assert (status["lag"], status["messages"], status["last"]) == (0, 0, 2500)
    landed = status["landed"]
    assert (landed["rows"], landed["dropped"], landed["dead"], landed["last"]) == (2500, 0, 0, 2500)


def test_a_second_message_of_a_key_is_dropped(sluice, server, table):
    make_stream(sluice, server, table)
    with NatsClient(server.url) as client:
        client.publish([event(1), event(2), event(1)])
        assert counts(follow(sluice, server, table, "--key", "id")) == [3, 2, 1, 0, 0]
        client.publish([event(2), event(3)])
        assert counts(follow(sluice, server, table, "--key", "id")) == [2, 1, 1, 0, 0]
    assert table.count() == (3, 3)


def test_messages_that_are_no_rows_are_dead_letters_with_a_reason(sluice, server, table):
    make_stream(sluice, server, table)
    bad = [b"", b"no JSON", b"[1, 2]", b'{"id": "x"}', b"\xff\x00", b'{"title": "no id"}']
    with NatsClient(server.url) as client:
        client.publish([event(1), *(("playback.events.odd", data) for data in bad), event(2),
                        ("playback.events.long", '{"id": 3,\r\n "title": "in\\ttwo parts"}')])
    if table.kind != "duckdb":
        client_map = sluice.folder / "map.toml"
        client_map.write_text('[columns.id]\ntype = "int64"\n'
                              '[columns.title]\ntype = "text"\n'
                              '[columns.started]\ntype = "timestamptz"\n')
    else:
        with duckdb.connect(str(table.path)) as connection:
            connection.execute("CREATE TABLE events (id BIGINT, title VARCHAR, "
                               "started TIMESTAMPTZ)")
        client_map = None
    more = ["--map", client_map] if client_map else []
    report = follow(sluice, server, table, "--key", "id", *more, code=REJECTED)
    assert counts(report) == [9, 3, 0, 0, 6]
    assert table.rows("SELECT id, title FROM events") == [
        ("1", "film 1"), ("2", "film 2"), ("3", "in\ttwo parts")]
    letters = sluice.run("follow", "dead", table.uri, "--table", "events", "--json",
                         check_code=0).json["letters"]
    assert [letter["sequence"] for letter in letters] == [2, 3, 4, 5, 6, 7]
    assert [letter["data"] for letter in letters] == [
        "", "no JSON", "[1, 2]", '{"id": "x"}', "hex:ff00", '{"title": "no id"}']
    assert letters[0]["reason"] == "the message is empty"
    assert all("JSON object" in letters[i]["reason"] for i in (1, 2, 4))
    assert 'column "id"' in letters[3]["reason"] and 'column "id"' in letters[5]["reason"]
    assert server.streams()["MEDIA_EVENTS"]["state"]["messages"] == 0


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_a_row_that_a_constraint_refuses_is_a_dead_letter_and_the_others_land(
        sluice, server, tmp_path, postgres, kind):
    table = Table(kind, tmp_path, postgres)
    ddl = ("CREATE TABLE events (id BIGINT CHECK (id <> 7), title VARCHAR(20), "
           "started TIMESTAMPTZ)")
    if kind == "duckdb":
        with duckdb.connect(str(table.path)) as connection:
            connection.execute(ddl)
    else:
        table.server.psql(table.database, ddl)
    make_stream(sluice, server, table)
    with NatsClient(server.url) as client:
        client.publish([event(i) for i in range(20)])
    assert counts(follow(sluice, server, table, code=REJECTED)) == [20, 19, 0, 0, 1]
    assert table.count() == (19, 19)
    (letter,) = sluice.run("follow", "dead", table.uri, "--table", "events", "--json",
                           check_code=0).json["letters"]
    assert letter["sequence"] == 8 and "CHECK" in letter["reason"].upper()


def test_wherever_it_is_killed_each_message_lands_once(sluice, server, table):
    """Killed at each crash point; without a key, so that nothing but the record drops a message."""
    make_stream(sluice, server, table, "--ack-wait", "1s", "--max-deliver", 2)
    published = 0
    with NatsClient(server.url) as client:
        for crash_at in range(1, 30 if ALL else 13):
            client.publish([event(published + i) for i in range(50)])
            published += 50
            result = sluice.run("follow", server.url, table.uri, "--table", "events", *STREAM,
                                "--once", "--batch-time", "100ms", "--batch-size", 20, "--json",
                                env={"SLUICE_CRASH_AT": crash_at})
            assert result.code in (0, -9), result
        follow(sluice, server, table)
    assert table.count() == (published, published)
    assert server.streams()["MEDIA_EVENTS"]["state"]["messages"] == 0


def test_messages_that_were_delivered_as_often_as_may_be_land_from_the_stream(sluice, server,
                                                                               tmp_path):
    table = Table("duckdb", tmp_path)
    make_stream(sluice, server, table, "--ack-wait", "300ms", "--max-deliver", 1)
    with NatsClient(server.url) as client:
        client.publish([event(i) for i in range(10)])
    result = sluice.run("follow", server.url, table.uri, "--table", "events", *STREAM, "--once",
                        env={"SLUICE_CRASH_AT": 1})
    assert result.code == -9
    report = follow(sluice, server, table)
    assert counts(report) == [10, 10, 0, 0, 0]
    assert table.count() == (10, 10)
    assert server.streams()["MEDIA_EVENTS"]["state"]["messages"] == 0


def test_it_follows_until_it_is_asked_to_stop(sluice, server, tmp_path):
    table = Table("duckdb", tmp_path)
    make_stream(sluice, server, table)
    process = sluice.start("follow", server.url, table.uri, "--table", "events", *STREAM,
                           "--batch-time", "100ms", "--json")
    with NatsClient(server.url) as client:
        for begin in range(0, 300, 100):
            client.publish([event(begin + i) for i in range(100)])
            time.sleep(0.2)
    end = time.monotonic() + 20
    while server.streams()["MEDIA_EVENTS"]["state"]["messages"] and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0, out
    report = json.loads(out)
    assert (report["state"], report["inserted"]) == ("stopped", 300)
    assert table.count() == (300, 300)


def test_a_server_that_is_killed_and_comes_back_goes_on_where_it_was(sluice, server, tmp_path):
    table = Table("duckdb", tmp_path)
    make_stream(sluice, server, table, "--ack-wait", "1s")
    with NatsClient(server.url) as client:
        client.publish([event(i) for i in range(4000)])
    process = sluice.start("follow", server.url, table.uri, "--table", "events", *STREAM, "--once",
                           "--batch-time", "100ms", "--batch-size", 100, "--json")
    for _ in range(3):
        time.sleep(0.4)
        server.kill()
        server.start()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert table.count() == (4000, 4000)


def test_a_database_that_goes_away_and_comes_back_gets_each_message_once(sluice, server,
                                                                          own_postgres, tmp_path):
    """The server's synchronous_commit is off: what is acknowledged is on its disk all the same."""
    table = Table("postgres", tmp_path, own_postgres)
    make_stream(sluice, server, table, "--ack-wait", "1s")
    process = sluice.start("follow", server.url, table.uri, "--table", "events", *STREAM,
                           "--batch-time", "50ms", "--batch-size", 50, "--json")
    with NatsClient(server.url) as client:
        client.publish([event(6000)])
        while server.streams()["MEDIA_EVENTS"]["state"]["messages"]:
            time.sleep(0.05)
        for begin in range(0, 3000, 1000):
            client.publish([event(begin + i) for i in range(1000)])
            own_postgres.stop_server(signal.SIGQUIT)  # at once, as a crash
            client.publish([event(3000 + begin + i) for i in range(1000)])
            own_postgres.start()
    end = time.monotonic() + 60
    while server.streams()["MEDIA_EVENTS"]["state"]["messages"] and time.monotonic() < end:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, out + err
    assert table.count() == (6001, 6001)


SECRET = "wOrd-4711"
USER = f'authorization {{user: media, password: "{SECRET}"}}'
TOKEN = f'authorization {{token: "{SECRET}"}}'


@pytest.mark.parametrize("config, login, env", [
    (USER, f"media:{SECRET}@", {}),
    (USER, "", {"NATS_USER": "media", "NATS_PASSWORD": SECRET}),
    (TOKEN, f"{SECRET}@", {}),
    (TOKEN, "", {"NATS_TOKEN": SECRET}),
])
def test_a_user_and_a_token_are_let_in_and_printed_nowhere(sluice, tmp_path, config, login, env):
    server = NatsServer(tmp_path, config=config)
    try:
        rest = [Table("duckdb", tmp_path).uri, "--table", "events", *STREAM, "--once",
                "--batch-time", "100ms"]
        refused = sluice.run("follow", server.url, *rest, "--wait", "1s")
        assert refused.code == DENIED and "NATS_USER" in refused.stderr, refused
        url = server.url.replace("nats://", f"nats://{login}")
        result = sluice.run("follow", url, *rest, "--json", env=env, check_code=0)
        assert SECRET not in result.stdout + result.stderr
        process = sluice.start("follow", url, *rest[:-3], env=env)
        time.sleep(0.3)
        with open(f"/proc/{process.pid}/cmdline", encoding="utf-8") as title:
            assert SECRET not in title.read()
        process.terminate()
        process.communicate(timeout=20)
    finally:
        server.stop()


def make_certificates(folder):
    """A CA and a certificate of it for 127.0.0.1."""
    def openssl(*args):
        subprocess.run(["openssl", *map(str, args)], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", "ca.key", "-out", "ca.pem", "-days", 2, "-subj", "/CN=test")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
            "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "server.pem", "-days", 2, "-extfile", "names")


def test_tls_is_checked_against_the_ca(sluice, tmp_path):
    make_certificates(tmp_path)
    server = NatsServer(tmp_path, config=f"""tls {{
        cert_file: "{tmp_path}/server.pem", key_file: "{tmp_path}/server.key",
        ca_file: "{tmp_path}/ca.pem", verify: true }}""")
    try:
        rest = [Table("duckdb", tmp_path).uri, "--table", "events", *STREAM, "--once", "--wait",
                "1s", "--batch-time", "100ms"]
        own = ["--cert", tmp_path / "server.pem", "--cert-key", tmp_path / "server.key"]
        url = server.url.replace("nats://", "tls://")
        assert sluice.run("follow", url, *rest, *own).code == DENIED
        sluice.run("follow", url, *rest, *own, "--ca", tmp_path / "ca.pem", check_code=0)
    finally:
        server.stop()


def test_a_server_that_is_not_there_is_told(sluice, tmp_path):
    table = Table("duckdb", tmp_path)
    (port,) = nats.free_ports(1)
    result = sluice.run("follow", f"nats://127.0.0.1:{port}", table.uri, "--table", "events",
                        *STREAM, "--once", "--wait", "500ms")
    assert result.code == NOT_FOUND and f"127.0.0.1:{port}" in result.stderr, result


def test_what_is_missing_on_the_command_line_is_said(sluice):
    result = sluice.run("follow", "nats://localhost", "duckdb:t.duckdb", "--table", "t")
    assert result.code == INVALID and "--stream" in result.stderr
