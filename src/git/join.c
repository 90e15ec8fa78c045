#include "git/internal.h"
#include <git2/sys/commit.h>

static int commit_time(const struct pk_repo *repo, const git_oid *id, git_time_t *ret,
		       struct pk_err *err)
{
	PK_GIT2(git_commit) *commit = NULL;

	if (git_commit_lookup(&commit, repo->handle, id) < 0)
		return pk_git2_err(err, "commit '%s' cannot be read", git_oid_tostr_s(id));
	*ret = git_commit_time(commit);
	return 0;
}

int pk_repo_write_join(const struct pk_repo *repo, const struct pk_oid *tree,
		       const struct pk_oid *first, const struct pk_oid *second, const char *message,
		       struct pk_oid *ret, struct pk_err *err)
{
	PK_GIT2(git_signature) *nobody = NULL;
	git_oid id, tree_id, parents[2];
	const git_oid *pointers[] = { &parents[0], &parents[1] };
	git_time_t times[2] = { 0, 0 };

	if (pk_oid_to_git(tree, &tree_id, err) < 0 || pk_oid_to_git(first, &parents[0], err) < 0 ||
	    pk_oid_to_git(second, &parents[1], err) < 0 ||
	    commit_time(repo, &parents[0], &times[0], err) < 0 ||
	    commit_time(repo, &parents[1], &times[1], err) < 0)
		return -1;
	if (git_signature_new(&nobody, "postkit", "postkit@localhost",
			      times[0] > times[1] ? times[0] : times[1], 0) < 0 ||
	    git_commit_create_from_ids(&id, repo->handle, NULL, nobody, nobody, NULL, message,
				       &tree_id, 2, pointers) < 0)
		return pk_git2_err(err, "a commit cannot be written");
	pk_oid_from_git(&id, ret);
	return 0;
}
