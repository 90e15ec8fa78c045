/* What has to be known of a source before it is copied. */
#include "clone/copy.h"
#include "clone/spaces.h"
#include "pg/sqlstate.h"

void pk_source_facts_release(struct pk_source_facts *facts)
{
	free(facts->role);
	free(facts->owner);
	free(facts->encoding);
	free(facts->collate);
	free(facts->ctype);
	free(facts->provider);
	free(facts->locale);
	pk_strv_release(&facts->roles);
	pk_strv_release(&facts->extensions);
	pk_strv_release(&facts->memberships);
	pk_strv_release(&facts->settings);
	pk_strv_release(&facts->placed);
	pk_strv_release(&facts->placed_indexes);
	*facts = (struct pk_source_facts)PK_SOURCE_FACTS_INIT;
}

static const char database_sql[] =
	"SELECT current_user, pg_catalog.pg_get_userbyid(d.datdba), "
	"pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, "
	"pg_catalog.pg_database_size(d.oid), "
	"pg_catalog.has_database_privilege(d.oid, 'CREATE'), "
	"EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'public'), "
	"EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'plpgsql'), "
	"(SELECT count(*) FROM pg_catalog.pg_class c "
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	" WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema') "
	"FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()";

/*
 * pg_shdepend knows every owner, grantee and policy role but one: the bootstrap superuser (OID 10) is
 * pinned and has no rows, so what it owns is looked up where that is common. 1260 is pg_authid.
 */
#define USED_ROLES                                                                                 \
	"used AS ("                                                                                \
	"SELECT s.refobjid AS oid FROM pg_catalog.pg_shdepend s WHERE s.refclassid = 1260 AND "    \
	"s.dbid = "                                                                                \
	"(SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) "  \
	"UNION SELECT datdba FROM pg_catalog.pg_database WHERE datname = "                         \
	"pg_catalog.current_database() "                                                           \
	"UNION SELECT 10::oid WHERE EXISTS (SELECT FROM ("                                         \
	" SELECT 1259::oid AS classid, oid FROM pg_catalog.pg_class WHERE relowner = 10"           \
	" UNION ALL SELECT 1255, oid FROM pg_catalog.pg_proc WHERE proowner = 10"                  \
	" UNION ALL SELECT 1247, oid FROM pg_catalog.pg_type WHERE typowner = 10"                  \
	" UNION ALL SELECT 2615, oid FROM pg_catalog.pg_namespace WHERE nspowner = 10"             \
	" UNION ALL SELECT 2617, oid FROM pg_catalog.pg_operator WHERE oprowner = 10"              \
	" UNION ALL SELECT 3456, oid FROM pg_catalog.pg_collation WHERE collowner = 10"            \
	" UNION ALL SELECT 3381, oid FROM pg_catalog.pg_statistic_ext WHERE stxowner = 10"         \
	" UNION ALL SELECT 3602, oid FROM pg_catalog.pg_ts_config WHERE cfgowner = 10"             \
	" UNION ALL SELECT 3600, oid FROM pg_catalog.pg_ts_dict WHERE dictowner = 10"              \
	" UNION ALL SELECT 1417, oid FROM pg_catalog.pg_foreign_server WHERE srvowner = 10"        \
	" UNION ALL SELECT 6104, oid FROM pg_catalog.pg_publication WHERE pubowner = 10"           \
	" UNION ALL SELECT 1418, umid FROM pg_catalog.pg_user_mappings WHERE umuser = 10"          \
	" UNION ALL SELECT 2995, oid FROM pg_catalog.pg_largeobject_metadata WHERE lomowner = 10"  \
	" UNION ALL SELECT 826, oid FROM pg_catalog.pg_default_acl WHERE defaclrole = 10"          \
	" UNION ALL SELECT 3256, oid FROM pg_catalog.pg_policy WHERE 10 = ANY (polroles)"          \
	" UNION ALL SELECT 1259, c.oid FROM pg_catalog.pg_class c, "                               \
	"pg_catalog.aclexplode(c.relacl) a"                                                        \
	"  WHERE a.grantee = 10 AND c.relowner <> 10"                                              \
	" UNION ALL SELECT 1255, c.oid FROM pg_catalog.pg_proc c, "                                \
	"pg_catalog.aclexplode(c.proacl) a"                                                        \
	"  WHERE a.grantee = 10 AND c.proowner <> 10"                                              \
	" UNION ALL SELECT 2615, c.oid FROM pg_catalog.pg_namespace c, "                           \
	"pg_catalog.aclexplode(c.nspacl) a"                                                        \
	"  WHERE a.grantee = 10 AND c.nspowner <> 10"                                              \
	" UNION ALL SELECT 826, c.oid FROM pg_catalog.pg_default_acl c, "                          \
	"pg_catalog.aclexplode(c.defaclacl) a"                                                     \
	"  WHERE a.grantee = 10"                                                                   \
	") o WHERE (o.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"             \
	" WHERE d.classid = o.classid AND d.objid = o.oid AND d.deptype = 'e')"                    \
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE o.classid = 1259 AND c.oid = "   \
	"o.oid"                                                                                    \
	"  AND c.relkind IN ('t', 'i', 'I'))"                                                      \
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = o.classid"          \
	"  AND d.objid = o.oid AND d.deptype = 'i'))"                                              \
	" OR (o.classid = 2615 AND EXISTS (SELECT FROM pg_catalog.pg_namespace n"                  \
	"  WHERE n.oid = o.oid AND n.nspname = 'public')))), "                                     \
	"roles AS (SELECT r.*, r.oid IN (SELECT oid FROM used) AS named FROM pg_catalog.pg_roles " \
	"r "                                                                                       \
	"WHERE (r.oid IN (SELECT oid FROM used) OR r.rolname = current_user) AND r.rolname !~ "    \
	"'^pg_') "

static const char roles_sql[] = "WITH " USED_ROLES "SELECT rolname, named FROM roles ORDER BY 1";

/*
 * All pairs, indirect membership too, since roles in between may have no stand-in. A superuser counts
 * as a member of all when it is the one that deploys: what it may do there, its stand-in must do here.
 */
static const char memberships_sql[] =
	"WITH " USED_ROLES "SELECT g.rolname, m.rolname FROM roles m, roles g WHERE m.oid <> g.oid "
	"AND (NOT m.rolsuper OR m.rolname = current_user) "
	"AND pg_catalog.pg_has_role(m.oid, g.oid, 'MEMBER') ORDER BY m.rolsuper, 2, 1";

static const char extensions_sql[] =
	"SELECT extname || ' ' || extversion FROM pg_catalog.pg_extension ORDER BY 1";

/*
 * What sessions of the role start with, weakest first (process_settings() in postinit.c). Only what
 * changes the meaning of SQL and can do no harm.
 */
static const char settings_sql[] =
	"SELECT pg_catalog.split_part(c, '=', 1), "
	"pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1) "
	"FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c "
	"WHERE s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database "
	" WHERE datname = pg_catalog.current_database())) "
	"AND s.setrole IN (0, (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = session_user)) "
	"AND pg_catalog.lower(pg_catalog.split_part(c, '=', 1)) IN ('search_path', 'timezone', "
	"'datestyle', "
	"'intervalstyle', 'bytea_output', 'default_text_search_config', 'xmloption', "
	"'array_nulls', "
	"'standard_conforming_strings', 'backslash_quote', 'row_security', 'lc_monetary', "
	"'lc_numeric', "
	"'lc_time') "
	"ORDER BY s.setrole <> 0, s.setdatabase <> 0";

/* All columns of all rows, one after the other. */
static int read_list(struct pk_conn *conn, const char *sql, struct pk_strv *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, sql, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		for (int j = 0; j < rows.columns; j++)
			pk_strv_push(ret, pk_rows_get(&rows, i, j));
	return 0;
}

/* Columns that came with ICU as a database's provider, and were renamed since. */
static int read_provider(struct pk_conn *conn, struct pk_source_facts *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	const char *sql =
		conn->version >= 170000
			? "SELECT datlocprovider, datlocale FROM pg_catalog.pg_database "
			  "WHERE datname = pg_catalog.current_database()"
			: "SELECT datlocprovider, daticulocale FROM pg_catalog.pg_database "
			  "WHERE datname = pg_catalog.current_database()";

	if (conn->version < 150000)
		return 0;
	if (pk_query(conn, sql, 0, NULL, &rows, err) < 0)
		return -1;
	if (rows.n && !pk_streq(pk_rows_get(&rows, 0, 0), "c")) {
		ret->provider = pk_strdup(pk_rows_get(&rows, 0, 0));
		ret->locale = pk_strdup(pk_rows_get(&rows, 0, 1));
	}
	return 0;
}

static int read_database(struct pk_conn *conn, struct pk_source_facts *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, database_sql, 0, NULL, &rows, err) < 0)
		return -1;
	if (rows.n != 1)
		return pk_err_set(err, "'%s' was renamed or dropped meanwhile", conn->where);
	ret->version = conn->version;
	ret->role = pk_strdup(pk_rows_get(&rows, 0, 0));
	ret->owner = pk_strdup(pk_rows_get(&rows, 0, 1));
	ret->encoding = pk_strdup(pk_rows_get(&rows, 0, 2));
	ret->collate = pk_strdup(pk_rows_get(&rows, 0, 3));
	ret->ctype = pk_strdup(pk_rows_get(&rows, 0, 4));
	ret->size = pk_rows_int(&rows, 0, 5);
	ret->may_create = pk_rows_true(&rows, 0, 6);
	ret->has_public = pk_rows_true(&rows, 0, 7);
	ret->has_plpgsql = pk_rows_true(&rows, 0, 8);
	ret->tables = pk_rows_int(&rows, 0, 9);
	return 0;
}

int pk_source_facts_read(struct pk_conn *conn, struct pk_source_facts *ret, struct pk_err *err)
{
	PK_AUTO(pk_source_facts) facts = PK_SOURCE_FACTS_INIT;
	PK_AUTO(pk_rows) roles = PK_ROWS_INIT;

	if (read_database(conn, &facts, err) < 0 || read_provider(conn, &facts, err) < 0 ||
	    pk_carry_read_public(conn, &facts.public_may, err) < 0 ||
	    pk_query(conn, roles_sql, 0, NULL, &roles, err) < 0 ||
	    read_list(conn, memberships_sql, &facts.memberships, err) < 0 ||
	    read_list(conn, extensions_sql, &facts.extensions, err) < 0 ||
	    read_list(conn, settings_sql, &facts.settings, err) < 0 ||
	    pk_spaces_read(conn, false, &facts.placed, err) < 0 ||
	    pk_spaces_read(conn, true, &facts.placed_indexes, err) < 0)
		return pk_err_wrap(err, "cannot read what '%s' is made of", conn->where);
	for (int i = 0; i < roles.n; i++) {
		pk_strv_push(&facts.roles, pk_rows_get(&roles, i, 0));
		if (pk_streq(pk_rows_get(&roles, i, 0), facts.role))
			facts.role_named = pk_rows_true(&roles, i, 1);
	}
	*ret = facts;
	facts = (struct pk_source_facts)PK_SOURCE_FACTS_INIT;
	return 0;
}

/* The admin is ours alone and the login role a member of everything: nobody's stand-in. */
static int check_names(const struct pk_source_facts *facts, const struct pk_server *server,
		       struct pk_err *err)
{
	const char *const reserved[] = {
		pk_conninfo_get(&server->admin, "user"),
		server->login,
	};

	for (size_t i = 0; i < PK_COUNT(reserved); i++) {
		if (!reserved[i] || !pk_strv_has(&facts->roles, reserved[i]))
			continue;
		pk_err_set(
			err,
			"the source has a role named '%s', which the local server keeps for itself",
			reserved[i]);
		if (pk_server_is_private(server))
			return pk_err_hint(
				err,
				"rename it there (ALTER ROLE %s RENAME TO ...), or connect as "
				"a role that has no part in it",
				reserved[i]);
		return pk_err_hint(err,
				   "name a server whose roles have other names");
	}
	return 0;
}

/* A member of a member may not be granted back; then the one direction that holds is enough. */
static int grant_member(struct pk_conn *admin, const char *role, const char *member,
			struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_err) e = PK_ERR_INIT;

	pk_buf_add(&sql, "GRANT ");
	pk_buf_add_ident(&sql, role);
	pk_buf_add(&sql, " TO ");
	pk_buf_add_ident(&sql, member);
	if (pk_exec(admin, sql.ptr, &e) == 0 || pk_streq(e.sqlstate, PK_SQLSTATE_INVALID_GRANT_OPERATION))
		return 0;
	return pk_err_move(err, &e);
}

int pk_source_facts_roles(const struct pk_source_facts *facts, struct pk_server *server,
			  struct pk_err *err)
{
	struct pk_conn *admin;

	if (check_names(facts, server, err) < 0 ||
	    pk_server_ensure_roles(server, &facts->roles, err) < 0 ||
	    pk_server_admin(server, &admin, err) < 0)
		return -1;
	for (size_t i = 0; i + 1 < facts->memberships.n; i += 2)
		if (grant_member(admin, facts->memberships.items[i],
				 facts->memberships.items[i + 1], err) < 0)
			return pk_err_wrap(err, "cannot make the stand-in for role '%s'",
					   facts->memberships.items[i + 1]);
	return pk_spaces_ensure(facts, server, err);
}
