/* What clone/follow.h asks of the diff. */
#ifndef PK_CMD_FOLLOW_H
#define PK_CMD_FOLLOW_H

#include "clone/follow.h"

/* As pk_copy_options.follow. */
int pk_follow_by_diff(struct pk_conn *source, struct pk_conn *target, struct pk_follow *ret, struct pk_err *err);

#endif
