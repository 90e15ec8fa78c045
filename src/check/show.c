#include "base/buf.h"
#include "base/print.h"
#include "base/term.h"
#include "check/check.h"
#include "lint/render.h"

static const char *const level_names[] = {
	[PK_LEVEL_OFF] = "note", [PK_LEVEL_WARNING] = "warning", [PK_LEVEL_ERROR] = "error",
};

bool pk_check_fatal(const struct pk_check *check)
{
	for (size_t i = 0; i < check->n; i++)
		if (check->reasons[i].level == PK_LEVEL_ERROR)
			return true;
	return pk_findings_fatal(&check->findings);
}

static void print_reason(FILE *out, const struct pk_reason *reason)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	enum pk_color color = reason->level == PK_LEVEL_ERROR ? PK_RED : PK_YELLOW;

	if (reason->file) {
		pk_buf_add_safe(&text, reason->file, false);
		if (reason->line)
			pk_buf_addf(&text, ":%d", reason->line);
		pk_buf_add(&text, ": ");
	}
	pk_buf_addf(&text, "%s%s%s: %s: ", pk_color(out, color), level_names[reason->level],
		    pk_color(out, PK_PLAIN), reason->rule);
	pk_buf_add_safe(&text, reason->message, true);
	if (reason->fix) {
		pk_buf_add(&text, "\n  safe way: ");
		pk_buf_add_safe(&text, reason->fix, true);
	}
	pk_buf_addc(&text, '\n');
	fputs(text.ptr, out);
}

void pk_check_print(FILE *out, const struct pk_check *check)
{
	for (size_t i = 0; i < check->n; i++)
		print_reason(out, &check->reasons[i]);
	PK_AUTO(pk_buf) findings = PK_BUF_INIT;
	pk_render_text(&check->findings, out, &findings);
	fputs(findings.ptr, out);
}

void pk_check_hint(FILE *out, const struct pk_check *check)
{
	for (size_t i = 0; i < check->findings.n; i++) {
		const struct pk_finding *f = &check->findings.items[i];
		PK_AUTO(pk_buf) file = PK_BUF_INIT;

		if (f->level != PK_LEVEL_ERROR || f->allowed)
			continue;
		pk_buf_add_safe(&file, f->file, false);
		pk_print(out,
			"hint: git postkit lint --fix %s writes the safe way, where it can prove one\n"
			"hint: a statement that has to be as it is passes with '-- postkit:allow RULE: REASON' above it\n",
			file.ptr);
		return;
	}
}

cJSON *pk_check_json(const struct pk_check *check)
{
	cJSON *root = cJSON_CreateObject(), *list;

	pk_json_set_bool(root, "ok", !pk_check_fatal(check));
	pk_json_set_bool(root, "changed", check->changed > 0);
	pk_json_set_num(root, "migrations", (double)check->migrations);
	list = pk_json_add_array(root, "reasons");
	for (size_t i = 0; i < check->n; i++) {
		const struct pk_reason *reason = &check->reasons[i];
		cJSON *item = pk_json_add_object(list, NULL);

		pk_json_set_str(item, "rule", reason->rule);
		pk_json_set_str(item, "level", level_names[reason->level]);
		pk_json_set_str(item, "file", reason->file);
		if (reason->line)
			pk_json_set_num(item, "line", reason->line);
		pk_json_set_str(item, "message", reason->message);
		pk_json_set_str(item, "fix", reason->fix);
	}
	cJSON_AddItemToObject(root, "findings", pk_render_json(&check->findings));
	return root;
}

void pk_check_findings(const struct pk_check *check, const char *place, struct pk_findings *ret)
{
	ret->cap = check->n + check->findings.n + 1;
	ret->items = pk_realloc_array(ret->items, ret->cap, sizeof(*ret->items));
	for (size_t i = 0; i < check->n; i++) {
		const struct pk_reason *reason = &check->reasons[i];

		ret->items[ret->n++] = (struct pk_finding){
			.rule = reason->rule, .level = reason->level, .file = reason->file ? reason->file : place,
			.line = reason->line ? reason->line : 1, .col = 1, .fact = reason->message, .why = reason->fix,
			.index = SIZE_MAX, .place = SIZE_MAX,
		};
	}
	for (size_t i = 0; i < check->findings.n; i++)
		ret->items[ret->n++] = check->findings.items[i];
}
