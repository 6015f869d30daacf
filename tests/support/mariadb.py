"""A real MariaDB of its own for tests: free loopback port, own data folder, gone afterwards.

Standard library only, because with_postgres.py runs it outside the tests' Python environment.
"""
import atexit
import ctypes
import functools
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid

from support.postgres import PR_SET_PDEATHSIG, Database, Unavailable, free_port

OWNER = "mysql"
# A user that must give a password, and the password that must never be printed.
SECRETIVE = "secretive"
SECRET = "Kq7-unprintable-Zw3"
# A user without the global privileges that a snapshot over several connections needs.
PLAIN = "plain"

START_SECONDS = 30
STOP_SECONDS = 20

SETTINGS = {
    "bind-address": "127.0.0.1",
    "innodb-flush-log-at-trx-commit": "0",
    "innodb-buffer-pool-size": "64M",
    "innodb-log-file-size": "32M",
    "innodb-flush-method": "nosync",
    "sync-binlog": "0",
    "skip-name-resolve": "ON",
    "character-set-server": "utf8mb4",
    "log-warnings": "0",
}


@functools.cache
def shared():
    """One server for all tests of a process; each takes a database of its own."""
    server = MariaDb()
    atexit.register(server.stop)
    return server


def find_program(name):
    for folder in ["/usr/sbin", "/usr/bin"]:
        if os.access(f"{folder}/{name}", os.X_OK):
            return f"{folder}/{name}"
    raise Unavailable(f"{name} is neither in /usr/sbin nor in /usr/bin: run tools/setup.sh")


def end_with_parent():
    """Runs in the child: a killed test run leaves no server behind. It takes no SIGINT."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class MariaDb:
    """Attributes: host, port, folder (socket, data and log), process."""

    host = "127.0.0.1"

    def __init__(self, **settings):
        install = find_program("mariadb-install-db")
        self.program = find_program("mariadbd")
        self.client = find_program("mariadb")
        self.settings = {**SETTINGS, **{k.replace("_", "-"): v for k, v in settings.items()}}
        # MariaDB refuses to run as root.
        self.identity = {}
        if os.geteuid() == 0:
            try:
                entry = pwd.getpwnam(OWNER)
            except KeyError:
                raise Unavailable(f"running as root, and there is no system user {OWNER}") from None
            self.identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        # Short, since the path of a Unix socket holds 107 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-my-", dir="/tmp"))
        self.data = self.folder / "data"
        self.socket = self.folder / "s"
        self.process = None
        try:
            (self.folder / "tmp").mkdir()
            if self.identity:
                for folder in (self.folder, self.folder / "tmp"):
                    os.chown(folder, self.identity["user"], self.identity["group"])
            self._run(
                [install, "--no-defaults", f"--datadir={self.data}", "--skip-test-db"]
                + ["--auth-root-authentication-method=normal", "--skip-name-resolve"]
            )
            self.start()
            self.sql("mysql", f"""
                CREATE USER {SECRETIVE}@'%' IDENTIFIED BY '{SECRET}';
                GRANT ALL ON *.* TO {SECRETIVE}@'%';
                CREATE USER {PLAIN}@'%';
                GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES,
                  LOCK TABLES ON `test\\_%`.* TO {PLAIN}@'%';
                CREATE DATABASE test_empty""")
        except BaseException:
            self.stop()
            raise

    def _environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MYSQL", "MARIADB"))}
        # A server that starts removes the temporary tables of all others from a folder it shares.
        return {**kept, "LC_ALL": "C.UTF-8", "HOME": str(self.folder),
                "TMPDIR": str(self.folder / "tmp")}

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
        command = [self.program, "--no-defaults", f"--datadir={self.data}", f"--port={self.port}"]
        command += [f"--socket={self.socket}", f"--pid-file={self.folder / 'pid'}"]
        command += [f"--{name}={value}" for name, value in self.settings.items()]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, preexec_fn=end_with_parent,
                **self.identity
            )
        deadline = time.monotonic() + START_SECONDS
        while self._sql("mysql", "SELECT 1").returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"MariaDB did not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.05)

    def stop_server(self, how=signal.SIGTERM):
        """Stops the server and keeps its data: SIGTERM in good order, SIGKILL as a crash would."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGKILL)
                self.process.wait(STOP_SECONDS)
        self.process = None

    def stop(self):
        """Stops the server and removes all that it left."""
        self.stop_server(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def uri(self, database="mysql", user="root"):
        return f"mysql://{user}@{self.host}:{self.port}/{database}"

    def new_database(self, options="CHARACTER SET utf8mb4"):
        """Makes an empty database and returns (name, uri)."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.sql("mysql", f"CREATE DATABASE {name} {options}")
        return Database(name, self.uri(name))

    def sql(self, database, sql, user="root", password=None, options=()):
        """Runs SQL and returns what the client prints: columns between tabs, no header."""
        done = self._sql(database, sql, user, password, options)
        if done.returncode != 0:
            raise AssertionError(f"mariadb on {database}: {done.stderr.strip()}")
        return done.stdout.removesuffix("\n")

    def _sql(self, database, sql, user="root", password=None, options=()):
        environment = self._environment()
        if password is not None:
            environment["MYSQL_PWD"] = password
        return subprocess.run(
            [self.client, "--no-defaults", "-B", "-N", "--default-character-set=utf8mb4", *options]
            + ["-h", self.host, "-P", str(self.port), "-u", user, database],
            input=sql, env=environment, capture_output=True, text=True, check=False
        )
