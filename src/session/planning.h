/* The plan of a session: from its clone to the schema files, proved before it counts. */
#ifndef PK_SESSION_PLANNING_H
#define PK_SESSION_PLANNING_H

#include "diff/plan.h"
#include "diff/renaming.h"
#include "session/desk.h"
#include "trace/conflict.h"

struct pk_planning;
struct pk_planning_options {
	struct pk_online_settings online;
	const struct pk_strv *renames; /* "column:public.users.name=full_name" */
	bool allow_destructive;
	/* Both sides are read, nothing is planned yet: refuses with -1. May be NULL. */
	int (*read)(void *arg, const struct pk_planning *planning, struct pk_err *err);
	/* Is it a rename? Asked once each; NULL: none is, unless somebody said so. */
	bool (*is_rename)(void *arg, const struct pk_rename_guess *guess);
	void *arg;
};
struct pk_planning {
	struct pk_plan plan;
	struct pk_snapshot clone, shadow;
	struct pk_caught_up caught_up;
	struct pk_conflicts conflicts; /* rows of the clone that its steps will meet */
	struct pk_rename_guesses guesses; /* what looks like a rename, and nobody said that it is */
	char *down;	/* the whole way back; NULL before the proof */
	size_t n_parts; /* migrations that it becomes */
	size_t n_destructive;
	bool refused; /* destructive, and that was not allowed: neither proved nor stored */
	bool proved;
	struct pk_err why_not; /* when it is not proved */
	double seconds;
};
#define PK_PLANNING_INIT { 0 }
void pk_planning_release(struct pk_planning *planning);

/*
 * Makes the plan; when it proves, stores it in the session (also that there is nothing to change).
 * A plan that is refused or not proved is no error: the caller shows it and says so. The plan
 * that was stored before is gone then, as it does not belong to these files.
 */
int pk_session_plan(struct pk_desk *desk, const struct pk_session_source *source,
		    const struct pk_planning_options *options, struct pk_planning *ret,
		    struct pk_err *err);

/*
 * Puts record and clone in step after a kill: parts that were committed there but not noted here,
 * indexes left invalid, migrations run but not noted. ret_clone: the schema after that, which
 * is then as the session left it, or an error says what is not.
 */
int pk_desk_settle(struct pk_desk *desk, struct pk_snapshot *ret_clone, struct pk_err *err);

/* A migration outside a transaction, planned or written by hand, that was begun and not finished. */
struct pk_interrupted_part {
	int id;
	size_t statements; /* that are done */
	char *text;	   /* all of them; NULL: there is none */
};
#define PK_INTERRUPTED_PART_INIT { 0 }
void pk_interrupted_part_release(struct pk_interrupted_part *begun);
/* The one that the clone has noted, as long as its text is still the same; ret->text NULL: there is none. */
int pk_desk_begun(struct pk_desk *desk, struct pk_interrupted_part *ret, struct pk_err *err);
/*
 * Before another plan is made: what was done of a planned migration that was interrupted becomes a
 * migration of its own, with a way back, so that it reaches the remote as well. clone: the schema now.
 */
int pk_desk_keep_begun(struct pk_desk *desk, struct pk_snapshot *clone, struct pk_err *err);

/* What a planned part's way back does not restore, a line each, as it says itself; nothing: all comes back. */
void pk_part_unrestored(const struct pk_part *part, struct pk_buf *ret);

/* From waiting file to applied part. */
int pk_manual_parse(const struct pk_manual *manual, struct pk_part *ret, struct pk_err *err);
int pk_manual_id(const struct pk_manual *manual);
void pk_manual_applied(struct pk_session *session, size_t index,
		       struct pk_part *part); /* takes the strings */

/*
 * Counts what the plan's steps would destroy, exactly where that takes seconds, else estimates stay; and the rows that
 * stand in their way. On the clone, under the role: conditions may call what schema files say. renames: SQL that comes
 * before, or "". Changes nothing there.
 */
int pk_plan_weigh(struct pk_conn *conn, const char *renames, struct pk_plan *plan, struct pk_conflicts *conflicts,
		  struct pk_err *err);

#endif
