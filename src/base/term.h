/* The terminal: what may be shown, and a question that is answered by yes or no. */
#ifndef PK_TERM_H
#define PK_TERM_H

#include "base/buf.h"
#include "base/err.h"

enum pk_color { PK_PLAIN, PK_RED, PK_GREEN, PK_YELLOW, PK_BLUE, PK_CYAN, PK_BOLD, PK_DIM };

void pk_term_set_color(int when);   /* 0 never, 1 always, -1 by isatty and NO_COLOR (the default) */
/* Escape sequence for a stream, "" when it is no terminal. pk_color(stdout, PK_RED) ... pk_color(stdout, PK_PLAIN) */
const char *pk_color(FILE *stream, enum pk_color color);
bool pk_is_color(const char *s);    /* it came out of pk_color(), and is not just equal to it */
int pk_term_width(void);            /* of stderr, 80 when unknown */
bool pk_term_can_ask(void);         /* stdin and stderr are terminals */

/*
 * Asks on stderr, "question [y/N]". Returns 1 yes, 0 no. Without a terminal: -1, with a hint that
 * --yes answers.
 */
int pk_confirm(const char *question, bool default_yes, struct pk_err *err);

/*
 * Text from outside made fit for a terminal: the bytes of what cannot be seen or turns what follows (pk_utf8_unseen), and of
 * what is no UTF-8, become \xNN; newline and tab stay if keep_lines. Under the runners of GitHub and Azure (GITHUB_ACTIONS,
 * TF_BUILD) so does the first byte of what they would take for a command, "::" where a line or the text begins and "##[".
 */
void pk_buf_add_safe(struct pk_buf *buf, const char *s, bool keep_lines);

#endif
