#include "cmd/legacy.h"
#include "base/fs.h"
#include "clone/remote.h"
#include "git/git.h"
#include "sql/migration.h"

#define CONFIG_FILE    "postkit.config.json"
#define SECRETS_FILE   "postkit.secrets.json"
#define OLD_MIGRATIONS ".postkit/db/migrations"

struct legacy {
	const struct pk_ctx *ctx;
	const char *default_remote; /* flagged so in the files; NULL: none */
	struct pk_strv names; /* remotes of the files so far: the first file that names one wins */
	int taken;
};

/* 1: read, 0: there is no such file. */
static int read_json(const struct pk_ctx *ctx, const char *file, struct pk_json *ret,
		     struct pk_err *err)
{
	PK_FREE char *full = pk_path_join(ctx->repo.workdir, file);
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (!pk_path_exists(full))
		return 0;
	if (pk_read_file(full, &text, err) < 0)
		return -1;
	if (pk_json_parse(text.ptr, text.len, ret, err) < 0) {
		pk_err_at(err, file, 0, 0);
		pk_err_hint(err, "mend or move away '%s'; git postkit only reads it", file);
		return -1;
	}
	return 1;
}

/* "./db/schema" is "db/schema". */
static const char *relative(const char *path)
{
	while (path && pk_starts_with(path, "./"))
		path += 2;
	return path && path[0] ? path : NULL;
}

static int take_schema_path(struct legacy *l, const cJSON *db, struct pk_err *err)
{
	const char *path = relative(pk_json_str(db, "schemaPath"));
	PK_FREE char *settings = pk_path_join(l->ctx->repo.workdir, ".postkit");
	bool tracked = !pk_path_is_dir(settings);
	const char *args[] = { "config", "-f", settings, "postkit.schemaPath", path, NULL };

	if (!path || pk_streq(path, l->ctx->project.schema_dir) ||
	    pk_config_get(&l->ctx->config, "schemaPath"))
		return 0;
	if (path[0] == '/' || strstr(path, "..")) {
		pk_print(stdout, "skipped  schemaPath '%s' of %s: it leads out of the work tree\n", path,
		       CONFIG_FILE);
		return 0;
	}
	if (tracked ? pk_git_check(l->ctx->repo.workdir, args, NULL, NULL, err) < 0
		    : pk_config_set(&l->ctx->repo, "postkit.schemaPath", path, err) < 0)
		return -1;
	pk_print(stdout, "set      postkit.schemaPath = %s, from %s\n", path, CONFIG_FILE);
	l->taken = 1;
	return 0;
}

static bool has_credential_helper(const struct legacy *l)
{
	const char *helper = pk_config_git(&l->ctx->config, "credential.helper");

	return helper && helper[0];
}

/* The password goes where git keeps such things, or is left for the user to keep; never into a setting. */
static int hand_over_password(struct legacy *l, const struct pk_conninfo *info, struct pk_err *err)
{
	const char *host = pk_conninfo_get(info, "host"), *port = pk_conninfo_get(info, "port");
	const char *db = pk_conninfo_get(info, "dbname"), *user = pk_conninfo_get(info, "user");
	PK_FREE char *where = NULL;

	if (!info->password)
		return 0;
	host = host ? host : "localhost";
	if (!has_credential_helper(l) || strchr(info->password, '\n')) {
		pk_print(stdout, "         its password is not kept; put it into ~/.pgpass: %s:%s:%s:%s:PASSWORD\n",
		       host, port ? port : "5432", db ? db : "*", user ? user : "*");
		return 0;
	}
	where = port ? pk_printf("%s:%s", host, port) : pk_strdup(host);
	if (pk_git_credential_report(true, where, db, user, info->password, err) < 0)
		return -1;
	pk_print(stdout, "         its password went to git's credential helper\n");
	return 0;
}

static int take_remote(struct legacy *l, const char *name, const char *url, const char *file,
		       struct pk_err *err)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_FREE char *key = pk_printf("remote.%s.url", name);
	PK_FREE char *full_key = pk_printf("postkit.%s", key);
	PK_FREE char *safe = NULL;

	if (!url || !url[0] || pk_config_get_protected(&l->ctx->config, key) ||
	    pk_strv_has(&l->names, name))
		return 0;
	pk_strv_push(&l->names, name);
	if (!pk_remote_valid_name(name) || pk_conninfo_parse(&info, url, NULL) < 0) {
		/* The URL is not shown: it may hold a password in a place that nobody expects. */
		PK_AUTO(pk_buf) shown = PK_BUF_INIT;

		pk_buf_add_safe(&shown, name, false);
		pk_print(stdout, "skipped  remote '%s' of %s: its name or connection string is not valid\n",
		       shown.ptr, file);
		return 0;
	}
	safe = pk_conninfo_safe(&info);
	if (pk_config_set(&l->ctx->repo, full_key, safe, err) < 0)
		return -1;
	pk_print(stdout, "added    remote %s %s, from %s\n", name, safe, file);
	l->taken = 1;
	return hand_over_password(l, &info, err);
}

static int take_remotes(struct legacy *l, const cJSON *db, const char *file, struct pk_err *err)
{
	const cJSON *remotes = cJSON_GetObjectItemCaseSensitive(db, "remotes");
	const cJSON *environments = cJSON_GetObjectItemCaseSensitive(db, "environments"), *item;

	cJSON_ArrayForEach (item, remotes) {
		if (!cJSON_IsObject(item))
			continue;
		if (take_remote(l, item->string, pk_json_str(item, "url"), file, err) < 0)
			return -1;
		if (!l->default_remote && pk_json_bool(item, "default"))
			l->default_remote = item->string;
	}
	cJSON_ArrayForEach (item, environments)
		if (take_remote(l, item->string, cJSON_GetStringValue(item), file, err) < 0)
			return -1;
	return take_remote(l, "default", pk_json_str(db, "remoteDbUrl"), file, err);
}

/* What was committed with PostKit is the beginning of the chain. */
static int take_migrations(struct legacy *l, struct pk_err *err)
{
	PK_FREE char *from = pk_path_join(l->ctx->repo.workdir, OLD_MIGRATIONS);
	PK_AUTO(pk_strv) files = PK_STRV_INIT;

	if (!pk_path_is_dir(from))
		return 0;
	if (pk_list_files(from, ".sql", &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++) {
		PK_FREE char *old = pk_path_join(from, files.items[i]);
		PK_FREE char *path = pk_path_join(l->ctx->project.migrations_dir, files.items[i]);
		PK_FREE char *full = pk_path_join(l->ctx->repo.workdir, path);
		PK_AUTO(pk_buf) text = PK_BUF_INIT;

		if (!pk_migration_valid_file(files.items[i]) || pk_path_exists(full))
			continue;
		if (pk_read_file(old, &text, err) < 0 ||
		    pk_write_file(full, text.ptr, text.len, 0644, err) < 0)
			return -1;
		pk_print(stdout, "copied   %s, from %s\n", path, OLD_MIGRATIONS);
		l->taken = 1;
	}
	return 0;
}

static int take_files(struct legacy *l, struct pk_json *const *files, struct pk_err *err)
{
	static const char *const names[] = { SECRETS_FILE, CONFIG_FILE }; /* secrets win */

	for (size_t i = 0; i < PK_COUNT(names); i++) {
		int found = read_json(l->ctx, names[i], files[i], err);
		const cJSON *db;

		if (found < 0)
			return -1;
		if (!found)
			continue;
		db = cJSON_GetObjectItemCaseSensitive(files[i]->root, "db");
		if (take_schema_path(l, db, err) < 0 || take_remotes(l, db, names[i], err) < 0)
			return -1;
	}
	if (!l->default_remote || !pk_remote_valid_name(l->default_remote) ||
	    pk_config_get_protected(&l->ctx->config, "defaultRemote"))
		return 0;
	if (pk_config_set(&l->ctx->repo, "postkit.defaultRemote", l->default_remote, err) < 0)
		return -1;
	pk_print(stdout, "set      postkit.defaultRemote = %s\n", l->default_remote);
	return 0;
}

int pk_legacy_read(const struct pk_ctx *ctx, struct pk_err *err)
{
	PK_AUTO(pk_json) secrets = PK_JSON_INIT;
	PK_AUTO(pk_json) config = PK_JSON_INIT;
	struct pk_json *const files[] = { &secrets, &config };
	struct legacy l = { .ctx = ctx };
	int result = take_files(&l, files, err) < 0 || take_migrations(&l, err) < 0 ? -1 : l.taken;

	pk_strv_release(&l.names);
	return result;
}
