/* Why a connection was refused, for a person. */
#include "pg/connect.h"
#include "pg/hints.h"
#include "pg/way.h"

char *pk_connect_where(const PGconn *handle, const struct pk_conninfo *info)
{
	struct pk_conninfo all = PK_CONNINFO_INIT;
	const struct pk_way *way = info->way;
	const char *host = way ? way->far_host : PQhost(handle), *db = PQdb(handle);
	const char *port = way ? way->far_port : PQport(handle);

	pk_conninfo_copy(&all, info);
	pk_conninfo_set(&all, "password", NULL);
	if (host && *host)
		pk_conninfo_set(&all, "host", host);
	if (port && *port && strcmp(port, "5432") != 0)
		pk_conninfo_set(&all, "port", port);
	if (db && *db)
		pk_conninfo_set(&all, "dbname", db);
	char *where = pk_conninfo_where(&all);
	pk_conninfo_release(&all);
	return where;
}

/* libpq: 'connection to server at "h" (1.2.3.4), port 5432 failed: FATAL:  reason', a line for each address; of the last. */
static char *last_reason(const char *text)
{
	static const char *const prefixes[] = { "FATAL:", "ERROR:" };
	const char *line = text, *next;

	while ((next = strchr(line, '\n')) && strstr(next + 1, "failed: "))
		line = next + 1;
	const char *failed = strstr(line, "failed: ");
	line = failed ? failed + strlen("failed: ") : text;
	for (size_t i = 0; i < PK_COUNT(prefixes); i++)
		if (pk_starts_with(line, prefixes[i]))
			line += strlen(prefixes[i]) + strspn(line + strlen(prefixes[i]), " ");
	return pk_strndup(line, strcspn(line, "\n"));
}

/* What libpq said, without any secret; also without a password that it found by itself. */
static void add_said(PGconn *handle, const struct pk_conninfo *info, bool late, struct pk_buf *text)
{
	struct pk_conninfo found = PK_CONNINFO_INIT;

	pk_buf_add(text, late ? "timeout expired" : PQerrorMessage(handle));
	pk_conninfo_hide(info, text);
	pk_conninfo_set(&found, "password", PQpass(handle));
	pk_conninfo_hide(&found, text);
	pk_conninfo_release(&found);
	pk_buf_rtrim(text);
}

char *pk_connect_reason(PGconn *handle, const struct pk_conninfo *info, bool late)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	add_said(handle, info, late, &text);
	return last_reason(text.ptr);
}

int pk_connect_refused(PGconn *handle, const struct pk_conninfo *info, bool late, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	const char *sqlstate = "";

	if (!handle)
		return pk_err_set(err, "cannot connect: out of memory");
	PK_FREE char *where = pk_connect_where(handle, info);
	add_said(handle, info, late, &text);
	PK_FREE char *reason = last_reason(text.ptr);
	const char *hint = pk_pg_connect_hint(text.ptr, &sqlstate);
	pk_err_set(err, "cannot connect to '%s': %s", where,
		   *reason ? reason : "libpq gives no reason");
	if (strchr(text.ptr, '\n'))
		pk_err_detail(err, "%s", text.ptr);
	if (hint)
		pk_err_hint(err, "%s", hint);
	if (err)
		snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", sqlstate);
	return -1;
}
