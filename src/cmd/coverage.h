/*
 * What the pictures that a command worked with do not hold: objects of kinds that are not modelled, and
 * what the settings leave out. Several pictures (both sides of a plan) are spoken of as one.
 */
#ifndef PK_CMD_COVERAGE_H
#define PK_CMD_COVERAGE_H

#include "catalog/snapshot.h"
#include "cmd/cmd.h"

struct pk_coverage {
	struct pk_strv unmodelled; /* "base type public.x" */
	struct pk_strv left_out;   /* "table public.audit_log", without the parts of what is left out */
	size_t privileges, labels; /* left out; the most that one picture has */
	struct pk_map seen;
};
#define PK_COVERAGE_INIT { 0 }
/* Rows of a command's options: lists that come behind what the settings say (pk_managed_add). */
#define PK_COVERAGE_OPTS(ignore, grantees)                                                              \
	{ PK_OPT_LIST, 0, "ignore", "KIND:NAME", "leave out what matches, as postkit.ignore does", ignore }, \
	{ PK_OPT_LIST, 0, "grantees", "ROLE", "whose privileges count, as postkit.grantees does", grantees }
void pk_coverage_release(struct pk_coverage *coverage);
/* What is in several pictures is there once. */
void pk_coverage_add(struct pk_coverage *coverage, const struct pk_snapshot *snapshot);

/* Warnings and a note on stderr; nothing when the pictures are whole. */
void pk_coverage_say(const struct pk_coverage *coverage);
/* "3 tables, 1 function, 2 privileges", or "" when nothing is left out. */
void pk_coverage_words(const struct pk_coverage *coverage, struct pk_buf *ret);
/* For --strict: an error with PK_EXIT_NO that names what is not modelled. */
int pk_coverage_strict(const struct pk_coverage *coverage, struct pk_err *err);
/* "unmodelled": [...], "left_out": [...], "left_out_privileges": n, "left_out_security_labels": n */
void pk_coverage_json(const struct pk_coverage *coverage, cJSON *root);

#endif
