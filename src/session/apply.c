#include "session/apply.h"

#include "base/clock.h"
#include "git/git.h"
#include "session/planning.h"
#include "trace/stepwise.h"

void pk_apply_result_release(struct pk_apply_result *result)
{
	pk_tree_diff_release(&result->diff);
	pk_checks_release(&result->checks);
	pk_intact_release(&result->intact);
	pk_sampled_release(&result->sampled);
	*result = (struct pk_apply_result)PK_APPLY_RESULT_INIT;
}

struct run {
	struct pk_desk *desk;
	const struct pk_apply_events *events;
	struct pk_apply_result *result;
	struct pk_snapshot clone; /* as of the last part */
	struct pk_session_source source;
	bool has_source;
	size_t n, index;    /* parts to run */
	const char *folder; /* infra, grants, seeds */
	/* of the part at hand */
	int id;
	size_t statements;
	const char *text_id;
};

static void run_release(struct run *run)
{
	pk_snapshot_release(&run->clone);
	pk_session_source_release(&run->source);
}

static int record_step(struct run *run, struct pk_conn *conn, size_t statements, bool done,
		       struct pk_err *err)
{
	PK_FREE char *id = pk_printf("%d", run->id);
	PK_FREE char *count = pk_printf("%zu", statements);
	const char *const params[] = { id, count, done ? "t" : "f", run->text_id };
	return pk_query(conn,
			"INSERT INTO postkit.session_steps AS s (part, statements, done, text_id) "
			"VALUES ($1, $2, $3, $4) ON CONFLICT (part) DO UPDATE "
			"SET statements = excluded.statements, done = excluded.done, text_id = excluded.text_id",
			4, params, NULL, err);
}

static int before_commit(void *arg, struct pk_conn *conn, struct pk_err *err)
{
	struct run *run = arg;
	return record_step(run, conn, run->statements, true, err);
}

static int note_statement(void *arg, struct pk_conn *conn, size_t done, struct pk_err *err)
{
	return record_step(arg, conn, done, false, err);
}

static void after_statement(void *arg, const struct pk_traced *traced)
{
	struct run *run = arg;
	run->statements++;
	run->result->statements++;
	if (run->events->statement)
		run->events->statement(run->events->arg, traced);
}

/* Statements of this very text that an earlier run got through. */
static int statements_done(struct run *run, size_t *ret, bool *ret_seen, struct pk_err *err)
{
	PK_FREE char *id = pk_printf("%d", run->id);
	PK_FREE char *n = NULL;
	const char *const params[] = { id, run->text_id };
	if (pk_query_value(
		    &run->desk->admin,
		    "SELECT statements FROM postkit.session_steps WHERE part = $1 AND text_id = $2",
		    2, params, &n, err) < 0)
		return -1;
	*ret = n ? (size_t)strtoull(n, NULL, 10) : 0;
	*ret_seen = n != NULL;
	return 0;
}

static char *trace_text(const struct pk_trace *trace)
{
	PK_AUTO(pk_json) json = { .root = pk_trace_to_json(trace) };
	return pk_json_print(json.root);
}

/* Outside of a transaction each statement is noted when it is done; that one is begun is noted before. */
static int run_stepwise(struct run *run, const struct pk_part *part, const char *file,
			struct pk_trace *trace, struct pk_err *err)
{
	struct pk_desk *desk = run->desk;
	struct pk_stepwise how = {
		.file = file,
		.first_line = part->line,
		.conn = &desk->user,
		.admin = &desk->admin,
		.local = true,
		.measure = true,
		.trust = pk_super_trust(desk->config, desk->repo, &run->clone),
		.note = note_statement,
		.after = after_statement,
		.arg = run,
	};
	if (statements_done(run, &how.done, &how.seen, err) < 0 ||
	    (!how.seen && record_step(run, &desk->admin, 0, false, err) < 0) ||
	    pk_run_stepwise(part->up, &how, trace, err) < 0 || pk_exec(&desk->user, "DISCARD TEMP", err) < 0)
		return -1;
	return record_step(run, &desk->admin, how.done, true, err);
}

static int run_whole(struct run *run, const struct pk_part *part, const char *file,
		     struct pk_trace *trace, struct pk_err *err)
{
	const struct pk_run how = {
		.file = file,
		.first_line = part->line ? part->line : 1,
		.transaction = true,
		.whole = true,
		.measure = true,
		.before_commit = before_commit,
		.after = after_statement,
		.arg = run,
		.admin = &run->desk->admin,
		.local = true,
		.trust = pk_super_trust(run->desk->config, run->desk->repo, &run->clone),
	};
	return pk_run_sql(&run->desk->user, part->up, &how, trace, NULL, err);
}

static int run_part(struct run *run, struct pk_part *part, const char *file, struct pk_err *err)
{
	struct pk_desk *desk = run->desk;
	PK_AUTO(pk_trace) trace = PK_TRACE_INIT;
	PK_FREE char *text_id = pk_git_hash_blob(part->up, strlen(part->up));
	run->id = part->id;
	run->text_id = text_id;
	run->statements = 0;
	if (run->events->part)
		run->events->part(run->events->arg, part, run->index++, run->n);
	if (pk_desk_roles_of(desk, part->up, file ? file : "plan", err) < 0 ||
	    (part->up_transaction ? run_whole : run_stepwise)(run, part, file, &trace, err) < 0)
		return -1;
	free(part->trace);
	part->trace = trace_text(&trace);
	if (run->events->done)
		run->events->done(run->events->arg, part, &trace, &run->clone);
	pk_snapshot_release(&run->clone);
	run->result->parts++;
	return pk_desk_read(desk, &run->clone, err);
}

/*
 * What rows are like is what a proof without them cannot know. 22: data exception, 23: constraint
 * violation.
 */
static int hint_rows(struct pk_err *err)
{
	if (err && err->sqlstate[0])
		pk_err_wrap(err, "a planned statement fails on the clone");
	if (err && (pk_starts_with(err->sqlstate, "22") || pk_starts_with(err->sqlstate, "23")))
		pk_err_hint(err, "rows stand in the way: git postkit migration NAME --first writes "
				 "what mends them before the plan goes on, or change the schema files and git postkit "
				 "plan");
	else if (err && err->sqlstate[0] && !err->hint)
		pk_err_hint(err, "git postkit plan --sql shows the whole plan; what ran before it stays, and "
				 "git postkit apply goes on there");
	return -1;
}

static int run_planned(struct run *run, struct pk_err *err)
{
	struct pk_session *session = &run->desk->session;
	for (size_t i = 0; i < session->n_parts; i++) {
		struct pk_part *part = &session->parts[i];
		if (part->applied)
			continue;
		if (run_part(run, part, NULL, err) < 0)
			return hint_rows(err);
		part->applied = true;
		bool as_proved = pk_streq(part->to.hex, run->clone.fingerprint.hex);
		part->to = run->clone.fingerprint;
		if ((!as_proved && pk_desk_keep(run->desk, &run->clone, err) < 0) ||
		    pk_session_save(run->desk->repo, session, "apply: a part", err) < 0)
			return -1;
		if (!as_proved) {
			pk_err_set(err, "on the clone the plan led to another schema than on the "
					"copy where it was proved");
			return pk_err_hint(err, "git postkit plan shows what is left");
		}
	}
	return 0;
}

static int run_one_manual(struct run *run, size_t index, struct pk_err *err)
{
	struct pk_desk *desk = run->desk;
	struct pk_session *session = &desk->session;
	struct pk_part part = { 0 };
	PK_FREE char *file = pk_strdup(session->manual[index].file);
	PK_FREE char *step = pk_printf("apply: %s", file);
	if (pk_manual_parse(&session->manual[index], &part, err) < 0)
		return -1;
	part.from = run->clone.fingerprint;
	if (run_part(run, &part, file, err) < 0) {
		pk_part_release(&part);
		return pk_err_hint(
			err, "git postkit migration --edit %d changes it, --remove %d takes it out",
			part.id, part.id);
	}
	part.to = run->clone.fingerprint;
	pk_manual_applied(session, index, &part);
	if (pk_desk_keep(desk, &run->clone, err) < 0)
		return -1;
	return pk_session_save(desk->repo, session, step, err);
}

/* first: those before the plan, else all. */
static int run_manual(struct run *run, bool first, struct pk_err *err)
{
	struct pk_session *session = &run->desk->session;
	const struct pk_oid before = run->clone.fingerprint;
	for (size_t i = 0; i < session->n_manual;) {
		if (first && !session->manual[i].first)
			i++;
		else if (run_one_manual(run, i, err) < 0)
			return -1;
	}
	if (!first || !pk_session_pending(session) ||
	    pk_streq(before.hex, run->clone.fingerprint.hex))
		return 0;
	pk_err_set(err,
		   "the migration written by hand changed the schema from which the plan starts");
	return pk_err_hint(err, "git postkit plan makes one from there");
}

static void after_file(void *arg, const struct pk_part_result *result)
{
	struct run *run = arg;
	if (run->events->file)
		run->events->file(run->events->arg, run->folder, result);
}

static int run_folder(struct run *run, const char *folder,
		      int (*apply)(struct pk_conn *, const struct pk_source *,
				   const struct pk_parts_options *, struct pk_part_results *,
				   struct pk_err *),
		      struct pk_err *err)
{
	struct pk_desk *desk = run->desk;
	PK_AUTO(pk_source) source = PK_SOURCE_INIT;
	PK_AUTO(pk_strv) roles = PK_STRV_INIT;
	const struct pk_parts_options options = {
		.local = true,
		.admin = &desk->admin,
		.after = after_file,
		.arg = run,
	};
	run->folder = folder;
	if (pk_parts_load(desk->project, desk->repo, NULL, folder, &source, err) < 0 ||
	    pk_source_roles(&source, &roles, err) < 0 ||
	    (roles.n && pk_server_ensure_roles(&desk->server, &roles, err) < 0))
		return -1;
	return apply(&desk->user, &source, &options, NULL, err);
}

/* What state allows apply, and that the files are those of the plan. */
static int check_state(struct run *run, struct pk_err *err)
{
	const struct pk_session *session = &run->desk->session;
	size_t pending = pk_session_pending(session);
	run->n = pending + session->n_manual;
	if (!run->n && session->state != PK_SESSION_APPLYING) {
		if (session->state == PK_SESSION_APPLIED)
			pk_err_set(err, "everything of this session is applied already");
		else
			pk_err_set(err, "the session is %s, and there is nothing to apply",
				   pk_session_state_name(session->state));
		return pk_err_hint(err, "%s comes next", pk_session_next(session));
	}
	if (pending && (!run->has_source || !pk_streq(session->source, run->source.hash.hex))) {
		pk_err_set(err, "the schema files have changed since the plan");
		return pk_err_hint(err, "git postkit plan makes a new one");
	}
	return 0;
}

/* Whether the schema files mean what the clone has now. */
static int compare(struct run *run, struct pk_err *err)
{
	struct pk_desk *desk = run->desk;
	struct pk_session *session = &desk->session;
	PK_AUTO(pk_snapshot) shadow = PK_SNAPSHOT_INIT;
	session->agree = false;
	run->result->known = run->has_source;
	if (!run->has_source)
		return 0;
	/* The plan was proved against these very files. */
	bool same_files = pk_streq(session->source, run->source.hash.hex);
	if (same_files && pk_streq(session->target.hex, run->clone.fingerprint.hex)) {
		session->agree = true;
		return 0;
	}
	PK_AUTO(pk_strv) roles = PK_STRV_INIT;
	struct pk_oid tree;
	if (pk_session_source_roles(&run->source, &roles, err) < 0 ||
	    pk_desk_shadow(desk, &run->source, &run->clone, &shadow, err) < 0 ||
	    pk_snapshot_write_tree(&shadow, desk->repo, &tree, err) < 0 ||
	    pk_snapshot_diff_tree(desk->repo, &tree, &run->clone, &run->result->diff, err) < 0)
		return -1;
	free(session->source);
	session->source = pk_strdup(run->source.hash.hex);
	session->target = shadow.fingerprint;
	session->agree = pk_streq(shadow.fingerprint.hex, run->clone.fingerprint.hex);
	return 0;
}

static int ask_checks(struct run *run, bool after, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) where = PK_CONNINFO_INIT;
	struct pk_apply_result *result = run->result;
	pk_server_user_info(&run->desk->server, run->desk->session.db, &where);
	if (pk_checks_ask(&result->checks, &where, after, err) < 0)
		return -1;
	return pk_intact_look(&result->intact, &where, result->checks.seconds, after, err);
}

/* Whose rows the statements that are to come may change. */
static int name_tables(struct run *run, struct pk_err *err)
{
	const struct pk_session *session = &run->desk->session;
	struct pk_intact *intact = &run->result->intact;
	PK_AUTO(pk_source) seeds = PK_SOURCE_INIT;
	if (pk_parts_load(run->desk->project, run->desk->repo, NULL, "seeds", &seeds, err) < 0)
		return -1;
	for (size_t i = 0; i < session->n_parts; i++)
		if (!session->parts[i].applied)
			pk_intact_add(intact, session->parts[i].up);
	for (size_t i = 0; i < session->n_manual; i++) {
		struct pk_part part = { 0 };
		if (pk_manual_parse(&session->manual[i], &part, err) < 0)
			return -1;
		pk_intact_add(intact, part.up);
		pk_part_release(&part);
	}
	for (size_t i = 0; i < seeds.n; i++)
		pk_intact_add(intact, seeds.items[i].text);
	return 0;
}

static int run_all(struct run *run, struct pk_err *err)
{
	struct pk_desk *desk = run->desk;
	struct pk_session *session = &desk->session;
	if (pk_checks_load(&run->result->checks, desk->project, desk->config, desk->repo, NULL, err) < 0 ||
	    pk_desk_settle(desk, &run->clone, err) < 0 || check_state(run, err) < 0 || name_tables(run, err) < 0 ||
	    pk_sampled_read(&desk->user, &run->result->sampled, err) < 0 || ask_checks(run, false, err) < 0)
		return -1;
	run->result->resumed = session->state == PK_SESSION_APPLYING;
	if (session->state != PK_SESSION_APPLYING) {
		session->state = PK_SESSION_APPLYING;
		if (pk_session_save(desk->repo, session, "apply: begin", err) < 0)
			return -1;
	}
	if (run_folder(run, "infra", pk_infra_apply, err) < 0 || run_manual(run, true, err) < 0 ||
	    run_planned(run, err) < 0 || run_manual(run, false, err) < 0 ||
	    run_folder(run, "grants", pk_grants_apply, err) < 0 ||
	    run_folder(run, "seeds", pk_seeds_apply, err) < 0)
		return -1;
	pk_snapshot_release(&run->clone);
	if (pk_desk_read(desk, &run->clone, err) < 0 ||
	    pk_desk_unchanged(desk, &run->clone, err) < 0)
		return pk_err_wrap(err, "after grants and seeds");
	if (compare(run, err) < 0 || ask_checks(run, true, err) < 0)
		return -1;
	pk_checks_compare(&run->result->checks);
	session->state = pk_session_uncommitted(session) ? PK_SESSION_APPLIED : PK_SESSION_STARTED;
	return pk_session_save(desk->repo, session, "apply", err);
}

static const struct pk_apply_events no_events;

int pk_session_apply(struct pk_desk *desk, const struct pk_apply_events *events,
		     struct pk_apply_result *ret, struct pk_err *err)
{
	double started = pk_now();
	struct run run = { .desk = desk, .events = events ? events : &no_events, .result = ret };
	PK_AUTO(pk_err) source_err = PK_ERR_INIT;
	if (desk->session.committing.n) {
		pk_err_set(err, "a commit of this session was interrupted");
		return pk_err_hint(err, "git postkit commit finishes it");
	}
	run.has_source =
		pk_session_source_read(desk->repo, desk->project, &run.source, &source_err) == 0;
	int rc = pk_desk_connect(desk, err);
	if (rc == 0)
		rc = pk_desk_lock(desk, err);
	if (rc == 0)
		rc = pk_desk_tables(desk, err);
	if (rc == 0)
		rc = run_all(&run, err);
	run_release(&run);
	ret->seconds = pk_now() - started;
	return rc;
}
