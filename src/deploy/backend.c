#include "deploy/backend.h"

#include "base/clock.h"
#include "base/term.h"
#include "base/text.h"

#define QUERY_BYTES 80

/* Statements may hold secrets where roles are made. */
static void add_query(struct pk_buf *ret, const char *query)
{
	PK_AUTO(pk_buf) line = PK_BUF_INIT;
	PK_FREE char *cut = NULL;

	if (!query || !*query)
		return;
	if (strcasestr(query, "password")) {
		pk_buf_add(ret, ": (a statement with a password)");
		return;
	}
	for (const char *p = query; *p && line.len < 4 * QUERY_BYTES; p++)
		if (!strchr(" \t\r\n", *p))
			pk_buf_addc(&line, *p);
		else if (line.len && line.ptr[line.len - 1] != ' ')
			pk_buf_addc(&line, ' ');
	cut = pk_cut(line.ptr, QUERY_BYTES);
	pk_buf_add(ret, ": ");
	pk_buf_add_safe(ret, cut, false);
}

static void add_time(struct pk_buf *ret, const char *what, const char *seconds)
{
	PK_FREE char *took = seconds ? pk_duration(strtod(seconds, NULL)) : NULL;

	if (took)
		pk_buf_addf(ret, ", %s for %s", what, took);
}

void pk_backend_add(struct pk_buf *ret, const struct pk_rows *rows, int i)
{
	const char *pid = pk_rows_get(rows, i, 0), *state = pk_rows_get(rows, i, 3),
		   *user = pk_rows_get(rows, i, 2), *kind = pk_rows_get(rows, i, 7);

	pk_buf_addf(ret, "pid %s", pid);
	if (!kind || !state) {
		/* Another's, and we may not see what it does; or a process of the server. */
		pk_buf_add(ret, " (");
		pk_buf_add_safe(ret, kind ? kind : user ? user : "not visible", false);
		pk_buf_addc(ret, ')');
		add_query(ret, kind ? pk_rows_get(rows, i, 6) : NULL);
		return;
	}
	pk_buf_add(ret, " (");
	pk_buf_add_safe(ret, pk_rows_get(rows, i, 1), false);
	pk_buf_add(ret, ", user ");
	pk_buf_add_safe(ret, user ? user : "none", false);
	pk_buf_addc(ret, ')');
	if (pk_starts_with(state, "idle in transaction"))
		add_time(ret, "idle in a transaction", pk_rows_get(rows, i, 5));
	else
		add_time(ret, "at work", pk_rows_get(rows, i, 4));
	add_query(ret, pk_rows_get(rows, i, 6));
}
