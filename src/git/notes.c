#include "git/internal.h"

#define NOTES_REF "refs/notes/postkit"
#define MAX_TRIES 50

char *pk_note_read(const struct pk_repo *repo, const struct pk_oid *object)
{
	PK_GIT2(git_note) *note = NULL;
	git_oid id;
	if (pk_oid_to_git(object, &id, NULL) < 0 ||
	    git_note_read(&note, repo->handle, NOTES_REF, &id) < 0)
		return NULL;
	return pk_strdup(git_note_message(note));
}

/* The commit with the note on top of tip. */
static int note_commit(const struct pk_repo *repo, const struct pk_oid *tip, const git_oid *object,
		       const char *text, struct pk_oid *ret, struct pk_err *err)
{
	PK_GIT2(git_commit) *parent = NULL;
	PK_GIT2(git_signature) *author = NULL;
	PK_GIT2(git_signature) *committer = NULL;
	git_oid id;
	if (tip->hex[0]) {
		if (pk_oid_to_git(tip, &id, err) < 0)
			return -1;
		int rc = git_commit_lookup(&parent, repo->handle, &id);
		if (rc < 0)
			return pk_repo_missing(repo, rc, tip, err);
	}
	if (pk_repo_signatures(repo, &author, &committer, err) < 0)
		return -1;
	if (git_note_commit_create(&id, NULL, repo->handle, parent, author, committer, object, text,
				   1) < 0)
		return pk_git2_err(err, "the note cannot be written");
	pk_oid_from_git(&id, ret);
	return 0;
}

int pk_note_write(const struct pk_repo *repo, const struct pk_oid *object, const char *text,
		  struct pk_err *err)
{
	git_oid id;
	if (pk_oid_to_git(object, &id, err) < 0)
		return -1;
	PK_FREE char *have = pk_note_read(repo, object);
	if (pk_streq(have, text))
		return 0;
	for (int i = 0; i < MAX_TRIES; i++) {
		struct pk_oid tip, made;
		if (pk_ref_read(repo, NOTES_REF, &tip, err) < 0 ||
		    note_commit(repo, &tip, &id, text, &made, err) < 0)
			return -1;
		int rc = pk_ref_swap(repo, NOTES_REF, &tip, &made, "postkit: note", err);
		if (rc <= 0)
			return rc;
	}
	return pk_err_set(err, "ref '" NOTES_REF "' keeps changing");
}
