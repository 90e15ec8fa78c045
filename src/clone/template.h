/*
 * Templates: pristine copies of remotes in the local server, never worked in. Clones for sessions and
 * dry runs are cut from them in seconds.
 */
#ifndef PK_CLONE_TEMPLATE_H
#define PK_CLONE_TEMPLATE_H

#include "clone/refresh.h"
#include "clone/remote.h"

struct pk_template {
	char *db; /* database name in the server */
	char *source; /* what of which database it is */
	int64_t created;
	int64_t size; /* bytes; of pk_template_ensure() alone */
	char *record;		    /* clone/copied.h; NULL: none */
	bool none;		    /* a command makes clones */
	bool copied;		    /* by this call, all of it */
	struct pk_copy_stats stats; /* when copied */
	bool own_options;	    /* not brought up to date: --where and the like were given for it alone */
	bool kept;	    /* a sample, NEAR: not brought up to date */
	int64_t since;		    /* when it was looked into what has changed: since then; else 0 */
	struct pk_refreshed refreshed; /* what came of that */
};
#define PK_TEMPLATE_INIT { 0 }
void pk_template_release(struct pk_template *t);
/* What is wanted of a template that is there. */
enum pk_template_age {
	PK_TEMPLATE_AS_IS,
	PK_TEMPLATE_CURRENT, /* what has changed is copied (clone/refresh.h), or all where that cannot be told */
	PK_TEMPLATE_NEAR,    /* as CURRENT; but a sample, of which all would be read again, stays as it is */
	PK_TEMPLATE_FRESH,   /* all is copied */
};
/* What the setting postkit.refresh makes of what a command wants unless it is told: never, always, or that. */
int pk_template_wanted(const struct pk_config *config, enum pk_template_age by_itself, enum pk_template_age *ret,
		       struct pk_err *err);
struct pk_template_want {
	const struct pk_remote *remote;
	const struct pk_source_facts *facts; /* of the remote, read a moment ago */
	enum pk_template_age age;
	struct pk_copy_options options;
};
/*
 * The template of a remote (where a command makes clones: none, and nothing is copied), copied when there is none. A
 * new one replaces the old once it is complete, in one step. Two at a time: the second waits for the first.
 */
int pk_template_ensure(struct pk_server *server, const struct pk_template_want *want, struct pk_template *ret,
		       struct pk_err *err);
/*
 * What was done to it, in a sentence without a full stop: "3 of 400 tables changed since 2 hours ago (row versions): 12 MB
 * copied in 1.2 s". NULL: nothing was asked for. Caller frees.
 */
char *pk_template_told(const struct pk_template *t);
/* It is the template of that remote. */
bool pk_template_is(const struct pk_database *database, const char *remote_name);
/* Without copying; 0 with ret->db NULL when there is none. */
int pk_template_find(struct pk_server *server, const char *remote_name, struct pk_template *ret,
		     struct pk_err *err);
/*
 * A database cut from the template, for the login role postkit acting as `role` (connections of
 * postkit to it start with SET ROLE role). Where a command makes clones, by the command: under the name that it
 * chose, which replaces *db.
 */
int pk_template_cut(struct pk_server *server, const struct pk_template *t, char **db, const struct pk_mark *mark,
		    const char *role, struct pk_err *err);
/* Makes connections of the login role to db act as role. */
int pk_act_as(struct pk_server *server, const char *db, const char *role, struct pk_err *err);

#endif
