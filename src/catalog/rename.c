/* New names for what stays. */
#include "catalog/kind.h"
#include "pg/conn.h"

const char *pk_ident_named(struct pk_script *s, const struct pk_object *o, const char *name)
{
	PK_AUTO(pk_buf) own = PK_BUF_INIT;
	PK_AUTO(pk_buf) new = PK_BUF_INIT;
	const char *schema = o->parent && !o->kind->relation_name ? NULL : o->schema;

	pk_buf_add_qualified(&own, schema, o->name);
	pk_buf_add_qualified(&new, schema, name);
	/* What follows the name: the arguments of a function, "ON table". */
	return pk_arena_printf(s->arena, "%s%s", new.ptr, pk_starts_with(o->ident, own.ptr) ? o->ident + own.len : "");
}

static const char *quoted(struct pk_script *s, const char *name)
{
	PK_AUTO(pk_buf) ident = PK_BUF_INIT;

	pk_buf_add_ident(&ident, name);
	return pk_arena_strdup(s->arena, ident.ptr);
}

void pk_rename_itself(struct pk_script *s, const struct pk_object *o, const char *from, const char *to)
{
	struct pk_stmt *stmt = pk_emit(s, "ALTER %s %s RENAME TO %s", pk_sql_name(o), pk_ident_named(s, o, from), quoted(s, to));

	stmt->lock = o->parent && o->kind->relation_name ? "" : "ACCESS EXCLUSIVE"; /* of an index: nothing of its table */
}

void pk_rename_in_parent(struct pk_script *s, const struct pk_object *o, const char *from, const char *to)
{
	struct pk_stmt *stmt = pk_emit(s, "ALTER %s %s RENAME %s %s TO %s", pk_sql_name(o->parent), o->parent->ident,
				       o->parent->kind->type ? "ATTRIBUTE" : pk_sql_name(o), quoted(s, from), quoted(s, to));

	stmt->lock = "ACCESS EXCLUSIVE";
}
