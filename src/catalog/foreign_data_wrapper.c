#include "catalog/kind.h"
#include "catalog_sql.h"

enum { HANDLER, VALIDATOR, OPTIONS };
static const char *const attrs[] = { "handler", "validator", "options" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_addf(&sql, "CREATE FOREIGN DATA WRAPPER %s", o->ident);
	if (pk_attr(o, HANDLER))
		pk_buf_addf(&sql, " HANDLER %s", pk_attr(o, HANDLER));
	if (pk_attr(o, VALIDATOR))
		pk_buf_addf(&sql, " VALIDATOR %s", pk_attr(o, VALIDATOR));
	pk_emit_super(s, "%s%s", sql.ptr, pk_foreign_options(s, pk_attr(o, OPTIONS)));
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	static const char *const words[] = { "HANDLER", "VALIDATOR" };
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	for (int i = HANDLER; i <= VALIDATOR; i++) {
		if (!pk_attr_changed(from, to, i))
			continue;
		if (pk_attr(to, i))
			pk_buf_addf(&sql, " %s %s", words[i], pk_attr(to, i));
		else
			pk_buf_addf(&sql, " NO %s", words[i]);
	}
	pk_emit_super(s, "ALTER FOREIGN DATA WRAPPER %s%s%s", to->ident, sql.ptr,
		pk_foreign_options_change(s, pk_attr(from, OPTIONS), pk_attr(to, OPTIONS)));
	return PK_ALTERED;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	pk_emit_super(s, "DROP FOREIGN DATA WRAPPER %s", o->ident);
}

const struct pk_kind pk_kind_foreign_data_wrapper = {
	.name = "foreign_data_wrapper", .sql_name = "FOREIGN DATA WRAPPER", .folder = "foreign_data",
	.query = pk_sql_foreign_data_wrapper, .attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 9,
	.if_any = "pg_foreign_data_wrapper",
	.grant_on = "FOREIGN DATA WRAPPER", .create = create, .alter = alter, .drop = drop, .rename = pk_rename_itself,
};
