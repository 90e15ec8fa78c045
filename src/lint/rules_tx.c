/* Transactions: what cannot run in one, what must not be split, what holds locks too long. */
#include "lint/rule.h"

static void tx_structure(struct pk_lint *lint, const struct pk_action *a)
{
	bool control = a->verb == PK_BEGIN || a->verb == PK_COMMIT || a->verb == PK_ROLLBACK;
	const char *fact = NULL;

	if (control && a->nested)
		fact = lint->in_tx && a->verb != PK_BEGIN
			       ? "fails: a transaction cannot end inside one that the block runs in"
			       : NULL;
	else if (control && lint->options->transaction)
		fact = "the migration runs in a transaction already, which this ends or disturbs";
	else if (a->verb == PK_BEGIN && lint->explicit_tx)
		fact = "BEGIN inside a transaction does nothing";
	else if (control && a->verb != PK_BEGIN && !lint->explicit_tx)
		fact = "ends a transaction that nobody began";
	if (fact)
		pk_lint_report(
			lint, a, pk_strdup(fact),
			pk_strdup(
				"-- remove it; for statements without a transaction around them:\n"
				"-- migrate:up transaction:false"));
	bool last = a == lint->actions.items + lint->actions.n - 1;
	if (last && !lint->options->transaction && !a->nested &&
	    (a->verb == PK_BEGIN ||
	     (lint->explicit_tx && a->verb != PK_COMMIT && a->verb != PK_ROLLBACK)))
		pk_lint_report(lint, a,
			       pk_strdup("the text ends inside a transaction: all since BEGIN is "
					 "rolled back"),
			       pk_strdup("COMMIT;"));
}

/* What a statement that needs to be alone is called; NULL for others. */
static const char *needs_no_transaction(const struct pk_action *a)
{
	if (a->concurrently && a->verb != PK_REFRESH)
		return "CONCURRENTLY";
	if (a->verb == PK_VACUUM)
		return "VACUUM";
	if (pk_streq(a->object, "database") && (a->verb == PK_CREATE || a->verb == PK_DROP))
		return "CREATE or DROP DATABASE";
	if (pk_streq(a->object, "system") && a->verb == PK_ALTER)
		return "ALTER SYSTEM";
	return NULL;
}

static void concurrently_in_tx(struct pk_lint *lint, const struct pk_action *a)
{
	const char *what = lint->in_tx || a->nested ? needs_no_transaction(a) : NULL;

	if (what)
		pk_lint_report(lint, a, pk_lint_text("fails: %s cannot run in a transaction", what),
			       a->nested ? NULL
					 : pk_lint_text(PK_FIX_ALONE "%S;",
							lint->statements.items[a->statement].text));
}

/* Whether a later statement of the same transaction uses the value. */
static void enum_value_in_tx(struct pk_lint *lint, const struct pk_action *a)
{
	const char *text = lint->statements.items[a->statement].text;

	if (!lint->in_tx || a->sub == PK_ADD_VALUE || a->nested)
		return;
	for (const struct pk_lint_value *v = lint->values; v; v = v->next) {
		if (v->tx != lint->tx || !pk_sql_may_make(text, v->type, v->value))
			continue;
		pk_lint_report(lint, a,
			       pk_lint_text("fails: the value '%s' of %I is used in the transaction that adds it", v->value, v->type),
			       pk_lint_text("-- in a migration of its own, after the one with ADD VALUE:\n%S;", text));
		return;
	}
}

static bool is_dml(const struct pk_action *a)
{
	return a->verb == PK_INSERT || a->verb == PK_UPDATE || a->verb == PK_DELETE ||
	       a->verb == PK_MERGE;
}

static void mix_ddl_dml(struct pk_lint *lint, const struct pk_action *a)
{
	bool ddl = pk_lint_is_ddl(a);

	if (is_dml(a) && a->rel_name && !pk_lint_table_is_new(lint, a)) {
		if (!lint->dml)
			lint->dml = a;
	} else if (!ddl) {
		return;
	}
	/* the engine notes ddl after the rules have run */
	const struct pk_action *first_ddl = lint->ddl ? lint->ddl : ddl ? a : NULL;
	if (!first_ddl || !lint->dml || lint->mixed)
		return;
	lint->mixed = true;
	pk_lint_report(lint, lint->dml,
		       pk_lint_text("changes rows of %T in a migration that changes the schema too",
				    lint->dml->rel_schema, lint->dml->rel_name),
		       pk_lint_text("-- in a migration of its own:\n%S;",
				    lint->statements.items[lint->dml->statement].text));
}

static void lock_held_work(struct pk_lint *lint, const struct pk_action *a)
{
	if (!lint->in_tx || !lint->locked || lint->locked->statement == a->statement)
		return;
	bool works = ((a->verb == PK_UPDATE || a->verb == PK_DELETE) && !a->has_where &&
		      pk_lint_on_big(lint, a)) ||
		     (a->verb == PK_CREATE && pk_streq(a->object, "index") && !a->concurrently &&
		      pk_lint_on_big(lint, a));
	if (!works)
		return;
	pk_lint_report(lint, a,
		       pk_lint_text("works on many rows while line %s still holds its lock on %T",
				    pk_arena_printf(&lint->arena, "%d", pk_lint_line(lint, lint->locked)),
				    pk_action_schema(lint->locked), pk_action_table(lint->locked)),
		       pk_lint_text("-- in a migration of its own:\n%S;",
				    lint->statements.items[a->statement].text));
}

static void explicit_lock(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb == PK_LOCK && pk_lint_lock_is_strong(a->def) && !pk_lint_table_is_new(lint, a))
		pk_lint_report(lint, a,
			       pk_lint_text("%s lock on %T until the transaction ends", a->def,
					    a->rel_schema, a->rel_name),
			       NULL);
}

static bool several_objects(struct pk_lint *lint, const struct pk_action *a)
{
	const struct pk_action *next = a + 1;

	return next < lint->actions.items + lint->actions.n && next->statement == a->statement &&
	       (a == lint->actions.items || a[-1].statement != a->statement);
}

/* Failures that the text alone foretells. */
static void runtime_error(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb == PK_LOCK && !lint->in_tx && !a->nested)
		pk_lint_report(lint, a, pk_strdup("fails: LOCK TABLE needs a transaction"), NULL);
	if (a->verb == PK_DROP && a->concurrently && several_objects(lint, a))
		pk_lint_report(
			lint, a, pk_strdup("fails: DROP INDEX CONCURRENTLY takes one index"),
			pk_lint_text("DROP INDEX CONCURRENTLY %T;\n-- and so on, a statement each",
				     a->schema, a->name));
	if (a->verb == PK_CREATE && pk_streq(a->object, "index") && a->concurrently &&
	    pk_lint_is_partitioned(lint, a))
		pk_lint_report(lint, a,
			       pk_strdup("fails: an index on a partitioned table cannot be built "
					 "CONCURRENTLY"),
			       pk_lint_text("CREATE INDEX %I ON ONLY %T (...);\n"
					    "-- then CREATE INDEX CONCURRENTLY on each partition, "
					    "and ALTER INDEX ... ATTACH PARTITION",
					    a->name ? a->name : "new_index", a->rel_schema,
					    a->rel_name));
	if (a->sub == PK_ADD_COLUMN && a->has_default && a->def && pk_sql_expr_has_subquery(a->def))
		pk_lint_report(lint, a, pk_strdup("fails: a default cannot hold a subquery"), NULL);
}

static const struct pk_rule rules[] = {
	{ "tx-structure", PK_LEVEL_ERROR, "transaction control inside a migration",
	  "part of the migration is committed without its record, or rolled back without an error",
	  tx_structure, PK_RULE_PLAIN },
	{ "concurrently-in-tx", PK_LEVEL_ERROR,
	  "statement that cannot run in a transaction, in one", "the server refuses it",
	  concurrently_in_tx, PK_RULE_FAILS },
	{ "enum-value-in-tx", PK_LEVEL_ERROR, "new enum value used in the transaction that adds it",
	  "the server refuses it until the addition is committed", enum_value_in_tx, PK_RULE_FAILS },
	{ "mix-ddl-dml", PK_LEVEL_ERROR, "schema and data changed in one migration",
	  "the locks of the schema change are held while the rows are changed", mix_ddl_dml, PK_RULE_PLAIN },
	{ "lock-held-work", PK_LEVEL_WARNING,
	  "slow statement while an earlier one's strong lock is held",
	  "everybody who needs that table waits for the slow statement too", lock_held_work, PK_RULE_WORK },
	{ "explicit-lock", PK_LEVEL_ERROR, "LOCK TABLE in a strong mode",
	  "everybody else waits, and so does the lock for them", explicit_lock, PK_RULE_PLAIN },
	{ "runtime-error", PK_LEVEL_ERROR, "statement that must fail", "the migration stops there",
	  runtime_error, PK_RULE_FAILS },
};
const struct pk_rules pk_rules_tx = { rules, PK_COUNT(rules) };
