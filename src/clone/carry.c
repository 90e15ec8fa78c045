#include "clone/carry.h"

#include "pg/silence.h"

/* FROM CURRENT spares us to know which settings are lists. */
int pk_carry_settings(struct pk_conn *conn, const char *db, const struct pk_strv *pairs,
		      struct pk_err *err)
{
	if (pairs->n == 0)
		return 0;
	for (size_t i = 0; i + 1 < pairs->n; i += 2) {
		const char *const pair[] = { pairs->items[i], pairs->items[i + 1] };
		PK_AUTO(pk_buf) sql = PK_BUF_INIT;

		pk_buf_add(&sql, "ALTER DATABASE ");
		pk_buf_add_ident(&sql, db);
		pk_buf_add(&sql, " SET ");
		pk_buf_add_ident(&sql, pair[0]);
		pk_buf_add(&sql, " FROM CURRENT");
		if (pk_query(conn, "SELECT pg_catalog.set_config($1, $2, false)", 2, pair, NULL,
			     err) < 0 ||
		    pk_exec(conn, sql.ptr, err) < 0)
			return pk_err_wrap(err, "cannot carry over the setting '%s'", pair[0]);
	}
	return pk_conn_own_settings(conn, err);
}

int pk_carry_read(struct pk_conn *conn, const char *db, struct pk_strv *ret_pairs,
		  struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	const char *const params[] = { db };

	if (pk_query(conn,
		     "SELECT pg_catalog.split_part(c, '=', 1), "
		     "pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1) "
		     "FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c "
		     "WHERE s.setrole = 0 AND s.setdatabase = "
		     "(SELECT oid FROM pg_catalog.pg_database WHERE datname = $1)",
		     1, params, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		pk_strv_push(ret_pairs, pk_rows_get(&rows, i, 0));
		pk_strv_push(ret_pairs, pk_rows_get(&rows, i, 1));
	}
	return 0;
}

int pk_carry_create_privilege(struct pk_conn *conn, const char *db, const char *role,
			      struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "GRANT CREATE ON DATABASE ");
	pk_buf_add_ident(&sql, db);
	pk_buf_add(&sql, " TO ");
	pk_buf_add_ident(&sql, role);
	return pk_exec(conn, sql.ptr, err);
}

int pk_carry_read_public(struct pk_conn *conn, enum pk_public *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	*ret = PK_PUBLIC_AS_IT_IS;
	if (conn->version >= 150000)
		return 0;
	if (pk_query(conn,
		     "SELECT pg_catalog.has_schema_privilege('public', oid, 'USAGE'), "
		     "pg_catalog.has_schema_privilege('public', oid, 'CREATE') "
		     "FROM pg_catalog.pg_namespace WHERE nspname = 'public'",
		     0, NULL, &rows, err) < 0)
		return -1;
	if (rows.n)
		*ret = PK_PUBLIC_NOTHING + pk_rows_true(&rows, 0, 0) + 2 * pk_rows_true(&rows, 0, 1);
	return 0;
}

int pk_carry_public(struct pk_conn *conn, enum pk_public what, struct pk_err *err)
{
	static const char *const grants[] = {
		[PK_PUBLIC_NOTHING] = "",
		[PK_PUBLIC_USAGE] = "; GRANT USAGE ON SCHEMA public TO PUBLIC",
		[PK_PUBLIC_CREATE] = "; GRANT CREATE ON SCHEMA public TO PUBLIC",
		[PK_PUBLIC_BOTH] = "; GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC",
	};
	PK_FREE char *sql = NULL;
	enum pk_public has;

	if (pk_carry_read_public(conn, &has, err) < 0)
		return -1;
	if (what == PK_PUBLIC_AS_IT_IS || has == PK_PUBLIC_AS_IT_IS || has == what)
		return 0;
	sql = pk_printf("REVOKE ALL ON SCHEMA public FROM PUBLIC%s", grants[what]);
	return pk_exec_silently(conn, sql, err);
}
