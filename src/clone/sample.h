/*
 * A sample: a share of the rows that holds together. Settings say it for the team, options for once:
 *
 *   postkit.sample = 5%
 *   postkit.sampleSeed = 7			another sample; the same one every time
 *   [postkit "table.public.events"]
 *           sample = 1%			of this table
 *   [postkit "table.public.plans"]
 *           keep = all				not sampled
 *           reference = ...			what no foreign key declares (clone/sample_reference.h)
 *   postkit.maxSize = 10GB			as large a share as fits
 *   postkit.since = 90d			rows of that time, by a column
 *   [postkit "table.public.visits"]
 *           since = seen_at 30d		by this column; of this time
 *
 * Which rows those are hangs on a hash of their primary key and the seed, so that it is the same whoever copies.
 * A table that refers to another goes with it: the orders of the customers that are chosen, all of them; of several
 * that it refers to with the one that owns it or is the largest. Tables of a few rows come whole. What the rows that
 * were chosen refer to, and was not, comes too (clone/closure.h).
 */
#ifndef PK_CLONE_SAMPLE_H
#define PK_CLONE_SAMPLE_H

#include "clone/hold.h"
#include "clone/mask_facts.h"
#include "git/config.h"

/* NULL: it does not say. */
struct pk_sample_rule {
	char *pattern;
	char *share; /* "1%" */
	char *keep;  /* "all", "sample" */
	char *column, *age; /* of since */
};
struct pk_sample {
	double share; /* of 1 */
	int64_t max_bytes; /* of the copy; 0: any */
	char *age;	   /* "90d"; NULL: any */
	struct pk_strv columns; /* that say when, the first that a table has */
	bool asked;   /* there is something to choose by */
	bool edges;   /* rows for edge cases, too (clone/edges.h) */
	bool no_large; /* what large objects take does not count: they come empty */
	uint64_t seed;
	struct pk_strv references; /* pairs: pattern of a table, what it refers to (clone/sample_reference.h) */
	struct pk_sample_rule *rules; /* of those that match the last that says a thing counts for it */
	size_t n;
};
#define PK_SAMPLE_INIT { .share = 1, .edges = true }
/* Of the command line; NULL: not given. */
struct pk_sample_options {
	const char *share, *seed, *max_size, *since;
};
void pk_sample_release(struct pk_sample *sample);
/* What counts goes as text to settings and to given. options may be NULL. */
int pk_sample_read(const struct pk_config *config, const struct pk_sample_options *options, struct pk_sample *ret,
		   struct pk_buf *settings, struct pk_buf *given, struct pk_err *err);
/* What a sample is taken of. All borrowed. */
struct pk_sample_source {
	struct pk_hold *hold;
	const struct pk_mask_facts *facts; /* of the tables */
	const struct pk_strv *functions;   /* of users, that conditions may call */
};
/*
 * Chooses: sets conditions and batches of tables. target: where places of rows are kept until they are copied. notes:
 * for people, a line each.
 */
int pk_sample_choose(const struct pk_sample *sample, const struct pk_sample_source *source, const struct pk_conninfo *target,
		     struct pk_copy_tables *tables, struct pk_strv *notes, struct pk_err *err);

#endif
