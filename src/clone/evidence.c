#include "clone/evidence.h"

#include "base/clock.h"
#include "base/progress.h"
#include "clone/beside.h"
#include "pg/pipeline.h"

#define FAR	     (1ULL << 30) /* half of what 32 bits of a transaction's id can tell apart */
#define TOGETHER     50		  /* tables that one statement looks at, at most */
#define TOGETHER_PAGES 2000
#define LARGE_PAGES    10000
/* What it costs to ask for it, in pages: the server has to read of all its indexes before it plans. */
#define TABLE_COST     10
#define SEQUENCE_COST  4

/* ---- snapshots ---- */

struct span {
	unsigned long long xmin, xmax;
};

static bool read_span(const char *snapshot, struct span *ret)
{
	return snapshot && sscanf(snapshot, "%llu:%llu:", &ret->xmin, &ret->xmax) == 2;
}

char *pk_evidence_doubt(const struct pk_copied *was, const struct pk_copied *is)
{
	struct span a, b;

	if (!pk_streq(was->place, is->place))
		return pk_strdup("the server was restarted or promoted since, or is another one");
	if (!read_span(was->snapshot, &a) || !read_span(is->snapshot, &b) || b.xmin < a.xmin || b.xmax < a.xmax)
		return pk_strdup("the server is behind what was copied");
	if (b.xmax - a.xmin >= FAR)
		return pk_strdup("too many transactions ran there since");
	return NULL;
}

bool pk_evidence_same(const struct pk_copied *was, const struct pk_copied *is)
{
	struct span a;

	if (!pk_streq(was->place, is->place) || !pk_streq(was->snapshot, is->snapshot) || !read_span(is->snapshot, &a))
		return false;
	/* A standby does not say which transactions are open. */
	return !pk_ends_with(is->place, " standby") || a.xmin == a.xmax;
}

static uint32_t since(const struct pk_copied *was)
{
	struct span a = { 0 };

	read_span(was->snapshot, &a);
	return (uint32_t)a.xmin;
}

/*
 * Of a transaction that was not over at that time. age() tells ids apart as 32 bits do, which is exact for what came
 * since; of an older row it may say the same, and that is a copy too many.
 */
#define SINCE	   "since AS MATERIALIZED (SELECT pg_catalog.age('%u'::pg_catalog.xid) AS age)"
#define RECENT(of) \
	"(pg_catalog.age(" of ".xmin) <= (SELECT age FROM since) AND pg_catalog.age(" of ".xmin) >= 0)"

/* ---- what the catalogs say ---- */

/*
 * Rows that are not told by versions: those of other access methods, and values that name something that can be
 * renamed. As 0, that a row type of which others have values is another one.
 */
#define NAMING \
	"used (oid, leaf) AS (SELECT DISTINCT atttypid, atttypid FROM pg_catalog.pg_attribute " \
	"WHERE attnum > 0 AND attrelid >= 16384 UNION SELECT u.oid, x.oid FROM used u " \
	"JOIN pg_catalog.pg_type t ON t.oid = u.leaf, LATERAL (SELECT t.typbasetype WHERE t.typtype = 'd' " \
	"UNION ALL SELECT g.rngsubtype FROM pg_catalog.pg_range g WHERE t.oid IN (g.rngtypid, g.rngmultitypid) " \
	"UNION ALL SELECT t.typelem WHERE t.typlen = -1 AND t.typelem <> 0 " \
	"UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid " \
	"AND a.attnum > 0 AND NOT a.attisdropped) x (oid)), " \
	"naming AS (SELECT u.oid FROM used u JOIN pg_catalog.pg_type t ON t.oid = u.leaf " \
	"WHERE t.typnamespace = 11 AND (t.typname ~ '^reg' OR t.typname = 'aclitem'))"
#define ALWAYS \
	"c.relam <> (SELECT oid FROM pg_catalog.pg_am WHERE amname = 'heap') OR EXISTS (SELECT FROM pg_catalog.pg_attribute a " \
	"WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.atttypid IN (SELECT oid FROM naming))"

/* Of catalogs that are as they were. */
static const char always_sql[] =
	"WITH RECURSIVE " NAMING " SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relkind = 'r' AND c.oid >= 16384 "
	"AND (" ALWAYS ")";

static const char doubtful_sql[] =
	"WITH RECURSIVE " SINCE ", " NAMING ", "
	"columns AS (SELECT DISTINCT a.attrelid AS oid FROM pg_catalog.pg_attribute a WHERE a.attrelid >= 16384 "
	"AND " RECENT("a") "), "
	"other AS (SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
	"ON n.oid = c.relnamespace WHERE c.oid >= 16384 AND (" RECENT("c") " OR " RECENT("n") " "
	"OR c.oid IN (SELECT oid FROM columns))) "
	"SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relkind = 'r' AND c.oid >= 16384 "
	"AND (c.oid IN (SELECT oid FROM other) OR " ALWAYS ") "
	"UNION ALL SELECT 0 WHERE EXISTS (SELECT FROM columns JOIN pg_catalog.pg_class c USING (oid) "
	"JOIN pg_catalog.pg_type t ON t.oid = c.reltype JOIN pg_catalog.pg_depend d ON d.refclassid = 1247 "
	"AND d.refobjid IN (t.oid, t.typarray) AND d.classid IN (1247, 1259) AND d.deptype = 'n')";

static int read_doubtful(const struct pk_evidence *e, bool *ret_changed, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *sql = pk_printf(doubtful_sql, since(e->was));
	bool all = false, same = pk_streq(e->was->stamp, e->is->stamp);

	if (pk_query(&e->hold->conn, same ? always_sql : sql, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		uint32_t oid = pk_rows_oid(&rows, i, 0);
		const struct pk_copy_table *t = pk_copy_tables_find(e->tables, oid);

		if (t)
			ret_changed[t - e->tables->items] = true;
		all = all || oid == 0;
	}
	for (size_t i = 0; i < e->tables->n; i++) {
		const struct pk_copy_table *t = &e->tables->items[i];

		ret_changed[i] = !t->skip && (ret_changed[i] || all || t->unsteady || !pk_copied_find(e->was, t->oid));
	}
	return 0;
}

/* ---- what the rows say ---- */

/* Of one connection. */
struct reader {
	struct pk_conn conn; /* joined; of the first that of the hold counts */
	struct pk_pipeline pipeline;
	struct pk_pipeline_query *queries;
	struct pk_rows *rows;
	int n;
	int64_t pages;
};
struct look {
	const struct pk_evidence *e;
	struct reader readers[PK_PIPELINES_MAX];
	int n;
	uint64_t done;
	char *guard; /* a query before each other one; NULL: none */
	struct pk_strv sql; /* of all others */
	struct pk_rows *sequences; /* of each query that asks for some; n_sequences of them */
	size_t n_sequences;
};

static void look_release(struct look *look)
{
	for (int i = 0; i < look->n; i++) {
		struct reader *r = &look->readers[i];

		for (int q = 0; r->rows && q < r->n; q++)
			pk_rows_release(&r->rows[q]);
		free(r->queries);
		free(r->rows);
		pk_conn_release(&r->conn);
	}
	for (size_t i = 0; i < look->n_sequences; i++)
		pk_rows_release(&look->sequences[i]);
	free(look->sequences);
	free(look->guard);
	pk_strv_release(&look->sql);
}

/* rows: where they go; NULL: to those of the reader. */
static void add_query(struct look *look, struct pk_buf *sql, int64_t pages, struct pk_rows *rows)
{
	struct reader *least = &look->readers[0];

	if (!sql->len)
		return;
	for (int i = 1; i < look->n; i++)
		if (look->readers[i].pages < least->pages)
			least = &look->readers[i];
	pk_strv_push_take(&look->sql, pk_buf_take(sql));
	least->queries = pk_realloc_array(least->queries, (size_t)least->n + 1 + PK_PIPELINE_BRIEF, sizeof(*least->queries));
	if (look->guard)
		least->queries[least->n++] = (struct pk_pipeline_query){ .sql = look->guard };
	pk_pipeline_brief(look->sql.items[look->sql.n - 1], rows, &least->queries[least->n]);
	least->n += PK_PIPELINE_BRIEF;
	least->pages += pages + 1;
}

/* Pages from a first one up to another; -1: to the end. */
static void add_table(const struct pk_evidence *e, const struct pk_copy_table *t, int64_t from, int64_t to,
		      struct pk_buf *sql)
{
	const char *and = " WHERE ";

	if (sql->len)
		pk_buf_add(sql, " UNION ALL ");
	else
		pk_buf_addf(sql, "WITH " SINCE " ", since(e->was));
	pk_buf_addf(sql, "SELECT %u, pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE " RECENT("t") ") FROM ONLY ",
		    t->oid);
	pk_buf_add_qualified(sql, t->schema, t->name);
	pk_buf_add(sql, " t");
	if (t->where) {
		pk_buf_addf(sql, "%s(%s)", and, t->where);
		and = " AND ";
	}
	if (from) {
		pk_buf_addf(sql, "%st.ctid >= '(%lld,0)'", and, (long long)from);
		and = " AND ";
	}
	if (to >= 0)
		pk_buf_addf(sql, "%st.ctid < '(%lld,0)'", and, (long long)to);
}

/* A large one side by side. */
static void add_parts(struct look *look, const struct pk_copy_table *t)
{
	for (int i = 0; i < look->n; i++) {
		PK_AUTO(pk_buf) sql = PK_BUF_INIT;

		add_table(look->e, t, t->pages * i / look->n, i + 1 < look->n ? t->pages * (i + 1) / look->n : -1, &sql);
		add_query(look, &sql, t->pages / look->n, NULL);
	}
}

static int largest_first(const void *a, const void *b)
{
	const struct pk_copy_table *const *x = a, *const *y = b;

	if ((*x)->pages != (*y)->pages)
		return (*x)->pages < (*y)->pages ? 1 : -1;
	return (*x)->oid < (*y)->oid ? -1 : 1;
}

static void share_out(struct look *look, const bool *changed)
{
	const struct pk_copy_tables *tables = look->e->tables;
	PK_FREE const struct pk_copy_table **wanted = pk_alloc((tables->n + 1) * sizeof(*wanted));
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	int64_t pages = 0;
	size_t n = 0;
	int together = 0;

	for (size_t i = 0; i < tables->n; i++)
		if (!changed[i] && !tables->items[i].skip)
			wanted[n++] = &tables->items[i];
	qsort(wanted, n, sizeof(*wanted), largest_first);
	for (size_t i = 0; i < n; i++) {
		if (wanted[i]->pages > LARGE_PAGES) {
			add_parts(look, wanted[i]);
			continue;
		}
		add_table(look->e, wanted[i], 0, -1, &sql);
		pages += wanted[i]->pages + TABLE_COST;
		if (++together < TOGETHER && pages < TOGETHER_PAGES && i + 1 < n)
			continue;
		add_query(look, &sql, pages, NULL);
		pages = together = 0;
	}
}

static int share_out_sequences(struct look *look, struct pk_err *err)
{
	PK_AUTO(pk_strv) queries = PK_STRV_INIT;

	if (pk_beside_sequence_queries(&look->e->hold->conn, &queries, err) < 0)
		return -1;
	look->sequences = pk_alloc((queries.n + 1) * sizeof(*look->sequences));
	look->n_sequences = queries.n;
	for (size_t i = 0; i < queries.n; i++) {
		PK_AUTO(pk_buf) sql = PK_BUF_INIT;

		look->sequences[i] = (struct pk_rows)PK_ROWS_INIT;
		pk_buf_add(&sql, queries.items[i]);
		add_query(look, &sql, SEQUENCE_COST * PK_BESIDE_AT_ONCE, &look->sequences[i]);
	}
	return 0;
}

/* A timeout counts for one statement alone: each has what those before it left of the snapshot's time. */
static int make_guard(struct look *look, struct pk_err *err)
{
	struct pk_hold *hold = look->e->hold;
	PK_FREE char *until = NULL;
	PK_FREE char *sql = pk_printf("SELECT EXTRACT(epoch FROM pg_catalog.clock_timestamp()) + %.3f",
				      hold->max_age - (pk_now() - hold->since));

	if (!hold->max_age)
		return 0;
	if (pk_query_value(&hold->conn, sql, 0, NULL, &until, err) < 0)
		return -1;
	look->guard = pk_printf("SELECT pg_catalog.set_config('statement_timeout', greatest(1, least(2147483647, pg_catalog.ceil("
				"1000 * (%s - EXTRACT(epoch FROM pg_catalog.clock_timestamp())))))::bigint::text, true)",
				until);
	return 0;
}

static void arrived(void *arg)
{
	struct look *look = arg;

	pk_progress_update(look->e->progress, ++look->done, NULL);
}

static int run(struct look *look, struct pk_err *err)
{
	struct pk_pipeline pipelines[PK_PIPELINES_MAX];
	uint64_t all = 0;
	int n = 0, status = 0;

	for (int i = 0; i < look->n; i++) {
		struct reader *r = &look->readers[i];
		struct pk_conn *conn = i ? &r->conn : &look->e->hold->conn;

		if (!r->n)
			continue;
		if (i && pk_hold_join(look->e->hold, look->e->source, conn, err) < 0)
			return -1;
		r->rows = pk_alloc((size_t)r->n * sizeof(*r->rows));
		for (int q = 0; q < r->n; q++)
			if (r->queries[q].sql != look->guard && !r->queries[q].rows)
				r->queries[q].rows = &r->rows[q];
		pipelines[n] = (struct pk_pipeline){ .conn = conn, .queries = r->queries, .n = r->n };
		n++;
		all += (uint64_t)r->n;
	}
	if (n == 0)
		return 0;
	pk_progress_start(look->e->progress, "looking for what has changed", all);
	for (int i = 0; i < n && status == 0; i++)
		status = pk_pipeline_send(&pipelines[i], err);
	if (pk_pipelines_collect(pipelines, n, arrived, look, status == 0 ? err : NULL) < 0)
		status = -1;
	return status < 0 ? pk_hold_late(look->e->hold, err) : pk_hold_limit(look->e->hold, false, err);
}

static void read_rows(const struct look *look, const struct pk_rows *rows, int64_t *counts, bool *ret_changed)
{
	const struct pk_copy_tables *tables = look->e->tables;

	for (int i = 0; i < rows->n; i++) {
		size_t t = (size_t)(pk_copy_tables_find(tables, pk_rows_oid(rows, i, 0)) - tables->items);

		counts[t] += pk_rows_int(rows, i, 1);
		ret_changed[t] = ret_changed[t] || strcmp(pk_rows_get(rows, i, 2), "0") != 0;
	}
}

static void read_all(const struct look *look, bool *ret_changed)
{
	const struct pk_copy_tables *tables = look->e->tables;
	PK_FREE int64_t *counts = pk_alloc((tables->n + 1) * sizeof(*counts));
	PK_FREE bool *known = pk_alloc((tables->n + 1) * sizeof(*known));

	for (size_t i = 0; i < tables->n; i++)
		known[i] = ret_changed[i] || tables->items[i].skip;
	for (int i = 0; i < look->n; i++)
		for (int q = 0; q < look->readers[i].n; q++)
			read_rows(look, &look->readers[i].rows[q], counts, ret_changed);
	for (size_t i = 0; i < tables->n; i++)
		if (!known[i] && counts[i] != pk_copied_find(look->e->was, tables->items[i].oid)->rows)
			ret_changed[i] = true;
}

/* Rows that find their partition anew may come from any of those of the same root. */
void pk_evidence_spread(const struct pk_copy_tables *tables, bool *ret_changed)
{
	for (size_t i = 0; i < tables->n; i++) {
		const struct pk_copy_table *t = &tables->items[i];

		for (size_t j = 0; t->root_name && ret_changed[i] && j < tables->n; j++) {
			const struct pk_copy_table *o = &tables->items[j];

			if (pk_streq(o->root_name, t->root_name) && pk_streq(o->root_schema, t->root_schema))
				ret_changed[j] = true;
		}
	}
}

int pk_evidence_tables(const struct pk_evidence *e, bool *ret_changed, struct pk_strv *ret_sequences, struct pk_err *err)
{
	struct look look __attribute__((cleanup(look_release))) = { .e = e };

	look.n = e->jobs < PK_PIPELINES_MAX ? e->jobs : PK_PIPELINES_MAX;
	for (int i = 0; i < look.n; i++)
		look.readers[i].conn = (struct pk_conn)PK_CONN_INIT;
	if (read_doubtful(e, ret_changed, err) < 0 || make_guard(&look, err) < 0 || share_out_sequences(&look, err) < 0)
		return -1;
	share_out(&look, ret_changed);
	if (run(&look, err) < 0)
		return pk_hold_hint(err);
	read_all(&look, ret_changed);
	for (size_t i = 0; i < look.n_sequences; i++)
		pk_beside_sequence_rows(&look.sequences[i], ret_sequences);
	pk_evidence_spread(e->tables, ret_changed);
	return 0;
}

int pk_evidence_large(const struct pk_evidence *e, bool *ret, struct pk_err *err)
{
	static const char recent[] = "WITH " SINCE " SELECT EXISTS (SELECT FROM pg_catalog.pg_largeobject l WHERE " RECENT("l")
		") OR EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata l WHERE " RECENT("l") ") OR EXISTS (SELECT "
		"FROM pg_catalog.pg_description l WHERE l.classoid = 2613 AND " RECENT("l") ")";
	PK_FREE char *sql = pk_printf(recent, since(e->was));
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	*ret = !pk_streq(e->was->large, e->is->large) || pk_ends_with(e->is->large, " -");
	if (*ret || strcmp(e->is->large, "0") == 0)
		return 0;
	if (pk_hold_query(e->hold, sql, &rows, err) < 0)
		return -1;
	*ret = pk_rows_true(&rows, 0, 0);
	return 0;
}
