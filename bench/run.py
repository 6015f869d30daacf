#!/usr/bin/env python3
"""Runs sluice and its peers in turn on the same data and prints how many times as fast it was.

    bench/run.py --list
    bench/run.py duckdb_to_postgres --scale 0.3 --runs 3
    bench/run.py --all --store        # every route and table; bench/results.json and results.svg
"""
import argparse
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

import chart
import measure
import tables
from places import CHECKOUT, SLUICE
from routes import ROUTES

sys.path.insert(0, str(CHECKOUT / "tests"))


def say(text):
    print(text, flush=True)


def run_route(name, table, source, rows, runs, server, skip):
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        say(f"{name}, {table}, {rows:,} rows")
        route = ROUTES[name](pathlib.Path(folder), source, table, server)
        route.sides = [s for s in route.sides if not any(word in s.name for word in skip)]
        try:
            measure.in_turn(route.sides, runs, say)
        finally:
            route.close()
    ours = [side for side in route.sides if side.name.startswith("sluice")]
    theirs = [side for side in route.sides if side not in ours]
    ratios = [measure.ratio(own, peer) for own in ours for peer in theirs]
    result = {"name": name, "table": table, "rows": rows,
              "sides": [side.figures() for side in route.sides],
              "ratios": [ratio for ratio in ratios if ratio]}
    for side in result["sides"]:
        if "failure" in side:
            say(f"  {side['name']:44} failed: {side['failure']}")
        else:
            say(f"  {side['name']:44} median {side['median_seconds']:8.2f} s   cpu "
                f"{side['cpu_seconds']:7.2f} s   peak {side['peak_bytes'] / 2**20:7.0f} MiB")
    for ratio in result["ratios"]:
        say(f"  {ratio['ours']}: {ratio['times_as_fast']:.2f} times as fast as {ratio['theirs']} "
            f"({ratio['least']:.2f} to {ratio['most']:.2f})")
    return result


def store(routes, scale, runs):
    version = subprocess.run([SLUICE, "--version"], check=True, capture_output=True, text=True)
    results = {"version": version.stdout.strip(),
               "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
               "machine": measure.machine(), "scale": scale, "runs": runs, "routes": routes}
    folder = CHECKOUT / "bench"
    (folder / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    (folder / "results.svg").write_text(chart.svg(results))
    say(f"stored in {folder / 'results.json'} and results.svg")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("route", nargs="*", choices=[*ROUTES, []], help="one or more of --list")
    parser.add_argument("--list", action="store_true", help="the routes and their peers")
    parser.add_argument("--all", action="store_true", help="every route")
    parser.add_argument("--table", choices=[*tables.TABLES, "all"], default="lineitem")
    parser.add_argument("--scale", type=float, default=1, help="lineitem: TPC-H's scale factor")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--skip", action="append", default=[], metavar="NAME",
                        help="leave out sides whose names hold NAME; may be repeated")
    parser.add_argument("--store", action="store_true", help="write results.json and results.svg")
    arguments = parser.parse_args()
    names = list(ROUTES) if arguments.all else arguments.route
    if arguments.list or not names:
        for name, route in ROUTES.items():
            print(f"{name:24} {route.__doc__.split(': ', 1)[1].splitlines()[0]}")
        return
    from support import postgres
    chosen = tables.TABLES if arguments.table == "all" else (arguments.table,)
    server = postgres.Postgres()
    results = []
    try:
        with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
            for table in chosen:
                source = pathlib.Path(folder) / f"{table}.duckdb"
                rows = tables.make(table, arguments.scale, source)
                for name in names:
                    results.append(
                        run_route(name, table, source, rows, arguments.runs, server,
                                  arguments.skip))
    finally:
        server.stop()
    if arguments.store:
        store(results, arguments.scale, arguments.runs)


if __name__ == "__main__":
    main()
