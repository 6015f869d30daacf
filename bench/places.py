"""Where things are."""
import os
import pathlib

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
SLUICE = pathlib.Path(os.environ.get("SLUICE_BIN") or CHECKOUT / "build/release/sluice")
PYTHON = CHECKOUT / ".deps/venv/bin/python"
PEERS = CHECKOUT / ".deps/bench"  # what bench/setup.sh makes
PG_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
