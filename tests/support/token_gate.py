"""A gate in front of an S3 server: it lets through what carries a session token, and signs it anew,
since the tests' server knows no keys that last for a time. What it does not let through is refused
as Amazon refuses it."""
import http.client
import http.server
import threading
import urllib.parse

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support import s3 as servers
from support.faulty_proxy import refusal

PASSED_ON = ("range", "if-none-match", "if-match", "content-type")
# What the gate says itself of the body.
OWN = ("connection", "transfer-encoding", "content-length", "date", "server")


class TokenGate:
    """Attributes: endpoint, agents (the programs that asked), strangers (requests without the
    token)."""

    def __init__(self, server, token):
        self.agents, self.strangers = set(), []
        gate = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def _answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                gate.agents.add(self.headers.get("User-Agent", ""))
                if self.headers.get("x-amz-security-token") != token:
                    gate.strangers.append(self.requestline)
                    self.wfile.write(refusal("403 Forbidden", "InvalidToken"))
                    self.close_connection = True
                    return
                status, headers, found = gate.pass_on(self.command, self.path, self.headers, body)
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in OWN:
                        self.send_header(name, value)
                length = dict((n.lower(), v) for n, v in headers).get("content-length", "0")
                head = self.command == "HEAD"
                self.send_header("Content-Length", length if head else str(len(found)))
                self.end_headers()
                self.wfile.write(found)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer

        self.server = server
        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.listener.server_address[1]}"
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    def pass_on(self, method, target, headers, body):
        """Returns status, headers and body of the server's answer."""
        request = AWSRequest(
            method, self.server.endpoint + target, data=body,
            headers={name: headers[name] for name in PASSED_ON if headers.get(name)})
        S3SigV4Auth(Credentials(servers.KEY_ID, servers.SECRET), "s3", servers.REGION).add_auth(
            request)
        parts = urllib.parse.urlsplit(self.server.endpoint)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        connection.request(method, target, body=body, headers=dict(request.headers))
        answer = connection.getresponse()
        found = answer.read()
        connection.close()
        return answer.status, answer.getheaders(), found

    def stop(self):
        self.listener.shutdown()
        self.listener.server_close()
