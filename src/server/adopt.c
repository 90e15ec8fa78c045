#include "server/adopt.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/lock.h"
#include "server/choice.h"
#include "server/cluster.h"
#include "server/given.h"

#include <dirent.h>
#include <ftw.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_WAIT_MS 180000
#define PREFIX	     "copy-pg"
#define OLD_NAME     "pk_old_"

/* ---- its place ---- */

static void free_place(struct pk_place **place)
{
	if (*place)
		pk_place_release(*place);
	free(*place);
	*place = NULL;
}

void pk_adopt_release(struct pk_adopt *adopt)
{
	pk_server_release(&adopt->server);
	if (adopt->place && adopt->tempdir.dir)
		pk_cluster_stop(adopt->place, NULL);
	pk_tempdir_release(&adopt->tempdir);
	free_place(&adopt->place);
	free_place(&adopt->final);
	free(adopt->data);
	free(adopt->spaces);
	free(adopt->db);
	free(adopt->bindir);
	*adopt = (struct pk_adopt)PK_ADOPT_INIT;
}

static char *cluster_of(const char *tempdir, int major)
{
	return pk_printf("%s/pg%d", tempdir, major);
}

/* Its process was killed, and the server went on. */
static void stop_left(const char *tempdir)
{
	DIR *d = opendir(tempdir);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		PK_FREE char *dir = pk_path_join(tempdir, e->d_name);
		struct pk_place place = PK_PLACE_INIT;

		if (e->d_name[0] != '.' && pk_place_of_dir(&place, dir, NULL) == 0)
			pk_cluster_stop(&place, NULL);
		pk_place_release(&place);
	}
	if (d)
		closedir(d);
}

void pk_adopt_sweep(const struct pk_repo *repo)
{
	PK_FREE char *root = pk_place_root(repo), *replaced = pk_path_join(root, "pg*.tmp-*");
	glob_t found = { 0 };

	pk_tempdir_sweep(root, PREFIX, stop_left);
	glob(replaced, 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		PK_FREE char *dir = pk_strndup(found.gl_pathv[i], (size_t)(strrchr(found.gl_pathv[i], '.') - found.gl_pathv[i]));
		PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
		struct pk_place place = PK_PLACE_INIT;

		if (pk_place_of_dir(&place, dir, NULL) == 0 && pk_lock_take(&lock, place.lock, 0, NULL) == 0)
			pk_cluster_sweep(&place);
		pk_place_release(&place);
	}
	globfree(&found);
}

/* A folder as that of any cluster, in one that goes with us. */
static int make_place(struct pk_adopt *adopt, struct pk_err *err)
{
	const struct pk_place *final = adopt->final;
	struct pk_place *place = adopt->place = pk_alloc(sizeof(*place));
	PK_FREE char *dir = NULL;

	*place = (struct pk_place)PK_PLACE_INIT;
	if (pk_tempdir_open(&adopt->tempdir, final->root, PREFIX, err) < 0)
		return -1;
	dir = cluster_of(adopt->tempdir.dir, final->major);
	if (mkdir(dir, 0700) < 0 || (final->drop && (chmod(dir, 0711) < 0 || chmod(adopt->tempdir.dir, 0711) < 0)))
		return pk_err_errno(err, "cannot make '%s'", dir);
	if (pk_place_of_dir(place, dir, err) < 0)
		return -1;
	place->drop = final->drop;
	place->uid = final->uid;
	place->gid = final->gid;
	adopt->data = pk_strdup(place->data);
	adopt->spaces = pk_path_join(dir, "spaces");
	if (mkdir(adopt->spaces, 0700) < 0)
		return pk_err_errno(err, "cannot make '%s'", adopt->spaces);
	return 0;
}

/* ---- what stands in its way ---- */

static bool is_lasting(const struct pk_database *db, const char *label)
{
	if (pk_streq(db->purpose, "template"))
		return !pk_streq(db->label, label);
	return pk_streq(db->purpose, "clone") || pk_streq(db->purpose, "production");
}

static int check_old(struct pk_server *old, const char *label, struct pk_err *err)
{
	static const char others[] = "SELECT 'yes' FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' "
				     "AND datname <> 'postgres' LIMIT 1";
	PK_AUTO(pk_databases) all = PK_DATABASES_INIT;
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	PK_FREE char *list = NULL, *busy = NULL;
	struct pk_conn *admin;

	if (pk_server_databases(old, &all, err) < 0 || pk_server_admin(old, &admin, err) < 0 ||
	    pk_query_value(admin, others, 0, NULL, &busy, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (is_lasting(&all.items[i], label))
			pk_strv_pushf(&names, "the %s '%s'", all.items[i].purpose, all.items[i].name);
	if (names.n) {
		list = pk_strv_join(&names, ", ");
		pk_err_set(err, "a physical copy takes the place of the local server of PostgreSQL %d, which holds %s",
			   old->major, list);
		return pk_err_hint(err, "end its sessions (git postkit abort on their branches) and run git postkit gc --all, which "
					"removes it; or copy with --no-physical");
	}
	if (busy) {
		pk_err_set(err, "a physical copy takes the place of the local server of PostgreSQL %d, which somebody is using",
			   old->major);
		return pk_err_hint(err, "try again when the other commands have ended");
	}
	return 0;
}

int pk_adopt_begin(struct pk_adopt *adopt, const struct pk_server_want *want, struct pk_server *old, const char *label,
		   struct pk_err *err)
{
	struct pk_choice choice __attribute__((cleanup(pk_choice_release))) = { 0 };

	if (old->kind != PK_SERVER_EMBEDDED) {
		pk_err_set(err, "a physical copy needs a local server by programs of this machine");
		return pk_err_hint(err, "copy with --no-physical");
	}
	if (check_old(old, label, err) < 0 || pk_choice_make(want, &choice, err) < 0)
		return -1;
	pk_adopt_sweep(want->repo);
	adopt->bindir = pk_take(&choice.bindir);
	adopt->final = pk_alloc(sizeof(*adopt->final));
	*adopt->final = (struct pk_place)PK_PLACE_INIT;
	if (pk_place_find(adopt->final, want->repo, want->config, old->major, err) < 0 || make_place(adopt, err) < 0 ||
	    pk_place_owner_id(want->repo, &adopt->server.owner_id, err) < 0)
		return -1;
	return 0;
}

/* ---- what comes along ---- */

/* A cluster's own. Whatever else lies there is its people's: settings, keys, logs. */
static const char *const known[] = {
	"PG_VERSION",	"backup_label", "base",		"global",	  "pg_commit_ts", "pg_dynshmem", "pg_logical",
	"pg_multixact", "pg_notify",	"pg_replslot",	"pg_serial",	  "pg_snapshots", "pg_stat",	 "pg_stat_tmp",
	"pg_subtrans",	"pg_tblspc",	"pg_twophase",	"pg_wal",	  "pg_xact",
};

static bool is_known(const char *name)
{
	for (size_t i = 0; i < PK_COUNT(known); i++)
		if (strcmp(known[i], name) == 0)
			return true;
	return false;
}

/* keep NULL: nothing. */
static int clear(const char *dir, bool (*keep)(const char *name), struct pk_err *err)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int status = 0;

	if (!d)
		return pk_err_errno(err, "cannot read '%s'", dir);
	while (status == 0 && (e = readdir(d)) != NULL) {
		PK_FREE char *path = pk_path_join(dir, e->d_name);

		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && (!keep || !keep(e->d_name)))
			status = pk_remove_tree(path, err);
	}
	closedir(d);
	return status;
}

/* Slots are in no backup, but what their origins had reached is. */
static int strip(const struct pk_place *place, struct pk_err *err)
{
	PK_FREE char *slots = pk_path_join(place->data, "pg_replslot");
	PK_FREE char *stats = pk_path_join(place->data, "pg_stat");
	PK_FREE char *origins = pk_path_join(place->data, "pg_logical/replorigin_checkpoint");

	if (clear(place->data, is_known, err) < 0 || clear(slots, NULL, err) < 0 || clear(stats, NULL, err) < 0)
		return -1;
	return pk_remove_tree(origins, err);
}

static uid_t give_uid; /* nftw() passes nothing along */
static gid_t give_gid;

static int give_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return lchown(path, give_uid, give_gid);
}

static int give(const struct pk_place *place, const char *dir, struct pk_err *err)
{
	if (!place->drop)
		return 0;
	give_uid = place->uid;
	give_gid = place->gid;
	if (nftw(dir, give_one, 32, FTW_PHYS) != 0)
		return pk_err_errno(err, "cannot give '%s' to the server's user", dir);
	return 0;
}

/* Neither a link of the backup nor what its recovery does over again leads out of our folder. */
static int check_spaces(const struct pk_adopt *adopt, struct pk_err *err)
{
	PK_FREE char *dir = pk_path_join(adopt->data, "pg_tblspc");
	PK_FREE char *inside = pk_printf("%s/", adopt->spaces);
	DIR *d = opendir(dir);
	struct dirent *e;
	int status = 0;

	while (d && status == 0 && (e = readdir(d)) != NULL) {
		PK_FREE char *path = pk_path_join(dir, e->d_name);
		char target[4096];
		ssize_t n = readlink(path, target, sizeof(target) - 1);

		if (n < 0)
			continue;
		target[n] = '\0';
		if (!pk_starts_with(target, inside) || strstr(target, "/../"))
			status = pk_err_set(err, "a tablespace was made there while the copy was under way: '%s'", target);
	}
	if (d)
		closedir(d);
	return status < 0 ? pk_err_hint(err, "start again") : 0;
}

/* ---- made ours ---- */

/*
 * Constants, and an OID. In template0, where nobody leaves things. Databases get other names at once, so that none of
 * theirs is ever said.
 */
static void add_sql(const struct pk_place *place, const char *oid, struct pk_buf *sql)
{
	static const char *const lines[] = {
		"UPDATE pg_catalog.pg_subscription SET subenabled = false, subslotname = NULL, subconninfo = ''",
		"DELETE FROM pg_catalog.pg_replication_origin",
		"DELETE FROM pg_catalog.pg_db_role_setting",
		"DELETE FROM pg_catalog.pg_auth_members WHERE roleid >= 16384 OR member >= 16384",
		"DELETE FROM pg_catalog.pg_shseclabel",
		"DELETE FROM pg_catalog.pg_shdescription WHERE objoid >= 16384 OR classoid = 1262", /* so databases have no mark */
		"UPDATE pg_catalog.pg_tablespace SET spcowner = 10, spcacl = NULL",
		/* of tablespaces, memberships, rights to settings; rights to databases */
		"DELETE FROM pg_catalog.pg_shdepend WHERE classid IN (1213, 1261, 6243) OR (classid = 1262 AND deptype = 'a')",
		"UPDATE pg_catalog.pg_authid SET rolsuper = false, rolinherit = true, rolcreaterole = false, rolcreatedb = false, "
		"rolcanlogin = false, rolreplication = false, rolbypassrls = false, rolconnlimit = -1, rolpassword = NULL, "
		"rolvaliduntil = NULL WHERE oid <> 10",
		"UPDATE pg_catalog.pg_database SET datname = '" OLD_NAME "' || oid, datistemplate = false, datallowconn = true, "
		"datconnlimit = -1, datacl = NULL WHERE datname <> 'template0'",
		"CREATE DATABASE postgres TEMPLATE template0",
		"UPDATE pg_catalog.pg_authid SET rolname = '" PK_ADMIN "', rolsuper = true, rolcanlogin = true, "
		"rolconnlimit = -1, rolpassword = NULL, rolvaliduntil = NULL WHERE oid = 10",
	};

	if (place->major >= 15)
		pk_buf_add(sql, "DELETE FROM pg_catalog.pg_parameter_acl\n");
	pk_buf_addf(sql, "DELETE FROM pg_catalog.pg_shdepend d USING pg_catalog.pg_subscription s WHERE d.classid = 6100 "
			 "AND d.objid = s.oid AND s.subdbid <> %s\nDELETE FROM pg_catalog.pg_subscription WHERE subdbid <> %s\n",
		    oid, oid);
	for (size_t i = 0; i < PK_COUNT(lines); i++)
		pk_buf_addf(sql, "%s\n", lines[i]);
}

static int set_up(const struct pk_adopt *adopt, const struct pk_strv *settings, const char *oid, struct pk_err *err)
{
	const struct pk_place *place = adopt->place;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_FREE char *admin = NULL, *login = NULL;
	int status;

	if (pk_cluster_new_secret(place->dir, "admin", &admin, err) < 0 ||
	    pk_cluster_new_secret(place->dir, "login", &login, err) < 0)
		return -1;
	add_sql(place, oid, &sql);
	status = pk_cluster_roles_sql(admin, login, &sql, err);
	if (status == 0)
		status = pk_cluster_single(place, adopt->bindir, place->data, settings, "template0", sql.ptr, err);
	explicit_bzero(sql.ptr, sql.len);
	explicit_bzero(admin, strlen(admin));
	explicit_bzero(login, strlen(login));
	return status;
}

/* What was logged until then is in no file after. */
static const char away[] = "SELECT pg_catalog.pg_switch_wal()\nCHECKPOINT\n";

static char *own_settings(const struct pk_place *place)
{
	return pk_path_join(place->data, "postgresql.auto.conf");
}

/* Or it would stay in files for what is to come. */
static int keep_no_log(const struct pk_place *place, struct pk_err *err)
{
	static const char text[] = "wal_recycle = off\n";
	PK_FREE char *path = own_settings(place);

	return pk_write_file(path, text, sizeof(text) - 1, 0600, err);
}

static bool may_hold_prepared(const struct pk_strv *settings)
{
	return !pk_strv_has(settings, "max_prepared_transactions=0");
}

/*
 * Recovery first, whose last act is a checkpoint: a prepared transaction is a file from then on, without which it never
 * was. Where there can be none, all is done in one go.
 */
static int recover(const struct pk_adopt *adopt, const struct pk_strv *settings, const char *oid, struct pk_err *err)
{
	const struct pk_place *place = adopt->place;
	PK_AUTO(pk_strv) all = PK_STRV_INIT;
	PK_FREE char *prepared = pk_path_join(place->data, "pg_twophase");

	pk_strv_pushf(&all, "config_file=%s/postgresql.conf", place->dir);
	for (size_t i = 0; i < settings->n; i++)
		pk_strv_push(&all, settings->items[i]);
	if (strip(place, err) < 0 || keep_no_log(place, err) < 0 || give(place, place->data, err) < 0 || give(place, adopt->spaces, err) < 0 ||
	    check_spaces(adopt, err) < 0 || pk_cluster_write_settings(place, place->dir, err) < 0)
		return -1;
	if (may_hold_prepared(settings) &&
	    (pk_cluster_single(place, adopt->bindir, place->data, &all, "template0", away, err) < 0 ||
	     check_spaces(adopt, err) < 0 || clear(prepared, NULL, err) < 0))
		return -1;
	return set_up(adopt, &all, oid, err) < 0 ? -1 : check_spaces(adopt, err);
}

static int drop_one(struct pk_conn *admin, const char *db, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "DROP DATABASE ");
	pk_buf_add_ident(&sql, db);
	return pk_server_end_subscriptions(admin, db, err) < 0 ? -1 : pk_exec(admin, sql.ptr, err);
}

/* Nobody else is there. */
static int drop_others(struct pk_adopt *adopt, const char *oid, struct pk_err *err)
{
	static const char names[] = "SELECT datname FROM pg_catalog.pg_database WHERE datname NOT IN ('template0', 'postgres') "
				    "ORDER BY oid";
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *wanted = pk_printf(OLD_NAME "%s", oid);
	struct pk_conn *admin;

	if (pk_server_admin(&adopt->server, &admin, err) < 0 || pk_query(admin, names, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		const char *name = pk_rows_get(&rows, i, 0);

		if (strcmp(name, wanted) == 0)
			adopt->db = pk_strdup(wanted);
		else if (drop_one(admin, name, err) < 0)
			return -1;
	}
	return adopt->db ? 0 : pk_err_set(err, "the database was dropped there before the backup began");
}

/* Of dir, which holds a folder for each database. */
static int clear_unknown(const char *dir, const struct pk_strv *oids, struct pk_err *err)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int status = 0;

	while (d && status == 0 && (e = readdir(d)) != NULL) {
		PK_FREE char *path = pk_path_join(dir, e->d_name);

		if (e->d_name[strspn(e->d_name, "0123456789")] == '\0' && !pk_strv_has(oids, e->d_name))
			status = pk_remove_tree(path, err);
	}
	if (d)
		closedir(d);
	return status;
}

/* What a crash there left of databases that were being made or dropped, which no catalog knows. */
static int clear_lost(struct pk_adopt *adopt, struct pk_err *err)
{
	PK_FREE char *base = pk_path_join(adopt->data, "base");
	PK_FREE char *spaces = pk_path_join(adopt->data, "pg_tblspc/*/PG_*");
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_strv) oids = PK_STRV_INIT;
	glob_t found = { 0 };
	struct pk_conn *admin;
	int status;

	if (pk_server_admin(&adopt->server, &admin, err) < 0 ||
	    pk_query(admin, "SELECT oid FROM pg_catalog.pg_database", 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		pk_strv_push(&oids, pk_rows_get(&rows, i, 0));
	status = clear_unknown(base, &oids, err);
	glob(spaces, 0, NULL, &found);
	for (size_t i = 0; status == 0 && i < found.gl_pathc; i++)
		status = clear_unknown(found.gl_pathv[i], &oids, err);
	globfree(&found);
	return status;
}

int pk_adopt_settle(struct pk_adopt *adopt, const char *oid, const struct pk_strv *settings, struct pk_err *err)
{
	if (recover(adopt, settings, oid, err) < 0 || pk_cluster_start(adopt->place, adopt->bindir, err) < 0 ||
	    pk_server_fill(&adopt->server, adopt->place, err) < 0)
		return -1;
	return drop_others(adopt, oid, err) < 0 ? -1 : clear_lost(adopt, err);
}

/* ---- in its place ---- */

static int forget(struct pk_adopt *adopt, struct pk_err *err)
{
	PK_FREE char *path = own_settings(adopt->place);
	struct pk_conn *admin;

	if (pk_server_admin(&adopt->server, &admin, err) < 0 ||
	    pk_query(admin, "SELECT pg_catalog.pg_switch_wal()", 0, NULL, NULL, err) < 0 ||
	    pk_exec(admin, "CHECKPOINT", err) < 0)
		return -1;
	pk_server_release(&adopt->server);
	return pk_cluster_stop(adopt->place, err) < 0 ? -1 : pk_remove_tree(path, err);
}

/* Nobody opens the old one under the lock, nor makes a clone in it between our look and its end. */
static int swap(struct pk_adopt *adopt, struct pk_server *old, const char *label, struct pk_err *err)
{
	const struct pk_place *final = adopt->final;
	PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
	PK_FREE char *random = pk_random_hex(6);
	PK_FREE char *dead = pk_printf("%s/pg%d.tmp-%s", final->root, final->major, random);

	if (pk_lock_take(&lock, final->lock, LOCK_WAIT_MS, err) < 0 || pk_server_halt_making(old, err) < 0 ||
	    check_old(old, label, err) < 0 || pk_cluster_stop(final, err) < 0)
		return -1;
	if (pk_path_exists(final->dir) && rename(final->dir, dead) < 0)
		return pk_err_errno(err, "cannot rename '%s'", final->dir);
	if (rename(adopt->place->dir, final->dir) < 0) {
		pk_err_errno(err, "cannot rename '%s'", adopt->place->dir);
		rename(dead, final->dir);
		return -1;
	}
	return pk_remove_tree(dead, err);
}

int pk_adopt_finish(struct pk_adopt *adopt, const struct pk_server_want *want, struct pk_server *old, const char *label,
		    struct pk_err *err)
{
	if (forget(adopt, err) < 0 || pk_remove_tree(adopt->spaces, err) < 0 ||
	    swap(adopt, old, label, err) < 0)
		return -1;
	return pk_server_open_for(old, want, err);
}
