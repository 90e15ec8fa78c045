#include "base/term.h"
#include "base/text.h"
#include "lint/place.h"
#include "lint/render.h"
#include "lint/usage.h"

#define LINE_SHOWN 200 /* bytes */

struct text {
	struct pk_buf *out;
	const char *colors[PK_DIM + 1]; /* asked for once: whether it is a terminal takes a system call */
};

static const char *color(const struct text *t, enum pk_color color)
{
	return t->colors[color];
}

/* "label: text"; further lines under the first. */
static void add_lines(const struct text *t, const char *label, const char *text)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;
	size_t indent = strlen(label);

	if (!text || !*text)
		return;
	pk_buf_add_safe(&safe, text, true);
	pk_buf_addf(t->out, "  %s%s%s", color(t, PK_CYAN), label, color(t, PK_PLAIN));
	for (const char *p = safe.ptr; *p;) {
		size_t n = strcspn(p, "\n");

		pk_buf_addn(t->out, p, n);
		pk_buf_addc(t->out, '\n');
		p += n + (p[n] == '\n');
		if (*p)
			pk_buf_addf(t->out, "  %*s", (int)indent, "");
	}
}

/* The statement's line, and a mark under as much of it as stands there. Tabs and what is not printed count as one. */
static void add_source(const struct text *t, const struct pk_finding *f)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;
	struct pk_region r = pk_finding_region(f);
	int end = r.end_line == r.line ? r.end_col : -1, col = 1;

	for (const char *p = f->line_text; *p && safe.len < LINE_SHOWN;) {
		uint32_t c;
		size_t n = pk_utf8_decode(p, &c);

		if (n && !pk_utf8_unseen(c))
			pk_buf_addn(&safe, p, n);
		else
			pk_buf_addc(&safe, ' ');
		p += n ? n : 1;
	}
	pk_buf_addf(t->out, "%s%5d |%s %s\n%s      |%s ", color(t, PK_DIM), f->line, color(t, PK_PLAIN), safe.ptr,
		    color(t, PK_DIM), color(t, PK_PLAIN));
	for (const char *p = safe.ptr; *p && (end < 0 || col < end); p++) {
		if (((unsigned char)*p & 0xC0) == 0x80)
			continue;
		if (col == r.col)
			pk_buf_add(t->out, color(t, f->level == PK_LEVEL_ERROR ? PK_RED : PK_YELLOW));
		pk_buf_addc(t->out, col < r.col ? ' ' : col == r.col ? '^' : '~');
		col++;
	}
	pk_buf_addf(t->out, "%s\n", color(t, PK_PLAIN));
}

static void add_usage_line(void *arg, const char *label, const char *text)
{
	add_lines(arg, label, text);
}

static void add_finding(struct text *t, const struct pk_finding *f)
{
	enum pk_color level = f->allowed ? PK_DIM : f->level == PK_LEVEL_ERROR ? PK_RED : PK_YELLOW;

	pk_buf_add(t->out, color(t, PK_BOLD));
	pk_buf_add_safe(t->out, f->file, false);
	pk_buf_addf(t->out, ":%d:%d:%s %s%s:%s ", f->line, pk_finding_region(f).col, color(t, PK_PLAIN), color(t, level), pk_finding_word(f),
		    color(t, PK_PLAIN));
	if (f->measured)
		pk_buf_add(t->out, "measured: ");
	pk_buf_add_safe(t->out, f->fact ? f->fact : "", false);
	pk_buf_addf(t->out, " [%s%s%s]\n", color(t, PK_BOLD), f->rule, color(t, PK_PLAIN));
	if (f->line_text)
		add_source(t, f);
	add_lines(t, f->allowed ? "reason    " : "why       ", f->allowed ? f->reason : f->why);
	if (f->usage)
		pk_usage_text(f->usage, add_usage_line, t);
	if (f->allowed)
		return;
	add_lines(t, "safe way  ", f->fix);
}

void pk_render_text(const struct pk_findings *findings, FILE *colors, struct pk_buf *ret)
{
	struct text t = { .out = ret };

	for (enum pk_color c = PK_PLAIN; c <= PK_DIM; c++)
		t.colors[c] = colors ? pk_color(colors, c) : "";
	for (size_t i = 0; i < findings->n; i++)
		add_finding(&t, &findings->items[i]);
}

void pk_render_summary(const struct pk_findings *findings, struct pk_buf *ret)
{
	size_t errors = 0, warnings = 0, allowed = 0;

	for (size_t i = 0; i < findings->n; i++) {
		const struct pk_finding *f = &findings->items[i];
		size_t *count = f->allowed ? &allowed : f->level == PK_LEVEL_ERROR ? &errors : &warnings;
		++*count;
	}
	if (errors)
		pk_buf_addf(ret, "%zu error%s", errors, errors == 1 ? "" : "s");
	if (warnings)
		pk_buf_addf(ret, "%s%zu warning%s", ret->len ? ", " : "", warnings, warnings == 1 ? "" : "s");
	if (allowed)
		pk_buf_addf(ret, "%s%zu allowed", ret->len ? ", " : "", allowed);
	if (!ret->len)
		pk_buf_add(ret, "nothing found");
}
