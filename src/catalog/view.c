#include "catalog/kind.h"
#include "catalog_sql.h"

enum { DEFINITION, OPTIONS, COLUMNS };
static const char *const attrs[] = { "definition", "options", "columns" };

static void create_as(struct pk_script *s, const struct pk_object *o, const char *verb)
{
	const char *options = pk_attr_joined(s, pk_attr(o, OPTIONS));

	pk_emit(s, "%s VIEW %s%s%s%s AS\n%s", verb, o->ident, options ? " WITH (" : "", options ? options : "",
		options ? ")" : "", pk_places_said(s, o));
}

/* Stands in for the view, with its columns and no rows, while what it shows needs the view. */
static void create_empty(struct pk_script *s, const struct pk_object *o, const char *verb)
{
	const char *const *items;
	size_t n = pk_attr_list(s, pk_attr(o, COLUMNS), &items);
	PK_AUTO(pk_buf) list = PK_BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		const char *collation = pk_item_part(s, items[i], 2);

		pk_buf_addf(&list, "%s\n    NULL::%s%s%s AS %s", i ? "," : "", pk_item_part(s, items[i], 1),
			    *collation ? " COLLATE " : "", collation, pk_item_part(s, items[i], 0));
	}
	pk_emit(s, "%s VIEW %s AS SELECT%s", verb, o->ident, list.ptr)->note = "for a moment without rows: a circle";
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	bool later = pk_tied_later(s, o);

	if (later)
		create_empty(s, o, "CREATE");
	if (!later || s->files)
		create_as(s, o, later ? "CREATE OR REPLACE" : "CREATE");
}

static const char *definition(const struct pk_object *o)
{
	return pk_attr(o, DEFINITION);
}

static bool uses(const struct pk_object *o, const struct pk_object *relation)
{
	(void)o, (void)relation;
	return true;
}

static void untie(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)to;
	create_empty(s, from, "CREATE OR REPLACE");
}

static void retie(struct pk_script *s, const struct pk_object *o)
{
	create_as(s, o, "CREATE OR REPLACE");
}

/* CREATE OR REPLACE can only add columns at the end. */
static bool keeps_columns(const char *old, const char *new)
{
	size_t len;

	if (!old)
		return true;
	len = strlen(old);
	return new && strncmp(old, new, len) == 0 && (new[len] == '\0' || new[len] == PK_LIST_SEP);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (!keeps_columns(pk_attr(from, COLUMNS), pk_attr(to, COLUMNS)))
		return pk_anew(s, PK_RECREATE, "its columns change otherwise than by new ones at the end");
	if (pk_attr_changed(from, to, DEFINITION) || pk_attr_changed(from, to, COLUMNS))
		create_as(s, to, "CREATE OR REPLACE"); /* sets the options too */
	else
		pk_alter_options(s, pk_arena_printf(s->arena, "ALTER VIEW %s", to->ident), pk_attr(from, OPTIONS),
				 pk_attr(to, OPTIONS));
	return PK_ALTERED;
}

const struct pk_kind pk_kind_view = {
	.opens_relations = true, .places_attr = DEFINITION + 1,
	.if_any = "pg_class WHERE relkind = 'v' AND oid >= 16384",
	.name = "view", .sql_name = "VIEW", .folder = "views", .query = pk_sql_view, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 17, .lock_alter = "ACCESS EXCLUSIVE", .lock_drop = "ACCESS EXCLUSIVE", .grant_on = "TABLE", .owned = true, .relation_name = true,
	.tie = definition, .untie = untie, .retie = retie, .tie_uses = uses, .tie_in_files = true,
	.blocks_type_change = true, .create = create, .alter = alter, .drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
