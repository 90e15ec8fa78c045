#include "cmd/standing.h"

#include "base/fs.h"
#include "chain/chain.h"
#include "clone/template.h"
#include "deploy/followers.h"
#include "deploy/record.h"
#include "deploy/settled.h"
#include "git/git.h"
#include "server/made.h"
#include "session/desk.h"

void pk_standing_release(struct pk_standing *standing)
{
	for (size_t i = 0; i < standing->n_remotes; i++) {
		struct pk_remote_standing *r = &standing->remotes[i];
		free(r->name);
		free(r->trouble);
		free(r->last);
		free(r->when);
		pk_strv_release(&r->pending);
		pk_strv_release(&r->half_way);
	}
	free(standing->remotes);
	free(standing->branch);
	free(standing->next);
	pk_session_release(&standing->session);
	*standing = (struct pk_standing)PK_STANDING_INIT;
}

static int look_at_clone(const struct pk_ctx *ctx, struct pk_standing *s, struct pk_err *err)
{
	PK_AUTO(pk_server) server = PK_SERVER_INIT;
	PK_AUTO(pk_databases) databases = PK_DATABASES_INIT;
	PK_AUTO(pk_err) open_err = PK_ERR_INIT;
	const struct pk_database *clone;
	PK_FREE char *setting = NULL;
	const char *url;
	const struct pk_server_want want = { .repo = &ctx->repo, .session = s->session.id };
	bool given = pk_made_exists(&want) || pk_server_given(&ctx->config, s->session.remote, &setting, &url);
	s->clone_size = -1;
	(void)err;
	if (!given && !pk_server_running(&ctx->repo, s->session.major)) {
		PK_AUTO(pk_strv) majors = PK_STRV_INIT;
		PK_FREE char *major = pk_printf("%d", s->session.major);
		if (pk_server_list(&ctx->repo, &majors, &open_err) == 0 &&
		    !pk_strv_has(&majors, major))
			s->clone = PK_CLONE_GONE;
		return 0;
	}
	if (pk_session_server(&ctx->repo, &ctx->config, &s->session, &server, &open_err) < 0 ||
	    pk_server_databases(&server, &databases, &open_err) < 0)
		return 0; /* unknown is an answer, too */
	for (size_t i = 0; i < databases.n; i++)
		if (pk_template_is(&databases.items[i], s->session.remote))
			s->template_created = databases.items[i].created;
	s->clone = PK_CLONE_GONE;
	if (pk_databases_find(&databases, s->session.db, &clone)) {
		s->clone = PK_CLONE_PRESENT;
		s->clone_size = clone->size;
	}
	return 0;
}

static void look_at_plan(const struct pk_ctx *ctx, struct pk_standing *s)
{
	PK_AUTO(pk_session_source) source = PK_SESSION_SOURCE_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	s->plan = PK_PLAN_NONE;
	if (!s->session.source)
		return;
	bool same = pk_session_source_read(&ctx->repo, &ctx->project, &source, &err) == 0 &&
		    pk_streq(source.hash.hex, s->session.source);
	s->plan = same ? PK_PLAN_CURRENT : PK_PLAN_STALE;
}

/* Files of the chain that are not among the versions. */
static void find_pending(const struct pk_chain *chain, const struct pk_strv *versions,
			 struct pk_remote_standing *r)
{
	for (size_t i = 0; i < chain->n; i++) {
		const struct pk_migration *m = &chain->items[i];
		if (!pk_strv_has(versions, m->version)) {
			pk_strv_push(&r->pending, m->file);
		} else {
			free(r->last);
			r->last = pk_strdup(m->version);
		}
	}
	r->known = true;
}

static void find_half_way(const struct pk_chain *chain, const struct pk_applied_list *applied, struct pk_remote_standing *r)
{
	for (size_t i = 0; i < applied->n; i++) {
		enum pk_applied_stage stage = pk_applied_stage(&applied->items[i]);
		const struct pk_migration *m = pk_chain_find(chain, applied->items[i].version);

		if (stage != PK_APPLIED_IN)
			pk_strv_pushf(&r->half_way, "%s: its %s was begun and has not come to its end",
				      m ? m->file : applied->items[i].version, stage == PK_APPLIED_COMING ? "deploy" : "rollback");
	}
}

static int from_records(const struct pk_ctx *ctx, const struct pk_chain *chain,
			struct pk_remote_standing *r, struct pk_err *err)
{
	PK_AUTO(pk_records) records = PK_RECORDS_INIT;
	PK_AUTO(pk_strv) versions = PK_STRV_INIT;
	if (pk_records_read(&ctx->repo, r->name, 1, &records, err) < 0)
		return -1;
	if (!records.n)
		return 0;
	if (pk_record_versions(&ctx->repo, &records.items[0], &versions, err) < 0)
		return -1;
	r->when = pk_strdup(records.items[0].finished);
	find_pending(chain, &versions, r);
	return 0;
}

static void ask(const struct pk_ctx *ctx, const struct pk_chain *chain,
		struct pk_remote_standing *r)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_remote) remote = PK_REMOTE_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_applied_list) applied = PK_APPLIED_LIST_INIT;
	PK_AUTO(pk_strv) versions = PK_STRV_INIT;
	PK_FREE char *table = NULL;
	bool exists = false;
	r->asked = true;
	if (pk_remote_get(&ctx->config, r->name, &remote, &err) < 0 ||
	    pk_remote_connect(&remote, &conn, &err) < 0 ||
	    pk_applied_read(&conn, &applied, &exists, &err) < 0 ||
	    (!exists && pk_applied_foreign(&conn, &versions, &table, &err) < 0)) {
		r->trouble = pk_strdup(err.msg ? err.msg : "cannot be asked");
		return;
	}
	for (size_t i = 0; i < applied.n; i++)
		if (pk_applied_stage(&applied.items[i]) == PK_APPLIED_IN)
			pk_strv_push(&versions, applied.items[i].version);
	if (applied.n) {
		free(r->when);
		r->when = pk_strdup(applied.items[applied.n - 1].applied_at);
	}
	find_pending(chain, &versions, r);
	find_half_way(chain, &applied, r);
}

static int look_for_fork(const struct pk_ctx *ctx, const struct pk_chain *chain, struct pk_standing *s,
			 struct pk_err *err)
{
	PK_AUTO(pk_settlement) settlement = PK_SETTLEMENT_INIT;
	if (pk_settlement_read(&ctx->repo, &ctx->config, ctx->project.migrations_dir, chain, &settlement, err) < 0)
		return -1;
	s->forked = pk_settlement_forked(&settlement, chain);
	return 0;
}

/* Of those that only the records know, others deploy to them. */
static void add_recorded(const struct pk_ctx *ctx, struct pk_strv *names)
{
	PK_AUTO(pk_strv) recorded = PK_STRV_INIT;
	pk_record_remotes(&ctx->repo, &recorded);
	for (size_t i = 0; i < recorded.n; i++)
		if (!pk_strv_has(names, recorded.items[i]))
			pk_strv_push(names, recorded.items[i]);
}

static int look_at_remotes(const struct pk_ctx *ctx, bool fetch, struct pk_standing *s,
			   struct pk_err *err)
{
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	struct pk_oid head;
	if (pk_repo_rev(&ctx->repo, "HEAD", &head, NULL) == 0 &&
	    pk_chain_from_rev(&chain, &ctx->repo, "HEAD", ctx->project.migrations_dir, err) < 0)
		return -1;
	s->n_migrations = chain.n;
	if (look_for_fork(ctx, &chain, s, err) < 0)
		return -1;
	pk_remote_list(&ctx->config, &names);
	s->n_configured = names.n;
	add_recorded(ctx, &names);
	s->remotes = pk_alloc((names.n + 1) * sizeof(*s->remotes));
	for (size_t i = 0; i < names.n; i++) {
		struct pk_remote_standing *r = &s->remotes[s->n_remotes++];
		r->name = pk_strdup(names.items[i]);
		r->record_due = pk_record_due(&ctx->repo, r->name);
		if (fetch && i < s->n_configured)
			ask(ctx, &chain, r);
		else if (!r->record_due && from_records(ctx, &chain, r, err) < 0)
			return -1;
	}
	return 0;
}

static bool has_hooks(const struct pk_ctx *ctx)
{
	PK_AUTO(pk_buf) dir = PK_BUF_INIT;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	const char *const args[] = { "rev-parse", "--git-path", "hooks/pre-push", NULL };
	if (pk_git_check(ctx->repo.workdir, args, NULL, &dir, NULL) < 0)
		return false;
	pk_buf_rtrim(&dir);
	PK_FREE char *path = pk_path_join(ctx->repo.workdir, dir.ptr);
	return pk_read_file(path, &text, NULL) == 0 && strstr(text.ptr, "postkit");
}

/* As far as this repository knows. */
static bool is_pushed(const struct pk_ctx *ctx)
{
	struct pk_oid head, there;

	return pk_repo_rev(&ctx->repo, "HEAD", &head, NULL) == 0 &&
	       pk_repo_rev(&ctx->repo, "@{upstream}", &there, NULL) == 0 && strcmp(head.hex, there.hex) == 0;
}

/* The branch that is deployed, as far as the settings or its name say. */
static bool is_trunk(const struct pk_ctx *ctx, const struct pk_standing *s)
{
	const char *const names[] = { pk_config_git(&ctx->config, "init.defaultbranch"), "main", "master" };

	for (size_t i = 0; i < s->n_configured; i++)
		if (pk_streq(pk_followed_branch(&ctx->config, s->remotes[i].name), s->branch))
			return true;
	for (size_t i = 0; i < PK_COUNT(names); i++)
		if (pk_streq(names[i], s->branch))
			return true;
	return false;
}

static bool waits_for_deploy(const struct pk_ctx *ctx, const struct pk_standing *s)
{
	for (size_t i = 0; i < s->n_configured; i++)
		if (s->remotes[i].known && s->remotes[i].pending.n)
			return is_trunk(ctx, s);
	return false;
}

/* In the order in which things would stand in the way. */
static char *choose_next(const struct pk_ctx *ctx, struct pk_standing *s)
{
	const struct pk_session *session = &s->session;
	const char *unfinished = pk_repo_unfinished(&ctx->repo);

	if (unfinished)
		return pk_printf("git %s --continue", unfinished);
	if (!s->branch)
		return pk_strdup("git switch BRANCH");
	if (s->forked)
		return pk_strdup("git postkit sync");
	if (!s->n_configured && s->found != PK_FOUND_SESSION)
		return pk_strdup("git postkit remote add NAME URL");
	if (s->found != PK_FOUND_SESSION && waits_for_deploy(ctx, s))
		return pk_strdup("git postkit deploy --dry-run");
	if (s->found != PK_FOUND_SESSION || s->clone == PK_CLONE_GONE)
		return pk_strdup("git postkit start");
	if (session->committing.n)
		return pk_strdup("git postkit commit");
	bool stale = s->plan == PK_PLAN_STALE;
	if (stale && (pk_session_pending(session) || session->state == PK_SESSION_APPLIED))
		return pk_strdup("git postkit plan");
	if (session->state == PK_SESSION_COMMITTED && !session->n_manual && !stale) {
		s->pushed = is_pushed(ctx);
		return pk_strdup(s->pushed ? "git postkit deploy" : "git push");
	}
	return pk_strdup(pk_session_next(session));
}

int pk_standing_read(const struct pk_ctx *ctx, bool fetch, struct pk_standing *ret,
		     struct pk_err *err)
{
	PK_FREE char *branch = pk_repo_branch(&ctx->repo);
	if (branch &&
	    pk_session_current(&ctx->repo, &ctx->config, &ret->session, &ret->found, NULL, err) < 0)
		return -1;
	ret->branch = pk_take(&branch);
	if (ret->found == PK_FOUND_SESSION) {
		if (look_at_clone(ctx, ret, err) < 0)
			return -1;
		look_at_plan(ctx, ret);
	}
	if (look_at_remotes(ctx, fetch, ret, err) < 0)
		return -1;
	ret->hooks = has_hooks(ctx);
	ret->next = choose_next(ctx, ret);
	return 0;
}
