#include "deploy/settled.h"

#include "clone/remote.h"
#include "deploy/followers.h"
#include "deploy/record.h"

void pk_settlement_release(struct pk_settlement *settlement)
{
	for (size_t i = 0; i < settlement->n; i++)
		free(settlement->where[i]);
	free(settlement->where);
	free(settlement->as);
	*settlement = (struct pk_settlement)PK_SETTLEMENT_INIT;
}

/* The firmest place is the one that counts, and of several such the first that was found. */
static void settle(struct pk_settlement *s, size_t i, enum pk_settled as, const char *where)
{
	if (as >= s->as[i])
		return;
	s->as[i] = as;
	free(s->where[i]);
	s->where[i] = pk_strdup(where);
}

struct listing {
	const struct pk_chain *chain;
	struct pk_settlement *settlement;
	enum pk_settled as;
	const char *where;
};

static int settle_entry(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct listing *listing = arg;

	(void)err;
	for (size_t i = 0; i < listing->chain->n; i++)
		if (pk_streq(listing->chain->items[i].file, entry->path))
			settle(listing->settlement, i, listing->as, listing->where);
	return 0;
}

/* The migrations in a folder of a revision; one without it has none. */
static int settle_tree(struct listing *listing, const struct pk_repo *repo, const char *rev,
		       const char *folder, struct pk_err *err)
{
	struct pk_oid tree = { "" };

	if (pk_repo_tree_at(repo, rev, folder, &tree, err) < 0)
		return -1;
	return pk_oid_is_null(&tree) ? 0
				     : pk_repo_list_tree(repo, &tree, settle_entry, listing, err);
}

static int add_deployed(struct listing *listing, const struct pk_repo *repo, struct pk_err *err)
{
	PK_AUTO(pk_strv) remotes = PK_STRV_INIT;

	listing->as = PK_SETTLED_DEPLOYED;
	pk_record_remotes(repo, &remotes);
	for (size_t i = 0; i < remotes.n; i++) {
		PK_FREE char *ref = pk_printf("refs/postkit/deploys/%s", remotes.items[i]);

		listing->where = remotes.items[i];
		if (settle_tree(listing, repo, ref, "migrations", err) < 0)
			return -1;
	}
	return 0;
}

/* Branches that others start from, by their short names. */
static void default_branches(const struct pk_config *config, struct pk_strv *ret)
{
	PK_AUTO(pk_strv) remotes = PK_STRV_INIT;
	const char *first = pk_config_git(config, "init.defaultbranch");

	pk_remote_list(config, &remotes);
	for (size_t i = 0; i < remotes.n; i++) {
		const char *branch = pk_followed_branch(config, remotes.items[i]);

		if (branch)
			pk_strv_push(ret, branch);
	}
	pk_strv_push(ret, "HEAD");
	if (first)
		pk_strv_push(ret, first);
	pk_strv_push(ret, "main");
	pk_strv_push(ret, "master");
}

static bool is_default(const struct pk_strv *names, const char *short_ref)
{
	const char *slash = strchr(short_ref, '/');

	return slash && pk_strv_has(names, slash + 1);
}

static int add_published(struct listing *listing, const struct pk_repo *repo,
			 const struct pk_config *config, const char *folder, struct pk_err *err)
{
	static const char prefix[] = "refs/remotes/";
	PK_AUTO(pk_strv) refs = PK_STRV_INIT, names = PK_STRV_INIT;
	PK_FREE char *branch = pk_repo_branch(repo);
	bool found = false;

	listing->as = PK_SETTLED_PUBLISHED;
	default_branches(config, &names);
	if (pk_ref_list(repo, prefix, &refs, err) < 0)
		return -1;
	for (size_t i = 0; i < refs.n; i++) {
		listing->where = refs.items[i] + strlen(prefix);
		/* A dangling refs/remotes/origin/HEAD says nothing. */
		if (is_default(&names, listing->where))
			found |= settle_tree(listing, repo, refs.items[i], folder, NULL) == 0;
	}
	for (size_t i = 0; !found && i < names.n; i++) {
		PK_FREE char *ref = pk_printf("refs/heads/%s", names.items[i]);
		struct pk_oid tip = { "" };

		if (pk_ref_read(repo, ref, &tip, NULL) < 0 || pk_oid_is_null(&tip))
			continue;
		listing->where = names.items[i];
		return pk_streq(names.items[i], branch)
			       ? 0
			       : settle_tree(listing, repo, ref, folder, err);
	}
	return 0;
}

int pk_settlement_read(const struct pk_repo *repo, const struct pk_config *config,
		       const char *folder, const struct pk_chain *chain, struct pk_settlement *ret,
		       struct pk_err *err)
{
	struct listing listing = { .chain = chain, .settlement = ret };

	ret->n = chain->n;
	ret->as = pk_alloc((chain->n + 1) * sizeof(*ret->as));
	ret->where = pk_alloc((chain->n + 1) * sizeof(*ret->where));
	for (size_t i = 0; i < chain->n; i++)
		ret->as[i] = PK_SETTLED_NOT;
	for (size_t i = 0; i < chain->n; i++)
		if (chain->items[i].adopted)
			settle(ret, i, PK_SETTLED_DEPLOYED, chain->items[i].adopted);
	return add_deployed(&listing, repo, err) < 0 ||
			       add_published(&listing, repo, config, folder, err) < 0
		       ? -1
		       : 0;
}

static int ask_one(const struct pk_config *config, const char *name, const struct pk_chain *chain,
		   struct pk_settlement *settlement, struct pk_err *err)
{
	PK_AUTO(pk_remote) remote = PK_REMOTE_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_applied_list) applied = PK_APPLIED_LIST_INIT;
	bool exists = false;

	if (pk_remote_get(config, name, &remote, err) < 0 ||
	    pk_remote_connect(&remote, &conn, err) < 0 ||
	    pk_applied_read(&conn, &applied, &exists, err) < 0)
		return -1;
	/* Half way is there, too. */
	for (size_t i = 0; i < applied.n; i++)
		for (size_t k = 0; k < chain->n; k++)
			if (pk_streq(applied.items[i].version, chain->items[k].version) &&
			    (!applied.items[i].name ||
			     pk_streq(applied.items[i].name, chain->items[k].name)))
				settle(settlement, k, PK_SETTLED_DEPLOYED, name);
	return 0;
}

int pk_settlement_ask(const struct pk_config *config, const struct pk_chain *chain,
		      struct pk_settlement *settlement, struct pk_err *err)
{
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	pk_remote_list(config, &names);
	for (size_t i = 0; i < names.n; i++)
		if (ask_one(config, names.items[i], chain, settlement, err) < 0)
			return pk_err_wrap(err, "'%s' cannot be asked what it has run",
					   names.items[i]);
	return 0;
}

bool pk_settlement_forked(const struct pk_settlement *settlement, const struct pk_chain *chain)
{
	struct pk_chain_problem *problems = NULL;
	size_t n = pk_chain_verify(chain, &problems);
	bool forked = false;

	for (size_t i = 0; i < n; i++)
		forked |= problems[i].fault != PK_CHAIN_GAP &&
			  (settlement->as[problems[i].index] != PK_SETTLED_DEPLOYED ||
			   settlement->as[problems[i].other] != PK_SETTLED_DEPLOYED);
	free(problems);
	return forked;
}
