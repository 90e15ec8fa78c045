/* When plans take ways that do not block: settings with defaults, and the option that goes before them. */
#ifndef PK_CHAIN_ONLINE_H
#define PK_CHAIN_ONLINE_H

#include "base/err.h"
#include "git/config.h"

enum pk_online { PK_ONLINE_AUTO, PK_ONLINE_ALWAYS, PK_ONLINE_NEVER };
struct pk_online_settings {
	enum pk_online when; /* AUTO: by size */
	int64_t small_rows;  /* tables up to so many rows take the plain way */
	double max_lock;     /* seconds that others may be kept waiting by one step; 0: no limit */
};
/*
 * postkit.online, postkit.smallRows, and maxLock of the remote (NULL: none), else postkit.maxLock. option:
 * what --online says, checked by then; NULL: it is not given. A value that means nothing is an error.
 */
int pk_online_settings_read(const struct pk_config *config, const char *remote, const char *option,
			    struct pk_online_settings *ret, struct pk_err *err);
/* auto, always, never; false: none of them. */
bool pk_online_parse(const char *text, enum pk_online *ret);
const char *pk_online_name(enum pk_online when);

#endif
