#include "clone/extension.h"

/* '#' stands for the major version. What is not here is guessed from the name. */
static const struct {
	const char *extension, *package;
} packages[] = {
	{ "postgis", "postgresql-#-postgis-3" },
	{ "postgis_raster", "postgresql-#-postgis-3" },
	{ "postgis_sfcgal", "postgresql-#-postgis-3" },
	{ "postgis_topology", "postgresql-#-postgis-3" },
	{ "postgis_tiger_geocoder", "postgresql-#-postgis-3" },
	{ "address_standardizer", "postgresql-#-postgis-3" },
	{ "vector", "postgresql-#-pgvector" },
	{ "timescaledb", "timescaledb-2-postgresql-#" },
	{ "pg_cron", "postgresql-#-cron" },
	{ "pg_partman", "postgresql-#-partman" },
	{ "pg_repack", "postgresql-#-repack" },
	{ "pg_hint_plan", "postgresql-#-pg-hint-plan" },
	{ "plpython3u", "postgresql-plpython3-#" },
	{ "plperl", "postgresql-plperl-#" },
	{ "plperlu", "postgresql-plperl-#" },
	{ "pltcl", "postgresql-pltcl-#" },
	{ "pltclu", "postgresql-pltcl-#" },
	{ "plsh", "postgresql-#-plsh" },
	{ "uuid-ossp", "postgresql-#" },
	{ "pg_stat_statements", "postgresql-#" },
	{ "pg_trgm", "postgresql-#" },
	{ "pgcrypto", "postgresql-#" },
	{ "btree_gin", "postgresql-#" },
	{ "btree_gist", "postgresql-#" },
	{ "citext", "postgresql-#" },
	{ "cube", "postgresql-#" },
	{ "dblink", "postgresql-#" },
	{ "earthdistance", "postgresql-#" },
	{ "file_fdw", "postgresql-#" },
	{ "fuzzystrmatch", "postgresql-#" },
	{ "hstore", "postgresql-#" },
	{ "intarray", "postgresql-#" },
	{ "isn", "postgresql-#" },
	{ "lo", "postgresql-#" },
	{ "ltree", "postgresql-#" },
	{ "pageinspect", "postgresql-#" },
	{ "pg_buffercache", "postgresql-#" },
	{ "pg_prewarm", "postgresql-#" },
	{ "pgrowlocks", "postgresql-#" },
	{ "pgstattuple", "postgresql-#" },
	{ "postgres_fdw", "postgresql-#" },
	{ "seg", "postgresql-#" },
	{ "sslinfo", "postgresql-#" },
	{ "tablefunc", "postgresql-#" },
	{ "tcn", "postgresql-#" },
	{ "tsm_system_rows", "postgresql-#" },
	{ "tsm_system_time", "postgresql-#" },
	{ "unaccent", "postgresql-#" },
	{ "xml2", "postgresql-#" },
};

/* Caller frees. */
static char *package_of(const char *extension, int major)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;
	const char *pattern = NULL;

	for (size_t i = 0; i < PK_COUNT(packages) && !pattern; i++)
		if (pk_streq(packages[i].extension, extension))
			pattern = packages[i].package;
	if (!pattern) {
		pk_buf_addf(&name, "postgresql-%d-%s", major, extension);
		for (char *c = name.ptr; *c; c++)
			*c = *c == '_' ? '-' : *c;
		return pk_buf_take(&name);
	}
	for (; *pattern; pattern++) {
		if (*pattern == '#')
			pk_buf_addf(&name, "%d", major);
		else
			pk_buf_addc(&name, *pattern);
	}
	return pk_buf_take(&name);
}

int pk_extensions_check(struct pk_conn *conn, const struct pk_source_facts *facts,
			struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_strv) have = PK_STRV_INIT, missing = PK_STRV_INIT, wanted = PK_STRV_INIT;
	PK_FREE char *list = NULL, *install = NULL;

	if (pk_query(conn, "SELECT name FROM pg_catalog.pg_available_extensions", 0, NULL, &rows,
		     err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		pk_strv_push(&have, pk_rows_get(&rows, i, 0));
	for (size_t i = 0; i < facts->extensions.n; i++) {
		const char *text = facts->extensions.items[i], *space = strrchr(text, ' ');
		PK_FREE char *name =
			pk_strndup(text, space ? (size_t)(space - text) : strlen(text));
		PK_FREE char *package = NULL;

		if (pk_strv_has(&have, name))
			continue;
		package = package_of(name, conn->version / 10000);
		pk_strv_pushf(&missing, "'%s'", name);
		if (!pk_strv_has(&wanted, package))
			pk_strv_push(&wanted, package);
	}
	if (missing.n == 0)
		return 0;
	list = pk_strv_join(&missing, ", ");
	install = pk_strv_join(&wanted, " ");
	pk_err_set(err, "the source uses extension%s that '%s' does not have: %s",
		   missing.n == 1 ? "" : "s", conn->where, list);
	return pk_err_hint(err, "on Debian: sudo apt-get install %s", install);
}
