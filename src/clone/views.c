#include "clone/views.h"
#include "pg/sqlstate.h"

#define UNFILLED PK_SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE

enum state { WAITING, ONGOING, DONE };
struct view {
	const char *name;
	bool opaque; /* calls functions of users */
	bool ready;  /* all it is known to need is done, and it is not */
	enum state state;
};
/* Places in the list: the one reads what the other holds. */
struct need {
	size_t view, other;
};
struct filling {
	const struct pk_pour *pour;
	struct pk_conn *target;
	struct view *views;
	size_t n;
	struct need *needs;
	size_t n_needs;
};

static void filling_release(struct filling *f)
{
	free(f->views);
	free(f->needs);
}

/* ---- who needs whom ---- */

/*
 * A row for each two wanted views (by their places in the list) of which the first reads the second, through any number
 * of views and of functions whose bodies the server knows; for a function of a user the second is NULL.
 */
static const char needs_sql[] =
	"WITH RECURSIVE wanted AS (SELECT i - 1 AS i, pg_catalog.to_regclass(name)::oid AS oid "
	"FROM pg_catalog.unnest(%s) WITH ORDINALITY u (name, i)), "
	"uses AS (SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::oid AS class, w.ev_class AS "
	"oid, d.refclassid, d.refobjid "
	"FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend d ON d.classid = "
	"'pg_catalog.pg_rewrite'::pg_catalog.regclass "
	"AND d.objid = w.oid WHERE (d.refclassid, d.refobjid) <> "
	"('pg_catalog.pg_class'::pg_catalog.regclass, w.ev_class) "
	"UNION SELECT d.classid, d.objid, d.refclassid, d.refobjid FROM pg_catalog.pg_depend d "
	"WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass "
	"UNION SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass, o.oid, "
	"'pg_catalog.pg_proc'::pg_catalog.regclass, "
	"o.oprcode FROM pg_catalog.pg_operator o WHERE o.oid >= 16384), "
	"reads AS (SELECT w.i, 'pg_catalog.pg_class'::pg_catalog.regclass::oid AS class, w.oid "
	"FROM wanted w "
	"UNION SELECT r.i, u.refclassid, u.refobjid FROM reads r JOIN uses u ON u.class = r.class "
	"AND u.oid = r.oid "
	"WHERE NOT EXISTS (SELECT FROM wanted w WHERE w.oid = r.oid AND w.i <> r.i "
	"AND r.class = 'pg_catalog.pg_class'::pg_catalog.regclass)) "
	"SELECT r.i, w.i FROM reads r JOIN wanted w ON w.oid = r.oid AND r.class = "
	"'pg_catalog.pg_class'::pg_catalog.regclass "
	"WHERE w.i <> r.i UNION ALL SELECT DISTINCT r.i, NULL::bigint FROM reads r JOIN "
	"pg_catalog.pg_proc p ON p.oid = r.oid "
	"WHERE r.class = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.oid >= 16384 AND "
	"p.provolatile <> 'i'";

static int read_needs(struct filling *f, const struct pk_strv *names, struct pk_err *err)
{
	PK_AUTO(pk_buf) array = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *sql = NULL;

	for (size_t i = 0; i < names->n; i++) {
		pk_buf_add(&array, i ? ", " : "ARRAY[");
		pk_buf_add_literal(&array, names->items[i]);
	}
	pk_buf_add(&array, "]::text[]");
	sql = pk_printf(needs_sql, array.ptr);
	if (pk_query(f->target, sql, 0, NULL, &rows, err) < 0)
		return pk_err_wrap(err, "cannot see which materialized views need each other");
	f->needs = pk_alloc((size_t)(rows.n + 1) * sizeof(*f->needs));
	for (int i = 0; i < rows.n; i++) {
		size_t view = strtoul(pk_rows_get(&rows, i, 0), NULL, 10);
		const char *other = pk_rows_get(&rows, i, 1);

		if (other)
			f->needs[f->n_needs++] = (struct need){ view, strtoul(other, NULL, 10) };
		else
			f->views[view].opaque = true;
	}
	return 0;
}

static void find_ready(struct filling *f)
{
	for (size_t i = 0; i < f->n; i++)
		f->views[i].ready = f->views[i].state == WAITING;
	for (size_t i = 0; i < f->n_needs; i++)
		if (f->views[f->needs[i].other].state != DONE)
			f->views[f->needs[i].view].ready = false;
}

/* ---- filling ---- */

static char *statement(const struct view *v)
{
	return pk_printf("REFRESH MATERIALIZED VIEW %s", v->name);
}

static int fill_alone(const struct filling *f, struct view *v, struct pk_err *err)
{
	PK_FREE char *sql = statement(v);

	if (pk_exec(f->target, sql, err) < 0)
		return pk_err_wrap(err, "cannot fill materialized view %s", v->name);
	v->state = DONE;
	return 0;
}

/* All that can be filled without knowing what functions read. *ret: how many. */
static int fill_level(struct filling *f, size_t *ret, struct pk_err *err)
{
	PK_AUTO(pk_strv) sql = PK_STRV_INIT;
	struct view *last = NULL;

	find_ready(f);
	for (size_t i = 0; i < f->n; i++) {
		PK_FREE char *one = statement(&f->views[i]);

		if (f->views[i].opaque || !f->views[i].ready)
			continue;
		last = &f->views[i];
		last->state = ONGOING;
		pk_strv_push(&sql, one);
	}
	*ret = sql.n;
	if (sql.n == 1)
		return fill_alone(f, last, err);
	if (pk_pour_statements(f->pour, "filling materialized views", &sql, err) < 0)
		return -1;
	for (size_t i = 0; i < f->n; i++)
		if (f->views[i].state == ONGOING)
			f->views[i].state = DONE;
	return 0;
}

/*
 * One of those that are left; where all wait for each other, any. What a function reads may be a view that is not filled
 * yet: then another's turn comes first. *ret: whether one was filled.
 */
static int fill_one(struct filling *f, bool ready, bool *ret, struct pk_err *err)
{
	PK_AUTO(pk_err) first = PK_ERR_INIT;

	*ret = false;
	for (size_t i = 0; i < f->n && !*ret; i++) {
		PK_AUTO(pk_err) e = PK_ERR_INIT;

		if (f->views[i].state == DONE || (ready && !f->views[i].ready))
			continue;
		*ret = fill_alone(f, &f->views[i], &e) == 0;
		if (*ret)
			break;
		if (!pk_streq(e.sqlstate, UNFILLED) || f->pour->inside)
			return pk_err_move(err, &e);
		if (!first.msg)
			pk_err_move(&first, &e);
	}
	if (*ret || !first.msg)
		return 0;
	return pk_err_move(err, &first);
}

int pk_views_fill(const struct pk_pour *pour, struct pk_conn *target, const struct pk_strv *names,
		  struct pk_err *err)
{
	struct filling f __attribute__((
		cleanup(filling_release))) = { .pour = pour, .target = target, .n = names->n };
	size_t n = 1;
	bool one = true;

	f.views = pk_alloc((f.n + 1) * sizeof(*f.views));
	for (size_t i = 0; i < f.n; i++)
		f.views[i].name = names->items[i];
	if (f.n > 1 && read_needs(&f, names, err) < 0)
		return -1;
	while (n || one) {
		if (fill_level(&f, &n, err) < 0)
			return -1;
		if (!n && (fill_one(&f, true, &one, err) < 0 ||
			   (!one && fill_one(&f, false, &one, err) < 0)))
			return -1;
	}
	return 0;
}
