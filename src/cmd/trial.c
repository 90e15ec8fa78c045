#include "cmd/trial.h"

#include "base/fs.h"
#include "clone/scrap.h"
#include "clone/shadow.h"
#include "sql/action.h"
#include "trace/run.h"

void pk_trial_release(struct pk_trial *trial)
{
	struct pk_conn *admin;

	pk_conn_release(&trial->user);
	pk_conn_release(&trial->admin);
	if (trial->db && pk_server_admin(trial->server, &admin, NULL) == 0)
		pk_scrap_db(admin, trial->db, NULL); /* else gc finds it */
	free(trial->db);
	*trial = (struct pk_trial)PK_TRIAL_INIT;
}

static struct pk_super_trust trust_of(const struct pk_ctx *ctx)
{
	return pk_super_trust(&ctx->config, ctx->has_repo ? &ctx->repo : NULL, NULL);
}

int pk_trial_open(struct pk_trial *trial, const struct pk_ctx *ctx, struct pk_server *server,
		  const struct pk_source *files, struct pk_err *err)
{
	const struct pk_shadow_options how = { .trust = trust_of(ctx),
					       .managed = &ctx->project.managed };
	PK_AUTO(pk_conninfo) user = PK_CONNINFO_INIT, admin = PK_CONNINFO_INIT;

	trial->ctx = ctx;
	trial->server = server;
	if (pk_shadow_make(server, NULL, files, &how, &trial->db, err) < 0)
		return -1;
	pk_server_user_info(server, trial->db, &user);
	pk_server_admin_info(server, trial->db, &admin);
	return pk_conn_open_both(&trial->user, &user, &trial->admin, &admin, err);
}

static int stand_in(struct pk_trial *trial, const char *sql, const char *file, struct pk_err *err)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_strv) roles = PK_STRV_INIT;

	if (pk_sql_split(sql, file, &statements, err) < 0)
		return -1;
	pk_sql_roles(&statements, &roles);
	return roles.n ? pk_server_ensure_roles(trial->server, &roles, err) : 0;
}

int pk_trial_run(struct pk_trial *trial, const char *sql, const char *file, int line,
		 bool transaction, struct pk_err *err)
{
	const struct pk_run how = {
		.file = file,
		.first_line = line,
		.transaction = transaction,
		.whole = true,
		.admin = &trial->admin,
		.local = true,
		.trust = trust_of(trial->ctx),
	};

	return stand_in(trial, sql, file, err) < 0
		       ? -1
		       : pk_run_sql(&trial->user, sql, &how, NULL, NULL, err);
}

int pk_trial_read(struct pk_trial *trial, struct pk_snapshot *ret, struct pk_err *err)
{
	return pk_snapshot_read(&trial->admin, &trial->ctx->project.managed, ret, err);
}

void pk_trial_files(const struct pk_snapshot *snapshot, struct pk_source *ret)
{
	PK_AUTO(pk_schema_files) texts = PK_SCHEMA_FILES_INIT;

	pk_snapshot_to_files(snapshot, NULL, &texts);
	for (size_t i = 0; i < texts.n; i++)
		pk_source_add(ret, texts.items[i].path, texts.items[i].text,
			      strlen(texts.items[i].text));
}

static bool is_known(const struct pk_ctx *ctx, const char *fingerprint)
{
	return ctx->has_repo && fingerprint && pk_fingerprint_known(&ctx->repo, fingerprint);
}

int pk_trial_known(const struct pk_ctx *ctx, const char *fingerprint, struct pk_source *ret, struct pk_err *err)
{
	struct pk_oid tree;

	snprintf(tree.hex, sizeof(tree.hex), "%s", fingerprint);
	return pk_source_from_tree(ret, &ctx->repo, &tree, "", NULL, err);
}

/* The first n, from the last of them that begins where the repository knows the schema. */
static int replay(const struct pk_trial_chain *of, size_t n, struct pk_source *ret, struct pk_err *err)
{
	const struct pk_migration *all = of->chain->items;
	PK_AUTO(pk_trial) trial = PK_TRIAL_INIT;
	PK_AUTO(pk_source) start = PK_SOURCE_INIT;
	PK_AUTO(pk_snapshot) reached = PK_SNAPSHOT_INIT;
	size_t first = n;

	while (first > 0 && !is_known(of->ctx, all[first - 1].to))
		first--;
	if ((first > 0 && pk_trial_known(of->ctx, all[first - 1].to, &start, err) < 0) ||
	    pk_trial_open(&trial, of->ctx, of->server, &start, err) < 0)
		return -1;
	for (size_t i = first; i < n; i++) {
		PK_FREE char *file = pk_path_join(of->folder, all[i].file);
		if (pk_trial_run(&trial, all[i].up, file, all[i].up_line, all[i].up_transaction, err) < 0)
			return pk_err_wrap(err, "a migration before it fails");
	}
	if (pk_trial_read(&trial, &reached, err) < 0)
		return -1;
	pk_trial_files(&reached, ret);
	return 0;
}

int pk_trial_reached(const struct pk_trial_chain *of, size_t n, struct pk_source *ret, struct pk_err *err)
{
	const char *end = n > 0 ? of->chain->items[n - 1].to : NULL;

	return is_known(of->ctx, end) ? pk_trial_known(of->ctx, end, ret, err) : replay(of, n, ret, err);
}

int pk_trial_before(const struct pk_trial_chain *of, const struct pk_migration *m, struct pk_source *ret, struct pk_err *err)
{
	size_t n = 0;

	if (is_known(of->ctx, m->from))
		return pk_trial_known(of->ctx, m->from, ret, err);
	while (n < of->chain->n && strcmp(of->chain->items[n].version, m->version) < 0)
		n++;
	return replay(of, n, ret, err);
}
