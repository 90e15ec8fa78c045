#include "hook/follow.h"

#include "base/print.h"
#include "base/proc.h"
#include "deploy/trying.h"
#include "hook/fresh.h"

/* Of what a deploy that failed says: from the error on, so many lines. */
#define LINES_SHOWN 20

/* A line as it was shown already: tabs in it are tabs. */
static void show_line(const char *line)
{
	pk_print_lines(stderr, line);
	fputc('\n', stderr);
}

static void show_error(const char *said)
{
	static const char label[] = "error: ";
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;
	const char *from = said;

	while (from && !pk_starts_with(from, label)) {
		from = strchr(from, '\n');
		from = from ? from + 1 : NULL;
	}
	pk_strv_split(&lines, from ? from : said, '\n');
	for (size_t i = 0; i < lines.n && i < LINES_SHOWN; i++)
		show_line(lines.items[i]);
}

int pk_hook_run_self(const char *const *args, bool brief)
{
	static const char *const silent[] = { "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS_REQUIRE=never",
					      NULL };
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_strv) argv = PK_STRV_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	struct pk_proc proc = {
		.env = silent, .no_terminal = true, .inherit_stdout = !brief, .inherit_stderr = !brief,
		.out = brief ? &out : NULL, .err_out = brief ? &said : NULL,
	};
	int status = 0;

	pk_strv_push_take(&argv, pk_proc_self());
	pk_strv_extend(&argv, args);
	proc.argv = (const char *const *)argv.items;
	if (pk_proc_run(&proc, &status, &err) < 0) {
		pk_err_print(&err);
		return -1;
	}
	if (brief)
		pk_print_lines(stderr, out.ptr);
	if (brief && status)
		show_error(said.ptr);
	return status;
}

static int tree_of(const struct pk_arrival *arrival, const char *rev, const char *dir, struct pk_oid *ret,
		   struct pk_err *err)
{
	return pk_repo_tree_at(arrival->repo, rev, dir, ret, err);
}

/* Since the commit that was tried last, and beside what the deploy records say has run. */
static int look(const struct pk_arrival *arrival, const char *remote, const struct pk_oid *tried,
		struct pk_strv *ret, struct pk_err *err)
{
	PK_FREE char *record = pk_printf("refs/postkit/deploys/%s", remote);
	struct pk_oid before[2] = { { "" }, { "" } }, now = { "" };

	if (pk_oid_is_null(tried) && !arrival->before)
		return 0;
	if (pk_oid_is_null(tried))
		before[0] = *arrival->before;
	else
		tree_of(arrival, tried->hex, arrival->migrations_dir, &before[0], NULL);
	tree_of(arrival, record, "migrations", &before[1], NULL);
	if (tree_of(arrival, arrival->commit.hex, arrival->migrations_dir, &now, err) < 0)
		return -1;
	return pk_fresh_migrations(arrival->repo, before, PK_COUNT(before), &now, true, ret, err);
}

static void act(const struct pk_arrival *arrival, const struct pk_follower *follower, const struct pk_strv *fresh)
{
	const char *commit = arrival->commit.hex, *remote = follower->remote;
	const char *const dry_run[] = { "deploy", "--dry-run", "--commit", commit, remote, NULL };
	const char *const deploy[] = { "deploy", "--yes", "--unless-rolled-back", "--commit", commit, remote, NULL };
	const struct {
		const char *next;
		const char *const *args;
	} acts[] = {
		[PK_ON_MERGE_TELL] = { NULL, NULL },
		[PK_ON_MERGE_DRY_RUN] = { "dry run, as the settings say", dry_run },
		[PK_ON_MERGE_DEPLOY] = { "deploy, as the settings say", deploy },
	};
	PK_FREE char *where = pk_printf(" for '%s', which follows %s", remote, arrival->branch);
	PK_FREE char *by_hand = pk_printf("git postkit deploy %s", remote);

	pk_fresh_say(fresh, where, acts[follower->act].next ? acts[follower->act].next : by_hand);
	if (acts[follower->act].args && pk_hook_run_self(acts[follower->act].args, arrival->brief) != 0)
		pk_print(stderr, "postkit: that is not tried again by itself; next: %s%s\n", by_hand,
			follower->act == PK_ON_MERGE_DRY_RUN ? " --dry-run" : "");
}

/* Whether they ran nobody knows here; what was claimed and is done again now says so by itself. */
static void say_left(const struct pk_arrival *arrival, const char *remote, const struct pk_oid *tried)
{
	PK_AUTO(pk_strv) left = PK_STRV_INIT;

	pk_trying_left(arrival->repo, remote, &left);
	for (size_t i = 0; i < left.n; i++)
		if (!pk_streq(left.items[i], arrival->commit.hex) || pk_streq(left.items[i], tried->hex))
			pk_print(stderr,
				"postkit: what came in with %.10s for '%s' was not seen to the end, since git-postkit was "
				"killed meanwhile, and is not tried again by itself; next: git postkit deploy %s\n",
				left.items[i], remote, remote);
}

/* Returns 0; 1: something else was tried in the meantime. */
static int try_fresh(const struct pk_arrival *arrival, const struct pk_follower *follower, const struct pk_oid *tried,
		     const struct pk_strv *fresh, struct pk_err *err)
{
	struct pk_trying trying __attribute__((cleanup(pk_trying_release))) = PK_TRYING_INIT;
	int rc = pk_trying_begin(arrival->repo, follower->remote, &arrival->commit, &trying, err);

	if (rc)
		return rc < 0 ? -1 : 0;
	rc = pk_tried_claim(arrival->repo, follower->remote, tried, &arrival->commit, err);
	if (rc == 0)
		act(arrival, follower, fresh);
	return rc;
}

static int follow_one(const struct pk_arrival *arrival, const struct pk_follower *follower, struct pk_err *err)
{
	for (;;) {
		PK_AUTO(pk_strv) fresh = PK_STRV_INIT;
		struct pk_oid tried = { "" };
		int rc;

		if (pk_tried_read(arrival->repo, follower->remote, &tried, err) < 0)
			return -1;
		say_left(arrival, follower->remote, &tried);
		if (pk_streq(tried.hex, arrival->commit.hex))
			return 0;
		if (look(arrival, follower->remote, &tried, &fresh, err) < 0)
			return -1;
		if (!fresh.n)
			return 0;
		rc = try_fresh(arrival, follower, &tried, &fresh, err);
		if (rc <= 0)
			return rc;
	}
}

void pk_hook_follow(const struct pk_arrival *arrival, const struct pk_followers *followers)
{
	for (size_t i = 0; i < followers->n; i++) {
		PK_AUTO(pk_err) err = PK_ERR_INIT;

		if (follow_one(arrival, &followers->items[i], &err) < 0)
			pk_err_print(&err);
	}
}
