/*
 *   -- postkit:allow rule[, rule]: reason         above a statement, or behind it on its line
 *   -- postkit:allow-file rule[, rule]: reason    anywhere
 */
#include "base/strv.h"
#include "base/text.h"
#include "lint/rule.h"
#include "sql/scan.h"

#define WHOLE_FILE SIZE_MAX

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
static size_t statement_at(const struct pk_lint *lint, const char *sql, size_t offset)
{
	size_t i = 0;

	while (i < lint->statements.n && lint->statements.items[i].offset < offset)
		i++;
	if (i == 0)
		return 0;
	const struct pk_statement *before = &lint->statements.items[i - 1];
	size_t end = before->offset + strlen(before->text);
	/* inside the statement before, or behind it on the same line */
	if (offset < end || !memchr(sql + end, '\n', offset - end))
		return i - 1;
	return i;
}

static void apply(struct pk_lint *lint, const struct allowance *a, const char *rule,
		  const char *reason, size_t first)
{
	int shift = lint->options->first_line > 0 ? lint->options->first_line - 1 : 0;

	for (size_t i = first; i < lint->out->n; i++) {
		struct pk_finding *f = &lint->out->items[i];
		if (strcmp(f->rule, rule) != 0 || f->allowed)
			continue;
		if (a->statement != WHOLE_FILE) {
			if (a->statement >= lint->statements.n)
				continue;
			const struct pk_statement *st = &lint->statements.items[a->statement];
			if (f->line != st->line + shift || f->col != st->col)
				continue;
		}
		f->allowed = true;
		f->reason = pk_arena_strdup(&lint->out->arena, reason);
	}
}

static void one_allowance(struct pk_lint *lint, const struct allowance *a, size_t first)
{
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
			apply(lint, a, rules.items[i], reason, first);
	}
}

/* One comment may hold several lines. */
static void comment(struct pk_lint *lint, const char *sql, const struct pk_token *token,
		    size_t first)
{
	static const char word[] = "postkit:allow";
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
			a.statement = statement_at(lint, sql, token->start);
		size_t n = strcspn(rest, "\r\n");
		if (n > (size_t)(sql + token->end - rest))
			n = (size_t)(sql + token->end - rest);
		if (n >= 2 && memcmp(rest + n - 2, "*/", 2) == 0)
			n -= 2;
		while (n && (rest[n - 1] == ' ' || rest[n - 1] == '\t'))
			n--;
		PK_FREE char *text = pk_strndup(rest, n);
		a.text = text;
		pk_line_col(sql, (size_t)(found - sql), &a.line, &a.col);
		one_allowance(lint, &a, first);
		at = (size_t)(rest + n - sql);
	}
}

void pk_lint_allow(struct pk_lint *lint, const char *sql, size_t first_finding)
{
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, sql, strlen(sql));
	while (pk_scan_next(&scan, &token))
		if (token.kind == PK_TOKEN_COMMENT)
			comment(lint, sql, &token, first_finding);
}
