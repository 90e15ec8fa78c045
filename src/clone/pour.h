/*
 * The rows of all tables, and what is built upon them: from the source into the target on several pairs of
 * connections, the longest first. Small tables go many at once, with their indexes, in one transaction; large
 * ones alone, or in ranges of pages side by side, and their indexes as soon as there are no more rows to
 * fetch for a connection.
 */
#ifndef PK_CLONE_POUR_H
#define PK_CLONE_POUR_H

#include "base/progress.h"
#include "clone/hold.h"
#include "clone/unit.h"
#include "pg/pump.h"

/* What came of it. */
struct pk_poured {
	int64_t *rows; /* of each of the tables, that the source gave */
	uint64_t bytes; /* that passed */
};
/* Connections to the target that outlive what is done on them, since a session that knows its tables is faster. */
struct pk_pour_crew {
	struct pk_conn conns[PK_PUMP_LANES_MAX];
	int n;
};
void pk_pour_crew_release(struct pk_pour_crew *crew);
struct pk_pour {
	const struct pk_conninfo *source, *target;
	struct pk_pour_crew *crew; /* to be used and added to; none are there after an error */
	struct pk_hold *hold; /* its connection is one of the readers; released when there is nothing left to read */
	const struct pk_copy_tables *tables;
	const struct pk_structure *structure;
	struct pk_unit_terms terms; /* wal_minimal is found out */
	bool throwaway; /* the target is ours */
	bool large;	/* there are large objects */
	struct pk_conn *inside; /* a connection to the target in a transaction, in which all is done; NULL: several connections */
	struct pk_progress *progress; /* may be NULL */
	struct pk_poured *poured;     /* may be NULL; rows to be freed by the caller */
};
/* Rows, indexes and keys. */
int pk_pour_run(const struct pk_pour *pour, struct pk_err *err);
/* Statements that do not care about their order, side by side on the target, each in a transaction of its own. */
int pk_pour_statements(const struct pk_pour *pour, const char *title, const struct pk_strv *sql, struct pk_err *err);
/* What a session has that writes to the target. */
int pk_pour_settings(const struct pk_pour *pour, struct pk_conn *target, struct pk_err *err);

#endif
