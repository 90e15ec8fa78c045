/*
 * Printing for people. Names and messages come from branches, files, databases and servers, and may hold anything: what
 * these functions are given as %s is made fit for a terminal. Nothing outside base/ calls printf(3); a test sees to it.
 */
#ifndef PK_PRINT_H
#define PK_PRINT_H

#include <stdarg.h>

#include "base/buf.h"

/*
 * As printf(3): what a %s brings stands on one line, as pk_buf_add_safe() shows it; but what pk_color() gave does its work.
 * The format is ours, with its line ends. Flags, width, precision and d, i, u, x, X, c, s, f, g with h, l, ll, z.
 */
void pk_print(FILE *out, const char *fmt, ...) PK_PRINTF(2, 3);
void pk_vprint(FILE *out, const char *fmt, va_list ap) PK_PRINTF(2, 0);
void pk_buf_vadd_shown(struct pk_buf *buf, const char *fmt, va_list ap) PK_PRINTF(2, 0);

/* Text with lines of its own, and no colours. */
void pk_print_lines(FILE *out, const char *text);
/* SQL and the like, which programs read: as it is, byte for byte, and as lines for people on a terminal. */
void pk_print_data(FILE *out, const char *text);

#endif
