#include "report/model.h"

#include "base/clock.h"
#include "base/text.h"
#include "trace/waits.h"

bool pk_report_is(const struct pk_report *report, const char *command)
{
	return pk_streq(report->about->command, command);
}

double pk_report_num(const cJSON *object, const char *key)
{
	return pk_json_num(object, key, -1);
}

const char *pk_report_str(const cJSON *object, const char *key)
{
	const char *text = pk_json_str(object, key);

	return text ? text : "";
}

char *pk_report_count(double n)
{
	return n < 0 ? pk_strdup("") : pk_count((uint64_t)n);
}

char *pk_report_size(double bytes)
{
	return bytes < 0 ? pk_strdup("") : pk_size((uint64_t)bytes);
}

char *pk_report_time(double seconds)
{
	return seconds < 0 ? pk_strdup("") : pk_duration(seconds);
}

/* ---- reading ---- */

static struct pk_report_run *add_run(struct pk_report *report, const cJSON *json, char *name)
{
	struct pk_report_run *run;

	report->runs = pk_realloc_array(report->runs, report->n_runs + 1, sizeof(*report->runs));
	run = &report->runs[report->n_runs++];
	*run = (struct pk_report_run){
		.json = json,
		.name = name,
		.transaction = true,
		.start = report->end,
		.end = report->end,
		.first = report->n_statements,
	};
	return run;
}

static void add_statement(struct pk_report *report, const cJSON *json, double seconds)
{
	struct pk_report_run *run = &report->runs[report->n_runs - 1];

	report->statements = pk_realloc_array(report->statements, report->n_statements + 1,
					      sizeof(*report->statements));
	report->statements[report->n_statements++] = (struct pk_report_statement){
		.json = json,
		.run = report->n_runs - 1,
		.start = report->end,
		.end = report->end + seconds,
	};
	report->end += seconds;
	run->end = report->end;
	run->n++;
}

/* Of apply its parts, of deploy the migrations of the dry run. */
static void read_measured(struct pk_report *report, const cJSON *runs)
{
	const cJSON *json, *statement;

	cJSON_ArrayForEach (json, runs) {
		const char *name = pk_json_str(json, "file");
		struct pk_report_run *run;

		if (!name)
			name = pk_json_str(json, "name");
		run = add_run(report, json, name ? pk_strdup(name) : pk_strdup("the plan"));
		run->transaction = pk_json_bool(json, "transaction");
		run->undone = run->transaction && cJSON_HasObjectItem(json, "applied") &&
			      !pk_json_bool(json, "applied");
		cJSON_ArrayForEach (statement, pk_json_array(json, "statements"))
			add_statement(report, statement, pk_json_num(statement, "seconds", 0));
	}
}

static void read_planned(struct pk_report *report, const cJSON *steps)
{
	const cJSON *step;
	double last = -1;

	cJSON_ArrayForEach (step, steps) {
		double migration = pk_report_num(step, "migration");

		if (migration != last)
			add_run(report, NULL, pk_printf("migration %.0f", migration));
		last = migration;
		report->runs[report->n_runs - 1].transaction &=
			!pk_json_bool(step, "no_transaction");
		add_statement(report, step, 1);
	}
}

/* ---- lanes ---- */

static struct pk_report_lane *lane_of(struct pk_report *report, const char *relation)
{
	for (size_t i = 0; i < report->n_lanes; i++)
		if (pk_streq(report->lanes[i].relation, relation))
			return &report->lanes[i];
	report->lanes =
		pk_realloc_array(report->lanes, report->n_lanes + 1, sizeof(*report->lanes));
	report->lanes[report->n_lanes] = (struct pk_report_lane){ .relation = relation };
	return &report->lanes[report->n_lanes++];
}

/* A stronger mode takes the place of one that the transaction has; until: the end of the transaction. */
static void hold(struct pk_report_lane *lane, double start, double until, const char *mode,
		 size_t statement)
{
	struct pk_report_span *last = lane->n ? &lane->spans[lane->n - 1] : NULL;

	if (last && last->end > start) {
		if (pk_lock_rank(last->mode) >= pk_lock_rank(mode))
			return;
		last->end = start;
	}
	lane->spans = pk_realloc_array(lane->spans, lane->n + 1, sizeof(*lane->spans));
	lane->spans[lane->n++] = (struct pk_report_span){ start, until, mode, statement };
	if (pk_lock_rank(mode) > lane->rank)
		lane->rank = pk_lock_rank(mode);
}

static int stronger_first(const void *a, const void *b)
{
	const struct pk_report_lane *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? 1 : -1;
	if (x->held != y->held)
		return x->held < y->held ? 1 : -1;
	return strcmp(x->relation, y->relation);
}

static void read_lanes(struct pk_report *report)
{
	for (size_t i = 0; i < report->n_statements; i++) {
		const struct pk_report_statement *s = &report->statements[i];
		const struct pk_report_run *run = &report->runs[s->run];
		const cJSON *lock;

		cJSON_ArrayForEach (lock, pk_json_array(s->json, "locks")) {
			const char *relation = pk_json_str(lock, "relation"),
				   *mode = pk_json_str(lock, "mode");

			if (relation && pk_lock_rank(mode))
				hold(lane_of(report, relation), s->start,
				     run->transaction ? run->end : s->end, mode, i);
		}
	}
	for (size_t i = 0; i < report->n_lanes; i++) {
		struct pk_report_lane *lane = &report->lanes[i];

		for (size_t k = 0; k < lane->n; k++)
			if (pk_lock_blocks(lane->spans[k].mode) >= PK_BLOCKS_WRITES)
				lane->held += lane->spans[k].end - lane->spans[k].start;
	}
	if (report->n_lanes)
		qsort(report->lanes, report->n_lanes, sizeof(*report->lanes), stronger_first);
}

void pk_report_read(struct pk_report *report, const cJSON *root,
		    const struct pk_report_about *about)
{
	*report = (struct pk_report){ .root = root,
				      .about = about,
				      .planned = pk_streq(about->command, "plan") };
	read_measured(report, pk_json_array(root, "parts"));
	read_measured(report, pk_json_array(root, "dry_run"));
	read_planned(report, pk_json_array(root, "steps"));
	read_lanes(report);
}

void pk_report_release(struct pk_report *report)
{
	for (size_t i = 0; i < report->n_runs; i++)
		free(report->runs[i].name);
	for (size_t i = 0; i < report->n_lanes; i++)
		free(report->lanes[i].spans);
	free(report->statements);
	free(report->runs);
	free(report->lanes);
	*report = (struct pk_report){ 0 };
}
