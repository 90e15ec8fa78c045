/* What is known at a statement: from the text before it, and from the catalog. */
#include "base/clock.h"
#include "base/text.h"
#include "base/strv.h"
#include "lint/rule.h"

const char *pk_action_schema(const struct pk_action *action)
{
	return action->rel_name ? action->rel_schema : action->schema;
}

const char *pk_action_table(const struct pk_action *action)
{
	return action->rel_name ? action->rel_name : action->name;
}

const char *pk_lint_key(struct pk_lint *lint, const char *schema, const char *name)
{
	return pk_arena_printf(&lint->arena, "%s.%s", schema ? schema : lint->schema,
			       name ? name : "");
}

bool pk_lint_has_catalog(const struct pk_lint *lint)
{
	return lint->options->catalog && lint->options->catalog->text;
}

/* Relations share one name space; everything else has its own. */
static const char *space_of(const char *object)
{
	static const char *const relations[] = { "table",	  "view",     "materialized view",
						 "foreign table", "sequence", "index" };

	for (size_t i = 0; object && i < PK_COUNT(relations); i++)
		if (strcmp(object, relations[i]) == 0)
			return "relation";
	return pk_streq(object, "domain") ? "type" : object ? object : "";
}

static const char *created_key(struct pk_lint *lint, const char *object, const char *schema,
			       const char *name)
{
	if (pk_streq(object, "schema"))
		return pk_arena_printf(&lint->arena, "schema %s", name);
	return pk_arena_printf(&lint->arena, "%s %s", space_of(object),
			       pk_lint_key(lint, schema, name));
}

bool pk_lint_is_new(struct pk_lint *lint, const char *object, const char *schema, const char *name)
{
	if (!name)
		return false;
	if (pk_streq(schema, "pg_temp") ||
	    pk_map_get(&lint->created, created_key(lint, object, schema, name)))
		return true;
	return schema &&
	       pk_map_get(&lint->created, created_key(lint, "schema", NULL, schema)) != NULL;
}

bool pk_lint_table_is_new(struct pk_lint *lint, const struct pk_action *action)
{
	/* The rows of a foreign table are elsewhere. */
	return action->temporary || pk_streq(action->object, "foreign table") ||
	       pk_lint_is_new(lint, "table", pk_action_schema(action), pk_action_table(action));
}

int64_t pk_lint_rows(struct pk_lint *lint, const char *schema, const char *name)
{
	const struct pk_lint_catalog *catalog = lint->options->catalog;

	if (!catalog || !catalog->rows || !name)
		return -1;
	return catalog->rows(catalog->arg, schema ? schema : lint->schema, name);
}

bool pk_lint_is_big(struct pk_lint *lint, const char *schema, const char *name)
{
	int64_t rows = pk_lint_rows(lint, schema, name);

	return !pk_lint_is_new(lint, "table", schema, name) && (rows < 0 || rows >= lint->options->large_rows);
}

bool pk_lint_on_big(struct pk_lint *lint, const struct pk_action *action)
{
	return !action->temporary &&
	       pk_lint_is_big(lint, pk_action_schema(action), pk_action_table(action));
}

/* Texts are parsed when first asked for; an absent one is kept as an empty list. */
const struct pk_actions *pk_lint_path(struct pk_lint *lint, const char *path)
{
	struct pk_actions *actions = pk_map_get(&lint->texts, path);

	if (!actions) {
		const char *text = lint->options->catalog->text(lint->options->catalog->arg, path);
		PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
		actions = pk_alloc(sizeof(*actions));
		pk_map_set(&lint->texts, path, actions);
		if (text && pk_sql_split(text, path, &statements, NULL) == 0)
			pk_sql_actions(&statements, actions);
	}
	return actions->n ? actions : NULL;
}

const struct pk_actions *pk_lint_object(struct pk_lint *lint, const char *schema, const char *kind,
					const char *name)
{
	PK_AUTO(pk_buf) path = PK_BUF_INIT;

	if (!pk_lint_has_catalog(lint) || !name)
		return NULL;
	pk_buf_add_path_name(&path, schema ? schema : lint->schema);
	pk_buf_addf(&path, "/%s/", kind);
	pk_buf_add_path_name(&path, name);
	pk_buf_add(&path, ".sql");
	return pk_lint_path(lint, path.ptr);
}

const struct pk_action *pk_lint_column(struct pk_lint *lint, const char *schema, const char *table,
				       const char *column)
{
	const struct pk_actions *actions = pk_lint_object(lint, schema, "table", table);

	for (size_t i = 0; actions && i < actions->n; i++)
		if (actions->items[i].sub == PK_ADD_COLUMN &&
		    pk_streq(actions->items[i].column, column))
			return &actions->items[i];
	return NULL;
}

bool pk_lint_is_partitioned(struct pk_lint *lint, const struct pk_action *action)
{
	const struct pk_actions *table =
		pk_lint_object(lint, pk_action_schema(action), "table", pk_action_table(action));
	const char *key = pk_lint_key(lint, pk_action_schema(action), pk_action_table(action));

	for (const struct pk_action *a = lint->actions.items; a < action; a++)
		if (a->verb == PK_CREATE && a->partitioned &&
		    strcmp(pk_lint_key(lint, a->schema, a->name), key) == 0)
			return true;
	return table && table->items[0].partitioned;
}

/*
 * A constraint that nobody here knows, validated and taken away again: what for, if not as a proof that a column has
 * no NULLs? It was added by a migration of before.
 */
static bool is_passing_proof(const struct pk_lint *lint, const struct pk_lint_constraint *c, const char *column)
{
	if (c->kind != PK_CON_NONE || !c->valid || !strstr(c->name, column))
		return false;
	for (size_t i = 0; i < lint->actions.n; i++) {
		const struct pk_action *a = &lint->actions.items[i];
		if (a->sub == PK_DROP_CONSTRAINT && pk_streq(a->name, c->name))
			return true;
	}
	return false;
}

/* Of one statement's subcommands those that drop something run first. */
static bool is_dropped_by(struct pk_lint *lint, const struct pk_action *action, const char *key, const char *constraint)
{
	const struct pk_action *end = lint->actions.items + lint->actions.n;

	for (const struct pk_action *a = lint->actions.items; a < end && a->statement <= action->statement; a++)
		if (a->sub == PK_DROP_CONSTRAINT && pk_streq(a->name, constraint) && a->rel_name &&
		    strcmp(pk_lint_key(lint, a->rel_schema, a->rel_name), key) == 0)
			return true;
	return false;
}

bool pk_lint_proven_not_null(struct pk_lint *lint, const struct pk_action *action, const char *column)
{
	const char *schema = pk_action_schema(action), *table = pk_action_table(action);
	const struct pk_actions *actions = pk_lint_object(lint, schema, "table", table);
	const char *key = pk_lint_key(lint, schema, table);

	for (size_t i = 0; actions && i < actions->n; i++) {
		const struct pk_action *a = &actions->items[i];
		if (a->sub == PK_ADD_CONSTRAINT && a->constraint == PK_CON_CHECK && !a->not_valid &&
		    a->def && pk_sql_proves_not_null(a->def, column) && !is_dropped_by(lint, action, key, a->name))
			return true;
	}
	for (const struct pk_lint_constraint *c = lint->constraints; c; c = c->next)
		if (strcmp(c->table, key) == 0 &&
		    ((c->valid && c->def && pk_sql_proves_not_null(c->def, column)) || is_passing_proof(lint, c, column)) &&
		    !is_dropped_by(lint, action, key, c->name))
			return true;
	return false;
}

/* What another file of the catalog says of a constraint: NOT VALID ones have their own. */
static const struct pk_lint_constraint *catalog_constraint(struct pk_lint *lint, const char *schema,
							   const char *table, const char *name)
{
	PK_FREE char *file = pk_printf("%s.%s", table, name);
	const struct pk_actions *actions = pk_lint_object(lint, schema, "constraint", file);

	for (size_t i = 0; actions && i < actions->n; i++) {
		const struct pk_action *a = &actions->items[i];
		if (a->sub != PK_ADD_CONSTRAINT)
			continue;
		struct pk_lint_constraint *c = pk_arena_alloc(&lint->arena, sizeof(*c));
		c->table = pk_lint_key(lint, schema, table);
		c->name = pk_arena_strdup(&lint->arena, name);
		c->def = a->def;
		c->kind = a->constraint;
		c->valid = !a->not_valid;
		return c;
	}
	return NULL;
}

const struct pk_lint_constraint *pk_lint_constraint(struct pk_lint *lint, const char *schema,
						    const char *table, const char *name)
{
	const char *key = pk_lint_key(lint, schema, table);

	for (const struct pk_lint_constraint *c = lint->constraints; name && c; c = c->next)
		if (strcmp(c->table, key) == 0 && pk_streq(c->name, name))
			return c;
	return name && table ? catalog_constraint(lint, schema, table, name) : NULL;
}

bool pk_lint_replaced(struct pk_lint *lint, const struct pk_action *action, const char *object)
{
	const char *key = pk_lint_key(lint, action->schema, action->name);

	for (const struct pk_action *a = action + 1; a < lint->actions.items + lint->actions.n; a++)
		if (a->verb == PK_CREATE && a->sub == PK_SUB_NONE && a->name && (!object || pk_streq(a->object, object)) &&
		    (!a->args || !action->args || strcmp(a->args, action->args) == 0) &&
		    strcmp(pk_lint_key(lint, a->schema, a->name), key) == 0)
			return true;
	return false;
}

const struct pk_action *pk_lint_added_column(struct pk_lint *lint,
					     const struct pk_action *constraint)
{
	for (size_t i = 0; i < lint->actions.n; i++) {
		const struct pk_action *a = &lint->actions.items[i];
		if (a->statement == constraint->statement && a->sub == PK_ADD_COLUMN &&
		    pk_streq(a->column, constraint->column))
			return a;
	}
	return NULL;
}

/* RENAME TO and SET SCHEMA. */
static bool renames_table(struct pk_lint *lint, const struct pk_action *action, const char *key)
{
	return pk_streq(action->object, "table") && !action->column && action->new_name &&
	       strcmp(pk_lint_key(lint, action->ref_schema ? action->ref_schema : action->schema, action->new_name), key) == 0;
}

bool pk_lint_unrename(struct pk_lint *lint, const struct pk_action *action, struct pk_lint_name *name)
{
	if (action->verb != PK_RENAME)
		return false;
	const char *key = pk_lint_key(lint, name->schema, name->table);
	if (renames_table(lint, action, key)) {
		name->schema = action->schema;
		name->table = action->name;
		return true;
	}
	if (!name->column || !pk_streq(action->object, "column") || !pk_streq(action->new_name, name->column) ||
	    strcmp(pk_lint_key(lint, action->rel_schema, action->rel_name), key) != 0)
		return false;
	name->column = action->column;
	return true;
}

void pk_lint_first_name(struct pk_lint *lint, const struct pk_action *before, struct pk_lint_name *name)
{
	for (const struct pk_action *a = before; lint->renames && a-- > lint->actions.items;)
		pk_lint_unrename(lint, a, name);
}

/* The rest moves the state. */

static void created(struct pk_lint *lint, const char *object, const char *schema, const char *name)
{
	if (name)
		pk_map_set(&lint->created, created_key(lint, object, schema, name), lint);
}

static void note_constraint(struct pk_lint *lint, const struct pk_action *action)
{
	struct pk_lint_constraint *c = pk_arena_alloc(&lint->arena, sizeof(*c));

	c->table = pk_lint_key(lint, action->rel_schema, action->rel_name);
	c->name = action->name;
	c->def = action->constraint == PK_CON_CHECK ? action->def : NULL;
	c->kind = action->constraint;
	c->valid = !action->not_valid;
	c->tx = lint->tx;
	c->by = action;
	c->next = lint->constraints;
	lint->constraints = c;
}

/* The index of a key of a new table; unnamed ones are called after the table and its columns. */
static void note_index(struct pk_lint *lint, const struct pk_action *action)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;
	bool primary = action->constraint == PK_CON_PRIMARY;

	if ((!primary && action->constraint != PK_CON_UNIQUE) || action->using_index || !pk_lint_table_is_new(lint, action))
		return;
	pk_buf_add(&name, action->rel_name);
	for (size_t i = 0; !primary && action->columns && action->columns[i]; i++)
		pk_buf_addf(&name, "_%s", action->columns[i]);
	pk_buf_add(&name, primary ? "_pkey" : "_key");
	created(lint, "index", action->rel_schema, action->name ? action->name : name.ptr);
}

/* A constraint of the catalog that is validated here joins those of the text, so that it proves from now on. */
static void note_validated(struct pk_lint *lint, const struct pk_action *action)
{
	const struct pk_lint_constraint *found =
		pk_lint_constraint(lint, action->rel_schema, action->rel_name, action->name);

	if (!found && pk_lint_has_catalog(lint))
		return;
	struct pk_lint_constraint *c = pk_arena_alloc(&lint->arena, sizeof(*c));
	*c = found ? *found : (struct pk_lint_constraint){ .table = pk_lint_key(lint, action->rel_schema, action->rel_name),
							   .name = action->name };
	c->valid = true;
	c->next = lint->constraints;
	lint->constraints = c;
}

/* As the server reads it: milliseconds where there is no unit. */
static double timeout_of(const char *value)
{
	double seconds = 0;
	char *end;

	if (!value)
		return 0;
	double ms = strtod(value, &end);
	if (!*end)
		return ms / 1000;
	return pk_parse_duration(value, &seconds) ? seconds : 0;
}

static void note_timeout(struct pk_lint *lint, const struct pk_action *action)
{
	if (action->local && !lint->in_tx && !action->nested)
		return; /* says nothing to nobody */
	lint->lock_timeout = timeout_of(action->def);
	if (!action->local)
		lint->outer_timeout = lint->lock_timeout;
}

static void note_setting(struct pk_lint *lint, const struct pk_action *action)
{
	bool all = pk_streq(action->name, "all");

	if (all || pk_streq(action->name, "timezone") || pk_streq(action->name, "TimeZone"))
		lint->timezone = action->def;
	if (all || pk_streq(action->name, "lock_timeout"))
		note_timeout(lint, action);
	if (!all && !pk_streq(action->name, "search_path"))
		return;
	lint->schema = "public";
	PK_AUTO(pk_strv) path = PK_STRV_INIT;
	pk_strv_split(&path, action->def ? action->def : "", ',');
	for (size_t i = 0; i < path.n; i++) {
		const char *name = path.items[i] + strspn(path.items[i], " \"");
		size_t n = strcspn(name, " \"");
		if (n && *name != '$') {
			lint->schema = pk_arena_strndup(&lint->arena, name, n);
			return;
		}
	}
}

static void note_transaction(struct pk_lint *lint, const struct pk_action *action)
{
	if (action->nested)
		return;
	if (action->verb == PK_BEGIN) {
		lint->in_tx = lint->explicit_tx = true;
		lint->begin_timeout = lint->outer_timeout;
	} else {
		if (action->verb == PK_ROLLBACK && lint->explicit_tx)
			lint->outer_timeout = lint->begin_timeout; /* what was set in it was not */
		lint->explicit_tx = false;
		lint->in_tx = lint->options->transaction;
	}
	lint->tx++;
	lint->locked = NULL;
	lint->lock_timeout = lint->outer_timeout;
}

/* Of tables and their parts: what is about types or functions alone locks no rows. */
bool pk_lint_is_ddl(const struct pk_action *action)
{
	static const char *const objects[] = { "table",	  "column",	       "constraint", "index",  "view",
					       "trigger", "materialized view", "sequence",   "policy", "foreign table" };
	bool of_table = false;

	for (size_t i = 0; i < PK_COUNT(objects); i++)
		of_table = of_table || pk_streq(action->object, objects[i]);
	return of_table && !action->temporary &&
	       ((action->verb == PK_CREATE && !action->nested) || action->verb == PK_ALTER || action->verb == PK_DROP ||
		action->verb == PK_RENAME);
}

static void note_lock(struct pk_lint *lint, const struct pk_action *action)
{
	bool drops_index = pk_streq(action->object, "index") && action->verb != PK_CREATE;

	if (lint->in_tx && !lint->locked && !drops_index && pk_lint_locks_existing(lint, action))
		lint->locked = action;
}

void pk_lint_note(struct pk_lint *lint, const struct pk_action *action)
{
	if (action->verb == PK_BEGIN || action->verb == PK_COMMIT || action->verb == PK_ROLLBACK)
		note_transaction(lint, action);
	else if (!lint->in_tx && action->verb != PK_SAVEPOINT)
		lint->tx++; /* each statement is a transaction of its own */
	if (action->verb == PK_SET)
		note_setting(lint, action);
	lint->renames |= action->verb == PK_RENAME;
	if (!lint->ddl && pk_lint_is_ddl(action))
		lint->ddl = action;
	note_lock(lint, action);
	if (action->verb == PK_CREATE && action->sub == PK_SUB_NONE && !action->replace)
		created(lint, action->object, action->temporary ? NULL : action->schema,
			action->name);
	if (action->verb == PK_RENAME && action->new_name && !action->column &&
	    pk_lint_is_new(lint, action->object, action->schema, action->name))
		created(lint, action->object,
			action->ref_schema ? action->ref_schema : action->schema, action->new_name);
	if (action->sub == PK_ADD_CONSTRAINT && action->rel_name) {
		note_constraint(lint, action);
		note_index(lint, action);
	}
	if (action->sub == PK_VALIDATE && action->rel_name)
		note_validated(lint, action);
	if (action->sub == PK_ADD_VALUE) {
		struct pk_lint_value *v = pk_arena_alloc(&lint->arena, sizeof(*v));
		*v = (struct pk_lint_value){ action->name, action->def, lint->tx, lint->values };
		lint->values = v;
	}
}
