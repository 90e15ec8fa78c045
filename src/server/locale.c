#include "server/locale.h"

struct locale {
	char *provider, *locale, *rules; /* of other providers than libc */
	char *encoding, *collate, *ctype;
};

static void locale_release(struct locale *l)
{
	char *all[] = { l->provider, l->locale, l->rules, l->encoding, l->collate, l->ctype };

	for (size_t i = 0; i < PK_COUNT(all); i++)
		free(all[i]);
}

static int locale_like(struct pk_conn *conn, const char *like, struct locale *ret,
		       struct pk_err *err)
{
	static const struct {
		int version;
		const char *columns;
	} by_version[] = {
		{ 170000, ", datlocprovider, datlocale, daticurules" },
		{ 160000, ", datlocprovider, daticulocale, daticurules" },
		{ 150000, ", datlocprovider, daticulocale, NULL" },
		{ 0, ", 'c', NULL, NULL" },
	};
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	const char *const params[] = { like };
	size_t v = 0;

	while (conn->version < by_version[v].version)
		v++;
	pk_buf_add(&sql, "SELECT pg_encoding_to_char(encoding), datcollate, datctype");
	pk_buf_add(&sql, by_version[v].columns);
	pk_buf_add(&sql, " FROM pg_catalog.pg_database WHERE datname = $1");
	if (pk_query(conn, sql.ptr, 1, params, &rows, err) < 0)
		return -1;
	if (!rows.n)
		return pk_err_set(err, "there is no database '%s' on '%s'", like, conn->where);
	ret->encoding = pk_strdup(pk_rows_get(&rows, 0, 0));
	ret->collate = pk_strdup(pk_rows_get(&rows, 0, 1));
	ret->ctype = pk_strdup(pk_rows_get(&rows, 0, 2));
	ret->provider = pk_strdup(pk_rows_get(&rows, 0, 3));
	ret->locale = pk_strdup(pk_rows_get(&rows, 0, 4));
	ret->rules = pk_strdup(pk_rows_get(&rows, 0, 5));
	return 0;
}

static void add_option(struct pk_buf *sql, const char *option, const char *value)
{
	if (!value)
		return;
	pk_buf_add(sql, option);
	pk_buf_add_literal(sql, value);
}

int pk_locale_options(struct pk_conn *conn, const struct pk_create_db *how, struct pk_buf *sql,
		      struct pk_err *err)
{
	struct locale like = { 0 };
	PK_FREE char *fallback = NULL;

	if (how->like && locale_like(conn, how->like, &like, err) < 0)
		return -1;
	/* what the cluster itself has: C.UTF-8, or C where the system lacks that */
	if (!how->collate && !like.collate &&
	    pk_query_value(
		    conn,
		    "SELECT datcollate FROM pg_catalog.pg_database WHERE datname = 'template0'", 0,
		    NULL, &fallback, err) < 0) {
		locale_release(&like);
		return -1;
	}
	const char *encoding = how->encoding   ? how->encoding
			       : like.encoding ? like.encoding
					       : "UTF8";
	const char *collate = how->collate ? how->collate : like.collate ? like.collate : fallback;
	const char *ctype = how->ctype ? how->ctype : like.ctype ? like.ctype : collate;
	add_option(sql, " ENCODING ", encoding);
	add_option(sql, " LC_COLLATE ", collate);
	add_option(sql, " LC_CTYPE ", ctype);
	if (pk_streq(like.provider, "i")) {
		pk_buf_add(sql, " LOCALE_PROVIDER icu");
		add_option(sql, " ICU_LOCALE ", like.locale);
		add_option(sql, " ICU_RULES ", like.rules);
	} else if (pk_streq(like.provider, "b")) {
		pk_buf_add(sql, " LOCALE_PROVIDER builtin");
		add_option(sql, " BUILTIN_LOCALE ", like.locale);
	} else if (conn->version >= 150000) {
		pk_buf_add(sql, " LOCALE_PROVIDER libc");
	}
	locale_release(&like);
	return 0;
}
