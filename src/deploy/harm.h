/*
 * What others suffer while a deploy is at work: sessions that wait for it, or are about to be in a deadlock with it, replicas
 * that fall behind, transactions that fail. Asked on a connection beside it; nothing of theirs is touched.
 */
#ifndef PK_DEPLOY_HARM_H
#define PK_DEPLOY_HARM_H

#include "git/config.h"
#include "pg/conn.h"

/* How much of it is borne; 0: any. */
struct pk_harm_limits {
	int blocked;	     /* sessions that wait for us at once */
	double blocked_time; /* seconds that one of them waits */
	double lag;	     /* seconds that a replica is behind */
	int errors;	     /* transactions that are rolled back in the database within a minute */
};
/* The remote's settings, else those of all, else the defaults. A value that means nothing is an error. */
int pk_harm_limits_read(const struct pk_config *config, const char *remote,
			struct pk_harm_limits *ret, struct pk_err *err);

struct pk_harm {
	struct pk_harm_limits limits;
	const char *remote; /* its name; borrowed */
	struct pk_buf
		why; /* what went beyond a limit, and which setting that is, or the circle; empty: nothing */
	bool circle; /* somebody waited for us while we waited for him: a deadlock, but for the time, which no limit is about */
	/* not for the caller */
	struct pk_waiter {
		int pid;
		double since;
	} * waiters;
	size_t n;
	int64_t rolled_back; /* as of counted */
	double counted;	     /* 0: not yet */
};
#define PK_HARM_INIT { .why = PK_BUF_INIT }
void pk_harm_release(struct pk_harm *harm);

/* Whether what the limits are about can be seen by this role; an error with the way out otherwise. */
int pk_harm_visible(const struct pk_harm *harm, struct pk_conn *conn, struct pk_err *err);
/*
 * Looks, with at most four queries: at those who wait for the backend of this pid, be it behind another one who does, and, by
 * what is limited, at replicas and transactions. Who waits for it while it waits for them is beyond any limit. -1: the
 * connection is gone.
 */
int pk_harm_look(struct pk_harm *harm, struct pk_conn *conn, const char *pid);
/* At replicas alone, as long as nothing of ours runs. */
int pk_harm_look_at_lag(struct pk_harm *harm, struct pk_conn *conn);
/* Nothing has gone beyond a limit, and nobody waits: before the next attempt. */
void pk_harm_forget(struct pk_harm *harm);
/* Milliseconds after which a look may come late for a limit. */
int pk_harm_patience(const struct pk_harm *harm);

#endif
