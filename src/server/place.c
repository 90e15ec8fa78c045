#include "server/place.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT_STATE_DIR "/var/lib/git-postkit"

void pk_place_release(struct pk_place *place)
{
	free(place->root);
	free(place->dir);
	free(place->data);
	free(place->lock);
	free(place->repo);
	free(place->image);
	*place = (struct pk_place)PK_PLACE_INIT;
}

char *pk_place_state_dir(void)
{
	const char *set = getenv("POSTKIT_STATE_DIR"), *xdg = getenv("XDG_STATE_HOME"),
		   *home = getenv("HOME");

	if (set && *set == '/')
		return pk_strdup(set);
	if (geteuid() == 0)
		return pk_strdup(ROOT_STATE_DIR);
	if (xdg && *xdg == '/')
		return pk_path_join(xdg, "git-postkit");
	if (!home || *home != '/') {
		const struct passwd *pw = getpwuid(geteuid());
		home = pw ? pw->pw_dir : "/tmp";
	}
	return pk_path_join(home, ".local/state/git-postkit");
}

static char *hash_of(const char *s)
{
	return pk_printf("%016llx", (unsigned long long)pk_hash(s, strlen(s), 0));
}

/*
 * Path and id together: a repository made anew at the same place, or a copy of one, has servers of its own.
 */
char *pk_place_folder(const char *commondir)
{
	PK_FREE char *file = pk_path_join(commondir, "postkit/id");
	PK_AUTO(pk_buf) id = PK_BUF_INIT;

	if (pk_path_exists(file))
		pk_read_file(file, &id, NULL);
	pk_buf_rtrim(&id);
	PK_FREE char *both = pk_printf("%s\n%s", commondir, id.ptr);
	return hash_of(both);
}

/*
 * In the repository, where it goes with it. Not as root: the server's user could not get through
 * /root or a folder of somebody's.
 */
char *pk_place_root(const struct pk_repo *repo)
{
	PK_FREE char *state = pk_place_state_dir();

	if (repo && geteuid() != 0)
		return pk_path_join(repo->commondir, "postkit");
	if (!repo)
		return geteuid() == 0 ? pk_path_join(state, "user") : pk_take(&state);
	PK_FREE char *name = pk_place_folder(repo->commondir);
	return pk_path_join(state, name);
}

/* Of a cluster that was made in a container. */
static void read_image(struct pk_place *place)
{
	PK_FREE char *file = pk_path_join(place->dir, "docker");
	PK_AUTO(pk_buf) image = PK_BUF_INIT;

	if (!pk_path_exists(file) || pk_read_file(file, &image, NULL) < 0)
		return;
	pk_buf_rtrim(&image);
	if (image.len)
		place->image = pk_buf_take(&image);
}

static void fill_paths(struct pk_place *place, const char *dir)
{
	place->dir = pk_strdup(dir);
	place->root = pk_path_dir(dir);
	place->data = pk_path_join(dir, "data");
	place->lock = pk_printf("%s.lock", dir);
	read_image(place);
}

/* Of an existing cluster its owner, else by the setting postkit.serverUser, else the usual ones. */
static int choose_user(struct pk_place *place, const struct pk_config *config, struct pk_err *err)
{
	const char *set = config ? pk_config_get_protected(config, "serverUser") : NULL;
	const char *const names[] = { set ? set : "postgres", "nobody" };
	PK_FREE char *version = pk_path_join(place->data, "PG_VERSION");
	struct stat st;

	place->uid = geteuid();
	place->gid = getegid();
	if (lstat(version, &st) == 0 && st.st_uid != 0) {
		if (place->uid != 0 && st.st_uid != place->uid) {
			pk_err_set(err, "the local server in '%s' belongs to another user",
				   place->dir);
			return pk_err_hint(err,
					   "work in a clone of the repository that is your own");
		}
		place->drop = place->uid == 0;
		place->uid = st.st_uid;
		place->gid = st.st_gid;
		return 0;
	}
	if (place->uid != 0)
		return 0;
	place->drop = true;
	for (size_t i = 0; i < (set ? 1 : PK_COUNT(names)); i++) {
		const struct passwd *pw = getpwnam(names[i]);
		if (!pw || pw->pw_uid == 0)
			continue;
		place->uid = pw->pw_uid;
		place->gid = pw->pw_gid;
		return 0;
	}
	pk_err_set(
		err,
		"no user '%s' on this machine to run PostgreSQL as, and it refuses to run as root",
		names[0]);
	return pk_err_hint(err,
			   "git config --global postkit.serverUser <name of an unprivileged user>");
}

int pk_place_find(struct pk_place *place, const struct pk_repo *repo,
		  const struct pk_config *config, int major, struct pk_err *err)
{
	PK_FREE char *root = pk_place_root(repo);
	PK_FREE char *dir = pk_printf("%s/pg%d", root, major);

	pk_place_release(place);
	fill_paths(place, dir);
	place->repo = repo ? pk_strdup(repo->commondir) : NULL;
	place->major = major;
	return choose_user(place, config, err);
}

int pk_place_of_dir(struct pk_place *place, const char *dir, struct pk_err *err)
{
	const char *name = pk_path_base(dir);

	if (*dir != '/' || !pk_starts_with(name, "pg") || atoi(name + 2) <= 0)
		return pk_err_set(err, "'%s' is not the folder of a local server", dir);
	pk_place_release(place);
	fill_paths(place, dir);
	place->major = atoi(name + 2);
	return choose_user(place, NULL, err);
}

/* The server's user must get from / to its data. */
static int check_way(const struct pk_place *place, struct pk_err *err)
{
	PK_FREE char *path = pk_strdup(place->root);

	while (strcmp(path, "/") != 0) {
		struct stat st;
		if (stat(path, &st) == 0 && st.st_uid != place->uid && !(st.st_mode & S_IXOTH)) {
			pk_err_set(err,
				   "user number %u, who runs the local server, cannot enter '%s'",
				   (unsigned)place->uid, path);
			return pk_err_hint(
				err, "chmod o+x '%s', or set POSTKIT_STATE_DIR to another folder",
				path);
		}
		char *up = pk_path_dir(path);
		free(path);
		path = up;
	}
	return 0;
}

int pk_place_repo_dir(const char *commondir, const char *dir, struct pk_err *err)
{
	struct stat st;

	if (pk_path_is_dir(dir))
		return 0;
	if (pk_mkdir_p(dir, 0700, err) < 0)
		return -1;
	if (geteuid() == 0 && stat(commondir, &st) == 0 && lchown(dir, st.st_uid, st.st_gid) < 0)
		return pk_err_errno(err, "cannot give '%s' to the owner of the repository", dir);
	return 0;
}

int pk_place_make_root(const struct pk_place *place, struct pk_err *err)
{
	if (place->repo && !place->drop)
		return pk_place_repo_dir(place->repo, place->root, err);
	if (pk_mkdir_p(place->root, place->drop ? 0711 : 0700, err) < 0)
		return -1;
	if (!place->drop)
		return 0;
	/* whatever the umask is */
	if (chmod(place->root, 0711) < 0)
		return pk_err_errno(err, "cannot set the mode of '%s'", place->root);
	PK_FREE char *state = pk_path_dir(place->root);
	struct stat st;
	if (stat(state, &st) == 0 && st.st_uid == 0 && !(st.st_mode & S_IXOTH) &&
	    chmod(state, (st.st_mode & 07777) | S_IXUSR | S_IXGRP | S_IXOTH) < 0)
		return pk_err_errno(err, "cannot set the mode of '%s'", state);
	PK_FREE char *note = pk_path_join(place->root, "repository");
	if (place->repo && !pk_path_exists(note) &&
	    pk_write_file(note, place->repo, strlen(place->repo), 0644, err) < 0)
		return -1;
	return check_way(place, err);
}

static int make_owner_id(const char *commondir, const char *dir, const char *file,
			 struct pk_buf *id, struct pk_err *err)
{
	PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
	PK_FREE char *lock_path = pk_path_join(dir, "id.lock");
	PK_FREE char *made = pk_random_hex(16);
	struct stat st;

	if (pk_place_repo_dir(commondir, dir, err) < 0 ||
	    pk_lock_take(&lock, lock_path, 10000, err) < 0)
		return -1;
	if (pk_path_exists(file))
		return pk_read_file(file, id, err);
	if (pk_write_file(file, made, strlen(made), 0644, err) < 0)
		return -1;
	if (geteuid() == 0 && stat(commondir, &st) == 0 &&
	    (lchown(file, st.st_uid, st.st_gid) < 0 || lchown(lock_path, st.st_uid, st.st_gid) < 0))
		return pk_err_errno(err, "cannot give '%s' to the owner of the repository", file);
	pk_buf_add(id, made);
	return 0;
}

int pk_place_owner_id(const struct pk_repo *repo, char **ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) id = PK_BUF_INIT;

	if (!repo) {
		*ret = pk_strdup("user");
		return 0;
	}
	PK_FREE char *dir = pk_path_join(repo->commondir, "postkit");
	PK_FREE char *file = pk_path_join(dir, "id");
	int status = pk_path_exists(file) ? pk_read_file(file, &id, err)
					  : make_owner_id(repo->commondir, dir, file, &id, err);
	if (status < 0)
		return -1;
	pk_buf_rtrim(&id);
	if (!id.len)
		return pk_err_set(err, "'%s' is empty", file);
	*ret = pk_buf_take(&id);
	return 0;
}

/* ---- the socket's folder ---- */

/* Ours alone: made now, or there, a real folder, of the server's user, closed to others. */
static bool claim(const struct pk_place *place, const char *path)
{
	struct stat st;

	/* sun_path has 108 bytes with its NUL */
	if (strlen(path) + strlen("/.s.PGSQL.5432") > 107)
		return false;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return false;
	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || (st.st_mode & 077))
		return false;
	if (place->drop && st.st_uid == 0)
		return lchown(path, place->uid, place->gid) == 0;
	return st.st_uid == place->uid;
}

static bool is_private_base(const char *path, mode_t not_for_others)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       !(st.st_mode & not_for_others);
}

int pk_place_socket_dir(const struct pk_place *place, char **ret, struct pk_err *err)
{
	static const char run[] = PK_SOCKETS_OF_ROOT;
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	PK_FREE char *hash = hash_of(place->dir);
	PK_FREE char *path = NULL;

	if (place->drop && (mkdir(run, 0711) == 0 || errno == EEXIST) && is_private_base(run, 022))
		path = pk_path_join(run, hash);
	else if (!place->drop && xdg && *xdg == '/' && is_private_base(xdg, 077))
		path = pk_printf("%s/git-postkit-%s", xdg, hash);
	if (!path || !claim(place, path)) {
		free(path);
		path = pk_printf("/tmp/postkit-%u-%s", (unsigned)place->uid, hash);
	}
	if (!claim(place, path)) {
		/* somebody sits on the name: any other will do, the server's pid file says which */
		free(path);
		path = pk_strdup("/tmp/postkit-XXXXXX");
		if (!mkdtemp(path) || !claim(place, path))
			return pk_err_errno(err,
					    "cannot make a folder for the server's socket in /tmp");
	}
	pk_socket_clear(path); /* else it would stop the server when the pid of a crashed one is somebody's now */
	utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW); /* it is in use: pk_server_sweep_sockets() */
	*ret = pk_take(&path);
	return 0;
}
