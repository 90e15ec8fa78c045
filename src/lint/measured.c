/*
 * What the statements did where they were run: it confirms findings, takes them back, and tells what no text shows.
 */
#include "base/clock.h"
#include "base/text.h"
#include "lint/rule.h"
#include "pg/sqlstate.h"

static bool large(const struct pk_lint *lint, int64_t rows)
{
	return rows >= (lint->options->large_rows > 0 ? lint->options->large_rows : 1);
}

static bool too_long(const struct pk_lint *lint, double seconds)
{
	return lint->options->max_lock > 0 && seconds > lint->options->max_lock;
}

static bool much(const struct pk_lint *lint, const struct pk_effect *e)
{
	return large(lint, e->read) || large(lint, e->written) || too_long(lint, e->seconds);
}

static bool is_work(enum pk_rule_nature nature)
{
	return nature == PK_RULE_WORK || nature == PK_RULE_REWRITE;
}

/* Where every table counts as large, none without rows can show that reading them is nothing. */
static bool worked(const struct pk_lint *lint, const struct pk_effect *e, enum pk_rule_nature nature)
{
	return much(lint, e) || e->rewrote_table || (nature == PK_RULE_WORK && lint->options->large_rows == 0);
}

static void add_rows(struct pk_buf *buf, int64_t rows, const char *what)
{
	PK_FREE char *count = rows > 0 ? pk_count((uint64_t)rows) : NULL;

	if (count)
		pk_buf_addf(buf, "%s%s row%s %s", buf->len ? ", " : "", count, rows == 1 ? "" : "s", what);
}

/* "ACCESS EXCLUSIVE on public.orders for 41 ms, 12,400,000 rows read" */
static char *measured_fact(const struct pk_effect *e)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	PK_FREE char *seconds = pk_duration(e->lock ? e->held_seconds : e->seconds);
	const char *mode = e->lock ? e->lock : e->kept, *on = e->lock ? e->on : e->kept_on;

	if (mode)
		pk_buf_addf(&buf, "%s on %s for %s", mode, on, seconds);
	add_rows(&buf, e->read, "read");
	add_rows(&buf, e->written, "changed");
	if (e->rewritten)
		pk_buf_addf(&buf, "%s%s written anew", buf.len ? ", " : "", e->rewritten);
	return pk_buf_take(&buf);
}

/* The same, and the lock of before that it worked under. */
static char *held_fact(const struct pk_effect *e)
{
	PK_FREE char *fact = measured_fact(e);

	return e->kept ? pk_printf("%s, while %s on %s is held from before", fact, e->kept, e->kept_on) : pk_take(&fact);
}

/* The findings of a statement, against what it did. */
static void overrule(struct pk_lint *lint, const struct pk_effect *effects, size_t first)
{
	struct pk_findings *out = lint->out;
	size_t kept = first;

	for (size_t i = first; i < out->n; i++) {
		struct pk_finding *f = &out->items[i];
		const struct pk_effect *e = f->index < lint->statements.n ? &effects[f->index] : NULL;
		enum pk_rule_nature nature = pk_rule_find(f->rule)->nature;
		bool whole = e && e->ran && !*e->sqlstate;

		if (whole && nature == PK_RULE_FAILS)
			continue;
		if (whole && e->measured && is_work(nature)) {
			if (!worked(lint, e, nature))
				continue;
			PK_FREE char *fact = pk_streq(f->rule, "lock-held-work") ? held_fact(e) : measured_fact(e);
			f->fact = pk_arena_strdup(&out->arena, fact);
			f->measured = true;
		}
		out->items[kept++] = *f;
	}
	out->n = kept;
}

static struct pk_finding *found(const struct pk_lint *lint, size_t first, size_t index, const char *rule)
{
	for (size_t i = first; i < lint->out->n; i++)
		if (lint->out->items[i].index == index && pk_streq(lint->out->items[i].rule, rule))
			return &lint->out->items[i];
	return NULL;
}

static bool found_work(const struct pk_lint *lint, size_t first, size_t index)
{
	for (size_t i = first; i < lint->out->n; i++)
		if (lint->out->items[i].index == index &&
		    is_work(pk_rule_find(lint->out->items[i].rule)->nature))
			return true;
	return false;
}

/* At a statement; where it is turned off, nothing comes of it. Takes fact and fix. */
static void tell(struct pk_lint *lint, const char *rule, const struct pk_action *a, char *fact, char *fix)
{
	size_t n = lint->out->n;

	lint->rule = pk_rule_find(rule);
	pk_lint_report(lint, a, fact, fix);
	if (lint->out->n > n)
		lint->out->items[n].measured = true;
}

/* What an error of the server comes to. */
static const char *error_rule(const struct pk_effect *e)
{
	static const struct {
		const char *state, *rule;
	} states[] = {
		{ PK_SQLSTATE_ACTIVE_SQL_TRANSACTION, "concurrently-in-tx" },
		{ PK_SQLSTATE_UNSAFE_NEW_ENUM_VALUE_USAGE, "enum-value-in-tx" },
		{ PK_SQLSTATE_INVALID_PARAMETER_VALUE, "runtime-error" },
		{ PK_SQLSTATE_DATA_EXCEPTION, "runtime-error" },
		{ "22", "data-conflict" },
		{ "23", "data-conflict" },
		{ PK_SQLSTATE_LOCK_NOT_AVAILABLE, "not-analysed" },
		{ "57", "not-analysed" },
		{ "53", "not-analysed" },
		{ "40", "not-analysed" },
	};

	for (size_t i = 0; i < PK_COUNT(states); i++)
		if (pk_starts_with(e->sqlstate, states[i].state))
			return states[i].rule;
	return "runtime-error";
}

static void tell_error(struct pk_lint *lint, const struct pk_action *a, const struct pk_effect *e, size_t first)
{
	const char *rule = error_rule(e);
	struct pk_finding *suspected = found(lint, first, a->statement, rule);
	PK_FREE char *fact = pk_printf("fails: %s (%s)", e->error, e->sqlstate);

	if (suspected) {
		suspected->fact = pk_arena_strdup(&lint->out->arena, fact);
		suspected->measured = true;
	} else {
		tell(lint, rule, a, pk_take(&fact), NULL);
	}
}

static const char *by_constraint(enum pk_constraint constraint)
{
	switch (constraint) {
	case PK_CON_PRIMARY:
		return "pk-blocking";
	case PK_CON_UNIQUE:
		return "unique-blocking";
	case PK_CON_CHECK:
		return "check-validating";
	case PK_CON_FOREIGN:
		return "fk-validating";
	case PK_CON_EXCLUDE:
		return "exclusion-blocking";
	default:
		return "not-null-scan";
	}
}

static const char *by_sub(const struct pk_action *a, const struct pk_effect *e)
{
	switch (a->sub) {
	case PK_ADD_COLUMN:
		return !e->rewrote_table ? NULL
		       : a->generated	 ? "generated-stored-rewrite"
		       : a->serial || a->identity ? "serial-rewrite"
		       : a->has_default	 ? "volatile-default-rewrite"
					 : "constrained-domain-rewrite";
	case PK_ALTER_TYPE:
		return e->rewrote_table		   ? "type-rewrite"
		       : e->rewritten || e->built ? "type-reindex"
						  : "type-recheck";
	case PK_SET_NOT_NULL:
		return "not-null-scan";
	case PK_ADD_CONSTRAINT:
		return a->using_index ? "not-null-scan" : by_constraint(a->constraint);
	case PK_ATTACH:
		return "partition-attach-scan";
	case PK_SET_LOGGED:
	case PK_SET_UNLOGGED:
	case PK_SET_TABLESPACE:
	case PK_SET_ACCESS_METHOD:
		return "maintenance-rewrite";
	default:
		return NULL;
	}
}

/* The rule that work under a strong lock falls under, by the first action that has one; NULL: none has. */
static const char *work_rule(const struct pk_lint *lint, size_t statement, const struct pk_effect *e)
{
	for (size_t i = 0; i < lint->actions.n; i++) {
		const struct pk_action *a = &lint->actions.items[i];
		const char *rule = NULL;

		if (a->statement != statement)
			continue;
		if (a->verb == PK_ALTER && pk_streq(a->object, "domain"))
			return "domain-validating";
		if (a->verb == PK_ALTER)
			rule = by_sub(a, e);
		else if (a->verb == PK_CREATE && pk_streq(a->object, "index"))
			rule = "index-blocking";
		else if (a->verb == PK_CREATE && a->partition_of)
			rule = "partition-attach-scan";
		else if (a->verb == PK_REINDEX)
			rule = "reindex-blocking";
		else if (a->verb == PK_CLUSTER)
			rule = "maintenance-rewrite";
		if (rule)
			return rule;
	}
	return NULL;
}

/* Rules that have their own say on rows read and written under a lock of before. */
static bool held_is_told(const struct pk_lint *lint, size_t first, size_t index)
{
	return found(lint, first, index, "lock-held-work") || found(lint, first, index, "validate-same-tx");
}

static void tell_work(struct pk_lint *lint, const struct pk_action *a, const struct pk_effect *e, size_t first)
{
	bool deletes = a->verb == PK_TRUNCATE || a->verb == PK_DROP, locks = pk_lint_lock_is_strong(e->lock);

	if (!e->measured || !much(lint, e) || deletes)
		return;
	if (large(lint, e->written) && !e->rewrote_table && !found(lint, first, a->statement, "bulk-dml"))
		tell(lint, "bulk-dml", a, measured_fact(e), NULL);
	/* the table may be locked from before as strongly as the statement needs it */
	if ((locks || pk_lint_lock_is_strong(e->kept)) && a->verb != PK_REFRESH && !found_work(lint, first, a->statement)) {
		const char *rule = work_rule(lint, a->statement, e);

		if (rule || locks)
			tell(lint, rule ? rule : "blocking-work", a, measured_fact(e), NULL);
	}
	if (pk_lint_lock_is_strong(e->kept) && !held_is_told(lint, first, a->statement))
		tell(lint, "lock-held-work", a, held_fact(e),
		     pk_lint_text("-- in a migration of its own:\n%S;", lint->statements.items[a->statement].text));
}

static void tell_lost(struct pk_lint *lint, const struct pk_action *a, const struct pk_effect *e, size_t first)
{
	if (e->lost && !found(lint, first, a->statement, "drop-view"))
		tell(lint, "drop-view", a, pk_printf("CASCADE drops %s, which programs may read", e->lost), NULL);
}

void pk_lint_measured(struct pk_lint *lint, const struct pk_effect *effects, size_t first)
{
	overrule(lint, effects, first);
	for (size_t i = 0; i < lint->actions.n; i++) {
		const struct pk_action *a = &lint->actions.items[i];
		const struct pk_effect *e = &effects[a->statement];

		if ((i > 0 && a[-1].statement == a->statement) || !e->ran)
			continue;
		if (*e->sqlstate)
			tell_error(lint, a, e, first);
		else
			tell_work(lint, a, e, first);
		tell_lost(lint, a, e, first);
	}
}

static const struct pk_rule rules[] = {
	{ "data-conflict", PK_LEVEL_ERROR, "statement that fails on the rows that are there", "the migration stops there", NULL,
	  PK_RULE_FAILS },
	{ "blocking-work", PK_LEVEL_ERROR, "statement that was seen to work on many rows under a strong lock",
	  "everybody who needs the table waits until it is done", NULL, PK_RULE_WORK },
};
const struct pk_rules pk_rules_measured = { rules, PK_COUNT(rules) };
