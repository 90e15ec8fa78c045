/* git postkit diff: the SQL that leads from one schema to another, as it can be run. */
#include "cmd/coverage.h"
#include "cmd/help.h"
#include "cmd/side.h"
#include "diff/plan.h"

static bool opt_down, opt_json, opt_exit_code, opt_strict;
static struct pk_strv opt_ignore, opt_grantees;
static const char *opt_online;

const struct pk_opt pk_opts_diff[] = {
	{ PK_OPT_FLAG, 0, "down", NULL, "the way back, from TO to FROM", &opt_down },
	{ PK_OPT_FLAG, 0, "exit-code", NULL, "exit with 1 when there is a difference",
	  &opt_exit_code },
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document: the steps and what each would lock",
	  &opt_json },
	{ PK_OPT_STRING, 0, "online", "WHEN", "non-blocking ways: auto (by size), always, never",
	  &opt_online },
	{ PK_OPT_FLAG, 0, "strict", NULL, "stop where an object is of a kind that is not modelled", &opt_strict },
	PK_COVERAGE_OPTS(&opt_ignore, &opt_grantees),
	{ 0 },
};

static int parse_online(enum pk_online *ret, struct pk_err *err)
{
	static const char *const names[] = {
		[PK_ONLINE_AUTO] = "auto",
		[PK_ONLINE_ALWAYS] = "always",
		[PK_ONLINE_NEVER] = "never",
	};

	*ret = PK_ONLINE_AUTO;
	if (!opt_online)
		return 0;
	for (size_t i = 0; i < PK_COUNT(names); i++) {
		if (pk_streq(opt_online, names[i])) {
			*ret = (enum pk_online)i;
			return 0;
		}
	}
	return pk_help_usage("diff", err, "--online is auto, always or never, not '%s'",
			     opt_online);
}

int pk_cmd_diff(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_side) from = PK_SIDE_INIT;
	PK_AUTO(pk_side) to = PK_SIDE_INIT;
	PK_AUTO(pk_plan) plan = PK_PLAN_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_coverage) coverage = PK_COVERAGE_INIT;
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	struct pk_side *const sides[] = { &from, &to };
	struct pk_diff_options options = { 0 };
	int n, result = pk_cmd_parse("diff", argc, argv, operands, &n, err);

	if (result)
		return result;
	if (n != 2)
		return pk_help_usage("diff", err, "diff takes two databases, files or folders");
	if (parse_online(&options.online, err) < 0 || pk_ctx_open(&ctx, false, err) < 0)
		return -1;
	from.measure = true;
	from.text = operands[opt_down ? 1 : 0];
	to.text = operands[opt_down ? 0 : 1];
	pk_managed_add(&ctx.project.managed, &opt_ignore, &opt_grantees);
	if (pk_sides_read(&ctx, sides, 2, err) < 0)
		return -1;
	pk_coverage_add(&coverage, &from.snapshot);
	pk_coverage_add(&coverage, &to.snapshot);
	if ((opt_strict && pk_coverage_strict(&coverage, err) < 0) ||
	    pk_diff(&from.snapshot, &to.snapshot, &options, &plan, err) < 0)
		return -1;
	if (opt_json) {
		pk_print_json(pk_plan_to_json(&plan));
	} else if (plan.n) {
		pk_plan_sql(&plan, &sql);
		fputs(sql.ptr, stdout);
	}
	pk_coverage_say(&coverage);
	return opt_exit_code && plan.n ? PK_EXIT_NO : 0;
}
