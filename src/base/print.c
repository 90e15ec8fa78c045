#include "base/print.h"

#include <unistd.h>

#include "base/term.h"

/* One conversion of a format: "%-28s". */
struct conversion {
	char *text; /* as printf(3) takes it, with the numbers for each '*' */
	bool left;
	int width, precision; /* precision -1: none */
	int longs;	      /* of l; -1: z */
	char kind;
};

static int read_number(const char **p, va_list *ap)
{
	int n = 0;

	if (**p == '*') {
		++*p;
		return va_arg(*ap, int);
	}
	for (; **p >= '0' && **p <= '9'; ++*p)
		n = 10 * n + (**p - '0');
	return n;
}

/* p stands behind the '%'. Returns what follows. */
static const char *read_conversion(struct conversion *c, const char *p, va_list *ap)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	const char *begin = p;

	p += strspn(p, "-+ #0");
	pk_buf_addc(&text, '%');
	pk_buf_addn(&text, begin, (size_t)(p - begin));
	c->left = strchr(text.ptr, '-') != NULL;
	c->width = read_number(&p, ap);
	if (c->width < 0) {
		c->left = true;
		c->width = -c->width;
		pk_buf_addc(&text, '-');
	}
	if (c->width)
		pk_buf_addf(&text, "%d", c->width);
	c->precision = -1;
	if (*p == '.') {
		p++;
		c->precision = read_number(&p, ap);
		if (c->precision >= 0)
			pk_buf_addf(&text, ".%d", c->precision);
	}
	for (begin = p; *p && strchr("hlz", *p); p++)
		c->longs = *p == 'z' ? -1 : *p == 'l' ? c->longs + 1 : c->longs;
	pk_buf_addn(&text, begin, (size_t)(p - begin));
	c->kind = *p;
	pk_buf_addc(&text, *p);
	c->text = pk_buf_take(&text);
	return *p ? p + 1 : p;
}

static void add_string(struct pk_buf *buf, const struct conversion *c, const char *s)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;
	PK_FREE char *cut = c->precision < 0 || !s ? NULL : pk_strndup(s, strnlen(s, (size_t)c->precision));

	if (s && pk_is_color(s)) {
		pk_buf_add(buf, s);
		return;
	}
	pk_buf_add_safe(&safe, cut ? cut : s ? s : "(null)", false);
	pk_buf_addf(buf, "%*s", c->left ? -c->width : c->width, safe.ptr);
}

/* The format was checked when it was compiled, where pk_print() and its like were called. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void add_number(struct pk_buf *buf, const struct conversion *c, va_list *ap)
{
	if (c->kind == 'f' || c->kind == 'g')
		pk_buf_addf(buf, c->text, va_arg(*ap, double));
	else if (c->longs < 0)
		pk_buf_addf(buf, c->text, va_arg(*ap, size_t));
	else if (c->longs == 2)
		pk_buf_addf(buf, c->text, va_arg(*ap, long long));
	else if (c->longs == 1)
		pk_buf_addf(buf, c->text, va_arg(*ap, long));
	else
		pk_buf_addf(buf, c->text, va_arg(*ap, int));
}
#pragma GCC diagnostic pop

void pk_buf_vadd_shown(struct pk_buf *buf, const char *fmt, va_list given)
{
	va_list ap;

	va_copy(ap, given);
	for (;;) {
		struct conversion c = { .text = NULL };
		size_t n = strcspn(fmt, "%");

		pk_buf_addn(buf, fmt, n);
		if (!fmt[n])
			break;
		fmt = read_conversion(&c, fmt + n + 1, &ap);
		if (c.kind == '%')
			pk_buf_addc(buf, '%');
		else if (c.kind == 's')
			add_string(buf, &c, va_arg(ap, const char *));
		else
			add_number(buf, &c, &ap);
		free(c.text);
	}
	va_end(ap);
}

void pk_vprint(FILE *out, const char *fmt, va_list ap)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_buf_vadd_shown(&text, fmt, ap);
	fwrite(text.ptr, 1, text.len, out);
}

void pk_print(FILE *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pk_vprint(out, fmt, ap);
	va_end(ap);
}

void pk_print_lines(FILE *out, const char *text)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;

	pk_buf_add_safe(&safe, text, true);
	fwrite(safe.ptr, 1, safe.len, out);
}

void pk_print_data(FILE *out, const char *text)
{
	if (isatty(fileno(out)))
		pk_print_lines(out, text);
	else
		fputs(text, out);
}
