/*
 * Templates: pristine copies of remotes in the local server, never worked in. Clones for sessions and
 * dry runs are cut from them in seconds.
 */
#ifndef PK_CLONE_TEMPLATE_H
#define PK_CLONE_TEMPLATE_H

#include "clone/copy.h"
#include "clone/remote.h"

struct pk_template {
	char *db; /* database name in the server */
	char *source; /* what of which database it is */
	int64_t created, size;
	bool none;		    /* a command makes clones */
	bool copied;		    /* by this call */
	struct pk_copy_stats stats; /* when copied */
};
#define PK_TEMPLATE_INIT                                                                           \
	{                                                                                          \
		0                                                                                  \
	}
void pk_template_release(struct pk_template *t);
/*
 * The template of a remote (where a command makes clones: none, and nothing is copied), copied when there is none or fresh is set (then it replaces the old one
 * once complete). conn: to the remote. Two at a time: the second waits for the first.
 */
int pk_template_ensure(struct pk_server *server, const struct pk_remote *remote,
		       const struct pk_source_facts *facts, bool fresh,
		       const struct pk_copy_options *options, struct pk_template *ret,
		       struct pk_err *err);
/* Without copying; 0 with ret->db NULL when there is none. */
int pk_template_find(struct pk_server *server, const char *remote_name, struct pk_template *ret,
		     struct pk_err *err);
/*
 * A database cut from the template, for the login role postkit acting as `role` (connections of
 * postkit to it start with SET ROLE role). Where a command makes clones, by the command: under the name that it
 * chose, which replaces *db.
 */
int pk_template_cut(struct pk_server *server, const struct pk_template *t, char **db,
		    const char *purpose, const char *label, const char *role, struct pk_err *err);
/* Makes connections of the login role to db act as role. */
int pk_act_as(struct pk_server *server, const char *db, const char *role, struct pk_err *err);

#endif
