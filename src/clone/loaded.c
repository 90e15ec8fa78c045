#include "clone/loaded.h"

#include "base/buf.h"
#include "catalog/reload.h"
#include "clone/kept.h"

/* How many rows each catalog of definitions has, and the newest: any change leaves another picture. */
static int read_seal(struct pk_conn *admin, char **ret, struct pk_err *err)
{
	static const char *const catalogs[] = {
		"pg_class",   "pg_attribute", "pg_attrdef", "pg_constraint", "pg_index",     "pg_type",
		"pg_enum",    "pg_range",     "pg_proc",    "pg_trigger",    "pg_rewrite",   "pg_policy",
		"pg_inherits", "pg_sequence", "pg_namespace", "pg_description", "pg_statistic_ext", "pg_operator",
		"pg_seclabel", "pg_cast",    "pg_extension", "pg_default_acl", "pg_event_trigger", "pg_opclass", "pg_publication",
	};
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	for (size_t i = 0; i < PK_COUNT(catalogs); i++)
		pk_buf_addf(&sql,
			    "%s %zu AS i, pg_catalog.concat(pg_catalog.count(*), '-', "
			    "pg_catalog.max(xmin::text::bigint)) AS c FROM pg_catalog.%s",
			    i ? " UNION ALL SELECT" : "SELECT pg_catalog.string_agg(c, ' ' ORDER BY i) FROM (SELECT", i,
			    catalogs[i]);
	pk_buf_add(&sql, ") s");
	return pk_query_value(admin, sql.ptr, 0, NULL, ret, err);
}

static int write_seal(struct pk_conn *admin, struct pk_err *err)
{
	PK_FREE char *seal = NULL;
	const char *params[1];

	if (read_seal(admin, &seal, err) < 0)
		return -1;
	params[0] = seal;
	return pk_query(admin, "UPDATE postkit.loaded_as SET seal = $1", 1, params, NULL, err);
}

static void add_row(struct pk_buf *sql, const struct pk_source_file *file, bool first)
{
	pk_buf_add(sql, first ? "; INSERT INTO postkit.loaded VALUES (" : ", (");
	pk_buf_add_literal(sql, file->path);
	pk_buf_add(sql, ", ");
	pk_buf_add_literal(sql, file->text);
	pk_buf_addc(sql, ')');
}

int pk_loaded_write(struct pk_conn *admin, const struct pk_source *infra, const struct pk_source *files,
		    struct pk_err *err)
{
	PK_FREE char *with = pk_kept_source(infra, NULL), *taken = NULL;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (pk_query_value(admin, "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'postkit'", 0, NULL, &taken,
			   err) < 0)
		return -1;
	if (taken || !pk_source_reloadable(files))
		return 0;
	pk_buf_add(&sql, "CREATE SCHEMA postkit; CREATE TABLE postkit.loaded (path text PRIMARY KEY, text text NOT NULL); "
			 "CREATE TABLE postkit.loaded_as (infra text NOT NULL, seal text); "
			 "INSERT INTO postkit.loaded_as VALUES (");
	pk_buf_add_literal(&sql, with);
	pk_buf_addc(&sql, ')');
	for (size_t i = 0; i < files->n; i++)
		add_row(&sql, &files->items[i], i == 0);
	return pk_exec(admin, sql.ptr, err) < 0 ? -1 : write_seal(admin, err);
}

int pk_loaded_change(struct pk_conn *admin, const struct pk_source *was, const struct pk_source *files,
		     struct pk_err *err)
{
	struct pk_source gone = pk_source_apart(was, files), come = pk_source_apart(files, was);
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "DELETE FROM postkit.loaded WHERE path IN (NULL");
	for (size_t i = 0; i < gone.n; i++) {
		pk_buf_add(&sql, ", ");
		pk_buf_add_literal(&sql, gone.items[i].path);
	}
	pk_buf_addc(&sql, ')');
	for (size_t i = 0; i < come.n; i++)
		add_row(&sql, &come.items[i], i == 0);
	free(gone.items);
	free(come.items);
	return pk_exec(admin, sql.ptr, err) < 0 ? -1 : write_seal(admin, err);
}

int pk_loaded_read(struct pk_conn *admin, const struct pk_source *infra, struct pk_source *ret_was, bool *ret,
		   struct pk_err *err)
{
	PK_FREE char *with = pk_kept_source(infra, NULL), *seal = NULL, *is = NULL;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	const char *params[] = { with, NULL };

	*ret = false;
	if (pk_query_value(admin, "SELECT pg_catalog.to_regclass('postkit.loaded_as')", 0, NULL, &is, err) < 0)
		return -1;
	if (!is)
		return 0;
	if (read_seal(admin, &seal, err) < 0)
		return -1;
	params[1] = seal;
	if (pk_query(admin,
		     "SELECT path, text FROM postkit.loaded WHERE EXISTS "
		     "(SELECT FROM postkit.loaded_as WHERE infra = $1 AND seal = $2)",
		     2, params, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		const char *text = pk_rows_get(&rows, i, 1);

		pk_source_add(ret_was, pk_rows_get(&rows, i, 0), text, strlen(text));
	}
	*ret = rows.n > 0;
	return 0;
}
