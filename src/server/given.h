/* A server that the user named. Inside server/ only. */
#ifndef PK_SERVER_GIVEN_H
#define PK_SERVER_GIVEN_H

#include "server/place.h"
#include "server/server.h"

/* Fills server; owner_id is set already. Makes the login role when it is missing. setting: for messages. */
int pk_given_open(struct pk_server *server, const char *setting, const char *url, int major, struct pk_err *err);
/* What says which server, and nothing that says who: from admin to user. */
void pk_given_take_address(struct pk_server *server);
/* roles.c: lets the login act as a role of a clone by a command, unless that has powers over its server. */
int pk_role_hand_over(struct pk_server *server, struct pk_conn *conn, const char *role, struct pk_err *err);
/* A login role with its password, made or given that one. conn: of the administrator. */
int pk_given_make_login(struct pk_conn *conn, const char *login, const char *password, bool there,
			struct pk_err *err);
/* server.c: fills an embedded server from its folder; it must run. */
int pk_server_fill(struct pk_server *server, const struct pk_place *place, struct pk_err *err);

#endif
