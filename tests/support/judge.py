"""Programs of other people that read what sluice wrote, so that it does not judge itself.

A judge errs too: DuckDB's own PostgreSQL extension turns the numeric NaN into 0 and gets far dates
wrong. For such values the judge is a literal, psql or sqlite3.
"""
import importlib.util
import os
import pathlib
import subprocess
import sys

import duckdb

from support.program import CHECKOUT

EXTENSIONS = CHECKOUT / ".deps/extensions"
NEWER_DUCKDB = CHECKOUT / ".deps/duckdb-newer"


def open_judge(*extensions):
    """A connection of the duckdb package with these extensions of .deps/extensions loaded."""
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    # It reads manifests by the other one, which it would else fetch from the network.
    needed = ["avro"] if "iceberg" in extensions and "avro" not in extensions else []
    for name in [*needed, *extensions]:
        connection.execute(f"LOAD '{EXTENSIONS / name}.duckdb_extension'")
    return connection


def load_tpch(connection):
    """Loads the generator of TPC-H data: `CALL dbgen(sf = 0.01)`. Not part of what sluice ships."""
    package = pathlib.Path(importlib.util.find_spec("duckdb_extension_tpch").origin).parent
    connection.execute(f"LOAD '{next(package.rglob('*.duckdb_extension'))}'")


def write_with_newer_duckdb(path, *statements):
    """Runs statements on a DuckDB file with a version newer than the one that sluice links."""
    code = (
        "import duckdb, sys\n"
        "c = duckdb.connect(sys.argv[1])\n"
        "for statement in sys.argv[2:]: c.execute(statement)\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(path), *statements],
        env={**os.environ, "PYTHONPATH": str(NEWER_DUCKDB)}, check=True
    )
