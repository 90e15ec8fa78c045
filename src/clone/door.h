/* The way into a template, where nobody may connect. */
#ifndef PK_CLONE_DOOR_H
#define PK_CLONE_DOOR_H

#include "server/server.h"

/* As superuser; ret is not open yet. Connections that are there are ended, and none but this one is let in. */
int pk_door_enter(struct pk_server *server, const char *db, struct pk_conn *ret, struct pk_err *err);

#endif
