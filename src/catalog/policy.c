#include "catalog/kind.h"
#include "catalog_sql.h"

enum { COMMAND, ROLES, USING_EXPR, CHECK_EXPR };
static const char *const attrs[] = { "command", "roles", "using_expr", "check_expr" };

static void add_body(struct pk_buf *sql, const struct pk_object *o)
{
	pk_buf_addf(sql, "\n    TO %s", pk_attr(o, ROLES));
	if (pk_attr(o, USING_EXPR))
		pk_buf_addf(sql, "\n    USING (%s)", pk_attr(o, USING_EXPR));
	if (pk_attr(o, CHECK_EXPR))
		pk_buf_addf(sql, "\n    WITH CHECK (%s)", pk_attr(o, CHECK_EXPR));
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_addf(&sql, "CREATE POLICY %s %s", o->ident, pk_attr(o, COMMAND));
	add_body(&sql, o);
	pk_emit(s, "%s", sql.ptr);
}

/* ALTER POLICY can change expressions but not take one away, nor change the command. */
static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (pk_attr_changed(from, to, COMMAND) || (pk_attr(from, USING_EXPR) && !pk_attr(to, USING_EXPR)) ||
	    (pk_attr(from, CHECK_EXPR) && !pk_attr(to, CHECK_EXPR)))
		return PK_RECREATE;
	pk_buf_addf(&sql, "ALTER POLICY %s", to->ident);
	add_body(&sql, to);
	pk_emit(s, "%s", sql.ptr);
	return PK_ALTERED;
}

const struct pk_kind pk_kind_policy = {
	.opens_relations = true,
	.name = "policy", .sql_name = "POLICY", .folder = "policies", .query = pk_sql_policy, .attrs = attrs,
	.if_any = "pg_policy",
	.n_attrs = PK_COUNT(attrs), .rank = 21, .lock_create = "ACCESS EXCLUSIVE", .lock_alter = "ACCESS EXCLUSIVE", .lock_drop = "ACCESS EXCLUSIVE", .blocks_type_change = true, .create = create, .alter = alter, .drop = pk_drop_plain,
	.rename = pk_rename_itself, .named_freely = true,
};
