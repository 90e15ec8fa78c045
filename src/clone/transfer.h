/*
 * The contents of a database into an empty one: structure by pg_dump, rows by connections of our own, both of
 * one snapshot. The source sees no more than `jobs` connections at a time, and ACCESS SHARE locks.
 */
#ifndef PK_CLONE_TRANSFER_H
#define PK_CLONE_TRANSFER_H

#include "clone/carry.h"
#include "clone/copy.h"

struct pk_transfer {
	const struct pk_conninfo *source, *target;
	const struct pk_source_facts *facts;
	const struct pk_copy_options *options;
	const struct pk_strv *unfilled; /* OIDs of materialized views that stay without rows; may be NULL */
	const char *bindir;	  /* of pg_dump and pg_restore */
	const char *place;	  /* folder for what pg_dump says */
	bool throwaway;		  /* the target is ours */
	int jobs;
	double max_age; /* seconds that the source may be held at one snapshot; 0: any */
};
int pk_transfer_run(const struct pk_transfer *transfer, struct pk_err *err);
/* Gathers statistics, on as many connections. */
int pk_transfer_analyze(const struct pk_transfer *transfer, struct pk_conn *target, struct pk_err *err);

#endif
