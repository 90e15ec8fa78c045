#include "base/managed.h"

#include "base/text.h"

#include <strings.h>

void pk_managed_release(struct pk_managed *managed)
{
	pk_strv_release(&managed->ignore);
	pk_strv_release(&managed->grantees);
}

static void add(struct pk_strv *to, const struct pk_strv *patterns)
{
	for (size_t i = 0; i < patterns->n; i++) {
		if (*patterns->items[i])
			pk_strv_push(to, patterns->items[i]);
		else
			pk_strv_release(to);
	}
}

void pk_managed_add(struct pk_managed *managed, const struct pk_strv *ignore, const struct pk_strv *grantees)
{
	add(&managed->ignore, ignore);
	add(&managed->grantees, grantees);
}

/* Without the "!". */
static const char *body(const char *pattern)
{
	return pattern + (*pattern == '!');
}

/* What stands before the colon, where only a kind can: names with a colon need one before them. */
static size_t kind_length(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz_");

	return text[n] == ':' ? n : 0;
}

char *pk_managed_kind(const char *pattern)
{
	const char *text = body(pattern);
	size_t n = kind_length(text);

	return n ? pk_strndup(text, n) : NULL;
}

bool pk_managed_ignores_any(const struct pk_managed *managed)
{
	return managed && managed->ignore.n > 0;
}

static bool matches_path(const char *pattern, const char *first, const char *second, const char *third)
{
	PK_FREE char *path = pk_printf("%s.%s%s%s", first, second, third ? "." : "", third ? third : "");

	return pk_glob(pattern, path);
}

static bool matches(const char *text, const char *kind, const char *schema, const char *parent, const char *name)
{
	size_t n = kind_length(text);
	const char *pattern = n ? text + n + 1 : pk_starts_with(text, "*:") ? text + strlen("*:") : text;

	if (n && (strlen(kind) != n || strncmp(text, kind, n) != 0))
		return false;
	if (!strchr(pattern, '.'))
		return pk_glob(pattern, name);
	if (!parent)
		return schema && matches_path(pattern, schema, name, NULL);
	return matches_path(pattern, parent, name, NULL) || (schema && matches_path(pattern, schema, parent, name));
}

bool pk_managed_ignores(const struct pk_managed *managed, const char *kind, const char *schema,
			const char *parent, const char *name)
{
	for (size_t i = managed ? managed->ignore.n : 0; i-- > 0;) {
		const char *pattern = managed->ignore.items[i];

		if (matches(body(pattern), kind, schema, parent, name))
			return *pattern != '!';
	}
	return false;
}

bool pk_managed_grantee(const struct pk_managed *managed, const char *role)
{
	bool others = true;

	for (size_t i = managed ? managed->grantees.n : 0; i-- > 0;) {
		const char *pattern = managed->grantees.items[i];

		if (pk_glob(body(pattern), role) ||
		    (strcmp(role, "PUBLIC") == 0 && strcasecmp(body(pattern), "public") == 0))
			return *pattern != '!';
		others = others && *pattern == '!';
	}
	return others;
}
