/*
 * A way of its own to a server (clone/remote.c makes one of an SSH tunnel): where libpq really connects
 * to, instead of the host and port that the connection string names and messages tell. Shared by the
 * connection strings and connections that go by it; the last one closes it.
 */
#ifndef PK_PG_WAY_H
#define PK_PG_WAY_H

#include "base/err.h"
#include "pg/conninfo.h"

struct pk_way {
	char *host, *hostaddr, *port; /* for libpq; hostaddr NULL: host is a socket's folder */
	char *far_host, *far_port;    /* for people */
	char *password;		      /* what libpq has for those, or NULL; info's own goes first */
	char *trouble;		      /* a file: why a connection could not be made or broke */
	void (*close)(void *arg);
	void *arg;
	unsigned users; /* also of other threads */
};
/* Takes the way, which has no user but the caller. */
void pk_conninfo_take_way(struct pk_conninfo *info, struct pk_way *way);
struct pk_way *pk_way_share(struct pk_way *way); /* NULL gives NULL */
void pk_way_drop(struct pk_way *way);
/* Does the way tell why a connection is not to be had? Then that is in err (msg and hint). */
bool pk_way_trouble(const struct pk_way *way, struct pk_err *err);

/*
 * What libpq would connect to, services and variables included, without connecting: host, hostaddr, port,
 * sslmode (NULL in ret where it has nothing), and the password it finds for that. ret is empty before.
 */
int pk_conninfo_resolve(const struct pk_conninfo *info, struct pk_conninfo *ret,
			struct pk_err *err);

#endif
