#include "clone/structure.h"
#include "clone/batch.h"

#define REFRESH "REFRESH MATERIALIZED VIEW "

void pk_structure_release(struct pk_structure *s)
{
	for (size_t i = 0; i < s->n_keys; i++) {
		free(s->keys[i].schema);
		free(s->keys[i].table);
		free(s->keys[i].name);
	}
	free(s->keys);
	free(s->builds);
	free(s->first);
	free(s->rest);
	for (size_t i = 0; i < s->n_filled; i++)
		free(s->filled[i].sql);
	free(s->filled);
	pk_ddl_release(&s->pre);
	pk_ddl_release(&s->post);
	pk_ddl_release(&s->bare);
	*s = (struct pk_structure)PK_STRUCTURE_INIT;
}

/* ---- who makes what ---- */

static bool names(const struct pk_ddl_entry *e, const char *what)
{
	return e->name_len > strlen(what) && strncmp(e->name, what, strlen(what)) == 0;
}

/* So that they do not fire before. */
static bool is_late(const struct pk_ddl_entry *e)
{
	return pk_ddl_is(e, "EVENT TRIGGER") || (pk_ddl_is(e, "COMMENT") && names(e, "EVENT TRIGGER "));
}

struct belonging {
	uint32_t class_oid, oid, table;
};

static int by_oid(const void *a, const void *b)
{
	const struct belonging *x = a, *y = b;

	if (x->class_oid != y->class_oid)
		return x->class_oid < y->class_oid ? -1 : 1;
	return x->oid < y->oid ? -1 : x->oid > y->oid;
}

/* Indexes and keys with their tables. */
static int read_belongings(struct pk_conn *source, struct belonging **ret, size_t *ret_n, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(source,
		     "SELECT 1259, indexrelid, indrelid FROM pg_catalog.pg_index WHERE indrelid >= 16384 "
		     "UNION ALL SELECT 2606, oid, conrelid FROM pg_catalog.pg_constraint WHERE contype IN ('p', 'u', 'x')",
		     0, NULL, &rows, err) < 0)
		return -1;
	*ret = pk_alloc((size_t)(rows.n + 1) * sizeof(**ret));
	*ret_n = (size_t)rows.n;
	for (int i = 0; i < rows.n; i++)
		(*ret)[i] = (struct belonging){ pk_rows_oid(&rows, i, 0), pk_rows_oid(&rows, i, 1), pk_rows_oid(&rows, i, 2) };
	qsort(*ret, *ret_n, sizeof(**ret), by_oid);
	return 0;
}

static int by_table(const void *a, const void *b)
{
	const struct pk_build *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return x->entry < y->entry ? -1 : 1;
}

/* What needs something that is made after the data, other than a key or an index, comes after it. */
static void sort_post(struct pk_structure *s, const struct pk_copy_tables *tables, const struct belonging *all,
		      size_t n_all)
{
	PK_FREE int *makers = pk_alloc((s->post.n + 1) * sizeof(*makers)); /* ids of functions and rules in the rest */
	size_t n_makers = 0, at = 0;

	s->builds = pk_alloc((s->post.n + 1) * sizeof(*s->builds));
	s->rest = pk_alloc((s->post.n + 1) * sizeof(*s->rest));
	s->first = pk_alloc((tables->n + 1) * sizeof(*s->first));
	for (size_t i = 0; i < s->post.n; i++) {
		const struct pk_ddl_entry *e = &s->post.items[i];
		const struct belonging key = { e->class_oid, e->oid, 0 }, *of = NULL;
		const struct pk_copy_table *table = NULL;

		if (pk_ddl_is_acl(e) || is_late(e))
			continue;
		if (pk_ddl_is(e, "INDEX") || pk_ddl_is(e, "CONSTRAINT"))
			of = bsearch(&key, all, n_all, sizeof(*all), by_oid);
		table = of ? pk_copy_tables_find(tables, of->table) : NULL;
		if (table && !table->root_name && !pk_ddl_needs(e, makers, n_makers)) {
			s->builds[s->n_builds++] = (struct pk_build){ (size_t)(table - tables->items), e };
			continue;
		}
		if (pk_ddl_is(e, "FUNCTION") || pk_ddl_is(e, "RULE") || pk_ddl_is(e, "VIEW"))
			makers[n_makers++] = e->id;
		s->rest[s->n_rest++] = e;
	}
	qsort(s->builds, s->n_builds, sizeof(*s->builds), by_table);
	for (size_t t = 0; t <= tables->n; t++) {
		while (at < s->n_builds && s->builds[at].table < t)
			at++;
		s->first[t] = at;
	}
}

/* Before 18 a partitioned table cannot have a foreign key that is not valid. */
static int read_keys(struct pk_structure *s, struct pk_conn *source, const struct pk_copy_tables *tables,
		     struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(source,
		     "SELECT k.oid, n.nspname, c.relname, k.conname, k.conrelid, k.confrelid "
		     "FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid "
		     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
		     "JOIN pg_catalog.pg_class p ON p.oid = k.confrelid "
		     "WHERE k.contype = 'f' AND k.convalidated AND k.conparentid = 0 AND c.relkind = 'r' "
		     "AND p.relkind = 'r' AND NOT c.relispartition AND NOT p.relispartition ORDER BY k.oid",
		     0, NULL, &rows, err) < 0)
		return -1;
	s->keys = pk_alloc((size_t)(rows.n + 1) * sizeof(*s->keys));
	s->n_keys = (size_t)rows.n;
	for (int i = 0; i < rows.n; i++) {
		const struct pk_copy_table *from = pk_copy_tables_find(tables, pk_rows_oid(&rows, i, 4));
		const struct pk_copy_table *to = pk_copy_tables_find(tables, pk_rows_oid(&rows, i, 5));

		s->keys[i] = (struct pk_foreign_key){
			.oid = pk_rows_oid(&rows, i, 0),
			.schema = pk_strdup(pk_rows_get(&rows, i, 1)),
			.table = pk_strdup(pk_rows_get(&rows, i, 2)),
			.name = pk_strdup(pk_rows_get(&rows, i, 3)),
			.proven = from && to && !pk_copy_table_narrowed(from) && !pk_copy_table_narrowed(to),
		};
	}
	return 0;
}

/* What reads a view that was emptied since cannot be filled again, as pg_dump has it too. */
static int read_filled(struct pk_structure *s, struct pk_conn *source, const struct pk_strv *unfilled,
		       struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(source,
		     "WITH RECURSIVE unfilled (oid) AS (SELECT oid FROM pg_catalog.pg_class WHERE relkind = 'm' "
		     "AND NOT relispopulated UNION SELECT w.ev_class FROM unfilled u JOIN pg_catalog.pg_depend d "
		     "ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass "
		     "AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = u.oid "
		     "JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid) "
		     "SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
		     "ON n.oid = c.relnamespace WHERE c.relkind = 'm' AND c.oid NOT IN (SELECT oid FROM unfilled) ORDER BY c.oid",
		     0, NULL, &rows, err) < 0)
		return -1;
	s->filled = pk_alloc((size_t)(rows.n + 1) * sizeof(*s->filled));
	for (int i = 0; i < rows.n; i++) {
		PK_AUTO(pk_buf) sql = PK_BUF_INIT;

		if (unfilled && pk_strv_has(unfilled, pk_rows_get(&rows, i, 0)))
			continue;
		pk_buf_add(&sql, REFRESH);
		pk_buf_add_qualified(&sql, pk_rows_get(&rows, i, 1), pk_rows_get(&rows, i, 2));
		s->filled[s->n_filled++] = (struct pk_refresh){ pk_rows_oid(&rows, i, 0), pk_buf_take(&sql) };
	}
	return 0;
}

int pk_structure_sort(struct pk_structure *s, struct pk_conn *source, const struct pk_copy_tables *tables,
		      const struct pk_strv *unfilled, struct pk_err *err)
{
	PK_FREE struct belonging *all = NULL;
	size_t n = 0;

	if (read_belongings(source, &all, &n, err) < 0 || read_keys(s, source, tables, err) < 0 ||
	    read_filled(s, source, unfilled, err) < 0)
		return -1;
	sort_post(s, tables, all, n);
	return 0;
}

/* ---- making it ---- */

const struct pk_ddl_entry *pk_structure_entry(const struct pk_structure *s, const struct pk_ddl_entry *e)
{
	const struct pk_ddl_entry *bare = NULL;

	if (pk_ddl_is(e, "FOREIGN DATA WRAPPER") || pk_ddl_is(e, "EVENT TRIGGER"))
		bare = pk_ddl_find(&s->bare, e->id);
	return bare ? bare : e;
}

int pk_structure_after(const struct pk_structure *s, struct pk_conn *target, struct pk_err *err)
{
	PK_AUTO(pk_batch) b = PK_BATCH_INIT(target);

	for (size_t i = 0; i < s->n_rest; i++) {
		const struct pk_ddl_entry *e = s->rest[i];
		bool key = pk_ddl_is(e, "FK CONSTRAINT") &&
			   bsearch(&e->oid, s->keys, s->n_keys, sizeof(*s->keys), pk_oid_compare);

		if (pk_batch_add(&b, e, key ? " NOT VALID" : NULL, err) < 0)
			return -1;
	}
	return pk_batch_run(&b, err);
}

int pk_structure_trust(const struct pk_structure *s, struct pk_conn *target, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	for (size_t i = 0; i < s->n_keys; i++) {
		PK_AUTO(pk_buf) table = PK_BUF_INIT;

		if (!s->keys[i].proven && !s->keys[i].lacking)
			continue;
		pk_buf_add_qualified(&table, s->keys[i].schema, s->keys[i].table);
		pk_buf_add(&sql, sql.len ? ", (" : "(");
		pk_buf_add_literal(&sql, table.ptr);
		pk_buf_add(&sql, "::pg_catalog.regclass, ");
		pk_buf_add_literal(&sql, s->keys[i].name);
		pk_buf_addc(&sql, ')');
	}
	if (sql.len) {
		PK_FREE char *update =
			pk_printf("UPDATE pg_catalog.pg_constraint c SET convalidated = true FROM (VALUES %s) v (t, name) "
				  "WHERE c.contype = 'f' AND c.conrelid = v.t AND c.conname = v.name",
				  sql.ptr);

		return pk_exec(target, update, err);
	}
	return 0;
}

static int add_acls(struct pk_batch *b, const struct pk_ddl *ddl, struct pk_err *err)
{
	for (size_t i = 0; i < ddl->n; i++)
		if (pk_ddl_is_acl(&ddl->items[i]) && pk_batch_add(b, &ddl->items[i], NULL, err) < 0)
			return -1;
	return 0;
}

static void add_views(const struct pk_structure *s, const struct pk_ddl *ddl, struct pk_strv *ret)
{
	for (size_t i = 0; i < ddl->n; i++) {
		const struct pk_ddl_entry *e = &ddl->items[i];
		const struct pk_refresh *r = NULL;

		if (pk_ddl_is(e, "MATERIALIZED VIEW"))
			r = bsearch(&e->oid, s->filled, s->n_filled, sizeof(*s->filled), pk_oid_compare);
		if (r)
			pk_strv_push(ret, r->sql + strlen(REFRESH));
	}
}

void pk_structure_views(const struct pk_structure *s, struct pk_strv *ret)
{
	add_views(s, &s->pre, ret);
	add_views(s, &s->post, ret);
}

int pk_structure_rights(const struct pk_structure *s, struct pk_conn *target, struct pk_err *err)
{
	PK_AUTO(pk_batch) b = PK_BATCH_INIT(target);

	if (add_acls(&b, &s->pre, err) < 0 || add_acls(&b, &s->post, err) < 0)
		return -1;
	return pk_batch_run(&b, err);
}

int pk_structure_end(const struct pk_structure *s, struct pk_conn *target, struct pk_err *err)
{
	PK_AUTO(pk_batch) b = PK_BATCH_INIT(target);

	for (size_t i = 0; i < s->post.n; i++)
		if (is_late(&s->post.items[i]) && pk_batch_add(&b, pk_structure_entry(s, &s->post.items[i]), NULL, err) < 0)
			return -1;
	return pk_batch_run(&b, err);
}
