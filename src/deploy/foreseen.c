#include "deploy/foreseen.h"

#include "deploy/setting.h"
#include "trace/waits.h"

#define LOCK_SECONDS  5.0
#define LEAST_LOCK    0.1
#define LEAST_LEFT    0.02
#define LEAST_SECONDS 60.0 /* a cold cache, a busy server */
#define TIMES_AS_LONG 20.0
#define BY_ITS_TIME   (-1.0)

void pk_foreseen_list_release(struct pk_foreseen_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i].sql);
	free(list->items);
	pk_strv_release(&list->locked);
	*list = (struct pk_foreseen_list)PK_FORESEEN_LIST_INIT;
}

/* The server refuses more than these, which are 24 days. */
static int64_t milliseconds(double seconds)
{
	double ms = seconds * 1e3;

	return ms < INT32_MAX ? (int64_t)ms : INT32_MAX;
}

int pk_foreseen_settings(struct pk_foreseen_list *list, const struct pk_config *config,
			 const char *remote, struct pk_err *err)
{
	list->lock = LOCK_SECONDS;
	list->statement = BY_ITS_TIME;
	if (pk_setting_time(config, remote, "lockTimeout", &list->lock, err) < 0)
		return -1;
	snprintf(list->lock_text, sizeof(list->lock_text), "%lldms",
		 (long long)milliseconds(list->lock));
	return pk_setting_time(config, remote, "statementTimeout", &list->statement, err);
}

void pk_foreseen_add(struct pk_foreseen_list *list, const struct pk_migration *m,
		     const struct pk_traced *traced)
{
	struct pk_foreseen f = {
		.migration = m,
		.line = traced->line,
		.sql = pk_strdup(traced->sql),
		.seconds = traced->seconds,
		.others_wait = traced->held && pk_lock_blocks(traced->held) != PK_BLOCKS_SCHEMA,
	};

	for (size_t i = 0; i < traced->n_locks; i++) {
		const struct pk_traced_lock *lock = &traced->locks[i];

		f.blocking += pk_lock_blocks(lock->mode) != PK_BLOCKS_SCHEMA;
		if (!pk_streq(lock->mode, "ACCESS SHARE") && !pk_strv_has(&list->locked, lock->relation))
			pk_strv_push(&list->locked, lock->relation);
	}
	f.others_wait = f.others_wait || f.blocking;
	list->items = pk_realloc_array(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = f;
}

const struct pk_foreseen *pk_foreseen_find(const struct pk_foreseen_list *list,
					   const struct pk_migration *m, const char *sql, int line)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].migration == m && list->items[i].line == line &&
		    pk_streq(list->items[i].sql, sql))
			return &list->items[i];
	return NULL;
}

/* lock_timeout counts for each lock: while the second is waited for, others stand behind the first. */
static double lock_limit(const struct pk_foreseen_list *list, const struct pk_foreseen *f,
			 double patience, double waited)
{
	double each = list->lock / (f->blocking > 1 ? f->blocking : 1);
	double left = list->lock - waited;

	if (list->lock <= 0)
		return 0;
	if (!f->others_wait)
		return patience > list->lock ? patience : list->lock;
	if (f->blocking && left < each)
		return left > LEAST_LEFT ? left : each < LEAST_LEFT ? each : LEAST_LEFT;
	if (each >= LEAST_LOCK)
		return each;
	return list->lock < LEAST_LOCK ? list->lock : LEAST_LOCK;
}

/* It includes the waits for locks. */
static double statement_limit(const struct pk_foreseen_list *list, const struct pk_foreseen *f)
{
	double seconds = f->seconds * TIMES_AS_LONG;

	if (!f->others_wait)
		return 0;
	if (list->statement >= 0)
		return list->statement;
	if (list->less)
		return -1;
	return (seconds > LEAST_SECONDS ? seconds : LEAST_SECONDS) + list->lock;
}

struct pk_run_limits pk_foreseen_limits(const struct pk_foreseen_list *list,
					const struct pk_foreseen *f, double patience, double waited)
{
	double statement;

	if (!f)
		return (struct pk_run_limits){ -1, -1 };
	statement = statement_limit(list, f);
	return (struct pk_run_limits){
		.lock_ms = milliseconds(lock_limit(list, f, patience, waited)),
		.statement_ms = statement < 0 ? -1 : milliseconds(statement),
	};
}
