#include "git/repo.h"
#include "base/fs.h"
#include "base/proc.h"
#include "git/git.h"
#include "git/internal.h"
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <strings.h>
#include <unistd.h>

/*
 * Stands before the function of mbedTLS: at its start libgit2 reads all certificates of the system, a good part of
 * a short command's time, for connections that git alone makes here.
 */
int mbedtls_x509_crt_parse_file(void *chain, const char *path);
int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
	(void)chain;
	(void)path;
	return -1;
}

static void start_git2(void)
{
	/*
	 * Extensions that change nothing in what we read: settings are read by git itself, objects
	 * are never pruned by us, and a missing one is said so.
	 */
	static const char *extensions[] = { "worktreeconfig", "preciousobjects", "partialclone",
					    "relativeworktrees" };
	git_libgit2_init();
	git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, PK_COUNT(extensions));
	pk_git2_fsync(true);
}

void pk_git2_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, start_git2);
}

void pk_git2_fsync(bool on)
{
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, on ? 1 : 0);
}

static const char *git2_said(void)
{
	const git_error *e = git_error_last();
	return e && e->message && *e->message ? e->message : "unknown error of libgit2";
}

int pk_git2_err(struct pk_err *err, const char *fmt, ...)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	pk_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	return pk_err_set(err, "%s: %s", text.ptr, git2_said());
}

bool pk_oid_is_null(const struct pk_oid *oid)
{
	return oid->hex[strspn(oid->hex, "0")] == '\0';
}

int pk_oid_to_git(const struct pk_oid *oid, git_oid *ret, struct pk_err *err)
{
	if (strlen(oid->hex) != PK_OID_HEX || git_oid_fromstr(ret, oid->hex) < 0)
		return pk_err_set(err, "'%s' is not the id of an object", oid->hex);
	return 0;
}

void pk_oid_from_git(const git_oid *oid, struct pk_oid *ret)
{
	git_oid_tostr(ret->hex, sizeof(ret->hex), oid);
}

struct pk_proc pk_repo_proc(const struct pk_repo *repo, const char *const *args, struct pk_strv *argv)
{
	static const char *const env[] = { "LC_ALL=C", "GIT_DIR", NULL };
	pk_strv_push(argv, "git");
	pk_strv_pushf(argv, "--git-dir=%s", repo->gitdir);
	pk_strv_extend(argv, args);
	return (struct pk_proc){ .argv = (const char *const *)argv->items,
				 .env = env,
				 .cwd = repo->workdir ? repo->workdir : repo->gitdir };
}

int pk_repo_git(const struct pk_repo *repo, const char *const *args, struct pk_buf *out,
		struct pk_buf *err_out, int *ret_status, struct pk_err *err)
{
	PK_AUTO(pk_strv) argv = PK_STRV_INIT;
	struct pk_proc proc = pk_repo_proc(repo, args, &argv);
	proc.out = out;
	proc.err_out = err_out;
	if (pk_proc_run(&proc, ret_status, err) < 0)
		return pk_err_hint(err, "git must be installed and in PATH");
	return 0;
}

/* What libgit2 1.5 cannot open. The names are lower case, as it reports them. */
static const struct {
	const char *key, *name, *hint;
} refused[] = {
	{ "objectformat", "objectFormat",
	  "only repositories with SHA-1 objects can be used: git init --object-format=sha1" },
	{ "refstorage", "refStorage",
	  "only the 'files' format of refs can be used: git refs migrate --ref-format=files" },
	{ "compatobjectformat", "compatObjectFormat",
	  "only repositories with SHA-1 objects can be used" },
};

static int unsupported(const char *where, const char *said, struct pk_err *err)
{
	static const char marker[] = "extensions.";
	const char *key = strstr(said, marker);
	key = key ? key + sizeof(marker) - 1 : "";
	size_t n = strcspn(key, " '\"\n");
	for (size_t i = 0; i < PK_COUNT(refused); i++) {
		if (strlen(refused[i].key) != n || strncasecmp(refused[i].key, key, n) != 0)
			continue;
		pk_err_set(
			err,
			"repository '%s' uses git's extension '%s', which git postkit cannot read",
			where, refused[i].name);
		return pk_err_hint(err, "%s", refused[i].hint);
	}
	if (n > 0) {
		pk_err_set(err,
			   "repository '%s' uses git's extension '%.*s', which git postkit cannot read",
			   where, (int)n, key);
		return pk_err_hint(err, "see it: git config --get-regexp '^extensions\\.'");
	}
	return pk_err_set(err, "repository '%s' cannot be opened: %s", where, said);
}

static int open_error(int rc, const char *start, struct pk_err *err)
{
	char cwd[PATH_MAX];
	const char *where = getenv("GIT_DIR") && !start ? getenv("GIT_DIR") : start;
	if (!where)
		where = getcwd(cwd, sizeof(cwd)) ? cwd : ".";
	const char *said = git2_said();
	if (rc == GIT_ENOTFOUND) {
		pk_err_set(err, "'%s' is not in a git repository", where);
		return pk_err_hint(err, "go to the project's folder, or make one: git init");
	}
	if (rc == GIT_EOWNER) {
		pk_err_set(err, "repository '%s' belongs to another user", where);
		return pk_err_hint(err,
				   "if you trust it: git config --global --add safe.directory '%s'",
				   where);
	}
	if (pk_starts_with(said, "unsupported extension"))
		return unsupported(where, said, err);
	return pk_err_set(err, "repository '%s' cannot be opened: %s", where, said);
}

/* libgit2 does not read safe.directory from the command line and the environment; git does. */
static bool git_trusts(const char *start)
{
	static const char *const args[] = { "rev-parse", "--git-dir", NULL };
	int status;
	return pk_git_run(start, args, NULL, NULL, &status, NULL) == 0 && status == 0;
}

/* NULL gives NULL. Caller frees. */
static char *without_slash(const char *path)
{
	size_t n = path ? strlen(path) : 0;
	while (n > 1 && path[n - 1] == '/')
		n--;
	return path ? pk_strndup(path, n) : NULL;
}

/*
 * libgit2 gives up when it sees one of two variables, so these are out of sight for a moment.
 * GIT_COMMON_DIR stays away: the caller has looked at it.
 */
static int try_open(git_repository **ret, const char *start)
{
	PK_FREE char *work_tree = pk_strdup(getenv("GIT_WORK_TREE"));
	unsetenv("GIT_COMMON_DIR");
	unsetenv("GIT_WORK_TREE");
	int rc = start ? git_repository_open_ext(ret, start, 0, getenv("GIT_CEILING_DIRECTORIES")) :
			 git_repository_open_ext(ret, ".", GIT_REPOSITORY_OPEN_FROM_ENV, NULL);
	if (work_tree)
		setenv("GIT_WORK_TREE", work_tree, 1);
	return rc;
}

/*
 * A repository of somebody else opens when git trusts it. Without any safe.directory libgit2 1.5
 * says "not found" instead of whose it is, so that is looked into as well.
 */
static int try_open_foreign(git_repository **ret, const char *start, int why)
{
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	int rc = try_open(ret, start);
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1);
	if (rc < 0)
		return why;
	if (git_trusts(start))
		return 0;
	git_repository_free(*ret);
	*ret = NULL;
	return GIT_EOWNER;
}

static int set_work_tree(git_repository *handle, const char *work_tree)
{
	char real[PATH_MAX];
	PK_FREE char *have = without_slash(git_repository_workdir(handle));
	/* Setting it to what it is leaks memory in libgit2 1.5. */
	if (!realpath(work_tree, real) || pk_streq(real, have))
		return 0;
	return git_repository_set_workdir(handle, real, 0);
}

/*
 * start NULL: as git would from here, with GIT_DIR and the object folders of the environment (in a
 * pre-receive hook what was pushed lies in a quarantine).
 */
static int open_handle(git_repository **ret, const char *start)
{
	int rc = try_open(ret, start);
	if (rc == GIT_EOWNER || rc == GIT_ENOTFOUND)
		rc = try_open_foreign(ret, start, rc);
	const char *work_tree = start ? NULL : getenv("GIT_WORK_TREE");
	return rc == 0 && work_tree ? set_work_tree(*ret, work_tree) : rc;
}

/* Programs that we start in other folders must find the same repository. */
static void make_environment_absolute(const struct pk_repo *repo)
{
	if (getenv("GIT_DIR"))
		setenv("GIT_DIR", repo->gitdir, 1);
	if (getenv("GIT_WORK_TREE") && repo->workdir)
		setenv("GIT_WORK_TREE", repo->workdir, 1);
}

int pk_repo_open(struct pk_repo *repo, const char *start, struct pk_err *err)
{
	git_refdb *refdb = NULL;
	pk_git2_init();
	PK_FREE char *common = pk_strdup(getenv("GIT_COMMON_DIR"));
	int rc = open_handle(&repo->handle, start);
	if (rc < 0) {
		git_repository_free(repo->handle);
		repo->handle = NULL;
		return open_error(rc, start, err);
	}
	repo->author = pk_alloc(sizeof(*repo->author));
	repo->gitdir = without_slash(git_repository_path(repo->handle));
	repo->commondir = without_slash(git_repository_commondir(repo->handle));
	repo->workdir = without_slash(git_repository_workdir(repo->handle)); /* NULL when bare */
	char real[PATH_MAX], have[PATH_MAX];
	if (!start && common && realpath(common, real) && realpath(repo->commondir, have) &&
	    strcmp(real, have) != 0) {
		pk_err_set(err, "GIT_COMMON_DIR is '%s', but the repository's is '%s'", common,
			   repo->commondir);
		pk_repo_release(repo);
		return pk_err_hint(err, "unset GIT_COMMON_DIR");
	}
	/* The ref store looks once, when it is made, whether to fsync. */
	if (git_repository_refdb(&refdb, repo->handle) == 0)
		git_refdb_free(refdb);
	if (!start)
		make_environment_absolute(repo);
	return 0;
}

void pk_repo_release(struct pk_repo *repo)
{
	git_repository_free(repo->handle);
	free(repo->workdir);
	free(repo->gitdir);
	free(repo->commondir);
	if (repo->author)
		free(*repo->author);
	free(repo->author);
	*repo = (struct pk_repo)PK_REPO_INIT;
}

char *pk_repo_branch(const struct pk_repo *repo)
{
	static const char heads[] = "refs/heads/";
	PK_GIT2(git_reference) *head = NULL;
	if (git_reference_lookup(&head, repo->handle, "HEAD") < 0 ||
	    git_reference_type(head) != GIT_REFERENCE_SYMBOLIC)
		return NULL;
	const char *target = git_reference_symbolic_target(head);
	return target && pk_starts_with(target, heads) ? pk_strdup(target + sizeof(heads) - 1)
						       : NULL;
}

const char *pk_repo_unfinished(const struct pk_repo *repo)
{
	switch (git_repository_state(repo->handle)) {
	case GIT_REPOSITORY_STATE_MERGE:
		return "merge";
	case GIT_REPOSITORY_STATE_CHERRYPICK:
	case GIT_REPOSITORY_STATE_CHERRYPICK_SEQUENCE:
		return "cherry-pick";
	case GIT_REPOSITORY_STATE_REVERT:
	case GIT_REPOSITORY_STATE_REVERT_SEQUENCE:
		return "revert";
	case GIT_REPOSITORY_STATE_REBASE:
	case GIT_REPOSITORY_STATE_REBASE_INTERACTIVE:
	case GIT_REPOSITORY_STATE_REBASE_MERGE:
	case GIT_REPOSITORY_STATE_APPLY_MAILBOX_OR_REBASE:
		return "rebase";
	case GIT_REPOSITORY_STATE_APPLY_MAILBOX:
		return "am";
	default:
		return NULL;
	}
}

static bool is_id(const char *rev)
{
	return strlen(rev) == PK_OID_HEX && strspn(rev, "0123456789abcdef") == PK_OID_HEX;
}

/* Is this about the branch that is checked out, and has it no commit yet? */
static bool is_unborn(const struct pk_repo *repo, const char *rev)
{
	if (git_repository_head_unborn(repo->handle) != 1)
		return false;
	PK_FREE char *branch = pk_repo_branch(repo);
	return pk_streq(rev, "HEAD") || pk_streq(rev, "@") || pk_streq(rev, branch);
}

static int rev_parse(const struct pk_repo *repo, const char *rev, git_object **ret,
		     struct pk_err *err)
{
	int rc = git_revparse_single(ret, repo->handle, rev);
	if (rc == 0)
		return 0;
	if (is_unborn(repo, rev)) {
		PK_FREE char *branch = pk_repo_branch(repo);
		pk_err_set(err, "branch '%s' has no commits yet", branch ? branch : rev);
		return pk_err_hint(
			err, "make the first one: git commit --allow-empty -m 'first commit'");
	}
	if (rc == GIT_EAMBIGUOUS)
		return pk_err_set(err, "revision '%s' is ambiguous", rev);
	if (rc == GIT_ENOTFOUND || rc == GIT_EINVALIDSPEC) {
		pk_err_set(err, "unknown revision '%s'", rev);
		if (git_repository_is_shallow(repo->handle))
			pk_err_hint(err, "this clone is shallow: git fetch --unshallow");
		return -1;
	}
	return pk_git2_err(err, "revision '%s' cannot be read", rev);
}

int pk_repo_rev(const struct pk_repo *repo, const char *rev, struct pk_oid *ret, struct pk_err *err)
{
	PK_GIT2(git_object) *object = NULL;
	if (rev_parse(repo, rev, &object, err) < 0)
		return -1;
	pk_oid_from_git(git_object_id(object), ret);
	return 0;
}

/*
 * An entry by its path. git_tree_entry_bypath() would not tell an absent path from a subtree that a
 * partial clone lacks.
 */
static int entry_at(const struct pk_repo *repo, const git_tree *root, const char *path,
		    struct pk_oid *ret, struct pk_err *err)
{
	PK_AUTO(pk_strv) parts = PK_STRV_INIT;
	PK_GIT2(git_tree) *own = NULL;
	const git_tree *tree = root;
	ret->hex[0] = '\0';
	pk_strv_split(&parts, path, '/');
	for (size_t i = 0; i < parts.n; i++) {
		const git_tree_entry *entry = git_tree_entry_byname(tree, parts.items[i]);
		struct pk_oid id;
		if (!entry)
			return 0;
		pk_oid_from_git(git_tree_entry_id(entry), &id);
		if (i + 1 == parts.n) {
			*ret = id;
			return 0;
		}
		if (git_tree_entry_type(entry) != GIT_OBJECT_TREE)
			return 0;
		git_tree *next = NULL;
		int rc = git_tree_lookup(&next, repo->handle, git_tree_entry_id(entry));
		if (rc < 0)
			return pk_repo_missing(repo, rc, &id, err);
		git_tree_free(own);
		tree = own = next;
	}
	pk_oid_from_git(git_tree_id(tree), ret);
	return 0;
}

int pk_repo_tree_at(const struct pk_repo *repo, const char *rev, const char *path,
		    struct pk_oid *ret, struct pk_err *err)
{
	PK_GIT2(git_object) *object = NULL;
	PK_GIT2(git_object) *tree = NULL;
	if (!is_id(rev) && is_unborn(repo, rev)) {
		ret->hex[0] = '\0';
		return 0;
	}
	if (rev_parse(repo, rev, &object, err) < 0)
		return -1;
	int rc = git_object_peel(&tree, object, GIT_OBJECT_TREE);
	if (rc == GIT_EPEEL || rc == GIT_EINVALIDSPEC)
		return pk_err_set(err, "'%s' has no tree", rev);
	if (rc < 0) {
		struct pk_oid id;
		pk_oid_from_git(git_object_id(object), &id);
		return pk_repo_missing(repo, rc, &id, err);
	}
	return entry_at(repo, (git_tree *)tree, path ? path : "", ret, err);
}

int pk_repo_commit_of(const struct pk_repo *repo, const char *rev, struct pk_oid *ret, struct pk_err *err)
{
	PK_GIT2(git_object) *object = NULL;
	PK_GIT2(git_object) *commit = NULL;
	if (rev_parse(repo, rev, &object, err) < 0)
		return -1;
	int rc = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);
	if (rc == GIT_EPEEL || rc == GIT_EINVALIDSPEC) {
		ret->hex[0] = '\0';
		return 0;
	}
	if (rc < 0)
		return pk_git2_err(err, "'%s' cannot be read", rev);
	pk_oid_from_git(git_object_id(commit), ret);
	return 0;
}

/* libgit2 1.5 does not know where a shallow clone ends. */
static bool is_ancestor_by_git(const struct pk_repo *repo, const git_oid *ancestor,
			       const git_oid *descendant)
{
	struct pk_oid a, d;
	int status;
	pk_oid_from_git(ancestor, &a);
	pk_oid_from_git(descendant, &d);
	const char *const args[] = { "merge-base", "--is-ancestor", a.hex, d.hex, NULL };
	return pk_repo_git(repo, args, NULL, NULL, &status, NULL) == 0 && status == 0;
}

static int commit_id(const struct pk_repo *repo, const char *rev, git_oid *ret)
{
	PK_GIT2(git_object) *object = NULL;
	PK_GIT2(git_object) *commit = NULL;
	if (rev_parse(repo, rev, &object, NULL) < 0 ||
	    git_object_peel(&commit, object, GIT_OBJECT_COMMIT) < 0)
		return -1;
	git_oid_cpy(ret, git_object_id(commit));
	return 0;
}

bool pk_repo_is_ancestor(const struct pk_repo *repo, const char *ancestor, const char *descendant)
{
	git_oid a, d;
	if (commit_id(repo, ancestor, &a) < 0 || commit_id(repo, descendant, &d) < 0)
		return false;
	if (git_oid_equal(&a, &d))
		return true;
	int rc = git_repository_is_shallow(repo->handle)
			 ? -1
			 : git_graph_descendant_of(repo->handle, &d, &a);
	return rc < 0 ? is_ancestor_by_git(repo, &a, &d) : rc == 1;
}
