/* Facts about routines and about what CREATE ... (name = value) makes. */
#include "base/buf.h"
#include "sql/tree.h"

/* A type that is not the server's own; under an empty search_path a bare name is. */
static bool is_foreign_type(const PgQuery__TypeName *type)
{
	return type->n_names > 1 && !pk_streq(pk_tree_string(type->names[0]), "pg_catalog");
}

static bool find_foreign_type(void *arg, const ProtobufCMessage *message)
{
	bool *found = arg;

	if (message->descriptor == &pg_query__type_name__descriptor &&
	    is_foreign_type((const PgQuery__TypeName *)message))
		*found = true;
	return !*found;
}

static bool names_foreign_type(const ProtobufCMessage *message)
{
	bool found = false;

	pk_tree_walk(message, find_foreign_type, &found);
	return found;
}

static bool find_internal(void *arg, const ProtobufCMessage *message)
{
	const PgQuery__TypeName *type = (const PgQuery__TypeName *)message;
	bool *found = arg;

	if (message->descriptor == &pg_query__type_name__descriptor && type->n_names &&
	    pk_streq(pk_tree_string(type->names[type->n_names - 1]), "internal"))
		*found = true;
	return !*found;
}

static bool has_default(const PgQuery__CreateFunctionStmt *stmt)
{
	for (size_t i = 0; i < stmt->n_parameters; i++)
		if (stmt->parameters[i]->function_parameter->defexpr)
			return true;
	return stmt->sql_body != NULL;
}

/* An option that is on: LEAKPROOF, not NOT LEAKPROOF. */
static const PgQuery__DefElem *option_on(size_t n, PgQuery__Node **options, const char *name)
{
	const PgQuery__DefElem *option = pk_tree_option(n, options, name);

	if (!option || !option->arg || option->arg->node_case != PG_QUERY__NODE__NODE_BOOLEAN)
		return NULL;
	return option->arg->boolean->boolval ? option : NULL;
}

/* By these the server tells routines of one name apart. */
static const char *arguments(struct pk_facts *facts, const PgQuery__CreateFunctionStmt *stmt)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;

	for (size_t i = 0; i < stmt->n_parameters; i++) {
		const PgQuery__FunctionParameter *p = stmt->parameters[i]->function_parameter;
		if (p->mode == PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_TABLE ||
		    (p->mode == PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_OUT && !stmt->is_procedure))
			continue;
		pk_buf_add(&buf, buf.len ? ", " : "");
		pk_buf_add(&buf, pk_tree_type(facts->arena, p->arg_type));
	}
	return pk_arena_strdup(facts->arena, buf.ptr);
}

void pk_facts_function(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__CreateFunctionStmt *stmt = node->create_function_stmt;
	struct pk_action *action =
		pk_facts_add(facts, PK_CREATE, stmt->is_procedure ? "procedure" : "function");
	const PgQuery__DefElem *option =
		pk_tree_option(stmt->n_options, stmt->options, "volatility");
	const PgQuery__DefElem *leakproof = option_on(stmt->n_options, stmt->options, "leakproof");

	pk_tree_names(facts->arena, stmt->n_funcname, stmt->funcname, &action->schema,
		      &action->name);
	action->replace = stmt->replace;
	action->args = arguments(facts, stmt);
	action->def = option ? pk_tree_str(facts->arena, pk_tree_string(option->arg)) : NULL;
	option = pk_tree_option(stmt->n_options, stmt->options, "language");
	action->language = option ? pk_tree_str(facts->arena, pk_tree_string(option->arg)) : NULL;
	action->leakproof_at = leakproof ? leakproof->location + 1 : 0;
	action->superuser = leakproof || pk_tree_option(stmt->n_options, stmt->options, "support");
	action->reads_values = has_default(stmt) && names_foreign_type(&stmt->base);
}

void pk_facts_alter_function(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__AlterFunctionStmt *stmt = node->alter_function_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_ALTER, "function");
	const PgQuery__DefElem *leakproof = option_on(stmt->n_actions, stmt->actions, "leakproof");

	if (stmt->func)
		pk_tree_names(facts->arena, stmt->func->n_objname, stmt->func->objname,
			      &action->schema, &action->name);
	action->leakproof_at = leakproof && stmt->n_actions == 1 ? leakproof->location + 1 : 0;
}

void pk_facts_define(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__DefineStmt *stmt = node->define_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, pk_facts_object(stmt->kind));

	pk_tree_names(facts->arena, stmt->n_defnames, stmt->defnames, &action->schema,
		      &action->name);
	action->shell =
		stmt->kind == PG_QUERY__OBJECT_TYPE__OBJECT_TYPE && stmt->n_definition == 0;
	action->superuser = stmt->kind == PG_QUERY__OBJECT_TYPE__OBJECT_TYPE ||
			    stmt->kind == PG_QUERY__OBJECT_TYPE__OBJECT_TSPARSER ||
			    stmt->kind == PG_QUERY__OBJECT_TYPE__OBJECT_TSTEMPLATE;
	pk_tree_walk(&stmt->base, find_internal, &action->superuser);
	action->reads_values =
		(pk_tree_option(stmt->n_definition, stmt->definition, "initcond") ||
		 pk_tree_option(stmt->n_definition, stmt->definition, "minitcond")) &&
		names_foreign_type(&stmt->base);
}

void pk_facts_cast(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__CreateCastStmt *stmt = node->create_cast_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "cast");

	action->type = pk_tree_type(facts->arena, stmt->sourcetype);
	action->def = pk_tree_type(facts->arena, stmt->targettype);
	action->superuser = !stmt->func && !stmt->inout;
}

void pk_facts_transform(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "transform");

	action->type = pk_tree_type(facts->arena, node->create_transform_stmt->type_name);
}
