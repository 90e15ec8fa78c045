/* Foreign keys out of CREATE TABLE, for tables that refer to one another in a circle. */
#include "base/strv.h"
#include "sql/tree.h"

static char *deparse(PgQuery__Node *stmt)
{
	PgQuery__RawStmt raw = PG_QUERY__RAW_STMT__INIT, *stmts[] = { &raw };
	PgQuery__ParseResult result = PG_QUERY__PARSE_RESULT__INIT;

	raw.stmt = stmt;
	result.version = PG_VERSION_NUM;
	result.n_stmts = 1;
	result.stmts = stmts;
	PgQueryProtobuf packed = { .len = pg_query__parse_result__get_packed_size(&result) };
	packed.data = pk_alloc(packed.len + 1);
	pg_query__parse_result__pack(&result, (uint8_t *)packed.data);
	PgQueryDeparseResult deparsed = pg_query_deparse_protobuf(packed);
	free(packed.data);
	char *text = deparsed.error ? NULL : pk_strdup(deparsed.query);
	pg_query_free_deparse_result(deparsed);
	return text;
}

/* ALTER TABLE relation ADD constraint; column: of an inline one, else NULL. */
static char *alter_table(PgQuery__RangeVar *relation, const PgQuery__Constraint *constraint,
			 char *column)
{
	PgQuery__AlterTableStmt alter = PG_QUERY__ALTER_TABLE_STMT__INIT;
	PgQuery__AlterTableCmd cmd = PG_QUERY__ALTER_TABLE_CMD__INIT;
	PgQuery__Node cmd_node = PG_QUERY__NODE__INIT, *cmds[] = { &cmd_node };
	PgQuery__String name = PG_QUERY__STRING__INIT;
	PgQuery__Node name_node = PG_QUERY__NODE__INIT, *names[] = { &name_node };
	PgQuery__Constraint copy = *constraint;
	PgQuery__Node copy_node = PG_QUERY__NODE__INIT, stmt = PG_QUERY__NODE__INIT;

	if (column) {
		name.sval = column;
		name_node.node_case = PG_QUERY__NODE__NODE_STRING;
		name_node.string = &name;
		copy.n_fk_attrs = 1;
		copy.fk_attrs = names;
	}
	copy.initially_valid = true;
	copy_node.node_case = PG_QUERY__NODE__NODE_CONSTRAINT;
	copy_node.constraint = &copy;
	cmd.subtype = PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint;
	cmd.behavior = PG_QUERY__DROP_BEHAVIOR__DROP_RESTRICT;
	cmd.def = &copy_node;
	cmd_node.node_case = PG_QUERY__NODE__NODE_ALTER_TABLE_CMD;
	cmd_node.alter_table_cmd = &cmd;
	alter.relation = relation;
	alter.objtype = PG_QUERY__OBJECT_TYPE__OBJECT_TABLE;
	alter.n_cmds = 1;
	alter.cmds = cmds;
	stmt.node_case = PG_QUERY__NODE__NODE_ALTER_TABLE_STMT;
	stmt.alter_table_stmt = &alter;
	return deparse(&stmt);
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

static void take_foreign(PgQuery__Node **list, size_t *n, PgQuery__RangeVar *relation, char *column,
			 struct pk_strv *ret)
{
	size_t kept = 0, next;

	for (size_t i = 0; i < *n; i = next) {
		PgQuery__Node *node = list[i];
		next = i + 1;
		if (node->node_case != PG_QUERY__NODE__NODE_CONSTRAINT ||
		    node->constraint->contype != PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN) {
			list[kept++] = node;
			continue;
		}
		while (column && next < *n && take_attribute(node->constraint, list[next]))
			pg_query__node__free_unpacked(list[next++], NULL);
		char *alter = alter_table(relation, node->constraint, column);
		if (alter)
			pk_strv_push_take(ret, alter);
		pg_query__node__free_unpacked(node, NULL);
	}
	*n = kept;
}

char *pk_sql_split_foreign_keys(const char *create_table, struct pk_strv *ret)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;

	if (!pk_tree_parse(create_table, &tree) || tree.result->n_stmts != 1 ||
	    tree.result->stmts[0]->stmt->node_case != PG_QUERY__NODE__NODE_CREATE_STMT)
		return NULL;
	PgQuery__CreateStmt *create = tree.result->stmts[0]->stmt->create_stmt;
	size_t before = ret->n;

	for (size_t i = 0; i < create->n_table_elts; i++) {
		PgQuery__Node *elt = create->table_elts[i];
		if (elt->node_case == PG_QUERY__NODE__NODE_COLUMN_DEF)
			take_foreign(elt->column_def->constraints, &elt->column_def->n_constraints,
				     create->relation, elt->column_def->colname, ret);
	}
	take_foreign(create->table_elts, &create->n_table_elts, create->relation, NULL, ret);
	return ret->n > before ? deparse(tree.result->stmts[0]->stmt) : NULL;
}
