/* Which migrations cannot be changed any more, since they ran somewhere, and which others have already. */
#ifndef PK_DEPLOY_SETTLED_H
#define PK_DEPLOY_SETTLED_H

#include "base/map.h"
#include "chain/order.h"
#include "git/config.h"

struct pk_settlement {
	enum pk_settled *as; /* of each migration of the chain */
	char **where;	     /* "prod", "origin/main"; NULL: nowhere */
	size_t n;
};
#define PK_SETTLEMENT_INIT { 0 }
void pk_settlement_release(struct pk_settlement *settlement);

/*
 * Deployed is what the deploy records of this repository name, and what was found on a remote and adopted; published what
 * stands on the branches that others start from: those that remotes follow and the default branches of git remotes, as
 * they were fetched last; without any the local default branch, when another one is checked out. folder: "db/migrations".
 */
int pk_settlement_read(const struct pk_repo *repo, const struct pk_config *config,
		       const char *folder, const struct pk_chain *chain, struct pk_settlement *ret,
		       struct pk_err *err);
/* Asks all remotes of the settings what they have run, too. One that cannot be asked is an error. */
int pk_settlement_ask(const struct pk_config *config, const struct pk_chain *chain,
		      struct pk_settlement *settlement, struct pk_err *err);
/* Does the chain fork where not all of it has run yet, so that it can be put right? */
bool pk_settlement_forked(const struct pk_settlement *settlement, const struct pk_chain *chain);

#endif
