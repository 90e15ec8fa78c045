#include "trace/leftover.h"

/* $1: since, $2: schema, $3: name, $4: what it is the name of. A long name is cut, so that the table tells. */
static const char find_sql[] =
	"WITH RECURSIVE named AS (SELECT coalesce(i.indrelid, c.oid) AS oid FROM pg_catalog.pg_class c"
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid"
	" WHERE $4 IN ('index', 'table') AND c.relname = $3 AND ($2::pg_catalog.text IS NULL OR n.nspname = $2)),"
	" tables AS (SELECT oid FROM named UNION SELECT inhrelid FROM tables JOIN pg_catalog.pg_inherits ON inhparent = oid),"
	" about AS (SELECT oid FROM tables UNION SELECT reltoastrelid FROM tables JOIN pg_catalog.pg_class c USING (oid))"
	" SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_index i"
	" JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" JOIN pg_catalog.pg_class t ON t.oid = i.indrelid JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace"
	" WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$'"
	" AND (i.indrelid IN (TABLE about) OR $4 IN ('database', 'system') OR $4 = 'schema' AND tn.nspname = $3)"
	" AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
	" AND pg_catalog.age(c.xmin) < pg_catalog.age($1::pg_catalog.xid)"
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.relation IN (c.oid, t.oid)"
	" AND l.mode IN ('ShareUpdateExclusiveLock', 'AccessExclusiveLock') AND l.granted"
	" AND l.pid <> pg_catalog.pg_backend_pid()"
	" AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))"
	" ORDER BY c.oid";

int pk_leftover_drop(struct pk_conn *conn, const struct pk_action *reindex, const char *since,
		     void (*dropped)(void *arg, const char *index), void *arg, struct pk_err *err)
{
	const char *params[] = { since, reindex->schema, reindex->name, reindex->object };
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, find_sql, 4, params, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		PK_AUTO(pk_buf) sql = PK_BUF_INIT;

		if (dropped)
			dropped(arg, pk_rows_get(&rows, i, 0));
		/* The name was quoted by the server. */
		pk_buf_addf(&sql, "DROP INDEX CONCURRENTLY %s", pk_rows_get(&rows, i, 0));
		if (pk_exec(conn, sql.ptr, err) < 0)
			return -1;
	}
	return 0;
}
