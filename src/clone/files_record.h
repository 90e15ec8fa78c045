/*
 * What a copy of files is a copy of (clone/copied.h), so that it can be brought up to date as one of rows.
 *
 * A backup is as the source was at its end. Of the source it is asked before the backup begins which transactions are
 * over: rows of later ones count as new, though some came along, and are copied again. What has a number or a state (the
 * rows of tables, the catalogs, large objects, sequences) is read in the copy itself, before anything of ours changes it.
 */
#ifndef PK_CLONE_FILES_RECORD_H
#define PK_CLONE_FILES_RECORD_H

#include "clone/copied.h"

/* source: connected, in no transaction. Where the server cannot tell, place stays NULL. */
int pk_files_record_before(struct pk_hold *source, const struct pk_source_facts *facts, struct pk_copied *ret,
			   struct pk_err *err);
/* copy: connected, in no transaction. Tables are listed with rows of -1. */
int pk_files_record_after(struct pk_hold *copy, struct pk_copied *record, struct pk_err *err);
/*
 * Rows of those that have -1 are counted in db, the template, which nobody may connect to, and is not changed: that would
 * take a good part of the time that the copy takes, and is done when it is first asked for.
 */
int pk_files_record_count(struct pk_server *server, const char *db, struct pk_copied *record, struct pk_err *err);

#endif
