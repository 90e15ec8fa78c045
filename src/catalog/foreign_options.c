/* Options of foreign data: wrappers, servers, user mappings, tables and their columns. */
#include "catalog/kind.h"

static void add(struct pk_buf *out, const char *verb, const char *name, const char *value)
{
	pk_buf_addf(out, "%s%s%s%s%s", out->len ? ", " : "", verb, name, *value ? " " : "", value);
}

const char *pk_foreign_options(struct pk_script *s, const char *options)
{
	const char *const *items;
	size_t n = pk_attr_list(s, options, &items);
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	for (size_t i = 0; i < n; i++)
		add(&out, "", pk_item_part(s, items[i], 0), pk_item_part(s, items[i], 1));
	return n ? pk_arena_printf(s->arena, " OPTIONS (%s)", out.ptr) : "";
}

const char *pk_foreign_options_change(struct pk_script *s, const char *from, const char *to)
{
	const char *const *old, *const *new;
	size_t n_old = pk_attr_list(s, from, &old), n_new = pk_attr_list(s, to, &new);
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	for (size_t i = 0; i < n_old; i++) {
		if (!pk_item_find(s, new, n_new, pk_item_part(s, old[i], 0)))
			add(&out, "DROP ", pk_item_part(s, old[i], 0), "");
	}
	for (size_t i = 0; i < n_new; i++) {
		const char *name = pk_item_part(s, new[i], 0), *same = pk_item_find(s, old, n_old, name);

		if (!same || strcmp(same, new[i]) != 0)
			add(&out, same ? "SET " : "ADD ", name, pk_item_part(s, new[i], 1));
	}
	return out.len ? pk_arena_printf(s->arena, " OPTIONS (%s)", out.ptr) : "";
}
