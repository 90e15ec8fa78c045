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
	const char *program;
	uint64_t done;
	struct pk_buf error, last;
};

static void talk_release(struct talk *t)
{
	pk_buf_release(&t->error);
	pk_buf_release(&t->last);
}

static const char *const starts[] = {
	"dumping contents of table ",
	"launching item ",
	"processing item ",
};

static void hear(void *arg, const char *line)
{
	struct talk *t = arg;
	const char *said = line;

	if (pk_starts_with(line, t->program) && pk_starts_with(line + strlen(t->program), ": "))
		said = line + strlen(t->program) + 2;
	if (t->error.len || pk_starts_with(said, "error: ")) {
		if (t->error.len < 4096)
			pk_buf_addf(&t->error, "%s\n",
				    t->error.len ? said : said + strlen("error: "));
		return;
	}
	for (size_t i = 0; i < PK_COUNT(starts); i++) {
		if (!pk_starts_with(said, starts[i]))
			continue;
		said += strlen(starts[i]);
		if (i > 0) /* the number of the item */
			said += strspn(said, "0123456789 ");
		pk_progress_update(t->dump->progress, ++t->done, said);
		return;
	}
	pk_buf_clear(&t->last);
	pk_buf_add(&t->last, said);
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
	{ "canceling statement due to statement timeout",
	  "the role has a statement_timeout there: "
	  "PGOPTIONS='-c statement_timeout=0' lifts it" },
	{ "must be superuser",
	  "connect to the target as a superuser, or leave out what needs one" },
	{ "must be member of role",
	  "connect to the target as a role that is a member of the owners, or "
	  "use --no-owner" },
	{ "must be able to SET ROLE",
	  "connect to the target as a role that is a member of the owners, or "
	  "use --no-owner" },
};

static int report(const struct talk *t, int status, const char *where, struct pk_err *err)
{
	const char *text = t->error.len ? t->error.ptr : t->last.ptr;
	size_t first = strcspn(text, "\n");

	if (first == 0)
		pk_err_set(err, "%s on '%s' ended with status %d", t->program, where, status);
	else
		pk_err_set(err, "%s on '%s' failed: %.*s", t->program, where, (int)first, text);
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

/* What would lead a connection to a server of ours elsewhere. */
static const char *const not_for_local[] = {
	"PGHOSTADDR",	 "PGSERVICE",	     "PGOPTIONS",     "PGSSLMODE", "PGTARGETSESSIONATTRS",
	"PGREQUIREAUTH", "PGCHANNELBINDING", "PGREQUIREPEER", NULL,
};

static int run_program(struct pk_dump *dump, const char *program, const struct pk_conninfo *info,
		       bool local, struct pk_strv *args, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) plain = PK_CONNINFO_INIT;
	PK_AUTO(pk_strv) env = PK_STRV_INIT;
	PK_FREE char *passfile = pk_path_join(dump->dir, "password");
	PK_FREE char *dsn = NULL, *where = pk_conninfo_where(info);
	const char *password = pk_conninfo_password(info);
	struct talk talk __attribute__((cleanup(talk_release))) = {
		.dump = dump,
		.program = program,
		.error = PK_BUF_INIT,
		.last = PK_BUF_INIT,
	};
	struct pk_stream stream = { .line = hear, .arg = &talk };
	int status = 0, result;

	pk_conninfo_copy(&plain, info);
	pk_strv_push(&env, "LC_ALL=C"); /* what they say is read */
	if (local)
		pk_strv_extend(&env, not_for_local);
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
	pk_progress_stop(dump->progress);
	if (result < 0 || status == 0)
		return result;
	report(&talk, status, where, err);
	/* It sees no more than the end of its connection. */
	if (strstr(talk.error.ptr, "server closed the connection") && pk_way_trouble(info->way, err))
		pk_err_wrap(err, "%s on '%s' failed", program, where);
	return -1;
}

int pk_dump_take(struct pk_dump *dump, const struct pk_conninfo *source, int64_t tables,
		 struct pk_err *err)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT;
	static const char *const fixed[] = {
		"-Fd",
		"-Z0",
		"-v",
		"-w",
		"--no-sync",
		"--no-publications",
		"--no-subscriptions",
		"--no-tablespaces",
		"--no-security-labels",
		NULL,
	};

	pk_strv_pushf(&args, "%s/pg_dump", dump->bindir);
	pk_strv_extend(&args, fixed);
	pk_strv_pushf(&args, "-j%d", dump->jobs);
	if (dump->schema_only)
		pk_strv_push(&args, "-s");
	pk_strv_push(&args, "-f");
	pk_strv_pushf(&args, "%s/data", dump->dir);
	if (dump->progress)
		pk_progress_start(dump->progress, "reading", (uint64_t)tables);
	return run_program(dump, "pg_dump", source, false, &args, err);
}

/* "3534; 1418 16584 USER MAPPING - USER MAPPING x SERVER s postgres": what comes after the numbers. */
static const char *entry_text(const char *line)
{
	if (*line < '0' || *line > '9')
		return NULL;
	line += strspn(line, "0123456789");
	if (*line != ';')
		return NULL;
	return line + 1 + strspn(line + 1, "0123456789 ");
}

/*
 * The table of contents in turns. What belongs to a superuser by law is owned by whoever restores:
 * foreign-data wrappers before the servers that need them, event triggers last, so that they do not
 * fire before. How to log in elsewhere is left out, and so are the rows of materialized views that
 * would have to be fetched from elsewhere.
 */
enum { TURN_FIRST, TURN_WRAPPERS, TURN_REST, TURN_LATE, TURNS };
static const struct {
	const char *name;
	bool owners;
} turns[TURNS] = { { "first", true }, { "wrappers", false }, { "rest", true }, { "late", false } };

static bool left_out(const struct pk_dump *dump, const char *line, const char *text)
{
	PK_FREE char *oid = NULL;
	const char *number = strchr(line, ';') + 1;

	if (pk_starts_with(text, "USER MAPPING "))
		return true;
	if (!dump->unfilled || !pk_starts_with(text, "MATERIALIZED VIEW DATA "))
		return false;
	number += strspn(number, " ");
	number += strcspn(number, " ") + 1; /* the catalog's */
	oid = pk_strndup(number, strcspn(number, " "));
	return pk_strv_has(dump->unfilled, oid);
}

struct entries {
	struct pk_buf toc;
	size_t n;
};

static void sort_entries(const char *toc, const struct pk_dump *dump, struct entries *lists)
{
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;
	int turn = TURN_FIRST;

	pk_strv_split(&lines, toc, '\n');
	for (size_t i = 0; i < lines.n; i++) {
		const char *text = entry_text(lines.items[i]);
		int to = turn;

		if (!text || left_out(dump, lines.items[i], text))
			continue;
		if (pk_starts_with(text, "FOREIGN DATA WRAPPER ")) {
			to = TURN_WRAPPERS;
			turn = TURN_REST;
		} else if (pk_starts_with(text, "EVENT TRIGGER ") ||
			   pk_starts_with(text, "COMMENT - EVENT TRIGGER ")) {
			to = TURN_LATE;
		}
		pk_buf_addf(&lists[to].toc, "%s\n", lines.items[i]);
		lists[to].n++;
	}
}

static int restore_list(struct pk_dump *dump, const struct pk_conninfo *target, const char *name,
			const struct entries *list, bool owners, struct pk_err *err)
{
	PK_AUTO(pk_strv) args = PK_STRV_INIT;
	PK_FREE char *path = pk_path_join(dump->dir, name);
	static const char *const fixed[] = {
		"-e",
		"-v",
		"-w",
		"--no-publications",
		"--no-subscriptions",
		"--no-tablespaces",
		"--no-security-labels",
		"-L",
		NULL,
	};

	if (list->n == 0)
		return 0;
	if (pk_write_file(path, list->toc.ptr, list->toc.len, 0600, err) < 0)
		return -1;
	pk_strv_pushf(&args, "%s/pg_restore", dump->bindir);
	pk_strv_extend(&args, fixed);
	pk_strv_push(&args, path);
	if (dump->jobs > 1)
		pk_strv_pushf(&args, "-j%d", dump->jobs);
	else
		pk_strv_push(&args, "-1");
	if (!owners)
		pk_strv_push(&args, "-O");
	if (dump->no_owner)
		pk_strv_push(&args, "-x");
	pk_strv_pushf(&args, "%s/data", dump->dir);
	if (dump->progress)
		pk_progress_start(dump->progress, "writing", list->n);
	return run_program(dump, "pg_restore", target, dump->local, &args, err);
}

int pk_dump_restore(struct pk_dump *dump, const struct pk_conninfo *target, struct pk_err *err)
{
	PK_AUTO(pk_buf) toc = PK_BUF_INIT;
	struct entries lists[TURNS];
	PK_FREE char *program = pk_path_join(dump->bindir, "pg_restore");
	PK_FREE char *data = pk_path_join(dump->dir, "data");
	const char *argv[] = { program, "-l", data, NULL };
	const struct pk_proc list = { .argv = argv, .out = &toc };
	int status = 0;

	if (pk_proc_check(&list, err) < 0)
		return -1;
	for (int i = 0; i < TURNS; i++)
		lists[i] = (struct entries){ .toc = PK_BUF_INIT };
	sort_entries(toc.ptr, dump, lists);
	for (int i = 0; i < TURNS && status == 0; i++)
		status = restore_list(dump, target, turns[i].name, &lists[i],
				      turns[i].owners && !dump->no_owner, err);
	for (int i = 0; i < TURNS; i++)
		pk_buf_release(&lists[i].toc);
	return status;
}
