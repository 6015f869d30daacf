"""Ingest of JSON records with duplicates: sluice beside the straightforward script, in turn.

    .deps/venv/bin/python bench/ingest.py [--records N] [--runs N] [--folder DIR]

Both bring a file of one object a line, 30 % of it with a key that came before, into an empty table
of a new lake with a SQLite catalog. The script is what one writes with DuckDB's ducklake extension:
read_json into a temporary table, an anti-join, an insert. It keeps no record of what it drops.
Prints both sides' times, their ratio and sluice's peak memory, and fails where the rows differ.
"""
import argparse
import json
import pathlib
import random
import shutil
import sys
import tempfile

BENCH = pathlib.Path(__file__).resolve().parent
CHECKOUT = BENCH.parent
sys.path[:0] = [str(BENCH), str(CHECKOUT / "tests")]

from measure import Side  # noqa: E402
from support.judge import open_judge  # noqa: E402
from support.program import BINARY  # noqa: E402

COLUMNS = ("device BIGINT, when_captured TIMESTAMPTZ, lat DOUBLE, lon DOUBLE, cpm BIGINT, "
           "usv_h DOUBLE, name VARCHAR, battery DOUBLE, ok BOOLEAN")
DEVICES = 5000
DUPLICATES = 0.3


def record(key):
    numbers = random.Random(key)
    day, second = divmod(key // DEVICES * 97, 86_400)
    when = "2026-%02d-%02dT%02d:%02d:%02dZ" % (
        1 + day // 28 % 12, 1 + day % 28, second // 3600, second // 60 % 60, second % 60)
    return json.dumps({
        "device": key % DEVICES, "when_captured": when, "lat": round(numbers.uniform(-90, 90), 6),
        "lon": round(numbers.uniform(-180, 180), 6), "cpm": numbers.randrange(10, 4000),
        "usv_h": round(numbers.random(), 4), "name": f"sensor {key % DEVICES}",
        "battery": round(numbers.random() * 5, 2), "ok": key % 3 == 0})


def write_records(path, records):
    """Returns the number of keys."""
    keys = int(records * (1 - DUPLICATES))
    choice = random.Random(1)
    with open(path, "w", encoding="utf-8") as out:
        for i in range(records):
            out.write(record(i if i < keys else choice.randrange(keys)) + "\n")
    return keys


def attach(connection, folder):
    connection.execute(f"ATTACH 'ducklake:sqlite:{folder}/lake.sqlite' AS lake "
                       f"(DATA_PATH '{folder}/files/')")


def make_lake(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with open_judge("ducklake", "sqlite_scanner") as connection:
        attach(connection, folder)
        connection.execute(f"CREATE TABLE lake.measurements ({COLUMNS})")


def run_script(folder, source):
    """The other side, in a process of its own."""
    connection = open_judge("ducklake", "sqlite_scanner")
    connection.execute("SET TimeZone = 'UTC'")
    attach(connection, folder)
    connection.execute(
        "CREATE TEMP TABLE fresh AS SELECT DISTINCT ON (device, when_captured) device, "
        "when_captured::TIMESTAMPTZ AS when_captured, lat, lon, cpm, usv_h, name, battery, ok "
        f"FROM read_json('{source}')")
    connection.execute(
        "INSERT INTO lake.measurements SELECT f.* FROM fresh f LEFT JOIN lake.measurements m "
        "ON f.device = m.device AND f.when_captured = m.when_captured WHERE m.device IS NULL")
    connection.close()


def content(folder):
    with open_judge("ducklake", "sqlite_scanner") as connection:
        attach(connection, folder)
        return connection.execute(
            "SELECT count(*), sum(hash(m)::HUGEINT) FROM lake.measurements m").fetchone()


def sides(folder, source):
    ours, theirs = folder / "ours", folder / "theirs"
    return [
        Side("sluice", [BINARY, "--quiet", "--state", ours / "state", "ingest",
                        f"ducklake:sqlite:{ours}/lake.sqlite", "--table", "measurements",
                        "--key", "device,when_captured", source],
             prepare=lambda: make_lake(ours)),
        Side("script", [sys.executable, __file__, "--script", theirs, source],
             prepare=lambda: make_lake(theirs)),
    ]


def measure(folder, records, runs):
    source = folder / "records.ndjson"
    keys = write_records(source, records)
    both = sides(folder, source)
    for _ in range(runs):
        for side in both:
            side.run()
    found = [content(folder / name) for name in ("ours", "theirs")]
    if found[0] != found[1] or found[0][0] != keys:
        sys.exit(f"the rows differ: {found}, {keys} keys")
    ours, theirs = (side.figures() for side in both)
    for figures in (ours, theirs):
        print(f"{figures['name']:8} {figures['median_seconds']:7.2f} s   "
              f"cpu {figures['cpu_seconds']:6.2f} s   "
              f"peak {figures['peak_bytes'] / 2**20:6.0f} MiB   {figures['seconds']}")
    print(f"ratio    {theirs['median_seconds'] / ours['median_seconds']:7.2f}     "
          f"cpu {theirs['cpu_seconds'] / ours['cpu_seconds']:6.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--folder", type=pathlib.Path)
    parser.add_argument("--script", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.script:
        run_script(*options.script)
        return
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="sluice-bench-") as folder:
        measure(pathlib.Path(folder), options.records, options.runs)


if __name__ == "__main__":
    main()
