/*
 * Whether there is a way back from what a deploy runs: on the copy of its dry run, once the migrations are there, they
 * are all taken back and run again. Each has to lead to the very schema that was there before it; what it does not bring
 * back of the rows is told.
 */
#ifndef PK_DEPLOY_WAY_BACK_H
#define PK_DEPLOY_WAY_BACK_H

#include "git/repo.h"
#include "trace/checks.h"
#include "trace/intact.h"

enum pk_way_back_result {
	PK_WAY_BACK_NOT_TRIED,
	PK_WAY_BACK_PROVEN, /* the same schema, the same answers of the checks, the same rows in the tables that are named */
	PK_WAY_BACK_LOSES,	/* the same schema alone */
	PK_WAY_BACK_IN_PART,	/* the last ones alone, where rows have nothing to be compared with */
};
struct pk_way_back {
	enum pk_way_back_result result;
	char *why;		 /* not tried, or not all of them: a sentence; else NULL */
	char from[PK_OID_HEX + 1]; /* the schema that it has to lead to; "": not known */
	size_t n;		 /* migrations that went back and came again */
	struct pk_checks checks; /* before the migrations, and after their way back */
	struct pk_strv differ;	 /* those whose answers are others: "db/checks/totals.sql:3" */
	struct pk_intact intact; /* likewise */
	double seconds;
};
#define PK_WAY_BACK_INIT { .result = PK_WAY_BACK_NOT_TRIED }
void pk_way_back_release(struct pk_way_back *back);

/* A sentence, and below it what is not as before, a line each, indented. */
void pk_way_back_words(const struct pk_way_back *back, struct pk_buf *ret);
/* "result": "not tried", "proven", "loses" or "in part"; "why", "migrations", "seconds", "tables", "checks". */
cJSON *pk_way_back_to_json(const struct pk_way_back *back);

#endif
