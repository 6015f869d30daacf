"""Messages at full speed into a DuckLake while sluice and nats-server are killed, and
the network between them is cut: each lands once.

A usual run has 20,000 messages and 6 kills, SLUICE_TEST_ALL=1 200,000 and 30. The key is
for what the publisher sends twice because an answer was lost with a server. Judges: DuckDB's own
extension counts rows and distinct ids, and rows and drops together are as many as the stream got.
"""
import json
import random
import threading
import time

import pytest

from support import nats
from support.lakes import Lake
from support.nats import NatsClient, NatsServer, Network
from support.thorough import ALL

pytestmark = pytest.mark.skipif(nats.SERVER is None, reason=nats.NO_SERVER)

MESSAGES, KILLS = (200_000, 30) if ALL else (20_000, 6)
SEED = 20_240_506
CHUNK = 1000


def publish_all(server, stop):
    """Publishes them in their order; after a lost connection those without an answer again."""
    sent = 0
    while sent < MESSAGES and not stop.is_set():
        try:
            with NatsClient(server.url) as client:
                client.socket.settimeout(5)
                while sent < MESSAGES and not stop.is_set():
                    client.publish([
                        ("playback.events.x", json.dumps({"id": i, "title": f"film {i}"}),
                         {"Nats-Msg-Id": f"m{i}"}) for i in range(sent, sent + CHUNK)])
                    sent += CHUNK
        except (OSError, ConnectionError, AssertionError, ValueError):
            time.sleep(0.1)


def test_each_message_lands_once_whoever_is_killed(sluice, tmp_path):
    pick = random.Random(SEED)
    lake = Lake(tmp_path)
    lake.data = tmp_path / "lake.sqlite.files"
    server = NatsServer(tmp_path)
    network = Network(server.port)
    command = ["follow", network.url, lake.uri, "--table", "events", "--stream", "MEDIA_EVENTS",
               "--subject", "playback.events.>", "--durable", "media-processor", "--key", "id",
               "--ack-wait", "2s", "--batch-size", 2000, "--batch-time", "200ms", "--json"]
    sluice.run(*command, "--once", check_code=0)
    stop = threading.Event()
    publisher = threading.Thread(target=publish_all, args=(server, stop))
    publisher.start()
    process = sluice.start(*command)
    try:
        for number in range(KILLS):
            time.sleep(pick.uniform(0.3, 1.5))
            if number % 3 == 2:
                server.kill()
                time.sleep(pick.uniform(0, 0.5))
                server.start()
            elif number % 3 == 1:
                network.cut()
            else:
                process.kill()
                process.communicate()
                process = sluice.start(*command)
        publisher.join(120)
        assert not publisher.is_alive()
        process.kill()
        process.communicate()
        report = sluice.run(*command, "--once", check_code=0, timeout=300).json
        assert report["dead"] == 0
        last = server.streams()["MEDIA_EVENTS"]["state"]["last_seq"]
    finally:
        stop.set()
        process.kill()
        publisher.join(30)
        network.close()
        server.stop()
    (found,) = lake.rows("SELECT count(*), count(DISTINCT id), min(id), max(id) FROM events")
    assert found == (str(MESSAGES), str(MESSAGES), "0", str(MESSAGES - 1))
    assert lake.catalog_rows("SELECT landed, rows_landed, rows_dropped FROM sluice_follow") == [
        (f"1-{last}", MESSAGES, last - MESSAGES)]
