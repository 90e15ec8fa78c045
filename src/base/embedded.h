/* hooks/, templates/ and the manual, built into the program, so that it needs no files of its own. */
#ifndef PK_EMBEDDED_H
#define PK_EMBEDDED_H

#include "base/base.h"

struct pk_embedded {
	const char *path; /* "hooks/pre-push", "templates/settings", "man/git-postkit.1" */
	const char *data;
	size_t len;
};
extern const struct pk_embedded pk_embedded_files[]; /* sorted by path; ends with a NULL path */

const struct pk_embedded *pk_embedded_find(const char *path); /* NULL when absent */

#endif
