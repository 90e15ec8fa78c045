"""What a command left behind, as a text: equal where what holds after the one holds after the other."""

import os
import re
import subprocess

import world
from world import APP, T

# Of one run only: ids, times, temporary names.
_PASSING = re.compile(r"[0-9a-f]{7,}|(?<=tmp_obj_)\w+|(?<=tmp_object_git2_)\w+|(?<=\.pk-tmp-)\w+")
_SIZED = re.compile(r"/(config|index|HEAD|prod\.json)$")

_TABLES = r"""SELECT c.relname, c.relkind, c.relhassubclass, i.indisvalid, i.indisready,
        (SELECT string_agg(concat(a.attname, a.attnotnull, format_type(a.atttypid, a.atttypmod)), ',' ORDER BY attnum)
         FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)
    FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'postkit')) ORDER BY 1"""
_ROWS = "SELECT (SELECT n FROM tally), count(*), sum(total) FROM orders"
_RECORDS = """SELECT version, state, name FROM postkit.schema_migrations ORDER BY 1"""
_DATABASES = r"""SELECT datname, datallowconn, substring(shobj_description(oid, 'pg_database') FROM '"purpose":"([^"]*)"')
    FROM pg_database WHERE datname LIKE 'pk\_%' ORDER BY 3, 2"""


def _git(*args):
    return subprocess.run(("git", *args), cwd=APP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False).stdout.decode(errors="replace")


def _files():
    for folder in (APP + "/.git", APP + "/db", T + "/state", T + "/tmp"):
        for path, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if name != "data"]
            for name in names:
                whole = f"{path}/{name}"
                if "/objects/" not in whole or "tmp_" in name:
                    yield f"{whole} {os.path.getsize(whole) if _SIZED.search(whole) else ''}"


def _clone():
    at = world.session()
    there = at and world.local(f"SELECT count(*) FROM pg_database WHERE datname = 'pk_clone_{at}'") == "1"
    return world.local(_TABLES, _ROWS, _RECORDS, database="pk_clone_" + at) if there else ""


def present():
    """Call world.quiet() first. Costs less than to look whether all holds."""
    text = "\n".join([
        world.production(_TABLES, _ROWS, *([_RECORDS] if world.has_table() else [])), world.local(_DATABASES), _clone(), *sorted(_files()),
        _git("for-each-ref", "--format=%(refname) %(contents:subject)"), _git("status", "--porcelain=v2", "--branch")])
    return _PASSING.sub("#", text)
