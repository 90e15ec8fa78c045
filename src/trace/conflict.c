#include "trace/conflict.h"

#include "base/term.h"
#include "base/text.h"
#include "pg/sqlstate.h"
#include "trace/conflict_ask.h"

#define VALUE_BYTES 40 /* of a value that is shown */

void pk_conflicts_release(struct pk_conflicts *conflicts)
{
	for (size_t i = 0; i < conflicts->n; i++) {
		free(conflicts->items[i].what);
		pk_strv_release(&conflicts->items[i].keys);
		free(conflicts->items[i].query);
	}
	free(conflicts->items);
	*conflicts = (struct pk_conflicts)PK_CONFLICTS_INIT;
}

/* ---- what is asked of the rows ---- */

enum demand { NO_DEMAND, UNIQUE, PRIMARY, FOREIGN, CHECK, NOT_NULL, FILLED, VALIDATED, TYPE, DOMAIN };

static enum demand demand_of(const struct pk_action *a)
{
	static const enum demand of_constraint[] = {
		[PK_CON_PRIMARY] = PRIMARY,
		[PK_CON_UNIQUE] = UNIQUE,
		[PK_CON_CHECK] = CHECK,
		[PK_CON_FOREIGN] = FOREIGN,
	};

	if (a->verb == PK_CREATE && pk_streq(a->object, "index") && a->unique && a->rel_name)
		return UNIQUE;
	if (a->verb != PK_ALTER)
		return NO_DEMAND;
	if (pk_streq(a->object, "domain"))
		return a->sub == PK_ADD_CONSTRAINT || a->sub == PK_VALIDATE || a->sub == PK_SET_NOT_NULL ? DOMAIN :
													   NO_DEMAND;
	if (!a->rel_name)
		return NO_DEMAND;
	switch (a->sub) {
	case PK_ADD_CONSTRAINT:
		return !a->using_index && a->constraint < PK_COUNT(of_constraint) ? of_constraint[a->constraint] :
										     NO_DEMAND;
	case PK_VALIDATE:
		return VALIDATED;
	case PK_SET_NOT_NULL:
		return NOT_NULL;
	case PK_ALTER_TYPE:
		return a->type ? TYPE : NO_DEMAND;
	case PK_ADD_COLUMN:
		return a->not_null && !a->has_default && !a->identity && !a->generated && !a->serial ? FILLED : NO_DEMAND;
	default:
		return NO_DEMAND;
	}
}

/* With what an unmet demand fails. */
static bool fails_with(enum demand demand, const char *sqlstate)
{
	static const struct {
		enum demand demand;
		const char *class;
	} classes[] = {
		{ UNIQUE, PK_SQLSTATE_UNIQUE_VIOLATION },    { PRIMARY, PK_SQLSTATE_UNIQUE_VIOLATION },
		{ PRIMARY, PK_SQLSTATE_NOT_NULL_VIOLATION }, { FOREIGN, PK_SQLSTATE_FOREIGN_KEY_VIOLATION },
		{ CHECK, PK_SQLSTATE_CHECK_VIOLATION },	     { NOT_NULL, PK_SQLSTATE_NOT_NULL_VIOLATION },
		{ FILLED, PK_SQLSTATE_NOT_NULL_VIOLATION },  { VALIDATED, PK_SQLSTATE_FOREIGN_KEY_VIOLATION },
		{ VALIDATED, PK_SQLSTATE_CHECK_VIOLATION },  { TYPE, "22" },
		{ TYPE, PK_SQLSTATE_CHECK_VIOLATION },	     { DOMAIN, PK_SQLSTATE_NOT_NULL_VIOLATION },
		{ DOMAIN, PK_SQLSTATE_CHECK_VIOLATION },     { VALIDATED, PK_SQLSTATE_NOT_NULL_VIOLATION },
	};

	for (size_t i = 0; i < PK_COUNT(classes); i++)
		if (classes[i].demand == demand && (!sqlstate || pk_starts_with(sqlstate, classes[i].class)))
			return true;
	return false;
}

/*
 * A check that is not valid yet asks nothing of the rows until it is proven; one that goes again only helps another
 * statement, which asks the same.
 */
static bool is_idle(const struct pk_actions *actions, const struct pk_action *a)
{
	bool proven = false, goes = false;

	if (!a->not_valid)
		return false;
	for (const struct pk_action *b = a + 1; b < actions->items + actions->n; b++) {
		const char *name = b->rel_name ? b->name : b->new_name, *own = a->rel_name ? a->name : a->new_name;
		bool same = pk_streq(name, own) && pk_streq(b->rel_name, a->rel_name) && pk_streq(b->rel_schema, a->rel_schema);

		proven |= same && b->sub == PK_VALIDATE;
		goes |= same && b->sub == PK_DROP_CONSTRAINT;
	}
	return !proven || goes;
}

bool pk_conflict_possible(const struct pk_actions *actions, size_t statement)
{
	for (size_t i = 0; i < actions->n; i++)
		if (actions->items[i].statement == statement && demand_of(&actions->items[i]))
			return true;
	return false;
}

/* ---- asking ---- */

static void add_keys(const struct pk_rows *rows, struct pk_strv *ret)
{
	for (int row = 0; row < rows->n; row++) {
		PK_AUTO(pk_buf) key = PK_BUF_INIT;

		for (int i = 0; i < rows->columns; i++) {
			const char *value = pk_rows_get(rows, row, i);
			PK_FREE char *cut = value ? pk_cut(value, VALUE_BYTES) : pk_strdup("NULL");

			pk_buf_add(&key, i ? ", " : "");
			pk_buf_add_safe(&key, pk_rows_name(rows, i), false);
			pk_buf_add(&key, " = ");
			pk_buf_add_safe(&key, cut, false);
		}
		pk_strv_push(ret, key.ptr);
	}
}

static int count(struct pk_conn *conn, const struct pk_conflict_query *q, int64_t *ret, struct pk_err *err)
{
	PK_FREE char *n = NULL;

	if (pk_query_value(conn, q->count.ptr, 0, NULL, &n, err) < 0)
		return -1;
	*ret = n ? strtoll(n, NULL, 10) : 0;
	return 0;
}

static int ask(struct pk_conn *conn, const struct pk_conflict_query *q, struct pk_conflicts *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) few = PK_BUF_INIT;
	struct pk_conflict found = { .rows = -1 };
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	pk_buf_addf(&few, "%s ORDER BY %s LIMIT %d", q->keys.ptr, q->grouped ? "pg_catalog.count(*) DESC, 1" : "1", PK_CONFLICT_KEYS);
	if ((q->before.len && pk_exec(conn, q->before.ptr, err) < 0) ||
	    pk_query(conn, few.ptr, 0, NULL, &rows, err) < 0)
		return -1;
	if (!rows.n)
		return 0;
	add_keys(&rows, &found.keys);
	found.what = pk_strdup(q->what.ptr);
	found.query = pk_printf("%s%s%s", q->before.ptr, q->before.len ? ";\n" : "", q->list.ptr);
	ret->items = pk_realloc_array(ret->items, ret->n + 1, sizeof(*ret->items));
	ret->items[ret->n++] = found;
	/* It may take too long; then a few are better than nothing. */
	if (count(conn, q, &ret->items[ret->n - 1].rows, &why) < 0 && !pk_streq(why.sqlstate, PK_SQLSTATE_QUERY_CANCELED))
		return pk_err_move(err, &why);
	return 0;
}

struct find {
	struct pk_conn *conn;
	const struct pk_action *action;
	const char *sqlstate;
	struct pk_conflicts *ret;
};

static int find_one(const struct find *f, struct pk_err *err)
{
	static int (*const askers[])(struct pk_conn *, const struct pk_action *, struct pk_conflict_queries *,
				     struct pk_err *) = {
		[UNIQUE] = pk_conflict_unique,	 [PRIMARY] = pk_conflict_primary, [FOREIGN] = pk_conflict_foreign,
		[CHECK] = pk_conflict_check,	 [NOT_NULL] = pk_conflict_null,	  [FILLED] = pk_conflict_filled,
		[VALIDATED] = pk_conflict_valid, [TYPE] = pk_conflict_type,	  [DOMAIN] = pk_conflict_domain,
	};
	PK_AUTO(pk_conflict_queries) queries = PK_CONFLICT_QUERIES_INIT;
	enum demand demand = demand_of(f->action);

	if (askers[demand] && askers[demand](f->conn, f->action, &queries, err) < 0)
		return -1;
	for (size_t i = 0; i < queries.n; i++)
		if (ask(f->conn, &queries.items[i], f->ret, err) < 0)
			return -1;
	return 0;
}

/* What cannot be asked leaves the transaction as it was. */
static int try_one(const struct find *f, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (pk_exec(f->conn, "SAVEPOINT postkit_conflict", err) < 0)
		return -1;
	if (find_one(f, &why) < 0 && pk_conn_lost(f->conn, &why, err))
		return -1;
	return pk_exec(f->conn, "ROLLBACK TO postkit_conflict; RELEASE postkit_conflict", err);
}

int pk_conflicts_find(struct pk_conn *conn, const struct pk_actions *actions, size_t statement, const char *sqlstate,
		      struct pk_conflicts *ret, struct pk_err *err)
{
	if (pk_exec(conn, "SET LOCAL row_security = off; SET LOCAL lock_timeout = '1s'; SET LOCAL statement_timeout = '5s'",
		    err) < 0)
		return -1;
	for (size_t i = 0; i < actions->n; i++) {
		const struct find f = { conn, &actions->items[i], sqlstate, ret };

		if (f.action->statement == statement && demand_of(f.action) && !is_idle(actions, f.action) &&
		    fails_with(demand_of(f.action), sqlstate) && try_one(&f, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- telling ---- */

void pk_conflict_words(struct pk_buf *ret, const struct pk_conflict *conflict)
{
	PK_FREE char *n = conflict->rows >= 0 ? pk_count((uint64_t)conflict->rows) : pk_strdup("more than can be counted soon");

	pk_buf_addf(ret, "%s: %s row%s in the way\n", conflict->what, n,
		    conflict->rows == 1 ? " stands" : "s stand");
	for (size_t i = 0; i < conflict->keys.n; i++)
		pk_buf_addf(ret, "  %s\n", conflict->keys.items[i]);
	pk_buf_addf(ret, "all of them: %s", conflict->query);
}

void pk_conflict_explain(struct pk_conn *conn, const struct pk_actions *actions, size_t statement, struct pk_err *err)
{
	PK_AUTO(pk_conflicts) conflicts = PK_CONFLICTS_INIT;
	PK_AUTO(pk_buf) words = PK_BUF_INIT;
	bool inside;

	if (!err || !pk_conn_alive(conn) || !(pk_starts_with(err->sqlstate, "22") || pk_starts_with(err->sqlstate, "23")))
		return;
	inside = pk_conn_tx(conn) != PK_TX_IDLE;
	if (pk_exec(conn, inside ? "ROLLBACK TO postkit_statement" : "BEGIN", NULL) == 0)
		pk_conflicts_find(conn, actions, statement, err->sqlstate, &conflicts, NULL);
	if (!inside && pk_conn_alive(conn))
		pk_exec(conn, "ROLLBACK", NULL);
	pk_buf_add(&words, err->detail ? err->detail : "");
	for (size_t i = 0; i < conflicts.n; i++) {
		pk_buf_add(&words, words.len ? "\n" : "");
		pk_conflict_words(&words, &conflicts.items[i]);
	}
	if (conflicts.n)
		pk_err_detail(err, "%s", words.ptr);
}

cJSON *pk_conflicts_to_json(const struct pk_conflicts *conflicts)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < conflicts->n; i++) {
		const struct pk_conflict *c = &conflicts->items[i];
		cJSON *item = pk_json_add_object(array, NULL);
		cJSON *keys = pk_json_add_array(item, "keys");

		pk_json_set_str(item, "what", c->what);
		if (c->rows >= 0)
			pk_json_set_num(item, "rows", (double)c->rows);
		for (size_t k = 0; k < c->keys.n; k++)
			cJSON_AddItemToArray(keys, cJSON_CreateString(c->keys.items[k]));
		pk_json_set_str(item, "query", c->query);
	}
	return array;
}
