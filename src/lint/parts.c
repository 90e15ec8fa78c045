/* What the catalog, and the text so far, say of a table's indexes and partitions. */
#include "base/text.h"
#include "lint/rule.h"
#include "pg/conn.h"
#include "sql/scan.h"

bool pk_lint_knows_parts(const struct pk_lint *lint)
{
	return pk_lint_has_catalog(lint) && lint->options->catalog->list;
}

bool pk_lint_mentions(const char *expr, const char *column)
{
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, expr, strlen(expr));
	while (pk_scan_code(&scan, &token)) {
		PK_FREE char *name = pk_token_name(expr, &token);
		if (pk_streq(name, column))
			return true;
	}
	return false;
}

/* Texts are many, and parsing takes long: those without the word are left alone. */
static const struct pk_actions *actions_with(struct pk_lint *lint, const char *path, const char *word)
{
	const struct pk_lint_catalog *catalog = lint->options->catalog;
	const char *text = catalog->text(catalog->arg, path);

	return text && strstr(text, word) ? pk_lint_path(lint, path) : NULL;
}

static bool is_on(struct pk_lint *lint, const struct pk_action *a, const struct pk_lint_name *table)
{
	return a->rel_name && strcmp(pk_lint_key(lint, a->rel_schema, a->rel_name),
				     pk_lint_key(lint, table->schema, table->table)) == 0;
}

/* ---- indexes ---- */

/* CheckIndexCompatible() of PostgreSQL: one with an expression or a predicate is always built anew. */
static bool is_rebuilt(const struct pk_action *index, const char *column, bool other_order)
{
	bool computed = index->where != NULL, used = computed && pk_lint_mentions(index->where, column), key = false;

	for (size_t i = 0; index->columns && index->columns[i]; i++) {
		bool expression = index->expressions && index->expressions[i];

		computed = computed || expression;
		used = used || (expression && pk_lint_mentions(index->columns[i], column));
		key = key || (!expression && pk_streq(index->columns[i], column));
	}
	return computed ? used || key : key && other_order;
}

/* Of one statement's subcommands those that drop something run first. */
static bool is_gone(struct pk_lint *lint, const struct pk_action *action, const char *schema, const char *name)
{
	const struct pk_action *end = lint->actions.items + lint->actions.n;
	const char *key = pk_lint_key(lint, schema, name);

	for (const struct pk_action *a = lint->actions.items; a < end && a->statement <= action->statement; a++) {
		bool index = a->verb == PK_DROP && pk_streq(a->object, "index");

		if ((index || a->sub == PK_DROP_CONSTRAINT) && a->name &&
		    strcmp(pk_lint_key(lint, index ? a->schema : a->rel_schema, a->name), key) == 0)
			return true;
	}
	return false;
}

static bool is_key(const struct pk_action *a)
{
	return a->sub == PK_ADD_CONSTRAINT && (a->constraint == PK_CON_PRIMARY || a->constraint == PK_CON_UNIQUE);
}

static bool is_index(const struct pk_action *a)
{
	return a->verb == PK_CREATE && pk_streq(a->object, "index");
}

/* The first of these indexes that is on the table and is built anew by the action. */
static const char *first_rebuilt(struct pk_lint *lint, const struct pk_action *action, const struct pk_actions *of,
				 const struct pk_lint_name *column, bool other_order)
{
	for (size_t i = 0; of && i < of->n; i++) {
		const struct pk_action *a = &of->items[i];

		if ((is_key(a) || is_index(a)) && a->name && is_on(lint, a, column) &&
		    is_rebuilt(a, column->column, other_order) && !is_gone(lint, action, a->rel_schema, a->name))
			return a->name;
	}
	return NULL;
}

const char *pk_lint_rebuilt_index(struct pk_lint *lint, const struct pk_action *action, bool other_order)
{
	const struct pk_lint_catalog *catalog = lint->options->catalog;
	const struct pk_lint_name now = { action->rel_schema, action->rel_name, action->column };
	const struct pk_actions before = { .items = lint->actions.items, .n = (size_t)(action - lint->actions.items) };
	struct pk_lint_name first = now;
	PK_AUTO(pk_buf) folder = PK_BUF_INIT, table = PK_BUF_INIT;
	PK_AUTO(pk_strv) paths = PK_STRV_INIT;
	const char *found = first_rebuilt(lint, action, &before, &now, other_order);

	pk_lint_first_name(lint, action, &first);
	if (!found)
		found = first_rebuilt(lint, action, pk_lint_object(lint, first.schema, "table", first.table), &first, other_order);
	pk_buf_add_path_name(&folder, first.schema ? first.schema : lint->schema);
	pk_buf_add(&folder, "/index/");
	pk_buf_add_ident(&table, first.table);
	if (!found)
		catalog->list(catalog->arg, folder.ptr, &paths);
	for (size_t i = 0; i < paths.n && !found; i++)
		found = first_rebuilt(lint, action, actions_with(lint, paths.items[i], table.ptr), &first, other_order);
	return found;
}

/* ---- partitions ---- */

/* The DEFAULT partitions of the catalog, by the tables that they are of: each as its ATTACH PARTITION. */
static void read_defaults(struct pk_lint *lint)
{
	const struct pk_lint_catalog *catalog = lint->options->catalog;
	PK_AUTO(pk_strv) paths = PK_STRV_INIT;

	catalog->list(catalog->arg, "", &paths);
	for (size_t i = 0; i < paths.n; i++) {
		bool table = strstr(paths.items[i], "/table/") != NULL;
		const struct pk_actions *actions = table ? actions_with(lint, paths.items[i], " DEFAULT;") : NULL;

		for (size_t k = 0; actions && k < actions->n; k++) {
			const struct pk_action *a = &actions->items[k];
			if (a->sub == PK_ATTACH && a->default_partition)
				pk_map_set(&lint->defaults, pk_lint_key(lint, a->rel_schema, a->rel_name), (void *)a);
		}
	}
	lint->defaults_read = true;
}

/* Detached or dropped by what comes before. */
static bool has_left(struct pk_lint *lint, const struct pk_action *action, const struct pk_action *attached)
{
	const char *key = pk_lint_key(lint, attached->ref_schema, attached->ref_name);

	for (const struct pk_action *a = lint->actions.items; a < action; a++) {
		bool drops = a->verb == PK_DROP && pk_streq(a->object, "table");

		if ((drops && strcmp(pk_lint_key(lint, a->schema, a->name), key) == 0) ||
		    (a->sub == PK_DETACH && a->ref_name && strcmp(pk_lint_key(lint, a->ref_schema, a->ref_name), key) == 0))
			return true;
	}
	return false;
}

bool pk_lint_default_partition(struct pk_lint *lint, const struct pk_action *action, const char *schema, const char *table,
			       struct pk_lint_name *ret)
{
	const struct pk_action *attached;

	if (!pk_lint_knows_parts(lint) || !table)
		return false;
	if (!lint->defaults_read)
		read_defaults(lint);
	attached = pk_map_get(&lint->defaults, pk_lint_key(lint, schema, table));
	if (!attached || has_left(lint, action, attached))
		return false;
	*ret = (struct pk_lint_name){ attached->ref_schema, attached->ref_name, NULL };
	return true;
}
