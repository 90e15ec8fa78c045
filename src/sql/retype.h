/*
 * What ALTER COLUMN ... TYPE does to the rows, by the names of the types as the server prints them.
 * Measured on PostgreSQL 15 over all pairs of 58 types, as in its ATColumnChangeRequiresRewrite().
 */
#ifndef PK_SQL_RETYPE_H
#define PK_SQL_RETYPE_H

#include "base/base.h"

enum pk_retype { PK_RETYPE_NONE, PK_RETYPE_REWRITE, PK_RETYPE_UNKNOWN };
struct pk_retype_facts {
	enum pk_retype rows;
	bool reindex; /* the rows stay as they are, but indexes on the column are built anew */
	bool narrows; /* some values may not fit, or lose a part */
};
/* Without USING, or with a plain cast. utc: the session's time zone is UTC. A domain counts as what it is made of. */
void pk_sql_retype(const char *from, const char *to, bool utc, struct pk_retype_facts *ret);

#endif
