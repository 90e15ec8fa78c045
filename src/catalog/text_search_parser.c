#include "catalog/kind.h"
#include "catalog_sql.h"

static const char *const attrs[] = { "definition" };

const struct pk_kind pk_kind_text_search_parser = {
	.name = "text_search_parser", .sql_name = "TEXT SEARCH PARSER", .folder = "text_search",
	.query = pk_sql_text_search_parser, .attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 9,
	.if_any = "pg_ts_parser WHERE oid >= 16384",
	.superuser = true, .create = pk_create_defined, .alter = pk_alter_recreate, .drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
