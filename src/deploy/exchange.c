#include "deploy/exchange.h"

#include "base/map.h"
#include "base/sig.h"
#include "clone/remote.h"
#include "git/network.h"

#define DEPLOYS	     "refs/postkit/deploys/"
#define FINGERPRINTS "refs/postkit/fingerprints"
#define REFS	     "refs/postkit/"
#define TRIES	     8

void pk_exchange_release(struct pk_exchange *x)
{
	for (size_t i = 0; i < x->n; i++) {
		free(x->items[i].name);
		free(x->items[i].why);
	}
	free(x->items);
	free(x->git_remote);
	*x = (struct pk_exchange)PK_EXCHANGE_INIT;
}

static char *setting_of(const struct pk_exchange *x)
{
	return pk_printf("remote.%s.postkitRecords", x->git_remote);
}

int pk_exchange_open(struct pk_exchange *x, const struct pk_repo *repo,
		     const struct pk_config *config, const char *git_remote, struct pk_err *err)
{
	x->repo = repo;
	x->config = config;
	x->git_remote = git_remote ? pk_strdup(git_remote) : pk_git_remote_default(repo, config);
	if (!x->git_remote) {
		pk_err_set(err, "there is no git remote to share records with, or none of several "
				"is 'origin'");
		return pk_err_hint(err, "git remote add origin URL, or name one");
	}
	if (!pk_git_remote_known(config, x->git_remote)) {
		pk_err_set(err, "there is no git remote '%s'", x->git_remote);
		return pk_err_hint(err, "git remote lists them");
	}
	PK_FREE char *key = setting_of(x);
	x->branches = pk_streq(pk_config_git(config, key), "branches");
	return 0;
}

/* Of several rounds, and of the two places where it may be, the one that found something counts. branches: the place. */
static void note(struct pk_exchange *x, const char *name, bool branches, enum pk_exchanged what, const char *why)
{
	for (size_t i = 0; i < x->n; i++) {
		if (!pk_streq(x->items[i].name, name))
			continue;
		x->items[i].refused[branches] |= what == PK_EXCHANGED_REFUSED;
		/* A refusal stays, be the same fine at its other place. */
		if (what == PK_EXCHANGED_SAME || x->items[i].what == PK_EXCHANGED_REFUSED)
			return;
		x->items[i].what = what;
		free(x->items[i].why);
		x->items[i].why = pk_strdup(why);
		return;
	}
	if (x->n == x->cap) {
		x->cap = x->cap ? 2 * x->cap : 8;
		x->items = pk_realloc_array(x->items, x->cap, sizeof(*x->items));
	}
	x->items[x->n] = (struct pk_exchange_item){ .name = pk_strdup(name), .what = what, .why = pk_strdup(why) };
	x->items[x->n++].refused[branches] = what == PK_EXCHANGED_REFUSED;
}

static const struct pk_exchange_item *refused_at(const struct pk_exchange *x, const char *name, bool branches)
{
	for (size_t i = 0; i < x->n; i++)
		if (x->items[i].refused[branches] && pk_streq(x->items[i].name, name))
			return &x->items[i];
	return NULL;
}

/* ---- joining ---- */

/* A tag that leads to a commit would do to read, and nothing could be written on top of it. */
static int refuse_other(const struct pk_repo *repo, const struct pk_oid *theirs, struct pk_err *err)
{
	struct pk_oid commit = { "" };

	if (pk_repo_commit_of(repo, theirs->hex, &commit, err) < 0)
		return -1;
	return pk_streq(commit.hex, theirs->hex)
		       ? 0
		       : pk_err_set(err, "%.12s is not a commit", theirs->hex);
}

/* What is theirs alone must be records. */
static int check_theirs(const struct pk_repo *repo, const struct pk_oid *ours,
			const struct pk_oid *theirs, const char *remote, struct pk_err *err)
{
	PK_AUTO(pk_commits) commits = PK_COMMITS_INIT;
	const char *const exclude[] = { ours->hex, NULL };

	if (pk_repo_log(repo, theirs->hex, ours->hex[0] ? exclude : NULL, &commits, err) < 0)
		return -1;
	for (size_t i = 0; i < commits.n; i++)
		if (pk_record_check(repo, &commits.items[i].oid, remote, err) < 0)
			return -1;
	return 0;
}

/* Its tree is that of the later one, which all that has run is in; the other one is its first parent. */
static int join_records(const struct pk_repo *repo, const struct pk_oid *ours,
			const struct pk_oid *theirs, const char *remote, struct pk_oid *ret,
			struct pk_err *err)
{
	const struct pk_oid *later = pk_record_later(repo, ours, theirs);
	const struct pk_oid *earlier = later == ours ? theirs : ours;
	PK_FREE char *message = pk_printf("records of %s from two sides\n", remote);
	struct pk_oid tree = { "" };

	if (!later)
		return pk_err_set(err, "neither side is a deploy record");
	return pk_repo_tree_at(repo, later->hex, NULL, &tree, err) < 0
		       ? -1
		       : pk_repo_write_join(repo, &tree, earlier, later, message, ret, err);
}

struct union_of {
	struct pk_map seen;
	struct pk_strv names;
	struct pk_tree_item *items;
	size_t n;
	bool lies; /* there is an entry that is not what its name says */
};

static void union_of_release(struct union_of *all)
{
	pk_map_release(&all->seen);
	pk_strv_release(&all->names);
	free(all->items);
}

/* An entry is a folder, and its name is its id: others are left out. */
static int add_fingerprint(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct union_of *all = arg;

	(void)err;
	if (entry->mode != 040000 || !pk_streq(entry->path, entry->oid.hex)) {
		all->lies = true;
		return 0;
	}
	if (!pk_map_set(&all->seen, entry->path, all))
		return 0;
	pk_strv_push(&all->names, entry->path);
	all->items = pk_realloc_array(all->items, all->n + 1, sizeof(*all->items));
	all->items[all->n++] = (struct pk_tree_item){ .oid = entry->oid, .mode = 040000 };
	return 0;
}

static int add_fingerprints(const struct pk_repo *repo, const struct pk_oid *commit,
			    struct union_of *all, struct pk_err *err)
{
	struct pk_oid tree = { "" };

	return pk_repo_tree_at(repo, commit->hex, NULL, &tree, err) < 0 ||
			       pk_repo_list_tree(repo, &tree, add_fingerprint, all, err) < 0
		       ? -1
		       : 0;
}

/*
 * What either side has. Theirs as it is where that is all of it and follows ours; else a commit on top of both, or of
 * theirs when ours is in it.
 */
static int join_fingerprints(const struct pk_repo *repo, const struct pk_oid *ours,
			     const struct pk_oid *theirs, enum pk_exchanged *ret,
			     struct pk_oid *ret_value, struct pk_err *err)
{
	struct union_of all __attribute__((cleanup(union_of_release))) = { .seen = PK_MAP_INIT };
	bool in_order = strcmp(ours->hex, theirs->hex) < 0;
	static const char message[] = "fingerprints from two sides\n";
	struct pk_oid tree = { "" };

	if (add_fingerprints(repo, theirs, &all, err) < 0)
		return -1;
	if (!all.n && all.lies)
		return pk_err_set(err, "%.12s holds no schema under its fingerprint", theirs->hex);
	size_t n_theirs = all.n;
	bool follows = !ours->hex[0] || pk_repo_is_ancestor(repo, ours->hex, theirs->hex);
	if (ours->hex[0] && add_fingerprints(repo, ours, &all, err) < 0)
		return -1;
	if (follows && all.n == n_theirs && !all.lies)
		return 0;
	for (size_t i = 0; i < all.n; i++)
		all.items[i].path = all.names.items[i];
	*ret = PK_EXCHANGED_JOINED;
	if (pk_repo_write_tree(repo, all.items, all.n, &tree, err) < 0)
		return -1;
	return follows ? pk_repo_write_commit(repo, &tree, theirs, message, ret_value, err)
		       : pk_repo_write_join(repo, &tree, in_order ? ours : theirs,
					    in_order ? theirs : ours, message, ret_value, err);
}

/* remote NULL: fingerprints, of which each lookup asks whether the name is true. */
static int decide(const struct pk_repo *repo, const struct pk_oid *ours,
		  const struct pk_oid *theirs, const char *remote, enum pk_exchanged *ret,
		  struct pk_oid *ret_value, struct pk_err *err)
{
	*ret_value = *theirs;
	*ret = ours->hex[0] ? PK_EXCHANGED_FORWARD : PK_EXCHANGED_NEW;
	if (refuse_other(repo, theirs, err) < 0)
		return -1;
	if (ours->hex[0] && pk_repo_is_ancestor(repo, theirs->hex, ours->hex)) {
		*ret = PK_EXCHANGED_SAME;
		return 0;
	}
	if (!remote)
		return join_fingerprints(repo, ours, theirs, ret, ret_value, err);
	if (check_theirs(repo, ours, theirs, remote, err) < 0)
		return -1;
	if (!ours->hex[0] || pk_repo_is_ancestor(repo, ours->hex, theirs->hex))
		return 0;
	*ret = PK_EXCHANGED_JOINED;
	return join_records(repo, ours, theirs, remote, ret_value, err);
}

static int take_in(struct pk_exchange *x, const char *ref, const char *tracking, const char *remote,
		   bool branches, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	for (int i = 0; i < TRIES; i++) {
		struct pk_oid ours = { "" }, theirs = { "" }, value = { "" };
		enum pk_exchanged what = PK_EXCHANGED_SAME;
		int rc = 0;

		if (pk_ref_read(x->repo, ref, &ours, err) < 0 ||
		    pk_ref_read(x->repo, tracking, &theirs, err) < 0)
			return -1;
		if (decide(x->repo, &ours, &theirs, remote, &what, &value, &why) < 0) {
			if (pk_err_move_interrupt(err, &why))
				return -1;
			note(x, remote, branches, PK_EXCHANGED_REFUSED, why.msg);
			x->kept = true;
			return 0;
		}
		if (what != PK_EXCHANGED_SAME)
			rc = pk_ref_swap(x->repo, ref, &ours, &value, "records fetch", err);
		if (rc < 0)
			return -1;
		if (rc == 0) {
			note(x, remote, branches, what, NULL);
			return 0;
		}
	}
	return pk_err_set(err, "'%s' is being changed by others without end", ref);
}

/* ---- fetching ---- */

static bool is_branch(const char *ref)
{
	return pk_starts_with(ref, PK_RECORD_BRANCHES);
}

/* A ref of theirs that is one to share: what it is called below refs/postkit/, and of which remote it is. */
static const char *shared_name(const char *ref, const char **ret_remote)
{
	const char *name = is_branch(ref)	       ? ref + strlen(PK_RECORD_BRANCHES)
			   : pk_starts_with(ref, REFS) ? ref + strlen(REFS)
						       : NULL;

	*ret_remote = NULL;
	if (!name || pk_streq(name, "fingerprints"))
		return name;
	if (!pk_starts_with(name, "deploys/") || !pk_remote_valid_name(name + strlen("deploys/")))
		return NULL;
	*ret_remote = name + strlen("deploys/");
	return name;
}

static char *tracking_of(const struct pk_exchange *x, const char *ref, const char *name)
{
	return pk_printf(REFS "remotes/%s/%s%s", x->git_remote,
			 is_branch(ref) ? "branches/" : "", name);
}

static int ask(const struct pk_exchange *x, struct pk_net_refs *ret, struct pk_err *err)
{
	static const char *const patterns[] = { DEPLOYS "*", FINGERPRINTS, PK_RECORD_BRANCHES "*", NULL };

	return pk_git_ls_remote(x->repo, x->git_remote, patterns, ret, err);
}

/* What a remote holds now may be another history: the tracking ref only says what is there. NULL: not one to share. */
static char *refspec_of(const struct pk_exchange *x, const char *ref)
{
	const char *remote, *name = shared_name(ref, &remote);
	PK_FREE char *tracking = name ? tracking_of(x, ref, name) : NULL;

	return name ? pk_printf("+%s:%s", ref, tracking) : NULL;
}

/* What git takes into no repository is refused, and is in no other's way. */
static int fetch_each(struct pk_exchange *x, const struct pk_net_refs *refs, struct pk_err *err)
{
	for (size_t i = 0; i < refs->n; i++) {
		PK_AUTO(pk_strv) one = PK_STRV_INIT;
		PK_FREE char *refusal = NULL;
		char *refspec = refspec_of(x, refs->items[i].name);
		const char *remote, *ref = refs->items[i].name;

		if (!refspec)
			continue;
		pk_strv_push_take(&one, refspec);
		if (pk_interrupted())
			return pk_err_interrupted(err, "interrupted while fetching from '%s'", x->git_remote);
		if (pk_git_fetch(x->repo, x->git_remote, &one, &refusal, err) < 0)
			return -1;
		if (!refusal)
			continue;
		shared_name(ref, &remote);
		note(x, remote, is_branch(ref), PK_EXCHANGED_REFUSED, refusal);
		x->broken = true;
	}
	return 0;
}

static int fetch_all(struct pk_exchange *x, const struct pk_net_refs *refs, struct pk_err *err)
{
	PK_AUTO(pk_strv) refspecs = PK_STRV_INIT;
	PK_FREE char *refusal = NULL;

	for (size_t i = 0; i < refs->n; i++) {
		char *refspec = refspec_of(x, refs->items[i].name);

		if (refspec)
			pk_strv_push_take(&refspecs, refspec);
	}
	if (refspecs.n && pk_git_fetch(x->repo, x->git_remote, &refspecs, &refusal, err) < 0)
		return -1;
	return refusal ? fetch_each(x, refs, err) : 0;
}

static int fetch_refs(struct pk_exchange *x, struct pk_net_refs *refs, struct pk_err *err)
{
	const char *remote;

	if (ask(x, refs, err) < 0 || fetch_all(x, refs, err) < 0)
		return -1;
	for (size_t i = 0; i < refs->n; i++) {
		bool branch = is_branch(refs->items[i].name);
		const char *name = shared_name(refs->items[i].name, &remote);
		PK_FREE char *tracking = name ? tracking_of(x, refs->items[i].name, name) : NULL;
		PK_FREE char *own = name ? pk_printf(REFS "%s", name) : NULL;

		if (name && !refused_at(x, remote, branch) && take_in(x, own, tracking, remote, branch, err) < 0)
			return -1;
	}
	return 0;
}

int pk_exchange_fetch(struct pk_exchange *x, struct pk_err *err)
{
	PK_AUTO(pk_net_refs) refs = PK_NET_REFS_INIT;

	return fetch_refs(x, &refs, err);
}

/* ---- pushing ---- */

static bool has_it(const struct pk_net_refs *refs, const char *name, const struct pk_oid *oid)
{
	for (size_t i = 0; i < refs->n; i++)
		if (pk_streq(refs->items[i].name, name))
			return pk_streq(refs->items[i].oid.hex, oid->hex);
	return false;
}

const struct pk_exchange_item *pk_exchange_in_the_way(const struct pk_exchange *x, const char *remote)
{
	return refused_at(x, remote, x->branches);
}

/* Own refs that the remote does not have as they are, and their names there. */
static int list_unsent(const struct pk_exchange *x, const struct pk_net_refs *refs,
		       struct pk_strv *ret, struct pk_err *err)
{
	PK_AUTO(pk_strv) own = PK_STRV_INIT;
	const char *remote;

	if (pk_ref_list(x->repo, DEPLOYS, &own, err) < 0)
		return -1;
	pk_strv_push(&own, FINGERPRINTS);
	for (size_t i = 0; i < own.n; i++) {
		const char *name = shared_name(own.items[i], &remote);
		PK_FREE char *there =
			name ? pk_printf("%s%s", x->branches ? PK_RECORD_BRANCHES : REFS, name) : NULL;
		struct pk_oid oid = { "" };

		if (!name || pk_exchange_in_the_way(x, remote))
			continue;
		if (pk_ref_read(x->repo, own.items[i], &oid, err) < 0)
			return -1;
		if (oid.hex[0] && !has_it(refs, there, &oid))
			pk_strv_pushf(ret, "%s:%s", oid.hex, there);
	}
	return 0;
}

static int use_branches(struct pk_exchange *x, struct pk_err *err)
{
	PK_FREE char *key = setting_of(x);

	x->branches = true;
	return pk_config_set(x->repo, key, "branches", err);
}

/* One round: fetch and join, push. *ret_again: others were faster, or the host wants branches. */
static int push_once(struct pk_exchange *x, bool *ret_again, char **first_refusal,
		     struct pk_err *err)
{
	PK_AUTO(pk_net_refs) refs = PK_NET_REFS_INIT;
	PK_AUTO(pk_strv) refspecs = PK_STRV_INIT;
	PK_FREE char *why = NULL;
	enum pk_pushed pushed = PK_PUSHED;

	*ret_again = false;
	if (fetch_refs(x, &refs, err) < 0 || list_unsent(x, &refs, &refspecs, err) < 0)
		return -1;
	if (!refspecs.n)
		return 0;
	if (pk_git_push(x->repo, x->git_remote, &refspecs, &pushed, &why, err) < 0)
		return -1;
	if (pushed == PK_PUSHED) {
		x->sent += refspecs.n;
		return *first_refusal ? use_branches(x, err) : 0;
	}
	*ret_again = true;
	if (pushed == PK_PUSHED_BEHIND)
		return 0;
	if (x->branches) {
		pk_err_set(err, "'%s' refuses the records: %s", x->git_remote, why);
		return *first_refusal
			       ? pk_err_detail(err,
					       "as " REFS
					       "...: %s\nas branches postkit/records/...: %s",
					       *first_refusal, why)
			       : -1;
	}
	*first_refusal = pk_take(&why);
	x->branches = true;
	return 0;
}

int pk_exchange_push(struct pk_exchange *x, struct pk_err *err)
{
	PK_FREE char *first_refusal = NULL;

	for (int i = 0; i < TRIES; i++) {
		bool again = false;

		if (push_once(x, &again, &first_refusal, err) < 0)
			return -1;
		if (!again)
			return 0;
	}
	pk_err_set(err, "others push to '%s' without end, or it cannot take the refs",
		   x->git_remote);
	return pk_err_hint(err, "git postkit records push tries it again");
}
