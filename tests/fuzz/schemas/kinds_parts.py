"""What hangs on a table: constraints, indexes, statistics."""
from kinds_tables import Table
from model import Item
from values import BRIN, GIN, GIST, Expr
from words import literal, quote


class Part(Item):
    """Belongs to a relation (table), over some of its columns (cids)."""

    def __init__(self, world, dice, table):
        super().__init__(world, dice)
        self.table = table.id
        self.cids = []

    def refs(self, world):
        return [self.table]

    def columns(self, world):
        return world.items[self.table].by_id(world)

    def named(self, world, cids):
        columns = self.columns(world)
        return ", ".join(columns[cid].quoted() for cid in cids)

    def ident(self, world):
        return quote(self.name)

    def target(self, world):
        return f"{quote(self.name)} ON {world.items[self.table].ident(world)}"

    def mend(self, world):
        if self.table not in world.items or not super().mend(world):
            return False
        columns = self.columns(world)
        self.cids = [cid for cid in self.cids if cid in columns]
        return self.fits(world, columns)

    def fits(self, world, columns):
        return bool(self.cids)


def below(world, number, heirs=False):
    """The partitions of a table, theirs, and so on; or all that inherits from it."""
    for table in world.of(Table):
        if table.parent == number or (heirs and number in table.inherits):
            yield table.id
            yield from below(world, table.id, heirs)


class Constraint(Part):
    word = "CONSTRAINT"
    comes_to = ""  # whom it comes down to, under the same name: partitions, heirs

    def names(self, world):
        yield ("constraint", self.table), self.name
        for number in dict.fromkeys(below(world, self.table, self.comes_to == "heirs") if self.comes_to else []):
            yield ("constraint", number), self.name

    def refs(self, world):
        """A table must have the constraint to be attached; so those that are come before it."""
        return super().refs(world) + list(below(world, self.table))

    def add(self, world):
        table = world.items[self.table]
        return f"ALTER TABLE {table.ident(world)} ADD CONSTRAINT {quote(self.name)}"


def pick_table(world, dice, plain=False):
    return dice.pick([t for t in world.of(Table) if t.columns(world) and not (plain and (t.method or t.parent))])


def fresh_index_name(world, dice, table):
    """Free among relations, and among the constraints of the table."""
    for _ in range(30):
        name = world.fresh(dice, ("relation", table.schema))
        if (("constraint", table.id), name) not in world.taken():
            return name
    return f"key_{world.number()}"


class Key(Constraint):
    """Primary or unique."""

    @classmethod
    def make(cls, world, dice):
        table = pick_table(world, dice)
        good = [c for c in table.columns(world) if c.type.btree(world)] if table else []
        if not good:
            return None
        key = cls(world, dice, table)
        key.primary = not any(k.primary and k.table == table.id for k in world.of(Key)) and dice.chance(0.7)
        key.name = fresh_index_name(world, dice, table)
        key.cids = list(dict.fromkeys(table.key + [c.id for c in dice.some(good, 2)]))
        dice.shuffle(key.cids)
        key.include = [c.id for c in table.columns(world) if c.id not in key.cids and dice.chance(0.1)]
        key.nulls, key.deferrable, key.options = False, "", ""
        key.alter(world, dice)
        return key

    def names(self, world):
        yield from super().names(world)
        if self.table in world.items:
            yield ("relation", world.items[self.table].schema), self.name
        if self.primary:
            yield ("primary key", self.table), ""

    def alter(self, world, dice):
        way = dice.choice(["deferrable", "nulls", "options", "columns", "none"])
        if way == "deferrable":
            self.deferrable = dice.choice(["", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"])
        elif way == "nulls":
            self.nulls = not self.nulls and world.version >= 15 and not self.primary
        elif way == "options":
            self.options = dice.choice(["", " WITH (fillfactor=80)", " WITH (fillfactor=60)"])
        elif way == "columns" and len(self.cids) > 1:
            self.cids.reverse()
        return way != "none"

    def fits(self, world, columns):
        table = world.items[self.table]
        self.include = [cid for cid in self.include if cid in columns and cid not in self.cids]
        good = all(columns[cid].type.btree(world) for cid in self.cids)
        if self.primary and any(k.primary and k.table == self.table and k.id < self.id for k in world.of(Key)):
            return False
        if table.parent and self.primary:  # the parent's primary key comes down
            above = table
            while above.parent:
                above = world.items[above.parent]
                if any(k.primary and k.table == above.id for k in world.of(Key)):
                    return False
        if table.method:
            good = good and all(cid in self.cids for cid in table.key) and not self.options
            below = [t for t in world.of(Table) if t.parent and t.method and t is not table and t.root(world) is table.root(world)]
            good = good and all(cid in self.cids for t in below for cid in t.key)
        if self.primary and not table.parent and not all(cid in {c.id for c in table.own} for cid in self.cids):
            good = good and not table.inherits
        return good and bool(self.cids)

    def sql(self, world):
        text = f"{self.add(world)} {'PRIMARY KEY' if self.primary else 'UNIQUE'}"
        text += (" NULLS NOT DISTINCT" if self.nulls else "") + f" ({self.named(world, self.cids)})"
        if self.include:
            text += f" INCLUDE ({self.named(world, self.include)})"
        yield text + self.options + self.deferrable

    def can_identify(self, world):
        """Rows, as REPLICA IDENTITY wants it."""
        return self.primary and not self.deferrable

    def late(self, world):
        """Where the table is clustered on it or takes it as its identity."""
        table = world.items[self.table]
        if getattr(table, "clustered", None) == self.id and not table.method and self.can_cluster():
            yield f"ALTER TABLE {table.ident(world)} CLUSTER ON {quote(self.name)}"
        if getattr(table, "identity", None) == self.id and self.can_identify(world):
            yield f"ALTER TABLE {table.ident(world)} REPLICA IDENTITY USING INDEX {quote(self.name)}"

    def can_cluster(self):
        return True


class Check(Constraint):
    comes_to = "heirs"

    @classmethod
    def make(cls, world, dice):
        table = pick_table(world, dice)
        if not table:
            return None
        check = cls(world, dice, table)
        check.name = world.fresh(dice, ("constraint", table.id))
        check.expr = Expr(world, dice, [c.id for c in dice.some(table.columns(world), 2)], any_function(world, dice), False)
        check.no_inherit, check.not_valid = dice.chance(0.1), dice.chance(0.1)
        return check

    def alter(self, world, dice):
        way = dice.choice(["expr", "no inherit", "not valid"])
        if way == "expr":
            self.expr = Expr(world, dice, self.expr.cids, self.expr.function, False)
        elif way == "no inherit":
            self.no_inherit = not self.no_inherit
        else:
            self.not_valid = not self.not_valid
        return True

    def refs(self, world):
        return super().refs(world) + self.expr.refs(world)

    def fits(self, world, columns):
        table = world.items[self.table]
        self.no_inherit = self.no_inherit and not table.method
        return not (table.parent or table.inherits) and self.expr.fits(columns)

    def sql(self, world):
        text = f"{self.add(world)} CHECK ({self.expr.condition(world, self.columns(world))})"
        yield text + (" NO INHERIT" if self.no_inherit else "") + (" NOT VALID" if self.not_valid else "")


class ForeignKey(Constraint):
    comes_to = "partitions"

    @classmethod
    def make(cls, world, dice):
        keys = [k for k in world.of(Key) if not k.deferrable]
        table = pick_table(world, dice)
        if not keys or not table:
            return None
        target = dice.choice(keys)
        key = cls(world, dice, table)
        key.target_key = target.id
        key.name = world.fresh(dice, ("constraint", table.id))
        key.cids = []
        columns, used = target.columns(world), []
        for cid in target.cids:
            fitting = [c for c in table.columns(world) if c.type == columns[cid].type and not c.generated and c.id not in used]
            if not fitting and (table.parent or table.typed):
                return None
            column = dice.choice(fitting) if fitting else table.add_column(world, dice)
            if not fitting:
                column.type, column.identity, column.generated, column.default = columns[cid].type, None, None, None
            used.append(column.id)
        key.cids = used
        key.update, key.delete, key.full, key.deferrable, key.not_valid = "", "", False, "", False
        key.alter(world, dice)
        return key

    def alter(self, world, dice):
        actions = ["", "CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT"]
        way = dice.choice(["update", "delete", "match", "deferrable", "valid"])
        if way == "update":
            self.update = dice.choice(actions)
        elif way == "delete":
            self.delete = dice.choice(actions)
        elif way == "match":
            self.full = not self.full
        elif way == "deferrable":
            self.deferrable = dice.choice(["", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"])
        else:
            self.not_valid = not self.not_valid
        return True

    def refs(self, world):
        return super().refs(world) + [self.target_key]

    def fits(self, world, columns):
        key = world.items[self.target_key]
        if key.table not in world.items:
            return False
        theirs = key.columns(world)
        if key.deferrable or len(self.cids) != len(key.cids) or any(c not in theirs for c in key.cids):
            return False
        table, other = world.items[self.table], world.items[key.table]
        if other.id in below(world, table.id) or any(theirs[cid].type.family(world) == "array" for cid in key.cids):
            return False  # the server cannot add such a one, or not where there may be rows
        for mine, its in zip(self.cids, key.cids):
            if columns[mine].type != theirs[its].type:
                if columns[mine] not in table.own or columns[mine].generated:
                    return False
                columns[mine].type = theirs[its].type
                columns[mine].mend(world)
                return self.fits(world, table.by_id(world)) if columns[mine].type == theirs[its].type else False
            if columns[mine].collate(world) != theirs[its].collate(world):
                if columns[mine] not in table.own:
                    return False
                columns[mine].collation = theirs[its].collation
        if other.persistence and not table.persistence:
            return False
        self.not_valid = self.not_valid and not table.method and not other.method
        if any(columns[cid].generated for cid in self.cids):
            return False
        return table.persistence == other.persistence

    def sql(self, world):
        key = world.items[self.target_key]
        text = f"{self.add(world)} FOREIGN KEY ({self.named(world, self.cids)})\n    REFERENCES "
        text += f"{world.items[key.table].ident(world)} ({key.named(world, key.cids)})" + (" MATCH FULL" if self.full else "")
        text += f" ON UPDATE {self.update}" if self.update else ""
        if self.delete:
            text += f" ON DELETE {self.delete}"
            if self.delete.startswith("SET") and world.version >= 15 and self.id % 2:
                text += f" ({self.named(world, self.cids[:1])})"
        yield text + self.deferrable + (" NOT VALID" if self.not_valid else "")


class Exclusion(Constraint):
    @classmethod
    def make(cls, world, dice):
        table = pick_table(world, dice)
        if not table or table.method or table.root(world) is not table:
            return None
        good = [c for c in table.columns(world) if cls._operator(world, c)]
        if not good:
            return None
        item = cls(world, dice, table)
        item.cids = [dice.choice(good).id]
        item.name = fresh_index_name(world, dice, table)
        item.condition = Expr(world, dice, [dice.choice(table.columns(world)).id]) if dice.chance(0.3) else None
        item.deferrable = dice.choice(["", "", " DEFERRABLE"])
        return item

    @staticmethod
    def _operator(world, column):
        family = column.type.family(world)
        if family == "range":
            return "gist", "&&"
        if family == "enum" and not hasattr(world.get(column.type.item), "labels"):
            return None  # "=" of enums takes no domain
        return ("btree", "=") if family in ("num", "text", "date", "enum") else None

    def names(self, world):
        yield from super().names(world)
        if self.table in world.items:
            yield ("relation", world.items[self.table].schema), self.name

    def fits(self, world, columns):
        if self.condition and not self.condition.fits(columns):
            self.condition = None
        table = world.items[self.table]
        return bool(self.cids) and not table.method and not table.parent and \
            self._operator(world, columns[self.cids[0]]) is not None

    def sql(self, world):
        columns = self.columns(world)
        method, operator = self._operator(world, columns[self.cids[0]])
        text = f"{self.add(world)} EXCLUDE USING {method} ({columns[self.cids[0]].quoted()} WITH {operator})"
        if self.condition:
            text += f" WHERE ({self.condition.condition(world, columns)})"
        yield text + self.deferrable


class Index(Part):
    word = "INDEX"

    @classmethod
    def make(cls, world, dice):
        from kinds_views import MatView
        table = dice.pick([r for r in world.of(Table, MatView) if r.columns(world)])
        if not table:
            return None
        index = cls(world, dice, table)
        index.name = fresh_index_name(world, dice, table)
        index.method = dice.choice(["btree"] * 6 + ["hash", "gist", "gin", "brin"])
        good = [c for c in table.columns(world) if index._serves(world, c)]
        if not good:
            return None
        index.cids = [c.id for c in dice.some(good, 1 if index.method == "hash" else 3)]
        index.seed = dice.getrandbits(32)
        index.expr = Expr(world, dice, [index.cids[0]], any_function(world, dice)) if dice.chance(0.25) else None
        index.condition = Expr(world, dice, [dice.choice(table.columns(world)).id]) if dice.chance(0.25) else None
        index.include = [c.id for c in table.columns(world) if c.id not in index.cids and dice.chance(0.08)]
        index.unique, index.nulls, index.options, index.only = dice.chance(0.2), False, "", dice.chance(0.2)
        index.invalid, index.shares = False, {}  # shares: partition -> the name of its index, which is attached
        index.suffixes = {cid: dice.choice([""] * 4 + [" DESC", " NULLS FIRST", " DESC NULLS LAST", ' COLLATE "C"', "pattern"])
                          for cid in index.cids}
        return index

    def _serves(self, world, column):
        type_, family = column.type, column.type.family(world)
        if self.method == "btree":
            return type_.btree(world) and not type_.array
        if self.method == "hash":
            return type_.hash(world) and not type_.array
        if self.method == "gist":
            return family in GIST
        if self.method == "gin":
            return family in GIN or (type_.array and type_.element().btree(world))
        return family in BRIN and type_.item is None

    def names(self, world):
        if self.table in world.items:
            yield ("relation", world.items[self.table].schema), self.name
        for number, name in self.shares.items():
            if number in world.items:
                yield ("relation", world.items[number].schema), name

    def ident(self, world):
        return f"{quote(world.items[world.items[self.table].schema].name)}.{quote(self.name)}"

    def target(self, world):
        return self.ident(world)

    def alter(self, world, dice):
        way = dice.choice(["unique", "nulls", "options", "condition", "columns", "suffix", "expr", "shares"])
        if way == "shares":
            return self._alter_shares(world, dice)
        if way == "unique":
            self.unique = not self.unique
        elif way == "nulls":
            self.nulls = not self.nulls and world.version >= 15
        elif way == "options":
            self.options = dice.choice(["", " WITH (fillfactor=80)", " WITH (fillfactor=55)"])
        elif way == "condition":
            columns = list(self.columns(world).values())
            self.condition = None if self.condition else Expr(world, dice, [dice.choice(columns).id])
        elif way == "columns":
            dice.shuffle(self.cids)
        elif way == "suffix":
            self.suffixes[dice.choice(self.cids)] = dice.choice(["", " DESC", " NULLS FIRST", ' COLLATE "C"'])
        else:
            self.expr = None if self.expr else Expr(world, dice, self.cids[:1], any_function(world, dice))
        return True

    def _alter_shares(self, world, dice):
        """Of partitions, one by one: where all have theirs the whole's is valid."""
        parts = [t for t in world.of(Table) if t.parent == self.table and not t.method]
        if not self.only or not parts:
            return False
        part = dice.choice(parts)
        if not self.shares.pop(part.id, None):
            self.shares[part.id] = fresh_index_name(world, dice, part)
        return True

    def refs(self, world):
        refs = super().refs(world) + list(self.shares)
        for expr in (self.expr, self.condition):
            refs = refs + (expr.refs(world) if expr else [])
        return refs

    def fits(self, world, columns):
        table = world.items[self.table]
        self.cids = [cid for cid in self.cids if self._serves(world, columns[cid])]
        self.include = [cid for cid in self.include if cid in columns and cid not in self.cids]
        if self.expr and not self.expr.fits(columns):
            self.expr = None
        if self.condition and not self.condition.fits(columns):
            self.condition = None
        self.only = self.only and isinstance(table, Table)
        parts = [t.id for t in world.of(Table) if t.parent == self.table and not t.method]
        self.shares = {n: name for n, name in self.shares.items() if n in parts} if self.only and table.method else {}
        if isinstance(table, Table) and self.unique and (table.method or table.parent):
            self.unique = False
        return bool(self.cids)

    def _element(self, world, column):
        suffix = self.suffixes.get(column.id, "")
        family = column.type.family(world)
        if self.method not in ("btree",):
            suffix = ""
        if suffix == "pattern":
            suffix = " text_pattern_ops" if column.type.base == "text" else ""
        if "COLLATE" in suffix and not column.type.collatable(world):
            suffix = ""
        if self.method == "gin" and family == "jsonb" and self.seed % 2:
            suffix = " jsonb_path_ops"
        return column.quoted() + suffix

    def sql(self, world):
        columns, table = self.columns(world), world.items[self.table]
        elements = [self._element(world, columns[cid]) for cid in self.cids]
        if self.expr and self.method == "btree":
            text, type_ = self.expr.scalar(world, columns)
            if type_.btree(world):
                elements[0] = f"({text})"
        method = f" USING {self.method}" if self.method != "btree" else ""
        unique = "UNIQUE " if self.unique and self.method == "btree" else ""
        only = "ONLY " if self.only and getattr(table, "method", None) else ""
        text = f"{method} ({', '.join(elements)})"
        if self.include and self.method == "btree":
            text += f" INCLUDE ({self.named(world, self.include)})"
        if self.nulls and unique:
            text += " NULLS NOT DISTINCT"
        text += self.options if self.method == "btree" and not getattr(table, "method", None) else ""
        if self.condition:
            text += f" WHERE {self.condition.condition(world, columns)}"
        yield f"CREATE {unique}INDEX {quote(self.name)} ON {only}{table.ident(world)}{text}"
        for number, name in self.shares.items():
            part = world.items[number]
            yield f"CREATE {unique}INDEX {quote(name)} ON {part.ident(world)}{text}"
            yield f"ALTER INDEX {self.ident(world)} ATTACH PARTITION {quote(world.items[part.schema].name)}.{quote(name)}"

    def can_cluster(self):
        return self.method in ("btree", "gist") and not self.condition and not self.invalid

    def can_identify(self, world):
        columns = self.columns(world)
        return self.unique and self.method == "btree" and not (self.expr or self.condition or self.invalid) and all(
            columns[cid].not_null for cid in self.cids)

    def late(self, world):
        yield from Key.late(self, world)
        if self.invalid and not getattr(world.items[self.table], "method", None):
            yield f"UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid = {literal(self.ident(world)).strip()}::regclass"


class Statistics(Part):
    word, space, owned = "STATISTICS", "statistics", True

    @classmethod
    def make(cls, world, dice):
        table = pick_table(world, dice)
        good = [c for c in table.columns(world) if c.type.btree(world)] if table else []
        if len(good) < 2:
            return None
        item = cls(world, dice, table)
        item.schema = table.schema
        item.name = world.fresh(dice, ("statistics", item.schema))
        item.cids = [c.id for c in dice.sample(good, 2)]
        item.kinds, item.target_value = "", None
        item.alter(world, dice)
        return item

    def ident(self, world):
        return Item.ident(self, world)

    def target(self, world):
        return self.ident(world)

    def refs(self, world):
        return [self.table, self.schema]

    def fits(self, world, columns):
        return len(self.cids) == 2 and all(columns[cid].type.btree(world) for cid in self.cids)

    def alter(self, world, dice):
        if dice.chance(0.5):
            self.kinds = dice.choice(["", " (ndistinct)", " (mcv)", " (ndistinct, dependencies)"])
        else:
            self.target_value = dice.choice([None, 0, 300])
        return True

    def sql(self, world):
        table = world.items[self.table].ident(world)
        yield f"CREATE STATISTICS {self.ident(world)}{self.kinds} ON {self.named(world, self.cids)} FROM {table}"
        if self.target_value is not None:
            yield f"ALTER STATISTICS {self.ident(world)} SET STATISTICS {self.target_value}"


def any_function(world, dice):
    """The number of a function that an expression may call, or None."""
    functions = [f.id for f in world.items.values() if hasattr(f, "takes")]
    return dice.choice(functions) if functions and dice.chance(0.4) else None
