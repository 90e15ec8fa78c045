#include "cmd/lint_fix.h"

#include "base/fs.h"
#include "check/check.h"
#include "cmd/lint_fix_proof.h"
#include "cmd/text_diff.h"
#include "git/git.h"
#include "session/desk.h"
#include "sql/goose.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void pk_fixed_release(struct pk_fixed *fixed)
{
	pk_strv_release(&fixed->files);
	pk_strv_release(&fixed->reasons);
	pk_buf_release(&fixed->diff);
	pk_err_release(&fixed->why);
}

/* At work on a file. */
struct work {
	const struct pk_fixing *fixing;
	const char *file; /* as it was given */
	char *real, *dir; /* where it is, and its folder */
	struct pk_buf text;
	struct pk_migration m; /* plain SQL is one, without sections */
	bool plain;
	struct pk_chain chain; /* of the folder */
	struct pk_lint_options lint;
	struct pk_source before;
	struct pk_server server;
	struct pk_fix_proof proof;
	struct pk_map objects; /* the proof's first schema, by path */
	struct pk_lint_catalog catalog;
	struct pk_fix fix;
	struct pk_part *parts;
	struct pk_snapshot *states;
	struct pk_strv names, texts; /* of the files that it becomes */
};

static void work_release(struct work *w)
{
	pk_fix_parts_release(w->parts, w->states, w->parts ? w->fix.n : 0);
	pk_fix_release(&w->fix);
	pk_map_release(&w->objects);
	pk_fix_proof_release(&w->proof);
	pk_server_release(&w->server);
	pk_source_release(&w->before);
	pk_chain_release(&w->chain);
	pk_migration_release(&w->m);
	pk_buf_release(&w->text);
	pk_strv_release(&w->names);
	pk_strv_release(&w->texts);
	free(w->real);
	free(w->dir);
}

static int read_text(struct work *w, struct pk_err *err)
{
	struct pk_goose goose;

	if (pk_read_file(w->file, &w->text, err) < 0)
		return -1;
	w->real = realpath(w->file, NULL);
	w->dir = pk_path_dir(w->real ? w->real : w->file);
	w->plain = !strstr(w->text.ptr, "-- migrate:up");
	if (w->plain && pk_goose_up(w->text.ptr, &goose))
		return pk_err_set(err, "files of goose are not rewritten");
	if (w->plain) {
		w->m.up = pk_strdup(w->text.ptr);
		w->m.up_transaction = w->fixing->transaction;
		w->m.up_line = 1;
	} else {
		PK_FREE char *checksum = pk_git_hash_blob(w->text.ptr, w->text.len);
		if (pk_migration_parse(w->file, w->text.ptr, w->text.len, checksum, &w->m, err) < 0)
			return -1;
	}
	w->lint = *w->fixing->options;
	w->lint.transaction = w->m.up_transaction;
	w->lint.ours = !w->plain;
	w->lint.first_line = w->m.up_line;
	return 0;
}

static bool in_project(const struct work *w)
{
	const struct pk_ctx *ctx = w->fixing->ctx;
	PK_FREE char *path = ctx->has_repo && ctx->repo.workdir
				     ? pk_path_join(ctx->repo.workdir, ctx->project.migrations_dir)
				     : NULL;
	PK_FREE char *real = path ? realpath(path, NULL) : NULL;

	return real && strcmp(real, w->dir) == 0;
}

/* The clone of this branch's session keeps book, too. */
static int check_clone(const struct work *w, struct pk_err *err)
{
	const struct pk_ctx *ctx = w->fixing->ctx;
	PK_AUTO(pk_session) session = PK_SESSION_INIT;
	PK_AUTO(pk_desk) desk = PK_DESK_INIT;
	PK_AUTO(pk_applied_list) applied = PK_APPLIED_LIST_INIT;
	PK_FREE char *branch = NULL;
	enum pk_session_found found;
	bool exists;

	if (pk_session_current(&ctx->repo, &ctx->config, &session, &found, &branch, NULL) < 0 ||
	    found != PK_FOUND_SESSION)
		return 0;
	if (pk_desk_open(&desk, &ctx->repo, &ctx->config, &ctx->project, err) < 0 ||
	    pk_desk_connect(&desk, err) < 0 ||
	    pk_applied_read(&desk.admin, &applied, &exists, err) < 0)
		return pk_err_wrap(err, "whether it ran on the clone of this branch is not known");
	for (size_t i = 0; i < applied.n; i++)
		if (pk_streq(applied.items[i].version, w->m.version)) {
			pk_err_set(err, "it ran on the clone of this branch");
			return pk_err_hint(err, "git postkit abort, then lint --fix, then git "
						"postkit start: the clone that it "
						"cuts gets what the migration became");
		}
	return 0;
}

/* What others have run or may run is history. */
static int check_history(const struct work *w, struct pk_err *err)
{
	const struct pk_ctx *ctx = w->fixing->ctx;
	const struct pk_check_input in = {
		.repo = &ctx->repo, .config = &ctx->config, .project = &ctx->project, .remote = "*"
	};
	PK_FREE char *where = NULL;
	bool ran;

	if (w->plain || !in_project(w))
		return 0;
	if (pk_check_where(&in, w->m.file, &where, &ran, err) < 0)
		return -1;
	if (where) {
		pk_err_set(err, ran ? "it ran on '%s'" : "it was published in '%s'", where);
		return pk_err_hint(err,
				   "what it did stays done; to change it write a new migration");
	}
	return check_clone(w, err);
}

static int find_before(struct work *w, struct pk_err *err)
{
	const struct pk_ctx *ctx = w->fixing->ctx;
	const struct pk_scratch *scratch = w->fixing->scratch;
	int major = scratch	    ? scratch->snapshot.version / 10000
		    : w->m.pg_major ? w->m.pg_major
				    : pk_config_int(&ctx->config, "pgMajor", 0);

	if (!w->plain && pk_chain_from_dir(&w->chain, w->dir, ".", err) < 0)
		return -1;
	if (pk_server_open(&w->server, ctx->has_repo ? &ctx->repo : NULL, &ctx->config, major,
			   err) < 0)
		return -1;
	if (scratch)
		pk_trial_files(&scratch->snapshot, &w->before);
	if (scratch || w->plain)
		return 0;
	const struct pk_trial_chain of = { .ctx = ctx, .server = &w->server, .chain = &w->chain, .folder = w->dir };
	return pk_trial_before(&of, &w->m, &w->before, err);
}

static const char *text_of(void *arg, const char *path)
{
	struct work *w = arg;
	const struct pk_object *o = pk_map_get(&w->objects, path);

	return o ? o->text : NULL;
}

static void list_objects(void *arg, const char *beginning, struct pk_strv *ret)
{
	struct work *w = arg;

	pk_lint_catalog_list(&w->objects, beginning, ret);
}

/* From now on the rules know the schema that it meets. */
static void know_first(struct work *w)
{
	const struct pk_snapshot *first = &w->proof.first;

	if (w->lint.catalog)
		return;
	for (size_t i = 0; i < first->n; i++)
		if (first->objects[i]->path)
			pk_map_set(&w->objects, first->objects[i]->path, first->objects[i]);
	w->catalog = (struct pk_lint_catalog){ .text = text_of, .list = list_objects, .arg = w };
	w->lint.catalog = &w->catalog;
}

/* 1: there is nothing to rewrite (any more). */
static int try_fix(struct work *w, const struct pk_fix_choice *choices, struct pk_err *err)
{
	const struct pk_fix_source source = { .way = pk_fix_proof_way, .arg = &w->proof };

	pk_fix_parts_release(w->parts, w->states, w->parts ? w->fix.n : 0);
	pk_fix_release(&w->fix);
	w->parts = NULL;
	w->states = NULL;
	if (pk_fix_sql(w->m.up, w->file, &w->lint, &source, choices, &w->fix, err) < 0)
		return -1;
	if (!w->fix.n_fixed)
		return w->fix.left ? pk_err_set(err, "%s", w->fix.left) : 1;
	w->parts = pk_alloc(w->fix.n * sizeof(*w->parts));
	w->states = pk_alloc(w->fix.n * sizeof(*w->states));
	return pk_fix_proof_parts(&w->proof, &w->fix, w->parts, w->states, err);
}

#define ALONE_MAX 32

/* How the one of n can be rewritten when no other is; not at all: a reason is added, if trying shows one. */
static struct pk_fix_choice try_alone(struct work *w, size_t i, size_t n, struct pk_strv *reasons)
{
	static const enum pk_fix_by ways[] = { PK_FIX_TEXT, PK_FIX_SOURCE };
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	for (size_t k = 0; k < PK_COUNT(ways); k++) {
		struct pk_fix_choice choices[ALONE_MAX] = { 0 };
		for (size_t j = 0; j < n; j++)
			choices[j].by = j == i ? ways[k] : PK_FIX_SKIP;
		if (try_fix(w, choices, why.msg ? NULL : &why) == 0)
			return choices[i];
	}
	if (!why.msg)
		return (struct pk_fix_choice){ .by = PK_FIX_TEXT }; /* which leads to nothing, and says why */
	pk_strv_push(reasons, why.msg);
	return (struct pk_fix_choice){ .by = PK_FIX_SKIP };
}

/* Where all together are not proven, those that are one by one. why: what stood in the way of the others. */
static int try_fixes(struct work *w, struct pk_err *why, struct pk_err *err)
{
	struct pk_fix_choice choices[ALONE_MAX];
	PK_AUTO(pk_strv) reasons = PK_STRV_INIT;
	int status = try_fix(w, NULL, why);
	size_t n = w->fix.n_fixable, n_good = 0;

	if (status >= 0 || w->fix.left || n > ALONE_MAX)
		return status < 0 ? pk_err_move(err, why), -1 : status;
	for (size_t i = 0; i < n; i++) {
		size_t known = reasons.n;
		choices[i] = try_alone(w, i, n, &reasons);
		choices[i].why = reasons.n > known ? reasons.items[known] : NULL;
		n_good += choices[i].by != PK_FIX_SKIP;
	}
	if (n_good && (status = try_fix(w, choices, err)) >= 0) {
		pk_err_release(why); /* each statement that is left has a reason of its own */
		*why = (struct pk_err)PK_ERR_INIT;
		return status;
	}
	return pk_err_move(err, why);
}

/* ---- the files ---- */

/* The line of a section that ends at `end`, with or without its transaction. */
static void add_section_line(struct pk_buf *out, const char *text, size_t start, size_t end,
			     bool was, bool transaction)
{
	static const char option[] = "transaction:false";
	size_t tail = end;

	while (tail > start && (text[tail - 1] == '\n' || text[tail - 1] == '\r'))
		tail--;
	PK_FREE char *line = pk_strndup(text + start, tail - start);
	char *at = strstr(line, was ? "transaction:true" : option);
	if (was != transaction && at)
		pk_buf_addf(out, "%.*s%s%s", (int)(at - line), line,
			    transaction ? "transaction:true" : option,
			    at + strlen(was ? "transaction:true" : option));
	else
		pk_buf_addf(out, "%s%s%s", line, was != transaction ? " " : "",
			    was != transaction ? option : "");
	pk_buf_addn(out, text + tail, end - tail);
}

static size_t line_start(const char *text, size_t end)
{
	size_t at = end;

	while (at > 0 && (text[at - 1] == '\n' || text[at - 1] == '\r'))
		at--;
	while (at > 0 && text[at - 1] != '\n')
		at--;
	return at;
}

/* With the line ends of the file. */
static void add_lines(const struct work *w, struct pk_buf *out, const char *text)
{
	bool crlf = strstr(w->text.ptr, "\r\n") != NULL;

	for (const char *p = text; *p; p++) {
		if (*p == '\n' && crlf && (p == text || p[-1] != '\r'))
			pk_buf_addc(out, '\r');
		pk_buf_addc(out, *p);
	}
}

/* The header with the schema that the first part leads to. */
static void add_head(const struct work *w, struct pk_buf *out, size_t end)
{
	PK_FREE char *to = w->m.to ? pk_printf(" to %s", w->m.to) : NULL;
	PK_FREE char *head = pk_strndup(w->text.ptr, end);
	const char *at = to ? strstr(head, to) : NULL;

	if (!at) {
		pk_buf_add(out, head);
		return;
	}
	pk_buf_addf(out, "%.*s to %s%s", (int)(at - head), head, w->parts[0].to.hex,
		    at + strlen(to));
}

/* The file as it was, but for what is rewritten. */
static void compose_first(struct work *w, struct pk_buf *out)
{
	const struct pk_migration *m = &w->m;
	const struct pk_part *part = &w->parts[0];
	const char *text = w->text.ptr;
	size_t up_line = line_start(text, m->up_at);

	if (w->plain) {
		pk_buf_add(out, part->up);
		return;
	}
	add_head(w, out, up_line);
	add_section_line(out, text, up_line, m->up_at, m->up_transaction, part->up_transaction);
	add_lines(w, out, part->up);
	if (out->ptr[out->len - 1] != '\n' && m->up_end < w->text.len)
		add_lines(w, out, "\n");
	if (!m->down) {
		pk_buf_add(out, text + m->up_end);
		return;
	}
	add_section_line(out, text, m->up_end, m->down_at, m->down_transaction,
			 part->down_transaction);
	add_lines(w, out, part->down);
}

static void compose_other(struct work *w, size_t i, const char *file, struct pk_buf *out)
{
	const struct pk_part *part = &w->parts[i];
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	bool header = w->m.from && w->m.to;
	const struct pk_migration m = {
		.file = (char *)file,
		.from = header ? (char *)part->from.hex : NULL,
		.to = header ? (char *)part->to.hex : NULL,
		.pg_major = w->m.pg_major,
		.up = part->up,
		.down = part->down,
		.up_transaction = part->up_transaction,
		.down_transaction = part->down_transaction,
	};

	pk_migration_write(&m, &text);
	add_lines(w, out, text.ptr);
}

/* Versions between this one and the next. */
static char *name_other(const struct work *w, size_t i, struct pk_err *err)
{
	PK_FREE char *version = pk_migration_version_after(w->m.version, i);
	PK_FREE char *file = pk_printf("%s_%s_%zu.sql", version ? version : "", w->m.name, i + 1);
	bool room = version != NULL;

	for (size_t k = 0; room && k < w->chain.n; k++) {
		const char *other = w->chain.items[k].version;
		room = strcmp(other, w->m.version) <= 0 || strcmp(other, version) > 0;
	}
	if (room)
		return pk_take(&file);
	pk_err_set(err, "it becomes %zu migrations, and the versions behind it are taken",
		   w->fix.n);
	pk_err_hint(err, "give it a version that leaves room before the next one");
	return NULL;
}

static int compose(struct work *w, struct pk_err *err)
{
	PK_FREE char *dir = pk_path_dir(w->file);

	if (w->plain && w->fix.n > 1)
		return pk_err_set(err, "it would become %zu migrations, and this file is not a migration",
				  w->fix.n);
	for (size_t i = 0; i < w->fix.n; i++) {
		PK_AUTO(pk_buf) text = PK_BUF_INIT;
		if (i == 0) {
			compose_first(w, &text);
			pk_strv_push(&w->names, w->file);
		} else {
			PK_FREE char *name = name_other(w, i, err);
			if (!name)
				return -1;
			compose_other(w, i, name, &text);
			pk_strv_push_take(&w->names, strchr(w->file, '/') ? pk_path_join(dir, name)
									  : pk_strdup(name));
		}
		pk_strv_push(&w->texts, text.ptr);
	}
	return 0;
}

static void show(const struct work *w, struct pk_buf *out)
{
	bool color = *pk_color(stdout, PK_RED) != '\0';

	for (size_t i = 0; i < w->names.n; i++) {
		PK_AUTO(pk_buf) name = PK_BUF_INIT;
		pk_buf_add_safe(&name, w->names.items[i], false);
		pk_buf_addf(out, "--- %s\n+++ %s\n", i ? "/dev/null" : name.ptr, name.ptr);
		pk_text_diff(out, i ? NULL : w->text.ptr, w->texts.items[i], color);
	}
}

/* So that what begins or ends with a part can be read of the repository. */
static int store_states(const struct work *w, struct pk_err *err)
{
	const struct pk_repo *repo = &w->fixing->ctx->repo;

	for (size_t i = 0; w->m.to && w->fixing->ctx->has_repo && i < w->fix.n; i++) {
		struct pk_oid tree;
		if (pk_snapshot_write_tree(&w->states[i], repo, &tree, err) < 0 ||
		    pk_fingerprint_store(repo, &tree, "lint --fix", err) < 0)
			return -1;
	}
	return 0;
}

/* The new ones first: whenever this is killed nothing is lost. */
static int write_files(const struct work *w, struct pk_err *err)
{
	PK_AUTO(pk_buf) now = PK_BUF_INIT;
	struct stat st;
	size_t i;

	if (pk_read_file(w->file, &now, err) < 0)
		return -1;
	if (!pk_streq(now.ptr, w->text.ptr))
		return pk_err_set(err, "'%s' was changed meanwhile", w->file);
	for (i = 1; i < w->names.n; i++)
		if (pk_path_exists(w->names.items[i]))
			return pk_err_set(err, "'%s' is there already", w->names.items[i]);
	if (store_states(w, err) < 0)
		return -1;
	int mode = stat(w->file, &st) == 0 ? (int)(st.st_mode & 0777) : 0644, status = 0;
	for (i = w->names.n; i-- > 0 && status == 0;)
		status = pk_write_file(i ? w->names.items[i] : w->real, w->texts.items[i],
				       strlen(w->texts.items[i]), mode, err);
	while (status < 0 && ++i < w->names.n)
		if (i)
			unlink(w->names.items[i]);
	return status;
}

static void take_reasons(struct pk_fix *fix, struct pk_strv *ret)
{
	pk_strv_release(ret);
	*ret = fix->reasons;
	fix->reasons = (struct pk_strv)PK_STRV_INIT;
}

/* 0: it can be rewritten and that is proven; 1: there is nothing to rewrite; -1: it is not, err says why. */
static int rewrite(struct work *w, struct pk_fixed *ret, struct pk_err *err)
{
	struct pk_fix first = PK_FIX_INIT;

	if (strlen(w->text.ptr) != w->text.len)
		return pk_err_set(err, "it holds a byte 0, which no SQL does");
	if (w->fixing->scratch && pk_scratch_use(w->fixing->scratch, &w->lint, err) < 0)
		return -1;
	int status = pk_fix_sql(w->m.up, w->file, &w->lint, NULL, NULL, &first, err);
	const char *left = first.left;
	bool none = !first.n_fixable;
	take_reasons(&first, &ret->reasons);
	pk_fix_release(&first);
	if (status < 0 || none)
		return status < 0 ? -1 : 1;
	if (left)
		return pk_err_set(err, "%s", left);
	w->proof = (struct pk_fix_proof){ .ctx = w->fixing->ctx,
					  .server = &w->server,
					  .before = &w->before,
					  .file = w->file,
					  .m = &w->m,
					  .lint = &w->lint,
					  .ways = PK_MAP_INIT };
	if (check_history(w, err) < 0 || find_before(w, err) < 0 ||
	    pk_fix_proof_begin(&w->proof, err) < 0)
		return -1;
	know_first(w);
	status = try_fixes(w, &ret->why, err);
	if (status < 0)
		return -1;
	take_reasons(&w->fix, &ret->reasons);
	return status ? status : compose(w, err);
}

int pk_lint_fix(const struct pk_fixing *fixing, const char *file, struct pk_fixed *ret,
		struct pk_err *err)
{
	struct work w __attribute__((cleanup(work_release))) = {
		.fixing = fixing,
		.file = file,
		.text = PK_BUF_INIT,
		.server = PK_SERVER_INIT,
	};
	PK_AUTO(pk_err) bad = PK_ERR_INIT;

	if (read_text(&w, &bad) < 0)
		return 0; /* linting it says what is wrong */
	int status = rewrite(&w, ret, &bad);
	if (status < 0)
		pk_err_move(&ret->why, &bad);
	if (status)
		return 0;
	show(&w, &ret->diff);
	if (!fixing->dry_run && write_files(&w, err) < 0)
		return -1;
	ret->rewritten = w.fix.n_fixed;
	for (size_t i = 0; i < w.names.n; i++)
		pk_strv_push(&ret->files, w.names.items[i]);
	return 0;
}
