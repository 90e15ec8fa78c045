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

/* "(a, b) INCLUDE ...": the columns, and what is said behind them. */
static const char *columns_of(const struct pk_object *o)
{
	const char *definition = pk_attr(o, o->kind->rest_attr - 1);

	return strchr(o->kind == &pk_kind_index ? pk_find_outside(definition, " USING ") : definition, '(');
}

bool pk_share_only_carries(const struct pk_object *o, const struct pk_object *column)
{
	const char *keys = o->kind->parent_attr ? columns_of(o) : NULL;
	const char *carried = keys ? pk_find_outside(keys, " INCLUDE (") : NULL;
	const char *named = carried ? strstr(keys, pk_attr(column, 0)) : NULL;

	return named && named > carried;
}

static bool is_unique(const struct pk_object *o)
{
	return o->kind != &pk_kind_index || pk_starts_with(pk_attr(o, o->kind->rest_attr - 1), "CREATE UNIQUE ");
}

bool pk_share_alike(const struct pk_object *a, const struct pk_object *b)
{
	return b->kind->parent_attr && pk_takes_relation_name(b) && is_unique(a) == is_unique(b) &&
	       strncmp(columns_of(a), columns_of(b), strcspn(columns_of(a), ")")) == 0;
}

/* Has its table another one that the server might take for the share in its stead? */
static bool has_double(const struct pk_object *share)
{
	for (size_t i = 0; i < share->parent->n_children; i++) {
		if (share->parent->children[i] != share && pk_share_alike(share, share->parent->children[i]))
			return true;
	}
	return false;
}

static bool comes_apart(const struct pk_object *whole)
{
	for (size_t i = 0; i < whole->parent->n_heirs && !whole->parent->hides_heirs; i++) {
		const struct pk_object *heir = whole->parent->heirs[i], *share = pk_share_in(whole, heir);

		if (!heir->kind->foreign && (!share || !pk_constraint_same_sort(whole, share) || has_double(share) || comes_apart(share)))
			return pk_table_is_partitioned(whole->parent);
	}
	return false;
}

void pk_share_settle(struct pk_object *o)
{
	o->comes_apart = o->kind->parent_attr && comes_apart(o);
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

static void attach(struct pk_script *s, const struct pk_object *whole, const struct pk_object *share)
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
			attach(s, whole, share);
	}
}

void pk_share_attach_late(struct pk_script *s, const struct pk_object *share)
{
	const struct pk_object *whole = pk_share_whole(share, whole_ident(share));

	if (whole && s->comes && !s->comes(s, whole) && !s->comes(s, share->parent) && s->stays_heir(s, share->parent))
		attach(s, whole, share);
}
