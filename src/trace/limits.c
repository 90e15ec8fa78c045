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
	limits->none =
		!how->limits || pk_streq(how->lock_timeout, "0") || sets_timeout(how->settings);
	for (size_t i = 0; i < statements->n; i++)
		limits->none = limits->none || sets_timeout(statements->items[i].text);
}

static void add_limit(struct pk_buf *sql, const char *name, int64_t ms, const char *otherwise)
{
	pk_buf_addf(sql, "%sSET %s = ", sql->len ? "; " : "", name);
	if (ms >= 0)
		pk_buf_addf(sql, "%lld", (long long)ms);
	else if (otherwise)
		pk_buf_add_literal(sql, otherwise);
	else
		pk_buf_add(sql, "DEFAULT");
}

int pk_limits_set(struct pk_limits *limits, struct pk_conn *conn, const char *sql, int line,
		  struct pk_err *err)
{
	const struct pk_run *how = limits->how;
	PK_AUTO(pk_buf) set = PK_BUF_INIT;
	struct pk_run_limits want;

	if (limits->none)
		return 0;
	want = how->limits(how->arg, sql, line);
	if (pk_streq(how->lock_timeout, "0"))
		want.lock_ms = -1;
	if (want.lock_ms != limits->set.lock_ms)
		add_limit(&set, "lock_timeout", want.lock_ms, how->lock_timeout);
	if (want.statement_ms != limits->set.statement_ms)
		add_limit(&set, "statement_timeout", want.statement_ms, NULL);
	limits->set = want;
	return set.len ? pk_exec(conn, set.ptr, err) : 0;
}
