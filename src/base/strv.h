/* A list of strings that it owns. items[n] is NULL, so items works as an argv. */
#ifndef PK_STRV_H
#define PK_STRV_H

#include "base/base.h"

struct pk_strv {
	char **items; /* NULL while n == 0 and nothing was ever pushed */
	size_t n, cap;
};
#define PK_STRV_INIT { 0 }

void pk_strv_release(struct pk_strv *v);
void pk_strv_push(struct pk_strv *v, const char *s);      /* copies */
void pk_strv_push_take(struct pk_strv *v, char *s);       /* takes a malloc'd string */
void pk_strv_pushf(struct pk_strv *v, const char *fmt, ...) PK_PRINTF(2, 3);
void pk_strv_extend(struct pk_strv *v, const char *const *items); /* NULL terminated */
void pk_strv_sort(struct pk_strv *v);                     /* by bytes */
bool pk_strv_has(const struct pk_strv *v, const char *s);
void pk_strv_split(struct pk_strv *v, const char *s, char sep); /* empty parts dropped */
char *pk_strv_join(const struct pk_strv *v, const char *sep);   /* caller frees */

#endif
