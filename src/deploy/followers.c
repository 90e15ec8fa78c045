#include "deploy/followers.h"

#include "clone/remote.h"

void pk_followers_release(struct pk_followers *followers)
{
	for (size_t i = 0; i < followers->n; i++)
		free(followers->items[i].remote);
	free(followers->items);
	*followers = (struct pk_followers)PK_FOLLOWERS_INIT;
}

static const char *setting(const struct pk_config *config, const char *remote, const char *name)
{
	PK_FREE char *key = pk_printf("remote.%s.%s", remote, name);

	return pk_config_get_protected(config, key);
}

const char *pk_followed_branch(const struct pk_config *config, const char *remote)
{
	static const char heads[] = "refs/heads/";
	const char *branch = setting(config, remote, "follow");

	if (!branch)
		branch = setting(config, remote, "deployOnMerge");
	return branch && pk_starts_with(branch, heads) ? branch + strlen(heads) : branch;
}

static int read_act(const struct pk_config *config, const char *remote, enum pk_on_merge *ret, struct pk_err *err)
{
	static const char *const acts[] = {
		[PK_ON_MERGE_TELL] = "tell", [PK_ON_MERGE_DRY_RUN] = "dry-run", [PK_ON_MERGE_DEPLOY] = "deploy",
	};
	const char *value = setting(config, remote, "onMerge");

	*ret = !value && !setting(config, remote, "follow") ? PK_ON_MERGE_DEPLOY : PK_ON_MERGE_TELL;
	for (size_t i = 0; value && i < PK_COUNT(acts); i++) {
		if (pk_streq(value, acts[i])) {
			*ret = (enum pk_on_merge)i;
			return 0;
		}
	}
	return value ? pk_err_set(err, "postkit.remote.%s.onMerge is tell, dry-run or deploy, not '%s'", remote, value) : 0;
}

int pk_followers_read(const struct pk_config *config, const char *branch, struct pk_followers *ret, struct pk_err *err)
{
	PK_AUTO(pk_strv) remotes = PK_STRV_INIT;

	pk_remote_list(config, &remotes);
	for (size_t i = 0; i < remotes.n; i++) {
		enum pk_on_merge act;

		if (!pk_streq(pk_followed_branch(config, remotes.items[i]), branch))
			continue;
		if (read_act(config, remotes.items[i], &act, err) < 0)
			return -1;
		if (ret->n == ret->cap) {
			ret->cap = ret->cap ? 2 * ret->cap : 4;
			ret->items = pk_realloc_array(ret->items, ret->cap, sizeof(*ret->items));
		}
		ret->items[ret->n++] = (struct pk_follower){ pk_strdup(remotes.items[i]), act };
	}
	return 0;
}

int pk_tried_read(const struct pk_repo *repo, const char *remote, struct pk_oid *ret, struct pk_err *err)
{
	PK_FREE char *ref = pk_printf(PK_TRIED_REFS "%s", remote);

	return pk_ref_read(repo, ref, ret, err);
}

int pk_tried_claim(const struct pk_repo *repo, const char *remote, const struct pk_oid *expect,
		   const struct pk_oid *commit, struct pk_err *err)
{
	PK_FREE char *ref = pk_printf(PK_TRIED_REFS "%s", remote);

	return pk_ref_swap(repo, ref, expect, commit, "postkit: tried", err);
}
