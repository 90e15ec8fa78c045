#include "clone/physical.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/sig.h"
#include "catalog/super.h"
#include "clone/client.h"
#include "clone/extension.h"
#include "clone/files_record.h"
#include "clone/less.h"
#include "clone/owners.h"
#include "clone/spaces.h"
#include "pg/silence.h"
#include "server/adopt.h"

#include <unistd.h>

#define PROGRAM "pg_basebackup"

void pk_physical_release(struct pk_physical *physical)
{
	pk_method_release(&physical->method);
}

/* ---- the backup ---- */

struct listener {
	struct pk_progress *progress;
	uint64_t size;
	bool waiting;
};

/* "  12345/67890 kB (18%), 0/1 tablespace", and before that something without a number. */
static void hear(void *arg, const char *line)
{
	struct listener *l = arg;
	char *rest = NULL;
	uint64_t done = strtoull(line, &rest, 10);

	if (*rest != '/')
		return;
	if (l->waiting)
		pk_progress_start(l->progress, "copying the files", l->size);
	l->waiting = false;
	pk_progress_update(l->progress, done << 10, NULL);
}

/* "=" parts the two folders of a mapping. */
static void add_mapping(struct pk_strv *args, const char *from, const char *to, size_t n)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_buf_add(&text, "--tablespace-mapping=");
	for (const char *s = from; *s; s++)
		pk_buf_addf(&text, *s == '=' ? "\\%c" : "%c", *s);
	pk_buf_addf(&text, "=%s/%zu", to, n);
	pk_strv_push(args, text.ptr);
}

static int take_backup(const struct pk_adopt *adopt, const struct pk_template_want *want, const struct pk_fits *source,
		       struct pk_err *err)
{
	const struct pk_copy_options *options = &want->options;
	static const char *const fixed[] = { "-w", "-P", "--no-manifest", "--no-sync", NULL };
	PK_AUTO(pk_strv) args = PK_STRV_INIT;
	struct listener listener = { options->progress, (uint64_t)source->size, true };
	PK_FREE char *bindir = pk_server_client_bindir(options->config, source->major, 0);
	const struct pk_client client = { .bindir = bindir,
					  .program = PROGRAM,
					  .args = &args,
					  .dir = adopt->tempdir.dir,
					  .line = hear,
					  .arg = &listener };
	int status;

	pk_strv_extend(&args, fixed);
	pk_strv_pushf(&args, "--checkpoint=%s", source->quick ? "fast" : "spread");
	if (options->max_rate > 0)
		pk_strv_pushf(&args, "--max-rate=%.0f", options->max_rate / 1024);
	pk_strv_pushf(&args, "--wal-method=%s", options->jobs == 1 ? "fetch" : "stream");
	for (size_t i = 0; i < source->spaces.n; i++)
		add_mapping(&args, source->spaces.items[i], adopt->spaces, i);
	pk_strv_push(&args, "-D");
	pk_strv_push(&args, adopt->data);
	pk_progress_start(options->progress, "waiting for the remote's checkpoint", 0);
	status = pk_client_run(&client, &want->remote->info, err);
	pk_progress_stop(options->progress);
	return status;
}

/* ---- its database ---- */

#define BACKED "pk_space_" /* and its OID: what the backup's tablespaces are called until they are gone */

/* Out of the way of ours, which have their names. */
static int set_aside_spaces(struct pk_conn *conn, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, "SELECT pg_catalog.format('ALTER TABLESPACE %I RENAME TO " BACKED "%s', spcname, oid) "
			   "FROM pg_catalog.pg_tablespace WHERE oid >= 16384", 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		if (pk_exec(conn, pk_rows_get(&rows, i, 0), err) < 0)
			return -1;
	return 0;
}

static const char *const placed_kinds[] = { "TABLE", "INDEX", "MATERIALIZED VIEW" };

static int move_all(struct pk_conn *conn, const char *from, const char *to, struct pk_err *err)
{
	for (size_t k = 0; k < PK_COUNT(placed_kinds); k++) {
		PK_AUTO(pk_buf) sql = PK_BUF_INIT;

		pk_buf_addf(&sql, "ALTER %s ALL IN TABLESPACE ", placed_kinds[k]);
		pk_buf_add_ident(&sql, from);
		pk_buf_add(&sql, " SET TABLESPACE ");
		pk_buf_add_ident(&sql, to);
		if (pk_exec_silently(conn, sql.ptr, err) < 0)
			return -1;
	}
	return 0;
}

/* A database that lies in a tablespace as a whole. The server does not merge it with what has left it for the default one. */
static int come_home(struct pk_adopt *adopt, const struct pk_conninfo *info, struct pk_err *err)
{
	const char *const params[] = { adopt->db };
	PK_AUTO(pk_conn) inside = PK_CONN_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_FREE char *space = NULL;
	struct pk_conn *admin;

	if (pk_server_admin(&adopt->server, &admin, err) < 0 ||
	    pk_query_value(admin, "SELECT s.spcname FROM pg_catalog.pg_database d JOIN pg_catalog.pg_tablespace s "
				  "ON s.oid = d.dattablespace WHERE d.datname = $1 AND s.oid >= 16384", 1, params, &space, err) < 0)
		return -1;
	if (!space)
		return 0;
	if (pk_conn_open(&inside, info, err) < 0 || move_all(&inside, "pg_default", space, err) < 0)
		return -1;
	pk_conn_leave(&inside);
	pk_buf_add(&sql, "ALTER DATABASE ");
	pk_buf_add_ident(&sql, adopt->db);
	pk_buf_add(&sql, " SET TABLESPACE pg_default");
	return pk_exec(admin, sql.ptr, err);
}

/*
 * Into the one folder that a cluster of ours has; what is to lie in a tablespace of ours goes there from here. What is
 * without a file has no more than the words taken away: done by ALTER, a partitioned table would lose all that
 * pg_shdepend knows of it, its owner included.
 */
static int leave_spaces(struct pk_conn *conn, struct pk_err *err)
{
	static const char words[] =
		"UPDATE pg_catalog.pg_class SET reltablespace = 0 WHERE relkind IN ('p', 'I') AND reltablespace >= 16384; "
		"DELETE FROM pg_catalog.pg_shdepend WHERE deptype = 't' AND dbid = (SELECT oid FROM pg_catalog.pg_database "
		"WHERE datname = pg_catalog.current_database()) AND objid IN (SELECT oid FROM pg_catalog.pg_class "
		"WHERE relkind IN ('p', 'I'))";
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, "SELECT spcname FROM pg_catalog.pg_tablespace WHERE spcname ~ '^" BACKED "[0-9]+$'", 0, NULL, &rows, err) < 0 ||
	    (rows.n && pk_exec(conn, words, err) < 0))
		return -1;
	for (int i = 0; i < rows.n; i++)
		if (move_all(conn, pk_rows_get(&rows, i, 0), "pg_default", err) < 0)
			return -1;
	return 0;
}

/* They come as in any copy (clone/carry.h), as the backup has them. */
static int carry(struct pk_conn *conn, struct pk_server *server, const char *db, struct pk_carried *ret, struct pk_err *err)
{
	static const char away[] = "DELETE FROM pg_catalog.pg_subscription_rel; DELETE FROM pg_catalog.pg_seclabel; "
				   "DELETE FROM pg_catalog.pg_shdepend WHERE classid = 1418 AND dbid = (SELECT oid "
				   "FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()); "
				   "DELETE FROM pg_catalog.pg_depend WHERE classid = 1418; "
				   "DELETE FROM pg_catalog.pg_user_mapping";
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	struct pk_conn *admin;

	if (pk_carried_read(conn, ret, err) < 0 || pk_server_admin(server, &admin, err) < 0 ||
	    pk_server_end_subscriptions(admin, db, err) < 0 || pk_exec(conn, away, err) < 0 ||
	    pk_query(conn, "SELECT pubname FROM pg_catalog.pg_publication", 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		PK_AUTO(pk_buf) sql = PK_BUF_INIT;

		pk_buf_add(&sql, "DROP PUBLICATION ");
		pk_buf_add_ident(&sql, pk_rows_get(&rows, i, 0));
		if (pk_exec_silently(conn, sql.ptr, err) < 0)
			return -1;
	}
	if (pk_carried_apply(ret, false, conn, err) < 0 || pk_carried_label(ret, conn, err) < 0)
		return -1;
	/* What was deleted is not to be found in the files either. */
	return pk_exec(conn, "VACUUM FULL pg_catalog.pg_user_mapping", err);
}

static int make_stand_in(struct pk_server *server, const char *name, struct pk_err *err)
{
	PK_AUTO(pk_strv) roles = PK_STRV_INIT;

	pk_strv_push(&roles, name);
	return pk_server_ensure_roles(server, &roles, err);
}

static int dress(struct pk_adopt *adopt, struct pk_conn *conn, const struct pk_source_facts *facts,
		 const struct pk_fits *source, struct pk_err *err)
{
	static const char no_passwords[] =
		"UPDATE pg_catalog.pg_user_mapping SET umoptions = (SELECT pg_catalog.array_agg(o) FROM pg_catalog.unnest(umoptions) o "
		"WHERE pg_catalog.split_part(o, '=', 1) = 'password_required' OR pg_catalog.split_part(o, '=', 1) !~* "
		"'passw|passphrase|passcode|pwd|secret|token|credential|private|(api|access|auth|account)_?key') "
		"WHERE umoptions IS NOT NULL";
	PK_AUTO(pk_carried) carried = PK_CARRIED_INIT;
	PK_AUTO(pk_buf) owner = PK_BUF_INIT;
	const char *db = adopt->db;

	pk_buf_add(&owner, "ALTER DATABASE ");
	pk_buf_add_ident(&owner, db);
	pk_buf_add(&owner, " OWNER TO ");
	pk_buf_add_ident(&owner, facts->owner);
	/* Before anything is written, and logged, anew. */
	if (pk_exec(conn, no_passwords, err) < 0 || pk_fits_odd(conn, err) < 0 || make_stand_in(&adopt->server, source->superuser, err) < 0 ||
	    set_aside_spaces(conn, err) < 0 ||
	    pk_owners_give(conn, source->superuser, err) < 0 || pk_source_facts_roles(facts, &adopt->server, err) < 0 ||
	    pk_exec(conn, owner.ptr, err) < 0 || carry(conn, &adopt->server, db, &carried, err) < 0)
		return -1;
	if (pk_super_sever(conn, err) < 0 || leave_spaces(conn, err) < 0 || pk_spaces_move(&facts->placed, conn, err) < 0 ||
	    pk_spaces_move(&facts->placed_indexes, conn, err) < 0 || pk_carried_keep(&carried, conn, db, err) < 0 ||
	    pk_carry_settings(conn, db, &facts->settings, err) < 0)
		return -1;
	return facts->may_create ? pk_carry_create_privilege(conn, db, facts->role, err) : 0;
}

/* ---- and nothing else ---- */

/* Roles that nothing here names, tablespaces, and what the files still say of secrets. */
static int tidy(struct pk_server *server, const struct pk_source_facts *facts, struct pk_err *err)
{
	static const char idle[] =
		"SELECT pg_catalog.format('DROP TABLESPACE %I', spcname), NULL FROM pg_catalog.pg_tablespace WHERE spcname ~ '^" BACKED "[0-9]+$' "
		"UNION ALL SELECT pg_catalog.format('DROP ROLE %I', r.rolname), r.rolname FROM pg_catalog.pg_roles r "
		"WHERE r.oid >= 16384 AND r.rolname <> $1 AND NOT EXISTS (SELECT FROM pg_catalog.pg_shdepend d "
		" WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND d.refobjid = r.oid "
		" AND d.classid <> 'pg_catalog.pg_auth_members'::pg_catalog.regclass)";
	static const char *const said[] = { "VACUUM FULL pg_catalog.pg_authid", "VACUUM FULL pg_catalog.pg_subscription",
					    "VACUUM FULL pg_catalog.pg_db_role_setting" };
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	const char *login = server->login;
	struct pk_conn *admin;

	if (pk_server_admin(server, &admin, err) < 0 || pk_query(admin, idle, 1, &login, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		const char *role = pk_rows_get(&rows, i, 1);

		if ((!role || !pk_strv_has(&facts->roles, role)) && pk_exec(admin, pk_rows_get(&rows, i, 0), err) < 0)
			return -1;
	}
	for (size_t i = 0; i < PK_COUNT(said); i++)
		if (pk_exec(admin, said[i], err) < 0)
			return -1;
	return 0;
}

static int finish_db(struct pk_adopt *adopt, const char *name, const struct pk_mark *mark, int64_t *ret_size,
		     struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_FREE char *size = NULL;
	const char *params[] = { name };
	struct pk_conn *admin;

	pk_buf_add(&sql, "ALTER DATABASE ");
	pk_buf_add_ident(&sql, name);
	pk_buf_add(&sql, " ALLOW_CONNECTIONS false");
	if (pk_server_mark_db(&adopt->server, adopt->db, mark, err) < 0 ||
	    pk_server_rename_db(&adopt->server, adopt->db, name, err) < 0 ||
	    pk_server_admin(&adopt->server, &admin, err) < 0 || pk_exec(admin, sql.ptr, err) < 0 ||
	    pk_query_value(admin, "SELECT pg_catalog.pg_database_size($1::name)", 1, params, &size, err) < 0)
		return -1;
	*ret_size = size ? strtoll(size, NULL, 10) : 0;
	return 0;
}

static int make_ours(struct pk_adopt *adopt, const struct pk_source_facts *facts, const struct pk_fits *source,
		     struct pk_copied *record, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_AUTO(pk_hold) hold = { .conn = PK_CONN_INIT, .encoding = "UTF8" };

	if (pk_adopt_settle(adopt, source->oid, &source->settings, err) < 0)
		return pk_err_wrap(err, "the backup cannot be made a local server");
	pk_server_admin_info(&adopt->server, adopt->db, &info);
	if (come_home(adopt, &info, err) < 0 || pk_hold_connect(&hold, &info, err) < 0 || pk_files_record_after(&hold, record, err) < 0 ||
	    dress(adopt, &hold.conn, facts, source, err) < 0)
		return -1;
	pk_hold_release(&hold);
	return tidy(&adopt->server, facts, err);
}

/* ---- all of it ---- */

static int check_wanted(const struct pk_less *less, struct pk_err *err)
{
	PK_FREE char *terms = pk_less_terms(less);

	if (!*terms)
		return 0;
	pk_err_set(err, "a physical copy takes every row as it is, and this one is to be masked, or less than everything");
	return pk_err_hint(err, "copy with --no-physical: then what is masked or left out never leaves the remote");
}

static int check_program(const struct pk_config *config, int major, struct pk_err *err)
{
	PK_FREE char *bindir = pk_server_client_bindir(config, major, 0);
	PK_FREE char *program = bindir ? pk_path_join(bindir, PROGRAM) : NULL;

	if (program && access(program, X_OK) == 0)
		return 0;
	pk_err_set(err, "there is no " PROGRAM " here that can read PostgreSQL %d", major);
	return pk_err_hint(err, "install postgresql-client-%d, or name the folder: git config postkit.pgBin DIR", major);
}

/*
 * Rights to replicate are not all: pg_hba.conf has lines of its own for it, and places are few. Better found now than by
 * the program, once a server is half made. One connection at a time: the role may be allowed no more.
 */
static int check_door(struct pk_hold *hold, const struct pk_remote *remote, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	pk_hold_release(hold);
	pk_conninfo_copy(&info, &remote->info);
	pk_conninfo_set(&info, "replication", "true");
	if (pk_conn_try(&info, &why) < 0) {
		const char *hint = pk_client_hint(why.msg);

		pk_err_move(err, &why);
		return hint ? pk_err_hint(err, "%s", hint) : -1;
	}
	return pk_hold_connect(hold, &remote->info, err);
}

/* What is known before it begins. */
struct terms {
	struct pk_fits fits;
	struct pk_copied record;
	char *why_rows; /* of what nobody chose */
};

static void terms_release(struct terms *terms)
{
	pk_fits_release(&terms->fits);
	pk_copied_release(&terms->record);
	free(terms->why_rows);
}

/* Whether it can be at all, and is to be. */
static int begin(struct pk_adopt *adopt, struct pk_server *server, const struct pk_template_want *want, struct terms *terms,
		 struct pk_err *err)
{
	const struct pk_copy_options *options = &want->options;
	const struct pk_source_facts *facts = want->facts;
	const struct pk_remote *remote = want->remote;
	struct pk_physical *physical = options->physical;
	bool weigh = physical->choice == PK_PHYSICAL_IF_QUICKER;
	PK_AUTO(pk_hold) hold = { .conn = PK_CONN_INIT, .encoding = "UTF8" };
	struct pk_conn *here;

	if (weigh)
		pk_method_may_pay(remote, facts, &terms->why_rows);
	if (terms->why_rows)
		return 0;
	if (check_wanted(options->less, err) < 0 || pk_server_admin(server, &here, err) < 0 ||
	    pk_extensions_check(here, facts, err) < 0 || pk_hold_connect(&hold, &remote->info, err) < 0 ||
	    pk_fits_read(&hold.conn, here, facts, &terms->fits, err) < 0 ||
	    check_program(options->config, terms->fits.major, err) < 0 ||
	    check_door(&hold, remote, err) < 0 ||
	    pk_adopt_begin(adopt, physical->want, server, remote->name, err) < 0)
		return -1;
	if (weigh && pk_method_look(&hold, want, &terms->fits, &physical->method, &terms->why_rows, err) < 0)
		return -1;
	return terms->why_rows ? 0 : pk_files_record_before(&hold, facts, &terms->record, err);
}

/* Up to where the server that is there has to go. */
static int fetch(struct pk_adopt *adopt, const struct pk_template_want *want, struct terms *terms,
		 const struct pk_copy_target *target, struct pk_copy_stats *ret, struct pk_err *err)
{
	struct pk_mark mark = target->mark;
	PK_FREE char *text = NULL;

	if (take_backup(adopt, want, &terms->fits, err) < 0)
		return -1;
	pk_progress_start(want->options.progress, "making the copy ours", 0);
	if (make_ours(adopt, want->facts, &terms->fits, &terms->record, err) < 0)
		return -1;
	text = pk_copied_text(&terms->record);
	mark.record = text;
	return finish_db(adopt, target->name, &mark, &ret->bytes, err);
}

/* An error is one of the copy, or leads to rows: then *ret says so, with words before it. */
static int or_rows(bool rows, struct pk_err *why, const char *before, char **ret, struct pk_err *err)
{
	if (rows && why->exit != PK_EXIT_INTERRUPTED && !pk_interrupted()) {
		free(*ret);
		*ret = pk_printf("%s%s", before, why->msg);
		return 0;
	}
	return pk_err_move(err, why);
}

int pk_physical_copy(const struct pk_template_want *want, const struct pk_copy_target *target, struct pk_copy_stats *ret,
		     struct pk_err *err)
{
	struct pk_physical *physical = want->options.physical;
	struct pk_method *method = &physical->method;
	bool ours = physical->choice == PK_PHYSICAL_IF_QUICKER;
	struct terms terms __attribute__((cleanup(terms_release))) = { .fits = PK_FITS_INIT, .record = PK_COPIED_INIT };
	PK_AUTO(pk_adopt) adopt = PK_ADOPT_INIT;
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	double started = pk_now();
	int status;

	if (begin(&adopt, target->server, want, &terms, &why) < 0)
		return or_rows(physical->choice != PK_PHYSICAL_ASKED, &why, ours ? "for " : "",
			       ours ? &method->why : &method->refused, err);
	if (terms.why_rows) {
		method->why = pk_take(&terms.why_rows);
		return 0;
	}
	status = fetch(&adopt, want, &terms, target, ret, &why);
	pk_progress_stop(want->options.progress);
	if (status < 0)
		return or_rows(ours, &why, "", &method->failed, err);
	if (pk_adopt_finish(&adopt, physical->want, target->server, want->remote->name, err) < 0)
		return -1;
	method->files = true;
	if (ours) {
		method->why = pk_strdup("which are here sooner");
	} else {
		method->others = terms.fits.others;
		terms.fits.others = (struct pk_strv){ 0 };
	}
	ret->tables = want->facts->tables;
	ret->seconds = pk_now() - started;
	return 0;
}
