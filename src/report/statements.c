/* The statements one by one, what they come to in all, and who would have waited. */
#include "report/html.h"
#include "report/model.h"

#define MAX_FILES 12
#define LONG_SQL  30 /* lines */

void pk_report_heading(struct pk_buf *out, const char *id, const char *text)
{
	pk_buf_addf(out, "<h2 id=\"%s\">%s</h2>\n", id, text);
}

void pk_report_sql(struct pk_buf *out, const char *sql)
{
	size_t lines = 1;

	for (const char *p = sql; *p; p++)
		lines += *p == '\n' && p[1];
	if (lines <= LONG_SQL) {
		pk_html(out, "<pre class=\"sql\">^</pre>", sql);
		return;
	}
	PK_FREE char *first = pk_strndup(sql, strcspn(sql, "\n"));
	PK_FREE char *n = pk_printf("%zu", lines);
	pk_html(out,
		"<details class=\"long\"><summary><code>$</code> ($ lines)</summary><pre "
		"class=\"sql\">^</pre></details>",
		first, n, sql);
}

/* ---- one ---- */

static void add_locks(struct pk_buf *out, const cJSON *json)
{
	const cJSON *lock;
	int n = 0;

	cJSON_ArrayForEach (lock, pk_json_array(json, "locks")) {
		if (n++ == MAX_FILES)
			break;
		pk_html(out, "<li>$ <b>$</b> on <code>$</code></li>", n == 1 ? "locks" : "",
			pk_report_str(lock, "mode"), pk_report_str(lock, "relation"));
	}
	if (cJSON_GetArraySize(pk_json_array(json, "locks")) > MAX_FILES)
		pk_buf_addf(out, "<li>and %d locks more</li>",
			    cJSON_GetArraySize(pk_json_array(json, "locks")) - MAX_FILES);
	if (pk_json_bool(json, "sampled")) {
		PK_FREE char *waited = pk_report_time(pk_report_num(json, "waited"));
		pk_html(out, "<li>locks sampled from a second connection; waited $ for locks of others</li>", waited);
	}
}

static void add_files(struct pk_buf *out, const cJSON *json)
{
	const cJSON *file;
	int n = 0;

	cJSON_ArrayForEach (file, pk_json_array(json, "files")) {
		PK_FREE char *size = pk_report_size(pk_report_num(file, "bytes"));
		const char *of = pk_json_str(file, "index_of");

		if (n++ == MAX_FILES)
			break;
		if (of)
			pk_html(out, "<li>$ index <code>$</code> of <code>$</code>: $</li>",
				pk_json_bool(file, "built") ? "builds" : "builds anew",
				pk_report_str(file, "relation"), of, size);
		else
			pk_html(out, "<li class=\"warn\">writes all of <code>$</code> anew: $</li>",
				pk_report_str(file, "relation"), size);
	}
	if (cJSON_GetArraySize(pk_json_array(json, "files")) > MAX_FILES)
		pk_buf_addf(out, "<li>and %d files more</li>",
			    cJSON_GetArraySize(pk_json_array(json, "files")) - MAX_FILES);
}

/* What a plan knows of a step beforehand. */
static void add_estimates(struct pk_buf *out, const cJSON *step)
{
	const cJSON *lost = cJSON_GetObjectItemCaseSensitive(step, "lost");
	PK_FREE char *rows = pk_report_count(pk_report_num(step, "rows"));
	PK_FREE char *size = pk_report_size(pk_report_num(step, "bytes"));
	PK_FREE char *took = pk_report_time(pk_report_num(step, "seconds"));

	if (pk_json_bool(step, "destructive")) {
		PK_FREE char *gone = pk_report_count(pk_report_num(lost, "rows"));
		pk_html(out, "<li class=\"bad\">loses $$$</li>",
			*pk_report_str(lost, "what") ? pk_report_str(lost, "what") : "data",
			*gone ? pk_json_bool(lost, "counted") ? ": " : ": about " : "", gone);
	}
	if (pk_json_bool(step, "rewrite") || pk_json_bool(step, "scan"))
		pk_html(out, "<li class=\"warn\">$ all of <code>$</code>$$$$$$$</li>",
			pk_json_bool(step, "rewrite") ? "rewrites" : "reads",
			pk_report_str(step, "relation"), *rows ? ": about " : "", rows,
			*rows ? " rows" : "", *size ? ", " : "", size,
			*took ? ", by its size " : "", took);
	if (pk_json_bool(step, "too_long"))
		pk_buf_add(out, "<li class=\"bad\">longer than others may wait (maxLock)</li>");
	if (pk_json_bool(step, "no_transaction"))
		pk_buf_add(out, "<li>outside of a transaction</li>");
	if (*pk_report_str(step, "why"))
		pk_html(out, "<li>since $</li>", pk_report_str(step, "why"));
	if (*pk_report_str(step, "note"))
		pk_html(out, "<li>$</li>", pk_report_str(step, "note"));
}

static void add_cell(struct pk_buf *out, const char *label, const char *text)
{
	pk_html(out, "<td class=\"num$\" data-l=\"~\">$</td>", *text ? "" : " none", label, text);
}

static void add_statement(struct pk_buf *out, const struct pk_report *report, size_t i)
{
	const cJSON *json = report->statements[i].json;
	PK_FREE char *took = pk_report_time(pk_report_num(json, "seconds"));
	PK_FREE char *read = pk_report_count(pk_report_num(json, "read"));
	PK_FREE char *written = pk_report_count(pk_report_num(json, "written"));
	PK_FREE char *wal = pk_report_size(pk_report_num(json, "wal"));

	pk_buf_addf(out, "<tr id=\"s%zu\"><td class=\"n\">%zu</td><td class=\"what\">", i + 1,
		    i + 1);
	pk_report_sql(out, pk_report_str(json, "sql"));
	pk_buf_add(out, "<ul class=\"facts\">");
	if (report->planned)
		add_estimates(out, json);
	add_locks(out, json);
	add_files(out, json);
	pk_buf_add(out, "</ul></td>");
	if (!report->planned) {
		add_cell(out, "took", took);
		add_cell(out, "rows read", read);
		add_cell(out, "rows written", written);
		add_cell(out, "WAL", wal);
	}
	pk_buf_add(out, "</tr>\n");
}

static void add_run(struct pk_buf *out, const struct pk_report *report,
		    const struct pk_report_run *run)
{
	PK_FREE char *took =
		report->planned ? pk_strdup("") : pk_report_time(run->end - run->start);

	pk_html(out,
		"<tr class=\"run\"><th colspan=\"$\" scope=\"rowgroup\"><code>$</code>: $$$$</th></tr>\n",
		report->planned ? "2" : "6", run->name,
		run->transaction ? "one transaction"
		: run->n == 1	 ? "outside of a transaction"
				 : "one by one, each committed by itself",
		*took ? ", " : "", took, run->undone ? "; rolled back" : "");
}

void pk_report_statements(const struct pk_report *report, struct pk_buf *out)
{
	if (!report->n_statements)
		return;
	pk_report_heading(out, "statements", report->planned ? "Steps" : "Statements");
	pk_buf_add(out, "<table class=\"statements\"><thead><tr><th>No.</th><th>Statement</th>");
	if (!report->planned)
		pk_buf_add(out, "<th>Took</th><th>Rows read</th><th>Rows written</th><th>WAL</th>");
	pk_buf_add(out, "</tr></thead><tbody>\n");
	for (size_t r = 0; r < report->n_runs; r++) {
		add_run(out, report, &report->runs[r]);
		for (size_t i = 0; i < report->runs[r].n; i++)
			add_statement(out, report, report->runs[r].first + i);
	}
	pk_buf_add(out, "</tbody></table>\n");
}

/* ---- in all ---- */

struct sums {
	double read, written, wal, rewritten_bytes, built_bytes;
	size_t rewritten, built, lossy;
};

static void add_known(double *sum, double value)
{
	if (value > 0)
		*sum += value;
}

static void sum_statement(const cJSON *json, struct sums *sums)
{
	const cJSON *file;

	add_known(&sums->read, pk_report_num(json, "read"));
	add_known(&sums->written, pk_report_num(json, "written"));
	add_known(&sums->wal, pk_report_num(json, "wal"));
	sums->lossy += pk_json_bool(json, "destructive");
	sums->rewritten += pk_json_bool(json, "rewrite");
	cJSON_ArrayForEach (file, pk_json_array(json, "files")) {
		bool index = pk_json_str(file, "index_of");

		*(index ? &sums->built : &sums->rewritten) += 1;
		add_known(index ? &sums->built_bytes : &sums->rewritten_bytes,
			  pk_report_num(file, "bytes"));
	}
}

static void figure(struct pk_buf *out, const char *label, const char *value, const char *more)
{
	pk_html(out, "<div><dt>$</dt><dd>$<small>$</small></dd></div>\n", label, value, more);
}

void pk_report_figures(const struct pk_report *report, struct pk_buf *out)
{
	struct sums sums = { 0 };

	if (!report->n_statements)
		return;
	for (size_t i = 0; i < report->n_statements; i++)
		sum_statement(report->statements[i].json, &sums);
	PK_FREE char *n = pk_report_count((double)report->n_statements),
		     *runs = pk_report_count((double)report->n_runs);
	PK_FREE char *rewritten = pk_report_count((double)sums.rewritten),
		     *rewritten_size = pk_report_size(sums.rewritten_bytes);

	pk_buf_add(out, "<dl class=\"figures\">\n");
	figure(out, report->planned ? "Steps" : "Statements", n, "");
	figure(out, "Migrations", runs, "");
	figure(out, "Tables rewritten", rewritten, sums.rewritten_bytes > 0 ? rewritten_size : "");
	if (report->planned) {
		PK_FREE char *lossy = pk_report_count((double)sums.lossy);
		figure(out, "Steps that lose data", lossy, "");
	} else {
		PK_FREE char *built = pk_report_count((double)sums.built),
			     *built_size = pk_report_size(sums.built_bytes);
		PK_FREE char *time = pk_report_time(report->end), *wal = pk_report_size(sums.wal);
		PK_FREE char *read = pk_report_count(sums.read),
			     *written = pk_report_count(sums.written);
		figure(out, "Indexes built", built, sums.built_bytes > 0 ? built_size : "");
		figure(out, "Time in all", time, "");
		figure(out, "Rows read", read, "");
		figure(out, "Rows written", written, "");
		figure(out, "WAL", wal, "");
	}
	pk_buf_add(out, "</dl>\n");
}

/* ---- who waits ---- */

static void add_wait(struct pk_buf *out, const struct pk_report_run *run, const cJSON *wait)
{
	double reads = pk_report_num(wait, "reads"), writes = pk_report_num(wait, "writes");
	PK_FREE char *r = pk_report_time(reads), *w = pk_report_time(writes);

	pk_html(out,
		"<tr><td class=\"key\"><code>$</code></td><td data-l=\"reads\" class=\"num\">$</td>"
		"<td data-l=\"writes\" class=\"num\">$</td><td data-l=\"lock\" class=\"lock\">$</td><td "
		"data-l=\"migration\">$</td></tr>\n",
		pk_report_str(wait, "relation"), reads > 0 ? r : "do not wait",
		writes > 0 ? w : "do not wait", pk_report_str(wait, "mode"), run->name);
}

void pk_report_waits(const struct pk_report *report, struct pk_buf *out)
{
	PK_AUTO(pk_buf) rows = PK_BUF_INIT;

	if (report->planned || !report->n_statements)
		return;
	for (size_t r = 0; r < report->n_runs; r++) {
		const cJSON *wait;

		cJSON_ArrayForEach (wait, pk_json_array(report->runs[r].json, "waits"))
			add_wait(&rows, &report->runs[r], wait);
	}
	pk_report_heading(out, "waits", "What would have waited in production");
	if (!rows.len) {
		pk_buf_add(
			out,
			"<p>No read and no write: no statement takes a lock that they conflict "
			"with. Writes of rows that a statement changes wait for the end of its transaction, as "
			"always.</p>\n");
		return;
	}
	pk_buf_add(out, "<p>How long one of them would have waited at most, from the beginning of "
			"the statement that takes the lock to "
			"the end of its transaction, beside the time for which the statement itself "
			"waits behind others.</p>\n"
			"<table class=\"waits\"><thead><tr><th>Relation</th><th>Reads</th><th>Writes</"
			"th><th>Strongest lock</th>"
			"<th>Migration</th></tr></thead><tbody>\n");
	pk_buf_add(out, rows.ptr);
	pk_buf_add(out, "</tbody></table>\n");
}
