/* What a statement of a schema file is to a database that it was run on before. */
#include "catalog/load_order.h"
#include "sql/scan.h"

static const struct {
	enum pk_verb verb;
	const char *object;
	enum pk_load_again again;
} kinds[] = {
	{ PK_CREATE, "table", PK_AGAIN_MADE },
	{ PK_CREATE, "view", PK_AGAIN_MADE },
	{ PK_CREATE, "materialized view", PK_AGAIN_MADE },
	{ PK_CREATE, "index", PK_AGAIN_MADE },
	{ PK_CREATE, "sequence", PK_AGAIN_MADE },
	{ PK_CREATE, "type", PK_AGAIN_MADE },
	{ PK_CREATE, "domain", PK_AGAIN_MADE },
	{ PK_CREATE, "function", PK_AGAIN_MADE },
	{ PK_CREATE, "procedure", PK_AGAIN_MADE },
	{ PK_CREATE, "trigger", PK_AGAIN_PART },
	{ PK_CREATE, "policy", PK_AGAIN_PART },
	{ PK_CREATE, "rule", PK_AGAIN_PART },
	{ PK_CREATE, "statistics", PK_AGAIN_CHANGE }, /* its name is not known: made again with its table */
	{ PK_ALTER, "table", PK_AGAIN_CHANGE },
	{ PK_ALTER, "column", PK_AGAIN_CHANGE },
	{ PK_ALTER, "constraint", PK_AGAIN_CHANGE },
	{ PK_ALTER, "view", PK_AGAIN_CHANGE },
	{ PK_ALTER, "materialized view", PK_AGAIN_CHANGE },
	{ PK_ALTER, "index", PK_AGAIN_CHANGE },
	{ PK_ALTER, "sequence", PK_AGAIN_CHANGE },
	{ PK_ALTER, "type", PK_AGAIN_CHANGE },
	{ PK_ALTER, "enum value", PK_AGAIN_CHANGE },
	{ PK_ALTER, "domain", PK_AGAIN_CHANGE },
	{ PK_ALTER, "function", PK_AGAIN_CHANGE },
	{ PK_ALTER, "policy", PK_AGAIN_CHANGE },
	{ PK_OWNER, NULL, PK_AGAIN_CHANGE },
	{ PK_GRANT, "default privileges", PK_AGAIN_OPAQUE },
	{ PK_GRANT, NULL, PK_AGAIN_CHANGE },
	{ PK_REVOKE, "default privileges", PK_AGAIN_OPAQUE },
	{ PK_REVOKE, NULL, PK_AGAIN_CHANGE },
	{ PK_COMMENT, NULL, PK_AGAIN_SAID },
	{ PK_CREATE, "event trigger", PK_AGAIN_OPAQUE },
	{ PK_CREATE, NULL, PK_AGAIN_NOT },
	{ PK_ALTER, "event trigger", PK_AGAIN_OPAQUE },
	{ PK_ALTER, NULL, PK_AGAIN_NOT },
};

/* Does one of the words stand in it, or, where it has to be behind another, right behind that? */
static bool has_word(const char *text, const char *behind, const char *const *words)
{
	struct pk_scan scan;
	struct pk_token token;
	bool there = !behind;

	pk_scan_start(&scan, text, strlen(text));
	while (pk_scan_code(&scan, &token)) {
		for (const char *const *word = words; there && *word; word++)
			if (pk_token_is(text, &token, *word))
				return true;
		there = !behind || pk_token_is(text, &token, behind);
	}
	return false;
}

enum pk_load_again pk_load_again_of(const struct pk_action *actions, size_t n, const char *text)
{
	static const char *const copies[] = { "inherits", "partition", "like", "of", NULL };
	static const char *const schema[] = { "schema", NULL };
	bool gives = actions->verb == PK_GRANT || actions->verb == PK_REVOKE;
	enum pk_load_again again = PK_AGAIN_OPAQUE;

	for (size_t i = PK_COUNT(kinds); i-- > 0;)
		if (kinds[i].verb == actions->verb && (!kinds[i].object || pk_streq(kinds[i].object, actions->object)))
			again = kinds[i].again;
	/* ON ALL TABLES IN SCHEMA: means what it does not name. */
	if (actions->temporary || (gives && has_word(text, "in", schema)))
		return PK_AGAIN_OPAQUE;
	if (again == PK_AGAIN_MADE && !actions->name) /* an index whose name the server chooses */
		return PK_AGAIN_CHANGE;
	/* Without columns of its own: CREATE TABLE AS. */
	if (again == PK_AGAIN_MADE && pk_streq(actions->object, "table") && (n == 1 || has_word(text, NULL, copies)))
		return PK_AGAIN_COPY;
	if (again == PK_AGAIN_CHANGE && n == 1 && actions->constraint == PK_CON_FOREIGN && actions->rel_name &&
	    actions->ref_name)
		return PK_AGAIN_KEY;
	return again;
}
