#include "deploy/followers.h"
#include "gitrepo.h"
#include "hook/updates.h"

#define A    "1111111111111111111111111111111111111111"
#define B    "2222222222222222222222222222222222222222"
#define NONE "0000000000000000000000000000000000000000"

static int parse(const char *text, enum pk_updates_format format, struct pk_updates *ret)
{
	PK_AUTO(pk_buf) input = PK_BUF_INIT;

	pk_buf_add(&input, text);
	return pk_updates_parse(&input, format, ret, NULL);
}

static void lines_of_either_side_say_what_becomes_of_a_ref(void **state)
{
	(void)state;
	PK_AUTO(pk_updates) push = PK_UPDATES_INIT;
	PK_AUTO(pk_updates) receive = PK_UPDATES_INIT;
	assert_int_equal(parse("HEAD@{1 day ago} " A " refs/heads/x " B "\n", PK_UPDATES_PUSH, &push), 0);
	assert_int_equal(push.n, 1);
	assert_string_equal(push.items[0].commit, A);
	assert_string_equal(push.items[0].base, B);
	assert_string_equal(push.refs.items[0], "refs/heads/x");
	assert_int_equal(parse(NONE " " A " refs/heads/x\n" B " " A " refs/tags/y\n", PK_UPDATES_RECEIVE, &receive), 0);
	assert_int_equal(receive.n, 2);
	assert_string_equal(receive.items[0].commit, A);
	assert_null(receive.items[0].base);
	assert_string_equal(receive.items[1].base, B);
	assert_string_equal(receive.refs.items[1], "refs/tags/y");
}

static void deletions_and_our_own_refs_are_left_out(void **state)
{
	(void)state;
	PK_AUTO(pk_updates) updates = PK_UPDATES_INIT;
	assert_int_equal(parse(A " " NONE " refs/heads/x\n" NONE " " A " refs/postkit/sessions/1\n" NONE " " A
				 " refs/notes/postkit\n",
			       PK_UPDATES_RECEIVE, &updates),
			 0);
	assert_int_equal(updates.n, 0);
	assert_int_equal(parse("", PK_UPDATES_RECEIVE, &updates), 0);
	assert_int_equal(updates.n, 0);
	/* A branch of records is checked where it comes from somebody else. */
	assert_int_equal(parse(A " " A " refs/heads/postkit/records/deploys/prod " NONE "\n", PK_UPDATES_PUSH, &updates), 0);
	assert_int_equal(updates.n, 0);
	assert_int_equal(parse(NONE " " A " refs/heads/postkit/records/deploys/prod\n", PK_UPDATES_RECEIVE, &updates), 0);
	assert_int_equal(updates.n, 1);
}

static void what_is_no_line_of_gits_is_refused(void **state)
{
	(void)state;
	static const char *const lines[] = { "x\n", A " " A "\n", A " refs/heads/x " A "\n", A " " A "1 refs/heads/x\n",
					     A " ZZZZ refs/heads/x\n", " \n" };
	for (size_t i = 0; i < PK_COUNT(lines); i++) {
		PK_AUTO(pk_updates) updates = PK_UPDATES_INIT;
		assert_int_equal(parse(lines[i], PK_UPDATES_RECEIVE, &updates), -1);
		assert_int_equal(updates.n, 0);
	}
}

static void tags_become_their_commits_and_others_are_left_out(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_updates) updates = PK_UPDATES_INIT;
	run(f, "git commit -q --allow-empty -m one; git tag -a -m one one; echo x | git hash-object -w --stdin >blob");
	PK_FREE char *commit = sh(f, "git rev-parse HEAD");
	PK_FREE char *lines = sh(f, "echo $(cat blob) $(git rev-parse one) refs/tags/one; "
				    "echo " NONE " $(cat blob) refs/tags/blob");
	open_repo(&repo);
	assert_int_equal(parse(lines, PK_UPDATES_RECEIVE, &updates), 0);
	assert_int_equal(updates.n, 2);
	assert_int_equal(pk_updates_resolve(&updates, &repo, NULL), 0);
	assert_int_equal(updates.n, 1);
	assert_string_equal(updates.items[0].commit, commit);
	assert_null(updates.items[0].base);
	assert_string_equal(updates.refs.items[0], "refs/tags/one");
}

static void a_commit_is_claimed_once_and_not_while_a_push_is_checked(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	struct pk_oid none = { "" }, head, tried;
	run(f, "git commit -q --allow-empty -m one");
	open_repo(&repo);
	assert_int_equal(pk_repo_rev(&repo, "HEAD", &head, NULL), 0);
	setenv("GIT_QUARANTINE_PATH", "/nowhere", 1);
	assert_int_equal(pk_tried_claim(&repo, "prod", &none, &head, &err), -1);
	unsetenv("GIT_QUARANTINE_PATH");
	assert_int_equal(pk_tried_claim(&repo, "prod", &none, &head, NULL), 0);
	assert_int_equal(pk_tried_claim(&repo, "prod", &none, &head, NULL), 1);
	assert_int_equal(pk_tried_read(&repo, "prod", &tried, NULL), 0);
	assert_string_equal(tried.hex, head.hex);
}

static void what_a_remote_follows_is_said_by_protected_settings(void **state)
{
	struct fixture *f = *state;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_AUTO(pk_followers) followers = PK_FOLLOWERS_INIT;
	PK_AUTO(pk_followers) wrong = PK_FOLLOWERS_INIT;
	run(f, "for r in a b c d; do git config postkit.remote.$r.url postgresql://h/$r; done;"
	       "git config postkit.remote.a.follow refs/heads/main; git config postkit.remote.b.deployOnMerge main;"
	       "git config postkit.remote.c.follow main; git config postkit.remote.c.onMerge dry-run;"
	       "git config postkit.remote.d.follow other; git config postkit.remote.d.onMerge Deploy;"
	       "git config -f .postkit postkit.remote.a.onMerge deploy");
	open_repo(&repo);
	assert_int_equal(pk_config_load(&config, &repo, NULL), 0);
	assert_int_equal(pk_followers_read(&config, "main", &followers, NULL), 0);
	assert_int_equal(followers.n, 3);
	assert_int_equal(followers.items[0].act, PK_ON_MERGE_TELL);
	assert_int_equal(followers.items[1].act, PK_ON_MERGE_DEPLOY);
	assert_int_equal(followers.items[2].act, PK_ON_MERGE_DRY_RUN);
	assert_int_equal(pk_followers_read(&config, "other", &wrong, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_of_either_side_say_what_becomes_of_a_ref),
		TEST(deletions_and_our_own_refs_are_left_out),
		TEST(what_is_no_line_of_gits_is_refused),
		TEST(tags_become_their_commits_and_others_are_left_out),
		TEST(a_commit_is_claimed_once_and_not_while_a_push_is_checked),
		TEST(what_a_remote_follows_is_said_by_protected_settings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
