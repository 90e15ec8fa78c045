/* Schema files: one an object, in the folder of its kind, parts of a table with the table. */
#include "base/text.h"
#include "catalog/acl.h"
#include "catalog/circles.h"
#include "catalog/kind.h"
#include "catalog/load.h"

void pk_schema_files_release(struct pk_schema_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		free(files->items[i].path);
		free(files->items[i].text);
	}
	free(files->items);
	*files = (struct pk_schema_files)PK_SCHEMA_FILES_INIT;
}

static void add(struct pk_schema_files *files, char *path, char *text)
{
	if (files->n == files->cap) {
		files->cap = files->cap ? files->cap * 2 : 64;
		files->items = pk_realloc_array(files->items, files->cap, sizeof(*files->items));
	}
	files->items[files->n++] = (struct pk_schema_file){ path, text };
}

/* tables/users.sql; other schemas than public stand in front: tables/sales.orders.sql */
static char *file_path(const struct pk_object *o)
{
	PK_AUTO(pk_buf) path = PK_BUF_INIT;
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	pk_buf_addf(&path, "%s/", o->kind->folder);
	if (o->schema && strcmp(o->schema, "public") != 0)
		pk_buf_addf(&name, "%s.", o->schema);
	if (o->parent && !o->kind->relation_name)
		pk_buf_addf(&name, "%s.", o->parent->name);
	pk_buf_add(&name, o->name);
	pk_buf_add_path_name(&path, name.ptr);
	pk_buf_add(&path, ".sql");
	return pk_buf_take(&path);
}

/* What every database has without anybody's doing. */
static bool is_given(const struct pk_object *o)
{
	return o->kind == &pk_kind_schema && strcmp(o->name, "public") == 0 &&
	       pk_streq(o->comment, "'standard public schema'") && !o->labels &&
	       (!o->owner || strcmp(o->owner, "pg_database_owner") == 0) && !o->grants;
}

/* Does its text go into the file of the relation it is part of? */
static bool with_parent(const struct pk_object *o)
{
	return o->parent && (o->kind->folds || !o->kind->folder);
}

static void write_parts(struct pk_script *s, const struct pk_object *o)
{
	for (size_t i = 0; i < o->n_children; i++) {
		const struct pk_object *part = o->children[i];

		if (part->kind->part || !with_parent(part))
			continue;
		if (!pk_object_folds(part))
			part->kind->create(s, part);
		if (part->kind->extras)
			part->kind->extras(s, NULL, part);
		pk_common_create(s, part);
	}
	if (o->kind->late)
		o->kind->late(s, NULL, o);
}

/* What the loader takes apart by itself: the bodies of routines, defaults and checks. */
static bool keeps_together(const void *arg, const struct pk_object *o, const struct pk_object *on)
{
	(void)arg;
	return o->kind->tie_in_files || !pk_by_tie(o, on);
}

/* While files are written, mark is the object's own in the list of what is cut. */
static size_t place(const void *arg, const struct pk_object *whole)
{
	const bool *cut = arg;

	return (size_t)((const bool *)whole->mark - cut);
}

static void cut_ties(void *arg, struct pk_object *const *circle, size_t n)
{
	(void)arg;
	for (size_t i = 0; i < n; i++)
		*(bool *)circle[i]->mark = circle[i]->kind->tie_in_files;
}

static bool is_cut(const struct pk_script *s, const struct pk_object *o)
{
	(void)s;
	return *(const bool *)o->mark;
}

static void find_cuts(const struct pk_snapshot *snapshot, bool *ret)
{
	for (size_t i = 0; i < snapshot->n; i++)
		snapshot->objects[i]->mark = &ret[i];
	pk_circles_search(snapshot, &(struct pk_circle_search){ snapshot->n, place, keeps_together, cut_ties, ret });
}

/* role: quoted; or NULL. cuts: as the marks say; else nothing is cut. */
static void write_text(const struct pk_snapshot *snapshot, const struct pk_object *o, const char *role, bool cuts,
		       struct pk_buf *ret)
{
	struct pk_arena arena = PK_ARENA_INIT;
	struct pk_script s = { .arena = &arena, .files = true, .version = snapshot->version,
			       .role = role, .database_owner = snapshot->database_owner, .side = o->left_out ? NULL : snapshot,
			       .tied_later = cuts ? is_cut : NULL };

	pk_object_create(&s, o);
	write_parts(&s, o);
	pk_script_text(&s, ret);
	pk_script_release(&s);
	pk_arena_release(&arena);
}

void pk_source_add_left_out(struct pk_source *source, const struct pk_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->n_left_out; i++) {
		const struct pk_object *o = snapshot->left_out[i];
		PK_AUTO(pk_buf) text = PK_BUF_INIT;

		if (!o->kind->folder || (o->parent && (with_parent(o) || !o->parent->left_out)))
			continue;
		write_text(snapshot, o, NULL, false, &text);
		pk_source_add(source, o->key, text.ptr, text.len);
		source->items[source->n - 1].support = true;
	}
}

void pk_snapshot_to_files(const struct pk_snapshot *snapshot, const char *role, struct pk_schema_files *ret)
{
	struct pk_map taken = PK_MAP_INIT;
	PK_AUTO(pk_buf) quoted = PK_BUF_INIT;
	PK_FREE bool *cut = pk_alloc((snapshot->n + 1) * sizeof(*cut));

	if (role)
		pk_buf_add_ident(&quoted, role);
	find_cuts(snapshot, cut);
	for (size_t i = 0; i < snapshot->n; i++) {
		const struct pk_object *o = snapshot->objects[i];
		PK_AUTO(pk_buf) text = PK_BUF_INIT;
		char *path;

		if (!o->kind->folder || with_parent(o) || is_given(o))
			continue;
		write_text(snapshot, o, role ? quoted.ptr : NULL, true, &text);
		path = file_path(o);
		if (!pk_map_set(&taken, path, ret)) {
			char *other = pk_printf("%.*s.%s.sql", (int)(strlen(path) - strlen(".sql")), path, o->kind->name);

			free(path);
			path = other;
		}
		add(ret, path, pk_buf_take(&text));
	}
	pk_map_release(&taken);
}
