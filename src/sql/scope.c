#include "sql/scope.h"

#include "base/strv.h"

void pk_uses_note(struct pk_uses *uses, enum pk_use use, bool star)
{
	struct pk_used *ret = uses->ret;

	if (use > ret->use)
		*ret = (struct pk_used){ use, star };
	else if (use == ret->use && !star)
		ret->star = false; /* it is named somewhere, too */
}

static bool of_column(const struct pk_uses *uses)
{
	return uses->of->thing == PK_THING_COLUMN;
}

/* The schema in which an unqualified relation is found; NULL: in none. */
static const char *find_relation(const struct pk_uses *uses, const char *name)
{
	const struct pk_uses_catalog *names = uses->names;
	bool catalog = false;

	for (const char *const *path = names->path; *path; path++)
		catalog = catalog || pk_streq(*path, "pg_catalog");
	if (!catalog && names->relation(names->arg, "pg_catalog", name))
		return "pg_catalog";
	for (const char *const *path = names->path; *path; path++)
		if (names->relation(names->arg, *path, name))
			return *path;
	return NULL;
}

static enum pk_has has_column(const struct pk_uses *uses, const char *schema, const char *name,
			      const char *column)
{
	int place =
		schema && column ? uses->names->column(uses->names->arg, schema, name, column) : -1;

	return place > 0 ? PK_HAS : place == 0 ? PK_HAS_NOT : PK_HAS_PERHAPS;
}

struct pk_scope_item *pk_scope_add(struct pk_uses *uses, struct pk_scope *scope)
{
	if (scope->n == scope->cap) {
		struct pk_scope_item *items =
			pk_arena_alloc(uses->arena, (scope->cap + 8) * 2 * sizeof(*items));

		if (scope->n)
			memcpy(items, scope->items, scope->n * sizeof(*items));
		scope->items = items;
		scope->cap = (scope->cap + 8) * 2;
	}
	struct pk_scope_item *item = &scope->items[scope->n++];
	*item = (struct pk_scope_item){ .has = PK_HAS_PERHAPS };
	return item;
}

static const struct pk_cte *find_cte(const struct pk_scope *scope, const char *name)
{
	for (; scope; scope = scope->outer)
		for (const struct pk_cte *cte = scope->ctes; cte; cte = cte->next)
			if (pk_streq(cte->name, name))
				return cte;
	return NULL;
}

static void note_relation(struct pk_uses *uses, const struct pk_scope_item *item)
{
	const struct pk_use_of *of = uses->of;

	if (!pk_streq(item->schema, of->schema))
		return;
	if (of->thing == PK_THING_SCHEMA || (of->thing == PK_THING_RELATION && item->target))
		pk_uses_note(uses, PK_USE_SURE, false);
}

struct pk_scope_item *pk_scope_add_relation(struct pk_uses *uses, struct pk_scope *scope,
					    const PgQuery__RangeVar *relation)
{
	struct pk_scope_item *item = pk_scope_add(uses, scope);
	const PgQuery__Alias *alias = relation->alias;
	const struct pk_use_of *of = uses->of;
	const struct pk_cte *cte =
		*relation->schemaname ? NULL : find_cte(scope, relation->relname);

	item->is_aliased = alias != NULL;
	item->alias = alias ? alias->aliasname : relation->relname;
	if (cte) {
		item->has = cte->has;
	} else {
		item->name = relation->relname;
		item->schema = *relation->schemaname ? relation->schemaname
						     : find_relation(uses, relation->relname);
		item->target = of->name && pk_streq(item->schema, of->schema) &&
			       pk_streq(item->name, of->name);
		item->has = has_column(uses, item->schema, item->name, of->column);
		note_relation(uses, item);
	}
	if (alias && alias->n_colnames) {
		/* The columns have other names here, by their places. */
		if (item->target && of_column(uses))
			pk_uses_note(uses, PK_USE_MAYBE, false);
		item->has = item->target ? PK_HAS_PERHAPS
					 : pk_scope_renamed(uses, alias->n_colnames,
							    alias->colnames, item->has);
		item->target = false;
	}
	return item;
}

/* ---- functions and types ---- */

static bool in_path(const struct pk_uses *uses, const char *schema)
{
	for (const char *const *path = uses->names->path; *path; path++)
		if (pk_streq(*path, schema))
			return true;
	return false;
}

/* The next of "integer, app.state", without its schema. */
static size_t next_type(const char **list, const char **ret)
{
	const char *end = strstr(*list, ", "), *p;

	end = end ? end : *list + strlen(*list);
	for (p = *ret = *list; p < end; p++)
		if (*p == '.')
			*ret = p + 1;
	*list = *end ? end + 2 : end;
	return (size_t)(end - *ret);
}

static bool same_types(const char *a, const char *b)
{
	while (*a && *b) {
		const char *one, *other;
		size_t n = next_type(&a, &one);

		if (next_type(&b, &other) != n || strncmp(one, other, n) != 0)
			return false;
	}
	return !*a && !*b;
}

/* Of functions with the name, those that a call with so many arguments (-1: not known) may mean. */
struct meant {
	int wanted, others, own; /* own: in its schema, whatever they take */
	bool one;		 /* the one that is looked for is known among several */
};

static void count_meant(const struct pk_uses *uses, const char *schema, const char *name, int given, struct meant *ret)
{
	const struct pk_use_of *of = uses->of;
	const struct pk_overload *list = NULL;
	int n = uses->names->functions(uses->names->arg, schema, name, &list);
	bool own = pk_streq(schema, of->schema);

	ret->own += own ? n : 0;
	for (int i = 0; own && list && of->args && i < n; i++)
		ret->one = ret->one || same_types(list[i].args, of->args);
	for (int i = 0; i < n; i++) {
		if (list && given >= 0 && (given < list[i].least || given > list[i].most))
			continue;
		if (own && (!ret->one || same_types(list[i].args, of->args)))
			ret->wanted++;
		else
			ret->others++;
	}
}

void pk_scope_function(struct pk_uses *uses, const PgQuery__FuncCall *call)
{
	const struct pk_use_of *of = uses->of;
	size_t n = call->n_funcname;
	const char *name = n ? pk_tree_string(call->funcname[n - 1]) : NULL;
	const char *schema = n > 1 ? pk_tree_string(call->funcname[n - 2]) : NULL;
	int given = call->func_variadic ? -1 : (int)call->n_args;
	struct meant meant = { 0 };

	if (!name || (of->thing != PK_THING_FUNCTION && of->thing != PK_THING_SCHEMA) ||
	    (of->thing == PK_THING_FUNCTION && !pk_streq(name, of->name)) ||
	    !(schema ? pk_streq(schema, of->schema) : in_path(uses, of->schema)))
		return;
	count_meant(uses, of->schema, name, given, &meant);
	bool several = meant.own > 1 && !meant.one && of->thing == PK_THING_FUNCTION;
	for (const char *const *path = uses->names->path; !schema && *path; path++)
		if (!pk_streq(*path, of->schema))
			count_meant(uses, *path, name, given, &meant);
	if (!schema)
		count_meant(uses, "pg_catalog", name, given, &meant);
	if (meant.wanted)
		pk_uses_note(uses, meant.others || several ? PK_USE_MAYBE : PK_USE_SURE, false);
}

void pk_scope_type(struct pk_uses *uses, const PgQuery__TypeName *type)
{
	const struct pk_use_of *of = uses->of;
	size_t n = type->n_names;
	const char *schema = n > 1 ? pk_tree_string(type->names[n - 2]) : NULL;

	if (of->thing == PK_THING_TYPE && n && pk_streq(pk_tree_string(type->names[n - 1]), of->name) &&
	    (schema ? pk_streq(schema, of->schema) : in_path(uses, of->schema)))
		pk_uses_note(uses, PK_USE_SURE, false);
}

/* ---- columns ---- */

static const struct pk_scope_item *find_alias(const struct pk_scope *scope, const char *alias)
{
	for (; scope; scope = scope->outer)
		for (size_t i = 0; i < scope->n; i++)
			if (pk_streq(scope->items[i].alias, alias))
				return &scope->items[i];
	return NULL;
}

static const struct pk_scope_item *find_qualified(const struct pk_scope *scope, const char *schema,
						  const char *name)
{
	for (; scope; scope = scope->outer)
		for (size_t i = 0; i < scope->n; i++) {
			const struct pk_scope_item *item = &scope->items[i];

			if (!item->is_aliased && pk_streq(item->schema, schema) &&
			    pk_streq(item->name, name))
				return item;
		}
	return NULL;
}

static void note_of_item(struct pk_uses *uses, const struct pk_scope_item *item, bool star)
{
	if (item && item->target && item->has != PK_HAS_NOT)
		pk_uses_note(uses, PK_USE_SURE, star);
	else if (item && item->joined && item->has != PK_HAS_NOT)
		pk_uses_note(uses, PK_USE_MAYBE, star);
}

/* A name of the innermost scope that has it. */
static bool by_scopes(struct pk_uses *uses, const struct pk_scope *scope)
{
	bool unsure = false;

	for (; scope; scope = scope->outer) {
		size_t targets = 0, others = 0, perhaps = 0;

		for (size_t i = 0; i < scope->n; i++) {
			const struct pk_scope_item *item = &scope->items[i];

			if (item->target && item->has != PK_HAS_NOT)
				targets++;
			else if (item->has == PK_HAS && !item->joined)
				others++;
			else if (item->has == PK_HAS_PERHAPS && !item->joined)
				perhaps++;
		}
		if (targets) {
			bool sure = !unsure && (scope->merged || (!others && !perhaps));

			pk_uses_note(uses, sure ? PK_USE_SURE : PK_USE_MAYBE, false);
			return true;
		}
		if (others)
			return true;
		unsure = unsure || perhaps;
	}
	return false;
}

/* The alias alone is the whole row, unless some column in sight is called so. */
static void whole_row(struct pk_uses *uses, const struct pk_scope *scope, const char *name)
{
	const struct pk_scope_item *item = find_alias(scope, name);

	if (!item || !item->target)
		return;
	for (; scope; scope = scope->outer)
		for (size_t i = 0; i < scope->n; i++) {
			const struct pk_scope_item *other = &scope->items[i];

			if (other->name &&
			    has_column(uses, other->schema, other->name, name) == PK_HAS)
				return;
		}
	note_of_item(uses, item, true);
}

static void star(struct pk_uses *uses, const struct pk_scope *scope, const PgQuery__ColumnRef *ref)
{
	size_t n = ref->n_fields;

	if (n == 1) {
		for (size_t i = 0; i < scope->n && !scope->exists; i++)
			if (!scope->items[i].joined)
				note_of_item(uses, &scope->items[i], true);
	} else if (n == 2) {
		note_of_item(uses, find_alias(scope, pk_tree_string(ref->fields[0])), true);
	} else {
		note_of_item(uses,
			     find_qualified(scope, pk_tree_string(ref->fields[n - 3]),
					    pk_tree_string(ref->fields[n - 2])),
			     true);
	}
}

void pk_scope_column(struct pk_uses *uses, const struct pk_scope *scope,
		     const PgQuery__ColumnRef *ref)
{
	size_t n = ref->n_fields;
	const char *last = n ? pk_tree_string(ref->fields[n - 1]) : NULL;

	if (!of_column(uses) || !n)
		return;
	if (!last) {
		star(uses, scope, ref);
	} else if (n == 1) {
		if (!pk_streq(last, uses->of->column) || !by_scopes(uses, scope))
			whole_row(uses, scope, last);
	} else if (pk_streq(last, uses->of->column)) {
		note_of_item(uses,
			     n == 2 ? find_alias(scope, pk_tree_string(ref->fields[0]))
				    : find_qualified(scope, pk_tree_string(ref->fields[n - 3]),
						     pk_tree_string(ref->fields[n - 2])),
			     false);
	}
}

bool pk_scope_field(struct pk_uses *uses, const struct pk_scope *scope,
		    const PgQuery__AIndirection *field)
{
	const PgQuery__Node *arg = field->arg,
			    *first = field->n_indirection ? field->indirection[0] : NULL;
	const char *name = pk_tree_string(first);

	if (!of_column(uses) || !name || arg->node_case != PG_QUERY__NODE__NODE_COLUMN_REF ||
	    arg->column_ref->n_fields != 1)
		return false;
	const struct pk_scope_item *item =
		find_alias(scope, pk_tree_string(arg->column_ref->fields[0]));
	if (!item || !item->target)
		return false;
	if (pk_streq(name, uses->of->column))
		note_of_item(uses, item, false);
	return true;
}

enum pk_has pk_scope_has(const struct pk_scope *scope)
{
	enum pk_has has = PK_HAS_NOT;

	for (size_t i = 0; i < scope->n; i++) {
		if (scope->items[i].has == PK_HAS)
			return PK_HAS;
		if (scope->items[i].has == PK_HAS_PERHAPS)
			has = PK_HAS_PERHAPS;
	}
	return has;
}

enum pk_has pk_scope_renamed(const struct pk_uses *uses, size_t n, PgQuery__Node **columns,
			     enum pk_has inside)
{
	for (size_t i = 0; i < n; i++)
		if (pk_streq(pk_tree_string(columns[i]), uses->of->column))
			return PK_HAS;
	return n && inside != PK_HAS_NOT ? PK_HAS_PERHAPS : inside;
}
