#include "catalog/kind.h"
#include "catalog_sql.h"

enum { QUOTED, HEAD, MEMBERS, TYPE };
static const char *const attrs[] = { "quoted", "head", "members", "type" };

/*
 * The family is always an object of its own, also where CREATE OPERATOR CLASS made it: nothing tells the
 * two apart afterwards.
 */
static void create(struct pk_script *s, const struct pk_object *o)
{
	const char *const *members;
	size_t n = pk_attr_list(s, pk_attr(o, MEMBERS), &members);
	PK_AUTO(pk_buf) list = PK_BUF_INIT;

	for (size_t i = 0; i < n; i++)
		pk_buf_addf(&list, "%s\n    %s", i ? "," : "", members[i]);
	if (!n)
		pk_buf_addf(&list, "\n    STORAGE %s", pk_attr(o, TYPE)); /* something must stand here; it says nothing */
	pk_emit_super(s, "CREATE OPERATOR CLASS %s %s AS%s", pk_attr(o, QUOTED), pk_attr(o, HEAD), list.ptr);
}

const struct pk_kind pk_kind_operator_class = {
	.sorts_by = &pk_kind_operator,
	.name = "operator_class", .sql_name = "OPERATOR CLASS", .folder = "operators", .query = pk_sql_operator_class,
	.if_any = "pg_opclass WHERE oid >= 16384",
	.attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 9, .owned = true,
	.create = create, .alter = pk_alter_recreate, .drop = pk_drop_plain,
};
