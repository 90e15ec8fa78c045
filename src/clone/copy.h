/*
 * A database copied into a local server: structure, data, owners and privileges. The source is only
 * read. Roles it names get stand-ins. On failure the half-made copy is dropped.
 *
 * User mappings come without passwords, subscriptions without slots and switched off (clone/carry.h). Security
 * labels come to local servers alone, where their providers need not be loaded; and tablespaces, which
 * are folders of the server there (clone/spaces.h).
 */
#ifndef PK_CLONE_COPY_H
#define PK_CLONE_COPY_H

#include "base/progress.h"
#include "clone/carry.h"
#include "clone/hold.h"
#include "server/server.h"

struct pk_follow;
struct pk_copy_options {
	int jobs; /* connections to the source, at most; 0: as postkit.jobs says, else processors, at most 4 */
	double max_rate; /* bytes of rows a second; 0: any */
	bool schema_only;
	bool no_owner;	 /* pk_copy_into() alone: owners and privileges are left out */
	bool no_large;	 /* large objects come empty */
	/*
	 * Called once, when the tables are read and before anything is copied, inside the snapshot: may narrow what is copied
	 * of each (clone/tables.h); target: where temporary tables may be made. May be NULL. Foreign keys to or from a
	 * narrowed table are checked in the copy; the names of those that do not hold there go to unproven
	 * (schema.table.constraint; may be NULL). They stay NOT VALID in a database of somebody else's; one of ours is to
	 * have the source's schema.
	 */
	int (*narrow)(void *arg, struct pk_hold *source, const struct pk_conninfo *target, struct pk_copy_tables *tables,
		      struct pk_err *err);
	void *narrow_arg;
	struct pk_strv *unproven;
	struct pk_strv *notes; /* what else is to be said of the copy, a line each, is added; may be NULL */
	struct pk_copied *record; /* pk_copy_database() alone: to be filled in with what it copied; may be NULL */
	/* clone/follow.h: what leads from the target's schema to the source's. NULL: who wants another schema copies all. */
	int (*follow)(struct pk_conn *source, struct pk_conn *target, struct pk_follow *ret, struct pk_err *err);
	struct pk_less *less; /* clone/less.h: for templates, which narrow by it; may be NULL */
	struct pk_physical *physical; /* clone/physical.h: templates come as files; NULL: as rows */
	struct pk_progress *progress; /* may be NULL */
	const struct pk_config *config; /* postkit.pgBin, postkit.jobs, postkit.maxSnapshotAge; may be NULL */
};
struct pk_copy_stats {
	int64_t tables, bytes; /* bytes: size of the copy */
	double seconds;
};
struct pk_source_facts; /* below */
/* The database that a copy becomes. */
struct pk_copy_target {
	struct pk_server *server;
	const char *name; /* must not exist */
	struct pk_mark mark;
};
/*
 * Makes a database of ours from the source. What the source has and the target's server lacks (an extension, a locale)
 * is one error before any data moves. Foreign data is there but cannot be reached. facts: of the source, read a moment
 * ago.
 */
int pk_copy_database(const struct pk_conninfo *source, const struct pk_source_facts *facts,
		     const struct pk_copy_target *target, const struct pk_copy_options *options, struct pk_copy_stats *ret,
		     struct pk_err *err);
/*
 * The plumbing: into an existing, empty database of any server, whose foreign data works as in the source.
 * Roles that are missing there are one error, unless no_owner. Nothing there is dropped: after a failure it
 * may hold part of the copy, which the hint then says.
 */
int pk_copy_into(const struct pk_conninfo *source, const struct pk_conninfo *target, const struct pk_copy_options *options,
		 struct pk_copy_stats *ret, struct pk_err *err);

/* Facts of the source, from one connection. */
struct pk_source_facts {
	int version; /* server_version_num */
	char *role;  /* current_user: the deploying role */
	char *owner; /* of the database */
	char *encoding, *collate, *ctype;
	char *provider, *locale; /* of other providers than libc: "i", "b"; else NULL */
	int64_t size;
	struct pk_strv roles;	   /* owners, grantees, policy roles, current_user */
	struct pk_strv extensions; /* "name version" */
	/* What follows makes stand-ins behave as the roles do there. */
	struct pk_strv memberships; /* pairs: a role, and its member; what superusers may do included */
	struct pk_strv settings; /* pairs: name and value that sessions of the role start with there */
	bool may_create;  /* the role may create schemas */
	bool role_named;  /* something in the database names the role; it does not only connect */
	bool has_public, has_plpgsql;
	enum pk_public public_may;
	int64_t tables; /* with data */
	struct pk_strv placed, placed_indexes; /* what lies in tablespaces, as pk_spaces_read() has it */
};
#define PK_SOURCE_FACTS_INIT { 0 }
void pk_source_facts_release(struct pk_source_facts *facts);
/* ret: initialised; as it was after an error. Writes nothing there. */
int pk_source_facts_read(struct pk_conn *conn, struct pk_source_facts *ret, struct pk_err *err);
/* Stand-ins for the roles of the facts, members of each other as they are there; and their tablespaces. */
int pk_source_facts_roles(const struct pk_source_facts *facts, struct pk_server *server,
			  struct pk_err *err);

#endif
