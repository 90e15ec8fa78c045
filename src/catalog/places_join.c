#include "catalog/places.h"

#include <ctype.h>

/* A column of a table, function, query or join in FROM, with the name that it goes by so far; NULL: it cannot be told. */
struct slot {
	const char *name;
	size_t len;
};

struct item {
	struct slot **from, **to;
	size_t n;
};

struct reader {
	struct pk_arena *arena;
	const struct pk_places *relations;
	size_t n_relations;
	const char *at;
	const char *
		list; /* the names behind the item read last, of the aliases of its columns; NULL: none are there */
	size_t n_names;
	size_t guess,
		unknown; /* how many columns those have that do not tell it, and how many they are */
};

static bool take(struct reader *r, const char *words)
{
	if (!pk_starts_with(r->at, words))
		return false;
	r->at += strlen(words);
	return true;
}

const char *pk_places_skip_quoted(const char *p)
{
	const char quote = *p++;

	while (*p && *p != quote)
		p++;
	return *p ? p + 1 : p; /* one that is doubled begins the next piece */
}

/* Behind what is quoted, or the character, here; brackets change the depth. */
static const char *skip_one(const char *p, int *depth)
{
	if (*p == '\'' || *p == '"')
		return pk_places_skip_quoted(p);
	*depth += strchr("([", *p) ? 1 : strchr(")]", *p) ? -1 : 0;
	return p + 1;
}

const char *pk_places_skip_brackets(const char *p)
{
	int depth = 0;

	while (*p) {
		p = skip_one(p, &depth);
		if (depth == 0)
			return p;
	}
	return NULL;
}

const char *pk_places_skip_item(const char *p)
{
	int depth = 0;

	while (*p && (depth || !strchr(",)", *p)))
		p = skip_one(p, &depth);
	return *p ? p : NULL;
}

static struct slot **new_slots(struct reader *r, size_t n)
{
	return pk_arena_alloc(r->arena, (n + 1) * sizeof(struct slot *));
}

static void make_opaque(struct reader *r, size_t n, struct item *ret)
{
	*ret = (struct item){ new_slots(r, n), new_slots(r, n), n };
	for (size_t i = 0; i < n; i++) {
		ret->from[i] = ret->to[i] = pk_arena_alloc(r->arena, sizeof(struct slot));
		*ret->from[i] = (struct slot){ NULL, 0 };
	}
}

static void make_relation(struct reader *r, const struct pk_places *places, struct item *ret)
{
	make_opaque(r, places->n, ret);
	for (size_t i = 0; i < ret->n; i++) {
		const char *name = pk_column_quoted(places->from[i]);
		size_t k = 0;

		*ret->from[i] = (struct slot){ name, strlen(name) };
		while (places->from[k] != places->to[i])
			k++;
		ret->to[i] = ret->from[k];
	}
}

/* "p, q)", of which the slots take the names. Returns how many there are; 0: it is no such list. */
static size_t read_names(struct reader *r, struct slot *const *slots, size_t n)
{
	for (size_t i = 0;; i++) {
		const char *end = pk_places_skip_name(r->at);

		if (!end)
			return 0;
		if (i < n)
			*slots[i] = (struct slot){ r->at, (size_t)(end - r->at) };
		r->at = end;
		if (take(r, ")"))
			return i + 1;
		if (!take(r, ", "))
			return 0;
	}
}

static bool is_name_start(char c)
{
	return islower((unsigned char)c) || c == '_' || c == '"' || (unsigned char)c >= 0x80;
}

/* " x" or " x(p, q)": keywords have capitals. Of what does not tell its columns the list does. */
static bool read_alias(struct reader *r, struct item *item, bool opaque)
{
	r->list = NULL;
	if (*r->at == ' ' && is_name_start(r->at[1])) {
		r->at = pk_places_skip_name(r->at + 1);
		if (r->at && take(r, "("))
			r->list = r->at;
	}
	if (!r->at)
		return false;
	if (opaque) {
		struct reader ahead = *r;

		r->unknown += !r->list;
		make_opaque(r, r->list ? read_names(&ahead, NULL, 0) : r->guess, item);
	}
	if (!r->list)
		return true;
	r->n_names = read_names(r, item->from, item->n);
	return r->n_names == item->n || (r->n_names > item->n && r->unknown);
}

static bool read_item(struct reader *r, struct item *ret);

/* The place of the name among the slots; n: it is not there. */
static size_t find_name(const struct item *item, const char *name, size_t len)
{
	size_t i = 0;

	while (i < item->n && !(item->from[i]->name && item->from[i]->len == len &&
				strncmp(item->from[i]->name, name, len) == 0))
		i++;
	return i;
}

static bool has(struct slot *const *slots, size_t n, const struct slot *slot)
{
	for (size_t i = 0; i < n; i++)
		if (slots[i] == slot)
			return true;
	return false;
}

static void add_rest(const struct item *side, struct slot *const *gone, size_t n_gone,
		     struct item *out)
{
	size_t n = out->n;

	for (size_t i = 0; i < side->n; i++)
		if (!has(gone, n_gone, side->from[i]))
			out->from[out->n++] = side->from[i];
	for (size_t i = 0; i < side->n; i++)
		if (!has(gone, n_gone, side->to[i]))
			out->to[n++] = side->to[i];
}

/* USING (a, b): one of each name, and those of both sides no more. Its left and right slots. */
static bool read_using(struct reader *r, const struct item *left, const struct item *right,
		       struct slot **ret_left, struct slot **ret_right, size_t *ret_n)
{
	struct reader ahead = *r;
	size_t n = read_names(&ahead, NULL, 0);
	struct item names;

	make_opaque(r, n, &names);
	if (!n || n > left->n || n > right->n || !read_names(r, names.from, n))
		return false;
	for (size_t i = 0; i < n; i++) {
		size_t a = find_name(left, names.from[i]->name, names.from[i]->len);
		size_t b = find_name(right, names.from[i]->name, names.from[i]->len);

		if (a == left->n || b == right->n)
			return false;
		ret_left[i] = left->from[a];
		ret_right[i] = right->from[b];
	}
	*ret_n = n;
	return !take(r, " AS ") || (r->at = pk_places_skip_name(r->at));
}

/* "a JOIN b ON (...))", behind the bracket. */
static bool read_join(struct reader *r, struct item *ret)
{
	static const char *const joins[] = { "JOIN ", "LEFT JOIN ", "RIGHT JOIN ", "FULL JOIN ",
					     "CROSS JOIN " };
	struct item left, right;
	struct slot **of_left, **of_right;
	size_t n = 0, k = 0;

	if (!read_item(r, &left))
		return false;
	r->at += strspn(r->at, " \n");
	while (k < PK_COUNT(joins) && !take(r, joins[k]))
		k++;
	if (k == PK_COUNT(joins) || !read_item(r, &right))
		return false;
	of_left = new_slots(r, left.n);
	of_right = new_slots(r, right.n);
	if (take(r, " ON "))
		r->at = pk_places_skip_brackets(r->at);
	else if (take(r, " USING (") && !read_using(r, &left, &right, of_left, of_right, &n))
		return false;
	if (!r->at || !take(r, ")"))
		return false;
	make_opaque(r, left.n + right.n, ret);
	memcpy(ret->from, of_left, n * sizeof(*of_left));
	memcpy(ret->to, of_left, n * sizeof(*of_left));
	ret->n = n;
	add_rest(&left, of_left, n, ret);
	add_rest(&right, of_right, n, ret);
	return read_alias(r, ret, false);
}

static const struct pk_places *relation_at(const struct reader *r, const char *end)
{
	for (size_t i = 0; i < r->n_relations; i++) {
		const char *ident = r->relations[i].relation->ident;

		if (strlen(ident) == (size_t)(end - r->at) &&
		    strncmp(r->at, ident, strlen(ident)) == 0)
			return &r->relations[i];
	}
	return NULL;
}

static bool read_item(struct reader *r, struct item *ret)
{
	const struct pk_places *places = NULL;
	const char *end;

	take(r, "ONLY ");
	take(r, "LATERAL ");
	if (pk_starts_with(r->at, "( ")) { /* a query */
		r->at = pk_places_skip_brackets(r->at);
	} else if (take(r, "(")) {
		return read_join(r, ret);
	} else {
		end = pk_places_skip_name(r->at);
		while (end && *end == '.')
			end = pk_places_skip_name(end + 1);
		places = end ? relation_at(r, end) : NULL;
		r->at = end && *end == '(' ? pk_places_skip_brackets(end) : end;
		if (r->at)
			take(r, " WITH ORDINALITY");
	}
	if (!r->at)
		return false;
	if (places)
		make_relation(r, places, ret);
	return read_alias(r, ret, !places);
}

/* The list of the join whose bracket this is, in `out`, which is as long as the text. */
static void put_list(struct reader start, const char *text, char *out)
{
	struct reader r = start;
	struct item join;

	if (!read_item(&r, &join) || !r.list || r.unknown > 1 || r.n_names < join.n)
		return;
	if (r.unknown) {
		start.guess = r.n_names - join.n;
		r = start;
		if (!read_item(&r, &join))
			return;
	}
	if (r.n_names != join.n)
		return;
	out += r.list - text;
	for (size_t i = 0; i < join.n; i++) {
		memcpy(out, join.to[i]->name, join.to[i]->len);
		out += join.to[i]->len;
		if (i + 1 < join.n)
			memcpy(out, ", ", 2);
		out += 2;
	}
}

bool pk_places_joined(const char *text)
{
	for (const char *p = strstr(text, "JOIN ") ? strstr(text, ") ") : NULL; p;
	     p = strstr(p + 1, ") ")) {
		const char *end = is_name_start(p[2]) ? pk_places_skip_name(p + 2) : NULL;

		if (end && *end == '(')
			return true;
	}
	return false;
}

const char *pk_places_of_joins(struct pk_arena *arena, const char *text,
			       const struct pk_places *relations, size_t n)
{
	char *out = pk_arena_strdup(arena, text);

	for (const char *p = text; *p; p = *p == '\'' || *p == '"' ? pk_places_skip_quoted(p) : p + 1) {
		if (*p == '(' && p[1] != ' ')
			put_list((struct reader){ .arena = arena,
						  .relations = relations,
						  .n_relations = n,
						  .at = p },
				 text, out);
	}
	return out;
}
