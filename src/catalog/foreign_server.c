#include "catalog/kind.h"
#include "catalog_sql.h"

enum { TYPE, VERSION, WRAPPER, OPTIONS };
static const char *const attrs[] = { "type", "version", "wrapper", "options" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_addf(&sql, "CREATE SERVER %s", o->ident);
	if (pk_attr(o, TYPE))
		pk_buf_addf(&sql, " TYPE %s", pk_attr(o, TYPE));
	if (pk_attr(o, VERSION))
		pk_buf_addf(&sql, " VERSION %s", pk_attr(o, VERSION));
	pk_emit(s, "%s FOREIGN DATA WRAPPER %s%s", sql.ptr, pk_attr(o, WRAPPER), pk_foreign_options(s, pk_attr(o, OPTIONS)));
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (pk_attr_changed(from, to, TYPE) || pk_attr_changed(from, to, WRAPPER))
		return PK_RECREATE;
	if (pk_attr_changed(from, to, VERSION))
		pk_buf_addf(&sql, " VERSION %s", pk_attr(to, VERSION) ? pk_attr(to, VERSION) : "NULL");
	pk_emit(s, "ALTER SERVER %s%s%s", to->ident, sql.ptr,
		pk_foreign_options_change(s, pk_attr(from, OPTIONS), pk_attr(to, OPTIONS)));
	return PK_ALTERED;
}

const struct pk_kind pk_kind_foreign_server = {
	.name = "server", .sql_name = "SERVER", .folder = "foreign_data", .query = pk_sql_foreign_server, .attrs = attrs,
	.if_any = "pg_foreign_server",
	.n_attrs = PK_COUNT(attrs), .rank = 9, .grant_on = "FOREIGN SERVER", .owned = true,
	.create = create, .alter = alter, .drop = pk_drop_plain, .rename = pk_rename_itself,
};
