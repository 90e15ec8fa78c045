#include "clone/pour.h"
#include "clone/beside.h"
#include "pg/way.h"

#include <unistd.h>

#define WIDE_BYTES (12 << 20) /* of rows that are on their way at once */

struct table_state {
	size_t parts; /* units that are to come or under way */
	size_t next;  /* build */
	int running;  /* builds */
	bool alone;   /* the one that runs locks all others out */
};
struct work {
	const struct pk_pour *pour;
	struct pk_unit_terms terms;
	struct pk_units units;
	size_t next;		     /* unit */
	struct table_state *states;  /* of each table */
	size_t *built;		     /* tables whose builds are tasks of their own, as they were loaded */
	size_t n_built;
	struct pk_pump_lane lanes[PK_PUMP_LANES_MAX];
	struct pk_conn sources[PK_PUMP_LANES_MAX];
	int n;
	uint64_t done, bytes;	     /* of the source's disk; that passed */
	/* of the task of each lane */
	char *what[PK_PUMP_LANES_MAX];
	uint64_t moved[PK_PUMP_LANES_MAX], expected[PK_PUMP_LANES_MAX];
	int64_t *rows[PK_PUMP_LANES_MAX];
	bool large; /* large objects are still to be fetched */
	struct pk_wide wide;
};

static void work_release(struct work *w)
{
	for (int i = 0; i < w->n; i++) {
		pk_conn_release(&w->sources[i]);
		free(w->what[i]);
		free(w->rows[i]);
	}
	pk_units_release(&w->units);
	pk_wide_release(&w->wide);
	free(w->states);
	free(w->built);
}

/* ---- connections ---- */

int pk_pour_settings(const struct pk_pour *pour, struct pk_conn *target, struct pk_err *err)
{
	static const char *const always[] = { "check_function_bodies", "off", "xmloption", "content", NULL };
	static const char *const ours[] = { "default_toast_compression", "lz4", "synchronous_commit", "off", NULL };
	PK_AUTO(pk_strv) pairs = PK_STRV_INIT;
	PK_FREE char *super = NULL;

	if (pk_query_value(target, "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user", 0, NULL,
			   &super, err) < 0)
		return -1;
	pk_strv_extend(&pairs, always);
	if (pour->throwaway)
		pk_strv_extend(&pairs, ours);
	if (pk_streq(super, "t")) {
		pk_strv_push(&pairs, "session_replication_role");
		pk_strv_push(&pairs, "replica");
	}
	pk_strv_push(&pairs, "standard_conforming_strings");
	pk_strv_push(&pairs, pour->structure->post.plain_strings ? "off" : "on");
	return pk_hold_settings(target, pour->hold->encoding, &pairs, err);
}

void pk_pour_crew_release(struct pk_pour_crew *crew)
{
	for (int i = 0; i < crew->n; i++)
		pk_conn_release(&crew->conns[i]);
	crew->n = 0;
}

static int join_crew(const struct pk_pour *pour, int n, struct pk_err *err)
{
	for (struct pk_pour_crew *crew = pour->crew; crew->n < n;) {
		struct pk_conn *conn = &crew->conns[crew->n++];

		*conn = (struct pk_conn)PK_CONN_INIT;
		if (pk_conn_open(conn, pour->target, err) < 0 || pk_pour_settings(pour, conn, err) < 0)
			return -1;
	}
	return 0;
}

static int open_lanes(struct work *w, int n, bool sources, struct pk_err *err)
{
	const struct pk_pour *pour = w->pour;

	n = pour->inside ? 1 : n;
	for (w->n = 0; w->n < n; w->n++)
		w->sources[w->n] = (struct pk_conn)PK_CONN_INIT;
	if (!pour->inside && join_crew(pour, n, err) < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		w->lanes[i].target = pour->inside ? pour->inside : &pour->crew->conns[i];
		w->lanes[i].source = sources ? i ? &w->sources[i] : &pour->hold->conn : NULL;
		if (sources && i && pk_hold_join(pour->hold, pour->source, &w->sources[i], err) < 0)
			return -1;
	}
	return 0;
}

/* ---- what is next ---- */

static int next_unit(struct work *w, struct pk_pump_task *ret, struct pk_err *err)
{
	const struct pk_pour *pour = w->pour;

	if (w->next == w->units.n)
		return 0;
	ret->number = w->next;
	return pk_unit_task(&w->units.items[w->next++], pour->tables, pour->structure, &w->terms, ret, err) < 0 ? -1 : 1;
}

static void build_task(struct work *w, size_t table, struct pk_pump_task *ret)
{
	struct table_state *state = &w->states[table];
	size_t build = w->pour->structure->first[table] + state->next++;
	const struct pk_ddl_entry *e = w->pour->structure->builds[build].entry;

	state->running++;
	state->alone = !pk_ddl_is(e, "INDEX");
	ret->number = w->units.n + build;
	ret->what = pk_printf("make %s %.*s", e->type, (int)e->name_len, e->name);
	ret->into = pk_strndup(e->sql, e->len);
}

static int next_build(struct work *w, struct pk_pump_task *ret)
{
	const struct pk_structure *s = w->pour->structure;

	for (size_t i = 0; i < w->n_built; i++) {
		size_t table = w->built[i], at = s->first[table] + w->states[table].next;
		const struct table_state *state = &w->states[table];

		if (at == s->first[table + 1] || state->alone ||
		    (state->running && !pk_ddl_is(s->builds[at].entry, "INDEX")))
			continue;
		build_task(w, table, ret);
		return 1;
	}
	return 0;
}

static int choose(struct work *w, int lane, struct pk_pump_task *ret, struct pk_err *err)
{
	int found;

	if (w->lanes[lane].source && w->large) {
		w->large = false;
		ret->number = SIZE_MAX;
		ret->what = pk_strdup("copy the large objects");
		return pk_beside_large_data(w->lanes[lane].source, &ret->from, &ret->into, err) < 0 ? -1 : 1;
	}
	found = next_unit(w, ret, err);
	if (found)
		return found;
	/* Nothing of the source is held any longer than it is needed. */
	if (w->lanes[lane].source) {
		if (lane == 0)
			pk_hold_release(w->pour->hold);
		else
			pk_conn_release(&w->sources[lane]);
		w->lanes[lane].source = NULL;
	}
	/* Without rows nothing is read, and nobody has a source. */
	if (!w->terms.rows && (found = next_unit(w, ret, err)) != 0)
		return found;
	return next_build(w, ret);
}

/* COPYs of a table in a unit (pk_unit_task()). */
static size_t count_copies(const struct work *w, const struct pk_unit *u, size_t i)
{
	const struct pk_copy_table *t = &w->pour->tables->items[u->tables[i]];

	return !w->terms.rows || t->skip ? 0 : u->builds ? 1 + (size_t)t->batches : 1;
}

static int64_t *rows_of(const struct work *w, const struct pk_unit *u)
{
	size_t n = 1;

	for (size_t i = 0; i < u->n; i++)
		n += count_copies(w, u, i);
	return pk_alloc(n * sizeof(int64_t));
}

static void count_rows(struct work *w, int lane, const struct pk_unit *u)
{
	const int64_t *rows = w->rows[lane];

	for (size_t i = 0; rows && i < u->n; i++)
		for (size_t n = count_copies(w, u, i); n > 0; n--)
			w->pour->poured->rows[u->tables[i]] += *rows++;
	free(w->rows[lane]);
	w->rows[lane] = NULL;
}

static int next(void *arg, int lane, struct pk_pump_task *ret, struct pk_err *err)
{
	struct work *w = arg;
	int found = choose(w, lane, ret, err);

	if (found <= 0)
		return found;
	w->what[lane] = pk_strdup(ret->what);
	if (ret->number < w->units.n && w->pour->poured)
		ret->rows = w->rows[lane] = rows_of(w, &w->units.items[ret->number]);
	w->expected[lane] = ret->number < w->units.n ? (uint64_t)w->units.items[ret->number].bytes : 0;
	return 1;
}

static int done(void *arg, int lane, const struct pk_pump_task *task, struct pk_err *err)
{
	struct work *w = arg;

	(void)err;
	w->done += w->expected[lane];
	w->expected[lane] = w->moved[lane] = 0;
	free(w->what[lane]);
	w->what[lane] = NULL;
	if (task->number < w->units.n) {
		const struct pk_unit *u = &w->units.items[task->number];

		count_rows(w, lane, u);
		if (!u->builds && --w->states[u->tables[0]].parts == 0)
			w->built[w->n_built++] = u->tables[0];
	} else if (task->number != SIZE_MAX) {
		struct table_state *state =
			&w->states[w->pour->structure->builds[task->number - w->units.n].table];

		state->running--;
		state->alone = false;
	}
	return 0;
}

/* On disk and on its way a row is not of the same size: what is done counts as it lies on the source's disk. */
static int moved(void *arg, int lane, size_t bytes, struct pk_err *err)
{
	struct work *w = arg;
	uint64_t done = w->done;

	w->bytes += bytes;
	if (lane >= 0)
		w->moved[lane] += bytes;
	for (int i = 0; i < w->n; i++) {
		uint64_t in_all = w->expected[i], here = w->moved[i] < in_all ? w->moved[i] : in_all;

		done += here;
		pk_progress_item(w->pour->progress, i, w->what[i], here, in_all);
	}
	pk_progress_bytes(w->pour->progress, w->bytes);
	pk_progress_update(w->pour->progress, done, NULL);
	return pk_hold_pace(w->pour->hold, bytes, err);
}

/* Does what sends the rows run on our processors? */
static int source_is_here(const struct pk_pour *pour, bool *ret, struct pk_err *err)
{
	PK_FREE char *same = NULL;

	*ret = false;
	if (pour->source->way)
		return 0;
	if (pk_query_value(&pour->hold->conn, "SELECT pg_catalog.inet_client_addr() IS NOT DISTINCT FROM pg_catalog.inet_server_addr()",
			   0, NULL, &same, err) < 0)
		return -1;
	*ret = pk_streq(same, "t");
	return 0;
}

/* A whole table needs no WAL, which its parts do: they pay where one stream leaves processors idle. */
static int choose_parts(struct work *w, struct pk_err *err)
{
	bool here;

	w->terms.parts = true;
	if (!w->terms.rows || w->terms.jobs == 1 || !w->terms.wal_minimal)
		return 0;
	if (source_is_here(w->pour, &here, err) < 0)
		return -1;
	w->terms.parts = sysconf(_SC_NPROCESSORS_ONLN) > (here ? 2 : 1);
	return 0;
}

/* What all lanes hold of rows has room in a small memory: libpq keeps each twice. */
static int find_wide(struct work *w, struct pk_err *err)
{
	if (!w->terms.rows)
		return 0;
	w->terms.wide = &w->wide;
	return pk_wide_find(w->pour->hold, w->pour->tables, WIDE_BYTES / (size_t)w->terms.jobs, &w->wide, err);
}

/* Before all others, on the one connection that is there at any number of jobs. */
static int copy_wide(struct work *w, struct pk_err *err)
{
	for (size_t i = 0; i < w->wide.n; i++) {
		const char *places = w->wide.places[i];
		int64_t rows = places ? pk_wide_copy(w->pour->hold, w->lanes[0].target, &w->pour->tables->items[i], places,
						     &w->bytes, err) :
					0;

		if (rows < 0)
			return -1;
		if (w->pour->poured)
			w->pour->poured->rows[i] += rows;
	}
	return 0;
}

static int prepare(struct work *w, struct pk_err *err)
{
	const struct pk_pour *pour = w->pour;
	PK_FREE char *level = NULL;

	if (pk_query_value(w->lanes[0].target, "SELECT pg_catalog.current_setting('wal_level')", 0, NULL, &level, err) < 0)
		return -1;
	w->terms = pour->terms;
	w->terms.wal_minimal = pk_streq(level, "minimal");
	if (choose_parts(w, err) < 0 || find_wide(w, err) < 0)
		return -1;
	pk_units_make(pour->tables, &w->terms, &w->units);
	w->states = pk_alloc((pour->tables->n + 1) * sizeof(*w->states));
	w->built = pk_alloc((pour->tables->n + 1) * sizeof(*w->built));
	for (size_t i = 0; i < w->units.n; i++)
		if (!w->units.items[i].builds)
			w->states[w->units.items[i].tables[0]].parts++;
	w->large = pour->large;
	return 0;
}

static int run(const struct pk_pour *pour, struct pk_err *err)
{
	struct work w __attribute__((cleanup(work_release))) = { .pour = pour };
	struct pk_pump pump = { .lanes = w.lanes, .next = next, .done = done, .moved = moved, .arg = &w };
	uint64_t total = 0;

	if (open_lanes(&w, pour->terms.jobs, pour->terms.rows, err) < 0 || prepare(&w, err) < 0)
		return -1;
	for (size_t i = 0; i < pour->tables->n; i++)
		total += pour->tables->items[i].skip ? 0 : (uint64_t)pour->tables->items[i].bytes;
	if (pour->progress && pour->terms.rows)
		pk_progress_start(pour->progress, "copying", total);
	pump.n = w.n;
	if (pour->poured)
		pour->poured->rows = pk_alloc((pour->tables->n + 1) * sizeof(*pour->poured->rows));
	if (copy_wide(&w, err) < 0 || pk_pump_run(&pump, err) < 0)
		return -1;
	if (pour->poured)
		pour->poured->bytes = w.bytes;
	return 0;
}

int pk_pour_run(const struct pk_pour *pour, struct pk_err *err)
{
	int status = run(pour, err);

	if (status < 0)
		pk_pour_crew_release(pour->crew);
	return status;
}

/* ---- statements ---- */

struct statements {
	struct work work;
	const struct pk_strv *sql;
};

static int next_statement(void *arg, int lane, struct pk_pump_task *ret, struct pk_err *err)
{
	struct statements *s = arg;

	(void)lane;
	(void)err;
	if (s->work.next == s->sql->n)
		return 0;
	ret->into = pk_strdup(s->sql->items[s->work.next++]);
	if (!strchr(ret->into, '\n')) /* one statement */
		ret->what = pk_printf("run '%.100s'", ret->into);
	return 1;
}

static int statement_done(void *arg, int lane, const struct pk_pump_task *task, struct pk_err *err)
{
	struct statements *s = arg;

	(void)lane;
	(void)task;
	(void)err;
	pk_progress_update(s->work.pour->progress, ++s->work.done, NULL);
	return 0;
}

static int nothing_moved(void *arg, int lane, size_t bytes, struct pk_err *err)
{
	(void)arg;
	(void)lane;
	(void)bytes;
	(void)err;
	return 0;
}

int pk_pour_statements(const struct pk_pour *pour, const char *name, const struct pk_strv *sql, struct pk_err *err)
{
	struct statements s = { .work = { .pour = pour }, .sql = sql };
	struct pk_pump pump = { .lanes = s.work.lanes,
				.next = next_statement,
				.done = statement_done,
				.moved = nothing_moved,
				.arg = &s };
	int n = (size_t)pour->terms.jobs < sql->n ? pour->terms.jobs : (int)sql->n, status;

	if (n == 0)
		return 0;
	pk_progress_start(pour->progress, name, sql->n);
	status = open_lanes(&s.work, n, false, err);
	pump.n = s.work.n;
	if (status == 0)
		status = pk_pump_run(&pump, err);
	work_release(&s.work);
	if (status < 0)
		pk_pour_crew_release(pour->crew);
	return status;
}
