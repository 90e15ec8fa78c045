/*
 * What every file of the program sees first: the cleanup attribute, memory that cannot be refused,
 * and the functions that we do not use.
 */
#ifndef PK_BASE_H
#define PK_BASE_H

#ifndef PK_VERSION
#define PK_VERSION "0.1.0"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PK_AUTO(pk_buf) sql = PK_BUF_INIT; calls pk_buf_release(&sql) when the scope ends. */
#define PK_AUTO(type) __attribute__((cleanup(type##_release))) struct type

/* PK_FREE char *s: freed when the scope ends. */
#define PK_FREE __attribute__((cleanup(pk_free_pointer)))
void pk_free_pointer(void *pointer_to_pointer); /* for PK_FREE alone: a char ** or the like, what it points to may be NULL */

/* Hands over what a PK_FREE variable owns: return pk_take(&s); */
static inline char *pk_take(char **s)
{
	char *taken = *s;
	*s = NULL;
	return taken;
}

#define PK_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PK_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* Says so and ends the process with status 128, where nobody could do anything about an error. */
_Noreturn void pk_fatal(const char *message);

/*
 * Memory. Out of memory ends the process with a message and status 128: being killed at any
 * point is safe anyway, so no caller has to look.
 */
void *pk_alloc(size_t size);                      /* zeroed */
void *pk_realloc_array(void *p, size_t n, size_t size);
void pk_alloc_expect(size_t bytes); /* so much is to come: the kernel may give it in large pages */
char *pk_strdup(const char *s);                   /* NULL gives NULL */
char *pk_strndup(const char *s, size_t n);
char *pk_printf(const char *fmt, ...) PK_PRINTF(1, 2); /* caller frees */

static inline bool pk_streq(const char *a, const char *b) /* NULL equals only NULL */
{
	return a == b || (a && b && strcmp(a, b) == 0);
}
bool pk_starts_with(const char *s, const char *prefix); /* by bytes; neither is NULL */
bool pk_ends_with(const char *s, const char *suffix);   /* likewise */

#include "base/banned.h"

#endif
