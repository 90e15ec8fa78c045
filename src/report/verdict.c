/* What a reader is to say yes or no to, and why. */
#include "report/html.h"
#include "report/model.h"

/* Points against it, for care, and for it; each an item of a list. */
struct points {
	struct pk_buf no, care, yes;
};

static void point(struct pk_buf *list, const char *anchor, size_t n, const char *one,
		  const char *many)
{
	PK_FREE char *count = pk_report_count((double)n);

	if (n)
		pk_html(list, "<li><a href=\"#~\">$ $</a></li>\n", anchor, count,
			n == 1 ? one : many);
}

static void count_findings(const struct pk_report *report, struct points *points)
{
	const cJSON *finding;
	size_t errors = 0, warnings = 0, allowed = 0;

	cJSON_ArrayForEach (finding, pk_json_array(report->root, "findings")) {
		if (pk_json_bool(finding, "allowed"))
			allowed++;
		else if (pk_streq(pk_json_str(finding, "level"), "error"))
			errors++;
		else
			warnings++;
	}
	point(&points->no, "findings", errors, "finding at level error", "findings at level error");
	point(&points->care, "findings", warnings, "warning", "warnings");
	point(&points->care, "allowances", allowed, "finding is let pass by an allowance",
	      "findings are let pass by allowances");
}

static void count_reasons(const struct pk_report *report, struct points *points)
{
	const cJSON *reason;
	size_t errors = 0, others = 0;

	cJSON_ArrayForEach (reason, pk_json_array(report->root, "reasons"))
		*(pk_streq(pk_json_str(reason, "level"), "error") ? &errors : &others) += 1;
	point(&points->no, "findings", errors, "reason to refuse it", "reasons to refuse it");
	point(&points->care, "findings", others, "thing to look at", "things to look at");
}

static void count_checks(const struct pk_report *report, struct points *points)
{
	const cJSON *check;
	size_t wrong = 0, fresh = 0, n = 0;

	cJSON_ArrayForEach (check, pk_json_array(report->root, "checks")) {
		const char *result = pk_report_str(check, "result");

		n++;
		wrong += pk_streq(result, "differs") || pk_streq(result, "failed");
		fresh += pk_streq(result, "new");
	}
	point(&points->no, "checks", wrong, "check does not come to what it expects",
	      "checks do not come to what they expect");
	point(&points->care, "checks", fresh, "check is new, so that it could not be compared",
	      "checks are new, so that they could not be compared");
	if (!wrong)
		point(&points->yes, "checks", n - fresh,
		      "check comes to the same before and after, as it expects",
		      "checks come to what they expect");
}

static void count_data(const struct pk_report *report, struct points *points)
{
	size_t lossy = 0, slow = 0, used = 0;
	const cJSON *usage;

	for (size_t i = 0; report->planned && i < report->n_statements; i++) {
		lossy += pk_json_bool(report->statements[i].json, "destructive");
		slow += pk_json_bool(report->statements[i].json, "too_long");
	}
	cJSON_ArrayForEach (usage, pk_json_array(report->root, "usage"))
		used += pk_report_num(usage, "queries_found") > 0 ||
			pk_report_num(usage, "lines_found") > 0;
	point(&points->no, "conflicts",
	      (size_t)cJSON_GetArraySize(pk_json_array(report->root, "conflicts")),
	      "statement will fail on the rows that are there",
	      "statements will fail on the rows that are there");
	point(pk_json_bool(report->root, "refused") ? &points->no : &points->care, "statements",
	      lossy, "step loses data", "steps lose data");
	point(&points->care, "statements", slow, "step takes longer than others may wait",
	      "steps take longer than others may wait");
	point(&points->care, "usage", used, "thing that goes is in use",
	      "things that go are in use");
	point(&points->care, "rows",
	      (size_t)cJSON_GetArraySize(pk_json_array(report->root, "lost")), "loss of data",
	      "losses of data");
}

/* The longest wait of reads and of writes. */
static void add_wait(const struct pk_report *report, const char *key, const char *who,
		     struct points *points)
{
	double longest = 0, most = pk_report_num(report->root, "max_lock");
	const char *relation = NULL;

	for (size_t r = 0; r < report->n_runs; r++) {
		const cJSON *wait;

		cJSON_ArrayForEach (wait, pk_json_array(report->runs[r].json, "waits")) {
			if (pk_report_num(wait, key) <= longest)
				continue;
			longest = pk_report_num(wait, key);
			relation = pk_report_str(wait, "relation");
		}
	}
	PK_FREE char *time = pk_report_time(longest), *limit = pk_report_time(most);

	if (!relation)
		pk_html(&points->yes, "<li><a href=\"#waits\">No $ waits for its locks</a></li>\n",
			who);
	else if (most > 0 && longest > most)
		pk_html(&points->care,
			"<li><a href=\"#waits\">A $ may wait $</a>, of <code>$</code>: longer than "
			"the $ that it may (maxLock)</li>\n",
			who, time, relation, limit);
	else
		pk_html(&points->yes,
			"<li><a href=\"#waits\">No $ waits longer than $</a>, the longest of <code>$</code></li>\n",
			who, time, relation);
}

static void add_error(const struct pk_report *report, struct points *points)
{
	const char *error = pk_json_str(report->root, "error"),
		   *state = pk_json_str(report->root, "sqlstate");
	const char *file = pk_json_str(report->root, "file");

	if (!error)
		return;
	pk_html(&points->no, "<li><b>$</b>", error);
	if (file) {
		PK_FREE char *line = pk_printf("%.0f", pk_report_num(report->root, "line"));
		pk_html(&points->no, " at <code>$$$</code>", file,
			pk_report_num(report->root, "line") > 0 ? ":" : "",
			pk_report_num(report->root, "line") > 0 ? line : "");
	}
	if (state)
		pk_html(&points->no, " (SQLSTATE $)", state);
	if (*pk_report_str(report->root, "detail"))
		pk_html(&points->no, "<pre>^</pre>", pk_report_str(report->root, "detail"));
	if (*pk_report_str(report->root, "hint"))
		pk_html(&points->no, "<p>$</p>", pk_report_str(report->root, "hint"));
	pk_buf_add(&points->no, "</li>\n");
}

static void add_way_back(const struct pk_report *report, struct points *points)
{
	const char *back =
		pk_report_str(cJSON_GetObjectItemCaseSensitive(report->root, "way_back"), "result");

	if (pk_streq(back, "loses"))
		pk_buf_add(&points->care, "<li><a href=\"#back\">The way back does not bring back all rows</a></li>\n");
	if (pk_streq(back, "in part"))
		pk_buf_add(&points->care,
			   "<li><a href=\"#back\">Not all of the way back was tried</a></li>\n");
	if (pk_streq(back, "not tried") && report->n_statements)
		pk_buf_add(&points->care,
			   "<li><a href=\"#back\">The way back was not tried</a></li>\n");
	if (pk_streq(back, "proven"))
		pk_buf_add(&points->yes, "<li><a href=\"#back\">The way back was tried, and leads "
					 "back to what was there</a></li>\n");
}

static void add_state(const struct pk_report *report, struct points *points)
{
	if (pk_json_bool(report->root, "drift"))
		pk_buf_add(&points->care,
			   "<li>The remote's schema is not what its migrations made of it</li>\n");
	if (pk_report_is(report, "apply") && !pk_json_str(report->root, "error") &&
	    !pk_json_bool(report->root, "agree"))
		pk_buf_add(&points->care,
			   "<li>The schema files do not say what the clone is now</li>\n");
	if (pk_report_is(report, "apply") && pk_json_bool(report->root, "resumed"))
		pk_buf_add(&points->care, "<li>It went on where an earlier apply had stopped: what "
					  "that one did is not on this page</li>\n");
	if (report->planned && pk_json_bool(report->root, "proved"))
		pk_buf_add(&points->yes,
			   "<li>The plan is proved on a copy of the schema, there and back</li>\n");
	if (pk_report_is(report, "lint") &&
	    pk_report_num(report->root, "statements") > pk_report_num(report->root, "analysed"))
		pk_buf_add(
			&points->care,
			"<li><a href=\"#unmeasured\">Not all statements could be read</a></li>\n");
}

/* Against: its command has succeeded, but what it found would be refused elsewhere, or fail. */
static const char *title_of(const struct pk_report *report, enum pk_report_verdict verdict, bool against)
{
	enum { AGAINST = PK_REPORT_NO + 1, FAILED, TITLES };
	static const struct {
		const char *command, *words[TITLES];
	} titles[] = {
		{ "plan",
		  { "Yes, as far as a plan can tell: nothing has been run on data yet",
		    "A plan to look at before it is applied", "No: not like this",
		    "The plan works, but not as it is for production", "No: there is no plan" } },
		{ "apply",
		  { "Yes: applied on the clone, and nothing speaks against it",
		    "Applied on the clone; look at this first", "No: applied on the clone, but not as it should be",
		    "Applied on the clone, but not fit for production as it is",
		    "No: it could not be applied on the clone" } },
		{ "deploy",
		  { "Yes: the dry run passed, and nothing speaks against it",
		    "The dry run passed; look at this first", "No: the dry run did not pass",
		    "The dry run passed, but this speaks against it", "No: the dry run failed" } },
		{ "rollback",
		  { "Yes: the way back was tried, and nothing speaks against it",
		    "The way back was tried and passed; look at this first", "No: the dry run did not pass",
		    "The way back was tried and passed, but this speaks against it",
		    "No: it cannot be rolled back like this" } },
		{ "lint",
		  { "Yes: nothing was found", "Nothing forbids it; look at this first",
		    "No: what was found forbids it", NULL, "No: not all could be read" } },
		{ "check",
		  { "Yes: nothing to refuse", "Nothing to refuse; look at this first", "No: it is refused", NULL,
		    "No: it could not be checked" } },
	};
	bool failed = verdict == PK_REPORT_NO && pk_json_str(report->root, "error");
	int which = failed ? FAILED : against ? AGAINST : (int)verdict;

	for (size_t i = 0; i < PK_COUNT(titles); i++)
		if (pk_report_is(report, titles[i].command))
			return titles[i].words[which] ? titles[i].words[which] : titles[i].words[verdict];
	return "";
}

/* Nothing was there to be judged. */
static const char *nothing_of(const struct pk_report *report)
{
	if (report->n_statements || pk_json_str(report->root, "error"))
		return NULL;
	if (report->planned)
		return "Nothing to change: the clone is what the schema files mean";
	if (pk_report_is(report, "deploy"))
		return "Nothing is pending";
	if (pk_report_is(report, "rollback"))
		return "Nothing is to be rolled back";
	if (pk_report_is(report, "apply"))
		return "No statement was run";
	if (pk_report_is(report, "check") && !pk_json_bool(report->root, "changed"))
		return "Schema files and migrations are unchanged";
	return NULL;
}

static void add_list(struct pk_buf *out, const char *class, const char *heading,
		     const struct pk_buf *items)
{
	if (items->len)
		pk_buf_addf(out, "<div class=\"%s\"><h3>%s</h3><ul>\n%s</ul></div>\n", class,
			    heading, items->ptr);
}

void pk_report_verdict(const struct pk_report *report, struct pk_buf *out)
{
	static const char *const classes[] = { "yes", "care", "no" }, *const marks[] = { "✓", "!",
											 "✗" };
	struct points points = { PK_BUF_INIT, PK_BUF_INIT, PK_BUF_INIT };
	enum pk_report_verdict verdict;
	const char *nothing = nothing_of(report);
	bool no, against;

	add_error(report, &points);
	count_reasons(report, &points);
	count_findings(report, &points);
	count_data(report, &points);
	count_checks(report, &points);
	add_way_back(report, &points);
	add_state(report, &points);
	if (!report->planned && report->n_statements) {
		add_wait(report, "reads", "read", &points);
		add_wait(report, "writes", "write", &points);
	}
	/* A document says whether its command succeeded, and the page says no where it did not, and only there. */
	no = cJSON_HasObjectItem(report->root, "ok") ? !pk_json_bool(report->root, "ok") : points.no.len > 0;
	if (no && !points.no.len)
		pk_buf_add(&points.no, "<li>The command ended without success</li>\n");
	against = !no && points.no.len;
	verdict = no ? PK_REPORT_NO : against || points.care.len ? PK_REPORT_CARE : PK_REPORT_YES;
	pk_html(out,
		"<section class=\"verdict $\"><h2 id=\"verdict\"><span class=\"mark\" aria-hidden=\"true\">$</span> "
		"$</h2>\n",
		classes[verdict], marks[verdict],
		nothing && !no && !against ? nothing : title_of(report, verdict, against));
	add_list(out, "against", no ? "What forbids it" : "What speaks against it", &points.no);
	add_list(out, "caution", "What to look at", &points.care);
	add_list(out, "good", "What speaks for it", &points.yes);
	pk_buf_add(out, "</section>\n");
	pk_buf_release(&points.no);
	pk_buf_release(&points.care);
	pk_buf_release(&points.yes);
}
