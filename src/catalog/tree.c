/* Snapshots as git trees, and what differs between two. */
#include "base/strv.h"
#include "catalog/snapshot.h"

int pk_snapshot_write_tree(const struct pk_snapshot *snapshot, const struct pk_repo *repo, struct pk_oid *ret_tree,
			   struct pk_err *err)
{
	struct pk_tree_item *items = pk_realloc_array(NULL, snapshot->n + 1, sizeof(*items));
	size_t n = 0;
	int status = 0;

	for (size_t i = 0; i < snapshot->n && status == 0; i++) {
		const struct pk_object *o = snapshot->objects[i];

		if (!o->path)
			continue;
		items[n] = (struct pk_tree_item){ .path = o->path };
		if (repo)
			status = pk_repo_write_blob(repo, o->text, strlen(o->text), &items[n].oid, err);
		else
			items[n].oid = o->blob;
		n++;
	}
	if (status == 0)
		status = repo ? pk_repo_write_tree(repo, items, n, ret_tree, err) :
				pk_repo_hash_tree(NULL, items, n, ret_tree, err);
	free(items);
	return status;
}

void pk_tree_diff_release(struct pk_tree_diff *diff)
{
	for (size_t i = 0; i < diff->n; i++) {
		free(diff->items[i].path);
		free(diff->items[i].from);
		free(diff->items[i].to);
	}
	free(diff->items);
	*diff = (struct pk_tree_diff)PK_TREE_DIFF_INIT;
}

static void add(struct pk_tree_diff *diff, enum pk_diff_what what, const char *path, const char *from, const char *to)
{
	if (diff->n == diff->cap) {
		diff->cap = diff->cap ? diff->cap * 2 : 16;
		diff->items = pk_realloc_array(diff->items, diff->cap, sizeof(*diff->items));
	}
	diff->items[diff->n++] = (struct pk_tree_diff_item){ what, pk_strdup(path), pk_strdup(from), pk_strdup(to) };
}

struct walk {
	const struct pk_repo *repo;
	const struct pk_map *to; /* path -> object */
	struct pk_map seen;
	struct pk_tree_diff *ret;
};

static int visit(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct walk *w = arg;
	const struct pk_object *o = pk_map_get(w->to, entry->path);
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_map_set(&w->seen, entry->path, w);
	if (pk_repo_blob(w->repo, &entry->oid, &text, err) < 0)
		return -1;
	if (!o)
		add(w->ret, PK_REMOVED, entry->path, text.ptr, NULL);
	else if (strcmp(o->text, text.ptr) != 0)
		add(w->ret, PK_CHANGED, entry->path, text.ptr, o->text);
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct pk_tree_diff_item *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int pk_snapshot_diff_tree(const struct pk_repo *repo, const struct pk_oid *from_tree, const struct pk_snapshot *to,
			  struct pk_tree_diff *ret, struct pk_err *err)
{
	struct pk_map paths = PK_MAP_INIT;
	struct walk w = { .repo = repo, .to = &paths, .ret = ret };
	int status;

	for (size_t i = 0; i < to->n; i++) {
		if (to->objects[i]->path)
			pk_map_set(&paths, to->objects[i]->path, to->objects[i]);
	}
	status = pk_oid_is_null(from_tree) ? 0 : pk_repo_walk_tree(repo, from_tree, visit, &w, err);
	for (size_t i = 0; i < paths.n && status == 0; i++) {
		const struct pk_object *o = paths.entries[i].value;

		if (!pk_map_get(&w.seen, o->path))
			add(ret, PK_ADDED, o->path, NULL, o->text);
	}
	if (ret->n)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_path);
	pk_map_release(&paths);
	pk_map_release(&w.seen);
	return status;
}
