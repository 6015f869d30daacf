"""A reader that would wait for somebody's lock says who holds it."""
import subprocess
import time

import pytest

from support.postgres import SECRET, SECRETIVE
from support.targets import DuckdbTarget, make_target


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


def test_tables_that_were_not_named_are_neither_read_nor_locked(
    sluice, postgres, tmp_path, locked
):
    source, _ = locked
    source.execute("CREATE TABLE mine (id int); INSERT INTO mine VALUES (1), (2)",
                   "CREATE VIEW seen AS SELECT 1 AS id", "CREATE SEQUENCE lonely",
                   f"GRANT SELECT ON mine TO {SECRETIVE}")
    uri = f"postgres://{SECRETIVE}:{SECRET}@{postgres.host}:{postgres.port}/{source.database}"
    target = DuckdbTarget(tmp_path)
    moved = sluice.run("migrate", uri, target.uri, "--table", "mine", "--json", check_code=0).json
    only = [("grants_not_carried", "public.mine")]
    assert [(found["kind"], found["object"]) for found in moved["findings"]] == only
    assert target.rows("SELECT id FROM mine ORDER BY id") == [("1",), ("2",)]
    looked = sluice.run("inspect", uri, "--table", "mine", "--json", check_code=0).json
    assert [(table["name"], table["rows"]) for table in looked["tables"]] == [("public.mine", 2)]
    assert [(found["kind"], found["object"]) for found in looked["findings"]] == only
