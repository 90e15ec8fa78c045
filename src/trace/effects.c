#include "trace/effects.h"

#include "trace/measure.h"
#include "trace/waits.h"

/* The strongest lock that the transaction has, and on what. */
struct kept {
	const char *mode, *relation;
};

/* The next one of that text; what only a superuser may do has been run before the others. */
static const struct pk_traced *next_of(const struct pk_trace *trace, const char *sql, size_t *at)
{
	for (size_t i = 0; i < trace->n; i++) {
		size_t k = (*at + i) % trace->n;

		if (!pk_streq(trace->items[k].sql, sql))
			continue;
		*at = k + 1;
		return &trace->items[k];
	}
	return NULL;
}

static struct pk_effect effect_of(const struct pk_traced *t, const struct kept *kept)
{
	return (struct pk_effect){
		.ran = true,
		.measured = t->read >= 0,
		.seconds = t->seconds,
		.held_seconds = t->seconds,
		.read = t->read,
		.written = t->written,
		.lock = t->lock,
		.on = t->relation,
		.kept = kept->mode,
		.kept_on = kept->relation,
		.rewritten = t->rewritten,
		.rewrote_table = t->rewrote_table,
		.built = pk_traced_built(t),
	};
}

static void keep(struct kept *kept, const struct pk_traced *t)
{
	for (size_t i = 0; i < t->n_locks; i++)
		if (!kept->mode || pk_lock_rank(t->locks[i].mode) > pk_lock_rank(kept->mode))
			*kept = (struct kept){ t->locks[i].mode, t->locks[i].relation };
}

int pk_trace_effects(void *arg, const struct pk_statements *statements,
		     const struct pk_actions *actions, struct pk_effect *ret, struct pk_err *err)
{
	const struct pk_trace_as_effects *run = arg;
	struct kept kept = { 0 };
	double left = 0;
	size_t at = 0;

	(void)actions;
	(void)err;
	for (size_t i = 0; i < statements->n; i++) {
		const struct pk_traced *t = next_of(run->trace, statements->items[i].text, &at);

		ret[i] = t ? effect_of(t, &kept) : (struct pk_effect){ .read = -1, .written = -1 };
		if (t && run->transaction)
			keep(&kept, t);
	}
	for (size_t i = statements->n; run->transaction && i-- > 0;) {
		left += ret[i].seconds;
		ret[i].held_seconds = left;
	}
	return 0;
}
