#include "clone/fits.h"

#include <gnu/libc-version.h>
#include <locale.h>

#define QUICK_BYTES (64LL << 20)

void pk_fits_release(struct pk_fits *fits)
{
	free(fits->oid);
	free(fits->superuser);
	pk_strv_release(&fits->others);
	pk_strv_release(&fits->spaces);
	pk_strv_release(&fits->settings);
	*fits = (struct pk_fits)PK_FITS_INIT;
}

static int by_rows(struct pk_err *err)
{
	return pk_err_hint(err, "copy with --no-physical");
}

/* ---- may it ---- */

static int check_role(struct pk_conn *source, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(source,
		     "SELECT session_user, rolsuper OR rolreplication, pg_catalog.current_setting('wal_level') <> 'minimal' "
		     "AND pg_catalog.current_setting('max_wal_senders')::int > 0 "
		     "FROM pg_catalog.pg_roles WHERE rolname = session_user",
		     0, NULL, &rows, err) < 0)
		return -1;
	if (!pk_rows_true(&rows, 0, 1)) {
		pk_err_set(err, "role '%s' may not replicate, which a physical copy is", pk_rows_get(&rows, 0, 0));
		return pk_err_hint(err, "copy with --no-physical; or let it: ALTER ROLE ... REPLICATION, which lets it read "
					"all databases there");
	}
	if (pk_rows_true(&rows, 0, 2))
		return 0;
	pk_err_set(err, "'%s' does not let its files be copied: wal_level is minimal, or max_wal_senders 0", source->where);
	return by_rows(err);
}

/* ---- would the files be understood ---- */

static const char form_sql[] =
	"SELECT 'the processor', (pg_catalog.regexp_match(pg_catalog.version(), ' on ([^-, ]+)'))[1] "
	"UNION ALL SELECT 'the major version', pg_catalog.split_part(pg_catalog.current_setting('server_version_num')::int / 10000 || '', '.', 1) "
	"UNION ALL SELECT name, setting FROM pg_catalog.pg_settings WHERE name IN ('block_size', 'segment_size', 'wal_block_size') "
	"ORDER BY 1";

static int check_form(struct pk_conn *source, struct pk_conn *here, struct pk_err *err)
{
	PK_AUTO(pk_rows) theirs = PK_ROWS_INIT, ours = PK_ROWS_INIT;

	if (pk_query(source, form_sql, 0, NULL, &theirs, err) < 0 || pk_query(here, form_sql, 0, NULL, &ours, err) < 0)
		return -1;
	for (int i = 0; i < ours.n; i++) {
		const char *a = pk_rows_get(&theirs, i, 1), *b = pk_rows_get(&ours, i, 1);

		if (pk_streq(a, b))
			continue;
		pk_err_set(err, "the files of '%s' cannot be read here: %s is %s there, and %s here", source->where,
			   pk_rows_get(&ours, i, 0), a ? a : "unknown", b ? b : "unknown");
		return by_rows(err);
	}
	return 0;
}

/* Its library would lack what the extension's objects call. */
static int check_extensions(struct pk_conn *here, const struct pk_source_facts *facts, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_strv) have = PK_STRV_INIT;

	if (pk_query(here, "SELECT name || ' ' || version FROM pg_catalog.pg_available_extension_versions", 0, NULL, &rows,
		     err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		pk_strv_push(&have, pk_rows_get(&rows, i, 0));
	for (size_t i = 0; i < facts->extensions.n; i++) {
		if (pk_strv_has(&have, facts->extensions.items[i]))
			continue;
		pk_err_set(err, "extension %s of the source is installed here in another version", facts->extensions.items[i]);
		return by_rows(err);
	}
	return 0;
}

/*
 * An index is in the order of the collation as it was where it was built; another version of the library sorts otherwise,
 * and would not find what is there.
 */
#define USED_COLLATIONS                                                                                                 \
	"SELECT DISTINCT c.collprovider, c.collcollate, pg_catalog.pg_collation_actual_version(c.oid) "                \
	"FROM pg_catalog.pg_collation c WHERE c.collprovider IN ('c', 'i') AND c.oid IN (SELECT attcollation "         \
	"FROM pg_catalog.pg_attribute WHERE attrelid >= 16384 UNION SELECT pg_catalog.unnest(indcollation::oid[]) "     \
	"FROM pg_catalog.pg_index WHERE indrelid >= 16384) UNION "
#define CURRENT_DATABASE "FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()"

static const char collations_sql[] = USED_COLLATIONS
	"SELECT d.datlocprovider, d.datcollate, pg_catalog.pg_database_collation_actual_version(d.oid) " CURRENT_DATABASE;
/* before 15 */
static const char collations_14_sql[] = USED_COLLATIONS
	"SELECT 'c', d.datcollate, (SELECT pg_catalog.pg_collation_actual_version(c.oid) FROM pg_catalog.pg_collation c "
	"WHERE c.collprovider = 'c' AND c.collcollate = d.datcollate LIMIT 1) " CURRENT_DATABASE;

static const char icu_sql[] = "SELECT pg_catalog.pg_collation_actual_version(oid) FROM pg_catalog.pg_collation "
			      "WHERE collname = 'und-x-icu'";

/* These go by bytes or code points, everywhere alike. */
static bool is_plain(const char *locale)
{
	return pk_streq(locale, "C") || pk_streq(locale, "POSIX") || pk_starts_with(locale, "C.");
}

static bool is_installed(const char *name)
{
	locale_t locale = newlocale(LC_ALL_MASK, name, (locale_t)0);

	if (locale != (locale_t)0)
		freelocale(locale);
	return locale != (locale_t)0;
}

static int check_libc(const char *locale, const char *version, struct pk_err *err)
{
	const char *here = gnu_get_libc_version();

	if (!locale || is_plain(locale) || (pk_streq(version, here) && is_installed(locale)))
		return 0;
	if (pk_streq(version, here)) {
		pk_err_set(err, "the source sorts by the locale '%s', which is not installed here", locale);
		return pk_err_hint(err, "sudo locale-gen %s, or copy with --no-physical", locale);
	}
	pk_err_set(err, "the source sorts '%s' by the C library in version %s, and here it is %s: its indexes would not hold here",
		   locale, version ? version : "unknown", here);
	return by_rows(err);
}

static int check_icu(struct pk_conn *source, struct pk_conn *here, struct pk_err *err)
{
	PK_FREE char *theirs = NULL, *ours = NULL;

	if (pk_query_value(source, icu_sql, 0, NULL, &theirs, err) < 0 || pk_query_value(here, icu_sql, 0, NULL, &ours, err) < 0)
		return -1;
	if (theirs && pk_streq(theirs, ours))
		return 0;
	pk_err_set(err, "the source sorts by ICU in version %s, and here it is %s: its indexes would not hold here",
		   theirs ? theirs : "unknown", ours ? ours : "unknown");
	return by_rows(err);
}

static int check_collations(struct pk_conn *source, struct pk_conn *here, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(source, source->version >= 150000 ? collations_sql : collations_14_sql, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		const char *provider = pk_rows_get(&rows, i, 0);

		if (pk_streq(provider, "c") && check_libc(pk_rows_get(&rows, i, 1), pk_rows_get(&rows, i, 2), err) < 0)
			return -1;
		if (pk_streq(provider, "i") && check_icu(source, here, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- could it be made harmless ---- */

/* In roles and settings of the cluster. */
static const char strange_sql[] =
	"SELECT 'a role named ' || rolname FROM pg_catalog.pg_roles WHERE rolname IN ('postkit_admin', 'postkit') "
	"UNION ALL SELECT 'the setting ' || pg_catalog.split_part(c, '=', 1) || ' for all databases or superusers' "
	"FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c "
	"WHERE s.setrole IN (0, 10) AND s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = 'template0')) "
	"AND pg_catalog.split_part(c, '=', 1) IN ('session_preload_libraries', 'local_preload_libraries') LIMIT 1";

#define NOT_OF_EXTENSION(class)                                                                                        \
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = '" class "'::pg_catalog.regclass "       \
	"AND e.objid = o.oid AND e.deptype = 'e')"

static const char odd_sql[] =
	"SELECT 'function ' || o.oid::pg_catalog.regprocedure FROM pg_catalog.pg_proc o WHERE (o.oid < 16384 AND o.proowner <> 10) "
	"OR (o.oid >= 16384 AND o.pronamespace = 11" NOT_OF_EXTENSION("pg_catalog.pg_proc") ") "
	"UNION ALL SELECT 'operator ' || o.oid::pg_catalog.regoperator FROM pg_catalog.pg_operator o WHERE "
	"(o.oid < 16384 AND o.oprowner <> 10) OR (o.oid >= 16384 AND o.oprnamespace = 11"
	NOT_OF_EXTENSION("pg_catalog.pg_operator") ") "
	"UNION ALL SELECT 'type ' || o.oid::pg_catalog.regtype FROM pg_catalog.pg_type o WHERE (o.oid < 16384 AND o.typowner <> 10) "
	"OR (o.oid >= 16384 AND o.typnamespace = 11 AND o.typtype <> 'c' AND o.typelem = 0"
	NOT_OF_EXTENSION("pg_catalog.pg_type") ") "
	"UNION ALL SELECT 'relation ' || o.oid::pg_catalog.regclass FROM pg_catalog.pg_class o WHERE "
	"(o.oid < 16384 AND o.relowner <> 10) OR (o.oid >= 16384 AND o.relnamespace = 11 AND o.relkind NOT IN ('i', 'I', 't')"
	NOT_OF_EXTENSION("pg_catalog.pg_class") ") "
	"UNION ALL SELECT 'rights to schema ' || n.nspname FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) a "
	"WHERE n.nspname IN ('pg_catalog', 'information_schema') AND (n.nspowner <> 10 OR (a.privilege_type = 'CREATE' AND a.grantee <> 10)) "
	"UNION ALL SELECT 'rights to ' || c.oid::pg_catalog.regclass FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a "
	"WHERE c.relnamespace = 11 AND c.oid < 16384 AND c.relkind = 'r' AND a.grantee <> 10 AND a.privilege_type <> 'SELECT' LIMIT 1";

static int refuse_found(struct pk_conn *conn, const char *sql, const char *why, struct pk_err *err)
{
	PK_FREE char *found = NULL;

	if (pk_query_value(conn, sql, 0, NULL, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	pk_err_set(err, "the source has %s%s", found, why);
	return by_rows(err);
}

int pk_fits_odd(struct pk_conn *conn, struct pk_err *err)
{
	return refuse_found(conn, odd_sql, " among what should be the server's own", err);
}

/* ---- what the backup has to know ---- */

static int read_list(struct pk_conn *source, const char *sql, struct pk_strv *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(source, sql, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		pk_strv_push(ret, pk_rows_get(&rows, i, 0));
	return 0;
}

/* What was logged since the last checkpoint is about as much as the next one has to write. */
static int read_checkpoint(struct pk_conn *source, struct pk_fits *ret, struct pk_err *err)
{
	static const char settings[] =
		"SELECT pg_catalog.current_setting('checkpoint_completion_target')::float8 * (SELECT setting::float8 "
		"FROM pg_catalog.pg_settings WHERE name = 'checkpoint_timeout')";
	static const char logged[] =
		"SELECT pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() "
		"ELSE pg_catalog.pg_current_wal_insert_lsn() END, redo_lsn) <= %lld FROM pg_catalog.pg_control_checkpoint()";
	PK_FREE char *sql = pk_printf(logged, QUICK_BYTES), *wait = NULL, *little = NULL;
	PK_AUTO(pk_err) e = PK_ERR_INIT;

	if (pk_query_value(source, settings, 0, NULL, &wait, err) < 0)
		return -1;
	/* A server that does not tell may have much to write. */
	if (pk_query_value(source, sql, 0, NULL, &little, &e) < 0 && pk_err_move_interrupt(err, &e))
		return -1;
	ret->wait = strtod(wait, NULL);
	ret->quick = pk_streq(little, "t");
	return 0;
}

static int read_facts(struct pk_conn *source, struct pk_fits *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(source,
		     "SELECT d.oid, pg_catalog.pg_get_userbyid(10), (SELECT sum(CASE WHEN pg_catalog.has_database_privilege(o.oid, "
		     "'CONNECT') THEN pg_catalog.pg_database_size(o.oid) END) FROM pg_catalog.pg_database o) " CURRENT_DATABASE,
		     0, NULL, &rows, err) < 0)
		return -1;
	ret->major = source->version / 10000;
	ret->oid = pk_strdup(pk_rows_get(&rows, 0, 0));
	ret->superuser = pk_strdup(pk_rows_get(&rows, 0, 1));
	ret->size = pk_rows_int(&rows, 0, 2);
	if (read_checkpoint(source, ret, err) < 0 ||
	    read_list(source,
		      "SELECT datname FROM pg_catalog.pg_database WHERE datname NOT IN "
		      "(pg_catalog.current_database(), 'template0', 'template1') ORDER BY 1",
		      &ret->others, err) < 0 ||
	    read_list(source,
		      "SELECT pg_catalog.pg_tablespace_location(oid) FROM pg_catalog.pg_tablespace WHERE oid >= 16384",
		      &ret->spaces, err) < 0)
		return -1;
	return read_list(source,
			 "SELECT name || '=' || setting FROM pg_catalog.pg_settings WHERE name IN "
			 "('max_prepared_transactions', 'max_replication_slots', 'max_active_replication_origins')",
			 &ret->settings, err);
}

int pk_fits_read(struct pk_conn *source, struct pk_conn *here, const struct pk_source_facts *facts, struct pk_fits *ret,
		 struct pk_err *err)
{
	if (check_role(source, err) < 0 || check_form(source, here, err) < 0 || check_extensions(here, facts, err) < 0 ||
	    check_collations(source, here, err) < 0 || refuse_found(source, strange_sql, "", err) < 0 ||
	    pk_fits_odd(source, err) < 0)
		return -1;
	return read_facts(source, ret, err);
}
