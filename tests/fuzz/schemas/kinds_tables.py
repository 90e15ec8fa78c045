"""Sequences and tables: columns, inheritance, partitions."""
import copy

from kinds_types import Column, Composite, any_collation, composed, free_name, place
from model import Item, Stmt
from values import Expr, Type, any_type, constant, value
from words import Dice, ROLES, literal, quote


class Sequence(Item):
    word = grant_word = "SEQUENCE"
    space, owned, rights = "relation", True, ("USAGE", "SELECT", "UPDATE")

    @classmethod
    def make(cls, world, dice):
        sequence = cls(world, dice)
        sequence.schema = place(world, dice)
        sequence.name = world.fresh(dice, ("relation", sequence.schema))
        sequence.options, sequence.persistence, sequence.owner_column = "", "", None
        sequence.alter(world, dice)
        return sequence

    def alter(self, world, dice):
        if dice.chance(0.3):
            tables = [t for t in world.of(Table) if t.schema == self.schema and not t.parent]
            table = dice.pick(tables)
            columns = table.columns(world) if table else []
            self.owner_column = dice.choice([None, (table.id, dice.choice(columns).id)]) if columns else None
        else:
            self.options = dice.choice(["", " AS integer", " INCREMENT BY 2", " MINVALUE 1 MAXVALUE 1000 CYCLE", " CACHE 10",
                                        " START WITH 100", " AS smallint START WITH 5", " INCREMENT BY -1",
                                        " MINVALUE -50 START WITH -50", " MINVALUE 2000 MAXVALUE 3000"])
        return True

    def mend(self, world):
        if self.owner_column:
            table = world.get(self.owner_column[0])
            columns = {c.id for c in table.columns(world)} if table and table.schema == self.schema else set()
            if self.owner_column[1] not in columns:
                self.owner_column = None
            else:
                self.owner = table.owner
        return super().mend(world)

    def sql(self, world):
        yield f"CREATE SEQUENCE {self.ident(world)}{self.options}"

    def late(self, world):
        if self.owner_column:
            table = world.items[self.owner_column[0]]
            column = {c.id: c for c in table.columns(world)}[self.owner_column[1]]
            yield f"ALTER SEQUENCE {self.ident(world)} OWNED BY {table.ident(world)}.{column.quoted()}"


class Default:
    """A column's: a constant, the next value of a sequence, or what a function says."""

    def __init__(self, world, dice, type_):
        self.seed, self.item = dice.getrandbits(32), None
        if type_.base in ("integer", "bigint", "numeric", "smallint") and dice.chance(0.3):
            sequence = dice.pick(world.of(Sequence))
            self.item = sequence.id if sequence else None
        elif dice.chance(0.3):
            given = dice.pick([f for f in world.items.values() if hasattr(f, "takes") and self._serves(world, f, type_)])
            self.item = given.id if given else None

    @staticmethod
    def _serves(world, function, type_):
        return function.takes(world, []) and function.returns == type_ and not function.set_returning()

    def refs(self, world):
        return [self.item] if self.item is not None else []

    def mend(self, world, type_):
        item = world.get(self.item)
        if self.item is None:
            return True
        if isinstance(item, Sequence):
            return type_.base in ("integer", "bigint", "numeric", "smallint") and not type_.array
        return item is not None and self._serves(world, item, type_)

    def sql(self, world, type_):
        dice, item = Dice(self.seed), world.get(self.item)
        if isinstance(item, Sequence):
            return f"nextval({literal(item.ident(world)).strip()}::regclass)"
        if item:
            return f"{item.call_ident(world)}()"
        own = {"date": "CURRENT_DATE", "timestamp with time zone": "now()", "uuid": "gen_random_uuid()",
               "text": "CURRENT_USER", "double precision": "random()", "integer": "(1 + 2) * 3"}
        if type_.base in own and not type_.array and dice.chance(0.3):
            return own[type_.base]
        return constant(world, dice, type_)


class Relation(Item):
    """What has columns: columns(world) gives them all."""
    space, owned = "relation", True
    grant_word = "TABLE"
    rights = ("SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "TRIGGER", "TRUNCATE")

    def by_id(self, world):
        return {column.id: column for column in self.columns(world)}

    def column_extras(self, world, columns):
        for column in columns:
            name = f"{self.ident(world)}.{column.quoted()}"
            if column.comment:
                yield f"COMMENT ON COLUMN {name} IS {literal(column.comment)}"
            for role, rights in column.grants.items():
                for right, option in rights:
                    grantable = " WITH GRANT OPTION" if option and role != "PUBLIC" else ""
                    who = role if role == "PUBLIC" else quote(role)
                    yield f"GRANT {right} ({column.quoted()}) ON TABLE {self.ident(world)} TO {who}{grantable}"


def alter_column_extras(dice, column):
    if dice.chance(0.5):
        column.comment = dice.choice([None, "a column", "it's"])
    else:
        role = dice.choice(ROLES + ["PUBLIC"])
        if not column.grants.pop(role, None):
            column.grants[role] = [(right, dice.chance(0.2)) for right in dice.some(["SELECT", "INSERT", "UPDATE"])]


class Table(Relation):
    word = "TABLE"

    @classmethod
    def make(cls, world, dice):
        table = cls(world, dice)
        table.schema = place(world, dice)
        table.name = world.fresh(dice, ("relation", table.schema))
        table.own, table.overrides = [], {}
        table.inherits, table.typed = [], None
        table.parent, table.bound, table.attached = None, None, False  # of a partition
        table.method, table.key = None, []                             # of a partitioned table
        table.persistence, table.options = "", {}
        table.row_security, table.forced, table.identity = False, False, None
        table.clustered, table.access = None, None
        way = dice.random()
        parents = [t for t in world.of(Table) if not t.parent and not t.method]
        typed = world.of(Composite)
        if way < 0.12 and parents:
            table.inherits = [parent.id for parent in dice.some(parents, 2)]
        elif way < 0.16 and typed:
            table.typed = dice.choice(typed).id
            return table
        for _ in range(dice.randint(0 if table.inherits else 1, 6)):
            table.add_column(world, dice)
        if way > 0.82 and table.own:
            table.method = dice.choice(["RANGE", "LIST", "HASH"])
            table.choose_key(world, dice)
        return table

    # ---- as a type ----

    def family(self, world):
        return "composite"

    def value(self, world, dice, first):
        """A row of nulls, where these are no domains, which may forbid them."""
        domains = [hasattr(world.get(c.type.item), "checks") and not c.type.array for c in self.columns(world)]
        return composed(value(world, dice, c.type, True) if domain else None for c, domain in zip(self.columns(world), domains))

    # ---- columns ----

    def root(self, world):
        return world.items[self.parent].root(world) if self.parent in world.items else self

    def columns(self, world, seen=()):
        """All, those of parents first; what a heir says otherwise is in overrides."""
        if self.id in seen:
            return []
        found = []
        if self.parent:
            sources = world.items[self.parent].columns(world, seen + (self.id,)) if self.parent in world.items else []
        elif self.typed:
            sources = world.items[self.typed].columns if self.typed in world.items else []
        else:
            sources = [c for p in self.inherits if p in world.items for c in world.items[p].columns(world, seen + (self.id,))]
        names = set()
        for column in sources:
            if column.name in names:
                continue
            names.add(column.name)
            found.append(self._inherited(column))
        return found + [column for column in self.own if column.name not in names]

    def _inherited(self, column):
        change = self.overrides.get(column.id, {})
        if not (change or self.typed or self.inherits):
            return column
        column = copy.copy(column)
        if self.typed or self.inherits:
            column.identity, column.comment, column.grants = None, None, {}
        if self.typed:
            column.collation = None
        if "default" in change and not column.generated:
            column.default = change["default"]
        if change.get("not_null") and not column.generated:
            column.not_null = True
        return column

    def add_column(self, world, dice):
        heirs = [c for t in world.of(Table) for c in t.own if self.id in t.inherits]
        column = Column(world, free_name(world, dice, self.columns(world) + heirs), any_type(world, dice))
        self.own.append(column)
        for _ in range(dice.randint(0, 2)):
            self.alter_column(world, dice, column)
        return column

    def alter_column(self, world, dice, column):
        way = dice.choice(["default", "default", "not null", "not null", "identity", "generated", "collation", "storage",
                           "compression", "statistics", "options", "extras"])
        serial = column.type.base in ("smallint", "integer", "bigint") and not column.type.array
        if way == "default" and not column.generated and not column.identity:
            column.default = None if column.default and dice.chance(0.4) else Default(world, dice, column.type)
        elif way == "not null" and not column.identity:
            column.not_null = not column.not_null
        elif way == "identity" and serial and not column.generated:
            self._alter_identity(dice, column)
        elif way == "generated" and not column.identity:
            self._alter_generated(world, dice, column)
        elif way == "collation" and column.type.collatable(world):
            column.collation = any_collation(world, dice)
        elif way == "storage" and column.type.base in ("text", "jsonb", "bytea"):
            column.settings["STORAGE"] = dice.choice([None, "MAIN", "EXTERNAL", "PLAIN", "EXTENDED"])
        elif way == "compression" and column.type.base in ("text", "jsonb", "bytea"):
            column.settings["COMPRESSION"] = dice.choice([None, "pglz"])
        elif way == "statistics":
            column.settings["STATISTICS"] = dice.choice([None, "0", "500"])
        elif way == "options":
            column.settings["OPTIONS"] = dice.choice([None, "n_distinct = 5", "n_distinct = -0.5, n_distinct_inherited = 3"])
        else:
            alter_column_extras(dice, column)

    def _alter_identity(self, dice, column):
        if column.identity and dice.chance(0.4):
            column.identity = None
            return
        column.identity, column.not_null, column.default = dice.choice(["ALWAYS", "BY DEFAULT"]), True, None
        column.identity_options = dice.choice(["", "", " (START WITH 10)", " (INCREMENT BY 5 CACHE 3)", " (MAXVALUE 99 CYCLE)"])

    def _alter_generated(self, world, dice, column):
        base = dice.pick([c for c in self.own if c is not column and not c.generated])
        if column.generated:
            column.generated = None
        elif base and not any(c.generated and column.id in c.generated.cids for c in self.own):
            column.generated, column.default = Expr(world, dice, [base.id]), None

    def _column_sql(self, world, column):
        text = f"{column.quoted()} {column.type.sql(world)}{column.collate(world)}"
        if column.generated:
            text += f" GENERATED ALWAYS AS ({column.generated.scalar(world, self.by_id(world))[0]}) STORED"
        elif column.identity:
            text += f" GENERATED {column.identity} AS IDENTITY{column.identity_options}"
        elif column.default:
            text += f" DEFAULT {column.default.sql(world, column.type)}"
        return text + (" NOT NULL" if column.not_null else "")

    # ---- partitions ----

    def choose_key(self, world, dice):
        good = [c for c in self.own if c.type.btree(world) and c.type.hash(world) and not c.type.array and not c.generated
                and c.type.family(world) in ("num", "text", "date", "enum", "bool", "uuid")]
        if self.method == "RANGE":
            good = [c for c in good if c.type.family(world) in ("num", "date") and c.type.item is None]
        most = 1 if self.method == "LIST" else 2
        self.key = [c.id for c in dice.some(good, most)] if good else []
        if not self.key:
            self.method = None

    def bounds(self, world):
        """What its partitions can be for, each apart from the others."""
        columns = self.by_id(world)
        keys = [columns[cid] for cid in self.key]
        if self.method == "HASH":
            return [f"FOR VALUES WITH (modulus 4, remainder {i})" for i in range(4)]
        if self.method == "LIST":
            found = []
            for first in (True, False):
                text = value(world, Dice(1), keys[0].type, first)
                found.append(f"FOR VALUES IN ({literal(text).strip()})")
            return list(dict.fromkeys(found)) + ["FOR VALUES IN (NULL)", "DEFAULT"]
        marks = {"num": ["MINVALUE", "'0'", "'10'", "'20'", "MAXVALUE"],
                 "date": ["MINVALUE", "'2000-01-01'", "'2001-06-01'", "'2002-01-01'", "MAXVALUE"]}
        low = marks[keys[0].type.family(world)]
        rest = ", MINVALUE" * (len(keys) - 1)
        return [f"FOR VALUES FROM ({low[i]}{rest}) TO ({low[i + 1]}{rest if i < 3 else rest.replace('MIN', 'MAX')})"
                for i in range(4)] + ["DEFAULT"]

    def partitions(self, world):
        return [t for t in world.of(Table) if t.parent == self.id]

    # ---- as an item ----

    def refs(self, world):
        refs = super().refs(world) + self.inherits
        refs += [self.parent] if self.parent else []
        refs += [self.typed] if self.typed else []
        refs += [self.access] if self.access in world.items and not self.method and not self.parent else []
        for column in self.own:
            refs += column.refs(world)
        for change in self.overrides.values():
            if change.get("default"):
                refs += change["default"].refs(world)
        return refs

    def mend(self, world):
        self.inherits = [p for p in self.inherits if p in world.items and not world.items[p].method
                         and not world.items[p].parent and world.items[p].id != self.id]
        if (self.parent and (self.parent not in world.items or not world.items[self.parent].method)) or \
                (self.typed and self.typed not in world.items):
            return False
        self._mend_columns(world)
        all_ = self.by_id(world)
        self.overrides = {cid: change for cid, change in self.overrides.items() if cid in all_ and (
            not change.get("default") or change["default"].mend(world, all_[cid].type))}
        if self.method:
            self.key = [cid for cid in self.key if cid in all_]
            ok = self.key and all(self._key_fits(world, all_[cid]) for cid in self.key)
            if not ok or (self.method == "LIST" and len(self.key) > 1):
                self.method, self.key = None, []
        if self.parent:
            siblings = [t for t in world.items[self.parent].partitions(world) if t is not self]
            bounds = world.items[self.parent].bounds(world)
            taken = [t.bound for t in siblings]
            if self.bound not in range(len(bounds)) or self.bound in taken:
                free = [i for i in range(len(bounds)) if i not in taken]
                if not free:
                    return False
                self.bound = free[0]
        for name in ("identity", "clustered", "access"):
            number = getattr(self, name)
            if isinstance(number, int) and number not in world.items:
                setattr(self, name, None)
        return super().mend(world)

    def _key_fits(self, world, column):
        family = column.type.family(world)
        if column.type.array or column.generated:
            return False
        if self.method == "RANGE":
            return family in ("num", "date") and column.type.item is None
        return family in ("num", "text", "date", "enum", "bool", "uuid")

    def _mend_columns(self, world):
        if self.parent or self.typed:
            self.own = []
        names = {}
        for number in list(self.inherits):  # parents must agree on columns of the same name
            for column in world.items[number].columns(world):
                known = names.setdefault(column.name, column)
                if (known.id, known.type, known.collation) != (column.id, column.type, column.collation):
                    self.inherits = [p for p in self.inherits if p != number]
        inherited = {c.name for p in self.inherits for c in world.items[p].columns(world)}
        self.own = [c for c in self.own if c.name not in inherited and c.mend(world)]
        own = {c.id: c for c in self.own}
        for column in self.own:
            if column.identity and (column.type.base not in ("smallint", "integer", "bigint") or column.type.array):
                column.identity = None
            if column.generated:
                known = {i: c for i, c in own.items() if not c.generated}
                if not column.generated.fits(known) or column.identity or column.id in self.key:
                    column.generated = None
                else:
                    column.type = column.generated.scalar(world, known)[1]
                    column.default = None
                    if not column.type.valid(world):
                        column.generated, column.type = None, Type("text")
            if column.type.base not in ("text", "jsonb", "bytea"):
                column.settings.pop("STORAGE", None), column.settings.pop("COMPRESSION", None)

    def alter(self, world, dice):
        ways = ["column"] * 6 + ["add"] * 3 + ["drop"] * 2 + ["type"] * 3 + ["rename", "order"] + ["table"] * 4 + ["heirs"] * 2
        way = dice.choice(ways)
        column = dice.pick(self.own)
        if way == "add" and not self.parent and not self.typed:
            self.add_column(world, dice)
        elif way == "table":
            return self._alter_table(world, dice)
        elif way == "heirs":
            return self._alter_heirs(world, dice)
        elif not column:
            return self._override(world, dice)
        elif way == "column":
            self.alter_column(world, dice, column)
        elif way == "order":
            dice.shuffle(self.own)
        elif way == "drop":
            self.own.remove(column)
        elif way == "type" and not column.generated:
            column.type = any_type(world, dice)
        elif way == "rename":
            column.name = free_name(world, dice, self.columns(world))
        return True

    def _override(self, world, dice):
        columns = [c for c in self.columns(world) if c not in self.own and not c.generated and not c.identity]
        column = dice.pick(columns)
        if not column:
            return False
        change = self.overrides.setdefault(column.id, {})
        if dice.chance(0.5):
            change["default"] = dice.choice([None, Default(world, dice, column.type)])
        else:
            change["not_null"] = not change.get("not_null", False)
        return True

    def _alter_table(self, world, dice):
        way = dice.choice(["persistence", "options", "security", "identity", "clustered", "access"])
        indexes = [i.id for i in world.items.values() if hasattr(i, "can_identify") and i.table == self.id]
        if way == "persistence" and not self.method and not self.parent:
            self.persistence = "" if self.persistence else "UNLOGGED "
        elif way == "options" and not self.method:
            name, given = dice.choice([("fillfactor", "70"), ("fillfactor", "90"), ("autovacuum_enabled", "false"),
                                       ("toast.autovacuum_enabled", "false"), ("parallel_workers", "4")])
            if not self.options.pop(name, None):
                self.options[name] = given
        elif way == "security":
            if dice.chance(0.6):
                self.row_security = not self.row_security
            else:
                self.forced = not self.forced
        elif way == "identity":
            self.identity = dice.choice([None, "FULL", "NOTHING"] + indexes * 2)
        elif way == "clustered" and indexes:
            self.clustered = dice.choice(indexes + [None])
        elif way == "access" and not self.method and not self.parent:
            methods = [m.id for m in world.items.values() if m.word == "ACCESS METHOD" and m.table]
            self.access = dice.choice(methods + [None])
        else:
            return False
        return True

    def _alter_heirs(self, world, dice):
        """Parents and partitions."""
        if self.method and not self.partitions(world):
            self.method = None
        elif self.parent and dice.chance(0.5):  # detached: columns become its own
            self.own = [copy.deepcopy(c) for c in self.columns(world)]
            for column in self.own:
                column.grants, column.comment = {}, None
            self.parent, self.overrides = None, {}
        elif self.parent:
            self.bound = (self.bound + 1) % len(world.items[self.parent].bounds(world))
        elif self.inherits and dice.chance(0.5):
            self.inherits.pop()
        elif self.typed:
            return False
        elif dice.chance(0.4) and not self.method:
            others = [t for t in world.of(Table) if t is not self and not t.parent and not t.method and t.id not in self.inherits]
            if not others:
                return False
            self.inherits.append(dice.choice(others).id)
            self.persistence = ""
        elif not self.inherits and not any(self.id in t.inherits for t in world.of(Table)):
            self.method = dice.choice(["RANGE", "LIST", "HASH"])
            self.choose_key(world, dice)
        return True

    def sql(self, world):
        ident = self.ident(world)
        tail = ""
        if self.method:
            columns = self.by_id(world)
            tail += f"\nPARTITION BY {self.method} ({', '.join(columns[cid].quoted() for cid in self.key)})"
        if self.access and not self.method and not self.parent:
            tail += f"\nUSING {world.items[self.access].ident(world)}"
        if self.options and not self.method:
            tail += "\nWITH (" + ", ".join(f"{k}={v}" for k, v in self.options.items()) + ")"
        if self.parent and not self.attached:
            parent = world.items[self.parent]
            yield f"CREATE TABLE {ident} PARTITION OF {parent.ident(world)} {parent.bounds(world)[self.bound]}{tail}"
        elif self.parent:
            yield Stmt(f"CREATE TABLE {ident}", [self._column_sql(world, c) for c in self._plain_columns(world)], tail)
            parent = world.items[self.parent]
            yield f"ALTER TABLE {parent.ident(world)} ATTACH PARTITION {ident} {parent.bounds(world)[self.bound]}"
        elif self.typed:
            yield f"CREATE TABLE {ident} OF {world.items[self.typed].ident(world)}{tail}"
        else:
            if self.inherits:
                tail = f"\nINHERITS ({', '.join(world.items[p].ident(world) for p in self.inherits)})" + tail
            yield Stmt(f"CREATE {self.persistence}TABLE {ident}", [self._column_sql(world, c) for c in self.own], tail)
        yield from self._column_statements(world)
        if self.row_security:
            yield f"ALTER TABLE {ident} ENABLE ROW LEVEL SECURITY"
        if self.forced:
            yield f"ALTER TABLE {ident} FORCE ROW LEVEL SECURITY"
        if isinstance(self.identity, str):
            yield f"ALTER TABLE {ident} REPLICA IDENTITY {self.identity}"

    def _plain_columns(self, world):
        """Of a table that is attached later: in another order, without what comes with the attachment."""
        columns = [copy.copy(column) for column in self.columns(world)]
        for column in columns:
            column.not_null = column.not_null or bool(column.identity)
            column.identity = None
        return columns[1:] + columns[:1]

    def _column_statements(self, world):
        what = f"ALTER TABLE {self.ident(world)} ALTER COLUMN"
        for column in self.own:
            for word, given in column.settings.items():
                if given is not None:
                    yield f"{what} {column.quoted()} SET {word + ' ' + given if word != 'OPTIONS' else '(' + given + ')'}"
        for column in self.columns(world):
            change = self.overrides.get(column.id, {})
            if "default" in change and not column.generated and not column.identity:
                default = change["default"]
                yield f"{what} {column.quoted()} " + (
                    f"SET DEFAULT {default.sql(world, column.type)}" if default else "DROP DEFAULT")
            if change.get("not_null") and not column.generated:
                yield f"{what} {column.quoted()} SET NOT NULL"
        yield from self.column_extras(world, self.own)


class Partition(Table):
    """Only a way to make one: of a partitioned table."""

    @classmethod
    def make(cls, world, dice):
        parents = [t for t in world.of(Table) if t.method and len(t.partitions(world)) < len(t.bounds(world))]
        if not parents:
            return None
        parent = dice.choice(parents)
        table = Table.make(world, dice)
        table.own, table.inherits, table.typed, table.method, table.key = [], [], None, None, []
        table.overrides, table.persistence = {}, ""
        table.parent, table.bound, table.attached = parent.id, dice.randrange(9), dice.chance(0.3)
        depth = parent.parent is None
        if depth and dice.chance(0.2):
            table.method = dice.choice(["LIST", "HASH"])
            keys = [c for c in table.columns(world) if table._key_fits(world, c)]
            table.key = [dice.choice(keys).id] if keys else []
            table.method = table.method if keys else None
        table.mend(world)
        return table
