#include "sql/migration.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "sql/scan.h"

#include <ctype.h>

void pk_migration_release(struct pk_migration *m)
{
	char *owned[] = {
		m->file, m->version, m->name, m->from, m->to, m->up, m->down, m->checksum, m->irreversible, m->adopted,
		m->stage
	};

	for (size_t i = 0; i < PK_COUNT(owned); i++)
		free(owned[i]);
	*m = (struct pk_migration)PK_MIGRATION_INIT;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
	return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
	       c == '-';
}

bool pk_migration_valid_file(const char *base_name)
{
	size_t digits = 0, n = 0;

	while (is_digit(base_name[digits]))
		digits++;
	if (digits == 0 || base_name[digits] != '_')
		return false;
	const char *name = base_name + digits + 1;
	while (is_name_char(name[n]))
		n++;
	return n > 0 && strcmp(name + n, ".sql") == 0;
}

char *pk_migration_version_after(const char *version, size_t n)
{
	struct tm tm = { 0 };
	const char *end = strlen(version) == 14 ? strptime(version, "%Y%m%d%H%M%S", &tm) : NULL;

	if (end && !*end)
		return pk_time_compact(timegm(&tm) + (time_t)n);
	PK_FREE char *next = pk_strdup(version);
	for (size_t i = strlen(next); n > 0 && i-- > 0; n /= 10) {
		n += (size_t)(next[i] - '0');
		next[i] = (char)('0' + n % 10);
	}
	return n ? NULL : pk_take(&next);
}

/* One line of the file, without its end. */
struct line {
	const char *text;
	size_t len, offset, next; /* next: offset of the line after it */
	int number;
};

static bool next_line(const char *text, size_t len, struct line *line)
{
	size_t start = line->next;

	if (start >= len)
		return false;
	const char *end = memchr(text + start, '\n', len - start);
	size_t n = end ? (size_t)(end - text) - start : len - start;
	line->next = end ? start + n + 1 : len;
	line->offset = start;
	line->text = text + start;
	line->len = n && text[start + n - 1] == '\r' ? n - 1 : n;
	line->number++;
	return true;
}

struct cursor {
	const char *p, *end;
};

static void skip_space(struct cursor *c)
{
	while (c->p < c->end && isspace((unsigned char)*c->p))
		c->p++;
}

static bool take(struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
		return false;
	c->p += n;
	return true;
}

/* As take(), but the word must end there. */
static bool take_word(struct cursor *c, const char *word)
{
	struct cursor at = *c;

	if (!take(&at, word) || (at.p < at.end && !isspace((unsigned char)*at.p)))
		return false;
	*c = at;
	skip_space(c);
	return true;
}

enum directive { NONE, UP, DOWN, HEADER, IRREVERSIBLE, ADOPTED, STAGE, UNKNOWN };

/* What a line says to us. rest: behind the word. */
static enum directive line_directive(const struct line *line, struct cursor *ret_rest)
{
	struct cursor c = { line->text, line->text + line->len };

	if (!take(&c, "--"))
		return NONE;
	skip_space(&c);
	*ret_rest = c;
	if (take_word(ret_rest, "migrate:up"))
		return UP;
	if (take_word(ret_rest, "migrate:down"))
		return DOWN;
	if (take(&c, "migrate:"))
		return UNKNOWN;
	if (take(&c, "postkit:")) {
		skip_space(&c);
		*ret_rest = c;
		if (take(ret_rest, "irreversible"))
			return IRREVERSIBLE;
		if (take(ret_rest, "adopted"))
			return ADOPTED;
		if (take(ret_rest, "stage"))
			return STAGE;
		return take_word(ret_rest, "from") ? HEADER : NONE;
	}
	return NONE;
}

struct parse {
	const char *file, *text;
	size_t len;
	struct pk_migration *m;
	struct pk_err *err;
	size_t up_start, up_end, down_start;
	bool has_header;
};

static int fail_at(struct parse *p, int line)
{
	return pk_err_at(p->err, p->file, line, 0);
}

static int parse_options(struct parse *p, struct cursor c, int line, bool *ret_transaction)
{
	*ret_transaction = true;
	while (c.p < c.end) {
		if (take_word(&c, "transaction:false")) {
			*ret_transaction = false;
		} else if (!take_word(&c, "transaction:true")) {
			int n = 0;
			while (c.p + n < c.end && !isspace((unsigned char)c.p[n]))
				n++;
			pk_err_set(p->err, "unknown option '%.*s' of a migration's section", n,
				   c.p);
			pk_err_hint(p->err, "the one option is transaction:false");
			return fail_at(p, line);
		}
	}
	return 0;
}

static char *take_hex(struct cursor *c)
{
	size_t n = 0;

	while (c->p + n < c->end && (is_digit(c->p[n]) || (c->p[n] >= 'a' && c->p[n] <= 'f')))
		n++;
	if (n != 40)
		return NULL;
	char *hex = pk_strndup(c->p, n);
	c->p += n;
	return hex;
}

/* "<40 hex> to <40 hex> [(pg15)]" */
static int parse_header(struct parse *p, struct cursor c, int line)
{
	struct pk_migration *m = p->m;
	bool good = true;

	if (p->has_header) {
		pk_err_set(p->err, "a second '-- postkit: from ...' line");
		pk_err_hint(p->err,
			    "a merge may have left both: keep one of them, and 'git postkit sync' mends it");
		return fail_at(p, line);
	}
	p->has_header = true;
	m->from = take_hex(&c);
	skip_space(&c);
	good = m->from && take_word(&c, "to");
	if (good)
		m->to = take_hex(&c);
	good = good && m->to;
	skip_space(&c);
	if (good && c.p < c.end) {
		good = take(&c, "(pg");
		for (int digits = 0; good && c.p < c.end && is_digit(*c.p) && digits < 3; digits++)
			m->pg_major = m->pg_major * 10 + (*c.p++ - '0');
		good = good && m->pg_major > 0 && take(&c, ")");
		skip_space(&c);
		good = good && c.p == c.end;
	}
	if (good)
		return 0;
	pk_err_set(p->err, "malformed header");
	pk_err_hint(p->err, "it reads: -- postkit: from <fingerprint> to <fingerprint> (pg15)");
	return fail_at(p, line);
}

/* ": reason", which ends the line, once in a file. */
static int parse_word(struct parse *p, struct cursor c, int line, const char *word, const char *what, char **ret)
{
	bool colon = take(&c, ":");

	skip_space(&c);
	while (c.end > c.p && isspace((unsigned char)c.end[-1]))
		c.end--;
	if (!colon || c.p == c.end) {
		pk_err_set(p->err, "'-- postkit:%s' without a %s", word, what);
		pk_err_hint(p->err, "it reads: -- postkit:%s: %s", word, what);
		return fail_at(p, line);
	}
	if (*ret) {
		pk_err_set(p->err, "a second '-- postkit:%s' line", word);
		return fail_at(p, line);
	}
	*ret = pk_strndup(c.p, (size_t)(c.end - c.p));
	return 0;
}

/* It is shown in many places. */
static int parse_adopted(struct parse *p, struct cursor c, int line)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (parse_word(p, c, line, "adopted", "remote", &p->m->adopted) < 0)
		return -1;
	const char *name = p->m->adopted ? p->m->adopted : "";
	if (strspn(name, letters) == strlen(name))
		return 0;
	pk_err_set(p->err, "'-- postkit:adopted' names no remote");
	return fail_at(p, line);
}

int pk_stage_parse(const char *text, enum pk_stage *ret, int *ret_days)
{
	static const char *const names[] = { "expand", "backfill", "contract" };
	int days = 0, end = 0;

	*ret = PK_STAGE_NONE;
	if (ret_days)
		*ret_days = 0;
	for (size_t i = 0; text && i < PK_COUNT(names); i++)
		if (pk_streq(text, names[i]))
			*ret = PK_STAGE_EXPAND + (enum pk_stage)i;
	if (!text || *ret != PK_STAGE_NONE)
		return 0;
	if (sscanf(text, "contract after %4dd%n", &days, &end) != 1 || !end || text[end] || days < 0)
		return -1;
	*ret = PK_STAGE_CONTRACT;
	if (ret_days)
		*ret_days = days;
	return 0;
}

static int parse_stage(struct parse *p, struct cursor c, int line)
{
	enum pk_stage stage;

	if (parse_word(p, c, line, "stage", "stage", &p->m->stage) < 0)
		return -1;
	if (pk_stage_parse(p->m->stage, &stage, NULL) == 0)
		return 0;
	pk_err_set(p->err, "'-- postkit:stage' names no stage");
	pk_err_hint(p->err, "expand, backfill, contract, or contract after 7d");
	return fail_at(p, line);
}

static bool is_blank_or_comment(const struct line *line)
{
	struct cursor c = { line->text, line->text + line->len };

	skip_space(&c);
	return c.p == c.end || take(&c, "--");
}

/* Where the scanner sees comments; everything else that looks like a directive is inside a string. */
static bool inside_string(struct parse *p, size_t start, size_t offset)
{
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, p->text + start, p->len - start);
	while (pk_scan_next(&scan, &token)) {
		if (start + token.end <= offset)
			continue;
		return start + token.start < offset;
	}
	return false;
}

static int parse_up(struct parse *p, const struct line *line, struct cursor rest)
{
	if (p->m->up_line) {
		pk_err_set(p->err, "a second '-- migrate:up'");
		return fail_at(p, line->number);
	}
	p->up_start = line->next;
	p->up_end = p->len;
	p->m->up_line = line->number + 1;
	return parse_options(p, rest, line->number, &p->m->up_transaction);
}

static int parse_down(struct parse *p, const struct line *line, struct cursor rest)
{
	if (!p->m->up_line || p->m->down_line) {
		pk_err_set(p->err, p->m->down_line ? "a second '-- migrate:down'"
						   : "'-- migrate:down' before '-- migrate:up'");
		return fail_at(p, line->number);
	}
	p->up_end = line->offset;
	p->down_start = line->next;
	p->m->down_line = line->number + 1;
	return parse_options(p, rest, line->number, &p->m->down_transaction);
}

static int parse_line(struct parse *p, const struct line *line)
{
	struct cursor rest;
	enum directive directive = line_directive(line, &rest);
	size_t section = p->m->down_line ? p->down_start : p->up_start;

	if (directive == NONE) {
		if (p->m->up_line || is_blank_or_comment(line))
			return 0;
		pk_err_set(p->err, "SQL before '-- migrate:up'");
		return fail_at(p, line->number);
	}
	if (p->m->up_line && inside_string(p, section, line->offset)) {
		pk_err_set(p->err,
			   "a line inside a string or comment looks like the start of a section");
		pk_err_hint(p->err, "dbmate would split the file there; indent the line");
		return fail_at(p, line->number);
	}
	if (directive == UP)
		return parse_up(p, line, rest);
	if (directive == DOWN)
		return parse_down(p, line, rest);
	if (directive == HEADER && !p->m->up_line)
		return parse_header(p, rest, line->number);
	if (directive == IRREVERSIBLE && !p->m->up_line)
		return parse_word(p, rest, line->number, "irreversible", "reason", &p->m->irreversible);
	if (directive == ADOPTED && !p->m->up_line)
		return parse_adopted(p, rest, line->number);
	if (directive == STAGE && !p->m->up_line)
		return parse_stage(p, rest, line->number);
	if (directive == IRREVERSIBLE || directive == ADOPTED || directive == STAGE)
		pk_err_set(p->err, "the '-- postkit:%s' line stands above '-- migrate:up'",
			   directive == ADOPTED ? "adopted" : directive == STAGE ? "stage" : "irreversible");
	else if (directive == HEADER)
		pk_err_set(p->err, "the '-- postkit: from' line stands above '-- migrate:up'");
	else
		pk_err_set(p->err,
			   "unknown section; there are '-- migrate:up' and '-- migrate:down'");
	return fail_at(p, line->number);
}

static bool has_code(const char *text)
{
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, text, strlen(text));
	return pk_scan_code(&scan, &token);
}

static int parse_name(struct parse *p, const char *base)
{
	size_t digits = strspn(base, "0123456789");

	if (!pk_migration_valid_file(base)) {
		pk_err_set(p->err, "'%s' is not a migration's name", base);
		pk_err_hint(
			p->err,
			"names read <yyyymmddhhmmss>_<name>.sql, of letters, digits, '_' and '-'");
		return pk_err_at(p->err, p->file, 0, 0);
	}
	p->m->file = pk_strdup(base);
	p->m->version = pk_strndup(base, digits);
	p->m->name = pk_strndup(base + digits + 1, strlen(base) - digits - 1 - strlen(".sql"));
	return 0;
}

static int check_bytes(struct parse *p)
{
	struct line line = { 0 };

	while (next_line(p->text, p->len, &line)) {
		if (memchr(line.text, '\0', line.len)) {
			pk_err_set(p->err, "the file holds a NUL byte");
			return fail_at(p, line.number);
		}
		if (!pk_utf8_valid(line.text, line.len)) {
			pk_err_set(p->err, "the file is not UTF-8");
			return fail_at(p, line.number);
		}
	}
	return 0;
}

static int parse_file(struct parse *p)
{
	struct line line = { 0 };

	if (p->len >= 3 && memcmp(p->text, "\xef\xbb\xbf", 3) == 0)
		line.next = 3;
	if (parse_name(p, pk_path_base(p->file)) < 0 || check_bytes(p) < 0)
		return -1;
	p->m->up_transaction = p->m->down_transaction = true;
	while (next_line(p->text, p->len, &line))
		if (parse_line(p, &line) < 0)
			return -1;
	if (!p->m->up_line) {
		pk_err_set(p->err, "no '-- migrate:up' section");
		pk_err_hint(p->err, "a migration starts with a line '-- migrate:up'");
		return fail_at(p, line.number ? line.number : 1);
	}
	p->m->up_at = p->up_start;
	p->m->up_end = p->up_end;
	p->m->down_at = p->down_start;
	p->m->up = pk_strndup(p->text + p->up_start, p->up_end - p->up_start);
	if (p->m->down_line)
		p->m->down = pk_strndup(p->text + p->down_start, p->len - p->down_start);
	if (p->m->down && !has_code(p->m->down)) {
		free(p->m->down);
		p->m->down = NULL;
	}
	return 0;
}

int pk_migration_parse(const char *file, const char *text, size_t len, const char *checksum,
		       struct pk_migration *ret, struct pk_err *err)
{
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;
	struct parse parse = { .file = file, .text = text, .len = len, .m = &m, .err = err };

	if (parse_file(&parse) < 0)
		return -1;
	m.checksum = pk_strdup(checksum);
	*ret = m;
	m = (struct pk_migration)PK_MIGRATION_INIT;
	return 0;
}

static void write_section(struct pk_buf *ret, const char *name, bool transaction, const char *sql)
{
	pk_buf_addf(ret, "-- migrate:%s%s\n", name, transaction ? "" : " transaction:false");
	if (!sql || !*sql)
		return;
	pk_buf_add(ret, sql);
	if (!pk_ends_with(sql, "\n"))
		pk_buf_addc(ret, '\n');
}

static void write_header(const struct pk_migration *m, struct pk_buf *ret)
{
	pk_buf_addf(ret, "-- postkit: from %s to %s", m->from, m->to);
	if (m->pg_major)
		pk_buf_addf(ret, " (pg%d)", m->pg_major);
}

void pk_migration_write(const struct pk_migration *m, struct pk_buf *ret)
{
	if (m->from && m->to) {
		write_header(m, ret);
		pk_buf_addc(ret, '\n');
	}
	if (m->irreversible)
		pk_buf_addf(ret, "-- postkit:irreversible: %s\n", m->irreversible);
	if (m->adopted)
		pk_buf_addf(ret, "-- postkit:adopted: %s\n", m->adopted);
	if (m->stage)
		pk_buf_addf(ret, "-- postkit:stage: %s\n", m->stage);
	write_section(ret, "up", m->up_transaction, m->up);
	write_section(ret, "down", m->down_transaction, m->down);
}

void pk_migration_with_header(const struct pk_migration *m, const char *text, size_t len, struct pk_buf *ret)
{
	struct line line = { 0 };
	struct cursor rest;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		line.next = 3;
	while (next_line(text, len, &line)) {
		enum directive directive = line_directive(&line, &rest);

		if (directive == UP)
			break;
		if (directive != HEADER)
			continue;
		pk_buf_addn(ret, text, line.offset);
		write_header(m, ret);
		pk_buf_addn(ret, text + line.offset + line.len, len - line.offset - line.len);
		return;
	}
	pk_buf_addn(ret, text, len);
}
