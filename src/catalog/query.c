#include "catalog/query.h"

#include "base/buf.h"

#define MARK "-- pg"

/* Does the condition at p, without its "pg", hold? NULL: it is none; else what stands behind it. */
static const char *condition(const char *p, int major, bool *holds)
{
	bool below = p[0] == '<', from = p[0] == '>' && p[1] == '=';
	char *end;
	long limit;

	if (!below && !from)
		return NULL;
	p += from ? 2 : 1;
	limit = *p >= '0' && *p <= '9' ? strtol(p, &end, 10) : 0;
	if (!limit)
		return NULL;
	*holds &= below ? major < limit : major >= limit;
	return end;
}

static bool is_sent(const char *line, size_t len, int major)
{
	const char *end = line + len, *p = memmem(line, len, MARK, sizeof(MARK) - 1);
	bool holds = true;

	if (!p)
		return true;
	p = condition(p + sizeof(MARK) - 1, major, &holds);
	while (p && p + 3 < end && strncmp(p, " pg", 3) == 0)
		p = condition(p + 3, major, &holds);
	return p != end || holds; /* not to the end: a comment like others */
}

const char *pk_catalog_query(struct pk_arena *arena, const char *sql, int version)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	while (*sql) {
		size_t len = strcspn(sql, "\n");

		if (is_sent(sql, len, version / 10000))
			pk_buf_addn(&out, sql, len + (sql[len] == '\n'));
		sql += len + (sql[len] == '\n');
	}
	return pk_arena_strdup(arena, out.ptr);
}
