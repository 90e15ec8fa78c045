/*
 * Unsafe statements in migrations: rules over the facts of sql/action.h, with the catalog at hand
 * where there is one. Rules are rows of a table.
 */
#ifndef PK_LINT_LINT_H
#define PK_LINT_LINT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "git/config.h"
#include "sql/action.h"
#include "sql/effect.h"

#define PK_LARGE_ROWS 1000

enum pk_level { PK_LEVEL_OFF, PK_LEVEL_WARNING, PK_LEVEL_ERROR };

struct pk_finding {
	const char *rule;
	enum pk_level level;
	const char *file;
	int line, col; /* 1-based; the column in bytes */
	const char *statement; /* shortened to a line; NULL: about none */
	const char *source;    /* all of it as it stands there; NULL: about none */
	const char *line_text; /* the line of the file that it begins in; NULL: not known */
	const char *
		fact; /* what it does to what: "ACCESS EXCLUSIVE on public.orders while all rows are read" */
	const char *why; /* why that hurts, a sentence */
	const char
		*fix; /* SQL that does it safely, real names filled in; NULL when there is none */
	bool measured; /* the fact was seen, not inferred */
	size_t index;  /* of the statement in its text; SIZE_MAX: about none */
	size_t place;  /* of the subcommand of ALTER TABLE in it; SIZE_MAX: about less than that, inside a body, or
			  with a fix that takes more thought than putting it there */
	bool whole;    /* the fix stands for all that the statement does, though it is about a part */
	bool allowed;  /* let pass by -- postkit:allow */
	const char *reason; /* of the allowance */
	const struct pk_usage *usage; /* who uses what it takes away (lint/usage.h); NULL: nobody asked */
};
struct pk_findings {
	struct pk_arena arena;
	struct pk_finding *items;
	size_t n, cap;
	size_t statements, analysed; /* seen so far, and those of them that could be judged */
};
#define PK_FINDINGS_INIT { 0 }
void pk_findings_release(struct pk_findings *findings);
/* Those of `from` behind the others. Their texts stay where they are, in from's arena or another. */
void pk_findings_append(struct pk_findings *to, const struct pk_findings *from);

/* The schema before the migration; text by path in a snapshot's tree ("public/table/users.sql"), NULL: absent. */
struct pk_lint_catalog {
	const char *(*text)(void *arg, const char *path);
	int64_t (*rows)(void *arg, const char *schema,
			const char *table); /* -1 unknown; may be NULL */
	bool (*invalid)(void *arg, const char *schema, const char *index); /* left by a failed build; NULL: not known */
	/* Appends the paths that begin so ("public/index/"), of the objects that there are; NULL: not known. */
	void (*list)(void *arg, const char *beginning, struct pk_strv *ret);
	void *arg;
};
struct pk_map;
struct pk_snapshot;
/* That of a snapshot. index: empty; both have to last as long. */
void pk_lint_catalog_of(const struct pk_snapshot *snapshot, struct pk_map *index, struct pk_lint_catalog *ret);
void pk_lint_catalog_list(const struct pk_map *paths, const char *beginning, struct pk_strv *ret); /* for .list, of a map by path */
struct pk_lint_options {
	const struct pk_lint_catalog
		*catalog;		/* NULL: not known, everything not created here exists */
	const struct pk_config *config; /* levels: postkit.rule.<id>.level; may be NULL */
	bool transaction;		/* the runner wraps the text in one transaction */
	bool ours;			/* a migration that git postkit runs: it sets lock_timeout, and no psql reads it */
	int first_line;			/* of text in its file, 1-based */
	/*
	 * Runs the statements on a database like the one they are meant for; what is seen there overrules what the
	 * text lets suspect. An effect for each statement. NULL: there is no such database.
	 */
	int (*measure)(void *arg, const struct pk_statements *statements, const struct pk_actions *actions,
		       struct pk_effect *ret, struct pk_err *err);
	void *measure_arg;
	struct pk_usage_source *usage; /* who is asked what uses what goes (lint/usage.h); NULL: nobody */
	int64_t large_rows; /* tables of fewer rows are not worth a word about work; 0: all are large */
	double max_lock;    /* seconds that others may be kept waiting; 0: no limit */
};
/*
 * config, large_rows and max_lock, as the settings have them; those of the remote (NULL: none) go first. A level or
 * number that means nothing, or a rule that does not exist, is an error.
 */
int pk_lint_settings(const struct pk_config *config, const char *remote, struct pk_lint_options *ret, struct pk_err *err);
/* Findings are appended. Text that cannot be split is an error; what does not parse gives a finding "not-analysed". */
int pk_lint_sql(const char *sql, const char *file, const struct pk_lint_options *options,
		struct pk_findings *ret, struct pk_err *err);

/* A finding "not-analysed", an error, of a file that pk_lint_sql() could not take apart. */
void pk_findings_refuse(struct pk_findings *findings, const char *file, const struct pk_err *why);
bool pk_findings_fatal(const struct pk_findings *findings); /* any error that is not allowed */

/* For help and docs. */
struct pk_rule_info {
	const char *id;
	enum pk_level level;	   /* where no setting has another */
	const char *summary, *why; /* in one line; why it hurts */
};
const struct pk_rule_info *pk_lint_rules(size_t *ret_n); /* all of them, by their tables; static */

#endif
