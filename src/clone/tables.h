/*
 * What is copied of each table: all of it, unless somebody narrows it between the reading of the tables
 * and the copying (pk_copy_options.narrow).
 */
#ifndef PK_CLONE_TABLES_H
#define PK_CLONE_TABLES_H

#include "base/strv.h"
#include "pg/conn.h"

struct pk_copy_column {
	char *name;
	char *type; /* as format_type() has it, with its schema */
	char *expr; /* SQL over the table's columns, evaluated on the source, cast to type; NULL: the column as it is */
};
struct pk_copy_table {
	uint32_t oid; /* on the source */
	char *schema, *name;
	struct pk_copy_column *columns; /* all but generated ones */
	size_t n_columns;
	char *where; /* SQL condition over the table's columns; NULL: all rows. To be replaced as a malloc'd string. */
	bool skip;   /* no rows at all */
	bool joined; /* where looks at other tables */
	int64_t batches; /* of rows that are copied beside those of where (clone/row_places.h) */
	bool unsteady; /* where or an expr may come to something else tomorrow, of the same rows */
	/* not to be changed */
	int64_t bytes, pages; /* on the source's disk, TOAST included; pages without */
	bool heap;	      /* rows lie where ctid says */
	bool binary;	      /* its types are the same bytes on both sides */
	bool added;	      /* to rows that an extension's script made */
	char *added_where;    /* which of them the extension says are the user's; or NULL */
	char *root_schema, *root_name; /* rows have to find their partition there; or NULL */
};
struct pk_copy_tables {
	struct pk_copy_table *items; /* by oid */
	size_t n;
	struct pk_row_places *places; /* that batches are of; NULL: there are none */
};
#define PK_COPY_TABLES_INIT { 0 }
void pk_copy_tables_release(struct pk_copy_tables *tables);
/* For bsearch() by an oid in a list that is sorted by the oids which its items begin with. */
int pk_oid_compare(const void *oid, const void *item);
/* NULL: not one whose rows are copied. */
struct pk_copy_table *pk_copy_tables_find(const struct pk_copy_tables *tables, uint32_t oid);
/* Not all rows, or not as they are. */
bool pk_copy_table_narrowed(const struct pk_copy_table *table);

/* Ordinary tables, with nothing but their names. */
int pk_copy_tables_names(struct pk_conn *source, struct pk_copy_tables *ret, struct pk_err *err);
/*
 * With their names, places and sizes. rough: these as the server last counted them, which it does when it vacuums; else it
 * looks at each file.
 */
int pk_copy_tables_list(struct pk_conn *source, bool rough, struct pk_copy_tables *ret, struct pk_err *err);
/* The sizes as they are. only: of each table, whether it is looked at. */
int pk_copy_tables_sizes(struct pk_conn *source, const bool *only, struct pk_copy_tables *tables, struct pk_err *err);
/*
 * Fills in columns and binary. same_major: of both servers. extensions: names of those that have the same
 * version on both. only: of each table, whether it is looked at; NULL: all are.
 */
int pk_copy_tables_columns(struct pk_conn *source, bool same_major, const struct pk_strv *extensions, const bool *only,
			   struct pk_copy_tables *tables, struct pk_err *err);

#endif
