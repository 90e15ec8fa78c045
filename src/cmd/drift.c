/* git postkit drift: is the remote's schema what its migrations made of it? */
#include "cmd/coverage.h"
#include "cmd/drift_adopt.h"
#include "cmd/help.h"
#include "cmd/text_diff.h"
#include "deploy/deploy.h"

#include <unistd.h>

static bool opt_json, opt_adopt, opt_revert;
static const char *opt_commit;

const struct pk_opt pk_opts_drift[] = {
	{ PK_OPT_STRING, 0, "commit", "REV",
	  "compare with the migrations of this commit instead of HEAD", &opt_commit },
	{ PK_OPT_FLAG, 0, "adopt", NULL,
	  "write what differs there into the schema files and a migration", &opt_adopt },
	{ PK_OPT_FLAG, 0, "revert", NULL, "print the migration that would undo it there",
	  &opt_revert },
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	PK_SSH_OPT,
	{ 0 },
};

static const char *const what_names[] = {
	[PK_ADDED] = "added",
	[PK_CHANGED] = "changed",
	[PK_REMOVED] = "removed",
};

static void print_item(const struct pk_tree_diff_item *item)
{
	static const enum pk_color colors[] = {
		[PK_ADDED] = PK_GREEN,
		[PK_CHANGED] = PK_YELLOW,
		[PK_REMOVED] = PK_RED,
	};
	bool color = *pk_color(stdout, PK_RED) != '\0';
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_text_diff(&text, item->from ? item->from : "", item->to ? item->to : "", color);
	pk_print(stdout, "%s%s%s %s\n", pk_color(stdout, colors[item->what]), what_names[item->what],
	       pk_color(stdout, PK_PLAIN), item->path);
	puts(text.ptr);
}

static void print_text(const struct pk_deploy *d, const struct pk_tree_diff *diff, bool known)
{
	for (size_t i = 0; i < diff->n; i++)
		print_item(&diff->items[i]);
	if (d->resume) {
		const struct pk_migration *m = &d->chain.items[d->pending[0]];
		const struct pk_applied *row = pk_deploy_find_applied(d, m->version);
		bool going = pk_applied_stage(row) == PK_APPLIED_GOING;

		pk_print(stdout, "'%s' is half way %s %s; git postkit %s goes on with it\n", d->remote.name,
		       going ? "back through" : "through", m->file, going ? "rollback" : "deploy");
	} else if (!*d->expected && !d->empty) {
		pk_print(stdout, "what '%s' should be is not known: %s\n", d->remote.name,
		       d->applied.n ? "its last migration does not say where it leads to"
				    : "nothing has run there");
	} else if (d->drifted && !known) {
		pk_print(stdout, "'%s' has drifted: its schema is %.12s, its migrations led to %.12s\n",
		       d->remote.name, d->now.fingerprint.hex, d->expected);
	} else if (d->drifted) {
		pk_print(stdout, "'%s' has drifted: %zu object%s differ%s from what its migrations made\n",
		       d->remote.name, diff->n, diff->n == 1 ? "" : "s", diff->n == 1 ? "s" : "");
	} else {
		pk_print(stdout, "'%s' has the schema that its migrations made%s\n", d->remote.name,
		       d->empty ? " (it is a new database)" : "");
		if (d->adopt)
			pk_print(stdout, "%s is in it already; the next deploy records that\n",
			       d->chain.items[d->adopt_at].file);
	}
}

static void print_json(const struct pk_deploy *d, const struct pk_tree_diff *diff,
		       const struct pk_coverage *coverage, bool known)
{
	cJSON *root = cJSON_CreateObject(), *list;

	pk_json_set_str(root, "remote", d->remote.name);
	pk_json_set_bool(root, "drift", d->drifted);
	pk_json_set_str(root, "fingerprint", d->now.fingerprint.hex);
	pk_json_set_str(root, "expected", *d->expected ? d->expected : NULL);
	pk_json_set_bool(root, "objects_known", known);
	list = pk_json_add_array(root, "objects");
	for (size_t i = 0; i < diff->n; i++) {
		cJSON *item = pk_json_add_object(list, NULL);

		pk_json_set_str(item, "what", what_names[diff->items[i].what]);
		pk_json_set_str(item, "path", diff->items[i].path);
		pk_json_set_str(item, "from", diff->items[i].from);
		pk_json_set_str(item, "to", diff->items[i].to);
	}
	pk_coverage_json(coverage, root);
	pk_print_json(root);
}

static void advise(const struct pk_ctx *ctx, const struct pk_deploy *d, bool known)
{
	if (!d->drifted)
		return;
	if (!known)
		pk_advise(ctx, "Fetch",
			  "the snapshot of what is expected is not here; others may have it: "
			  "git postkit records fetch");
	else
		pk_advise(ctx, "Drift",
			  "git postkit drift --adopt writes what was done there into the schema files and a "
			  "migration, --revert prints what undoes it there; git postkit deploy refuses until then");
}

static void print_migration(const struct pk_migration *m)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_migration_write(m, &text);
	pk_print_data(stdout, text.ptr);
}

static void print_made_json(const struct pk_deploy *d, const struct pk_drift_migration *made)
{
	cJSON *root = cJSON_CreateObject(), *list;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_migration_write(&made->m, &text);
	pk_json_set_str(root, "remote", d->remote.name);
	pk_json_set_bool(root, "drift", d->drifted);
	if (d->drifted) {
		pk_json_set_str(root, "file", made->path);
		pk_json_set_str(root, "migration", text.ptr);
		list = pk_json_add_array(root, "schema_files");
		for (size_t i = 0; i < made->changed.n; i++)
			cJSON_AddItemToArray(list, cJSON_CreateString(made->changed.items[i]));
	}
	pk_print_json(root);
}

static void print_adopted(const struct pk_ctx *ctx, const struct pk_deploy *d,
			  const struct pk_drift_migration *made)
{
	for (size_t i = 0; i < made->changed.n; i++)
		pk_print(stdout, "changed %s\n", made->changed.items[i]);
	if (!made->changed.n)
		pk_print(stdout, "the schema files mean it already\n");
	pk_print(stdout, "wrote %s, proved on a copy, forth and back\n", made->path);
	if (made->n_pending)
		pk_advise(ctx, "Adopt",
			  "look at them and commit them; git postkit sync then puts the %zu pending migration%s behind it",
			  made->n_pending, made->n_pending == 1 ? "" : "s");
	pk_advise(ctx, "Adopt", "%s git postkit deploy %s records the migration there and does not run it",
		  made->n_pending ? "after that" : "look at them and commit them; then", d->remote.name);
}

/* --adopt and --revert: what differs as a migration, in either direction. */
static int make_migration(const struct pk_ctx *ctx, struct pk_deploy *d, struct pk_err *err)
{
	PK_AUTO(pk_drift_migration) made = PK_DRIFT_MIGRATION_INIT;

	if (d->drifted && (opt_adopt ? pk_drift_adopt(ctx, d, &made, err)
				     : pk_drift_revert(ctx, d, &made, err)) < 0)
		return -1;
	if (opt_json)
		print_made_json(d, &made);
	else if (!d->drifted)
		pk_say("'%s' has not drifted", d->remote.name);
	else if (opt_adopt)
		print_adopted(ctx, d, &made);
	else
		print_migration(&made.m);
	return 0;
}

int pk_cmd_drift(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_deploy) d = PK_DEPLOY_INIT;
	PK_AUTO(pk_tree_diff) diff = PK_TREE_DIFF_INIT;
	PK_AUTO(pk_coverage) coverage = PK_COVERAGE_INIT;
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	struct pk_deploy_options options = { .max_wait = PK_DEPLOY_MAX_WAIT };
	bool known = false;
	int n, result = pk_cmd_parse("drift", argc, argv, operands, &n, err);

	if (result)
		return result;
	if (n > 1)
		return pk_help_usage("drift", err, "drift takes one remote, not %d", n);
	if (opt_adopt && (opt_revert || opt_commit))
		return pk_help_usage("drift", err, "--adopt goes with HEAD, and not with --%s",
				     opt_revert ? "revert" : "commit");
	options.remote = n ? operands[0] : NULL;
	options.commit = opt_commit;
	if (pk_ctx_open(&ctx, true, err) < 0 ||
	    pk_deploy_open(&d, &ctx.repo, &ctx.config, &ctx.project, &options, NULL, err) < 0 ||
	    pk_deploy_compare(&d, err) < 0 || pk_deploy_drift(&d, &diff, &known, err) < 0)
		return -1;
	if (opt_adopt || opt_revert)
		return make_migration(&ctx, &d, err);
	pk_coverage_add(&coverage, &d.now);
	if (opt_json)
		print_json(&d, &diff, &coverage, known);
	else
		print_text(&d, &diff, known);
	pk_coverage_say(&coverage);
	advise(&ctx, &d, known);
	return d.drifted ? PK_EXIT_NO : PK_EXIT_OK;
}
