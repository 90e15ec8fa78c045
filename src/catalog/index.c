#include "catalog/share.h"
#include "catalog_sql.h"

enum { QUOTED, DEFINITION, INVALID, TABLESPACE, PARENT_INDEX, STATISTICS, PARTS };
static const char *const attrs[] = { "quoted", "definition", "invalid", "tablespace", "parent_index", "statistics", "parts" };

/* Would the server choose for the column, by itself, what it has for this type and its collation? */
static bool is_usual(const struct pk_object *column, const char *type, size_t len)
{
	const char *of_column = pk_column_type(column);

	if (pk_column_collation(column))
		return false;
	if (strcmp(of_column, "character varying") == 0)
		of_column = "text";
	return strlen(of_column) == len && strncmp(of_column, type, len) == 0;
}

/* "8 2", "3 0", "bigint": the columns and how they are sorted, and, of a key, of what type. False: cannot be told. */
static bool add_columns(const struct pk_object *table, const char *numbers, const char *sorted, const char *types,
			struct pk_buf *out)
{
	static const char *const orders[] = { "", " DESC NULLS LAST", " NULLS FIRST", " DESC" };
	bool key = true, first = true;
	char *next;

	for (; *numbers != PK_LIST_SEP; numbers = next + (*next == ' ')) {
		const struct pk_object *column = pk_column_at(table, strtol(numbers, &next, 10));
		size_t len = strcspn(types, "\x02");

		if (!column || (key && !is_usual(column, types, len)))
			return false;
		pk_buf_addf(out, "%s%s%s", first ? "" : ", ", pk_column_quoted(column), key ? orders[*sorted & 3] : "");
		first = false;
		if (!key)
			continue;
		sorted += sorted[1] == ' ' ? 2 : 1;
		types += len + (types[len] != '\0');
		if (!*types && *next == ' ') {
			pk_buf_add(out, ") INCLUDE (");
			key = false;
			first = true;
		}
	}
	return true;
}

/* The definition as pg_get_indexdef() would say it. */
static void complete(struct pk_arena *arena, struct pk_object *o, const struct pk_object *other)
{
	const char *unique = pk_attr(o, PARTS), *method, *numbers, *sorted, *types;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	(void)other;
	o->schema = o->parent->schema;
	o->ident = pk_arena_join(arena, pk_schema_of_ident(arena, o->parent->ident), '.', pk_attr(o, QUOTED));
	if (!unique)
		return;
	method = strchr(unique, PK_LIST_SEP) + 1;
	numbers = strchr(method, PK_LIST_SEP) + 1;
	sorted = strchr(numbers, PK_LIST_SEP) + 1;
	types = strchr(sorted, PK_LIST_SEP) + 1;
	o->attr[PARTS] = NULL; /* numbers are no matter of a schema */
	pk_buf_add(&sql, "CREATE ");
	pk_buf_addn(&sql, unique, (size_t)(method - 1 - unique));
	pk_buf_addf(&sql, "INDEX %s ON %s USING ", pk_attr(o, QUOTED), o->parent->ident);
	pk_buf_addn(&sql, method, (size_t)(numbers - 1 - method));
	pk_buf_add(&sql, " (");
	if (!add_columns(o->parent, numbers, sorted, types, &sql))
		return;
	pk_buf_addc(&sql, ')');
	o->attr[DEFINITION] = pk_arena_strndup(arena, sql.ptr, sql.len);
}

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

struct how {
	const char *name;
	bool concurrently;
	bool only; /* of a partitioned table: those of the partitions are attached one by one */
};

/* pg_get_indexdef() says "CREATE [UNIQUE] INDEX name ON [ONLY] table ... [WHERE ...]". */
static const char *definition(struct pk_script *s, const struct pk_object *o, const struct how *how)
{
	const char *def = pk_attr(o, DEFINITION), *name = strstr(def, " INDEX ") + strlen(" INDEX ");
	const char *on = name + strlen(pk_attr(o, QUOTED)) + strlen(" ON ");
	const char *rest = !how->only && pk_starts_with(on, "ONLY ") ? on + strlen("ONLY ") : on;
	const char *where = pk_find_outside(rest, " WHERE ");
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_addn(&sql, def, (size_t)(name - def));
	pk_buf_addf(&sql, "%s%s ON ", how->concurrently ? "CONCURRENTLY " : "", how->name);
	pk_buf_addn(&sql, rest, where ? (size_t)(where - rest) : strlen(rest));
	if (pk_attr(o, TABLESPACE))
		pk_buf_addf(&sql, " TABLESPACE %s", pk_attr(o, TABLESPACE));
	pk_buf_add(&sql, where ? where : "");
	return pk_arena_strdup(s->arena, sql.ptr);
}

/*
 * Are the shares made before, and attached? A foreign table cannot have one, so that the whole would never be valid:
 * then the server makes those that there are.
 */
static bool shares_are_there(const struct pk_object *o)
{
	if (o->comes_apart)
		return true;
	for (size_t i = 0; i < o->parent->n_heirs; i++) {
		if (o->parent->heirs[i]->kind->foreign)
			return false;
	}
	return partitioned(o) && o->parent->n_heirs > 0 && !o->parent->hides_heirs;
}

/* On a partitioned table nothing is built: its partitions' indexes, made before, become part of it. */
static void create_whole(struct pk_script *s, const struct pk_object *o)
{
	struct pk_stmt *stmt =
		pk_emit(s, "%s", definition(s, o, &(struct how){ .name = pk_attr(o, QUOTED), .only = true }));

	stmt->lock = "SHARE";
	stmt->about = o->parent;
	pk_share_attach_all(s, o);
}

static void build(struct pk_script *s, const struct pk_object *o, const char *name)
{
	bool online = pk_script_online(s, o->parent) && !partitioned(o);
	const struct how how = { .name = name, .concurrently = online, .only = s->canonical || s->files };
	struct pk_stmt *stmt = pk_emit(s, "%s", definition(s, o, &how));

	stmt->no_transaction = online;
	stmt->lock = online ? "SHARE UPDATE EXCLUSIVE" : "SHARE";
	stmt->heirs = partitioned(o) ? PK_ALL_HEIRS : PK_NO_HEIRS;
	stmt->about = o->parent;
	stmt->scan = true;
	if (online)
		stmt->note = "reads and writes go on while the index is built";
	else if (pk_script_online(s, o->parent))
		stmt->note = "writes wait while it is built, as there are partitions that cannot have an index of their own";
}

static void stand_beside(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)from;
	build(s, to, pk_beside_name(s, to));
	s->items[s->n - 1].note = "the old index serves queries until the new one is built";
}

static bool can_stand_beside(const struct pk_object *from, const struct pk_object *to)
{
	return !pk_attr(from, INVALID) && !partitioned(to);
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	if (s->beside) {
		struct pk_stmt *stmt =
			pk_emit(s, "ALTER INDEX %s RENAME TO %s", pk_beside_ident(s, o), pk_attr(o, QUOTED));

		stmt->own_transaction = true;
		stmt->lock = "";
	} else if (!s->canonical && !s->files && shares_are_there(o)) {
		create_whole(s, o);
	} else {
		build(s, o, pk_attr(o, QUOTED));
	}
	pk_share_attach_late(s, o);
	if (s->canonical || s->files)
		pk_share_attach_as_read(s, o);
	if (s->canonical && pk_attr(o, INVALID))
		pk_emit(s, "REINDEX INDEX %s", o->ident);
}

static void extras(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (!from)
		set_statistics(s, to);
}

/*
 * The server builds it again by itself, but of a partition's it forgets the name, the options and the comment: it
 * makes them after the whole's.
 */
static enum pk_reaction reaction(const struct pk_object *user, const struct pk_object *used, const struct pk_object *after,
				 enum pk_loss loss)
{
	(void)used, (void)after;
	if (loss != PK_LOSS_TYPE || pk_attr(user, PARENT_INDEX) || (partitioned(user) && user->parent->n_heirs))
		return PK_MADE_ANEW;
	return pk_attr(user, STATISTICS) ? PK_SAID_AGAIN : PK_UNTOUCHED;
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr_changed(from, to, DEFINITION) || pk_attr_changed(from, to, INVALID))
		return PK_RECREATE;
	if (pk_attr_changed(from, to, PARENT_INDEX)) {
		if (pk_attr(from, PARENT_INDEX))
			return PK_RECREATE;
		if (!pk_share_whole(from, pk_attr(to, PARENT_INDEX)))
			return PK_SAME; /* taken over when the parent's index is made or the partition attached */
		pk_share_attach_late(s, to);
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
	bool large = pk_script_online(s, o->parent), online = large && !partitioned(o);
	const char *with = pk_share_has_keys(o) ? " CASCADE" : "";
	struct pk_stmt *stmt = pk_emit(s, "DROP INDEX %s%s%s", online ? "CONCURRENTLY " : "", o->ident, with);

	stmt->no_transaction = online;
	stmt->lock = online ? "SHARE UPDATE EXCLUSIVE" : "ACCESS EXCLUSIVE";
	stmt->heirs = partitioned(o) ? PK_ALL_HEIRS : PK_NO_HEIRS;
	stmt->about = o->parent;
	if (large && !online)
		stmt->note = "the index of a partitioned table cannot be dropped concurrently; nothing is read under the lock";
}

const struct pk_kind pk_kind_index = {
	.opens_relations = true,
	.name = "index", .sql_name = "INDEX", .folder = "indexes", .query = pk_sql_index, .hash_joins = true, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 14, .lock_drop = "ACCESS EXCLUSIVE", .relation_name = true, .no_row_type = true, .shape = true, .extras = extras, .reaction = reaction,
	.parent_attr = PARENT_INDEX + 1, .create = create, .alter = alter, .drop = drop,
	.rename = pk_rename_itself, .named_freely = true, .named_attr = DEFINITION + 1,
	.stand_beside = stand_beside, .can_stand_beside = can_stand_beside, .complete = complete, .rest_attr = DEFINITION + 1,
	.rest = "SELECT x.oid, pg_get_indexdef(x.oid) FROM unnest($1::oid[]) x (oid)",
};
