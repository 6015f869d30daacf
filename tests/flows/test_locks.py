"""A reader that would wait for somebody's lock says who holds it."""
import subprocess
import time

import pytest

from support.targets import make_target


@pytest.fixture
def locked(postgres, tmp_path):
    """A database whose table another session has locked."""
    target = make_target("postgres", tmp_path, postgres)
    target.execute("CREATE TABLE item (id bigint PRIMARY KEY)", "INSERT INTO item VALUES (1)")
    holder = subprocess.Popen(
        [postgres.client, "-X", "-q", "-h", postgres.host, "-p", str(postgres.port), "-U",
         "postgres", "-d", target.database],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    holder.stdin.write("BEGIN; LOCK TABLE item;\n")
    holder.stdin.flush()
    held = "SELECT pid FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = " \
           "'public.item'::regclass"
    while not target.rows(held):
        time.sleep(0.05)
    yield target, target.rows(held)[0][0]
    holder.stdin.close()
    holder.wait()


@pytest.mark.parametrize("command", [["inspect"], ["plan"]])
def test_a_lock_that_does_not_go_away_is_a_conflict_that_names_its_holder(
    sluice, tmp_path, locked, command
):
    target, pid = locked
    more = [f"sqlite:{tmp_path}/copy.sqlite"] if command == ["plan"] else []
    result = sluice.run(*command, target.uri, *more, "--json", check_code=6)
    error = result.json["error"]
    assert f"process {pid} " in error["message"] and "public.item" in error["message"]
    assert error["vendor_code"] == "55P03"
    assert f"pg_terminate_backend({pid})" in error["hint"]
