#include "trace/checks.h"

#include "base/clock.h"
#include "base/text.h"
#include "pg/sqlstate.h"
#include "trace/parts.h"

#define SECONDS	   30.0
#define MAX_SECONDS 3600
#define SHOWN_ROWS 10
#define SHOWN_BYTES 200

void pk_checks_release(struct pk_checks *checks)
{
	for (size_t i = 0; i < checks->n; i++) {
		pk_answer_release(&checks->items[i].before);
		pk_answer_release(&checks->items[i].after);
		pk_answer_diff_release(&checks->items[i].diff);
		free(checks->items[i].why);
	}
	for (size_t i = 0; i < checks->n_files; i++)
		pk_check_file_release(&checks->files[i]);
	free(checks->items);
	free(checks->files);
	pk_strv_release(&checks->paths);
	*checks = (struct pk_checks)PK_CHECKS_INIT;
}

static int read_file(struct pk_checks *checks, const struct pk_source_file *source, struct pk_err *err)
{
	struct pk_check_file *file = &checks->files[checks->n_files++];

	if (pk_check_file_parse(source->text, source->path, file, err) < 0)
		return -1;
	pk_strv_push(&checks->paths, source->path);
	checks->items = pk_realloc_array(checks->items, checks->n + file->n + 1, sizeof(*checks->items));
	for (size_t i = 0; i < file->n; i++)
		checks->items[checks->n++] = (struct pk_checked){
			.file = checks->paths.items[checks->paths.n - 1],
			.query = file->items[i],
			.before = PK_ANSWER_INIT,
			.after = PK_ANSWER_INIT,
		};
	return 0;
}

/* What a pulled file says has to be a limit. */
static int read_limit(const struct pk_config *config, double *ret, struct pk_err *err)
{
	const char *limit = pk_config_get(config, "checkTimeout");
	bool ours = pk_streq(limit, pk_config_get_protected(config, "checkTimeout"));

	*ret = SECONDS;
	if (!limit)
		return 0;
	if (!pk_parse_duration(limit, ret)) {
		pk_err_set(err, "postkit.checkTimeout is not a time: '%s'", limit);
		return pk_err_hint(err, "500ms, 5s, 2min or 1h; 0 is no limit");
	}
	if (*ret <= MAX_SECONDS && (*ret > 0 || ours))
		return 0;
	pk_err_set(err, "postkit.checkTimeout: '%s' is not from 1ms to 1h", limit);
	return pk_err_hint(err, "without a limit: git config postkit.checkTimeout 0");
}

int pk_checks_load(struct pk_checks *checks, const struct pk_project *project, const struct pk_config *config,
		   const struct pk_repo *repo, const char *rev, struct pk_err *err)
{
	PK_AUTO(pk_source) source = PK_SOURCE_INIT;

	if (read_limit(config, &checks->seconds, err) < 0)
		return -1;
	if (pk_parts_load_dir(repo, rev, project->checks_dir, &source, err) < 0)
		return -1;
	checks->files = pk_alloc((source.n + 1) * sizeof(*checks->files));
	for (size_t i = 0; i < source.n; i++)
		if (read_file(checks, &source.items[i], err) < 0)
			return -1;
	return 0;
}

int pk_checks_ask(struct pk_checks *checks, const struct pk_conninfo *where, bool after, struct pk_err *err)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	double began = pk_now();

	if (!checks->n)
		return 0;
	if (pk_conn_open(&conn, where, err) < 0)
		return -1;
	for (size_t i = 0; i < checks->n; i++) {
		struct pk_checked *c = &checks->items[i];

		if (pk_answer_ask(&conn, c->query.sql, checks->seconds, after ? &c->after : &c->before, err) < 0) {
			pk_err_at(err, c->file, c->query.line, c->query.col);
			return pk_err_wrap(err, "check");
		}
	}
	checks->took += pk_now() - began;
	return 0;
}

/* ---- comparing ---- */

/* What it names does not exist. */
static bool is_not_there(const struct pk_err *err)
{
	static const char *const states[] = { PK_SQLSTATE_UNDEFINED_TABLE, PK_SQLSTATE_UNDEFINED_COLUMN,
					      PK_SQLSTATE_UNDEFINED_FUNCTION, PK_SQLSTATE_UNDEFINED_OBJECT,
					      PK_SQLSTATE_INVALID_SCHEMA_NAME };

	for (size_t i = 0; i < PK_COUNT(states); i++)
		if (pk_streq(err->sqlstate, states[i]))
			return true;
	return false;
}

static bool same_columns(const struct pk_checked *c)
{
	const struct pk_strv *before = &c->before.columns, *after = &c->after.columns;

	for (size_t i = 0; i < before->n && i < after->n; i++)
		if (strcmp(before->items[i], after->items[i]) != 0)
			return false;
	return before->n == after->n;
}

static char *columns_changed(const struct pk_checked *c)
{
	if (same_columns(c))
		return NULL;
	PK_FREE char *before = pk_strv_join(&c->before.columns, ", ");
	PK_FREE char *after = pk_strv_join(&c->after.columns, ", ");
	return pk_printf("its columns were %s, and are %s: name those to be compared in the query", before, after);
}

/* In words, what differs. */
static char *what_differs(const struct pk_checked *c)
{
	if (c->before.kept && c->after.kept)
		return pk_printf("%zu row%s added, %zu removed", c->diff.added, c->diff.added == 1 ? "" : "s",
				 c->diff.removed);
	return pk_printf("other rows, too many to tell which (%lld before, %lld after)", (long long)c->before.n,
			 (long long)c->after.n);
}

static char *not_as_expected(const struct pk_checked *c)
{
	const struct pk_expectation *e = &c->query.expected;
	bool known = c->before.kept && c->after.kept;

	if (e->what == PK_EXPECT_COUNTS && known && (int64_t)c->diff.added == e->added &&
	    (int64_t)c->diff.removed == e->removed)
		return NULL;
	if (e->what == PK_EXPECT_SAME && pk_answer_same(&c->before, &c->after))
		return NULL;
	if (pk_answer_same(&c->before, &c->after))
		return pk_printf("no row differs; expected: %s, which is to go once its migration has run", e->text);
	PK_FREE char *differs = what_differs(c);
	return pk_printf("%s; expected: %s", differs, e->text);
}

static enum pk_checked_as judge(struct pk_checked *c)
{
	enum pk_expecting expected = c->query.expected.what;
	bool compares = expected == PK_EXPECT_SAME || expected == PK_EXPECT_COUNTS;

	if (c->after.err.exit) {
		c->why = pk_printf("it fails after the migration: %s", c->after.err.msg);
		return PK_CHECKED_FAILED;
	}
	if (c->before.err.exit && !is_not_there(&c->before.err)) {
		c->why = pk_printf("it fails before the migration: %s", c->before.err.msg);
		return PK_CHECKED_FAILED;
	}
	if (expected == PK_EXPECT_EMPTY && c->after.n) {
		c->why = pk_printf("%lld row%s; expected: %s", (long long)c->after.n, c->after.n == 1 ? "" : "s",
				   c->query.expected.text);
		return PK_CHECKED_DIFFERS;
	}
	if (!compares)
		return PK_CHECKED_PASSED;
	if (c->before.err.exit) {
		c->why = pk_printf("nothing to compare with: before the migration %s", c->before.err.msg);
		return PK_CHECKED_NEW;
	}
	c->why = columns_changed(c);
	if (!c->why)
		c->why = not_as_expected(c);
	return c->why ? PK_CHECKED_DIFFERS : PK_CHECKED_PASSED;
}

void pk_checks_compare(struct pk_checks *checks)
{
	for (size_t i = 0; i < checks->n; i++) {
		struct pk_checked *c = &checks->items[i];

		/* Rows may have come before an error did. */
		if (!c->before.err.exit && !c->after.err.exit && c->before.kept && c->after.kept && same_columns(c))
			pk_answer_compare(&c->before, &c->after, &c->diff);
		c->result = judge(c);
		checks->n_new += c->result == PK_CHECKED_NEW;
		checks->n_wrong += c->result >= PK_CHECKED_DIFFERS;
	}
	checks->compared = true;
}

/* ---- telling ---- */

const char *pk_checked_as_name(enum pk_checked_as result)
{
	static const char *const names[] = {
		[PK_CHECKED_PASSED] = "passed",
		[PK_CHECKED_NEW] = "new",
		[PK_CHECKED_DIFFERS] = "differs",
		[PK_CHECKED_FAILED] = "failed",
	};

	return names[result];
}

static cJSON *values(const struct pk_answer_row *row, size_t columns)
{
	cJSON *array = cJSON_CreateArray();
	const char *at = row->bytes;

	for (size_t i = 0; i < columns; i++) {
		const char *value = pk_answer_value(&at);
		PK_FREE char *head = value ? pk_cut(value, SHOWN_BYTES) : NULL;

		cJSON_AddItemToArray(array, head ? cJSON_CreateString(head) : cJSON_CreateNull());
	}
	return array;
}

static void add_differences(const struct pk_checked *c, cJSON *item)
{
	const struct pk_answer *named = c->after.err.exit ? &c->before : &c->after;
	cJSON *columns = pk_json_add_array(item, "columns"), *rows = pk_json_add_array(item, "differences");

	for (size_t i = 0; i < named->columns.n; i++)
		cJSON_AddItemToArray(columns, cJSON_CreateString(named->columns.items[i]));
	for (size_t i = 0; c->diff.rows && i < c->diff.n && i < SHOWN_ROWS; i++) {
		cJSON *row = pk_json_add_object(rows, NULL);

		pk_json_set_str(row, "what", c->diff.is_added[i] ? "added" : "removed");
		cJSON_AddItemToObject(row, "values", values(c->diff.rows[i], named->columns.n));
	}
}

cJSON *pk_checks_to_json(const struct pk_checks *checks)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; checks->compared && i < checks->n; i++) {
		const struct pk_checked *c = &checks->items[i];
		cJSON *item = pk_json_add_object(array, NULL);

		pk_json_set_str(item, "file", c->file);
		pk_json_set_num(item, "line", c->query.line);
		pk_json_set_str(item, "sql", c->query.sql);
		pk_json_set_str(item, "expected", c->query.expected.text);
		pk_json_set_str(item, "result", pk_checked_as_name(c->result));
		pk_json_set_str(item, "why", c->why);
		if (!c->before.err.exit)
			pk_json_set_num(item, "rows_before", (double)c->before.n);
		if (!c->after.err.exit)
			pk_json_set_num(item, "rows_after", (double)c->after.n);
		if (c->diff.rows) {
			pk_json_set_num(item, "added", (double)c->diff.added);
			pk_json_set_num(item, "removed", (double)c->diff.removed);
		}
		add_differences(c, item);
	}
	return array;
}
