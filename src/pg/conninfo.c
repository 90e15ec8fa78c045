#include "pg/conninfo.h"
#include "pg/way.h"
#include <libpq-fe.h>

static void wipe(char *s)
{
	if (s)
		explicit_bzero(s, strlen(s));
}

void pk_conninfo_release(struct pk_conninfo *info)
{
	wipe(info->password);
	free(info->password);
	info->password = NULL;
	for (size_t i = 0; i < info->secret_values.n; i++)
		wipe(info->secret_values.items[i]);
	pk_strv_release(&info->keys);
	pk_strv_release(&info->values);
	pk_strv_release(&info->secret_keys);
	pk_strv_release(&info->secret_values);
	pk_way_drop(info->way);
	info->way = NULL;
	info->patience = 0;
}

void pk_conninfo_copy(struct pk_conninfo *to, const struct pk_conninfo *from)
{
	if (to == from)
		return;
	pk_conninfo_release(to);
	if (from->keys.n) {
		pk_strv_extend(&to->keys, (const char *const *)from->keys.items);
		pk_strv_extend(&to->values, (const char *const *)from->values.items);
	}
	if (from->secret_keys.n) {
		pk_strv_extend(&to->secret_keys, (const char *const *)from->secret_keys.items);
		pk_strv_extend(&to->secret_values, (const char *const *)from->secret_values.items);
	}
	to->password = pk_strdup(from->password);
	to->way = pk_way_share(from->way);
	to->patience = from->patience;
}

static size_t find_key(const struct pk_strv *keys, const char *key)
{
	size_t i = 0;

	while (i < keys->n && strcmp(keys->items[i], key) != 0)
		i++;
	return i;
}

const char *pk_conninfo_get(const struct pk_conninfo *info, const char *key)
{
	size_t i = find_key(&info->keys, key);

	return i < info->keys.n ? info->values.items[i] : NULL;
}

static void remove_at(struct pk_strv *v, size_t i)
{
	wipe(v->items[i]);
	free(v->items[i]);
	/* with the NULL behind the last one */
	memmove(v->items + i, v->items + i + 1, (v->n - i) * sizeof(*v->items));
	v->n--;
}

static void set_pair(struct pk_strv *keys, struct pk_strv *values, const char *key,
		     const char *value)
{
	size_t i = find_key(keys, key);

	if (i < keys->n && value) {
		char *copy = pk_strdup(value);
		wipe(values->items[i]);
		free(values->items[i]);
		values->items[i] = copy;
	} else if (i < keys->n) {
		remove_at(keys, i);
		remove_at(values, i);
	} else if (value) {
		pk_strv_push(keys, key);
		pk_strv_push(values, value);
	}
}

void pk_conninfo_set(struct pk_conninfo *info, const char *key, const char *value)
{
	static const char *const secrets[] = { "sslpassword", "scram_client_key",
					       "scram_server_key", "oauth_client_secret" };

	if (strcmp(key, "password") == 0) {
		char *copy = pk_strdup(value);
		wipe(info->password);
		free(info->password);
		info->password = copy;
		return;
	}
	for (size_t i = 0; i < PK_COUNT(secrets); i++)
		if (strcmp(key, secrets[i]) == 0) {
			set_pair(&info->secret_keys, &info->secret_values, key, value);
			return;
		}
	set_pair(&info->keys, &info->values, key, value);
}

/*
 * libpq's own texts quote what they choke on, and that is a password more often than not (one with
 * a '%', '@' or blank in it). So they choose a text here and are not shown.
 */
static const struct {
	const char *needle, *msg, *hint;
} parse_errors[] = {
	{ "percent-encoded",
	  "a '%' in the connection string is not followed by two hexadecimal digits",
	  "write '%' in a password as %25, '@' as %40, ':' as %3A, '/' as %2F, '?' as %3F" },
	{ "forbidden value", "the connection string holds %00", NULL },
	{ "unterminated quoted", "a quoted value in the connection string has no closing quote",
	  NULL },
	{ "missing \"=\"", "the connection string is neither a URI nor key=value pairs",
	  "postgresql://user@host:5432/database, or \"host=... dbname=...\" with blanks in values "
	  "quoted" },
	{ "invalid URI query parameter",
	  "the connection string has a parameter that libpq does not know",
	  "leave out parameters of other drivers; write '?' in a password as %3F" },
	{ "invalid connection option",
	  "the connection string has a parameter that libpq does not know",
	  "a value with a blank must stand in single quotes" },
	{ "query parameter", "malformed parameters after the '?' of the connection URI",
	  "write '?' in a password as %3F, '&' as %26" },
	{ "IPv6", "malformed IPv6 address in the connection URI", "write it as [::1]" },
	{ "in URI", "malformed connection URI",
	  "postgresql://user@host:5432/database; write '@' in a password as %40, '/' as %2F, ':' "
	  "as %3A" },
};

/* The name of an unknown parameter, when it cannot be a piece of a password. */
static char *unknown_key(const char *text, const char *libpq_says)
{
	const char *colon = strstr(libpq_says, "parameter: \"");
	const char *start = colon ? strchr(colon, '"') : strstr(libpq_says, "option \"");
	const char *query = strchr(text, '?');

	if (!start || strcasestr(text, "pass") || (query && strchr(query, '@')) ||
	    (!query && strchr(text, '@')))
		return NULL;
	start = strchr(start, '"') + 1;
	size_t n = strcspn(start, "\"");
	return n && n < 40 ? pk_strndup(start, n) : NULL;
}

static int parse_failed(const char *text, const char *libpq_says, struct pk_err *err)
{
	for (size_t i = 0; i < PK_COUNT(parse_errors); i++) {
		if (!strstr(libpq_says, parse_errors[i].needle))
			continue;
		PK_FREE char *key = pk_starts_with(libpq_says, "invalid ")
					    ? unknown_key(text, libpq_says)
					    : NULL;
		if (key)
			pk_err_set(err,
				   "the connection string has the parameter '%s', which libpq does not know",
				   key);
		else
			pk_err_set(err, "%s", parse_errors[i].msg);
		return parse_errors[i].hint ? pk_err_hint(err, "%s", parse_errors[i].hint) : -1;
	}
	return pk_err_set(err, "malformed connection string");
}

int pk_conninfo_parse(struct pk_conninfo *info, const char *text, struct pk_err *err)
{
	char *libpq_says = NULL;
	PQconninfoOption *options = PQconninfoParse(text, &libpq_says);

	if (!options) {
		parse_failed(text, libpq_says ? libpq_says : "", err);
		if (libpq_says) {
			wipe(libpq_says);
			PQfreemem(libpq_says);
		}
		return -1;
	}
	pk_conninfo_release(info);
	for (PQconninfoOption *o = options; o->keyword; o++) {
		if (!o->val)
			continue;
		/* '*' is libpq's own sign for what must not be shown */
		if (o->dispchar[0] == '*' && strcmp(o->keyword, "password") != 0)
			set_pair(&info->secret_keys, &info->secret_values, o->keyword, o->val);
		else if (*o->val)
			pk_conninfo_set(info, o->keyword, o->val);
		wipe(o->val);
	}
	PQconninfoFree(options);
	return 0;
}

bool pk_conninfo_looks_like(const char *text)
{
	bool known = false;

	if (pk_starts_with(text, "postgresql://") || pk_starts_with(text, "postgres://"))
		return true;
	text += strspn(text, " \t\n");
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz_");
	if (!n || text[n + strspn(text + n, " \t")] != '=')
		return false;
	PQconninfoOption *options = PQconninfoParse("", NULL);
	for (PQconninfoOption *o = options; o && o->keyword && !known; o++)
		known = strlen(o->keyword) == n && strncmp(o->keyword, text, n) == 0;
	PQconninfoFree(options);
	return known;
}

static void hide_one(struct pk_buf *text, const char *secret)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	const char *at = text->ptr, *hit;

	/* a secret of one or two letters would only tear holes into the message that show where it
	 * was */
	if (!secret || strlen(secret) < 3 || !strstr(at, secret))
		return;
	while ((hit = strstr(at, secret))) {
		pk_buf_addn(&out, at, (size_t)(hit - at));
		pk_buf_add(&out, "****");
		at = hit + strlen(secret);
	}
	pk_buf_add(&out, at);
	pk_buf_clear(text);
	pk_buf_add(text, out.ptr);
}

void pk_conninfo_hide(const struct pk_conninfo *info, struct pk_buf *text)
{
	hide_one(text, info->password);
	for (size_t i = 0; i < info->secret_values.n; i++)
		hide_one(text, info->secret_values.items[i]);
}
