"""Between git-postkit and its remote: counts the messages of PostgreSQL's protocol, and at one of them something happens.

Counted is what greets, what asks for something, and, where that changes something, what makes it last and tells its end:
a connection that goes between a question and its answer is at the same point whichever of its messages was the last.

A message is known by its text, an answer by what it answers, and by how many such came until then: what is asked from time
to time, as who waits for whom, does not shift the others. A fault's kind, before the message goes on (@) or behind it (+):
    cut     all connections are closed, on both sides; new ones are served
    stall   nothing goes on in either direction, and new connections are not answered
    slow    the message waits for a while
"""

import re
import socket
import struct
import threading
import time
from collections import Counter, deque

PAUSE = 0.7  # seconds, for slow
# Of what the server sends, what tells that something has come to its end; rows and the like are many.
TOLD = b"CEZRIs"
ONLY_READS = re.compile(rb"(SELECT|WITH|SHOW|--|SET |RESET |BEGIN|START|SAVEPOINT|RELEASE)"
                        rb"(?!.*(advisory|terminate|INSERT|UPDATE|DELETE|COMMIT))", re.S)
# What is another one in each run: a snapshot, a process, a transaction.
CHANCE = re.compile(r"[0-9A-F]{8}-[0-9A-F]{8}-\d+|\d{3,}")
UNTYPED = {80877103: "asks for TLS", 80877104: "asks for GSS", 80877102: "cancels"}


class Talk:
    """What is under way in a connection. Questions are sent before the one in front of them is answered."""

    def __init__(self):
        self.begun = False  # what comes before has no letter
        self.parsed = self.changes = False  # by what is being asked
        self.text = ""
        self.asked = deque()  # what is to be answered: (text, whether it changes something)

    def asks(self, kind, body):
        """Whether a message of the client's counts."""
        if kind in b"QP":
            text = body if kind == b"Q" else body.split(b"\0", 1)[-1]
            self.text = _line(text)
            self.changes = self.changes or not ONLY_READS.match(text)
        elif kind == b"B" and not self.parsed:
            self.changes = True
        self.parsed = kind == b"P" or self.parsed and kind not in b"QS"
        counts = kind not in b"BDEHS" or kind == b"S" and self.changes
        if kind in b"QS":
            self.asked.append((self.text, self.changes))
            self.changes = False
        return counts

    def answers_to(self, kind):
        """Whether a message of the server's counts."""
        return kind in TOLD and (kind in b"RE" or self.answered()[1])

    def answered(self):
        """(text, whether it changes something) of what the server is at."""
        return self.asked[0] if self.asked else ("", False)


class Proxy:
    def __init__(self, target):
        self.target = target
        self.lock = threading.RLock()
        self.pairs, self.points = [], []
        self.stalled = threading.Event()
        self.hit = threading.Event()
        self.came = False  # to the point of the last fault
        self.set(None)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def set(self, fault):
        """From now on, None: nothing; counts from 1 again, and ends what is stalled."""
        with self.lock:
            self.fault = fault
            if fault:
                self.came = False
            self.points, self.times = [], Counter()
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
            talk = Talk()
            threading.Thread(target=self._pump, args=(client, server, talk, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, talk, False), daemon=True).start()

    def _pump(self, source, to, talk, from_client):
        """Whole messages, one by one."""
        try:
            while True:
                kind = b"" if from_client and not talk.begun else _read(source, 1)
                if not from_client and kind in b"NG" and not talk.begun:
                    to.sendall(kind)  # the answer to what was asked before the first message
                    continue
                length = _read(source, 4)
                body = _read(source, struct.unpack(">I", length)[0] - 4)
                what = _name(kind, body, talk, from_client)
                if not kind and what not in UNTYPED.values():
                    talk.begun = True
                counts = not kind or (talk.asks(kind, body) if from_client else talk.answers_to(kind))
                self._pass(to, kind + length + body, what if counts else None)
                if not from_client and kind == b"Z" and talk.asked:
                    talk.asked.popleft()
        except OSError:
            pass
        for end in (source, to):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _pass(self, to, data, what):
        now, kind, behind = False, "", False
        with self.lock:
            if what:
                self.points.append(f"{len(self.points) + 1} {what}")
                self.times[what] += 1
            if what and self.fault:
                now = what == self.fault.what and self.times[what] == self.fault.nth
                kind, behind = self.fault.kind, self.fault.sign == "+"
            if now and behind:
                to.sendall(data)
            if now and kind == "cut":
                self._cut()
            if now and kind == "stall":
                self.stalled.set()
            if now:
                self.came = True
                self.hit.set()
        if now and kind == "slow":
            time.sleep(PAUSE)
        while self.stalled.is_set():
            time.sleep(0.05)
        if not (now and (behind or kind == "cut")):
            to.sendall(data)


def _read(source, n):
    data = b""
    while len(data) < n:
        more = source.recv(n - len(data))
        if not more:
            raise OSError("closed")
        data += more
    return data


def _line(text):
    return " ".join(text.split(b"\0")[0].decode(errors="replace").split())


def _name(kind, body, talk, from_client):
    if not kind:
        return UNTYPED.get(struct.unpack(">I", body[:4])[0], "says hello")
    text = _line(body if kind in b"QC" else body.split(b"\0", 1)[-1] if kind == b"P" else b"")[:70]
    of = "" if from_client else f" of {talk.answered()[0][:50]}"
    return CHANCE.sub("#", f"{'client' if from_client else 'server'} {kind.decode()} {text}".strip() + of)
