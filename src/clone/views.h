/*
 * Materialized views of a copy, filled once all they may read is there: those that do not need each other side by side,
 * level by level. One that calls functions of users may read whatever there is, so that it waits for all the others,
 * and is filled alone.
 */
#ifndef PK_CLONE_VIEWS_H
#define PK_CLONE_VIEWS_H

#include "clone/pour.h"

/*
 * target: a connection as the pour's have it, on which what is alone at its level is filled. names: of materialized
 * views, as SQL has them, in the order in which those are filled of which nothing else is known. Reads catalogs, writes.
 */
int pk_views_fill(const struct pk_pour *pour, struct pk_conn *target, const struct pk_strv *names,
		  struct pk_err *err);

#endif
