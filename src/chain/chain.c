#include "chain/chain.h"
#include "base/fs.h"
#include "base/map.h"
#include "git/git.h"

#include <sys/stat.h>

void pk_chain_release(struct pk_chain *chain)
{
	for (size_t i = 0; i < chain->n; i++)
		pk_migration_release(&chain->items[i]);
	free(chain->items);
	*chain = (struct pk_chain)PK_CHAIN_INIT;
}

static int add_migration(struct pk_chain *chain, const char *file, const struct pk_buf *text,
			 const char *checksum, struct pk_err *err)
{
	if (chain->n == chain->cap) {
		chain->cap = chain->cap ? chain->cap * 2 : 32;
		chain->items = pk_realloc_array(chain->items, chain->cap, sizeof(*chain->items));
	}
	struct pk_migration *m = &chain->items[chain->n];
	*m = (struct pk_migration)PK_MIGRATION_INIT;
	if (pk_migration_parse(file, text->ptr, text->len, checksum, m, err) < 0) {
		pk_migration_release(m);
		return -1;
	}
	chain->n++;
	return 0;
}

/* dbmate's order: by the digits as text, then by the rest of the name. */
static int compare_migrations(const void *a, const void *b)
{
	const struct pk_migration *x = a, *y = b;
	int c = strcmp(x->version, y->version);
	return c ? c : strcmp(x->file, y->file);
}

static void sort_chain(struct pk_chain *chain)
{
	if (chain->n > 1)
		qsort(chain->items, chain->n, sizeof(*chain->items), compare_migrations);
}

static int refuse_large(const char *path, const char *shown, struct pk_err *err)
{
	struct stat st;

	if (stat(path, &st) || st.st_size <= PK_BLOB_MAX)
		return 0;
	return pk_err_set(err, "migration '%s' cannot be read: the file is larger than %d MB", shown,
			  PK_BLOB_MAX >> 20);
}

int pk_chain_from_dir(struct pk_chain *chain, const char *workdir, const char *dir,
		      struct pk_err *err)
{
	PK_FREE char *folder = pk_path_join(workdir, dir);
	PK_AUTO(pk_strv) files = PK_STRV_INIT;
	if (!pk_path_is_dir(folder))
		return 0;
	if (pk_list_files(folder, ".sql", &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++) {
		if (strchr(files.items[i], '/'))
			continue;
		PK_AUTO(pk_buf) text = PK_BUF_INIT;
		PK_FREE char *path = pk_path_join(folder, files.items[i]);
		PK_FREE char *shown = pk_path_join(dir, files.items[i]);
		if (refuse_large(path, shown, err) < 0 || pk_read_file(path, &text, err) < 0)
			return -1;
		PK_FREE char *checksum = pk_git_hash_blob(text.ptr, text.len);
		if (add_migration(chain, shown, &text, checksum, err) < 0)
			return -1;
	}
	sort_chain(chain);
	return 0;
}

struct reading {
	struct pk_chain *chain;
	const struct pk_repo *repo;
	const char *dir;
};

#define IS_FILE(mode) (((mode)&0170000u) == 0100000u)

static int read_entry(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct reading *r = arg;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	if (!pk_ends_with(entry->path, ".sql") || entry->mode == 040000)
		return 0;
	PK_FREE char *shown = pk_path_join(r->dir, entry->path);
	if (!IS_FILE(entry->mode))
		return pk_err_set(err, "migration '%s' is not a regular file", shown);
	if (pk_repo_blob(r->repo, &entry->oid, &text, err) < 0)
		return pk_err_wrap(err, "migration '%s' cannot be read", shown);
	return add_migration(r->chain, shown, &text, entry->oid.hex, err);
}

int pk_chain_from_rev(struct pk_chain *chain, const struct pk_repo *repo, const char *rev,
		      const char *dir, struct pk_err *err)
{
	struct reading r = { chain, repo, dir };
	struct pk_oid tree;
	if (pk_repo_tree_at(repo, rev, dir, &tree, err) < 0)
		return -1;
	if (!tree.hex[0])
		return 0;
	if (pk_repo_list_tree(repo, &tree, read_entry, &r, err) != 0)
		return -1;
	sort_chain(chain);
	return 0;
}

const struct pk_migration *pk_chain_find(const struct pk_chain *chain, const char *version)
{
	for (size_t i = 0; i < chain->n; i++)
		if (strcmp(chain->items[i].version, version) == 0)
			return &chain->items[i];
	return NULL;
}

const char *pk_chain_end(const struct pk_chain *chain)
{
	for (size_t i = chain->n; i-- > 0;)
		if (chain->items[i].to)
			return chain->items[i].to;
	return NULL;
}

static void add_problem(struct pk_chain_problem **list, size_t *n, enum pk_chain_fault fault,
			size_t index, size_t other)
{
	*list = pk_realloc_array(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = (struct pk_chain_problem){ fault, index, other };
}

/*
 * A migration without a header leads nobody knows where, so the next one may start anywhere. One
 * that starts where an earlier one did, instead of where the chain was, was made beside it.
 */
size_t pk_chain_verify(const struct pk_chain *chain, struct pk_chain_problem **ret)
{
	PK_AUTO(pk_map) starts = PK_MAP_INIT; /* from -> the first migration with it */
	const char *at = NULL;
	size_t n = 0;
	*ret = NULL;
	for (size_t i = 0; i < chain->n; i++) {
		const struct pk_migration *m = &chain->items[i];
		if (i > 0 && strcmp(chain->items[i - 1].version, m->version) == 0)
			add_problem(ret, &n, PK_CHAIN_DUPLICATE, i, i - 1);
		const struct pk_migration *first = m->from ? pk_map_get(&starts, m->from) : NULL;
		if (m->from && at && strcmp(m->from, at) != 0) {
			if (first)
				add_problem(ret, &n, PK_CHAIN_FORK, i,
					    (size_t)(first - chain->items));
			else
				add_problem(ret, &n, PK_CHAIN_GAP, i, i - 1);
		}
		if (m->from && !first)
			pk_map_set(&starts, m->from, &chain->items[i]);
		at = m->to;
	}
	return n;
}
