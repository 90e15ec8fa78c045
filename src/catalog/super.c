#include "catalog/super.h"

#include "base/text.h"
#include "catalog/query.h"
#include "catalog/super_kind.h"
#include "catalog/super_trust.h"
#include "catalog_sql.h"
#include "pg/silence.h"
#include "pg/sqlstate.h"

void pk_super_release(struct pk_super *super)
{
	pk_map_release(&super->known);
	pk_map_release(&super->labels);
	pk_arena_release(&super->arena);
}

/* ---- the superuser's session ---- */

/*
 * It never runs what a file sets, which may be any expression and may change how text is read: of the
 * settings it takes the search_path alone, as a value. Bodies are not checked: what they use may come
 * later.
 */
static int settle(struct pk_conn *admin, const char *path, struct pk_err *err)
{
	static const char ours[] = "RESET ALL; SET check_function_bodies = off; SET client_min_messages = warning; "
				   "SET standard_conforming_strings = on";

	if (pk_exec(admin, ours, err) < 0)
		return -1;
	return pk_query(admin, "SELECT pg_catalog.set_config('search_path', $1, false)", 1, &path, NULL, err);
}

/* Statements of a column of rows. */
static int run_column(struct pk_conn *admin, const struct pk_rows *rows, int column, struct pk_err *err)
{
	for (int i = 0; i < rows->n; i++)
		if (pk_exec(admin, pk_rows_get(rows, i, column), err) < 0)
			return -1;
	return 0;
}

/*
 * Opens a transaction in which no event trigger runs; triggers: for end(). What is said of event triggers fires
 * none, must not be undone at the end, and is about what they are without us.
 */
static int begin(struct pk_conn *admin, const struct pk_super_stmt *stmt, struct pk_rows *triggers, struct pk_err *err)
{
	if (settle(admin, "", err) < 0 || pk_exec(admin, "BEGIN", err) < 0)
		return -1;
	if (pk_streq(stmt->kind->object, "event trigger"))
		return pk_exec(admin, pk_sql_super_join, err);
	return pk_silence_begin(admin, triggers, err);
}

/* status: of what was done in it; the error of that stays. */
static int end(struct pk_conn *admin, const struct pk_rows *triggers, int status, struct pk_err *err)
{
	if (status == 0)
		status = pk_silence_end(admin, triggers, err);
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

/* ---- one statement ---- */

struct job {
	struct pk_arena *arena;
	struct pk_conn *admin;
	const struct pk_super_stmt *stmt;
	const char *sql;
	char *path, *role, *login;
	bool trusted, all; /* all: whatever it is */
};

static const char untrusted[] =
	"what a database of yours holds word for word is trusted; for more, 'git config postkit.superuserObjects true' lets "
	"schema files make such things on local servers, where they can then do whatever a superuser can";

static int hint(struct pk_err *err)
{
	return pk_err_hint(err, "%s", untrusted);
}

bool pk_super_untrusted(const struct pk_err *err)
{
	return pk_streq(err->hint, untrusted);
}

static int beyond(struct pk_err *err, const char *what)
{
	pk_err_set(err, "only a superuser may run this, and it is not harmless: %s", what);
	if (err)
		snprintf(err->sqlstate, sizeof(err->sqlstate), PK_SQLSTATE_INSUFFICIENT_PRIVILEGE);
	return hint(err);
}

/* After the statement: nothing but what is harmless may have come of it. */
static int check(const struct job *job, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	struct pk_conn *admin = job->admin;
	const char *role = job->role;

	if (pk_query(admin, pk_catalog_query(job->arena, pk_sql_super_alien, admin->version), 1, &role, &rows, err) < 0)
		return -1;
	if (rows.n)
		return beyond(err, pk_rows_get(&rows, 0, 0));
	if (job->stmt->kind->care != PK_SUPER_CLASS)
		return 0;
	pk_buf_clear(&admin->notices);
	if (pk_exec(admin, "SET lc_messages = 'C'", err) < 0 ||
	    pk_query(admin, pk_sql_super_validate, 0, NULL, NULL, err) < 0)
		return -1;
	/* What a class lacks only fails when it is used; what it holds wrongly reads memory as what it is not. */
	if (strstr(admin->notices.ptr, " contains ")) {
		admin->notices.ptr[strcspn(admin->notices.ptr, "\n")] = '\0';
		return beyond(err, admin->notices.ptr);
	}
	return 0;
}

/*
 * Before the statement. What it names is found as it will be, but with the user's search_path nothing is asked
 * for that could be found elsewhere.
 */
static int check_validator(const struct job *job, struct pk_err *err)
{
	const struct pk_super_stmt *stmt = job->stmt;
	struct pk_conn *admin = job->admin;
	PK_AUTO(pk_buf) signature = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *function = NULL;
	const char *params[1];

	if (stmt->validator) {
		pk_buf_add_qualified(&signature, stmt->validator_schema, stmt->validator);
		pk_buf_add(&signature, "(pg_catalog.text[],pg_catalog.oid)");
		params[0] = signature.ptr;
		if (settle(admin, job->path, err) < 0 ||
		    pk_query_value(admin, "SELECT pg_catalog.to_regprocedure($1)::pg_catalog.oid", 1, params, &function,
				   err) < 0 ||
		    settle(admin, "", err) < 0)
			return -1;
	}
	if (!function && !pk_streq(stmt->kind->object, "user mapping"))
		return 0; /* runs none */
	params[0] = function;
	if (pk_query(admin, pk_sql_super_barred, 1, params, &rows, err) < 0)
		return -1;
	return rows.n ? beyond(err, pk_rows_get(&rows, 0, 0)) : 0;
}

int pk_super_sever(struct pk_conn *admin, struct pk_err *err)
{
	static const char powers[] = "SELECT 't' FROM pg_catalog.pg_roles WHERE rolname = current_user AND rolsuper";
	PK_FREE char *superuser = NULL;

	if (pk_query_value(admin, powers, 0, NULL, &superuser, err) < 0)
		return -1;
	return superuser ? pk_exec(admin, pk_sql_super_sever, err) : 0;
}

/* Statements that a query about the role gives. */
static int hand_over(const struct job *job, const char *query, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	const char *role = job->role;

	if (pk_query(job->admin, query, 1, &role, &rows, err) < 0)
		return -1;
	return run_column(job->admin, &rows, 0, err);
}

/* Before the statement: afterwards what the script found has run. */
static int check_script(const struct job *job, struct pk_err *err)
{
	const char *const params[] = { job->stmt->extension };
	PK_FREE char *found = NULL;

	if (pk_query_value(job->admin, pk_sql_super_script, 1, params, &found, err) < 0)
		return -1;
	return found ? beyond(err, found) : 0;
}

static int make(const struct job *job, struct pk_err *err)
{
	const struct pk_super_kind *kind = job->stmt->kind;

	if (kind->verb == PK_CREATE && pk_streq(kind->object, "type") && hand_over(job, pk_sql_super_take, err) < 0)
		return -1;
	if (job->stmt->reads_values && !job->all)
		return beyond(err, "types of the files would read its values");
	if ((kind->how == PK_SUPER_ALWAYS && !job->all && check_script(job, err) < 0) ||
	    (kind->care == PK_SUPER_VALIDATOR && !job->all && check_validator(job, err) < 0) ||
	    run_named(job->admin, job->sql, job->path, err) < 0)
		return -1;
	if (kind->how != PK_SUPER_ALWAYS && !job->trusted && check(job, err) < 0)
		return -1;
	if (kind->how != PK_SUPER_ALWAYS && kind->verb == PK_CREATE && hand_over(job, pk_sql_super_gift, err) < 0)
		return -1;
	return pk_super_sever(job->admin, err);
}

/*
 * An owner may lack the right to create in the schema: a superuser gave it the object once. That is done
 * again as one, but only where the object is the user's, and the role is one that the user may become and
 * has no powers. The superuser passes over the missing right to create, never over whose the object is.
 */
static int give(const struct job *job, struct pk_err *err)
{
	static const char harmless[] =
		"SELECT 'yes' FROM pg_catalog.pg_roles WHERE rolname = $1 AND NOT rolsuper "
		"AND NOT rolcreaterole AND NOT rolbypassrls AND NOT rolreplication "
		"AND rolname !~ '^pg_' AND pg_catalog.pg_has_role($2::pg_catalog.name, oid, 'MEMBER')";
	const char *const params[] = { job->stmt->owner, job->login };
	PK_FREE char *answer = NULL, *before = NULL, *after = NULL;
	struct pk_conn *admin = job->admin;

	if (pk_query_value(admin, harmless, 2, params, &answer, err) < 0 || !answer ||
	    pk_query_value(admin, pk_sql_super_strangers, 1, &params[1], &before, err) < 0 ||
	    run_named(admin, job->sql, job->path, err) < 0 ||
	    pk_query_value(admin, pk_sql_super_strangers, 1, &params[1], &after, err) < 0)
		return -1;
	return pk_streq(before, after) ? 0 : -1;
}

/* Made by the role without the word, which a superuser adds. */
static int make_leakproof(struct pk_super *super, const struct job *job, struct pk_err *err)
{
	PK_FREE char *sql = pk_strdup(job->sql), *xid = NULL;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	struct pk_conn *user = super->user;
	size_t at = (size_t)job->stmt->leakproof_at - 1, len = strlen("leakproof");
	int status;

	if (at + len > strlen(sql))
		return -1;
	memset(sql + at, ' ', len);
	if (pk_exec(user, "BEGIN", err) < 0)
		return -1;
	status = pk_exec(user, sql, err);
	if (status == 0)
		status = pk_query_value(user, "SELECT pg_catalog.pg_current_xact_id()::pg_catalog.xid", 0, NULL, &xid, err);
	if (pk_exec(user, status == 0 ? "COMMIT" : "ROLLBACK", status == 0 ? err : NULL) < 0 || status < 0)
		return -1;
	const char *const params[] = { job->role, xid };
	if (pk_query(job->admin, pk_sql_super_leakproof, 2, params, &rows, err) < 0)
		return -1;
	return run_column(job->admin, &rows, 0, err);
}

static int ask_user(struct pk_conn *user, struct job *job, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(user, "SELECT pg_catalog.current_setting('search_path'), current_user, session_user", 0, NULL, &rows,
		     err) < 0)
		return -1;
	job->path = pk_strdup(pk_rows_get(&rows, 0, 0));
	job->role = pk_strdup(pk_rows_get(&rows, 0, 1));
	job->login = pk_strdup(pk_rows_get(&rows, 0, 2));
	return 0;
}

/* Statements of a column of rows, with event triggers silent. */
static int run_silently(struct pk_conn *admin, const struct pk_rows *rows, int column, struct pk_err *err)
{
	static const struct pk_super_kind usage = { PK_GRANT, "server", PK_SUPER_HARMLESS, "", NULL, PK_SUPER_NOTHING };
	static const struct pk_super_stmt stmt = { .kind = &usage };
	PK_AUTO(pk_rows) triggers = PK_ROWS_INIT;
	int status;

	if (!rows->n)
		return 0;
	status = begin(admin, &stmt, &triggers, err);
	if (status == 0)
		status = run_column(admin, rows, column, err);
	return end(admin, &triggers, status, err);
}

/* What the query says of the role: statements that lend, and that take back. */
static int lend(struct pk_super *super, const char *query, struct pk_rows *ret_lent, struct pk_err *err)
{
	PK_FREE char *role = NULL;
	const char *params[1];

	if (pk_query_value(super->user, "SELECT current_user", 0, NULL, &role, err) < 0)
		return -1;
	params[0] = role;
	if (pk_query(super->admin, query, 1, params, ret_lent, err) < 0)
		return -1;
	return run_silently(super->admin, ret_lent, 0, err);
}

int pk_super_lend(struct pk_super *super, struct pk_rows *ret_lent, struct pk_err *err)
{
	return lend(super, pk_sql_super_lend, ret_lent, err);
}

int pk_super_take_back(struct pk_super *super, const struct pk_rows *lent, struct pk_err *err)
{
	return run_silently(super->admin, lent, 1, err);
}

static int run_lent(struct pk_super *super, const char *query, const char *sql, struct pk_err *err)
{
	PK_AUTO(pk_rows) lent = PK_ROWS_INIT;
	int status = lend(super, query, &lent, err);

	if (status == 0)
		status = pk_exec(super->user, sql, err);
	if (pk_super_take_back(super, &lent, status == 0 ? err : NULL) < 0)
		status = -1;
	return status;
}

int pk_super_run_in_schemas(struct pk_super *super, const char *sql, struct pk_err *err)
{
	return run_lent(super, pk_sql_super_lend_schemas, sql, err);
}

static int run_job(struct pk_super *super, struct job *job, struct pk_err *err)
{
	PK_AUTO(pk_rows) triggers = PK_ROWS_INIT;
	const struct pk_super_stmt *stmt = job->stmt;
	int status;

	if (ask_user(super->user, job, err) < 0)
		return -1;
	if (stmt->kind->how == PK_SUPER_LENT) /* the role may not use the wrapper or the server: who may made the object for it once */
		return run_lent(super, pk_sql_super_lend, job->sql, err);
	/* What is trusted by its text says in full what it means; no other object may take a name's place. */
	if (job->trusted && !super->trust->all)
		job->path[0] = '\0';
	status = begin(job->admin, stmt, &triggers, err);
	if (status == 0 && stmt->owner)
		status = give(job, err);
	else if (status == 0 && stmt->kind->how == PK_SUPER_TRUSTED && !job->trusted)
		status = make_leakproof(super, job, err);
	else if (status == 0)
		status = make(job, err);
	return end(job->admin, &triggers, status, err);
}

/* The role lacks what only superusers have, and not just a right to the schema. */
static bool asks_for_superuser(const struct pk_err *err)
{
	return strcmp(err->sqlstate, PK_SQLSTATE_INVALID_FUNCTION_DEFINITION) == 0 ||
	       !pk_starts_with(err->msg, "permission denied for ") ||
	       pk_starts_with(err->msg, "permission denied for language ");
}

int pk_super_run(struct pk_super *super, const struct pk_super_stmt *stmt, const char *sql, struct pk_err *err)
{
	struct job job = { .arena = &super->arena, .admin = super->admin, .stmt = stmt, .sql = sql };
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	int status;

	if (!super->admin || !stmt->kind)
		return -1;
	job.trusted = job.all = super->trust && super->trust->all;
	if (err->exit && strcmp(err->sqlstate, PK_SQLSTATE_INSUFFICIENT_PRIVILEGE) != 0 &&
	    !(stmt->kind->how == PK_SUPER_TRUSTED && strcmp(err->sqlstate, PK_SQLSTATE_INVALID_FUNCTION_DEFINITION) == 0))
		return -1;
	/* Values are read by code that the text does not say: a domain's check, say. */
	if (!job.trusted && !pk_super_always(stmt) && !stmt->owner && !stmt->reads_values)
		job.trusted = pk_super_known(super, sql);
	if (stmt->kind->how == PK_SUPER_TRUSTED && !job.trusted && !stmt->leakproof_at) {
		if (!err->exit)
			pk_err_set(err, "only a superuser may run this, and nothing says that it can be trusted");
		return asks_for_superuser(err) ? hint(err) : -1;
	}
	status = run_job(super, &job, &why);
	free(job.path);
	free(job.role);
	free(job.login);
	if (status == 0) {
		pk_err_release(err);
	} else if (why.exit && !stmt->owner) {
		pk_err_release(err);
		pk_err_move(err, &why);
	}
	return status;
}
