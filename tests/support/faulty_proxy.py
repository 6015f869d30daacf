"""A wire with faults: a TCP proxy that breaks every n-th answer of the server behind it.

The request itself always arrives and is carried out; what is lost is the answer. So a client that
takes a broken answer for "nothing was done" is found out. Standard library only.
"""
import socket
import struct
import threading

PIECE = 1 << 16
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class FaultyProxy:
    """`fault`: "cut" sends half of an answer's first bytes and ends the connection, "lost" sends
    nothing and resets it, "silent" closes it in good order without an answer."""

    def __init__(self, port, fault, every):
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
            state = {"asked": False}
            for target, args in ((self._ask, (client, server, state)),
                                 (self._answer, (server, client, state))):
                threading.Thread(target=target, args=args, daemon=True).start()

    def _ask(self, client, server, state):
        try:
            while piece := client.recv(PIECE):
                state["asked"] = True
                server.sendall(piece)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _is_due(self):
        with self.lock:
            self.answers += 1
            return self.answers % self.every == 0

    def _answer(self, server, client, state):
        try:
            while piece := server.recv(PIECE):
                first, state["asked"] = state["asked"], False
                if first and self._is_due():
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
        elif self.fault == "lost":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
