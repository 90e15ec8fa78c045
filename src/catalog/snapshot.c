#include "catalog/snapshot.h"

#include "base/text.h"
#include "catalog/acl.h"
#include "catalog/address.h"
#include "catalog/fetch.h"
#include "catalog/leave.h"
#include "catalog/normalize.h"
#include "catalog/row_literals.h"
#include "catalog/share.h"
#include "catalog/texts.h"

/* While reading: what stands for what, and which objects belong to extensions. */
struct reading {
	struct pk_snapshot *snap;
	const struct pk_managed *managed;
	int n_taken;
	bool linked;
	struct pk_addresses addresses;
};

void pk_snapshot_release(struct pk_snapshot *snapshot)
{
	free(snapshot->objects);
	free(snapshot->left_out);
	pk_map_release(&snapshot->by_key);
	pk_strv_release(&snapshot->unmodelled);
	for (size_t i = 0; i < snapshot->n_lists; i++)
		free(snapshot->lists[i]);
	free(snapshot->lists);
	for (int i = 0; snapshot->rows && i < PK_FETCH_MAX; i++)
		pk_rows_release(&snapshot->rows[i]);
	free(snapshot->rows);
	pk_arena_release(&snapshot->arena);
	*snapshot = (struct pk_snapshot)PK_SNAPSHOT_INIT;
}

struct pk_object *pk_snapshot_find(const struct pk_snapshot *snapshot, const char *key)
{
	return pk_map_get(&snapshot->by_key, key);
}

static void append(struct pk_object ***list, size_t *n, size_t *cap, struct pk_object *o)
{
	if (*n == *cap) {
		*cap = *cap ? *cap * 2 : 4;
		*list = pk_realloc_array(*list, *cap, sizeof(**list));
	}
	(*list)[(*n)++] = o;
}

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

/* From three columns of a row that stand side by side. */
static struct pk_address address_at(const struct pk_rows *rows, int row, int column)
{
	return (struct pk_address){ .classid = number(pk_rows_get(rows, row, column)),
				    .oid = number(pk_rows_get(rows, row, column + 1)),
				    .subid = (int32_t)strtol(pk_rows_get(rows, row, column + 2), NULL, 10) };
}

static struct pk_address number_address_at(const struct pk_rows *rows, int row, int column)
{
	return (struct pk_address){ .classid = pk_rows_number(rows, row, column),
				    .oid = pk_rows_number(rows, row, column + 1),
				    .subid = (int32_t)pk_rows_number(rows, row, column + 2) };
}

static void read_aliases(struct reading *r, const struct pk_rows *rows)
{
	for (int i = 0; i < rows->n; i++) {
		struct pk_addressed *from = pk_addresses_add(&r->addresses, number_address_at(rows, i, 0));

		from->alias = number_address_at(rows, i, 3);
		from->member = from->member || from->alias.subid < 0; /* of an extension */
		if (from->alias.subid < 0)
			from->alias.subid = 0;
	}
}

/* Rows of a kind's query, and which of their columns stands for what; -1: it has none such. */
struct columns {
	const struct pk_rows *rows;
	int classid, oid, subid, parent_class, parent_oid, other_oid, schema, name, ident, owner, comment, acl, acl_default;
	int attr[32];
};

static void find_columns(const struct pk_kind *kind, const struct pk_rows *rows, struct columns *c)
{
	c->rows = rows;
	c->classid = pk_rows_column(rows, "classid");
	c->oid = pk_rows_column(rows, "oid");
	c->subid = pk_rows_column(rows, "subid");
	c->parent_class = pk_rows_column(rows, "parent_class");
	c->parent_oid = pk_rows_column(rows, "parent_oid");
	c->other_oid = pk_rows_column(rows, "other_oid");
	c->schema = pk_rows_column(rows, "schema");
	c->name = pk_rows_column(rows, "name");
	c->ident = pk_rows_column(rows, "ident");
	c->owner = pk_rows_column(rows, "owner");
	c->comment = pk_rows_column(rows, "comment");
	c->acl = pk_rows_column(rows, "acl");
	c->acl_default = pk_rows_column(rows, "acl_default");
	for (size_t i = 0; i < kind->n_attrs; i++)
		c->attr[i] = pk_rows_column(rows, kind->attrs[i]);
}

static const char *cell(const struct columns *c, int row, int column)
{
	return column < 0 ? NULL : pk_rows_get(c->rows, row, column);
}

/* The relation that it is about beside its parent. */
static struct pk_object *other_at(const struct reading *r, const struct columns *c, int row)
{
	const char *oid = cell(c, row, c->other_oid);

	return oid ? pk_addresses_object(&r->addresses, (struct pk_address){ PK_PG_CLASS, number(oid), 0 }) : NULL;
}

static struct pk_object *new_object(struct reading *r, const struct pk_kind *kind, struct pk_address address,
				    struct pk_object *parent, const struct columns *c, int row)
{
	struct pk_arena *arena = &r->snap->arena;
	struct pk_object *o = pk_arena_alloc(arena, sizeof(*o));
	const char *owner = cell(c, row, c->owner);

	o->kind = kind;
	o->parent = parent;
	o->classid = address.classid;
	o->oid = address.oid;
	o->subid = address.subid;
	o->schema = cell(c, row, c->schema);
	o->name = cell(c, row, c->name);
	o->ident = cell(c, row, c->ident);
	o->owner = pk_streq(owner, r->snap->database_owner) ? NULL : owner;
	o->comment = cell(c, row, c->comment);
	o->grants = pk_acl_parse(arena, r->managed, cell(c, row, c->acl), cell(c, row, c->acl_default),
				 &r->snap->n_left_grants);
	o->rows = o->bytes = -1;
	o->attr = pk_arena_alloc(arena, (kind->n_attrs + 1) * sizeof(*o->attr));
	for (size_t i = 0; i < kind->n_attrs; i++) {
		const char *printed = cell(c, row, c->attr[i]);

		o->attr[i] = pk_normalize(arena, printed);
		o->restated |= o->attr[i] != printed;
	}
	if (kind->complete)
		kind->complete(arena, o, other_at(r, c, row));
	o->key = pk_arena_join(arena, kind->name, ' ', o->ident);
	return o;
}

/* Parts of a relation that do not say so are the relation's of their own oid. */
static struct pk_object *parent_at(const struct reading *r, const struct columns *c, int row, struct pk_address address)
{
	if (c->parent_oid >= 0) {
		address.classid = c->parent_class < 0 ? PK_PG_CLASS : number(cell(c, row, c->parent_class));
		address.oid = number(cell(c, row, c->parent_oid));
	}
	address.subid = 0;
	return pk_addresses_object(&r->addresses, address);
}

/* In the order of their numbers, which is nearly that of the rows. */
static void add_child(struct pk_object *parent, struct pk_object *o)
{
	append(&parent->children, &parent->n_children, &parent->cap_children, o);
	for (size_t i = parent->n_children - 1; i > 0; i--) {
		struct pk_object *before = parent->children[i - 1];

		if (before->kind != o->kind || before->subid <= o->subid)
			break;
		parent->children[i] = before;
		parent->children[i - 1] = o;
	}
}

static void read_objects(struct reading *r, const struct pk_kind *kind, const struct pk_rows *rows)
{
	struct pk_snapshot *snap = r->snap;
	struct columns c = { 0 };

	find_columns(kind, rows, &c);
	for (int i = 0; i < rows->n; i++) {
		struct pk_address address = {
			.classid = c.classid < 0 ? PK_PG_CLASS : number(cell(&c, i, c.classid)),
			.oid = number(cell(&c, i, c.oid)),
		};
		const struct pk_addressed *known = pk_addresses_find(&r->addresses, address);
		struct pk_object *o, *parent = NULL;

		if (known && known->member)
			continue;
		if (c.subid >= 0)
			address.subid = (int32_t)strtol(cell(&c, i, c.subid), NULL, 10);
		if (c.parent_oid >= 0 || c.subid >= 0) {
			parent = parent_at(r, &c, i, address);
			if (!parent || parent->kind->extension)
				continue;
		}
		o = new_object(r, kind, address, parent, &c, i);
		if (parent)
			add_child(parent, o);
		append(&snap->objects, &snap->n, &snap->cap, o);
		pk_addresses_add(&r->addresses, address)->object = o;
		pk_map_set(&snap->by_key, o->key, o);
	}
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
		struct pk_object *o = pk_addresses_object(&r->addresses, number_address_at(rows, i, 0));
		struct pk_object *on = pk_addresses_object(&r->addresses, number_address_at(rows, i, 3));

		/* What a column of a view or of a composite type uses is its relation's affair. */
		if (o && o->kind->part && !o->parent->kind->columns_apart)
			o = o->parent;
		if (o && on && o != on && pk_rows_number(rows, i, 6))
			append(&on->typed_by, &on->n_typed_by, &on->cap_typed_by, o);
		if (o && on && o != on && on != o->parent && dependency_counts(o, on))
			append(&o->deps, &o->n_deps, &o->cap_deps, on);
	}
}

/* Of the object itself: the row type of a table, say, has none. */
static struct pk_object *labelled(struct reading *r, struct pk_address address)
{
	const struct pk_addressed *known = pk_addresses_find(&r->addresses, address);

	return known && !known->alias.classid ? known->object : NULL;
}

static void read_labels(struct reading *r, const struct pk_rows *rows)
{
	const int provider = 3, quoted = 4, text = 5, what = 6;
	struct pk_snapshot *snap = r->snap;

	for (int i = 0; i < rows->n; i++) {
		struct pk_object *o = labelled(r, address_at(rows, i, 0));
		struct pk_label *label;

		if (!o) {
			pk_strv_pushf(&snap->unmodelled, "security label of %s on %s", pk_rows_get(rows, i, provider),
				      pk_rows_get(rows, i, what));
			continue;
		}
		if (pk_managed_ignores(r->managed, PK_LABEL_KIND, o->schema, o->name, pk_rows_get(rows, i, provider))) {
			snap->n_left_labels++;
			continue;
		}
		label = pk_arena_alloc(&snap->arena, sizeof(*label));
		*label = (struct pk_label){ pk_rows_get(rows, i, quoted), pk_rows_get(rows, i, text), o->labels };
		o->labels = label;
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

static void read_sizes(struct reading *r, const struct pk_rows *rows)
{
	struct pk_snapshot *snap = r->snap;

	for (int i = 0; i < rows->n; i++) {
		struct pk_object *o = pk_addresses_object(
			&r->addresses, (struct pk_address){ PK_PG_CLASS, number(pk_rows_get(rows, i, 0)), 0 });

		if (!o)
			continue;
		o->rows = pk_rows_int(rows, i, 1);
		o->bytes = pk_rows_int(rows, i, 2);
	}
	for (size_t i = 0; i < snap->n; i++)
		sum_partitions(snap->objects[i]);
}

static int by_key(const void *a, const void *b)
{
	const struct pk_object *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

/* Each once, in an order that is the same in every database. */
static void settle_dependencies(struct pk_object *o)
{
	size_t n = 0;

	if (o->n_deps > 1)
		qsort(o->deps, o->n_deps, sizeof(*o->deps), by_key);
	for (size_t i = 0; i < o->n_deps; i++)
		if (!n || o->deps[n - 1] != o->deps[i])
			o->deps[n++] = o->deps[i];
	o->n_deps = n;
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

/* Partitions and inheriting tables: what an attachment depends on, and where inherited columns come from. */
static void link_inheritance(struct pk_snapshot *snap)
{
	for (size_t i = 0; i < snap->n; i++) {
		struct pk_object *o = snap->objects[i];

		if (o->kind->attachment) {
			struct pk_object *parent =
				pk_snapshot_find(snap, pk_arena_printf(&snap->arena, "table %s", o->attr[0]));

			if (parent) {
				append(&o->deps, &o->n_deps, &o->cap_deps, parent);
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
		if (snap->objects[i]->n_heirs > 1)
			qsort(snap->objects[i]->heirs, snap->objects[i]->n_heirs, sizeof(struct pk_object *), by_key);
}

/* What a partition has from its whole it has as long as it is attached, and so is that. */
static void link_to_attachments(struct pk_snapshot *snap)
{
	for (size_t i = 0; i < snap->n; i++) {
		struct pk_object *o = snap->objects[i];
		const struct pk_object *table = o->kind->linked && o->parent->kind->columns_apart ? o->parent : NULL;

		for (; table && pk_attachment_of(table); table = pk_partition_of(table))
			append(&o->deps, &o->n_deps, &o->cap_deps, (struct pk_object *)pk_attachment_of(table));
	}
}

/* The lists of objects live in the heap; the snapshot remembers them for its end. */
static void remember_lists(struct pk_snapshot *snap)
{
	size_t n = snap->n + snap->n_left_out;

	snap->lists = pk_realloc_array(NULL, n * 4 + 1, sizeof(*snap->lists));
	for (size_t i = 0; i < n; i++) {
		const struct pk_object *o = i < snap->n ? snap->objects[i] : snap->left_out[i - snap->n];

		snap->lists[snap->n_lists++] = o->heirs;
		snap->lists[snap->n_lists++] = o->deps;
		snap->lists[snap->n_lists++] = o->typed_by;
		snap->lists[snap->n_lists++] = o->children;
	}
}

/* Once all are there, and the server may still look for what is not modelled. */
static void link_objects(struct reading *r)
{
	struct pk_snapshot *snap = r->snap;

	read_dependencies(r, &snap->rows[PK_FETCH_DEPEND]);
	read_labels(r, &snap->rows[PK_FETCH_LABEL]);
	for (size_t i = 0; i < snap->n; i++)
		settle_dependencies(snap->objects[i]);
	for (size_t i = 0; i < snap->n; i++)
		pk_places_by_name(&snap->arena, snap->objects[i]);
	link_inheritance(snap);
	link_to_attachments(snap);
	pk_snapshot_leave_out(snap, r->managed);
	for (size_t i = 0; i < snap->n; i++)
		pk_row_literals_by_name(snap, &snap->arena, snap->objects[i]);
	if (snap->n)
		qsort(snap->objects, snap->n, sizeof(*snap->objects), by_key);
}

/* Takes what has arrived, in the order in which one needs the other. */
static void take_rows(struct reading *r)
{
	struct pk_rows *rows = r->snap->rows;

	if (!r->n_taken && rows[PK_FETCH_ALIAS].handle && rows[PK_FETCH_OWNER].handle) {
		r->snap->database_owner = pk_rows_get(&rows[PK_FETCH_OWNER], 0, 0);
		read_aliases(r, &rows[PK_FETCH_ALIAS]);
		r->n_taken = PK_FETCH_KINDS;
	}
	while (r->n_taken && pk_kinds[r->n_taken - PK_FETCH_KINDS] && rows[r->n_taken].handle) {
		read_objects(r, pk_kinds[r->n_taken - PK_FETCH_KINDS], &rows[r->n_taken]);
		r->n_taken++;
	}
	if (r->n_taken && !r->linked && !pk_kinds[r->n_taken - PK_FETCH_KINDS] && rows[PK_FETCH_DEPEND].handle &&
	    rows[PK_FETCH_LABEL].handle) {
		link_objects(r);
		r->linked = true;
		/* What they say is in the objects now, which have their texts from others. */
		pk_rows_release(&rows[PK_FETCH_ALIAS]);
		pk_rows_release(&rows[PK_FETCH_DEPEND]);
	}
}

struct readings {
	struct reading items[PK_SNAPSHOTS_MAX];
	struct pk_fetch fetches[PK_SNAPSHOTS_MAX];
	size_t n;
};

static void take_arrived(void *arg)
{
	struct readings *all = arg;

	for (size_t i = 0; i < all->n; i++)
		take_rows(&all->items[i]);
}

/* What complete() could not tell. */
static int read_rest(struct reading *r, const struct pk_kind *kind, struct pk_conn *conn, struct pk_err *err)
{
	struct pk_snapshot *snap = r->snap;
	PK_AUTO(pk_buf) oids = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	const int attr = kind->rest_attr - 1;
	uint32_t classid = 0;

	for (size_t i = 0; i < snap->n; i++) {
		const struct pk_object *o = snap->objects[i];

		if (o->kind != kind || o->attr[attr])
			continue;
		classid = o->classid;
		pk_buf_addf(&oids, "%s%u", oids.len ? "," : "{", (unsigned)o->oid);
	}
	if (!oids.len)
		return 0;
	pk_buf_addc(&oids, '}');
	if (pk_query(conn, kind->rest, 1, (const char *const[]){ oids.ptr }, &rows, err) < 0)
		return pk_err_wrap(err, "cannot read the schema of %s", conn->where);
	for (int i = 0; i < rows.n; i++) {
		const struct pk_address address = { classid, number(pk_rows_get(&rows, i, 0)), 0 };
		struct pk_object *o = pk_addresses_find(&r->addresses, address)->object;

		o->attr[attr] = pk_normalize(&snap->arena, pk_arena_strdup(&snap->arena, pk_rows_get(&rows, i, 1)));
	}
	return 0;
}

static int read_rests(struct readings *all, struct pk_err *err)
{
	for (size_t i = 0; i < all->n; i++)
		for (int k = 0; pk_kinds[k]; k++)
			if (pk_kinds[k]->rest_attr && read_rest(&all->items[i], pk_kinds[k], all->fetches[i].conn, err) < 0)
				return -1;
	return 0;
}

static int finish(struct reading *r, struct pk_err *err)
{
	struct pk_snapshot *snap = r->snap;
	const struct pk_rows *unmodelled = &snap->rows[PK_FETCH_UNMODELLED];

	for (int i = 0; i < unmodelled->n; i++)
		pk_strv_push(&snap->unmodelled, pk_rows_get(unmodelled, i, 0));
	for (size_t i = 0; i < snap->n; i++) {
		const struct pk_object *o = snap->objects[i];

		if (o->kind->unseen && o->kind->unseen(o))
			pk_strv_pushf(&snap->unmodelled, "%s %s that the role may not see", o->kind->unseen(o), o->ident);
	}
	if (snap->measure)
		read_sizes(r, &snap->rows[PK_FETCH_SIZE]);
	pk_addresses_release(&r->addresses); /* before the texts, which take as much */
	for (size_t i = 0; i < snap->n; i++)
		pk_share_settle(snap->objects[i]);
	pk_snapshot_write_texts(snap);
	int status = pk_snapshot_write_tree(snap, NULL, &snap->fingerprint, err);
	remember_lists(snap);
	return status;
}

static void add_reading(struct readings *all, struct pk_conn *conn, const struct pk_managed *managed, struct pk_snapshot *ret)
{
	size_t i = all->n++;

	ret->version = conn->version;
	ret->utc = conn->utc;
	ret->rows = pk_alloc(PK_FETCH_MAX * sizeof(*ret->rows));
	all->items[i] = (struct reading){ .snap = ret, .managed = managed };
	all->fetches[i] = (struct pk_fetch){ .conn = conn, .arena = &ret->arena, .rows = ret->rows, .measure = ret->measure };
}

int pk_snapshots_read(struct pk_conn *const *conns, struct pk_snapshot *const *rets, size_t n,
		      const struct pk_managed *managed, struct pk_err *err)
{
	struct readings all = { .n = 0 };
	int status = pk_managed_check(managed, err);

	for (size_t i = 0; i < n && status == 0; i++)
		add_reading(&all, conns[i], managed, rets[i]);
	if (status == 0)
		status = pk_catalog_fetch_begin(all.fetches, all.n, err);
	if (status == 0)
		status = pk_catalog_fetch_collect(all.fetches, all.n, take_arrived, &all, err);
	if (status == 0)
		status = read_rests(&all, err);
	if (pk_catalog_fetch_end(all.fetches, all.n, status < 0, status < 0 ? NULL : err) < 0)
		status = -1;
	for (size_t i = 0; i < all.n; i++) {
		if (status == 0)
			status = finish(&all.items[i], err);
		pk_addresses_release(&all.items[i].addresses);
	}
	return status;
}

int pk_snapshot_read(struct pk_conn *conn, const struct pk_managed *managed, struct pk_snapshot *ret,
		     struct pk_err *err)
{
	return pk_snapshots_read(&conn, &ret, 1, managed, err);
}
