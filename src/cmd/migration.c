/* git postkit migration: statements that no schema file says, in the session. */
#include "base/fs.h"
#include "base/proc.h"
#include "cmd/help.h"
#include "cmd/pattern.h"
#include "git/git.h"
#include "session/manual.h"

#include <unistd.h>

static const char *opt_file, *opt_edit, *opt_remove, *opt_pattern, *opt_step, *opt_output;
static bool opt_json, opt_first;

const struct pk_opt pk_opts_migration[] = {
	{ PK_OPT_STRING, 'F', "file", "FILE", "take the text from FILE, - is standard input",
	  &opt_file },
	{ PK_OPT_FLAG, 0, "first", NULL,
	  "run it before the plan, not after: rows that stand in its way", &opt_first },
	{ PK_OPT_STRING, 0, "edit", "NUMBER", "change one that waits", &opt_edit },
	{ PK_OPT_STRING, 0, "remove", "NUMBER", "take out one that waits", &opt_remove },
	{ PK_OPT_STRING, 0, "pattern", "PATTERN",
	  "make the steps of rename-column, change-type, drop-column or split-table", &opt_pattern },
	{ PK_OPT_STRING, 0, "step", "STEP",
	  "of a pattern: expand, backfill, contract or all; else all but contract", &opt_step },
	{ PK_OPT_STRING, 'o', "output", "FOLDER", "write the steps of a pattern there", &opt_output },
	{ PK_OPT_FLAG, 0, "json", NULL, "list as one JSON document", &opt_json },
	{ 0 },
};

static void list_json(const struct pk_session *session)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *items = pk_json_add_array(root, "migrations");
	for (size_t i = 0; i < session->n_parts; i++) {
		if (!session->parts[i].name)
			continue;
		cJSON *item = pk_json_add_object(items, NULL);
		pk_json_set_num(item, "number", session->parts[i].id);
		pk_json_set_str(item, "name", session->parts[i].name);
		pk_json_set_str(item, "state", "applied");
	}
	for (size_t i = 0; i < session->n_manual; i++) {
		cJSON *item = pk_json_add_object(items, NULL);
		pk_json_set_num(item, "number", atoi(session->manual[i].file));
		pk_json_set_str(item, "file", session->manual[i].file);
		pk_json_set_str(item, "state", "waiting");
		pk_json_set_str(item, "text", session->manual[i].text);
	}
	pk_print_json(root);
}

static void list(const struct pk_ctx *ctx, const struct pk_session *session)
{
	size_t n = session->n_manual;
	for (size_t i = 0; i < session->n_parts; i++)
		if (session->parts[i].name) {
			pk_print(stdout, "applied  %03d_%s.sql\n", session->parts[i].id,
			       session->parts[i].name);
			n++;
		}
	for (size_t i = 0; i < session->n_manual; i++)
		pk_print(stdout, "waiting  %s%s\n", session->manual[i].file,
		       session->manual[i].first ? ", before the plan" : "");
	if (!n) {
		pk_say("no migration was written by hand in this session");
		pk_advise(ctx, "Migration", "git postkit migration NAME begins one");
	} else if (session->n_manual) {
		pk_advise(ctx, "Migration", "git postkit apply runs what waits, after the plan");
	}
}

/*
 * git's own choice: GIT_EDITOR, core.editor, VISUAL, EDITOR. It may be a command with arguments:
 * a shell reads it.
 */
static int edit(const struct pk_ctx *ctx, const char *path, struct pk_err *err)
{
	PK_AUTO(pk_buf) editor = PK_BUF_INIT;
	const char *const args[] = { "var", "GIT_EDITOR", NULL };
	if (pk_git_check(ctx->repo.workdir, args, NULL, &editor, err) < 0)
		return -1;
	pk_buf_rtrim(&editor);
	PK_FREE char *script = pk_printf("%s \"$@\"", editor.ptr);
	const char *const argv[] = { "sh", "-c", script, editor.ptr, path, NULL };
	const struct pk_proc proc = {
		.argv = argv,
		.inherit_stdin = true,
		.inherit_stdout = true,
		.inherit_stderr = true,
	};
	int status;
	if (pk_proc_run(&proc, &status, err) < 0)
		return -1;
	return status ? pk_err_set(err, "the editor '%s' ended with status %d", editor.ptr, status)
		      : 0;
}

/* The text stays on disk until it is in the session: a mistake must not cost what was typed. */
static char *draft_path(const struct pk_ctx *ctx)
{
	return pk_printf("%s/postkit/MIGRATION_EDIT.sql", ctx->repo.gitdir);
}

static int edit_text(const struct pk_ctx *ctx, const struct pk_session *session, const char *start,
		     const char *check_name, struct pk_buf *ret, struct pk_err *err)
{
	PK_FREE char *path = draft_path(ctx);
	if (!pk_term_can_ask()) {
		pk_err_set(err, "there is no terminal for an editor");
		return pk_err_hint(err, "git postkit migration NAME -F FILE takes the text from a "
					"file, -F - from standard input");
	}
	if (pk_write_file(path, start, strlen(start), 0600, err) < 0 || edit(ctx, path, err) < 0 ||
	    pk_read_file(path, ret, err) < 0)
		return -1;
	if (pk_streq(ret->ptr, start)) {
		unlink(path);
		return pk_err_set(err, "nothing was written, so nothing is changed");
	}
	if (pk_manual_check(session, check_name, ret->ptr, err) < 0)
		return pk_err_hint(err, "what you wrote is in %s; -F takes it from there", path);
	return 0;
}

static int read_stdin(struct pk_buf *ret, struct pk_err *err)
{
	char block[8192];
	size_t n;
	while ((n = fread(block, 1, sizeof(block), stdin)) > 0)
		pk_buf_addn(ret, block, n);
	return ferror(stdin) ? pk_err_errno(err, "standard input cannot be read") : 0;
}

/* A text without sections is what goes up; there is no way back then. */
static void complete(struct pk_buf *text)
{
	if (strstr(text->ptr, "-- migrate:up"))
		return;
	PK_FREE char *up = pk_buf_take(text);
	pk_buf_addf(text, "-- migrate:up\n%s%s-- migrate:down\n", up,
		    pk_ends_with(up, "\n") ? "" : "\n");
}

static int get_text(const struct pk_ctx *ctx, const struct pk_session *session, const char *start,
		    const char *check_name, struct pk_buf *ret, struct pk_err *err)
{
	if (!opt_file)
		return edit_text(ctx, session, start, check_name, ret, err);
	if ((pk_streq(opt_file, "-") ? read_stdin(ret, err) : pk_read_file(opt_file, ret, err)) < 0)
		return -1;
	if (memchr(ret->ptr, '\0', ret->len))
		return pk_err_set(err, "'%s' is not a text", opt_file);
	complete(ret);
	return 0;
}

static void drop_draft(const struct pk_ctx *ctx)
{
	PK_FREE char *path = draft_path(ctx);
	if (!opt_file)
		unlink(path);
}

static int add(const struct pk_ctx *ctx, struct pk_session *session, const char *name,
	       struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_FREE char *start = pk_manual_template(name);
	PK_FREE char *draft = pk_manual_file(session, name, err);
	PK_FREE char *file = NULL;
	if (!draft || get_text(ctx, session, start, draft, &text, err) < 0 ||
	    pk_manual_add(&ctx->repo, session, name, text.ptr, opt_first, &file, err) < 0)
		return -1;
	drop_draft(ctx);
	pk_print(stdout, "migration %s waits in the session of branch '%s'\n", file, session->branch);
	pk_advise(ctx, "Migration", "git postkit apply runs it%s",
		  opt_first ? " before the plan" : "");
	return 0;
}

static int change(const struct pk_ctx *ctx, struct pk_session *session, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	size_t index;
	if (pk_manual_find(session, opt_edit, &index, err) < 0)
		return -1;
	PK_FREE char *file = pk_strdup(session->manual[index].file);
	PK_FREE char *start = pk_strdup(session->manual[index].text);
	if (get_text(ctx, session, start, file, &text, err) < 0 ||
	    pk_manual_replace(&ctx->repo, session, index, text.ptr, err) < 0)
		return -1;
	drop_draft(ctx);
	pk_print(stdout, "migration %s changed\n", file);
	return 0;
}

static int take_out(const struct pk_ctx *ctx, struct pk_session *session, struct pk_err *err)
{
	size_t index;
	if (pk_manual_find(session, opt_remove, &index, err) < 0)
		return -1;
	PK_FREE char *file = pk_strdup(session->manual[index].file);
	if (pk_manual_remove(&ctx->repo, session, index, err) < 0)
		return -1;
	pk_print(stdout, "migration %s taken out\n", file);
	return 0;
}

int pk_cmd_migration(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_session) session = PK_SESSION_INIT;
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	int n, rc = pk_cmd_parse("migration", argc, argv, operands, &n, err);
	if (rc)
		return rc;
	if (opt_pattern) {
		const struct pk_pattern_request request = { opt_pattern, opt_step, opt_output, operands, n };
		return pk_ctx_open(&ctx, true, err) < 0 ? -1 : pk_pattern_make(&ctx, &request, err);
	}
	if (opt_step || opt_output)
		return pk_help_usage("migration", err, "--step and --output go with --pattern");
	if (n + (opt_edit != NULL) + (opt_remove != NULL) > 1)
		return pk_help_usage("migration", err, "one name, --edit or --remove at a time");
	if (pk_ctx_open(&ctx, true, err) < 0 ||
	    pk_session_require(&ctx.repo, &ctx.config, &session, err) < 0)
		return -1;
	if (opt_edit)
		return change(&ctx, &session, err);
	if (opt_remove)
		return take_out(&ctx, &session, err);
	if (n)
		return add(&ctx, &session, operands[0], err);
	if (opt_file)
		return pk_help_usage("migration", err, "a migration from a file needs a name");
	if (opt_json)
		list_json(&session);
	else
		list(&ctx, &session);
	return 0;
}
