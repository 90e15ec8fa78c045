/* git postkit demo: the main job, played on real parts with every command as a user types it. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/sig.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/demo.h"
#include "cmd/help.h"

#include <stdarg.h>

static bool opt_keep, opt_remove, opt_yes;
static const char *opt_dir;

const struct pk_opt pk_opts_demo[] = {
	{ PK_OPT_STRING, 0, "dir", "DIR", "play in this folder, which must not exist yet",
	  &opt_dir },
	{ PK_OPT_FLAG, 'k', "keep", NULL, "leave everything there to explore", &opt_keep },
	{ PK_OPT_FLAG, 0, "remove", NULL, "stop and remove what --keep has left in --dir",
	  &opt_remove },
	{ PK_OPT_FLAG, 'y', "yes", NULL, "install what is missing without asking (in a checkout)",
	  &opt_yes },
	{ 0 },
};

void pk_demo_title(const char *fmt, ...)
{
	va_list ap;

	pk_print(stdout, "\n%s── ", pk_color(stdout, PK_BOLD));
	va_start(ap, fmt);
	pk_vprint(stdout, fmt, ap);
	va_end(ap);
	pk_print(stdout, " ──%s\n", pk_color(stdout, PK_PLAIN));
	fflush(stdout);
}

void pk_demo_say(const char *fmt, ...)
{
	va_list ap;

	fputs(pk_color(stdout, PK_DIM), stdout);
	va_start(ap, fmt);
	pk_vprint(stdout, fmt, ap);
	va_end(ap);
	pk_print(stdout, "%s\n", pk_color(stdout, PK_PLAIN));
	fflush(stdout);
}

static void say_how_to_go_on(const struct pk_demo *demo)
{
	pk_print(stdout, "\nEverything is still there, in %s. To go on:\n\n"
	       "    export PATH=%s/bin:$PATH PGPASSFILE=%s/pgpass\n"
	       "    cd %s\n"
	       "    git postkit status\n\n"
	       "Production stops when nobody has talked to it for a while; this starts it again:\n\n"
	       "    production-start\n\n"
	       "And when you have seen enough:\n\n"
	       "    git postkit demo --remove --dir %s\n",
	       demo->dir, demo->dir, demo->dir, demo->shop, demo->dir);
}

static int play(struct pk_demo *demo, struct pk_err *err)
{
	PK_FREE char *count = NULL;
	PK_FREE char *took = NULL;
	double before = pk_now();
	int64_t rows = 0;

	pk_demo_title("A production database");
	if (pk_demo_production(demo, &rows, err) < 0)
		return -1;
	count = pk_count((uint64_t)rows);
	took = pk_duration(pk_now() - before);
	pk_demo_say("A PostgreSQL server of its own with a shop of %s rows, made in %s.\n"
		    "There are customers without a name, e-mails that differ only in case, and orders of\n"
		    "customers who are gone. Everything that follows is typed as you would.",
		    count, took);
	return pk_demo_play(demo, err);
}

/* What failed is kept for looking, unless the user broke off. */
static int finish(struct pk_demo *demo, int result, struct pk_err *err)
{
	PK_FREE char *took = pk_duration(pk_now() - demo->started);
	PK_AUTO(pk_err) remove_err = PK_ERR_INIT;

	if (result < 0 && !pk_interrupted()) {
		if (demo->url)
			say_how_to_go_on(demo);
		return -1;
	}
	if (result == 0)
		pk_print(stdout, "\nThat was the whole way, in %s.\n", took);
	if (opt_keep) {
		say_how_to_go_on(demo);
		return result;
	}
	if (pk_demo_remove(demo->dir, &remove_err) < 0) {
		if (result == 0)
			return pk_err_move(err, &remove_err);
	} else if (result == 0) {
		puts("Servers are stopped and everything is removed; --keep would leave it there to explore.");
	}
	return result;
}

int pk_cmd_demo(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_demo) demo = PK_DEMO_INIT;
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	int n, result = pk_cmd_parse("demo", argc, argv, operands, &n, err);

	if (result)
		return result;
	if (n)
		return pk_help_usage("demo", err, "demo takes no operand, and got '%s'",
				     operands[0]);
	if (opt_remove && !opt_dir)
		return pk_help_usage("demo", err, "--remove needs --dir");
	if (opt_remove)
		return pk_demo_remove(opt_dir, err);
	demo.started = pk_now();
	if (pk_demo_stage(&demo, opt_dir, err) < 0)
		return -1;
	return finish(&demo, play(&demo, err), err);
}
