#include "catalog/kind.h"
#include "catalog_sql.h"

enum { LABELS };
static const char *const attrs[] = { "labels" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	const char *labels = pk_attr_joined(s, pk_attr(o, LABELS));

	pk_emit(s, "CREATE TYPE %s AS ENUM (%s)", o->ident, labels ? labels : "");
}

/* True when all old labels stand in the new list in the same order, so that the others can be added. */
static bool only_adds(const char *const *old, size_t n_old, const char *const *new, size_t n_new)
{
	size_t i = 0;

	for (size_t j = 0; j < n_new && i < n_old; j++) {
		if (strcmp(old[i], new[j]) == 0)
			i++;
	}
	return i == n_old;
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *const *old, *const *new;
	size_t n_old = pk_attr_list(s, pk_attr(from, LABELS), &old);
	size_t n_new = pk_attr_list(s, pk_attr(to, LABELS), &new);

	if (!only_adds(old, n_old, new, n_new))
		return pk_anew(s, PK_RETYPE, "values go, or change their order");
	for (size_t i = 0, j = 0; j < n_new; j++) {
		struct pk_stmt *stmt;

		if (i < n_old && strcmp(old[i], new[j]) == 0) {
			i++;
			continue;
		}
		if (i == n_old)
			stmt = pk_emit(s, "ALTER TYPE %s ADD VALUE %s", to->ident, new[j]);
		else
			stmt = pk_emit(s, "ALTER TYPE %s ADD VALUE %s BEFORE %s", to->ident, new[j], old[i]);
		/* A new value cannot be used in the transaction that added it. */
		stmt->usable_later = new[j];
		stmt->note = "a new value can be used only after a commit; values cannot be removed again in place";
	}
	return PK_ALTERED;
}

const struct pk_kind pk_kind_enum = {
	.if_any = "pg_type WHERE typtype = 'e' AND oid >= 16384",
	.name = "enum", .sql_name = "TYPE", .folder = "enums", .query = pk_sql_enum, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 4, .grant_on = "TYPE", .owned = true, .relation_name = true, .no_relation = true, .type = true, .grows = true,
	.create = create, .alter = alter, .drop = pk_drop_plain, .set_aside = pk_set_aside_type,
	.rename = pk_rename_itself, .inside = "value", .inside_attr = LABELS + 1,
};
