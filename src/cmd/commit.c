/* git postkit commit: the migration, in a commit with the schema files. */
#include "cmd/help.h"
#include "session/commit.h"

static const char *opt_message, *opt_name, *opt_irreversible;
static bool opt_json;

const struct pk_opt pk_opts_commit[] = {
	{ PK_OPT_STRING, 'm', "message", "MESSAGE",
	  "of the commit; its first line names the migration", &opt_message },
	{ PK_OPT_STRING, 0, "name", "NAME", "of the migration", &opt_name },
	{ PK_OPT_STRING, 0, "irreversible", "REASON",
	  "why that may go which the way back does not restore", &opt_irreversible },
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	{ 0 },
};

static void show(const struct pk_desk *desk, const struct pk_commit_result *result)
{
	if (opt_json) {
		cJSON *root = cJSON_CreateObject();
		pk_json_set_str(root, "branch", desk->session.branch);
		pk_json_set_str(root, "commit", result->commit.hex);
		pk_json_set_str(root, "from", result->from.hex);
		pk_json_set_str(root, "to", result->to.hex);
		cJSON *files = pk_json_add_array(root, "files");
		for (size_t i = 0; i < result->files.n; i++)
			cJSON_AddItemToArray(files, cJSON_CreateString(result->files.items[i]));
		pk_print_json(root);
		return;
	}
	if (result->finished)
		pk_say("git had made the commit already; the session is brought up to it");
	pk_print(stdout, "[%s %.7s]\n", desk->session.branch, result->commit.hex);
	for (size_t i = 0; i < result->files.n; i++)
		pk_print(stdout, " %s\n", result->files.items[i]);
	pk_print(stdout, " schema %.12s -> %.12s\n", result->from.hex, result->to.hex);
}

int pk_cmd_commit(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_desk) desk = PK_DESK_INIT;
	PK_AUTO(pk_commit_result) result = PK_COMMIT_RESULT_INIT;
	int rc = pk_cmd_parse_options("commit", argc, argv, "; it commits the schema folder and the migrations", err);
	if (rc)
		return rc;
	if (opt_irreversible && (!*opt_irreversible || strpbrk(opt_irreversible, "\r\n")))
		return pk_help_usage("commit", err, "the reason of --irreversible is one line");
	const struct pk_commit_options options = {
		.message = opt_message,
		.name = opt_name,
		.irreversible = opt_irreversible,
		.edit = pk_term_can_ask(),
	};
	if (pk_ctx_open(&ctx, true, err) < 0 ||
	    pk_desk_open(&desk, &ctx.repo, &ctx.config, &ctx.project, err) < 0 ||
	    pk_session_commit(&desk, &options, &result, err) < 0)
		return -1;
	show(&desk, &result);
	pk_advise(&ctx, "Commit",
		  "git push sends it, after a check; git postkit plan goes on with this session");
	return 0;
}
