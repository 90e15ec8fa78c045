/* What carries the bytes: libssh2 or the ssh program, behind one interface. Inside ssh/ only. */
#ifndef PK_SSH_TRANSPORT_H
#define PK_SSH_TRANSPORT_H

#include "ssh/route.h"

/* What the process of a tunnel works with. */
struct pk_ssh_work {
	const struct pk_ssh_route *route;
	const char *dir;     /* private folder */
	const char *db_host; /* as the SSH server sees it */
	int db_port;
	int watch;    /* readable when the transport has ended; -1: it cannot by itself */
	pid_t helper; /* a child that stays as long as the transport does; 0: none */
	void *state;  /* the transport's */
};

struct pk_ssh_transport {
	const char *name;
	/* Logs in once. *ret_other: the failure is of this transport; the other one may do better. */
	int (*start)(struct pk_ssh_work *work, bool *ret_other, struct pk_err *err);
	/*
	 * Carries one client until either side ends it; in a process of its own. An error when the
	 * database cannot be reached, or the way there broke. reached is called once it was.
	 */
	int (*carry)(struct pk_ssh_work *work, int client, void (*reached)(void *arg), void *arg,
		     struct pk_err *err);
	/* In the tunnel's process: a child carries with what start() left ready. NULL: nothing to do. */
	void (*given)(struct pk_ssh_work *work);
	/* When work->watch says that it has ended: why. */
	int (*ended)(struct pk_ssh_work *work, struct pk_err *err);
	void (*stop)(struct pk_ssh_work *work);
};
extern const struct pk_ssh_transport pk_ssh_libssh2, pk_ssh_openssh;

/*
 * Until the server has ended, or one of them is gone; the client is left open. false: it had more to
 * say.
 */
bool pk_ssh_relay(int client, int server);

/* The same words whichever transport it is. All return -1. */
int pk_ssh_refuse_host(const struct pk_ssh_route *route, int known, struct pk_err *err);
int pk_ssh_refuse_login(const struct pk_ssh_route *route, struct pk_err *err);
int pk_ssh_unreachable(const struct pk_ssh_route *route, const char *why, struct pk_err *err);
/* The SSH server could not connect to the database. */
int pk_ssh_no_database(const struct pk_ssh_work *work, const char *why, struct pk_err *err);
int pk_ssh_broken(const struct pk_ssh_route *route, const char *why, struct pk_err *err);

#endif
