/*
 * What a push must satisfy, as one function: `git postkit check`, the pre-push hook, CI and a
 * server's pre-receive all call it. Everything is read from the objects of the commits given, never
 * from the work tree. When neither schema files nor migrations changed it costs a few tree look-ups.
 */
#ifndef PK_CHECK_CHECK_H
#define PK_CHECK_CHECK_H

#include "chain/project.h"
#include "git/config.h"
#include "git/repo.h"
#include "lint/lint.h"

/* A commit that is to be published, and where the place that it goes to stands. */
struct pk_check_update {
	const char *commit; /* any revision */
	const char *base;   /* any revision; NULL or unknown here: the tracking refs of `remote` are the base */
};

struct pk_check_input {
	const struct pk_repo *repo;
	const struct pk_config *config;
	const struct pk_project *project;
	/* Git remote whose refs/remotes/ count as published; "*": all; ".": this repository's own branches; NULL: none. */
	const char *remote;
	bool database;        /* schema files may be loaded into a local database when no verdict is known */
	bool no_verdicts;     /* those in notes are not believed, nor are any written: others may push notes here */
	/*
	 * Deploy records, stored schemas and the word that a migration was adopted may be anybody's, too: what they say
	 * adds reasons and findings, and takes none away.
	 */
	bool no_records;
};

struct pk_reason {
	const char *rule;     /* "malformed", "chain", "edited", "removed", "disagree", "irreversible", "not-checked"; static */
	enum pk_level level;
	char *file;           /* NULL: about no file */
	int line;             /* 0: the whole file */
	char *message, *fix;  /* fix may be NULL */
};

struct pk_check {
	struct pk_reason *reasons;
	size_t n, cap;
	struct pk_findings findings; /* of lint, of new migrations */
	size_t changed;       /* updates that change schema files or migrations */
	size_t migrations;    /* new migrations looked at */
};
#define PK_CHECK_INIT { 0 }

void pk_check_release(struct pk_check *check);
/* Results are appended. -1 only when the check itself could not be done. Writes notes (verdicts) at most. */
int pk_check_run(const struct pk_check_input *in, const struct pk_check_update *updates, size_t n,
		 struct pk_check *ret, struct pk_err *err);
/*
 * Where a migration of that name was published, or has run as far as is known here: "origin/main", "prod"; NULL:
 * nowhere. *ret_ran: the latter. Caller frees.
 */
int pk_check_where(const struct pk_check_input *in, const char *file, char **ret_where, bool *ret_ran, struct pk_err *err);
/* Some reason or finding forbids the push. */
bool pk_check_fatal(const struct pk_check *check);
/* Reasons and findings for people; and as one JSON object. */
void pk_check_print(FILE *out, const struct pk_check *check);
/* What lets unsafe statements pass; nothing where none is refused. */
void pk_check_hint(FILE *out, const struct pk_check *check);
cJSON *pk_check_json(const struct pk_check *check);
/* Reasons, in front, and findings as findings alone; place: the file of reasons that are about none. Texts are check's. */
void pk_check_findings(const struct pk_check *check, const char *place, struct pk_findings *ret);

#endif
