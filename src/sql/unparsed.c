/* What a statement is by its first words, where the grammar refuses it: most are of a newer PostgreSQL. */
#include "sql/scan.h"
#include "sql/tree.h"

struct words {
	const char *text;
	struct pk_token items[24];
	size_t n, at;
};

static bool is(const struct words *w, size_t i, const char *word)
{
	return i < w->n && pk_token_is(w->text, &w->items[i], word);
}

/* "text search configuration", word by word. Moves past them. */
static bool take(struct words *w, const char *phrase)
{
	size_t i = w->at;

	for (const char *p = phrase; *p; i++) {
		char word[32];
		size_t len = strcspn(p, " ");

		snprintf(word, sizeof(word), "%.*s", (int)len, p);
		if (!is(w, i, word))
			return false;
		p += len + (p[len] == ' ');
	}
	w->at = i;
	return true;
}

static bool take_any(struct words *w, const char *const *phrases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (take(w, phrases[i]))
			return true;
	return false;
}

static const char *take_name(struct words *w, struct pk_arena *arena)
{
	PK_FREE char *name = w->at < w->n ? pk_token_name(w->text, &w->items[w->at]) : NULL;

	if (!name)
		return NULL;
	w->at++;
	return pk_arena_strdup(arena, name);
}

static void take_object(struct pk_facts *facts, struct pk_action *action, struct words *w)
{
	static const char *const before[] = { "or replace", "global",	 "local",  "temporary",
					      "temp",	    "unlogged",	 "unique", "constraint",
					      "recursive",  "procedural" };
	static const char *const objects[] = {
		"materialized view", "view", "foreign table", "table", "index", "sequence", "function",
		"procedure", "routine", "aggregate", "event trigger", "trigger", "type", "domain",
		"collation", "schema", "extension", "policy", "rule", "statistics", "publication",
		"subscription", "server", "operator class", "operator family", "operator", "cast",
		"database", "tablespace", "role", "user", "group", "system", "default privileges",
	};
	static const char *const behind[] = { "concurrently", "if not exists", "if exists", "only" };

	while (take_any(w, before, PK_COUNT(before)))
		;
	for (size_t i = 0; i < PK_COUNT(objects) && !action->object; i++)
		if (take(w, objects[i]))
			action->object = objects[i];
	if (pk_streq(action->object, "user") || pk_streq(action->object, "group"))
		action->object = "role";
	if (pk_streq(action->object, "system") || pk_streq(action->object, "default privileges"))
		return;
	action->if_exists = take(w, "if exists");
	while (take_any(w, behind, PK_COUNT(behind)))
		;
	action->name = take_name(w, facts->arena);
	if (action->name && w->at < w->n && pk_token_char(w->text, &w->items[w->at], '.')) {
		w->at++;
		action->schema = action->name;
		action->name = take_name(w, facts->arena);
	}
}

/* The first of these words outside brackets: a CTE says what it is for behind its own queries. */
static enum pk_verb main_verb(const char *text)
{
	static const struct {
		const char *word;
		enum pk_verb verb;
	} verbs[] = { { "insert", PK_INSERT }, { "update", PK_UPDATE }, { "delete", PK_DELETE },
		      { "merge", PK_MERGE },   { "select", PK_SELECT } };
	struct pk_scan scan;
	struct pk_token token;
	int depth = 0;

	pk_scan_start(&scan, text, strlen(text));
	while (pk_scan_code(&scan, &token)) {
		depth += pk_token_char(text, &token, '(') - pk_token_char(text, &token, ')');
		for (size_t i = 0; depth == 0 && i < PK_COUNT(verbs); i++)
			if (pk_token_is(text, &token, verbs[i].word))
				return verbs[i].verb;
	}
	return PK_OTHER;
}

/* Which constraint an ALTER TABLE adds: what comes late when schema files are loaded counts most. */
static enum pk_constraint constraint_of(const char *text)
{
	if (pk_scan_has_word(text, "references"))
		return PK_CON_FOREIGN;
	return pk_scan_has_word(text, "primary") || pk_scan_has_word(text, "unique") || pk_scan_has_word(text, "exclude") ?
		       PK_CON_UNIQUE : PK_CON_NONE;
}

void pk_facts_unparsed(struct pk_facts *facts, const char *text, const char *error)
{
	static const struct {
		const char *word;
		enum pk_verb verb;
	} verbs[] = {
		{ "create", PK_CREATE },   { "alter", PK_ALTER },	{ "drop", PK_DROP },
		{ "comment", PK_COMMENT }, { "grant", PK_GRANT },	{ "revoke", PK_REVOKE },
		{ "insert", PK_INSERT },   { "update", PK_UPDATE },	{ "delete", PK_DELETE },
		{ "merge", PK_MERGE },	   { "truncate", PK_TRUNCATE }, { "copy", PK_COPY },
		{ "select", PK_SELECT },   { "vacuum", PK_VACUUM },	{ "cluster", PK_CLUSTER },
		{ "reindex", PK_REINDEX }, { "refresh", PK_REFRESH },	{ "begin", PK_BEGIN },
		{ "start", PK_BEGIN },	   { "commit", PK_COMMIT },	{ "rollback", PK_ROLLBACK },
	};
	struct pk_action *action = pk_facts_add(facts, PK_UNPARSED, NULL);
	struct words w = { .text = text };
	struct pk_scan scan;

	action->said = PK_OTHER;
	action->def = pk_arena_strdup(facts->arena, error);
	pk_scan_start(&scan, text, strlen(text));
	while (w.n < PK_COUNT(w.items) && pk_scan_code(&scan, &w.items[w.n]))
		w.n++;
	for (size_t i = 0; i < PK_COUNT(verbs) && !w.at; i++)
		if (take(&w, verbs[i].word))
			action->said = verbs[i].verb;
	if (take(&w, "with"))
		action->said = main_verb(text);
	if (action->said == PK_CREATE || action->said == PK_ALTER || action->said == PK_DROP)
		take_object(facts, action, &w);
	if (action->said == PK_ALTER && pk_streq(action->object, "default privileges"))
		action->said = PK_GRANT;
	if ((action->said == PK_GRANT || action->said == PK_REVOKE) && !pk_scan_has_word(text, "on"))
		action->object = "role"; /* of one role to another */
	if (action->said == PK_ALTER && pk_streq(action->object, "table"))
		action->constraint = constraint_of(text);
}
