#include "session/gc.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/leftover.h"
#include "base/lock.h"
#include "chain/project.h"
#include "clone/remote.h"
#include "clone/template.h"
#include "server/adopt.h"
#include "server/made.h"
#include "session/begin.h"
#include "session/session.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* So long something unfinished may belong to a command that is at work, connected or not. */
#define GRACE_SECONDS 600
#define KEPT_SECONDS  (7 * 86400)
/* A commit may wait for an editor, and its process may be where we see none: in a container. */
#define GIT_SECONDS 86400

struct gc {
	const struct pk_repo *repo;
	const struct pk_config *config;
	const struct pk_gc_options *options;
	struct pk_server *server; /* at hand */
	struct pk_strv busy;	  /* databases that somebody is connected to */
	struct pk_strv sessions;  /* "<id> <db>" of those that stay */
	struct pk_strv ended;	  /* ids of those that went: their pointers went along */
	size_t left;		  /* databases that stay */
};

static void did(struct gc *gc, const char *what, const char *name, const char *why, int64_t size)
{
	if (gc->options->did)
		gc->options->did(gc->options->arg, what, name, why, size);
}

static void failed(struct gc *gc, const char *what, const char *name, const struct pk_err *err)
{
	if (gc->options->failed)
		gc->options->failed(gc->options->arg, what, name, err->msg ? err->msg : "unknown");
}

static const char *why_session(struct gc *gc, const struct pk_session *session)
{
	if (gc->options->all)
		return "all";
	return pk_session_has_branch(gc->repo, gc->config, session) ? NULL : "its branch is gone";
}

static void end_session(struct gc *gc, const struct pk_session *session, const char *why)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_FREE char *key = pk_printf("branch.%s.postkitsession", session->branch);
	if (!gc->options->dry_run) {
		/* The clone goes with those that have no session. */
		if (pk_session_delete(gc->repo, session, &err) < 0 ||
		    (pk_streq(pk_config_git(gc->config, key), session->id) &&
		     pk_session_point(gc->repo, session->branch, NULL, &err) < 0)) {
			failed(gc, "session", session->branch, &err);
			return;
		}
	}
	pk_strv_push(&gc->ended, session->id);
	did(gc, "session", session->branch, why, -1);
}

static int sweep_sessions(struct gc *gc, struct pk_err *err)
{
	PK_AUTO(pk_strv) ids = PK_STRV_INIT;
	if (pk_session_list(gc->repo, &ids, err) < 0)
		return -1;
	for (size_t i = 0; i < ids.n; i++) {
		PK_AUTO(pk_session) session = PK_SESSION_INIT;
		PK_AUTO(pk_err) load_err = PK_ERR_INIT;
		if (pk_session_load(gc->repo, ids.items[i], &session, &load_err) < 0) {
			failed(gc, "session", ids.items[i], &load_err);
			/* Not understood: its clone is not ours to judge. */
			pk_strv_pushf(&gc->sessions, "%s *", ids.items[i]);
			continue;
		}
		const char *why = why_session(gc, &session);
		if (why)
			end_session(gc, &session, why);
		else
			pk_strv_pushf(&gc->sessions, "%s %s", session.id, session.db);
	}
	return 0;
}

/* Pointers of branches to sessions that are not there. */
static void sweep_pointers(struct gc *gc)
{
	static const char suffix[] = ".postkitsession";
	for (size_t i = 0; i < gc->config->n; i++) {
		const struct pk_config_item *item = &gc->config->items[i];
		if (!pk_starts_with(item->key, "branch.") || !pk_ends_with(item->key, suffix) ||
		    !*item->value || pk_strv_has(&gc->ended, item->value))
			continue;
		PK_FREE char *ref = pk_printf("refs/postkit/sessions/%s", item->value);
		PK_AUTO(pk_err) err = PK_ERR_INIT;
		struct pk_oid oid = { "" };
		if (pk_ref_read(gc->repo, ref, &oid, &err) < 0 || !pk_oid_is_null(&oid))
			continue;
		PK_FREE char *branch =
			pk_strndup(item->key + 7, strlen(item->key) - 7 - sizeof(suffix) + 1);
		if (!gc->options->dry_run && pk_session_point(gc->repo, branch, NULL, &err) < 0)
			failed(gc, "pointer", branch, &err);
		else
			did(gc, "pointer", branch, "its session is gone", -1);
	}
}

static bool has_session(const struct gc *gc, const char *label, const char *db)
{
	PK_FREE char *exact = pk_printf("%s %s", label, db);
	PK_FREE char *any = pk_printf("%s *", label);
	return pk_strv_has(&gc->sessions, exact) || pk_strv_has(&gc->sessions, any);
}

/* A starting session has its clone before its ref, and holds a lock meanwhile; one that nobody holds goes. */
static bool is_starting(const struct gc *gc, const char *id)
{
	PK_FREE char *path = pk_session_lock_path(gc->repo, id);
	PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
	if (!pk_path_exists(path))
		return false;
	if (pk_lock_take(&lock, path, 0, NULL) < 0)
		return true;
	if (!gc->options->dry_run)
		unlink(path);
	return false;
}

static const char *why_clone(struct gc *gc, const struct pk_database *database)
{
	if (has_session(gc, database->label, database->name) || is_starting(gc, database->label))
		return NULL;
	return "its session is gone";
}

static bool is_young(const struct pk_database *database)
{
	return database->created && (int64_t)pk_time() - database->created < GRACE_SECONDS;
}

static const char *why_template(struct gc *gc, const struct pk_database *database)
{
	PK_AUTO(pk_strv) remotes = PK_STRV_INIT;
	PK_AUTO(pk_template) current = PK_TEMPLATE_INIT;
	pk_remote_list(gc->config, &remotes);
	if (!pk_strv_has(&remotes, database->label))
		return "its remote is gone";
	if (pk_template_find(gc->server, database->label, &current, NULL) < 0 ||
	    pk_streq(current.db, database->name))
		return NULL;
	return is_young(database) || pk_strv_has(&gc->busy, database->name)
		       ? NULL
		       : "a copy that was not finished";
}

static const char *why_leftover(struct gc *gc, const struct pk_database *database)
{
	if (is_young(database) || pk_strv_has(&gc->busy, database->name))
		return NULL;
	return "left by a command that did not end";
}

/* Whoever plans makes it again; who has not for days is not at work on a schema. */
static const char *why_kept(struct gc *gc, const struct pk_database *database)
{
	if (!gc->sessions.n)
		return "no session is left";
	return (int64_t)pk_time() - database->created > KEPT_SECONDS ? "not used for a week" : NULL;
}

static const char *why_never(struct gc *gc, const struct pk_database *database)
{
	(void)gc;
	(void)database;
	return NULL;
}

static const struct {
	const char *purpose;
	const char *(*why)(struct gc *gc, const struct pk_database *database);
} purposes[] = {
	{ "clone", why_clone },	     { "template", why_template }, { "shadow", why_leftover },
	{ "dry-run", why_leftover }, { "copying", why_leftover },  { "unfinished", why_leftover },
	{ "kept", why_kept },	     { "production", why_never },
};

static const char *why_database(struct gc *gc, const struct pk_database *database)
{
	if (gc->options->all)
		return "all";
	for (size_t i = 0; i < PK_COUNT(purposes); i++)
		if (pk_streq(purposes[i].purpose, database->purpose))
			return purposes[i].why(gc, database);
	return NULL;
}

static int find_busy(struct gc *gc, struct pk_err *err)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	pk_strv_release(&gc->busy);
	if (pk_conn_open(&conn, &gc->server->admin, err) < 0 ||
	    pk_query(&conn,
		     "SELECT DISTINCT datname FROM pg_catalog.pg_stat_activity WHERE datname IS NOT NULL",
		     0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		pk_strv_push(&gc->busy, pk_rows_get(&rows, i, 0));
	return 0;
}

static int sweep_databases(struct gc *gc, struct pk_err *err)
{
	PK_AUTO(pk_databases) databases = PK_DATABASES_INIT;
	if (find_busy(gc, err) < 0 || pk_server_databases(gc->server, &databases, err) < 0)
		return -1;
	gc->left = 0;
	for (size_t i = 0; i < databases.n; i++) {
		const struct pk_database *database = &databases.items[i];
		const char *why = why_database(gc, database);
		PK_AUTO(pk_err) drop_err = PK_ERR_INIT;
		if (!why) {
			gc->left++;
		} else if (!gc->options->dry_run &&
			   pk_server_drop_db(gc->server, database->name, &drop_err) < 0) {
			failed(gc, database->purpose, database->name, &drop_err);
			gc->left++;
		} else {
			did(gc, database->purpose, database->name, why, database->size);
		}
	}
	return 0;
}

static int sweep_cluster(struct gc *gc, const char *major_text, struct pk_err *err)
{
	int major = atoi(major_text);
	PK_AUTO(pk_server) server = PK_SERVER_INIT;
	PK_FREE char *name = pk_printf("PostgreSQL %d", major);
	bool was_running = pk_server_running(gc->repo, major);
	if (gc->options->all) {
		if (!gc->options->dry_run && pk_server_remove(gc->repo, major, err) < 0)
			return -1;
		did(gc, "server", name, "all", -1);
		return 0;
	}
	const struct pk_server_want want = { .repo = gc->repo, .config = gc->config, .major = major, .own = true };
	if (pk_server_open_for(&server, &want, err) < 0)
		return -1;
	gc->server = &server;
	int rc = sweep_databases(gc, err);
	gc->server = NULL;
	if (rc < 0)
		return -1;
	if (gc->left && was_running)
		return 0;
	if (!gc->left && was_running)
		did(gc, "server", name, "no database is left, so it stops", -1);
	return gc->options->dry_run && was_running ? 0 : pk_server_stop(&server, err);
}

/* A server that the user named: only databases with our mark are looked at. Each once. */
static void sweep_given(struct gc *gc, const char *remote, struct pk_strv *seen)
{
	PK_AUTO(pk_server) server = PK_SERVER_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_FREE char *setting = NULL;
	const struct pk_server_want want = { .repo = gc->repo, .config = gc->config, .remote = remote };
	const char *url;
	if (!pk_server_given(gc->config, remote, &setting, &url) || pk_strv_has(seen, url))
		return;
	pk_strv_push(seen, url);
	gc->server = &server;
	if (pk_server_open_for(&server, &want, &err) < 0 || sweep_databases(gc, &err) < 0)
		failed(gc, "server", setting, &err);
	gc->server = NULL;
}

static void sweep_all_given(struct gc *gc)
{
	PK_AUTO(pk_strv) remotes = PK_STRV_INIT, seen = PK_STRV_INIT;
	pk_remote_list(gc->config, &remotes);
	sweep_given(gc, NULL, &seen);
	for (size_t i = 0; i < remotes.n; i++)
		sweep_given(gc, remotes.items[i], &seen);
}

static const char *why_made(struct gc *gc, const struct pk_made *made)
{
	if (gc->options->all)
		return "all";
	if (pk_made_busy(gc->repo, made))
		return NULL;
	if (!made->url || strcmp(made->purpose, "clone") != 0)
		return "left by a command that did not end";
	return has_session(gc, made->label, made->db) || is_starting(gc, made->label) ? NULL : "its session is gone";
}

/* Clones that commands of the user's made. */
static void sweep_made(struct gc *gc)
{
	PK_AUTO(pk_made_list) list = PK_MADE_LIST_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	if (pk_made_read(gc->repo, &list, &err) < 0)
		failed(gc, "clone", "by a command", &err);
	for (size_t i = 0; i < list.n; i++) {
		struct pk_made *made = &list.items[i];
		PK_AUTO(pk_err) destroy_err = PK_ERR_INIT;
		PK_FREE char *name = pk_strdup(made->id);
		const char *why = why_made(gc, made);
		if (!why)
			continue;
		if (!gc->options->dry_run && pk_made_destroy(gc->repo, gc->config, made, &destroy_err) < 0)
			failed(gc, made->purpose, name, &destroy_err);
		else
			did(gc, made->purpose, name, why, -1);
	}
}

static void sweep_orphans(struct gc *gc)
{
	PK_AUTO(pk_strv) dirs = PK_STRV_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	if (pk_server_orphans(&dirs, &err) < 0) {
		failed(gc, "server", "orphans", &err);
		return;
	}
	for (size_t i = 0; i < dirs.n; i++) {
		if (!gc->options->orphans) {
			if (gc->options->orphan)
				gc->options->orphan(gc->options->arg, dirs.items[i]);
			continue;
		}
		if (!gc->options->dry_run && pk_server_remove_orphan(dirs.items[i], &err) < 0)
			failed(gc, "server", dirs.items[i], &err);
		else
			did(gc, "server", dirs.items[i], "its repository is gone", -1);
	}
}

/* Locks of sessions whose start was killed before there was a clone. */
static void sweep_starting(const struct gc *gc)
{
	PK_FREE char *path = pk_session_lock_path(gc->repo, ""), *dir = pk_path_dir(path);
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	pk_leftovers(dir, "", ".lock", false, &names);
	for (size_t i = 0; i < names.n; i++) {
		const char *name = pk_path_base(names.items[i]);
		PK_FREE char *id = pk_strndup(name, strlen(name) - strlen(".lock"));

		is_starting(gc, id);
	}
}

/* One that has ended, and whose parent has not asked for its status, is gone, too: some containers keep it for long. */
static bool is_gone(pid_t pid)
{
	PK_FREE char *path = pk_printf("/proc/%ld/stat", (long)pid);
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	const char *state;

	if (kill(pid, 0) < 0)
		return errno == ESRCH;
	if (pk_read_file(path, &text, NULL) < 0 || !(state = strrchr(text.ptr, ')')))
		return false;
	return pk_starts_with(state, ") Z");
}

/*
 * The index that a commit of some of the files makes, and leaves when it is killed; nobody waits for it, and its name has
 * the process. Of git's other locks nobody knows whose they are: they stay, as git leaves them.
 */
static bool is_dead_index(const char *path)
{
	static const char prefix[] = "next-index-";
	pid_t pid = (pid_t)atoi(pk_path_base(path) + sizeof(prefix) - 1);
	struct stat st;

	return pid > 1 && is_gone(pid) && lstat(path, &st) == 0 &&
	       difftime(pk_time(), st.st_mtime) >= GIT_SECONDS;
}

static void find_indexes(const struct pk_repo *repo, struct pk_strv *files)
{
	PK_AUTO(pk_strv) found = PK_STRV_INIT;
	PK_FREE char *worktrees = pk_path_join(repo->commondir, "worktrees");

	pk_leftovers(repo->commondir, "next-index-", ".lock", false, &found);
	pk_leftovers(worktrees, "next-index-", ".lock", true, &found);
	for (size_t i = 0; i < found.n; i++)
		if (is_dead_index(found.items[i]))
			pk_strv_push(files, found.items[i]);
}

/* Files that were being written when their program was killed, and the locks that it held. */
static void sweep_files(struct gc *gc)
{
	PK_AUTO(pk_project) project = PK_PROJECT_INIT;
	PK_AUTO(pk_strv) files = PK_STRV_INIT;
	const char *common = gc->repo->commondir, *work = gc->repo->workdir;
	PK_FREE char *ours = pk_path_join(common, "postkit"), *refs = pk_path_join(common, "refs/postkit"),
		     *notes = pk_path_join(common, "refs/notes"), *objects = pk_path_join(common, "objects");

	pk_project_load(&project, gc->config);
	PK_FREE char *schema = pk_path_join(work ? work : "", project.schema_dir);
	PK_FREE char *migrations = pk_path_join(work ? work : "", project.migrations_dir);
	pk_leftovers(ours, PK_TEMPORARY, "", true, &files);
	pk_server_leftovers(gc->repo, &files);
	pk_leftovers(refs, "", ".lock", true, &files);
	pk_leftovers(notes, "postkit", ".lock", false, &files);
	pk_leftovers(objects, "tmp_object_git2_", "", false, &files); /* git prunes only its own */
	find_indexes(gc->repo, &files);
	if (work) {
		pk_leftovers(work, PK_TEMPORARY, "", false, &files);
		pk_leftovers(schema, PK_TEMPORARY, "", true, &files);
		pk_leftovers(migrations, PK_TEMPORARY, "", true, &files);
	}
	for (size_t i = 0; i < files.n; i++) {
		PK_AUTO(pk_err) err = PK_ERR_INIT;

		if (!gc->options->dry_run && unlink(files.items[i]) && errno != ENOENT) {
			pk_err_errno(&err, "it cannot be removed");
			failed(gc, "file", files.items[i], &err);
		} else {
			did(gc, "file", files.items[i], "left by a command that did not end", -1);
		}
	}
}

static int sweep(struct gc *gc, struct pk_err *err)
{
	PK_AUTO(pk_strv) majors = PK_STRV_INIT;
	if (sweep_sessions(gc, err) < 0)
		return -1;
	sweep_pointers(gc);
	sweep_files(gc);
	sweep_made(gc);
	if (!gc->options->dry_run) {
		sweep_starting(gc);
		pk_adopt_sweep(gc->repo);
		pk_server_sweep_sockets();
	}
	if (pk_server_list(gc->repo, &majors, err) < 0)
		return -1;
	for (size_t i = 0; i < majors.n; i++) {
		PK_AUTO(pk_err) server_err = PK_ERR_INIT;
		if (sweep_cluster(gc, majors.items[i], &server_err) < 0) {
			if (pk_err_move_interrupt(err, &server_err))
				return -1;
			failed(gc, "server", majors.items[i], &server_err);
		}
	}
	sweep_orphans(gc);
	sweep_all_given(gc);
	return 0;
}

int pk_gc(const struct pk_repo *repo, const struct pk_config *config,
	  const struct pk_gc_options *options, struct pk_err *err)
{
	struct gc gc = { .repo = repo, .config = config, .options = options };
	int rc = sweep(&gc, err);
	pk_strv_release(&gc.busy);
	pk_strv_release(&gc.sessions);
	pk_strv_release(&gc.ended);
	return rc;
}
