"""What stands beside schemas: event triggers, publications, access methods."""
from kinds_code import Fired
from kinds_other import Named
from kinds_tables import Table
from kinds_types import Schema
from model import Item
from words import quote


class EventFunction(Fired):
    """Of event triggers."""

    def sql(self, world):
        yield (f"CREATE FUNCTION {Item.ident(self, world)}() RETURNS event_trigger LANGUAGE plpgsql AS "
               f"'BEGIN PERFORM {self.seed % 10}; END'")


class EventTrigger(Named):
    word, space, everywhere = "EVENT TRIGGER", "event trigger", True
    tags = ["CREATE TABLE", "ALTER TABLE", "DROP TABLE", "CREATE FUNCTION", "COMMENT"]

    def choose(self, world, dice):
        function = dice.pick(world.of(EventFunction))
        self.function, self.event, self.filter, self.enabled = function and function.id, "ddl_command_end", [], ""
        return function is not None and self.alter(world, dice)

    def alter(self, world, dice):
        way = dice.choice(["event", "filter", "enabled", "function"])
        if way == "event":
            self.event = dice.choice(["ddl_command_start", "ddl_command_end", "sql_drop", "table_rewrite"])
        elif way == "filter":
            self.filter = [] if self.filter else dice.some(self.tags, 3)
        elif way == "enabled":
            self.enabled = dice.choice(["", "DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS"])
        else:
            self.function = dice.choice(world.of(EventFunction)).id
        return True

    def refs(self, world):
        return [self.function]

    def sql(self, world):
        tags = ["ALTER TABLE"] if self.event == "table_rewrite" else self.filter
        when = f" WHEN TAG IN ({', '.join(repr(tag) for tag in tags)})" if self.filter else ""
        yield (f"CREATE EVENT TRIGGER {self.ident(world)} ON {self.event}{when} "
               f"EXECUTE FUNCTION {world.items[self.function].call_ident(world)}()")
        if self.enabled:
            yield f"ALTER EVENT TRIGGER {self.ident(world)} {self.enabled}"


class Publication(Named):
    """Of inserts alone: for anything else the tables would need a replica identity, and changes of rows would fail."""
    word, space, everywhere, owned = "PUBLICATION", "publication", True, False

    def choose(self, world, dice):
        self.all, self.tables, self.schemas, self.options = dice.chance(0.15), {}, [], "publish = 'insert'"
        return all(self.alter(world, dice) for _ in range(dice.randint(0, 4)))

    def alter(self, world, dice):
        way = dice.choice(["table", "table", "table", "schema", "options"])
        table = dice.pick(world.of(Table))
        if way == "table" and table:
            if self.tables.pop(table.id, None) is None:
                columns = table.columns(world)
                # number -> columns and the one that rows are filtered by, as numbers
                self.tables[table.id] = ([c.id for c in columns if dice.chance(0.5)] if dice.chance(0.3) else [],
                                         dice.choice(columns).id if columns and dice.chance(0.3) else None)
        elif way == "schema":
            schema = dice.choice(world.of(Schema)).id
            self.schemas = [s for s in self.schemas if s != schema] or [schema]
        elif way == "options":
            self.options = dice.choice(["publish = 'insert'", "publish = 'insert, truncate'", "publish = ''",
                                        "publish = 'insert', publish_via_partition_root"])
        return True

    def refs(self, world):
        return [n for n in list(self.tables) + self.schemas if n in world.items]

    def mend(self, world):
        self.schemas = [s for s in self.schemas if s in world.items and world.version >= 15]
        self.tables = {n: what for n, what in self.tables.items() if n in world.items and not world.items[n].persistence}
        return True

    def _table(self, world, number, listed, filtered):
        table = world.items[number]
        columns = table.by_id(world)
        text = "TABLE ONLY " + table.ident(world)
        listed = [columns[cid].quoted() for cid in listed if cid in columns and not columns[cid].generated]
        if listed and not self.schemas and world.version >= 15 and not table.method:
            text += f" ({', '.join(listed)})"
        column = columns.get(filtered)
        if column and column.type.item is None and not column.type.array and column.collation is None and \
                not column.generated and world.version >= 15 and not table.method and column.type.base not in ("citext", "hstore"):
            text += f" WHERE ({column.quoted()} IS NOT NULL)"
        return text

    def sql(self, world):
        what = [self._table(world, number, *how) for number, how in self.tables.items()]
        what += [f"TABLES IN SCHEMA {quote(world.items[s].name)}" for s in self.schemas]
        which = " FOR ALL TABLES" if self.all else f" FOR {', '.join(what)}" if what else ""
        yield f"CREATE PUBLICATION {self.ident(world)}{which} WITH ({self.options})"


class AccessMethod(Named):
    word, space, everywhere = "ACCESS METHOD", "access method", True

    def choose(self, world, dice):
        self.table = dice.chance(0.7)
        return True

    def alter(self, world, dice):
        return False

    def sql(self, world):
        yield (f"CREATE ACCESS METHOD {self.ident(world)} TYPE "
               + ("TABLE HANDLER heap_tableam_handler" if self.table else "INDEX HANDLER bthandler"))


KINDS = [(EventFunction, 1), (EventTrigger, 2), (Publication, 3), (AccessMethod, 1)]
