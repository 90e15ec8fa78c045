"""The kinds that few schemas have: operators, their classes and families, casts, conversions, languages, transforms,
base types and shells, text search, foreign data."""
from kinds_code import Function
from kinds_types import TypeItem, free_name, place, Column
from model import Item, Stmt
from values import Type, any_type
from words import ROLES, quote


class Named(Item):
    """A name in a schema, or outside of all."""
    everywhere = False

    @classmethod
    def make(cls, world, dice):
        item = cls(world, dice)
        item.schema = None if cls.everywhere else place(world, dice)
        item.name = world.fresh(dice, (cls.space, item.schema))
        return item if item.choose(world, dice) else None

    def choose(self, world, dice):
        """What it is; False where there is nothing to be made of."""
        return self.alter(world, dice)


class Operator(Named):
    word, owned = "OPERATOR", True
    symbols = ["===", "@@@", "<->>", "|=|", "~~@", "&&&", "#<#"]

    @classmethod
    def make(cls, world, dice):
        functions = [f for f in world.of(Function) if len(f.args) == 2 and f.shape == "value" and f.alone(world)]
        item = cls(world, dice)
        item.schema, item.name = place(world, dice), dice.choice(cls.symbols)
        item.function = dice.choice(functions).id if functions and dice.chance(0.7) else None
        item.alter(world, dice)
        return item

    def alter(self, world, dice):
        self.extra = dice.choice(["", ", COMMUTATOR = OPERATOR({0})", ", RESTRICT = eqsel, JOIN = eqjoinsel"])
        return True

    def arguments(self, world):
        return [a[1].sql(world) for a in world.items[self.function].args] if self.function else ["integer", "integer"]

    def refs(self, world):
        return super().refs(world) + ([self.function] if self.function else [])

    def mend(self, world):
        function = world.get(self.function)
        return super().mend(world) and (not self.function or (
            function is not None and len(function.args) == 2 and function.shape == "value"))

    def names(self, world):
        if all(ref in world.items for ref in self.refs(world)):
            yield ("operator", self.schema), (self.name, *self.arguments(world))

    def symbol(self, world):
        return f"{quote(world.items[self.schema].name)}.{self.name}"

    def ident(self, world):
        return f"{self.symbol(world)} ({', '.join(self.arguments(world))})"

    def sql(self, world):
        left, right = self.arguments(world)
        function = world.items[self.function].call_ident(world) if self.function else "pg_catalog.int4eq"
        boolean = not self.function or world.items[self.function].returns == Type("boolean")
        extra = self.extra.replace("{0}", self.symbol(world)) if left == right and (boolean or "COMM" in self.extra) else ""
        yield f"CREATE OPERATOR {self.symbol(world)} (FUNCTION = {function}, LEFTARG = {left}, RIGHTARG = {right}{extra})"


class OperatorClass(Named):
    word, space, owned = "OPERATOR CLASS", "operator class", True

    def alter(self, world, dice):
        self.kind, self.items = dice.choice([("integer", [f"OPERATOR {i} {o}" for i, o in enumerate("< <= = >= >".split(), 1)]),
                                             ("text", ["OPERATOR 3 ="])])
        self.items = dice.some(self.items)
        return True

    def ident(self, world):
        return f"{super().ident(world)} USING btree"

    def sql(self, world):
        compare = {"integer": "btint4cmp(integer, integer)", "text": "bttextcmp(text, text)"}[self.kind]
        yield (f"CREATE OPERATOR CLASS {Item.ident(self, world)} FOR TYPE {self.kind} USING btree AS "
               f"{', '.join(self.items)}, FUNCTION 1 {compare}")


class OperatorFamily(Named):
    """By itself; a class without one brings its own of the same name."""
    word, space, owned = "OPERATOR FAMILY", "operator class", True
    members = ["OPERATOR 1 < (integer, bigint)", "OPERATOR 3 = (integer, bigint)", "FUNCTION 1 (integer, bigint) btint48cmp(integer, bigint)",
               "FUNCTION 1 (integer, integer) btint4cmp(integer, integer)", "OPERATOR 2 <= (smallint, smallint)"]

    def alter(self, world, dice):
        self.loose = dice.some(self.members, 3) if dice.chance(0.7) else []
        return True

    def ident(self, world):
        return f"{super().ident(world)} USING btree"

    def sql(self, world):
        yield f"CREATE OPERATOR FAMILY {self.ident(world)}"
        if self.loose:
            yield f"ALTER OPERATOR FAMILY {self.ident(world)} ADD {', '.join(self.loose)}"


class Cast(Item):
    word = "CAST"

    @classmethod
    def make(cls, world, dice):
        item = cls(world, dice)
        item.source, item.target_type = [any_type(world, dice, arrays=False) for _ in range(2)]
        item.alter(world, dice)
        return item if item.mend(world) else None

    def alter(self, world, dice):
        self.context = dice.choice(["", " AS ASSIGNMENT"])
        return True

    def refs(self, world):
        return self.source.refs(world) + self.target_type.refs(world)

    def mend(self, world):
        kinds = [world.get(t.item) for t in (self.source, self.target_type)]
        own = [hasattr(k, "labels") or getattr(k, "family", lambda _: "")(world) in ("composite", "base") for k in kinds if k]
        return super().mend(world) and bool(own) and all(own) and self.source != self.target_type and not (
            {self.source.base, self.target_type.base} & {"citext", "hstore", "name"})

    def names(self, world):
        yield "cast", (self.source, self.target_type)

    def ident(self, world):
        return f"({self.source.sql(world)} AS {self.target_type.sql(world)})"

    def sql(self, world):
        yield f"CREATE CAST {self.ident(world)} WITH INOUT{self.context}"


class Conversion(Named):
    word, space, owned = "CONVERSION", "conversion", True

    def alter(self, world, dice):
        self.definition = dice.choice(["FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8", "FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1",
                                       "FOR 'EUC_JP' TO 'UTF8' FROM euc_jp_to_utf8"])
        return True

    def sql(self, world):
        yield f"CREATE CONVERSION {self.ident(world)} {self.definition}"


class Language(Named):
    word = grant_word = "LANGUAGE"
    space, owned, rights, everywhere = "language", True, ("USAGE",), True

    def alter(self, world, dice):
        self.rest = dice.choice(["", " INLINE plpgsql_inline_handler", " VALIDATOR plpgsql_validator"])
        return True

    def sql(self, world):
        yield f"CREATE TRUSTED LANGUAGE {self.ident(world)} HANDLER plpgsql_call_handler{self.rest}"


class Transform(Item):
    word = "TRANSFORM"
    receivers = {"integer": "int4recv", "text": "textrecv", "boolean": "boolrecv", "date": "date_recv"}

    @classmethod
    def make(cls, world, dice):
        item = cls(world, dice)
        own = dice.pick(world.of(Language))
        item.type, item.language = dice.choice(list(cls.receivers)), own.id if own and dice.chance(0.7) else None
        item.alter(world, dice)
        return item

    def alter(self, world, dice):
        self.ways = dice.some(["from", "to"])
        return True

    def refs(self, world):
        return [self.language] if self.language else []

    def names(self, world):
        yield "transform", (self.type, self.language)

    def ident(self, world):
        return f"FOR {self.type} LANGUAGE {world.items[self.language].ident(world) if self.language else 'plpgsql'}"

    def sql(self, world):
        ways = {"from": "FROM SQL WITH FUNCTION prsd_lextype(internal)",
                "to": f"TO SQL WITH FUNCTION {self.receivers[self.type]}(internal)"}
        yield f"CREATE TRANSFORM {self.ident(world)} ({', '.join(ways[way] for way in sorted(self.ways))})"


class Shell(Named):
    """A type of which nothing is known but its name."""
    word, space, commented = "TYPE", "relation", False

    def choose(self, world, dice):
        return True

    def sql(self, world):
        yield f"CREATE TYPE {self.ident(world)}"


class BaseType(TypeItem):
    """A number under another name."""

    @classmethod
    def make(cls, world, dice):
        item = cls(world, dice)
        item.name = item.name.encode()[:50].decode(errors="ignore")
        item.alter(world, dice)
        return item

    def alter(self, world, dice):
        self.extra = dice.choice(["", ", DEFAULT = '7'", ", CATEGORY = 'N'", ", DELIMITER = ';'"])
        return True

    def names(self, world):
        yield from super().names(world)
        for way in ("_in", "_out"):
            yield ("base type", self.schema), self.name + way

    def family(self, world):
        return "base"

    def value(self, world, dice, first):
        return "1" if first else dice.choice(["1", "2", "-3"])

    def sql(self, world):
        ident, schema = self.ident(world), quote(world.items[self.schema].name)
        takes, gives = [f"{schema}.{quote(self.name + way)}" for way in ("_in", "_out")]
        yield f"CREATE TYPE {ident}"
        yield f"CREATE FUNCTION {takes}(cstring) RETURNS {ident} LANGUAGE internal IMMUTABLE STRICT AS 'int4in'"
        yield f"CREATE FUNCTION {gives}({ident}) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out'"
        yield f"CREATE TYPE {ident} (INPUT = {takes}, OUTPUT = {gives}, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4{self.extra})"


class Parser(Named):
    word, space = "TEXT SEARCH PARSER", "parser"

    def alter(self, world, dice):
        self.headline = dice.choice(["", ", HEADLINE = prsd_headline"])
        return True

    def sql(self, world):
        yield (f"CREATE TEXT SEARCH PARSER {self.ident(world)} (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, "
               f"LEXTYPES = prsd_lextype{self.headline})")


class Template(Named):
    word, space = "TEXT SEARCH TEMPLATE", "template"

    def alter(self, world, dice):
        self.init = dice.choice(["", "INIT = dsimple_init, "])
        return True

    def sql(self, world):
        yield f"CREATE TEXT SEARCH TEMPLATE {self.ident(world)} ({self.init}LEXIZE = dsimple_lexize)"


class Dictionary(Named):
    word, space, owned = "TEXT SEARCH DICTIONARY", "dictionary", True

    def alter(self, world, dice):
        self.definition = dice.choice(["TEMPLATE = simple", "TEMPLATE = simple, STOPWORDS = english", "TEMPLATE = simple, ACCEPT = false",
                                       "TEMPLATE = snowball, LANGUAGE = german"])
        own = dice.pick(world.of(Template))
        self.template = own.id if own and dice.chance(0.5) else None
        return True

    def refs(self, world):
        return super().refs(world) + ([self.template] if self.template in world.items else [])

    def sql(self, world):
        own = world.get(self.template)
        yield f"CREATE TEXT SEARCH DICTIONARY {self.ident(world)} ({'TEMPLATE = ' + own.ident(world) if own else self.definition})"


class Configuration(Named):
    word, space, owned = "TEXT SEARCH CONFIGURATION", "configuration", True

    def alter(self, world, dice):
        self.source = dice.choice(["COPY = pg_catalog.english", 'PARSER = pg_catalog."default"'])
        own, parser = dice.pick(world.of(Dictionary)), dice.pick(world.of(Parser))
        self.dictionary = own.id if own else None
        self.parser = parser.id if parser and dice.chance(0.5) else None
        return True

    def refs(self, world):
        return super().refs(world) + [n for n in (self.dictionary, self.parser) if n in world.items]

    def sql(self, world):
        own, parser = world.get(self.dictionary), world.get(self.parser)
        if parser and "PARSER" in self.source:
            yield f"CREATE TEXT SEARCH CONFIGURATION {self.ident(world)} (PARSER = {parser.ident(world)})"
        else:
            yield f"CREATE TEXT SEARCH CONFIGURATION {self.ident(world)} ({self.source})"
        if own:
            verb = "ALTER" if "COPY" in self.source else "ADD"
            yield (f"ALTER TEXT SEARCH CONFIGURATION {self.ident(world)} {verb} MAPPING FOR asciiword, word "
                   f"WITH {own.ident(world)}, pg_catalog.simple")


OPTIONS = ["", " OPTIONS (a '1')", " OPTIONS (a 'it''s', \"B c\" '2')"]


class Wrapper(Named):
    word = grant_word = "FOREIGN DATA WRAPPER"
    space, rights, everywhere = "wrapper", ("USAGE",), True

    def alter(self, world, dice):
        self.options = dice.choice(OPTIONS)
        return True

    def sql(self, world):
        yield f"CREATE FOREIGN DATA WRAPPER {self.ident(world)}{self.options}"


class ForeignServer(Named):
    word, grant_word = "SERVER", "FOREIGN SERVER"
    space, owned, rights, everywhere = "server", True, ("USAGE",), True

    def choose(self, world, dice):
        wrapper = dice.pick(world.of(Wrapper))
        self.wrapper = wrapper and wrapper.id
        self.mapped = None
        return wrapper is not None and self.alter(world, dice)

    def alter(self, world, dice):
        self.options = dice.choice(OPTIONS)
        self.about = dice.choice(["", " VERSION '1'", " VERSION '2'"])
        self.mapped = dice.choice([None, "PUBLIC"] + ROLES)
        return True

    def refs(self, world):
        return [self.wrapper]

    def sql(self, world):
        yield (f"CREATE SERVER {self.ident(world)}{self.about} FOREIGN DATA WRAPPER {world.items[self.wrapper].ident(world)}"
               f"{self.options}")
        if self.mapped:
            who = self.mapped if self.mapped == "PUBLIC" else quote(self.mapped)
            yield f"CREATE USER MAPPING FOR {who} SERVER {self.ident(world)} OPTIONS (\"user\" 'me')"


class ForeignTable(Named):
    word, grant_word = "FOREIGN TABLE", "TABLE"
    space, owned, rights = "relation", True, ("SELECT", "INSERT")

    def choose(self, world, dice):
        server = dice.pick(world.of(ForeignServer))
        self.server, self.options, self.columns = server and server.id, "", []
        return server is not None and all(self._add(world, dice) for _ in range(dice.randint(0, 4)))

    def _add(self, world, dice):
        column = Column(world, free_name(world, dice, self.columns), any_type(world, dice))
        column.not_null, column.settings["OPTIONS"] = dice.chance(0.3), dice.choice(OPTIONS)
        self.columns.append(column)
        return True

    def refs(self, world):
        return super().refs(world) + [self.server] + [ref for column in self.columns for ref in column.refs(world)]

    def mend(self, world):
        self.columns = [column for column in self.columns if column.mend(world)]
        return super().mend(world)

    def alter(self, world, dice):
        way = dice.choice(["options", "add", "drop", "type", "null"])
        column = dice.pick(self.columns)
        if way == "add":
            return self._add(world, dice)
        if way == "options" or not column:
            self.options = dice.choice(OPTIONS)
        elif way == "drop":
            self.columns.remove(column)
        elif way == "type":
            column.type = any_type(world, dice)
        else:
            column.not_null = not column.not_null
        return True

    def sql(self, world):
        yield Stmt(f"CREATE FOREIGN TABLE {self.ident(world)}",
                   [f"{c.quoted()} {c.type.sql(world)}{c.settings['OPTIONS']}{' NOT NULL' if c.not_null else ''}"
                    for c in self.columns], f" SERVER {world.items[self.server].ident(world)}{self.options}")


KINDS = [(Operator, 2), (OperatorClass, 1), (Cast, 1), (Conversion, 1), (Language, 1), (BaseType, 1), (Dictionary, 1),
         (OperatorFamily, 1), (Transform, 1), (Shell, 1), (Parser, 1), (Template, 1), (Configuration, 1), (Wrapper, 1), (ForeignServer, 2), (ForeignTable, 3)]
