#include "cmd/scratch.h"

#include "clone/remote.h"
#include "trace/probe.h"

static void forget(struct pk_scratch *s)
{
	pk_snapshot_release(&s->snapshot);
	pk_map_release(&s->objects);
	pk_map_release(&s->rows);
	pk_arena_release(&s->arena);
	s->snapshot = (struct pk_snapshot)PK_SNAPSHOT_INIT;
	s->objects = s->rows = (struct pk_map)PK_MAP_INIT;
	s->arena = (struct pk_arena)PK_ARENA_INIT;
}

void pk_scratch_release(struct pk_scratch *scratch)
{
	forget(scratch);
	pk_conn_release(&scratch->conn);
}

static bool is_here(const struct pk_conninfo *info)
{
	static const char *const here[] = { "localhost", "127.0.0.1", "::1" };
	const char *host = pk_conninfo_get(info, "host");
	const char *addr = pk_conninfo_get(info, "hostaddr");
	PK_AUTO(pk_strv) hosts = PK_STRV_INIT;

	pk_strv_split(&hosts, addr ? addr : host ? host : "", ',');
	for (size_t i = 0; i < hosts.n; i++) {
		bool known = hosts.items[i][0] == '/' || hosts.items[i][0] == '@';
		for (size_t k = 0; k < PK_COUNT(here); k++)
			known = known || strcmp(hosts.items[i], here[k]) == 0;
		if (!known)
			return false;
	}
	return hosts.n > 0;
}

/* One that cannot be made out now is none. */
static bool is_remote(const struct pk_ctx *ctx, const struct pk_conninfo *info)
{
	PK_FREE char *where = pk_conninfo_where(info);
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	pk_remote_list(&ctx->config, &names);
	for (size_t i = 0; i < names.n; i++) {
		PK_AUTO(pk_remote) remote = PK_REMOTE_INIT;
		if (pk_remote_get(&ctx->config, names.items[i], &remote, NULL) < 0)
			continue;
		PK_FREE char *other = pk_conninfo_where(&remote.info);
		if (strcmp(where, other) == 0)
			return true;
	}
	return false;
}

int pk_scratch_open(struct pk_scratch *scratch, const struct pk_ctx *ctx, const char *url, struct pk_err *err)
{
	PK_AUTO(pk_remote) remote = PK_REMOTE_INIT;

	scratch->managed = &ctx->project.managed;
	if (!pk_conninfo_looks_like(url)) {
		pk_err_set(err, "'%s' is no connection string", url);
		return pk_err_hint(err, "--scratch wants a database that may be spoilt: postgresql:///scratch?host=/run/postgresql");
	}
	if (pk_remote_of_url(&ctx->config, url, &remote, err) < 0)
		return -1;
	if (!is_here(&remote.info) || is_remote(ctx, &remote.info)) {
		PK_FREE char *where = pk_conninfo_where(&remote.info);
		pk_err_set(err, "'%s' may not be spoilt: it is a remote, or not on this machine", where);
		return pk_err_hint(err, "git postkit copy brings a database to a server here");
	}
	return pk_remote_connect(&remote, &scratch->conn, err);
}

static const char *text_of(void *arg, const char *path)
{
	struct pk_scratch *s = arg;
	const struct pk_object *o = pk_map_get(&s->objects, path);

	return o ? o->text : NULL;
}

static int64_t rows_of(void *arg, const char *schema, const char *table)
{
	struct pk_scratch *s = arg;
	const char *key = pk_arena_printf(&s->arena, "%s.%s", schema, table);
	int64_t *rows = pk_map_get(&s->rows, key);

	if (!rows) {
		rows = pk_arena_alloc(&s->arena, sizeof(*rows));
		*rows = pk_probe_rows(&s->conn, schema, table);
		pk_map_set(&s->rows, key, rows);
	}
	return *rows;
}

static void list_objects(void *arg, const char *beginning, struct pk_strv *ret)
{
	struct pk_scratch *s = arg;

	pk_lint_catalog_list(&s->objects, beginning, ret);
}

static bool is_invalid(void *arg, const char *schema, const char *index)
{
	struct pk_scratch *s = arg;

	return pk_probe_index_invalid(&s->conn, schema, index);
}

static int measure(void *arg, const struct pk_statements *statements, const struct pk_actions *actions,
		   struct pk_effect *ret, struct pk_err *err)
{
	struct pk_scratch *s = arg;

	return pk_probe(&s->conn, statements, actions, s->transaction, &s->arena, ret, err);
}

int pk_scratch_use(struct pk_scratch *s, struct pk_lint_options *options, struct pk_err *err)
{
	forget(s);
	/* as after connecting, whatever the file before it set */
	if (pk_exec(&s->conn, "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL", err) < 0 ||
	    pk_conn_own_settings(&s->conn, err) < 0 || pk_snapshot_read(&s->conn, s->managed, &s->snapshot, err) < 0)
		return -1;
	for (size_t i = 0; i < s->snapshot.n; i++) {
		struct pk_object *o = s->snapshot.objects[i];
		if (o->path)
			pk_map_set(&s->objects, o->path, o);
	}
	s->catalog = (struct pk_lint_catalog){ .text = text_of, .rows = rows_of, .invalid = is_invalid, .list = list_objects, .arg = s };
	s->transaction = options->transaction;
	options->catalog = &s->catalog;
	options->measure = measure;
	options->measure_arg = s;
	return 0;
}
