/* Pieces of work that a pair of connections does in one transaction of the target. */
#ifndef PK_CLONE_UNIT_H
#define PK_CLONE_UNIT_H

#include "clone/structure.h"
#include "clone/wide.h"
#include "pg/pump.h"

#define PK_UNIT_SMALL (4 << 20) /* bytes of tables that go together, at most */

struct pk_unit {
	size_t *tables; /* in the tables; n of them */
	size_t n;
	int64_t bytes;
	int64_t from, to; /* pages of the one table; to -1: to the end */
	bool part;	  /* of a table: from and to count */
	bool batch;	  /* that one of those beside its rows: from counts */
	bool builds;	  /* indexes and keys too */
	bool fresh;	  /* emptied and filled in one transaction: without WAL where the server may, and frozen */
};
struct pk_units {
	struct pk_unit *items; /* the longest first */
	size_t n, cap;
};
#define PK_UNITS_INIT { 0 }
void pk_units_release(struct pk_units *units);
struct pk_unit_terms {
	int jobs, source_version;
	bool rows;	/* else definitions alone */
	bool wal_minimal; /* of the target */
	bool parts;	/* large tables go in parts, by several at a time: these are not fresh */
	const char *encoding; /* as pk_pour has it */
	const struct pk_wide *wide; /* rows that are left out, since they are there already; may be NULL */
	bool again;	/* the target is there, with indexes; those of tables that are not small wait */
};
/* Tables without rows (terms->rows false, or skipped) are in units for the sake of their indexes. */
void pk_units_make(const struct pk_copy_tables *tables, const struct pk_unit_terms *terms, struct pk_units *ret);
/* SQL for a superuser: the table's indexes take no rows until they are built again, which TRUNCATE does too. */
void pk_unit_unready(const struct pk_copy_table *table, struct pk_buf *sql);
int pk_unit_task(const struct pk_unit *unit, const struct pk_copy_tables *tables, const struct pk_structure *structure,
		 const struct pk_unit_terms *terms, struct pk_pump_task *ret, struct pk_err *err);

#endif
