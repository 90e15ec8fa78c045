/*
 * The structure of a copy: what pg_dump says, sorted into what is made before the data, with it and after it.
 * What belongs to one table and needs its rows (indexes, keys) is left to whoever loads them; the rest is made
 * here, in pg_dump's order, many at once in a transaction.
 */
#ifndef PK_CLONE_STRUCTURE_H
#define PK_CLONE_STRUCTURE_H

#include "clone/ddl.h"
#include "clone/tables.h"

struct pk_build {
	size_t table; /* in the tables */
	const struct pk_ddl_entry *entry;
};
/* A foreign key between ordinary tables, which holds on the source. */
struct pk_foreign_key {
	uint32_t oid;
	char *schema, *table, *name;
	bool proven;  /* it holds in the copy, because both tables are copied whole */
	bool lacking; /* it does not: rows that it refers to were left out */
};
/* A materialized view that has rows on the source, as all that it reads. */
struct pk_refresh {
	uint32_t oid;
	char *sql;
};
struct pk_structure {
	struct pk_ddl pre, post;
	struct pk_ddl bare;	/* both without owners */
	struct pk_build *builds; /* by table */
	size_t n_builds;
	size_t *first; /* of a table's builds; one more than there are tables */
	const struct pk_ddl_entry **rest; /* of post */
	size_t n_rest;
	struct pk_foreign_key *keys; /* by oid */
	size_t n_keys;
	struct pk_refresh *filled; /* by oid */
	size_t n_filled;
};
#define PK_STRUCTURE_INIT { .pre = PK_DDL_INIT, .post = PK_DDL_INIT, .bare = PK_DDL_INIT }
void pk_structure_release(struct pk_structure *structure);
/*
 * Once the scripts are there. source: with the snapshot. unfilled: OIDs of materialized views that stay
 * without rows.
 */
int pk_structure_sort(struct pk_structure *structure, struct pk_conn *source, const struct pk_copy_tables *tables,
		      const struct pk_strv *unfilled, struct pk_err *err);
/* The entry as it is made: what belongs to a superuser by law is owned by whoever copies. */
const struct pk_ddl_entry *pk_structure_entry(const struct pk_structure *structure, const struct pk_ddl_entry *entry);
/*
 * The stages that follow clone/before.h and the data, with which the builds are made. Foreign keys come NOT VALID where
 * that can be; those are structure->keys, which pk_structure_trust() and whoever validates end.
 */
int pk_structure_after(const struct pk_structure *structure, struct pk_conn *target, struct pk_err *err);
/*
 * Marks the proven ones as valid, without reading a row: each held in the source's snapshot, and rows of both its
 * tables are that snapshot's, all of them. So are the lacking ones: else the copy's schema would not be the source's,
 * and every plan would begin with what made it so. For a superuser on a server of ours.
 */
int pk_structure_trust(const struct pk_structure *structure, struct pk_conn *target, struct pk_err *err);
int pk_structure_rights(const struct pk_structure *structure, struct pk_conn *target, struct pk_err *err);
/* Names of the materialized views that are to be filled (clone/views.h) between the two. */
void pk_structure_views(const struct pk_structure *structure, struct pk_strv *ret);
/* Event triggers. */
int pk_structure_end(const struct pk_structure *structure, struct pk_conn *target, struct pk_err *err);

#endif
