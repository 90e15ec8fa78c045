"""Functions, procedures, aggregates; triggers, policies and rules."""
from kinds_parts import Part, any_function, pick_table
from kinds_tables import Relation, Table
from kinds_types import place
from kinds_views import MatView, View
from model import Item
from values import Expr, Type, any_type, constant
from words import Dice, ROLES, literal, quote


class Routine(Item):
    grant_word, owned, rights = "FUNCTION", True, ("EXECUTE",)
    word = "FUNCTION"

    def __init__(self, world, dice):
        super().__init__(world, dice)
        self.schema = place(world, dice)
        self.args = []  # (name or None, Type, seed of a default or None)
        self.seed = dice.getrandbits(32)

    def signature(self):
        return tuple(arg[1] for arg in self.args)

    def names(self, world):
        yield ("routine", self.schema), (self.name, tuple(type_.sql(world) for type_ in self.signature()))

    def fresh_name(self, world, dice):
        types = tuple(type_.sql(world) for type_ in self.signature())
        return world.fresh(dice, ("routine", self.schema), lambda name: (name, types))

    def call_ident(self, world):
        return Item.ident(self, world)

    def target(self, world):
        return f"{Item.ident(self, world)}({', '.join(type_.sql(world) for type_ in self.signature())})"

    ident = target
    grant_target = target

    def refs(self, world):
        return super().refs(world) + [ref for type_ in self.signature() for ref in type_.refs(world)]

    def alone(self, world):
        """No other routine has its name, so that a call can mean no other."""
        return all(r is self or (r.schema, r.name) != (self.schema, self.name) for r in world.of(Routine))


LANGUAGES = ["sql", "sql", "plpgsql", "plpgsql", "atomic", "return"]


class Function(Routine):
    """Gives a constant of its type, or a row set, or nothing; reads a table when it has one."""

    @classmethod
    def make(cls, world, dice):
        item = cls(world, dice)
        for _ in range(dice.choice([0, 0, 1, 1, 2, 3])):
            item.args.append((dice.choice([None, None] + world.names), any_type(world, dice), None))
        item._distinct_names()
        item.returns = dice.choice([any_type(world, dice), Type("boolean"), item.args[0][1] if item.args else Type("integer")])
        item.shape = dice.choice(["value"] * 6 + ["setof", "table", "void"])
        item.language = dice.choice(LANGUAGES)
        table = dice.pick(world.of(Relation))
        item.reads = table.id if table and dice.chance(0.3) else None
        item.volatility = dice.choice(["IMMUTABLE", "IMMUTABLE", "STABLE", "VOLATILE"])
        item.attributes = ""
        if dice.chance(0.5):
            item._attributes(dice)
        item.name = item.fresh_name(world, dice)
        return item

    def _distinct_names(self):
        seen, args = set(), []
        for name, type_, default in self.args:
            args.append((None if name in seen else name, type_, default))
            seen.add(name)
        self.args = args

    def _attributes(self, dice):
        self.attributes = "".join(dice.some([" STRICT", " SECURITY DEFINER", " PARALLEL SAFE", " COST 5", " LEAKPROOF",
                                             " SET search_path TO 'pg_catalog', 'a b'", " SET work_mem TO '8MB'"], 3))
        if self.shape in ("setof", "table") and dice.chance(0.4):
            self.attributes += " ROWS 7"

    def takes(self, world, types):
        """Can it be called so, and means that call only this one?"""
        needed = [arg for arg in self.args if arg[2] is None]
        return self.shape == "value" and len(needed) <= len(types) <= len(self.args) and self.alone(world) and \
            list(self.signature()[:len(types)]) == types and self.reads is None

    def set_returning(self):
        return self.shape in ("setof", "table")

    def immutable(self):
        return self.volatility == "IMMUTABLE"

    def refs(self, world):
        return super().refs(world) + self.returns.refs(world) + ([self.reads] if self._parsed_reads(world) else [])

    def _parsed_reads(self, world):
        return self.reads if self.language in ("atomic", "return") and self.reads in world.items else None

    def mend(self, world):
        if self.reads not in world.items:
            self.reads = None
        if self.shape not in ("setof", "table"):
            self.attributes = self.attributes.replace(" ROWS 7", "")
        return super().mend(world)

    def alter(self, world, dice):
        way = dice.choice(["body", "returns", "shape", "language", "volatility", "attributes", "default", "arg", "arg name"])
        if way == "body":
            self.seed = dice.getrandbits(32)
        elif way == "returns":
            self.returns = any_type(world, dice)
        elif way == "shape":
            self.shape = dice.choice(["value", "setof", "table", "void"])
        elif way == "language":
            self.language = dice.choice(LANGUAGES)
        elif way == "volatility":
            self.volatility = dice.choice(["IMMUTABLE", "STABLE", "VOLATILE"])
        elif way == "attributes":
            self._attributes(dice)
        elif way == "default" and self.args:
            name, type_, default = self.args.pop()
            self.args.append((name, type_, dice.getrandbits(32) if default is None else None))
            if self.args[-1][2] is None:  # what has none cannot stand behind what has one
                self.args = [(n, t, None) for n, t, _ in self.args]
        elif way == "arg":
            self.args.append((None, any_type(world, dice), dice.getrandbits(32) if self.args and self.args[-1][2] else None))
        elif way == "arg name" and self.args:
            i = dice.randrange(len(self.args))
            self.args[i] = (dice.choice([None] + world.names), *self.args[i][1:])
            self._distinct_names()
        else:
            return False
        return True

    def _args(self, world):
        parts = []
        for name, type_, default in self.args:
            text = (quote(name) + " " if name else "") + type_.sql(world)
            parts.append(text + (f" DEFAULT {constant(world, Dice(default), type_)}" if default is not None else ""))
        return ", ".join(parts)

    def _value(self, world):
        """An expression of its type."""
        dice = Dice(self.seed)
        # beside names the server prints $1 as "", which it cannot read itself
        unnamed = self.language not in ("atomic", "return") or (self.shape != "table" and not any(a[0] for a in self.args))
        same = [i for i, arg in enumerate(self.args) if arg[1] == self.returns and (arg[0] or unnamed)]
        if same and dice.chance(0.6):
            return f"${dice.choice(same) + 1}"
        text = constant(world, dice, self.returns)
        return f"({text})::{self.returns.sql(world)}"

    def sql(self, world):
        returns = {"value": self.returns.sql(world), "setof": "SETOF " + self.returns.sql(world), "void": "void",
                   "table": f"TABLE(r1 {self.returns.sql(world)}, r2 integer)"}[self.shape]
        value = self._value(world) + (", 1" if self.shape == "table" else "")
        reads = world.get(self.reads)
        source = f" FROM {reads.ident(world)} LIMIT 1" if reads else ""
        attributes, language = f"{self.volatility}{self.attributes}", self.language
        head = f"CREATE FUNCTION {Item.ident(self, world)}({self._args(world)}) RETURNS {returns}"
        if language == "plpgsql":
            run = {"value": f"RETURN {value};", "void": "PERFORM 1;"}.get(self.shape, f"RETURN QUERY SELECT {value};")
            note = f"-- {self.seed % 100}; it's \\ $x$ here\n" if self.seed % 3 == 0 else ""
            yield f"{head} LANGUAGE plpgsql {attributes} AS $body$\n{note}BEGIN\n    {run}\nEND\n$body$"
        elif language == "sql" or (language == "return" and (self.shape != "value" or reads)):
            query = f"SELECT {value}{source}" if self.shape != "void" else f"SELECT {self.seed % 10}{source}"
            yield f"{head} LANGUAGE sql {attributes} AS {literal(query)}"
        elif language == "return":
            yield f"{head} LANGUAGE sql {attributes} RETURN {value}"
        else:
            query = f"SELECT {value}{source}" if self.shape != "void" else f"SELECT {self.seed % 10}{source}"
            yield f"{head} LANGUAGE sql {attributes} BEGIN ATOMIC {query}; END"


class Procedure(Routine):
    word = grant_word = "PROCEDURE"

    @classmethod
    def make(cls, world, dice):
        item = cls(world, dice)
        for _ in range(dice.choice([0, 1, 2])):
            item.args.append((None, any_type(world, dice), None))
        item.name = item.fresh_name(world, dice)
        item.attributes = ""
        item.table = dice.choice([None] + [table.id for table in world.of(Table)])
        return item

    def refs(self, world):
        return super().refs(world) + ([self.table] if self.table in world.items and self.seed % 2 else [])

    def alter(self, world, dice):
        if dice.chance(0.5):
            self.seed = dice.getrandbits(32)
        else:
            self.attributes = dice.choice(["", " SECURITY DEFINER", " SET work_mem TO '8MB'"])
        return True

    def sql(self, world):
        args = ", ".join(type_.sql(world) for type_ in self.signature())
        head = f"CREATE PROCEDURE {Item.ident(self, world)}({args})"
        table = world.get(self.table)
        if table and self.seed % 2:
            body = f"LANGUAGE sql{self.attributes} BEGIN ATOMIC DELETE FROM {table.ident(world)}; END"
        else:
            body = f"LANGUAGE plpgsql{self.attributes} AS 'BEGIN RAISE NOTICE ''{self.seed % 100}''; END'"
        yield f"{head} {body}"


class Aggregate(Routine):
    word, grant_word = "AGGREGATE", "FUNCTION"

    @classmethod
    def make(cls, world, dice):
        steps = [f for f in world.of(Function) if cls._serves(f)]
        item = cls(world, dice)
        step = dice.pick(steps)
        item.step = step.id if step and dice.chance(0.7) else None
        item.args = [(None, step.args[1][1] if item.step else Type("integer"), None)]
        item.extra = ""
        item.name = item.fresh_name(world, dice)
        item.mend(world)
        return item

    @staticmethod
    def _serves(function):
        return function.shape == "value" and len(function.args) == 2 and function.args[0][1] == function.returns and \
            not function.returns.array and all(arg[2] is None for arg in function.args) and " STRICT" not in function.attributes

    def refs(self, world):
        return super().refs(world) + ([self.step] if self.step else [])

    def mend(self, world):
        if self.step:
            step = world.get(self.step)
            if step is None or not self._serves(step) or not step.alone(world):
                return False
            self.args = [(None, step.args[1][1], None)]
        return super().mend(world)

    def alter(self, world, dice):
        self.extra = dice.choice(["", ", PARALLEL = SAFE", ", INITCOND = NULL"]) if self.step else \
            dice.choice(["", ", INITCOND = '0'", ", SSPACE = 16", ", COMBINEFUNC = int4pl", ", PARALLEL = SAFE"])
        return True

    def sql(self, world):
        step = world.get(self.step)
        function = step.call_ident(world) if step else "int4pl"
        state = step.returns.sql(world) if step else "integer"
        yield (f"CREATE AGGREGATE {Item.ident(self, world)}({self.args[0][1].sql(world)}) "
               f"(SFUNC = {function}, STYPE = {state}{self.extra})".replace(", INITCOND = NULL", ""))


class Fired(Routine):
    """Of no arguments; its body alone changes."""

    @classmethod
    def make(cls, world, dice):
        item = cls(world, dice)
        item.name = item.fresh_name(world, dice)
        return item

    def alter(self, world, dice):
        self.seed = dice.getrandbits(32)
        return True


class TriggerFunction(Fired):
    def sql(self, world):
        yield (f"CREATE FUNCTION {Item.ident(self, world)}() RETURNS trigger LANGUAGE plpgsql AS "
               f"'BEGIN RETURN NEW; END -- {self.seed % 10}'")


class Trigger(Part):
    word = "TRIGGER"

    @classmethod
    def make(cls, world, dice):
        table = dice.pick([r for r in world.of(Table, View) if not isinstance(r, MatView)])
        function = dice.pick(world.of(TriggerFunction))
        if not table or not function:
            return None
        item = cls(world, dice, table)
        item.function = function.id
        item.name = world.fresh(dice, ("trigger", table.id))
        item.constraint, item.enabled = dice.chance(0.15), ""
        item.timing, item.events, item.row = dice.choice(["BEFORE", "AFTER"]), [], dice.chance(0.6)
        item.events = dice.some(["INSERT", "UPDATE", "DELETE", "TRUNCATE"], 3)
        item.of = [c.id for c in table.columns(world) if dice.chance(0.2)]
        item.when = Expr(world, dice, [c.id for c in dice.some(table.columns(world), 1)]) if table.columns(world) else None
        item.when = item.when if dice.chance(0.3) else None
        item.transition, item.deferrable, item.argument = dice.chance(0.3), dice.choice(["", " DEFERRABLE INITIALLY DEFERRED"]), ""
        return item

    def names(self, world):
        yield ("trigger", self.table), self.name
        for above in self._above(world):
            yield ("trigger", above), self.name
        if self.constraint:
            yield ("constraint", self.table), self.name

    def _above(self, world):
        table = world.get(self.table)
        while table is not None and getattr(table, "parent", None):
            yield table.parent
            table = world.get(table.parent)

    def refs(self, world):
        return super().refs(world) + [self.function] + (self.when.refs(world) if self.when else [])

    def alter(self, world, dice):
        way = dice.choice(["timing", "events", "row", "of", "when", "enabled", "argument", "deferrable"])
        columns = list(self.columns(world).values())
        if way == "timing":
            self.timing = "AFTER" if self.timing == "BEFORE" else "BEFORE"
        elif way == "events":
            self.events = dice.some(["INSERT", "UPDATE", "DELETE", "TRUNCATE"], 3)
        elif way == "row":
            self.row = not self.row
        elif way == "of":
            self.of = [c.id for c in columns if dice.chance(0.3)]
        elif way == "when":
            self.when = None if self.when or not columns else Expr(world, dice, [dice.choice(columns).id])
        elif way == "enabled":
            self.enabled = dice.choice(["", "DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS"])
        elif way == "argument":
            self.argument = dice.choice(["", "'x'", "'it''s', '2'"])
        else:
            self.deferrable = dice.choice(["", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"])
        return True

    def fits(self, world, columns):
        table = world.items[self.table]
        self.of = [cid for cid in self.of if cid in columns]
        if self.when and not self.when.fits({cid: c for cid, c in columns.items() if not c.generated}):
            self.when = None
        if isinstance(table, View):
            self.constraint, self.enabled = False, ""
            self.events = [e for e in self.events if e != "TRUNCATE"] or ["INSERT"]
        if self.constraint:
            self.timing, self.row = "AFTER", True
        if "TRUNCATE" in self.events and self.row:
            self.events = [e for e in self.events if e != "TRUNCATE"] or ["DELETE"]
        return True

    def sql(self, world):
        table, columns = world.items[self.table], self.columns(world)
        timing, row, view = self.timing, self.row, isinstance(table, View)
        if view and row:
            timing = "INSTEAD OF"
        events = [e + (f" OF {self.named(world, self.of)}" if e == "UPDATE" and self.of and timing != "INSTEAD OF" else "")
                  for e in self.events]
        text = f"CREATE {'CONSTRAINT ' if self.constraint else ''}TRIGGER {quote(self.name)} {timing} {' OR '.join(events)}"
        text += f" ON {table.ident(world)}" + (self.deferrable if self.constraint else "")
        simple = len(self.events) == 1 and self.events[0] != "TRUNCATE" and not (self.of and self.events[0] == "UPDATE")
        if self.transition and timing == "AFTER" and not self.constraint and simple and not view and \
                not (row and (table.method or table.parent or table.inherits)):
            names = {"INSERT": "NEW TABLE AS nt", "DELETE": "OLD TABLE AS ot", "UPDATE": "OLD TABLE AS ot NEW TABLE AS nt"}
            text += f" REFERENCING {names[self.events[0]]}"
        text += " FOR EACH " + ("ROW" if row else "STATEMENT")
        if self.when and row and timing != "INSTEAD OF" and "INSERT" not in self.events and "TRUNCATE" not in self.events:
            text += f" WHEN ({self.when.condition(world, columns, 'OLD.')})"
        yield f"{text} EXECUTE FUNCTION {world.items[self.function].call_ident(world)}({self.argument})"
        if self.enabled:
            yield f"ALTER TABLE {table.ident(world)} {self.enabled} TRIGGER {quote(self.name)}"


class Policy(Part):
    word = "POLICY"

    @classmethod
    def make(cls, world, dice):
        table = pick_table(world, dice)
        if not table:
            return None
        item = cls(world, dice, table)
        item.name = world.fresh(dice, ("policy", table.id))
        item.command = dice.choice(["ALL", "SELECT", "INSERT", "UPDATE", "DELETE"])
        item.permissive = dice.chance(0.7)
        item.roles = dice.choice([[], [], ROLES[:1], ROLES[1:], ROLES])
        item.using, item.check = item._expr(world, dice, table), item._expr(world, dice, table)
        return item

    @staticmethod
    def _expr(world, dice, table):
        return Expr(world, dice, [dice.choice(table.columns(world)).id], any_function(world, dice), False)

    def names(self, world):
        yield ("policy", self.table), self.name

    def refs(self, world):
        return super().refs(world) + self.using.refs(world) + self.check.refs(world)

    def alter(self, world, dice):
        way = dice.choice(["command", "permissive", "roles", "using", "check"])
        if way == "command":
            self.command = dice.choice(["ALL", "SELECT", "INSERT", "UPDATE", "DELETE"])
        elif way == "permissive":
            self.permissive = not self.permissive
        elif way == "roles":
            self.roles = dice.choice([[], ROLES[:2], ROLES[2:]])
        elif way == "using":
            self.using = self._expr(world, dice, world.items[self.table])
        else:
            self.check = self._expr(world, dice, world.items[self.table])
        return True

    def fits(self, world, columns):
        return self.using.fits(columns) and self.check.fits(columns)

    def sql(self, world):
        columns = self.columns(world)
        text = f"CREATE POLICY {quote(self.name)} ON {world.items[self.table].ident(world)}"
        text += ("" if self.permissive else " AS RESTRICTIVE") + f" FOR {self.command}"
        text += f" TO {', '.join(quote(role) for role in self.roles)}" if self.roles else ""
        if self.command != "INSERT":
            text += f" USING ({self.using.condition(world, columns)})"
        if self.command not in ("SELECT", "DELETE"):
            text += f" WITH CHECK ({self.check.condition(world, columns)})"
        yield text


class Rule(Part):
    word = "RULE"

    @classmethod
    def make(cls, world, dice):
        table = dice.pick([r for r in world.of(Table, View) if not isinstance(r, MatView)])
        if not table:
            return None
        item = cls(world, dice, table)
        item.name = world.fresh(dice, ("rule", table.id))
        item.event = dice.choice(["INSERT", "UPDATE", "DELETE"])
        other = dice.choice(world.of(Table) or [None])
        item.other = other.id if other and dice.chance(0.6) else None
        item.where = Expr(world, dice, [dice.choice(table.columns(world)).id]) if table.columns(world) and dice.chance(0.4) else None
        item.enabled = ""
        return item

    def names(self, world):
        yield ("rule", self.table), self.name

    def refs(self, world):
        return super().refs(world) + (self.where.refs(world) if self.where else []) + ([self.other] if self.other else [])

    def alter(self, world, dice):
        way = dice.choice(["event", "where", "enabled", "other"])
        if way == "event":
            self.event = dice.choice(["INSERT", "UPDATE", "DELETE"])
        elif way == "where":
            self.where = None
        elif way == "enabled":
            self.enabled = dice.choice(["", "DISABLE", "ENABLE ALWAYS"])
        else:
            self.other = None
        return True

    def fits(self, world, columns):
        if self.other not in world.items:
            self.other = None
        if self.where and not self.where.fits(columns):
            self.where = None
        if isinstance(world.items[self.table], View):
            self.enabled = ""
        return self.name != "_RETURN"

    def sql(self, world):
        table = world.items[self.table].ident(world)
        text = f"CREATE RULE {quote(self.name)} AS ON {self.event} TO {table}"
        if self.where:
            record = "new." if self.event == "INSERT" else "old."
            text += f" WHERE {self.where.condition(world, self.columns(world), record)}"
        text += f" DO ALSO DELETE FROM {world.items[self.other].ident(world)} WHERE false" if self.other else " DO INSTEAD NOTHING"
        yield text
        if self.enabled:
            yield f"ALTER TABLE {table} {self.enabled} RULE {quote(self.name)}"
