#include "base/map.h"
#include "chain/chain.h"

#define REF	  "refs/postkit/fingerprints"
#define FETCHED	  "refs/postkit/remotes/"
#define MAX_TRIES 100

static bool is_fingerprint(const char *s)
{
	return strlen(s) == PK_OID_HEX && strspn(s, "0123456789abcdef") == PK_OID_HEX;
}

/* The tree items of the tip; the paths are ours to free. */
struct entries {
	struct pk_tree_item *items;
	struct pk_strv names;
	size_t n, cap;
};

static void entries_release(struct entries *e)
{
	free(e->items);
	pk_strv_release(&e->names);
}

static void add_entry(struct entries *e, const char *name, const struct pk_oid *oid, unsigned mode)
{
	if (e->n == e->cap) {
		e->cap = e->cap ? e->cap * 2 : 64;
		e->items = pk_realloc_array(e->items, e->cap, sizeof(*e->items));
	}
	pk_strv_push(&e->names, name);
	e->items[e->n++] = (struct pk_tree_item){ e->names.items[e->names.n - 1], *oid, mode };
}

static int collect(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	(void)err;
	add_entry(arg, entry->path, &entry->oid, entry->mode);
	return 0;
}

/* A commit on top of tip whose tree has one entry more. */
static int append(const struct pk_repo *repo, const struct pk_oid *tip, const struct pk_oid *tree,
		  const char *why, struct pk_oid *ret, struct pk_err *err)
{
	struct entries e = { 0 };
	struct pk_oid root;
	int rc = 0;
	if (tip->hex[0]) {
		rc = pk_repo_tree_at(repo, tip->hex, NULL, &root, err);
		if (rc == 0)
			rc = pk_repo_list_tree(repo, &root, collect, &e, err);
	}
	add_entry(&e, tree->hex, tree, 040000);
	if (rc == 0)
		rc = pk_repo_write_tree(repo, e.items, e.n, &root, err);
	if (rc == 0)
		rc = pk_repo_write_commit(repo, &root, tip, why, ret, err);
	entries_release(&e);
	return rc;
}

int pk_fingerprint_store(const struct pk_repo *repo, const struct pk_oid *tree, const char *why,
			 struct pk_err *err)
{
	if (!pk_repo_has_object(repo, tree))
		return pk_err_set(err, "snapshot '%s' is not in this repository", tree->hex);
	for (int i = 0; i < MAX_TRIES; i++) {
		struct pk_oid tip, made, have;
		if (pk_ref_read(repo, REF, &tip, err) < 0)
			return -1;
		have.hex[0] = '\0';
		if (tip.hex[0] && pk_repo_tree_at(repo, tip.hex, tree->hex, &have, err) < 0)
			return -1;
		if (have.hex[0])
			return 0;
		if (append(repo, &tip, tree, why, &made, err) < 0)
			return pk_err_wrap(err, "fingerprint '%s' cannot be stored", tree->hex);
		int rc = pk_ref_swap(repo, REF, &tip, &made, why, err);
		if (rc <= 0)
			return rc;
	}
	return pk_err_set(err, "ref '" REF "' keeps changing");
}

/* Names of other people's refs may say anything: the id of the tree is what counts. */
static bool is_in(const struct pk_repo *repo, const char *ref, const char *fingerprint)
{
	struct pk_oid tip, tree;
	return pk_ref_read(repo, ref, &tip, NULL) == 0 && tip.hex[0] &&
	       pk_repo_tree_at(repo, tip.hex, fingerprint, &tree, NULL) == 0 &&
	       strcmp(tree.hex, fingerprint) == 0;
}

bool pk_fingerprint_known(const struct pk_repo *repo, const char *fingerprint)
{
	PK_AUTO(pk_strv) refs = PK_STRV_INIT;
	if (!fingerprint || !is_fingerprint(fingerprint))
		return false;
	if (is_in(repo, REF, fingerprint))
		return true;
	if (pk_ref_list(repo, FETCHED, &refs, NULL) < 0)
		return false;
	for (size_t i = 0; i < refs.n; i++)
		if (pk_ends_with(refs.items[i], "/fingerprints") &&
		    is_in(repo, refs.items[i], fingerprint))
			return true;
	return false;
}

char *pk_fingerprint_text(const struct pk_repo *repo, const char *fingerprint, const char *path)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	struct pk_oid blob;
	if (!*path || !pk_fingerprint_known(repo, fingerprint) ||
	    pk_repo_tree_at(repo, fingerprint, path, &blob, NULL) < 0 || !blob.hex[0] ||
	    pk_repo_blob(repo, &blob, &text, NULL) < 0)
		return NULL;
	return pk_buf_take(&text);
}

struct listing {
	const char *folder, *beginning;
	struct pk_strv *paths;
};

static int list_path(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	const struct listing *listing = arg;
	PK_FREE char *path = pk_printf("%s%s%s", listing->folder, *listing->folder ? "/" : "", entry->path);

	(void)err;
	if (pk_starts_with(path, listing->beginning))
		pk_strv_push(listing->paths, path);
	return 0;
}

void pk_fingerprint_paths(const struct pk_repo *repo, const char *fingerprint, const char *beginning, struct pk_strv *ret)
{
	const char *slash = strrchr(beginning, '/');
	PK_FREE char *folder = pk_strndup(beginning, slash ? (size_t)(slash - beginning) : 0);
	struct listing listing = { folder, beginning, ret };
	struct pk_oid tree;

	if (pk_fingerprint_known(repo, fingerprint) && pk_repo_tree_at(repo, fingerprint, folder, &tree, NULL) == 0 &&
	    tree.hex[0])
		pk_repo_walk_tree(repo, &tree, list_path, &listing, NULL);
}
