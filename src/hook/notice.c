#include "base/fs.h"
#include "chain/project.h"
#include "deploy/settled.h"
#include "hook/follow.h"
#include "hook/fresh.h"
#include "hook/hook.h"

/* Trees of migrations seen in this worktree, newest last: going back and forth says nothing twice. */
#define SEEN_MAX 64

static char *seen_path(const struct pk_repo *repo)
{
	return pk_path_join(repo->gitdir, "postkit/seen");
}

static void read_seen(const char *path, struct pk_strv *ret)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (pk_path_exists(path) && pk_read_file(path, &text, NULL) == 0)
		pk_strv_split(ret, text.ptr, '\n');
}

static int write_seen(const char *path, const struct pk_strv *seen, const char *now, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	size_t first = seen->n >= SEEN_MAX ? seen->n - SEEN_MAX + 1 : 0;

	for (size_t i = first; i < seen->n; i++)
		if (!pk_streq(seen->items[i], now))
			pk_buf_addf(&text, "%s\n", seen->items[i]);
	pk_buf_addf(&text, "%s\n", now);
	return pk_write_file(path, text.ptr, text.len, 0600, err);
}

/* What cannot be read is told by whoever needs it. */
static bool is_forked(const struct pk_repo *repo, const struct pk_config *config, const struct pk_project *project)
{
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	PK_AUTO(pk_settlement) settlement = PK_SETTLEMENT_INIT;

	return pk_chain_from_rev(&chain, repo, "HEAD", project->migrations_dir, NULL) == 0 &&
	       pk_settlement_read(repo, config, project->migrations_dir, &chain, &settlement, NULL) == 0 &&
	       pk_settlement_forked(&settlement, &chain);
}

/* Where no remote follows the branch. */
static void act(const struct pk_config *config, bool merged, const struct pk_strv *fresh)
{
	static const char *const dry_run[] = { "deploy", "--dry-run", NULL };

	if (merged && pk_config_bool_protected(config, "autoDryRun", false)) {
		pk_fresh_say(fresh, "", "dry run, as autoDryRun says");
		pk_hook_run_self(dry_run, false);
	} else {
		pk_fresh_say(fresh, "", "git postkit deploy --dry-run");
	}
}

/*
 * The tree to compare with: after a merge or rebase, what was there before it; after a checkout, the
 * one seen last. False: nothing to look at. NULL: nothing to compare with, so that all would be news.
 */
static bool before_this(const struct pk_repo *repo, const struct pk_project *project, bool merged,
			const struct pk_strv *seen, const char *now, char **ret)
{
	struct pk_oid orig = { "" };

	if (merged && pk_repo_rev(repo, "ORIG_HEAD", &orig, NULL) == 0) {
		struct pk_oid tree = { "" };

		if (pk_repo_tree_at(repo, orig.hex, project->migrations_dir, &tree, NULL) == 0) {
			*ret = pk_strdup(tree.hex);
			return true;
		}
	}
	if (pk_strv_has(seen, now))
		return false;
	if (seen->n)
		*ret = pk_strdup(pk_streq(seen->items[seen->n - 1], "none") ? "" : seen->items[seen->n - 1]);
	return true;
}

struct notice {
	struct pk_repo repo;
	struct pk_config config;
	struct pk_project project;
	struct pk_oid now;    /* tree of migrations; "": none */
	struct pk_strv seen;
	bool unseen;	      /* now comes to seen */
	bool known;	      /* whether there was something to compare with: before */
	struct pk_oid before; /* the tree compared with */
	struct pk_strv fresh;
};

static void notice_release(struct notice *notice)
{
	pk_strv_release(&notice->fresh);
	pk_strv_release(&notice->seen);
	pk_project_release(&notice->project);
	pk_config_release(&notice->config);
	pk_repo_release(&notice->repo);
}

static const char *text_of(const struct pk_oid *tree)
{
	return pk_oid_is_null(tree) ? "none" : tree->hex;
}

static int look(struct notice *notice, bool merged, struct pk_err *err)
{
	PK_FREE char *path = seen_path(&notice->repo), *before = NULL;

	read_seen(path, &notice->seen);
	notice->unseen = before_this(&notice->repo, &notice->project, merged, &notice->seen, text_of(&notice->now), &before);
	notice->known = before != NULL;
	if (!before)
		return 0;
	snprintf(notice->before.hex, sizeof(notice->before.hex), "%s", before);
	return pk_fresh_migrations(&notice->repo, &notice->before, 1, &notice->now, false, &notice->fresh, err);
}

/* Once it is told: who is killed before that has told nothing. */
static int remember(const struct notice *notice, struct pk_err *err)
{
	PK_FREE char *path = seen_path(&notice->repo);

	return notice->unseen ? write_seen(path, &notice->seen, text_of(&notice->now), err) : 0;
}

static int tell(const struct notice *notice, bool merged, struct pk_err *err)
{
	PK_AUTO(pk_followers) followers = PK_FOLLOWERS_INIT;
	PK_FREE char *branch = pk_repo_branch(&notice->repo);
	struct pk_arrival arrival = {
		.repo = &notice->repo, .branch = branch, .migrations_dir = notice->project.migrations_dir,
		.before = notice->known ? &notice->before : NULL,
	};

	if (notice->fresh.n && is_forked(&notice->repo, &notice->config, &notice->project)) {
		pk_fresh_say(&notice->fresh, "", "git postkit sync, since some were made beside each other");
		return 0;
	}
	if (branch && pk_followers_read(&notice->config, branch, &followers, err) < 0)
		return -1;
	if (!followers.n && notice->fresh.n)
		act(&notice->config, merged, &notice->fresh);
	if (!followers.n)
		return 0;
	if (pk_repo_rev(&notice->repo, "HEAD", &arrival.commit, err) < 0)
		return -1;
	pk_hook_follow(&arrival, &followers);
	return 0;
}

int pk_hook_notice(bool merged, struct pk_err *err)
{
	struct notice notice __attribute__((cleanup(notice_release))) = { .repo = PK_REPO_INIT };

	if (pk_repo_open(&notice.repo, NULL, err) < 0 || pk_config_load(&notice.config, &notice.repo, err) < 0)
		return -1;
	pk_project_load(&notice.project, &notice.config);
	if (pk_repo_tree_at(&notice.repo, "HEAD", notice.project.migrations_dir, &notice.now, NULL) < 0)
		return 0; /* nothing is committed yet */
	if (look(&notice, merged, err) < 0 || tell(&notice, merged, err) < 0)
		return -1;
	return remember(&notice, err);
}
