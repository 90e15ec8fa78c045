/* A private cluster: made, started, stopped. Inside server/ only; callers hold place->lock. */
#ifndef PK_SERVER_CLUSTER_H
#define PK_SERVER_CLUSTER_H

#include "base/strv.h"
#include "server/place.h"

/* Was it made? */
bool pk_cluster_exists(const struct pk_place *place);
/* A server program, as it is called: bindir counts outside containers only. Caller frees. */
char *pk_cluster_program(const struct pk_place *place, const char *bindir, const char *name);
/* initdb, login role, passwords: appears whole (rename) or not at all. */
int pk_cluster_create(const struct pk_place *place, const char *bindir, struct pk_err *err);
/* Removes what kills left of clusters that were being made, removed or replaced. */
void pk_cluster_sweep(const struct pk_place *place);
/*
 * Single-user mode: sql with a statement a line, in db, while nobody can connect, and nothing runs beside it (no
 * archiver, no workers). settings: "name=value" each. What a backup needs to become whole is done before.
 */
int pk_cluster_single(const struct pk_place *place, const char *bindir, const char *data, const struct pk_strv *settings,
		      const char *db, const char *sql, struct pk_err *err);
/* The passwords of both roles, of which login is made, and who may connect to database postgres, as such lines. */
int pk_cluster_roles_sql(const char *admin, const char *login, struct pk_buf *sql, struct pk_err *err);
/* postgresql.conf and pg_hba.conf, which lie beside data/ and are written anew before each start. */
int pk_cluster_write_settings(const struct pk_place *place, const char *dir, struct pk_err *err);
/* "admin" or "login". Caller frees and wipes. */
int pk_cluster_new_secret(const char *dir, const char *name, char **ret, struct pk_err *err);
int pk_cluster_secret(const char *dir, const char *name, char **ret, struct pk_err *err);

/* The postmaster's pid, 0 when it does not run. Needs no lock. */
pid_t pk_cluster_pid(const char *data);
/* Folder of the running server's socket. Caller frees; NULL when it is not ready. */
char *pk_cluster_socket(const char *data);
/* One that a command left starting, or that a signal is stopping: waited for. */
int pk_cluster_settle(const struct pk_place *place, struct pk_err *err);
/* Returns when it takes connections. */
int pk_cluster_start(const struct pk_place *place, const char *bindir, struct pk_err *err);
/* Fast shutdown, waited for. Not running is success. */
int pk_cluster_stop(const struct pk_place *place, struct pk_err *err);

/* By what a server program wrote: the write that failed, or its hint when one was cut short. */
bool pk_cluster_disk_full(const char *said);
/* Waits until the process has ended; false when it has not in time (-1: for ever). */
bool pk_wait_gone(pid_t pid, int timeout_ms);

#endif
