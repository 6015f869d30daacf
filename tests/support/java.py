"""Servers of the tests that run on Java: the newest JDK of this machine, and a server's life.

Standard library only, because with_postgres.py runs it outside the tests' Python environment.
"""
import glob
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from support.postgres import Unavailable, end_with_parent

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
STOP_SECONDS = 20


def version_of(home):
    """The major version of the JDK or JRE in a folder, 0 where it does not say."""
    try:
        text = (pathlib.Path(home) / "release").read_text()
    except OSError:
        return 0
    found = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', text, re.MULTILINE)
    return int(found.group(1)) if found else 0


def newest_java(version_min, whose):
    """The folder of the newest Java installed, wherever it is; Unavailable below `version_min`."""
    homes = [*glob.glob("/usr/lib/jvm/*"), os.environ.get("JAVA_HOME", "")]
    if on_path := shutil.which("java"):
        homes.append(str(pathlib.Path(on_path).resolve().parent.parent))
    homes = [home for home in homes if home and os.access(f"{home}/bin/java", os.X_OK)]
    version, home = max(((version_of(home), home) for home in homes), default=(0, ""))
    if version < version_min:
        there = f"the newest installed is {version}" if version else "none is installed"
        raise Unavailable(f"{whose} needs Java {version_min} or later, {there}")
    return home


def installed(name):
    """The folder of a program that tools/setup_judges.sh fetches, of the version that is pinned."""
    for line in (CHECKOUT / "tools/judges.txt").read_text().splitlines():
        words = line.split()
        if words[:1] != [name]:
            continue
        cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
        folder = cache / "sluice" / f"{name}-{words[2][:16]}"
        if folder.is_dir():
            return folder
        raise Unavailable(f"{folder} is not there: run tools/setup_judges.sh")
    raise Unavailable(f"tools/judges.txt does not pin {name}")


class JavaServer:
    """A server that is started at once, in a folder of its own that goes with it.

    A subclass has name, start_seconds, command() and answers().
    """

    host = HOST

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"sluice-{self.name}-", dir="/tmp"))
        self.process = None
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment(), start_new_session=True, preexec_fn=end_with_parent
            )
        deadline = time.monotonic() + self.start_seconds
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"{self.name} did not start: {self.log()[-2000:]}")
            time.sleep(0.1)

    def environment(self):
        return {**os.environ, "NO_PROXY": HOST, "no_proxy": HOST}

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def stop(self):
        """Stops the server and removes all that it left."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(STOP_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)
