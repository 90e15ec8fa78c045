"""What can happen to a command at a point, each kind with the points that it has."""

import os
import re
import shutil
import signal
import time
from collections import Counter

import world
from proxy import Proxy
from world import T, Broken

DISK = re.compile(r" (write|create|mkdir|link|symlink|rename|renameat|fsync|fdatasync|ftruncate) ")
ROOM = re.compile(r" (write|create|mkdir|link|symlink|ftruncate) ")
# After these the world is as it was.
INERT = re.compile(r"\d+ \S+ (ask|connect|fork) ")
LOCK = re.compile(r" create \S*\.git/(refs/\S+|\w+)\.lock$")
PAUSE = T + "/pause"
YESTERDAY = "-86400"


class Fault:
    """
    What happens before (@) or behind (+) a point: a call or a message, known by its line in the log and by how many such come
    until then. As a text "kind@number".
    """

    def __init__(self, kind, sign, point, points):
        self.kind, self.sign, self.what = kind, sign, _line(point)
        self.number = int(point.split()[0])
        self.nth = sum(_line(p) == self.what for p in points[:points.index(point) + 1])

    def __str__(self):
        return f"{self.kind}{self.sign}{self.number}"

    def of_shim(self, action):
        return {"FAULT": f"{action}{self.sign}{self.nth}", "FAULT_LINE": self.what}

    def came(self, points):
        return sum(_line(p) == self.what for p in points) >= self.nth


def _line(point):
    return point.split(" ", 1)[1]


def of_both(points, others):
    """Of the points of a run those that came so often in another one."""
    left = Counter(_line(p) for p in others)
    return [p for p in points if left.subtract([_line(p)]) or left[_line(p)] >= 0]


class Kind:
    """
    strike(area, fault): the command meanwhile, its status and output; ends: what that status may be; only: the points that
    count; each: also those before which nothing has changed since the one before; first: the first alone
    """

    def __init__(self, strike, ends, proxy=False, only=None, each=False, first=False):
        self.strike, self.ends, self.proxy, self.only, self.each, self.first = strike, ends, proxy, only, each, first

    def choose(self, points):
        if self.first:
            return points[:1]
        if not self.proxy and not self.each:
            points = [p for i, p in enumerate(points) if i == 0 or not INERT.match(points[i - 1])]
        points = [p for p in points if not self.only or self.only.search(p)]
        return list({LOCK.search(p)[1]: p for p in points}.values()) if self.only is LOCK else points


def _shim(area, fault):
    action = fault.kind.upper() if fault.kind in ("enospc", "eio") else fault.kind
    return world.command(*area.words(), env={**fault.of_shim(action), "FAULT_JUMP": YESTERDAY})


def _at_pause(area, fault, meanwhile):
    """The command stands still at the point while something else happens."""
    def go_on(child):
        try:
            meanwhile()
        finally:
            os.unlink(PAUSE)

    return world.command(*area.words(), env={**fault.of_shim("pause"), "FAULT_PAUSE": PAUSE}, until=lambda: os.path.exists(PAUSE),
                         meanwhile=go_on)


def _restart(area, fault):
    return _at_pause(area, fault, world.restart_production)


def _race(area, fault):
    """The same command a second time, which must not be harmed, nor harm."""
    rivals = []

    def start_rival():
        rivals.append(world.Rival(*area.rival(), cwd=area.beside or world.APP))
        rivals[0].let_run(2)

    ended = _at_pause(area, fault, start_rival)
    for rival in rivals:
        status, output = rival.end()
        if status not in (0, 1, 2, 128):
            raise Broken(f"the second one ended with {status}:\n{output}")
    return ended


proxy = Proxy(("127.0.0.1", int(os.environ["PROD_PORT"])))


def _cut(area, fault):
    proxy.set(fault)
    ended = world.command(*area.words())
    proxy.set(None)
    return ended


def _stall(area, fault):
    """Whoever waits presses Ctrl-C at last."""
    def interrupt(child):
        time.sleep(0.3)
        os.killpg(child.pid, signal.SIGINT)

    proxy.set(fault)
    ended = world.command(*area.words(), until=proxy.hit.is_set, meanwhile=interrupt)
    proxy.set(None)
    return ended


def _locked(area, fault):
    """The lock that is taken at the point is there already, as one of a program that was killed. What is said names it."""
    path = f"{world.APP}/.git/{LOCK.search(fault.what)[1]}.lock"
    if "#" in path:
        path = path.replace("#", str(world.session()))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "x"):
        pass
    status, output = world.command(*area.words())
    if status and ".lock" not in output:
        raise Broken(f"it ended with {status}, and names no lock:\n{output}")
    return status, output


MEMORY = ("valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite",
          "--errors-for-leak-kinds=definite", "--fair-sched=yes")


def _memory(area, _fault):
    """Nothing happens, but that every access to memory is looked at."""
    if not shutil.which(MEMORY[0]):
        raise Broken("valgrind is not installed")
    return world.command(*area.words(), env={"LD_PRELOAD": ""}, under=MEMORY)


KINDS = {
    "kill": Kind(_shim, (-9, 0)),
    "int": Kind(_shim, (0, 130), each=True),
    "enospc": Kind(_shim, (0, 1, 2, 128), only=ROOM, each=True),
    "eio": Kind(_shim, (0, 1, 2, 128), only=DISK, each=True),
    "jump": Kind(_shim, (0,)),
    "cut": Kind(_cut, (0, 1, 2, 128), proxy=True),
    "slow": Kind(_cut, (0,), proxy=True),
    "stall": Kind(_stall, (0, 2, 3, 128, 130), proxy=True),
    "restart": Kind(_restart, (0, 1, 2, 128)),
    "locked": Kind(_locked, (0, 1, 2, 128), only=LOCK, each=True),
    "memory": Kind(_memory, (0,), first=True),
    "race": Kind(_race, (0, 1, 2, 128)),
}
