/* git postkit url, psql, env: the session's database for people and programs. */
#include "base/fs.h"
#include "base/proc.h"
#include "cmd/cmd.h"
#include "session/env_file.h"

#include <unistd.h>

static bool opt_json, opt_refresh;
static const char *opt_write;

const struct pk_opt pk_opts_url[] = {
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document, the parts apart", &opt_json },
	{ 0 },
};
const struct pk_opt pk_opts_psql[] = {
	{ 0 },
};
const struct pk_opt pk_opts_env[] = {
	{ PK_OPT_STRING, 'w', "write", "FILE",
	  "keep the line in FILE, also when branches are switched", &opt_write },
	{ PK_OPT_FLAG, 0, "refresh", NULL,
	  "write the file named before again (the post-checkout hook does)", &opt_refresh },
	{ 0 },
};

static int open_desk(struct pk_ctx *ctx, struct pk_desk *desk, struct pk_err *err)
{
	if (pk_ctx_open(ctx, true, err) < 0)
		return -1;
	return pk_desk_open(desk, &ctx->repo, &ctx->config, &ctx->project, err);
}

static void show_json(const struct pk_desk *desk, const char *url)
{
	static const char *const keys[] = { "host", "port", "user", "dbname" };
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	cJSON *root = cJSON_CreateObject();
	pk_server_user_info(&desk->server, desk->session.db, &info);
	pk_json_set_str(root, "url", url);
	for (size_t i = 0; i < PK_COUNT(keys); i++)
		pk_json_set_str(root, keys[i], pk_conninfo_get(&info, keys[i]));
	pk_json_set_str(root, "role", desk->session.role);
	pk_json_set_str(root, "branch", desk->session.branch);
	pk_print_json(root);
}

int pk_cmd_url(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_desk) desk = PK_DESK_INIT;
	PK_FREE char *url = NULL;
	int rc = pk_cmd_parse_options("url", argc, argv, "", err);
	if (rc)
		return rc;
	if (open_desk(&ctx, &desk, err) < 0 || pk_session_url(&desk, &url, err) < 0)
		return -1;
	if (opt_json)
		show_json(&desk, url);
	else
		pk_print(stdout, "%s\n", url);
	return 0;
}

static void add_pgpass(struct pk_buf *buf, const char *password)
{
	pk_buf_add(buf, "*:*:*:*:");
	for (; *password; password++) {
		if (*password == ':' || *password == '\\')
			pk_buf_addc(buf, '\\');
		pk_buf_addc(buf, *password);
	}
	pk_buf_addc(buf, '\n');
}

/*
 * The password goes by a file for this user alone: neither the list of processes nor children of
 * psql see it.
 */
static int run_psql(struct pk_desk *desk, const char *const *more, int n, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_AUTO(pk_buf) pass = PK_BUF_INIT;
	PK_AUTO(pk_strv) argv = PK_STRV_INIT;
	PK_FREE char *bindir = pk_server_client_bindir(desk->config, desk->session.major, 0);
	PK_FREE char *program = bindir ? pk_path_join(bindir, "psql") : pk_proc_find("psql");
	if (!program) {
		pk_err_set(err, "there is no psql of PostgreSQL %d or newer on this machine",
			   desk->session.major);
		return pk_err_hint(err, "apt-get install postgresql-client");
	}
	pk_server_user_info(&desk->server, desk->session.db, &info);
	PK_FREE char *dsn = pk_conninfo_dsn(&info);
	PK_FREE char *path = pk_printf("%s/postkit/pgpass-%s-%ld", desk->repo->commondir,
				       desk->session.id, (long)getpid());
	PK_FREE char *env_pass = pk_printf("PGPASSFILE=%s", path);
	add_pgpass(&pass, info.password ? info.password : "");
	pk_strv_push(&argv, program);
	pk_strv_push(&argv, dsn);
	for (int i = 0; i < n; i++)
		pk_strv_push(&argv, more[i]);
	const char *const env[] = { env_pass, "PGPASSWORD", "PGSERVICE", "PGOPTIONS", NULL };
	const struct pk_proc proc = {
		.argv = (const char *const *)argv.items,
		.env = env,
		.inherit_stdin = true,
		.inherit_stdout = true,
		.inherit_stderr = true,
	};
	int status;
	if (pk_write_file(path, pass.ptr, pass.len, 0600, err) < 0)
		return -1;
	int rc = pk_proc_run(&proc, &status, err);
	unlink(path);
	return rc < 0 ? -1 : status;
}

int pk_cmd_psql(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_desk) desk = PK_DESK_INIT;
	int first = 1;
	/* All options are psql's; -h alone is ours, as on every command. */
	if (argc == 2 && (pk_streq(argv[1], "-h") || pk_streq(argv[1], "--help"))) {
		PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
		int n;
		return pk_cmd_parse("psql", argc, argv, operands, &n, err);
	}
	if (argc > 1 && (pk_streq(argv[1], "--") || pk_streq(argv[1], "--end-of-options")))
		first = 2;
	if (open_desk(&ctx, &desk, err) < 0)
		return -1;
	return run_psql(&desk, (const char *const *)argv + first, argc - first, err);
}

static int refresh(const struct pk_ctx *ctx, struct pk_err *err)
{
	bool changed;
	if (pk_session_refresh_env(&ctx->repo, &ctx->config, &ctx->project, &changed, err) < 0)
		return -1;
	if (changed)
		pk_say("DATABASE_URL in '%s' is that of this branch now",
		       pk_config_get_protected(&ctx->config, "envFile"));
	return 0;
}

static int remember(const struct pk_ctx *ctx, const char *url, struct pk_err *err)
{
	PK_FREE char *cwd = getcwd(NULL, 0);
	PK_FREE char *path = pk_path_join(cwd ? cwd : ctx->repo.workdir, opt_write);
	size_t top = strlen(ctx->repo.workdir);
	/* Below the work tree it is kept relative: the repository may be moved. */
	bool inside = pk_starts_with(path, ctx->repo.workdir) && path[top] == '/';
	if (pk_env_write(path, url, err) < 0 ||
	    pk_config_set(&ctx->repo, "postkit.envFile", inside ? path + top + 1 : path, err) < 0)
		return -1;
	pk_print(stdout, "DATABASE_URL written to '%s', which follows the branch from now on\n", opt_write);
	return 0;
}

int pk_cmd_env(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_desk) desk = PK_DESK_INIT;
	PK_FREE char *url = NULL;
	int rc = pk_cmd_parse_options("env", argc, argv, "; --write names the file", err);
	if (rc)
		return rc;
	if (opt_refresh) {
		if (pk_ctx_open(&ctx, true, err) < 0)
			return -1;
		return refresh(&ctx, err);
	}
	if (open_desk(&ctx, &desk, err) < 0 || pk_session_url(&desk, &url, err) < 0)
		return -1;
	if (opt_write)
		return remember(&ctx, url, err);
	pk_print(stdout, "DATABASE_URL=%s\n", url);
	return 0;
}
