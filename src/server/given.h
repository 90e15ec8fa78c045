/* A server that the user named. Inside server/ only. */
#ifndef PK_SERVER_GIVEN_H
#define PK_SERVER_GIVEN_H

#include "server/place.h"
#include "server/server.h"

/* Fills server; owner_id is set already. Makes the login role when it is missing. setting: for messages. */
int pk_given_open(struct pk_server *server, const char *setting, const char *url, int major, struct pk_err *err);
/* server.c: fills an embedded server from its folder; it must run. */
int pk_server_fill(struct pk_server *server, const struct pk_place *place, struct pk_err *err);

#endif
