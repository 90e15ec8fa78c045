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
	const struct pk_repo *repo;     /* what pk_super_remember() has kept there; may be NULL */
	bool all;                       /* postkit.superuserObjects: the user wants it */
};
/* As the settings have it; the tracked file has no say. */
struct pk_super_trust pk_super_trust(const struct pk_config *config, const struct pk_repo *repo,
				     const struct pk_snapshot *like);
/*
 * Keeps what the user's own database holds and only a superuser could make, so that it is trusted from now
 * on, whatever database is at hand: refs/postkit/held, whose tree has an entry for each statement, sealed
 * with a key of the git folder. It is neither pushed nor fetched, and what came otherwise is not believed.
 */
int pk_super_remember(const struct pk_repo *repo, const struct pk_snapshot *of, struct pk_err *err);
/* The error of a statement that would have been run had it been trusted. */
bool pk_super_untrusted(const struct pk_err *err);

/* Both on the same database; neither in a transaction when something is run. */
struct pk_super {
	struct pk_conn *user;  /* the role's session */
	struct pk_conn *admin; /* a superuser's, or NULL */
	const struct pk_super_trust *trust; /* NULL: none */
	struct pk_arena arena;
	struct pk_map known; /* the statements of trust->like, once asked for */
	struct pk_map labels; /* providers of security labels, once asked for: label.h */
	bool knows;
};
void pk_super_release(struct pk_super *super);

/* What counts of a statement. */
struct pk_super_stmt {
	const struct pk_super_kind *kind; /* NULL: no superuser will run it */
	bool reads_values;
	int leakproof_at;
	const char *validator_schema, *validator; /* of a foreign-data wrapper; or NULL. Borrowed. */
	const char *extension; /* whose script may run; NULL: none, or any. Borrowed. */
	const char *owner; /* it gives something to this role, and does nothing else; or NULL. Borrowed. */
};
/* By the only action of a statement. */
struct pk_super_stmt pk_super_find(const struct pk_action *action);
/* Any other statement about an extension, where a migration holds it. */
extern const struct pk_super_stmt pk_super_extension;
/* Is it a superuser's whoever asks? Others are the role's where the role may. */
bool pk_super_always(const struct pk_super_stmt *stmt);

/* Would a role that may not get no error, but a warning? */
bool pk_super_warns(const struct pk_super_stmt *stmt);

/* Whether the role may not run it, as far as can be told without trying. Extensions are told apart elsewhere. */
int pk_super_needed(struct pk_super *super, const struct pk_action *action, bool *ret, struct pk_err *err);

/*
 * Runs a statement as superuser that failed for the role, which is what err says then, or that the role
 * need not try. It is run in a transaction of its own, without event triggers, by the protocol that takes one
 * statement and no more. Names are looked up as the user's session would now; of its settings nothing
 * else is taken. What it made is given to the role.
 *
 * Where there is no superuser for it, or it is not trusted and does more than is harmless, the error
 * stays, or says so, and nothing is done: 42501.
 */
int pk_super_run(struct pk_super *super, const struct pk_super_stmt *stmt, const char *sql, struct pk_err *err);

/*
 * A local database never connects to anything: wrappers of foreign data lose their handlers, and nobody but
 * superusers may call dblink. Pictures know handlers by what the wrapper depends on
 * (catalog/sql/foreign_data_wrapper.sql). Event triggers fire for nobody, but for those whose functions belong to
 * a superuser. Done to every copy, and whenever a superuser made something for the role.
 */
int pk_super_sever(struct pk_conn *admin, struct pk_err *err);

/*
 * Whoever deploys may be allowed to use foreign-data wrappers and servers that its stand-in is not: the role may
 * use all of them until ret_lent is taken back.
 */
int pk_super_lend(struct pk_super *super, struct pk_rows *ret_lent, struct pk_err *err);
int pk_super_take_back(struct pk_super *super, const struct pk_rows *lent, struct pk_err *err);
/* One statement of the role's, for which it may use all schemas, and make things in them. For what is only tried. */
int pk_super_run_in_schemas(struct pk_super *super, const char *sql, struct pk_err *err);

#endif
