#include "catalog/kind.h"
#include "catalog_sql.h"

enum { IS_PARTITION = PK_TABLE_IS_PARTITION, INHERITS = PK_TABLE_INHERITS, SERVER, OPTIONS };
static const char *const attrs[] = { "is_partition", "inherits", "server", "options" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	const char *inherits = pk_attr_joined(s, pk_attr(o, INHERITS));
	PK_AUTO(pk_buf) list = PK_BUF_INIT;

	pk_table_parts(s, o, false, &list);
	pk_emit(s, "CREATE FOREIGN TABLE %s (%s%s)%s%s%s\nSERVER %s%s", o->ident, list.ptr, list.len ? "\n" : "",
		inherits ? "\nINHERITS (" : "", inherits ? inherits : "", inherits ? ")" : "", pk_attr(o, SERVER),
		pk_foreign_options(s, pk_attr(o, OPTIONS)));
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr_changed(from, to, SERVER))
		return PK_RECREATE;
	if (!pk_attr_changed(from, to, OPTIONS))
		return PK_SAME;
	pk_emit(s, "ALTER FOREIGN TABLE %s%s", to->ident,
		pk_foreign_options_change(s, pk_attr(from, OPTIONS), pk_attr(to, OPTIONS)));
	return PK_ALTERED;
}

const struct pk_kind pk_kind_foreign_table = {
	.name = "foreign_table", .sql_name = "FOREIGN TABLE", .folder = "foreign_data", .query = pk_sql_foreign_table,
	.if_any = "pg_foreign_table",
	.attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 10, .lock_alter = "ACCESS EXCLUSIVE",
	.lock_drop = "ACCESS EXCLUSIVE", .grant_on = "TABLE", .owned = true, .relation_name = true, .columns_apart = true,
	.foreign = true, .reaction = pk_table_reaction, .tie = pk_table_parents, .tie_same = pk_table_parents_same,
	.untie = pk_table_leave_parents, .late = pk_table_join_parents,
	.create = create, .alter = alter, .drop = pk_drop_plain, .rename = pk_rename_itself,
};
