/*
 * Which reads and writes of others would have waited for the locks that statements took, and how long: from the
 * beginning of the statement that took a lock to the end of its transaction. Modes and what they conflict with are those
 * of PostgreSQL's manual, "Explicit Locking".
 */
#ifndef PK_TRACE_WAITS_H
#define PK_TRACE_WAITS_H

#include "base/json.h"
#include "trace/run.h"

enum pk_lock_block {
	PK_BLOCKS_SCHEMA, /* other changes of the schema at most */
	PK_BLOCKS_WRITES, /* INSERT, UPDATE, DELETE; and SELECT FOR UPDATE where it is EXCLUSIVE */
	PK_BLOCKS_READS,  /* those, and SELECT */
};
enum pk_lock_block pk_lock_blocks(const char *mode);
unsigned pk_lock_rank(const char *mode); /* 1 ACCESS SHARE to 8 ACCESS EXCLUSIVE; 0: none of them */

struct pk_wait {
	char *relation;
	const char *mode;     /* the strongest; borrowed from a table */
	double reads, writes; /* seconds that one of them would have waited at most; 0: none waits */
	double reads_since, writes_since; /* of the transaction at hand; -1: they do not wait */
};
struct pk_waits {
	struct pk_wait *items; /* in the order in which relations were locked first */
	size_t n;
	double at; /* seconds of statements so far */
};
#define PK_WAITS_INIT { 0 }
void pk_waits_release(struct pk_waits *waits);
/* The next statement of the transaction at hand, with its locks and its time. */
void pk_waits_add(struct pk_waits *waits, const struct pk_traced *traced);
void pk_waits_commit(struct pk_waits *waits); /* the transaction ends here, and its locks are gone */
/* An array of those that keep reads or writes waiting: "relation", "mode", "reads", "writes". */
cJSON *pk_waits_to_json(const struct pk_waits *waits);

#endif
