/*
 * A table in a publication. It goes with either; a column that it names cannot change its type or go, and what
 * it says of the table can only be said anew.
 */
#include "catalog/kind.h"
#include "catalog_sql.h"

enum { RELATION, COLUMNS, FILTER, SUPERUSER };
static const char *const attrs[] = { "relation", "columns", "filter", "superuser" };

static void change(struct pk_script *s, const struct pk_object *o, const char *verb, const char *how)
{
	struct pk_stmt *stmt = pk_emit(s, "ALTER PUBLICATION %s %s TABLE ONLY %s%s", o->parent->ident, verb,
				       pk_attr(o, RELATION), how);

	stmt->superuser = pk_attr(o, SUPERUSER) != NULL;
	stmt->lock = "SHARE UPDATE EXCLUSIVE";
	for (size_t i = 0; i < o->n_deps; i++) {
		if (o->deps[i]->kind->columns_apart)
			stmt->about = o->deps[i];
	}
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	PK_AUTO(pk_buf) how = PK_BUF_INIT;

	if (pk_attr(o, COLUMNS))
		pk_buf_addf(&how, " (%s)", pk_attr(o, COLUMNS));
	if (pk_attr(o, FILTER))
		pk_buf_addf(&how, " WHERE (%s)", pk_attr(o, FILTER));
	change(s, o, "ADD", how.ptr);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)s;
	return pk_attr_changed(from, to, COLUMNS) || pk_attr_changed(from, to, FILTER) ? PK_RECREATE : PK_SAME;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	change(s, o, "DROP", "");
}

const struct pk_kind pk_kind_publication_table = {
	.if_any = "pg_publication_rel",
	.name = "publication_table", .sql_name = "", .query = pk_sql_publication_table, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 26, .blocks_type_change = true, .carried = true, .linked = true,
	.create = create, .alter = alter, .drop = drop,
};
