#include "cmd/lint_files.h"

#include "base/fs.h"
#include "base/map.h"
#include "chain/chain.h"
#include "git/git.h"
#include "sql/goose.h"
#include "sql/migration.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

/* A thread is worth starting for so many files. */
#define THREAD_FILES 8
#define MAX_THREADS  16
/* As much as the first thread has by custom: a parse tree is as deep as its text. */
#define STACK_BYTES  (8 << 20)

/* The part of a file that a runner applies. */
struct part {
	const char *sql;
	int first_line;
	bool transaction, ours;
	const char *from; /* fingerprint of the schema before it, or NULL */
};

/* One thread at a time asks the repository. */
static pthread_mutex_t repo_lock = PTHREAD_MUTEX_INITIALIZER;

/* The schema before a migration: the stored snapshot that its header names. Texts live in the arena. */
struct known {
	const struct pk_repo *repo;
	const char *fingerprint;
	struct pk_arena arena;
};

static const char *known_text(void *arg, const char *path)
{
	struct known *known = arg;

	pthread_mutex_lock(&repo_lock);
	PK_FREE char *text = pk_fingerprint_text(known->repo, known->fingerprint, path);
	pthread_mutex_unlock(&repo_lock);
	return pk_arena_strdup(&known->arena, text);
}

static void known_list(void *arg, const char *beginning, struct pk_strv *ret)
{
	const struct known *known = arg;

	pthread_mutex_lock(&repo_lock);
	pk_fingerprint_paths(known->repo, known->fingerprint, beginning, ret);
	pthread_mutex_unlock(&repo_lock);
}

static bool is_known(const struct pk_ctx *ctx, const char *fingerprint)
{
	if (!ctx->has_repo || !fingerprint)
		return false;
	pthread_mutex_lock(&repo_lock);
	bool known = pk_fingerprint_known(&ctx->repo, fingerprint);
	pthread_mutex_unlock(&repo_lock);
	return known;
}

static int lint_part(const struct pk_linting *linting, const char *file, const struct part *part,
		     struct pk_findings *ret, struct pk_err *err)
{
	const struct pk_ctx *ctx = linting->ctx;
	struct known known = { .repo = &ctx->repo, .fingerprint = part->from };
	struct pk_lint_catalog catalog = { .text = known_text, .list = known_list, .arg = &known };
	struct pk_lint_options options = linting->settings;

	options.catalog = is_known(ctx, part->from) ? &catalog : NULL;
	options.transaction = part->transaction;
	options.ours = part->ours;
	options.first_line = part->first_line;

	if (linting->scratch && pk_scratch_use(linting->scratch, &options, err) < 0)
		return -1;
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	int status = pk_lint_sql(part->sql, file, &options, ret, &why);

	/* Findings hold their own texts; the catalog's are done with. */
	pk_arena_release(&known.arena);
	if (status < 0 && !why.line)
		return pk_err_move(err, &why);
	if (status < 0) /* the text itself: the other files are read all the same */
		pk_findings_refuse(ret, file, &why);
	return 0;
}

/* dbmate's files and ours. */
static int lint_migration(const struct pk_linting *linting, const char *file,
			  const struct pk_buf *text, struct pk_findings *ret, struct pk_err *err)
{
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;
	PK_FREE char *checksum = pk_git_hash_blob(text->ptr, text->len);
	/* a draft may have any name yet; what is wrong in it still is so in this file */
	const char *name = pk_migration_valid_file(pk_path_base(file)) ? file : "0_draft.sql";

	if (pk_migration_parse(name, text->ptr, text->len, checksum, &m, err) < 0)
		return pk_err_at(err, file, err->line, err->col);
	struct part part = { m.up, m.up_line, m.up_transaction, true, m.from };
	return lint_part(linting, file, &part, ret, err);
}

static int lint_goose(const struct pk_linting *linting, const char *file, const char *text,
		      const struct pk_goose *goose, struct pk_findings *ret, struct pk_err *err)
{
	PK_FREE char *up = pk_strndup(text + goose->start, goose->end - goose->start);
	struct part part = { up, goose->line, goose->transaction, false, NULL };

	return lint_part(linting, file, &part, ret, err);
}

static int read_input(const char *file, struct pk_buf *text, struct pk_err *err)
{
	char chunk[8192];
	size_t n;

	if (strcmp(file, "-") != 0 && pk_path_is_dir(file)) {
		PK_FREE char *all = pk_path_join(file, "*.sql");

		pk_err_set(err, "'%s' is a folder, and lint takes files", file);
		return pk_err_hint(err, "git postkit lint %s", all);
	}
	if (strcmp(file, "-") != 0)
		return pk_read_file(file, text, err);
	while ((n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
		pk_buf_addn(text, chunk, n);
	return ferror(stdin) ? pk_err_errno(err, "standard input cannot be read") : 0;
}

int pk_lint_file(const struct pk_linting *linting, const char *operand, struct pk_findings *ret,
		 struct pk_err *err)
{
	const char *file = strcmp(operand, "-") == 0 ? "<stdin>" : operand;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	struct pk_goose goose;

	if (read_input(operand, &text, err) < 0)
		return -1;
	if (strstr(text.ptr, "-- migrate:up"))
		return lint_migration(linting, file, &text, ret, err);
	/* All that comes behind it would not be seen. */
	if (memchr(text.ptr, '\0', text.len)) {
		pk_err_set(err, "the file holds a NUL byte");
		return pk_err_at(err, file, 0, 0);
	}
	if (pk_goose_up(text.ptr, &goose))
		return lint_goose(linting, file, text.ptr, &goose, ret, err);
	struct part part = { text.ptr, 1, linting->transaction, false, NULL };
	return lint_part(linting, file, &part, ret, err);
}

/* --- many at once --- */

struct result {
	struct pk_findings findings;
	struct pk_err err;
	int status;
};

/* What threads share: each takes the next file that none has. */
struct pool {
	const struct pk_linting *linting;
	const char *const *files;
	size_t n;
	struct result *results; /* a file each */
	atomic_size_t next;
	atomic_bool failed; /* those behind it are not asked for */
};

struct worker {
	struct pool *pool;
	struct pk_arena arena; /* of the findings of all its files */
	pthread_t thread;
};

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct pool *pool = worker->pool;

	while (!atomic_load(&pool->failed)) {
		size_t i = atomic_fetch_add(&pool->next, 1);

		if (i >= pool->n)
			break;
		struct result *result = &pool->results[i];
		result->findings.arena = worker->arena;
		result->status = pk_lint_file(pool->linting, pool->files[i], &result->findings,
					      &result->err);
		worker->arena = result->findings.arena;
		result->findings.arena = (struct pk_arena)PK_ARENA_INIT;
		if (result->status < 0)
			atomic_store(&pool->failed, true);
	}
	return NULL;
}

/* Beside this thread. Those that cannot be started leave their files to the others. */
static size_t start_workers(struct worker *workers, size_t n)
{
	pthread_attr_t attr;
	sigset_t all, before;
	size_t started = 0;

	if (pthread_attr_init(&attr) != 0)
		return 0;
	/* Signals are this thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_attr_setstacksize(&attr, STACK_BYTES) == 0)
		while (started < n && pthread_create(&workers[started].thread, &attr, work,
						     &workers[started]) == 0)
			started++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return started;
}

static void run_pool(struct pool *pool, size_t threads, struct pk_arena *ret_arena)
{
	struct worker workers[MAX_THREADS] = { { .pool = pool } };

	for (size_t i = 1; i < threads; i++)
		workers[i].pool = pool;
	size_t started = start_workers(workers + 1, threads - 1);
	work(&workers[0]);
	for (size_t i = 1; i <= started; i++)
		pthread_join(workers[i].thread, NULL);
	for (size_t i = 0; i <= started; i++)
		pk_arena_take(ret_arena, &workers[i].arena);
}

/* In the order of the files, as far as the first failure. */
static int take_results(struct result *results, size_t n, struct pk_findings *ret,
			struct pk_err *err)
{
	int status = 0;

	for (size_t i = 0; i < n; i++) {
		struct result *result = &results[i];

		if (status == 0) {
			pk_findings_append(ret, &result->findings);
			status = result->status;
			if (status < 0)
				pk_err_move(err, &result->err);
		}
		pk_findings_release(&result->findings);
		pk_err_release(&result->err);
	}
	return status;
}

/* Of a file that is named twice the second time says nothing new, and a server's answers come one after the other. */
static bool are_independent(const struct pk_linting *linting, const char *const *files, size_t n)
{
	PK_AUTO(pk_map) names = PK_MAP_INIT;

	if (linting->scratch || linting->settings.usage)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(files[i], "-") == 0 || !pk_map_set(&names, files[i], &names))
			return false;
	return true;
}

static size_t count_threads(size_t files)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t most = processors < 1		 ? 1
		      : processors > MAX_THREADS ? MAX_THREADS
						 : (size_t)processors;
	size_t wanted = files / THREAD_FILES;

	return wanted < 1 ? 1 : wanted < most ? wanted : most;
}

int pk_lint_files(const struct pk_linting *linting, const char *const *files, size_t n,
		  struct pk_findings *ret, struct pk_err *err)
{
	struct pool pool = { .linting = linting, .files = files, .n = n };

	if (!are_independent(linting, files, n)) {
		for (size_t i = 0; i < n; i++)
			if (pk_lint_file(linting, files[i], ret, err) < 0)
				return -1;
		return 0;
	}
	PK_FREE struct result *results = pk_alloc(n * sizeof(*results));
	pool.results = results;
	run_pool(&pool, count_threads(n), &ret->arena);
	return take_results(results, n, ret, err);
}
