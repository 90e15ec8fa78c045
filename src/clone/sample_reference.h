/*
 * References that no foreign key declares, as settings name them:
 *
 *   [postkit "table.public.comments"]
 *           reference = subject_id -> public.posts(id) when subject_type = 'Post'
 *           reference = (region, place) -> public.places(region, id)
 *
 * Names are as in SQL: in lower case, or in double quotes. The condition is closed (sql/closed.h).
 */
#ifndef PK_CLONE_SAMPLE_REFERENCE_H
#define PK_CLONE_SAMPLE_REFERENCE_H

#include "base/err.h"
#include "base/strv.h"

struct pk_reference {
	struct pk_strv from, to; /* columns */
	char *schema, *table;	 /* of to */
	char *when;		 /* as it stands there; NULL: always */
};
#define PK_REFERENCE_INIT { 0 }
void pk_reference_release(struct pk_reference *reference);
/* What stands behind "reference = ". An error says what the form is (PK_EXIT_USAGE); ret is then to be released as well. */
int pk_reference_parse(const char *text, struct pk_reference *ret, struct pk_err *err);

#endif
