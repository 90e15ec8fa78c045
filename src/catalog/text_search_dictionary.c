#include "base/strv.h"
#include "catalog/kind.h"
#include "catalog_sql.h"

enum { TEMPLATE, OPTIONS };
static const char *const attrs[] = { "template", "options" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "CREATE TEXT SEARCH DICTIONARY %s (TEMPLATE = %s%s%s)", o->ident, pk_attr(o, TEMPLATE),
		pk_attr(o, OPTIONS) ? ", " : "", pk_attr(o, OPTIONS) ? pk_attr(o, OPTIONS) : "");
}

/* The names in "name = 'value', "other name" = 'value'"; quotes inside quotes are doubled. */
static void option_names(const char *options, struct pk_strv *ret)
{
	const char *start = options;
	bool in_value = false;
	char quote = '\0';

	for (const char *p = options; p && *p; p++) {
		if (quote) {
			quote = *p == quote ? '\0' : quote;
		} else if (*p == '\'' || *p == '"') {
			quote = *p;
		} else if (*p == '=' && !in_value) {
			pk_strv_pushf(ret, "%.*s", (int)(p - 1 - start), start);
			in_value = true;
		} else if (*p == ',') {
			start = p + 2;
			in_value = false;
		}
	}
}

/* ALTER puts what it names behind what stays: all that shall be is named, in its order. */
static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	PK_AUTO(pk_strv) old = PK_STRV_INIT;
	PK_AUTO(pk_strv) new = PK_STRV_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (pk_attr_changed(from, to, TEMPLATE))
		return PK_RECREATE;
	option_names(pk_attr(from, OPTIONS), &old);
	option_names(pk_attr(to, OPTIONS), &new);
	for (size_t i = 0; i < old.n; i++) {
		if (!pk_strv_has(&new, old.items[i]))
			pk_buf_addf(&sql, "%s%s", sql.len ? ", " : "", old.items[i]);
	}
	if (pk_attr(to, OPTIONS))
		pk_buf_addf(&sql, "%s%s", sql.len ? ", " : "", pk_attr(to, OPTIONS));
	pk_emit(s, "ALTER TEXT SEARCH DICTIONARY %s (%s)", to->ident, sql.ptr);
	return PK_ALTERED;
}

const struct pk_kind pk_kind_text_search_dictionary = {
	.name = "text_search_dictionary", .sql_name = "TEXT SEARCH DICTIONARY", .folder = "text_search",
	.query = pk_sql_text_search_dictionary, .attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 9, .owned = true,
	.if_any = "pg_ts_dict WHERE oid >= 16384",
	.create = create, .alter = alter, .drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
