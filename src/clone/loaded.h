/*
 * What a shadow was loaded from, written into it (postkit.loaded), so that it can follow the files when
 * they change; and how it was left, since only that is trusted.
 */
#ifndef PK_CLONE_LOADED_H
#define PK_CLONE_LOADED_H

#include "catalog/load.h"

/* Nothing is written where it would be of no use (catalog/reload.h), nor over a schema postkit of the files. */
int pk_loaded_write(struct pk_conn *admin, const struct pk_source *infra, const struct pk_source *files,
		    struct pk_err *err);
/* After the files changed from `was`, which is written there. */
int pk_loaded_change(struct pk_conn *admin, const struct pk_source *was, const struct pk_source *files,
		     struct pk_err *err);
/* *ret: whether there is one, with the same infra, and nothing changed since it was written. */
int pk_loaded_read(struct pk_conn *admin, const struct pk_source *infra, struct pk_source *ret_was, bool *ret,
		   struct pk_err *err);

#endif
