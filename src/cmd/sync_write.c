#include "cmd/sync_work.h"

#include "base/fs.h"
#include "base/lock.h"
#include "base/proc.h"
#include "base/sig.h"
#include "git/git.h"

#include <signal.h>
#include <unistd.h>

/*
 * What is about to be written is said before, in <gitdir>/postkit/sync.json: who is killed half way leaves nothing that
 * nobody knows. The old texts are in HEAD.
 */
static char *journal_path(const struct pk_ctx *ctx)
{
	return pk_path_join(ctx->repo.gitdir, "postkit/sync.json");
}

static char *folder_path(const struct pk_ctx *ctx, const char *file)
{
	return pk_path_join(ctx->project.migrations_dir, file);
}

static int write_journal(const struct pk_sync *sync, struct pk_err *err)
{
	PK_AUTO(pk_json) json = { .root = cJSON_CreateObject() };
	PK_FREE char *path = journal_path(sync->ctx), *text = NULL;
	cJSON *files = NULL;

	pk_json_set_num(json.root, "schema", 1);
	pk_json_set_str(json.root, "head", sync->head.hex);
	files = pk_json_add_array(json.root, "files");
	for (size_t i = 0; i < sync->n; i++) {
		const struct pk_sync_item *item = &sync->items[i];
		PK_FREE char *old = folder_path(sync->ctx, item->was->file),
			     *new = folder_path(sync->ctx, item->file);
		PK_FREE char *blob = pk_git_hash_blob(item->text, strlen(item->text));
		cJSON *entry = pk_json_add_object(files, NULL);

		pk_json_set_str(entry, "old", old);
		pk_json_set_str(entry, "new", new);
		pk_json_set_str(entry, "blob", blob);
	}
	text = pk_json_print(json.root);
	return pk_write_file(path, text, strlen(text), 0600, err);
}

/* Has the file the text that we wrote? */
static bool is_ours(const struct pk_ctx *ctx, const char *file, const char *blob)
{
	PK_FREE char *path = pk_path_join(ctx->repo.workdir, file), *hash = NULL;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (!pk_path_exists(path) || pk_read_file(path, &text, NULL) < 0)
		return false;
	hash = pk_git_hash_blob(text.ptr, text.len);
	return pk_streq(hash, blob);
}

static bool is_committed(const struct pk_ctx *ctx, const char *file, const char *blob)
{
	struct pk_oid at = { "" };

	return pk_repo_tree_at(&ctx->repo, "HEAD", file, &at, NULL) == 0 && pk_streq(at.hex, blob);
}

/* What somebody else has written meanwhile stays. */
static int take_back_file(const struct pk_ctx *ctx, const char *old, const char *new,
			  const char *blob, struct pk_err *err)
{
	const char *const forget[] = { "rm", "--cached", "-q", "-f", "--ignore-unmatch",
				       "--", new,	 NULL };
	const char *const restore[] = { "checkout", "-q", "HEAD", "--", old, NULL };
	PK_FREE char *path = pk_path_join(ctx->repo.workdir, new),
		     *old_path = pk_path_join(ctx->repo.workdir, old);

	if (!pk_streq(old, new) && is_ours(ctx, new, blob)) {
		unlink(path);
		if (pk_git_check(ctx->repo.workdir, forget, NULL, NULL, err) < 0)
			return -1;
	}
	if (pk_path_exists(old_path) && !is_ours(ctx, old, blob))
		return 0;
	return pk_git_check(ctx->repo.workdir, restore, NULL, NULL, err);
}

static int take_back(const struct pk_ctx *ctx, const cJSON *files, struct pk_err *err)
{
	const cJSON *entry;

	cJSON_ArrayForEach (entry, files) {
		const char *old = pk_json_str(entry, "old"), *new = pk_json_str(entry, "new"),
			   *blob = pk_json_str(entry, "blob");

		if (old && new && blob && take_back_file(ctx, old, new, blob, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * Git may have come to its end when the branch had the commit and the index not yet: the next commit would undo it. What
 * is another's, or of another commit, stays.
 */
static int renew_index(const struct pk_ctx *ctx, const cJSON *files, struct pk_err *err)
{
	static const char *const head[] = { "reset", "-q", "HEAD", "--", NULL };
	PK_AUTO(pk_strv) args = PK_STRV_INIT;
	const cJSON *entry;
	bool any = false;

	pk_strv_extend(&args, head);
	cJSON_ArrayForEach (entry, files) {
		const char *old = pk_json_str(entry, "old"), *new = pk_json_str(entry, "new"),
			   *blob = pk_json_str(entry, "blob");

		if (!old || !new || !blob || !is_committed(ctx, new, blob) || !is_ours(ctx, new, blob))
			continue;
		any = true;
		pk_strv_push(&args, new);
		PK_FREE char *old_path = pk_path_join(ctx->repo.workdir, old);
		if (!pk_path_exists(old_path))
			pk_strv_push(&args, old);
	}
	return any ? pk_git_check(ctx->repo.workdir, (const char *const *)args.items, NULL, NULL, err) : 0;
}

/* Brings what the journal tells of to its end: without a commit it is taken back. */
static int settle(const struct pk_ctx *ctx, bool *ret_taken_back, struct pk_err *err)
{
	PK_FREE char *path = journal_path(ctx);
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_json) json = PK_JSON_INIT;
	struct pk_oid head = { "" };

	if (!pk_path_exists(path))
		return 0;
	if (pk_read_file(path, &text, err) < 0 ||
	    pk_json_parse(text.ptr, text.len, &json, err) < 0 ||
	    pk_repo_rev(&ctx->repo, "HEAD", &head, err) < 0)
		return -1;
	const cJSON *files = pk_json_array(json.root, "files");
	bool committed = !pk_streq(head.hex, pk_json_str(json.root, "head"));
	if ((committed ? renew_index(ctx, files, err) : take_back(ctx, files, err)) < 0)
		return -1;
	*ret_taken_back = !committed;
	unlink(path);
	return 0;
}

int pk_sync_begin(const struct pk_ctx *ctx, struct pk_lock *lock, bool *ret_taken_back,
		  struct pk_err *err)
{
	PK_FREE char *dir = pk_path_join(ctx->repo.gitdir, "postkit"),
		     *path = pk_path_join(dir, "sync.lock");

	*ret_taken_back = false;
	if (pk_mkdir_p(dir, 0700, err) < 0)
		return -1;
	if (pk_lock_take(lock, path, 0, err) < 0) {
		pk_err_wrap(err, "another git postkit sync is at work in this work tree");
		return pk_err_hint(err, "wait for it to end");
	}
	return settle(ctx, ret_taken_back, err);
}

/* All are written before any is taken away. */
static int write_files(const struct pk_sync *sync, struct pk_strv *ret_new, struct pk_err *err)
{
	const struct pk_ctx *ctx = sync->ctx;

	for (size_t i = 0; i < sync->n; i++) {
		const struct pk_sync_item *item = &sync->items[i];
		PK_FREE char *file = folder_path(ctx, item->file),
			     *path = pk_path_join(ctx->repo.workdir, file);
		bool same = pk_streq(item->file, item->was->file);

		if (!same && pk_path_exists(path))
			return pk_err_set(err, "'%s' is there already", file);
		if (pk_write_file(path, item->text, strlen(item->text), 0644, err) < 0)
			return -1;
		if (!same)
			pk_strv_push(ret_new, file);
	}
	for (size_t i = 0; i < sync->n; i++) {
		PK_FREE char *old = folder_path(ctx, sync->items[i].was->file);
		PK_FREE char *path = pk_path_join(ctx->repo.workdir, old);

		if (!pk_streq(sync->items[i].file, sync->items[i].was->file))
			unlink(path);
	}
	return 0;
}

static int add_new(const struct pk_sync *sync, const struct pk_strv *files, struct pk_err *err)
{
	static const char *const head[] = { "add", "--intent-to-add", "--", NULL };
	PK_AUTO(pk_strv) args = PK_STRV_INIT;

	if (!files->n)
		return 0;
	pk_strv_extend(&args, head);
	pk_strv_extend(&args, (const char *const *)files->items);
	return pk_git_check(sync->ctx->repo.workdir, (const char *const *)args.items, NULL, NULL,
			    err);
}

static char *message(const struct pk_sync *sync)
{
	const struct pk_order *order = &sync->order;
	const char *last = sync->chain.items[order->items[order->first - 1].index].name;

	if (sync->n == 1)
		return pk_printf("db: put %s behind %s", sync->items[0].was->name, last);
	return pk_printf("db: put %s and %zu more behind %s", sync->items[0].was->name, sync->n - 1,
			 last);
}

static int run_git_commit(const struct pk_sync *sync, bool quiet, struct pk_err *err)
{
	PK_AUTO(pk_strv) argv = PK_STRV_INIT;
	PK_FREE char *text = message(sync);
	const char *const head[] = { "git", "commit", "-q", "-m", text, NULL };
	struct pk_proc proc = { .cwd = sync->ctx->repo.workdir,
				.inherit_stdin = true,
				.inherit_stdout = !quiet,
				.inherit_stderr = true };
	int status = 0;

	pk_strv_extend(&argv, head);
	for (size_t i = 0; i < sync->n; i++)
		pk_strv_pushf(&argv, "--trailer=Postkit-Migration: %s", sync->items[i].file);
	pk_strv_pushf(&argv, "--trailer=Postkit-Fingerprint: %s", sync->end.hex);
	pk_strv_push(&argv, "--");
	for (size_t i = 0; i < sync->n; i++) {
		const char *old = sync->items[i].was->file, *new = sync->items[i].file;

		pk_strv_push_take(&argv, folder_path(sync->ctx, old));
		if (!pk_streq(old, new))
			pk_strv_push_take(&argv, folder_path(sync->ctx, new));
	}
	proc.argv = (const char *const *)argv.items;
	if (pk_proc_run(&proc, &status, err) < 0)
		return -1;
	if (!status)
		return 0;
	if (pk_interrupted() || status == 128 + SIGINT)
		return pk_err_interrupted(err, "interrupted");
	pk_err_set(err, "git commit refused (exit status %d)", status);
	return pk_err_hint(err, "mend what git says above, then git postkit sync");
}

static int store_fingerprints(const struct pk_sync *sync, struct pk_err *err)
{
	for (size_t i = 0; i < sync->n; i++)
		if (pk_fingerprint_store(&sync->ctx->repo, &sync->items[i].from, "sync", err) < 0 ||
		    pk_fingerprint_store(&sync->ctx->repo, &sync->items[i].to, "sync", err) < 0)
			return -1;
	return 0;
}

/* There is no commit, for a reason that err says. */
static int undo(const struct pk_sync *sync, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	bool taken_back = false;

	if (settle(sync->ctx, &taken_back, &why) == 0)
		return err && err->detail ? -1 : pk_err_detail(err, "the migrations are as they were");
	pk_err_detail(err, "what was written of it could not be taken back: %s", why.msg);
	return pk_err_hint(err, "git postkit sync takes it back before it begins");
}

int pk_sync_commit(struct pk_sync *sync, bool quiet, struct pk_oid *ret_commit, struct pk_err *err)
{
	PK_AUTO(pk_strv) fresh = PK_STRV_INIT;
	PK_FREE char *journal = journal_path(sync->ctx);
	struct pk_oid now = { "" };
	bool taken_back = false;
	int rc = -1;

	if (store_fingerprints(sync, err) < 0 || write_journal(sync, err) < 0)
		return -1;
	if (write_files(sync, &fresh, err) == 0 && add_new(sync, &fresh, err) == 0)
		rc = run_git_commit(sync, quiet, err);
	if (pk_repo_rev(&sync->ctx->repo, "HEAD", &now, rc < 0 ? NULL : err) < 0)
		return -1;
	/* A hook of git's may fail after the commit was made. */
	if (pk_streq(now.hex, sync->head.hex)) {
		if (rc == 0)
			pk_err_set(err, "git made no commit of the migrations");
		return undo(sync, err);
	}
	if (rc < 0)
		settle(sync->ctx, &taken_back, NULL); /* or the next sync does */
	else
		unlink(journal);
	*ret_commit = now;
	return 0;
}
