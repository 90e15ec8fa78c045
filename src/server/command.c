/* Clones by a command of the user's: run, believed only as far as its contract goes, and cleaned up after. */
#include "base/clock.h"
#include "base/proc.h"
#include "base/sig.h"
#include "server/given.h"
#include "server/made.h"
#include "server/place.h"

#define TIMEOUT	 1800 /* seconds */
#define SAID_MAX 2000 /* bytes of the end of what it said, for an error */

const char *pk_made_command(const struct pk_config *config, const char *remote)
{
	PK_FREE char *key = remote ? pk_printf("remote.%s.cloneCommand", remote) : NULL;
	const char *command = key && config ? pk_config_get_protected(config, key) : NULL;

	return command && *command ? command : NULL;
}

/* ---- running it ---- */

struct call {
	const struct pk_repo *repo;
	const struct pk_config *config;
	const struct pk_made *made;
	const char *verb;
	struct pk_buf out, said;
};

static void call_release(struct call *call)
{
	if (call->out.len)
		explicit_bzero(call->out.ptr, call->out.len);
	pk_buf_release(&call->out);
	pk_buf_release(&call->said);
}

/* What it said may hold what it printed. */
static void tell_said(struct call *call, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	size_t from = call->said.len > SAID_MAX ? call->said.len - SAID_MAX : 0;
	PK_AUTO(pk_buf) tail = PK_BUF_INIT;

	pk_buf_rtrim(&call->out);
	if (call->out.len && pk_conninfo_parse(&info, call->out.ptr, NULL) == 0)
		pk_conninfo_hide(&info, &call->said);
	pk_buf_rtrim(&call->said);
	pk_buf_add(&tail, call->said.ptr + (from < call->said.len ? from : 0));
	if (tail.len)
		pk_err_detail(err, "%s", tail.ptr);
}

static int run(struct call *call, struct pk_err *err)
{
	const struct pk_made *made = call->made;
	const char *set = pk_made_command(call->config, made->remote);
	const char *command = set && strcmp(call->verb, "destroy") == 0 ? set : made->command;
	PK_FREE char *script = pk_printf("%s \"$@\"", command);
	PK_FREE char *key = pk_printf("remote.%s.cloneTimeout", made->remote);
	PK_FREE char *id = pk_printf("POSTKIT_CLONE_ID=%s", made->id);
	PK_FREE char *remote = pk_printf("POSTKIT_CLONE_REMOTE=%s", made->remote);
	PK_FREE char *purpose = pk_printf("POSTKIT_CLONE_PURPOSE=%s", made->purpose);
	PK_FREE char *major = pk_printf("POSTKIT_CLONE_MAJOR=%d", made->major);
	const char *const env[] = { id, remote, purpose, major, NULL };
	const char *const argv[] = { "sh", "-c", script, "cloneCommand", call->verb, NULL };
	int timeout = call->config ? pk_config_int(call->config, key, TIMEOUT) : TIMEOUT,
	    status = 0;
	const struct pk_proc proc = { .argv = argv,
				      .env = env,
				      .cwd = call->repo->workdir ? call->repo->workdir
								 : call->repo->commondir,
				      .out = &call->out,
				      .err_out = &call->said,
				      .timeout = timeout > 0 ? timeout : TIMEOUT };
	double started = pk_now();
	bool was_interrupted = pk_interrupted();

	if (pk_proc_run(&proc, &status, err) < 0)
		return pk_err_wrap(err, "the cloneCommand of remote '%s'", made->remote);
	if (status == 0)
		return 0;
	if (!was_interrupted && pk_interrupted())
		return pk_err_interrupted(err, "interrupted while the cloneCommand of remote '%s' ran", made->remote);
	if (pk_now() - started >= proc.timeout) {
		pk_err_set(
			err,
			"the cloneCommand of remote '%s' did not %s the clone '%s' in %d seconds",
			made->remote, call->verb, made->id, proc.timeout);
		tell_said(call, err);
		return pk_err_hint(err, "git config postkit.%s SECONDS gives it longer", key);
	}
	pk_err_set(err,
		   "the cloneCommand of remote '%s' could not %s the clone '%s': exit status %d",
		   made->remote, call->verb, made->id, status);
	tell_said(call, err);
	return -1;
}

int pk_made_destroy(const struct pk_repo *repo, const struct pk_config *config,
		    struct pk_made *made, struct pk_err *err)
{
	struct call call __attribute__((cleanup(call_release))) = { .repo = repo,
								    .config = config,
								    .made = made,
								    .verb = "destroy",
								    .out = PK_BUF_INIT,
								    .said = PK_BUF_INIT };

	if (run(&call, err) < 0)
		return -1;
	pk_made_forget(repo, made);
	return 0;
}

/* ---- making ---- */

/* One line, a connection string, nothing else. What is wrong with it is told without repeating it. */
static int read_string(struct call *call, struct pk_conninfo *ret, struct pk_err *err)
{
	static const char hint[] = "see git help postkit, CLONES BY A COMMAND";

	pk_buf_rtrim(&call->out);
	if (!call->out.len || strchr(call->out.ptr, '\n') ||
	    strlen(call->out.ptr) != call->out.len || !pk_conninfo_looks_like(call->out.ptr)) {
		pk_err_set(err,
			   "the cloneCommand of remote '%s' printed %s instead of one connection string",
			   call->made->remote, call->out.len ? "something else" : "nothing");
		tell_said(call, err);
		return pk_err_hint(err, hint);
	}
	if (pk_conninfo_parse(ret, call->out.ptr, err) < 0)
		return pk_err_wrap(err, "what the cloneCommand of remote '%s' printed",
				   call->made->remote);
	if (pk_conninfo_get(ret, "dbname"))
		return 0;
	pk_err_set(err,
		   "the connection string of the cloneCommand of remote '%s' names no database",
		   call->made->remote);
	return pk_err_hint(err, hint);
}

static int check_clone(const struct pk_made *made, struct pk_conn *conn, struct pk_err *err)
{
	if (conn->version / 10000 == made->major)
		return 0;
	return pk_err_set(err, "the clone '%s' is PostgreSQL %d, and remote '%s' is %d", made->id,
			  conn->version / 10000, made->remote, made->major);
}

/* The login: a role for it where the string names a superuser, for SQL of branches must not run as one. */
static int choose_login(struct pk_server *server, struct pk_conn *conn, const char *role,
			struct pk_err *err)
{
	struct pk_made *made = server->made;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	const char *const params[] = { role };

	if (pk_query(conn,
		     "SELECT r.rolname, r.rolsuper, pg_catalog.pg_has_role(r.oid, t.oid, 'MEMBER') "
		     "FROM pg_catalog.pg_roles r LEFT JOIN pg_catalog.pg_roles t ON t.rolname = $1 WHERE r.rolname = "
		     "current_user",
		     1, params, &rows, err) < 0)
		return -1;
	if (!pk_rows_get(&rows, 0, 2))
		return pk_err_set(err, "the clone '%s' has no role '%s', which deploys to '%s'",
				  made->id, role, made->remote);
	if (pk_rows_true(&rows, 0, 1)) {
		made->login = pk_printf(PK_LOGIN "_%.8s", server->owner_id);
		made->password = pk_random_hex(24);
		server->login = pk_strdup(made->login);
		const char *const login[] = { made->login };
		PK_FREE char *there = NULL;
		if (pk_query_value(conn, "SELECT '1' FROM pg_catalog.pg_roles WHERE rolname = $1",
				   1, login, &there, err) < 0 ||
		    pk_given_make_login(conn, made->login, made->password, there != NULL, err) < 0)
			return -1;
		return pk_role_hand_over(server, conn, role, err);
	}
	made->login = pk_strdup(pk_rows_get(&rows, 0, 0));
	made->role = pk_strdup(role);
	server->login = pk_strdup(made->login);
	if (pk_rows_true(&rows, 0, 2))
		return 0;
	pk_err_set(err, "the role '%s' of the clone '%s' cannot act as '%s', which deploys to '%s'",
		   made->login, made->id, role, made->remote);
	return pk_err_hint(
		err,
		"let the command print the string of a member of that role, or of a superuser");
}

static void fill_who(struct pk_server *server)
{
	const struct pk_made *made = server->made;

	server->limited = !made->password;
	if (made->password) {
		pk_conninfo_release(&server->user);
		pk_given_take_address(server);
		pk_conninfo_set(&server->user, "user", made->login);
		pk_conninfo_set(&server->user, "password", made->password);
		return;
	}
	pk_conninfo_copy(&server->user, &server->admin);
	if (pk_streq(made->role, made->login))
		return;
	/* by the connection, for a setting of the role would be a stranger's in the clone */
	const char *given = pk_conninfo_get(&server->admin, "options");
	PK_AUTO(pk_buf) options = PK_BUF_INIT;
	pk_buf_addf(&options, "%s%s-c role=", given ? given : "", given ? " " : "");
	for (const char *s = made->role; *s; s++) {
		if (strchr(" \t\n\\", *s))
			pk_buf_addc(&options, '\\');
		pk_buf_addc(&options, *s);
	}
	pk_conninfo_set(&server->user, "options", options.ptr);
}

static int make(struct pk_server *server, struct call *call, const char *role, struct pk_err *err)
{
	struct pk_made *made = server->made;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;

	if (run(call, err) < 0 || read_string(call, &server->admin, err) < 0 ||
	    pk_conn_open(&conn, &server->admin, err) < 0 || check_clone(made, &conn, err) < 0 ||
	    choose_login(server, &conn, role, err) < 0)
		return -1;
	made->url = pk_strdup(call->out.ptr);
	made->db = pk_strdup(pk_conninfo_get(&server->admin, "dbname"));
	fill_who(server);
	return pk_made_write(server->repo, made, err);
}

/* Half a clone may cost as much as a whole one. */
static int undo(struct pk_server *server, struct pk_err *err)
{
	PK_AUTO(pk_err) second = PK_ERR_INIT;

	if (pk_made_destroy(server->repo, server->config, server->made, &second) == 0)
		return -1;
	return pk_err_hint(err, "what it made may be left: %s; git postkit gc tries again",
			   second.msg);
}

int pk_server_make(struct pk_server *server, const struct pk_mark *mark, const char *role, char **ret_db, struct pk_err *err)
{
	struct pk_made *made = server->made;
	struct call call __attribute__((cleanup(call_release))) = { .repo = server->repo,
								    .config = server->config,
								    .made = made,
								    .verb = "create",
								    .out = PK_BUF_INIT,
								    .said = PK_BUF_INIT };
	PK_FREE char *random = pk_random_hex(4);

	made->id = pk_printf("pk-%.8s-%s", server->owner_id, random);
	made->purpose = pk_strdup(mark->purpose);
	made->label = pk_strdup(mark->label);
	made->created = (int64_t)pk_time();
	if (pk_made_take(server->repo, made, err) < 0 || pk_made_write(server->repo, made, err) < 0)
		return -1;
	if (make(server, &call, role, err) < 0)
		return undo(server, err);
	*ret_db = pk_strdup(made->db);
	return 0;
}

/* ---- opening ---- */

/* ret NULL: is there one? */
static int find(const struct pk_server_want *want, struct pk_made *ret, bool *ret_found,
		struct pk_err *err)
{
	PK_AUTO(pk_made_list) list = PK_MADE_LIST_INIT;

	*ret_found = false;
	if (!want->session || !want->repo)
		return 0;
	if (pk_made_read(want->repo, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.n && !*ret_found; i++) {
		struct pk_made *m = &list.items[i];
		*ret_found = m->url && strcmp(m->purpose, "clone") == 0 &&
			     strcmp(m->label, want->session) == 0;
		if (*ret_found && ret) {
			*ret = *m;
			*m = (struct pk_made)PK_MADE_INIT;
		}
	}
	return 0;
}

bool pk_made_exists(const struct pk_server_want *want)
{
	bool found;

	return find(want, NULL, &found, NULL) == 0 && found;
}

int pk_made_open(struct pk_server *server, const struct pk_server_want *want, struct pk_err *err)
{
	bool found;

	server->kind = PK_SERVER_COMMAND;
	server->major = want->major;
	server->repo = want->repo;
	server->config = want->config;
	server->made = pk_alloc(sizeof(*server->made));
	*server->made = (struct pk_made)PK_MADE_INIT;
	if (find(want, server->made, &found, err) < 0)
		return -1;
	if (!found) {
		server->made->remote = pk_strdup(want->remote);
		server->made->command = pk_strdup(pk_made_command(want->config, want->remote));
		server->made->major = want->major;
		return 0;
	}
	server->login = pk_strdup(server->made->login);
	if (pk_conninfo_parse(&server->admin, server->made->url, err) < 0)
		return -1;
	fill_who(server);
	return 0;
}

bool pk_server_acts(const struct pk_server *server)
{
	return server->made && server->made->role;
}

void pk_made_close(struct pk_server *server)
{
	if (server->made)
		pk_made_release(server->made);
	free(server->made);
}
