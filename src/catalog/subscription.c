/*
 * Subscriptions: what they are, never what they reach. One is made without connection and slot, switched off, and
 * is told both by hand on its server. So neither files nor output hold a password, and nothing of ours connects.
 */
#include "catalog/kind.h"
#include "catalog_sql.h"

enum { PUBLICATIONS, FIRST_OPTION };
static const char *const attrs[] = { "publications", "binary", "streaming", "synchronous_commit", "two_phase",
				     "disable_on_error", "password_required", "run_as_owner", "origin", "failover" };

/* As the server sets them; streaming it sets in another way from 18 on, so that is always said. */
static const struct {
	const char *value;
	bool for_good; /* it cannot be changed without a slot */
} usual[PK_COUNT(attrs)] = {
	[1] = { "false", false }, [3] = { "'off'", false },  [4] = { "false", true },  [5] = { "false", false },
	[6] = { "true", false },  [7] = { "false", false }, [8] = { "'any'", false }, [9] = { "false", true },
};

static void add_option(struct pk_buf *out, const struct pk_object *o, size_t i)
{
	pk_buf_addf(out, "%s%s = %s", out->len ? ", " : "", attrs[i], pk_attr(o, (int)i));
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	PK_AUTO(pk_buf) options = PK_BUF_INIT;

	pk_buf_add(&options, "connect = false, slot_name = NONE");
	for (size_t i = FIRST_OPTION; i < PK_COUNT(attrs); i++) {
		if (pk_attr(o, (int)i) && !pk_streq(pk_attr(o, (int)i), usual[i].value))
			add_option(&options, o, i);
	}
	pk_emit_super(s, "CREATE SUBSCRIPTION %s CONNECTION '' PUBLICATION %s WITH (%s)", o->ident, pk_attr(o, PUBLICATIONS),
		      options.ptr)->note = "switched off: tell it its connection and slot by hand, then enable it";
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	PK_AUTO(pk_buf) options = PK_BUF_INIT;

	if (pk_attr_changed(from, to, PUBLICATIONS))
		pk_emit_super(s, "ALTER SUBSCRIPTION %s SET PUBLICATION %s WITH (refresh = false)", to->ident,
			      pk_attr(to, PUBLICATIONS))->note = "refresh it by hand: ALTER SUBSCRIPTION ... REFRESH PUBLICATION";
	for (size_t i = FIRST_OPTION; i < PK_COUNT(attrs); i++) {
		if (!pk_attr(from, (int)i) || !pk_attr(to, (int)i) || !pk_attr_changed(from, to, (int)i))
			continue;
		if (usual[i].for_good)
			return PK_RECREATE;
		add_option(&options, to, i);
	}
	if (options.len)
		pk_emit_super(s, "ALTER SUBSCRIPTION %s SET (%s)", to->ident, options.ptr);
	return options.len || pk_attr_changed(from, to, PUBLICATIONS) ? PK_ALTERED : PK_SAME;
}

/* With its slot it could not go in a transaction, and would connect. */
static void drop(struct pk_script *s, const struct pk_object *o)
{
	struct pk_stmt *stmt;

	pk_emit_super(s, "ALTER SUBSCRIPTION %s DISABLE", o->ident);
	pk_emit_super(s, "ALTER SUBSCRIPTION %s SET (slot_name = NONE)", o->ident);
	stmt = pk_emit_super(s, "DROP SUBSCRIPTION %s", o->ident);
	stmt->lost = "the connection, and how far it had come";
	stmt->note = "its slot stays where it subscribes, and has to be dropped there by hand";
}

const struct pk_kind pk_kind_subscription = {
	.name = "subscription", .sql_name = "SUBSCRIPTION", .folder = "subscriptions", .query = pk_sql_subscription,
	.if_any = "pg_subscription",
	.attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 27, .carried = true, .shared = true,
	.create = create, .alter = alter, .drop = drop, .rename = pk_rename_itself,
};
