/* CREATE INDEX IF NOT EXISTS passes over whatever has the name, an index that a failed build left invalid, too. */
#ifndef PK_TRACE_INVALID_H
#define PK_TRACE_INVALID_H

#include "pg/conn.h"
#include "sql/action.h"

/* Another's may be at work on it still, and is not ours to drop. index: qualified and quoted. Returns -1. */
int pk_invalid_refuse(const char *index, struct pk_err *err);
/*
 * Behind a statement, with its search path and before COMMIT: an error (PK_EXIT_NO) where an index of a name that it creates
 * IF NOT EXISTS, by itself or in a block, is invalid. Of what is built concurrently nothing is said. first: the statement's
 * first action, inside of actions; or NULL.
 */
int pk_invalid_look(struct pk_conn *conn, const struct pk_actions *actions, const struct pk_action *first, struct pk_err *err);

#endif
