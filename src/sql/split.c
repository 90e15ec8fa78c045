#include "sql/split.h"

#include "base/text.h"
#include "sql/scan.h"

#include <pg_query.h>

struct range {
	size_t start, end; /* from behind the last semicolon to the next */
};
struct ranges {
	struct range *items;
	size_t n, cap;
};

static void ranges_release(struct ranges *ranges)
{
	free(ranges->items);
}

static void ranges_add(struct ranges *ranges, size_t start, size_t end)
{
	if (ranges->n == ranges->cap) {
		ranges->cap = ranges->cap ? 2 * ranges->cap : 64;
		ranges->items =
			pk_realloc_array(ranges->items, ranges->cap, sizeof(*ranges->items));
	}
	ranges->items[ranges->n++] = (struct range){ start, end };
}

void pk_statements_release(struct pk_statements *statements)
{
	pk_arena_release(&statements->arena);
	free(statements->items);
	*statements = (struct pk_statements)PK_STATEMENTS_INIT;
}

/* What is known of the statement that the splitter is in: as psql does it. */
struct state {
	size_t words;	      /* code tokens so far */
	bool copy;	      /* starts with COPY */
	bool create, routine; /* CREATE [OR REPLACE] FUNCTION or PROCEDURE */
	bool from;	      /* the last word was FROM */
	bool begin;	      /* the last word was BEGIN */
	bool stdin_rows;      /* COPY ... FROM STDIN: rows follow its end */
	int parens, blocks;   /* open brackets; BEGIN ATOMIC and CASE in it */
};

struct splitter {
	char *sql;	  /* what psql alone understands is blanked in it */
	const char *file; /* for errors */
	bool psql;	  /* text that psql reads */
	struct pk_scan scan;
	struct state state;
};

static void state_word(struct state *s, const char *text, const struct pk_token *token)
{
	bool begin = s->begin;

	s->begin = false;
	if (s->words == 0) {
		s->copy = pk_token_is(text, token, "copy");
		s->create = pk_token_is(text, token, "create");
	} else if (s->create && s->words <= 3 && !s->routine) {
		s->routine = pk_token_is(text, token, "function") ||
			     pk_token_is(text, token, "procedure");
	} else if (s->routine) {
		if (pk_token_is(text, token, "begin"))
			s->begin = true;
		else if (begin && pk_token_is(text, token, "atomic"))
			s->blocks++;
		else if (s->blocks && pk_token_is(text, token, "case"))
			s->blocks++;
		else if (s->blocks && pk_token_is(text, token, "end"))
			s->blocks--;
	}
	s->from = pk_token_is(text, token, "from");
}

static int refuse(const struct splitter *s, size_t offset, struct pk_err *err)
{
	int line, col;

	pk_line_col(s->sql, offset, &line, &col);
	return pk_err_at(err, s->file, line, col);
}

static int refuse_command(const struct splitter *s, size_t offset, struct pk_err *err)
{
	size_t n = strcspn(s->sql + offset, " \t\r\n;");

	pk_err_set(err, "'%.*s' is a command of psql, not SQL", (int)(n > 40 ? 40 : n), s->sql + offset);
	pk_err_hint(err, "remove it; only statements that the server takes can stand here");
	return refuse(s, offset, err);
}

static bool is_restrict(const char *s)
{
	return pk_starts_with(s, "\\restrict ") || pk_starts_with(s, "\\unrestrict ");
}

static void blank(char *sql, size_t start, size_t end)
{
	for (size_t i = start; i < end; i++)
		if (sql[i] != '\n' && sql[i] != '\r')
			sql[i] = ' ';
}

/* Commands of psql that bring in what is not written here. */
static bool brings_in(const char *s)
{
	static const char *const commands[] = { "\\i", "\\ir", "\\include", "\\include_relative", "\\gexec", "\\copy" };
	size_t n = strcspn(s, " \t\r\n;");

	for (size_t i = 0; i < PK_COUNT(commands); i++)
		if (strlen(commands[i]) == n && memcmp(s, commands[i], n) == 0)
			return true;
	return false;
}

/*
 * A command of psql, to the end of its line. Behind words it ends their statement, as \g does. Returns 1 when a
 * statement ends with it.
 */
static int psql_command(struct splitter *s, struct pk_token *token)
{
	size_t end = token->start + strcspn(s->sql + token->start, "\r\n");

	s->scan.pos = end;
	if (brings_in(s->sql + token->start)) {
		token->start = token->end = end;
		s->state.words++;
		return 1;
	}
	blank(s->sql, token->start, end);
	return s->state.words > 0;
}

/* The rows of COPY, to the line "\." or the end. */
static void blank_rows(char *sql, struct pk_scan *scan)
{
	size_t at = scan->pos + strcspn(sql + scan->pos, "\n");

	while (sql[at] == '\n') {
		size_t start = at + 1, end = start + strcspn(sql + start, "\n");
		bool last = end - start >= 2 && memcmp(sql + start, "\\.", 2) == 0;

		blank(sql, start, end);
		at = end;
		if (last)
			break;
	}
	scan->pos = at;
}

/* A command where psql does not read: but for pg_dump's guards, which mean nothing here, it is refused. */
static int take_command(struct splitter *s, const struct pk_token *token, struct pk_err *err)
{
	size_t end = token->start + strcspn(s->sql + token->start, "\r\n");

	if (s->state.words || !is_restrict(s->sql + token->start))
		return refuse_command(s, token->start, err);
	blank(s->sql, token->start, end);
	s->scan.pos = end;
	return 0;
}

static int take_word(struct splitter *s, const struct pk_token *token, struct pk_err *err)
{
	struct state *in = &s->state;
	bool rows = in->copy && in->from && pk_token_is(s->sql, token, "stdin");

	if (rows && !s->psql) {
		pk_err_set(err, "COPY FROM STDIN cannot stand in a file of statements");
		pk_err_hint(err, "write the rows as INSERT, or load them by psql");
		return refuse(s, token->start, err);
	}
	in->stdin_rows = in->stdin_rows || rows;
	state_word(in, s->sql, token);
	return 0;
}

/* One token into the state. Returns 1 when a statement ends with it. */
static int split_token(struct splitter *s, struct pk_token *token, struct pk_err *err)
{
	struct state *in = &s->state;
	char c = token->kind == PK_TOKEN_CHAR ? s->sql[token->start] : '\0';

	if (token->kind == PK_TOKEN_BACKSLASH)
		return s->psql ? psql_command(s, token) : take_command(s, token, err);
	if (c == ';' && in->parens <= 0 && in->blocks == 0) {
		if (in->stdin_rows)
			blank_rows(s->sql, &s->scan);
		return 1;
	}
	if (c == '(')
		in->parens++;
	else if (c == ')' && in->parens > 0)
		in->parens--;
	if (token->kind != PK_TOKEN_WORD)
		in->from = in->begin = false;
	else if (take_word(s, token, err) < 0)
		return -1;
	in->words++;
	return 0;
}

static int split_by_scanner(char *sql, size_t len, const char *file, bool psql, struct ranges *ret,
			    struct pk_err *err)
{
	struct splitter s = { .sql = sql, .file = file, .psql = psql };
	struct pk_token token;
	size_t start = 0;

	pk_scan_start(&s.scan, sql, len);
	while (pk_scan_code(&s.scan, &token)) {
		int end = split_token(&s, &token, err);
		if (end < 0)
			return -1;
		if (!end)
			continue;
		if (s.state.words)
			ranges_add(ret, start, token.start);
		start = token.end;
		s.state = (struct state){ 0 };
	}
	if (s.scan.error) {
		pk_err_set(err, "%s", s.scan.error);
		return refuse(&s, s.scan.error_at, err);
	}
	if (s.state.words)
		ranges_add(ret, start, len);
	return 0;
}

/* False when the grammar refuses the text. */
static bool split_by_grammar(const char *sql, size_t len, struct ranges *ret)
{
	PK_FREE char *code = pk_strdup(sql);
	pk_scan_blank_comments(code);
	PgQuerySplitResult result = pg_query_split_with_parser(code);
	bool good = result.error == NULL;

	for (int i = 0; good && i < result.n_stmts; i++) {
		size_t start = (size_t)result.stmts[i]->stmt_location;
		size_t n = (size_t)result.stmts[i]->stmt_len;
		size_t end = n ? start + n : len;
		/* The grammar trims the comments that belong to it. */
		start = ret->n ? ret->items[ret->n - 1].end : 0;
		ranges_add(ret, start < end ? start : end, end < len ? end : len);
	}
	pg_query_free_split_result(result);
	return good;
}

static const char *parse_error(struct pk_arena *arena, const char *text)
{
	PK_FREE char *code = pk_strdup(text);
	pk_scan_blank_comments(code);
	PgQuerySplitResult result = pg_query_split_with_parser(code);
	const char *message = NULL;

	if (result.error)
		message = pk_arena_strdup(arena, result.error->message);
	pg_query_free_split_result(result);
	return message;
}

/* A comment behind a semicolon on the same line is about the statement before it. */
static bool same_line(const char *sql, size_t from, size_t to)
{
	return from > 0 && memchr(sql + from, '\n', to - from) == NULL;
}

static void add_statement(struct pk_statements *ret, const char *sql, struct range range,
			  bool parsed)
{
	struct pk_scan scan;
	struct pk_token token;
	size_t comment = 0, comment_end = 0, start = 0, end = 0;

	pk_scan_start(&scan, sql + range.start, range.end - range.start);
	while (pk_scan_next(&scan, &token)) {
		size_t at = range.start + token.start;
		if (token.kind == PK_TOKEN_CHAR && sql[at] == ';' && !end)
			continue; /* empty statements before it */
		if (token.kind != PK_TOKEN_COMMENT) {
			start = end ? start : at;
			end = range.start + token.end;
		} else if (!end && !same_line(sql, range.start, at)) {
			comment = comment_end ? comment : at;
			comment_end = range.start + token.end;
		}
	}
	if (!end)
		return;
	if (ret->n == ret->cap) {
		ret->cap = ret->cap ? 2 * ret->cap : 64;
		ret->items = pk_realloc_array(ret->items, ret->cap, sizeof(*ret->items));
	}
	struct pk_statement *statement = &ret->items[ret->n++];
	*statement = (struct pk_statement){
		.text = pk_arena_strndup(&ret->arena, sql + start, end - start),
		.offset = start,
		.comment = pk_arena_strndup(&ret->arena, sql + comment, comment_end - comment),
		.parsed = parsed,
	};
	if (!parsed) {
		statement->parse_error = parse_error(&ret->arena, statement->text);
		statement->parsed = statement->parse_error == NULL;
	}
}

/* Lines and columns of all statements in one pass. */
static void place_statements(struct pk_statements *ret, const char *sql)
{
	size_t pos = 0, line_start = 0;
	int line = 1;

	for (size_t i = 0; i < ret->n; i++) {
		for (; pos < ret->items[i].offset; pos++) {
			if (sql[pos] == '\n') {
				line++;
				line_start = pos + 1;
			}
		}
		ret->items[i].line = line;
		ret->items[i].col = (int)(pos - line_start) + 1;
	}
}

/* The scanner's ranges; text is a copy of sql in which what only editors and psql understand is blank. */
static int scan_text(char *text, const char *file, bool psql, struct ranges *ret, struct pk_err *err)
{
	if (pk_starts_with(text, "\xef\xbb\xbf"))
		memset(text, ' ', 3); /* editors' byte order mark */
	return split_by_scanner(text, strlen(text), file, psql, ret, err);
}

int pk_sql_split_only(const char *sql, const char *file, bool psql, struct pk_statements *ret, struct pk_err *err)
{
	PK_FREE char *text = pk_strdup(sql);
	__attribute__((cleanup(ranges_release))) struct ranges ranges = { 0 };

	if (scan_text(text, file, psql, &ranges, err) < 0)
		return -1;
	for (size_t i = 0; i < ranges.n; i++)
		add_statement(ret, text, ranges.items[i], true);
	place_statements(ret, text);
	return 0;
}

int pk_sql_split(const char *sql, const char *file, struct pk_statements *ret, struct pk_err *err)
{
	PK_FREE char *text = pk_strdup(sql);
	__attribute__((cleanup(ranges_release))) struct ranges scanned = { 0 };
	__attribute__((cleanup(ranges_release))) struct ranges parsed = { 0 };

	if (scan_text(text, file, false, &scanned, err) < 0)
		return -1;
	bool good = split_by_grammar(text, strlen(text), &parsed);
	const struct ranges *ranges = good ? &parsed : &scanned;
	for (size_t i = 0; i < ranges->n; i++)
		add_statement(ret, text, ranges->items[i], good);
	place_statements(ret, text);
	return 0;
}
