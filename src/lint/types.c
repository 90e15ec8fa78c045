/* Which changes of a type leave the rows alone. Measured on PostgreSQL 15, as in its ATColumnChangeRequiresRewrite(). */
#include "lint/rule.h"

/* "numeric(10,2)" into its parts. */
struct type {
	char base[64];
	int mods[2];
	int n_mods;
};

static bool parse_type(const char *text, struct type *ret)
{
	const char *open = strchr(text, '(');
	size_t n = open ? (size_t)(open - text) : strlen(text);

	*ret = (struct type){ .n_mods = 0 };
	if (n >= sizeof(ret->base))
		return false;
	memcpy(ret->base, text, n);
	if (!open)
		return true;
	ret->n_mods = sscanf(open, "(%d,%d", &ret->mods[0], &ret->mods[1]);
	const char *close = strchr(open, ')');
	if (ret->n_mods < 1 || !close)
		return false;
	/* "timestamp(3) with time zone" */
	return (size_t)snprintf(ret->base + n, sizeof(ret->base) - n, "%s", close + 1) <
	       sizeof(ret->base) - n;
}

static const struct {
	const char *from, *to;
	bool utc; /* only when the session's time zone is UTC */
} same_bytes[] = {
	{ "character varying", "text", false },
	{ "text", "character varying", false },
	{ "cidr", "inet", false },
	{ "timestamp without time zone", "timestamp with time zone", true },
	{ "timestamp with time zone", "timestamp without time zone", true },
	{ "timestamp", "timestamp with time zone", true },
	{ "timestamp with time zone", "timestamp", true },
};

static const struct {
	const char *from, *to;
} narrowing[] = {
	{ "bigint", "integer" },
	{ "bigint", "smallint" },
	{ "integer", "smallint" },
	{ "double precision", "real" },
	{ "inet", "cidr" },
	{ "numeric", "integer" },
	{ "numeric", "bigint" },
	{ "numeric", "smallint" },
	{ "timestamp with time zone", "date" },
	{ "timestamp without time zone", "date" },
	{ "double precision", "integer" },
	{ "jsonb", "json" },
};

static bool has_length(const char *base)
{
	static const char *const bases[] = {
		"character varying",
		"bit varying",
		"timestamp without time zone",
		"timestamp with time zone",
		"time without time zone",
		"time with time zone",
		"interval",
		"timestamp",
		"time",
	};

	for (size_t i = 0; i < PK_COUNT(bases); i++)
		if (strcmp(base, bases[i]) == 0)
			return true;
	return false;
}

/* The same type with another length or precision. */
static enum pk_retype retype_length(const struct type *from, const struct type *to,
				    bool *ret_narrows)
{
	if (strcmp(from->base, "numeric") == 0) {
		if (to->n_mods == 0)
			return PK_RETYPE_NONE;
		int from_scale = from->n_mods > 1 ? from->mods[1] : 0,
		    to_scale = to->n_mods > 1 ? to->mods[1] : 0;
		bool wider =
			from->n_mods > 0 && to->mods[0] >= from->mods[0] && to_scale == from_scale;
		*ret_narrows = from->n_mods == 0 || to_scale < from_scale ||
			       to->mods[0] - to_scale < from->mods[0] - from_scale;
		return wider ? PK_RETYPE_NONE : PK_RETYPE_REWRITE;
	}
	if (!has_length(from->base))
		return from->n_mods == to->n_mods && from->mods[0] == to->mods[0]
			       ? PK_RETYPE_NONE
			       : PK_RETYPE_REWRITE;
	if (to->n_mods == 0 || (from->n_mods && to->mods[0] >= from->mods[0]))
		return PK_RETYPE_NONE;
	/* six digits are all that a timestamp has */
	if (!from->n_mods && to->mods[0] >= 6 && !strstr(from->base, "var"))
		return PK_RETYPE_NONE;
	*ret_narrows = true;
	return PK_RETYPE_REWRITE;
}

enum pk_retype pk_lint_retype(const char *from, const char *to, bool utc, bool *ret_narrows)
{
	struct type a, b;

	*ret_narrows = false;
	if (strcmp(from, to) == 0)
		return PK_RETYPE_NONE;
	if (!parse_type(from, &a) || !parse_type(to, &b))
		return PK_RETYPE_UNKNOWN;
	if (strcmp(a.base, b.base) == 0)
		return retype_length(&a, &b, ret_narrows);
	for (size_t i = 0; i < PK_COUNT(narrowing); i++)
		if (strcmp(a.base, narrowing[i].from) == 0 && strcmp(b.base, narrowing[i].to) == 0)
			*ret_narrows = true;
	for (size_t i = 0; i < PK_COUNT(same_bytes); i++) {
		if (strcmp(a.base, same_bytes[i].from) != 0 ||
		    strcmp(b.base, same_bytes[i].to) != 0)
			continue;
		bool shorter = b.n_mods &&
			       (strcmp(a.base, "text") == 0 || !a.n_mods || b.mods[0] < a.mods[0]);
		if (!shorter && (!same_bytes[i].utc || utc))
			return PK_RETYPE_NONE;
		*ret_narrows = shorter;
	}
	return PK_RETYPE_REWRITE;
}
