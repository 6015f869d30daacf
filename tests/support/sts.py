"""Amazon's STS as far as a catalog needs it that lends keys: AssumeRole is answered with the keys of
the tests' S3 server and a session's token. Standard library only."""
import datetime
import http.server
import threading

from support import s3

ANSWER = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId>
<SecretAccessKey>{secret}</SecretAccessKey><SessionToken>{token}</SessionToken>
<Expiration>{ends}</Expiration></Credentials>
<AssumedRoleUser><AssumedRoleId>AROA:tests</AssumedRoleId>
<Arn>arn:aws:sts::1:assumed-role/tests/tests</Arn></AssumedRoleUser></AssumeRoleResult>
<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>"""
# What must never be printed.
TOKEN = "Sx5-unprintable-Gh7"


class Sts:
    """Attributes: endpoint; asked, how many keys were lent; seconds, for which they are."""

    def __init__(self, seconds=3600):
        self.asked = 0
        self.seconds = seconds
        mine = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                mine.asked += 1
                now = datetime.datetime.now(datetime.timezone.utc)
                ends = now + datetime.timedelta(seconds=mine.seconds)
                body = ANSWER.format(key=s3.KEY_ID, secret=s3.SECRET, token=TOKEN,
                                     ends=ends.strftime("%Y-%m-%dT%H:%M:%SZ")).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
