"""A commit to an Iceberg catalog that is killed at each of its points: the table is as it was or as
it was to be, PyIceberg reads it, and the next commit goes on from there."""
import os
import pathlib
import subprocess

from pyiceberg.catalog import load_catalog

from support import program

PROBE = program.BINARY.parent / "iceberg_probe"
KILLED = -9
POINTS_MAX = 20


def probe(location, *words, crash_at=None, environment=None):
    assert PROBE.exists(), f"{PROBE} is not built: its target is {PROBE.name}"
    variables = {**os.environ, **(environment or {})}
    if crash_at is not None:
        variables["SLUICE_CRASH_AT"] = str(crash_at)
    return subprocess.run([PROBE, location, *words], capture_output=True, text=True, timeout=60,
                          env=variables)


def metadata_files(folder):
    return {f"file://{path}" for path in pathlib.Path(folder).rglob("*.metadata.json")}


def crash_at_each_point(location, words, environment=None):
    """Kills the probe at its first point, its second ...; yields after each until it ends."""
    for point in range(1, POINTS_MAX):
        done = probe(location, *words(point), crash_at=point, environment=environment)
        yield point, done.returncode == KILLED
        if done.returncode != KILLED:
            assert done.stdout.split() == ["committed"], done.stderr
            assert point > 2, "no crash point was passed"
            return
    raise AssertionError(f"it did not end within {POINTS_MAX} points")


def test_a_killed_commit_in_sql_is_there_or_is_not(tmp_path):
    location = f"iceberg:sqlite:{tmp_path}/c.db?catalog=lake&warehouse={tmp_path}/w"
    judge = load_catalog("lake", type="sql", uri=f"sqlite:///{tmp_path}/c.db",
                         warehouse=f"file://{tmp_path}/w")
    assert probe(location, "namespace", "n").returncode == 0
    assert probe(location, "make", "n", "t").returncode == 0
    seen = {}
    for point, was_killed in crash_at_each_point(
            location, lambda point: ("set", "n", "t", f"k{point}", "v")):
        table = judge.load_table("n.t")
        has = f"k{point}" in table.properties
        assert has or was_killed
        assert {key for key in table.properties if key.startswith("k")} - set(seen) == (
            {f"k{point}"} if has else set())
        if has:
            seen[f"k{point}"] = table.metadata_location
    # Nothing that the table's history names was removed.
    table = judge.load_table("n.t")
    history = {entry.metadata_file for entry in table.metadata.metadata_log}
    assert history | {table.metadata_location} <= metadata_files(tmp_path)
    assert list(seen.values())[-1] == table.metadata_location


def test_a_table_whose_making_was_killed_can_be_made(tmp_path):
    location = f"iceberg:sqlite:{tmp_path}/c.db?catalog=lake&warehouse={tmp_path}/w"
    assert probe(location, "namespace", "n").returncode == 0
    for point, was_killed in crash_at_each_point(
            location, lambda point: ("make", "n", f"t{point}")):
        tables = probe(location, "tables", "n").stdout.split()
        if f"t{point}" not in tables:
            assert was_killed
            assert probe(location, "make", "n", f"t{point}").stdout.split() == ["committed"]


def test_a_killed_commit_behind_rest_is_there_or_is_not(nessie, s3):
    location = f"iceberg:rest:{nessie.uri}?warehouse={nessie.warehouse}"
    space = "crashes"
    assert probe(location, "namespace", space, environment=s3.environment()).returncode == 0
    assert probe(location, "make", space, "t", environment=s3.environment()).returncode == 0
    judge = load_catalog("lake", type="rest", uri=nessie.uri, warehouse=nessie.warehouse)
    for point, was_killed in crash_at_each_point(
            location, lambda point: ("set", space, "t", f"k{point}", "v"), s3.environment()):
        has = f"k{point}" in judge.load_table((space, "t")).properties
        assert has or was_killed
        # Before the request the commit is not there, behind its answer it is.
        if was_killed:
            assert has == (point == 2)
