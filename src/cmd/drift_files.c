#include "cmd/drift_files.h"

#include "base/fs.h"
#include "base/tempdir.h"
#include "clone/shadow.h"
#include "git/git.h"
#include "session/desk.h"

#include <unistd.h>

#define MERGE_PREFIX "postkit-merge."

/* One file of the schema folder: what it is now, and what it is to be. */
struct edit {
	char *file; /* from the top of the work tree */
	char *text; /* NULL: removed */
};
struct edits {
	const struct pk_ctx *ctx;    /* borrowed, as the next */
	const struct pk_source *now; /* the files as they are */
	struct edit *items;
	size_t n;
};

static void edits_release(struct edits *edits)
{
	for (size_t i = 0; i < edits->n; i++) {
		free(edits->items[i].file);
		free(edits->items[i].text);
	}
	free(edits->items);
}

static const char *text_of(const struct pk_schema_files *files, const char *path)
{
	for (size_t i = 0; i < files->n; i++)
		if (pk_streq(files->items[i].path, path))
			return files->items[i].text;
	return NULL;
}

static const struct pk_source_file *file_of(const struct pk_source *source, const char *file)
{
	for (size_t i = 0; i < source->n; i++)
		if (pk_streq(source->items[i].path, file))
			return &source->items[i];
	return NULL;
}

/* Three texts, of which NULL is an empty one, to one by git's merge; *ret NULL: they are in each other's way. Caller frees. */
static int merge_texts(const struct pk_ctx *ctx, const char *own, const char *from, const char *to,
		       char **ret, struct pk_err *err)
{
	static const char *const names[] = { "own", "from", "to" };
	const char *const texts[] = { own ? own : "", from ? from : "", to ? to : "" };
	PK_AUTO(pk_tempdir) tempdir = PK_TEMPDIR_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	char *paths[3] = { NULL, NULL, NULL };
	int rc = pk_tempdir_open(&tempdir, ctx->repo.gitdir, MERGE_PREFIX, err), status = -1;

	for (size_t i = 0; rc == 0 && i < PK_COUNT(names); i++) {
		paths[i] = pk_path_join(tempdir.dir, names[i]);
		rc = pk_write_file(paths[i], texts[i], strlen(texts[i]), 0600, err);
	}
	const char *const args[] = { "merge-file", "-p", "-q", paths[0], paths[1], paths[2], NULL };
	if (rc == 0)
		rc = pk_git_run(ctx->repo.workdir, args, NULL, &out, &status, err);
	*ret = rc == 0 && status == 0 ? pk_buf_take(&out) : NULL;
	for (size_t i = 0; i < PK_COUNT(paths); i++)
		free(paths[i]);
	return rc;
}

static void add_edit(struct edits *edits, const char *file, char *text)
{
	edits->items = pk_realloc_array(edits->items, edits->n + 1, sizeof(*edits->items));
	edits->items[edits->n++] = (struct edit){ pk_strdup(file), text };
}

/* from and to: the texts that import would write; NULL: no such file. What cannot be merged is left for the loading to find. */
static int edit_file(struct edits *edits, const char *path, const char *from, const char *to, struct pk_err *err)
{
	PK_FREE char *file = pk_path_join(edits->ctx->project.schema_dir, path);
	const struct pk_source_file *own = file_of(edits->now, file);
	char *merged = NULL;

	if (pk_streq(from, to))
		return 0;
	if (!own && !from) {
		add_edit(edits, file, pk_strdup(to));
		return 0;
	}
	if (!own)
		return 0;
	if (!to && pk_streq(own->text, from)) {
		add_edit(edits, file, NULL);
		return 0;
	}
	if (merge_texts(edits->ctx, own->text, from, to, &merged, err) < 0)
		return -1;
	if (merged)
		add_edit(edits, file, merged);
	return 0;
}

static int find_edits(struct edits *edits, const struct pk_snapshot *from, const struct pk_snapshot *to, struct pk_err *err)
{
	PK_AUTO(pk_schema_files) before = PK_SCHEMA_FILES_INIT, after = PK_SCHEMA_FILES_INIT;

	pk_snapshot_to_files(from, NULL, &before);
	pk_snapshot_to_files(to, NULL, &after);
	for (size_t i = 0; i < before.n; i++)
		if (edit_file(edits, before.items[i].path, before.items[i].text, text_of(&after, before.items[i].path), err) < 0)
			return -1;
	for (size_t i = 0; i < after.n; i++)
		if (!text_of(&before, after.items[i].path) &&
		    edit_file(edits, after.items[i].path, NULL, after.items[i].text, err) < 0)
			return -1;
	return 0;
}

/* Of two that are parts of the same, whichever stands first in the files; what is not in them comes last. */
static size_t place_of(const struct pk_object *in, const struct pk_object *part)
{
	size_t i = 0;

	while (i < in->n_children && !pk_streq(in->children[i]->key, part->key))
		i++;
	return i;
}

/* A schema says nothing of the order of columns and constraints: they stay where the files have them. */
static void put_in_order(const struct pk_snapshot *files, struct pk_snapshot *ret)
{
	for (size_t i = 0; i < ret->n; i++) {
		struct pk_object *o = ret->objects[i];
		const struct pk_object *in = pk_snapshot_find(files, o->key);

		for (size_t k = 1; in && k < o->n_children; k++) {
			struct pk_object *part = o->children[k];
			size_t place = place_of(in, part), to = k;

			for (; to > 0 && place_of(in, o->children[to - 1]) > place; to--)
				o->children[to] = o->children[to - 1];
			o->children[to] = part;
		}
	}
}

static const struct edit *edit_of(const struct edits *edits, const char *file)
{
	for (size_t i = 0; i < edits->n; i++)
		if (pk_streq(edits->items[i].file, file))
			return &edits->items[i];
	return NULL;
}

static void edited(const struct edits *edits, struct pk_source *ret)
{
	const struct pk_source *now = edits->now;

	for (size_t i = 0; i < now->n; i++) {
		const struct edit *edit = edit_of(edits, now->items[i].path);
		const char *text = edit ? edit->text : now->items[i].text;

		if (text)
			pk_source_add(ret, now->items[i].path, text, strlen(text));
	}
	for (size_t i = 0; i < edits->n; i++)
		if (!file_of(now, edits->items[i].file) && edits->items[i].text)
			pk_source_add(ret, edits->items[i].file, edits->items[i].text,
				      strlen(edits->items[i].text));
}

static int load(const struct pk_ctx *ctx, struct pk_server *server, const struct pk_source *infra,
		const struct pk_source *files, struct pk_snapshot *ret, struct pk_err *err)
{
	const struct pk_shadow_options how = { .trust = pk_super_trust(&ctx->config, &ctx->repo,
								       NULL),
					       .managed = &ctx->project.managed };

	return pk_shadow_read(server, infra->n ? infra : NULL, files, &how, ret, err);
}

static int write_edits(const struct edits *edits, struct pk_strv *ret_changed, struct pk_err *err)
{
	for (size_t i = 0; i < edits->n; i++) {
		const struct edit *edit = &edits->items[i];
		PK_FREE char *path = pk_path_join(edits->ctx->repo.workdir, edit->file);

		if (edit->text &&
		    pk_write_file(path, edit->text, strlen(edit->text), 0644, err) < 0)
			return -1;
		if (!edit->text && unlink(path) < 0)
			return pk_err_errno(err, "'%s' cannot be removed", edit->file);
		pk_strv_push(ret_changed, edit->file);
	}
	return 0;
}

static int by_hand(const struct pk_ctx *ctx, const struct pk_snapshot *to,
		   const struct pk_snapshot *got, const struct pk_err *why, struct pk_err *err)
{
	PK_AUTO(pk_tree_diff) diff = PK_TREE_DIFF_INIT;
	PK_AUTO(pk_buf) lines = PK_BUF_INIT;
	struct pk_oid tree = { "" };

	if (why)
		pk_buf_add(&lines, why->msg ? why->msg : "");
	else if (pk_snapshot_write_tree(got, &ctx->repo, &tree, err) == 0 &&
		 pk_snapshot_diff_tree(&ctx->repo, &tree, to, &diff, err) == 0)
		pk_tree_diff_lines(&diff, &lines);
	else
		return -1;
	pk_err_set(err, "the schema files cannot be changed by themselves to what is on the remote");
	pk_err_exit(err, PK_EXIT_NO);
	pk_err_detail(err, "%s", lines.ptr);
	return pk_err_hint(
		err,
		"write what is listed into them by hand, then git postkit drift --adopt again");
}

int pk_drift_files(const struct pk_ctx *ctx, struct pk_server *server, const struct pk_drift_change *change,
		   struct pk_strv *ret_changed, struct pk_err *err)
{
	PK_AUTO(pk_session_source) source = PK_SESSION_SOURCE_INIT;
	PK_AUTO(pk_source) after = PK_SOURCE_INIT;
	PK_AUTO(pk_snapshot) now = PK_SNAPSHOT_INIT, then = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	struct edits edits __attribute__((cleanup(edits_release))) = { .ctx = ctx, .now = &source.files };
	const struct pk_snapshot *from = change->from, *to = change->to, *end = change->end;

	if (pk_session_source_read(&ctx->repo, &ctx->project, &source, err) < 0 ||
	    load(ctx, server, &source.infra, &source.files, &now, err) < 0)
		return -1;
	if (pk_streq(now.fingerprint.hex, end->fingerprint.hex))
		return 0;
	pk_tempdir_sweep(ctx->repo.gitdir, MERGE_PREFIX, NULL);
	/* As the files are, columns stand in the order that they have there. */
	if (pk_streq(now.fingerprint.hex, change->base)) {
		put_in_order(&now, change->end);
		from = &now;
		to = end;
	}
	if (find_edits(&edits, from, to, err) < 0)
		return -1;
	edited(&edits, &after);
	if (load(ctx, server, &source.infra, &after, &then, &why) < 0)
		return pk_err_move_interrupt(err, &why) ? -1 : by_hand(ctx, end, NULL, &why, err);
	if (!pk_streq(then.fingerprint.hex, end->fingerprint.hex))
		return by_hand(ctx, end, &then, NULL, err);
	return write_edits(&edits, ret_changed, err);
}
