#include "catalog/fetch.h"

#include "catalog/kind.h"
#include "catalog/query.h"
#include "catalog_sql.h"

_Static_assert(2 * PK_SNAPSHOTS_MAX <= PK_PIPELINES_MAX, "two connections for each");

/* What one connection runs. */
struct list {
	struct pk_pipeline_query queries[4 * PK_FETCH_MAX];
	int n;
};

static void add(struct list *list, const char *sql, struct pk_rows *rows)
{
	list->queries[list->n++] = (struct pk_pipeline_query){ sql, rows, false };
}

static void add_numbers(struct list *list, const char *sql, struct pk_rows *rows)
{
	list->queries[list->n++] = (struct pk_pipeline_query){ sql, rows, true };
}

static void add_kind(struct list *list, const char *sql, const struct pk_kind *kind, struct pk_rows *rows)
{
	if (kind->hash_joins)
		add(list, "SET LOCAL enable_nestloop = off", NULL);
	add(list, sql, rows);
	if (kind->hash_joins)
		add(list, "SET LOCAL enable_nestloop TO DEFAULT", NULL);
}

/*
 * About half of the work each. The second one does all for which the server opens relations: it need not
 * open any of them twice.
 */
static void make_lists(const struct pk_fetch *f, const struct pk_rows *any, struct list *first, struct list *second)
{
	int version = f->conn->version;

	add(first,
	    "SELECT quote_ident(pg_get_userbyid(datdba)), (SELECT upper(reset_val) IN ('UTC', 'ETC/UTC', 'GMT', 'ETC/GMT')"
	    " FROM pg_settings WHERE name = 'TimeZone') FROM pg_database WHERE datname = current_database()",
	    &f->rows[PK_FETCH_OWNER]);
	add_numbers(first, pk_catalog_query(f->arena, pk_sql_alias, version), &f->rows[PK_FETCH_ALIAS]);
	for (int i = 0; pk_kinds[i]; i++) {
		struct pk_rows *rows = &f->rows[PK_FETCH_KINDS + i];

		if (pk_rows_true(any, 0, i + 1))
			add_kind(pk_kinds[i]->opens_relations ? second : first, pk_catalog_query(f->arena, pk_kinds[i]->query, version), pk_kinds[i], rows);
		else
			pk_rows_none(rows);
	}
	add_numbers(first, pk_catalog_query(f->arena, pk_sql_depend, version), &f->rows[PK_FETCH_DEPEND]);
	add(first, pk_catalog_query(f->arena, pk_sql_unmodelled, version), &f->rows[PK_FETCH_UNMODELLED]);
	add(first, pk_catalog_query(f->arena, pk_sql_label, version), &f->rows[PK_FETCH_LABEL]);
}

/*
 * A row: where there is so much that a second connection is worth its while, the snapshot for it. And for
 * each kind, may there be any? Most are in few databases.
 */
static const char *any_query(struct pk_arena *arena, bool may_share)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, may_share ? "SELECT CASE WHEN pg_relation_size('pg_attribute') > 1048576 THEN pg_export_snapshot() END" :
				     "SELECT NULL");
	for (int i = 0; pk_kinds[i]; i++) {
		pk_buf_add(&sql, ", EXISTS (SELECT");
		if (pk_kinds[i]->if_any) {
			pk_buf_add(&sql, " FROM ");
			pk_buf_add(&sql, pk_kinds[i]->if_any);
		}
		pk_buf_addc(&sql, ')');
	}
	return pk_arena_strdup(arena, sql.ptr);
}

/*
 * For this transaction: many small rows, statistics that are not there yet, no code worth compiling, and
 * joins in the order in which they are written.
 */
static void add_begin(struct list *list, struct pk_arena *arena, const char *snapshot)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	add(list, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL);
	if (snapshot) {
		pk_buf_add(&sql, "SET TRANSACTION SNAPSHOT ");
		pk_buf_add_literal(&sql, snapshot);
		add(list, pk_arena_strdup(arena, sql.ptr), NULL);
	}
	add(list,
	    "SELECT pg_catalog.set_config('jit', 'off', true), pg_catalog.set_config('work_mem', '64MB', true),"
	    " pg_catalog.set_config('join_collapse_limit', '1', true), pg_catalog.set_config('from_collapse_limit', '1', true)",
	    NULL);
}

static struct pk_pipeline pipeline(struct pk_conn *conn, struct list *list)
{
	return (struct pk_pipeline){ .conn = conn, .queries = list->queries, .n = list->n };
}

static int run(struct pk_conn *conn, struct list *list, struct pk_err *err)
{
	struct pk_pipeline p = pipeline(conn, list);

	return pk_pipeline_send(&p, err) < 0 ? -1 : pk_pipelines_collect(&p, 1, NULL, NULL, err);
}

static int look(struct pk_fetch *f, struct pk_err *err)
{
	struct list *list = pk_arena_alloc(f->arena, sizeof(*list));

	f->ends = pk_conn_tx(f->conn) == PK_TX_IDLE;
	if (f->ends)
		add_begin(list, f->arena, NULL);
	add(list, any_query(f->arena, f->ends), &f->any);
	f->parts[0] = pipeline(f->conn, list);
	if (pk_pipeline_send(&f->parts[0], err) < 0)
		return -1;
	f->n_sent = 1;
	return 0;
}

/* Not to be had (no place left, a pooler that leads elsewhere): the first one does it after its own. */
static bool begin_second(struct pk_fetch *f, const char *snapshot)
{
	struct list *list = pk_arena_alloc(f->arena, sizeof(*list));
	struct pk_conn *second = pk_conn_second(f->conn, NULL);

	add_begin(list, f->arena, snapshot);
	return second && run(second, list, NULL) == 0;
}

static int ask(struct pk_fetch *f, struct pk_err *err)
{
	struct list *first = pk_arena_alloc(f->arena, sizeof(*first)), *second = pk_arena_alloc(f->arena, sizeof(*second));

	f->n_sent = 0;
	if (pk_pipelines_collect(&f->parts[0], 1, NULL, NULL, err) < 0)
		return -1;
	const char *snapshot = pk_rows_get(&f->any, 0, 0);
	bool share = snapshot != NULL;
	make_lists(f, &f->any, first, share ? second : first);
	f->parts[0] = pipeline(f->conn, first);
	if (pk_pipeline_send(&f->parts[0], err) < 0)
		return -1;
	f->n_sent = 1;
	f->parts[1] = pipeline(f->conn, second);
	if (share && begin_second(f, snapshot)) {
		f->parts[1].conn = f->conn->second;
		if (pk_pipeline_send(&f->parts[1], err) < 0)
			return -1;
		f->n_sent = 2;
	}
	return 0;
}

static int cannot_read(const struct pk_conn *conn, struct pk_err *err)
{
	return pk_err_wrap(err, "cannot read the schema of %s", conn->where);
}

int pk_catalog_fetch_begin(struct pk_fetch *fetches, size_t n, struct pk_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (look(&fetches[i], err) < 0)
			return cannot_read(fetches[i].conn, err);
	for (size_t i = 0; i < n; i++)
		if (ask(&fetches[i], err) < 0)
			return cannot_read(fetches[i].conn, err);
	return 0;
}

/* What was sent; then what first connections still have to do. */
int pk_catalog_fetch_collect(struct pk_fetch *fetches, size_t n, void (*arrived)(void *arg), void *arg,
			     struct pk_err *err)
{
	struct pk_pipeline ps[2 * PK_SNAPSHOTS_MAX];
	bool alone[PK_SNAPSHOTS_MAX];
	int n_ps = 0, bad = 0;

	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < fetches[i].n_sent; k++)
			ps[n_ps++] = fetches[i].parts[k];
		alone[i] = fetches[i].n_sent == 1;
		fetches[i].n_sent = 0;
	}
	if (n_ps && pk_pipelines_collect(ps, n_ps, arrived, arg, err) < 0) {
		while (bad < n_ps - 1 && !ps[bad].failed)
			bad++;
		return cannot_read(ps[bad].conn, err);
	}
	for (size_t i = 0; i < n; i++) {
		struct pk_pipeline *rest = &fetches[i].parts[1];

		if (alone[i] && rest->n &&
		    (pk_pipeline_send(rest, err) < 0 || pk_pipelines_collect(rest, 1, arrived, arg, err) < 0))
			return cannot_read(rest->conn, err);
	}
	return 0;
}

int pk_catalog_fetch_end(struct pk_fetch *fetches, size_t n, bool failed, struct pk_err *err)
{
	int status = failed ? -1 : 0;

	if (failed)
		pk_catalog_fetch_collect(fetches, n, NULL, NULL, NULL);
	for (size_t i = 0; i < n; i++) {
		struct pk_conn *second = fetches[i].conn->second;

		if (second && (!fetches[i].conn->keeps_second || status < 0 ||
			       (pk_conn_tx(second) != PK_TX_IDLE && pk_exec(second, "ROLLBACK", NULL) < 0)))
			pk_conn_close_second(fetches[i].conn);
		if (fetches[i].ends && pk_exec(fetches[i].conn, "ROLLBACK", status < 0 ? NULL : err) < 0)
			status = -1;
		pk_rows_release(&fetches[i].any);
	}
	return status;
}
