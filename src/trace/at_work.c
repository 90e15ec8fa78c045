#include "trace/at_work.h"

/* Autovacuum has no user, and that alone is shown of it to everybody. */
static const char find_sql[] =
	"WITH RECURSIVE tables AS (SELECT coalesce(i.indrelid, r.oid) AS oid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS r (oid)"
	" LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = r.oid"
	" UNION SELECT inhrelid FROM tables JOIN pg_catalog.pg_inherits ON inhparent = oid),"
	" about AS (SELECT oid FROM tables UNION SELECT reltoastrelid FROM tables JOIN pg_catalog.pg_class c USING (oid))"
	" SELECT pg_catalog.format('pid %s (%s, user %s)', a.pid,"
	" coalesce(nullif(a.application_name, ''), 'no application name'), a.usename)"
	" FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
	" WHERE l.locktype = 'relation' AND l.mode = 'ShareUpdateExclusiveLock' AND l.pid <> pg_catalog.pg_backend_pid()"
	" AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"
	" AND a.usesysid IS NOT NULL AND (l.relation IN (SELECT oid FROM about)"
	" OR $1 IS NULL AND l.relation IN (SELECT indexrelid FROM pg_catalog.pg_index))"
	" ORDER BY l.granted DESC, a.pid LIMIT 1";

int pk_at_work_find(struct pk_conn *conn, const char *tables, char **ret_who, struct pk_err *err)
{
	const char *params[] = { tables };

	return pk_query_value(conn, find_sql, 1, params, ret_who, err);
}
