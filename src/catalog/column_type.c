/* Columns that change their type: the cast, whether the rows are written anew, and what of them is lost. */
#include "catalog/column.h"
#include "sql/retype.h"

/* Types between which the server converts by itself on assignment, and says when a value does not fit. */
static int family(const char *base_type)
{
	static const char *const families[][8] = {
		{ "smallint", "integer", "bigint", "numeric", "real", "double precision", NULL },
		{ "text", "character varying", "character", "name", NULL },
		{ "date", "timestamp without time zone", "timestamp with time zone", NULL },
		{ "cidr", "inet", NULL },
		{ "bit", "bit varying", NULL },
	};

	for (size_t i = 0; i < PK_COUNT(families); i++) {
		for (size_t j = 0; families[i][j]; j++) {
			if (strcmp(families[i][j], base_type) == 0)
				return (int)i + 1;
		}
	}
	return 0;
}

/* What the type is without domains. */
static const char *root_type(const struct pk_object *column)
{
	return pk_attr(column, ROOT_TYPE) ? pk_attr(column, ROOT_TYPE) : pk_attr(column, BASE_TYPE);
}

bool pk_column_needs_using(const struct pk_object *from, const struct pk_object *to)
{
	const char *old = pk_attr(from, BASE_TYPE), *new = pk_attr(to, BASE_TYPE);

	if (strcmp(old, new) == 0)
		return false;
	if (family(new) == 2)
		return false; /* everything can be assigned to text */
	return family(old) == 0 || family(old) != family(new);
}

bool pk_column_keeps_keys(const struct pk_object *from, const struct pk_object *to)
{
	static const char *const sets[][3] = { { "smallint", "integer", "bigint" }, { "text", "character varying", "" } };
	const char *old = root_type(from), *new = root_type(to);

	for (size_t i = 0; i < PK_COUNT(sets); i++) {
		bool has_old = false, has_new = false;

		for (size_t j = 0; j < PK_COUNT(sets[i]); j++) {
			has_old |= strcmp(sets[i][j], old) == 0;
			has_new |= strcmp(sets[i][j], new) == 0;
		}
		if (has_old && has_new)
			return true;
	}
	return false;
}

static bool has_cast(const struct pk_object *column)
{
	for (size_t i = 0; i < column->n_deps; i++) {
		if (pk_type_has_cast(column->deps[i]))
			return true;
	}
	return false;
}

/* One cast where the server has it. Text is what all types can be read from and written to. */
static const char *cast(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *name = pk_attr(from, QUOTED), *type = pk_attr(to, TYPE), *old = root_type(from), *new = root_type(to);

	if (strcmp(pk_attr(from, BASE_TYPE), pk_attr(to, BASE_TYPE)) == 0 && has_cast(from) && has_cast(to))
		return pk_arena_printf(s->arena, "%s::%s", name, type);
	if (strcmp(old, "boolean") == 0 && family(new) == 1)
		return pk_arena_printf(s->arena, "%s::integer::%s", name, type);
	if (strcmp(new, "boolean") == 0 && family(old) == 1)
		return pk_arena_printf(s->arena, "(%s <> 0)::%s", name, type);
	/* A name with a dot is of the user's own type, which may be another one under the same name by now. */
	if ((strcmp(old, new) == 0 && !strchr(old, '.')) || (family(old) && family(old) == family(new)) ||
	    *pk_attr(from, CATEGORY) == 'S' || *pk_attr(to, CATEGORY) == 'S')
		return pk_arena_printf(s->arena, "%s::%s", name, type);
	return pk_arena_printf(s->arena, "%s::text::%s", name, type);
}

const char *pk_column_value(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	bool may_be_replaced = false; /* the type, under the same name */
	enum pk_stand_in stand_in = s->stand_in ? s->stand_in(s, from) : PK_STAND_IN_NONE;

	if (stand_in == PK_STAND_IN_TEXT)
		return pk_arena_printf(s->arena, "%s::%s", pk_attr(from, QUOTED), pk_attr(to, TYPE));
	if (stand_in == PK_STAND_IN_JSON)
		return pk_arena_printf(s->arena, "(SELECT r.v FROM json_to_record(json_build_object('v', %s)) AS r (v %s))",
				       pk_attr(from, QUOTED), pk_attr(to, TYPE));
	for (size_t i = 0; i < to->n_deps; i++)
		may_be_replaced |= to->deps[i]->kind->type;
	return may_be_replaced || pk_column_needs_using(from, to) ? cast(s, from, to) : pk_attr(from, QUOTED);
}

/* What it is made of, where its type is a domain; what checks that has is said too. */
static const char *plain_type(const struct pk_object *column, bool *ret_checked)
{
	const char *type = pk_attr(column, TYPE);

	*ret_checked = false;
	for (size_t i = 0; *pk_attr(column, CATEGORY) == 'd' && i < column->n_deps; i++) {
		if (column->deps[i]->kind == &pk_kind_domain && strcmp(column->deps[i]->ident, type) == 0)
			return pk_domain_base(column->deps[i], ret_checked);
	}
	return type;
}

static bool uses(const struct pk_object *part, const struct pk_object *column)
{
	for (size_t i = 0; i < part->n_deps; i++) {
		if (part->deps[i] == column)
			return true;
	}
	return false;
}

/* A check on the column is looked at again for every row; an index is built again where the type's order is another. */
static bool is_read(const struct pk_script *s, const struct pk_object *from, bool reindex)
{
	for (size_t i = 0; i < from->parent->n_children; i++) {
		const struct pk_object *part = from->parent->children[i];

		const struct pk_object *after = s->to ? pk_snapshot_find(s->to, part->key) : NULL;

		if (part->kind->parent_attr && uses(part, from) && (reindex || pk_constraint_is_check(part)) && after &&
		    (!s->comes || !s->comes(s, after)))
			return true;
	}
	return false;
}

/* The same name stands for another type when that was made anew. */
static bool writes_rows(const struct pk_object *from, const struct pk_object *to, const char *using, bool utc,
			struct pk_retype_facts *facts)
{
	bool old_checked, new_checked;
	const char *old = plain_type(from, &old_checked), *new = plain_type(to, &new_checked);

	pk_sql_retype(old, new, utc, facts);
	if (new_checked || (using && strstr(using, "::text::")))
		return true;
	return facts->rows != PK_RETYPE_NONE || (using && strcmp(pk_attr(from, TYPE), pk_attr(to, TYPE)) == 0);
}

bool pk_column_change_type(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, bool with_using)
{
	const char *using = with_using ? cast(s, from, to) : NULL, *name = pk_attr(from, QUOTED);
	struct pk_retype_facts facts = { 0 };
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	struct pk_stmt *stmt;

	pk_buf_addf(&sql, "%s TYPE %s", pk_column_alter(s, to, false), pk_attr(to, TYPE));
	if (pk_attr(to, COLLATION))
		pk_buf_addf(&sql, " COLLATE %s", pk_attr(to, COLLATION));
	if (using && !to->parent->kind->foreign)
		pk_buf_addf(&sql, " USING %s", using);
	stmt = pk_emit(s, "%s", sql.ptr);
	stmt->about = from->parent;
	stmt->heirs = PK_ALL_HEIRS;
	pk_stmt_joins(stmt, from->parent);
	stmt->users_lock = "ACCESS EXCLUSIVE";
	stmt->row_type = true;
	stmt->rewrite = !to->parent->kind->foreign && writes_rows(from, to, using, s->from && s->from->utc, &facts);
	stmt->scan = !stmt->rewrite && is_read(s, from, facts.reindex || pk_attr_changed(from, to, COLLATION));
	if (stmt->rewrite && using)
		stmt->note = "every row is cast and written anew and every index built anew under the lock; a value that cannot be cast fails it";
	else if (stmt->rewrite)
		stmt->note = "every row is written anew and every index built anew under the lock";
	else if (stmt->scan)
		stmt->note = "the rows stay as they are, but checks and indexes on the column read them under the lock";
	else
		stmt->note = "the rows stay as they are";
	if (stmt->rewrite && pk_script_online(s, to->parent))
		pk_column_parallel(s, from, to, &stmt->pattern);
	if (facts.narrows) {
		stmt->lost = "what the new type cannot hold of the values; where it takes nothing less, the change fails";
		stmt->lost_of = from;
		stmt->lost_where = pk_arena_printf(s->arena, "%s::%s::%s IS DISTINCT FROM %s", name, pk_attr(to, TYPE),
						   pk_attr(from, TYPE), name);
	}
	return stmt->rewrite || stmt->scan;
}

static void rewritten(struct pk_stmt *stmt, const struct pk_object *column, const char *note)
{
	stmt->about = column->parent;
	stmt->heirs = PK_ALL_HEIRS;
	stmt->rewrite = stmt->row_type = true;
	pk_stmt_joins(stmt, column->parent);
	stmt->note = note;
}

void pk_column_stand_in(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, enum pk_stand_in stand_in)
{
	bool json = stand_in == PK_STAND_IN_JSON;
	const char *name = pk_attr(from, QUOTED);

	if (to && pk_column_stays_heir(from, to))
		return;
	for (size_t i = 0; !to && i < from->parent->n_children; i++) {
		const struct pk_object *part = from->parent->children[i];

		if (part->kind->part && pk_attr(part, GENERATED) && (part == from || uses(part, from)))
			pk_emit(s, "%s DROP EXPRESSION IF EXISTS", pk_column_alter(s, part, false));
	}
	rewritten(pk_emit(s, json ? "%s TYPE json USING to_json(%s)" : "%s TYPE text USING %s::text",
			  pk_column_alter(s, from, false), name), from,
		  "what its type is made of changes only while no column has it; every row is written anew");
}

void pk_column_stand_out(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, enum pk_stand_in stand_in)
{
	const char *name = pk_attr(from, QUOTED), *type = pk_attr(to, TYPE), *what = pk_column_alter(s, to, false);
	const char *wrapper = pk_arena_printf(s->arena, "%s.%s", pk_schema_of_ident(s->arena, to->parent->ident),
					      pk_name_with(s, pk_arena_printf(s->arena, "%s_%s", to->parent->name, to->name), "_in"));
	const char *note = "as it was before; every row is written anew";

	if (stand_in == PK_STAND_IN_TEXT) {
		rewritten(pk_emit(s, "%s TYPE %s USING %s::%s", what, type, name, type), from, note);
		return;
	}
	pk_emit(s, "CREATE TYPE %s AS (value %s)", wrapper, type)->lock = "";
	rewritten(pk_emit(s, "%s TYPE %s USING (json_populate_record(NULL::%s, json_build_object('value', %s))).value", what,
			  type, wrapper, name), from, note);
	pk_emit(s, "DROP TYPE %s", wrapper)->lock = "";
}
