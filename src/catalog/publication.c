#include "catalog/kind.h"
#include "catalog_sql.h"

enum { ALL_TABLES, PUBLISH, VIA_ROOT, GENERATED, SUPERUSER };
static const char *const attrs[] = { "all_tables", "publish", "via_root", "generated", "superuser" };

static const struct {
	const char *name, *value;
} usual[] = {
	[PUBLISH] = { "publish", "'insert, update, delete, truncate'" },
	[VIA_ROOT] = { "publish_via_partition_root", "false" },
	[GENERATED] = { "publish_generated_columns", "none" },
};

/* Options that are not the same as before; from NULL: as the server sets them. */
static const char *options(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	for (int i = PUBLISH; i <= GENERATED; i++) {
		const char *before = from ? pk_attr(from, i) : usual[i].value, *value = pk_attr(to, i);

		if (value && !pk_streq(before, value))
			pk_buf_addf(&out, "%s%s = %s", out.len ? ", " : "", usual[i].name, value);
	}
	return pk_arena_strdup(s->arena, out.ptr);
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	const char *with = options(s, NULL, o);

	pk_emit(s, "CREATE PUBLICATION %s%s%s%s%s", o->ident, pk_attr(o, ALL_TABLES), *with ? " WITH (" : "", with,
		*with ? ")" : "")->superuser = *pk_attr(o, ALL_TABLES);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *with = options(s, from, to);

	if (pk_attr_changed(from, to, ALL_TABLES) || pk_attr_changed(from, to, SUPERUSER))
		return PK_RECREATE;
	if (!*with) /* an older server lacks an option */
		return PK_SAME;
	pk_emit(s, "ALTER PUBLICATION %s SET (%s)", to->ident, with)->superuser = pk_attr(to, SUPERUSER) != NULL;
	return PK_ALTERED;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "DROP PUBLICATION %s", o->ident)->superuser = pk_attr(o, SUPERUSER) != NULL;
}

const struct pk_kind pk_kind_publication = {
	.name = "publication", .sql_name = "PUBLICATION", .folder = "publications", .query = pk_sql_publication,
	.if_any = "pg_publication",
	.attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 25, .owned = true, .superusers_attr = SUPERUSER + 1,
	.carried = true, .create = create, .alter = alter, .drop = drop, .rename = pk_rename_itself,
};
