#include "catalog/snapshot.h"

#include "base/text.h"
#include "catalog/acl.h"
#include "catalog/leave.h"
#include "catalog/normalize.h"
#include "catalog/query.h"
#include "catalog_sql.h"

#define MAX_KINDS 64

/* While reading: what stands for what, and which objects belong to extensions. */
struct reading {
	struct pk_snapshot *snap;
	const struct pk_managed *managed;
	struct pk_map aliases; /* "class:oid:sub" -> "class:oid:sub" in the arena */
	struct pk_map members; /* "class:oid" -> object of the extension, or the arena's "" */
};

void pk_snapshot_release(struct pk_snapshot *snapshot)
{
	free(snapshot->objects);
	free(snapshot->left_out);
	pk_map_release(&snapshot->by_key);
	pk_map_release(&snapshot->by_oid);
	pk_strv_release(&snapshot->unmodelled);
	for (size_t i = 0; i < snapshot->n_lists; i++)
		free(snapshot->lists[i]);
	free(snapshot->lists);
	pk_arena_release(&snapshot->arena);
	*snapshot = (struct pk_snapshot)PK_SNAPSHOT_INIT;
}

struct pk_object *pk_snapshot_find(const struct pk_snapshot *snapshot, const char *key)
{
	return pk_map_get(&snapshot->by_key, key);
}

static void oid_key(char *key, size_t size, const char *classid, const char *oid, const char *subid)
{
	snprintf(key, size, "%s:%s:%s", classid, oid, subid ? subid : "0");
}

static void append(struct pk_object ***list, size_t *n, size_t *cap, struct pk_object *o)
{
	if (*n == *cap) {
		*cap = *cap ? *cap * 2 : 4;
		*list = pk_realloc_array(*list, *cap, sizeof(**list));
	}
	(*list)[(*n)++] = o;
}

/* The object that a catalog address means; NULL when it is none of ours. */
static struct pk_object *resolve(const struct reading *r, const char *classid, const char *oid, const char *subid)
{
	char key[64];
	const char *at = key;

	oid_key(key, sizeof(key), classid, oid, subid);
	for (int hops = 0; hops < 5 && at; hops++) {
		struct pk_object *o = pk_map_get(&r->snap->by_oid, at);

		if (o)
			return o;
		at = pk_map_get(&r->aliases, at);
	}
	return subid && strcmp(subid, "0") != 0 ? resolve(r, classid, oid, "0") : NULL;
}

static void read_aliases(struct reading *r, const struct pk_rows *rows)
{
	struct pk_arena *arena = &r->snap->arena;

	for (int i = 0; i < rows->n; i++) {
		const char *classid = pk_rows_get(rows, i, 0), *oid = pk_rows_get(rows, i, 1);
		char from[64], to[64];

		oid_key(from, sizeof(from), classid, oid, pk_rows_get(rows, i, 2));
		if (strcmp(pk_rows_get(rows, i, 5), "-1") == 0) {
			oid_key(to, sizeof(to), pk_rows_get(rows, i, 3), pk_rows_get(rows, i, 4), "0");
			pk_map_set(&r->members, from, pk_arena_strdup(arena, to));
		} else {
			oid_key(to, sizeof(to), pk_rows_get(rows, i, 3), pk_rows_get(rows, i, 4), pk_rows_get(rows, i, 5));
		}
		pk_map_set(&r->aliases, from, pk_arena_strdup(arena, to));
	}
}

/* Columns of a query by their place in the object. */
struct columns {
	int classid, oid, subid, parent_class, parent_oid, schema, name, ident, owner, comment, acl, acl_default, rows, bytes;
	int attr[32];
};

static void find_columns(const struct pk_kind *kind, const struct pk_rows *rows, struct columns *c)
{
	c->classid = pk_rows_column(rows, "classid");
	c->oid = pk_rows_column(rows, "oid");
	c->subid = pk_rows_column(rows, "subid");
	c->parent_class = pk_rows_column(rows, "parent_class");
	c->parent_oid = pk_rows_column(rows, "parent_oid");
	c->schema = pk_rows_column(rows, "schema");
	c->name = pk_rows_column(rows, "name");
	c->ident = pk_rows_column(rows, "ident");
	c->owner = pk_rows_column(rows, "owner");
	c->comment = pk_rows_column(rows, "comment");
	c->acl = pk_rows_column(rows, "acl");
	c->acl_default = pk_rows_column(rows, "acl_default");
	c->rows = pk_rows_column(rows, "rows");
	c->bytes = pk_rows_column(rows, "bytes");
	for (size_t i = 0; i < kind->n_attrs; i++)
		c->attr[i] = pk_rows_column(rows, kind->attrs[i]);
}

static const char *cell(const struct pk_rows *rows, int row, int column)
{
	return column < 0 ? NULL : pk_rows_get(rows, row, column);
}

static void add_path(struct pk_snapshot *snap, struct pk_object *o)
{
	PK_AUTO(pk_buf) path = PK_BUF_INIT;
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	if (o->schema) {
		pk_buf_add_path_name(&path, o->schema);
		pk_buf_addc(&path, '/');
	}
	pk_buf_addf(&path, "%s/", o->kind->name);
	if (o->parent && !o->kind->relation_name && strcmp(o->parent->name, o->name) != 0)
		pk_buf_addf(&name, "%s.", o->parent->name);
	pk_buf_add(&name, o->name);
	pk_buf_add_path_name(&path, name.ptr);
	pk_buf_add(&path, ".sql");
	o->path = pk_arena_strdup(&snap->arena, path.ptr);
}

static struct pk_object *new_object(struct reading *r, const struct pk_kind *kind, const struct pk_rows *rows, int row,
				    const struct columns *c)
{
	struct pk_arena *arena = &r->snap->arena;
	struct pk_object *o = pk_arena_alloc(arena, sizeof(*o));
	const char *owner = cell(rows, row, c->owner);

	o->kind = kind;
	o->classid = (uint32_t)strtoul(cell(rows, row, c->classid), NULL, 10);
	o->oid = (uint32_t)strtoul(cell(rows, row, c->oid), NULL, 10);
	o->subid = c->subid < 0 ? 0 : (int32_t)strtol(cell(rows, row, c->subid), NULL, 10);
	o->schema = pk_arena_strdup(arena, cell(rows, row, c->schema));
	o->name = pk_arena_strdup(arena, cell(rows, row, c->name));
	o->ident = pk_arena_strdup(arena, cell(rows, row, c->ident));
	o->key = pk_arena_printf(arena, "%s %s", kind->name, o->ident);
	o->owner = pk_streq(owner, r->snap->database_owner) ? NULL : pk_arena_strdup(arena, owner);
	o->comment = pk_arena_strdup(arena, cell(rows, row, c->comment));
	o->grants = pk_acl_parse(arena, r->managed, cell(rows, row, c->acl), cell(rows, row, c->acl_default),
				 &r->snap->n_left_grants);
	o->rows = c->rows < 0 ? -1 : strtoll(cell(rows, row, c->rows), NULL, 10);
	o->bytes = c->bytes < 0 ? -1 : strtoll(cell(rows, row, c->bytes), NULL, 10);
	o->attr = pk_arena_alloc(arena, (kind->n_attrs + 1) * sizeof(*o->attr));
	for (size_t i = 0; i < kind->n_attrs; i++)
		o->attr[i] = pk_normalize(arena, pk_arena_strdup(arena, cell(rows, row, c->attr[i])));
	return o;
}

static void read_objects(struct reading *r, const struct pk_kind *kind, const struct pk_rows *rows)
{
	struct pk_snapshot *snap = r->snap;
	struct columns c = { 0 };

	find_columns(kind, rows, &c);
	for (int i = 0; i < rows->n; i++) {
		char key[64];
		struct pk_object *o, *parent = NULL;

		oid_key(key, sizeof(key), cell(rows, i, c.classid), cell(rows, i, c.oid), NULL);
		if (pk_map_get(&r->members, key))
			continue;
		if (c.parent_oid >= 0) {
			parent = resolve(r, cell(rows, i, c.parent_class), cell(rows, i, c.parent_oid), "0");
			if (!parent || parent->kind->extension)
				continue;
		}
		o = new_object(r, kind, rows, i, &c);
		o->parent = parent;
		if (parent)
			append(&parent->children, &parent->n_children, &parent->cap_children, o);
		append(&snap->objects, &snap->n, &snap->cap, o);
		oid_key(key, sizeof(key), cell(rows, i, c.classid), cell(rows, i, c.oid), cell(rows, i, c.subid));
		pk_map_set(&snap->by_oid, key, o);
		pk_map_set(&snap->by_key, o->key, o);
	}
}

static bool depends(const struct pk_object *o, const struct pk_object *on)
{
	for (size_t i = 0; i < o->n_deps; i++) {
		if (o->deps[i] == on)
			return true;
	}
	return false;
}

static void add_dependency(struct pk_object *o, struct pk_object *on)
{
	if (o && on && o != on && on != o->parent && !depends(o, on))
		append(&o->deps, &o->n_deps, &o->cap_deps, on);
}

/*
 * What must not count: a sequence does not depend on the column that owns it (the column's default needs
 * the sequence first); a partition is tied to its parent by its attachment alone; parts of one relation.
 */
static bool dependency_counts(const struct pk_object *o, const struct pk_object *on)
{
	if (o->kind->tied_to_column && (on->kind->part || on->kind->columns_apart))
		return false;
	return !(pk_table_is_partition(o) && on->kind->columns_apart);
}

static void read_dependencies(struct reading *r, const struct pk_rows *rows)
{
	for (int i = 0; i < rows->n; i++) {
		struct pk_object *o = resolve(r, pk_rows_get(rows, i, 0), pk_rows_get(rows, i, 1), pk_rows_get(rows, i, 2));
		struct pk_object *on = resolve(r, pk_rows_get(rows, i, 3), pk_rows_get(rows, i, 4), pk_rows_get(rows, i, 5));

		if (o && on && dependency_counts(o, on))
			add_dependency(o, on);
	}
}

/* A child of the relation that has this name. */
static struct pk_object *column_named(const struct pk_object *relation, const char *name)
{
	for (size_t i = 0; i < relation->n_children; i++) {
		if (relation->children[i]->kind->part && strcmp(relation->children[i]->name, name) == 0)
			return relation->children[i];
	}
	return NULL;
}

static void link_heir(struct pk_object *heir, struct pk_object *parent)
{
	append(&parent->heirs, &parent->n_heirs, &parent->cap_heirs, heir);
	for (size_t i = 0; i < heir->n_children; i++) {
		struct pk_object *column = heir->children[i];

		if (column->kind->part && !column->origin)
			column->origin = column_named(parent, column->name);
	}
}

/* A partitioned table has no rows of its own. */
static void sum_partitions(struct pk_object *table)
{
	if (!pk_table_is_partitioned(table) || table->rows >= 0)
		return;
	table->rows = table->bytes = 0;
	for (size_t i = 0; i < table->n_heirs; i++) {
		sum_partitions(table->heirs[i]);
		table->rows += table->heirs[i]->rows > 0 ? table->heirs[i]->rows : 0;
		table->bytes += table->heirs[i]->bytes > 0 ? table->heirs[i]->bytes : 0;
	}
}

/* Partitions and inheriting tables: what an attachment depends on, and where inherited columns come from. */
static void link_inheritance(struct pk_snapshot *snap)
{
	for (size_t i = 0; i < snap->n; i++) {
		struct pk_object *o = snap->objects[i];

		if (o->kind->attachment) {
			struct pk_object *parent =
				pk_snapshot_find(snap, pk_arena_printf(&snap->arena, "table %s", o->attr[0]));

			if (parent) {
				add_dependency(o, parent);
				link_heir(o->parent, parent);
			}
		} else if (o->kind->columns_apart && !pk_table_is_partition(o)) {
			for (size_t j = 0; j < o->n_deps; j++) {
				if (o->deps[j]->kind->columns_apart)
					link_heir(o, o->deps[j]);
			}
		}
	}
	for (size_t i = 0; i < snap->n; i++)
		sum_partitions(snap->objects[i]);
}

static int by_key(const void *a, const void *b)
{
	const struct pk_object *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

static void write_texts(struct pk_snapshot *snap)
{
	for (size_t i = 0; i < snap->n; i++) {
		struct pk_object *o = snap->objects[i];
		struct pk_script s = { .arena = &snap->arena, .canonical = true, .version = snap->version };
		PK_AUTO(pk_buf) text = PK_BUF_INIT;

		if (o->kind->part)
			continue;
		pk_object_create(&s, o);
		pk_script_text(&s, &text);
		pk_script_release(&s);
		if (!text.len)
			continue;
		o->text = pk_arena_strdup(&snap->arena, text.ptr);
		add_path(snap, o);
	}
}

/* The lists of objects live in the heap; the snapshot remembers them for its end. */
static void remember_lists(struct pk_snapshot *snap)
{
	size_t n = snap->n + snap->n_left_out;

	snap->lists = pk_realloc_array(NULL, n * 3 + 1, sizeof(*snap->lists));
	for (size_t i = 0; i < n; i++) {
		const struct pk_object *o = i < snap->n ? snap->objects[i] : snap->left_out[i - snap->n];

		snap->lists[snap->n_lists++] = o->heirs;
		snap->lists[snap->n_lists++] = o->deps;
		snap->lists[snap->n_lists++] = o->children;
	}
}

enum { QUERY_OWNER, QUERY_ALIAS, QUERY_DEPEND, QUERY_UNMODELLED, QUERY_KINDS };

static int run_queries(struct pk_conn *conn, struct pk_arena *arena, struct pk_rows *rows, int *ret_n, struct pk_err *err)
{
	const char *sqls[MAX_KINDS];
	int n = QUERY_KINDS, status;
	bool inside;

	sqls[QUERY_OWNER] = "SELECT quote_ident(pg_get_userbyid(datdba)) FROM pg_database WHERE datname = current_database()";
	sqls[QUERY_ALIAS] = pk_sql_alias;
	sqls[QUERY_DEPEND] = pk_sql_depend;
	sqls[QUERY_UNMODELLED] = pk_sql_unmodelled;
	for (int i = 0; pk_kinds[i]; i++)
		sqls[n++] = pk_kinds[i]->query;
	for (int i = 0; i < n; i++)
		sqls[i] = pk_catalog_query(arena, sqls[i], conn->version);
	/* Inside a transaction of the caller's, what that did is read as well, and it goes on after. */
	inside = pk_conn_tx(conn) != PK_TX_IDLE;
	if (!inside && pk_exec(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err) < 0)
		return -1;
	status = pk_query_pipeline(conn, sqls, n, rows, err);
	if (!inside && pk_exec(conn, "ROLLBACK", status < 0 ? NULL : err) < 0)
		status = -1;
	*ret_n = n;
	return status;
}

int pk_snapshot_read(struct pk_conn *conn, const struct pk_managed *managed, struct pk_snapshot *ret,
		     struct pk_err *err)
{
	struct pk_rows rows[MAX_KINDS] = { 0 };
	struct reading r = { .snap = ret, .managed = managed };
	int n = 0, status;

	if (pk_managed_check(managed, err) < 0)
		return -1;
	status = run_queries(conn, &ret->arena, rows, &n, err);

	if (status == 0) {
		ret->version = conn->version;
		ret->database_owner = pk_arena_strdup(&ret->arena, pk_rows_get(&rows[QUERY_OWNER], 0, 0));
		read_aliases(&r, &rows[QUERY_ALIAS]);
		for (int i = 0; pk_kinds[i]; i++)
			read_objects(&r, pk_kinds[i], &rows[QUERY_KINDS + i]);
		read_dependencies(&r, &rows[QUERY_DEPEND]);
		for (int i = 0; i < rows[QUERY_UNMODELLED].n; i++)
			pk_strv_push(&ret->unmodelled, pk_rows_get(&rows[QUERY_UNMODELLED], i, 0));
		link_inheritance(ret);
		pk_snapshot_leave_out(ret, managed);
		if (ret->n)
			qsort(ret->objects, ret->n, sizeof(*ret->objects), by_key);
		write_texts(ret);
		status = pk_snapshot_write_tree(ret, NULL, &ret->fingerprint, err);
		remember_lists(ret);
	} else {
		pk_err_wrap(err, "cannot read the schema of %s", conn->where);
	}
	for (int i = 0; i < MAX_KINDS; i++)
		pk_rows_release(&rows[i]);
	pk_map_release(&r.aliases);
	pk_map_release(&r.members);
	return status;
}
