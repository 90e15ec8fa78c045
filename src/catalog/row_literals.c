#include "catalog/row_literals.h"

#include "catalog/places.h"
#include "pg/conn.h"

#include <ctype.h>

/* s NULL: from the order of places to that of names, where it was read; else back, for whoever runs the script. */
struct turning {
	const struct pk_script *s;
	const struct pk_snapshot *side;
	struct pk_arena *arena;
};

/* What makes a quote part of a value, where the server writes it. */
enum quoting { DOUBLED, WITH_BACKSLASH };

static const char *turn_value(const struct turning *t, const char *value, const char *type);
static const char *turn_text(const struct turning *t, const char *text);

static const struct pk_object *find_type(const struct turning *t, const char *ident)
{
	const struct pk_object *found = NULL;

	for (const struct pk_kind *const *kind = pk_kinds; *kind && !found; kind++)
		if ((*kind)->relation_name && !(*kind)->no_row_type)
			found = pk_snapshot_find(t->side, pk_arena_printf(t->arena, "%s %s", (*kind)->name, ident));
	return found;
}

/* Behind the quoted piece, whose text, as it is meant, is added to `out`. NULL: it does not end. */
static const char *read_quoted(const char *p, struct pk_buf *out)
{
	for (p++; *p && (*p != '"' || p[1] == '"'); p++) {
		p += (*p == '\\' || *p == '"') && p[1];
		pk_buf_addc(out, *p);
	}
	return *p ? p + 1 : NULL;
}

static void add_quoted(struct pk_buf *out, const char *value, enum quoting quoting)
{
	pk_buf_addc(out, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			pk_buf_addc(out, quoting == WITH_BACKSLASH ? '\\' : *value);
		pk_buf_addc(out, *value);
	}
	pk_buf_addc(out, '"');
}

/* The piece of a value that begins here, turned: up to its end, which is one of these characters. NULL: it has none. */
static const char *turn_piece(const struct turning *t, const char *p, const char *ends, const char *type,
			      enum quoting quoting, struct pk_buf *out)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	const char *end;

	if (*p != '"') { /* nothing in it has several columns */
		end = p + strcspn(p, ends);
		pk_buf_addn(out, p, (size_t)(end - p));
		return *end ? end : NULL;
	}
	end = read_quoted(p, &text);
	if (end)
		add_quoted(out, turn_value(t, text.ptr, type), quoting);
	return end;
}

/* All pieces between what holds them together. */
static const char *turn_pieces(const struct turning *t, const char *value, const char *type, enum quoting quoting)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	const char *p = value;

	while (p && *p) {
		if (*p == '"') {
			p = turn_piece(t, p, "", type, quoting, &out);
			continue;
		}
		pk_buf_addc(&out, *p++);
	}
	return p ? pk_arena_strdup(t->arena, out.ptr) : value;
}

/* The columns of a row in the order in which they stand and in which they shall. */
static const char *turn_row(const struct turning *t, const char *value, const struct pk_object *relation)
{
	struct pk_places places = pk_places_of(t->s, t->arena, relation);
	const char **texts = pk_arena_alloc(t->arena, (places.n + 1) * sizeof(*texts)), *p = value + 1;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	for (size_t i = 0; i < places.n; i++) {
		PK_AUTO(pk_buf) text = PK_BUF_INIT;

		p = turn_piece(t, p, ",)", pk_column_type(places.from[i]), DOUBLED, &text);
		if (!p || *p++ != (i + 1 < places.n ? ',' : ')'))
			return value;
		texts[i] = pk_arena_strdup(t->arena, text.ptr);
	}
	for (size_t i = 0; i < places.n; i++)
		pk_buf_addf(&out, "%c%s", i ? ',' : '(', texts[pk_places_find(&places, i)]);
	pk_buf_addc(&out, ')');
	return *p ? value : pk_arena_strdup(t->arena, out.ptr);
}

/* A value as the server writes it. What cannot be told stays as it is. */
static const char *turn_value(const struct turning *t, const char *value, const char *type)
{
	const struct pk_object *o;
	bool checked = false;

	if (pk_ends_with(type, "[]"))
		return turn_pieces(t, value, pk_arena_strndup(t->arena, type, strlen(type) - strlen("[]")), WITH_BACKSLASH);
	o = *value == '(' || *value == '[' || *value == '{' ? find_type(t, type) : NULL;
	if (o && o->kind == &pk_kind_domain)
		return turn_value(t, value, pk_domain_base(o, &checked));
	if (o && o->kind == &pk_kind_range)
		return turn_pieces(t, value, pk_range_subtype(t->arena, o), DOUBLED);
	return o && *value == '(' ? turn_row(t, value, o) : value;
}

/* "::public.t[]" that follows here; NULL: none does. */
static const char *type_at(const struct turning *t, const char *at, const char **ret_end)
{
	const char *start = at + strlen("::"), *end;

	if (!pk_starts_with(at, "::"))
		return NULL;
	end = pk_places_skip_name(start);
	end = end && *end == '.' ? pk_places_skip_name(end + 1) : NULL;
	while (end && pk_starts_with(end, "[]"))
		end += strlen("[]");
	*ret_end = end;
	return end ? pk_arena_printf(t->arena, "%.*s", (int)(end - start), start) : NULL;
}

/* The literal that begins here, behind its E; its value is added. Returns what is behind it. */
static const char *read_literal(const char *p, bool escaped, struct pk_buf *out)
{
	for (p++; *p && (*p != '\'' || p[1] == '\''); p++) {
		p += (*p == '\'' || (escaped && *p == '\\')) && p[1];
		pk_buf_addc(out, *p);
	}
	return *p ? p + 1 : p;
}

static const char *turn_literal(const struct turning *t, const char *start, const char *quote, struct pk_buf *out)
{
	PK_AUTO(pk_buf) value = PK_BUF_INIT;
	const char *behind = read_literal(quote, quote > start, &value), *end;
	const char *type = strchr("([{", *value.ptr) ? type_at(t, behind, &end) : NULL;
	const char *turned = type ? turn_value(t, value.ptr, type) : value.ptr;

	if (strcmp(turned, value.ptr) == 0)
		pk_buf_addn(out, start, (size_t)(behind - start));
	else
		pk_buf_add_literal(out, turned);
	return behind;
}

/* "ROW(a, b)::public.t"; NULL: it is none whose columns are known. */
static const char *turn_constructor(const struct turning *t, const char *start, struct pk_buf *out)
{
	const char *first = start + strlen("ROW("), *behind = pk_places_skip_brackets(first - 1), *end, *p = first;
	const char *type = behind ? type_at(t, behind, &end) : NULL, **texts;
	const struct pk_object *relation = type ? find_type(t, type) : NULL;
	struct pk_places places;

	if (!relation || !relation->n_children)
		return NULL;
	places = pk_places_of(t->s, t->arena, relation);
	texts = pk_arena_alloc(t->arena, (places.n + 1) * sizeof(*texts));
	for (size_t i = 0; i < places.n; i++) {
		const char *stop = pk_places_skip_item(p);

		if (!stop || (i + 1 < places.n ? !pk_starts_with(stop, ", ") : stop + 1 != behind))
			return NULL;
		texts[i] = turn_text(t, pk_arena_strndup(t->arena, p, (size_t)(stop - p)));
		p = stop + strlen(", ");
	}
	for (size_t i = 0; i < places.n; i++)
		pk_buf_addf(out, "%s%s", i ? ", " : "ROW(", texts[pk_places_find(&places, i)]);
	pk_buf_addc(out, ')');
	return behind;
}

/* Behind "$tag$ ... $tag$", or the dollar that begins no such. */
static const char *skip_body(const struct turning *t, const char *p)
{
	const char *end = p + 1 + strcspn(p + 1, "$ '\"\n");
	const char *tag = *end == '$' ? pk_arena_strndup(t->arena, p, (size_t)(end + 1 - p)) : NULL;

	end = tag ? strstr(end + 1, tag) : NULL;
	return end ? end + strlen(tag) : p + 1;
}

static bool begins_word(const char *text, const char *p)
{
	return p == text || !(isalnum((unsigned char)p[-1]) || strchr("_$\"", p[-1]) || (unsigned char)p[-1] >= 0x80);
}

static const char *turn_text(const struct turning *t, const char *text)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	for (const char *p = text, *next; *p; p = next) {
		bool word = begins_word(text, p);

		next = NULL;
		if (*p == '\'' || (word && pk_starts_with(p, "E'")))
			next = turn_literal(t, p, strchr(p, '\''), &out);
		else if (word && pk_starts_with(p, "ROW("))
			next = turn_constructor(t, p, &out);
		if (next)
			continue;
		next = *p == '"' ? pk_places_skip_quoted(p) : *p == '$' && word ? skip_body(t, p) : p + 1;
		pk_buf_addn(&out, p, (size_t)(next - p));
	}
	return pk_arena_strdup(t->arena, out.ptr);
}

/* Is there anything in it that may be such a value? */
static bool may_have(const char *text)
{
	return text && (strstr(text, "'::") || strstr(text, "ROW("));
}

void pk_row_literals_by_name(const struct pk_snapshot *side, struct pk_arena *arena, struct pk_object *o)
{
	const struct turning t = { NULL, side, arena };

	for (size_t i = 0; i < o->kind->n_attrs; i++)
		if (may_have(o->attr[i]))
			o->attr[i] = turn_text(&t, o->attr[i]);
	if (o->kind->body_attr && o->attr[o->kind->places_attr - 1])
		o->attr[o->kind->places_attr - 1] = pk_row_results_turned(NULL, side, arena, o->attr[o->kind->places_attr - 1]);
}

const char *pk_row_literals_said(const struct pk_script *s, const char *sql)
{
	const struct turning t = { s, s->side, s->arena };

	if (!s->side)
		return sql;
	return pk_row_results_turned(s, s->side, s->arena, may_have(sql) ? turn_text(&t, sql) : sql);
}
