/* What the commands that copy have in common: options for less than everything, and what came of it. */
#ifndef PK_CMD_NARROW_H
#define PK_CMD_NARROW_H

#include "clone/less.h"
#include "cmd/cmd.h"

/* For the tables of commands; less: a static struct pk_less_options. */
#define PK_LESS_OPTS(less)                                                                         \
	{ PK_OPT_LIST, 0, "exclude-data", "PATTERN", "copy no rows of the tables that match",      \
	  &(less).exclude },                                                                       \
	{ PK_OPT_FLAG, 0, "schema-only", NULL, "copy no rows at all", &(less).schema_only },       \
	{ PK_OPT_LIST, 0, "where", "TABLE=CONDITION",                                              \
	  "of this table, copy the rows that meet a condition", &(less).where },                   \
	{ PK_OPT_STRING, 0, "sample", "SHARE", "copy a share of the rows that holds together: 5%", \
	  &(less).sample.share },                                                                  \
	{ PK_OPT_STRING, 0, "max-size", "SIZE", "copy as large a sample as takes no more: 10GB",    \
	  &(less).sample.max_size },                                                               \
	{ PK_OPT_STRING, 0, "since", "TIME", "copy the rows since then, by a column: 90d",          \
	  &(less).sample.since },                                                                  \
	{ PK_OPT_STRING, 0, "seed", "TEXT", "another sample of that size, the same for the same text", \
	  &(less).sample.seed }

/* On stderr: what was masked and left out. */
void pk_say_less(const struct pk_less *less);

#endif
