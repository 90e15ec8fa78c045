/* What the files about columns share: their attributes, and NOT NULL, which from 18 on is a constraint. */
#ifndef PK_CATALOG_COLUMN_H
#define PK_CATALOG_COLUMN_H

#include "catalog/kind.h"

enum pk_column_attr {
	QUOTED, TYPE, COLLATION, NOT_NULL, NOT_NULL_NAME, NOT_NULL_USUAL, NOT_NULL_INVALID, NOT_NULL_INHERITED,
	NOT_NULL_APART, NOT_NULL_COMMENT, DEFAULT_VALUE, GENERATED, IDENTITY, IDENTITY_OPTIONS, STORAGE, TYPE_STORAGE,
	COMPRESSION, STATISTICS, OPTIONS,
	INHERITED, IN_KEY, CATEGORY, BASE_TYPE, ROOT_TYPE, FOREIGN_OPTIONS,
};

/* "ALTER TABLE [ONLY] t ALTER COLUMN c": ONLY where heirs would follow, who have changes of their own. */
const char *pk_column_alter(struct pk_script *s, const struct pk_object *column, bool only);
/* Is it in both an heir of columns of the same table or tables, which pass on what happens to them? */
bool pk_column_stays_heir(const struct pk_object *from, const struct pk_object *to);

/*
 * A new column whose default differs from row to row: by itself it would have all rows written anew
 * under the strongest lock. Added without it, it is filled in batches. False: nothing of that is
 * needed or possible, and nothing was emitted.
 */
bool pk_column_add_filled(struct pk_script *s, const struct pk_object *column);
/*
 * An identity on a parent of heirs that are there already: it comes to the parent alone, and so after the column.
 * The parent's own rows are numbered, and it goes on from there. False: as above.
 */
bool pk_column_add_numbered(struct pk_script *s, const struct pk_object *column);
/* Does adding it the plain way write all rows anew? */
bool pk_column_add_rewrites(const struct pk_object *column);
/* A block that sets the column (quoted) of all rows of the table, `t`, for which the condition holds, in batches. */
const char *pk_column_fill_sql(struct pk_script *s, const struct pk_object *table, const char *column, const char *value,
			       const char *condition);
/* $postkit$, or longer, so that nothing in the body ends it. */
const char *pk_dollar_quote(struct pk_script *s, const char *body);
/* column_parallel.c: its type by way of a column beside it; nothing where that is no way. */
void pk_column_parallel(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, struct pk_pattern *ret);

/* In the statement that makes its table: by INHERITS, which says nothing of its own. */
bool pk_column_comes_with_parents(const struct pk_script *s, const struct pk_object *column);

/* Between these types it goes without USING, or how to cast. */
bool pk_column_needs_using(const struct pk_object *from, const struct pk_object *to);
/* True when it reads or writes all rows under its lock. */
bool pk_column_change_type(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, bool using);
/* From what stands in for it (pk_column_stand_in()) to its type. */
void pk_column_stand_out(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, enum pk_stand_in stand_in);

/* column_identity.c: " (START WITH 5 ...)": what CREATE TABLE would not choose by itself. */
void pk_column_add_identity_options(struct pk_script *s, const struct pk_object *column, struct pk_buf *out);
/* To an identity, of which there may have been none, or another. */
void pk_column_alter_identity(struct pk_script *s, const struct pk_object *from, const struct pk_object *to);
/* The sequence that it owns by its default; NULL: none. */
const struct pk_object *pk_column_own_sequence(const struct pk_object *column);

/* " NOT NULL" in its definition; nothing where it is not valid. */
void pk_column_add_not_null(const struct pk_script *s, const struct pk_object *column, struct pk_buf *out);
/* What a new column's definition cannot say of it: NOT VALID, the comment. */
void pk_column_not_null_extras(struct pk_script *s, const struct pk_object *column);
/* Of a column that was added without it, and has been filled. */
void pk_column_set_not_null(struct pk_script *s, const struct pk_object *column);
/* plainly: all rows are read under a lock in any case, so that there is nothing to win. */
void pk_column_alter_not_null(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, bool plainly);

#endif
