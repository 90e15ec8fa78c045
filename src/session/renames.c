/* Renames that somebody said; none is guessed. */
#include "session/renames.h"

#include "base/buf.h"
#include "catalog/kind.h"
#include "sql/action.h"

static const char marker[] = "postkit:renamed-from";

void pk_renames_release(struct pk_renames *renames)
{
	free(renames->items);
	pk_arena_release(&renames->arena);
	*renames = (struct pk_renames)PK_RENAMES_INIT;
}

/*
 * How a rename is written: "ALTER TABLE parent RENAME COLUMN a TO b", "ALTER TRIGGER a ON parent
 * RENAME TO b".
 */
static const struct form {
	const char *kind, *alter;
	enum { ITSELF, IN_PARENT, ON_PARENT } shape;
	const char *rename;
} forms[] = {
	{ "table", "ALTER TABLE ", ITSELF, " RENAME TO " },
	{ "column", "ALTER TABLE ", IN_PARENT, " RENAME COLUMN " },
	{ "constraint", "ALTER TABLE ", IN_PARENT, " RENAME CONSTRAINT " },
	{ "trigger", "ALTER TRIGGER ", ON_PARENT, " RENAME TO " },
	{ "policy", "ALTER POLICY ", ON_PARENT, " RENAME TO " },
	{ "view", "ALTER VIEW ", ITSELF, " RENAME TO " },
	{ "matview", "ALTER MATERIALIZED VIEW ", ITSELF, " RENAME TO " },
	{ "index", "ALTER INDEX ", ITSELF, " RENAME TO " },
	{ "sequence", "ALTER SEQUENCE ", ITSELF, " RENAME TO " },
	{ "enum", "ALTER TYPE ", ITSELF, " RENAME TO " },
	{ "composite", "ALTER TYPE ", ITSELF, " RENAME TO " },
	{ "range", "ALTER TYPE ", ITSELF, " RENAME TO " },
	{ "domain", "ALTER DOMAIN ", ITSELF, " RENAME TO " },
	{ "schema", "ALTER SCHEMA ", ITSELF, " RENAME TO " },
};

static const struct form *form_of(const char *kind)
{
	for (size_t i = 0; i < PK_COUNT(forms); i++)
		if (pk_streq(forms[i].kind, kind))
			return &forms[i];
	return NULL;
}

void pk_rename_sql(const struct pk_rename *rename, bool back, struct pk_buf *ret)
{
	const struct form *form = form_of(rename->kind);
	const char *from = back ? rename->to : rename->from;
	const char *to = back ? rename->from : rename->to;
	pk_buf_add(ret, form->alter);
	if (form->shape == ITSELF) {
		pk_buf_add_qualified(ret, rename->schema, from);
		pk_buf_add(ret, form->rename);
	} else if (form->shape == IN_PARENT) {
		pk_buf_add_qualified(ret, rename->schema, rename->parent);
		pk_buf_add(ret, form->rename);
		pk_buf_add_ident(ret, from);
		pk_buf_add(ret, " TO ");
	} else {
		pk_buf_add_ident(ret, from);
		pk_buf_add(ret, " ON ");
		pk_buf_add_qualified(ret, rename->schema, rename->parent);
		pk_buf_add(ret, form->rename);
	}
	pk_buf_add_ident(ret, to);
}

static void add(struct pk_renames *renames, const struct pk_rename *rename)
{
	struct pk_arena *arena = &renames->arena;
	if (renames->n == renames->cap) {
		renames->cap = renames->cap ? renames->cap * 2 : 4;
		renames->items =
			pk_realloc_array(renames->items, renames->cap, sizeof(*renames->items));
	}
	renames->items[renames->n++] = (struct pk_rename){
		.kind = pk_arena_strdup(arena, rename->kind),
		.schema = pk_arena_strdup(arena, rename->schema),
		.parent = pk_arena_strdup(arena, rename->parent),
		.from = pk_arena_strdup(arena, rename->from),
		.to = pk_arena_strdup(arena, rename->to),
	};
}

static bool same_parent(const struct pk_object *object, const char *schema, const char *parent)
{
	if (parent)
		return object->parent && pk_streq(object->parent->name, parent) &&
		       pk_streq(object->parent->schema, schema);
	return pk_streq(object->schema, schema);
}

/* parent: the table of a column, trigger, ...; NULL for what stands in a schema. */
static bool exists(const struct pk_snapshot *snapshot, const char *kind, const char *schema,
		   const char *parent, const char *name)
{
	for (size_t i = 0; i < snapshot->n; i++) {
		const struct pk_object *object = snapshot->objects[i];
		if (pk_streq(object->name, name) && pk_streq(object->kind->name, kind) &&
		    same_parent(object, schema, parent))
			return true;
	}
	return false;
}

/* The name behind the marker: bare, quoted, or with a schema, which must be that of the object. */
static char *name_after(const char *text, const char *end)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;
	while (text < end && (*text == ' ' || *text == '\t' || *text == ':'))
		text++;
	if (text < end && *text == '"') {
		for (text++; text < end && *text != '"'; text++)
			pk_buf_addc(&name, *text);
	} else {
		for (; text < end && !strchr(" \t\r\n,;", *text); text++)
			pk_buf_addc(&name, *text);
	}
	return name.len ? pk_buf_take(&name) : NULL;
}

static char *identifier_at(const char *text)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;
	while (*text == ' ' || *text == '\t' || *text == '\n' || *text == '\r' || *text == '(' ||
	       *text == ',')
		text++;
	if (*text == '"') {
		for (text++; *text && *text != '"'; text++)
			pk_buf_addc(&name, *text);
	} else {
		for (; *text && !strchr(" \t\r\n,;()", *text); text++)
			pk_buf_addc(&name,
				    *text >= 'A' && *text <= 'Z' ? (char)(*text + 32) : *text);
	}
	return name.len ? pk_buf_take(&name) : NULL;
}

struct search {
	const struct pk_snapshot *from, *to;
	struct pk_renames *ret;
};

/* The name that a table of the schema files has before the renames found so far. */
static const char *table_before(const struct pk_renames *renames, const char *schema,
				const char *table)
{
	for (size_t i = 0; table && i < renames->n; i++) {
		const struct pk_rename *rename = &renames->items[i];
		if (pk_streq(rename->kind, "table") && pk_streq(rename->to, table) &&
		    pk_streq(rename->schema, schema))
			return rename->from;
	}
	return table;
}

/* A comment stays in the file long after the rename was deployed: then it says nothing any more. */
static void add_if_due(struct search *search, const struct pk_rename *rename)
{
	const char *before = table_before(search->ret, rename->schema, rename->parent);
	if (exists(search->from, rename->kind, rename->schema, before, rename->from) &&
	    !exists(search->from, rename->kind, rename->schema, before, rename->to) &&
	    exists(search->to, rename->kind, rename->schema, rename->parent, rename->to))
		add(search->ret, rename);
}

static void rename_of_statement(struct search *search, const struct pk_statement *statement,
				const struct pk_action *action)
{
	static const char *const types[] = { "enum", "composite", "range" };
	const char *mark = strstr(statement->comment, marker);
	if (!mark || !action->object || !action->name)
		return;
	mark += sizeof(marker) - 1;
	PK_FREE char *old_name = name_after(mark, mark + strcspn(mark, "\n"));
	if (!old_name)
		return;
	const char *dot = strrchr(old_name, '.');
	bool on_relation =
		pk_streq(action->object, "trigger") || pk_streq(action->object, "policy");
	bool is_index = pk_streq(action->object, "index");
	const char *schema = on_relation || is_index ? action->rel_schema : action->schema;
	struct pk_rename rename = {
		.kind = pk_streq(action->object, "materialized view") ? "matview" : action->object,
		.schema = pk_streq(action->object, "schema") ? NULL
			  : schema			     ? schema
							     : "public",
		.parent = on_relation ? action->rel_name : NULL,
		.from = dot ? dot + 1 : old_name,
		.to = action->name,
	};
	if (form_of(rename.kind))
		add_if_due(search, &rename);
	for (size_t i = 0; pk_streq(action->object, "type") && i < PK_COUNT(types); i++) {
		rename.kind = types[i];
		add_if_due(search, &rename);
	}
}

/* Markers inside CREATE TABLE: behind a column, or on the line above it. */
static void renames_of_columns(struct search *search, const struct pk_statement *statement,
			       const struct pk_action *action)
{
	for (const char *mark = statement->text; (mark = strstr(mark, marker)); mark++) {
		const char *after = mark + sizeof(marker) - 1;
		const char *end = after + strcspn(after, "\n");
		PK_FREE char *old_name = name_after(after, end);
		const char *line = mark;
		while (line > statement->text && line[-1] != '\n')
			line--;
		const char *first = line + strspn(line, " \t");
		bool alone = pk_starts_with(first, "--");
		PK_FREE char *column = identifier_at(alone ? end : first);
		if (!old_name || !column)
			continue;
		const struct pk_rename rename = {
			.kind = "column",
			.schema = action->schema ? action->schema : "public",
			.parent = action->name,
			.from = old_name,
			.to = column,
		};
		add_if_due(search, &rename);
	}
}

static int search_file(struct search *search, const struct pk_source_file *file, struct pk_err *err)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;
	if (!strstr(file->text, marker))
		return 0;
	if (pk_sql_split(file->text, file->path, &statements, err) < 0)
		return -1;
	pk_sql_actions(&statements, &actions);
	size_t done = 0;
	for (size_t i = 0; i < actions.n; i++) {
		const struct pk_action *action = &actions.items[i];
		if (action->verb != PK_CREATE || action->statement < done)
			continue;
		done = action->statement + 1;
		rename_of_statement(search, &statements.items[action->statement], action);
		if (pk_streq(action->object, "table"))
			renames_of_columns(search, &statements.items[action->statement], action);
	}
	return 0;
}

static int bad_rename(const char *text, struct pk_err *err)
{
	pk_err_set(err, "'%s' does not say what to rename", text);
	pk_err_hint(
		err,
		"--rename column:public.users.name=full_name, --rename table:public.users=clients");
	return pk_err_exit(err, PK_EXIT_USAGE);
}

/* kind:[schema.][table.]old=new */
static int add_asked(struct search *search, const char *text, struct pk_err *err)
{
	const char *colon = strchr(text, ':');
	const char *equals = colon ? strrchr(colon, '=') : NULL;
	if (!equals || equals == colon + 1 || !equals[1])
		return bad_rename(text, err);
	PK_FREE char *kind = pk_strndup(text, (size_t)(colon - text));
	PK_FREE char *from = pk_strndup(colon + 1, (size_t)(equals - colon - 1));
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	pk_strv_split(&names, from, '.');
	const struct form *form = form_of(kind);
	if (!form)
		return pk_err_set(err, "a %s can't be renamed by a plan", kind);
	bool in_schema = !pk_streq(kind, "schema");
	size_t least = form->shape == ITSELF ? 1 : 2;
	if (names.n != least && !(in_schema && names.n == least + 1))
		return bad_rename(text, err);
	const struct pk_rename rename = {
		.kind = kind,
		.schema = !in_schema	    ? NULL
			  : names.n > least ? names.items[0]
					    : "public",
		.parent = form->shape == ITSELF ? NULL : names.items[names.n - 2],
		.from = names.items[names.n - 1],
		.to = equals + 1,
	};
	const char *before = table_before(search->ret, rename.schema, rename.parent);
	if (!exists(search->from, kind, rename.schema, before, rename.from)) {
		pk_err_set(err, "the clone has no %s '%s'", kind, from);
		return pk_err_hint(err, "--rename kind:old=new names the object as it is now");
	}
	add(search->ret, &rename);
	return 0;
}

int pk_renames_find(const struct pk_session_source *source, const struct pk_strv *asked,
		    const struct pk_snapshot *from, const struct pk_snapshot *to,
		    struct pk_renames *ret, struct pk_err *err)
{
	struct search search = { .from = from, .to = to, .ret = ret };
	for (size_t i = 0; i < source->files.n; i++)
		if (search_file(&search, &source->files.items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < asked->n; i++)
		if (add_asked(&search, asked->items[i], err) < 0)
			return -1;
	return 0;
}
