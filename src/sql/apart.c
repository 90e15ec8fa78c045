/* What CREATE TABLE, DOMAIN and FUNCTION say that can be said after it, for what needs one another in a circle. */
#include "base/buf.h"
#include "base/strv.h"
#include "sql/scan.h"
#include "sql/tree.h"

/* What is made: one of the two. */
struct made {
	PgQuery__RangeVar *relation;
	const PgQuery__CreateDomainStmt *domain;
};

static char *alter_table(PgQuery__RangeVar *relation, PgQuery__AlterTableType type, char *column, PgQuery__Node *def)
{
	PgQuery__AlterTableStmt alter = PG_QUERY__ALTER_TABLE_STMT__INIT;
	PgQuery__AlterTableCmd cmd = PG_QUERY__ALTER_TABLE_CMD__INIT;
	PgQuery__Node cmd_node = PG_QUERY__NODE__INIT, *cmds[] = { &cmd_node };
	PgQuery__Node stmt = PG_QUERY__NODE__INIT;

	cmd.subtype = type;
	cmd.behavior = PG_QUERY__DROP_BEHAVIOR__DROP_RESTRICT;
	cmd.def = def;
	if (column)
		cmd.name = column;
	cmd_node.node_case = PG_QUERY__NODE__NODE_ALTER_TABLE_CMD;
	cmd_node.alter_table_cmd = &cmd;
	alter.relation = relation;
	alter.objtype = PG_QUERY__OBJECT_TYPE__OBJECT_TABLE;
	alter.n_cmds = 1;
	alter.cmds = cmds;
	stmt.node_case = PG_QUERY__NODE__NODE_ALTER_TABLE_STMT;
	stmt.alter_table_stmt = &alter;
	return pk_tree_deparse(&stmt);
}

static char *alter_domain(const PgQuery__CreateDomainStmt *domain, char *subtype, PgQuery__Node *def)
{
	PgQuery__AlterDomainStmt alter = PG_QUERY__ALTER_DOMAIN_STMT__INIT;
	PgQuery__Node stmt = PG_QUERY__NODE__INIT;

	alter.subtype = subtype;
	alter.n_type_name = domain->n_domainname;
	alter.type_name = domain->domainname;
	alter.behavior = PG_QUERY__DROP_BEHAVIOR__DROP_RESTRICT;
	alter.def = def;
	stmt.node_case = PG_QUERY__NODE__NODE_ALTER_DOMAIN_STMT;
	stmt.alter_domain_stmt = &alter;
	return pk_tree_deparse(&stmt);
}

/* ADD constraint, or SET DEFAULT. column: of an inline one, else NULL. */
static char *say_apart(const struct made *made, const PgQuery__Constraint *constraint, char *column)
{
	PgQuery__String name = PG_QUERY__STRING__INIT;
	PgQuery__Node name_node = PG_QUERY__NODE__INIT, *names[] = { &name_node };
	PgQuery__Constraint copy = *constraint;
	PgQuery__Node copy_node = PG_QUERY__NODE__INIT;

	if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT)
		return made->domain ? alter_domain(made->domain, (char[]){ "T" }, constraint->raw_expr) :
				      alter_table(made->relation, PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault, column,
						  constraint->raw_expr);
	if (column && constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN) {
		name.sval = column;
		name_node.node_case = PG_QUERY__NODE__NODE_STRING;
		name_node.string = &name;
		copy.n_fk_attrs = 1;
		copy.fk_attrs = names;
	}
	copy.initially_valid = true;
	copy_node.node_case = PG_QUERY__NODE__NODE_CONSTRAINT;
	copy_node.constraint = &copy;
	return made->domain ? alter_domain(made->domain, (char[]){ "C" }, &copy_node) :
			      alter_table(made->relation, PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint, NULL, &copy_node);
}

/* DEFERRABLE and the like of an inline constraint are nodes of their own behind it. */
static bool take_attribute(PgQuery__Constraint *foreign, const PgQuery__Node *node)
{
	if (node->node_case != PG_QUERY__NODE__NODE_CONSTRAINT)
		return false;
	switch (node->constraint->contype) {
	case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRABLE:
		foreign->deferrable = true;
		return true;
	case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRED:
		foreign->deferrable = foreign->initdeferred = true;
		return true;
	case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_NOT_DEFERRABLE:
	case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_IMMEDIATE:
		return true;
	default:
		return false;
	}
}

static bool is_apart(const PgQuery__Node *node, enum pk_apart what)
{
	if (node->node_case != PG_QUERY__NODE__NODE_CONSTRAINT)
		return false;
	if (what == PK_APART_FOREIGN_KEYS)
		return node->constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN;
	return node->constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_CHECK ||
	       node->constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT;
}

static void take(const struct made *made, enum pk_apart what, PgQuery__Node **list, size_t *n, char *column,
		 struct pk_strv *ret)
{
	size_t kept = 0, next;

	for (size_t i = 0; i < *n; i = next) {
		PgQuery__Node *node = list[i];
		next = i + 1;
		if (!is_apart(node, what)) {
			list[kept++] = node;
			continue;
		}
		while (column && next < *n && take_attribute(node->constraint, list[next]))
			next++;
		char *alter = say_apart(made, node->constraint, column);
		if (alter)
			pk_strv_push_take(ret, alter);
	}
	*n = kept;
}

/* While a default uses a table that has such columns, no check can be added. */
static void put_default_last(PgQuery__CreateDomainStmt *domain)
{
	for (size_t i = 0; i + 1 < domain->n_constraints; i++) {
		PgQuery__Node *node = domain->constraints[i];

		if (node->constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT) {
			domain->constraints[i] = domain->constraints[i + 1];
			domain->constraints[i + 1] = node;
		}
	}
}

char *pk_sql_take_apart(const char *create, enum pk_apart what, struct pk_strv *ret)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;

	if (!pk_tree_parse(create, &tree) || tree.result->n_stmts != 1)
		return NULL;
	PgQuery__Node *stmt = tree.result->stmts[0]->stmt;
	size_t before = ret->n;

	if (stmt->node_case == PG_QUERY__NODE__NODE_CREATE_STMT) {
		PgQuery__CreateStmt *table = stmt->create_stmt;
		const struct made made = { .relation = table->relation };

		for (size_t i = 0; i < table->n_table_elts; i++) {
			PgQuery__Node *elt = table->table_elts[i];
			if (elt->node_case == PG_QUERY__NODE__NODE_COLUMN_DEF)
				take(&made, what, elt->column_def->constraints, &elt->column_def->n_constraints,
				     elt->column_def->colname, ret);
		}
		take(&made, what, table->table_elts, &table->n_table_elts, NULL, ret);
	} else if (stmt->node_case == PG_QUERY__NODE__NODE_CREATE_DOMAIN_STMT) {
		PgQuery__CreateDomainStmt *domain = stmt->create_domain_stmt;
		const struct made made = { .domain = domain };

		put_default_last(domain);
		take(&made, what, domain->constraints, &domain->n_constraints, NULL, ret);
	}
	return ret->n > before ? pk_tree_deparse(stmt) : NULL;
}

/* The routine of a tree; NULL: it is something else. */
static const PgQuery__CreateFunctionStmt *routine_of(const struct pk_tree *tree)
{
	const PgQuery__Node *stmt = tree->result->n_stmts == 1 ? tree->result->stmts[0]->stmt : NULL;

	return stmt && stmt->node_case == PG_QUERY__NODE__NODE_CREATE_FUNCTION_STMT ? stmt->create_function_stmt : NULL;
}

/* Where BEGIN ATOMIC or RETURN begins, which is not a name; 0: nowhere. The deparser does not quote names of arguments. */
static size_t body_start(const char *create)
{
	struct pk_scan scan;
	struct pk_token token, last = { .kind = PK_TOKEN_END };
	bool arguments = false;
	int depth = 0;

	pk_scan_start(&scan, create, strlen(create));
	for (; pk_scan_code(&scan, &token); last = token) {
		depth += pk_token_char(create, &token, '(') - pk_token_char(create, &token, ')');
		arguments |= depth > 0;
		if (depth || !arguments)
			continue;
		if (pk_token_is(create, &token, "atomic") && pk_token_is(create, &last, "begin"))
			return last.start;
		if (pk_token_is(create, &token, "return") && !pk_token_is(create, &last, "returns") &&
		    !pk_token_is(create, &last, "setof") && !pk_token_char(create, &last, '.'))
			return token.start;
	}
	return 0;
}

static void add_null(const PgQuery__TypeName *type, struct pk_buf *ret)
{
	struct pk_arena arena = PK_ARENA_INIT;
	PgQuery__TypeName single = *type;

	single.setof = false;
	pk_buf_addf(ret, "%sNULL::%s", ret->len ? ", " : "SELECT ", pk_tree_type(&arena, &single));
	pk_arena_release(&arena);
}

/* Values, where it is run: rows are looked at when a column is added to them, or a materialized view is filled. */
static void add_values(const PgQuery__CreateFunctionStmt *routine, struct pk_buf *ret)
{
	for (size_t i = 0; i < routine->n_parameters; i++) {
		const PgQuery__FunctionParameter *parameter = routine->parameters[i]->function_parameter;

		switch (parameter->mode) {
		case PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_OUT:
		case PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_INOUT:
		case PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_TABLE:
			add_null(parameter->arg_type, ret);
			break;
		default:
			break;
		}
	}
	if (!ret->len && routine->return_type)
		add_null(routine->return_type, ret);
	if (routine->return_type && routine->return_type->setof)
		pk_buf_add(ret, " WHERE false");
}

/* A literal. */
static void add_body(const PgQuery__CreateFunctionStmt *routine, struct pk_buf *ret)
{
	PK_AUTO(pk_buf) body = PK_BUF_INIT;

	add_values(routine, &body);
	pk_buf_addc(ret, '\'');
	for (size_t i = 0; i < body.len; i++)
		pk_buf_add(ret, body.ptr[i] == '\'' ? "''" : (char[]){ body.ptr[i], '\0' });
	pk_buf_addc(ret, '\'');
}

char *pk_sql_idle_body(const char *create)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;
	PK_AUTO(pk_buf) body = PK_BUF_INIT;
	const PgQuery__CreateFunctionStmt *routine = pk_tree_parse(create, &tree) ? routine_of(&tree) : NULL;

	if (!routine)
		return NULL;
	add_body(routine, &body);
	return pk_buf_take(&body);
}

char *pk_sql_stand_in(const char *create)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT, check = PK_TREE_INIT;
	const PgQuery__CreateFunctionStmt *routine = pk_tree_parse(create, &tree) ? routine_of(&tree) : NULL;
	size_t len = routine && routine->sql_body ? body_start(create) : 0;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (!len)
		return NULL;
	pk_buf_addf(&text, "%.*s%sAS ", (int)len, create,
		    pk_tree_option(routine->n_options, routine->options, "language") ? "" : "LANGUAGE sql ");
	add_body(routine, &text);
	return pk_tree_parse(text.ptr, &check) && routine_of(&check) && !routine_of(&check)->sql_body ? pk_buf_take(&text) : NULL;
}

char *pk_sql_or_replace(const char *create)
{
	struct pk_scan scan;
	struct pk_token first, second;

	pk_scan_start(&scan, create, strlen(create));
	pk_scan_code(&scan, &first);
	pk_scan_code(&scan, &second);
	if (pk_token_is(create, &second, "or"))
		return pk_strdup(create);
	return pk_printf("%.*s OR REPLACE%s", (int)first.end, create, create + first.end);
}
