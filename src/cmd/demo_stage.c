/* The stage of the demo: folders, an environment of its own, and a server that plays production. */
#include "base/clock.h"
#include "base/embedded.h"
#include "base/fs.h"
#include "base/proc.h"
#include "cmd/demo.h"
#include "git/git.h"

#include <sys/stat.h>
#include <unistd.h>

/* Present in folders of the demo alone: nothing else is ever removed. */
#define MARK ".git-postkit-demo"

#define DEPLOYER "shop_deploy"
#define DATABASE "shop"

void pk_demo_release(struct pk_demo *demo)
{
	free(demo->dir);
	free(demo->shop);
	free(demo->production);
	free(demo->url);
}

/* What a user has set for git and PostgreSQL has no business on the stage. */
static void clear_environment(void)
{
	static const char *const prefixes[] = { "GIT_", "PG", "XDG_" };
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	for (char **e = environ; *e; e++)
		for (size_t i = 0; i < PK_COUNT(prefixes); i++)
			if (pk_starts_with(*e, prefixes[i]) && strchr(*e, '='))
				pk_strv_push_take(&names, pk_strndup(*e, strcspn(*e, "=")));
	for (size_t i = 0; i < names.n; i++)
		unsetenv(names.items[i]);
}

static void set_path(const char *name, const char *dir, const char *rest)
{
	PK_FREE char *path = pk_path_join(dir, rest);

	setenv(name, path, 1);
}

static void set_environment(const char *dir)
{
	PK_FREE char *bin = pk_path_join(dir, "bin");
	PK_FREE char *path =
		pk_printf("%s:%s", bin, getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");

	clear_environment();
	setenv("PATH", path, 1);
	set_path("HOME", dir, "home");
	set_path("GIT_CONFIG_GLOBAL", dir, "home/.gitconfig");
	set_path("PGPASSFILE", dir, "pgpass");
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_PAGER", "cat", 1);
	setenv("GIT_TERMINAL_PROMPT", "0", 1);
}

static int write_text(const char *dir, const char *name, const char *text, int mode,
		      struct pk_err *err)
{
	PK_FREE char *path = pk_path_join(dir, name);

	return pk_write_file(path, text, strlen(text), mode, err);
}

/* The folder is readable by all: as root, servers run as somebody else. */
static int make_dir(struct pk_demo *demo, const char *dir, struct pk_err *err)
{
	const char *tmp = getenv("TMPDIR");
	PK_FREE char *made =
		dir ? NULL : pk_printf("%s/git-postkit-demo.XXXXXX", tmp && *tmp ? tmp : "/tmp");

	if (dir && pk_path_exists(dir)) {
		pk_err_set(err, "'%s' exists, and --dir takes a folder that does not", dir);
		return pk_err_hint(
			err, "to remove one of an earlier demo: git postkit demo --remove --dir %s",
			dir);
	}
	if (dir && mkdir(dir, 0755) < 0)
		return pk_err_errno(err, "the folder '%s' cannot be made", dir);
	if (made && !mkdtemp(made))
		return pk_err_errno(err, "a folder below '%s' cannot be made",
				    tmp && *tmp ? tmp : "/tmp");
	demo->dir = realpath(dir ? dir : made, NULL);
	if (!demo->dir || chmod(demo->dir, 0755) < 0)
		return pk_err_errno(err, "the folder '%s' cannot be used", dir ? dir : made);
	return 0;
}

static int make_programs(const char *dir, struct pk_err *err)
{
	PK_FREE char *self = pk_proc_self();
	PK_FREE char *link = pk_path_join(dir, "bin/git-postkit");
	PK_FREE char *start =
		pk_printf("#!/bin/sh\n# Any command that needs the local server starts it.\n"
			  "cd '%s/production' && echo '' >.empty.sql &&\n"
			  "\texec git postkit fingerprint .empty.sql >/dev/null\n",
			  dir);

	if (write_text(dir, "bin/production-start", start, 0755, err) < 0)
		return -1;
	if (symlink(self, link) < 0)
		return pk_err_errno(err, "'%s' cannot be linked", link);
	return 0;
}

int pk_demo_stage(struct pk_demo *demo, const char *dir, struct pk_err *err)
{
	static const char gitconfig[] =
		"[user]\n\tname = Dana Developer\n\temail = dana@example.com\n"
		"[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n";

	if (make_dir(demo, dir, err) < 0)
		return -1;
	demo->shop = pk_path_join(demo->dir, "shop");
	demo->production = pk_path_join(demo->dir, "production");
	if (write_text(demo->dir, MARK, "git postkit demo --remove --dir may remove this folder\n",
		       0644, err) < 0 ||
	    write_text(demo->dir, "home/.gitconfig", gitconfig, 0644, err) < 0 ||
	    make_programs(demo->dir, err) < 0)
		return -1;
	set_environment(demo->dir);
	return 0;
}

/* A role that may deploy, as production has it: owner of the database, no superuser. */
static int make_roles(struct pk_conn *admin, const char *password, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "CREATE ROLE shop_app NOLOGIN; CREATE ROLE " DEPLOYER " LOGIN PASSWORD ");
	pk_buf_add_literal(&sql, password);
	if (pk_exec(admin, sql.ptr, err) < 0)
		return -1;
	return pk_exec(admin, "CREATE DATABASE " DATABASE " OWNER " DEPLOYER, err);
}

static int fill(const struct pk_conninfo *info, int64_t *ret_rows, struct pk_err *err)
{
	static const char *const scripts[] = { "templates/demo/shop.sql",
					       "templates/demo/data.sql" };
	static const char tables[] =
		"SELECT sum(n) FROM (SELECT count(*) AS n FROM public.customers UNION ALL "
		"SELECT count(*) FROM public.products UNION ALL SELECT count(*) FROM public.orders "
		"UNION ALL SELECT count(*) FROM public.order_lines) counts";
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_FREE char *rows = NULL;

	if (pk_conn_open(&conn, info, err) < 0)
		return -1;
	for (size_t i = 0; i < PK_COUNT(scripts); i++)
		if (pk_exec(&conn, pk_embedded_find(scripts[i])->data, err) < 0)
			return -1;
	if (pk_exec(&conn, "ANALYZE", err) < 0 ||
	    pk_query_value(&conn, tables, 0, NULL, &rows, err) < 0)
		return -1;
	*ret_rows = strtoll(rows, NULL, 10);
	return 0;
}

int pk_demo_production(struct pk_demo *demo, int64_t *ret_rows, struct pk_err *err)
{
	const char *init[] = { "init", "-q", demo->production, NULL };
	static const char *const patience[] = { "config", "postkit.idleTimeout", "3600", NULL };
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_AUTO(pk_server) server = PK_SERVER_INIT;
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_AUTO(pk_conn) admin = PK_CONN_INIT;
	PK_FREE char *password = pk_random_hex(12);
	PK_FREE char *pgpass = pk_printf("*:*:*:" DEPLOYER ":%s\n", password);

	/* Production stays up for a while when nobody talks to it; the default would do for clones. */
	if (write_text(demo->dir, "pgpass", pgpass, 0600, err) < 0 ||
	    pk_git_check(demo->dir, init, NULL, NULL, err) < 0 ||
	    pk_git_check(demo->production, patience, NULL, NULL, err) < 0 ||
	    pk_repo_open(&repo, demo->production, err) < 0 ||
	    pk_config_load(&config, &repo, err) < 0 ||
	    pk_server_open(&server, &repo, &config, 0, err) < 0)
		return -1;
	pk_server_admin_info(&server, "postgres", &info);
	if (pk_conn_open(&admin, &info, err) < 0 || make_roles(&admin, password, err) < 0)
		return -1;
	pk_conninfo_set(&info, "user", DEPLOYER);
	pk_conninfo_set(&info, "password", password);
	pk_conninfo_set(&info, "dbname", DATABASE);
	if (fill(&info, ret_rows, err) < 0)
		return -1;
	demo->url = pk_conninfo_safe(&info);
	return 0;
}

static int remove_servers(const char *dir, const char *name, struct pk_err *err)
{
	PK_FREE char *path = pk_path_join(dir, name);
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_strv) majors = PK_STRV_INIT;

	if (pk_repo_open(&repo, path, NULL) < 0)
		return 0; /* the play never came so far */
	if (pk_server_list(&repo, &majors, err) < 0)
		return -1;
	for (size_t i = 0; i < majors.n; i++)
		if (pk_server_remove(&repo, (int)strtol(majors.items[i], NULL, 10), err) < 0)
			return -1;
	return 0;
}

/* As root, servers lie apart from their repositories; what is left of ours there goes too. */
static int remove_traces(const char *dir, struct pk_err *err)
{
	PK_AUTO(pk_strv) orphans = PK_STRV_INIT;
	PK_FREE char *inside = pk_printf("%s/", dir);

	if (pk_server_orphans(&orphans, err) < 0)
		return -1;
	for (size_t i = 0; i < orphans.n; i++) {
		PK_FREE char *note = pk_path_join(orphans.items[i], "repository");
		PK_AUTO(pk_buf) repo = PK_BUF_INIT;

		if (pk_read_file(note, &repo, NULL) == 0 && pk_starts_with(repo.ptr, inside) &&
		    pk_server_remove_orphan(orphans.items[i], err) < 0)
			return -1;
	}
	return 0;
}

int pk_demo_remove(const char *dir, struct pk_err *err)
{
	static const char *const repos[] = { "shop", "production" };
	PK_FREE char *full = realpath(dir, NULL);
	PK_FREE char *mark = full ? pk_path_join(full, MARK) : NULL;

	if (!full || !pk_path_exists(mark))
		return pk_err_set(err, "'%s' is not a folder that the demo made", dir);
	set_environment(full); /* where the servers were started from */
	if (chdir("/") < 0)
		return pk_err_errno(err, "cannot leave '%s'", full);
	for (size_t i = 0; i < PK_COUNT(repos); i++)
		if (remove_servers(full, repos[i], err) < 0)
			return -1;
	if (pk_remove_tree(full, err) < 0)
		return -1;
	return remove_traces(full, err);
}
