/*
 * git postkit import: schema files, roles and a baseline migration from a database that is there already.
 * The remote is only read; the rows of adoption are written after they were announced and agreed to.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/text.h"
#include "clone/copy.h"
#include "clone/remote.h"
#include "clone/shadow.h"
#include "cmd/adopt.h"
#include "cmd/coverage.h"
#include "cmd/help.h"
#include "cmd/roles.h"
#include "diff/plan.h"
#include "git/git.h"

static bool opt_force, opt_strict, opt_yes;
static const char *opt_name;

const struct pk_opt pk_opts_import[] = {
	{ PK_OPT_FLAG, 'f', "force", NULL,
	  "write into a schema folder that has files; none is deleted", &opt_force },
	{ PK_OPT_STRING, 0, "name", "NAME", "name of the first migration (baseline)", &opt_name },
	{ PK_OPT_FLAG, 0, "strict", NULL, "stop where an object is of a kind that is not modelled", &opt_strict },
	{ PK_OPT_FLAG, 'y', "yes", NULL, "record the baseline on the remote without asking",
	  &opt_yes },
	PK_SSH_OPT,
	{ 0 },
};

struct import {
	struct pk_ctx ctx;
	struct pk_remote remote;
	struct pk_conn conn;
	struct pk_source_facts facts;
	struct pk_snapshot snapshot; /* of the remote */
	struct pk_coverage coverage;
	struct pk_server server;
	struct pk_chain chain;	      /* before */
	struct pk_strv written;	      /* paths from the top of the work tree */
	struct pk_strv left;	      /* files of the schema folder that import did not write */
	struct pk_migration baseline; /* file NULL: none was made */
	bool differs;		      /* the files do not mean what the remote is */
	struct pk_lock lock;
};

static void import_release(struct import *im)
{
	pk_migration_release(&im->baseline);
	pk_strv_release(&im->left);
	pk_strv_release(&im->written);
	pk_chain_release(&im->chain);
	pk_server_release(&im->server);
	pk_coverage_release(&im->coverage);
	pk_snapshot_release(&im->snapshot);
	pk_source_facts_release(&im->facts);
	pk_conn_release(&im->conn);
	pk_remote_release(&im->remote);
	pk_ctx_release(&im->ctx);
	pk_lock_release(&im->lock);
}

/* Two at a time would each write a baseline. */
static int lock_work_tree(struct import *im, struct pk_err *err)
{
	PK_FREE char *dir = pk_path_join(im->ctx.repo.gitdir, "postkit"), *path = pk_path_join(dir, "import.lock");

	if (pk_mkdir_p(dir, 0700, err) < 0)
		return -1;
	if (pk_lock_take(&im->lock, path, 0, err) == 0)
		return 0;
	pk_err_wrap(err, "another git postkit import is at work in this work tree");
	return pk_err_hint(err, "wait for it to end");
}

/* Existing files below the schema folder, as paths from the top. */
static int list_schema(struct import *im, struct pk_strv *ret, struct pk_err *err)
{
	PK_FREE char *dir = pk_path_join(im->ctx.repo.workdir, im->ctx.project.schema_dir);
	PK_AUTO(pk_strv) files = PK_STRV_INIT;

	if (!pk_path_is_dir(dir))
		return 0;
	if (pk_list_files(dir, ".sql", &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++)
		pk_strv_push_take(ret, pk_path_join(im->ctx.project.schema_dir, files.items[i]));
	return 0;
}

static int refuse_existing(struct import *im, struct pk_err *err)
{
	PK_AUTO(pk_strv) files = PK_STRV_INIT;

	if (list_schema(im, &files, err) < 0)
		return -1;
	if (!files.n || opt_force)
		return 0;
	pk_err_set(err, "'%s' has %zu schema file%s already, '%s' first",
		   im->ctx.project.schema_dir, files.n, files.n == 1 ? "" : "s", files.items[0]);
	return pk_err_hint(err, "to write over those that import makes, and keep the others: "
				"git postkit import --force");
}

static int write_file(struct import *im, const char *path, const char *text, struct pk_err *err)
{
	PK_FREE char *full = pk_path_join(im->ctx.repo.workdir, path);

	if (pk_write_file(full, text, strlen(text), 0644, err) < 0)
		return -1;
	pk_strv_push(&im->written, path);
	return 0;
}

static int write_files(struct import *im, struct pk_err *err)
{
	PK_AUTO(pk_schema_files) files = PK_SCHEMA_FILES_INIT;
	PK_AUTO(pk_strv) all = PK_STRV_INIT;
	PK_AUTO(pk_buf) roles = PK_BUF_INIT;

	pk_snapshot_to_files(&im->snapshot, im->facts.role, &files);
	for (size_t i = 0; i < files.n; i++) {
		PK_FREE char *path = pk_path_join(im->ctx.project.schema_dir, files.items[i].path);

		if (write_file(im, path, files.items[i].text, err) < 0)
			return -1;
	}
	if (pk_roles_sql(&im->conn, &im->facts.roles, &roles, err) < 0)
		return -1;
	if (roles.len) {
		PK_FREE char *infra =
			pk_path_join(im->ctx.project.schema_dir, pk_project_not_schema[0]);
		PK_FREE char *path = pk_path_join(infra, "roles.sql");

		if (write_file(im, path, roles.ptr, err) < 0)
			return -1;
	}
	if (list_schema(im, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (!pk_strv_has(&im->written, all.items[i]))
			pk_strv_push(&im->left, all.items[i]);
	pk_print(stdout, "wrote %zu file%s in %s\n", im->written.n, im->written.n == 1 ? "" : "s",
	       im->ctx.project.schema_dir);
	return 0;
}

static struct pk_shadow_options shadow_options(const struct import *im)
{
	return (struct pk_shadow_options){ .role = im->facts.role,
					   .owner = im->facts.owner,
					   .trust = pk_super_trust(&im->ctx.config, &im->ctx.repo, &im->snapshot),
					   .managed = &im->ctx.project.managed };
}

static void show_difference(struct import *im, const struct pk_snapshot *loaded)
{
	static const char *const words[] = { [PK_ADDED] = "only in the files",
					     [PK_CHANGED] = "differs",
					     [PK_REMOVED] = "only on the remote" };
	PK_AUTO(pk_tree_diff) diff = PK_TREE_DIFF_INIT;
	struct pk_oid tree;

	im->differs = true;
	pk_say("warning: the files do not mean quite what the remote is:");
	if (pk_snapshot_write_tree(&im->snapshot, &im->ctx.repo, &tree, NULL) < 0 ||
	    pk_snapshot_diff_tree(&im->ctx.repo, &tree, loaded, &diff, NULL) < 0)
		return;
	for (size_t i = 0; i < diff.n; i++)
		pk_say("  %s: %s", diff.items[i].path, words[diff.items[i].what]);
}

/* The files as they now stand, loaded by the server of the same major, must be the remote again. */
static int prove_files(struct import *im, struct pk_err *err)
{
	struct pk_shadow_options how = shadow_options(im);
	PK_AUTO(pk_source) files = PK_SOURCE_INIT;
	PK_AUTO(pk_source) infra = PK_SOURCE_INIT;
	PK_AUTO(pk_snapshot) loaded = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_strv) all = PK_STRV_INIT;
	PK_FREE char *infra_dir =
		pk_path_join(im->ctx.project.schema_dir, pk_project_not_schema[0]);
	PK_FREE char *seeds_dir =
		pk_path_join(im->ctx.project.schema_dir, pk_project_not_schema[1]);

	if (list_schema(im, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		const char *path = all.items[i];
		PK_FREE char *full = pk_path_join(im->ctx.repo.workdir, path);
		PK_AUTO(pk_buf) text = PK_BUF_INIT;
		size_t infra_len = strlen(infra_dir), seeds_len = strlen(seeds_dir);

		if (pk_starts_with(path, seeds_dir) && path[seeds_len] == '/')
			continue;
		if (pk_read_file(full, &text, err) < 0)
			return -1;
		pk_source_add(pk_starts_with(path, infra_dir) && path[infra_len] == '/' ? &infra
											: &files,
			      path, text.ptr, text.len);
	}
	how.keep = true; /* the first plan starts from there */
	if (pk_shadow_read(&im->server, &infra, &files, &how, &loaded, err) < 0) {
		pk_err_wrap(err, "loading the files that were written");
		return -1;
	}
	if (pk_streq(loaded.fingerprint.hex, im->snapshot.fingerprint.hex))
		pk_print(stdout, "proved: loaded into an empty database they give fingerprint %.12s, as the "
		       "remote has\n",
		       loaded.fingerprint.hex);
	else
		show_difference(im, &loaded);
	return 0;
}

/* From nothing to the remote, as a migration like any other; a new environment starts with it. */
static int make_baseline(struct import *im, struct pk_err *err)
{
	struct pk_shadow_options how = shadow_options(im);
	PK_AUTO(pk_buf) role = PK_BUF_INIT;
	struct pk_diff_options options = { .online = { .when = PK_ONLINE_NEVER } };
	PK_AUTO(pk_source) nothing = PK_SOURCE_INIT;
	PK_AUTO(pk_snapshot) empty = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_plan) plan = PK_PLAN_INIT;
	PK_AUTO(pk_buf) up = PK_BUF_INIT;
	struct pk_plan_part *parts PK_FREE = NULL;
	struct pk_migration *m = &im->baseline;
	struct pk_oid tree, reached;
	size_t n_parts = 0;

	if (pk_shadow_read(&im->server, NULL, &nothing, &how, &empty, err) < 0)
		return -1;
	pk_buf_add_ident(&role, im->facts.role);
	options.role = role.ptr;
	pk_diff(&empty, &im->snapshot, &options, &plan);
	parts = pk_plan_parts(&plan, &n_parts);
	pk_plan_sql(&plan, &up);
	if (pk_shadow_prove(&im->server, up.ptr, &how, &reached, err) < 0) {
		pk_err_wrap(err, "trying the baseline on an empty database");
		return -1;
	}
	if (!pk_streq(reached.hex, im->snapshot.fingerprint.hex)) {
		im->differs = true;
		pk_say("warning: the baseline leads to %.12s, and the remote is at %.12s",
		       reached.hex, im->snapshot.fingerprint.hex);
	}
	if (pk_snapshot_write_tree(&empty, &im->ctx.repo, &tree, err) < 0 ||
	    pk_fingerprint_store(&im->ctx.repo, &tree, "an empty database", err) < 0)
		return -1;
	m->version = pk_time_compact(pk_time());
	m->name = pk_slug(opt_name ? opt_name : "baseline");
	m->from = pk_strdup(empty.fingerprint.hex);
	m->to = pk_strdup(im->snapshot.fingerprint.hex);
	m->adopted = pk_strdup(im->remote.name);
	m->pg_major = im->snapshot.version / 10000;
	m->up = pk_buf_take(&up);
	/* One part that may run in a transaction is the rule; what may not, runs statement by statement. */
	m->up_transaction = n_parts == 0 || (n_parts == 1 && parts[0].transaction);
	m->down_transaction = true;
	m->file = pk_printf("%s_%s.sql", m->version, m->name);
	return 0;
}

static int write_baseline(struct import *im, struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_FREE char *path = NULL;
	struct pk_oid tree;

	if (pk_snapshot_write_tree(&im->snapshot, &im->ctx.repo, &tree, err) < 0 ||
	    pk_fingerprint_store(&im->ctx.repo, &tree, "import", err) < 0)
		return -1;
	if (im->chain.n) {
		pk_print(stdout, "no baseline: %s has %zu migration%s already\n",
		       im->ctx.project.migrations_dir, im->chain.n, im->chain.n == 1 ? "" : "s");
		return 0;
	}
	if (make_baseline(im, err) < 0)
		return -1;
	pk_migration_write(&im->baseline, &text);
	im->baseline.checksum = pk_git_hash_blob(text.ptr, text.len);
	path = pk_path_join(im->ctx.project.migrations_dir, im->baseline.file);
	if (write_file(im, path, text.ptr, err) < 0)
		return -1;
	pk_print(stdout, "wrote %s: from an empty database to the remote as it is\n", path);
	return 0;
}

static int read_remote(struct import *im, const char *name, struct pk_err *err)
{
	PK_FREE char *where = NULL;
	size_t objects = 0;

	if (pk_remote_get(&im->ctx.config, name, &im->remote, err) < 0)
		return -1;
	where = pk_conninfo_where(&im->remote.info);
	pk_say("reading %s (%s)", im->remote.name, where);
	if (pk_remote_connect(&im->remote, &im->conn, err) < 0 ||
	    pk_source_facts_read(&im->conn, &im->facts, err) < 0 ||
	    pk_snapshot_read(&im->conn, &im->ctx.project.managed, &im->snapshot, err) < 0 ||
	    pk_super_remember(&im->ctx.repo, &im->snapshot, err) < 0)
		return -1;
	for (size_t i = 0; i < im->snapshot.n; i++)
		objects += im->snapshot.objects[i]->path != NULL;
	pk_print(stdout, "read %zu objects of %s: PostgreSQL %d, fingerprint %.12s\n", objects, where,
	       im->snapshot.version / 10000, im->snapshot.fingerprint.hex);
	pk_coverage_add(&im->coverage, &im->snapshot);
	if (opt_strict && pk_coverage_strict(&im->coverage, err) < 0)
		return -1;
	pk_coverage_say(&im->coverage);
	return 0;
}

static int run(struct import *im, const char *name, struct pk_err *err)
{
	struct pk_adoption adoption = {
		.chain = &im->chain,
		.baseline = &im->baseline,
		.at = im->snapshot.fingerprint.hex,
		.yes = opt_yes,
	};
	struct pk_server_want want = { .repo = &im->ctx.repo, .config = &im->ctx.config };
	int result;

	if (pk_ctx_open(&im->ctx, true, err) < 0 || lock_work_tree(im, err) < 0 || refuse_existing(im, err) < 0 ||
	    pk_chain_from_dir(&im->chain, im->ctx.repo.workdir, im->ctx.project.migrations_dir,
			      err) < 0 ||
	    read_remote(im, name, err) < 0)
		return -1;
	want.major = im->snapshot.version / 10000;
	want.remote = im->remote.name;
	if (pk_server_open_for(&im->server, &want, err) < 0 ||
	    write_files(im, err) < 0 || prove_files(im, err) < 0 || write_baseline(im, err) < 0)
		return -1;
	for (size_t i = 0; i < im->left.n; i++)
		pk_say("warning: '%s' was there before and was left as it is", im->left.items[i]);
	result = pk_adopt(&im->ctx, &im->remote, &im->conn, &adoption, err);
	if (result < 0)
		return -1;
	pk_advise(&im->ctx, "Next",
		  "commit it: git add %s %s && git commit -m 'import the schema of %s'",
		  im->ctx.project.schema_dir, im->ctx.project.migrations_dir, im->remote.name);
	return im->differs ? PK_EXIT_ATTENTION : 0;
}

int pk_cmd_import(int argc, char **argv, struct pk_err *err)
{
	struct import im
		__attribute__((cleanup(import_release))) = { .baseline = PK_MIGRATION_INIT, .lock = PK_LOCK_INIT };
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	int n, result = pk_cmd_parse("import", argc, argv, operands, &n, err);

	if (result)
		return result;
	if (n > 1)
		return pk_help_usage("import", err, "import takes one remote, and got '%s' too",
				     operands[1]);
	return run(&im, n ? operands[0] : NULL, err);
}
