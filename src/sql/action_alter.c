/* Tables: CREATE TABLE, ALTER TABLE and relatives, with their columns and constraints. */
#include "sql/tree.h"

static const struct {
	PgQuery__AlterTableType type;
	enum pk_verb verb;
	enum pk_sub sub;
} subcommands[] = {
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn, PK_ALTER, PK_ADD_COLUMN },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn, PK_ALTER, PK_DROP_COLUMN },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType, PK_ALTER, PK_ALTER_TYPE },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_SetNotNull, PK_ALTER, PK_SET_NOT_NULL },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_DropNotNull, PK_ALTER, PK_DROP_NOT_NULL },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault, PK_ALTER, PK_SET_DEFAULT },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint, PK_ALTER, PK_ADD_CONSTRAINT },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_DropConstraint, PK_ALTER, PK_DROP_CONSTRAINT },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_ValidateConstraint, PK_ALTER, PK_VALIDATE },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_SetLogged, PK_ALTER, PK_SET_LOGGED },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_SetUnLogged, PK_ALTER, PK_SET_UNLOGGED },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_SetTableSpace, PK_ALTER, PK_SET_TABLESPACE },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_SetAccessMethod, PK_ALTER, PK_SET_ACCESS_METHOD },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_AddIdentity, PK_ALTER, PK_ADD_IDENTITY },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_DropExpression, PK_ALTER, PK_DROP_EXPRESSION },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_AttachPartition, PK_ALTER, PK_ATTACH },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_DetachPartition, PK_ALTER, PK_DETACH },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_EnableRowSecurity, PK_ALTER, PK_ENABLE_RLS },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_DisableTrig, PK_ALTER, PK_DISABLE_TRIGGER },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_DisableTrigAll, PK_ALTER, PK_DISABLE_TRIGGER },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_DisableTrigUser, PK_ALTER, PK_DISABLE_TRIGGER },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_EnableTrig, PK_ALTER, PK_ENABLE_TRIGGER },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_EnableAlwaysTrig, PK_ALTER, PK_ENABLE_TRIGGER },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_EnableReplicaTrig, PK_ALTER, PK_ENABLE_TRIGGER },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_EnableTrigAll, PK_ALTER, PK_ENABLE_TRIGGER },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_EnableTrigUser, PK_ALTER, PK_ENABLE_TRIGGER },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_ChangeOwner, PK_OWNER, PK_SUB_NONE },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_SetStatistics, PK_ALTER, PK_SUB_LIGHT },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_SetOptions, PK_ALTER, PK_SUB_LIGHT },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_ResetOptions, PK_ALTER, PK_SUB_LIGHT },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_SetRelOptions, PK_ALTER, PK_SUB_LIGHT },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_ResetRelOptions, PK_ALTER, PK_SUB_LIGHT },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_ClusterOn, PK_ALTER, PK_SUB_LIGHT },
	{ PG_QUERY__ALTER_TABLE_TYPE__AT_DropCluster, PK_ALTER, PK_SUB_LIGHT },
};

static const struct {
	PgQuery__ConstrType type;
	enum pk_constraint constraint;
} constraint_kinds[] = {
	{ PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY, PK_CON_PRIMARY },
	{ PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE, PK_CON_UNIQUE },
	{ PG_QUERY__CONSTR_TYPE__CONSTR_CHECK, PK_CON_CHECK },
	{ PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN, PK_CON_FOREIGN },
	{ PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION, PK_CON_EXCLUDE },
};

/* Keys of EXCLUDE are pairs of an index element and an operator. */
static const char *const *exclusion_columns(struct pk_arena *arena, const PgQuery__Constraint *c)
{
	const char **list = pk_arena_alloc(arena, (c->n_exclusions + 1) * sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < c->n_exclusions; i++) {
		const PgQuery__Node *pair = c->exclusions[i];
		if (pair->node_case != PG_QUERY__NODE__NODE_LIST || pair->list->n_items == 0 ||
		    pair->list->items[0]->node_case != PG_QUERY__NODE__NODE_INDEX_ELEM)
			continue;
		const PgQuery__IndexElem *elem = pair->list->items[0]->index_elem;
		const char *name = pk_tree_str(arena, elem->name);
		list[n] = name ? name : pk_tree_expr(arena, elem->expr);
		if (list[n])
			n++;
	}
	return list;
}

static enum pk_constraint constraint_kind(const PgQuery__Constraint *constraint)
{
	for (size_t i = 0; i < PK_COUNT(constraint_kinds); i++)
		if (constraint->contype == constraint_kinds[i].type)
			return constraint_kinds[i].constraint;
	return PK_CON_NONE;
}

/* The one column that an expression reads; NULL: none, or several. */
struct only_column {
	const char *name;
	bool several;
};

static bool note_column(void *arg, const ProtobufCMessage *message)
{
	struct only_column *only = arg;

	if (message->descriptor != &pg_query__column_ref__descriptor)
		return true;
	const PgQuery__ColumnRef *ref = (const PgQuery__ColumnRef *)message;
	const char *name = ref->n_fields ? pk_tree_string(ref->fields[ref->n_fields - 1]) : NULL;
	only->several = only->several || !name || (only->name && strcmp(only->name, name) != 0);
	only->name = name;
	return !only->several;
}

/* After which the server names a check, where it reads no other. */
static const char *check_column(const PgQuery__Constraint *c)
{
	struct only_column only = { NULL, false };

	if (c->raw_expr)
		pk_tree_walk(&c->raw_expr->base, note_column, &only);
	return only.several ? NULL : only.name;
}

/* What a statement adds to its table. like: the statement's action, by value: it may be in the array that grows here. */
static struct pk_action *add_part(struct pk_facts *facts, struct pk_action like, const char *object, enum pk_sub sub)
{
	struct pk_action *action = pk_facts_add(facts, like.verb, object);

	action->sub = sub;
	action->rel_schema = like.rel_name ? like.rel_schema : like.schema;
	action->rel_name = like.rel_name ? like.rel_name : like.name;
	action->only = like.only;
	action->if_exists = like.if_exists;
	action->temporary = like.temporary;
	return action;
}

/* Inline or table constraint as an action of its own. column: NULL for table constraints. */
static void constraint_facts(struct pk_facts *facts, const struct pk_action *like, const PgQuery__Constraint *constraint,
			     const char *column)
{
	enum pk_constraint kind = constraint_kind(constraint);

	if (kind == PK_CON_NONE)
		return;
	struct pk_action *action = add_part(facts, *like, "constraint", PK_ADD_CONSTRAINT);
	action->constraint = kind;
	action->column = column;
	action->name = pk_tree_str(facts->arena, constraint->conname);
	action->def = pk_tree_expr(facts->arena, constraint->raw_expr);
	action->where = pk_tree_expr(facts->arena, constraint->where_clause);
	action->not_valid = constraint->skip_validation && !constraint->initially_valid;
	action->using_index = pk_tree_str(facts->arena, constraint->indexname);
	action->method = pk_tree_str(facts->arena, constraint->access_method);
	action->nulls_equal = constraint->nulls_not_distinct;
	if (kind == PK_CON_FOREIGN)
		action->columns = pk_tree_string_list(facts->arena, constraint->n_fk_attrs,
						      constraint->fk_attrs);
	else if (kind == PK_CON_EXCLUDE)
		action->columns = exclusion_columns(facts->arena, constraint);
	else
		action->columns =
			pk_tree_string_list(facts->arena, constraint->n_keys, constraint->keys);
	const char *key = column ? column : kind == PK_CON_CHECK ? check_column(constraint) : NULL;
	if (!action->columns && key) {
		const char **one = pk_arena_alloc(facts->arena, 2 * sizeof(*one));
		one[0] = pk_tree_str(facts->arena, key);
		action->columns = one;
	}
	if (constraint->pktable) {
		action->ref_schema = pk_tree_str(facts->arena, constraint->pktable->schemaname);
		action->ref_name = pk_tree_str(facts->arena, constraint->pktable->relname);
		action->ref_columns = pk_tree_string_list(facts->arena, constraint->n_pk_attrs,
							  constraint->pk_attrs);
	}
}

static void column_constraint(struct pk_facts *facts, struct pk_action *column,
			      const PgQuery__Constraint *c)
{
	switch (c->contype) {
	case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL:
	case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
		column->not_null = true;
		break;
	case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT:
		column->has_default = true;
		column->def = pk_tree_expr(facts->arena, c->raw_expr);
		break;
	case PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY:
		column->identity = column->not_null = true;
		break;
	case PG_QUERY__CONSTR_TYPE__CONSTR_GENERATED:
		column->generated = true;
		column->def = pk_tree_expr(facts->arena, c->raw_expr);
		break;
	default:
		break;
	}
}

/* The column, then its constraints. like: the statement's action, by value. */
static void add_column(struct pk_facts *facts, struct pk_action like, const PgQuery__ColumnDef *def,
		       bool if_not_exists)
{
	struct pk_action *action = add_part(facts, like, "column", PK_ADD_COLUMN);
	const char *column = pk_tree_str(facts->arena, def->colname);

	action->if_not_exists = if_not_exists;
	action->name = action->column = column;
	action->type = pk_tree_type(facts->arena, def->type_name);
	action->collation = pk_tree_collation(facts->arena, def->coll_clause);
	action->serial = pk_tree_type_is_serial(def->type_name);
	action->not_null = def->is_not_null || action->serial;
	for (size_t i = 0; i < def->n_constraints; i++)
		if (def->constraints[i]->node_case == PG_QUERY__NODE__NODE_CONSTRAINT)
			column_constraint(facts, action, def->constraints[i]->constraint);
	for (size_t i = 0; i < def->n_constraints; i++)
		if (def->constraints[i]->node_case == PG_QUERY__NODE__NODE_CONSTRAINT)
			constraint_facts(facts, &like, def->constraints[i]->constraint, column);
}

static void alter_type(struct pk_facts *facts, struct pk_action *action,
		       const PgQuery__AlterTableCmd *cmd)
{
	if (!cmd->def || cmd->def->node_case != PG_QUERY__NODE__NODE_COLUMN_DEF)
		return;
	const PgQuery__ColumnDef *def = cmd->def->column_def;
	action->type = pk_tree_type(facts->arena, def->type_name);
	action->collation = pk_tree_collation(facts->arena, def->coll_clause);
	action->def = pk_tree_expr(facts->arena, def->raw_default);
}

static void partition(struct pk_facts *facts, struct pk_action *action,
		      const PgQuery__AlterTableCmd *cmd)
{
	if (!cmd->def || cmd->def->node_case != PG_QUERY__NODE__NODE_PARTITION_CMD)
		return;
	const PgQuery__PartitionCmd *part = cmd->def->partition_cmd;
	action->ref_schema = pk_tree_str(facts->arena, part->name->schemaname);
	action->ref_name = pk_tree_str(facts->arena, part->name->relname);
	action->concurrently = part->concurrent;
	action->default_partition = part->bound && part->bound->is_default;
}

static void subcommand(struct pk_facts *facts, const struct pk_action *base,
		       const PgQuery__AlterTableCmd *cmd)
{
	enum pk_verb verb = PK_ALTER;
	enum pk_sub sub = PK_SUB_OTHER;

	for (size_t i = 0; i < PK_COUNT(subcommands); i++) {
		if (subcommands[i].type == cmd->subtype) {
			verb = subcommands[i].verb;
			sub = subcommands[i].sub;
		}
	}
	if (sub == PK_ADD_COLUMN && cmd->def &&
	    cmd->def->node_case == PG_QUERY__NODE__NODE_COLUMN_DEF) {
		add_column(facts, *base, cmd->def->column_def, cmd->missing_ok);
		return;
	}
	if (sub == PK_ADD_CONSTRAINT && cmd->def &&
	    cmd->def->node_case == PG_QUERY__NODE__NODE_CONSTRAINT) {
		constraint_facts(facts, base, cmd->def->constraint, NULL);
		return;
	}
	struct pk_action *action = pk_facts_add(facts, verb, base->object);
	action->schema = action->rel_schema = base->schema;
	action->name = action->rel_name = base->name;
	action->only = base->only;
	action->sub = sub;
	action->if_exists = cmd->missing_ok || base->if_exists;
	action->cascade = cmd->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
	if (sub == PK_DROP_CONSTRAINT || sub == PK_VALIDATE) {
		action->object = "constraint";
		action->name = pk_tree_str(facts->arena, cmd->name);
	} else {
		action->column = pk_tree_str(facts->arena, cmd->name);
	}
	if (cmd->subtype == PG_QUERY__ALTER_TABLE_TYPE__AT_ChangeOwner && cmd->newowner)
		action->new_name = pk_tree_str(facts->arena, cmd->newowner->rolename);
	if (sub == PK_ALTER_TYPE)
		alter_type(facts, action, cmd);
	if (sub == PK_ATTACH || sub == PK_DETACH)
		partition(facts, action, cmd);
	if (sub == PK_SET_DEFAULT) {
		action->def = pk_tree_expr(facts->arena, cmd->def);
		action->sub = cmd->def ? PK_SET_DEFAULT : PK_DROP_DEFAULT;
	}
}

void pk_facts_alter_table(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__AlterTableStmt *stmt = node->alter_table_stmt;
	struct pk_action base = { .verb = PK_ALTER,
				  .object = pk_facts_object(stmt->objtype),
				  .if_exists = stmt->missing_ok };

	pk_facts_relation(facts, &base, stmt->relation);
	base.only = stmt->relation && !stmt->relation->inh;
	for (size_t i = 0; i < stmt->n_cmds; i++) {
		size_t first = facts->out->n;

		if (stmt->cmds[i]->node_case == PG_QUERY__NODE__NODE_ALTER_TABLE_CMD)
			subcommand(facts, &base, stmt->cmds[i]->alter_table_cmd);
		for (; first < facts->out->n; first++)
			facts->out->items[first].place = i;
	}
}

void pk_facts_create_table(struct pk_facts *facts, const PgQuery__CreateStmt *stmt,
			   const char *object)
{
	struct pk_action *action = pk_facts_add(facts, PK_CREATE, object);

	pk_facts_relation(facts, action, stmt->relation);
	action->if_not_exists = stmt->if_not_exists;
	action->partitioned = stmt->partspec != NULL;
	action->partition_of = stmt->partbound != NULL;
	action->default_partition = stmt->partbound && stmt->partbound->is_default;
	if (stmt->n_inh_relations &&
	    stmt->inh_relations[0]->node_case == PG_QUERY__NODE__NODE_RANGE_VAR) {
		action->ref_schema =
			pk_tree_str(facts->arena, stmt->inh_relations[0]->range_var->schemaname);
		action->ref_name =
			pk_tree_str(facts->arena, stmt->inh_relations[0]->range_var->relname);
	}
	struct pk_action like = *action;
	for (size_t i = 0; i < stmt->n_table_elts; i++) {
		const PgQuery__Node *elt = stmt->table_elts[i];
		if (elt->node_case == PG_QUERY__NODE__NODE_COLUMN_DEF)
			add_column(facts, like, elt->column_def, false);
		else if (elt->node_case == PG_QUERY__NODE__NODE_CONSTRAINT)
			constraint_facts(facts, &like, elt->constraint, NULL);
	}
}

static const struct {
	char subtype;
	enum pk_sub sub;
} domain_subs[] = {
	{ 'T', PK_SET_DEFAULT },    { 'N', PK_DROP_NOT_NULL },	 { 'O', PK_SET_NOT_NULL },
	{ 'C', PK_ADD_CONSTRAINT }, { 'X', PK_DROP_CONSTRAINT }, { 'V', PK_VALIDATE },
};

void pk_facts_alter_domain(struct pk_facts *facts, const PgQuery__Node *node)
{
	const PgQuery__AlterDomainStmt *stmt = node->alter_domain_stmt;
	struct pk_action *action = pk_facts_add(facts, PK_ALTER, "domain");

	pk_tree_names(facts->arena, stmt->n_type_name, stmt->type_name, &action->schema,
		      &action->name);
	action->sub = PK_SUB_OTHER;
	for (size_t i = 0; i < PK_COUNT(domain_subs); i++)
		if (stmt->subtype && stmt->subtype[0] == domain_subs[i].subtype)
			action->sub = domain_subs[i].sub;
	if (action->sub == PK_SET_DEFAULT && !stmt->def)
		action->sub = PK_DROP_DEFAULT;
	action->new_name = pk_tree_str(facts->arena, stmt->name); /* of the constraint */
	if (stmt->def && stmt->def->node_case == PG_QUERY__NODE__NODE_CONSTRAINT) {
		const PgQuery__Constraint *constraint = stmt->def->constraint;
		action->constraint = constraint_kind(constraint);
		action->def = pk_tree_expr(facts->arena, constraint->raw_expr);
		action->not_valid = constraint->skip_validation;
		action->new_name = pk_tree_str(facts->arena, constraint->conname);
	}
}
