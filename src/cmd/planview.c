#include "cmd/planview.h"

#include "base/clock.h"
#include "base/text.h"
#include "cmd/help.h"

int pk_parse_online(const char *command, const char *text, enum pk_online *ret, struct pk_err *err)
{
	static const char *const names[] = {
		[PK_ONLINE_AUTO] = "auto",
		[PK_ONLINE_ALWAYS] = "always",
		[PK_ONLINE_NEVER] = "never",
	};

	*ret = PK_ONLINE_AUTO;
	for (size_t i = 0; text && i < PK_COUNT(names); i++) {
		if (pk_streq(text, names[i])) {
			*ret = (enum pk_online)i;
			return 0;
		}
	}
	return text ? pk_help_usage(command, err, "--online is auto, always or never, not '%s'", text) : 0;
}

void pk_view_short(struct pk_buf *ret, const char *sql, size_t width)
{
	PK_AUTO(pk_buf) line = PK_BUF_INIT;
	bool space = false;
	for (; *sql && line.len < width; sql++) {
		if (strchr(" \t\r\n", *sql)) {
			space = line.len > 0;
			continue;
		}
		if (space)
			pk_buf_addc(&line, ' ');
		space = false;
		pk_buf_addc(&line, *sql);
	}
	if (*sql) {
		/* Not in the middle of a character. */
		while (line.len && ((unsigned char)line.ptr[line.len - 1] & 0xC0) == 0x80)
			pk_buf_truncate(&line, line.len - 1);
		if (line.len && ((unsigned char)line.ptr[line.len - 1] & 0xC0) == 0xC0)
			pk_buf_truncate(&line, line.len - 1);
		pk_buf_add(&line, "...");
	}
	pk_buf_add_safe(ret, line.ptr, false);
}

void pk_view_indented(struct pk_buf *ret, const char *sql, const char *indent)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;
	pk_buf_add_safe(&safe, sql, true);
	for (const char *line = safe.ptr; *line;) {
		size_t n = strcspn(line, "\n");
		pk_buf_add(ret, indent);
		pk_buf_addn(ret, line, n);
		pk_buf_addc(ret, '\n');
		line += n + (line[n] == '\n');
	}
}

static const struct {
	const char *mark, *word;
	enum pk_color color;
} changes[] = {
	[PK_CREATE_OBJECT] = { "+", "create", PK_GREEN },
	[PK_ALTER_OBJECT] = { "~", "change", PK_YELLOW },
	[PK_REPLACE_OBJECT] = { "~", "replace", PK_YELLOW },
	[PK_DROP_OBJECT] = { "-", "drop", PK_RED },
	[PK_RENAME_OBJECT] = { "~", "rename", PK_YELLOW },
};

static void comma(struct pk_buf *buf, const char *text)
{
	if (buf->len)
		pk_buf_add(buf, ", ");
	pk_buf_add(buf, text);
}

static void view_hazards(FILE *out, const struct pk_step *step)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_FREE char *rows = step->rows > 0 ? pk_count((uint64_t)step->rows) : NULL;
	if (step->lock) {
		PK_FREE char *lock = pk_printf("locks %s", step->lock);
		comma(&text, lock);
	}
	if (step->rewrite)
		comma(&text, "rewrites the table");
	if (step->scan)
		comma(&text, "reads every row");
	if (rows && (step->rewrite || step->scan || step->lock)) {
		PK_FREE char *about = pk_printf("about %s rows", rows);
		comma(&text, about);
	}
	if (step->no_transaction)
		comma(&text, "outside a transaction");
	else if (step->own_transaction)
		comma(&text, "in a transaction of its own");
	if (text.len)
		fprintf(out, "      %s-- %s%s\n", pk_color(out, PK_DIM), text.ptr,
			pk_color(out, PK_PLAIN));
	if (step->destructive)
		fprintf(out, "      %s-- loses data%s\n", pk_color(out, PK_RED),
			pk_color(out, PK_PLAIN));
	if (*step->note) {
		PK_AUTO(pk_buf) note = PK_BUF_INIT;
		pk_buf_add_safe(&note, step->note, false);
		fprintf(out, "      %s-- %s%s\n", pk_color(out, PK_DIM), note.ptr,
			pk_color(out, PK_PLAIN));
	}
}

void pk_view_plan(FILE *out, const struct pk_plan *plan)
{
	const struct pk_step *last = NULL;
	for (size_t i = 0; i < plan->n; i++) {
		const struct pk_step *step = &plan->steps[i];
		bool again = last && last->change == step->change &&
			     pk_streq(last->kind, step->kind) &&
			     pk_streq(last->object, step->object);
		if (!again) {
			PK_AUTO(pk_buf) object = PK_BUF_INIT;
			pk_buf_add_safe(&object, step->object, false);
			fprintf(out, "%s  %s%s %s %s %s%s\n", last ? "\n" : "",
				pk_color(out, changes[step->change].color),
				changes[step->change].mark, changes[step->change].word, step->kind,
				object.ptr, pk_color(out, PK_PLAIN));
		}
		PK_AUTO(pk_buf) sql = PK_BUF_INIT;
		pk_view_indented(&sql, step->sql, "      ");
		pk_buf_rtrim(&sql);
		fprintf(out, "%s;\n", sql.ptr);
		view_hazards(out, step);
		last = step;
	}
}

void pk_view_summary(struct pk_buf *ret, const struct pk_plan *plan)
{
	static const struct {
		enum pk_change change, other, third;
		const char *word;
	} words[] = {
		{ PK_CREATE_OBJECT, PK_CREATE_OBJECT, PK_CREATE_OBJECT, "to create" },
		{ PK_ALTER_OBJECT, PK_REPLACE_OBJECT, PK_RENAME_OBJECT, "to change" },
		{ PK_DROP_OBJECT, PK_DROP_OBJECT, PK_DROP_OBJECT, "to drop" },
	};
	for (size_t w = 0; w < PK_COUNT(words); w++) {
		PK_AUTO(pk_strv) seen = PK_STRV_INIT;
		for (size_t i = 0; i < plan->n; i++) {
			const struct pk_step *step = &plan->steps[i];
			if (step->change != words[w].change && step->change != words[w].other &&
			    step->change != words[w].third)
				continue;
			PK_FREE char *key = pk_printf("%s %s", step->kind, step->object);
			if (!pk_strv_has(&seen, key))
				pk_strv_push(&seen, key);
		}
		if (seen.n)
			pk_buf_addf(ret, "%s%zu %s", ret->len ? ", " : "", seen.n, words[w].word);
	}
}

void pk_view_traced(FILE *out, const struct pk_traced *traced)
{
	PK_FREE char *took = pk_duration(traced->seconds);
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_buf) facts = PK_BUF_INIT;
	pk_view_short(&sql, traced->sql, 90);
	fprintf(out, "%10s  %s\n", took, sql.ptr);
	if (traced->lock) {
		PK_FREE char *lock = pk_printf(
			"locked %s (%s)", traced->relation ? traced->relation : "?", traced->lock);
		comma(&facts, lock);
	}
	if (traced->rewrote) {
		PK_FREE char *rewrote = pk_printf(
			"rewrote %s", traced->rewritten ? traced->rewritten : "a relation");
		comma(&facts, rewrote);
	}
	if (traced->rows > 0) {
		PK_FREE char *n = pk_count((uint64_t)traced->rows);
		PK_FREE char *rows = pk_printf("%s row%s", n, traced->rows == 1 ? "" : "s");
		comma(&facts, rows);
	}
	if (facts.len)
		fprintf(out, "            %s%s%s\n", pk_color(out, PK_DIM), facts.ptr,
			pk_color(out, PK_PLAIN));
}

static void say_safe(const char *before, const char *text)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;

	pk_buf_add_safe(&safe, text, false);
	pk_say("%s%s", before, safe.ptr);
}

void pk_view_guesses(const struct pk_rename_guesses *guesses)
{
	for (size_t i = 0; i < guesses->n; i++) {
		const struct pk_rename_guess *guess = &guesses->items[i];
		PK_AUTO(pk_buf) what = PK_BUF_INIT;
		PK_AUTO(pk_buf) option = PK_BUF_INIT;
		PK_AUTO(pk_buf) shell = PK_BUF_INIT;

		pk_buf_addf(&what, "%s %s goes and %s comes, with %s", guess->kind, guess->from, guess->to, guess->why);
		pk_buf_add_shell(&shell, guess->option);
		pk_buf_addf(&option, "if that is a rename: --rename %s, or above it in its schema file: %s", shell.ptr,
			    guess->mark);
		say_safe("note: ", what.ptr);
		say_safe("hint: ", option.ptr);
	}
}

void pk_view_guesses_json(const struct pk_rename_guesses *guesses, cJSON *root)
{
	cJSON *list = pk_json_add_array(root, "likely_renames");

	for (size_t i = 0; i < guesses->n; i++) {
		const struct pk_rename_guess *guess = &guesses->items[i];
		cJSON *item = pk_json_add_object(list, NULL);

		pk_json_set_str(item, "kind", guess->kind);
		pk_json_set_str(item, "from", guess->from);
		pk_json_set_str(item, "to", guess->to);
		pk_json_set_str(item, "why", guess->why);
		pk_json_set_str(item, "option", guess->option);
		pk_json_set_str(item, "mark", guess->mark);
	}
}
