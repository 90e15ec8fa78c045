#include "clone/spaces.h"

#define AT_ONCE 100 /* statements in a transaction: locks that one holds have an end */

int pk_spaces_read(struct pk_conn *source, bool indexes, struct pk_strv *ret, struct pk_err *err)
{
	static const char sql[] = "SELECT s.spcname, pg_catalog.format('ALTER %%s IF EXISTS "
				  "%%I.%%I SET TABLESPACE %%I;', CASE WHEN c.relkind = 'm' "
				  "THEN 'MATERIALIZED VIEW' WHEN c.relkind IN ('i', 'I') THEN "
				  "'INDEX' ELSE 'TABLE' END, n.nspname, c.relname, "
				  "s.spcname) FROM pg_catalog.pg_class c JOIN "
				  "pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
				  "JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace "
				  "WHERE c.reltablespace >= 16384 "
				  "AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND "
				  "c.relkind IN (%s) ORDER BY c.oid";
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *text = pk_printf(sql, indexes ? "'i', 'I'" : "'r', 'p', 'm'");

	if (pk_query(source, text, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		for (int j = 0; j < rows.columns; j++)
			pk_strv_push(ret, pk_rows_get(&rows, i, j));
	return 0;
}

int pk_spaces_move(const struct pk_strv *pairs, struct pk_conn *target, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_strv) have = PK_STRV_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (!pairs->n)
		return 0;
	if (pk_query(target,
		     "SELECT spcname FROM pg_catalog.pg_tablespace WHERE "
		     "pg_catalog.has_tablespace_privilege(oid, 'CREATE')",
		     0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		pk_strv_push(&have, pk_rows_get(&rows, i, 0));
	for (size_t i = 0; i + 1 < pairs->n; i += 2) {
		if (pk_strv_has(&have, pairs->items[i]))
			pk_buf_add(&sql, pairs->items[i + 1]);
		if ((i / 2 + 1) % AT_ONCE && i + 3 < pairs->n)
			continue;
		if (sql.len && pk_exec(target, sql.ptr, err) < 0)
			return pk_err_wrap(err, "cannot put relations into their tablespaces");
		pk_buf_clear(&sql);
	}
	return 0;
}

int pk_spaces_ensure(const struct pk_source_facts *facts, struct pk_server *server,
		     struct pk_err *err)
{
	const struct pk_strv *const lists[] = { &facts->placed, &facts->placed_indexes };
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	for (size_t i = 0; i < PK_COUNT(lists); i++)
		for (size_t k = 0; k < lists[i]->n; k += 2)
			if (!pk_strv_has(&names, lists[i]->items[k]))
				pk_strv_push(&names, lists[i]->items[k]);
	return pk_server_ensure_spaces(server, &names, err);
}
