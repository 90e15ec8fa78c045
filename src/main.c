/* git postkit: finds the command, runs it, and turns its result into an exit status. */
#include "base/sig.h"
#include "cmd/cmd.h"
#include "cmd/help.h"
#include "hook/hook.h"
#include "server/server.h"

#include <unistd.h>

static int show_overview(int argc, char **argv, struct pk_err *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	pk_help_overview(stdout);
	return PK_EXIT_USAGE; /* as git does for -h */
}

static int show_manual(int argc, char **argv, struct pk_err *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	/* Returns only when there is no man, or no page: then the overview has to do. */
	pk_help_manual();
	pk_help_overview(stdout);
	return 0;
}

static int show_version(int argc, char **argv, struct pk_err *err)
{
	(void)argc;
	(void)argv;
	(void)err;
	puts("git-postkit " PK_VERSION);
	return 0;
}

static int run_hook(int argc, char **argv, struct pk_err *err)
{
	(void)err;
	return pk_hook_main(argc, argv);
}

static int run_idle(int argc, char **argv, struct pk_err *err)
{
	(void)err;
	return pk_server_idle_main(argc, argv);
}

static int run_docker(int argc, char **argv, struct pk_err *err)
{
	(void)err;
	return pk_server_docker_main(argc, argv);
}

/* What stands in the place of a command but is none; gets the whole command line. */
static const struct {
	const char *name;
	int (*run)(int argc, char **argv, struct pk_err *err);
} switches[] = {
	{ "-h", show_overview },
	{ "--help", show_manual },
	{ "help", show_manual },
	{ "--version", show_version },
	{ "-v", show_version },
	{ "version", show_version },
	{ "--hook", run_hook },
	{ "--internal-idle", run_idle },
	{ "--internal-docker", run_docker },
	{ "--completion-data", pk_completion_data },
};

static int run(int argc, char **argv, struct pk_err *err)
{
	const struct pk_command *command;

	if (argc < 2)
		return show_overview(argc, argv, err);
	for (size_t i = 0; i < PK_COUNT(switches); i++)
		if (pk_streq(argv[1], switches[i].name))
			return switches[i].run(argc, argv, err);
	command = pk_command_find(argv[1]);
	if (!command) {
		pk_help_unknown(argv[1], err);
		return -1;
	}
	if (argc == 3 && pk_streq(argv[2], "--help")) {
		pk_help_manual();
		pk_help_command(stdout, command);
		return 0;
	}
	return command->run(argc - 1, argv + 1, err);
}

/* An error that only carries an exit status has been told already (help on -h). */
static int exit_status(int result, const struct pk_err *err)
{
	if (err->exit && !err->msg)
		return err->exit;
	if (result >= 0)
		return result;
	pk_err_print(err);
	/* What has become of a remote is more than that somebody wanted to stop. */
	if (pk_interrupted() && err->exit != PK_EXIT_UNKNOWN && err->exit != PK_EXIT_ATTENTION)
		return PK_EXIT_INTERRUPTED;
	return err->exit ? err->exit : PK_EXIT_FATAL;
}

int main(int argc, char **argv)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	int status;

	pk_sig_init();
	/* The fingers of PostKit users: postkit db start. */
	if (argc > 1 && pk_streq(argv[1], "db")) {
		argv[1] = argv[0];
		argv++;
		argc--;
	}
	status = exit_status(run(argc, argv, &err), &err);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fputs("error: cannot write the output\n", stderr);
		return PK_EXIT_FATAL;
	}
	return status;
}
