#include "trace/invalid.h"

int pk_invalid_refuse(const char *index, struct pk_err *err)
{
	pk_err_set(err, "index %s is there already, invalid, and was not left by this migration", index);
	pk_err_exit(err, PK_EXIT_NO);
	return pk_err_hint(err, "where nobody is building it: DROP INDEX CONCURRENTLY %s", index);
}

/* That of a partitioned table has no rows of its own; ON ONLY it is meant to be invalid at first. */
static int refuse_partitioned(const char *index, struct pk_err *err)
{
	pk_err_set(err, "index %s is invalid: not all partitions have a valid one for it", index);
	pk_err_exit(err, PK_EXIT_NO);
	return pk_err_hint(err, "build on each partition what it lacks, then ALTER INDEX %s ATTACH PARTITION; or DROP INDEX %s",
			   index, index);
}

/* Operators by their schema: the search path is the users'. An index lives in its table's schema; a long name is cut. */
static int look_at(struct pk_conn *conn, const struct pk_action *a, struct pk_err *err)
{
	static const char sql[] =
		"SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind"
		" FROM pg_catalog.pg_class t"
		" JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.relnamespace"
		" JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) t.relnamespace"
		" JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid"
		" WHERE t.relname OPERATOR(pg_catalog.=) $2::pg_catalog.name"
		" AND c.relname OPERATOR(pg_catalog.=) $3::pg_catalog.name AND NOT i.indisvalid"
		" AND CASE WHEN $1::pg_catalog.text IS NULL THEN pg_catalog.pg_table_is_visible(t.oid)"
		" ELSE n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name END";
	const char *params[] = { a->rel_schema, a->rel_name, a->name };
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, sql, 3, params, &rows, err) < 0)
		return -1;
	if (!rows.n)
		return 0;
	if (!pk_streq(pk_rows_get(&rows, 0, 1), "I"))
		return pk_invalid_refuse(pk_rows_get(&rows, 0, 0), err);
	return a->only ? 0 : refuse_partitioned(pk_rows_get(&rows, 0, 0), err);
}

static bool passes_over(const struct pk_action *a)
{
	return a->verb == PK_CREATE && pk_streq(a->object, "index") && a->if_not_exists && !a->concurrently && a->name &&
	       a->rel_name;
}

int pk_invalid_look(struct pk_conn *conn, const struct pk_actions *actions, const struct pk_action *first, struct pk_err *err)
{
	const struct pk_action *end = actions->items + actions->n;

	for (const struct pk_action *a = first; a && a < end && a->statement == first->statement; a++)
		if (passes_over(a) && look_at(conn, a, err) < 0)
			return -1;
	return 0;
}
