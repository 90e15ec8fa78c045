#include "check/rules.h"

#include "base/fs.h"

struct gather {
	struct pk_check_state *state;
	struct pk_map *to;
	const char *where;
};

static int gather_entry(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct gather *gather = arg;
	struct pk_check_state *state = gather->state;
	struct pk_published *item;

	(void)err;
	if (!pk_ends_with(entry->path, ".sql"))
		return 0;
	item = pk_arena_alloc(&state->arena, sizeof(*item));
	item->oid = entry->oid;
	item->where = gather->where;
	if (gather->to == &state->published) {
		PK_FREE char *key = pk_printf("%s %s", entry->path, entry->oid.hex);

		pk_map_set(gather->to, key, item);
		pk_map_set(&state->by_file, entry->path, item);
	} else {
		item->next = pk_map_get(gather->to, entry->path);
		pk_map_set(gather->to, entry->path, item);
	}
	return 0;
}

int pk_check_gather_tree(struct pk_check_state *state, struct pk_map *to, const struct pk_oid *tree,
			 const char *where, struct pk_err *err)
{
	struct gather gather = { .state = state, .to = to };
	PK_FREE char *key = pk_printf("%d %s", to == &state->deployed, tree->hex);

	if (pk_oid_is_null(tree) || pk_map_get(&state->walked, key))
		return 0;
	pk_map_set(&state->walked, key, state);
	gather.where = pk_arena_strdup(&state->arena, where);
	return pk_repo_walk_tree(state->in->repo, tree, gather_entry, &gather, err);
}

static int gather_tracking(struct pk_check_state *state, struct pk_err *err)
{
	const struct pk_check_input *in = state->in;
	PK_AUTO(pk_strv) refs = PK_STRV_INIT;
	PK_FREE char *prefix = NULL;

	if (!in->remote)
		return 0;
	if (pk_streq(in->remote, "."))
		prefix = pk_strdup("refs/heads/");
	else
		prefix = pk_streq(in->remote, "*") ? pk_strdup("refs/remotes/")
						   : pk_printf("refs/remotes/%s/", in->remote);
	if (pk_ref_list(in->repo, prefix, &refs, err) < 0)
		return -1;
	for (size_t i = 0; i < refs.n; i++) {
		struct pk_check_trees trees = { 0 };
		PK_FREE char *key = NULL;

		/* A dangling refs/remotes/origin/HEAD is nobody's fault here. */
		if (pk_check_trees(in, refs.items[i], &trees, NULL) < 0)
			continue;
		key = pk_check_key(&trees);
		pk_map_set(&state->known, key, state);
		if (pk_check_gather_tree(state, &state->published, &trees.migrations,
					 strchr(refs.items[i] + strlen("refs/"), '/') + 1, err) < 0)
			return -1;
	}
	return 0;
}

/* The tree of a deploy record lists what its remote has run: migrations/<file> -> blob. */
static int gather_deployed(struct pk_check_state *state, struct pk_err *err)
{
	static const char prefix[] = "refs/postkit/deploys/";
	PK_AUTO(pk_strv) refs = PK_STRV_INIT;

	if (pk_ref_list(state->in->repo, prefix, &refs, err) < 0)
		return -1;
	for (size_t i = 0; i < refs.n; i++) {
		struct pk_oid tree = { "" };

		if (pk_repo_tree_at(state->in->repo, refs.items[i], "migrations", &tree, err) < 0 ||
		    pk_check_gather_tree(state, &state->deployed, &tree, refs.items[i] + strlen(prefix), err) < 0)
			return -1;
	}
	return 0;
}

int pk_check_gather(struct pk_check_state *state, struct pk_err *err)
{
	if (state->gathered)
		return 0;
	state->gathered = true;
	return gather_tracking(state, err) < 0 || gather_deployed(state, err) < 0 ? -1 : 0;
}

static int read_sql(struct pk_check_state *state, const char *file, const struct pk_oid *oid,
		    struct pk_migration *ret, bool *ret_parsed, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (pk_repo_blob(state->in->repo, oid, &text, err) < 0)
		return -1;
	*ret_parsed = pk_migration_parse(file, text.ptr, text.len, oid->hex, ret, NULL) == 0;
	return 0;
}

/* The header may be written again when a branch is put on top of another; what runs may not. */
static int same_sql(struct pk_check_state *state, const char *file, const struct pk_oid *a,
		    const struct pk_oid *b, bool *ret, struct pk_err *err)
{
	PK_AUTO(pk_migration) old = PK_MIGRATION_INIT;
	PK_AUTO(pk_migration) new = PK_MIGRATION_INIT;
	bool old_parsed = false, new_parsed = false;

	if (read_sql(state, file, a, &old, &old_parsed, err) < 0 ||
	    read_sql(state, file, b, &new, &new_parsed, err) < 0)
		return -1;
	*ret = old_parsed && new_parsed && pk_streq(old.up, new.up) && pk_streq(old.down, new.down) &&
	       old.up_transaction == new.up_transaction && old.down_transaction == new.down_transaction;
	return 0;
}

/* One that ran with another text. Where records are believed, one that ran with this text settles it. */
static const struct pk_published *ran_otherwise(const struct pk_check_state *state, const char *file, const struct pk_oid *oid)
{
	const struct pk_published *found = NULL;

	for (const struct pk_published *p = pk_map_get(&state->deployed, file); p; p = p->next) {
		bool same = pk_streq(p->oid.hex, oid->hex);

		if (same && !state->in->no_records)
			return NULL;
		found = same ? found : p;
	}
	return found;
}

static struct pk_fault edited(const char *path, const char *fix)
{
	return (struct pk_fault){ .rule = "edited", .file = path, .line = 1, .fix = fix };
}

int pk_check_edited(struct pk_check_state *state, const char *file, const struct pk_oid *oid,
		    struct pk_err *err)
{
	const struct pk_published *deployed = ran_otherwise(state, file, oid);
	bool settled = pk_map_get(&state->deployed, file) && !state->in->no_records;
	const struct pk_published *published = pk_map_get(&state->by_file, file);
	PK_FREE char *path = pk_path_join(state->in->project->migrations_dir, file);
	PK_FREE char *key = pk_printf("%s %s", file, oid->hex);
	PK_FREE char *fix = NULL;
	bool same = false;

	if (deployed) {
		fix = pk_printf("give it back its text (git cat-file -p %.12s > %s) and put the change into a new "
				"migration", deployed->oid.hex, path);
		pk_check_reason(state->ret, edited(path, fix), "was changed after it ran on '%s'", deployed->where);
		return 0;
	}
	if (settled || !published || pk_map_get(&state->published, key))
		return 0;
	if (same_sql(state, path, &published->oid, oid, &same, err) < 0)
		return -1;
	if (same)
		return 0;
	fix = pk_printf("give it back its text (git cat-file -p %.12s > %s) and put the change into a new "
			"migration", published->oid.hex, path);
	pk_check_reason(state->ret, edited(path, fix), "was changed after it was published in '%s'", published->where);
	return 0;
}

struct removed {
	struct pk_check_state *state;
	const struct pk_strv *files;
	const struct pk_chain *chain;
	const char *where;
};

/* The same SQL under a later version is the same migration put on top of others. */
static int moved(struct removed *removed, const struct pk_tree_entry *entry, bool *ret, struct pk_err *err)
{
	PK_AUTO(pk_migration) old = PK_MIGRATION_INIT;
	bool parsed = false;

	*ret = false;
	if (read_sql(removed->state, entry->path, &entry->oid, &old, &parsed, err) < 0)
		return -1;
	for (size_t i = 0; parsed && i < removed->chain->n && !*ret; i++)
		*ret = pk_streq(removed->chain->items[i].up, old.up);
	return 0;
}

static int look_for_removed(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct removed *removed = arg;
	struct pk_check_state *state = removed->state;
	const struct pk_published *deployed = pk_map_get(&state->deployed, entry->path);
	PK_FREE char *path = pk_path_join(state->in->project->migrations_dir, entry->path);
	PK_FREE char *fix = NULL;
	bool is_moved = false;

	if (!pk_ends_with(entry->path, ".sql") || pk_strv_has(removed->files, entry->path))
		return 0;
	if (!deployed && moved(removed, entry, &is_moved, err) < 0)
		return -1;
	if (is_moved)
		return 0;
	fix = pk_printf("give it back (git cat-file -p %.12s > %s) and undo it with a new migration",
			entry->oid.hex, path);
	const struct pk_fault fault = { .rule = "removed", .file = path, .fix = fix };
	if (deployed)
		pk_check_reason(state->ret, fault, "was removed after it ran on '%s'", deployed->where);
	else
		pk_check_reason(state->ret, fault, "was removed after it was published in '%s'", removed->where);
	return 0;
}

int pk_check_removed(struct pk_check_state *state, const struct pk_oid *base_tree, const char *where,
		     const struct pk_strv *files, const struct pk_chain *chain, struct pk_err *err)
{
	struct removed removed = { .state = state, .files = files, .chain = chain, .where = where };

	return pk_repo_walk_tree(state->in->repo, base_tree, look_for_removed, &removed, err);
}
