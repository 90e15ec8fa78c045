#include "sql/retype.h"

#include <stdio.h>
#include <string.h>

/* "numeric(10,2)" into its parts. */
struct type {
	char base[64];
	int mods[2];
	int n_mods;
	bool array;
};

static bool parse_type(const char *text, struct type *ret)
{
	const char *open = strchr(text, '(');
	size_t n = open ? (size_t)(open - text) : strlen(text);

	*ret = (struct type){ .n_mods = 0 };
	if (n >= sizeof(ret->base))
		return false;
	memcpy(ret->base, text, n);
	/* an extension may lie in any schema */
	if (n > strlen(".citext") && strcmp(ret->base + n - strlen(".citext"), ".citext") == 0)
		memcpy(ret->base, "citext", sizeof("citext"));
	if (open) {
		ret->n_mods = sscanf(open, "(%d,%d", &ret->mods[0], &ret->mods[1]);
		const char *close = strchr(open, ')');
		/* "timestamp(3) with time zone", "character varying(5)[]" */
		if (ret->n_mods < 1 || !close ||
		    (size_t)snprintf(ret->base + n, sizeof(ret->base) - n, "%s", close + 1) >= sizeof(ret->base) - n)
			return false;
	}
	n = strlen(ret->base);
	if (n > 2 && strcmp(ret->base + n - 2, "[]") == 0) {
		ret->array = true;
		ret->base[n - 2] = '\0';
	}
	return true;
}

/* Pairs whose values are the same bytes. */
static const struct {
	const char *from, *to;
	bool reindex;
	bool utc; /* only when the session's time zone is UTC */
} same_bytes[] = {
	{ "character varying", "text", false, false },
	{ "text", "character varying", false, false },
	{ "citext", "text", true, false },
	{ "citext", "character varying", true, false },
	{ "text", "citext", true, false },
	{ "character varying", "citext", true, false },
	{ "cidr", "inet", false, false },
	{ "integer", "oid", true, false },
	{ "oid", "integer", true, false },
	{ "bit", "bit varying", true, false },
	{ "timestamp without time zone", "timestamp with time zone", true, true },
	{ "timestamp with time zone", "timestamp without time zone", true, true },
	{ "timestamp", "timestamp with time zone", true, true },
	{ "timestamp with time zone", "timestamp", true, true },
};

/* From the widest on: what stands behind cannot hold all of what stands before. */
static const char *const scales[][8] = {
	{ "numeric", "bigint", "integer", "smallint", NULL },
	{ "numeric", "double precision", "real", NULL },
	{ "double precision", "bigint", "integer", "smallint", NULL },
	{ "bigint", "double precision", "real", NULL },
	{ "integer", "real", "smallint", NULL },
	{ "timestamp with time zone", "date", NULL },
	{ "timestamp without time zone", "date", NULL },
	{ "timestamp", "date", NULL },
	{ "timestamp with time zone", "time with time zone", "time without time zone", NULL },
	{ "timestamp without time zone", "time without time zone", NULL },
	{ "time with time zone", "time without time zone", NULL },
	{ "interval", "time without time zone", NULL },
	{ "text", "name", NULL },
	{ "character varying", "name", NULL },
	{ "inet", "cidr", NULL },
	{ "json", "jsonb", NULL }, /* the order and repetition of keys */
};

static bool narrows_base(const char *from, const char *to)
{
	for (size_t i = 0; i < PK_COUNT(scales); i++) {
		bool seen = false;

		for (size_t j = 0; scales[i][j]; j++) {
			if (seen && strcmp(scales[i][j], to) == 0)
				return true;
			seen |= strcmp(scales[i][j], from) == 0;
		}
	}
	return false;
}

static bool has_length(const char *base)
{
	static const char *const bases[] = {
		"character varying", "bit varying", "timestamp without time zone", "timestamp with time zone",
		"time without time zone", "time with time zone", "interval", "timestamp", "time",
	};

	for (size_t i = 0; i < PK_COUNT(bases); i++)
		if (strcmp(base, bases[i]) == 0)
			return true;
	return false;
}

static enum pk_retype retype_numeric(const struct type *from, const struct type *to, bool *ret_narrows)
{
	int from_scale = from->n_mods > 1 ? from->mods[1] : 0, to_scale = to->n_mods > 1 ? to->mods[1] : 0;

	if (to->n_mods == 0)
		return PK_RETYPE_NONE;
	*ret_narrows = from->n_mods == 0 || to_scale < from_scale ||
		       to->mods[0] - to_scale < from->mods[0] - from_scale;
	return from->n_mods > 0 && to->mods[0] >= from->mods[0] && to_scale == from_scale ? PK_RETYPE_NONE :
											    PK_RETYPE_REWRITE;
}

/* The same type with another length or precision. */
static enum pk_retype retype_length(const struct type *from, const struct type *to, bool *ret_narrows)
{
	bool same = from->n_mods == to->n_mods && from->mods[0] == to->mods[0] && from->mods[1] == to->mods[1];

	if (same || (to->n_mods == 0 && (has_length(to->base) || strcmp(to->base, "numeric") == 0)))
		return PK_RETYPE_NONE;
	if (from->array) {
		struct type element = *from, other = *to;

		element.array = other.array = false;
		retype_length(&element, &other, ret_narrows);
		return PK_RETYPE_REWRITE;
	}
	if (strcmp(from->base, "numeric") == 0)
		return retype_numeric(from, to, ret_narrows);
	if (!has_length(from->base)) {
		*ret_narrows = from->mods[0] > to->mods[0];
		return PK_RETYPE_REWRITE;
	}
	if (from->n_mods && to->mods[0] >= from->mods[0])
		return PK_RETYPE_NONE;
	/* six digits are all that a timestamp has */
	if (!from->n_mods && to->mods[0] >= 6 && !strstr(from->base, "var"))
		return PK_RETYPE_NONE;
	*ret_narrows = true;
	return PK_RETYPE_REWRITE;
}

/* From a type without a length into one that has it. */
static bool shortens(const struct type *from, const struct type *to)
{
	return to->n_mods && (strcmp(from->base, "text") == 0 || !from->n_mods || to->mods[0] < from->mods[0]);
}

static bool is_text(const char *base)
{
	return strcmp(base, "text") == 0 || strncmp(base, "character", strlen("character")) == 0;
}

void pk_sql_retype(const char *from, const char *to, bool utc, struct pk_retype_facts *ret)
{
	struct type a, b;

	*ret = (struct pk_retype_facts){ .rows = PK_RETYPE_NONE };
	if (strcmp(from, to) == 0)
		return;
	ret->rows = PK_RETYPE_UNKNOWN;
	if (!parse_type(from, &a) || !parse_type(to, &b))
		return;
	ret->rows = PK_RETYPE_REWRITE;
	if (a.array != b.array)
		return;
	if (strcmp(a.base, b.base) == 0) {
		ret->rows = retype_length(&a, &b, &ret->narrows);
		return;
	}
	ret->narrows = narrows_base(a.base, b.base) || (is_text(a.base) && is_text(b.base) && shortens(&a, &b));
	for (size_t i = 0; i < PK_COUNT(same_bytes) && !a.array; i++) {
		if (strcmp(a.base, same_bytes[i].from) != 0 || strcmp(b.base, same_bytes[i].to) != 0)
			continue;
		/* the length of the one says nothing about the other: every value is held against it */
		bool held = b.n_mods && !(same_bytes[i].utc && b.mods[0] >= 6);
		if (shortens(&a, &b)) {
			ret->narrows = true;
		} else if (!held && (!same_bytes[i].utc || utc)) {
			ret->rows = PK_RETYPE_NONE;
			ret->reindex = same_bytes[i].reindex;
		}
	}
}
