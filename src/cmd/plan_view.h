/* Plans and running statements as people read them. */
#ifndef PK_CMD_PLAN_VIEW_H
#define PK_CMD_PLAN_VIEW_H

#include "cmd/cmd.h"
#include "diff/renaming.h"
#include "trace/conflict.h"
#include "trace/run.h"

/* The argument of --online, or NULL. What it cannot be is an error of usage. */
int pk_check_online(const char *command, const char *text, struct pk_err *err);
/* SQL on one line, at most width columns. */
void pk_view_short(struct pk_buf *ret, const char *sql, size_t width);
/* SQL on several lines, each behind indent; fit for a terminal. */
void pk_view_indented(struct pk_buf *ret, const char *sql, const char *indent);
/* By object, each step with its number, what it locks, rewrites, reads or loses, and why it is there. */
void pk_view_plan(FILE *out, const struct pk_plan *plan);
/* Which steps share a transaction; nothing when all do. */
void pk_view_runs(FILE *out, const struct pk_plan *plan);
/* Rows that stand in the way; nothing when none do. */
void pk_view_conflicts(FILE *out, const struct pk_conflicts *conflicts);
/* A line an object, and the summary. */
void pk_view_stat(FILE *out, const struct pk_plan *plan);
/* "3 to create, 1 to change" */
void pk_view_summary(struct pk_buf *ret, const struct pk_plan *plan);
/* What looks like a rename, with what says that it is one: notes on stderr; and as "renames_likely" of a document. */
void pk_view_guesses(const struct pk_rename_guesses *guesses);
void pk_view_guesses_json(const struct pk_rename_guesses *guesses, cJSON *root);
/*
 * "   12 ms  ALTER TABLE ...", and a line with what it locked; one more where it kept others waiting longer than
 * max_lock (seconds; 0: no limit).
 */
void pk_view_traced(FILE *out, const struct pk_traced *traced, double max_lock);

#endif
