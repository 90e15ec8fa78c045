#include "cmd/checks_view.h"

#include "base/clock.h"
#include "base/text.h"
#include "cmd/plan_view.h"

#define SHOWN_ROWS  10
#define VALUE_BYTES 30 /* of a value */
#define MAX_COLUMNS 8

/* A table of texts, columns as wide as they need to be. */
struct grid {
	struct pk_strv cells; /* row by row, each with the mark first */
	size_t columns;
};

static void add_cell(struct grid *grid, const char *text)
{
	PK_FREE char *cut = text ? pk_cut(text, VALUE_BYTES) : pk_strdup("NULL");
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;

	pk_buf_add_safe(&safe, cut, false);
	pk_strv_push(&grid->cells, safe.ptr);
}

/* In characters, as far as those are one column each. */
static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

static void print_grid(FILE *out, const struct grid *grid)
{
	size_t *widths = pk_alloc((grid->columns + 1) * sizeof(*widths));

	for (size_t i = 0; i < grid->cells.n; i++) {
		size_t width = width_of(grid->cells.items[i]);

		if (width > widths[i % grid->columns])
			widths[i % grid->columns] = width;
	}
	for (size_t row = 0; row < grid->cells.n; row += grid->columns) {
		const char *mark = grid->cells.items[row];
		enum pk_color color = *mark == '+' ? PK_GREEN : *mark == '-' ? PK_RED : PK_DIM;
		PK_AUTO(pk_buf) line = PK_BUF_INIT;

		for (size_t i = 0; i < grid->columns; i++) {
			const char *text = grid->cells.items[row + i];

			pk_buf_addf(&line, "%s%s%*s", i == 0 ? "" : i == 1 ? " " : " | ", text,
				    (int)(widths[i] - width_of(text)), "");
		}
		pk_buf_rtrim(&line);
		pk_print(out, "    %s%s%s\n", pk_color(out, color), line.ptr, pk_color(out, PK_PLAIN));
	}
	free(widths);
}

static void show_rows(FILE *out, const struct pk_checked *c)
{
	size_t n = c->after.columns.n, shown = n < MAX_COLUMNS ? n : MAX_COLUMNS;
	struct grid grid = { .cells = PK_STRV_INIT, .columns = shown + 1 };

	if (!c->diff.n)
		return;
	add_cell(&grid, " ");
	for (size_t i = 0; i < shown; i++)
		add_cell(&grid, c->after.columns.items[i]);
	for (size_t row = 0; row < c->diff.n && row < SHOWN_ROWS; row++) {
		const char *at = c->diff.rows[row]->bytes;

		add_cell(&grid, c->diff.is_added[row] ? "+" : "-");
		for (size_t i = 0; i < shown; i++)
			add_cell(&grid, pk_answer_value(&at));
	}
	print_grid(out, &grid);
	if (c->diff.n > SHOWN_ROWS)
		pk_print(out, "    and %zu more\n", c->diff.n - SHOWN_ROWS);
	pk_strv_release(&grid.cells);
}

static void show_one(FILE *out, const struct pk_checked *c)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_buf) why = PK_BUF_INIT;
	PK_AUTO(pk_buf) file = PK_BUF_INIT;

	pk_view_short(&sql, c->query.sql, 90);
	pk_buf_add_safe(&why, c->why, false);
	pk_buf_add_safe(&file, c->file, false);
	pk_print(out, "  %s:%d: %s%s%s: %s\n      %s\n", file.ptr, c->query.line,
		pk_color(out, c->result == PK_CHECKED_NEW ? PK_YELLOW : PK_RED), pk_checked_as_name(c->result),
		pk_color(out, PK_PLAIN), why.ptr, sql.ptr);
	show_rows(out, c);
}

void pk_view_checks(FILE *out, const struct pk_checks *checks)
{
	PK_FREE char *took = pk_duration(checks->took);

	if (!checks->compared || !checks->n)
		return;
	if (checks->n_wrong)
		pk_print(out, "%schecks: %zu of %zu do not come to what they expect%s (%s)\n", pk_color(out, PK_RED),
			checks->n_wrong, checks->n, pk_color(out, PK_PLAIN), took);
	else if (checks->n_new)
		pk_print(out, "checks: %zu as expected, %zu new (%s)\n", checks->n - checks->n_new, checks->n_new, took);
	else
		pk_print(out, "checks: %zu as expected (%s)\n", checks->n, took);
	for (size_t i = 0; i < checks->n; i++)
		if (checks->items[i].result != PK_CHECKED_PASSED)
			show_one(out, &checks->items[i]);
}

void pk_view_intact(FILE *out, const struct pk_intact *intact)
{
	PK_AUTO(pk_buf) words = PK_BUF_INIT;
	PK_AUTO(pk_buf) lines = PK_BUF_INIT;

	pk_intact_words(intact, &words);
	pk_view_indented(&lines, words.ptr, "  ");
	if (!lines.len)
		return;
	fputs("rows:\n", out);
	fputs(lines.ptr, out);
}
