/*
 * Fakes: what stands for a name, an e-mail address, a phone number. Each is plain SQL over functions of
 * pg_catalog (PostgreSQL 14 to 18) that the source itself evaluates: nothing is installed there, and the
 * value never leaves it. It hangs on HMAC-SHA-256 of the value under a secret key: the same value has the
 * same fake in every column, so joins hold, and who has no key cannot find the value by guessing.
 */
#ifndef PK_CLONE_FAKE_H
#define PK_CLONE_FAKE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

/* Hexadecimal digits of a key. */
#define PK_FAKE_KEY_DIGITS 64

/* WANTED: where there is room; NEEDED: or it is an error. */
enum pk_fake_unique { PK_FAKE_ANY, PK_FAKE_UNIQUE_WANTED, PK_FAKE_UNIQUE_NEEDED };

struct pk_fakes {
	const char *key; /* PK_FAKE_KEY_DIGITS hexadecimal digits */
	int length;	 /* what the column holds at most, in characters; 0: anything */
	enum pk_fake_unique unique;
	bool folds; /* upper and lower case are the same to the column */
	int depth;  /* private: of subqueries, for their names */
};

/* PK_FAKE_KEY_DIGITS hexadecimal digits in lower case; NULL is none. */
bool pk_fake_key_valid(const char *key);
/*
 * fake.<name>(args) as one SQL expression, NULL for NULL; a callback for pk_sql_closed(). arg: struct pk_fakes.
 * It stands on a connection whose search_path is empty.
 */
int pk_fake_sql(void *arg, const char *name, const struct pk_strv *args, const struct pk_strv *constants,
		struct pk_buf *ret, struct pk_err *err);

#endif
