/* The beginning and the end of a session. */
#ifndef PK_SESSION_BEGIN_H
#define PK_SESSION_BEGIN_H

#include "clone/physical.h"
#include "clone/template.h"
#include "session/desk.h"

struct pk_begin_options {
	const char *remote; /* NULL: the default one */
	enum pk_template_age age;
	int jobs;
	int (*follow)(struct pk_conn *source, struct pk_conn *target, struct pk_follow *ret, struct pk_err *err); /* as in struct pk_copy_options */
	bool rows;		       /* a copy is made of rows, never of files */
	enum pk_physical_choice files; /* without rows: when it may be made of files */
	struct pk_less *less; /* what of the remote is copied; may be NULL */
	struct pk_progress *progress; /* may be NULL */
};
struct pk_begun {
	struct pk_template template;
	char *where;	    /* of the remote, without secrets */
	int remote_version; /* server_version_num */
	int64_t size;	    /* of the clone */
	double cut_seconds, seconds;
	struct pk_caught_up caught_up;
	struct pk_method method; /* how it was copied, if it was */
	bool drift; /* the schema of the remote is not the one that its migrations lead to */
	bool again; /* there was a session, whose clone was gone: the session stays, with a new clone */
};
#define PK_BEGUN_INIT { 0 }
void pk_begun_release(struct pk_begun *begun);

/*
 * Begins a session for the current branch: makes its clone (labelled with the session's id), then its ref, then the
 * branch's pointer to it. A kill in between leaves no session, and at most a clone or a ref that gc finds by that id. A
 * session whose clone is gone gets a new clone. On failure the clone is dropped again. desk: released or initialised; holds
 * the session afterwards.
 */
int pk_session_begin(struct pk_desk *desk, const struct pk_repo *repo,
		     const struct pk_config *config, const struct pk_project *project,
		     const struct pk_begin_options *options, struct pk_begun *ret,
		     struct pk_err *err);
/*
 * Drops the clone of the session, then forgets it. Works when the server or the clone is away: then
 * *ret_left names the clone that gc has to drop later (caller frees).
 */
int pk_session_end(const struct pk_repo *repo, const struct pk_config *config,
		   const struct pk_session *session, char **ret_left, struct pk_err *err);
/*
 * Path of the lock that a starting session holds, so that gc leaves its clone alone. Caller
 * frees.
 */
char *pk_session_lock_path(const struct pk_repo *repo, const char *id);

#endif
