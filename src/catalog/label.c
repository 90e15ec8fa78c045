#include "catalog/label.h"

#include "base/clock.h"
#include "base/text.h"
#include "git/git.h"
#include "pg/silence.h"
#include "pg/sqlstate.h"
#include "sql/scan.h"

/* Kinds that have labels in a database, as actions call them; superusers: those that are often theirs. */
static const struct {
	const char *object;
	bool superusers;
} kinds[] = {
	{ "aggregate", false }, { "column", false }, { "domain", false }, { "event trigger", true },
	{ "foreign table", false }, { "function", false }, { "language", false }, { "materialized view", false },
	{ "procedure", false }, { "publication", true }, { "routine", false }, { "schema", false },
	{ "sequence", false }, { "subscription", true }, { "table", false }, { "type", false }, { "view", false },
};

/* SECURITY LABEL FOR provider ON object IS text: what stands between the first ON behind the provider and the last IS. */
static void find_object(struct pk_arena *arena, const char *sql, struct pk_label_stmt *ret)
{
	struct pk_scan scan;
	struct pk_token token, last = { 0 };
	size_t start = 0, end = 0;
	int n = 0;

	pk_scan_start(&scan, sql, strlen(sql));
	for (; pk_scan_code(&scan, &token); n++) {
		if (!start && n >= 4 && pk_token_is(sql, &token, "on"))
			start = token.end;
		else if (pk_token_is(sql, &token, "is"))
			end = token.start;
		if (!pk_token_char(sql, &token, ';'))
			last = token;
	}
	if (!start || end <= start)
		return;
	ret->object = pk_arena_strndup(arena, sql + start, end - start);
	if (pk_token_is(sql, &last, "null"))
		ret->text = NULL;
}

/* Nothing of the text itself is for a superuser to read. */
static const char *named(struct pk_arena *arena, const struct pk_action *action)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	pk_buf_add_ident(&name, action->name ? action->name : "");
	return pk_arena_printf(arena, "%s %s", action->type, name.ptr);
}

struct pk_label_stmt pk_label_read(struct pk_arena *arena, const struct pk_action *action, const char *sql)
{
	struct pk_label_stmt label = { 0 };

	if (!action || action->verb != PK_COMMENT || !pk_streq(action->object, "security label") || !action->provider)
		return label;
	label.text = pk_arena_strdup(arena, action->def ? action->def : "");
	find_object(arena, sql, &label);
	for (size_t i = 0; label.object && i < PK_COUNT(kinds); i++)
		if (pk_streq(kinds[i].object, action->type)) {
			label.provider = pk_arena_strdup(arena, action->provider);
			label.superusers = kinds[i].superusers;
		}
	if (label.superusers)
		label.object = named(arena, action);
	return label;
}

/* The function that writes labels of a provider, and of no other. Caller frees. */
static char *function_of(const char *provider)
{
	PK_FREE char *hash = pk_git_hash_blob(provider, strlen(provider));

	return pk_printf("pg_catalog.postkit_label_%s", hash);
}

/* Nothing has this name: whatever is wrong with it, the provider comes first. */
static int is_loaded(struct pk_conn *conn, const char *provider, bool *ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	PK_FREE char *nothing = pk_random_hex(16);

	pk_buf_add(&sql, "SECURITY LABEL FOR ");
	pk_buf_add_ident(&sql, provider);
	pk_buf_addf(&sql, " ON SCHEMA postkit_%s IS NULL", nothing);
	if (pk_exec(conn, sql.ptr, &why) == 0 || strcmp(why.sqlstate, PK_SQLSTATE_INVALID_SCHEMA_NAME) == 0 ||
	    strcmp(why.sqlstate, PK_SQLSTATE_INVALID_PARAMETER_VALUE) == 0) {
		*ret = strcmp(why.sqlstate, PK_SQLSTATE_INVALID_PARAMETER_VALUE) != 0;
		return 0;
	}
	return pk_err_move(err, &why);
}

/*
 * Within a transaction nobody but its session sees what it made, and no role but a superuser may write a catalog. So
 * there is a function. It asks nothing: whoever calls it writes what has no meaning where its provider is not loaded.
 * Those of subscriptions, which are the cluster's, have a catalog of their own.
 */
#define MINE "EXISTS (SELECT FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid "         \
	     "WHERE $1 = 'pg_catalog.pg_subscription'::pg_catalog.regclass AND s.oid = $2 AND d.datname = current_database())"
static const char *const parts[] = {
	"DELETE FROM pg_catalog.pg_seclabel l WHERE l.classoid = $1 AND l.objoid = $2 AND l.objsubid = $3 AND l.provider = ",
	"; DELETE FROM pg_catalog.pg_shseclabel l WHERE l.classoid = $1 AND l.objoid = $2 AND " MINE " AND l.provider = ",
	"; INSERT INTO pg_catalog.pg_seclabel (classoid, objoid, objsubid, provider, label) SELECT $1, $2, $3, ",
	", $4 WHERE $4 IS NOT NULL AND $1 <> 'pg_catalog.pg_subscription'::pg_catalog.regclass; "
	"INSERT INTO pg_catalog.pg_shseclabel (classoid, objoid, provider, label) SELECT $1, $2, ",
	", $4 WHERE $4 IS NOT NULL AND " MINE,
};

static int make_function(struct pk_conn *admin, const char *provider, struct pk_err *err)
{
	PK_FREE char *name = function_of(provider);
	PK_AUTO(pk_buf) body = PK_BUF_INIT, sql = PK_BUF_INIT;

	for (size_t i = 0; i < PK_COUNT(parts); i++) {
		if (i)
			pk_buf_add_literal(&body, provider);
		pk_buf_add(&body, parts[i]);
	}
	pk_buf_addf(&sql, "CREATE OR REPLACE FUNCTION %s(pg_catalog.oid, pg_catalog.oid, pg_catalog.int4, pg_catalog.text) "
			  "RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = '' AS ", name);
	pk_buf_add_literal(&sql, body.ptr);
	pk_buf_addf(&sql, "; GRANT EXECUTE ON FUNCTION %s TO PUBLIC", name);
	return pk_exec_silently(admin, sql.ptr, err);
}

int pk_label_kept(struct pk_super *super, const struct pk_label_stmt *label, bool *ret, struct pk_err *err)
{
	static char yes, no;
	void *known;
	bool loaded = true;

	*ret = false;
	if (!label->provider || !super->admin)
		return 0;
	known = pk_map_get(&super->labels, label->provider);
	if (!known) {
		if (is_loaded(super->user, label->provider, &loaded, err) < 0 ||
		    (!loaded && make_function(super->admin, label->provider, err) < 0))
			return -1;
		known = loaded ? &no : &yes;
		pk_map_set(&super->labels, label->provider, known);
	}
	*ret = known == &yes;
	return 0;
}

/*
 * COMMENT takes what SECURITY LABEL takes, finds it in the same way and wants the same owner. It is said and taken
 * back, and tells in between what was meant.
 */
static int find_address(struct pk_conn *conn, const struct pk_label_stmt *label, struct pk_rows *ret, struct pk_err *err)
{
	PK_FREE char *mark = pk_random_hex(16);
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	const char *const params[] = { mark };

	pk_buf_addf(&sql, "COMMENT ON %s IS ", label->object);
	pk_buf_add_literal(&sql, mark);
	if (pk_exec(conn, "SAVEPOINT postkit_label", err) < 0 || pk_query(conn, sql.ptr, 0, NULL, NULL, err) < 0 ||
	    pk_query(conn, "SELECT classoid, objoid, objsubid FROM pg_catalog.pg_description WHERE description = $1", 1, params,
		     ret, err) < 0 ||
	    pk_exec(conn, "ROLLBACK TO SAVEPOINT postkit_label; RELEASE SAVEPOINT postkit_label", err) < 0)
		return -1;
	return ret->n == 1 ? 0 : pk_err_set(err, "it cannot be told what '%s' is", label->object);
}

static int keep(struct pk_conn *conn, void *arg, struct pk_err *err)
{
	const struct pk_label_stmt *label = arg;
	PK_FREE char *name = function_of(label->provider);
	PK_FREE char *sql = pk_printf("SELECT %s($1, $2, $3, $4)", name);
	PK_AUTO(pk_rows) at = PK_ROWS_INIT;

	if (find_address(conn, label, &at, err) < 0)
		return -1;
	const char *const params[] = { pk_rows_get(&at, 0, 0), pk_rows_get(&at, 0, 1), pk_rows_get(&at, 0, 2), label->text };
	return pk_query(conn, sql, PK_COUNT(params), params, NULL, err);
}

int pk_label_keep(struct pk_conn *conn, const struct pk_label_stmt *label, struct pk_err *err)
{
	struct pk_label_stmt it = *label;

	if (pk_conn_tx(conn) != PK_TX_IDLE)
		return keep(conn, &it, err);
	if (pk_exec(conn, "BEGIN", err) < 0)
		return -1;
	if (keep(conn, &it, err) == 0)
		return pk_exec(conn, "COMMIT", err);
	if (pk_conn_alive(conn))
		pk_exec(conn, "ROLLBACK", NULL);
	return -1;
}

int pk_label_keep_for(struct pk_conn *admin, const struct pk_label_stmt *label, struct pk_err *err)
{
	struct pk_label_stmt it = *label;

	return pk_silently(admin, keep, &it, err);
}

int pk_label_keep_as(struct pk_super *super, const struct pk_label_stmt *label, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (pk_label_keep(super->user, label, &why) == 0)
		return 0;
	if (label->superusers && strcmp(why.sqlstate, PK_SQLSTATE_INSUFFICIENT_PRIVILEGE) == 0)
		return pk_label_keep_for(super->admin, label, err);
	return pk_err_move(err, &why);
}
