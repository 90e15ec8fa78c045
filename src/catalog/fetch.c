#include "catalog/fetch.h"

#include "catalog/kind.h"
#include "catalog/query.h"
#include "catalog_sql.h"
#include "pg/pipeline.h"

/* What one connection runs. */
struct list {
	const char *sqls[3 * PK_FETCH_MAX];
	struct pk_rows *rows[3 * PK_FETCH_MAX];
	int n;
};

static void add(struct list *list, const char *sql, struct pk_rows *rows)
{
	list->sqls[list->n] = sql;
	list->rows[list->n++] = rows;
}

static void add_kind(struct list *list, const char *sql, const struct pk_kind *kind, bool none, struct pk_rows *rows)
{
	if (none)
		sql = "SELECT WHERE false";
	if (kind->hash_joins && !none)
		add(list, "SET LOCAL enable_nestloop = off", NULL);
	add(list, sql, rows);
	if (kind->hash_joins && !none)
		add(list, "SET LOCAL enable_nestloop TO DEFAULT", NULL);
}

/* About half of the work each: what hangs on relations and their columns is for the second one. */
static void make_lists(struct pk_arena *arena, int version, const struct pk_rows *any, struct pk_rows *rows, struct list *first,
		       struct list *second)
{
	struct list *to = first;

	add(first,
	    "SELECT quote_ident(pg_get_userbyid(datdba)), (SELECT upper(reset_val) IN ('UTC', 'ETC/UTC', 'GMT', 'ETC/GMT')"
	    " FROM pg_settings WHERE name = 'TimeZone') FROM pg_database WHERE datname = current_database()",
	    &rows[PK_FETCH_OWNER]);
	add(first, pk_catalog_query(arena, pk_sql_alias, version), &rows[PK_FETCH_ALIAS]);
	for (int i = 0; pk_kinds[i]; i++) {
		add_kind(to, pk_catalog_query(arena, pk_kinds[i]->query, version), pk_kinds[i], !pk_rows_true(any, 0, i),
			 &rows[PK_FETCH_KINDS + i]);
		if (pk_kinds[i]->part)
			to = second;
	}
	add(second, pk_catalog_query(arena, pk_sql_depend, version), &rows[PK_FETCH_DEPEND]);
	add(second, pk_catalog_query(arena, pk_sql_unmodelled, version), &rows[PK_FETCH_UNMODELLED]);
}

/* A row of as many columns as there are kinds: may there be any? Most are in few databases. */
static int read_any(struct pk_conn *conn, struct pk_rows *ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	for (int i = 0; pk_kinds[i]; i++) {
		pk_buf_add(&sql, i ? ", EXISTS (SELECT" : "SELECT EXISTS (SELECT");
		if (pk_kinds[i]->if_any) {
			pk_buf_add(&sql, " FROM ");
			pk_buf_add(&sql, pk_kinds[i]->if_any);
		}
		pk_buf_addc(&sql, ')');
	}
	return pk_query(conn, sql.ptr, 0, NULL, ret, err);
}

static const char begin[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/* For this transaction: many small rows, statistics that are not there yet, and no code worth compiling. */
static int begin_reading(struct pk_conn *conn, const char *snapshot, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_addf(&sql, "%s; ", begin);
	if (snapshot) {
		pk_buf_add(&sql, "SET TRANSACTION SNAPSHOT ");
		pk_buf_add_literal(&sql, snapshot);
		pk_buf_add(&sql, "; ");
	}
	pk_buf_add(&sql, "SET LOCAL jit = off; SET LOCAL work_mem = '64MB'");
	return pk_exec(conn, sql.ptr, err);
}

/* Not to be had (no place left, a pooler that leads elsewhere): the first one does all. */
static bool open_second(struct pk_conn *second, const struct pk_conn *conn, const char *snapshot)
{
	return snapshot && pk_conn_open_beside(second, conn, NULL) == 0 && begin_reading(second, snapshot, NULL) == 0;
}

static int run(struct pk_conn *conn, struct list *first, struct list *second, const char *snapshot,
	       void (*arrived)(void *arg), void *arg, struct pk_err *err)
{
	PK_AUTO(pk_conn) other = PK_CONN_INIT;
	struct pk_pipeline ps[] = {
		{ .conn = conn, .sqls = first->sqls, .rows = first->rows, .n = first->n },
		{ .conn = &other, .sqls = second->sqls, .rows = second->rows, .n = second->n },
	};

	if (pk_pipeline_send(&ps[0], err) < 0)
		return -1;
	if (open_second(&other, conn, snapshot) && pk_pipeline_send(&ps[1], NULL) == 0)
		return pk_pipelines_collect(ps, 2, arrived, arg, err);
	ps[1].conn = conn;
	if (pk_pipelines_collect(&ps[0], 1, arrived, arg, err) < 0 || pk_pipeline_send(&ps[1], err) < 0)
		return -1;
	return pk_pipelines_collect(&ps[1], 1, arrived, arg, err);
}

int pk_catalog_fetch(struct pk_conn *conn, struct pk_arena *arena, struct pk_rows *rows, void (*arrived)(void *arg),
		     void *arg, struct pk_err *err)
{
	struct list *first = pk_arena_alloc(arena, sizeof(*first)), *second = pk_arena_alloc(arena, sizeof(*second));
	PK_AUTO(pk_rows) any = PK_ROWS_INIT;
	PK_FREE char *snapshot = NULL;
	bool within = pk_conn_tx(conn) != PK_TX_IDLE;

	if (!within && begin_reading(conn, NULL, err) < 0)
		return -1;
	int status = read_any(conn, &any, err);
	if (status == 0)
		make_lists(arena, conn->version, &any, rows, first, second);
	if (status == 0 && !within)
		status = pk_query_value(conn, "SELECT pg_catalog.pg_export_snapshot()", 0, NULL, &snapshot, err);
	if (status == 0)
		status = run(conn, first, second, snapshot, arrived, arg, err);
	if (!within && pk_exec(conn, "ROLLBACK", status < 0 ? NULL : err) < 0)
		status = -1;
	return status;
}
