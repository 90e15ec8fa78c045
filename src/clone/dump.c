#include "clone/dump.h"
#include "base/fs.h"
#include "base/proc.h"
#include "clone/client.h"

#include <unistd.h>

#define PREFIX	"postkit-copy-"
#define PROGRAM "pg_dump"

void pk_dump_release(struct pk_dump *dump)
{
	pk_tempdir_release(&dump->tempdir);
}

static bool has_programs(const char *bindir)
{
	PK_FREE char *dump = bindir ? pk_path_join(bindir, "pg_dump") : NULL;
	PK_FREE char *restore = bindir ? pk_path_join(bindir, "pg_restore") : NULL;

	return dump && access(dump, X_OK) == 0 && access(restore, X_OK) == 0;
}

char *pk_dump_find(const struct pk_server *server, const struct pk_config *config, int major, int target,
		   struct pk_err *err)
{
	static const struct pk_config none = PK_CONFIG_INIT;
	char *found;

	config = config ? config : &none;
	/* The server's own first: programs of a newer major may write what an older server refuses. */
	if (server && server->major == major && has_programs(server->bindir))
		return pk_strdup(server->bindir);
	found = pk_server_client_bindir(config, major, target);
	/* What a newer pg_restore sets ahead of all entries is no part of them, and not run (clone/ddl.h). */
	if (!found)
		found = pk_server_client_bindir(config, major, 0);
	if (found)
		return found;
	pk_err_set(err, "there is no pg_dump here that can read PostgreSQL %d", major);
	pk_err_hint(err, "install postgresql-client-%d, or name the folder: git config postkit.pgBin DIR", major);
	return NULL;
}

int pk_dump_open(struct pk_dump *dump, const char *parent, struct pk_err *err)
{
	pk_tempdir_sweep(parent, PREFIX, NULL);
	return pk_tempdir_open(&dump->tempdir, parent, PREFIX, err);
}

struct talk {
	const struct pk_dump *dump;
	const struct pk_hold *hold;
};

static void hear(void *arg, const char *line)
{
	pk_progress_update(((struct talk *)arg)->dump->progress, 0, line);
}

static int meanwhile(void *arg, struct pk_err *err)
{
	const struct pk_dump *dump = ((struct talk *)arg)->dump;

	return dump->meanwhile ? dump->meanwhile(dump->arg, err) : 0;
}

static int check(void *arg, struct pk_err *err)
{
	return pk_hold_check(((struct talk *)arg)->hold, err);
}

static int run_pg_dump(struct pk_dump *dump, const struct pk_conninfo *info, const struct pk_hold *hold,
		       struct pk_strv *args, struct pk_err *err)
{
	struct talk talk = { .dump = dump, .hold = hold };
	const struct pk_client client = { .bindir = dump->bindir,
					  .program = PROGRAM,
					  .args = args,
					  .dir = dump->tempdir.dir,
					  .line = hear,
					  .check = check,
					  .meanwhile = meanwhile,
					  .arg = &talk };

	return pk_client_run(&client, info, err);
}

/* Publications, subscriptions and labels come as their pictures are (clone/carry.h). */
#define LEFT_OUT "--no-publications", "--no-subscriptions", "--no-tablespaces", "--no-security-labels"

int pk_dump_take(struct pk_dump *dump, const struct pk_conninfo *source, const struct pk_hold *hold,
		 struct pk_err *err)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT;
	static const char *const fixed[] = { "-Fc", "-Z0", "-s", "-v", "-w", LEFT_OUT, NULL };

	pk_strv_extend(&args, fixed);
	pk_strv_pushf(&args, "--encoding=%s", dump->encoding);
	if (hold->snapshot)
		pk_strv_pushf(&args, "--snapshot=%s", hold->snapshot);
	else if (hold->max_age) /* nothing is locked yet */
		pk_strv_pushf(&args, "--lock-wait-timeout=%.0f", hold->max_age * 1000);
	pk_strv_push(&args, "-f");
	pk_strv_pushf(&args, "%s/archive", dump->tempdir.dir);
	pk_progress_start(dump->progress, "reading the structure", 0);
	return run_pg_dump(dump, source, hold, &args, err);
}

/* A part of the archive, as a script. */
struct script {
	struct pk_strv args; /* of pg_restore */
	char *path;
};

static void script_release(struct script *s)
{
	pk_strv_release(&s->args);
	free(s->path);
}

/* section NULL: all, without owners. */
static struct pk_proc ask(const struct pk_dump *dump, const char *section, struct script *s)
{
	static const char *const fixed[] = { "-v", LEFT_OUT, "-f", NULL }, *const env[] = { "LC_ALL=C", NULL };

	s->path = pk_path_join(dump->tempdir.dir, section ? section : "all");
	pk_strv_pushf(&s->args, "%s/pg_restore", dump->bindir);
	pk_strv_extend(&s->args, fixed);
	pk_strv_push(&s->args, s->path);
	if (section)
		pk_strv_pushf(&s->args, "--section=%s", section);
	if (!section || dump->no_owner)
		pk_strv_push(&s->args, "-O");
	if (dump->no_owner)
		pk_strv_push(&s->args, "-x");
	pk_strv_pushf(&s->args, "%s/archive", dump->tempdir.dir);
	return (struct pk_proc){ .argv = (const char *const *)s->args.items, .env = env };
}

static int read_script(const struct script *s, struct pk_ddl *ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	return pk_read_file(s->path, &text, err) < 0 ? -1 : pk_ddl_parse(&text, ret, err);
}

static bool has_any(const struct pk_ddl *ddl, const char *type)
{
	for (size_t i = 0; i < ddl->n; i++)
		if (pk_ddl_is(&ddl->items[i], type))
			return true;
	return false;
}

int pk_dump_scripts(struct pk_dump *dump, struct pk_structure *ret, struct pk_err *err)
{
	PK_AUTO(script) pre = { 0 }, post = { 0 }, all = { 0 };
	const struct pk_proc both[] = { ask(dump, "pre-data", &pre), ask(dump, "post-data", &post) };

	if (pk_proc_check_both(both, err) < 0 || read_script(&pre, &ret->pre, err) < 0 || read_script(&post, &ret->post, err) < 0)
		return -1;
	if (dump->no_owner || (!has_any(&ret->pre, "FOREIGN DATA WRAPPER") && !has_any(&ret->post, "EVENT TRIGGER")))
		return 0;
	const struct pk_proc bare = ask(dump, NULL, &all);
	return pk_proc_check(&bare, err) < 0 ? -1 : read_script(&all, &ret->bare, err);
}
