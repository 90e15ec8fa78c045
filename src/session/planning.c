#include "session/planning.h"

#include "base/clock.h"
#include "session/prove.h"
#include "session/renames.h"

void pk_planning_release(struct pk_planning *planning)
{
	pk_plan_release(&planning->plan);
	pk_snapshot_release(&planning->clone);
	pk_snapshot_release(&planning->shadow);
	pk_caught_up_release(&planning->caught_up);
	pk_err_release(&planning->why_not);
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

static void add_rename_step(struct pk_plan *plan, const struct pk_rename *rename)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_buf) object = PK_BUF_INIT;
	pk_rename_sql(rename, false, &sql);
	if (rename->parent) {
		pk_buf_add_qualified(&object, rename->schema, rename->parent);
		pk_buf_addc(&object, '.');
		pk_buf_add_ident(&object, rename->from);
	} else {
		pk_buf_add_qualified(&object, rename->schema, rename->from);
	}
	const struct pk_step_lock lock = {
		.relation = object.ptr,
		.mode = "ACCESS EXCLUSIVE",
		.rows = -1,
		.bytes = -1,
	};
	bool locks = !pk_streq(rename->kind, "schema");
	const struct pk_step step = {
		.change = PK_ALTER_OBJECT,
		.kind = rename->kind,
		.object = object.ptr,
		.sql = sql.ptr,
		.note = "programs that use the old name fail from then on",
		.locks = &lock,
		.n_locks = locks ? 1 : 0,
		.lock = locks ? lock.mode : NULL,
		.rows = -1,
		.bytes = -1,
	};
	pk_plan_add(plan, &step);
}

/* Renames are a migration of their own, first: only they know their way back. */
static struct pk_part rename_part(const struct pk_renames *renames)
{
	struct pk_part part = { .up_transaction = true, .down_transaction = true };
	PK_AUTO(pk_buf) up = PK_BUF_INIT;
	PK_AUTO(pk_buf) down = PK_BUF_INIT;
	for (size_t i = 0; i < renames->n; i++) {
		pk_rename_sql(&renames->items[i], false, &up);
		pk_buf_add(&up, ";\n");
		pk_rename_sql(&renames->items[renames->n - 1 - i], true, &down);
		pk_buf_add(&down, ";\n");
	}
	part.up = pk_buf_take(&up);
	part.down = pk_buf_take(&down);
	return part;
}

/* Parts of the plan; a statement outside a transaction gets one of its own. Caller frees. */
static struct pk_part *make_parts(const struct pk_plan *plan, const struct pk_renames *renames,
				  size_t *ret_n)
{
	size_t n_runs, n = 0;
	struct pk_plan_part *runs = pk_plan_parts(plan, &n_runs);
	struct pk_part *parts = pk_alloc((plan->n + 1) * sizeof(*parts));
	if (renames->n)
		parts[n++] = rename_part(renames);
	for (size_t i = 0; i < n_runs; i++) {
		size_t each = runs[i].transaction ? runs[i].n : 1;
		for (size_t at = 0; at < runs[i].n; at += each) {
			const struct pk_plan_part run = {
				.first = runs[i].first + at,
				.n = each,
				.transaction = runs[i].transaction,
			};
			PK_AUTO(pk_buf) sql = PK_BUF_INIT;
			pk_plan_part_sql(plan, &run, &sql);
			parts[n++] = (struct pk_part){ .up = pk_buf_take(&sql),
						       .up_transaction = run.transaction };
		}
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

/* Renames are run on the copy, and what is left to do is found from there. */
static int make_plan(struct pk_proof *proof, const struct pk_renames *renames,
		     const struct pk_diff_options *how, struct pk_planning *p,
		     struct pk_part **ret_parts, size_t *ret_n, struct pk_err *err)
{
	PK_AUTO(pk_snapshot) renamed = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_plan) rest = PK_PLAN_INIT;
	struct pk_snapshot *from = &p->clone;
	if (renames->n) {
		struct pk_part part = rename_part(renames);
		int rc = pk_proof_run(proof, part.up, true, "renames", err);
		if (rc == 0)
			rc = pk_proof_read(proof, &renamed, err);
		if (rc == 0)
			rc = pk_proof_run(proof, part.down, true, "renames, back", err);
		free(part.up);
		free(part.down);
		if (rc < 0)
			return pk_err_wrap(err, "the renames fail");
		from = &renamed;
	}
	if (pk_diff(from, &p->shadow, how, &rest, err) < 0)
		return -1;
	*ret_parts = make_parts(&rest, renames, ret_n);
	p->plan.from = p->clone.fingerprint;
	p->plan.to = p->shadow.fingerprint;
	p->plan.pg_major = rest.pg_major;
	for (size_t i = 0; i < renames->n; i++)
		add_rename_step(&p->plan, &renames->items[i]);
	for (size_t i = 0; i < rest.n; i++) {
		pk_plan_add(&p->plan, &rest.steps[i]);
		p->n_destructive += rest.steps[i].destructive;
	}
	return 0;
}

static int plan_and_prove(struct pk_desk *desk, const struct pk_session_source *source,
			  const struct pk_planning_options *options, struct pk_planning *p,
			  struct pk_err *err)
{
	PK_AUTO(pk_renames) renames = PK_RENAMES_INIT;
	PK_AUTO(pk_proof) proof = PK_PROOF_INIT;
	PK_AUTO(pk_buf) role = PK_BUF_INIT;
	struct pk_part *parts = NULL;
	size_t n = 0;
	pk_buf_add_ident(&role, desk->session.role);
	const struct pk_diff_options how = { .online = options->online, .role = role.ptr };
	if (pk_renames_find(source, options->renames, &p->clone, &p->shadow, &renames, err) < 0 ||
	    pk_proof_open(&proof, desk, &p->clone, err) < 0)
		return -1;
	if (make_plan(&proof, &renames, &how, p, &parts, &n, err) < 0) {
		parts_free(parts, n);
		return -1;
	}
	p->refused = p->n_destructive && !options->allow_destructive;
	int rc = 0;
	if (!p->refused)
		p->proved = pk_proof_infra(&proof, source, &p->why_not) == 0 &&
			    pk_proof_parts(&proof, parts, n, &p->clone, &p->shadow, &how,
					   &p->why_not) == 0;
	if (p->why_not.exit == PK_EXIT_INTERRUPTED) {
		pk_err_move(err, &p->why_not);
		rc = -1;
	} else if (p->proved) {
		pk_session_drop_pending(&desk->session);
		rc = store(desk, source, p, parts, n, err);
	} else {
		rc = forget(desk, err);
	}
	parts_free(parts, n);
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
	    pk_desk_settle(desk, &ret->clone, err) < 0 || catch_up(desk, ret, err) < 0 ||
	    pk_snapshot_measure(&desk->admin, &ret->clone, err) < 0 ||
	    pk_desk_shadow(desk, source, &ret->clone, &ret->shadow, err) < 0 ||
	    (roles.n && pk_server_ensure_roles(&desk->server, &roles, err) < 0) ||
	    pk_desk_keep(desk, &ret->clone, err) < 0 || pk_desk_keep(desk, &ret->shadow, err) < 0)
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
