#include "sql/renamed.h"

#include "base/text.h"
#include "sql/action.h"
#include "sql/scan.h"

static const char marker[] = "postkit:renamed-from";

void pk_renamed_marks_release(struct pk_renamed_marks *marks)
{
	free(marks->items);
	pk_arena_release(&marks->arena);
	*marks = (struct pk_renamed_marks)PK_RENAMED_MARKS_INIT;
}

size_t pk_sql_name_parts(struct pk_arena *arena, const char *text, const char **ret_parts, size_t max,
			 const char **ret_rest)
{
	struct pk_scan scan;
	struct pk_token token;
	size_t n = 0;

	pk_scan_start(&scan, text, strlen(text));
	while (n < max && pk_scan_next(&scan, &token)) {
		PK_FREE char *name = pk_token_name(text, &token);

		if (!name)
			return 0;
		ret_parts[n++] = pk_arena_strdup(arena, name);
		if (ret_rest)
			*ret_rest = text + token.end;
		if (text[token.end] != '.')
			return n;
		pk_scan_next(&scan, &token);
	}
	return 0;
}

/* What is read of one file. */
struct reading {
	const char *file;
	struct pk_renamed_marks *ret;
	const struct pk_statement *statement;
	const struct pk_action *action; /* the statement's first */
	size_t len;			/* of the statement */
	size_t add;			/* where ADD begins in it; SIZE_MAX: nobody has looked */
};

static int refuse(const struct reading *r, int line, int col, const char *why, struct pk_err *err)
{
	pk_err_set(err, "%s %s", marker, why);
	pk_err_hint(err, "it stands above what has the new name: -- %s old_name", marker);
	return pk_err_at(err, r->file, line, col);
}

/* What follows the marker in a "--" comment; NULL when the comment is none of ours. */
static const char *said(const char *text, const struct pk_token *comment)
{
	const char *at = text + comment->start;

	if (comment->kind != PK_TOKEN_COMMENT || !pk_starts_with(at, "--"))
		return NULL;
	at += 2;
	at += strspn(at, " \t");
	if (!pk_starts_with(at, marker))
		return NULL;
	at += strlen(marker);
	return at + strspn(at, " \t:");
}

/* Fills in the old name from what stands behind the marker, up to the end of the line. */
static int read_old(const struct reading *r, const char *at, struct pk_renamed_mark *mark, struct pk_err *err)
{
	struct pk_arena *arena = &r->ret->arena;
	const char *line = pk_arena_strndup(arena, at, strcspn(at, "\r\n")), *parts[2];
	struct pk_scan scan;
	struct pk_token token;
	size_t n;

	pk_scan_start(&scan, line, strlen(line));
	if (*line == '\'' && pk_scan_next(&scan, &token) && token.kind == PK_TOKEN_STRING && !scan.error) {
		PK_FREE char *label = pk_token_string(line, &token);

		mark->old_name = pk_arena_strdup(arena, label);
		return 0;
	}
	n = pk_sql_name_parts(arena, line, parts, PK_COUNT(parts), NULL);
	if (!n || (!*parts[n - 1] && !pk_streq(mark->word, "value")))
		return refuse(r, mark->line, mark->col, "does not say the old name", err);
	mark->old_schema = n > 1 ? parts[0] : NULL;
	mark->old_name = parts[n - 1];
	return 0;
}

static void add_mark(const struct reading *r, const struct pk_renamed_mark *mark)
{
	struct pk_renamed_marks *ret = r->ret;
	struct pk_arena *arena = &ret->arena;

	if (ret->n == ret->cap) {
		ret->cap = ret->cap ? ret->cap * 2 : 8;
		ret->items = pk_realloc_array(ret->items, ret->cap, sizeof(*ret->items));
	}
	ret->items[ret->n] = *mark;
	ret->items[ret->n].word = pk_arena_strdup(arena, mark->word);
	ret->items[ret->n].schema = pk_arena_strdup(arena, mark->schema);
	ret->items[ret->n].within = pk_arena_strdup(arena, mark->within);
	ret->items[ret->n].name = pk_arena_strdup(arena, mark->name);
	ret->n++;
}

/* ---- parts: columns, constraints, attributes, values ---- */

/* Words that may stand between ADD and the name. */
static bool is_filler(const char *text, const struct pk_token *token)
{
	static const char *const words[] = { "add", "column", "attribute", "value", "if", "not", "exists" };

	for (size_t i = 0; i < PK_COUNT(words); i++)
		if (pk_token_is(text, token, words[i]))
			return true;
	return false;
}

/* A table's constraint without a name, or columns of another table. */
static bool is_nameless(const char *text, const struct pk_token *token)
{
	static const char *const words[] = { "check", "primary", "unique", "foreign", "like" };
	const char *rest = text + token->end;

	for (size_t i = 0; i < PK_COUNT(words); i++)
		if (pk_token_is(text, token, words[i]))
			return true;
	rest += strspn(rest, " \t\r\n");
	return pk_token_is(text, token, "exclude") && (*rest == '(' || pk_starts_with(rest, "USING") || pk_starts_with(rest, "using"));
}

/* The part whose definition begins at text: "name type", "CONSTRAINT name", "'label'", "ADD COLUMN name". */
static bool read_part(const struct reading *r, size_t part, struct pk_renamed_mark *mark)
{
	const char *text = r->statement->text + part;
	bool of_type = pk_streq(r->action->object, "type") || pk_streq(r->action->object, "enum value");
	PK_FREE char *name = NULL;
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, text, r->len - part);
	while (pk_scan_code(&scan, &token) && is_filler(text, &token))
		;
	mark->word = of_type ? "attribute" : "column";
	if (pk_token_is(text, &token, "constraint")) {
		mark->word = "constraint";
		if (!pk_scan_code(&scan, &token))
			return false;
	}
	if (token.kind == PK_TOKEN_STRING && of_type) {
		mark->word = "value";
		name = pk_token_string(text, &token);
	} else if (!is_nameless(text, &token)) {
		name = pk_token_name(text, &token);
	}
	mark->name = pk_arena_strdup(&r->ret->arena, name);
	return name != NULL;
}

/* A walk through a statement: which part of it is being read. */
struct walk {
	const char *text;
	int depth, list; /* of brackets; and that at which the parts of the statement stand */
	bool begins;	 /* the next token begins a part */
	bool added;	 /* the part began with ADD */
	size_t part;	 /* where it begins; SIZE_MAX: none is open */
	size_t closed;	 /* the part that a comma ended */
	size_t end;	 /* of the last token */
	size_t len;	 /* of the text */
	struct pk_token next; /* that is no comment, behind the comment that was looked at last */
};

/* Outside brackets a part begins with a word of its own. */
static bool begins_part(const struct walk *w, const struct pk_token *token)
{
	if (w->list > 0)
		return w->begins;
	return w->depth == 0 && (pk_token_is(w->text, token, "add") ||
				 (!w->added && pk_token_is(w->text, token, "constraint")));
}

static void walk_token(struct walk *w, const struct pk_token *token)
{
	bool opens = pk_token_char(w->text, token, '('), closes = pk_token_char(w->text, token, ')');
	bool comma = pk_token_char(w->text, token, ',') && w->depth == w->list;

	if (!closes && begins_part(w, token)) {
		w->part = token->start;
		w->added = w->list == 0 && pk_token_is(w->text, token, "add");
	}
	if (comma || (closes && w->depth == w->list)) {
		w->closed = comma ? w->part : SIZE_MAX;
		w->part = SIZE_MAX;
		w->added = false;
	}
	w->begins = comma || (opens && w->depth + 1 == w->list);
	w->depth += opens - closes;
	w->end = token->end;
}

/* Where the part begins that a comment is about: what stands before it on its line, or below it; SIZE_MAX: nothing. */
static size_t part_of(struct walk *w, const struct pk_token *comment)
{
	const char *line = w->text + comment->start;
	struct pk_scan scan;

	while (line > w->text && line[-1] != '\n')
		line--;
	if (w->end > (size_t)(line - w->text))
		return w->part != SIZE_MAX ? w->part : w->closed;
	pk_scan_start(&scan, w->text, w->len);
	scan.pos = comment->end;
	if (w->next.start < comment->end)
		pk_scan_code(&scan, &w->next);
	return w->next.kind != PK_TOKEN_END && begins_part(w, &w->next) && !pk_token_char(w->text, &w->next, ')')
		       ? w->next.start
		       : SIZE_MAX;
}

/* At which depth of brackets the parts of the statement stand; -1: it has none with a name. */
static int depth_of_parts(const struct pk_action *action)
{
	static const struct {
		enum pk_verb verb;
		const char *object;
		int depth;
	} lists[] = {
		{ PK_CREATE, "table", 1 },  { PK_CREATE, "foreign table", 1 }, { PK_CREATE, "type", 1 },
		{ PK_CREATE, "domain", 0 }, { PK_ALTER, "table", 0 },	       { PK_ALTER, "column", 0 },
		{ PK_ALTER, "type", 0 },    { PK_ALTER, "domain", 0 },	       { PK_ALTER, "constraint", 0 },
		{ PK_ALTER, "enum value", 0 },
	};

	for (size_t i = 0; i < PK_COUNT(lists); i++)
		if (lists[i].verb == action->verb && pk_streq(lists[i].object, action->object))
			return lists[i].depth;
	return -1;
}

static struct pk_renamed_mark part_mark(const struct reading *r, const struct pk_action *action)
{
	bool on = action->rel_name != NULL;

	return (struct pk_renamed_mark){
		.schema = on ? action->rel_schema : action->schema,
		.within = on ? action->rel_name : action->name,
		.line = r->statement->line,
		.col = r->statement->col,
	};
}

static int marks_inside(const struct reading *r, struct pk_err *err)
{
	const char *text = r->statement->text;
	struct walk w = { .text = text, .list = r->action ? depth_of_parts(r->action) : -1, .part = SIZE_MAX,
			  .closed = SIZE_MAX, .len = r->len };
	struct pk_lines lines = { .text = text };
	struct pk_scan scan;
	struct pk_token token;

	if (!strstr(text, marker))
		return 0;
	pk_scan_start(&scan, text, r->len);
	while (pk_scan_next(&scan, &token)) {
		const char *old = said(text, &token);
		size_t part;
		int line, col;

		if (!old) {
			if (token.kind != PK_TOKEN_COMMENT)
				walk_token(&w, &token);
			continue;
		}
		pk_lines_place(&lines, token.start, &line, &col);
		line += r->statement->line - 1;
		part = w.list < 0 ? SIZE_MAX : part_of(&w, &token);
		if (!r->action || part == SIZE_MAX)
			return refuse(r, line, col, "stands inside a statement where nothing has a name of its own", err);
		struct pk_renamed_mark mark = part_mark(r, r->action);
		mark.line = line;
		mark.col = col;
		if (!read_part(r, part, &mark))
			return refuse(r, line, col, "stands at something that has no name", err);
		if (read_old(r, old, &mark, err) < 0)
			return -1;
		add_mark(r, &mark);
	}
	return 0;
}

/* ---- statements ---- */

/* Its end: it has none. */
static size_t find_add(struct reading *r)
{
	struct pk_scan scan;
	struct pk_token token;

	if (r->add != SIZE_MAX)
		return r->add;
	pk_scan_start(&scan, r->statement->text, r->len);
	while (pk_scan_code(&scan, &token) && !pk_token_is(r->statement->text, &token, "add"))
		;
	return r->add = token.start;
}

static int mark_of_statement(struct reading *r, const char *old, struct pk_err *err)
{
	const struct pk_action *action = r->action;
	struct pk_renamed_mark mark = { .line = r->statement->line, .col = r->statement->col };
	bool part = action && action->verb == PK_ALTER && depth_of_parts(action) == 0;

	if (!action || (action->verb != PK_CREATE && !part) || (!part && (!action->object || !action->name)))
		return refuse(r, mark.line, mark.col, "stands above a statement that makes nothing with a name", err);
	if (part) {
		mark = part_mark(r, action);
		if (!read_part(r, find_add(r), &mark))
			return refuse(r, mark.line, mark.col, "stands at something that has no name", err);
	} else {
		mark.word = action->object;
		mark.schema = action->schema ? action->schema : action->rel_schema;
		mark.within = pk_streq(action->object, "index") ? NULL : action->rel_name;
		mark.name = action->name;
	}
	if (read_old(r, old, &mark, err) < 0)
		return -1;
	add_mark(r, &mark);
	return 0;
}

/* In the comments above it. */
static int marks_above(struct reading *r, struct pk_err *err)
{
	const char *comment = r->statement->comment;
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, comment, strlen(comment));
	while (pk_scan_next(&scan, &token)) {
		const char *old = said(comment, &token);

		if (old && mark_of_statement(r, old, err) < 0)
			return -1;
	}
	return 0;
}

/* Behind the semicolon, on its line. */
static int marks_behind(struct reading *r, const char *sql, struct pk_err *err)
{
	const char *behind = sql + r->statement->offset + r->len;
	const struct pk_token token = { .kind = PK_TOKEN_COMMENT };
	const char *old = said(behind + strspn(behind, " \t\v\f\r;"), &token);

	return old ? mark_of_statement(r, old, err) : 0;
}

int pk_sql_renamed(const char *sql, const char *file, struct pk_renamed_marks *ret, struct pk_err *err)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;
	struct reading r = { .file = file, .ret = ret };
	size_t next = 0;

	if (!strstr(sql, marker))
		return 0;
	if (pk_sql_split(sql, file, &statements, err) < 0)
		return -1;
	pk_sql_actions(&statements, &actions);
	for (size_t i = 0; i < statements.n; i++) {
		r.statement = &statements.items[i];
		r.len = strlen(r.statement->text);
		r.add = SIZE_MAX;
		r.action = NULL;
		while (next < actions.n && actions.items[next].statement < i)
			next++;
		if (next < actions.n && actions.items[next].statement == i && actions.items[next].verb != PK_UNPARSED)
			r.action = &actions.items[next];
		if (marks_above(&r, err) < 0 || marks_inside(&r, err) < 0 || marks_behind(&r, sql, err) < 0)
			return -1;
	}
	return 0;
}
