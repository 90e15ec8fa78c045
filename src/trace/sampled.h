/* Tables of a copy that hold less than where it comes from, as it knows it (clone/sizes.h). */
#ifndef PK_TRACE_SAMPLED_H
#define PK_TRACE_SAMPLED_H

#include "base/json.h"
#include "pg/conn.h"

struct pk_sampled_table {
	char *relation;
	int64_t here, there; /* rows, by the servers' estimates */
};
struct pk_sampled {
	struct pk_sampled_table *items; /* what lacks most comes first */
	size_t n;
};
#define PK_SAMPLED_INIT { 0 }
void pk_sampled_release(struct pk_sampled *sampled);
/* Nothing of a copy that holds everything. */
int pk_sampled_read(struct pk_conn *conn, struct pk_sampled *ret, struct pk_err *err);
cJSON *pk_sampled_to_json(
	const struct pk_sampled *sampled); /* an array: "relation", "rows_here", "rows_there" */

#endif
