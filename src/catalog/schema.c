#include "catalog/kind.h"
#include "catalog_sql.h"

enum { GRANTED };
static const char *const attrs[] = { "granted" };

/* public comes with every database, so it is only made where somebody dropped it, and what everybody could do there. */
static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "CREATE SCHEMA %s%s", s->files ? "IF NOT EXISTS " : "", o->ident);
	if (pk_attr(o, GRANTED) && s->files && !o->comment)
		pk_emit(s, "COMMENT ON SCHEMA %s IS NULL", o->ident);
	if (pk_attr(o, GRANTED) && !s->files && !s->canonical)
		pk_emit(s, "GRANT %s ON SCHEMA %s TO PUBLIC", pk_attr(o, GRANTED), o->ident);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)s, (void)from, (void)to;
	return PK_ALTERED;
}

const struct pk_kind pk_kind_schema = {
	.name = "schema", .sql_name = "SCHEMA", .folder = "schemas", .query = pk_sql_schema, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 0, .grows = true,
	.grant_on = "SCHEMA", .owned = true, .stays = true, .create = create, .alter = alter, .drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
