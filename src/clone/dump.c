#include "clone/dump.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "clone/stream.h"
#include "pg/way.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX	    "postkit-copy-"
#define LOCK_SUFFIX ".lock"
#define PROGRAM	    "pg_dump"

void pk_dump_release(struct pk_dump *dump)
{
	if (dump->dir)
		pk_remove_tree(dump->dir, NULL);
	if (dump->lock_path)
		unlink(dump->lock_path);
	pk_lock_release(&dump->lock);
	free(dump->dir);
	free(dump->lock_path);
	dump->dir = dump->lock_path = NULL;
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
	PK_FREE char *newer = NULL;
	char *found;

	config = config ? config : &none;
	/* The server's own first: programs of a newer major may write what an older server refuses. */
	if (server && server->major == major && has_programs(server->bindir))
		return pk_strdup(server->bindir);
	found = pk_server_client_bindir(config, major, target);
	if (found)
		return found;
	newer = pk_server_client_bindir(config, major, 0);
	if (newer)
		pk_err_set(err, "the pg_restore in '%s' is of a newer version, and cannot write to PostgreSQL %d", newer,
			   target);
	else
		pk_err_set(err, "there is no pg_dump here that can read PostgreSQL %d", major);
	pk_err_hint(err, "install postgresql-client-%d, or name the folder: git config postkit.pgBin DIR", major);
	return NULL;
}

/* A folder whose lock is free belongs to a process that was killed. */
static void sweep(const char *parent)
{
	DIR *d = opendir(parent);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
		PK_FREE char *path = NULL, *tree = NULL;
		struct stat st;

		if (!pk_starts_with(e->d_name, PREFIX) || !pk_ends_with(e->d_name, LOCK_SUFFIX))
			continue;
		path = pk_path_join(parent, e->d_name);
		if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
			continue;
		if (pk_lock_take(&lock, path, 0, NULL) < 0)
			continue;
		tree = pk_strndup(path, strlen(path) - strlen(LOCK_SUFFIX));
		pk_remove_tree(tree, NULL);
		unlink(path);
	}
	if (d)
		closedir(d);
}

int pk_dump_open(struct pk_dump *dump, const char *parent, struct pk_err *err)
{
	PK_FREE char *id = pk_random_hex(6);
	PK_FREE char *path = NULL;

	sweep(parent);
	path = pk_printf("%s/" PREFIX "%s", parent, id);
	dump->lock_path = pk_printf("%s" LOCK_SUFFIX, path);
	if (pk_lock_take(&dump->lock, dump->lock_path, 0, err) < 0)
		return -1;
	if (mkdir(path, 0700) < 0)
		return pk_err_errno(err, "cannot make the folder '%s' for the copy", path);
	dump->dir = pk_take(&path);
	return 0;
}

/* What the programs say: progress as long as all is well, then the error with all that follows it. */
struct talk {
	struct pk_dump *dump;
	const struct pk_hold *hold;
	struct pk_buf error, last;
};

static void talk_release(struct talk *t)
{
	pk_buf_release(&t->error);
	pk_buf_release(&t->last);
}

static void hear(void *arg, const char *line)
{
	struct talk *t = arg;
	const char *said = line;

	if (pk_starts_with(line, PROGRAM ": "))
		said = line + strlen(PROGRAM ": ");
	if (t->error.len || pk_starts_with(said, "error: ")) {
		if (t->error.len < 4096)
			pk_buf_addf(&t->error, "%s\n",
				    t->error.len ? said : said + strlen("error: "));
		return;
	}
	pk_progress_update(t->dump->progress, 0, said);
	pk_buf_clear(&t->last);
	pk_buf_add(&t->last, said);
}

static int check(void *arg, struct pk_err *err)
{
	return pk_hold_check(((struct talk *)arg)->hold, err);
}

/* What to do about what went wrong; the first that stands in the text counts. */
static const struct {
	const char *text, *hint;
} hints[] = {
	{ "row-level security",
	  "row security hides rows from this role: connect as the tables' owner, or "
	  "as a role with BYPASSRLS" },
	{ "permission denied",
	  "let the role read everything: GRANT pg_read_all_data TO <role> (PostgreSQL "
	  "14 and newer), or connect as the owner" },
	{ "No space left on device", "make room on the disk; nothing of the copy is left" },
	{ "server version mismatch", "install the client programs of the server's version "
				     "(postgresql-client-<major>)" },
	{ "no password supplied",
	  "put the password where libpq or git finds it: ~/.pgpass, a service file, "
	  "PGPASSWORD, a git credential helper" },
	{ "server closed the connection",
	  "the server went away meanwhile; look into its log, then try again" },
};

static int report(const struct talk *t, int status, const char *where, struct pk_err *err)
{
	const char *text = t->error.len ? t->error.ptr : t->last.ptr;
	size_t first = strcspn(text, "\n");

	if (first == 0)
		pk_err_set(err, "%s on '%s' ended with status %d", PROGRAM, where, status);
	else
		pk_err_set(err, "%s on '%s' failed: %.*s", PROGRAM, where, (int)first, text);
	if (text[first] == '\n' && text[first + 1]) {
		PK_AUTO(pk_buf) rest = PK_BUF_INIT;

		pk_buf_add(&rest, text + first + 1);
		pk_buf_rtrim(&rest);
		pk_err_detail(err, "%s", rest.ptr);
	}
	for (size_t i = 0; i < PK_COUNT(hints); i++)
		if (strstr(text, hints[i].text))
			return pk_err_hint(err, "%s", hints[i].hint);
	return -1;
}

/* A line of a .pgpass file that fits any connection. */
static int write_passfile(const char *path, const char *password, struct pk_err *err)
{
	PK_AUTO(pk_buf) line = PK_BUF_INIT;
	int result;

	if (strpbrk(password, "\r\n"))
		return pk_err_set(
			err,
			"the password holds a line break, which the client programs cannot take");
	pk_buf_add(&line, "*:*:*:*:");
	for (const char *s = password; *s; s++) {
		if (*s == ':' || *s == '\\')
			pk_buf_addc(&line, '\\');
		pk_buf_addc(&line, *s);
	}
	pk_buf_addc(&line, '\n');
	result = pk_write_file(path, line.ptr, line.len, 0600, err);
	explicit_bzero(line.ptr, line.len);
	return result;
}

static int run_pg_dump(struct pk_dump *dump, const struct pk_conninfo *info, const struct pk_hold *hold,
		       struct pk_strv *args, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) plain = PK_CONNINFO_INIT;
	PK_AUTO(pk_strv) env = PK_STRV_INIT;
	PK_FREE char *passfile = pk_path_join(dump->dir, "password");
	PK_FREE char *dsn = NULL, *where = pk_conninfo_where(info);
	const char *password = pk_conninfo_password(info);
	struct talk talk __attribute__((cleanup(talk_release))) = {
		.dump = dump,
		.hold = hold,
		.error = PK_BUF_INIT,
		.last = PK_BUF_INIT,
	};
	struct pk_stream stream = { .line = hear, .check = check, .arg = &talk };
	int status = 0, result;

	pk_conninfo_copy(&plain, info);
	pk_strv_push(&env, "LC_ALL=C"); /* what it says is read */
	if (password) {
		if (write_passfile(passfile, password, err) < 0)
			return -1;
		pk_conninfo_set(&plain, "passfile", NULL);
		pk_strv_pushf(&env, "PGPASSFILE=%s", passfile);
		pk_strv_push(&env, "PGPASSWORD");
	}
	dsn = pk_conninfo_dsn(&plain);
	pk_strv_push(args, "-d");
	pk_strv_push(args, dsn);
	stream.argv = (const char *const *)args->items;
	stream.env = (const char *const *)env.items;
	result = pk_stream_run(&stream, &status, err);
	unlink(passfile);
	if (result < 0 || status == 0)
		return result;
	report(&talk, status, where, err);
	/* It sees no more than the end of its connection. */
	if (strstr(talk.error.ptr, "server closed the connection") && pk_way_trouble(info->way, err))
		pk_err_wrap(err, PROGRAM " on '%s' failed", where);
	return -1;
}

/* Publications, subscriptions and labels come as their pictures are (clone/carry.h). */
#define LEFT_OUT "--no-publications", "--no-subscriptions", "--no-tablespaces", "--no-security-labels"

int pk_dump_take(struct pk_dump *dump, const struct pk_conninfo *source, const struct pk_hold *hold,
		 struct pk_err *err)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT;
	static const char *const fixed[] = { "-Fc", "-Z0", "-s", "-v", "-w", LEFT_OUT, NULL };

	pk_strv_pushf(&args, "%s/" PROGRAM, dump->bindir);
	pk_strv_extend(&args, fixed);
	pk_strv_pushf(&args, "--encoding=%s", dump->encoding);
	if (hold->snapshot)
		pk_strv_pushf(&args, "--snapshot=%s", hold->snapshot);
	pk_strv_push(&args, "-f");
	pk_strv_pushf(&args, "%s/archive", dump->dir);
	pk_progress_start(dump->progress, "reading the structure", 0);
	return run_pg_dump(dump, source, hold, &args, err);
}

/* section NULL: all, without owners. */
static int read_script(struct pk_dump *dump, const char *section, struct pk_ddl *ret, struct pk_err *err)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	static const char *const fixed[] = { "-v", LEFT_OUT, "-f", NULL };
	PK_FREE char *path = pk_path_join(dump->dir, "script");
	struct pk_proc proc = { .env = (const char *const[]){ "LC_ALL=C", NULL } };

	pk_strv_pushf(&args, "%s/pg_restore", dump->bindir);
	pk_strv_extend(&args, fixed);
	pk_strv_push(&args, path);
	if (section)
		pk_strv_pushf(&args, "--section=%s", section);
	if (!section || dump->no_owner)
		pk_strv_push(&args, "-O");
	if (dump->no_owner)
		pk_strv_push(&args, "-x");
	pk_strv_pushf(&args, "%s/archive", dump->dir);
	proc.argv = (const char *const *)args.items;
	if (pk_proc_check(&proc, err) < 0 || pk_read_file(path, &text, err) < 0)
		return -1;
	return pk_ddl_parse(&text, ret, err);
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
	if (read_script(dump, "pre-data", &ret->pre, err) < 0 || read_script(dump, "post-data", &ret->post, err) < 0)
		return -1;
	if (!dump->no_owner && (has_any(&ret->pre, "FOREIGN DATA WRAPPER") || has_any(&ret->post, "EVENT TRIGGER")))
		return read_script(dump, NULL, &ret->bare, err);
	return 0;
}
