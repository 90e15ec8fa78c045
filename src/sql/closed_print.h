/* Inside sql/closed.c, closed_leaf.c and closed_list.c: an expression on its way to be printed. */
#ifndef PK_SQL_CLOSED_PRINT_H
#define PK_SQL_CLOSED_PRINT_H

#include "sql/closed.h"
#include "sql/tree.h"

struct pk_closed_print {
	const struct pk_closed *how;
	struct pk_err *err;
	double growth; /* by how much what stands around this place can lengthen its text */
};

/* Is it on the closed list? name: as it stands in pg_catalog. */
bool pk_closed_function(const char *name);
bool pk_closed_operator(const char *name);
bool pk_closed_type(const char *name);

/* In quotes, whatever it is. */
void pk_closed_add_ident(struct pk_buf *out, const char *name);
/* how->moment, which is there, as a value of that type. */
void pk_closed_add_moment(const struct pk_closed_print *p, const char *type, struct pk_buf *out);
/* Append what the leaf comes to; -1 with p->err set where it is not allowed. */
int pk_closed_constant(const struct pk_closed_print *p, const PgQuery__AConst *c, struct pk_buf *out);
int pk_closed_column(const struct pk_closed_print *p, const PgQuery__ColumnRef *ref, struct pk_buf *out);
int pk_closed_type_name(const struct pk_closed_print *p, const PgQuery__TypeName *t, struct pk_buf *out);
int pk_closed_value_function(const struct pk_closed_print *p, const PgQuery__SQLValueFunction *f, struct pk_buf *out);

#endif
