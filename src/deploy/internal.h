/* For the files of this folder. */
#ifndef PK_DEPLOY_INTERNAL_H
#define PK_DEPLOY_INTERNAL_H

#include "deploy/deploy.h"

/* Tells the events of the deploy, if there are any, what is being done now. */
void pk_deploy_phase(const struct pk_deploy *d, const char *fmt, ...) PK_PRINTF(2, 3);

/* direction.c: the section of a migration that is run; its SQL is never NULL. */
struct pk_deploy_section {
	const char *sql;
	int line; /* of the file */
	bool transaction;
};
/* Borrowed from m. */
struct pk_deploy_section pk_deploy_section(const struct pk_deploy *d, const struct pk_migration *m);
bool pk_deploy_is_down(const struct pk_deploy *d); /* it rolls back */
/* Whether it was run out of order: then its row says where it led to, which is not what its header says. */
bool pk_deploy_led_elsewhere(const struct pk_migration *m, const struct pk_applied *row);
/* Fingerprint that the schema must have after it; NULL: not known. */
const char *pk_deploy_leads_to(const struct pk_deploy *d, const struct pk_migration *m);

/* The tables that a run writes to; made where they are missing. */
int pk_deploy_create_tables(const struct pk_deploy *d, struct pk_conn *conn, struct pk_err *err);

/* compare.c: fails with PK_EXIT_NO when schema or tracking table of the remote are not what they were when they were compared. */
int pk_deploy_still_the_same(struct pk_deploy *d, struct pk_err *err);

/* stage.c: takes from the end of d->pending what is not to be run yet, by its stage; what was begun stays. */
int pk_deploy_hold(struct pk_deploy *d, struct pk_err *err);

/* back.c: what a rollback is to undo, into d->pending; and what speaks against that. */
int pk_deploy_find_back(struct pk_deploy *d, struct pk_err *err);
int pk_deploy_check_back(const struct pk_deploy *d, struct pk_err *err);
/* Why nothing leads back behind it; NULL: something does. */
const char *pk_deploy_no_way_back(const struct pk_migration *m);
/* The dry run is over, and what it took away from the copy is known: asks the remote too, and refuses loss. */
int pk_deploy_check_loss(struct pk_deploy *d, struct pk_err *err);

/* Where migrations run: the remote, or a local cut. */
struct pk_deploy_target {
	struct pk_deploy *d;
	struct pk_conn *conn;
	struct pk_conn *admin; /* superuser of a local server; NULL on the remote */
	bool local;
	bool aside; /* the way back, and the way there once more: nothing of it is measured or kept */
	struct pk_deploy_watch *watch; /* NULL on a local cut */
	double waited;		       /* seconds spent on waiting for locks */
	/* Asked before the first statement of each attempt at a migration; an error ends it there. NULL: nothing. */
	int (*may_begin)(void *arg, const struct pk_migration *m, struct pk_err *err);
	void *arg;
	char xid[24]; /* of the migration at hand, once it has begun; "": not so far, or in steps */
	const struct pk_foreseen *foreseen; /* of the statement at hand; NULL: not known */
	int64_t statement_ms;		    /* that it was given; 0: no limit, -1: the server's */
	double blocking_since;		    /* others may wait for the transaction since then; 0: they do not */
	double blocking_work;		    /* what its statements since then took on the copy */
};

/*
 * way_back.c: of a copy where the migrations have not run, and where they have; into d->back. where: how to get there (conn) once
 * more; seconds: that the way there took. PK_EXIT_NO when a way back fails, or leads elsewhere.
 */
int pk_deploy_before_back(struct pk_deploy *d, struct pk_conn *conn, const struct pk_conninfo *where, struct pk_err *err);
int pk_deploy_try_back(struct pk_deploy_target *target, const struct pk_conninfo *where, double seconds, struct pk_err *err);

/*
 * migrate.c: the i-th of d->pending, its tracking row with it. Where another one comes right behind it, the connection may be
 * left with the settings of users' SQL (pg/conn.h).
 */
int pk_deploy_migrate(struct pk_deploy_target *target, size_t i, bool resume, double *ret_seconds, struct pk_err *err);
/*
 * Fails when the database is not at the fingerprint that the migration leads to; names what differs. Of one that is run out of
 * order, its row gets the fingerprint that it has led to.
 */
int pk_deploy_prove(const struct pk_deploy *d, struct pk_conn *conn, const struct pk_migration *m,
		    struct pk_err *err);
/* When all has run and is recorded: PK_EXIT_ATTENTION when what came behind the last migration has changed the schema. */
int pk_deploy_prove_end(struct pk_deploy *d, struct pk_err *err);
/* The way there that is gone once more needs no proof. */
bool pk_deploy_is_proven(const struct pk_deploy_target *target);
/* The same for a fingerprint that is known otherwise. */
int pk_deploy_prove_is(const struct pk_deploy *d, struct pk_conn *conn, const struct pk_migration *m, const char *to,
		       struct pk_err *err);
/*
 * retry.c: true when the error is a lock that was not granted in time, or what the watch cancelled, and there is time left;
 * has waited then. Else the error says who blocked, or what was cancelled for.
 */
bool pk_deploy_wait(struct pk_deploy_target *target, struct pk_err *err, int attempt);
/* Until no replica is further behind than the remote's limit lets it be. */
int pk_deploy_wait_for_replicas(struct pk_deploy_target *target, struct pk_err *err);

/* Takes what a migration of the dry run was seen to do, for pk_deploy_lint(); and lets go of all that was kept. */
void pk_deploy_keep_trace(const struct pk_deploy_target *target, const struct pk_migration *m, struct pk_trace *trace);
void pk_deploy_drop_traces(struct pk_deploy *d);

/* A statement of either kind has run. */
void pk_deploy_tell_statement(const struct pk_deploy_target *target, const struct pk_migration *m,
			      const struct pk_traced *traced);
/* A transaction begins, in which nobody waits for us yet. */
void pk_deploy_limits_begin(struct pk_deploy_target *target);
/* How long a statement may take on the remote, by what the dry run saw; on a local cut as the run has it. */
struct pk_run_limits pk_deploy_limits(struct pk_deploy_target *target, const struct pk_migration *m,
				      const char *sql, int line);

/* PK_EXIT_ATTENTION when somebody has asked a deploy to stop (deploy/lock.h); on a local cut nobody does. */
int pk_deploy_stop_if_asked(const struct pk_deploy_target *target, struct pk_err *err);

/* outcome.c: d->conn was idle for long, and nothing is open in it: one that was ended meanwhile is connected again. */
int pk_deploy_wake(struct pk_deploy *d, struct pk_err *err);

/* outcome.c: of a migration whose connection was lost. */
struct pk_deploy_lost {
	const char *pid; /* of the backend; NULL: not known */
	const char *xid; /* as struct pk_deploy_target has it */
};
/*
 * Connects d->conn again, waits (bounded) until nothing of the migration is at work there any more, and reads the state in
 * its tracking row, NULL: there is none. after: the state that its COMMIT brings. An error: the outcome is not known.
 */
int pk_deploy_outcome(struct pk_deploy *d, const struct pk_migration *m, const struct pk_deploy_lost *lost,
		      const char *after, char **ret_state, struct pk_err *err);

/* steps.c: a migration that must not run in a transaction, journalled statement by statement. */
int pk_deploy_steps(struct pk_deploy_target *target, const struct pk_migration *m, bool resume,
		    double *ret_seconds, struct pk_err *err);

/* parts.c: infra before; grants and seeds after the migrations. */
int pk_deploy_infra(struct pk_deploy_target *target, struct pk_err *err);
int pk_deploy_after(struct pk_deploy_target *target, struct pk_err *err);

/* record.c: what was done, into refs/postkit/deploys/<remote>. Reads the remote's schema anew, into d->to. */
int pk_deploy_record(struct pk_deploy *d, bool complete, struct pk_err *err);

/* compare.c: records in a database what it has already (adopt), which pk_deploy_add_adopted() adds to what was done. */
int pk_deploy_adopt(const struct pk_deploy *d, struct pk_conn *conn, struct pk_err *err);
void pk_deploy_add_adopted(struct pk_deploy *d);
void pk_deploy_add_done(struct pk_deploy *d, size_t index, double seconds, bool adopted);

/* journal.c: what is about to be run is written down, and forgotten when its record is written. */
int pk_deploy_intend(const struct pk_deploy *d, struct pk_err *err);
/* Where an earlier rollback that has not come to its end was going back to; NULL: there is none. Caller frees. */
char *pk_deploy_intended_back(const struct pk_deploy *d);
void pk_deploy_forget(const struct pk_deploy *d);
/* As pk_deploy_catch_up(), by whoever has the lock: until then another one may have been at work. */
int pk_deploy_catch_up_locked(struct pk_deploy *d, struct pk_err *err);

#endif
