/* Constraints: adding them reads the table, or builds an index, under a lock. */
#include "lint/rule.h"
#include "sql/scan.h"

#define NAME_MAX_BYTES 63

static bool adds(const struct pk_action *a, enum pk_constraint kind)
{
	return a->verb == PK_ALTER && a->sub == PK_ADD_CONSTRAINT && a->constraint == kind &&
	       a->rel_name;
}

/* "users_email_key" where the statement leaves the name to the server. */
static char *constraint_name(const struct pk_action *a, const char *suffix)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	if (a->name)
		return pk_strdup(a->name);
	pk_buf_add(&name, a->rel_name);
	for (size_t i = 0; suffix[0] != '_' && a->columns && a->columns[i]; i++)
		pk_buf_addf(&name, "_%s", a->columns[i]);
	if (suffix[0] != '_')
		pk_buf_addc(&name, '_');
	pk_buf_add(&name, suffix);
	return pk_buf_take(&name);
}

static char *column_list(const char *const *columns)
{
	PK_AUTO(pk_buf) list = PK_BUF_INIT;

	for (size_t i = 0; columns && columns[i]; i++) {
		PK_FREE char *column = pk_lint_text("%I", columns[i]);
		pk_buf_add(&list, i ? ", " : "");
		pk_buf_add(&list, column);
	}
	return list.len ? pk_buf_take(&list) : pk_strdup("...");
}

/* The statement as it stands, where it does nothing else: so keeps ON DELETE, MATCH and the like. */
static bool is_alone(struct pk_lint *lint, const struct pk_action *a)
{
	const struct pk_action *end = lint->actions.items + lint->actions.n;

	return !a->nested && !a->column &&
	       (a == lint->actions.items || a[-1].statement != a->statement) &&
	       (a + 1 == end || a[1].statement != a->statement);
}

static bool known_not_null(struct pk_lint *lint, const struct pk_action *a, const char *column)
{
	const struct pk_action *there =
		pk_lint_column(lint, pk_action_schema(a), pk_action_table(a), column);
	const char *key = pk_lint_key(lint, pk_action_schema(a), pk_action_table(a));
	bool known = there && there->not_null;

	for (const struct pk_action *b = lint->actions.items; b < a; b++) {
		bool added = b->sub == PK_ADD_COLUMN && b->not_null && !b->if_not_exists;
		if (b->nested || !pk_streq(b->column, column) ||
		    strcmp(pk_lint_key(lint, pk_action_schema(b), pk_action_table(b)), key) != 0)
			continue;
		if (b->sub == PK_SET_NOT_NULL || added)
			known = true;
		else if (b->sub == PK_DROP_NOT_NULL)
			known = false;
	}
	return known || pk_lint_proven_not_null(lint, a, column);
}

static char *not_null_fix(const struct pk_action *a, const char *column)
{
	const char *schema = pk_action_schema(a), *rel = pk_action_table(a);
	PK_FREE char *name = pk_printf("postkit_%s_not_null", column);

	return pk_lint_text("ALTER TABLE %T ADD CONSTRAINT %I CHECK (%I IS NOT NULL) NOT VALID;\n" PK_FIX_OWN
			    "ALTER TABLE %T VALIDATE CONSTRAINT %I;\n"
			    "ALTER TABLE %T ALTER COLUMN %I SET NOT NULL;\n"
			    "ALTER TABLE %T DROP CONSTRAINT %I;",
			    schema, rel, name, column, schema, rel, name, schema, rel, column, schema, rel, name);
}

/* A primary key makes its columns NOT NULL, which reads the table. */
static char *not_null_before(struct pk_lint *lint, const struct pk_action *a)
{
	PK_AUTO(pk_buf) all = PK_BUF_INIT;

	for (size_t i = 0; a->constraint == PK_CON_PRIMARY && !a->column && a->columns && a->columns[i]; i++) {
		if (known_not_null(lint, a, a->columns[i]))
			continue;
		PK_FREE char *one = not_null_fix(a, a->columns[i]);
		pk_buf_addf(&all, "%s%s\n", all.len ? PK_FIX_THEN : "", one);
	}
	return pk_buf_take(&all);
}

/* What the statement says of when it is checked: " DEFERRABLE INITIALLY DEFERRED". */
static const char *checked_when(struct pk_lint *lint, const struct pk_action *a)
{
	const char *text = lint->statements.items[a->statement].text;
	struct pk_scan scan;
	struct pk_token token;
	size_t tail = strlen(text);
	int depth = 0;
	bool begun = false;

	if (!is_alone(lint, a))
		return "";
	pk_scan_start(&scan, text, tail);
	while (pk_scan_code(&scan, &token)) {
		depth += pk_token_char(text, &token, '(') - pk_token_char(text, &token, ')');
		bool word = !depth && (pk_token_is(text, &token, "deferrable") || pk_token_is(text, &token, "initially") ||
				       pk_token_is(text, &token, "not"));
		if (pk_token_char(text, &token, ')')) {
			tail = token.end;
			begun = false;
		}
		begun = begun || word;
	}
	return begun ? text + tail : "";
}

/* A key or unique constraint of the table that goes before, as far as is known what it is; NULL: none. */
static const struct pk_action *key_dropped(struct pk_lint *lint, const struct pk_action *a)
{
	const char *key = pk_lint_key(lint, a->rel_schema, a->rel_name);
	const struct pk_action *end = lint->actions.items + lint->actions.n;

	for (const struct pk_action *b = lint->actions.items; b < end && b->statement <= a->statement; b++) {
		if (b->sub != PK_DROP_CONSTRAINT || !b->rel_name ||
		    strcmp(pk_lint_key(lint, b->rel_schema, b->rel_name), key) != 0)
			continue;
		const struct pk_lint_constraint *c = pk_lint_constraint(lint, b->rel_schema, b->rel_name, b->name);
		if (!c || c->kind == PK_CON_PRIMARY || c->kind == PK_CON_UNIQUE)
			return b;
	}
	return NULL;
}

/*
 * Where one key takes the place of another, the index of the new one is built while the old one holds, and one statement
 * changes them: between two there would be none.
 */
static void key_replacing(struct pk_lint *lint, const struct pk_action *a, const char *kind,
			  const char *name, const struct pk_action *dropped)
{
	size_t known = lint->out->n;
	PK_FREE char *table = pk_lint_table_text(lint, a);
	PK_FREE char *columns = column_list(a->columns);
	PK_FREE char *before = not_null_before(lint, a);
	PK_FREE char *index = pk_printf("%s_new", name);
	size_t in_statement = 0;

	for (size_t i = 0; i < lint->actions.n; i++)
		in_statement += lint->actions.items[i].statement == a->statement;
	pk_lint_report(
		lint, a,
		pk_lint_text("ACCESS EXCLUSIVE lock on %s while a unique index is built from all its rows", table),
		pk_lint_text("%S" PK_FIX_ALONE "CREATE UNIQUE INDEX CONCURRENTLY %I ON %T (%S);\n" PK_FIX_THEN
			     "ALTER TABLE %T DROP CONSTRAINT %s%I%s, ADD CONSTRAINT %I %S USING INDEX %I;",
			     before, index, a->rel_schema, a->rel_name, columns, a->rel_schema, a->rel_name,
			     dropped->if_exists ? "IF EXISTS " : "", dropped->name, dropped->cascade ? " CASCADE" : "",
			     name, kind, index));
	if (lint->out->n == known)
		return;
	struct pk_finding *f = &lint->out->items[known];
	f->whole = dropped->statement == a->statement && in_statement == 2 && !a->nested && strlen(index) <= NAME_MAX_BYTES;
	if (!f->whole)
		f->place = SIZE_MAX;
}

static void key_blocking(struct pk_lint *lint, const struct pk_action *a, const char *kind,
			 const char *suffix)
{
	const struct pk_action *dropped = a->column ? NULL : key_dropped(lint, a);
	PK_FREE char *table = pk_lint_table_text(lint, a);
	PK_FREE char *name = constraint_name(a, suffix);
	PK_FREE char *columns = column_list(a->columns);
	PK_FREE char *column = NULL, *before = not_null_before(lint, a);

	if (dropped) {
		key_replacing(lint, a, kind, name, dropped);
		return;
	}
	if (a->column) { /* inline, with a new column */
		const struct pk_action *added = pk_lint_added_column(lint, a);
		column = pk_lint_text("ALTER TABLE %T ADD COLUMN %I %S;\n", a->rel_schema,
				      a->rel_name, a->column, added ? added->type : NULL);
	}
	pk_lint_report(
		lint, a,
		pk_lint_text("ACCESS EXCLUSIVE lock on %s while a unique index is built from all "
			     "its rows",
			     table),
		pk_lint_text(
			"%S" PK_FIX_ALONE
			"CREATE UNIQUE INDEX CONCURRENTLY %I ON %T (%S);\n" PK_FIX_THEN
			"ALTER TABLE %T ADD CONSTRAINT %I %S USING INDEX %I%S;",
			column ? column : before, name, a->rel_schema, a->rel_name, columns,
			a->rel_schema, a->rel_name, name, kind, name, checked_when(lint, a)));
}

static void unique_blocking(struct pk_lint *lint, const struct pk_action *a)
{
	if (adds(a, PK_CON_UNIQUE) && !a->using_index && pk_lint_on_big(lint, a))
		key_blocking(lint, a, "UNIQUE", "key");
}

static void pk_blocking(struct pk_lint *lint, const struct pk_action *a)
{
	if (adds(a, PK_CON_PRIMARY) && !a->using_index && pk_lint_on_big(lint, a))
		key_blocking(lint, a, "PRIMARY KEY", "_pkey");
}

static void exclusion_blocking(struct pk_lint *lint, const struct pk_action *a)
{
	if (!adds(a, PK_CON_EXCLUDE) || !pk_lint_on_big(lint, a))
		return;
	PK_FREE char *table = pk_lint_table_text(lint, a);
	pk_lint_report(
		lint, a,
		pk_lint_text(
			"ACCESS EXCLUSIVE lock on %s while an index is built and every row checked",
			table),
		NULL);
}

/* Adding it unchecked, then checking it apart. added: the ALTER TABLE, where it has to be put together. */
static char *not_valid_fix(struct pk_lint *lint, const struct pk_action *a, const char *name,
			   const char *added)
{
	PK_FREE char *word = pk_lint_text("CONSTRAINT %I", name);
	PK_FREE char *named = is_alone(lint, a) && !a->name ? pk_lint_insert_word(lint, a, "add", word) : NULL;
	const char *text = named		? named :
			   is_alone(lint, a)	? lint->statements.items[a->statement].text :
						  added;
	int n = (int)strlen(text) - (named != NULL); /* without its semicolon */
	PK_FREE char *statement = pk_printf("%.*s", n, text);

	return pk_lint_text("%S NOT VALID;\n" PK_FIX_OWN "ALTER TABLE %T VALIDATE CONSTRAINT %I;", statement,
			    a->rel_schema, a->rel_name, name);
}

/* A new column without a value has nothing to check: PostgreSQL does not read the table then. */
static bool on_empty_column(struct pk_lint *lint, const struct pk_action *a)
{
	const struct pk_action *column = a->column ? pk_lint_added_column(lint, a) : NULL;

	return column && !column->has_default && !column->identity && !column->serial &&
	       !column->generated;
}

static void fk_validating(struct pk_lint *lint, const struct pk_action *a)
{
	if (!adds(a, PK_CON_FOREIGN) || a->not_valid || !pk_lint_on_big(lint, a) ||
	    on_empty_column(lint, a))
		return;
	PK_FREE char *table = pk_lint_table_text(lint, a);
	PK_FREE char *name = constraint_name(a, "fkey");
	PK_FREE char *columns = column_list(a->columns);
	PK_FREE char *keys = a->ref_columns ? column_list(a->ref_columns) : NULL;
	PK_FREE char *added = pk_lint_text(
		"ALTER TABLE %T ADD CONSTRAINT %I FOREIGN KEY (%S) REFERENCES %T%s%s%s",
		a->rel_schema, a->rel_name, name, columns, a->ref_schema, a->ref_name,
		keys ? " (" : "", keys ? keys : "", keys ? ")" : "");
	pk_lint_report(
		lint, a,
		pk_lint_text("SHARE ROW EXCLUSIVE lock on %s and on %T while every row is checked",
			     table, a->ref_schema, a->ref_name),
		not_valid_fix(lint, a, name, added));
}

static void check_validating(struct pk_lint *lint, const struct pk_action *a)
{
	if (!adds(a, PK_CON_CHECK) || a->not_valid || !pk_lint_on_big(lint, a))
		return;
	PK_FREE char *table = pk_lint_table_text(lint, a);
	PK_FREE char *name = constraint_name(a, "check");
	PK_FREE char *added = pk_lint_text("ALTER TABLE %T ADD CONSTRAINT %I CHECK (%S)",
					   a->rel_schema, a->rel_name, name, a->def);
	pk_lint_report(
		lint, a,
		pk_lint_text("ACCESS EXCLUSIVE lock on %s while every row is checked", table),
		not_valid_fix(lint, a, name, added));
}

static void validate_same_tx(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->sub != PK_VALIDATE || !pk_lint_on_big(lint, a) || !a->rel_name)
		return;
	const struct pk_lint_constraint *c =
		pk_lint_constraint(lint, a->rel_schema, a->rel_name, a->name);
	bool same = c && (lint->in_tx ? c->tx == lint->tx : c->by && c->by->statement == a->statement);
	if (!same)
		return;
	PK_FREE char *table = pk_lint_table_text(lint, a);
	pk_lint_report(
		lint, a,
		pk_lint_text(
			"reads all rows of %s while the lock that adding '%s' took is still held",
			table, a->name),
		pk_lint_text(
			PK_FIX_OWN
			"ALTER TABLE %T VALIDATE CONSTRAINT %I;",
			a->rel_schema, a->rel_name, a->name));
}

static void report_not_null(struct pk_lint *lint, const struct pk_action *a, const char *column,
			    bool key)
{
	PK_FREE char *table = pk_lint_table_text(lint, a);

	pk_lint_report(
		lint, a,
		pk_lint_text(
			"ACCESS EXCLUSIVE lock on %s while all rows are read for NULLs in '%s'%s",
			table, column, key ? ", since a primary key makes it NOT NULL" : ""),
		not_null_fix(a, column));
}

static void not_null_scan(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->sub == PK_SET_NOT_NULL && pk_streq(a->object, "table") && a->column) {
		if (pk_lint_on_big(lint, a) && !known_not_null(lint, a, a->column))
			report_not_null(lint, a, a->column, false);
		return;
	}
	if (!adds(a, PK_CON_PRIMARY) || !a->using_index || !pk_lint_on_big(lint, a) ||
	    !pk_lint_has_catalog(lint))
		return;
	const char *const *columns = NULL;
	const struct pk_actions *index =
		pk_lint_object(lint, a->rel_schema, "index", a->using_index);
	if (index)
		columns = index->items[0].columns;
	for (const struct pk_action *b = lint->actions.items; b < a; b++)
		if (b->verb == PK_CREATE && pk_streq(b->object, "index") &&
		    pk_streq(b->name, a->using_index))
			columns = b->columns;
	for (; columns && *columns; columns++)
		if (pk_lint_column(lint, a->rel_schema, a->rel_name, *columns) &&
		    !known_not_null(lint, a, *columns))
			report_not_null(lint, a, *columns, true);
}

static void domain_validating(struct pk_lint *lint, const struct pk_action *a)
{
	if (!pk_streq(a->object, "domain") || a->verb != PK_ALTER ||
	    pk_lint_is_new(lint, "type", a->schema, a->name))
		return;
	bool checks = (a->sub == PK_ADD_CONSTRAINT && !a->not_valid) || a->sub == PK_SET_NOT_NULL ||
		      a->sub == PK_VALIDATE;
	if (!checks)
		return;
	pk_lint_report(
		lint, a,
		pk_lint_text("SHARE lock on every table with a column of %T, one after the other, "
			     "while all their rows "
			     "are checked",
			     a->schema, a->name),
		pk_lint_text("-- a CHECK on each table that uses it instead:\n"
			     "ALTER TABLE <table> ADD CONSTRAINT <name> CHECK (...) NOT VALID;\n"
			     "-- in a migration of its own:\nALTER TABLE <table> VALIDATE "
			     "CONSTRAINT <name>;"));
}

static const struct pk_rule rules[] = {
	{ "unique-blocking", PK_LEVEL_ERROR,
	  "UNIQUE on an existing table that builds its index on the spot",
	  "nobody can read or write the table until the index is built", unique_blocking, PK_RULE_WORK },
	{ "pk-blocking", PK_LEVEL_ERROR,
	  "PRIMARY KEY on an existing table that builds its index on the spot",
	  "nobody can read or write the table until the index is built", pk_blocking, PK_RULE_WORK },
	{ "exclusion-blocking", PK_LEVEL_ERROR, "EXCLUDE constraint on an existing table",
	  "nobody can read or write the table meanwhile, and PostgreSQL has no way to build it "
	  "beside the traffic",
	  exclusion_blocking, PK_RULE_WORK },
	{ "fk-validating", PK_LEVEL_ERROR, "FOREIGN KEY that checks the existing rows",
	  "nobody can write to either table until all rows are checked", fk_validating, PK_RULE_WORK },
	{ "check-validating", PK_LEVEL_ERROR, "CHECK that checks the existing rows",
	  "nobody can read or write the table until all rows are checked", check_validating, PK_RULE_WORK },
	{ "validate-same-tx", PK_LEVEL_ERROR,
	  "VALIDATE CONSTRAINT in the transaction that added it",
	  "NOT VALID gains nothing when the lock is kept during the check", validate_same_tx, PK_RULE_WORK },
	{ "not-null-scan", PK_LEVEL_ERROR, "SET NOT NULL without a CHECK that proves it",
	  "nobody can read or write the table until all rows are read", not_null_scan, PK_RULE_WORK },
	{ "domain-validating", PK_LEVEL_ERROR, "ALTER DOMAIN that checks the tables using it",
	  "nobody can write to any of these tables until all are checked", domain_validating, PK_RULE_WORK },
};
const struct pk_rules pk_rules_constraint = { rules, PK_COUNT(rules) };
