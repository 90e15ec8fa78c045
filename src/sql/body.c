#include "sql/body.h"

#include "base/buf.h"
#include "base/json.h"
#include "sql/tree.h"

struct names {
	struct pk_arena *arena;
	struct pk_name *first;
};

static void add(struct names *names, enum pk_named what, const char *schema, const char *name)
{
	struct pk_name *item = pk_arena_alloc(names->arena, sizeof(*item));

	*item = (struct pk_name){ what, schema, name, names->first };
	names->first = item;
}

static bool visit(void *arg, const ProtobufCMessage *message)
{
	struct names *names = arg;

	if (message->descriptor == &pg_query__range_var__descriptor) {
		const PgQuery__RangeVar *relation = (const PgQuery__RangeVar *)message;

		add(names, PK_NAMED_RELATION, pk_tree_str(names->arena, relation->schemaname),
		    pk_tree_str(names->arena, relation->relname));
	} else if (message->descriptor == &pg_query__func_call__descriptor) {
		const PgQuery__FuncCall *call = (const PgQuery__FuncCall *)message;
		const char *schema, *name;

		pk_tree_names(names->arena, call->n_funcname, call->funcname, &schema, &name);
		add(names, PK_NAMED_ROUTINE, schema, name);
	}
	return true;
}

static bool add_statement(struct names *names, const char *sql)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;

	if (!pk_tree_parse(sql, &tree))
		return false;
	pk_tree_walk(&tree.result->base, visit, names);
	return true;
}

/* A statement, an expression, or what stands behind ":=". */
static void add_query(struct names *names, const char *query)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	const char *assigned = strstr(query, ":=");

	pk_buf_addf(&sql, "SELECT %s", query);
	if (add_statement(names, query) || add_statement(names, sql.ptr) || !assigned)
		return;
	pk_buf_clear(&sql);
	pk_buf_addf(&sql, "SELECT %s", assigned + strlen(":="));
	add_statement(names, sql.ptr);
}

/* The queries in what the parser of plpgsql gives, at any depth. */
static void add_queries(struct names *names, const cJSON *node)
{
	const char *query = pk_json_str(node, "query");
	const cJSON *child;

	if (query)
		add_query(names, query);
	cJSON_ArrayForEach(child, node)
		add_queries(names, child);
}

static void add_plpgsql(struct names *names, const char *create)
{
	PK_AUTO(pk_json) json = PK_JSON_INIT;
	PgQueryPlpgsqlParseResult parsed = pg_query_parse_plpgsql(create);

	if (!parsed.error && pk_json_parse(parsed.plpgsql_funcs, strlen(parsed.plpgsql_funcs), &json, NULL) == 0)
		add_queries(names, json.root);
	pg_query_free_plpgsql_parse_result(parsed);
}

/* The string of a DefElem: LANGUAGE x, AS 'x'. */
static const char *option_text(const PgQuery__CreateFunctionStmt *stmt, const char *name)
{
	const PgQuery__DefElem *option = pk_tree_option(stmt->n_options, stmt->options, name);

	if (!option || !option->arg)
		return NULL;
	if (option->arg->node_case == PG_QUERY__NODE__NODE_LIST)
		return option->arg->list->n_items == 1 ? pk_tree_string(option->arg->list->items[0]) : NULL;
	return pk_tree_string(option->arg);
}

struct pk_name *pk_sql_body_names(struct pk_arena *arena, const char *create)
{
	PK_AUTO(pk_tree) tree = PK_TREE_INIT;
	struct names names = { .arena = arena };
	const PgQuery__CreateFunctionStmt *stmt;
	const char *language, *body;

	if (!pk_tree_parse(create, &tree) || tree.result->n_stmts != 1 ||
	    tree.result->stmts[0]->stmt->node_case != PG_QUERY__NODE__NODE_CREATE_FUNCTION_STMT)
		return NULL;
	stmt = tree.result->stmts[0]->stmt->create_function_stmt;
	language = option_text(stmt, "language");
	body = option_text(stmt, "as");
	if (language && body && strcmp(language, "sql") == 0)
		add_statement(&names, body);
	else if (language && strcmp(language, "plpgsql") == 0)
		add_plpgsql(&names, create);
	return names.first;
}
