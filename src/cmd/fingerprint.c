/* git postkit fingerprint: the id of a schema. Equal ids, equal schemas. */
#include "cmd/help.h"
#include "cmd/side.h"

static bool opt_json;

const struct pk_opt pk_opts_fingerprint[] = {
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	{ 0 },
};

int pk_cmd_fingerprint(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_side) side = PK_SIDE_INIT;
	struct pk_side *const sides[] = { &side };
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	int n, result = pk_cmd_parse("fingerprint", argc, argv, operands, &n, err);

	if (result)
		return result;
	if (n != 1)
		return pk_help_usage("fingerprint", err,
				     "fingerprint takes one database, file or folder");
	if (pk_ctx_open(&ctx, false, err) < 0)
		return -1;
	side.text = operands[0];
	if (pk_sides_read(&ctx, sides, 1, err) < 0)
		return -1;
	if (opt_json) {
		cJSON *root = cJSON_CreateObject();

		pk_json_set_str(root, "fingerprint", side.snapshot.fingerprint.hex);
		pk_json_set_num(root, "server_version", side.snapshot.version);
		pk_print_json(root);
	} else {
		puts(side.snapshot.fingerprint.hex);
	}
	pk_side_warn_unmodelled(&side);
	return 0;
}
