/*
 * The near end of a tunnel: a socket in a folder of ours, or, where TLS is to go through, a port on
 * 127.0.0.1. Only processes of our own user are let in.
 */
#ifndef PK_SSH_LOCAL_H
#define PK_SSH_LOCAL_H

#include "base/err.h"
#include <sys/types.h>

struct pk_ssh_local {
	int fd;
	bool tcp;
	int port;   /* of 127.0.0.1, or in the name of the socket */
	char *path; /* of the socket; NULL with tcp */
};
#define PK_SSH_LOCAL_INIT { .fd = -1 }
void pk_ssh_local_release(struct pk_ssh_local *local); /* the socket is removed, too */
int pk_ssh_local_open(struct pk_ssh_local *local, const char *dir, bool tcp, int port,
		      struct pk_err *err);
/* A client of our own user, or -1: nobody (any more), or somebody else, who is sent away. */
int pk_ssh_local_accept(const struct pk_ssh_local *local);
/*
 * Whose socket it is that is connected from port to peer of 127.0.0.1, from the text of /proc/net/tcp.
 * false: there is none.
 */
bool pk_ssh_owner(const char *table, int port, int peer, uid_t *ret);
/* A private folder for a tunnel. Those left by tunnels that were killed are removed. Caller frees. */
int pk_ssh_make_dir(char **ret, int *ret_lock, struct pk_err *err);

#endif
