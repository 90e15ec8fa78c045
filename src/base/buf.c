#include "base/buf.h"

char pk_buf_empty[1]; /* shared by all empty buffers: never written */

static void grow(struct pk_buf *buf, size_t more)
{
	if (buf->cap && more < buf->cap - buf->len)
		return;
	size_t cap = buf->cap ? buf->cap : 128;
	while (cap - buf->len <= more) {
		if (cap > SIZE_MAX / 2)
			pk_realloc_array(NULL, SIZE_MAX, SIZE_MAX); /* ends the process */
		cap *= 2;
	}
	buf->ptr = pk_realloc_array(buf->cap ? buf->ptr : NULL, cap, 1);
	buf->cap = cap;
	buf->ptr[buf->len] = '\0';
}

void pk_buf_release(struct pk_buf *buf)
{
	if (!buf)
		return;
	if (buf->cap)
		free(buf->ptr);
	*buf = (struct pk_buf)PK_BUF_INIT;
}

void pk_buf_clear(struct pk_buf *buf)
{
	if (buf->cap)
		buf->ptr[0] = '\0';
	else
		buf->ptr = pk_buf_empty;
	buf->len = 0;
}

void pk_buf_add(struct pk_buf *buf, const char *s)
{
	pk_buf_addn(buf, s, strlen(s));
}

void pk_buf_addn(struct pk_buf *buf, const char *s, size_t n)
{
	grow(buf, n);
	if (n)
		memcpy(buf->ptr + buf->len, s, n);
	buf->len += n;
	buf->ptr[buf->len] = '\0';
}

void pk_buf_addc(struct pk_buf *buf, char c)
{
	pk_buf_addn(buf, &c, 1);
}

void pk_buf_addf(struct pk_buf *buf, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	pk_buf_vaddf(buf, fmt, ap);
	va_end(ap);
}

/* Strings are what most formats are made of, and vsnprintf() takes several times as long for them. */
static bool strings_only(const char *fmt)
{
	const char *p = strchr(fmt, '%');

	while (p && p[1] == 's')
		p = strchr(p + 2, '%');
	return !p;
}

static void add_strings(struct pk_buf *buf, const char *fmt, va_list ap)
{
	for (const char *p = strchr(fmt, '%'); p; p = strchr(fmt, '%')) {
		const char *s = va_arg(ap, const char *);

		pk_buf_addn(buf, fmt, (size_t)(p - fmt));
		pk_buf_add(buf, s ? s : "(null)");
		fmt = p + 2;
	}
	pk_buf_add(buf, fmt);
}

void pk_buf_vaddf(struct pk_buf *buf, const char *fmt, va_list ap)
{
	if (strings_only(fmt)) {
		add_strings(buf, fmt, ap);
		return;
	}
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	if (n > 0) {
		grow(buf, (size_t)n);
		vsnprintf(buf->ptr + buf->len, (size_t)n + 1, fmt, again);
		buf->len += (size_t)n;
	}
	va_end(again);
}

void pk_buf_truncate(struct pk_buf *buf, size_t len)
{
	if (len >= buf->len)
		return;
	buf->len = len;
	buf->ptr[len] = '\0';
}

void pk_buf_rtrim(struct pk_buf *buf)
{
	size_t len = buf->len;
	while (len && strchr(" \t\r\n\v\f", buf->ptr[len - 1]) && buf->ptr[len - 1])
		len--;
	pk_buf_truncate(buf, len);
}

char *pk_buf_take(struct pk_buf *buf)
{
	char *taken = buf->cap ? buf->ptr : pk_strdup("");
	*buf = (struct pk_buf)PK_BUF_INIT;
	return taken;
}
