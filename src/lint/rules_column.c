/* Columns: adding and changing them. */
#include "base/strv.h"
#include "lint/rule.h"
#include "lint/usage.h"

static bool adds_column(const struct pk_action *a)
{
	return a->verb == PK_ALTER && a->sub == PK_ADD_COLUMN && a->rel_name;
}

/* DEFAULT NULL says what holds anyway. */
static bool is_null(const char *expr)
{
	return expr && strncasecmp(expr, "null", 4) == 0 && (!expr[4] || expr[4] == ':');
}

/* Rows that say nothing of it get a value all the same. */
static bool fills_itself(const struct pk_action *a)
{
	return (a->has_default && !is_null(a->def)) || a->identity || a->serial || a->generated;
}

static char *rewrite_fact(struct pk_lint *lint, const struct pk_action *a, const char *because)
{
	PK_FREE char *table = pk_lint_table_text(lint, a);

	return pk_lint_text(
		"ACCESS EXCLUSIVE lock on %s while all its rows and indexes are written anew%s",
		table, because);
}

/* Column without a value, default for new rows, old rows in pieces. */
static char *backfill_fix(const struct pk_action *a, const char *type, const char *def)
{
	return pk_lint_text("ALTER TABLE %T ADD COLUMN %I %S;\n"
			    "ALTER TABLE %T ALTER COLUMN %I SET DEFAULT %S;\n"
			    "-- then the old rows in batches, each its own transaction:\n"
			    "UPDATE %T SET %I = %S WHERE %I IS NULL AND <key> BETWEEN ... AND ...;",
			    a->rel_schema, a->rel_name, a->column, type, a->rel_schema, a->rel_name,
			    a->column, def, a->rel_schema, a->rel_name, a->column, def, a->column);
}

/* What the migration or the catalog says of a function: 1 not volatile, 0 volatile, -1 unknown. */
static int function_is_stable(struct pk_lint *lint, const char *name, const char *schema)
{
	for (size_t i = 0; i < lint->actions.n; i++) {
		const struct pk_action *b = &lint->actions.items[i];
		if (b->verb == PK_CREATE && pk_streq(b->object, "function") &&
		    pk_streq(b->name, name))
			return b->def && strcmp(b->def, "volatile") != 0;
	}
	PK_FREE char *bare = pk_printf("%s()", name);
	const struct pk_actions *actions = pk_lint_object(lint, schema, "function", name);
	if (!actions)
		actions = pk_lint_object(lint, schema, "function", bare);
	if (!actions)
		return -1;
	return actions->items[0].def && strcmp(actions->items[0].def, "volatile") != 0;
}

static enum pk_volatility volatility(struct pk_lint *lint, const char *def)
{
	enum pk_volatility volatility = pk_sql_expr_volatility(def);
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	if (volatility != PK_VOL_UNKNOWN)
		return volatility;
	pk_sql_expr_functions(def, &names);
	bool unknown = names.n == 0;
	for (size_t i = 0; i < names.n; i++) {
		int stable = function_is_stable(lint, names.items[i], NULL);
		if (stable == 0)
			return PK_VOL_VOLATILE;
		unknown = unknown || stable < 0;
	}
	return unknown ? PK_VOL_UNKNOWN : PK_VOL_STABLE;
}

/* Splits "schema.name" as types are written; names with dots of their own are not known. */
static const struct pk_actions *domain_of(struct pk_lint *lint, const char *type)
{
	const char *dot = strchr(type, '.');
	PK_FREE char *schema = dot ? pk_strndup(type, (size_t)(dot - type)) : NULL;
	const char *name = dot ? dot + 1 : type;
	const struct pk_actions *domain = pk_lint_object(lint, schema, "domain", name);

	return domain ? domain : pk_lint_object(lint, schema, "type", name);
}

/* CREATE DOMAIN of the column's type, in the text before or in the catalog; NULL: it is none. */
static const struct pk_action *domain_made(struct pk_lint *lint, const struct pk_action *a)
{
	const char *key = !a->type ? "" : strchr(a->type, '.') ? a->type : pk_lint_key(lint, NULL, a->type);
	const struct pk_actions *domain;

	for (const struct pk_action *b = lint->actions.items; b < a; b++)
		if (b->verb == PK_CREATE && pk_streq(b->object, "domain") &&
		    strcmp(pk_lint_key(lint, b->schema, b->name), key) == 0)
			return b;
	domain = a->type ? domain_of(lint, a->type) : NULL;
	return domain && pk_streq(domain->items[0].object, "domain") ? &domain->items[0] : NULL;
}

/* What a row gets that says nothing of the column: its own default, or else its domain's. */
static const char *default_of(struct pk_lint *lint, const struct pk_action *a)
{
	const struct pk_action *domain = a->has_default ? NULL : domain_made(lint, a);

	return a->has_default ? a->def : domain && domain->has_default && !domain->constraint ? domain->def : NULL;
}

static void volatile_default_rewrite(struct pk_lint *lint, const struct pk_action *a)
{
	const char *def;

	if (!adds_column(a) || a->generated || !pk_lint_on_big(lint, a))
		return;
	def = default_of(lint, a);
	if (!def || pk_sql_expr_has_subquery(def))
		return; /* a subquery fails, see runtime-error */
	enum pk_volatility v = volatility(lint, def);
	if (v == PK_VOL_VOLATILE)
		pk_lint_report(lint, a, rewrite_fact(lint, a, ", each with its own value"),
			       backfill_fix(a, a->type, def));
	else if (v == PK_VOL_UNKNOWN)
		pk_lint_report_as(lint, PK_LEVEL_WARNING, a,
				  pk_lint_text("rewrites the table if %S is volatile, which is not known here", def),
				  backfill_fix(a, a->type, def));
}

static void generated_stored_rewrite(struct pk_lint *lint, const struct pk_action *a)
{
	if (adds_column(a) && a->generated && pk_lint_on_big(lint, a))
		pk_lint_report(lint, a, rewrite_fact(lint, a, " to hold the generated values"),
			       pk_lint_text("ALTER TABLE %T ADD COLUMN %I %S;\n"
					    "-- a trigger BEFORE INSERT OR UPDATE that sets %I := "
					    "%S; then the old rows in batches:\n"
					    "UPDATE %T SET %I = %S WHERE %I IS NULL AND <key> "
					    "BETWEEN ... AND ...;",
					    a->rel_schema, a->rel_name, a->column, a->type,
					    a->column, a->def, a->rel_schema, a->rel_name,
					    a->column, a->def, a->column));
}

static const char *plain_type(const char *serial)
{
	return strstr(serial, "big") ? "bigint" : strstr(serial, "small") ? "smallint" : "integer";
}

static void serial_rewrite(struct pk_lint *lint, const struct pk_action *a)
{
	if (!adds_column(a) || !(a->serial || a->identity) || !pk_lint_on_big(lint, a))
		return;
	const char *type = a->serial && a->type ? plain_type(a->type) : a->type;
	PK_FREE char *sequence = pk_printf("%s_%s_seq", a->rel_name, a->column);
	PK_FREE char *create = pk_lint_text("CREATE SEQUENCE %T;\n", a->rel_schema, sequence);
	PK_FREE char *qualified = pk_lint_text("%T", a->rel_schema, sequence);
	PK_FREE char *next = pk_printf("nextval('%s')", qualified);
	PK_FREE char *rest = backfill_fix(a, type, next);
	pk_lint_report(lint, a, rewrite_fact(lint, a, " to number them"),
		       pk_lint_text("%S%S", create, rest));
}

static bool is_constrained_domain(const struct pk_action *a)
{
	return a->verb == PK_CREATE && pk_streq(a->object, "domain") &&
	       (a->constraint == PK_CON_CHECK || a->not_null);
}

static void constrained_domain_rewrite(struct pk_lint *lint, const struct pk_action *a)
{
	bool constrained = false;

	if (!adds_column(a) || !a->type || !pk_lint_on_big(lint, a))
		return;
	for (const struct pk_action *b = lint->actions.items; b < a; b++)
		if (is_constrained_domain(b) &&
		    pk_streq(pk_lint_key(lint, b->schema, b->name),
			     strchr(a->type, '.') ? a->type : pk_lint_key(lint, NULL, a->type)))
			constrained = true;
	const struct pk_actions *domain = domain_of(lint, a->type);
	for (size_t i = 0; domain && i < domain->n; i++)
		constrained = constrained || is_constrained_domain(&domain->items[i]) ||
			      (pk_streq(domain->items[i].object, "domain") &&
			       domain->items[i].sub == PK_ADD_CONSTRAINT);
	if (constrained)
		pk_lint_report(
			lint, a, rewrite_fact(lint, a, " to check the domain's constraint"),
			pk_lint_text("-- the domain's base type, and its constraint on the table:\n"
				     "ALTER TABLE %T ADD COLUMN %I <base type>;\n"
				     "ALTER TABLE %T ADD CONSTRAINT %I CHECK (...) NOT VALID;",
				     a->rel_schema, a->rel_name, a->column, a->rel_schema,
				     a->rel_name, a->column));
}

static bool is_utc(const char *zone)
{
	return zone && (strcasecmp(zone, "utc") == 0 || strcasecmp(zone, "etc/utc") == 0 ||
			strcmp(zone, "0") == 0);
}

/* The column as the text so far leaves it, or else as the catalog has it. */
static const struct pk_action *column_now(struct pk_lint *lint, const struct pk_action *a)
{
	struct pk_lint_name name = { a->rel_schema, a->rel_name, a->column };

	for (const struct pk_action *b = a; b-- > lint->actions.items;) {
		bool says = (b->sub == PK_ALTER_TYPE || b->sub == PK_ADD_COLUMN) && pk_streq(b->column, name.column);

		if (!pk_lint_unrename(lint, b, &name) && says && b->rel_name &&
		    strcmp(pk_lint_key(lint, b->rel_schema, b->rel_name), pk_lint_key(lint, name.schema, name.table)) == 0)
			return b;
	}
	return pk_lint_column(lint, name.schema, name.table, name.column);
}

#define DOMAINS_DEEP 8

/* What a domain of the catalog is made of, itself where it is none; *ret_checked: values have to pass something. */
static const char *base_of(struct pk_lint *lint, const char *type, bool *ret_checked)
{
	for (int depth = 0; depth < DOMAINS_DEEP; depth++) {
		const struct pk_actions *domain = domain_of(lint, type);

		if (!domain || !pk_streq(domain->items[0].object, "domain") || !domain->items[0].type)
			return type;
		for (size_t i = 0; i < domain->n; i++)
			*ret_checked = *ret_checked || is_constrained_domain(&domain->items[i]) ||
				       domain->items[i].sub == PK_ADD_CONSTRAINT;
		type = domain->items[0].type;
	}
	return type;
}

struct retyped {
	const struct pk_action *column; /* as it was; NULL: not known */
	bool reindex;			/* the rows stay, and are sorted in another way */
	bool narrows;			/* some values may no longer fit */
};

/* What the change of type at hand does. */
static enum pk_retype retype(struct pk_lint *lint, const struct pk_action *a, struct retyped *ret)
{
	const struct pk_action *column = column_now(lint, a);
	bool was_checked = false, checked = false;

	*ret = (struct retyped){ .column = column };
	if (!column || !column->type || !a->type)
		return PK_RETYPE_UNKNOWN;
	struct pk_retype_facts facts;
	const char *from = base_of(lint, column->type, &was_checked), *to = base_of(lint, a->type, &checked);
	pk_sql_retype(from, to, is_utc(lint->timezone), &facts);
	ret->narrows = facts.narrows;
	ret->reindex = facts.reindex;
	if (checked && !pk_streq(column->type, a->type))
		return PK_RETYPE_REWRITE;
	if (facts.rows == PK_RETYPE_NONE && a->def &&
	    !pk_sql_is_plain_cast(a->def, a->column, a->type))
		return PK_RETYPE_REWRITE;
	return facts.rows;
}

static bool changes_type(const struct pk_action *a)
{
	return a->sub == PK_ALTER_TYPE && pk_streq(a->object, "table") && a->column;
}

static char *retype_fix(const struct pk_action *a)
{
	PK_FREE char *temporary = pk_printf("%s_new", a->column);
	PK_FREE char *value = a->def ? pk_strdup(a->def) : pk_lint_text("%I", a->column);

	return pk_lint_text(
		"ALTER TABLE %T ADD COLUMN %I %S;\n"
		"-- a trigger BEFORE INSERT OR UPDATE that sets %I; then the old rows in batches:\n"
		"UPDATE %T SET %I = %S WHERE %I IS NULL AND <key> BETWEEN ... AND ...;\n"
		"-- when the programs read %I, in a later release: drop %I and rename",
		a->rel_schema, a->rel_name, temporary, a->type, temporary, a->rel_schema,
		a->rel_name, temporary, value, temporary, temporary, a->column);
}

static void type_rewrite(struct pk_lint *lint, const struct pk_action *a)
{
	struct retyped change;

	if (!changes_type(a) || !pk_lint_on_big(lint, a) || retype(lint, a, &change) == PK_RETYPE_NONE)
		return;
	const struct pk_action *column = change.column;
	PK_FREE char *because = column && column->type
					? pk_printf(", to make %s of %s", a->type, column->type)
					: pk_strdup("");
	pk_lint_report(lint, a, rewrite_fact(lint, a, because), retype_fix(a));
}

/* Values that stay as they are may be sorted in another way all the same. */
static bool reorders(const struct retyped *change, const struct pk_action *a)
{
	const char *before = change->column->collation;

	return change->reindex || !pk_streq(before ? before : "default", a->collation ? a->collation : "default");
}

static void type_reindex(struct pk_lint *lint, const struct pk_action *a)
{
	bool known = pk_lint_knows_parts(lint);
	struct retyped change;

	if (!changes_type(a) || !pk_lint_on_big(lint, a) || retype(lint, a, &change) != PK_RETYPE_NONE)
		return;
	bool other = reorders(&change, a);
	const char *index = known ? pk_lint_rebuilt_index(lint, a, other) : NULL;
	if (known ? !index : !other)
		return;
	PK_FREE char *table = pk_lint_table_text(lint, a);
	PK_FREE char *which = index ? pk_lint_text("index '%s' is", index) : pk_lint_text("the indexes on '%s' are", a->column);
	pk_lint_report(lint, a, pk_lint_text("ACCESS EXCLUSIVE lock on %s while %S built anew", table, which), retype_fix(a));
}

static bool is_dropped_before(const struct pk_lint *lint, const struct pk_action *a, const char *constraint)
{
	for (const struct pk_action *b = lint->actions.items; b < a; b++)
		if (b->sub == PK_DROP_CONSTRAINT && constraint && pk_streq(b->name, constraint) &&
		    pk_streq(b->rel_name, a->rel_name))
			return true;
	return false;
}

static void type_recheck(struct pk_lint *lint, const struct pk_action *a)
{
	struct retyped change;

	if (!changes_type(a) || !pk_lint_on_big(lint, a) || retype(lint, a, &change) != PK_RETYPE_NONE ||
	    pk_streq(change.column->type, a->type))
		return;
	const struct pk_actions *table = pk_lint_object(lint, a->rel_schema, "table", a->rel_name);
	for (size_t i = 0; table && i < table->n; i++) {
		const struct pk_action *c = &table->items[i];
		if (c->constraint != PK_CON_CHECK || !c->def || !pk_lint_mentions(c->def, a->column) || is_dropped_before(lint, a, c->name))
			continue;
		PK_FREE char *shown = pk_lint_table_text(lint, a);
		pk_lint_report(
			lint, a,
			pk_lint_text("ACCESS EXCLUSIVE lock on %s while every row is checked "
				     "against '%s' again",
				     shown, c->name ? c->name : "its CHECK"),
			pk_lint_text("-- drop the CHECK before, and after it:\n"
				     "ALTER TABLE %T ADD CONSTRAINT %I CHECK (%S) NOT VALID;\n"
				     "-- in a migration of its own:\nALTER TABLE %T VALIDATE "
				     "CONSTRAINT %I;",
				     a->rel_schema, a->rel_name, c->name ? c->name : a->column,
				     c->def, a->rel_schema, a->rel_name,
				     c->name ? c->name : a->column));
		return;
	}
}

static void type_narrowing(struct pk_lint *lint, const struct pk_action *a)
{
	struct retyped change;

	if (!changes_type(a) || pk_lint_table_is_new(lint, a))
		return;
	retype(lint, a, &change);
	if (change.narrows)
		pk_lint_report(lint, a,
			       pk_lint_text("values of '%s' that fit %s may not fit %s: the "
					    "statement fails, or cuts them",
					    a->column, change.column->type, a->type),
			       NULL);
}

/* Rows that do not name the column get nothing into it, as far as the text so far and the catalog tell. */
static bool lacks_default(struct pk_lint *lint, const struct pk_action *a)
{
	const struct pk_action *column = pk_lint_column(lint, a->rel_schema, a->rel_name, a->column);
	bool known = column != NULL, lacks = column && !fills_itself(column);
	const char *key = pk_lint_key(lint, a->rel_schema, a->rel_name);

	for (const struct pk_action *b = lint->actions.items; b < a; b++) {
		if (!pk_streq(b->column, a->column) || !b->rel_name ||
		    strcmp(pk_lint_key(lint, b->rel_schema, b->rel_name), key) != 0)
			continue;
		if (b->sub == PK_ADD_COLUMN)
			lacks = !fills_itself(b);
		else if (b->sub == PK_SET_DEFAULT || b->sub == PK_DROP_DEFAULT || b->sub == PK_ADD_IDENTITY)
			lacks = b->sub == PK_DROP_DEFAULT;
		else
			continue;
		known = true;
	}
	return known && lacks;
}

/* The way that blocks nobody ends here as well; without anybody who still inserts rows as before it does no harm. */
static void required_at_last(struct pk_lint *lint, const struct pk_action *a)
{
	const struct pk_usage *usage;

	if (a->sub != PK_SET_NOT_NULL || !a->rel_name || pk_lint_table_is_new(lint, a) || !lacks_default(lint, a))
		return;
	usage = pk_lint_usage(lint, a);
	if (usage && usage->counted)
		pk_lint_report(lint, a,
			       pk_lint_text("programs that insert into %T without '%s' fail", a->rel_schema, a->rel_name, a->column),
			       NULL);
}

static void required_column(struct pk_lint *lint, const struct pk_action *a)
{
	required_at_last(lint, a);
	if (!adds_column(a) || !a->not_null || fills_itself(a) || pk_lint_table_is_new(lint, a))
		return;
	PK_FREE char *table = pk_lint_table_text(lint, a);
	pk_lint_report(lint, a,
		       pk_lint_text("fails if %s has rows, and programs that do not know '%s' yet "
				    "can no longer insert",
				    table, a->column),
		       pk_lint_text("ALTER TABLE %T ADD COLUMN %I %S NOT NULL DEFAULT <value>;\n"
				    "-- or nullable now, and NOT NULL once all programs write it:\n"
				    "ALTER TABLE %T ADD COLUMN %I %S;",
				    a->rel_schema, a->rel_name, a->column, a->type, a->rel_schema,
				    a->rel_name, a->column, a->type));
}

static void drop_default(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->sub != PK_DROP_DEFAULT || !a->column || pk_lint_table_is_new(lint, a))
		return;
	const struct pk_action *column =
		pk_lint_column(lint, a->rel_schema, a->rel_name, a->column);
	if (column && column->not_null && column->has_default)
		pk_lint_report(
			lint, a,
			pk_lint_text(
				"'%s' is NOT NULL: programs that leave it out can no longer insert",
				a->column),
			NULL);
}

static void drop_not_null(struct pk_lint *lint, const struct pk_action *a)
{
	if (a->sub != PK_DROP_NOT_NULL || !a->column || !pk_streq(a->object, "table") ||
	    pk_lint_table_is_new(lint, a))
		return;
	const struct pk_action *column =
		pk_lint_column(lint, a->rel_schema, a->rel_name, a->column);
	if (!column || column->not_null)
		pk_lint_report(lint, a,
			       pk_lint_text("programs that read '%s' may meet NULL now", a->column),
			       NULL);
}

static const struct pk_rule rules[] = {
	{ "volatile-default-rewrite", PK_LEVEL_ERROR,
	  "ADD COLUMN with a default that differs from row to row",
	  "nobody can read or write the table until it is rewritten", volatile_default_rewrite, PK_RULE_REWRITE },
	{ "generated-stored-rewrite", PK_LEVEL_ERROR,
	  "ADD COLUMN ... GENERATED ... STORED on an existing table",
	  "nobody can read or write the table until it is rewritten", generated_stored_rewrite, PK_RULE_REWRITE },
	{ "serial-rewrite", PK_LEVEL_ERROR, "ADD COLUMN serial or identity on an existing table",
	  "nobody can read or write the table until it is rewritten", serial_rewrite, PK_RULE_REWRITE },
	{ "constrained-domain-rewrite", PK_LEVEL_ERROR,
	  "ADD COLUMN of a domain that has a constraint",
	  "nobody can read or write the table until it is rewritten", constrained_domain_rewrite, PK_RULE_REWRITE },
	{ "type-rewrite", PK_LEVEL_ERROR, "change of a column's type that rewrites the table",
	  "nobody can read or write the table until it is rewritten", type_rewrite, PK_RULE_REWRITE },
	{ "type-reindex", PK_LEVEL_ERROR,
	  "change of a column's collation that builds its indexes anew",
	  "nobody can read or write the table until they are built", type_reindex, PK_RULE_WORK },
	{ "type-recheck", PK_LEVEL_ERROR, "change of a column's type that checks all rows again",
	  "nobody can read or write the table until all rows are checked", type_recheck, PK_RULE_WORK },
	{ "type-narrowing", PK_LEVEL_WARNING, "change of a column's type to one that holds less",
	  "data may be lost, or the migration fail on the rows of production", type_narrowing, PK_RULE_PLAIN },
	{ "required-column", PK_LEVEL_ERROR, "ADD COLUMN NOT NULL without a default",
	  "programs of before the migration run on beside it", required_column, PK_RULE_TAKES },
	{ "drop-default", PK_LEVEL_WARNING, "NOT NULL column that loses its default",
	  "programs of before the migration run on beside it", drop_default, PK_RULE_TAKES },
	{ "drop-not-null", PK_LEVEL_WARNING, "column that may be NULL from now on",
	  "programs of before the migration run on beside it, and do not expect it",
	  drop_not_null, PK_RULE_PLAIN },
};
const struct pk_rules pk_rules_column = { rules, PK_COUNT(rules) };
