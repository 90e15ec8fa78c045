/* What stands in a text that lint --fix may rewrite, and what with. For fix.c. */
#ifndef PK_LINT_FIX_TEXT_H
#define PK_LINT_FIX_TEXT_H

#include "base/strv.h"
#include "lint/rule.h"

struct pk_fix_text {
	char *sql; /* a copy */
	bool transaction; /* all of it is one */
	const struct pk_lint_catalog *catalog; /* NULL: not known */
	struct pk_statements statements;
	struct pk_actions actions;
	struct pk_findings findings;
};
#define PK_FIX_TEXT_INIT { 0 }
void pk_fix_text_release(struct pk_fix_text *t);
/* Copies sql, and looks for what the rules find in it. file: for errors. Text that cannot be split is an error. */
int pk_fix_text_read(struct pk_fix_text *t, const char *sql, const char *file,
		     const struct pk_lint_options *options, struct pk_err *err);
/* Behind the semicolon, and what stands on its line still. */
size_t pk_fix_end_of_statement(const struct pk_fix_text *t, size_t statement,
			       size_t *ret_semicolon);
/*
 * The text with each subcommand of ALTER TABLE that has a fix in a statement of its own, which keeps what it says
 * besides. Nothing is added to ret where there is none.
 */
void pk_fix_normalise(const struct pk_fix_text *t, struct pk_buf *ret);

enum pk_fix_how {
	PK_FIX_IN_PLACE,
	PK_FIX_IN_OWN,	/* in a transaction of its own */
	PK_FIX_WITHOUT, /* in none */
	PK_FIX_BEHIND,	/* in whatever transaction follows */
};
/* Statements of a fix that share a place; each ends with its semicolon. */
struct pk_fix_group {
	enum pk_fix_how how;
	char *sql;
};
struct pk_fix_groups {
	struct pk_fix_group *items;
	size_t n, cap;
};
#define PK_FIX_GROUPS_INIT { 0 }
void pk_fix_groups_release(struct pk_fix_groups *groups);
void pk_fix_groups_add(struct pk_fix_groups *groups, enum pk_fix_how how,
		       char *sql); /* takes sql */
/* Nobody knows its safe way from the text, but from what it makes of a schema one may be told. */
bool pk_fix_derivable(const struct pk_fix_text *t, size_t statement);
/* The rule is one of those for which the schema is asked. */
bool pk_fix_asks(const char *rule);
/* A finding of the rule may be mended by its fix, which is all that has to stand there instead. */
bool pk_fix_is_mechanical(const char *rule);
/* It does what nothing else does, or what only all of it at once does. */
bool pk_fix_hopeless(const struct pk_fix_text *t, size_t statement);
/* Why a statement with findings is left as it is, in threes; why: NULL: what is known of its rules. */
void pk_fix_leave(const struct pk_fix_text *t, size_t statement, const char *why, struct pk_strv *ret);
/* What takes the place of a statement; none where it stays, or not all that it does has a fix. */
void pk_fix_of(const struct pk_fix_text *t, size_t statement, struct pk_fix_groups *ret);

#endif
