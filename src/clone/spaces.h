/*
 * Tablespaces of a source in local copies: of the same names, so that the copy's schema is the source's, and in the
 * folder of the local server. Where that cannot have any, or is not ours, all lies in its default one.
 */
#ifndef PK_CLONE_SPACES_H
#define PK_CLONE_SPACES_H

#include "clone/copy.h"

/*
 * What lies in a tablespace of its own on the source: ret has a tablespace's name and the statement that puts a relation
 * there, pair after pair; of tables and materialized views, or else of indexes.
 */
int pk_spaces_read(struct pk_conn *source, bool indexes, struct pk_strv *ret, struct pk_err *err);
/* Runs those statements whose tablespace there is. */
int pk_spaces_move(const struct pk_strv *pairs, struct pk_conn *target, struct pk_err *err);
/* Makes them on the server (pk_server_ensure_spaces()). */
int pk_spaces_ensure(const struct pk_source_facts *facts, struct pk_server *server,
		     struct pk_err *err);

#endif
