/*
 * A migration file: a dbmate file with our header.
 *
 *   -- postkit: from 3f2a... to 9bc1... (pg15)
 *   -- postkit:irreversible: why what the way back does not restore may go
 *   -- postkit:stage: expand, backfill, contract, or "contract after 7d": of a change in steps
 *   -- postkit:adopted: the remote on which this was done by other means, before it was a migration
 *   -- migrate:up [transaction:false]
 *   ...
 *   -- migrate:down [transaction:false]
 *   ...
 */
#ifndef PK_SQL_MIGRATION_H
#define PK_SQL_MIGRATION_H

#include "base/buf.h"
#include "base/err.h"

struct pk_migration {
	char *file;    /* base name: 20260131120000_add_name.sql */
	char *version; /* 20260131120000 */
	char *name;    /* add_name */
	char *from,
		*to; /* fingerprints, 40 hex digits; NULL when there is no header (written by hand, dbmate) */
	int pg_major;	 /* 0 when not said */
	char *irreversible; /* the reason, on one line; NULL: it does not say so */
	char *stage; /* as it stands there, checked; NULL: it does not say so */
	char *adopted; /* the remote that it was found on; NULL: it does not say so */
	char *up, *down; /* SQL; down NULL when absent or empty */
	bool up_transaction, down_transaction;
	int up_line, down_line; /* line of the file at which up and down start, 1-based */
	size_t up_at, up_end, down_at; /* offsets in the file: where up starts and ends, where down starts (0: there is none) */
	char *checksum;		/* id of the file as a git blob, 40 hex digits */
};
#define PK_MIGRATION_INIT { 0 }

void pk_migration_release(struct pk_migration *m);

enum pk_stage { PK_STAGE_NONE, PK_STAGE_EXPAND, PK_STAGE_BACKFILL, PK_STAGE_CONTRACT };
/* "contract after 7d": *ret_days (may be NULL) is 7, else 0. NULL is PK_STAGE_NONE. -1: it is none of them. */
int pk_stage_parse(const char *text, enum pk_stage *ret, int *ret_days);
/* file: any path; the base name counts. Malformed names, sections or headers are errors with their line. */
int pk_migration_parse(const char *file, const char *text, size_t len, const char *checksum,
		       struct pk_migration *ret, struct pk_err *err);
/* The text of a file from the fields. */
void pk_migration_write(const struct pk_migration *m, struct pk_buf *ret);
/* The text of a file with the header that from, to and pg_major make; one without a header stays without. */
void pk_migration_with_header(const struct pk_migration *m, const char *text, size_t len, struct pk_buf *ret);
/* The n-th version behind another, in its form: a second or a number apart. NULL: there is none. Caller frees. */
char *pk_migration_version_after(const char *version, size_t n);
/* ^[0-9]{14}_[A-Za-z0-9_-]+\.sql$; dbmate's [0-9]+ versions pass too. */
bool pk_migration_valid_file(const char *base_name);

#endif
