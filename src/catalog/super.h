/*
 * Statements that only a superuser may run, run by one for a role that may not: schema files and
 * migrations are a branch's, and a branch is anybody's. One table says which kinds of statements
 * there are; whatever is not in it is the role's own business and fails where the role may not.
 */
#ifndef PK_CATALOG_SUPER_H
#define PK_CATALOG_SUPER_H

#include "catalog/snapshot.h"
#include "git/config.h"
#include "sql/action.h"

struct pk_super_kind;

/* What may be made beyond what is harmless by its nature. */
struct pk_super_trust {
	const struct pk_snapshot *like; /* a database of the user's: what it holds, word for word; NULL: nothing */
	bool all;                       /* postkit.superuserObjects: the user wants it */
};
/* As the settings have it; the tracked file has no say. */
struct pk_super_trust pk_super_trust(const struct pk_config *config, const struct pk_snapshot *like);

/* The kind of a statement by its only action; NULL: no superuser will run it. */
const struct pk_super_kind *pk_super_find(const struct pk_action *action);
/* Is it a superuser's whoever asks? Others are the role's where the role may. */
bool pk_super_always(const struct pk_super_kind *kind);

/*
 * Runs one statement as superuser, in a transaction of its own, without event triggers, by the
 * protocol that takes one statement and no more. Names are looked up as the user's session would now;
 * of its settings nothing else is taken. What it made is given to the role of the user's session. A
 * statement that is not trusted and turns out to do more than is harmless is undone: 42501.
 *
 * user: the role's session, admin: a superuser's on the same database; neither in a transaction.
 */
int pk_super_run(struct pk_conn *user, struct pk_conn *admin, const struct pk_super_kind *kind, const char *sql,
		 const struct pk_super_trust *trust, struct pk_err *err);
/*
 * "ALTER ... OWNER TO owner" alone: the owner may lack the right to create in the schema, and a superuser
 * gave it the object once. Done again as one, but only where the object is the user's, and the owner is a
 * role that the user may become and has no powers.
 */
bool pk_super_give(struct pk_conn *user, struct pk_conn *admin, const char *sql, const char *owner);

#endif
