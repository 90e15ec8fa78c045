/* A real repository in a folder of its own, and git's settings away from the machine's. */
#ifndef PK_UNIT_GITREPO_H
#define PK_UNIT_GITREPO_H

#include "unit.h"

#include "base/fs.h"
#include "base/proc.h"
#include "git/git.h"
#include "git/repo.h"
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
/* libgit2 1.5 does not free what it looked for extensions with. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libpcre2-8.so\n";
}
#endif

struct fixture {
	char *dir, *repo, *home;
};

/* A shell command in the repository; its output without the end of line. Caller frees. */
static inline char *sh(const struct fixture *f, const char *script)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	const char *const argv[] = { "sh", "-ec", script, NULL };
	struct pk_proc proc = { .argv = argv, .cwd = f->repo, .out = &out };
	if (pk_proc_check(&proc, &err) < 0)
		fail_msg("%s: %s %s", script, err.msg, err.detail ? err.detail : "");
	pk_buf_rtrim(&out);
	return pk_buf_take(&out);
}

static inline void run(const struct fixture *f, const char *script)
{
	free(sh(f, script));
}

static inline void put(const struct fixture *f, const char *path, const char *text)
{
	PK_FREE char *full = pk_path_join(f->repo, path);
	assert_int_equal(pk_write_file(full, text, strlen(text), 0644, NULL), 0);
}

static inline int fixture_setup(void **state)
{
	static const char *const clean[] = {
		"GIT_DIR",	  "GIT_WORK_TREE",	   "GIT_COMMON_DIR",
		"GIT_INDEX_FILE", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT",
		"XDG_CONFIG_HOME"
	};
	char dir[] = "/tmp/pk-unit-XXXXXX";
	struct fixture *f = pk_alloc(sizeof(*f));
	assert_non_null(mkdtemp(dir));
	f->dir = pk_strdup(dir);
	f->repo = pk_path_join(dir, "repo");
	f->home = pk_path_join(dir, "home");
	for (size_t i = 0; i < PK_COUNT(clean); i++)
		unsetenv(clean[i]);
	setenv("HOME", f->home, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_CEILING_DIRECTORIES", "/tmp", 1);
	assert_int_equal(pk_mkdir_p(f->repo, 0755, NULL), 0);
	PK_FREE char *config = pk_path_join(f->home, ".gitconfig");
	static const char text[] =
		"[user]\n\tname = Ann Author\n\temail = ann@example.com\n"
		"[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n";
	assert_int_equal(pk_write_file(config, text, strlen(text), 0644, NULL), 0);
	run(f, "git init -q .");
	assert_int_equal(chdir(f->repo), 0);
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	int rc = chdir("/");
	rc |= pk_remove_tree(f->dir, NULL);
	free(f->dir);
	free(f->repo);
	free(f->home);
	free(f);
	return rc;
}

static inline void open_repo(struct pk_repo *repo)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	if (pk_repo_open(repo, NULL, &err) < 0)
		fail_msg("%s", err.msg);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
