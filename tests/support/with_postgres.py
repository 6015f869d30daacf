#!/usr/bin/env python3
"""with_postgres.py -- COMMAND...: starts a PostgreSQL, a MariaDB, an S3 server and a REST
catalog, runs COMMAND, stops them, returns its code.

COMMAND finds it in the environment:
  SLUICE_TEST_POSTGRES           postgres://postgres@127.0.0.1:PORT/postgres (superuser)
  SLUICE_TEST_POSTGRES_SECRETIVE postgres://secretive@127.0.0.1:PORT/postgres (needs a password)
  SLUICE_TEST_POSTGRES_SECRET    that password
  SLUICE_TEST_MYSQL              mysql://root@127.0.0.1:PORT/test_empty
  SLUICE_TEST_MYSQL_SECRETIVE    mysql://secretive@127.0.0.1:PORT/test_empty, with that password too
  SLUICE_TEST_S3                 http://127.0.0.1:PORT, and of that server
  SLUICE_TEST_S3_BUCKET          an empty bucket
  SLUICE_TEST_S3_KEY_ID, SLUICE_TEST_S3_SECRET    the keys
  SLUICE_TEST_ICEBERG_REST       the URL of an Iceberg REST catalog whose tables are on that server
  SLUICE_TEST_ICEBERG_WAREHOUSE  its warehouse
  SLUICE_TEST_S3_CUT, _LOST, _SILENT              that server behind a wire that breaks answers
Where one cannot be started, COMMAND runs without it, and its tests skip for that reason.
"""
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support import faulty_proxy, mariadb, nessie, s3  # noqa: E402
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
    servers = []
    try:
        server = Postgres()
        servers.append(server)
        environment["SLUICE_TEST_POSTGRES"] = server.uri()
        environment["SLUICE_TEST_POSTGRES_SECRETIVE"] = server.uri(role=SECRETIVE)
        environment["SLUICE_TEST_POSTGRES_SECRET"] = SECRET
    except Unavailable as reason:
        print(f"with_postgres: {reason}", file=sys.stderr)
    try:
        server = mariadb.MariaDb()
        servers.append(server)
        environment["SLUICE_TEST_MYSQL"] = server.uri("test_empty")
        environment["SLUICE_TEST_MYSQL_SECRETIVE"] = server.uri("test_empty", mariadb.SECRETIVE)
    except Unavailable as reason:
        print(f"with_postgres: {reason}", file=sys.stderr)
    try:
        server = s3.S3Server()
        servers.append(server)
        environment["SLUICE_TEST_S3"] = server.endpoint
        environment["SLUICE_TEST_S3_BUCKET"] = server.new_bucket()
        environment["SLUICE_TEST_S3_KEY_ID"] = s3.KEY_ID
        environment["SLUICE_TEST_S3_SECRET"] = s3.SECRET
        for fault in ("cut", "lost", "silent"):
            proxy = faulty_proxy.FaultyProxy(server.port, fault, every=4)
            servers.append(proxy)
            environment[f"SLUICE_TEST_S3_{fault.upper()}"] = proxy.endpoint
        catalog = nessie.Nessie(server)
        servers.insert(0, catalog)
        environment["SLUICE_TEST_ICEBERG_REST"] = catalog.uri
        environment["SLUICE_TEST_ICEBERG_WAREHOUSE"] = catalog.warehouse
    except Unavailable as reason:
        print(f"with_postgres: {reason}", file=sys.stderr)
    try:
        code = subprocess.run(command, env=environment, check=False).returncode
        return code if code >= 0 else 128 - code
    finally:
        for server in servers:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
