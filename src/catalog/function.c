#include "catalog/kind.h"
#include "catalog_sql.h"

enum { ROUTINE, DEFINITION, SHAPE, DEFAULTS, PARSED_BODY };
static const char *const attrs[] = { "routine", "definition", "shape", "defaults", "parsed_body" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	const char *definition = pk_attr(o, DEFINITION);
	size_t len = strlen(definition);

	while (len && (definition[len - 1] == '\n' || definition[len - 1] == ' '))
		len--;
	pk_emit(s, "%.*s", (int)len, definition);
}

/* CREATE OR REPLACE keeps the kind, the result, the names of arguments and cannot take defaults away. */
static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr_changed(from, to, SHAPE) || atoi(pk_attr(from, DEFAULTS)) > atoi(pk_attr(to, DEFAULTS)))
		return PK_RECREATE;
	create(s, to);
	return PK_ALTERED;
}

const struct pk_kind pk_kind_function = {
	.name = "function", .sql_name = "FUNCTION", .sql_name_attr = ROUTINE + 1, .folder = "functions",
	.query = pk_sql_function, .attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 8, .grant_on = "FUNCTION",
	.owned = true, .routine = true, .blocks_type_change = true, .create = create, .alter = alter, .drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
