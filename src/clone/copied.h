/*
 * What a template is a copy of: which snapshot of which running server, and how many rows each table gave. Kept as
 * text with the template's mark, for whoever asks later what has changed since.
 */
#ifndef PK_CLONE_COPIED_H
#define PK_CLONE_COPIED_H

#include "clone/copy.h"
#include "clone/hold.h"
#include "clone/structure.h"

struct pk_copied_table {
	uint32_t oid;
	int64_t rows; /* that were copied; -1: nobody counted them */
};
struct pk_copied {
	/*
	 * The server process and its database: when it started, when its counters began (anew after a crash), which
	 * OID, primary or standby. Within one such place transactions have but one history.
	 */
	char *place;
	char *snapshot;	 /* pg_current_snapshot(): xmin:xmax:xip,... */
	char *stamp;	 /* pk_hold_stamp() */
	char *structure; /* pk_copied_structure() */
	char *around;	 /* what belongs to the copy beside structure and rows */
	char *role, *session; /* who copied; what sessions of that role start with, and may */
	char *sequences; /* their values */
	char *large;	 /* large objects, their comments and pages; "-" for pages that the role may not see */
	int64_t taken;	 /* seconds since 1970 */
	struct pk_strv extensions; /* those whose values both sides write alike */
	struct pk_copied_table *tables; /* by oid; those that were copied */
	size_t n;
};
#define PK_COPIED_INIT { 0 }
void pk_copied_release(struct pk_copied *record);
char *pk_copied_text(const struct pk_copied *record); /* NULL: nothing is known, as there is no place; caller frees */
/* False: it is not understood, as that of another version of this program. */
bool pk_copied_parse(const char *text, struct pk_copied *ret);

/*
 * Place, snapshot, stamp and large objects, as the source's transaction sees them. Where a server cannot tell, nothing
 * is known: place is NULL.
 */
int pk_copied_take(struct pk_copied *record, struct pk_hold *hold, struct pk_err *err);
/* What stands around: database, extensions, settings, and what is carried over. */
void pk_copied_around(struct pk_copied *record, const struct pk_source_facts *facts, const struct pk_carried *carried,
		      const struct pk_strv *unfilled);
/* One word for a text. Caller frees. */
char *pk_copied_word(const struct pk_buf *text);
/* One word for what pg_dump says, whatever OIDs are in it. Caller frees. */
char *pk_copied_structure(const struct pk_structure *structure);
/* Rows of the tables that were copied, by their place among the tables. */
void pk_copied_rows(struct pk_copied *record, const struct pk_copy_tables *tables, const int64_t *rows);
/* NULL: none of that OID. */
const struct pk_copied_table *pk_copied_find(const struct pk_copied *record, uint32_t oid);

#endif
