#include "catalog/super.h"

#include "catalog/query.h"
#include "catalog_sql.h"

/* How much of the text's own is let into a superuser's session. */
enum how {
	ALWAYS,   /* a superuser's whoever asks; what it makes is not given away: extensions */
	HARMLESS, /* runs nothing that it names, neither now nor later as superuser */
	INERT,    /* a subscription that connects to nobody; no trust makes another one run */
	LENT,     /* the role runs it, with wrappers and servers lent to it */
};

struct pk_super_kind {
	enum pk_verb verb;
	const char *object;
	enum how how;
	const char *wrong;  /* a query, $1 the role: what it did beyond the harmless, a row each; or NULL */
	const char *barred; /* a query, $1 the OID of the validator that it names: why it may not run at all, a row each; or NULL */
	bool validate;      /* operator classes: their access method has to find nothing wrong */
};

static const struct pk_super_kind kinds[] = {
	{ PK_CREATE, "extension", ALWAYS, NULL, NULL, false },
	{ PK_COMMENT, "extension", ALWAYS, NULL, NULL, false },
	{ PK_CREATE, "access method", HARMLESS, NULL, NULL, false },
	{ PK_COMMENT, "access method", HARMLESS, NULL, NULL, false },
	{ PK_CREATE, "operator family", HARMLESS, pk_sql_super_class, NULL, true },
	{ PK_ALTER, "operator family", HARMLESS, pk_sql_super_class, NULL, true },
	{ PK_CREATE, "operator class", HARMLESS, pk_sql_super_class, NULL, true },
	{ PK_CREATE, "text search parser", HARMLESS, pk_sql_super_parser, NULL, false },
	{ PK_COMMENT, "text search parser", HARMLESS, NULL, NULL, false },
	{ PK_CREATE, "text search template", HARMLESS, pk_sql_super_parser, NULL, false },
	{ PK_COMMENT, "text search template", HARMLESS, NULL, NULL, false },
	{ PK_CREATE, "foreign data wrapper", HARMLESS, NULL, pk_sql_super_barred, false },
	{ PK_COMMENT, "foreign data wrapper", HARMLESS, NULL, NULL, false },
	{ PK_GRANT, "foreign data wrapper", HARMLESS, NULL, NULL, false },
	{ PK_REVOKE, "foreign data wrapper", HARMLESS, NULL, NULL, false },
	{ PK_CREATE, "server", LENT, NULL, NULL, false },
	{ PK_CREATE, "user mapping", HARMLESS, NULL, pk_sql_super_barred, false },
	{ PK_CREATE, "foreign table", LENT, NULL, NULL, false },
	{ PK_CREATE, "publication", HARMLESS, pk_sql_super_publication, NULL, false },
	{ PK_ALTER, "publication", HARMLESS, pk_sql_super_publication, NULL, false },
	{ PK_COMMENT, "publication", HARMLESS, NULL, NULL, false },
	{ PK_CREATE, "subscription", INERT, NULL, NULL, false },
	{ PK_COMMENT, "subscription", HARMLESS, NULL, NULL, false },
	{ PK_CREATE, "event trigger", HARMLESS, NULL, NULL, false },
	{ PK_ALTER, "event trigger", HARMLESS, NULL, NULL, false },
	{ PK_COMMENT, "event trigger", HARMLESS, NULL, NULL, false },
};

const struct pk_super_kind *pk_super_find(const struct pk_action *action)
{
	for (size_t i = 0; i < PK_COUNT(kinds); i++)
		if (kinds[i].verb == action->verb && pk_streq(kinds[i].object, action->object))
			return &kinds[i];
	return NULL;
}

bool pk_super_always(const struct pk_super_kind *kind)
{
	return kind && kind->how == ALWAYS;
}

struct pk_super_trust pk_super_trust(const struct pk_config *config, const struct pk_snapshot *like)
{
	return (struct pk_super_trust){ like, pk_config_bool_protected(config, "superuserObjects", false) };
}

/*
 * A superuser's session never runs what a file sets, which may be any expression and may change how
 * text is read: of the settings it takes the search_path alone, as a value. Bodies are not checked:
 * what they use may come later.
 */
static int settle(struct pk_conn *admin, const char *path, struct pk_err *err)
{
	static const char ours[] = "RESET ALL; SET check_function_bodies = off; SET client_min_messages = warning; "
				   "SET lc_messages = 'C'; SET standard_conforming_strings = on";

	if (pk_exec(admin, ours, err) < 0)
		return -1;
	return pk_query(admin, "SELECT pg_catalog.set_config('search_path', $1, false)", 1, &path, NULL, err);
}

static const char path_now[] = "SELECT pg_catalog.current_setting('search_path')";

/* Statements of a column of rows. */
static int run_column(struct pk_conn *admin, const struct pk_rows *rows, int column, struct pk_err *err)
{
	for (int i = 0; i < rows->n; i++)
		if (pk_exec(admin, pk_rows_get(rows, i, column), err) < 0)
			return -1;
	return 0;
}

static int beyond(struct pk_err *err, const char *what)
{
	pk_err_set(err, "only a superuser may run this, and it is not harmless: %s", what);
	if (err)
		snprintf(err->sqlstate, sizeof(err->sqlstate), "42501");
	return pk_err_hint(err, "'git config postkit.superuserObjects true' lets schema files do such things on local "
				"servers; what they hold then runs as superuser");
}

static int judge(struct pk_conn *admin, const char *query, const char *param, struct pk_err *err)
{
	PK_AUTO(pk_arena) arena = PK_ARENA_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (query && pk_query(admin, pk_catalog_query(&arena, query, admin->version), 1, &param, &rows, err) < 0)
		return -1;
	return rows.n ? beyond(err, pk_rows_get(&rows, 0, 0)) : 0;
}

/*
 * The function that the statement would find by the name of its validator; NULL: it names none, or there is none.
 * With the user's search_path nothing is asked for that could be found elsewhere.
 */
static int find_validator(struct pk_conn *admin, const struct pk_action *action, const char *path, char **ret,
			  struct pk_err *err)
{
	PK_AUTO(pk_buf) signature = PK_BUF_INIT;
	const char *params[1];

	if (!action->ref_name)
		return 0;
	pk_buf_add_qualified(&signature, action->ref_schema, action->ref_name);
	pk_buf_add(&signature, "(pg_catalog.text[],pg_catalog.oid)");
	params[0] = signature.ptr;
	if (settle(admin, path, err) < 0 ||
	    pk_query_value(admin, "SELECT pg_catalog.to_regprocedure($1)::pg_catalog.oid", 1, params, ret, err) < 0)
		return -1;
	return settle(admin, "", err);
}

/* Before the statement. */
static int permit(struct pk_conn *admin, const struct pk_super_kind *kind, const char *sql, const char *path,
		  bool trusted, struct pk_err *err)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;
	PK_FREE char *validator = NULL;

	if (pk_sql_split(sql, NULL, &statements, err) < 0)
		return -1;
	pk_sql_actions(&statements, &actions);
	if (kind->how == INERT && !(actions.n == 1 && actions.items[0].inert)) {
		pk_err_set(err, "a subscription that could connect has no place here");
		return pk_err_hint(err, "write it WITH (connect = false, slot_name = NONE); what it is on a server is "
					"switched on there, by hand");
	}
	if (trusted || !kind->barred)
		return 0;
	if (actions.n && find_validator(admin, &actions.items[0], path, &validator, err) < 0)
		return -1;
	if (!validator && !pk_streq(kind->object, "user mapping"))
		return 0; /* runs none */
	return judge(admin, kind->barred, validator, err);
}

/* After the statement: nothing but what is harmless may have come of it. */
static int check(struct pk_conn *admin, const struct pk_super_kind *kind, const char *role, struct pk_err *err)
{
	if (judge(admin, kind->wrong, role, err) < 0)
		return -1;
	if (!kind->validate)
		return 0;
	pk_buf_clear(&admin->notices);
	if (pk_query(admin, pk_sql_super_validate, 0, NULL, NULL, err) < 0)
		return -1;
	/* What a class lacks only fails when it is used; what it holds wrongly reads memory as what it is not. */
	if (strstr(admin->notices.ptr, " contains ")) {
		admin->notices.ptr[strcspn(admin->notices.ptr, "\n")] = '\0';
		return beyond(err, admin->notices.ptr);
	}
	return 0;
}

static int give_away(struct pk_conn *admin, const char *role, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(admin, pk_sql_super_gift, 1, &role, &rows, err) < 0)
		return -1;
	return run_column(admin, &rows, 0, err);
}

/*
 * Opens a transaction in which no event trigger runs; triggers: for end(). kind: what is to run in it; statements
 * about event triggers fire none, and must not be undone at its end. NULL: anything.
 */
static int begin(struct pk_conn *admin, const struct pk_super_kind *kind, struct pk_rows *triggers, struct pk_err *err)
{
	if (settle(admin, "", err) < 0 || pk_exec(admin, "BEGIN", err) < 0)
		return -1;
	if (kind && pk_streq(kind->object, "event trigger"))
		return 0;
	if (pk_query(admin, pk_sql_super_silence, 0, NULL, triggers, err) < 0)
		return -1;
	return run_column(admin, triggers, 0, err);
}

/* status: of what was done in it; the error of that stays. */
static int end(struct pk_conn *admin, const struct pk_rows *triggers, int status, struct pk_err *err)
{
	if (status == 0)
		status = run_column(admin, triggers, 1, err);
	if (status == 0)
		status = pk_exec(admin, "COMMIT", err);
	if (pk_conn_alive(admin) && pk_conn_tx(admin) != PK_TX_IDLE)
		pk_exec(admin, "ROLLBACK", NULL);
	if (pk_exec(admin, "RESET ALL", status == 0 ? err : NULL) < 0 ||
	    pk_conn_own_settings(admin, status == 0 ? err : NULL) < 0)
		status = -1;
	return status;
}

static int run_named(struct pk_conn *admin, const char *sql, const char *path, struct pk_err *err)
{
	if (settle(admin, path, err) < 0 || pk_query(admin, sql, 0, NULL, NULL, err) < 0)
		return -1;
	return settle(admin, "", err);
}

static int run_lent(struct pk_conn *user, struct pk_conn *admin, const char *sql, const char *role, struct pk_err *err)
{
	PK_AUTO(pk_rows) triggers = PK_ROWS_INIT;
	PK_AUTO(pk_rows) lent = PK_ROWS_INIT;
	PK_AUTO(pk_rows) again = PK_ROWS_INIT;
	int status = begin(admin, NULL, &triggers, err), after;

	if (status == 0)
		status = pk_query(admin, pk_sql_super_lend, 1, &role, &lent, err);
	if (status == 0)
		status = run_column(admin, &lent, 0, err);
	if (end(admin, &triggers, status, err) < 0)
		return -1;
	status = pk_exec(user, sql, err);
	after = begin(admin, NULL, &again, status == 0 ? err : NULL);
	if (after == 0)
		after = run_column(admin, &lent, 1, status == 0 ? err : NULL);
	return end(admin, &again, after, status == 0 ? err : NULL) < 0 ? -1 : status;
}

int pk_super_run(struct pk_conn *user, struct pk_conn *admin, const struct pk_super_kind *kind, const char *sql,
		 const struct pk_super_trust *trust, struct pk_err *err)
{
	PK_AUTO(pk_rows) triggers = PK_ROWS_INIT;
	PK_FREE char *path = NULL, *role = NULL;
	bool trusted = trust && trust->all;
	int status;

	if (pk_query_value(user, path_now, 0, NULL, &path, err) < 0 ||
	    pk_query_value(user, "SELECT current_user", 0, NULL, &role, err) < 0)
		return -1;
	if (kind->how == LENT)
		return run_lent(user, admin, sql, role, err);
	status = begin(admin, kind, &triggers, err);
	if (status == 0)
		status = permit(admin, kind, sql, path, trusted, err);
	if (status == 0)
		status = run_named(admin, sql, path, err);
	if (status == 0 && kind->how != ALWAYS && !trusted)
		status = check(admin, kind, role, err);
	if (status == 0 && kind->how != ALWAYS)
		status = give_away(admin, role, err);
	return end(admin, &triggers, status, err);
}

/* The superuser must pass over the missing right to create only, never over whose the object is. */
static int give(struct pk_conn *admin, const char *sql, const char *path, const char *owner, const char *login)
{
	static const char harmless[] =
		"SELECT 'yes' FROM pg_catalog.pg_roles WHERE rolname = $1 AND NOT rolsuper "
		"AND NOT rolcreaterole AND NOT rolbypassrls AND NOT rolreplication "
		"AND rolname !~ '^pg_' AND pg_catalog.pg_has_role($2::pg_catalog.name, oid, 'MEMBER')";
	const char *const params[] = { owner, login };
	PK_FREE char *answer = NULL, *before = NULL, *after = NULL;

	if (pk_query_value(admin, harmless, 2, params, &answer, NULL) < 0 || !answer ||
	    pk_query_value(admin, pk_sql_super_strangers, 1, &login, &before, NULL) < 0 ||
	    run_named(admin, sql, path, NULL) < 0 ||
	    pk_query_value(admin, pk_sql_super_strangers, 1, &login, &after, NULL) < 0)
		return -1;
	return pk_streq(before, after) ? 0 : -1;
}

bool pk_super_give(struct pk_conn *user, struct pk_conn *admin, const char *sql, const char *owner)
{
	PK_AUTO(pk_rows) triggers = PK_ROWS_INIT;
	PK_FREE char *login = NULL, *path = NULL;
	int status;

	if (pk_query_value(user, "SELECT session_user", 0, NULL, &login, NULL) < 0 ||
	    pk_query_value(user, path_now, 0, NULL, &path, NULL) < 0)
		return false;
	status = begin(admin, NULL, &triggers, NULL);
	if (status == 0)
		status = give(admin, sql, path, owner, login);
	return end(admin, &triggers, status, NULL) == 0;
}
