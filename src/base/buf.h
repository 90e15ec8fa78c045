/*
 * A growing string. Always NUL terminated once something was added; ptr is "" before that, never
 * NULL, and never to be freed by the user unless taken with pk_buf_take().
 */
#ifndef PK_BUF_H
#define PK_BUF_H

#include "base/base.h"
#include <stdarg.h>

struct pk_buf {
	char *ptr;
	size_t len, cap;
};
extern char pk_buf_empty[1];
#define PK_BUF_INIT { .ptr = pk_buf_empty }

void pk_buf_release(struct pk_buf *buf); /* frees; the buffer is empty and usable again */
void pk_buf_clear(struct pk_buf *buf);   /* length 0, memory kept */
void pk_buf_add(struct pk_buf *buf, const char *s);
void pk_buf_addn(struct pk_buf *buf, const char *s, size_t n); /* may hold NUL bytes */
void pk_buf_addc(struct pk_buf *buf, char c);
void pk_buf_addf(struct pk_buf *buf, const char *fmt, ...) PK_PRINTF(2, 3);
void pk_buf_vaddf(struct pk_buf *buf, const char *fmt, va_list ap);
void pk_buf_truncate(struct pk_buf *buf, size_t len); /* len <= buf->len */
void pk_buf_rtrim(struct pk_buf *buf);                /* white space at the end */
char *pk_buf_take(struct pk_buf *buf);                /* malloc'd string, caller frees; buffer empty after */

#endif
