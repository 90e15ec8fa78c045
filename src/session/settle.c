/* Record and clone in step again, after a kill at any moment. */
#include "session/planning.h"

#include "base/text.h"
#include "git/git.h"
#include "sql/migration.h"
#include "trace/stepwise.h"

int pk_manual_id(const struct pk_manual *manual)
{
	return (int)strtol(manual->file, NULL, 10);
}

int pk_manual_parse(const struct pk_manual *manual, struct pk_part *ret, struct pk_err *err)
{
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;
	if (pk_migration_parse(manual->file, manual->text, strlen(manual->text), NULL, &m, err) < 0)
		return -1;
	*ret = (struct pk_part){
		.id = pk_manual_id(manual),
		.name = pk_strdup(m.name),
		.first = manual->first,
		.up = pk_strdup(m.up ? m.up : ""),
		.down = pk_strdup(m.down ? m.down : ""),
		.line = m.up_line,
		.irreversible = pk_strdup(m.irreversible),
		.stage = pk_strdup(m.stage),
		.up_transaction = m.up_transaction,
		.down_transaction = m.down_transaction,
	};
	return 0;
}

void pk_manual_applied(struct pk_session *session, size_t index, struct pk_part *part)
{
	int next = session->next_part;
	size_t at = pk_session_uncommitted(session);
	pk_session_add_part(session);
	session->next_part = next; /* it had its number as a file */
	memmove(&session->parts[at + 1], &session->parts[at],
		(session->n_parts - 1 - at) * sizeof(*session->parts));
	session->parts[at] = *part;
	session->parts[at].applied = true;
	pk_session_drop_manual(session, index);
	*part = (struct pk_part){ 0 };
}

/* The text of a part that waits, or of a hand-written migration; NULL: none that waits has the number. */
static char *text_of(const struct pk_session *session, int id)
{
	for (size_t i = 0; i < session->n_parts; i++)
		if (session->parts[i].id == id && !session->parts[i].applied)
			return pk_strdup(session->parts[i].up);
	for (size_t i = 0; i < session->n_manual; i++) {
		struct pk_part part;
		if (pk_manual_id(&session->manual[i]) != id ||
		    pk_manual_parse(&session->manual[i], &part, NULL) < 0)
			continue;
		char *text = part.up;
		part.up = NULL;
		pk_part_release(&part);
		return text;
	}
	return NULL;
}

void pk_interrupted_part_release(struct pk_interrupted_part *begun)
{
	free(begun->text);
	*begun = (struct pk_interrupted_part)PK_INTERRUPTED_PART_INIT;
}

/* Rows of texts that nobody has any more are of plans that others took the place of. */
int pk_desk_begun(struct pk_desk *desk, struct pk_interrupted_part *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	if (pk_query(&desk->admin,
		     "SELECT part, statements, text_id FROM postkit.session_steps WHERE NOT done", 0,
		     NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n && !ret->text; i++) {
		int id = atoi(pk_rows_get(&rows, i, 0));
		PK_FREE char *text = text_of(&desk->session, id);
		PK_FREE char *hash = text ? pk_git_hash_blob(text, strlen(text)) : NULL;
		if (!hash || !pk_streq(hash, pk_rows_get(&rows, i, 2)))
			continue;
		ret->id = id;
		ret->statements = strtoull(pk_rows_get(&rows, i, 1), NULL, 10);
		ret->text = pk_take(&text);
	}
	return 0;
}

/* What became of the statement at which it was interrupted. */
static int settle_begun(struct pk_desk *desk, const struct pk_interrupted_part *begun, struct pk_err *err)
{
	size_t done = begun->statements;
	if (pk_stepwise_settle(&desk->user, begun->text, &done, err) < 0)
		return -1;
	if (done == begun->statements)
		return 0;
	PK_FREE char *id = pk_printf("%d", begun->id);
	PK_FREE char *count = pk_printf("%zu", done);
	const char *const params[] = { id, count };
	return pk_query(&desk->admin,
			"UPDATE postkit.session_steps SET statements = $2 WHERE part = $1", 2,
			params, NULL, err);
}

static int read_done(struct pk_desk *desk, struct pk_strv *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	if (pk_query(&desk->admin, "SELECT part FROM postkit.session_steps WHERE done", 0, NULL,
		     &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		pk_strv_push(ret, pk_rows_get(&rows, i, 0));
	return 0;
}

static bool is_done(const struct pk_strv *done, int id)
{
	PK_FREE char *text = pk_printf("%d", id);
	return pk_strv_has(done, text);
}

/* Parts that the clone has. Returns whether any was new. */
static bool note_parts(struct pk_desk *desk, const struct pk_strv *done,
		       const struct pk_snapshot *clone)
{
	struct pk_session *session = &desk->session;
	bool changed = false;
	for (size_t i = 0; i < session->n_parts; i++) {
		struct pk_part *part = &session->parts[i];
		if (part->applied)
			continue;
		if (!is_done(done, part->id))
			break;
		part->applied = changed = true;
	}
	for (size_t i = 0; i < session->n_manual;) {
		struct pk_part part;
		struct pk_oid from = *pk_session_reached(session);
		if (!is_done(done, pk_manual_id(&session->manual[i])) ||
		    pk_manual_parse(&session->manual[i], &part, NULL) < 0) {
			i++;
			continue;
		}
		part.from = from;
		part.to = clone->fingerprint;
		pk_manual_applied(session, i, &part);
		changed = true;
	}
	return changed;
}

/* A migration of the branch that was run on the clone just before a kill is its base now. */
static int note_base(struct pk_desk *desk, const struct pk_snapshot *clone, bool *changed,
		     struct pk_err *err)
{
	struct pk_session *session = &desk->session;
	PK_AUTO(pk_applied_list) applied = PK_APPLIED_LIST_INIT;
	bool exists;
	if (pk_session_uncommitted(session) || pk_streq(session->base.hex, clone->fingerprint.hex))
		return 0;
	if (pk_applied_read(&desk->admin, &applied, &exists, err) < 0)
		return -1;
	if (applied.n && pk_streq(applied.items[applied.n - 1].to, clone->fingerprint.hex)) {
		session->base = clone->fingerprint;
		*changed = true;
	}
	return 0;
}

int pk_desk_settle(struct pk_desk *desk, struct pk_snapshot *ret_clone, struct pk_err *err)
{
	PK_AUTO(pk_strv) done = PK_STRV_INIT;
	if (read_done(desk, &done, err) < 0)
		return -1;
	PK_AUTO(pk_interrupted_part) begun = PK_INTERRUPTED_PART_INIT;
	if (pk_desk_begun(desk, &begun, err) < 0 ||
	    (begun.text && settle_begun(desk, &begun, err) < 0))
		return -1;
	if (pk_desk_read(desk, ret_clone, err) < 0)
		return -1;
	bool changed = note_parts(desk, &done, ret_clone);
	if (note_base(desk, ret_clone, &changed, err) < 0)
		return -1;
	if (changed && (pk_desk_keep(desk, ret_clone, err) < 0 ||
			pk_session_save(desk->repo, &desk->session, "settle", err) < 0))
		return -1;
	return begun.text ? 0 : pk_desk_unchanged(desk, ret_clone, err);
}
