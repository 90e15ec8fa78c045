/*
 * A private cluster made of a base backup of somebody else's: the whole of their cluster, with all its databases, roles
 * and passwords. It takes the place of the repository's cluster of that major version.
 *
 * Of what it was nothing may reach out, now or later. Its settings are not read, but for those that recovery needs; no
 * file comes along that a cluster can do without. Recovery runs in single-user mode, where no archiver, no worker and no
 * client exists; and still there subscriptions lose their connections, roles their passwords and powers, databases and
 * roles their settings, prepared transactions are as if never prepared, and slots are none. Only then a server starts,
 * in a place that nobody knows, and the other databases are dropped.
 */
#ifndef PK_SERVER_ADOPT_H
#define PK_SERVER_ADOPT_H

#include "base/tempdir.h"
#include "server/server.h"

struct pk_place;

struct pk_adopt {
	struct pk_server server; /* the new cluster, once settled */
	char *data;		 /* where the backup goes: absent */
	char *spaces;		 /* where its tablespaces go, each a folder that is absent */
	char *db;		 /* what the database is called, once settled: begins with pk_ and has no mark */
	/* private */
	struct pk_tempdir tempdir;
	struct pk_place *place, *final;
	char *bindir;
};
#define PK_ADOPT_INIT { .server = PK_SERVER_INIT, .tempdir = PK_TEMPDIR_INIT }
/* What was not finished is stopped and removed. */
void pk_adopt_release(struct pk_adopt *adopt);
/*
 * old: the private cluster of that major that is there, running. It may hold no clones, and of templates only that of
 * label. An error when it does, or when it runs in a container.
 */
int pk_adopt_begin(struct pk_adopt *adopt, const struct pk_server_want *want, struct pk_server *old, const char *label,
		   struct pk_err *err);
/*
 * Of the finished backup a cluster of ours, running: of databases there is the one of that OID alone, and postgres.
 * settings: "name=value" that its recovery needs, as there. The bootstrap superuser is postkit_admin now; what it owns
 * there is the caller's to give away.
 */
int pk_adopt_settle(struct pk_adopt *adopt, const char *oid, const struct pk_strv *settings, struct pk_err *err);
/* In place of old, which is open as before then. The tablespaces' folders are to be empty. */
int pk_adopt_finish(struct pk_adopt *adopt, const struct pk_server_want *want, struct pk_server *old, const char *label,
		    struct pk_err *err);
/* What killed ones left. */
void pk_adopt_sweep(const struct pk_repo *repo);

#endif
