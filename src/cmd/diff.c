/* git postkit diff: the SQL that leads from one schema to another, as it can be run. */
#include "cmd/coverage.h"
#include "cmd/help.h"
#include "cmd/plan_view.h"
#include "cmd/side.h"
#include "diff/renaming.h"

static bool opt_down, opt_sql, opt_json, opt_stat, opt_exit_code, opt_strict;
static struct pk_strv opt_ignore, opt_grantees, opt_renames;
static const char *opt_online;

const struct pk_opt pk_opts_diff[] = {
	{ PK_OPT_FLAG, 0, "down", NULL, "the way back, from TO to FROM", &opt_down },
	{ PK_OPT_FLAG, 0, "exit-code", NULL, "exit with 1 when there is a difference",
	  &opt_exit_code },
	{ PK_OPT_FLAG, 0, "sql", NULL, "the SQL, as without it", &opt_sql },
	{ PK_OPT_FLAG, 0, "stat", NULL, "a line for each object that changes", &opt_stat },
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document: the steps and what each would lock",
	  &opt_json },
	{ PK_OPT_STRING, 0, "online", "WHEN", "non-blocking ways: auto (by size), always, never",
	  &opt_online },
	{ PK_OPT_LIST, 0, "rename", "KIND:OLD=NEW", "an object or column that goes under a new name", &opt_renames },
	{ PK_OPT_FLAG, 0, "strict", NULL, "stop where an object is of a kind that is not modelled", &opt_strict },
	PK_COVERAGE_OPTS(&opt_ignore, &opt_grantees),
	PK_SSH_OPT,
	{ 0 },
};

/* The two sides and what leads from one to the other. */
struct difference {
	struct pk_side from, to;
	struct pk_renaming renaming;
	struct pk_snapshot renamed; /* what the renames make of the first side, where there are any */
	struct pk_plan plan;        /* of what is left, there or back */
	struct pk_rename_guesses guesses;
};

static void difference_release(struct difference *d)
{
	pk_rename_guesses_release(&d->guesses);
	pk_plan_release(&d->plan);
	pk_snapshot_release(&d->renamed);
	pk_renaming_release(&d->renaming);
	pk_side_release(&d->to);
	pk_side_release(&d->from);
}

static int find(const struct pk_ctx *ctx, struct difference *d, const struct pk_diff_options *options, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_snapshot) copy = PK_SNAPSHOT_INIT;
	struct pk_snapshot *from = &d->from.snapshot, *to = &d->to.snapshot;

	if (pk_renaming_find(&d->to.files, &opt_renames, from, to, &d->renaming, err) < 0)
		return -1;
	if (d->renaming.n) {
		pk_renaming_sql(&d->renaming, false, &sql);
		if (pk_side_after(ctx, &d->from, sql.ptr, &copy, &d->renamed, err) < 0)
			return -1;
		pk_renaming_sizes(from, &copy, &d->renamed);
		from = &d->renamed;
	}
	pk_rename_guess(from, to, &d->guesses);
	if (opt_down)
		pk_diff(to, from, options, &d->plan);
	else
		pk_diff(from, to, options, &d->plan);
	return 0;
}

static void print_sql(const struct difference *d)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (!opt_down)
		pk_renaming_sql(&d->renaming, false, &sql);
	pk_plan_sql(&d->plan, &sql);
	if (opt_down)
		pk_renaming_sql(&d->renaming, true, &sql);
	pk_print_data(stdout, sql.ptr);
}

/* Renames and what is left, in the order in which they run. */
static void whole_plan(const struct difference *d, struct pk_plan *ret)
{
	ret->from = opt_down ? d->to.snapshot.fingerprint : d->from.snapshot.fingerprint;
	ret->to = opt_down ? d->from.snapshot.fingerprint : d->to.snapshot.fingerprint;
	ret->pg_major = d->plan.pg_major;
	if (!opt_down)
		pk_renaming_plan(&d->renaming, false, ret);
	for (size_t i = 0; i < d->plan.n; i++)
		pk_plan_add(ret, &d->plan.steps[i]);
	if (opt_down)
		pk_renaming_plan(&d->renaming, true, ret);
}

static void print_stat(const struct difference *d)
{
	PK_AUTO(pk_plan) all = PK_PLAN_INIT;

	whole_plan(d, &all);
	if (all.n)
		pk_view_stat(stdout, &all);
}

static void print_json(const struct difference *d, const struct pk_coverage *coverage)
{
	PK_AUTO(pk_plan) all = PK_PLAN_INIT;
	cJSON *root;

	whole_plan(d, &all);
	root = pk_plan_to_json(&all);
	pk_coverage_json(coverage, root);
	pk_view_guesses_json(&d->guesses, root);
	pk_print_json(root);
}

int pk_cmd_diff(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	struct difference d __attribute__((cleanup(difference_release))) = { .from = PK_SIDE_INIT };
	PK_AUTO(pk_coverage) coverage = PK_COVERAGE_INIT;
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	struct pk_side *const sides[] = { &d.from, &d.to };
	struct pk_diff_options options = { 0 };
	int n, result = pk_cmd_parse("diff", argc, argv, operands, &n, err);

	if (result)
		return result;
	if (n != 2)
		return pk_help_usage("diff", err, "diff takes two databases, files or folders");
	if (opt_sql + opt_stat + opt_json > 1)
		return pk_help_usage("diff", err, "--sql, --stat or --json, not several");
	d.from.text = operands[0];
	d.to.text = operands[1];
	pk_sides_begin(sides, PK_COUNT(sides));
	if (pk_check_online("diff", opt_online, err) < 0 || pk_ctx_open(&ctx, false, err) < 0 ||
	    pk_online_settings_read(&ctx.config, NULL, opt_online, &options.online, err) < 0)
		return -1;
	d.from.copied = opt_renames.n > 0;
	(opt_down ? &d.to : &d.from)->measure = true;
	pk_managed_add(&ctx.project.managed, &opt_ignore, &opt_grantees);
	if (pk_sides_read(&ctx, sides, PK_COUNT(sides), err) < 0)
		return -1;
	pk_coverage_add(&coverage, &d.from.snapshot);
	pk_coverage_add(&coverage, &d.to.snapshot);
	if ((opt_strict && pk_coverage_strict(&coverage, err) < 0) || find(&ctx, &d, &options, err) < 0)
		return -1;
	if (opt_json)
		print_json(&d, &coverage);
	else if (opt_stat)
		print_stat(&d);
	else
		print_sql(&d);
	if (d.plan.circle)
		pk_say("warning: statements about %s wait for one another in a circle: their order is a guess", d.plan.circle);
	pk_coverage_say(&coverage);
	pk_view_guesses(&d.guesses);
	return opt_exit_code && (d.plan.n || d.renaming.n) ? PK_EXIT_NO : 0;
}
