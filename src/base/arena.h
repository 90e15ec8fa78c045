/* Memory for what lives and dies together. Nothing is freed singly. */
#ifndef PK_ARENA_H
#define PK_ARENA_H

#include "base/base.h"

struct pk_arena {
	struct pk_arena_block *head;
};
#define PK_ARENA_INIT { 0 }

void pk_arena_release(struct pk_arena *arena);
void pk_arena_take(struct pk_arena *arena, struct pk_arena *from); /* what is in it; it is empty then */
void *pk_arena_alloc(struct pk_arena *arena, size_t size); /* zeroed, aligned for any type */
char *pk_arena_strdup(struct pk_arena *arena, const char *s); /* NULL gives NULL */
char *pk_arena_strndup(struct pk_arena *arena, const char *s, size_t n);
char *pk_arena_join(struct pk_arena *arena, const char *a, char between, const char *b);
char *pk_arena_printf(struct pk_arena *arena, const char *fmt, ...) PK_PRINTF(2, 3);

#endif
