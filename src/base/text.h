/* Small work on text. */
#ifndef PK_TEXT_H
#define PK_TEXT_H

#include "base/buf.h"

/* "Add users.name!" -> "add_users_name"; at most 60 bytes; "" when nothing is left. Caller frees. */
char *pk_slug(const char *s);
/* Name as a path component: bytes outside [A-Za-z0-9_.$-], a leading dot and '%' become %XX; over 200 bytes: cut, with a hash. */
void pk_buf_add_path_name(struct pk_buf *buf, const char *name);
/* As one word of a shell's command line: '...' where it needs quotes. */
void pk_buf_add_shell(struct pk_buf *buf, const char *word);
uint64_t pk_hash(const void *data, size_t n, uint64_t seed); /* FNV-1a 64; not for security */
/* Line and column (1-based, in bytes) of an offset. */
void pk_line_col(const char *text, size_t offset, int *ret_line, int *ret_col);
/* The same for many offsets, which do not go down: { .text = text } at first. */
struct pk_lines {
	const char *text;
	size_t at, start; /* how far it was read; where the line begins */
	int before;	  /* lines before it */
};
void pk_lines_place(struct pk_lines *lines, size_t offset, int *ret_line, int *ret_col);
bool pk_utf8_valid(const char *s, size_t n);
/* One character, and its length in bytes (1 for the end of the text); 0 when the first byte begins none (RFC 3629). */
size_t pk_utf8_decode(const char *s, uint32_t *ret);
/* Control characters, marks that turn the direction of text, those without width, fillers without ink. */
bool pk_utf8_unseen(uint32_t c);
/* At most so many bytes of it, in whole characters, "..." behind them where it goes on. Caller frees. */
char *pk_cut(const char *s, size_t bytes);
char *pk_size(uint64_t bytes);    /* "12 kB", "1.3 GB"; caller frees */
char *pk_count(uint64_t n);       /* "12,400,000"; caller frees */
bool pk_glob(const char *pattern, const char *s); /* fnmatch(3) without flags */

#endif
