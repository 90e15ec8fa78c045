"""Makes a failing pair smaller for as long as it fails in the same way."""
from judge import Failure
from model import Stmt
from wire import Refused


class Shrinker:
    def __init__(self, judge, failure, dump):
        self.judge, self.wanted, self.dump = judge, failure, dump
        self.ways = (failure.way,)

    def fails(self, old, new):
        """The pair, without what no longer loads, when it still fails so; else None."""
        databases = self.judge.databases
        old = databases["old"].load_what_can(old)
        new = databases["new"].load_what_can(new)
        try:
            self.judge.judge(old, new, self.ways, self.dump)
        except Failure as failure:
            if failure.signature() == self.wanted.signature():
                self.last = failure
                return old, new
        except Refused:
            pass
        return None

    def shrink(self, old, new):
        best = self.fails(old, new)
        if best is None and self.ways == ("new -> old",):  # what the way there left in the database matters
            self.ways = ("old -> new", "new -> old")
            best = self.fails(old, new)
        if best is None:
            return None
        while True:
            size = self._size(best)
            best = self._statements(best)
            best = self._parts(best)
            if self._size(best) == size:
                return best

    @staticmethod
    def _size(pair):
        return sum(len(str(s)) for side in pair for s in side)

    def _statements(self, best):
        """Runs of statements, halved until each was tried alone. One that both have goes from both."""
        texts = list(dict.fromkeys(str(s) for side in best for s in side))
        run = max(1, len(texts) // 2)
        while True:
            at = 0
            while at < len(texts):
                gone = set(texts[at:at + run])
                smaller = self.fails(*[[s for s in side if str(s) not in gone] for side in best])
                if smaller:
                    best = smaller
                    left = {str(s) for side in best for s in side}
                    texts = [t for t in texts if t in left]
                else:
                    at += run
            if run == 1:
                return best
            run = max(1, run // 2)

    def _parts(self, best):
        """Columns of tables, attributes of types: one at a time, from both sides where both have it."""
        for text in list(dict.fromkeys(p for side in best for s in side if isinstance(s, Stmt) for p in s.parts)):
            def without(statement):
                if not isinstance(statement, Stmt) or text not in statement.parts:
                    return statement
                return Stmt(statement.head, [p for p in statement.parts if p != text], statement.tail)
            smaller = self.fails(*[[without(s) for s in side] for side in best])
            if smaller and self._size(smaller) < self._size(best):
                best = smaller
        return best
