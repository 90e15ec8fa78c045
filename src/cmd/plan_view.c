#include "cmd/plan_view.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/text.h"
#include "catalog/kind.h"
#include "cmd/help.h"
#include "cmd/plan_group.h"
#include "trace/waits.h"

/* Of a statement, of a line of it, of the locks of a step, of the migrations: what is shown. */
#define MAX_LINES 40
#define MAX_LINE  400
#define MAX_LOCKS 4
#define MAX_RUNS  20
#define REMARK_INDENT "         "

int pk_check_online(const char *command, const char *text, struct pk_err *err)
{
	enum pk_online when;

	if (!text || pk_online_parse(text, &when))
		return 0;
	return pk_help_usage(command, err, "--online is auto, always or never, not '%s'", text);
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
	[PK_CREATE_OBJECT] = { "+", "", PK_GREEN },
	[PK_ALTER_OBJECT] = { "~", "", PK_YELLOW },
	[PK_REPLACE_OBJECT] = { "-/+", " is made anew", PK_YELLOW },
	[PK_DROP_OBJECT] = { "-", "", PK_RED },
	[PK_RENAME_OBJECT] = { "~", " is renamed", PK_YELLOW },
};

static void comma(struct pk_buf *buf, const char *text)
{
	if (buf->len)
		pk_buf_add(buf, ", ");
	pk_buf_add(buf, text);
}

/* "about 200,000 rows, 24 MB"; "" when not known. */
static void add_size(struct pk_buf *buf, int64_t rows, int64_t bytes, bool exact)
{
	PK_FREE char *count = rows >= 0 ? pk_count((uint64_t)rows) : NULL;
	PK_FREE char *size = bytes > 0 ? pk_size((uint64_t)bytes) : NULL;

	if (count)
		pk_buf_addf(buf, "%s%s row%s", exact || rows == 0 ? "" : "about ", count, rows == 1 ? "" : "s");
	if (size)
		pk_buf_addf(buf, "%s%s", count ? ", " : "", size);
}

/* What stands beside a statement: as comments, so that a copy of it can be run. */
static void remark(FILE *out, enum pk_color color, const char *text)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;

	if (!*text)
		return;
	pk_buf_add_safe(&safe, text, false);
	pk_print(out, "%s%s-- %s%s\n", REMARK_INDENT, pk_color(out, color), safe.ptr, pk_color(out, PK_PLAIN));
}

static bool blocks_writes(const char *mode)
{
	return pk_lock_blocks(mode) >= PK_BLOCKS_WRITES;
}

/* "locks ACCESS EXCLUSIVE on public.users while it rewrites about 200,000 rows, 24 MB" */
static void view_locks(FILE *out, const struct pk_step *step, const char *group)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_buf) size = PK_BUF_INIT;
	bool long_work = step->rewrite || step->scan;

	for (size_t i = 0; i < step->n_locks && i < MAX_LOCKS; i++) {
		const struct pk_step_lock *lock = &step->locks[i];
		bool another = i == 0 || !pk_streq(lock->mode, step->locks[i - 1].mode);

		comma(&text, i == 0 ? "locks " : "");
		pk_buf_add(&text, another ? lock->mode : "");
		if (step->n_locks > 1 || !pk_streq(lock->relation, group))
			pk_buf_addf(&text, "%s%s", another ? " on " : "", lock->relation);
	}
	if (step->n_locks > MAX_LOCKS)
		pk_buf_addf(&text, " and %zu more", step->n_locks - MAX_LOCKS);
	add_size(&size, step->rows, step->bytes, false);
	if (long_work) {
		pk_buf_addf(&text, "%s%s %s", text.len ? " while it " : "", step->rewrite ? "rewrites" : "reads",
			    size.len ? size.ptr : "every row");
	} else if (step->lock && blocks_writes(step->lock)) {
		pk_buf_add(&text, " for a moment");
	}
	remark(out, long_work && step->lock && blocks_writes(step->lock) ? PK_YELLOW : PK_DIM, text.ptr);
}

static void view_time(FILE *out, const struct pk_step *step)
{
	PK_FREE char *took = pk_duration(step->seconds);
	PK_FREE char *text = pk_printf("by its size about %s, longer than others may wait (maxLock)%s", took,
				       step->pattern.up ? "; --pattern shows a way around" : "");

	if (step->too_long)
		remark(out, PK_YELLOW, text);
}

static void view_loss(FILE *out, const struct pk_step *step)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (!step->destructive)
		return;
	pk_buf_add(&text, "loses ");
	pk_lost_words(&text, &step->lost);
	remark(out, PK_RED, text.ptr);
}

/* At most so many lines of it, and of a line so many bytes: --sql has them all. */
static void view_sql(FILE *out, const char *sql, size_t number)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;
	size_t lines = 1, shown = 0;

	pk_buf_add_safe(&safe, sql, true);
	pk_buf_rtrim(&safe);
	for (const char *p = safe.ptr; *p; p++)
		lines += *p == '\n';
	for (const char *line = safe.ptr; *line || !shown;) {
		size_t n = strcspn(line, "\n"), most = n;

		if (most > MAX_LINE)
			for (most = MAX_LINE; most > 0 && ((unsigned char)line[most] & 0xC0) == 0x80;)
				most--;
		if (shown == 0)
			pk_print(out, "%7zu  ", number);
		else
			fputs(REMARK_INDENT, out);
		fwrite(line, 1, most, out);
		pk_print(out, "%s%s\n", most < n ? " ..." : "", line[n] ? "" : ";");
		line += n + (line[n] == '\n');
		if (++shown == MAX_LINES - 4 && lines > MAX_LINES) {
			pk_print(out, "%s%s... %zu more lines, which --sql shows%s\n", REMARK_INDENT, pk_color(out, PK_DIM),
				lines - shown, pk_color(out, PK_PLAIN));
			return;
		}
	}
}

static void view_step(FILE *out, const struct pk_step *step, size_t number, const char *group)
{
	view_sql(out, step->sql, number);
	view_loss(out, step);
	view_locks(out, step, group);
	view_time(out, step);
	if (step->no_transaction)
		remark(out, PK_DIM, "outside a transaction");
	remark(out, PK_DIM, step->note);
}

struct header {
	const char *indent;
	enum pk_change change;
	const char *kind, *name;
	const char *why, *size; /* "": nothing is said of it */
};

/* "  ~ table public.users                  about 50,000 rows, 4.2 MB" */
static void view_header(FILE *out, const struct header *h)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_buf) words = PK_BUF_INIT;
	int width;

	pk_kind_words(&words, h->kind);
	pk_buf_addc(&words, ' ');
	pk_buf_add(&words, h->name);
	pk_buf_add(&words, changes[h->change].word);
	if (*h->why)
		pk_buf_addf(&words, "%s%s", h->change == PK_RENAME_OBJECT ? ": " : ", since ", h->why);
	pk_buf_add_safe(&text, words.ptr, false);
	width = 60 - (int)strlen(h->indent) - (int)strlen(changes[h->change].mark);
	pk_print(out, "%s%s%s %-*s%s%s%s%s%s\n", h->indent, pk_color(out, changes[h->change].color), changes[h->change].mark,
		 *h->size ? width : 0, text.ptr, pk_color(out, PK_PLAIN), *h->size ? "  " : "", pk_color(out, PK_DIM), h->size,
		 pk_color(out, PK_PLAIN));
}

/* All steps of the part that the one at `from` is about. */
static void view_part(FILE *out, const struct pk_plan *plan, const struct pk_plan_group *group, size_t from, bool *shown)
{
	const struct pk_step *first = &plan->steps[group->steps[from]];
	enum pk_change change = first->change;

	for (size_t i = from; i < group->n; i++) {
		const struct pk_step *step = &plan->steps[group->steps[i]];

		if (pk_streq(step->kind, first->kind) && pk_streq(step->object, first->object))
			change = pk_change_of_both(change, step->change);
	}
	if (first->within)
		view_header(out, &(const struct header){ "    ", change, first->kind, first->name, first->why, "" });
	for (size_t i = from; i < group->n; i++) {
		const struct pk_step *step = &plan->steps[group->steps[i]];

		if (!pk_streq(step->kind, first->kind) || !pk_streq(step->object, first->object))
			continue;
		view_step(out, step, group->steps[i] + 1, group->object);
		shown[i] = true;
	}
}

void pk_view_plan(FILE *out, const struct pk_plan *plan)
{
	PK_AUTO(pk_plan_groups) groups = PK_PLAN_GROUPS_INIT;

	pk_plan_groups_find(plan, &groups);
	for (size_t i = 0; i < groups.n; i++) {
		const struct pk_plan_group *group = &groups.items[i];
		PK_FREE bool *shown = pk_alloc((group->n + 1) * sizeof(*shown));
		PK_AUTO(pk_buf) size = PK_BUF_INIT;

		add_size(&size, group->rows, group->bytes, false);
		fputs(i ? "\n" : "", out);
		view_header(out, &(const struct header){ "  ", group->change, group->kind, group->object, group->why, size.ptr });
		/* What is done to the thing itself stands above its parts. */
		for (int parts = 0; parts <= 1; parts++)
			for (size_t k = 0; k < group->n; k++)
				if (!shown[k] && (plan->steps[group->steps[k]].within != NULL) == parts)
					view_part(out, plan, group, k, shown);
	}
}

/* What a transaction keeps others from until it ends, when it does more than a moment's work. */
static void add_held(struct pk_buf *buf, const struct pk_plan *plan, const struct pk_plan_part *run)
{
	PK_AUTO(pk_strv) held = PK_STRV_INIT;
	bool long_work = false;

	for (size_t i = run->first; i < run->first + run->n; i++) {
		const struct pk_step *step = &plan->steps[i];

		long_work |= step->rewrite || step->scan;
		for (size_t k = 0; k < step->n_locks; k++)
			if (blocks_writes(step->locks[k].mode) && !pk_strv_has(&held, step->locks[k].relation))
				pk_strv_push(&held, step->locks[k].relation);
	}
	if (!run->transaction || run->n < 2 || !long_work || !held.n)
		return;
	pk_buf_add(buf, ", which keeps its locks on ");
	for (size_t i = 0; i < held.n && i < MAX_LOCKS; i++)
		pk_buf_addf(buf, "%s%s", i ? ", " : "", held.items[i]);
	if (held.n > MAX_LOCKS)
		pk_buf_addf(buf, " and %zu more", held.n - MAX_LOCKS);
}

void pk_view_runs(FILE *out, const struct pk_plan *plan)
{
	size_t n;
	PK_FREE struct pk_plan_part *runs = pk_plan_parts(plan, &n);

	for (size_t i = 0; n > 1 && i < n && i < MAX_RUNS; i++) {
		PK_AUTO(pk_buf) line = PK_BUF_INIT;
		PK_AUTO(pk_buf) safe = PK_BUF_INIT;
		PK_FREE char *steps = runs[i].n == 1 ? pk_printf("step %zu", runs[i].first + 1)
						     : pk_printf("steps %zu to %zu", runs[i].first + 1,
								 runs[i].first + runs[i].n);

		pk_buf_addf(&line, "migration %zu: %s %s", i + 1, steps,
			    runs[i].transaction ? "in a transaction"
			    : runs[i].n == 1	? "outside a transaction"
						: "one by one, each committed by itself");
		add_held(&line, plan, &runs[i]);
		pk_buf_add_safe(&safe, line.ptr, false);
		pk_print(out, "%s\n", safe.ptr);
	}
	if (n > MAX_RUNS)
		pk_print(out, "and %zu migrations more\n", n - MAX_RUNS);
	if (n > 1)
		fputc('\n', out);
}

void pk_view_conflicts(FILE *out, const struct pk_conflicts *conflicts)
{
	for (size_t i = 0; i < conflicts->n; i++) {
		PK_AUTO(pk_buf) words = PK_BUF_INIT;
		PK_AUTO(pk_buf) lines = PK_BUF_INIT;

		pk_conflict_words(&words, &conflicts->items[i]);
		pk_view_indented(&lines, words.ptr, "  ");
		pk_print(out, "%s", pk_color(out, PK_YELLOW));
		fputs(lines.ptr, out);
		pk_print(out, "%s\n", pk_color(out, PK_PLAIN));
	}
}

void pk_view_stat(FILE *out, const struct pk_plan *plan)
{
	PK_AUTO(pk_plan_groups) groups = PK_PLAN_GROUPS_INIT;
	PK_AUTO(pk_buf) summary = PK_BUF_INIT;

	pk_plan_groups_find(plan, &groups);
	for (size_t i = 0; i < groups.n; i++) {
		const struct pk_plan_group *group = &groups.items[i];
		PK_AUTO(pk_buf) facts = PK_BUF_INIT;
		const char *lock = NULL;
		bool rewrites = false, loses = false;

		for (size_t k = 0; k < group->n; k++) {
			const struct pk_step *step = &plan->steps[group->steps[k]];

			rewrites |= step->rewrite;
			loses |= step->destructive;
			if (step->lock && (!lock || pk_streq(step->lock, "ACCESS EXCLUSIVE") ||
					   (blocks_writes(step->lock) && !blocks_writes(lock))))
				lock = step->lock;
		}
		pk_buf_addf(&facts, "%zu step%s", group->n, group->n == 1 ? "" : "s");
		if (loses)
			comma(&facts, "loses data");
		if (rewrites)
			comma(&facts, "rewrites rows");
		if (lock) {
			comma(&facts, "locks ");
			pk_buf_add(&facts, lock);
		}
		view_header(out, &(const struct header){ " ", group->change, group->kind, group->object, "", facts.ptr });
	}
	pk_view_summary(&summary, plan);
	pk_print(out, " %s\n", summary.len ? summary.ptr : "nothing to change");
}

void pk_view_summary(struct pk_buf *ret, const struct pk_plan *plan)
{
	static const char *const words[] = { "to create", "to change", "to drop" };
	static const size_t word_of[] = {
		[PK_CREATE_OBJECT] = 0, [PK_ALTER_OBJECT] = 1, [PK_REPLACE_OBJECT] = 1,
		[PK_DROP_OBJECT] = 2,	[PK_RENAME_OBJECT] = 1,
	};
	size_t counts[PK_COUNT(words)] = { 0 };
	PK_FREE enum pk_change *of_step = pk_alloc((plan->n + 1) * sizeof(*of_step));
	struct pk_map changed = PK_MAP_INIT; /* to what happens to it, one of these */

	for (size_t i = 0; i < plan->n; i++) {
		const struct pk_step *step = &plan->steps[i];
		PK_FREE char *key = pk_printf("%s %s", step->kind, step->object);
		enum pk_change *change = pk_map_get(&changed, key);

		of_step[i] = step->change;
		if (change)
			*change = pk_change_of_both(*change, step->change);
		else
			pk_map_set(&changed, key, &of_step[i]);
	}
	for (size_t i = 0; i < changed.n; i++)
		counts[word_of[*(const enum pk_change *)changed.entries[i].value]]++;
	for (size_t i = 0; i < PK_COUNT(words); i++)
		if (counts[i])
			pk_buf_addf(ret, "%s%zu %s", ret->len ? ", " : "", counts[i], words[i]);
	pk_map_release(&changed);
}

void pk_view_traced(FILE *out, const struct pk_traced *traced, double max_lock)
{
	PK_FREE char *took = pk_duration(traced->seconds);
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_buf) facts = PK_BUF_INIT;
	pk_view_short(&sql, traced->sql, 90);
	pk_print(out, "%10s  %s\n", took, sql.ptr);
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
		pk_print(out, "            %s%s%s\n", pk_color(out, PK_DIM), facts.ptr,
			pk_color(out, PK_PLAIN));
	if (max_lock > 0 && traced->seconds > max_lock && traced->held && blocks_writes(traced->held))
		pk_print(out, "            %sunder a lock (%s on %s) longer than others may wait (maxLock)%s\n",
			pk_color(out, PK_YELLOW), traced->held, traced->held_on ? traced->held_on : "?",
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

		pk_kind_words(&what, guess->kind);
		pk_buf_addf(&what, " %s goes and %s comes, with %s", guess->from, guess->to, guess->why);
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
