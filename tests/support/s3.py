"""A real S3 server of its own for tests (versitygw): free loopback port, own data folder, gone
afterwards.

Its objects are files, so a key p and a key p/q cannot both be there. Standard library only, because
with_postgres.py runs it outside the tests' Python environment.
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid

from support.postgres import Unavailable, end_with_parent, free_port

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = CHECKOUT / ".deps/versitygw/versitygw"

KEY_ID = "sluice-tests"
# The secret key that must never be printed.
SECRET = "Vw9-unprintable-Rt5"
REGION = "us-east-1"

START_SECONDS = 30
STOP_SECONDS = 10


class S3Server:
    """Attributes: host, port, endpoint, folder (data and log), process, authorities (a file with
    the certificate, where it has one).

    `style` "virtual": buckets are names below s3.localhost. `tls`: https, with its own certificate.
    `users`: others than the root user can be made by new_user()."""

    host = "127.0.0.1"

    def __init__(self, style="path", tls=False, users=False):
        self.style, self.tls, self.users = style, tls, users
        if not os.access(PROGRAM, os.X_OK):
            raise Unavailable(f"{PROGRAM} is not there: run tools/setup.sh")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-s3-", dir="/tmp"))
        self.data = self.folder / "data"
        self.data.mkdir()
        self.process = None
        self.authorities = self.folder / "certificate.pem"
        if tls:
            self._make_certificate()
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def endpoint(self):
        host = "s3.localhost" if self.style == "virtual" else self.host
        return f"http{'s' if self.tls else ''}://{host}:{self.port}"

    def _make_certificate(self):
        names = "subjectAltName=IP:127.0.0.1,DNS:s3.localhost,DNS:*.s3.localhost"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=sluice tests", "-addext", names,
             "-keyout", self.folder / "key.pem", "-out", self.authorities],
            check=True, capture_output=True)

    def _options(self):
        out = []
        if self.style == "virtual":
            out += ["--virtual-domain", f"s3.localhost:{self.port}"]
        if self.tls:
            out += ["--cert", str(self.authorities), "--key", str(self.folder / "key.pem")]
        if self.users:
            (self.folder / "users").mkdir(exist_ok=True)
            out += ["--iam-dir", str(self.folder / "users")]
        return out

    def new_user(self, name, secret):
        """A user who may do nothing in the buckets of others."""
        subprocess.run(
            [PROGRAM, "admin", "--access", KEY_ID, "--secret", SECRET, "--region", REGION,
             "--endpoint-url", self.endpoint, "create-user", "--access", name, "--secret", secret,
             "--role", "user"], check=True, capture_output=True, timeout=STOP_SECONDS)

    def start(self):
        """Starts the server; after stop_server() again, on the same port."""
        if not hasattr(self, "port"):
            self.port = free_port()
        environment = {**os.environ, "ROOT_ACCESS_KEY": KEY_ID, "ROOT_SECRET_KEY": SECRET}
        command = [str(PROGRAM), "--port", f"{self.host}:{self.port}", "--region", REGION]
        command += [*self._options(), "--quiet", "posix", str(self.data)]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, preexec_fn=end_with_parent
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"versitygw did not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.05)

    def _answers(self):
        try:
            with socket.create_connection((self.host, self.port), timeout=1):
                return True
        except OSError:
            return False

    def stop_server(self):
        """Stops the server and keeps its data."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(STOP_SECONDS)
        self.process = None

    def stop(self):
        """Stops the server and removes all that it left."""
        self.stop_server()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_bucket(self):
        """Makes an empty bucket and returns its name."""
        name = f"test-{uuid.uuid4().hex[:12]}"
        (self.data / name).mkdir()
        return name

    def environment(self):
        """The variables by which sluice and Amazon's own programs find the server."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "NO_PROXY": self.host,
            "no_proxy": self.host,
        }
