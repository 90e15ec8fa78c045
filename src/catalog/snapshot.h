/*
 * The canonical picture of a database's schema. Read with a handful of bulk catalog queries in one
 * REPEATABLE READ transaction; each object has attributes (text as the server deparses it), a
 * canonical SQL text, and its dependencies. Nothing that depends on the order of creation, OIDs or
 * sizes enters the text; the estimates kept beside it are for judging locks.
 */
#ifndef PK_CATALOG_SNAPSHOT_H
#define PK_CATALOG_SNAPSHOT_H

#include "base/arena.h"
#include "base/managed.h"
#include "base/map.h"
#include "git/repo.h"
#include "pg/conn.h"

struct pk_kind; /* catalog/kind.h */

struct pk_label {
	const char *provider, *text; /* SQL: anon, 'MASKED WITH VALUE NULL' */
	const struct pk_label *next;
};
struct pk_object {
	const struct pk_kind *kind;
	uint32_t classid, oid;
	int32_t subid;          /* attnum of a column, else 0 */
	const char *schema;     /* NULL for objects outside schemas */
	const char *name;
	const char *ident;      /* as SQL names it: public.users, public.f(integer), trg ON public.users */
	const char *key;        /* kind and ident: identity across databases */
	const char *path;       /* public/table/users.sql: where its text stands in the tree; NULL for columns */
	struct pk_object *parent; /* the table of a column, index, constraint, trigger, policy; or NULL */
	const char **attr;      /* kind->n_attrs values; NULL: not set */
	const char *owner;        /* NULL: the database's owner, or the kind has none */
	const char *comment;
	const struct pk_label *labels; /* security labels, by provider; NULL: none */
	const char **grants;    /* GRANT and REVOKE lines' essence, sorted, NULL terminated */
	struct pk_object *origin; /* of an inherited column: the parent table's column */
	struct pk_object **heirs; /* of a table: its partitions, and tables that inherit from it */
	size_t n_heirs, cap_heirs;
	bool hides_heirs;         /* the settings leave some of them out */
	bool comes_apart;         /* of an index or key: share.h */
	bool restated;            /* its text is not what the server prints, but what it would print of that */
	bool left_out;            /* by the settings: in the snapshot's list of these, not among its objects */
	struct pk_object **deps;  /* what it depends on */
	size_t n_deps, cap_deps;
	struct pk_object **typed_by; /* of a type or relation: what has expressions that name the type, or the row type */
	size_t n_typed_by, cap_typed_by;
	struct pk_object **children; /* columns and other parts, in their order */
	size_t n_children, cap_children;
	int64_t rows, bytes;    /* once measured: estimates for tables, matviews; of a partitioned table the sums; -1 unknown */
	const char *text;       /* canonical SQL; set for objects with a path */
	struct pk_oid blob;     /* its id, in the tree */
	void *mark;             /* free for the user of the snapshot (diff) */
};

struct pk_snapshot {
	struct pk_arena arena;
	struct pk_object **objects; /* all, columns included, sorted by key */
	size_t n, cap;
	struct pk_map by_key;
	bool measure;             /* set it before reading: rows and bytes are wanted, which the plan's steps tell */
	int version;              /* server_version_num */
	const char *database_owner; /* quoted */
	bool utc;                 /* the time zone of its sessions, unless they say other */
	struct pk_strv unmodelled; /* "rule public.r", user objects of kinds that are not modelled */
	struct pk_object **left_out; /* what the settings leave out, parts included */
	size_t n_left_out;
	size_t n_left_grants;        /* privileges of roles that the settings leave out */
	size_t n_left_labels;        /* security labels of providers that the settings leave out */
	struct pk_oid fingerprint;
	void **lists;             /* heap memory of the objects' lists */
	struct pk_rows *rows;     /* what the server said: the objects' texts stand there */
	size_t n_lists;
};
#define PK_SNAPSHOT_INIT { 0 }

void pk_snapshot_release(struct pk_snapshot *snapshot);
/*
 * The schema postkit, extension members, and what the settings leave out (managed; NULL: nothing) are not
 * part of it. With a table go its parts, partitions and owned sequences, with a schema all that is in it.
 */
int pk_snapshot_read(struct pk_conn *conn, const struct pk_managed *managed, struct pk_snapshot *ret,
		     struct pk_err *err);
/* Several databases (PK_SNAPSHOTS_MAX at most) side by side, each over a connection of its own. */
#define PK_SNAPSHOTS_MAX 2
int pk_snapshots_read(struct pk_conn *const *conns, struct pk_snapshot *const *rets, size_t n,
		      const struct pk_managed *managed, struct pk_err *err);
struct pk_object *pk_snapshot_find(const struct pk_snapshot *snapshot, const char *key);

/* The tree of texts: fingerprint = its id. Written under refs by the caller. repo NULL: only the id. */
int pk_snapshot_write_tree(const struct pk_snapshot *snapshot, const struct pk_repo *repo,
			   struct pk_oid *ret_tree, struct pk_err *err);

/*
 * What differs between two trees of texts, or a tree and a snapshot: one line an object. For drift
 * and log; needs no database.
 */
enum pk_diff_what { PK_ADDED, PK_CHANGED, PK_REMOVED };
struct pk_tree_diff_item {
	enum pk_diff_what what;
	char *path;
	char *from, *to; /* texts; NULL where absent */
};
struct pk_tree_diff {
	struct pk_tree_diff_item *items;
	size_t n, cap;
};
#define PK_TREE_DIFF_INIT { 0 }
void pk_tree_diff_release(struct pk_tree_diff *diff);
/*
 * What leads from a snapshot's tree (of none: from nothing) to a snapshot, by path. ret is empty, and gets texts of its own.
 */
int pk_snapshot_diff_tree(const struct pk_repo *repo, const struct pk_oid *from_tree,
			  const struct pk_snapshot *to, struct pk_tree_diff *ret, struct pk_err *err);

/* Schema files, one an object, as `import` writes them: path below db/schema -> text. */
struct pk_schema_file {
	char *path, *text;
};
struct pk_schema_files {
	struct pk_schema_file *items;
	size_t n, cap;
};
#define PK_SCHEMA_FILES_INIT { 0 }
void pk_schema_files_release(struct pk_schema_files *files);
/* role: who loads them, so that what is not its own names its owner; NULL: the database's owner. */
void pk_snapshot_to_files(const struct pk_snapshot *snapshot, const char *role, struct pk_schema_files *ret);

#endif
