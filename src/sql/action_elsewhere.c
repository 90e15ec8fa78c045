/* What reaches other databases: foreign data, publications, subscriptions; and event triggers. */
#include "sql/tree.h"

#include <strings.h>

void pk_facts_wrapper(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__CreateFdwStmt *stmt = node->create_fdw_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "foreign data wrapper");
	const PgQuery__DefElem *option = pk_tree_option(stmt->n_func_options, stmt->func_options, "validator");

	action->name = pk_tree_str(facts->arena, stmt->fdwname);
	if (option && option->arg && option->arg->node_case == PG_QUERY__NODE__NODE_LIST)
		pk_tree_names(facts->arena, option->arg->list->n_items, option->arg->list->items, &action->ref_schema,
			      &action->ref_name);
}

void pk_facts_server(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "server");

	action->name = pk_tree_str(facts->arena, node->create_foreign_server_stmt->servername);
}

/* Whole schemas are only a superuser's to publish. */
static bool publishes_schema(size_t n, PgQuery__Node **objects)
{
	for (size_t i = 0; i < n; i++) {
		if (objects[i]->node_case != PG_QUERY__NODE__NODE_PUBLICATION_OBJ_SPEC)
			continue;
		switch (objects[i]->publication_obj_spec->pubobjtype) {
		case PG_QUERY__PUBLICATION_OBJ_SPEC_TYPE__PUBLICATIONOBJ_TABLES_IN_SCHEMA:
		case PG_QUERY__PUBLICATION_OBJ_SPEC_TYPE__PUBLICATIONOBJ_TABLES_IN_CUR_SCHEMA:
			return true;
		default:
			break;
		}
	}
	return false;
}

static bool find_filter(void *arg, const ProtobufCMessage *message)
{
	bool *found = arg;

	if (message->descriptor == &pg_query__publication_table__descriptor &&
	    ((const PgQuery__PublicationTable *)message)->where_clause)
		*found = true;
	return !*found;
}

void pk_facts_publication(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__CreatePublicationStmt *stmt = node->create_publication_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "publication");

	action->name = pk_tree_str(facts->arena, stmt->pubname);
	action->superuser = stmt->for_all_tables || publishes_schema(stmt->n_pubobjects, stmt->pubobjects);
	pk_tree_walk(&stmt->base, find_filter, &action->reads_values);
}

void pk_facts_alter_publication(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__AlterPublicationStmt *stmt = node->alter_publication_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_ALTER, "publication");

	action->name = pk_tree_str(facts->arena, stmt->pubname);
	action->superuser = publishes_schema(stmt->n_pubobjects, stmt->pubobjects);
	pk_tree_walk(&stmt->base, find_filter, &action->reads_values);
}

static bool says_none(const PgQuery__DefElem *slot)
{
	const char *name = slot ? pk_tree_string(slot->arg) : NULL;

	return name && strcasecmp(name, "none") == 0;
}

static bool says_no(size_t n, PgQuery__Node **options, const char *name)
{
	return pk_tree_option(n, options, name) && !pk_tree_option_true(n, options, name);
}

void pk_facts_subscription(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__CreateSubscriptionStmt *stmt = node->create_subscription_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "subscription");

	action->name = pk_tree_str(facts->arena, stmt->subname);
	action->inert = says_none(pk_tree_option(stmt->n_options, stmt->options, "slot_name")) &&
			says_no(stmt->n_options, stmt->options, "connect");
}

void pk_facts_alter_subscription(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__AlterSubscriptionStmt *stmt = node->alter_subscription_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_ALTER, "subscription");
	const PgQuery__DefElem *slot = pk_tree_option(stmt->n_options, stmt->options, "slot_name");

	action->name = pk_tree_str(facts->arena, stmt->subname);
	switch (stmt->kind) {
	case PG_QUERY__ALTER_SUBSCRIPTION_TYPE__ALTER_SUBSCRIPTION_OPTIONS:
		action->inert = !slot || says_none(slot);
		break;
	case PG_QUERY__ALTER_SUBSCRIPTION_TYPE__ALTER_SUBSCRIPTION_SET_PUBLICATION:
	case PG_QUERY__ALTER_SUBSCRIPTION_TYPE__ALTER_SUBSCRIPTION_ADD_PUBLICATION:
	case PG_QUERY__ALTER_SUBSCRIPTION_TYPE__ALTER_SUBSCRIPTION_DROP_PUBLICATION:
		action->inert = says_no(stmt->n_options, stmt->options, "refresh");
		break;
	case PG_QUERY__ALTER_SUBSCRIPTION_TYPE__ALTER_SUBSCRIPTION_ENABLED:
		action->inert = says_no(stmt->n_options, stmt->options, "enabled");
		break;
	default:
		break;
	}
}

void pk_facts_drop_subscription(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_DROP, "subscription");

	action->name = pk_tree_str(facts->arena, node->drop_subscription_stmt->subname);
	action->if_exists = node->drop_subscription_stmt->missing_ok;
}

void pk_facts_event_trigger(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "event trigger");

	action->name = pk_tree_str(facts->arena, node->create_event_trig_stmt->trigname);
}
