/*
 * Client programs out of an image: each is a small script in a folder of ours that runs us again, and we run the
 * program in a container with the files that its arguments and libpq's variables name. Its network is this
 * machine's, for it connects to remotes; passwords come by files and variables, never by arguments.
 */
#include "base/fs.h"
#include "base/proc.h"
#include "base/text.h"
#include "server/docker.h"
#include "server/server.h"
#include <sys/stat.h>
#include <unistd.h>

static const char *const programs[] = { "pg_dump", "pg_restore", "psql" };

static char *quoted(const char *text)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	pk_buf_addc(&out, '\'');
	for (; *text; text++)
		pk_buf_add(&out, *text == '\'' ? "'\\''" : (char[]){ *text, '\0' });
	pk_buf_addc(&out, '\'');
	return pk_buf_take(&out);
}

char *pk_docker_clients(const char *image)
{
	PK_FREE char *state = pk_place_state_dir(), *self = pk_proc_self();
	PK_FREE char *program = quoted(self), *name = quoted(image);
	PK_FREE char *dir = pk_printf("%s/clients/%016llx", state,
				      (unsigned long long)pk_hash(image, strlen(image), 0));

	for (size_t i = 0; i < PK_COUNT(programs); i++) {
		PK_FREE char *path = pk_path_join(dir, programs[i]);
		PK_FREE char *text =
			pk_printf("#!/bin/sh\nexec %s --internal-docker %s %s \"$@\"\n", program,
				  name, programs[i]);
		PK_AUTO(pk_buf) there = PK_BUF_INIT;
		if (pk_path_exists(path) && pk_read_file(path, &there, NULL) == 0 &&
		    pk_streq(there.ptr, text))
			continue;
		if (pk_write_file(path, text, strlen(text), 0755, NULL) < 0 ||
		    chmod(path, 0755) < 0)
			return NULL;
	}
	return pk_take(&dir);
}

/* The folder of a file that there is, or is to be; "/" is nobody's. Each once. */
static void see(struct pk_strv *dirs, const char *path)
{
	PK_FREE char *dir = pk_path_is_dir(path) ? pk_strdup(path) : pk_path_dir(path);

	if (strcmp(dir, "/") != 0 && pk_path_is_dir(dir) && !pk_strv_has(dirs, dir))
		pk_strv_push(dirs, dir);
}

/* Absolute paths in an argument: after its begin, "=", a quote or a comma; connection strings escape with "\". */
static void see_all(struct pk_strv *dirs, const char *arg)
{
	for (const char *at = arg; (at = strchr(at, '/')); at++) {
		if (at > arg && !strchr("='\",", at[-1]))
			continue;
		PK_FREE char *path = pk_strndup(at, strcspn(at, "'\","));
		see(dirs, path);
		PK_FREE char *word = pk_strndup(at, strcspn(at, "'\", "));
		see(dirs, word);
	}
}

static void add_environment(struct pk_strv *args, struct pk_strv *dirs)
{
	for (char **setting = environ; *setting; setting++) {
		const char *value = strchr(*setting, '=');
		if (!value || !pk_starts_with(*setting, "PG"))
			continue;
		PK_FREE char *name = pk_strndup(*setting, (size_t)(value - *setting));
		/* docker takes the value from its own environment */
		pk_strv_pushf(args, "--env=%s", name);
		if (value[1] == '/')
			see(dirs, value + 1);
	}
}

int pk_server_docker_main(int argc, char **argv)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT, dirs = PK_STRV_INIT;
	PK_FREE const char **all = NULL;
	int at = 0, status = 0;

	while (at < argc && strcmp(argv[at], "--internal-docker") != 0)
		at++;
	if (at + 2 >= argc)
		return PK_EXIT_USAGE;
	pk_strv_split(
		&args,
		"docker run --rm --init --interactive --network host --cap-drop ALL --security-opt "
		"no-new-privileges --env LC_ALL=C.UTF-8 --env HOME=/tmp --workdir /",
		' ');
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		pk_strv_push(&args, "--tty");
	if (geteuid() == 0) /* sockets of servers that run as somebody else */
		pk_strv_push(&args, "--cap-add=DAC_OVERRIDE");
	pk_strv_pushf(&args, "--user=%u:%u", (unsigned)geteuid(), (unsigned)getegid());
	pk_strv_pushf(&args, "--entrypoint=%s", argv[at + 2]);
	add_environment(&args, &dirs);
	for (int i = at + 3; i < argc; i++)
		see_all(&dirs, argv[i]);
	for (size_t i = 0; i < dirs.n; i++)
		pk_strv_pushf(&args, "--mount=type=bind,\"source=%s\",\"target=%s\"", dirs.items[i],
			      dirs.items[i]);
	pk_strv_push(&args, argv[at + 1]);
	for (int i = at + 3; i < argc; i++)
		pk_strv_push(&args, argv[i]);
	all = pk_alloc((args.n + 1) * sizeof(*all));
	for (size_t i = 0; i < args.n; i++)
		all[i] = args.items[i];
	all[args.n] = NULL;
	const struct pk_proc proc = {
		.argv = all, .inherit_stdin = true, .inherit_stdout = true, .inherit_stderr = true
	};
	return pk_proc_run(&proc, &status, NULL) < 0 ? PK_EXIT_FATAL : status;
}
