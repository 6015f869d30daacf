#!/usr/bin/env python3
"""Opening an Iceberg table of many files: sluice beside PyIceberg, in turn.

    .deps/venv/bin/python bench/iceberg_open.py [--files N] [--runs N] [--keep DIR]

A table of N files in ten commits, 20 columns, parted by one of them, in a catalog in SQLite. Two jobs:
all data files of the newest snapshot with what is deleted from them (`sluice lake files`; PyIceberg's
load_table() and scan().plan_files()), and the row of one value of the partition (`sluice query`; scan
with a filter, to Arrow). sluice is timed as a whole process, PyIceberg without the start of Python and
the imports. Prints each side's times, the ratio of the medians and the memory; fails where the sides
do not find the same.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

BENCH = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))

from measure import Side  # noqa: E402
from places import PYTHON, SLUICE  # noqa: E402

COMMITS = 10
COLUMNS = 20

MAKE = """
import sys, duckdb
path, first, count, columns = sys.argv[1], *map(int, sys.argv[2:])
items = ", ".join(f"i * {n} + {n} AS c{n}" for n in range(columns))
with duckdb.connect(path) as connection:
    connection.execute(f"CREATE TABLE t AS SELECT i AS part, {items} FROM range({first}, "
                       f"{first + count}) s(i)")
"""
PEER = """
import json, resource, sys, time
from pyiceberg.catalog.sql import SqlCatalog
folder, part = sys.argv[1], sys.argv[2]
start = time.monotonic()
catalog = SqlCatalog("sluice", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/w")
table = catalog.load_table("main.t")
if part:
    found = table.scan(row_filter=f"part = {part}").to_arrow().num_rows
else:
    found = len(list(table.scan().plan_files()))
seconds = time.monotonic() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"seconds": seconds, "found": found, "peak": peak}))
"""


def location(folder):
    return f"iceberg:sqlite:{folder}/catalog.db?warehouse={folder}/w"


def make(folder, files):
    for commit in range(COMMITS):
        first, last = files * commit // COMMITS, files * (commit + 1) // COMMITS
        source = folder / f"{commit}.duckdb"
        subprocess.run([PYTHON, "-c", MAKE, source, str(first), str(last - first), str(COLUMNS)],
                       check=True)
        words = ["--partition", "t:part"] if commit == 0 else ["--if-exists", "append"]
        subprocess.run([SLUICE, "--state", folder / "state", "--quiet", "migrate",
                        f"duckdb:{source}", location(folder), *words], check=True)
        source.unlink()


def by_pyiceberg(folder, part):
    done = subprocess.run([PYTHON, "-c", PEER, folder, part], capture_output=True, check=True)
    return json.loads(done.stdout)


def compare(name, folder, command, part, found, runs):
    """Prints what both sides took; returns the ratio of the medians."""
    sluice = Side("sluice", command)
    peer = []
    for _ in range(runs):
        sluice.run()
        peer.append(by_pyiceberg(folder, part))
    if peer[0]["found"] != found:
        sys.exit(f"{name}: sluice finds {found}, PyIceberg {peer[0]['found']}")
    theirs = statistics.median(one["seconds"] for one in peer)
    ours = statistics.median(sluice.seconds)
    print(f"{name}: {found:,}")
    for side, seconds, peak in (
            ("sluice", sluice.seconds, max(sluice.peak_bytes)),
            ("PyIceberg", [one["seconds"] for one in peer], max(one["peak"] for one in peer))):
        times = " ".join(f"{value:.2f}" for value in sorted(seconds))
        print(f"  {side:9} {statistics.median(seconds):6.3f} s   ({times})   {peak >> 20} MiB")
    print(f"  PyIceberg takes {theirs / ours:.1f} times as long", flush=True)
    return theirs / ours


def listed_by_sluice(folder):
    command = f"'{SLUICE}' lake files '{location(folder)}' --json | grep -c '^ *\"path\": '"
    return int(subprocess.run(command, shell=True, capture_output=True, check=True).stdout)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", help="a folder for the table, which stays and is used again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as made:
        folder = pathlib.Path(arguments.keep or made).resolve()
        if not (folder / "catalog.db").exists():
            folder.mkdir(parents=True, exist_ok=True)
            make(folder, arguments.files)
        compare("data files", folder, [SLUICE, "lake", "files", location(folder), "--json"], "",
                listed_by_sluice(folder), arguments.runs)
        part = str(arguments.files // 2)
        compare("rows of one partition", folder,
                [SLUICE, "query", location(folder), f"SELECT * FROM t WHERE part = {part}"], part,
                1, arguments.runs)


if __name__ == "__main__":
    main()
