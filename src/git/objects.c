#include "base/clock.h"
#include "base/map.h"
#include "base/text.h"
#include "git/internal.h"
#include <git2/sys/commit.h>
#include <strings.h>
#include <unistd.h>

/* A tree deeper or larger than this was made to hurt whoever walks it. */
#define MAX_DEPTH   128
#define MAX_ENTRIES 1000000

#define MODE_TREE 0040000u
#define MODE_FILE 0100644u

/* Does a remote promise to have what is not here? */
static bool is_partial(const struct pk_repo *repo)
{
	git_config *config = NULL;
	git_config_iterator *iterator = NULL;
	git_config_entry *entry = NULL;
	bool partial = false;
	if (git_repository_config_snapshot(&config, repo->handle) == 0 &&
	    git_config_iterator_new(&iterator, config) == 0)
		while (!partial && git_config_next(&entry, iterator) == 0)
			partial = pk_starts_with(entry->name, "remote.") &&
				  pk_ends_with(entry->name, ".promisor");
	git_config_iterator_free(iterator);
	git_config_free(config);
	return partial;
}

int pk_repo_missing(const struct pk_repo *repo, int rc, const struct pk_oid *oid,
		    struct pk_err *err)
{
	if (rc != GIT_ENOTFOUND)
		return pk_git2_err(err, "object '%s' cannot be read", oid->hex);
	pk_err_set(err, "object '%s' is missing from this repository", oid->hex);
	if (is_partial(repo))
		return pk_err_hint(
			err,
			"this is a partial clone, fetch the rest: git fetch --refetch --no-filter");
	if (git_repository_is_shallow(repo->handle))
		return pk_err_hint(err,
				   "this clone is shallow, fetch the rest: git fetch --unshallow");
	return pk_err_hint(err, "look what else is missing: git fsck");
}

/* Asked of the header alone: reading it all may take more memory than there is. */
static bool is_too_large(const struct pk_repo *repo, const git_oid *id)
{
	PK_GIT2(git_odb) *odb = NULL;
	git_object_t type;
	size_t size;

	return git_repository_odb(&odb, repo->handle) == 0 && git_odb_read_header(&size, &type, odb, id) == 0 &&
	       size > PK_BLOB_MAX;
}

int pk_repo_blob(const struct pk_repo *repo, const struct pk_oid *blob, struct pk_buf *ret,
		 struct pk_err *err)
{
	PK_GIT2(git_object) *object = NULL;
	git_oid id;
	if (pk_oid_to_git(blob, &id, err) < 0)
		return -1;
	if (is_too_large(repo, &id))
		return pk_err_set(err, "the file is larger than %d MB", PK_BLOB_MAX >> 20);
	int rc = git_object_lookup(&object, repo->handle, &id, GIT_OBJECT_ANY);
	if (rc < 0)
		return pk_repo_missing(repo, rc, blob, err);
	if (git_object_type(object) != GIT_OBJECT_BLOB)
		return pk_err_set(err, "object '%s' is a %s, not a file", blob->hex,
				  git_object_type2string(git_object_type(object)));
	const git_blob *file = (const git_blob *)object;
	pk_buf_addn(ret, git_blob_rawcontent(file), (size_t)git_blob_rawsize(file));
	return 0;
}

/* Names that would leave the folder they are written into, or land in git's own. */
static bool is_unsafe_name(const char *name, size_t n)
{
	static const char *const unsafe[] = { "", ".", "..", ".git" };
	for (size_t i = 0; i < PK_COUNT(unsafe); i++)
		if (strlen(unsafe[i]) == n && strncasecmp(unsafe[i], name, n) == 0)
			return true;
	return memchr(name, '/', n) != NULL;
}

struct walk {
	const struct pk_repo *repo;
	int (*fn)(void *arg, const struct pk_tree_entry *entry, struct pk_err *err);
	void *arg;
	struct pk_buf path;
	size_t seen;
	bool deep;
};

static int lookup_tree(const struct pk_repo *repo, const git_oid *id, git_tree **ret,
		       struct pk_err *err)
{
	PK_GIT2(git_object) *object = NULL;
	struct pk_oid oid;
	pk_oid_from_git(id, &oid);
	int rc = git_object_lookup(&object, repo->handle, id, GIT_OBJECT_ANY);
	if (rc < 0)
		return pk_repo_missing(repo, rc, &oid, err);
	if (git_object_type(object) != GIT_OBJECT_TREE)
		return pk_err_set(err, "object '%s' is a %s, not a tree", oid.hex,
				  git_object_type2string(git_object_type(object)));
	*ret = (git_tree *)object;
	object = NULL;
	return 0;
}

static int walk_level(struct walk *walk, const git_oid *id, int depth, struct pk_err *err)
{
	PK_GIT2(git_tree) *tree = NULL;
	if (depth > MAX_DEPTH)
		return pk_err_set(err, "'%.200s' is more than %d folders deep", walk->path.ptr,
				  MAX_DEPTH);
	if (lookup_tree(walk->repo, id, &tree, err) < 0)
		return -1;
	size_t n = git_tree_entrycount(tree), len = walk->path.len;
	for (size_t i = 0; i < n; i++) {
		const git_tree_entry *e = git_tree_entry_byindex(tree, i);
		const char *name = git_tree_entry_name(e);
		if (is_unsafe_name(name, strlen(name)))
			return pk_err_set(err, "tree '%s' holds the unsafe name '%s'",
					  git_oid_tostr_s(git_tree_id(tree)), name);
		if (++walk->seen > MAX_ENTRIES)
			return pk_err_set(err, "the tree holds more than %d files", MAX_ENTRIES);
		pk_buf_truncate(&walk->path, len);
		if (len > 0)
			pk_buf_addc(&walk->path, '/');
		pk_buf_add(&walk->path, name);
		int rc;
		if (walk->deep && git_tree_entry_type(e) == GIT_OBJECT_TREE) {
			rc = walk_level(walk, git_tree_entry_id(e), depth + 1, err);
		} else {
			struct pk_tree_entry entry = {
				.path = walk->path.ptr, .mode = (unsigned)git_tree_entry_filemode(e)
			};
			pk_oid_from_git(git_tree_entry_id(e), &entry.oid);
			rc = walk->fn(walk->arg, &entry, err);
		}
		if (rc != 0)
			return rc;
	}
	pk_buf_truncate(&walk->path, len);
	return 0;
}

static int walk_from(const struct pk_repo *repo, const struct pk_oid *tree, bool deep,
		     int (*fn)(void *arg, const struct pk_tree_entry *entry, struct pk_err *err),
		     void *arg, struct pk_err *err)
{
	struct walk walk = {
		.repo = repo, .fn = fn, .arg = arg, .path = PK_BUF_INIT, .deep = deep
	};
	git_oid id;
	if (pk_oid_to_git(tree, &id, err) < 0)
		return -1;
	int rc = walk_level(&walk, &id, 0, err);
	pk_buf_release(&walk.path);
	return rc;
}

int pk_repo_walk_tree(const struct pk_repo *repo, const struct pk_oid *tree,
		      int (*fn)(void *arg, const struct pk_tree_entry *entry, struct pk_err *err),
		      void *arg, struct pk_err *err)
{
	return walk_from(repo, tree, true, fn, arg, err);
}

int pk_repo_list_tree(const struct pk_repo *repo, const struct pk_oid *tree,
		      int (*fn)(void *arg, const struct pk_tree_entry *entry, struct pk_err *err),
		      void *arg, struct pk_err *err)
{
	return walk_from(repo, tree, false, fn, arg, err);
}

bool pk_repo_has_object(const struct pk_repo *repo, const struct pk_oid *oid)
{
	PK_GIT2(git_odb) *odb = NULL;
	git_oid id;
	if (pk_oid_to_git(oid, &id, NULL) < 0 || git_repository_odb(&odb, repo->handle) < 0)
		return false;
	return git_odb_exists(odb, &id) == 1;
}

/*
 * Blobs and trees are not fsynced one by one, as git does it: a snapshot is thousands of them. The
 * commit and the ref are.
 */
static int write_object(git_odb *odb, const void *data, size_t n, git_object_t type,
			struct pk_oid *ret, struct pk_err *err)
{
	git_oid id;
	int rc;
	if (odb) {
		pk_git2_fsync(false);
		rc = git_odb_write(&id, odb, data, n, type);
		pk_git2_fsync(true);
	} else {
		rc = git_odb_hash(&id, data, n, type);
	}
	if (rc < 0)
		return pk_git2_err(err, "an object cannot be written to the repository");
	pk_oid_from_git(&id, ret);
	return 0;
}

int pk_repo_write_blob(const struct pk_repo *repo, const char *data, size_t n, struct pk_oid *ret,
		       struct pk_err *err)
{
	PK_GIT2(git_odb) *odb = NULL;
	if (git_repository_odb(&odb, repo->handle) < 0)
		return pk_git2_err(err, "the repository's objects cannot be opened");
	return write_object(odb, data, n, GIT_OBJECT_BLOB, ret, err);
}

/*
 * Git sorts a tree as if folders ended in a slash. Whole paths sorted by bytes come out the
 * same, so only subtrees given ready made need the slash.
 */
static int compare_items(const void *a, const void *b)
{
	const struct pk_tree_item *x = a;
	const struct pk_tree_item *y = b;
	size_t nx = strlen(x->path), ny = strlen(y->path), n = nx < ny ? nx : ny;
	int c = memcmp(x->path, y->path, n);
	if (c != 0)
		return c;
	unsigned char cx = (unsigned char)x->path[n], cy = (unsigned char)y->path[n];
	if (nx == n && x->mode == MODE_TREE)
		cx = '/';
	if (ny == n && y->mode == MODE_TREE)
		cy = '/';
	return cx < cy ? -1 : cx > cy;
}

/* The n bytes from skip on of the item's path are its name in the tree. */
static int add_entry(struct pk_buf *tree, struct pk_map *names, const struct pk_tree_item *item, size_t skip, size_t n,
		     struct pk_err *err)
{
	git_oid id;
	PK_FREE char *copy = pk_strndup(item->path + skip, n);
	if (is_unsafe_name(copy, n))
		return pk_err_set(err, "'%s' cannot be a path in git", item->path);
	if (!pk_map_set(names, copy, names))
		return pk_err_set(err, "path '%.*s' is there twice", (int)(skip + n), item->path);
	if (pk_oid_to_git(&item->oid, &id, err) < 0)
		return -1;
	pk_buf_addf(tree, "%o ", item->mode);
	pk_buf_addn(tree, copy, n + 1);
	pk_buf_addn(tree, (const char *)id.id, GIT_OID_RAWSZ);
	return 0;
}

/* Items are sorted and share the first skip bytes of their paths. */
static int write_level(git_odb *odb, const struct pk_tree_item *items, size_t n, size_t skip,
		       int depth, struct pk_oid *ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) tree = PK_BUF_INIT;
	PK_AUTO(pk_map) names = PK_MAP_INIT;
	if (depth > MAX_DEPTH)
		return pk_err_set(err, "'%.200s' is more than %d folders deep", items[0].path,
				  MAX_DEPTH);
	for (size_t i = 0; i < n;) {
		struct pk_tree_item item = items[i];
		size_t len = strcspn(item.path + skip, "/"), end = i + 1;
		item.mode = item.mode ? item.mode : MODE_FILE;
		if (item.path[skip + len]) {
			size_t next = skip + len + 1;
			while (end < n && strncmp(items[end].path, item.path, next) == 0)
				end++;
			if (write_level(odb, items + i, end - i, next, depth + 1, &item.oid, err) < 0)
				return -1;
			item.mode = MODE_TREE;
		}
		if (add_entry(&tree, &names, &item, skip, len, err) < 0)
			return -1;
		i = end;
	}
	return write_object(odb, tree.ptr, tree.len, GIT_OBJECT_TREE, ret, err);
}

static int make_tree(git_odb *odb, const struct pk_tree_item *items, size_t n, struct pk_oid *ret,
		     struct pk_err *err)
{
	PK_FREE struct pk_tree_item *sorted = pk_realloc_array(NULL, n + 1, sizeof(*sorted));
	for (size_t i = 0; i < n; i++)
		sorted[i] = items[i];
	if (n > 1)
		qsort(sorted, n, sizeof(*sorted), compare_items);
	return write_level(odb, sorted, n, 0, 0, ret, err);
}

int pk_repo_write_tree(const struct pk_repo *repo, const struct pk_tree_item *items, size_t n,
		       struct pk_oid *ret, struct pk_err *err)
{
	PK_GIT2(git_odb) *odb = NULL;
	if (git_repository_odb(&odb, repo->handle) < 0)
		return pk_git2_err(err, "the repository's objects cannot be opened");
	return make_tree(odb, items, n, ret, err);
}

int pk_repo_hash_tree(const struct pk_repo *repo, const struct pk_tree_item *items, size_t n,
		      struct pk_oid *ret, struct pk_err *err)
{
	(void)repo; /* the id depends on the items alone */
	pk_git2_init();
	return make_tree(NULL, items, n, ret, err);
}

/*
 * git knows the identity from more places than libgit2 (environment, -c). Who has none can still
 * work: these commits are on our own refs.
 */
static int author_of(const struct pk_repo *repo, git_signature **ret)
{
	static const char *const args[] = { "var", "GIT_AUTHOR_IDENT", NULL };
	PK_AUTO(pk_buf) ident = PK_BUF_INIT;
	int status;
	if (*repo->author)
		return git_signature_from_buffer(ret, *repo->author);
	if (pk_repo_git(repo, args, &ident, NULL, &status, NULL) < 0 || status != 0)
		return -1;
	pk_buf_rtrim(&ident);
	*repo->author = pk_buf_take(&ident);
	return git_signature_from_buffer(ret, *repo->author);
}

void pk_repo_know_author(const struct pk_repo *repo)
{
	PK_GIT2(git_signature) *ident = NULL;
	author_of(repo, &ident);
}

int pk_repo_signatures(const struct pk_repo *repo, git_signature **ret_author,
		       git_signature **ret_committer, struct pk_err *err)
{
	PK_GIT2(git_signature) *ident = NULL;
	char host[256] = "localhost";
	gethostname(host, sizeof(host) - 1);
	PK_FREE char *nobody = pk_printf("postkit@%s", host);
	bool known = author_of(repo, &ident) == 0;
	const char *name = known ? ident->name : "postkit", *email = known ? ident->email : nobody;
	int offset = known ? ident->when.offset : 0;
	if (git_signature_new(ret_author, name, email, pk_time(), offset) < 0 ||
	    git_signature_new(ret_committer, "postkit", email, pk_time(), offset) < 0) {
		git_signature_free(*ret_author);
		*ret_author = NULL;
		return pk_git2_err(err, "identity '%s <%s>' cannot be used", name, email);
	}
	return 0;
}

int pk_repo_write_commit(const struct pk_repo *repo, const struct pk_oid *tree,
			 const struct pk_oid *parent, const char *message, struct pk_oid *ret,
			 struct pk_err *err)
{
	PK_GIT2(git_signature) *author = NULL;
	PK_GIT2(git_signature) *committer = NULL;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	git_oid id, tree_id, parent_id;
	const git_oid *parents[] = { &parent_id };
	bool first = parent->hex[0] == '\0';
	if (pk_oid_to_git(tree, &tree_id, err) < 0 ||
	    (!first && pk_oid_to_git(parent, &parent_id, err) < 0) ||
	    pk_repo_signatures(repo, &author, &committer, err) < 0)
		return -1;
	pk_buf_add(&text, message);
	pk_buf_rtrim(&text);
	pk_buf_addc(&text, '\n');
	if (git_commit_create_from_ids(&id, repo->handle, NULL, author, committer, NULL, text.ptr,
				       &tree_id, first ? 0 : 1, parents) < 0)
		return pk_git2_err(err, "a commit cannot be written");
	pk_oid_from_git(&id, ret);
	return 0;
}
