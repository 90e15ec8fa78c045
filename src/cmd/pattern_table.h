/* The table that the steps of a pattern change, as it is before them. */
#ifndef PK_CMD_PATTERN_TABLE_H
#define PK_CMD_PATTERN_TABLE_H

#include "base/arena.h"
#include "base/map.h"
#include "cmd/cmd.h"

struct pk_pattern_column {
	const char *name, *type, *value; /* value: the default */
	bool not_null, identity, generated;
	struct pk_pattern_column *next;
};

struct pk_pattern_table {
	struct pk_arena arena; /* all that follows is of it */
	const char *schema, *name;
	const char *who;		   /* "the clone has": where the columns are from */
	struct pk_pattern_column *columns; /* the last first */
	const char *const *keys;	   /* columns of its primary key, then NULL; NULL: it has none */
	const char *key_name;		   /* of that; NULL: an index alone does not make such a one */
	bool partitioned;
	const char *last_trigger;	   /* by name, as triggers fire; NULL: it has none */
	struct pk_map types;		   /* that the files define: name -> schema */
};
#define PK_PATTERN_TABLE_INIT { 0 }

void pk_pattern_table_release(struct pk_pattern_table *table);
/*
 * text: the table as SQL writes it. output: a folder that the steps are written to; NULL: they wait in the session (see
 * pk_pattern_source()). A table that is not there is an error.
 */
int pk_pattern_table_read(const struct pk_ctx *ctx, const char *output, const char *text,
			  struct pk_pattern_table *ret, struct pk_err *err);

/* Its column of that very name; NULL: there is none. */
const struct pk_pattern_column *pk_pattern_table_find(const struct pk_pattern_table *table, const char *name);
/* The column that text, as SQL writes it, names. NULL, with the error: there is none. */
const struct pk_pattern_column *pk_pattern_table_need(struct pk_pattern_table *table, const char *text,
						      struct pk_err *err);
/* The column is of the primary key. */
bool pk_pattern_table_has_key(const struct pk_pattern_table *table, const char *column);

#endif
