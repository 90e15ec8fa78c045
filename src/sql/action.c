/* One row a kind of statement. */
#include "sql/action.h"

#include "sql/tree.h"

void pk_actions_release(struct pk_actions *actions)
{
	pk_arena_release(&actions->arena);
	free(actions->items);
	*actions = (struct pk_actions)PK_ACTIONS_INIT;
}

struct pk_action *pk_facts_add(struct pk_facts *facts, enum pk_verb verb, const char *object)
{
	struct pk_actions *out = facts->out;

	if (out->n == out->cap) {
		out->cap = out->cap ? 2 * out->cap : 64;
		out->items = pk_realloc_array(out->items, out->cap, sizeof(*out->items));
	}
	struct pk_action *action = &out->items[out->n++];
	*action = (struct pk_action){ .verb = verb,
				      .object = object,
				      .line = facts->line,
				      .col = facts->col,
				      .statement = facts->statement,
				      .nested = facts->nested };
	return action;
}

void pk_facts_relation(struct pk_facts *facts, struct pk_action *action,
		       const PgQuery__RangeVar *relation)
{
	if (!relation)
		return;
	action->schema = pk_tree_str(facts->arena, relation->schemaname);
	action->name = pk_tree_str(facts->arena, relation->relname);
	action->temporary =
		pk_streq(relation->relpersistence, "t") || pk_streq(action->schema, "pg_temp");
	action->unlogged = pk_streq(relation->relpersistence, "u");
}

void pk_facts_on(struct pk_facts *facts, struct pk_action *action,
		 const PgQuery__RangeVar *relation)
{
	if (!relation)
		return;
	action->rel_schema = pk_tree_str(facts->arena, relation->schemaname);
	action->rel_name = pk_tree_str(facts->arena, relation->relname);
	action->only = !relation->inh;
}

static void do_create(struct pk_facts *facts, const PgQuery__Node *node)
{
	pk_facts_create_table(facts, node->create_stmt, "table");
}

static void do_foreign_table(struct pk_facts *facts, const PgQuery__Node *node)
{
	pk_facts_create_table(facts, node->create_foreign_table_stmt->base_stmt, "foreign table");
}

static void do_table_as(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__CreateTableAsStmt *stmt = node->create_table_as_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, pk_facts_object(stmt->objtype));

	pk_facts_relation(facts, action, stmt->into->rel);
	action->if_not_exists = stmt->if_not_exists;
}

static void do_view(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "view");

	pk_facts_relation(facts, action, node->view_stmt->view);
	action->replace = node->view_stmt->replace;
}

static void do_index(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__IndexStmt *stmt = node->index_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "index");

	pk_facts_on(facts, action, stmt->relation);
	action->schema = action->rel_schema;
	action->name = pk_tree_str(facts->arena, stmt->idxname);
	action->concurrently = stmt->concurrent;
	action->unique = stmt->unique;
	action->if_not_exists = stmt->if_not_exists;
	action->method = pk_tree_str(facts->arena, stmt->access_method);
	action->where = pk_tree_expr(facts->arena, stmt->where_clause);
	const char **columns =
		pk_arena_alloc(facts->arena, (stmt->n_index_params + 1) * sizeof(*columns));
	bool *expressions = pk_arena_alloc(facts->arena, stmt->n_index_params + 1);
	action->nulls_equal = stmt->nulls_not_distinct;
	for (size_t i = 0, n = 0; i < stmt->n_index_params; i++) {
		const PgQuery__IndexElem *elem = stmt->index_params[i]->index_elem;
		const char *name = pk_tree_str(facts->arena, elem->name);
		columns[n] = name ? name : pk_tree_expr(facts->arena, elem->expr);
		expressions[n] = !name;
		n += columns[n] != NULL;
	}
	action->columns = columns;
	action->expressions = expressions;
}

static void do_schema(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__CreateSchemaStmt *stmt = node->create_schema_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "schema");

	action->name = pk_tree_str(facts->arena, stmt->schemaname);
	if (!action->name && stmt->authrole)
		action->name = pk_tree_str(facts->arena, stmt->authrole->rolename);
	action->if_not_exists = stmt->if_not_exists;
}

static void do_enum(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "type");

	pk_tree_names(facts->arena, node->create_enum_stmt->n_type_name,
		      node->create_enum_stmt->type_name, &action->schema, &action->name);
	const PgQuery__CreateEnumStmt *stmt = node->create_enum_stmt;
	const char **labels = pk_arena_alloc(facts->arena, (stmt->n_vals + 1) * sizeof(*labels));
	for (size_t i = 0, n = 0; i < stmt->n_vals; i++)
		if (stmt->vals[i]->node_case == PG_QUERY__NODE__NODE_STRING)
			labels[n++] = pk_tree_str(facts->arena, stmt->vals[i]->string->sval);
	action->columns = labels;
}

static void do_domain(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__CreateDomainStmt *stmt = node->create_domain_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "domain");

	pk_tree_names(facts->arena, stmt->n_domainname, stmt->domainname, &action->schema,
		      &action->name);
	action->type = pk_tree_type(facts->arena, stmt->type_name);
	for (size_t i = 0; i < stmt->n_constraints; i++) {
		const PgQuery__Constraint *constraint = stmt->constraints[i]->constraint;
		if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_CHECK) {
			action->constraint = PK_CON_CHECK;
			action->def = pk_tree_expr(facts->arena, constraint->raw_expr);
		} else if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL) {
			action->not_null = true;
		} else if (constraint->contype == PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT) {
			action->has_default = true;
			if (!action->def)
				action->def = pk_tree_expr(facts->arena, constraint->raw_expr);
		}
	}
}

static void do_composite(struct pk_facts *facts, const PgQuery__Node *node)
{
	pk_facts_relation(facts, pk_facts_add(facts, PK_CREATE, "type"),
			  node->composite_type_stmt->typevar);
}

static void do_range(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "type");

	pk_tree_names(facts->arena, node->create_range_stmt->n_type_name,
		      node->create_range_stmt->type_name, &action->schema, &action->name);
}

static void do_sequence(struct pk_facts *facts, const PgQuery__Node *node)
{
	pk_facts_relation(facts, pk_facts_add(facts, PK_CREATE, "sequence"),
			  node->create_seq_stmt->sequence);
}

static void do_alter_sequence(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_ALTER, "sequence");
	const PgQuery__DefElem *owned = pk_tree_option(node->alter_seq_stmt->n_options,
						       node->alter_seq_stmt->options, "owned_by");

	pk_facts_relation(facts, action, node->alter_seq_stmt->sequence);
	action->sub = PK_SUB_OTHER;
	if (owned && owned->arg && owned->arg->node_case == PG_QUERY__NODE__NODE_LIST &&
	    owned->arg->list->n_items > 1)
		pk_tree_names(facts->arena, owned->arg->list->n_items - 1, owned->arg->list->items,
			      &action->ref_schema, &action->ref_name);
}

static void do_trigger(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "trigger");

	pk_facts_on(facts, action, node->create_trig_stmt->relation);
	action->name = pk_tree_str(facts->arena, node->create_trig_stmt->trigname);
}

static void do_policy(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "policy");

	pk_facts_on(facts, action, node->create_policy_stmt->table);
	action->name = pk_tree_str(facts->arena, node->create_policy_stmt->policy_name);
}

static void do_alter_policy(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_ALTER, "policy");

	pk_facts_on(facts, action, node->alter_policy_stmt->table);
	action->name = pk_tree_str(facts->arena, node->alter_policy_stmt->policy_name);
}

static void do_rule(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "rule");

	pk_facts_on(facts, action, node->rule_stmt->relation);
	action->name = pk_tree_str(facts->arena, node->rule_stmt->rulename);
}

static void do_extension(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__CreateExtensionStmt *stmt = node->create_extension_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "extension");
	const PgQuery__DefElem *schema = pk_tree_option(stmt->n_options, stmt->options, "schema");

	action->name = pk_tree_str(facts->arena, stmt->extname);
	action->if_not_exists = stmt->if_not_exists;
	if (schema)
		action->schema = pk_tree_str(facts->arena, pk_tree_string(schema->arg));
}

static void do_alter_enum(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__AlterEnumStmt *stmt = node->alter_enum_stmt;
	bool rename = stmt->old_val && *stmt->old_val;
	struct pk_action *action = pk_facts_add(facts, rename ? PK_RENAME : PK_ALTER, "enum value");

	pk_tree_names(facts->arena, stmt->n_type_name, stmt->type_name, &action->schema,
		      &action->name);
	if (rename) {
		action->def = pk_tree_str(facts->arena, stmt->old_val);
		action->new_name = pk_tree_str(facts->arena, stmt->new_val);
	} else {
		action->sub = PK_ADD_VALUE;
		action->def = pk_tree_str(facts->arena, stmt->new_val);
		action->if_not_exists = stmt->skip_if_new_val_exists;
	}
}

static void do_role(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "role");

	action->name = pk_tree_str(facts->arena, node->create_role_stmt->role);
}

static void do_operator_family(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__CreateOpFamilyStmt *stmt = node->create_op_family_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "operator family");

	pk_tree_names(facts->arena, stmt->n_opfamilyname, stmt->opfamilyname, &action->schema,
		      &action->name);
}

static void do_operator_class(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__CreateOpClassStmt *stmt = node->create_op_class_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "operator class");

	pk_tree_names(facts->arena, stmt->n_opclassname, stmt->opclassname, &action->schema,
		      &action->name);
}

/* What needs no more than to be known by kind. */
static const struct plain {
	PgQuery__Node__NodeCase node_case;
	enum pk_verb verb;
	const char *object;
} plain[] = {
	{ PG_QUERY__NODE__NODE_ALTER_ROLE_STMT, PK_ALTER, "role" },
	{ PG_QUERY__NODE__NODE_ALTER_ROLE_SET_STMT, PK_ALTER, "role" },
	{ PG_QUERY__NODE__NODE_DROP_ROLE_STMT, PK_DROP, "role" },
	{ PG_QUERY__NODE__NODE_DROP_OWNED_STMT, PK_DROP, "owned" },
	{ PG_QUERY__NODE__NODE_REASSIGN_OWNED_STMT, PK_OWNER, "owned" },
	{ PG_QUERY__NODE__NODE_CREATEDB_STMT, PK_CREATE, "database" },
	{ PG_QUERY__NODE__NODE_ALTER_DATABASE_STMT, PK_ALTER, "database" },
	{ PG_QUERY__NODE__NODE_ALTER_DATABASE_SET_STMT, PK_ALTER, "database" },
	{ PG_QUERY__NODE__NODE_ALTER_SYSTEM_STMT, PK_ALTER, "system" },
	{ PG_QUERY__NODE__NODE_CREATE_TABLE_SPACE_STMT, PK_CREATE, "tablespace" },
	{ PG_QUERY__NODE__NODE_DROP_TABLE_SPACE_STMT, PK_DROP, "tablespace" },
	{ PG_QUERY__NODE__NODE_ALTER_EXTENSION_STMT, PK_ALTER, "extension" },
	{ PG_QUERY__NODE__NODE_ALTER_EXTENSION_CONTENTS_STMT, PK_ALTER, "extension" },
	{ PG_QUERY__NODE__NODE_CREATE_STATS_STMT, PK_CREATE, "statistics" },
	{ PG_QUERY__NODE__NODE_CREATE_USER_MAPPING_STMT, PK_CREATE, "user mapping" },
	{ PG_QUERY__NODE__NODE_CREATE_PLANG_STMT, PK_CREATE, "language" },
	{ PG_QUERY__NODE__NODE_ALTER_OP_FAMILY_STMT, PK_ALTER, "operator family" },
	{ PG_QUERY__NODE__NODE_CREATE_CONVERSION_STMT, PK_CREATE, "conversion" },
	{ PG_QUERY__NODE__NODE_CREATE_AM_STMT, PK_CREATE, "access method" },
	{ PG_QUERY__NODE__NODE_ALTER_TYPE_STMT, PK_ALTER, "type" },
	{ PG_QUERY__NODE__NODE_ALTER_EVENT_TRIG_STMT, PK_ALTER, "event trigger" },
	{ PG_QUERY__NODE__NODE_ALTER_FDW_STMT, PK_ALTER, "foreign data wrapper" },
	{ PG_QUERY__NODE__NODE_ALTER_FOREIGN_SERVER_STMT, PK_ALTER, "server" },
	{ PG_QUERY__NODE__NODE_ALTER_USER_MAPPING_STMT, PK_ALTER, "user mapping" },
	{ PG_QUERY__NODE__NODE_DROP_USER_MAPPING_STMT, PK_DROP, "user mapping" },
	{ PG_QUERY__NODE__NODE_IMPORT_FOREIGN_SCHEMA_STMT, PK_CREATE, "foreign schema" },
	{ PG_QUERY__NODE__NODE_ALTER_TSDICTIONARY_STMT, PK_ALTER, "text search dictionary" },
	{ PG_QUERY__NODE__NODE_ALTER_TSCONFIGURATION_STMT, PK_ALTER, "text search configuration" },
	{ PG_QUERY__NODE__NODE_CALL_STMT, PK_CALL, NULL },
};

static const struct handler {
	PgQuery__Node__NodeCase node_case;
	void (*fn)(struct pk_facts *facts, const PgQuery__Node *node);
} handlers[] = {
	{ PG_QUERY__NODE__NODE_CREATE_STMT, do_create },
	{ PG_QUERY__NODE__NODE_CREATE_FOREIGN_TABLE_STMT, do_foreign_table },
	{ PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT, do_table_as },
	{ PG_QUERY__NODE__NODE_VIEW_STMT, do_view },
	{ PG_QUERY__NODE__NODE_INDEX_STMT, do_index },
	{ PG_QUERY__NODE__NODE_CREATE_FUNCTION_STMT, pk_facts_function },
	{ PG_QUERY__NODE__NODE_CREATE_SCHEMA_STMT, do_schema },
	{ PG_QUERY__NODE__NODE_CREATE_ENUM_STMT, do_enum },
	{ PG_QUERY__NODE__NODE_CREATE_DOMAIN_STMT, do_domain },
	{ PG_QUERY__NODE__NODE_COMPOSITE_TYPE_STMT, do_composite },
	{ PG_QUERY__NODE__NODE_CREATE_RANGE_STMT, do_range },
	{ PG_QUERY__NODE__NODE_ALTER_FUNCTION_STMT, pk_facts_alter_function },
	{ PG_QUERY__NODE__NODE_CREATE_CAST_STMT, pk_facts_cast },
	{ PG_QUERY__NODE__NODE_CREATE_TRANSFORM_STMT, pk_facts_transform },
	{ PG_QUERY__NODE__NODE_DEFINE_STMT, pk_facts_define },
	{ PG_QUERY__NODE__NODE_CREATE_SEQ_STMT, do_sequence },
	{ PG_QUERY__NODE__NODE_ALTER_SEQ_STMT, do_alter_sequence },
	{ PG_QUERY__NODE__NODE_CREATE_TRIG_STMT, do_trigger },
	{ PG_QUERY__NODE__NODE_CREATE_POLICY_STMT, do_policy },
	{ PG_QUERY__NODE__NODE_ALTER_POLICY_STMT, do_alter_policy },
	{ PG_QUERY__NODE__NODE_RULE_STMT, do_rule },
	{ PG_QUERY__NODE__NODE_CREATE_EXTENSION_STMT, do_extension },
	{ PG_QUERY__NODE__NODE_ALTER_TABLE_STMT, pk_facts_alter_table },
	{ PG_QUERY__NODE__NODE_ALTER_DOMAIN_STMT, pk_facts_alter_domain },
	{ PG_QUERY__NODE__NODE_ALTER_ENUM_STMT, do_alter_enum },
	{ PG_QUERY__NODE__NODE_DROP_STMT, pk_facts_drop },
	{ PG_QUERY__NODE__NODE_DROPDB_STMT, pk_facts_drop_database },
	{ PG_QUERY__NODE__NODE_RENAME_STMT, pk_facts_rename },
	{ PG_QUERY__NODE__NODE_ALTER_OBJECT_SCHEMA_STMT, pk_facts_set_schema },
	{ PG_QUERY__NODE__NODE_ALTER_OWNER_STMT, pk_facts_owner },
	{ PG_QUERY__NODE__NODE_COMMENT_STMT, pk_facts_comment },
	{ PG_QUERY__NODE__NODE_SEC_LABEL_STMT, pk_facts_label },
	{ PG_QUERY__NODE__NODE_GRANT_STMT, pk_facts_grant },
	{ PG_QUERY__NODE__NODE_GRANT_ROLE_STMT, pk_facts_grant_role },
	{ PG_QUERY__NODE__NODE_ALTER_DEFAULT_PRIVILEGES_STMT, pk_facts_default_privileges },
	{ PG_QUERY__NODE__NODE_CREATE_ROLE_STMT, do_role },
	{ PG_QUERY__NODE__NODE_CREATE_FDW_STMT, pk_facts_wrapper },
	{ PG_QUERY__NODE__NODE_CREATE_FOREIGN_SERVER_STMT, pk_facts_server },
	{ PG_QUERY__NODE__NODE_CREATE_PUBLICATION_STMT, pk_facts_publication },
	{ PG_QUERY__NODE__NODE_ALTER_PUBLICATION_STMT, pk_facts_alter_publication },
	{ PG_QUERY__NODE__NODE_CREATE_SUBSCRIPTION_STMT, pk_facts_subscription },
	{ PG_QUERY__NODE__NODE_ALTER_SUBSCRIPTION_STMT, pk_facts_alter_subscription },
	{ PG_QUERY__NODE__NODE_DROP_SUBSCRIPTION_STMT, pk_facts_drop_subscription },
	{ PG_QUERY__NODE__NODE_CREATE_EVENT_TRIG_STMT, pk_facts_event_trigger },
	{ PG_QUERY__NODE__NODE_CREATE_OP_FAMILY_STMT, do_operator_family },
	{ PG_QUERY__NODE__NODE_CREATE_OP_CLASS_STMT, do_operator_class },
};

void pk_facts_statement(struct pk_facts *facts, const PgQuery__Node *node)
{
	for (size_t i = 0; i < PK_COUNT(handlers); i++) {
		if (handlers[i].node_case == node->node_case) {
			handlers[i].fn(facts, node);
			return;
		}
	}
	for (size_t i = 0; i < PK_COUNT(plain); i++) {
		if (plain[i].node_case == node->node_case) {
			pk_facts_add(facts, plain[i].verb, plain[i].object);
			return;
		}
	}
	if (!pk_facts_run(facts, node))
		pk_facts_add(facts, PK_OTHER, NULL);
}

void pk_sql_actions(const struct pk_statements *statements, struct pk_actions *ret)
{
	for (size_t i = 0; i < statements->n; i++) {
		const struct pk_statement *st = &statements->items[i];
		struct pk_facts facts = { .out = ret,
					  .arena = &ret->arena,
					  .statement = i,
					  .line = st->line,
					  .col = st->col };
		PK_AUTO(pk_tree) tree = PK_TREE_INIT;

		if (!st->parsed || !pk_tree_parse(st->text, &tree) || tree.result->n_stmts == 0)
			pk_facts_unparsed(&facts, st->text, tree.error ? tree.error : st->parse_error);
		else
			pk_facts_statement(&facts, tree.result->stmts[0]->stmt);
	}
}
