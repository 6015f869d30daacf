"""A nats-server of sluice's own, and a stream that moves from it to a cluster; judges: DuckDB and
the servers' own monitoring."""
import json
import os
import signal
import time

import duckdb
import pytest

from support import nats
from support.nats import NatsClient, NatsServer, make_cluster
from support.thorough import some

pytestmark = pytest.mark.skipif(nats.SERVER is None, reason=nats.NO_SERVER)

TABLE = ["--table", "events"]
STREAM = ["--stream", "MEDIA_EVENTS"]
MAKE = [*STREAM, "--subject", "playback.events.>"]


def event(number):
    return "playback.events.started", json.dumps({"id": number}), {"Nats-Msg-Id": f"m{number}"}


def ids(path):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("SELECT count(*), count(DISTINCT id) FROM events").fetchone()


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


class Embedded:
    """sluice that follows a server of its own."""

    def __init__(self, sluice, target):
        self.sluice = sluice
        (self.port,) = nats.free_ports(1)
        self.url = f"nats://embedded:{self.port}"
        self.command = ["follow", self.url, target, *TABLE, *MAKE, "--batch-time", "100ms",
                        "--ack-wait", "1s"]
        self.process = None

    def start(self):
        self.process = self.sluice.start(*self.command, "--json")
        until(self.is_ready)

    def is_ready(self):
        assert self.process.poll() is None, self.process.communicate()
        try:
            with self.client() as client:
                return "error" not in client.ask("$JS.API.CONSUMER.INFO.MEDIA_EVENTS.sluice")
        except (OSError, ConnectionError):
            return False

    def client(self):
        return NatsClient(f"nats://127.0.0.1:{self.port}")

    @property
    def pid(self):
        return json.loads((self.sluice.state / "nats/server.json").read_text())["server"]["pid"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, out + err
        return json.loads(out)


def test_a_server_of_its_own_is_started_revived_taken_over_and_stopped(sluice, tmp_path):
    path = tmp_path / "t.duckdb"
    embedded = Embedded(sluice, f"duckdb:{path}")
    embedded.start()
    with embedded.client() as client:
        client.publish([event(i) for i in range(100)])
    until(lambda: embedded.client().ask("$JS.API.STREAM.INFO.MEDIA_EVENTS")["state"]["messages"]
          == 0)
    first = embedded.pid
    os.kill(first, signal.SIGKILL)
    until(lambda: embedded.pid != first and embedded.is_ready())
    with embedded.client() as client:
        client.publish([event(i) for i in range(100, 200)])
    second = embedded.pid
    embedded.process.kill()
    embedded.process.wait()
    assert is_running(second)
    embedded.start()
    assert embedded.pid == second
    until(lambda: embedded.client().ask("$JS.API.STREAM.INFO.MEDIA_EVENTS")["state"]["messages"]
          == 0)
    embedded.stop()
    assert not is_running(second)
    assert ids(path) == (200, 200)


@pytest.mark.parametrize("crash_at", [None, *some([2, 3, 1, 4, 5], 3)])
def test_a_stream_moves_with_nothing_lost_or_doubled(sluice, tmp_path, crash_at):
    """Some messages landed before, some are in the old stream, some come to the new one."""
    path = tmp_path / "t.duckdb"
    old = NatsServer(tmp_path, "old")
    new = NatsServer(tmp_path, "new")
    try:
        rest = [f"duckdb:{path}", *TABLE, *MAKE, "--once", "--batch-time", "100ms", "--ack-wait",
                "500ms", "--json"]
        sluice.run("follow", old.url, *rest, check_code=0)
        with NatsClient(old.url) as client:
            client.publish([event(i) for i in range(700)])
            # They land, and the acknowledgements do not arrive: the stream still has them.
            assert sluice.run("follow", old.url, *rest, "--batch-size", 300,
                              env={"SLUICE_CRASH_AT": 4}).code == -9
            client.publish([event(i) for i in range(700, 1200)])
        move = ["follow", "move", old.url, new.url, *STREAM, "--json"]
        if crash_at:
            assert sluice.run(*move, env={"SLUICE_CRASH_AT": crash_at}).code == -9
        report = sluice.run(*move, check_code=0).json
        assert report["moved"] + report["there_before"] <= 1200
        stream = new.streams()["MEDIA_EVENTS"]
        assert stream["state"]["messages"] == 1200
        with NatsClient(new.url) as client:
            client.publish([event(i) for i in range(1200, 1300)])
        follow = sluice.run("follow", new.url, *rest, check_code=0).json
        assert follow["redelivered"] == 300
        assert ids(path) == (1300, 1300)
        again = sluice.run(*move, check_code=0).json
        assert again["moved"] == 0
        sluice.run("follow", new.url, *rest, check_code=0)
        sluice.run("follow", old.url, *rest, check_code=0)  # what is still in the old one
        assert ids(path) == (1300, 1300)
    finally:
        old.stop()
        new.stop()


def test_a_cluster_whose_servers_die_one_by_one_loses_nothing(sluice, tmp_path):
    path = tmp_path / "t.duckdb"
    servers = make_cluster(tmp_path)
    try:
        urls = ",".join(server.url for server in servers)
        rest = [f"duckdb:{path}", *TABLE, *MAKE, "--replicas", 3, "--batch-time", "100ms",
                "--batch-size", 200, "--ack-wait", "2s", "--json"]
        until(lambda: sluice.run("follow", urls, *rest, "--once", "--wait", "5s").code == 0, 60)
        process = sluice.start("follow", urls, *rest)
        sent = 0
        for victim in servers:
            begin, sent = sent, sent + 600
            publish_somewhere(servers, range(begin, sent))
            victim.kill()
            others = [one for one in servers if one is not victim]
            publish_somewhere(others, range(sent, sent + 400))
            sent += 400
            victim.start(wait=False)
            victim.wait(60)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0, out + err
        sluice.run("follow", urls, *rest, "--once", check_code=0)
        assert ids(path) == (sent, sent)
    finally:
        for server in servers:
            server.stop()


def publish_somewhere(servers, numbers):
    """A message whose answer did not come is sent again; the stream knows it by its id."""
    end = time.monotonic() + 60
    while True:
        for server in servers:
            try:
                with NatsClient(server.url) as client:
                    client.socket.settimeout(5)
                    client.publish([event(i) for i in numbers])
                return
            except (OSError, ConnectionError, AssertionError, ValueError):
                assert time.monotonic() < end
                time.sleep(0.2)
