#include "catalog/kind.h"
#include "catalog_sql.h"

/* FIXED is NULL for a shell; what follows it can be changed. */
enum { FIXED, RECEIVE, SEND, TYPMOD_IN, TYPMOD_OUT, ANALYZE, SUBSCRIPT, STORAGE };
static const char *const attrs[] = { "fixed", "receive", "send", "typmod_in", "typmod_out", "analyze", "subscript",
				     "storage" };

static void make(struct pk_script *s, const struct pk_object *o)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_addf(&sql, "CREATE TYPE %s (\n    %s", o->ident, pk_attr(o, FIXED));
	for (int i = FIXED + 1; i <= STORAGE; i++)
		if (pk_attr(o, i))
			pk_buf_addf(&sql, ",\n    %s", pk_attr(o, i));
	pk_emit_super(s, "%s\n)", sql.ptr);
}

/* In a plan the shell is an object of its own; elsewhere it is said here. */
static void create(struct pk_script *s, const struct pk_object *o)
{
	if (s->files || (s->canonical && !pk_attr(o, FIXED)))
		pk_emit_super(s, "CREATE TYPE %s", o->ident);
	if (pk_attr(o, FIXED))
		make(s, o);
}

/* "RECEIVE = f": the word before the sign, and what stands for none. */
static void add_change(const struct pk_object *from, const struct pk_object *to, int attr, struct pk_buf *set)
{
	const char *old = pk_attr(from, attr), *new = pk_attr(to, attr);

	if (pk_streq(old, new))
		return;
	pk_buf_add(set, set->len ? ", " : "");
	if (new)
		pk_buf_add(set, new);
	else
		pk_buf_addf(set, "%.*s= NONE", (int)strcspn(old, "="), old);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	PK_AUTO(pk_buf) set = PK_BUF_INIT;

	if (!pk_attr(from, FIXED)) {
		make(s, to);
		return PK_ALTERED;
	}
	/* Values may be stored out of line already, which a plain type never allows. */
	if (pk_attr_changed(from, to, FIXED) ||
	    (pk_attr_changed(from, to, STORAGE) && pk_streq(pk_attr(to, STORAGE), "STORAGE = plain")))
		return PK_RETYPE;
	for (int i = FIXED + 1; i <= STORAGE; i++)
		add_change(from, to, i, &set);
	pk_emit_super(s, "ALTER TYPE %s SET (%s)", to->ident, set.ptr);
	return PK_ALTERED;
}

/* Its functions and it need one another, so they go with it; whatever else used them has gone before. */
static void drop(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "DROP TYPE %s%s", o->ident, pk_attr(o, FIXED) ? " CASCADE" : "");
}

/* With its functions, which stand aside as it does. */
static void drop_aside(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)to;
	pk_emit(s, "DROP TYPE %s CASCADE", pk_aside_ident(s, from));
}

bool pk_type_has_default(const struct pk_object *type, const char *text)
{
	if (!pk_is_type(text, type) || pk_find_outside(text + strlen(type->ident), "[]"))
		return false;
	if (type->kind == &pk_kind_domain)
		return pk_domain_default(type);
	return type->kind == &pk_kind_base_type && pk_attr(type, FIXED) && pk_find_outside(pk_attr(type, FIXED), "DEFAULT = ");
}

static bool is_shell(const struct pk_object *o)
{
	return !pk_attr(o, FIXED);
}

const struct pk_kind pk_kind_base_type = {
	.if_any = "pg_type WHERE oid >= 16384 AND (typtype = 'b' AND typarray <> 0 OR NOT typisdefined)",
	.name = "base_type", .sql_name = "TYPE", .folder = "types", .query = pk_sql_base_type, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 6, .grant_on = "TYPE", .owned = true, .relation_name = true, .no_relation = true, .type = true,
	.create = create, .alter = alter, .drop = drop, .set_aside = pk_set_aside_type, .drop_aside = drop_aside,
	.rename = pk_rename_itself, .keeps_name = is_shell,
};
