/*
 * Settings of a remote (postkit.remote.<name>.<key>), else of all (postkit.<key>), that a deploy goes by. Not from the
 * tracked file: a branch must not be able to let its own deploys do more harm.
 */
#ifndef PK_DEPLOY_SETTING_H
#define PK_DEPLOY_SETTING_H

#include "git/config.h"

/* *ret stays where it is not set. A value that means nothing is an error. */
int pk_setting_time(const struct pk_config *config, const char *remote, const char *name,
		    double *ret_seconds, struct pk_err *err);
int pk_setting_count(const struct pk_config *config, const char *remote, const char *name, int *ret,
		     struct pk_err *err);

#endif
