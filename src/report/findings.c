/* What was found in the text and in the running, with the safe way; who uses what goes; what is allowed. */
#include "report/html.h"
#include "report/model.h"

static void add_place(struct pk_buf *out, const cJSON *json)
{
	double line = pk_report_num(json, "line"), column = pk_report_num(json, "column");
	PK_FREE char *text = line > 0 ? pk_printf(column > 0 ? ":%.0f:%.0f" : ":%.0f", line, column)
				      : pk_strdup("");

	if (*pk_report_str(json, "file"))
		pk_html(out, "<code class=\"place\">$$</code>", pk_report_str(json, "file"), text);
}

/* So many characters on. */
static const char *skip(const char *p, int n)
{
	for (; n > 0 && *p; n--)
		for (p++; ((unsigned char)*p & 0xC0) == 0x80;)
			p++;
	return p;
}

/* The line as it stands there, what is meant of it marked: columns are characters. */
static void add_source(struct pk_buf *out, const cJSON *json)
{
	const char *text = pk_json_str(json, "line_text"), *from, *to;
	int column = (int)pk_report_num(json, "column");
	bool same = pk_report_num(json, "line") == pk_report_num(json, "endLine");

	if (!text)
		return;
	from = skip(text, column - 1);
	to = same ? skip(from, (int)pk_report_num(json, "endColumn") - column)
		  : from + strlen(from);
	PK_FREE char *before = pk_strndup(text, (size_t)(from - text)),
		     *meant = pk_strndup(from, (size_t)(to - from));
	pk_html(out, "<pre class=\"source\">^<mark>^</mark>^</pre>", before, meant, to);
}

static void add_usage_of(struct pk_buf *out, const cJSON *usage)
{
	const cJSON *item;

	pk_html(out, "<p><b>$</b>$$</p><ul class=\"facts\">", pk_report_str(usage, "of"),
		*pk_report_str(usage, "counted") ? ": " : "", pk_report_str(usage, "counted"));
	cJSON_ArrayForEach (item, pk_json_array(usage, "queries")) {
		PK_FREE char *calls = pk_report_count(pk_report_num(item, "calls"));
		pk_html(out, "<li>$ calls: <code>$</code></li>", calls,
			pk_report_str(item, "text"));
	}
	cJSON_ArrayForEach (item, pk_json_array(usage, "lines")) {
		PK_FREE char *line = pk_printf("%.0f", pk_report_num(item, "line"));
		pk_html(out, "<li><code>$:$</code> <code>$</code></li>",
			pk_report_str(item, "file"), line, pk_report_str(item, "text"));
	}
	pk_html(out, "<li>$</li><li>$</li></ul>\n", pk_report_str(usage, "remote"),
		pk_report_str(usage, "repository"));
}

static void add_finding(struct pk_buf *out, const cJSON *f)
{
	const cJSON *usage = cJSON_GetObjectItemCaseSensitive(f, "usage");
	const char *level = pk_report_str(f, "level");

	pk_html(out, "<article class=\"finding ~\"><h3><span class=\"tag ~\">$</span> $ ", level,
		level, level, pk_report_str(f, "rule"));
	add_place(out, f);
	pk_html(out, "</h3>\n<p class=\"fact\"><b>$:</b> $</p>\n",
		pk_json_bool(f, "measured") ? "Measured" : "Suspected from the text",
		pk_report_str(f, "fact"));
	add_source(out, f);
	if (*pk_report_str(f, "why"))
		pk_html(out, "<p>$</p>\n", pk_report_str(f, "why"));
	if (*pk_report_str(f, "fix"))
		pk_html(out, "<p class=\"copy\">The safe way:</p><pre class=\"sql\">^</pre>\n",
			pk_report_str(f, "fix"));
	if (usage)
		add_usage_of(out, usage);
	pk_buf_add(out, "</article>\n");
}

/* Of check: what is wrong with the chain and its files. */
static void add_reason(struct pk_buf *out, const cJSON *r)
{
	const char *level = pk_report_str(r, "level");

	pk_html(out, "<article class=\"finding ~\"><h3><span class=\"tag ~\">$</span> $ ", level,
		level, level, pk_report_str(r, "rule"));
	add_place(out, r);
	pk_html(out, "</h3>\n<pre class=\"text\">^</pre>\n", pk_report_str(r, "message"));
	if (*pk_report_str(r, "fix"))
		pk_html(out, "<p class=\"copy\">The safe way:</p><pre class=\"sql\">^</pre>\n",
			pk_report_str(r, "fix"));
	pk_buf_add(out, "</article>\n");
}

void pk_report_findings(const struct pk_report *report, struct pk_buf *out)
{
	PK_AUTO(pk_buf) items = PK_BUF_INIT;
	const cJSON *item;

	cJSON_ArrayForEach (item, pk_json_array(report->root, "reasons"))
		add_reason(&items, item);
	for (int errors = 1; errors >= 0; errors--)
		cJSON_ArrayForEach (item, pk_json_array(report->root, "findings")) {
			if (!pk_json_bool(item, "allowed") &&
			    pk_streq(pk_report_str(item, "level"), "error") == errors)
				add_finding(&items, item);
		}
	if (!items.len)
		return;
	pk_report_heading(out, "findings", "Findings");
	pk_buf_add(out, items.ptr);
}

void pk_report_allowances(const struct pk_report *report, struct pk_buf *out)
{
	PK_AUTO(pk_buf) items = PK_BUF_INIT;
	const cJSON *item;

	cJSON_ArrayForEach (item, pk_json_array(report->root, "findings")) {
		if (!pk_json_bool(item, "allowed"))
			continue;
		pk_html(&items, "<tr><td class=\"key\">$</td><td data-l=\"at\">",
			pk_report_str(item, "rule"));
		add_place(&items, item);
		pk_html(&items,
			"</td><td data-l=\"what\">$</td><td data-l=\"reason\">$</td></tr>\n",
			pk_report_str(item, "fact"), pk_report_str(item, "reason"));
	}
	if (!items.len)
		return;
	pk_report_heading(out, "allowances", "Allowed all the same");
	pk_buf_addf(out,
		    "<table><thead><tr><th>Rule</th><th>Where</th><th>What it does</th><th>The "
		    "reason given</th></tr></thead><tbody>\n"
		    "%s</tbody></table>\n",
		    items.ptr);
}

void pk_report_usage(const struct pk_report *report, struct pk_buf *out)
{
	const cJSON *list = pk_json_array(report->root, "usage"), *item;

	if (!cJSON_GetArraySize(list))
		return;
	pk_report_heading(out, "usage", "Who uses what goes");
	cJSON_ArrayForEach (item, list)
		add_usage_of(out, item);
}
