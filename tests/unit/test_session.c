/* A session's record in git, its pointers, hand-written migrations and the env file. */
#include "gitrepo.h"

#include "session/env_file.h"
#include "session/manual.h"
#include "session/planning.h"
#include "session/session.h"

static void make(struct pk_session *s, const char *branch)
{
	*s = (struct pk_session){
		.id = pk_strdup("0123456789ab"),
		.branch = pk_strdup(branch),
		.remote = pk_strdup("prod"),
		.role = pk_strdup("odd \"role\""),
		.owner = pk_strdup("owner"),
		.db = pk_strdup("pk_clone_0123456789ab"),
		.major = 15,
		.started = 1700000000,
	};
}

static void save(const struct pk_repo *repo, struct pk_session *s, const char *step)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	if (pk_session_save(repo, s, step, &err) < 0)
		fail_msg("%s", err.msg);
}

static void what_is_saved_is_loaded(void **state)
{
	(void)state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_session) s = PK_SESSION_INIT;
	PK_AUTO(pk_session) back = PK_SESSION_INIT;
	static const char hex[] = "0123456789012345678901234567890123456789";
	open_repo(&repo);
	make(&s, "topic/über");
	struct pk_part *part = pk_session_add_part(&s);
	part->up = pk_strdup("SELECT 'ü';\n");
	part->down = pk_strdup("");
	part->applied = true;
	part->up_transaction = false;
	memcpy(part->to.hex, hex, sizeof(hex));
	part = pk_session_add_part(&s);
	part->name = pk_strdup("by_hand");
	part->up = pk_strdup("b");
	part->down = pk_strdup("c");
	part->trace = pk_strdup("[]");
	part->first = true;
	pk_session_add_manual(&s, "003_x.sql", "-- migrate:up\nSELECT 1;\n")->first = true;
	pk_session_add_manual(&s, "004_y.sql", "-- migrate:up\nSELECT 2;\n");
	s.next_part = 4;
	s.plan_sql = pk_strdup("plan");
	s.state = PK_SESSION_APPLYING;
	s.agree = true;
	pk_strv_push(&s.committing, "db/migrations/1_x.sql");
	save(&repo, &s, "plan");
	assert_int_equal(pk_session_load(&repo, s.id, &back, NULL), 0);
	assert_string_equal(back.branch, "topic/über");
	assert_string_equal(back.role, "odd \"role\"");
	assert_int_equal(back.state, PK_SESSION_APPLYING);
	assert_true(back.agree);
	assert_int_equal(back.started, 1700000000);
	assert_int_equal(back.n_parts, 2);
	assert_int_equal(back.next_part, 4);
	assert_int_equal(back.parts[0].id, 1);
	assert_true(back.parts[0].applied);
	assert_false(back.parts[0].up_transaction);
	assert_string_equal(back.parts[0].up, "SELECT 'ü';\n");
	assert_string_equal(back.parts[1].name, "by_hand");
	assert_string_equal(back.parts[1].trace, "[]");
	assert_false(back.parts[0].first);
	assert_true(back.parts[1].first);
	assert_string_equal(pk_session_reached(&back)->hex, hex);
	assert_int_equal(back.n_manual, 2);
	assert_true(back.manual[0].first);
	assert_false(back.manual[1].first);
	assert_string_equal(back.plan_sql, "plan");
	assert_null(back.down_sql);
	assert_string_equal(back.committing.items[0], "db/migrations/1_x.sql");
	assert_string_equal(back.commit.hex, s.commit.hex);
}

static void each_step_is_a_commit(void **state)
{
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_session) s = PK_SESSION_INIT;
	open_repo(&repo);
	make(&s, "main");
	save(&repo, &s, "start");
	save(&repo, &s, "plan");
	PK_FREE char *log = sh(*state, "git log --format=%s refs/postkit/sessions/0123456789ab");
	assert_string_equal(log, "plan\nstart");
}

static void a_lost_race_changes_nothing(void **state)
{
	(void)state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_session) s = PK_SESSION_INIT;
	PK_AUTO(pk_session) other = PK_SESSION_INIT;
	PK_AUTO(pk_session) now = PK_SESSION_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	open_repo(&repo);
	make(&s, "main");
	save(&repo, &s, "start");
	assert_int_equal(pk_session_load(&repo, s.id, &other, NULL), 0);
	s.state = PK_SESSION_PLANNED;
	save(&repo, &s, "plan");
	other.state = PK_SESSION_COMMITTED;
	assert_int_equal(pk_session_save(&repo, &other, "commit", &err), -1);
	assert_non_null(strstr(err.msg, "another command"));
	assert_int_equal(pk_session_load(&repo, s.id, &now, NULL), 0);
	assert_int_equal(now.state, PK_SESSION_PLANNED);
}

static enum pk_session_found look(struct pk_session *ret)
{
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	enum pk_session_found found = PK_FOUND_NONE;
	open_repo(&repo);
	assert_int_equal(pk_config_load(&config, &repo, NULL), 0);
	if (pk_session_current(&repo, &config, ret, &found, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	return found;
}

static void a_renamed_branch_is_followed_a_copied_one_is_not(void **state)
{
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_session) s = PK_SESSION_INIT;
	PK_AUTO(pk_session) copied = PK_SESSION_INIT;
	PK_AUTO(pk_session) renamed = PK_SESSION_INIT;
	PK_AUTO(pk_session) none = PK_SESSION_INIT;
	open_repo(&repo);
	run(*state, "git commit -q --allow-empty -m x");
	make(&s, "main");
	save(&repo, &s, "start");
	assert_int_equal(pk_session_point(&repo, "main", s.id, NULL), 0);
	run(*state, "git branch -c main copy && git switch -q copy");
	assert_int_equal(look(&copied), PK_FOUND_COPIED);
	run(*state, "git switch -q main && git branch -m main trunk");
	assert_int_equal(look(&renamed), PK_FOUND_SESSION);
	assert_string_equal(renamed.branch, "trunk");
	run(*state, "git switch -q -c fresh");
	assert_int_equal(look(&none), PK_FOUND_NONE);
}

static void a_detached_head_is_an_error(void **state)
{
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_AUTO(pk_session) s = PK_SESSION_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	run(*state, "git commit -q --allow-empty -m x && git switch -q --detach");
	open_repo(&repo);
	assert_int_equal(pk_config_load(&config, &repo, NULL), 0);
	assert_int_equal(pk_session_require(&repo, &config, &s, &err), -1);
	assert_non_null(strstr(err.msg, "detached"));
}

static void a_hand_written_migration_is_checked_and_counted(void **state)
{
	(void)state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_session) s = PK_SESSION_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_FREE char *file = NULL;
	struct pk_part part = { 0 };
	size_t index;
	open_repo(&repo);
	make(&s, "main");
	save(&repo, &s, "start");
	assert_int_equal(
		pk_manual_add(&repo, &s, "x", "-- migrate:up\nSELEC 1;\n", false, &file, &err), -1);
	assert_int_equal(err.line, 2);
	assert_int_equal(pk_manual_add(&repo, &s, "x", "-- migrate:up\n\n-- migrate:down\n", false,
				       &file, NULL),
			 -1);
	assert_int_equal(s.n_manual, 0);
	assert_int_equal(pk_manual_add(&repo, &s, "Back fill!", "-- migrate:up\nSELECT 1;\n", false,
				       &file, NULL),
			 0);
	assert_string_equal(file, "001_back_fill.sql");
	assert_int_equal(s.state, PK_SESSION_PLANNED);
	assert_int_equal(pk_manual_find(&s, "1", &index, NULL), 0);
	assert_int_equal(pk_manual_find(&s, "back_fill", &index, NULL), 0);
	assert_int_equal(pk_manual_find(&s, "2", &index, NULL), -1);
	assert_int_equal(pk_manual_parse(&s.manual[0], &part, NULL), 0);
	assert_int_equal(part.id, 1);
	pk_manual_applied(&s, 0, &part);
	assert_int_equal(s.n_manual, 0);
	assert_int_equal(pk_session_uncommitted(&s), 1);
}

static void an_applied_part_stands_before_pending_ones(void **state)
{
	(void)state;
	PK_AUTO(pk_session) s = PK_SESSION_INIT;
	struct pk_part by_hand = { .id = 9, .up = pk_strdup("x"), .down = pk_strdup("") };
	make(&s, "main");
	pk_session_add_part(&s)->applied = true;
	pk_session_add_part(&s);
	pk_session_add_manual(&s, "009_x.sql", "");
	pk_manual_applied(&s, 0, &by_hand);
	assert_int_equal(s.parts[0].id, 1);
	assert_int_equal(s.parts[1].id, 9);
	assert_int_equal(s.parts[2].id, 2);
	assert_int_equal(s.next_part, 2);
	pk_session_drop_pending(&s);
	assert_int_equal(s.n_parts, 2);
}

static void env(const struct fixture *f, const char *before, const char *url, const char *after)
{
	PK_FREE char *path = pk_path_join(f->repo, ".env");
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	unlink(path);
	if (before)
		put(f, ".env", before);
	assert_int_equal(pk_env_write(path, url, NULL), 0);
	if (!after) {
		assert_false(pk_path_exists(path));
		return;
	}
	assert_int_equal(pk_read_file(path, &text, NULL), 0);
	assert_string_equal(text.ptr, after);
}

static void the_env_file_keeps_everything_else(void **state)
{
	env(*state, NULL, "u", "DATABASE_URL=u\n");
	env(*state, NULL, NULL, NULL);
	env(*state, "A=1", "u", "A=1\nDATABASE_URL=u\n");
	env(*state, "A=1\nexport DATABASE_URL=old\nB=2\n", "u",
	    "A=1\nexport DATABASE_URL=u\nB=2\n");
	env(*state, "DATABASE_URL=a\nDATABASE_URL=b\nMY_DATABASE_URL=c\n", "u",
	    "DATABASE_URL=u\nMY_DATABASE_URL=c\n");
	env(*state, "# DATABASE_URL=a\nA=1\nDATABASE_URL=b\n", NULL, "# DATABASE_URL=a\nA=1\n");
}

static void a_new_env_file_is_for_the_user_alone(void **state)
{
	env(*state, NULL, "u", "DATABASE_URL=u\n");
	PK_FREE char *mode = sh(*state, "stat -c %a .env");
	assert_string_equal(mode, "600");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_saved_is_loaded),
		TEST(each_step_is_a_commit),
		TEST(a_lost_race_changes_nothing),
		TEST(a_renamed_branch_is_followed_a_copied_one_is_not),
		TEST(a_detached_head_is_an_error),
		TEST(a_hand_written_migration_is_checked_and_counted),
		TEST(an_applied_part_stands_before_pending_ones),
		TEST(the_env_file_keeps_everything_else),
		TEST(a_new_env_file_is_for_the_user_alone),
	};
	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
