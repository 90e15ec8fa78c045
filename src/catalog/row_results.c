/* A body that is parsed, BEGIN ATOMIC ... END, of a function that returns rows of a table gives their columns by places. */
#include "catalog/places.h"
#include "catalog/row_literals.h"

static const char *skip_piece(const char *p)
{
	const char *behind = *p == '(' || *p == '[' ? pk_places_skip_brackets(p) : NULL;

	if (*p == '\'' || *p == '"')
		return pk_places_skip_quoted(p);
	return behind ? behind : p + 1;
}

/* Where the words stand outside of brackets, or else where the statement ends. */
static const char *find_words(const char *p, const char *words)
{
	while (*p && *p != ';' && !pk_starts_with(p, words))
		p = skip_piece(p);
	return p;
}

/* The last statement of the body. */
static const char *last_statement(const char *body)
{
	const char *last = body, *p = body;

	while (*p && !pk_starts_with(p, "END")) {
		last = p;
		while (*p && *p != ';')
			p = skip_piece(p);
		p += strspn(p, ";\n");
	}
	return last;
}

/* Where what it gives is listed; NULL: it cannot be told. */
static const char *find_results(const char *body)
{
	static const char *const joined[] = { "UNION", "INTERSECT", "EXCEPT", "SELECT DISTINCT" };
	const char *statement = last_statement(body);
	const char *selected = find_words(statement, "SELECT "), *returned = find_words(statement, "RETURNING ");

	for (size_t i = 0; i < PK_COUNT(joined); i++)
		if (pk_starts_with(find_words(statement, joined[i]), joined[i]))
			return NULL;
	if (pk_starts_with(returned, "RETURNING "))
		return returned + strlen("RETURNING ");
	return pk_starts_with(selected, "SELECT ") ? selected + strlen("SELECT ") : NULL;
}

/* The table of whose rows it is; NULL: of none. */
static const struct pk_object *returned_table(const struct pk_snapshot *side, struct pk_arena *arena, const char *definition)
{
	const char *type = strstr(definition, "\n RETURNS "), *end;
	const struct pk_object *table;

	if (!type)
		return NULL;
	type += strlen("\n RETURNS ");
	type += pk_starts_with(type, "SETOF ") ? strlen("SETOF ") : 0;
	end = type + strcspn(type, "\n");
	table = pk_snapshot_find(side, pk_arena_printf(arena, "%s %.*s", pk_kind_table.name, (int)(end - type), type));
	return table && table->kind->columns_apart ? table : NULL;
}

const char *pk_row_results_turned(const struct pk_script *s, const struct pk_snapshot *side, struct pk_arena *arena, const char *text)
{
	static const char begin[] = "\nBEGIN ATOMIC\n";
	const char *body = strstr(text, begin), *results, *end, *p;
	const struct pk_object *table = body ? returned_table(side, arena, text) : NULL;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	struct pk_places places;
	const char **items;

	results = table ? find_results(body + strlen(begin)) : NULL;
	if (!results)
		return text;
	places = pk_places_of(s, arena, table);
	items = pk_arena_alloc(arena, (places.n + 1) * sizeof(*items));
	end = find_words(results, " FROM ");
	while (end > results && strchr(" \n", end[-1]))
		end--;
	p = results;
	for (size_t i = 0; i < places.n; i++) {
		const char *comma = pk_places_skip_item(p), *stop = comma && comma < end ? comma : end;

		if ((stop == end) != (i + 1 == places.n))
			return text;
		items[i] = pk_arena_strndup(arena, p, (size_t)(stop - p));
		p = stop + 1;
		p += stop < end ? strspn(p, " \n") : 0;
	}
	pk_buf_addn(&out, text, (size_t)(results - text));
	for (size_t i = 0; i < places.n; i++)
		pk_buf_addf(&out, "%s%s", i ? ",\n    " : "", items[pk_places_find(&places, i)]);
	pk_buf_add(&out, end);
	return pk_arena_strdup(arena, out.ptr);
}
