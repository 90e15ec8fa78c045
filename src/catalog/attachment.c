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

static void drop(struct pk_script *s, const struct pk_object *o)
{
	struct pk_stmt *stmt = pk_partition_detach(s, pk_attr(o, OF_TABLE), o->ident);
	const struct pk_object *whole = pk_partition_of(o->parent);

	pk_partition_goes(s, stmt, o->parent);
	for (size_t i = 0; whole && i < whole->n_children; i++)
		lock_referenced(s, stmt, whole->children[i], "SHARE ROW EXCLUSIVE");
	if (pk_script_online(s, o->parent))
		stmt->note = "nothing is read under the lock; DETACH PARTITION CONCURRENTLY would leave a CHECK behind";
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
