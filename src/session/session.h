/*
 * The record of a session: the work of one branch, from the clone to the migration. It is kept as
 * refs/postkit/sessions/<id>, a chain of commits, one a step; branch.<name>.postkitSession=<id>
 * points to it. Every change is one compare and swap of that ref.
 *
 * Its tree: session.json (all that is below but texts), plan.json, plan.sql, down.sql,
 * parts/<n>/{up,down}.sql and trace.json, manual/<n>_<name>.sql, trees/<fingerprint>/ (snapshots
 * that migrations of this session begin or end with, so that git keeps them).
 */
#ifndef PK_SESSION_SESSION_H
#define PK_SESSION_SESSION_H

#include "base/err.h"
#include "base/strv.h"
#include "git/config.h"
#include "git/repo.h"

enum pk_session_state {
	PK_SESSION_STARTED,
	PK_SESSION_PLANNED,
	PK_SESSION_APPLYING, /* begun, not finished */
	PK_SESSION_APPLIED,
	PK_SESSION_COMMITTED,
};

/* What becomes one migration file: statements that run as a unit, and the way back. */
struct pk_part {
	int id;	    /* never used twice in a session */
	char *name; /* slug of a hand-written one; NULL: of the plan */
	bool applied;
	bool first; /* of a hand-written one: as in struct pk_manual */
	struct pk_oid from, to;
	char *up, *down; /* SQL; down "" when there is no way back */
	bool up_transaction, down_transaction;
	int line;    /* of the file that it comes from, where up begins; not stored; 0: it is not known, 1 is said */
	char *trace; /* JSON of what was measured; NULL before */
	char *irreversible; /* the reason that a hand-written one gives; or NULL */
	char *stage; /* "expand", "contract after 7d"; or NULL; as in struct pk_migration */
};

/* A hand-written migration that waits for apply. */
struct pk_manual {
	char *file; /* "001_backfill_names.sql" */
	char *text; /* with -- migrate:up and -- migrate:down */
	bool first; /* runs before the parts of the plan that are pending, not after them */
};

struct pk_session {
	char *id, *branch, *remote;
	char *role;  /* that deploys on the remote; the clone acts as it */
	char *owner; /* of the remote's database */
	char *db;    /* the clone: pk_clone_<id> */
	int major;   /* of the server */
	enum pk_session_state state;
	int64_t started, template_created; /* seconds since 1970 */
	struct pk_oid base;   /* fingerprint of the clone when started or last committed */
	char *source;	      /* hash of the schema files when last planned; NULL: never */
	struct pk_oid target; /* what these schema files mean */
	bool agree;	      /* after the last apply the clone was what the schema files mean */
	int next_part;
	struct pk_part *parts; /* applied ones first, in their order */
	size_t n_parts, cap_parts;
	struct pk_manual *manual; /* in their order */
	size_t n_manual, cap_manual;
	struct pk_strv committing; /* files that a commit is about to make: "db/migrations/..." */
	struct pk_strv trees;	   /* fingerprints kept below trees/ */
	char *plan_json, *plan_sql, *down_sql; /* NULL: no plan */
	struct pk_oid commit;		       /* the ref when it was read; "": not stored yet */
};
#define PK_SESSION_INIT { 0 }

void pk_session_release(struct pk_session *session);
/* By its id. None of that id is an error; ret is as it was after one. */
int pk_session_load(const struct pk_repo *repo, const char *id, struct pk_session *ret,
		    struct pk_err *err);
/* One commit on the ref. A lost race is an error and changes nothing. step: "plan". */
int pk_session_save(const struct pk_repo *repo, struct pk_session *session, const char *step,
		    struct pk_err *err);
int pk_session_delete(const struct pk_repo *repo, const struct pk_session *session,
		      struct pk_err *err);
/* Ids of all sessions of the repository. */
int pk_session_list(const struct pk_repo *repo, struct pk_strv *ret_ids, struct pk_err *err);

/* The session of the current branch. */
enum pk_session_found {
	PK_FOUND_NONE, /* no pointer, or to nothing */
	PK_FOUND_SESSION,
	PK_FOUND_COPIED,  /* the branch is a copy of the session's own; ret is loaded */
};
/* A renamed branch is followed. Detached HEAD is an error. *ret_branch: caller frees. */
int pk_session_current(const struct pk_repo *repo, const struct pk_config *config,
		       struct pk_session *ret, enum pk_session_found *ret_found, char **ret_branch,
		       struct pk_err *err);
/* As above, but anything other than a session of this branch is an error with the next command. */
int pk_session_require(const struct pk_repo *repo, const struct pk_config *config,
		       struct pk_session *ret, struct pk_err *err);
int pk_session_point(const struct pk_repo *repo, const char *branch, const char *id,
		     struct pk_err *err); /* id NULL: unset */
/* True when branch.<branch>.postkitSession says id and the branch exists or is the current one. */
bool pk_session_has_branch(const struct pk_repo *repo, const struct pk_config *config,
			   const struct pk_session *session);

const char *pk_session_state_name(enum pk_session_state state);	 /* "planned" */
const char *pk_session_next(const struct pk_session *session);	 /* "git postkit apply" */
size_t pk_session_pending(const struct pk_session *session);	 /* parts not applied */
size_t pk_session_uncommitted(const struct pk_session *session); /* parts applied */
/* Fingerprint that the clone should have: of the last applied part, else base. */
const struct pk_oid *pk_session_reached(const struct pk_session *session);

/* Editing; strings are copied. */
struct pk_part *pk_session_add_part(struct pk_session *session); /* a new id; pending */
void pk_session_drop_pending(struct pk_session *session);	 /* parts and the plan's texts */
void pk_session_drop_applied(struct pk_session *session);
struct pk_manual *pk_session_add_manual(struct pk_session *session, const char *file,
					const char *text);
void pk_part_release(struct pk_part *part);
void pk_session_drop_manual(struct pk_session *session, size_t index);
void pk_session_keep_tree(struct pk_session *session, const struct pk_oid *tree);
/* Forgets trees that neither base nor a part needs. */
void pk_session_trim_trees(struct pk_session *session);

#endif
