/* git postkit mask: what is copied in place of personal values, and what looks as if it should be. */
#include "clone/remote.h"
#include "clone/suspect.h"
#include "cmd/cmd.h"

static const char *opt_remote;
static bool opt_suggest, opt_json;

const struct pk_opt pk_opts_mask[] = {
	{ PK_OPT_FLAG, 0, "suggest", NULL, "settings for unmasked columns that look personal, to paste", &opt_suggest },
	{ PK_OPT_STRING, 0, "remote", "NAME", "look at this remote instead of the default one", &opt_remote },
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	PK_SSH_OPT,
	{ 0 },
};

static cJSON *json_column(const char *schema, const char *table, const char *column)
{
	cJSON *item = cJSON_CreateObject();

	pk_json_set_str(item, "schema", schema);
	pk_json_set_str(item, "table", table);
	pk_json_set_str(item, "column", column);
	return item;
}

static void show_suspects(const struct pk_suspects *found)
{
	PK_AUTO(pk_buf) settings = PK_BUF_INIT;

	if (opt_json) {
		cJSON *root = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(root, "columns");

		for (size_t i = 0; i < found->n; i++) {
			const struct pk_suspect *s = &found->items[i];
			cJSON *item = json_column(s->schema, s->name, s->column);

			pk_json_set_str(item, "why", s->why);
			pk_json_set_str(item, "mask", s->expr);
			cJSON_AddItemToArray(list, item);
		}
		pk_print_json(root);
		return;
	}
	pk_suspects_settings(found, &settings);
	pk_print_data(stdout, settings.ptr);
}

static void show_masks(const struct pk_masked_columns *masked)
{
	cJSON *root = opt_json ? cJSON_CreateObject() : NULL;
	cJSON *list = root ? cJSON_AddArrayToObject(root, "columns") : NULL;

	for (size_t i = 0; i < masked->n; i++) {
		const struct pk_masked *m = &masked->items[i];

		if (!root) {
			pk_print(stdout, "%s.%s.%s  %s%s\n", m->schema, m->name, m->column, m->expr, m->sql ? "" : "  (as it is)");
			continue;
		}
		cJSON *item = json_column(m->schema, m->name, m->column);
		pk_json_set_str(item, "mask", m->expr);
		pk_json_set_bool(item, "masked", m->sql != NULL);
		cJSON_AddItemToArray(list, item);
	}
	if (root)
		pk_print_json(root);
}

static int look(const struct pk_ctx *ctx, struct pk_conn *source, struct pk_err *err)
{
	PK_AUTO(pk_masks) masks = PK_MASKS_INIT;
	PK_AUTO(pk_masked_columns) masked = PK_MASKED_COLUMNS_INIT;
	PK_AUTO(pk_suspects) found = PK_SUSPECTS_INIT;

	if (pk_masks_read(&ctx->config, &ctx->repo, &masks, err) < 0 ||
	    pk_masks_resolve(&masks, source, &masked, err) < 0)
		return -1;
	for (size_t i = 0; i < masked.unused.n; i++)
		pk_say("warning: mask %s matches no column there", masked.unused.items[i]);
	if (!opt_suggest) {
		show_masks(&masked);
		return 0;
	}
	if (pk_suspects_find(source, &found, err) < 0)
		return -1;
	pk_suspects_without(&found, &masked);
	for (size_t i = 0; i < found.unread.n; i++)
		pk_say("warning: %s could not be looked into", found.unread.items[i]);
	if (!found.n)
		pk_say("no unmasked column looks personal");
	show_suspects(&found);
	return 0;
}

int pk_cmd_mask(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_remote) remote = PK_REMOTE_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	int result = pk_cmd_parse_options("mask", argc, argv, "; --remote names the remote", err);

	if (result)
		return result;
	if (pk_ctx_open(&ctx, true, err) < 0 || pk_remote_get(&ctx.config, opt_remote, &remote, err) < 0 ||
	    pk_remote_connect(&remote, &conn, err) < 0)
		return -1;
	return look(&ctx, &conn, err);
}
