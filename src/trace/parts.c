#include "trace/parts.h"
#include "base/clock.h"
#include "base/fs.h"
#include "git/git.h"

void pk_part_results_release(struct pk_part_results *results)
{
	for (size_t i = 0; i < results->n; i++)
		free(results->items[i].path);
	free(results->items);
	*results = (struct pk_part_results)PK_PART_RESULTS_INIT;
}

/* ---- loading ---- */

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct pk_source_file *)a)->path,
		      ((const struct pk_source_file *)b)->path);
}

/* Seeds are known by their paths, which must be the same in every clone of the repository. */
static void make_relative(struct pk_source *source, const char *workdir)
{
	size_t n = strlen(workdir);

	for (size_t i = 0; i < source->n; i++) {
		char *path = source->items[i].path;

		if (strncmp(path, workdir, n) != 0 || path[n] != '/')
			continue;
		source->items[i].path = pk_strdup(path + n + 1);
		free(path);
	}
}

static int load_tree(const struct pk_repo *repo, const char *rev, const char *dir,
		     struct pk_source *ret, struct pk_err *err)
{
	struct pk_oid tree = { "" };

	if (pk_repo_tree_at(repo, rev, dir, &tree, err) < 0)
		return -1;
	return pk_oid_is_null(&tree) ? 0 : pk_source_from_tree(ret, repo, &tree, dir, NULL, err);
}

int pk_parts_load(const struct pk_project *project, const struct pk_repo *repo, const char *rev,
		  const char *part, struct pk_source *ret, struct pk_err *err)
{
	PK_FREE char *dir = pk_path_join(project->schema_dir, part);

	return pk_parts_load_dir(repo, rev, dir, ret, err);
}

int pk_parts_load_dir(const struct pk_repo *repo, const char *rev, const char *dir, struct pk_source *ret,
		      struct pk_err *err)
{
	PK_FREE char *path = repo->workdir ? pk_path_join(repo->workdir, dir) : NULL;

	if (rev) {
		if (load_tree(repo, rev, dir, ret, err) < 0)
			return -1;
	} else if (path && pk_path_is_dir(path)) {
		if (pk_source_from_path(ret, path, NULL, err) < 0)
			return -1;
		make_relative(ret, repo->workdir);
	}
	if (ret->n > 1)
		qsort(ret->items, ret->n, sizeof(*ret->items), by_path);
	return 0;
}

/* ---- running ---- */

struct part {
	struct pk_conn *conn;
	const struct pk_parts_options *options;
	struct pk_part_results *results;
	/* of the file at hand, for seeds */
	const char *path;
	char *checksum;
	int (*before_commit)(void *arg, struct pk_conn *conn, struct pk_err *err);
};

static void add_result(struct part *p, struct pk_part_result result)
{
	if (p->options->after)
		p->options->after(p->options->arg, &result);
	if (!p->results) {
		free(result.path);
		return;
	}
	if (p->results->n == p->results->cap) {
		p->results->cap = p->results->cap ? p->results->cap * 2 : 8;
		p->results->items = pk_realloc_array(p->results->items, p->results->cap,
						     sizeof(*p->results->items));
	}
	p->results->items[p->results->n++] = result;
	p->results->n_ran += result.ran;
}

static void skip_file(struct part *p, const char *path, const char *reason)
{
	add_result(p, (struct pk_part_result){ .path = pk_strdup(path), .skipped_reason = reason });
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n\f\v")] == '\0';
}

static int run_file(struct part *p, const struct pk_source_file *file, struct pk_err *err)
{
	PK_AUTO(pk_trace) trace = PK_TRACE_INIT;
	struct pk_part_result result = { .ran = true };
	double started = pk_now();
	const struct pk_run how = {
		.file = file->path,
		.first_line = 1,
		.transaction = true,
		.local = p->options->local,
		.admin = p->options->local ? p->options->admin : NULL,
		.lock_timeout = p->options->lock_timeout,
		.before_commit = p->before_commit,
		.arg = p,
	};

	if (!p->options->dry) {
		if (pk_run_sql(p->conn, file->text, &how, &trace, NULL, err) < 0)
			return -1;
		result.seconds = pk_now() - started;
	}
	for (size_t i = 0; i < trace.n; i++)
		if (trace.items[i].rows > 0)
			result.rows += trace.items[i].rows;
	result.path = pk_strdup(file->path);
	add_result(p, result);
	return 0;
}

static int apply_all(struct pk_conn *conn, const struct pk_source *source,
		     const struct pk_parts_options *options, struct pk_part_results *results,
		     struct pk_err *err)
{
	struct part p = { .conn = conn, .options = options, .results = results };

	for (size_t i = 0; i < source->n; i++) {
		if (is_blank(source->items[i].text))
			skip_file(&p, source->items[i].path, "empty");
		else if (run_file(&p, &source->items[i], err) < 0)
			return -1;
	}
	return 0;
}

int pk_infra_apply(struct pk_conn *conn, const struct pk_source *source,
		   const struct pk_parts_options *options, struct pk_part_results *results,
		   struct pk_err *err)
{
	return apply_all(conn, source, options, results, err);
}

int pk_grants_apply(struct pk_conn *conn, const struct pk_source *source,
		    const struct pk_parts_options *options, struct pk_part_results *results,
		    struct pk_err *err)
{
	return apply_all(conn, source, options, results, err);
}

/* ---- seeds ---- */

static int seeds_table_exists(struct pk_conn *conn, bool *ret, struct pk_err *err)
{
	PK_FREE char *answer = NULL;

	if (pk_query_value(conn, "SELECT pg_catalog.to_regclass('postkit.seeds') IS NOT NULL", 0,
			   NULL, &answer, err) < 0)
		return -1;
	*ret = pk_streq(answer, "t");
	return 0;
}

/* IF NOT EXISTS asks for the privilege to create even when nothing is to be done. */
int pk_seeds_create_table(struct pk_conn *conn, struct pk_err *err)
{
	PK_FREE char *schema = NULL;

	if (pk_query_value(conn, "SELECT pg_catalog.to_regnamespace('postkit') IS NOT NULL", 0,
			   NULL, &schema, err) < 0)
		return -1;
	if (!pk_streq(schema, "t") && pk_exec(conn, "CREATE SCHEMA IF NOT EXISTS postkit", err) < 0)
		return pk_err_wrap(err, "cannot make the schema postkit");
	if (pk_exec(conn,
		    "CREATE TABLE IF NOT EXISTS postkit.seeds (path text PRIMARY KEY, checksum text NOT NULL, "
		    "applied_at timestamp with time zone NOT NULL DEFAULT pg_catalog.now(), "
		    "applied_by text NOT NULL DEFAULT current_user)",
		    err) < 0)
		return pk_err_wrap(err, "cannot make the table postkit.seeds");
	return 0;
}

static int remember_seed(void *arg, struct pk_conn *conn, struct pk_err *err)
{
	const struct part *p = arg;
	const char *const params[] = { p->path, p->checksum };

	return pk_query(conn,
			"INSERT INTO postkit.seeds AS s (path, checksum) VALUES ($1, $2) "
			"ON CONFLICT (path) DO UPDATE SET checksum = excluded.checksum, "
			"applied_at = excluded.applied_at, applied_by = excluded.applied_by",
			2, params, NULL, err);
}

static int apply_seed(struct part *p, const struct pk_source_file *file, bool *table,
		      struct pk_err *err)
{
	const char *const params[] = { file->path };
	PK_FREE char *last = NULL, *checksum = pk_git_hash_blob(file->text, file->len);
	int result;

	if (*table && pk_query_value(p->conn, "SELECT checksum FROM postkit.seeds WHERE path = $1",
				     1, params, &last, err) < 0)
		return -1;
	if (!p->options->force && pk_streq(last, checksum)) {
		skip_file(p, file->path, "unchanged");
		return 0;
	}
	if (!*table && !p->options->dry) {
		if (pk_seeds_create_table(p->conn, err) < 0)
			return -1;
		*table = true;
	}
	p->path = file->path;
	p->checksum = checksum;
	result = run_file(p, file, err);
	p->path = NULL;
	p->checksum = NULL;
	return result;
}

int pk_seeds_apply(struct pk_conn *conn, const struct pk_source *source,
		   const struct pk_parts_options *options, struct pk_part_results *results,
		   struct pk_err *err)
{
	struct part p = {
		.conn = conn, .options = options, .results = results, .before_commit = remember_seed
	};
	bool table = false;

	if (seeds_table_exists(conn, &table, err) < 0)
		return -1;
	for (size_t i = 0; i < source->n; i++) {
		if (is_blank(source->items[i].text))
			skip_file(&p, source->items[i].path, "empty");
		else if (apply_seed(&p, &source->items[i], &table, err) < 0)
			return -1;
	}
	return 0;
}
