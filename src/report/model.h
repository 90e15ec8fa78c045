/* What the sections of a page have in common: a document's statements in their order, and the locks they hold. */
#ifndef PK_REPORT_MODEL_H
#define PK_REPORT_MODEL_H

#include "base/buf.h"
#include "base/json.h"
#include "report/report.h"

/* Times are seconds since the first statement, laid end to end; of a plan each step is one long. */
struct pk_report_statement {
	const cJSON *json;
	size_t run;
	double start, end;
};
/* What runs as a unit: a migration, a part of a session. */
struct pk_report_run {
	const cJSON *json; /* NULL: of a plan */
	char *name;	   /* "20260131120000_add.sql", "migration 2" */
	bool transaction, undone;
	double start, end;
	size_t first, n; /* of its statements */
};
struct pk_report_span {
	double start, end;
	const char *mode;
	size_t statement; /* that takes it */
};
struct pk_report_lane {
	const char *relation;
	unsigned rank; /* of the strongest mode (trace/waits.h) */
	double held;   /* with modes that keep writes waiting */
	struct pk_report_span *spans;
	size_t n;
};
enum pk_report_verdict { PK_REPORT_YES, PK_REPORT_CARE, PK_REPORT_NO };

struct pk_report {
	const cJSON *root;
	const struct pk_report_about *about;
	bool planned; /* nothing has been run: estimates */
	struct pk_report_statement *statements;
	struct pk_report_run *runs;
	struct pk_report_lane *lanes; /* the strongest first */
	size_t n_statements, n_runs, n_lanes;
	double end;
};
/* Borrows both for as long as the report lives. */
void pk_report_read(struct pk_report *report, const cJSON *root,
		    const struct pk_report_about *about);
void pk_report_release(struct pk_report *report);

/* Is it the document of that command? */
bool pk_report_is(const struct pk_report *report, const char *command);
/* Numbers and texts of a document; -1 and "" where there are none. */
double pk_report_num(const cJSON *object, const char *key);
const char *pk_report_str(const cJSON *object, const char *key);
/* "12,345", "1.3 GB", "12 ms"; "" below 0. Callers free. */
char *pk_report_count(double n);
char *pk_report_size(double bytes);
char *pk_report_time(double seconds);
/* "<h2 id=...>": a section begins. */
void pk_report_heading(struct pk_buf *out, const char *id, const char *text);
/* SQL to be read and copied: all of it, behind its first line where it is long. */
void pk_report_sql(struct pk_buf *out, const char *sql);

/* The sections, each with its heading; nothing where there is nothing to say. */
void pk_report_verdict(const struct pk_report *report, struct pk_buf *out);
void pk_report_figures(const struct pk_report *report, struct pk_buf *out);
void pk_report_timeline(const struct pk_report *report, struct pk_buf *out);
void pk_report_waits(const struct pk_report *report, struct pk_buf *out);
void pk_report_statements(const struct pk_report *report, struct pk_buf *out);
void pk_report_findings(const struct pk_report *report, struct pk_buf *out);
void pk_report_usage(const struct pk_report *report, struct pk_buf *out);
void pk_report_conflicts(const struct pk_report *report, struct pk_buf *out);
void pk_report_checks(const struct pk_report *report, struct pk_buf *out);
void pk_report_rows(const struct pk_report *report, struct pk_buf *out);
void pk_report_allowances(const struct pk_report *report, struct pk_buf *out);
void pk_report_back(const struct pk_report *report, struct pk_buf *out);
void pk_report_unmeasured(const struct pk_report *report, struct pk_buf *out);

#endif
