/* git postkit doctor: what could be wrong, each with the command that mends it. */
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "clone/remote.h"
#include "cmd/cmd.h"
#include "deploy/followers.h"
#include "git/git.h"
#include "install/install.h"
#include "server/programs.h"
#include "server/server.h"
#include "session/session.h"

static bool opt_json;

const struct pk_opt pk_opts_doctor[] = {
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	{ 0 },
};

enum health { OK, WARN, BAD };

struct doctor {
	struct pk_ctx ctx;
	struct pk_pg_list programs;
	cJSON *list;
	int counts[3];
};

static void tell(struct doctor *doc, enum health health, const char *mend, const char *fmt, ...) PK_PRINTF(4, 5);

/* One line, and below it what mends it; NULL: nothing is to be done. */
static void tell(struct doctor *doc, enum health health, const char *mend, const char *fmt, ...)
{
	static const char *const names[] = { "ok", "warn", "bad" };
	static const enum pk_color colors[] = { PK_GREEN, PK_YELLOW, PK_RED };
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;
	cJSON *item = pk_json_add_object(doc->list, NULL);
	va_list ap;

	va_start(ap, fmt);
	pk_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	doc->counts[health]++;
	pk_json_set_str(item, "health", names[health]);
	pk_json_set_str(item, "text", text.ptr);
	pk_json_set_str(item, "mend", mend);
	if (opt_json)
		return;
	pk_buf_add_safe(&safe, text.ptr, true);
	pk_print(stdout, "%s%-4s%s  ", pk_color(stdout, colors[health]), names[health], pk_color(stdout, PK_PLAIN));
	puts(safe.ptr);
	if (mend)
		pk_print(stdout, "      mend: %s\n", mend);
}

static void tell_err(struct doctor *doc, enum health health, const char *what, const struct pk_err *err)
{
	tell(doc, health, err->hint, "%s: %s", what, err->msg ? err->msg : "unknown");
}

/* --- the machine --- */

static void check_git(struct doctor *doc)
{
	const char *const args[] = { "--version", NULL };
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	int major = 0, minor = 0;

	if (pk_git_check(NULL, args, NULL, &out, &err) < 0) {
		tell_err(doc, BAD, "git", &err);
		return;
	}
	pk_buf_rtrim(&out);
	sscanf(out.ptr, "git version %d.%d", &major, &minor);
	/* rev-parse --path-format came with 2.31. */
	if (major < 2 || (major == 2 && minor < 31))
		tell(doc, BAD, "install git 2.31 or newer", "%s is too old", out.ptr);
	else
		tell(doc, OK, NULL, "%s", out.ptr);
}

static bool has_client(const struct doctor *doc, int major)
{
	for (size_t i = 0; i < doc->programs.n; i++)
		if (doc->programs.items[i].client && doc->programs.items[i].major >= major)
			return true;
	return false;
}

static void check_programs(struct doctor *doc)
{
	const struct pk_server_want want = { .config = &doc->ctx.config };
	PK_FREE char *why = NULL;
	enum pk_server_kind kind;
	bool server = false;

	pk_pg_list_find(&doc->ctx.config, &doc->programs);
	for (size_t i = 0; i < doc->programs.n; i++) {
		const struct pk_pg_programs *p = &doc->programs.items[i];
		bool client = has_client(doc, p->major);

		server = server || p->server;
		tell(doc, client ? OK : WARN, client ? NULL : "install the client programs (pg_dump) of that version",
		     "PostgreSQL %d in %s:%s%s", p->major, p->bindir, p->server ? " server" : "",
		     p->client ? " client" : "");
	}
	if (pk_config_get_protected(&doc->ctx.config, "server"))
		tell(doc, OK, NULL, "local databases are made in the server that postkit.server names");
	else if (!server && pk_server_why(&want, &kind, &why, NULL) == 0)
		tell(doc, OK, NULL, "local servers run %s", why);
	else if (!server)
		tell(doc, BAD, "install PostgreSQL, say where it is (git config postkit.pgBin DIR), or name a server "
		     "(git config postkit.server URL)", "no PostgreSQL server programs were found");
}

static void check_space(struct doctor *doc, const char *path)
{
	struct statvfs vfs;
	uint64_t left;

	if (statvfs(path, &vfs) < 0)
		return;
	left = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	if (left < (uint64_t)1 << 30) {
		PK_FREE char *size = pk_size(left);

		tell(doc, WARN, "git postkit gc", "only %s are free where local databases lie", size);
	}
}

/* --- the repository --- */

static void check_identity(struct doctor *doc)
{
	const char *const args[] = { "var", "GIT_COMMITTER_IDENT", NULL };
	int status = 0;

	if (pk_git_run(NULL, args, NULL, NULL, &status, NULL) < 0 || status != 0)
		tell(doc, WARN, "git config --global user.name NAME; git config --global user.email ADDRESS",
		     "git does not know who you are, so git postkit commit would fail");
}

static void check_settings(struct doctor *doc)
{
	const struct pk_strv *ignored = &doc->ctx.config.ignored;

	for (size_t i = 0; i < ignored->n; i++) {
		PK_FREE char *mend = pk_printf("git config --file .postkit --unset %s", ignored->items[i]);

		tell(doc, WARN, mend, ".postkit sets %s, which counts only in .git/config and above",
		     ignored->items[i]);
	}
}

static void check_hooks(struct doctor *doc)
{
	bool server = !doc->ctx.repo.workdir;
	const char *install = server ? "git postkit hooks install --server" : "git postkit hooks install";
	PK_AUTO(pk_hooks_view) view = PK_HOOKS_VIEW_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	size_t good = 0;

	if (pk_hooks_look(&doc->ctx.repo, &doc->ctx.config, server ? PK_HOOKS_SERVER : PK_HOOKS_CLIENT, &view, &err) < 0) {
		tell_err(doc, BAD, "hooks", &err);
		return;
	}
	if (view.manager && view.added) {
		tell(doc, OK, NULL, "hooks are kept by %s and call git postkit", view.manager);
		return;
	}
	for (size_t i = 0; i < view.n; i++) {
		const struct pk_hook_item *item = &view.items[i];
		bool ours = item->state == PK_HOOK_OURS || item->state == PK_HOOK_CALLS;

		if (ours && item->executable)
			good++;
		else if (item->state == PK_HOOK_ABSENT || view.manager)
			continue;
		else
			tell(doc, WARN, install, "hook %s %s", item->name,
			     ours ? "is not executable" : item->state == PK_HOOK_OLD ? "is of another version of git "
			     "postkit" : "does not call git postkit");
	}
	if (good == view.n)
		tell(doc, OK, NULL, "hooks are installed");
	else if (view.manager)
		tell(doc, WARN, view.add, "hooks are kept by %s, which does not call git postkit", view.manager);
	else if (good == 0)
		tell(doc, WARN, install, "hooks are not installed, so pushes are not checked");
	else
		tell(doc, WARN, install, "%zu of %zu hooks are installed", good, view.n);
}

#define LOCK_SECONDS 600 /* no git that is alive holds the lock of a ref for so long */

/* A lock that a killed git left makes every later change of that ref fail. */
static void check_locks_in(struct doctor *doc, const char *dir)
{
	PK_AUTO(pk_strv) files = PK_STRV_INIT;

	if (!pk_path_is_dir(dir) || pk_list_files(dir, ".lock", &files, NULL) < 0)
		return;
	for (size_t i = 0; i < files.n; i++) {
		PK_FREE char *path = pk_path_join(dir, files.items[i]);
		PK_FREE char *mend = pk_printf("rm '%s'", path);
		struct stat st;

		if (lstat(path, &st) == 0 && pk_time() - st.st_mtime > LOCK_SECONDS)
			tell(doc, BAD, mend, "'%s' was left by a git that was killed", path);
	}
}

static void check_locks(struct doctor *doc)
{
	static const char *const dirs[] = { "refs/postkit", "refs/notes" };

	for (size_t i = 0; i < PK_COUNT(dirs); i++) {
		PK_FREE char *dir = pk_path_join(doc->ctx.repo.commondir, dirs[i]);

		check_locks_in(doc, dir);
	}
}

/* --- remotes --- */

static void check_remote(struct doctor *doc, const char *name)
{
	PK_AUTO(pk_remote) remote = PK_REMOTE_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_FREE char *what = pk_printf("remote '%s'", name);
	PK_FREE char *key = pk_printf("remote.%s.url", name);
	PK_FREE char *mend = pk_printf("git postkit remote test %s", name);
	struct pk_conninfo given = PK_CONNINFO_INIT;
	const char *url = pk_config_get_protected(&doc->ctx.config, key);
	int major;

	if (url && pk_conninfo_parse(&given, url, NULL) == 0 && given.password)
		tell(doc, WARN, "set the URL without it; the password goes to ~/.pgpass or git's credential helper",
		     "%s has its password in plain text in git's settings", what);
	pk_conninfo_release(&given);
	if (pk_remote_get(&doc->ctx.config, name, &remote, &err) < 0) {
		tell_err(doc, BAD, what, &err);
		return;
	}
	if (!pk_conninfo_get(&remote.info, "connect_timeout"))
		pk_conninfo_set(&remote.info, "connect_timeout", "5");
	if (pk_remote_connect(&remote, &conn, &err) < 0) {
		if (!err.hint)
			pk_err_hint(&err, "%s", mend);
		tell_err(doc, WARN, what, &err);
		return;
	}
	major = conn.version / 10000;
	const struct pk_server_want want = {
		.repo = &doc->ctx.repo, .config = &doc->ctx.config, .major = major, .remote = name, .clones = true
	};
	PK_FREE char *why = NULL;
	enum pk_server_kind kind;

	if (pk_server_why(&want, &kind, &why, &err) < 0) {
		PK_FREE char *clones = pk_printf("%s answers, and clones of it cannot be made", what);
		tell_err(doc, BAD, clones, &err);
	} else if (!has_client(doc, major) && kind != PK_SERVER_DOCKER && kind != PK_SERVER_COMMAND) {
		tell(doc, BAD, "install the client programs of that version",
		     "%s runs PostgreSQL %d, and pg_dump of that version is missing", what, major);
	} else {
		tell(doc, OK, NULL, "%s answers, PostgreSQL %d; its clones are made %s", what, major, why);
	}
}

/* What is to be done by itself, and never would be. */
static void check_follows(struct doctor *doc, const char *name)
{
	PK_FREE char *on_merge = pk_printf("remote.%s.onMerge", name);
	PK_FREE char *mend = pk_printf("git config postkit.remote.%s.follow BRANCH", name);
	const char *branch = pk_followed_branch(&doc->ctx.config, name);
	PK_FREE char *ref = branch ? pk_printf("refs/heads/%s", branch) : NULL;
	PK_AUTO(pk_followers) followers = PK_FOLLOWERS_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	struct pk_oid tip = { "" };

	if (!branch) {
		if (pk_config_get_protected(&doc->ctx.config, on_merge))
			tell(doc, WARN, mend, "postkit.%s is set, but '%s' follows no branch", on_merge, name);
		return;
	}
	if (pk_followers_read(&doc->ctx.config, branch, &followers, &err) < 0)
		tell_err(doc, BAD, "after a merge", &err);
	if (doc->ctx.has_repo && (pk_ref_read(&doc->ctx.repo, ref, &tip, NULL) < 0 || !tip.hex[0]))
		tell(doc, WARN, mend, "'%s' follows %s, which is no branch here", name, branch);
}

static void check_remotes(struct doctor *doc)
{
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	pk_remote_list(&doc->ctx.config, &names);
	if (!names.n)
		tell(doc, WARN, "git postkit remote add prod URL", "no remote is named");
	for (size_t i = 0; i < names.n; i++) {
		check_remote(doc, names.items[i]);
		check_follows(doc, names.items[i]);
	}
}

/* --- sessions and local databases --- */

static void check_sessions(struct doctor *doc, struct pk_strv *ret_ids)
{
	size_t gone = 0;

	if (pk_session_list(&doc->ctx.repo, ret_ids, NULL) < 0)
		return;
	for (size_t i = 0; i < ret_ids->n; i++) {
		PK_AUTO(pk_session) session = PK_SESSION_INIT;
		PK_AUTO(pk_err) err = PK_ERR_INIT;

		if (pk_session_load(&doc->ctx.repo, ret_ids->items[i], &session, &err) < 0)
			tell_err(doc, BAD, "a session cannot be read", &err);
		else if (!pk_session_has_branch(&doc->ctx.repo, &doc->ctx.config, &session))
			gone++;
	}
	if (gone)
		tell(doc, WARN, "git postkit gc", "%zu session%s of branches that are gone", gone, gone == 1 ? "" : "s");
	else if (ret_ids->n)
		tell(doc, OK, NULL, "%zu session%s", ret_ids->n, ret_ids->n == 1 ? "" : "s");
}

static bool is_orphan(const struct pk_database *db, const struct pk_strv *sessions)
{
	bool passing = pk_streq(db->purpose, "shadow") || pk_streq(db->purpose, "dry-run");

	if (pk_streq(db->purpose, "clone"))
		return !pk_strv_has(sessions, db->label);
	return pk_streq(db->purpose, "unfinished") || (passing && pk_time() - db->created > 3600);
}

static void check_private(struct doctor *doc, const char *path, mode_t allowed)
{
	PK_FREE char *mend = pk_printf("chmod %o '%s'", (unsigned)allowed, path);
	struct stat st;

	if (lstat(path, &st) == 0 && (st.st_mode & 0777 & ~allowed))
		tell(doc, BAD, mend, "'%s' can be read by others (mode %o)", path, (unsigned)(st.st_mode & 0777));
}

/* As root the folder itself must let the server's user through. */
static void check_permissions(struct doctor *doc, const char *dir)
{
	static const struct {
		const char *name;
		mode_t allowed;
	} parts[] = { { "data", 0700 }, { "admin.secret", 0600 }, { "login.secret", 0600 }, { "log", 0600 } };

	check_private(doc, dir, 0711);
	for (size_t i = 0; i < PK_COUNT(parts); i++) {
		PK_FREE char *path = pk_path_join(dir, parts[i].name);

		check_private(doc, path, parts[i].allowed);
	}
}

static void check_running(struct doctor *doc, const struct pk_server_want *want, const char *why,
			  const struct pk_strv *sessions)
{
	PK_AUTO(pk_server) server = PK_SERVER_INIT;
	PK_AUTO(pk_databases) databases = PK_DATABASES_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	size_t orphans = 0;
	uint64_t size = 0;


	if (pk_server_open_for(&server, want, &err) < 0 ||
	    pk_server_databases(&server, &databases, &err) < 0) {
		PK_FREE char *what = pk_printf("the local server of version %d", want->major);

		tell_err(doc, BAD, what, &err);
		return;
	}
	for (size_t i = 0; i < databases.n; i++) {
		size += (uint64_t)(databases.items[i].size > 0 ? databases.items[i].size : 0);
		orphans += is_orphan(&databases.items[i], sessions);
	}
	if (server.dir)
		check_permissions(doc, server.dir);
	PK_FREE char *text = pk_size(size);

	tell(doc, OK, NULL, "the local server of version %d runs %s: %zu database%s, %s", want->major, why, databases.n,
	     databases.n == 1 ? "" : "s", text);
	if (orphans)
		tell(doc, WARN, "git postkit gc", "%zu local database%s that no session needs", orphans,
		     orphans == 1 ? "" : "s");
}

static void check_clusters(struct doctor *doc, const struct pk_strv *sessions)
{
	PK_AUTO(pk_strv) majors = PK_STRV_INIT;

	if (pk_server_list(&doc->ctx.repo, &majors, NULL) < 0)
		return;
	for (size_t i = 0; i < majors.n; i++) {
		int major = atoi(majors.items[i]);

		PK_AUTO(pk_err) err = PK_ERR_INIT;
		PK_FREE char *why = NULL, *what = pk_printf("the local server of version %d", major);
		const struct pk_server_want want = {
			.repo = &doc->ctx.repo, .config = &doc->ctx.config, .major = major, .own = true
		};
		enum pk_server_kind kind;

		if (pk_server_why(&want, &kind, &why, &err) < 0)
			tell_err(doc, BAD, what, &err);
		else if (pk_server_running(&doc->ctx.repo, major))
			check_running(doc, &want, why, sessions);
		else
			tell(doc, OK, NULL, "%s is stopped; it starts when needed, %s", what, why);
	}
}

static void check_orphans(struct doctor *doc)
{
	PK_AUTO(pk_strv) dirs = PK_STRV_INIT;

	if (pk_server_orphans(&dirs, NULL) < 0)
		return;
	if (dirs.n)
		tell(doc, WARN, "git postkit gc", "%zu local server%s of repositories that are gone", dirs.n,
		     dirs.n == 1 ? "" : "s");
}

/* --- */

static void check_repository(struct doctor *doc)
{
	PK_AUTO(pk_strv) sessions = PK_STRV_INIT;

	tell(doc, OK, NULL, "repository %s", doc->ctx.repo.workdir ? doc->ctx.repo.workdir : doc->ctx.repo.gitdir);
	check_identity(doc);
	check_settings(doc);
	check_hooks(doc);
	check_locks(doc);
	check_remotes(doc);
	check_sessions(doc, &sessions);
	check_clusters(doc, &sessions);
	check_space(doc, doc->ctx.repo.commondir);
}

/* Outside a repository nothing is wrong; one that libgit2 cannot open is. */
static void check_no_repository(struct doctor *doc)
{
	const char *const args[] = { "rev-parse", "--git-dir", NULL };
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	int status = 1;

	if (pk_git_run(NULL, args, NULL, NULL, &status, NULL) < 0 || status != 0)
		tell(doc, OK, NULL, "not inside a repository");
	else if (pk_repo_open(&repo, NULL, &err) < 0)
		tell_err(doc, BAD, "repository", &err);
}

static int finish(struct doctor *doc)
{
	int bad = doc->counts[BAD], warn = doc->counts[WARN];

	if (opt_json) {
		cJSON *root = cJSON_CreateObject();

		pk_json_set_bool(root, "ok", bad == 0);
		cJSON_AddItemToObject(root, "checks", doc->list);
		doc->list = NULL;
		pk_print_json(root);
	} else if (!bad && !warn) {
		puts("nothing is wrong");
	}
	return bad ? PK_EXIT_NO : PK_EXIT_OK;
}

int pk_cmd_doctor(int argc, char **argv, struct pk_err *err)
{
	struct doctor doc = { .ctx = PK_CTX_INIT, .programs = PK_PG_LIST_INIT };
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	int result = pk_cmd_parse_options("doctor", argc, argv, "", err);

	if (result)
		return result;
	doc.list = cJSON_CreateArray();
	check_git(&doc);
	/* Settings that cannot be read are one of the things that could be wrong. */
	if (pk_ctx_open(&doc.ctx, false, &why) < 0)
		tell_err(&doc, BAD, "settings", &why);
	check_programs(&doc);
	if (doc.ctx.has_repo)
		check_repository(&doc);
	else
		check_no_repository(&doc);
	check_orphans(&doc);
	result = finish(&doc);
	cJSON_Delete(doc.list);
	pk_pg_list_release(&doc.programs);
	pk_ctx_release(&doc.ctx);
	return result;
}
