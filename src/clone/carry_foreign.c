/* What reaches elsewhere: foreign data, publications, subscriptions. */
#include "catalog/kind.h"
#include "clone/carry.h"
#include "pg/silence.h"

#define WAITING "postkit.shared"

void pk_carried_release(struct pk_carried *carried)
{
	pk_strv_release(&carried->objects);
	pk_buf_release(&carried->labels);
	pk_buf_release(&carried->shared);
	pk_buf_release(&carried->shared_labels);
}

/* A source that is a copy itself has handlers in its pictures alone. */
static const char handlers_sql[] =
	"SELECT pg_catalog.format('ALTER FOREIGN DATA WRAPPER %I HANDLER %s', w.fdwname, p.oid::pg_catalog.regproc) "
	"FROM pg_catalog.pg_foreign_data_wrapper w "
	"JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass "
	" AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass "
	"JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid "
	" AND p.prorettype = 'pg_catalog.fdw_handler'::pg_catalog.regtype "
	"WHERE w.fdwhandler = 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e "
	" WHERE e.classid = 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass AND e.objid = w.oid "
	" AND e.deptype = 'e') ORDER BY w.fdwname";

/* As addresses, which mean the same in a copy, and need no provider there. */
static const char labels_sql[] =
	"SELECT a.type, a.object_names, a.object_args, l.provider, l.label FROM (SELECT classoid, objoid, objsubid, provider, "
	"label FROM pg_catalog.pg_seclabel UNION ALL SELECT classoid, objoid, 0, provider, label FROM pg_catalog.pg_shseclabel "
	"WHERE classoid = 'pg_catalog.pg_subscription'::pg_catalog.regclass AND objoid IN (SELECT s.oid "
	"FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid "
	"WHERE d.datname = pg_catalog.current_database())) l, "
	"pg_catalog.pg_identify_object(l.classoid, l.objoid, l.objsubid) i, "
	"pg_catalog.pg_identify_object_as_address(l.classoid, l.objoid, l.objsubid) a "
	"WHERE coalesce(i.schema, CASE i.type WHEN 'schema' THEN i.name END, '') !~ '^pg_' ORDER BY 1, 2, 3, 4";

static const char any_sql[] =
	"SELECT 1 WHERE EXISTS (SELECT FROM pg_catalog.pg_user_mappings) "
	"OR EXISTS (SELECT FROM pg_catalog.pg_publication) OR EXISTS (SELECT FROM pg_catalog.pg_subscription s "
	"JOIN pg_catalog.pg_database d ON d.oid = s.subdbid WHERE d.datname = pg_catalog.current_database())";

static void add_text(struct pk_carried *ret, struct pk_snapshot *snapshot, const struct pk_object *o)
{
	/* Born as nobody's, so that the owner is always said. */
	struct pk_script s = { .arena = &snapshot->arena, .files = true, .role = "",
			       .database_owner = snapshot->database_owner, .side = snapshot };
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_object_create(&s, o);
	pk_script_text(&s, &text);
	pk_script_release(&s);
	if (o->kind->shared)
		pk_buf_add(&ret->shared, text.ptr);
	else
		pk_strv_push(&ret->objects, text.ptr);
}

/* Those of subscriptions wait as these do. */
static void add_label(struct pk_carried *ret, const struct pk_rows *rows, int row)
{
	bool shared = pk_streq(pk_rows_get(rows, row, 0), pk_kind_subscription.name);
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, shared ? "INSERT INTO pg_catalog.pg_shseclabel (classoid, objoid, provider, label) "
				  "SELECT a.classid, a.objid, " :
				  "INSERT INTO pg_catalog.pg_seclabel (classoid, objoid, objsubid, provider, label) "
				  "SELECT a.classid, a.objid, a.objsubid, ");
	pk_buf_add_literal(&sql, pk_rows_get(rows, row, 3));
	pk_buf_add(&sql, ", ");
	pk_buf_add_literal(&sql, pk_rows_get(rows, row, 4));
	for (int i = 0; i < 3; i++) {
		pk_buf_add(&sql, i ? ", " : " FROM pg_catalog.pg_get_object_address(");
		pk_buf_add_literal(&sql, pk_rows_get(rows, row, i));
	}
	pk_buf_add(&sql, ") a;\n");
	pk_buf_add(shared ? &ret->shared_labels : &ret->labels, sql.ptr);
}

int pk_carried_read(struct pk_conn *source, struct pk_carried *ret, struct pk_err *err)
{
	PK_AUTO(pk_snapshot) snapshot = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_rows) handlers = PK_ROWS_INIT, labels = PK_ROWS_INIT;
	PK_FREE char *any = NULL;

	if (pk_query(source, handlers_sql, 0, NULL, &handlers, err) < 0 ||
	    pk_query(source, labels_sql, 0, NULL, &labels, err) < 0 ||
	    pk_query_value(source, any_sql, 0, NULL, &any, err) < 0)
		return -1;
	for (int i = 0; i < handlers.n; i++)
		pk_strv_push(&ret->objects, pk_rows_get(&handlers, i, 0));
	if (any && pk_snapshot_read(source, NULL, &snapshot, err) < 0)
		return -1;
	for (size_t i = 0; i < snapshot.n; i++) {
		if (!snapshot.objects[i]->kind->carried)
			continue;
		snapshot.objects[i]->labels = NULL;
		add_text(ret, &snapshot, snapshot.objects[i]);
	}
	for (int i = 0; i < labels.n; i++)
		add_label(ret, &labels, i);
	return 0;
}

int pk_carried_apply(const struct pk_carried *carried, bool shared, struct pk_conn *target, struct pk_err *err)
{
	for (size_t i = 0; i < carried->objects.n; i++)
		if (pk_exec_silently(target, carried->objects.items[i], err) < 0)
			return pk_err_wrap(err, "cannot carry over: %.60s", carried->objects.items[i]);
	return shared && carried->shared.len ? pk_exec_silently(target, carried->shared.ptr, err) : 0;
}

int pk_carried_label(const struct pk_carried *carried, struct pk_conn *target, struct pk_err *err)
{
	if (carried->labels.len && pk_exec_silently(target, carried->labels.ptr, err) < 0)
		return pk_err_wrap(err, "cannot carry over the security labels");
	return 0;
}

int pk_carried_keep(const struct pk_carried *carried, struct pk_conn *target, const char *db, struct pk_err *err)
{
	PK_AUTO(pk_strv) pairs = PK_STRV_INIT;

	if (!carried->shared.len)
		return 0;
	pk_strv_push(&pairs, WAITING);
	pk_strv_pushf(&pairs, "%s%s", carried->shared.ptr, carried->shared_labels.ptr);
	return pk_carry_settings(target, db, &pairs, err);
}

int pk_carried_wake(struct pk_conn *target, const char *db, const struct pk_strv *pairs, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	for (size_t i = 0; i + 1 < pairs->n; i += 2) {
		if (!pk_streq(pairs->items[i], WAITING))
			continue;
		pk_buf_add(&sql, "ALTER DATABASE ");
		pk_buf_add_ident(&sql, db);
		pk_buf_add(&sql, " RESET " WAITING);
		if (pk_exec_silently(target, pairs->items[i + 1], err) < 0 || pk_exec(target, sql.ptr, err) < 0)
			return pk_err_wrap(err, "cannot carry over the subscriptions");
	}
	return 0;
}

static int read_column(struct pk_conn *conn, const char *sql, int n_params, const char *const *params,
		       struct pk_strv *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, sql, n_params, params, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		pk_strv_push(ret, pk_rows_get(&rows, i, 0));
	return 0;
}

/* Foreign tables and all that reads them: their parents, views. */
#define REACHING                                                                                                     \
	"WITH RECURSIVE reaching (oid) AS (SELECT ftrelid FROM pg_catalog.pg_foreign_table UNION "                  \
	"SELECT x.oid FROM reaching r, LATERAL (SELECT i.inhparent AS oid FROM pg_catalog.pg_inherits i "           \
	"WHERE i.inhrelid = r.oid UNION ALL SELECT w.ev_class FROM pg_catalog.pg_depend d "                         \
	"JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid "                                                          \
	"WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass "                                           \
	"AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = r.oid) x) "

int pk_carry_unfilled(struct pk_conn *source, struct pk_strv *ret, struct pk_err *err)
{
	return read_column(source,
			   REACHING "SELECT c.oid FROM reaching JOIN pg_catalog.pg_class c USING (oid) "
				    "WHERE c.relkind = 'm'",
			   0, NULL, ret, err);
}

/* Large tables first, each alone. */
int pk_carry_analyze(struct pk_conn *target, const char *only, bool alone, struct pk_strv *ret_sql, struct pk_err *err)
{
	const char *const params[] = { only, alone ? "true" : "false" };

	return read_column(target,
			   REACHING
			   "SELECT 'ANALYZE ' || pg_catalog.string_agg(t.name, ', ') FROM (SELECT t.name, t.pages, "
			   "CASE WHEN t.pages > 128 OR $2::bool THEN -t.n ELSE t.n / 16 END AS share FROM (SELECT "
			   "pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, pg_catalog.row_number() OVER () AS n, "
			   "pg_catalog.pg_relation_size(c.oid) / 8192 AS pages "
			   "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
			   "WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' "
			   "AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' "
			   "AND ($1::text IS NULL OR c.oid = ANY (pg_catalog.string_to_array($1, ',')::oid[])) "
			   "AND c.oid NOT IN (SELECT oid FROM reaching)) t) t GROUP BY t.share "
			   "ORDER BY pg_catalog.sum(t.pages) DESC",
			   2, params, ret_sql, err);
}
