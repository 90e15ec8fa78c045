/* What an expression comes to at another time. */
#include "sql/closed.h"

#include <ctype.h>
#include <strings.h>

/* In names and in texts alike, since a text may come to be a date: one too many does no harm. */
bool pk_sql_steady(const char *sql, const struct pk_strv *more)
{
	static const char *const words[] = { "now", "age", "today", "tomorrow", "yesterday", "current_date", "current_time",
					     "current_timestamp", "localtime", "localtimestamp" };

	for (size_t n; *sql; sql += n ? n : 1) {
		PK_FREE char *word = NULL;

		for (n = 0; isalnum((unsigned char)sql[n]) || sql[n] == '_';)
			n++;
		word = pk_strndup(sql, n);
		for (size_t i = 0; i < PK_COUNT(words); i++)
			if (strcasecmp(word, words[i]) == 0)
				return false;
	}
	return !more || more->n == 0;
}
