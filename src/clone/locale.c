#include "clone/locale.h"
#include "base/clock.h"
#include "clone/scrap.h"

static void add_option(struct pk_buf *sql, const char *option, const char *value)
{
	if (!value)
		return;
	pk_buf_add(sql, option);
	pk_buf_add_literal(sql, value);
}

int pk_locale_model_make(struct pk_conn *admin, const struct pk_source_facts *facts,
			 char **ret_name, struct pk_err *err)
{
	bool icu = pk_streq(facts->provider, "i");
	PK_FREE char *id = pk_random_hex(6);
	PK_FREE char *name = pk_printf("pk_model_%s", id);
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (admin->version < (icu ? 150000 : 170000)) {
		pk_err_set(err, "the source's locale '%s' needs a newer server than '%s'",
			   facts->locale, admin->where);
		return -1;
	}
	pk_buf_add(&sql, "CREATE DATABASE ");
	pk_buf_add_ident(&sql, name);
	pk_buf_add(&sql, " TEMPLATE template0");
	add_option(&sql, " ENCODING ", facts->encoding);
	add_option(&sql, " LC_COLLATE ", facts->collate);
	add_option(&sql, " LC_CTYPE ", facts->ctype);
	add_option(&sql, " LOCALE_PROVIDER ", icu ? "icu" : "builtin");
	add_option(&sql, icu ? " ICU_LOCALE " : " BUILTIN_LOCALE ", facts->locale);
	if (pk_exec(admin, sql.ptr, err) < 0) {
		pk_err_wrap(err, "this server cannot have a database of locale '%s' ('%s')",
			    facts->locale, facts->collate);
		return pk_err_hint(
			err,
			"install the locale on the machine of the server: sudo apt-get install "
			"locales-all");
	}
	*ret_name = pk_take(&name);
	return 0;
}

void pk_locale_model_drop(struct pk_conn *admin, const char *name)
{
	pk_scrap_db(admin, name, NULL); /* it is empty; gc finds it */
}
