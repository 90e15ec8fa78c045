/* git postkit fingerprint: the id of a schema. Equal ids, equal schemas. */
#include "cmd/coverage.h"
#include "cmd/help.h"
#include "cmd/side.h"

static bool opt_json, opt_strict;
static struct pk_strv opt_ignore, opt_grantees;

const struct pk_opt pk_opts_fingerprint[] = {
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	{ PK_OPT_FLAG, 0, "strict", NULL, "stop where an object is of a kind that is not modelled", &opt_strict },
	PK_COVERAGE_OPTS(&opt_ignore, &opt_grantees),
	PK_SSH_OPT,
	{ 0 },
};

int pk_cmd_fingerprint(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_side) side = PK_SIDE_INIT;
	PK_AUTO(pk_coverage) coverage = PK_COVERAGE_INIT;
	struct pk_side *const sides[] = { &side };
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	int n, result = pk_cmd_parse("fingerprint", argc, argv, operands, &n, err);

	if (result)
		return result;
	if (n != 1)
		return pk_help_usage("fingerprint", err,
				     "fingerprint takes one database, file or folder");
	side.text = operands[0];
	pk_sides_begin(sides, 1);
	if (pk_ctx_open(&ctx, false, err) < 0)
		return -1;
	pk_managed_add(&ctx.project.managed, &opt_ignore, &opt_grantees);
	if (pk_sides_read(&ctx, sides, 1, err) < 0)
		return -1;
	pk_coverage_add(&coverage, &side.snapshot);
	if (opt_strict && pk_coverage_strict(&coverage, err) < 0)
		return -1;
	if (opt_json) {
		cJSON *root = cJSON_CreateObject();

		pk_json_set_str(root, "fingerprint", side.snapshot.fingerprint.hex);
		pk_json_set_num(root, "server_version", side.snapshot.version);
		pk_coverage_json(&coverage, root);
		pk_print_json(root);
	} else {
		puts(side.snapshot.fingerprint.hex);
	}
	pk_coverage_say(&coverage);
	return 0;
}
