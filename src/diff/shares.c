/*
 * What a partitioned table's index or key is made of: a share in each partition, or in some. No statement takes one
 * out, so the whole is made anew, with all its shares. And checks, which heirs have as their parents have them.
 */
#include "catalog/share.h"
#include "diff/differ.h"

static const char *whole_named(const struct pk_object *o)
{
	return o->kind->parent_attr && o->parent && !pk_object_comes_by_itself(o) ? o->attr[o->kind->parent_attr - 1] : NULL;
}

static bool remake(struct pk_object *o, const struct pk_object *because)
{
	struct pk_info *info = pk_info(o);

	if (!info->other || pk_goes(o))
		return false;
	info->because = pk_info(info->other)->because = because;
	info->fate = pk_info(info->other)->fate = PK_REMAKE;
	return true;
}

/* Of the old side: it leaves its whole, or its whole leaves it. */
static bool part_ways(struct pk_changes *c, struct pk_object *share)
{
	const char *name = whole_named(share);
	struct pk_object *whole = name ? (struct pk_object *)pk_index_parent(c->arena, c->from, share) : NULL;
	const struct pk_object *other = pk_info(share)->other;

	if (!whole || !pk_stays_attached(share->parent))
		return false;
	if (pk_goes(whole))
		return (pk_info(whole)->other || whole->kind != share->kind) && remake(share, whole);
	return (pk_goes(share) || !pk_streq(whole_named(other), name)) && remake(whole, share);
}

static bool has_share(const struct pk_object *table, const struct pk_object *whole)
{
	for (size_t i = 0; i < table->n_children; i++) {
		if (pk_streq(whole_named(table->children[i]), whole->ident))
			return true;
	}
	return false;
}

/* Is it there as it was, an index or key of a table? */
static bool stays(const struct pk_object *o)
{
	return o->kind->parent_attr && pk_takes_relation_name(o) && pk_info(o)->other && !pk_comes(o);
}

/* When the server comes to it, as it looks for shares: in the order in which they were made. Negative: it is not there by then. */
static int64_t turn_of(const struct pk_object *part, const struct pk_object *whole)
{
	const int64_t made = INT64_C(1) << 33, made_later = made + 1;

	if (stays(part))
		return pk_info(part)->other->oid;
	if (pk_made_with_parent(part))
		return made;
	return whole && stays(whole) ? made_later + pk_info(whole)->other->oid : -1;
}

static const struct pk_object *whole_of(const struct pk_object *part, const struct pk_object *table)
{
	for (size_t i = 0; i < table->n_children; i++) {
		if (pk_streq(whole_named(part), table->children[i]->ident))
			return table->children[i];
	}
	return NULL;
}

/*
 * Of the new side: would the server, as it attaches the partition, take another one for the share? Each whole takes the
 * first that fits, and that none before has.
 */
static bool is_mistaken(const struct pk_object *table, const struct pk_object *whole)
{
	const struct pk_object *share = pk_share_in(whole, table);

	for (size_t i = 0; i < table->n_children; i++) {
		const struct pk_object *rival = table->children[i], *other = whole_of(rival, whole->parent);
		int64_t turn = turn_of(rival, other);

		if (rival == share || !pk_share_alike(whole, rival) || turn < 0 || turn > turn_of(share, whole) ||
		    (whole->kind != &pk_kind_index && rival->kind == &pk_kind_index))
			continue;
		if (!other || !stays(other) || pk_info(other)->other->oid > pk_info(whole)->other->oid)
			return true;
	}
	return false;
}

/* Of the new side: as it becomes part of the table, the server gives it a share of what is there. */
static bool attach_by_name(const struct pk_object *attachment)
{
	const struct pk_object *table = attachment->parent, *whole = pk_partition_of(table);
	bool changed = false;

	for (size_t i = 0; whole && !table->kind->foreign && i < whole->n_children; i++) {
		struct pk_object *o = whole->children[i];

		if (o->kind->parent_attr && pk_takes_relation_name(o) && pk_info(o)->other &&
		    (!has_share(table, o) || (stays(o) && is_mistaken(table, o))))
			changed |= remake(pk_info(o)->other, attachment);
	}
	return changed;
}

/* Is it an heir from now on, without being made as one? */
static bool joins(const struct pk_object *table, const struct pk_object *parent)
{
	const struct pk_object *attachment = pk_attachment_of(table), *old = pk_info(table)->other;

	if (attachment)
		return pk_comes(attachment);
	return old && !pk_comes(table) && old->kind == table->kind && !pk_table_keeps_parent(old, table, parent->ident);
}

/* What there is of it in the old side and stays, in a form that no text leads to; NULL: none. */
static struct pk_object *kept_as_printed_once(const struct pk_object *o)
{
	struct pk_object *old = o ? pk_info(o)->other : NULL;

	return old && old->restated && !pk_goes(old) ? old : NULL;
}

/*
 * An heir that joins has its parent's checks already, just as the server holds them. Where one of the two is made of text
 * and the other is not, that is made anew.
 */
static bool say_checks_alike(const struct pk_object *table, const struct pk_object *parent)
{
	bool changed = false;

	for (size_t i = 0; i < parent->n_children; i++) {
		const struct pk_object *check = parent->children[i], *same = NULL;

		if (!pk_constraint_is_check(check) || !check->kind->renames_heirs(check))
			continue;
		for (size_t j = 0; j < table->n_children && !same; j++)
			if (pk_constraint_is_check(table->children[j]) && strcmp(table->children[j]->name, check->name) == 0)
				same = table->children[j];
		struct pk_object *theirs = kept_as_printed_once(check), *own = kept_as_printed_once(same);

		if (!theirs != !own)
			changed |= remake(theirs ? theirs : own, table);
	}
	return changed;
}

static bool stays_under(const struct pk_object *heir, const struct pk_object *parent)
{
	const struct pk_object *other = pk_info(heir)->other;

	if (pk_attachment_of(heir))
		return pk_stays_attached(heir);
	return other && pk_table_keeps_parent(heir, other, parent->ident);
}

/* Of the old side: what needs NOT NULL in heirs cannot be there while a column takes it from them. */
static bool take_not_null(const struct pk_object *column, const struct pk_object *table)
{
	bool changed = false;

	for (size_t i = 0; i < table->n_heirs; i++) {
		const struct pk_object *heir = table->heirs[i];

		if (!stays_under(heir, table))
			continue;
		for (size_t j = 0; j < heir->n_children; j++) {
			struct pk_object *part = heir->children[j];

			for (size_t k = 0; k < part->n_deps && pk_table_needs_not_null(part); k++) {
				const struct pk_object *on = part->deps[k];

				if (on->parent != heir || !on->kind->part || strcmp(on->name, column->name) != 0 ||
				    !pk_column_takes_not_null(column, pk_info(column)->other, on))
					continue;
				pk_info(part)->gap = true;
				changed |= remake(part, column);
			}
		}
		changed |= take_not_null(column, heir);
	}
	return changed;
}

static bool has_moving_partition(const struct pk_object *table)
{
	for (size_t i = 0; i < table->n_heirs; i++) {
		const struct pk_object *attachment = pk_attachment_of(table->heirs[i]);

		if (attachment && ((pk_goes(attachment) && pk_info(attachment)->other) || has_moving_partition(table->heirs[i])))
			return true;
	}
	return false;
}

/* Of the old side: a foreign key to a partitioned table cannot be there while some of its rows are in no partition. */
static bool miss_rows(struct pk_changes *c, struct pk_object *key)
{
	const struct pk_object *table = pk_referred_table(c->arena, c->from, key);

	if (!table || pk_object_comes_by_itself(key) || !has_moving_partition(table))
		return false;
	pk_info(key)->gap = true;
	return remake(key, table);
}

bool pk_shares_reach(struct pk_changes *c)
{
	bool changed = false;

	for (size_t i = 0; i < c->from->n; i++) {
		const struct pk_object *o = c->from->objects[i], *other = pk_info(o)->other;

		changed |= part_ways(c, c->from->objects[i]) | miss_rows(c, c->from->objects[i]);
		if (other && o->kind->part && o->parent->kind->columns_apart && pk_changes_in_place(o))
			changed |= take_not_null(o, o->parent);
	}
	for (size_t i = 0; i < c->to->n; i++) {
		if (c->to->objects[i]->kind->attachment && pk_comes(c->to->objects[i]))
			changed |= attach_by_name(c->to->objects[i]);
		for (size_t j = 0; j < c->to->objects[i]->n_heirs; j++) {
			if (joins(c->to->objects[i]->heirs[j], c->to->objects[i]))
				changed |= say_checks_alike(c->to->objects[i]->heirs[j], c->to->objects[i]);
		}
	}
	return changed;
}
