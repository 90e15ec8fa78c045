#include "sql/depth.h"

#include "sql/scan.h"

/* What a level takes of the stack, as compared with others; DEPTH_MAX is what half of a stack of 8 MB bears. */
enum { BRACKET = 16, OPERATOR = 4, SET_OPERATION = 2, DEPTH_MAX = 8000 };

/* An open bracket or CASE, and what chains in it. */
struct level {
	int outside; /* of what is around it */
	int chain;   /* since the last separator */
	int joins;   /* which commas do not end */
	bool is_case;
};
struct levels {
	struct level items[DEPTH_MAX / BRACKET + 2];
	size_t n; /* the last is items[n] */
};

static int depth(const struct level *level)
{
	return level->outside + level->chain + level->joins;
}

static void open_level(struct levels *levels, bool is_case)
{
	const struct level *outer = &levels->items[levels->n];

	levels->items[++levels->n] = (struct level){ .outside = depth(outer) + BRACKET, .is_case = is_case };
}

static void close_bracket(struct levels *levels)
{
	while (levels->n && levels->items[levels->n].is_case)
		levels->n--;
	if (levels->n)
		levels->n--;
}

static bool is_one_of(const char *sql, const struct pk_token *token, const char *const *words)
{
	for (; *words; words++)
		if (pk_token_is(sql, token, *words))
			return true;
	return false;
}

static void take_word(struct levels *levels, const char *sql, const struct pk_token *token, const struct pk_token *before)
{
	static const char *const chains[] = { "operator", "collate", "at", "not", "is", NULL };
	static const char *const sets[] = { "union", "intersect", "except", NULL };
	static const char *const lists[] = { "and", "or", NULL };
	struct level *level = &levels->items[levels->n];

	if (pk_token_is(sql, token, "case"))
		open_level(levels, true);
	else if (pk_token_is(sql, token, "end") && level->is_case && !pk_token_char(sql, before, '.') &&
		 !pk_token_is(sql, before, "as"))
		levels->n--;
	else if (pk_token_is(sql, token, "join"))
		level->joins += OPERATOR;
	else if (is_one_of(sql, token, sets))
		level->joins += SET_OPERATION;
	else if (is_one_of(sql, token, chains))
		level->chain += OPERATOR;
	else if (is_one_of(sql, token, lists))
		level->chain = 0;
}

static void take_char(struct levels *levels, char c)
{
	struct level *level = &levels->items[levels->n];

	if (c == '(' || c == '[')
		open_level(levels, false);
	else if (c == ')' || c == ']')
		close_bracket(levels);
	else if (c == ';')
		level->chain = level->joins = 0;
	else if (c == ',')
		level->chain = 0;
	else if (c != '.')
		level->chain += OPERATOR;
}

const char *pk_sql_too_deep(const char *sql)
{
	struct levels levels = { .n = 0 };
	struct pk_scan scan;
	struct pk_token token, before = { .kind = PK_TOKEN_END };

	levels.items[0] = (struct level){ 0 };
	pk_scan_start(&scan, sql, strlen(sql));
	for (; pk_scan_code(&scan, &token); before = token) {
		if (token.kind == PK_TOKEN_WORD)
			take_word(&levels, sql, &token, &before);
		else if (token.kind == PK_TOKEN_CHAR)
			take_char(&levels, sql[token.start]);
		if (depth(&levels.items[levels.n]) > DEPTH_MAX)
			return "it is nested too deeply to be read";
	}
	return scan.error;
}
