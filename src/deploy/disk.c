#include "deploy/disk.h"

#include <sys/statvfs.h>

#include "base/buf.h"
#include "base/fs.h"

/*
 * A path says something only where we and the server see the same files. A socket may lead into a container, but
 * processes of one have other numbers there, or other folders: ours must be a postgres of that number.
 */
static bool is_here(const char *pid)
{
	PK_FREE char *path = pk_printf("/proc/%s/cmdline", pid);
	PK_AUTO(pk_buf) line = PK_BUF_INIT;

	return pk_read_file(path, &line, NULL) == 0 && pk_starts_with(line.ptr, "postgres: ");
}

int pk_disk_free(struct pk_conn *conn, const char *relation, int64_t *ret_bytes, struct pk_err *err)
{
	static const char sql[] =
		"SELECT pg_catalog.pg_backend_pid(), CASE WHEN s.oid IS NOT NULL AND s.spcname NOT LIKE 'pg\\_%'"
		" THEN pg_catalog.pg_tablespace_location(s.oid)"
		" WHEN pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE')"
		" THEN pg_catalog.current_setting('data_directory') END"
		" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()"
		" LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = coalesce(nullif(c.reltablespace, 0), d.dattablespace)"
		" WHERE c.oid = pg_catalog.to_regclass($1) AND pg_catalog.inet_server_addr() IS NULL";
	const char *params[] = { relation };
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	struct statvfs st;

	*ret_bytes = -1;
	if (pk_query(conn, sql, 1, params, &rows, err) < 0)
		return -1;
	if (rows.n && pk_rows_get(&rows, 0, 1) && is_here(pk_rows_get(&rows, 0, 0)) &&
	    statvfs(pk_rows_get(&rows, 0, 1), &st) == 0)
		*ret_bytes = (int64_t)st.f_bavail * (int64_t)st.f_frsize;
	return 0;
}
