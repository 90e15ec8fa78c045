/*
 * What refers to what among the tables of a source: foreign keys, and references that no key declares but
 * somebody names. Between relations: a partitioned table stands for its leaves, which hold the rows.
 */
#ifndef PK_CLONE_REFS_H
#define PK_CLONE_REFS_H

#include "clone/tables.h"

struct pk_rel {
	uint32_t oid, root; /* root: what it is a part of in the end, or itself */
	char *schema, *name;
	bool whole;	 /* partitioned */
	bool elsewhere;	 /* some of its rows are in what is not copied */
	size_t *leaves;	 /* in the tables, by oid; itself where it is not partitioned */
	size_t n;
	struct pk_strv key; /* columns that tell its rows apart, or all of them */
};
struct pk_ref {
	size_t from, to; /* rels */
	struct pk_strv from_columns, to_columns, operators; /* operators: as SQL, to's column on the left; with its collation where the other's is not the same */
	char *when;	 /* SQL over from's columns; NULL: always */
	char *name;	 /* of the key, or as the settings have it */
	bool not_null;	 /* no column of from can be NULL, and when is NULL */
	bool owns;	 /* rows go with what they refer to (ON DELETE CASCADE) */
	bool one;	 /* all operators are equality: a row refers to one row, not to several together (PERIOD) */
	bool declared;	 /* and checked: none refers to nothing */
	bool textual;	 /* columns are of types that cannot be compared but as text */
};
struct pk_refs {
	struct pk_rel *rels; /* by oid */
	struct pk_ref *items;
	size_t n_rels, n;
	char *prefix; /* that no column's name begins with */
};
#define PK_REFS_INIT { 0 }
void pk_refs_release(struct pk_refs *refs);
/* Foreign keys, by oid. source: inside the snapshot that tables are of. */
int pk_refs_read(struct pk_conn *source, const struct pk_copy_tables *tables, struct pk_refs *ret, struct pk_err *err);
/* One more, from and to of which are to be set. */
struct pk_ref *pk_refs_add(struct pk_refs *refs, const char *name);
/* Where the table stands in rels; false: it does not, and *ret is as it was. */
bool pk_refs_find(const struct pk_refs *refs, uint32_t oid, size_t *ret);
/* The place in rels of what it is a part of in the end, or its own. */
size_t pk_rel_root(const struct pk_refs *refs, size_t rel);
/* Not all its rows that are copied. Rows of excluded tables do not count: nobody asks for them. */
bool pk_rel_narrowed(const struct pk_rel *rel, const struct pk_copy_tables *tables);
bool pk_rel_skipped(const struct pk_rel *rel, const struct pk_copy_tables *tables); /* there are none */

/*
 * A query for rows of a relation, without brackets: columns, called <prefix>1 and on; rel and tid
 * (<prefix>rel, <prefix>tid) before them where places are asked for.
 */
enum pk_rel_which { PK_REL_CHOSEN, PK_REL_LEFT_OUT, PK_REL_ALL }; /* all: those that are not copied, too */
struct pk_rel_query {
	const struct pk_strv *columns;
	enum pk_rel_which which;
	bool places;
	const char *when; /* a condition more; or NULL */
};
/* rel: its number among refs->rels. The rows of all its tables together; where none is meant, a query without rows. */
void pk_rel_add_query(const struct pk_refs *refs, size_t rel, const struct pk_copy_tables *tables,
		      const struct pk_rel_query *query, struct pk_buf *sql);
/* a: the row that is referred to; both names of columns as the query above has them. */
void pk_ref_add_match(const struct pk_refs *refs, const struct pk_ref *ref, const char *to, const char *from,
		      struct pk_buf *sql);

#endif
