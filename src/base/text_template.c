#include "base/text_template.h"

#include "base/embedded.h"
#include "base/text.h"

#define NAME "?abcdefghijklmnopqrstuvwxyz_0123456789"

static const struct pk_embedded *find(const struct pk_text_template *t, const char *name)
{
	PK_FREE char *own = pk_printf("%s%s.sql", t->own ? t->own : "", name);
	PK_FREE char *shared = pk_printf("%s%s.sql", t->shared, name);
	const struct pk_embedded *file = t->own ? pk_embedded_find(own) : NULL;

	return file ? file : pk_embedded_find(shared);
}

static void add_file(const struct pk_text_template *t, const struct pk_embedded *file,
		     struct pk_buf *out)
{
	size_t last_line_break = file->len && file->data[file->len - 1] == '\n';

	pk_text_template_expand(t, file->data, file->len - last_line_break, out);
}

/* A comment ends where a name with a line break goes on. */
static void add_value(struct pk_buf *out, const char *value)
{
	size_t line = out->len;

	while (line > 0 && out->ptr[line - 1] != '\n')
		line--;
	bool comment = pk_starts_with(out->ptr + line, "--");
	for (; *value; value++)
		pk_buf_addc(out, comment && (*value == '\n' || *value == '\r') ? ' ' : *value);
}

void pk_text_template_expand(const struct pk_text_template *t, const char *text, size_t len,
			struct pk_buf *out)
{
	const char *end = text + len;

	for (const char *p = text; p < end;) {
		size_t n = *p == '{' ? strspn(p + 1, NAME) : 0;
		if (!n || p[n + 1] != '}') {
			pk_buf_addc(out, *p++);
			continue;
		}
		bool asks = p[1] == '?';
		PK_FREE char *name = pk_strndup(p + 1 + asks, n - asks);
		const char *value = pk_map_get(&t->values, name);
		const struct pk_embedded *file = value ? NULL : find(t, name);
		p += n + 2;
		if (asks && (!value || !*value))
			p += strcspn(p, "\n") + 1;
		else if (!asks && file)
			add_file(t, file, out);
		else if (!asks)
			add_value(out, value ? value : "");
	}
}

void pk_text_template_add(const struct pk_text_template *t, const char *name, struct pk_buf *out)
{
	const struct pk_embedded *file = find(t, name);

	if (file)
		add_file(t, file, out);
}

static bool in_a_value(const struct pk_text_template *t, const char *quote)
{
	for (size_t i = 0; i < t->values.n; i++)
		if (strstr(t->values.entries[i].value, quote))
			return true;
	return false;
}

char *pk_text_template_quote(const struct pk_text_template *t, const char *start)
{
	char *quote = pk_strdup(start);

	while (in_a_value(t, quote)) {
		char *longer = pk_printf("%.*s_$", (int)strlen(quote) - 1, quote);

		free(quote);
		quote = longer;
	}
	return quote;
}
