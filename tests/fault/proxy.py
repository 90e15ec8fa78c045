"""Between git-postkit and its remote: counts the messages of PostgreSQL's protocol, and at the N-th something happens.

A fault is "kind@N" or "kind+N": @ before the message goes on, + behind it.
    cut     all connections are closed, on both sides; new ones are served
    stall   nothing goes on in either direction, and new connections are not answered
    slow    the message waits for a while
"""

import socket
import struct
import threading
import time

PAUSE = 0.7  # seconds, for slow
# Of what the server sends, what tells that something has come to its end; rows and the like are many.
TOLD = b"CEZRIs"
UNTYPED = {80877103: "asks for TLS", 80877104: "asks for GSS", 80877102: "cancels"}


class Proxy:
    def __init__(self, target):
        self.target = target
        self.lock = threading.RLock()
        self.pairs, self.points = [], []
        self.stalled = threading.Event()
        self.hit = threading.Event()
        self.set("")
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def set(self, fault):
        """From now on; counts from 1 again, and ends what is stalled."""
        with self.lock:
            self.kind, self.behind, self.at = "", "+" in fault, 0
            if fault:
                self.kind, at = fault.replace("+", "@").split("@")
                self.at = int(at)
            self.points = []
            self.stalled.clear()
            self.hit.clear()
            self._cut()

    def _cut(self):
        for pair in self.pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs = []

    def _serve(self):
        while True:
            client, _ = self.listener.accept()
            if self.stalled.is_set():
                with self.lock:
                    self.pairs.append((client,))
                continue
            server = socket.create_connection(self.target)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.pairs.append((client, server))
            threading.Thread(target=self._pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, False), daemon=True).start()

    def _pump(self, source, to, from_client):
        """Whole messages, one by one."""
        begun = not from_client
        try:
            while True:
                kind = _read(source, 1) if begun else b""
                if not from_client and kind in b"NG" and not getattr(self, "typed", None):
                    to.sendall(kind)  # the answer to what was asked before the first message
                    continue
                length = _read(source, 4)
                body = _read(source, struct.unpack(">I", length)[0] - 4)
                what = _name(kind, body, from_client)
                if not begun and what not in UNTYPED.values():
                    begun = True
                self._pass(to, kind + length + body, what if from_client or kind in TOLD else None)
        except OSError:
            pass
        for end in (source, to):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _pass(self, to, data, what):
        now = False
        with self.lock:
            if what:
                self.points.append(f"{len(self.points) + 1} {what}")
                now = len(self.points) == self.at
            if now and self.behind:
                to.sendall(data)
            if now and self.kind == "cut":
                self._cut()
            if now and self.kind == "stall":
                self.stalled.set()
            if now:
                self.hit.set()
        if now and self.kind == "slow":
            time.sleep(PAUSE)
        while self.stalled.is_set():
            time.sleep(0.05)
        if not (now and (self.behind or self.kind == "cut")):
            to.sendall(data)


def _read(source, n):
    data = b""
    while len(data) < n:
        more = source.recv(n - len(data))
        if not more:
            raise OSError("closed")
        data += more
    return data


def _name(kind, body, from_client):
    if not kind:
        return UNTYPED.get(struct.unpack(">I", body[:4])[0], "says hello")
    text = body if kind in b"QC" else body.split(b"\0", 1)[-1] if kind == b"P" else b""
    name = " ".join(text.split(b"\0")[0].decode(errors="replace").split())[:70]
    return f"{'client' if from_client else 'server'} {kind.decode()} {name}".strip()
