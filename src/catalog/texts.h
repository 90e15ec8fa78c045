/* The canonical text of every object of a snapshot, its path and the id of its blob. Inside catalog/ only. */
#ifndef PK_CATALOG_TEXTS_H
#define PK_CATALOG_TEXTS_H

#include "catalog/snapshot.h"

/* Fills them in; of a large snapshot on two threads. The texts are in its arena. */
void pk_snapshot_write_texts(struct pk_snapshot *snapshot);

#endif
