/* What belongs to a database but does not come along with its contents. */
#ifndef PK_CLONE_CARRY_H
#define PK_CLONE_CARRY_H

#include "catalog/snapshot.h"

/* pairs: names and values as pg_db_role_setting has them. conn: superuser, connected to db. */
int pk_carry_settings(struct pk_conn *conn, const char *db, const struct pk_strv *pairs,
		      struct pk_err *err);
/* Those of a database. */
int pk_carry_read(struct pk_conn *conn, const char *db, struct pk_strv *ret_pairs,
		  struct pk_err *err);
/*
 * Before 15 everybody may create in public, unless that was revoked. pg_dump of 15 and later takes it
 * for what 15 has from the start, and says nothing of it: carried apart. From 15 on nothing is.
 */
enum pk_public { PK_PUBLIC_AS_IT_IS, PK_PUBLIC_NOTHING, PK_PUBLIC_USAGE, PK_PUBLIC_CREATE, PK_PUBLIC_BOTH };
int pk_carry_read_public(struct pk_conn *conn, enum pk_public *ret, struct pk_err *err);
int pk_carry_public(struct pk_conn *conn, enum pk_public what, struct pk_err *err);
int pk_carry_create_privilege(struct pk_conn *conn, const char *db, const char *role,
			      struct pk_err *err);

/*
 * What a dump brings too much of, or nothing at all: user mappings, publications and subscriptions come as
 * their pictures are, so without passwords and slots, and switched off.
 */
struct pk_carried {
	struct pk_strv objects; /* SQL, an object each */
	struct pk_buf shared;   /* SQL: subscriptions, which are the cluster's, so that a cut lacks them */
	struct pk_buf labels, shared_labels; /* SQL: security labels, those of subscriptions apart */
};
#define PK_CARRIED_INIT { .shared = PK_BUF_INIT, .labels = PK_BUF_INIT, .shared_labels = PK_BUF_INIT }
void pk_carried_release(struct pk_carried *carried);
/* Reads. source: as whoever may see them. */
int pk_carried_read(struct pk_conn *source, struct pk_carried *ret, struct pk_err *err);
/* Into a restored dump, once roles are there: all, or without the shared ones. target: superuser. */
int pk_carried_apply(const struct pk_carried *carried, bool shared, struct pk_conn *target, struct pk_err *err);
/* Security labels of what is there, as they are: no provider is asked. For local servers. */
int pk_carried_label(const struct pk_carried *carried, struct pk_conn *target, struct pk_err *err);
/* The shared ones wait in a setting of the database, until it is one that somebody uses. */
int pk_carried_keep(const struct pk_carried *carried, struct pk_conn *target, const char *db, struct pk_err *err);
/* Makes those that wait in pairs, the settings of the database that target is connected to. */
int pk_carried_wake(struct pk_conn *target, const char *db, const struct pk_strv *pairs, struct pk_err *err);

/* OIDs of materialized views whose rows would have to be fetched from elsewhere. */
int pk_carry_unfilled(struct pk_conn *source, struct pk_strv *ret, struct pk_err *err);
/*
 * ANALYZE of several tables each (alone: of one), but for what has foreign tables below it: their rows cannot be sampled.
 * only: OIDs there, with commas between them; NULL: all.
 */
int pk_carry_analyze(struct pk_conn *target, const char *only, bool alone, struct pk_strv *ret_sql, struct pk_err *err);

#endif
