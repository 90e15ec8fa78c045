/*
 * What a plan would destroy on the clone, and what rows would stand in its way there, counted to the row and the byte
 * where that takes no long time.
 */
#include "base/clock.h"
#include "session/planning.h"
#include "sql/action.h"

/* Of one count, and of all of them. */
#define ONE_SECONDS "5s"
#define ALL_SECONDS 15.0

static const char bytes_of_table[] =
	"(SELECT sum(pg_catalog.pg_total_relation_size(i.relid)) FROM (SELECT relid FROM pg_catalog.pg_partition_tree($1)"
	" UNION SELECT $1::pg_catalog.regclass) i)";

/* A partitioned table's rows are those of its partitions; what inherits from another keeps its own when that goes. */
static int only(struct pk_conn *conn, const char *table, bool *ret, struct pk_err *err)
{
	PK_FREE char *kind = NULL;

	if (pk_query_value(conn, "SELECT relkind FROM pg_catalog.pg_class WHERE oid = $1::pg_catalog.regclass", 1,
			   (const char *const[]){ table }, &kind, err) < 0)
		return -1;
	*ret = !pk_streq(kind, "p");
	return 0;
}

static int count(struct pk_conn *conn, struct pk_lost *lost, struct pk_err *err)
{
	PK_AUTO(pk_buf) table = PK_BUF_INIT;
	PK_AUTO(pk_buf) column = PK_BUF_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	const char *params[1];
	bool alone = false;

	pk_buf_add_qualified(&table, lost->schema, lost->table);
	if (!lost->column && only(conn, table.ptr, &alone, err) < 0)
		return -1;
	params[0] = table.ptr;
	if (lost->column) {
		pk_buf_add_ident(&column, lost->column);
		pk_buf_addf(&sql, "SELECT pg_catalog.count(t.%s), COALESCE(pg_catalog.sum(pg_catalog.pg_column_size(t.%s)), 0)",
			    column.ptr, column.ptr);
	} else {
		pk_buf_addf(&sql, "SELECT pg_catalog.count(*), %s", bytes_of_table);
	}
	pk_buf_addf(&sql, " FROM %s%s AS t", alone ? "ONLY " : "", table.ptr);
	if (lost->where)
		pk_buf_addf(&sql, " WHERE %s", lost->where);
	if (pk_query(conn, sql.ptr, lost->column ? 0 : 1, params, &rows, err) < 0)
		return -1;
	lost->rows = pk_rows_int(&rows, 0, 0);
	lost->bytes = pk_rows_int(&rows, 0, 1);
	lost->counted = true;
	return 0;
}

/* What cannot be counted, or not soon, keeps its estimate. */
static int try_count(struct pk_conn *conn, struct pk_lost *lost, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (pk_exec(conn, "SAVEPOINT postkit_count", err) < 0)
		return -1;
	if (count(conn, lost, &why) == 0)
		return pk_exec(conn, "RELEASE postkit_count", err);
	if (pk_conn_lost(conn, &why, err))
		return -1;
	return pk_exec(conn, "ROLLBACK TO postkit_count; RELEASE postkit_count", err);
}

/* Those that ask nothing of rows which are there need not be parsed for that. */
static bool asks_rows(const struct pk_step *step)
{
	return step->scan || step->rewrite || (step->rows != 0 && strstr(step->sql, "NOT NULL"));
}

static int find_conflicts(struct pk_conn *conn, const struct pk_plan *plan, double until, struct pk_conflicts *ret,
			  struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;

	for (size_t i = 0; i < plan->n; i++)
		if (asks_rows(&plan->steps[i]) || strstr(plan->steps[i].sql, "NOT VALID") || strstr(plan->steps[i].sql, "DROP"))
			pk_buf_addf(&sql, "%s;\n", plan->steps[i].sql);
	if (pk_sql_split(sql.ptr, NULL, &statements, err) < 0)
		return -1;
	pk_sql_actions(&statements, &actions);
	for (size_t i = 0; i < statements.n && pk_now() < until; i++)
		if (pk_conflict_possible(&actions, i) && pk_conflicts_find(conn, &actions, i, NULL, ret, err) < 0)
			return -1;
	return 0;
}

/* By the names that the tables have after the renames, which are taken back at the end. */
static int weigh(struct pk_conn *conn, const char *renames, struct pk_plan *plan, struct pk_conflicts *conflicts,
		 struct pk_err *err)
{
	double until = pk_now() + ALL_SECONDS;
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (pk_exec(conn, "BEGIN; SET LOCAL row_security = off; SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '" ONE_SECONDS "'",
		    err) < 0)
		return -1;
	if (*renames && pk_exec(conn, renames, &why) < 0)
		return pk_conn_lost(conn, &why, err) ? -1 : 0;
	for (size_t i = 0; i < plan->n && pk_now() < until; i++) {
		if (plan->steps[i].lost.table && try_count(conn, &plan->steps[i].lost, err) < 0)
			return -1;
	}
	return find_conflicts(conn, plan, until, conflicts, err);
}

int pk_plan_weigh(struct pk_conn *conn, const char *renames, struct pk_plan *plan, struct pk_conflicts *conflicts,
		  struct pk_err *err)
{
	bool any = false;
	int rc;

	for (size_t i = 0; i < plan->n; i++)
		any |= plan->steps[i].lost.table || asks_rows(&plan->steps[i]);
	if (!any)
		return 0;
	rc = weigh(conn, renames, plan, conflicts, err);
	if (pk_exec(conn, "ROLLBACK", rc < 0 ? NULL : err) < 0)
		rc = -1;
	return rc < 0 ? pk_err_wrap(err, "what the plan would lose or meet cannot be counted") : 0;
}
