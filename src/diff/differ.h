/* The work of one diff: what happens to each object, the actions, their order. Inside diff/ only. */
#ifndef PK_DIFF_DIFFER_H
#define PK_DIFF_DIFFER_H

#include "catalog/acl.h"
#include "diff/changes.h"

struct pk_differ {
	struct pk_changes changes;
	struct pk_graph graph;
	struct pk_arena arena; /* scratch */
	const struct pk_map *apart; /* keys of the old side: what goes by itself though it could go with its relation */
	struct pk_map names;   /* all, of both sides */
	struct pk_map referred; /* tables of the old side to which a foreign key that stays refers, by ident */
};

/* Actions for what was decided (nodes.c), what has to come before what (order.c), statements (steps.c). */
void pk_differ_add_nodes(struct pk_differ *d);
void pk_differ_add_edges(struct pk_differ *d);
void pk_differ_order_partitions(struct pk_differ *d); /* order_partitions.c */
void pk_differ_order_origins(struct pk_differ *d); /* origins.c */
void pk_differ_order_names(struct pk_differ *d); /* order_names.c */
void pk_differ_order_row_types(struct pk_differ *d); /* row_types.c */
void pk_differ_order_literals(struct pk_differ *d); /* literals.c */
void pk_differ_order_watchers(struct pk_differ *d); /* watch.c */
void pk_differ_order_logging(struct pk_differ *d); /* logging.c */
void pk_differ_lend_rights(struct pk_differ *d); /* own_rights.c */
struct pk_script pk_differ_script(struct pk_differ *d, struct pk_arena *arena); /* empty */
void pk_differ_write_scripts(struct pk_differ *d, struct pk_plan *plan);
void pk_differ_write_steps(struct pk_differ *d, const size_t *order, struct pk_plan *plan);

/* join.c: nodes that follow each other, of whose first statements one is made. */
struct pk_join {
	size_t n_nodes; /* 0: it stays as it is */
	struct pk_stmt stmt;
};
/* Whether the node at that place of the order and those behind it make one: where that spares the rows a second reading. */
void pk_join_find(const struct pk_differ *d, const size_t *order, size_t at, struct pk_join *ret);
/* Fills in join->stmt, its text in the arena. */
void pk_join_make(const struct pk_differ *d, const size_t *order, size_t at, struct pk_arena *arena, struct pk_join *join);
/* How many statements of the i-th node are in it. */
size_t pk_join_skips(const struct pk_differ *d, const size_t *order, size_t at, size_t i);

/*
 * Adds the step, with what is known of it; the caller has filled in the statement itself (describe.c). nodes: whose
 * statement it is, or all that it was made of.
 */
void pk_differ_describe(struct pk_differ *d, const size_t *nodes, size_t n_nodes, const struct pk_stmt *stmt,
			struct pk_plan *plan, struct pk_step *step);

/* Who inherits from whom once its statements have run; in their order. */
void pk_differ_follow(const struct pk_node *node);

/* The node that makes away with an object of the old side: its own, or that of what takes it along. */
size_t pk_drop_node(const struct pk_object *from);
/* The type that is made of it and that it is about: goes with it, and lets it go along. NULL: none. */
const struct pk_object *pk_type_made_of(const struct pk_object *o);
/* The type that a typed table is of; NULL: none. */
const struct pk_object *pk_type_of_table(const struct pk_object *table);
/* A partition's share of a foreign key to what the partition is part of: goes with its whole, before anything is detached. */
bool pk_differ_refers_home(struct pk_differ *d, const struct pk_object *share);
/* The node after which an object of the new side exists as it shall be. */
size_t pk_ready_node(const struct pk_object *to);
/* Does what is added to its parent reach this table, of the new side? */
bool pk_stays_heir(const struct pk_object *table);
/* The column of a parent, or its parent's, that is added and brings this one along; NULL: none. */
const struct pk_object *pk_brought_by(const struct pk_object *o);
/*
 * An heir of the relation, of the new side, is made or joins it by that node, or something names its columns by their
 * places: once its columns are what they shall be.
 */
void pk_differ_wait_for_columns(struct pk_differ *d, const struct pk_object *relation, size_t node);
enum pk_stand_in pk_row_type_stand_in(const struct pk_object *column);
/* Does it come into being in the statement that makes its relation? */
bool pk_made_with_parent(const struct pk_object *o);

#endif
