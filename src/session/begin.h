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
	int (*follow)(struct pk_conn *source, struct pk_conn *target, struct pk_follow *ret, struct pk_err *err); /* as a copy's */
	bool rows;	    /* where it is copied, its rows are */
	enum pk_physical_choice files; /* else its files, as that says */
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
	bool drift; /* the remote is not what the migrations that ran there lead to */
	bool again; /* the clone of a session that stays was cut anew */
};
#define PK_BEGUN_INIT                                                                              \
	{                                                                                          \
		0                                                                                  \
	}
void pk_begun_release(struct pk_begun *begun);

/*
 * A session for the current branch. The order is such that a kill leaves either nothing that
 * counts or a session: the clone, labelled with the session's id; the ref; the pointer. What is
 * left over gc finds. A session whose clone is gone gets a new one. On failure the clone is
 * dropped again. desk: released or initialised; holds the session after.
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
