#include "session/session.h"

#include "base/buf.h"
#include "base/clock.h"

static const char *const state_names[] = {
	[PK_SESSION_STARTED] = "started",     [PK_SESSION_PLANNED] = "planned",
	[PK_SESSION_APPLYING] = "applying",   [PK_SESSION_APPLIED] = "applied",
	[PK_SESSION_COMMITTED] = "committed",
};

const char *pk_session_state_name(enum pk_session_state state)
{
	return state_names[state];
}

void pk_part_release(struct pk_part *part)
{
	free(part->name);
	free(part->up);
	free(part->down);
	free(part->trace);
	free(part->irreversible);
	free(part->stage);
}

static void manual_release(struct pk_manual *manual)
{
	free(manual->file);
	free(manual->text);
}

void pk_session_release(struct pk_session *session)
{
	free(session->id);
	free(session->branch);
	free(session->remote);
	free(session->role);
	free(session->owner);
	free(session->db);
	free(session->source);
	free(session->plan_json);
	free(session->plan_sql);
	free(session->down_sql);
	for (size_t i = 0; i < session->n_parts; i++)
		pk_part_release(&session->parts[i]);
	free(session->parts);
	for (size_t i = 0; i < session->n_manual; i++)
		manual_release(&session->manual[i]);
	free(session->manual);
	pk_strv_release(&session->committing);
	pk_strv_release(&session->trees);
	*session = (struct pk_session)PK_SESSION_INIT;
}

size_t pk_session_pending(const struct pk_session *session)
{
	size_t n = 0;
	for (size_t i = 0; i < session->n_parts; i++)
		n += !session->parts[i].applied;
	return n;
}

size_t pk_session_uncommitted(const struct pk_session *session)
{
	return session->n_parts - pk_session_pending(session);
}

const struct pk_oid *pk_session_reached(const struct pk_session *session)
{
	const struct pk_oid *reached = &session->base;
	for (size_t i = 0; i < session->n_parts; i++)
		if (session->parts[i].applied)
			reached = &session->parts[i].to;
	return reached;
}

const char *pk_session_next(const struct pk_session *session)
{
	switch (session->state) {
	case PK_SESSION_PLANNED:
	case PK_SESSION_APPLYING:
		return "git postkit apply";
	case PK_SESSION_APPLIED:
		return session->agree ? "git postkit commit" : "git postkit plan";
	case PK_SESSION_STARTED:
	case PK_SESSION_COMMITTED:
		break;
	}
	return session->n_manual ? "git postkit apply" : "git postkit plan";
}

struct pk_part *pk_session_add_part(struct pk_session *session)
{
	if (session->n_parts == session->cap_parts) {
		session->cap_parts = session->cap_parts ? session->cap_parts * 2 : 4;
		session->parts = pk_realloc_array(session->parts, session->cap_parts,
						  sizeof(*session->parts));
	}
	struct pk_part *part = &session->parts[session->n_parts++];
	*part = (struct pk_part){ .id = ++session->next_part,
				  .up_transaction = true,
				  .down_transaction = true };
	return part;
}

static void drop_parts(struct pk_session *session, bool applied)
{
	size_t kept = 0;
	for (size_t i = 0; i < session->n_parts; i++) {
		if (session->parts[i].applied == applied)
			pk_part_release(&session->parts[i]);
		else
			session->parts[kept++] = session->parts[i];
	}
	session->n_parts = kept;
}

void pk_session_drop_pending(struct pk_session *session)
{
	drop_parts(session, false);
	free(pk_take(&session->plan_json));
	free(pk_take(&session->plan_sql));
	free(pk_take(&session->down_sql));
}

void pk_session_drop_applied(struct pk_session *session)
{
	drop_parts(session, true);
}

struct pk_manual *pk_session_add_manual(struct pk_session *session, const char *file,
					const char *text)
{
	if (session->n_manual == session->cap_manual) {
		session->cap_manual = session->cap_manual ? session->cap_manual * 2 : 4;
		session->manual = pk_realloc_array(session->manual, session->cap_manual,
						   sizeof(*session->manual));
	}
	struct pk_manual *manual = &session->manual[session->n_manual++];
	*manual = (struct pk_manual){ .file = pk_strdup(file), .text = pk_strdup(text) };
	return manual;
}

void pk_session_drop_manual(struct pk_session *session, size_t index)
{
	manual_release(&session->manual[index]);
	session->n_manual--;
	memmove(&session->manual[index], &session->manual[index + 1],
		(session->n_manual - index) * sizeof(*session->manual));
}

void pk_session_keep_tree(struct pk_session *session, const struct pk_oid *tree)
{
	if (!pk_oid_is_null(tree) && !pk_strv_has(&session->trees, tree->hex))
		pk_strv_push(&session->trees, tree->hex);
}

static bool needs_tree(const struct pk_session *session, const char *hex)
{
	if (pk_streq(session->base.hex, hex) || pk_streq(session->target.hex, hex))
		return true;
	for (size_t i = 0; i < session->n_parts; i++)
		if (pk_streq(session->parts[i].from.hex, hex) ||
		    pk_streq(session->parts[i].to.hex, hex))
			return true;
	return false;
}

void pk_session_trim_trees(struct pk_session *session)
{
	struct pk_strv kept = PK_STRV_INIT;
	for (size_t i = 0; i < session->trees.n; i++)
		if (needs_tree(session, session->trees.items[i]))
			pk_strv_push(&kept, session->trees.items[i]);
	pk_strv_release(&session->trees);
	session->trees = kept;
}

int pk_session_list(const struct pk_repo *repo, struct pk_strv *ret_ids, struct pk_err *err)
{
	static const char prefix[] = "refs/postkit/sessions/";
	PK_AUTO(pk_strv) refs = PK_STRV_INIT;
	if (pk_ref_list(repo, prefix, &refs, err) < 0)
		return -1;
	for (size_t i = 0; i < refs.n; i++)
		pk_strv_push(ret_ids, refs.items[i] + sizeof(prefix) - 1);
	return 0;
}

int pk_session_point(const struct pk_repo *repo, const char *branch, const char *id,
		     struct pk_err *err)
{
	PK_FREE char *key = pk_printf("branch.%s.postkitSession", branch);
	return pk_config_set(repo, key, id, err);
}

static const char *pointer_of(const struct pk_config *config, const char *branch)
{
	PK_FREE char *key = pk_printf("branch.%s.postkitsession", branch);
	return pk_config_git(config, key);
}

/* One that cannot be read is not gone. */
static bool branch_exists(const struct pk_repo *repo, const char *branch)
{
	PK_FREE char *ref = pk_printf("refs/heads/%s", branch);
	struct pk_oid oid = { "" };
	return pk_ref_read(repo, ref, &oid, NULL) < 0 || !pk_oid_is_null(&oid);
}

bool pk_session_has_branch(const struct pk_repo *repo, const struct pk_config *config,
			   const struct pk_session *session)
{
	if (!pk_streq(pointer_of(config, session->branch), session->id))
		return false;
	PK_FREE char *current = pk_repo_branch(repo);
	return pk_streq(current, session->branch) || branch_exists(repo, session->branch);
}

int pk_session_current(const struct pk_repo *repo, const struct pk_config *config,
		       struct pk_session *ret, enum pk_session_found *ret_found, char **ret_branch,
		       struct pk_err *err)
{
	PK_FREE char *branch = pk_repo_branch(repo);
	if (!branch) {
		pk_err_set(err, "HEAD is detached, and a session belongs to a branch");
		return pk_err_hint(err, "git switch -c NAME makes a branch here");
	}
	*ret_found = PK_FOUND_NONE;
	const char *id = pointer_of(config, branch);
	PK_FREE char *ref = pk_printf("refs/postkit/sessions/%s", id ? id : "");
	struct pk_oid oid = { "" };
	if (id && *id && pk_ref_read(repo, ref, &oid, err) < 0)
		return -1;
	if (!pk_oid_is_null(&oid)) {
		if (pk_session_load(repo, id, ret, err) < 0)
			return -1;
		*ret_found = PK_FOUND_SESSION;
		if (!pk_streq(ret->branch, branch)) {
			/*
			 * `git branch -m` takes the pointer along; `git branch -c` leaves one
			 * behind too.
			 */
			if (pk_streq(pointer_of(config, ret->branch), id) &&
			    branch_exists(repo, ret->branch)) {
				*ret_found = PK_FOUND_COPIED;
			} else {
				free(ret->branch);
				ret->branch = pk_strdup(branch);
				if (pk_session_save(repo, ret, "rename", err) < 0)
					return -1;
			}
		}
	}
	if (ret_branch)
		*ret_branch = pk_take(&branch);
	return 0;
}

int pk_session_require(const struct pk_repo *repo, const struct pk_config *config,
		       struct pk_session *ret, struct pk_err *err)
{
	enum pk_session_found found = PK_FOUND_NONE;
	PK_FREE char *branch = NULL;
	if (pk_session_current(repo, config, ret, &found, &branch, err) < 0)
		return -1;
	if (found == PK_FOUND_SESSION)
		return 0;
	if (found == PK_FOUND_COPIED)
		pk_err_set(err, "branch '%s' is a copy of '%s', whose session it must not share",
			   branch, ret->branch);
	else
		pk_err_set(err, "branch '%s' has no session", branch);
	return pk_err_hint(err, "git postkit start gives it one");
}
