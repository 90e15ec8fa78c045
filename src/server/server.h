/*
 * Where local databases come from: a private PostgreSQL cluster of a major version (embedded), or a
 * server that the user named. Databases that we create carry a mark (COMMENT ON DATABASE), and only
 * marked ones of this repository are ever dropped.
 *
 * Embedded: one initdb for each repository and major (half a second), started on demand, stopped
 * when idle; unix socket in a private folder, no TCP, scram; fsync off, wal_level minimal. As root
 * everything runs as an unprivileged user.
 *
 * Roles: the bootstrap superuser (postkit_admin) is used by this program alone. SQL of users runs
 * under the login role postkit (pk_server.login), no superuser, which is a member of the stand-ins
 * for the remote's roles.
 *
 * Where: <commondir>/postkit/pg<major>/; outside a repository $XDG_STATE_HOME/git-postkit/. As root
 * /var/lib/git-postkit/<hash of commondir, or "user">/. POSTKIT_STATE_DIR stands for the last two.
 */
#ifndef PK_SERVER_SERVER_H
#define PK_SERVER_SERVER_H

#include "base/err.h"
#include "base/strv.h"
#include "git/config.h"
#include "pg/conn.h"

enum pk_server_kind {
	PK_SERVER_EMBEDDED, /* a private cluster of ours, by programs of this machine */
	PK_SERVER_DOCKER,   /* the same in a container */
	PK_SERVER_GIVEN,    /* postkit.server, or postkit.remote.<name>.cloneServer */
	PK_SERVER_COMMAND   /* one for each clone, by postkit.remote.<name>.cloneCommand (server/made.h) */
};

struct pk_server {
	int major;
	enum pk_server_kind kind;
	char *bindir;		  /* of programs of its version; NULL: look for them */
	char *dir;		  /* pg15/ folder: data, log, secrets; NULL for a given server */
	char *login;		  /* the login role: "postkit"; on a given server "postkit_<id>" */
	char *owner_id;		  /* mark of this repository in database comments */
	struct pk_conninfo admin; /* superuser unless limited, database postgres */
	bool limited;		  /* given by the user: may create databases and roles, and no more */
	struct pk_conninfo user;  /* login role without superuser, no database */
	struct pk_conn admin_conn; /* of pk_server_admin() */
	/* of PK_SERVER_COMMAND: the clone, and what was wanted (repo and config borrowed) */
	struct pk_made *made;
	const struct pk_repo *repo;
	const struct pk_config *config;
};
#define PK_SERVER_INIT { .admin_conn = PK_CONN_INIT }

/* Ours alone: what lies there without a mark is what a kill left. */
bool pk_server_is_private(const struct pk_server *server);

/* What a database of ours is marked with, in its comment: as in struct pk_database, below. Borrowed. */
struct pk_mark {
	const char *purpose, *label;
	const char *source, *record; /* of a template; else NULL */
};

struct pk_server_want {
	const struct pk_repo *repo;	/* NULL: a cluster of the user's own, in the state folder */
	const struct pk_config *config; /* NULL: no settings */
	int major;			/* 0: the newest installed */
	const char *remote;		/* whose settings count before those for all; NULL: nobody's */
	bool own;			/* a private cluster, whatever servers are given */
	bool clones;			/* it is to hold a clone, so the remote's cloneCommand counts */
	const char *session;		/* whose clone, if it was made already */
};
/*
 * A running server. The settings postkit.remote.<name>.cloneServer and postkit.server (protected) give one
 * instead of a private cluster. Starts it if needed. Missing: one error with the ways out.
 */
int pk_server_open_for(struct pk_server *server, const struct pk_server_want *want, struct pk_err *err);
/*
 * Of PK_SERVER_COMMAND: the command makes the clone, server becomes the one that it lies on, and ret_db is its
 * name there. SQL of users runs as whom the command's string names, which must be able to act as role; or when
 * that is a superuser, as a role that is made for it, which gets role. Nothing stays on failure.
 */
int pk_server_make(struct pk_server *server, const struct pk_mark *mark, const char *role, char **ret_db, struct pk_err *err);
/*
 * Which kind of private server it would be, and why, in a sentence for people: "in Docker, image 'postgres:18', for
 * no such server is installed here". Of one that cannot be an error. Starts nothing and pulls nothing.
 */
int pk_server_why(const struct pk_server_want *want, enum pk_server_kind *ret_kind, char **ret, struct pk_err *err);
/* The same for no remote. */
int pk_server_open(struct pk_server *server, const struct pk_repo *repo,
		   const struct pk_config *config, int major, struct pk_err *err);
/* The name of the setting that gives the server of a remote (NULL: of none), and its value. False: none does. */
bool pk_server_given(const struct pk_config *config, const char *remote, char **ret_setting, const char **ret_url);
void pk_server_release(struct pk_server *server); /* does not stop it */
/*
 * A connection as `admin` that all may share who leave it as they found it: no transaction, no lock, no
 * setting. Borrowed until release, and of this process alone: a fork opens the server anew.
 */
int pk_server_admin(struct pk_server *server, struct pk_conn **ret, struct pk_err *err);
int pk_server_stop(struct pk_server *server, struct pk_err *err);
/* Majors of clusters that exist for this repository, whether running or not. */
int pk_server_list(const struct pk_repo *repo, struct pk_strv *ret_majors, struct pk_err *err);
/* Is the cluster running (no start)? */
bool pk_server_running(const struct pk_repo *repo, int major);
/* Stops and removes a cluster with all its databases. */
int pk_server_remove(const struct pk_repo *repo, int major, struct pk_err *err);
/* Folders of clusters whose repository is gone (only root's lie apart from their repository). */
int pk_server_orphans(struct pk_strv *ret_dirs, struct pk_err *err);
/* Stops and removes what is in such a folder; anything else is refused. */
int pk_server_remove_orphan(const char *dir, struct pk_err *err);
/*
 * Files that a command was writing beside the repository's servers when it was killed, where they lie apart from it (as
 * root). Pushes paths.
 */
void pk_server_leftovers(const struct pk_repo *repo, struct pk_strv *ret);
/* Removes folders for sockets of servers that are gone, whichever repository's. */
void pk_server_sweep_sockets(void);
/*
 * Directory of client programs that read a server of major and write to one of target (0: nothing is
 * written): at least as new as both, but pg_restore of 17 and later sets what older servers do not
 * know. Where this machine has none, of a Docker image that is here or can be pulled. Caller frees; NULL: none.
 */
char *pk_server_client_bindir(const struct pk_config *config, int major, int target);

/*
 * A database of ours. Of a private cluster also those that a kill -9 left without a mark: purpose
 * "unfinished", created 0.
 */
struct pk_database {
	char *name;
	char *purpose;	 /* "clone", "template", "shadow", "kept" (clone/kept.h), "dry-run", "production" (the demo's) */
	char *label;	 /* session id, remote name, ... */
	char *source;	 /* of a template: what of which database it is (clone/template.c); else NULL */
	char *record;	 /* of a template: what it was copied from, and when (clone/copied.h); else NULL */
	int64_t created; /* seconds since 1970 */
	int64_t size;	 /* bytes; -1: not known */
};
struct pk_databases {
	struct pk_database *items;
	size_t n, cap;
};
#define PK_DATABASES_INIT { 0 }
void pk_databases_release(struct pk_databases *databases);
/* Of a server by a command the clone alone, without asking it. */
int pk_server_databases(struct pk_server *server, struct pk_databases *ret, struct pk_err *err);
/* Waits until no database is being made there; none is while this server's connection lives. */
int pk_server_halt_making(struct pk_server *server, struct pk_err *err);
/* Those of one purpose, without their sizes: to tell them the server looks at each of their files. */
int pk_server_databases_for(struct pk_server *server, const char *purpose, struct pk_databases *ret,
			    struct pk_err *err);
/* Another mark for a database of ours; it counts as made now. */
int pk_server_mark_db(struct pk_server *server, const char *name, const struct pk_mark *mark, struct pk_err *err);
/* The same over a superuser's connection, as part of the transaction that it is in. */
int pk_server_mark_db_by(const struct pk_server *server, struct pk_conn *conn, const char *name, const struct pk_mark *mark,
			 struct pk_err *err);

struct pk_create_db {
	struct pk_mark mark;
	const char *owner;	 /* role; NULL: postkit */
	const char *template_db; /* NULL: template0 */
	const char *like;	 /* "encoding locale" are taken from these when set: */
	const char *encoding, *collate, *ctype; /* NULL: UTF8, C.UTF-8 */
};
/* name must begin with "pk_". Marked at once; on failure nothing stays. */
int pk_server_create_db(struct pk_server *server, const char *name, const struct pk_create_db *how,
			struct pk_err *err);
/*
 * Ends its connections first. Refuses what is not marked as ours; absent is success. The clone of a server by a
 * command goes by the command, and the server with it.
 */
int pk_server_drop_db(struct pk_server *server, const char *name, struct pk_err *err);
/*
 * Of a database that is to be dropped, which it cannot be while it has any. Without connecting to it, nor to
 * where they subscribe: those of ours have no slots there. admin: superuser, in any database.
 */
int pk_server_end_subscriptions(struct pk_conn *admin, const char *name, struct pk_err *err);
int pk_server_rename_db(struct pk_server *server, const char *from, const char *to,
			struct pk_err *err);
/* Renames one to what another is called, in one step: there is no moment without either. The other is then dropped, by
 * the name aside. */
int pk_server_replace_db(struct pk_server *server, const char *from, const char *to, const char *aside,
			 struct pk_err *err);
/* Ends the connections to it: those that whoever was killed left behind. */
int pk_server_clear_db(struct pk_server *server, const char *name, struct pk_err *err);
/*
 * Copies a database of ours (CREATE DATABASE ... TEMPLATE ... STRATEGY FILE_COPY), with its owner
 * and its settings (ALTER DATABASE ... SET). Nobody may be connected to it.
 */
int pk_server_cut_db(struct pk_server *server, const char *from, const char *to, const struct pk_mark *mark,
		     struct pk_err *err);

/* Connection strings to one of its databases. As admin no event trigger fires, not even at login (17 and newer). */
void pk_server_admin_info(const struct pk_server *server, const char *db, struct pk_conninfo *ret);
/* Do those of the user act as the role that deploys by themselves? Then nothing is to be set for the login. */
bool pk_server_acts(const struct pk_server *server);
void pk_server_user_info(const struct pk_server *server, const char *db, struct pk_conninfo *ret);

/*
 * Stand-ins for roles: created without login, superuser or password where missing, and granted to
 * the login role. Reserved names (pg_*) and our own are left out. A role of a given server with
 * powers of its own (superuser, createrole, ...) is an error: the login role must not get at them.
 */
int pk_server_ensure_roles(struct pk_server *server, const struct pk_strv *roles,
			   struct pk_err *err);

/*
 * Tablespaces of these names, made where missing, in the server's own folder and for everybody. Left out, without an
 * error, where the server is not ours to change or cannot have them so (before 14.5).
 */
int pk_server_ensure_spaces(struct pk_server *server, const struct pk_strv *spaces, struct pk_err *err);

/* A process of its own that stops the embedded server when nothing has been connected for a while.
 */
int pk_server_idle_main(int argc, char **argv); /* git-postkit --internal-idle DIR SECONDS */
/* A client program out of a container; of the scripts that pk_server_client_bindir() may name. */
int pk_server_docker_main(int argc, char **argv); /* git-postkit --internal-docker IMAGE PROGRAM ARGUMENTS */

#endif
