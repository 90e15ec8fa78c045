/*
 * Private clusters that run in a container, by the program docker: data and socket lie where those of any private
 * cluster do, in folders that the container sees under the same names; no network, no port. Server programs run as
 * the user who owns the data, whom the container knows by a passwd file of ours. Inside server/ only.
 *
 * A place whose image is set is such a cluster; the file "docker" in its folder says so.
 */
#ifndef PK_SERVER_DOCKER_H
#define PK_SERVER_DOCKER_H

#include "base/strv.h"
#include "server/place.h"

/* The image for a major version, by the settings or "postgres:<major>". Caller frees. remote may be NULL. */
char *pk_docker_image_for(const struct pk_config *config, const char *remote, int major,
			  bool *ret_set);
/*
 * Docker can be used, and the image is here (pulled where it is not) and of the major version (0: any). Else an error
 * with the way out.
 */
int pk_docker_check(const char *image, int major, struct pk_err *err);
bool pk_docker_installed(void);

/* A program of the image on the cluster's files, without network. As pk_proc_run(). */
int pk_docker_run(const struct pk_place *place, const char *const *argv, const char *input,
		  struct pk_buf *said, int *ret_status, struct pk_err *err);
/* Starts the server in a container of its own; what was left of an earlier one goes first. Does not wait. */
int pk_docker_start(const struct pk_place *place, const char *const *argv, const char *socket_dir,
		    struct pk_err *err);
/* Number of the server's process on this machine; 0: it does not run. */
pid_t pk_docker_pid(const struct pk_place *place);
/* What the server said last. */
void pk_docker_said(const struct pk_place *place, struct pk_buf *ret);
/* Fast shutdown, and the container goes. Not running is success. */
int pk_docker_stop(const struct pk_place *place, struct pk_err *err);

/*
 * A folder of programs that run pg_dump, pg_restore and psql of an image, on this machine's network and with the
 * files that their arguments name. Caller frees; NULL: it cannot be made.
 */
char *pk_docker_clients(const char *image);

#endif
