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

void pk_facts_publication(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "publication");

	action->name = pk_tree_str(facts->arena, node->create_publication_stmt->pubname);
}

void pk_facts_subscription(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__CreateSubscriptionStmt *stmt = node->create_subscription_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "subscription");
	const PgQuery__DefElem *slot = pk_tree_option(stmt->n_options, stmt->options, "slot_name");
	const char *name = slot ? pk_tree_string(slot->arg) : NULL;

	action->name = pk_tree_str(facts->arena, stmt->subname);
	action->inert = name && strcasecmp(name, "none") == 0 &&
			pk_tree_option(stmt->n_options, stmt->options, "connect") &&
			!pk_tree_option_true(stmt->n_options, stmt->options, "connect");
}

void pk_facts_event_trigger(struct pk_facts *facts, const PgQuery__Node *node)
{
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, "event trigger");

	action->name = pk_tree_str(facts->arena, node->create_event_trig_stmt->trigname);
}
