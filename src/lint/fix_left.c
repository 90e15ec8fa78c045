/* Which statements need more than their text to be rewritten, and why others are left as they are. */
#include "lint/fix_text.h"

#include "base/text.h"
#include "sql/scan.h"

/* What a plan between two schemas goes by another way for; the text may tell that way already. */
static const char *const asked[] = {
	"index-blocking",	    "drop-index-blocking", "fk-validating",	      "check-validating",
	"unique-blocking",	    "pk-blocking",	   "not-null-scan",	      "volatile-default-rewrite",
	"partition-detach-blocking", "serial-rewrite",
};

/* All that may stand in a statement whose effect on the schema is all that it does. */
static const enum pk_sub subs[] = { PK_SUB_NONE,	PK_ADD_COLUMN,	 PK_SET_NOT_NULL, PK_SET_DEFAULT,
				    PK_ADD_CONSTRAINT, PK_DETACH };

#define PATTERN "no statement does it at once: git postkit migration --pattern "

static const struct {
	const char *rule, *why;
} reasons[] = {
	{ "exclusion-blocking", "PostgreSQL builds the index of an EXCLUDE constraint under the lock alone" },
	{ "generated-stored-rewrite", "PostgreSQL computes a generated column for all rows at once; a column that a trigger "
				      "fills is another schema" },
	{ "serial-rewrite", "PostgreSQL numbers the rows of an identity column at once, and under the lock" },
	{ "volatile-default-rewrite", "the rows cannot be filled in batches here" },
	{ "constrained-domain-rewrite", "a domain with a constraint is checked in every row at once" },
	{ "type-rewrite", PATTERN "change-type" },
	{ "type-reindex", PATTERN "change-type" },
	{ "rename-column", PATTERN "rename-column" },
	{ "drop-column", PATTERN "drop-column" },
	{ "maintenance-rewrite", "no statement does that beside the traffic; pg_repack or pg_squeeze do, outside migrations" },
	{ "domain-validating", "the constraint of a domain has no way that checks the tables one by one" },
	{ "partition-attach-scan", "which CHECK says the same as the bounds is to be written by hand, and validated before" },
	{ "bulk-dml", "which rows make a batch is not known; in PL/pgSQL a loop with COMMIT does it" },
	{ "runtime-error", "it fails as it stands, so that what it is meant to lead to is not known" },
	{ "matview-refresh-blocking", "WITH NO DATA, CONCURRENTLY has nothing to put in its place" },
};

bool pk_fix_asks(const char *rule)
{
	for (size_t i = 0; i < PK_COUNT(asked); i++)
		if (strcmp(rule, asked[i]) == 0)
			return true;
	return false;
}

/* What an index is, by the catalog: "CREATE UNIQUE INDEX ..."; NULL: not known. */
static const char *index_text(const struct pk_fix_text *t, const struct pk_action *a)
{
	PK_AUTO(pk_buf) path = PK_BUF_INIT;

	if (!t->catalog || !a->name)
		return NULL;
	pk_buf_add_path_name(&path, a->schema ? a->schema : "public");
	pk_buf_add(&path, "/index/");
	pk_buf_add_path_name(&path, a->name);
	pk_buf_add(&path, ".sql");
	return t->catalog->text(t->catalog->arg, path.ptr);
}

static bool drops_unique(const struct pk_fix_text *t, const struct pk_action *a)
{
	const char *text = a->verb == PK_DROP && pk_streq(a->object, "index") ? index_text(t, a) : NULL;

	return a->sub == PK_DROP_CONSTRAINT || (text && pk_starts_with(text, "CREATE UNIQUE"));
}

static bool makes_unique(const struct pk_action *a)
{
	bool key = a->sub == PK_ADD_CONSTRAINT && !a->using_index &&
		   (a->constraint == PK_CON_PRIMARY || a->constraint == PK_CON_UNIQUE);

	return key || (a->verb == PK_CREATE && pk_streq(a->object, "index") && a->unique);
}

/*
 * One unique index that takes the place of another in one transaction: dropped and built apart, nothing would hold between
 * the two. Of constraints the table says whether they belong together.
 */
static bool swaps_unique(const struct pk_fix_text *t, size_t statement)
{
	for (size_t i = 0; t->transaction && i < t->actions.n; i++)
		for (size_t k = i + 1; k < t->actions.n; k++) {
			const struct pk_action *old = &t->actions.items[i], *new = &t->actions.items[k];
			if ((old->statement == statement || new->statement == statement) &&
			    old->statement != new->statement && makes_unique(new) &&
			    drops_unique(t, old) && (!old->rel_name || pk_streq(old->rel_name, new->rel_name)))
				return true;
		}
	return false;
}

bool pk_fix_hopeless(const struct pk_fix_text *t, size_t statement)
{
	if (swaps_unique(t, statement))
		return true;
	for (size_t i = 0; i < t->actions.n; i++)
		if (t->actions.items[i].statement == statement && t->actions.items[i].verb == PK_REFRESH &&
		    pk_scan_has_word(t->statements.items[statement].text, "no")) /* DATA: there is nothing to read then */
			return true;
	for (size_t i = 0; i < t->findings.n; i++)
		if (t->findings.items[i].index == statement && pk_streq(t->findings.items[i].rule, "maintenance-rewrite"))
			return true;
	return false;
}

static bool is_plain(const struct pk_action *a)
{
	bool known = false;

	for (size_t i = 0; i < PK_COUNT(subs); i++)
		known = known || a->sub == subs[i];
	return known && !a->nested && !a->temporary &&
	       (a->verb == PK_ALTER || a->verb == PK_REFRESH ||
		(pk_streq(a->object, "index") && (a->verb == PK_CREATE || a->verb == PK_DROP)));
}

bool pk_fix_derivable(const struct pk_fix_text *t, size_t statement)
{
	bool found = false;

	if (pk_fix_hopeless(t, statement))
		return false;
	for (size_t i = 0; i < t->actions.n; i++)
		if (t->actions.items[i].statement == statement && !is_plain(&t->actions.items[i]))
			return false;
	for (size_t i = 0; i < t->findings.n; i++) {
		const struct pk_finding *f = &t->findings.items[i];
		found = found || (f->index == statement && !f->allowed && pk_fix_asks(f->rule));
	}
	return found;
}

static const char *reason_of(const char *rule)
{
	static const char none[] = "no other way to the same schema is known";

	for (size_t i = 0; i < PK_COUNT(reasons); i++)
		if (strcmp(rule, reasons[i].rule) == 0)
			return reasons[i].why;
	return pk_fix_asks(rule) ? none : NULL;
}

void pk_fix_leave(const struct pk_fix_text *t, size_t statement, const char *why, struct pk_strv *ret)
{
	for (size_t i = 0; i < t->findings.n; i++) {
		const struct pk_finding *f = &t->findings.items[i];
		const char *known = f->index != statement || f->allowed ? NULL : reason_of(f->rule);
		if (f->index == statement && !f->allowed && swaps_unique(t, statement))
			known = "what is unique would not be between the one and the other: build the new index CONCURRENTLY under "
				"another name, then drop the old one CONCURRENTLY, then rename";
		if (why && f->index == statement && !f->allowed && (pk_fix_asks(f->rule) || pk_fix_is_mechanical(f->rule)))
			known = why;
		if (!known)
			continue;
		pk_strv_push(ret, f->rule);
		pk_strv_push(ret, f->statement);
		pk_strv_push(ret, known);
	}
}
