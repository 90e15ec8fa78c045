#include "catalog/kind.h"
#include "catalog_sql.h"

enum { OF_TABLE, OF_OID, BOUND };
static const char *const attrs[] = { "of_table", "of_oid", "bound" };

const struct pk_object *pk_partition_of(const struct pk_object *table)
{
	const struct pk_object *attachment = pk_attachment_of(table);

	for (size_t i = 0; attachment && i < attachment->n_deps; i++) {
		if (pk_streq(attachment->deps[i]->ident, pk_attr(attachment, OF_TABLE)))
			return attachment->deps[i];
	}
	return NULL;
}

/* What comes or goes beside the default partition may concern its rows. */
static void lock_whole(struct pk_script *s, struct pk_stmt *stmt, const struct pk_object *table, const char *mode)
{
	const struct pk_object *whole = pk_partition_of(table);
	struct pk_stmt_lock *lock;

	if (!whole)
		return;
	lock = pk_stmt_lock(s, stmt, whole, mode);
	lock->alone = true;
	for (size_t i = 0; i < whole->n_heirs; i++) {
		const struct pk_object *attachment = pk_attachment_of(whole->heirs[i]);

		if (whole->heirs[i] != table && attachment && strcmp(pk_attr(attachment, BOUND), "DEFAULT") == 0)
			pk_stmt_lock(s, stmt, whole->heirs[i], "ACCESS EXCLUSIVE");
	}
}

/* The partition's share of a foreign key comes, or becomes its own: with triggers on the table that it refers to. */
static void lock_referenced(struct pk_script *s, struct pk_stmt *stmt, const struct pk_object *key, const char *mode)
{
	struct pk_stmt_lock *lock = key->kind->references ? pk_stmt_lock(s, stmt, pk_constraint_referenced(key), mode) : NULL;

	if (lock)
		lock->through = key;
}

/* Has the partition, as it is attached, the key by itself: of old, or made for the sake of the whole's? */
static bool brings_key(const struct pk_script *s, const struct pk_object *partition, const struct pk_object *whole,
		       const struct pk_object *key)
{
	const struct pk_object *own, *same;

	if (!key->kind->references || !s->from || !pk_snapshot_find(s->from, partition->key))
		return false;
	own = pk_constraint_of_heir(s, partition, key);
	same = own ? pk_snapshot_find(s->to, own->key) : NULL;
	return (same && !s->comes(s, same)) || (s->comes(s, key) && pk_script_online(s, whole));
}

void pk_partition_goes(struct pk_script *s, struct pk_stmt *stmt, const struct pk_object *table)
{
	lock_whole(s, stmt, table, "ACCESS EXCLUSIVE");
}

struct pk_stmt *pk_partition_attach(struct pk_script *s, const struct pk_object *o, const char *whole, const char *table)
{
	return pk_emit(s, "ALTER TABLE ONLY %s ATTACH PARTITION %s %s", whole, table, pk_attr(o, BOUND));
}

struct pk_stmt *pk_partition_detach(struct pk_script *s, const char *whole, const char *table)
{
	return pk_emit(s, "ALTER TABLE ONLY %s DETACH PARTITION %s", whole, table);
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	struct pk_stmt *stmt = pk_partition_attach(s, o, pk_attr(o, OF_TABLE), o->ident);
	const struct pk_object *whole = pk_partition_of(o->parent);

	stmt->scan = true;
	stmt->heirs = PK_ALL_HEIRS;
	lock_whole(s, stmt, o->parent, "SHARE UPDATE EXCLUSIVE");
	for (size_t i = 0; whole && i < whole->n_children; i++)
		lock_referenced(s, stmt, whole->children[i],
				brings_key(s, o->parent, whole, whole->children[i]) ? PK_TAKEN_IN : "SHARE ROW EXCLUSIVE");
	if (pk_script_online(s, o->parent))
		stmt->note = "the rows are checked under the lock, unless a CHECK that is valid says the same as the bounds";
}

/* ---- leaving beside the traffic ---- */

#define NAME_MAX_BYTES 63

static bool has_default(const struct pk_object *whole)
{
	for (size_t i = 0; i < whole->n_heirs; i++) {
		const struct pk_object *attachment = pk_attachment_of(whole->heirs[i]);

		if (attachment && strcmp(pk_attr(attachment, BOUND), "DEFAULT") == 0)
			return true;
	}
	return false;
}

static const struct pk_object *column_called(const struct pk_object *table, const char *quoted, size_t len)
{
	for (size_t i = 0; i < table->n_children; i++) {
		const struct pk_object *o = table->children[i];

		if (o->kind == &pk_kind_column && strlen(pk_column_quoted(o)) == len &&
		    strncmp(pk_column_quoted(o), quoted, len) == 0)
			return o;
	}
	return NULL;
}

/*
 * Adds the columns of a table's partition key "RANGE (a, "b, c")" to those that are one by now. *ret_column: that one;
 * *ret_several: there are more. False: the key is of another sort.
 */
static bool add_key(const struct pk_object *whole, const char **ret_column, bool *ret_several)
{
	const char *key = pk_table_partition_key(whole), *item, *end;

	if (!key || !(pk_starts_with(key, "RANGE (") || pk_starts_with(key, "LIST (")))
		return false;
	for (item = strchr(key, '(') + 1;; item = end + strlen(", ")) {
		const struct pk_object *column;

		end = pk_find_outside(item, ", ");
		column = column_called(whole, item, end ? (size_t)(end - item) : strlen(item) - strlen(")"));
		if (!column)
			return false;
		*ret_several |= *ret_column && !pk_streq(*ret_column, column->name);
		*ret_column = column->name;
		if (!end)
			return true;
	}
}

/*
 * What the server calls the CHECK of the bounds, those of the whole's own whole included, that DETACH PARTITION
 * CONCURRENTLY leaves on the partition: ChooseConstraintName() of PostgreSQL. NULL: not to be told from here.
 */
static const char *check_left(struct pk_script *s, const struct pk_object *partition)
{
	const char *column = NULL, *name;
	bool several = false;

	for (const struct pk_object *whole = pk_partition_of(partition); whole; whole = pk_partition_of(whole))
		if (!add_key(whole, &column, &several))
			return NULL;
	if (!column || !s->is_taken)
		return NULL;
	name = pk_arena_printf(s->arena, "%s%s%s_check", partition->name, several ? "" : "_", several ? "" : column);
	return strlen(name) > NAME_MAX_BYTES || s->is_taken(s, name) ? NULL : name;
}

/* What a part says of those of which it is a share, or from which it comes. */
static bool is_tie(const struct pk_kind *kind, size_t attr)
{
	static const char *const ties[] = { "inherited", "not_null_inherited", "merged", "whole" };
	bool found = kind->parent_attr && attr + 1 == (size_t)kind->parent_attr;

	for (size_t i = 0; i < PK_COUNT(ties); i++)
		found |= strcmp(kind->attrs[attr], ties[i]) == 0;
	return found;
}

static bool same_but_for_ties(const struct pk_object *from, const struct pk_object *to)
{
	for (size_t i = 0; i < from->kind->n_attrs; i++)
		if (!is_tie(from->kind, i) && pk_attr_changed(from, to, (int)i))
			return false;
	return true;
}

/* Has the table the same parts after it, with nothing new in any but what they are shares of, and their places? */
static bool keeps_parts(const struct pk_script *s, const struct pk_object *table, const struct pk_object *after)
{
	size_t n = 0, n_after = 0;

	for (size_t i = 0; i < after->n_children; i++)
		n_after += !after->children[i]->kind->attachment;
	for (size_t i = 0; i < table->n_children; i++) {
		const struct pk_object *part = table->children[i], *to = pk_snapshot_find(s->to, part->key);

		if (part->kind->attachment)
			continue;
		if (!to || to->kind != part->kind || !same_but_for_ties(part, to))
			return false;
		n++;
	}
	return n == n_after;
}

/*
 * As a table of its own, with nothing else changing in it or in what it leaves, which would have to wait for it or not; and
 * from a whole without a DEFAULT partition on either side: with one, the server refuses.
 */
static bool leaves_for_good(const struct pk_script *s, const struct pk_object *partition)
{
	const struct pk_object *after = s->from ? pk_snapshot_find(s->to, partition->key) : NULL;

	if (!after || after->kind != partition->kind || partition->kind->foreign || pk_attachment_of(after) ||
	    !keeps_parts(s, partition, after))
		return false;
	for (const struct pk_object *whole = pk_partition_of(partition); whole; whole = pk_partition_of(whole)) {
		const struct pk_object *rest = pk_snapshot_find(s->to, whole->key);

		if (!rest || whole->hides_heirs || !keeps_parts(s, whole, rest) ||
		    (pk_partition_of(whole) && !pk_table_stays_attached(whole, rest)))
			return false;
		if (whole == pk_partition_of(partition) && (has_default(whole) || has_default(rest)))
			return false;
	}
	return true;
}

static bool leave_beside(struct pk_script *s, const struct pk_object *o, const struct pk_object *whole)
{
	const char *check = whole && s->version >= 140000 && leaves_for_good(s, o->parent) ? check_left(s, o->parent) : NULL;
	PK_AUTO(pk_buf) quoted = PK_BUF_INIT;
	struct pk_stmt *stmt;

	if (!check)
		return false;
	stmt = pk_emit(s, "ALTER TABLE %s DETACH PARTITION %s CONCURRENTLY", pk_attr(o, OF_TABLE), o->ident);
	stmt->no_transaction = true;
	stmt->note = "reads and writes of the partitioned table go on; it waits for those that began before";
	pk_stmt_lock(s, stmt, whole, "SHARE UPDATE EXCLUSIVE")->alone = true;
	for (size_t i = 0; i < whole->n_children; i++)
		lock_referenced(s, stmt, whole->children[i], "SHARE ROW EXCLUSIVE");
	pk_buf_add_ident(&quoted, check);
	pk_emit(s, "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s", o->ident, quoted.ptr)->note =
		"the bounds, which the server leaves as a CHECK";
	return true;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	const struct pk_object *whole = pk_partition_of(o->parent);
	struct pk_stmt *stmt;

	if (pk_script_online(s, o->parent) && leave_beside(s, o, whole))
		return;
	stmt = pk_partition_detach(s, pk_attr(o, OF_TABLE), o->ident);
	pk_partition_goes(s, stmt, o->parent);
	for (size_t i = 0; whole && i < whole->n_children; i++)
		lock_referenced(s, stmt, whole->children[i], "SHARE ROW EXCLUSIVE");
	if (pk_script_online(s, o->parent))
		stmt->note = "nothing is read under the lock";
}

/* The OID of the parent tells who it is within one database only. */
static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)s;
	return pk_attr_changed(from, to, OF_TABLE) || pk_attr_changed(from, to, BOUND) ? PK_RECREATE : PK_SAME;
}

bool pk_table_stays_attached(const struct pk_object *from, const struct pk_object *to)
{
	const struct pk_object *old = pk_attachment_of(from), *new = pk_attachment_of(to);

	return old && new && alter(NULL, old, new) == PK_SAME;
}

const struct pk_kind pk_kind_attachment = {
	.if_any = "pg_inherits",
	.name = "partition", .sql_name = "", .folder = NULL, .query = pk_sql_attachment, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 15, .lock_create = "ACCESS EXCLUSIVE", .lock_alter = "ACCESS EXCLUSIVE", .lock_drop = "ACCESS EXCLUSIVE", .attachment = true, .create = create, .alter = alter, .drop = drop,
};
