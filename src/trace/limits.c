#include "trace/limits.h"

#define UNSET (-2)

static bool sets_timeout(const char *text)
{
	return text && (strcasestr(text, "lock_timeout") || strcasestr(text, "statement_timeout"));
}

void pk_limits_begin(struct pk_limits *limits, const struct pk_run *how,
		     const struct pk_statements *statements)
{
	limits->how = how;
	limits->set = (struct pk_run_limits){ UNSET, -1 };
	limits->none = !how->limits || sets_timeout(how->settings);
	for (size_t i = 0; i < statements->n; i++)
		limits->none = limits->none || sets_timeout(statements->items[i].text);
}

static void add_limit(struct pk_buf *sql, const char *name, int64_t ms, const char *otherwise)
{
	pk_buf_addf(sql, "SET %s = ", name);
	if (ms >= 0)
		pk_buf_addf(sql, "%lld", (long long)ms);
	else if (otherwise)
		pk_buf_add_literal(sql, otherwise);
	else
		pk_buf_add(sql, "DEFAULT");
	pk_buf_add(sql, "; ");
}

void pk_limits_add(struct pk_limits *limits, const char *sql, int line, struct pk_buf *ret)
{
	const struct pk_run *how = limits->how;
	struct pk_run_limits want;

	if (limits->none)
		return;
	want = how->limits(how->arg, sql, line);
	if (pk_streq(how->lock_timeout, "0"))
		want = (struct pk_run_limits){ .lock_ms = -1, .statement_ms = 0 };
	if (want.lock_ms != limits->set.lock_ms)
		add_limit(ret, "lock_timeout", want.lock_ms, how->lock_timeout);
	if (want.statement_ms != limits->set.statement_ms)
		add_limit(ret, "statement_timeout", want.statement_ms, NULL);
	limits->set = want;
}
