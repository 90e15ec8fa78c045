/* Where a private cluster lies and whose it is. Inside server/ only. */
#ifndef PK_SERVER_PLACE_H
#define PK_SERVER_PLACE_H

#include "base/err.h"
#include "git/config.h"
#include <sys/types.h>

#define PK_ADMIN "postkit_admin"
#define PK_LOGIN "postkit"

struct pk_place {
	char *root; /* folder of the clusters of a repository */
	char *dir;  /* root/pg15, with data/, log, secrets, settings */
	char *data; /* dir/data */
	char *lock; /* dir.lock: held while it is made, started, stopped; its mtime is the last use
		     */
	char *repo; /* commondir; NULL: none */
	char *image; /* it runs in a container (server/docker.h); NULL: by programs of this machine */
	int major;
	bool drop; /* we are root: the server runs as uid, gid */
	uid_t uid;
	gid_t gid;
};
#define PK_PLACE_INIT { 0 }

void pk_place_release(struct pk_place *place);
/* Nothing is made. config may be NULL. */
int pk_place_find(struct pk_place *place, const struct pk_repo *repo,
		  const struct pk_config *config, int major, struct pk_err *err);
/* From a folder of a cluster alone. */
int pk_place_of_dir(struct pk_place *place, const char *dir, struct pk_err *err);
/* Makes root, fit for the server's user. */
int pk_place_make_root(const struct pk_place *place, struct pk_err *err);
/* As root: name of the folder that holds the servers of a repository. Caller frees. */
char *pk_place_folder(const char *commondir);
/* Folder below which the clusters lie that are not in a repository. Caller frees. */
char *pk_place_state_dir(void);
/* The folder pk_place.root of a repository (NULL: none). Caller frees. */
char *pk_place_root(const struct pk_repo *repo);
/* A folder below the repository's common dir, made for its owner alone: as root, what we put there is theirs. */
int pk_place_repo_dir(const char *commondir, const char *dir, struct pk_err *err);
/* Mark of the repository in comments of databases; made at first. Caller frees. */
int pk_place_owner_id(const struct pk_repo *repo, char **ret, struct pk_err *err);

/* Where the folders of sockets lie when we are root. */
#define PK_SOCKETS_OF_ROOT "/run/git-postkit"
/* A private folder for the socket, short enough, of the server's user. Caller frees. */
int pk_place_socket_dir(const struct pk_place *place, char **ret, struct pk_err *err);
/* Connects to the socket in such a folder: 0 or errno (ECONNREFUSED: nobody listens; EAGAIN: too many do ask). */
int pk_socket_reach(const char *dir);
/* Removes the socket that a crashed server left. */
void pk_socket_clear(const char *dir);

#endif
