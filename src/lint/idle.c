/* Statements that the catalog knows to do nothing: IF EXISTS of what is not there, IF NOT EXISTS of what is. */
#include "base/text.h"
#include "lint/rule.h"

static bool listed(const struct pk_lint *lint, const char *beginning)
{
	const struct pk_lint_catalog *catalog = lint->options->catalog;
	PK_AUTO(pk_strv) paths = PK_STRV_INIT;

	if (catalog->list)
		catalog->list(catalog->arg, beginning, &paths);
	return paths.n > 0;
}

/* "public/policy/orders.", what the paths of the policies of a table begin with. */
static void add_beginning(struct pk_lint *lint, struct pk_buf *buf, const char *schema, const char *kind, const char *name)
{
	pk_buf_add_path_name(buf, schema ? schema : lint->schema);
	pk_buf_addf(buf, "/%s/", kind);
	pk_buf_add_path_name(buf, name);
}

bool pk_lint_has_policy(struct pk_lint *lint, const struct pk_action *action)
{
	const char *key = pk_lint_key(lint, pk_action_schema(action), pk_action_table(action));
	PK_AUTO(pk_buf) policies = PK_BUF_INIT;

	for (size_t i = 0; i < lint->actions.n; i++) {
		const struct pk_action *a = &lint->actions.items[i];
		if (a->verb == PK_CREATE && pk_streq(a->object, "policy") &&
		    strcmp(pk_lint_key(lint, a->rel_schema, a->rel_name), key) == 0)
			return true;
	}
	if (!pk_lint_has_catalog(lint))
		return false;
	add_beginning(lint, &policies, pk_action_schema(action), "policy", pk_action_table(action));
	pk_buf_addc(&policies, '.');
	return listed(lint, policies.ptr);
}

/* A statement before has given something this name. */
static bool renamed_to(struct pk_lint *lint, const struct pk_action *action, const char *name)
{
	for (const struct pk_action *a = lint->actions.items; a < action; a++)
		if (a->verb == PK_RENAME && pk_streq(a->new_name, name))
			return true;
	return false;
}

/* Relations of all kinds share their names. */
static bool has_relation(struct pk_lint *lint, const struct pk_action *action, const char *schema, const char *name)
{
	static const char *const kinds[] = { "table", "view", "materialized_view", "foreign_table", "sequence", "index" };

	if (pk_lint_is_new(lint, "table", schema, name) || renamed_to(lint, action, name))
		return true;
	for (size_t i = 0; i < PK_COUNT(kinds); i++)
		if (pk_lint_object(lint, schema, kinds[i], name))
			return true;
	return false;
}

static bool has_routine(struct pk_lint *lint, const struct pk_action *action)
{
	static const char *const kinds[] = { "function", "aggregate" };

	if (!lint->options->catalog->list || pk_lint_is_new(lint, action->object, action->schema, action->name) ||
	    renamed_to(lint, action, action->name))
		return true;
	for (size_t i = 0; i < PK_COUNT(kinds); i++) {
		PK_AUTO(pk_buf) path = PK_BUF_INIT;
		PK_FREE char *name = pk_printf("%s(", action->name);

		add_beginning(lint, &path, action->schema, kinds[i], name);
		if (listed(lint, path.ptr))
			return true;
	}
	return false;
}

static bool has_schema(struct pk_lint *lint, const struct pk_action *action)
{
	const struct pk_lint_catalog *catalog = lint->options->catalog;
	PK_AUTO(pk_buf) path = PK_BUF_INIT;

	if (pk_lint_is_new(lint, "schema", NULL, action->name) || renamed_to(lint, action, action->name))
		return true;
	pk_buf_add(&path, "schema/");
	pk_buf_add_path_name(&path, action->name);
	pk_buf_add(&path, ".sql");
	return catalog->text(catalog->arg, path.ptr) != NULL;
}

static bool has_constraint(struct pk_lint *lint, const struct pk_action *action)
{
	const struct pk_actions *table = pk_lint_object(lint, action->rel_schema, "table", action->rel_name);

	for (size_t i = 0; table && i < table->n; i++)
		if (table->items[i].sub == PK_ADD_CONSTRAINT && pk_streq(table->items[i].name, action->name))
			return true;
	return !table || pk_lint_constraint(lint, action->rel_schema, action->rel_name, action->name) ||
	       renamed_to(lint, action, action->name);
}

static bool is_missing(struct pk_lint *lint, const struct pk_action *a)
{
	static const char *const relations[] = { "table", "column", "constraint", "view", "materialized view", "foreign table",
						 "index", "sequence" };
	static const char *const routines[] = { "function", "procedure", "routine", "aggregate" };

	if (!a->if_exists || !pk_action_table(a))
		return false;
	for (size_t i = 0; i < PK_COUNT(routines); i++)
		if (pk_streq(a->object, routines[i]))
			return !has_routine(lint, a);
	if (pk_streq(a->object, "schema"))
		return !has_schema(lint, a);
	for (size_t i = 0; i < PK_COUNT(relations); i++)
		if (pk_streq(a->object, relations[i]))
			return !has_relation(lint, a, pk_action_schema(a), pk_action_table(a)) ||
			       (a->sub == PK_DROP_CONSTRAINT && !has_constraint(lint, a));
	return false;
}

/* The text has taken it away or renamed it before. */
static bool given_up(struct pk_lint *lint, const struct pk_action *action, const char *column)
{
	for (const struct pk_action *a = lint->actions.items; a < action; a++)
		if ((a->sub == PK_DROP_COLUMN || a->verb == PK_RENAME || a->verb == PK_DROP) &&
		    (pk_streq(a->column, column) || (!a->column && pk_streq(a->name, action->name))))
			return true;
	return false;
}

static bool is_there(struct pk_lint *lint, const struct pk_action *a)
{
	/* a constraint that is said of a new column comes and goes with it */
	const struct pk_action *added = a->sub == PK_ADD_COLUMN			   ? a :
					a->sub == PK_ADD_CONSTRAINT && a->column ? pk_lint_added_column(lint, a) :
										   NULL;

	if (added && added->if_not_exists)
		return pk_lint_column(lint, added->rel_schema, added->rel_name, added->column) &&
		       !given_up(lint, a, added->column);
	return a->verb == PK_CREATE && a->if_not_exists && !a->concurrently && pk_streq(a->object, "index") && a->name &&
	       pk_lint_object(lint, a->schema, "index", a->name) && !given_up(lint, a, a->name);
}

bool pk_lint_is_idle(struct pk_lint *lint, const struct pk_action *action)
{
	return pk_lint_has_catalog(lint) && !action->temporary && (is_missing(lint, action) || is_there(lint, action));
}
