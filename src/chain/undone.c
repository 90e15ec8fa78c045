#include "chain/chain.h"
#include "pg/conn.h"

#define TABLE "postkit.rollbacks"

static const struct {
	const char *name;
	size_t field;
} columns[] = {
	{ "version", offsetof(struct pk_undone, version) },
	{ "name", offsetof(struct pk_undone, name) },
	{ "checksum", offsetof(struct pk_undone, checksum) },
	{ "commit", offsetof(struct pk_undone, commit) },
	{ "applied_at", offsetof(struct pk_undone, applied_at) },
	{ "rolled_back_at", offsetof(struct pk_undone, at) },
	{ "rolled_back_by", offsetof(struct pk_undone, by) },
};

static char **field_of(struct pk_undone *row, size_t column)
{
	return (char **)((char *)row + columns[column].field);
}

void pk_undone_list_release(struct pk_undone_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		for (size_t c = 0; c < PK_COUNT(columns); c++)
			free(*field_of(&list->items[i], c));
	free(list->items);
	*list = (struct pk_undone_list)PK_UNDONE_LIST_INIT;
}

static int find_table(struct pk_conn *conn, bool *ret, struct pk_err *err)
{
	PK_FREE char *found = NULL;

	if (pk_query_value(conn, "SELECT pg_catalog.to_regclass('" TABLE "')", 0, NULL, &found,
			   err) < 0)
		return -1;
	*ret = found != NULL;
	return 0;
}

int pk_undone_read(struct pk_conn *conn, struct pk_undone_list *ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	bool exists = false;

	if (find_table(conn, &exists, err) < 0)
		return -1;
	if (!exists)
		return 0;
	for (size_t c = 0; c < PK_COUNT(columns); c++) {
		pk_buf_add(&sql, c ? ", " : "SELECT ");
		pk_buf_add_ident(&sql, columns[c].name);
		pk_buf_add(&sql, "::pg_catalog.text");
	}
	pk_buf_add(&sql, " FROM " TABLE " ORDER BY rolled_back_at, version COLLATE \"C\" DESC");
	if (pk_query(conn, sql.ptr, 0, NULL, &rows, err) < 0)
		return pk_err_wrap(err, "what was rolled back on '%s' cannot be read", conn->where);
	ret->items = pk_alloc(((size_t)rows.n + 1) * sizeof(*ret->items));
	ret->n = (size_t)rows.n;
	for (int i = 0; i < rows.n; i++)
		for (size_t c = 0; c < PK_COUNT(columns); c++)
			*field_of(&ret->items[i], c) = pk_strdup(pk_rows_get(&rows, i, (int)c));
	return 0;
}

const struct pk_undone *pk_undone_find(const struct pk_undone_list *list, const char *version)
{
	for (size_t i = list->n; i-- > 0;)
		if (pk_streq(list->items[i].version, version))
			return &list->items[i];
	return NULL;
}

int pk_undone_create_table(struct pk_conn *conn, struct pk_err *err)
{
	static const char sql[] =
		"CREATE TABLE IF NOT EXISTS " TABLE " (version text NOT NULL, name text, checksum "
						    "text, \"commit\" text, applied_at timestamptz,"
		" rolled_back_at timestamptz NOT NULL DEFAULT pg_catalog.now(),"
		" rolled_back_by text NOT NULL DEFAULT CURRENT_USER, duration double precision)";
	bool exists = false;

	if (find_table(conn, &exists, err) < 0)
		return -1;
	if (!exists && pk_exec(conn, sql, err) < 0)
		return pk_err_wrap(err, "the table of rollbacks cannot be made in '%s'",
				   conn->where);
	return 0;
}

int pk_applied_undo(struct pk_conn *conn, const char *version, const char *commit, double seconds,
		    struct pk_err *err)
{
	static const char sql[] =
		"WITH gone AS (DELETE FROM postkit.schema_migrations WHERE version = $1"
		" RETURNING version, name, checksum, applied_at)"
		" INSERT INTO " TABLE " (version, name, checksum, applied_at, \"commit\", duration)"
		" SELECT version, name, checksum, applied_at, $2, $3::pg_catalog.float8 FROM gone "
		"RETURNING 1";
	PK_FREE char *duration = pk_printf("%.6f", seconds);
	const char *params[] = { version, commit, duration };
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, sql, 3, params, &rows, err) < 0)
		return pk_err_wrap(err, "that '%s' is rolled back cannot be recorded", version);
	return rows.n == 1 ? 0
			   : pk_err_set(err, "migration '%s' is not recorded in '%s' any more",
					version, conn->where);
}
