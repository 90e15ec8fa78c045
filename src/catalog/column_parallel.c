/*
 * A column's type without a long lock: a column of the new type beside the old one, kept in step by a
 * trigger, filled in batches, and put in its place in one short transaction. It is offered as a migration to
 * be read and completed, for what hangs on the column (indexes, views, keys) is not always to be made in the
 * same way.
 */
#include "catalog/column.h"

static const char *qualified(struct pk_script *s, const char *prefix, const struct pk_object *from, const struct pk_object *to)
{
	const char *value = pk_column_value(s, from, to), *at = strstr(value, pk_attr(from, QUOTED));

	return pk_arena_printf(s->arena, "%.*s%s.%s", (int)(at - value), value, prefix, at);
}

/* Other users of the column, which have to be thought of. */
static void add_users(struct pk_script *s, const struct pk_object *from, struct pk_buf *out)
{
	const char *before = "";

	for (size_t i = 0; s->from && i < s->from->n; i++) {
		const struct pk_object *o = s->from->objects[i];

		for (size_t j = 0; j < o->n_deps; j++) {
			if (o->deps[j] != from || o->kind->part || o->kind == &pk_kind_sequence)
				continue;
			pk_buf_addf(out, "%s%s %s", before, o->kind->name, o->ident);
			before = ", ";
			break;
		}
	}
}

/* A comment ends where a name with a line break goes on. */
static const char *in_line(struct pk_script *s, const char *name)
{
	char *line = pk_arena_strdup(s->arena, name);

	for (char *c = line; *c; c++)
		*c = *c == '\n' || *c == '\r' ? ' ' : *c;
	return line;
}

static void add_comment(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, const char *beside,
			struct pk_buf *out)
{
	PK_AUTO(pk_buf) users = PK_BUF_INIT;

	pk_buf_addf(out, "-- %s.%s becomes %s without a long lock, through a column beside it. Each statement is\n"
		    "-- committed by itself; the application needs no change.\n",
		    in_line(s, from->parent->ident), in_line(s, pk_attr(from, QUOTED)), in_line(s, pk_attr(to, TYPE)));
	add_users(s, from, &users);
	if (users.len)
		pk_buf_addf(out, "-- To do: the old column is used by %s.\n"
			    "-- Indexes and keys go with it: build them on %s before, CONCURRENTLY and under other names. Views\n"
			    "-- stop the last statement: drop them at its beginning and make them again at its end.\n",
			    in_line(s, users.ptr), in_line(s, beside));
}

static void add_not_null(struct pk_script *s, const struct pk_object *to, const char *beside, struct pk_buf *out)
{
	const char *table = to->parent->ident, *check = pk_name_with(s, pk_arena_printf(s->arena, "postkit_%s", to->name), "_not_null");

	if (!pk_attr(to, NOT_NULL))
		return;
	pk_buf_addf(out,
		    "ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID;\n"
		    "ALTER TABLE %s VALIDATE CONSTRAINT %s;\n"
		    "ALTER TABLE %s ALTER COLUMN %s SET NOT NULL;\n"
		    "ALTER TABLE %s DROP CONSTRAINT %s;\n",
		    table, check, beside, table, check, table, beside, table, check);
}

/* A sequence that belongs to the column would go with it. */
static void add_owned(const struct pk_object *from, bool again, struct pk_buf *out)
{
	for (size_t i = 0; i < from->n_deps; i++) {
		const char *tie = from->deps[i]->kind == &pk_kind_sequence ? pk_object_tie(from->deps[i]) : NULL;

		if (tie)
			pk_buf_addf(out, "    ALTER SEQUENCE %s OWNED BY %s;\n", from->deps[i]->ident, again ? tie : "NONE");
	}
}

/* What stands there for a time. */
struct helpers {
	const char *column, *trigger, *function; /* quoted */
};

static void add_swap(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, const struct helpers *helpers,
		     struct pk_buf *ret)
{
	const char *table = from->parent->ident, *name = pk_attr(from, QUOTED), *quote;
	PK_AUTO(pk_buf) body = PK_BUF_INIT;
	struct pk_buf *out = &body;

	pk_buf_addf(out, "    LOCK TABLE %s IN ACCESS EXCLUSIVE MODE;\n", table);
	pk_buf_addf(out, "    DROP TRIGGER %s ON %s;\n    DROP FUNCTION %s();\n", helpers->trigger, table, helpers->function);
	add_owned(from, false, out);
	pk_buf_addf(out, "    ALTER TABLE %s DROP COLUMN %s;\n", table, name);
	pk_buf_addf(out, "    ALTER TABLE %s RENAME COLUMN %s TO %s;\n", table, helpers->column, name);
	add_owned(from, true, out);
	if (pk_attr(to, DEFAULT_VALUE))
		pk_buf_addf(out, "    ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s;\n", table, name, pk_attr(to, DEFAULT_VALUE));
	quote = pk_dollar_quote(s, body.ptr);
	pk_buf_addf(ret, "DO %s\nBEGIN\n%sEND\n%s;\n", quote, body.ptr, quote);
}

static const char *way_there(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const struct pk_object *table = from->parent;
	const char *beside = pk_beside_name(s, from), *name = pk_attr(from, QUOTED);
	/* Triggers fire by their names: the last one sees what the others made of the row. */
	const char *sync = pk_name_with(s, pk_arena_printf(s->arena, "zz_postkit_%s_%s", table->name, from->name), "_sync");
	const char *function = pk_arena_printf(s->arena, "%s.%s", pk_schema_of_ident(s->arena, table->ident), sync);
	const char *assignment = pk_arena_printf(s->arena, "NEW.%s := %s", beside, qualified(s, "NEW", from, to));
	const char *collation = pk_attr(to, COLLATION), *quote = pk_dollar_quote(s, assignment);
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	add_comment(s, from, to, beside, &out);
	pk_buf_addf(&out, "ALTER TABLE %s ADD COLUMN %s %s%s%s;\n", table->ident, beside, pk_attr(to, TYPE), collation ? " COLLATE " : "",
		    collation ? collation : "");
	pk_buf_addf(&out, "CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS %s\nBEGIN\n    %s;\n    RETURN NEW;\nEND\n%s;\n",
		    function, quote, assignment, quote);
	pk_buf_addf(&out, "CREATE TRIGGER %s BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION %s();\n", sync, table->ident,
		    function);
	pk_buf_addf(&out, "%s;\n",
		    pk_column_fill_sql(s, table, beside, qualified(s, "t", from, to),
				       pk_arena_printf(s->arena, "t.%s IS NULL AND t.%s IS NOT NULL", beside, name)));
	add_not_null(s, to, beside, &out);
	add_swap(s, from, to, &(struct helpers){ beside, sync, function }, &out);
	return pk_arena_strdup(s->arena, out.ptr);
}

/* Plainly: who goes back has other worries. */
static const char *way_back(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *name = pk_attr(from, QUOTED), *collation = pk_attr(from, COLLATION);
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	pk_buf_addf(&out, "ALTER TABLE %s ", from->parent->ident);
	if (pk_attr(to, DEFAULT_VALUE))
		pk_buf_addf(&out, "ALTER COLUMN %s DROP DEFAULT, ", name);
	pk_buf_addf(&out, "ALTER COLUMN %s TYPE %s%s%s USING %s", name, pk_attr(from, TYPE), collation ? " COLLATE " : "",
		    collation ? collation : "", pk_column_value(s, to, from));
	if (pk_attr(from, DEFAULT_VALUE))
		pk_buf_addf(&out, ", ALTER COLUMN %s SET DEFAULT %s", name, pk_attr(from, DEFAULT_VALUE));
	pk_buf_add(&out, ";\n");
	return pk_arena_strdup(s->arena, out.ptr);
}

void pk_column_parallel(struct pk_script *s, const struct pk_object *from, const struct pk_object *to, struct pk_pattern *ret)
{
	const struct pk_object *table = from->parent;

	if (table->kind != &pk_kind_table || table->n_heirs || pk_table_is_partitioned(table) || pk_table_is_partition(table) ||
	    from->origin || pk_column_follows_type(from) || pk_attr(from, IDENTITY) || pk_attr(to, IDENTITY) ||
	    pk_attr(from, GENERATED) || pk_attr(to, GENERATED))
		return;
	ret->up = way_there(s, from, to);
	ret->down = way_back(s, from, to);
}
