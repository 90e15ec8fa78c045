#include "clone/remote.h"
#include "base/proc.h"
#include "git/git.h"
#include "pg/pooler.h"

void pk_remote_release(struct pk_remote *remote)
{
	free(remote->name);
	free(remote->ssh);
	free(remote->ssh_transport);
	free(remote->ssh_compression);
	free(remote->via);
	remote->name = remote->ssh = remote->ssh_transport = remote->ssh_compression = remote->via = NULL;
	pk_conninfo_release(&remote->info);
}

/* --ssh goes before what the remote has; an empty one is none. */
static void set_ssh(struct pk_remote *remote, const struct pk_config *config, const char *name)
{
	PK_FREE char *key = pk_printf("remote.%s.ssh", name);
	const char *ssh = pk_config_get_protected(config, PK_REMOTE_SSH_OPTION);

	if (!ssh && *name)
		ssh = pk_config_get_protected(config, key);
	remote->ssh = ssh && *ssh ? pk_strdup(ssh) : NULL;
	remote->ssh_transport = pk_strdup(pk_config_get_protected(config, "sshTransport"));
	if (pk_config_get_protected(config, "sshCompression"))
		remote->ssh_compression =
			pk_strdup(pk_config_bool_protected(config, "sshCompression", false) ? "true" : "false");
}

static const char *url_of(const struct pk_config *config, const char *name)
{
	PK_FREE char *key = pk_printf("remote.%s.url", name);

	return pk_config_get_protected(config, key);
}

/* A pulled .postkit may not name hosts, so names without a URL of ours do not count. */
void pk_remote_list(const struct pk_config *config, struct pk_strv *ret_names)
{
	PK_AUTO(pk_strv) all = PK_STRV_INIT;

	pk_config_subsections(config, "remote", &all);
	for (size_t i = 0; i < all.n; i++)
		if (url_of(config, all.items[i]))
			pk_strv_push(ret_names, all.items[i]);
}

char *pk_remote_default(const struct pk_config *config)
{
	const char *chosen = pk_config_get_protected(config, "defaultRemote");
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	if (chosen && *chosen)
		return pk_strdup(chosen);
	pk_remote_list(config, &names);
	return names.n == 1 ? pk_strdup(names.items[0]) : NULL;
}

bool pk_remote_valid_name(const char *name)
{
	if (!*name || *name == '-' || *name == '.' || strlen(name) > 60)
		return false;
	/* Refs have it in their names, which git does not let have these. */
	if (strstr(name, "..") || pk_ends_with(name, ".") || pk_ends_with(name, ".lock"))
		return false;
	for (const char *s = name; *s; s++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-",
			    *s))
			return false;
	return true;
}

static int no_remote(const struct pk_config *config, const char *name, struct pk_err *err)
{
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	PK_FREE char *list = NULL;

	/* It may hold a password, so it is not repeated. */
	if (name && pk_conninfo_looks_like(name)) {
		pk_err_set(err, "a connection string stands where the name of a remote has to");
		return pk_err_hint(err, "give it one: git postkit remote add NAME URL");
	}
	pk_remote_list(config, &names);
	if (names.n == 0) {
		if (name)
			pk_err_set(err, "there is no remote '%s', nor any other", name);
		else
			pk_err_set(err, "there is no remote yet");
		return pk_err_hint(err, "git postkit remote add %s postgresql://USER@HOST/DATABASE",
				   name && pk_remote_valid_name(name) ? name : "prod");
	}
	list = pk_strv_join(&names, ", ");
	if (!name) {
		pk_err_set(err, "there are several remotes and none is the default: %s", list);
		return pk_err_hint(err, "name one, or choose: git postkit remote use %s",
				   names.items[0]);
	}
	pk_err_set(err, "there is no remote '%s'", name);
	return pk_err_hint(err, "there is: %s", list);
}

int pk_remote_get(const struct pk_config *config, const char *name, struct pk_remote *ret,
		  struct pk_err *err)
{
	PK_FREE char *chosen = name ? pk_strdup(name) : pk_remote_default(config);
	const char *url = chosen ? url_of(config, chosen) : NULL;
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;

	if (!url)
		return no_remote(config, chosen, err);
	if (pk_conninfo_parse(&info, url, err) < 0)
		return pk_err_wrap(err, "the URL of remote '%s' cannot be used", chosen);
	ret->name = pk_take(&chosen);
	ret->info = info;
	info = (struct pk_conninfo)PK_CONNINFO_INIT;
	set_ssh(ret, config, ret->name);
	return 0;
}

int pk_remote_of_url(const struct pk_config *config, const char *url, struct pk_remote *ret, struct pk_err *err)
{
	if (pk_conninfo_parse(&ret->info, url, err) < 0)
		return -1;
	ret->name = pk_strdup("");
	set_ssh(ret, config, "");
	return 0;
}

/* As git spells hosts: with the port where one is given. Caller frees. */
static char *credential_host(const struct pk_conninfo *info)
{
	const char *host = pk_conninfo_get(info, "host"), *port = pk_conninfo_get(info, "port");

	if (!host)
		host = pk_conninfo_get(info, "hostaddr");
	if (!host)
		host = "localhost";
	return port ? pk_printf("%s:%s", host, port) : pk_strdup(host);
}

static int tell_helpers(const struct pk_conninfo *info, bool right, struct pk_err *err)
{
	PK_FREE char *host = credential_host(info);

	return pk_git_credential_report(right, host, pk_conninfo_get(info, "dbname"),
					pk_conninfo_get(info, "user"), info->password, err);
}

/* Asked without a word to the user: only what a helper knows counts. */
static bool helpers_know(const struct pk_conninfo *info)
{
	static const char *const argv[] = {
		"git", "-c", "core.askPass=", "credential", "fill", NULL
	};
	static const char *const env[] = { "GIT_TERMINAL_PROMPT=0",
					   "GIT_ASKPASS=", "SSH_ASKPASS=", NULL };
	const char *user = pk_conninfo_get(info, "user"), *db = pk_conninfo_get(info, "dbname");
	PK_FREE char *host = credential_host(info),
		     *line = pk_printf("\npassword=%s\n", info->password);
	PK_AUTO(pk_buf) input = PK_BUF_INIT, out = PK_BUF_INIT;
	struct pk_proc fill = { .argv = argv, .env = env, .out = &out };
	int status = 1;
	bool known;

	pk_buf_addf(&input, "protocol=postgresql\nhost=%s\n", host);
	if (db)
		pk_buf_addf(&input, "path=%s\n", db);
	if (user)
		pk_buf_addf(&input, "username=%s\n", user);
	pk_buf_addc(&input, '\n');
	fill.input = input.ptr;
	known = pk_proc_run(&fill, &status, NULL) == 0 && status == 0 && strstr(out.ptr, line);
	explicit_bzero(out.ptr, out.len);
	explicit_bzero(line, strlen(line));
	return known;
}

int pk_remote_store_password(const struct pk_conninfo *info, struct pk_err *err)
{
	if (tell_helpers(info, true, err) < 0)
		return -1;
	if (helpers_know(info))
		return 0;
	pk_err_set(err, "git's credential helper did not keep the password");
	return pk_err_hint(
		err, "leave the password out of the URL and put it into ~/.pgpass, or give git "
		     "another helper: git config --global credential.helper store");
}

bool pk_remote_has_helper(const struct pk_repo *repo)
{
	const char *const args[] = { "config", "--get-regexp", "^credential\\.(.*\\.)?helper$",
				     NULL };
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	int status = 1;

	return pk_git_run(repo ? repo->workdir : NULL, args, NULL, &out, &status, NULL) == 0 &&
	       status == 0;
}

static bool is_auth_failure(const struct pk_err *e)
{
	return pk_starts_with(e->sqlstate, "28") ||
	       (e->msg && strstr(e->msg, "authentication failed"));
}

/* Where sessions are shared, those of others would get our settings, and locks, snapshots and cancelling are nobody's. */
static int refuse_pooler(const struct pk_remote *remote, struct pk_conn *conn, struct pk_err *err)
{
	enum pk_pooler pooler;

	if (pk_pooler_find(conn, &pooler, err) < 0)
		return -1;
	if (pooler != PK_POOLER_TRANSACTIONS)
		return 0;
	pk_err_set(err, "'%s' is reached through a pooler that gives each transaction another session: locks, snapshots and"
		   " settings such as lock_timeout would not hold", *remote->name ? remote->name : conn->where);
	if (!*remote->name)
		return pk_err_hint(err, "name the server itself, or a pool in session mode");
	return pk_err_hint(err, "let postkit.remote.%s.url name the server itself, or a pool in session mode", remote->name);
}

static int connect_asking(struct pk_remote *remote, struct pk_conn *ret, struct pk_err *err)
{
	PK_AUTO(pk_err) first = PK_ERR_INIT;
	PK_AUTO(pk_err) second = PK_ERR_INIT;
	PK_FREE char *host = credential_host(&remote->info);
	char *password = NULL;
	bool asked;

	if (pk_remote_dig(remote, err) < 0)
		return -1;
	if (pk_conn_open(ret, &remote->info, &first) == 0)
		return 0;
	asked = ret->needs_password && !remote->info.password;
	if (asked && pk_git_credential_fill(host, pk_conninfo_get(&remote->info, "dbname"),
					    pk_conninfo_get(&remote->info, "user"), &password,
					    &second) < 0) {
		return pk_err_move(err, &second);
	}
	if (!password)
		return pk_err_move(err, &first);
	pk_conninfo_set(&remote->info, "password", password);
	explicit_bzero(password, strlen(password));
	free(password);
	if (pk_conn_open(ret, &remote->info, &second) == 0) {
		tell_helpers(&remote->info, true,
			     NULL); /* only for their caches: no reason to fail */
		return 0;
	}
	if (is_auth_failure(&second)) {
		tell_helpers(&remote->info, false, NULL);
		pk_conninfo_set(&remote->info, "password", NULL);
		pk_err_hint(&second,
			    "the password came from git's credential helper, which was told to "
			    "forget it");
	}
	return pk_err_move(err, &second);
}

int pk_remote_connect(struct pk_remote *remote, struct pk_conn *ret, struct pk_err *err)
{
	if (connect_asking(remote, ret, err) < 0)
		return -1;
	if (refuse_pooler(remote, ret, err) == 0)
		return 0;
	pk_conn_release(ret);
	*ret = (struct pk_conn)PK_CONN_INIT;
	return -1;
}
