#include "cmd/cmd.h"
/* git postkit abort: ends the session of this branch. */
#include "session/begin.h"

static bool opt_yes;

const struct pk_opt pk_opts_abort[] = {
	{ PK_OPT_FLAG, 'y', "yes", NULL, "do not ask", &opt_yes },
	{ 0 },
};

static int ask(const struct pk_session *session, struct pk_err *err)
{
	PK_AUTO(pk_buf) question = PK_BUF_INIT;
	size_t uncommitted = pk_session_uncommitted(session);
	pk_buf_addf(&question, "end the session of branch '%s' and drop its clone",
		    session->branch);
	if (uncommitted)
		pk_buf_addf(&question, " with %zu applied but uncommitted change%s", uncommitted,
			    uncommitted == 1 ? "" : "s");
	if (session->n_manual)
		pk_buf_addf(&question, "%s %zu migration%s written by hand",
			    uncommitted ? " and" : " and forget", session->n_manual,
			    session->n_manual == 1 ? "" : "s");
	pk_buf_addc(&question, '?');
	return pk_confirm(question.ptr, false, err);
}

static bool points_nowhere(const struct pk_ctx *ctx, const char *branch)
{
	PK_FREE char *key = pk_printf("branch.%s.postkitsession", branch);
	const char *id = pk_config_git(&ctx->config, key);

	return id && *id;
}

/* There is no session of this branch to end; at most a pointer that has to go. */
static int drop_pointer(const struct pk_ctx *ctx, const char *branch, const struct pk_session *copied, struct pk_err *err)
{
	if (!copied && !points_nowhere(ctx, branch)) {
		pk_err_set(err, "branch '%s' has no session to end", branch);
		return pk_err_hint(err, "git postkit start begins one, git postkit gc drops what others left");
	}
	if (pk_session_point(&ctx->repo, branch, NULL, err) < 0)
		return -1;
	if (copied) /* the session is the other branch's: only the pointer came with the copy */
		pk_print(stdout, "branch '%s' no longer points to the session of '%s', which stays\n", branch, copied->branch);
	else /* an abort was cut short between the session and the pointer */
		pk_print(stdout, "branch '%s' no longer points to its session, which is gone\n", branch);
	return 0;
}

int pk_cmd_abort(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_session) session = PK_SESSION_INIT;
	PK_FREE char *left = NULL;
	enum pk_session_found found;
	PK_FREE char *branch = NULL;
	int result = pk_cmd_parse_options("abort", argc, argv, "", err);
	if (result)
		return result;
	if (pk_ctx_open(&ctx, true, err) < 0 ||
	    pk_session_current(&ctx.repo, &ctx.config, &session, &found, &branch, err) < 0)
		return -1;
	if (found != PK_FOUND_SESSION)
		return drop_pointer(&ctx, branch, found == PK_FOUND_COPIED ? &session : NULL, err);
	result = opt_yes ? 1 : ask(&session, err);
	if (result < 0)
		return -1;
	if (!result) {
		pk_say("nothing was changed");
		return PK_EXIT_NO;
	}
	if (pk_session_end(&ctx.repo, &ctx.config, &session, &left, err) < 0)
		return -1;
	if (left)
		pk_say("warning: the clone could not be dropped (%s); git postkit gc does it later",
		       left);
	else
		pk_print(stdout, "clone '%s' dropped\n", session.db);
	pk_print(stdout, "session of branch '%s' ended; the files of the work tree are as they were\n",
	       session.branch);
	return 0;
}
