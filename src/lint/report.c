#include "base/text.h"
#include "lint/rule.h"
#include "lint/usage.h"
#include "pg/conn.h"
#include "sql/scan.h"

#define STATEMENT_SHOWN 120

void pk_findings_release(struct pk_findings *findings)
{
	pk_arena_release(&findings->arena);
	free(findings->items);
	*findings = (struct pk_findings)PK_FINDINGS_INIT;
}

char *pk_lint_text(const char *fmt, ...)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	const char *schema, *s;
	va_list ap;

	va_start(ap, fmt);
	for (const char *p = fmt; *p; p++) {
		if (*p != '%') {
			pk_buf_addc(&buf, *p);
			continue;
		}
		switch (*++p) {
		case 'I':
			pk_buf_add_ident(&buf, va_arg(ap, const char *));
			break;
		case 'T':
			schema = va_arg(ap, const char *);
			pk_buf_add_qualified(&buf, schema, va_arg(ap, const char *));
			break;
		case '%':
			pk_buf_addc(&buf, '%');
			break;
		default: /* S, s */
			s = va_arg(ap, const char *);
			pk_buf_add(&buf, s ? s : "...");
		}
	}
	va_end(ap);
	return pk_buf_take(&buf);
}

char *pk_lint_table_text(struct pk_lint *lint, const struct pk_action *action)
{
	const char *schema = pk_action_schema(action), *name = pk_action_table(action);
	int64_t rows = pk_lint_rows(lint, schema, name);

	if (!name)
		return pk_strdup("the table");
	if (rows < 0)
		return pk_lint_text("%T", schema, name);
	PK_FREE char *count = pk_count((uint64_t)rows);
	return pk_lint_text("%T (%s rows)", schema, name, count);
}

char *pk_lint_insert_word(struct pk_lint *lint, const struct pk_action *action, const char *behind,
			  const char *word)
{
	const char *text = lint->statements.items[action->statement].text;
	struct pk_scan scan;
	struct pk_token token;

	if (action->nested)
		return NULL;
	pk_scan_start(&scan, text, strlen(text));
	while (pk_scan_code(&scan, &token))
		if (pk_token_is(text, &token, behind))
			return pk_printf("%.*s %s%s;", (int)token.end, text, word,
					 text + token.end);
	return NULL;
}

static const char *one_line(struct pk_arena *arena, const char *text)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;

	for (const char *p = text; *p && buf.len < STATEMENT_SHOWN; p++) {
		bool space = *p == ' ' || *p == '\n' || *p == '\t' || *p == '\r';
		if (!space)
			pk_buf_addc(&buf, *p);
		else if (buf.len && buf.ptr[buf.len - 1] != ' ')
			pk_buf_addc(&buf, ' ');
	}
	while (buf.len && ((unsigned char)buf.ptr[buf.len - 1] & 0xC0) == 0x80 &&
	       buf.len >= STATEMENT_SHOWN)
		pk_buf_truncate(&buf, buf.len - 1); /* not half a character */
	if (buf.len >= STATEMENT_SHOWN)
		pk_buf_add(&buf, "...");
	return pk_arena_strdup(arena, buf.ptr);
}

bool pk_level_parse(const char *text, enum pk_level *ret)
{
	static const struct {
		const char *name;
		enum pk_level level;
	} levels[] = { { "off", PK_LEVEL_OFF },
		       { "warning", PK_LEVEL_WARNING },
		       { "error", PK_LEVEL_ERROR } };

	for (size_t i = 0; i < PK_COUNT(levels); i++) {
		if (pk_streq(text, levels[i].name)) {
			*ret = levels[i].level;
			return true;
		}
	}
	return false;
}

static enum pk_level configured(const struct pk_lint *lint, const char *id, enum pk_level level)
{
	if (!lint->options->config)
		return level;
	PK_FREE char *key = pk_printf("rule.%s.level", id);
	pk_level_parse(pk_config_get(lint->options->config, key), &level);
	return level;
}

int pk_lint_line(const struct pk_lint *lint, const struct pk_action *action)
{
	return action->line + (lint->options->first_line > 0 ? lint->options->first_line - 1 : 0);
}

/* True the first time. */
static bool note(struct pk_lint *lint, const struct pk_finding *finding)
{
	PK_FREE char *key = pk_printf("%s %d %d %s", finding->rule, finding->line, finding->col,
				      finding->fact ? finding->fact : "");

	return pk_map_set(&lint->reported, key, lint);
}

static bool reported(struct pk_lint *lint, const struct pk_finding *finding)
{
	for (size_t i = 0; !lint->reported_read && i < lint->out->n; i++)
		if (pk_streq(lint->out->items[i].file, finding->file))
			note(lint, &lint->out->items[i]);
	lint->reported_read = true;
	return !note(lint, finding);
}

static void add(struct pk_findings *out, const struct pk_finding *finding)
{
	if (out->n == out->cap) {
		out->cap = out->cap ? 2 * out->cap : 16;
		out->items = pk_realloc_array(out->items, out->cap, sizeof(*out->items));
	}
	out->items[out->n++] = *finding;
}

void pk_findings_append(struct pk_findings *to, const struct pk_findings *from)
{
	for (size_t i = 0; i < from->n; i++)
		add(to, &from->items[i]);
	to->statements += from->statements;
	to->analysed += from->analysed;
}

static const char *text_of_line(struct pk_lint *lint, int line)
{
	bool onward = lint->last.line && lint->last.line <= line;
	const char *p = lint->sql + (onward ? lint->last.at : 0);

	if (lint->last.line == line)
		return lint->last.line_text;
	for (int left = line - (onward ? lint->last.line : 1); left > 0 && *(p += strcspn(p, "\n")); left--)
		p++;
	lint->last.line = line;
	lint->last.at = (size_t)(p - lint->sql);
	lint->last.line_text = pk_arena_strndup(&lint->out->arena, p, strcspn(p, "\r\n"));
	return lint->last.line_text;
}

/* Findings of one statement share its text, which may be long. */
static void set_statement(struct pk_lint *lint, const char *text, struct pk_finding *finding)
{
	if (lint->last.text != text) {
		lint->last.text = text;
		lint->last.source = pk_arena_strdup(&lint->out->arena, text);
		lint->last.shown = one_line(&lint->out->arena, text);
	}
	finding->source = lint->last.source;
	finding->statement = lint->last.shown;
}

void pk_lint_report_as(struct pk_lint *lint, enum pk_level level, const struct pk_action *action,
		       char *fact, char *fix)
{
	struct pk_findings *out = lint->out;
	const struct pk_usage *usage = lint->rule->nature == PK_RULE_TAKES ? pk_lint_usage(lint, action) : NULL;
	const char *used = usage ? usage->counted : NULL;
	struct pk_finding finding = {
		.rule = lint->rule->id,
		.level = configured(lint, lint->rule->id, used ? PK_LEVEL_ERROR : level),
		.file = pk_arena_strdup(&out->arena, lint->file),
		.line = pk_lint_line(lint, action),
		.col = action->col,
		.fact = used ? pk_arena_printf(&out->arena, "%s; %s", fact, used) : pk_arena_strdup(&out->arena, fact),
		.usage = usage,
		.why = lint->rule->why,
		.index = action->statement,
		.place = action->nested || (action->column && action->sub == PK_ADD_CONSTRAINT) ? SIZE_MAX : action->place,
		.fix = pk_arena_strdup(&out->arena, fix),
	};

	free(fact);
	free(fix);
	if (finding.level == PK_LEVEL_OFF || reported(lint, &finding))
		return;
	finding.line_text = text_of_line(lint, action->line);
	if (action->statement < lint->statements.n)
		set_statement(lint, lint->statements.items[action->statement].text, &finding);
	add(out, &finding);
}

void pk_findings_refuse(struct pk_findings *findings, const char *file, const struct pk_err *why)
{
	const struct pk_rule *rule = pk_rule_find("not-analysed");
	struct pk_finding finding = {
		.rule = rule->id,
		.level = PK_LEVEL_ERROR,
		.file = pk_arena_strdup(&findings->arena, file),
		.line = why->line > 0 ? why->line : 1,
		.col = why->col > 0 ? why->col : 1,
		.fact = pk_arena_strdup(&findings->arena, why->msg ? why->msg : "cannot be read as SQL"),
		.why = rule->why,
		.index = SIZE_MAX,
		.fix = pk_arena_strdup(&findings->arena, why->hint),
	};

	findings->statements++;
	add(findings, &finding);
}

void pk_lint_report(struct pk_lint *lint, const struct pk_action *action, char *fact, char *fix)
{
	pk_lint_report_as(lint, lint->rule->level, action, fact, fix);
}

bool pk_findings_fatal(const struct pk_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		if (findings->items[i].level == PK_LEVEL_ERROR && !findings->items[i].allowed)
			return true;
	return false;
}
