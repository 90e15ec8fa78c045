#include "catalog/fetch.h"

#include "catalog/kind.h"
#include "catalog/query.h"
#include "catalog_sql.h"
#include "pg/sqlstate.h"

#define NAME		 "postkit_read_" /* of prepared statements */
#define PREPARED_UNKNOWN UINT64_MAX	 /* then none of them is trusted any more */
#define LOCK_WAIT	 "5000" /* ms: what a view is, is not told of one whose tables somebody has locked */
#define EXPECTED_FACTOR	 5 /* what a snapshot takes of memory, by the size of pg_attribute */

_Static_assert(2 * PK_SNAPSHOTS_MAX <= PK_PIPELINES_MAX, "two connections for each");

/* What one connection runs. */
struct pk_fetch_list {
	struct pk_pipeline_query queries[4 * PK_FETCH_MAX];
	int n;
};

static void add(struct pk_fetch_list *list, const char *sql, struct pk_rows *rows)
{
	list->queries[list->n++] = (struct pk_pipeline_query){ .sql = sql, .rows = rows };
}

static void add_numbers(struct pk_fetch_list *list, const char *sql, struct pk_rows *rows)
{
	list->queries[list->n++] = (struct pk_pipeline_query){ .sql = sql, .rows = rows, .numbers = true };
}

/* What stands last in the list, whose rows are those at the index, becomes a prepared statement. */
static void prepare_last(struct pk_fetch *f, struct pk_fetch_list *list, int index)
{
	struct pk_pipeline_query *q = &list->queries[list->n - 1];

	if (!f->prepares)
		return;
	q->name = pk_arena_printf(f->arena, NAME "%d", index);
	if (f->prepared & (UINT64_C(1) << index))
		return;
	f->prepared |= UINT64_C(1) << index;
	q[1] = *q;
	*q = (struct pk_pipeline_query){ .sql = q->sql, .name = q->name, .prepare = true };
	list->n++;
}

static void add_kind(struct pk_fetch *f, struct pk_fetch_list *list, int i)
{
	const struct pk_kind *kind = pk_kinds[i];

	if (kind->hash_joins)
		add(list, "SET LOCAL enable_nestloop = off", NULL);
	add(list, pk_catalog_query(f->arena, kind->query, f->conn->version), &f->rows[PK_FETCH_KINDS + i]);
	prepare_last(f, list, PK_FETCH_KINDS + i);
	if (kind->hash_joins)
		add(list, "SET LOCAL enable_nestloop TO DEFAULT", NULL);
}

/* What all kinds need. */
static void add_common(const struct pk_fetch *f, struct pk_fetch_list *list)
{
	add(list, "SELECT quote_ident(pg_get_userbyid(datdba)) FROM pg_database WHERE datname = current_database()",
	    &f->rows[PK_FETCH_OWNER]);
	add_numbers(list, pk_catalog_query(f->arena, pk_sql_alias, f->conn->version), &f->rows[PK_FETCH_ALIAS]);
}

/*
 * About half of the work each. The second one does all for which the server opens relations: it need not
 * open any of them twice.
 */
static void add_rest(struct pk_fetch *f, struct pk_fetch_list *first, struct pk_fetch_list *second)
{
	int version = f->conn->version;

	for (int i = 0; pk_kinds[i]; i++) {
		if (pk_rows_true(&f->any, 0, i))
			add_kind(f, pk_kinds[i]->opens_relations ? second : first, i);
		else
			pk_rows_none(&f->rows[PK_FETCH_KINDS + i]);
	}
	add_numbers(first, pk_catalog_query(f->arena, pk_sql_depend, version), &f->rows[PK_FETCH_DEPEND]);
	prepare_last(f, first, PK_FETCH_DEPEND);
	if (pk_rows_true(&f->any, 0, f->any.columns - 2))
		add(first, pk_catalog_query(f->arena, pk_sql_label, version), &f->rows[PK_FETCH_LABEL]);
	else
		pk_rows_none(&f->rows[PK_FETCH_LABEL]);
	if (f->measure)
		add(second, pk_rows_true(&f->any, 0, f->any.columns - 1) ? pk_sql_size_source : pk_sql_size,
		    &f->rows[PK_FETCH_SIZE]);
	add(second, pk_catalog_query(f->arena, pk_sql_unmodelled, version), &f->rows[PK_FETCH_UNMODELLED]);
	prepare_last(f, second, PK_FETCH_UNMODELLED);
}

/*
 * A row: for each kind and, at the end, for labels and for sizes of the source: may there be any? Most are in few
 * databases. A catalog that is empty in a new database is asked for its size, which needs no plan and opens none of its
 * indexes. Sizes are read where nobody but the server's administrator, or whoever is connected, can have made them.
 */
static const char *any_query(struct pk_arena *arena)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	for (int i = 0; pk_kinds[i]; i++) {
		const char *any = pk_kinds[i]->if_any;

		pk_buf_add(&sql, i ? ", " : "SELECT ");
		if (!any)
			pk_buf_add(&sql, "true");
		else
			pk_buf_addf(&sql, strchr(any, ' ') ? "EXISTS (SELECT FROM %s)" : "pg_relation_size('%s') > 0", any);
	}
	pk_buf_add(&sql, ", pg_relation_size('pg_seclabel') > 0 OR pg_relation_size('pg_shseclabel') > 0, "
			 "to_regclass('postkit.source_sizes') IS NOT NULL AND EXISTS (SELECT FROM pg_class c JOIN pg_roles r "
			 "ON r.oid = c.relowner WHERE c.oid = to_regclass('postkit.source_sizes') AND c.relkind = 'r' "
			 "AND (r.rolsuper OR r.rolname IN (current_user, session_user)) AND NOT c.relrowsecurity "
			 "AND has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))");
	return pk_arena_strdup(arena, sql.ptr);
}

/*
 * For this transaction: many small rows, statistics that are not there yet, no code worth compiling, joins in the order
 * in which they are written, and no merge joins: hashing does as well, and most of the time goes into planning. No temporary
 * table is taken for a catalog.
 */
static void add_settings(struct pk_fetch_list *list)
{
	add(list,
	    "SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),"
	    " pg_catalog.set_config('jit', 'off', true), pg_catalog.set_config('work_mem', '64MB', true),"
	    " pg_catalog.set_config('join_collapse_limit', '1', true), pg_catalog.set_config('from_collapse_limit', '1', true),"
	    " pg_catalog.set_config('enable_mergejoin', 'off', true)",
	    NULL);
}

static void add_begin(struct pk_fetch_list *list, struct pk_arena *arena, const char *snapshot)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	add(list, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL);
	if (snapshot) {
		pk_buf_add(&sql, "SET TRANSACTION SNAPSHOT ");
		pk_buf_add_literal(&sql, snapshot);
		add(list, pk_arena_strdup(arena, sql.ptr), NULL);
	}
	add(list, "SET LOCAL lock_timeout = " LOCK_WAIT, NULL);
	add_settings(list);
}

/* In a transaction of the caller's, which has its settings back behind it. */
static void add_begin_inside(struct pk_fetch_list *list)
{
	add(list, "SAVEPOINT postkit_read", NULL);
	add_settings(list);
}

static void add_end_inside(struct pk_fetch_list *list)
{
	add(list, "ROLLBACK TO SAVEPOINT postkit_read", NULL);
	add(list, "RELEASE SAVEPOINT postkit_read", NULL);
}

static int run(struct pk_conn *conn, const struct pk_fetch_list *list, struct pk_err *err)
{
	struct pk_pipeline p = { .conn = conn, .queries = list->queries, .n = list->n };

	return pk_pipeline_send(&p, err) < 0 ? -1 : pk_pipelines_collect(&p, 1, NULL, NULL, err);
}

static int send_part(struct pk_fetch *f, int part, struct pk_err *err)
{
	f->parts[part].n = f->lists[part]->n;
	if (pk_pipeline_send(&f->parts[part], err) < 0)
		return -1;
	f->n_sent = part + 1;
	return 0;
}

/*
 * A migration could have put a statement of its own in the place of one of ours. Those of the protocol, which SQL cannot
 * send, are all by us.
 */
static const char count_sql[] = "SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_statements"
				" WHERE name LIKE 'postkit\\_read\\_%' AND NOT from_sql";

static void look_at_prepared(struct pk_fetch *f)
{
	const char *count = pk_rows_get(&f->shared, 0, 0);

	f->prepared = f->conn->prepared;
	f->prepares = !f->ends && strtol(count, NULL, 10) == __builtin_popcountll(f->prepared);
	/* Whether it comes to its end is known when all rows are there. */
	f->conn->prepared = PREPARED_UNKNOWN;
}

/*
 * First the snapshot, where there is so much that a second connection is worth its while: it is opened while the server
 * looks for what kinds there are.
 */
static int look(struct pk_fetch *f, struct pk_err *err)
{
	for (int i = 0; i < 2; i++)
		f->lists[i] = pk_arena_alloc(f->arena, sizeof(*f->lists[i]));
	f->parts[0] = (struct pk_pipeline){ .conn = f->conn, .queries = f->lists[0]->queries };
	f->ends = pk_conn_tx(f->conn) == PK_TX_IDLE;
	if (f->ends) {
		add_begin(f->lists[0], f->arena, NULL);
		add(f->lists[0], "SELECT CASE WHEN bytes > 1048576 THEN pg_export_snapshot() END, bytes FROM pg_relation_size('pg_attribute') bytes", &f->shared);
		if (send_part(f, 0, err) < 0)
			return -1;
	} else {
		add_begin_inside(f->lists[0]);
		add(f->lists[0], count_sql, &f->shared);
	}
	f->n_shared = f->lists[0]->n;
	add(f->lists[0], any_query(f->arena), &f->any);
	if (send_part(f, 0, err) < 0)
		return -1;
	f->n_any = f->lists[0]->n;
	add_common(f, f->lists[0]);
	return send_part(f, 0, err);
}

/* Not to be had (no place left, a pooler that leads elsewhere): the first one does it after its own. */
static int share(struct pk_fetch *f, struct pk_err *err)
{
	const char *snapshot;
	struct pk_conn *second;
	struct pk_fetch_list *list;

	if (!f->ends)
		return 0;
	if (pk_pipeline_until(&f->parts[0], f->n_shared, err) < 0)
		return -1;
	snapshot = pk_rows_get(&f->shared, 0, 0);
	if (!snapshot)
		return 0;
	pk_alloc_expect(EXPECTED_FACTOR * strtoull(pk_rows_get(&f->shared, 0, 1), NULL, 10));
	second = pk_conn_second(f->conn, NULL);
	if (!second)
		return 0;
	list = pk_arena_alloc(f->arena, sizeof(*list));
	add_begin(list, f->arena, snapshot);
	if (run(second, list, NULL) == 0)
		f->parts[1] = (struct pk_pipeline){ .conn = second, .queries = f->lists[1]->queries };
	return 0;
}

static int ask(struct pk_fetch *f, struct pk_err *err)
{
	bool shared = f->parts[1].conn;

	if (pk_pipeline_until(&f->parts[0], f->n_any, err) < 0)
		return -1;
	if (!f->ends)
		look_at_prepared(f);
	add_rest(f, f->lists[0], f->lists[shared]);
	if (!f->ends)
		add_end_inside(f->lists[0]);
	return send_part(f, 0, err) < 0 || (shared && send_part(f, 1, err) < 0) ? -1 : 0;
}

static int cannot_read(const struct pk_conn *conn, struct pk_err *err)
{
	if (err && pk_streq(err->sqlstate, PK_SQLSTATE_LOCK_NOT_AVAILABLE))
		pk_err_hint(err, "somebody has locked a table there that a view reads, or a view: try again when that is over");
	return pk_err_wrap(err, "cannot read the schema of %s", conn->where);
}

int pk_catalog_fetch_begin(struct pk_fetch *fetches, size_t n, struct pk_err *err)
{
	static int (*const steps[])(struct pk_fetch *f, struct pk_err *err) = { look, share, ask };

	for (size_t step = 0; step < PK_COUNT(steps); step++)
		for (size_t i = 0; i < n; i++)
			if (steps[step](&fetches[i], err) < 0)
				return cannot_read(fetches[i].conn, err);
	return 0;
}

int pk_catalog_fetch_collect(struct pk_fetch *fetches, size_t n, void (*arrived)(void *arg), void *arg,
			     struct pk_err *err)
{
	struct pk_pipeline ps[2 * PK_SNAPSHOTS_MAX];
	int n_ps = 0, bad = 0;

	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < fetches[i].n_sent; k++)
			ps[n_ps++] = fetches[i].parts[k];
		fetches[i].n_sent = 0;
	}
	if (n_ps && pk_pipelines_collect(ps, n_ps, arrived, arg, err) < 0) {
		while (bad < n_ps - 1 && !ps[bad].failed)
			bad++;
		return cannot_read(ps[bad].conn, err);
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
		if (fetches[i].prepares && status == 0)
			fetches[i].conn->prepared = fetches[i].prepared;
		if (fetches[i].ends && pk_exec(fetches[i].conn, "ROLLBACK", status < 0 ? NULL : err) < 0)
			status = -1;
		pk_rows_release(&fetches[i].any);
		pk_rows_release(&fetches[i].shared);
	}
	return status;
}
