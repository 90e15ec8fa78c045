#include "base/arena.h"
#include "base/buf.h"

struct pk_arena_block {
	struct pk_arena_block *next;
	size_t used, size;
	max_align_t data[];
};

enum { FIRST_BLOCK = 8 * 1024, LARGEST_BLOCK = 1024 * 1024 };

void pk_arena_release(struct pk_arena *arena)
{
	if (!arena)
		return;
	while (arena->head) {
		struct pk_arena_block *next = arena->head->next;
		free(arena->head);
		arena->head = next;
	}
}

void pk_arena_take(struct pk_arena *arena, struct pk_arena *from)
{
	struct pk_arena_block **last = &from->head;

	while (*last)
		last = &(*last)->next;
	*last = arena->head;
	arena->head = from->head;
	from->head = NULL;
}

void *pk_arena_alloc(struct pk_arena *arena, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	if (size > SIZE_MAX / 2)
		pk_realloc_array(NULL, SIZE_MAX, SIZE_MAX); /* ends the process */
	size = (size + align - 1) / align * align;

	struct pk_arena_block *block = arena->head;
	if (!block || block->size - block->used < size) {
		size_t room = block ? block->size * 2 : FIRST_BLOCK;
		if (room > LARGEST_BLOCK)
			room = LARGEST_BLOCK;
		if (room < size)
			room = size;
		block = pk_alloc(sizeof(*block) + room);
		block->size = room;
		block->next = arena->head;
		arena->head = block;
	}
	void *p = (char *)block->data + block->used;
	block->used += size;
	return p;
}

static char *copy(struct pk_arena *arena, const char *s, size_t n)
{
	return memcpy(pk_arena_alloc(arena, n + 1), s, n);
}

char *pk_arena_strdup(struct pk_arena *arena, const char *s)
{
	return s ? copy(arena, s, strlen(s)) : NULL;
}

char *pk_arena_strndup(struct pk_arena *arena, const char *s, size_t n)
{
	return s ? copy(arena, s, strnlen(s, n)) : NULL;
}

char *pk_arena_join(struct pk_arena *arena, const char *a, char between, const char *b)
{
	size_t n_a = strlen(a), n_b = strlen(b);
	char *joined = pk_arena_alloc(arena, n_a + n_b + 2);

	memcpy(joined, a, n_a);
	joined[n_a] = between;
	memcpy(joined + n_a + 1, b, n_b + 1);
	return joined;
}

char *pk_arena_printf(struct pk_arena *arena, const char *fmt, ...)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	pk_buf_vaddf(&buf, fmt, ap);
	va_end(ap);
	return copy(arena, buf.ptr, buf.len);
}
