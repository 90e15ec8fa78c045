#include "catalog/kind.h"
#include "catalog_sql.h"
#include "pg/conn.h"

enum { QUOTED, TYPE, DEFINITION, NOT_VALID, NOT_ENFORCED, INHERITED, PARENT_CONSTRAINT, DEFERRABLE, REFERENCES_TABLE,
       INDEX_COMMENT, MERGED };
static const char *const attrs[] = { "quoted", "type", "definition", "not_valid", "not_enforced", "inherited",
				     "parent_constraint", "deferrable", "references_table", "index_comment", "merged" };

/* What needs nothing but its own table can be part of CREATE TABLE. */
static bool folds(const struct pk_object *o)
{
	if (*pk_attr(o, TYPE) == 'f' || pk_attr(o, NOT_VALID) || pk_attr(o, NOT_ENFORCED))
		return false;
	if (pk_attr(o, INHERITED) && *pk_attr(o, TYPE) == 'c')
		return pk_table_is_partition(o->parent);
	for (size_t i = 0; i < o->n_deps; i++) {
		if (o->deps[i] != o->parent && o->deps[i]->parent != o->parent && !o->deps[i]->kind->extension)
			return false;
	}
	return true;
}

/* "UNIQUE (a) INCLUDE (b)" -> "(a) INCLUDE (b)", what an index of it needs; NULL when it cannot be had apart. */
static const char *index_part(struct pk_script *s, const struct pk_object *o)
{
	const char *def = pk_attr(o, DEFINITION), *paren = strchr(def, '('), *end = strstr(def, " DEFERRABLE");

	if (!paren || strstr(def, "NULLS NOT DISTINCT") || strstr(def, " WITHOUT OVERLAPS"))
		return NULL;
	return pk_arena_strndup(s->arena, paren, end ? (size_t)(end - paren) : strlen(paren));
}

static bool create_from_index(struct pk_script *s, const struct pk_object *o)
{
	const char *part = index_part(s, o), *word = *pk_attr(o, TYPE) == 'p' ? "PRIMARY KEY" : "UNIQUE";
	const char *deferrable = pk_attr(o, DEFERRABLE);
	struct pk_stmt *stmt;

	if (!part || (*pk_attr(o, TYPE) != 'p' && *pk_attr(o, TYPE) != 'u') || pk_table_is_partitioned(o->parent))
		return false;
	stmt = pk_emit(s, "CREATE UNIQUE INDEX CONCURRENTLY %s ON %s %s", pk_attr(o, QUOTED), o->parent->ident, part);
	stmt->no_transaction = true;
	stmt->lock = "SHARE UPDATE EXCLUSIVE";
	stmt->about = o->parent;
	stmt->scan = true;
	stmt->note = "builds the index without blocking writes";
	stmt = pk_emit(s, "ALTER TABLE %s ADD CONSTRAINT %s %s USING INDEX %s%s%s", o->parent->ident, pk_attr(o, QUOTED), word,
		       pk_attr(o, QUOTED), strncmp(deferrable, "NOT ", 4) == 0 ? "" : " ",
		       strncmp(deferrable, "NOT ", 4) == 0 ? "" : deferrable);
	stmt->lock = "ACCESS EXCLUSIVE";
	stmt->about = o->parent;
	return true;
}

static void validate(struct pk_script *s, const struct pk_object *o)
{
	struct pk_stmt *stmt = pk_emit(s, "ALTER TABLE %s VALIDATE CONSTRAINT %s", o->parent->ident, pk_attr(o, QUOTED));

	stmt->own_transaction = true;
	stmt->scan = true;
	stmt->lock = "SHARE UPDATE EXCLUSIVE";
	stmt->about = o->parent;
	stmt->note = "reads the table without blocking reads or writes";
}

static const char *references(const struct pk_object *o)
{
	return pk_attr(o, REFERENCES_TABLE);
}

static void extras(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *old = from ? pk_attr(from, INDEX_COMMENT) : NULL, *new = pk_attr(to, INDEX_COMMENT);
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	if (pk_streq(old, new))
		return;
	pk_buf_add_qualified(&name, to->schema, to->name);
	pk_emit(s, "COMMENT ON INDEX %s IS %s", name.ptr, new ? new : "NULL");
}

bool pk_constraint_is_check(const struct pk_object *o)
{
	return *pk_attr(o, TYPE) == 'c';
}

bool pk_constraint_merged(const struct pk_object *o)
{
	return pk_attr(o, MERGED) != NULL;
}

static void add(struct pk_script *s, const struct pk_object *o)
{
	bool online = pk_script_online(s, o->parent);
	bool can_wait = (*pk_attr(o, TYPE) == 'c' || *pk_attr(o, TYPE) == 'f') && !pk_table_is_partitioned(o->parent);
	bool later = online && can_wait && !pk_attr(o, NOT_VALID) && !pk_attr(o, NOT_ENFORCED);
	const char *state = pk_attr(o, NOT_ENFORCED) ? " NOT ENFORCED" : pk_attr(o, NOT_VALID) || later ? " NOT VALID" : "";
	struct pk_stmt *stmt;

	if (online && create_from_index(s, o))
		return;
	stmt = pk_emit(s, "ALTER TABLE %s ADD CONSTRAINT %s %s%s", o->parent->ident, pk_attr(o, QUOTED),
		       pk_attr(o, DEFINITION), state);
	stmt->lock = *pk_attr(o, TYPE) == 'f' ? "SHARE ROW EXCLUSIVE" : "ACCESS EXCLUSIVE";
	stmt->about = o->parent;
	stmt->scan = !*state;
	if (later)
		validate(s, o);
}

/* A check that comes from a parent is the parent's to make, but a table that is to become an heir needs it first. */
static void create(struct pk_script *s, const struct pk_object *o)
{
	bool follows = !s->stays_heir || s->stays_heir(s, o->parent);

	if (*pk_attr(o, TYPE) != 'c' || !pk_attr(o, INHERITED) || !follows)
		add(s, o);
}

/* ENFORCED proves it as well. Of checks 18 cannot change it. */
static enum pk_outcome enforce(struct pk_script *s, const struct pk_object *to)
{
	struct pk_stmt *stmt;

	if (*pk_attr(to, TYPE) != 'f' || pk_attr(to, NOT_VALID))
		return PK_RECREATE;
	stmt = pk_emit(s, "ALTER TABLE %s ALTER CONSTRAINT %s %sENFORCED", to->parent->ident, pk_attr(to, QUOTED),
		       pk_attr(to, NOT_ENFORCED) ? "NOT " : "");
	stmt->about = to->parent;
	stmt->lock = "ACCESS EXCLUSIVE";
	stmt->scan = !pk_attr(to, NOT_ENFORCED);
	return PK_ALTERED;
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr(to, INHERITED) && *pk_attr(to, TYPE) == 'c')
		return PK_SAME; /* follows its parent */
	if (pk_attr_changed(from, to, DEFINITION))
		return PK_RECREATE;
	if (pk_attr_changed(from, to, NOT_ENFORCED))
		return enforce(s, to);
	if (pk_attr(from, NOT_VALID) && !pk_attr(to, NOT_VALID)) {
		validate(s, to);
		s->items[s->n - 1].own_transaction = false;
		return PK_ALTERED;
	}
	if (!pk_attr(from, NOT_VALID) && pk_attr(to, NOT_VALID))
		return PK_RECREATE;
	extras(s, from, to);
	return pk_attr_changed(from, to, INDEX_COMMENT) ? PK_ALTERED : PK_SAME;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	struct pk_stmt *stmt;

	if (pk_attr(o, INHERITED) && *pk_attr(o, TYPE) == 'c')
		return;
	stmt = pk_emit(s, "ALTER TABLE %s DROP CONSTRAINT %s", o->parent->ident, pk_attr(o, QUOTED));
	stmt->lock = "ACCESS EXCLUSIVE";
	stmt->about = o->parent;
}

/* Through its index. */
static bool takes_relation_name(const struct pk_object *o)
{
	return *pk_attr(o, TYPE) != 'f' && *pk_attr(o, TYPE) != 'c';
}

const struct pk_kind pk_kind_constraint = {
	.name = "constraint", .sql_name = "CONSTRAINT", .folder = "constraints", .query = pk_sql_constraint,
	.attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 13, .lock_create = "ACCESS EXCLUSIVE", .lock_alter = "ACCESS EXCLUSIVE", .lock_drop = "ACCESS EXCLUSIVE", .shape = true,
	.parent_attr = PARENT_CONSTRAINT + 1, .takes_relation_name = takes_relation_name, .folds = folds, .extras = extras,
	.references = references, .create = create, .alter = alter, .drop = drop,
	.rename = pk_rename_in_parent, .named_freely = true, .renamed_along = pk_constraint_merged,
};
