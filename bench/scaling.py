#!/usr/bin/env python3
"""Whether sluice's cost grows with the rows: lineitem at several scales, seconds a million rows.

    bench/scaling.py                                  # duckdb -> postgres -> ..., 0.1 0.3 1 3
    bench/scaling.py sqlite_to_duckdb --scales 0.1 1
"""
import argparse
import json
import pathlib
import sys
import tempfile

import tables
from places import CHECKOUT
from routes import ROUTES

sys.path.insert(0, str(CHECKOUT / "tests"))

MOVES = [name for name in ROUTES if not name.startswith("verify")]


def measure_scale(name, scale, source, rows, server):
    """One run of the route with verification: what it took and the most memory that it held."""
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        route = ROUTES[name](pathlib.Path(folder), source, "lineitem", server)
        side = next(side for side in route.sides if side.name == "sluice, content verified")
        side.run()
    return {"name": name, "scale": scale, "rows": rows, "seconds": round(side.seconds[0], 2),
            "seconds_a_million_rows": round(side.seconds[0] / rows * 1e6, 3),
            "peak_bytes": side.peak_bytes[0]}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("route", nargs="*", choices=[*MOVES, []])
    parser.add_argument("--scales", nargs="+", type=float, default=[0.1, 0.3, 1, 3])
    parser.add_argument("--store", action="store_true", help="write bench/scaling.json")
    arguments = parser.parse_args()
    from support import postgres
    server = postgres.Postgres()
    results = []
    try:
        with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
            for scale in arguments.scales:
                source = pathlib.Path(folder) / "lineitem.duckdb"
                source.unlink(missing_ok=True)
                rows = tables.make("lineitem", scale, source)
                for name in arguments.route or MOVES:
                    figures = measure_scale(name, scale, source, rows, server)
                    results.append(figures)
                    print(f"{name:24} scale {scale:4g} {rows:11,} rows {figures['seconds']:8.2f} s "
                          f"{figures['seconds_a_million_rows']:6.2f} s a million "
                          f"{figures['peak_bytes'] / 2**20:6.0f} MiB", flush=True)
    finally:
        server.stop()
    if arguments.store:
        (CHECKOUT / "bench/scaling.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
