/*
 * User mappings, without secrets: options that look like one are never read, so neither files nor output
 * hold them. What is made here has to be told its password by hand, once. The other options are who
 * somebody is elsewhere, and not everybody may see them: they are no part of the fingerprint, and compared
 * only where both sides show them.
 */
#include "catalog/kind.h"
#include "catalog_sql.h"

enum { OPTIONS, SEEN };
static const char *const attrs[] = { "options", "seen" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	const char *options = s->canonical ? "" : pk_foreign_options(s, pk_attr(o, OPTIONS));

	pk_emit(s, "CREATE USER MAPPING %s%s", o->ident, options)->note =
		"without a password: set it by hand where one is needed";
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (!pk_attr(from, SEEN) || !pk_attr(to, SEEN) || !pk_attr_changed(from, to, OPTIONS))
		return PK_SAME;
	pk_emit(s, "ALTER USER MAPPING %s%s", to->ident,
		pk_foreign_options_change(s, pk_attr(from, OPTIONS), pk_attr(to, OPTIONS)));
	return PK_ALTERED;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "DROP USER MAPPING %s", o->ident)->lost = "the password";
}

static const char *unseen(const struct pk_object *o)
{
	return pk_attr(o, SEEN) ? NULL : "options of the user mapping";
}

const struct pk_kind pk_kind_user_mapping = {
	.name = "user_mapping", .sql_name = "USER MAPPING", .folder = "foreign_data", .query = pk_sql_user_mapping,
	.if_any = "pg_user_mapping",
	.attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 9, .carried = true, .unseen = unseen, .create = create, .alter = alter, .drop = drop,
};
