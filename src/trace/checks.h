/*
 * The checks of a project: queries in the folder "checks" beside the schema folder, asked on a clone before
 * and after what a migration does there, and compared as sql/check_file.h says. They come from a branch: each
 * is asked as the role that deploys, in a transaction that only reads, for a limited time, and little of what it
 * answers is kept.
 *
 * In order: pk_checks_load, pk_checks_ask (before), pk_checks_ask (after), pk_checks_compare.
 */
#ifndef PK_TRACE_CHECKS_H
#define PK_TRACE_CHECKS_H

#include "base/json.h"
#include "chain/project.h"
#include "git/repo.h"
#include "sql/check_file.h"
#include "trace/answer.h"

enum pk_checked_as {
	PK_CHECKED_PASSED,
	PK_CHECKED_NEW,	   /* it could not be asked before: what it names was not there */
	PK_CHECKED_DIFFERS, /* not as expected */
	PK_CHECKED_FAILED,  /* it gave an error */
};
struct pk_checked {
	const char *file; /* db/checks/totals.sql */
	struct pk_check_query query;
	struct pk_answer before, after;
	/* Set by pk_checks_compare(). */
	enum pk_checked_as result;
	char *why;		     /* not PASSED: a sentence */
	struct pk_answer_diff diff; /* where both were kept and have the same columns */
};
struct pk_checks {
	struct pk_check_file *files;
	struct pk_checked *items;
	size_t n_files, n;
	double seconds;	  /* that one query may take; 0: no limit */
	double took;	  /* all of them, both times */
	size_t n_new, n_wrong; /* NEW; DIFFERS and FAILED */
	bool compared;
	struct pk_strv paths;
};
#define PK_CHECKS_INIT { 0 }
void pk_checks_release(struct pk_checks *checks);

/* rev NULL: from the work tree. No folder: none. Setting checkTimeout. */
int pk_checks_load(struct pk_checks *checks, const struct pk_project *project, const struct pk_config *config,
		   const struct pk_repo *repo, const char *rev, struct pk_err *err);
/* On a connection of its own, which is closed again. */
int pk_checks_ask(struct pk_checks *checks, const struct pk_conninfo *where, bool after, struct pk_err *err);
void pk_checks_compare(struct pk_checks *checks);
const char *pk_checked_as_name(enum pk_checked_as result); /* "passed", "new", "differs", "failed" */
/* An array, an object each; at most 10 of the rows that differ, and of long values their beginning. */
cJSON *pk_checks_to_json(const struct pk_checks *checks);

#endif
