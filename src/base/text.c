#include "base/text.h"
#include <ctype.h>
#include <fnmatch.h>

enum { SLUG_MAX = 60, PATH_NAME_MAX = 200, HASH_DIGITS = 16 };

char *pk_slug(const char *s)
{
	PK_AUTO(pk_buf) slug = PK_BUF_INIT;
	bool gap = false;
	for (; *s && slug.len < SLUG_MAX; s++) {
		unsigned char c = (unsigned char)*s;
		if (!isascii(c) || !isalnum(c)) {
			gap = slug.len > 0;
			continue;
		}
		if (gap && slug.len + 1 == SLUG_MAX)
			break;
		if (gap)
			pk_buf_addc(&slug, '_');
		pk_buf_addc(&slug, (char)tolower(c));
		gap = false;
	}
	return pk_buf_take(&slug);
}

void pk_buf_add_path_name(struct pk_buf *buf, const char *name)
{
	PK_AUTO(pk_buf) part = PK_BUF_INIT;
	size_t fits = 0; /* length of the longest prefix that leaves room for a hash */
	for (const char *s = name; *s; s++) {
		unsigned char c = (unsigned char)*s;
		bool plain = (isascii(c) && isalnum(c)) || c == '_' || c == '$' || c == '-' ||
			     (c == '.' && s != name);
		if (plain)
			pk_buf_addc(&part, *s);
		else
			pk_buf_addf(&part, "%%%02X", (unsigned)c);
		if (part.len <= PATH_NAME_MAX - HASH_DIGITS - 1)
			fits = part.len;
	}
	if (part.len > PATH_NAME_MAX) {
		/* '~' is never plain, so a cut name cannot be the name of something else. */
		pk_buf_truncate(&part, fits);
		pk_buf_addf(&part, "~%016llx", (unsigned long long)pk_hash(name, strlen(name), 0));
	}
	pk_buf_addn(buf, part.ptr, part.len);
}

uint64_t pk_hash(const void *data, size_t n, uint64_t seed)
{
	const unsigned char *p = data;
	uint64_t hash = UINT64_C(14695981039346656037) ^ seed;
	for (size_t i = 0; i < n; i++) {
		hash ^= p[i];
		hash *= UINT64_C(1099511628211);
	}
	return hash;
}

void pk_line_col(const char *text, size_t offset, int *ret_line, int *ret_col)
{
	int line = 1, col = 1;
	for (size_t i = 0; i < offset && text[i]; i++) {
		if (text[i] == '\n') {
			line++;
			col = 1;
		} else {
			col++;
		}
	}
	*ret_line = line;
	*ret_col = col;
}

void pk_lines_place(struct pk_lines *lines, size_t offset, int *ret_line, int *ret_col)
{
	for (; lines->at < offset && lines->text[lines->at]; lines->at++) {
		if (lines->text[lines->at] == '\n') {
			lines->before++;
			lines->start = lines->at + 1;
		}
	}
	*ret_line = lines->before + 1;
	*ret_col = (int)(lines->at - lines->start) + 1;
}

bool pk_utf8_valid(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + n;
	while (p < end) {
		size_t more = *p < 0x80	  ? 0
			      : *p < 0xc2 ? 9
			      : *p < 0xe0 ? 1
			      : *p < 0xf0 ? 2
			      : *p < 0xf5 ? 3
					  : 9;
		if (more > (size_t)(end - p) - 1)
			return false;
		/* overlong forms, surrogates and what lies past U+10FFFF show in the second byte */
		if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
		    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
			return false;
		for (p++; more; more--, p++) {
			if ((*p & 0xc0) != 0x80)
				return false;
		}
	}
	return true;
}

char *pk_cut(const char *s, size_t bytes)
{
	size_t n = strnlen(s, bytes + 1);

	if (n <= bytes)
		return pk_strdup(s);
	for (n = bytes; n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80;)
		n--;
	return pk_printf("%.*s...", (int)n, s);
}

char *pk_size(uint64_t bytes)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	if (bytes < 1024)
		return pk_printf("%llu B", (unsigned long long)bytes);
	double value = (double)bytes / 1024;
	size_t unit = 0;
	while (value >= 1023.5 && unit + 1 < PK_COUNT(units)) {
		value /= 1024;
		unit++;
	}
	return pk_printf("%.*f %s", value < 9.95 ? 1 : 0, value, units[unit]);
}

char *pk_count(uint64_t n)
{
	PK_FREE char *digits = pk_printf("%llu", (unsigned long long)n);
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	for (size_t left = strlen(digits), i = 0; left; left--, i++) {
		if (i && left % 3 == 0)
			pk_buf_addc(&out, ',');
		pk_buf_addc(&out, digits[i]);
	}
	return pk_buf_take(&out);
}

bool pk_glob(const char *pattern, const char *s)
{
	return fnmatch(pattern, s, 0) == 0;
}

void pk_buf_add_shell(struct pk_buf *buf, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-";

	if (*word && !word[strspn(word, plain)]) {
		pk_buf_add(buf, word);
		return;
	}
	pk_buf_addc(buf, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			pk_buf_add(buf, "'\\''");
		else
			pk_buf_addc(buf, *word);
	}
	pk_buf_addc(buf, '\'');
}
