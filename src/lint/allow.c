/*
 *   -- postkit:allow rule[, rule]: reason         above a statement, or behind it on its line
 *   -- postkit:allow-file rule[, rule]: reason    anywhere
 */
#include "base/strv.h"
#include "base/text.h"
#include "lint/rule.h"
#include "sql/scan.h"

#define WHOLE_FILE SIZE_MAX

/* What is known on the way through the comments, which come in order. */
struct reading {
	struct pk_lint *lint;
	const char *sql;
	struct pk_lines lines;
	size_t statement;     /* the first one that begins behind the comment at hand */
	size_t searched;      /* no line ended before, behind the statement before that */
	bool line_ended;      /* but one did */
	struct pk_map of_all; /* rules that pass in the whole file */
	size_t *findings;     /* n of them, by their places */
	size_t first, n;
};

struct allowance {
	size_t statement; /* or WHOLE_FILE */
	int line, col;	  /* as findings count them */
	char *text;	  /* behind "allow" or "allow-file", to the end of its line */
};

static void bad(struct pk_lint *lint, const struct allowance *allowance, char *fact)
{
	struct pk_action at = { .line = allowance->line,
				.col = allowance->col,
				.statement = SIZE_MAX };
	const struct pk_rule *before = lint->rule;

	lint->rule = pk_rule_find("bad-allowance");
	pk_lint_report(lint, &at, fact, pk_strdup("-- postkit:allow <rule>: <reason>"));
	lint->rule = before;
}

/* The statement that a comment at this offset is about. */
static size_t statement_at(struct reading *r, size_t offset)
{
	const struct pk_statements *all = &r->lint->statements;

	for (; r->statement < all->n && all->items[r->statement].offset < offset; r->statement++) {
		r->searched = all->items[r->statement].offset + strlen(all->items[r->statement].text);
		r->line_ended = false;
	}
	if (r->statement == 0)
		return 0;
	/* inside the statement before, or behind it on the same line */
	if (offset > r->searched && !r->line_ended) {
		r->line_ended = memchr(r->sql + r->searched, '\n', offset - r->searched) != NULL;
		r->searched = offset;
	}
	return r->line_ended ? r->statement : r->statement - 1;
}

static int compare_places(int line, int col, const struct pk_finding *f)
{
	return line != f->line ? (line > f->line) - (line < f->line) : (col > f->col) - (col < f->col);
}

static int by_place(const void *a, const void *b, void *findings)
{
	const struct pk_finding *all = findings;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int c = compare_places(all[x].line, all[x].col, &all[y]);

	return c ? c : (x > y) - (x < y);
}

static void sort_findings(struct reading *r)
{
	r->n = r->lint->out->n - r->first;
	r->findings = pk_alloc((r->n + 1) * sizeof(*r->findings));
	for (size_t i = 0; i < r->n; i++)
		r->findings[i] = i;
	if (r->n)
		qsort_r(r->findings, r->n, sizeof(*r->findings), by_place, r->lint->out->items + r->first);
}

static void allow(struct reading *r, size_t i, const char *rule, const char *reason)
{
	struct pk_finding *f = &r->lint->out->items[r->first + r->findings[i]];

	if (strcmp(f->rule, rule) != 0 || f->allowed)
		return;
	f->allowed = true;
	f->reason = pk_arena_strdup(&r->lint->out->arena, reason);
}

static void apply(struct reading *r, const struct allowance *a, const char *rule, const char *reason)
{
	const struct pk_lint *lint = r->lint;
	int shift = lint->options->first_line > 0 ? lint->options->first_line - 1 : 0;
	size_t from = 0, to = r->n;

	if (a->statement == WHOLE_FILE) {
		for (size_t i = 0; i < r->n && !pk_map_get(&r->of_all, rule); i++)
			allow(r, i, rule, reason);
		pk_map_set(&r->of_all, rule, r);
		return;
	}
	if (a->statement >= lint->statements.n || r->n == 0)
		return;
	const struct pk_statement *st = &lint->statements.items[a->statement];
	const struct pk_finding *all = lint->out->items + r->first;
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (compare_places(st->line + shift, st->col, &all[r->findings[middle]]) > 0)
			from = middle + 1;
		else
			to = middle;
	}
	for (; from < r->n && compare_places(st->line + shift, st->col, &all[r->findings[from]]) == 0; from++)
		allow(r, from, rule, reason);
}

static void one_allowance(struct reading *r, const struct allowance *a)
{
	struct pk_lint *lint = r->lint;
	char *colon = strchr(a->text, ':');
	const char *reason = colon ? colon + 1 + strspn(colon + 1, " \t") : "";
	PK_AUTO(pk_strv) rules = PK_STRV_INIT;

	if (!*reason) {
		bad(lint, a, pk_strdup("lets a rule pass without saying why"));
		return;
	}
	PK_FREE char *names = pk_strndup(a->text, (size_t)(colon - a->text));
	for (char *p = names; *p; p++)
		if (*p == ' ' || *p == '\t')
			*p = ',';
	pk_strv_split(&rules, names, ',');
	if (rules.n == 0)
		bad(lint, a, pk_strdup("names no rule"));
	for (size_t i = 0; i < rules.n; i++) {
		if (!pk_rule_find(rules.items[i]) || strcmp(rules.items[i], "bad-allowance") == 0)
			bad(lint, a,
			    pk_lint_text("names the rule '%s', which does not exist",
					 rules.items[i]));
		else
			apply(r, a, rules.items[i], reason);
	}
}

/* One comment may hold several lines. */
static void comment(struct reading *r, const struct pk_token *token)
{
	static const char word[] = "postkit:allow";
	const char *sql = r->sql;
	size_t at = token->start;

	while (at < token->end) {
		const char *found = memmem(sql + at, token->end - at, word, sizeof(word) - 1);
		if (!found)
			return;
		struct allowance a = { .statement = WHOLE_FILE };
		const char *rest = found + sizeof(word) - 1;
		if (pk_starts_with(rest, "-file"))
			rest += strlen("-file");
		else
			a.statement = statement_at(r, token->start);
		size_t n = strcspn(rest, "\r\n");
		if (n > (size_t)(sql + token->end - rest))
			n = (size_t)(sql + token->end - rest);
		if (n >= 2 && memcmp(rest + n - 2, "*/", 2) == 0)
			n -= 2;
		while (n && (rest[n - 1] == ' ' || rest[n - 1] == '\t'))
			n--;
		PK_FREE char *text = pk_strndup(rest, n);
		a.text = text;
		pk_lines_place(&r->lines, (size_t)(found - sql), &a.line, &a.col);
		one_allowance(r, &a);
		at = (size_t)(rest + n - sql);
	}
}

void pk_lint_allow(struct pk_lint *lint, const char *sql, size_t first_finding)
{
	struct reading r = { .lint = lint, .sql = sql, .lines = { .text = sql }, .first = first_finding };
	struct pk_scan scan;
	struct pk_token token;

	sort_findings(&r);
	pk_scan_start(&scan, sql, strlen(sql));
	while (pk_scan_next(&scan, &token))
		if (token.kind == PK_TOKEN_COMMENT)
			comment(&r, &token);
	pk_map_release(&r.of_all);
	free(r.findings);
}
