#include "catalog/super_kind.h"

#include "pg/conn.h"

/* The statement says what only superusers may. */
#define SAYS_SO ""

static const char not_trusted_language[] =
	"SELECT 't' FROM pg_catalog.pg_language WHERE lanname = $1 AND NOT lanpltrusted";
static const char types_of_others[] =
	"SELECT 't' FROM pg_catalog.pg_type WHERE oid IN (pg_catalog.to_regtype($1), pg_catalog.to_regtype($2)) "
	"HAVING NOT pg_catalog.bool_or(pg_catalog.pg_has_role(typowner, 'USAGE'))";

static const char publication_of_others[] =
	"SELECT 't' FROM pg_catalog.pg_publication WHERE pubname = $1 AND NOT pg_catalog.pg_has_role(pubowner, 'USAGE')";

/* Readable without its connection. */
static const char subscription_of_others[] =
	"SELECT 't' FROM pg_catalog.pg_subscription WHERE subname = $1 "
	"AND subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) "
	"AND NOT pg_catalog.pg_has_role(subowner, 'USAGE')";

static bool is_shell(const struct pk_action *action)
{
	return action->shell;
}

/* It connects to nobody, neither now nor once it is enabled: it has no slot. */
static bool is_inert(const struct pk_action *action)
{
	return action->inert;
}

static bool only_says_leakproof(const struct pk_action *action)
{
	return action->leakproof_at > 0;
}

static bool takes_nothing_along(const struct pk_action *action)
{
	return !action->cascade;
}

/* Of a range type, whoever owns that; they belong to whoever made the cluster. */
static const char made_with_a_range[] =
	"SELECT 't' FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace "
	"JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid "
	"AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.deptype = 'i' "
	"WHERE p.proname = $1 AND (n.nspname = $2 OR $2 IS NULL) AND NOT pg_catalog.pg_has_role(p.proowner, 'USAGE')";

/* The first that fits. */
static const struct pk_super_kind kinds[] = {
	{ PK_CREATE, "extension", PK_SUPER_ALWAYS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_COMMENT, "extension", PK_SUPER_ALWAYS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "access method", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_COMMENT, "access method", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_DROP, "access method", PK_SUPER_HARMLESS, NULL, takes_nothing_along, PK_SUPER_NOTHING },
	{ PK_CREATE, "operator family", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_CLASS },
	{ PK_ALTER, "operator family", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_CLASS },
	{ PK_CREATE, "operator class", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_CLASS },
	{ PK_CREATE, "type", PK_SUPER_HARMLESS, NULL, is_shell, PK_SUPER_NOTHING },
	{ PK_ALTER, "function", PK_SUPER_HARMLESS, NULL, only_says_leakproof, PK_SUPER_NOTHING },
	{ PK_DROP, "cast", PK_SUPER_HARMLESS, types_of_others, takes_nothing_along, PK_SUPER_NOTHING },
	{ PK_RENAME, "function", PK_SUPER_HARMLESS, made_with_a_range, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "function", PK_SUPER_TRUSTED, not_trusted_language, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "procedure", PK_SUPER_TRUSTED, not_trusted_language, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "aggregate", PK_SUPER_TRUSTED, SAYS_SO, NULL, PK_SUPER_NOTHING }, /* a state of type internal */
	{ PK_CREATE, "type", PK_SUPER_TRUSTED, SAYS_SO, NULL, PK_SUPER_NOTHING },
	{ PK_ALTER, "type", PK_SUPER_TRUSTED, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "cast", PK_SUPER_TRUSTED, types_of_others, NULL, PK_SUPER_NOTHING },
	{ PK_COMMENT, "cast", PK_SUPER_HARMLESS, types_of_others, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "language", PK_SUPER_TRUSTED, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "transform", PK_SUPER_TRUSTED, types_of_others, NULL, PK_SUPER_NOTHING },
	{ PK_COMMENT, "transform", PK_SUPER_HARMLESS, types_of_others, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "text search parser", PK_SUPER_TRUSTED, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "text search template", PK_SUPER_TRUSTED, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_COMMENT, "text search parser", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_COMMENT, "text search template", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_RENAME, "text search parser", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_RENAME, "text search template", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "foreign data wrapper", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_VALIDATOR },
	{ PK_DROP, "foreign data wrapper", PK_SUPER_HARMLESS, NULL, takes_nothing_along, PK_SUPER_NOTHING },
	{ PK_COMMENT, "foreign data wrapper", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_RENAME, "foreign data wrapper", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_GRANT, "foreign data wrapper", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_REVOKE, "foreign data wrapper", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "server", PK_SUPER_LENT, SAYS_SO, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "foreign table", PK_SUPER_LENT, SAYS_SO, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "user mapping", PK_SUPER_HARMLESS, SAYS_SO, NULL, PK_SUPER_VALIDATOR },
	{ PK_CREATE, "publication", PK_SUPER_HARMLESS, SAYS_SO, NULL, PK_SUPER_NOTHING },
	{ PK_ALTER, "publication", PK_SUPER_HARMLESS, publication_of_others, NULL, PK_SUPER_NOTHING },
	{ PK_DROP, "publication", PK_SUPER_HARMLESS, publication_of_others, NULL, PK_SUPER_NOTHING },
	{ PK_RENAME, "publication", PK_SUPER_HARMLESS, publication_of_others, NULL, PK_SUPER_NOTHING },
	{ PK_COMMENT, "publication", PK_SUPER_HARMLESS, publication_of_others, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "subscription", PK_SUPER_HARMLESS, NULL, is_inert, PK_SUPER_NOTHING },
	{ PK_ALTER, "subscription", PK_SUPER_HARMLESS, subscription_of_others, is_inert, PK_SUPER_NOTHING },
	{ PK_DROP, "subscription", PK_SUPER_HARMLESS, subscription_of_others, takes_nothing_along, PK_SUPER_NOTHING },
	{ PK_RENAME, "subscription", PK_SUPER_HARMLESS, subscription_of_others, NULL, PK_SUPER_NOTHING },
	{ PK_COMMENT, "subscription", PK_SUPER_HARMLESS, subscription_of_others, NULL, PK_SUPER_NOTHING },
	{ PK_CREATE, "event trigger", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_ALTER, "event trigger", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_DROP, "event trigger", PK_SUPER_HARMLESS, NULL, takes_nothing_along, PK_SUPER_NOTHING },
	{ PK_RENAME, "event trigger", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_NOTHING },
	{ PK_COMMENT, "event trigger", PK_SUPER_HARMLESS, NULL, NULL, PK_SUPER_NOTHING },
};

/* "ALTER ... OWNER TO role": has a way of its own. */
static const struct pk_super_kind gives = { PK_OWNER, NULL, PK_SUPER_HARMLESS, SAYS_SO, NULL, PK_SUPER_NOTHING };

const struct pk_super_stmt pk_super_extension = { .kind = &kinds[0] };

struct pk_super_stmt pk_super_find(const struct pk_action *action)
{
	struct pk_super_stmt stmt = { .reads_values = action->reads_values, .leakproof_at = action->leakproof_at,
				      .validator_schema = action->ref_schema, .validator = action->ref_name };

	if (pk_streq(action->object, "extension"))
		stmt.extension = action->name;
	if (action->verb == PK_OWNER && action->new_name) {
		stmt.kind = &gives;
		stmt.owner = action->new_name;
	}
	for (size_t i = 0; i < PK_COUNT(kinds) && !stmt.kind; i++)
		if (kinds[i].verb == action->verb && pk_streq(kinds[i].object, action->object) &&
		    (!kinds[i].applies || kinds[i].applies(action)))
			stmt.kind = &kinds[i];
	return stmt;
}

bool pk_super_always(const struct pk_super_stmt *stmt)
{
	return stmt->kind && stmt->kind->how == PK_SUPER_ALWAYS;
}

bool pk_super_warns(const struct pk_super_stmt *stmt)
{
	return stmt->kind && (stmt->kind->verb == PK_GRANT || stmt->kind->verb == PK_REVOKE);
}

/* As far as can be told before: the role may not. */
static int asks(struct pk_super *super, const struct pk_super_kind *kind, const struct pk_action *action, bool *ret,
		struct pk_err *err)
{
	const char *first = action->language ? action->language : action->type ? action->type : action->name;
	const char *const said[] = { first, action->def };
	const char *const named[] = { action->name, action->schema };
	const char *const *params = kind->ask == made_with_a_range ? named : said;
	PK_FREE char *answer = NULL;
	int n = kind->ask == types_of_others || kind->ask == made_with_a_range ? 2 : 1;

	*ret = action->superuser || !kind->ask;
	if (*ret || pk_streq(kind->ask, SAYS_SO))
		return 0;
	if (pk_query_value(super->user, kind->ask, n, params, &answer, err) < 0)
		return -1;
	*ret = answer != NULL;
	return 0;
}

int pk_super_needed(struct pk_super *super, const struct pk_action *action, bool *ret, struct pk_err *err)
{
	static const char powers[] = "SELECT 't' FROM pg_catalog.pg_roles WHERE rolname = current_user AND rolsuper";
	const struct pk_super_stmt stmt = pk_super_find(action);
	PK_FREE char *answer = NULL;

	*ret = false;
	if (!super->admin || !stmt.kind || pk_super_always(&stmt))
		return 0;
	if (asks(super, stmt.kind, action, ret, err) < 0)
		return -1;
	if (*ret && pk_query_value(super->user, powers, 0, NULL, &answer, err) < 0)
		return -1;
	*ret = *ret && !answer;
	return 0;
}
