/* Schema files: from a folder, a file, or a tree of git. */
#include "base/fs.h"
#include "base/map.h"
#include "base/text.h"
#include "catalog/load.h"
#include "sql/action.h"

#include <sys/stat.h>

void pk_source_release(struct pk_source *source)
{
	for (size_t i = 0; i < source->n; i++) {
		free(source->items[i].path);
		free(source->items[i].text);
	}
	free(source->items);
	*source = (struct pk_source)PK_SOURCE_INIT;
}

void pk_source_add(struct pk_source *source, const char *path, const char *text, size_t len)
{
	if (source->n == source->cap) {
		source->cap = source->cap ? 2 * source->cap : 32;
		source->items =
			pk_realloc_array(source->items, source->cap, sizeof(*source->items));
	}
	source->items[source->n++] = (struct pk_source_file){
		.path = pk_strdup(path),
		.text = pk_strndup(text, len),
		.len = len,
	};
}

static bool skipped(const char *path, const char *const *skip)
{
	size_t n = strcspn(path, "/");

	for (; skip && *skip; skip++)
		if (strlen(*skip) == n && memcmp(*skip, path, n) == 0)
			return true;
	return false;
}

/* Bytes that the server would take for the end of the text, or refuse without saying where. */
static int check_bytes(const char *path, const struct pk_buf *text, struct pk_err *err)
{
	if (memchr(text->ptr, '\0', text->len)) {
		pk_err_set(err, "the file holds a NUL byte");
		return pk_err_at(err, path, 0, 0);
	}
	if (!pk_utf8_valid(text->ptr, text->len)) {
		pk_err_set(err, "the file is not UTF-8");
		return pk_err_at(err, path, 0, 0);
	}
	return 0;
}

/* As for a blob of git: anybody's branch may bring a file of any size. */
static int check_size(const char *path, const char *shown, struct pk_err *err)
{
	struct stat st;

	if (stat(path, &st) < 0 || st.st_size <= PK_BLOB_MAX)
		return 0;
	pk_err_set(err, "the file is larger than %d MB", PK_BLOB_MAX >> 20);
	return pk_err_at(err, shown, 0, 0);
}

static int add_file(struct pk_source *source, const char *path, const char *shown,
		    struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (check_size(path, shown, err) < 0 || pk_read_file(path, &text, err) < 0 || check_bytes(shown, &text, err) < 0)
		return -1;
	pk_source_add(source, shown, text.ptr, text.len);
	return 0;
}

int pk_source_from_path(struct pk_source *source, const char *path, const char *const *skip,
			struct pk_err *err)
{
	PK_AUTO(pk_strv) files = PK_STRV_INIT;

	if (!pk_path_is_dir(path))
		return add_file(source, path, path, err);
	if (pk_list_files(path, ".sql", &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++) {
		PK_FREE char *full = pk_path_join(path, files.items[i]);
		if (!skipped(files.items[i], skip) && add_file(source, full, full, err) < 0)
			return -1;
	}
	return 0;
}

struct tree_walk {
	struct pk_source *source;
	const struct pk_repo *repo;
	const char *prefix;
	const char *const *skip;
};

static int add_blob(void *arg, const struct pk_tree_entry *entry, struct pk_err *err)
{
	struct tree_walk *walk = arg;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (!pk_ends_with(entry->path, ".sql") || skipped(entry->path, walk->skip) ||
	    (entry->mode & 0170000) != 0100000)
		return 0;
	PK_FREE char *shown = walk->prefix && *walk->prefix
				      ? pk_path_join(walk->prefix, entry->path)
				      : pk_strdup(entry->path);
	if (pk_repo_blob(walk->repo, &entry->oid, &text, err) < 0)
		return pk_err_at(err, shown, 0, 0);
	if (check_bytes(shown, &text, err) < 0)
		return -1;
	pk_source_add(walk->source, shown, text.ptr, text.len);
	return 0;
}

int pk_source_from_tree(struct pk_source *source, const struct pk_repo *repo,
			const struct pk_oid *tree, const char *prefix, const char *const *skip,
			struct pk_err *err)
{
	struct tree_walk walk = { .source = source, .repo = repo, .prefix = prefix, .skip = skip };

	return pk_repo_walk_tree(repo, tree, add_blob, &walk, err);
}

int pk_source_roles(const struct pk_source *source, struct pk_strv *ret, struct pk_err *err)
{
	for (size_t i = 0; i < source->n; i++) {
		PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
		if (!pk_sql_may_name_roles(source->items[i].text))
			continue;
		if (pk_sql_split(source->items[i].text, source->items[i].path, &statements, err) <
		    0)
			return -1;
		pk_sql_roles(&statements, ret);
	}
	return 0;
}

void pk_source_spaces(const struct pk_source *source, struct pk_strv *ret)
{
	for (size_t i = 0; i < source->n; i++)
		if (strcasestr(source->items[i].text, "tablespace"))
			pk_sql_spaces(source->items[i].text, ret);
}

struct pk_source pk_source_apart(const struct pk_source *files, const struct pk_source *others)
{
	struct pk_source ret = { .items = pk_alloc((files->n + 1) * sizeof(*ret.items)) };
	struct pk_map texts = PK_MAP_INIT;

	for (size_t i = 0; i < others->n; i++)
		pk_map_set(&texts, others->items[i].path, others->items[i].text);
	for (size_t i = 0; i < files->n; i++)
		if (!pk_streq(pk_map_get(&texts, files->items[i].path), files->items[i].text))
			ret.items[ret.n++] = files->items[i];
	pk_map_release(&texts);
	return ret;
}
