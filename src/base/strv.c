#include "base/buf.h"
#include "base/strv.h"

void pk_strv_release(struct pk_strv *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->n; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct pk_strv)PK_STRV_INIT;
}

void pk_strv_push(struct pk_strv *v, const char *s)
{
	pk_strv_push_take(v, pk_strdup(s));
}

void pk_strv_push_take(struct pk_strv *v, char *s)
{
	if (v->n + 1 >= v->cap) {
		v->cap = v->cap ? v->cap * 2 : 8;
		v->items = pk_realloc_array(v->items, v->cap, sizeof(*v->items));
	}
	v->items[v->n++] = s;
	v->items[v->n] = NULL;
}

void pk_strv_pushf(struct pk_strv *v, const char *fmt, ...)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	pk_buf_vaddf(&buf, fmt, ap);
	va_end(ap);
	pk_strv_push_take(v, pk_buf_take(&buf));
}

void pk_strv_extend(struct pk_strv *v, const char *const *items)
{
	for (; items && *items; items++)
		pk_strv_push(v, *items);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void pk_strv_sort(struct pk_strv *v)
{
	if (v->n > 1)
		qsort(v->items, v->n, sizeof(*v->items), by_bytes);
}

bool pk_strv_has(const struct pk_strv *v, const char *s)
{
	for (size_t i = 0; i < v->n; i++) {
		if (strcmp(v->items[i], s) == 0)
			return true;
	}
	return false;
}

void pk_strv_split(struct pk_strv *v, const char *s, char sep)
{
	while (*s) {
		const char *end = strchrnul(s, sep);
		if (end != s)
			pk_strv_push_take(v, pk_strndup(s, (size_t)(end - s)));
		s = *end ? end + 1 : end;
	}
}

char *pk_strv_join(const struct pk_strv *v, const char *sep)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	for (size_t i = 0; i < v->n; i++) {
		if (i)
			pk_buf_add(&buf, sep);
		pk_buf_add(&buf, v->items[i]);
	}
	return pk_buf_take(&buf);
}
