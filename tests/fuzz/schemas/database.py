"""Databases that are used again and again: emptied and loaded, which is quicker than made anew."""
import dataclasses
import json

from wire import Connection, Refused
from words import ROLES, literal, quote

EMPTY = """
SET allow_system_table_mods = on;
DO $do$
DECLARE what text;
BEGIN
    FOR what IN
        SELECT 'EVENT TRIGGER ' || quote_ident(evtname) FROM pg_event_trigger
        UNION ALL SELECT 'PUBLICATION ' || quote_ident(pubname) FROM pg_publication
        UNION ALL SELECT 'FOREIGN DATA WRAPPER ' || quote_ident(fdwname) FROM pg_foreign_data_wrapper
        UNION ALL SELECT format('TRANSFORM FOR %s LANGUAGE %I', t.trftype::regtype, l.lanname)
                  FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang
        UNION ALL SELECT 'EXTENSION ' || quote_ident(extname) FROM pg_extension WHERE extname <> 'plpgsql'
        UNION ALL SELECT 'SCHEMA ' || quote_ident(nspname) FROM pg_namespace
                  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
        UNION ALL SELECT 'LANGUAGE ' || quote_ident(lanname) FROM pg_language WHERE oid >= 16384
        UNION ALL SELECT 'ACCESS METHOD ' || quote_ident(amname) FROM pg_am WHERE oid >= 16384
    LOOP
        EXECUTE 'DROP ' || what || ' CASCADE';
    END LOOP;
    FOR what IN SELECT format('CAST (%s AS %s)', castsource::regtype, casttarget::regtype) FROM pg_cast WHERE oid >= 16384 LOOP
        EXECUTE 'DROP ' || what;
    END LOOP;
    DELETE FROM pg_default_acl;
    DELETE FROM pg_shdepend WHERE classid = 'pg_default_acl'::regclass
        AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
END
$do$;
CREATE SCHEMA public AUTHORIZATION {owner};
GRANT {rights} ON SCHEMA public TO PUBLIC;
COMMENT ON SCHEMA public IS 'standard public schema';
"""
LEFT = """SELECT count(*) FROM (
    SELECT oid FROM pg_class UNION ALL SELECT oid FROM pg_type UNION ALL SELECT oid FROM pg_proc UNION ALL SELECT oid FROM pg_cast
    UNION ALL SELECT oid FROM pg_operator UNION ALL SELECT oid FROM pg_ts_config UNION ALL SELECT oid FROM pg_am) x
    WHERE oid >= 16384"""


class Server:
    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        self.admin = Connection(folder, port, "postgres")
        self.version = int(self.admin.query("SHOW server_version_num")[0][0]) // 10000
        self.extensions = [row[0] for row in self.admin.query("SELECT name FROM pg_available_extensions ORDER BY 1")]
        for role in ROLES:
            try:
                self.admin.query(f"CREATE ROLE {quote(role)} IN ROLE pg_read_all_data")  # for materialized views
            except Refused as error:
                if error.sqlstate not in ("42710", "23505"):  # there, or being made by another that starts as well
                    raise

    def url(self, database):
        return f"postgresql://postgres@/{database}?host={self.folder}&port={self.port}"


class Database:
    """One that is emptied before it is loaded."""
    uses = 100  # then made anew, since emptying leaves the catalogs larger

    def __init__(self, server, name):
        self.server, self.name, self.connection = server, name, None
        self.left = 0

    def url(self):
        return self.server.url(self.name)

    def query(self, sql):
        return self.connection.query(sql)

    def drop(self):
        if self.connection:
            self.connection.close()
            self.connection = None
        self.server.admin.query(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def empty(self):
        self.left -= 1
        if self.connection and self.left > 0:
            new = self.server.version >= 15
            try:
                self.query("RESET ALL")
                self.query(EMPTY.replace("{owner}", "pg_database_owner" if new else "postgres")
                           .replace("{rights}", "USAGE" if new else "ALL"))
                self.query("RESET ALL")
                if self.query(LEFT) == [["0"]]:
                    return
            except (Refused, ConnectionError):
                pass
        self.drop()
        self.server.admin.query(f"CREATE DATABASE {self.name} TEMPLATE template0")
        self.connection = Connection(self.server.folder, self.server.port, self.name)
        self.left = self.uses

    def load(self, statements):
        """All in one transaction. Refused when one is."""
        self.empty()
        try:
            self.query(";\n".join(map(str, statements)))
        finally:
            self.query("RESET ALL")

    def load_what_can(self, statements):
        """Those that the server takes, loaded."""
        self.empty()
        taken = []
        for statement in statements:
            try:
                self.query(str(statement))
                taken.append(statement)
            except Refused:
                pass
        self.query("RESET ALL")
        return taken

    # ---- rows ----

    def fill(self):
        """A row in each table that takes one."""
        types = {row[0]: row[1:] for row in self.query(TYPES)}
        tables = {}
        for table, column, type_oid, name in self.query(COLUMNS):
            tables.setdefault(table, []).append((column, sample(types, type_oid, name) if column else None))
        self.query("SET session_replication_role = replica")
        for table, columns in tables.items():
            names = ", ".join(name for name, _ in columns if name)
            values = ", ".join("NULL" if text is None else literal(text).strip() for name, text in columns if name)
            try:
                self.query(f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE VALUES ({values})" if names else
                           f"INSERT INTO {table} DEFAULT VALUES")
            except Refused:
                pass
        self.query("RESET ALL")

    def contents(self):
        """Name -> Table."""
        tables, sources = {}, []
        for name, oid, whole, part, form, columns in self.query(TABLES):
            tables[name] = Table(oid, whole == "t", part == "t", form, json.loads(columns))
            only = "" if whole == "t" else "ONLY "
            sources.append(f"SELECT {literal(name).strip()}, to_jsonb(r)::text FROM {only}{name} r")
        for name, row in self.query(" UNION ALL ".join(sources)) if sources else []:
            tables[name].rows.append(json.loads(row))
        return tables


@dataclasses.dataclass
class Table:
    oid: str
    whole: bool    # has partitions, and their rows
    part: bool     # is one
    form: str      # its type, how it and its wholes are partitioned: what no ALTER TABLE changes
    columns: dict  # those that can be compared -> type
    rows: list = dataclasses.field(default_factory=list)

    def rename(self, columns):
        """Those that go give way."""
        gone = set(columns.values()) - set(columns)
        self.columns = {columns.get(name, name): type_ for name, type_ in self.columns.items() if name not in gone}
        self.rows = [{columns.get(name, name): value for name, value in row.items() if name not in gone} for row in self.rows]


USER = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
NAME = "quote_ident(n.nspname) || '.' || quote_ident(c.relname)"
TABLES = f"""SELECT {NAME}, c.oid, c.relkind = 'p', c.relispartition,
    concat(nullif(c.reloftype, 0), (SELECT string_agg(pg_get_partkeydef(p.relid)
        || (SELECT string_agg(concat_ws(' ', a.atttypid, a.atttypmod, a.attcollation), ',') FROM pg_depend d
            JOIN pg_attribute a ON a.attrelid = p.relid AND a.attnum = d.objsubid
            WHERE d.classid = 'pg_class'::regclass AND d.objid = p.relid AND d.refclassid = d.classid
            AND d.refobjid = p.relid AND d.refobjsubid = 0 AND d.deptype = 'i'), ';')
     FROM pg_partition_ancestors(c.oid) p)),
    coalesce((SELECT json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)) FROM pg_attribute a
     JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     AND a.attgenerated = '' AND t.typtype IN ('b', 'e') AND t.typcategory <> 'A'), '{{}}')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND {USER}"""
COLUMNS = f"""SELECT {NAME}, quote_ident(a.attname), a.atttypid, format_type(a.atttypid, NULL)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND {USER} ORDER BY c.oid, a.attnum"""
TYPES = """SELECT t.oid, t.typtype, t.typbasetype, t.typcategory,
    (SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder LIMIT 1),
    (SELECT array_agg(a.atttypid ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0
     AND NOT a.attisdropped) FROM pg_type t WHERE t.oid >= 16384"""
SAMPLES = {"boolean": "t", "date": "2001-01-01", "timestamp without time zone": "2001-01-01", "uuid": "0" * 31 + "1",
           "timestamp with time zone": "2001-01-01 00:00:00+00", "time without time zone": "10:00", "interval": "1 day",
           "inet": "10.0.0.1", "bytea": "\\x01", "point": "(1,1)", "int4range": "[1,2)", "daterange": "empty",
           "int4multirange": "{}", "xml": "<a/>"}


def sample(types, oid, name):
    """A value that converts into many other types and meets most conditions."""
    if oid in types:
        kind, base, category, label, attributes = types[oid]
        if kind == "e":
            return label
        if kind == "d":
            return sample(types, base, "")
        if kind == "c":
            return "(" + "," * (attributes.count(",") if attributes else 0) + ")"
        if kind in "rm" or category == "R":
            return "{}" if kind == "m" else "empty"
    return "{}" if name.endswith("[]") or (oid in types and types[oid][2] == "A") else SAMPLES.get(name, "1")
