/* Statements about objects of any kind: DROP, RENAME, OWNER, COMMENT, GRANT. */
#include "base/buf.h"
#include "sql/tree.h"

/* ObjectType as SQL spells it. */
static const char *const objects[] = {
	[PG_QUERY__OBJECT_TYPE__OBJECT_ACCESS_METHOD] = "access method",
	[PG_QUERY__OBJECT_TYPE__OBJECT_AGGREGATE] = "aggregate",
	[PG_QUERY__OBJECT_TYPE__OBJECT_ATTRIBUTE] = "attribute",
	[PG_QUERY__OBJECT_TYPE__OBJECT_CAST] = "cast",
	[PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN] = "column",
	[PG_QUERY__OBJECT_TYPE__OBJECT_COLLATION] = "collation",
	[PG_QUERY__OBJECT_TYPE__OBJECT_CONVERSION] = "conversion",
	[PG_QUERY__OBJECT_TYPE__OBJECT_DATABASE] = "database",
	[PG_QUERY__OBJECT_TYPE__OBJECT_DEFACL] = "default privileges",
	[PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN] = "domain",
	[PG_QUERY__OBJECT_TYPE__OBJECT_DOMCONSTRAINT] = "domain constraint",
	[PG_QUERY__OBJECT_TYPE__OBJECT_EVENT_TRIGGER] = "event trigger",
	[PG_QUERY__OBJECT_TYPE__OBJECT_EXTENSION] = "extension",
	[PG_QUERY__OBJECT_TYPE__OBJECT_FDW] = "foreign data wrapper",
	[PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_SERVER] = "server",
	[PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_TABLE] = "foreign table",
	[PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION] = "function",
	[PG_QUERY__OBJECT_TYPE__OBJECT_INDEX] = "index",
	[PG_QUERY__OBJECT_TYPE__OBJECT_LANGUAGE] = "language",
	[PG_QUERY__OBJECT_TYPE__OBJECT_LARGEOBJECT] = "large object",
	[PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW] = "materialized view",
	[PG_QUERY__OBJECT_TYPE__OBJECT_OPCLASS] = "operator class",
	[PG_QUERY__OBJECT_TYPE__OBJECT_OPERATOR] = "operator",
	[PG_QUERY__OBJECT_TYPE__OBJECT_OPFAMILY] = "operator family",
	[PG_QUERY__OBJECT_TYPE__OBJECT_POLICY] = "policy",
	[PG_QUERY__OBJECT_TYPE__OBJECT_PROCEDURE] = "procedure",
	[PG_QUERY__OBJECT_TYPE__OBJECT_PUBLICATION] = "publication",
	[PG_QUERY__OBJECT_TYPE__OBJECT_ROLE] = "role",
	[PG_QUERY__OBJECT_TYPE__OBJECT_ROUTINE] = "routine",
	[PG_QUERY__OBJECT_TYPE__OBJECT_RULE] = "rule",
	[PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA] = "schema",
	[PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE] = "sequence",
	[PG_QUERY__OBJECT_TYPE__OBJECT_SUBSCRIPTION] = "subscription",
	[PG_QUERY__OBJECT_TYPE__OBJECT_STATISTIC_EXT] = "statistics",
	[PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT] = "constraint",
	[PG_QUERY__OBJECT_TYPE__OBJECT_TABLE] = "table",
	[PG_QUERY__OBJECT_TYPE__OBJECT_TABLESPACE] = "tablespace",
	[PG_QUERY__OBJECT_TYPE__OBJECT_TRANSFORM] = "transform",
	[PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER] = "trigger",
	[PG_QUERY__OBJECT_TYPE__OBJECT_TSCONFIGURATION] = "text search configuration",
	[PG_QUERY__OBJECT_TYPE__OBJECT_TSDICTIONARY] = "text search dictionary",
	[PG_QUERY__OBJECT_TYPE__OBJECT_TSPARSER] = "text search parser",
	[PG_QUERY__OBJECT_TYPE__OBJECT_TSTEMPLATE] = "text search template",
	[PG_QUERY__OBJECT_TYPE__OBJECT_TYPE] = "type",
	[PG_QUERY__OBJECT_TYPE__OBJECT_USER_MAPPING] = "user mapping",
	[PG_QUERY__OBJECT_TYPE__OBJECT_VIEW] = "view",
};

const char *pk_facts_object(PgQuery__ObjectType type)
{
	return (size_t)type < PK_COUNT(objects) ? objects[type] : NULL;
}

/* As those of CREATE; NULL where none are given. An aggregate's "*" and its ORDER BY are no list to compare. */
static const char *arguments(struct pk_facts *facts, const PgQuery__ObjectWithArgs *object)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;

	if (object->args_unspecified)
		return NULL;
	for (size_t i = 0; i < object->n_objargs; i++) {
		if (object->objargs[i]->node_case != PG_QUERY__NODE__NODE_TYPE_NAME)
			return NULL;
		pk_buf_add(&buf, i ? ", " : "");
		pk_buf_add(&buf, pk_tree_type(facts->arena, object->objargs[i]->type_name));
	}
	return pk_arena_strdup(facts->arena, buf.ptr);
}

/* Names of an object however the grammar packs them. */
static void object_names(struct pk_facts *facts, struct pk_action *action,
			 const PgQuery__Node *object)
{
	if (!object)
		return;
	switch (object->node_case) {
	case PG_QUERY__NODE__NODE_STRING:
		action->name = pk_tree_str(facts->arena, object->string->sval);
		break;
	case PG_QUERY__NODE__NODE_LIST:
		pk_tree_names(facts->arena, object->list->n_items, object->list->items,
			      &action->schema, &action->name);
		break;
	case PG_QUERY__NODE__NODE_TYPE_NAME:
		pk_tree_names(facts->arena, object->type_name->n_names, object->type_name->names,
			      &action->schema, &action->name);
		break;
	case PG_QUERY__NODE__NODE_OBJECT_WITH_ARGS:
		pk_tree_names(facts->arena, object->object_with_args->n_objname,
			      object->object_with_args->objname, &action->schema, &action->name);
		action->args = arguments(facts, object->object_with_args);
		break;
	case PG_QUERY__NODE__NODE_RANGE_VAR:
		pk_facts_relation(facts, action, object->range_var);
		break;
	case PG_QUERY__NODE__NODE_ROLE_SPEC:
		action->name = pk_tree_str(facts->arena, object->role_spec->rolename);
		break;
	default:
		break;
	}
}

/* "[schema.]table, part": triggers, policies, rules, columns, constraints. */
static void part_names(struct pk_facts *facts, struct pk_action *action,
		       const PgQuery__Node *object)
{
	if (!object || object->node_case != PG_QUERY__NODE__NODE_LIST || object->list->n_items < 2)
		return;
	size_t n = object->list->n_items;
	pk_tree_names(facts->arena, n - 1, object->list->items, &action->rel_schema,
		      &action->rel_name);
	action->name = pk_tree_str(facts->arena, pk_tree_string(object->list->items[n - 1]));
	action->schema = NULL;
}

static bool is_part(PgQuery__ObjectType type)
{
	return type == PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER ||
	       type == PG_QUERY__OBJECT_TYPE__OBJECT_POLICY ||
	       type == PG_QUERY__OBJECT_TYPE__OBJECT_RULE ||
	       type == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN ||
	       type == PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT;
}

static void drop_object(struct pk_facts *facts, const PgQuery__DropStmt *stmt,
			const PgQuery__Node *object)
{
	struct pk_action *action = pk_facts_add(facts, PK_DROP, pk_facts_object(stmt->remove_type));

	if (is_part(stmt->remove_type))
		part_names(facts, action, object);
	else
		object_names(facts, action, object);
	action->if_exists = stmt->missing_ok;
	action->concurrently = stmt->concurrent;
	action->cascade = stmt->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
}

void pk_facts_drop(struct pk_facts *facts, const PgQuery__Node *node)
{
	for (size_t i = 0; i < node->drop_stmt->n_objects; i++)
		drop_object(facts, node->drop_stmt, node->drop_stmt->objects[i]);
}

void pk_facts_drop_database(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_DROP, "database");

	action->name = pk_tree_str(facts->arena, node->dropdb_stmt->dbname);
	action->if_exists = node->dropdb_stmt->missing_ok;
}

void pk_facts_rename(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__RenameStmt *stmt = node->rename_stmt;
	struct pk_action *action =
		pk_facts_add(facts, PK_RENAME, pk_facts_object(stmt->rename_type));
	const char *subname = pk_tree_str(facts->arena, stmt->subname);

	action->new_name = pk_tree_str(facts->arena, stmt->newname);
	action->if_exists = stmt->missing_ok;
	if (stmt->relation && subname) {
		pk_facts_on(facts, action, stmt->relation);
		action->name = subname;
		if (stmt->rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN)
			action->column = subname;
	} else if (stmt->relation) {
		pk_facts_relation(facts, action, stmt->relation);
	} else if (stmt->object) {
		object_names(facts, action, stmt->object);
		action->column = subname;
	} else {
		action->name = subname; /* schema, role, database */
	}
}

void pk_facts_set_schema(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__AlterObjectSchemaStmt *stmt = node->alter_object_schema_stmt;
	struct pk_action *action =
		pk_facts_add(facts, PK_RENAME, pk_facts_object(stmt->object_type));

	if (stmt->relation)
		pk_facts_relation(facts, action, stmt->relation);
	else
		object_names(facts, action, stmt->object);
	action->new_name = action->name;
	action->ref_schema = pk_tree_str(facts->arena, stmt->newschema);
	action->if_exists = stmt->missing_ok;
}

void pk_facts_owner(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action =
		pk_facts_add(facts, PK_OWNER, pk_facts_object(node->alter_owner_stmt->object_type));

	if (node->alter_owner_stmt->relation)
		pk_facts_relation(facts, action, node->alter_owner_stmt->relation);
	else
		object_names(facts, action, node->alter_owner_stmt->object);
	if (node->alter_owner_stmt->newowner)
		action->new_name = pk_tree_str(facts->arena, node->alter_owner_stmt->newowner->rolename);
}

static bool is_of_types(PgQuery__ObjectType type)
{
	return type == PG_QUERY__OBJECT_TYPE__OBJECT_CAST || type == PG_QUERY__OBJECT_TYPE__OBJECT_TRANSFORM;
}

/* (source AS target), or FOR type LANGUAGE name. */
static void types_of(struct pk_facts *facts, struct pk_action *action, const PgQuery__Node *object)
{
	if (!object || object->node_case != PG_QUERY__NODE__NODE_LIST || object->list->n_items != 2)
		return;
	if (object->list->items[0]->node_case == PG_QUERY__NODE__NODE_TYPE_NAME)
		action->type = pk_tree_type(facts->arena, object->list->items[0]->type_name);
	if (object->list->items[1]->node_case == PG_QUERY__NODE__NODE_TYPE_NAME)
		action->def = pk_tree_type(facts->arena, object->list->items[1]->type_name);
}

void pk_facts_comment(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action =
		pk_facts_add(facts, PK_COMMENT, pk_facts_object(node->comment_stmt->objtype));

	if (is_part(node->comment_stmt->objtype))
		part_names(facts, action, node->comment_stmt->object);
	else if (is_of_types(node->comment_stmt->objtype))
		types_of(facts, action, node->comment_stmt->object);
	else
		object_names(facts, action, node->comment_stmt->object);
}

/* On what is the cluster's it is a statement about that. */
static bool is_shared(PgQuery__ObjectType type)
{
	return type == PG_QUERY__OBJECT_TYPE__OBJECT_ROLE || type == PG_QUERY__OBJECT_TYPE__OBJECT_DATABASE ||
	       type == PG_QUERY__OBJECT_TYPE__OBJECT_TABLESPACE;
}

void pk_facts_label(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__SecLabelStmt *stmt = node->sec_label_stmt;
	const char *on = pk_facts_object(stmt->objtype);
	struct pk_action *action = pk_facts_add(facts, PK_COMMENT, is_shared(stmt->objtype) ? on : "security label");

	if (is_part(stmt->objtype))
		part_names(facts, action, stmt->object);
	else
		object_names(facts, action, stmt->object);
	action->type = on;
	action->provider = pk_tree_str(facts->arena, stmt->provider);
	action->def = pk_tree_str(facts->arena, stmt->label);
}

void pk_facts_grant(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__GrantStmt *stmt = node->grant_stmt;
	struct pk_action *action = pk_facts_add(facts, stmt->is_grant ? PK_GRANT : PK_REVOKE,
						pk_facts_object(stmt->objtype));

	if (stmt->n_objects == 1 && stmt->targtype == PG_QUERY__GRANT_TARGET_TYPE__ACL_TARGET_OBJECT)
		object_names(facts, action, stmt->objects[0]);
}

void pk_facts_grant_role(struct pk_facts *facts, const PgQuery__Node *node)
{
	pk_facts_add(facts, node->grant_role_stmt->is_grant ? PK_GRANT : PK_REVOKE, "role");
}

void pk_facts_default_privileges(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__GrantStmt *stmt = node->alter_default_privileges_stmt->action;

	pk_facts_add(facts, stmt->is_grant ? PK_GRANT : PK_REVOKE, "default privileges");
}
