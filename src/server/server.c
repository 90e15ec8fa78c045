#include "server/server.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/leftover.h"
#include "base/lock.h"
#include "base/proc.h"
#include "base/tempdir.h"
#include "base/text.h"
#include "server/adopt.h"
#include "server/cluster.h"
#include "server/docker.h"
#include "server/given.h"
#include "server/made.h"
#include "server/choice.h"
#include "server/programs.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_WAIT_MS 180000
#define IDLE_TIMEOUT 900 /* seconds */
#define PATIENCE     180 /* seconds: a server of our own on a machine that is busy comes round */

void pk_server_release(struct pk_server *server)
{
	free(server->bindir);
	free(server->dir);
	free(server->login);
	free(server->owner_id);
	pk_conninfo_release(&server->admin);
	pk_conninfo_release(&server->user);
	pk_conn_release(&server->admin_conn);
	pk_made_close(server);
	*server = (struct pk_server)PK_SERVER_INIT;
}

/* ---- open ---- */

static int fill_conninfo(const char *dir, const char *role, const char *secret,
			 const char *socket_dir, struct pk_conninfo *ret, struct pk_err *err)
{
	PK_FREE char *password = NULL;

	if (pk_cluster_secret(dir, secret, &password, err) < 0)
		return -1;
	pk_conninfo_set(ret, "host", socket_dir);
	pk_conninfo_set(ret, "port", "5432"); /* else PGPORT would decide */
	pk_conninfo_set(ret, "user", role);
	pk_conninfo_set(ret, "password", password);
	explicit_bzero(password, strlen(password));
	ret->patience = PATIENCE;
	return 0;
}

int pk_server_fill(struct pk_server *server, const struct pk_place *place, struct pk_err *err)
{
	PK_FREE char *socket_dir = pk_cluster_socket(place->data);

	if (!socket_dir)
		return pk_err_set(err, "the local server in '%s' does not run", place->dir);
	server->major = place->major;
	server->kind = place->image ? PK_SERVER_DOCKER : PK_SERVER_EMBEDDED;
	server->dir = pk_strdup(place->dir);
	server->login = pk_strdup(PK_LOGIN);
	if (fill_conninfo(place->dir, PK_ADMIN, "admin", socket_dir, &server->admin, err) < 0 ||
	    fill_conninfo(place->dir, PK_LOGIN, "login", socket_dir, &server->user, err) < 0)
		return -1;
	pk_conninfo_set(&server->admin, "dbname", "postgres");
	return 0;
}

/* One watcher for each cluster; it holds its lock as long as it lives. */
static void start_watcher(const struct pk_place *place, const struct pk_config *config)
{
	PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
	PK_FREE char *lock_path = pk_printf("%s.idle", place->dir);
	int seconds = config ? pk_config_int(config, "idleTimeout", IDLE_TIMEOUT) : IDLE_TIMEOUT;
	PK_FREE char *timeout = pk_printf("%d", seconds);
	PK_FREE char *self = pk_proc_self();
	const char *const argv[] = { self, "--internal-idle", place->dir, timeout, NULL };
	const struct pk_proc proc = { .argv = argv, .cwd = "/" };
	pid_t pid;

	/* a test links us into a program of its own, which knows no such argument */
	if (strcmp(pk_path_base(self), "git-postkit") != 0)
		return;
	if (seconds <= 0 || pk_lock_take(&lock, lock_path, 0, NULL) < 0)
		return;
	pk_lock_release(&lock);
	/* without it the server only runs longer than it should */
	pk_proc_daemon(&proc, NULL, &pid, NULL);
}

/* A pid file, a process and a socket file may all outlive the server by a moment; a listener does
 * not. */
static bool socket_answers(const char *data)
{
	PK_FREE char *dir = pk_cluster_socket(data);
	int error = dir ? pk_socket_reach(dir) : ENOENT;

	return error == 0 || error == EAGAIN;
}

/* Under the lock: the watcher does not stop it between our look and our use. */
static int ensure_running(const struct pk_place *place, const char *bindir, struct pk_err *err)
{
	if (!pk_cluster_exists(place) && place->image &&
	    pk_docker_check(place->image, place->major, err) < 0)
		return -1;
	if (!pk_cluster_exists(place) && pk_cluster_create(place, bindir, err) < 0)
		return -1;
	if (place->image && socket_answers(place->data))
		return 0;
	if (place->image)
		return pk_docker_check(place->image, 0, err) < 0
			       ? -1
			       : pk_cluster_start(place, bindir, err);
	if (pk_cluster_settle(place, err) < 0)
		return -1;
	pid_t pid = pk_cluster_pid(place->data);
	/* logging out wipes $XDG_RUNTIME_DIR: it runs, and nobody can reach it */
	if (pid && !socket_answers(place->data)) {
		if (pk_cluster_stop(place, err) < 0)
			return -1;
		pid = 0;
	}
	return pid ? 0 : pk_cluster_start(place, bindir, err);
}

/* Its image's, where this machine has none that read such a server. */
static char *clients_of(const struct pk_place *place, const struct pk_config *config)
{
	PK_FREE char *here = pk_pg_client_bindir(config, place->major, place->major);

	return here ? NULL : pk_docker_clients(place->image);
}

static int open_private(struct pk_server *server, const struct pk_server_want *want,
			struct pk_err *err)
{
	struct pk_choice choice __attribute__((cleanup(pk_choice_release))) = { 0 };
	struct pk_place place = PK_PLACE_INIT;
	PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
	int status = -1;

	if (pk_choice_make(want, &choice, err) < 0)
		return -1;
	if (pk_place_find(&place, want->repo, want->config, choice.major, err) == 0 &&
	    pk_place_make_root(&place, err) == 0 &&
	    pk_lock_take(&lock, place.lock, LOCK_WAIT_MS, err) == 0) {
		if (!pk_cluster_exists(&place) || place.image) {
			free(place.image);
			place.image = choice.image ? pk_strdup(choice.image) : NULL;
		}
		utimensat(AT_FDCWD, place.lock, NULL, 0); /* in use: see idle.c */
		pk_adopt_sweep(want->repo); /* these may hold all that the cluster of a remote does */
		pk_cluster_sweep(&place);
		if (ensure_running(&place, choice.bindir, err) == 0)
			status = pk_server_fill(server, &place, err);
		if (status == 0)
			start_watcher(&place, want->config);
		if (status < 0)
			pk_choice_failed(&choice, err);
		server->bindir =
			place.image ? clients_of(&place, want->config) : pk_take(&choice.bindir);
	}
	pk_lock_release(&lock);
	pk_place_release(&place);
	return status;
}

bool pk_server_given(const struct pk_config *config, const char *remote, char **ret_setting,
		     const char **ret_url)
{
	PK_FREE char *own = remote ? pk_printf("remote.%s.cloneServer", remote) : NULL;
	const char *const keys[] = { own, "server" };

	for (size_t i = 0; config && i < PK_COUNT(keys); i++) {
		const char *url = keys[i] ? pk_config_get_protected(config, keys[i]) : NULL;
		if (!url || !*url)
			continue;
		*ret_setting = pk_printf("postkit.%s", keys[i]);
		*ret_url = url;
		return true;
	}
	return false;
}

int pk_server_open_for(struct pk_server *server, const struct pk_server_want *want,
		       struct pk_err *err)
{
	PK_FREE char *setting = NULL;
	const char *url;
	int status;

	pk_server_release(server);
	if (pk_place_owner_id(want->repo, &server->owner_id, err) < 0)
		return -1;
	if (want->clones && (pk_made_exists(want) || pk_made_command(want->config, want->remote)))
		status = pk_made_open(server, want, err);
	else if (!want->own && pk_server_given(want->config, want->remote, &setting, &url))
		status = pk_given_open(server, setting, url, want->major, err);
	else
		status = open_private(server, want, err);
	if (status < 0)
		pk_server_release(server);
	return status;
}

int pk_server_open(struct pk_server *server, const struct pk_repo *repo,
		   const struct pk_config *config, int major, struct pk_err *err)
{
	const struct pk_server_want want = { .repo = repo, .config = config, .major = major };

	return pk_server_open_for(server, &want, err);
}

bool pk_server_is_private(const struct pk_server *server)
{
	return server->kind == PK_SERVER_EMBEDDED || server->kind == PK_SERVER_DOCKER;
}

/* ---- the rest of its life ---- */

int pk_server_admin(struct pk_server *server, struct pk_conn **ret, struct pk_err *err)
{
	*ret = &server->admin_conn;
	return pk_conn_alive(*ret) ? 0 : pk_conn_open(*ret, &server->admin, err);
}

static int stop_place(const struct pk_place *place, struct pk_err *err)
{
	PK_AUTO(pk_lock) lock = PK_LOCK_INIT;

	if (!pk_cluster_exists(place))
		return 0;
	if (pk_lock_take(&lock, place->lock, LOCK_WAIT_MS, err) < 0)
		return -1;
	return pk_cluster_stop(place, err);
}

int pk_server_stop(struct pk_server *server, struct pk_err *err)
{
	struct pk_place place = PK_PLACE_INIT;

	if (!pk_server_is_private(server))
		return 0;
	pk_conn_release(&server->admin_conn);
	int status = pk_place_of_dir(&place, server->dir, err);
	if (status == 0)
		status = stop_place(&place, err);
	pk_place_release(&place);
	return status;
}

/* Folders pg<number> in root that hold data. */
static void list_clusters(const char *root, struct pk_strv *ret_majors)
{
	DIR *dir = opendir(root);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *number = entry->d_name + 2;
		if (!pk_starts_with(entry->d_name, "pg") || !*number ||
		    number[strspn(number, "0123456789")] != '\0')
			continue;
		PK_FREE char *version = pk_printf("%s/%s/data/PG_VERSION", root, entry->d_name);
		if (pk_path_exists(version))
			pk_strv_push(ret_majors, number);
	}
	if (dir)
		closedir(dir);
	pk_strv_sort(ret_majors);
}

int pk_server_list(const struct pk_repo *repo, struct pk_strv *ret_majors, struct pk_err *err)
{
	PK_FREE char *root = pk_place_root(repo);

	(void)err; /* nothing there is an answer too */
	list_clusters(root, ret_majors);
	return 0;
}

bool pk_server_running(const struct pk_repo *repo, int major)
{
	PK_FREE char *root = pk_place_root(repo);
	PK_FREE char *data = pk_printf("%s/pg%d/data", root, major);
	PK_FREE char *docker = pk_printf("%s/pg%d/docker", root, major);

	return pk_path_exists(docker) ? socket_answers(data) : pk_cluster_pid(data) != 0;
}

void pk_server_leftovers(const struct pk_repo *repo, struct pk_strv *ret)
{
	PK_AUTO(pk_strv) majors = PK_STRV_INIT;
	PK_FREE char *root = pk_place_root(repo), *ours = pk_path_join(repo->commondir, "postkit");

	bool swept = pk_streq(root, ours); /* where all that is temporary is found anyway */

	if (!swept)
		pk_leftovers(root, PK_TEMPORARY, "", false, ret);
	list_clusters(root, &majors);
	for (size_t i = 0; i < majors.n; i++) {
		PK_FREE char *dir = pk_printf("%s/pg%s", root, majors.items[i]);

		if (!swept)
			pk_leftovers(dir, PK_TEMPORARY, "", false, ret);
		pk_tempdir_leftovers(dir, "postkit-", ret);
	}
}

/* Renamed first: what is half removed is never taken for a cluster. */
static int remove_place(const struct pk_place *place, struct pk_err *err)
{
	PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
	PK_FREE char *random = pk_random_hex(6);
	PK_FREE char *dead = pk_printf("%s/pg%d.tmp-%s", place->root, place->major, random);

	if (!pk_path_exists(place->dir))
		return 0;
	if (pk_lock_take(&lock, place->lock, LOCK_WAIT_MS, err) < 0 ||
	    pk_cluster_stop(place, err) < 0)
		return -1;
	if (rename(place->dir, dead) < 0)
		return pk_err_errno(err, "cannot rename '%s'", place->dir);
	return pk_remove_tree(dead, err);
}

int pk_server_remove(const struct pk_repo *repo, int major, struct pk_err *err)
{
	struct pk_place place = PK_PLACE_INIT;
	int status = pk_place_find(&place, repo, NULL, major, err);

	if (status == 0)
		status = remove_place(&place, err);
	pk_place_release(&place);
	return status;
}

/* ---- clusters whose repository is gone ---- */

static bool is_orphan(const char *root)
{
	PK_FREE char *note = pk_path_join(root, "repository");
	PK_AUTO(pk_buf) repo = PK_BUF_INIT;

	if (!pk_path_exists(note) || pk_read_file(note, &repo, NULL) < 0)
		return false;
	pk_buf_rtrim(&repo);
	if (repo.ptr[0] != '/')
		return false;
	PK_FREE char *folder = pk_place_folder(repo.ptr);
	return !pk_path_exists(repo.ptr) || strcmp(folder, pk_path_base(root)) != 0;
}

int pk_server_orphans(struct pk_strv *ret_dirs, struct pk_err *err)
{
	PK_FREE char *state = pk_place_state_dir();
	DIR *dir = opendir(state);
	struct dirent *entry;

	(void)err;
	while (dir && (entry = readdir(dir))) {
		PK_FREE char *root = pk_path_join(state, entry->d_name);
		if (entry->d_name[0] != '.' && is_orphan(root))
			pk_strv_push(ret_dirs, root);
	}
	if (dir)
		closedir(dir);
	pk_strv_sort(ret_dirs);
	return 0;
}

int pk_server_remove_orphan(const char *root, struct pk_err *err)
{
	PK_AUTO(pk_strv) majors = PK_STRV_INIT;
	PK_FREE char *state = pk_place_state_dir();
	PK_FREE char *parent = pk_path_dir(root);

	if (strcmp(parent, state) != 0 || !is_orphan(root))
		return pk_err_set(err, "'%s' does not hold servers of a repository that is gone",
				  root);
	list_clusters(root, &majors);
	for (size_t i = 0; i < majors.n; i++) {
		PK_FREE char *dir = pk_printf("%s/pg%s", root, majors.items[i]);
		struct pk_place place = PK_PLACE_INIT;
		int status = pk_place_of_dir(&place, dir, err);
		if (status == 0)
			status = remove_place(&place, err);
		pk_place_release(&place);
		if (status < 0)
			return -1;
	}
	return pk_remove_tree(root, err);
}

/* ---- connection strings ---- */

void pk_server_admin_info(const struct pk_server *server, const char *db, struct pk_conninfo *ret)
{
	pk_conninfo_copy(ret, &server->admin);
	pk_conninfo_set(ret, "dbname", db);
	if (server->major >= 17 && !server->limited) {
		const char *given = pk_conninfo_get(ret, "options");
		PK_FREE char *options = pk_printf("%s%s-c event_triggers=off", given ? given : "",
						  given ? " " : "");

		pk_conninfo_set(ret, "options", options);
	}
}

void pk_server_user_info(const struct pk_server *server, const char *db, struct pk_conninfo *ret)
{
	pk_conninfo_copy(ret, &server->user);
	pk_conninfo_set(ret, "dbname", db);
}
