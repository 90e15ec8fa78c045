"""Views and materialized views, on tables and on each other."""

from kinds_parts import any_function
from kinds_tables import Relation, Table, alter_column_extras
from kinds_types import Column, free_name, place
from values import Expr
from words import quote


class View(Relation):
    word = "VIEW"

    @classmethod
    def make(cls, world, dice):
        sources = [r for r in world.of(Relation) if r.columns(world)]
        if not sources:
            return None
        view = cls(world, dice)
        view.schema = place(world, dice)
        view.name = world.fresh(dice, ("relation", view.schema))
        view.sources = [r.id for r in dice.some(sources, 2)]
        view.outputs = []  # (column, number of the source, Expr, as it is?)
        view.shape = dice.choice(["plain"] * 4 + ["where", "where", "distinct", "union", "with", "group", "recursive", "lateral"])
        view.where = None
        view.options, view.populated = {}, cls is View or dice.chance(0.8)
        view.clustered = None
        for _ in range(dice.randint(1, 4)):
            view._add(world, dice)
        view.where = view._condition(world, dice)
        return view

    def _add(self, world, dice, at=None):
        source = dice.choice(self.sources)
        of = dice.choice(world.items[source].columns(world))
        column = Column(world, of.name if dice.chance(0.6) else dice.choice(world.names), of.type)
        if column.name in {output[0].name for output in self.outputs}:
            column.name = free_name(world, dice, [output[0] for output in self.outputs])
        expr = Expr(world, dice, [of.id], any_function(world, dice), False)
        self.outputs.insert(len(self.outputs) if at is None else at, (column, source, expr, dice.chance(0.75)))

    def _condition(self, world, dice):
        columns = world.items[self.sources[0]].columns(world)
        return Expr(world, dice, [dice.choice(columns).id], any_function(world, dice), False)

    def columns(self, world, seen=()):
        return [output[0] for output in self.outputs]

    def refs(self, world):
        refs = super().refs(world) + self.sources
        for _, _, expr, plain in self.outputs:
            refs = refs + ([] if plain else expr.refs(world))
        return refs + (self.where.refs(world) if self.where else []) + [r for c in self.columns(world) for r in c.refs(world)]

    def mend(self, world):
        self.sources = [number for number in self.sources if number in world.items and number != self.id
                        and world.items[number].columns(world)]
        kept = []
        for column, source, expr, plain in self.outputs:
            columns = world.items[source].by_id(world) if source in self.sources else {}
            if not expr.fits(columns):
                continue
            column.default, column.generated, column.identity = None, None, None
            if plain:
                column.type = columns[expr.cids[0]].type
                column.collation = columns[expr.cids[0]].collation
            else:
                column.type = expr.scalar(world, columns)[1]
                column.collation = None
            if column.type.valid(world):
                kept.append((column, source, expr, plain))
        self.outputs = kept
        if self.where and (not self.sources or not self.where.fits(world.items[self.sources[0]].by_id(world))):
            self.where = None
        return bool(kept) and super().mend(world)

    def alter(self, world, dice):
        way = dice.choice(["add", "add before", "drop", "shape", "where", "options", "rename", "extras"])
        if way in ("add", "add before"):
            self._add(world, dice, None if way == "add" else 0)
        elif way == "drop" and len(self.outputs) > 1:
            self.outputs.remove(dice.choice(self.outputs))
        elif way == "shape":
            self.shape = dice.choice(["plain", "where", "distinct", "union", "with", "group", "recursive", "lateral"])
        elif way == "where":
            self.where, self.shape = self._condition(world, dice), "where"
        elif way == "options":
            self._alter_options(world, dice)
        elif way == "rename":
            dice.choice(self.outputs)[0].name = free_name(world, dice, self.columns(world))
        else:
            alter_column_extras(dice, dice.choice(self.outputs)[0])
        return True

    def _alter_options(self, world, dice):
        names = ["security_barrier"] + (["security_invoker"] if world.version >= 15 else [])
        name = dice.choice(names + ["check_option"])
        if not self.options.pop(name, None):
            self.options[name] = dice.choice(["local", "cascaded"]) if name == "check_option" else "true"

    def readable(self, world):
        """No materialized view behind it is without its rows."""
        sources = [world.items[number] for number in self.sources]
        return all(not isinstance(s, View) or (getattr(s, "populated", True) and s.readable(world)) for s in sources)

    def _updatable(self, world):
        table = world.items[self.sources[0]]
        return self.shape in ("plain", "where") and len(self.sources) == 1 and isinstance(table, Table) and \
            all(plain for _, _, _, plain in self.outputs) and \
            len({expr.cids[0] for _, _, expr, _ in self.outputs}) == len(self.outputs)

    def query(self, world):
        names = {number: f"s{i}" for i, number in enumerate(self.sources)}
        known = {number: world.items[number].by_id(world) for number in self.sources}
        shown, plain_parts, comparable = [], [], True
        for column, source, expr, plain in self.outputs:
            if plain:
                text = f"{names[source]}.{known[source][expr.cids[0]].quoted()}"
            else:
                text = expr.scalar(world, known[source], names[source] + ".")[0]
            plain_parts.append(text)
            shown.append(f"{text} AS {column.quoted()}")
            comparable = comparable and column.type.btree(world) and column.type.hash(world)
        sources = [f"{world.items[n].ident(world)} {names[n]}" for n in self.sources]
        head, body = "SELECT " + ",\n    ".join(shown), "\n  FROM " + "\n    CROSS JOIN ".join(sources)
        condition = ""
        if self.where:
            condition = "\n  WHERE " + self.where.condition(world, known[self.sources[0]], names[self.sources[0]] + ".")
        shape = self.shape
        if shape == "where":
            return head + body + condition
        if shape == "distinct" and comparable:
            return head.replace("SELECT", "SELECT DISTINCT", 1) + body
        if shape == "union" and comparable:
            return head + body + "\nUNION ALL\n" + head + body + condition
        if shape == "group" and comparable:
            return head + body + condition + "\n  GROUP BY " + ", ".join(plain_parts)
        outputs = ", ".join(quote(column.name) for column in self.columns(world))
        if shape == "with":
            return f"WITH q({outputs}) AS (\n{head}{body}\n)\nSELECT {outputs} FROM q"
        if shape == "recursive":
            return (f"WITH RECURSIVE q({outputs}) AS (\n{head}{body}\n  UNION ALL\nSELECT {outputs} FROM q WHERE false\n)\n"
                    f"SELECT {outputs} FROM q")
        if shape == "lateral":
            return f"{head}{body}\n    CROSS JOIN LATERAL (SELECT count(*) AS n FROM {sources[0]}b) l\n  ORDER BY l.n"
        return head + body

    def sql(self, world):
        options = dict(self.options)
        if not self._updatable(world) or self.word != "VIEW":
            options.pop("check_option", None)
        given = " WITH (" + ", ".join(f"{k}={v}" for k, v in options.items()) + ")" if options else ""
        yield f"CREATE VIEW {self.ident(world)}{given} AS\n{self.query(world)}"
        yield from self.column_extras(world, self.columns(world))


class MatView(View):
    word = "MATERIALIZED VIEW"

    def _alter_options(self, world, dice):
        self.options = dice.choice([{}, {"fillfactor": "70"}, {"autovacuum_enabled": "false"}])

    def sql(self, world):
        populated = self.populated and self.readable(world)
        given = " WITH (" + ", ".join(f"{k}={v}" for k, v in self.options.items()) + ")" if self.options else ""
        given = "" if "security_barrier" in given or "check_option" in given else given
        yield (f"CREATE MATERIALIZED VIEW {self.ident(world)}{given} AS\n{self.query(world)}"
               + ("" if populated else "\nWITH NO DATA"))
        yield from self.column_extras(world, self.columns(world))
