/*
 * Connection strings, as libpq takes them (URI or key=value), services and PG* variables included.
 * The password lives apart from the rest and is never part of a text for people.
 */
#ifndef PK_PG_CONNINFO_H
#define PK_PG_CONNINFO_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

struct pk_way;

struct pk_conninfo {
	struct pk_strv keys, values;		   /* what was given, without passwords */
	char *password;				   /* NULL: none given */
	struct pk_strv secret_keys, secret_values; /* other secrets: sslpassword */
	struct pk_way *way;			   /* NULL, or how the host is reached (pg/way.h) */
	int patience; /* seconds: so long it is waited for to answer, and to start up; 0: as connect_timeout says */
};
#define PK_CONNINFO_INIT { 0 }

/* A URL or "key=value ...", as libpq reads them; replaces what info had. The error never shows the text's secrets. */
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
/* key='value' form without the password, by the way if there is one: for pg_dump -d. Caller frees. */
char *pk_conninfo_dsn(const struct pk_conninfo *info);
/* The password, or what libpq has for the far end of the way; NULL: libpq is to look for itself. */
const char *pk_conninfo_password(const struct pk_conninfo *info);
/* Names and values as libpq is to have them but for the password, by the way if there is one. */
void pk_conninfo_effective(const struct pk_conninfo *info, struct pk_strv *keys, struct pk_strv *values);
/* "host/db", for messages: "localhost:5432/shop". Caller frees. */
char *pk_conninfo_where(const struct pk_conninfo *info);
/* True when text looks like a connection string (scheme, or key=value), not a path. */
bool pk_conninfo_looks_like(const char *text);

#endif
