/*
 * "public.t x(p, q)" names a table's columns by their places, which are no part of the picture: two databases may mean
 * other columns by the same words. In attributes such names stand in the order of the columns' own names.
 */
#include "catalog/places.h"

#include "base/text.h"

#include <ctype.h>

/* Behind all that are there already, computed ones behind the others. */
#define NEW_PLACES 10000

struct column {
	const struct pk_object *o;
	long place;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct column *)a)->o->name, ((const struct column *)b)->o->name);
}

static int by_place(const void *a, const void *b)
{
	const struct column *x = a, *y = b;

	return x->place < y->place ? -1 : x->place > y->place;
}

/* Where the column stands for whoever runs the script; s NULL: where it was read. */
static long place_of(const struct pk_script *s, const struct pk_object *column)
{
	const struct pk_object *table = column->parent;
	const struct pk_object *before = s && s->from && s->comes && !s->comes(s, table) ? pk_snapshot_find(s->from, table->key) : NULL;

	for (size_t i = 0; before && !s->comes(s, column) && i < before->n_children; i++) {
		if (before->children[i]->kind->part && strcmp(before->children[i]->name, column->name) == 0)
			return before->children[i]->subid;
	}
	return column->subid + (!before ? 0 : pk_column_generated(column) ? 2 * NEW_PLACES : NEW_PLACES);
}

static size_t find_columns(const struct pk_script *s, struct pk_arena *arena, const struct pk_object *table, struct column **ret)
{
	size_t n = 0;

	*ret = pk_arena_alloc(arena, (table->n_children + 1) * sizeof(**ret));
	for (size_t i = 0; i < table->n_children; i++) {
		if (table->children[i]->kind->part)
			(*ret)[n++] = (struct column){ table->children[i], place_of(s, table->children[i]) };
	}
	return n;
}

const char *pk_places_skip_name(const char *p)
{
	const char *start = p;

	if (*p == '"') {
		while (*++p && (*p != '"' || p[1] == '"'))
			p += *p == '"';
		return *p ? p + 1 : NULL;
	}
	while (isalnum((unsigned char)*p) || *p == '_' || *p == '$' || (unsigned char)*p >= 0x80)
		p++;
	return p > start ? p : NULL;
}

/* The names of a list that begins at p, behind its bracket, if they are n. Returns where it ends, or NULL. */
static const char *read_list(struct pk_arena *arena, const char *p, size_t n, const char **ret)
{
	for (size_t i = 0; i < n; i++) {
		const char *end = pk_places_skip_name(p);

		if (!end || (i + 1 < n ? !pk_starts_with(end, ", ") : *end != ')'))
			return NULL;
		ret[i] = pk_arena_printf(arena, "%.*s", (int)(end - p), p);
		p = i + 1 < n ? end + strlen(", ") : end;
	}
	return p;
}

/* The bracket of the next list of aliases of the table's columns; NULL: none follows. */
static const char *find_list(const char *text, const struct pk_object *table)
{
	const char *at = text, *list;

	while ((at = strstr(at, table->ident))) {
		bool apart = at > text && strchr(" (\n", at[-1]);

		at += strlen(table->ident);
		list = apart && *at == ' ' ? pk_places_skip_name(at + 1) : NULL;
		if (list && *list == '(')
			return list;
	}
	return NULL;
}

bool pk_places_name(const struct pk_object *o, const struct pk_object *table)
{
	const int attr = o->kind->places_attr - 1;

	return attr >= 0 && table->kind->columns_apart && o->attr[attr] &&
	       (find_list(o->attr[attr], table) || pk_places_joined(o->attr[attr]));
}

/* from, to: the columns of the table as the names stand now, and as they shall. */
static const char *reorder(struct pk_arena *arena, const char *text, const struct pk_object *table, const struct column *from,
			   const struct column *to, size_t n)
{
	const char **names = pk_arena_alloc(arena, (n + 1) * sizeof(*names)), *done = text, *at = text;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	while (n && (at = find_list(at, table))) {
		const char *list = at++, *end = read_list(arena, list + 1, n, names);

		if (!end)
			continue;
		pk_buf_addf(&out, "%.*s", (int)(list + 1 - done), done);
		for (size_t i = 0; i < n; i++) {
			size_t k = 0;

			while (from[k].o != to[i].o)
				k++;
			pk_buf_addf(&out, "%s%s", i ? ", " : "", names[k]);
		}
		done = at = end;
	}
	if (done == text)
		return text;
	pk_buf_add(&out, done);
	return pk_arena_strdup(arena, out.ptr);
}

/* The i-th relation that it uses, its own being the last; NULL: that was among those before, or is none. */
static const struct pk_object *relation_at(const struct pk_object *o, size_t i)
{
	const struct pk_object *on = i < o->n_deps ? o->deps[i] : o->parent;
	const struct pk_object *relation = on && on->kind->part ? on->parent : on;

	for (size_t j = 0; relation && j < i; j++) {
		if (o->deps[j] == relation || (o->deps[j]->kind->part && o->deps[j]->parent == relation))
			return NULL;
	}
	return relation && relation->kind->relation_name && !relation->kind->type ? relation : NULL;
}

/* With s: from the order of names to that of places; without: the other way. */
static size_t find_orders(const struct pk_script *s, struct pk_arena *arena, const struct pk_object *table, struct column **ret_from,
			  struct column **ret_to)
{
	size_t n = find_columns(s, arena, table, ret_from);

	find_columns(s, arena, table, ret_to);
	qsort(*ret_from, n, sizeof(**ret_from), s ? by_name : by_place);
	qsort(*ret_to, n, sizeof(**ret_to), s ? by_place : by_name);
	return n;
}

struct pk_places pk_places_of(const struct pk_script *s, struct pk_arena *arena, const struct pk_object *relation)
{
	struct column *from, *to;
	size_t n = find_orders(s, arena, relation, &from, &to);
	const struct pk_object **froms = pk_arena_alloc(arena, (n + 1) * sizeof(const struct pk_object *));
	const struct pk_object **tos = pk_arena_alloc(arena, (n + 1) * sizeof(const struct pk_object *));

	if (!relation->kind->columns_apart) {
		qsort(from, n, sizeof(*from), by_place);
		to = from;
	}
	for (size_t i = 0; i < n; i++) {
		froms[i] = from[i].o;
		tos[i] = to[i].o;
	}
	return (struct pk_places){ relation, froms, tos, n };
}

size_t pk_places_find(const struct pk_places *places, size_t i)
{
	size_t k = 0;

	while (places->from[k] != places->to[i])
		k++;
	return k;
}

static const char *reorder_joins(struct pk_script *s, struct pk_arena *arena, const struct pk_object *o, const char *text)
{
	struct pk_places *relations = pk_arena_alloc(arena, (o->n_deps + 1) * sizeof(*relations));
	size_t n = 0;

	for (size_t i = 0; i <= o->n_deps; i++) {
		if (relation_at(o, i))
			relations[n++] = pk_places_of(s, arena, relation_at(o, i));
	}
	return pk_places_of_joins(arena, text, relations, n);
}

static const char *reorder_all(struct pk_script *s, struct pk_arena *arena, const struct pk_object *o, const char *text)
{
	if (pk_places_joined(text)) /* while the lists of the tables stand as they did */
		text = reorder_joins(s, arena, o, text);
	for (size_t i = 0; i <= o->n_deps; i++) {
		const struct pk_object *table = relation_at(o, i);
		struct column *from, *to;
		size_t n;

		if (!table || !table->kind->columns_apart || !find_list(text, table))
			continue;
		n = find_orders(s, arena, table, &from, &to);
		text = reorder(arena, text, table, from, to, n);
	}
	return text;
}

void pk_places_by_name(struct pk_arena *arena, struct pk_object *o)
{
	const int attr = o->kind->places_attr - 1;

	if (attr >= 0 && o->attr[attr])
		o->attr[attr] = reorder_all(NULL, arena, o, o->attr[attr]);
}

const char *pk_places_said(struct pk_script *s, const struct pk_object *o)
{
	const char *text = o->attr[o->kind->places_attr - 1];

	return s->canonical ? text : reorder_all(s, s->arena, o, text);
}
