/* Which renames are due. In what order they run: rename_order.c. */
#include "diff/rename_work.h"

#include "pg/conn.h"
#include "sql/renamed.h"

#include <ctype.h>

#define MAX_PARTS 3

void pk_renaming_release(struct pk_renaming *renaming)
{
	free(renaming->steps);
	pk_arena_release(&renaming->arena);
	*renaming = (struct pk_renaming)PK_RENAMING_INIT;
}

void pk_rename_work_release(struct pk_rename_work *work)
{
	free(work->items);
	pk_script_release(&work->script);
	pk_arena_release(&work->arena);
}

/* ---- what a word means ---- */

/* "materialized view", "materialized_view" and MATERIALIZED VIEW are one. */
static bool same_word(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b) && !(strchr(" _", *a) && strchr(" _", *b)))
			return false;
	return *a == *b;
}

static bool is_of_word(const struct pk_object *o, const char *word)
{
	if (o->kind->part)
		return same_word(word, o->parent && o->parent->kind->type ? "attribute" : "column") ||
		       same_word(word, o->kind->name);
	if (o->kind->routine && (same_word(word, "function") || same_word(word, "procedure") || same_word(word, "routine")))
		return true;
	return o->kind->rename && (same_word(word, o->kind->name) || same_word(word, pk_sql_name(o)));
}

bool pk_is_part(const struct pk_object *o)
{
	return o->parent && !o->kind->relation_name;
}

static bool in_schema(const struct pk_object *o, const char *schema)
{
	return !schema || pk_streq(o->schema, schema);
}

/* What somebody called by these words. within: the table of a part, or what holds something named inside it. */
struct wanted {
	const char *word, *schema, *within, *name;
	const char *tail; /* the arguments of a function; NULL: any */
};

static bool fits(struct pk_rename_work *w, const struct pk_object *o, const struct wanted *wanted)
{
	if (!in_schema(o, wanted->schema) || (wanted->tail && !pk_streq(pk_ident_tail(o), wanted->tail)))
		return false;
	if (!wanted->within)
		return !pk_is_part(o) && pk_is_named(o, wanted->name) && is_of_word(o, wanted->word);
	if (pk_is_part(o))
		return pk_streq(o->parent->name, wanted->within) && pk_streq(o->name, wanted->name) &&
		       is_of_word(o, wanted->word);
	return o->kind->inside && same_word(o->kind->inside, wanted->word) && pk_streq(o->name, wanted->within) &&
	       pk_has_inside(&w->script, o, wanted->name);
}

/*
 * The index of the next that fits, from one on; side->n: none is left. Without a schema those of public come alone
 * if there are any.
 */
static size_t find(struct pk_rename_work *w, const struct pk_snapshot *side, const struct wanted *wanted, size_t at)
{
	struct wanted in_public = *wanted;

	in_public.schema = "public";
	for (size_t i = 0; !wanted->schema && i < side->n; i++)
		if (fits(w, side->objects[i], &in_public)) {
			wanted = &in_public;
			break;
		}
	while (at < side->n && !fits(w, side->objects[at], wanted))
		at++;
	return at;
}

/* ---- candidates and which of them are due ---- */

static void add(struct pk_rename_work *w, const struct pk_rename *rename)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->items[i].from == rename->from && pk_streq(w->items[i].inside, rename->inside))
			return; /* said twice */
	if (w->n == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 8;
		w->items = pk_realloc_array(w->items, w->cap, sizeof(*w->items));
	}
	w->items[w->n++] = *rename;
}

/* Has something the new name already, where the old one is? *ret_by: the object, when it is one. */
static bool taken(struct pk_rename_work *w, const struct pk_rename *rename, const struct pk_object **ret_by)
{
	*ret_by = NULL;
	if (rename->inside)
		return pk_has_inside(&w->script, rename->from, rename->inside_to);
	*ret_by = pk_rename_named(w->from, rename->from, rename->from->kind->routine ? pk_ident_tail(rename->from) : NULL,
			pk_rename_schema_before(w, rename->to->schema),
			pk_is_part(rename->to) ? pk_rename_before(w, rename->to->parent) : NULL,
			pk_bare_name(&w->arena, rename->to));
	return *ret_by != NULL;
}

/* Which rename of those from `first` on gives the name free that this one takes; -1: none. */
static int giver(struct pk_rename_work *w, size_t first, const struct pk_rename *rename)
{
	const struct pk_object *by;

	if (!taken(w, rename, &by))
		return -1;
	for (size_t i = first; i < w->n; i++)
		if (rename->inside ? w->items[i].from == rename->from && pk_streq(w->items[i].inside, rename->inside_to)
				   : w->items[i].from == by && !w->items[i].inside)
			return (int)i;
	return -1;
}

static void drop(struct pk_rename_work *w, size_t i)
{
	memmove(&w->items[i], &w->items[i + 1], (--w->n - i) * sizeof(*w->items));
}

/*
 * Two that change places look the same before and after: only what they are tells whether it is still to
 * come. Asked for by hand it is done.
 */
static bool still_to_come(struct pk_rename_work *w, const struct pk_rename *rename)
{
	const struct pk_object *by;

	if (rename->asked || rename->inside)
		return rename->asked;
	taken(w, rename, &by);
	return pk_rename_likeness(&w->arena, rename->from, rename->to, NULL) >
	       pk_rename_likeness(&w->arena, by, rename->to, NULL);
}

/* Is its old name still wanted, for the same kind of thing? */
static bool old_name_stays(struct pk_rename_work *w, const struct pk_rename *rename)
{
	const struct pk_object *from = rename->from;

	if (rename->inside)
		return pk_has_inside(&w->script, rename->to, rename->inside);
	return pk_rename_named(w->to, from, pk_rename_tail_there(w, from, pk_rename_after), pk_rename_schema_of_after(w, from),
		     pk_is_part(from) ? pk_rename_after(w, from->parent) : NULL, pk_bare_name(&w->arena, from)) != NULL;
}

/* Does what this one waits for wait for it in turn? */
static bool in_circle(struct pk_rename_work *w, size_t first, size_t start)
{
	int at = giver(w, first, &w->items[start]);

	for (size_t hops = w->n; hops > 0 && at >= 0; hops--) {
		if ((size_t)at == start)
			return true;
		at = giver(w, first, &w->items[at]);
	}
	return false;
}

/* What has the new name already gives it to another one, or goes. */
static bool is_due(struct pk_rename_work *w, size_t first, size_t i)
{
	const struct pk_rename *rename = &w->items[i];
	const struct pk_object *by;

	if (!taken(w, rename, &by))
		return true;
	if (giver(w, first, rename) >= 0)
		return !in_circle(w, first, i) || still_to_come(w, rename);
	return !old_name_stays(w, rename) && still_to_come(w, rename);
}

/* Of what was added from `first` on: whose new name stays taken, or who have changed places already, are done. */
static int keep_due(struct pk_rename_work *w, size_t first, struct pk_err *err)
{
	for (size_t i = first; i < w->n;) {
		const struct pk_rename *rename = &w->items[i];

		if (is_due(w, first, i)) {
			i++;
			continue;
		}
		if (rename->asked) {
			pk_err_set(err, "'%s' cannot be renamed: there is one of the new name already", rename->asked);
			return pk_err_exit(err, PK_EXIT_USAGE);
		}
		drop(w, i);
		i = first; /* what relied on it is done, too */
	}
	return 0;
}

/* ---- marks ---- */

/* schemas first, since others are in them; then what stands in schemas, what takes such as arguments or goes with it, its parts */
#define LAST_DEPTH 3
static int depth_of(const struct pk_object *o, const char *inside)
{
	if (o->kind == &pk_kind_schema)
		return 0;
	if (pk_is_part(o) || inside)
		return LAST_DEPTH;
	return o->kind->routine || o->kind->tied_to_column || o->parent ? 2 : 1;
}

/* What had the old name. */
static const struct pk_object *find_old(struct pk_rename_work *w, const struct pk_object *to, const char *schema,
					const char *name)
{
	return pk_rename_named(w->from, to, pk_rename_tail_there(w, to, pk_rename_before), schema,
		     pk_is_part(to) ? pk_rename_before(w, to->parent) : NULL, name);
}

static void add_mark(struct pk_rename_work *w, const struct pk_renamed_mark *mark, int depth)
{
	const struct wanted wanted = { mark->word, mark->schema, mark->within, mark->name, NULL };

	/* Of a function all that bear the name: which of them is new the other side tells. */
	for (size_t i = find(w, w->to, &wanted, 0); i < w->to->n; i = find(w, w->to, &wanted, i + 1)) {
		const struct pk_object *to = w->to->objects[i];
		struct pk_rename rename = { .to = to };
		bool inside = mark->within && !pk_is_part(to);
		const char *schema = mark->old_schema ? mark->old_schema : pk_rename_schema_of_before(w, to);

		if (depth_of(to, inside ? to->kind->inside : NULL) != depth)
			continue;
		if (inside) {
			rename.from = pk_rename_before(w, to);
			rename.inside = mark->old_name;
			rename.inside_to = mark->name;
			if (rename.from && pk_has_inside(&w->script, rename.from, mark->old_name))
				add(w, &rename);
			continue;
		}
		rename.from = find_old(w, to, schema, mark->old_name);
		if (rename.from && pk_can_be_renamed(rename.from))
			add(w, &rename);
	}
}

/* ---- by hand ---- */

static int bad_option(const char *text, struct pk_err *err)
{
	pk_err_set(err, "'%s' does not say what to rename", text);
	pk_err_hint(err, "--rename column:public.users.name=full_name, --rename table:public.users=clients, "
			 "--rename value:public.mood.sad=blue");
	return pk_err_exit(err, PK_EXIT_USAGE);
}

/* Where the new name begins: behind the last "=" outside quotes; NULL: there is none. */
static const char *new_name(const char *text)
{
	const char *found = NULL;
	bool quoted = false;

	for (; *text; text++) {
		quoted ^= *text == '"';
		if (*text == '=' && !quoted)
			found = text + 1;
	}
	return found;
}

/* An option, taken apart. */
struct option {
	const char *word, *path[MAX_PARTS], *tail, *new_schema, *new_name;
	size_t n;
};

static int parse_option(struct pk_rename_work *w, const char *text, struct option *ret, struct pk_err *err)
{
	const char *colon = strchr(text, ':'), *to = colon ? new_name(colon) : NULL, *rest = NULL, *parts[2];
	const char *path;
	size_t n;

	if (!to || colon == text)
		return bad_option(text, err);
	ret->word = pk_arena_strndup(&w->arena, text, (size_t)(colon - text));
	path = pk_arena_strndup(&w->arena, colon + 1, (size_t)(to - 1 - colon - 1));
	ret->n = pk_sql_name_parts(&w->arena, path, ret->path, MAX_PARTS, &rest);
	n = pk_sql_name_parts(&w->arena, to, parts, PK_COUNT(parts), &to);
	if (!ret->n || !n || *to || (*rest && *rest != '(') || (!*parts[n - 1] && !same_word(ret->word, "value")))
		return bad_option(text, err);
	ret->tail = *rest ? rest : NULL;
	ret->new_schema = n > 1 ? parts[0] : NULL;
	ret->new_name = parts[n - 1];
	return 0;
}

/* What the option names: in a schema, in a table, or in a table that has a new name. */
static const struct pk_object *find_asked(struct pk_rename_work *w, const struct option *option, const char **ret_inside,
					  bool *ret_several)
{
	const char *const *p = option->path;
	const char *name = p[option->n - 1];
	const struct wanted ways[] = {
		{ option->word, option->n == 2 ? p[0] : NULL, NULL, name, option->tail },
		{ option->word, option->n == 3 ? p[0] : NULL, option->n > 1 ? p[option->n - 2] : NULL, name, NULL },
	};

	for (size_t i = option->n == 3; i < PK_COUNT(ways) && (i == 0 || option->n > 1); i++) {
		size_t at = find(w, w->from, &ways[i], 0);

		if (at == w->from->n)
			continue;
		*ret_several = find(w, w->from, &ways[i], at + 1) < w->from->n;
		*ret_inside = ways[i].within && !pk_is_part(w->from->objects[at]) ? name : NULL;
		return w->from->objects[at];
	}
	for (size_t i = 0; option->n > 1 && i < w->n; i++) {
		const struct pk_object *to = w->items[i].to, *from = w->items[i].from;
		struct wanted in_renamed = { option->word, from->schema, from->name, name, NULL };
		size_t at;

		if (w->items[i].inside || !pk_streq(to->name, p[option->n - 2]) ||
		    (option->n == 3 && !pk_streq(to->schema, p[0])))
			continue;
		at = find(w, w->from, &in_renamed, 0);
		if (at == w->from->n)
			continue;
		*ret_inside = pk_is_part(w->from->objects[at]) ? NULL : name;
		return w->from->objects[at];
	}
	return NULL;
}

static int not_there(const char *text, const char *what, struct pk_err *err)
{
	pk_err_set(err, "'%s' cannot be renamed: %s", text, what);
	pk_err_hint(err, "the old name is that of the database as it is, the new one that of the schema wanted");
	return pk_err_exit(err, PK_EXIT_USAGE);
}

/* Is the table of the same type before and after, which says what its columns are called? */
static bool keeps_type(struct pk_rename_work *w, const struct pk_object *table, const struct pk_object *column)
{
	const char *type = pk_table_of_type(table);
	const struct pk_object *before = type ? pk_snapshot_find(w->from, pk_arena_printf(&w->arena, "%s %s", pk_kind_composite.name, type)) : NULL;
	const struct pk_object *after = before ? pk_rename_after(w, before) : NULL;

	return after && pk_streq(pk_table_of_type(column->parent), after->ident);
}

static int add_asked(struct pk_rename_work *w, const char *text, int depth, struct pk_err *err)
{
	struct option option = { 0 };
	struct pk_rename rename = { .asked = text };
	bool several = false;

	if (parse_option(w, text, &option, err) < 0)
		return -1;
	rename.from = find_asked(w, &option, &rename.inside, &several);
	if (!rename.from)
		return depth < LAST_DEPTH ? 0 : not_there(text, "there is nothing of the old name and kind", err);
	if (depth_of(rename.from, rename.inside) != depth)
		return 0;
	if (several)
		return not_there(text, "there are several; name the schema, or the arguments of a function", err);
	if (rename.inside) {
		rename.to = pk_rename_after(w, rename.from);
		rename.inside_to = option.new_name;
		if (!rename.to || !pk_has_inside(&w->script, rename.to, option.new_name))
			return not_there(text, "what is wanted has nothing of the new name", err);
	} else {
		const struct pk_object *parent = pk_is_part(rename.from) ? pk_rename_after(w, rename.from->parent) : NULL;
		const char *schema = option.new_schema ? option.new_schema : pk_rename_schema_of_after(w, rename.from);

		rename.to = pk_rename_named(w->to, rename.from, pk_rename_tail_there(w, rename.from, pk_rename_after), schema, parent, option.new_name);
		if (!rename.to)
			return not_there(text, "what is wanted has nothing of the new name", err);
	}
	if (rename.from->kind->part && keeps_type(w, rename.from->parent, rename.to)) {
		pk_err_set(err, "'%s' cannot be renamed: the columns of %s are the attributes of %s", text,
			   rename.from->parent->ident, pk_table_of_type(rename.from->parent));
		pk_err_hint(err, "--rename column:%s.%s=%s renames the attribute, and the column with it",
			    pk_table_of_type(rename.from->parent), pk_attr(rename.from, 0), pk_attr(rename.to, 0));
		return pk_err_exit(err, PK_EXIT_USAGE);
	}
	if (pk_can_be_renamed(rename.from))
		add(w, &rename);
	return 0;
}

int pk_renaming_find(const struct pk_source *files, const struct pk_strv *asked, const struct pk_snapshot *from,
		     const struct pk_snapshot *to, struct pk_renaming *ret, struct pk_err *err)
{
	PK_AUTO(pk_renamed_marks) marks = PK_RENAMED_MARKS_INIT;
	PK_AUTO(pk_rename_work) w = { .from = from, .to = to };

	w.script.arena = &w.arena;
	for (size_t i = 0; files && i < files->n; i++)
		if (pk_sql_renamed(files->items[i].text, files->items[i].path, &marks, err) < 0)
			return -1;
	for (int depth = 0; depth <= LAST_DEPTH && (marks.n || asked->n); depth++) {
		size_t first = w.n;

		for (size_t i = 0; i < asked->n; i++)
			if (add_asked(&w, asked->items[i], depth, err) < 0)
				return -1;
		for (size_t i = 0; i < marks.n; i++)
			add_mark(&w, &marks.items[i], depth);
		if (keep_due(&w, first, err) < 0)
			return -1;
	}
	pk_rename_write(&w, ret);
	return 0;
}
