#include "lint/fix_text.h"

#include "sql/scan.h"

/* Rules whose fix is all that has to stand there instead. */
static const char *const mechanical[] = {
	"index-blocking",   "drop-index-blocking", "reindex-blocking", "fk-validating",
	"check-validating", "unique-blocking",	   "pk-blocking",      "not-null-scan",
	"validate-same-tx", "concurrently-in-tx",  "matview-refresh-blocking",
};

bool pk_fix_is_mechanical(const char *rule)
{
	size_t i = 0;

	while (i < PK_COUNT(mechanical) && strcmp(rule, mechanical[i]) != 0)
		i++;
	return i < PK_COUNT(mechanical);
}

/* A finding that it may take the place of, but for its text. */
static bool is_mechanical(const struct pk_finding *f, size_t statement)
{
	return f->index == statement && f->place != SIZE_MAX && !f->allowed && f->fix && pk_fix_is_mechanical(f->rule);
}

/* Part of the statement at least goes by another way, which its own finding or the schema tells. */
static bool goes_apart(const struct pk_finding *f, size_t statement)
{
	return is_mechanical(f, statement) ||
	       (f->index == statement && f->place != SIZE_MAX && !f->allowed && pk_fix_asks(f->rule));
}

/* ---- fixes apart ---- */

void pk_fix_groups_release(struct pk_fix_groups *groups)
{
	for (size_t i = 0; i < groups->n; i++)
		free(groups->items[i].sql);
	free(groups->items);
	*groups = (struct pk_fix_groups)PK_FIX_GROUPS_INIT;
}

void pk_fix_groups_add(struct pk_fix_groups *groups, enum pk_fix_how how, char *sql)
{
	if (groups->n == groups->cap) {
		groups->cap = groups->cap ? 2 * groups->cap : 8;
		groups->items =
			pk_realloc_array(groups->items, groups->cap, sizeof(*groups->items));
	}
	groups->items[groups->n++] = (struct pk_fix_group){ .how = how, .sql = sql };
}

static const struct {
	const char *line;
	enum pk_fix_how how;
} marks[] = { { PK_FIX_OWN, PK_FIX_IN_OWN },
	      { PK_FIX_ALONE, PK_FIX_WITHOUT },
	      { PK_FIX_THEN, PK_FIX_BEHIND } };

/* *ret: as it was, when no mark stands there. */
static size_t mark_at(const char *p, enum pk_fix_how *ret)
{
	for (size_t i = 0; i < PK_COUNT(marks); i++) {
		if (!pk_starts_with(p, marks[i].line))
			continue;
		*ret = marks[i].how;
		return strlen(marks[i].line);
	}
	return 0;
}

/* A statement's own text may hold a line that looks like a mark: only what stands between statements is one. */
static void take_fix(const char *fix, struct pk_fix_groups *ret)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	enum pk_fix_how how = PK_FIX_IN_PLACE, next = PK_FIX_IN_PLACE;
	const char *p = fix;

	if (pk_sql_split_only(fix, "fix", false, &statements, NULL) < 0)
		return;
	for (size_t i = 0; i < statements.n; i++) {
		const char *start = fix + statements.items[i].offset;
		size_t len = strlen(statements.items[i].text), marked;

		for (; p < start; p += marked ? marked : 1)
			if ((marked = mark_at(p, &next)) && sql.len)
				pk_fix_groups_add(ret, how, pk_buf_take(&sql));
		how = next;
		pk_buf_addf(&sql, "%s%.*s;", sql.len ? "\n" : "", (int)len, start);
		p = start + len;
	}
	if (sql.len)
		pk_fix_groups_add(ret, how, pk_buf_take(&sql));
}

/* Whether the grammar takes all of it: what a rule could not name it does not. */
static bool is_whole(const char *sql)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;

	if (pk_sql_split(sql, "fix", &statements, NULL) < 0 || !statements.n)
		return false;
	for (size_t i = 0; i < statements.n; i++)
		if (!statements.items[i].parsed)
			return false;
	return true;
}

/* ---- which findings ---- */

void pk_fix_text_release(struct pk_fix_text *t)
{
	free(t->sql);
	pk_statements_release(&t->statements);
	pk_actions_release(&t->actions);
	pk_findings_release(&t->findings);
}

int pk_fix_text_read(struct pk_fix_text *t, const char *sql, const char *file,
		     const struct pk_lint_options *options, struct pk_err *err)
{
	struct pk_lint_options only_text = *options;

	*t = (struct pk_fix_text){ .sql = pk_strdup(sql),
				   .transaction = options->transaction,
				   .catalog = options->catalog };
	only_text.measure = NULL;
	if (pk_sql_split_only(sql, file, !options->ours, &t->statements, err) < 0)
		return -1;
	pk_sql_actions(&t->statements, &t->actions);
	return pk_lint_sql(sql, file, &only_text, &t->findings, err);
}

static size_t n_actions(const struct pk_fix_text *t, size_t statement)
{
	size_t n = 0;

	for (size_t i = 0; i < t->actions.n; i++)
		n += t->actions.items[i].statement == statement;
	return n;
}

/*
 * The fixes of a statement, where they are about all that it does. A rule may have one for each of the objects that
 * it names.
 */
void pk_fix_of(const struct pk_fix_text *t, size_t statement, struct pk_fix_groups *ret)
{
	const char *rule = NULL;
	size_t n = 0;

	if (pk_fix_hopeless(t, statement))
		return;
	for (size_t i = 0; i < t->findings.n; i++) {
		const struct pk_finding *f = &t->findings.items[i];
		if (!is_mechanical(f, statement) || !is_whole(f->fix) ||
		    (rule && strcmp(rule, f->rule) != 0))
			continue;
		rule = f->rule;
		n = f->whole ? n_actions(t, statement) : n + 1;
		take_fix(f->fix, ret);
	}
	if (n && n < n_actions(t, statement))
		pk_fix_groups_release(ret);
}

size_t pk_fix_end_of_statement(const struct pk_fix_text *t, size_t statement, size_t *ret_semicolon)
{
	const struct pk_statement *s = &t->statements.items[statement];
	size_t end = s->offset + strlen(s->text), len = strlen(t->sql);
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, t->sql + end, len - end);
	*ret_semicolon = end;
	if (!pk_scan_code(&scan, &token) || !pk_token_char(t->sql + end, &token, ';'))
		return len;
	size_t at = *ret_semicolon = end + token.end, comment = at;
	pk_scan_start(&scan, t->sql + at, len - at);
	while (pk_scan_next(&scan, &token) && token.kind == PK_TOKEN_COMMENT &&
	       !memchr(t->sql + comment, '\n', at + token.start - comment))
		comment = at + token.end;
	size_t rest = comment + strspn(t->sql + comment, " \t\r");
	return t->sql[rest] == '\n' ? rest + 1 : comment;
}

/* ---- subcommands apart ---- */

#define PLACES_MAX 256

/* A subcommand of ALTER TABLE: comma is where the one before it ends. */
struct place {
	size_t comma, start, end;
	bool apart;
};

/* Behind ALTER TABLE [IF EXISTS] [ONLY] name [*]; false: it is something else. */
static bool skip_table(const char *text, struct pk_scan *scan, struct pk_token *token)
{
	static const char *const words[] = { "alter", "table" };
	static const char *const options[] = { "if", "exists", "only" };

	for (size_t i = 0; i < PK_COUNT(words); i++)
		if (!pk_scan_code(scan, token) || !pk_token_is(text, token, words[i]))
			return false;
	pk_scan_code(scan, token);
	for (size_t i = 0; i < PK_COUNT(options); i++)
		if (pk_token_is(text, token, options[i]))
			pk_scan_code(scan, token);
	while (pk_scan_code(scan, token) && pk_token_char(text, token, '.'))
		if (!pk_scan_code(scan, token))
			return false;
	return !pk_token_char(text, token, '*') || pk_scan_code(scan, token);
}

static size_t places_of(const char *text, struct place *ret)
{
	struct pk_scan scan;
	struct pk_token token;
	size_t n = 0;
	int depth = 0;

	pk_scan_start(&scan, text, strlen(text));
	if (!skip_table(text, &scan, &token))
		return 0;
	ret[n++] = (struct place){ .comma = token.start, .start = token.start };
	do {
		depth += pk_token_char(text, &token, '(') + pk_token_char(text, &token, '[') -
			 pk_token_char(text, &token, ')') - pk_token_char(text, &token, ']');
		if (depth || !pk_token_char(text, &token, ','))
			continue;
		size_t comma = token.start;
		if (n == PLACES_MAX || !pk_scan_code(&scan, &token))
			return 0;
		ret[n - 1].end = comma;
		ret[n++] = (struct place){ .comma = comma, .start = token.start };
	} while (pk_scan_code(&scan, &token));
	ret[n - 1].end = strlen(text);
	return n;
}

/* What it takes away it may put something else in the place of, both at once; between two statements there is nothing. */
static bool takes_away(const struct pk_fix_text *t, size_t statement)
{
	static const enum pk_sub subs[] = { PK_DROP_CONSTRAINT, PK_DROP_NOT_NULL, PK_DROP_DEFAULT };

	for (size_t i = 0; i < t->actions.n; i++)
		for (size_t k = 0; k < PK_COUNT(subs); k++)
			if (t->actions.items[i].statement == statement && t->actions.items[i].sub == subs[k])
				return true;
	return false;
}

/*
 * "ALTER TABLE t a, b, c" as "ALTER TABLE t a, c;\nALTER TABLE t b", where b has a fix and the others have none: so
 * the server orders them, too, for what has a fix comes after all else that one statement does. False: nothing to part.
 */
static bool take_apart(const struct pk_fix_text *t, size_t statement, struct pk_buf *out)
{
	const char *text = t->statements.items[statement].text, *before = "";
	struct place places[PLACES_MAX];
	size_t n = places_of(text, places), kept = n;

	if (!t->transaction && takes_away(t, statement))
		return false;

	for (size_t i = 0; i < t->findings.n; i++) {
		const struct pk_finding *f = &t->findings.items[i];
		if (!goes_apart(f, statement) || f->place >= n || f->whole)
			continue;
		kept -= !places[f->place].apart;
		places[f->place].apart = true;
	}
	if (n < 2 || kept == n)
		return false;
	if (kept)
		pk_buf_addn(out, text, places[0].start);
	for (size_t i = 0; i < n; i++) {
		const struct place *p = &places[i];
		if (p->apart)
			continue;
		if (*before)
			pk_buf_addn(out, text + p->comma, p->start - p->comma);
		pk_buf_addn(out, text + p->start, p->end - p->start);
		before = ";\n";
	}
	for (size_t i = 0; i < n; i++) {
		const struct place *p = &places[i];
		if (!p->apart)
			continue;
		pk_buf_addf(out, "%s%.*s%.*s", before, (int)places[0].start, text,
			    (int)(p->end - p->start), text + p->start);
		before = ";\n";
	}
	return true;
}

/* The text with such statements taken apart; *ret as it was when there are none. */
void pk_fix_normalise(const struct pk_fix_text *t, struct pk_buf *ret)
{
	size_t done = 0;

	for (size_t i = 0; i < t->statements.n; i++) {
		const struct pk_statement *s = &t->statements.items[i];
		PK_AUTO(pk_buf) apart = PK_BUF_INIT;
		if (!take_apart(t, i, &apart))
			continue;
		pk_buf_addn(ret, t->sql + done, s->offset - done);
		pk_buf_add(ret, apart.ptr);
		done = s->offset + strlen(s->text);
	}
	if (done)
		pk_buf_add(ret, t->sql + done);
}
