/* Record and clone in step again, after a kill at any moment. */
#include "session/planning.h"

#include "base/text.h"
#include "sql/action.h"
#include "sql/migration.h"

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
		.up = pk_strdup(m.up ? m.up : ""),
		.down = pk_strdup(m.down ? m.down : ""),
		.line = m.up_line,
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

/*
 * A failed or killed CREATE INDEX CONCURRENTLY leaves an invalid index behind, which is worth
 * nothing.
 */
static int drop_invalid(struct pk_desk *desk, const char *sql, struct pk_err *err)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;
	if (pk_sql_split(sql, "plan", &statements, err) < 0)
		return -1;
	pk_sql_actions(&statements, &actions);
	for (size_t i = 0; i < actions.n; i++) {
		const struct pk_action *a = &actions.items[i];
		if (a->verb != PK_CREATE || !a->concurrently || !a->name ||
		    !pk_streq(a->object, "index"))
			continue;
		const char *schema = a->rel_schema ? a->rel_schema : "public";
		const char *const params[] = { schema, a->name };
		PK_FREE char *invalid = NULL;
		PK_AUTO(pk_buf) drop = PK_BUF_INIT;
		if (pk_query_value(&desk->admin,
				   "SELECT 1 FROM pg_catalog.pg_index i "
				   "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
				   "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
				   "WHERE NOT i.indisvalid AND n.nspname = $1 AND c.relname = $2",
				   2, params, &invalid, err) < 0)
			return -1;
		if (!invalid)
			continue;
		pk_buf_add(&drop, "DROP INDEX ");
		pk_buf_add_qualified(&drop, schema, a->name);
		if (pk_exec(&desk->admin, drop.ptr, err) < 0)
			return -1;
	}
	return 0;
}

static int drop_all_invalid(struct pk_desk *desk, struct pk_err *err)
{
	const struct pk_session *session = &desk->session;
	for (size_t i = 0; i < session->n_parts; i++) {
		const struct pk_part *part = &session->parts[i];
		if (!part->applied && !part->up_transaction &&
		    drop_invalid(desk, part->up, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < session->n_manual; i++)
		if (drop_invalid(desk, session->manual[i].text, err) < 0)
			return -1;
	return 0;
}

/* A hand-written migration without a transaction that was left in its middle. */
static int left_in_middle(struct pk_desk *desk, bool *ret, struct pk_err *err)
{
	PK_FREE char *part = NULL;
	if (pk_query_value(
		    &desk->admin,
		    "SELECT part FROM postkit.session_steps WHERE NOT done AND statements > 0", 0,
		    NULL, &part, err) < 0)
		return -1;
	*ret = part != NULL;
	return 0;
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
		/* Outside a transaction the schema alone can tell. */
		bool there =
			is_done(done, part->id) ||
			(!part->up_transaction && pk_streq(part->to.hex, clone->fingerprint.hex) &&
			 !pk_streq(part->from.hex, part->to.hex));
		if (!there)
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
	if (desk->session.state == PK_SESSION_APPLYING && drop_all_invalid(desk, err) < 0)
		return -1;
	if (pk_desk_read(desk, ret_clone, err) < 0)
		return -1;
	bool changed = note_parts(desk, &done, ret_clone);
	if (note_base(desk, ret_clone, &changed, err) < 0)
		return -1;
	if (changed && (pk_desk_keep(desk, ret_clone, err) < 0 ||
			pk_session_save(desk->repo, &desk->session, "settle", err) < 0))
		return -1;
	bool middle;
	if (left_in_middle(desk, &middle, err) < 0)
		return -1;
	return middle ? 0 : pk_desk_unchanged(desk, ret_clone, err);
}
