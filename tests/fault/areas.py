"""The commands that are disturbed: the state they begin in, and how they are finished afterwards."""

import os
import re
import shutil

import world
from world import Broken, again, git, local, must, no_row_is_lost, session, standing


def _clone():
    return lambda text: local(text, database="pk_clone_" + session())


def _again(*args):
    return lambda: again(*args)


def _finish_start():
    if "session" not in standing():
        again("start")


def _start_is_done():
    if not standing().get("database", "").endswith(" present"):
        raise Broken("there is no session with a clone after start")
    no_row_is_lost(_clone(), 1)


def _again_on_a_branch():
    git("switch", "-q", "-c", "again")


def _without_template():
    """As the first on this machine, who copies from the remote."""
    _again_on_a_branch()
    for name in local("SELECT datname FROM pg_database WHERE datname LIKE 'pk\\_template\\_%'").split():
        local(f"ALTER DATABASE {name} IS_TEMPLATE false", f"DROP DATABASE {name} WITH (FORCE)")


def _two_branches():
    git("switch", "-q", "-c", "again")
    git("worktree", "add", "-q", "-b", "beside", world.BESIDE)


def _finish_two():
    _finish_start()
    status, output = world.run(world.PROGRAM, "start", cwd=world.BESIDE)
    if status and "has a session" not in output:
        raise Broken(f"start in the other worktree ended with {status}:\n{output}")


def _two_are_done():
    _start_is_done()
    other = git("config", "branch.beside.postkitSession")
    if other == session():
        raise Broken("two branches have one session")
    no_row_is_lost(lambda text: local(text, database="pk_clone_" + other), 1)


def _finish_apply():
    if standing()["next"] == "git postkit apply":
        again("apply")


def _finish_commit():
    if git("log", "--format=%h", "main..HEAD") == "" or git("status", "--porcelain"):
        again("commit", "-m", "done")


def _apply_is_done():
    no_row_is_lost(_clone(), 1)
    _finish_commit()
    _commit_is_done()


def _commit_is_done():
    if len(git("log", "--format=%h", "main..HEAD").split()) != 1:
        raise Broken("not one commit: " + git("log", "--oneline", "main..HEAD"))
    dirty = [line for line in git("status", "--porcelain").splitlines() if ".pk-tmp-" not in line]  # until gc
    if dirty:
        raise Broken("the work tree is not clean: " + " ".join(dirty))
    if len(world.migrations()) != 4:
        raise Broken("not the migrations that were planned: " + " ".join(world.migrations()))
    no_row_is_lost(_clone(), 1)


def _finish_abort():
    if session():
        again("abort", "--yes")


def _abort_is_done():
    if session() or git("for-each-ref", "refs/postkit/sessions"):
        raise Broken("the session is still there")


def _plan_is_done():
    if standing()["plan"].split()[0] != "current":
        raise Broken("there is no plan: " + standing()["plan"])


def _deployed(number):
    def done():
        if len(world.applied()) != number or world.half_way():
            raise Broken(f"{len(world.applied())} migrations are there, not {number}")
        if standing()["pending"] != f"prod {4 - number}":
            raise Broken("status does not know of the deploy: " + standing()["pending"])
        must("drift", "prod")
    return done


def _fork():
    """A branch with a migration from the state that those of main start from, too, is merged."""
    base = re.search(r" to (\S+)", open(f"{world.APP}/db/migrations/{world.migrations()[0]}").read()).group(1)
    git("switch", "-q", "-c", "side", "HEAD~1")
    world.write("db/schema/tables/beside.sql", "CREATE TABLE public.beside (id integer NOT NULL);\n")
    to = must("fingerprint", "db/schema").split()[0]
    world.write("db/migrations/20990101000000_beside.sql", f"-- postkit: from {base} to {to} (pg15)\n-- migrate:up\n"
                "CREATE TABLE public.beside (id integer NOT NULL);\n-- migrate:down\nDROP TABLE public.beside;\n")
    git("add", "-A")
    git("commit", "-q", "--no-verify", "-m", "beside")
    git("switch", "-q", "main")
    git("merge", "-q", "--no-verify", "-m", "merged", "side")


def _sync_is_done():
    dirty = [line for line in git("status", "--porcelain").splitlines() if ".pk-tmp-" not in line]
    if dirty:
        raise Broken("the work tree is not clean: " + " ".join(dirty))
    if "forked" in must("status", "--porcelain") or len(world.migrations()) != 5:
        raise Broken("it is no chain: " + " ".join(world.migrations()))
    if git("log", "--format=%s", "--first-parent", "-n", "2").splitlines()[1] != "merged":
        raise Broken("not one commit: " + git("log", "--oneline", "-n", "3"))
    must("check", "HEAD~1..HEAD")


def _finish_import():
    """Where it was ended among the files that it writes it says how to write over them."""
    if not world.migrations():
        status, output = world.command("import", "--yes")
        if status and "git postkit import --force" in output:
            again("import", "--yes", "--force")
        elif status:
            again("import", "--yes")
    if git("log", "--format=%h", "-n", "1", "--", "db/migrations") == "":
        git("add", "-A")
        git("commit", "-q", "--no-verify", "-m", "import")
    if not world.applied():
        again("deploy", "--yes")  # takes the baseline over


def _import_is_done():
    if len(world.migrations()) != 1 or not os.path.exists(f"{world.APP}/db/schema/tables/users.sql"):
        raise Broken("not what is imported: " + " ".join(world.migrations()))


def _hub():
    """Another repository, as on a host."""
    shutil.rmtree(world.HUB, ignore_errors=True)
    git("init", "-q", "--bare", world.HUB)
    git("--git-dir", world.HUB, "config", "receive.unpackLimit", "1")
    git("remote", "set-url", "origin", world.HUB)
    git("push", "-q", "--no-verify", "origin", "main")


def _records_elsewhere():
    _hub()
    must("records", "push")
    git("update-ref", "-d", RECORDS)


RECORDS = "refs/postkit/deploys/prod"


def _records_are_shared():
    here, there = git("rev-parse", RECORDS), git("--git-dir", world.HUB, "rev-parse", RECORDS)
    if here != there:
        raise Broken(f"the records are at {here} here, and at {there} there")
    fsck = git("--git-dir", world.HUB, "fsck", "--no-dangling", "--no-progress")
    if fsck:
        raise Broken("git fsck: " + fsck)


class Area:
    """
    state: of world.reset(); prepare: before the command; finish: what is done after a fault; done: what must be true then;
    rival: of a race, argv itself when it is None; local: it does not talk to the remote; beside: the worktree of the
    rival, and then there is nothing but the race
    """

    def __init__(self, state, argv, finish, done, prepare=None, rival=None, local=False, beside=None):
        self.state, self.argv, self.finish, self.done, self.prepare = state, argv, finish, done, prepare
        self._rival, self._local, self.beside = rival, local, beside

    def words(self):
        return self.argv() if callable(self.argv) else self.argv

    def rival(self):
        return self._rival or self.words()

    def has_session(self):
        return self.state in ("plan", "apply", "commit", "abort")

    def has(self, kind):
        if self.beside:
            return kind == "race"
        return not self._local or kind not in ("cut", "stall", "slow", "restart")


def _rollback_to_base():
    return ("rollback", "--to", world.migrations()[0].split("_")[0], "--allow-destructive", "--yes")


AREAS = {
    "deploy": Area("deploy", ("deploy", "--yes"), _again("deploy", "--yes"), _deployed(4),
                   rival=("deploy", "--yes", "--max-wait", "1")),
    "rollback": Area("rollback", _rollback_to_base, lambda: again(*_rollback_to_base()), _deployed(1),
                     rival=("rollback", "--yes", "--max-wait", "1")),
    "start": Area("deploy", ("start",), _finish_start, _start_is_done, _again_on_a_branch),
    "first": Area("deploy", ("start",), _finish_start, _start_is_done, _without_template),
    "branches": Area("deploy", ("start",), _finish_two, _two_are_done, _two_branches, beside=world.BESIDE),
    "plan": Area("plan", ("plan",), _again("plan"), _plan_is_done, local=True),
    "apply": Area("apply", ("apply",), _finish_apply, _apply_is_done, local=True),
    "commit": Area("commit", ("commit", "-m", "done"), _finish_commit, _commit_is_done, local=True),
    "abort": Area("abort", ("abort", "--yes"), _finish_abort, _abort_is_done, local=True),
    "sync": Area("deploy", ("sync",), _again("sync"), _sync_is_done, _fork, local=True),
    "import": Area("import", ("import", "--yes"), _finish_import, _import_is_done),
    "push": Area("rollback", ("records", "push"), _again("records", "push"), _records_are_shared, _hub, local=True),
    "fetch": Area("rollback", ("records", "fetch"), _again("records", "fetch"), _records_are_shared, _records_elsewhere, local=True),
    "gc": Area("abort", ("gc",), _again("gc"), lambda: None, lambda: git("switch", "-q", "--detach"), local=True),
}
