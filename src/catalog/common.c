/* Owner, comment and privileges: the same for every kind. */
#include "catalog/acl.h"
#include "catalog/kind.h"

static const char *owner_of(const struct pk_script *s, const struct pk_object *o)
{
	return o->owner ? o->owner : s->database_owner;
}

/* A sequence that a column owns all along goes with the owner of the table. */
static bool owner_changes(const struct pk_object *from, const struct pk_object *to)
{
	if (!to->kind->owned || pk_streq(from->owner, to->owner))
		return false;
	return !to->kind->tied_to_column || !pk_object_tie(to) || !pk_streq(pk_object_tie(from), pk_object_tie(to));
}

static void emit_comment(struct pk_script *s, const struct pk_object *o, const char *comment)
{
	struct pk_stmt *stmt = pk_emit(s, "COMMENT ON %s %s IS %s", pk_sql_name(o), o->ident, comment ? comment : "NULL");

	stmt->lock = "SHARE UPDATE EXCLUSIVE";
	if (o->kind->relation_name)
		stmt->about = o;
}

static void emit_owner(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "ALTER %s %s OWNER TO %s", pk_sql_name(o), o->ident, owner_of(s, o))->lock = "ACCESS EXCLUSIVE";
}

static bool comment_counts(const struct pk_object *o)
{
	return o->kind->sql_name[0] != '\0';
}

void pk_common_create(struct pk_script *s, const struct pk_object *o)
{
	const char *born = s->role ? s->role : s->database_owner, *owner = owner_of(s, o);

	if (o->kind->owned && owner && !pk_streq(owner, born))
		emit_owner(s, o);
	if (o->comment && comment_counts(o))
		emit_comment(s, o, o->comment);
	if (o->kind->grant_on)
		pk_acl_change(s, o, NULL, o->grants);
}

void pk_common_alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *const *grants = from->grants;

	if (owner_changes(from, to) && owner_of(s, to)) {
		/* What is granted to the new owner would become the owner's own, and be taken from it as such. */
		if (to->kind->grant_on) {
			grants = pk_acl_common(s->arena, from->grants, to->grants);
			pk_acl_change(s, to, from->grants, grants);
		}
		emit_owner(s, to);
	}
	if (comment_counts(to) && !pk_streq(from->comment, to->comment))
		emit_comment(s, to, to->comment);
	if (to->kind->grant_on)
		pk_acl_change(s, to, grants, to->grants);
}

bool pk_common_same(const struct pk_script *s, const struct pk_object *a, const struct pk_object *b)
{
	(void)s;
	if (owner_changes(a, b))
		return false;
	if (comment_counts(b) && !pk_streq(a->comment, b->comment))
		return false;
	return !b->kind->grant_on || pk_acl_same(a->grants, b->grants);
}

void pk_object_create(struct pk_script *s, const struct pk_object *o)
{
	/* The canonical text of a table holds its constraints. */
	if (!(s->canonical && pk_object_folds(o)))
		o->kind->create(s, o);
	if (o->kind->extras)
		o->kind->extras(s, NULL, o);
	pk_common_create(s, o);
	for (size_t i = 0; i < o->n_children; i++) {
		const struct pk_object *part = o->children[i];

		if (!part->kind->part)
			continue;
		part->kind->extras(s, NULL, part);
		pk_common_create(s, part);
	}
}
