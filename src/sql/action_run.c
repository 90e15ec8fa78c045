/* Statements that do something rather than define it: data, locks, maintenance, settings, DO bodies. */
#include "base/buf.h"
#include "sql/scan.h"
#include "sql/tree.h"

static void do_insert(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_INSERT, NULL);
	const PgQuery__Node *select = node->insert_stmt->select_stmt;

	pk_facts_on(facts, action, node->insert_stmt->relation);
	/* INSERT ... SELECT ... FROM moves as many rows as it finds; VALUES only its own. */
	action->has_where =
		!(select && select->node_case == PG_QUERY__NODE__NODE_SELECT_STMT &&
		  select->select_stmt->n_from_clause && !select->select_stmt->where_clause);
}

static void do_update(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_UPDATE, NULL);

	pk_facts_on(facts, action, node->update_stmt->relation);
	action->where = pk_tree_expr(facts->arena, node->update_stmt->where_clause);
	action->has_where = node->update_stmt->where_clause != NULL;
	const PgQuery__UpdateStmt *stmt = node->update_stmt;
	if (stmt->n_target_list &&
	    stmt->target_list[0]->node_case == PG_QUERY__NODE__NODE_RES_TARGET)
		action->column = pk_tree_str(facts->arena, stmt->target_list[0]->res_target->name);
}

static void do_delete(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_DELETE, NULL);

	pk_facts_on(facts, action, node->delete_stmt->relation);
	action->where = pk_tree_expr(facts->arena, node->delete_stmt->where_clause);
	action->has_where = node->delete_stmt->where_clause != NULL;
}

static void do_merge(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_MERGE, NULL);

	pk_facts_on(facts, action, node->merge_stmt->relation);
	action->has_where = true;
}

static bool is_true(const PgQuery__Node *node)
{
	const char *text = NULL;

	if (!node)
		return false;
	if (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST)
		node = node->type_cast->arg;
	if (node->node_case != PG_QUERY__NODE__NODE_A_CONST)
		return false;
	if (node->a_const->val_case == PG_QUERY__A__CONST__VAL_BOOLVAL)
		return node->a_const->boolval->boolval;
	if (node->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL)
		text = node->a_const->sval->sval;
	return pk_streq(text, "t") || pk_streq(text, "true");
}

static const char *const_text(struct pk_facts *facts, PgQuery__Node *node)
{
	if (node->node_case == PG_QUERY__NODE__NODE_A_CONST &&
	    node->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL)
		return pk_arena_strdup(facts->arena, node->a_const->sval->sval);
	return pk_tree_expr(facts->arena, node);
}

/* SELECT set_config('name', 'value', is_local) is a SET. */
static bool set_config(struct pk_facts *facts, const PgQuery__SelectStmt *stmt)
{
	if (stmt->n_target_list != 1 || stmt->n_from_clause ||
	    stmt->target_list[0]->node_case != PG_QUERY__NODE__NODE_RES_TARGET)
		return false;
	const PgQuery__Node *val = stmt->target_list[0]->res_target->val;
	if (!val || val->node_case != PG_QUERY__NODE__NODE_FUNC_CALL || val->func_call->n_args != 3)
		return false;
	const PgQuery__FuncCall *call = val->func_call;
	if (!pk_streq(pk_tree_string(call->funcname[call->n_funcname - 1]), "set_config"))
		return false;
	struct pk_action *action = pk_facts_add(facts, PK_SET, NULL);
	action->name = const_text(facts, call->args[0]);
	action->def = const_text(facts, call->args[1]);
	action->local = is_true(call->args[2]);
	return true;
}

static bool modifies(void *arg, const ProtobufCMessage *message)
{
	struct pk_facts *facts = arg;
	static const struct {
		const ProtobufCMessageDescriptor *descriptor;
		PgQuery__Node__NodeCase node_case;
	} kinds[] = {
		{ &pg_query__insert_stmt__descriptor, PG_QUERY__NODE__NODE_INSERT_STMT },
		{ &pg_query__update_stmt__descriptor, PG_QUERY__NODE__NODE_UPDATE_STMT },
		{ &pg_query__delete_stmt__descriptor, PG_QUERY__NODE__NODE_DELETE_STMT },
	};

	if (message->descriptor != &pg_query__node__descriptor)
		return true;
	const PgQuery__Node *node = (const PgQuery__Node *)message;
	for (size_t i = 0; i < PK_COUNT(kinds); i++)
		if (node->node_case == kinds[i].node_case)
			pk_facts_run(facts, node);
	return true;
}

static void do_select(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__SelectStmt *stmt = node->select_stmt;

	if (stmt->into_clause) {
		pk_facts_relation(facts, pk_facts_add(facts, PK_CREATE, "table"),
				  stmt->into_clause->rel);
		return;
	}
	if (set_config(facts, stmt))
		return;
	size_t before = facts->out->n;
	if (stmt->with_clause) /* WITH x AS (DELETE ... RETURNING ...) SELECT */
		pk_tree_walk(&stmt->with_clause->base, modifies, facts);
	if (facts->out->n == before)
		pk_facts_add(facts, PK_SELECT, NULL);
}

static void do_copy(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__CopyStmt *stmt = node->copy_stmt;
	struct pk_action *action =
		pk_facts_add(facts, stmt->is_program ? PK_COPY_PROGRAM : PK_COPY, NULL);

	pk_facts_on(facts, action, stmt->relation);
	action->has_where = !stmt->is_from; /* COPY TO writes no table */
}

static void do_truncate(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__TruncateStmt *stmt = node->truncate_stmt;

	for (size_t i = 0; i < stmt->n_relations; i++) {
		struct pk_action *action = pk_facts_add(facts, PK_TRUNCATE, "table");
		pk_facts_on(facts, action, stmt->relations[i]->range_var);
		action->cascade = stmt->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
	}
}

static const char *const lock_modes[] = {
	NULL,	 "ACCESS SHARE",	"ROW SHARE", "ROW EXCLUSIVE",	 "SHARE UPDATE EXCLUSIVE",
	"SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE",
};

static void do_lock(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__LockStmt *stmt = node->lock_stmt;

	for (size_t i = 0; i < stmt->n_relations; i++) {
		struct pk_action *action = pk_facts_add(facts, PK_LOCK, "table");
		pk_facts_on(facts, action, stmt->relations[i]->range_var);
		action->def = stmt->mode > 0 && (size_t)stmt->mode < PK_COUNT(lock_modes)
				      ? lock_modes[stmt->mode]
				      : "ACCESS EXCLUSIVE";
	}
}

static void do_vacuum(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__VacuumStmt *stmt = node->vacuum_stmt;
	bool full = pk_tree_option_true(stmt->n_options, stmt->options, "full");
	struct pk_action *action;

	if (!stmt->is_vacuumcmd) {
		pk_facts_add(facts, PK_OTHER, NULL); /* ANALYZE */
		return;
	}
	for (size_t i = 0; i < stmt->n_rels; i++) {
		action = pk_facts_add(facts, PK_VACUUM, "table");
		pk_facts_on(facts, action, stmt->rels[i]->vacuum_relation->relation);
		action->full = full;
	}
	if (stmt->n_rels == 0)
		pk_facts_add(facts, PK_VACUUM, "database")->full = full;
}

static void do_cluster(struct pk_facts *facts, const PgQuery__Node *node)
{
	pk_facts_on(facts, pk_facts_add(facts, PK_CLUSTER, "table"), node->cluster_stmt->relation);
}

static void do_reindex(struct pk_facts *facts, const PgQuery__Node *node)
{
	static const char *const kinds[] = {
		NULL, "index", "table", "schema", "system", "database"
	};
	const PgQuery__ReindexStmt *stmt = node->reindex_stmt;
	struct pk_action *action = pk_facts_add(
		facts, PK_REINDEX, (size_t)stmt->kind < PK_COUNT(kinds) ? kinds[stmt->kind] : NULL);

	pk_facts_relation(facts, action, stmt->relation);
	if (!stmt->relation)
		action->name = pk_tree_str(facts->arena, stmt->name);
	action->concurrently = pk_tree_option_true(stmt->n_params, stmt->params, "concurrently");
}

static void do_refresh(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_REFRESH, "materialized view");

	pk_facts_relation(facts, action, node->refresh_mat_view_stmt->relation);
	action->concurrently = node->refresh_mat_view_stmt->concurrent;
}

static void do_transaction(struct pk_facts *facts, const PgQuery__Node *node)
{
	static const enum pk_verb verbs[] = {
		[PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN] = PK_BEGIN,
		[PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START] = PK_BEGIN,
		[PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT] = PK_COMMIT,
		[PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK] = PK_ROLLBACK,
		[PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT] = PK_SAVEPOINT,
		[PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE] = PK_SAVEPOINT,
		[PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO] = PK_SAVEPOINT,
		[PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_PREPARE] = PK_COMMIT,
		[PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT_PREPARED] = PK_COMMIT,
		[PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_PREPARED] = PK_ROLLBACK,
	};
	size_t kind = (size_t)node->transaction_stmt->kind;

	pk_facts_add(facts, kind < PK_COUNT(verbs) ? verbs[kind] : PK_OTHER, NULL);
}

static void do_set(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__VariableSetStmt *stmt = node->variable_set_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_SET, NULL);
	PK_AUTO(pk_buf) value = PK_BUF_INIT;

	action->local = stmt->is_local;
	action->name = stmt->kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL
			       ? "all"
			       : pk_tree_str(facts->arena, stmt->name);
	for (size_t i = 0; i < stmt->n_args; i++) {
		const char *arg = const_text(facts, stmt->args[i]);
		pk_buf_add(&value, i ? "," : "");
		pk_buf_add(&value, arg ? arg : "");
	}
	action->def = stmt->n_args ? pk_arena_strdup(facts->arena, value.ptr) : NULL;
}

static void do_discard(struct pk_facts *facts, const PgQuery__Node *node)
{
	bool all = node->discard_stmt->target == PG_QUERY__DISCARD_MODE__DISCARD_ALL;

	pk_facts_add(facts, all ? PK_SET : PK_OTHER, NULL)->name = all ? "all" : NULL;
}

/* Where in a plpgsql body a statement may start. */
static bool opens_statement(const char *body, const struct pk_token *token)
{
	static const char *const words[] = { "begin", "then", "else", "loop" };

	for (size_t i = 0; i < PK_COUNT(words); i++)
		if (pk_token_is(body, token, words[i]))
			return true;
	return pk_token_char(body, token, ';');
}

static bool is_sql_word(const char *body, const struct pk_token *token)
{
	static const char *const words[] = {
		"alter",    "create", "drop",	 "truncate", "update",	"delete",
		"insert",   "lock",   "reindex", "refresh",  "cluster", "commit",
		"rollback", "set",    "copy",	 "merge",
	};

	for (size_t i = 0; i < PK_COUNT(words); i++)
		if (pk_token_is(body, token, words[i]))
			return true;
	return false;
}

static size_t statement_end(struct pk_scan *scan, const char *body)
{
	struct pk_token token;

	while (pk_scan_code(scan, &token))
		if (pk_token_char(body, &token, ';'))
			return token.start;
	return scan->len;
}

static void nested_text(struct pk_facts *facts, const char *text, size_t depth);

static void nested_statement(struct pk_facts *facts, const char *body, size_t start, size_t end)
{
	PK_FREE char *sql = pk_strndup(body + start, end - start);
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;
	struct pk_facts inner = *facts;

	inner.nested = true;
	if (pk_tree_parse(sql, &tree) && tree.result->n_stmts == 1)
		pk_facts_statement(&inner, tree.result->stmts[0]->stmt);
}

/* EXECUTE 'literal' is read like the rest; EXECUTE of anything else cannot be known. */
static void nested_execute(struct pk_facts *facts, const char *body, struct pk_scan *scan,
			   size_t depth)
{
	struct pk_token token;
	struct pk_scan look = *scan;

	if (!pk_scan_code(&look, &token))
		return;
	PK_FREE char *text = pk_token_string(body, &token);
	if (text && pk_scan_code(&look, &token) &&
	    (pk_token_char(body, &token, ';') || pk_token_is(body, &token, "using"))) {
		PK_FREE char *sql = pk_printf(";%s;", text);
		nested_text(facts, sql, depth + 1);
	} else {
		struct pk_facts inner = *facts;
		inner.nested = true;
		pk_facts_add(&inner, PK_OTHER, "dynamic statement");
	}
	statement_end(scan, body);
}

static void nested_text(struct pk_facts *facts, const char *text, size_t depth)
{
	struct pk_scan scan;
	struct pk_token token;
	bool open = false;

	pk_scan_start(&scan, text, strlen(text));
	while (depth < 4 && pk_scan_code(&scan, &token)) {
		if (open && pk_token_is(text, &token, "execute")) {
			nested_execute(facts, text, &scan, depth);
		} else if (open && is_sql_word(text, &token)) {
			nested_statement(facts, text, token.start, statement_end(&scan, text));
		} else {
			open = opens_statement(text, &token);
		}
	}
}

static void do_do(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__DefElem *as =
		pk_tree_option(node->do_stmt->n_args, node->do_stmt->args, "as");
	const char *body = as ? pk_tree_str(facts->arena, pk_tree_string(as->arg)) : NULL;
	struct pk_action *action = pk_facts_add(facts, PK_DO, NULL);

	action->def = body;
	if (body)
		nested_text(facts, body, 0);
}

static const struct {
	PgQuery__Node__NodeCase node_case;
	void (*fn)(struct pk_facts *facts, const PgQuery__Node *node);
} handlers[] = {
	{ PG_QUERY__NODE__NODE_SELECT_STMT, do_select },
	{ PG_QUERY__NODE__NODE_INSERT_STMT, do_insert },
	{ PG_QUERY__NODE__NODE_UPDATE_STMT, do_update },
	{ PG_QUERY__NODE__NODE_DELETE_STMT, do_delete },
	{ PG_QUERY__NODE__NODE_MERGE_STMT, do_merge },
	{ PG_QUERY__NODE__NODE_COPY_STMT, do_copy },
	{ PG_QUERY__NODE__NODE_TRUNCATE_STMT, do_truncate },
	{ PG_QUERY__NODE__NODE_LOCK_STMT, do_lock },
	{ PG_QUERY__NODE__NODE_VACUUM_STMT, do_vacuum },
	{ PG_QUERY__NODE__NODE_CLUSTER_STMT, do_cluster },
	{ PG_QUERY__NODE__NODE_REINDEX_STMT, do_reindex },
	{ PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT, do_refresh },
	{ PG_QUERY__NODE__NODE_TRANSACTION_STMT, do_transaction },
	{ PG_QUERY__NODE__NODE_VARIABLE_SET_STMT, do_set },
	{ PG_QUERY__NODE__NODE_DISCARD_STMT, do_discard },
	{ PG_QUERY__NODE__NODE_DO_STMT, do_do },
};

bool pk_facts_run(struct pk_facts *facts, const PgQuery__Node *node)
{
	for (size_t i = 0; i < PK_COUNT(handlers); i++) {
		if (handlers[i].node_case == node->node_case) {
			handlers[i].fn(facts, node);
			return true;
		}
	}
	return false;
}
