"""What can happen to a command at a point, each kind with the points that it has."""

import os
import re
import shutil
import signal
import time

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


class Kind:
    """
    strike(area, fault, what): the command meanwhile, its status and output; ends: what that status may be; only: the points that
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


def _shim(area, fault, _what):
    return world.command(*area.words(), fault=fault.replace("enospc", "ENOSPC").replace("eio", "EIO"),
                         env={"FAULT_JUMP": YESTERDAY})


def _at_pause(area, fault, meanwhile):
    """The command stands still at the point while something else happens."""
    def go_on(child):
        try:
            meanwhile()
        finally:
            os.unlink(PAUSE)

    return world.command(*area.words(), fault="pause@" + fault.split("@")[1], env={"FAULT_PAUSE": PAUSE},
                         until=lambda: os.path.exists(PAUSE), meanwhile=go_on)


def _restart(area, fault, _what):
    return _at_pause(area, fault, world.restart_production)


def _race(area, fault, _what):
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


def _cut(area, fault, _what):
    proxy.set(fault)
    ended = world.command(*area.words())
    proxy.set("")
    return ended


def _stall(area, fault, _what):
    """Whoever waits presses Ctrl-C at last."""
    def interrupt(child):
        time.sleep(0.3)
        os.killpg(child.pid, signal.SIGINT)

    proxy.set(fault)
    ended = world.command(*area.words(), until=proxy.hit.is_set, meanwhile=interrupt)
    proxy.set("")
    return ended


def _locked(area, _fault, what):
    """The lock that is taken at the point is there already, as one of a program that was killed. What is said names it."""
    path = f"{world.APP}/.git/{LOCK.search(what)[1]}.lock"
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


def _memory(area, _fault, _what):
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
