#!/usr/bin/env python3
"""with_postgres.py -- COMMAND...: starts a PostgreSQL, runs COMMAND, stops it, returns its code.

COMMAND finds it in the environment:
  SLUICE_TEST_POSTGRES           postgres://postgres@127.0.0.1:PORT/postgres (superuser)
  SLUICE_TEST_POSTGRES_SECRETIVE postgres://secretive@127.0.0.1:PORT/postgres (needs a password)
  SLUICE_TEST_POSTGRES_SECRET    that password
Where no PostgreSQL can be started, COMMAND runs without them, and its tests skip for that reason.
"""
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.postgres import SECRET, SECRETIVE, Postgres, Unavailable  # noqa: E402


def main():
    command = sys.argv[1:]
    if command[:1] == ["--"]:
        command = command[1:]
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    environment = dict(os.environ)
    server = None
    try:
        server = Postgres()
        environment["SLUICE_TEST_POSTGRES"] = server.uri()
        environment["SLUICE_TEST_POSTGRES_SECRETIVE"] = server.uri(role=SECRETIVE)
        environment["SLUICE_TEST_POSTGRES_SECRET"] = SECRET
    except Unavailable as reason:
        print(f"with_postgres: {reason}", file=sys.stderr)
    try:
        code = subprocess.run(command, env=environment, check=False).returncode
        return code if code >= 0 else 128 - code
    finally:
        if server is not None:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
