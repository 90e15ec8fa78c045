/* Names of tablespaces, by tokens: what the grammar refuses counts too. */
#include "base/strv.h"
#include "sql/action.h"
#include "sql/scan.h"

/* What is read of a statement. */
struct spot {
	const char *text;
	struct pk_token first, last; /* its first token, and the one before */
	bool begun;
	bool ended; /* what follows is a query, which has columns of any name */
	int depth;  /* of brackets */
};

static bool is_any(const char *text, const struct pk_token *token, const char *const *words,
		   size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pk_token_is(text, token, words[i]))
			return true;
	return false;
}

/* Is the word at hand the one of the clause? Inside brackets it is that of an index: columns may have that name. */
static bool in_clause(const struct spot *s)
{
	static const char *const begins[] = { "create", "alter" };
	static const char *const not_after[] = { "create", "alter", "column", "rename",
						 "add",	   "drop",  "to",     "in" };

	if (pk_token_is(s->text, &s->last, "index"))
		return true;
	return s->begun && !s->ended && s->depth == 0 &&
	       is_any(s->text, &s->first, begins, PK_COUNT(begins)) &&
	       !is_any(s->text, &s->last, not_after, PK_COUNT(not_after)) &&
	       !pk_token_char(s->text, &s->last, '.') && !pk_token_char(s->text, &s->last, ',');
}

static void go_on(struct spot *s, const struct pk_token *token)
{
	if (!s->begun)
		s->first = *token;
	s->begun = true;
	s->last = *token;
	if (pk_token_char(s->text, token, '('))
		s->depth++;
	else if (pk_token_char(s->text, token, ')'))
		s->depth--;
	else if (s->depth == 0 && pk_token_is(s->text, token, "as"))
		s->ended = true;
	else if (s->depth <= 0 && pk_token_char(s->text, token, ';'))
		*s = (struct spot){ .text = s->text };
}

void pk_sql_spaces(const char *text, struct pk_strv *ret)
{
	struct spot spot = { .text = text };
	struct pk_token token;
	struct pk_scan scan;

	pk_scan_start(&scan, text, strlen(text));
	while (pk_scan_code(&scan, &token)) {
		bool wanted = pk_token_is(text, &token, "tablespace") && in_clause(&spot);
		PK_FREE char *name = NULL;

		go_on(&spot, &token);
		if (!wanted || !pk_scan_code(&scan, &token))
			continue;
		name = pk_token_name(text, &token);
		if (name && !pk_strv_has(ret, name))
			pk_strv_push(ret, name);
		go_on(&spot, &token);
	}
}
