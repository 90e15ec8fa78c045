#include "base/fs.h"
#include "base/map.h"
#include "base/proc.h"
#include "base/term.h"
#include "chain/project.h"
#include "deploy/settled.h"
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

struct compare {
	struct pk_map *before;
	struct pk_strv *fresh;
};

static int remember(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct compare *compare = arg;

	(void)err;
	pk_map_set(compare->before, entry->path, compare);
	return 0;
}

static int collect(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct compare *compare = arg;

	(void)err;
	if (pk_ends_with(entry->path, ".sql") && !pk_map_get(compare->before, entry->path))
		pk_strv_push(compare->fresh, entry->path);
	return 0;
}

/* Files of the tree now that the one seen last has not. */
static int new_migrations(const struct pk_repo *repo, const char *last, const struct pk_oid *now,
			  struct pk_strv *ret, struct pk_err *err)
{
	PK_AUTO(pk_map) before = PK_MAP_INIT;
	struct compare compare = { .before = &before, .fresh = ret };
	struct pk_oid last_oid = { "" };

	snprintf(last_oid.hex, sizeof(last_oid.hex), "%s", last);
	/* The tree seen last may be gone after a gc: then there is nothing to compare with. */
	if (!pk_oid_is_null(&last_oid) && pk_repo_walk_tree(repo, &last_oid, remember, &compare, NULL) < 0)
		return 0;
	return pk_oid_is_null(now) ? 0 : pk_repo_walk_tree(repo, now, collect, &compare, err);
}

static void say(const struct pk_strv *fresh, const char *next)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	for (size_t i = 0; i < fresh->n && i < 3; i++) {
		pk_buf_add(&text, i ? ", " : "");
		pk_buf_add_safe(&text, fresh->items[i], false);
	}
	if (fresh->n > 3)
		pk_buf_addf(&text, " and %zu more", fresh->n - 3);
	fprintf(stderr, "postkit: %zu new migration%s (%s); next: %s\n", fresh->n, fresh->n == 1 ? "" : "s",
		text.ptr, next);
}

static void run_self(const char *const *args)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_strv) argv = PK_STRV_INIT;
	struct pk_proc proc = { .inherit_stdout = true, .inherit_stderr = true };
	int status = 0;

	pk_strv_push_take(&argv, pk_proc_self());
	pk_strv_extend(&argv, args);
	proc.argv = (const char *const *)argv.items;
	if (pk_proc_run(&proc, &status, &err) < 0)
		pk_err_print(&err);
}

/* Remotes that the user set to be deployed when something is merged into this very branch. */
static void remotes_to_deploy(const struct pk_config *config, const char *branch, struct pk_strv *ret)
{
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	pk_config_subsections(config, "remote", &names);
	for (size_t i = 0; branch && i < names.n; i++) {
		PK_FREE char *key = pk_printf("remote.%s.deployOnMerge", names.items[i]);

		if (pk_streq(pk_config_get_protected(config, key), branch))
			pk_strv_push(ret, names.items[i]);
	}
}

/* What can't be read is told by whoever needs it. */
static bool is_forked(const struct pk_repo *repo, const struct pk_config *config, const struct pk_project *project)
{
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	PK_AUTO(pk_settlement) settlement = PK_SETTLEMENT_INIT;

	return pk_chain_from_rev(&chain, repo, "HEAD", project->migrations_dir, NULL) == 0 &&
	       pk_settlement_read(repo, config, project->migrations_dir, &chain, &settlement, NULL) == 0 &&
	       pk_settlement_forked(&settlement, &chain);
}

static void act(const struct pk_repo *repo, const struct pk_config *config, const struct pk_project *project,
		bool merged, const struct pk_strv *fresh)
{
	static const char *const dry_run[] = { "deploy", "--dry-run", NULL };
	PK_AUTO(pk_strv) remotes = PK_STRV_INIT;
	PK_FREE char *branch = pk_repo_branch(repo);

	if (is_forked(repo, config, project)) {
		say(fresh, "git postkit sync, since some were made beside each other");
		return;
	}
	if (merged)
		remotes_to_deploy(config, branch, &remotes);
	if (remotes.n) {
		say(fresh, "deploy, as deployOnMerge says");
		for (size_t i = 0; i < remotes.n; i++) {
			const char *const deploy[] = { "deploy", "--yes", remotes.items[i], NULL };

			run_self(deploy);
		}
	} else if (merged && pk_config_bool_protected(config, "autoDryRun", false)) {
		say(fresh, "dry run, as autoDryRun says");
		run_self(dry_run);
	} else {
		say(fresh, "git postkit deploy --dry-run");
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

int pk_hook_notice(bool merged, struct pk_err *err)
{
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_AUTO(pk_project) project = PK_PROJECT_INIT;
	PK_AUTO(pk_strv) seen = PK_STRV_INIT;
	PK_AUTO(pk_strv) fresh = PK_STRV_INIT;
	PK_FREE char *path = NULL, *before = NULL;
	struct pk_oid now = { "" };
	const char *text;

	if (pk_repo_open(&repo, NULL, err) < 0 || pk_config_load(&config, &repo, err) < 0)
		return -1;
	pk_project_load(&project, &config);
	if (pk_repo_tree_at(&repo, "HEAD", project.migrations_dir, &now, NULL) < 0)
		return 0; /* nothing is committed yet */
	text = pk_oid_is_null(&now) ? "none" : now.hex;
	path = seen_path(&repo);
	read_seen(path, &seen);
	if (!before_this(&repo, &project, merged, &seen, text, &before))
		return 0;
	if (before && !pk_streq(before, text) && new_migrations(&repo, before, &now, &fresh, err) < 0)
		return -1;
	if (write_seen(path, &seen, text, err) < 0)
		return -1;
	if (fresh.n)
		act(&repo, &config, &project, merged, &fresh);
	return 0;
}
