/* Free disk of a server, where that can be told: on this machine, by a role that may know where the files are. */
#ifndef PK_DEPLOY_DISK_H
#define PK_DEPLOY_DISK_H

#include "pg/conn.h"

/* *ret_bytes: what is left for new files of a relation ("public.users", as SQL has it); -1: it cannot be told. */
int pk_disk_free(struct pk_conn *conn, const char *relation, int64_t *ret_bytes, struct pk_err *err);

#endif
