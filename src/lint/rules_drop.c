/* What takes things away from programs that are running, or destroys data. */
#include "lint/rule.h"

static bool is(const struct pk_action *a, const char *object)
{
	return pk_streq(a->object, object);
}

static void rename_column(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb != PK_RENAME || !is(a, "column") || !a->rel_name ||
	    pk_lint_table_is_new(lint, a))
		return;
	pk_lint_report(lint, a,
		       pk_lint_text("'%s' of %T is no longer there for programs that use it",
				    a->column, a->rel_schema, a->rel_name),
		       pk_lint_text("ALTER TABLE %T ADD COLUMN %I <type>;\n"
				    "-- write both (trigger), fill the old rows in batches, and in "
				    "a later release, when nothing\n"
				    "-- uses it any more:\nALTER TABLE %T DROP COLUMN %I;",
				    a->rel_schema, a->rel_name, a->new_name, a->rel_schema,
				    a->rel_name, a->column));
}

static void rename_table(struct pk_lint *lint, const struct pk_action *a)
{
	static const char *const objects[] = { "table", "view", "materialized view",
					       "foreign table", "schema" };
	bool concerned = false;

	for (size_t i = 0; i < PK_COUNT(objects); i++)
		concerned = concerned || is(a, objects[i]);
	if (a->verb != PK_RENAME || !concerned || a->column ||
	    pk_lint_is_new(lint, a->object, a->schema, a->name) ||
	    pk_lint_replaced(lint, a, "view")) /* under the old name */
		return;
	const char *to = a->ref_schema ? a->ref_schema : a->schema;
	pk_lint_report(lint, a,
		       pk_lint_text("%s %T is no longer there for programs that use it", a->object,
				    a->schema, a->name),
		       is(a, "schema") ? NULL
				       : pk_lint_text("%S;\n-- in the same transaction, until no "
						      "program uses the old name:\n"
						      "CREATE VIEW %T AS SELECT * FROM %T;",
						      lint->statements.items[a->statement].text,
						      a->schema, a->name, to, a->new_name));
}

static void drop_column(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb != PK_ALTER || a->sub != PK_DROP_COLUMN || !is(a, "table") ||
	    pk_lint_table_is_new(lint, a))
		return;
	if (a->if_exists && pk_lint_object(lint, a->rel_schema, "table", a->rel_name) &&
	    !pk_lint_column(lint, a->rel_schema, a->rel_name, a->column))
		return; /* drops nothing */
	PK_FREE char *table = pk_lint_table_text(lint, a);
	pk_lint_report(
		lint, a,
		pk_lint_text(
			"the data in '%s' of %s is gone, and programs that name the column fail",
			a->column, table),
		pk_lint_text("-- first a release whose programs do not use %I; then, above this "
			     "statement:\n"
			     "-- postkit:allow drop-column: <why nothing needs it>",
			     a->column));
}

static void drop_table(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb != PK_DROP || !(is(a, "table") || is(a, "foreign table") || is(a, "schema")) ||
	    !a->name || pk_lint_is_new(lint, a->object, a->schema, a->name))
		return;
	PK_FREE char *table = is(a, "schema") ? pk_lint_text("schema %I and", a->name)
					      : pk_lint_table_text(lint, a);
	pk_lint_report(lint, a,
		       pk_lint_text("drops %s with all its data%s", table,
				    a->cascade ? ", and all that depends on it" : ""),
		       pk_lint_text("-- first a release whose programs do not use it; then, above "
				    "this statement:\n"
				    "-- postkit:allow drop-table: <why nothing needs it>"));
}

static void drop_view(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb != PK_DROP || !(is(a, "view") || is(a, "materialized view")) ||
	    pk_lint_is_new(lint, a->object, a->schema, a->name) ||
	    pk_lint_replaced(lint, a, NULL))
		return;
	pk_lint_report(lint, a,
		       pk_lint_text("programs that read %T fail%s", a->schema, a->name,
				    a->cascade ? ", and what depends on it goes too" : ""),
		       NULL);
}

static bool is_routine(const struct pk_action *a)
{
	return is(a, "function") || is(a, "procedure") || is(a, "routine") || is(a, "aggregate");
}

static void drop_function(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb != PK_DROP || !is_routine(a) || pk_lint_is_new(lint, a->object, a->schema, a->name) ||
	    pk_lint_replaced(lint, a, NULL))
		return;
	pk_lint_report(lint, a, pk_lint_text("programs that call %T fail", a->schema, a->name),
		       NULL);
}

static void rename_function(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb == PK_RENAME && is_routine(a) && !a->column && !pk_lint_is_new(lint, a->object, a->schema, a->name) &&
	    !pk_lint_replaced(lint, a, NULL))
		pk_lint_report(lint, a, pk_lint_text("programs that call %T fail", a->schema, a->name), NULL);
}

static void drop_database(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb == PK_DROP && is(a, "database"))
		pk_lint_report(
			lint, a,
			pk_lint_text("drops database %I with everything in it", a->name ? a->name : ""),
			NULL);
}

static bool adds_other_constraint(struct pk_lint *lint, const struct pk_action *a)
{
	const char *key = pk_lint_key(lint, a->rel_schema, a->rel_name);

	for (size_t i = 0; i < lint->actions.n; i++) {
		const struct pk_action *b = &lint->actions.items[i];
		if (b->verb == PK_ALTER && b->sub == PK_ADD_CONSTRAINT && b->rel_name &&
		    strcmp(pk_lint_key(lint, b->rel_schema, b->rel_name), key) == 0)
			return true;
	}
	return false;
}

/* A CHECK that SET NOT NULL has made superfluous is dropped by the book. */
static bool replaced_by_not_null(struct pk_lint *lint, const struct pk_action *a)
{
	for (const struct pk_action *b = lint->actions.items; b < a; b++)
		if (b->sub == PK_SET_NOT_NULL && pk_streq(b->rel_name, a->rel_name))
			return true;
	return false;
}

static void drop_constraint(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb != PK_ALTER || a->sub != PK_DROP_CONSTRAINT || !a->rel_name ||
	    pk_lint_table_is_new(lint, a) || adds_other_constraint(lint, a) ||
	    replaced_by_not_null(lint, a))
		return;
	pk_lint_report(lint, a,
		       pk_lint_text("nothing keeps %T to '%s' from now on, and the way back has to "
				    "check all rows",
				    a->rel_schema, a->rel_name, a->name),
		       NULL);
}

static void rename_enum_value(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb == PK_RENAME && is(a, "enum value") &&
	    !pk_lint_is_new(lint, "type", a->schema, a->name))
		pk_lint_report(
			lint, a,
			pk_lint_text("programs that write or compare with '%s' fail", a->def),
			pk_lint_text(
				"ALTER TYPE %T ADD VALUE '%s';\n-- and move the rows in batches",
				a->schema, a->name, a->new_name));
}

static bool has_label(const struct pk_action *type, const char *label)
{
	size_t i = 0;

	while (type->columns && type->columns[i] && strcmp(type->columns[i], label) != 0)
		i++;
	return type->columns && type->columns[i];
}

/* A type that takes the place of the one that there is under its name, with fewer values. */
static void drop_enum_value(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb != PK_CREATE || !is(a, "type") || !a->columns || pk_lint_is_new(lint, "type", a->schema, a->name))
		return;
	const struct pk_actions *before = pk_lint_object(lint, a->schema, "enum", a->name);
	const struct pk_action *type = before ? &before->items[0] : NULL;
	for (size_t i = 0; type && type->columns && type->columns[i]; i++) {
		if (has_label(a, type->columns[i]))
			continue;
		lint->dropped_value = type->columns[i];
		pk_lint_report(lint, a,
			       pk_lint_text("programs that write or compare with '%s' of %T fail", type->columns[i], a->schema, a->name),
			       NULL);
		lint->dropped_value = NULL;
	}
}

static void truncate_rule(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb != PK_TRUNCATE || pk_lint_table_is_new(lint, a) ||
	    pk_lint_rows(lint, a->rel_schema, a->rel_name) == 0)
		return;
	PK_FREE char *table = pk_lint_table_text(lint, a);
	pk_lint_report(lint, a,
		       pk_lint_text("all rows of %s%s are gone, under an ACCESS EXCLUSIVE lock",
				    table,
				    a->cascade ? " and of every table that refers to it" : ""),
		       NULL);
}

static void rls_no_policy(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->sub == PK_ENABLE_RLS && !pk_lint_table_is_new(lint, a) && !pk_lint_has_policy(lint, a))
		pk_lint_report(
			lint, a,
			pk_lint_text("without a policy nobody but the owner sees a row of %T",
				     a->schema, a->name),
			pk_lint_text(
				"CREATE POLICY <name> ON %T FOR SELECT TO <role> USING (...);\n"
				"ALTER TABLE %T ENABLE ROW LEVEL SECURITY;",
				a->schema, a->name, a->schema, a->name));
}

static const struct pk_rule rules[] = {
	{ "rename-column", PK_LEVEL_ERROR, "column renamed",
	  "programs of before the migration run on beside it", rename_column, PK_RULE_TAKES },
	{ "rename-table", PK_LEVEL_ERROR, "table, view or schema renamed",
	  "programs of before the migration run on beside it", rename_table, PK_RULE_TAKES },
	{ "rename-enum-value", PK_LEVEL_ERROR, "value of an enum renamed",
	  "programs of before the migration run on beside it", rename_enum_value, PK_RULE_TAKES },
	{ "drop-enum-value", PK_LEVEL_WARNING, "enum made anew without one of its values",
	  "programs of before the migration run on beside it", drop_enum_value, PK_RULE_TAKES },
	{ "drop-column", PK_LEVEL_ERROR, "column dropped",
	  "the data cannot be brought back by the way down", drop_column, PK_RULE_TAKES },
	{ "drop-table", PK_LEVEL_ERROR, "table or schema dropped",
	  "the data cannot be brought back by the way down", drop_table, PK_RULE_TAKES },
	{ "drop-view", PK_LEVEL_WARNING, "view dropped",
	  "programs of before the migration run on beside it", drop_view, PK_RULE_TAKES },
	{ "drop-function", PK_LEVEL_WARNING, "function dropped",
	  "programs of before the migration run on beside it", drop_function, PK_RULE_TAKES },
	{ "rename-function", PK_LEVEL_WARNING, "function renamed",
	  "programs of before the migration run on beside it", rename_function, PK_RULE_TAKES },
	{ "drop-constraint", PK_LEVEL_WARNING, "constraint dropped",
	  "wrong rows that come in meanwhile stay", drop_constraint, PK_RULE_PLAIN },
	{ "drop-database", PK_LEVEL_ERROR, "database dropped",
	  "a migration changes a database; it does not remove any", drop_database, PK_RULE_PLAIN },
	{ "truncate", PK_LEVEL_ERROR, "TRUNCATE of an existing table",
	  "the data cannot be brought back by the way down", truncate_rule, PK_RULE_PLAIN },
	{ "rls-no-policy", PK_LEVEL_WARNING, "row level security switched on without a policy",
	  "programs see empty tables, without an error", rls_no_policy, PK_RULE_PLAIN },
};
const struct pk_rules pk_rules_drop = { rules, PK_COUNT(rules) };
