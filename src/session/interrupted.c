/* What was done of a planned migration that was interrupted, when another plan takes the place of the rest. */
#include "session/planning.h"
#include "session/prove.h"
#include "sql/split.h"

static struct pk_part *find_part(struct pk_session *session, const struct pk_interrupted_part *begun)
{
	for (size_t i = 0; begun->text && i < session->n_parts; i++)
		if (session->parts[i].id == begun->id)
			return &session->parts[i];
	return NULL;
}

/* The statements that are done, and those that are not. */
static int divide(const struct pk_part *part, size_t done, struct pk_buf *first,
		  struct pk_buf *rest, struct pk_err *err)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	if (pk_sql_split(part->up, "plan", &statements, err) < 0)
		return -1;
	for (size_t i = 0; i < statements.n; i++)
		pk_buf_addf(i < done ? first : rest, "%s;\n", statements.items[i].text);
	return 0;
}

/*
 * The schema before is known to nobody any more but by the way back of the whole. So on a copy the
 * whole is finished and taken back; from here to there is the way back of what was done.
 */
static int find_way_back(struct pk_desk *desk, struct pk_snapshot *clone,
			 const struct pk_part *part, const char *rest, struct pk_part *ret,
			 struct pk_err *err)
{
	PK_AUTO(pk_proof) proof = PK_PROOF_INIT;
	PK_AUTO(pk_snapshot) before = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_buf) role = PK_BUF_INIT;
	pk_buf_add_ident(&role, desk->session.role);
	struct pk_diff_options how = { .role = role.ptr };
	if (pk_online_settings_read(desk->config, desk->session.remote, NULL, &how.online, err) < 0 ||
	    pk_proof_open(&proof, desk, clone, true, err) < 0 ||
	    pk_proof_run(&proof, rest, false, err) < 0 ||
	    pk_proof_run(&proof, part->down, part->down_transaction, err) < 0 ||
	    pk_proof_read(&proof, &before, err) < 0)
		return -1;
	if (!pk_streq(before.fingerprint.hex, part->from.hex))
		return pk_err_set(err, "the way back does not lead to the schema before");
	pk_part_way_back(ret, &before, clone, &how);
	return 0;
}

int pk_desk_keep_begun(struct pk_desk *desk, struct pk_snapshot *clone, struct pk_err *err)
{
	struct pk_session *session = &desk->session;
	PK_AUTO(pk_buf) first = PK_BUF_INIT;
	PK_AUTO(pk_buf) rest = PK_BUF_INIT;
	PK_AUTO(pk_interrupted_part) begun = PK_INTERRUPTED_PART_INIT;
	if (pk_desk_begun(desk, &begun, err) < 0)
		return -1;
	struct pk_part *part = find_part(session, &begun);
	if (!part)
		return 0;
	struct pk_part kept = { .up_transaction = false };
	if (divide(part, begun.statements, &first, &rest, err) < 0)
		return -1;
	if (begun.statements && find_way_back(desk, clone, part, rest.ptr, &kept, err) < 0) {
		pk_err_wrap(err,
			    "a migration was interrupted after %zu statements, and what was done "
			    "cannot be kept as one of its own",
			    begun.statements);
		return pk_err_hint(err, "git postkit apply goes on with it");
	}
	if (begun.statements) {
		free(part->up);
		free(part->down);
		part->up = pk_buf_take(&first);
		part->down = kept.down;
		part->down_transaction = kept.down_transaction;
		part->to = clone->fingerprint;
		part->applied = true;
	}
	pk_session_drop_pending(session);
	session->state =
		pk_session_uncommitted(session) ? PK_SESSION_APPLYING : PK_SESSION_STARTED;
	if (begun.statements && pk_desk_keep(desk, clone, err) < 0)
		return -1;
	return pk_session_save(desk->repo, session,
			       "plan: keep what an interrupted migration has done", err);
}
