/* Private to the choosing of samples: what is known of each table, and which other one it goes with. */
#ifndef PK_CLONE_SAMPLE_PLAN_H
#define PK_CLONE_SAMPLE_PLAN_H

#include "clone/row_places.h"
#include "clone/sample.h"

#define PK_NO_LEAD SIZE_MAX
#define PK_SAMPLE_FEW 2

/* For each table of the copy. */
struct pk_sample_table {
	struct pk_sample_rule rule; /* what the settings say of it, borrowed; pattern: of the column */
	double share;			   /* of what follows no other */
	char *since;	  /* condition, or NULL */
	char *where;	  /* before all this, or NULL */
	int64_t bytes;	  /* with indexes */
	bool whole, narrowed, follows, done;
	size_t *candidates; /* references, the best first */
	size_t n;
	size_t lead; /* reference that it follows, or PK_NO_LEAD */
};
struct pk_sample_plan {
	const struct pk_sample *sample;
	struct pk_hold *source;
	struct pk_row_places *places;
	const struct pk_mask_facts *facts;
	const struct pk_strv *functions; /* that conditions may call */
	struct pk_copy_tables *tables;
	struct pk_refs refs;
	struct pk_sample_table *choices; /* of each table */
	double share;			 /* of all */
	int *few; /* of each rel: PK_SAMPLE_FEW: to come whole, 1: a share of it is no share of what refers to it, else 0 */
	size_t *seen, looks; /* of each rel: by the look of that number */
	bool *followed;
	bool *sampled; /* of each rel that is not a part: some of its rows are left out */
	int64_t beside, edges; /* rows */
	int64_t bytes;	       /* that the copy may take, where that counts */
};

void pk_sample_plan_release(struct pk_sample_plan *plan);
/* What is borrowed is set: sample, source, facts, functions and tables. Reads catalogs, and counts what is small. */
int pk_sample_plan_read(struct pk_sample_plan *plan, struct pk_err *err);
/* Who goes with whom when this is the share of all. Conditions of the tables are as they were before. */
void pk_sample_plan_make(struct pk_sample_plan *plan, double share);
/* sample_reference.c: references that the settings name join refs. */
int pk_sample_plan_references(struct pk_sample_plan *plan, struct pk_err *err);
/* sample_since.c: conditions by time. */
int pk_sample_plan_since(struct pk_sample_plan *plan, struct pk_err *err);
size_t pk_sample_plan_root(const struct pk_sample_plan *plan, uint32_t oid); /* of its rels */

#endif
