#!/usr/bin/env python3
"""Opening a Delta table's log: sluice beside delta-rs, in turn.

    .deps/venv/bin/python bench/delta_open.py [--files N] [--commits N] [--runs N] [--folder DIR]

Three logs, made in a temporary folder, and with --folder one that is there already (its log is only
read): N files in three commits, the same with a checkpoint, and N commits without one. Each side
opens the newest version with all of its files. sluice is timed as a whole process (`query ...
"SELECT 1"`), delta-rs from the call of DeltaTable() to the list of its files, without the start of
Python and the import. Prints each side's times, the ratio of the medians and the memory; fails where
the sides do not list the same files.
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

COLUMNS = 20
COLUMNS_WITH_STATS = 8
COMMITS_OF_FILES = 3

PEER = """
import json, resource, sys, time
import deltalake
start = time.monotonic()
files = deltalake.DeltaTable(sys.argv[1]).file_uris()
seconds = time.monotonic() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"seconds": seconds, "files": len(files), "peak": peak}))
"""
CHECKPOINT = "import sys, deltalake; deltalake.DeltaTable(sys.argv[1]).create_checkpoint()"


def head():
    fields = [{"name": "day", "type": "string", "nullable": True, "metadata": {}}] + [
        {"name": f"c{i}", "type": "long", "nullable": True, "metadata": {}} for i in range(COLUMNS)]
    return [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
            {"metaData": {"id": "5adb1fc2-ed97-4832-ba7f-541135e95b63",
                          "format": {"provider": "parquet", "options": {}},
                          "schemaString": json.dumps({"type": "struct", "fields": fields}),
                          "partitionColumns": ["day"], "configuration": {}, "createdTime": 0}}]


def add(number):
    names = [f"c{i}" for i in range(COLUMNS_WITH_STATS)]
    stats = {"numRecords": 1000, "minValues": {name: number for name in names},
             "maxValues": {name: number + 999 for name in names},
             "nullCount": dict.fromkeys(names, 0)}
    day = f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}"
    return {"add": {"path": f"day={day}/part-{number:08}-c000.snappy.parquet",
                    "partitionValues": {"day": day}, "size": 1048576 + number,
                    "modificationTime": 1700000000000 + number, "dataChange": True,
                    "stats": json.dumps(stats)}}


def write_log(folder, files, commits):
    """`files` in as many commits; returns the table's folder."""
    log = folder / "_delta_log"
    log.mkdir(parents=True)
    for version in range(commits):
        with open(log / f"{version:020}.json", "w", encoding="utf-8") as out:
            info = {"commitInfo": {"timestamp": 1700000000000 + version, "operation": "WRITE"}}
            for action in [info, *(head() if version == 0 else [])]:
                out.write(json.dumps(action) + "\n")
            for number in range(files * version // commits, files * (version + 1) // commits):
                out.write(json.dumps(add(number), separators=(",", ":")) + "\n")
    return folder


def listed_by_sluice(table):
    """Counted by a process of its own: the memory of this one would be taken for its children's."""
    command = f"'{SLUICE}' lake files 'delta:{table}' --json | grep -c '^ *\"path\": '"
    return int(subprocess.run(command, shell=True, capture_output=True, check=True).stdout)


def open_by_delta_rs(table):
    done = subprocess.run([PYTHON, "-c", PEER, table], capture_output=True, check=True)
    return json.loads(done.stdout)


def compare(name, table, runs):
    """Prints what both sides took; returns the ratio of the medians."""
    sluice = Side("sluice", [SLUICE, "query", f"delta:{table}", "SELECT 1"])
    peer = []
    for _ in range(runs):
        sluice.run()
        peer.append(open_by_delta_rs(table))
    files = listed_by_sluice(table)
    if files != peer[0]["files"]:
        sys.exit(f"{name}: sluice lists {files} files, delta-rs {peer[0]['files']}")
    theirs = statistics.median(one["seconds"] for one in peer)
    ours = statistics.median(sluice.seconds)
    print(f"{name}: {files:,} files")
    for side, seconds, peak in (
            ("sluice", sluice.seconds, max(sluice.peak_bytes)),
            ("delta-rs", [one["seconds"] for one in peer], max(one["peak"] for one in peer))):
        times = " ".join(f"{value:.2f}" for value in sorted(seconds))
        print(f"  {side:9} {statistics.median(seconds):6.3f} s   ({times})   {peak >> 20} MiB")
    print(f"  delta-rs takes {theirs / ours:.1f} times as long", flush=True)
    return theirs / ours


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=300_000)
    parser.add_argument("--commits", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--folder", help="another table, whose log is there already")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as made:
        folder = pathlib.Path(made)
        table = write_log(folder / "files", arguments.files, COMMITS_OF_FILES)
        compare("files in commits", table, arguments.runs)
        subprocess.run([PYTHON, "-c", CHECKPOINT, table], check=True)
        compare("files in a checkpoint", table, arguments.runs)
        table = write_log(folder / "commits", arguments.commits, arguments.commits)
        compare("commits without a checkpoint", table, arguments.runs)
    if arguments.folder:
        compare("the table that was named", arguments.folder, arguments.runs)


if __name__ == "__main__":
    main()
