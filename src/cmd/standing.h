/*
 * Where a branch stands: what `status` shows, gathered without starting a server or asking a
 * remote.
 */
#ifndef PK_CMD_STANDING_H
#define PK_CMD_STANDING_H

#include "cmd/cmd.h"
#include "session/session.h"

enum pk_clone_state { PK_CLONE_UNKNOWN, PK_CLONE_PRESENT, PK_CLONE_GONE };
enum pk_plan_state { PK_PLAN_NONE, PK_PLAN_CURRENT, PK_PLAN_STALE };

struct pk_remote_standing {
	char *name;
	bool known; /* what it ran: from its records, or asked */
	bool asked;
	bool record_due; /* of a deploy from here that was begun: only the remote itself knows what it ran */
	char *trouble;		/* why asking failed; NULL */
	struct pk_strv pending; /* file names */
	struct pk_strv half_way; /* of those: begun outside a transaction, where it was asked; "file: what was begun" */
	char *last;		/* newest version there; NULL: none */
	char *when;		/* ISO time of the last deploy; NULL: not known */
};

struct pk_standing {
	char *branch; /* NULL: detached HEAD */
	enum pk_session_found found;
	struct pk_session session;
	enum pk_clone_state clone;
	int64_t clone_size; /* -1 unknown */
	int64_t template_created; /* what clones cut now are as of; 0: not known, or none */
	enum pk_plan_state plan;
	size_t n_migrations; /* in HEAD */
	bool forked;	     /* migrations of HEAD were made beside each other, and not all of them have run */
	struct pk_remote_standing *remotes;
	size_t n_remotes, n_configured; /* those of the settings come first; of others there are records */
	bool hooks;
	bool pushed; /* what was committed is where the branch is pushed to: next comes after a merge */
	char *next;  /* command */
};
#define PK_STANDING_INIT { 0 }
void pk_standing_release(struct pk_standing *standing);
/* fetch: asks the remotes. */
int pk_standing_read(const struct pk_ctx *ctx, bool fetch, struct pk_standing *ret,
		     struct pk_err *err);

#endif
