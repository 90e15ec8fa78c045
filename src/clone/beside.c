#include "clone/beside.h"
#include "pg/pipeline.h"

#define AT_ONCE 200 /* large objects */

/* ---- sequences ---- */

int pk_beside_sequence_queries(struct pk_conn *source, struct pk_strv *ret_sql, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	/* as pg_dump: those of extensions only where they say so */
	if (pk_query(source,
		     "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c "
		     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S' "
		     "AND c.relpersistence <> 't' AND (c.relpersistence <> 'u' OR NOT pg_catalog.pg_is_in_recovery()) "
		     "AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' "
		     "AND (NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 1259 "
		     "AND d.objid = c.oid AND d.deptype = 'e') OR EXISTS (SELECT FROM pg_catalog.pg_extension e "
		     "WHERE c.oid = ANY (e.extconfig))) ORDER BY c.oid",
		     0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		PK_AUTO(pk_buf) name = PK_BUF_INIT;

		pk_buf_add_qualified(&name, pk_rows_get(&rows, i, 0), pk_rows_get(&rows, i, 1));
		pk_buf_add(&sql, sql.len ? " UNION ALL SELECT " : "SELECT ");
		pk_buf_add_literal(&sql, name.ptr);
		pk_buf_addf(&sql, "::text, last_value, is_called FROM %s", name.ptr);
		if (i % PK_BESIDE_AT_ONCE < PK_BESIDE_AT_ONCE - 1 && i + 1 < rows.n)
			continue;
		pk_strv_push(ret_sql, sql.ptr);
		pk_buf_clear(&sql);
	}
	return 0;
}

void pk_beside_sequence_rows(const struct pk_rows *rows, struct pk_strv *ret_pairs)
{
	for (int i = 0; i < rows->n; i++) {
		pk_strv_push(ret_pairs, pk_rows_get(rows, i, 0));
		pk_strv_pushf(ret_pairs, "%s, %s", pk_rows_get(rows, i, 1), pk_rows_true(rows, i, 2) ? "true" : "false");
	}
}

int pk_beside_sequence_values(struct pk_conn *conn, struct pk_strv *ret_pairs, struct pk_err *err)
{
	PK_AUTO(pk_strv) sql = PK_STRV_INIT;

	if (pk_beside_sequence_queries(conn, &sql, err) < 0)
		return -1;
	PK_FREE struct pk_pipeline_query *queries = pk_alloc((sql.n + 1) * PK_PIPELINE_BRIEF * sizeof(*queries));
	PK_FREE struct pk_rows *rows = pk_alloc((sql.n + 1) * sizeof(*rows));
	struct pk_pipeline pipeline = { .conn = conn, .queries = queries, .n = (int)sql.n * PK_PIPELINE_BRIEF };
	for (size_t i = 0; i < sql.n; i++) {
		rows[i] = (struct pk_rows)PK_ROWS_INIT;
		pk_pipeline_brief(sql.items[i], &rows[i], &queries[i * PK_PIPELINE_BRIEF]);
	}
	int status = pk_pipeline_send(&pipeline, err);
	if (pk_pipelines_collect(&pipeline, 1, NULL, NULL, status == 0 ? err : NULL) < 0)
		status = -1;
	for (size_t i = 0; i < sql.n; i++) {
		if (status == 0)
			pk_beside_sequence_rows(&rows[i], ret_pairs);
		pk_rows_release(&rows[i]);
	}
	return status;
}

void pk_beside_set_sequence(const char *name, const char *value, struct pk_buf *ret_sql)
{
	pk_buf_add(ret_sql, "SELECT pg_catalog.setval(");
	pk_buf_add_literal(ret_sql, name);
	pk_buf_addf(ret_sql, ", %s);\n", value);
}

int pk_beside_sequences(struct pk_conn *source, struct pk_buf *ret_sql, struct pk_err *err)
{
	PK_AUTO(pk_strv) values = PK_STRV_INIT;

	if (pk_beside_sequence_values(source, &values, err) < 0)
		return -1;
	for (size_t i = 0; i + 1 < values.n; i += 2)
		pk_beside_set_sequence(values.items[i], values.items[i + 1], ret_sql);
	return 0;
}

/* ---- large objects ---- */

/* The owner may have taken privileges from himself. */
static const char acl_sql[] =
	" || pg_catalog.format('ALTER LARGE OBJECT %s OWNER TO %I;', m.oid, pg_catalog.pg_get_userbyid(m.lomowner))"
	" || CASE WHEN m.lomacl IS NULL THEN '' ELSE (SELECT pg_catalog.format('REVOKE ALL ON LARGE OBJECT %s FROM %I;', m.oid, "
	"pg_catalog.pg_get_userbyid(m.lomowner)) || coalesce(pg_catalog.string_agg(pg_catalog.format("
	"'GRANT %s ON LARGE OBJECT %s TO %s%s;', a.privilege_type, m.oid, CASE a.grantee WHEN 0 THEN 'PUBLIC' "
	"ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END, "
	"CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), ''), '') "
	"FROM pg_catalog.aclexplode(m.lomacl) a) END";

int pk_beside_large(struct pk_conn *source, struct pk_conn *target, bool owners, bool *ret, struct pk_err *err)
{
	PK_FREE char *last = pk_strdup("0");
	PK_FREE char *sql = pk_printf(
		"SELECT pg_catalog.max(p.oid), pg_catalog.string_agg(p.sql, '' ORDER BY p.oid) FROM (SELECT m.oid, "
		"pg_catalog.format('SELECT pg_catalog.lo_create(%%s);', m.oid)%s"
		" || coalesce('COMMENT ON LARGE OBJECT ' || m.oid || ' IS ' || "
		"pg_catalog.quote_literal(pg_catalog.obj_description(m.oid, 'pg_largeobject')) || ';', '') AS sql "
		"FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid > $1::oid ORDER BY m.oid LIMIT %d) p",
		owners ? acl_sql : "", AT_ONCE);

	*ret = false;
	for (;;) {
		PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
		const char *const params[] = { last };

		if (pk_query(source, sql, 1, params, &rows, err) < 0)
			return -1;
		if (!pk_rows_get(&rows, 0, 0))
			return 0;
		*ret = true;
		if (pk_exec(target, pk_rows_get(&rows, 0, 1), err) < 0)
			return pk_err_wrap(err, "cannot make the large objects");
		free(last);
		last = pk_strdup(pk_rows_get(&rows, 0, 0));
	}
}

int pk_beside_large_data(struct pk_conn *source, char **ret_from, char **ret_into, struct pk_err *err)
{
	/* Who may read all tables may read this one, but not each object by its functions. */
	static const char pages[] =
		"COPY (SELECT loid, pageno * (pg_catalog.current_setting('block_size')::bigint / 4), data "
		"FROM pg_catalog.pg_largeobject) TO STDOUT (FORMAT binary)";
	static const char pieces[] =
		"COPY (WITH RECURSIVE p (oid, at, data) AS (SELECT oid, 0::bigint, pg_catalog.lo_get(oid, 0, 262144) "
		"FROM pg_catalog.pg_largeobject_metadata UNION ALL SELECT oid, at + 262144, "
		"pg_catalog.lo_get(oid, at + 262144, 262144) FROM p WHERE pg_catalog.octet_length(data) = 262144) "
		"SELECT oid, at, data FROM p) TO STDOUT (FORMAT binary)";
	PK_FREE char *readable = NULL;

	if (pk_query_value(source, "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_largeobject', 'SELECT')", 0,
			   NULL, &readable, err) < 0)
		return -1;
	*ret_from = pk_strdup(pk_streq(readable, "t") ? pages : pieces);
	*ret_into = pk_strdup("CREATE TEMPORARY TABLE pk_large (oid oid, at bigint, data bytea);"
			      "COPY pg_temp.pk_large FROM STDIN (FORMAT binary);"
			      "SELECT pg_catalog.count(pg_catalog.lo_put(oid, at, data)) FROM pg_temp.pk_large;"
			      "DROP TABLE pg_temp.pk_large");
	return 0;
}
