/* Indexes: building, rebuilding and dropping them. */
#include "lint/rule.h"

static char *partitioned_fix(const struct pk_action *a)
{
	return pk_lint_text(
		"CREATE INDEX %I ON ONLY %T (...);\n"
		"-- then, for each partition, in migrations of their own without a transaction:\n"
		"CREATE INDEX CONCURRENTLY <partition_index> ON <partition> (...);\n"
		"ALTER INDEX %I ATTACH PARTITION <partition_index>;",
		a->name ? a->name : "new_index", a->rel_schema, a->rel_name,
		a->name ? a->name : "new_index");
}

/* ONLY leaves the partitions out: of a table that has none it leaves out nothing. */
static bool holds_no_rows(struct pk_lint *lint, const struct pk_action *a)
{
	return a->only && (!pk_lint_object(lint, a->rel_schema, "table", a->rel_name) || pk_lint_is_partitioned(lint, a));
}

static void index_blocking(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb != PK_CREATE || !pk_streq(a->object, "index") || a->concurrently || holds_no_rows(lint, a) ||
	    !pk_lint_on_big(lint, a))
		return;
	PK_FREE char *table = pk_lint_table_text(lint, a);
	PK_FREE char *statement = pk_lint_insert_word(lint, a, "index", "CONCURRENTLY");
	char *fix = pk_lint_is_partitioned(lint, a) ? partitioned_fix(a)
		    : statement			    ? pk_lint_text(PK_FIX_ALONE "%S", statement)
						    : NULL;
	pk_lint_report(
		lint, a,
		pk_lint_text("SHARE lock on %s while the index is built from all its rows", table),
		fix);
}

/* The table of an index, by the catalog. */
static const struct pk_action *index_of(struct pk_lint *lint, const struct pk_action *a)
{
	const struct pk_actions *index = pk_lint_object(lint, a->schema, "index", a->name);

	return index ? &index->items[0] : NULL;
}

static void drop_index_blocking(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb != PK_DROP || !pk_streq(a->object, "index") || a->concurrently ||
	    pk_lint_is_new(lint, "index", a->schema, a->name))
		return;
	const struct pk_action *index = index_of(lint, a);
	if (index && !pk_lint_on_big(lint, index))
		return;
	const struct pk_actions *on = index ? pk_lint_object(lint, index->rel_schema, "table", index->rel_name) : NULL;
	bool partitioned = on && on->items[0].partitioned;
	PK_FREE char *table = index ? pk_lint_table_text(lint, index) : pk_strdup("its table");
	pk_lint_report(
		lint, a,
		pk_lint_text("ACCESS EXCLUSIVE lock on %s; whoever reads or writes it waits until "
			     "all who use it "
			     "now are done",
			     table),
		/* the server has no such way for a partitioned table's */
		partitioned
			? NULL
			: pk_lint_text(PK_FIX_ALONE "DROP INDEX CONCURRENTLY %s%T;", a->if_exists ? "IF EXISTS " : "",
				       a->schema, a->name));
}

static void reindex_blocking(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb != PK_REINDEX || a->concurrently)
		return;
	const struct pk_action *index = pk_streq(a->object, "index") ? index_of(lint, a) : NULL;
	const struct pk_action *on = index ? index : a;
	if (pk_streq(a->object, "table") || index) {
		if (!pk_lint_on_big(lint, on))
			return;
	} else if (pk_lint_is_new(lint, "index", a->schema, a->name)) {
		return;
	}
	PK_FREE char *statement =
		pk_lint_insert_word(lint, a, a->object ? a->object : "reindex", "CONCURRENTLY");
	PK_FREE char *table = pk_streq(a->object, "table") || index ? pk_lint_table_text(lint, on)
								    : pk_strdup("each table");
	pk_lint_report(lint, a,
		       pk_lint_text("SHARE lock on %s and ACCESS EXCLUSIVE on its indexes while "
				    "they are built again",
				    table),
		       statement ? pk_lint_text(PK_FIX_ALONE "%S", statement) : NULL);
}

/* IF NOT EXISTS after a DROP of the same index is the way to retry. */
static bool dropped_before(struct pk_lint *lint, const struct pk_action *a)
{
	for (const struct pk_action *b = lint->actions.items; b < a; b++)
		if (b->verb == PK_DROP && pk_streq(b->object, "index") &&
		    pk_streq(b->name, a->name))
			return true;
	return false;
}

static void invalid_index_retry(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb != PK_CREATE || !pk_streq(a->object, "index") || !a->concurrently ||
	    !a->if_not_exists || !a->name || dropped_before(lint, a))
		return;
	if (pk_lint_has_catalog(lint) && !lint->options->catalog->invalid && !index_of(lint, a))
		return; /* no such index there, valid or not */
	const struct pk_lint_catalog *catalog = lint->options->catalog;
	if (catalog && catalog->invalid && !catalog->invalid(catalog->arg, a->schema ? a->schema : lint->schema, a->name))
		return;
	PK_FREE char *statement = pk_strdup(lint->statements.items[a->statement].text);
	pk_lint_report(lint, a,
		       pk_lint_text("does nothing when an index '%s' is there, also an invalid one",
				    a->name),
		       pk_lint_text(PK_FIX_ALONE "DROP INDEX CONCURRENTLY IF EXISTS %T;\n%S;",
				    a->schema, a->name, statement));
}

static const struct pk_rule rules[] = {
	{ "index-blocking", PK_LEVEL_ERROR,
	  "CREATE INDEX without CONCURRENTLY on an existing table",
	  "nobody can write to the table until the index is built", index_blocking, PK_RULE_WORK },
	{ "drop-index-blocking", PK_LEVEL_ERROR, "DROP INDEX without CONCURRENTLY",
	  "the lock waits behind every running query on the table, and everybody else waits behind "
	  "the lock",
	  drop_index_blocking, PK_RULE_PLAIN },
	{ "reindex-blocking", PK_LEVEL_ERROR, "REINDEX without CONCURRENTLY",
	  "nobody can write to the table, nor read by the index, until it is built",
	  reindex_blocking, PK_RULE_WORK },
	{ "invalid-index-retry", PK_LEVEL_WARNING,
	  "CREATE INDEX CONCURRENTLY IF NOT EXISTS over what a failed try left",
	  "a build that failed leaves an invalid index of that name, which queries cannot use",
	  invalid_index_retry, PK_RULE_PLAIN },
};
const struct pk_rules pk_rules_index = { rules, PK_COUNT(rules) };
