/*
 * A repository: objects, trees and our own refs, through libgit2. What libgit2 cannot open (sha256,
 * reftable, ...) is one clear error that names the extension.
 */
#ifndef PK_GIT_REPO_H
#define PK_GIT_REPO_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

struct git_repository;

struct pk_repo {
	struct git_repository *handle;
	char *workdir;	 /* top of this worktree, no slash at the end; NULL when bare */
	char *gitdir;	 /* of this worktree */
	char *commondir; /* shared by all worktrees, absolute, no slash at the end */
	char **author;	 /* not for the caller: GIT_AUTHOR_IDENT, which git is asked for once; *author NULL: not yet */
};
#define PK_REPO_INIT { 0 }

#define PK_OID_HEX 40
struct pk_oid {
	char hex[PK_OID_HEX + 1]; /* "" : none */
};
bool pk_oid_is_null(const struct pk_oid *oid); /* "" or all zeros */

/*
 * start NULL: from the current directory, as git would (GIT_DIR, GIT_WORK_TREE and the object
 * folders of the environment are honoured; the first two are made absolute, so that git run in
 * another folder finds the same). Else the repository that start lies in, whatever the
 * environment says.
 */
int pk_repo_open(struct pk_repo *repo, const char *start, struct pk_err *err);
void pk_repo_release(struct pk_repo *repo);

/* "main", or NULL on a detached HEAD; also on a branch without commits. Caller frees. */
char *pk_repo_branch(const struct pk_repo *repo);
/* "merge", "rebase", "cherry-pick", "revert" or "am", whichever was begun here and is not finished; NULL: none. */
const char *pk_repo_unfinished(const struct pk_repo *repo);
/* Any revision to an object id; absent is an error. An unborn HEAD: -1. */
int pk_repo_rev(const struct pk_repo *repo, const char *rev, struct pk_oid *ret,
		struct pk_err *err);
/*
 * The tree of a commit-ish, or what is at a path in it, tree or blob (path NULL or "": the root).
 * Absent path, or an unborn HEAD: 0 with ret "". An unknown revision is an error.
 */
int pk_repo_tree_at(const struct pk_repo *repo, const char *rev, const char *path,
		    struct pk_oid *ret, struct pk_err *err);
/* The commit that a revision is or, as a tag, leads to; a tag of something else: 0 with ret "". */
int pk_repo_commit_of(const struct pk_repo *repo, const char *rev, struct pk_oid *ret, struct pk_err *err);
bool pk_repo_is_ancestor(const struct pk_repo *repo, const char *ancestor, const char *descendant);

/* Nobody writes SQL as large as that, and whoever pushes could make all who merge read it. */
#define PK_BLOB_MAX (64 << 20)
/* A blob's bytes. Larger than PK_BLOB_MAX is an error. */
int pk_repo_blob(const struct pk_repo *repo, const struct pk_oid *blob, struct pk_buf *ret,
		 struct pk_err *err);

/* One entry of a tree walk. */
struct pk_tree_entry {
	const char *path; /* relative to the tree walked */
	struct pk_oid oid;
	unsigned mode; /* 0100644, 0100755, 0120000 (symlink), 0160000 (submodule) */
};
/*
 * All blobs below a tree, in git's order. Stops when fn returns non-zero and returns that. Names
 * that would lead out of a folder ("..", ".git", with a slash) are an error, so paths are safe
 * to write to.
 */
int pk_repo_walk_tree(const struct pk_repo *repo, const struct pk_oid *tree,
		      int (*fn)(void *arg, const struct pk_tree_entry *entry, struct pk_err *err),
		      void *arg, struct pk_err *err);

/* The same for one level: subtrees come as entries of mode 040000. */
int pk_repo_list_tree(const struct pk_repo *repo, const struct pk_oid *tree,
		      int (*fn)(void *arg, const struct pk_tree_entry *entry, struct pk_err *err),
		      void *arg, struct pk_err *err);
bool pk_repo_has_object(const struct pk_repo *repo, const struct pk_oid *oid);

/* Writing objects. */
int pk_repo_write_blob(const struct pk_repo *repo, const char *data, size_t n, struct pk_oid *ret,
		       struct pk_err *err);
/* A tree from paths ("a/b/c.sql") to blobs or subtrees (mode 040000). Entries in any order. */
struct pk_tree_item {
	const char *path;
	struct pk_oid oid;
	unsigned mode; /* 0: 0100644 */
};
int pk_repo_write_tree(const struct pk_repo *repo, const struct pk_tree_item *items, size_t n,
		       struct pk_oid *ret, struct pk_err *err);
/* The id that the tree would have; nothing is written. repo may be NULL (outside a repository). */
int pk_repo_hash_tree(const struct pk_repo *repo, const struct pk_tree_item *items, size_t n,
		      struct pk_oid *ret, struct pk_err *err);
/*
 * A commit; parent "" for the first. Author: the user as git knows them; committer: postkit with
 * the user's address. The time is pk_time().
 */
int pk_repo_write_commit(const struct pk_repo *repo, const struct pk_oid *tree,
			 const struct pk_oid *parent, const char *message, struct pk_oid *ret,
			 struct pk_err *err);
/* Asks git who that is now, so that no time goes into it when the first one is written. */
void pk_repo_know_author(const struct pk_repo *repo);

/*
 * The commit that joins two histories: the same one whoever writes it, of whatever repository, so that those who do it at
 * the same time agree. It is nobody's, and as old as the younger of the two.
 */
int pk_repo_write_join(const struct pk_repo *repo, const struct pk_oid *tree, const struct pk_oid *first,
		       const struct pk_oid *second, const char *message, struct pk_oid *ret, struct pk_err *err);

/* Refs: each change is one compare and swap. */
/* Absent: 0 with ret "". */
int pk_ref_read(const struct pk_repo *repo, const char *ref, struct pk_oid *ret,
		struct pk_err *err);
/*
 * Sets ref from expect to value. expect "": the ref must not exist; value "": delete. Returns 0, 1
 * when the ref was not at expect (nothing changed), or -1. A lock held by another is waited for up
 * to a second. In the quarantine of a push that is being received (git-receive-pack(1)) it is an error.
 */
int pk_ref_swap(const struct pk_repo *repo, const char *ref, const struct pk_oid *expect,
		const struct pk_oid *value, const char *why, struct pk_err *err);
/* Names of refs with a prefix ("refs/postkit/sessions/"), sorted. */
int pk_ref_list(const struct pk_repo *repo, const char *prefix, struct pk_strv *ret,
		struct pk_err *err);

/* Notes in refs/notes/postkit, on any object. NULL: none; caller frees. */
char *pk_note_read(const struct pk_repo *repo, const struct pk_oid *object);
int pk_note_write(const struct pk_repo *repo, const struct pk_oid *object, const char *text,
		  struct pk_err *err);

/*
 * Commits reachable from include but from none of exclude, newest first (topological). exclude
 * takes revisions, patterns of refs ("refs/heads/v?") and the null id, which excludes nothing.
 */
struct pk_commit {
	struct pk_oid oid;
	char *summary, *author;
	int64_t time;
};
struct pk_commits {
	struct pk_commit *items;
	size_t n, cap;
};
#define PK_COMMITS_INIT { 0 }
void pk_commits_release(struct pk_commits *commits);
int pk_repo_log(const struct pk_repo *repo, const char *include,
		const char *const *exclude, /* NULL terminated or NULL */
		struct pk_commits *ret, struct pk_err *err);
/* Of commits given by id, those and their ancestors that no branch here has: ids, added to ret. */
int pk_repo_unreached(const struct pk_repo *repo, const struct pk_strv *commits, struct pk_strv *ret,
		      struct pk_err *err);

#endif
