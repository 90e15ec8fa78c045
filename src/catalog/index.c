#include "catalog/kind.h"
#include "catalog_sql.h"

enum { QUOTED, DEFINITION, INVALID, TABLESPACE, PARENT_INDEX, STATISTICS };
static const char *const attrs[] = { "quoted", "definition", "invalid", "tablespace", "parent_index", "statistics" };

static bool partitioned(const struct pk_object *o)
{
	return pk_table_is_partitioned(o->parent);
}

static void set_statistics(struct pk_script *s, const struct pk_object *o)
{
	const char *const *items;
	size_t n = pk_attr_list(s, pk_attr(o, STATISTICS), &items);

	for (size_t i = 0; i < n; i++) {
		int column = 0, target = 0;

		if (sscanf(items[i], "%d %d", &column, &target) == 2)
			pk_emit(s, "ALTER INDEX %s ALTER COLUMN %d SET STATISTICS %d", o->ident, column, target);
	}
}

/*
 * pg_get_indexdef() says "CREATE [UNIQUE] INDEX name ON [ONLY] table ...". CONCURRENTLY goes behind
 * INDEX; in a plan ONLY goes away, so that the partitions' indexes, made before, are taken over.
 */
static const char *definition(struct pk_script *s, const struct pk_object *o, bool concurrently)
{
	const char *def = pk_attr(o, DEFINITION), *name = strstr(def, " INDEX ") + strlen(" INDEX ");
	const char *on = name + strlen(pk_attr(o, QUOTED)) + strlen(" ON ");
	const char *rest = !s->canonical && !s->files && pk_starts_with(on, "ONLY ") ? on + strlen("ONLY ") : on;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_addn(&sql, def, (size_t)(name - def));
	pk_buf_addf(&sql, "%s%s ON %s", concurrently ? "CONCURRENTLY " : "", pk_attr(o, QUOTED), rest);
	if (pk_attr(o, TABLESPACE)) {
		/* TABLESPACE stands before WHERE; the server's text leaves it out. */
		const char *where = strstr(sql.ptr, " WHERE ");

		if (!where)
			pk_buf_addf(&sql, " TABLESPACE %s", pk_attr(o, TABLESPACE));
	}
	return pk_arena_strdup(s->arena, sql.ptr);
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	bool online = pk_script_online(s, o->parent) && !partitioned(o);
	struct pk_stmt *stmt = pk_emit(s, "%s", definition(s, o, online));

	stmt->no_transaction = online;
	stmt->lock = online ? "SHARE UPDATE EXCLUSIVE" : "SHARE";
	stmt->about = o->parent;
	stmt->scan = true;
	if (online)
		stmt->note = "builds the index without blocking writes";
	if ((s->canonical || s->files) && pk_attr(o, PARENT_INDEX))
		pk_emit(s, "ALTER INDEX %s ATTACH PARTITION %s", pk_attr(o, PARENT_INDEX), o->ident);
	if (s->canonical && pk_attr(o, INVALID))
		pk_emit(s, "REINDEX INDEX %s", o->ident);
	set_statistics(s, o);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr_changed(from, to, DEFINITION) || pk_attr_changed(from, to, INVALID))
		return PK_RECREATE;
	if (pk_attr_changed(from, to, PARENT_INDEX)) {
		if (pk_attr(from, PARENT_INDEX))
			return PK_RECREATE;
		return PK_SAME; /* taken over when the parent's index is made or the partition attached */
	}
	if (pk_attr_changed(from, to, TABLESPACE))
		pk_emit(s, "ALTER INDEX %s SET TABLESPACE %s", to->ident,
			pk_attr(to, TABLESPACE) ? pk_attr(to, TABLESPACE) : "pg_default");
	if (pk_attr_changed(from, to, STATISTICS)) {
		if (!pk_attr(to, STATISTICS))
			return PK_RECREATE;
		set_statistics(s, to);
	}
	return PK_ALTERED;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	bool online = pk_script_online(s, o->parent) && !partitioned(o);
	struct pk_stmt *stmt = pk_emit(s, "DROP INDEX %s%s", online ? "CONCURRENTLY " : "", o->ident);

	stmt->no_transaction = online;
	stmt->lock = online ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";
	stmt->about = o->parent;
}

const struct pk_kind pk_kind_index = {
	.name = "index", .sql_name = "INDEX", .folder = "indexes", .query = pk_sql_index, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 14, .lock_drop = "ACCESS EXCLUSIVE", .relation_name = true, .shape = true,
	.parent_attr = PARENT_INDEX + 1, .create = create, .alter = alter, .drop = drop,
	.rename = pk_rename_itself, .named_freely = true, .named_attr = DEFINITION + 1,
};
