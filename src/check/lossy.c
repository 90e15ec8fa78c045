/*
 * Hand-written migrations that lose data: `commit` asks for the reason of planned ones, whose losses it knows; of these
 * only the text tells.
 */
#include "base/text.h"
#include "check/rules.h"

/* What is lost by which action, where the rule of that name finds it in the text: what is new or not there loses nothing. */
static const char *rule_of(const struct pk_action *a)
{
	if (a->verb == PK_DROP && (pk_streq(a->object, "table") || pk_streq(a->object, "schema")))
		return "drop-table";
	if (a->verb == PK_ALTER && a->sub == PK_DROP_COLUMN)
		return "drop-column";
	if (a->verb == PK_ALTER && a->sub == PK_ALTER_TYPE)
		return "type-narrowing";
	return a->verb == PK_TRUNCATE ? "truncate" : NULL;
}

static bool has_rule(const struct pk_findings *findings, size_t statement, const char *rule)
{
	for (size_t i = 0; i < findings->n; i++)
		if (findings->items[i].index == statement &&
		    pk_streq(findings->items[i].rule, rule))
			return true;
	return false;
}

static const char *table_of(const struct pk_action *a)
{
	return a->rel_name ? a->rel_name : a->name;
}

/* By name; an unqualified one may be any: what is not known to be another table is taken for the same. */
static bool same_table(const struct pk_action *a, const struct pk_action *b)
{
	const char *of_a = a->rel_name ? a->rel_schema : a->schema,
		   *of_b = b->rel_name ? b->rel_schema : b->schema;

	return pk_streq(table_of(a), table_of(b)) && (!of_a || !of_b || strcmp(of_a, of_b) == 0);
}

static char *key_of(const struct pk_action *a)
{
	return pk_printf("%s.%s", a->schema ? a->schema : "public", a->name ? a->name : "");
}

/* Made by a migration that is as new as this one: nobody has rows in it yet. */
static bool is_fresh(const struct pk_check_state *state, const struct pk_action *a)
{
	const struct pk_action by_name = { .schema = a->rel_name ? a->rel_schema : a->schema,
					   .name = table_of(a) };
	PK_FREE char *key = key_of(&by_name);

	return a->temporary || pk_map_get(&state->fresh, key) != NULL;
}

/* Another column takes its name: the steps of a change that programs live through end so. */
static bool is_replaced(const struct pk_actions *up, const struct pk_action *a)
{
	for (const struct pk_action *b = a + 1; a->sub == PK_DROP_COLUMN && b < up->items + up->n;
	     b++)
		if (b->verb == PK_RENAME && pk_streq(b->object, "column") &&
		    pk_streq(b->new_name, a->column) && same_table(a, b))
			return true;
	return false;
}

static int split(const char *sql, const char *file, struct pk_statements *ret, struct pk_err *err)
{
	return sql ? pk_sql_split_only(sql, file, false, ret, err) : 0;
}

static void read_actions(const char *sql, const char *file, struct pk_actions *ret)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_err) ignored = PK_ERR_INIT;

	if (split(sql, file, &statements, &ignored) == 0)
		pk_sql_actions(&statements, ret);
}

/* Its partitions stay, as tables of their own: it has no rows but theirs. */
static bool is_emptied(const struct pk_actions *up, const struct pk_action *a)
{
	for (const struct pk_action *b = up->items; a->verb == PK_DROP && b < a; b++)
		if (b->sub == PK_DETACH && same_table(a, b))
			return true;
	return false;
}

/* A generated column, whose values come out of others again. */
static bool is_computed(const struct pk_lint_catalog *catalog, const struct pk_action *a)
{
	PK_AUTO(pk_buf) path = PK_BUF_INIT;
	PK_AUTO(pk_actions) table = PK_ACTIONS_INIT;

	if (!catalog || a->sub != PK_DROP_COLUMN)
		return false;
	pk_buf_add_path_name(&path, a->rel_schema ? a->rel_schema : "public");
	pk_buf_add(&path, "/table/");
	pk_buf_add_path_name(&path, a->rel_name);
	pk_buf_add(&path, ".sql");
	read_actions(catalog->text(catalog->arg, path.ptr), path.ptr, &table);
	for (size_t i = 0; i < table.n; i++)
		if (table.items[i].sub == PK_ADD_COLUMN &&
		    pk_streq(table.items[i].column, a->column))
			return table.items[i].generated;
	return false;
}

/* The way back writes rows or values into the table: it has them from somewhere. */
static bool is_restored(const struct pk_actions *down, const struct pk_action *a)
{
	for (size_t i = 0; i < down->n; i++) {
		const struct pk_action *b = &down->items[i];
		bool writes = b->verb == PK_INSERT || b->verb == PK_UPDATE || b->verb == PK_MERGE ||
			      b->verb == PK_COPY;

		if (writes && same_table(a, b))
			return true;
	}
	return false;
}

/* As far as can be seen before any rule has looked at it. */
static bool may_lose(const struct pk_action *a)
{
	return a->verb == PK_DELETE ? !a->has_where && !a->temporary : rule_of(a) != NULL;
}

static bool loses(const struct pk_findings *findings, const struct pk_action *a)
{
	return may_lose(a) && (a->verb == PK_DELETE || has_rule(findings, a->statement, rule_of(a)));
}

static bool any_may_lose(const struct pk_actions *actions)
{
	for (size_t i = 0; i < actions->n; i++)
		if (may_lose(&actions->items[i]))
			return true;
	return false;
}

static void note_fresh(struct pk_check_state *state, const struct pk_action *a)
{
	if (a->verb != PK_CREATE || a->sub != PK_SUB_NONE || !pk_streq(a->object, "table"))
		return;
	PK_FREE char *key = key_of(a);
	pk_map_set(&state->fresh, key, state);
}

void pk_check_losses(struct pk_check_state *state, const struct pk_migration *m, const char *path,
		     const struct pk_lint_catalog *catalog)
{
	const struct pk_lint_options options = { .catalog = catalog,
						 .transaction = m->up_transaction,
						 .ours = true,
						 .large_rows = PK_LARGE_ROWS };
	PK_AUTO(pk_findings) findings = PK_FINDINGS_INIT;
	PK_AUTO(pk_statements) up_text = PK_STATEMENTS_INIT;
	PK_AUTO(pk_statements) down_text = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) up = PK_ACTIONS_INIT;
	PK_AUTO(pk_actions) down = PK_ACTIONS_INIT;
	PK_AUTO(pk_err) told = PK_ERR_INIT; /* by the lint of the same text */
	const struct pk_action *first = NULL;
	size_t n = 0;

	if (!m->up || split(m->up, path, &up_text, &told) < 0 || split(m->down, path, &down_text, &told) < 0)
		return;
	pk_sql_actions(&up_text, &up);
	/* Most lose nothing: the rules and the way back are asked about the others. */
	if (any_may_lose(&up)) {
		if (pk_lint_sql(m->up, path, &options, &findings, &told) < 0)
			return;
		pk_sql_actions(&down_text, &down);
	}
	for (size_t i = 0; i < up.n; i++) {
		const struct pk_action *a = &up.items[i];

		bool back = is_replaced(&up, a) || is_emptied(&up, a) || is_computed(catalog, a) ||
			    is_restored(&down, a);

		if (loses(&findings, a) && !is_fresh(state, a) && !back) {
			first = first ? first : a;
			n++;
		}
		note_fresh(state, a);
	}
	if (m->irreversible || !first)
		return;
	PK_FREE char *more = n > 1 ? pk_printf(", and %zu more", n - 1) : pk_strdup("");
	const struct pk_fault fault = {
		.rule = "irreversible",
		.file = path,
		.line = first->nested ? 0 : m->up_line + first->line - 1,
		.fix = "a line above '-- migrate:up' says why that may be: -- postkit:irreversible: <reason>; or a way "
		       "back that brings it back",
	};
	pk_check_reason(state->ret, fault, "loses data that its way back does not restore%s, and does not say why", more);
}
