/* git postkit log: migrations, newest first: which commit brought them, where they have run. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "chain/chain.h"
#include "clone/remote.h"
#include "cmd/cmd.h"
#include "deploy/record.h"
#include "git/git.h"

static bool opt_json;
static int opt_n;

const struct pk_opt pk_opts_log[] = {
	{ PK_OPT_INT, 'n', "max-count", "N", "show the newest N only", &opt_n },
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	{ 0 },
};

struct origin {
	const char *commit, *shortened, *author, *date;
};

struct log {
	struct pk_arena arena;
	struct pk_map origins;     /* base name of the file -> struct origin */
	struct pk_strv remotes;    /* configured ones, then those that have records alone */
	struct pk_records *records; /* one list a remote */
	struct pk_strv *had;       /* a remote: versions that were there after its newest record */
};

static void log_release(struct log *log)
{
	for (size_t i = 0; i < log->remotes.n && log->records; i++)
		pk_records_release(&log->records[i]);
	for (size_t i = 0; i < log->remotes.n && log->had; i++)
		pk_strv_release(&log->had[i]);
	free(log->had);
	free(log->records);
	pk_map_release(&log->origins);
	pk_strv_release(&log->remotes);
	pk_arena_release(&log->arena);
}

/*
 * git log with a NUL before each field of a commit: the last field of each chunk of five is followed
 * by the names of the files that the commit added, a line each.
 */
static void parse_origins(struct log *log, const struct pk_buf *out)
{
	const char *end = out->ptr + out->len, *at = out->ptr;

	while (at < end && *at == '\0') {
		struct origin *origin = pk_arena_alloc(&log->arena, sizeof(*origin));
		PK_AUTO(pk_strv) files = PK_STRV_INIT;

		origin->commit = pk_arena_strdup(&log->arena, ++at);
		at += strlen(at) + 1;
		origin->shortened = pk_arena_strdup(&log->arena, at < end ? at : "");
		at += at < end ? strlen(at) + 1 : 0;
		origin->author = pk_arena_strdup(&log->arena, at < end ? at : "");
		at += at < end ? strlen(at) + 1 : 0;
		if (at >= end)
			return;
		pk_strv_split(&files, at, '\n');
		at += strlen(at);
		if (files.n)
			origin->date = pk_arena_strdup(&log->arena, files.items[0]);
		/* Newest first: the oldest commit that added a file is where it comes from. */
		for (size_t i = 1; i < files.n; i++) {
			const char *slash = strrchr(files.items[i], '/');

			pk_map_set(&log->origins, slash ? slash + 1 : files.items[i], origin);
		}
	}
}

static int read_origins(const struct pk_ctx *ctx, struct log *log, struct pk_err *err)
{
	const char *const args[] = {
		"-c", "core.quotePath=false", "log", "--no-renames", "--diff-filter=A",
		"--format=%x00%H%x00%h%x00%an%x00%aI", "--name-only", "HEAD", "--", ctx->project.migrations_dir, NULL,
	};
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	if (pk_git_check(ctx->repo.workdir, args, NULL, &out, err) < 0)
		return -1;
	parse_origins(log, &out);
	return 0;
}

static int read_records(const struct pk_ctx *ctx, struct log *log, struct pk_err *err)
{
	PK_AUTO(pk_strv) recorded = PK_STRV_INIT;

	pk_remote_list(&ctx->config, &log->remotes);
	pk_record_remotes(&ctx->repo, &recorded);
	for (size_t i = 0; i < recorded.n; i++)
		if (!pk_strv_has(&log->remotes, recorded.items[i]))
			pk_strv_push(&log->remotes, recorded.items[i]);
	log->records = pk_alloc((log->remotes.n + 1) * sizeof(*log->records));
	log->had = pk_alloc((log->remotes.n + 1) * sizeof(*log->had));
	for (size_t i = 0; i < log->remotes.n; i++) {
		if (pk_record_due(&ctx->repo, log->remotes.items[i]))
			pk_say("warning: a deploy to '%s' from here has begun, and its record is not written; "
			       "git postkit status --fetch asks what it ran", log->remotes.items[i]);
		if (pk_records_read(&ctx->repo, log->remotes.items[i], 0, &log->records[i], err) < 0)
			return -1;
		if (log->records[i].n && pk_record_versions(&ctx->repo, &log->records[i].items[0], &log->had[i], err) < 0)
			return -1;
	}
	return 0;
}

/* What is known of a migration on a remote that no record brought: it was there before, or it is pending. */
static const char *without_record(const struct log *log, size_t remote, const char *version)
{
	if (!log->records[remote].n)
		return "no deploy is recorded here";
	return pk_strv_has(&log->had[remote], version) ? "applied before the first record" : "pending";
}

/* Names come from commits and records of anybody. */
static char *fit(const char *text)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;

	pk_buf_add_safe(&safe, text ? text : "", false);
	return pk_buf_take(&safe);
}

static void print_record(const struct pk_record *record, const struct pk_record_item *item)
{
	PK_FREE char *took = pk_duration(item->seconds), *by = fit(record->by), *when = fit(record->finished);

	pk_print(stdout, "  %s%s%s%s  %s%s%s\n", pk_color(stdout, PK_CYAN), record->rollback ? "pending, rolled back " : "",
	       pk_color(stdout, PK_PLAIN), when, item->adopted ? "adopted" : took, *by ? "  " : "", by);
}

static void print_one(const struct log *log, const struct pk_migration *m)
{
	const struct origin *origin = pk_map_get(&log->origins, m->file);

	pk_print(stdout, "%s%s%s %s\n", pk_color(stdout, PK_YELLOW), m->version, pk_color(stdout, PK_PLAIN), m->name);
	if (origin) {
		PK_FREE char *author = fit(origin->author);

		pk_print(stdout, "    commit  %s  %.10s  %s\n", origin->shortened, origin->date ? origin->date : "", author);
	}
	for (size_t i = 0; i < log->remotes.n; i++) {
		const struct pk_record_item *item = NULL;
		const struct pk_record *record =
			pk_records_find(&log->records[i], m->version, &item);

		if (!record) {
			pk_print(stdout, "    %s  %s%s%s\n", log->remotes.items[i], pk_color(stdout, PK_CYAN),
			       without_record(log, i, m->version), pk_color(stdout, PK_PLAIN));
		} else {
			pk_print(stdout, "    %s", log->remotes.items[i]);
			print_record(record, item);
		}
	}
}

static void json_one(const struct log *log, const struct pk_migration *m, cJSON *list)
{
	const struct origin *origin = pk_map_get(&log->origins, m->file);
	cJSON *item = pk_json_add_object(list, NULL), *remotes;

	pk_json_set_str(item, "version", m->version);
	pk_json_set_str(item, "name", m->name);
	pk_json_set_str(item, "file", m->file);
	pk_json_set_str(item, "checksum", m->checksum);
	pk_json_set_str(item, "from", m->from);
	pk_json_set_str(item, "to", m->to);
	if (origin) {
		pk_json_set_str(item, "commit", origin->commit);
		pk_json_set_str(item, "author", origin->author);
		pk_json_set_str(item, "date", origin->date);
	}
	remotes = pk_json_add_array(item, "remotes");
	for (size_t i = 0; i < log->remotes.n; i++) {
		const struct pk_record_item *done = NULL;
		const struct pk_record *record =
			pk_records_find(&log->records[i], m->version, &done);
		cJSON *remote = pk_json_add_object(remotes, NULL);

		pk_json_set_str(remote, "name", log->remotes.items[i]);
		pk_json_set_bool(remote, "pending",
				 record ? record->rollback
					: !pk_strv_has(&log->had[i], m->version));
		if (!record)
			continue;
		pk_json_set_str(remote, record->rollback ? "rolled_back" : "deployed",
				record->finished);
		pk_json_set_str(remote, "by", record->by);
		pk_json_set_str(remote, "commit", record->commit);
		pk_json_set_num(remote, "seconds", done->seconds);
		pk_json_set_bool(remote, "adopted", done->adopted);
	}
}

static int show(const struct pk_ctx *ctx, struct log *log, struct pk_err *err)
{
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	struct pk_oid head = { "" };
	cJSON *root, *list;
	size_t last;

	if (pk_repo_rev(&ctx->repo, "HEAD", &head, NULL) == 0 &&
	    (pk_chain_from_rev(&chain, &ctx->repo, head.hex, ctx->project.migrations_dir, err) < 0 ||
	     read_origins(ctx, log, err) < 0))
		return -1;
	if (read_records(ctx, log, err) < 0)
		return -1;
	last = opt_n > 0 && (size_t)opt_n < chain.n ? chain.n - (size_t)opt_n : 0;
	if (!opt_json) {
		for (size_t i = chain.n; i-- > last;)
			print_one(log, &chain.items[i]);
		if (!chain.n)
			pk_say("no migrations are committed");
		return 0;
	}
	root = cJSON_CreateObject();
	list = pk_json_add_array(root, "migrations");
	for (size_t i = chain.n; i-- > last;)
		json_one(log, &chain.items[i], list);
	pk_print_json(root);
	return 0;
}

int pk_cmd_log(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	struct log log = { 0 };
	int result = pk_cmd_parse_options("log", argc, argv, "", err);

	if (result)
		return result;
	if (pk_ctx_open(&ctx, true, err) < 0)
		return -1;
	result = show(&ctx, &log, err);
	log_release(&log);
	return result;
}
