/*
 * Masks: what is copied in place of personal values. The settings say it, column by column:
 *
 *   [mask "public.users"]
 *           email = fake.email(email)
 *
 * The expression is closed (sql/closed.h), since it comes with a branch and runs on the source, where it
 * alone is what a column is selected as. A key is the column's name with '-' for '_', in any case; the table
 * is a pattern as the shell has them, over schema.table, and matches a partition by its parents' names too.
 * [mask "public.users.Full name"] with = ... says it of names that no key can be.
 */
#ifndef PK_CLONE_MASK_H
#define PK_CLONE_MASK_H

#include "git/config.h"
#include "pg/conn.h"

struct pk_mask_rule {
	char *pattern, *key, *expr;
};
struct pk_masks {
	struct pk_mask_rule *rules; /* later ones win */
	size_t n;
	struct pk_strv functions; /* postkit.maskFunction: of users, that expressions may call */
	char *key;		  /* of the fakes */
	bool required;		  /* mask.required */
};
#define PK_MASKS_INIT { 0 }
void pk_masks_release(struct pk_masks *masks);
/*
 * repo: where the key is kept (postkit.maskKey in .git/config), made when there are masks and none yet; NULL: a key
 * for this once.
 */
int pk_masks_read(const struct pk_config *config, const struct pk_repo *repo, struct pk_masks *ret, struct pk_err *err);
/* Everything that changes what a copy holds, as one word for comparing. Caller frees. */
void pk_masks_terms(const struct pk_masks *masks, struct pk_buf *ret);

/* A column that a setting says something of. */
struct pk_masked {
	uint32_t table; /* OID; ordinary tables, partitions each for itself */
	uint32_t root;	/* what it is a part of in the end; or itself */
	char *schema, *name, *column;
	char *expr; /* as the settings have it */
	char *sql;  /* over the columns of the table; NULL: the column as it is, on purpose */
	char *type; /* that it is cast to */
};
struct pk_masked_columns {
	struct pk_masked *items;
	size_t n;
	struct pk_strv unused; /* "table: key" of rules that match nothing here */
};
#define PK_MASKED_COLUMNS_INIT { 0 }
void pk_masked_columns_release(struct pk_masked_columns *columns);
/*
 * What the masks mean for the tables of the source. A column that refers to a masked one by a foreign key is masked
 * alike, unasked. Errors: a mask that is not allowed, cannot be computed, or cannot be held by its column. Only reads.
 */
int pk_masks_resolve(const struct pk_masks *masks, struct pk_conn *source, struct pk_masked_columns *ret,
		     struct pk_err *err);

#endif
