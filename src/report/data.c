/* Rows: those in the way, those that differ, those that are lost; the way back; and what nobody looked at. */
#include "report/html.h"
#include "report/model.h"

#define MAX_NAMED 30

void pk_report_conflicts(const struct pk_report *report, struct pk_buf *out)
{
	const cJSON *list = pk_json_array(report->root, "conflicts"), *item, *key;

	if (!cJSON_GetArraySize(list))
		return;
	pk_report_heading(out, "conflicts", "Rows that stand in the way");
	cJSON_ArrayForEach (item, list) {
		PK_FREE char *n = pk_report_count(pk_report_num(item, "rows"));

		pk_html(out,
			"<article class=\"finding error\"><h3>$</h3><p>Rows: $</p><ul class=\"facts\">",
			pk_report_str(item, "what"), *n ? n : "more than could be counted soon");
		cJSON_ArrayForEach (key, pk_json_array(item, "keys"))
			pk_html(out, "<li><code>$</code></li>", cJSON_GetStringValue(key));
		pk_html(out,
			"</ul><p class=\"copy\">All of them:</p><pre class=\"sql\">^</pre></article>\n",
			pk_report_str(item, "query"));
	}
}

/* ---- checks ---- */

static void add_row(struct pk_buf *out, const cJSON *row)
{
	bool added = pk_streq(pk_report_str(row, "what"), "added");
	const cJSON *value;

	pk_buf_addf(out, "<tr class=\"%s\"><td>%s</td>", added ? "added" : "removed",
		    added ? "+ after" : "− before");
	cJSON_ArrayForEach (value, pk_json_array(row, "values")) {
		if (cJSON_IsNull(value))
			pk_buf_add(out, "<td class=\"null\">NULL</td>");
		else
			pk_html(out, "<td><code>$</code></td>", cJSON_GetStringValue(value));
	}
	pk_buf_add(out, "</tr>\n");
}

static void add_differences(struct pk_buf *out, const cJSON *check)
{
	const cJSON *rows = pk_json_array(check, "differences"), *item;
	double all = pk_report_num(check, "added") + pk_report_num(check, "removed");
	int n = cJSON_GetArraySize(rows);

	if (!n)
		return;
	pk_buf_add(out,
		   "<div class=\"wide-table\"><table class=\"differences\"><thead><tr><th></th>");
	cJSON_ArrayForEach (item, pk_json_array(check, "columns"))
		pk_html(out, "<th>$</th>", cJSON_GetStringValue(item));
	pk_buf_add(out, "</tr></thead><tbody>\n");
	cJSON_ArrayForEach (item, rows)
		add_row(out, item);
	pk_buf_add(out, "</tbody></table></div>\n");
	if (all > n)
		pk_buf_addf(out, "<p>and %.0f rows more</p>\n", all - n);
}

void pk_report_checks(const struct pk_report *report, struct pk_buf *out)
{
	const cJSON *list = pk_json_array(report->root, "checks"), *check;

	if (!cJSON_GetArraySize(list))
		return;
	pk_report_heading(out, "checks", "Checks, before and after");
	cJSON_ArrayForEach (check, list) {
		const char *result = pk_report_str(check, "result");
		bool wrong = pk_streq(result, "differs") || pk_streq(result, "failed");
		PK_FREE char *line = pk_printf("%.0f", pk_report_num(check, "line"));
		PK_FREE char *before = pk_report_count(pk_report_num(check, "rows_before"));
		PK_FREE char *after = pk_report_count(pk_report_num(check, "rows_after"));

		pk_html(out,
			"<article class=\"finding ~\"><h3><span class=\"tag ~\">$</span> <code "
			"class=\"place\">$:$</code></h3>\n",
			wrong			  ? "error"
			: pk_streq(result, "new") ? "warning"
						  : "passed",
			wrong			  ? "error"
			: pk_streq(result, "new") ? "warning"
						  : "passed",
			result, pk_report_str(check, "file"), line);
		if (*pk_report_str(check, "why"))
			pk_html(out, "<p>$</p>\n", pk_report_str(check, "why"));
		pk_report_sql(out, pk_report_str(check, "sql"));
		pk_html(out, "<p>Rows: $ before, $ after$$</p>\n", *before ? before : "unknown",
			*after ? after : "unknown",
			*pk_report_str(check, "expected") ? "; expected: " : "",
			pk_report_str(check, "expected"));
		add_differences(out, check);
		pk_buf_add(out, "</article>\n");
	}
}

/* ---- rows of tables ---- */

static void add_columns(struct pk_buf *out, const cJSON *table)
{
	const cJSON *column;
	const char *separator = "";

	cJSON_ArrayForEach (column, pk_json_array(table, "columns")) {
		const char *what = pk_report_str(column, "what");
		PK_FREE char *n = pk_report_count(
			pk_report_num(column, pk_streq(what, "new") ? "nulls" : "values"));

		if (pk_streq(what, "changed"))
			pk_html(out, "$other values in <code>$</code>", separator,
				pk_report_str(column, "name"));
		else
			pk_html(out, "$$ <code>$</code>, $ $", separator, what,
				pk_report_str(column, "name"), n,
				pk_streq(what, "new") ? "of them NULL" : "values");
		separator = "; ";
	}
}

static void add_table(struct pk_buf *out, const cJSON *table)
{
	PK_FREE char *before = pk_report_count(pk_report_num(table, "rows_before"));
	PK_FREE char *after = pk_report_count(pk_report_num(table, "rows_after"));

	pk_html(out,
		"<tr><td class=\"key\"><code>$</code></td><td data-l=\"rows before\" class=\"num\">$</td>"
		"<td data-l=\"after\" class=\"num\">$</td><td data-l=\"columns\">",
		pk_report_str(table, "name"), before,
		pk_json_bool(table, "there") ? after : "gone");
	if (!pk_json_bool(table, "looked_at"))
		pk_buf_add(out, "not looked at: too large");
	add_columns(out, table);
	pk_buf_add(out, "</td></tr>\n");
}

static bool is_changed(const cJSON *table)
{
	return !pk_json_bool(table, "there") ||
	       pk_report_num(table, "rows_before") != pk_report_num(table, "rows_after") ||
	       cJSON_GetArraySize(pk_json_array(table, "columns"));
}

void pk_report_rows(const struct pk_report *report, struct pk_buf *out)
{
	const cJSON *item;
	PK_AUTO(pk_buf) tables = PK_BUF_INIT;
	PK_AUTO(pk_buf) lost = PK_BUF_INIT;

	cJSON_ArrayForEach (item, pk_json_array(report->root, "tables"))
		if (is_changed(item))
			add_table(&tables, item);
	cJSON_ArrayForEach (item, pk_json_array(report->root, "lost")) {
		PK_FREE char *n = pk_report_count(pk_report_num(item, "rows"));
		pk_html(&lost, "<li>$ <code>$$$</code>: $</li>\n", pk_report_str(item, "what"),
			pk_report_str(item, "table"), *pk_report_str(item, "column") ? "." : "",
			pk_report_str(item, "column"), *n ? n : "not counted");
	}
	if (!tables.len && !lost.len)
		return;
	pk_report_heading(out, "rows", "What becomes of rows");
	if (lost.len)
		pk_buf_addf(out, "<p>Data that is lost:</p><ul>%s</ul>\n", lost.ptr);
	if (tables.len)
		pk_buf_addf(out,
			    "<table><thead><tr><th>Table</th><th>Rows "
			    "before</th><th>After</th><th>Columns</th></tr></thead><tbody>\n"
			    "%s</tbody></table>\n",
			    tables.ptr);
}

/* ---- the way back ---- */

static void add_back(struct pk_buf *out, const char *name, const cJSON *json)
{
	const char *down = pk_json_str(json, "down"), *reason = pk_json_str(json, "irreversible");

	pk_html(out, "<h3><code>$</code></h3>\n", name);
	if (reason)
		pk_html(out,
			"<p>The way back does not restore everything; the reason given: $</p>\n",
			reason);
	if (down && *down)
		pk_report_sql(out, down);
	else
		pk_buf_add(out, "<p>It has no way back.</p>\n");
}

/* Of a dry run, which has tried it. */
static void add_tried(const cJSON *tried, struct pk_buf *out)
{
	const char *result = pk_report_str(tried, "result"), *why = pk_report_str(tried, "why");
	const cJSON *item;
	PK_AUTO(pk_buf) rows = PK_BUF_INIT;

	if (pk_streq(result, "proven"))
		pk_buf_add(out, "<p>Tried on the copy: it leads back to the schema and the rows "
				"that were there before.</p>\n");
	else if (pk_streq(result, "loses"))
		pk_buf_add(out, "<p><b>Tried on the copy: it leads back to the schema, but not to "
				"all the rows that were there before.</b></p>\n");
	else if (pk_streq(result, "in part"))
		pk_html(out,
			"<p><b>Only the last of it was tried on the copy, without comparing rows: $.</b></p>\n",
			why);
	else
		pk_html(out, "<p>It was not tried$$.</p>\n", *why ? ": " : "", why);
	cJSON_ArrayForEach (item, pk_json_array(tried, "checks"))
		pk_html(out, "<p>Another answer than before: <code>$</code></p>\n",
			cJSON_GetStringValue(item));
	cJSON_ArrayForEach (item, pk_json_array(tried, "tables"))
		if (is_changed(item))
			add_table(&rows, item);
	if (rows.len)
		pk_buf_addf(out,
			    "<table><thead><tr><th>Table</th><th>Rows before</th><th>After the way "
			    "back</th><th>Columns</th></tr></thead>"
			    "<tbody>\n%s</tbody></table>\n",
			    rows.ptr);
}

void pk_report_back(const struct pk_report *report, struct pk_buf *out)
{
	/* What a rollback runs is the way back. */
	if (!report->n_statements || pk_report_is(report, "rollback"))
		return;
	if (report->planned && pk_json_str(report->root, "down")) {
		pk_report_heading(out, "back", "The way back");
		pk_report_sql(out, pk_report_str(report->root, "down"));
		return;
	}
	if (report->planned || !cJSON_HasObjectItem(report->runs[0].json, "reversible"))
		return;
	pk_report_heading(out, "back", "The way back");
	if (cJSON_HasObjectItem(report->root, "way_back"))
		add_tried(cJSON_GetObjectItemCaseSensitive(report->root, "way_back"), out);
	for (size_t i = 0; i < report->n_runs; i++)
		add_back(out, report->runs[i].name, report->runs[i].json);
}

/* ---- what was not measured ---- */

static void add_sample(const struct pk_report *report, struct pk_buf *out)
{
	const cJSON *list = pk_json_array(report->root, "sampled"), *item;
	int n = 0;

	if (!cJSON_GetArraySize(list))
		return;
	pk_buf_add(out, "<li>The copy holds less than its source, so that times, rows and sizes of "
			"these are those of a part:<ul>");
	cJSON_ArrayForEach (item, list) {
		PK_FREE char *here = pk_report_count(pk_report_num(item, "rows_here"));
		PK_FREE char *there = pk_report_count(pk_report_num(item, "rows_there"));

		if (n++ < MAX_NAMED)
			pk_html(out, "<li><code>$</code>: $ rows here, about $ there</li>",
				pk_report_str(item, "relation"), here, there);
	}
	if (n > MAX_NAMED)
		pk_buf_addf(out, "<li>and %d more</li>", n - MAX_NAMED);
	pk_buf_add(out, "</ul></li>\n");
}

static void add_names(struct pk_buf *out, const cJSON *list, const char *what)
{
	const cJSON *item;
	int n = 0;

	if (!cJSON_GetArraySize(list))
		return;
	pk_html(out, "<li>$ ", what);
	cJSON_ArrayForEach (item, list)
		if (n++ < MAX_NAMED)
			pk_html(out, "$<code>$</code>", n > 1 ? ", " : "",
				cJSON_GetStringValue(item));
	if (n > MAX_NAMED)
		pk_buf_addf(out, " and %d more", n - MAX_NAMED);
	pk_buf_add(out, "</li>\n");
}

static void add_unasked(const struct pk_report *report, struct pk_buf *out)
{
	const cJSON *usage;

	cJSON_ArrayForEach (usage, pk_json_array(report->root, "usage")) {
		if (!pk_json_bool(usage, "remote_asked"))
			pk_html(out, "<li>Which queries use $: $</li>\n",
				pk_report_str(usage, "of"), pk_report_str(usage, "remote"));
		if (!pk_json_bool(usage, "repository_asked"))
			pk_html(out, "<li>Which files use $: $</li>\n", pk_report_str(usage, "of"),
				pk_report_str(usage, "repository"));
	}
}

static void add_outside(const struct pk_report *report, struct pk_buf *out)
{
	size_t n = 0;

	for (size_t i = 0; !report->planned && i < report->n_statements; i++)
		n += !cJSON_HasObjectItem(report->statements[i].json, "read");
	if (n)
		pk_buf_addf(out,
			    "<li>%zu statement%s ran where rows and locks cannot be seen from "
			    "inside (CONCURRENTLY, VACUUM, what only a "
			    "superuser may do): the lock is the one that PostgreSQL documents, and "
			    "rows read are not known.</li>\n",
			    n, n == 1 ? "" : "s");
}

static void add_text_only(const struct pk_report *report, struct pk_buf *out)
{
	double left =
		pk_report_num(report->root, "statements") - pk_report_num(report->root, "analysed");

	pk_buf_add(out, "<li>Findings that are marked as suspected come from the text: no database "
			"was asked, neither its sizes nor its rows.</li>\n");
	if (left > 0)
		pk_buf_addf(
			out,
			"<li>%.0f statement%s could not be read, so nothing is said of %s.</li>\n",
			left, left == 1 ? "" : "s", left == 1 ? "it" : "them");
}

void pk_report_unmeasured(const struct pk_report *report, struct pk_buf *out)
{
	pk_report_heading(out, "unmeasured", "What was not measured");
	pk_buf_add(out, "<ul>\n");
	if (report->planned)
		pk_buf_add(out, "<li>Nothing has been run on data: locks follow from the steps, "
				"rows and sizes are the server's estimates, "
				"times are guesses by size. <code>git postkit apply</code> measures.</li>\n");
	else if (report->n_statements)
		pk_buf_add(out, "<li>Times are those of a local copy on this machine without other "
				"traffic, and its memory may be warm: "
				"production can be slower. How long a statement itself waits for "
				"its lock behind others is not in them.</li>\n"
				"<li>Rows read are those of sequential scans; WAL is what the "
				"whole local server wrote meanwhile.</li>\n");
	else if (pk_report_is(report, "lint") || pk_report_is(report, "check"))
		add_text_only(report, out);
	else
		pk_buf_add(out, "<li>Anything: no statement was run.</li>\n");
	add_outside(report, out);
	add_sample(report, out);
	add_unasked(report, out);
	add_names(out, pk_json_array(report->root, "unmodelled"),
		  "Not compared, as it is of a kind that is not modelled:");
	add_names(out, pk_json_array(report->root, "left_out"), "Left out, as the settings say:");
	if (!report->planned && report->n_statements &&
	    !cJSON_GetArraySize(pk_json_array(report->root, "checks")))
		pk_buf_add(out, "<li>No check of the project was asked: there is none in its "
				"folder <code>checks</code>, or it did not come to that.</li>\n");
	pk_buf_add(out, "</ul>\n");
}
