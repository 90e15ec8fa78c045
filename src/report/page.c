/* The page: its skeleton is a template, in which {{name}} is the place of a section. */
#include "base/embedded.h"
#include "report/html.h"
#include "report/model.h"

static void add_title(const struct pk_report *report, struct pk_buf *out)
{
	const char *of = pk_json_str(report->root, "remote");

	if (!of)
		of = pk_json_str(report->root, "branch");
	pk_html(out, "git postkit ~~~", report->about->command, of ? ": " : "", of);
}

static void add_fact(struct pk_buf *out, const char *label, const char *value)
{
	if (value && *value)
		pk_html(out, "<div><dt>$</dt><dd><code>$</code></dd></div>", label, value);
}

static void add_about(const struct pk_report *report, struct pk_buf *out)
{
	const cJSON *root = report->root;

	pk_buf_add(out, "<dl class=\"about\">");
	add_fact(out, "Remote", pk_json_str(root, "remote"));
	add_fact(out, "Branch", pk_json_str(root, "branch"));
	add_fact(out, "Commit", pk_json_str(root, "commit"));
	add_fact(out, "Against", pk_json_str(root, "base"));
	add_fact(out, "Role", pk_json_str(root, "role"));
	add_fact(out, "Schema before", pk_json_str(root, "from"));
	add_fact(out, "Schema after",
		 pk_json_str(root, "to") ? pk_json_str(root, "to")
					 : pk_json_str(root, "fingerprint"));
	add_fact(out, "Made", report->about->when);
	pk_buf_add(out, "</dl>\n");
}

/* What the remote is busy with. */
static void add_present(const struct pk_report *report, struct pk_buf *out)
{
	const cJSON *list = pk_json_array(report->root, "present"), *line;

	if (!cJSON_GetArraySize(list))
		return;
	pk_report_heading(out, "present", "On the remote at present");
	pk_buf_add(out, "<ul>\n");
	cJSON_ArrayForEach (line, list)
		pk_html(out, "<li>$</li>\n", cJSON_GetStringValue(line));
	pk_buf_add(out, "</ul>\n");
}

static void add_nonce(const struct pk_report *report, struct pk_buf *out)
{
	pk_html(out, "~", report->about->nonce);
}

static void add_made_by(const struct pk_report *report, struct pk_buf *out)
{
	pk_html(out, "git postkit $, $", report->about->version, report->about->when);
}

static const struct section {
	const char *name;
	void (*add)(const struct pk_report *report, struct pk_buf *out);
} sections[] = {
	{ "title", add_title },
	{ "nonce", add_nonce },
	{ "about", add_about },
	{ "present", add_present },
	{ "made-by", add_made_by },
	{ "verdict", pk_report_verdict },
	{ "figures", pk_report_figures },
	{ "timeline", pk_report_timeline },
	{ "waits", pk_report_waits },
	{ "statements", pk_report_statements },
	{ "findings", pk_report_findings },
	{ "usage", pk_report_usage },
	{ "conflicts", pk_report_conflicts },
	{ "checks", pk_report_checks },
	{ "rows", pk_report_rows },
	{ "allowances", pk_report_allowances },
	{ "back", pk_report_back },
	{ "unmeasured", pk_report_unmeasured },
};

static void add_section(const struct pk_report *report, const char *name, size_t n,
			struct pk_buf *out)
{
	for (size_t i = 0; i < PK_COUNT(sections); i++)
		if (strlen(sections[i].name) == n && strncmp(sections[i].name, name, n) == 0)
			sections[i].add(report, out);
}

void pk_report_html(const cJSON *document, const struct pk_report_about *about, struct pk_buf *ret)
{
	const char *p = pk_embedded_find("templates/report.html")->data, *open, *close;
	struct pk_report report;

	pk_report_read(&report, document, about);
	while ((open = strstr(p, "{{")) && (close = strstr(open, "}}"))) {
		pk_buf_addn(ret, p, (size_t)(open - p));
		add_section(&report, open + 2, (size_t)(close - open - 2), ret);
		p = close + 2;
	}
	pk_buf_add(ret, p);
	pk_report_release(&report);
}
