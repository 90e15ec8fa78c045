#include "cmd/lint_fix_proof.h"

#include "session/prove.h"
#include "trace/run.h"

void pk_fix_proof_release(struct pk_fix_proof *proof)
{
	pk_snapshot_release(&proof->first);
	pk_snapshot_release(&proof->last);
	pk_fix_ways_release(proof);
	*proof = (struct pk_fix_proof)PK_FIX_PROOF_INIT;
}

void pk_fix_parts_release(struct pk_part *parts, struct pk_snapshot *states, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(parts[i].up);
		free(parts[i].down);
		pk_snapshot_release(&states[i]);
	}
	free(parts);
	free(states);
}

static bool same(const struct pk_snapshot *a, const struct pk_snapshot *b)
{
	return pk_streq(a->fingerprint.hex, b->fingerprint.hex);
}

int pk_fix_proof_run(struct pk_fix_proof *p, struct pk_trial *trial, const char *sql, int line,
		     bool transaction, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (pk_trial_run(trial, sql, p->file, line, transaction, &why) == 0)
		return 0;
	if (transaction && pk_wants_no_transaction(&why))
		return pk_trial_run(trial, sql, p->file, line, false, err);
	return pk_err_move(err, &why);
}

int pk_fix_proof_begin(struct pk_fix_proof *p, struct pk_err *err)
{
	const struct pk_migration *m = p->m;
	PK_AUTO(pk_trial) trial = PK_TRIAL_INIT;
	PK_AUTO(pk_snapshot) back = PK_SNAPSHOT_INIT;

	if (pk_trial_open(&trial, p->ctx, p->server, p->before, err) < 0 ||
	    pk_trial_read(&trial, &p->first, err) < 0)
		return -1;
	if (m->from && !pk_streq(m->from, p->first.fingerprint.hex))
		return pk_err_set(
			err, "the schema that it begins with, by its header, cannot be made here");
	if (pk_fix_proof_run(p, &trial, m->up, m->up_line, m->up_transaction, err) < 0 ||
	    pk_trial_read(&trial, &p->last, err) < 0)
		return -1;
	if (m->to && !pk_streq(m->to, p->last.fingerprint.hex))
		return pk_err_set(err, "it does not lead to the schema that its header names");
	p->goes_back = m->down &&
		       pk_fix_proof_run(p, &trial, m->down, m->down_line, m->down_transaction, NULL) == 0 &&
		       pk_trial_read(&trial, &back, NULL) == 0 && same(&p->first, &back);
	return 0;
}

static int run_up(struct pk_fix_proof *p, struct pk_trial *trial, const struct pk_fix *fix,
		  struct pk_part *parts, struct pk_snapshot *states, struct pk_err *err)
{
	const struct pk_snapshot *before = &p->first;

	for (size_t i = 0; i < fix->n; i++) {
		parts[i].up = pk_strdup(fix->parts[i].sql.ptr);
		parts[i].up_transaction = fix->parts[i].transaction;
		parts[i].from = before->fingerprint;
		if (pk_trial_run(trial, parts[i].up, NULL, 1, parts[i].up_transaction, err) < 0 ||
		    pk_trial_read(trial, &states[i], err) < 0)
			return -1;
		parts[i].to = states[i].fingerprint;
		before = &states[i];
	}
	if (!same(before, &p->last))
		return pk_err_set(err, "what it would become leads to another schema");
	return 0;
}

/* Unsafe statements of a way back, where that stays one. */
static int make_safe(struct pk_fix_proof *p, struct pk_buf *down, bool *transaction,
		     struct pk_err *err)
{
	struct pk_lint_options options = *p->lint;
	struct pk_fix fix = PK_FIX_INIT;

	options.transaction = *transaction;
	int status = pk_fix_sql(down->ptr, p->file, &options, NULL, NULL, &fix, err);
	if (status == 0 && fix.n == 1) {
		pk_buf_clear(down);
		pk_buf_add(down, fix.parts[0].sql.ptr);
		*transaction = fix.parts[0].transaction;
	}
	pk_fix_release(&fix);
	return status;
}

static bool has_statements(const char *sql)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;

	return pk_sql_split_only(sql, "down", false, &statements, NULL) < 0 || statements.n;
}

static int run_down(struct pk_trial *trial, const char *sql, bool transaction,
		    struct pk_snapshot *ret, struct pk_err *err)
{
	if (has_statements(sql) && pk_trial_run(trial, sql, NULL, 1, transaction, err) < 0)
		return -1;
	return pk_trial_read(trial, ret, err);
}

static bool is_where_it_began(struct pk_trial *trial, const struct pk_part *part)
{
	PK_AUTO(pk_snapshot) now = PK_SNAPSHOT_INIT;

	return pk_trial_read(trial, &now, NULL) == 0 && pk_streq(now.fingerprint.hex, part->to.hex);
}

/* All that the text does can be told from the schemas before and after it. */
static bool is_schema_only(const char *sql)
{
	static const enum pk_verb verbs[] = { PK_ALTER, PK_DROP, PK_CREATE, PK_COMMENT };
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;
	size_t n = 0;

	if (pk_sql_split_only(sql, "down", false, &statements, NULL) < 0)
		return false;
	pk_sql_actions(&statements, &actions);
	for (size_t i = 0; i < actions.n; i++)
		for (size_t k = 0; k < PK_COUNT(verbs); k++)
			n += actions.items[i].verb == verbs[k] && actions.items[i].sub != PK_ALTER_TYPE;
	return n == actions.n;
}

/*
 * Made safe; or as the author wrote it where that cannot run and has done nothing; or not at all where that cannot either,
 * for a part that comes after this one took some of what it takes away.
 */
static int own_way(struct pk_fix_proof *p, struct pk_trial *trial, struct pk_part *part, struct pk_buf *own,
		   struct pk_snapshot *reached, struct pk_err *err)
{
	PK_FREE char *as_is = pk_strdup(own->ptr);
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	part->down_transaction = p->m->down_transaction;
	if (make_safe(p, own, &part->down_transaction, err) < 0)
		return -1;
	if (run_down(trial, own->ptr, part->down_transaction, reached, &why) == 0)
		return 0;
	bool again = strcmp(own->ptr, as_is) != 0 && is_where_it_began(trial, part);
	if (again) {
		pk_buf_clear(own);
		pk_buf_add(own, as_is);
		part->down_transaction = p->m->down_transaction;
		if (run_down(trial, own->ptr, part->down_transaction, reached, NULL) == 0)
			return 0;
	}
	if (!is_schema_only(as_is) || !is_where_it_began(trial, part))
		return pk_err_move(err, &why);
	pk_buf_clear(own);
	return pk_trial_read(trial, reached, err);
}

/* The author's way back, then what that leaves: what was made of the author's statements has its own. */
static int way_back(struct pk_fix_proof *p, struct pk_trial *trial, struct pk_snapshot *before,
		    struct pk_part *part, struct pk_buf *own, struct pk_err *err)
{
	const struct pk_diff_options options = { .online = { .when = PK_ONLINE_ALWAYS } };
	PK_AUTO(pk_snapshot) reached = PK_SNAPSHOT_INIT, end = PK_SNAPSHOT_INIT;
	struct pk_part rest = { 0 };

	if (own_way(p, trial, part, own, &reached, err) < 0)
		return -1;
	if (same(&reached, before)) {
		part->down = pk_buf_take(own);
		return 0;
	}
	pk_part_way_back(&rest, before, &reached, &options);
	int status = run_down(trial, rest.down, rest.down_transaction, &end, err);
	if (own->len && own->ptr[own->len - 1] != '\n')
		pk_buf_addc(own, '\n');
	part->down_transaction =
		rest.down_transaction && (part->down_transaction || !has_statements(own->ptr));
	part->down = pk_printf("%s%s", own->ptr, rest.down);
	free(rest.down);
	if (status == 0 && !same(&end, before))
		return pk_err_set(err, "its way back cannot be taken apart");
	return status;
}

static int ways_back(struct pk_fix_proof *p, struct pk_trial *trial, const struct pk_fix *fix,
		     struct pk_part *parts, struct pk_snapshot *states, struct pk_err *err)
{
	struct pk_buf *own = pk_alloc(fix->n * sizeof(*own));
	int status = 0;

	for (size_t i = 0; i < fix->n; i++)
		own[i] = (struct pk_buf)PK_BUF_INIT;
	status = pk_fix_back(fix, p->m->down, own, err);
	for (size_t i = fix->n; i-- > 0 && status == 0;)
		status =
			way_back(p, trial, i ? &states[i - 1] : &p->first, &parts[i], &own[i], err);
	for (size_t i = 0; i < fix->n; i++)
		pk_buf_release(&own[i]);
	free(own);
	return status;
}

int pk_fix_proof_parts(struct pk_fix_proof *p, const struct pk_fix *fix, struct pk_part *ret,
		       struct pk_snapshot *states, struct pk_err *err)
{
	PK_AUTO(pk_trial) trial = PK_TRIAL_INIT;

	if (p->m->down && !p->goes_back && fix->n > 1)
		return pk_err_set(err, "its way back does not lead back, so it cannot be shared "
				       "out among several migrations");
	if (pk_trial_open(&trial, p->ctx, p->server, p->before, err) < 0 ||
	    run_up(p, &trial, fix, ret, states, err) < 0)
		return -1;
	if (p->goes_back)
		return ways_back(p, &trial, fix, ret, states, err);
	for (size_t i = 0; i < fix->n; i++) {
		ret[i].down = pk_strdup(p->m->down);
		ret[i].down_transaction = p->m->down_transaction;
	}
	return 0;
}
