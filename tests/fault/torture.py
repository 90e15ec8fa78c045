"""Disturbs each command at each point and looks whether all holds: see the comment in torture."""

import os
import re
import sys
import time

import world
from areas import AREAS
from world import Broken

SAMPLE = int(os.environ.get("SAMPLE", "0"))
SHORT = "SHORT" in os.environ
VERBOSE = "POINT" in os.environ
# Points of interest whatever the sample: where a decision falls.
ALWAYS = re.compile(r"send Q (COMMIT|ROLLBACK)|rename .*refs/|create .*refs/|deploys/|schema_migrations")
# At these something did not hold once: (area, kind, what), taken whatever the sample.
KNOWN = [
    ("rollback", "enospc", r"create .*refs/postkit/deploys/prod\.lock"),  # status went by records that were not written
    ("commit", "kill", r"rename .*refs/postkit/sessions/"),  # the lock of a ref that nobody holds any more
    ("commit", "kill", r"rename .*db/migrations/"),  # half a file in the work tree
    ("commit", "kill", r"git write .*/objects/"),  # its files stayed in the index, for any later commit
    ("commit", "int", r"git rename .*COMMIT_EDITMSG"),  # git's end was taken for a refusal
    ("abort", "enospc", r"git write .*config\.lock"),  # the branch went on pointing to the session
]
DISK = re.compile(r" (write|create|mkdir|link|symlink|rename|renameat|fsync|fdatasync|ftruncate) ")
COMMITS = re.compile(r"send Q COMMIT")


def argv_of(area):
    return area.argv() if callable(area.argv) else area.argv


def prepare(area):
    world.reset(area.state)
    if area.prepare:
        area.prepare()


def count(area):
    """The points of an area, in a run that nothing happens to. Twice, as the first may find things that were kept."""
    for _ in range(1 if SHORT else 2):
        prepare(area)
        world.must(*argv_of(area))
        passed = world.points()
    area.done()
    world.holds()
    return passed


def sample(points, most):
    """Evenly most of them, and those that are always taken."""
    if not most or len(points) <= most:
        return points
    step = len(points) / most
    chosen = {int(i * step) for i in range(most)}
    return [p for i, p in enumerate(points) if i in chosen]


def known(name, kind, points):
    for area, known_kind, what in KNOWN:
        if (area, known_kind) == (name, kind):
            found = [p for p in points if re.search(what, p)]
            if not found:
                raise Broken(f"{name} has no point like {what} any more")
            yield found[0]


def faults_of(name, kind, points):
    """(fault, what it is at), for FAULT of the shim."""
    if kind in ("enospc", "eio"):
        points = [p for p in points if DISK.search(p)]
    points_of_kind = points
    always = [p for p in points if ALWAYS.search(p)] if kind in ("kill", "int") else []
    if SHORT:
        points, always = [], sample(always, 2) if kind == "kill" and name in ("deploy", "rollback") else []
    chosen = {*sample(points, SAMPLE), *sample(always, SAMPLE), *known(name, kind, points_of_kind)}
    for point in sorted(chosen, key=lambda p: int(p.split()[0])):
        number, what = point.split(" ", 1)
        yield f"{kind}@{number}", what
        if kind == "kill" and COMMITS.search(what):
            yield f"kill+{number}", what


def disturb(area, fault):
    """One point: the fault, the truth after it, the end of the work, the truth again."""
    prepare(area)
    status, output = world.command(*argv_of(area), fault=fault.replace("enospc", "ENOSPC").replace("eio", "EIO"),
                                   env={"FAULT_JUMP": "-86400"})
    if VERBOSE:
        print(f"--- {argv_of(area)} ended with {status}\n{output}")
    if fault.startswith("kill") and status not in (-9, 0):
        raise Broken(f"ended with {status}")
    if fault.startswith("int") and status not in (0, 130):
        raise Broken(f"interrupted, it ended with {status}:\n{output}")
    if not fault.startswith("kill") and status < 0:
        raise Broken(f"ended by signal {-status}")
    world.status_is_true()
    area.finish()
    area.done()
    world.holds()


def main():
    kinds = os.environ.get("FAULTS", "kill int enospc eio jump").split()
    names = os.environ.get("AREAS", " ".join(AREAS)).split()
    wanted = os.environ.get("POINT", "").split()
    total = held = 0
    for name in names:
        area = AREAS[name]
        if wanted and not any(w.startswith(name + ":") for w in wanted):
            continue
        began = time.time()
        points = count(area)
        here = 0
        for kind in kinds:
            for fault, what in faults_of(name, kind, points):
                if wanted and f"{name}:{fault}" not in wanted:
                    continue
                total += 1
                here += 1
                try:
                    disturb(area, fault)
                    held += 1
                except (Broken, OSError, KeyError) as why:
                    print(f"{name}:{fault} ({what}): {type(why).__name__} {why}", flush=True)
        print(f"{name}: {len(points)} points, {here} disturbed in {time.time() - began:.0f} s", flush=True)
    world.no_secret_in_objects()
    print(f"{total} points, {held} held")
    return 0 if held == total and total else 1


sys.exit(main())
