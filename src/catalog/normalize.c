#include "catalog/normalize.h"

#include "base/base.h"
#include "base/buf.h"
#include "base/text.h"

/* The end of a body between $tag$ and $tag$; p itself when none starts there. */
static const char *skip_dollars(const char *p)
{
	const char *end = p + 1;
	PK_FREE char *tag = NULL;

	while (*end == '_' || (*end >= 'a' && *end <= 'z') || (*end >= 'A' && *end <= 'Z') ||
	       (*end >= '0' && *end <= '9' && end > p + 1) || (unsigned char)*end >= 0x80)
		end++;
	if (*end != '$')
		return p;
	tag = pk_strndup(p, (size_t)(end + 1 - p));
	end = strstr(end + 1, tag);
	return end ? end + strlen(tag) : p + strlen(p);
}

/* The end of what is quoted and starts at p: '...', "...", $tag$...$tag$; p itself when nothing does. */
static const char *skip_quoted(const char *p)
{
	char quote = *p;

	if (quote == '$')
		return skip_dollars(p);
	if (quote != '\'' && quote != '"')
		return p;
	p++;

	for (; *p; p++) {
		if (*p == quote && p[1] == quote)
			p++;
		else if (*p == quote)
			return p + 1;
	}
	return p;
}

/* The closing bracket that belongs to the opening one at p; NULL when there is none. */
static const char *closing(const char *p)
{
	int depth = 0;

	while (*p) {
		const char *end = skip_quoted(p);

		if (end != p) {
			p = end;
			continue;
		}
		if (*p == '(' || *p == '[')
			depth++;
		else if ((*p == ')' || *p == ']') && --depth == 0)
			return p;
		p++;
	}
	return NULL;
}

/* The end of the type name behind "::", without what may follow in capitals; brackets of arrays do not belong to it. */
static const char *type_end(const char *p)
{
	const char *start = p;

	for (;;) {
		const char *quoted = *p == '"' ? skip_quoted(p) : p;

		if (quoted != p) {
			p = quoted;
		} else if (*p == '(') {
			p = closing(p);
			if (!p)
				return start;
			p++;
		} else if ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_' || *p == '.' || *p == ' ' ||
			   (unsigned char)*p >= 0x80) {
			p++;
		} else {
			break;
		}
	}
	while (p > start && p[-1] == ' ')
		p--;
	return p;
}

/* Length of a type name that ends in "[]", without the brackets; 0 when it is none. */
static size_t array_type(const char *p)
{
	const char *end = type_end(p);

	return strncmp(end, "[]", 2) == 0 ? (size_t)(end - p) : 0;
}

static const char *spread_casts(struct pk_arena *arena, const char *text);

/* The elements of an array between from and end, each with the cast that stood behind the whole. */
static void add_elements(struct pk_buf *out, const char *from, const char *end, const char *type, int len,
			 struct pk_arena *arena)
{
	const char *start = from;

	for (const char *p = from;;) {
		const char *close = p < end ? skip_quoted(p) : p;

		if (close == p && p < end && (*p == '(' || *p == '['))
			close = closing(p) ? closing(p) + 1 : end;
		if (close != p) {
			p = close;
			continue;
		}
		if (p >= end || *p == ',') {
			while (start < p && *start == ' ')
				start++;
			pk_buf_add(out, start == from ? "" : ", ");
			if (pk_starts_with(start, "ARRAY[") && p[-1] == ']') {
				pk_buf_add(out, "ARRAY[");
				add_elements(out, start + strlen("ARRAY["), p - 1, type, len, arena);
				pk_buf_addc(out, ']');
			} else {
				pk_buf_addf(out, "(%s)::%.*s",
					    spread_casts(arena, pk_arena_strndup(arena, start, (size_t)(p - start))), len,
					    type);
			}
			if (p >= end)
				return;
			start = p + 1;
		}
		p++;
	}
}

/* (ARRAY['a'::x])::y[] -> ARRAY[('a'::x)::y] */
static const char *spread_casts(struct pk_arena *arena, const char *text)
{
	static const char opening[] = "(ARRAY[";
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	const char *done = text, *p = text;

	if (!strstr(text, opening))
		return text;
	while (*p) {
		const char *quoted = skip_quoted(p), *bracket, *type;
		size_t len;

		if (quoted != p) {
			p = quoted;
			continue;
		}
		if (strncmp(p, opening, sizeof(opening) - 1) != 0) {
			p++;
			continue;
		}
		bracket = closing(p + sizeof(opening) - 2);
		type = bracket ? bracket + strlen("])::") : NULL;
		len = bracket && strncmp(bracket, "])::", 4) == 0 ? array_type(type) : 0;
		if (!len || bracket == p + sizeof(opening) - 1) {
			p++;
			continue;
		}
		pk_buf_addn(&out, done, (size_t)(p - done));
		pk_buf_add(&out, "ARRAY[");
		add_elements(&out, p + sizeof(opening) - 1, bracket, type, (int)len, arena);
		pk_buf_addc(&out, ']');
		p = done = type + len + 2;
	}
	if (done == text)
		return text;
	pk_buf_add(&out, done);
	return pk_arena_strdup(arena, out.ptr);
}

/* An open parenthesis or bracket. */
struct frame {
	const char *open;
	const char *first, *first_end; /* the parentheses that open directly behind it, where they close again */
	char op, first_op;             /* 'A' or 'O': what stands between the operands; 0: neither */
};

/* 'A' or 'O' when the word that starts at p is AND or OR; a CASE stands on a line of its own behind it. */
static char operator_at(const char *p)
{
	size_t len = strcspn(p, " \n");

	if (p[-1] != ' ' || !p[len])
		return 0;
	return len == 3 && strncmp(p, "AND", 3) == 0 ? 'A' : len == 2 && strncmp(p, "OR", 2) == 0 ? 'O' : 0;
}

static void close_frame(struct frame *parent, const struct frame *frame, const char *end)
{
	if (frame->open == parent->open + 1 && *frame->open == '(') {
		parent->first = frame->open;
		parent->first_end = end;
		parent->first_op = frame->op;
	}
}

/* ((a AND b) AND c) -> (a AND b AND c), since the parser flattens what stands on the left. */
static const char *flatten(struct pk_arena *arena, const char *text)
{
	size_t len = strlen(text), depth = 0, deepest = 1, n = 0;
	PK_FREE struct frame *frames = NULL;
	PK_FREE bool *gone = pk_alloc(len + 1);
	char *out;

	for (const char *p = text; *p; p++)
		deepest += *p == '(' || *p == '[';
	frames = pk_alloc(deepest * sizeof(*frames));

	for (const char *p = text; *p; p++) {
		const char *quoted = skip_quoted(p);
		struct frame *frame = &frames[depth];

		if (quoted != p) {
			p = quoted - 1;
		} else if (*p == '(' || *p == '[') {
			frames[++depth] = (struct frame){ .open = p };
		} else if ((*p == ')' || *p == ']') && depth) {
			if (frame->op && frame->op == frame->first_op && operator_at(frame->first_end + 2) == frame->op)
				gone[frame->first - text] = gone[frame->first_end - text] = true;
			close_frame(&frames[--depth], frame, p);
		} else if (depth && (*p == 'A' || *p == 'O') && !frame->op) {
			frame->op = operator_at(p);
		}
	}
	out = pk_arena_alloc(arena, len + 1);
	for (size_t i = 0; i < len; i++) {
		if (!gone[i])
			out[n++] = text[i];
	}
	return out;
}

/* The name that the server gives to the result of a cast to a type that it prints so. */
static void cast_name(struct pk_buf *out, const char *type, size_t len)
{
	static const char *const names[][2] = {
		{ "character varying", "varchar" }, { "character", "bpchar" }, { "double precision", "float8" },
		{ "real", "float4" }, { "integer", "int4" }, { "bigint", "int8" }, { "smallint", "int2" },
		{ "boolean", "bool" }, { "bit varying", "varbit" }, { "timestamp without time zone", "timestamp" },
		{ "timestamp with time zone", "timestamptz" }, { "time without time zone", "time" },
		{ "time with time zone", "timetz" },
	};
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	for (const char *p = type; p < type + len; p++) {
		if (*p == '(')
			p = closing(p);
		else if (*p == '.')
			pk_buf_clear(&name);
		else if (*p == '"')
			for (p++; *p != '"' || p[1] == '"'; p++) {
				p += *p == '"';
				pk_buf_addc(&name, *p);
			}
		else
			pk_buf_addc(&name, *p);
	}
	for (size_t i = 0; i < PK_COUNT(names); i++) {
		if (strcmp(name.ptr, names[i][0]) == 0) {
			pk_buf_add(out, names[i][1]);
			return;
		}
	}
	pk_buf_add(out, name.ptr);
}

/* Length of " AS name" at p, where that is the name which is given anyway (unquoted, len bytes); else 0. */
static size_t idle_alias(const char *p, const char *given, size_t len)
{
	bool quoted;

	if (!pk_starts_with(p, " AS "))
		return 0;
	quoted = p[4] == '"';
	if (strncmp(p + 4 + quoted, given, len) != 0 || (quoted && p[5 + len] != '"'))
		return 0;
	len += strlen(" AS ") + (quoted ? 2 : 0);
	return p[len] == ',' || p[len] == ')' || p[len] == '\n' || p[len] == '\0' || p[len] == ';' ? len : 0;
}

/* The end of a cast to a type at p, behind it "::"; a name that says no more than the cast is *ret_alias long. */
static const char *skip_cast(const char *p, size_t *ret_alias)
{
	PK_AUTO(pk_buf) given = PK_BUF_INIT;
	const char *end = type_end(p);

	cast_name(&given, p, (size_t)(end - p));
	p = strncmp(end, "[]", 2) == 0 ? end + 2 : end;
	*ret_alias = idle_alias(p, given.ptr, given.len);
	return p;
}

static bool in_name(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

/* The end of a name at p; p when it is none. */
static const char *skip_name(const char *p)
{
	if (*p == '"')
		return skip_quoted(p);
	while (in_name(*p))
		p++;
	return p;
}

/* The same for an argument at p: f.x, (f.x)[1], (f.x COLLATE "C"). */
static const char *skip_argument(const char *start, const char *p, size_t *ret_alias)
{
	bool bracket = p - start > 1 && p[-1] == '(' && !in_name(p[-2]) && p[-2] != '"';
	const char *name = p, *name_end = skip_name(p), *end;

	while (*name_end == '.' && skip_name(name_end + 1) > name_end + 1) {
		name = name_end + 1;
		name_end = skip_name(name);
	}
	end = name_end;
	if (bracket && pk_starts_with(end, " COLLATE \""))
		end = skip_quoted(end + strlen(" COLLATE "));
	if (bracket && *end == ')')
		end++;
	while (*end == '[' && closing(end))
		end = closing(end) + 1;
	*ret_alias = idle_alias(end, name + (*name == '"'), (size_t)(name_end - name) - (*name == '"' ? 2 : 0));
	return *ret_alias ? end : name_end;
}

/*
 * 'x'::text AS text -> 'x'::text: in a subquery or body 'x' alone has no name, but when it is read again it has.
 * Nor has $1, which is printed by its name.
 */
static const char *drop_aliases(struct pk_arena *arena, const char *text)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	const char *done = text, *p = text;

	while (*p) {
		const char *end = skip_quoted(p);
		size_t alias = 0;

		if (end == p && strncmp(p, "NULL::", 6) == 0)
			end = p + strlen("NULL");
		if (end > p && strncmp(end, "::", 2) == 0)
			end = skip_cast(end + 2, &alias);
		else if (strncmp(p, "::", 2) == 0)
			end = type_end(p + 2);
		else if (*p == '"' || in_name(*p))
			end = skip_argument(text, p, &alias);
		p = end == p ? p + 1 : end;
		if (!alias)
			continue;
		pk_buf_addn(&out, done, (size_t)(p - done));
		p = done = p + alias;
	}
	if (done == text)
		return text;
	pk_buf_add(&out, done);
	return pk_arena_strdup(arena, out.ptr);
}

const char *pk_normalize(struct pk_arena *arena, const char *text)
{
	if (!text)
		return NULL;
	bool brackets = strchr(text, '('); /* most texts are a word */

	if (brackets)
		text = spread_casts(arena, text);
	if (brackets && strstr(text, "((") && (strstr(text, ") AND") || strstr(text, ") OR")))
		text = flatten(arena, text);
	/* There the name matters. */
	if (strstr(text, " AS ") && !strstr(text, "XMLFOREST(") && !strstr(text, "XMLATTRIBUTES(") &&
	    !strstr(text, " PASSING "))
		text = drop_aliases(arena, text);
	return text;
}
