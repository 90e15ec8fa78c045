#include "gitrepo.h"

#include "chain/order.h"
#include "chain/project.h"
#include <sys/wait.h>

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccc"
#define D "dddddddddddddddddddddddddddddddddddddddd"

static void put_migration(const struct fixture *f, const char *name, const char *from,
			  const char *to)
{
	PK_FREE char *path = pk_printf("db/migrations/%s.sql", name);
	PK_FREE char *head =
		from ? pk_printf("-- postkit: from %s to %s (pg15)\n", from, to) : pk_strdup("");
	PK_FREE char *text =
		pk_printf("%s-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n", head);
	put(f, path, text);
}

static void the_folder_and_the_commit_give_the_same_chain(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_chain) disk = PK_CHAIN_INIT;
	PK_AUTO(pk_chain) commit = PK_CHAIN_INIT;
	PK_AUTO(pk_chain) unborn = PK_CHAIN_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	put_migration(f, "20260102000000_second", B, C);
	put_migration(f, "20260101000000_first", A, B);
	put_migration(f, "20260103000000_by_hand", NULL, NULL);
	put(f, "db/migrations/README.md", "not a migration");
	put(f, "db/migrations/old/20250101000000_deeper.sql", "no migration either");
	open_repo(&repo);
	assert_int_equal(pk_chain_from_rev(&unborn, &repo, "HEAD", "db/migrations", NULL), 0);
	assert_int_equal(unborn.n, 0);
	run(f, "git add .; git commit -q -m one");
	if (pk_chain_from_dir(&disk, repo.workdir, "db/migrations", &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(pk_chain_from_rev(&commit, &repo, "HEAD", "db/migrations", NULL), 0);
	assert_int_equal(disk.n, 3);
	assert_int_equal(commit.n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(disk.items[i].version, commit.items[i].version);
		assert_string_equal(disk.items[i].checksum, commit.items[i].checksum);
	}
	assert_string_equal(disk.items[0].name, "first");
	assert_string_equal(pk_chain_end(&disk), C);
	assert_ptr_equal(pk_chain_find(&disk, "20260102000000"), &disk.items[1]);
	assert_null(pk_chain_find(&disk, "2026"));
	PK_FREE char *blob = sh(f, "git rev-parse HEAD:db/migrations/20260101000000_first.sql");
	assert_string_equal(disk.items[0].checksum, blob);
}

static void an_absent_folder_is_an_empty_chain(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	run(f, "git commit -q --allow-empty -m one");
	open_repo(&repo);
	assert_int_equal(pk_chain_from_dir(&chain, repo.workdir, "db/migrations", NULL), 0);
	assert_int_equal(pk_chain_from_rev(&chain, &repo, "HEAD", "db/migrations", NULL), 0);
	assert_int_equal(chain.n, 0);
	assert_null(pk_chain_end(&chain));
	assert_int_equal(pk_chain_from_rev(&chain, &repo, "nope", "db/migrations", &err), -1);
}

static void what_is_no_migration_is_named(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	PK_AUTO(pk_chain) linked = PK_CHAIN_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_err) link_err = PK_ERR_INIT;
	open_repo(&repo);
	put(f, "db/migrations/no_digits.sql", "-- migrate:up\nSELECT 1;\n");
	assert_int_equal(pk_chain_from_dir(&chain, repo.workdir, "db/migrations", &err), -1);
	run(f, "rm db/migrations/*; ln -s /etc/passwd db/migrations/20260101000000_x.sql; git add "
	       ".; git commit -q -m one");
	assert_int_equal(pk_chain_from_rev(&linked, &repo, "HEAD", "db/migrations", &link_err), -1);
	assert_non_null(
		strstr(link_err.msg, "'db/migrations/20260101000000_x.sql' is not a regular file"));
}

/* Chains by hand: version, from, to. */
struct step {
	const char *version, *from, *to;
};

static struct pk_chain make_chain(const struct step *steps, size_t n)
{
	struct pk_chain chain = PK_CHAIN_INIT;
	chain.items = pk_alloc(n * sizeof(*chain.items));
	chain.n = chain.cap = n;
	for (size_t i = 0; i < n; i++) {
		chain.items[i].version = pk_strdup(steps[i].version);
		chain.items[i].from = pk_strdup(steps[i].from);
		chain.items[i].to = pk_strdup(steps[i].to);
	}
	return chain;
}

static void a_chain_holds_or_says_where_not(void **state)
{
	(void)state;
	static const struct {
		struct step steps[5];
		size_t n, problems;
		struct pk_chain_problem first;
	} cases[] = {
		{ { { "1", A, B }, { "2", B, C }, { "3", C, D } }, 3, 0, { 0 } },
		{ { { "1", A, B }, { "2", B, A }, { "3", A, C } },
		  3,
		  0,
		  { 0 } }, /* there and back */
		{ { { "1", A, B }, { "2", A, C } }, 2, 1, { PK_CHAIN_FORK, 1, 0 } },
		{ { { "1", A, B }, { "2", B, C }, { "3", B, D } }, 3, 1, { PK_CHAIN_FORK, 2, 1 } },
		{ { { "1", A, B }, { "2", C, D } }, 2, 1, { PK_CHAIN_GAP, 1, 0 } },
		{ { { "1", A, B }, { "2", NULL, NULL }, { "3", C, D } },
		  3,
		  0,
		  { 0 } }, /* by hand in between */
		{ { { "1", NULL, NULL }, { "2", A, B }, { "3", C, D } },
		  3,
		  1,
		  { PK_CHAIN_GAP, 2, 1 } },
		{ { { "1", A, B }, { "1", B, C } }, 2, 1, { PK_CHAIN_DUPLICATE, 1, 0 } },
		{ { { "1", A, B }, { "1", A, C } }, 2, 2, { PK_CHAIN_DUPLICATE, 1, 0 } },
		{ { { "1", A, B }, { "2", A, C }, { "3", C, D } }, 3, 1, { PK_CHAIN_FORK, 1, 0 } },
	};
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_AUTO(pk_chain) chain = make_chain(cases[i].steps, cases[i].n);
		struct pk_chain_problem *problems;
		assert_int_equal(pk_chain_verify(&chain, &problems), cases[i].problems);
		if (cases[i].problems) {
			assert_int_equal(problems[0].fault, cases[i].first.fault);
			assert_int_equal(problems[0].index, cases[i].first.index);
			assert_int_equal(problems[0].other, cases[i].first.other);
		}
		free(problems);
	}
}

/* A snapshot of one object; its text makes it unique. */
static struct pk_oid snapshot(const struct pk_repo *repo, const char *text)
{
	struct pk_oid blob, tree;
	assert_int_equal(pk_repo_write_blob(repo, text, strlen(text), &blob, NULL), 0);
	const struct pk_tree_item item = { "public/table/users.sql", blob, 0 };
	assert_int_equal(pk_repo_write_tree(repo, &item, 1, &tree, NULL), 0);
	return tree;
}

static void fingerprints_are_kept_once_and_survive_gc(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	open_repo(&repo);
	struct pk_oid one = snapshot(&repo, "create table one;\n"),
		      two = snapshot(&repo, "create table two;\n");
	assert_false(pk_fingerprint_known(&repo, one.hex));
	assert_int_equal(pk_fingerprint_store(&repo, &one, "first", NULL), 0);
	assert_int_equal(pk_fingerprint_store(&repo, &two, "second", NULL), 0);
	assert_int_equal(pk_fingerprint_store(&repo, &one, "again", NULL), 0);
	PK_FREE char *count = sh(f, "git gc -q --prune=now; git fsck --strict; git rev-list "
				    "--count refs/postkit/fingerprints");
	assert_string_equal(count, "2");
	assert_true(pk_fingerprint_known(&repo, one.hex));
	PK_FREE char *text = pk_fingerprint_text(&repo, two.hex, "public/table/users.sql");
	assert_string_equal(text, "create table two;\n");
	assert_null(pk_fingerprint_text(&repo, two.hex, "public/table/nothing.sql"));
	assert_null(pk_fingerprint_text(&repo, two.hex, ""));
	static const char *const beginnings[] = { "", "public/", "public/table/", "public/table/us", "public/table/users.sql" };
	for (size_t i = 0; i < PK_COUNT(beginnings); i++) {
		PK_AUTO(pk_strv) paths = PK_STRV_INIT;
		pk_fingerprint_paths(&repo, two.hex, beginnings[i], &paths);
		assert_int_equal(paths.n, 1);
		assert_string_equal(paths.items[0], "public/table/users.sql");
	}
	PK_AUTO(pk_strv) none = PK_STRV_INIT;
	pk_fingerprint_paths(&repo, two.hex, "public/table/x", &none);
	pk_fingerprint_paths(&repo, two.hex, "public/index/", &none);
	pk_fingerprint_paths(&repo, two.hex, "../", &none);
	pk_fingerprint_paths(&repo, A, "", &none);
	assert_int_equal(none.n, 0);
	static const char *const bad[] = { "", "HEAD", A, "../..", "refs" };
	for (size_t i = 0; i < PK_COUNT(bad); i++)
		assert_false(pk_fingerprint_known(&repo, bad[i]));
	const struct pk_oid absent = { A };
	assert_int_equal(pk_fingerprint_store(&repo, &absent, "never", &err), -1);
}

static void fingerprints_of_others_count_when_they_are_true(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	open_repo(&repo);
	struct pk_oid one = snapshot(&repo, "create table one;\n");
	assert_int_equal(pk_fingerprint_store(&repo, &one, "first", NULL), 0);
	run(f, "git update-ref refs/postkit/remotes/origin/fingerprints refs/postkit/fingerprints;"
	       "git update-ref -d refs/postkit/fingerprints");
	assert_true(pk_fingerprint_known(&repo, one.hex));
	/* An entry that bears the name of one tree and is another. */
	PK_FREE char *lie = pk_printf(
		"c=$(printf '040000 tree %s\\t" B "\\n' | git mktree |"
		" xargs git commit-tree -m lie); git update-ref refs/postkit/fingerprints $c",
		one.hex);
	run(f, lie);
	assert_false(pk_fingerprint_known(&repo, B));
}

static void racing_writers_keep_all_fingerprints(void **state)
{
	struct fixture *f = *state;
	enum { PROCESSES = 3, EACH = 15 };
	pid_t pids[PROCESSES];
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] > 0)
			continue;
		PK_AUTO(pk_repo) repo = PK_REPO_INIT;
		if (pk_repo_open(&repo, NULL, NULL) < 0)
			_exit(1);
		for (int k = 0; k < EACH; k++) {
			PK_FREE char *text = pk_printf("%d %d", i, k);
			struct pk_oid tree = snapshot(&repo, text);
			if (pk_fingerprint_store(&repo, &tree, "race", NULL) < 0)
				_exit(2);
		}
		_exit(0);
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	PK_FREE char *count = sh(f, "git ls-tree refs/postkit/fingerprints | wc -l");
	assert_int_equal(atoi(count), PROCESSES * EACH);
}

static void project_folders_have_defaults_and_a_common_parent(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *schema, *migrations, *ret_schema, *ret_migrations, *db;
	} cases[] = {
		{ "", "", "db/schema", "db/migrations", "db" },
		{ "sql/schema/", "sql/migrations", "sql/schema", "sql/migrations", "sql" },
		{ "schema", "migrations", "schema", "migrations", "" },
		{ "./db//schema", "", "db/schema", "db/migrations", "db" },
		{ "a/sql", "a/sql/migrations", "a/sql", "a/sql/migrations", "a/sql" },
		{ "a/sql-x/s", "a/sql-y/m", "a/sql-x/s", "a/sql-y/m", "a" },
	};
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_AUTO(pk_repo) repo = PK_REPO_INIT;
		PK_AUTO(pk_config) config = PK_CONFIG_INIT;
		PK_AUTO(pk_project) project = PK_PROJECT_INIT;
		PK_FREE char *set = pk_printf("git config postkit.schemaPath '%s'; git config "
					      "postkit.migrationsPath '%s'",
					      cases[i].schema, cases[i].migrations);
		run(f, set);
		open_repo(&repo);
		assert_int_equal(pk_config_load(&config, &repo, NULL), 0);
		pk_project_load(&project, &config);
		assert_string_equal(project.schema_dir, cases[i].ret_schema);
		assert_string_equal(project.migrations_dir, cases[i].ret_migrations);
		assert_string_equal(project.db_dir, cases[i].db);
	}
}

struct made {
	const char *version, *from, *to;
	enum pk_settled as;
};

static char *ordered(const struct made *steps, size_t n, const char *now)
{
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	PK_AUTO(pk_order) order = PK_ORDER_INIT;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	enum pk_settled as[8];
	chain.items = pk_alloc(n * sizeof(*chain.items));
	for (size_t i = 0; i < n; i++) {
		struct pk_migration *m = &chain.items[chain.n++];
		m->version = pk_strdup(steps[i].version);
		m->file = pk_printf("%s_x.sql", steps[i].version);
		m->from = pk_strdup(steps[i].from);
		m->to = pk_strdup(steps[i].to);
		as[i] = steps[i].as;
	}
	pk_chain_order(&chain, as, now, &order);
	for (size_t i = 0; i < order.n; i++) {
		const struct pk_order_item *place = &order.items[i];
		assert_int_equal(place->again, i >= order.first);
		pk_buf_addf(&text, "%s%s%s%s", i ? " " : "", place->again ? "+" : "",
			    steps[place->index].version, place->version ? "=" : "");
		pk_buf_add(&text, place->version ? place->version : "");
	}
	return pk_buf_take(&text);
}

#define ORDERED(now, wanted, ...)                                                                  \
	do {                                                                                       \
		const struct made steps[] = { __VA_ARGS__ };                                       \
		PK_FREE char *got = ordered(steps, PK_COUNT(steps), now);                          \
		assert_string_equal(got, wanted);                                                  \
	} while (0)

static void a_fork_is_put_in_one_order(void **state)
{
	(void)state;
	ORDERED("09", "01 02", { "01", A, B, PK_SETTLED_NOT }, { "02", B, C, PK_SETTLED_NOT });
	/* The earlier version stays, when nobody has either. */
	ORDERED("09", "01 02 +03", { "01", A, B, PK_SETTLED_NOT }, { "02", B, C, PK_SETTLED_NOT },
		{ "03", B, D, PK_SETTLED_NOT });
	/* What others have stays, and what has run before that. */
	ORDERED("09", "01 03 +02=09", { "01", A, B, PK_SETTLED_PUBLISHED },
		{ "02", B, C, PK_SETTLED_NOT }, { "03", B, D, PK_SETTLED_PUBLISHED });
	ORDERED("09", "01 03 +02=09", { "01", A, B, PK_SETTLED_NOT },
		{ "02", B, C, PK_SETTLED_PUBLISHED }, { "03", B, D, PK_SETTLED_DEPLOYED });
	/* The clock may be behind, and what follows may keep its version. */
	ORDERED("02", "01 03 +02=04 +05", { "01", A, B, PK_SETTLED_PUBLISHED },
		{ "02", B, C, PK_SETTLED_NOT }, { "03", B, D, PK_SETTLED_PUBLISHED },
		{ "05", C, A, PK_SETTLED_NOT });
	/* What something that has run was made on comes before it, although nobody has recorded that. */
	ORDERED("09", "02 03 +01=09", { "01", A, C, PK_SETTLED_PUBLISHED },
		{ "02", A, B, PK_SETTLED_NOT }, { "03", B, D, PK_SETTLED_DEPLOYED });
	/* One without a header comes where its version says. */
	ORDERED("09", "02 +01=09 +03=10", { "01", A, B, PK_SETTLED_NOT },
		{ "02", A, D, PK_SETTLED_PUBLISHED }, { "03", NULL, NULL, PK_SETTLED_NOT });
	/* The same version twice, a link that is missing. */
	ORDERED("09", "01 +01=09", { "01", A, B, PK_SETTLED_NOT }, { "01", A, C, PK_SETTLED_NOT });
	ORDERED("09", "01 +03", { "01", A, B, PK_SETTLED_NOT }, { "03", C, D, PK_SETTLED_NOT });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_folder_and_the_commit_give_the_same_chain),
		TEST(an_absent_folder_is_an_empty_chain),
		TEST(what_is_no_migration_is_named),
		TEST(a_chain_holds_or_says_where_not),
		TEST(a_fork_is_put_in_one_order),
		TEST(fingerprints_are_kept_once_and_survive_gc),
		TEST(fingerprints_of_others_count_when_they_are_true),
		TEST(racing_writers_keep_all_fingerprints),
		TEST(project_folders_have_defaults_and_a_common_parent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
