/* What a rule sees, and how it reports. For the files of this folder. */
#ifndef PK_LINT_RULE_H
#define PK_LINT_RULE_H

#include "base/buf.h"
#include "base/map.h"
#include "lint/lint.h"
#include "sql/action.h"
#include "sql/retype.h"

struct pk_lint;

/*
 * What stands between the statements of a fix, on lines of their own. Those before the first can stay in the
 * transaction that they are in; what a rule has no name for is said as <name> or (...), which no grammar takes.
 */
#define PK_FIX_ALONE "-- in a migration of its own, with: -- migrate:up transaction:false\n"
#define PK_FIX_OWN "-- in a migration of its own:\n"
#define PK_FIX_THEN "-- then:\n" /* in whatever transaction comes after these */

/* What seeing the statement run says of a rule's finding. */
enum pk_rule_nature {
	PK_RULE_PLAIN, /* nothing */
	PK_RULE_WORK,  /* false where it did no work worth a word */
	PK_RULE_REWRITE, /* the same, of tables that are written anew: what that takes is seen with few rows too */
	PK_RULE_FAILS, /* false where it came to its end */
	PK_RULE_TAKES, /* nothing; but it takes from programs what they use: who does is asked */
};

/* One rule, one row; the tables of rules stand in rules_*.c. */
struct pk_rule {
	const char *id;
	enum pk_level level;
	const char *summary; /* a line for help */
	const char *why;     /* a sentence for the finding */
	void (*check)(struct pk_lint *lint,
		      const struct pk_action *action); /* NULL: reported by the engine */
	enum pk_rule_nature nature;
};
struct pk_rules {
	const struct pk_rule *rules;
	size_t n;
};
extern const struct pk_rules pk_rules_index, pk_rules_constraint, pk_rules_column, pk_rules_drop,
	pk_rules_tx, pk_rules_lock, pk_rules_work, pk_rules_measured;
const struct pk_rule *pk_rule_find(const char *id); /* NULL: there is none */
bool pk_level_parse(const char *text, enum pk_level *ret); /* error, warning, off; false: none of them */

/* A constraint that the migration adds, or that the catalog has. */
struct pk_lint_constraint {
	const char *table; /* "schema.table" */
	const char *name;  /* NULL: the server names it */
	const char *def;   /* of a CHECK */
	enum pk_constraint kind;
	bool valid;
	int tx; /* in which it was added; 0: before the migration */
	const struct pk_action *by; /* what adds it; NULL likewise */
	struct pk_lint_constraint *next;
};
struct pk_lint_value {
	const char *type, *value;
	int tx;
	struct pk_lint_value *next;
};

struct pk_lint {
	const struct pk_lint_options *options;
	const char *file, *sql;
	struct pk_statements statements;
	struct pk_actions actions;
	struct pk_findings *out;
	const struct pk_rule *rule; /* the one at work */
	struct pk_arena arena;

	/* State before the action at hand. */
	struct pk_map created; /* "table public.x": by this migration */
	struct pk_lint_constraint *constraints;
	struct pk_lint_value *values; /* enum values added */
	const char *schema;	      /* of unqualified names */
	const char *timezone;	      /* as set in the text; NULL: not */
	bool in_tx, explicit_tx;
	int tx;				   /* number of the transaction */
	const struct pk_action *ddl, *dml; /* the first of each */
	const struct pk_action
		*locked; /* took a strong lock on an existing table in this transaction */
	double lock_timeout;   /* seconds, as the text has set it; 0: none, -1: it has not */
	double outer_timeout;  /* what holds again after the transaction */
	double begin_timeout;  /* and after one that is rolled back */
	bool mixed, waits, several; /* reported, once for all */
	bool renames;		    /* something has another name by now */

	const struct pk_action *used_by; /* the action that usage is about */
	const char *used_value;		 /* and the value, of an enum that loses some */
	const char *dropped_value;	 /* the one at hand */
	const struct pk_usage *usage;

	struct pk_map reported; /* what report.c has said of this file */
	bool reported_read;	/* those of the calls before are in it */
	/* What findings share, of the place that the last one was about. */
	struct {
		int line;		    /* 0: none */
		size_t at;		    /* where it begins */
		const char *line_text;
		const char *text;	    /* of the statement; NULL: none */
		const char *source, *shown; /* that, whole and on a line */
	} last;

	struct pk_map texts; /* path to struct pk_actions * of the catalog */
	struct pk_map defaults; /* "schema.table" to the ATTACH of its DEFAULT partition in the catalog */
	bool defaults_read;
};

/* facts.c: what is known. */
const char *pk_lint_key(struct pk_lint *lint, const char *schema,
			const char *name); /* "schema.name" */
void pk_lint_note(struct pk_lint *lint,
		  const struct pk_action *action); /* moves the state behind the action */
bool pk_lint_is_ddl(const struct pk_action *action);
bool pk_lint_is_new(struct pk_lint *lint, const char *object, const char *schema, const char *name);
bool pk_lint_table_is_new(struct pk_lint *lint,
			  const struct pk_action *action); /* the table concerned */
/* Existing, and not known to be small: worth a word about work under a lock. */
bool pk_lint_is_big(struct pk_lint *lint, const char *schema, const char *name);
bool pk_lint_on_big(struct pk_lint *lint, const struct pk_action *action); /* the table concerned */
int64_t pk_lint_rows(struct pk_lint *lint, const char *schema, const char *name); /* -1 unknown */
/* The catalog knows that IF EXISTS, or IF NOT EXISTS, leaves nothing to do. */
bool pk_lint_is_idle(struct pk_lint *lint, const struct pk_action *action);
/* A policy of the action's table, before the migration or in it. */
bool pk_lint_has_policy(struct pk_lint *lint, const struct pk_action *action);
/* Facts of an object's text in the catalog; NULL when not there. */
const struct pk_actions *pk_lint_object(struct pk_lint *lint, const char *schema, const char *kind,
					const char *name);
const struct pk_action *pk_lint_column(struct pk_lint *lint, const char *schema, const char *table,
				       const char *column);
bool pk_lint_has_catalog(const struct pk_lint *lint);
bool pk_lint_is_partitioned(struct pk_lint *lint, const struct pk_action *action); /* known to be */
/*
 * A CHECK that holds for all rows and that proves the column of the action's table not null, from the catalog or from
 * the text so far, and that is there when the action's statement looks for it.
 */
bool pk_lint_proven_not_null(struct pk_lint *lint, const struct pk_action *action, const char *column);
const struct pk_lint_constraint *pk_lint_constraint(struct pk_lint *lint, const char *schema,
						    const char *table, const char *name);
/* Whether a later action creates such an object (NULL: any) under the name that this one takes away. */
bool pk_lint_replaced(struct pk_lint *lint, const struct pk_action *action, const char *object);
/*
 * What a table, and its column (NULL: none), was called when the text began, or else before the action: true, and the
 * name is changed, if that action gave it.
 */
struct pk_lint_name {
	const char *schema, *table, *column;
};
bool pk_lint_unrename(struct pk_lint *lint, const struct pk_action *action, struct pk_lint_name *name);
void pk_lint_first_name(struct pk_lint *lint, const struct pk_action *before, struct pk_lint_name *name);
const struct pk_action *pk_lint_added_column(
	struct pk_lint *lint, const struct pk_action *constraint); /* same statement */

/* Facts of one text of the catalog, kept; NULL when there is none. */
const struct pk_actions *pk_lint_path(struct pk_lint *lint, const char *path);

/*
 * parts.c: what hangs on a table. These need a catalog that can list its objects.
 */
bool pk_lint_knows_parts(const struct pk_lint *lint);
/*
 * The name of an index on the column of a change of type that leaves the rows as they are, which is built anew all the
 * same; NULL: there is none. other_order: values are sorted or compared in another way. In the arena.
 */
const char *pk_lint_rebuilt_index(struct pk_lint *lint, const struct pk_action *action, bool other_order);
/* The DEFAULT partition that a table has at the action; false: none that is known. */
bool pk_lint_default_partition(struct pk_lint *lint, const struct pk_action *action, const char *schema, const char *table,
			       struct pk_lint_name *ret);
/* A name among the words of an SQL text. */
bool pk_lint_mentions(const char *expr, const char *column);

/*
 * usage.c: who uses what the action takes away, or inserts rows without the column that it demands. NULL: it is no such
 * action, or nobody is asked.
 */
const struct pk_usage *pk_lint_usage(struct pk_lint *lint, const struct pk_action *action);

/* rules_lock.c */
bool pk_lint_lock_is_strong(const char *mode); /* writers wait; NULL is none */
/* It takes such a lock on a table that was there before the migration. */
bool pk_lint_locks_existing(struct pk_lint *lint, const struct pk_action *action);

int pk_lint_line(const struct pk_lint *lint, const struct pk_action *action); /* in the file */
/* The table an action is on: rel_*, or the object itself. */
const char *pk_action_schema(const struct pk_action *action);
const char *pk_action_table(const struct pk_action *action);

/*
 * report.c. Text with values: %I an identifier, %T schema and name (two arguments), %S text that is SQL
 * already, %s plain text.
 */
char *pk_lint_text(const char *fmt, ...);
/* A finding of lint->rule at the action. Takes fact and fix (malloc'd; fix may be NULL). */
void pk_lint_report(struct pk_lint *lint, const struct pk_action *action, char *fact, char *fix);
void pk_lint_report_as(struct pk_lint *lint, enum pk_level level, const struct pk_action *action,
		       char *fact, char *fix);
/* "public.orders", with the number of rows where known. Caller frees. */
char *pk_lint_table_text(struct pk_lint *lint, const struct pk_action *action);
/* The statement with word put in behind another: CREATE INDEX -> CREATE INDEX CONCURRENTLY. Caller frees. */
char *pk_lint_insert_word(struct pk_lint *lint, const struct pk_action *action, const char *behind,
			  const char *word);
/* measured.c: findings from first_finding on, by what the statements did (one effect each). */
void pk_lint_measured(struct pk_lint *lint, const struct pk_effect *effects, size_t first_finding);
/* allow.c: marks findings that comments in the text let pass, and reports bad comments. */
void pk_lint_allow(struct pk_lint *lint, const char *sql, size_t first_finding);
#endif
