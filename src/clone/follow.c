#include "clone/follow.h"

#include "clone/batch.h"
#include "clone/evidence.h"
#include "pg/silence.h"

#define OURS "postkit" /* schema */

void pk_follow_release(struct pk_follow *follow)
{
	pk_buf_release(&follow->sql);
	pk_strv_release(&follow->touched);
	free(follow->doubt);
	*follow = (struct pk_follow)PK_FOLLOW_INIT;
}

/* Names as an array of texts. */
static void add_names(const struct pk_strv *names, struct pk_buf *ret)
{
	pk_buf_add(ret, "ARRAY[");
	for (size_t i = 0; i < names->n; i++) {
		pk_buf_add(ret, i ? ", " : "");
		pk_buf_add_literal(ret, names->items[i]);
	}
	pk_buf_add(ret, "]::text[]");
}

/* What is done to a parent is done to its partitions and heirs. */
static int mark_touched(struct pk_transfer_work *w, const struct pk_strv *touched, bool *changed, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "WITH RECURSIVE touched (oid) AS (SELECT pg_catalog.to_regclass(n)::pg_catalog.oid FROM pg_catalog.unnest(");
	add_names(touched, &sql);
	pk_buf_add(&sql, ") n UNION SELECT i.inhrelid FROM touched t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid) "
			 "SELECT oid FROM touched WHERE oid IS NOT NULL");
	if (pk_query(&w->hold.conn, sql.ptr, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		const struct pk_copy_table *t = pk_copy_tables_find(&w->tables, pk_rows_oid(&rows, i, 0));

		if (t)
			changed[t - w->tables.items] = !t->skip;
	}
	pk_evidence_spread(&w->tables, changed);
	return 0;
}

static void name_tables(const struct pk_copy_tables *tables, const bool *changed, bool wanted, struct pk_buf *ret)
{
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	for (size_t i = 0; i < tables->n; i++) {
		PK_AUTO(pk_buf) name = PK_BUF_INIT;

		pk_buf_add_qualified(&name, tables->items[i].schema, tables->items[i].name);
		if (changed[i] == wanted && !(wanted && tables->items[i].added))
			pk_strv_push(&names, name.ptr);
	}
	add_names(&names, ret);
}

/* One word for the files of the tables that keep their rows. Caller frees. */
static int files_of_others(struct pk_transfer_work *w, const bool *changed, char **ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "SELECT coalesce(pg_catalog.md5(pg_catalog.string_agg(pg_catalog.concat(n, ' ', c.oid, ' ', c.relfilenode), "
			 "E'\\n' ORDER BY n COLLATE \"C\")), '') FROM pg_catalog.unnest(");
	name_tables(&w->tables, changed, false, &sql);
	pk_buf_add(&sql, ") n LEFT JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(n)");
	return pk_query_value(&w->target, sql.ptr, 0, NULL, ret, err);
}

/* Without rows no statement takes long, or fails for what they hold. Those that are new are not there yet. */
static int empty(struct pk_transfer_work *w, const bool *changed, struct pk_err *err)
{
	static const char find[] =
		"SELECT pg_catalog.format('TRUNCATE ONLY %%s', pg_catalog.string_agg(c.oid::pg_catalog.regclass::text, ', ONLY ')), "
		"pg_catalog.string_agg(c.oid::text, ', ') FROM pg_catalog.unnest(%s) n "
		"JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(n) WHERE c.relkind = 'r'";
	PK_AUTO(pk_buf) array = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *sql = NULL, *all = NULL;

	name_tables(&w->tables, changed, true, &array);
	sql = pk_printf(find, array.ptr);
	if (pk_query(&w->target, sql, 0, NULL, &rows, err) < 0)
		return -1;
	if (!pk_rows_get(&rows, 0, 1))
		return 0;
	all = pk_printf("UPDATE pg_catalog.pg_class SET relhastriggers = false WHERE relhastriggers AND oid IN (%s); %s; "
			"UPDATE pg_catalog.pg_class c SET relhastriggers = true WHERE NOT relhastriggers AND oid IN (%s) "
			"AND EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid)",
			pk_rows_get(&rows, 0, 1), pk_rows_get(&rows, 0, 0), pk_rows_get(&rows, 0, 1));
	return pk_exec(&w->target, all, err);
}

static int plan(struct pk_transfer_work *w, struct pk_follow *ret, struct pk_err *err)
{
	PK_AUTO(pk_conn) source = PK_CONN_INIT;

	if (pk_conn_open(&source, w->t->source, err) < 0)
		return -1;
	source.alone = true;
	return w->t->options->follow(&source, &w->target, ret, err);
}

static int is_missing(struct pk_conn *target, const struct pk_ddl_entry *e, bool *ret, struct pk_err *err)
{
	PK_FREE char *name = pk_strndup(e->name, e->name_len), *there = NULL;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	const char *params[1];

	*ret = false;
	if (pk_ddl_is(e, "SCHEMA") && pk_streq(name, OURS))
		pk_buf_add(&sql, "SELECT pg_catalog.to_regnamespace($1)::text");
	else if (pk_ddl_is(e, "TABLE") && pk_ddl_in(e, OURS))
		pk_buf_add(&sql, "SELECT pg_catalog.to_regclass('" OURS ".' || pg_catalog.quote_ident($1))::text");
	else
		return 0;
	params[0] = name;
	if (pk_query_value(target, sql.ptr, 1, params, &there, err) < 0)
		return -1;
	*ret = !there;
	return 0;
}

/* What is kept in a database that is deployed to, which pictures of its schema leave out. */
static int make_ours(struct pk_conn *target, const struct pk_structure *structure, struct pk_err *err)
{
	const struct pk_ddl *const scripts[] = { &structure->pre, &structure->post };
	PK_FREE int *made = pk_alloc((structure->pre.n + structure->post.n + 1) * sizeof(*made));
	PK_AUTO(pk_batch) batch = PK_BATCH_INIT(target);
	size_t n = 0;

	for (size_t i = 0; i < PK_COUNT(scripts); i++)
		for (size_t k = 0; k < scripts[i]->n; k++) {
			const struct pk_ddl_entry *e = &scripts[i]->items[k];
			bool missing;

			if (is_missing(target, e, &missing, err) < 0)
				return -1;
			if (!missing && !pk_ddl_needs(e, made, n))
				continue;
			made[n++] = e->id;
			if (pk_batch_add(&batch, e, NULL, err) < 0)
				return -1;
		}
	return pk_batch_run(&batch, err);
}

int pk_follow_run(struct pk_transfer_work *w, const struct pk_structure *structure, bool *changed, char **ret_doubt,
		  struct pk_err *err)
{
	PK_AUTO(pk_follow) follow = PK_FOLLOW_INIT;
	PK_FREE char *before = NULL, *after = NULL;

	pk_progress_start(w->t->options->progress, "changing the schema", 0);
	if (plan(w, &follow, err) < 0 || make_ours(&w->target, structure, err) < 0)
		return -1;
	*ret_doubt = pk_take(&follow.doubt);
	if (*ret_doubt)
		return 0;
	if (mark_touched(w, &follow.touched, changed, err) < 0 || pk_pour_settings(&w->pour, &w->target, err) < 0 ||
	    empty(w, changed, err) < 0 || files_of_others(w, changed, &before, err) < 0 ||
	    (follow.sql.len && pk_exec_silently(&w->target, follow.sql.ptr, err) < 0) ||
	    files_of_others(w, changed, &after, err) < 0)
		return -1;
	if (!pk_streq(before, after))
		*ret_doubt = pk_strdup("the schema has changed, and more than the tables that it was seen to change were written anew");
	return 0;
}

int pk_follow_check(struct pk_transfer_work *w, const char *structure, bool *ret, struct pk_err *err)
{
	PK_AUTO(pk_hold) hold = PK_HOLD_INIT;
	PK_AUTO(pk_copy_tables) tables = PK_COPY_TABLES_INIT;
	PK_AUTO(pk_structure) is = PK_STRUCTURE_INIT;
	PK_AUTO(pk_follow) follow = PK_FOLLOW_INIT;
	PK_FREE char *word = NULL;

	*ret = false;
	if (plan(w, &follow, err) < 0)
		return -1;
	if (follow.sql.len || follow.doubt)
		return 0;
	hold.encoding = w->hold.encoding;
	if (pk_hold_open(&hold, w->t->target, &tables, err) < 0 || pk_dump_take(&w->dump, w->t->target, &hold, err) < 0 ||
	    pk_dump_scripts(&w->dump, &is, err) < 0 ||
	    pk_structure_sort(&is, &hold.conn, &tables, w->t->unfilled, err) < 0)
		return -1;
	word = pk_copied_structure(&is);
	*ret = pk_streq(word, structure);
	return 0;
}
