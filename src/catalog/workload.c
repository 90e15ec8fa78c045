#include "catalog/workload.h"

#include "base/clock.h"
#include "base/strv.h"
#include "pg/sqlstate.h"
#include "sql/scan.h"

#define TEXT_MAX       "20000" /* characters of a statement: longer ones are not read */
#define STATEMENTS_MAX 10000

struct relation {
	const char *schema, *name;
	const char **columns; /* NULL terminated */
	size_t n, cap;
};
struct function {
	const char *schema, *name;
	struct pk_overload *overloads;
	int n, cap;
	bool known; /* what all of them take */
};

void pk_workload_release(struct pk_workload *workload)
{
	pk_map_release(&workload->relations);
	pk_map_release(&workload->functions);
	free(workload->items);
	free(workload->links);
	pk_arena_release(&workload->arena);
	*workload = (struct pk_workload)PK_WORKLOAD_INIT;
}

/* ---- what it holds ---- */

/* Two names as one key; whatever they hold, no other two give the same. */
static char *key_of(const char *schema, const char *name)
{
	return pk_printf("%zu:%s.%s", strlen(schema), schema, name);
}

void pk_workload_add_column(struct pk_workload *workload, const char *schema, const char *relation,
			    const char *column)
{
	PK_FREE char *key = key_of(schema, relation);
	struct relation *r = pk_map_get(&workload->relations, key);

	if (!r) {
		r = pk_arena_alloc(&workload->arena, sizeof(*r));
		r->schema = pk_arena_strdup(&workload->arena, schema);
		r->name = pk_arena_strdup(&workload->arena, relation);
		pk_map_set(&workload->relations, key, r);
	}
	if (r->n + 1 >= r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 16;
		const char **columns = pk_arena_alloc(&workload->arena, cap * sizeof(*columns));

		if (r->n)
			memcpy(columns, r->columns, r->n * sizeof(*columns));
		r->cap = cap;
		r->columns = columns;
	}
	if (column)
		r->columns[r->n++] = pk_arena_strdup(&workload->arena, column);
}

void pk_workload_add_function(struct pk_workload *workload, const char *schema, const char *name,
			      const struct pk_overload *overload)
{
	PK_FREE char *key = key_of(schema, name);
	struct function *f = pk_map_get(&workload->functions, key);

	if (!f) {
		f = pk_arena_alloc(&workload->arena, sizeof(*f));
		*f = (struct function){ .schema = pk_arena_strdup(&workload->arena, schema),
					.name = pk_arena_strdup(&workload->arena, name),
					.known = true };
		pk_map_set(&workload->functions, key, f);
	}
	if (f->n == f->cap) {
		struct pk_overload *grown = pk_arena_alloc(&workload->arena, (size_t)(f->cap + 1) * 2 * sizeof(*grown));

		if (f->n)
			memcpy(grown, f->overloads, (size_t)f->n * sizeof(*grown));
		f->overloads = grown;
		f->cap = (f->cap + 1) * 2;
	}
	f->known = f->known && overload;
	f->overloads[f->n] = overload ? *overload : (struct pk_overload){ 0 };
	f->overloads[f->n].args = pk_arena_strdup(&workload->arena, overload ? overload->args : "");
	f->n++;
}

void pk_workload_add_link(struct pk_workload *workload, const struct pk_link *link)
{
	struct pk_arena *arena = &workload->arena;

	if (workload->n_links == workload->cap_links) {
		workload->cap_links = workload->cap_links ? 2 * workload->cap_links : 64;
		workload->links = pk_realloc_array(workload->links, workload->cap_links, sizeof(*workload->links));
	}
	workload->links[workload->n_links++] = (struct pk_link){
		link->kind,
		pk_arena_strdup(arena, link->schema),
		pk_arena_strdup(arena, link->name),
		pk_arena_strdup(arena, link->column),
		pk_arena_strdup(arena, link->to_schema),
		pk_arena_strdup(arena, link->to_name),
		pk_arena_strdup(arena, link->to_column),
	};
}

void pk_workload_each_relation(const struct pk_workload *workload, pk_workload_name *fn, void *arg)
{
	for (size_t i = 0; i < workload->relations.n; i++) {
		const struct relation *r = workload->relations.entries[i].value;

		fn(arg, r->schema, r->name, r->columns, NULL);
	}
}

void pk_workload_each_function(const struct pk_workload *workload, pk_workload_name *fn, void *arg)
{
	for (size_t i = 0; i < workload->functions.n; i++) {
		const struct function *f = workload->functions.entries[i].value;

		for (int k = 0; k < f->n; k++)
			fn(arg, f->schema, f->name, NULL, f->known ? &f->overloads[k] : NULL);
	}
}

/* A search_path as a setting has it: names, quoted where they need it, with commas. */
static const char *const *path_of(struct pk_arena *arena, const char *setting, const char *role)
{
	const char **path = pk_arena_alloc(arena, (strlen(setting) + 2) * sizeof(*path));
	struct pk_scan scan;
	struct pk_token token;
	size_t n = 0;

	pk_scan_start(&scan, setting, strlen(setting));
	while (pk_scan_code(&scan, &token)) {
		PK_FREE char *name = pk_token_name(setting, &token);

		if (name && *name)
			path[n++] = pk_arena_strdup(arena, pk_streq(name, "$user") ? role : name);
	}
	return path;
}

struct pk_work *pk_workload_add(struct pk_workload *workload, const char *text, const char *role,
				const char *path)
{
	if (workload->n == workload->cap) {
		workload->cap = workload->cap ? 2 * workload->cap : 64;
		workload->items =
			pk_realloc_array(workload->items, workload->cap, sizeof(*workload->items));
	}
	struct pk_work *work = &workload->items[workload->n++];
	*work = (struct pk_work){
		.text = pk_arena_strdup(&workload->arena, text),
		.role = pk_arena_strdup(&workload->arena, role),
		.path = path_of(&workload->arena, path, role),
	};
	return work;
}

static bool has_relation(const void *arg, const char *schema, const char *name)
{
	const struct pk_workload *workload = arg;
	PK_FREE char *key = key_of(schema, name);

	return pk_map_get(&workload->relations, key) != NULL;
}

static int column_place(const void *arg, const char *schema, const char *relation,
			const char *column)
{
	const struct pk_workload *workload = arg;
	PK_FREE char *key = key_of(schema, relation);
	const struct relation *r = pk_map_get(&workload->relations, key);

	for (size_t i = 0; r && i < r->n; i++)
		if (strcmp(r->columns[i], column) == 0)
			return (int)i + 1;
	return r ? 0 : -1;
}

static int functions_of(const void *arg, const char *schema, const char *name, const struct pk_overload **ret)
{
	const struct pk_workload *workload = arg;
	PK_FREE char *key = key_of(schema, name);
	const struct function *f = pk_map_get(&workload->functions, key);

	*ret = f && f->known ? f->overloads : NULL;
	return f ? f->n : 0;
}

struct pk_uses_catalog pk_workload_names(const struct pk_workload *workload, const struct pk_work *work)
{
	return (struct pk_uses_catalog){
		.path = work->path,
		.relation = has_relation,
		.column = column_place,
		.functions = functions_of,
		.arg = workload,
	};
}

/* ---- reading it ---- */

static void refuse(struct pk_workload *w, const char *why, const char *hint)
{
	w->why_not = pk_arena_strdup(&w->arena, why);
	w->hint = pk_arena_strdup(&w->arena, hint);
}

void pk_workload_refused(struct pk_workload *w, const char *remote, struct pk_err *why)
{
	w->remote = pk_arena_strdup(&w->arena, remote);
	refuse(w, why->msg ? why->msg : "it cannot be read", why->hint);
	pk_err_release(why);
}

/* Where the extension's view is, and which of its columns it has: their names changed with its versions. */
static const char extension_sql[] =
	"SELECT n.nspname,"
	" EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'mean_exec_time'),"
	" i.oid IS NOT NULL"
	" FROM pg_catalog.pg_extension e"
	" JOIN pg_catalog.pg_depend d ON d.refclassid = "
	"'pg_catalog.pg_extension'::pg_catalog.regclass"
	"  AND d.refobjid = e.oid AND d.deptype = 'e' AND d.classid = "
	"'pg_catalog.pg_class'::pg_catalog.regclass"
	" JOIN pg_catalog.pg_class c ON c.oid = d.objid AND c.relname = 'pg_stat_statements'"
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" LEFT JOIN pg_catalog.pg_class i ON i.relnamespace = n.oid AND i.relname = 'pg_stat_statements_info'"
	" WHERE e.extname = 'pg_stat_statements'";

static const char relations_sql[] =
	"SELECT n.nspname, c.relname, a.attname FROM pg_catalog.pg_class c"
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
	" WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'"
	" AND n.nspname !~ '^pg_t(oast|emp)' ORDER BY c.oid, a.attnum";

/* Of the server's own only those that somebody's are called like: the others cannot be meant. */
static const char functions_sql[] =
	"WITH f AS (SELECT n.nspname, p.proname, pg_catalog.oidvectortypes(p.proargtypes),"
	" p.pronargs - p.pronargdefaults - (p.provariadic <> 0)::int,"
	" CASE WHEN p.provariadic <> 0 THEN 1000"
	"  WHEN p.prokind = 'p' THEN COALESCE(pg_catalog.cardinality(p.proallargtypes), p.pronargs) ELSE p.pronargs END"
	" FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace)"
	" SELECT * FROM f WHERE nspname <> 'pg_catalog' OR proname IN (SELECT proname FROM f WHERE "
	"nspname <> 'pg_catalog')";

/* In the order of enum pk_link_kind; what the server's own views read is no matter. */
static const char links_sql[] =
	"WITH c AS (SELECT c.oid, n.nspname, c.relname, c.relkind FROM pg_catalog.pg_class c"
	"  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	"  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')"
	" SELECT 0, p.nspname, p.relname, NULL, h.nspname, h.relname, NULL FROM pg_catalog.pg_inherits i"
	"  JOIN c p ON p.oid = i.inhparent JOIN c h ON h.oid = i.inhrelid"
	" UNION SELECT 1, c.nspname, c.relname, a.attname, v.nspname, v.relname, NULL FROM pg_catalog.pg_rewrite r"
	"  JOIN c v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')"
	"  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid"
	"   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
	"  JOIN c ON c.oid = d.refobjid AND c.oid <> v.oid"
	"  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND a.attnum <> 0"
	" UNION SELECT 2, n.nspname, e.typname, NULL, c.nspname, c.relname, a.attname FROM pg_catalog.pg_type e"
	"  JOIN pg_catalog.pg_namespace n ON n.oid = e.typnamespace"
	"  JOIN pg_catalog.pg_type t ON t.oid IN (e.oid, e.typarray) OR t.typbasetype IN (e.oid, e.typarray)"
	"  JOIN pg_catalog.pg_attribute a ON a.atttypid = t.oid AND a.attnum > 0 AND NOT a.attisdropped"
	"  JOIN c ON c.oid = a.attrelid WHERE e.typtype = 'e' ORDER BY 1, 2, 3, 4, 5, 6, 7";

/*
 * As a session of the role begins (process_settings() in postinit.c); what it sets itself nobody knows. Our own
 * session's setting stands for that of the server, unless it is the role's.
 */
#define PATH_OF(role)                                                                              \
	"(SELECT pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)"                              \
	" FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c"                  \
	" WHERE pg_catalog.split_part(c, '=', 1) = 'search_path' AND s.setrole IN (0, " role ")"   \
	" AND s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname ="        \
	" pg_catalog.current_database())) ORDER BY s.setrole = 0, s.setdatabase = 0 LIMIT 1)"
#define SERVER_PATH                                                                                \
	"COALESCE((SELECT NULLIF(reset_val, '') FROM pg_catalog.pg_settings WHERE name = "         \
	"'search_path' AND " PATH_OF("(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = "       \
				     "session_user)") " IS NULL),"                                 \
						      " '\"$user\", public')"

/* One row for each text and role: that it ran inside a function too, or before a DDL, makes no other query of it. */
static char *statements_sql(const char *schema, bool exec_time)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "WITH s AS (SELECT userid, query, pg_catalog.sum(calls)::bigint AS calls,"
			 " pg_catalog.sum(calls * ");
	pk_buf_add(&sql, exec_time ? "mean_exec_time" : "mean_time");
	pk_buf_add(&sql,
		   ") / NULLIF(pg_catalog.sum(calls), 0) AS mean, pg_catalog.count(*) AS n FROM ");
	pk_buf_add_qualified(&sql, schema, "pg_stat_statements");
	pk_buf_add(&sql,
		   " WHERE dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
		   "pg_catalog.current_database())"
		   " GROUP BY 1, 2), paths AS MATERIALIZED (SELECT oid, rolname, COALESCE(" PATH_OF(
			   "r.oid") ", " SERVER_PATH ") AS path FROM pg_catalog.pg_roles r WHERE "
				    "oid IN (SELECT userid FROM s))"
				    " SELECT CASE WHEN pg_catalog.length(s.query) <= " TEXT_MAX
				    " THEN s.query END, s.calls, s.mean,"
				    " COALESCE(p.rolname, s.userid::text), COALESCE(p.path, ''), "
				    "s.n, p.rolname = current_user"
				    " FROM s LEFT JOIN paths p ON p.oid = s.userid ORDER BY s.calls DESC LIMIT ");
	pk_buf_addf(&sql, "%d", STATEMENTS_MAX + 1);
	return pk_buf_take(&sql);
}

/*
 * What is asked of tables before they are copied (clone/): their names in full, their heirs left out, and functions by
 * their schema. Programs hardly write so; the copy itself is COPY TO, which is no use of anything.
 */
static bool is_ours(const char *text)
{
	return strstr(text, " FROM ONLY ") && strstr(text, "pg_catalog.");
}

static void take_statements(struct pk_workload *w, const struct pk_rows *rows)
{
	w->more = rows->n > STATEMENTS_MAX;
	for (int i = 0; i < rows->n && i < STATEMENTS_MAX; i++) {
		const char *query = pk_rows_get(rows, i, 0), *mean = pk_rows_get(rows, i, 2);
		size_t n = strtoul(pk_rows_get(rows, i, 5), NULL, 10);

		if (pk_streq(query, "<insufficient privilege>")) {
			w->hidden += n;
			continue;
		}
		enum pk_readable readable = PK_READ_NOT;
		PK_FREE char *text =
			query ? pk_sql_without_values(query, SIZE_MAX, &readable) : NULL;
		if (readable == PK_READ_NOT)
			w->unread += n;
		if (!text)
			continue;
		if (pk_rows_true(rows, i, 6) && is_ours(text)) {
			w->ours++;
			continue;
		}
		struct pk_work *work =
			pk_workload_add(w, text, pk_rows_get(rows, i, 3), pk_rows_get(rows, i, 4));
		work->calls = strtoull(pk_rows_get(rows, i, 1), NULL, 10);
		work->mean_ms = mean ? strtod(mean, NULL) : 0;
	}
}

static int read_since(struct pk_conn *conn, const char *schema, struct pk_workload *w,
		      struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_FREE char *since = NULL;

	pk_buf_add(&sql, "SELECT pg_catalog.to_char(stats_reset AT TIME ZONE 'UTC', 'YYYY-MM-DD "
			 "HH24:MI \"UTC\"') FROM ");
	pk_buf_add_qualified(&sql, schema, "pg_stat_statements_info");
	if (pk_query_value(conn, sql.ptr, 0, NULL, &since, err) < 0)
		return -1;
	w->since = pk_arena_strdup(&w->arena, since);
	return 0;
}

static int read_names(struct pk_conn *conn, struct pk_workload *w, struct pk_err *err)
{
	PK_AUTO(pk_rows) relations = PK_ROWS_INIT;
	PK_AUTO(pk_rows) functions = PK_ROWS_INIT;
	PK_AUTO(pk_rows) links = PK_ROWS_INIT;

	if (pk_query(conn, relations_sql, 0, NULL, &relations, err) < 0 ||
	    pk_query(conn, functions_sql, 0, NULL, &functions, err) < 0 || pk_query(conn, links_sql, 0, NULL, &links, err) < 0)
		return -1;
	for (int i = 0; i < relations.n; i++)
		pk_workload_add_column(w, pk_rows_get(&relations, i, 0),
				       pk_rows_get(&relations, i, 1),
				       pk_rows_get(&relations, i, 2));
	for (int i = 0; i < functions.n; i++) {
		const struct pk_overload overload = { pk_rows_get(&functions, i, 2), atoi(pk_rows_get(&functions, i, 3)),
						      atoi(pk_rows_get(&functions, i, 4)) };

		pk_workload_add_function(w, pk_rows_get(&functions, i, 0), pk_rows_get(&functions, i, 1), &overload);
	}
	for (int i = 0; i < links.n; i++)
		pk_workload_add_link(w, &(struct pk_link){ (enum pk_link_kind)atoi(pk_rows_get(&links, i, 0)),
							   pk_rows_get(&links, i, 1), pk_rows_get(&links, i, 2),
							   pk_rows_get(&links, i, 3), pk_rows_get(&links, i, 4),
							   pk_rows_get(&links, i, 5), pk_rows_get(&links, i, 6) });
	return 0;
}

/* What the server says it to be, and how it can be mended. */
static void explain(struct pk_workload *w, struct pk_err *err)
{
	if (pk_streq(err->sqlstate, PK_SQLSTATE_INSUFFICIENT_PRIVILEGE))
		pk_err_hint(err, "GRANT pg_read_all_stats lets the role read what runs there");
	else if (pk_streq(err->sqlstate, PK_SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE))
		pk_err_hint(err, "shared_preload_libraries has to hold pg_stat_statements, which takes a restart");
	pk_workload_refused(w, w->remote, err);
}

static int read_all(struct pk_conn *conn, struct pk_workload *w, struct pk_err *err)
{
	PK_AUTO(pk_rows) where = PK_ROWS_INIT;
	PK_AUTO(pk_rows) statements = PK_ROWS_INIT;
	PK_FREE char *sql = NULL;

	if (pk_query(conn, extension_sql, 0, NULL, &where, err) < 0)
		return -1;
	if (!where.n) {
		refuse(w, "the extension pg_stat_statements is not installed in that database",
		       "CREATE EXTENSION pg_stat_statements, where shared_preload_libraries holds it");
		return 0;
	}
	sql = statements_sql(pk_rows_get(&where, 0, 0), pk_rows_true(&where, 0, 1));
	if (pk_query(conn, sql, 0, NULL, &statements, err) < 0 ||
	    (pk_rows_true(&where, 0, 2) && read_since(conn, pk_rows_get(&where, 0, 0), w, err) < 0))
		return -1;
	take_statements(w, &statements);
	return w->n ? read_names(conn, w, err) : 0;
}

int pk_workload_read(struct pk_conn *conn, const char *remote, struct pk_workload *ret,
		     struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	PK_AUTO(pk_err) ignored = PK_ERR_INIT;
	int rc;

	ret->remote = pk_arena_strdup(&ret->arena, remote);
	ret->read = pk_time();
	rc = pk_exec(conn,
		     "BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '2s'",
		     &why);
	if (rc == 0)
		rc = read_all(conn, ret, &why);
	pk_exec(conn, "ROLLBACK", &ignored);
	if (rc < 0 && pk_err_move_interrupt(err, &why))
		return -1;
	if (rc < 0)
		explain(ret, &why);
	return 0;
}
