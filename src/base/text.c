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

#define FNV_OFFSET UINT64_C(14695981039346656037)
#define FNV_PRIME  UINT64_C(1099511628211)

uint64_t pk_hash(const void *data, size_t n, uint64_t seed)
{
	const unsigned char *p = data;
	uint64_t hash = FNV_OFFSET ^ seed;
	for (size_t i = 0; i < n; i++) {
		hash ^= p[i];
		hash *= FNV_PRIME;
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

/* Unicode's own lists: general categories Cc, Cf, Zl and Zp, and fillers that have no ink. */
static const struct {
	uint32_t first, last;
} unseen[] = {
	{ 0x0000, 0x001F },   { 0x007F, 0x009F },   { 0x00AD, 0x00AD }, { 0x034F, 0x034F },
	{ 0x061C, 0x061C },   { 0x115F, 0x1160 },   { 0x17B4, 0x17B5 }, { 0x180B, 0x180F },
	{ 0x200B, 0x200F },   { 0x2028, 0x202E },   { 0x2060, 0x206F }, { 0x3164, 0x3164 },
	{ 0xFE00, 0xFE0F },   { 0xFEFF, 0xFEFF },   { 0xFFA0, 0xFFA0 }, { 0xFFF0, 0xFFFB },
	{ 0x1D173, 0x1D17A }, { 0xE0000, 0xE0FFF },
};

bool pk_utf8_unseen(uint32_t c)
{
	if (c >= 0x20 && c < 0x7F)
		return false;
	for (size_t i = 0; i < PK_COUNT(unseen); i++)
		if (c >= unseen[i].first && c <= unseen[i].last)
			return true;
	return false;
}

size_t pk_utf8_decode(const char *text, uint32_t *ret)
{
	const unsigned char *s = (const unsigned char *)text;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = *s < 0x80		     ? 1
		   : *s >= 0xC2 && *s < 0xE0 ? 2
		   : (*s & 0xF0) == 0xE0     ? 3
		   : *s >= 0xF0 && *s < 0xF5 ? 4
					     : 0;

	if (n < 2) {
		*ret = *s;
		return n;
	}
	*ret = *s & (0xFFu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xC0) != 0x80)
			return 0;
		*ret = *ret << 6 | (s[i] & 0x3F);
	}
	return *ret < least[n] || *ret > 0x10FFFF || (*ret >= 0xD800 && *ret < 0xE000) ? 0 : n;
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
