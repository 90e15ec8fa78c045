/* Work on many rows, maintenance, partitions, and what cannot be judged. */
#include "base/strv.h"
#include "lint/rule.h"

static bool is_constant_true(const char *where)
{
	static const char *const always[] = { "true", "1 = 1", "1=1", "'t'::bool", "NOT false" };

	for (size_t i = 0; where && i < PK_COUNT(always); i++)
		if (strcasecmp(where, always[i]) == 0)
			return true;
	return false;
}

static void bulk_dml(struct pk_lint *lint, const struct pk_action *a)
{
	bool all = !a->has_where || is_constant_true(a->where);

	if (!(a->verb == PK_UPDATE || a->verb == PK_DELETE || a->verb == PK_INSERT) || !all ||
	    !pk_lint_on_big(lint, a))
		return;
	PK_FREE char *table = pk_lint_table_text(lint, a);
	if (a->verb == PK_INSERT) {
		pk_lint_report(
			lint, a,
			pk_lint_text("copies every row it finds into %s in one transaction", table),
			NULL);
		return;
	}
	pk_lint_report(lint, a,
		       pk_lint_text("locks and rewrites every row of %s in one transaction", table),
		       pk_lint_text("-- in batches of some thousand rows, each committed, outside "
				    "a migration's transaction:\n"
				    "%S %T ... WHERE <key> BETWEEN ... AND ...;",
				    a->verb == PK_UPDATE ? "UPDATE" : "DELETE FROM", a->rel_schema,
				    a->rel_name));
}

static bool is_logged(struct pk_lint *lint, const struct pk_action *a)
{
	const struct pk_actions *table =
		pk_lint_object(lint, pk_action_schema(a), "table", pk_action_table(a));

	return table && !table->items[0].unlogged;
}

static const char *maintenance(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb == PK_VACUUM)
		return a->full ? "VACUUM FULL" : NULL;
	if (a->verb == PK_CLUSTER)
		return "CLUSTER";
	switch (a->sub) {
	case PK_SET_LOGGED:
		return is_logged(lint, a) ? NULL : "SET LOGGED";
	case PK_SET_UNLOGGED:
		return "SET UNLOGGED";
	case PK_SET_TABLESPACE:
		return "SET TABLESPACE";
	case PK_SET_ACCESS_METHOD:
		return "SET ACCESS METHOD";
	default:
		return NULL;
	}
}

static void maintenance_rewrite(struct pk_lint *lint, const struct pk_action *a)
{
	const char *what = maintenance(lint, a);

	if (!what || (pk_action_table(a) && !pk_lint_on_big(lint, a)))
		return;
	PK_FREE char *table =
		pk_action_table(a) ? pk_lint_table_text(lint, a) : pk_strdup("table after table");
	pk_lint_report(lint, a,
		       pk_lint_text("%s: ACCESS EXCLUSIVE lock on %s while it is written anew",
				    what, table),
		       a->verb == PK_VACUUM || a->verb == PK_CLUSTER
			       ? pk_strdup("-- outside migrations, with pg_repack or pg_squeeze")
			       : NULL);
}

static void matview_refresh_blocking(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb == PK_REFRESH && !a->concurrently &&
	    !pk_lint_is_new(lint, "materialized view", a->schema, a->name))
		pk_lint_report(lint, a,
			       pk_lint_text("ACCESS EXCLUSIVE lock on %T while its query runs",
					    a->schema, a->name),
			       pk_lint_text("-- needs a unique index on it, over all rows\n"
					    "REFRESH MATERIALIZED VIEW CONCURRENTLY %T;",
					    a->schema, a->name));
}

/* Any valid CHECK on the partition is taken for the one that implies the bounds, or leaves them out. */
static bool has_check(struct pk_lint *lint, const char *schema, const char *name)
{
	const struct pk_actions *table = pk_lint_object(lint, schema, "table", name);
	const char *key = pk_lint_key(lint, schema, name);

	for (size_t i = 0; table && i < table->n; i++)
		if (table->items[i].constraint == PK_CON_CHECK && !table->items[i].not_valid)
			return true;
	for (const struct pk_lint_constraint *c = lint->constraints; c; c = c->next)
		if (c->kind == PK_CON_CHECK && c->valid && strcmp(c->table, key) == 0)
			return true;
	return false;
}

static bool is_read(struct pk_lint *lint, const char *schema, const char *name)
{
	return pk_lint_is_big(lint, schema, name) && !has_check(lint, schema, name);
}

/* Rows of the DEFAULT partition may belong to the one that comes beside it. */
static bool reads_default(struct pk_lint *lint, const struct pk_action *a, const char *schema, const char *table,
			  struct pk_lint_name *ret)
{
	return !a->default_partition && pk_lint_default_partition(lint, a, schema, table, ret) &&
	       is_read(lint, ret->schema, ret->table);
}

/* A CHECK before, validated apart, spares the rows; said: what it has to say. */
static char *bounds_fix(struct pk_lint *lint, const struct pk_action *a, const char *schema, const char *name, const char *said)
{
	PK_FREE char *check = pk_printf("%s_bounds", name);

	return pk_lint_text("ALTER TABLE %T ADD CONSTRAINT %I CHECK (%S) NOT VALID;\n" PK_FIX_OWN
			    "ALTER TABLE %T VALIDATE CONSTRAINT %I;\n%S;",
			    schema, name, check, said, schema, name, check, lint->statements.items[a->statement].text);
}

/* That DEFAULT partitions are empty is what most hope for, and what nobody knows without looking. */
static void default_scan(struct pk_lint *lint, const struct pk_action *a, const struct pk_lint_name *on)
{
	bool counted = pk_lint_rows(lint, on->schema, on->table) >= 0;

	pk_lint_report_as(lint, counted ? PK_LEVEL_ERROR : PK_LEVEL_WARNING, a,
			  pk_lint_text("ACCESS EXCLUSIVE lock on %T, the DEFAULT partition, while all its rows are read",
				       on->schema, on->table),
			  bounds_fix(lint, a, on->schema, on->table, "NOT (<the bounds>)"));
}

static void attach_scan(struct pk_lint *lint, const struct pk_action *a)
{
	struct pk_lint_name other;
	bool too = reads_default(lint, a, a->rel_schema, a->rel_name, &other);

	if (!is_read(lint, a->ref_schema, a->ref_name)) {
		if (too)
			default_scan(lint, a, &other);
		return;
	}
	PK_FREE char *beside = too ? pk_lint_text(", and on %T, the DEFAULT partition,", other.schema, other.table) :
			       pk_lint_knows_parts(lint) ? pk_strdup("") : pk_strdup(", and on the DEFAULT partition,");
	pk_lint_report(lint, a,
		       pk_lint_text("ACCESS EXCLUSIVE lock on %T%S while all %s rows are read", a->ref_schema, a->ref_name,
				    beside, *beside ? "their" : "its"),
		       bounds_fix(lint, a, a->ref_schema, a->ref_name, "<the bounds, and key IS NOT NULL>"));
}

static void partition_attach_scan(struct pk_lint *lint, const struct pk_action *a)
{
	struct pk_lint_name other;

	if (a->verb == PK_CREATE && a->partition_of && reads_default(lint, a, a->ref_schema, a->ref_name, &other))
		default_scan(lint, a, &other);
	if (a->sub == PK_ATTACH && pk_streq(a->object, "table") && a->ref_name)
		attach_scan(lint, a);
}

static void partition_detach_blocking(struct pk_lint *lint, const struct pk_action *a)
{
	struct pk_lint_name other;

	if (a->sub != PK_DETACH || a->concurrently || !pk_streq(a->object, "table") ||
	    pk_lint_table_is_new(lint, a))
		return;
	/* the server refuses that beside a DEFAULT partition */
	bool beside = !pk_lint_default_partition(lint, a, a->rel_schema, a->rel_name, &other);
	pk_lint_report(
		lint, a,
		pk_lint_text("ACCESS EXCLUSIVE lock on %T and all of it", a->rel_schema,
			     a->rel_name),
		beside ? pk_lint_text(PK_FIX_ALONE "ALTER TABLE %T DETACH PARTITION %T CONCURRENTLY;",
				      a->rel_schema, a->rel_name, a->ref_schema, a->ref_name)
		       : NULL);
}

static void constraints_disabled(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->sub == PK_DISABLE_TRIGGER && !pk_lint_table_is_new(lint, a))
		pk_lint_report(
			lint, a,
			pk_lint_text("triggers of %T do not fire, foreign keys among them if ALL",
				     a->rel_schema, a->rel_name),
			NULL);
	if (a->verb == PK_SET && pk_streq(a->name, "session_replication_role") && a->def &&
	    strcasecmp(a->def, "replica") == 0)
		pk_lint_report(lint, a,
			       pk_strdup("no trigger and no foreign key is heeded in this session"),
			       NULL);
}

static void copy_program(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb == PK_COPY_PROGRAM)
		pk_lint_report(lint, a,
			       pk_strdup("runs a command of the operating system on the server"),
			       NULL);
}

static void not_analysed(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->verb == PK_UNPARSED && !a->nested)
		pk_lint_report(
			lint, a,
			pk_lint_text("%s",
				     a->def ? a->def : "the grammar does not know the statement"),
			NULL);
	if (pk_streq(a->object, "dynamic statement"))
		pk_lint_report(lint, a,
			       pk_strdup("EXECUTE of a text that is put together at run time"),
			       NULL);
}

static const struct pk_rule rules[] = {
	{ "bulk-dml", PK_LEVEL_WARNING, "one statement that changes every row of an existing table",
	  "rows stay locked and replicas fall behind until it is done", bulk_dml, PK_RULE_WORK },
	{ "maintenance-rewrite", PK_LEVEL_ERROR, "VACUUM FULL, CLUSTER, SET LOGGED and the like",
	  "nobody can read or write the table until it is rewritten", maintenance_rewrite, PK_RULE_REWRITE },
	{ "matview-refresh-blocking", PK_LEVEL_WARNING,
	  "REFRESH MATERIALIZED VIEW without CONCURRENTLY",
	  "nobody can read the view until the query is done", matview_refresh_blocking, PK_RULE_PLAIN },
	{ "partition-attach-scan", PK_LEVEL_ERROR, "ATTACH PARTITION that reads the new partition",
	  "nobody can read or write the partition until all rows are checked",
	  partition_attach_scan, PK_RULE_WORK },
	{ "partition-detach-blocking", PK_LEVEL_ERROR, "DETACH PARTITION without CONCURRENTLY",
	  "the lock waits behind every running query on the table, and everybody else waits behind "
	  "the lock",
	  partition_detach_blocking, PK_RULE_PLAIN },
	{ "constraints-disabled", PK_LEVEL_ERROR, "triggers and foreign keys switched off",
	  "rows that no constraint has seen stay wrong for ever", constraints_disabled, PK_RULE_PLAIN },
	{ "copy-program", PK_LEVEL_ERROR, "COPY ... PROGRAM",
	  "a migration has no business outside the database", copy_program, PK_RULE_PLAIN },
	{ "not-analysed", PK_LEVEL_WARNING, "statement that could not be judged",
	  "only a dry run shows what it does", not_analysed, PK_RULE_PLAIN },
};
const struct pk_rules pk_rules_work = { rules, PK_COUNT(rules) };
