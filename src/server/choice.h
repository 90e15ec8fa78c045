/* Of which kind a private cluster is: by programs of this machine, or in a container. Inside server/ only. */
#ifndef PK_SERVER_CHOICE_H
#define PK_SERVER_CHOICE_H

#include "server/server.h"

struct pk_choice {
	int major;
	char *bindir; /* of the server programs; NULL: it is a container's */
	char *image;  /* of the container; NULL: it is none */
	const char *why;
	bool no_other; /* a container, since no server of the version is installed */
};
void pk_choice_release(struct pk_choice *choice);
/*
 * A cluster that is there stays what it is. Else the setting postkit.serverKind (embedded, docker or auto) decides;
 * auto takes Docker where an image is set, or where no server of the version is installed. Missing: one error with
 * the ways out.
 */
int pk_choice_make(const struct pk_server_want *want, struct pk_choice *ret, struct pk_err *err);

/* To an error of a server that was chosen, the other ways out. Returns -1. */
int pk_choice_failed(const struct pk_choice *choice, struct pk_err *err);

#endif
