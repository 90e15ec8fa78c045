/* The refs of other repositories, by the git program: its transports, credentials and hooks. */
#ifndef PK_GIT_NETWORK_H
#define PK_GIT_NETWORK_H

#include "git/config.h"
#include "git/repo.h"

/* Of the settings: the remote that the branch is pushed to, "origin", or the only one. NULL: none. Caller frees. */
char *pk_git_remote_default(const struct pk_repo *repo, const struct pk_config *config);
/* Has the settings a git remote of that name? */
bool pk_git_remote_known(const struct pk_config *config, const char *remote);

struct pk_net_ref {
	char *name; /* "refs/heads/main", as the other side says it: fit for a ref's name, and no more than that is known */
	struct pk_oid oid;
};
struct pk_net_refs {
	struct pk_net_ref *items;
	size_t n, cap;
};
#define PK_NET_REFS_INIT { 0 }
void pk_net_refs_release(struct pk_net_refs *refs);
/* What a remote has that matches the patterns (NULL terminated). More than some thousand are an error. */
int pk_git_ls_remote(const struct pk_repo *repo, const char *remote, const char *const *patterns,
		     struct pk_net_refs *ret, struct pk_err *err);
/*
 * No tags, no FETCH_HEAD, no submodules; objects are checked as they come. refspecs: full ones, at least one.
 * *ret_refusal: what git's check of them said of one, and nothing was taken in; NULL: all is here. Caller frees.
 */
int pk_git_fetch(const struct pk_repo *repo, const char *remote, const struct pk_strv *refspecs,
		 char **ret_refusal, struct pk_err *err);

enum pk_pushed {
	PK_PUSHED,	   /* it is there */
	PK_PUSHED_BEHIND,  /* somebody else was faster: fetch, then again */
	PK_PUSHED_REFUSED, /* by the remote, or a hook of its */
};
/*
 * Pushes without force. *ret: the worst of what became of the refs, *ret_why what the remote said of one (NULL: nothing;
 * caller frees). A remote that cannot be reached, and a hook of ours that refuses, are errors.
 */
int pk_git_push(const struct pk_repo *repo, const char *remote, const struct pk_strv *refspecs,
		enum pk_pushed *ret, char **ret_why, struct pk_err *err);

#endif
