/* What stands on one side, by the names that it has on the other. */
#include "diff/rename_work.h"
#include "sql/scan.h"

/* The rename that gives a schema this name, or takes it from one; NULL: there is none. */
static const struct pk_rename *giving(const struct pk_rename_work *w, const char *schema)
{
	for (size_t i = 0; schema && i < w->n; i++)
		if (w->items[i].to->kind == &pk_kind_schema && pk_streq(w->items[i].to->name, schema))
			return &w->items[i];
	return NULL;
}

static const struct pk_rename *taking(const struct pk_rename_work *w, const char *schema)
{
	for (size_t i = 0; schema && i < w->n; i++)
		if (w->items[i].from->kind == &pk_kind_schema && pk_streq(w->items[i].from->name, schema))
			return &w->items[i];
	return NULL;
}

const char *pk_rename_schema_before(const struct pk_rename_work *w, const char *schema)
{
	const struct pk_rename *rename = giving(w, schema);

	if (rename)
		return rename->from->name;
	return taking(w, schema) ? NULL : schema;
}

static const char *schema_after(const struct pk_rename_work *w, const char *schema)
{
	const struct pk_rename *rename = taking(w, schema);

	if (rename)
		return rename->to->name;
	return giving(w, schema) ? NULL : schema;
}

const char *pk_rename_tail_there(struct pk_rename_work *w, const struct pk_object *o,
			      const struct pk_object *(*there)(struct pk_rename_work *w, const struct pk_object *o))
{
	const char *tail = o->kind->routine ? pk_ident_tail(o) : NULL;
	size_t done = 0;
	struct pk_scan scan;
	struct pk_token token;
	PK_AUTO(pk_buf) ret = PK_BUF_INIT;

	if (!tail)
		return NULL;
	pk_scan_start(&scan, tail, strlen(tail));
	while (pk_scan_next(&scan, &token))
		for (size_t i = 0; i < o->n_deps; i++) {
			const char *ident = o->deps[i]->ident, *end = tail + token.start + strlen(ident);
			const struct pk_object *other;

			if (!pk_starts_with(tail + token.start, ident) || !strchr(",)[", *end) || !(other = there(w, o->deps[i])))
				continue;
			pk_buf_addf(&ret, "%.*s%s", (int)(token.start - done), tail + done, other->ident);
			done = scan.pos = (size_t)(end - tail);
			break;
		}
	pk_buf_add(&ret, tail + done);
	return pk_arena_strdup(&w->arena, ret.ptr);
}

const struct pk_object *pk_rename_named(const struct pk_snapshot *side, const struct pk_object *like, const char *tail,
				     const char *schema, const struct pk_object *parent, const char *name)
{
	bool part = pk_is_part(like);

	for (size_t i = 0; i < side->n; i++) {
		const struct pk_object *o = side->objects[i];

		if (o->kind == like->kind && pk_is_named(o, name) &&
		    (part ? o->parent == parent : pk_streq(o->schema, schema)) &&
		    (!tail || pk_streq(pk_ident_tail(o), tail)))
			return o;
	}
	return NULL;
}

/* The table with which it goes to another schema: an index, a sequence that a column owns. NULL: it goes by itself. */
static const struct pk_object *table_of(struct pk_rename_work *w, const struct pk_snapshot *side, const struct pk_object *o)
{
	const char *column = o->kind->tied_to_column ? pk_object_tie(o) : NULL;
	const struct pk_object *owner = column ? pk_snapshot_find(side, pk_arena_printf(&w->arena, "column %s", column)) : o;

	return owner ? owner->parent : NULL;
}

const char *pk_rename_schema_of_before(struct pk_rename_work *w, const struct pk_object *to)
{
	const char *schema = pk_rename_schema_before(w, to->schema);
	const struct pk_object *table = table_of(w, w->to, to), *before = table ? pk_rename_before(w, table) : NULL;

	return before ? before->schema : schema;
}

const char *pk_rename_schema_of_after(struct pk_rename_work *w, const struct pk_object *from)
{
	const char *schema = schema_after(w, from->schema);
	const struct pk_object *table = table_of(w, w->from, from), *after = table ? pk_rename_after(w, table) : NULL;

	return after ? after->schema : schema;
}

const struct pk_object *pk_rename_before(struct pk_rename_work *w, const struct pk_object *to)
{
	const struct pk_object *parent = NULL;

	for (size_t i = 0; i < w->n; i++)
		if (w->items[i].to == to && !w->items[i].inside)
			return w->items[i].from;
	if (pk_is_part(to) && !(parent = pk_rename_before(w, to->parent)))
		return NULL;
	return pk_rename_named(w->from, to, pk_rename_tail_there(w, to, pk_rename_before), pk_rename_schema_of_before(w, to), parent,
		     pk_bare_name(&w->arena, to));
}

const struct pk_object *pk_rename_after(struct pk_rename_work *w, const struct pk_object *from)
{
	const struct pk_object *parent = NULL;

	for (size_t i = 0; i < w->n; i++)
		if (w->items[i].from == from && !w->items[i].inside)
			return w->items[i].to;
	if (pk_is_part(from) && !(parent = pk_rename_after(w, from->parent)))
		return NULL;
	return pk_rename_named(w->to, from, pk_rename_tail_there(w, from, pk_rename_after), pk_rename_schema_of_after(w, from), parent,
		     pk_bare_name(&w->arena, from));
}
