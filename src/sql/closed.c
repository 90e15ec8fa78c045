/* Printing expressions from a closed list of what there is. */
#include "sql/closed.h"

#include "sql/growth.h"

#define EXPR_MAX   8192  /* bytes; how deep it can be nested is bounded with it */
#define ESCAPED	   2     /* times as long as it was, again and again, is what is escaped or quoted */
#define GROWTH_MAX 10000 /* how many times longer a text may become on its way through nested calls */

/* Immutable or stable functions of one row, of text that is no more than a few times as long as what they are given. */
static const char *const functions[] = {
	"abs", "age", "array_length", "array_position", "array_remove", "array_replace", "array_to_string",
	"ascii", "bit_length", "btrim", "cardinality", "ceil", "ceiling", "char_length", "character_length",
	"chr", "concat", "concat_ws", "convert_to", "date", "date_part", "date_trunc", "decode", "div", "encode",
	"extract", "family", "floor", "get_byte", "hashtext", "hashtextextended", "host", "initcap", "isempty",
	"isfinite", "json_array_length", "json_build_array", "json_build_object", "json_typeof",
	"jsonb_array_length", "jsonb_build_array", "jsonb_build_object", "jsonb_set", "jsonb_strip_nulls",
	"jsonb_typeof", "justify_days", "left", "length", "lower", "lpad", "ltrim", "make_date", "make_interval",
	"make_timestamp", "masklen", "md5", "mod", "netmask", "network", "now", "num_nonnulls", "num_nulls",
	"octet_length", "overlay", "position", "regexp_replace", "replace", "reverse", "right", "round", "rpad",
	"rtrim", "set_masklen", "sha224", "sha256", "sha384", "sha512", "sign", "split_part", "starts_with",
	"strpos", "substr", "substring", "timezone", "to_char", "to_date", "to_json",
	"to_jsonb", "to_number", "to_timestamp", "translate", "trunc", "upper",
};

static const char *const operators[] = {
	"+",  "-",   "*",   "/",   "%",   "||", "=",  "<>", "<",  "<=",	 ">",	">=",
	"~~", "!~~", "~~*", "!~~*", "~",  "~*", "!~", "!~*", "->", "->>", "#>", "#>>",
	"#-", "@>",  "<@",  "?",   "?|",  "?&", "&&", "&",  "|",  "#",	 "<<",	">>",
};

static const char *const types[] = {
	"bool",	   "bpchar", "bytea", "cidr",	  "date",   "float4",  "float8", "inet",
	"int2",	   "int4",   "int8",  "interval", "json",   "jsonb",   "macaddr", "macaddr8",
	"numeric", "text",   "time",  "timestamp", "timestamptz", "timetz", "uuid", "varchar",
};

struct print {
	const struct pk_closed *how;
	struct pk_err *err;
	double growth; /* by how much what stands around this place can lengthen its text */
};

static int node(const struct print *p, const PgQuery__Node *n, struct pk_buf *out);

static bool one_of(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static void add_ident(struct pk_buf *out, const char *name)
{
	pk_buf_addc(out, '"');
	for (; *name; name++) {
		if (*name == '"')
			pk_buf_addc(out, '"');
		pk_buf_addc(out, *name);
	}
	pk_buf_addc(out, '"');
}

static void add_literal(struct pk_buf *out, const char *value)
{
	bool escapes = strchr(value, '\\') != NULL;

	pk_buf_add(out, escapes ? " E'" : "'");
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			pk_buf_addc(out, *value);
		pk_buf_addc(out, *value);
	}
	pk_buf_addc(out, '\'');
}

/* What stands inside is lengthened by so much more; 0: nobody knows. */
static int grow(struct print *inner, double growth)
{
	inner->growth *= growth;
	if (inner->growth >= 1 && inner->growth <= GROWTH_MAX)
		return 0;
	return pk_err_set(inner->err, "nested like this, it would make a short text very long");
}

static int list(const struct print *p, size_t n, PgQuery__Node *const *items, const char *between, struct pk_buf *out)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			pk_buf_add(out, between);
		if (node(p, items[i], out) < 0)
			return -1;
	}
	return 0;
}

/* ---- leaves ---- */

static int constant(const struct print *p, const PgQuery__AConst *c, struct pk_buf *out)
{
	if (c->isnull) {
		pk_buf_add(out, "NULL");
		return 0;
	}
	switch (c->val_case) {
	case PG_QUERY__A__CONST__VAL_IVAL:
		pk_buf_addf(out, "%d", c->ival->ival);
		return 0;
	case PG_QUERY__A__CONST__VAL_FVAL:
		if (strspn(c->fval->fval, "-0123456789.") != strlen(c->fval->fval))
			return pk_err_set(p->err, "the number %s is not allowed", c->fval->fval);
		pk_buf_add(out, c->fval->fval);
		return 0;
	case PG_QUERY__A__CONST__VAL_BOOLVAL:
		pk_buf_add(out, c->boolval->boolval ? "true" : "false");
		return 0;
	case PG_QUERY__A__CONST__VAL_SVAL:
		add_literal(out, c->sval->sval);
		return 0;
	default:
		return pk_err_set(p->err, "bit strings are not allowed");
	}
}

/* A name that is no column would be looked for among the functions: t.f is f(t). */
static int column(const struct print *p, const PgQuery__ColumnRef *ref, struct pk_buf *out)
{
	const char *name = ref->n_fields == 1 ? pk_tree_string(ref->fields[0]) : NULL;

	if (!name)
		return pk_err_set(p->err, "only columns of the row itself are allowed, each by its name alone");
	if (p->how->other && strcmp(p->how->other, name) == 0)
		name = p->how->own;
	if (!pk_strv_has(p->how->columns, name))
		return pk_err_set(p->err, "there is no column '%s'", name);
	if (p->how->row)
		pk_buf_addf(out, "%s.", p->how->row);
	add_ident(out, name);
	return 0;
}

static int type(const struct print *p, const PgQuery__TypeName *t, struct pk_buf *out)
{
	const char *schema = t->n_names > 1 ? pk_tree_string(t->names[t->n_names - 2]) : NULL;
	const char *name = t->n_names ? pk_tree_string(t->names[t->n_names - 1]) : NULL;

	if (!name || t->n_names > 2 || (schema && strcmp(schema, "pg_catalog") != 0) || t->setof || t->pct_type ||
	    !one_of(types, PK_COUNT(types), name))
		return pk_err_set(p->err, "the type '%s' is not allowed", name ? name : "?");
	pk_buf_addf(out, "pg_catalog.%s", name);
	for (size_t i = 0; i < t->n_typmods; i++) {
		int modifier;

		if (strcmp(name, "interval") == 0 || !pk_tree_integer(t->typmods[i], &modifier))
			return pk_err_set(p->err, "the type '%s' is not allowed with such a modifier", name);
		pk_buf_addf(out, "%s%d", i ? "," : "(", modifier);
	}
	if (t->n_typmods)
		pk_buf_addc(out, ')');
	if (t->n_array_bounds)
		pk_buf_add(out, "[]");
	return 0;
}

/* Of several connections each has a clock of its own, that of its transaction's beginning. */
static void add_moment(const struct print *p, const char *type, struct pk_buf *out)
{
	pk_buf_addf(out, "CAST(CAST('%s' AS pg_catalog.timestamptz) AS pg_catalog.%s)", p->how->moment, type);
}

static int value_function(const struct print *p, const PgQuery__SQLValueFunction *f, struct pk_buf *out)
{
	bool fixed = p->how->moment != NULL;

	switch (f->op) {
	case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE:
		fixed ? add_moment(p, "date", out) : pk_buf_add(out, "CURRENT_DATE");
		return 0;
	case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP:
		fixed ? add_moment(p, "timestamptz", out) : pk_buf_add(out, "CURRENT_TIMESTAMP");
		return 0;
	case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP:
		fixed ? add_moment(p, "timestamp", out) : pk_buf_add(out, "LOCALTIMESTAMP");
		return 0;
	default:
		return pk_err_set(p->err, "of what the session knows, only the time is allowed");
	}
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
	if (!pk_tree_integer(n, &number))
		return "";
	snprintf(buf, 32, "%d", number);
	return buf;
}

static int fake(const struct print *p, const char *name, const PgQuery__FuncCall *call, struct pk_buf *out)
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

static int function_name(const struct print *p, const char *schema, const char *name, struct pk_buf *out)
{
	PK_FREE char *full = pk_printf("%s.%s", schema ? schema : "", name);

	if (is_built_in(schema) && one_of(functions, PK_COUNT(functions), name)) {
		pk_buf_addf(out, "pg_catalog.\"%s\"", name);
		return 0;
	}
	if (schema && p->how->functions && pk_strv_has(p->how->functions, full)) {
		add_ident(out, schema);
		pk_buf_addc(out, '.');
		add_ident(out, name);
		return 0;
	}
	return pk_err_set(p->err, "the function %s() is not allowed", schema ? full : name);
}

static int call(const struct print *p, const PgQuery__FuncCall *f, struct pk_buf *out)
{
	const char *name = f->n_funcname ? pk_tree_string(f->funcname[f->n_funcname - 1]) : NULL;
	const char *schema = f->n_funcname > 1 ? pk_tree_string(f->funcname[f->n_funcname - 2]) : NULL;
	struct print inner = *p;
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
		add_moment(p, "timestamptz", out);
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

static int op_name(const struct print *p, const PgQuery__AExpr *e, const char **ret)
{
	*ret = e->n_name == 1 ? pk_tree_string(e->name[0]) : NULL;
	if (!*ret || !one_of(operators, PK_COUNT(operators), *ret))
		return pk_err_set(p->err, "the operator %s is not allowed", *ret ? *ret : "with a schema");
	return 0;
}

/* left <word> (item, item), or left <word> item AND item */
static int among(const struct print *p, const PgQuery__AExpr *e, const char *word, bool between, struct pk_buf *out)
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

static int binary(const struct print *p, const PgQuery__AExpr *e, const char *open, const char *close,
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

static int distinct(const struct print *p, const PgQuery__AExpr *e, const char *word, struct pk_buf *out)
{
	if (node(p, e->lexpr, out) < 0)
		return -1;
	pk_buf_addf(out, " %s ", word);
	return node(p, e->rexpr, out);
}

static int expression(const struct print *p, const PgQuery__AExpr *e, struct pk_buf *out)
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

static int boolean(const struct print *p, const PgQuery__BoolExpr *e, struct pk_buf *out)
{
	if (e->boolop == PG_QUERY__BOOL_EXPR_TYPE__NOT_EXPR)
		pk_buf_add(out, "NOT ");
	return list(p, e->n_args, e->args, e->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR ? " AND " : " OR ", out);
}

static int boolean_test(const struct print *p, const PgQuery__BooleanTest *t, struct pk_buf *out)
{
	static const char *const words[] = { "", "TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "UNKNOWN", "NOT UNKNOWN" };

	if ((size_t)t->booltesttype >= PK_COUNT(words) || node(p, t->arg, out) < 0)
		return -1;
	pk_buf_addf(out, " IS %s", words[t->booltesttype]);
	return 0;
}

static int null_test(const struct print *p, const PgQuery__NullTest *t, struct pk_buf *out)
{
	if (node(p, t->arg, out) < 0)
		return -1;
	pk_buf_add(out, t->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NULL ? " IS NULL" : " IS NOT NULL");
	return 0;
}

/* ---- other forms ---- */

static int cases(const struct print *p, const PgQuery__CaseExpr *c, struct pk_buf *out)
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

static int enclosed(const struct print *p, const char *word, size_t n, PgQuery__Node *const *items, const char *end,
		    struct pk_buf *out)
{
	pk_buf_add(out, word);
	if (list(p, n, items, ", ", out) < 0)
		return -1;
	pk_buf_add(out, end);
	return 0;
}

/* As text, its elements are quoted. */
static int array(const struct print *p, const PgQuery__AArrayExpr *a, struct pk_buf *out)
{
	struct print inner = *p;

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

static int cast(const struct print *p, const PgQuery__TypeCast *c, struct pk_buf *out)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;
	struct print inner = *p;

	if (type(p, c->type_name, &name) < 0 || grow(&inner, cast_growth(c->type_name)) < 0)
		return -1;
	pk_buf_add(out, "CAST(");
	if (node(&inner, c->arg, out) < 0)
		return -1;
	pk_buf_addf(out, " AS %s)", name.ptr);
	return 0;
}

/* Subscripts alone: .name would be a function of the row. */
static int indirection(const struct print *p, const PgQuery__AIndirection *a, struct pk_buf *out)
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
static int loose(const struct print *p, const PgQuery__Node *n, struct pk_buf *out)
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

static int node(const struct print *p, const PgQuery__Node *n, struct pk_buf *out)
{
	switch (n->node_case) {
	case PG_QUERY__NODE__NODE_A_CONST:
		return constant(p, n->a_const, out);
	case PG_QUERY__NODE__NODE_COLUMN_REF:
		return column(p, n->column_ref, out);
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
		return value_function(p, n->sqlvalue_function, out);
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
	const struct print p = { how, err, 1 };
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
