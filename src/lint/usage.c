#include "lint/usage.h"

#include "base/clock.h"
#include "base/text.h"
#include "lint/rule.h"

#define QUERIES_SHOWN 5
#define LINES_SHOWN   5
#define QUERY_SHOWN   200 /* bytes */

void pk_usage_source_release(struct pk_usage_source *source)
{
	pk_workload_release(&source->workload);
	pk_err_release(&source->failed);
	source->asked = false;
}

/* What is taken away, and how it is looked for. */
struct thing {
	struct pk_use_of of;	 /* of a value: its type */
	const char *word, *also; /* in files */
	const char *value;	 /* of an enum: no text of a query holds it */
	bool only, drops;	 /* heirs stay as they are; what depends on it goes too */
	char *words;		 /* for people */
};

/* What a query may use of it, which goes or changes with the thing. */
struct target {
	struct pk_use_of of;
	const char *through; /* NULL: the thing itself */
};
struct targets {
	struct pk_arena arena;
	struct target *items;
	size_t n, cap;
};

static bool is_one_of(const struct pk_action *a, const char *const *objects)
{
	for (; *objects; objects++)
		if (pk_streq(a->object, *objects))
			return true;
	return false;
}

static const char *schema_of(const struct pk_lint *lint, const char *schema)
{
	return schema ? schema : lint->schema;
}

static struct thing column_thing(struct pk_lint *lint, const struct pk_action *a,
				 enum pk_thing kind)
{
	const char *schema = schema_of(lint, a->rel_schema);

	return (struct thing){
		.of = { kind, schema, a->rel_name, a->column, NULL },
		.only = a->only,
		.drops = a->verb != PK_RENAME,
		.word = kind == PK_THING_INSERT ? a->rel_name : a->column,
		.also = kind == PK_THING_INSERT ? "insert" : NULL,
		.words = pk_lint_text("column %I of %T", a->column, schema, a->rel_name),
	};
}

static struct thing named_thing(struct pk_lint *lint, const struct pk_action *a, enum pk_thing kind)
{
	const char *schema = kind == PK_THING_SCHEMA ? a->name : schema_of(lint, a->schema);

	return (struct thing){
		.of = { kind, schema, kind == PK_THING_SCHEMA ? NULL : a->name, NULL,
			kind == PK_THING_FUNCTION ? a->args : NULL },
		.drops = a->verb == PK_DROP,
		.word = a->name,
		.words = kind == PK_THING_SCHEMA
				 ? pk_lint_text("schema %I", a->name)
			 : kind == PK_THING_FUNCTION && a->args
				 ? pk_lint_text("%s %T(%s)", a->object, schema, a->name, a->args)
				 : pk_lint_text("%s %T", a->object, schema, a->name),
	};
}

static struct thing value_thing(struct pk_lint *lint, const struct pk_action *a, const char *value)
{
	const char *schema = schema_of(lint, a->schema);

	return (struct thing){
		.of = { PK_THING_TYPE, schema, a->name, NULL, NULL },
		.word = value,
		.value = value,
		.words = pk_lint_text("value '%s' of %T", value, schema, a->name),
	};
}

/* False: nothing is taken from those who use it. The caller frees thing->words. */
static bool thing_of(struct pk_lint *lint, const struct pk_action *a, struct thing *ret)
{
	static const char *const relations[] = { "table", "view", "materialized view",
						 "foreign table", NULL };
	static const char *const routines[] = { "function", "procedure", "routine", "aggregate",
						NULL };
	bool goes = a->verb == PK_DROP || a->verb == PK_RENAME;

	if (a->rel_name && a->column &&
	    (a->sub == PK_DROP_COLUMN || (a->verb == PK_RENAME && pk_streq(a->object, "column"))))
		*ret = column_thing(lint, a, PK_THING_COLUMN);
	else if (a->rel_name && a->column &&
		 (a->sub == PK_ADD_COLUMN || a->sub == PK_SET_NOT_NULL ||
		  a->sub == PK_DROP_DEFAULT))
		*ret = column_thing(lint, a, PK_THING_INSERT);
	else if (goes && a->name && !a->column && is_one_of(a, relations))
		*ret = named_thing(lint, a, PK_THING_RELATION);
	else if (goes && a->name && is_one_of(a, routines))
		*ret = named_thing(lint, a, PK_THING_FUNCTION);
	else if (goes && a->name && pk_streq(a->object, "schema"))
		*ret = named_thing(lint, a, PK_THING_SCHEMA);
	else if (a->verb == PK_RENAME && a->def && pk_streq(a->object, "enum value"))
		*ret = value_thing(lint, a, a->def);
	else if (a->verb == PK_CREATE && lint->dropped_value)
		*ret = value_thing(lint, a, lint->dropped_value);
	else
		return false;
	return true;
}

/* ---- what goes with it ---- */

static void add_target(struct targets *targets, struct pk_use_of of, const char *through)
{
	for (size_t i = 0; i < targets->n; i++) {
		const struct pk_use_of *known = &targets->items[i].of;

		if (known->thing == of.thing && pk_streq(known->schema, of.schema) && pk_streq(known->name, of.name) &&
		    (known->column == of.column || pk_streq(known->column, of.column)))
			return;
	}
	if (targets->n == targets->cap) {
		struct target *grown = pk_arena_alloc(&targets->arena, (targets->cap + 4) * 2 * sizeof(*grown));

		if (targets->n)
			memcpy(grown, targets->items, targets->n * sizeof(*grown));
		targets->items = grown;
		targets->cap = (targets->cap + 4) * 2;
	}
	targets->items[targets->n++] = (struct target){ of, through };
}

/* Rows that come in by the view have no value for the column either; other than that, the whole view goes. */
static void add_view(struct targets *targets, const struct target *of, const struct pk_link *link, bool drops)
{
	const char *through = NULL;
	bool inserts = of->of.thing == PK_THING_INSERT;

	if ((!drops && !inserts) || (of->of.thing == PK_THING_COLUMN && !pk_streq(link->column, of->of.column)))
		return;
	PK_FREE char *name = pk_lint_text("the view %T", link->to_schema, link->to_name);
	through = pk_arena_strdup(&targets->arena, name);
	add_target(targets,
		   (struct pk_use_of){ inserts ? PK_THING_INSERT : PK_THING_RELATION, link->to_schema, link->to_name,
				       inserts ? of->of.column : NULL, NULL },
		   through);
}

/* What the link leads to from a target, if it is one that goes on from there. */
static void follow(struct targets *targets, size_t i, const struct pk_link *link, const struct thing *thing)
{
	const struct target of = targets->items[i];
	bool column = of.of.thing == PK_THING_COLUMN || of.of.thing == PK_THING_INSERT;
	struct pk_use_of to = { of.of.thing, link->to_schema, link->to_name, of.of.column, NULL };

	if (!pk_streq(link->schema, of.of.schema) || !pk_streq(link->name, of.of.name))
		return;
	if (link->kind == PK_LINK_HEIR && !thing->only && (column || (of.of.thing == PK_THING_RELATION && thing->drops))) {
		PK_FREE char *name = pk_lint_text("%T", link->to_schema, link->to_name);

		add_target(targets, to, pk_arena_strdup(&targets->arena, name));
	} else if (link->kind == PK_LINK_VIEW && (column || of.of.thing == PK_THING_RELATION)) {
		add_view(targets, &of, link, thing->drops);
	} else if (link->kind == PK_LINK_ENUM && of.of.thing == PK_THING_TYPE) {
		to.thing = PK_THING_COLUMN;
		to.column = link->to_column;
		add_target(targets, to, NULL);
	}
}

static void find_targets(const struct pk_workload *w, const struct thing *thing, struct targets *ret)
{
	add_target(ret, thing->of, NULL);
	for (size_t i = 0; i < ret->n; i++)
		for (size_t k = 0; k < w->n_links; k++)
			if (!thing->value || i == 0) /* views of such a column show what it holds */
				follow(ret, i, &w->links[k], thing);
}

/* ---- the remote ---- */

/* What of it could not be told from the texts. */
static void add_limits(struct pk_buf *buf, const struct pk_workload *w,
		       const struct pk_usage *usage, size_t unread)
{
	if (usage->undecided)
		pk_buf_addf(buf, "; %zu more may use it, which its catalog does not decide",
			    usage->undecided);
	if (unread)
		pk_buf_addf(buf, "; %zu could not be parsed", unread);
	if (w->hidden)
		pk_buf_addf(buf,
			    "; %zu are other roles', which this one may not read (GRANT "
			    "pg_read_all_stats lets it)",
			    w->hidden);
	if (w->ours)
		pk_buf_addf(buf, "; without %zu by which git postkit copied tables", w->ours);
	if (w->more)
		pk_buf_add(buf, "; there are more, called less often");
}

static bool is_there(const struct pk_workload *w, const struct pk_use_of *of)
{
	const struct pk_work any = { 0 };
	const struct pk_overload *ignored;
	const struct pk_uses_catalog names = pk_workload_names(w, &any);

	switch (of->thing) {
	case PK_THING_SCHEMA:
	case PK_THING_TYPE:
		return true;
	case PK_THING_FUNCTION:
		return names.functions(names.arg, of->schema, of->name, &ignored) > 0;
	case PK_THING_COLUMN:
		return names.column(names.arg, of->schema, of->name, of->column) > 0;
	default:
		return names.relation(names.arg, of->schema, of->name);
	}
}

static void add_when(struct pk_buf *buf, const struct pk_workload *w)
{
	PK_FREE char *ago = w->kept ? pk_time_ago(w->read) : NULL;

	if (w->since)
		pk_buf_addf(buf, " since %s", w->since);
	if (w->kept)
		pk_buf_addf(buf, ", read %s", ago);
	if (w->why_now)
		pk_buf_addf(buf, " (not now: %s)", w->why_now);
}

static void say_looked(struct pk_arena *arena, const struct pk_workload *w,
		       const struct thing *thing, size_t unread, struct pk_usage *usage)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_buf) count = PK_BUF_INIT;

	pk_buf_addf(&count, "%zu", usage->found);
	if (w->remote)
		pk_buf_addf(&text, "pg_stat_statements of '%s': ", w->remote);
	else
		pk_buf_add(&text, "pg_stat_statements: ");
	if (w->why_not) {
		pk_buf_addf(&text, "not asked: %s", w->why_not);
		pk_buf_addf(&text, w->hint ? " (%s)" : "%s", w->hint ? w->hint : "");
	} else if (!w->n) {
		pk_buf_add(&text, "it holds no statement on rows of that database");
		add_when(&text, w);
		add_limits(&text, w, usage, unread);
	} else if (!is_there(w, &thing->of)) {
		pk_buf_addf(&text, "there is no %s there", thing->words);
		add_when(&text, w);
	} else {
		pk_buf_addf(&text, "%zu statement%s", w->n, w->n == 1 ? "" : "s");
		add_when(&text, w);
		if (thing->value)
			pk_buf_addf(&text, ", which keeps no values: %s use%s the type or a column of it",
				    usage->found ? count.ptr : "none", usage->found == 1 || !usage->found ? "s" : "");
		else if (!usage->found)
			pk_buf_add(&text, ", no use found");
		add_limits(&text, w, usage, unread);
	}
	usage->remote = pk_arena_strdup(arena, text.ptr);
}

static void add_query(struct pk_arena *arena, const struct pk_work *work, bool star, const char *through,
		      struct pk_usage *usage)
{
	usage->found++;
	usage->calls += work->calls;
	if (usage->n_queries == QUERIES_SHOWN)
		return;
	if (!usage->queries)
		usage->queries = pk_arena_alloc(arena, QUERIES_SHOWN * sizeof(*usage->queries));
	PK_FREE char *text = pk_cut(work->text, QUERY_SHOWN);
	usage->queries[usage->n_queries++] = (struct pk_usage_query){
		.text = pk_arena_strdup(arena, text),
		.role = pk_arena_strdup(arena, work->role),
		.calls = work->calls,
		.mean_ms = work->mean_ms,
		.star = star,
		.through = pk_arena_strdup(arena, through),
	};
}

/* The first of the targets that it surely uses, or else may use; PK_READ_NOT: it does not parse. */
static enum pk_readable use_of(const struct pk_workload *w, const struct pk_work *work, const struct targets *targets,
			       struct pk_used *ret, const char **ret_through)
{
	const struct pk_uses_catalog names = pk_workload_names(w, work);

	*ret = (struct pk_used){ 0 };
	for (size_t i = 0; i < targets->n && ret->use != PK_USE_SURE; i++) {
		const struct target *target = &targets->items[i];
		struct pk_used used;

		if (!pk_sql_may_use(work->text, &target->of))
			continue;
		if (pk_sql_uses(work->text, &names, &target->of, &used) == PK_READ_NOT)
			return PK_READ_NOT;
		if (used.use <= ret->use)
			continue;
		*ret = used;
		*ret_through = target->through;
	}
	return PK_READ;
}

static void ask_remote(struct pk_arena *arena, const struct pk_workload *w,
		       const struct thing *thing, struct pk_usage *usage)
{
	struct targets targets = { .arena = PK_ARENA_INIT };
	size_t unread = w->unread;

	usage->remote_asked = !w->why_not;
	usage->perhaps = thing->value != NULL;
	find_targets(w, thing, &targets);
	for (size_t i = 0; usage->remote_asked && i < w->n; i++) {
		const char *through = NULL;
		struct pk_used used;

		if (use_of(w, &w->items[i], &targets, &used, &through) == PK_READ_NOT)
			unread++;
		else if (used.use == PK_USE_SURE)
			add_query(arena, &w->items[i], used.star, through, usage);
		else if (used.use == PK_USE_MAYBE)
			usage->undecided++;
	}
	pk_arena_release(&targets.arena);
	say_looked(arena, w, thing, unread, usage);
	if (!usage->found || usage->perhaps)
		return;
	PK_FREE char *calls = pk_count(usage->calls);
	usage->counted = pk_arena_printf(arena, "used by %zu quer%s, %s call%s%s%s", usage->found,
					 usage->found == 1 ? "y" : "ies", calls,
					 usage->calls == 1 ? "" : "s", w->since ? " since " : "",
					 w->since ? w->since : "");
}

/* ---- the repository ---- */

static void ask_repository(struct pk_arena *arena, const struct pk_usage_source *source,
			   const struct thing *thing, struct pk_usage *usage)
{
	const struct pk_grep what = { .word = thing->word,
				      .also = thing->also,
				      .rev = source->rev,
				      .leave_out = source->leave_out };
	PK_AUTO(pk_grep_lines) lines = PK_GREP_LINES_INIT;
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	PK_FREE char *words = thing->also ? pk_printf("'%s' and '%s'", thing->also, thing->word)
					  : pk_printf("'%s'", thing->word);

	if (pk_git_grep(source->repo, &what, LINES_SHOWN, &lines, &why) < 0) {
		usage->repository =
			pk_arena_printf(arena, "tracked files: not searched: %s", why.msg);
		return;
	}
	usage->repository_asked = true;
	usage->lines_found = lines.found;
	usage->n_lines = lines.n;
	usage->lines = pk_arena_alloc(arena, (lines.n + 1) * sizeof(*usage->lines));
	for (size_t i = 0; i < lines.n; i++)
		usage->lines[i] =
			(struct pk_usage_line){ pk_arena_strdup(arena, lines.items[i].file),
						pk_arena_strdup(arena, lines.items[i].text),
						lines.items[i].line };
	usage->repository =
		lines.found
			? pk_arena_printf(arena, "tracked files: %zu line%s in %zu file%s with %s",
					  lines.found, lines.found == 1 ? "" : "s", lines.files,
					  lines.files == 1 ? "" : "s", words)
			: pk_arena_printf(arena, "tracked files: no line with %s", words);
}

/* ---- for the rules ---- */

const struct pk_usage *pk_lint_usage(struct pk_lint *lint, const struct pk_action *action)
{
	struct pk_usage_source *source = lint->options->usage;
	struct pk_arena *arena = &lint->out->arena;
	struct thing thing = { 0 };

	if (!source || source->failed.exit)
		return NULL;
	if (lint->used_by == action && lint->used_value == lint->dropped_value)
		return lint->usage;
	if (!thing_of(lint, action, &thing))
		return NULL;
	if (!source->asked && source->read(source->arg, &source->workload, &source->failed) < 0) {
		free(thing.words);
		return NULL;
	}
	source->asked = true;
	struct pk_usage *usage = pk_arena_alloc(arena, sizeof(*usage));
	usage->thing = pk_arena_strdup(arena, thing.words);
	ask_remote(arena, &source->workload, &thing, usage);
	ask_repository(arena, source, &thing, usage);
	free(thing.words);
	lint->used_by = action;
	lint->used_value = lint->dropped_value;
	lint->usage = usage;
	return usage;
}
