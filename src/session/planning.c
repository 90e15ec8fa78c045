#include "session/planning.h"

#include "base/clock.h"
#include "base/sig.h"
#include "base/term.h"
#include "base/text.h"
#include "catalog/kind.h"
#include "session/prove.h"

void pk_planning_release(struct pk_planning *planning)
{
	pk_plan_release(&planning->plan);
	pk_snapshot_release(&planning->clone);
	pk_snapshot_release(&planning->shadow);
	pk_caught_up_release(&planning->caught_up);
	pk_err_release(&planning->why_not);
	pk_conflicts_release(&planning->conflicts);
	pk_rename_guesses_release(&planning->guesses);
	free(planning->down);
	*planning = (struct pk_planning)PK_PLANNING_INIT;
}

static void parts_free(struct pk_part *parts, size_t n)
{
	for (size_t i = 0; parts && i < n; i++) {
		free(parts[i].up);
		free(parts[i].down);
	}
	free(parts);
}

/* Migrations that a merge or a pull brought; they come before what is planned now. */
static int catch_up(struct pk_desk *desk, struct pk_planning *p, struct pk_err *err)
{
	struct pk_session *session = &desk->session;
	if (pk_desk_catch_up(desk, &p->clone.fingerprint, &p->caught_up, err) < 0)
		return -1;
	if (!p->caught_up.run)
		return 0;
	pk_snapshot_release(&p->clone);
	if (pk_desk_read(desk, &p->clone, err) < 0)
		return -1;
	session->base = p->clone.fingerprint;
	if (pk_desk_keep(desk, &p->clone, err) < 0)
		return -1;
	return pk_session_save(desk->repo, session, "catch up with the branch", err);
}

/* Renames are a migration of their own, first: only they know their way back. */
static struct pk_part rename_part(const struct pk_renaming *renaming)
{
	struct pk_part part = { .up_transaction = true, .down_transaction = true };
	PK_AUTO(pk_buf) up = PK_BUF_INIT;
	PK_AUTO(pk_buf) down = PK_BUF_INIT;
	pk_renaming_sql(renaming, false, &up);
	pk_renaming_sql(renaming, true, &down);
	part.up = pk_buf_take(&up);
	part.down = pk_buf_take(&down);
	return part;
}

/* Parts of the plan: migrations to be. Caller frees. */
static struct pk_part *make_parts(const struct pk_plan *plan, const struct pk_renaming *renaming,
				  size_t *ret_n)
{
	size_t n_runs, n = 0;
	struct pk_plan_part *runs = pk_plan_parts(plan, &n_runs);
	struct pk_part *parts = pk_alloc((n_runs + 1) * sizeof(*parts));
	if (renaming->n)
		parts[n++] = rename_part(renaming);
	for (size_t i = 0; i < n_runs; i++) {
		PK_AUTO(pk_buf) sql = PK_BUF_INIT;
		pk_plan_part_sql(plan, &runs[i], &sql);
		parts[n++] = (struct pk_part){ .up = pk_buf_take(&sql),
					       .up_transaction = runs[i].transaction };
	}
	free(runs);
	*ret_n = n;
	return parts;
}

static void take_parts(struct pk_session *session, struct pk_part *parts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct pk_part *part = pk_session_add_part(session);
		int id = part->id;
		*part = parts[i];
		part->id = id;
		parts[i].up = parts[i].down = NULL;
	}
}

static int store(struct pk_desk *desk, const struct pk_session_source *source,
		 struct pk_planning *p, struct pk_part *parts, size_t n, struct pk_err *err)
{
	struct pk_session *session = &desk->session;
	PK_AUTO(pk_buf) up = PK_BUF_INIT;
	PK_AUTO(pk_buf) down = PK_BUF_INIT;
	for (size_t i = 0; i < n; i++) {
		pk_buf_add(&up, parts[i].up);
		pk_buf_add(&down, parts[n - 1 - i].down);
	}
	p->down = pk_buf_take(&down);
	p->n_parts = n;
	free(session->source);
	session->source = pk_strdup(source->hash.hex);
	session->target = p->shadow.fingerprint;
	session->agree = n == 0 && !session->n_manual;
	take_parts(session, parts, n);
	if (n) {
		cJSON *json = pk_plan_to_json(&p->plan);
		session->plan_json = pk_json_print(json);
		session->plan_sql = pk_buf_take(&up);
		session->down_sql = pk_strdup(p->down);
		cJSON_Delete(json);
	}
	if (n || session->n_manual)
		session->state = PK_SESSION_PLANNED;
	else if (pk_session_uncommitted(session))
		session->state = PK_SESSION_APPLIED;
	else if (session->state != PK_SESSION_COMMITTED)
		session->state = PK_SESSION_STARTED;
	pk_session_trim_trees(session);
	return pk_session_save(desk->repo, session, n ? "plan" : "plan: nothing to change", err);
}

/* The plan that does not stand is forgotten, too: it was made for other files. */
static int forget(struct pk_desk *desk, struct pk_err *err)
{
	struct pk_session *session = &desk->session;
	if (!pk_session_pending(session))
		return 0;
	pk_session_drop_pending(session);
	session->state = pk_session_uncommitted(session) ? PK_SESSION_APPLYING
			 : session->n_manual		 ? PK_SESSION_PLANNED
							 : PK_SESSION_STARTED;
	pk_session_trim_trees(session);
	return pk_session_save(desk->repo, session, "plan: none that stands", err);
}

/* What the copy is after the renames, which it then forgets again. */
static int read_renamed(struct pk_proof *proof, const struct pk_renaming *renaming,
			struct pk_snapshot *ret, struct pk_err *err)
{
	/* Its sizes are the clone's, told apart by what the copy itself was before. */
	if (!proof->copy.n && pk_proof_read(proof, &proof->copy, err) < 0)
		return -1;
	struct pk_part part = rename_part(renaming);
	proof->renamed = true;
	int rc = pk_proof_run(proof, part.up, true, err);
	if (rc == 0)
		rc = pk_proof_read(proof, ret, err);
	if (rc == 0)
		rc = pk_proof_run(proof, part.down, true, err);
	free(part.up);
	free(part.down);
	return rc < 0 ? pk_err_wrap(err, "the renames fail") : 0;
}

/* Offers what looks like a rename. Returns whether one more was said to be one. */
static bool offer(const struct pk_planning_options *options, const struct pk_rename_guesses *guesses,
		  struct pk_strv *asked)
{
	bool more = false;
	for (size_t i = 0; i < guesses->n && options->is_rename; i++) {
		const struct pk_rename_guess *guess = &guesses->items[i];
		PK_FREE char *refused = pk_printf("!%s", guess->option);
		if (pk_strv_has(asked, guess->option) || pk_strv_has(asked, refused))
			continue;
		bool yes = options->is_rename(options->arg, guess);
		pk_strv_push(asked, yes ? guess->option : refused);
		more |= yes;
	}
	return more;
}

/* Those that were said to be renames. */
static void accepted(const struct pk_strv *asked, struct pk_strv *ret)
{
	for (size_t i = 0; i < asked->n; i++)
		if (*asked->items[i] != '!')
			pk_strv_push(ret, asked->items[i]);
}

/* What a plan is made of; and of it, the parts. */
struct attempt {
	struct pk_desk *desk;
	const struct pk_session_source *source;
	const struct pk_planning_options *options;
	const struct pk_diff_options *how;
	struct pk_part *parts;
	size_t n;
};

/*
 * Renames are run on the copy, and what is left to do is found from there. What then still looks like
 * one may be: the columns of a table are compared only once it is known for the same.
 */
static int find_renames(struct pk_proof *proof, const struct attempt *a, struct pk_planning *p,
			struct pk_renaming *renaming, struct pk_snapshot *renamed, struct pk_err *err)
{
	PK_AUTO(pk_strv) asked = PK_STRV_INIT;
	for (size_t i = 0; i < a->options->renames->n; i++)
		pk_strv_push(&asked, a->options->renames->items[i]);
	do {
		PK_AUTO(pk_strv) said = PK_STRV_INIT;
		accepted(&asked, &said);
		pk_renaming_release(renaming);
		pk_snapshot_release(renamed);
		pk_rename_guesses_release(&p->guesses);
		if (pk_renaming_find(&a->source->files, &said, &p->clone, &p->shadow, renaming, err) < 0 ||
		    (renaming->n && read_renamed(proof, renaming, renamed, err) < 0))
			return -1;
		pk_rename_guess(renaming->n ? renamed : &p->clone, &p->shadow, &p->guesses);
	} while (offer(a->options, &p->guesses, &asked));
	return 0;
}

static int make_plan(struct pk_proof *proof, struct attempt *a, struct pk_planning *p, struct pk_err *err)
{
	PK_AUTO(pk_renaming) renaming = PK_RENAMING_INIT;
	PK_AUTO(pk_snapshot) renamed = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_plan) rest = PK_PLAN_INIT;
	if (find_renames(proof, a, p, &renaming, &renamed, err) < 0)
		return -1;
	pk_diff(renaming.n ? &renamed : &p->clone, &p->shadow, a->how, &rest);
	a->parts = make_parts(&rest, &renaming, &a->n);
	p->plan.from = p->clone.fingerprint;
	p->plan.to = p->shadow.fingerprint;
	p->plan.pg_major = rest.pg_major;
	pk_renaming_plan(&renaming, false, &p->plan);
	for (size_t i = 0; i < rest.n; i++) {
		struct pk_step *step = pk_plan_add(&p->plan, &rest.steps[i]);
		step->commit_before |= i == 0 && renaming.n;
		p->n_destructive += step->destructive;
	}
	PK_AUTO(pk_buf) renames = PK_BUF_INIT;
	pk_renaming_sql(&renaming, false, &renames);
	return pk_plan_weigh(&proof->desk->user, renames.len ? renames.ptr : "", &p->plan, &p->conflicts, err);
}

/* *ret_again: it failed in a way that only a fresh copy of the clone's schema can tell for certain. */
static int try_plan(struct attempt *a, bool fresh, struct pk_planning *p, bool *ret_again, struct pk_err *err)
{
	PK_AUTO(pk_proof) proof = PK_PROOF_INIT;
	struct pk_err *why = &p->why_not;
	int rc = pk_proof_open(&proof, a->desk, &p->clone, fresh, err);
	if (rc == 0)
		rc = make_plan(&proof, a, p, err);
	p->refused = rc == 0 && p->n_destructive && !a->options->allow_destructive;
	if (rc == 0 && !p->refused)
		p->proved = pk_proof_infra(&proof, a->source, why) == 0 &&
			    pk_proof_parts(&proof, a->parts, a->n, &p->clone, &p->shadow, a->how, why) == 0;
	*ret_again = proof.kept && !p->refused && !p->proved && !pk_interrupted();
	return rc;
}

#define UNRESTORED " comes back without "

void pk_part_unrestored(const struct pk_part *part, struct pk_buf *ret)
{
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;

	if (part->name)
		return;
	pk_strv_split(&lines, part->down, '\n');
	for (size_t i = 0; i < lines.n && pk_starts_with(lines.items[i], "-- "); i++)
		if (strstr(lines.items[i], UNRESTORED))
			pk_buf_addf(ret, "%s%s", ret->len ? "\n" : "", lines.items[i] + strlen("-- "));
}

/* What no statement can bring back, said where the way back is read. */
static void say_unrestored(const struct pk_plan *plan, struct pk_part *parts, size_t n)
{
	size_t n_runs;
	PK_FREE struct pk_plan_part *runs = pk_plan_parts(plan, &n_runs);

	for (size_t i = 0; i < n && i < n_runs; i++) {
		PK_AUTO(pk_buf) text = PK_BUF_INIT;

		for (size_t k = runs[i].first; k < runs[i].first + runs[i].n; k++) {
			const struct pk_step *step = &plan->steps[k];
			PK_AUTO(pk_buf) line = PK_BUF_INIT;

			if (!step->destructive)
				continue;
			pk_kind_words(&line, step->kind);
			pk_buf_addf(&line, " %s" UNRESTORED, step->object);
			pk_lost_words(&line, &step->lost);
			pk_buf_add(&text, "-- ");
			pk_buf_add_safe(&text, line.ptr, false); /* on one line, whatever the name holds */
			pk_buf_addc(&text, '\n');
		}
		if (!text.len)
			continue;
		pk_buf_add(&text, parts[i].down);
		free(parts[i].down);
		parts[i].down = pk_buf_take(&text);
	}
}

static int plan_and_prove(struct pk_desk *desk, const struct pk_session_source *source,
			  const struct pk_planning_options *options, struct pk_planning *p,
			  struct pk_err *err)
{
	PK_AUTO(pk_buf) role = PK_BUF_INIT;
	pk_buf_add_ident(&role, desk->session.role);
	const struct pk_diff_options how = { .online = options->online, .role = role.ptr };
	struct attempt a = { .desk = desk, .source = source, .options = options, .how = &how };
	bool again = false;
	int rc = try_plan(&a, false, p, &again, err);
	if (again) {
		parts_free(a.parts, a.n);
		a.parts = NULL;
		pk_plan_release(&p->plan);
		pk_conflicts_release(&p->conflicts);
		p->n_destructive = 0;
		pk_err_release(&p->why_not);
		pk_err_release(err);
		rc = try_plan(&a, true, p, &again, err);
	}
	if (rc == 0 && pk_err_move_interrupt(err, &p->why_not)) {
		rc = -1;
	} else if (rc == 0 && p->proved) {
		say_unrestored(&p->plan, a.parts, a.n);
		pk_session_drop_pending(&desk->session);
		rc = store(desk, source, p, a.parts, a.n, err);
	} else if (rc == 0) {
		rc = forget(desk, err);
	}
	parts_free(a.parts, a.n);
	return rc;
}

int pk_session_plan(struct pk_desk *desk, const struct pk_session_source *source,
		    const struct pk_planning_options *options, struct pk_planning *ret,
		    struct pk_err *err)
{
	double started = pk_now();
	PK_AUTO(pk_strv) roles = PK_STRV_INIT;
	if (desk->session.committing.n) {
		pk_err_set(err, "a commit of this session was interrupted");
		return pk_err_hint(err, "git postkit commit finishes it");
	}
	if (pk_session_source_roles(source, &roles, err) < 0 || pk_desk_connect(desk, err) < 0 ||
	    pk_desk_lock(desk, err) < 0 || pk_desk_tables(desk, err) < 0 ||
	    pk_desk_settle(desk, &ret->clone, err) < 0 ||
	    pk_desk_keep_begun(desk, &ret->clone, err) < 0 || catch_up(desk, ret, err) < 0 ||
	    pk_desk_shadow(desk, source, &ret->clone, &ret->shadow, err) < 0 ||
	    (roles.n && pk_server_ensure_roles(&desk->server, &roles, err) < 0) ||
	    pk_desk_keep(desk, &ret->clone, err) < 0 || pk_desk_keep(desk, &ret->shadow, err) < 0)
		return -1;
	PK_AUTO(pk_renaming) due = PK_RENAMING_INIT; /* what cannot be meant is an error also where nothing changes */
	if ((options->read && options->read(options->arg, ret, err) < 0) ||
	    pk_renaming_find(&source->files, options->renames, &ret->clone, &ret->shadow, &due, err) < 0)
		return -1;
	int rc;
	if (pk_streq(ret->clone.fingerprint.hex, ret->shadow.fingerprint.hex)) {
		ret->proved = true;
		pk_session_drop_pending(&desk->session);
		rc = store(desk, source, ret, NULL, 0, err);
	} else {
		rc = plan_and_prove(desk, source, options, ret, err);
	}
	ret->seconds = pk_now() - started;
	return rc;
}
