"""A wire with faults: a TCP proxy that breaks every n-th answer of the server behind it.

The request itself arrives and is carried out, but for "503"; what is lost is the answer. So a
client that takes a broken answer for "nothing was done" is found out. Standard library only.
"""
import re
import socket
import struct
import threading
import time

PIECE = 1 << 16
SLOW_SECONDS = 0.3
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def refusal(status, code):
    """An answer of S3 that says no."""
    body = f"<Error><Code>{code}</Code><Message>as the test wants it</Message></Error>".encode()
    return (f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}"
            "\r\nConnection: close\r\n\r\n").encode() + body


class FaultyProxy:
    """`fault`: "cut" sends half of an answer's first bytes and ends the connection, "body" all but
    the last of them, "lost" sends nothing and resets it, "silent" closes it in good order without
    an answer, "slow" waits before it; "500" says that the server failed, "503" that it wants fewer
    requests and did not do this one; "answer" says `answers_as` in place of the server. Requests
    whose first line does not match `only` are let through."""

    def __init__(self, port, fault, every, only="", answers_as=b""):
        self.only = re.compile(only)
        self.answers_as = answers_as
        self.target = ("127.0.0.1", port)
        self.fault = fault
        self.every = every
        self.answers = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.endpoint = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target)
            except OSError:
                client.close()
                continue
            state = {"asked": False, "is_due": False}
            for target, args in ((self._ask, (client, server, state)),
                                 (self._answer, (server, client, state))):
                threading.Thread(target=target, args=args, daemon=True).start()

    def _ask(self, client, server, state):
        try:
            while piece := client.recv(PIECE):
                if not state["asked"]:
                    state["is_due"] = self._is_due(piece.split(b"\r\n")[0].decode("latin-1"))
                state["asked"] = True
                if state["is_due"] and self.fault in ("503", "answer"):
                    self._answer_instead(client)
                    server.close()
                    return
                server.sendall(piece)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _is_due(self, head):
        if not self.only.search(head):
            return False
        with self.lock:
            self.answers += 1
            return self.answers % self.every == 0

    def _answer_instead(self, client):
        """Without the server; what else the client sends is read, so that it reads the answer."""
        client.sendall(self.answers_as or refusal("503 Slow Down", "SlowDown"))
        client.shutdown(socket.SHUT_WR)
        client.settimeout(10)
        while client.recv(PIECE):
            pass
        client.close()

    def _answer(self, server, client, state):
        try:
            while piece := server.recv(PIECE):
                first, state["asked"] = state["asked"], False
                if first and state["is_due"] and self.fault == "slow":
                    time.sleep(SLOW_SECONDS)
                elif first and state["is_due"]:
                    self._break(client, piece)
                    break
                client.sendall(piece)
        except OSError:
            pass
        finally:
            # The other thread waits in recv, which keeps a socket that is only closed open.
            for end in (client, server):
                try:
                    end.shutdown(socket.SHUT_RD if self.fault == "lost" else socket.SHUT_RDWR)
                except OSError:
                    pass
                end.close()

    def _break(self, client, piece):
        if self.fault == "cut":
            client.sendall(piece[: len(piece) // 2])
        elif self.fault == "body":
            client.sendall(piece[:-1])
        elif self.fault == "500":
            client.sendall(refusal("500 Internal Server Error", "InternalError"))
        elif self.fault == "lost":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
