"""Names, also hostile ones, and quoting."""
import random

PLAIN = ["a", "b", "users", "orders", "item", "log", "node", "tag", "price", "kind", "total", "note", "owner_id", "val",
         "created", "parent", "t1", "x9"]
HOSTILE = ["select", "Table", "ORDER", "user", "group", "null", "a.b", 'we"ird', '"', '""', "o'clock", "naïve", "日本語",
           "line\nbreak", "tab\tstop", " lead", "trail ", "a;b--c", "/*x*/", "$$", "$1", "%s", "back\\slash", "{a}", "a,b",
           "x(y)", "1st", "-", "now()", "::text", "=", "l" * 63, "é" * 31 + "x", "E'", "[]", "a b", "İı", "\u200b"]
ROLES = ["pk_fuzz_owner", 'pk_fuzz "App"', "pk_fuzz_reader"]


def quote(name):
    plain = name.isascii() and name.replace("_", "a").isalnum() and name.islower() and not name[0].isdigit()
    return name if plain and name not in RESERVED else '"' + name.replace('"', '""') + '"'


def literal(text):
    text = text.replace("'", "''")
    return "'" + text + "'" if "\\" not in text else " E'" + text.replace("\\", "\\\\") + "'"


def pool(rng, count=26):
    """The names of one pair: few, so that unrelated schemas meet under the same ones."""
    hostile = rng.sample(HOSTILE, rng.choice([0, 3, 8]))
    return (rng.sample(PLAIN, len(PLAIN)) + hostile)[-count:]


def longer(name, number):
    """The name with a number behind it, within 63 bytes."""
    tail = str(number)
    body = name.encode()[:63 - len(tail)].decode(errors="ignore")
    return body + tail


RESERVED = {"select", "user", "group", "null", "table", "order", "all", "and", "as", "check", "default", "end", "from", "in",
            "not", "on", "or", "to", "where", "values", "interval", "time", "char", "row", "setof"}


class Dice(random.Random):
    def chance(self, share):
        return self.random() < share

    def some(self, items, most=None):
        """At least one, in random order."""
        items = list(items)
        return self.sample(items, self.randint(1, min(len(items), most or len(items))))

    def pick(self, items):
        """One, or None of nothing."""
        items = list(items)
        return self.choice(items) if items else None
