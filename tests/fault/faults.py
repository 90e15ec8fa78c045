"""What can happen to a command at a point, each kind with the points that it has."""

import os
import re
import signal
import time

import world
from proxy import Proxy
from world import T, Broken

DISK = re.compile(r" (write|create|mkdir|link|symlink|rename|renameat|fsync|fdatasync|ftruncate) ")
ROOM = re.compile(r" (write|create|mkdir|link|symlink|ftruncate) ")
# After these the world is as it was.
INERT = re.compile(r"\d+ \S+ (ask|connect|fork) ")
PAUSE = T + "/pause"
YESTERDAY = "-86400"


class Kind:
    """
    strike(area, fault): the command meanwhile, its status and output; ends: what that status may be; only: the points that
    count; each: also those before which nothing has changed since the one before
    """

    def __init__(self, strike, ends, proxy=False, only=None, each=False):
        self.strike, self.ends, self.proxy, self.only, self.each = strike, ends, proxy, only, each

    def choose(self, points):
        if not self.proxy and not self.each:
            points = [p for i, p in enumerate(points) if i == 0 or not INERT.match(points[i - 1])]
        return [p for p in points if not self.only or self.only.search(p)]


def _shim(area, fault):
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


def _restart(area, fault):
    return _at_pause(area, fault, world.restart_production)


def _race(area, fault):
    """The same command a second time, which must not be harmed, nor harm."""
    rivals = []

    def start_rival():
        rivals.append(world.Rival(*area.rival()))
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
    proxy.set("")
    return ended


def _stall(area, fault):
    """Whoever waits presses Ctrl-C at last."""
    def interrupt(child):
        time.sleep(0.3)
        os.killpg(child.pid, signal.SIGINT)

    proxy.set(fault)
    ended = world.command(*area.words(), until=proxy.hit.is_set, meanwhile=interrupt)
    proxy.set("")
    return ended


KINDS = {
    "kill": Kind(_shim, (-9, 0)),
    "int": Kind(_shim, (0, 130), each=True),
    "enospc": Kind(_shim, (0, 1, 2, 128), only=ROOM, each=True),
    "eio": Kind(_shim, (0, 1, 2, 128), only=DISK, each=True),
    "jump": Kind(_shim, (0,)),
    "cut": Kind(_cut, (0, 1, 2, 128), proxy=True),
    "slow": Kind(_cut, (0,), proxy=True),
    "stall": Kind(_stall, (0, 3, 128, 130), proxy=True),
    "restart": Kind(_restart, (0, 1, 2, 128)),
    "race": Kind(_race, (0, 1, 2, 128)),
}
