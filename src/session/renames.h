/*
 * Renames that were said: "-- postkit:renamed-from old" in a line of its own above a statement or a
 * column, or behind a column; and --rename kind:old=new. None is guessed.
 */
#ifndef PK_SESSION_RENAMES_H
#define PK_SESSION_RENAMES_H

#include "session/source.h"

struct pk_rename {
	const char *kind, *schema; /* schema NULL: of a schema */
	const char *parent;        /* table of a column, trigger, ..., by its new name; or NULL */
	const char *from, *to; /* names, unquoted */
};
struct pk_renames {
	struct pk_arena arena;
	struct pk_rename *items; /* in the order in which they have to run */
	size_t n, cap;
};
#define PK_RENAMES_INIT                                                                            \
	{                                                                                          \
		0                                                                                  \
	}
void pk_renames_release(struct pk_renames *renames);
/*
 * from, to: the schema before and after. What comments say and already happened (the old name is
 * gone, or the new one is there) is left out; what was asked for and is not there is an error.
 */
int pk_renames_find(const struct pk_session_source *source, const struct pk_strv *asked,
		    const struct pk_snapshot *from, const struct pk_snapshot *to,
		    struct pk_renames *ret, struct pk_err *err);
/* The statement, without semicolon. back: the way back. */
void pk_rename_sql(const struct pk_rename *rename, bool back, struct pk_buf *ret);

#endif
