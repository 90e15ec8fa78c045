#include "trace/refuse.h"

#include <ctype.h>
#include <strings.h>

/* Of a statement in an error. */
#define QUOTED_BYTES 600
#define QUOTED_LINES 8

int pk_run_line(const struct pk_run *how, int line)
{
	return line + (how->first_line > 1 ? how->first_line - 1 : 0);
}

/* A planned statement stands in no file that anybody could open: its first lines are shown. */
static int quote(const struct pk_statement *s, struct pk_err *err)
{
	size_t n = 0;
	int lines = 0;

	if (!err)
		return -1;
	while (n < QUOTED_BYTES && s->text[n] && lines < QUOTED_LINES)
		lines += s->text[n++] == '\n';
	while (n > 0 && s->text[n] && ((unsigned char)s->text[n] & 0xC0) == 0x80)
		n--;
	PK_FREE char *detail = pk_strdup(err->detail);
	return pk_err_detail(err, "%s%sin: %.*s%s", detail ? detail : "", detail ? "\n" : "", (int)n, s->text,
			     s->text[n] ? " ..." : "");
}

int pk_run_place(const struct pk_run *how, const struct pk_statement *s, struct pk_err *err)
{
	int line = s->line, col = s->col;

	if (!how->file)
		return quote(s, err);
	if (err && err->line > 0) {
		col = err->line == 1 ? s->col + err->col - 1 : err->col;
		line = s->line + err->line - 1;
	}
	return pk_err_at(err, how->file, pk_run_line(how, line), col);
}

/* ---- what may be run ---- */

static const struct {
	enum pk_verb verb;
	const char *word; /* of statements that the grammar refused */
	const char *what, *hint;
} refused[] = {
	{ PK_BEGIN, "begin", "transaction control is not possible here", NULL },
	{ PK_BEGIN, "start", "transaction control is not possible here", NULL },
	{ PK_COMMIT, "commit", "transaction control is not possible here", NULL },
	{ PK_COMMIT, "end", "transaction control is not possible here", NULL },
	{ PK_ROLLBACK, "rollback", "transaction control is not possible here", NULL },
	{ PK_ROLLBACK, "abort", "transaction control is not possible here", NULL },
	{ PK_SAVEPOINT, "savepoint", "transaction control is not possible here", NULL },
	{ PK_SAVEPOINT, "release", "transaction control is not possible here", NULL },
	{ PK_COPY, "copy", "COPY is not possible here", "write the rows as INSERT statements" },
	{ PK_COPY_PROGRAM, "copy", "COPY ... PROGRAM is not possible here", NULL },
};

static bool begins_with(const char *text, const char *word)
{
	size_t n = strlen(word);

	return strncasecmp(text, word, n) == 0 && !isalnum((unsigned char)text[n]) &&
	       text[n] != '_';
}

int pk_run_refuse(const struct pk_run *how, const struct pk_statement *s, const struct pk_action *a, struct pk_err *err)
{
	for (size_t k = 0; k < PK_COUNT(refused); k++) {
		bool hit = a && a->verb != PK_UNPARSED ? a->verb == refused[k].verb
						       : begins_with(s->text, refused[k].word);

		if (!hit)
			continue;
		pk_err_set(err, "%s", refused[k].what);
		if (refused[k].hint)
			pk_err_hint(err, "%s", refused[k].hint);
		else if (refused[k].verb != PK_COPY_PROGRAM)
			pk_err_hint(err, "leave it out: %s",
				    how->transaction
					    ? "everything is run in one transaction anyway"
					    : "each statement is a transaction of its own");
		return pk_run_place(how, s, err);
	}
	return 0;
}
