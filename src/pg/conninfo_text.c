/* Connection strings written: URI, key=value and the short form for messages. */
#include "pg/conninfo.h"
#include "pg/way.h"

static void add_encoded(struct pk_buf *buf, const char *s, const char *also_plain)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *s; s++) {
		if (strchr(plain, *s) || strchr(also_plain, *s))
			pk_buf_addc(buf, *s);
		else
			pk_buf_addf(buf, "%%%02X", (unsigned char)*s);
	}
}

/* Socket folders, lists of hosts and zones do not fit before the slash: they go as parameters. */
static bool host_fits_authority(const char *host)
{
	static const char name[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";

	return host && *host &&
	       (host[strspn(host, name)] == '\0' ||
		(strchr(host, ':') && host[strspn(host, "0123456789abcdefABCDEF:.")] == '\0'));
}

static void add_authority(struct pk_buf *uri, const char *host, const char *port)
{
	if (strchr(host, ':'))
		pk_buf_addf(uri, "[%s]", host);
	else
		pk_buf_add(uri, host);
	if (port && *port)
		pk_buf_addf(uri, ":%s", port);
}

static void add_parameter(struct pk_buf *uri, char *separator, const char *key, const char *value)
{
	pk_buf_addc(uri, *separator);
	add_encoded(uri, key, "");
	pk_buf_addc(uri, '=');
	add_encoded(uri, value, "/");
	*separator = '&';
}

static char *make_uri(const struct pk_conninfo *info, bool secrets)
{
	PK_AUTO(pk_buf) uri = PK_BUF_INIT;
	const char *user = pk_conninfo_get(info, "user"), *host = pk_conninfo_get(info, "host"),
		   *port = pk_conninfo_get(info, "port"), *db = pk_conninfo_get(info, "dbname");
	const char *password = secrets ? info->password : NULL;
	bool fits = host_fits_authority(host) && !(port && strchr(port, ','));
	char separator = '?';

	pk_buf_add(&uri, "postgresql://");
	if (user)
		add_encoded(&uri, user, "");
	if (password) {
		pk_buf_addc(&uri, ':');
		add_encoded(&uri, password, "");
	}
	if (user || password)
		pk_buf_addc(&uri, '@');
	if (fits)
		add_authority(&uri, host, port);
	pk_buf_addc(&uri, '/');
	if (db)
		add_encoded(&uri, db, "");
	for (size_t i = 0; i < info->keys.n; i++) {
		const char *key = info->keys.items[i];
		bool placed = !strcmp(key, "user") || !strcmp(key, "dbname") ||
			      (fits && (!strcmp(key, "host") || !strcmp(key, "port")));
		if (!placed)
			add_parameter(&uri, &separator, key, info->values.items[i]);
	}
	for (size_t i = 0; secrets && i < info->secret_keys.n; i++)
		add_parameter(&uri, &separator, info->secret_keys.items[i],
			      info->secret_values.items[i]);
	return pk_buf_take(&uri);
}

char *pk_conninfo_safe(const struct pk_conninfo *info)
{
	return make_uri(info, false);
}

char *pk_conninfo_uri(const struct pk_conninfo *info)
{
	return make_uri(info, true);
}

const char *pk_conninfo_password(const struct pk_conninfo *info)
{
	return info->password || !info->way ? info->password : info->way->password;
}

void pk_conninfo_effective(const struct pk_conninfo *info, struct pk_strv *keys, struct pk_strv *values)
{
	const struct pk_way *way = info->way;
	const char *const instead[][2] = { { "host", way ? way->host : NULL },
					   { "hostaddr", way ? way->hostaddr : NULL },
					   { "port", way ? way->port : NULL } };

	for (size_t i = 0; i < info->keys.n; i++) {
		bool replaced = false;

		for (size_t j = 0; way && j < PK_COUNT(instead); j++)
			replaced |= strcmp(info->keys.items[i], instead[j][0]) == 0;
		if (replaced)
			continue;
		pk_strv_push(keys, info->keys.items[i]);
		pk_strv_push(values, info->values.items[i]);
	}
	for (size_t j = 0; way && j < PK_COUNT(instead); j++)
		if (instead[j][1]) {
			pk_strv_push(keys, instead[j][0]);
			pk_strv_push(values, instead[j][1]);
		}
}

char *pk_conninfo_dsn(const struct pk_conninfo *info)
{
	PK_AUTO(pk_buf) dsn = PK_BUF_INIT;
	PK_AUTO(pk_strv) keys = PK_STRV_INIT;
	PK_AUTO(pk_strv) values = PK_STRV_INIT;

	pk_conninfo_effective(info, &keys, &values);
	for (size_t i = 0; i < keys.n; i++) {
		pk_buf_addf(&dsn, "%s%s='", i ? " " : "", keys.items[i]);
		for (const char *s = values.items[i]; *s; s++) {
			if (*s == '\'' || *s == '\\')
				pk_buf_addc(&dsn, '\\');
			pk_buf_addc(&dsn, *s);
		}
		pk_buf_addc(&dsn, '\'');
	}
	return pk_buf_take(&dsn);
}

char *pk_conninfo_where(const struct pk_conninfo *info)
{
	PK_AUTO(pk_buf) where = PK_BUF_INIT;
	const char *host = pk_conninfo_get(info, "host"), *port = pk_conninfo_get(info, "port"),
		   *service = pk_conninfo_get(info, "service"),
		   *db = pk_conninfo_get(info, "dbname");

	if (!host)
		host = pk_conninfo_get(info, "hostaddr");
	if (host && *host != '/')
		pk_buf_add(&where, host);
	else if (!host && service)
		pk_buf_addf(&where, "service %s", service);
	else
		pk_buf_add(&where, "local");
	if (port && host && *host != '/')
		pk_buf_addf(&where, ":%s", port);
	if (db)
		pk_buf_addf(&where, "/%s", db);
	return pk_buf_take(&where);
}
