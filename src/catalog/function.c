#include "base/text.h"
#include "catalog/kind.h"
#include "catalog_sql.h"
#include "sql/action.h"

enum { ROUTINE, DEFINITION, SHAPE, DEFAULTS, PARSED_BODY, LEAKPROOF, SUPERUSER };
static const char *const attrs[] = { "routine", "definition", "shape", "defaults", "parsed_body", "leakproof",
				     "superuser" };

/* The body, where the server has parsed it and so knows what it uses; NULL for text. */
static const char *parsed_body(const struct pk_object *o)
{
	const char *atomic = strstr(pk_attr(o, DEFINITION), "\nBEGIN ATOMIC\n");

	if (strcmp(pk_attr(o, PARSED_BODY), "true") != 0)
		return NULL;
	return atomic ? atomic : strstr(pk_attr(o, DEFINITION), "\nRETURN ");
}

/* Before the body stand its arguments and its result, of which a row may be: that it needs to be made at all. */
static bool body_uses(const struct pk_object *o, const struct pk_object *relation)
{
	const char *definition = pk_attr(o, DEFINITION), *body = parsed_body(o);
	const char *named = strstr(definition, relation->ident);
	size_t len = strlen(relation->ident);

	/* its own name is no use, and the beginning of another name is not this one */
	for (; named && named < body; named = strstr(named + 1, relation->ident))
		if (strchr(" ,)[\n", named[len]))
			return false;
	return true;
}

/* Stands in for the function, while what its body uses needs the function. */
static void create_empty(struct pk_script *s, const struct pk_object *o)
{
	const char *definition = pk_attr(o, DEFINITION), *body = parsed_body(o);
	const char *idle = pk_arena_printf(s->arena, "%.*s\nAS ''", (int)(body - definition), definition);
	PK_FREE char *values = pk_sql_idle_body(idle);

	if (values)
		idle = pk_arena_printf(s->arena, "%.*s\nAS %s", (int)(body - definition), definition, values);
	pk_emit(s, "%s", idle)->note = "for a moment without its body: a circle";
}

static void untie(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)to;
	create_empty(s, from);
}

static void create_whole(struct pk_script *s, const struct pk_object *o)
{
	const char *definition = pk_places_said(s, o);
	size_t len = strlen(definition);

	while (len && (definition[len - 1] == '\n' || definition[len - 1] == ' '))
		len--;
	pk_emit(s, "%.*s", (int)len, definition)->superuser = pk_attr(o, SUPERUSER) != NULL;
	if (pk_attr(o, LEAKPROOF))
		pk_emit_super(s, "ALTER FUNCTION %s LEAKPROOF", o->ident);
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	if (pk_tied_later(s, o))
		create_empty(s, o);
	else
		create_whole(s, o);
}

bool pk_function_is_stable(const struct pk_object *o)
{
	const char *definition = pk_attr(o, DEFINITION), *language = strstr(definition, "\n LANGUAGE ");
	const char *end = language ? strchr(language + 1, '\n') : NULL;
	size_t line = end ? strcspn(end + 1, "\n") : 0;

	/* The line after the language begins with what is not the default. */
	return line && (pk_starts_with(end + 1, " IMMUTABLE") || pk_starts_with(end + 1, " STABLE") ||
			(pk_starts_with(end + 1, " WINDOW ") && (memmem(end + 1, line, " IMMUTABLE", strlen(" IMMUTABLE")) ||
								  memmem(end + 1, line, " STABLE", strlen(" STABLE")))));
}

/* CREATE OR REPLACE keeps the kind, the result, the names of arguments and cannot take defaults away. */
static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr_changed(from, to, SHAPE))
		return pk_anew(s, PK_RECREATE, "its kind, its result or the names of its arguments change");
	if (atoi(pk_attr(from, DEFAULTS)) > atoi(pk_attr(to, DEFAULTS)))
		return pk_anew(s, PK_RECREATE, "an argument loses its default");
	create_whole(s, to);
	return PK_ALTERED;
}

/* Overloads may stand aside together, and what their arguments are called by then is not known here. */
static const char *aside_name(struct pk_script *s, const struct pk_object *o)
{
	const char *suffix = pk_arena_printf(s->arena, "__%08x", (unsigned)pk_hash(o->ident, strlen(o->ident), 0));

	return pk_name_with(s, pk_bare_name(s->arena, o), suffix);
}

/* While a type that is made of it stands aside. */
static void set_aside(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "ALTER FUNCTION %s RENAME TO %s", o->ident, aside_name(s, o))->note =
		"stays until the type that it belongs to is gone";
}

static void drop_aside(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)to;
	pk_emit(s, "DROP FUNCTION %s.%s", pk_schema_of_ident(s->arena, from->ident), aside_name(s, from));
}

const struct pk_kind pk_kind_function = {
	.if_any = "pg_proc WHERE prokind <> 'a' AND oid >= 16384",
	.name = "function", .sql_name = "FUNCTION", .sql_name_attr = ROUTINE + 1, .folder = "functions",
	.query = pk_sql_function, .attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 8, .grant_on = "FUNCTION",
	.owned = true, .routine = true, .body_attr = DEFINITION + 1, .places_attr = DEFINITION + 1, .blocks_type_change = true,
	.tie = parsed_body, .tie_uses = body_uses, .untie = untie, .retie = create_whole, .create = create, .alter = alter,
	.drop = pk_drop_plain, .set_aside = set_aside, .drop_aside = drop_aside, .rename = pk_rename_itself,
};
