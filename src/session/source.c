#include "session/source.h"

#include "base/fs.h"
#include "git/git.h"

void pk_session_source_release(struct pk_session_source *source)
{
	pk_source_release(&source->files);
	pk_source_release(&source->infra);
	*source = (struct pk_session_source)PK_SESSION_SOURCE_INIT;
}

/* Messages name files as the user does: from the top of the work tree. */
static void shorten(struct pk_source *source, const struct pk_repo *repo)
{
	size_t top = strlen(repo->workdir);
	for (size_t i = 0; i < source->n; i++) {
		char *path = source->items[i].path;
		if (!pk_starts_with(path, repo->workdir) || path[top] != '/')
			continue;
		source->items[i].path = pk_strdup(path + top + 1);
		free(path);
	}
}

struct hashing {
	struct pk_tree_item *items;
	size_t n;
};

static int hash_files(struct hashing *hashing, const struct pk_source *source, struct pk_err *err)
{
	for (size_t i = 0; i < source->n; i++) {
		const struct pk_source_file *file = &source->items[i];
		PK_FREE char *hex = pk_git_hash_blob(file->text, file->len);
		if (!hex || strlen(hex) != PK_OID_HEX)
			return pk_err_set(err, "'%s' cannot be hashed", file->path);
		struct pk_tree_item *item = &hashing->items[hashing->n++];
		*item = (struct pk_tree_item){ .path = file->path, .mode = 0100644 };
		memcpy(item->oid.hex, hex, PK_OID_HEX + 1);
	}
	return 0;
}

static int hash_source(const struct pk_repo *repo, struct pk_session_source *source,
		       struct pk_err *err)
{
	struct hashing hashing = { 0 };
	size_t n = source->files.n + source->infra.n;
	hashing.items = pk_alloc((n + 1) * sizeof(*hashing.items));
	int rc = hash_files(&hashing, &source->infra, err);
	if (rc == 0)
		rc = hash_files(&hashing, &source->files, err);
	if (rc == 0)
		rc = pk_repo_hash_tree(repo, hashing.items, hashing.n, &source->hash, err);
	free(hashing.items);
	return rc;
}

int pk_session_source_read(const struct pk_repo *repo, const struct pk_project *project,
			   struct pk_session_source *ret, struct pk_err *err)
{
	PK_FREE char *dir = pk_path_join(repo->workdir, project->schema_dir);
	PK_FREE char *infra = pk_path_join(dir, "infra");
	PK_AUTO(pk_session_source) source = PK_SESSION_SOURCE_INIT;
	if (!pk_path_is_dir(dir)) {
		pk_err_set(err, "there is no folder '%s' with the schema", project->schema_dir);
		return pk_err_hint(err, "git postkit import writes it from an existing database, "
					"git postkit init an empty one");
	}
	if (pk_source_from_path(&source.files, dir, pk_project_not_schema, err) < 0)
		return -1;
	if (pk_path_is_dir(infra) && pk_source_from_path(&source.infra, infra, NULL, err) < 0)
		return -1;
	shorten(&source.files, repo);
	shorten(&source.infra, repo);
	if (hash_source(repo, &source, err) < 0)
		return -1;
	*ret = source;
	source = (struct pk_session_source)PK_SESSION_SOURCE_INIT;
	return 0;
}

int pk_session_source_from_rev(const struct pk_repo *repo, const struct pk_project *project,
			       const char *rev, struct pk_session_source *ret, struct pk_err *err)
{
	PK_AUTO(pk_session_source) source = PK_SESSION_SOURCE_INIT;
	PK_FREE char *infra = pk_printf("%s/infra", project->schema_dir);
	struct pk_oid tree;
	if (pk_repo_tree_at(repo, rev, project->schema_dir, &tree, err) < 0)
		return -1;
	if (!pk_oid_is_null(&tree) &&
	    pk_source_from_tree(&source.files, repo, &tree, project->schema_dir,
				pk_project_not_schema, err) < 0)
		return -1;
	if (pk_repo_tree_at(repo, rev, infra, &tree, err) < 0)
		return -1;
	if (!pk_oid_is_null(&tree) &&
	    pk_source_from_tree(&source.infra, repo, &tree, infra, NULL, err) < 0)
		return -1;
	if (hash_source(repo, &source, err) < 0)
		return -1;
	*ret = source;
	source = (struct pk_session_source)PK_SESSION_SOURCE_INIT;
	return 0;
}

int pk_session_source_roles(const struct pk_session_source *source, struct pk_strv *ret,
			    struct pk_err *err)
{
	if (pk_source_roles(&source->infra, ret, err) < 0)
		return -1;
	return pk_source_roles(&source->files, ret, err);
}
