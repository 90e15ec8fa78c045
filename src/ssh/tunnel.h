/*
 * A tunnel through an SSH server, as a process of its own. It ends when the last descriptor of its
 * lifeline is closed, so also when this process dies, and leaves nothing behind. Several connections
 * at once go through it, each in a process of its own.
 */
#ifndef PK_SSH_TUNNEL_H
#define PK_SSH_TUNNEL_H

#include "base/err.h"
#include <sys/types.h>

struct pk_tunnel_spec {
	const char *to;	       /* [user@]host[:port] */
	const char *transport; /* libssh2, openssh, auto; NULL: auto */
	const char *compress;  /* "true", "false"; NULL: as ssh's settings have it */
	const char *host;      /* of the database, as the SSH server sees it */
	int port;
	bool tcp; /* the near end is a port of 127.0.0.1, not a socket: libpq does TLS only there */
};

struct pk_tunnel {
	int lifeline;
	pid_t pid;
	char *dir; /* the socket's folder, for host=; with tcp hostaddr=127.0.0.1 */
	int port;  /* of the near end */
	char *trouble; /* a file; when a connection failed or broke: why, and a second line for the hint */
	char *via;	 /* user@host:port, for messages */
	char *transport; /* which one it is */
	char *note;	 /* "" or why it is not the one that would have been taken first */
};
#define PK_TUNNEL_INIT { .lifeline = -1, .pid = -1 }

/* Logs in, which may ask for passphrases; returns when connections may come. */
int pk_tunnel_open(struct pk_tunnel *tunnel, const struct pk_tunnel_spec *spec, struct pk_err *err);
/* false: it has ended by itself. */
bool pk_tunnel_alive(const struct pk_tunnel *tunnel);
/* Ends it, and waits until it has. */
void pk_tunnel_release(struct pk_tunnel *tunnel);

#endif
