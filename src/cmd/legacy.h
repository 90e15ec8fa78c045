/*
 * What a project of PostKit (the TypeScript program) has that can be taken over: the schema folder and
 * the remotes of postkit.config.json and postkit.secrets.json, and its committed migrations. Both
 * layouts of those files are understood: everything in the first with db.remotes, or db.environments,
 * or db.remoteDbUrl; or remotes in the second, which wins.
 */
#ifndef PK_CMD_LEGACY_H
#define PK_CMD_LEGACY_H

#include "cmd/cmd.h"

/*
 * Says on stdout what it takes over. Nothing that is set already is changed. Passwords go to git's
 * credential helpers, or nowhere. 1: something was taken over, 0: nothing.
 */
int pk_legacy_read(const struct pk_ctx *ctx, struct pk_err *err);

#endif
