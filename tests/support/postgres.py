"""A real PostgreSQL of its own for tests: free loopback port, own data folder, gone afterwards.

Standard library only, because with_postgres.py runs it outside the tests' Python environment.
"""
import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from typing import NamedTuple

# Debian's own path comes first: a program of the same name on PATH may be something else.
BIN_FOLDERS = ["/usr/lib/postgresql/15/bin"]

OWNER = "postgres"
# A role that must give a password, and the password that must never be printed.
SECRETIVE = "secretive"
SECRET = "Kq7-unprintable-Zw3"

START_SECONDS = 30
STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1

HBA = f"""
local  all  {SECRETIVE}               scram-sha-256
host   all  {SECRETIVE}  127.0.0.1/32  scram-sha-256
local  all  {OWNER}                   trust
host   all  {OWNER}      127.0.0.1/32  trust
local  all  all                       scram-sha-256
host   all  all          127.0.0.1/32  scram-sha-256
"""

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "100",
    "wal_level": "logical",
    "log_min_messages": "warning",
}


class Unavailable(Exception):
    """There is no PostgreSQL to start; the text says why."""


class Database(NamedTuple):
    name: str
    uri: str


def find_program(name):
    for folder in BIN_FOLDERS:
        if os.access(f"{folder}/{name}", os.X_OK):
            return f"{folder}/{name}"
    raise Unavailable(f"{name} is not in {', '.join(BIN_FOLDERS)}: run tools/setup.sh")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end_with_parent():
    """Runs in the child: a killed test run must not leave a server behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


class Postgres:
    """Attributes: host, port, folder (sockets, data and log), process."""

    host = "127.0.0.1"

    def __init__(self):
        initdb = find_program("initdb")
        self.program = find_program("postgres")
        self.client = find_program("psql")
        # PostgreSQL refuses to run as root.
        self.identity = {}
        if os.geteuid() == 0:
            try:
                entry = pwd.getpwnam(OWNER)
            except KeyError:
                raise Unavailable(f"running as root, and there is no system user {OWNER}") from None
            self.identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        # Short, since the path of a Unix socket holds 107 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-pg-", dir="/tmp"))
        self.data = self.folder / "data"
        self.process = None
        try:
            if self.identity:
                os.chown(self.folder, self.identity["user"], self.identity["group"])
            self._run(
                [initdb, "-D", str(self.data), "-U", OWNER, "-A", "trust", "--no-sync"]
                + ["-E", "UTF8", "--locale=C.UTF-8"]
            )
            (self.data / "pg_hba.conf").write_text(HBA)
            self.start()
            self.psql("postgres", f"CREATE ROLE {SECRETIVE} LOGIN PASSWORD '{SECRET}'")
        except BaseException:
            self.stop()
            raise

    def _environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return {**kept, "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}

    def _run(self, command):
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment(), capture_output=True, text=True,
            check=False, **self.identity
        )
        if done.returncode != 0:
            raise Unavailable(f"{command[0]} failed: {done.stderr.strip() or done.stdout.strip()}")

    def start(self):
        """Starts the server; after stop_server() again, on the same port."""
        if not hasattr(self, "port"):
            self.port = free_port()
        settings = {**SETTINGS, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        command = [self.program, "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, preexec_fn=end_with_parent,
                **self.identity
            )
        deadline = time.monotonic() + START_SECONDS
        while self._psql("postgres", "SELECT 1").returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.05)

    def stop_server(self, how=signal.SIGINT):
        """Stops the server and keeps its data: SIGINT in good order, SIGQUIT as a crash would."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait(STOP_SECONDS)
        self.process = None

    def stop(self):
        """Stops the server and removes all that it left."""
        self.stop_server(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def uri(self, database="postgres", role=OWNER):
        return f"postgres://{role}@{self.host}:{self.port}/{database}"

    def new_database(self, options=""):
        """Makes an empty database and returns (name, uri)."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.psql("postgres", f"CREATE DATABASE {name} {options}")
        return Database(name, self.uri(name))

    def psql(self, database, sql, role=OWNER, password=None):
        """Runs SQL and returns what psql prints: unaligned, columns separated by |, no header."""
        done = self._psql(database, sql, role, password)
        if done.returncode != 0:
            raise AssertionError(f"psql on {database}: {done.stderr.strip()}")
        return done.stdout.removesuffix("\n")

    def _psql(self, database, sql, role=OWNER, password=None):
        environment = self._environment()
        if password is not None:
            environment["PGPASSWORD"] = password
        return subprocess.run(
            [self.client, "-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-h", self.host]
            + ["-p", str(self.port), "-U", role, "-d", database, "-f", "-"],
            input=sql, env=environment, capture_output=True, text=True, check=False
        )
