#include "base/buf.h"
#include <limits.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

void pk_free_pointer(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}

void pk_fatal(const char *message)
{
	const char *const parts[] = { "fatal: ", message, "\n" };

	for (size_t i = 0; i < PK_COUNT(parts); i++) {
		ssize_t written = write(STDERR_FILENO, parts[i], strlen(parts[i]));
		(void)written;
	}
	_exit(128);
}

void *pk_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);
	if (!p)
		pk_fatal("out of memory");
	return p;
}

void *pk_realloc_array(void *p, size_t n, size_t size)
{
	void *grown = reallocarray(p, n ? n : 1, size ? size : 1);
	if (!grown)
		pk_fatal("out of memory");
	return grown;
}

void pk_alloc_expect(size_t bytes)
{
	const uintptr_t page = 2 << 20;
	const size_t largest = 512 << 20, chunk = 16 << 20;

	if (mallinfo2().arena >= bytes)
		return;
	/* Of the heap, by one step of its end; what is freed there stays for what comes. */
	bytes = bytes < largest ? bytes : largest;
	if (!mallopt(M_MMAP_THRESHOLD, 2 * (int)chunk) || !mallopt(M_TOP_PAD, (int)bytes) ||
	    !mallopt(M_TRIM_THRESHOLD, INT_MAX))
		return;
	char *p = malloc(chunk), *end = sbrk(0);
	char *start = p ? p + (page - (uintptr_t)p % page) % page : end;
	if (start < end)
		madvise(start, (size_t)(end - start), MADV_HUGEPAGE);
	free(p);
	mallopt(M_TOP_PAD, 1 << 20);
}

char *pk_strdup(const char *s)
{
	return s ? pk_strndup(s, strlen(s)) : NULL;
}

char *pk_strndup(const char *s, size_t n)
{
	if (!s)
		return NULL;
	n = strnlen(s, n);
	char *copy = pk_alloc(n + 1);
	memcpy(copy, s, n);
	return copy;
}

char *pk_printf(const char *fmt, ...)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	pk_buf_vaddf(&buf, fmt, ap);
	va_end(ap);
	return pk_buf_take(&buf);
}

bool pk_starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool pk_ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);
	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}
