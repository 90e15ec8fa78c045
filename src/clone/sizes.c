#include "clone/sizes.h"

#include "pg/silence.h"

int pk_sizes_read(struct pk_conn *source, struct pk_buf *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(source,
		     "SELECT n.nspname, c.relname, CASE WHEN c.reltuples >= 0 AND c.relpages > 0 THEN c.reltuples::bigint "
		     "ELSE f.bytes / 64 END, f.bytes FROM pg_catalog.pg_class c "
		     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, "
		     "LATERAL (SELECT coalesce(pg_catalog.pg_relation_size(c.oid), 0) AS bytes) f "
		     "WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' "
		     "AND n.nspname NOT IN ('information_schema', 'postkit') ORDER BY c.oid",
		     0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		pk_buf_add(ret, i ? ", (" : "(");
		pk_buf_add_literal(ret, pk_rows_get(&rows, i, 0));
		pk_buf_add(ret, ", ");
		pk_buf_add_literal(ret, pk_rows_get(&rows, i, 1));
		pk_buf_addf(ret, ", %lld, %lld)", (long long)pk_rows_int(&rows, i, 2), (long long)pk_rows_int(&rows, i, 3));
	}
	return 0;
}

int pk_sizes_keep(struct pk_conn *target, const struct pk_buf *sizes, const char *owner, struct pk_err *err)
{
	PK_FREE char *schema = NULL;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (!sizes->len)
		return 0;
	if (pk_query_value(target, "SELECT pg_catalog.to_regnamespace('postkit')", 0, NULL, &schema, err) < 0)
		return -1;
	if (!schema)
		pk_buf_add(&sql, "CREATE SCHEMA postkit");
	if (!schema && owner) {
		pk_buf_add(&sql, " AUTHORIZATION ");
		pk_buf_add_ident(&sql, owner);
	}
	pk_buf_addf(&sql,
		    "%sDROP TABLE IF EXISTS postkit.source_sizes; "
		    "CREATE TABLE postkit.source_sizes (rel oid PRIMARY KEY, rows bigint NOT NULL, bytes bigint NOT NULL); "
		    "INSERT INTO postkit.source_sizes SELECT c.oid, v.rows, v.bytes FROM (VALUES %s) v (schema, name, rows, bytes) "
		    "JOIN pg_catalog.pg_namespace n ON n.nspname = v.schema "
		    "JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = v.name; "
		    "GRANT USAGE ON SCHEMA postkit TO PUBLIC; GRANT SELECT ON postkit.source_sizes TO PUBLIC",
		    schema ? "" : "; ", sizes->ptr);
	if (pk_exec_silently(target, sql.ptr, err) < 0)
		return pk_err_wrap(err, "cannot keep the sizes of the source's tables");
	return 0;
}
