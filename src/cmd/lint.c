/* git postkit lint: what is unsafe in migrations and SQL files, from the text alone and the catalog where it is known. */
#include "base/fs.h"
#include "chain/chain.h"
#include "cmd/help.h"
#include "git/git.h"
#include "lint/lint.h"
#include "sql/migration.h"

static bool opt_json, opt_rules;

const struct pk_opt pk_opts_lint[] = {
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	{ PK_OPT_FLAG, 0, "rules", NULL, "list the rules", &opt_rules },
	{ 0 },
};

/* The schema before a migration: the stored snapshot that its header names. Texts live in the arena. */
struct known {
	const struct pk_repo *repo;
	const char *fingerprint;
	struct pk_arena arena;
};

static const char *known_text(void *arg, const char *path)
{
	struct known *known = arg;
	PK_FREE char *text = pk_fingerprint_text(known->repo, known->fingerprint, path);

	return pk_arena_strdup(&known->arena, text);
}

static int lint_migration(const struct pk_ctx *ctx, const char *file, const struct pk_migration *m,
			  struct pk_findings *findings, struct pk_err *err)
{
	struct known known = { .repo = &ctx->repo, .fingerprint = m->from };
	struct pk_lint_catalog catalog = { .text = known_text, .arg = &known };
	bool has_catalog = ctx->has_repo && m->from && pk_fingerprint_known(&ctx->repo, m->from);
	struct pk_lint_options options = { .catalog = has_catalog ? &catalog : NULL, .config = &ctx->config,
					   .transaction = m->up_transaction, .first_line = m->up_line };
	int status = pk_lint_sql(m->up, file, &options, findings, err);

	/* Findings hold their own texts; the catalog's are done with. */
	pk_arena_release(&known.arena);
	return status;
}

static int lint_file(const struct pk_ctx *ctx, const char *file, struct pk_findings *findings, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;
	PK_FREE char *checksum = NULL;

	if (pk_read_file(file, &text, err) < 0)
		return -1;
	if (!strstr(text.ptr, "-- migrate:up")) {
		struct pk_lint_options options = { .config = &ctx->config, .first_line = 1 };

		return pk_lint_sql(text.ptr, file, &options, findings, err);
	}
	checksum = pk_git_hash_blob(text.ptr, text.len);
	/* a draft may have any name yet; what is wrong in it still is so in this file */
	const char *name = pk_migration_valid_file(pk_path_base(file)) ? file : "0_draft.sql";
	if (pk_migration_parse(name, text.ptr, text.len, checksum, &m, err) < 0)
		return pk_err_at(err, file, err->line, err->col);
	return lint_migration(ctx, file, &m, findings, err);
}

static const char *const level_names[] = { "off", "warning", "error" };

static void list_rules(void)
{
	size_t n;
	const struct pk_rule_info *rules = pk_lint_rules(&n);

	for (size_t i = 0; i < n; i++)
		printf("%-28s %-8s %s\n", rules[i].id, level_names[rules[i].level], rules[i].summary);
}

static void print_findings(const struct pk_findings *findings)
{
	if (opt_json) {
		cJSON *root = cJSON_CreateObject(), *array = pk_json_add_array(root, "findings");

		for (size_t i = 0; i < findings->n; i++)
			cJSON_AddItemToArray(array, pk_finding_json(&findings->items[i]));
		pk_print_json(root);
		return;
	}
	for (size_t i = 0; i < findings->n; i++)
		pk_finding_print(stdout, &findings->items[i]);
}

int pk_cmd_lint(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_findings) findings = PK_FINDINGS_INIT;
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	int n, result = pk_cmd_parse("lint", argc, argv, operands, &n, err);

	if (result)
		return result;
	if (opt_rules) {
		list_rules();
		return 0;
	}
	if (n < 1)
		return pk_help_usage("lint", err, "lint takes one file or more");
	if (pk_ctx_open(&ctx, false, err) < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		if (lint_file(&ctx, operands[i], &findings, err) < 0)
			return -1;
	}
	print_findings(&findings);
	return pk_findings_fatal(&findings) ? PK_EXIT_NO : 0;
}
