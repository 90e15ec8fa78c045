#include "clone/client.h"
#include "base/fs.h"
#include "clone/stream.h"
#include "pg/way.h"

#include <unistd.h>

#define ERROR_MAX 4096 /* bytes kept of it; its last line may go beyond */

/* The error with all that follows it, and the last line before. */
struct talk {
	const struct pk_client *client;
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
	size_t n = strlen(t->client->program);
	const char *said = line;

	if (pk_starts_with(line, t->client->program) && pk_starts_with(line + n, ": "))
		said = line + n + 2;
	if (t->error.len || pk_starts_with(said, "error: ")) {
		if (t->error.len < ERROR_MAX)
			pk_buf_addf(&t->error, "%s\n",
				    t->error.len ? said : said + strlen("error: "));
		return;
	}
	t->client->line(t->client->arg, said);
	pk_buf_clear(&t->last);
	pk_buf_add(&t->last, said);
}

static int check(void *arg, struct pk_err *err)
{
	const struct pk_client *client = ((struct talk *)arg)->client;

	return client->check ? client->check(client->arg, err) : 0;
}

/* What to do about what went wrong; the first that stands in the text counts. */
static const struct {
	const char *text, *hint;
} hints[] = {
	{ "row-level security",
	  "row security hides rows from this role: connect as the tables' owner, or "
	  "as a role with BYPASSRLS" },
	{ "replication connection",
	  "let the role in there for replication as well: a line 'host replication <role> <address> "
	  "scram-sha-256' in pg_hba.conf; or copy with --no-physical" },
	{ "number of requested standby connections",
	  "all places for replication are taken there (max_wal_senders); copy with --no-physical" },
	{ "all replication slots are in use",
	  "all slots for replication are taken there (max_replication_slots); copy with --no-physical" },
	{ "permission denied",
	  "let the role read everything: GRANT pg_read_all_data TO <role> (PostgreSQL "
	  "14 and newer), or connect as the owner" },
	{ "max_locks_per_transaction",
	  "the server has no room for the locks on its tables: raise max_locks_per_transaction there; its product with "
	  "max_connections has to be higher than their number" },
	{ "No space left on device", "make room on the disk; nothing of the copy is left" },
	{ "Check free disk space", "make room on the disk; nothing of the copy is left" },
	{ "server version mismatch", "install the client programs of the server's version "
				     "(postgresql-client-<major>)" },
	{ "no password supplied",
	  "put the password where libpq or git finds it: ~/.pgpass, a service file, "
	  "PGPASSWORD, a git credential helper" },
	{ "server closed the connection",
	  "the server went away meanwhile; look into its log, then try again" },
};

const char *pk_client_hint(const char *text)
{
	for (size_t i = 0; i < PK_COUNT(hints); i++)
		if (strstr(text, hints[i].text))
			return hints[i].hint;
	return NULL;
}

static int report(const struct talk *t, int status, const char *where, struct pk_err *err)
{
	const char *text = t->error.len ? t->error.ptr : t->last.ptr;
	const char *hint = pk_client_hint(text);
	size_t first = strcspn(text, "\n");

	if (first == 0)
		pk_err_set(err, "%s on '%s' ended with status %d", t->client->program, where, status);
	else
		pk_err_set(err, "%s on '%s' failed: %.*s", t->client->program, where, (int)first, text);
	if (text[first] == '\n' && text[first + 1]) {
		PK_AUTO(pk_buf) rest = PK_BUF_INIT;

		pk_buf_add(&rest, text + first + 1);
		pk_buf_rtrim(&rest);
		pk_err_detail(err, "%s", rest.ptr);
	}
	return hint ? pk_err_hint(err, "%s", hint) : -1;
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

static int meanwhile(void *arg, struct pk_err *err)
{
	const struct pk_client *client = ((struct talk *)arg)->client;

	return client->meanwhile ? client->meanwhile(client->arg, err) : 0;
}

int pk_client_run(const struct pk_client *client, const struct pk_conninfo *info, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) plain = PK_CONNINFO_INIT;
	PK_AUTO(pk_strv) args = PK_STRV_INIT, env = PK_STRV_INIT;
	PK_FREE char *passfile = pk_path_join(client->dir, "password");
	PK_FREE char *dsn = NULL, *where = pk_conninfo_where(info);
	const char *password = pk_conninfo_password(info);
	struct talk talk __attribute__((cleanup(talk_release))) = {
		.client = client,
		.error = PK_BUF_INIT,
		.last = PK_BUF_INIT,
	};
	struct pk_stream stream = { .line = hear, .check = check, .meanwhile = meanwhile, .arg = &talk };
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
	pk_strv_pushf(&args, "%s/%s", client->bindir, client->program);
	pk_strv_extend(&args, (const char *const *)client->args->items);
	pk_strv_push(&args, "-d");
	pk_strv_push(&args, dsn);
	stream.argv = (const char *const *)args.items;
	stream.env = (const char *const *)env.items;
	result = pk_stream_run(&stream, &status, err);
	unlink(passfile);
	if (result < 0 || status == 0)
		return result;
	report(&talk, status, where, err);
	/* It sees no more than the end of its connection. */
	if (strstr(talk.error.ptr, "server closed the connection") && pk_way_trouble(info->way, err))
		pk_err_wrap(err, "%s on '%s' failed", client->program, where);
	return -1;
}
