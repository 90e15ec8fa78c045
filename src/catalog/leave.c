#include "catalog/leave.h"

#include "base/buf.h"
#include "base/text.h"
#include "catalog/kind.h"

static bool is_kind(const char *name)
{
	for (size_t i = 0; pk_kinds[i]; i++)
		if (pk_streq(pk_kinds[i]->name, name))
			return true;
	return strcmp(name, PK_LABEL_KIND) == 0;
}

int pk_managed_check(const struct pk_managed *managed, struct pk_err *err)
{
	PK_AUTO(pk_buf) kinds = PK_BUF_INIT;

	for (size_t i = 0; managed && i < managed->ignore.n; i++) {
		const char *pattern = managed->ignore.items[i];
		PK_FREE char *kind = pk_managed_kind(pattern);

		if (!kind || is_kind(kind))
			continue;
		for (size_t k = 0; pk_kinds[k]; k++)
			pk_buf_addf(&kinds, "%s, ", pk_kinds[k]->name);
		pk_err_set(err, "'%s' is to be ignored, but there is no kind of object '%s'", pattern, kind);
		pk_err_exit(err, PK_EXIT_USAGE);
		return pk_err_hint(err, "the kinds are %s" PK_LABEL_KIND "; *:... means all", kinds.ptr);
	}
	return 0;
}

static bool by_itself(const struct pk_object *o, const struct pk_managed *managed)
{
	const char *parent = o->parent && !o->kind->relation_name ? o->parent->name : NULL;

	return pk_managed_ignores(managed, o->kind->name, o->schema, parent, o->name) ||
	       (o->schema && pk_managed_ignores(managed, "schema", NULL, NULL, o->schema));
}

static bool hangs_on_left_out(const struct pk_object *o, bool schemas_alone)
{
	for (size_t i = 0; i < o->n_deps; i++)
		if (o->deps[i]->left_out && (!schemas_alone || o->deps[i]->kind == &pk_kind_schema))
			return true;
	return false;
}

/* Parts go with their table, partitions with theirs, sequences with the column that owns them. */
static bool with_another(const struct pk_snapshot *snap, const struct pk_object *o)
{
	const struct pk_object *attachment = pk_attachment_of(o);
	const char *tie = o->kind->tied_to_column ? pk_object_tie(o) : NULL;
	PK_FREE char *key = tie ? pk_printf("column %s", tie) : NULL;
	const struct pk_object *column = key ? pk_snapshot_find(snap, key) : NULL;

	return (o->parent && o->parent->left_out) || (o->kind->linked && hangs_on_left_out(o, false)) ||
	       (attachment && hangs_on_left_out(attachment, false)) || (column && column->left_out) || hangs_on_left_out(o, true);
}

static bool carry_on(struct pk_snapshot *snap)
{
	bool changed = false;

	for (size_t i = 0; i < snap->n; i++) {
		struct pk_object *o = snap->objects[i];

		if (o->left_out || !with_another(snap, o))
			continue;
		o->left_out = changed = true;
	}
	return changed;
}

/* Where what is granted is all there is. */
static bool says_nothing(const struct pk_object *o)
{
	return o->kind->grant_prefix_attr && !o->grants;
}

static size_t without_left_out(struct pk_object **list, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!list[i]->left_out)
			list[kept++] = list[i];
	return kept;
}

static void divide(struct pk_snapshot *snap)
{
	size_t kept = 0, heirs;

	snap->left_out = pk_realloc_array(NULL, snap->n + 1, sizeof(*snap->left_out));
	pk_map_release(&snap->by_key);
	for (size_t i = 0; i < snap->n; i++) {
		struct pk_object *o = snap->objects[i];

		if (o->left_out) {
			snap->left_out[snap->n_left_out++] = o;
			continue;
		}
		snap->objects[kept++] = o;
		pk_map_set(&snap->by_key, o->key, o);
		heirs = o->n_heirs;
		o->n_heirs = without_left_out(o->heirs, heirs);
		o->hides_heirs = o->n_heirs < heirs;
		o->n_deps = without_left_out(o->deps, o->n_deps);
		o->n_typed_by = without_left_out(o->typed_by, o->n_typed_by);
		o->n_children = without_left_out(o->children, o->n_children);
		if (o->origin && o->origin->left_out)
			o->origin = NULL;
	}
	snap->n = kept;
}

/* "operator class x" is of the kind before the name that begins it; any number of words. */
static bool unmodelled_left_out(const char *what, const struct pk_managed *managed)
{
	for (const char *space = strchr(what, ' '); space; space = strchr(space + 1, ' ')) {
		PK_FREE char *kind = pk_strndup(what, (size_t)(space - what));
		const char *dot = strchr(space + 1, '.');
		PK_FREE char *schema = dot ? pk_strndup(space + 1, (size_t)(dot - space - 1)) : NULL;

		if (pk_managed_ignores(managed, kind, schema, NULL, dot ? dot + 1 : space + 1))
			return true;
	}
	return false;
}

static void leave_out_unmodelled(struct pk_strv *list, const struct pk_managed *managed)
{
	struct pk_strv kept = PK_STRV_INIT;

	for (size_t i = 0; i < list->n; i++)
		if (!unmodelled_left_out(list->items[i], managed))
			pk_strv_push(&kept, list->items[i]);
	pk_strv_release(list);
	*list = kept;
}

void pk_snapshot_leave_out(struct pk_snapshot *snap, const struct pk_managed *managed)
{
	bool any = false;

	for (size_t i = 0; i < snap->n; i++) {
		struct pk_object *o = snap->objects[i];

		o->left_out = says_nothing(o) || (pk_managed_ignores_any(managed) && by_itself(o, managed));
		any |= o->left_out;
	}
	if (any) {
		while (carry_on(snap))
			;
		divide(snap);
	}
	if (pk_managed_ignores_any(managed))
		leave_out_unmodelled(&snap->unmodelled, managed);
}
