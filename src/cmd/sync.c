/* git postkit sync: one chain again after a merge, rebase, cherry-pick or revert. */
#include "base/lock.h"
#include "cmd/cmd.h"
#include "cmd/sync_work.h"
#include "git/git.h"
#include "pg/conn.h"
#include "session/desk.h"

static bool opt_dry_run, opt_fetch, opt_json;

const struct pk_opt pk_opts_sync[] = {
	{ PK_OPT_FLAG, 'n', "dry-run", NULL, "prove and show it, write nothing", &opt_dry_run },
	{ PK_OPT_FLAG, 0, "fetch", NULL, "ask the remotes, too, what they have run", &opt_fetch },
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	PK_SSH_OPT,
	{ 0 },
};

static const char *const back_names[] = {
	[PK_BACK_NONE] = "none",
	[PK_BACK_PROVEN] = "proven",
	[PK_BACK_ELSEWHERE] = "leads elsewhere",
	[PK_BACK_FAILS] = "fails",
	[PK_BACK_UNTRIED] = "not tried",
};

static const char *const settled_names[] = {
	[PK_SETTLED_DEPLOYED] = "deployed",
	[PK_SETTLED_PUBLISHED] = "published",
	[PK_SETTLED_NOT] = "here",
};

static void show_stays(const struct pk_sync *sync)
{
	const struct pk_order *order = &sync->order;
	const struct pk_order_item *last = &order->items[order->first - 1];
	const char *where = sync->settlement.where[last->index];

	pk_print(stdout, "%s stays", sync->chain.items[last->index].file);
	if (last->as == PK_SETTLED_DEPLOYED)
		pk_print(stdout, ", since it ran on %s", where ? where : "a remote");
	else if (last->as == PK_SETTLED_PUBLISHED)
		pk_print(stdout, ", since it is in %s", where ? where : "what others have");
	pk_print(stdout, "\n");
}

static void show(const struct pk_sync *sync)
{
	show_stays(sync);
	for (size_t i = 0; i < sync->n; i++) {
		const struct pk_sync_item *item = &sync->items[i];

		pk_print(stdout, "behind it: %s", item->was->file);
		if (!pk_streq(item->was->file, item->file))
			pk_print(stdout, " becomes %s", item->file);
		pk_print(stdout, "\n  from %.12s to %.12s, the way back: %s\n", item->from.hex, item->to.hex,
		       back_names[item->back]);
		if (item->back == PK_BACK_ELSEWHERE || item->back == PK_BACK_FAILS)
			pk_say("warning: the way back of %s %s there; mend its migrate:down",
			       item->was->file,
			       item->back == PK_BACK_FAILS
				       ? "fails"
				       : "does not lead to the schema before it");
	}
}

static void add_items(const struct pk_sync *sync, cJSON *root)
{
	cJSON *stays = pk_json_add_array(root, "stays"),
	      *list = pk_json_add_array(root, "migrations");

	for (size_t i = 0; sync->n && i < sync->order.first; i++) {
		const struct pk_order_item *place = &sync->order.items[i];
		cJSON *entry = pk_json_add_object(stays, NULL);

		pk_json_set_str(entry, "file", sync->chain.items[place->index].file);
		pk_json_set_str(entry, "settled", settled_names[place->as]);
		pk_json_set_str(entry, "where", sync->settlement.where[place->index]);
	}
	for (size_t i = 0; i < sync->n; i++) {
		const struct pk_sync_item *item = &sync->items[i];
		cJSON *entry = pk_json_add_object(list, NULL);

		pk_json_set_str(entry, "file", item->was->file);
		pk_json_set_str(entry, "new_file", item->file);
		if (!item->text)
			continue;
		pk_json_set_str(entry, "from", item->from.hex);
		pk_json_set_str(entry, "to", item->to.hex);
		pk_json_set_str(entry, "way_back", back_names[item->back]);
	}
}

static bool is_renamed(const struct pk_sync_item *item)
{
	return !pk_streq(item->file, item->was->file);
}

/* From the last on: a version is free before the one in front of it takes it. */
static int rename_rows(const struct pk_sync *sync, struct pk_conn *conn, size_t *ret_n, struct pk_err *err)
{
	for (size_t i = sync->n; i-- > 0;) {
		struct pk_sync_item *item = &sync->items[i];
		PK_FREE char *version = pk_strndup(item->file, strcspn(item->file, "_"));
		PK_FREE char *checksum = pk_git_hash_blob(item->text, strlen(item->text));
		struct pk_migration now = *item->was;
		bool found = false;

		now.version = version;
		now.checksum = checksum;
		now.from = item->from.hex;
		now.to = item->to.hex;
		if (is_renamed(item) && pk_applied_rename(conn, item->was->version, &now, &found, err) < 0)
			return -1;
		*ret_n += found;
	}
	return 0;
}

static int rename_on_clone(const struct pk_ctx *ctx, const struct pk_sync *sync, size_t *ret_n, struct pk_err *err)
{
	PK_AUTO(pk_desk) desk = PK_DESK_INIT;

	if (pk_desk_open(&desk, &ctx->repo, &ctx->config, &ctx->project, err) < 0 || pk_desk_connect(&desk, err) < 0 ||
	    pk_desk_lock(&desk, err) < 0 || pk_exec(&desk.admin, "BEGIN", err) < 0 ||
	    rename_rows(sync, &desk.admin, ret_n, err) < 0)
		return -1;
	return pk_exec(&desk.admin, "COMMIT", err);
}

/* A clone that has run it under its old name would run it once more. */
static void tell_clone(const struct pk_ctx *ctx, const struct pk_sync *sync)
{
	PK_AUTO(pk_session) session = PK_SESSION_INIT;
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	enum pk_session_found found = PK_FOUND_NONE;
	bool renamed = false;
	size_t n = 0;

	for (size_t i = 0; i < sync->n; i++)
		renamed |= is_renamed(&sync->items[i]);
	if (!renamed ||
	    pk_session_current(&ctx->repo, &ctx->config, &session, &found, NULL, NULL) < 0 ||
	    found != PK_FOUND_SESSION)
		return;
	if (rename_on_clone(ctx, sync, &n, &why) == 0) {
		if (n)
			pk_say("the clone of this branch knows %s by the new name%s", n == 1 ? "it" : "them", n == 1 ? "" : "s");
		return;
	}
	pk_say("warning: the clone of this branch knows them by their old names: %s", why.msg ? why.msg : "it cannot be asked");
	pk_advise(ctx, "Sync", "git postkit abort and git postkit start cut a new one");
}

static int work(const struct pk_ctx *ctx, struct pk_sync *sync, cJSON *root, struct pk_err *err)
{
	struct pk_oid commit = { "" };

	if (pk_sync_open(sync, ctx, opt_fetch, err) < 0)
		return -1;
	if (!sync->n) {
		if (!opt_json)
			pk_print(stdout, "the %zu migration%s follow each other, nothing to do\n",
			       sync->chain.n, sync->chain.n == 1 ? "" : "s");
		return 0;
	}
	if (pk_sync_prove(sync, err) < 0)
		return -1;
	if (!opt_json)
		show(sync);
	fflush(stdout);
	if (opt_dry_run)
		return 0;
	if (pk_sync_commit(sync, opt_json, &commit, err) < 0)
		return -1;
	pk_json_set_str(root, "commit", commit.hex);
	if (!opt_json)
		pk_print(stdout, "committed as %.10s\n", commit.hex);
	tell_clone(ctx, sync);
	return 0;
}

static int run(const struct pk_ctx *ctx, struct pk_err *err)
{
	PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
	PK_AUTO(pk_sync) sync = PK_SYNC_INIT;
	cJSON *root = cJSON_CreateObject();
	bool taken_back = false;
	int rc = pk_sync_begin(ctx, &lock, &taken_back, err);

	if (taken_back)
		pk_say("an earlier git postkit sync was cut short; what it had written is taken back");
	if (rc == 0)
		rc = work(ctx, &sync, root, err);
	if (!opt_json) {
		cJSON_Delete(root);
		return rc;
	}
	pk_json_set_bool(root, "ok", rc == 0);
	pk_json_set_bool(root, "dry_run", opt_dry_run);
	add_items(&sync, root);
	if (rc < 0 && err) {
		pk_json_set_str(root, "error", err->msg);
		pk_json_set_str(root, "detail", err->detail);
	}
	pk_print_json(root);
	return rc;
}

int pk_cmd_sync(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	int rc = pk_cmd_parse_options("sync", argc, argv, "", err);

	if (rc)
		return rc;
	return pk_ctx_open(&ctx, true, err) < 0 ? -1 : run(&ctx, err);
}
