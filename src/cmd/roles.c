#include "cmd/roles.h"

/* Attributes that a role of an application may need; superuser and replication are never handed on. */
static void add_role(const char *name, bool login, bool inherit, struct pk_buf *ret)
{
	PK_AUTO(pk_buf) body = PK_BUF_INIT;

	pk_buf_add(&body,
		   "\nBEGIN\n\tIF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = ");
	pk_buf_add_literal(&body, name);
	pk_buf_add(&body, ") THEN\n\t\tCREATE ROLE ");
	pk_buf_add_ident(&body, name);
	pk_buf_add(&body, login ? " LOGIN" : " NOLOGIN");
	pk_buf_add(&body, inherit ? "" : " NOINHERIT");
	pk_buf_add(&body, ";\n\tEND IF;\nEND\n");
	pk_buf_add(ret, "DO ");
	/* A role may be called anything, dollar signs included. */
	if (strchr(name, '$')) {
		pk_buf_add_literal(ret, body.ptr);
	} else {
		pk_buf_add(ret, "$$");
		pk_buf_add(ret, body.ptr);
		pk_buf_add(ret, "$$");
	}
	pk_buf_add(ret, ";\n");
}

int pk_roles_sql(struct pk_conn *conn, const struct pk_strv *roles, struct pk_buf *ret,
		 struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn,
		     "SELECT rolname, rolcanlogin, rolinherit FROM pg_catalog.pg_roles "
		     "WHERE rolname !~ '^pg_' AND oid > 10 ORDER BY rolname COLLATE \"C\"",
		     0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		const char *name = pk_rows_get(&rows, i, 0);

		if (!pk_strv_has(roles, name))
			continue;
		pk_buf_add(
			ret,
			ret->len
				? "\n"
				: "-- Roles that the schema names. Passwords are not kept here.\n");
		add_role(name, pk_rows_true(&rows, i, 1), pk_rows_true(&rows, i, 2), ret);
	}
	return 0;
}
