#include "session/commit.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/proc.h"
#include "base/sig.h"
#include "base/text.h"
#include "git/git.h"
#include "session/planning.h"

#include <signal.h>
#include <unistd.h>

void pk_commit_result_release(struct pk_commit_result *result)
{
	pk_strv_release(&result->files);
	*result = (struct pk_commit_result)PK_COMMIT_RESULT_INIT;
}

/* What is written, by part; items[i] belongs to parts[i]. */
struct writing {
	struct pk_desk *desk;
	struct pk_migration *items;
	size_t n;
	struct pk_strv files; /* "db/migrations/20260131120000_add_name.sql" */
};

static void writing_release(struct writing *w)
{
	for (size_t i = 0; i < w->n; i++)
		pk_migration_release(&w->items[i]);
	free(w->items);
	pk_strv_release(&w->files);
}

/* "alter_table_public_users" of the plan's first change. */
static char *slug_of_plan(const struct pk_session *session)
{
	PK_AUTO(pk_json) json = PK_JSON_INIT;
	if (session->plan_json &&
	    pk_json_parse(session->plan_json, strlen(session->plan_json), &json, NULL) == 0) {
		const cJSON *step = cJSON_GetArrayItem(pk_json_array(json.root, "steps"), 0);
		const char *change = step ? pk_json_str(step, "change") : NULL;
		const char *kind = step ? pk_json_str(step, "kind") : NULL;
		const char *object = step ? pk_json_str(step, "object") : NULL;
		PK_FREE char *text =
			pk_printf("%s %s %s", change ? change : "", kind ? kind : "",
				  object && pk_starts_with(object, "public.") ? object + 7
				  : object				      ? object
									      : "");
		char *slug = pk_slug(text);
		if (*slug)
			return slug;
		free(slug);
	}
	return pk_strdup("change");
}

static char *choose_slug(const struct pk_session *session, const struct pk_commit_options *options)
{
	PK_FREE char *line = options->name ? pk_strdup(options->name)
			     : options->message
				     ? pk_strndup(options->message, strcspn(options->message, "\n"))
				     : NULL;
	if (line) {
		char *slug = pk_slug(line);
		if (*slug)
			return slug;
		free(slug);
	}
	for (size_t i = 0; i < session->n_parts && !session->plan_json; i++)
		if (session->parts[i].name)
			return pk_strdup(session->parts[i].name);
	return slug_of_plan(session);
}

static time_t parse_version(const char *version)
{
	struct tm tm = { 0 };
	if (strlen(version) != 14 || strspn(version, "0123456789") != 14)
		return 0;
	const char *end = strptime(version, "%Y%m%d%H%M%S", &tm);
	return end && !*end ? timegm(&tm) : 0;
}

/* After everything in the chain, whatever the clock says: order is what versions are for. */
static time_t first_version(const struct pk_chain *chain)
{
	time_t first = pk_time();
	for (size_t i = 0; i < chain->n; i++) {
		time_t t = parse_version(chain->items[i].version);
		if (t >= first)
			first = t + 1;
	}
	return first;
}

static void fill(struct pk_migration *m, const struct pk_session *session,
		 const struct pk_part *part, time_t version, const char *name)
{
	m->version = pk_time_compact(version);
	m->name = pk_strdup(name);
	m->file = pk_printf("%s_%s.sql", m->version, name);
	m->from = pk_strdup(part->from.hex);
	m->to = pk_strdup(part->to.hex);
	m->pg_major = session->major;
	m->up = pk_strdup(part->up);
	m->down = *part->down ? pk_strdup(part->down) : NULL;
	m->up_transaction = part->up_transaction;
	m->down_transaction = part->down_transaction;
	m->irreversible = pk_strdup(part->irreversible);
	m->stage = pk_strdup(part->stage);
}

/* What is lost is lost for a reason that stands in the migration. */
static int give_reason(struct pk_migration *m, const struct pk_part *part, const struct pk_commit_options *options,
		       struct pk_err *err)
{
	PK_AUTO(pk_buf) lost = PK_BUF_INIT;
	pk_part_unrestored(part, &lost);
	if (!lost.len)
		return 0;
	if (!options->irreversible || !*options->irreversible) {
		pk_err_set(err, "the migration is irreversible, and nobody has said why that may be");
		pk_err_detail(err, "%s", lost.ptr);
		return pk_err_hint(err, "git postkit commit --irreversible REASON writes the reason into it");
	}
	m->irreversible = pk_strdup(options->irreversible);
	return 0;
}

static int compose(struct writing *w, const struct pk_commit_options *options, struct pk_err *err)
{
	const struct pk_session *session = &w->desk->session;
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	PK_FREE char *slug = choose_slug(session, options);
	if (pk_chain_from_dir(&chain, w->desk->repo->workdir, w->desk->project->migrations_dir,
			      err) < 0)
		return -1;
	time_t version = first_version(&chain);
	size_t n_planned = 0;
	w->items = pk_alloc((session->n_parts + 1) * sizeof(*w->items));
	for (size_t i = 0; i < session->n_parts; i++) {
		const struct pk_part *part = &session->parts[i];
		PK_FREE char *numbered = NULL;
		if (!part->name && ++n_planned > 1)
			numbered = pk_printf("%s_%zu", slug, n_planned);
		struct pk_migration *m = &w->items[w->n++];
		fill(m, session, part, version++,
		     part->name ? part->name
		     : numbered ? numbered
				: slug);
		PK_AUTO(pk_buf) text = PK_BUF_INIT;
		if (give_reason(m, part, options, err) < 0)
			return -1;
		pk_migration_write(m, &text);
		m->checksum = pk_git_hash_blob(text.ptr, text.len);
		pk_strv_push_take(&w->files,
				  pk_path_join(w->desk->project->migrations_dir, m->file));
	}
	return 0;
}

static int write_files(struct writing *w, struct pk_err *err)
{
	for (size_t i = 0; i < w->n; i++) {
		PK_AUTO(pk_buf) text = PK_BUF_INIT;
		PK_FREE char *path = pk_path_join(w->desk->repo->workdir, w->files.items[i]);
		pk_migration_write(&w->items[i], &text);
		if (pk_write_file(path, text.ptr, text.len, 0644, err) < 0)
			return -1;
	}
	return 0;
}

/* Of the tree that git has committed, not of the one that we wanted: hooks may change files. */
static bool committed(struct pk_desk *desk)
{
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	if (pk_chain_from_rev(&chain, desk->repo, "HEAD", desk->project->migrations_dir, NULL) < 0)
		return false;
	for (size_t i = 0; i < desk->session.committing.n; i++) {
		const char *base = pk_path_base(desk->session.committing.items[i]);
		PK_FREE char *version = pk_strndup(base, strspn(base, "0123456789"));
		if (!pk_chain_find(&chain, version))
			return false;
	}
	return true;
}

/* Out of the index too, or a later commit would bring them. */
static int remove_files(struct pk_desk *desk, struct pk_err *err)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT;
	const char *const head[] = { "rm", "--cached", "-q", "-f", "--ignore-unmatch", "--", NULL };
	pk_strv_extend(&args, head);
	for (size_t i = 0; i < desk->session.committing.n; i++) {
		PK_FREE char *path =
			pk_path_join(desk->repo->workdir, desk->session.committing.items[i]);
		unlink(path);
		pk_strv_push(&args, desk->session.committing.items[i]);
	}
	if (pk_git_check(desk->repo->workdir, (const char *const *)args.items, NULL, NULL, err) < 0)
		return -1;
	pk_strv_release(&desk->session.committing);
	return 0;
}

/* Paths as git prints them with -z. */
static int list_paths(struct pk_desk *desk, const char *const *args, struct pk_strv *ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	if (pk_git_check(desk->repo->workdir, args, NULL, &out, err) < 0)
		return -1;
	for (const char *p = out.ptr; p < out.ptr + out.len; p += strlen(p) + 1)
		pk_strv_push(ret, p);
	return 0;
}

/* New schema files; git commit needs to know of them. What else lies in their folder is for its owner to add. */
static int list_untracked(struct pk_desk *desk, struct pk_strv *ret, struct pk_err *err)
{
	const char *const args[] = { "ls-files", "--others", "--exclude-standard",
				     "-z",	 "--",	     desk->project->schema_dir,
				     NULL };
	PK_AUTO(pk_strv) all = PK_STRV_INIT;
	if (list_paths(desk, args, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (pk_ends_with(all.items[i], ".sql"))
			pk_strv_push(ret, all.items[i]);
	return 0;
}

static int git_on(struct pk_desk *desk, const char *const *head, const struct pk_strv *files,
		  struct pk_err *err)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT;
	pk_strv_extend(&args, head);
	for (size_t i = 0; i < files->n; i++)
		pk_strv_push(&args, files->items[i]);
	return pk_git_check(desk->repo->workdir, (const char *const *)args.items, NULL, NULL, err);
}

/* Does the schema folder have anything that a pathspec would match? 0, 1; -1: an error. */
static int schema_dir_known(struct pk_desk *desk, struct pk_err *err)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	const char *const args[] = { "ls-files", "--", desk->project->schema_dir, NULL };
	return pk_git_check(desk->repo->workdir, args, NULL, &out, err) < 0 ? -1 : out.len > 0;
}

static int run_git_commit(struct writing *w, const struct pk_commit_options *options,
			  struct pk_err *err)
{
	struct pk_desk *desk = w->desk;
	PK_AUTO(pk_strv) argv = PK_STRV_INIT;
	PK_FREE char *slug = choose_slug(&desk->session, options);
	for (char *c = slug; *c; c++)
		if (*c == '_')
			*c = ' ';
	PK_FREE char *made = pk_printf("db: %s", slug);
	const char *const head[] = {
		"git", "commit", "-q", "-m", options->message ? options->message : made, NULL
	};
	pk_strv_extend(&argv, head);
	if (!options->message && options->edit)
		pk_strv_push(&argv, "--edit");
	for (size_t i = 0; i < w->n; i++) {
		pk_strv_push(&argv, "--trailer");
		pk_strv_pushf(&argv, "Postkit-Migration: %s", w->items[i].file);
	}
	pk_strv_push(&argv, "--trailer");
	pk_strv_pushf(&argv, "Postkit-Fingerprint: %s", w->items[w->n - 1].to);
	pk_strv_push(&argv, "--");
	int known = schema_dir_known(desk, err);
	if (known < 0)
		return -1;
	if (known)
		pk_strv_push(&argv, desk->project->schema_dir);
	for (size_t i = 0; i < w->files.n; i++)
		pk_strv_push(&argv, w->files.items[i]);
	const struct pk_proc proc = {
		.argv = (const char *const *)argv.items,
		.cwd = desk->repo->workdir,
		.inherit_stdin = true,
		.inherit_stdout = true,
		.inherit_stderr = true,
	};
	int status;
	if (pk_proc_run(&proc, &status, err) < 0)
		return -1;
	if (!status)
		return 0;
	if (pk_interrupted() || status == 128 + SIGINT)
		return pk_err_interrupted(err, "interrupted, and the new migration files are taken away again");
	pk_err_set(err,
		   "git commit refused (exit status %d), and the new migration files are taken away again",
		   status);
	return pk_err_hint(err, "mend what git says above, then git postkit commit");
}

static int store_fingerprints(struct pk_desk *desk, struct pk_err *err)
{
	const struct pk_session *session = &desk->session;
	for (size_t i = 0; i < session->n_parts; i++) {
		const struct pk_oid *ends[] = { &session->parts[i].from, &session->parts[i].to };
		for (size_t j = 0; j < PK_COUNT(ends); j++)
			if (pk_strv_has(&session->trees, ends[j]->hex) &&
			    pk_fingerprint_store(desk->repo, ends[j], "commit", err) < 0)
				return -1;
	}
	return 0;
}

/* The check of the pushed tree need not load it again: it was proved here. */
static int write_verdict(struct pk_desk *desk, struct pk_err *err)
{
	const struct pk_session *session = &desk->session;
	PK_AUTO(pk_session_source) source = PK_SESSION_SOURCE_INIT;
	PK_AUTO(pk_json) json = { .root = cJSON_CreateObject() };
	struct pk_oid tree;
	if (!session->agree)
		return 0;
	if (pk_session_source_from_rev(desk->repo, desk->project, "HEAD", &source, err) < 0 ||
	    pk_repo_tree_at(desk->repo, "HEAD", desk->project->db_dir, &tree, err) < 0)
		return -1;
	if (pk_oid_is_null(&tree) || !pk_streq(source.hash.hex, session->source))
		return 0;
	pk_json_set_num(json.root, "schema", 1);
	pk_json_set_str(json.root, "fingerprint", pk_session_reached(session)->hex);
	pk_json_set_bool(json.root, "agree", true);
	PK_FREE char *text = pk_json_print(json.root);
	return pk_note_write(desk->repo, &tree, text, err);
}

static int record_in_clone(struct pk_desk *desk, const struct pk_commit_result *result,
			   struct pk_err *err)
{
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	PK_AUTO(pk_applied_list) applied = PK_APPLIED_LIST_INIT;
	PK_AUTO(pk_strv) versions = PK_STRV_INIT;
	bool exists;
	if (pk_chain_from_rev(&chain, desk->repo, "HEAD", desk->project->migrations_dir, err) < 0 ||
	    pk_applied_read(&desk->admin, &applied, &exists, err) < 0)
		return -1;
	for (size_t i = 0; i < applied.n; i++)
		pk_strv_push(&versions, applied.items[i].version);
	for (size_t i = 0; i < desk->session.committing.n; i++) {
		const char *base = pk_path_base(desk->session.committing.items[i]);
		PK_FREE char *version = pk_strndup(base, strspn(base, "0123456789"));
		const struct pk_migration *m = pk_chain_find(&chain, version);
		if (m && !pk_strv_has(&versions, version) &&
		    pk_applied_insert(&desk->admin, m, result->commit.hex, 0, err) < 0)
			return -1;
	}
	return 0;
}

/* Everything after git's commit can be done again, and is when a kill comes between. */
static int finish(struct pk_desk *desk, struct pk_commit_result *ret, struct pk_err *err)
{
	struct pk_session *session = &desk->session;
	if (pk_repo_rev(desk->repo, "HEAD", &ret->commit, err) < 0 ||
	    record_in_clone(desk, ret, err) < 0 || write_verdict(desk, err) < 0)
		return -1;
	if (session->n_parts)
		ret->from = session->parts[0].from;
	ret->to = *pk_session_reached(session);
	for (size_t i = 0; i < session->committing.n; i++)
		pk_strv_push(&ret->files, session->committing.items[i]);
	session->base = ret->to;
	session->target = ret->to;
	pk_session_drop_applied(session);
	pk_session_drop_pending(session);
	pk_strv_release(&session->committing);
	session->state = PK_SESSION_COMMITTED;
	pk_session_trim_trees(session);
	return pk_session_save(desk->repo, session, "commit", err);
}

static int check_state(struct pk_desk *desk, struct pk_err *err)
{
	const struct pk_session *session = &desk->session;
	PK_AUTO(pk_session_source) source = PK_SESSION_SOURCE_INIT;
	if (session->state != PK_SESSION_APPLIED || !session->n_parts) {
		if (session->state == PK_SESSION_APPLIED || session->state == PK_SESSION_COMMITTED)
			pk_err_set(err, "the session is %s, and nothing new is applied",
				   pk_session_state_name(session->state));
		else
			pk_err_set(err,
				   "the session is %s, and only what was applied can be committed",
				   pk_session_state_name(session->state));
		return pk_err_hint(err, "%s comes next", pk_session_next(session));
	}
	if (session->n_manual) {
		pk_err_set(err, "the migration '%s' was written by hand but not applied",
			   session->manual[0].file);
		return pk_err_hint(err, "git postkit apply runs it");
	}
	if (!session->source)
		return 0;
	if (pk_session_source_read(desk->repo, desk->project, &source, err) < 0)
		return -1;
	if (!pk_streq(source.hash.hex, session->source)) {
		pk_err_set(err, "the schema files have changed since they were applied");
		return pk_err_hint(err, "git postkit plan shows what the change means");
	}
	if (!session->agree) {
		pk_err_set(err, "the schema files do not mean what was applied");
		return pk_err_hint(err, "git postkit plan shows the difference");
	}
	return 0;
}

/* Git came to its end when the branch had the commit and the index not yet: a later commit would undo it. */
static int renew_index(struct pk_desk *desk, struct pk_err *err)
{
	static const char *const named[] = { "diff-tree", "-r", "--root", "--no-commit-id", "--name-only", "-z", "HEAD", NULL };
	static const char *const reset[] = { "reset", "-q", "HEAD", "--", NULL };
	PK_AUTO(pk_strv) files = PK_STRV_INIT;
	if (list_paths(desk, named, &files, err) < 0)
		return -1;
	return files.n ? git_on(desk, reset, &files, err) : 0;
}

static int commit_anew(struct writing *w, const struct pk_commit_options *options,
		       struct pk_err *err)
{
	static const char *const add[] = { "add", "--intent-to-add", "--", NULL };
	static const char *const unadd[] = {
		"rm", "--cached", "-q", "--ignore-unmatch", "--", NULL
	};
	struct pk_desk *desk = w->desk;
	struct pk_session *session = &desk->session;
	PK_AUTO(pk_strv) untracked = PK_STRV_INIT;
	if (compose(w, options, err) < 0 || store_fingerprints(desk, err) < 0)
		return -1;
	/*
	 * Said before the files are written: a commit that is killed leaves nothing that nobody
	 * knows.
	 */
	pk_strv_extend(&session->committing, (const char *const *)w->files.items);
	if (pk_session_save(desk->repo, session, "commit: begin", err) < 0)
		return -1;
	int rc = write_files(w, err);
	if (rc == 0)
		rc = list_untracked(desk, &untracked, err);
	if (rc == 0 && untracked.n)
		rc = git_on(desk, add, &untracked, err);
	if (rc == 0)
		rc = git_on(desk, add, &w->files, err);
	if (rc == 0)
		rc = run_git_commit(w, options, err);
	/* A hook of git's may fail after the commit was made. */
	if (rc < 0 && !committed(desk)) {
		if (remove_files(desk, NULL) < 0)
			return -1; /* the next commit does it */
		if (untracked.n)
			git_on(desk, unadd, &untracked, NULL);
		pk_session_save(desk->repo, session, "commit: refused by git", NULL);
		return -1;
	}
	if (rc < 0)
		renew_index(desk, NULL);
	return 0;
}

int pk_session_commit(struct pk_desk *desk, const struct pk_commit_options *options,
		      struct pk_commit_result *ret, struct pk_err *err)
{
	struct pk_session *session = &desk->session;
	if (pk_desk_connect(desk, err) < 0 || pk_desk_lock(desk, err) < 0 ||
	    pk_desk_tables(desk, err) < 0)
		return -1;
	if (session->committing.n && committed(desk)) {
		ret->finished = true;
		return renew_index(desk, err) < 0 ? -1 : finish(desk, ret, err);
	}
	if (session->committing.n) {
		if (remove_files(desk, err) < 0)
			return pk_err_wrap(err, "what an interrupted commit has left cannot be taken away");
		if (pk_session_save(desk->repo, session, "commit: leftovers removed", err) < 0)
			return -1;
	}
	if (check_state(desk, err) < 0)
		return -1;
	struct writing w = { .desk = desk };
	int rc = commit_anew(&w, options, err);
	writing_release(&w);
	return rc < 0 ? -1 : finish(desk, ret, err);
}
