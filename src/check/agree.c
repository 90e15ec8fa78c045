#include "check/rules.h"

#include "base/fs.h"
#include "base/json.h"
#include "catalog/load.h"
#include "clone/shadow.h"
#include "pg/sqlstate.h"

/* The verdict kept on the tree: {"schema":1,"fingerprint":"...","agree":true}. */
static bool verdict_agrees(const struct pk_repo *repo, const struct pk_oid *db_tree, const char *end)
{
	PK_AUTO(pk_json) json = PK_JSON_INIT;
	PK_FREE char *text = pk_oid_is_null(db_tree) ? NULL : pk_note_read(repo, db_tree);

	if (!text || pk_json_parse(text, strlen(text), &json, NULL) < 0)
		return false;
	return pk_json_num(json.root, "schema", 0) == 1 && pk_json_bool(json.root, "agree") &&
	       pk_streq(pk_json_str(json.root, "fingerprint"), end);
}

/* A cache: failing to write it (a read-only clone) changes nothing. */
static void write_verdict(const struct pk_repo *repo, const struct pk_oid *db_tree, const char *end)
{
	PK_AUTO(pk_json) json = { .root = cJSON_CreateObject() };
	PK_FREE char *text = NULL;

	pk_json_set_num(json.root, "schema", 1);
	pk_json_set_str(json.root, "fingerprint", end);
	pk_json_set_bool(json.root, "agree", true);
	text = pk_json_print(json.root);
	if (!pk_oid_is_null(db_tree))
		pk_note_write(repo, db_tree, text, NULL);
}

static int read_sources(struct pk_check_state *state, const char *commit, const struct pk_oid *schema_tree,
			struct pk_source *infra, struct pk_source *files, struct pk_err *err)
{
	const struct pk_check_input *in = state->in;
	PK_FREE char *infra_dir = pk_path_join(in->project->schema_dir, "infra");
	struct pk_oid infra_tree = { "" };

	if (pk_repo_tree_at(in->repo, commit, infra_dir, &infra_tree, err) < 0)
		return -1;
	if (!pk_oid_is_null(&infra_tree) &&
	    pk_source_from_tree(infra, in->repo, &infra_tree, infra_dir, NULL, err) < 0)
		return -1;
	if (pk_oid_is_null(schema_tree))
		return 0;
	return pk_source_from_tree(files, in->repo, schema_tree, in->project->schema_dir,
				   pk_project_not_schema, err);
}

/* Names the objects that differ when the snapshot that the chain ends in is stored here. */
static void report_disagreement(struct pk_check_state *state, const char *end, const struct pk_snapshot *snapshot)
{
	static const char *const what[] = {
		[PK_ADDED] = "only in schema files", [PK_CHANGED] = "differs", [PK_REMOVED] = "only in migrations",
	};
	static const char fix[] = "git postkit plan, apply and commit write the migration for the schema files";
	PK_AUTO(pk_tree_diff) diff = PK_TREE_DIFF_INIT;
	PK_AUTO(pk_buf) list = PK_BUF_INIT;
	struct pk_oid tree = { "" };

	if (pk_fingerprint_known(state->in->repo, end)) {
		snprintf(tree.hex, sizeof(tree.hex), "%s", end);
		pk_snapshot_diff_tree(state->in->repo, &tree, snapshot, &diff, NULL);
	}
	for (size_t i = 0; i < diff.n && i < 20; i++)
		pk_buf_addf(&list, "\n  %s (%s)", diff.items[i].path, what[diff.items[i].what]);
	if (diff.n > 20)
		pk_buf_addf(&list, "\n  and %zu more", diff.n - 20);
	pk_check_reason(state->ret,
			(struct pk_fault){ .rule = "disagree", .file = state->in->project->schema_dir, .fix = fix },
			"schema files and migrations lead to different schemas%s%s", list.len ? ":" : "", list.ptr);
}

static void not_checked(struct pk_check_state *state, const char *why)
{
	pk_check_reason(state->ret, (struct pk_fault){ .rule = "not-checked", .warning = true },
			"whether schema files and migrations agree was not checked: %s", why);
}

/* There is no database here that has what is ignored. */
static bool lacks_ignored(const struct pk_project *project, const struct pk_err *why)
{
	static const char *const states[] = { PK_SQLSTATE_UNDEFINED_TABLE, PK_SQLSTATE_UNDEFINED_OBJECT,
					      PK_SQLSTATE_UNDEFINED_FUNCTION, PK_SQLSTATE_INVALID_SCHEMA_NAME };
	bool missing = false;

	for (size_t i = 0; i < PK_COUNT(states); i++)
		missing |= pk_streq(why->sqlstate, states[i]);
	return missing && pk_managed_ignores_any(&project->managed);
}

/* Without a place in a file it is the server's trouble, not the author's. */
static void tell_unloaded(struct pk_check_state *state, const struct pk_err *why)
{
	if (pk_super_untrusted(why))
		not_checked(state, "they hold what only a superuser may make, and no database of yours is known to hold it");
	else if (!why->file)
		not_checked(state, why->msg ? why->msg : "schema files could not be loaded");
	else if (lacks_ignored(state->in->project, why))
		not_checked(state, "schema files refer to something that postkit.ignore leaves out, and that is "
				   "known here only when a schema file defines it, too");
	else
		pk_check_reason(state->ret,
				(struct pk_fault){ .rule = "disagree", .file = why->file, .line = why->line, .fix = why->hint },
				"schema files cannot be loaded: %s", why->msg);
}

/* 1: it could not be read, and that was told. */
static int load(struct pk_check_state *state, const char *commit, const struct pk_oid *schema_tree, int major,
		struct pk_snapshot *ret, struct pk_err *err)
{
	const struct pk_check_input *in = state->in;
	const struct pk_shadow_options options = {
		.trust = pk_super_trust(in->config, in->no_verdicts ? NULL : in->repo, NULL),
		.managed = &in->project->managed,
	};
	PK_AUTO(pk_source) infra = PK_SOURCE_INIT;
	PK_AUTO(pk_source) files = PK_SOURCE_INIT;
	PK_AUTO(pk_server) server = PK_SERVER_INIT;
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (read_sources(state, commit, schema_tree, &infra, &files, err) < 0)
		return -1;
	bool open = pk_server_open(&server, in->repo, in->config, major, &why) == 0;
	if (open && pk_shadow_read(&server, infra.n ? &infra : NULL, &files, &options, ret, &why) == 0)
		return 0;
	if (pk_err_move_interrupt(err, &why))
		return -1;
	if (open)
		tell_unloaded(state, &why);
	else
		not_checked(state, why.msg ? why.msg : "no local server");
	return 1;
}

int pk_check_agree(struct pk_check_state *state, const char *commit, const struct pk_check_trees *trees,
		   const struct pk_chain *chain, struct pk_err *err)
{
	const struct pk_check_input *in = state->in;
	const char *end = pk_chain_end(chain);
	struct pk_oid db_tree = { "" };
	PK_AUTO(pk_snapshot) snapshot = PK_SNAPSHOT_INIT;

	if (chain->n == 0)
		return 0; /* no migrations yet: nothing that could disagree */
	if (!end || !chain->items[chain->n - 1].to) {
		not_checked(state, "the last migration does not say where it leads to");
		return 0;
	}
	if (pk_repo_tree_at(in->repo, commit, in->project->db_dir, &db_tree, err) < 0)
		return -1;
	if (!in->no_verdicts && verdict_agrees(in->repo, &db_tree, end))
		return 0;
	if (!in->database) {
		not_checked(state, in->no_verdicts ? "postkit.receiveDatabase does not allow it on this server"
						   : "no verdict is stored and no database may be used");
		return 0;
	}
	int rc = load(state, commit, &trees->schema, chain->items[chain->n - 1].pg_major, &snapshot, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (!pk_streq(snapshot.fingerprint.hex, end))
		report_disagreement(state, end, &snapshot);
	else if (!in->no_verdicts)
		write_verdict(in->repo, &db_tree, end);
	return 0;
}
