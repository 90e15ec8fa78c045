/* A partition's share of a partitioned table's index or key. */
#include "catalog/share.h"

#include "pg/conn.h"

static const char *whole_ident(const struct pk_object *o)
{
	return o->kind->parent_attr ? pk_attr(o, o->kind->parent_attr - 1) : NULL;
}

const struct pk_object *pk_share_in(const struct pk_object *whole, const struct pk_object *partition)
{
	for (size_t i = 0; i < partition->n_children; i++) {
		const struct pk_object *part = partition->children[i];

		if (pk_streq(whole_ident(part), whole->ident))
			return part;
	}
	return NULL;
}

bool pk_share_comes_apart(const struct pk_object *whole)
{
	for (size_t i = 0; i < whole->parent->n_heirs && !whole->parent->hides_heirs; i++) {
		const struct pk_object *heir = whole->parent->heirs[i], *share = pk_share_in(whole, heir);

		if (!heir->kind->foreign && (!share || !pk_constraint_same_sort(whole, share)))
			return pk_table_is_partitioned(whole->parent);
	}
	return false;
}

const struct pk_object *pk_share_whole(const struct pk_object *share, const char *ident)
{
	const struct pk_object *table = pk_partition_of(share->parent);

	for (size_t i = 0; ident && table && i < table->n_children; i++) {
		if (table->children[i]->kind->parent_attr && pk_streq(table->children[i]->ident, ident))
			return table->children[i];
	}
	return NULL;
}

bool pk_share_has_keys(const struct pk_object *whole)
{
	for (size_t i = 0; i < whole->parent->n_heirs; i++) {
		const struct pk_object *share = pk_share_in(whole, whole->parent->heirs[i]);

		if (share && (share->kind != whole->kind || pk_share_has_keys(share)))
			return true;
	}
	return false;
}

bool pk_share_of_index(const struct pk_object *share)
{
	const struct pk_object *whole = pk_share_whole(share, whole_ident(share));

	return whole && whole->kind == &pk_kind_index;
}

static const char *index_of(struct pk_script *s, const struct pk_object *o)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	pk_buf_add_qualified(&name, o->schema, o->name);
	return pk_arena_strdup(s->arena, name.ptr);
}

void pk_share_attach(struct pk_script *s, const struct pk_object *whole, const struct pk_object *share)
{
	struct pk_stmt *stmt = pk_emit(s, "ALTER INDEX %s ATTACH PARTITION %s", index_of(s, whole), index_of(s, share));

	stmt->lock = "ACCESS EXCLUSIVE";
	stmt->about = share;
	stmt->note = "queries of the partition wait a moment, as its index is locked; nothing is read";
}

void pk_share_attach_as_read(struct pk_script *s, const struct pk_object *share)
{
	if (pk_share_of_index(share))
		pk_emit(s, "ALTER INDEX %s ATTACH PARTITION %s", whole_ident(share), index_of(s, share));
}

void pk_share_attach_all(struct pk_script *s, const struct pk_object *whole)
{
	for (size_t i = 0; i < whole->parent->n_heirs; i++) {
		const struct pk_object *share = pk_share_in(whole, whole->parent->heirs[i]);

		if (share)
			pk_share_attach(s, whole, share);
	}
}

void pk_share_attach_late(struct pk_script *s, const struct pk_object *share)
{
	const struct pk_object *whole = pk_share_whole(share, whole_ident(share));

	if (whole && s->comes && !s->comes(s, whole) && !s->comes(s, share->parent) && s->stays_heir(s, share->parent))
		pk_share_attach(s, whole, share);
}
