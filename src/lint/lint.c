#include "lint/lint.h"

#include "catalog/snapshot.h"
#include "lint/rule.h"
#include "lint/usage.h"

static const struct pk_rule engine_rules[] = {
	{ "bad-allowance", PK_LEVEL_ERROR,
	  "a postkit:allow comment without a reason, or for a rule that does not exist",
	  "a finding let pass without a reason tells the next reader nothing", NULL, PK_RULE_PLAIN },
};
static const struct pk_rules pk_rules_engine = { engine_rules, PK_COUNT(engine_rules) };

static const struct pk_rules *const tables[] = {
	&pk_rules_index, &pk_rules_constraint, &pk_rules_column, &pk_rules_drop,
	&pk_rules_tx,	 &pk_rules_lock,       &pk_rules_work,   &pk_rules_measured, &pk_rules_engine,
};

/* The i-th over all tables; NULL: there are no more. */
static const struct pk_rule *rule_at(size_t i)
{
	for (size_t t = 0; t < PK_COUNT(tables); t++) {
		if (i < tables[t]->n)
			return &tables[t]->rules[i];
		i -= tables[t]->n;
	}
	return NULL;
}

const struct pk_rule *pk_rule_find(const char *id)
{
	const struct pk_rule *rule;

	for (size_t i = 0; (rule = rule_at(i)); i++)
		if (strcmp(rule->id, id) == 0)
			return rule;
	return NULL;
}

#define RULES_MAX 128

const struct pk_rule_info *pk_lint_rules(size_t *ret_n)
{
	static struct pk_rule_info
		infos[RULES_MAX]; /* a constant table, put together once from the others */
	const struct pk_rule *rule;
	size_t n = 0;

	for (; n < RULES_MAX && (rule = rule_at(n)); n++)
		infos[n] = (struct pk_rule_info){ rule->id, rule->level, rule->summary, rule->why };
	*ret_n = n;
	return infos;
}

static const char *text_of_object(void *arg, const char *path)
{
	const struct pk_object *object = pk_map_get(arg, path);

	return object ? object->text : NULL;
}

void pk_lint_catalog_list(const struct pk_map *paths, const char *beginning, struct pk_strv *ret)
{
	for (size_t i = 0; i < paths->n; i++)
		if (pk_starts_with(paths->entries[i].key, beginning))
			pk_strv_push(ret, paths->entries[i].key);
}

static void list_objects(void *arg, const char *beginning, struct pk_strv *ret)
{
	pk_lint_catalog_list(arg, beginning, ret);
}

void pk_lint_catalog_of(const struct pk_snapshot *snapshot, struct pk_map *index, struct pk_lint_catalog *ret)
{
	for (size_t i = 0; i < snapshot->n; i++)
		if (snapshot->objects[i]->path)
			pk_map_set(index, snapshot->objects[i]->path, snapshot->objects[i]);
	*ret = (struct pk_lint_catalog){ .text = text_of_object, .list = list_objects, .arg = index };
}

static void lint_release(struct pk_lint *lint)
{
	for (size_t i = 0; i < lint->texts.n; i++) {
		struct pk_actions *actions = lint->texts.entries[i].value;
		pk_actions_release(actions);
		free(actions);
	}
	pk_map_release(&lint->texts);
	pk_map_release(&lint->defaults);
	pk_map_release(&lint->created);
	pk_map_release(&lint->reported);
	pk_actions_release(&lint->actions);
	pk_statements_release(&lint->statements);
	pk_arena_release(&lint->arena);
}

/* As they stand in the text; of one statement in the order of the rules. */
static void sort_findings(struct pk_findings *findings, size_t first)
{
	for (size_t i = first + 1; i < findings->n; i++) {
		struct pk_finding moved = findings->items[i];
		size_t k = i;
		for (; k > first && (findings->items[k - 1].line > moved.line ||
				     (findings->items[k - 1].line == moved.line &&
				      findings->items[k - 1].col > moved.col));
		     k--)
			findings->items[k] = findings->items[k - 1];
		findings->items[k] = moved;
	}
}

static int measure(struct pk_lint *lint, size_t first, struct pk_err *err)
{
	const struct pk_lint_options *options = lint->options;
	PK_FREE struct pk_effect *effects = pk_alloc((lint->statements.n + 1) * sizeof(*effects));

	if (options->measure(options->measure_arg, &lint->statements, &lint->actions, effects, err) < 0)
		return -1;
	pk_lint_measured(lint, effects, first);
	return 0;
}

int pk_lint_sql(const char *sql, const char *file, const struct pk_lint_options *options,
		struct pk_findings *ret, struct pk_err *err)
{
	__attribute__((cleanup(lint_release))) struct pk_lint lint = {
		.options = options,
		.file = file,
		.sql = sql,
		.out = ret,
		.schema = "public",
		.in_tx = options->transaction,
		.tx = 1,
		.lock_timeout = -1,
		.outer_timeout = -1,
		.begin_timeout = -1,
	};
	size_t first = ret->n;

	if (pk_sql_split_only(sql, file, !options->ours, &lint.statements, err) < 0) {
		if (err && err->line && options->first_line > 0)
			err->line += options->first_line - 1;
		return -1;
	}
	pk_sql_actions(&lint.statements, &lint.actions);
	ret->statements += lint.statements.n;
	ret->analysed += lint.statements.n;
	for (size_t i = 0; i < lint.actions.n; i++)
		ret->analysed -= lint.actions.items[i].verb == PK_UNPARSED && !lint.actions.items[i].nested;
	for (size_t i = 0; i < lint.actions.n; i++) {
		const struct pk_action *action = &lint.actions.items[i];
		if (!lint.in_tx && !action->nested)
			lint.lock_timeout = lint.outer_timeout; /* what a block set for itself is over */
		for (size_t r = 0; !pk_lint_is_idle(&lint, action) && (lint.rule = rule_at(r)); r++)
			if (lint.rule->check)
				lint.rule->check(&lint, action);
		pk_lint_note(&lint, action);
	}
	if (options->usage && options->usage->failed.exit)
		return pk_err_move(err, &options->usage->failed);
	if (options->measure && measure(&lint, first, err) < 0)
		return -1;
	pk_lint_allow(&lint, sql, first);
	sort_findings(ret, first);
	return 0;
}
