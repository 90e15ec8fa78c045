#include "trace/beside.h"

#include "base/clock.h"
#include "trace/waits.h"

/* Short statements are over soon; a long one is the same for a long time. */
#define FIRST_MS   2
#define SOON_MS	   10
#define LATER_MS   100
#define SOON_LOOKS 100

void pk_beside_release(struct pk_beside *beside)
{
	free(beside->locks);
	free(beside->phases);
	pk_arena_release(&beside->arena);
	*beside = (struct pk_beside){ .by = NULL };
}

static const char look_sql[] =
	"SELECT l.relation, l.mode, l.granted, p.phase, a.wait_event_type = 'Lock' FROM pg_catalog.pg_stat_activity a "
	"LEFT JOIN pg_catalog.pg_stat_progress_create_index p ON p.pid = a.pid "
	"LEFT JOIN pg_catalog.pg_locks l ON l.pid = a.pid AND l.locktype = 'relation' AND l.database = a.datid "
	"WHERE a.pid = $1::pg_catalog.int4";

static void see_lock(struct pk_beside *b, const char *oid, const char *mode, double now)
{
	const struct pk_measured *on = oid ? pk_measure_find(b->measure, (uint32_t)strtoul(oid, NULL, 10)) : NULL;
	size_t i = 0;

	mode = on ? pk_measure_mode(mode) : NULL;
	if (!mode)
		return;
	while (i < b->n_locks && b->locks[i].on != on)
		i++;
	if (i == b->n_locks) {
		b->locks = pk_realloc_array(b->locks, b->n_locks + 1, sizeof(*b->locks));
		b->locks[b->n_locks++] = (struct pk_beside_lock){ on, mode, now, now };
	}
	b->locks[i].last = now;
	if (pk_lock_rank(mode) > pk_lock_rank(b->locks[i].mode))
		b->locks[i].mode = mode;
}

static void see_phase(struct pk_beside *b, const char *phase, double passed)
{
	struct pk_traced_phase *last = b->n_phases ? &b->phases[b->n_phases - 1] : NULL;

	if (!phase)
		return;
	if (last && strcmp(last->name, phase) == 0) {
		last->seconds += passed;
		return;
	}
	b->phases = pk_realloc_array(b->phases, b->n_phases + 1, sizeof(*b->phases));
	b->phases[b->n_phases++] = (struct pk_traced_phase){ pk_arena_strdup(&b->arena, phase), 0 };
}

static int look(void *arg)
{
	struct pk_beside *b = arg;
	const char *params[] = { b->pid };
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	double now = pk_now();

	if (pk_query(b->by, look_sql, 1, params, &rows, NULL) < 0)
		return PK_WATCH_NO_MORE;
	for (int i = 0; i < rows.n; i++)
		if (pk_streq(pk_rows_get(&rows, i, 2), "t"))
			see_lock(b, pk_rows_get(&rows, i, 0), pk_rows_get(&rows, i, 1), now);
	if (rows.n) {
		see_phase(b, pk_rows_get(&rows, 0, 3), now - b->before);
		if (pk_streq(pk_rows_get(&rows, 0, 4), "t"))
			b->waited += now - b->before;
	}
	b->before = now;
	return b->looks++ < SOON_LOOKS ? SOON_MS : LATER_MS;
}

int pk_beside_start(struct pk_beside *beside, struct pk_conn *conn, struct pk_conn *by, struct pk_measure *measure,
		    struct pk_err *err)
{
	PK_FREE char *pid = NULL;

	pk_beside_release(beside);
	if (pk_query_value(conn, "SELECT pg_catalog.pg_backend_pid()", 0, NULL, &pid, err) < 0)
		return -1;
	snprintf(beside->pid, sizeof(beside->pid), "%s", pid);
	beside->by = by;
	beside->measure = measure;
	beside->before = pk_now();
	beside->watch = (struct pk_watch){ .look = look, .arg = beside, .first_ms = FIRST_MS };
	return pk_conn_watch(conn, &beside->watch, err);
}

void pk_beside_stop(struct pk_beside *beside, struct pk_conn *conn)
{
	if (!beside->by)
		return;
	pk_conn_watch(conn, NULL, NULL);
	beside->by = NULL;
}

/* What is known of the lock on the relation already, with room for one more. */
static struct pk_traced_lock *lock_on(struct pk_arena *arena, struct pk_traced *t, const char *relation)
{
	struct pk_traced_lock *locks;

	for (size_t i = 0; i < t->n_locks; i++)
		if (strcmp(t->locks[i].relation, relation) == 0)
			return &t->locks[i];
	locks = pk_arena_alloc(arena, (t->n_locks + 1) * sizeof(*locks));
	for (size_t i = 0; i < t->n_locks; i++)
		locks[i] = t->locks[i];
	t->locks = locks;
	locks[t->n_locks] = (struct pk_traced_lock){ .relation = pk_arena_strdup(arena, relation) };
	return &locks[t->n_locks++];
}

void pk_beside_tell(struct pk_beside *beside, struct pk_arena *arena, struct pk_traced *ret)
{
	if (!beside->looks)
		return;
	ret->sampled = true;
	ret->waited = beside->waited;
	for (size_t i = 0; i < beside->n_locks; i++) {
		const struct pk_beside_lock *seen = &beside->locks[i];
		struct pk_traced_lock *lock = lock_on(arena, ret, seen->on->name);

		lock->seconds = seen->last - seen->first;
		if (!lock->mode || pk_lock_rank(seen->mode) > pk_lock_rank(lock->mode))
			lock->mode = seen->mode;
		if (!ret->lock || pk_lock_rank(lock->mode) > pk_lock_rank(ret->lock)) {
			ret->lock = lock->mode;
			ret->relation = lock->relation;
		}
	}
	ret->phases = pk_arena_alloc(arena, (beside->n_phases + 1) * sizeof(*ret->phases));
	for (size_t i = 0; i < beside->n_phases; i++)
		ret->phases[ret->n_phases++] =
			(struct pk_traced_phase){ pk_arena_strdup(arena, beside->phases[i].name), beside->phases[i].seconds };
	pk_beside_release(beside);
}
