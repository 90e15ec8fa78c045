/* git receive-pack: all refs of a push at once, after they have changed. Only branches that a remote follows matter. */
#include "chain/project.h"
#include "hook/follow.h"
#include "hook/hook.h"
#include "hook/updates.h"

static int receive(const struct pk_repo *repo, const char *branch, const struct pk_check_update *update,
		   const struct pk_followers *followers, struct pk_err *err)
{
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_AUTO(pk_project) project = PK_PROJECT_INIT;
	struct pk_oid before = { "" };
	struct pk_arrival arrival = { .repo = repo, .branch = branch, .before = &before, .brief = true };

	if (pk_config_load_at(&config, repo, update->commit, err) < 0)
		return -1;
	pk_project_load(&project, &config);
	arrival.migrations_dir = project.migrations_dir;
	snprintf(arrival.commit.hex, sizeof(arrival.commit.hex), "%s", update->commit);
	if (update->base && pk_repo_tree_at(repo, update->base, project.migrations_dir, &before, err) < 0)
		return -1;
	pk_hook_follow(&arrival, followers);
	return 0;
}

int pk_hook_post_receive(const struct pk_hook_call *call, struct pk_err *err)
{
	static const char heads[] = "refs/heads/";
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_AUTO(pk_updates) updates = PK_UPDATES_INIT;

	if (pk_updates_parse(call->input, PK_UPDATES_RECEIVE, &updates, err) < 0)
		return -1;
	if (!updates.n)
		return 0;
	if (pk_repo_open(&repo, NULL, err) < 0 || pk_config_load(&config, &repo, err) < 0)
		return -1;
	for (size_t i = 0; i < updates.n; i++) {
		PK_AUTO(pk_followers) followers = PK_FOLLOWERS_INIT;
		const char *ref = updates.refs.items[i];

		if (!pk_starts_with(ref, heads))
			continue;
		if (pk_followers_read(&config, ref + strlen(heads), &followers, err) < 0)
			return -1;
		if (followers.n && receive(&repo, ref + strlen(heads), &updates.items[i], &followers, err) < 0)
			return -1;
	}
	return 0;
}
