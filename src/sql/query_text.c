/* Queries as they may be shown: what they do, without a value that somebody gave. */
#include "base/text.h"
#include "sql/scan.h"
#include "sql/tree.h"
#include "sql/uses.h"

PgQuery__Node *pk_tree_query(PgQuery__Node *stmt)
{
	switch (stmt ? stmt->node_case : PG_QUERY__NODE__NODE__NOT_SET) {
	case PG_QUERY__NODE__NODE_SELECT_STMT:
	case PG_QUERY__NODE__NODE_INSERT_STMT:
	case PG_QUERY__NODE__NODE_UPDATE_STMT:
	case PG_QUERY__NODE__NODE_DELETE_STMT:
	case PG_QUERY__NODE__NODE_MERGE_STMT:
	case PG_QUERY__NODE__NODE_CALL_STMT:
		return stmt;
	case PG_QUERY__NODE__NODE_COPY_STMT:
		return stmt->copy_stmt->is_from ? stmt : NULL;
	case PG_QUERY__NODE__NODE_DECLARE_CURSOR_STMT:
		return pk_tree_query(stmt->declare_cursor_stmt->query);
	case PG_QUERY__NODE__NODE_EXPLAIN_STMT:
		return pk_tree_query(stmt->explain_stmt->query);
	case PG_QUERY__NODE__NODE_PREPARE_STMT:
		return pk_tree_query(stmt->prepare_stmt->query);
	case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT:
		return pk_tree_query(stmt->create_table_as_stmt->query);
	default:
		return NULL;
	}
}

/* As text, without what may hold values that pg_query_normalize() leaves: files, options, arguments. Caller frees. */
static char *plain_text(const char *query, PgQuery__Node *stmt, PgQuery__Node *node)
{
	static char nowhere[] = "";

	if (node->node_case == PG_QUERY__NODE__NODE_COPY_STMT) {
		PgQuery__CopyStmt *copy = node->copy_stmt;

		copy->is_program = false;
		copy->filename = nowhere;
		copy->n_options = 0;
		copy->where_clause = NULL;
		return pk_tree_deparse(node);
	}
	if (node->node_case == PG_QUERY__NODE__NODE_CALL_STMT) {
		node->call_stmt->funccall->n_args = 0;
		return pk_tree_deparse(node);
	}
	return node == stmt ? pk_strdup(query) : pk_tree_deparse(node);
}

/* On one line, comments left out; a string that is there still says nothing. */
static void add_tokens(struct pk_buf *ret, const char *text)
{
	struct pk_scan scan;
	struct pk_token token;
	size_t end = 0;
	bool apart = false;

	pk_scan_start(&scan, text, strlen(text));
	while (pk_scan_next(&scan, &token)) {
		apart = apart || token.start > end || token.kind == PK_TOKEN_COMMENT;
		end = token.end;
		if (token.kind == PK_TOKEN_COMMENT)
			continue;
		if (apart && ret->len)
			pk_buf_addc(ret, ' ');
		apart = false;
		if (token.kind == PK_TOKEN_STRING || token.kind == PK_TOKEN_DOLLAR)
			pk_buf_add(ret, "'...'");
		else
			pk_buf_addn(ret, text + token.start, token.end - token.start);
	}
}

char *pk_sql_without_values(const char *query, size_t bytes, enum pk_readable *ret)
{
	enum pk_readable ignored = PK_READ_NOT, *readable = ret ? ret : &ignored;

	PK_AUTO(pk_tree) tree = PK_TREE_INIT;
	PK_AUTO(pk_buf) shown = PK_BUF_INIT;

	*readable = PK_READ_NOT;
	if (!pk_tree_parse(query, &tree) || tree.result->n_stmts != 1)
		return NULL;
	PgQuery__Node *stmt = tree.result->stmts[0]->stmt, *node = pk_tree_query(stmt);
	PK_FREE char *text = node ? plain_text(query, stmt, node) : NULL;
	if (!node)
		*readable = PK_READ_OTHER;
	if (!text)
		return NULL;
	pk_scan_blank_comments(text);
	PgQueryNormalizeResult normal = pg_query_normalize(text);
	if (!normal.error)
		add_tokens(&shown, normal.normalized_query);
	pg_query_free_normalize_result(normal);
	if (shown.len)
		*readable = PK_READ;
	return shown.len ? pk_cut(shown.ptr, bytes) : NULL;
}
