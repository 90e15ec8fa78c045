#include "trace/sampled.h"

#include "trace/measure.h"

void pk_sampled_release(struct pk_sampled *sampled)
{
	for (size_t i = 0; i < sampled->n; i++)
		free(sampled->items[i].relation);
	free(sampled->items);
	*sampled = (struct pk_sampled)PK_SAMPLED_INIT;
}

int pk_sampled_read(struct pk_conn *conn, struct pk_sampled *ret, struct pk_err *err)
{
	static const char sql[] = "SELECT n.nspname, c.relname, greatest(c.reltuples, 0)::bigint, "
				  "s.rows FROM postkit.source_sizes s "
				  "JOIN pg_catalog.pg_class c ON c.oid = s.rel JOIN "
				  "pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
				  "WHERE s.rows > greatest(c.reltuples, 0) ORDER BY s.rows - "
				  "c.reltuples DESC, n.nspname, c.relname";
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *kept = NULL;

	if (pk_query_value(conn, PK_SOURCE_SIZES_KEPT, 0, NULL, &kept, err) < 0)
		return -1;
	if (!pk_streq(kept, "t"))
		return 0;
	if (pk_query(conn, sql, 0, NULL, &rows, err) < 0)
		return -1;
	ret->items = pk_alloc(((size_t)rows.n + 1) * sizeof(*ret->items));
	for (int i = 0; i < rows.n; i++) {
		PK_AUTO(pk_buf) name = PK_BUF_INIT;

		pk_buf_add_qualified(&name, pk_rows_get(&rows, i, 0), pk_rows_get(&rows, i, 1));
		ret->items[ret->n++] = (struct pk_sampled_table){
			.relation = pk_strdup(name.ptr),
			.here = pk_rows_int(&rows, i, 2),
			.there = pk_rows_int(&rows, i, 3),
		};
	}
	return 0;
}

cJSON *pk_sampled_to_json(const struct pk_sampled *sampled)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < sampled->n; i++) {
		cJSON *item = pk_json_add_object(array, NULL);

		pk_json_set_str(item, "relation", sampled->items[i].relation);
		pk_json_set_num(item, "rows_here", (double)sampled->items[i].here);
		pk_json_set_num(item, "rows_there", (double)sampled->items[i].there);
	}
	return array;
}
