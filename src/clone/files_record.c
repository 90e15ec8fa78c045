#include "clone/files_record.h"

#include "clone/beside.h"
#include "clone/door.h"
#include "clone/transfer.h"

static const char begin_sql[] = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

static int take(struct pk_hold *from, struct pk_copied *ret, struct pk_err *err)
{
	if (pk_exec(&from->conn, begin_sql, err) < 0 || pk_copied_take(ret, from, err) < 0)
		return -1;
	return pk_exec(&from->conn, "COMMIT", err);
}

/* "name version" */
static void add_extensions(const struct pk_source_facts *facts, struct pk_strv *ret)
{
	for (size_t i = 0; i < facts->extensions.n; i++)
		pk_strv_pushf(ret, "%.*s", (int)strcspn(facts->extensions.items[i], " "), facts->extensions.items[i]);
}

int pk_files_record_before(struct pk_hold *source, const struct pk_source_facts *facts, struct pk_copied *ret,
			   struct pk_err *err)
{
	PK_AUTO(pk_carried) carried = PK_CARRIED_INIT;
	PK_AUTO(pk_strv) unfilled = PK_STRV_INIT;

	if (take(source, ret, err) < 0 || pk_copy_carried(&source->conn, &carried, &unfilled, NULL, err) < 0)
		return -1;
	pk_copied_around(ret, facts, &carried, &unfilled);
	add_extensions(facts, &ret->extensions);
	/* pg_dump was not asked: catalogs that are not the same any more count as another structure. */
	ret->structure = pk_strdup("-");
	return 0;
}

static void swap(char **a, char **b)
{
	char *was = *a;

	*a = *b;
	*b = was;
}

int pk_files_record_after(struct pk_hold *copy, struct pk_copied *record, struct pk_err *err)
{
	PK_AUTO(pk_copied) here = PK_COPIED_INIT;
	PK_AUTO(pk_copy_tables) tables = PK_COPY_TABLES_INIT;
	PK_AUTO(pk_buf) sequences = PK_BUF_INIT;
	PK_FREE int64_t *rows = NULL;

	if (!record->place)
		return 0;
	if (take(copy, &here, err) < 0 || pk_copy_tables_list(&copy->conn, true, &tables, err) < 0 ||
	    pk_exec(&copy->conn, "BEGIN", err) < 0 || pk_beside_sequences(&copy->conn, &sequences, err) < 0 ||
	    pk_exec(&copy->conn, "COMMIT", err) < 0)
		return -1;
	rows = pk_alloc((tables.n + 1) * sizeof(*rows));
	for (size_t i = 0; i < tables.n; i++)
		rows[i] = -1;
	pk_copied_rows(record, &tables, rows);
	record->sequences = pk_copied_word(&sequences);
	swap(&record->stamp, &here.stamp);
	swap(&record->large, &here.large);
	return 0;
}

static int count(struct pk_conn *conn, const struct pk_copy_table *t, int64_t *ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_FREE char *n = NULL;

	pk_buf_add(&sql, "SELECT pg_catalog.count(*) FROM ONLY ");
	pk_buf_add_qualified(&sql, t->schema, t->name);
	if (pk_query_value(conn, sql.ptr, 0, NULL, &n, err) < 0)
		return -1;
	*ret = strtoll(n, NULL, 10);
	return 0;
}

int pk_files_record_count(struct pk_server *server, const char *db, struct pk_copied *record, struct pk_err *err)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_copy_tables) tables = PK_COPY_TABLES_INIT;
	bool known = true;

	for (size_t i = 0; i < record->n; i++)
		known = known && record->tables[i].rows >= 0;
	if (known)
		return 0;
	if (pk_door_enter(server, db, &conn, err) < 0 || pk_copy_tables_names(&conn, &tables, err) < 0)
		return -1;
	for (size_t i = 0; i < record->n; i++) {
		const struct pk_copy_table *t = pk_copy_tables_find(&tables, record->tables[i].oid);

		/* One that is not there stays unknown, so that it is copied. */
		if (t && record->tables[i].rows < 0 && count(&conn, t, &record->tables[i].rows, err) < 0)
			return -1;
	}
	return 0;
}
