/* The names that expressions of a query see, for sql/uses.c alone. */
#ifndef PK_SQL_SCOPE_H
#define PK_SQL_SCOPE_H

#include "sql/tree.h"
#include "sql/uses.h"

/* Whether something has a column of the name that is looked for. */
enum pk_has { PK_HAS_NOT, PK_HAS, PK_HAS_PERHAPS };

/* One entry of FROM, or the target of a statement. */
struct pk_scope_item {
	const char *alias; /* or the name, when there is none */
	const char *schema,
		*name;	 /* of a relation, resolved; NULL: it is none, or cannot be found */
	bool is_aliased; /* its own name is hidden */
	bool target;	 /* the table that is looked for */
	bool joined;	 /* an alias of a whole join: what it has is not told apart */
	enum pk_has has; /* the column that is looked for */
};
struct pk_cte {
	const char *name;
	enum pk_has has;
	const struct pk_cte *next;
};
struct pk_scope {
	const struct pk_scope *outer; /* NULL: none */
	struct pk_scope_item *items;
	size_t n, cap;
	const struct pk_cte *ctes; /* the nearest first */
	bool merged;		   /* USING or NATURAL joins on the column */
	bool exists;		   /* EXISTS (SELECT ...): its list is never computed */
};
struct pk_uses {
	const struct pk_uses_catalog *names;
	const struct pk_use_of *of;
	struct pk_arena *arena;
	struct pk_used *ret;
};

/* The strongest use is kept; star: only by a "*". */
void pk_uses_note(struct pk_uses *uses, enum pk_use use, bool star);
/* One more, empty; borrowed until the next. */
struct pk_scope_item *pk_scope_add(struct pk_uses *uses, struct pk_scope *scope);
/* The relation, and that it is named: also when that is all that is looked for. */
struct pk_scope_item *pk_scope_add_relation(struct pk_uses *uses, struct pk_scope *scope,
					    const PgQuery__RangeVar *relation);
void pk_scope_function(struct pk_uses *uses, const PgQuery__FuncCall *call);
void pk_scope_type(struct pk_uses *uses, const PgQuery__TypeName *type);
void pk_scope_column(struct pk_uses *uses, const struct pk_scope *scope,
		     const PgQuery__ColumnRef *ref);
/* (alias).column. False: it is something else, to be looked into. */
bool pk_scope_field(struct pk_uses *uses, const struct pk_scope *scope,
		    const PgQuery__AIndirection *field);
/* What "*" over the scope has. */
enum pk_has pk_scope_has(const struct pk_scope *scope);
/* What an alias with a list of columns has, when what it stands for has `inside`. */
enum pk_has pk_scope_renamed(const struct pk_uses *uses, size_t n, PgQuery__Node **columns,
			     enum pk_has inside);

#endif
