/* git postkit snapshot: the canonical texts of a database or of schema files. */
#include "cmd/coverage.h"
#include "cmd/help.h"
#include "cmd/side.h"

static bool opt_json, opt_write_tree;
static struct pk_strv opt_ignore, opt_grantees;

const struct pk_opt pk_opts_snapshot[] = {
	{ PK_OPT_FLAG, 0, "json", NULL,
	  "one JSON document: fingerprint, objects, what is not modelled", &opt_json },
	{ PK_OPT_FLAG, 0, "write-tree", NULL, "write the texts as a git tree and print its id",
	  &opt_write_tree },
	PK_COVERAGE_OPTS(&opt_ignore, &opt_grantees),
	PK_SSH_OPT,
	{ 0 },
};

static void print_texts(const struct pk_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->n; i++) {
		const struct pk_object *o = snapshot->objects[i];

		if (o->path) {
			pk_print(stdout, "-- %s\n", o->path);
			pk_print_data(stdout, o->text);
			putchar('\n');
		}
	}
}

static void print_json(const struct pk_snapshot *snapshot, const struct pk_coverage *coverage)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *objects;

	pk_json_set_str(root, "fingerprint", snapshot->fingerprint.hex);
	pk_json_set_num(root, "server_version", snapshot->version);
	objects = pk_json_add_array(root, "objects");
	for (size_t i = 0; i < snapshot->n; i++) {
		const struct pk_object *o = snapshot->objects[i];
		cJSON *item;

		if (!o->path)
			continue;
		item = pk_json_add_object(objects, NULL);
		pk_json_set_str(item, "path", o->path);
		pk_json_set_str(item, "name", o->ident);
		pk_json_set_str(item, "sql", o->text);
	}
	pk_coverage_json(coverage, root);
	pk_print_json(root);
}

int pk_cmd_snapshot(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_side) side = PK_SIDE_INIT;
	PK_AUTO(pk_coverage) coverage = PK_COVERAGE_INIT;
	struct pk_side *const sides[] = { &side };
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	struct pk_oid tree;
	int n, result = pk_cmd_parse("snapshot", argc, argv, operands, &n, err);

	if (result)
		return result;
	if (n != 1)
		return pk_help_usage("snapshot", err,
				     "snapshot takes one database, file or folder");
	if (pk_ctx_open(&ctx, opt_write_tree, err) < 0)
		return -1;
	side.text = operands[0];
	pk_managed_add(&ctx.project.managed, &opt_ignore, &opt_grantees);
	if (pk_sides_read(&ctx, sides, 1, err) < 0)
		return -1;
	pk_coverage_add(&coverage, &side.snapshot);
	if (opt_write_tree) {
		if (pk_snapshot_write_tree(&side.snapshot, &ctx.repo, &tree, err) < 0)
			return -1;
		puts(tree.hex);
	} else if (opt_json) {
		print_json(&side.snapshot, &coverage);
	} else {
		print_texts(&side.snapshot);
	}
	pk_coverage_say(&coverage);
	return 0;
}
