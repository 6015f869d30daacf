"""Many processes write one lake while others read it: nobody gets an error, nothing is lost, and
nothing stands twice. Then the same with writers that are killed. The extension counts."""
import json
import os
import random
import subprocess
import sys
import threading
import time

import pytest

from support.lakes import Lake
from support.thorough import ALL

WRITERS = 8
COMMITS = 50 if ALL else 12  # of each
READERS = 4
ROWS = 20      # of a commit
SHARED = 5     # of these, rows that the writer before wrote too
KILL_SHARE = 0.3

# A dashboard: asks again and again until standard input closes. Prints what it saw.
READER = """
import json, select, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from support.judge import open_judge
attach, data, needed = sys.argv[2], sys.argv[3], sys.argv[4:]
seen, errors, least = 0, [], 0
connection = open_judge("ducklake", *needed)
while not select.select([sys.stdin], [], [], 0.05)[0]:
    try:
        connection.execute(f"ATTACH '{attach}' AS lake (READ_ONLY, DATA_PATH '{data}/')")
        rows, keys = connection.execute(
            "SELECT count(*), count(DISTINCT (w, c, r)) FROM lake.t").fetchone()
        connection.execute("DETACH lake")
        if rows != keys or rows < least:
            errors.append(f"{rows} rows, {keys} keys, {least} before")
        seen, least = seen + 1, rows
    except Exception as error:
        errors.append(str(error))
        break
print(json.dumps({"seen": seen, "errors": errors}))
"""


def records(writer, commit):
    """The writer's own rows, and the last ones of its neighbour's commit of that number."""
    own = [(writer, commit, row) for row in range(ROWS - SHARED)]
    neighbour = (writer + 1) % WRITERS
    return own + [(neighbour, commit, row) for row in range(ROWS - SHARED - SHARED, ROWS - SHARED)]


def all_keys():
    return {key for w in range(WRITERS) for c in range(COMMITS) for key in records(w, c)}


def write_inbox(folder):
    for writer in range(WRITERS):
        for commit in range(COMMITS):
            with open(folder / f"{writer}-{commit}.jsonl", "w", encoding="utf-8") as out:
                for w, c, r in records(writer, commit):
                    out.write(json.dumps({"w": w, "c": c, "r": r, "v": f"{w}/{c}/{r}"}) + "\n")


class Writers:
    """Attributes: codes and errors of the commits that were not killed, kills."""

    def __init__(self, sluice, lake, inbox, kills):
        self.sluice, self.inbox, self.kills_wanted = sluice, inbox, kills
        self.words = ["ingest", f"{lake.uri}{'&' if '?' in lake.uri else '?'}data_path={lake.data}",
                      "--table", "t", "--key", "w,c,r", "--json"]
        self.failures, self.kills, self.done = [], 0, 0

    def write(self, writer):
        choice = random.Random(writer)
        environment = self.sluice.environment(
            {"SLUICE_STATE": str(self.sluice.folder / f"state{writer}")})
        for commit in range(COMMITS):
            while True:
                started = time.monotonic()
                file = self.inbox / f"{writer}-{commit}.jsonl"
                process = subprocess.Popen(
                    [str(self.sluice.binary), *self.words, str(file)],
                    env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, text=True, cwd=self.sluice.folder)
                if self.kills_wanted and choice.random() < KILL_SHARE:
                    try:
                        process.wait(choice.random() * 0.6)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.communicate()
                        self.kills += 1
                        continue  # nobody knows what it did: the same again
                out, error = process.communicate()
                if process.returncode != 0:
                    self.failures.append((writer, commit, process.returncode, out, error,
                                          time.monotonic() - started))
                self.done += 1
                break

    def run(self):
        threads = [threading.Thread(target=self.write, args=(w,)) for w in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def start_readers(lake):
    needed = {"sqlite": ["sqlite_scanner"], "postgres": ["postgres_scanner"]}[lake.kind]
    tests = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return [subprocess.Popen([sys.executable, "-c", READER, tests, lake.attach, str(lake.data),
                              *needed], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(READERS)]


@pytest.mark.parametrize("kills", [False, True], ids=["all live", "some are killed"])
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_every_commit_of_every_writer_is_there_once(sluice, postgres, tmp_path, kind, kills):
    lake = Lake(tmp_path, kind, postgres)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    write_inbox(inbox)
    writers = Writers(sluice, lake, inbox, kills)
    first = sluice.run(*writers.words, inbox / "0-0.jsonl", check_code=0).json
    assert first["inserted"] == ROWS

    readers = start_readers(lake)
    writers.run()
    for reader in readers:
        reader.stdin.close()
    seen = [json.loads(reader.stdout.read()) for reader in readers]
    for reader in readers:
        reader.wait()

    assert writers.failures == []
    assert writers.done == WRITERS * COMMITS
    assert [errors for one in seen for errors in one["errors"]] == []
    assert all(one["seen"] > 0 for one in seen)
    found = lake.rows("SELECT w, c, r, v FROM t")
    assert len(found) == len(all_keys())
    assert {(int(w), int(c), int(r)) for w, c, r, _ in found} == all_keys()
    assert all(v == f"{w}/{c}/{r}" for w, c, r, v in found)
    if kills:
        assert writers.kills > WRITERS * COMMITS * KILL_SHARE / 4
    sound = sluice.run("lake", "fsck", lake.uri, "--json").json
    kinds = {finding["kind"] for finding in sound["findings"]}
    assert kinds <= ({"orphan_file"} if kills else set()), sound["findings"]
