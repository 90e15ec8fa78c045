#include "gitrepo.h"

#include "git/config.h"
#include <sys/stat.h>

static void load(struct pk_repo *repo, struct pk_config *config)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	open_repo(repo);
	if (pk_config_load(config, repo, &err) < 0)
		fail_msg("%s", err.msg);
}

static void later_scopes_win(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	put(f, ".postkit",
	    "[postkit]\n\tpgMajor = 1\n\tsmallRows = 1\n\tmaxLock = 1\n\tonline\n");
	run(f, "git config --global postkit.pgMajor 2; git config --global postkit.smallRows 2;"
	       "git config postkit.pgMajor 3");
	setenv("GIT_CONFIG_COUNT", "1", 1);
	setenv("GIT_CONFIG_KEY_0", "postkit.fromCommand", 1);
	setenv("GIT_CONFIG_VALUE_0", "yes", 1);
	load(&repo, &config);
	unsetenv("GIT_CONFIG_COUNT");
	assert_int_equal(pk_config_int(&config, "pgMajor", 0), 3);
	assert_int_equal(pk_config_int(&config, "SMALLROWS", 0), 2);
	assert_int_equal(pk_config_int(&config, "maxLock", 0), 1);
	assert_int_equal(pk_config_int(&config, "absent", 42), 42);
	assert_true(pk_config_bool(&config, "online", false));
	assert_true(pk_config_bool_protected(&config, "fromCommand", false));
	assert_string_equal(config.items[config.n - 1].key, "postkit.fromcommand");
	assert_int_equal(config.items[config.n - 1].scope, PK_SCOPE_COMMAND);
	assert_null(pk_config_get_protected(&config, "maxLock"));
	assert_string_equal(pk_config_git(&config, "user.Name"), "Ann Author");
}

static void the_tracked_file_sets_only_what_is_harmless(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	put(f, ".postkit",
	    "[postkit]\n\tschemaPath = sql/schema\n\tautoDryRun = true\n\tserver = "
	    "postgresql://evil/db\n"
	    "\tpgBin = /tmp/evil\n\tenvFile = ../../.bashrc\n\tgrantees = a\n\tgrantees = b\n"
	    "[postkit \"remote.prod\"]\n\turl = postgresql://evil/db\n\tdeployOnMerge = "
	    "true\n\tfollow = main\n"
	    "[postkit \"rule.drop-column\"]\n\tlevel = warning\n"
	    "[mask]\n\trequired\n[mask \"public.users\"]\n\tfull-name = NULL\n"
	    "[postkit]\n\tmaskKey = 00\n\tmaskFunction = public.evil\n"
	    "[core]\n\thooksPath = /tmp/evil\n[alias]\n\tx = !evil\n[include]\n\tpath = "
	    "/etc/passwd\n");
	load(&repo, &config);
	assert_string_equal(pk_config_get(&config, "schemaPath"), "sql/schema");
	assert_string_equal(pk_config_get(&config, "rule.drop-column.level"), "warning");
	assert_null(pk_config_get(&config, "rule.Drop-Column.level"));
	PK_AUTO(pk_strv) grantees = PK_STRV_INIT;
	pk_config_all(&config, "grantees", &grantees);
	assert_int_equal(grantees.n, 2);
	static const char *const refused[] = { "autoDryRun",	  "server",
					       "pgBin",		  "envFile",
					       "remote.prod.url", "remote.prod.deployOnMerge" };
	for (size_t i = 0; i < PK_COUNT(refused); i++)
		assert_null(pk_config_get(&config, refused[i]));
	assert_null(pk_config_git(&config, "core.hooksPath"));
	assert_null(pk_config_git(&config, "alias.x"));
	assert_string_equal(pk_config_any(&config, "mask.public.users.full-name"), "NULL");
	assert_string_equal(pk_config_any(&config, "mask.required"), "true");
	assert_null(pk_config_get(&config, "maskFunction"));
	assert_null(pk_config_get(&config, "maskKey"));
	assert_int_equal(config.ignored.n, 12);
	assert_true(pk_strv_has(&config.ignored, "postkit.remote.prod.url"));
	assert_true(pk_strv_has(&config.ignored, "include.path"));
	pk_config_subsections(&config, "remote", &names);
	assert_int_equal(names.n, 0);
	assert_true(pk_strv_has(&config.ignored, "core.hookspath"));
}

static void folders_of_the_tracked_file_stay_in_the_work_tree(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *path;
		bool good;
	} cases[] = {
		{ "sql", true },	 { "a/b/c", true },	{ "a/", true },
		{ "a..b/c", true },	 { "/etc", false },	{ "..", false },
		{ "a/../../b", false },	 { "../x", false },	{ ".git", false },
		{ ".git/hooks", false }, { "a/.GIT/x", false }, { "", false },
		{ ".", false },		 { "./a", false },	{ "a//b", false },
		{ "link/x", false },	 { "link", false },	{ "*", false },
		{ ":/", false },	 { ":(top)a", false },	{ "a/?[b]", false },
	};
	run(f, "ln -s /etc link");
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_AUTO(pk_repo) repo = PK_REPO_INIT;
		PK_AUTO(pk_config) config = PK_CONFIG_INIT;
		PK_FREE char *text =
			pk_printf("[postkit]\n\tmigrationsPath = \"%s\"\n", cases[i].path);
		put(f, ".postkit", text);
		load(&repo, &config);
		if (cases[i].good)
			assert_string_equal(pk_config_get(&config, "migrationsPath"),
					    cases[i].path);
		else
			assert_null(pk_config_get(&config, "migrationsPath"));
		assert_int_equal(config.ignored.n, cases[i].good ? 0 : 1);
	}
}

static void a_tracked_file_that_is_no_file_is_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const makes[] = {
		"ln -s /dev/zero .postkit", "mkfifo .postkit",
		"printf '[postkit]\\n\\tx = 1\\n[broken\\n' >.postkit"
	};
	for (size_t i = 0; i < PK_COUNT(makes); i++) {
		PK_AUTO(pk_repo) repo = PK_REPO_INIT;
		PK_AUTO(pk_config) config = PK_CONFIG_INIT;
		PK_AUTO(pk_err) err = PK_ERR_INIT;
		run(f, makes[i]);
		open_repo(&repo);
		assert_int_equal(pk_config_load(&config, &repo, &err), -1);
		assert_non_null(strstr(err.msg, "'.postkit'"));
		if (i == 2) {
			assert_string_equal(err.file, ".postkit");
			assert_int_equal(err.line, 3);
		}
		run(f, "rm -rf .postkit");
	}
}

static void a_folder_of_postkit_is_left_alone(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	run(f, "mkdir .postkit");
	load(&repo, &config);
	assert_null(pk_config_get(&config, "schemaPath"));
	assert_int_equal(config.ignored.n, 0);
}

static void settings_among_comments_count_wherever_they_stand(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *text;
		int major;
	} cases[] = {
		{ "# a\n[postkit]\n\t# pgMajor = 7\n\n ; b\n", 0 },
		{ "# a\n[postkit]\n\n\t; b\n\tpgMajor = 7\n", 7 },
		{ "; a\n[postkit] pgMajor = 7\n", 7 },
		{ "[postkit]\n[postkit \"rule.a\"]\n[postkit]\npgMajor=7", 7 },
		{ "# a\r\n[postkit]\r\n\tpgMajor = 7\r\n", 7 },
	};
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_AUTO(pk_repo) repo = PK_REPO_INIT;
		PK_AUTO(pk_config) config = PK_CONFIG_INIT;
		put(f, ".postkit", cases[i].text);
		load(&repo, &config);
		assert_int_equal(pk_config_int(&config, "pgMajor", 0), cases[i].major);
	}
}

static void settings_are_written_and_removed(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_AUTO(pk_config) after = PK_CONFIG_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	open_repo(&repo);
	assert_int_equal(pk_config_set(&repo, "postkit.remote.eu.prod.url",
				       "postgresql://u@h/d?x=\"y\"", NULL),
			 0);
	assert_int_equal(pk_config_set(&repo, "postkit.remote.staging.url", "-v", NULL), 0);
	assert_int_equal(pk_config_set(&repo, "postkit.remote.staging.url", "--list", NULL), 0);
	assert_int_equal(pk_config_set(&repo, "branch.main.postkitSession", "abc", NULL), 0);
	assert_int_equal(pk_config_load(&config, &repo, NULL), 0);
	assert_string_equal(pk_config_get_protected(&config, "remote.eu.prod.url"),
			    "postgresql://u@h/d?x=\"y\"");
	assert_string_equal(pk_config_get(&config, "remote.staging.url"), "--list");
	assert_string_equal(pk_config_git(&config, "branch.main.postkitsession"), "abc");
	pk_config_subsections(&config, "remote", &names);
	PK_FREE char *all = pk_strv_join(&names, " ");
	assert_string_equal(all, "eu.prod staging");
	assert_int_equal(pk_config_remove_section(&repo, "postkit.remote.staging", NULL), 0);
	assert_int_equal(pk_config_remove_section(&repo, "postkit.remote.staging", NULL), 0);
	assert_int_equal(pk_config_set(&repo, "branch.main.postkitSession", NULL, NULL), 0);
	assert_int_equal(pk_config_set(&repo, "branch.main.postkitSession", NULL, NULL), 0);
	assert_int_equal(pk_config_load(&after, &repo, NULL), 0);
	assert_null(pk_config_get(&after, "remote.staging.url"));
	assert_null(pk_config_git(&after, "branch.main.postkitSession"));
	assert_int_equal(pk_config_set(&repo, "postkit.bad_name", "x", &err), -1);
	run(f, "{ touch .git/config.lock; sleep 0.3; rm .git/config.lock; } >/dev/null 2>&1 & "
	       "sleep 0.1");
	assert_int_equal(pk_config_set(&repo, "postkit.later", "x", NULL), 0);
}

static void worktrees_have_settings_of_their_own(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	run(f, "git commit -q --allow-empty -m one; git config extensions.worktreeConfig true;"
	       "git worktree add -q ../wt; git -C ../wt config --worktree postkit.maxLock 7");
	PK_FREE char *wt = pk_path_join(f->dir, "wt");
	assert_int_equal(pk_repo_open(&repo, wt, NULL), 0);
	assert_int_equal(pk_config_load(&config, &repo, NULL), 0);
	assert_int_equal(pk_config_int(&config, "maxLock", 0), 7);
}

static void outside_a_repository_only_the_user_counts(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	run(f, "git config postkit.maxLock 1; git config --global postkit.smallRows 5; git config "
	       "--global postkit.empty ''");
	put(f, ".postkit", "[postkit]\n\tpgMajor = 1\n");
	assert_int_equal(pk_config_load(&config, NULL, NULL), 0);
	assert_null(pk_config_get(&config, "maxLock"));
	assert_null(pk_config_get(&config, "pgMajor"));
	assert_int_equal(pk_config_int(&config, "smallRows", 0), 5);
	assert_false(pk_config_bool(&config, "empty", true));
}

static void numbers_and_truth_are_as_git_reads_them(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	run(f, "git config postkit.a 2k; git config postkit.b 3M; git config postkit.c "
	       "99999999999; git config postkit.d 1x;"
	       "git config postkit.e ON; git config postkit.f No; git config postkit.g 0; git "
	       "config postkit.h 2;"
	       "git config postkit.i maybe");
	load(&repo, &config);
	assert_int_equal(pk_config_int(&config, "a", -1), 2048);
	assert_int_equal(pk_config_int(&config, "b", -1), 3 * 1024 * 1024);
	assert_int_equal(pk_config_int(&config, "c", -1), -1);
	assert_int_equal(pk_config_int(&config, "d", -1), -1);
	assert_true(pk_config_bool(&config, "e", false));
	assert_false(pk_config_bool(&config, "f", true));
	assert_false(pk_config_bool(&config, "g", true));
	assert_true(pk_config_bool(&config, "h", false));
	assert_true(pk_config_bool(&config, "i", true));
	assert_false(pk_config_bool(&config, "i", false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(later_scopes_win),
		TEST(the_tracked_file_sets_only_what_is_harmless),
		TEST(folders_of_the_tracked_file_stay_in_the_work_tree),
		TEST(a_tracked_file_that_is_no_file_is_refused),
		TEST(a_folder_of_postkit_is_left_alone),
		TEST(settings_among_comments_count_wherever_they_stand),
		TEST(settings_are_written_and_removed),
		TEST(worktrees_have_settings_of_their_own),
		TEST(outside_a_repository_only_the_user_counts),
		TEST(numbers_and_truth_are_as_git_reads_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
