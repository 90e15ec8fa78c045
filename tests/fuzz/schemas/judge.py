"""Do two schemas converge? The SQL of `git postkit diff` runs at the first try, a second diff is empty,
the fingerprints are equal, tables that stay keep their rows and their identity; and dumps agree."""
import collections
import difflib
import json
import re
import subprocess

from database import Database
from wire import Refused


class Failure(Exception):
    """sort: a word for what went wrong; text: what was said; way: "old -> new" or back."""

    def __init__(self, sort, text, sql="", way=""):
        super().__init__()
        self.sort, self.text, self.sql, self.way = sort, text, sql, way

    def __str__(self):
        return f"{self.way}: {self.sort}: {self.text}"

    def signature(self):
        """The same for the same fault with other names."""
        text = re.sub(r'"(?:[^"]|"")*"', '"x"', self.text.split("\n")[0])
        if self.sort in ("not empty", "rows", "identity", "dump", "fingerprint"):
            text = " ".join(re.findall(r"\b[A-Z]{2,}\b", text)[:3])
        return self.sort, re.sub(r"\d+", "0", text)


class Judge:
    def __init__(self, server, program, prefix, dump=None):
        self.server, self.program = server, program
        self.databases = {side: Database(server, f"{prefix}_{side}") for side in ("old", "new", "work")}
        self.dump = dump  # command that compares the dumps of two databases
        self.refused = 0  # ways that rows stood against
        self.options = []
        self.said, self.kept = {}, {}  # renames: options of a way, and tables that have to stay

    def close(self):
        for database in self.databases.values():
            database.drop()

    def judge(self, old, new, ways=("old -> new", "new -> old"), dump=False, rows=True):
        """Raises Failure; Refused when one cannot be loaded."""
        self.databases["new"].load(new)
        self.databases["work"].load(old)
        if "new -> old" in ways:
            self.databases["old"].load(old)
        if "old -> new" not in ways:
            self.databases["work"].load(new)
        for way in ways:
            start, target = (old, "new") if way == "old -> new" else (new, "old")
            try:
                self._way(self.databases["work"], self.databases[target], start, dump, rows, way)
            except Failure as failure:
                failure.way = way
                raise

    def _way(self, work, target, start, dump, rows, way):
        said = self.said.get(way, [])
        rows = rows and not any(option.startswith("--rename=value:") for option in said)  # they look other then
        if rows:
            work.fill()
            before = work.contents()
        sql = self._diff(work, target, *said)
        try:
            self._run(work, sql)
        except Failure as failure:
            if not rows or not re.match(r"2[23]|42601: .* in ts(vector|query)", failure.text):
                raise
            self.refused += 1  # rows that cannot be what the other schema says
            work.load(start)
            sql = self._diff(work, target, *said)
            self._run(work, sql)
            rows = False
        again = json.loads(self._diff(work, target, "--json"))
        if again["steps"]:
            raise Failure("not empty", again["steps"][0]["sql"], sql)
        if again["from"] != again["to"]:
            raise Failure("fingerprint", self._texts(work, target), sql)
        if rows:
            self._compare(before, work, sql, self.kept.get(way, {}))
        if dump and self.dump:
            run = subprocess.run(self.dump + [work.name, target.name], capture_output=True, text=True)
            if run.returncode:
                raise Failure("dump", run.stdout.strip() or run.stderr.strip(), sql)

    def _diff(self, source, target, *options):
        run = subprocess.run([self.program, "diff", *options, *self.options, source.url(), target.url()], capture_output=True,
                             text=True, errors="replace")
        if run.returncode < 0:
            raise Failure("crash", f"signal {-run.returncode}")
        if run.returncode:
            raise Failure("diff", run.stderr.strip())
        if "in a circle" in run.stderr:
            raise Failure("circle", run.stderr.strip(), run.stdout)
        return run.stdout

    def _texts(self, *databases):
        """The first lines that differ between their canonical texts: - got, + wanted."""
        got, wanted = [subprocess.run([self.program, "snapshot", database.url()], capture_output=True, text=True,
                                      errors="replace").stdout.split("\n") for database in databases]
        lines = [line for line in difflib.unified_diff(got, wanted, n=0, lineterm="") if line[:2] not in ("--", "++", "@@")]
        return "\n".join(lines[:8])

    def _run(self, database, sql):
        run = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", database.url()], input=sql,
                             capture_output=True, text=True)
        if run.returncode:
            text = next((line for line in run.stderr.split("\n") if "ERROR:" in line), run.stderr)
            raise Failure("run", text.split("ERROR:  ")[-1].strip(), sql)

    @staticmethod
    def _left(before, after, kept, now, same):
        """Are all rows that a whole has lost those of partitions that were dropped, or that left it?"""
        lost = collections.Counter(kept) - collections.Counter(now)
        gone = [table for name, table in before.items() if table.part and (name not in after or not after[name].part)]
        rows = collections.Counter(json.dumps([row.get(c) for c in same]) for table in gone for row in table.rows)
        return not collections.Counter(now) - collections.Counter(kept) and not lost - rows

    def _compare(self, before, work, sql, renamed):
        after = work.contents()
        for name, (_, columns) in renamed.items():
            if name in before:
                before[name].rename(columns)
        taken = {there for there, _ in renamed.values()}
        before = {renamed.get(name, (None if name in taken else name,))[0] or f"{name} (gone)": table for name, table in before.items()}
        count = [sum(len(table.rows) for name, table in side.items() if not table.whole and (name in after or table.part))
                 for side in (before, after)]  # what is dropped takes its own along
        for name, old in before.items():
            new = after.get(name)
            if new is None:
                continue
            same = [c for c in old.columns if new.columns.get(c) == old.columns[c]]
            kept, now = [sorted(json.dumps([row.get(c) for c in same]) for row in table.rows) for table in (old, new)]
            if kept == now and old.oid == new.oid:
                continue
            # rows move to another table, from one partition to another, or leave with a partition
            if old.form != new.form and (kept == now or count[0] <= count[1]):
                continue
            if old.whole and old.oid == new.oid and self._left(before, after, kept, now, same):
                continue
            if f"DROP TABLE {name};" in sql or not old.rows and old.oid == new.oid:
                continue  # the first is marked as what destroys
            if old.oid != new.oid:
                raise Failure("identity", f"TABLE {name} is another one", sql)
            if not re.search(rf"ALTER TABLE (ONLY )?{re.escape(name)} DROP COLUMN", sql):
                raise Failure("rows", f"TABLE {name}: {old.rows} became {new.rows}", sql)
