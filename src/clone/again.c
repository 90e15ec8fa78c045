#include "clone/again.h"

#include "base/map.h"
#include "clone/beside.h"
#include "clone/views.h"
#include "pg/silence.h"
#include "pg/sqlstate.h"

/* Several literals of names, as an array of OIDs. */
static void add_name(struct pk_buf *list, const char *schema, const char *name)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_buf_add_qualified(&text, schema, name);
	pk_buf_add(list, list->len ? ", " : "");
	pk_buf_add_literal(list, text.ptr);
	pk_buf_add(list, "::pg_catalog.regclass");
}

static void list_changed(const struct pk_again *again, const struct pk_copy_tables *tables, bool roots, struct pk_buf *ret)
{
	for (size_t i = 0; i < tables->n; i++) {
		const struct pk_copy_table *t = &tables->items[i];

		if (!again->changed[i])
			continue;
		add_name(ret, t->schema, t->name);
		if (roots && t->root_name)
			add_name(ret, t->root_schema, t->root_name);
	}
}

/* Worth it where there are many rows: then indexes are built after them. */
static bool builds_after(const struct pk_copy_table *t)
{
	return t->bytes > PK_UNIT_SMALL && !t->added && !t->root_name;
}

/* ---- emptying ---- */

/*
 * Without relhastriggers no trigger fires, not even one that always does, and TRUNCATE does not ask who refers to the
 * table: foreign keys hold in the new snapshot, and both sides are of it. What was never validated need not hold for rows
 * that are there: without relchecks the server looks for no checks, without attnotnull for no NULL, and it passes over
 * constraints of domains that are no checks.
 */
static const char loosen_sql[] =
	"UPDATE pg_catalog.pg_class SET relhastriggers = false WHERE relhastriggers AND oid IN (%s);\n"
	"UPDATE pg_catalog.pg_class c SET relchecks = 0 FROM pg_catalog.pg_constraint k "
	"WHERE k.conrelid = c.oid AND k.contype = 'c' AND NOT k.convalidated AND c.oid IN (%s);\n"
	"UPDATE pg_catalog.pg_attribute a SET attnotnull = false FROM pg_catalog.pg_constraint k "
	"WHERE k.conrelid = a.attrelid AND a.attnum = k.conkey[1] AND k.contype = 'n' AND NOT k.convalidated "
	"AND a.attrelid IN (%s);\n"
	"UPDATE pg_catalog.pg_constraint SET contype = 'x' WHERE contypid <> 0 AND contype = 'c' AND NOT convalidated";
static const char tighten_sql[] =
	"UPDATE pg_catalog.pg_class c SET relhastriggers = true WHERE NOT relhastriggers AND oid IN (%s) "
	"AND EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid);\n"
	"UPDATE pg_catalog.pg_class c SET relchecks = k.n FROM (SELECT conrelid, pg_catalog.count(*) AS n "
	"FROM pg_catalog.pg_constraint WHERE contype = 'c' GROUP BY conrelid) k "
	"WHERE k.conrelid = c.oid AND c.relchecks = 0 AND c.oid IN (%s);\n"
	"UPDATE pg_catalog.pg_attribute a SET attnotnull = true FROM pg_catalog.pg_constraint k "
	"WHERE k.conrelid = a.attrelid AND a.attnum = k.conkey[1] AND k.contype = 'n' AND NOT a.attnotnull "
	"AND a.attrelid IN (%s);\n"
	"UPDATE pg_catalog.pg_constraint SET contype = 'c' WHERE contypid <> 0 AND contype = 'x'";

static int set_rules(const struct pk_again *again, const struct pk_copy_tables *tables, bool loose, struct pk_conn *target,
		     struct pk_err *err)
{
	PK_AUTO(pk_buf) names = PK_BUF_INIT;
	PK_FREE char *sql = NULL;

	list_changed(again, tables, true, &names);
	sql = pk_printf(loose ? loosen_sql : tighten_sql, names.ptr, names.ptr, names.ptr);
	return pk_exec(target, sql, err);
}

static int empty(const struct pk_again *again, const struct pk_copy_tables *tables, struct pk_conn *target,
		 struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (set_rules(again, tables, true, target, err) < 0)
		return -1;
	for (size_t i = 0; i < tables->n; i++) {
		const struct pk_copy_table *t = &tables->items[i];

		if (!again->changed[i])
			continue;
		pk_buf_add(&sql, t->added ? "DELETE FROM ONLY " : "TRUNCATE ONLY ");
		pk_buf_add_qualified(&sql, t->schema, t->name);
		if (t->added && t->added_where)
			pk_buf_addf(&sql, " WHERE %s", t->added_where);
		pk_buf_add(&sql, ";\n");
		if (builds_after(t))
			pk_unit_unready(t, &sql);
		/* Locks that a transaction holds have an end. */
		if (sql.len > 8192 && pk_exec(target, sql.ptr, err) < 0)
			return -1;
		if (sql.len > 8192)
			pk_buf_clear(&sql);
	}
	return sql.len ? pk_exec(target, sql.ptr, err) : 0;
}

/* ---- indexes ---- */

static void add_build(struct pk_structure *s, size_t table, const char *index, struct pk_buf *text)
{
	struct pk_ddl_entry *e;

	s->post.items = pk_realloc_array(s->post.items, s->post.n + 1, sizeof(*s->post.items));
	e = &s->post.items[s->post.n++];
	*e = (struct pk_ddl_entry){ .type = "INDEX", .oid = (uint32_t)table, .name_len = strlen(index) };
	e->len = strlen("REINDEX INDEX ") + e->name_len;
	pk_buf_addf(text, "REINDEX INDEX %s\n", index);
}

/* What they are built with stands where the copy has what pg_dump says. */
static int list_builds(const struct pk_again *again, struct pk_transfer_work *w, struct pk_err *err)
{
	const struct pk_copy_tables *tables = &w->tables;
	struct pk_structure *s = &w->structure;
	const char *at;

	s->first = pk_alloc((tables->n + 1) * sizeof(*s->first));
	for (size_t i = 0; i < tables->n; i++) {
		PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
		PK_AUTO(pk_buf) name = PK_BUF_INIT;
		const char *params[1];

		s->first[i] = s->post.n;
		if (!again->changed[i] || !builds_after(&tables->items[i]))
			continue;
		pk_buf_add_qualified(&name, tables->items[i].schema, tables->items[i].name);
		params[0] = name.ptr;
		if (pk_query(&w->target,
			     "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_index i "
			     "JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n "
			     "ON n.oid = c.relnamespace WHERE i.indrelid = $1::pg_catalog.regclass ORDER BY c.oid",
			     1, params, &rows, err) < 0)
			return -1;
		for (int r = 0; r < rows.n; r++)
			add_build(s, i, pk_rows_get(&rows, r, 0), &s->post.text);
	}
	s->first[tables->n] = s->n_builds = s->post.n;
	s->builds = pk_alloc((s->post.n + 1) * sizeof(*s->builds));
	at = s->post.text.ptr;
	for (size_t i = 0; i < s->post.n; i++) {
		struct pk_ddl_entry *e = &s->post.items[i];

		e->sql = at;
		e->name = at + (e->len - e->name_len);
		at += e->len + 1;
		s->builds[i] = (struct pk_build){ .table = e->oid, .entry = e };
	}
	return 0;
}

/* ---- rows ---- */

static int pour(const struct pk_again *again, struct pk_transfer_work *w, struct pk_err *err)
{
	PK_FREE bool *left_out = pk_alloc((w->tables.n + 1) * sizeof(*left_out));
	int status;

	for (size_t i = 0; i < w->tables.n; i++) {
		left_out[i] = w->tables.items[i].skip;
		w->tables.items[i].skip = !again->changed[i];
	}
	w->pour.terms.again = true;
	status = pk_pour_run(&w->pour, err);
	for (size_t i = 0; i < w->tables.n; i++)
		w->tables.items[i].skip = left_out[i];
	return status < 0 ? pk_hold_hint(err) : 0;
}

/* Many at once hold many locks. */
static int drop_large(struct pk_conn *target, struct pk_err *err)
{
	PK_FREE char *n = NULL;

	do {
		free(n);
		n = NULL;
		if (pk_query_value(target,
				   "SELECT pg_catalog.count(pg_catalog.lo_unlink(oid)) FROM (SELECT oid "
				   "FROM pg_catalog.pg_largeobject_metadata ORDER BY oid LIMIT 1000) o",
				   0, NULL, &n, err) < 0)
			return -1;
	} while (!pk_streq(n, "0"));
	return 0;
}

/* ---- sequences ---- */

/*
 * What setval() does stays, whatever becomes of the transaction; but not on a sequence that has a new file in it. So only
 * those that differ get one.
 */
static int set_sequences_inside(const struct pk_strv *wanted, struct pk_conn *target, struct pk_err *err)
{
	PK_AUTO(pk_strv) has = PK_STRV_INIT;
	PK_AUTO(pk_map) there = PK_MAP_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (!wanted->n)
		return 0;
	if (pk_beside_sequence_values(target, &has, err) < 0)
		return -1;
	for (size_t i = 0; i + 1 < has.n; i += 2)
		pk_map_set(&there, has.items[i], has.items[i + 1]);
	for (size_t i = 0; i + 1 < wanted->n; i += 2) {
		if (pk_streq(pk_map_get(&there, wanted->items[i]), wanted->items[i + 1]))
			continue;
		pk_buf_addf(&sql, "ALTER SEQUENCE %s RESTART;\n", wanted->items[i]);
		pk_beside_set_sequence(wanted->items[i], wanted->items[i + 1], &sql);
	}
	return sql.len ? pk_exec(target, sql.ptr, err) : 0;
}

static int set_sequences(const struct pk_again *again, struct pk_transfer_work *w, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (again->inside)
		return set_sequences_inside(&again->sequences, &w->target, err);
	for (size_t i = 0; i + 1 < again->sequences.n; i += 2)
		pk_beside_set_sequence(again->sequences.items[i], again->sequences.items[i + 1], &sql);
	return sql.len ? pk_exec(&w->target, sql.ptr, err) : 0;
}

/* ---- keys ---- */

/* Between ordinary tables, as in a copy of all: where not all rows of a side came, and one of them was copied again. */
static const char keys_sql[] =
	"SELECT k.oid, pg_catalog.format('%%I.%%I', n.nspname, c.relname), pg_catalog.quote_ident(k.conname), "
	"pg_catalog.concat_ws('.', n.nspname, c.relname, k.conname) "
	"FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid "
	"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_class p ON p.oid = k.confrelid "
	"WHERE k.contype = 'f' AND k.convalidated AND k.conparentid = 0 AND c.relkind = 'r' AND p.relkind = 'r' "
	"AND NOT c.relispartition AND NOT p.relispartition "
	"AND ARRAY[k.conrelid, k.confrelid] && ARRAY[%s]::oid[] AND ARRAY[k.conrelid, k.confrelid] && ARRAY[%s]::oid[] "
	"ORDER BY k.oid";

/* Looked at as if it were new; one that does not hold is told, and counts as valid as in a copy of all. */
static int look_at_key(struct pk_conn *target, const struct pk_rows *rows, int row, struct pk_strv *ret, struct pk_err *err)
{
	PK_FREE char *sql = pk_printf("UPDATE pg_catalog.pg_constraint SET convalidated = false WHERE oid = %s; "
				      "ALTER TABLE ONLY %s VALIDATE CONSTRAINT %s",
				      pk_rows_get(rows, row, 0), pk_rows_get(rows, row, 1), pk_rows_get(rows, row, 2));
	PK_AUTO(pk_err) e = PK_ERR_INIT;

	if (pk_exec_silently(target, sql, &e) == 0)
		return 0;
	if (!pk_streq(e.sqlstate, PK_SQLSTATE_FOREIGN_KEY_VIOLATION))
		return pk_err_move(err, &e);
	if (ret)
		pk_strv_push(ret, pk_rows_get(rows, row, 3));
	return 0;
}

/*
 * Keys from or to partitioned tables and their parts, as a query each for a row that has none to refer to; NULL: it is
 * no comparison of columns. A partitioned table counts as touched where a part of it is.
 */
static const char part_keys_sql[] =
	"WITH RECURSIVE narrowed (oid) AS (SELECT pg_catalog.unnest(ARRAY[%s]::oid[]) UNION SELECT i.inhparent FROM narrowed n "
	"JOIN pg_catalog.pg_inherits i ON i.inhrelid = n.oid), "
	"changed (oid) AS (SELECT pg_catalog.unnest(ARRAY[%s]::oid[]) UNION SELECT i.inhparent FROM changed n "
	"JOIN pg_catalog.pg_inherits i ON i.inhrelid = n.oid) "
	"SELECT pg_catalog.concat_ws('.', n.nspname, c.relname, k.conname), "
	"CASE WHEN NOT coalesce((pg_catalog.to_jsonb(k) ->> 'conperiod')::boolean, false) THEN pg_catalog.format("
	"'SELECT 1 FROM %%s %%I.%%I f WHERE (%%s) AND NOT EXISTS (SELECT FROM %%s %%I.%%I p WHERE %%s) LIMIT 1', "
	"CASE c.relkind WHEN 'r' THEN 'ONLY' ELSE '' END, n.nspname, c.relname, x.given, "
	"CASE r.relkind WHEN 'r' THEN 'ONLY' ELSE '' END, m.nspname, r.relname, x.same) END "
	"FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid "
	"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_class r ON r.oid = k.confrelid "
	"JOIN pg_catalog.pg_namespace m ON m.oid = r.relnamespace, LATERAL (SELECT "
	"pg_catalog.string_agg(pg_catalog.format('f.%%I IS NOT NULL', f.attname), "
	"CASE k.confmatchtype WHEN 'f' THEN ' OR ' ELSE ' AND ' END) AS given, "
	"pg_catalog.string_agg(pg_catalog.format('p.%%I%%s OPERATOR(%%I.%%s) f.%%I', p.attname, "
	"CASE WHEN p.attcollation <> f.attcollation AND p.attcollation <> 0 THEN (SELECT pg_catalog.format(' COLLATE %%I.%%I', "
	"q.nspname, l.collname) FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace q ON q.oid = l.collnamespace "
	"WHERE l.oid = p.attcollation) ELSE '' END, w.nspname, o.oprname, f.attname), ' AND ') AS same "
	"FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey), "
	"pg_catalog.unnest(k.conpfeqop)) u (key, refkey, op) "
	"JOIN pg_catalog.pg_attribute f ON f.attrelid = k.conrelid AND f.attnum = u.key "
	"JOIN pg_catalog.pg_attribute p ON p.attrelid = k.confrelid AND p.attnum = u.refkey "
	"JOIN pg_catalog.pg_operator o ON o.oid = u.op JOIN pg_catalog.pg_namespace w ON w.oid = o.oprnamespace) x "
	"WHERE k.contype = 'f' AND k.convalidated AND k.conparentid = 0 "
	"AND (c.relkind = 'p' OR r.relkind = 'p' OR c.relispartition OR r.relispartition) "
	"AND (k.conrelid IN (SELECT oid FROM narrowed) OR k.confrelid IN (SELECT oid FROM narrowed)) "
	"AND (k.conrelid IN (SELECT oid FROM changed) OR k.confrelid IN (SELECT oid FROM changed)) ORDER BY k.oid";

/* Such a key cannot be left out of a copy of all, which fails where it does not hold: so does this. */
static int look_at_part_keys(struct pk_conn *target, const char *narrowed, const char *changed, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *sql = pk_printf(part_keys_sql, narrowed, changed);

	if (pk_query(target, sql, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		PK_FREE char *found = NULL;

		if (!pk_rows_get(&rows, i, 1)) {
			pk_err_set(err, "whether %s holds with the rows that have changed is not known", pk_rows_get(&rows, i, 0));
			return pk_err_hint(err, "copy all of it: --fresh");
		}
		if (pk_query_value(target, pk_rows_get(&rows, i, 1), 0, NULL, &found, err) < 0)
			return -1;
		if (!found)
			continue;
		pk_err_set(err, "%s does not hold with the rows that are copied", pk_rows_get(&rows, i, 0));
		return pk_err_hint(err, "rows refer to rows that were left out: leave them out as well");
	}
	return 0;
}

static int look_at_keys(const struct pk_again *again, struct pk_transfer_work *w, struct pk_err *err)
{
	PK_AUTO(pk_buf) changed = PK_BUF_INIT, narrowed = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *sql = NULL;

	list_changed(again, &w->tables, false, &changed);
	for (size_t i = 0; i < w->tables.n; i++)
		if (pk_copy_table_narrowed(&w->tables.items[i]))
			add_name(&narrowed, w->tables.items[i].schema, w->tables.items[i].name);
	if (!changed.len || !narrowed.len)
		return 0;
	if (look_at_part_keys(&w->target, narrowed.ptr, changed.ptr, err) < 0)
		return -1;
	sql = pk_printf(keys_sql, narrowed.ptr, changed.ptr);
	if (pk_query(&w->target, sql, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		if (look_at_key(&w->target, &rows, i, w->t->options->unproven, err) < 0)
			return -1;
	return 0;
}

/* ---- what was made of the rows ---- */

/*
 * Materialized views that read what has changed, and those of which that is not known: functions read what they like,
 * unless they are immutable. The order in which the copy made them is as good as any.
 */
static const char views_sql[] =
	"WITH RECURSIVE views AS (SELECT w.oid AS rule, c.oid FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class c "
	"ON c.oid = w.ev_class WHERE c.relkind IN ('v', 'm') AND c.oid >= 16384), "
	"needs AS (SELECT v.oid, d.refclassid, d.refobjid FROM views v JOIN pg_catalog.pg_depend d "
	"ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = v.rule), "
	"touched (oid) AS (SELECT o FROM pg_catalog.unnest(%s) o UNION "
	"SELECT n.oid FROM needs n LEFT JOIN pg_catalog.pg_operator o ON o.oid = n.refobjid "
	"AND n.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass JOIN pg_catalog.pg_proc p "
	"ON p.oid = coalesce(o.oprcode::oid, CASE WHEN n.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass "
	"THEN n.refobjid END) WHERE p.provolatile <> 'i' OR p.prokind = 'a' "
	"UNION SELECT v.oid FROM views v WHERE pg_catalog.pg_get_viewdef(v.oid) ~ '_to_xml|ts_stat|ts_rewrite|lo_get|loread' "
	"UNION SELECT x.oid FROM touched t, LATERAL (SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid = t.oid "
	"UNION ALL SELECT n.oid FROM needs n WHERE n.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass "
	"AND n.refobjid = t.oid) x (oid)) "
	"SELECT c.oid, pg_catalog.format('%%I.%%I', n.nspname, c.relname) FROM touched t "
	"JOIN pg_catalog.pg_class c USING (oid) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	"WHERE c.relkind = 'm' AND c.relispopulated GROUP BY c.oid, n.nspname, c.relname ORDER BY c.oid";

/* As touched, all of them. */
static const char all_views[] = "SELECT oid FROM pg_catalog.pg_class WHERE relkind = 'm'";

static int fill_views(const struct pk_again *again, struct pk_transfer_work *w, const char *changed,
		      struct pk_buf *ret_oids, struct pk_err *err)
{
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *array = pk_printf("ARRAY[%s]::oid[]", changed);
	PK_FREE char *all = pk_printf("ARRAY(%s)", all_views), *sql = pk_printf(views_sql, again->views ? all : array), *any = NULL;

	if (pk_query_value(&w->target, "SELECT 1 FROM pg_catalog.pg_class WHERE relkind = 'm' AND relispopulated LIMIT 1", 0,
			   NULL, &any, err) < 0)
		return -1;
	if (!any)
		return 0;
	if (pk_query(&w->target, sql, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		pk_strv_push(&names, pk_rows_get(&rows, i, 1));
		pk_buf_addf(ret_oids, "%s%s", ret_oids->len ? "," : "", pk_rows_get(&rows, i, 0));
	}
	return pk_views_fill(&w->pour, &w->target, &names, err);
}

static int finish(const struct pk_again *again, struct pk_transfer_work *w, struct pk_err *err)
{
	PK_AUTO(pk_buf) changed = PK_BUF_INIT, oids = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *sql = NULL;

	list_changed(again, &w->tables, false, &changed);
	if (!changed.len && !again->large && !again->views)
		return 0;
	if (fill_views(again, w, changed.len ? changed.ptr : "", &oids, err) < 0)
		return -1;
	sql = pk_printf("SELECT o::pg_catalog.oid FROM pg_catalog.unnest(ARRAY[%s]::oid[]) o",
			changed.len ? changed.ptr : "");
	if (pk_query(&w->target, sql, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		pk_buf_addf(&oids, "%s%s", oids.len ? "," : "", pk_rows_get(&rows, i, 0));
	return oids.len ? pk_transfer_gather(&w->pour, &w->target, oids.ptr, w->t->options->notes, err) : 0;
}

int pk_again_run(const struct pk_again *again, struct pk_transfer_work *w, struct pk_err *err)
{
	const struct pk_copy_options *o = w->t->options;
	bool any = false;

	w->pour.inside = again->inside ? &w->target : NULL;
	for (size_t i = 0; i < w->tables.n; i++)
		any = any || again->changed[i];
	if (pk_pour_settings(&w->pour, &w->target, err) < 0 || (any && empty(again, &w->tables, &w->target, err) < 0) ||
	    list_builds(again, w, err) < 0)
		return -1;
	if (again->large && (drop_large(&w->target, err) < 0 ||
			     pk_beside_large(&w->hold.conn, &w->target, true, &w->pour.large, err) < 0))
		return -1;
	w->pour.large = w->pour.large && !o->no_large;
	if ((any || w->pour.large) && pour(again, w, err) < 0)
		return -1;
	/* Nothing of the source is needed any more. */
	pk_hold_release(&w->hold);
	pk_progress_start(o->progress, "finishing", 0);
	if ((any && set_rules(again, &w->tables, false, &w->target, err) < 0) ||
	    set_sequences(again, w, err) < 0)
		return pk_err_wrap(err, "cannot bring the template up to date");
	return look_at_keys(again, w, err) < 0 ? -1 : finish(again, w, err);
}
