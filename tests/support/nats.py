"""nats-server processes for the tests, and a client of their protocol, none of it sluice's.

Messages that get an answer from JetStream are stored: what `publish` returns for is in the stream.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request

SERVER = shutil.which("nats-server", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/bin")
NO_SERVER = "nats-server is not installed (apt-get install nats-server)"
WINDOW = 500  # messages under way


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class NatsServer:
    """One server, which may be killed and started again on the same port and store."""

    def __init__(self, folder, name="one", options=(), ports=None, config=""):
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir(parents=True)
        self.name = name
        self.port, self.monitor = ports or free_ports(2)
        self.options = [str(option) for option in options]
        self.config = self.folder / "server.conf"
        self.config.write_text(config)
        self.process = None
        self.start()

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def start(self, wait=True):
        command = [SERVER, "-c", str(self.config), "-a", "127.0.0.1", "-p", str(self.port), "-m",
                   str(self.monitor), "-js", "-sd", str(self.folder / "store"), "-n", self.name,
                   *self.options]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        if wait:
            self.wait()

    def wait(self, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/healthz",
                                            timeout=1) as answer:
                    if json.load(answer).get("status") == "ok":
                        return
            except OSError:
                pass
            assert self.process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.02)
        raise AssertionError((self.folder / "log").read_text())

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def monitored(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/{path}", timeout=5) as answer:
            return json.load(answer)

    def streams(self):
        """What the monitoring end point says of each stream, by name."""
        accounts = self.monitored("jsz?streams=true&consumers=true&config=true")
        return {stream["name"]: stream for account in accounts.get("account_details", [])
                for stream in account.get("stream_detail", [])}


def make_cluster(folder, count=3):
    """Servers that are one JetStream cluster."""
    ports = [free_ports(3) for _ in range(count)]
    routes = ",".join(f"nats://127.0.0.1:{three[2]}" for three in ports)
    servers = []
    for i, (port, monitor, route) in enumerate(ports):
        server = NatsServer.__new__(NatsServer)
        server.folder = pathlib.Path(folder) / f"n{i}"
        server.folder.mkdir(parents=True)
        server.name = f"n{i}"
        server.port, server.monitor = port, monitor
        server.options = ["--cluster_name", "c", "--cluster", f"nats://127.0.0.1:{route}",
                          "--routes", routes]
        server.config = server.folder / "server.conf"
        server.config.write_text("")
        server.start(wait=False)
        servers.append(server)
    for server in servers:
        server.wait(60)
    return servers


class Network:
    """A way to a server that can be cut: all connections through it end at once."""

    def __init__(self, port):
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"nats://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            self.open += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=pair, daemon=True).start()

    @staticmethod
    def carry(source, target):
        try:
            while part := source.recv(1 << 16):
                target.sendall(part)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        connections, self.open = self.open, []
        for one in connections:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def close(self):
        self.listener.close()
        self.cut()


class NatsClient:
    """A connection of the plain text protocol."""

    def __init__(self, url, user=None, password=None, token=None):
        host, port = re.fullmatch(r"nats://([^:]+):(\d+)", url).groups()
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        self.buffer = b""
        self.line()
        login = {"verbose": False, "pedantic": False, "headers": True, "lang": "test",
                 "version": "1", "protocol": 1}
        if user:
            login.update(user=user, **{"pass": password})
        if token:
            login["auth_token"] = token
        self.inbox = f"_INBOX.test.{os.getpid()}.{id(self)}.{time.monotonic_ns()}"
        self.send(b"CONNECT " + json.dumps(login).encode() + b"\r\n"
                  + f"SUB {self.inbox}.* 1\r\nPING\r\n".encode())
        while self.line() != b"PONG":
            pass

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        part = self.socket.recv(1 << 16)
        if not part:
            raise ConnectionError("the server closed the connection")
        self.buffer += part

    def line(self):
        while b"\r\n" not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        if line.startswith(b"-ERR"):
            raise ConnectionError(line.decode())
        return line

    def answer(self):
        """(number of the question, payload)."""
        while True:
            words = self.line().split(b" ")
            if words[0] == b"PING":
                self.send(b"PONG\r\n")
                continue
            if words[0] not in (b"MSG", b"HMSG"):
                continue
            size = int(words[-1])
            skip = int(words[-2]) if words[0] == b"HMSG" else 0
            while len(self.buffer) < size + 2:
                self.more()
            payload, self.buffer = self.buffer[skip:size], self.buffer[size + 2:]
            return int(words[1].rsplit(b".", 1)[1]), payload

    def ask(self, subject, payload=b""):
        self.send(f"PUB {subject} {self.inbox}.0 {len(payload)}\r\n".encode() + payload + b"\r\n")
        return json.loads(self.answer()[1] or b"{}")

    def message(self, subject, payload, number, headers):
        reply = f"{self.inbox}.{number}"
        if not headers:
            return f"PUB {subject} {reply} {len(payload)}\r\n".encode() + payload + b"\r\n"
        head = "NATS/1.0\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
        head = head.encode()
        return (f"HPUB {subject} {reply} {len(head)} {len(head) + len(payload)}\r\n".encode()
                + head + payload + b"\r\n")

    def publish(self, messages):
        """Publishes (subject, payload[, headers]); returns the stream's answers in their order."""
        answers = {}
        waiting = 0
        batch = []
        for number, (subject, payload, *headers) in enumerate(messages):
            payload = payload if isinstance(payload, bytes) else payload.encode()
            batch.append(self.message(subject, payload, number, headers[0] if headers else None))
            waiting += 1
            if len(batch) >= WINDOW // 2:
                self.send(b"".join(batch))
                batch = []
            while waiting > WINDOW:
                got, answer = self.answer()
                answers[got] = json.loads(answer)
                waiting -= 1
        self.send(b"".join(batch))
        while waiting:
            got, answer = self.answer()
            answers[got] = json.loads(answer)
            waiting -= 1
        for answer in answers.values():
            assert "error" not in answer, answer
        return [answers[i] for i in sorted(answers)]
