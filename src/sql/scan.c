#include "sql/scan.h"

#include <strings.h>

static bool is_word_start(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(unsigned char c)
{
	return is_word_start(c) || is_digit(c) || c == '$';
}

static bool is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static unsigned char at(const struct pk_scan *scan, size_t pos)
{
	return pos < scan->len ? (unsigned char)scan->text[pos] : 0;
}

static size_t unterminated(struct pk_scan *scan, size_t start, const char *what)
{
	if (!scan->error) {
		scan->error = what;
		scan->error_at = start;
	}
	return scan->len;
}

static size_t line_comment(const struct pk_scan *scan, size_t pos)
{
	while (pos < scan->len && scan->text[pos] != '\n' && scan->text[pos] != '\r')
		pos++;
	return pos;
}

static size_t block_comment(struct pk_scan *scan, size_t start)
{
	size_t depth = 0, pos = start;

	while (pos < scan->len) {
		if (scan->text[pos] == '/' && at(scan, pos + 1) == '*') {
			depth++;
			pos += 2;
		} else if (scan->text[pos] == '*' && at(scan, pos + 1) == '/') {
			pos += 2;
			if (--depth == 0)
				return pos;
		} else {
			pos++;
		}
	}
	return unterminated(scan, start, "unterminated comment");
}

/* pos is at the opening quote. */
static size_t quoted(struct pk_scan *scan, size_t pos, bool backslash)
{
	size_t start = pos;
	char quote = scan->text[pos++];

	while (pos < scan->len) {
		if (backslash && scan->text[pos] == '\\') {
			pos += 2;
		} else if (scan->text[pos] != quote) {
			pos++;
		} else if (at(scan, pos + 1) == (unsigned char)quote) {
			pos += 2;
		} else {
			return pos + 1;
		}
	}
	return unterminated(scan, start,
			    quote == '"' ? "unterminated quoted identifier"
					 : "unterminated quoted string");
}

/* 0 when no dollar quote starts at pos. */
static size_t dollar_quoted(struct pk_scan *scan, size_t start)
{
	size_t pos = start + 1;

	if (is_word_start(at(scan, pos)))
		while (is_word(at(scan, pos)) && scan->text[pos] != '$')
			pos++;
	if (at(scan, pos) != '$')
		return 0;
	size_t tag = pos + 1 - start;
	for (pos++; pos + tag <= scan->len; pos++)
		if (scan->text[pos] == '$' &&
		    memcmp(scan->text + pos, scan->text + start, tag) == 0)
			return pos + tag;
	return unterminated(scan, start, "unterminated dollar-quoted string");
}

/* Strings with a letter before the quote: E'', B'', X'', N'', U&'' and U&"". */
static bool prefixed(struct pk_scan *scan, size_t start, struct pk_token *ret)
{
	unsigned char c = at(scan, start) | 0x20, next = at(scan, start + 1);

	if (strchr("ebxn", c) && next == '\'') {
		*ret = (struct pk_token){ PK_TOKEN_STRING, start,
					  quoted(scan, start + 1, c == 'e') };
		return true;
	}
	if (c == 'u' && next == '&' &&
	    (at(scan, start + 2) == '\'' || at(scan, start + 2) == '"')) {
		bool ident = at(scan, start + 2) == '"';
		*ret = (struct pk_token){ ident ? PK_TOKEN_QUOTED : PK_TOKEN_STRING, start,
					  quoted(scan, start + 2, false) };
		return true;
	}
	return false;
}

void pk_scan_start(struct pk_scan *scan, const char *text, size_t len)
{
	*scan = (struct pk_scan){ .text = text, .len = len };
}

static struct pk_token token_at(struct pk_scan *scan, size_t pos)
{
	unsigned char c = at(scan, pos), next = at(scan, pos + 1);
	struct pk_token token;

	if (c == '-' && next == '-')
		return (struct pk_token){ PK_TOKEN_COMMENT, pos, line_comment(scan, pos) };
	if (c == '/' && next == '*')
		return (struct pk_token){ PK_TOKEN_COMMENT, pos, block_comment(scan, pos) };
	if (c == '\'')
		return (struct pk_token){ PK_TOKEN_STRING, pos, quoted(scan, pos, false) };
	if (c == '"')
		return (struct pk_token){ PK_TOKEN_QUOTED, pos, quoted(scan, pos, false) };
	if (c == '\\')
		return (struct pk_token){ PK_TOKEN_BACKSLASH, pos, pos + 1 };
	if (is_word_start(c)) {
		if (prefixed(scan, pos, &token))
			return token;
		size_t end = pos;
		while (is_word(at(scan, end)) && end < scan->len)
			end++;
		return (struct pk_token){ PK_TOKEN_WORD, pos, end };
	}
	if (is_digit(c) || (c == '.' && is_digit(next)) || (c == '$' && is_digit(next))) {
		size_t end = pos + 1;
		while ((is_word(at(scan, end)) && at(scan, end) != '$') || (at(scan, end) == '.' && at(scan, end + 1) != '.'))
			end++; /* $ begins a string there */
		return (struct pk_token){ PK_TOKEN_NUMBER, pos, end };
	}
	if (c == '$') {
		size_t end = dollar_quoted(scan, pos);
		if (end)
			return (struct pk_token){ PK_TOKEN_DOLLAR, pos, end };
	}
	return (struct pk_token){ PK_TOKEN_CHAR, pos, pos + 1 };
}

bool pk_scan_next(struct pk_scan *scan, struct pk_token *ret)
{
	while (scan->pos < scan->len && is_space((unsigned char)scan->text[scan->pos]))
		scan->pos++;
	if (scan->pos >= scan->len) {
		*ret = (struct pk_token){ PK_TOKEN_END, scan->len, scan->len };
		return false;
	}
	*ret = token_at(scan, scan->pos);
	if (ret->end > scan->len) /* a backslash as the last byte of E'' */
		ret->end = scan->len;
	scan->pos = ret->end;
	return true;
}

bool pk_scan_code(struct pk_scan *scan, struct pk_token *ret)
{
	while (pk_scan_next(scan, ret))
		if (ret->kind != PK_TOKEN_COMMENT)
			return true;
	return false;
}

void pk_scan_blank_comments(char *text)
{
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, text, strlen(text));
	while (pk_scan_next(&scan, &token))
		if (token.kind == PK_TOKEN_COMMENT && !scan.error)
			memset(text + token.start, ' ', token.end - token.start);
}

bool pk_token_is(const char *text, const struct pk_token *token, const char *word)
{
	size_t n = strlen(word);

	return token->kind == PK_TOKEN_WORD && token->end - token->start == n &&
	       strncasecmp(text + token->start, word, n) == 0;
}

bool pk_token_char(const char *text, const struct pk_token *token, char c)
{
	return token->kind == PK_TOKEN_CHAR && text[token->start] == c;
}

/* Halves doubled quotes. */
static char *unquote(const char *s, size_t n, char quote)
{
	char *name = pk_alloc(n + 1);
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		name[out++] = s[i];
		if (s[i] == quote && i + 1 < n && s[i + 1] == quote)
			i++;
	}
	name[out] = '\0';
	return name;
}

char *pk_token_name(const char *text, const struct pk_token *token)
{
	const char *s = text + token->start;
	size_t n = token->end - token->start;

	if (token->kind == PK_TOKEN_QUOTED && *s == '"' && n >= 2)
		return unquote(s + 1, n - 2, '"');
	if (token->kind != PK_TOKEN_WORD)
		return NULL;
	char *name = pk_strndup(s, n);
	for (char *p = name; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p | 0x20);
	return name;
}

char *pk_token_string(const char *text, const struct pk_token *token)
{
	const char *s = text + token->start;
	size_t n = token->end - token->start;

	if (token->kind == PK_TOKEN_DOLLAR) {
		size_t tag = (size_t)((const char *)memchr(s + 1, '$', n - 1) - s) + 1;
		return n >= 2 * tag ? pk_strndup(s + tag, n - 2 * tag) : pk_strdup("");
	}
	if (token->kind != PK_TOKEN_STRING)
		return NULL;
	const char *open = memchr(s, '\'', n);
	size_t skip = (size_t)(open - s) + 1;
	return n > skip ? unquote(open + 1, n - skip - 1, '\'') : pk_strdup("");
}

bool pk_scan_has_word(const char *text, const char *word)
{
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, text, strlen(text));
	while (pk_scan_code(&scan, &token))
		if (pk_token_is(text, &token, word))
			return true;
	return false;
}
