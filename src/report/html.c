#include "report/html.h"

#include <stdarg.h>

enum how { LINE, BLOCK, PLAIN };

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

static bool is_unseen(uint32_t c)
{
	for (size_t i = 0; i < PK_COUNT(unseen); i++)
		if (c >= unseen[i].first && c <= unseen[i].last)
			return true;
	return false;
}

/* One character of UTF-8, and its length; 0 when the first byte begins none (RFC 3629). */
static size_t decode(const unsigned char *s, uint32_t *ret)
{
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

static void add_number(struct pk_buf *buf, uint32_t c, bool byte, enum how how)
{
	const char *open = how == PLAIN ? "" : "<b class=\"ctl\">",
		   *close = how == PLAIN ? "" : "</b>";

	if (byte)
		pk_buf_addf(buf, "%s\\x%02X%s", open, c, close);
	else
		pk_buf_addf(buf, "%sU+%04X%s", open, c, close);
}

static const char *entity(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void add_text(struct pk_buf *buf, const char *text, enum how how)
{
	const unsigned char *s = (const unsigned char *)(text ? text : "");

	while (*s) {
		uint32_t c;
		size_t n = decode(s, &c);
		bool kept = how == BLOCK && (*s == '\n' || *s == '\t');

		if (how == BLOCK && s[0] == '\r' && s[1] == '\n') {
			s++;
			continue;
		}
		if (n == 0)
			add_number(buf, *s, true, how);
		else if (is_unseen(c) && !kept)
			add_number(buf, c, c < 0x20, how);
		else if (entity(*s))
			pk_buf_add(buf, entity(*s));
		else
			pk_buf_addn(buf, (const char *)s, n);
		s += n ? n : 1;
	}
}

void pk_html(struct pk_buf *buf, const char *markup, ...)
{
	va_list ap;

	va_start(ap, markup);
	for (const char *p = markup; *p;) {
		size_t n = strcspn(p, "$^~");

		pk_buf_addn(buf, p, n);
		p += n;
		if (!*p)
			break;
		add_text(buf, va_arg(ap, const char *),
			 *p == '$'   ? LINE
			 : *p == '^' ? BLOCK
				     : PLAIN);
		p++;
	}
	va_end(ap);
}
