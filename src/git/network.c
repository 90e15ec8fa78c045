#include "git/network.h"

#include "base/fs.h"
#include "base/leftover.h"
#include "git/internal.h"
#include <unistd.h>

#define MAX_REFS 10000

void pk_net_refs_release(struct pk_net_refs *refs)
{
	for (size_t i = 0; i < refs->n; i++)
		free(refs->items[i].name);
	free(refs->items);
	*refs = (struct pk_net_refs)PK_NET_REFS_INIT;
}

bool pk_git_remote_known(const struct pk_config *config, const char *remote)
{
	PK_FREE char *url = pk_printf("remote.%s.url", remote),
		     *push = pk_printf("remote.%s.pushurl", remote);

	return pk_config_git(config, url) || pk_config_git(config, push);
}

/* The only one that the settings name. */
static char *only_remote(const struct pk_config *config)
{
	static const char prefix[] = "remote.", suffix[] = ".url";
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	for (size_t i = 0; i < config->n; i++) {
		const char *key = config->items[i].key;
		size_t n = strlen(key);

		if (config->items[i].scope == PK_SCOPE_TRACKED || !pk_starts_with(key, prefix) ||
		    !pk_ends_with(key, suffix) || n <= sizeof(prefix) + sizeof(suffix) - 2)
			continue;
		PK_FREE char *name = pk_strndup(key + sizeof(prefix) - 1,
						n - sizeof(prefix) - sizeof(suffix) + 2);
		if (!pk_strv_has(&names, name))
			pk_strv_push(&names, name);
	}
	return names.n == 1 ? pk_strdup(names.items[0]) : NULL;
}

char *pk_git_remote_default(const struct pk_repo *repo, const struct pk_config *config)
{
	PK_FREE char *branch = pk_repo_branch(repo);
	PK_FREE char *key = branch ? pk_printf("branch.%s.remote", branch) : NULL;
	const char *own = key ? pk_config_git(config, key) : NULL;

	/* "." is the repository itself. */
	if (own && pk_git_remote_known(config, own))
		return pk_strdup(own);
	return pk_git_remote_known(config, "origin") ? pk_strdup("origin") : only_remote(config);
}

/* What git said, without the lines that tell nothing. */
static int said(struct pk_err *err, const char *what, const char *remote, struct pk_buf *text)
{
	pk_buf_rtrim(text);
	pk_err_set(err, "%s '%s' failed", what, remote);
	return text->len ? pk_err_detail(err, "%s", text->ptr) : -1;
}

static int run(const struct pk_repo *repo, const struct pk_strv *args, const char *what,
	       const char *remote, struct pk_buf *out, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	int status = 0;

	if (pk_repo_git(repo, (const char *const *)args->items, out, &text, &status, err) < 0)
		return -1;
	return status ? said(err, what, remote, &text) : 0;
}

/* "<oid>\t<name>" */
static int add_ref(struct pk_net_refs *refs, const char *line, struct pk_err *err)
{
	size_t n = strcspn(line, "\t");
	int valid = 0;

	if (n != PK_OID_HEX || strspn(line, "0123456789abcdef") != n || !line[n])
		return pk_err_set(err, "the remote says something that is not a ref");
	if (git_reference_name_is_valid(&valid, line + n + 1) < 0 || !valid)
		return 0;
	if (refs->n == MAX_REFS)
		return pk_err_set(err, "the remote has more than %d such refs", MAX_REFS);
	if (refs->n == refs->cap) {
		refs->cap = refs->cap ? 2 * refs->cap : 16;
		refs->items = pk_realloc_array(refs->items, refs->cap, sizeof(*refs->items));
	}
	struct pk_net_ref *ref = &refs->items[refs->n++];
	memcpy(ref->oid.hex, line, PK_OID_HEX);
	ref->oid.hex[PK_OID_HEX] = '\0';
	ref->name = pk_strdup(line + n + 1);
	return 0;
}

int pk_git_ls_remote(const struct pk_repo *repo, const char *remote, const char *const *patterns,
		     struct pk_net_refs *ret, struct pk_err *err)
{
	static const char *const head[] = { "ls-remote", "--quiet", "--refs", "--", NULL };
	PK_AUTO(pk_strv) args = PK_STRV_INIT, lines = PK_STRV_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	pk_strv_extend(&args, head);
	pk_strv_push(&args, remote);
	pk_strv_extend(&args, patterns);
	if (run(repo, &args, "asking", remote, &out, err) < 0)
		return -1;
	pk_strv_split(&lines, out.ptr, '\n');
	for (size_t i = 0; i < lines.n; i++)
		if (add_ref(ret, lines.items[i], err) < 0)
			return -1;
	return 0;
}

/* Of refs of ours, which a fetch held that was killed. Whether there was one. */
static bool remove_stale_locks(const struct pk_repo *repo)
{
	PK_FREE char *refs = pk_path_join(repo->commondir, "refs/postkit");
	PK_AUTO(pk_strv) locks = PK_STRV_INIT;
	bool any = false;

	pk_leftovers(refs, "", ".lock", true, &locks);
	for (size_t i = 0; i < locks.n; i++)
		any |= unlink(locks.items[i]) == 0;
	return any;
}

/* The line that names the object, of a check that found one bad. NULL: it is some other trouble. Caller frees. */
static char *said_by_fsck(const char *text)
{
	/* Whole lines: what the other side says has "remote: " before it. */
	static const char *const verdicts[] = { "fatal: fsck error in packed object",
						"fatal: fsck error in pack objects" };
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;
	const char *object = NULL, *verdict = NULL;

	pk_strv_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.n; i++)
		if (!object && pk_starts_with(lines.items[i], "error: object "))
			object = lines.items[i];
	for (size_t i = 0; i < PK_COUNT(verdicts) && !verdict; i++)
		verdict = pk_strv_has(&lines, verdicts[i]) ? verdicts[i] : NULL;
	return verdict ? pk_strdup(object ? object : verdict) : NULL;
}

static int fetch_once(const struct pk_repo *repo, const struct pk_strv *args, const char *remote,
		      char **ret_refusal, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	*ret_refusal = NULL;
	if (run(repo, args, "fetching from", remote, NULL, &why) == 0)
		return 0;
	*ret_refusal = why.detail ? said_by_fsck(why.detail) : NULL;
	return *ret_refusal ? 0 : pk_err_move(err, &why);
}

int pk_git_fetch(const struct pk_repo *repo, const char *remote, const struct pk_strv *refspecs,
		 char **ret_refusal, struct pk_err *err)
{
	static const char *const head[] = { "-c",
					    "fetch.fsckObjects=true",
					    "fetch",
					    "--quiet",
					    "--no-tags",
					    "--no-write-fetch-head",
					    "--no-recurse-submodules",
					    "--no-auto-maintenance",
					    "--no-filter", /* in a partial clone: libgit2 gets nothing later */
					    "--refmap=",   /* and no other ref is written, whatever remote.*.fetch says */
					    "--",
					    NULL };
	PK_AUTO(pk_strv) args = PK_STRV_INIT;

	pk_strv_extend(&args, head);
	pk_strv_push(&args, remote);
	pk_strv_extend(&args, (const char *const *)refspecs->items);
	PK_AUTO(pk_err) first = PK_ERR_INIT;
	if (fetch_once(repo, &args, remote, ret_refusal, &first) == 0)
		return 0;
	if (remove_stale_locks(repo))
		return fetch_once(repo, &args, remote, ret_refusal, err);
	return pk_err_move(err, &first);
}

/* "!\t<from>:<to>\t[rejected] (fetch first)": what became of one ref. */
static enum pk_pushed outcome(const char *line, const char **ret_why)
{
	/* Somebody else's push got in between; the rest is the remote's will. */
	static const char *const races[] = { "[rejected]", "cannot lock ref",
					     "failed to update ref", "reference already exists",
					     "incorrect old value" };
	/* It could not, whatever it wants: its disk, or the way there. */
	static const char *const troubles[] = { "(unpacker error)", "(unable to migrate objects to permanent storage)",
						"(missing necessary objects)", "[remote failure]" };
	const char *text = strchr(line, '\t');

	if (line[0] != '!' || line[1] != '\t' || !(text = strchr(text + 1, '\t')))
		return PK_PUSHED;
	for (size_t i = 0; i < PK_COUNT(troubles); i++)
		if (strstr(text, troubles[i]))
			return PK_PUSHED;
	*ret_why = text + 1;
	for (size_t i = 0; i < PK_COUNT(races); i++)
		if (strstr(text, races[i]))
			return PK_PUSHED_BEHIND;
	return PK_PUSHED_REFUSED;
}

int pk_git_push(const struct pk_repo *repo, const char *remote, const struct pk_strv *refspecs,
		enum pk_pushed *ret, char **ret_why, struct pk_err *err)
{
	static const char *const head[] = {
		"push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no", "--", NULL
	};
	/* With it git takes no refspecs, and what is sent here is no mirror. */
	PK_FREE char *no_mirror = pk_printf("remote.%s.mirror=false", remote);
	PK_AUTO(pk_strv) args = PK_STRV_INIT, lines = PK_STRV_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT, text = PK_BUF_INIT;
	const char *why = NULL;
	int status = 0;

	pk_strv_push(&args, "-c");
	pk_strv_push(&args, no_mirror);
	pk_strv_extend(&args, head);
	pk_strv_push(&args, remote);
	pk_strv_extend(&args, (const char *const *)refspecs->items);
	if (pk_repo_git(repo, (const char *const *)args.items, &out, &text, &status, err) < 0)
		return -1;
	*ret = PK_PUSHED;
	*ret_why = NULL;
	pk_strv_split(&lines, out.ptr, '\n');
	for (size_t i = 0; i < lines.n; i++) {
		const char *said_of_it = NULL;
		enum pk_pushed pushed = outcome(lines.items[i], &said_of_it);

		if (pushed > *ret) {
			*ret = pushed;
			why = said_of_it;
		}
	}
	if (status && *ret == PK_PUSHED)
		return said(err, "pushing to", remote, &text);
	*ret_why = pk_strdup(why);
	return 0;
}
