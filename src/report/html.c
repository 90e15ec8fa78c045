#include "report/html.h"

#include <stdarg.h>

#include "base/text.h"

enum how { LINE, BLOCK, PLAIN };

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
		size_t n = pk_utf8_decode((const char *)s, &c);
		bool kept = how == BLOCK && (*s == '\n' || *s == '\t');

		if (how == BLOCK && s[0] == '\r' && s[1] == '\n') {
			s++;
			continue;
		}
		if (n == 0)
			add_number(buf, *s, true, how);
		else if (pk_utf8_unseen(c) && !kept)
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
