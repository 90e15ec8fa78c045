#include "clone/row_places.h"

#include "pg/pump.h"

void pk_row_places_release(struct pk_row_places *places)
{
	pk_conn_release(&places->conn);
}

int pk_row_places_open(struct pk_row_places *places, const struct pk_conninfo *target, struct pk_err *err)
{
	if (pk_conn_open(&places->conn, target, err) < 0 || pk_hold_settings(&places->conn, "UTF8", NULL, err) < 0)
		return -1;
	return pk_exec(&places->conn,
		       "CREATE TEMPORARY TABLE pk_place (rel oid, tid tid, round integer, PRIMARY KEY (rel, tid)); "
		       "CREATE INDEX pk_place_round ON pk_place (round, rel, tid); "
		       "CREATE TEMPORARY TABLE pk_found (rel oid, tid tid)",
		       err);
}

/* ---- what comes from the source ---- */

struct one {
	struct pk_hold *source;
	const char *from, *into;
};

static int next(void *arg, int lane, struct pk_pump_task *ret, struct pk_err *err)
{
	struct one *one = arg;

	(void)lane;
	(void)err;
	if (!one->from)
		return 0;
	ret->what = pk_strdup("choose rows");
	ret->from = pk_strdup(one->from);
	ret->into = pk_strdup(one->into);
	one->from = NULL;
	return 1;
}

static int done(void *arg, int lane, const struct pk_pump_task *task, struct pk_err *err)
{
	(void)arg;
	(void)lane;
	(void)task;
	(void)err;
	return 0;
}

static int moved(void *arg, int lane, size_t bytes, struct pk_err *err)
{
	const struct one *one = arg;

	(void)lane;
	(void)bytes;
	return pk_hold_check(one->source, err);
}

int pk_row_places_add(struct pk_row_places *places, struct pk_hold *source, const char *query, int round, int64_t *ret_n,
		  struct pk_err *err)
{
	PK_FREE char *from = pk_printf("COPY (%s) TO STDOUT", query);
	struct one one = { source, from, "COPY pk_found FROM STDIN" };
	struct pk_pump_lane lane = { &source->conn, &places->conn };
	const struct pk_pump pump = { .lanes = &lane, .n = 1, .next = next, .done = done, .moved = moved, .arg = &one };
	PK_FREE char *insert = pk_printf("INSERT INTO pk_place SELECT rel, tid, %d FROM pk_found ON CONFLICT DO NOTHING", round);
	int64_t n;

	if (pk_hold_look(source, err) < 0)
		return -1;
	if (pk_pump_run(&pump, err) < 0)
		return pk_hold_late(source, err);
	if (pk_hold_looked(source, err) < 0 || pk_exec_count(&places->conn, insert, &n, err) < 0)
		return -1;
	if (ret_n)
		*ret_n = n;
	return pk_exec(&places->conn, "TRUNCATE pk_found", err);
}

/* ---- what is there ---- */

int pk_row_places_clear(struct pk_row_places *places, struct pk_err *err)
{
	return pk_exec(&places->conn, "TRUNCATE pk_place", err);
}

int pk_row_places_count(struct pk_row_places *places, uint32_t table, int64_t *ret, struct pk_err *err)
{
	PK_FREE char *oid = pk_printf("%u", table), *n = NULL;
	const char *const params[] = { oid };

	if (pk_query_value(&places->conn, "SELECT pg_catalog.count(*) FROM pk_place WHERE rel = $1::oid", 1, params, &n, err) < 0)
		return -1;
	*ret = strtoll(n, NULL, 10);
	return 0;
}

int pk_row_places_tables(struct pk_row_places *places, int round, struct pk_strv *ret, struct pk_err *err)
{
	PK_FREE char *number = pk_printf("%d", round);
	const char *const params[] = { number };
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(&places->conn, "SELECT DISTINCT rel FROM pk_place WHERE round = $1::integer ORDER BY rel", 1, params,
		     &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		pk_strv_push(ret, pk_rows_get(&rows, i, 0));
	return 0;
}

#define ARRAY "'{' || pg_catalog.string_agg('\"' || tid || '\"', ',' ORDER BY tid) || '}'"

int pk_row_places_next(struct pk_row_places *places, const char *table, int round, char **last, char **ret,
		       struct pk_err *err)
{
	PK_FREE char *number = pk_printf("%d", round), *limit = pk_printf("%d", PK_ROW_PLACES_BATCH);
	const char *const params[] = { table, number, *last ? *last : "(0,0)", limit };
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(&places->conn,
		     "SELECT " ARRAY ", (pg_catalog.array_agg(tid ORDER BY tid DESC))[1] FROM (SELECT tid FROM pk_place "
		     "WHERE rel = $1::oid AND round = $2::integer AND tid > $3::tid ORDER BY tid LIMIT $4::integer) b",
		     4, params, &rows, err) < 0)
		return -1;
	free(*last);
	*last = pk_strdup(pk_rows_get(&rows, 0, 1));
	*ret = pk_strdup(pk_rows_get(&rows, 0, 0));
	return 0;
}

int pk_row_places_settle(struct pk_row_places *places, struct pk_copy_tables *tables, struct pk_err *err)
{
	PK_FREE char *number = pk_printf("CREATE TEMPORARY TABLE pk_batch AS SELECT rel, tid, (pg_catalog.row_number() OVER "
					 "(PARTITION BY rel ORDER BY tid) - 1) / %d AS batch FROM pk_place; "
					 "CREATE INDEX pk_batch_rel ON pk_batch (rel, batch); DROP TABLE pk_place",
					 PK_ROW_PLACES_BATCH);
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_exec(&places->conn, number, err) < 0 ||
	    pk_query(&places->conn, "SELECT rel, pg_catalog.max(batch) + 1, pg_catalog.count(*) FROM pk_batch GROUP BY rel", 0,
		     NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		struct pk_copy_table *t = pk_copy_tables_find(tables, pk_rows_oid(&rows, i, 0));

		if (!t)
			return pk_err_set(err, "rows of a table were chosen that is not copied");
		t->batches = pk_rows_int(&rows, i, 1);
	}
	return 0;
}

int pk_row_places_batch(struct pk_row_places *places, uint32_t table, int64_t n, char **ret, struct pk_err *err)
{
	PK_FREE char *oid = pk_printf("%u", table), *number = pk_printf("%lld", (long long)n);
	const char *const params[] = { oid, number };

	return pk_query_value(&places->conn, "SELECT " ARRAY " FROM pk_batch WHERE rel = $1::oid AND batch = $2::bigint", 2,
			      params, ret, err);
}
