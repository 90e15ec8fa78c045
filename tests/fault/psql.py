"""psql, left running between one question and the next: to start one and connect takes many times as long as to answer."""

import os
import select
import subprocess

END = "--- that was all ---"


class Failed(Exception):
    """What psql printed."""


class Psql:
    """A connection, of no more use after Failed. where: options of psql"""

    def __init__(self, where, password, database, cwd):
        argv = [os.environ["PSQL"], "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", database, *where]
        env = {**os.environ, "PGPASSWORD": password, "PGOPTIONS": "-c client_min_messages=warning"}
        self.child = subprocess.Popen(argv, cwd=cwd, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT)

    def ask(self, texts, seconds):
        """What the texts answer, without white space around it."""
        lines = [text.rstrip().rstrip(";") + ";\n" for text in texts]
        try:
            self.child.stdin.write("".join([*lines, f"\\echo {END}\n"]).encode())
            self.child.stdin.flush()
        except BrokenPipeError:
            pass  # it has said why
        output, end = b"", f"{END}\n".encode()
        while not output.endswith(end):
            if not select.select([self.child.stdout], [], [], seconds)[0]:
                raise Failed(f"no answer within {seconds} s to {texts}")
            more = os.read(self.child.stdout.fileno(), 1 << 16)
            if not more:
                raise Failed(output.decode(errors="replace"))
            output += more
        return output[:-len(end)].decode(errors="replace").strip()

    def close(self):
        self.child.kill()
        self.child.communicate()
