#include "base/clock.h"
#include "base/sig.h"
#include "git/internal.h"
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How long the lock of another process is waited for, as git does for packed-refs. */
#define LOCK_SECONDS 1.0
/* A lock is held while one file is written: one as old as this was left by a process that was killed. */
#define STALE_SECONDS 60

int pk_ref_read(const struct pk_repo *repo, const char *ref, struct pk_oid *ret, struct pk_err *err)
{
	git_oid id;
	int rc = git_reference_name_to_id(&id, repo->handle, ref);
	if (rc == GIT_ENOTFOUND) {
		ret->hex[0] = '\0';
		return 0;
	}
	if (rc < 0)
		return pk_git2_err(err, "ref '%s' cannot be read", ref);
	pk_oid_from_git(&id, ret);
	return 0;
}

/* One try. Results are libgit2's. */
static int set_ref(const struct pk_repo *repo, const char *ref, const git_oid *expect,
		   const git_oid *value, const char *why)
{
	PK_GIT2(git_reference) *made = NULL;
	return git_reference_create_matching(&made, repo->handle, ref, value, 1, expect, why);
}

static int delete_ref(const struct pk_repo *repo, const char *ref, const git_oid *expect)
{
	PK_GIT2(git_reference) *have = NULL;
	int rc = git_reference_lookup(&have, repo->handle, ref);
	if (rc < 0)
		return rc;
	const git_oid *target = git_reference_target(have);
	if (!target || !git_oid_equal(target, expect))
		return GIT_EMODIFIED;
	return git_reference_delete(have);
}

/* Nothing to wait on for a lock file: its owner removes it. */
static void pause_for(double seconds)
{
	struct timespec t = { .tv_sec = 0, .tv_nsec = (long)(seconds * 1e9) };
	nanosleep(&t, NULL);
}

static double jitter(double pause)
{
	uint16_t r;
	pk_random(&r, sizeof(r));
	return pause * (0.5 + r / 65536.0);
}

/* Another spelling of the same state: 1 when the ref is not at expect, 0 when it is. */
static int check_only(const struct pk_repo *repo, const char *ref, const struct pk_oid *expect,
		      struct pk_err *err)
{
	struct pk_oid have = { "" };
	if (pk_ref_read(repo, ref, &have, err) < 0)
		return -1;
	if (pk_oid_is_null(expect))
		return have.hex[0] ? 1 : 0;
	return strcmp(have.hex, expect->hex) == 0 ? 0 : 1;
}

/* Only of our own refs: others are locked by programs that we do not know. Returns whether it is gone. */
static bool remove_stale_lock(const struct pk_repo *repo, const char *ref)
{
	PK_FREE char *path = pk_printf("%s/%s.lock", repo->commondir, ref);
	struct stat st;

	return (pk_starts_with(ref, "refs/postkit/") || pk_streq(ref, "refs/notes/postkit")) && lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       difftime(pk_time(), st.st_mtime) >= STALE_SECONDS && unlink(path) == 0;
}

static int swap_error(const struct pk_repo *repo, const char *ref, int rc, struct pk_err *err)
{
	if (rc == GIT_ELOCKED) {
		/* The file in the message: those who say what it means for their work give a hint of their own. */
		pk_err_set(err, "ref '%s' is locked by another process: '%s/%s.lock' is there", ref, repo->commondir, ref);
		return pk_err_hint(err, "when no git is running, remove that file");
	}
	return pk_git2_err(err, "ref '%s' cannot be changed", ref);
}

/* A ref to what is thrown away when the push is refused would be broken; git's own commands refuse, too. */
static bool in_quarantine(void)
{
	return getenv("GIT_QUARANTINE_PATH") != NULL;
}

int pk_ref_swap(const struct pk_repo *repo, const char *ref, const struct pk_oid *expect,
		const struct pk_oid *value, const char *why, struct pk_err *err)
{
	git_oid from = { { 0 } }, to;
	int valid = 0;
	if (!pk_starts_with(ref, "refs/") || git_reference_name_is_valid(&valid, ref) < 0 || !valid)
		return pk_err_set(err, "'%s' cannot be the name of a ref", ref);
	bool create = pk_oid_is_null(expect), delete = pk_oid_is_null(value);
	if ((create && delete) || strcmp(expect->hex, value->hex) == 0)
		return check_only(repo, ref, expect, err);
	if ((!create && pk_oid_to_git(expect, &from, err) < 0) ||
	    (!delete &&pk_oid_to_git(value, &to, err) < 0))
		return -1;
	if (in_quarantine())
		return pk_err_set(err, "ref '%s' cannot be changed while a push is being checked", ref);
	double until = pk_now() + LOCK_SECONDS, pause = 0.002;
	for (;;) {
		int rc =
			delete ? delete_ref(repo, ref, &from) : set_ref(repo, ref, &from, &to, why);
		switch (rc) {
		case 0:
			return 0;
		case GIT_EMODIFIED:
		case GIT_EEXISTS:
		case GIT_ENOTFOUND:
			return 1;
		case GIT_ELOCKED:
			if ((pk_now() < until && !pk_interrupted()) || remove_stale_lock(repo, ref))
				break;
			return swap_error(repo, ref, rc, err);
		default:
			return swap_error(repo, ref, rc, err);
		}
		pause_for(jitter(pause));
		pause = pause < 0.05 ? pause * 2 : 0.1;
	}
}

int pk_ref_list(const struct pk_repo *repo, const char *prefix, struct pk_strv *ret,
		struct pk_err *err)
{
	PK_GIT2(git_reference_iterator) *iterator = NULL;
	const char *name;
	int rc;
	PK_FREE char *glob = pk_printf("%s*", prefix); /* keeps libgit2 from reading all others */
	if (git_reference_iterator_glob_new(&iterator, repo->handle, glob) < 0)
		return pk_git2_err(err, "the refs of the repository cannot be listed");
	while ((rc = git_reference_next_name(&name, iterator)) == 0)
		if (pk_starts_with(name, prefix))
			pk_strv_push(ret, name);
	if (rc != GIT_ITEROVER)
		return pk_git2_err(err, "the refs of the repository cannot be listed");
	pk_strv_sort(ret);
	return 0;
}
