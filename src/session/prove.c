#include "session/prove.h"

#include "catalog/kind.h"
#include "clone/carry.h"
#include "clone/kept.h"
#include "clone/shadow.h"
#include "clone/template.h"
#include "diff/renaming.h"
#include "pg/silence.h"
#include "trace/parts.h"
#include "trace/run.h"

/* A statement of the plan may have called what a branch wrote, and that may have left rows or settings. */
static bool is_clean(struct pk_proof *proof)
{
	static const char rows[] =
		"SELECT 1 FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384 "
		"AND pg_catalog.pg_relation_size(c.oid) > 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d "
		"WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e') LIMIT 1";
	PK_AUTO(pk_buf) reset = PK_BUF_INIT;
	PK_FREE char *found = NULL;
	pk_buf_add(&reset, "ALTER DATABASE ");
	pk_buf_add_ident(&reset, proof->db);
	pk_buf_add(&reset, " RESET ALL");
	return pk_query_value(&proof->admin, rows, 0, NULL, &found, NULL) == 0 && !found &&
	       pk_exec(&proof->admin, reset.ptr, NULL) == 0;
}

void pk_proof_release(struct pk_proof *proof)
{
	struct pk_server *server = proof->desk ? &proof->desk->server : NULL;
	const struct pk_kept what = {
		.terms = proof->terms,
		.fingerprint = proof->clone ? proof->clone->fingerprint.hex : NULL,
	};
	pk_conn_release(&proof->user);
	bool keep = proof->db && proof->terms && proof->unchanged && is_clean(proof);
	pk_conn_release(&proof->admin);
	pk_snapshot_release(&proof->copy);
	if (proof->db && (!keep || pk_kept_keep(server, proof->db, &what, NULL) < 0))
		pk_server_drop_db(server, proof->db, NULL); /* else gc finds it */
	free(proof->db);
	free(proof->terms);
	*proof = (struct pk_proof)PK_PROOF_INIT;
}

/* Adds what differs to the error. */
static int differs(struct pk_proof *proof, const struct pk_snapshot *want,
		   const struct pk_snapshot *got, struct pk_err *err)
{
	PK_AUTO(pk_tree_diff) diff = PK_TREE_DIFF_INIT;
	PK_AUTO(pk_buf) lines = PK_BUF_INIT;
	struct pk_oid tree;
	if (pk_snapshot_write_tree(want, proof->desk->repo, &tree, NULL) == 0 &&
	    pk_snapshot_diff_tree(proof->desk->repo, &tree, got, &diff, NULL) == 0) {
		pk_tree_diff_lines(&diff, &lines);
		for (size_t i = 0; i < diff.n && i < 3; i++) {
			const struct pk_tree_diff_item *item = &diff.items[i];
			if (item->from)
				pk_buf_addf(&lines, "\nwanted %s:\n%s", item->path, item->from);
			if (item->to)
				pk_buf_addf(&lines, "\ngot %s:\n%s", item->path, item->to);
		}
		pk_buf_rtrim(&lines);
		pk_err_detail(err, "%s", lines.ptr);
	}
	return -1;
}

static bool same(const struct pk_snapshot *a, const struct pk_snapshot *b)
{
	return pk_streq(a->fingerprint.hex, b->fingerprint.hex);
}

/* Settings that change what SQL means, and what the role may do. */
static int match_settings(struct pk_desk *desk, struct pk_conn *admin, const char *db, struct pk_err *err)
{
	PK_AUTO(pk_strv) settings = PK_STRV_INIT;
	PK_FREE char *may_create = NULL;
	const char *const params[] = { desk->session.role };
	if (pk_carry_read(&desk->admin, desk->session.db, &settings, err) < 0 ||
	    pk_carry_settings(admin, db, &settings, err) < 0 ||
	    pk_query_value(&desk->admin,
			   "SELECT 1 WHERE pg_catalog.has_database_privilege($1, "
			   "pg_catalog.current_database(), 'CREATE')",
			   1, params, &may_create, err) < 0)
		return -1;
	return may_create ? pk_carry_create_privilege(admin, db, desk->session.role, err) : 0;
}

/* What a new database has and the clone does not. */
static int match_clone(struct pk_desk *desk, struct pk_conn *admin, const char *db,
		       struct pk_err *err)
{
	static const struct {
		const char *query, *drop;
	} extras[] = {
		{ "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'public'",
		  "DROP SCHEMA IF EXISTS public" },
		{ "SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'plpgsql'",
		  "DROP EXTENSION IF EXISTS plpgsql" },
	};
	for (size_t i = 0; i < PK_COUNT(extras); i++) {
		PK_FREE char *there = NULL;
		if (pk_query_value(&desk->admin, extras[i].query, 0, NULL, &there, err) < 0 ||
		    (!there && pk_exec_silently(admin, extras[i].drop, err) < 0))
			return -1;
	}
	return match_settings(desk, admin, db, err);
}

static int make_copy(struct pk_proof *proof, struct pk_err *err)
{
	struct pk_desk *desk = proof->desk;
	const struct pk_shadow_options options = {
		.role = desk->session.role,
		.owner = desk->session.owner,
		.like = desk->session.db,
		.trust = pk_super_trust(desk->config, desk->repo, proof->clone),
		.managed = &desk->project->managed,
	};
	PK_AUTO(pk_conninfo) target = PK_CONNINFO_INIT;
	PK_AUTO(pk_conn) admin = PK_CONN_INIT;
	if (pk_shadow_copy(&desk->server, proof->clone, &options, &proof->db, err) < 0)
		return pk_err_wrap(err, "the clone's schema cannot be copied for the proof");
	pk_server_admin_info(&desk->server, proof->db, &target);
	if (pk_conn_open(&admin, &target, err) < 0)
		return -1;
	return match_clone(desk, &admin, proof->db, err);
}

/* A fingerprint does not tell of what is left out or not modelled, and plans can fail for that. */
static int find_kept(struct pk_proof *proof, bool fresh, struct pk_err *err)
{
	struct pk_desk *desk = proof->desk;
	const struct pk_snapshot *clone = proof->clone;
	const struct pk_kept_terms terms = {
		.role = desk->session.role,
		.owner = desk->session.owner,
		.like = desk->session.db,
		.trust_all = pk_super_trust(desk->config, desk->repo, clone).all,
		.managed = &desk->project->managed,
	};
	if (clone->n_left_out || clone->n_left_grants || clone->n_left_labels || clone->unmodelled.n)
		return 0;
	if (pk_kept_terms(&desk->admin, &terms, &proof->terms, err) < 0)
		return -1;
	const struct pk_kept like = { .terms = proof->terms, .fingerprint = clone->fingerprint.hex };
	if (!fresh && pk_kept_take(&desk->server, &like, &proof->db, NULL, NULL, err) < 0)
		return -1;
	proof->kept = proof->db != NULL;
	return 0;
}

static int connect_proof(struct pk_proof *proof, struct pk_err *err)
{
	struct pk_desk *desk = proof->desk;
	PK_AUTO(pk_conninfo) user = PK_CONNINFO_INIT;
	PK_AUTO(pk_conninfo) admin = PK_CONNINFO_INIT;
	pk_server_user_info(&desk->server, proof->db, &user);
	pk_server_admin_info(&desk->server, proof->db, &admin);
	if (pk_conn_open(&proof->admin, &admin, err) < 0)
		return -1;
	proof->admin.keeps_second = true;
	if ((proof->kept && match_settings(desk, &proof->admin, proof->db, err) < 0) ||
	    pk_act_as(&desk->server, proof->db, desk->session.role, err) < 0)
		return -1;
	return pk_conn_open(&proof->user, &user, err);
}

int pk_proof_open(struct pk_proof *proof, struct pk_desk *desk, const struct pk_snapshot *clone, bool fresh,
		  struct pk_err *err)
{
	*proof = (struct pk_proof){ .desk = desk, .clone = clone, .unchanged = true };
	if (find_kept(proof, fresh, err) < 0 || (!proof->db && make_copy(proof, err) < 0) ||
	    connect_proof(proof, err) < 0)
		return -1;
	if (proof->kept)
		return 0;
	if (pk_proof_read(proof, &proof->copy, err) < 0)
		return -1;
	if (same(clone, &proof->copy))
		return 0;
	pk_err_set(err, "the copy of the clone's schema for the proof differs from the clone");
	return differs(proof, clone, &proof->copy, err);
}

int pk_proof_run(struct pk_proof *proof, const char *sql, bool transaction, struct pk_err *err)
{
	const struct pk_run how = {
		.first_line = 1,
		.transaction = transaction,
		.admin = &proof->admin,
		.local = true,
		.trust = pk_super_trust(proof->desk->config, proof->desk->repo, proof->clone),
	};
	proof->unchanged = false;
	return pk_run_sql(&proof->user, sql, &how, NULL, NULL, err);
}

int pk_proof_read(struct pk_proof *proof, struct pk_snapshot *ret, struct pk_err *err)
{
	if (pk_snapshot_read(&proof->admin, &proof->desk->project->managed, ret, err) < 0)
		return -1;
	pk_renaming_sizes(proof->clone, proof->renamed ? &proof->copy : NULL, ret);
	return 0;
}

int pk_proof_infra(struct pk_proof *proof, const struct pk_session_source *source,
		   struct pk_err *err)
{
	PK_AUTO(pk_snapshot) after = PK_SNAPSHOT_INIT;
	const struct pk_parts_options options = { .local = true, .admin = &proof->admin };
	if (!source->infra.n)
		return 0;
	proof->unchanged = false;
	if (pk_infra_apply(&proof->user, &source->infra, &options, NULL, err) < 0)
		return pk_err_wrap(err, "infra fails on the clone's schema");
	if (pk_proof_read(proof, &after, err) < 0)
		return -1;
	if (same(proof->clone, &after))
		return 0;
	pk_err_set(err, "infra changes the schema, which no migration would carry");
	differs(proof, proof->clone, &after, err);
	return pk_err_hint(
		err, "keep roles and settings in %s/infra, move these objects to the other folders",
		proof->desk->project->schema_dir);
}

void pk_part_way_back(struct pk_part *part, struct pk_snapshot *before, struct pk_snapshot *after,
		      const struct pk_diff_options *options)
{
	PK_AUTO(pk_plan) down = PK_PLAN_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	size_t n = 0;
	struct pk_plan_part *parts;

	pk_diff(after, before, options, &down);
	parts = pk_plan_parts(&down, &n);
	for (size_t i = 0; i < n; i++)
		pk_plan_part_sql(&down, &parts[i], &sql);
	/*
	 * A migration file has one way back: where it needs several transactions it gets none
	 * around it.
	 */
	part->down_transaction = n == 0 || (n == 1 && parts[0].transaction);
	part->down = pk_buf_take(&sql);
	free(parts);
}

static int prove_up(struct pk_proof *proof, struct pk_part *part, struct pk_snapshot *before,
		    struct pk_snapshot *after, const struct pk_diff_options *options,
		    struct pk_err *err)
{
	if (pk_proof_run(proof, part->up, part->up_transaction, err) < 0)
		return pk_err_wrap(err, "it fails on a copy of the clone's schema");
	if (pk_proof_read(proof, after, err) < 0)
		return -1;
	part->from = before->fingerprint;
	part->to = after->fingerprint;
	if (!part->down)
		pk_part_way_back(part, before, after, options);
	return pk_desk_keep(proof->desk, after, err);
}

static int prove_down(struct pk_proof *proof, const struct pk_part *part,
		      const struct pk_snapshot *before, struct pk_err *err)
{
	PK_AUTO(pk_snapshot) back = PK_SNAPSHOT_INIT;
	if (!*part->down)
		return 0;
	if (pk_proof_run(proof, part->down, part->down_transaction, err) < 0)
		return pk_err_wrap(err, "the way back fails on a copy of the clone's schema");
	if (pk_proof_read(proof, &back, err) < 0)
		return -1;
	proof->unchanged = same(proof->clone, &back);
	if (same(before, &back))
		return 0;
	pk_err_set(err, "the way back does not lead to the schema before");
	return differs(proof, before, &back, err);
}

/* states: n + 1 of them; the first one is borrowed. */
static int prove_all(struct pk_proof *proof, struct pk_part *parts, size_t n,
		     struct pk_snapshot **states, const struct pk_snapshot *target,
		     const struct pk_diff_options *options, struct pk_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (prove_up(proof, &parts[i], states[i], states[i + 1], options, err) < 0)
			return -1;
	if (!same(target, states[n])) {
		pk_err_set(err, "its statements do not lead to what the schema files mean");
		return differs(proof, target, states[n], err);
	}
	for (size_t i = n; i-- > 0;)
		if (prove_down(proof, &parts[i], states[i], err) < 0)
			return -1;
	return 0;
}

int pk_proof_parts(struct pk_proof *proof, struct pk_part *parts, size_t n,
		   struct pk_snapshot *first, const struct pk_snapshot *target,
		   const struct pk_diff_options *options, struct pk_err *err)
{
	struct pk_snapshot *states = pk_alloc((n + 1) * sizeof(*states));
	struct pk_snapshot **pointers = pk_alloc((n + 1) * sizeof(*pointers));
	pointers[0] = first;
	for (size_t i = 0; i < n; i++)
		pointers[i + 1] = &states[i];
	int rc = prove_all(proof, parts, n, pointers, target, options, err);
	for (size_t i = 0; i < n; i++)
		pk_snapshot_release(&states[i]);
	free(states);
	free(pointers);
	return rc;
}
