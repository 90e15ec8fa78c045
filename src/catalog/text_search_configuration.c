#include "catalog/kind.h"
#include "catalog_sql.h"

enum { PARSER, MAPPINGS };
static const char *const attrs[] = { "parser", "mappings" };

static void map(struct pk_script *s, const struct pk_object *o, const char *verb, const char *item)
{
	pk_emit(s, "ALTER TEXT SEARCH CONFIGURATION %s %s MAPPING FOR %s WITH %s", o->ident, verb, pk_item_part(s, item, 0),
		pk_item_part(s, item, 1));
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	const char *const *items;
	size_t n = pk_attr_list(s, pk_attr(o, MAPPINGS), &items);

	pk_emit(s, "CREATE TEXT SEARCH CONFIGURATION %s (PARSER = %s)", o->ident, pk_attr(o, PARSER));
	for (size_t i = 0; i < n; i++)
		map(s, o, "ADD", items[i]);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *const *old, *const *new;
	size_t n_old = pk_attr_list(s, pk_attr(from, MAPPINGS), &old);
	size_t n_new = pk_attr_list(s, pk_attr(to, MAPPINGS), &new);

	if (pk_attr_changed(from, to, PARSER))
		return PK_RECREATE;
	for (size_t i = 0; i < n_old; i++) {
		if (!pk_item_find(s, new, n_new, pk_item_part(s, old[i], 0)))
			pk_emit(s, "ALTER TEXT SEARCH CONFIGURATION %s DROP MAPPING FOR %s", to->ident,
				pk_item_part(s, old[i], 0));
	}
	for (size_t i = 0; i < n_new; i++) {
		const char *same = pk_item_find(s, old, n_old, pk_item_part(s, new[i], 0));

		if (!same || strcmp(same, new[i]) != 0)
			map(s, to, same ? "ALTER" : "ADD", new[i]);
	}
	return PK_ALTERED;
}

const struct pk_kind pk_kind_text_search_configuration = {
	.name = "text_search_configuration", .sql_name = "TEXT SEARCH CONFIGURATION", .folder = "text_search",
	.query = pk_sql_text_search_configuration, .attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 9, .owned = true,
	.if_any = "pg_ts_config WHERE oid >= 16384",
	.create = create, .alter = alter, .drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
