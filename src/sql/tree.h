/* Parse trees of libpg_query, for the files of this folder alone. */
#ifndef PK_SQL_TREE_H
#define PK_SQL_TREE_H

#include "base/arena.h"
#include "sql/action.h"

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

struct pk_tree {
	PgQuery__ParseResult *result;
	const char *error;     /* where there is no result */
	struct pk_arena arena; /* in which both live */
};
#define PK_TREE_INIT { 0 }
void pk_tree_release(struct pk_tree *tree);
bool pk_tree_parse(const char *sql, struct pk_tree *ret); /* false when the grammar refuses */
/* The expression of "SELECT <expr>"; NULL when it is not one expression. */
const PgQuery__Node *pk_tree_parse_expr(const char *expr_sql, struct pk_tree *ret);
/* Calls fn for every message below and including message, until it returns false. */
bool pk_tree_walk(const ProtobufCMessage *message,
		  bool (*fn)(void *arg, const ProtobufCMessage *message), void *arg);

/* The same for those right below it. */
bool pk_tree_children(const ProtobufCMessage *message, bool (*fn)(void *arg, const ProtobufCMessage *message), void *arg);
/* What works on rows, which may be inside DECLARE, EXPLAIN and the like: SELECT, INSERT, COPY, CALL, ...; NULL: nothing. */
PgQuery__Node *pk_tree_query(PgQuery__Node *stmt);

/* Text in the arena; NULL for NULL and "". */
const char *pk_tree_str(struct pk_arena *arena, const char *s);
const char *pk_tree_string(const PgQuery__Node *node); /* of a String node; NULL for others */
bool pk_tree_integer(const PgQuery__Node *node, int *ret); /* a constant of type integer; false for others */
void pk_tree_names(struct pk_arena *arena, size_t n, PgQuery__Node **names, const char **ret_schema,
		   const char **ret_name); /* [database.][schema.]name */
const char *const *pk_tree_string_list(struct pk_arena *arena, size_t n,
				       PgQuery__Node **names);	       /* NULL: none */
char *pk_tree_deparse(PgQuery__Node *stmt); /* a statement as SQL, for the caller to free; NULL: it cannot be said */
const char *pk_tree_expr(struct pk_arena *arena, PgQuery__Node *expr); /* as SQL; NULL for NULL */
const char *pk_tree_type(struct pk_arena *arena,
			 const PgQuery__TypeName *type); /* as format_type() */
bool pk_tree_type_is_serial(const PgQuery__TypeName *type);
const char *pk_tree_collation(struct pk_arena *arena, const PgQuery__CollateClause *clause);
const PgQuery__DefElem *pk_tree_option(size_t n, PgQuery__Node **options, const char *name);
bool pk_tree_option_true(size_t n, PgQuery__Node **options,
			 const char *name); /* FULL, FULL true, FULL on */

/* Where actions of one statement go. */
struct pk_facts {
	struct pk_actions *out;
	struct pk_arena *arena;
	size_t statement;
	int line, col;
	bool nested;
};
/* The new action is valid until the next one. */
struct pk_action *pk_facts_add(struct pk_facts *facts, enum pk_verb verb, const char *object);
/* PK_UNPARSED with what its words say. */
void pk_facts_unparsed(struct pk_facts *facts, const char *text, const char *error);
void pk_facts_relation(struct pk_facts *facts, struct pk_action *action,
		       const PgQuery__RangeVar *relation); /* name */
void pk_facts_on(struct pk_facts *facts, struct pk_action *action,
		 const PgQuery__RangeVar *relation); /* rel_name */
void pk_facts_alter_table(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_function(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_alter_function(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_cast(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_transform(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_define(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_drop(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_drop_database(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_rename(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_set_schema(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_owner(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_comment(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_label(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_grant(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_grant_role(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_default_privileges(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_wrapper(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_server(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_publication(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_alter_publication(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_subscription(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_alter_subscription(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_drop_subscription(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_event_trigger(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_alter_domain(struct pk_facts *facts, const PgQuery__Node *node);
void pk_facts_create_table(struct pk_facts *facts, const PgQuery__CreateStmt *stmt,
			   const char *object);
void pk_facts_statement(struct pk_facts *facts, const PgQuery__Node *node);
bool pk_facts_run(struct pk_facts *facts,
		  const PgQuery__Node *node); /* data, locks, settings; false: not one of these */
const char *pk_facts_object(PgQuery__ObjectType type); /* "table" */

#endif
