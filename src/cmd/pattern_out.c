#include "cmd/pattern_out.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "chain/chain.h"
#include "session/manual.h"

static int write_step(const char *folder, const char *name, const char *text, struct pk_err *err)
{
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	PK_FREE char *now = pk_time_compact(pk_time());
	PK_FREE char *slug = pk_slug(name);

	if (pk_chain_from_dir(&chain, ".", folder, err) < 0)
		return -1;
	const char *last = chain.n ? chain.items[chain.n - 1].version : "";
	PK_FREE char *next =
		strcmp(last, now) >= 0 ? pk_migration_version_after(last, 1) : pk_strdup(now);
	PK_FREE char *file = pk_printf("%s_%s.sql", next ? next : "", slug);
	PK_FREE char *path = pk_path_join(folder, file);
	if (!next)
		return pk_err_set(err, "no version comes after '%s'", last);
	if (pk_write_file(path, text, strlen(text), 0644, err) < 0)
		return -1;
	pk_print(stdout, "created  %s\n", path);
	return 0;
}

static int wait_step(const struct pk_ctx *ctx, const char *name, const char *text, struct pk_err *err)
{
	PK_AUTO(pk_session) session = PK_SESSION_INIT;
	PK_FREE char *file = NULL;

	if (pk_session_require(&ctx->repo, &ctx->config, &session, err) < 0 ||
	    pk_manual_add(&ctx->repo, &session, name, text, true, &file, err) < 0)
		return -1;
	pk_print(stdout, "migration %s waits in the session of branch '%s'\n", file, session.branch);
	return 0;
}

int pk_pattern_put(const struct pk_ctx *ctx, const struct pk_pattern_request *request, const char *name, const char *text,
		   struct pk_err *err)
{
	return request->output ? write_step(request->output, name, text, err) : wait_step(ctx, name, text, err);
}
