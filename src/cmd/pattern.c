#include "cmd/pattern.h"

#include "base/arena.h"
#include "base/embedded.h"
#include "base/map.h"
#include "base/text_template.h"
#include "base/text.h"
#include "cmd/help.h"
#include "cmd/pattern_names.h"
#include "cmd/pattern_out.h"
#include "cmd/pattern_table.h"
#include "cmd/pattern_type.h"
#include "pg/conn.h"

#define NAME_MAX_BYTES 63
#define FOLDER	       "templates/pattern/"

struct work {
	const struct pk_ctx *ctx;
	const struct pk_pattern_request *request;
	struct pk_arena arena;
	struct pk_pattern_table table;
	struct pk_text_template template;
};

static void work_release(struct work *w)
{
	pk_map_release(&w->template.values);
	pk_pattern_table_release(&w->table);
	pk_arena_release(&w->arena);
}

/* ---- names ---- */

static const char *ident(struct work *w, const char *name)
{
	return pk_pattern_ident(&w->arena, name);
}

static const char *qualified(struct work *w, const char *name)
{
	return pk_pattern_qualified(&w->arena, w->table.schema, name);
}

static const char *literal(struct work *w, const char *text)
{
	return pk_pattern_literal(&w->arena, text);
}

/* A name of ours, of the table's and what it is for; one that is too long ends in a hash of it. */
static const char *own_name(struct work *w, const char *before, const char *what)
{
	const char *name = pk_arena_printf(&w->arena, "%s_%s_%s", before, w->table.name, what);
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

/* One that the steps can take over, or drop. */
static const struct pk_pattern_column *need_plain(struct work *w, const char *text, struct pk_err *err)
{
	const struct pk_pattern_column *c = pk_pattern_table_need(&w->table, text, err);

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
	PK_FREE char *quote = pk_text_template_quote(&w->template, start);

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
	if (w->table.last_trigger && strcmp(w->table.last_trigger, sync) > 0)
		sync = own_name(w, "~zz_postkit", what); /* triggers fire by name: the last sees what others made */
	const char *back = own_name(w, "zz_postkit_back", what);
	const char *table = qualified(w, w->table.name);

	set(w, "table", table);
	set(w, "table_text", literal(w, table));
	set(w, w->table.partitioned ? "parted" : "whole", "yes");
	set(w, "trigger", ident(w, sync));
	set(w, "function", qualified(w, sync));
	set(w, "function_back", qualified(w, back));
	set(w, "proof", ident(w, own_name(w, "postkit", what)));
	set(w, "key",
	    pk_arena_printf(&w->arena, "%lld", (long long)(pk_hash(sync, strlen(sync), 0) >> 1)));
}

static void set_column(struct work *w, const struct pk_pattern_column *c)
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
	const struct pk_pattern_column *c = need_plain(w, w->request->operands[1], err);
	const char *schema, *name;

	if (!c)
		return -1;
	pk_pattern_name_read(&w->arena, w->request->operands[2], &schema, &name);
	set_column(w, c);
	set(w, "new", ident(w, name));
	return 0;
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
	pk_text_template_add(&w->template, "carry_sequence", &text);
	return pk_arena_strdup(&w->arena, text.ptr);
}

/* Its primary key gets an index on the column beside it, which takes the place of its own. */
static void set_key(struct work *w, const struct pk_pattern_column *c, const char *beside)
{
	const char *index = own_name(w, "postkit_key", c->name);
	PK_AUTO(pk_buf) columns = PK_BUF_INIT;

	set(w, "no_key", "yes");
	if (!w->table.key_name || !pk_pattern_table_has_key(&w->table, c->name))
		return;
	for (size_t i = 0; w->table.keys[i]; i++)
		pk_buf_addf(&columns, "%s%s", i ? ", " : "", ident(w, pk_streq(w->table.keys[i], c->name) ? beside : w->table.keys[i]));
	set(w, "no_key", NULL);
	set(w, "not_null", "yes");
	set(w, "key_name", ident(w, w->table.key_name));
	set(w, "key_index", ident(w, index));
	set(w, "key_index_qualified", qualified(w, index));
	set(w, "keys", list(w, w->table.keys, "@"));
	set(w, "new_keys", pk_arena_strdup(&w->arena, columns.ptr));
	set(w, "taken_key", "'p'");
}

static int read_type(struct work *w, struct pk_err *err)
{
	const struct pk_pattern_column *c = need_plain(w, w->request->operands[1], err);

	if (!c)
		return -1;
	if (c->identity && !pk_pattern_is_integer(w->request->operands[2])) {
		pk_err_set(err, "column %s is an identity column, which counts in smallint, integer or bigint", ident(w, c->name));
		return -1;
	}
	PK_FREE char *type = pk_pattern_type(w->request->operands[2], &w->table.types, err);
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
	const struct pk_pattern_column *c = need_plain(w, w->request->operands[1], err);

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
			    pk_pattern_table_find(&w->table, names[i])->type);
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
		if (pk_pattern_table_find(&w->table, names[i])->not_null)
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
	set(w, "keys", list(w, w->table.keys, "@"));
	set(w, "new_keys", list(w, w->table.keys, "NEW.@"));
	set(w, "old_keys", list(w, w->table.keys, "OLD.@"));
	set(w, "t_keys", list(w, w->table.keys, "t.@"));
	set(w, "n_keys", list(w, w->table.keys, "n.@"));
	set(w, "keys_text", literals(w, w->table.keys));
	set(w, "key_definitions", definitions(w, w->table.keys, ""));
}

static int read_split(struct work *w, struct pk_err *err)
{
	const struct pk_pattern_request *r = w->request;
	const char **names = pk_arena_alloc(&w->arena, (size_t)r->n * sizeof(*names));
	const char *schema, *name;
	int n = 0;

	if (!w->table.keys)
		return pk_err_set(err,
				  "%s no primary key of table %s, by which the other would know its rows",
				  w->table.who, qualified(w, w->table.name));
	for (int i = 2; i < r->n; i++) {
		const struct pk_pattern_column *c = need_plain(w, r->operands[i], err);
		if (!c)
			return -1;
		if (pk_pattern_table_has_key(&w->table, c->name))
			return pk_err_set(err,
					  "column %s is of the primary key, which both tables have",
					  ident(w, c->name));
		for (int k = 0; k < n; k++)
			if (pk_streq(names[k], c->name))
				return pk_err_set(err, "column %s is named twice", ident(w, c->name));
		names[n++] = c->name;
	}
	names[n] = NULL;
	pk_pattern_name_read(&w->arena, r->operands[1], &schema, &name);
	const char *table = pk_pattern_qualified(&w->arena, schema ? schema : w->table.schema, name);
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
		PK_FREE char *name = pk_printf("%s %s %s", step, w->request->pattern, w->table.name);
		pk_text_template_expand(&w->template, file->data, file->len, &text);
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
				     "--pattern is rename-column, change-type, drop-column or split-table, not '%s'",
				     request->pattern);
	if (request->n < shape->least || request->n > shape->most)
		return pk_help_usage("migration", err, "%s takes %s", shape->name, shape->operands);
	w.template.own = pk_arena_printf(&w.arena, FOLDER "%s/", request->pattern);
	w.template.shared = FOLDER;
	set(&w, "taken", "''");
	set(&w, "taken_key", "'n'");
	if (pk_pattern_table_read(ctx, request->output, request->operands[0], &w.table, err) < 0 ||
	    shape->read(&w, err) < 0 || make_steps(&w, err) < 0)
		return -1;
	if (!request->output)
		pk_advise(ctx, "Migration",
			  "git postkit apply runs them on the clone; after that the schema files have to say what they made, "
			  "and it tells what is missing there");
	if (!request->step)
		pk_advise(ctx, "Migration",
			  "the contract step comes later, when no program needs the old form: the same again with "
			  "--step contract");
	return 0;
}
