/*
 * Connection strings, as libpq takes them (URI or key=value), services and PG* variables included.
 * The password lives apart from the rest and is never part of a text for people.
 */
#ifndef PK_PG_CONNINFO_H
#define PK_PG_CONNINFO_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

struct pk_conninfo {
	struct pk_strv keys, values;		   /* what was given, without passwords */
	char *password;				   /* NULL: none given */
	struct pk_strv secret_keys, secret_values; /* other secrets: sslpassword */
};
#define PK_CONNINFO_INIT                                                                           \
	{                                                                                          \
		0                                                                                  \
	}

int pk_conninfo_parse(struct pk_conninfo *info, const char *text, struct pk_err *err);
void pk_conninfo_release(struct pk_conninfo *info); /* the password is wiped */
void pk_conninfo_copy(struct pk_conninfo *to, const struct pk_conninfo *from);
/* NULL when not set. Names as libpq's: host, port, user, dbname, ... */
const char *pk_conninfo_get(const struct pk_conninfo *info, const char *key);
void pk_conninfo_set(struct pk_conninfo *info, const char *key,
		     const char *value); /* key "password" too; NULL removes */
/* Secrets that stand in text become "****"; libpq's messages may echo what they were given. */
void pk_conninfo_hide(const struct pk_conninfo *info, struct pk_buf *text);
/* "postgresql://user@host:5432/db?sslmode=..." without any secret; for people and for git. Caller
 * frees. */
char *pk_conninfo_safe(const struct pk_conninfo *info);
/* With the password, for `git postkit url` and the application's environment. Caller frees and
 * wipes. */
char *pk_conninfo_uri(const struct pk_conninfo *info);
/* key='value' form without the password, fit for pg_dump -d. Caller frees. */
char *pk_conninfo_dsn(const struct pk_conninfo *info);
/* "host/db", for messages: "localhost:5432/shop". Caller frees. */
char *pk_conninfo_where(const struct pk_conninfo *info);
/* True when text looks like a connection string (scheme, or key=value), not a path. */
bool pk_conninfo_looks_like(const char *text);

#endif
