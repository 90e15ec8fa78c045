/* Printing expressions from a closed list of what there is. */
#include "sql/closed_print.h"
#include "sql/growth.h"

#define EXPR_MAX   8192  /* bytes; how deep it can be nested is bounded with it */
#define ESCAPED	   2     /* times as long as it was, again and again, is what is escaped or quoted */
#define GROWTH_MAX 10000 /* how many times longer a text may become on its way through nested calls */

static int node(const struct pk_closed_print *p, const PgQuery__Node *n, struct pk_buf *out);

/* What stands inside is lengthened by so much more; 0: nobody knows. */
static int grow(struct pk_closed_print *inner, double growth)
{
	inner->growth *= growth;
	if (inner->growth >= 1 && inner->growth <= GROWTH_MAX)
		return 0;
	return pk_err_set(inner->err, "nested like this, it would make a short text very long");
}

static int list(const struct pk_closed_print *p, size_t n, PgQuery__Node *const *items, const char *between, struct pk_buf *out)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			pk_buf_add(out, between);
		if (node(p, items[i], out) < 0)
			return -1;
	}
	return 0;
}

/* ---- calls ---- */

/* The text of a constant, a signed number included; "" for what is none. */
static const char *constant_text(const PgQuery__Node *n, char buf[static 32])
{
	const PgQuery__AConst *c = n->node_case == PG_QUERY__NODE__NODE_A_CONST ? n->a_const : NULL;
	int number;

	if (!c || c->isnull)
		return "";
	if (c->val_case == PG_QUERY__A__CONST__VAL_SVAL)
		return c->sval->sval;
	if (c->val_case == PG_QUERY__A__CONST__VAL_FVAL) /* no integer has room for it */
		return c->fval->fval;
	if (!pk_tree_integer(n, &number))
		return "";
	snprintf(buf, 32, "%d", number);
	return buf;
}

static int fake(const struct pk_closed_print *p, const char *name, const PgQuery__FuncCall *call, struct pk_buf *out)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT, constants = PK_STRV_INIT;
	char number[32];

	if (!p->how->fake)
		return pk_err_set(p->err, "fakes are not allowed here");
	for (size_t i = 0; i < call->n_args; i++) {
		PK_AUTO(pk_buf) arg = PK_BUF_INIT;

		if (node(p, call->args[i], &arg) < 0)
			return -1;
		pk_strv_push(&args, arg.ptr);
		pk_strv_push(&constants, constant_text(call->args[i], number));
	}
	return p->how->fake(p->how->arg, name, &args, &constants, out, p->err);
}

static bool is_built_in(const char *schema)
{
	return !schema || strcmp(schema, "pg_catalog") == 0;
}

static int function_name(const struct pk_closed_print *p, const char *schema, const char *name, struct pk_buf *out)
{
	PK_FREE char *full = pk_printf("%s.%s", schema ? schema : "", name);

	if (is_built_in(schema) && pk_closed_function(name)) {
		pk_buf_addf(out, "pg_catalog.\"%s\"", name);
		return 0;
	}
	if (schema && p->how->functions && pk_strv_has(p->how->functions, full)) {
		pk_closed_add_ident(out, schema);
		pk_buf_addc(out, '.');
		pk_closed_add_ident(out, name);
		return 0;
	}
	return pk_err_set(p->err, "the function %s() is not allowed", schema ? full : name);
}

static int call(const struct pk_closed_print *p, const PgQuery__FuncCall *f, struct pk_buf *out)
{
	const char *name = f->n_funcname ? pk_tree_string(f->funcname[f->n_funcname - 1]) : NULL;
	const char *schema = f->n_funcname > 1 ? pk_tree_string(f->funcname[f->n_funcname - 2]) : NULL;
	struct pk_closed_print inner = *p;
	double growth = 1;
	size_t arg = 0;

	if (!name || f->n_funcname > 2)
		return pk_err_set(p->err, "such a call is not allowed");
	if (f->n_agg_order || f->agg_filter || f->over || f->agg_within_group || f->agg_star || f->agg_distinct ||
	    f->func_variadic)
		return pk_err_set(p->err, "%s() is not allowed as an aggregate or over a window", name);
	for (size_t i = 0; i < f->n_args; i++)
		if (f->args[i]->node_case == PG_QUERY__NODE__NODE_NAMED_ARG_EXPR)
			return pk_err_set(p->err, "named arguments are not allowed");
	if (pk_streq(schema, "fake"))
		return fake(p, name, f, out);
	if (p->how->moment && strcmp(name, "now") == 0 && is_built_in(schema) && !f->n_args) {
		pk_closed_add_moment(p, "timestamptz", out);
		return 0;
	}
	if (function_name(p, schema, name, out) < 0)
		return -1;
	if (is_built_in(schema))
		growth = pk_sql_growth(name, f, &arg);
	if (grow(&inner, growth) < 0)
		return arg ? pk_err_set(p->err, "argument %zu of %s() must be a constant, and not a large one", arg, name) : -1;
	pk_buf_addc(out, '(');
	if (list(&inner, f->n_args, f->args, ", ", out) < 0)
		return -1;
	pk_buf_addc(out, ')');
	return 0;
}

/* ---- operators ---- */

static int op_name(const struct pk_closed_print *p, const PgQuery__AExpr *e, const char **ret)
{
	*ret = e->n_name == 1 ? pk_tree_string(e->name[0]) : NULL;
	if (!*ret || !pk_closed_operator(*ret))
		return pk_err_set(p->err, "the operator %s is not allowed", *ret ? *ret : "with a schema");
	return 0;
}

/* left <word> (item, item), or left <word> item AND item */
static int among(const struct pk_closed_print *p, const PgQuery__AExpr *e, const char *word, bool between, struct pk_buf *out)
{
	if (!e->rexpr || e->rexpr->node_case != PG_QUERY__NODE__NODE_LIST)
		return pk_err_set(p->err, "subqueries are not allowed");
	if (node(p, e->lexpr, out) < 0)
		return -1;
	pk_buf_addf(out, " %s %s", word, between ? "" : "(");
	if (list(p, e->rexpr->list->n_items, e->rexpr->list->items, between ? " AND " : ", ", out) < 0)
		return -1;
	pk_buf_add(out, between ? "" : ")");
	return 0;
}

static int binary(const struct pk_closed_print *p, const PgQuery__AExpr *e, const char *open, const char *close,
		  struct pk_buf *out)
{
	const char *op;

	if (op_name(p, e, &op) < 0 || (e->lexpr && node(p, e->lexpr, out) < 0))
		return -1;
	pk_buf_addf(out, " OPERATOR(pg_catalog.%s) %s", op, open);
	if (node(p, e->rexpr, out) < 0)
		return -1;
	pk_buf_add(out, close);
	return 0;
}

static int distinct(const struct pk_closed_print *p, const PgQuery__AExpr *e, const char *word, struct pk_buf *out)
{
	if (node(p, e->lexpr, out) < 0)
		return -1;
	pk_buf_addf(out, " %s ", word);
	return node(p, e->rexpr, out);
}

static int expression(const struct pk_closed_print *p, const PgQuery__AExpr *e, struct pk_buf *out)
{
	const char *name = e->n_name ? pk_tree_string(e->name[0]) : NULL;

	switch (e->kind) {
	case PG_QUERY__A__EXPR__KIND__AEXPR_OP:
	case PG_QUERY__A__EXPR__KIND__AEXPR_LIKE:
	case PG_QUERY__A__EXPR__KIND__AEXPR_ILIKE:
		return binary(p, e, "", "", out);
	case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY:
		return binary(p, e, "ANY (", ")", out);
	case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL:
		return binary(p, e, "ALL (", ")", out);
	case PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT:
		return distinct(p, e, "IS DISTINCT FROM", out);
	case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT:
		return distinct(p, e, "IS NOT DISTINCT FROM", out);
	case PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF: {
		PgQuery__Node *both[] = { e->lexpr, e->rexpr };

		pk_buf_add(out, "NULLIF(");
		if (list(p, PK_COUNT(both), both, ", ", out) < 0)
			return -1;
		pk_buf_addc(out, ')');
		return 0;
	}
	case PG_QUERY__A__EXPR__KIND__AEXPR_IN:
		return among(p, e, pk_streq(name, "=") ? "IN" : "NOT IN", false, out);
	case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN:
		return among(p, e, "BETWEEN", true, out);
	case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN:
		return among(p, e, "NOT BETWEEN", true, out);
	case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM:
		return among(p, e, "BETWEEN SYMMETRIC", true, out);
	case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM:
		return among(p, e, "NOT BETWEEN SYMMETRIC", true, out);
	default:
		return pk_err_set(p->err, "such an operator is not allowed");
	}
}

static int boolean(const struct pk_closed_print *p, const PgQuery__BoolExpr *e, struct pk_buf *out)
{
	if (e->boolop == PG_QUERY__BOOL_EXPR_TYPE__NOT_EXPR)
		pk_buf_add(out, "NOT ");
	return list(p, e->n_args, e->args, e->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR ? " AND " : " OR ", out);
}

static int boolean_test(const struct pk_closed_print *p, const PgQuery__BooleanTest *t, struct pk_buf *out)
{
	static const char *const words[] = { "", "TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "UNKNOWN", "NOT UNKNOWN" };

	if ((size_t)t->booltesttype >= PK_COUNT(words) || node(p, t->arg, out) < 0)
		return -1;
	pk_buf_addf(out, " IS %s", words[t->booltesttype]);
	return 0;
}

static int null_test(const struct pk_closed_print *p, const PgQuery__NullTest *t, struct pk_buf *out)
{
	if (node(p, t->arg, out) < 0)
		return -1;
	pk_buf_add(out, t->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NULL ? " IS NULL" : " IS NOT NULL");
	return 0;
}

/* ---- other forms ---- */

static int cases(const struct pk_closed_print *p, const PgQuery__CaseExpr *c, struct pk_buf *out)
{
	pk_buf_add(out, "CASE");
	if (c->arg) {
		pk_buf_addc(out, ' ');
		if (node(p, c->arg, out) < 0)
			return -1;
	}
	for (size_t i = 0; i < c->n_args; i++) {
		pk_buf_add(out, " WHEN ");
		if (node(p, c->args[i]->case_when->expr, out) < 0)
			return -1;
		pk_buf_add(out, " THEN ");
		if (node(p, c->args[i]->case_when->result, out) < 0)
			return -1;
	}
	if (c->defresult) {
		pk_buf_add(out, " ELSE ");
		if (node(p, c->defresult, out) < 0)
			return -1;
	}
	pk_buf_add(out, " END");
	return 0;
}

static int enclosed(const struct pk_closed_print *p, const char *word, size_t n, PgQuery__Node *const *items, const char *end,
		    struct pk_buf *out)
{
	pk_buf_add(out, word);
	if (list(p, n, items, ", ", out) < 0)
		return -1;
	pk_buf_add(out, end);
	return 0;
}

/* As text, its elements are quoted. */
static int array(const struct pk_closed_print *p, const PgQuery__AArrayExpr *a, struct pk_buf *out)
{
	struct pk_closed_print inner = *p;

	return grow(&inner, ESCAPED) < 0 ? -1 : enclosed(&inner, "ARRAY[", a->n_elements, a->elements, "]", out);
}

/* bpchar(n) is filled up with blanks; bytes as text are hexadecimal digits. */
static double cast_growth(const PgQuery__TypeName *t)
{
	const char *name = pk_tree_string(t->names[t->n_names - 1]);
	int length;

	if (pk_streq(name, "bytea"))
		return ESCAPED;
	return pk_streq(name, "bpchar") && t->n_typmods == 1 && pk_tree_integer(t->typmods[0], &length) ? length : 1;
}

static int cast(const struct pk_closed_print *p, const PgQuery__TypeCast *c, struct pk_buf *out)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;
	struct pk_closed_print inner = *p;

	if (pk_closed_type_name(p, c->type_name, &name) < 0 || grow(&inner, cast_growth(c->type_name)) < 0)
		return -1;
	pk_buf_add(out, "CAST(");
	if (node(&inner, c->arg, out) < 0)
		return -1;
	pk_buf_addf(out, " AS %s)", name.ptr);
	return 0;
}

/* Subscripts alone: .name would be a function of the row. */
static int indirection(const struct pk_closed_print *p, const PgQuery__AIndirection *a, struct pk_buf *out)
{
	pk_buf_addc(out, '(');
	if (node(p, a->arg, out) < 0)
		return -1;
	pk_buf_addc(out, ')');
	for (size_t i = 0; i < a->n_indirection; i++) {
		const PgQuery__Node *n = a->indirection[i];

		if (n->node_case != PG_QUERY__NODE__NODE_A_INDICES || n->a_indices->is_slice || !n->a_indices->uidx)
			return pk_err_set(p->err, "only subscripts are allowed behind a value");
		pk_buf_addc(out, '[');
		if (node(p, n->a_indices->uidx, out) < 0)
			return -1;
		pk_buf_addc(out, ']');
	}
	return 0;
}

/* What needs brackets around it. */
static int loose(const struct pk_closed_print *p, const PgQuery__Node *n, struct pk_buf *out)
{
	switch (n->node_case) {
	case PG_QUERY__NODE__NODE_A_EXPR:
		return expression(p, n->a_expr, out);
	case PG_QUERY__NODE__NODE_BOOL_EXPR:
		return boolean(p, n->bool_expr, out);
	case PG_QUERY__NODE__NODE_BOOLEAN_TEST:
		return boolean_test(p, n->boolean_test, out);
	case PG_QUERY__NODE__NODE_NULL_TEST:
		return null_test(p, n->null_test, out);
	case PG_QUERY__NODE__NODE_A_INDIRECTION:
		return indirection(p, n->a_indirection, out);
	case PG_QUERY__NODE__NODE_SUB_LINK:
		return pk_err_set(p->err, "subqueries are not allowed");
	default:
		return pk_err_set(p->err, "an expression of this form is not allowed");
	}
}

static int node(const struct pk_closed_print *p, const PgQuery__Node *n, struct pk_buf *out)
{
	switch (n->node_case) {
	case PG_QUERY__NODE__NODE_A_CONST:
		return pk_closed_constant(p, n->a_const, out);
	case PG_QUERY__NODE__NODE_COLUMN_REF:
		return pk_closed_column(p, n->column_ref, out);
	case PG_QUERY__NODE__NODE_FUNC_CALL:
		return call(p, n->func_call, out);
	case PG_QUERY__NODE__NODE_TYPE_CAST:
		return cast(p, n->type_cast, out);
	case PG_QUERY__NODE__NODE_CASE_EXPR:
		return cases(p, n->case_expr, out);
	case PG_QUERY__NODE__NODE_COALESCE_EXPR:
		return enclosed(p, "COALESCE(", n->coalesce_expr->n_args, n->coalesce_expr->args, ")", out);
	case PG_QUERY__NODE__NODE_MIN_MAX_EXPR:
		return enclosed(p,
				n->min_max_expr->op == PG_QUERY__MIN_MAX_OP__IS_LEAST ? "LEAST(" : "GREATEST(",
				n->min_max_expr->n_args, n->min_max_expr->args, ")", out);
	case PG_QUERY__NODE__NODE_A_ARRAY_EXPR:
		return array(p, n->a_array_expr, out);
	case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION:
		return pk_closed_value_function(p, n->sqlvalue_function, out);
	default:
		pk_buf_addc(out, '(');
		if (loose(p, n, out) < 0)
			return -1;
		pk_buf_addc(out, ')');
		return 0;
	}
}

/* A bracket that closes ours would let the text go on as a statement: all of it must be the one expression. */
static const PgQuery__Node *parse(const char *expr, struct pk_tree *tree)
{
	const PgQuery__Node *found = pk_tree_parse_expr(expr, tree);
	const PgQuery__SelectStmt *select;

	if (!found || tree->result->n_stmts != 1)
		return NULL;
	select = tree->result->stmts[0]->stmt->select_stmt;
	return select->n_from_clause || select->where_clause || select->n_group_clause || select->having_clause ||
			       select->n_window_clause || select->n_sort_clause || select->limit_count ||
			       select->limit_offset || select->n_locking_clause || select->into_clause ||
			       select->with_clause || select->n_distinct_clause || select->larg ?
		       NULL :
		       found;
}

int pk_sql_closed(const char *expr, const struct pk_closed *how, struct pk_buf *ret, struct pk_err *err)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	const struct pk_closed_print p = { how, err, 1 };
	const PgQuery__Node *found;

	if (strlen(expr) > EXPR_MAX)
		return pk_err_set(err, "the expression is longer than %d bytes", EXPR_MAX);
	found = parse(expr, &tree);
	if (!found)
		return pk_err_set(err, "this is not one SQL expression: %s", expr);
	if (node(&p, found, &out) < 0)
		return pk_err_hint(err, "git postkit --help, under MASKS, says what expressions of the settings may hold");
	pk_buf_addn(ret, out.ptr, out.len);
	return 0;
}

bool pk_sql_is_null(const char *expr)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;
	const PgQuery__Node *found = parse(expr, &tree);

	return found && found->node_case == PG_QUERY__NODE__NODE_A_CONST && found->a_const->isnull;
}

bool pk_sql_is_column(const char *expr, const char *column)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;
	const PgQuery__Node *found = parse(expr, &tree);

	return found && found->node_case == PG_QUERY__NODE__NODE_COLUMN_REF && found->column_ref->n_fields == 1 &&
	       pk_streq(pk_tree_string(found->column_ref->fields[0]), column);
}
