"""Types, and what can be said with values of them: literals, conditions, expressions. Everything is
derived from a seed and the type at hand, so that it stays true when the type changes."""
import dataclasses

from words import Dice, literal as quoted

# name: family, values; the first one converts into most other families
BASES = {
    "smallint": ("num", ["1", "0", "7"]), "integer": ("num", ["1", "0", "-5", "42"]), "bigint": ("num", ["1", "9000000000"]),
    "numeric": ("num", ["1", "0.50", "-1.5"]), "numeric(10,2)": ("num", ["1", "12.34"]), "real": ("float", ["1", "0.25"]),
    "double precision": ("float", ["1", "-2.5"]), "text": ("text", ["1", "", "it's", "two\nlines"]),
    "character varying": ("text", ["1", "a\\b"]), "character varying(20)": ("text", ["1", "abc"]),
    "character(4)": ("text", ["1", "ab"]), "boolean": ("bool", ["true", "false"]),
    "date": ("date", ["2001-01-01", "1999-12-31"]), "timestamp without time zone": ("ts", ["2001-01-01 00:00:00"]),
    "timestamp with time zone": ("tstz", ["2001-01-01 00:00:00+00"]),
    "timestamp(3) with time zone": ("tstz", ["2001-01-01 12:00:00+00"]), "time without time zone": ("time", ["10:00:00"]),
    "interval": ("interval", ["1 day", "02:00:00"]), "interval day to second": ("interval", ["1 day"]),
    "json": ("json", ["1", '{"a": [1]}']), "jsonb": ("jsonb", ["1", '{"a": [1]}']),
    "uuid": ("uuid", ["00000000-0000-0000-0000-000000000001"]), "bytea": ("bytea", ["\\x01"]),
    "inet": ("inet", ["10.0.0.1", "10.0.0.0/8"]), "bit varying(8)": ("bit", ["1", "0101"]), "money": ("money", ["1"]),
    "point": ("point", ["(1,1)"]), "tsvector": ("tsvector", ["a b"]), "int4range": ("range", ["[1,2)", "empty"]),
    "daterange": ("range", ["[2001-01-01,2002-01-01)"]), "int4multirange": ("multirange", ["{[1,2)}"]),
    "xml": ("xml", ["<a/>"]), "name": ("text", ["1"]), "citext": ("text", ["1", "Ab"]), "hstore": ("hstore", ["a=>1"]),
}
EXTENSION_TYPES = {"citext", "hstore"}
COMMON = ["integer", "integer", "bigint", "text", "text", "character varying", "boolean", "date", "numeric"]

BTREE = {"num", "float", "text", "bool", "date", "ts", "tstz", "time", "interval", "uuid", "bytea", "inet", "enum", "range",
         "multirange", "jsonb", "bit", "money", "tsvector"}
HASH = BTREE - {"money", "bit", "tsvector", "hstore"}
GIST = {"range", "multirange", "point", "tsvector"}
GIN = {"jsonb", "tsvector"}
BRIN = {"num", "float", "date", "ts", "tstz", "text", "uuid", "bytea", "interval"}


@dataclasses.dataclass(frozen=True)
class Type:
    base: str = None  # a key of BASES
    item: int = None  # or the number of an item
    array: bool = False

    def sql(self, world):
        name = self.base or world.items[self.item].ident(world)
        if self.base in EXTENSION_TYPES:
            name = world.extension(self.base).type_ident(world)
        return name + ("[]" if self.array else "")

    def refs(self, world):
        if self.base in EXTENSION_TYPES:
            extension = world.extension(self.base)
            return [extension.id] if extension else [-1]
        return [self.item] if self.item is not None else []

    def valid(self, world):
        return all(ref in world.items for ref in self.refs(world))

    def family(self, world):
        if self.array:
            return "array"
        return BASES[self.base][0] if self.base else world.items[self.item].family(world)

    def element(self):
        return Type(self.base, self.item)

    def btree(self, world):
        return self.element().family(world) in BTREE and not (self.array and self.element().family(world) == "bit")

    def hash(self, world):
        return self.element().family(world) in HASH

    def collatable(self, world):
        if self.item is not None:
            base = world.items[self.item].base if hasattr(world.items[self.item], "base") else None
            return base is not None and base.collatable(world)
        return self.family(world) == "text" or (self.array and self.element().family(world) == "text")


def any_type(world, dice, arrays=True, simple=False):
    """simple: only types with an order, none that others define."""
    rows = dice.chance(0.05)  # of tables
    kinds = [item for item in world.items.values() if hasattr(item, "family") and (item.word == "TABLE") == rows]
    if kinds and not simple and dice.chance(0.35):
        found = Type(item=dice.choice(kinds).id)
    elif simple or dice.chance(0.6):
        found = Type(dice.choice(COMMON))
    else:
        found = Type(dice.choice([b for b in BASES if b not in EXTENSION_TYPES or world.extension(b)]))
    if arrays and not simple and dice.chance(0.1) and found.family(world) not in ("composite", "array"):
        found = Type(found.base, found.item, True)
    return found


def value(world, dice, type_, first=False):
    """The text of a value, without a cast."""
    if type_.array:
        inner = value(world, dice, type_.element(), first)
        return '{"' + inner.replace("\\", "\\\\").replace('"', '\\"') + '"}'
    if type_.base:
        values = BASES[type_.base][1]
        return values[0] if first else dice.choice(values)
    return world.items[type_.item].value(world, dice, first)


def constant(world, dice, type_):
    text = value(world, dice, type_)
    if type_.base and not type_.array:
        family = type_.family(world)
        if family in ("num", "bool") and dice.chance(0.6):
            return text
        if family == "text" and dice.chance(0.5):
            return quoted(text).strip()
    if dice.chance(0.05):
        return "NULL::" + type_.sql(world)
    return f"{quoted(text).strip()}::{type_.sql(world)}"


CONDITIONS = {
    "num": ["{c} > -100", "{c} BETWEEN -100 AND 10000000000", "{c} <> 13", "{c} IN (0, 1, 2, 7, 42)", "abs({c}) >= 0"],
    "float": ["{c} < 1000.5", "{c} >= '-100'::integer"],
    "text": ["{c} <> 'x'", "length({c}) < 500", "{c} IN ('1', 'abc', 'it''s')", "{c} ~ '^.*'", "upper({c}) <> 'NO'",
             "{c} LIKE '%'", "COALESCE({c}, 'a') <> ''", "({c} || 'x') <> ''"],
    "bool": ["{c}", "NOT {c}", "{c} IS NOT FALSE", "({c} OR true)"],
    "date": ["{c} > '1900-01-01'::date", "date_part('year', {c}) > 1900", "{c} <> DATE '1970-01-01'"],
    "ts": ["{c} > '1900-01-01'::timestamp", "EXTRACT(year FROM {c}) > 1900"],
    "tstz": ["{c} > '1900-01-01 00:00:00+00'::timestamptz"],
    "uuid": ["{c} <> '00000000-0000-0000-0000-000000000009'"],
    "jsonb": ["{c} IS DISTINCT FROM '{{}}'::jsonb", "NOT {c} ? 'zz'"],
    "array": ["cardinality({c}) >= 0", "array_ndims({c}) IS DISTINCT FROM 9"],
    "range": ["NOT isempty({c}) OR isempty({c})"],
    "inet": ["family({c}) = 4"],
}
GENERAL = ["{c} IS NOT NULL", "num_nulls({c}) >= 0"]

# expressions that never change their mind, with the type they are cast to
SCALARS = {
    "num": [("{c} + 1", "numeric"), ("{c} * 2", "bigint"), ("-{c}", "numeric")],
    "float": [("{c} / 2", "double precision")],
    "text": [("lower({c})", "text"), ("length({c})", "integer"), ("{c} || '-x'", "text"), ("\"substring\"({c}, 1, 2)", "text"),
             ("CASE WHEN {c} = 'a' THEN 1 ELSE 2 END", "integer")],
    "bool": [("NOT {c}", "boolean")],
    "date": [("{c} + 1", "date"), ("EXTRACT(year FROM {c})", "numeric")],
    "ts": [("{c}::date", "date"), ("date_trunc('day', {c})", "timestamp without time zone")],
    "jsonb": [("{c} -> 'a'", "jsonb"), ("{c} ->> 'a'", "text")],
    "array": [("cardinality({c})", "integer")],
    "interval": [("{c} * 2", "interval")],
    "uuid": [("{c}", "uuid")],
}
ANY_SCALAR = [("{c} IS NULL", "boolean")]


def filled(template, column):
    return template.replace("{c}", column).replace("{{", "{").replace("}}", "}")


class Expr:
    """An expression over columns, by their numbers."""

    def __init__(self, world, dice, cids, function=None, pure=True):
        self.seed = dice.getrandbits(32)
        self.cids = list(cids)
        self.function = function
        self.pure = pure  # only immutable functions

    def refs(self, world):
        return [self.function] if self.function in world.items else []

    def fits(self, columns):
        """columns: number -> column. Those that are gone are forgotten; False when none is left."""
        self.cids = [cid for cid in self.cids if cid in columns]
        return bool(self.cids)

    def _called(self, world, column, result):
        """The call of its function, when that still takes such a column."""
        function = world.get(self.function)
        if not function or not function.takes(world, [column.type]) or (self.pure and not function.immutable()):
            return None
        if function.returns == result or (result is None and not function.set_returning()):
            return function
        return None

    def condition(self, world, columns, prefix=""):
        dice, parts = Dice(self.seed), []
        for cid in self.cids:
            column = columns[cid]
            name = prefix + column.quoted()
            function = self._called(world, column, Type("boolean"))
            choices = CONDITIONS.get(column.type.family(world), []) * 2 + GENERAL
            text = filled(dice.choice(choices), name)
            enum = world.get(column.type.item)
            if function:
                text = f"{function.call_ident(world)}({name})"
            elif hasattr(enum, "labels") and not column.type.array and dice.chance(0.7):
                labels = dice.some(enum.labels, 3)
                cast = f"::{enum.ident(world)}"
                text = f"{name} IN ({', '.join(quoted(label) + cast for label in labels)})"
            parts.append(f"({text})")
        return dice.choice([" AND ", " OR "]).join(parts)

    def scalar(self, world, columns, prefix=""):
        """SQL and type; of the first column alone."""
        dice, column = Dice(self.seed), columns[self.cids[0]]
        name = prefix + column.quoted()
        function = self._called(world, column, None)
        if function:
            return f"{function.call_ident(world)}({name})", function.returns
        text, base = dice.choice(SCALARS.get(column.type.family(world), ANY_SCALAR))
        return f"({filled(text, name)})::{base}", Type(base)
