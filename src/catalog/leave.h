/* What the settings leave out, taken out of a snapshot that was read in full. Inside catalog/ only. */
#ifndef PK_CATALOG_LEAVE_H
#define PK_CATALOG_LEAVE_H

#include "catalog/snapshot.h"

/* What patterns call security labels, whose names are their providers'. */
#define PK_LABEL_KIND "security_label"
/* A pattern for a kind that does not exist would leave out nothing without a word: an error. */
int pk_managed_check(const struct pk_managed *managed, struct pk_err *err);
/* Moves what is left out to the snapshot's list of these; nothing that stays refers to it then. */
void pk_snapshot_leave_out(struct pk_snapshot *snap, const struct pk_managed *managed);

#endif
