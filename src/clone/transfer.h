/*
 * The contents of a database into an empty one: structure by pg_dump, rows by connections of our own, both of
 * one snapshot. The source sees no more than `jobs` connections at a time, and ACCESS SHARE locks.
 */
#ifndef PK_CLONE_TRANSFER_H
#define PK_CLONE_TRANSFER_H

#include "clone/carry.h"
#include "clone/copy.h"
#include "clone/dump.h"
#include "clone/pour.h"
#include "clone/copied.h"

struct pk_transfer {
	const struct pk_conninfo *source, *target;
	struct pk_pour_crew *crew; /* of this and what follows it; released by the caller */
	const struct pk_source_facts *facts;
	const struct pk_copy_options *options;
	/* What the source has beside its contents: to be read before, by the connection that holds the snapshot then. */
	struct pk_carried *carried; /* NULL: not read */
	struct pk_buf *sizes;	    /* NULL: not read */
	struct pk_strv *unfilled;   /* OIDs of materialized views that stay without rows; read with carried; may be NULL */
	const char *bindir;	  /* of pg_dump and pg_restore */
	const char *place;	  /* folder for what pg_dump says */
	bool throwaway;		  /* the target is ours */
	int jobs;
	struct pk_copied *record; /* to be filled in: what was copied; may be NULL */
	double max_age; /* seconds that the source may be held at one snapshot; 0: any */
};
/* Into the empty target, all of it; blocks. After a failure the target may hold a part. */
int pk_transfer_run(const struct pk_transfer *transfer, struct pk_err *err);
/* Gathers statistics, on as many connections; only: as pk_carry_analyze() has it. */
int pk_transfer_analyze(const struct pk_transfer *transfer, struct pk_conn *target, const char *only, struct pk_err *err);

/* The same by what a copy is poured with; what cannot be gathered is no error, but one of the notes (may be NULL). */
int pk_transfer_gather(const struct pk_pour *pour, struct pk_conn *target, const char *only, struct pk_strv *notes,
		       struct pk_err *err);

/* What copies have in common. Caller frees nothing of the place. */
int pk_copy_jobs(const struct pk_copy_options *options);
int pk_copy_max_age(const struct pk_copy_options *options, double *ret, struct pk_err *err);
const char *pk_copy_place(const struct pk_server *server); /* where pg_dump's file goes; server may be NULL */
/* By a connection that is in no transaction. unfilled and sizes may be NULL. */
int pk_copy_carried(struct pk_conn *source, struct pk_carried *carried, struct pk_strv *unfilled, struct pk_buf *sizes,
		    struct pk_err *err);

/* What it is done with, for whoever does a part of it (clone/refresh.h). */
struct pk_transfer_work {
	const struct pk_transfer *t;
	struct pk_hold hold;
	struct pk_copy_tables tables;
	struct pk_structure structure;
	struct pk_dump dump;
	struct pk_pour pour;
	struct pk_poured poured;
	struct pk_conn target;
	struct pk_buf sequences; /* clone/beside.h */
	/* To be read from the snapshot while pg_dump works, or behind it; set before pk_transfer_hold(); may be NULL. arg: this. */
	int (*beside)(void *arg, struct pk_err *err);
};
/* Connects to nothing. transfer is borrowed until release. */
void pk_transfer_work_init(struct pk_transfer_work *work, const struct pk_transfer *transfer);
void pk_transfer_work_release(struct pk_transfer_work *work);
/* Takes the snapshot, the tables and the dump, which is open. */
int pk_transfer_hold(struct pk_transfer_work *work, struct pk_err *err);
/* May pg_dump work while the source is held? It takes a connection, and the same locks again. */
int pk_transfer_room(struct pk_transfer_work *work, bool *ret, struct pk_err *err);
/* Their columns, and what of them is copied. encoding: of the target; extensions and only: as clone/tables.h has them. */
int pk_transfer_tables(struct pk_transfer_work *work, bool same_major, const char *encoding,
		       const struct pk_strv *extensions, const bool *only, struct pk_err *err);

#endif
