#include "clone/owners.h"

/* Catalogs whose rows have an owner. */
static const struct owned {
	const char *catalog, *owner, *acl; /* acl NULL: none */
	const char *recorded; /* which of them pg_shdepend knows by themselves; NULL: all */
} catalogs[] = {
	{ "pg_class", "relowner", "relacl", "o.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')" },
	{ "pg_proc", "proowner", "proacl", NULL },
	{ "pg_type", "typowner", "typacl",
	  "(o.typrelid = 0 OR (SELECT c.relkind FROM pg_catalog.pg_class c WHERE c.oid = o.typrelid) = 'c') "
	  "AND o.typtype <> 'm' AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = o.oid)" },
	{ "pg_namespace", "nspowner", "nspacl", NULL },
	{ "pg_operator", "oprowner", NULL, NULL },
	{ "pg_opclass", "opcowner", NULL, NULL },
	{ "pg_opfamily", "opfowner", NULL, NULL },
	{ "pg_collation", "collowner", NULL, NULL },
	{ "pg_conversion", "conowner", NULL, NULL },
	{ "pg_language", "lanowner", "lanacl", NULL },
	{ "pg_ts_dict", "dictowner", NULL, NULL },
	{ "pg_ts_config", "cfgowner", NULL, NULL },
	{ "pg_statistic_ext", "stxowner", NULL, NULL },
	{ "pg_foreign_server", "srvowner", "srvacl", NULL },
	{ "pg_publication", "pubowner", NULL, NULL },
	{ "pg_largeobject_metadata", "lomowner", "lomacl", NULL },
	{ "pg_default_acl", "defaclrole", "defaclacl", NULL },
};

/*
 * Extensions' own with what hangs on it, and functions that came with a range type, which are the bootstrap superuser's
 * always.
 */
static const char kept_sql[] =
	"WITH RECURSIVE kept (classid, objid) AS (SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e' "
	"UNION SELECT d.classid, d.objid FROM kept k JOIN pg_catalog.pg_depend d ON d.refclassid = k.classid "
	" AND d.refobjid = k.objid AND d.deptype IN ('i', 'a')), "
	"ranges (objid) AS (SELECT objid FROM pg_catalog.pg_depend WHERE classid = 'pg_catalog.pg_proc'::pg_catalog.regclass "
	" AND refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND deptype = 'i')";

/* An element of an access list as text, with our name where it grants and where it is granted to. $2: as it is spelled there. */
#define RENAMED(acl)                                                                                                     \
	"(SELECT pg_catalog.array_agg(pg_catalog.regexp_replace(pg_catalog.regexp_replace(i.item::text, "              \
	"'^postkit_admin=', n.spelled || '='), '/postkit_admin$', '/' || n.spelled)::aclitem ORDER BY i.at) "            \
	"FROM pg_catalog.unnest(" acl ") WITH ORDINALITY i (item, at))"
#define SAYS_US(acl) acl "::text ~ 'postkit_admin'"

/* The role, and its name as access lists have it; backslashes mean something to regexp_replace(). */
static const char role_sql[] = ", n AS (SELECT r.oid AS role, pg_catalog.replace(CASE WHEN r.rolname ~ '^[A-Za-z0-9_]+$' "
			       "THEN r.rolname::text ELSE '\"' || pg_catalog.replace(r.rolname, '\"', '\"\"') || '\"' END, "
			       "E'\\\\', E'\\\\\\\\') AS spelled FROM pg_catalog.pg_roles r WHERE r.rolname = $1)";

static void add_catalog(const struct owned *c, struct pk_buf *sql)
{
	bool all = strcmp(c->catalog, "pg_largeobject_metadata") == 0 || strcmp(c->catalog, "pg_default_acl") == 0;

	pk_buf_addf(sql, ", u_%s AS (UPDATE pg_catalog.%s o SET %s = CASE WHEN o.%s = 10 THEN n.role ELSE o.%s END", c->catalog,
		    c->catalog, c->owner, c->owner, c->owner);
	if (c->acl)
		pk_buf_addf(sql, ", %s = CASE WHEN " SAYS_US("o.%s") " THEN " RENAMED("o.%s") " ELSE o.%s END", c->acl, c->acl,
			    c->acl, c->acl);
	pk_buf_addf(sql, " FROM n WHERE (o.%s = 10", c->owner);
	if (c->acl)
		pk_buf_addf(sql, " OR " SAYS_US("o.%s"), c->acl);
	pk_buf_add(sql, ")");
	if (strcmp(c->catalog, "pg_namespace") == 0)
		pk_buf_add(sql, " AND (o.oid >= 16384 OR o.nspname = 'public')");
	else if (!all)
		pk_buf_add(sql, " AND o.oid >= 16384");
	if (strcmp(c->catalog, "pg_proc") == 0)
		pk_buf_add(sql, " AND o.oid NOT IN (SELECT objid FROM ranges)");
	pk_buf_addf(sql, " AND NOT EXISTS (SELECT FROM kept k WHERE k.classid = 'pg_catalog.%s'::pg_catalog.regclass AND k.objid = o.oid) "
			 "RETURNING 'pg_catalog.%s'::pg_catalog.regclass::oid AS classid, o.oid AS objid, 0 AS sub, "
			 "CASE WHEN o.%s = n.role THEN 'o' ELSE 'a' END AS how, %s AS recorded)",
		    c->catalog, strcmp(c->catalog, "pg_largeobject_metadata") == 0 ? "pg_largeobject" : c->catalog, c->owner,
		    c->recorded ? c->recorded : "true");
}

/* All in one statement, so that what an extension owns is found out once. */
static void add_statement(struct pk_buf *sql)
{
	pk_buf_add(sql, kept_sql);
	pk_buf_add(sql, role_sql);
	for (size_t i = 0; i < PK_COUNT(catalogs); i++)
		add_catalog(&catalogs[i], sql);
	pk_buf_add(sql, ", u_columns AS (UPDATE pg_catalog.pg_attribute o SET attacl = " RENAMED("o.attacl") " FROM n WHERE "
			SAYS_US("o.attacl") " AND o.attrelid >= 16384 AND NOT EXISTS (SELECT FROM kept k "
			"WHERE k.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND k.objid = o.attrelid) "
			"RETURNING 'pg_catalog.pg_class'::pg_catalog.regclass::oid AS classid, o.attrelid AS objid, "
			"o.attnum::int AS sub, 'a' AS how, (SELECT c.relowner NOT IN (10, n.role) FROM pg_catalog.pg_class c "
			" WHERE c.oid = o.attrelid) AS recorded)"
			", u_policies AS (UPDATE pg_catalog.pg_policy o SET polroles = pg_catalog.array_replace(o.polroles, 10::oid, "
			"n.role) FROM n WHERE 10::oid = ANY (o.polroles) RETURNING 'pg_catalog.pg_policy'::pg_catalog.regclass::oid "
			"AS classid, o.oid AS objid, 0 AS sub, 'r' AS how, true AS recorded)"
			", u_mappings AS (UPDATE pg_catalog.pg_user_mapping o SET umuser = n.role FROM n WHERE o.umuser = 10 "
			"RETURNING 'pg_catalog.pg_user_mapping'::pg_catalog.regclass::oid AS classid, o.oid AS objid, 0 AS sub, "
			"'o' AS how, true AS recorded)");
	pk_buf_add(sql, " INSERT INTO pg_catalog.pg_shdepend (dbid, classid, objid, objsubid, refclassid, refobjid, deptype) "
			"SELECT d.oid, u.classid, u.objid, u.sub, 'pg_catalog.pg_authid'::pg_catalog.regclass, n.role, u.how::\"char\" "
			"FROM n, pg_catalog.pg_database d, (SELECT * FROM u_columns UNION ALL SELECT * FROM u_policies "
			"UNION ALL SELECT * FROM u_mappings");
	for (size_t i = 0; i < PK_COUNT(catalogs); i++)
		pk_buf_addf(sql, " UNION ALL SELECT * FROM u_%s", catalogs[i].catalog);
	pk_buf_add(sql, ") u WHERE d.datname = pg_catalog.current_database() AND u.recorded");
}

int pk_owners_give(struct pk_conn *conn, const char *name, struct pk_err *err)
{
	/* Such belong to superusers by law. */
	static const char ours[] =
		"UPDATE pg_catalog.pg_foreign_data_wrapper SET fdwowner = 10 WHERE fdwowner <> 10; "
		"UPDATE pg_catalog.pg_event_trigger SET evtowner = 10 WHERE evtowner <> 10; "
		"DELETE FROM pg_catalog.pg_shdepend WHERE deptype = 'o' AND classid IN "
		"('pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, 'pg_catalog.pg_event_trigger'::pg_catalog.regclass) "
		"AND dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())";
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	add_statement(&sql);
	if (pk_query(conn, sql.ptr, 1, &name, NULL, err) < 0 || pk_exec(conn, ours, err) < 0)
		return pk_err_wrap(err, "cannot give what the superuser '%s' owns to its stand-in", name);
	return 0;
}
