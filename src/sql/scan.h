/*
 * A scanner for SQL text that never gives up on syntax: quotes, E'' and U&'' strings, dollar quotes,
 * nested comments. It splits what the grammar refuses, and finds names in DO bodies.
 */
#ifndef PK_SQL_SCAN_H
#define PK_SQL_SCAN_H

#include "base/base.h"

enum pk_token_kind {
	PK_TOKEN_END,
	PK_TOKEN_WORD,
	PK_TOKEN_QUOTED,
	PK_TOKEN_STRING,
	PK_TOKEN_DOLLAR,
	PK_TOKEN_NUMBER,
	PK_TOKEN_CHAR,	    /* any other single byte: operators, brackets, ; , . */
	PK_TOKEN_COMMENT,   /* -- without its line end, or a whole block comment */
	PK_TOKEN_BACKSLASH, /* psql's commands start so */
};
struct pk_token {
	enum pk_token_kind kind;
	size_t start, end; /* in the text; quotes included */
};
struct pk_scan {
	const char *text;
	size_t pos, len;
	const char *error; /* "unterminated quoted string", ...; the token that began it has been returned as the rest */
	size_t error_at;
};
#define PK_SCAN_INIT { 0 }

/* text is borrowed. */
void pk_scan_start(struct pk_scan *scan, const char *text, size_t len);
bool pk_scan_next(struct pk_scan *scan, struct pk_token *ret); /* comments too; false at the end */
bool pk_scan_code(struct pk_scan *scan, struct pk_token *ret); /* without comments */

/*
 * Comments become blanks, so that all else stays where it is. What libpg_query reads goes through it: its scanner takes
 * time by the square of their number.
 */
void pk_scan_blank_comments(char *text);

/* An unquoted word, whatever its case. word is lower case. */
bool pk_token_is(const char *text, const struct pk_token *token, const char *word);
bool pk_token_char(const char *text, const struct pk_token *token, char c);
/* Such a word stands somewhere in the text, outside quotes and comments. */
bool pk_scan_has_word(const char *text, const char *word);
/* The name that a word or a quoted identifier spells, folded or unquoted; NULL for other tokens. Caller frees. */
char *pk_token_name(const char *text, const struct pk_token *token);
/* What is between the quotes of a string or dollar string, unescaped ('' only). Caller frees; NULL for others. */
char *pk_token_string(const char *text, const struct pk_token *token);

#endif
