/* git postkit remote: names for the databases to clone from and deploy to. */
#include "clone/remote.h"
#include "base/text.h"
#include "catalog/workload.h"
#include "cmd/help.h"
#include "ssh/route.h"

static bool opt_default, opt_json;

const struct pk_opt pk_opts_remote[] = {
	{ PK_OPT_FLAG, 0, "default", NULL, "add: make it the default remote", &opt_default },
	{ PK_OPT_FLAG, 0, "json", NULL, "list, test: one JSON document", &opt_json },
	PK_SSH_OPT,
	{ 0 },
};

/* ---- add ---- */

/* The password must not lie in a settings file; a helper of git's keeps it as it keeps others. */
static int put_password_away(const struct pk_ctx *ctx, const struct pk_conninfo *info,
			     struct pk_err *err)
{
	if (!info->password)
		return 0;
	if (!pk_remote_has_helper(&ctx->repo)) {
		pk_err_set(err,
			   "the URL holds a password, and git has no credential helper to keep it");
		return pk_err_hint(
			err, "leave the password out of the URL and put it where libpq finds it "
			     "(~/.pgpass, a service file, PGPASSWORD), or give git a helper: "
			     "git config --global credential.helper store");
	}
	if (pk_remote_store_password(info, err) < 0)
		return -1;
	pk_say("the password went to git's credential helper; it is not part of the settings");
	return 0;
}

static bool has_ssh(void)
{
	return pk_opt_ssh && *pk_opt_ssh;
}

static int check_ssh(struct pk_err *err)
{
	PK_AUTO(pk_ssh_spec) spec = PK_SSH_SPEC_INIT;

	return has_ssh() ? pk_ssh_spec_parse(pk_opt_ssh, &spec, err) : 0;
}

static int set_ssh(const struct pk_ctx *ctx, const char *name, struct pk_err *err)
{
	PK_FREE char *key = pk_printf("postkit.remote.%s.ssh", name);

	return has_ssh() ? pk_config_set(&ctx->repo, key, pk_opt_ssh, err) : 0;
}

static int add(const struct pk_ctx *ctx, const char *const *operands, int n, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	PK_FREE char *key = NULL, *safe = NULL, *old = pk_remote_default(&ctx->config);
	bool is_default;

	if (n != 2)
		return pk_help_usage("remote", err, "remote add takes a name and a URL");
	if (!pk_remote_valid_name(operands[0])) {
		pk_err_set(err, "'%s' cannot be a remote's name", operands[0]);
		return pk_err_hint(err, "letters, digits, '_', '-' and single dots between them, at most 60; not .lock at the end");
	}
	pk_remote_list(&ctx->config, &names);
	if (pk_strv_has(&names, operands[0])) {
		pk_err_set(err, "there is a remote '%s' already", operands[0]);
		return pk_err_hint(err, "git postkit remote remove %s, or choose another name",
				   operands[0]);
	}
	if (!pk_conninfo_looks_like(operands[1])) {
		/* Not shown: whatever it is, it may hold a secret. */
		pk_err_set(err, "the URL is no connection string");
		return pk_err_hint(err, "postgresql://USER@HOST:PORT/DATABASE, or service=NAME");
	}
	if (check_ssh(err) < 0 || pk_conninfo_parse(&info, operands[1], err) < 0 ||
	    put_password_away(ctx, &info, err) < 0)
		return -1;
	key = pk_printf("postkit.remote.%s.url", operands[0]);
	safe = pk_conninfo_safe(&info);
	if (pk_config_set(&ctx->repo, key, safe, err) < 0 || set_ssh(ctx, operands[0], err) < 0)
		return -1;
	/* The only one needs no mark, but must not lose its place when a second comes. */
	is_default = opt_default || names.n == 0;
	if ((is_default || (names.n == 1 && old)) &&
	    pk_config_set(&ctx->repo, "postkit.defaultRemote", is_default ? operands[0] : old,
			  err) < 0)
		return -1;
	pk_say("remote '%s' is %s%s%s%s", operands[0], safe, has_ssh() ? " through " : "", has_ssh() ? pk_opt_ssh : "",
	       is_default ? " (the default)" : "");
	pk_advise(ctx, "RemoteTest", "'git postkit remote test %s' tries the connection",
		  operands[0]);
	return 0;
}

/* ---- list, remove, use ---- */

static int list(const struct pk_ctx *ctx, struct pk_err *err)
{
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	PK_FREE char *chosen = pk_remote_default(&ctx->config);
	cJSON *root = opt_json ? cJSON_CreateObject() : NULL;
	cJSON *array = root ? pk_json_add_array(root, "remotes") : NULL;

	(void)err;
	pk_remote_list(&ctx->config, &names);
	for (size_t i = 0; i < names.n; i++) {
		PK_AUTO(pk_remote) remote = PK_REMOTE_INIT;
		PK_AUTO(pk_err) why = PK_ERR_INIT;
		PK_FREE char *safe = NULL;
		bool is_default = pk_streq(names.items[i], chosen);

		/* One that cannot be read must not hide the others. */
		if (pk_remote_get(&ctx->config, names.items[i], &remote, &why) == 0)
			safe = pk_conninfo_safe(&remote.info);
		if (root) {
			cJSON *o = pk_json_add_object(array, NULL);

			pk_json_set_str(o, "name", names.items[i]);
			pk_json_set_str(o, "url", safe);
			pk_json_set_str(o, "ssh", remote.ssh);
			pk_json_set_bool(o, "default", is_default);
			pk_json_set_str(o, "error", why.msg);
		} else {
			pk_print(stdout, "%s\t%s%s%s%s\n", names.items[i], safe ? safe : why.msg,
			       remote.ssh ? " through " : "", remote.ssh ? remote.ssh : "",
			       is_default ? " (default)" : "");
		}
	}
	if (root)
		pk_print_json(root);
	else if (names.n == 0)
		pk_say("no remotes yet: git postkit remote add NAME postgresql://USER@HOST/DATABASE");
	return 0;
}

static int need_remote(const struct pk_ctx *ctx, const char *name, struct pk_err *err)
{
	PK_AUTO(pk_remote) remote = PK_REMOTE_INIT;
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	pk_remote_list(&ctx->config, &names);
	/* A remote with a broken URL can still be removed. */
	return pk_strv_has(&names, name) ? 0 : pk_remote_get(&ctx->config, name, &remote, err);
}

static int remove_remote(const struct pk_ctx *ctx, const char *const *operands, int n,
			 struct pk_err *err)
{
	PK_FREE char *section = NULL, *chosen = pk_remote_default(&ctx->config);
	const char *set = pk_config_get_protected(&ctx->config, "defaultRemote");

	if (n != 1)
		return pk_help_usage("remote", err, "remote remove takes a name");
	if (need_remote(ctx, operands[0], err) < 0)
		return -1;
	section = pk_printf("postkit.remote.%s", operands[0]);
	if (pk_config_remove_section(&ctx->repo, section, err) < 0) {
		pk_err_wrap(err, "cannot remove remote '%s'", operands[0]);
		return pk_err_hint(
			err, "is it in your own settings? git config --global --remove-section %s",
			section);
	}
	if (pk_streq(set, operands[0]) &&
	    pk_config_set(&ctx->repo, "postkit.defaultRemote", NULL, err) < 0)
		return -1;
	pk_workload_forget(&ctx->repo, operands[0]);
	pk_say("removed remote '%s'; the database itself is as it was", operands[0]);
	if (pk_streq(chosen, operands[0]))
		pk_advise(ctx, "RemoteTest",
			  "it was the default: 'git postkit remote use NAME' chooses another");
	return 0;
}

static int use(const struct pk_ctx *ctx, const char *const *operands, int n, struct pk_err *err)
{
	if (n != 1)
		return pk_help_usage("remote", err, "remote use takes a name");
	if (need_remote(ctx, operands[0], err) < 0 ||
	    pk_config_set(&ctx->repo, "postkit.defaultRemote", operands[0], err) < 0)
		return -1;
	pk_say("the default remote is now '%s'", operands[0]);
	return 0;
}

/* ---- test ---- */

/* Relations that the role cannot read, or sees only in part, would stop a copy in the middle. */
static const char probe_sql[] =
	"SELECT pg_catalog.current_setting('server_version') AS server_version, current_user AS role, "
	"pg_catalog.current_database() AS database, pg_catalog.pg_get_userbyid(d.datdba) AS owner, "
	"pg_catalog.pg_database_size(d.oid) AS bytes, "
	"COALESCE((SELECT s.ssl FROM pg_catalog.pg_stat_ssl s WHERE s.pid = "
	"pg_catalog.pg_backend_pid()), false) "
	" AS tls, pg_catalog.inet_server_addr() IS NULL AS socket, "
	"pg_catalog.pg_is_in_recovery() AS standby, "
	"(SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) AS superuser, "
	"pg_catalog.has_database_privilege(d.oid, 'CREATE') AS may_create, "
	"(SELECT count(*) FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'm', 'S') "
	" AND c.relnamespace IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' "
	"  AND nspname <> 'information_schema') "
	" AND NOT (CASE c.relkind WHEN 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT') "
	"  ELSE pg_catalog.has_table_privilege(c.oid, 'SELECT') END "
	"  AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE'))) AS unreadable, "
	"(SELECT count(*) FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity "
	" AND pg_catalog.row_security_active(c.oid)) AS row_security, "
	"(SELECT count(*) FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'm', 'v') "
	" AND c.relnamespace IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' "
	"  AND nspname <> 'information_schema') "
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 1259 AND e.objid = c.oid "
	"  AND e.deptype = 'e') "
	" AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')) AS not_owned "
	"FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()";

static bool is_true(const struct pk_rows *rows, const char *column)
{
	return pk_rows_true(rows, 0, pk_rows_column(rows, column));
}

static int64_t number(const struct pk_rows *rows, const char *column)
{
	return strtoll(pk_rows_named(rows, 0, column), NULL, 10);
}

static void print_probe_json(const struct pk_remote *remote, const struct pk_rows *rows)
{
	static const char *const texts[] = { "server_version", "role", "database", "owner" };
	static const char *const flags[] = { "tls", "standby", "superuser", "may_create" };
	static const char *const numbers[] = { "bytes", "unreadable", "row_security", "not_owned" };
	cJSON *root = cJSON_CreateObject();

	pk_json_set_str(root, "name", remote->name);
	pk_json_set_str(root, "ssh", remote->via);
	for (size_t i = 0; i < PK_COUNT(texts); i++)
		pk_json_set_str(root, texts[i], pk_rows_named(rows, 0, texts[i]));
	for (size_t i = 0; i < PK_COUNT(flags); i++)
		pk_json_set_bool(root, flags[i], is_true(rows, flags[i]));
	for (size_t i = 0; i < PK_COUNT(numbers); i++)
		pk_json_set_num(root, numbers[i], (double)number(rows, numbers[i]));
	pk_print_json(root);
}

static void print_lacks(const struct pk_rows *rows)
{
	int64_t unreadable = number(rows, "unreadable"), hidden = number(rows, "row_security");
	int64_t foreign = number(rows, "not_owned");

	if (unreadable)
		pk_print(stdout, "  cannot read   %lld tables or sequences: no clone without GRANT "
		       "pg_read_all_data or SELECT\n",
		       (long long)unreadable);
	if (hidden)
		pk_print(stdout, "  row security  hides rows of %lld tables: no clone without BYPASSRLS\n",
		       (long long)hidden);
	if (foreign && !is_true(rows, "superuser"))
		pk_print(stdout, "  cannot alter  %lld tables or views of other owners\n",
		       (long long)foreign);
	if (!is_true(rows, "may_create"))
		pk_print(stdout, "  cannot create schemas: the first deploy needs GRANT CREATE ON DATABASE\n");
	if (is_true(rows, "standby"))
		pk_print(stdout, "  read only     a standby: good for clones, not for deploys\n");
}

static void print_probe(const struct pk_remote *remote, const struct pk_rows *rows)
{
	PK_FREE char *safe = pk_conninfo_safe(&remote->info);
	PK_FREE char *size = pk_size((uint64_t)number(rows, "bytes"));
	const char *transport = is_true(rows, "socket") ? "unix socket"
				: is_true(rows, "tls")	? "TLS"
				: remote->via		? "no TLS behind the SSH server"
						       : "no TLS: anyone on the way can read along";

	pk_print(stdout, "%s  %s\n", remote->name, safe);
	pk_print(stdout, "  server        PostgreSQL %s\n", pk_rows_named(rows, 0, "server_version"));
	pk_print(stdout, "  database      %s, %s, owner %s\n", pk_rows_named(rows, 0, "database"), size,
	       pk_rows_named(rows, 0, "owner"));
	pk_print(stdout, "  role          %s%s\n", pk_rows_named(rows, 0, "role"),
	       is_true(rows, "superuser") ? " (superuser)" : "");
	pk_print(stdout, "  connection    %s\n", transport);
	if (remote->via)
		pk_print(stdout, "  SSH           %s\n", remote->via);
	print_lacks(rows);
}

static int test(const struct pk_ctx *ctx, const char *const *operands, int n, struct pk_err *err)
{
	PK_AUTO(pk_remote) remote = PK_REMOTE_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (n > 1)
		return pk_help_usage("remote", err, "remote test takes one name");
	if (pk_remote_get(&ctx->config, n ? operands[0] : NULL, &remote, err) < 0 ||
	    pk_remote_connect(&remote, &conn, err) < 0 ||
	    pk_query(&conn, probe_sql, 0, NULL, &rows, err) < 0)
		return -1;
	if (opt_json)
		print_probe_json(&remote, &rows);
	else
		print_probe(&remote, &rows);
	return 0;
}

static int list_only(const struct pk_ctx *ctx, const char *const *operands, int n,
		     struct pk_err *err)
{
	(void)operands;
	if (n > 0)
		return pk_help_usage("remote", err, "remote list takes no name");
	return list(ctx, err);
}

static const struct {
	const char *name;
	int (*run)(const struct pk_ctx *ctx, const char *const *operands, int n,
		   struct pk_err *err);
} actions[] = {
	{ "add", add },		 { "list", list_only }, { "remove", remove_remote },
	{ "rm", remove_remote }, { "use", use },	{ "test", test },
};

int pk_cmd_remote(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	const char *action;
	int n, result = pk_cmd_parse("remote", argc, argv, operands, &n, err);

	if (result)
		return result;
	action = n ? operands[0] : "list";
	for (size_t i = 0; i < PK_COUNT(actions); i++) {
		if (!pk_streq(actions[i].name, action))
			continue;
		if (pk_ctx_open(&ctx, true, err) < 0)
			return -1;
		return actions[i].run(&ctx, operands + 1, n ? n - 1 : 0, err);
	}
	return pk_help_usage("remote", err, "'%s' is nothing that remote does", action);
}
