/* What others ask about constraints. */
#include "catalog/constraint.h"
#include "sql/action.h"

const struct pk_object *pk_constraint_referenced(const struct pk_object *o)
{
	const char *table = pk_attr(o, REFERENCES_TABLE);

	for (size_t i = 0; table && i < o->n_deps; i++) {
		const struct pk_object *on = o->deps[i]->parent ? o->deps[i]->parent : o->deps[i];

		if (on != o->parent && strcmp(on->ident, table) == 0)
			return on;
	}
	return NULL;
}

bool pk_constraint_merged(const struct pk_object *o)
{
	return pk_attr(o, MERGED) != NULL;
}

bool pk_constraint_same_sort(const struct pk_object *a, const struct pk_object *b)
{
	return a->kind == b->kind && (a->kind != &pk_kind_constraint || !pk_attr_changed(a, b, TYPE));
}

bool pk_constraint_is_check(const struct pk_object *o)
{
	return o->kind == &pk_kind_constraint && pk_constraint_is(o, 'c');
}

bool pk_constraint_proves_not_null(const struct pk_object *table, const char *column)
{
	for (size_t i = 0; i < table->n_children; i++) {
		const struct pk_object *part = table->children[i];
		const char *def = pk_constraint_is_check(part) ? pk_attr(part, DEFINITION) : "";

		if (pk_starts_with(def, "CHECK (") && !pk_attr(part, NOT_VALID) && !pk_attr(part, NOT_ENFORCED) &&
		    pk_sql_proves_not_null(def + strlen("CHECK "), column))
			return true;
	}
	return false;
}

const struct pk_object *pk_constraint_of_heir(const struct pk_script *s, const struct pk_object *heir, const struct pk_object *o)
{
	const struct pk_object *old = s->from ? pk_snapshot_find(s->from, heir->key) : NULL;

	for (size_t i = 0; old && i < old->n_children; i++) {
		const struct pk_object *part = old->children[i];

		if (part->kind == o->kind && pk_streq(pk_attr(part, DEFINITION), pk_attr(o, DEFINITION)) &&
		    !pk_attr(part, NOT_VALID) && !pk_attr(part, NOT_ENFORCED) && !pk_attr(part, WHOLE))
			return part;
	}
	return NULL;
}
