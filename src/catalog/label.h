/*
 * SECURITY LABEL on local servers. A server takes it only where the label's provider is loaded, which it rarely is
 * here, and a local server loads no library because a file says so. What is said of a provider that is not loaded is
 * kept in the server's catalog all the same, where pictures find it: no code of anybody's looks at it. What the
 * provider would refuse only a server that has it can say.
 */
#ifndef PK_CATALOG_LABEL_H
#define PK_CATALOG_LABEL_H

#include "base/arena.h"
#include "catalog/super.h"
#include "sql/action.h"

/* What a statement says; provider NULL: it is no such statement, names no provider, or is of no kind that takes labels. */
struct pk_label_stmt {
	const char *provider;
	const char *object; /* SQL: "TABLE public.t" */
	const char *text;   /* NULL: IS NULL */
	bool superusers;    /* on what superusers may have to own: then one keeps it where COMMENT is theirs */
};
/* By the only action of a statement, and its text. In the arena. */
struct pk_label_stmt pk_label_read(struct pk_arena *arena, const struct pk_action *action, const char *sql);

/*
 * Is the label to be kept, as its provider is not loaded? Makes sure that the role can keep it then. Not in a
 * transaction. False where there is no superuser to do so.
 */
int pk_label_kept(struct pk_super *super, const struct pk_label_stmt *label, bool *ret, struct pk_err *err);
/*
 * Keeps it as the server would: for the owner of the object alone, names being looked up as that session does, in the
 * transaction that is open or in one of its own.
 */
int pk_label_keep(struct pk_conn *conn, const struct pk_label_stmt *label, struct pk_err *err);
/* The same as superuser, without event triggers; not in a transaction. */
int pk_label_keep_for(struct pk_conn *admin, const struct pk_label_stmt *label, struct pk_err *err);
/* As the role, and where it may not since such things are superusers', as superuser. */
int pk_label_keep_as(struct pk_super *super, const struct pk_label_stmt *label, struct pk_err *err);

#endif
