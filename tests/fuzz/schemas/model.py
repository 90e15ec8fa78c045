"""A schema as a set of items that name each other by number, so that a mutation of one carries on to
the SQL of all that use it. What a mutation leaves without meaning is mended or goes (World.mend)."""
import copy

from words import ROLES, literal, longer, quote


class Cycle(Exception):
    pass


class Stmt:
    """A statement whose list in parentheses can be made shorter: head (parts) tail."""

    def __init__(self, head, parts, tail=""):
        self.head, self.parts, self.tail = head, list(parts), tail

    def __str__(self):
        inner = ",\n    ".join(self.parts)
        return f"{self.head} ({chr(10) + '    ' if inner else ''}{inner}{chr(10) if inner else ''}){self.tail}"


class Item:
    """One object. Its class says what it is: word, for COMMENT ON and OWNER TO; space, in which its
    name is unique; rights, what can be granted."""
    word = ""
    space = None
    owned = False
    rights = ()
    grant_word = None
    commented = True

    def __init__(self, world, dice):
        self.id = world.number()
        self.schema = None
        self.name = None
        self.owner = None
        self.comment = None
        self.grants = {}  # role -> [(privilege, grantable)]

    @classmethod
    def make(cls, world, dice):
        """A new one, not yet part of the world; None where it finds nothing to stand on."""
        raise NotImplementedError

    def refs(self, world):
        """Numbers of the items that must exist before it."""
        return [self.schema] if self.schema is not None else []

    def mend(self, world):
        """Makes it fit again after others have changed; False: it cannot be any more."""
        return all(ref in world.items for ref in self.refs(world))

    def alter(self, world, dice):
        """One change in place; False: nothing done."""
        return False

    def sql(self, world):
        raise NotImplementedError

    def names(self, world):
        """What must be unique: pairs of a space and a name."""
        if self.space:
            yield (self.space, self.schema), self.name

    def ident(self, world):
        if self.schema is None:
            return quote(self.name)
        return quote(world.items[self.schema].name) + "." + quote(self.name)

    def target(self, world):
        """As COMMENT ON names it."""
        return self.ident(world)

    def grant_target(self, world):
        return self.ident(world)

    def common(self, world):
        """Owner, comment, privileges."""
        if self.owned and self.owner:
            yield f"ALTER {self.word} {self.ident(world)} OWNER TO {quote(self.owner)}"
        if self.comment is not None:
            yield f"COMMENT ON {self.word} {self.target(world)} IS {literal(self.comment)}"
        for role, rights in self.grants.items():
            for right, option in rights:
                verb = "REVOKE" if right == "REVOKE" else "GRANT"
                what = "ALL" if right == "REVOKE" else right
                to = "FROM" if right == "REVOKE" else "TO"
                who = "PUBLIC" if role == "PUBLIC" else quote(role)
                grantable = " WITH GRANT OPTION" if option and role != "PUBLIC" else ""
                yield f"{verb} {what} ON {self.grant_word} {self.grant_target(world)} {to} {who}{grantable}"

    def alter_common(self, dice):
        """One change of owner, comment or privileges."""
        ways = ["comment"] * self.commented + ["owner"] * self.owned + ["grants"] * (2 * bool(self.rights))
        way = dice.pick(ways)
        if way == "comment":
            self.comment = dice.choice([None, "a note", "it's\n\"quoted\" \\ ünï", "x" * 300])
        elif way == "owner":
            self.owner = dice.choice([None] + ROLES)
        elif way == "grants":
            role = dice.choice(ROLES + ["PUBLIC"])
            if role in self.grants:
                del self.grants[role]
            elif dice.chance(0.1):
                self.grants[role] = [("REVOKE", False)]
            else:
                self.grants[role] = [(r, dice.chance(0.2)) for r in dice.some(self.rights, 3)]
        return way is not None


class World:
    def __init__(self, names, version, extensions=()):
        self.items = {}
        self.names = names
        self.version = version        # major, of the server
        self.extensions = extensions  # that it offers
        self.last = 0

    def number(self):
        self.last += 1
        return self.last

    def clone(self):
        return copy.deepcopy(self)

    def get(self, number):
        return self.items.get(number)

    def of(self, *classes):
        return [item for item in self.items.values() if isinstance(item, classes)]

    def extension(self, name):
        for item in self.items.values():
            if item.word == "EXTENSION" and item.name == name:
                return item
        return None

    def add(self, item):
        self.items[item.id] = item

    def taken(self):
        return {name for item in self.items.values() for name in item.names(self)}

    def fresh(self, dice, space, shape=None):
        """A name that is free in a space; shape(name) where the name there is more than the word."""
        taken, number = self.taken(), 0
        name = dice.choice(self.names)
        while (space, shape(name) if shape else name) in taken:
            number += 1
            name = dice.choice(self.names)
            if number > 20:
                name = longer(name, number)
        return name

    def mend(self):
        """Until nothing more changes. Raises Cycle, or ValueError for a name that is there twice."""
        changed = True
        while changed:
            changed = False
            for item in list(self.items.values()):
                if not item.mend(self):
                    del self.items[item.id]
                    changed = True
        self.order()
        seen = set()
        for item in self.items.values():
            for name in item.names(self):
                if name in seen:
                    raise ValueError(f"twice: {name}")
                seen.add(name)

    def order(self):
        """Items, each after those that it needs."""
        ready, open_ = [], {}

        def visit(item):
            state = open_.get(item.id)
            if state == "done":
                return
            if state == "open":
                raise Cycle(item.name)
            open_[item.id] = "open"
            for ref in item.refs(self):
                visit(self.items[ref])
            open_[item.id] = "done"
            ready.append(item)

        for item in self.items.values():
            visit(item)
        return ready

    def statements(self):
        """All of it, as strings and Stmts. Bodies of functions may name what comes later."""
        yield "SET check_function_bodies = off"
        late = []
        for item in self.order():
            yield from item.sql(self)
            yield from item.common(self)
            late.extend(item.late(self) if hasattr(item, "late") else [])
        yield from late
