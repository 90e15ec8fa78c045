#include "catalog/column.h"
#include "catalog_sql.h"

static const char *const attrs[] = { "quoted", "type", "collation", "not_null", "not_null_name", "not_null_usual",
				     "not_null_invalid", "not_null_inherited", "not_null_apart", "not_null_comment",
				     "default_value", "generated", "identity", "identity_options", "storage",
				     "type_storage", "compression", "statistics", "options", "inherited", "in_key",
				     "category", "base_type", "root_type", "foreign_options" };

static const char *default_value(const struct pk_object *column)
{
	return pk_attr(column, DEFAULT_VALUE);
}

bool pk_column_inherited(const struct pk_object *column)
{
	return pk_attr(column, INHERITED) && !pk_streq(pk_attr(column, INHERITED), "local");
}

static void complete(struct pk_arena *arena, struct pk_object *o, const struct pk_object *other)
{
	(void)other;
	o->schema = o->parent->schema;
	o->ident = pk_arena_join(arena, o->parent->ident, '.', pk_attr(o, QUOTED));
	if (!o->attr[BASE_TYPE])
		o->attr[BASE_TYPE] = o->attr[TYPE];
}

const char *pk_column_type(const struct pk_object *column)
{
	return pk_attr(column, BASE_TYPE);
}

struct pk_object *pk_column_at(const struct pk_object *relation, long number)
{
	/* They come first, in the order of their numbers, and there are none of those that were dropped. */
	for (size_t i = (size_t)number < relation->n_children ? (size_t)number : relation->n_children; i-- > 0;) {
		struct pk_object *part = relation->children[i];

		if (part->kind->part && part->subid == number)
			return part;
	}
	return NULL;
}

const char *pk_column_collation(const struct pk_object *column)
{
	return pk_attr(column, COLLATION);
}

const char *pk_column_quoted(const struct pk_object *column)
{
	return pk_attr(column, QUOTED);
}

bool pk_column_generated(const struct pk_object *column)
{
	return pk_attr(column, GENERATED) != NULL;
}

/* An identity in place of a default, or a default in place of an identity. */
static bool tie_apart(const struct pk_object *from, const struct pk_object *to)
{
	return (pk_attr(from, IDENTITY) && pk_attr(to, DEFAULT_VALUE)) || (pk_attr(from, DEFAULT_VALUE) && pk_attr(to, IDENTITY));
}

static bool of_relation(const struct pk_object *o)
{
	return o->parent->kind->columns_apart;
}

const char *pk_column_alter(struct pk_script *s, const struct pk_object *o, bool only)
{
	return pk_arena_printf(s->arena, "%s %s%s ALTER COLUMN %s", pk_alter_table(o->parent),
			       only && o->parent->n_heirs ? "ONLY " : "", o->parent->ident, pk_attr(o, QUOTED));
}

/* How many parents' columns of that name have the attribute. */
static int parents_with(const struct pk_object *o, int attr)
{
	int n = 0;

	for (size_t i = 0; i < o->parent->n_deps; i++) {
		const struct pk_object *parent = o->parent->deps[i];

		for (size_t j = 0; parent->kind->columns_apart && j < parent->n_children; j++) {
			const struct pk_object *column = parent->children[j];

			n += column->kind->part && strcmp(column->name, o->name) == 0 && pk_attr(column, attr);
		}
	}
	return n;
}

/* Up to 15 the parent alone may say how an heir's column is computed. */
static bool computed_by_parent(const struct pk_script *s, const struct pk_object *o)
{
	return !s->canonical && s->version < 160000 && pk_attr(o, INHERITED) && !pk_table_is_partition(o->parent) &&
	       (!s->comes || s->comes(s, o->parent)) && parents_with(o, GENERATED) > 0;
}

void pk_column_definition(struct pk_script *s, const struct pk_object *o, struct pk_buf *out, bool with_default)
{
	pk_buf_addf(out, "%s %s%s", pk_attr(o, QUOTED), pk_attr(o, TYPE), pk_foreign_options(s, pk_attr(o, FOREIGN_OPTIONS)));
	if (pk_attr(o, COLLATION))
		pk_buf_addf(out, " COLLATE %s", pk_attr(o, COLLATION));
	if (pk_attr(o, GENERATED) && !computed_by_parent(s, o))
		pk_buf_addf(out, " GENERATED ALWAYS AS (%s", pk_attr(o, GENERATED));
	if (pk_attr(o, IDENTITY)) {
		pk_buf_addf(out, " GENERATED %s AS IDENTITY", pk_attr(o, IDENTITY));
		pk_column_add_identity_options(s, o, out);
	}
	if (pk_attr(o, DEFAULT_VALUE) && with_default)
		pk_buf_addf(out, " DEFAULT %s", pk_attr(o, DEFAULT_VALUE));
	else if (!s->canonical && !pk_attr(o, DEFAULT_VALUE) && parents_with(o, DEFAULT_VALUE) > 1)
		pk_buf_add(out, " DEFAULT NULL"); /* the table would take over one, and they may differ */
	pk_column_add_not_null(s, o, out);
}

bool pk_column_has_options(const struct pk_object *o)
{
	return pk_attr(o, DEFAULT_VALUE) || pk_attr(o, NOT_NULL) || pk_attr(o, GENERATED);
}

void pk_column_options(struct pk_script *s, const struct pk_object *o, struct pk_buf *out)
{
	pk_buf_addf(out, "%s WITH OPTIONS", pk_attr(o, QUOTED));
	if (pk_attr(o, GENERATED))
		pk_buf_addf(out, " GENERATED ALWAYS AS (%s", pk_attr(o, GENERATED));
	if (pk_attr(o, DEFAULT_VALUE))
		pk_buf_addf(out, " DEFAULT %s", pk_attr(o, DEFAULT_VALUE));
	pk_column_add_not_null(s, o, out);
}

static void set_default(struct pk_script *s, const struct pk_object *o)
{
	pk_stmt_joins(pk_emit(s, "%s SET DEFAULT %s", pk_column_alter(s, o, true), pk_attr(o, DEFAULT_VALUE)), o->parent);
}

static void retie(struct pk_script *s, const struct pk_object *to)
{
	const struct pk_object *from = s->from ? pk_snapshot_find(s->from, to->key) : NULL, *sequence = pk_column_own_sequence(to);

	set_default(s, to);
	if (from && pk_attr(from, IDENTITY) && sequence)
		pk_sequence_succeeds(s, sequence, to);
}

static void drop_default(struct pk_script *s, const struct pk_object *o)
{
	pk_stmt_joins(pk_emit(s, "%s DROP DEFAULT", pk_column_alter(s, o, true)), o->parent);
}

/* STORED; 18 knows columns that are computed when read. */
static bool is_stored(const struct pk_object *o)
{
	return pk_attr(o, GENERATED) && pk_ends_with(pk_attr(o, GENERATED), " STORED");
}

/* What computes it goes with its parent's; nobody reads the values of one that is not stored any more. */
static void untie(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)to;
	if (!pk_attr(from, GENERATED))
		drop_default(s, from);
	else if (!pk_column_inherited(from))
		pk_emit(s, "%s %s", pk_column_alter(s, from, false), is_stored(from) ? "DROP EXPRESSION" : "SET EXPRESSION AS (NULL)");
}

bool pk_column_comes_with_parents(const struct pk_script *s, const struct pk_object *o)
{
	return of_relation(o) && pk_column_inherited(o) && !pk_table_is_partition(o->parent) &&
	       (!s->comes || s->comes(s, o->parent));
}

/* What CREATE TABLE gives it in schema files, where other changes of defaults come after all tables. */
static const char *default_at_first(const struct pk_object *o)
{
	while (pk_column_inherited(o) && o->origin)
		o = o->origin;
	return pk_attr(o, DEFAULT_VALUE);
}

/* A default that the table's own CREATE did not say: of an inherited column, or of a view's. */
static bool default_apart(const struct pk_script *s, const struct pk_object *o)
{
	if (!of_relation(o))
		return pk_attr(o, DEFAULT_VALUE) != NULL;
	if (pk_table_is_partition(o->parent) || (s->comes && !s->comes(s, o->parent)))
		return false; /* said in CREATE TABLE, or ADD COLUMN */
	if (!pk_column_inherited(o))
		return o->origin && !pk_attr(o, DEFAULT_VALUE) && parents_with(o, DEFAULT_VALUE) > 0;
	return !o->origin || !pk_streq(pk_attr(o, DEFAULT_VALUE), s->files ? default_at_first(o->origin) : pk_attr(o->origin, DEFAULT_VALUE));
}

static void extras(struct pk_script *s, const struct pk_object *from, const struct pk_object *o)
{
	const char *what = pk_column_alter(s, o, true);
	const char *options = pk_attr_joined(s, pk_attr(o, OPTIONS));

	if (from || o->parent->kind == &pk_kind_composite)
		return;
	pk_column_not_null_extras(s, o);
	if (default_apart(s, o) && !(s->canonical && of_relation(o))) {
		if (pk_attr(o, DEFAULT_VALUE))
			set_default(s, o);
		else
			drop_default(s, o);
	}
	if (o->parent->kind == &pk_kind_view)
		return;
	if (pk_attr(o, STORAGE))
		pk_emit(s, "%s SET STORAGE %s", what, pk_attr(o, STORAGE));
	if (pk_attr(o, COMPRESSION))
		pk_emit(s, "%s SET COMPRESSION %s", what, pk_attr(o, COMPRESSION));
	if (pk_attr(o, STATISTICS))
		pk_emit(s, "%s SET STATISTICS %s", what, pk_attr(o, STATISTICS))->lock = "SHARE UPDATE EXCLUSIVE";
	if (options)
		pk_emit(s, "%s SET (%s)", what, options)->lock = "SHARE UPDATE EXCLUSIVE";
}

bool pk_column_follows_type(const struct pk_object *column)
{
	return pk_table_of_type(column->parent) != NULL;
}

/* Does it come and go with its type's attribute? A table that was, becomes or meanwhile is another has it on its own. */
static bool with_type(const struct pk_script *s, const struct pk_object *column, const struct pk_snapshot *side)
{
	const struct pk_object *other = side ? pk_snapshot_find(side, column->parent->key) : NULL;

	return pk_column_follows_type(column) && !pk_tied_later(s, column->parent) &&
	       (!other || pk_streq(pk_table_of_type(other), pk_table_of_type(column->parent)));
}

/* What its type does not say. */
static void create_options(struct pk_script *s, const struct pk_object *o)
{
	if (pk_attr(o, DEFAULT_VALUE) && !pk_tied_later(s, o))
		set_default(s, o);
	if (pk_attr(o, NOT_NULL))
		pk_emit(s, "%s SET NOT NULL", pk_column_alter(s, o, false))->scan = true;
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	PK_AUTO(pk_buf) definition = PK_BUF_INIT;
	struct pk_stmt *stmt;

	if (with_type(s, o, s->from)) {
		create_options(s, o);
		return;
	}
	if (!of_relation(o) || pk_column_add_filled(s, o) || pk_column_add_numbered(s, o))
		return;
	pk_column_definition(s, o, &definition, !pk_tied_later(s, o));
	stmt = pk_emit(s, "%s %s ADD COLUMN %s", pk_alter_table(o->parent), o->parent->ident, definition.ptr);
	if (!pk_attr(o, IDENTITY) || !pk_identity_waits_for_logging(s, o->parent))
		pk_stmt_joins(stmt, o->parent);
	stmt->about = o->parent;
	stmt->heirs = PK_ALL_HEIRS;
	stmt->rewrite = !o->parent->kind->foreign && pk_column_add_rewrites(o);
	stmt->row_type = stmt->rewrite;
	if (pk_attr(o, NOT_NULL) && !stmt->rewrite && !pk_column_has_default(o) && !o->parent->kind->foreign)
		stmt->note = "fails while the table holds rows: NOT NULL without a default";
	else if (stmt->rewrite && pk_script_online(s, o->parent))
		stmt->note = pk_attr(o, IDENTITY)    ? "every row is written anew under the lock, for its number"
			     : pk_attr(o, GENERATED) ? "every row is written anew under the lock, for its computed value"
						     : "every row is written anew under the lock, for what its domain checks or gives";
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	struct pk_stmt *stmt;

	if (!of_relation(o) || with_type(s, o, s->to))
		return;
	/* Heirs drop theirs themselves, or keep it as their own. */
	stmt = pk_emit(s, "%s %s%s DROP COLUMN %s", pk_alter_table(o->parent),
		       o->parent->n_heirs && !pk_table_is_partitioned(o->parent) ? "ONLY " : "", o->parent->ident,
		       pk_attr(o, QUOTED));
	stmt->about = o->parent;
	stmt->heirs = pk_table_is_partitioned(o->parent) ? PK_ALL_HEIRS : PK_NEXT_HEIRS;
	if (!pk_attr(o, GENERATED) && !o->parent->kind->foreign) {
		stmt->lost = "the values";
		stmt->lost_of = o;
	}
}

/* A partition that is detached meanwhile is on its own, and so is an heir that leaves the parent. */
bool pk_column_stays_heir(const struct pk_object *from, const struct pk_object *to)
{
	if (!from->origin || !to->origin)
		return false;
	if (pk_attachment_of(from->parent) && pk_attachment_of(to->parent))
		return pk_table_stays_attached(from->parent, to->parent);
	return strcmp(from->origin->parent->ident, to->origin->parent->ident) == 0 &&
	       pk_table_keeps_parent(from->parent, to->parent, to->origin->parent->ident);
}

/* True when the heirs follow the parent's own change of this attribute. */
static bool follows(const struct pk_object *from, const struct pk_object *to, int attr)
{
	return pk_column_stays_heir(from, to) && pk_attr_changed(from->origin, to->origin, attr) &&
	       pk_streq(pk_attr(to->origin, attr), pk_attr(to, attr));
}

static void alter_storage(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, bool retyped)
{
	const char *what = pk_column_alter(s, to, true);

	if (pk_attr_changed(from, to, STORAGE) || (retyped && pk_attr(to, STORAGE)))
		pk_emit(s, "%s SET STORAGE %s", what, pk_attr(to, STORAGE) ? pk_attr(to, STORAGE) : pk_attr(to, TYPE_STORAGE));
	if (pk_attr_changed(from, to, COMPRESSION) || (retyped && pk_attr(to, COMPRESSION)))
		pk_emit(s, "%s SET COMPRESSION %s", what, pk_attr(to, COMPRESSION) ? pk_attr(to, COMPRESSION) : "default");
	if (pk_attr_changed(from, to, STATISTICS))
		pk_emit(s, "%s SET STATISTICS %s", what, pk_attr(to, STATISTICS) ? pk_attr(to, STATISTICS) : "-1")->lock =
			"SHARE UPDATE EXCLUSIVE";
	if (pk_attr_changed(from, to, OPTIONS))
		pk_alter_options(s, what, pk_attr(from, OPTIONS), pk_attr(to, OPTIONS));
}

static enum pk_outcome alter_view_column(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	size_t before = s->n;

	if (to->parent->kind != &pk_kind_composite && pk_attr_changed(from, to, DEFAULT_VALUE)) {
		if (pk_attr(to, DEFAULT_VALUE))
			set_default(s, to);
		else
			drop_default(s, to);
	}
	if (to->parent->kind == &pk_kind_matview)
		alter_storage(s, from, to, false);
	return s->n > before ? PK_ALTERED : PK_SAME;
}

static bool has_checks(const struct pk_object *table)
{
	for (size_t i = 0; i < table->n_children; i++) {
		if (pk_constraint_is_check(table->children[i]))
			return true;
	}
	return false;
}

/* What no ALTER does: only 17 and later exchange an expression, and that of a column not stored not beside checks. */
static bool generated_anew(const struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr(from, GENERATED) && !pk_attr(to, GENERATED))
		return !is_stored(from);
	if (s->version < 170000 || !pk_attr(from, GENERATED) || is_stored(from) != is_stored(to) ||
	    pk_attr_changed(from, to, TYPE) || pk_attr_changed(from, to, COLLATION))
		return true;
	return !is_stored(to) && (has_checks(from->parent) || has_checks(to->parent));
}

static bool made_anew(const struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	return (pk_attr_changed(from, to, GENERATED) ||
		(pk_attr(to, GENERATED) && (pk_attr_changed(from, to, TYPE) || pk_attr_changed(from, to, COLLATION)))) &&
	       generated_anew(s, from, to);
}

static void set_expression(struct pk_script *s, const struct pk_object *o)
{
	const char *text = pk_attr(o, GENERATED);
	size_t len = strlen(text) - (is_stored(o) ? strlen(" STORED") : 0);
	struct pk_stmt *stmt = pk_emit(s, "%s SET EXPRESSION AS (%.*s", pk_column_alter(s, o, true), (int)len, text);

	stmt->about = o->parent;
	stmt->lock = "ACCESS EXCLUSIVE";
	stmt->rewrite = is_stored(o);
	stmt->row_type = true;
	pk_stmt_joins(stmt, o->parent);
}

/* replaced: the type behind it is another one, under the same name. */
static enum pk_outcome change(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, bool replaced,
			      enum pk_stand_in stand_in)
{
	size_t before = s->n;
	bool retype = replaced || pk_attr_changed(from, to, TYPE) || pk_attr_changed(from, to, COLLATION);
	bool heir = replaced ? pk_column_stays_heir(from, to) : follows(from, to, TYPE) || follows(from, to, COLLATION);
	bool emit_type = retype && !heir;
	bool reads_rows = false; /* under its lock already */
	bool using = replaced || (retype && pk_column_needs_using(from, to));
	bool apart = pk_tied_later(s, to); /* its default is cut and made again around this */
	bool without_default = !apart && pk_attr(from, DEFAULT_VALUE) && (!pk_attr(to, DEFAULT_VALUE) || (using && emit_type));

	if (!of_relation(to))
		return alter_view_column(s, from, to);
	if (pk_attr_changed(from, to, GENERATED) || (pk_attr(to, GENERATED) && retype)) {
		if (generated_anew(s, from, to))
			return pk_column_stays_heir(from, to) && !made_anew(s, from->origin, to->origin) ? PK_SAME : PK_RECREATE;
		if (pk_attr(to, GENERATED))
			set_expression(s, to);
		else if (!follows(from, to, GENERATED))
			pk_emit(s, "%s DROP EXPRESSION", pk_column_alter(s, to, false));
	}
	if (pk_attr(from, IDENTITY) && !pk_attr(to, IDENTITY))
		pk_emit(s, "%s DROP IDENTITY", pk_column_alter(s, to, false)); /* by itself: TYPE beside it would be the sequence's too */
	if (without_default)
		drop_default(s, to);
	if (emit_type && stand_in != PK_STAND_IN_NONE)
		pk_column_stand_out(s, from, to, stand_in);
	else if (emit_type)
		reads_rows = pk_column_change_type(s, from, to, using);
	if (!apart && pk_attr(to, DEFAULT_VALUE) && (pk_attr_changed(from, to, DEFAULT_VALUE) || without_default))
		set_default(s, to);
	pk_column_alter_not_null(s, from, to, reads_rows);
	if (pk_attr(to, IDENTITY) && (pk_attr_changed(from, to, IDENTITY) || pk_attr_changed(from, to, IDENTITY_OPTIONS)))
		pk_column_alter_identity(s, from, to);
	if (pk_attr_changed(from, to, FOREIGN_OPTIONS))
		pk_emit(s, "%s%s", pk_column_alter(s, to, true),
			pk_foreign_options_change(s, pk_attr(from, FOREIGN_OPTIONS), pk_attr(to, FOREIGN_OPTIONS)));
	alter_storage(s, from, to, retype);
	if (retype)
		return PK_ALTERED_TYPE;
	return s->n > before ? PK_ALTERED : PK_SAME;
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	return change(s, from, to, false, PK_STAND_IN_NONE);
}

void pk_column_retype(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, enum pk_stand_in from_stand_in)
{
	change(s, from, to, true, from_stand_in);
}

bool pk_column_has_type(const struct pk_object *column, const struct pk_object *type)
{
	return pk_is_type(pk_column_type(column), type);
}

/* ADD COLUMN gives heirs type, default and NOT NULL; what the next parent says beside is said of it alone, but for NOT NULL. */
static void follow(struct pk_script *s, const struct pk_object *first, const struct pk_object *o)
{
	static const int apart[] = { IDENTITY, IDENTITY_OPTIONS, STORAGE, COMPRESSION, STATISTICS, OPTIONS };
	struct pk_object given = *first;
	const char **attr = pk_arena_alloc(s->arena, o->kind->n_attrs * sizeof(*attr));

	memcpy(attr, first->attr, o->kind->n_attrs * sizeof(*attr));
	memcpy(attr + NOT_NULL, o->origin->attr + NOT_NULL, (NOT_NULL_APART - NOT_NULL + 1) * sizeof(*attr));
	attr[NOT_NULL_COMMENT] = NULL;
	for (size_t i = 0; i < PK_COUNT(apart); i++)
		attr[apart[i]] = NULL;
	given.attr = attr;
	given.parent = o->parent;
	given.origin = NULL;
	given.comment = NULL;
	given.labels = NULL;
	given.grants = NULL;
	change(s, &given, o, false, PK_STAND_IN_NONE);
	pk_common_alter(s, &given, o);
}

static bool folds(const struct pk_object *o)
{
	(void)o;
	return true;
}

static bool renames_heirs(const struct pk_object *o)
{
	return of_relation(o);
}

static bool fixed(const struct pk_object *o)
{
	return pk_attr(o, IN_KEY) != NULL;
}

/* What a column of a view or a composite type uses is its relation's affair. */
static enum pk_reaction reaction(const struct pk_object *user, const struct pk_object *used, const struct pk_object *after,
				 enum pk_loss loss)
{
	(void)after;
	if (!of_relation(user))
		return PK_UNTOUCHED;
	if (loss == PK_LOSS_GONE && (used->kind->type || pk_is_type(pk_attr(user, BASE_TYPE), used)))
		return PK_UNTOUCHED;
	if (pk_attr(user, GENERATED))
		return PK_MADE_ANEW;
	if (loss == PK_LOSS_TYPE)
		return PK_UNTOUCHED;
	return pk_is_type(pk_attr(user, BASE_TYPE), used) ||
		       (used->kind == &pk_kind_collation && pk_streq(pk_attr(user, COLLATION), used->ident)) ?
		       PK_RETYPED : PK_RETIED;
}

const struct pk_kind pk_kind_column = {
	.name = "column", .sql_name = "COLUMN", .query = pk_sql_column, .hash_joins = true, .attrs = attrs, .n_attrs = PK_COUNT(attrs),
	.rank = 11, .lock_create = "ACCESS EXCLUSIVE", .lock_alter = "ACCESS EXCLUSIVE", .lock_drop = "ACCESS EXCLUSIVE", .grant_on = "TABLE", .part = true, .shape = true, .complete = complete, .create = create, .alter = alter, .drop = drop,
	.folds = folds, .extras = extras, .fixed = fixed, .reaction = reaction, .tie = default_value,
	.tie_apart = tie_apart, .untie = untie, .retie = retie, .brings = pk_column_identity,
	.rename = pk_rename_in_parent, .renames_heirs = renames_heirs, .follow = follow,
};
