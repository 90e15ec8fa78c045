#include "catalog/kind.h"
#include "catalog_sql.h"

static const char *const attrs[] = { "definition" };

const struct pk_kind pk_kind_text_search_template = {
	.name = "text_search_template", .sql_name = "TEXT SEARCH TEMPLATE", .folder = "text_search",
	.query = pk_sql_text_search_template, .attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 9,
	.if_any = "pg_ts_template WHERE oid >= 16384",
	.superuser = true, .create = pk_create_defined, .alter = pk_alter_recreate, .drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
