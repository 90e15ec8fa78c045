/* What happens to each object: decided pair by pair, then carried on to what depends on it. */
#ifndef PK_DIFF_CHANGES_H
#define PK_DIFF_CHANGES_H

#include "base/map.h"
#include "catalog/circles.h"
#include "diff/graph.h"
#include "diff/plan.h"

enum pk_fate {
	PK_KEEP,
	PK_CREATE_NEW,
	PK_DROP_OLD,
	PK_CHANGE,      /* in place */
	PK_CHANGE_TYPE, /* a column's type, in place */
	PK_REMAKE,      /* drop and create */
	PK_REPLACE_TYPE, /* PK_RETYPE */
};

/* Hangs on object->mark, of both sides; a pair shares the fate. */
struct pk_info {
	struct pk_object *other;
	enum pk_fate fate;
	const char *why; /* why its own change cannot be made in place; NULL: it can, or it has none */
	const struct pk_object *because; /* an object of the old side whose fate decided this one's; NULL: its own change did */
	bool retype;   /* a column whose type is replaced */
	size_t circle; /* number of the circle of dependencies it is part of; 0: none */
	bool cut;      /* its tie (kind.h) closes that circle: it is made without, tied afterwards, and untied before it is dropped */
	bool again;    /* the server makes it anew by itself and forgets its comment and the like: these are said again */
	bool freed;    /* a column whose row type changes: meanwhile it has another type, or holds JSON (row_types.c) */
	bool gap;      /* of the old side: it is dropped, and made again, around a change of what it names or refers to */
	bool retie;    /* its tie is cut and made again, because what it ties to is made anew */
	struct pk_object *beside; /* of the other side: made under another name while this one still serves, then put in its place */
	size_t n_users, cap_users;
	struct pk_object **users; /* objects of the same side that depend on it */
	const char *old_name; /* of the old side: it only changed its name, and this is what it was; or NULL */
	bool rival;    /* of the old side: a routine that is dropped while another one of its name is made */
	bool aside;    /* of the old side: renamed to make room for the new one, and dropped when all that it holds has moved */
	bool along;    /* a partition that is set aside together with its whole table */
	struct pk_object **heirs; /* of the old side: who inherits from it after the statements that are written so far */
	size_t n_heirs, cap_heirs;
	size_t step, lock; /* the step that locks it, 1 + the place of that lock in it */
	/* Privileges withheld from its owner, to be lent (old side) or withheld again (new side) by statements of their own; or NULL. */
	const char **apart;
	size_t drop, create, alter, clean, release, attach, rename, beside_node, fill, lend, withhold; /* nodes, or PK_NO_NODE */
};
static inline struct pk_info *pk_info(const struct pk_object *o)
{
	return o->mark;
}

struct pk_changes {
	struct pk_snapshot *from, *to;
	const struct pk_diff_options *options;
	struct pk_arena *arena;
	struct pk_info *infos; /* all, from side first */
	size_t n_infos;
	const struct pk_map *anew; /* keys of the old side: what is made anew though it could change in place */
	struct pk_borrowed_text *borrowed; /* renames.c: what it set in the old side, for the time of the diff */
};

/* The index or constraint of the whole that a partition's is a share of; NULL: none. nodes.c */
const struct pk_object *pk_index_parent(struct pk_arena *arena, const struct pk_snapshot *side, const struct pk_object *o);
/* The table of that side to which a foreign key refers; NULL: none, or it is no foreign key. nodes.c */
const struct pk_object *pk_referred_table(struct pk_arena *arena, const struct pk_snapshot *side, const struct pk_object *key);
/* Routines of one name: calls may mean either while both are there. */
bool pk_rivals(struct pk_arena *arena, const struct pk_object *a, const struct pk_object *b);
/* What the end of `o` means for a user of it. True when something was decided that was not before. */
bool pk_reach(struct pk_object *user, const struct pk_object *o, enum pk_loss loss);
void pk_info_add_heir(struct pk_object *of, struct pk_object *heir);
bool pk_needs_look(const struct pk_object *from, const struct pk_object *to); /* by kind->alter */
bool pk_attrs_same(const struct pk_object *a, const struct pk_object *b);
/*
 * renames.c. Pairs what has no counterpart with what differs from it in the name alone, for kinds whose
 * names are nobody's business. The old side then speaks of it by the new name, until it is restored.
 */
void pk_renames_pair(struct pk_changes *changes);
/* Those that have to be made anew after all go under the old name and come under the new one. */
void pk_renames_settle(struct pk_changes *changes);
void pk_renames_restore(struct pk_changes *changes);
/* Sets a text of an object of the old side, until these are restored, or the object has to be made anew after all. */
void pk_borrow(struct pk_changes *changes, const struct pk_object *o, const char **slot, const char *text);
void pk_changes_find(struct pk_changes *changes);
/* Are locks on the relation worth an effort? By its size before; what the plan makes is empty. */
bool pk_changes_online(const struct pk_changes *changes, const struct pk_object *relation);
void pk_changes_release(struct pk_changes *changes);

static inline bool pk_goes(const struct pk_object *from) /* dropped, for good or to be made again */
{
	enum pk_fate fate = pk_info(from)->fate;

	return fate == PK_DROP_OLD || fate == PK_REMAKE || fate == PK_REPLACE_TYPE;
}
static inline bool pk_comes(const struct pk_object *to)
{
	enum pk_fate fate = pk_info(to)->fate;

	return fate == PK_CREATE_NEW || fate == PK_REMAKE || fate == PK_REPLACE_TYPE;
}
static inline bool pk_changes_in_place(const struct pk_object *o)
{
	enum pk_fate fate = pk_info(o)->fate;

	return fate == PK_CHANGE || fate == PK_CHANGE_TYPE;
}
/* Is the table's attachment (as a partition) the same before and after? */
bool pk_stays_attached(const struct pk_object *table);
/* move.c: a table that is made anew takes its partitions with it. True when something was decided that was not before. */
bool pk_moves_reach(struct pk_changes *changes);
void pk_moves_settle(struct pk_changes *changes); /* sets aside and along, and who leaves parents before */
static inline bool pk_moves(const struct pk_object *table) /* is it made anew, and do its rows go into the new one? */
{
	return table->kind->refill && pk_info(table)->fate == PK_REMAKE;
}
/* Of the old side: a partition of one that is made anew and keeps its rows, with which it stands aside. */
bool pk_goes_along(const struct pk_object *table);
/*
 * Of the old side: does it make room with a key that has the row type of what changes meanwhile? Such a column can be
 * nothing else: its rows are kept in a table without a key. Once all is decided.
 */
bool pk_parks(const struct pk_object *table);
/* A column of a table that makes room: does the parent's, as it lets go of its type, take it along? */
bool pk_lets_go_along(const struct pk_object *column);
/* origins.c: settles which of several parents a column comes from, on both sides. */
void pk_origins_settle(struct pk_changes *changes);
/* Who has to leave parents for the time of a change of type. True when something was decided that was not before. */
bool pk_origins_reach(struct pk_changes *changes);
/* shares.c: what a partitioned table's indexes and keys are made of. True when something was decided that was not before. */
bool pk_shares_reach(struct pk_changes *changes);
/*
 * row_types.c: frees the columns that keep a table from changing by having its row type. True when something was
 * decided that was not before.
 */
bool pk_row_types_reach(struct pk_changes *changes);
/* Of the old side: do attributes come or go in what the values of the type, or the relation's rows, are made of? */
bool pk_reshapes(const struct pk_object *type);
/* literals.c: what says literals of such values has to say them again. True when something was decided that was not before. */
bool pk_literals_reach(struct pk_changes *changes);
/* logging.c: foreign keys that are away while two tables that refer to each other change. True as above. */
bool pk_logging_reach(struct pk_changes *changes);
/* circles.c: sets circle and cut of all objects of a side. */
void pk_circles_find(struct pk_changes *changes, const struct pk_snapshot *side);
bool pk_in_circle(const struct pk_object *o, const struct pk_object *on);
/* Is it a column computed by that function, or the like? */
bool pk_computed_by(const struct pk_object *o, const struct pk_object *on);

/* The column of that side that a sequence belongs to; NULL: none. */
struct pk_object *pk_tied_column(const struct pk_changes *changes, const struct pk_snapshot *side,
				 const struct pk_object *o);

#endif
