#include "sql/uses.h"

#include <strings.h>

#include "sql/scope.h"

static void visit(struct pk_uses *uses, const struct pk_scope *scope, const void *message);
static enum pk_has query(struct pk_uses *uses, const struct pk_scope *outer,
			 const PgQuery__Node *node, bool exists);

/* ---- what a query gives ---- */

/* The name of an output column that has no alias; NULL: not known here (FigureColname() in parse_target.c). */
static const char *output_name(const PgQuery__Node *value)
{
	if (!value)
		return NULL;
	if (value->node_case == PG_QUERY__NODE__NODE_COLUMN_REF)
		return pk_tree_string(value->column_ref->fields[value->column_ref->n_fields - 1]);
	if (value->node_case == PG_QUERY__NODE__NODE_FUNC_CALL)
		return pk_tree_string(value->func_call->funcname[value->func_call->n_funcname - 1]);
	if (value->node_case == PG_QUERY__NODE__NODE_TYPE_CAST)
		return output_name(value->type_cast->arg);
	if (value->node_case == PG_QUERY__NODE__NODE_A_INDIRECTION &&
	    value->a_indirection->n_indirection)
		return pk_tree_string(
			value->a_indirection->indirection[value->a_indirection->n_indirection - 1]);
	return "?column?";
}

static bool is_star(const PgQuery__Node *value)
{
	const PgQuery__ColumnRef *ref = value && value->node_case == PG_QUERY__NODE__NODE_COLUMN_REF
						? value->column_ref
						: NULL;

	return ref && ref->n_fields &&
	       ref->fields[ref->n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
}

static enum pk_has list_has(const struct pk_uses *uses, const struct pk_scope *scope, size_t n,
			    PgQuery__Node **list)
{
	enum pk_has has = PK_HAS_NOT;

	for (size_t i = 0; i < n; i++) {
		const PgQuery__ResTarget *target = list[i]->res_target;

		if (is_star(target->val)) {
			enum pk_has inside = target->val->column_ref->n_fields == 1
						     ? pk_scope_has(scope)
						     : PK_HAS_PERHAPS;

			if (inside == PK_HAS)
				return PK_HAS;
			has = inside == PK_HAS_PERHAPS ? inside : has;
		} else {
			const char *name = *target->name ? target->name : output_name(target->val);

			if (name && pk_streq(name, uses->of->column))
				return PK_HAS;
			has = name ? has : PK_HAS_PERHAPS;
		}
	}
	return has;
}

/* ---- FROM ---- */

static const char *alias_of(const PgQuery__Alias *alias)
{
	return alias ? alias->aliasname : NULL;
}

static void add_derived(struct pk_uses *uses, struct pk_scope *scope, const PgQuery__Alias *alias,
			enum pk_has has)
{
	struct pk_scope_item *item = pk_scope_add(uses, scope);

	item->alias = alias_of(alias);
	item->is_aliased = true;
	item->has = alias ? pk_scope_renamed(uses, alias->n_colnames, alias->colnames, has) : has;
}

/* Functions that give one column, called as their alias or as themselves. */
static bool gives_one_column(const char *name)
{
	static const char *const names[] = { "generate_series", "unnest", "generate_subscripts",
					     "regexp_split_to_table", "string_to_table" };

	for (size_t i = 0; i < PK_COUNT(names); i++)
		if (pk_streq(names[i], name))
			return true;
	return false;
}

static void from_function(struct pk_uses *uses, struct pk_scope *scope,
			  const PgQuery__RangeFunction *function)
{
	enum pk_has has = function->n_coldeflist ? PK_HAS_NOT : PK_HAS_PERHAPS;
	const PgQuery__Node *call = NULL;

	for (size_t i = 0; i < function->n_functions; i++)
		visit(uses, scope, &function->functions[i]->base);
	for (size_t i = 0; i < function->n_coldeflist; i++)
		if (pk_streq(function->coldeflist[i]->column_def->colname, uses->of->column))
			has = PK_HAS;
	if (function->n_functions == 1 &&
	    function->functions[0]->node_case == PG_QUERY__NODE__NODE_LIST &&
	    function->functions[0]->list->n_items)
		call = function->functions[0]->list->items[0];
	if (call && call->node_case == PG_QUERY__NODE__NODE_FUNC_CALL && !function->ordinality &&
	    gives_one_column(output_name(call))) {
		const char *name = function->alias ? function->alias->aliasname : output_name(call);

		has = pk_streq(name, uses->of->column) ? PK_HAS : PK_HAS_NOT;
	}
	add_derived(uses, scope, function->alias, has);
}

static void from(struct pk_uses *uses, struct pk_scope *scope, const PgQuery__Node *node);

static bool uses_column(const PgQuery__JoinExpr *join, const char *column)
{
	for (size_t i = 0; i < join->n_using_clause; i++)
		if (pk_streq(pk_tree_string(join->using_clause[i]), column))
			return true;
	return false;
}

/* Both sides have what is merged, the table that is looked for among them. */
static void merge(struct pk_uses *uses, struct pk_scope *scope, size_t first, bool natural)
{
	size_t others = 0, perhaps = 0;
	bool target = false;

	for (size_t i = first; i < scope->n; i++) {
		const struct pk_scope_item *item = &scope->items[i];

		target = target || (item->target && item->has != PK_HAS_NOT);
		others += !item->target && item->has == PK_HAS;
		perhaps += !item->target && item->has == PK_HAS_PERHAPS;
	}
	if (!target || uses->of->thing != PK_THING_COLUMN || (natural && !others && !perhaps))
		return;
	scope->merged = true;
	pk_uses_note(uses, !natural || others ? PK_USE_SURE : PK_USE_MAYBE, false);
}

static void from_join(struct pk_uses *uses, struct pk_scope *scope, const PgQuery__JoinExpr *join)
{
	size_t first = scope->n;

	from(uses, scope, join->larg);
	from(uses, scope, join->rarg);
	if (join->is_natural || uses_column(join, uses->of->column))
		merge(uses, scope, first, join->is_natural);
	if (join->quals)
		visit(uses, scope, &join->quals->base);
	if (join->alias) {
		enum pk_has has = PK_HAS_NOT;
		bool target = false;

		for (size_t i = first; i < scope->n; i++) {
			target = target || scope->items[i].target;
			has = scope->items[i].has == PK_HAS_NOT ? has : PK_HAS_PERHAPS;
		}
		add_derived(uses, scope, join->alias, has);
		scope->items[scope->n - 1].joined = target;
	}
}

static void from(struct pk_uses *uses, struct pk_scope *scope, const PgQuery__Node *node)
{
	switch (node->node_case) {
	case PG_QUERY__NODE__NODE_RANGE_VAR:
		pk_scope_add_relation(uses, scope, node->range_var);
		break;
	case PG_QUERY__NODE__NODE_RANGE_SUBSELECT: {
		const PgQuery__RangeSubselect *sub = node->range_subselect;
		/* Without LATERAL it sees nothing beside it, but what is common to all. */
		const struct pk_scope beside = { .outer = scope->outer, .ctes = scope->ctes };
		enum pk_has has = query(uses, sub->lateral ? scope : &beside, sub->subquery, false);

		add_derived(uses, scope, sub->alias, has);
		break;
	}
	case PG_QUERY__NODE__NODE_JOIN_EXPR:
		from_join(uses, scope, node->join_expr);
		break;
	case PG_QUERY__NODE__NODE_RANGE_FUNCTION:
		from_function(uses, scope, node->range_function);
		break;
	case PG_QUERY__NODE__NODE_RANGE_TABLE_SAMPLE:
		from(uses, scope, node->range_table_sample->relation);
		break;
	default: /* XMLTABLE */
		add_derived(uses, scope,
			    node->node_case == PG_QUERY__NODE__NODE_RANGE_TABLE_FUNC
				    ? node->range_table_func->alias
				    : NULL,
			    PK_HAS_PERHAPS);
		visit(uses, scope, &node->base);
	}
}

/* ---- statements ---- */

static void visit_list(struct pk_uses *uses, const struct pk_scope *scope, size_t n,
		       PgQuery__Node **list)
{
	for (size_t i = 0; i < n; i++)
		visit(uses, scope, list[i]);
}

static void with(struct pk_uses *uses, struct pk_scope *scope, const PgQuery__WithClause *clause)
{
	for (size_t i = 0; clause && i < clause->n_ctes; i++) {
		const PgQuery__CommonTableExpr *expr = clause->ctes[i]->common_table_expr;
		struct pk_cte *cte = pk_arena_alloc(uses->arena, sizeof(*cte));

		*cte = (struct pk_cte){ expr->ctename, PK_HAS_PERHAPS, scope->ctes };
		if (clause->recursive)
			scope->ctes = cte;
		cte->has = pk_scope_renamed(uses, expr->n_aliascolnames, expr->aliascolnames,
					    query(uses, scope, expr->ctequery, false));
		scope->ctes = cte;
	}
}

/* ORDER BY takes a bare name for an output column first. */
static bool is_output(const PgQuery__SelectStmt *stmt, const PgQuery__Node *sort)
{
	const PgQuery__Node *node =
		sort->node_case == PG_QUERY__NODE__NODE_SORT_BY ? sort->sort_by->node : NULL;

	if (!node || node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF ||
	    node->column_ref->n_fields != 1)
		return false;
	for (size_t i = 0; i < stmt->n_target_list; i++)
		if (pk_streq(stmt->target_list[i]->res_target->name,
			     pk_tree_string(node->column_ref->fields[0])))
			return true;
	return false;
}

static bool is_column_n(const char *name)
{
	return name && pk_starts_with(name, "column") &&
	       strspn(name + 6, "0123456789") == strlen(name + 6);
}

static enum pk_has in_select(struct pk_uses *uses, const struct pk_scope *outer,
			     const PgQuery__SelectStmt *stmt, bool exists)
{
	struct pk_scope scope = { .outer = outer, .exists = exists };

	with(uses, &scope, stmt->with_clause);
	if (stmt->larg && stmt->rarg) {
		enum pk_has has = in_select(uses, &scope, stmt->larg, exists);

		in_select(uses, &scope, stmt->rarg, exists);
		return has;
	}
	for (size_t i = 0; i < stmt->n_from_clause; i++)
		from(uses, &scope, stmt->from_clause[i]);
	visit_list(uses, &scope, stmt->n_target_list, stmt->target_list);
	scope.exists = false;
	visit_list(uses, &scope, stmt->n_distinct_clause, stmt->distinct_clause);
	visit_list(uses, &scope, stmt->n_group_clause, stmt->group_clause);
	visit_list(uses, &scope, stmt->n_window_clause, stmt->window_clause);
	visit_list(uses, &scope, stmt->n_values_lists, stmt->values_lists);
	visit(uses, &scope, stmt->where_clause);
	visit(uses, &scope, stmt->having_clause);
	visit(uses, &scope, stmt->limit_offset);
	visit(uses, &scope, stmt->limit_count);
	for (size_t i = 0; i < stmt->n_sort_clause; i++)
		if (!is_output(stmt, stmt->sort_clause[i]))
			visit(uses, &scope, stmt->sort_clause[i]);
	if (stmt->n_values_lists)
		return is_column_n(uses->of->column) ? PK_HAS_PERHAPS : PK_HAS_NOT;
	return list_has(uses, &scope, stmt->n_target_list, stmt->target_list);
}

/* The columns that a statement gives values to. */
static void set_columns(struct pk_uses *uses, const struct pk_scope_item *target, size_t n,
			PgQuery__Node **list)
{
	for (size_t i = 0; i < n; i++)
		if (uses->of->thing == PK_THING_COLUMN && target->target &&
		    pk_streq(list[i]->res_target->name, uses->of->column))
			pk_uses_note(uses, PK_USE_SURE, false);
}

/* How many values a row that is inserted has; -1: not known. */
static int width_of(const PgQuery__Node *rows)
{
	const PgQuery__SelectStmt *stmt =
		rows && rows->node_case == PG_QUERY__NODE__NODE_SELECT_STMT ? rows->select_stmt
									    : NULL;

	if (!rows)
		return 0; /* DEFAULT VALUES */
	while (stmt && stmt->larg)
		stmt = stmt->larg;
	if (stmt && stmt->n_values_lists)
		return (int)stmt->values_lists[0]->list->n_items;
	for (size_t i = 0; stmt && i < stmt->n_target_list; i++)
		if (is_star(stmt->target_list[i]->res_target->val))
			return -1;
	return stmt ? (int)stmt->n_target_list : -1;
}

/* Rows come into the target: with a list of columns, or with `width` values by their places. */
static void inserted(struct pk_uses *uses, const struct pk_scope_item *target, size_t n,
		     PgQuery__Node **columns, int width)
{
	const struct pk_use_of *of = uses->of;
	bool named = false;

	if (!target->target || (of->thing != PK_THING_COLUMN && of->thing != PK_THING_INSERT))
		return;
	for (size_t i = 0; i < n; i++) {
		const char *name = columns[i]->node_case == PG_QUERY__NODE__NODE_RES_TARGET
					   ? columns[i]->res_target->name
					   : pk_tree_string(columns[i]);
		named = named || pk_streq(name, of->column);
	}
	if (n) {
		if (named == (of->thing == PK_THING_COLUMN))
			pk_uses_note(uses, PK_USE_SURE, false);
		return;
	}
	int place = uses->names->column(uses->names->arg, of->schema, of->name, of->column);
	enum pk_use reached = width < 0			    ? PK_USE_MAYBE
			      : place > 0 && place <= width ? PK_USE_SURE
							    : PK_USE_NONE;
	if (of->thing == PK_THING_INSERT && place > 0 && width >= 0)
		reached = reached == PK_USE_SURE ? PK_USE_NONE : PK_USE_SURE;
	else if (of->thing == PK_THING_INSERT && place <= 0)
		reached = PK_USE_SURE; /* rows were wide enough without it */
	pk_uses_note(uses, reached, true);
}

static void conflict(struct pk_uses *uses, const struct pk_scope *scope,
		     const PgQuery__OnConflictClause *clause)
{
	struct pk_scope both = { .outer = scope, .ctes = scope->ctes };
	struct pk_scope_item *excluded = pk_scope_add(uses, &both);

	*excluded = scope->items[0];
	excluded->alias = "excluded";
	excluded->is_aliased = true;
	for (size_t i = 0; clause->infer && i < clause->infer->n_index_elems; i++)
		if (uses->of->thing == PK_THING_COLUMN && excluded->target &&
		    pk_streq(clause->infer->index_elems[i]->index_elem->name, uses->of->column))
			pk_uses_note(uses, PK_USE_SURE, false);
	if (clause->infer)
		visit(uses, scope, clause->infer);
	set_columns(uses, excluded, clause->n_target_list, clause->target_list);
	visit_list(uses, &both, clause->n_target_list, clause->target_list);
	visit(uses, &both, clause->where_clause);
}

static enum pk_has in_insert(struct pk_uses *uses, const struct pk_scope *outer,
			     const PgQuery__InsertStmt *stmt)
{
	struct pk_scope scope = { .outer = outer };

	with(uses, &scope, stmt->with_clause);
	if (stmt->select_stmt)
		query(uses, &scope, stmt->select_stmt, false);
	inserted(uses, pk_scope_add_relation(uses, &scope, stmt->relation), stmt->n_cols,
		 stmt->cols, width_of(stmt->select_stmt));
	if (stmt->on_conflict_clause)
		conflict(uses, &scope, stmt->on_conflict_clause);
	visit_list(uses, &scope, stmt->n_returning_list, stmt->returning_list);
	return list_has(uses, &scope, stmt->n_returning_list, stmt->returning_list);
}

static enum pk_has in_update(struct pk_uses *uses, const struct pk_scope *outer,
			     const PgQuery__UpdateStmt *stmt)
{
	struct pk_scope scope = { .outer = outer };

	with(uses, &scope, stmt->with_clause);
	set_columns(uses, pk_scope_add_relation(uses, &scope, stmt->relation), stmt->n_target_list,
		    stmt->target_list);
	for (size_t i = 0; i < stmt->n_from_clause; i++)
		from(uses, &scope, stmt->from_clause[i]);
	visit_list(uses, &scope, stmt->n_target_list, stmt->target_list);
	visit(uses, &scope, stmt->where_clause);
	visit_list(uses, &scope, stmt->n_returning_list, stmt->returning_list);
	return list_has(uses, &scope, stmt->n_returning_list, stmt->returning_list);
}

static enum pk_has in_delete(struct pk_uses *uses, const struct pk_scope *outer,
			     const PgQuery__DeleteStmt *stmt)
{
	struct pk_scope scope = { .outer = outer };

	with(uses, &scope, stmt->with_clause);
	pk_scope_add_relation(uses, &scope, stmt->relation);
	for (size_t i = 0; i < stmt->n_using_clause; i++)
		from(uses, &scope, stmt->using_clause[i]);
	visit(uses, &scope, stmt->where_clause);
	visit_list(uses, &scope, stmt->n_returning_list, stmt->returning_list);
	return list_has(uses, &scope, stmt->n_returning_list, stmt->returning_list);
}

static void in_merge(struct pk_uses *uses, const struct pk_scope *outer,
		     const PgQuery__MergeStmt *stmt)
{
	struct pk_scope scope = { .outer = outer };

	with(uses, &scope, stmt->with_clause);
	pk_scope_add_relation(uses, &scope, stmt->relation);
	from(uses, &scope, stmt->source_relation);
	visit(uses, &scope, stmt->join_condition);
	for (size_t i = 0; i < stmt->n_merge_when_clauses; i++) {
		const PgQuery__MergeWhenClause *when =
			stmt->merge_when_clauses[i]->merge_when_clause;

		if (when->command_type == PG_QUERY__CMD_TYPE__CMD_INSERT)
			inserted(uses, &scope.items[0], when->n_target_list, when->target_list,
				 (int)when->n_values);
		else
			set_columns(uses, &scope.items[0], when->n_target_list, when->target_list);
		visit(uses, &scope, when);
	}
}

static void in_copy(struct pk_uses *uses, const PgQuery__CopyStmt *stmt)
{
	struct pk_scope scope = { 0 };

	inserted(uses, pk_scope_add_relation(uses, &scope, stmt->relation), stmt->n_attlist,
		 stmt->attlist, -1);
}

static enum pk_has query(struct pk_uses *uses, const struct pk_scope *outer,
			 const PgQuery__Node *node, bool exists)
{
	switch (node->node_case) {
	case PG_QUERY__NODE__NODE_SELECT_STMT:
		return in_select(uses, outer, node->select_stmt, exists);
	case PG_QUERY__NODE__NODE_INSERT_STMT:
		return in_insert(uses, outer, node->insert_stmt);
	case PG_QUERY__NODE__NODE_UPDATE_STMT:
		return in_update(uses, outer, node->update_stmt);
	case PG_QUERY__NODE__NODE_DELETE_STMT:
		return in_delete(uses, outer, node->delete_stmt);
	case PG_QUERY__NODE__NODE_MERGE_STMT:
		in_merge(uses, outer, node->merge_stmt);
		return PK_HAS_NOT;
	case PG_QUERY__NODE__NODE_COPY_STMT:
		in_copy(uses, node->copy_stmt);
		return PK_HAS_NOT;
	default:
		visit(uses, outer, node);
		return PK_HAS_PERHAPS;
	}
}

/* ---- expressions ---- */

struct at {
	struct pk_uses *uses;
	const struct pk_scope *scope;
};

static bool visit_child(void *arg, const ProtobufCMessage *message)
{
	struct at *at = arg;

	visit(at->uses, at->scope, message);
	return true;
}

static void visit(struct pk_uses *uses, const struct pk_scope *scope, const void *tree)
{
	const ProtobufCMessage *message = tree;
	struct at at = { uses, scope };

	if (!message || message->descriptor == &pg_query__locking_clause__descriptor)
		return;
	if (message->descriptor == &pg_query__select_stmt__descriptor) {
		in_select(uses, scope, tree, false);
		return;
	}
	if (message->descriptor == &pg_query__sub_link__descriptor) {
		const PgQuery__SubLink *link = tree;

		visit(uses, scope, link->testexpr);
		query(uses, scope, link->subselect,
		      link->sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK);
		return;
	}
	if (message->descriptor == &pg_query__column_ref__descriptor) {
		pk_scope_column(uses, scope, tree);
		return;
	}
	if (message->descriptor == &pg_query__a__indirection__descriptor &&
	    pk_scope_field(uses, scope, tree))
		return;
	if (message->descriptor == &pg_query__func_call__descriptor)
		pk_scope_function(uses, tree);
	if (message->descriptor == &pg_query__type_name__descriptor)
		pk_scope_type(uses, tree);
	pk_tree_children(message, visit_child, &at);
}

bool pk_sql_may_use(const char *query, const struct pk_use_of *of)
{
	const char *name = of->thing == PK_THING_SCHEMA ? NULL : of->name;

	/* Where a name may be written in another way, or not at all, the parser has to look. */
	return !name || strpbrk(name, "\"\\") || strcasestr(query, "u&\"") ||
	       strcasestr(query, name);
}

enum pk_readable pk_sql_uses(const char *text, const struct pk_uses_catalog *names,
			     const struct pk_use_of *of, struct pk_used *ret)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;
	struct pk_arena arena = PK_ARENA_INIT;
	struct pk_uses uses = { .names = names, .of = of, .arena = &arena, .ret = ret };
	const struct pk_scope nothing = { 0 };

	*ret = (struct pk_used){ 0 };
	if (!pk_tree_parse(text, &tree) || tree.result->n_stmts != 1)
		return PK_READ_NOT;
	const PgQuery__Node *node = pk_tree_query(tree.result->stmts[0]->stmt);
	if (!node)
		return PK_READ_OTHER;
	query(&uses, &nothing, node, false);
	pk_arena_release(&arena);
	return PK_READ;
}
