#include "chain/chain.h"
#include "pg/conn.h"
#include "pg/sqlstate.h"

#define SCHEMA "postkit"
#define TABLE  "postkit.schema_migrations"

/*
 * dbmate's table has the version alone; `dbmate --migrations-table postkit.schema_migrations`
 * works on ours, because all else may be absent. What older rows cannot know is NULL: a column
 * gets its default only after it was added.
 */
static const struct {
	const char *name, *type, *initial;
	size_t field; /* of struct pk_applied; NO_FIELD: not read */
} columns[] = {
#define NO_FIELD ((size_t)-1)
	{ "version", "text PRIMARY KEY", NULL, offsetof(struct pk_applied, version) },
	{ "name", "text", NULL, offsetof(struct pk_applied, name) },
	{ "checksum", "text", NULL, offsetof(struct pk_applied, checksum) },
	{ "from_fingerprint", "text", NULL, offsetof(struct pk_applied, from) },
	{ "to_fingerprint", "text", NULL, offsetof(struct pk_applied, to) },
	{ "commit", "text", NULL, offsetof(struct pk_applied, commit) },
	{ "applied_at", "timestamptz", "now()", offsetof(struct pk_applied, applied_at) },
	{ "applied_by", "text", "current_user", offsetof(struct pk_applied, applied_by) },
	{ "duration", "double precision", NULL, NO_FIELD },
	{ "state", "text NOT NULL DEFAULT 'applied'", NULL, offsetof(struct pk_applied, state) },
};

static char **field_of(struct pk_applied *row, size_t column)
{
	return (char **)((char *)row + columns[column].field);
}

void pk_applied_list_release(struct pk_applied_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t c = 0; c < PK_COUNT(columns); c++)
			if (columns[c].field != NO_FIELD)
				free(*field_of(&list->items[i], c));
	free(list->items);
	*list = (struct pk_applied_list)PK_APPLIED_LIST_INIT;
}

/* Names of the columns that the table has; none: there is no table. */
static int read_columns(struct pk_conn *conn, struct pk_strv *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	static const char sql[] =
		"SELECT a.attname FROM pg_catalog.pg_attribute a"
		" JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
		" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
		" WHERE n.nspname = '" SCHEMA "' AND c.relname = 'schema_migrations'"
		" AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped";
	if (pk_query(conn, sql, 0, NULL, &rows, err) < 0)
		return pk_err_wrap(err, "the table of migrations of '%s' cannot be looked up",
				   conn->where);
	for (int i = 0; i < rows.n; i++)
		pk_strv_push(ret, pk_rows_get(&rows, i, 0));
	return 0;
}

int pk_applied_read(struct pk_conn *conn, struct pk_applied_list *ret, bool *ret_exists,
		    struct pk_err *err)
{
	PK_AUTO(pk_strv) have = PK_STRV_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	if (read_columns(conn, &have, err) < 0)
		return -1;
	*ret_exists = pk_strv_has(&have, "version");
	if (!*ret_exists)
		return 0;
	for (size_t c = 0; c < PK_COUNT(columns); c++) {
		pk_buf_add(&sql, c ? ", " : "SELECT ");
		if (pk_strv_has(&have, columns[c].name)) {
			pk_buf_add_ident(&sql, columns[c].name);
			pk_buf_add(&sql, "::text");
		} else {
			pk_buf_add(&sql, "NULL::text");
		}
	}
	pk_buf_add(&sql, " FROM " TABLE " ORDER BY version::text COLLATE \"C\"");
	if (pk_query(conn, sql.ptr, 0, NULL, &rows, err) < 0) {
		if (err && pk_streq(err->sqlstate, PK_SQLSTATE_INSUFFICIENT_PRIVILEGE))
			pk_err_hint(err, "the role needs USAGE on the schema postkit and SELECT on its tables, and to deploy "
				    "INSERT, UPDATE and DELETE; the role that deployed first has made them");
		return pk_err_wrap(err, "the applied migrations of '%s' cannot be read",
				   conn->where);
	}
	for (int i = 0; i < rows.n; i++) {
		if (ret->n == ret->cap) {
			ret->cap = ret->cap ? ret->cap * 2 : 64;
			ret->items = pk_realloc_array(ret->items, ret->cap, sizeof(*ret->items));
		}
		struct pk_applied *row = &ret->items[ret->n++];
		*row = (struct pk_applied){ 0 };
		for (size_t c = 0; c < PK_COUNT(columns); c++)
			if (columns[c].field != NO_FIELD)
				*field_of(row, c) = pk_strdup(pk_rows_get(&rows, i, (int)c));
		if (!row->state)
			row->state = pk_strdup("applied");
	}
	return 0;
}

static void add_create(struct pk_buf *sql)
{
	pk_buf_add(sql, "CREATE TABLE IF NOT EXISTS " TABLE " (");
	for (size_t c = 0; c < PK_COUNT(columns); c++) {
		pk_buf_add(sql, c ? ", " : "");
		pk_buf_add_ident(sql, columns[c].name);
		pk_buf_addc(sql, ' ');
		pk_buf_add(sql, columns[c].type);
		if (columns[c].initial) {
			pk_buf_add(sql, " DEFAULT ");
			pk_buf_add(sql, columns[c].initial);
		}
	}
	pk_buf_add(sql, ");\n");
}

static void add_alter(struct pk_buf *sql, const struct pk_strv *have)
{
	for (size_t c = 0; c < PK_COUNT(columns); c++) {
		if (pk_strv_has(have, columns[c].name))
			continue;
		pk_buf_add(sql, "ALTER TABLE " TABLE " ADD COLUMN ");
		pk_buf_add_ident(sql, columns[c].name);
		pk_buf_addc(sql, ' ');
		pk_buf_add(sql, columns[c].type);
		pk_buf_add(sql, ";\n");
		if (!columns[c].initial)
			continue;
		pk_buf_add(sql, "ALTER TABLE " TABLE " ALTER COLUMN ");
		pk_buf_add_ident(sql, columns[c].name);
		pk_buf_add(sql, " SET DEFAULT ");
		pk_buf_add(sql, columns[c].initial);
		pk_buf_add(sql, ";\n");
	}
}

int pk_applied_create_table(struct pk_conn *conn, struct pk_err *err)
{
	PK_AUTO(pk_strv) have = PK_STRV_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_FREE char *schema = NULL;
	if (read_columns(conn, &have, err) < 0 ||
	    pk_query_value(conn, "SELECT pg_catalog.to_regnamespace('" SCHEMA "')::text", 0, NULL,
			   &schema, err) < 0)
		return -1;
	/*
	 * CREATE SCHEMA IF NOT EXISTS asks for the privilege even where there is nothing to
	 * create.
	 */
	if (!schema)
		pk_buf_add(&sql, "CREATE SCHEMA IF NOT EXISTS " SCHEMA ";\n");
	if (have.n == 0)
		add_create(&sql);
	else
		add_alter(&sql, &have);
	if (sql.len > 0 && pk_exec(conn, sql.ptr, err) < 0)
		return pk_err_wrap(err, "the table of migrations cannot be made in '%s'",
				   conn->where);
	return 0;
}

#define INSERT_INTO                                                                                \
	"INSERT INTO " TABLE " AS t (version, name, checksum, from_fingerprint, to_fingerprint,"   \
	" \"commit\", duration, state) VALUES ("
#define INSERT INSERT_INTO "$1, $2, $3, $4, $5, $6, $7::double precision, $8)"

struct row {
	const struct pk_migration *m;
	const char *commit;
	double seconds; /* below 0: not known */
	const char *state;
};

static int insert(struct pk_conn *conn, const char *sql, const struct row *row, struct pk_rows *ret, struct pk_err *err)
{
	const struct pk_migration *m = row->m;
	PK_FREE char *duration = row->seconds < 0 ? NULL : pk_printf("%.6f", row->seconds);
	const char *const params[] = {
		m->version, m->name, m->checksum, m->from, m->to, row->commit, duration, row->state,
	};

	if (pk_query(conn, sql, (int)PK_COUNT(params), params, ret, err) < 0)
		return pk_err_wrap(err, "migration '%s' cannot be recorded", m->version);
	return 0;
}

int pk_applied_insert(struct pk_conn *conn, const struct pk_migration *m, const char *commit,
		      double seconds, struct pk_err *err)
{
	const struct row row = { .m = m, .commit = commit, .seconds = seconds, .state = "applied" };

	return insert(conn, INSERT, &row, NULL, err);
}

void pk_applied_add_insert(struct pk_buf *sql, const struct pk_migration *m, const char *commit, double seconds)
{
	const char *const values[] = { m->version, m->name, m->checksum, m->from, m->to, commit };

	pk_buf_add(sql, INSERT_INTO);
	for (size_t i = 0; i < PK_COUNT(values); i++) {
		pk_buf_add_literal(sql, values[i]);
		pk_buf_add(sql, ", ");
	}
	pk_buf_addf(sql, seconds < 0 ? "NULL, 'applied'); " : "%.6f, 'applied'); ", seconds);
}

int pk_applied_rename(struct pk_conn *conn, const char *version, const struct pk_migration *now, bool *ret_found,
		      struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *table = NULL;
	const char *const params[] = { version, now->version, now->name, now->checksum, now->from, now->to };
	static const char exists[] = "SELECT pg_catalog.to_regclass('" TABLE "')::text";
	static const char sql[] = "UPDATE " TABLE " SET version = $2, name = $3, checksum = $4, from_fingerprint = $5,"
				  " to_fingerprint = $6 WHERE version = $1 RETURNING 1";

	*ret_found = false;
	if (pk_query_value(conn, exists, 0, NULL, &table, err) < 0)
		return -1;
	if (!table)
		return 0;
	if (pk_query(conn, sql, (int)PK_COUNT(params), params, &rows, err) < 0)
		return pk_err_wrap(err, "migration '%s' cannot be recorded as '%s'", version, now->version);
	*ret_found = rows.n > 0;
	return 0;
}

int pk_applied_start(struct pk_conn *conn, const struct pk_migration *m, const char *commit,
		     struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	/* Only what was begun and not ended may be begun again, and only if it is the same text. */
	static const char sql[] = INSERT
		" ON CONFLICT (version) DO UPDATE SET state = excluded.state, \"commit\" = "
		"excluded.\"commit\","
		" applied_at = pg_catalog.now(), applied_by = CURRENT_USER"
		" WHERE t.state <> 'applied' AND t.checksum IS NOT DISTINCT FROM excluded.checksum"
		" RETURNING 1";
	const struct row row = { .m = m, .commit = commit, .seconds = -1, .state = PK_STATE_COMING };
	if (insert(conn, sql, &row, &rows, err) < 0)
		return -1;
	if (rows.n > 0)
		return 0;
	pk_err_set(err,
		   "migration '%s' is recorded in '%s' already, or was begun with another text",
		   m->version, conn->where);
	return pk_err_hint(err, "see what was applied: git postkit log");
}

int pk_applied_finish(struct pk_conn *conn, const char *version, const char *state, double seconds,
		      struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *duration = seconds < 0 ? NULL : pk_printf("%.6f", seconds);
	const char *const params[] = { version, state, duration };
	static const char sql[] =
		"UPDATE " TABLE " SET state = $2, duration = $3::double precision,"
		" applied_at = pg_catalog.now() WHERE version = $1 RETURNING 1";
	if (pk_query(conn, sql, (int)PK_COUNT(params), params, &rows, err) < 0)
		return pk_err_wrap(err, "migration '%s' cannot be recorded", version);
	return rows.n > 0 ? 0
			  : pk_err_set(err, "migration '%s' is not recorded in '%s'", version,
				       conn->where);
}

enum pk_applied_stage pk_applied_stage(const struct pk_applied *row)
{
	if (!row->state || pk_streq(row->state, "applied"))
		return PK_APPLIED_IN;
	return pk_starts_with(row->state, PK_STATE_GOING) ? PK_APPLIED_GOING : PK_APPLIED_COMING;
}

int pk_applied_leave(struct pk_conn *conn, const char *version, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	const char *const params[] = { version };
	static const char sql[] = "UPDATE " TABLE " SET state = '" PK_STATE_GOING
				  "' WHERE version = $1 AND state = 'applied' RETURNING 1";
	if (pk_query(conn, sql, 1, params, &rows, err) < 0)
		return pk_err_wrap(err, "that '%s' is rolled back cannot be recorded", version);
	return rows.n > 0 ? 0
			  : pk_err_set(err,
				       "migration '%s' is not recorded as applied in '%s' any more",
				       version, conn->where);
}

int pk_applied_foreign(struct pk_conn *conn, struct pk_strv *ret_versions, char **ret_table,
		       struct pk_err *err)
{
	PK_AUTO(pk_rows) found = PK_ROWS_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_buf) table = PK_BUF_INIT;
	/*
	 * Ours has a checksum; golang-migrate's (dirty) holds one row, which is no list of what
	 * ran.
	 */
	static const char find[] =
		"SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
		" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
		" WHERE c.relname = 'schema_migrations' AND c.relkind IN ('r', 'p')"
		" AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
		" AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid"
		"  AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = 'version')"
		" AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid"
		"  AND a.attnum > 0 AND NOT a.attisdropped AND (a.attname = 'dirty'"
		"  OR n.nspname = '" SCHEMA "' AND a.attname = 'checksum'))"
		" ORDER BY n.nspname <> '" SCHEMA
		"', n.nspname <> 'public', n.nspname COLLATE \"C\" LIMIT 1";
	*ret_table = NULL;
	if (pk_query(conn, find, 0, NULL, &found, err) < 0)
		return pk_err_wrap(err, "the tables of migrations of '%s' cannot be looked up",
				   conn->where);
	if (found.n == 0)
		return 0;
	pk_buf_add_qualified(&table, pk_rows_get(&found, 0, 0), pk_rows_get(&found, 0, 1));
	pk_buf_add(&sql, "SELECT version::text FROM ");
	pk_buf_add(&sql, table.ptr);
	pk_buf_add(&sql, " WHERE version IS NOT NULL ORDER BY version::text COLLATE \"C\"");
	if (pk_query(conn, sql.ptr, 0, NULL, &rows, err) < 0)
		return pk_err_wrap(err, "the versions in '%s' cannot be read", table.ptr);
	for (int i = 0; i < rows.n; i++)
		pk_strv_push(ret_versions, pk_rows_get(&rows, i, 0));
	*ret_table = pk_buf_take(&table);
	return 0;
}
