#include "cmd/pattern.h"

#include "base/arena.h"
#include "base/embedded.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/template.h"
#include "base/text.h"
#include "cmd/help.h"
#include "cmd/pattern_out.h"
#include "cmd/pattern_source.h"
#include "cmd/pattern_type.h"
#include "pg/conn.h"
#include "sql/action.h"
#include "sql/scan.h"

#define NAME_MAX_BYTES 63
#define FOLDER	       "templates/pattern/"

struct column {
	const char *name, *type, *value; /* value: the default */
	bool not_null, identity, generated;
	struct column *next;
};

struct work {
	const struct pk_ctx *ctx;
	const struct pk_pattern_request *request;
	struct pk_arena arena;
	const char *schema, *table;
	const char *who;	 /* "the clone has": where the columns are from */
	struct column *columns;	 /* all of the table, the last first */
	const char *const *keys; /* of its primary key; NULL: it has none */
	const char *key_name;	 /* of that; NULL: an index alone does not make such a one */
	bool partitioned;
	const char *last_trigger; /* of the table, by name; NULL: it has none */
	const char *text; /* of the statement at hand */
	struct pk_map types;	 /* that the files define: name -> schema */
	struct pk_template template;
};

static void work_release(struct work *w)
{
	pk_map_release(&w->template.values);
	pk_map_release(&w->types);
	pk_arena_release(&w->arena);
}

/* ---- names ---- */

/* As SQL writes it: one name, or a schema and a name. What is none by that is taken as it is. */
static void take_name(struct work *w, const char *text, const char **ret_schema,
		      const char **ret_name)
{
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	struct pk_scan scan;
	struct pk_token token;
	bool good = true, dot = false;

	pk_scan_start(&scan, text, strlen(text));
	while (good && pk_scan_code(&scan, &token)) {
		PK_FREE char *name = pk_token_name(text, &token);
		good = dot ? pk_token_char(text, &token, '.') : name != NULL;
		if (!dot && name)
			pk_strv_push(&names, name);
		dot = !dot;
	}
	good = good && dot && names.n <= 2;
	*ret_schema = good && names.n == 2 ? pk_arena_strdup(&w->arena, names.items[0]) : NULL;
	*ret_name = pk_arena_strdup(&w->arena, good ? names.items[names.n - 1] : text);
}

static const char *ident(struct work *w, const char *name)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;

	pk_buf_add_ident(&buf, name);
	return pk_arena_strdup(&w->arena, buf.ptr);
}

static const char *qualified(struct work *w, const char *schema, const char *name)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;

	pk_buf_add_qualified(&buf, schema, name);
	return pk_arena_strdup(&w->arena, buf.ptr);
}

static const char *literal(struct work *w, const char *text)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;

	pk_buf_add_literal(&buf, text);
	return pk_arena_strdup(&w->arena, buf.ptr);
}

/* A name of ours, of the table's and what it is for; one that is too long ends in a hash of it. */
static const char *own_name(struct work *w, const char *before, const char *what)
{
	const char *name = pk_arena_printf(&w->arena, "%s_%s_%s", before, w->table, what);
	size_t n = NAME_MAX_BYTES - 9;

	if (strlen(name) <= NAME_MAX_BYTES)
		return name;
	while (((unsigned char)name[n] & 0xC0) == 0x80)
		n--;
	return pk_arena_printf(&w->arena, "%.*s_%08x", (int)n, name,
			       (unsigned)pk_hash(name, strlen(name), 0));
}

static void set(struct work *w, const char *key, const char *value)
{
	pk_map_set(&w->template.values, key, (void *)(value ? value : ""));
}

/* Each name as `each` says, where @ stands for it: "n.@" -> "n.a, n.b". */
static const char *list(struct work *w, const char *const *names, const char *each)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;

	for (size_t i = 0; names[i]; i++) {
		pk_buf_add(&buf, i ? ", " : "");
		for (const char *p = each; *p; p++)
			if (*p == '@')
				pk_buf_add_ident(&buf, names[i]);
			else
				pk_buf_addc(&buf, *p);
	}
	return pk_arena_strdup(&w->arena, buf.ptr);
}

/* ---- the table, as the steps meet it ---- */

static struct column *find_column(struct work *w, const char *name)
{
	for (struct column *c = w->columns; c; c = c->next)
		if (pk_streq(c->name, name))
			return c;
	return NULL;
}

static const char *serial_default(struct work *w, const char *column)
{
	const char *name = pk_arena_printf(&w->arena, "%s_%s_seq", w->table, column);

	return pk_arena_printf(&w->arena, "nextval(%s::regclass)", literal(w, qualified(w, w->schema, name)));
}

static void note_column(struct work *w, const struct pk_action *a)
{
	struct column *c = pk_arena_alloc(&w->arena, sizeof(*c));

	*c = (struct column){ .name = pk_arena_strdup(&w->arena, a->column),
			      .type = a->serial ? pk_pattern_serial(a->type) : pk_arena_strdup(&w->arena, a->type),
			      .value = a->has_default ? pk_arena_strdup(&w->arena, a->def) :
				       a->serial      ? serial_default(w, a->column) :
							NULL,
			      .not_null = a->not_null,
			      .identity = a->identity,
			      .generated = a->generated,
			      .next = w->columns };
	w->columns = c;
}

static void note_keys(struct work *w, const struct pk_action *a)
{
	size_t n = 0;

	while (a->columns && a->columns[n])
		n++;
	const char **keys = pk_arena_alloc(&w->arena, (n + 1) * sizeof(*keys));
	for (size_t i = 0; i < n; i++)
		keys[i] = pk_arena_strdup(&w->arena, a->columns[i]);
	keys[n] = NULL;
	w->keys = keys;
	if (!pk_scan_has_word(w->text, "deferrable") && !pk_scan_has_word(w->text, "include") && !w->partitioned)
		w->key_name = a->name ? pk_arena_strdup(&w->arena, a->name) :
					pk_arena_printf(&w->arena, "%s_pkey", w->table);
}

static void note_type(struct work *w, const struct pk_action *a)
{
	if (a->verb == PK_CREATE && a->name &&
	    (pk_streq(a->object, "type") || pk_streq(a->object, "domain")))
		pk_map_set(&w->types, pk_arena_strdup(&w->arena, a->name),
			   pk_arena_strdup(&w->arena, a->schema ? a->schema : "public"));
}

static void note(struct work *w, const struct pk_action *a)
{
	struct column *c = a->column ? find_column(w, a->column) : NULL;

	const char *own_schema = pk_streq(a->object, "table") ? a->schema : a->rel_schema;

	note_type(w, a);
	if (!pk_streq(pk_streq(a->object, "table") ? a->name : a->rel_name, w->table) ||
	    !pk_streq(own_schema ? own_schema : "public", w->schema))
		return;
	bool trigger = a->verb == PK_CREATE && pk_streq(a->object, "trigger") && a->name;
	if (trigger && (!w->last_trigger || strcmp(a->name, w->last_trigger) > 0))
		w->last_trigger = pk_arena_strdup(&w->arena, a->name);
	else if (pk_streq(a->object, "table") && a->verb == PK_CREATE)
		w->partitioned = a->partitioned;
	if (a->sub == PK_ADD_COLUMN)
		note_column(w, a);
	else if (a->sub == PK_ADD_CONSTRAINT && a->constraint == PK_CON_PRIMARY)
		note_keys(w, a);
	else if (c && a->sub == PK_SET_NOT_NULL)
		c->not_null = true;
	else if (c && a->sub == PK_ADD_IDENTITY)
		c->identity = true;
	else if (c && a->sub == PK_SET_DEFAULT)
		c->value = pk_arena_strdup(&w->arena, a->def);
}

static int read_source(struct work *w, const struct pk_source *files,
		       void (*take)(struct work *w, const struct pk_action *a), struct pk_err *err)
{
	for (size_t i = 0; i < files->n; i++) {
		PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
		PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;
		if (pk_sql_split_only(files->items[i].text, files->items[i].path, false, &statements,
				      err) < 0)
			return -1;
		pk_sql_actions(&statements, &actions);
		for (size_t k = 0; k < actions.n; k++) {
			w->text = statements.items[actions.items[k].statement].text;
			take(w, &actions.items[k]);
		}
	}
	return 0;
}

static const char begin_hint[] =
	"the steps begin with what is there before them, not with what edited schema files want";

/* The schema files may have edits that want what the steps lead to: of them only types are taken. */
static int read_table(struct work *w, struct pk_err *err)
{
	PK_FREE char *dir = pk_path_join(w->ctx->repo.workdir, w->ctx->project.schema_dir);
	PK_AUTO(pk_source) before = PK_SOURCE_INIT;
	PK_AUTO(pk_source) files = PK_SOURCE_INIT;

	if (pk_pattern_source(w->ctx, w->request->output, &before, &w->who, err) < 0 ||
	    read_source(w, &before, note, err) < 0 ||
	    pk_source_from_path(&files, dir, pk_project_not_schema, err) < 0 ||
	    read_source(w, &files, note_type, err) < 0)
		return -1;
	if (w->columns)
		return 0;
	pk_err_set(err, "%s no table %s", w->who, qualified(w, w->schema, w->table));
	return pk_err_hint(err, "%s", begin_hint);
}

static struct column *need_column(struct work *w, const char *text, struct pk_err *err)
{
	const char *schema, *name;

	take_name(w, text, &schema, &name);
	struct column *c = find_column(w, name);
	if (!c) {
		pk_err_set(err, "%s no column %s in table %s", w->who, ident(w, name),
			   qualified(w, w->schema, w->table));
		pk_err_hint(err, "%s", begin_hint);
	}
	return c;
}

/* One that the steps can take over, or drop. */
static struct column *need_plain(struct work *w, const char *text, struct pk_err *err)
{
	struct column *c = need_column(w, text, err);

	bool written = !pk_streq(w->request->pattern, "drop-column");
	bool numbered = pk_streq(w->request->pattern, "rename-column") || pk_streq(w->request->pattern, "change-type");
	if (!c || (!(c->identity && !numbered) && !(c->generated && written)))
		return c;
	pk_err_set(err, "column %s is %s, which no step takes over", ident(w, c->name),
		   c->identity ? "an identity column: its sequence hangs on it"
			       : "a generated column: no trigger can write it");
	return NULL;
}

static void set_quote(struct work *w, const char *key, const char *start)
{
	PK_FREE char *quote = pk_template_quote(&w->template, start);

	set(w, key, pk_arena_strdup(&w->arena, quote));
}

static void set_quotes(struct work *w)
{
	set_quote(w, "q", "$postkit$");
	set_quote(w, "q2", "$batch$");
}

/* ---- what the patterns are told ---- */

static void set_table(struct work *w, const char *what)
{
	const char *sync = own_name(w, "zz_postkit", what);
	if (w->last_trigger && strcmp(w->last_trigger, sync) > 0)
		sync = own_name(w, "~zz_postkit", what); /* triggers fire by name: the last sees what others made */
	const char *back = own_name(w, "zz_postkit_back", what);
	const char *table = qualified(w, w->schema, w->table);

	set(w, "table", table);
	set(w, "table_text", literal(w, table));
	set(w, "trigger", ident(w, sync));
	set(w, "function", qualified(w, w->schema, sync));
	set(w, "function_back", qualified(w, w->schema, back));
	set(w, "proof", ident(w, own_name(w, "postkit", what)));
	set(w, "key",
	    pk_arena_printf(&w->arena, "%lld", (long long)(pk_hash(sync, strlen(sync), 0) >> 1)));
}

static void set_column(struct work *w, const struct column *c)
{
	set_table(w, c->name);
	set(w, "old", ident(w, c->name));
	set(w, "type", c->type);
	set(w, "not_null", c->not_null ? "yes" : NULL);
	set(w, "default", c->value);
	set(w, "columns_text", literal(w, c->name));
}

static int read_rename(struct work *w, struct pk_err *err)
{
	const struct column *c = need_plain(w, w->request->operands[1], err);
	const char *schema, *name;

	if (!c)
		return -1;
	take_name(w, w->request->operands[2], &schema, &name);
	set_column(w, c);
	set(w, "new", ident(w, name));
	return 0;
}

static bool is_key(const struct work *w, const char *column)
{
	size_t i = 0;

	while (w->keys && w->keys[i] && !pk_streq(w->keys[i], column))
		i++;
	return w->keys && w->keys[i];
}

/* Its sequence goes to the column that takes its place, or back. */
static const char *carry(struct work *w, const char *from, const char *to, const char *type)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	set(w, "carry_from", ident(w, from));
	set(w, "carry_from_text", literal(w, from));
	set(w, "carry_to_text", literal(w, to));
	set(w, "carry_type_text", literal(w, type));
	set(w, "counts", pk_pattern_is_integer(type) ? "true" : "false");
	pk_template_add(&w->template, "carry_sequence", &text);
	return pk_arena_strdup(&w->arena, text.ptr);
}

/* Its primary key gets an index on the column beside it, which takes the place of its own. */
static void set_key(struct work *w, const struct column *c, const char *beside)
{
	const char *index = own_name(w, "postkit_key", c->name);
	PK_AUTO(pk_buf) columns = PK_BUF_INIT;

	set(w, "no_key", "yes");
	if (!w->key_name || !is_key(w, c->name))
		return;
	for (size_t i = 0; w->keys[i]; i++)
		pk_buf_addf(&columns, "%s%s", i ? ", " : "", ident(w, pk_streq(w->keys[i], c->name) ? beside : w->keys[i]));
	set(w, "no_key", NULL);
	set(w, "not_null", "yes");
	set(w, "key_name", ident(w, w->key_name));
	set(w, "key_index", ident(w, index));
	set(w, "key_index_qualified", qualified(w, w->schema, index));
	set(w, "keys", list(w, w->keys, "@"));
	set(w, "new_keys", pk_arena_strdup(&w->arena, columns.ptr));
	set(w, "taken_key", "'p'");
}

static int read_type(struct work *w, struct pk_err *err)
{
	const struct column *c = need_plain(w, w->request->operands[1], err);

	if (!c)
		return -1;
	if (c->identity && !pk_pattern_is_integer(w->request->operands[2])) {
		pk_err_set(err, "column %s is an identity column, which counts in smallint, integer or bigint", ident(w, c->name));
		return -1;
	}
	PK_FREE char *type = pk_pattern_type(w->request->operands[2], &w->types, err);
	if (!type)
		return -1;
	set_column(w, c);
	const char *beside = own_name(w, "postkit", c->name);
	set(w, "new", ident(w, beside));
	set(w, "new_type", pk_arena_strdup(&w->arena, type));
	set_key(w, c, beside);
	if (!c->identity && !(c->value && strstr(c->value, "nextval(")))
		return 0;
	set_quotes(w);
	set(w, "taken", "'S'");
	set(w, "carry", carry(w, c->name, beside, type));
	set(w, "carry_back", carry(w, beside, c->name, c->type));
	return 0;
}

static int read_drop(struct work *w, struct pk_err *err)
{
	const struct column *c = need_plain(w, w->request->operands[1], err);

	if (!c)
		return -1;
	set_column(w, c);
	return 0;
}

/* "a text, b integer DEFAULT 1": as before says of each name. */
static const char *definitions(struct work *w, const char *const *names, const char *before)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;

	for (size_t i = 0; names[i]; i++)
		pk_buf_addf(&buf, "%s%s%s %s", i ? ", " : "", before, ident(w, names[i]),
			    find_column(w, names[i])->type);
	return pk_arena_strdup(&w->arena, buf.ptr);
}

static const char *literals(struct work *w, const char *const *names)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;

	for (size_t i = 0; names[i]; i++) {
		pk_buf_add(&buf, i ? ", " : "");
		pk_buf_add_literal(&buf, names[i]);
	}
	return pk_arena_strdup(&w->arena, buf.ptr);
}

static void set_moved(struct work *w, const char *const *names)
{
	PK_AUTO(pk_buf) not_nulls = PK_BUF_INIT;

	for (size_t i = 0; names[i]; i++)
		if (find_column(w, names[i])->not_null)
			pk_buf_addf(&not_nulls, "%sALTER COLUMN %s SET NOT NULL",
				    not_nulls.len ? ", " : "", ident(w, names[i]));
	set(w, "columns_text", literals(w, names));
	set(w, "not_nulls", pk_arena_strdup(&w->arena, not_nulls.ptr));
	set(w, "columns", list(w, names, "@"));
	set(w, "new_columns", list(w, names, "NEW.@"));
	set(w, "t_columns", list(w, names, "t.@"));
	set(w, "n_columns", list(w, names, "n.@"));
	set(w, "excluded", list(w, names, "EXCLUDED.@"));
	set(w, "nulls", list(w, names, "NULL"));
	/* every type has a text, and not every one an equality that any search path finds */
	set(w, "new_texts", list(w, names, "NEW.@::text"));
	set(w, "t_texts", list(w, names, "t.@::text"));
	set(w, "n_texts", list(w, names, "n.@::text"));
	set(w, "excluded_texts", list(w, names, "EXCLUDED.@::text"));
	set(w, "nullable", list(w, names, "ALTER COLUMN @ DROP NOT NULL"));
	set(w, "drops", list(w, names, "DROP COLUMN @"));
	set(w, "adds", definitions(w, names, "ADD COLUMN "));
	set(w, "definitions", definitions(w, names, ""));
}

static void set_keys(struct work *w)
{
	set(w, "keys", list(w, w->keys, "@"));
	set(w, "new_keys", list(w, w->keys, "NEW.@"));
	set(w, "old_keys", list(w, w->keys, "OLD.@"));
	set(w, "t_keys", list(w, w->keys, "t.@"));
	set(w, "n_keys", list(w, w->keys, "n.@"));
	set(w, "keys_text", literals(w, w->keys));
	set(w, "key_definitions", definitions(w, w->keys, ""));
}

static int read_split(struct work *w, struct pk_err *err)
{
	const struct pk_pattern_request *r = w->request;
	const char **names = pk_arena_alloc(&w->arena, (size_t)r->n * sizeof(*names));
	const char *schema, *name;
	int n = 0;

	if (!w->keys)
		return pk_err_set(err,
				  "%s no primary key of table %s, by which the other would know its "
				  "rows",
				  w->who, qualified(w, w->schema, w->table));
	for (int i = 2; i < r->n; i++) {
		const struct column *c = need_plain(w, r->operands[i], err);
		if (!c)
			return -1;
		if (is_key(w, c->name))
			return pk_err_set(err,
					  "column %s is of the primary key, which both tables have",
					  ident(w, c->name));
		names[n++] = c->name;
	}
	names[n] = NULL;
	take_name(w, r->operands[1], &schema, &name);
	const char *table = qualified(w, schema ? schema : w->schema, name);
	set_table(w, name);
	set(w, "new_table", table);
	set(w, "new_table_text", literal(w, table));
	set_keys(w);
	set_moved(w, names);
	return 0;
}

static const struct shape {
	const char *name, *operands;
	int least, most;
	int (*read)(struct work *w, struct pk_err *err);
} shapes[] = {
	{ "rename-column", "TABLE COLUMN NEW-NAME", 3, 3, read_rename },
	{ "change-type", "TABLE COLUMN TYPE", 3, 3, read_type },
	{ "drop-column", "TABLE COLUMN", 2, 2, read_drop },
	{ "split-table", "TABLE NEW-TABLE COLUMN...", 3, 1000, read_split },
};

/* ---- templates ---- */

/* "backfill" of "templates/pattern/change-type/2_backfill.sql"; NULL: it is no step of the pattern. Caller frees. */
static char *step_of(const struct work *w, const char *path)
{
	PK_FREE char *prefix = pk_printf(FOLDER "%s/", w->request->pattern);
	const char *name = path + strlen(prefix);

	if (!pk_starts_with(path, prefix) || name[0] < '0' || name[0] > '9')
		return NULL;
	return pk_strndup(name + 2, strlen(name) - 2 - strlen(".sql"));
}

static bool is_wanted(const struct work *w, const char *step)
{
	const char *wanted = w->request->step;

	return pk_streq(wanted, "all") ||
	       (wanted ? strcmp(step, wanted) == 0 : strcmp(step, "contract") != 0);
}

static int make_steps(struct work *w, struct pk_err *err)
{
	size_t made = 0;

	set_quotes(w);
	for (const struct pk_embedded *file = pk_embedded_files; file->path; file++) {
		PK_FREE char *step = step_of(w, file->path);
		PK_AUTO(pk_buf) text = PK_BUF_INIT;
		if (!step || !is_wanted(w, step))
			continue;
		PK_FREE char *name = pk_printf("%s %s %s", step, w->request->pattern, w->table);
		pk_template_expand(&w->template, file->data, file->len, &text);
		if (pk_pattern_put(w->ctx, w->request, name, text.ptr, err) < 0)
			return -1;
		made++;
	}
	return made ? 0
		    : pk_help_usage("migration", err, "%s has no step '%s'", w->request->pattern,
				    w->request->step);
}

int pk_pattern_make(const struct pk_ctx *ctx, const struct pk_pattern_request *request,
		    struct pk_err *err)
{
	struct work w __attribute__((cleanup(work_release))) = { .ctx = ctx, .request = request };
	const struct shape *shape = NULL;

	for (size_t i = 0; i < PK_COUNT(shapes); i++)
		if (pk_streq(shapes[i].name, request->pattern))
			shape = &shapes[i];
	if (!shape)
		return pk_help_usage("migration", err,
				     "--pattern is rename-column, change-type, drop-column or "
				     "split-table, not '%s'",
				     request->pattern);
	if (request->n < shape->least || request->n > shape->most)
		return pk_help_usage("migration", err, "%s takes %s", shape->name, shape->operands);
	w.template.own = pk_arena_printf(&w.arena, FOLDER "%s/", request->pattern);
	w.template.shared = FOLDER;
	set(&w, "taken", "''");
	set(&w, "taken_key", "'n'");
	take_name(&w, request->operands[0], &w.schema, &w.table);
	w.schema = w.schema ? w.schema : "public";
	if (read_table(&w, err) < 0 || shape->read(&w, err) < 0 || make_steps(&w, err) < 0)
		return -1;
	if (!request->step)
		pk_advise(ctx, "Migration",
			  "the contract step comes later, when no program needs the old form: the "
			  "same again with "
			  "--step contract");
	return 0;
}
