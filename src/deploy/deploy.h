/*
 * The state of a remote against the chain of a commit, and the way from one to the other: what is
 * pending, drift, the dry run on a cut of the template, the run itself, the record. Downwards it is the
 * same way: what is pending then are the migrations to be rolled back. Nothing here
 * asks or prints; what happens is told through struct pk_deploy_events.
 *
 * In order: pk_deploy_open, pk_deploy_compare, pk_deploy_catch_up, pk_deploy_check, pk_deploy_dry_run, pk_deploy_run.
 */
#ifndef PK_DEPLOY_DEPLOY_H
#define PK_DEPLOY_DEPLOY_H

#include "catalog/snapshot.h"
#include "chain/chain.h"
#include "chain/project.h"
#include "clone/copy.h"
#include "clone/remote.h"
#include "deploy/foreseen.h"
#include "deploy/way_back.h"
#include "lint/usage.h"
#include "trace/checks.h"
#include "trace/gone.h"
#include "trace/intact.h"
#include "trace/parts.h"
#include "trace/run.h"
#include "trace/sampled.h"

/* What happens, while it happens. All may be NULL. */
struct pk_deploy_events {
	void (*phase)(void *arg, const char *text);
	void (*migration)(void *arg, const struct pk_migration *m);
	void (*statement)(void *arg, const struct pk_traced *traced);
	void (*finished)(void *arg, const struct pk_migration *m, double seconds);
	void (*part)(void *arg, const char *part, const struct pk_part_result *result); /* a file that ran */
	void *arg;
	struct pk_progress *progress; /* for copying */
};

enum pk_direction { PK_UP, PK_DOWN };
#define PK_DEPLOY_MAX_WAIT 60
struct pk_deploy_options {
	enum pk_direction direction;
	const char *remote; /* NULL: the default one */
	const char *commit; /* revision; NULL: HEAD */
	bool fresh;	    /* copy the template again before the dry run */
	bool refresh;	    /* what has changed of it, though postkit.refresh says never or it is a sample */
	int (*follow)(struct pk_conn *source, struct pk_conn *target, struct pk_follow *ret, struct pk_err *err); /* as a copy's */
	bool allow_drift, allow_out_of_order;
	enum pk_stage stage; /* of changes in steps, the last one to be run; PK_STAGE_NONE: all that is due */
	int max_wait; /* seconds to wait for locks in all */
	/* Downwards. to: the version that is to be the last one there; "0": none; NULL: the last but one. */
	const char *to;
	bool allow_destructive;
};

/* A migration that this deploy brought to the remote, or took back. */
struct pk_deployed {
	size_t index;             /* into chain */
	double seconds;
	bool adopted;             /* recorded only: its schema was there already */
};

struct pk_deploy {
	const struct pk_repo *repo;
	const struct pk_config *config;
	const struct pk_project *project;
	struct pk_deploy_options options;
	const struct pk_deploy_events *events;

	struct pk_oid commit;
	struct pk_remote remote;
	struct pk_conn conn;             /* to the remote */
	struct pk_source_facts facts;
	struct pk_chain chain;
	struct pk_applied_list applied;
	bool tracked;		      /* the remote has our table */
	struct pk_undone_list undone; /* what was rolled back there */
	struct pk_snapshot now;	      /* of the remote */

	/* Set by pk_deploy_compare(). */
	size_t *pending, n_pending; /* indexes into chain, to be run, in that order */
	char *back_to;		    /* downwards: the last version that stays; "0": none */
	char *held;  /* the first that is not run yet, for its stage, and why; NULL: none */
	char *again; /* the command that goes on from here: "git postkit deploy prod" */
	bool adopt;	  /* what a migration does is on the remote already: it is recorded, not run */
	size_t adopt_at;  /* which of the chain: the baseline, or one that says it was found there; with those before it */
	size_t found;	  /* from the first on, so many that expected stands behind, though none is recorded there */
	bool unordered; /* set by pk_deploy_check(): what is pending does not follow what has run, and may all the same */
	bool resume; /* pending[0] was begun by an earlier run, outside a transaction */
	bool empty;  /* a new database */
	const char *read_only; /* why nothing can be written there; NULL: it can be */
	char expected[PK_OID_HEX + 1]; /* fingerprint; "" when not known */
	bool drifted;

	struct pk_checks checks; /* of the commit, as the dry run saw them */
	struct pk_intact intact; /* what the dry run did to rows */
	struct pk_foreseen_list foreseen; /* what it saw of each statement */
	struct pk_way_back back; /* upwards: that it came to nothing else there and back */
	char *batch_settings; /* SET statements for backfills in batches, on the remote */
	struct pk_strv rewritten;        /* tables that got a new file there */
	struct pk_strv present;          /* what the remote is busy with, a line each */
	struct pk_gone gone;	 /* downwards: the data that it took away */
	struct pk_sampled sampled; /* what the copy lacks that the dry run ran on */
	struct pk_trace *traces;   /* of the dry run, for each pending; NULL: it has not run */
	struct pk_findings findings; /* set by pk_deploy_lint() */

	/* Set by pk_deploy_run(). */
	struct pk_deployed *done;
	size_t n_done;
	char *started;                   /* ISO time */
	bool recorded;
	char to[PK_OID_HEX + 1];	 /* fingerprint at the end, as it is recorded */
	char from[PK_OID_HEX + 1];       /* fingerprint before a deploy that is recorded later; "": that of now */
};
#define PK_DEPLOY_INIT { .remote = PK_REMOTE_INIT }

/* Connects, and reads chain, tracking table and schema. Reads only. events, repo, config, project are borrowed. */
int pk_deploy_open(struct pk_deploy *d, const struct pk_repo *repo, const struct pk_config *config,
		   const struct pk_project *project, const struct pk_deploy_options *options,
		   const struct pk_deploy_events *events, struct pk_err *err);
void pk_deploy_release(struct pk_deploy *d);

/*
 * What is pending, whether there is drift. Migrations that do not fit the chain are errors. Downwards without
 * options.to it is what an earlier rollback from this repository, which was cut short, has left to do.
 */
int pk_deploy_compare(struct pk_deploy *d, struct pk_err *err);
/* The tracking row; NULL: it has not run. */
const struct pk_applied *pk_deploy_find_applied(const struct pk_deploy *d, const char *version);
/* Writes the record of an earlier deploy from this repository that was killed before it could. */
int pk_deploy_catch_up(struct pk_deploy *d, struct pk_err *err);
/*
 * Refuses drift, migrations that are half way in the other direction, and pending ones that are out of order or do not
 * hang together, by the options; downwards those that have no way back.
 */
int pk_deploy_check(struct pk_deploy *d, struct pk_err *err);
/* Refuses a standby, and sessions that only read. What is only tried or told needs to write nothing. */
int pk_deploy_check_writable(const struct pk_deploy *d, struct pk_err *err);
/*
 * The objects that differ between the schema expected and the remote. *ret_known false: the snapshot
 * of what is expected is not in this repository, so only the fingerprints can be compared.
 */
int pk_deploy_drift(struct pk_deploy *d, struct pk_tree_diff *ret, bool *ret_known, struct pk_err *err);

/*
 * Everything that would be run, on a database cut from the remote's template, which is dropped after. PK_EXIT_NO when
 * a check there does not come to what it expects, when the remote has changed since it was compared, and downwards when
 * data would be lost and options do not allow it.
 */
int pk_deploy_dry_run(struct pk_deploy *d, struct pk_err *err);
/* Asks the remote what it is busy with that could be in the way, or be harmed: into d->present. */
int pk_deploy_look_around(struct pk_deploy *d, struct pk_err *err);
/*
 * What is unsafe in the pending migrations, as the dry run measured it, and who uses what they take away: findings, allowed
 * or not, as the commit's rules have them. By the connection that is there; reads only, and refuses nothing.
 */
int pk_deploy_lint(struct pk_deploy *d, struct pk_err *err);
/*
 * On the remote. On error d->done says what was done nevertheless; PK_EXIT_UNKNOWN when a connection
 * was lost at a commit and could not be had again. Then writes the record: PK_EXIT_ATTENTION when
 * that failed after all was deployed, and when the schema is another one by then than the last migration leads to.
 */
int pk_deploy_run(struct pk_deploy *d, struct pk_err *err);

#endif
