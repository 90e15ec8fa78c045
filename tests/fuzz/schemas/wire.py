"""The little of PostgreSQL's protocol that a test needs: simple queries over a Unix socket, as a
superuser whom the server trusts. One connection stays open for as long as a database is used."""
import socket
import struct


class Refused(Exception):
    """What the server said: sqlstate, message, and where it stood (1-based character) or None."""

    def __init__(self, fields):
        self.sqlstate = fields.get("C", "")
        self.message = fields.get("M", "")
        self.position = int(fields["P"]) if "P" in fields else None
        super().__init__(f"{self.message} ({self.sqlstate})")


class Connection:
    def __init__(self, folder, port, database, user="postgres"):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(f"{folder}/.s.PGSQL.{port}")
        self.stream = self.socket.makefile("rb")
        words = ["user", user, "database", database, "client_encoding", "UTF8", "client_min_messages", "error"]
        body = b"".join(word.encode() + b"\0" for word in words) + b"\0"
        self.socket.sendall(struct.pack("!ii", len(body) + 8, 196608) + body)
        self._answer()

    def close(self):
        self.stream.close()
        self.socket.close()

    def query(self, sql):
        """The rows of all its statements, values as text or None. Statements share a transaction."""
        body = sql.encode() + b"\0"
        self.socket.sendall(b"Q" + struct.pack("!i", len(body) + 4) + body)
        return self._answer()

    def _answer(self):
        rows, error = [], None
        while True:
            head = self.stream.read(5)
            if len(head) < 5:
                raise error or ConnectionError("the server closed the connection")
            kind, size = head[:1], struct.unpack("!i", head[1:])[0]
            body = self.stream.read(size - 4)
            if kind == b"D":
                rows.append(_row(body))
            elif kind == b"E":
                error = error or Refused(_fields(body))
            elif kind == b"Z":
                if error:
                    raise error
                return rows


def _row(body):
    row, at = [], 2
    for _ in range(struct.unpack("!h", body[:2])[0]):
        size = struct.unpack("!i", body[at:at + 4])[0]
        at += 4
        row.append(None if size < 0 else body[at:at + size].decode())
        at += max(size, 0)
    return row


def _fields(body):
    return {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}
