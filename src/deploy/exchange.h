/*
 * Deploy records and the schemas of fingerprints, shared with others through a git remote. Nothing is forced: two
 * histories become one with a commit that joins them, whose tree is the one of the deploy that was finished last.
 *
 * There they are refs/postkit/deploys/<remote> and refs/postkit/fingerprints; where the host refuses these, branches,
 * postkit/records/..., which remote.<git remote>.postkitRecords=branches remembers. What was fetched is kept
 * in refs/postkit/remotes/<git remote>/ and joined to the own refs only when each of its commits is what a record must be.
 * What git's own check refuses is nowhere here.
 */
#ifndef PK_DEPLOY_EXCHANGE_H
#define PK_DEPLOY_EXCHANGE_H

#include "git/config.h"
#include "git/repo.h"

#define PK_RECORD_BRANCHES "refs/heads/postkit/records/"

enum pk_exchanged {
	PK_EXCHANGED_SAME, /* nothing new */
	PK_EXCHANGED_NEW,  /* it was not here */
	PK_EXCHANGED_FORWARD,
	PK_EXCHANGED_JOINED,  /* both sides had something new */
	PK_EXCHANGED_REFUSED, /* it is not what it must be */
};
struct pk_exchange_item {
	char *name; /* remote of which the records are; NULL: the fingerprints */
	enum pk_exchanged what;
	char *why; /* of a refusal */
	bool refused[2]; /* where: below refs/postkit; as a branch */
};
struct pk_exchange {
	const struct pk_repo *repo; /* borrowed */
	const struct pk_config *config;
	char *git_remote;
	bool branches;			/* it takes branches only */
	struct pk_exchange_item *items; /* what was fetched, a ref each */
	size_t n, cap;
	size_t sent; /* refs that the remote has got */
	bool kept, broken; /* of what was refused: some is in refs/postkit/remotes/; some git itself did not take in */
};
#define PK_EXCHANGE_INIT { 0 }
void pk_exchange_release(struct pk_exchange *x);

/* git_remote NULL: the branch's, "origin" or the only one. Unknown: an error. repo and config are borrowed. */
int pk_exchange_open(struct pk_exchange *x, const struct pk_repo *repo,
		     const struct pk_config *config, const char *git_remote, struct pk_err *err);
/* What others have brought to the remote. What is refused is no error: items say so. */
int pk_exchange_fetch(struct pk_exchange *x, struct pk_err *err);
/* Fetches, joins, pushes; again, when others do so at the same time. */
int pk_exchange_push(struct pk_exchange *x, struct pk_err *err);
/* Was what the git remote has where these records (of NULL: the fingerprints) are pushed to refused? Nothing follows that. */
const struct pk_exchange_item *pk_exchange_in_the_way(const struct pk_exchange *x, const char *remote);

/*
 * The same as postkit.publish (of .git/config and above) wants it: a git remote's name, or "auto". *ret_where: where they
 * are now; NULL: nobody wants it. Caller frees. That those of remote, or the fingerprints, could not be sent is an error
 * here; what is refused elsewhere is none.
 */
int pk_exchange_publish(const struct pk_repo *repo, const struct pk_config *config, const char *remote,
			char **ret_where, struct pk_err *err);

/*
 * Is a commit what a deploy record of that remote must be? What others have pushed may be anything: its tree, names, ids,
 * versions and times are looked at; its texts may still hold what no terminal should see.
 */
int pk_record_check(const struct pk_repo *repo, const struct pk_oid *commit, const char *remote,
		    struct pk_err *err);
/* The later one by when its deploy was finished; NULL: neither is a record. */
const struct pk_oid *pk_record_later(const struct pk_repo *repo, const struct pk_oid *a,
				     const struct pk_oid *b);

#endif
