/* What the developer of the demo changes in the schema files. */
#ifndef PK_CMD_DEMO_EDIT_H
#define PK_CMD_DEMO_EDIT_H

#include "base/err.h"

int pk_demo_edit_feature(const char *shop,
			 struct pk_err *err); /* a column, a table, an index, a view */
int pk_demo_edit_index(const char *shop, struct pk_err *err);

#endif
