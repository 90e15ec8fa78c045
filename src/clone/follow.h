/*
 * The schema of a copy brought to what its source's has become since, so that tables which have not changed keep their
 * rows. What to do is found by others (the diff is not known here); that it came to the same is checked by what pg_dump
 * says of both.
 */
#ifndef PK_CLONE_FOLLOW_H
#define PK_CLONE_FOLLOW_H

#include "clone/transfer.h"

/* What leads from one schema to another. */
struct pk_follow {
	struct pk_buf sql;	/* empty: they are the same */
	struct pk_strv touched; /* relations, as SQL names them, whose rows may be others for it, or that it makes */
	char *doubt; /* why rows cannot be kept through that, for people; NULL: they can */
};
#define PK_FOLLOW_INIT { .sql = PK_BUF_INIT }
void pk_follow_release(struct pk_follow *follow);

/*
 * Empties the tables of the target that have changed, and makes its schema the source's. structure: the source's;
 * changed: of each of the work's tables, whether it has to be copied; those that this touches are added. work: held, its
 * target open: a superuser's connection to a database of ours. *ret_doubt (caller frees): why it was not done.
 */
int pk_follow_run(struct pk_transfer_work *work, const struct pk_structure *structure, bool *changed, char **ret_doubt,
		  struct pk_err *err);
/*
 * Once all is done, and nobody holds the source any more. structure: what pg_dump says of the source
 * (pk_copied_structure()); *ret: whether the target's is the same.
 */
int pk_follow_check(struct pk_transfer_work *work, const char *structure, bool *ret, struct pk_err *err);

#endif
