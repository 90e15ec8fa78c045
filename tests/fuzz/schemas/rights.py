"""Default privileges."""
from model import Item
from words import ROLES, quote

OBJECTS = {"TABLES": ["SELECT", "INSERT", "ALL"], "SEQUENCES": ["USAGE", "SELECT"], "FUNCTIONS": ["EXECUTE"],
           "TYPES": ["USAGE"], "SCHEMAS": ["USAGE", "CREATE"]}


class DefaultPrivileges(Item):
    """Made last: they are for what comes after."""
    commented = False

    @classmethod
    def make(cls, world, dice):
        item = cls(world, dice)
        item.name = None
        item.role = dice.choice(ROLES)
        item.objects = dice.choice(list(OBJECTS))
        item.schema = dice.choice([i.id for i in world.items.values() if i.word == "SCHEMA"] + [None])
        item.schema = None if item.objects == "SCHEMAS" else item.schema
        item.alter(world, dice)
        return item

    def names(self, world):
        yield "default privileges", (self.role, self.objects, self.schema)

    def alter(self, world, dice):
        self.given = [(dice.choice(OBJECTS[self.objects]), dice.choice(ROLES + ["PUBLIC"]), dice.chance(0.2))]
        return True

    def sql(self, world):
        return []

    def common(self, world):
        return []

    def late(self, world):
        where = f" IN SCHEMA {quote(world.items[self.schema].name)}" if self.schema else ""
        for right, role, option in self.given:
            who = role if role == "PUBLIC" else quote(role)
            grantable = " WITH GRANT OPTION" if option and role != "PUBLIC" else ""
            yield (f"ALTER DEFAULT PRIVILEGES FOR ROLE {quote(self.role)}{where} GRANT {right} ON {self.objects} "
                   f"TO {who}{grantable}")
