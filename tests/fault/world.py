"""The world in which commands are killed: states to come back to, commands under the shim, and what must hold."""

import glob
import os
import re
import shutil
import signal
import subprocess
import time

from psql import Failed, Psql

T = os.environ["T"]
APP = T + "/app"
SECRET = os.environ["SECRET"]
PROGRAM = T + "/bin/git-postkit"
USERS, ORDERS, TOTAL = 500, 2000, 2001000
LIMIT = int(os.environ["LIMIT"])  # seconds for a command
BESIDE = T + "/beside"  # a second worktree of APP
HUB = T + "/hub"  # a repository that it is pushed to
LATER = {"FAULT_CLOCK": "100000"}  # what may belong to a command at work is cleared away only by and by


class Broken(Exception):
    """Something that must hold does not."""


def run(*argv, env=None, cwd=None):
    """Exit status and all that was printed."""
    done = subprocess.run(argv, cwd=cwd or APP, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT)
    return done.returncode, done.stdout.decode(errors="replace")


def git(*args):
    status, output = run("git", *args)
    if status:
        raise Broken(f"git {' '.join(args)}: {output}")
    return output.strip()


def write(name, text):
    with open(f"{APP}/{name}", "w") as file:
        file.write(text)


_open = {}  # connections, by (server, database)


def _ask(server, where, password, database, texts):
    if (server, database) not in _open:
        _open[server, database] = Psql(where, password, database, T)
    try:
        return _open[server, database].ask(texts, LIMIT)
    except Failed as why:
        _open.pop((server, database)).close()
        raise Broken(f"psql {database}: {why}") from None


def _hang_up(*stay):
    """No connection of ours is beside what a command does, but those that nobody can tell of."""
    for key in [key for key in _open if key not in stay]:
        _open.pop(key).close()


MAINTENANCE = ("production", "postgres")


def production(*texts, database="shop"):
    return _ask("production", ["-h", os.environ["PROD_SOCKET"], "-p", os.environ["PROD_PORT"], "-U", "postgres"], "", database, texts)


def local(*texts, database="postgres"):
    """On the repository's own server, as its superuser."""
    if ("local", database) in _open:
        return _ask("local", (), "", database, texts)
    place = glob.glob(T + "/state/*/pg*/admin.secret")[0]
    lines = open(os.path.dirname(place) + "/data/postmaster.pid").read().split("\n")
    return _ask("local", ["-h", lines[4], "-p", lines[3], "-U", "postkit_admin"], open(place).read().strip(), database, texts)


# ---- states ----

def session():
    """Of the branch at hand; None without one."""
    branch = git("branch", "--show-current")
    status, output = run("git", "config", f"branch.{branch}.postkitSession")
    return None if status else output.strip()


# What CREATE DATABASE does not take along.
ABOUT = """CREATE TABLE IF NOT EXISTS about AS SELECT datname, datacl, datdba, shobj_description(oid, 'pg_database') AS text
    FROM pg_database WHERE datname LIKE 'pk\\_clone\\_%'"""
LIKE_BEFORE = """UPDATE pg_database d SET datacl = a.datacl, datdba = a.datdba FROM about a WHERE a.datname = d.datname;
    DO $$BEGIN EXECUTE (SELECT format('COMMENT ON DATABASE %I IS %L', datname, text) FROM about WHERE datname = '{0}'); END$$"""


def _reset_clone(state, clone):
    if local(f"SELECT count(*) FROM pg_database WHERE datname = 'kept_{state}'") == "0":
        return
    local(ABOUT, f"DROP DATABASE IF EXISTS {clone} WITH (FORCE)", f"CREATE DATABASE {clone} TEMPLATE kept_{state}",
          LIKE_BEFORE.format(clone))


_reset_to = ()  # the state that production was brought to, and how many transactions had changed something then
COUNTER = """SELECT pg_snapshot_xmax(pg_current_snapshot()),
    (SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND application_name <> 'psql')"""


def _reset_production(state):
    """Where something was changed since: where nothing has a number of a transaction nothing was."""
    global _reset_to
    if _reset_to != (state, production(COUNTER, database="postgres")):
        production("DROP DATABASE IF EXISTS shop WITH (FORCE)", f"CREATE DATABASE shop OWNER shop TEMPLATE kept_{state}",
                   database="postgres")
        _reset_to = (state, production(COUNTER, database="postgres"))


def reset(state):
    """Repository, production and the session's clone as they were kept."""
    _hang_up(MAINTENANCE)
    for path in (APP, T + "/tmp", BESIDE):
        shutil.rmtree(path, ignore_errors=True)
    os.mkdir(T + "/tmp")
    shutil.copytree(f"{T}/kept/{state}", APP, symlinks=True)
    _reset_production(state)
    at = session()
    if at:
        _reset_clone(state, "pk_clone_" + at)


# ---- commands ----

def command(*args, env=None, until=None, meanwhile=None, under=()):
    """
    git-postkit under the shim: exit status (negative: the signal), output. As soon as until() holds meanwhile(child) is
    called. under: words of a program that runs it.
    """
    _hang_up(MAINTENANCE)
    for name in ("calls", "points"):
        if os.path.exists(f"{T}/{name}"):
            os.unlink(f"{T}/{name}")
    shim = {"LD_PRELOAD": T + "/shim.so", "FAULT_SHARED": T + "/calls", "FAULT_LOG": T + "/points", "FAULT_SECRET": SECRET,
            **(env or {})}
    with open(T + "/out", "wb") as out:
        child = subprocess.Popen([*under, PROGRAM, *args], cwd=APP, env={**os.environ, **shim}, stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=out, start_new_session=True)
        try:
            while until and child.poll() is None and not until():
                time.sleep(0.005)
            if until and child.poll() is None:
                meanwhile(child)
            child.wait(LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise Broken(f"git postkit {args[0]} did not come to an end within {LIMIT} s") from None
    output = open(T + "/out", errors="replace").read()
    _no_secret(output, f"the output of git postkit {args[0]}")
    for line in points():
        if line.startswith("0 "):
            raise Broken("the password: " + line[2:])
    return child.returncode, output


def points():
    """What the last command passed: "<number> <program> <call> <what>"."""
    try:
        return open(T + "/points", errors="replace").read().splitlines()
    except FileNotFoundError:
        return []


def must(*args, env=None, statuses=(0,)):
    status, output = command(*args, env=env)
    if status not in statuses:
        raise Broken(f"git postkit {' '.join(args)} ended with {status}:\n{output}")
    return output


class Rival:
    """A second command beside the one that is under way."""

    def __init__(self, *args, cwd=APP):
        self.child = subprocess.Popen([PROGRAM, *args], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT)

    def let_run(self, seconds):
        """To its end, or until the first has to go on: it may wait for that one."""
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            pass

    def end(self):
        try:
            output = self.child.communicate(timeout=LIMIT)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise Broken("the second command did not come to an end") from None
        _no_secret(output, "the output of the second one")
        return self.child.returncode, output


def again(*args):
    """The same command after a fault. A lock that was left behind is said; git's own goes by hand, as git says, ours by its age."""
    status, output = command(*args)
    if status and ".lock" in output:
        for path in glob.glob(APP + "/.git/*.lock") + glob.glob(APP + "/.git/refs/heads/*.lock"):
            os.unlink(path)
        status, output = command(*args, env=LATER)
    if status:
        raise Broken(f"git postkit {' '.join(args)} ended with {status}:\n{output}")
    return output


def quiet():
    """Until the servers have seen that the one that was killed is gone."""
    for _ in range(6000):
        if production("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'git postkit%'") == "0":
            return
        time.sleep(0.01)
    raise Broken("a connection of a command that is gone stays on production")


# ---- what must hold ----

def _no_secret(text, where):
    if SECRET in text:
        raise Broken(f"the password is in {where}")


def has_table():
    return production("SELECT to_regclass('postkit.schema_migrations') IS NOT NULL") == "t"


def applied():
    """Versions whose migration is in, by the target's own table."""
    rows = "SELECT version FROM postkit.schema_migrations WHERE state = 'applied' ORDER BY 1"
    return production(rows).split() if has_table() else []


def half_way():
    return has_table() and production("SELECT count(*) FROM postkit.schema_migrations WHERE state <> 'applied'") != "0"


def migrations():
    return sorted(os.path.basename(path) for path in glob.glob(APP + "/db/migrations/*.sql"))


def standing(*options):
    """What status says: {first word: rest}; of "pending" the number."""
    lines = must("status", "--porcelain", *options).splitlines()
    return {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in lines if " " in line}


def status_is_true():
    """Asked, it says what production's table says; not asked, that or that it does not know."""
    quiet()
    chain = re.findall(r"db/migrations/(\d+)_", git("ls-tree", "--name-only", "HEAD", "db/migrations/"))
    there = applied()
    pending = len([version for version in chain if version not in there])
    asked, known = standing("--fetch")["pending"], standing()["pending"]
    if asked != f"prod {pending}":
        raise Broken(f"status --fetch says '{asked}' pending, and {pending} are")
    # Of one that is being taken back the record says that it is there still, and so it is in part.
    if known not in (f"prod {pending}", f"prod {pending - half_way()}", "prod unknown"):
        raise Broken(f"status says '{known}' pending, and {pending} are")


def reaches_through(port):
    """The remote, from now on, is behind a proxy."""
    git("config", "postkit.remote.prod.url", f"postgresql://shop@127.0.0.1:{port}/shop")


def restart_production():
    """As after a crash; whoever was connected is cut off."""
    _hang_up()
    argv = [os.environ["PG_CTL"], "-D", T + "/prod/data", "-s", "-w", "-m", "immediate", "-l", T + "/prod/log", "restart"]
    if os.getuid() == 0:
        argv = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", *argv]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=T)


def no_row_is_lost(ask, tally):
    if ask("SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM orders), (SELECT sum(total)::bigint FROM orders)") != \
            f"{USERS}|{ORDERS}|{TOTAL}":
        raise Broken("rows are lost")
    if ask("SELECT n FROM tally") != str(tally):
        raise Broken(f"the migration that counts ran {ask('SELECT n FROM tally')} times, not {tally}")


def _is_at_a_state():
    """Production is where the migrations that are in lead to; half way between two only where the table says so."""
    texts = [open(f"{APP}/db/migrations/{name}").read() for name in migrations()]
    at = [re.search(r"^-- postkit: from (\S+) to (\S+)", text, re.M) for text in texts]
    there = len(applied())
    now = must("fingerprint", "prod").split()[0]
    wanted = at[there - 1].group(2) if at[there - 1] else at[there].group(1)
    if now != wanted and not half_way():
        raise Broken(f"production is at {now}, and {there} migrations lead to {wanted}")


def _target_is_sound():
    _is_at_a_state()
    tally = [name.split("_")[0] for name in migrations() if "UPDATE tally" in open(f"{APP}/db/migrations/{name}").read()]
    no_row_is_lost(production, len(set(tally) & set(applied())))


OURS = r"""SELECT datname, substring(shobj_description(oid, 'pg_database') FROM '"purpose":"([^"]*)"')
    FROM pg_database WHERE datname LIKE 'pk\_%'"""


def _nothing_is_left():
    must("gc", env=LATER)
    sessions = git("for-each-ref", "--format=pk_clone_%(refname:lstrip=3)", "refs/postkit/sessions").split()
    for line in local(OURS).splitlines():
        name, purpose = line.split("|")
        if purpose != "kept" and name not in sessions and not name.startswith("pk_template_prod_"):
            raise Broken(f"the database {name} ({purpose}) is left over")
    left = [name for name in os.listdir(T + "/tmp")]
    for folder in (APP + "/.git", APP + "/db", T + "/state"):
        for path, _, names in os.walk(folder):
            if "/data/" not in path:
                left += [f"{path}/{name}" for name in names if re.search(r"^\.pk-tmp|\.(lock|new)$|^tmp_", name)]
    left = [path for path in left if not re.search(r"/(pg\d+|id|sync|import)\.lock$|/tmp_obj_|/\.git/(\w+|refs/heads/\w+|objects/maintenance)\.lock$", path)]  # or git's
    if left:
        raise Broken("files are left over: " + " ".join(left))


def _no_process_is_left():
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            if f"FAULT_SHARED={T}".encode() not in open(path, "rb").read():
                continue
            argv = open(os.path.dirname(path) + "/cmdline", "rb").read().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if argv and "--internal-idle" not in argv:
            raise Broken("a process is left over: " + argv)


def _git_is_whole():
    output = git("fsck", "--no-dangling", "--no-progress")
    if output:
        raise Broken("git fsck: " + output)


def _no_secret_is_kept():
    for folder in (APP, T + "/state", T + "/tmp"):
        status, output = run("grep", "-rlaF", "--exclude-dir=data", "--exclude-dir=objects", SECRET, folder)
        if status == 0:
            raise Broken("the password is in " + output)


def no_secret_in_objects():
    """Of all objects that are there by now: once for many points."""
    pipe = f"git cat-file --batch-all-objects --batch --unordered | grep -caF {SECRET}"
    if run("sh", "-c", pipe)[1].strip() != "0":
        raise Broken("the password is in an object of git")


def no_secret_in_json():
    """Nor in what the commands and git tell of their work."""
    for words in (("status",), ("log",), ("doctor",), ("remote",), ("drift", "prod"), ("records", "fetch"), ("plan",), ("start",),
                  ("check",)):
        must(*words, "--json", env={"GIT_TRACE": "1", "GIT_TRACE2": "1", "GIT_TRACE_SETUP": "1"}, statuses=(0, 1, 2, 128))


def holds():
    """Whatever happened and was finished or undone since. Raises Broken."""
    status_is_true()
    _target_is_sound()
    _nothing_is_left()
    _no_process_is_left()
    _git_is_whole()
    _no_secret_is_kept()
