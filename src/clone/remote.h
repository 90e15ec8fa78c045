/*
 * Remotes: named databases in .git/config (postkit.remote.<name>.url and friends). Passwords come
 * from libpq (service, ~/.pgpass, PG*), then from git's credential helpers; never from tracked files.
 */
#ifndef PK_CLONE_REMOTE_H
#define PK_CLONE_REMOTE_H

#include "git/config.h"
#include "pg/conn.h"

/* Key, below "postkit.", under which a command keeps its --ssh (pk_config_override). */
#define PK_REMOTE_SSH_OPTION "option.ssh"

struct pk_remote {
	char *name;
	struct pk_conninfo info;
	char *ssh;			      /* user@host:port of the SSH server before it; NULL: none */
	char *ssh_transport, *ssh_compression; /* postkit.sshTransport, postkit.sshCompression; NULL: not set */
	char *via;			      /* once it is connected: the way through SSH, for people */
};
#define PK_REMOTE_INIT { 0 }
void pk_remote_release(struct pk_remote *remote);
/* A connection string instead of a name; remote->name is "". --ssh counts. */
int pk_remote_of_url(const struct pk_config *config, const char *url, struct pk_remote *ret, struct pk_err *err);
/* name NULL: the default one (postkit.defaultRemote, else the only one). Unknown: error that lists what there is. */
int pk_remote_get(const struct pk_config *config, const char *name, struct pk_remote *ret,
		  struct pk_err *err);
void pk_remote_list(const struct pk_config *config, struct pk_strv *ret_names);
/* Name of the default remote; NULL: none, or several without a choice. Caller frees. */
char *pk_remote_default(const struct pk_config *config);
bool pk_remote_valid_name(const char *name);
/*
 * The SSH tunnel that the remote needs, if it does: then info leads through it, for whoever uses info. pk_remote_connect()
 * does it by itself; whoever connects by info calls it before. One that broke is made anew.
 */
int pk_remote_dig(struct pk_remote *remote, struct pk_err *err);
/*
 * Connects; when the server asks for a password that libpq does not know, asks git's helpers once and
 * tells them whether it was right. A password found so stays in remote->info. Refuses a pooler that shares sessions.
 */
int pk_remote_connect(struct pk_remote *remote, struct pk_conn *ret, struct pk_err *err);

/* Has git a credential helper that could keep a password? */
bool pk_remote_has_helper(const struct pk_repo *repo);
/* Hands info->password to git's credential helpers; an error when none of them keeps it. */
int pk_remote_store_password(const struct pk_conninfo *info, struct pk_err *err);

#endif
