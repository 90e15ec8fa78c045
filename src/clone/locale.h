/*
 * Databases whose locale comes from ICU or from PostgreSQL itself: an empty model with that locale, for
 * pk_create_db.like.
 */
#ifndef PK_CLONE_LOCALE_H
#define PK_CLONE_LOCALE_H

#include "clone/copy.h"

/* *ret_name: caller frees. */
int pk_locale_model_make(struct pk_conn *admin, const struct pk_source_facts *facts,
			 char **ret_name, struct pk_err *err);
void pk_locale_model_drop(struct pk_conn *admin, const char *name);

#endif
