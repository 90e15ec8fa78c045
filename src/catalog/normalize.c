#include "catalog/normalize.h"

#include "base/buf.h"

/* The end of a quoted piece ('...' or "...") that starts at p. */
static const char *skip_quoted(const char *p)
{
	char quote = *p++;

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
		if (*p == '\'' || *p == '"') {
			p = skip_quoted(p);
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

/* Length of a type name after "::" that ends in "[]", without the brackets; 0 when it is none. */
static size_t array_type(const char *p)
{
	const char *start = p;

	for (;;) {
		if (*p == '"') {
			p = skip_quoted(p);
		} else if (*p == '(') {
			p = closing(p);
			if (!p)
				return 0;
			p++;
		} else if ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_' || *p == '.' || *p == ' ' ||
			   (unsigned char)*p >= 0x80) {
			p++;
		} else {
			break;
		}
	}
	return p > start && p[0] == '[' && p[1] == ']' ? (size_t)(p - start) : 0;
}

static void add_elements(struct pk_buf *out, const char *from, const char *end, const char *type, size_t len,
			 struct pk_arena *arena)
{
	const char *start = from;

	for (const char *p = from;; ) {
		if (p < end && (*p == '\'' || *p == '"')) {
			p = skip_quoted(p);
			continue;
		}
		if (p < end && (*p == '(' || *p == '[')) {
			const char *close = closing(p);

			p = close ? close + 1 : end;
			continue;
		}
		if (p >= end || *p == ',') {
			while (start < p && *start == ' ')
				start++;
			pk_buf_addf(out, "%s(%s)::%.*s", start == from ? "" : ", ",
				    pk_normalize(arena, pk_arena_strndup(arena, start, (size_t)(p - start))), (int)len, type);
			if (p >= end)
				return;
			start = p + 1;
		}
		p++;
	}
}

const char *pk_normalize(struct pk_arena *arena, const char *text)
{
	static const char opening[] = "(ARRAY[";
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	const char *done = text, *p = text;

	if (!text || !strstr(text, opening))
		return text;
	while (*p) {
		const char *bracket, *type;
		size_t len;

		if (*p == '\'' || *p == '"') {
			p = skip_quoted(p);
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
		add_elements(&out, p + sizeof(opening) - 1, bracket, type, len, arena);
		pk_buf_addc(&out, ']');
		p = done = type + len + 2;
	}
	if (done == text)
		return text;
	pk_buf_add(&out, done);
	return pk_arena_strdup(arena, out.ptr);
}
