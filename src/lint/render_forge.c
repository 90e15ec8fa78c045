/* Findings for the pages of forges: GitHub's annotations, and Markdown. */
#include "base/term.h"
#include "lint/place.h"
#include "lint/render.h"

/* As GitHub's runner takes commands apart; property: also what parts properties. */
static void add_escaped(struct pk_buf *out, const char *text, bool property)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;

	pk_buf_add_safe(&safe, text, true);
	for (const char *p = safe.ptr; *p; p++) {
		bool parts = *p == '%' || *p == '\r' || *p == '\n' || (property && (*p == ':' || *p == ','));

		if (parts)
			pk_buf_addf(out, "%%%02X", (unsigned char)*p);
		else
			pk_buf_addc(out, *p);
	}
}

void pk_render_github(const struct pk_findings *findings, struct pk_buf *ret)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct pk_finding *f = &findings->items[i];
		struct pk_region r = pk_finding_region(f);
		const char *why = f->allowed ? f->reason : f->why;
		PK_FREE char *message = pk_printf("%s%s%s%s%s%s%s", f->measured ? "measured: " : "", f->fact,
						  why ? "\n" : "", f->allowed ? "allowed: " : "", why ? why : "",
						  f->fix && !f->allowed ? "\nsafe way:\n" : "",
						  f->fix && !f->allowed ? f->fix : "");

		pk_buf_addf(ret, "::%s file=", f->allowed ? "notice" : pk_finding_word(f));
		add_escaped(ret, pk_starts_with(f->file, "./") ? f->file + 2 : f->file, true);
		pk_buf_addf(ret, ",line=%d,endLine=%d,col=%d", r.line, r.end_line, r.col);
		if (r.end_line == r.line)
			pk_buf_addf(ret, ",endColumn=%d", r.end_col);
		pk_buf_add(ret, ",title=");
		add_escaped(ret, f->rule, true);
		pk_buf_add(ret, "::");
		add_escaped(ret, message, false);
		pk_buf_addc(ret, '\n');
	}
}

/* Plain text within Markdown: nothing in it means anything. */
static void add_plain(struct pk_buf *out, const char *text)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;

	pk_buf_add_safe(&safe, text, true);
	for (const char *p = safe.ptr; *p; p++) {
		if (*p == '<')
			pk_buf_add(out, "&lt;");
		else if (*p == '&')
			pk_buf_add(out, "&amp;");
		else if (*p == '\n' || *p == '\r')
			pk_buf_addc(out, ' ');
		else if (strchr("\\`*_{}[]()#+!|~@>", *p))
			pk_buf_addf(out, "\\%c", *p);
		else
			pk_buf_addc(out, *p);
	}
}

/* Between fences that are longer than any in it. */
static void add_fenced(struct pk_buf *out, const char *sql)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;
	size_t longest = 2, run = 0;

	pk_buf_add_safe(&safe, sql, true);
	for (const char *p = safe.ptr; *p; p++) {
		run = *p == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	PK_FREE char *fence = pk_alloc(longest + 2);
	memset(fence, '`', longest + 1);
	pk_buf_addf(out, "%ssql\n%s\n%s\n", fence, safe.ptr, fence);
}

static void add_finding(struct pk_buf *out, const struct pk_finding *f)
{
	pk_buf_addf(out, "#### %s: ", pk_finding_word(f));
	add_plain(out, f->rule);
	pk_buf_add(out, " · ");
	add_plain(out, f->file);
	pk_buf_addf(out, ":%d\n\n%s", f->line, f->measured ? "Measured: " : "");
	add_plain(out, f->fact ? f->fact : "");
	pk_buf_add(out, f->allowed ? ". Allowed: " : ". ");
	add_plain(out, (f->allowed ? f->reason : f->why) ? (f->allowed ? f->reason : f->why) : "");
	pk_buf_add(out, "\n\n");
	if (f->source)
		add_fenced(out, f->source);
	if (f->fix && !f->allowed) {
		pk_buf_add(out, "\nThe safe way:\n\n");
		add_fenced(out, f->fix);
	}
	pk_buf_addc(out, '\n');
}

void pk_render_markdown(const struct pk_findings *findings, struct pk_buf *ret)
{
	PK_AUTO(pk_buf) summary = PK_BUF_INIT;

	pk_render_summary(findings, &summary);
	pk_buf_addf(ret, "### Migrations: %s\n\n", summary.ptr);
	for (size_t i = 0; i < findings->n; i++)
		if (!findings->items[i].allowed)
			add_finding(ret, &findings->items[i]);
	for (size_t i = 0; i < findings->n; i++)
		if (findings->items[i].allowed)
			add_finding(ret, &findings->items[i]);
}
