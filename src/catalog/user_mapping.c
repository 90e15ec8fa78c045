/*
 * User mappings, without secrets: options that look like one never enter the picture, hence neither
 * files nor output. What is made here has to be told its password by hand, once.
 */
#include "catalog/kind.h"
#include "catalog_sql.h"

enum { OPTIONS };
static const char *const attrs[] = { "options" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "CREATE USER MAPPING %s%s", o->ident, pk_foreign_options(s, pk_attr(o, OPTIONS)))->note =
		"without a password: set it by hand where one is needed";
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	pk_emit(s, "ALTER USER MAPPING %s%s", to->ident,
		pk_foreign_options_change(s, pk_attr(from, OPTIONS), pk_attr(to, OPTIONS)));
	return PK_ALTERED;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "DROP USER MAPPING %s", o->ident)->lost = "the password";
}

const struct pk_kind pk_kind_user_mapping = {
	.name = "user_mapping", .sql_name = "USER MAPPING", .folder = "foreign_data", .query = pk_sql_user_mapping,
	.attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 9, .carried = true, .create = create, .alter = alter, .drop = drop,
};
