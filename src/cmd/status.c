/* git postkit status: where the branch stands, and what comes next. */
#include "base/clock.h"
#include "base/text.h"
#include "cmd/help.h"
#include "cmd/standing.h"

static bool opt_fetch, opt_json, opt_porcelain;

const struct pk_opt pk_opts_status[] = {
	{ PK_OPT_FLAG, 0, "fetch", NULL, "ask the remotes what they have run", &opt_fetch },
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	{ PK_OPT_FLAG, 0, "porcelain", NULL, "lines for scripts, which never change",
	  &opt_porcelain },
	{ 0 },
};

static const char *const clone_names[] = {
	[PK_CLONE_UNKNOWN] = "unknown",
	[PK_CLONE_PRESENT] = "present",
	[PK_CLONE_GONE] = "gone",
};
static const char *const plan_names[] = {
	[PK_PLAN_NONE] = "none",
	[PK_PLAN_CURRENT] = "current",
	[PK_PLAN_STALE] = "stale",
};

static void show_porcelain(const struct pk_standing *s)
{
	const struct pk_session *session = &s->session;
	pk_print(stdout, "branch %s\n", s->branch ? s->branch : "(detached)");
	if (s->found == PK_FOUND_SESSION) {
		pk_print(stdout, "session %s %s\n", session->id, pk_session_state_name(session->state));
		pk_print(stdout, "remote %s\n", session->remote);
		pk_print(stdout, "database %s %s\n", session->db, clone_names[s->clone]);
		pk_print(stdout, "plan %s %zu %zu\n", plan_names[s->plan], pk_session_pending(session),
		       pk_session_uncommitted(session));
		for (size_t i = 0; i < session->n_manual; i++)
			pk_print(stdout, "waiting %s\n", session->manual[i].file);
	}
	for (size_t i = 0; i < s->n_remotes; i++) {
		const struct pk_remote_standing *r = &s->remotes[i];
		if (r->known)
			pk_print(stdout, "pending %s %zu\n", r->name, r->pending.n);
		else
			pk_print(stdout, "pending %s unknown\n", r->name);
	}
	if (s->forked)
		pk_print(stdout, "chain forked\n");
	pk_print(stdout, "hooks %s\n", s->hooks ? "installed" : "missing");
	pk_print(stdout, "next %s\n", s->next);
}

static void session_json(cJSON *root, const struct pk_standing *s)
{
	const struct pk_session *session = &s->session;
	cJSON *object = pk_json_add_object(root, "session");
	PK_FREE char *started = pk_time_iso((time_t)session->started);
	PK_FREE char *copied = pk_time_iso((time_t)session->template_created);
	pk_json_set_str(object, "id", session->id);
	pk_json_set_str(object, "state", pk_session_state_name(session->state));
	pk_json_set_str(object, "remote", session->remote);
	pk_json_set_str(object, "database", session->db);
	pk_json_set_str(object, "clone", clone_names[s->clone]);
	if (s->clone_size >= 0)
		pk_json_set_num(object, "clone_size", (double)s->clone_size);
	pk_json_set_str(object, "role", session->role);
	pk_json_set_num(object, "pg_major", session->major);
	pk_json_set_str(object, "started", started);
	pk_json_set_str(object, "template_created", copied);
	if (s->template_created) {
		PK_FREE char *now = pk_time_iso((time_t)s->template_created);

		pk_json_set_str(pk_json_add_object(root, "template"), "as_of", now);
	}
	pk_json_set_str(object, "plan", plan_names[s->plan]);
	pk_json_set_num(object, "parts_pending", (double)pk_session_pending(session));
	pk_json_set_num(object, "parts_applied", (double)pk_session_uncommitted(session));
	pk_json_set_str(object, "fingerprint", pk_session_reached(session)->hex);
	cJSON *waiting = pk_json_add_array(object, "waiting");
	for (size_t i = 0; i < session->n_manual; i++)
		cJSON_AddItemToArray(waiting, cJSON_CreateString(session->manual[i].file));
}

static void show_json(const struct pk_standing *s)
{
	cJSON *root = cJSON_CreateObject();
	pk_json_set_str(root, "branch", s->branch);
	if (s->found == PK_FOUND_SESSION)
		session_json(root, s);
	pk_json_set_num(root, "migrations", (double)s->n_migrations);
	pk_json_set_bool(root, "forked", s->forked);
	cJSON *remotes = pk_json_add_array(root, "remotes");
	for (size_t i = 0; i < s->n_remotes; i++) {
		const struct pk_remote_standing *r = &s->remotes[i];
		cJSON *item = pk_json_add_object(remotes, NULL);
		pk_json_set_str(item, "name", r->name);
		pk_json_set_bool(item, "known", r->known);
		pk_json_set_bool(item, "record_due", r->record_due);
		pk_json_set_str(item, "error", r->trouble);
		pk_json_set_str(item, "last", r->last);
		pk_json_set_str(item, "deployed", r->when);
		if (!r->known)
			continue;
		cJSON *pending = pk_json_add_array(item, "pending");
		for (size_t j = 0; j < r->pending.n; j++)
			cJSON_AddItemToArray(pending, cJSON_CreateString(r->pending.items[j]));
		cJSON *half_way = r->asked ? pk_json_add_array(item, "half_way") : NULL;
		for (size_t j = 0; j < r->half_way.n; j++)
			cJSON_AddItemToArray(half_way, cJSON_CreateString(r->half_way.items[j]));
	}
	pk_json_set_bool(root, "hooks", s->hooks);
	pk_json_set_str(root, "next", s->next);
	pk_print_json(root);
}

static void show_clone(const struct pk_standing *s)
{
	PK_FREE char *size = s->clone_size >= 0 ? pk_size((uint64_t)s->clone_size) : NULL;
	PK_FREE char *as_of = pk_time_ago((time_t)s->session.template_created);
	pk_print(stdout, "clone       %s, ", s->session.db);
	if (s->clone == PK_CLONE_GONE)
		pk_print(stdout, "%sgone%s\n", pk_color(stdout, PK_RED), pk_color(stdout, PK_PLAIN));
	else if (s->clone == PK_CLONE_PRESENT)
		pk_print(stdout, "%s, as of %s\n", size ? size : "there", as_of);
	else
		pk_print(stdout, "on a local server that is not running; commands start it\n");
}

static void show_plan(const struct pk_standing *s)
{
	const struct pk_session *session = &s->session;
	size_t pending = pk_session_pending(session), done = pk_session_uncommitted(session);
	if (session->committing.n)
		pk_print(stdout, "commit      interrupted\n");
	if (pending || done)
		pk_print(stdout, "plan        %zu migration%s to apply, %zu applied and not committed\n",
		       pending, pending == 1 ? "" : "s", done);
	if (s->plan == PK_PLAN_STALE)
		pk_print(stdout, "            %sthe schema files have changed since the plan%s\n",
		       pk_color(stdout, PK_YELLOW), pk_color(stdout, PK_PLAIN));
	if (session->state == PK_SESSION_APPLIED && !session->agree && session->source)
		pk_print(stdout, "            the schema files do not mean what was applied\n");
	for (size_t i = 0; i < session->n_manual; i++)
		pk_print(stdout, "%s%s\n", i ? "            " : "by hand     ", session->manual[i].file);
}

static void show_session(const struct pk_standing *s)
{
	const struct pk_session *session = &s->session;
	if (s->found == PK_FOUND_NONE) {
		pk_print(stdout, "session     none\n");
		return;
	}
	if (s->found == PK_FOUND_COPIED) {
		pk_print(stdout, "session     none; the branch is a copy of '%s', which has one\n",
		       session->branch);
		return;
	}
	PK_FREE char *started = pk_time_ago((time_t)session->started);
	PK_FREE char *copied = pk_time_ago((time_t)session->template_created);
	pk_print(stdout, "session     %s%s%s%s %s\n", pk_color(stdout, PK_BOLD), pk_session_state_name(session->state),
	       pk_color(stdout, PK_PLAIN), session->state == PK_SESSION_STARTED ? "" : ", started", started);
	pk_print(stdout, "remote      %s, copied %s, PostgreSQL %d\n", session->remote, copied,
	       session->major);
	if (s->template_created) {
		PK_FREE char *now = pk_time_ago((time_t)s->template_created);

		pk_print(stdout, "template    as of %s\n", now);
	}
	show_clone(s);
	show_plan(s);
}

static void show_remotes(const struct pk_standing *s)
{
	for (size_t i = 0; i < s->n_remotes; i++) {
		const struct pk_remote_standing *r = &s->remotes[i];
		pk_print(stdout, "%s", i ? "            " : "migrations  ");
		if (r->trouble) {
			PK_AUTO(pk_buf) trouble = PK_BUF_INIT;
			pk_buf_add_safe(&trouble, r->trouble, false);
			pk_print(stdout, "%s: not known: %s\n", r->name, trouble.ptr);
		} else if (!r->known && r->record_due) {
			pk_print(stdout, "%s: a deploy from here has begun, and its record is not written; --fetch asks it\n", r->name);
		} else if (!r->known) {
			pk_print(stdout, "%s: no deploy is recorded here; --fetch asks it\n", r->name);
		} else if (!r->pending.n) {
			PK_AUTO(pk_buf) when = PK_BUF_INIT;
			pk_buf_add_safe(&when, r->when ? r->when : "", false);
			pk_print(stdout, "%s: all %zu are there%s%s\n", r->name, s->n_migrations,
			       when.len ? ", last at " : "", when.ptr);
		} else {
			pk_print(stdout, "%s: %s%zu of %zu pending%s\n", r->name, pk_color(stdout, PK_YELLOW),
			       r->pending.n, s->n_migrations, pk_color(stdout, PK_PLAIN));
			for (size_t j = 0; j < r->pending.n; j++)
				pk_print(stdout, "              %s\n", r->pending.items[j]);
		}
		for (size_t j = 0; j < r->half_way.n; j++) {
			PK_AUTO(pk_buf) line = PK_BUF_INIT;

			pk_buf_add_safe(&line, r->half_way.items[j], false);
			pk_print(stdout, "            half way: %s\n", line.ptr);
		}
	}
	if (!s->n_remotes)
		pk_print(stdout, "remotes     none\n");
}

static void show(const struct pk_standing *s)
{
	PK_AUTO(pk_buf) branch = PK_BUF_INIT;

	pk_buf_add_safe(&branch, s->branch ? s->branch : "", false); /* git forbids no control characters beyond ASCII */
	if (s->branch)
		pk_print(stdout, "branch      %s\n", branch.ptr);
	else
		pk_print(stdout, "branch      none, HEAD is detached\n");
	show_session(s);
	show_remotes(s);
	if (s->forked)
		pk_print(stdout, "chain       %sforked%s: migrations were made beside each other\n", pk_color(stdout, PK_YELLOW),
		       pk_color(stdout, PK_PLAIN));
	if (!s->hooks)
		pk_print(stdout, "hooks       not installed; git postkit hooks install\n");
	pk_print(stdout, "next        %s%s%s%s\n", pk_color(stdout, PK_GREEN), s->next, pk_color(stdout, PK_PLAIN),
	       s->pushed ? ", once this is merged" : "");
}

int pk_cmd_status(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_standing) standing = PK_STANDING_INIT;
	int rc = pk_cmd_parse_options("status", argc, argv, "", err);
	if (rc)
		return rc;
	if (opt_json && opt_porcelain)
		return pk_help_usage("status", err, "--json or --porcelain, not both");
	if (pk_ctx_open(&ctx, true, err) < 0 ||
	    pk_standing_read(&ctx, opt_fetch, &standing, err) < 0)
		return -1;
	if (opt_json)
		show_json(&standing);
	else if (opt_porcelain)
		show_porcelain(&standing);
	else
		show(&standing);
	return 0;
}
