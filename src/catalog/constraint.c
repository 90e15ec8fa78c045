#include "catalog/constraint.h"
#include "catalog/key.h"
#include "catalog/share.h"
#include "catalog_sql.h"
#include "pg/conn.h"

static const char *const attrs[] = { "quoted", "type", "definition", "not_valid", "not_enforced", "inherited",
				     "whole", "deferrable", "references_table", "index_comment", "merged", "parts" };

static bool by_unique_index(const struct pk_object *o)
{
	return pk_constraint_is(o, 'p') || pk_constraint_is(o, 'u');
}

/* Through its index. */
static bool takes_relation_name(const struct pk_object *o)
{
	return !pk_constraint_is(o, 'f') && !pk_constraint_is(o, 'c');
}

/* Which of several of the same columns is said in CREATE TABLE: a share, as it is to be there before it is attached. */
static bool goes_before(const struct pk_object *o, const struct pk_object *other)
{
	int rank = pk_constraint_is(o, 'p') ? 2 : pk_attr(o, WHOLE) != NULL;
	int theirs = pk_constraint_is(other, 'p') ? 2 : pk_attr(other, WHOLE) != NULL;

	return rank != theirs ? rank > theirs : strcmp(o->name, other->name) < 0;
}

/* Does another of the same columns go before? Of two in one CREATE TABLE the server makes but one. */
static bool doubles(const struct pk_object *o)
{
	for (size_t i = 0; i < o->parent->n_children; i++) {
		const struct pk_object *other = o->parent->children[i];

		if (other != o && other->kind == o->kind && pk_share_alike(o, other) &&
		    by_unique_index(o) == by_unique_index(other) && goes_before(other, o))
			return true;
	}
	return false;
}

/* What needs nothing but its own table can be part of CREATE TABLE. */
static bool folds(const struct pk_object *o)
{
	if ((takes_relation_name(o) && !pk_constraint_is(o, 'p') && doubles(o)) || (by_unique_index(o) && o->comes_apart))
		return false;
	if (pk_constraint_is(o, 'f') || pk_attr(o, NOT_VALID) || pk_attr(o, NOT_ENFORCED))
		return false;
	if (pk_attr(o, INHERITED) && pk_constraint_is(o, 'c'))
		return pk_table_is_partition(o->parent);
	for (size_t i = 0; i < o->n_deps; i++) {
		if (o->deps[i] != o->parent && o->deps[i]->parent != o->parent && !o->deps[i]->kind->extension)
			return false;
	}
	return true;
}

/* Can its index be built apart and taken over? */
static bool index_can_come_first(const struct pk_object *o)
{
	return by_unique_index(o) && !pk_table_is_partitioned(o->parent) &&
	       !strstr(pk_attr(o, DEFINITION), " WITHOUT OVERLAPS");
}

static const char *deferrable(struct pk_script *s, const struct pk_object *o)
{
	const char *words = pk_attr(o, DEFERRABLE);

	return pk_starts_with(words, "NOT ") ? "" : pk_arena_printf(s->arena, " %s", words);
}

/*
 * "UNIQUE [NULLS NOT DISTINCT] (a) [INCLUDE (b)] [WITH (...)] [USING INDEX TABLESPACE t] [DEFERRABLE ...]" in the
 * words of CREATE INDEX, behind the table.
 */
static const char *index_definition(struct pk_script *s, const struct pk_object *o)
{
	static const char in_tablespace[] = " USING INDEX TABLESPACE ";
	const char *def = strchr(pk_attr(o, DEFINITION), '('), *end = pk_find_outside(def, " DEFERRABLE");
	const char *with = pk_find_outside(def, " WITH ("), *tablespace = pk_find_outside(def, in_tablespace);
	const char *keys_end = with ? with : tablespace ? tablespace : end ? end : def + strlen(def);
	const char *with_end = tablespace ? tablespace : end ? end : def + strlen(def);
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_addn(&sql, def, (size_t)(keys_end - def));
	if (pk_starts_with(pk_attr(o, DEFINITION), "UNIQUE NULLS NOT DISTINCT "))
		pk_buf_add(&sql, " NULLS NOT DISTINCT");
	pk_buf_addn(&sql, keys_end, (size_t)(with_end - keys_end));
	if (tablespace) {
		const char *name = tablespace + strlen(in_tablespace);

		pk_buf_addf(&sql, " TABLESPACE %.*s", end ? (int)(end - name) : (int)strlen(name), name);
	}
	return pk_arena_strdup(s->arena, sql.ptr);
}

static void build_index(struct pk_script *s, const struct pk_object *o, const char *name, const char *note)
{
	struct pk_stmt *stmt = pk_emit(s, "CREATE UNIQUE INDEX CONCURRENTLY %s ON %s USING btree %s", name,
				       o->parent->ident, index_definition(s, o));

	stmt->no_transaction = true;
	stmt->lock = "SHARE UPDATE EXCLUSIVE";
	stmt->about = o->parent;
	stmt->scan = true;
	stmt->note = note;
}

static void take_index(struct pk_script *s, const struct pk_object *o, const char *index)
{
	struct pk_stmt *stmt =
		pk_emit(s, "ALTER TABLE %s ADD CONSTRAINT %s %s USING INDEX %s%s", o->parent->ident, pk_attr(o, QUOTED),
			pk_constraint_is(o, 'p') ? "PRIMARY KEY" : "UNIQUE", index, deferrable(s, o));

	stmt->about = o->parent;
	stmt->note = "the index is there already, so nothing is read";
}

static bool reaches_heirs(const struct pk_object *o)
{
	return pk_table_is_partitioned(o->parent) ||
	       (pk_constraint_is(o, 'c') && !pk_ends_with(pk_attr(o, DEFINITION), " NO INHERIT"));
}

/* ADD CONSTRAINT on the table or one of its partitions. state: " NOT VALID" and its like. */
static struct pk_stmt *add_to(struct pk_script *s, const struct pk_object *o, const struct pk_object *table,
			      const char *name, const char *state)
{
	bool only = table == o->parent && by_unique_index(o) && o->comes_apart;
	struct pk_stmt *stmt = pk_emit(s, "%s %s%s ADD CONSTRAINT %s %s%s", pk_alter_table(table), only ? "ONLY " : "",
				       table->ident, name, pk_attr(o, DEFINITION), state);

	stmt->about = table;
	stmt->heirs = table == o->parent && reaches_heirs(o) ? PK_ALL_HEIRS : PK_NO_HEIRS;
	stmt->scan = !*state;
	if (pk_constraint_is(o, 'c') && !*state)
		pk_stmt_joins(stmt, table);
	if (pk_constraint_is(o, 'f')) {
		stmt->lock = "SHARE ROW EXCLUSIVE";
		pk_stmt_lock(s, stmt, pk_constraint_referenced(o), "SHARE ROW EXCLUSIVE");
	}
	return stmt;
}

static void validate(struct pk_script *s, const struct pk_object *o, const struct pk_object *table, const char *name)
{
	struct pk_stmt *stmt = pk_emit(s, "%s %s VALIDATE CONSTRAINT %s", pk_alter_table(table), table->ident, name);

	stmt->own_transaction = pk_script_online(s, o->parent);
	stmt->scan = true;
	stmt->lock = "SHARE UPDATE EXCLUSIVE";
	stmt->about = table;
	stmt->heirs = table == o->parent && reaches_heirs(o) ? PK_ALL_HEIRS : PK_NO_HEIRS;
	stmt->note = "reads and writes go on while the rows are checked";
}

static void add_then_validate(struct pk_script *s, const struct pk_object *o, const struct pk_object *table,
			      const char *name)
{
	add_to(s, o, table, name, " NOT VALID")->note = "holds for new rows from here on";
	validate(s, o, table, name);
}

static const char *references(const struct pk_object *o)
{
	return pk_attr(o, REFERENCES_TABLE);
}

static void extras(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *old = from ? pk_attr(from, INDEX_COMMENT) : NULL, *new = pk_attr(to, INDEX_COMMENT);
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	if (!from && (s->canonical || s->files))
		pk_share_attach_as_read(s, to);
	if (pk_streq(old, new))
		return;
	pk_buf_add_qualified(&name, to->schema, to->name);
	pk_emit(s, "COMMENT ON INDEX %s IS %s", name.ptr, new ? new : "NULL");
}

/* A partition's share of a foreign key. */
static bool comes_by_itself(const struct pk_object *o)
{
	return pk_constraint_is(o, 'f') && pk_attr(o, WHOLE);
}

static bool name_taken(const struct pk_object *table, const char *quoted)
{
	for (size_t i = 0; i < table->n_children; i++) {
		const struct pk_object *part = table->children[i];

		if (part->kind == &pk_kind_constraint && pk_streq(pk_attr(part, QUOTED), quoted) && !comes_by_itself(part))
			return true;
	}
	return false;
}

/*
 * A foreign key of a partitioned table cannot be NOT VALID (before 18). One that each partition has
 * already, proven, becomes part of the whole's without another look at the rows.
 */
static void add_by_partition(struct pk_script *s, const struct pk_object *o, const struct pk_object *table)
{
	for (size_t i = 0; i < table->n_heirs; i++) {
		const struct pk_object *heir = table->heirs[i];
		const char *name = pk_attr(o, QUOTED);

		if (pk_table_is_partitioned(heir)) {
			add_by_partition(s, o, heir);
		} else if ((!s->comes || !s->comes(s, heir)) && !pk_constraint_of_heir(s, heir, o)) {
			if (name_taken(heir, name))
				name = pk_name_with(s, o->name, "_share");
			add_then_validate(s, o, heir, name);
		}
	}
}

static void add(struct pk_script *s, const struct pk_object *o)
{
	bool online = pk_script_online(s, o->parent), whole = pk_table_is_partitioned(o->parent);
	const char *unproven = pk_attr(o, NOT_ENFORCED) ? " NOT ENFORCED" : pk_attr(o, NOT_VALID) ? " NOT VALID" : NULL;
	struct pk_stmt *stmt;

	if (online && index_can_come_first(o)) {
		build_index(s, o, pk_attr(o, QUOTED), "reads and writes go on while the index is built");
		take_index(s, o, pk_attr(o, QUOTED));
		return;
	}
	if (online && !unproven && (pk_constraint_is(o, 'c') || (pk_constraint_is(o, 'f') && !whole))) {
		add_then_validate(s, o, o->parent, pk_attr(o, QUOTED));
		return;
	}
	if (online && !unproven && pk_constraint_is(o, 'f') && whole)
		add_by_partition(s, o, o->parent);
	stmt = add_to(s, o, o->parent, pk_attr(o, QUOTED), unproven ? unproven : "");
	if (whole && (by_unique_index(o) || (online && pk_constraint_is(o, 'f')))) {
		stmt->scan = false;
		stmt->note = "each partition has its own already, so nothing is read";
		if (pk_constraint_is(o, 'f') && o->parent->n_heirs)
			pk_stmt_lock(s, stmt, pk_constraint_referenced(o), PK_TAKEN_IN);
	} else if (online && !unproven) {
		stmt->note = "reads and writes wait while its index is built: this constraint has no way around";
	}
	if (!whole || !by_unique_index(o))
		return;
	stmt->heirs = PK_NO_HEIRS;
	/* From 18 on NOT NULL is a constraint, which reaches them. */
	for (size_t i = 0; i < o->parent->n_heirs; i++)
		pk_stmt_lock(s, stmt, o->parent->heirs[i], pk_constraint_is(o, 'p') && s->version >= 180000 ? "ACCESS EXCLUSIVE" : "SHARE");
	if (o->comes_apart)
		pk_share_attach_all(s, o);
}

/* Has a parent it too that the table keeps, while it takes or leaves others? */
static bool has_parent_all_along(const struct pk_script *s, const struct pk_object *o)
{
	const struct pk_object *from = s->from ? pk_snapshot_find(s->from, o->parent->key) : NULL;
	const struct pk_object *to = s->to ? pk_snapshot_find(s->to, o->parent->key) : NULL;

	for (size_t i = 0; from && to && i < o->parent->n_deps; i++) {
		const struct pk_object *parent = o->parent->deps[i];

		for (size_t j = 0; parent->kind->columns_apart && j < parent->n_children; j++) {
			const struct pk_object *part = parent->children[j];

			if (pk_constraint_is_check(part) && strcmp(part->name, o->name) == 0 && reaches_heirs(part) &&
			    pk_table_keeps_parent(from, to, parent->ident))
				return true;
		}
	}
	return false;
}

/*
 * A check that comes from a parent is the parent's to make and to drop, but a table that is to become an heir
 * needs it first, and one that leaves its parent keeps it.
 */
static bool comes_from_parent(const struct pk_script *s, const struct pk_object *o)
{
	/* Whether the heir says it itself as well is nothing that SQL can change. */
	bool inherited = s->canonical ? pk_constraint_merged(o) : pk_attr(o, INHERITED) != NULL;

	return pk_constraint_is(o, 'c') && inherited && (!s->stays_heir || s->stays_heir(s, o->parent) || has_parent_all_along(s, o));
}

/* A partition is made by itself and has to have all of it before it is attached. */
static bool made_for_attaching(const struct pk_script *s, const struct pk_object *o)
{
	return pk_constraint_is(o, 'c') && pk_table_is_partition(o->parent) && (s->files || (s->comes && s->comes(s, o->parent)));
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	if (s->beside && by_unique_index(o)) {
		take_index(s, o, pk_beside_name(s, o));
	} else if (s->beside) {
		struct pk_stmt *stmt = pk_emit(s, "%s %s RENAME CONSTRAINT %s TO %s", pk_alter_table(o->parent), o->parent->ident,
					       pk_beside_name(s, o), pk_attr(o, QUOTED));

		stmt->heirs = reaches_heirs(o) ? PK_ALL_HEIRS : PK_NO_HEIRS;
	} else if ((!comes_from_parent(s, o) && !comes_by_itself(o)) || made_for_attaching(s, o)) {
		add(s, o);
	}
	if (by_unique_index(o))
		pk_share_attach_late(s, o);
}

static void stand_beside(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)from;
	if (by_unique_index(to))
		build_index(s, to, pk_beside_name(s, to), "the old constraint holds until the new index is built");
	else
		add_then_validate(s, to, to->parent, pk_beside_name(s, to));
}

/* Heirs that say the same check themselves would keep it, and its name. */
static bool heirs_say_nothing(const struct pk_object *table, const struct pk_object *o)
{
	for (size_t i = 0; i < table->n_heirs; i++) {
		const struct pk_object *heir = table->heirs[i];

		for (size_t j = 0; j < heir->n_children; j++) {
			const struct pk_object *part = heir->children[j];

			if (part->kind == o->kind && strcmp(part->name, o->name) == 0 && !pk_attr(part, INHERITED))
				return false;
		}
		if (!heirs_say_nothing(heir, o))
			return false;
	}
	return true;
}

static const struct pk_object *heir_named(const struct pk_object *table, const char *ident)
{
	for (size_t i = 0; i < table->n_heirs; i++)
		if (strcmp(table->heirs[i]->ident, ident) == 0)
			return table->heirs[i];
	return NULL;
}

/* One that comes or leaves meanwhile would have to have both, or would take one along. */
static bool heirs_stay(const struct pk_object *from, const struct pk_object *to)
{
	for (size_t i = 0; i < to->n_heirs; i++) {
		const struct pk_object *old = heir_named(from, to->heirs[i]->ident);

		if (!old || !pk_table_stays_heir(old, to->heirs[i]) || !heirs_stay(old, to->heirs[i]))
			return false;
	}
	return from->n_heirs == to->n_heirs;
}

static bool can_stand_beside(const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr(from, WHOLE) || pk_attr(to, WHOLE) ||
	    pk_attr(to, NOT_VALID) || pk_attr(to, NOT_ENFORCED))
		return false;
	if (by_unique_index(to))
		return by_unique_index(from) && index_can_come_first(to);
	if (pk_attr_changed(from, to, TYPE) || pk_attr(from, MERGED) || pk_attr(to, MERGED))
		return false;
	if (pk_constraint_is(to, 'f'))
		return !pk_table_is_partitioned(to->parent);
	return pk_constraint_is(to, 'c') && !pk_attr(from, INHERITED) && !pk_attr(to, INHERITED) && heirs_stay(from->parent, to->parent) &&
	       heirs_say_nothing(from->parent, from) && heirs_say_nothing(to->parent, to);
}

/* Of a foreign key only when it is checked: that can be said of the one that is there. */
static bool only_deferrable_changes(const struct pk_object *from, const struct pk_object *to)
{
	const char *old = pk_attr(from, DEFINITION), *new = pk_attr(to, DEFINITION);
	const char *old_end = pk_find_outside(old, " DEFERRABLE"), *new_end = pk_find_outside(new, " DEFERRABLE");
	size_t old_len = old_end ? (size_t)(old_end - old) : strlen(old);
	size_t new_len = new_end ? (size_t)(new_end - new) : strlen(new);

	return pk_constraint_is(from, 'f') && pk_constraint_is(to, 'f') && old_len == new_len && strncmp(old, new, old_len) == 0 &&
	       !pk_attr_changed(from, to, NOT_VALID) && !pk_attr_changed(from, to, NOT_ENFORCED);
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

/*
 * An heir's check that a parent has or had: is it the parent's to change? Not where the parent drops it and the heir
 * keeps it, and not what the heir says itself and would keep as it is.
 */
static bool follows_parent(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr(from, INHERITED))
		return pk_attr(to, MERGED);
	if (pk_attr_changed(from, to, NOT_VALID) &&
	    (pk_attr(to, NOT_VALID) || !pk_attr(from, MERGED) || !has_parent_all_along(s, to)))
		return false;
	return !pk_attr_changed(from, to, DEFINITION) && !pk_attr_changed(from, to, NOT_ENFORCED);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_constraint_is(to, 'c') && pk_table_stays_heir(from->parent, to->parent) && (pk_attr(from, INHERITED) || pk_attr(to, MERGED)))
		return follows_parent(s, from, to) ? PK_SAME : PK_RECREATE;
	if (comes_by_itself(from) && pk_table_stays_attached(from->parent, to->parent))
		return comes_by_itself(to) ? PK_SAME : PK_RECREATE;
	if (comes_by_itself(to) && pk_attr_changed(from, to, DEFINITION))
		return PK_RECREATE; /* else it is taken over */
	if (pk_attr_changed(from, to, DEFINITION) && only_deferrable_changes(from, to)) {
		struct pk_stmt *stmt = pk_emit(s, "ALTER TABLE %s ALTER CONSTRAINT %s %s", to->parent->ident,
					       pk_attr(to, QUOTED), pk_attr(to, DEFERRABLE));

		stmt->heirs = reaches_heirs(to) ? PK_ALL_HEIRS : PK_NO_HEIRS;
		return PK_ALTERED;
	}
	if (pk_attr_changed(from, to, DEFINITION))
		return PK_RECREATE;
	if (pk_share_of_index(from) && pk_attr_changed(from, to, WHOLE))
		return PK_RECREATE;
	if (by_unique_index(to) && !pk_attr(from, WHOLE) && pk_share_whole(from, pk_attr(to, WHOLE))) {
		pk_share_attach_late(s, to);
		extras(s, from, to);
		return PK_ALTERED;
	}
	if (pk_attr_changed(from, to, NOT_ENFORCED))
		return enforce(s, to);
	if (pk_attr(from, NOT_VALID) && !pk_attr(to, NOT_VALID)) {
		validate(s, to, to->parent, pk_attr(to, QUOTED));
		return PK_ALTERED;
	}
	if (!pk_attr(from, NOT_VALID) && pk_attr(to, NOT_VALID))
		return PK_RECREATE;
	extras(s, from, to);
	return pk_attr_changed(from, to, INDEX_COMMENT) ? PK_ALTERED : PK_SAME;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	if (comes_from_parent(s, o))
		return;
	struct pk_stmt *stmt = pk_emit(s, "%s %s DROP CONSTRAINT %s", pk_alter_table(o->parent), o->parent->ident, pk_attr(o, QUOTED));

	stmt->about = o->parent;
	stmt->heirs = reaches_heirs(o) ? PK_ALL_HEIRS : PK_NO_HEIRS;
	pk_stmt_lock(s, stmt, pk_constraint_referenced(o), "ACCESS EXCLUSIVE");
}

/*
 * Columns of a foreign key must be comparable all the time. Other constraints the server makes anew by itself, but of
 * a partition's key it forgets the name, the options and the comment, since it makes them after the whole's; and of an
 * heir's check the comment.
 */
static enum pk_reaction reaction(const struct pk_object *user, const struct pk_object *used, const struct pk_object *after,
				 enum pk_loss loss)
{
	if (loss != PK_LOSS_TYPE)
		return PK_MADE_ANEW;
	if (by_unique_index(user))
		return pk_attr(user, WHOLE) || (pk_table_is_partitioned(user->parent) && user->parent->n_heirs) ?
			       PK_MADE_ANEW : PK_UNTOUCHED;
	if (pk_constraint_is(user, 'f') && used->kind == &pk_kind_column && !pk_column_keeps_keys(used, after))
		return PK_MADE_ANEW;
	return pk_constraint_merged(user) && user->comment ? PK_SAID_AGAIN : PK_UNTOUCHED;
}

/* The server takes those of a typed table for columns, but goes by the index where there is one. */
static bool keeps_name(const struct pk_object *o)
{
	return pk_table_of_type(o->parent) && !takes_relation_name(o);
}

static void rename_key(struct pk_script *s, const struct pk_object *o, const char *from, const char *to)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (!pk_table_of_type(o->parent)) {
		pk_rename_in_parent(s, o, from, to);
		return;
	}
	pk_buf_add_qualified(&sql, o->parent->schema, from);
	pk_buf_add(&sql, " RENAME TO ");
	pk_buf_add_ident(&sql, to);
	pk_emit(s, "ALTER INDEX %s", sql.ptr)->lock = "";
}

static bool renamed_along(const struct pk_object *o)
{
	return pk_constraint_merged(o) || comes_by_itself(o);
}

static bool renames_heirs(const struct pk_object *o)
{
	return pk_constraint_is(o, 'c') && reaches_heirs(o);
}

static bool exclusive(const struct pk_object *o)
{
	return pk_constraint_is(o, 'p');
}

static void complete(struct pk_arena *arena, struct pk_object *o, const struct pk_object *other)
{
	const char *parts = pk_attr(o, PARTS);

	o->schema = o->parent->schema;
	o->ident = pk_arena_printf(arena, "%s ON %s", pk_attr(o, QUOTED), o->parent->ident);
	if (parts)
		o->attr[DEFINITION] = pk_key_definition(arena, *pk_attr(o, TYPE), parts, o->parent, other);
	o->attr[PARTS] = NULL; /* numbers are no matter of a schema */
}

#define LOCK "ACCESS EXCLUSIVE"

const struct pk_kind pk_kind_constraint = {
	.opens_relations = true,
	.name = "constraint", .sql_name = "CONSTRAINT", .folder = "constraints", .query = pk_sql_constraint,
	.hash_joins = true,
	.attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 13, .shape = true,
	.lock_create = LOCK, .lock_alter = LOCK, .lock_drop = LOCK,
	.parent_attr = WHOLE + 1, .takes_relation_name = takes_relation_name, .folds = folds, .extras = extras,
	.rename = rename_key, .keeps_name = keeps_name, .named_freely = true, .renamed_along = renamed_along, .renames_heirs = renames_heirs,
	.exclusive = exclusive, .comes_by_itself = comes_by_itself, .references = references, .reaction = reaction, .create = create, .alter = alter, .drop = drop,
	.stand_beside = stand_beside, .can_stand_beside = can_stand_beside, .complete = complete, .rest_attr = DEFINITION + 1,
	.rest = "SELECT x.oid, pg_get_constraintdef(x.oid) FROM unnest($1::oid[]) x (oid)",
};
