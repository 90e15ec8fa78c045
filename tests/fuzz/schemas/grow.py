"""Random schemas, and mutations of them."""
import dataclasses

from kinds_code import Aggregate, Function, Policy, Procedure, Rule, Trigger, TriggerFunction
from kinds_parts import Check, Exclusion, ForeignKey, Index, Key, Statistics
from kinds_tables import Partition, Sequence, Table
from kinds_types import Collation, Composite, Domain, Enum, Extension, Range, Schema
from kinds_views import MatView, View
import kinds_other
import kinds_server
from model import Cycle, World
from rights import DefaultPrivileges
import renames
from words import Dice, pool

# how often each is made; those that others stand on come first by being frequent
KINDS = [(Schema, 2), (Extension, 1), (Collation, 1), (Enum, 4), (Composite, 3), (Domain, 4), (Range, 1), (Sequence, 3),
         (Function, 10), (Procedure, 2), (Aggregate, 2), (TriggerFunction, 3), (Table, 14), (Partition, 6), (Key, 10),
         (Check, 6), (ForeignKey, 8), (Exclusion, 2), (Index, 10), (Statistics, 2), (View, 10), (MatView, 4), (Trigger, 6),
         (Policy, 4), (Rule, 2), (DefaultPrivileges, 1)] + kinds_other.KINDS + kinds_server.KINDS

USUAL = list(KINDS)


class Unfit(Exception):
    """A mutation that leads to what cannot be."""


def attempt(world, change):
    """A copy of the world with the change made and mended."""
    copy = world.clone()
    if change(copy) is False:
        raise Unfit()
    try:
        copy.mend()
    except (Cycle, ValueError, RecursionError) as error:  # the last one of types made of each other
        raise Unfit() from error
    return copy


def make_one(dice, kinds=None):
    kinds = kinds or KINDS
    kind = dice.choices([k for k, _ in kinds], [w for _, w in kinds])[0]

    def change(world):
        item = kind.make(world, dice)
        if item is None:
            return False
        for _ in range(dice.choice([0, 0, 0, 1, 2])):
            item.alter_common(dice)
        world.add(item)
        return True
    return change


def many(world, dice, count, change_of):
    done = tries = 0
    while done < count and tries < count * 10:
        tries += 1
        try:
            world = attempt(world, change_of(world))
            done += 1
        except Unfit:
            pass
    return world


def grow(dice, version, extensions, size, names):
    world = World(names, version, extensions)
    public = Schema(world, dice)
    public.name = "public"
    world.add(public)
    for kinds in ([(Table, 1)], KINDS):
        world = many(world, dice, 2 if len(kinds) == 1 else size, lambda _: make_one(dice, kinds))
    return world


def drop(dice):
    def change(world):
        item = dice.choice(list(world.items.values()))
        del world.items[item.id]
        return getattr(item, "name", None) != "public"
    return change


def rename(dice):
    def change(world):
        item = dice.pick([i for i in world.items.values() if i.name and i.name != "public" and not isinstance(i, Extension)])
        if item is None:
            return False
        item.name = dice.choice(getattr(item, "symbols", world.names))
    return change


def move(dice):
    def change(world):
        item = dice.choice([i for i in world.items.values()])
        if item.schema is None or item.schema not in world.items:
            return False
        item.schema = dice.choice(world.of(Schema)).id
        return True
    return change


def alter(dice):
    def change(world):
        return dice.choice(list(world.items.values())).alter(world, dice)
    return change


def alter_common(dice):
    def change(world):
        return dice.choice(list(world.items.values())).alter_common(dice)
    return change


def mutate(world, dice, count):
    ways = [alter] * 8 + [drop] * 3 + [make_one] * 3 + [alter_common] * 2 + [rename, move]
    return many(world, dice, count, lambda _: dice.choice(ways)(dice))


@dataclasses.dataclass
class Pair:
    """Two worlds, and what is said to the program of each way. kept: the tables that must be the same ones under another
    name, by the name before; partitions that go, with the names of columns. A way that is missing cannot be gone."""
    old: World
    new: World
    said: dict
    kept: dict


BOTH = ("old -> new", "new -> old")


def renamed(dice, old):
    """Names alone, and sometimes a little more."""
    new = many(old, dice, dice.choice([1, 2, 4, 8]), lambda _: dice.choice([rename, rename, move, renames.within])(dice))
    new = mutate(new, dice, dice.choice([0, 0, 0, 1, 2]))
    return Pair(old, new, *renames.said(old, new))


def interrupted(dice, old):
    """Index builds that came to no end; no SQL leads back there."""
    for index in old.of(Index):
        index.invalid = dice.chance(0.5)
    old.mend()
    new = mutate(old, dice, dice.choice([0, 1, 2]))
    for index in new.of(Index):
        index.invalid = False
    return Pair(old, new, {"old -> new": []}, {})


def pair(seed, number, version, extensions, focus=()):
    """The second world is grown out of the first, or on its own in one case of six. focus: names of kinds, and "renamed"
    and "interrupted", to be made more often."""
    dice = Dice(f"{seed}/{number}")
    names = pool(dice)
    KINDS[:] = [(kind, weight * 15 if kind.__name__ in focus else weight) for kind, weight in USUAL]
    old = grow(dice, version, extensions, dice.choice([4, 10, 18, 26]), names)
    way = dice.random()
    if way < (0.6 if "renamed" in focus else 0.12):
        return renamed(dice, old)
    if way > (0.7 if "interrupted" in focus else 0.95):
        return interrupted(dice, old)
    said = dict.fromkeys(BOTH, [])
    if dice.chance(0.17):
        return Pair(old, grow(dice, version, extensions, dice.choice([4, 10, 18]), names), said, {})
    return Pair(old, mutate(old, dice, dice.choice([1, 1, 2, 4, 8])), said, {})
