#include "sql/check_file.h"

#include <ctype.h>
#include <errno.h>

#include "base/text.h"
#include "sql/action.h"
#include "sql/scan.h"

struct parse {
	const char *sql, *file;
	struct pk_statements statements;
	struct pk_check_file *ret;
	struct pk_err *err;
	size_t next; /* the first query that does not end before the comment at hand */
};

void pk_check_file_release(struct pk_check_file *file)
{
	free(file->items);
	pk_arena_release(&file->arena);
	*file = (struct pk_check_file)PK_CHECK_FILE_INIT;
}

static int fail_at(const struct parse *p, size_t offset)
{
	int line, col;

	pk_line_col(p->sql, offset, &line, &col);
	return pk_err_at(p->err, p->file, line, col);
}

/* ---- what is expected ---- */

static const char *skip_space(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* "added 2" and the like. Moves past it. */
static bool take_count(const char **s, const char *word, int64_t *ret)
{
	const char *at = *s + strlen(word);
	char *end;

	if (!pk_starts_with(*s, word) || !isspace((unsigned char)*at))
		return false;
	at = skip_space(at);
	errno = 0;
	*ret = strtoll(at, &end, 10);
	if (!isdigit((unsigned char)*at) || errno)
		return false;
	*s = skip_space(end);
	return true;
}

static bool read_counts(const char *s, struct pk_expectation *ret)
{
	bool added = false, removed = false;

	ret->what = PK_EXPECT_COUNTS;
	for (;; s = skip_space(s + 1)) {
		bool *again = pk_starts_with(s, "added") ? &added : &removed;

		if (*again || !(take_count(&s, "added", &ret->added) || take_count(&s, "removed", &ret->removed)))
			return false;
		*again = true;
		if (*s != ',')
			return *s == '\0';
	}
}

static bool read_expectation(const char *s, struct pk_expectation *ret)
{
	static const struct {
		const char *word;
		enum pk_expecting what;
	} words[] = { { "same", PK_EXPECT_SAME }, { "may-change", PK_EXPECT_CHANGE }, { "empty", PK_EXPECT_EMPTY } };

	ret->text = s;
	for (size_t i = 0; i < PK_COUNT(words); i++) {
		if (pk_streq(s, words[i].word)) {
			ret->what = words[i].what;
			return true;
		}
	}
	return read_counts(s, ret);
}

/* What stands behind "-- postkit:", without the reason; NULL: the comment is none of ours. */
static char *directive(const struct parse *p, const struct pk_token *token)
{
	PK_FREE char *comment = pk_strndup(p->sql + token->start, token->end - token->start);
	const char *s = comment + strspn(comment, "-");
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	s = skip_space(s);
	if (!pk_starts_with(comment, "--") || !pk_starts_with(s, "postkit:"))
		return NULL;
	s = skip_space(s + strlen("postkit:"));
	pk_buf_addn(&text, s, strcspn(s, ":"));
	pk_buf_rtrim(&text);
	return pk_buf_take(&text);
}

/* The query that a comment stands above; NULL: none. */
static struct pk_check_query *query_below(struct parse *p, size_t offset)
{
	for (; p->next < p->statements.n; p->next++) {
		const struct pk_statement *s = &p->statements.items[p->next];
		size_t end = s->offset + strlen(s->text);

		if (offset < s->offset)
			return &p->ret->items[p->next];
		/* in it, or behind it on its line */
		if (offset < end || !memchr(p->sql + end, '\n', offset - end))
			return NULL;
	}
	return NULL;
}

static int expect(struct parse *p, const struct pk_token *token, const char *said)
{
	struct pk_check_query *query = query_below(p, token->start);
	const char *word = "expect";
	const char *text = skip_space(said + strlen(word));
	struct pk_expectation expected = { 0 };

	if (!pk_starts_with(said, word) || (*text && text == said + strlen(word)) ||
	    !read_expectation(pk_arena_strdup(&p->ret->arena, text), &expected)) {
		pk_err_set(p->err, "'postkit:%s' is nothing that can be said in a file of checks", said);
		pk_err_hint(p->err, "-- postkit:expect same, may-change, empty, or added 2, removed 1; a reason may "
				    "follow a colon");
		return fail_at(p, token->start);
	}
	if (!query || query->expected.text) {
		pk_err_set(p->err, query ? "a second expectation of one query" : "the expectation stands above no query");
		return fail_at(p, token->start);
	}
	query->expected = expected;
	return 0;
}

static int read_comments(struct parse *p)
{
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, p->sql, strlen(p->sql));
	while (pk_scan_next(&scan, &token)) {
		PK_FREE char *said = token.kind == PK_TOKEN_COMMENT ? directive(p, &token) : NULL;

		if (said && expect(p, &token, said) < 0)
			return -1;
	}
	return 0;
}

/* ---- */

static bool is_query(const struct pk_action *action)
{
	return action->verb == PK_SELECT || (action->verb == PK_UNPARSED && action->said == PK_SELECT);
}

static int check_statements(const struct parse *p)
{
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;

	pk_sql_actions(&p->statements, &actions);
	for (size_t i = 0; i < actions.n; i++) {
		const struct pk_statement *s = &p->statements.items[actions.items[i].statement];

		if (is_query(&actions.items[i]))
			continue;
		pk_err_set(p->err, "%s", s->parse_error ? s->parse_error : "a check is a query, and this is not one");
		pk_err_hint(p->err, "checks only read: SELECT, VALUES, TABLE, or WITH ... SELECT");
		return fail_at(p, s->offset);
	}
	return 0;
}

static int parse(struct parse *p)
{
	if (pk_sql_split(p->sql, p->file, &p->statements, p->err) < 0 || check_statements(p) < 0)
		return -1;
	p->ret->items = pk_alloc((p->statements.n + 1) * sizeof(*p->ret->items));
	for (p->ret->n = 0; p->ret->n < p->statements.n; p->ret->n++) {
		const struct pk_statement *s = &p->statements.items[p->ret->n];

		p->ret->items[p->ret->n] = (struct pk_check_query){
			.sql = pk_arena_strdup(&p->ret->arena, s->text), .line = s->line, .col = s->col,
		};
	}
	if (read_comments(p) < 0)
		return -1;
	for (size_t i = 0; i < p->ret->n; i++)
		if (!p->ret->items[i].expected.text)
			p->ret->items[i].expected.text = "same";
	return 0;
}

int pk_check_file_parse(const char *sql, const char *file, struct pk_check_file *ret, struct pk_err *err)
{
	struct parse p = { .sql = sql, .file = file, .ret = ret, .err = err };
	int result = parse(&p);

	pk_statements_release(&p.statements);
	return result;
}
