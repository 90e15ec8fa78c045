/* git postkit records: what ran where, shared with others through a git remote. */
#include "cmd/help.h"
#include "deploy/exchange.h"

static bool opt_json;

const struct pk_opt pk_opts_records[] = {
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	{ 0 },
};

static const char *const names[] = {
	[PK_EXCHANGED_SAME] = "nothing new",
	[PK_EXCHANGED_NEW] = "fetched",
	[PK_EXCHANGED_FORWARD] = "fetched what others have added",
	[PK_EXCHANGED_JOINED] = "joined with what others have added",
	[PK_EXCHANGED_REFUSED] = "refused",
};

static const char *const words[] = {
	[PK_EXCHANGED_SAME] = "same",	    [PK_EXCHANGED_NEW] = "new",
	[PK_EXCHANGED_FORWARD] = "forward", [PK_EXCHANGED_JOINED] = "joined",
	[PK_EXCHANGED_REFUSED] = "refused",
};

static const char *name_of(const struct pk_exchange_item *item)
{
	return item->name ? item->name : "fingerprints";
}

static size_t count_refused(const struct pk_exchange *x)
{
	size_t n = 0;

	for (size_t i = 0; i < x->n; i++)
		n += x->items[i].what == PK_EXCHANGED_REFUSED;
	return n;
}

static void show(const struct pk_exchange *x, bool push)
{
	for (size_t i = 0; i < x->n; i++) {
		const struct pk_exchange_item *item = &x->items[i];
		PK_AUTO(pk_buf) why = PK_BUF_INIT;

		pk_buf_add_safe(&why, item->why ? item->why : "", false);
		if (item->what != PK_EXCHANGED_SAME)
			pk_print(stdout, "%s: %s%s%s\n", name_of(item), names[item->what],
			       why.len ? ": " : "", why.ptr);
	}
	if (push && x->sent)
		pk_print(stdout, "sent %zu ref%s to '%s'%s\n", x->sent, x->sent == 1 ? "" : "s",
		       x->git_remote, x->branches ? ", as branches postkit/records/..." : "");
	else if (push && !count_refused(x))
		pk_print(stdout, "'%s' has all that is here\n", x->git_remote);
	else if (!push && !x->n)
		pk_print(stdout, "'%s' has no records\n", x->git_remote);
}

static void print_json(const struct pk_exchange *x)
{
	cJSON *root = cJSON_CreateObject(), *list;

	pk_json_set_str(root, "git_remote", x->git_remote);
	pk_json_set_bool(root, "branches", x->branches);
	pk_json_set_num(root, "sent", (double)x->sent);
	list = pk_json_add_array(root, "fetched");
	for (size_t i = 0; i < x->n; i++) {
		cJSON *entry = pk_json_add_object(list, NULL);

		pk_json_set_str(entry, "name", name_of(&x->items[i]));
		pk_json_set_str(entry, "what", words[x->items[i].what]);
		pk_json_set_str(entry, "why", x->items[i].why);
	}
	pk_print_json(root);
}

static void advise_refused(const struct pk_ctx *ctx, const struct pk_exchange *x)
{
	if (x->kept)
		pk_advise(ctx, "Records",
			  "what is refused stays in refs/postkit/remotes/%s, to be looked at%s; nothing here was changed by it",
			  x->git_remote, x->broken ? ", but for what git itself does not take" : "");
	else
		pk_advise(ctx, "Records",
			  "git itself does not take what is refused, so that it is not here; nothing was changed by it");
}

static int run(const struct pk_ctx *ctx, bool push, const char *git_remote, struct pk_err *err)
{
	PK_AUTO(pk_exchange) x = PK_EXCHANGE_INIT;

	if (pk_exchange_open(&x, &ctx->repo, &ctx->config, git_remote, err) < 0 ||
	    (push ? pk_exchange_push(&x, err) : pk_exchange_fetch(&x, err)) < 0)
		return -1;
	if (opt_json)
		print_json(&x);
	else
		show(&x, push);
	if (!count_refused(&x))
		return 0;
	advise_refused(ctx, &x);
	return PK_EXIT_NO;
}

int pk_cmd_records(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	int n, result = pk_cmd_parse("records", argc, argv, operands, &n, err);
	bool push;

	if (result)
		return result;
	push = n && pk_streq(operands[0], "push");
	if (n < 1 || n > 2 || (!push && !pk_streq(operands[0], "fetch")))
		return pk_help_usage("records", err,
				     "records takes push or fetch, and a git remote");
	return pk_ctx_open_commit(&ctx, NULL, err) < 0 ? -1 : run(&ctx, push, n > 1 ? operands[1] : NULL, err);
}
