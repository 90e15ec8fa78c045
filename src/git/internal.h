/* What the files of this folder share: libgit2 started, its errors as ours, git in a repository. */
#ifndef PK_GIT_INTERNAL_H
#define PK_GIT_INTERNAL_H

#include "base/proc.h"
#include "git/config.h"
#include "git/repo.h"
#include <git2.h>

#define PK_GIT2_CLEANUP(type)                                                                      \
	static inline void type##_cleanup(type **p)                                                \
	{                                                                                          \
		type##_free(*p);                                                                   \
	}
PK_GIT2_CLEANUP(git_blob)
PK_GIT2_CLEANUP(git_commit)
PK_GIT2_CLEANUP(git_note)
PK_GIT2_CLEANUP(git_object)
PK_GIT2_CLEANUP(git_odb)
PK_GIT2_CLEANUP(git_reference)
PK_GIT2_CLEANUP(git_reference_iterator)
PK_GIT2_CLEANUP(git_refdb)
PK_GIT2_CLEANUP(git_signature)
PK_GIT2_CLEANUP(git_tree)
PK_GIT2_CLEANUP(git_tree_entry)
/* PK_GIT2(git_tree) *tree = NULL; freed when the scope ends. */
#define PK_GIT2(type) __attribute__((cleanup(type##_cleanup))) type

/* Starts libgit2, once; from any thread. */
void pk_git2_init(void);
/* Ours, and then what libgit2 said. Returns -1. */
int pk_git2_err(struct pk_err *err, const char *fmt, ...) PK_PRINTF(2, 3);
/* Loose objects are written with fsync or without; refs always with. */
void pk_git2_fsync(bool on);

/* An object that could not be read: why, and what to do about it. Returns -1. */
int pk_repo_missing(const struct pk_repo *repo, int rc, const struct pk_oid *oid,
		    struct pk_err *err);

/* An id that is none is an error. */
int pk_oid_to_git(const struct pk_oid *oid, git_oid *ret, struct pk_err *err);
void pk_oid_from_git(const git_oid *oid, struct pk_oid *ret);

/* What pk_repo_git() runs, but for where its output goes. argv holds its words. */
struct pk_proc pk_repo_proc(const struct pk_repo *repo, const char *const *args, struct pk_strv *argv);
/*
 * A program of git in this repository and no other, its messages in English. err_out may be
 * NULL.
 */
int pk_repo_git(const struct pk_repo *repo, const char *const *args, struct pk_buf *out,
		struct pk_buf *err_out, int *ret_status, struct pk_err *err);

/* What `git config -z --list` says of the tracked file .postkit: what it may set, and what is ignored. workdir: or NULL. */
void pk_config_take_tracked(struct pk_config *config, const char *workdir, const struct pk_buf *list);

/* Who writes commits: the user as author, postkit with the user's address as committer. */
int pk_repo_signatures(const struct pk_repo *repo, git_signature **ret_author,
		       git_signature **ret_committer, struct pk_err *err);

#endif
