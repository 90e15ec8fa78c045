#include "gitrepo.h"

static void an_unborn_branch_has_a_name_and_no_commit(void **state)
{
	(void)state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	struct pk_oid oid;
	open_repo(&repo);
	PK_FREE char *branch = pk_repo_branch(&repo);
	assert_string_equal(branch, "main");
	assert_int_equal(pk_repo_rev(&repo, "HEAD", &oid, &err), -1);
	assert_string_equal(err.msg, "branch 'main' has no commits yet");
	assert_int_equal(pk_repo_tree_at(&repo, "HEAD", "db", &oid, NULL), 0);
	assert_string_equal(oid.hex, "");
}

static void paths_of_a_repository_have_no_slash_at_the_end(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	run(f, "mkdir -p a/b");
	assert_int_equal(chdir("a/b"), 0);
	open_repo(&repo);
	PK_FREE char *git = pk_path_join(f->repo, ".git");
	assert_string_equal(repo.workdir, f->repo);
	assert_string_equal(repo.gitdir, git);
	assert_string_equal(repo.commondir, git);
}

static void a_detached_head_has_no_branch(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	struct pk_oid oid;
	run(f, "git commit -q --allow-empty -m one; git checkout -q --detach");
	PK_FREE char *head = sh(f, "git rev-parse HEAD");
	open_repo(&repo);
	assert_null(pk_repo_branch(&repo));
	assert_int_equal(pk_repo_rev(&repo, "HEAD", &oid, NULL), 0);
	assert_string_equal(oid.hex, head);
}

static void a_linked_worktree_shares_the_common_dir(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	run(f, "git commit -q --allow-empty -m one; git worktree add -q ../wt -b side");
	PK_FREE char *wt = pk_path_join(f->dir, "wt");
	PK_FREE char *git = pk_path_join(f->repo, ".git");
	assert_int_equal(chdir(wt), 0);
	open_repo(&repo);
	PK_FREE char *branch = pk_repo_branch(&repo);
	assert_string_equal(branch, "side");
	assert_string_equal(repo.workdir, wt);
	assert_string_equal(repo.commondir, git);
	assert_true(pk_ends_with(repo.gitdir, "/.git/worktrees/wt"));
}

static void the_environment_of_a_hook_is_understood(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_FREE char *git = pk_path_join(f->repo, ".git");
	setenv("GIT_DIR", ".git", 1);
	setenv("GIT_COMMON_DIR", ".git", 1);
	setenv("GIT_WORK_TREE", ".", 1);
	open_repo(&repo);
	assert_string_equal(repo.workdir, f->repo);
	assert_string_equal(repo.gitdir, git);
	/* Programs that we start elsewhere still find it. */
	assert_string_equal(getenv("GIT_DIR"), git);
	assert_string_equal(getenv("GIT_WORK_TREE"), f->repo);
	unsetenv("GIT_DIR");
	unsetenv("GIT_WORK_TREE");
}

static void objects_in_quarantine_are_seen(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	struct pk_oid pushed;
	put(f, "a.sql", "select 1;\n");
	run(f, "git add .; git commit -q -m old; mkdir ../quarantine");
	PK_FREE char *quarantine = pk_path_join(f->dir, "quarantine");
	PK_FREE char *objects = pk_path_join(f->repo, ".git/objects");
	setenv("GIT_DIR", ".git", 1);
	setenv("GIT_OBJECT_DIRECTORY", quarantine, 1);
	setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects, 1);
	PK_FREE char *hex = sh(f, "echo pushed | git hash-object -w --stdin");
	open_repo(&repo);
	memcpy(pushed.hex, hex, sizeof(pushed.hex));
	assert_int_equal(pk_repo_blob(&repo, &pushed, &text, NULL), 0);
	assert_string_equal(text.ptr, "pushed\n");
	assert_int_equal(pk_repo_tree_at(&repo, "HEAD", "a.sql", &pushed, NULL), 0);
	pk_buf_clear(&text);
	assert_int_equal(pk_repo_blob(&repo, &pushed, &text, NULL), 0);
	unsetenv("GIT_DIR");
	unsetenv("GIT_OBJECT_DIRECTORY");
	unsetenv("GIT_ALTERNATE_OBJECT_DIRECTORIES");
}

static void a_repository_of_another_user_needs_gits_trust(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) refused = PK_REPO_INIT;
	PK_AUTO(pk_repo) trusted = PK_REPO_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(f->repo, 65534, 65534), 0);
	run(f, "chown -R 65534 .git");
	assert_int_equal(pk_repo_open(&refused, NULL, &err), -1);
	assert_non_null(strstr(err.msg, "belongs to another user"));
	assert_non_null(strstr(err.hint, "safe.directory"));
	/* libgit2 itself does not read this. */
	setenv("GIT_CONFIG_COUNT", "1", 1);
	setenv("GIT_CONFIG_KEY_0", "safe.directory", 1);
	setenv("GIT_CONFIG_VALUE_0", "*", 1);
	assert_int_equal(pk_repo_open(&trusted, NULL, NULL), 0);
	unsetenv("GIT_CONFIG_COUNT");
}

static void a_foreign_common_dir_is_refused(void **state)
{
	(void)state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	setenv("GIT_COMMON_DIR", "/usr", 1);
	assert_int_equal(pk_repo_open(&repo, NULL, &err), -1);
	assert_non_null(strstr(err.msg, "GIT_COMMON_DIR"));
	unsetenv("GIT_COMMON_DIR");
}

static void outside_a_repository_is_said(void **state)
{
	(void)state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	assert_int_equal(chdir("/usr"), 0);
	assert_int_equal(pk_repo_open(&repo, NULL, &err), -1);
	assert_string_equal(err.msg, "'/usr' is not in a git repository");
	assert_non_null(err.hint);
}

static void a_bare_repository_opens(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	run(f, "git init -q --bare ../bare.git");
	PK_FREE char *bare = pk_path_join(f->dir, "bare.git");
	assert_int_equal(pk_repo_open(&repo, bare, NULL), 0);
	assert_null(repo.workdir);
	assert_string_equal(repo.gitdir, bare);
}

static void formats_that_cannot_be_read_are_named(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *make, *name, *hint;
	} cases[] = {
		{ "git init -q --object-format=sha256 ../r", "'objectFormat'", "sha1" },
		{ "git init -q ../r; git -C ../r config core.repositoryformatversion 1;"
		  "git -C ../r config extensions.refStorage reftable",
		  "'refStorage'", "refs migrate" },
		{ "git init -q ../r; git -C ../r config core.repositoryformatversion 1;"
		  "git -C ../r config extensions.strange yes",
		  "'strange'", "extensions" },
	};
	PK_FREE char *dir = pk_path_join(f->dir, "r");
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_AUTO(pk_repo) repo = PK_REPO_INIT;
		PK_AUTO(pk_err) err = PK_ERR_INIT;
		run(f, cases[i].make);
		assert_int_equal(pk_repo_open(&repo, dir, &err), -1);
		assert_non_null(strstr(err.msg, cases[i].name));
		assert_non_null(strstr(err.hint, cases[i].hint));
		assert_int_equal(pk_remove_tree(dir, NULL), 0);
	}
}

static void extensions_that_do_not_matter_open(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = { "worktreeConfig", "preciousObjects",
					     "relativeWorktrees" };
	for (size_t i = 0; i < PK_COUNT(names); i++) {
		PK_AUTO(pk_repo) repo = PK_REPO_INIT;
		PK_FREE char *set = pk_printf("printf '[core]\\n\\trepositoryformatversion = 1\\n"
					      "[extensions]\\n\\t%s = true\\n' > .git/config",
					      names[i]);
		run(f, set);
		open_repo(&repo);
	}
}

static void revisions_are_resolved_or_named(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	struct pk_oid oid, tree;
	put(f, "db/schema/a.sql", "select 1;\n");
	run(f, "git add .; git commit -q -m one; git tag -a -m t v1");
	PK_FREE char *head = sh(f, "git rev-parse HEAD");
	PK_FREE char *sub = sh(f, "git rev-parse HEAD:db/schema");
	PK_FREE char *blob = sh(f, "git rev-parse HEAD:db/schema/a.sql");
	open_repo(&repo);
	assert_int_equal(pk_repo_rev(&repo, "main", &oid, NULL), 0);
	assert_string_equal(oid.hex, head);
	assert_int_equal(pk_repo_tree_at(&repo, "v1", "db/schema", &tree, NULL), 0);
	assert_string_equal(tree.hex, sub);
	assert_int_equal(pk_repo_tree_at(&repo, "HEAD", "db/schema/a.sql", &tree, NULL), 0);
	assert_string_equal(tree.hex, blob);
	assert_int_equal(pk_repo_tree_at(&repo, "HEAD", "db/schema/a.sql/x", &tree, NULL), 0);
	assert_string_equal(tree.hex, "");
	assert_int_equal(pk_repo_tree_at(&repo, "HEAD", "db/nothing/there", &tree, NULL), 0);
	assert_string_equal(tree.hex, "");
	assert_int_equal(pk_repo_tree_at(&repo, blob, NULL, &tree, &err), -1);
	assert_int_equal(pk_repo_rev(&repo, "--help", &oid, &err), -1);
	assert_string_equal(err.msg, "unknown revision '--help'");
	assert_int_equal(pk_repo_rev(&repo, "", &oid, &err), -1);
}

static void the_log_leaves_out_what_is_excluded(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_commits) log = PK_COMMITS_INIT;
	PK_AUTO(pk_commits) all = PK_COMMITS_INIT;
	PK_AUTO(pk_commits) none = PK_COMMITS_INIT;
	static const char zeros[] = "0000000000000000000000000000000000000000";
	run(f, "git commit -q --allow-empty -m one; git tag first;"
	       "git commit -q --allow-empty -m 'two: with \"quotes\"'; git commit -q --allow-empty "
	       "-m three");
	open_repo(&repo);
	assert_int_equal(pk_repo_log(&repo, "HEAD", (const char *const[]){ "first", zeros, NULL },
				     &log, NULL),
			 0);
	assert_int_equal(log.n, 2);
	assert_string_equal(log.items[0].summary, "three");
	assert_string_equal(log.items[1].summary, "two: with \"quotes\"");
	assert_string_equal(log.items[0].author, "Ann Author");
	assert_true(log.items[0].time > 1000000000);
	assert_int_equal(pk_repo_log(&repo, "HEAD", NULL, &all, NULL), 0);
	assert_int_equal(all.n, 3);
	assert_int_equal(pk_repo_log(&repo, "HEAD", (const char *const[]){ "refs/heads/*", NULL },
				     &none, NULL),
			 0);
	assert_int_equal(none.n, 0);
	assert_int_equal(
		pk_repo_log(&repo, "HEAD", (const char *const[]){ "nope", NULL }, &none, NULL), -1);
}

static void ancestors_are_known_in_a_shallow_clone_too(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_repo) shallow = PK_REPO_INIT;
	PK_AUTO(pk_commits) log = PK_COMMITS_INIT;
	run(f,
	    "for i in 1 2 3 4; do git commit -q --allow-empty -m $i; done; git branch side HEAD~2;"
	    "git clone -q --depth 2 file://$PWD ../shallow");
	open_repo(&repo);
	assert_true(pk_repo_is_ancestor(&repo, "side", "main"));
	assert_true(pk_repo_is_ancestor(&repo, "main", "main"));
	assert_false(pk_repo_is_ancestor(&repo, "main", "side"));
	assert_false(pk_repo_is_ancestor(&repo, "nope", "main"));
	PK_FREE char *dir = pk_path_join(f->dir, "shallow");
	assert_int_equal(pk_repo_open(&shallow, dir, NULL), 0);
	assert_true(pk_repo_is_ancestor(&shallow, "HEAD~1", "HEAD"));
	assert_false(pk_repo_is_ancestor(&shallow, "HEAD", "HEAD~1"));
	assert_int_equal(pk_repo_log(&shallow, "HEAD", NULL, &log, NULL), 0);
	assert_int_equal(log.n, 2);
}

static void the_git_program_tells_what_went_wrong(void **state)
{
	(void)state;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	int status;
	assert_int_equal(
		pk_git_check(".", (const char *const[]){ "rev-parse", "--verify", "nope", NULL },
			     NULL, NULL, &err),
		-1);
	assert_non_null(strstr(err.msg, "'git rev-parse' failed"));
	assert_int_equal(pk_git_run(NULL, (const char *const[]){ "hash-object", "--stdin", NULL },
				    "hello\n", &out, &status, NULL),
			 0);
	pk_buf_rtrim(&out);
	PK_FREE char *ours = pk_git_hash_blob("hello\n", 6);
	assert_string_equal(out.ptr, ours);
}

static void credentials_come_from_helpers(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_FREE char *password = NULL;
	assert_int_equal(pk_git_credential_fill("db.example.com", "shop", "ann", &password, NULL),
			 0);
	assert_null(password);
	run(f, "git config --global credential.helper \"store --file=$HOME/store\"");
	run(f, "git config --global credential.useHttpPath true");
	assert_int_equal(
		pk_git_credential_report(true, "db.example.com", "shop", "ann", "s3 cr=t", NULL),
		0);
	assert_int_equal(pk_git_credential_fill("db.example.com", "shop", "ann", &password, NULL),
			 0);
	assert_string_equal(password, "s3 cr=t");
	free(pk_take(&password));
	assert_int_equal(
		pk_git_credential_report(false, "db.example.com", "shop", "ann", "s3 cr=t", NULL),
		0);
	assert_int_equal(pk_git_credential_fill("db.example.com", "shop", "ann", &password, NULL),
			 0);
	assert_null(password);
	assert_int_equal(pk_git_credential_fill("x\nhost=evil", "shop", NULL, &password, &err), -1);
	assert_non_null(strstr(err.msg, "line break"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_unborn_branch_has_a_name_and_no_commit),
		TEST(paths_of_a_repository_have_no_slash_at_the_end),
		TEST(a_detached_head_has_no_branch),
		TEST(a_linked_worktree_shares_the_common_dir),
		TEST(the_environment_of_a_hook_is_understood),
		TEST(objects_in_quarantine_are_seen),
		TEST(a_repository_of_another_user_needs_gits_trust),
		TEST(a_foreign_common_dir_is_refused),
		TEST(outside_a_repository_is_said),
		TEST(a_bare_repository_opens),
		TEST(formats_that_cannot_be_read_are_named),
		TEST(extensions_that_do_not_matter_open),
		TEST(revisions_are_resolved_or_named),
		TEST(the_log_leaves_out_what_is_excluded),
		TEST(ancestors_are_known_in_a_shallow_clone_too),
		TEST(the_git_program_tells_what_went_wrong),
		TEST(credentials_come_from_helpers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
