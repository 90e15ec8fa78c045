/*
 * The parts of the schema folder that are not derived but run as they are: infra (roles, settings),
 * grants and seeds. One transaction a file, in order of their paths. Seeds are run once for each
 * content: table postkit.seeds remembers in the same transaction.
 */
#ifndef PK_TRACE_PARTS_H
#define PK_TRACE_PARTS_H

#include "catalog/load.h"
#include "chain/project.h"
#include "git/repo.h"
#include "trace/run.h"

struct pk_part_result {
	char *path;		    /* db/schema/seeds/users.sql */
	bool ran;		    /* dry: would be run */
	const char *skipped_reason; /* NULL when it ran: "unchanged", "empty" */
	double seconds;
	int64_t rows; /* touched by all its statements */
};
struct pk_part_results {
	struct pk_part_result *items;
	size_t n, cap;
	size_t n_ran;
};
#define PK_PART_RESULTS_INIT { 0 }
void pk_part_results_release(struct pk_part_results *results);

struct pk_parts_options {
	bool local;		  /* a database of ours: role statements are skipped (see pk_run) */
	struct pk_conn *admin;	  /* for extensions, local alone; may be NULL */
	bool force;		  /* seeds: also what did not change */
	bool dry;		  /* nothing is run; the results tell what would be */
	const char *lock_timeout; /* may be NULL */
	/* Called after each file. May be NULL. */
	void (*after)(void *arg, const struct pk_part_result *result);
	void *arg;
};

/*
 * The files of a part ("infra", "grants", "seeds"), sorted, paths relative to the top of the work
 * tree. rev NULL: from the work tree, else from a commit. Absent: none.
 */
int pk_parts_load(const struct pk_project *project, const struct pk_repo *repo, const char *rev,
		  const char *part, struct pk_source *ret, struct pk_err *err);
/* The same of any folder, relative to the top of the work tree. */
int pk_parts_load_dir(const struct pk_repo *repo, const char *rev, const char *dir, struct pk_source *ret,
		      struct pk_err *err);

/* Stop at the first error, which names file and line; files before it stay done. results may be NULL. */
int pk_infra_apply(struct pk_conn *conn, const struct pk_source *source,
		   const struct pk_parts_options *options, struct pk_part_results *results,
		   struct pk_err *err);
int pk_grants_apply(struct pk_conn *conn, const struct pk_source *source,
		    const struct pk_parts_options *options, struct pk_part_results *results,
		    struct pk_err *err);
/* Schema postkit and table postkit.seeds, where they are missing; needed first where the role may not make them. */
int pk_seeds_create_table(struct pk_conn *conn, struct pk_err *err);
/* Makes schema postkit and the table when there is something to run. */
int pk_seeds_apply(struct pk_conn *conn, const struct pk_source *source,
		   const struct pk_parts_options *options, struct pk_part_results *results,
		   struct pk_err *err);

#endif
