"""A REST catalog that lends keys: a proxy before Nessie that puts the keys of the tests' S3 server
into what Nessie says of a table, for as long as it is told to. (Nessie itself lends what Amazon's
STS lends, with a session's token, which versitygw refuses.) Standard library only."""
import http.server
import json
import threading
import time
import urllib.error
import urllib.request

from support import s3


class Lending:
    """Attributes: uri, warehouse, bucket; lent, how many times; seconds, for which it lends."""

    def __init__(self, server):
        self.warehouse, self.bucket = server.warehouse, server.bucket
        self.seconds = 3600
        self.lent = 0
        mine = self
        behind = server.uri.removesuffix("/iceberg")

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
                kept = {key: value for key, value in self.headers.items()
                        if key.lower() not in (
                            "host", "content-length", "connection", "accept-encoding")}
                request = urllib.request.Request(behind + self.path, data=body, headers=kept,
                                                 method=self.command)
                try:
                    with urllib.request.urlopen(request, timeout=60) as answer:
                        status, content = answer.status, answer.read()
                except urllib.error.HTTPError as error:
                    status, content = error.code, error.read()
                asks = self.headers.get("X-Iceberg-Access-Delegation", "")
                content = mine.with_keys(content) if "vended" in asks else content
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_DELETE = do_HEAD = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self.server.server_port}/iceberg"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def with_keys(self, content):
        try:
            told = json.loads(content)
        except ValueError:
            return content
        if "metadata" not in told or "config" not in told:
            return content
        self.lent += 1
        ends = str(int((time.time() + self.seconds) * 1000))
        told["config"] = {**told["config"], "s3.remote-signing-enabled": "false",
                          "s3.access-key-id": s3.KEY_ID, "s3.secret-access-key": s3.SECRET,
                          "s3.session-token-expires-at-ms": ends}
        return json.dumps(told).encode()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
