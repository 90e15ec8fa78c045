/*
 * What is made before the data, in pg_dump's order; but tables, which are many, side by side as far as they need
 * nothing of each other: each with its sequences, defaults and comments in one transaction.
 */
#ifndef PK_CLONE_BEFORE_H
#define PK_CLONE_BEFORE_H

#include "clone/pour.h"

/* target: a connection that has the settings of pk_pour_settings(); what goes side by side has connections of its own. */
int pk_before_make(const struct pk_pour *pour, struct pk_conn *target, struct pk_err *err);

#endif
