#include "catalog/kind.h"
#include "catalog_sql.h"

enum { DEFINITION, OPTIONS, ACCESS_METHOD, TABLESPACE, CLUSTERED_ON, EMPTY };
static const char *const attrs[] = { "definition", "options", "access_method", "tablespace", "clustered_on", "empty" };

/* A table that it reads, itself or through views; NULL: none is known. */
static const struct pk_object *table_read(const struct pk_object *o, int depth)
{
	for (size_t i = 0; i < o->n_deps && depth < 10; i++) {
		const struct pk_object *on = o->deps[i]->parent ? o->deps[i]->parent : o->deps[i];
		const struct pk_object *found = on == o			    ? NULL
						: on->kind == &pk_kind_table ? on
									     : table_read(on, depth + 1);

		if (found)
			return found;
	}
	return NULL;
}

/* Who can say when a foreign server answers? The rows of what reads it are fetched by hand. */
static bool reads_foreign(const struct pk_object *o, int depth)
{
	for (size_t i = 0; i < o->n_heirs && depth < 20; i++) {
		if (o->heirs[i]->kind->foreign || reads_foreign(o->heirs[i], depth + 1))
			return true;
	}
	for (size_t i = 0; i < o->n_deps && depth < 20 && !o->kind->columns_apart; i++) {
		const struct pk_object *on = o->deps[i]->parent ? o->deps[i]->parent : o->deps[i];

		if (on != o && (on->kind->foreign || reads_foreign(on, depth + 1)))
			return true;
	}
	return false;
}

static bool reads_empty(const struct pk_script *s, const struct pk_object *o, int depth);

/* Has it no rows yet, or will it have none? Whether it was ever filled is no part of the picture. */
static bool is_empty(const struct pk_script *s, const struct pk_object *o, int depth)
{
	const struct pk_object *before = pk_snapshot_find(s->from, o->key);

	if (o->kind == &pk_kind_matview && before && (pk_attr(before, EMPTY) || !s->comes(s, o)))
		return pk_attr(before, EMPTY) != NULL;
	return depth < 20 && reads_empty(s, o, depth + 1);
}

static bool reads_empty(const struct pk_script *s, const struct pk_object *o, int depth)
{
	for (size_t i = 0; i < o->n_deps; i++) {
		const struct pk_object *on = o->deps[i]->kind->part ? o->deps[i]->parent : o->deps[i];

		if (on != o && (on->kind == &pk_kind_matview || on->kind == &pk_kind_view) && is_empty(s, on, depth))
			return true;
	}
	return false;
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	bool empty = s->from && is_empty(s, o, 0), again = s->from && pk_snapshot_find(s->from, o->key);
	const char *options = pk_attr_joined(s, pk_attr(o, OPTIONS));
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	bool foreign = reads_foreign(o, 0);
	struct pk_stmt *stmt;

	pk_buf_addf(&sql, "CREATE MATERIALIZED VIEW %s", o->ident);
	if (pk_attr(o, ACCESS_METHOD))
		pk_buf_addf(&sql, " USING %s", pk_attr(o, ACCESS_METHOD));
	if (options)
		pk_buf_addf(&sql, " WITH (%s)", options);
	if (pk_attr(o, TABLESPACE))
		pk_buf_addf(&sql, " TABLESPACE %s", pk_attr(o, TABLESPACE));
	stmt = pk_emit(s, "%s AS\n%s%s", sql.ptr, pk_places_said(s, o), foreign || empty ? "\nWITH NO DATA" : "");
	stmt->about = table_read(o, 0);
	stmt->lock = "";
	stmt->scan = !foreign && !empty;
	stmt->note = foreign ? "without rows, which are elsewhere: REFRESH MATERIALIZED VIEW by hand" :
		     empty   ? "without rows, as it had none or reads what has none" :
		     again   ? "filled by its query, while those who read it wait for the transaction to end" :
			       "filled by its query; nobody waits for it";
}

static void refresh(struct pk_script *s, const struct pk_object *o)
{
	struct pk_stmt *stmt;

	if (reads_foreign(o, 0) || (s->from && is_empty(s, o, 0)))
		return;
	stmt = pk_emit(s, "REFRESH MATERIALIZED VIEW %s", o->ident);
	stmt->about = table_read(o, 0);
	stmt->lock = "";
	stmt->scan = true;
	stmt->note = "its rows came from what stood in for others: a circle";
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *what = pk_arena_printf(s->arena, "ALTER MATERIALIZED VIEW %s", to->ident);
	size_t before = s->n;

	if (pk_attr_changed(from, to, DEFINITION))
		return pk_anew(s, PK_RECREATE, "its query changes");
	if (pk_attr_changed(from, to, ACCESS_METHOD))
		return PK_RECREATE;
	if (pk_attr_changed(from, to, OPTIONS))
		pk_alter_options(s, what, pk_attr(from, OPTIONS), pk_attr(to, OPTIONS));
	if (pk_attr_changed(from, to, TABLESPACE))
		pk_emit(s, "%s SET TABLESPACE %s", what, pk_attr(to, TABLESPACE) ? pk_attr(to, TABLESPACE) : "pg_default")
			->rewrite = true;
	return s->n > before || pk_attr_changed(from, to, CLUSTERED_ON) ? PK_ALTERED : PK_SAME;
}

static void late(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	pk_late_cluster(s, from, to, CLUSTERED_ON, "MATERIALIZED VIEW");
}

const struct pk_kind pk_kind_matview = {
	.takes = "SELECT", .opens_relations = true, .places_attr = DEFINITION + 1,
	.if_any = "pg_class WHERE relkind = 'm'",
	.name = "materialized_view", .sql_name = "MATERIALIZED VIEW", .folder = "materialized_views",
	.query = pk_sql_matview, .attrs = attrs, .n_attrs = PK_COUNT(attrs), .state_attr = EMPTY + 1, .rank = 17, .lock_alter = "ACCESS EXCLUSIVE", .lock_drop = "ACCESS EXCLUSIVE", .grant_on = "TABLE", .owned = true,
	.relation_name = true, .keeps_rows = true, .late = late, .blocks_type_change = true, .create = create, .refresh = refresh, .alter = alter, .drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
