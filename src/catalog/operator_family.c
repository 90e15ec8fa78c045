#include "catalog/kind.h"
#include "catalog_sql.h"

enum { MEMBERS };
static const char *const attrs[] = { "members" };

/* Parts of a member. */
enum { TEXT, PLACE };

static void change(struct pk_script *s, const struct pk_object *o, const char *word, const struct pk_buf *list)
{
	if (list->len)
		pk_emit_super(s, "ALTER OPERATOR FAMILY %s %s%s", o->ident, word, list->ptr);
}

static void add(struct pk_buf *list, const char *member)
{
	pk_buf_addf(list, "%s\n    %s", list->len ? "," : "", member);
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	const char *const *members;
	size_t n = pk_attr_list(s, pk_attr(o, MEMBERS), &members);
	PK_AUTO(pk_buf) list = PK_BUF_INIT;

	pk_emit_super(s, "CREATE OPERATOR FAMILY %s", o->ident);
	for (size_t i = 0; i < n; i++)
		add(&list, pk_item_part(s, members[i], TEXT));
	change(s, o, "ADD", &list);
}

static bool has(const char *const *members, size_t n, const char *member)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(members[i], member) == 0)
			return true;
	return false;
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *const *old, *const *new;
	size_t n_old = pk_attr_list(s, pk_attr(from, MEMBERS), &old), n_new = pk_attr_list(s, pk_attr(to, MEMBERS), &new);
	PK_AUTO(pk_buf) gone = PK_BUF_INIT;
	PK_AUTO(pk_buf) added = PK_BUF_INIT;

	for (size_t i = 0; i < n_old; i++)
		if (!has(new, n_new, old[i]))
			add(&gone, pk_item_part(s, old[i], PLACE));
	for (size_t i = 0; i < n_new; i++)
		if (!has(old, n_old, new[i]))
			add(&added, pk_item_part(s, new[i], TEXT));
	change(s, to, "DROP", &gone);
	change(s, to, "ADD", &added);
	return PK_ALTERED;
}

const struct pk_kind pk_kind_operator_family = {
	.name = "operator_family", .sql_name = "OPERATOR FAMILY", .folder = "operators", .query = pk_sql_operator_family,
	.if_any = "pg_opfamily WHERE oid >= 16384",
	.attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 9, .owned = true,
	.create = create, .alter = alter, .drop = pk_drop_plain,
};
