/* The safe way of one statement, where its text does not tell it: what a plan does for the same change. */
#include "cmd/lint_fix_proof.h"

#include "lint/fix_text.h"
#include "pg/conn.h"

struct way {
	struct pk_fix_groups groups;
	char *why; /* NULL: there is one, or nobody knows why there is none */
};

static void way_free(struct way *way)
{
	pk_fix_groups_release(&way->groups);
	free(way->why);
	free(way);
}

void pk_fix_ways_release(struct pk_fix_proof *proof)
{
	for (size_t i = 0; i < proof->ways.n; i++)
		way_free(proof->ways.entries[i].value);
	pk_map_release(&proof->ways);
}

/* It is done as the statement does it, or more is lost than that says. */
static bool is_no_other(const struct pk_plan *plan)
{
	bool apart = false;

	for (size_t i = 0; i < plan->n; i++) {
		if (plan->steps[i].destructive)
			return true;
		apart = apart || plan->steps[i].no_transaction || plan->steps[i].own_transaction;
	}
	return !apart;
}

/* Of a partitioned table the last statement finds what its partitions have by then, which its text does not tell. */
static const char *allowance(const char *statement)
{
	static const char *const rules[] = { "unique-blocking", "pk-blocking", "fk-validating" };
	const struct pk_lint_options options = { .ours = true };
	PK_AUTO(pk_findings) findings = PK_FINDINGS_INIT;

	if (pk_lint_sql(statement, "fix", &options, &findings, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < findings.n; i++)
		for (size_t k = 0; k < PK_COUNT(rules); k++)
			if (strcmp(findings.items[i].rule, rules[k]) == 0)
				return rules[k];
	return NULL;
}

static void add_statements(const char *sql, struct pk_buf *ret)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	size_t done = 0;

	if (pk_sql_split_only(sql, "fix", false, &statements, NULL) < 0)
		statements.n = 0;
	for (size_t i = 0; i < statements.n; i++) {
		const struct pk_statement *s = &statements.items[i];
		const char *rule = allowance(s->text);
		pk_buf_addn(ret, sql + done, s->offset - done);
		if (rule)
			pk_buf_addf(ret, "-- postkit:allow %s: each partition has it already, so that nothing is built or "
					 "checked\n", rule);
		done = s->offset;
	}
	pk_buf_add(ret, sql + done);
}

static void add_parts(const struct pk_plan *plan, struct pk_fix_groups *ret)
{
	size_t n = 0;
	struct pk_plan_part *parts = pk_plan_parts(plan, &n);

	for (size_t i = 0; i < n; i++) {
		PK_AUTO(pk_buf) plain = PK_BUF_INIT;
		PK_AUTO(pk_buf) sql = PK_BUF_INIT;
		bool after = i && !parts[i - 1].transaction;
		pk_plan_part_sql(plan, &parts[i], &plain);
		add_statements(plain.ptr, &sql);
		while (sql.len && sql.ptr[sql.len - 1] == '\n')
			pk_buf_truncate(&sql, sql.len - 1);
		pk_fix_groups_add(ret,
				  !parts[i].transaction ? PK_FIX_WITHOUT :
				  !i			? PK_FIX_IN_PLACE :
				  after			? PK_FIX_BEHIND :
							  PK_FIX_IN_OWN,
				  pk_buf_take(&sql));
	}
	free(parts);
}

/* The statement, when it detaches a partition, beside those who use it; NULL: it does something else. Caller frees. */
static char *detach_beside(const char *statement)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (pk_sql_split_only(statement, "fix", false, &statements, NULL) == 0)
		pk_sql_actions(&statements, &actions);
	if (actions.n != 1 || actions.items[0].sub != PK_DETACH || actions.items[0].concurrently)
		return NULL;
	pk_buf_add(&sql, "ALTER TABLE ");
	pk_buf_add_qualified(&sql, actions.items[0].rel_schema, actions.items[0].rel_name);
	pk_buf_add(&sql, " DETACH PARTITION ");
	pk_buf_add_qualified(&sql, actions.items[0].ref_schema, actions.items[0].ref_name);
	pk_buf_add(&sql, " CONCURRENTLY;");
	return pk_buf_take(&sql);
}

/* It leaves a CHECK that says the bounds, which a plan takes away. to: the schema that is to be reached. */
static int find_detach(struct pk_fix_proof *p, const char *before, const char *beside, struct pk_snapshot *to,
		       struct pk_fix_groups *ret, struct pk_err *err)
{
	const struct pk_diff_options options = { .online = { .when = PK_ONLINE_ALWAYS } };
	PK_AUTO(pk_trial) trial = PK_TRIAL_INIT;
	PK_AUTO(pk_snapshot) reached = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_plan) plan = PK_PLAN_INIT;

	if (pk_trial_open(&trial, p->ctx, p->server, p->before, err) < 0 ||
	    pk_fix_proof_run(p, &trial, before, p->m->up_line, p->m->up_transaction, err) < 0 ||
	    pk_trial_run(&trial, beside, NULL, 1, false, err) < 0 || pk_trial_read(&trial, &reached, err) < 0)
		return -1;
	pk_fix_groups_add(ret, PK_FIX_WITHOUT, pk_strdup(beside));
	pk_diff(&reached, to, &options, &plan);
	size_t first = ret->n;
	add_parts(&plan, ret);
	if (ret->n > first && ret->items[first].how == PK_FIX_IN_PLACE)
		ret->items[first].how = PK_FIX_BEHIND;
	return 0;
}

static int find_way(struct pk_fix_proof *p, const char *before, const char *statement, struct pk_fix_groups *ret,
		    struct pk_err *err)
{
	const struct pk_diff_options options = { .online = { .when = PK_ONLINE_ALWAYS } };
	PK_AUTO(pk_trial) trial = PK_TRIAL_INIT;
	PK_AUTO(pk_snapshot) from = PK_SNAPSHOT_INIT, to = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_plan) plan = PK_PLAN_INIT;

	if (pk_trial_open(&trial, p->ctx, p->server, p->before, err) < 0 ||
	    pk_fix_proof_run(p, &trial, before, p->m->up_line, p->m->up_transaction, err) < 0 ||
	    pk_trial_read(&trial, &from, err) < 0 ||
	    pk_fix_proof_run(p, &trial, statement, p->m->up_line, p->m->up_transaction, err) < 0 ||
	    pk_trial_read(&trial, &to, err) < 0)
		return -1;
	PK_FREE char *beside = detach_beside(statement);
	if (beside)
		return find_detach(p, before, beside, &to, ret, err);
	pk_diff(&from, &to, &options, &plan);
	if (!is_no_other(&plan))
		add_parts(&plan, ret);
	return 0;
}

int pk_fix_proof_way(void *arg, const char *before, const char *statement, struct pk_fix_groups *ret, struct pk_err *err)
{
	struct pk_fix_proof *p = arg;
	PK_FREE char *key = pk_printf("%s%s", before, statement);
	struct way *way = pk_map_get(&p->ways, key);
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (!way) {
		way = pk_alloc(sizeof(*way));
		if (find_way(p, before, statement, &way->groups, &why) < 0)
			way->why = pk_strdup(why.msg);
		pk_map_set(&p->ways, key, way);
	}
	for (size_t i = 0; i < way->groups.n; i++)
		pk_fix_groups_add(ret, way->groups.items[i].how, pk_strdup(way->groups.items[i].sql));
	if (way->why)
		return pk_err_set(err, "%s", way->why);
	return ret->n ? 0 : -1;
}
