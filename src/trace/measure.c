#include "trace/measure.h"

#include "pg/pipeline.h"

/* Weakest first, as the lock manager numbers them from 1. */
static const struct {
	const char *mode, *name;
} modes[] = {
	{ "AccessShareLock", "ACCESS SHARE" },
	{ "RowShareLock", "ROW SHARE" },
	{ "RowExclusiveLock", "ROW EXCLUSIVE" },
	{ "ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE" },
	{ "ShareLock", "SHARE" },
	{ "ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE" },
	{ "ExclusiveLock", "EXCLUSIVE" },
	{ "AccessExclusiveLock", "ACCESS EXCLUSIVE" },
};

void pk_measure_release(struct pk_measure *measure)
{
	free(measure->items);
	free(measure->built);
	pk_arena_release(&measure->arena);
	*measure = (struct pk_measure)PK_MEASURE_INIT;
}

static uint32_t to_oid(const char *text)
{
	return text ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

static const char relations_sql[] =
	"SELECT c.oid, c.relfilenode, c.relkind, n.nspname, c.relname FROM pg_catalog.pg_class c "
	"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	"WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' "
	"AND c.relkind IN ('r', 'p', 'm', 'v', 'f', 'i', 'I', 'S') ORDER BY c.oid";

/* What pg_stat_xact_user_tables shows of these tables; the view reads all of pg_class and pg_index first. */
static const char *counters_of(struct pk_measure *measure)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	size_t n = 0;

	pk_buf_add(&sql, "SELECT * FROM (SELECT t, pg_catalog.pg_stat_get_xact_tuples_returned(t) AS read, "
			 "pg_catalog.pg_stat_get_xact_tuples_inserted(t) + pg_catalog.pg_stat_get_xact_tuples_updated(t) + "
			 "pg_catalog.pg_stat_get_xact_tuples_deleted(t) AS written, pg_catalog.pg_stat_get_xact_tuples_deleted(t) "
			 "FROM pg_catalog.unnest('{");
	for (size_t i = 0; i < measure->n; i++)
		if (strchr("rpm", measure->items[i].kind))
			pk_buf_addf(&sql, "%s%u", n++ ? "," : "", (unsigned)measure->items[i].oid);
	pk_buf_add(&sql, "}'::pg_catalog.oid[]) t OFFSET 0) s WHERE read > 0 OR written > 0");
	return pk_arena_strdup(&measure->arena, sql.ptr);
}

int pk_measure_start(struct pk_measure *measure, struct pk_conn *conn, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *level = NULL;

	if (pk_query_value(conn, "SELECT pg_catalog.current_setting('wal_level')", 0, NULL, &level, err) < 0 ||
	    pk_query(conn, relations_sql, 0, NULL, &rows, err) < 0)
		return -1;
	measure->wal_minimal = pk_streq(level, "minimal");
	measure->items = pk_realloc_array(NULL, (size_t)rows.n + 1, sizeof(*measure->items));
	measure->n = (size_t)rows.n;
	for (int i = 0; i < rows.n; i++) {
		PK_AUTO(pk_buf) name = PK_BUF_INIT;

		pk_buf_add_qualified(&name, pk_rows_get(&rows, i, 3), pk_rows_get(&rows, i, 4));
		measure->items[i] = (struct pk_measured){
			.oid = to_oid(pk_rows_get(&rows, i, 0)),
			.filenode = to_oid(pk_rows_get(&rows, i, 1)),
			.kind = pk_rows_get(&rows, i, 2)[0],
			.name = pk_arena_strdup(&measure->arena, name.ptr),
			.scale = 1,
		};
	}
	measure->counters_sql = counters_of(measure);
	return 0;
}

static struct pk_measured *find(struct pk_measure *measure, uint32_t oid)
{
	size_t low = 0, high = measure->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (measure->items[mid].oid < oid)
			low = mid + 1;
		else
			high = mid;
	}
	return low < measure->n && measure->items[low].oid == oid ? &measure->items[low] : NULL;
}

const struct pk_measured *pk_measure_find(struct pk_measure *measure, uint32_t oid)
{
	return find(measure, oid);
}

static int64_t to_count(const char *text)
{
	return text ? strtoll(text, NULL, 10) : 0;
}

/* TRUNCATE takes what was counted back. */
static void count_deleted(struct pk_measured *m, int64_t now, bool begin)
{
	if (!begin && now > m->counted)
		m->deleted += now - m->counted;
	m->counted = now;
}

static void see_counters(struct pk_measure *measure, const struct pk_rows *rows, bool begin)
{
	measure->read = measure->written = 0;
	for (int i = 0; i < rows->n; i++) {
		struct pk_measured *m = find(measure, to_oid(pk_rows_get(rows, i, 0)));

		if (!m)
			continue;
		count_deleted(m, to_count(pk_rows_get(rows, i, 3)), begin);
		measure->read += (int64_t)((double)to_count(pk_rows_get(rows, i, 1)) * m->scale);
		measure->written += (int64_t)((double)to_count(pk_rows_get(rows, i, 2)) * m->scale);
	}
}

int pk_measure_as_source(struct pk_measure *measure, struct pk_conn *conn, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *kept = NULL;

	if (pk_query_value(conn, PK_SOURCE_SIZES_KEPT, 0, NULL, &kept, err) < 0)
		return -1;
	if (pk_streq(kept, "t") && pk_query(conn,
					    "SELECT s.rel, s.rows / greatest(c.reltuples, 1) FROM postkit.source_sizes s "
					    "JOIN pg_catalog.pg_class c ON c.oid = s.rel WHERE s.rows > c.reltuples",
					    0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		struct pk_measured *m = find(measure, to_oid(pk_rows_get(&rows, i, 0)));

		if (m)
			m->scale = strtod(pk_rows_get(&rows, i, 1), NULL);
	}
	return 0;
}

static const char wal_sql[] = "SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')";

/* What is asked after each statement, all at once. */
struct asked {
	struct pk_rows counters, locks, wal;
};

static void asked_release(struct asked *asked)
{
	pk_rows_release(&asked->counters);
	pk_rows_release(&asked->locks);
	pk_rows_release(&asked->wal);
}

static int ask(const struct pk_measure *measure, struct pk_conn *conn, const char *locks_sql, struct asked *ret,
	       struct pk_err *err)
{
	struct pk_pipeline_query queries[3] = { { .sql = measure->counters_sql, .rows = &ret->counters },
						{ .sql = wal_sql, .rows = &ret->wal },
						{ .sql = locks_sql, .rows = &ret->locks } };
	struct pk_pipeline pipeline = { .conn = conn, .queries = queries, .n = locks_sql ? 3 : 2 };

	if (pk_pipeline_send(&pipeline, err) < 0)
		return -1;
	return pk_pipelines_collect(&pipeline, 1, NULL, NULL, err);
}

/* Since the last time. */
static int64_t see_wal(struct pk_measure *measure, const struct pk_rows *rows)
{
	int64_t before = measure->wal;

	measure->wal = to_count(pk_rows_get(rows, 0, 0));
	return measure->wal - before;
}

int pk_measure_begin(struct pk_measure *measure, struct pk_conn *conn, struct pk_err *err)
{
	struct asked asked __attribute__((cleanup(asked_release))) = { .counters = PK_ROWS_INIT };

	for (size_t i = 0; i < measure->n; i++)
		measure->items[i].held = 0, measure->items[i].counted = 0;
	if (ask(measure, conn, NULL, &asked, err) < 0)
		return -1;
	see_counters(measure, &asked.counters, true);
	see_wal(measure, &asked.wal);
	return 0;
}

static unsigned mode_number(const char *mode)
{
	for (unsigned i = 0; i < PK_COUNT(modes); i++)
		if (pk_streq(modes[i].mode, mode))
			return i + 1;
	return 0;
}

const char *pk_measure_mode(const char *mode)
{
	unsigned number = mode_number(mode);

	return number ? modes[number - 1].name : NULL;
}

/* What people think of first: a table before its indexes and sequences. */
static bool is_part(const struct pk_measured *m)
{
	return m->kind == 'i' || m->kind == 'I' || m->kind == 'S';
}

/*
 * Read by OID: names may have changed, and the relation may be gone by now. A relation can get a new
 * file only under a lock, so the locks lead to those too.
 */
static const char locks_sql[] =
	"SELECT l.relation, l.mode, c.relfilenode, c.relkind FROM pg_catalog.pg_locks l "
	"LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation "
	"WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted "
	"AND l.database = (SELECT oid FROM pg_catalog.pg_database "
	" WHERE datname = pg_catalog.current_database()) ORDER BY l.relation";

/* The strongest so far. */
struct strongest {
	const struct pk_measured *relation;
	unsigned mode;
};

static void consider(struct strongest *s, const struct pk_measured *m, unsigned mode)
{
	if (mode > s->mode || (mode == s->mode && is_part(s->relation) && !is_part(m)))
		*s = (struct strongest){ m, mode };
}

static void tell(const struct strongest *s, struct pk_arena *arena, const char **ret_mode,
		 const char **ret_name)
{
	if (!s->relation)
		return;
	*ret_mode = modes[s->mode - 1].name;
	*ret_name = pk_arena_strdup(arena, s->relation->name);
}

/* ---- new files ---- */

/* Relations with a new file, as the text of an array of OIDs. */
struct anew {
	struct pk_buf oids;
};

static void add_anew(struct anew *anew, const char *oid)
{
	pk_buf_addf(&anew->oids, "%c%s", anew->oids.len ? ',' : '{', oid);
}

/* An index that nobody has told of yet. */
static void add_built(struct pk_measure *measure, struct anew *anew, const char *oid)
{
	uint32_t number = to_oid(oid);

	for (size_t i = 0; i < measure->n_built; i++)
		if (measure->built[i] == number)
			return;
	measure->built = pk_realloc_array(measure->built, measure->n_built + 1, sizeof(*measure->built));
	measure->built[measure->n_built++] = number;
	add_anew(anew, oid);
}

/* Of an index of a relation that was not there before nothing is told. */
static int tell_files(struct pk_measure *measure, struct pk_conn *conn, struct anew *anew, struct pk_arena *arena,
		      struct pk_traced *ret, struct pk_err *err)
{
	static const char files_sql[] =
		"SELECT c.oid, n.nspname, c.relname, i.indrelid, pg_catalog.pg_table_size(c.oid), tn.nspname, t.relname "
		"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
		"LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_catalog.pg_class t ON t.oid = i.indrelid "
		"LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace "
		"WHERE c.oid = ANY ($1::pg_catalog.oid[]) ORDER BY i.indrelid IS NOT NULL, c.oid";
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	const char *params[1];

	if (!anew->oids.len)
		return 0;
	pk_buf_addc(&anew->oids, '}');
	params[0] = anew->oids.ptr;
	if (pk_query(conn, files_sql, 1, params, &rows, err) < 0)
		return -1;
	ret->files = pk_arena_alloc(arena, ((size_t)rows.n + 1) * sizeof(*ret->files));
	for (int i = 0; i < rows.n; i++) {
		const char *table = pk_rows_get(&rows, i, 3);
		PK_AUTO(pk_buf) name = PK_BUF_INIT;
		PK_AUTO(pk_buf) of = PK_BUF_INIT;

		if (table && !find(measure, to_oid(table)))
			continue;
		pk_buf_add_qualified(&name, pk_rows_get(&rows, i, 1), pk_rows_get(&rows, i, 2));
		if (table)
			pk_buf_add_qualified(&of, pk_rows_get(&rows, i, 5), pk_rows_get(&rows, i, 6));
		ret->files[ret->n_files++] = (struct pk_traced_file){
			.relation = pk_arena_strdup(arena, name.ptr),
			.table = table ? pk_arena_strdup(arena, of.ptr) : NULL,
			.bytes = to_count(pk_rows_get(&rows, i, 4)),
			.built = !find(measure, to_oid(pk_rows_get(&rows, i, 0))),
		};
	}
	return 0;
}

static void tell_wal(struct pk_measure *measure, const struct pk_rows *rows, struct pk_traced *ret)
{
	ret->wal = see_wal(measure, rows);
	for (size_t i = 0; measure->wal_minimal && i < ret->n_files; i++)
		ret->wal += ret->files[i].bytes;
}

/* ---- a statement ---- */

struct seen {
	struct strongest fresh, held, rewritten;
	struct anew anew;
};

static void seen_release(struct seen *seen)
{
	pk_buf_release(&seen->anew.oids);
}

static void see_filenode(struct pk_measured *m, const char *oid, const char *filenode, struct seen *seen)
{
	if (!filenode || to_oid(filenode) == m->filenode)
		return;
	m->filenode = to_oid(filenode);
	add_anew(&seen->anew, oid);
	consider(&seen->rewritten, m, 1);
}

/* A relation's new modes, the strongest of which is told. */
static void see_locks(struct pk_measure *measure, const struct pk_rows *rows, struct seen *seen, struct strongest *of_each,
		      size_t *ret_n)
{
	for (int i = 0; i < rows->n; i++) {
		const char *oid = pk_rows_get(rows, i, 0), *kind = pk_rows_get(rows, i, 3);
		struct pk_measured *m = find(measure, to_oid(oid));
		unsigned mode = mode_number(pk_rows_get(rows, i, 1));

		if (!m && kind && *kind == 'i')
			add_built(measure, &seen->anew, oid);
		if (!m || !mode)
			continue;
		if (m->held >> mode == 0) {
			if (*ret_n && of_each[*ret_n - 1].relation == m)
				consider(&of_each[*ret_n - 1], m, mode);
			else
				of_each[(*ret_n)++] = (struct strongest){ m, mode };
		}
		if (!(m->held & 1u << mode))
			consider(&seen->fresh, m, mode);
		consider(&seen->held, m, mode);
		m->held |= 1u << mode;
		see_filenode(m, oid, pk_rows_get(rows, i, 2), seen);
	}
}

/* An index of a table that is locked as strongly already is no news. */
static bool is_news(const struct strongest *lock, const struct strongest *held)
{
	return lock->relation && !(is_part(lock->relation) && held->mode >= lock->mode && !is_part(held->relation));
}

static void tell_locks(const struct strongest *locks, size_t n, const struct strongest *held, struct pk_arena *arena,
		       struct pk_traced *ret)
{
	ret->locks = pk_arena_alloc(arena, (n + 1) * sizeof(*ret->locks));
	for (size_t i = 0; i < n; i++) {
		struct pk_traced_lock *lock = &ret->locks[ret->n_locks];

		if (!is_news(&locks[i], held))
			continue;
		tell(&locks[i], arena, &lock->mode, &lock->relation);
		ret->n_locks++;
	}
}

int pk_measure_statement(struct pk_measure *measure, struct pk_conn *conn, struct pk_arena *arena,
			 struct pk_traced *ret, struct pk_err *err)
{
	struct asked asked __attribute__((cleanup(asked_release))) = { .counters = PK_ROWS_INIT };
	PK_FREE struct strongest *locks = NULL;
	struct seen seen __attribute__((cleanup(seen_release))) = { .anew = { PK_BUF_INIT } };
	const struct pk_measured *rewritten;
	int64_t read = measure->read, written = measure->written;
	size_t n = 0;

	if (ask(measure, conn, locks_sql, &asked, err) < 0)
		return -1;
	see_counters(measure, &asked.counters, false);
	ret->read = measure->read - read;
	ret->written = measure->written - written;
	locks = pk_alloc(((size_t)asked.locks.n + 1) * sizeof(*locks));
	see_locks(measure, &asked.locks, &seen, locks, &n);
	if (is_news(&seen.fresh, &seen.held))
		tell(&seen.fresh, arena, &ret->lock, &ret->relation);
	tell(&seen.held, arena, &ret->held, &ret->held_on);
	tell_locks(locks, n, &seen.held, arena, ret);
	rewritten = seen.rewritten.relation;
	ret->rewrote = rewritten != NULL;
	ret->rewrote_table = rewritten && !is_part(rewritten);
	ret->rewritten = rewritten ? pk_arena_strdup(arena, rewritten->name) : NULL;
	if (tell_files(measure, conn, &seen.anew, arena, ret, err) < 0)
		return -1;
	tell_wal(measure, &asked.wal, ret);
	return 0;
}

int pk_measure_outside(struct pk_measure *measure, struct pk_conn *conn, struct pk_arena *arena, struct pk_traced *ret,
		       struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT, wal = PK_ROWS_INIT;
	struct seen seen __attribute__((cleanup(seen_release))) = { .anew = { PK_BUF_INIT } };

	if (pk_query(conn, relations_sql, 0, NULL, &rows, err) < 0 || pk_query(conn, wal_sql, 0, NULL, &wal, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		const char *oid = pk_rows_get(&rows, i, 0);
		struct pk_measured *m = find(measure, to_oid(oid));

		if (m)
			see_filenode(m, oid, pk_rows_get(&rows, i, 1), &seen);
		else if (*pk_rows_get(&rows, i, 2) == 'i')
			add_built(measure, &seen.anew, oid);
	}
	if (tell_files(measure, conn, &seen.anew, arena, ret, err) < 0)
		return -1;
	tell_wal(measure, &wal, ret);
	return 0;
}

int pk_measure_lost_views(struct pk_measure *measure, struct pk_conn *conn, struct pk_arena *arena, const char **ret,
			  struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) lost = PK_BUF_INIT;
	int i = 0;

	if (pk_query(conn, "SELECT oid FROM pg_catalog.pg_class WHERE relkind IN ('v', 'm') ORDER BY oid", 0, NULL, &rows,
		     err) < 0)
		return -1;
	for (size_t m = 0; m < measure->n; m++) {
		struct pk_measured *item = &measure->items[m];

		if ((item->kind != 'v' && item->kind != 'm') || item->gone)
			continue;
		while (i < rows.n && to_oid(pk_rows_get(&rows, i, 0)) < item->oid)
			i++;
		item->gone = i == rows.n || to_oid(pk_rows_get(&rows, i, 0)) != item->oid;
		if (item->gone)
			pk_buf_addf(&lost, "%s%s", lost.len ? ", " : "", item->name);
	}
	*ret = lost.len ? pk_arena_strdup(arena, lost.ptr) : NULL;
	return 0;
}

const char *pk_traced_built(const struct pk_traced *traced)
{
	for (size_t i = 0; i < traced->n_files; i++)
		if (traced->files[i].built)
			return traced->files[i].relation;
	return NULL;
}

void pk_measure_deleted(const struct pk_measure *measure, struct pk_trace *trace)
{
	for (size_t i = 0; i < measure->n; i++) {
		const struct pk_measured *m = &measure->items[i];

		if (!m->deleted)
			continue;
		trace->deleted = pk_realloc_array(trace->deleted, trace->n_deleted + 1, sizeof(*trace->deleted));
		trace->deleted[trace->n_deleted++] =
			(struct pk_deleted){ pk_arena_strdup(&trace->arena, m->name), m->deleted };
	}
}
