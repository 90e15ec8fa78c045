#include "clone/ddl.h"

#include <ctype.h>

#define HEADER	    "--\n-- TOC entry "
#define BOOKKEEPING "pg_attver="
#define LOGGED	    "    LOGGED"
#define AM	    "SET default_table_access_method = "

void pk_ddl_release(struct pk_ddl *ddl)
{
	pk_buf_release(&ddl->text);
	free(ddl->items);
	*ddl = (struct pk_ddl)PK_DDL_INIT;
}

bool pk_ddl_is(const struct pk_ddl_entry *entry, const char *type)
{
	return strcmp(entry->type, type) == 0;
}

bool pk_ddl_is_acl(const struct pk_ddl_entry *entry)
{
	return pk_ddl_is(entry, "ACL") || pk_ddl_is(entry, "DEFAULT ACL");
}

bool pk_ddl_in(const struct pk_ddl_entry *entry, const char *schema)
{
	size_t n = strlen(schema);

	return strncmp(entry->schema, schema, n) == 0 && strncmp(entry->schema + n, "; Owner: ", 9) == 0;
}

bool pk_ddl_needs(const struct pk_ddl_entry *e, const int *ids, size_t n)
{
	const char *s = e->needs;

	while (n && *s == ' ') {
		char *end;
		int id = (int)strtol(s, &end, 10);

		for (size_t i = n; i-- > 0;)
			if (ids[i] == id)
				return true;
		s = end;
	}
	return false;
}

const struct pk_ddl_entry *pk_ddl_find(const struct pk_ddl *ddl, int id)
{
	for (size_t i = 0; i < ddl->n; i++)
		if (ddl->items[i].id == id)
			return &ddl->items[i];
	return NULL;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Behind what is quoted; a quote inside is doubled, which pg_dump does whatever a backslash means. */
static const char *skip_quoted(const char *s)
{
	char quote = *s++;

	while (*s && (*s != quote || s[1] == quote))
		s += *s == quote ? 2 : 1;
	return *s ? s + 1 : s;
}

/* Behind $tag$ ... $tag$, or behind the one $ that begins no such thing. */
static const char *skip_dollars(const char *s)
{
	const char *tag = s + 1, *end;
	size_t n;

	while (*tag && *tag != '$' && is_word(*tag))
		tag++;
	if (*tag != '$' || isdigit((unsigned char)s[1]))
		return s + 1;
	n = (size_t)(tag + 1 - s);
	for (end = tag + 1; (end = strchr(end, '$')); end++)
		if (strncmp(end, s, n) == 0)
			return end + n;
	return s + strlen(s);
}

static struct pk_ddl_entry *add_entry(struct pk_ddl *ddl, const char *sql)
{
	if (ddl->n == ddl->cap) {
		ddl->cap = ddl->cap ? 2 * ddl->cap : 256;
		ddl->items = pk_realloc_array(ddl->items, ddl->cap, sizeof(*ddl->items));
	}
	ddl->items[ddl->n] = (struct pk_ddl_entry){ .sql = sql, .name = "", .schema = "", .needs = "\n" };
	return &ddl->items[ddl->n++];
}

static void end_entry(struct pk_ddl *ddl, const char *end)
{
	struct pk_ddl_entry *e = ddl->n ? &ddl->items[ddl->n - 1] : NULL;

	if (!e || e->len)
		return;
	while (end > e->sql && isspace((unsigned char)end[-1]))
		end--;
	e->len = (size_t)(end - e->sql);
}

/* "-- Name: a b; Type: INDEX; Schema: public; Owner: x": what stands in names may be anything but a line's end. */
static void read_name(struct pk_ddl_entry *e, const char *line, size_t n)
{
	static const char type[] = "; Type: ";
	const char *found = NULL;

	for (const char *s = line; s + sizeof(type) - 1 <= line + n; s++)
		if (strncmp(s, type, sizeof(type) - 1) == 0) {
			const char *word = s + sizeof(type) - 1;
			size_t len = strcspn(word, ";\n");

			if (strncmp(word + len, "; Schema: ", 10) == 0 && len < sizeof(e->type)) {
				memcpy(e->type, word, len);
				e->type[len] = '\0';
				e->schema = word + len + strlen("; Schema: ");
				found = s;
			}
		}
	if (found) {
		e->name = line;
		e->name_len = (size_t)(found - line);
	}
}

/* " 201" behind what stands before it; sscanf() would look for the end of the text each time. */
static bool read_number(const char **s, const char *before, uint32_t max, uint32_t *ret)
{
	char *end;
	unsigned long n;

	if (!pk_starts_with(*s, before) || !isdigit((unsigned char)(*s)[strlen(before)]))
		return false;
	n = strtoul(*s + strlen(before), &end, 10);
	*s = end;
	*ret = (uint32_t)n;
	return n <= max;
}

/* At a header; its lines up to the one that is "--" alone. Returns what comes after, or NULL. */
static const char *read_header(struct pk_ddl *ddl, const char *s)
{
	struct pk_ddl_entry *e = add_entry(ddl, s);
	const char *at = s + strlen(HEADER);
	uint32_t id;

	if (!read_number(&at, "", INT32_MAX, &id) || !read_number(&at, " (class ", UINT32_MAX, &e->class_oid) ||
	    !read_number(&at, " OID ", UINT32_MAX, &e->oid))
		return NULL;
	e->id = (int)id;
	for (s = strchr(s + strlen(HEADER), '\n'); s && strncmp(s, "\n--\n", 4) != 0; s = strchr(s + 1, '\n')) {
		if (pk_starts_with(s, "\n-- Dependencies:"))
			e->needs = s + strlen("\n-- Dependencies:");
		else if (pk_starts_with(s, "\n-- Name: "))
			read_name(e, s + strlen("\n-- Name: "), strcspn(s + 1, "\n") + 1 - strlen("\n-- Name: "));
		else if (!pk_starts_with(s, "\n--"))
			return NULL;
	}
	if (!s || !e->type[0])
		return NULL;
	e->sql = s + strlen("\n--\n");
	return e->sql;
}

/*
 * What servers of 15.20 and its like keep for themselves among a column's options. Their own pg_dump leaves it out, newer
 * ones write it, and other servers do not know it.
 */
static void blank_bookkeeping(struct pk_ddl *ddl, const char *s)
{
	char *line = ddl->text.ptr + (s - ddl->text.ptr), *end = line + strcspn(line, "\n"), *from, *to;

	if ((!pk_starts_with(line, "ALTER TABLE ONLY ") && !pk_starts_with(line, "ALTER FOREIGN TABLE ONLY ")) || end - line < 2 || strncmp(end - 2, ");", 2) != 0)
		return;
	from = memmem(line, (size_t)(end - line), BOOKKEEPING, strlen(BOOKKEEPING));
	if (!from || (strncmp(from - 5, "SET (", 5) != 0 && strncmp(from - 2, ", ", 2) != 0))
		return;
	to = from + strlen(BOOKKEEPING);
	to += strspn(to, "0123456789");
	if (from[-1] == '(' && to == end - 2) {
		from = line;
		to = end;
	} else if (from[-1] == '(' && strncmp(to, ", ", 2) == 0) {
		to += 2;
	} else if (from[-1] == '(' || (*to != ',' && to != end - 2)) {
		return;
	} else {
		from -= 2;
	}
	memset(from, ' ', (size_t)(to - from));
}

void pk_ddl_logged_always(struct pk_ddl *ddl)
{
	for (size_t i = 0; i < ddl->n; i++)
		if (ddl->items[i].logged) {
			char *line = ddl->text.ptr + (ddl->items[i].logged - ddl->text.ptr);

			memset(line, ' ', strlen(LOGGED));
			ddl->items[i].logged = NULL;
		}
}

/* At the beginning of a line of SQL: an entry begins there, or the script ends. NULL: it makes no sense. */
static const char *at_line(struct pk_ddl *ddl, const char *s, bool *ret_end)
{
	if (pk_starts_with(s, HEADER)) {
		end_entry(ddl, s);
		return read_header(ddl, s);
	}
	if (pk_starts_with(s, AM)) {
		end_entry(ddl, s);
		memcpy(add_entry(ddl, s)->type, "SETTING", sizeof("SETTING"));
		return s + strlen(AM);
	}
	blank_bookkeeping(ddl, s);
	if (ddl->n && pk_ddl_is(&ddl->items[ddl->n - 1], "SEQUENCE") && pk_starts_with(s, LOGGED "\n"))
		ddl->items[ddl->n - 1].logged = s;
	*ret_end = pk_starts_with(s, "--\n-- PostgreSQL database dump complete") ||
		   (ddl->n && (*s == '\\' || pk_starts_with(s, "-- Completed on ")));
	if (*ret_end)
		end_entry(ddl, s);
	return s;
}

static const char *skip_one(const char *text, const char *s)
{
	switch (*s) {
	case '\'':
	case '"':
		return skip_quoted(s);
	case '$':
		return s > text && is_word(s[-1]) ? s + 1 : skip_dollars(s);
	case '-':
		return s[1] == '-' ? s + strcspn(s, "\n") : s + 1;
	default:
		return s + 1;
	}
}

int pk_ddl_parse(struct pk_buf *text, struct pk_ddl *ret, struct pk_err *err)
{
	const char *s, *start;
	bool end = false;

	pk_ddl_release(ret);
	ret->text = *text;
	*text = (struct pk_buf)PK_BUF_INIT;
	start = s = ret->text.ptr;
	while (s && *s && !end) {
		const char *at = s;

		if (s == start || s[-1] == '\n')
			s = at_line(ret, s, &end);
		if (s == at && !end)
			s = skip_one(start, s);
	}
	if (!s || !end)
		return pk_err_set(err, "what pg_restore wrote of the structure is not understood");
	s = strstr(start, "\nSET standard_conforming_strings = off;\n");
	ret->plain_strings = s && (ret->n == 0 || s < ret->items[0].sql);
	return 0;
}
