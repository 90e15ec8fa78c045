/*
 * Commands: one file each, one row in the table of cmd/table.c. A command parses its options, calls
 * the floors below, and prints: results on stdout, talk on stderr, --json one document with "schema": 1.
 */
#ifndef PK_CMD_CMD_H
#define PK_CMD_CMD_H

#include "base/json.h"
#include "base/opt.h"
#include "base/print.h"
#include "base/progress.h"
#include "base/term.h"
#include "chain/project.h"
#include "git/config.h"
#include "git/repo.h"

struct pk_ctx {
	struct pk_repo repo;
	struct pk_config config;
	struct pk_project project;
	bool has_repo;
};
#define PK_CTX_INIT { .has_repo = false }
void pk_ctx_release(struct pk_ctx *ctx);
/*
 * Opens repository, settings and project. need_repo: outside a repository, and in a bare one, is an error; else
 * has_repo says, and repo.workdir is NULL in a bare one.
 */
int pk_ctx_open(struct pk_ctx *ctx, bool need_repo, struct pk_err *err);

/*
 * A bare repository will do, too, with the project's settings of a revision; NULL: of HEAD. Where files are checked out it is
 * pk_ctx_open() with need_repo.
 */
int pk_ctx_open_commit(struct pk_ctx *ctx, const char *rev, struct pk_err *err);

/* --ssh, for the tables of commands that connect to a remote or a URL; pk_ctx_open() keeps it in the settings. */
extern const char *pk_opt_ssh;
#define PK_SSH_OPT                                                                                 \
	{ PK_OPT_STRING, 0, "ssh", "USER@HOST",                                                    \
	  "reach the database through this SSH server ('': through none)", &pk_opt_ssh }

/* A command returns its exit status, 0 or -1 for err->exit (128 when that is 0). main prints the error. */
struct pk_command {
	const char *name;
	int (*run)(int argc, char **argv, struct pk_err *err);
	const char *synopsis;     /* "[--remote NAME]" */
	const char *summary;      /* one line */
	const struct pk_opt *opts; /* of the command, static in its file */
	const char *group;        /* heading in -h */
};
extern const struct pk_command pk_commands[]; /* sorted by name, ends with a NULL name */
const struct pk_command *pk_command_find(const char *name);

/*
 * Parses with the command's table; prints help on -h. Returns as pk_opt_parse: when it is not 0, the command returns
 * that at once, and main exits with 129.
 */
int pk_cmd_parse(const char *command, int argc, char **argv, const char **ret_operands, int *ret_n, struct pk_err *err);
/* The same of a command that takes options alone. instead: goes behind "NAME takes no operands". */
int pk_cmd_parse_options(const char *command, int argc, char **argv, const char *instead, struct pk_err *err);

/* "hint: ..." on stderr, unless advice.postkit<name> is false. */
void pk_advise(const struct pk_ctx *ctx, const char *name, const char *fmt, ...) PK_PRINTF(3, 4);
/* Talk on stderr, a newline is added. */
void pk_say(const char *fmt, ...) PK_PRINTF(1, 2);
void pk_say_lines(const char *before, const char *text); /* text of several lines, `before` in front of each */
void pk_print_json(cJSON *root); /* adds "schema": 1, prints, frees */

/* What each command file exports: pk_cmd_<name>() and its options, pk_opts_<name>. */
#define PK_COMMAND(name) \
	int pk_cmd_##name(int argc, char **argv, struct pk_err *err); \
	extern const struct pk_opt pk_opts_##name[];
PK_COMMAND(abort)
PK_COMMAND(apply)
PK_COMMAND(check)
PK_COMMAND(commit)
PK_COMMAND(copy)
PK_COMMAND(demo)
PK_COMMAND(deploy)
PK_COMMAND(diff)
PK_COMMAND(doctor)
PK_COMMAND(drift)
PK_COMMAND(env)
PK_COMMAND(fingerprint)
PK_COMMAND(gc)
PK_COMMAND(grants)
PK_COMMAND(hooks)
PK_COMMAND(import)
PK_COMMAND(infra)
PK_COMMAND(init)
PK_COMMAND(lint)
PK_COMMAND(log)
PK_COMMAND(mask)
PK_COMMAND(migration)
PK_COMMAND(plan)
PK_COMMAND(psql)
PK_COMMAND(records)
PK_COMMAND(remote)
PK_COMMAND(rollback)
PK_COMMAND(seed)
PK_COMMAND(snapshot)
PK_COMMAND(start)
PK_COMMAND(status)
PK_COMMAND(sync)
PK_COMMAND(url)
#undef PK_COMMAND

#endif
