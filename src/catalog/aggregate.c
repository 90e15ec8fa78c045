#include "catalog/kind.h"
#include "catalog_sql.h"

enum { ARGUMENTS, DEFINITION, SIGNATURE };
static const char *const attrs[] = { "arguments", "definition", "signature" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	const char *paren = strrchr(o->ident, '(');
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	/* The name alone: ident with the arguments cut off; they have parentheses of their own only inside quotes. */
	pk_buf_addn(&name, o->ident, (size_t)(paren - o->ident));
	pk_emit(s, "CREATE AGGREGATE %s(%s) (\n    %s\n)", name.ptr, pk_attr(o, ARGUMENTS), pk_attr(o, DEFINITION));
}

const struct pk_kind pk_kind_aggregate = {
	.name = "aggregate", .sql_name = "AGGREGATE", .folder = "functions", .query = pk_sql_aggregate, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 9, .grant_on = "FUNCTION",
	.grant_name_attr = SIGNATURE + 1, .owned = true, .routine = true,
	.create = create, .alter = pk_alter_recreate, .drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
