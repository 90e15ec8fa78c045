#include "clone/copy.h"
#include "base/clock.h"
#include "base/fs.h"
#include "catalog/super.h"
#include "clone/dump.h"
#include "clone/extension.h"
#include "clone/less.h"
#include "clone/locale.h"
#include "clone/scrap.h"
#include "clone/sizes.h"
#include "clone/transfer.h"
#include "pg/pump.h"

#include <unistd.h>

#define MAX_JOBS 4

int pk_copy_jobs(const struct pk_copy_options *options)
{
	long n = options->jobs;

	if (n <= 0 && options->config)
		n = pk_config_int(options->config, "jobs", 0);
	if (n <= 0) {
		n = sysconf(_SC_NPROCESSORS_ONLN);
		n = n > MAX_JOBS ? MAX_JOBS : n;
	}
	return n < 1 ? 1 : n > PK_PUMP_LANES_MAX ? PK_PUMP_LANES_MAX : (int)n;
}

int pk_copy_max_age(const struct pk_copy_options *options, double *ret, struct pk_err *err)
{
	const char *text = options->config ? pk_config_get(options->config, "maxSnapshotAge") : NULL;

	*ret = 0;
	if (!text || pk_parse_duration(text, ret))
		return 0;
	pk_err_set(err, "postkit.maxSnapshotAge: '%s' is not a time", text);
	return pk_err_hint(err, "a number with ms, s, min or h: 30min; 0 for no limit");
}

static int read_facts(const struct pk_conninfo *source, struct pk_source_facts *facts, struct pk_err *err)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;

	if (pk_conn_open(&conn, source, err) < 0 || pk_hold_settings(&conn, "UTF8", NULL, err) < 0)
		return -1;
	return pk_source_facts_read(&conn, facts, err);
}

static int check_version(const struct pk_source_facts *facts, int target_version, const char *where,
			 struct pk_err *err)
{
	if (facts->version / 10000 <= target_version / 10000)
		return 0;
	pk_err_set(err, "'%s' is PostgreSQL %d, older than the source's %d", where,
		   target_version / 10000, facts->version / 10000);
	return pk_err_hint(err, "copy to a server of PostgreSQL %d or newer",
			   facts->version / 10000);
}

/* A copy has what the source has, also where that is less than a new database has. */
static int drop_extras(struct pk_conn *conn, const struct pk_source_facts *facts,
		       struct pk_err *err)
{
	if (!facts->has_plpgsql && pk_exec(conn, "DROP EXTENSION IF EXISTS plpgsql", err) < 0)
		return -1;
	if (!facts->has_public && pk_exec(conn, "DROP SCHEMA IF EXISTS public", err) < 0)
		return -1;
	return 0;
}

static int read_size(struct pk_conn *conn, const struct pk_source_facts *facts, struct pk_copy_stats *ret, struct pk_err *err)
{
	PK_FREE char *size = NULL;

	if (pk_query_value(conn,
			   "SELECT pg_catalog.pg_database_size(pg_catalog.current_database())", 0,
			   NULL, &size, err) < 0)
		return -1;
	ret->tables = facts->tables;
	ret->bytes = strtoll(size, NULL, 10);
	return 0;
}

/* Where pg_dump's file goes. */
const char *pk_copy_place(const struct pk_server *server)
{
	const char *tmp = getenv("TMPDIR");

	if (server && server->dir)
		return server->dir;
	return tmp && *tmp == '/' ? tmp : "/tmp";
}

/* What has to be known of the source beside the facts. */
int pk_copy_carried(struct pk_conn *source, struct pk_carried *carried, struct pk_strv *unfilled, struct pk_buf *sizes,
		    struct pk_err *err)
{
	if (pk_carried_read(source, carried, err) < 0 || (sizes && pk_sizes_read(source, sizes, err) < 0))
		return -1;
	return unfilled ? pk_carry_unfilled(source, unfilled, err) : 0;
}

/* The database is there, empty. *ret: but for the seconds. */
static int fill(const struct pk_conninfo *source, const struct pk_source_facts *facts, const struct pk_copy_target *into,
		const struct pk_copy_options *options, struct pk_copy_stats *ret, struct pk_err *err)
{
	struct pk_server *server = into->server;
	PK_AUTO(pk_conninfo) target = PK_CONNINFO_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_pour_crew) crew = { .n = 0 };
	PK_AUTO(pk_carried) carried = PK_CARRIED_INIT;
	PK_AUTO(pk_strv) unfilled = PK_STRV_INIT;
	PK_AUTO(pk_buf) sizes = PK_BUF_INIT;
	bool less = options->less && pk_less_leaves_out(options->less);
	PK_FREE char *bindir = pk_dump_find(server, options->config, facts->version / 10000, server->major, err);
	struct pk_transfer transfer = {
		.source = source,
		.target = &target,
		.crew = &crew,
		.facts = facts,
		.options = options,
		.carried = &carried,
		.unfilled = &unfilled,
		.sizes = less ? &sizes : NULL,
		.bindir = bindir,
		.place = pk_copy_place(server),
		.throwaway = true,
		.jobs = pk_copy_jobs(options),
		.record = options->record,
	};

	if (!bindir || pk_copy_max_age(options, &transfer.max_age, err) < 0)
		return -1;
	pk_server_admin_info(server, into->name, &target);
	if (pk_conn_open(&conn, &target, err) < 0 ||
	    drop_extras(&conn, facts, err) < 0 || pk_transfer_run(&transfer, err) < 0 ||
	    pk_carry_public(&conn, facts->public_may, err) < 0)
		return -1;
	if (pk_carried_apply(&carried, false, &conn, err) < 0 || pk_carried_label(&carried, &conn, err) < 0 || pk_super_sever(&conn, err) < 0 ||
	    pk_carried_keep(&carried, &conn, into->name, err) < 0 ||
	    (!options->schema_only && pk_transfer_analyze(&transfer, &conn, NULL, err) < 0) ||
	    pk_carry_settings(&conn, into->name, &facts->settings, err) < 0 ||
	    (facts->may_create && pk_carry_create_privilege(&conn, into->name, facts->role, err) < 0) ||
	    pk_sizes_keep(&conn, &sizes, facts->may_create ? facts->role : NULL, err) < 0)
		return -1;
	if (options->record)
		pk_copied_around(options->record, facts, &carried, &unfilled);
	return read_size(&conn, facts, ret, err);
}

static int create_database(const struct pk_copy_target *target, struct pk_conn *admin, const struct pk_source_facts *facts,
			   struct pk_err *err)
{
	struct pk_create_db how = {
		.mark = target->mark,
		.owner = facts->owner,
		.encoding = facts->encoding,
		.collate = facts->collate,
		.ctype = facts->ctype,
	};
	PK_FREE char *model = NULL;
	int result;

	if (!facts->provider)
		return pk_server_create_db(target->server, target->name, &how, err);
	if (pk_locale_model_make(admin, facts, &model, err) < 0)
		return -1;
	how.like = model;
	result = pk_server_create_db(target->server, target->name, &how, err);
	pk_locale_model_drop(admin, model);
	return result;
}

int pk_copy_database(const struct pk_conninfo *source, const struct pk_source_facts *facts,
		     const struct pk_copy_target *target, const struct pk_copy_options *options, struct pk_copy_stats *ret,
		     struct pk_err *err)
{
	struct pk_server *server = target->server;
	PK_AUTO(pk_conn) admin = PK_CONN_INIT;
	double started = pk_now();

	if (pk_conn_open(&admin, &server->admin, err) < 0 || check_version(facts, admin.version, admin.where, err) < 0 ||
	    pk_extensions_check(&admin, facts, err) < 0 || pk_source_facts_roles(facts, server, err) < 0 ||
	    create_database(target, &admin, facts, err) < 0)
		return -1;
	if (fill(source, facts, target, options, ret, err) < 0) {
		if (pk_scrap_db(&admin, target->name, NULL) < 0)
			pk_err_hint(err, "the half-made copy '%s' is still there: git postkit gc drops it", target->name);
		return -1;
	}
	ret->seconds = pk_now() - started;
	return 0;
}

/* ---- into any database ---- */

static int check_empty(struct pk_conn *conn, struct pk_err *err)
{
	PK_FREE char *found = NULL;

	if (pk_query_value(
		    conn,
		    "SELECT pg_catalog.quote_ident(n.nspname) || '.' || "
		    "pg_catalog.quote_ident(c.relname) "
		    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
		    "c.relnamespace "
		    "WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' "
		    "AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 1259 "
		    " AND d.objid = c.oid AND d.deptype = 'e') ORDER BY c.oid LIMIT 1",
		    0, NULL, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	pk_err_set(err, "'%s' is not empty: it holds %s", conn->where, found);
	return pk_err_hint(
		err, "copy into a new database; nothing is ever dropped from an existing one");
}

static int check_roles(struct pk_conn *conn, const struct pk_source_facts *facts,
		       struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_strv) have = PK_STRV_INIT, missing = PK_STRV_INIT;
	PK_FREE char *list = NULL;

	if (pk_query(conn, "SELECT rolname FROM pg_catalog.pg_roles", 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		pk_strv_push(&have, pk_rows_get(&rows, i, 0));
	for (size_t i = 0; i < facts->roles.n; i++) {
		PK_AUTO(pk_buf) ident = PK_BUF_INIT;

		/* Who merely reads the source owns nothing that has to be kept. */
		if (pk_strv_has(&have, facts->roles.items[i]) ||
		    (pk_streq(facts->roles.items[i], facts->role) && !facts->role_named))
			continue;
		pk_buf_add_ident(&ident, facts->roles.items[i]);
		pk_strv_push(&missing, ident.ptr);
	}
	if (missing.n == 0)
		return 0;
	list = pk_strv_join(&missing, ", ");
	pk_err_set(err, "'%s' lacks %zu role%s that the source names: %s", conn->where, missing.n,
		   missing.n == 1 ? "" : "s", list);
	return pk_err_hint(err,
			   "create %s there, or copy without owners and privileges: --no-owner",
			   missing.n == 1 ? "it" : "them");
}

static int check_into(struct pk_conn *conn, const struct pk_source_facts *facts, const struct pk_copy_options *options,
		      struct pk_err *err)
{
	if (check_version(facts, conn->version, conn->where, err) < 0 || check_empty(conn, err) < 0 ||
	    (!options->no_owner && check_roles(conn, facts, err) < 0))
		return -1;
	return pk_extensions_check(conn, facts, err);
}

int pk_copy_into(const struct pk_conninfo *source, const struct pk_conninfo *target, const struct pk_copy_options *options,
		 struct pk_copy_stats *ret, struct pk_err *err)
{
	PK_AUTO(pk_source_facts) facts = PK_SOURCE_FACTS_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_pour_crew) crew = { .n = 0 };
	PK_AUTO(pk_carried) carried = PK_CARRIED_INIT;
	PK_FREE char *bindir = NULL;
	struct pk_transfer transfer = {
		.source = source,
		.target = target,
		.crew = &crew,
		.facts = &facts,
		.options = options,
		.carried = options->no_owner ? NULL : &carried,
		.place = pk_copy_place(NULL),
		.jobs = pk_copy_jobs(options),
	};
	double started = pk_now();

	if (pk_copy_max_age(options, &transfer.max_age, err) < 0 || read_facts(source, &facts, err) < 0 ||
	    pk_conn_open(&conn, target, err) < 0 || check_into(&conn, &facts, options, err) < 0)
		return -1;
	bindir = pk_dump_find(NULL, options->config, facts.version / 10000, conn.version / 10000, err);
	if (!bindir)
		return -1;
	transfer.bindir = bindir;
	if (pk_transfer_run(&transfer, err) < 0 || pk_carried_apply(&carried, true, &conn, err) < 0) {
		pk_err_wrap(err, "the copy into '%s' did not come to its end", conn.where);
		if (!err || !err->hint)
			pk_err_hint(
				err,
				"'%s' may hold a part of it: drop and create it, then try again",
				conn.where);
		return -1;
	}
	if (pk_carry_public(&conn, facts.public_may, err) < 0 ||
	    (!options->schema_only && pk_transfer_analyze(&transfer, &conn, NULL, err) < 0) ||
	    read_size(&conn, &facts, ret, err) < 0)
		return -1;
	ret->seconds = pk_now() - started;
	return 0;
}
