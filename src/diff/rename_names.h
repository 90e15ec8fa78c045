/* Who is called what while renames run, one after the other. Inside diff/ only. */
#ifndef PK_DIFF_RENAME_NAMES_H
#define PK_DIFF_RENAME_NAMES_H

#include "base/map.h"
#include "diff/rename_work.h"

/*
 * What has a name: an object, or what is none and stands in the way of others all the same (a value of an enum, the
 * sequence of an identity, a partition's share of a trigger).
 */
struct pk_bearer {
	struct pk_object now;  /* as it is called by now, without what follows the name; its parent likewise */
	const struct pk_object *was; /* of what is inside: what it is in; NULL: no object */
	const char *place;     /* key of the relation or type within which it has its name; NULL: it has it in a schema */
	bool inside;           /* a value or the like of now.parent */
	bool goes_along;       /* to another schema with its table, and never by itself */
	struct pk_bearer **leaders, **followers; /* of its relation's parents and heirs: those that are renamed together */
	size_t n_leaders, cap_leaders, n_followers, cap_followers;
	struct pk_bearer **along; /* of a table: what goes along */
	size_t n_along, cap_along;
	bool all_follow;       /* its followers: none is to keep its name */
	bool due;              /* has still to get there: */
	const char *schema, *name;
	bool anew;             /* the schema is another one than what has that name before */
};
struct pk_names {
	struct pk_rename_work *work;
	struct pk_map held; /* what only one can be called at a time -> the bearer; NULL: given free */
};
#define PK_NAMES_INIT { 0 }

/* Uses the marks of the objects of work->from. */
void pk_names_init(struct pk_names *names, struct pk_rename_work *work);
void pk_names_release(struct pk_names *names);
struct pk_bearer *pk_names_of(const struct pk_object *from);
/* What is inside of an object under this name, before any of it is renamed; NULL: nothing. */
struct pk_bearer *pk_names_inside(struct pk_names *names, const struct pk_object *from, const char *name);

/*
 * What has a name that it would take if it, and what follows it or goes along, were called so; NULL: nothing has.
 * *ret_whose (may be NULL): itself, the follower or what goes along that cannot have it.
 */
struct pk_bearer *pk_names_holder(struct pk_names *names, struct pk_bearer *b, const char *schema, const char *name,
				  struct pk_bearer **ret_whose);
/* A name near to its own that is free there and in the other schema, or NULL. */
const char *pk_names_free(struct pk_names *names, struct pk_bearer *b, const char *schema);
void pk_names_forget(struct pk_names *names, struct pk_bearer *b); /* it is dropped */
void pk_names_give(struct pk_names *names, struct pk_bearer *b, const char *schema, const char *name);

/* What has the name of a schema by now; NULL: nothing that was there before. */
struct pk_bearer *pk_names_schema(struct pk_names *names, const char *name);
/* How SQL names it by now, where that names types as well. */
void pk_names_refresh(struct pk_names *names, struct pk_bearer *b);

/* The one that says what it is called: of the first parent, and its. */
struct pk_bearer *pk_names_root(struct pk_bearer *b);
/* A follower's leader that does not follow b: they cannot be renamed while both lead. NULL: there is none. */
struct pk_bearer *pk_names_other_leader(struct pk_bearer *b, struct pk_bearer **ret_follower);
/* The heir has left the parent. */
void pk_names_leave(struct pk_names *names, const struct pk_object *heir, const struct pk_object *parent);

#endif
