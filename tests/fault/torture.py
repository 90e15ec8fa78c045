"""Disturbs each command at each point and looks whether all holds: see the comment in torture."""

import os
import re
import sys
import time
from subprocess import TimeoutExpired

import faults
import state
import world
from areas import AREAS
from faults import Fault
from world import Broken

SAMPLE = int(os.environ.get("SAMPLE", "0"))
SHARD, SHARDS = (int(n) for n in os.environ.get("SHARD", "1/1").split("/"))
DONE = os.environ.get("DONE")  # a file with the points that held so far
COUNT = "COUNT" in os.environ
MISSES = 3  # so often a command may come to its end without coming to a point
counted = {}  # (area, by the proxy): its points
seen = set()  # (area, what was left behind) from which all held
# In short form, of these some of the points of interest.
SHORT = {("deploy", "kill"), ("rollback", "kill"), ("deploy", "cut")} if "SHORT" in os.environ else None
VERBOSE = "POINT" in os.environ
# Points of interest whatever the sample: where a decision falls.
ALWAYS = re.compile(r"send Q (COMMIT|ROLLBACK)|(client|server) . COMMIT|rename .*refs/|create .*refs/|deploys/|schema_migrations")
COMMITS = re.compile(r"send Q COMMIT|client Q COMMIT")
# At these something did not hold once: (area, kind, what), taken whatever the sample; of many the first, or which it says.
KNOWN = [
    ("rollback", "enospc", r"create .*refs/postkit/deploys/prod\.lock"),  # status went by records that were not written
    ("start", "kill+", r"create .*postkit/starting/"),  # its lock stayed
    ("first", "kill", r"rename .*postkit-copy-"),  # the lock that was being made of a copy stayed
    ("deploy", "stall", r"client P INSERT INTO postkit\.schema_migrations"),  # Ctrl-C waited for the network
    ("deploy", "stall", r"client P SELECT CASE WHEN pg_catalog\.pg_try_advisory_lock_shared", -1),  # and so did the record
    ("commit", "kill", r"rename .*refs/postkit/sessions/"),  # the lock of a ref that nobody holds any more
    ("commit", "kill", r"rename .*db/migrations/"),  # half a file in the work tree
    ("commit", "kill", r"git write .*/objects/"),  # its files stayed in the index, for any later commit
    ("commit", "int", r"git rename .*COMMIT_EDITMSG"),  # git's end was taken for a refusal
    ("commit", "int", r"git-postkit fork ", -2),  # git that did not come to say whether there are schema files: they were left out
    ("sync", "int", r"git create .*refs/heads/main\.lock"),  # the same
    ("sync", "kill", r"git rename .*app/\.git/index$", -1),  # the index was without the commit, and the next sync refused it
    ("sync", "int", r"git rename .*app/\.git/index$", -1),  # the same, at once
    ("rollback", "locked", r"refs/postkit/deploys/prod"),  # what it said did not name the file
    ("push", "eio", r"mkdir .*objdir-incoming"),  # a host without room was taken for one that refuses such refs
    ("fetch", "kill", r"git write .*refs/postkit/remotes/"),  # its lock stayed
    ("gc", "int", r"git-postkit fork "),  # settings that git did not come to read were taken for none, and all was cleared away
    ("abort", "enospc", r"git write .*config\.lock"),  # the branch went on pointing to the session
]


def prepare(area, kind):
    world.reset(area.state)
    faults.proxy.set(None)
    if kind.proxy:
        world.reaches_through(faults.proxy.port)
    if area.prepare:
        area.prepare()


def count(area, kind):
    """
    The points of a command, in runs that nothing happens to. There are those of the calls, and those of the proxy. They are those
    of the third run, to which nothing is new that outlasts a point, as a template of the clones, and which the one before had as
    well: not what is asked now and then while somebody waits. In short form those of the first.
    """
    before, points = [], []
    for _ in range(0 if (area, kind.proxy) in counted else 1 if SHORT else 3):
        prepare(area, kind)
        world.must(*area.words())
        before, points = points, list(faults.proxy.points if kind.proxy else world.points())
        counted[area, kind.proxy] = points if SHORT else faults.of_both(points, before)
        if area.beside:
            area.finish()
        area.done()
    return counted[area, kind.proxy]


def begun_with():
    """Points that held in a run before."""
    if not DONE or not os.path.exists(DONE):
        return set()
    with open(DONE) as file:
        return set(file.read().split())


def note_done(point):
    if DONE:
        with open(DONE, "a") as file:
            file.write(point + "\n")


def sample(points, most):
    """Evenly most of them, and those that are always taken."""
    if not most or len(points) <= most:
        return points
    step = len(points) / most
    chosen = {int(i * step) for i in range(most)}
    return [p for i, p in enumerate(points) if i in chosen]


def known(name, kind, points):
    for area, known_kind, what, *which in KNOWN:
        if area == name and known_kind == kind:
            # Also one that is not among those that are apart.
            found = [p for p in points if re.search(what, p)]
            if not found:
                raise Broken(f"{name} has no point like {what} any more")
            yield found[which[0] if which else 0]


def faults_of(name, kind, points):
    """Of the points that a command passes."""
    wide = faults.KINDS[kind].choose(points)
    if kind == "locked" and not AREAS[name].has_session():
        wide = [p for p in wide if "#" not in p]  # an id that is made on the way
    always = [p for p in wide if ALWAYS.search(p)]
    if SHORT:
        wide, always = [], sample(always, 2) if (name, kind) in SHORT else []
    chosen = {*sample(wide, SAMPLE), *sample(always, SAMPLE), *known(name, kind, points)}
    for point in sorted(chosen, key=lambda p: int(p.split()[0])):
        yield Fault(kind, "@", point, points)
        if kind in ("kill", "cut") and COMMITS.search(point):
            yield Fault(kind, "+", point, points)
    for point in known(name, kind + "+", points):
        yield Fault(kind, "+", point, points)


def is_chosen(name, kind):
    return not SHORT or (name, kind) in SHORT or any(
        (area, known_kind.rstrip("+")) == (name, kind) for area, known_kind, *_ in KNOWN)


def says_what_is_done(output):
    """A deploy that ends half way says how many came through."""
    said = re.search(r"^(\d+) of (\d+) migrations are (done|rolled back)", output, re.M)
    if said and int(said[1]) != len(world.applied()) - 1 and said[3] == "done":
        raise Broken(f"it says that {said[1]} are done, and {len(world.applied()) - 1} are")


class Missed(Exception):
    """A command did not come to the point this time: how often it asks or writes is not always the same."""


def came_to(kind, fault):
    if kind.proxy:
        return faults.proxy.came
    return kind.only is faults.LOCK or kind.first or fault.came(world.points())


def disturb(area, fault):
    """One point: the fault, the truth after it, the end of the work, the truth again."""
    kind = faults.KINDS[fault.kind]
    prepare(area, kind)
    status, output = kind.strike(area, fault)
    if not came_to(kind, fault):
        raise Missed
    if VERBOSE:
        print(f"--- git postkit {' '.join(area.words())} ended with {status}\n{output}")
    if status not in kind.ends:
        raise Broken(f"it ended with {status}:\n{output}")
    world.quiet()
    if fault.kind in ("cut", "restart"):
        says_what_is_done(output)
    left = (area, status == 0, kind.proxy, state.present())
    if left in seen and not VERBOSE:
        return
    world.status_is_true()
    if status == 0 and fault.kind != "race":
        area.done()
    area.finish()
    area.done()
    world.holds()
    seen.add(left)


def is_asked_for(name, kind, wanted):
    return AREAS[name].has(kind) and is_chosen(name, kind) and (
        not wanted or any(w.startswith((f"{name}:{kind}@", f"{name}:{kind}+")) for w in wanted))


def is_of_this_shard(fault):
    return fault.number % SHARDS == SHARD % SHARDS


def disturb_at_last(area, fault):
    for _ in range(MISSES):
        try:
            return disturb(area, fault)
        except Missed:
            pass
    return disturb(area, fault)


def try_all(name, kind, wanted, done):
    """(points, of those tried, of those held) of a command and a kind of fault."""
    began = time.time()
    points = list(faults_of(name, kind, count(AREAS[name], faults.KINDS[kind])))
    tried = held = missed = 0
    for fault in points if not COUNT else ():
        if not is_of_this_shard(fault) or (wanted and f"{name}:{fault}" not in wanted):
            continue
        tried += 1
        try:
            if f"{name}:{fault}" not in done:
                disturb_at_last(AREAS[name], fault)
                note_done(f"{name}:{fault}")
            held += 1
        except Missed:
            tried -= 1
            missed += 1
            print(f"{name}:{fault} ({fault.what}): not come to", flush=True)
        except (Broken, OSError, KeyError, TimeoutExpired) as why:
            print(f"{name}:{fault} ({fault.what}): {type(why).__name__} {why}", flush=True)
    far = f", {missed} not come to" if missed else ""
    print(f"{name} {kind}: {len(points)} points, {tried} tried in {time.time() - began:.0f} s, {held} held{far}", flush=True)
    return len(points), tried, held


def main():
    kinds = os.environ.get("FAULTS", " ".join(faults.KINDS)).split()
    names = os.environ.get("AREAS", " ".join(AREAS)).split()
    wanted = os.environ.get("POINT", "").split()
    done = begun_with()
    sums = [try_all(name, kind, wanted, done) for name in names for kind in kinds if is_asked_for(name, kind, wanted)]
    total, tried, held = (sum(column) for column in zip(*sums)) if sums else (0, 0, 0)
    world.no_secret_in_objects()
    world.no_secret_in_json()
    all_of_them = not SAMPLE and not SHORT and SHARDS == 1 and not wanted
    print(f"{total} points, {tried} tried, {held} held" + (": 100 %" if total and held == tried == total and all_of_them else ""))
    return 0 if held == tried and (tried or COUNT or SHARDS > 1) else 1


sys.exit(main())
