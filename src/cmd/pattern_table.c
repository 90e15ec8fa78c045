#include "cmd/pattern_table.h"

#include "base/fs.h"
#include "base/text.h"
#include "cmd/pattern_names.h"
#include "cmd/pattern_source.h"
#include "cmd/pattern_type.h"
#include "sql/action.h"
#include "sql/scan.h"

static const char begin_hint[] =
	"the steps begin with what is there before them, not with what edited schema files want";

void pk_pattern_table_release(struct pk_pattern_table *table)
{
	pk_map_release(&table->types);
	pk_arena_release(&table->arena);
	*table = (struct pk_pattern_table)PK_PATTERN_TABLE_INIT;
}

/* ---- what statements make of it ---- */

static struct pk_pattern_column *find_column(const struct pk_pattern_table *t, const char *name)
{
	for (struct pk_pattern_column *c = t->columns; c; c = c->next)
		if (pk_streq(c->name, name))
			return c;
	return NULL;
}

static const char *serial_default(struct pk_pattern_table *t, const char *column)
{
	const char *name = pk_arena_printf(&t->arena, "%s_%s_seq", t->name, column);
	const char *sequence = pk_pattern_qualified(&t->arena, t->schema, name);

	return pk_arena_printf(&t->arena, "nextval(%s::regclass)", pk_pattern_literal(&t->arena, sequence));
}

static void note_column(struct pk_pattern_table *t, const struct pk_action *a)
{
	struct pk_pattern_column *c = pk_arena_alloc(&t->arena, sizeof(*c));

	*c = (struct pk_pattern_column){
		.name = pk_arena_strdup(&t->arena, a->column),
		.type = a->serial ? pk_pattern_serial(a->type) : pk_arena_strdup(&t->arena, a->type),
		.value = a->has_default ? pk_arena_strdup(&t->arena, a->def) :
			 a->serial      ? serial_default(t, a->column) :
					  NULL,
		.not_null = a->not_null,
		.identity = a->identity,
		.generated = a->generated,
		.next = t->columns,
	};
	t->columns = c;
}

static void note_keys(struct pk_pattern_table *t, const struct pk_action *a, const char *statement)
{
	size_t n = 0;

	while (a->columns && a->columns[n])
		n++;
	const char **keys = pk_arena_alloc(&t->arena, (n + 1) * sizeof(*keys));
	for (size_t i = 0; i < n; i++)
		keys[i] = pk_arena_strdup(&t->arena, a->columns[i]);
	t->keys = keys;
	if (!pk_scan_has_word(statement, "deferrable") && !pk_scan_has_word(statement, "include") && !t->partitioned)
		t->key_name = a->name ? pk_arena_strdup(&t->arena, a->name) :
					pk_arena_printf(&t->arena, "%s_pkey", t->name);
}

static void note_type(struct pk_pattern_table *t, const struct pk_action *a, const char *statement)
{
	(void)statement;
	if (a->verb == PK_CREATE && a->name &&
	    (pk_streq(a->object, "type") || pk_streq(a->object, "domain")))
		pk_map_set(&t->types, pk_arena_strdup(&t->arena, a->name),
			   pk_arena_strdup(&t->arena, a->schema ? a->schema : "public"));
}

static bool is_of_table(const struct pk_pattern_table *t, const struct pk_action *a)
{
	bool table = pk_streq(a->object, "table");
	const char *schema = table ? a->schema : a->rel_schema;

	return pk_streq(table ? a->name : a->rel_name, t->name) &&
	       pk_streq(schema ? schema : "public", t->schema);
}

static void note(struct pk_pattern_table *t, const struct pk_action *a, const char *statement)
{
	note_type(t, a, statement);
	if (!is_of_table(t, a))
		return;
	struct pk_pattern_column *c = a->column ? find_column(t, a->column) : NULL;
	bool trigger = a->verb == PK_CREATE && pk_streq(a->object, "trigger") && a->name;
	if (trigger && (!t->last_trigger || strcmp(a->name, t->last_trigger) > 0))
		t->last_trigger = pk_arena_strdup(&t->arena, a->name);
	else if (pk_streq(a->object, "table") && a->verb == PK_CREATE)
		t->partitioned = a->partitioned;
	if (a->sub == PK_ADD_COLUMN)
		note_column(t, a);
	else if (a->sub == PK_ADD_CONSTRAINT && a->constraint == PK_CON_PRIMARY)
		note_keys(t, a, statement);
	else if (c && a->sub == PK_SET_NOT_NULL)
		c->not_null = true;
	else if (c && a->sub == PK_ADD_IDENTITY)
		c->identity = true;
	else if (c && a->sub == PK_SET_DEFAULT)
		c->value = pk_arena_strdup(&t->arena, a->def);
}

static int read_source(struct pk_pattern_table *t, const struct pk_source *files,
		       void (*take)(struct pk_pattern_table *t, const struct pk_action *a, const char *statement),
		       struct pk_err *err)
{
	for (size_t i = 0; i < files->n; i++) {
		PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
		PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;
		if (pk_sql_split_only(files->items[i].text, files->items[i].path, false, &statements,
				      err) < 0)
			return -1;
		pk_sql_actions(&statements, &actions);
		for (size_t k = 0; k < actions.n; k++)
			take(t, &actions.items[k], statements.items[actions.items[k].statement].text);
	}
	return 0;
}

/* The schema files may have edits that want what the steps lead to: of them only types are taken. */
int pk_pattern_table_read(const struct pk_ctx *ctx, const char *output, const char *text,
			  struct pk_pattern_table *ret, struct pk_err *err)
{
	PK_FREE char *dir = pk_path_join(ctx->repo.workdir, ctx->project.schema_dir);
	PK_AUTO(pk_source) before = PK_SOURCE_INIT;
	PK_AUTO(pk_source) files = PK_SOURCE_INIT;

	pk_pattern_name_read(&ret->arena, text, &ret->schema, &ret->name);
	ret->schema = ret->schema ? ret->schema : "public";
	if (pk_pattern_source(ctx, output, &before, &ret->who, err) < 0 ||
	    read_source(ret, &before, note, err) < 0 ||
	    pk_source_from_path(&files, dir, pk_project_not_schema, err) < 0 ||
	    read_source(ret, &files, note_type, err) < 0)
		return -1;
	if (ret->columns)
		return 0;
	pk_err_set(err, "%s no table %s", ret->who, pk_pattern_qualified(&ret->arena, ret->schema, ret->name));
	return pk_err_hint(err, "%s", begin_hint);
}

/* ---- looking at it ---- */

const struct pk_pattern_column *pk_pattern_table_find(const struct pk_pattern_table *table, const char *name)
{
	return find_column(table, name);
}

const struct pk_pattern_column *pk_pattern_table_need(struct pk_pattern_table *table, const char *text,
						      struct pk_err *err)
{
	const char *schema, *name;

	pk_pattern_name_read(&table->arena, text, &schema, &name);
	const struct pk_pattern_column *c = find_column(table, name);
	if (c)
		return c;
	pk_err_set(err, "%s no column %s in table %s", table->who, pk_pattern_ident(&table->arena, name),
		   pk_pattern_qualified(&table->arena, table->schema, table->name));
	pk_err_hint(err, "%s", begin_hint);
	return NULL;
}

bool pk_pattern_table_has_key(const struct pk_pattern_table *table, const char *column)
{
	for (size_t i = 0; table->keys && table->keys[i]; i++)
		if (pk_streq(table->keys[i], column))
			return true;
	return false;
}
