#include "catalog/kind.h"
#include "catalog_sql.h"

/* The first two are those of foreign tables as well. */
enum {
	IS_PARTITION = PK_TABLE_IS_PARTITION, INHERITS = PK_TABLE_INHERITS, PERSISTENCE, PARTITION_KEY, OF_TYPE,
	OPTIONS, TOAST_OPTIONS, ACCESS_METHOD, TABLESPACE, ROW_SECURITY,
	FORCE_ROW_SECURITY, REPLICA_IDENTITY, CLUSTERED_ON,
};
static const char *const attrs[] = { "is_partition", "inherits", "persistence", "partition_key", "of_type", "options",
				     "toast_options", "access_method", "tablespace", "row_security",
				     "force_row_security", "replica_identity", "clustered_on" };

bool pk_table_is_partition(const struct pk_object *table)
{
	return table->kind->columns_apart && pk_attr(table, IS_PARTITION) != NULL;
}

bool pk_table_forces_security(const struct pk_object *table)
{
	return pk_attr(table, FORCE_ROW_SECURITY) != NULL;
}

const char *pk_table_of_type(const struct pk_object *table)
{
	return table->kind == &pk_kind_table ? pk_attr(table, OF_TYPE) : NULL;
}

bool pk_table_is_unlogged(const struct pk_object *table)
{
	return pk_attr(table, PERSISTENCE) != NULL;
}

bool pk_table_is_partitioned(const struct pk_object *table)
{
	return table->kind == &pk_kind_table && pk_attr(table, PARTITION_KEY) != NULL;
}

const char *pk_table_partition_key(const struct pk_object *table)
{
	return pk_table_is_partitioned(table) ? pk_attr(table, PARTITION_KEY) : NULL;
}

static void add_columns(struct pk_script *s, const struct pk_object *o, bool typed, struct pk_buf *list)
{
	const struct pk_object **columns;
	size_t n = pk_children(s, o, &pk_kind_column, &columns);

	for (size_t i = 0; i < n; i++) {
		bool with_default = !pk_tied_later(s, columns[i]);

		/* Comes with INHERITS. Whether it was also said locally cannot be changed by SQL: no part of the picture. */
		if (pk_attr(o, INHERITS) && pk_column_inherited(columns[i]) && !s->canonical)
			continue;
		if (typed && !pk_column_has_options(columns[i]))
			continue;
		pk_buf_add(list, list->len ? ",\n    " : "\n    ");
		if (typed)
			pk_column_options(s, columns[i], list);
		else
			pk_column_definition(s, columns[i], list, with_default);
	}
}

void pk_table_parts(struct pk_script *s, const struct pk_object *o, bool typed, struct pk_buf *list)
{
	const struct pk_object **constraints;
	size_t n = pk_children(s, o, &pk_kind_constraint, &constraints);

	add_columns(s, o, typed, list);
	for (size_t i = 0; i < n; i++) {
		if (!pk_object_folds(constraints[i]))
			continue;
		/* Whether an inherited check was said locally too cannot be changed by SQL either. */
		if (s->canonical && pk_constraint_merged(constraints[i]) && !pk_table_is_partition(o))
			continue;
		pk_buf_add(list, list->len ? ",\n    " : "\n    ");
		pk_buf_addf(list, "CONSTRAINT %s %s", constraints[i]->attr[0], constraints[i]->attr[2]);
	}
}

static void row_security(struct pk_script *s, const struct pk_object *o, bool enable, bool force, const char *force_word)
{
	if (enable)
		pk_emit(s, "ALTER TABLE %s %s ROW LEVEL SECURITY", o->ident, pk_attr(o, ROW_SECURITY) ? "ENABLE" : "DISABLE");
	if (force)
		pk_emit(s, "ALTER TABLE %s %s ROW LEVEL SECURITY", o->ident, force_word);
}

/* As it is before the plan. */
static const struct pk_object *table_named(const struct pk_script *s, const char *ident)
{
	return s->from ? pk_snapshot_find(s->from, pk_arena_printf(s->arena, "table %s", ident)) : NULL;
}

/*
 * The parents stand in the order in which they were taken: those that stay are the first of the new ones,
 * and all others are left, to be taken again behind them where the new table has them.
 */
static void change_parents(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, bool take)
{
	const char *const *old, *const *new;
	size_t n_old = pk_attr_list(s, pk_attr(from, INHERITS), &old);
	size_t n_new = pk_attr_list(s, pk_attr(to, INHERITS), &new), kept = 0;

	for (size_t i = 0; i < n_old; i++) {
		if (kept < n_new && strcmp(old[i], new[kept]) == 0)
			kept++;
		else if (!take)
			pk_emit(s, "ALTER TABLE %s NO INHERIT %s", from->ident, old[i])->heirs = PK_ALL_HEIRS;
	}
	for (; take && kept < n_new; kept++) {
		struct pk_stmt *stmt = pk_emit(s, "ALTER TABLE %s INHERIT %s", to->ident, new[kept]);

		stmt->heirs = PK_ALL_HEIRS;
		pk_stmt_lock(s, stmt, table_named(s, new[kept]), "SHARE UPDATE EXCLUSIVE");
	}
}

bool pk_table_keeps_parent(const struct pk_object *from, const struct pk_object *to, const char *parent)
{
	const char *old = pk_attr(from, INHERITS), *new = pk_attr(to, INHERITS);
	const char sep[] = { PK_LIST_SEP, '\0' };

	while (old && *old && new && *new) {
		size_t n_old = strcspn(old, sep), n_new = strcspn(new, sep);

		if (n_old == n_new && strncmp(old, new, n_old) == 0) {
			if (strlen(parent) == n_old && strncmp(parent, old, n_old) == 0)
				return true;
			new += n_new + (new[n_new] != '\0');
		}
		old += n_old + (old[n_old] != '\0');
	}
	return false;
}

void pk_table_leave_parents(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	change_parents(s, from, to, false);
}

void pk_table_leave_all(struct pk_script *s, const struct pk_object *from)
{
	const char *const *parents;
	size_t n = pk_attr_list(s, pk_attr(from, INHERITS), &parents);

	for (size_t i = 0; i < n; i++)
		pk_emit(s, "ALTER TABLE %s NO INHERIT %s", from->ident, parents[i])->heirs = PK_ALL_HEIRS;
}

/* Also for a while, in which its columns are something else; to NULL: it makes room. */
static void leave(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (to)
		pk_table_leave_parents(s, from, to);
	else
		pk_table_leave_all(s, from);
	if (pk_attr(from, OF_TYPE) && (!to || pk_attr_changed(from, to, OF_TYPE) || pk_tied_later(s, from)))
		pk_emit(s, "ALTER TABLE %s NOT OF", from->ident);
}

void pk_table_join_parents(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (from && pk_attr_changed(from, to, INHERITS))
		change_parents(s, from, to, true);
}

bool pk_table_parents_same(const struct pk_object *from, const struct pk_object *to)
{
	return !pk_attr_changed(from, to, INHERITS) && !pk_attr(from, IS_PARTITION) == !pk_attr(to, IS_PARTITION);
}

bool pk_table_stays_heir(const struct pk_object *from, const struct pk_object *to)
{
	const struct pk_object *old = pk_attachment_of(from), *new = pk_attachment_of(to);

	return old && new ? old->kind->alter(NULL, old, new) == PK_SAME : pk_table_parents_same(from, to);
}

/* An index or constraint of the relation that is made anew, so that what was said about it has to be said again. */
static bool made_anew(const struct pk_script *s, const struct pk_object *relation, const char *quoted)
{
	for (size_t i = 0; quoted && s->comes && i < relation->n_children; i++) {
		const struct pk_object *part = relation->children[i];

		if (part->kind->parent_attr && pk_streq(pk_attr(part, 0), quoted))
			return s->comes(s, part);
	}
	return false;
}

void pk_late_cluster(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, int attr,
		     const char *what)
{
	struct pk_stmt *stmt;

	if (from ? !pk_attr_changed(from, to, attr) && !made_anew(s, to, pk_attr(to, attr)) : !pk_attr(to, attr))
		return;
	if (pk_attr(to, attr))
		stmt = pk_emit(s, "ALTER %s %s CLUSTER ON %s", what, to->ident, pk_attr(to, attr));
	else
		stmt = pk_emit(s, "ALTER %s %s SET WITHOUT CLUSTER", what, to->ident);
	stmt->lock = "SHARE UPDATE EXCLUSIVE";
}

#define BY_INDEX "USING INDEX "

static const char *identity_index(const struct pk_object *o)
{
	const char *identity = pk_attr(o, REPLICA_IDENTITY);

	return identity && pk_starts_with(identity, BY_INDEX) ? identity + strlen(BY_INDEX) : NULL;
}

bool pk_table_needs_not_null(const struct pk_object *part)
{
	if (part->kind->exclusive && part->kind->exclusive(part))
		return true;
	return part->kind->parent_attr && pk_takes_relation_name(part) && part->parent->kind == &pk_kind_table && identity_index(part->parent) &&
	       strcmp(identity_index(part->parent), pk_attr(part, 0)) == 0;
}

static void set_identity(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "ALTER TABLE %s REPLICA IDENTITY %s", o->ident,
		pk_attr(o, REPLICA_IDENTITY) ? pk_attr(o, REPLICA_IDENTITY) : "DEFAULT");
}

static void late(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	pk_late_cluster(s, from, to, CLUSTERED_ON, "TABLE");
	if (from && pk_attr_changed(from, to, TOAST_OPTIONS)) /* without a column that needs it the server forgets them */
		pk_alter_options(s, pk_arena_printf(s->arena, "ALTER TABLE %s", to->ident), pk_attr(from, TOAST_OPTIONS),
				 pk_attr(to, TOAST_OPTIONS));
	pk_table_join_parents(s, from, to);
	if (from && pk_attr(to, OF_TYPE) && (pk_attr_changed(from, to, OF_TYPE) || pk_tied_later(s, to)))
		pk_emit(s, "ALTER TABLE %s OF %s", to->ident, pk_attr(to, OF_TYPE));
	if (!from ? pk_attr(to, REPLICA_IDENTITY) != NULL :
	    identity_index(to) && (pk_attr_changed(from, to, REPLICA_IDENTITY) || made_anew(s, to, identity_index(to))))
		set_identity(s, to);
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	PK_AUTO(pk_buf) list = PK_BUF_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	const char *options = pk_attr_joined(s, pk_attr(o, OPTIONS)), *toast = pk_attr_joined(s, pk_attr(o, TOAST_OPTIONS));

	pk_table_parts(s, o, pk_attr(o, OF_TYPE) != NULL, &list);
	pk_buf_addf(&sql, "CREATE %sTABLE %s", pk_attr(o, PERSISTENCE) ? "UNLOGGED " : "", o->ident);
	if (pk_attr(o, OF_TYPE))
		pk_buf_addf(&sql, " OF %s", pk_attr(o, OF_TYPE));
	if (!pk_attr(o, OF_TYPE) || list.len)
		pk_buf_addf(&sql, " (%s%s)", list.ptr, list.len ? "\n" : "");
	if (pk_attr(o, INHERITS))
		pk_buf_addf(&sql, "\nINHERITS (%s)", pk_attr_joined(s, pk_attr(o, INHERITS)));
	if (pk_attr(o, PARTITION_KEY))
		pk_buf_addf(&sql, "\nPARTITION BY %s", pk_attr(o, PARTITION_KEY));
	if (pk_attr(o, ACCESS_METHOD))
		pk_buf_addf(&sql, "\nUSING %s", pk_attr(o, ACCESS_METHOD));
	if (options || toast)
		pk_buf_addf(&sql, "\nWITH (%s%s%s)", options ? options : "", options && toast ? ", " : "", toast ? toast : "");
	if (pk_attr(o, TABLESPACE))
		pk_buf_addf(&sql, "\nTABLESPACE %s", pk_attr(o, TABLESPACE));
	pk_emit(s, "%s", sql.ptr);
	row_security(s, o, pk_attr(o, ROW_SECURITY) != NULL, pk_attr(o, FORCE_ROW_SECURITY) != NULL, "FORCE");
	if (s->canonical)
		late(s, NULL, o);
}

static void rewriting(struct pk_stmt *stmt, const struct pk_object *table)
{
	stmt->rewrite = stmt->row_type = true;
	pk_stmt_joins(stmt, table);
	stmt->lock = "ACCESS EXCLUSIVE";
	stmt->about = table;
}

const char *pk_table_parents(const struct pk_object *o)
{
	return pk_attr(o, INHERITS);
}

/* What it inherits from, or the type that it is of; none has both. */
static const char *tie(const struct pk_object *o)
{
	return pk_attr(o, INHERITS) ? pk_attr(o, INHERITS) : pk_attr(o, OF_TYPE);
}

static bool tie_same(const struct pk_object *from, const struct pk_object *to)
{
	return pk_table_parents_same(from, to) && !pk_attr_changed(from, to, OF_TYPE);
}

/* What it inherits from is gone for good: then it has left it. */
enum pk_reaction pk_table_reaction(const struct pk_object *user, const struct pk_object *used,
				   const struct pk_object *after, enum pk_loss loss)
{
	(void)user, (void)used, (void)after;
	return loss == PK_LOSS_ANEW ? PK_MADE_ANEW : PK_UNTOUCHED;
}

/* Are the attributes of the one that takes its place those that stay, and new ones behind them? */
static bool keeps_order(const struct pk_object *type, const struct pk_object *after)
{
	size_t kept = 0;

	for (size_t i = 0; i < type->n_children; i++) {
		bool stays = false;

		for (size_t j = 0; j < after->n_children && !stays; j++)
			stays = strcmp(type->children[i]->name, after->children[j]->name) == 0;
		if (stays && strcmp(type->children[i]->name, after->children[kept++]->name) != 0)
			return false;
	}
	return true;
}

/* A table changes as the type does that it is of, on its own meanwhile. */
static enum pk_reaction reaction(const struct pk_object *user, const struct pk_object *used, const struct pk_object *after,
				 enum pk_loss loss)
{
	if (loss == PK_LOSS_ANEW && after && after->kind == used->kind && pk_streq(pk_attr(user, OF_TYPE), used->ident) &&
	    keeps_order(used, after))
		return PK_RETIED;
	return pk_table_reaction(user, used, after, loss);
}

/* OF wants the columns in the type's order, where those that are added come last. */
static bool can_be_of_type(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const struct pk_object **old, **new;
	size_t n_old = pk_children(s, from, NULL, &old), n_new = pk_children(s, to, NULL, &new), kept = 0;

	for (size_t i = 0; i < n_old; i++) {
		bool stays = false;

		for (size_t j = 0; j < n_new && !stays; j++)
			stays = strcmp(old[i]->name, new[j]->name) == 0;
		if (stays && strcmp(old[i]->name, new[kept++]->name) != 0)
			return false;
	}
	return n_new - kept <= 1;
}

/* From 15 on the sequences of its columns go along: those that shall be otherwise are told so again. */
static void change_logging(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	rewriting(pk_emit(s, "ALTER TABLE %s SET %s", to->ident, pk_table_is_unlogged(to) ? "UNLOGGED" : "LOGGED"), from);
	for (size_t i = 0; s->version >= 150000 && s->to && i < s->to->n; i++) {
		const struct pk_object *o = s->to->objects[i];
		const char *column = o->kind == &pk_kind_sequence ? pk_object_tie(o) : NULL;
		const struct pk_object *owner =
			column ? pk_snapshot_find(s->to, pk_arena_printf(s->arena, "column %s", column)) : NULL;

		if (o->kind == &pk_kind_identity && o->parent == to)
			pk_identity_keep_logging(s, o);
		else if (owner && owner->parent == to && pk_sequence_is_unlogged(o) != pk_table_is_unlogged(to))
			pk_sequence_set_logging(s, o);
	}
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *what = pk_arena_printf(s->arena, "ALTER TABLE %s", to->ident);

	if (pk_attr_changed(from, to, PARTITION_KEY) ||
	    (pk_attr(to, OF_TYPE) && pk_attr_changed(from, to, OF_TYPE) && !can_be_of_type(s, from, to)))
		return PK_RECREATE;
	if (pk_attr_changed(from, to, ACCESS_METHOD) && s->version < 150000)
		return PK_RECREATE; /* 14 cannot do it in place */
	if (pk_attr_changed(from, to, PERSISTENCE))
		change_logging(s, from, to);
	if (pk_attr_changed(from, to, ACCESS_METHOD)) {
		const char *none = pk_table_is_partitioned(to) ? "DEFAULT" : "heap";

		rewriting(pk_emit(s, "%s SET ACCESS METHOD %s", what,
				  pk_attr(to, ACCESS_METHOD) ? pk_attr(to, ACCESS_METHOD) : none), from);
		s->items[s->n - 1].rewrite = !pk_table_is_partitioned(to);
	}
	if (pk_attr_changed(from, to, TABLESPACE))
		rewriting(pk_emit(s, "%s SET TABLESPACE %s", what,
				  pk_attr(to, TABLESPACE) ? pk_attr(to, TABLESPACE) : "pg_default"), from);
	if (pk_attr_changed(from, to, OPTIONS))
		pk_alter_options(s, what, pk_attr(from, OPTIONS), pk_attr(to, OPTIONS));
	/* An index has to be there first (late), and keeps its columns NOT NULL until it is let go. */
	if (pk_attr_changed(from, to, REPLICA_IDENTITY) && !identity_index(to))
		set_identity(s, to);
	row_security(s, to, pk_attr_changed(from, to, ROW_SECURITY), pk_attr_changed(from, to, FORCE_ROW_SECURITY),
		     pk_attr(to, FORCE_ROW_SECURITY) ? "FORCE" : "NO FORCE");
	return PK_ALTERED;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	struct pk_stmt *stmt = pk_emit(s, "DROP TABLE %s", o->ident);

	stmt->about = o;
	pk_partition_goes(s, stmt, o);
	for (size_t i = 0; i < o->n_children; i++) {
		const struct pk_object *part = o->children[i];
		struct pk_stmt_lock *lock = NULL;

		if (part->kind->references && part->kind->references(part))
			lock = pk_stmt_lock(s, stmt, table_named(s, part->kind->references(part)), "ACCESS EXCLUSIVE");
		if (lock)
			lock->through = part;
	}
	if (!pk_table_is_partitioned(o)) { /* else its partitions lose them, or stay */
		stmt->lost = "the rows";
		stmt->lost_of = o;
	}
}

const struct pk_kind pk_kind_table = {
	.name = "table", .sql_name = "TABLE", .folder = "tables", .query = pk_sql_table, .hash_joins = true, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 10, .lock_alter = "ACCESS EXCLUSIVE", .lock_drop = "ACCESS EXCLUSIVE",
	.grant_on = "TABLE", .owned = true, .relation_name = true,
	.columns_apart = true, .reaction = reaction, .tie = tie, .tie_same = tie_same,
	.untie = leave, .late = late,
	.create = create, .alter = alter, .drop = drop,
	.most_parts = 1600, .rename = pk_rename_itself, .set_aside = pk_table_set_aside, .refill = pk_table_refill,
	.drop_aside = pk_table_drop_aside,
};
