/* The parts of a check, for the files of this folder. */
#ifndef PK_CHECK_RULES_H
#define PK_CHECK_RULES_H

#include "base/arena.h"
#include "base/map.h"
#include "chain/chain.h"
#include "check/check.h"
#include "lint/usage.h"

/* The two trees that matter of one commit; "" where the folder is absent. */
struct pk_check_trees {
	struct pk_oid schema, migrations;
};

/* One entry of a migrations folder. */
struct pk_published {
	struct pk_oid oid;
	const char *where;  /* "origin/main", "prod": for messages */
	const struct pk_published *next; /* on another remote */
};

/* What is known of the outside, gathered once for all updates. */
struct pk_check_state {
	const struct pk_check_input *in;
	struct pk_check *ret;
	struct pk_arena arena;
	bool gathered;
	struct pk_map known;     /* "schema:migrations" trees that need no further look */
	struct pk_map published; /* "file oid" -> struct pk_published: on the remote's branches */
	struct pk_map by_file;   /* file -> one struct pk_published of it */
	struct pk_map deployed;  /* file -> struct pk_published, a list: run on remotes */
	struct pk_map walked;    /* migration trees gathered already */
	struct pk_map fresh;     /* "schema.table" that a migration makes which nobody has yet */
	struct pk_usage_source usage; /* of the default remote, as it was last read: a check connects to nobody */
	char *usage_remote;      /* NULL: there is no default one */
	struct pk_oid usage_commit; /* whose files are searched */
	const char *leave_out[3];
};

/* A reason but for its message. rule is static; file and fix are copied, and may be NULL. */
struct pk_fault {
	const char *rule, *file;
	int line; /* 0: the whole file */
	const char *fix;
	bool warning; /* or it forbids the push */
};
void pk_check_reason(struct pk_check *check, struct pk_fault fault, const char *fmt, ...) PK_PRINTF(3, 4);

/* Those of a commit, by any revision. */
int pk_check_trees(const struct pk_check_input *in, const char *rev, struct pk_check_trees *ret,
		   struct pk_err *err);
char *pk_check_key(const struct pk_check_trees *trees); /* "schema:migrations", ids; caller frees */

/* published.c: what was published already, and whether it stayed. */
int pk_check_gather(struct pk_check_state *state, struct pk_err *err);
int pk_check_gather_tree(struct pk_check_state *state, struct pk_map *to, const struct pk_oid *tree,
			 const char *where, struct pk_err *err);
/* A blob of B's migrations folder against what was published under the same name. */
int pk_check_edited(struct pk_check_state *state, const char *file, const struct pk_oid *oid,
		    struct pk_err *err);
/* Migrations of base (a tree) that are not among the commit's files. */
int pk_check_removed(struct pk_check_state *state, const struct pk_oid *base_tree, const char *where,
		     const struct pk_strv *files, const struct pk_chain *chain, struct pk_err *err);

/*
 * lossy.c: a migration that loses data, has no way back that could bring it back, and gives no reason. catalog: the schema
 * before it, or NULL. In the order of the chain.
 */
void pk_check_losses(struct pk_check_state *state, const struct pk_migration *m, const char *path,
		     const struct pk_lint_catalog *catalog);

/* agree.c: do schema files and migrations of a commit lead to the same schema? */
int pk_check_agree(struct pk_check_state *state, const char *commit, const struct pk_check_trees *trees,
		   const struct pk_chain *chain, struct pk_err *err);

#endif
