/*
 * What a command on a session works with: the record, the running server, connections to the
 * clone.
 */
#ifndef PK_SESSION_DESK_H
#define PK_SESSION_DESK_H

#include "catalog/snapshot.h"
#include "chain/chain.h"
#include "chain/project.h"
#include "server/server.h"
#include "session/session.h"
#include "session/source.h"

struct pk_desk {
	const struct pk_repo *repo; /* borrowed, as the two below */
	const struct pk_config *config;
	const struct pk_project *project;
	struct pk_session session;
	struct pk_server server;
	struct pk_conn user; /* to the clone, acting as session.role; closed until pk_desk_connect() */
	struct pk_conn admin; /* to the clone, superuser: extensions, and the tables of schema postkit */
};
#define PK_DESK_INIT { 0 }
void pk_desk_release(struct pk_desk *desk);

/*
 * The session of the current branch, its server (started if needed), and that its clone is
 * there.
 */
int pk_desk_open(struct pk_desk *desk, const struct pk_repo *repo, const struct pk_config *config,
		 const struct pk_project *project, struct pk_err *err);
/* The server that a session's clone lies on. */
int pk_session_server(const struct pk_repo *repo, const struct pk_config *config, const struct pk_session *session,
		      struct pk_server *ret, struct pk_err *err);
int pk_desk_connect(struct pk_desk *desk, struct pk_err *err);
/* One command at a time changes a clone: an advisory lock there, until the connection ends. */
int pk_desk_lock(struct pk_desk *desk, struct pk_err *err);
/* The clone's schema now. */
int pk_desk_read(struct pk_desk *desk, struct pk_snapshot *ret, struct pk_err *err);
/* Stores the snapshot's tree and keeps it with the session. */
int pk_desk_keep(struct pk_desk *desk, const struct pk_snapshot *snapshot, struct pk_err *err);
/*
 * What the schema files mean, under the role and owner of the remote. clone: what the files may make that
 * only a superuser may is what it holds already.
 */
int pk_desk_shadow(struct pk_desk *desk, const struct pk_session_source *source,
		   const struct pk_snapshot *clone, struct pk_snapshot *ret, struct pk_err *err);
/*
 * The clone must have the schema that the session left it with. An error lists the objects that
 * somebody changed there.
 */
int pk_desk_unchanged(struct pk_desk *desk, const struct pk_snapshot *clone, struct pk_err *err);
/* Schema postkit with its tables, open to whatever role the statements take. */
int pk_desk_tables(struct pk_desk *desk, struct pk_err *err);
/* Stand-ins for the roles that a text names. */
int pk_desk_roles_of(struct pk_desk *desk, const char *sql, const char *file, struct pk_err *err);
/* A line an object: "+ public/table/users.sql". */
void pk_tree_diff_lines(const struct pk_tree_diff *diff, struct pk_buf *ret);
/* Is there a database of ours with the name? Fills size and time when ret is not NULL. */
bool pk_databases_find(const struct pk_databases *databases, const char *name,
		       const struct pk_database **ret);

/*
 * Migrations of the work tree that the clone lacks, run on it in their order. Those that lead to
 * the schema which the clone has already (now) are only recorded.
 */
struct pk_caught_up {
	size_t run, adopted;
	struct pk_strv versions; /* of those that were run */
};
#define PK_CAUGHT_UP_INIT { 0 }
void pk_caught_up_release(struct pk_caught_up *caught_up);
int pk_desk_catch_up(struct pk_desk *desk, const struct pk_oid *now, struct pk_caught_up *ret,
		     struct pk_err *err);

#endif
