/* Databases on the local server in which migrations are tried, one after the other. */
#ifndef PK_CMD_TRIAL_H
#define PK_CMD_TRIAL_H

#include "catalog/load.h"
#include "chain/chain.h"
#include "cmd/cmd.h"
#include "server/server.h"

struct pk_trial {
	const struct pk_ctx *ctx; /* borrowed, as the server */
	struct pk_server *server;
	char *db;
	struct pk_conn user, admin;
};
#define PK_TRIAL_INIT { .user = PK_CONN_INIT, .admin = PK_CONN_INIT }
void pk_trial_release(struct pk_trial *trial); /* drops the database */
/* A database with this schema; no files: an empty one. */
int pk_trial_open(struct pk_trial *trial, const struct pk_ctx *ctx, struct pk_server *server,
		  const struct pk_source *files, struct pk_err *err);
/* Roles that it names are stood in for. Errors have their place in file, whose line `line` the text begins at. */
int pk_trial_run(struct pk_trial *trial, const char *sql, const char *file, int line,
		 bool transaction, struct pk_err *err);
int pk_trial_read(struct pk_trial *trial, struct pk_snapshot *ret, struct pk_err *err);

/* Migrations that are run where it is not known what they lead to. All borrowed. */
struct pk_trial_chain {
	const struct pk_ctx *ctx;
	struct pk_server *server;
	const struct pk_chain *chain;
	const char *folder; /* that they are in, for messages */
};
/*
 * The schema that a migration meets: as the repository knows it by its `from`, else what the migrations before it in
 * the chain make.
 */
int pk_trial_before(const struct pk_trial_chain *of, const struct pk_migration *m, struct pk_source *ret, struct pk_err *err);
/* The schema that the first n of them lead to: as the repository knows it by its fingerprint, else run. */
int pk_trial_reached(const struct pk_trial_chain *of, size_t n, struct pk_source *ret, struct pk_err *err);
/* The files that make the schema of a fingerprint which the repository knows. */
int pk_trial_known(const struct pk_ctx *ctx, const char *fingerprint, struct pk_source *ret, struct pk_err *err);
/* The files that make a schema that was read. */
void pk_trial_files(const struct pk_snapshot *snapshot, struct pk_source *ret);

#endif
