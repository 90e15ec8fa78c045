/* Locks by themselves: waiting for them without an end, and several of them in one transaction. */
#include "base/clock.h"
#include "lint/rule.h"

#define LONG_WAIT 10.0 /* seconds; everybody who comes later waits behind it */

static const char *alter_lock(const struct pk_action *a)
{
	switch (a->sub) {
	case PK_VALIDATE:
	case PK_ATTACH:
	case PK_SUB_LIGHT:
	case PK_ADD_VALUE:
		return NULL;
	case PK_DETACH:
		return a->concurrently ? NULL : "ACCESS EXCLUSIVE";
	case PK_DISABLE_TRIGGER:
	case PK_ENABLE_TRIGGER:
		return "SHARE ROW EXCLUSIVE";
	case PK_ADD_CONSTRAINT:
		return a->constraint == PK_CON_FOREIGN ? "SHARE ROW EXCLUSIVE" : "ACCESS EXCLUSIVE";
	default:
		return "ACCESS EXCLUSIVE";
	}
}

static bool locks_relation(const struct pk_action *a)
{
	static const char *const objects[] = { "table", "column", "constraint", "index", "materialized view" };

	for (size_t i = 0; i < PK_COUNT(objects); i++)
		if (pk_streq(a->object, objects[i]))
			return true;
	return false;
}

/* What belongs to a table, and takes the table's lock when it is made, changed or dropped. */
static bool is_on_table(const struct pk_action *a)
{
	return a->rel_name && (pk_streq(a->object, "trigger") || pk_streq(a->object, "policy") || pk_streq(a->object, "rule"));
}

/* What a statement takes, or NULL. Of an index it is its table's. */
static const char *lock_of(const struct pk_action *a)
{
	if (is_on_table(a))
		return a->verb == PK_COMMENT		? NULL :
		       pk_streq(a->object, "trigger") && a->verb == PK_CREATE ? "SHARE ROW EXCLUSIVE" :
									       "ACCESS EXCLUSIVE";
	if (a->concurrently || (a->verb != PK_LOCK && !locks_relation(a)))
		return NULL;
	switch (a->verb) {
	case PK_ALTER:
		return alter_lock(a);
	case PK_CREATE:
		return pk_streq(a->object, "index") ? "SHARE" : NULL;
	case PK_DROP:
	case PK_RENAME:
	case PK_OWNER:
	case PK_TRUNCATE:
	case PK_CLUSTER:
		return "ACCESS EXCLUSIVE";
	case PK_VACUUM:
		return a->full ? "ACCESS EXCLUSIVE" : NULL;
	case PK_REINDEX:
		return "SHARE";
	case PK_LOCK:
		return a->def;
	default:
		return NULL;
	}
}

bool pk_lint_locks_existing(struct pk_lint *lint, const struct pk_action *a)
{
	return pk_action_table(a) && pk_lint_lock_is_strong(lock_of(a)) && !pk_lint_table_is_new(lint, a) &&
	       !pk_lint_is_new(lint, "index", a->schema, a->name);
}

bool pk_lint_lock_is_strong(const char *mode)
{
	return pk_streq(mode, "SHARE") || pk_streq(mode, "SHARE ROW EXCLUSIVE") || pk_streq(mode, "EXCLUSIVE") ||
	       pk_streq(mode, "ACCESS EXCLUSIVE");
}

/* A foreign key of a table that is new locks the one that it points to. */
static bool locks_referenced(struct pk_lint *lint, const struct pk_action *a)
{
	return a->sub == PK_ADD_CONSTRAINT && a->constraint == PK_CON_FOREIGN && a->ref_name && !a->temporary &&
	       !pk_lint_is_new(lint, "table", a->ref_schema, a->ref_name);
}

/*
 * Said once, of the first statement that waits. In migrations of ours the runner has set a timeout, so that only
 * what the text makes of it counts.
 */
static void lock_timeout_missing(struct pk_lint *lint, const struct pk_action *a)
{
	double timeout = lint->lock_timeout;
	bool unset = timeout < 0, own = pk_lint_locks_existing(lint, a);

	if (lint->waits || !(own || locks_referenced(lint, a)) || (unset && lint->options->ours) ||
	    (timeout > 0 && timeout <= LONG_WAIT))
		return;
	lint->waits = true;
	const char *schema = own ? pk_action_schema(a) : a->ref_schema, *table = own ? pk_action_table(a) : a->ref_name;
	PK_FREE char *shown = timeout > 0 ? pk_duration(timeout) : NULL;
	pk_lint_report(lint, a,
		       pk_lint_text("waits %s%S for %s on %T behind whoever uses it, and everybody who comes later "
				    "waits behind it",
				    shown ? "up to " : "", shown ? shown : "without end",
				    own ? lock_of(a) : "SHARE ROW EXCLUSIVE", schema, table),
		       pk_lint_text("SET %Slock_timeout = '2s';\n%S;", lint->in_tx ? "LOCAL " : "",
				    lint->statements.items[a->statement].text));
}

/* The table that the action is on, by the name that it had before the text. */
static const char *first_key(struct pk_lint *lint, const struct pk_action *a)
{
	struct pk_lint_name name = { pk_action_schema(a), pk_action_table(a), NULL };

	pk_lint_first_name(lint, a, &name);
	return pk_lint_key(lint, name.schema, name.table);
}

/* The second one is told of; of one statement's several tables nobody has the choice. */
static void multi_table_locks(struct pk_lint *lint, const struct pk_action *a)
{
	const struct pk_action *before = lint->locked;

	if (!lint->in_tx || a->nested || !before || lint->several || before->statement == a->statement ||
	    pk_streq(a->object, "index") || !pk_lint_locks_existing(lint, a))
		return;
	if (strcmp(first_key(lint, before), first_key(lint, a)) == 0)
		return;
	lint->several = true;
	pk_lint_report(lint, a,
		       pk_lint_text("%s on %T, while line %s still holds its lock on %T", lock_of(a),
				    pk_action_schema(a), pk_action_table(a),
				    pk_arena_printf(&lint->arena, "%d", pk_lint_line(lint, before)),
				    pk_action_schema(before), pk_action_table(before)),
		       pk_lint_text("-- in a migration of its own:\n%S;", lint->statements.items[a->statement].text));
}

static const struct pk_rule rules[] = {
	{ "lock-timeout-missing", PK_LEVEL_WARNING, "strong lock that is waited for without a short lock_timeout",
	  "one long query is enough, and the table stands still for all", lock_timeout_missing, PK_RULE_PLAIN },
	{ "multi-table-locks", PK_LEVEL_WARNING, "one transaction that locks several existing tables",
	  "programs that use them in another order run into a deadlock with it, and all wait for the last one",
	  multi_table_locks, PK_RULE_PLAIN },
};
const struct pk_rules pk_rules_lock = { rules, PK_COUNT(rules) };
