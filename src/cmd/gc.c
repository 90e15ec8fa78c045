/* git postkit gc: drops what nobody needs any more. */
#include "base/text.h"
#include "cmd/cmd.h"
#include "session/gc.h"

static bool opt_all, opt_dry_run, opt_yes, opt_orphans;

const struct pk_opt pk_opts_gc[] = {
	{ PK_OPT_FLAG, 0, "all", NULL, "all sessions and all local servers of this repository",
	  &opt_all },
	{ PK_OPT_FLAG, 0, "orphans", NULL,
	  "also local servers of other repositories that are gone from their place", &opt_orphans },
	{ PK_OPT_FLAG, 'n', "dry-run", NULL, "only tell what would go", &opt_dry_run },
	{ PK_OPT_FLAG, 'y', "yes", NULL, "do not ask", &opt_yes },
	{ 0 },
};

struct counts {
	size_t done, failed, orphans;
	int64_t bytes;
};

static void show_did(void *arg, const char *what, const char *name, const char *why, int64_t size)
{
	struct counts *counts = arg;
	PK_FREE char *bytes = size >= 0 ? pk_size((uint64_t)size) : NULL;
	counts->done++;
	counts->bytes += size > 0 ? size : 0;
	pk_print(stdout, "%s %s '%s'%s%s%s: %s\n", opt_dry_run ? "would drop" : "dropped", what, name,
	       bytes ? " (" : "", bytes ? bytes : "", bytes ? ")" : "", why);
}

static void count_orphan(void *arg, const char *dir)
{
	struct counts *counts = arg;
	(void)dir;
	counts->orphans++;
}

static void show_failed(void *arg, const char *what, const char *name, const char *msg)
{
	struct counts *counts = arg;
	counts->failed++;
	pk_say("warning: %s '%s' stays: %s", what, name, msg);
}

int pk_cmd_gc(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	struct counts counts = { 0 };
	int rc = pk_cmd_parse_options("gc", argc, argv, "", err);
	if (rc)
		return rc;
	if (pk_ctx_open(&ctx, true, err) < 0)
		return -1;
	if (opt_all && !opt_dry_run && !opt_yes) {
		rc = pk_confirm(
			"end all sessions and remove all local databases of this repository?",
			false, err);
		if (rc < 0)
			return -1;
		if (!rc) {
			pk_say("nothing was changed");
			return PK_EXIT_NO;
		}
	}
	const struct pk_gc_options options = {
		.all = opt_all,
		.dry_run = opt_dry_run,
		.orphans = opt_orphans,
		.orphan = count_orphan,
		.did = show_did,
		.failed = show_failed,
		.arg = &counts,
	};
	if (pk_gc(&ctx.repo, &ctx.config, &options, err) < 0)
		return -1;
	if (!counts.done && !counts.failed)
		pk_print(stdout, "nothing to drop\n");
	if (counts.bytes) {
		PK_FREE char *bytes = pk_size((uint64_t)counts.bytes);
		pk_print(stdout, "%s %s\n", bytes, opt_dry_run ? "would be freed" : "freed");
	}
	if (counts.orphans)
		pk_advise(&ctx, "Orphans",
			  "%zu local server%s of repositories that are not where they were; "
			  "git postkit gc --orphans --dry-run lists them",
			  counts.orphans, counts.orphans == 1 ? "" : "s");
	return counts.failed ? PK_EXIT_ATTENTION : 0;
}
