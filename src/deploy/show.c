#include "deploy/show.h"

#include "base/buf.h"
#include "base/text.h"

#define BLOCKS_FORMAT "git postkit: %llu of %llu blocks" /* of templates/pattern/batches.sql */

void pk_deploy_show_release(struct pk_deploy_show *show)
{
	free(show->title);
	*show = (struct pk_deploy_show)PK_DEPLOY_SHOW_INIT;
}

void pk_deploy_show_stop(struct pk_deploy_show *show)
{
	if (!show->title)
		return;
	pk_progress_stop(show->progress);
	free(show->title);
	show->title = NULL;
}

static void put(struct pk_deploy_show *show, const char *title, uint64_t done, uint64_t total)
{
	if (!pk_streq(show->title, title)) {
		pk_deploy_show_stop(show);
		show->title = pk_strdup(title);
		pk_progress_start(show->progress, title, total);
	}
	pk_progress_update(show->progress, done, NULL);
}

static uint64_t number(const struct pk_rows *rows, int column)
{
	const char *text = pk_rows_get(rows, 0, column);

	return text ? strtoull(text, NULL, 10) : 0;
}

/* Each phase counts anew, in blocks or in tuples, or not at all where it waits. */
static void put_index(struct pk_deploy_show *show, const struct pk_rows *rows)
{
	PK_FREE char *title =
		pk_printf("%s: %s", pk_rows_get(rows, 0, 1) ? pk_rows_get(rows, 0, 1) : "index",
			  pk_rows_get(rows, 0, 2));
	bool blocks = number(rows, 4) > 0;

	put(show, title, number(rows, blocks ? 3 : 5), number(rows, blocks ? 4 : 6));
}

int pk_deploy_show_look(struct pk_deploy_show *show, struct pk_conn *conn, const char *pid)
{
	static const char sql[] =
		"SELECT a.application_name, c.relname, p.phase, p.blocks_done, p.blocks_total, "
		"p.tuples_done,"
		" p.tuples_total FROM pg_catalog.pg_stat_activity a"
		" LEFT JOIN pg_catalog.pg_stat_progress_create_index p ON p.pid = a.pid"
		" LEFT JOIN pg_catalog.pg_class c ON c.oid = p.index_relid WHERE a.pid = "
		"$1::pg_catalog.int4";
	static const char sql_11[] =
		"SELECT a.application_name, NULL, NULL FROM pg_catalog.pg_stat_activity a WHERE "
		"a.pid = $1::pg_catalog.int4";
	const char *params[] = { pid }, *name;
	unsigned long long done, total;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (!show->progress)
		return 0;
	if (pk_query(conn, conn->version >= 120000 ? sql : sql_11, 1, params, &rows, NULL) < 0)
		return -1;
	name = rows.n ? pk_rows_get(&rows, 0, 0) : NULL;
	if (rows.n && pk_rows_get(&rows, 0, 2))
		put_index(show, &rows);
	else if (name && sscanf(name, BLOCKS_FORMAT, &done, &total) == 2)
		put(show, "backfill", done, total);
	return 0;
}
