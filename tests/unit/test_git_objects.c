#include "gitrepo.h"

#include "base/clock.h"
#include <sys/wait.h>

#define EMPTY_TREE "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

static struct pk_oid write_blob(const struct pk_repo *repo, const char *text)
{
	struct pk_oid oid;
	assert_int_equal(pk_repo_write_blob(repo, text, strlen(text), &oid, NULL), 0);
	return oid;
}

/* Git itself is asked what the id of these paths is: through an index of its own. */
static char *tree_by_git(const struct fixture *f, const char *const *paths,
			 const struct pk_oid *blob)
{
	PK_AUTO(pk_buf) script = PK_BUF_INIT;
	pk_buf_add(&script,
		   "rm -f ../index; export GIT_INDEX_FILE=../index; git read-tree --empty;");
	for (size_t i = 0; paths[i]; i++)
		pk_buf_addf(&script, "git update-index --add --cacheinfo '100644,%s,%s';",
			    blob->hex, paths[i]);
	pk_buf_add(&script, "git write-tree");
	return sh(f, script.ptr);
}

static void trees_have_the_ids_that_git_gives_them(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	static const char *const paths[] = {
		"z.sql",   "a/b/c.sql", "a.sql",
		"a/b.sql", "a-b",	"a/b-c/d",
		"a0",	   "a/b/c/d/e", "public/table/\303\251t\303\251.sql",
		"Z",	   "a b/c",	NULL
	};
	struct pk_tree_item items[16];
	struct pk_oid hashed, written;
	size_t n = 0;
	open_repo(&repo);
	struct pk_oid blob = write_blob(&repo, "x\n");
	for (; paths[n]; n++)
		items[n] = (struct pk_tree_item){ paths[n], blob, 0 };
	PK_FREE char *expected = tree_by_git(f, paths, &blob);
	assert_int_equal(pk_repo_hash_tree(NULL, items, n, &hashed, NULL), 0);
	assert_string_equal(hashed.hex, expected);
	assert_int_equal(pk_repo_write_tree(&repo, items, n, &written, NULL), 0);
	assert_string_equal(written.hex, expected);
	run(f, "git fsck --strict");
	assert_int_equal(pk_repo_hash_tree(NULL, NULL, 0, &hashed, NULL), 0);
	assert_string_equal(hashed.hex, EMPTY_TREE);
}

static void subtrees_given_ready_made_sort_as_folders(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	struct pk_oid sub, flat, nested;
	open_repo(&repo);
	struct pk_oid blob = write_blob(&repo, "x\n");
	const struct pk_tree_item one[] = { { "f", blob, 0 } };
	assert_int_equal(pk_repo_write_tree(&repo, one, 1, &sub, NULL), 0);
	const struct pk_tree_item a[] = { { "a", sub, 040000 },
					  { "a.b", blob, 0 },
					  { "a-b", blob, 0100755 } };
	const struct pk_tree_item b[] = { { "a/f", blob, 0 },
					  { "a-b", blob, 0100755 },
					  { "a.b", blob, 0 } };
	assert_int_equal(pk_repo_write_tree(&repo, a, 3, &flat, NULL), 0);
	assert_int_equal(pk_repo_hash_tree(NULL, b, 3, &nested, NULL), 0);
	assert_string_equal(flat.hex, nested.hex);
	run(f, "git fsck --strict");
}

static void paths_that_would_hurt_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = { "",	 "/a",	   "a/",   "a//b",	    ".",
					   "..", "a/../b", ".git", "a/.GIT/config", "./a" };
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	struct pk_oid blob, tree;
	PK_FREE char *hex = pk_git_hash_blob("x", 1);
	memcpy(blob.hex, hex, sizeof(blob.hex));
	for (size_t i = 0; i < PK_COUNT(bad); i++) {
		const struct pk_tree_item item = { bad[i], blob, 0 };
		assert_int_equal(pk_repo_hash_tree(NULL, &item, 1, &tree, &err), -1);
	}
	const struct pk_tree_item twice[] = { { "a", blob, 0 },
					      { "b", blob, 0 },
					      { "a", blob, 0 } };
	assert_int_equal(pk_repo_hash_tree(NULL, twice, 3, &tree, &err), -1);
	assert_string_equal(err.msg, "path 'a' is there twice");
	const struct pk_tree_item both[] = { { "a", blob, 0 },
					     { "a.b", blob, 0 },
					     { "a/b", blob, 0 } };
	assert_int_equal(pk_repo_hash_tree(NULL, both, 3, &tree, &err), -1);
	const struct pk_tree_item no_id = { "a", { "" }, 0 };
	assert_int_equal(pk_repo_hash_tree(NULL, &no_id, 1, &tree, &err), -1);
}

static int note_path(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	(void)err;
	pk_strv_pushf(arg, "%06o %s", entry->mode, entry->path);
	return pk_ends_with(entry->path, "stop") ? 7 : 0;
}

static void a_walk_sees_files_links_and_modules(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_strv) seen = PK_STRV_INIT;
	PK_AUTO(pk_strv) level = PK_STRV_INIT;
	struct pk_oid tree;
	put(f, "db/a.sql", "1");
	put(f, "db/sub/b.sql", "2");
	run(f, "ln -s /etc/passwd db/link; chmod +x db/a.sql; git add .;"
	       "git update-index --add --cacheinfo 160000," EMPTY_TREE
	       ",db/module; git commit -q -m one");
	open_repo(&repo);
	assert_int_equal(pk_repo_tree_at(&repo, "HEAD", "db", &tree, NULL), 0);
	assert_int_equal(pk_repo_walk_tree(&repo, &tree, note_path, &seen, NULL), 0);
	PK_FREE char *all = pk_strv_join(&seen, ",");
	assert_string_equal(all, "100755 a.sql,120000 link,160000 module,100644 sub/b.sql");
	assert_int_equal(pk_repo_list_tree(&repo, &tree, note_path, &level, NULL), 0);
	assert_string_equal(level.items[3], "040000 sub");
}

static void a_walk_stops_when_told(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_strv) seen = PK_STRV_INIT;
	struct pk_oid tree;
	run(f, "mkdir a; touch a/stop b; git add .; git commit -q -m one");
	open_repo(&repo);
	assert_int_equal(pk_repo_tree_at(&repo, "HEAD", NULL, &tree, NULL), 0);
	assert_int_equal(pk_repo_walk_tree(&repo, &tree, note_path, &seen, NULL), 7);
	assert_int_equal(seen.n, 1);
}

static void hostile_trees_are_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = { "..", ".", ".git", ".GiT", "a/b", "../../etc/passwd" };
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	open_repo(&repo);
	for (size_t i = 0; i < PK_COUNT(names); i++) {
		PK_AUTO(pk_strv) seen = PK_STRV_INIT;
		PK_AUTO(pk_err) err = PK_ERR_INIT;
		struct pk_oid tree;
		PK_FREE char *make =
			pk_printf("b=$(echo x | git hash-object -w --stdin);"
				  "{ printf '100644 %s\\0'; printf %%s $b | sed 's/../\\\\x&/g' |"
				  " xargs -0 printf '%%b'; } | git hash-object -w --literally -t "
				  "tree --stdin",
				  names[i]);
		PK_FREE char *hex = sh(f, make);
		memcpy(tree.hex, hex, sizeof(tree.hex));
		assert_int_equal(pk_repo_walk_tree(&repo, &tree, note_path, &seen, &err), -1);
		assert_int_equal(seen.n, 0);
		assert_non_null(err.msg);
	}
}

static void what_a_partial_clone_lacks_is_an_error_with_a_way_out(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_repo) treeless = PK_REPO_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	struct pk_oid blob;
	put(f, "db/a.sql", "select 1;\n");
	run(f, "git config uploadpack.allowFilter true; git add .; git commit -q -m one;"
	       "git clone -q --filter=blob:none --no-checkout file://$PWD ../part;"
	       "git clone -q --filter=tree:0 --no-checkout file://$PWD ../treeless");
	PK_FREE char *dir = pk_path_join(f->dir, "part");
	assert_int_equal(pk_repo_open(&repo, dir, NULL), 0);
	assert_int_equal(pk_repo_tree_at(&repo, "HEAD", "db/a.sql", &blob, NULL), 0);
	assert_true(blob.hex[0]);
	assert_int_equal(pk_repo_blob(&repo, &blob, &text, &err), -1);
	assert_non_null(strstr(err.msg, "is missing from this repository"));
	assert_non_null(strstr(err.hint, "git fetch"));
	assert_int_equal(text.len, 0);
	PK_FREE char *dir2 = pk_path_join(f->dir, "treeless");
	assert_int_equal(pk_repo_open(&treeless, dir2, NULL), 0);
	assert_int_equal(pk_repo_tree_at(&treeless, "HEAD", "db/a.sql", &blob, &err), -1);
}

static void commits_name_the_user_and_us(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	struct pk_oid tree, first, second;
	const struct pk_oid none = { "" };
	open_repo(&repo);
	setenv("POSTKIT_TEST_NOW", "1700000000", 1);
	assert_int_equal(pk_repo_write_tree(&repo, NULL, 0, &tree, NULL), 0);
	assert_int_equal(pk_repo_write_commit(&repo, &tree, &none, "one\n\nbody\n\n", &first, NULL),
			 0);
	setenv("GIT_AUTHOR_NAME", "Bob", 1);
	pk_repo_release(&repo); /* git is asked once for as long as it is open */
	open_repo(&repo);
	assert_int_equal(pk_repo_write_commit(&repo, &tree, &first, "two", &second, NULL), 0);
	unsetenv("GIT_AUTHOR_NAME");
	unsetenv("POSTKIT_TEST_NOW");
	assert_int_equal(pk_ref_swap(&repo, "refs/postkit/x", &none, &second, "test", NULL), 0);
	PK_FREE char *log = sh(
		f, "git log --format='%an <%ae>,%cn <%ce>,%ct,%B' refs/postkit/x | tr '\\n' ' '");
	assert_string_equal(
		log, "Bob <ann@example.com>,postkit <ann@example.com>,1700000000,two  "
		     "Ann Author <ann@example.com>,postkit <ann@example.com>,1700000000,one  body");
	run(f, "git fsck --strict");
}

static void commits_work_without_an_identity(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	struct pk_oid tree, commit;
	const struct pk_oid none = { "" };
	run(f, "git config --global --remove-section user; git config --global user.useConfigOnly "
	       "true");
	open_repo(&repo);
	assert_int_equal(pk_repo_write_tree(&repo, NULL, 0, &tree, NULL), 0);
	assert_int_equal(pk_repo_write_commit(&repo, &tree, &none, "one", &commit, NULL), 0);
}

static struct pk_oid empty_commit(const struct pk_repo *repo, const struct pk_oid *parent,
				  const char *message)
{
	struct pk_oid tree, commit;
	assert_int_equal(pk_repo_write_tree(repo, NULL, 0, &tree, NULL), 0);
	assert_int_equal(pk_repo_write_commit(repo, &tree, parent, message, &commit, NULL), 0);
	return commit;
}

static void a_ref_changes_only_from_what_it_was(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	static const char ref[] = "refs/postkit/sessions/abc";
	const struct pk_oid none = { "" };
	struct pk_oid have;
	open_repo(&repo);
	struct pk_oid a = empty_commit(&repo, &none, "a"), b = empty_commit(&repo, &a, "b");
	assert_int_equal(pk_ref_read(&repo, ref, &have, NULL), 0);
	assert_string_equal(have.hex, "");
	assert_int_equal(pk_ref_swap(&repo, ref, &a, &b, "w", NULL), 1); /* absent, not a */
	assert_int_equal(pk_ref_swap(&repo, ref, &a, &none, "w", NULL), 1);
	assert_int_equal(pk_ref_swap(&repo, ref, &none, &none, "w", NULL), 0);
	assert_int_equal(pk_ref_swap(&repo, ref, &none, &a, "w", NULL), 0);
	assert_int_equal(pk_ref_swap(&repo, ref, &none, &b, "w", NULL), 1); /* there already */
	assert_int_equal(pk_ref_swap(&repo, ref, &none, &none, "w", NULL), 1);
	assert_int_equal(pk_ref_swap(&repo, ref, &b, &a, "w", NULL), 1);
	assert_int_equal(pk_ref_swap(&repo, ref, &a, &a, "w", NULL), 0);
	assert_int_equal(pk_ref_swap(&repo, ref, &b, &b, "w", NULL), 1);
	run(f, "git pack-refs --all");
	assert_int_equal(pk_ref_swap(&repo, ref, &none, &b, "w", NULL), 1);
	assert_int_equal(pk_ref_swap(&repo, ref, &a, &b, "w", NULL), 0);
	assert_int_equal(pk_ref_read(&repo, ref, &have, NULL), 0);
	assert_string_equal(have.hex, b.hex);
	run(f, "git pack-refs --all");
	assert_int_equal(pk_ref_swap(&repo, ref, &a, &none, "w", NULL), 1);
	assert_int_equal(pk_ref_swap(&repo, ref, &b, &none, "w", NULL), 0);
	assert_int_equal(pk_ref_read(&repo, ref, &have, NULL), 0);
	assert_string_equal(have.hex, "");
	static const char *const bad[] = {
		"HEAD", "main", "refs/postkit/a..b", "refs/postkit/x.lock", "refs/../x", ""
	};
	for (size_t i = 0; i < PK_COUNT(bad); i++)
		assert_int_equal(pk_ref_swap(&repo, bad[i], &none, &a, "w", &err), -1);
	const struct pk_oid absent = { "1234567890123456789012345678901234567890" };
	assert_int_equal(pk_ref_swap(&repo, ref, &none, &absent, "w", &err), -1);
}

static void a_stale_lock_is_waited_for_and_then_named(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	const struct pk_oid none = { "" };
	open_repo(&repo);
	struct pk_oid a = empty_commit(&repo, &none, "a");
	run(f, "mkdir -p .git/refs/postkit; touch .git/refs/postkit/x.lock");
	double start = pk_now();
	assert_int_equal(pk_ref_swap(&repo, "refs/postkit/x", &none, &a, "w", &err), -1);
	assert_true(pk_now() - start >= 0.9 && pk_now() - start < 5);
	assert_non_null(strstr(err.msg, "locked"));
	assert_non_null(strstr(err.msg, ".git/refs/postkit/x.lock"));
	run(f, "{ sleep 0.3; rm .git/refs/postkit/x.lock; } >/dev/null 2>&1 &");
	assert_int_equal(pk_ref_swap(&repo, "refs/postkit/x", &none, &a, "w", NULL), 0);
}

/* Adds so many commits to the ref, each on top of what is there. */
static int add_commits(const char *ref, int count)
{
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	if (pk_repo_open(&repo, NULL, NULL) < 0)
		return 1;
	while (count > 0) {
		struct pk_oid tree, tip, commit;
		if (pk_repo_write_tree(&repo, NULL, 0, &tree, NULL) < 0 ||
		    pk_ref_read(&repo, ref, &tip, NULL) < 0 ||
		    pk_repo_write_commit(&repo, &tree, &tip, "step", &commit, NULL) < 0)
			return 2;
		int rc = pk_ref_swap(&repo, ref, &tip, &commit, "race", NULL);
		if (rc < 0)
			return 3;
		if (rc == 0)
			count--;
	}
	return 0;
}

static void racing_processes_lose_nothing(void **state)
{
	struct fixture *f = *state;
	enum { PROCESSES = 3, EACH = 40 };
	pid_t pids[PROCESSES];
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(add_commits("refs/postkit/race", EACH));
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	PK_FREE char *count = sh(f, "git rev-list --count refs/postkit/race");
	assert_int_equal(atoi(count), PROCESSES * EACH);
}

static void refs_are_listed_by_prefix(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_strv) refs = PK_STRV_INIT;
	run(f, "git commit -q --allow-empty -m one; for r in b a/c deep/er/x; do git update-ref "
	       "refs/postkit/s/$r HEAD; done;"
	       "git update-ref refs/postkit/sx HEAD; git pack-refs --all; git update-ref "
	       "refs/postkit/s/loose HEAD");
	open_repo(&repo);
	assert_int_equal(pk_ref_list(&repo, "refs/postkit/s/", &refs, NULL), 0);
	PK_FREE char *all = pk_strv_join(&refs, " ");
	assert_string_equal(all, "refs/postkit/s/a/c refs/postkit/s/b refs/postkit/s/deep/er/x "
				 "refs/postkit/s/loose");
}

static void notes_stay_on_what_they_are_about(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	struct pk_oid tree;
	put(f, "db/a.sql", "1");
	run(f, "git add .; git commit -q -m one");
	open_repo(&repo);
	assert_int_equal(pk_repo_tree_at(&repo, "HEAD", "db", &tree, NULL), 0);
	assert_null(pk_note_read(&repo, &tree));
	assert_int_equal(pk_note_write(&repo, &tree, "verdict: good\n", NULL), 0);
	assert_int_equal(pk_note_write(&repo, &tree, "verdict: bad\n", NULL), 0);
	assert_int_equal(pk_note_write(&repo, &tree, "verdict: bad\n", NULL), 0);
	run(f, "git commit -q --amend -m other");
	assert_int_equal(pk_repo_tree_at(&repo, "HEAD", "db", &tree, NULL), 0);
	PK_FREE char *note = pk_note_read(&repo, &tree);
	assert_string_equal(note, "verdict: bad\n");
	PK_FREE char *by_git = sh(
		f, "git notes --ref=postkit show HEAD:db; git rev-list --count refs/notes/postkit");
	assert_string_equal(by_git, "verdict: bad\n2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(trees_have_the_ids_that_git_gives_them),
		TEST(subtrees_given_ready_made_sort_as_folders),
		TEST(paths_that_would_hurt_are_refused),
		TEST(a_walk_sees_files_links_and_modules),
		TEST(a_walk_stops_when_told),
		TEST(hostile_trees_are_refused),
		TEST(what_a_partial_clone_lacks_is_an_error_with_a_way_out),
		TEST(commits_name_the_user_and_us),
		TEST(commits_work_without_an_identity),
		TEST(a_ref_changes_only_from_what_it_was),
		TEST(a_stale_lock_is_waited_for_and_then_named),
		TEST(racing_processes_lose_nothing),
		TEST(refs_are_listed_by_prefix),
		TEST(notes_stay_on_what_they_are_about),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
