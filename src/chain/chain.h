/*
 * The migrations of a commit, the index or the working tree, in order, and whether they hang
 * together: each leads from where the one before led to.
 */
#ifndef PK_CHAIN_CHAIN_H
#define PK_CHAIN_CHAIN_H

#include "git/repo.h"
#include "sql/migration.h"

struct pk_chain {
	struct pk_migration *items; /* by version */
	size_t n, cap;
};
#define PK_CHAIN_INIT { 0 }
void pk_chain_release(struct pk_chain *chain);

/*
 * dir: "db/migrations". From a folder on disk, or from a tree of a commit (rev). Absent: empty.
 * Only *.sql files right in the folder count, as for dbmate; one that is malformed is an error.
 */
int pk_chain_from_dir(struct pk_chain *chain, const char *workdir, const char *dir,
		      struct pk_err *err);
int pk_chain_from_rev(struct pk_chain *chain, const struct pk_repo *repo, const char *rev,
		      const char *dir, struct pk_err *err);
const struct pk_migration *pk_chain_find(const struct pk_chain *chain, const char *version);
/* Fingerprint the chain leads to: `to` of the last migration that says; NULL: unknown. Borrowed. */
const char *pk_chain_end(const struct pk_chain *chain);

/*
 * What does not hold: duplicate versions, a `from` that is not the `to` before it (a fork or a
 * gap).
 */
enum pk_chain_fault { PK_CHAIN_DUPLICATE, PK_CHAIN_FORK, PK_CHAIN_GAP };
struct pk_chain_problem {
	enum pk_chain_fault fault;
	size_t index, other; /* into items */
};
/* Returns the number of problems, caller frees *ret. */
size_t pk_chain_verify(const struct pk_chain *chain, struct pk_chain_problem **ret);

/*
 * refs/postkit/fingerprints: append only; tree entry <fingerprint> is the snapshot's tree.
 * Storing what is there already is success and makes no commit. Looked up there, and in what was
 * fetched from others (refs/postkit/remotes/<name>/fingerprints).
 */
int pk_fingerprint_store(const struct pk_repo *repo, const struct pk_oid *tree, const char *why,
			 struct pk_err *err);
bool pk_fingerprint_known(const struct pk_repo *repo, const char *fingerprint);
/* A text of a stored snapshot: path "public/table/users.sql". NULL: absent. Caller frees. */
char *pk_fingerprint_text(const struct pk_repo *repo, const char *fingerprint, const char *path);
/* Appends the paths of its texts that begin so: "public/index/", "public/policy/orders.". Nothing where it is not stored. */
void pk_fingerprint_paths(const struct pk_repo *repo, const char *fingerprint, const char *beginning, struct pk_strv *ret);

/* The tracking table of a database, postkit.schema_migrations. */
struct pk_conn;
struct pk_applied {
	char *version, *name, *checksum, *from, *to, *commit, *applied_at, *applied_by, *state;
};
struct pk_applied_list {
	struct pk_applied *items;
	size_t n, cap;
};
#define PK_APPLIED_LIST_INIT { 0 }
void pk_applied_list_release(struct pk_applied_list *list);
/*
 * By version. Columns that the table lacks are NULL, state "applied". Absent table: empty list
 * and *ret_exists false.
 */
int pk_applied_read(struct pk_conn *conn, struct pk_applied_list *ret, bool *ret_exists,
		    struct pk_err *err);
/*
 * Schema, table, and columns that dbmate's form of it lacks; nothing is done where nothing is
 * missing.
 */
int pk_applied_create_table(struct pk_conn *conn, struct pk_err *err);
/*
 * In the caller's transaction. A version that is there already is an error (23505), so that nothing
 * runs twice. commit may be NULL; seconds below 0: not known (adopted, not run by us).
 */
int pk_applied_insert(struct pk_conn *conn, const struct pk_migration *m, const char *commit,
		      double seconds, struct pk_err *err);
/* The same as SQL, with "; " behind. */
void pk_applied_add_insert(struct pk_buf *sql, const struct pk_migration *m, const char *commit, double seconds);
/*
 * A row goes under the version, name, checksum and fingerprints that its migration has by now. *ret_found: it was there;
 * without the table none is.
 */
int pk_applied_rename(struct pk_conn *conn, const char *version, const struct pk_migration *now, bool *ret_found,
		      struct pk_err *err);
/*
 * For migrations that run without a transaction: a row in state "started" before (one that is
 * there in that state, with the same checksum, is taken over), "applied" or "failed" after.
 */
int pk_applied_start(struct pk_conn *conn, const struct pk_migration *m, const char *commit,
		     struct pk_err *err);
int pk_applied_finish(struct pk_conn *conn, const char *version, const char *state, double seconds,
		      struct pk_err *err);
/*
 * How far a migration is: in, or begun outside a transaction and half way, by its up or by its down section. The number
 * of statements that are done stands behind the word: "started 3".
 */
enum pk_applied_stage { PK_APPLIED_IN, PK_APPLIED_COMING, PK_APPLIED_GOING };
enum pk_applied_stage pk_applied_stage(const struct pk_applied *row);
#define PK_STATE_COMING "started"
#define PK_STATE_GOING	"rolling back"
/* Before the down section is run without a transaction: from "applied" to "rolling back"; another state is an error. */
int pk_applied_leave(struct pk_conn *conn, const char *version, struct pk_err *err);
/*
 * dbmate's or PostKit's schema_migrations in postkit (with just the version), public or another
 * schema: versions to adopt, sorted. *ret_table: quoted name, caller frees; NULL when there is
 * none.
 */
int pk_applied_foreign(struct pk_conn *conn, struct pk_strv *ret_versions, char **ret_table,
		       struct pk_err *err);

/* What was rolled back in a database, postkit.rollbacks: a row each time. */
struct pk_undone {
	char *version, *name, *checksum, *commit, *applied_at, *at, *by;
};
struct pk_undone_list {
	struct pk_undone *items;
	size_t n;
};
#define PK_UNDONE_LIST_INIT { 0 }
void pk_undone_list_release(struct pk_undone_list *list);
/* By time. Absent table: empty list. */
int pk_undone_read(struct pk_conn *conn, struct pk_undone_list *ret, struct pk_err *err);
/* The last time that a version was; NULL: it never was. */
const struct pk_undone *pk_undone_find(const struct pk_undone_list *list, const char *version);
/* After pk_applied_create_table(), which makes the schema. */
int pk_undone_create_table(struct pk_conn *conn, struct pk_err *err);
/*
 * In the caller's transaction: takes a migration out of the tracking table and writes it down here, with the commit
 * (may be NULL) whose down section was run. One that is not there is an error, so that nothing runs twice.
 */
int pk_applied_undo(struct pk_conn *conn, const char *version, const char *commit, double seconds,
		    struct pk_err *err);

#endif
