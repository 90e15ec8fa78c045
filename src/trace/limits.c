#include "trace/limits.h"

#include <ctype.h>

#define UNSET (-2)

/* In whatever way: by SET, by set_config() or in a block. */
static bool names(const char *text, const char *timeout)
{
	const char *at = text ? strcasestr(text, timeout) : NULL;

	/* not deadlock_timeout */
	while (at && at > text && isalpha((unsigned char)at[-1]))
		at = strcasestr(at + 1, timeout);
	return at;
}

static enum pk_limit find_who(const struct pk_run *how, const struct pk_statements *statements, const char *timeout)
{
	if (names(how->settings, timeout))
		return PK_LIMIT_SET;
	for (size_t i = 0; i < statements->n; i++)
		if (names(statements->items[i].text, timeout))
			return PK_LIMIT_SETS;
	return how->limits ? PK_LIMIT_CHOSEN : PK_LIMIT_NONE;
}

void pk_limits_begin(struct pk_limits *limits, const struct pk_run *how,
		     const struct pk_statements *statements)
{
	limits->how = how;
	limits->set = (struct pk_run_limits){ UNSET, -1 };
	limits->lock = find_who(how, statements, "lock_timeout");
	limits->statement = find_who(how, statements, "statement_timeout");
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

	if (limits->lock != PK_LIMIT_CHOSEN && limits->statement != PK_LIMIT_CHOSEN)
		return;
	want = how->limits(how->arg, sql, line);
	if (pk_streq(how->lock_timeout, "0"))
		want = (struct pk_run_limits){ .lock_ms = -1, .statement_ms = 0 };
	if (limits->lock == PK_LIMIT_CHOSEN && want.lock_ms != limits->set.lock_ms)
		add_limit(ret, "lock_timeout", want.lock_ms, how->lock_timeout);
	if (limits->statement == PK_LIMIT_CHOSEN && want.statement_ms != limits->set.statement_ms)
		add_limit(ret, "statement_timeout", want.statement_ms, NULL);
	limits->set = want;
}
