#include "trace/runner.h"

bool pk_turn_is_roles(enum pk_turn turn)
{
	return turn == PK_TURN_NORMAL || turn == PK_TURN_KEPT;
}

/* The role can do it itself: a trusted extension, or one that it owns. Then it is as on the remote. */
static int needs_admin(struct pk_runner *r, const struct pk_action *a, bool *ret, struct pk_err *err)
{
	const char *const params[] = { a->name };
	PK_FREE char *answer = NULL;
	const char *sql =
		"SELECT NOT pg_catalog.pg_has_role(extowner, 'USAGE') FROM pg_catalog.pg_extension WHERE extname = $1";

	*ret = false;
	if (!a->name)
		return 0;
	if (a->verb == PK_CREATE && r->conn->version < 130000) {
		*ret = true;
		return 0;
	}
	if (a->verb == PK_CREATE)
		sql = "SELECT NOT (pg_catalog.bool_or(trusted) AND "
		      "pg_catalog.has_database_privilege("
		      "pg_catalog.current_database(), 'CREATE')) "
		      "FROM pg_catalog.pg_available_extension_versions WHERE name = $1";
	if (pk_query_value(r->conn, sql, 1, params, &answer, err) < 0)
		return -1;
	*ret = pk_streq(answer, "t");
	return 0;
}

/* As its provider is not loaded, it is kept as COMMENT would be: by the role, or for it. */
static int find_label(struct pk_runner *r, size_t i, bool *ret_admin, struct pk_err *err)
{
	struct pk_action comment = *r->first[i];
	struct pk_label_stmt label = pk_label_read(&r->trace->arena, &comment, r->statements.items[i].text);
	bool kept = false;

	comment.object = comment.type;
	if (pk_label_kept(&r->super, &label, &kept, err) < 0 ||
	    (kept && label.superusers && pk_super_needed(&r->super, &comment, ret_admin, err) < 0))
		return -1;
	if (kept) {
		r->labels[i] = label;
		r->turns[i] = PK_TURN_KEPT;
	}
	return 0;
}

int pk_runner_find_turn(struct pk_runner *r, size_t i, struct pk_err *err)
{
	const struct pk_action *a = r->first[i];
	bool admin = false;

	r->turns[i] = PK_TURN_NORMAL;
	if (!a || !r->how->local)
		return 0;
	if (pk_streq(a->object, "role"))
		r->turns[i] = PK_TURN_NEVER;
	if (!r->how->admin)
		return 0;
	if ((a->provider			? find_label(r, i, &admin, err) :
	     pk_streq(a->object, "extension") ? needs_admin(r, a, &admin, err) :
						pk_super_needed(&r->super, a, &admin, err)) < 0)
		return pk_runner_place(r, &r->statements.items[i], err);
	if (admin)
		r->turns[i] = a->verb == PK_DROP ? PK_TURN_AFTER : PK_TURN_BEFORE;
	return 0;
}

bool pk_runner_takes_away_after(const struct pk_runner *r)
{
	for (size_t i = 0; i < r->statements.n; i++)
		if (r->turns[i] == PK_TURN_AFTER)
			return true;
	return false;
}
