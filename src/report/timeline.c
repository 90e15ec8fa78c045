/* The picture: statements on an axis of time, and below it for each relation the locks that are held on it. */
#include "report/html.h"
#include "report/model.h"
#include "trace/waits.h"

#include <math.h>

#define MAX_LANES 150
#define NEAR_NARROW                                                                                \
	6.0 /* percent of the width that a number takes, where that is 340 pixels; and 1,000 */
#define NEAR_WIDE 2.9

/* How a mode looks: what it keeps waiting, and so its class, its pattern and its colour where no style sheet is let in. */
static const struct look {
	const char *name, *fill, *words;
} looks[] = {
	{ "none", "#9aa4af", "keeps no read and no write waiting" },
	{ "schema", "url(#p-schema)", "keeps other changes of the schema and VACUUM waiting" },
	{ "writes", "url(#p-writes)", "keeps writes waiting" },
	{ "reads", "url(#p-reads)", "keeps reads and writes waiting" },
};

static const struct look *look_of(const char *mode)
{
	switch (pk_lock_blocks(mode)) {
	case PK_BLOCKS_READS:
		return &looks[3];
	case PK_BLOCKS_WRITES:
		return &looks[2];
	default:
		return &looks[pk_lock_rank(mode) > 3];
	}
}

static double percent(const struct pk_report *report, double at)
{
	return report->end > 0 ? at / report->end * 100 : 0;
}

/* Seconds from left to right, pixels from top to bottom. */
struct bar {
	double start, end;
	int y, height;
	const char *class, *fill;
};

static void add_bar(struct pk_buf *out, const struct pk_report *report, const struct bar *bar)
{
	pk_buf_addf(out,
		    "<rect class=\"%s\" x=\"%.3f%%\" y=\"%d\" width=\"%.3f%%\" height=\"%d\" fill=\"%s\"/>",
		    bar->class, percent(report, bar->start), bar->y,
		    fmax(percent(report, bar->end - bar->start), 0.05), bar->height, bar->fill);
}

/* 1, 2 or 5 times a power of ten: three or four to the axis. */
static double tick_of(double end)
{
	double raw = end / 3, power = pow(10, floor(log10(raw))), part = raw / power;

	return power * (part < 1.5 ? 1 : part < 3.5 ? 2 : part < 7.5 ? 5 : 10);
}

static void add_ticks(struct pk_buf *out, const struct pk_report *report, int height, bool labels)
{
	double tick = report->end > 0 ? tick_of(report->end) : 0;

	if (report->planned)
		return;
	for (int i = 0; tick > 0 && i * tick <= report->end * 1.0001; i++) {
		double x = percent(report, i * tick);
		PK_FREE char *text = i ? pk_report_time(i * tick) : pk_strdup("0");

		pk_buf_addf(out,
			    "<line class=\"tick\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"0\" y2=\"%d\" stroke=\"#9aa4af\"/>",
			    x, x, height);
		if (labels)
			pk_buf_addf(out,
				    "<text x=\"%.3f%%\" y=\"11\" font-size=\"11\" text-anchor=\"%s\">%s</text>",
				    x,
				    i == 0   ? "start"
				    : x > 92 ? "end"
					     : "middle",
				    text);
	}
}

/* Numbers where there is room: all that fit on a narrow screen, and more on a wide one. */
static void add_numbers(struct pk_buf *out, const struct pk_report *report)
{
	double narrow = -100, wide = -100;

	for (size_t i = 0; i < report->n_statements; i++) {
		double x = percent(report, report->statements[i].start);
		bool last = x > 100 - NEAR_WIDE;
		bool far = (last ? 100 - NEAR_NARROW : x) - narrow >= NEAR_NARROW;

		if (!far && (last ? 100 - NEAR_WIDE : x) - wide < NEAR_WIDE)
			continue;
		pk_buf_addf(out,
			    "<a href=\"#s%zu\"><text%s x=\"%.3f%%\"%s y=\"50\" font-size=\"11\">%zu</text></a>",
			    i + 1, far ? "" : " class=\"wide\"", last ? 100 : x,
			    last ? " text-anchor=\"end\"" : " dx=\"2\"", i + 1);
		wide = last ? 100 : x;
		if (far)
			narrow = wide;
	}
}

static void add_statements(struct pk_buf *out, const struct pk_report *report)
{
	pk_buf_add(out,
		   "<div class=\"lane first\"><p class=\"name\">Statements, by their numbers</p>"
		   "<svg role=\"img\" aria-label=\"statements in their order\" width=\"100%\" height=\"54\">");
	add_ticks(out, report, 54, true);
	for (size_t i = 0; i < report->n_runs; i++)
		add_bar(out, report,
			&(struct bar){ .start = report->runs[i].start, .end = report->runs[i].end, .y = 15, .height = 5,
				       .class = i % 2 ? "run odd" : "run", .fill = "#d0d7de" });
	for (size_t i = 0; i < report->n_statements; i++) {
		const struct pk_report_statement *s = &report->statements[i];
		PK_FREE char *took = report->planned ? NULL : pk_report_time(s->end - s->start);

		pk_buf_addf(out, "<a href=\"#s%zu\"><g><title>%zu%s%s</title>", i + 1, i + 1,
			    took ? ": " : "", took ? took : "");
		add_bar(out, report,
			&(struct bar){ .start = s->start, .end = s->end, .y = 22, .height = 16,
				       .class = i % 2 ? "statement odd" : "statement", .fill = i % 2 ? "#57606a" : "#8c959f" });
		pk_buf_add(out, "</g></a>");
	}
	add_numbers(out, report);
	pk_buf_add(out, "</svg></div>\n");
}

/* "ACCESS EXCLUSIVE 1.2 s from 3": each mode once, with all the time that it is held. */
static void add_modes(struct pk_buf *out, const struct pk_report *report,
		      const struct pk_report_lane *lane)
{
	const char *separator = "";

	for (unsigned rank = 8; rank > 0; rank--) {
		const struct pk_report_span *first = NULL;
		double held = 0;

		for (size_t i = 0; i < lane->n; i++) {
			if (pk_lock_rank(lane->spans[i].mode) != rank)
				continue;
			held += lane->spans[i].end - lane->spans[i].start;
			if (!first)
				first = &lane->spans[i];
		}
		if (!first)
			continue;
		PK_FREE char *took = pk_report_time(held);
		pk_html(out, "$<span class=\"mode $\">$</span> ", separator,
			look_of(first->mode)->name, first->mode);
		if (!report->planned)
			pk_html(out, "$ ", took);
		pk_buf_addf(out, "from <a href=\"#s%zu\">%zu</a>", first->statement + 1,
			    first->statement + 1);
		separator = ", ";
	}
}

static void add_lane(struct pk_buf *out, const struct pk_report *report,
		     const struct pk_report_lane *lane)
{
	pk_html(out, "<div class=\"lane\"><p class=\"name\"><code>$</code> ", lane->relation);
	add_modes(out, report, lane);
	pk_html(out,
		"</p><svg role=\"img\" aria-label=\"locks on ~\" width=\"100%\" height=\"14\">",
		lane->relation);
	add_ticks(out, report, 14, false);
	pk_buf_add(
		out,
		"<line class=\"base\" x1=\"0\" x2=\"100%\" y1=\"7\" y2=\"7\" stroke=\"#9aa4af\"/>");
	for (size_t i = 0; i < lane->n; i++) {
		const struct pk_report_span *span = &lane->spans[i];
		const struct look *look = look_of(span->mode);
		PK_FREE char *class = pk_printf("lock %s", look->name);
		PK_FREE char *took =
			report->planned ? NULL : pk_report_time(span->end - span->start);
		bool thin = look == &looks[0];

		pk_html(out, "<g><title>~ ~</title>", span->mode, took);
		add_bar(out, report,
			&(struct bar){ .start = span->start, .end = span->end, .y = thin ? 4 : 1, .height = thin ? 6 : 12,
				       .class = class, .fill = look->fill });
		pk_buf_add(out, "</g>");
	}
	pk_buf_add(out, "</svg></div>\n");
}

static void add_legend(struct pk_buf *out)
{
	static const char *const modes[] = {
		"ACCESS SHARE, ROW SHARE, ROW EXCLUSIVE",
		"SHARE UPDATE EXCLUSIVE",
		"SHARE, SHARE ROW EXCLUSIVE, EXCLUSIVE",
		"ACCESS EXCLUSIVE",
	};

	pk_buf_add(out, "<ul class=\"legend\">");
	for (size_t i = PK_COUNT(looks); i-- > 0;)
		pk_buf_addf(out,
			    "<li><svg width=\"32\" height=\"14\" aria-hidden=\"true\"><rect class=\"lock %s\" x=\"1\" "
			    "y=\"%d\" width=\"30\" height=\"%d\" fill=\"%s\"/></svg> <b>%s</b>: %s</li>",
			    looks[i].name, i ? 1 : 4, i ? 12 : 6, looks[i].fill, modes[i],
			    looks[i].words);
	pk_buf_add(out, "</ul>\n");
}

/* Shapes that tell modes apart where colours do not. */
static void add_patterns(struct pk_buf *out)
{
	pk_buf_add(
		out,
		"<svg class=\"patterns\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>"
		"<pattern id=\"p-reads\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
		"<rect class=\"ink-reads\" width=\"6\" height=\"6\" fill=\"#b3261e\"/></pattern>"
		"<pattern id=\"p-writes\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" "
		"patternTransform=\"rotate(45)\">"
		"<rect class=\"pale-writes\" width=\"7\" height=\"7\" fill=\"#ffe0b2\"/>"
		"<rect class=\"ink-writes\" width=\"3.5\" height=\"7\" fill=\"#a84300\"/></pattern>"
		"<pattern id=\"p-schema\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
		"<rect class=\"pale-schema\" width=\"5\" height=\"5\" fill=\"#dbeafe\"/>"
		"<circle class=\"ink-schema\" cx=\"2.5\" cy=\"2.5\" r=\"1.4\" fill=\"#0b57a8\"/></pattern>"
		"</defs></svg>\n");
}

static bool is_weak(const struct pk_report_lane *lane)
{
	return lane->rank <= 3;
}

static void add_lanes(struct pk_buf *out, const struct pk_report *report, bool weak)
{
	size_t shown = 0, n = 0;

	for (size_t i = 0; i < report->n_lanes; i++) {
		if (is_weak(&report->lanes[i]) != weak)
			continue;
		if (n++ < MAX_LANES) {
			add_lane(out, report, &report->lanes[i]);
			shown++;
		}
	}
	if (n > shown)
		pk_buf_addf(out, "<p>and %zu relations more: the JSON document has them all</p>\n",
			    n - shown);
}

void pk_report_timeline(const struct pk_report *report, struct pk_buf *out)
{
	size_t weak = 0;

	if (!report->n_statements)
		return;
	for (size_t i = 0; i < report->n_lanes; i++)
		weak += is_weak(&report->lanes[i]);
	pk_report_heading(out, "timeline", "Statements and the locks they hold");
	pk_buf_add(out, report->planned ? "<p>Not to scale: nothing has been run, so each step is "
					  "as wide as the next. A lock is held to the end of its transaction.</p>\n"
					: "<p>Times as measured, laid end to end. A lock is held "
					  "to the end of its transaction; the bars at the "
					  "top are the transactions.</p>\n");
	add_patterns(out);
	pk_buf_add(out, "<div class=\"lanes\">\n");
	add_statements(out, report);
	add_lanes(out, report, false);
	if (weak == report->n_lanes)
		pk_buf_add(out, "<p>No lock keeps reads or writes of a relation that was there before waiting.</p>\n");
	if (weak) {
		pk_buf_addf(out,
			    "<details><summary>%zu relation%s with locks that keep nobody waiting</summary>\n",
			    weak, weak == 1 ? "" : "s");
		add_lanes(out, report, true);
		pk_buf_add(out, "</details>\n");
	}
	pk_buf_add(out, "</div>\n");
	add_legend(out);
}
