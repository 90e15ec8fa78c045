#include "clone/method.h"
#include "clone/template.h"

#include "base/clock.h"
#include "base/text.h"

#define LEAST	    (200LL << 20)
#define ROWS_RATE   110e6
#define FILES_RATE  480e6
#define ROWS_START  0.5 /* seconds */
#define FILES_START 1.0
#define CLEARLY	    0.8
#define PROBE_BYTES 4194304
#define LEAST_RATE  32768.0 /* of pg_basebackup --max-rate */
#define MOST_RATE   1073741824.0
#define MODEL_SLACK                                                                                \
	(1LL << 20) /* that a template database differs from the other by, as both were made */

void pk_method_release(struct pk_method *method)
{
	free(method->why);
	free(method->refused);
	free(method->failed);
	free(method->offer);
	pk_strv_release(&method->others);
	*method = (struct pk_method)PK_METHOD_INIT;
}

/* ---- time ---- */

static double larger(double a, double b)
{
	return a > b ? a : b;
}

bool pk_method_pays(const struct pk_method_figures *f)
{
	double rows = (double)f->database / ROWS_RATE, files = (double)f->cluster / FILES_RATE;

	if (f->database < LEAST)
		return false;
	if (f->rate > 0) {
		rows = larger(rows, (double)f->rows / f->rate);
		files = larger(files, (double)f->cluster / f->rate);
	}
	return FILES_START + f->wait + files < CLEARLY * (ROWS_START + rows);
}

/* The second of two looks, when the way is warm. A way within one machine is no way. */
static int probe(struct pk_conn *source, double *ret_rate, struct pk_err *err)
{
	PK_FREE char *here = NULL,
		     *sql = pk_printf("SELECT pg_catalog.repeat('x', %d)", PROBE_BYTES);
	double best = 0;

	*ret_rate = 0;
	if (pk_query_value(source,
			   "SELECT pg_catalog.inet_client_addr() IS NULL OR "
			   "pg_catalog.inet_client_addr() = "
			   "pg_catalog.inet_server_addr()",
			   0, NULL, &here, err) < 0)
		return -1;
	for (int i = 0; i < 2 && pk_streq(here, "f"); i++) {
		double started = pk_now(), took;

		if (pk_query(source, sql, 0, NULL, NULL, err) < 0)
			return -1;
		took = pk_now() - started;
		best = i == 0 || took < best ? took : best;
	}
	if (best > 0)
		*ret_rate = PROBE_BYTES / best;
	return 0;
}

int pk_method_max_rate(const struct pk_config *config, const char *remote, double *ret,
		       struct pk_err *err)
{
	PK_FREE char *key = pk_printf("remote.%s.maxRate", remote);
	const char *text = config ? pk_config_get_protected(config, key) : NULL;
	char *unit = NULL;

	*ret = 0;
	if (!text)
		return 0;
	*ret = strtod(text, &unit) * 1024;
	if (strcmp(unit, "M") == 0 || strcmp(unit, "MB") == 0)
		*ret *= 1024;
	else if (strcmp(unit, "k") != 0 && strcmp(unit, "kB") != 0)
		*ret = 0;
	if (*ret >= LEAST_RATE && *ret <= MOST_RATE)
		return 0;
	pk_err_set(err, "postkit.%s: '%s' is not a rate", key, text);
	return pk_err_hint(err, "kB or MB a second, from 32kB to 1024MB: 20MB");
}

/* ---- whose data ---- */

/* What an extension brings may still hold rows of users', or how to reach other servers. */
static const char holds_sql[] =
	"WITH brought (class, oid) AS (SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'), "
	"made (class, oid) AS (SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::oid, oid FROM pg_catalog.pg_class UNION ALL "
	"SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass::oid, oid FROM pg_catalog.pg_proc UNION ALL "
	"SELECT 'pg_catalog.pg_type'::pg_catalog.regclass::oid, oid FROM pg_catalog.pg_type) "
	"SELECT EXISTS (SELECT FROM made WHERE oid >= 16384 AND (class, oid) NOT IN (SELECT class, oid FROM brought)) "
	"OR EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid >= 16384 AND relkind IN ('r', 'm', 'p', 'S', 'f')) "
	"OR EXISTS (SELECT FROM pg_catalog.pg_foreign_server WHERE oid >= 16384) "
	"OR EXISTS (SELECT FROM pg_catalog.pg_user_mappings) "
	"OR EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata) "
	"OR EXISTS (SELECT s.oid FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid "
	"WHERE d.datname = pg_catalog.current_database())";

/* Where we are not let in, there may be anything. One connection at a time: the role may be allowed no more. */
static int holds_data(struct pk_hold *hold, const struct pk_remote *remote, const char *db,
		      bool *ret, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_err) e = PK_ERR_INIT;
	PK_FREE char *holds = NULL;

	*ret = true;
	pk_hold_release(hold);
	pk_conninfo_copy(&info, &remote->info);
	pk_conninfo_set(&info, "dbname", db);
	if (pk_conn_open(&conn, &info, &e) < 0 ||
	    pk_query_value(&conn, holds_sql, 0, NULL, &holds, &e) < 0) {
		if (pk_err_move_interrupt(err, &e))
			return -1;
	} else {
		*ret = !pk_streq(holds, "f");
	}
	pk_conn_release(&conn);
	return pk_hold_connect(hold, &remote->info, err);
}

/* template1 is of all databases there, and nobody connects to it who lets others make some; it has grown when it is used. */
static int model_holds_data(struct pk_conn *source, bool *ret, struct pk_err *err)
{
	static const char sql[] = "SELECT coalesce(pg_catalog.max(s.size) - pg_catalog.min(s.size) "
				  "<= %lld, false) AND count(s.size) = 2 FROM "
				  "(SELECT CASE WHEN pg_catalog.has_database_privilege(oid, "
				  "'CONNECT') OR pg_catalog.pg_has_role('pg_read_all_stats', "
				  "'USAGE') THEN pg_catalog.pg_database_size(oid) END AS size FROM "
				  "pg_catalog.pg_database "
				  "WHERE datname IN ('template0', 'template1')) s";
	PK_FREE char *text = pk_printf(sql, MODEL_SLACK), *as_made = NULL;

	if (pk_query_value(source, text, 0, NULL, &as_made, err) < 0)
		return -1;
	*ret = !pk_streq(as_made, "t");
	return 0;
}

/* *ret: databases whose data would come along. */
static int find_others(struct pk_hold *hold, const struct pk_remote *remote,
		       const struct pk_fits *fits, struct pk_strv *ret, struct pk_err *err)
{
	bool holds = false,
	     only_postgres = fits->others.n == 1 && strcmp(fits->others.items[0], "postgres") == 0;

	if (only_postgres && holds_data(hold, remote, "postgres", &holds, err) < 0)
		return -1;
	for (size_t i = 0; i < fits->others.n; i++)
		if (!only_postgres || holds)
			pk_strv_push(ret, fits->others.items[i]);
	if (model_holds_data(&hold->conn, &holds, err) < 0)
		return -1;
	if (holds)
		pk_strv_push(ret, "template1");
	return 0;
}

/* ---- the choice ---- */

void pk_method_may_pay(const struct pk_remote *remote, const struct pk_source_facts *facts,
		       char **ret_why)
{
	PK_FREE char *least = pk_size(LEAST);

	if (facts->size < LEAST)
		*ret_why = pk_printf("for less than %s", least);
	else if (remote->ssh)
		*ret_why = pk_strdup("for they are less than the files to come through SSH");
}

static int read_figures(struct pk_conn *source, const struct pk_template_want *want, const struct pk_fits *fits,
			struct pk_method_figures *ret, bool *ret_unlogged, struct pk_err *err)
{
	double max_rate = want->options.max_rate;
	static const char sql[] =
		"SELECT coalesce(sum(relpages) FILTER (WHERE relkind IN ('r', 'm', 't')), 0) * "
		"pg_catalog.current_setting('block_size')::bigint, "
		"coalesce(pg_catalog.bool_or(relpersistence = 'u'), false) "
		"FROM pg_catalog.pg_class";
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(source, sql, 0, NULL, &rows, err) < 0 || probe(source, &ret->rate, err) < 0)
		return -1;
	if (max_rate > 0 && (ret->rate <= 0 || max_rate < ret->rate))
		ret->rate = max_rate;
	ret->database = want->facts->size;
	ret->rows = pk_rows_int(&rows, 0, 0);
	ret->cluster = fits->size;
	ret->wait = fits->quick ? 0 : fits->wait;
	*ret_unlogged = pk_rows_true(&rows, 0, 1);
	return 0;
}

static char *make_offer(const struct pk_source_facts *facts, const struct pk_fits *fits,
			const struct pk_strv *others)
{
	PK_FREE char *all = pk_size((uint64_t)fits->size);
	PK_FREE char *theirs =
		pk_size(fits->size > facts->size ? (uint64_t)(fits->size - facts->size) : 0);

	return pk_printf("--physical would copy %s of files instead, sooner, with %s of %zu other "
			 "database%s, dropped on arrival",
			 all, theirs, others->n, others->n == 1 ? "" : "s");
}

int pk_method_look(struct pk_hold *hold, const struct pk_template_want *want, const struct pk_fits *fits,
		   struct pk_method *ret, char **ret_why, struct pk_err *err)
{
	PK_AUTO(pk_strv) others = PK_STRV_INIT;
	struct pk_method_figures figures = { 0 };
	bool unlogged = false;

	if (read_figures(&hold->conn, want, fits, &figures, &unlogged, err) < 0)
		return -1;
	if (unlogged) {
		*ret_why = pk_strdup("for files come without those of unlogged tables");
	} else if (!pk_method_pays(&figures)) {
		*ret_why = pk_strdup(figures.wait > 0
					     ? "for the files would have to wait for a checkpoint"
					     : "which are here as soon as the files");
	} else {
		if (find_others(hold, want->remote, fits, &others, err) < 0)
			return -1;
		if (others.n) {
			*ret_why = pk_strdup(
				"for with the files come databases that nobody asked for");
			ret->offer = make_offer(want->facts, fits, &others);
		}
	}
	return 0;
}
