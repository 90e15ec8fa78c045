/*
 * A template copied as files: pg_basebackup of the whole cluster that the remote lies in, made the repository's own
 * cluster (server/adopt.h), in which the other databases are dropped. Of what comes along nothing is left that a copy by
 * rows would not have; but it was on this machine for a while, and is said to the user.
 *
 * As in the remote, not as in a copy by rows: unlogged tables are empty, and statistics are the remote's.
 */
#ifndef PK_CLONE_PHYSICAL_H
#define PK_CLONE_PHYSICAL_H

#include "clone/method.h"
#include "clone/template.h"

enum pk_physical_choice {
	PK_PHYSICAL_ASKED,     /* by who runs the command: what stands against it is an error */
	PK_PHYSICAL_PREFERRED, /* by a setting: what stands against it before it begins leads to rows */
	PK_PHYSICAL_IF_QUICKER /* by nobody: as clone/method.h has it, and when it fails half way, rows */
};
struct pk_physical {
	const struct pk_server_want *want; /* what the server was opened for */
	enum pk_physical_choice choice;
	struct pk_method method; /* what came of it */
};
#define PK_PHYSICAL_INIT { 0 }
void pk_physical_release(struct pk_physical *physical);
/*
 * The target's server is replaced by one of the same kind that holds the template alone; then method.files is set. It
 * cannot be, before anything moves, when less than everything is wanted, when the role may not replicate, when a file
 * would mean something else on this machine, or when the server holds clones. Where rows will do that is no error.
 */
int pk_physical_copy(const struct pk_template_want *want, const struct pk_copy_target *target, struct pk_copy_stats *ret,
		     struct pk_err *err);

#endif
