/* Of a sample: rows since some time, by a column that says when they came. */
#include "clone/sample_plan.h"

/* For a table that goes by patterns: a column that it lacks, or that says no time, is no matter. */
static bool is_exact(const char *pattern)
{
	return strpbrk(pattern, "*?[") == NULL;
}

static bool is_time(const struct pk_mask_column *c)
{
	return strcmp(c->type, "date") == 0 || pk_starts_with(c->type, "timestamp");
}

static int column_of(const struct pk_sample_plan *p, const struct pk_mask_table *m, const struct pk_sample_rule *rule,
		     const struct pk_mask_column **ret, struct pk_err *err)
{
	*ret = NULL;
	if (rule->column) {
		const struct pk_mask_column *c = pk_mask_column_find(p->facts, m, rule->column);

		if (c && is_time(c))
			*ret = c;
		else if (is_exact(rule->pattern))
			return pk_err_set(err, "since of table '%s': %s '%s'", m->names.items[0],
					  c ? "no time is in column" : "there is no column", rule->column);
		return 0;
	}
	for (size_t i = 0; i < p->sample->columns.n && !*ret; i++) {
		const struct pk_mask_column *c = pk_mask_column_find(p->facts, m, p->sample->columns.items[i]);

		*ret = c && is_time(c) ? c : NULL;
	}
	return 0;
}

/* The text of the moment, by the source's clock: one for all connections. */
static int moment_of(struct pk_conn *source, const char *age, char **ret, struct pk_err *err)
{
	static const char *const names[][2] = {
		{ "h", "hours" }, { "d", "days" }, { "w", "weeks" }, { "mon", "months" }, { "y", "years" }
	};
	size_t digits = strspn(age, "0123456789");
	PK_FREE char *interval = NULL;

	for (size_t i = 0; i < PK_COUNT(names) && !interval; i++)
		if (strcmp(age + digits, names[i][0]) == 0)
			interval = pk_printf("%.*s %s", (int)digits, age, names[i][1]);
	const char *const params[] = { interval ? interval : age };
	return pk_query_value(source,
			      interval ? "SELECT pg_catalog.now() - $1::pg_catalog.interval" : "SELECT $1::pg_catalog.timestamptz",
			      1, params, ret, err);
}

/* What others look things up in is kept, though it is old: a few rows that refer to nothing. */
static bool is_lookup(const struct pk_sample_plan *p, size_t root)
{
	bool referred = false;

	for (size_t i = 0; i < p->refs.n; i++) {
		if (p->refs.items[i].from == root)
			return false;
		referred = referred || p->refs.items[i].to == root;
	}
	return referred && p->few[root] == PK_SAMPLE_FEW;
}

static int since_of(struct pk_sample_plan *p, const struct pk_mask_table *m, struct pk_sample_table *c, struct pk_err *err)
{
	const char *age = c->rule.age ? c->rule.age : p->sample->age;
	bool named = c->rule.age || c->rule.column;
	const struct pk_mask_column *column;
	PK_FREE char *moment = NULL;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (!age || pk_streq(c->rule.keep, "all") || (!named && is_lookup(p, pk_sample_plan_root(p, m->oid))))
		return 0;
	if (column_of(p, m, &c->rule, &column, err) < 0)
		return -1;
	if (!column)
		return 0;
	if (moment_of(&p->source->conn, age, &moment, err) < 0)
		return pk_err_wrap(err, "since of table '%s'", m->names.items[0]);
	pk_buf_add_ident(&sql, column->name);
	pk_buf_add(&sql, " >= ");
	pk_buf_add_literal(&sql, moment);
	pk_buf_addf(&sql, "::%s", column->type);
	c->since = pk_buf_take(&sql);
	return 0;
}

int pk_sample_plan_since(struct pk_sample_plan *p, struct pk_err *err)
{
	for (size_t i = 0; i < p->facts->n_tables; i++) {
		const struct pk_copy_table *t = pk_copy_tables_find(p->tables, p->facts->tables[i].oid);

		if (t && !t->skip && !t->added &&
		    since_of(p, &p->facts->tables[i], &p->choices[t - p->tables->items], err) < 0)
			return -1;
	}
	return 0;
}
