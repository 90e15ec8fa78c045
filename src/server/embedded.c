/*
 * Making a private cluster.
 *
 * Each repository runs its own initdb and none is kept to copy from: initdb -N takes 0.55 s, a copy
 * of its result with new passwords 0.15 s. What that saves, once in the life of a repository, is
 * not worth files shared between repositories that must be kept apart by server version and build.
 */
#include "server/cluster.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "pg/scram.h"
#include "server/docker.h"
#include <dirent.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define BUFFERS_LEAST 128	   /* MB of shared_buffers: PostgreSQL's own default */
#define BUFFERS_MOST  512	   /* MB */
#define SHM_LEAST     (256u << 20) /* bytes */

bool pk_cluster_exists(const struct pk_place *place)
{
	PK_FREE char *file = pk_path_join(place->data, "PG_VERSION");

	return pk_path_exists(file);
}

static char *secret_path(const char *dir, const char *name)
{
	return pk_printf("%s/%s.secret", dir, name);
}

int pk_cluster_secret(const char *dir, const char *name, char **ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_FREE char *path = secret_path(dir, name);

	if (pk_read_file(path, &text, err) < 0)
		return -1;
	pk_buf_rtrim(&text);
	*ret = pk_buf_take(&text);
	return 0;
}

/* ---- settings ---- */

/* The data are thrown away and copied again; what others lose by these settings we gain in speed.
 */
static const char fixed_settings[] =
	"# Written by git-postkit before each start; changes are lost.\n"
	"listen_addresses = ''\n"
	"unix_socket_permissions = 0700\n"
	"max_connections = 50\n"
	"password_encryption = 'scram-sha-256'\n"
	"fsync = off\n"
	"synchronous_commit = off\n"
	"full_page_writes = off\n"
	"wal_level = minimal\n"
	"max_wal_senders = 0\n"
	"max_wal_size = '4GB'\n"
	"checkpoint_timeout = '30min'\n"
	"checkpoint_completion_target = 0.1\n"
	"maintenance_work_mem = '256MB'\n"
	"work_mem = '16MB'\n"
	"max_parallel_maintenance_workers = 2\n"
	"max_locks_per_transaction = 512\n" /* schemas of thousands of tables in one transaction */
	"autovacuum = on\n"
	"autovacuum_max_workers = 1\n"
	"autovacuum_naptime = '5min'\n"
	"jit = off\n"
	"timezone = 'UTC'\n"
	"log_timezone = 'UTC'\n"
	"lc_messages = 'C'\n"
	"logging_collector = off\n"
	"log_line_prefix = '%m [%p] %q%u@%d '\n"
	"log_checkpoints = off\n"
	"log_statement = 'none'\n"
	"log_min_messages = 'warning'\n"
	"log_min_error_statement = 'panic'\n" /* statements may hold secrets */
	"cluster_name = 'git-postkit'\n";

static const char hba[] = "# Written by git-postkit before each start; changes are lost.\n"
			  "local all all scram-sha-256\n";

int pk_cluster_write_settings(const struct pk_place *place, const char *dir, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_FREE char *conf = pk_path_join(dir, "postgresql.conf");
	PK_FREE char *access = pk_path_join(dir, "pg_hba.conf");
	long mb = sysconf(_SC_PHYS_PAGES) / (1024 * 1024 / sysconf(_SC_PAGESIZE));
	long share = mb / 16, buffers = share < BUFFERS_LEAST ? BUFFERS_LEAST : share > BUFFERS_MOST ? BUFFERS_MOST : share;
	int mode = place->drop ? 0644 : 0600;
	struct statvfs shm;

	pk_buf_add(&text, fixed_settings);
	pk_buf_addf(&text, "shared_buffers = '%ldMB'\n", buffers);
	/* containers have a tiny /dev/shm, where parallel queries would fail */
	if (statvfs("/dev/shm", &shm) != 0 || shm.f_blocks * shm.f_frsize < SHM_LEAST)
		pk_buf_add(&text, "dynamic_shared_memory_type = mmap\n");
	if (pk_write_file(conf, text.ptr, text.len, mode, err) < 0 ||
	    pk_write_file(access, hba, sizeof(hba) - 1, mode, err) < 0)
		return -1;
	/* whatever the umask is */
	if (chmod(conf, (mode_t)mode) < 0 || chmod(access, (mode_t)mode) < 0)
		return pk_err_errno(err, "cannot set the mode of '%s'", conf);
	return 0;
}

/* ---- creation ---- */

char *pk_cluster_program(const struct pk_place *place, const char *bindir, const char *name)
{
	return place->image ? pk_strdup(name) : pk_path_join(bindir, name);
}

static int run_as_server(const struct pk_place *place, const char *const *argv, const char *input, struct pk_buf *said,
			 int *ret_status, struct pk_err *err)
{
	static const char *const env[] = { "LC_ALL=C.UTF-8", "TZ=UTC", "PGDATA",
					   "PGOPTIONS",	     "PGHOST", NULL };

	if (place->image)
		return pk_docker_run(place, argv, input, said, ret_status, err);
	const struct pk_proc proc = { .argv = argv,
				      .env = env,
				      .cwd = "/",
				      .input = input,
				      .out = said,
				      .err_out = said,
				      .drop = place->drop,
				      .uid = place->uid,
				      .gid = place->gid };

	return pk_proc_run(&proc, ret_status, err);
}

bool pk_cluster_disk_full(const char *said)
{
	return strstr(said, "No space left") || strstr(said, "Check free disk space");
}

static int failed(const char *what, const struct pk_buf *said, struct pk_err *err)
{
	pk_err_set(err, "%s", what);
	pk_err_detail(err, "%s", said->ptr);
	if (pk_cluster_disk_full(said->ptr))
		pk_err_hint(err,
			    "make room on the disk; a local server needs 50 MB and its databases");
	return -1;
}

static int initdb(const struct pk_place *place, const char *bindir, const char *data,
		  const char *pwfile, struct pk_err *err)
{
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	PK_FREE char *program = pk_cluster_program(place, bindir, "initdb");
	PK_FREE char *pwopt = pk_printf("--pwfile=%s", pwfile);
	const char *argv[] = { program,
			       "-D",
			       data,
			       "-N",
			       "-U",
			       PK_ADMIN,
			       "--auth=scram-sha-256",
			       pwopt,
			       "--encoding=UTF8",
			       "--locale=C.UTF-8",
			       NULL,
			       NULL };
	int status = 0;

	if (place->major >= 18)
		argv[PK_COUNT(argv) - 2] = "--no-data-checksums";
	if (run_as_server(place, argv, NULL, &said, &status, err) < 0)
		return -1;
	if (status != 0 && strstr(said.ptr, "locale")) {
		/* a system whose C library knows no C.UTF-8 */
		argv[PK_COUNT(argv) - 3] = "--locale=C";
		pk_buf_clear(&said);
		if (pk_remove_tree(data, err) < 0)
			return -1;
		if (mkdir(data, 0700) < 0 ||
		    (place->drop && lchown(data, place->uid, place->gid) < 0))
			return pk_err_errno(err, "cannot make '%s'", data);
		if (run_as_server(place, argv, NULL, &said, &status, err) < 0)
			return -1;
	}
	return status == 0 ? 0 : failed("initdb could not make the local server", &said, err);
}

int pk_cluster_single(const struct pk_place *place, const char *bindir, const char *data, const struct pk_strv *settings,
		      const char *db, const char *sql, struct pk_err *err)
{
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	PK_AUTO(pk_strv) args = PK_STRV_INIT;
	PK_FREE char *program = pk_cluster_program(place, bindir, "postgres");
	const char *const fixed[] = { program, "--single", "-F", "-D", data, NULL };
	int status = 0;

	pk_strv_extend(&args, fixed);
	for (size_t i = 0; i < settings->n; i++) {
		pk_strv_push(&args, "-c");
		pk_strv_push(&args, settings->items[i]);
	}
	pk_strv_push(&args, db);
	if (run_as_server(place, (const char *const *)args.items, sql, &said, &status, err) < 0)
		return -1;
	if (status != 0 || strstr(said.ptr, "ERROR:") || strstr(said.ptr, "FATAL:") || strstr(said.ptr, "PANIC:"))
		return failed("could not set up the local server", &said, err);
	return 0;
}

/* The secrets have no quotes in them, the names are constants. */
int pk_cluster_roles_sql(const char *admin, const char *login, struct pk_buf *sql, struct pk_err *err)
{
	PK_FREE char *admin_secret = NULL, *login_secret = NULL;

	if (pk_scram_secret(admin, &admin_secret, err) < 0 || pk_scram_secret(login, &login_secret, err) < 0)
		return -1;
	pk_buf_addf(sql, "ALTER ROLE " PK_ADMIN " PASSWORD '%s'\n", admin_secret);
	pk_buf_addf(sql,
		    "CREATE ROLE " PK_LOGIN " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS "
		    "PASSWORD '%s'\n",
		    login_secret);
	pk_buf_add(sql, "REVOKE CONNECT, TEMPORARY ON DATABASE postgres FROM PUBLIC\n");
	explicit_bzero(admin_secret, strlen(admin_secret));
	explicit_bzero(login_secret, strlen(login_secret));
	return 0;
}

static int setup_roles(const struct pk_place *place, const char *bindir, const char *data,
		       const char *admin, const char *login, struct pk_err *err)
{
	static const struct pk_strv none = { 0 };
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	int status;

	if (pk_cluster_roles_sql(admin, login, &sql, err) < 0)
		return -1;
	pk_buf_add(&sql, "REVOKE CONNECT ON DATABASE template1 FROM PUBLIC\n");
	status = pk_cluster_single(place, bindir, data, &none, "postgres", sql.ptr, err);
	explicit_bzero(sql.ptr, sql.len);
	return status;
}

int pk_cluster_new_secret(const char *dir, const char *name, char **ret, struct pk_err *err)
{
	PK_FREE char *path = secret_path(dir, name);

	*ret = pk_random_hex(24);
	return pk_write_file(path, *ret, strlen(*ret), 0600, err);
}

/* The cluster is one of a container from now on. */
static int write_image(const struct pk_place *place, const char *dir, struct pk_err *err)
{
	PK_FREE char *file = pk_path_join(dir, "docker");

	return pk_write_file(file, place->image, strlen(place->image), 0644, err);
}

/* data/ and the password for initdb belong to the server's user, all else to us. */
static int build(const struct pk_place *place, const char *bindir, const char *dir,
		 struct pk_err *err)
{
	PK_FREE char *data = pk_path_join(dir, "data");
	PK_FREE char *pwfile = pk_path_join(dir, "initial.secret");
	PK_FREE char *admin = NULL, *login = NULL;

	if (mkdir(dir, 0700) < 0 || mkdir(data, 0700) < 0 ||
	    (place->drop && chmod(dir, 0711) < 0) ||
	    (place->drop && lchown(data, place->uid, place->gid) < 0))
		return pk_err_errno(err, "cannot make '%s'", dir);
	if (pk_cluster_new_secret(dir, "admin", &admin, err) < 0 ||
	    pk_cluster_new_secret(dir, "login", &login, err) < 0 ||
	    pk_write_file(pwfile, admin, strlen(admin), 0600, err) < 0)
		return -1;
	if (place->drop && lchown(pwfile, place->uid, place->gid) < 0)
		return pk_err_errno(err, "cannot give away '%s'", pwfile);
	if (initdb(place, bindir, data, pwfile, err) < 0 ||
	    setup_roles(place, bindir, data, admin, login, err) < 0)
		return -1;
	unlink(pwfile);
	if (place->image && write_image(place, dir, err) < 0)
		return -1;
	explicit_bzero(admin, strlen(admin));
	explicit_bzero(login, strlen(login));
	return pk_cluster_write_settings(place, dir, err);
}

void pk_cluster_sweep(const struct pk_place *place)
{
	PK_FREE char *prefix = pk_printf("pg%d.tmp-", place->major);
	DIR *root = opendir(place->root);
	struct dirent *entry;

	while (root && (entry = readdir(root)))
		if (pk_starts_with(entry->d_name, prefix)) {
			PK_FREE char *path = pk_path_join(place->root, entry->d_name);
			pk_remove_tree(path, NULL);
		}
	if (root)
		closedir(root);
}

int pk_cluster_create(const struct pk_place *place, const char *bindir, struct pk_err *err)
{
	PK_FREE char *random = pk_random_hex(6);
	PK_FREE char *dir = pk_printf("%s/pg%d.tmp-%s", place->root, place->major, random);

	/* without its data it is not a cluster: a removal that was cut short */
	if (pk_path_exists(place->dir) && pk_remove_tree(place->dir, err) < 0)
		return -1;
	if (build(place, bindir, dir, err) < 0) {
		pk_remove_tree(dir, NULL);
		return pk_err_wrap(err, "cannot make a local server of PostgreSQL %d",
				   place->major);
	}
	if (rename(dir, place->dir) < 0) {
		pk_err_errno(err, "cannot rename '%s'", dir);
		pk_remove_tree(dir, NULL);
		return -1;
	}
	return 0;
}
