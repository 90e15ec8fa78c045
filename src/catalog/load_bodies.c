/* Bodies of functions, checked once everything that they may use is there. */
#include "base/buf.h"
#include "base/map.h"
#include "catalog/kind.h"
#include "catalog/load_order.h"
#include "pg/sqlstate.h"

/* Functions whose bodies are text, and that no extension brought; none where an event trigger would see the check. */
static const char bodies_sql[] =
	"SELECT n.nspname, p.proname, p.prosrc FROM pg_catalog.pg_proc p "
	"JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace "
	"JOIN pg_catalog.pg_language l ON l.oid = p.prolang "
	"WHERE p.oid >= 16384 AND l.lanvalidator <> 0 AND p.prosrc <> '' AND n.nspname <> 'postkit' "
	"AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass "
	" AND d.objid = p.oid AND d.deptype = 'e') "
	"AND NOT EXISTS (SELECT FROM pg_catalog.pg_event_trigger)";

/* Routines of one schema and name. */
struct routine {
	const struct pk_object *object;
	struct routine *next;
};

static void index_routines(const struct pk_snapshot *like, struct pk_arena *arena, struct pk_map *ret)
{
	for (size_t i = 0; i < like->n; i++) {
		const struct pk_object *o = like->objects[i];
		struct routine *r;
		const char *key;

		if (!o->kind->routine)
			continue;
		key = pk_arena_printf(arena, "%s\n%s", o->schema, pk_bare_name(arena, o));
		r = pk_arena_alloc(arena, sizeof(*r));
		*r = (struct routine){ o, pk_map_get(ret, key) };
		pk_map_set(ret, key, r);
	}
}

static bool has_body(const struct routine *r, const char *body)
{
	for (; r; r = r->next)
		for (size_t i = 0; i < r->object->kind->n_attrs; i++)
			if (r->object->attr[i] && strstr(r->object->attr[i], body))
				return true;
	return false;
}

/* Names of functions that are new or have another body. */
static int find_changed(struct pk_conn *user, const struct pk_snapshot *like, struct pk_map *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	struct pk_arena arena = PK_ARENA_INIT;
	struct pk_map known = PK_MAP_INIT;
	int status = pk_query(user, bodies_sql, 0, NULL, &rows, err);

	index_routines(like, &arena, &known);
	for (int i = 0; status == 0 && i < rows.n; i++) {
		const char *name = pk_rows_get(&rows, i, 1);
		const char *key = pk_arena_printf(&arena, "%s\n%s", pk_rows_get(&rows, i, 0), name);

		if (!has_body(pk_map_get(&known, key), pk_rows_get(&rows, i, 2)))
			pk_map_set(ret, name, ret);
	}
	pk_map_release(&known);
	pk_arena_release(&arena);
	return status;
}

/* What the check is not about: whoever owns the function by now, and what the server lacks. */
static bool is_verdict(const struct pk_err *err)
{
	static const char *const others[] = { PK_SQLSTATE_INSUFFICIENT_PRIVILEGE, PK_SQLSTATE_QUERY_CANCELED,
					      PK_SQLSTATE_STATEMENT_TOO_COMPLEX };

	for (size_t i = 0; i < PK_COUNT(others); i++)
		if (strcmp(err->sqlstate, others[i]) == 0)
			return false;
	return err->sqlstate[0] != '\0' && !pk_starts_with(err->sqlstate, "08");
}

/* Made once more in its place, as far as it takes to know; then it is as before. */
static int check_body(const struct pk_load *load, struct pk_conn *user, const struct pk_load_item *item,
		      struct pk_err *err)
{
	PK_AUTO(pk_buf) settings = PK_BUF_INIT;
	PK_AUTO(pk_err) found = PK_ERR_INIT;
	PK_FREE char *sql = pk_sql_or_replace(item->text);
	int inserted = (int)(strlen(sql) - strlen(item->text));

	pk_load_settings(load, item->context, &settings);
	pk_buf_add(&settings, "SET check_function_bodies = on; BEGIN");
	if (pk_exec(user, settings.ptr, err) < 0)
		return -1;
	int status = pk_exec(user, sql, &found);
	if (pk_exec(user, "ROLLBACK", err) < 0)
		return -1;
	if (status == 0 || !is_verdict(&found))
		return 0;
	if (found.line == 1)
		found.col -= inserted;
	pk_load_place_error(item, &found);
	pk_err_move(err, &found);
	pk_err_wrap(err, "the body of '%s' is not valid", item->defines[0]);
	return pk_err_hint(err, "a file that says SET check_function_bodies = off; above it is not checked");
}

int pk_load_check_bodies(const struct pk_load *load, struct pk_conn *user, const struct pk_snapshot *like,
			 struct pk_err *err)
{
	struct pk_map changed = PK_MAP_INIT;
	bool any = false;
	int status = 0;

	for (size_t i = 0; i < load->n; i++)
		any |= load->items[i].body && load->items[i].done;
	if (any)
		status = find_changed(user, like, &changed, err);
	for (size_t i = 0; status == 0 && i < load->n; i++) {
		const struct pk_load_item *item = &load->items[i];

		if (item->body && item->done && !item->file->support && item->defines &&
		    pk_map_get(&changed, item->defines[0]))
			status = check_body(load, user, item, err);
	}
	pk_map_release(&changed);
	return status;
}
