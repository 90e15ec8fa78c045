/* What there is to know of the columns of a source before they are masked. */
#ifndef PK_CLONE_MASK_FACTS_H
#define PK_CLONE_MASK_FACTS_H

#include "clone/fake.h"
#include "pg/conn.h"

struct pk_mask_column {
	size_t table; /* index */
	int number;   /* attnum */
	char *name;
	char *type; /* at the bottom of domains, as SQL, without a length */
	char category;	 /* typcategory of that */
	char *collation; /* as SQL; NULL: none, or the database's */
	int length;	 /* in characters; 0: any */
	enum pk_fake_unique unique;
	bool folds, not_null, generated;
	/* for whoever decides about masks */
	const char *expr; /* borrowed; NULL: none */
	const char *own;  /* what the column is called there */
	size_t group;	  /* index of another column of its group, or of itself */
};
struct pk_mask_table {
	uint32_t oid, root; /* root: what it is a part of in the end, or itself */
	char *schema, *name;
	struct pk_strv names; /* "schema.table": its own, then those of what it is a partition or heir of */
	size_t first, n;      /* its columns */
	bool has_rows;	      /* partitioned tables have none themselves */
};
struct pk_mask_key {
	size_t from, to; /* columns */
};
struct pk_mask_facts {
	struct pk_mask_table *tables; /* by oid */
	struct pk_mask_column *columns;
	struct pk_mask_key *keys; /* foreign keys, a column each */
	struct pk_mask_key *same; /* a column, and that of its parent */
	size_t n_tables, n_columns, n_keys, n_same;
};
#define PK_MASK_FACTS_INIT { 0 }
void pk_mask_facts_release(struct pk_mask_facts *facts);
/* Its own name matches, or that of what it is a part of: over schema.table where the pattern has a dot, else over the name. */
bool pk_mask_table_is(const struct pk_mask_table *table, const char *pattern);
/* NULL: it has none of that name. */
const struct pk_mask_column *pk_mask_column_find(const struct pk_mask_facts *facts, const struct pk_mask_table *table,
						 const char *name);
int pk_mask_facts_read(struct pk_conn *source, struct pk_mask_facts *ret, struct pk_err *err);

#endif
