#include "catalog/acl.h"
#include "catalog_sql.h"

/* acl.c builds the statements from these two. */
enum { PREFIX, ON_KIND, NOBODY };
static const char *const attrs[] = { "prefix", "on_kind", "nobody" };

bool pk_default_acl_is_void(const struct pk_object *acl)
{
	return pk_attr(acl, NOBODY);
}

/* All there is are the privileges, which are common to all kinds. */
static void create(struct pk_script *s, const struct pk_object *o)
{
	(void)s, (void)o;
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)s, (void)from, (void)to;
	return PK_ALTERED;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	pk_acl_change(s, o, o->grants, NULL);
}

const struct pk_kind pk_kind_default_acl = {
	.if_any = "pg_default_acl",
	.name = "default_privileges", .sql_name = "", .folder = "grants", .query = pk_sql_default_acl, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 30, .grant_on = "DEFAULT",
	.grant_prefix_attr = PREFIX + 1, .grant_name_attr = ON_KIND + 1, .stays = true, .create = create, .alter = alter, .drop = drop,
};
