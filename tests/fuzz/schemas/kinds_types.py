"""Schemas, extensions, collations and types."""
from model import Item, Stmt
from values import Expr, Type, any_type, constant, filled, value, CONDITIONS, GENERAL
from words import Dice, ROLES, literal, quote


class Schema(Item):
    word = grant_word = "SCHEMA"
    space, owned, rights = "schema", True, ("USAGE", "CREATE")

    @classmethod
    def make(cls, world, dice):
        schema = cls(world, dice)
        schema.name = world.fresh(dice, ("schema", None))
        return schema

    def sql(self, world):
        if self.name != "public":
            yield f"CREATE SCHEMA {quote(self.name)}"


def place(world, dice):
    """The schema that a new item shall stand in."""
    return dice.choice(world.of(Schema)).id


class Extension(Item):
    word = "EXTENSION"
    space, commented = "extension", False
    known = ["citext", "hstore", "pg_trgm", "btree_gist", "btree_gin", "intarray"]

    @classmethod
    def make(cls, world, dice):
        free = [name for name in cls.known if name in world.extensions and not world.extension(name)]
        if not free:
            return None
        extension = cls(world, dice)
        extension.name = dice.choice(free)
        extension.schema = place(world, dice)
        return extension

    def names(self, world):
        yield ("extension", None), self.name

    def ident(self, world):
        return quote(self.name)

    def type_ident(self, world):
        return quote(world.items[self.schema].name) + "." + self.name

    def sql(self, world):
        yield f"CREATE EXTENSION {quote(self.name)} SCHEMA {quote(world.items[self.schema].name)}"


class Collation(Item):
    word, space, owned = "COLLATION", "collation", True

    @classmethod
    def make(cls, world, dice):
        collation = cls(world, dice)
        collation.schema = place(world, dice)
        collation.name = world.fresh(dice, ("collation", collation.schema))
        collation.alter(world, dice)
        return collation

    def alter(self, world, dice):
        self.definition = dice.choice(["locale = 'C'", "locale = 'POSIX'", "locale = 'C.UTF-8'",
                                       "provider = icu, locale = 'und'", "provider = icu, locale = 'de'"])
        return True

    def sql(self, world):
        yield f"CREATE COLLATION {self.ident(world)} ({self.definition})"


class TypeItem(Item):
    """What can be a column's type; its name is also one among relations."""
    word = grant_word = "TYPE"
    space, owned, rights = "relation", True, ("USAGE",)

    def __init__(self, world, dice):
        super().__init__(world, dice)
        self.schema = place(world, dice)
        self.name = world.fresh(dice, ("relation", self.schema))


LABELS = ["new", "open", "done", "it's", "Ünï", "a b", "x", "1", "", "-", "l" * 63]


class Enum(TypeItem):
    @classmethod
    def make(cls, world, dice):
        enum = cls(world, dice)
        enum.labels = dice.sample(LABELS, dice.randint(1, 6))
        return enum

    def family(self, world):
        return "enum"

    def value(self, world, dice, first):
        return self.labels[0] if first else dice.choice(self.labels)

    def alter(self, world, dice):
        free = [label for label in LABELS if label not in self.labels]
        way = dice.choice(["append", "insert", "remove", "shuffle"])
        if way == "append" and free:
            self.labels.append(dice.choice(free))
        elif way == "insert" and free:
            self.labels.insert(dice.randrange(len(self.labels)), dice.choice(free))
        elif way == "remove" and len(self.labels) > 1:
            self.labels.remove(dice.choice(self.labels))
        elif way == "shuffle":
            dice.shuffle(self.labels)
        else:
            return False
        return True

    def sql(self, world):
        yield Stmt(f"CREATE TYPE {self.ident(world)} AS ENUM", [literal(label).strip() for label in self.labels])


class Column:
    """Of tables, composite types and views."""

    def __init__(self, world, name, type_):
        self.id = world.number()
        self.name = name
        self.type = type_
        self.default = None     # Default
        self.not_null = False
        self.identity = None    # ALWAYS or BY DEFAULT
        self.identity_options = ""
        self.generated = None   # Expr
        self.collation = None   # number of an item, or a name of the server's own
        self.settings = {}      # STORAGE, COMPRESSION, STATISTICS, options: value
        self.comment = None
        self.grants = {}

    def quoted(self):
        return quote(self.name)

    def refs(self, world):
        refs = self.type.refs(world)
        if self.default:
            refs = refs + self.default.refs(world)
        if self.generated:
            refs = refs + self.generated.refs(world)
        if isinstance(self.collation, int):
            refs = refs + [self.collation]
        return refs

    def collate(self, world):
        if self.collation is None or not self.type.collatable(world):
            return ""
        collation = self.collation
        return " COLLATE " + (world.items[collation].ident(world) if isinstance(collation, int) else collation)

    def mend(self, world):
        """False: its type is gone."""
        if isinstance(self.collation, int) and self.collation not in world.items:
            self.collation = None
        if self.default and not self.default.mend(world, self.type):
            self.default = None
        return self.type.valid(world)


def any_collation(world, dice):
    return dice.choice([None, '"C"', '"POSIX"'] + [item.id for item in world.of(Collation)])


def free_name(world, dice, columns):
    """A name that none of the columns has."""
    taken = {column.name for column in columns} | {"ctid", "xmin", "oid", "tableoid"}
    free = [name for name in world.names if name not in taken]
    return dice.choice(free) if free else f"c{world.number()}"


def composed(parts):
    """The text of a row; None: a null."""
    return "(" + ",".join("" if p is None else '"' + p.replace("\\", "\\\\").replace('"', '""') + '"' for p in parts) + ")"


class Composite(TypeItem):
    @classmethod
    def make(cls, world, dice):
        composite = cls(world, dice)
        composite.columns = []
        for _ in range(dice.randint(1, 4)):
            composite._add(world, dice)
        return composite

    def _add(self, world, dice):
        column = Column(world, free_name(world, dice, self.columns), any_type(world, dice))
        column.collation = any_collation(world, dice) if dice.chance(0.2) else None
        self.columns.append(column)

    def family(self, world):
        return "composite"

    def value(self, world, dice, first):
        return composed(value(world, dice, column.type, first) for column in self.columns)

    def refs(self, world):
        return super().refs(world) + [ref for column in self.columns for ref in column.refs(world)]

    def mend(self, world):
        self.columns = [column for column in self.columns if column.mend(world)]
        return bool(self.columns) and super().mend(world)

    def alter(self, world, dice):
        way, column = dice.choice(["add", "drop", "type", "comment"]), dice.choice(self.columns)
        if way == "add":
            self._add(world, dice)
        elif way == "drop" and len(self.columns) > 1:
            self.columns.remove(column)
        elif way == "type":
            column.type = any_type(world, dice)
        else:
            column.comment = dice.choice([None, "an attribute"])
        return True

    def sql(self, world):
        yield Stmt(f"CREATE TYPE {self.ident(world)} AS",
                   [f"{c.quoted()} {c.type.sql(world)}{c.collate(world)}" for c in self.columns])
        for column in self.columns:
            if column.comment:
                yield f"COMMENT ON COLUMN {self.ident(world)}.{column.quoted()} IS {literal(column.comment)}"


class Domain(TypeItem):
    word = grant_word = "DOMAIN"

    @classmethod
    def make(cls, world, dice):
        domain = cls(world, dice)
        domain.base = any_type(world, dice)
        domain.seed = dice.getrandbits(32)
        domain.has_default = dice.chance(0.3)
        domain.not_null = dice.chance(0.1)
        domain.collation = any_collation(world, dice) if dice.chance(0.2) else None
        domain.checks = {}  # name -> (seed, comment)
        if dice.chance(0.6):
            domain.checks[dice.choice(world.names)] = (dice.getrandbits(32), None)
        return domain

    def family(self, world):
        return self.base.family(world)

    def value(self, world, dice, first):
        """First values meet all conditions of domains."""
        return value(world, dice, self.base, first or bool(self.checks))

    def refs(self, world):
        own = [self.collation] if isinstance(self.collation, int) else []
        return super().refs(world) + self.base.refs(world) + own

    def mend(self, world):
        if isinstance(self.collation, int) and self.collation not in world.items:
            self.collation = None
        return self.base.valid(world) and super().mend(world)

    def alter(self, world, dice):
        way = dice.choice(["default", "not null", "check", "check", "base", "check comment"])
        if way == "default":
            self.has_default, self.seed = not self.has_default, dice.getrandbits(32)
        elif way == "not null":
            self.not_null = not self.not_null
        elif way == "base":
            self.base = any_type(world, dice)
        elif way == "check" and self.checks and dice.chance(0.5):
            del self.checks[dice.choice(list(self.checks))]
        elif way == "check":
            self.checks[dice.choice(world.names)] = (dice.getrandbits(32), None)
        elif self.checks:
            name = dice.choice(list(self.checks))
            self.checks[name] = (self.checks[name][0], dice.choice([None, "why"]))
        return True

    def sql(self, world):
        text = f"CREATE DOMAIN {self.ident(world)} AS {self.base.sql(world)}"
        if self.collation and self.base.collatable(world):
            text += Column.collate(self_column(world, self), world)
        if self.has_default:
            text += f" DEFAULT {constant(world, Dice(self.seed), self.base)}"
        if self.not_null:
            text += " NOT NULL"
        yield text
        for name, (seed, comment) in self.checks.items():
            choices = [c for c in CONDITIONS.get(self.family(world), []) if c != "NOT {c}"] + GENERAL
            condition = filled(Dice(seed).choice(choices), "VALUE")
            if "num_nulls" not in condition and "IS NOT NULL" not in condition:
                condition = f"({condition}) IS NOT FALSE" if Dice(seed).chance(0.2) else condition
            yield f"ALTER DOMAIN {self.ident(world)} ADD CONSTRAINT {quote(name)} CHECK ({condition})"
            if comment:
                yield f"COMMENT ON CONSTRAINT {quote(name)} ON DOMAIN {self.ident(world)} IS {literal(comment)}"


def self_column(world, domain):
    """The domain as a column, for what both do alike."""
    column = Column.__new__(Column)
    column.collation, column.type = domain.collation, domain.base
    return column


class Range(TypeItem):
    subtypes = ["integer", "text", "timestamp without time zone", "double precision", "date", "numeric"]

    @classmethod
    def make(cls, world, dice):
        item = cls(world, dice)
        item.subtype = dice.choice(cls.subtypes)
        item.extra = dice.chance(0.3)
        item.multirange = world.fresh(dice, ("relation", item.schema), None) + "_multi" if dice.chance(0.4) else None
        if item.multirange and len(item.multirange.encode()) > 63:
            item.multirange = None
        return item

    def names(self, world):
        yield from super().names(world)
        yield ("relation", self.schema), self.multirange or self.name + " (multirange)"

    def family(self, world):
        return "range"

    def value(self, world, dice, first):
        return "empty"

    def alter(self, world, dice):
        self.subtype = dice.choice(self.subtypes)
        return True

    def sql(self, world):
        parts = [f"subtype = {self.subtype}"]
        if self.extra:
            parts.append({"double precision": "subtype_diff = float8mi", "text": 'collation = "C"',
                          "integer": "subtype_diff = pg_catalog.int4range_subdiff"}.get(self.subtype, parts[0]))
        if self.multirange:
            schema = quote(world.items[self.schema].name)
            parts.append(f"multirange_type_name = {schema}.{quote(self.multirange)}")
        yield Stmt(f"CREATE TYPE {self.ident(world)} AS RANGE", list(dict.fromkeys(parts)))
